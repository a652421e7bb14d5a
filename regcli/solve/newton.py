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

from regcli.problem.families import mean
from regcli.problem.objective import EPS, Problem, alpha_max, level_curvature
from regcli.problem.penalties import Strengths
from regcli.solve.classes import centred
from regcli.solve.factor import Factor
from regcli.solve.quadratic import Quadratic, active_set
from regcli.solve.working_set import STEP, largest

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

GOAL = 1e-13
"""Violation, as a share of the null model's largest gradient, at which a solution is done."""
MOST_STEPS = 200
DECREASE = 1e-4
"""The share of the promised decrease that a step must bring."""
LEAST_STEP = 1e-10
STAY_PUT = 1e-6
"""Share of the mean curvature that keeps a shift common to all classes, which costs nothing, where it is."""
CHUNK = 1 << 18
"""How many numbers of the columns are weighted at a time."""


@dataclass(frozen=True)
class Point:
    """A level (K,) or a float, coefficients (K p,), and there the linear predictor, the mean loss, and minus the
    loss's derivative for each row."""

    level: Any
    coef: Vector
    eta: NDArray[np.float64]
    loss: float
    residual: NDArray[np.float64]


@dataclass(frozen=True)
class Bend:
    """Second derivatives on the working set's coefficients with the levels minimised out (m, m), of those with the
    levels (m, K), the inverse of the levels' own (K, K), and the product of the last two."""

    matrix: Matrix
    across: Matrix
    inverse: Matrix
    back: Matrix


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
        nothing = np.zeros(self.outputs * self.p)
        eta = problem.null_eta.copy()
        residual = problem.family.pull(problem.y, eta)
        self.point = Point(problem.null_intercept, nothing, eta, problem.null_objective, residual)
        self.pull = problem.null_pull
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
                self.minimise(penalty.at(last), penalty.at(previous))
                if last <= goal:
                    break
            yield self.point

    def start(self, coef: Vector, level: Any) -> None:
        """Go to a point that is thought to be near the solution."""
        self._join(self._features(np.flatnonzero(coef)))
        self.point = self._at(coef, level)
        self.pull = self.problem.pull(self.point.residual)

    def minimise(self, strengths: Strengths, previous: Strengths) -> None:
        """Go to the solution at `strengths` from the one at `previous`."""
        lift = strengths.lift(self.pull)
        self._join(self._features(largest(lift >= 2 * strengths.l1 - previous.l1, lift - strengths.l1)))
        while True:
            self._descend(strengths)
            self.pull = self.problem.pull(self.point.residual)
            excess = strengths.lift(self.pull) - strengths.l1
            excess[self._places] = 0.0
            if not self._join(self._features(largest(excess > 64 * EPS * self.scale, excess))):
                return

    def _descend(self, strengths: Strengths) -> None:
        """Steps on the working set until nothing is left to gain."""
        places = self._places
        inside = strengths.only(places)
        before = math.inf
        for _ in range(MOST_STEPS):
            pull, bias = self._slopes()
            left = self._violation(inside, self.point.coef[places], pull, bias)
            if left <= GOAL * self.scale:
                return
            if self._bend is None or not (self._fresh or self._worth_keeping(left, before)):
                self._bend, self._factor, self._fresh = self._second_order(), None, True
            self.rounds += 1
            if self._step(inside, places, pull, bias, left):
                before, self._fresh = left, False
            elif self._fresh:
                return
            else:
                self._bend = None

    def _worth_keeping(self, left: float, before: float) -> bool:
        """Whether the old Hessian's steps, at the rate of the last, end sooner than a new one is made and used."""
        if left >= before:
            return False
        steps = math.log(GOAL * self.scale / left) / math.log(left / before) if math.isfinite(before) else 1.0
        return steps <= 2 + len(self.columns) / 20

    def _step(self, inside: Strengths, places: Index, pull: Vector, bias: Vector, left: float) -> bool:
        """Towards the minimiser of the model; whether that gains anything."""
        bend, point = self._bend, self.point
        assert bend is not None
        here = point.coef[places]
        linear = bend.matrix @ here + pull - bend.back @ bias
        solver = active_set(Quadratic(bend.matrix, linear), inside, self._factor)
        found = solver.minimise(here, follow=bool(np.any(here)))
        self._factor = solver.factor
        if self.outputs > 1 and not inside.bounded:
            found = centred(found, self.outputs, inside)
        move = found - here
        rise = bend.inverse @ (bias - bend.across.T @ move)
        promised = inside.value(found) - inside.value(here) - float(pull @ move) - float(bias @ rise)
        if not np.isfinite(promised):
            return False
        objective, share = point.loss + inside.value(here), 1.0
        level = np.atleast_1d(point.level)
        while share > LEAST_STEP:
            coef = point.coef.copy()
            coef[places] = found if share == 1.0 else here + share * move
            tried = self._at(coef, level + share * rise)
            value = tried.loss + inside.value(coef[places])
            if value <= objective + DECREASE * share * promised:
                self.point = tried
                return True
            if value <= objective + 64 * EPS * (abs(objective) + abs(tried.loss)):
                # What is left to gain hides behind the rounding of the objective; the violation still shows it.
                self.point, kept = tried, self.point
                pull, bias = self._slopes()
                if self._violation(inside, coef[places], pull, bias) < left:
                    return True
                self.point = kept
                return False
            share /= 2
        return False

    def _at(self, coef: Vector, level: Any) -> Point:
        """The point with these coefficients, which are zero outside the working set."""
        problem = self.problem
        values = coef.reshape(self.outputs, self.p)[:, self.columns]
        active = np.flatnonzero(np.any(values, axis=0))
        # Contiguous columns as they are, or those that count where they are few.
        taken = self._taken[:, : len(self.columns)]
        part = taken if 2 * active.size > len(self.columns) else taken[:, active]
        values = values if part is taken else values[:, active]
        eta = part @ (values[0] if self.outputs == 1 else values.T)
        level = float(np.asarray(level).ravel()[0]) if self.outputs == 1 else level
        eta += level
        if problem.offset is not None:
            eta += problem.offset
        with np.errstate(over="ignore", invalid="ignore"):
            loss = problem.mean_of(problem.family.loss(problem.y, eta))
        loss = loss if math.isfinite(loss) else math.inf
        return Point(level, coef, eta, loss, problem.family.pull(problem.y, eta))

    def _slopes(self) -> tuple[Vector, Vector]:
        """Minus the gradient of the loss on the working set's coefficients (m,) and on the levels (K,)."""
        problem, residual = self.problem, self.point.residual
        weighted = residual if problem.weights is None else (residual.T * problem.weights).T
        pull = np.asarray(self._taken[:, : len(self.columns)].T @ weighted).T.ravel() / problem.total
        bias = np.atleast_1d(mean(residual, problem.weights)) if problem.intercept else np.zeros(self.outputs)
        return pull, bias

    def _violation(self, inside: Strengths, coef: Vector, pull: Vector, bias: Vector) -> float:
        return max(float(np.max(inside.distance(coef, pull), initial=0.0)), float(np.max(np.abs(bias))))

    def _second_order(self) -> Bend:
        """The second derivatives at the point reached, in chunks of rows."""
        problem, width = self.problem, len(self.columns)
        curvature = problem.family.curvature(self.point.eta)
        inside = np.zeros((self.outputs * width, self.outputs * width))
        across = np.zeros((self.outputs * width, self.outputs))
        size = max(64, CHUNK // max(width, 1))
        for first in range(0, self.n, size):
            rows = slice(first, min(first + size, self.n))
            part = self._taken[rows, :width]
            for (k, m), values in curvature.items():
                assert values is not None
                weight = values[rows] if problem.weights is None else values[rows] * problem.weights[rows]
                these, those = slice(k * width, (k + 1) * width), slice(m * width, (m + 1) * width)
                weighted = part * weight[:, None]
                inside[these, those] += part.T @ weighted
                across[these, m] += part.T @ weight
        for k, m in curvature:
            if k != m:
                these, those = slice(k * width, (k + 1) * width), slice(m * width, (m + 1) * width)
                inside[those, these] = inside[these, those]
                across[those, k] = across[these, m]
        inside, across = inside / problem.total, across / problem.total
        if self.outputs > 1:
            self._stay_put(inside, width)
        if not problem.intercept:
            none = np.zeros_like(across)
            return Bend(inside, none, np.zeros((self.outputs, self.outputs)), none)
        level = np.atleast_2d(level_curvature(problem, curvature))
        inverse = np.linalg.pinv(level, hermitian=True)
        back = across @ inverse
        return Bend(inside - back @ across.T, across, inverse, back)

    def _stay_put(self, inside: Matrix, width: int) -> None:
        """Add what a shift common to all classes costs, which changes no answer but makes it one of many."""
        cost = STAY_PUT * float(np.mean(np.diagonal(inside))) if width else 0.0
        places = np.arange(width)
        for k in range(self.outputs):
            for m in range(self.outputs):
                inside[k * width + places, m * width + places] += cost

    @property
    def _places(self) -> Index:
        """Where the working set's coefficients stand among all."""
        return np.asarray(np.arange(self.outputs)[:, None] * self.p + self.columns).ravel()

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
        self.columns = np.concatenate([self.columns, new])
        self._inside[new] = True
        self._bend = None
        return True
