"""Families other than squared error: a sequence of weighted quadratics, each solved exactly on a working set.

Proximal Newton (Lee, Sun, Saunders 2014, Proximal Newton-type methods for minimizing composite functions): the loss is
replaced by its second-order model about the point reached, the intercept minimised out, and the penalised quadratic
solved by the active set of `quadratic`. A step along the way to its minimiser counts where the objective falls by a
share of what the model promises. A Hessian is kept while its steps still gain digits quickly enough to save making a
new one. Columns join by the strong rule, and the gradient of all features checks each answer (see `working_set`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import EPS, Problem, alpha_max, level_inverse
from regcli.problem.penalties import Strengths
from regcli.solve.classes import centred
from regcli.solve.factor import Factor
from regcli.solve.following import MOST_REMEMBERED, Secant, foretold
from regcli.solve.quadratic import Quadratic, active_set
from regcli.solve.straight import minimum_along
from regcli.solve.sweep import Point, second_order, slopes, sweep
from regcli.solve.working_set import STEP, largest

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

GOAL = 1e-12
"""Violation, as a share of the null model's largest gradient, at which a solution is done."""
SHRINKS = {True: 1e-10, False: 1e-5}
"""A smaller one, as a share of the penalty's L1 part, where that is small: by it the certificate shrinks its dual
point, which costs a loss with straight pieces (True) in proportion, others by the square."""
MOST_STEPS = 200
DECREASE = 1e-4
"""The share of the promised decrease that a step must bring."""
LEAST_STEP = 1e-10
CANCELLED = 1e-8
"""Where less than this share of the curvature is left beside the levels, rounding may have made some of it negative."""
STAY_PUT = 1e-6
"""Share of the mean curvature that keeps a shift common to all classes, which costs nothing, where it is."""
SLIGHT = 0.1
"""What share of the violation may be that of coefficients that are zero, for a step that leaves them there."""
NEARLY = 1e-9
"""So near to a whole step an exact one is that."""
LEAST_CHANGE = 1e-9
"""A smaller change of the gradient, as a share like `GOAL`, is too much rounding to learn from."""
FEW = 50
"""So many columns, of more rows, are all in the working set from the start."""


@dataclass(frozen=True)
class Bend:
    """Second derivatives on the working set's coefficients with the levels minimised out (m, m), of those with the
    levels (m, K), the inverse of the levels' own (K, K), the product of the last two, and the linear predictor where
    they were taken."""

    matrix: Matrix
    across: Matrix
    inverse: Matrix
    back: Matrix
    eta: Matrix


