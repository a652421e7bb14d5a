"""Likelihoods on rows that are passed over: all strengths and all folds take their steps in the same passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError
from regcli.problem.certificate import VIOLATION_BOUND_UNPENALISED, Rulings, Yardstick
from regcli.problem.families import Family
from regcli.problem.moments import Moments
from regcli.problem.penalties import ElasticNet, Strengths
from regcli.problem.rulings import ruled
from regcli.select.asking import Ask, FoldResult, is_constant
from regcli.select.folds import Folds
from regcli.select.pathwise import SolutionPath
from regcli.select.sums.of_points import EVERYTHING, Query
from regcli.solve.classes import present
from regcli.solve.lockstep import FEW, Asking, Curved, Found, Place, Wanted, minimise

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

COARSE = 9
"""Every so many alphas all rows are fitted first; what lies between begins between."""
MOST_BENDS = 1 << 26
"""Bytes that second derivatives may take."""


@dataclass(frozen=True)
class Group:
    """Rows that are learned from: their weight, the deviations (p,) of their columns in units of those of all rows, in
    the units of the file, and how far their means (p,) are off those of all; which columns (p,) vary."""

    weight: float
    unit: Vector
    deviation: Vector
    shift: Vector
    live: Mask
    constant: Mask


class Passes:
    """Solves what is asked by passes.

    `look` is a pass; columns are those of the file less `mean` (p,), divided by `scale` (p,). `moments` are those of
    all rows, and of the rows that each fold learns from, of columns in the units of the file and of the targets, (K,)
    for K classes; `twins` (p,) as in `MomentsEngine`.
    """

    name = "passes"

    def __init__(
        self,
        look: Callable[[Sequence[Query]], list[Found]],
        family: Family,
        outputs: int,
        mean: Vector,
        scale: Vector,
        moments: Sequence[Moments],
        intercept: bool,
        twins: Index | None,
    ) -> None:
        self.look, self.family, self.outputs, self.intercept = look, family, outputs, intercept
        self.p = len(scale)
        self.twins = np.arange(self.p) if twins is None else twins
        self.groups = [_group(one, mean, scale, intercept) for one in moments]  # the first are all rows
        levels = self._first_levels(moments)
        self.nulls = self._minimised(
            [self._wanted(g, None, np.zeros(self.p * outputs), level, None) for g, level in enumerate(levels)], 1.0
        )

    @property
    def null(self) -> Found:
        """What the rows say of the model without features."""
        found = self.nulls[0].said
        assert isinstance(found, Found)
        return found

    def along(self, ask: Ask, groups: Sequence[int]) -> list[list[Place]]:
        """The solutions of some groups, the first of them all rows, along the alphas: [alpha][group]."""
        scale = max(float(np.max(np.abs(self.null.pull), initial=0.0)), 1e-300)
        alphas = ask.alphas
        coarse = sorted({*range(0, len(alphas), COARSE), len(alphas) - 1})
        zero, level = np.zeros(self.p * self.outputs), self.nulls[0].level
        known = dict(
            zip(
                coarse,
                self._minimised([self._wanted(0, (ask, alphas[i]), zero, level, None) for i in coarse], scale),
                strict=True,
            )
        )
        if len(coarse) == len(alphas) and list(groups) == [0]:
            return [[known[i]] for i in range(len(alphas))]
        found: list[list[Place]] = []
        block = max(1, MOST_BENDS // (len(groups) * 24 * (self.outputs * (min(self.p, 4 * FEW) + 1)) ** 2))
        for first in range(0, len(alphas), block):
            these = range(first, min(first + block, len(alphas)))
            wanted = [
                self._wanted(g, (ask, alphas[i]), *_between(known, coarse, alphas, i)) for i in these for g in groups
            ]
            places = self._minimised(wanted, scale)
            found += [places[k : k + len(groups)] for k in range(0, len(places), len(groups))]
        return found

    def path(self, ask: Ask, places: Sequence[Place]) -> SolutionPath:
        """The solutions of all rows as a path, certified by what their last pass has said."""
        coefs, intercepts, losses, rulings = self._ruled(ask, 0, places)
        count = len(places)
        return SolutionPath(
            ask.alphas, coefs, intercepts[:, 0] if self.outputs == 1 else intercepts, 2 * losses, rulings,
            (self.name,) * count, count,
        )  # fmt: skip

    def _ruled(self, ask: Ask, g: int, places: Sequence[Place]) -> tuple[Matrix, Matrix, Vector, Rulings]:
        """Standardized coefficients (A, K p) and intercepts (A, K), mean losses (A,), and the rulings of a group."""
        group = self.groups[g]
        unit = np.tile(group.unit, self.outputs)
        live = np.tile(self._taking_part(ask, group), self.outputs)
        said = [place.said for place in places]
        assert all(isinstance(one, Found) for one in said)
        coefs = np.array([place.coef * unit for place in places])
        pulls = np.array([np.where(live, one.pull / unit, 0.0) for one in said if one is not None])
        biases = np.array([one.bias for one in said if one is not None])
        biases = biases if self.intercept else np.zeros_like(biases)
        losses = np.array([one.loss for one in said if one is not None])
        shifts = np.array([place.coef.reshape(self.outputs, -1) @ group.shift for place in places])
        intercepts = np.array([place.level for place in places]) + shifts
        penalty = self._shape(ask, group)
        null = self.nulls[g].said
        assert null is not None
        by = Yardstick.of(np.where(live, null.pull / unit, 0.0), null.loss)
        columns = np.flatnonzero(live)
        rulings = ruled(
            penalty.only(columns), ask.alphas, intercepts, coefs[:, columns], pulls[:, columns], biases,
            lambda shrink: (1 - shrink) * losses, by,
        )  # fmt: skip
        exact = (ask.alphas > 0) | (rulings.violation <= VIOLATION_BOUND_UNPENALISED)
        rulings = Rulings(rulings.gap, rulings.violation, rulings.certified & exact)
        return coefs, intercepts, losses, rulings

    def fold(self, ask: Ask, index: int, places: Sequence[Place], rmse: bool) -> FoldResult:
        """One fold, of which these are the solutions along the alphas."""
        g = index + 1
        group = self.groups[g]
        coefs, _, _, rulings = self._ruled(ask, g, places)
        gap, violation, certified = rulings.worst
        null = self.nulls[g].said
        found = [place.said for place in places]
        assert isinstance(null, Found) and all(isinstance(one, Found) for one in found)
        root = np.sqrt if rmse else np.asarray
        costs = np.array([(one.tested, one.cost) for one in [*found, null] if isinstance(one, Found)])
        test, train = root(costs[:, 0]), root(costs[:, 1])
        signs = np.sign(coefs) if self.outputs == 1 else present(coefs, self.p)
        return FoldResult(
            weight=null.tested_weight,
            test=test[:-1],
            train=train[:-1],
            null_test=float(test[-1]),
            null_train=float(train[-1]),
            signs=signs.astype(np.int8),
            gap=gap,
            violation=violation,
            certified=certified,
            constant=tuple(np.flatnonzero(group.constant).tolist()),
        )

    def _minimised(self, wanted: Sequence[Wanted], scale: float) -> list[Place]:
        """The solutions, each in the same passes as all others."""

        def ask(trials: list[Asking]) -> list[Found]:
            return self.look([Query(coef, level, group, curved) for coef, level, group, curved in trials])

        return minimise(wanted, ask, scale, self.intercept)

    def _wanted(self, g: int, at: tuple[Ask, float] | None, coef: Vector, level: Vector, bend: Curved | None) -> Wanted:
        """The problem of a group at a strength; without one that of the model without features."""
        group = self.groups[g]
        which = EVERYTHING if g == 0 else g - 1
        if at is None:
            nothing = np.zeros(self.p * self.outputs)
            return Wanted(which, Strengths(nothing, nothing), nothing > 0, coef, level, bend)
        ask, alpha = at
        strengths, unit = self._shape(ask, group).at(float(alpha)), np.tile(group.unit, self.outputs)
        live = np.tile(self._taking_part(ask, group), self.outputs)
        mine = Strengths(strengths.l1 * unit, strengths.l2 * unit**2)  # bounds are refused
        return Wanted(which, mine, live, np.where(live, coef, 0.0), level, bend)

    def _shape(self, ask: Ask, group: Group) -> ElasticNet:
        """The penalty on the columns standardized by the rows of a group."""
        shape = ask.penalty(group.weight, 1.0, group.deviation, np.arange(self.p))
        return shape.repeated(self.outputs)

    def _taking_part(self, ask: Ask, group: Group) -> Mask:
        """Which columns (p,) vary, and are not made needless by one that is equal."""
        return group.live & ~ask.spare(self.twins, np.arange(self.p))

    def _first_levels(self, moments: Sequence[Moments]) -> list[Vector]:
        """The levels (K,) that suit the mean of the targets."""
        if not self.intercept:
            return [np.zeros(self.outputs)] * len(moments)
        found = []
        for number, one in enumerate(moments):
            share = one.mean[self.p :]
            if len(share) > self.outputs:  # of counts over an exposure the mean of that comes first
                share = share[1:] / share[0]
            two = self.family.has_classes and self.outputs == 1
            if np.any(np.append(share, 1 - share) <= 0 if two else share <= 0):
                what = f"the training rows of fold {number}" if number else "the rows"
                raise DataError(f"{what} lack a class or a count", hint="fewer --folds" if number else None)
            found.append(np.atleast_1d(self.family.null_eta(share[0] if self.outputs == 1 else share)))
        return found


@dataclass
class PassEngine:
    """Cross-validation by passes: all folds of all repeats at once, the first time that one is asked for."""

    passes: Passes
    folds: Folds
    rmse: bool
    tell: Callable[[Ask, list[Place]], None]
    name: str = "passes"
    _last: tuple[Ask, list[list[Place]]] | None = None

    def run(self, index: int, ask: Ask) -> FoldResult:
        """The path of one fold."""
        places = self._all(ask)
        return self.passes.fold(ask, index, [one[index + 1] for one in places], self.rmse)

    def _all(self, ask: Ask) -> list[list[Place]]:
        if self._last is None or self._last[0] is not ask:
            places = self.passes.along(ask, range(len(self.passes.groups)))
            self.tell(ask, [one[0] for one in places])
            self._last = (ask, places)
        return self._last[1]


def _between(
    known: dict[int, Place], coarse: Sequence[int], alphas: Vector, i: int
) -> tuple[Vector, Vector, Curved | None]:
    """Where the solution at alpha number `i` is likely to be: between those at the nearest alphas that are known, along
    the logarithm of alpha; and second derivatives near there."""
    after = next(place for place, j in enumerate(coarse) if j >= i)
    if coarse[after] == i:
        one = known[i]
        return one.coef, one.level, one.curved
    low, high = coarse[after - 1], coarse[after]
    a, b = known[low], known[high]
    share = (i - low) / (high - low)
    if alphas[high] > 0:
        share = float(np.log(alphas[low] / alphas[i]) / np.log(alphas[low] / alphas[high]))
    near = a if share < 0.5 else b
    return a.coef + share * (b.coef - a.coef), a.level + share * (b.level - a.level), near.curved


def _group(moments: Moments, mean: Vector, scale: Vector, intercept: bool) -> Group:
    p = len(scale)
    low, high = moments.low[:p], moments.high[:p]
    constant = is_constant(low, high, np.maximum(np.abs(low), np.abs(high)))
    live = ~constant if intercept else (low != 0) | (high != 0)
    deviation = np.where(constant, 1.0 if not intercept else scale, moments.deviation[:p])
    shift = (moments.mean[:p] - mean) / scale if intercept else np.zeros(p)
    return Group(moments.weight, deviation / scale, deviation, shift, live, constant)
