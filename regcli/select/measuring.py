"""How much each row counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def balanced_weights(y: NDArray[np.float64], weights: Vector | None) -> Vector:
    """Weights (n,) under which each class counts alike, W / K in all: those of its rows times W / (K W_k).

    `y` (n,) is 0 or 1, or the class's share; of K classes (n, K).
    """
    own = np.ones(len(y)) if weights is None else weights
    shares = np.column_stack([1 - y, y]) if y.ndim == 1 else y
    totals = own @ shares
    present = totals > 0
    factors = np.where(present, own.sum() / (shares.shape[1] * np.where(present, totals, 1.0)), 0.0)
    return np.asarray(own * (shares @ factors))
