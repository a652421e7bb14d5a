"""The middle of some values, which count by weights: a weight of 2 is the value twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def mean(values: Vector, weights: Vector | None = None) -> float:
    """The weighted mean of `values` (n,)."""
    return float(np.average(values, weights=weights))


def median(values: Vector, weights: Vector | None = None) -> float:
    """The least of `values` (n,) up to which half of the weight lies; halfway to the next where it is half exactly."""
    if weights is None:
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    counting = order[weights[order] > 0]
    reached = np.cumsum(weights[counting])
    place = int(np.searchsorted(reached, reached[-1] / 2))
    low = values[counting[place]]
    if reached[place] != reached[-1] / 2:
        return float(low)
    return float((low + values[counting[place + 1]]) / 2)
