"""Penalties: value, proximal operator, distance to the subdifferential, Fenchel-Young gap.

A penalty is a shape; its strength alpha stays outside, so that a path is the same problem with another number.
Here each feature has its own share of both norms:

    alpha * sum_j ( l1_j |b_j| + l2_j / 2 b_j^2 )

which covers l1, l2, the elastic net, penalty factors and unstandardized columns (where l1_j = r / d_j and
l2_j = (1 - r) / d_j^2 for a column of deviation d_j). Coefficients may be bounded, low_j <= b_j <= high_j with 0 among
what is allowed: then the penalty is infinite elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
Places = NDArray[np.intp] | NDArray[np.bool_]


class Bounded:
    """What is bounded: `low` and `high` are both None, or arrays (p,) with low <= 0 <= high, infinite where there is no
    bound."""

    l1: Vector
    l2: Vector
    low: Vector | None
    high: Vector | None

    @property
    def unpenalised(self) -> Mask:
        """Which features are not penalised, (p,)."""
        return np.asarray((self.l1 == 0) & (self.l2 == 0))

    @property
    def bounded(self) -> bool:
        """Whether any coefficient has a bound."""
        return self.low is not None

    @property
    def bounds(self) -> tuple[Any, Any]:
        """The bounds, infinite where there are none."""
        return (-np.inf, np.inf) if self.low is None else (self.low, self.high)

    def lift(self, pull: Vector) -> Vector:
        """How hard `pull` (..., p) draws a coefficient of 0 to where it may go; what it may not follow counts 0."""
        if self.low is None or self.high is None:
            return np.abs(pull)
        return np.maximum(np.where(self.high > 0, pull, 0.0), np.where(self.low < 0, -pull, 0.0))

    def inside(self, coef: Vector) -> bool:
        """Whether all coefficients (p,) keep to their bounds."""
        low, high = self.bounds
        return bool(np.all((coef >= low) & (coef <= high)))

    def held(self, coef: Vector) -> Mask:
        """Which coefficients (..., p) a bound other than 0 keeps where they are."""
        low, high = self.bounds
        return np.asarray((coef != 0) & ((coef <= low) | (coef >= high)))


@dataclass(frozen=True)
class ElasticNet(Bounded):
    """The shape of an elastic net penalty: `l1` and `l2`, both of shape (p,), nonnegative; bounds as in `Bounded`."""

    l1: Vector
    l2: Vector
    low: Vector | None = None
    high: Vector | None = None

    def at(self, alpha: float) -> Strengths:
        """The penalty at strength `alpha`."""
        return Strengths(alpha * self.l1, alpha * self.l2, self.low, self.high)

    def only(self, places: Places) -> ElasticNet:
        """That of some features."""
        low, high = (None if one is None else one[places] for one in (self.low, self.high))
        return ElasticNet(self.l1[places], self.l2[places], low, high)

    def repeated(self, outputs: int) -> ElasticNet:
        """The same for the coefficients of several classes, one after another."""
        if outputs == 1:
            return self
        low, high = (None if one is None else np.tile(one, outputs) for one in (self.low, self.high))
        return ElasticNet(np.tile(self.l1, outputs), np.tile(self.l2, outputs), low, high)

    def spare(self, twins: NDArray[np.intp]) -> Mask:
        """Which columns (p,) can be left out, because one that is equal, or their mirror, may as well take it all.

        `twins` (p,) holds for each column the index of the first that is equal to it. Under a pure L1 penalty any split
        between them is a solution: the least penalised takes it all, of several the first, if it has no bounds.
        """
        order = np.lexsort((self.l1, twins))
        groups, first = np.unique(twins[order], return_index=True)
        head = order[first][np.searchsorted(groups, twins)]
        low, high = (np.broadcast_to(bound, twins.shape) for bound in self.bounds)
        endless = (low == -np.inf) & (high == np.inf)
        return np.asarray((head != np.arange(len(twins))) & (self.l2 == 0) & (self.l1 > 0) & endless[head])

    @property
    def unbounded(self) -> ElasticNet:
        """The same without bounds."""
        return ElasticNet(self.l1, self.l2)


@dataclass(frozen=True)
class Strengths(Bounded):
    """The penalty sum_j ( l1_j |b_j| + l2_j / 2 b_j^2 ) with its numbers put in; arrays of shape (p,)."""

    l1: Vector
    l2: Vector
    low: Vector | None = None
    high: Vector | None = None

    @property
    def free(self) -> Mask:
        """Which features are neither penalised nor bounded: the loss must be flat in them."""
        low, high = self.bounds
        return np.asarray(self.unpenalised & (low == -np.inf) & (high == np.inf))

    def only(self, places: Places) -> Strengths:
        """Those of some features."""
        low, high = (None if one is None else one[places] for one in (self.low, self.high))
        return Strengths(self.l1[places], self.l2[places], low, high)

    def value(self, coef: Vector) -> float:
        """The penalty of `coef` (p,) within the bounds."""
        return float(self.l1 @ np.abs(coef) + 0.5 * self.l2 @ coef**2)

    def prox(self, point: Vector, step: float | Vector) -> Vector:
        """argmin_b (b - point)^2 / (2 step) + penalty(b), feature by feature."""
        shrunk = np.maximum(np.abs(point) - step * self.l1, 0.0)
        return np.asarray(np.clip(np.copysign(shrunk, point) / (1.0 + step * self.l2), *self.bounds))

    def nearest(self, coef: Vector, pull: Vector) -> Vector:
        """The point of the subdifferential at `coef` that is nearest to `pull`, (p,).

        A coefficient at its upper bound may be pulled further up as hard as you like, one at its lower further down.
        """
        on = self.l1 * np.sign(coef) + self.l2 * coef
        if not self.bounded:
            return np.where(coef == 0, np.maximum(np.minimum(pull, self.l1), -self.l1), on)
        low, high = self.bounds
        least = np.where(coef <= low, -np.inf, np.where(coef == 0, -self.l1, on))
        most = np.where(coef >= high, np.inf, np.where(coef == 0, self.l1, on))
        return np.clip(pull, least, most)

    def distance(self, coef: Vector, pull: Vector) -> Vector:
        """How far `pull` (minus the gradient of the loss, (p,)) lies from the subdifferential at `coef`.

        Zero everywhere exactly at a minimum: pull_j = l1_j sign(b_j) + l2_j b_j, or |pull_j| <= l1_j where b_j = 0, or
        beyond that at a bound. Infinite where a coefficient does not keep to its bounds.
        """
        far = np.abs(pull - self.nearest(coef, pull))
        if not self.bounded:
            return far
        low, high = self.bounds
        return np.where((coef < low) | (coef > high), np.inf, far)

    def fenchel_young(self, coef: Vector, pull: Vector) -> Vector:
        """h_j(b_j) + h_j*(u_j) - b_j u_j for each feature, written as a sum of nonnegative terms.

        Where l2_j = 0 and there is no bound the conjugate is finite only for |u_j| <= l1_j, which the caller has to
        see to; what rounding leaves beyond it is charged in proportion to b_j.
        """
        if self.bounded:
            return self._bounded_fenchel_young(coef, pull)
        size, along = np.abs(coef), np.sign(coef) * pull
        excess = np.maximum(np.abs(pull) - self.l1, 0.0)
        curved = self.l2 > 0
        l2 = np.where(curved, self.l2, 1.0)
        with np.errstate(over="ignore"):
            outside = 0.5 * l2 * (size - excess / l2) ** 2
            inside = size * (self.l1 - along) + 0.5 * l2 * coef**2 + excess**2 / (2 * l2)
        return np.where(curved, np.where(along > self.l1, outside, inside), size * np.abs(self.l1 - along))

    def _bounded_fenchel_young(self, coef: Vector, pull: Vector) -> Vector:
        """The same with h infinite beyond the bounds.

        Seen from the side of zero that b is on, u beyond l1 by e draws it to b* = min(e / l2, bound), and the sum is
        l2/2 (b* - |b|)^2 + (b* - |b|) (e - l2 b*); u below -l1 draws it to the other side, whose part of the conjugate
        comes on top.
        """
        low, high = self.bounds
        upward = np.where(coef == 0, pull, coef) > 0
        own, other = np.where(upward, high, -low), np.where(upward, -low, high)
        size, along = np.abs(coef), np.where(upward, pull, -pull)
        reached, left = self._reached(along - self.l1, own)
        beyond = reached - size
        outside = 0.5 * self.l2 * beyond**2 + beyond * left
        across, more = self._reached(-along - self.l1, other)
        inside = size * np.abs(self.l1 - along) + 0.5 * self.l2 * (coef**2 + across**2) + across * more
        endless = (self.l2 == 0) & (own == np.inf)
        return np.where((along > self.l1) & ~endless, outside, inside)

    def _reached(self, excess: Vector, bound: Vector) -> tuple[Vector, Vector]:
        """The maximiser b* >= 0 of e b - l2/2 b^2 up to `bound`, and what is left of the slope there, e - l2 b* >= 0.

        0 where e is not positive, and where nothing holds it."""
        curved = self.l2 > 0
        with np.errstate(over="ignore"):
            top = np.where(curved, excess / np.where(curved, self.l2, 1.0), bound)
        reached = np.minimum(top, bound)
        reached = np.where((excess > 0) & np.isfinite(reached), reached, 0.0)
        steep = (reached > 0) & ~(curved & (reached == top))
        return reached, np.where(steep, np.maximum(excess - self.l2 * reached, 0.0), 0.0)
