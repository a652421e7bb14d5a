"""The ruler: how close to the minimum proposed coefficients are, whoever proposed them.

`certify` works from the rows alone, outside every solver: it measures a solution by its duality gap and by its
distance from the optimality conditions. `certify_path` does the same for many strengths in one pass over the rows,
and `rule` for squared error from what moments know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.families import mean
from regcli.problem.objective import EPS, Certificate, Matrix, Problem, Solution, Vector, gram
from regcli.problem.penalties import ElasticNet, Strengths
from regcli.problem.pinball import pull_noise, residual_noise, suited

GAP_BOUND = 1e-8
VIOLATION_BOUND = 1e-6
VIOLATION_BOUND_UNPENALISED = 1e-12
ZERO_SLACK = 1e-3
CHUNK = 1 << 20
"""How many residuals are held at a time."""


def certify(problem: Problem, intercept: Any, coef: Vector, dual: Vector | None = None) -> Certificate:
    """Measure a proposed solution; see `Certificate` for what is measured.

    The gap is the Fenchel-Young sum of the rows and the features, nonnegative term by term. Its dual point is the
    residual, for squared error with its part in the span of the intercept and the unpenalised columns taken out,
    shrunk until |u_j| <= l1_j wherever the penalty has no quadratic part. u_j is known up to rounding: it counts as
    the nearest number that suits b_j, and the way there is charged to the gap. Where the span was taken out an
    unpenalised u_j is 0; for other families what is left of it is charged too. Of a loss with corners `dual` (n,) are
    the slopes that the solver has found there, which is then the dual point.
    """
    eta = problem.eta(intercept, coef)
    residual = problem.residual(eta) if dual is None else _suited(problem, eta, intercept, coef, dual)
    pull = problem.pull(residual)
    strengths, noise = problem.strengths, 64 * EPS * pull_scale(problem)
    if dual is not None:  # slopes are of size 1, however little they pull at the null model
        noise = max(noise, float(np.max(pull_noise(problem.Z, _mass(problem)), initial=0.0)))
    violation = _violation(problem, coef, residual, pull)
    theta, dual_pull, shrink = _dual_point(problem, residual if dual is None else dual, noise)
    if problem.bound is None or dual is not None:
        rows = problem.mean_of(problem.family.fenchel_young(problem.y, eta, theta))
    else:
        rows = problem.bound.gap(eta, shrink) / problem.total
    left = 0.0 if problem.family.is_quadratic else _left(problem, intercept, coef, theta, dual_pull)
    gap = (rows + left + float(features_part(strengths, coef, dual_pull, noise))) / problem.null_objective
    bound = _rounding(problem, coef) if np.all(strengths.free) else VIOLATION_BOUND
    tied = tied_columns(problem, coef, pull, noise, problem.bending(eta, dual))
    certified = bool(gap <= GAP_BOUND and violation <= bound and zeros_hold(strengths, coef, pull, noise))
    return Certificate(float(gap), violation, certified, not tied, tied)


@dataclass(frozen=True)
class Yardstick:
    """What the null model gives to measure by: the size of its gradient, and its objective."""

    pull: float
    objective: float

    @classmethod
    def of(cls, null_pull: Vector, objective: float) -> Yardstick:
        """The largest of the null model's gradient (p,), or y's deviation where that is 0."""
        largest, spread = float(np.max(np.abs(null_pull), initial=0.0)), float(np.sqrt(2 * objective))
        return cls(largest if largest > 1e-10 * spread else spread, objective)

    @property
    def noise(self) -> float:
        """How far rounding may move a gradient."""
        return 64 * EPS * self.pull


@dataclass(frozen=True)
class Rulings:
    """The figures of a `Certificate` but for uniqueness, for several solutions: all of shape (A,)."""

    gap: Vector
    violation: Vector
    certified: NDArray[np.bool_]

    @property
    def worst(self) -> tuple[float, float, bool]:
        """The largest gap and violation, and whether all are certified."""
        gap, violation = np.max(self.gap, initial=0.0), np.max(self.violation, initial=0.0)
        return float(gap), float(violation), bool(np.all(self.certified))


def rule(
    penalty: ElasticNet, alphas: Vector, coefs: Matrix, pulls: Matrix, mean_square: Vector, bias: Vector, by: Yardstick
) -> Rulings:
    """Measure penalised least-squares solutions `coefs` (A, p) by what moments know of their residuals.

    `pulls` (A, p) are Z'S residual / W, `mean_square` (A,) the means of their squares, `bias` (A,) their means where
    there is an intercept that should have made them 0. Every alpha is above 0. The same figures as `certify`, whose
    dual point is written out: the rows' part of the gap is half the mean square of what shrinking takes off the
    residual. What is left of it in the span of unpenalised columns is not taken out but charged to the gap.
    """
    # A feature that is zero and within its bounds all along adds nothing to any of the figures.
    said = np.any((coefs != 0) | (np.abs(pulls) > np.outer(alphas, penalty.l1)), axis=0)
    coefs, pulls = coefs[:, said], pulls[:, said]
    shape = penalty.only(said)
    strengths = Strengths(np.outer(alphas, shape.l1), np.outer(alphas, shape.l2), shape.low, shape.high)
    distance = np.max(strengths.distance(coefs, pulls), axis=-1, initial=0.0)
    violation = np.maximum(distance, np.abs(bias)) / by.pull
    shrink = shrink_of(strengths, pulls, by.noise)
    rows = 0.5 * ((1 - shrink) ** 2 * np.maximum(mean_square - bias**2, 0.0) + bias**2)
    gap = (rows + features_part(strengths, coefs, pulls * shrink[:, None], by.noise, charge=True)) / by.objective
    holds = zeros_hold(strengths, coefs, pulls, by.noise)
    return Rulings(gap, violation, (gap <= GAP_BOUND) & (violation <= VIOLATION_BOUND) & holds)


def certify_path(problem: Problem, alphas: Vector, coefs: Matrix) -> tuple[Rulings, Vector, Vector]:
    """Measure the solutions `coefs` (A, p) at `alphas` (A,), with their best intercepts, in one pass over the rows.

    Returns the rulings, the intercepts (A,) and the mean squared residuals (A,). Squared error only.
    """
    intercepts = np.zeros(len(alphas))
    if problem.intercept:
        centres = np.average(problem.Z, axis=0, weights=problem.weights)
        intercepts = problem.null_intercept - coefs @ centres
    pulls, squares, biases = np.zeros_like(coefs), np.zeros(len(alphas)), np.zeros(len(alphas))
    size = max(256, CHUNK // max(1, len(alphas)))
    for first in range(0, len(problem.y), size):
        rows = slice(first, first + size)
        residual = problem.y[rows, None] - intercepts - problem.Z[rows] @ coefs.T
        weighted = residual if problem.weights is None else residual * problem.weights[rows, None]
        pulls += weighted.T @ problem.Z[rows]
        squares += np.einsum("ij,ij->j", weighted, residual)
        biases += weighted.sum(axis=0)
    squares /= problem.total
    bias = biases / problem.total if problem.intercept else np.zeros(len(alphas))
    by = Yardstick.of(problem.null_pull, problem.null_objective)
    found = rule(problem.penalty, alphas, coefs, pulls / problem.total, squares, bias, by)
    for i in np.flatnonzero(alphas == 0).tolist():
        one = certify(replace(problem, alpha=float(alphas[i])), float(intercepts[i]), coefs[i])
        found.gap[i], found.violation[i], found.certified[i] = one.gap, one.violation, one.certified
    return found, intercepts, squares


def features_part(strengths: Strengths, coef: Vector, pull: Vector, noise: float, charge: bool = False) -> Any:
    """The features' part of the gap; `pull` (..., p) is that of the dual point.

    `charge` where its part in the span of the free columns was not taken out of it.
    """
    suited = np.clip(strengths.nearest(coef, pull), pull - noise, pull + noise)
    charged = np.where(strengths.free & (not charge), 0.0, np.abs(coef * (pull - suited)))
    return np.sum(strengths.fenchel_young(coef, suited) + charged, axis=-1)


def shrink_of(strengths: Strengths, pull: Vector, noise: float) -> Any:
    """What brings `pull` (..., p) within the bounds of the penalty where it has no quadratic part, up to `noise`."""
    bound = (strengths.l2 == 0) & (strengths.l1 > 0)
    low, high = strengths.bounds
    endless = np.maximum(np.where(high == np.inf, pull, 0.0), np.where(low == -np.inf, -pull, 0.0))
    excess = np.where(bound, endless - noise, 0.0) / np.where(bound, strengths.l1, 1.0)
    return 1.0 / np.maximum(1.0, np.max(excess, axis=-1, initial=0.0))


def zeros_hold(strengths: Strengths, coef: Vector, pull: Vector, noise: float) -> Any:
    """Whether every zero of an L1 penalty is one on its own terms, however small alpha is; rounding is let pass."""
    zero = (coef == 0) & (strengths.l1 > 0)
    return np.all(~zero | (strengths.lift(pull) <= strengths.l1 * (1 + ZERO_SLACK) + noise), axis=-1)


def _rounding(problem: Problem, coef: Vector) -> float:
    """The violation that least squares may have: 1e-12, or what rounding `coef` to double precision makes of it.

    Nearly dependent columns (NIST's Filip) have coefficients so large that their last bits move the gradient by more.
    """
    size = np.sqrt([problem.mean_of(column**2) for column in problem.Z.T])
    reach = float(np.tile(size, problem.outputs) @ np.abs(coef))
    moved = EPS * reach * float(np.max(size, initial=0.0)) / pull_scale(problem)
    return min(max(VIOLATION_BOUND_UNPENALISED, moved), VIOLATION_BOUND)


def pull_scale(problem: Problem) -> float:
    """The size that violations are measured by: the null model's largest gradient, or y's deviation where that is 0."""
    return Yardstick.of(problem.null_pull, problem.null_objective).pull


def _violation(problem: Problem, coef: Vector, residual: Vector, pull: Vector) -> float:
    distances = problem.strengths.distance(coef, pull)
    worst = float(np.max(distances, initial=0.0))
    if problem.intercept:
        worst = max(worst, float(np.max(np.abs(mean(residual, problem.weights)))))
    return worst / pull_scale(problem)


def _left(problem: Problem, intercept: Any, coef: Vector, theta: NDArray[np.float64], pull: Vector) -> float:
    """What is left of the gradient where nothing is penalised, times how far from 0 the coefficient is."""
    level = np.sum(np.abs(intercept * mean(theta, problem.weights))) if problem.intercept else 0.0
    return float(level + np.sum(np.abs(coef * pull)[problem.strengths.free]))


def _dual_point(problem: Problem, residual: Vector, noise: float) -> tuple[Vector, Vector, float]:
    """A point theta (n,) near the residual, its pull Z'S theta / W (p,), feasible up to `noise`, and by what it was
    shrunk to be so.

    Shrunk, a residual stays within what the family's conjugate allows: between y and the response there is no gap.
    """
    strengths, theta = problem.strengths, residual
    if problem.family.is_quadratic:
        if problem.intercept:
            theta = theta - mean(theta, problem.weights)
        free = np.flatnonzero(strengths.free)
        if free.size:
            theta = theta - problem.Z[:, free] @ _span_part(problem, free, theta)
    pull = problem.pull(theta)
    shrink = float(shrink_of(strengths, pull, noise))
    return theta * shrink, pull * shrink, shrink


def _span_part(problem: Problem, columns: NDArray[np.intp], theta: Vector) -> Vector:
    """Least-squares coefficients of `theta` (n,) on `columns`: from their Gram matrix, or by rows where it is vague."""
    if surely_independent(problem, columns):
        return np.asarray(np.linalg.solve(gram(problem, columns), problem.pull(theta)[columns]))
    rows = problem.rooted(problem.Z[:, columns])
    return np.asarray(np.linalg.lstsq(rows, problem.rooted(theta), rcond=None)[0])


def _mass(problem: Problem) -> Vector:
    """The weights over their sum, (n,)."""
    return np.full(len(problem.y), 1 / problem.total) if problem.weights is None else problem.weights / problem.total


def _suited(problem: Problem, eta: Vector, intercept: Any, coef: Vector, dual: Vector) -> Vector:
    """The slopes of the pinball loss at `eta` (n,) that are nearest to `dual`."""
    level = problem.family.parameter("level")
    noise = residual_noise(problem.Z, problem.y, problem.offset, float(intercept), coef, dual, level)
    return suited(problem.y, eta, dual, level, noise)


def tied_columns(
    problem: Problem, coef: Vector, pull: Vector, noise: float, bending: NDArray[np.bool_] | None = None
) -> tuple[int, ...]:
    """The columns among which an L1 solution, or an unpenalised one, is not unique.

    They are those that the null vectors touch of the columns at the bound, |u_j| >= l1_j (1 - 1e-9), where
    those that are not zero belong though a solution is a little off: a share can be
    moved along a null vector without changing the fit. A quadratic part makes the solution unique. What is pulled
    hard against a bound stays there in every solution. Rows whose loss is straight, that are not `bending` (n,), hold
    nothing in place.
    """
    strengths, p = problem.strengths, problem.Z.shape[1]
    at_bound = (strengths.lift(pull) >= strengths.l1 * (1 - 1e-9) - noise) | (coef != 0)
    if strengths.bounded:
        at_bound &= ~(strengths.held(coef) & (np.abs(pull) > strengths.l1 * (1 + 1e-9) + noise))
    # Of several classes, whose coefficients are unique up to a constant for all of them, the columns of any count.
    edge = np.unique(np.flatnonzero((strengths.l2 == 0) & at_bound) % p)
    if bending is not None:
        level = np.ones((int(bending.sum()), int(problem.intercept)))
        return _touched(np.hstack([problem.Z[np.ix_(bending, edge)], level]), edge)
    if edge.size < 2 or surely_independent(problem, edge):
        return ()
    return _touched(problem.rooted(problem.Z[:, edge]), edge)


def _touched(rows: Matrix, edge: NDArray[np.intp]) -> tuple[int, ...]:
    """Those of the columns `edge` (k,), the first of `rows` (m, k or more), that null vectors touch."""
    if not edge.size:
        return ()
    if not len(rows):
        return tuple(int(j) for j in edge)
    factor = np.linalg.qr(rows, mode="r") if rows.shape[0] > edge.size else rows
    _, sizes, vectors = np.linalg.svd(factor, full_matrices=False)
    rank = int(np.sum(sizes > sizes[0] * max(rows.shape) * EPS))
    # What a column has outside the row space it has in the null space.
    touched = (1 - np.sum(vectors[:rank] ** 2, axis=0) > 1e-12)[: edge.size]
    return tuple(int(j) for j in edge[touched])


def at_bound(problem: Problem, solution: Solution) -> NDArray[np.bool_]:
    """Which coefficients (p,) a bound keeps where they are: those at one that is not 0, and zeros that the penalty
    alone would not keep; of several classes, any."""
    strengths = problem.strengths
    residual = solution.dual
    if residual is None:
        residual = problem.residual(problem.eta(solution.intercept, solution.coef))
    pull, noise = problem.pull(residual), 64 * EPS * pull_scale(problem)
    beyond = (solution.coef == 0) & (np.abs(pull) > strengths.l1 * (1 + ZERO_SLACK) + noise)
    return np.asarray((strengths.held(solution.coef) | beyond).reshape(problem.outputs, -1).any(axis=0))


def surely_independent(problem: Problem, columns: NDArray[np.intp]) -> bool:
    """Whether the Gram matrix alone, cheap but half as precise, already shows full rank."""
    return columns.size <= len(problem.y) and surely_definite(gram(problem, columns))


def surely_definite(matrix: Matrix) -> bool:
    """Whether a Gram matrix (k, k) has full rank by a wide margin.

    Scaled to a diagonal of ones its largest eigenvalue is at most k, and its least one at least 1 over the trace of the
    inverse.
    """
    size = np.sqrt(np.diag(matrix))
    if not np.all(size > 0):
        return False
    try:
        root = np.linalg.inv(np.linalg.cholesky(matrix / np.outer(size, size)))
    except np.linalg.LinAlgError:
        return False
    return bool(np.sum(root**2) * len(size) < 1e10)
