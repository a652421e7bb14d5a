"""Problems that one factorisation solves: least squares without a penalty, and ridge.

Least squares goes by an orthogonal factorisation of the rows, never by the normal equations, which square the
condition number. Ridge takes one eigendecomposition of the smaller of Z'Z and ZZ', which then serves every alpha.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import EPS, Problem, gram
from regcli.problem.penalties import Strengths
from regcli.solve.quadratic import Quadratic

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

VAGUE = 1e8
"""A Gram matrix of a larger condition number leaves fewer than half of the digits: the rows are factored instead."""


@dataclass(frozen=True)
class LeastSquares:
    """Coefficients (p,), the rank, the condition number of the columns, and the factor R (p, p) where rank = p <= n."""

    coef: Vector
    rank: int
    condition: float
    factor: Matrix | None


def least_squares(Z: Matrix, y: Vector, weights: Vector | None = None) -> LeastSquares:
    """Minimise |y - Z b|^2; of several minimisers the one of least norm.

    Householder QR of the rows times the root of their weights, and one step of refinement from the residual.
    """
    root = None if weights is None else np.sqrt(weights)
    rows, target = (Z, y) if root is None else (root[:, None] * Z, root * y)
    n, p = rows.shape
    if n < p:
        return _least_norm(rows, target, max(n, p))
    basis, factor = np.linalg.qr(rows)
    sizes = np.linalg.svd(factor, compute_uv=False)
    rank = int(np.sum(sizes > sizes[0] * max(n, p) * EPS))
    if rank < p:
        found = _least_norm(factor, basis.T @ target, max(n, p))
        return LeastSquares(found.coef, rank, found.condition, None)
    coef = np.linalg.solve(factor, basis.T @ target)
    coef += np.linalg.solve(factor, basis.T @ (target - rows @ coef))
    return LeastSquares(coef, rank, float(sizes[0] / sizes[-1]), factor)


def _least_norm(rows: Matrix, target: Vector, size: int) -> LeastSquares:
    left, sizes, right = np.linalg.svd(rows, full_matrices=False)
    rank = int(np.sum(sizes > sizes[0] * size * EPS))
    left, right = left[:, :rank], right[:rank]

    def solve(what: Vector) -> Vector:
        return np.asarray(right.T @ ((left.T @ what) / sizes[:rank]))

    coef = solve(target)
    coef += solve(target - rows @ coef)
    return LeastSquares(coef, rank, float(sizes[0] / sizes[rank - 1]) if rank else float("inf"), None)


@dataclass(frozen=True)
class RidgeFactor:
    """The spectrum of a problem's columns, scaled so that each has the same share of the penalty.

    `share` (p,) is the square root of the penalty's shape; `basis` holds the eigenvectors as columns, of Z'SZ/W
    (p, p) when `by_rows` is false, of the rows' ZZ'/W (n, n) when it is true.
    """

    problem: Problem
    share: Vector
    values: Vector
    basis: Matrix
    by_rows: bool

    @classmethod
    def of(cls, problem: Problem) -> RidgeFactor:
        """Factor once; `coef` then serves every alpha."""
        share = np.sqrt(problem.penalty.l2)
        n, p = problem.Z.shape
        if p < n:
            values, basis = np.linalg.eigh(gram(problem) / np.outer(share, share))
            return cls(problem, share, np.maximum(values, 0.0), basis, False)
        rows = problem.rooted(problem.Z) / share
        values, basis = np.linalg.eigh(rows @ rows.T / problem.total)
        return cls(problem, share, np.maximum(values, 0.0), basis, True)

    def coef(self, alpha: float) -> Vector:
        """The ridge solution (p,) at `alpha`, with two steps of refinement from the rows."""
        problem, l2 = self.problem, alpha * self.problem.penalty.l2
        if not self.by_rows and self.values[-1] > VAGUE * (self.values[0] + alpha):
            return self._stacked(alpha)
        centre = problem.null_intercept
        coef = np.zeros(len(self.share))
        for _ in range(3):
            residual = problem.y - centre - problem.Z @ coef
            coef = coef + self._solve(problem.pull(residual) - l2 * coef, alpha)
        return coef

    def _stacked(self, alpha: float) -> Vector:
        """The same as least squares on the rows with the penalty's below them, which squares no condition number."""
        problem = self.problem
        rows = np.vstack([problem.rooted(problem.Z), np.sqrt(problem.total * alpha) * np.diag(self.share)])
        target = problem.rooted(problem.y - problem.null_intercept)
        size = np.sqrt(np.sum(rows**2, axis=0))
        found = least_squares(rows / size, np.append(target, np.zeros(len(size))))
        return np.asarray(found.coef / size)

    def _solve(self, pull: Vector, alpha: float) -> Vector:
        """(Z'SZ/W + alpha diag(l2))^-1 pull."""
        scaled = pull / self.share
        if not self.by_rows:
            return np.asarray(self.basis @ ((self.basis.T @ scaled) / (self.values + alpha))) / self.share
        rows = self.problem.rooted(self.problem.Z) / self.share
        inner = self.basis @ ((self.basis.T @ (rows @ scaled)) / (self.values + alpha))
        return np.asarray(scaled - rows.T @ inner / self.problem.total) / (alpha * self.share)


def ridge_along(quadratic: Quadratic, l2: Vector, alphas: Sequence[float]) -> Matrix:
    """The ridge solutions (A, p) of a quadratic at penalties alpha / 2 sum_j l2_j b_j^2: one eigendecomposition, and
    two steps of refinement; by themselves those for which its spectrum is too wide."""
    share = np.sqrt(l2)
    scaled = quadratic.matrix / np.outer(share, share)
    values, basis = np.linalg.eigh(scaled)
    damped = np.maximum(values, 0.0)[:, None] + np.asarray(alphas)
    linear = quadratic.linear / share
    coefs = np.zeros((len(alphas), len(l2)))
    for _ in range(3):
        left = linear - coefs @ scaled - np.asarray(alphas)[:, None] * coefs
        coefs += (basis @ ((basis.T @ left.T) / damped)).T
    for i, alpha in enumerate(alphas):
        if values[-1] > VAGUE * (max(float(values[0]), 0.0) + alpha):
            coefs[i] = _solved(scaled + alpha * np.eye(len(l2)), linear)
    return np.asarray(coefs / share)


def _solved(matrix: Matrix, right: Vector) -> Vector:
    """The solution of a positive definite system, scaled to a diagonal of ones, refined twice."""
    size = 1 / np.sqrt(np.diagonal(matrix))
    inside = matrix * (size[:, None] * size)
    values = np.zeros_like(right)
    for _ in range(3):
        values += np.linalg.solve(inside, right * size - inside @ values)
    return np.asarray(values * size)


def is_ridge(strengths: Strengths) -> bool:
    """Whether the penalty is a quadratic on every feature and nothing else."""
    return bool(np.all(strengths.l1 == 0) and np.all(strengths.l2 > 0)) and not strengths.bounded
