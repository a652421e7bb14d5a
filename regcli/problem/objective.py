"""The problem and a solution.

minimise over b0, b:   (1/W) sum_i s_i loss(y_i, b0 + z_i.b)  +  alpha * penalty(b)
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
