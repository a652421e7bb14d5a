"""Models judged on the same rows: how far apart their errors are, which of them are tied, how stable a selection is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

NEGLIGIBLE = 1e-3
ALIKE = 1.01


class Difference(NamedTuple):
    """The mean of paired differences, and its standard error."""

    mean: float
    se: float


def fold_difference(errors: Vector, other: Vector, weights: Vector, overlap: float) -> Difference:
    """How much larger `errors` are than those of an `other` model, over the same J folds of weights (J,).

    The training rows of two folds overlap, so that the folds' errors are not independent: the variance of their
    differences is multiplied by 1/J + `overlap`, with the number of test rows over that of training rows, not by 1/J
    (Nadeau and Bengio 2003, Inference for the generalization error, Machine Learning 52).
    """
    count = len(errors)
    apart = errors - other
    unit = float(np.max(np.abs(apart), initial=0.0)) or 1.0
    share = weights / weights.sum()
    mean = float(share @ (apart / unit))
    variance = float(share @ (apart / unit - mean) ** 2) * count / max(count - 1, 1)
    return Difference(unit * mean, unit * math.sqrt(variance * (1 / count + overlap)))


def row_difference(losses: Vector, other: Vector, weights: Vector | None = None) -> Difference:
    """The same from the losses (n,) of the same test rows of `weights` (n,), which no model has learned from."""
    mean, se = mean_of_rows(losses - other, weights)
    return Difference(mean, se)


def mean_of_rows(losses: Vector, weights: Vector | None = None) -> tuple[float, float]:
    """The mean of losses (n,), by `weights` (n,), and its standard error: sqrt(sum w (l - mean)^2 / sum w / (n - 1)),
    with n the number of rows that count."""
    unit = float(np.max(np.abs(losses), initial=0.0)) or 1.0
    share = np.ones(len(losses)) if weights is None else weights
    share, rows = share / share.sum(), int(np.count_nonzero(share))
    scaled = losses / unit
    mean = float(share @ scaled)
    variance = float(share @ (scaled - mean) ** 2) / (rows - 1) if rows > 1 else math.nan
    return unit * mean, unit * math.sqrt(variance)


def is_tied(difference: Difference, null: float) -> bool:
    """Whether a model is within one standard error of the difference of the best one, or within `NEGLIGIBLE` of the
    error of the `null` model, which no reader of an R2 would see. Where there is no standard error only the latter."""
    margin = 0.0 if math.isnan(difference.se) else difference.se
    return difference.mean <= max(margin, NEGLIGIBLE * null)


def simplest(nonzero: Sequence[int], norms: Sequence[float], errors: Sequence[float], among: Sequence[int]) -> int:
    """Of the models `among` those that are tied the one with fewest features, then with the smallest L2 norm; of norms
    that are the same to `ALIKE` the one that errs less."""
    fewest = min(nonzero[i] for i in among)
    few = [i for i in among if nonzero[i] == fewest]
    shortest = min(norms[i] for i in few)
    return min((i for i in few if norms[i] <= ALIKE * shortest), key=lambda i: (errors[i], i))


def stability(selected: NDArray[np.bool_]) -> float | None:
    """How alike M selections of p features (M, p) are: 1 where all are the same, about 0 where they are random.

    Nogueira, Sechidis and Brown 2018, On the stability of feature selection algorithms, JMLR 18, definition 4: one
    minus the variance of each feature's selection, averaged, over what it would be if as many features were drawn at
    random. None where it is not defined: no feature or every feature in all selections, or a single selection.
    """
    count, p = selected.shape
    if p == 0:
        return None
    often = selected.mean(axis=0)
    share = float(often.mean())
    if count < 2 or not 0 < share < 1:
        return None
    spread = float(np.mean(often * (1 - often))) * count / (count - 1)
    return float(1 - spread / (share * (1 - share)))
