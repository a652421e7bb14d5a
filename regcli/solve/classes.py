"""The coefficients of several classes: a shift common to all of them changes no probability, so it is chosen.

As glmnet does: the shift that makes the penalty least. Under L1 that is the median (of an even number of classes the
lower of the two in the middle, of two classes their mean), under L2 or no penalty the mean; between the two, the
elastic net, the minimiser is one of the coefficients or a point between them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regcli.problem.penalties import Strengths

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def present(coefs: NDArray[np.float64], p: int) -> NDArray[np.bool_]:
    """Which of the p features (..., p) have a coefficient in `coefs` (..., p), or in any class of (..., K p)."""
    return np.asarray(np.any(coefs.reshape(*coefs.shape[:-1], -1, p) != 0, axis=-2))


def centred(coef: Vector, outputs: int, strengths: Strengths) -> Vector:
    """The coefficients (K p,), those of the first class first, with each feature's shifted so."""
    table = coef.reshape(outputs, -1)
    l1, l2 = strengths.l1.reshape(outputs, -1)[0], strengths.l2.reshape(outputs, -1)[0]
    shift = table.mean(axis=0)
    if outputs > 2:
        level = np.sort(table, axis=0)
        middle = level[(outputs - 1) // 2]
        shift = np.where(l1 > 0, np.where(l2 > 0, _between(level, l1, l2), middle), shift)
    found = table - shift
    # A class at the shift itself has no coefficient, whatever the subtraction says.
    return np.asarray(np.where(table == shift, 0.0, found).ravel())


def _between(level: Matrix, l1: Vector, l2: Vector) -> Vector:
    """argmin_t sum_k l1 |b_k - t| + l2/2 (b_k - t)^2 for sorted coefficients (K, p): where the derivative crosses 0."""
    count = len(level)
    safe = np.where(l2 > 0, l2, 1.0)
    mean = level.mean(axis=0)
    # With m coefficients below t the derivative is 0 at mean + l1 (count - 2 m) / (count l2).
    below = np.arange(count + 1)[:, None]
    zero = mean + l1 * (count - 2 * below) / (count * safe)
    low = np.concatenate([np.full((1, level.shape[1]), -np.inf), level])
    high = np.concatenate([level, np.full((1, level.shape[1]), np.inf)])
    fits = (zero >= low) & (zero <= high)
    # Else it jumps over 0 at one of the coefficients.
    jumps = (zero[:-1] >= level) & (zero[1:] <= level)
    flat = np.take_along_axis(zero, np.argmax(fits, axis=0)[None], axis=0)[0]
    kink = np.take_along_axis(level, np.argmax(jumps, axis=0)[None], axis=0)[0]
    return np.asarray(np.where(np.any(jumps, axis=0), kink, flat))
