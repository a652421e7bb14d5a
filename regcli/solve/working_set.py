"""More features than rows: the exact quadratic on a working set of columns, grown until no feature objects.

The strong rule (Tibshirani et al. 2012, Strong rules for discarding predictors in lasso-type problems) proposes the
columns for each step of a short path of strengths down to the one asked for; the gradient of all features then
checks the answer, and violators join. Nothing is discarded unchecked, so the result is as exact as its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import Problem, alpha_max
from regcli.problem.penalties import Strengths
from regcli.solve.factor import Factor
from regcli.solve.quadratic import Quadratic, active_set

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

STEP = 0.7
"""Each strength of the path down is this share of the one before."""
MOST_JOIN = 200
"""How many violators join the working set at once."""


class WorkingSet:
    """Columns taken in so far with their Gram matrix; `minimise` solves one problem after another, warm."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows = problem.rooted(problem.Z)
        self.linear = problem.null_pull
        self.columns: Index = np.zeros(0, dtype=np.intp)
        self._inside = np.zeros(problem.Z.shape[1], dtype=bool)
        self._taken: Matrix = np.zeros((len(problem.y), 0))
        self._products: Matrix = np.zeros((0, 0))
        self.coef: Vector = np.zeros(problem.Z.shape[1])
        self.pull: Vector = problem.null_pull.copy()
        self.rounds = 0
        self._warm: Vector = self.coef[self.columns]
        self._factor: Factor | None = None
        # Columns that nothing penalises are in from the start, and fitted before any other.
        free = np.flatnonzero(problem.penalty.unpenalised)
        if self._join(free):
            alone = active_set(Quadratic(self.matrix, self.linear[free]), problem.penalty.only(free).at(1.0))
            self.coef[free] = self._warm = alone.minimise()
            self.pull = self._pull()

    def descend(self, start: Vector | None = None) -> Vector:
        """Solve at the problem's alpha by way of larger strengths, or straight from `start` (p,)."""
        problem = self.problem
        goal = problem.alpha
        if start is not None and np.any(start):
            self.coef = start.copy()
            self._join(np.flatnonzero(start))
            self.pull = self._pull()
            return self.minimise(problem.strengths, problem.strengths)
        alpha = max(goal, alpha_max(problem, pull=self.pull))
        strengths = problem.penalty.at(alpha)
        while True:
            previous, alpha = strengths, max(goal, alpha * STEP)
            strengths = problem.penalty.at(alpha)
            self.minimise(strengths, previous)
            if alpha <= goal:
                return self.coef

    def along(self, alphas: Iterable[float]) -> Iterator[tuple[Vector, Vector]]:
        """For one alpha after another, falling: the solution (p,) and its pull (p,)."""
        problem = self.problem
        last: float | None = None
        for goal in alphas:
            last = max(alpha_max(problem, pull=self.pull), goal) if last is None else last
            while True:
                previous, last = last, max(goal, last * STEP)
                self.minimise(problem.penalty.at(last), problem.penalty.at(previous))
                if last <= goal:
                    break
            yield self.coef, self.pull

    def minimise(self, strengths: Strengths, previous: Strengths) -> Vector:
        """The solution (p,) at `strengths`, from the one at `previous`."""
        lift = strengths.lift(self.pull)
        self._join(largest((lift >= 2 * strengths.l1 - previous.l1) & ~self._inside, lift - strengths.l1))
        follow = strengths is not previous
        while True:
            inside = self.columns
            self.coef = np.zeros(len(self.coef))
            self.coef[inside] = self.iterate(strengths, follow)
            follow = False
            self.pull = self._pull()
            excess = strengths.lift(self.pull) - strengths.l1
            excess[inside] = 0.0
            if not self._join(largest(excess > self.noise, excess)):
                return self.coef

    def iterate(self, strengths: Strengths, follow: bool) -> Vector:
        """The solution (m,) on the working set alone, from the last one there."""
        inside = self.columns
        quadratic = Quadratic(self.matrix, self.linear[inside], len(self.rows))
        solver = active_set(quadratic, strengths.only(inside), self._factor)
        self._factor = solver.factor
        self._warm = solver.minimise(self._warm, follow)
        self.rounds += solver.rounds
        return self._warm

    def take(self, wanted: NDArray[np.bool_], excess: Vector) -> bool:
        """Take these features (p,) into the working set, those of largest excess first; whether any were new."""
        return self._join(largest(wanted & ~self._inside, excess))

    def missing(self, wanted: NDArray[np.bool_]) -> int:
        """How many of these features (p,) are not in the working set."""
        return int(np.count_nonzero(wanted & ~self._inside))

    def go_on(self) -> None:
        """Start the next solution from the coefficients as they are."""
        self._warm = self.coef[self.columns]

    def spread(self, coefs: Matrix) -> tuple[Matrix, Matrix]:
        """Coefficients (A, m) of the working set as those of all features, (A, p), and their pulls (A, p)."""
        table = np.zeros((len(coefs), len(self.coef)))
        table[:, self.columns] = coefs
        used = np.flatnonzero(np.any(coefs != 0, axis=0))
        centred = self.problem.y - self.problem.null_intercept
        residual = centred[:, None] - self.problem.Z[:, self.columns[used]] @ coefs[:, used].T
        return table, self.problem.pull(residual).reshape(table.shape)

    @cached_property
    def noise(self) -> float:
        """What rounding may add to a pull."""
        return 1e-14 * float(np.max(np.abs(self.linear)))

    def _pull(self) -> Vector:
        problem = self.problem
        active = np.flatnonzero(self.coef)
        centre = problem.null_intercept
        return problem.pull(problem.y - centre - problem.Z[:, active] @ self.coef[active])

    def _join(self, wanted: Index) -> bool:
        """Take columns into the working set and extend its Gram matrix; whether there were any new ones."""
        new = wanted[~self._inside[wanted]]
        if new.size == 0:
            return False
        old, size = len(self.columns), len(self.columns) + len(new)
        self._make_room(size)
        self._taken[:, old:size] = self.rows[:, new]
        across = self._taken[:, :size].T @ self._taken[:, old:size] / self.problem.total
        self._products[:size, old:size] = across
        self._products[old:size, :old] = across[:old].T
        self.columns = np.concatenate([self.columns, new])
        self._inside[new] = True
        self._warm = self.coef[self.columns]
        return True

    @property
    def matrix(self) -> Matrix:
        """The Gram matrix of the columns taken in."""
        return self._products[: len(self.columns), : len(self.columns)]

    def _make_room(self, size: int) -> None:
        """Copies of the columns side by side, and of their products, with room to grow."""
        if size <= self._taken.shape[1]:
            return
        room, old = min(2 * size, self.rows.shape[1]), len(self.columns)
        taken, products = np.empty((len(self.rows), room), order="F"), np.empty((room, room))
        taken[:, :old], products[:old, :old] = self._taken[:, :old], self.matrix
        self._taken, self._products = taken, products


def largest(chosen: NDArray[np.bool_], size: Vector) -> Index:
    """The at most MOST_JOIN indices in `chosen` of largest `size`."""
    index = np.flatnonzero(chosen)
    if index.size <= MOST_JOIN:
        return index
    return index[np.argpartition(-size[index], MOST_JOIN)[:MOST_JOIN]]
