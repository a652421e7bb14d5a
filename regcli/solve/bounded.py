"""The exact elastic net on a quadratic with bounds on the coefficients.

    minimise over b:   1/2 b'Gb - c'b + sum_j ( l1_j |b_j| + l2_j / 2 b_j^2 )   subject to   low <= b <= high

The iteration is that of `quadratic`, with one more thing that a coefficient can do: stay at a bound. A guess is what
minimises coordinate by coordinate, cut at the bounds; what its linear system puts beyond a bound is cut as well, so
that the point depends on the pattern alone: none is met twice. The guarded step stops at bounds as at changes of
sign (Nocedal, Wright 2006, Numerical optimization, section 16.5), and lets in the worst violator, from zero or a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from regcli.problem.penalties import ElasticNet, Strengths
from regcli.solve.factor import Factor
from regcli.solve.quadratic import ActiveSet, Quadratic, State

Vector = NDArray[np.float64]
Step = TypeVar("Step")

HELD = 2.0


def while_inside(
    penalty: ElasticNet, free: Iterable[Step], bounded: Callable[[int], Iterator[Step]], coef: Callable[[Step], Vector]
) -> Iterator[Step]:
    """Solutions along a path, of which `coef` takes the coefficients: those without bounds, `free`, as long as they
    keep to the bounds, for then they are solutions; and from the first number on that does not, those with bounds."""
    for number, step in enumerate(free):
        if not penalty.inside(coef(step)):
            yield from bounded(number)
            return
        yield step


class BoundedSet(ActiveSet):
    """`ActiveSet` with bounds. In a pattern 2 is at a bound above zero and -2 at one below; a bound of zero is zero."""

    def __init__(self, quadratic: Quadratic, strengths: Strengths, factor: Factor | None = None) -> None:
        super().__init__(quadratic, strengths, factor)
        p = len(quadratic.linear)
        self.low, self.high = (np.broadcast_to(bound, (p,)) for bound in strengths.bounds)

    def _allowed(self, coef: Vector) -> Vector:
        return np.asarray(np.clip(coef, self.low, self.high))

    def _pattern(self, coef: Vector) -> Vector:
        return np.where(self.strengths.held(coef), HELD * np.sign(coef), super()._pattern(coef))

    def _met(self, state: State, pattern: Vector) -> Vector:
        # A point that was cut at a bound is not the minimiser for any pattern: nan is equal to none.
        cut = (np.abs(pattern) == 1) & ((state.coef == 0) | self.strengths.held(state.coef))
        return np.full(len(pattern), np.nan) if np.any(cut) else pattern

    def _fixed(self, pattern: Vector) -> Vector:
        """The coefficients (p,) that the pattern puts at a bound, 0 elsewhere."""
        return np.where(pattern == HELD, self.high, np.where(pattern == -HELD, self.low, 0.0))

    def _right(self, pattern: Vector, fixed: Vector) -> Vector:
        """The right-hand side (p,) that a pattern leaves for the coefficients inside."""
        return self.quadratic.linear - self.quadratic.times(fixed, np.flatnonzero(fixed)) - self.l1 * pattern

    def _guess(self, state: State) -> Vector:
        signs = super()._guess(state)
        point = self.quadratic.diagonal * state.coef + (self.quadratic.linear - state.product)
        size = self.quadratic.diagonal + self.l2
        side = np.sign(point) * (signs != 0)
        goal = (point - self.l1 * side) / np.where(size > 0, size, 1.0)
        signs = np.where((side > 0) & (goal >= self.high), np.where(self.high > 0, HELD, 0.0), signs)
        return np.where((side < 0) & (goal <= self.low), np.where(self.low < 0, -HELD, 0.0), signs)

    def _solve_pattern(self, signs: Vector) -> State | None:
        coef = self._fixed(signs)
        active = np.flatnonzero(np.abs(signs) == 1)
        right = self._right(signs, coef)
        found = self._solved(active, right)
        if found is None:
            return None
        active, values = found
        coef[active] = values
        return self._state(self._allowed(coef))

    def _let_in(self, state: State) -> Vector:
        pull, pattern = self.quadratic.linear - state.product, self._pattern(state.coef)
        held = np.abs(pattern) == HELD
        back = self.l1 + np.sign(pattern) * (self.l2 * state.coef - pull)
        excess = np.where(pattern == 0, self.strengths.lift(pull) - self.l1, np.where(held, back, -np.inf))
        worst = int(np.argmax(excess))
        if excess[worst] > self.quadratic.noise(state.coef):
            sign = np.sign(pattern[worst]) if held[worst] else np.sign(pull[worst])
            pattern[worst] = 1.0 if self.smooth[worst] else sign
        return pattern

    def _walk(self, state: State, signs: Vector) -> State:
        """Go to the minimiser for the pattern, leaving each coefficient where it meets zero or a bound on the way."""
        coef, pattern = state.coef.copy(), signs.copy()
        for _ in range(int(np.count_nonzero(np.abs(pattern) == 1)) + 1):
            active = np.flatnonzero(np.abs(pattern) == 1)
            if active.size == 0:
                break
            right = self._right(pattern, self._fixed(pattern))[active]
            direction, towards = self._direction(active, coef[active], right)
            kinked = np.where(self.smooth[active], 0.0, pattern[active])
            above = np.where(kinked < 0, 0.0, self.high[active])
            below = np.where(kinked > 0, 0.0, self.low[active])
            wall = np.where(direction > 0, above, below)
            room = np.where(direction != 0, wall - coef[active], np.inf)
            steps = room / np.where(direction != 0, direction, 1.0)
            blocking = int(np.argmin(steps))
            step = max(float(steps[blocking]), 0.0)
            if towards and step >= 1.0:
                coef[active] += direction
                break
            if not np.isfinite(step):
                break
            coef[active] += step * direction
            coef[active[blocking]] = wall[blocking]
            pattern[active[blocking]] = HELD * np.sign(wall[blocking])
        return self._state(self._allowed(coef))
