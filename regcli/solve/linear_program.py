"""L1-penalised quantile regression, a linear program:

minimise over b0, b:   (1/W) sum_i s_i rho(y_i - offset_i - b0 - z_i.b)  +  sum_j l1_j |b_j|,   low <= b <= high

with the pinball loss rho of a level between 0 and 1 (`regcli.problem.pinball`). `solve` and `along` go from vertex to
vertex, which gives solutions to rounding; `by_highs` has SciPy's HiGHS solve the dual program, and is what they turn to
where their way is lost. Z (n, p); `weights` (n,) positive, None for ones; `offset` (n,), None for zeros; bounds (p,),
both None or with 0 among what they allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.penalties import Strengths
from regcli.problem.pinball import best_level
from regcli.solve.vertices import Descent

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

SHAKEN = 1e-10
"""How much of a typical residual is added to y at random, so that no two kinks fall together (Charnes 1952,
Optimality and degeneracy in linear programming). The solution is that of y as it is."""
SAME = 1e-9
"""How far a dual point may be from where the null model has it, to be one of it."""
TOLERANCES = (1e-10, 1e-7)
"""HiGHS's tightest tolerance, and its own, which is tried where it fails at that."""
NEAR = 1e-7
"""What HiGHS leaves of a residual or a coefficient that is 0."""


@dataclass(frozen=True)
class Found:
    """A vertex of least objective: coefficients (p,), the intercept, the dual point (n,), each of its values between
    level - 1 and level, and how many edges (or HiGHS's steps) led to it from the one before."""

    coef: Vector
    intercept: float
    theta: Vector
    iterations: int


def solve(
    Z: Matrix,
    y: Vector,
    l1: Vector,
    level: float,
    weights: Vector | None = None,
    offset: Vector | None = None,
    intercept: bool = True,
    low: Vector | None = None,
    high: Vector | None = None,
) -> Found:
    """The solution under the strengths `l1` (p,), 0 where a column is not penalised."""
    return next(along(Z, y, l1, [1.0], level, weights, offset, intercept, low, high))


def along(
    Z: Matrix,
    y: Vector,
    l1: Vector,
    alphas: Sequence[float],
    level: float,
    weights: Vector | None = None,
    offset: Vector | None = None,
    intercept: bool = True,
    low: Vector | None = None,
    high: Vector | None = None,
) -> Iterator[Found]:
    """The solutions under alpha * `l1` for one alpha after another, best falling: each begins at the last.

    Where several are as good, the null model (with the columns that are not penalised) comes first.
    """
    program = _Program.of(Z, y, l1, level, weights, offset, intercept, low, high)
    descent = None
    for alpha in alphas:
        strengths = alpha * program.l1
        try:
            if descent is None:
                descent, before = program.start(), 0
                null = here = program.polished(descent, program.unentered)
            descent.descend(strengths, program.most)
            if descent.edges > before:
                here = program.polished(descent, strengths)
            else:
                here.descend(strengths, program.most)
        except np.linalg.LinAlgError:
            yield program.by_highs(strengths)
            descent = None
            continue
        theta = here.dual(strengths)
        chosen = null if program.serves(null, strengths, theta) else here
        yield program.found(chosen.coef, theta, descent.edges - before)
        before = descent.edges


def by_highs(
    Z: Matrix,
    y: Vector,
    l1: Vector,
    level: float,
    weights: Vector | None = None,
    offset: Vector | None = None,
    intercept: bool = True,
    low: Vector | None = None,
    high: Vector | None = None,
) -> Found:
    """The same as `solve`, by HiGHS; its vertex is then worked out to rounding."""
    program = _Program.of(Z, y, l1, level, weights, offset, intercept, low, high)
    return program.by_highs(program.l1)


def null_slopes(
    Z: Matrix,
    y: Vector,
    l1: Vector,
    level: float,
    weights: Vector | None = None,
    offset: Vector | None = None,
    intercept: bool = True,
    low: Vector | None = None,
    high: Vector | None = None,
) -> Vector:
    """The dual point (n,) of the fit of the columns with l1_j = 0 alone.

    Of those that go with that fit, free where a residual is 0, the one under which the largest |u_j| / l1_j is least,
    u = Z'S theta / W: a linear program where rows are tied. What a bound forbids does not count. So its largest is the
    least alpha at which under alpha * `l1` the other columns may all have coefficient 0.
    """
    program = _Program.of(Z, y, l1, level, weights, offset, intercept, low, high)
    return program.null_slopes(program.polished(program.start(), program.unentered))


