"""The problem, a solution, and the ruler that measures one against the other.

    minimise over b0, b:   (1/W) sum_i s_i loss(y_i, b0 + z_i.b)  +  alpha * penalty(b)

`certify` works from the rows alone, outside every solver: it measures a solution by its duality gap and by its
distance from the optimality conditions, whoever proposed it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from regcli.errors import Notice
from regcli.problem.families import GAUSSIAN, Family, mean
from regcli.problem.penalties import ElasticNet, Strengths

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

GAP_BOUND = 1e-8
VIOLATION_BOUND = 1e-6
VIOLATION_BOUND_UNPENALISED = 1e-12
ZERO_SLACK = 1e-3
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Problem:
    """A penalised regression on scaled columns.

    Z (n, p) has columns of deviation 1, centred where there is an intercept; y (n,); weights (n,) or None for
    ones; `twins` (p,) or None holds for each column the index of the first column that is equal to it.
    """

    Z: Matrix
    y: Vector
    penalty: ElasticNet
    alpha: float
    intercept: bool = True
    weights: Vector | None = None
    family: Family = GAUSSIAN
    twins: NDArray[np.intp] | None = None

    @cached_property
    def strengths(self) -> Strengths:
        """The penalty with alpha put in."""
        return self.penalty.at(self.alpha)

    @cached_property
    def total(self) -> float:
        """The sum of the weights."""
        return float(len(self.y) if self.weights is None else self.weights.sum())

    @cached_property
    def null_intercept(self) -> float:
        """The intercept of the model without features."""
        return self.family.null_eta(self.y, self.weights) if self.intercept else 0.0

    @cached_property
    def null_pull(self) -> Vector:
        """Minus the gradient of the loss at the null model, (p,)."""
        return self.pull(self.family.pull(self.y, np.full_like(self.y, self.null_intercept)))

    @cached_property
    def null_objective(self) -> float:
        """The objective of the null model."""
        return self.mean_of(self.family.loss(self.y, np.full_like(self.y, self.null_intercept)))

    @cached_property
    def full_gram(self) -> Matrix:
        """(1/W) Z' S Z of all columns, (p, p)."""
        return gram_of(self, self.Z)

    def rooted(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """`values` (n,) or (n, k) with each row times the root of its weight: what least squares of the rows takes."""
        if self.weights is None:
            return values
        root = np.sqrt(self.weights)
        return np.asarray(values * (root if values.ndim == 1 else root[:, None]))

    def pull(self, residual: Vector) -> Vector:
        """(1/W) Z' S residual, (p,)."""
        weighted = residual if self.weights is None else self.weights * residual
        return np.asarray(self.Z.T @ weighted) / self.total

    def mean_of(self, values: Vector) -> float:
        """(1/W) sum_i s_i values_i."""
        return float(values.sum() if self.weights is None else self.weights @ values) / self.total


@dataclass(frozen=True)
class Certificate:
    """How close to the minimum a solution is, measured from the rows.

    `gap`: (primal - dual) / objective of the null model; `violation`: largest distance of the loss gradient to the
    penalty's subdifferential / largest gradient of the null model; `unique`: whether no other coefficients reach
    the same objective (`tied`: the columns that could share theirs differently).
    """

    gap: float
    violation: float
    certified: bool
    unique: bool
    tied: tuple[int, ...] = ()


@dataclass(frozen=True)
class Solution:
    """A measured solution: `coef` (p,) and `intercept` are in the scaled columns' units.

    Least squares adds the condition number and the rank of the columns and, where the rank is full, the factor R
    (p, p) with R'R = Z'SZ.
    """

    coef: Vector
    intercept: float
    objective: float
    certificate: Certificate
    solver: str
    iterations: int
    condition: float | None = None
    rank: int | None = None
    factor: Matrix | None = None
    notices: tuple[Notice, ...] = field(default=())


def best_intercept(problem: Problem, coef: Vector) -> float:
    """The intercept that goes with `coef`: for squared error the weighted mean of what is left."""
    return mean(problem.y - problem.Z @ coef, problem.weights) if problem.intercept else 0.0


def objective(problem: Problem, intercept: float, coef: Vector) -> float:
    """The value that is minimised."""
    eta = intercept + problem.Z @ coef
    return problem.mean_of(problem.family.loss(problem.y, eta)) + problem.strengths.value(coef)


def alpha_max(problem: Problem, l1: Vector | None = None) -> float:
    """The least alpha at which every coefficient with an L1 part is zero: max_j |pull_j| / l1_j.

    `l1` (p,) stands in for the shape of the problem's own L1 part, which may be zero (ridge).
    """
    l1 = problem.penalty.l1 if l1 is None else l1
    return float(np.max(np.abs(problem.null_pull[l1 > 0]) / l1[l1 > 0], initial=0.0))


def certify(problem: Problem, intercept: float, coef: Vector) -> Certificate:
    """Measure a proposed solution; see `Certificate` for what is measured.

    The gap is the Fenchel-Young sum of the rows and the features, nonnegative term by term. Its dual point is the
    residual with its part in the span of the unpenalised columns taken out, shrunk until |u_j| <= l1_j wherever
    the penalty has no quadratic part. u_j is known up to rounding: it counts as the nearest number that suits b_j,
    and the way there is charged to the gap, but for unpenalised columns, whose u_j is 0.
    """
    eta = intercept + problem.Z @ coef
    residual = problem.family.pull(problem.y, eta)
    pull = problem.pull(residual)
    strengths, noise = problem.strengths, 64 * EPS * pull_scale(problem)
    violation = _violation(problem, coef, residual, pull)
    theta, dual_pull = _dual_point(problem, residual, noise)
    rows = problem.mean_of(problem.family.fenchel_young(problem.y, eta, theta))
    suited = np.clip(strengths.nearest(coef, dual_pull), dual_pull - noise, dual_pull + noise)
    charged = np.where(strengths.free, 0.0, np.abs(coef * (dual_pull - suited)))
    features = strengths.fenchel_young(coef, suited) + charged
    gap = (rows + float(features.sum())) / problem.null_objective
    bound = _rounding(problem, coef) if np.all(strengths.free) else VIOLATION_BOUND
    tied = _tied(problem, pull, noise)
    certified = bool(gap <= GAP_BOUND and violation <= bound and _zeros_hold(problem, coef, pull, noise))
    return Certificate(float(gap), violation, certified, not tied, tied)


def _zeros_hold(problem: Problem, coef: Vector, pull: Vector, noise: float) -> bool:
    """Whether every zero of an L1 penalty is one on its own terms, however small alpha is; rounding is let pass."""
    zero = (coef == 0) & (problem.strengths.l1 > 0)
    bound = problem.strengths.l1[zero] * (1 + ZERO_SLACK) + noise
    return bool(np.all(np.abs(pull[zero]) <= bound))


def _rounding(problem: Problem, coef: Vector) -> float:
    """The violation that least squares may have: 1e-12, or what rounding `coef` to double precision makes of it.

    Nearly dependent columns (NIST's Filip) have coefficients so large that their last bits move the gradient by more.
    """
    size = np.sqrt([problem.mean_of(column**2) for column in problem.Z.T])
    moved = EPS * float(size @ np.abs(coef)) * float(np.max(size, initial=0.0)) / pull_scale(problem)
    return min(max(VIOLATION_BOUND_UNPENALISED, moved), VIOLATION_BOUND)


def pull_scale(problem: Problem) -> float:
    """The size that violations are measured by: the null model's largest gradient, or y's deviation where that is 0."""
    largest = float(np.max(np.abs(problem.null_pull), initial=0.0))
    spread = float(np.sqrt(2 * problem.null_objective))
    return largest if largest > 1e-10 * spread else spread


def _violation(problem: Problem, coef: Vector, residual: Vector, pull: Vector) -> float:
    distances = problem.strengths.distance(coef, pull)
    worst = float(np.max(distances, initial=0.0))
    if problem.intercept:
        worst = max(worst, abs(problem.mean_of(residual)))
    return worst / pull_scale(problem)


def _dual_point(problem: Problem, residual: Vector, noise: float) -> tuple[Vector, Vector]:
    """A dual feasible point theta (n,) near the residual, and its pull Z'S theta / W (p,), feasible up to `noise`."""
    strengths, theta = problem.strengths, residual
    if problem.intercept:
        theta = theta - mean(theta, problem.weights)
    free = np.flatnonzero(strengths.free)
    if free.size:
        theta = theta - problem.Z[:, free] @ _span_part(problem, free, theta)
    pull = problem.pull(theta)
    bound = (strengths.l2 == 0) & (strengths.l1 > 0)
    excess = (np.abs(pull[bound]) - noise) / strengths.l1[bound]
    shrink = 1.0 / max(1.0, float(np.max(excess, initial=0.0)))
    return theta * shrink, pull * shrink


def _span_part(problem: Problem, columns: NDArray[np.intp], theta: Vector) -> Vector:
    """Least-squares coefficients of `theta` (n,) on `columns`: from their Gram matrix, or by rows where it is vague."""
    if _surely_independent(problem, columns):
        return np.asarray(np.linalg.solve(gram(problem, columns), problem.pull(theta)[columns]))
    rows = problem.rooted(problem.Z[:, columns])
    return np.asarray(np.linalg.lstsq(rows, problem.rooted(theta), rcond=None)[0])


def gram(problem: Problem, columns: NDArray[np.intp] | None = None) -> Matrix:
    """(1/W) Z' S Z of all or of some columns."""
    if columns is None:
        return problem.full_gram
    n, p = problem.Z.shape
    if p <= n:
        return np.asarray(problem.full_gram[np.ix_(columns, columns)])
    return gram_of(problem, problem.Z[:, columns])


def gram_of(problem: Problem, Z: Matrix) -> Matrix:
    """(1/W) Z' S Z of any columns Z (n, k) on the problem's rows."""
    rows = problem.rooted(Z)
    return np.asarray(rows.T @ rows) / problem.total


def _tied(problem: Problem, pull: Vector, noise: float) -> tuple[int, ...]:
    """The columns among which an L1 solution, or an unpenalised one, is not unique.

    They are those that the null vectors touch of the columns at the bound, |u_j| >= l1_j (1 - 1e-9): a share can be
    moved along a null vector without changing the fit. A quadratic part makes the solution unique.
    """
    strengths = problem.strengths
    edge = np.flatnonzero((strengths.l2 == 0) & (np.abs(pull) >= strengths.l1 * (1 - 1e-9) - noise))
    if edge.size < 2 or _surely_independent(problem, edge):
        return ()
    rows = problem.rooted(problem.Z[:, edge])
    factor = np.linalg.qr(rows, mode="r") if rows.shape[0] > edge.size else rows
    _, sizes, vectors = np.linalg.svd(factor, full_matrices=False)
    rank = int(np.sum(sizes > sizes[0] * max(rows.shape) * EPS))
    # What a column has outside the row space it has in the null space.
    touched = 1 - np.sum(vectors[:rank] ** 2, axis=0) > 1e-12
    return tuple(int(j) for j in edge[touched])


def _surely_independent(problem: Problem, columns: NDArray[np.intp]) -> bool:
    """Whether the Gram matrix alone, cheap but half as precise, already shows full rank."""
    if columns.size > len(problem.y):
        return False
    matrix = gram(problem, columns)
    size = np.sqrt(np.diag(matrix))
    if not np.all(size > 0):
        return False
    values = np.linalg.eigvalsh(matrix / np.outer(size, size))
    return bool(values[0] > 1e-10 * values[-1])
