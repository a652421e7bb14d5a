"""The problem and a solution.

minimise over b0, b:   (1/W) sum_i s_i loss(y_i, offset_i + b0 + z_i.b)  +  alpha * penalty(b)

Families of several outputs, K classes, have an intercept for each, (K,), and coefficients (K p,), those of the first
class first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.errors import Notice
from regcli.problem.families import GAUSSIAN, Bound, Family, best_level, mean
from regcli.problem.penalties import ElasticNet, Strengths

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
CORNER = 1e-9
"""A slope this near to an end of those at a corner is that end."""


@dataclass(frozen=True)
class Problem:
    """A penalised regression on scaled columns.

    Z (n, p) has columns of deviation 1, centred where there is an intercept; y (n,), of K classes (n, K); weights (n,)
    or None for ones; `offset` like y or None for zeros (squared error has it taken off y instead); `twins` (p,) or None
    holds for each column the index of the first column that is equal to it. Of survival times y is (n, 4).
    """

    Z: Matrix
    y: Vector
    penalty: ElasticNet
    alpha: float
    intercept: bool = True
    weights: Vector | None = None
    family: Family = GAUSSIAN
    twins: NDArray[np.intp] | None = None
    offset: NDArray[np.float64] | None = None

    @property
    def outputs(self) -> int:
        """How many linear predictors there are, K."""
        return int(self.y.shape[1]) if self.family.name == "multinomial" else 1

    @cached_property
    def bound(self) -> Bound | None:
        """The loss on these rows, of a family whose rows have none of their own."""
        return None if self.family.bind is None else self.family.bind(self.y, self.weights)

    @cached_property
    def strengths(self) -> Strengths:
        """The penalty with alpha put in."""
        return self.penalty.at(self.alpha)

    @cached_property
    def total(self) -> float:
        """The sum of the weights."""
        return float(len(self.y) if self.weights is None else self.weights.sum())

    @cached_property
    def null_intercept(self) -> Any:
        """The intercept of the model without features: a float, or (K,)."""
        return best_intercept(self, None)

    @cached_property
    def null_eta(self) -> NDArray[np.float64]:
        """The linear predictor of the model without features, (n,) or (n, K)."""
        level = np.zeros(len(self.y) if self.outputs == 1 else self.y.shape) + self.null_intercept
        return np.asarray(level + (0.0 if self.offset is None else self.offset))

    @cached_property
    def null_pull(self) -> Vector:
        """Minus the gradient of the loss at the null model, (p,) or (K p,)."""
        return self.pull(self.residual(self.null_eta))

    @cached_property
    def null_objective(self) -> float:
        """The objective of the null model."""
        return self.mean_of(self.losses(self.null_eta))

    @property
    def deviation(self) -> float:
        """s_y: the deviation of a target of squared error about the null model, of huber what its loss makes of that;
        1 for families whose loss has no unit."""
        return float(np.sqrt(2 * self.null_objective)) if self.family.has_unit else 1.0

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

    def losses(self, eta: NDArray[np.float64]) -> Vector:
        """The loss of each row (n,) at linear predictors (n,) or (n, K), offset included."""
        return self.family.loss(self.y, eta) if self.bound is None else self.bound.losses(eta)

    def residual(self, eta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Minus the derivative of each row's loss, of a family of coupled rows of that of all, (n,) or (n, K)."""
        return self.family.pull(self.y, eta) if self.bound is None else self.bound.residual(eta)

    def bending(self, eta: NDArray[np.float64], dual: Vector | None) -> NDArray[np.bool_] | None:
        """The rows (n,) whose loss is not straight on either side of `eta`, or that stand at a corner; None for all.

        Where a set of minima ends, a row is on the edge of its straight piece: along the set it holds nothing.
        """
        if self.family.pieces is not None:
            low, high = self.family.pieces(self.y)
            near = 64 * EPS * (np.abs(self.y) + np.abs(eta))
            return np.asarray((eta > low + near) & (eta < high - near))
        if dual is None:
            return None
        level = self.family.parameter("level")
        return np.asarray((dual > level - 1 + CORNER) & (dual < level - CORNER))

    def eta(self, intercept: Any, coef: Vector) -> NDArray[np.float64]:
        """The linear predictor (n,) or (n, K), offset included."""
        found = self.Z @ (coef if self.outputs == 1 else coef.reshape(self.outputs, -1).T)
        found += intercept
        return np.asarray(found if self.offset is None else found + self.offset)

    def pull(self, residual: NDArray[np.float64]) -> Vector:
        """(1/W) Z' S residual, (p,) or (K p,)."""
        if residual.ndim == 2:
            weighted = residual if self.weights is None else self.weights[:, None] * residual
            return np.asarray((weighted.T @ self.Z).ravel()) / self.total
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
    """A measured solution: `coef` (p,) and `intercept` are in the scaled columns' units; of K classes (K p,) and (K,).

    Least squares adds the condition number and the rank of the columns and, where the rank is full, the factor R
    (p, p) with R'R = Z'SZ. Of a loss with corners `dual` (n,) are the slopes there.
    """

    coef: Vector
    intercept: Any
    objective: float
    certificate: Certificate
    solver: str
    iterations: int
    condition: float | None = None
    rank: int | None = None
    factor: Matrix | None = None
    dual: Vector | None = None
    notices: tuple[Notice, ...] = field(default=())