class Newton:
    """One problem after another for falling strengths, each from the solution before."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.outputs, (self.n, self.p) = problem.outputs, problem.Z.shape
        self.columns: Index = np.zeros(0, dtype=np.intp)
        self._inside = np.zeros(self.p, dtype=bool)
        self._taken: Matrix = np.zeros((self.n, 0), order="F")
        self._bend: Bend | None = None
        self._factor: Factor | None = None
        self._fresh = False
        self._secant: Secant | None = None
        self._before: list[tuple[float, Vector]] = []
        self._signs: Vector = np.zeros(self.outputs * self.p)
        few = self.p <= FEW and self.p < self.n
        if few:
            self._taken = np.asfortranarray(problem.Z)
        self._settle(np.arange(self.p if few else 0))
        self.point = self._at(np.zeros(self.outputs * self.p), problem.null_intercept)
        self.pull = problem.null_pull.copy()
        self.scale = max(float(np.max(np.abs(problem.null_pull), initial=0.0)), EPS)
        self.rounds = 0

    def along(self, alphas: Iterable[float]) -> Iterator[Point]:
        """For one alpha after another, falling: the solution."""
        penalty = self.problem.penalty
        wide = self.p > self.n and bool(np.any(penalty.l1 > 0))
        last: float | None = None
        for goal in alphas:
            last = max(alpha_max(self.problem, pull=self.pull), goal) if last is None else last
            while True:
                previous, last = last, max(goal, last * STEP) if wide else goal
                self.minimise(penalty.at(last), penalty.at(previous), last)
                if last <= goal:
                    break
            yield self.point

    def start(self, coef: Vector, level: Any) -> None:
        """Go to a point that is thought to be near the solution."""
        self._join(self._features(np.flatnonzero(coef)))
        self.point = self._at(coef, level)
        self.pull = self.problem.pull(self.point.residual)

    def minimise(self, strengths: Strengths, previous: Strengths, alpha: float | None = None) -> None:
        """Go to the solution at `strengths` from the one at `previous`; on a path `alpha` is where that is."""
        lift = strengths.lift(self.pull)
        outside = np.tile(~self._inside, self.outputs)
        self._join(self._features(largest((lift >= 2 * strengths.l1 - previous.l1) & outside, lift - strengths.l1)))
        if alpha is not None:
            self._foretell(strengths, alpha)
        while True:
            self._descend(strengths)
            if len(self.columns) == self.p:
                self.pull[self._places] = self.point.pull
                break
            self.pull = self.problem.pull(self.point.residual)
            excess = strengths.lift(self.pull) - strengths.l1
            excess[self._places] = 0.0
            if not self._join(self._features(largest(excess > 64 * EPS * self.scale, excess))):
                break
        if alpha is not None:
            self._remember(alpha)

    def _remember(self, alpha: float) -> None:
        """Keep the last solutions of the same signs."""
        signs = np.sign(self.point.coef)
        if not np.array_equal(signs, self._signs) or (self._before and self._before[-1][0] == alpha):
            self._before, self._signs = [], signs
        solution = np.append(self.point.coef[signs != 0], self.point.level)
        self._before = [*self._before[1 - MOST_REMEMBERED :], (alpha, solution)]

    def _foretell(self, strengths: Strengths, alpha: float) -> None:
        """Go where the last solutions say that the next one is, if that is nearer."""
        if self.outputs > 1 or len(self._before) < 2 or self._before[-1][0] == alpha:
            return
        values = foretold(self._before, alpha)
        coef = self.point.coef.copy()
        coef[self._signs != 0] = values[:-1]
        if not np.array_equal(np.sign(coef), self._signs) or not strengths.inside(coef):
            return
        tried, inside = self._at(coef, float(values[-1])), strengths.only(self._places)
        if self._violation(inside, tried) < self._violation(inside, self.point):
            self._learn(tried)
            self.point = tried

    def _descend(self, strengths: Strengths) -> None:
        """Steps on the working set until nothing is left to gain."""
        inside = strengths.only(self._places)
        before, left, goal = math.inf, self._violation(inside, self.point), self._goal(inside)
        for _ in range(MOST_STEPS):
            if left <= goal:
                return
            if self._bend is None or not (self._fresh or self._worth_keeping(left, before)):
                self._bend, self._factor, self._secant, self._fresh = self._second_order(), None, None, True
            self.rounds += 1
            reached = self._follow(inside, left)
            reached = self._step(inside, left) if reached is None else reached
            if reached is not None:
                before, left, self._fresh = left, reached, False
            elif self._fresh:
                return
            else:
                self._bend = None

    def _goal(self, inside: Strengths) -> float:
        """The violation at which a solution is done."""
        least = float(np.min(inside.l1[(inside.l1 > 0) & (inside.l2 == 0)], initial=np.inf))
        wanted = min(GOAL * self.scale, SHRINKS[self.problem.family.is_piecewise_quadratic] * least)
        return max(wanted, 64 * EPS * self.scale)

    def _worth_keeping(self, left: float, before: float) -> bool:
        """Whether the old Hessian's steps, at the rate of the last, end sooner than a new one is made and used."""
        if left >= before:
            return False
        steps = math.log(GOAL * self.scale / left) / math.log(left / before) if math.isfinite(before) else 1.0
        return steps <= 2 + len(self.columns) / 20

    def _follow(self, inside: Strengths, left: float) -> float | None:
        """Towards the minimiser for the signs as they are; the violation there if
        that is halved, which suffices to end."""
        point, places = self.point, self._places
        if self.outputs > 1 or inside.bounded:
            return None
        here = point.coef[places]
        signs = np.sign(here)
        zero = signs == 0
        if zero.all() or np.max(np.abs(point.pull) - inside.l1, where=zero, initial=0.0) > SLIGHT * left:
            return None
        if self._secant is None or not self._secant.suits(signs, inside.l2):
            self._secant = self._secant_of(signs, inside.l2)
            if self._secant is None:
                return None
        active = self._secant.active
        slope = point.pull - inside.l1 * signs - inside.l2 * here
        move = self._secant.inverse @ np.append(slope[active], point.bias)
        values = here[active] + move[:-1]
        if np.any(values * signs[active] <= 0):
            return None
        coef = point.coef.copy()
        coef[places[active]] = values
        tried = self._at(coef, point.level + float(move[-1]))
        violation = self._violation(inside, tried)
        if not violation <= left / 2:
            return None
        self._learn(tried)
        self.point = tried
        return violation

    def _secant_of(self, signs: Vector, l2: Vector) -> Secant | None:
        bend = self._bend
        assert bend is not None
        self._factor = self._factor or Factor(bend.matrix, l2)
        self._factor.serve(bend.matrix, l2)
        active = np.flatnonzero(signs)
        inner = self._factor.inverse_of(active)
        return None if inner is None else Secant.of(signs, l2, inner, bend.back[active, 0], float(bend.inverse[0, 0]))

    def _learn(self, tried: Point) -> None:
        """What the way from here to another point of the same signs says about the second derivatives."""
        point, secant = self.point, self._secant
        if secant is None or len(secant.signs) != len(tried.pull):
            return
        active, places = secant.active, self._places[secant.active]
        move = np.append(tried.coef[places] - point.coef[places], tried.level - point.level)
        change = np.append(point.pull[active] - tried.pull[active], point.bias - tried.bias)
        change[:-1] += secant.l2[active] * move[:-1]
        secant.learn(move, change, LEAST_CHANGE * self.scale)

    def _step(self, inside: Strengths, left: float) -> float | None:
        """Towards the minimiser of the model; the violation there if that gains anything."""
        bend, point, places = self._bend, self.point, self._places
        assert bend is not None
        here, pull, bias = point.coef[places], point.pull, point.bias
        linear = bend.matrix @ here + pull - bend.back @ bias
        rank = self.n if self.outputs == 1 else np.inf
        solver = active_set(Quadratic(bend.matrix, linear, rank), inside, self._factor)
        found = solver.minimise(here, follow=bool(np.any(here)))
        self._factor = solver.factor
        if self.outputs > 1 and not inside.bounded:
            found = centred(found, self.outputs, inside)
        move = found - here
        rise = bend.inverse @ (bias - bend.across.T @ move)
        promised = inside.value(found) - inside.value(here) - float(pull @ move) - float(bias @ rise)
        if not np.isfinite(promised):
            return None
        share, level, exact = 1.0, np.atleast_1d(point.level), False
        while share > LEAST_STEP:
            coef = point.coef.copy()
            coef[places] = found if share == 1.0 else here + share * move
            tried = self._at(coef, level + share * rise)
            violation = self._violation(inside, tried)
            # Halving the violation leads to the minimum as surely as lowering the objective, which takes a logarithm.
            if violation <= left / 2:
                self.point = tried
                return violation
            if self.problem.family.is_piecewise_quadratic and not exact:
                share, exact = self._exact_share(inside, tried, move), True
                if share != 1.0:
                    continue
            objective = self.loss(point) + inside.value(here)
            value = self.loss(tried) + inside.value(coef[places])
            if value < objective if exact else value <= objective + DECREASE * share * promised:
                self.point = tried
                return violation
            if value <= objective + 64 * EPS * (abs(objective) + abs(self.loss(tried))):
                # What is left to gain hides behind the rounding of the objective; the violation still shows it.
                if violation < left:
                    self.point = tried
                    return violation
                return None
            share /= 2
        return None

    def _exact_share(self, inside: Strengths, end: Point, move: Vector) -> float:
        """How far on the way to a point (in shares of it) the objective is least, of pieces of quadratics."""
        here = self.point
        share = minimum_along(self.problem, here.eta, end.eta - here.eta, here.coef[self._places], move, inside)
        return min(share, 1.0) if inside.bounded or not np.isfinite(share) or abs(share - 1) < NEARLY else share

    def _at(self, coef: Vector, level: Any) -> Point:
        """The point with these coefficients, which are zero outside the working set."""
        values = coef[self._places].reshape(self.outputs, -1)
        level = float(np.asarray(level).ravel()[0]) if self.outputs == 1 else level
        return sweep(self.problem, self._columns_taken, coef, values, level)

    def loss(self, point: Point) -> float:
        """The mean loss, infinite where it overflows."""
        if point.loss is None:
            with np.errstate(over="ignore", invalid="ignore"):
                loss = self.problem.mean_of(self.problem.losses(point.eta))
            point.loss = loss if math.isfinite(loss) else math.inf
        return point.loss

    def _violation(self, inside: Strengths, point: Point) -> float:
        """The largest one of the working set and the levels; not a number where something overflows."""
        distance = inside.distance(point.coef[self._places], point.pull)
        return float(max(np.max(distance, initial=0.0), np.max(np.abs(point.bias))))

    def _second_order(self) -> Bend:
        """The second derivatives at the point reached."""
        inside, across, level = second_order(self.problem, self._columns_taken, self.point.eta)
        stay_put(inside, self.outputs)
        return bend_of(inside, across, level, self.problem.intercept, self.point.eta)

    def _extended(self, bend: Bend) -> Bend:
        """The same second derivatives, those of columns that have joined since included; of one output."""
        problem, old = self.problem, len(bend.matrix)
        weight = problem.family.curvature(problem.y, bend.eta)[0, 0]
        assert weight is not None
        weight = (weight if problem.weights is None else weight * problem.weights) / problem.total
        weighted = self._columns_taken[:, old:] * weight[:, None]
        beside = self._columns_taken.T @ weighted
        new = weighted.sum(axis=0)[:, None] if problem.intercept else np.zeros((weighted.shape[1], 1))
        across = np.vstack([bend.across, new])
        back = across @ bend.inverse
        beside -= back @ new.T
        matrix = np.empty((len(across), len(across)))
        matrix[:old, :old], matrix[:, old:], matrix[old:, :old] = bend.matrix, beside, beside[:old].T
        return Bend(matrix, across, bend.inverse, back, bend.eta)

    @property
    def _columns_taken(self) -> Matrix:
        """The working set's columns side by side, (n, m)."""
        return self._taken[:, : len(self.columns)]

    def _features(self, places: Index) -> Index:
        """The features (unique) that coefficients belong to."""
        return places if self.outputs == 1 else np.unique(places % self.p)

    def _join(self, wanted: Index) -> bool:
        """Take features into the working set; whether there were any new ones."""
        new = wanted[~self._inside[wanted]]
        if new.size == 0:
            return False
        old, size = len(self.columns), len(self.columns) + len(new)
        if size > self._taken.shape[1]:
            room = np.empty((self.n, min(2 * size, self.p)), order="F")
            room[:, :old] = self._taken[:, :old]
            self._taken = room
        self._taken[:, old:size] = self.problem.Z[:, new]
        self._settle(np.concatenate([self.columns, new]))
        return True

    def _settle(self, columns: Index) -> None:
        """These are the working set's columns from now on, and have been taken."""
        self.columns, self._secant = columns, None
        self._inside[columns] = True
        self._places: Index = np.asarray(np.arange(self.outputs)[:, None] * self.p + columns).ravel()
        if hasattr(self, "point"):
            self.point.pull = slopes(self.problem, self._columns_taken, self.point.residual)
        if self._bend is not None:
            alone = self.outputs == 1 and self.problem.bound is None
            self._bend = self._extended(self._bend) if alone else None