@dataclass(frozen=True)
class _Program:
    """The program in numbers of a good size: y is less the null model's constant `centre`, over `scale`, a power of 2.

    `table` (n, P) is Z with a column of ones behind it where there is an intercept; `target` (n,) is y, `shaken` y with
    a little added; `mass` (n,) the weights over their sum; `l1`, `low` and `high` (P,).
    """

    table: Matrix
    target: Vector
    shaken: Vector
    mass: Vector
    l1: Vector
    low: Vector
    high: Vector
    level: float
    centre: float
    scale: float
    intercept: bool

    @classmethod
    def of(
        cls,
        Z: Matrix,
        y: Vector,
        l1: Vector,
        level: float,
        weights: Vector | None,
        offset: Vector | None,
        intercept: bool,
        low: Vector | None,
        high: Vector | None,
    ) -> _Program:
        """Put together from what `solve` is given."""
        n, p = Z.shape
        values = y if offset is None else y - offset
        centre = best_level(values, weights, level, intercept)
        sizes = np.abs(values - centre)
        typical = float(np.median(sizes[sizes > 0])) if np.any(sizes > 0) else 1.0
        scale = float(2.0 ** np.round(np.log2(typical)))
        target = (values - centre) / scale
        more = int(intercept)
        low, high = (np.full(p, end) if one is None else one for one, end in ((low, -np.inf), (high, np.inf)))
        return cls(
            table=np.column_stack([Z, np.ones((n, more))]),
            target=target,
            shaken=target + SHAKEN * (np.random.default_rng(0).random(n) - 0.5),
            mass=np.full(n, 1 / n) if weights is None else weights / weights.sum(),
            l1=np.append(l1, np.zeros(more)),
            low=np.append(low / scale, np.full(more, -np.inf)),
            high=np.append(high / scale, np.full(more, np.inf)),
            level=level,
            centre=centre,
            scale=scale,
            intercept=intercept,
        )

    @property
    def unentered(self) -> Vector:
        """Strengths (P,) that let no penalised column in."""
        return np.where(self.l1 > 0, np.inf, 0.0)

    @property
    def most(self) -> int:
        """After so many edges the way is lost: some ten times what the longest known ways took."""
        return 100 * (min(len(self.table), len(self.l1)) + 10)

    def start(self) -> Descent:
        """The vertex of the model without penalised columns, of y shaken."""
        found = Descent(self.table, self.shaken, self.mass, self.level, self.low, self.high)
        found.descend(self.unentered, self.most)
        return found

    def polished(self, descent: Descent, l1: Vector) -> Descent:
        """The vertex of y as it is that is the solution near that of y shaken."""
        found = descent.other(self.target)
        try:
            found.descend(l1, self.most)
        except np.linalg.LinAlgError:
            found = descent.other(self.target)
        return found

    def serves(self, null: Descent, l1: Vector, theta: Vector) -> bool:
        """Whether the null model is a solution too where theta (n,) is the dual point of one: then they go together."""
        ends = np.where(null.residual > 0, self.level, self.level - 1)
        if np.any(~null.tied & (np.abs(theta - ends) > SAME)):
            return False
        strengths = Strengths(l1, np.zeros_like(l1), self.low, self.high)
        distances = strengths.distance(null.coef, (self.mass * theta) @ self.table)
        return bool(np.all(distances <= SAME * null.reach))

    def found(self, coef: Vector, theta: Vector, steps: int) -> Found:
        """Coefficients (P,) in the units of y."""
        p = len(coef) - self.intercept
        # Without features the constant of the null model is as good as that of the vertex, an end of its interval.
        more = self.scale * float(coef[p]) if self.intercept and np.any(coef[:p]) else 0.0
        return Found(self.scale * coef[:p], self.centre + more, theta, steps)

    def alpha_max(self, null: Descent) -> float:
        """The least alpha at which nothing but the columns of `null`, the vertex without penalised ones, is needed."""
        up, down, penalised = null.coef < null.high, null.coef > null.low, self.l1 > 0
        pull = (self.mass * self.null_slopes(null)) @ self.table
        lift = np.maximum(np.where(up, pull, 0.0), np.where(down, -pull, 0.0))
        return float(np.max(lift[penalised] / self.l1[penalised], initial=0.0))

    def null_slopes(self, null: Descent) -> Vector:
        """See above; `null` is the vertex without penalised columns."""
        theta, tied, free = null.dual(np.zeros_like(self.l1)), null.tied, null.basis.columns
        if tied.sum() > np.sum(((null.coef < null.high) & (null.coef > null.low))[free]):
            theta[tied] = self._least_pulling(null, theta, tied)
        return theta

    def by_highs(self, l1: Vector) -> Found:
        """The dual program, whose equations have the coefficients for their multipliers:

        maximise  sum_i mass_i target_i theta_i - sum_j (high_j more_j - low_j less_j)  over theta in the box and
        |q_j| <= l1_j, more_j >= 0, less_j >= 0, where  sum_i mass_i z_ij theta_i = q_j + more_j - less_j.

        HiGHS's answer is then worked out to rounding; where that cannot be done it is returned as it is.
        Raises LinAlgError where HiGHS does not solve it.
        """
        n, p = self.table.shape
        above, below = np.flatnonzero(np.isfinite(self.high)), np.flatnonzero(np.isfinite(self.low))
        heavy, eye = n * self.mass, np.eye(p)
        ends = np.concatenate([
            np.tile([self.level - 1, self.level], (n, 1)),
            n * np.column_stack([-l1, l1]),
            np.tile([0.0, np.inf], (len(above) + len(below), 1)),
        ])  # fmt: skip
        answer = _highs(
            np.concatenate([-heavy * self.target, np.zeros(p), self.high[above], -self.low[below]]),
            A_eq=np.column_stack([(heavy[:, None] * self.table).T, -eye, -eye[:, above], eye[:, below]]),
            b_eq=np.zeros(p),
            bounds=ends,
        )
        theta = np.clip(answer.x[:n], self.level - 1, self.level)
        coef = np.clip(-answer.eqlin.marginals, self.low, self.high)
        coef[np.abs(coef) <= NEAR] = 0.0
        try:
            return self._worked_out(coef, theta, l1, int(answer.nit))
        except np.linalg.LinAlgError:
            return self.found(coef, theta, int(answer.nit))

    def _worked_out(self, coef: Vector, theta: Vector, l1: Vector, steps: int) -> Found:
        """The solution at the vertex that an answer of HiGHS is near to; LinAlgError where that is none."""
        from scipy.linalg import qr

        free = np.flatnonzero((coef != 0) & (coef > self.low) & (coef < self.high))
        if self.intercept:
            free = np.union1d(free, [len(coef) - 1])
        residual = self.target - self.table @ coef
        close = np.flatnonzero(np.abs(residual) <= NEAR)
        if len(close) < len(free):
            raise np.linalg.LinAlgError("fewer rows than columns at the vertex")
        rows = close[qr(self.table[close][:, free].T, mode="r", pivoting=True)[1][: len(free)]]
        descent = Descent(self.table, self.target, self.mass, self.level, self.low, self.high)
        descent.stand(rows, free, coef, residual > 0)
        descent.descend(l1, self.most)
        return self.found(descent.coef, descent.dual(l1), steps)

    def _least_pulling(self, null: Descent, theta: Vector, tied: NDArray[np.bool_]) -> Vector:
        """What of the dual points of the null model has the least largest |u_j| / l1_j, in the `tied` rows (m,)."""
        heavy = len(theta) * self.mass
        slopes = self.table[tied].T * heavy[tied]
        rest = np.where(tied, 0.0, heavy * theta) @ self.table
        up, down = null.coef < null.high, null.coef > null.low
        level = up & down & (self.l1 == 0)
        up, down = up & ~level, down & ~level
        answer = _highs(
            np.append(np.zeros(slopes.shape[1]), 1.0),
            A_ub=np.column_stack([np.concatenate([slopes[up], -slopes[down]]), -np.append(self.l1[up], self.l1[down])]),
            b_ub=np.append(-rest[up], rest[down]),
            A_eq=np.column_stack([slopes[level], np.zeros(level.sum())]) if level.any() else None,
            b_eq=-rest[level] if level.any() else None,
            bounds=[(self.level - 1, self.level)] * slopes.shape[1] + [(0, None)],
        )
        found: Vector = np.clip(answer.x[:-1], self.level - 1, self.level)
        inner = np.minimum(self.level - found, found - (self.level - 1)) > NEAR
        # What HiGHS leaves of the equations is taken out, among the rows that have room.
        left = -rest[level] - slopes[level] @ found
        found[inner] += np.linalg.lstsq(slopes[level][:, inner], left, rcond=None)[0]
        return found


def _highs(cost: Vector, **program: Any) -> Any:
    """What SciPy's HiGHS answers to a linear program; LinAlgError where it does not solve it."""
    from scipy.optimize import linprog

    for size in TOLERANCES:
        options = {"primal_feasibility_tolerance": size, "dual_feasibility_tolerance": size}
        answer = linprog(cost, method="highs", options=options, **program)
        if answer.status == 0:
            return answer
    raise np.linalg.LinAlgError(f"HiGHS: {answer.message}")