def best_intercept(problem: Problem, coef: Vector | None) -> Any:
    """The intercept, a float or (K,), that goes with `coef`, or with no features where that is None."""
    if not problem.intercept:
        return 0.0 if problem.outputs == 1 else np.zeros(problem.outputs)
    family, y = problem.family, problem.y
    if family.is_quadratic:
        return mean(y if coef is None else y - problem.Z @ coef, problem.weights)
    if family.level is not None:
        beside = problem.eta(0.0, coef) if coef is not None else 0.0 if problem.offset is None else problem.offset
        return family.level(y - beside, problem.weights)
    first = family.null_eta(mean(y, problem.weights))
    if coef is None and problem.offset is None and family.settled:
        return first
    fixed = problem.eta(0.0, coef) if coef is not None else problem.offset
    fixed = np.zeros_like(y) if fixed is None else fixed
    return _level(problem, fixed, first) if family.pieces is None else best_level(family, y, fixed, problem.weights)


def _level(problem: Problem, fixed: NDArray[np.float64], first: Any) -> Any:
    """The best constant beside `fixed` (n,) or (n, K), by Newton's method with halved steps, from a first guess.

    A centred guess and centred steps leave the constants of K classes centred.
    """
    family, y = problem.family, problem.y
    level, loss = first, problem.mean_of(family.loss(y, fixed + first))
    for _ in range(100):
        slope = mean(family.pull(y, fixed + level), problem.weights)
        bend = level_curvature(problem, family.curvature(y, fixed + level))
        step = slope / bend if problem.outputs == 1 else level_inverse(bend) @ slope
        share = 1.0
        while share > 1e-10:
            tried = level + share * step
            value = problem.mean_of(family.loss(y, fixed + tried))
            if value <= loss + 4 * EPS * abs(loss):
                break
            share /= 2
        if share <= 1e-10 or np.max(np.abs(tried - level)) <= 4 * EPS * np.max(np.abs(tried)):
            break
        level, loss = tried, value
    return level


def level_curvature(problem: Problem, curvature: dict[tuple[int, int], Vector | None]) -> Any:
    """The second derivative of the mean loss in the intercept: a float, or (K, K)."""
    if problem.outputs == 1:
        only = curvature[0, 0]
        return 1.0 if only is None else problem.mean_of(only)
    bend = np.zeros((problem.outputs, problem.outputs))
    for (k, m), values in curvature.items():
        assert values is not None
        bend[k, m] = bend[m, k] = problem.mean_of(values)
    return bend


def level_inverse(bend: Any) -> Matrix:
    """The inverse of `level_curvature` as a matrix; of K classes on what sums to 0: a shift of all changes nothing.

    0 where no curvature is left.
    """
    level = np.atleast_2d(bend)
    count = len(level)
    centre = np.eye(count) - 1 / count if count > 1 else np.eye(1)
    shifted = level + np.trace(level) / count**2 if count > 1 else level
    return np.asarray(centre @ np.linalg.pinv(shifted, hermitian=True) @ centre)


def objective(problem: Problem, intercept: Any, coef: Vector) -> float:
    """The value that is minimised."""
    eta = problem.eta(intercept, coef)
    return problem.mean_of(problem.losses(eta)) + problem.strengths.value(coef)


def alpha_max(problem: Problem, l1: Vector | None = None, pull: Vector | None = None) -> float:
    """The least alpha at which every coefficient with an L1 part is zero: max_j |pull_j| / l1_j.

    `l1` (p,) stands in for the shape of the problem's own L1 part, which may be zero (ridge). `pull` (p,) is that of
    the null model, or where columns are not penalised that of the fit with these. What a bound forbids does not count.
    """
    l1 = problem.penalty.l1 if l1 is None else l1
    pull = problem.null_pull if pull is None else pull
    return float(np.max(problem.penalty.lift(pull)[l1 > 0] / l1[l1 > 0], initial=0.0))


def gram(problem: Problem, columns: NDArray[np.intp] | None = None) -> Matrix:
    """(1/W) Z' S Z of all or of some columns."""
    if columns is None:
        return problem.full_gram
    n, p = problem.Z.shape
    if p <= n:
        return np.asarray(problem.full_gram[np.ix_(columns, columns)])
    return gram_of(problem, problem.Z[:, columns])


def curved_gram(problem: Problem, eta: NDArray[np.float64], places: NDArray[np.intp]) -> Matrix:
    """The Hessian of the mean loss (m, m) in some coefficients where the linear predictors are `eta`, with the
    intercepts minimised out."""
    p, outputs = problem.Z.shape[1], problem.outputs
    if problem.bound is not None:
        return problem.bound.bend(problem.Z[:, places], eta) / problem.total
    weights = np.ones(len(problem.y)) if problem.weights is None else problem.weights
    found, across = np.zeros((len(places), len(places))), np.zeros((len(places), outputs))
    curvature = problem.family.curvature(problem.y, eta)
    for k in range(outputs):
        mine = np.flatnonzero(places // p == k)
        for m in range(outputs):
            theirs = np.flatnonzero(places // p == m)
            bend = curvature[min(k, m), max(k, m)]
            weighted = problem.Z[:, places[mine] % p].T * (weights if bend is None else weights * bend)
            found[np.ix_(mine, theirs)] = weighted @ problem.Z[:, places[theirs] % p] / problem.total
            across[mine, m] = weighted.sum(axis=1) / problem.total
    if problem.intercept:
        found -= across @ level_inverse(level_curvature(problem, curvature)) @ across.T
    return found


def gram_of(problem: Problem, Z: Matrix) -> Matrix:
    """(1/W) Z' S Z of any columns Z (n, k) on the problem's rows."""
    rows = problem.rooted(Z)
    return np.asarray(rows.T @ rows) / problem.total