def stay_put(inside: Matrix, outputs: int) -> None:
    """Add to second derivatives (K m, K m) what a shift common to all classes costs, which changes no answer but makes
    it one of many."""
    width = len(inside) // outputs
    cost = STAY_PUT * float(np.mean(np.diagonal(inside))) if width and outputs > 1 else 0.0
    places = np.arange(width)
    for k in range(outputs if cost else 0):
        for m in range(outputs):
            inside[k * width + places, m * width + places] += cost


def bend_of(inside: Matrix, across: Matrix, level: Matrix, intercept: bool, eta: Matrix) -> Bend:
    """The second derivatives with the levels minimised out; the arguments are as `sweep.second_order` gives them, and
    where they were taken."""
    if not intercept:
        none, diagonal = np.zeros_like(across), np.diagonal(inside)
        matrix = _positive(inside) if np.any(diagonal <= 64 * EPS * np.max(diagonal, initial=0.0)) else inside
        return Bend(matrix, none, np.zeros_like(level), none, eta)
    inverse = level_inverse(level)
    back = across @ inverse
    matrix = inside - back @ across.T
    if np.any(np.diagonal(matrix) <= CANCELLED * np.diagonal(inside)):
        matrix = _positive(matrix)
    return Bend(matrix, across, inverse, back, eta)


def _positive(matrix: Matrix) -> Matrix:
    """The nearest matrix without negative curvature, and with a trace of it where there is none."""
    values, basis = np.linalg.eigh(matrix)
    least = 64 * EPS * max(float(values[-1]), np.finfo(np.float64).tiny)
    return np.asarray((basis * np.maximum(values, least)) @ basis.T)
