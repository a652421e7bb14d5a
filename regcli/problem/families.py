"""Families: the loss of one row, its gradient and its Fenchel-Young gap, as frozen values.

A family is a record of functions on arrays: `y` and `eta` (the linear predictor) have shape (n,).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """A loss, convex in the linear predictor.

    `loss(y, eta)` is half the unit deviance of each row, so that a perfect fit has loss 0; `pull(y, eta)` is its
    negative derivative in eta; `fenchel_young(y, eta, theta)` is loss(eta) + conjugate(-theta) + theta * eta, which
    is nonnegative and zero exactly where theta = pull(y, eta); `null_eta(y, weights)` is the best constant eta.
    """

    name: str
    loss: Callable[[Vector, Vector], Vector]
    pull: Callable[[Vector, Vector], Vector]
    fenchel_young: Callable[[Vector, Vector, Vector], Vector]
    null_eta: Callable[[Vector, Vector | None], float]


def mean(values: Vector, weights: Vector | None = None) -> float:
    """The weighted mean of `values` (n,), corrected by the mean of what is left."""
    first = float(np.average(values, weights=weights))
    return first + float(np.average(values - first, weights=weights))


GAUSSIAN = Family(
    name="gaussian",
    loss=lambda y, eta: 0.5 * (y - eta) ** 2,
    pull=lambda y, eta: y - eta,
    fenchel_young=lambda y, eta, theta: 0.5 * (y - eta - theta) ** 2,
    null_eta=mean,
)

FAMILIES: dict[str, Family] = {"gaussian": GAUSSIAN}
