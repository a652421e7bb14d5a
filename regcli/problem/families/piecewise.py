"""Losses whose derivative is made of straight pieces: Huber's, and the squared hinge of support vector machines.

Their second derivative is 0 on some pieces. There they have a `TRACE` of one instead, which leaves a Newton step its
end: the search along it is exact.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import partial

import numpy as np

from regcli.errors import DataError
from regcli.problem.families.base import ROUNDING, Array, Family
from regcli.specs import DEFAULT_THRESHOLD

TRACE = 1e-9
"""The second derivative of a straight piece, as a share of that of a curved one."""
NORMAL = 1.482602218505602
"""What the median absolute deviation of a normal distribution is to be multiplied by to be its standard deviation."""


def huber(multiple: float = DEFAULT_THRESHOLD, scale: float | None = None) -> Family:
    """Half the squared error up to a threshold, `multiple` times a robust `scale`, straight beyond it (Huber 1964,
    Robust estimation of a location parameter). Without a scale, which the training rows are to teach, it is 1."""
    threshold = multiple * (1.0 if scale is None else scale)
    return Family(
        name="huber",
        loss=partial(_huber_loss, threshold),
        pull=lambda y, eta: np.clip(y - eta, -threshold, threshold),
        curvature=lambda y, eta: {(0, 0): np.where(np.abs(y - eta) <= threshold, 1.0, TRACE)},
        fenchel_young=partial(_huber_gap, threshold),
        null_eta=float,
        response=lambda eta: eta,
        settled=False,
        parameters=(("multiple", multiple), ("scale", scale)),
        learn=partial(_learned, multiple),
        pieces=lambda y: (y - threshold, y + threshold),
    )


def _learned(multiple: float, y: Array, weights: Array | None, intercept: bool) -> Family:
    scale = robust_scale(y, weights, intercept)
    if not scale > 0:
        raise DataError(
            "half of the target's values are equal: their median absolute deviation, which the threshold of huber is "
            "a multiple of, is 0",
            hint="--family quantile, which needs no threshold",
        )
    return huber(multiple, scale)


def robust_scale(y: Array, weights: Array | None, intercept: bool = True) -> float:
    """The weighted median absolute deviation from the weighted median (from 0 without an intercept) of y (n,), times
    what makes it the standard deviation of a normal distribution."""
    return NORMAL * median(np.abs(y - median(y, weights) if intercept else y), weights)


def median(values: Array, weights: Array | None) -> float:
    """The weighted median of values (n,): where half of the weight lies on either side, the middle of the two ends."""
    order = np.argsort(values, kind="stable")
    ranked, weight = values[order], np.ones(len(values)) if weights is None else weights[order]
    below = np.cumsum(weight)
    half = below[-1] / 2
    first = int(np.searchsorted(below, half * (1 - 1e-12)))
    last = int(np.searchsorted(below, half * (1 + 1e-12), side="right"))
    return float((ranked[first] + ranked[min(last, len(ranked) - 1)]) / 2)


def _huber_loss(threshold: float, y: Array, eta: Array) -> Array:
    size = np.abs(y - eta)
    inside = np.minimum(size, threshold)
    return np.asarray(inside * (size - inside / 2))


def _huber_gap(threshold: float, y: Array, eta: Array, theta: Array) -> Array:
    residual = y - eta
    inside = np.clip(residual, -threshold, threshold)
    found = (inside - theta) ** 2 / 2 + (inside - theta) * (residual - inside)
    return np.where(np.abs(theta) > threshold * (1 + ROUNDING), math.inf, np.maximum(found, 0.0))


def best_level(family: Family, y: Array, fixed: Array, weights: Array | None) -> float:
    """The constant of least mean loss beside `fixed` (n,), of a family with straight pieces; where a whole interval is
    as good, its middle.

    The slope is straight between the places where a row passes from one piece to another, and never rises.
    """
    assert family.pieces is not None
    mass = np.ones(len(y)) if weights is None else weights

    def slope(level: float) -> float:
        return float(mass @ family.pull(y, fixed + level))

    places = np.concatenate([end - fixed for end in family.pieces(y)])
    places = np.unique(places[np.isfinite(places)])
    noise = ROUNDING * float(mass @ np.abs(family.pull(y, fixed + places[0])))
    first = bisect_left(places, True, key=lambda level: slope(level) <= noise)
    last = bisect_left(places, True, key=lambda level: slope(level) < -noise)
    if last > first:
        return float(places[first] + places[last - 1]) / 2
    start, end = float(places[first - 1]), float(places[first])
    above, below = slope(start), slope(end)
    level = start + (end - start) * above / (above - below)
    inside = family.curvature(y, fixed + level)[0, 0]
    return level if inside is None else level + slope(level) / float(mass @ inside)


def _sign(y: Array) -> Array:
    """-1 for rows of the negative class (0), 1 for those of the positive one (1)."""
    return np.asarray(2 * y - 1)


def _hinge_gap(y: Array, eta: Array, theta: Array) -> Array:
    sign = _sign(y)
    half, lack = sign * theta / 2, 1 - sign * eta
    inside = np.maximum(lack, 0.0)
    found = (inside - half) ** 2 + 2 * half * (inside - lack)
    return np.where(half < -ROUNDING, math.inf, np.maximum(found, 0.0))


SQUARED_HINGE = Family(
    name="squared_hinge",
    loss=lambda y, eta: np.maximum(1 - _sign(y) * eta, 0.0) ** 2,
    pull=lambda y, eta: 2 * _sign(y) * np.maximum(1 - _sign(y) * eta, 0.0),
    curvature=lambda y, eta: {(0, 0): np.where(_sign(y) * eta < 1, 2.0, 2 * TRACE)},
    fenchel_young=_hinge_gap,
    null_eta=lambda share: 2 * share - 1,
    response=lambda eta: eta,
    pieces=lambda y: (np.where(y > 0.5, -np.inf, -1.0), np.where(y > 0.5, 1.0, np.inf)),
    bend=2.0,
)
