"""The exact elastic net on a quadratic: a primal-dual active set with a guarded descent.

    minimise over b:   1/2 b'Gb - c'b + sum_j ( l1_j |b_j| + l2_j / 2 b_j^2 )

One round guesses which coefficients are not zero, and with which sign, from the point t = diag(G) b + (c - Gb), and
solves the linear system that this pattern leaves. When the pattern repeats itself the solution is exact. A guess
counts only if the objective falls; else one step of feature-sign search (Lee, Battle, Raina, Ng 2006, Efficient
sparse coding algorithms, algorithm 1) is taken, which always makes it fall: hence no pattern is met twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.penalties import ElasticNet, Strengths
from regcli.solve.factor import Factor

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

EPS = float(np.finfo(np.float64).eps)
SINGULAR = 1e-14
"""A column is in the span of others when what is left of it, squared and relative, is below this times their number."""

MOST_SORTED = 100
"""Among more columns than this it takes longer to find the dependent ones than to do without the guess."""
MOST_SETTLING = 20
MOST_PART_WAYS = 5
"""How many times in a row a guess may be followed part of the way before signs are made good one by one."""


@dataclass(frozen=True)
class Quadratic:
    """1/2 b'Gb - c'b with a Gram matrix G (p, p) = Z'SZ/W and `linear` c (p,) = Z'Sy/W; of rows that are few, no more
    than their number, `rank`, have columns that are independent."""

    matrix: Matrix
    linear: Vector
    rank: float = np.inf

    @cached_property
    def diagonal(self) -> Vector:
        """The diagonal of G, (p,)."""
        return np.diagonal(self.matrix).copy()

    def noise(self, coef: Vector) -> float:
        """What rounding can do to the gradient at `coef` (p,)."""
        return float(self.noise_of(self.sizes[2] @ np.abs(coef)))

    def noise_of(self, size: Any) -> Any:
        """The same where the coefficients have this `size`, each times the root of its diagonal."""
        largest, widest, _ = self.sizes
        return 4 * EPS * (largest + size * widest)

    @cached_property
    def sizes(self) -> tuple[float, float, Vector]:
        """The largest |c|, the largest root of the diagonal, and those roots (p,)."""
        roots = np.sqrt(self.diagonal)
        return float(np.max(np.abs(self.linear), initial=0.0)), float(np.max(roots, initial=0.0)), roots

    def times(self, coef: Vector, active: Index) -> Vector:
        """G @ coef, (p,), which is not zero at `active`; G is symmetric, so that contiguous rows serve as columns."""
        if 3 * active.size > coef.size:
            return np.asarray(self.matrix @ coef)
        return np.asarray(coef[active] @ self.matrix[active])


@dataclass
class State:
    """A point, the product G b, and the objective there."""

    coef: Vector
    product: Vector
    value: float


class ActiveSet:
    """The iteration; `minimise` is its one public method.

    A pattern (p,) says of each coefficient whether it is zero, 0, or else its sign; a column without an L1 part has no
    kink at zero, and 1 says that it takes part.
    """

    def __init__(self, quadratic: Quadratic, strengths: Strengths, factor: Factor | None = None) -> None:
        self.quadratic, self.strengths = quadratic, strengths
        self.factor = factor or Factor(quadratic.matrix, strengths.l2)
        self.factor.serve(quadratic.matrix, strengths.l2)
        self.l1, self.l2 = strengths.l1, strengths.l2
        self.curved = bool(np.any(strengths.l2))
        self.smooth = strengths.l1 == 0
        self.rounds = 0

    def minimise(self, start: Vector | None = None, follow: bool = False) -> Vector:
        """The minimiser (p,), from `start` (p,) or from zero.

        `follow` where `start` was the minimiser for other strengths nearby: a path is straight as long as its signs
        stay, so the minimiser for those is tried before guessing who comes and goes.
        """
        p = len(self.quadratic.linear)
        if p == 0:
            return np.zeros(0)
        state = self._state(np.zeros(p) if start is None else self._allowed(start.copy()))
        pattern: Vector | None = None
        if follow and start is not None:
            signs = self._pattern(state.coef)
            straight = self._solve_pattern(signs)
            if straight is not None and straight.value < state.value:
                state, pattern = straight, self._met(straight, signs)
        part_ways = 0
        limit = 100 + 20 * p
        while self.rounds < limit:
            self.rounds += 1
            guess = self._guess(state)
            if pattern is not None and np.array_equal(guess, pattern):
                break
            candidate = self._solve_pattern(guess)
            if candidate is not None and candidate.value < state.value:
                # A pattern that lost dependent columns is not settled when it is met again.
                state, pattern = candidate, self._met(candidate, guess)
                continue
            before = state.value
            if candidate is not None and part_ways < MOST_PART_WAYS:
                part_ways += 1
                pattern, state = None, self._part_way(state, candidate)
                if state.value < before:
                    continue
            part_ways = 0
            state = self._descend(state)
            if not state.value < before:
                break
            pattern = self._pattern(state.coef)
        return self._settled(state).coef

    def _settled(self, state: State) -> State:
        """The point after the last that lowers the objective by more than rounding hides.

        Just past a knot the next point is no lower in the last bit of the objective, and yet nearer to optimal: it
        counts as long as the violation falls.
        """
        for _ in range(MOST_SETTLING):
            violation = self._violation(state)
            if violation <= self.quadratic.noise(state.coef):
                break
            tried = (self._solve_pattern(signs) for signs in (self._guess(state), self._let_in(state)))
            level = state.value + 64 * EPS * abs(state.value)
            better = (one for one in tried if one and one.value <= level and self._violation(one) < violation)
            nearer = next(better, None)
            if nearer is None:
                break
            state = nearer
        return state

    def _let_in(self, state: State) -> Vector:
        """The signs (p,) of a point, with that of the worst violator among those that are zero, if there is one."""
        pull, signs = self.quadratic.linear - state.product, self._pattern(state.coef)
        excess = np.where(signs == 0, np.abs(pull) - self.l1, -np.inf)
        worst = int(np.argmax(excess))
        if excess[worst] > self.quadratic.noise(state.coef):
            signs[worst] = 1.0 if self.smooth[worst] else np.sign(pull[worst])
        return signs

    def _pattern(self, coef: Vector) -> Vector:
        """That of a point (p,)."""
        signs = np.sign(coef)
        return np.where(self.smooth, np.abs(signs), signs)

    def _met(self, state: State, pattern: Vector) -> Vector:
        """What came of `pattern` (p,) at the point that was found for it."""
        return np.where(state.coef == 0, 0.0, pattern)

    def _allowed(self, coef: Vector) -> Vector:
        """The nearest point that keeps to the bounds: here there are none."""
        return coef

    def _violation(self, state: State) -> float:
        pull = self.quadratic.linear - state.product
        return float(np.max(self.strengths.distance(state.coef, pull)))

    def _state(self, coef: Vector) -> State:
        active = np.flatnonzero(coef)
        product = self.quadratic.times(coef, active)
        smooth = coef @ (0.5 * product - self.quadratic.linear)
        penalty = self.l1 @ np.abs(coef) + 0.5 * (self.l2 @ coef**2 if self.curved else 0.0)
        return State(coef, product, float(smooth + penalty))

    def _guess(self, state: State) -> Vector:
        """Signs (p,) of the coefficients that the primal-dual point says are not zero."""
        point = self.quadratic.diagonal * state.coef + (self.quadratic.linear - state.product)
        signs = np.where(self.smooth, 1.0, np.sign(point))
        return np.where(np.abs(point) > self.l1 + self.quadratic.noise(state.coef), signs, 0.0)

    def _solve_pattern(self, signs: Vector) -> State | None:
        """The minimiser for one sign pattern; of a few dependent columns the later ones stay out."""
        found = self._solved(np.flatnonzero(signs), self.quadratic.linear - self.l1 * signs)
        if found is None:
            return None
        coef = np.zeros(len(signs))
        coef[found[0]] = found[1]
        return self._state(coef)

    def _solved(self, active: Index, right: Vector) -> tuple[Index, Vector] | None:
        """The columns that are independent, all of `active` if they are, and the solution of their system, of whose
        right-hand side (p,) their part counts."""
        hopeless = active.size > self.quadratic.rank and not self.curved
        values = None if hopeless else self.factor.solve(active, right[active])
        if values is None:
            if active.size > MOST_SORTED:
                return None
            active = independent(self._system(active), active)
            values = self.factor.solve(active, right[active])
        return None if values is None else (active, values)

    def _system(self, active: Index) -> Matrix:
        matrix = self.quadratic.matrix[np.ix_(active, active)]
        matrix[np.diag_indices_from(matrix)] += self.l2[active]
        return matrix

    def _part_way(self, state: State, candidate: State) -> State:
        """The lowest point on the way to a candidate that itself lies no lower."""
        direction = candidate.coef - state.coef
        bend = candidate.product - state.product
        slope = float((state.product - self.quadratic.linear + self.l2 * state.coef) @ direction)
        curvature = float(direction @ bend + self.l2 @ direction**2)
        step = lowest_step(state.coef, direction, self.l1, slope, curvature)
        coef = state.coef + step * direction
        coef[np.abs(coef) <= 4 * EPS * np.abs(state.coef)] = 0.0
        lowest = self._state(self._allowed(coef))
        return lowest if lowest.value < state.value else state

    def _descend(self, state: State) -> State:
        """Feature-sign search: to a point that is minimal for its own signs, then on by letting the worst violator in.

        Where rounding leaves nothing to gain the point returned lies no lower, but its signs are good.
        """
        settled = self._walk(state, self._pattern(state.coef))
        signs = self._let_in(settled)
        if np.array_equal(signs, self._pattern(settled.coef)):
            return settled
        entered = self._walk(settled, signs)
        return entered if entered.value < settled.value else settled

    def _walk(self, state: State, signs: Vector) -> State:
        """Go to the minimiser for `signs`, dropping each coefficient whose sign would change on the way."""
        coef, signs = state.coef.copy(), signs.copy()
        for _ in range(int(np.count_nonzero(signs)) + 1):
            active = np.flatnonzero(signs)
            right = self.quadratic.linear[active] - self.l1[active] * signs[active]
            direction, bounded = self._direction(active, coef[active], right)
            kinked = np.where(self.smooth[active], 0.0, signs[active])
            step, blocking = first_sign_change(coef[active], direction, kinked)
            if bounded and step >= 1.0:
                coef[active] += direction
                break
            if blocking is None:
                break
            coef[active] += step * direction
            coef[active[blocking]] = signs[active[blocking]] = 0.0
        return self._state(coef)

    def _direction(self, active: Index, values: Vector, right: Vector) -> tuple[Vector, bool]:
        """Towards the solution for this right-hand side (True), or down a null vector of the system (False)."""
        target = self.factor.solve(active, right)
        if target is not None:
            return target - values, True
        system = self._system(active)
        scaled, size = unit_diagonal(system)
        null = size * np.linalg.eigh(scaled)[1][:, 0]
        slope = (system @ values - right) @ null
        return (-null if slope > 0 else null), False


def active_set(quadratic: Quadratic, strengths: Strengths, factor: Factor | None = None) -> ActiveSet:
    """The iteration that suits the penalty: with bounds, or without."""
    if strengths.bounded:
        from regcli.solve.bounded import BoundedSet

        return BoundedSet(quadratic, strengths, factor)
    return ActiveSet(quadratic, strengths, factor)


def along(
    quadratic: Quadratic, penalty: ElasticNet, alphas: Iterable[float], start: Vector | None = None
) -> Iterator[tuple[Vector, Vector]]:
    """For one alpha after another, each from the solution before: the minimiser (p,) and its pull c - Gb (p,).

    The factor of the active block is handed on. Without a quadratic part the path is straight between changes of the
    signs: where two solutions have the same, the next is read off their line, and counts if it is optimal to rounding.
    """
    factor: Factor | None = None
    straight = not np.any(penalty.l2) and not penalty.bounded
    before: list[tuple[float, Vector]] = [] if start is None else [(np.inf, start)]
    for alpha in alphas:
        found = _on_the_line(quadratic, alpha * penalty.l1, alpha, before) if straight else None
        if found is None:
            solver = active_set(quadratic, penalty.at(alpha), factor)
            coef = solver.minimise(before[-1][1] if before else None, follow=True)
            factor = solver.factor
            found = coef, quadratic.linear - quadratic.times(coef, np.flatnonzero(coef))
        before = [*before[-1:], (alpha, found[0])]
        yield found


def _on_the_line(
    quadratic: Quadratic, l1: Vector, alpha: float, before: Sequence[tuple[float, Vector]]
) -> tuple[Vector, Vector] | None:
    """The point at `alpha` on the line through two solutions of the same signs, and its pull, if it is a solution."""
    if len(before) < 2 or not np.isfinite(before[0][0]):
        return None
    (first, one), (second, other) = before
    coef = other + (other - one) * ((second - alpha) / (first - second))
    signs = np.sign(coef)
    if not np.array_equal(signs, np.sign(one)) or not np.array_equal(signs, np.sign(other)):
        return None
    pull = quadratic.linear - quadratic.times(coef, np.flatnonzero(signs))
    off = np.where(signs == 0, np.abs(pull) - l1, np.abs(pull - l1 * signs))
    return (coef, pull) if np.max(off) <= quadratic.noise(coef) else None


def unit_diagonal(matrix: Matrix) -> tuple[Matrix, Vector]:
    """A symmetric matrix scaled to a diagonal of ones, and the factors (k,) that do it."""
    size = 1.0 / np.sqrt(np.diag(matrix))
    return matrix * (size[:, None] * size), size


def first_sign_change(values: Vector, direction: Vector, signs: Vector) -> tuple[float, int | None]:
    """How far along `direction` the first of `values` would leave the side of zero that `signs` gives, and which."""
    against = direction * signs < 0
    if not np.any(against):
        return np.inf, None
    steps = np.full(len(values), np.inf)
    steps[against] = -values[against] / direction[against]
    blocking = int(np.argmin(steps))
    return max(float(steps[blocking]), 0.0), blocking


def lowest_step(values: Vector, direction: Vector, l1: Vector, slope: float, curvature: float) -> float:
    """The step in [0, 1] that minimises slope t + curvature t^2 / 2 + sum_j l1_j |values_j + t direction_j|.

    The function is convex with a kink at each sign change: its derivative is followed from kink to kink.
    """
    moving = direction != 0
    values, direction, l1 = values[moving], direction[moving], l1[moving]
    side = np.where(values == 0, np.sign(direction), np.sign(values))
    kinks = np.where(side * direction < 0, -values / direction, np.inf)
    order = np.argsort(kinks)
    order = order[kinks[order] < 1.0]
    at = np.concatenate([[0.0], kinks[order], [1.0]])
    jumps = np.concatenate([[0.0], np.cumsum(2 * l1[order] * np.abs(direction[order]))])
    base = slope + float(l1 @ (side * direction)) + jumps
    # On the stretch from at[k] to at[k + 1] the derivative is base[k] + curvature t.
    ends = base + curvature * at[1:]
    k = int(np.argmax(ends >= 0)) if np.any(ends >= 0) else len(base) - 1
    best = -base[k] / curvature if curvature > 0 else at[k + 1]
    return float(np.clip(best, at[k], at[k + 1]))


def independent(matrix: Matrix, active: Index) -> Index:
    """Those of `active` whose column is not in the span of the ones before it, by Cholesky with skipping."""
    left, _ = unit_diagonal(matrix)
    kept = []
    for j in range(len(active)):
        pivot = left[j, j]
        if pivot < SINGULAR * len(active):
            continue
        kept.append(j)
        column = left[j, j:] / np.sqrt(pivot)
        left[j:, j:] -= np.outer(column, column)
    return active[kept]
