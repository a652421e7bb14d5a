"""Penalties: value, proximal operator, distance to the subdifferential, Fenchel-Young gap.

A penalty is a shape; its strength alpha stays outside, so that a path is the same problem with another number.
Here each feature has its own share of both norms:

    alpha * sum_j ( l1_j |b_j| + l2_j / 2 b_j^2 )

which covers l1, l2, the elastic net, penalty factors and unstandardized columns (where l1_j = r / d_j and
l2_j = (1 - r) / d_j^2 for a column of deviation d_j).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class ElasticNet:
    """The shape of an elastic net penalty: `l1` and `l2`, both of shape (p,), nonnegative."""

    l1: Vector
    l2: Vector

    def at(self, alpha: float) -> Strengths:
        """The penalty at strength `alpha`."""
        return Strengths(alpha * self.l1, alpha * self.l2)


@dataclass(frozen=True)
class Strengths:
    """The penalty sum_j ( l1_j |b_j| + l2_j / 2 b_j^2 ) with its numbers put in; arrays of shape (p,)."""

    l1: Vector
    l2: Vector

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which features are not penalised at all."""
        return np.asarray((self.l1 == 0) & (self.l2 == 0))

    def only(self, places: NDArray[np.intp]) -> Strengths:
        """Those of some features."""
        return Strengths(self.l1[places], self.l2[places])

    def value(self, coef: Vector) -> float:
        """The penalty of `coef` (p,)."""
        return float(self.l1 @ np.abs(coef) + 0.5 * self.l2 @ coef**2)

    def prox(self, point: Vector, step: float | Vector) -> Vector:
        """argmin_b (b - point)^2 / (2 step) + penalty(b), feature by feature."""
        shrunk = np.maximum(np.abs(point) - step * self.l1, 0.0)
        return np.copysign(shrunk, point) / (1.0 + step * self.l2)

    def nearest(self, coef: Vector, pull: Vector) -> Vector:
        """The point of the subdifferential at `coef` that is nearest to `pull`, (p,)."""
        on = self.l1 * np.sign(coef) + self.l2 * coef
        return np.where(coef == 0, np.clip(pull, -self.l1, self.l1), on)

    def distance(self, coef: Vector, pull: Vector) -> Vector:
        """How far `pull` (minus the gradient of the loss, (p,)) lies from the subdifferential at `coef`.

        Zero everywhere exactly at a minimum: pull_j = l1_j sign(b_j) + l2_j b_j, or |pull_j| <= l1_j where b_j = 0.
        """
        return np.abs(pull - self.nearest(coef, pull))

    def fenchel_young(self, coef: Vector, pull: Vector) -> Vector:
        """h_j(b_j) + h_j*(u_j) - b_j u_j for each feature, written as a sum of nonnegative terms.

        Where l2_j = 0 the conjugate is finite only for |u_j| <= l1_j, which the caller has to see to; what rounding
        leaves beyond it is charged in proportion to b_j.
        """
        size, along = np.abs(coef), np.sign(coef) * pull
        excess = np.maximum(np.abs(pull) - self.l1, 0.0)
        curved = self.l2 > 0
        l2 = np.where(curved, self.l2, 1.0)
        with np.errstate(over="ignore"):
            outside = 0.5 * l2 * (size - excess / l2) ** 2
            inside = size * (self.l1 - along) + 0.5 * l2 * coef**2 + excess**2 / (2 * l2)
        return np.where(curved, np.where(along > self.l1, outside, inside), size * np.abs(self.l1 - along))
