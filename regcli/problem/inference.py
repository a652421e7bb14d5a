"""Standard errors of models without a penalty, as any textbook has them; penalised coefficients have none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import EPS, Problem

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

LEVEL = 0.95


@dataclass(frozen=True)
class Estimates:
    """Standard error, t, two-sided p and confidence bounds of estimates, each (p,)."""

    std_error: Vector
    t: Vector
    p: Vector
    low: Vector
    high: Vector


@dataclass(frozen=True)
class Information:
    """The information of a family of one output: R (p, p) with R'R = Z'WZ about the means `centre` (p,) of Z
    under the weights W, their sum `total`, and rank and condition number of those columns; R None where rank < p."""

    factor: Matrix | None
    centre: Vector
    total: float
    rank: int
    condition: float


def information(problem: Problem, eta: Vector) -> Information:
    """That at linear predictors `eta` (n,): each row's weight is its own times its curvature, of families with a
    dispersion what that is to be expected to be, as R's glm has it."""
    family = problem.family
    if problem.bound is not None:
        return _of_bound(problem.bound.bend(problem.Z, eta))
    curvature = family.curvature(problem.y, eta)[0, 0]
    if family.variance is not None:
        expected = family.response(eta)
        curvature = expected**2 / family.variance(expected)
    weights = np.ones(len(eta)) if problem.weights is None else problem.weights
    weights = weights if curvature is None else weights * curvature
    p = problem.Z.shape[1]
    centre = np.average(problem.Z, axis=0, weights=weights) if problem.intercept else np.zeros(p)
    rows = np.sqrt(weights)[:, None] * (problem.Z - centre)
    factor = np.asarray(np.linalg.qr(rows, mode="r"))
    sizes = np.linalg.svd(factor, compute_uv=False)
    rank = int(np.sum(sizes > sizes[0] * max(rows.shape) * EPS))
    condition = float(sizes[0] / sizes[rank - 1]) if rank else float("inf")
    return Information(factor if rank == p else None, centre, float(weights.sum()), rank, condition)


def _of_bound(matrix: Matrix) -> Information:
    """The same from the matrix (p, p) itself, of a family whose rows have no weights of their own."""
    values, basis = np.linalg.eigh(matrix)
    kept = values > values[-1] * len(values) * EPS
    rank, p = int(kept.sum()), len(values)
    condition = float(np.sqrt(values[-1] / values[kept][0])) if rank else float("inf")
    factor = np.asarray(np.linalg.qr(np.sqrt(values)[:, None] * basis.T, mode="r")) if rank == p else None
    return Information(factor, np.zeros(p), 0.0, rank, condition)


def normal_estimates(estimate: Vector, std_error: Vector, level: float = LEVEL) -> Estimates:
    """The same of likelihoods, for which the ratio is normal in large samples (Wald)."""
    from scipy.special import ndtr, ndtri

    with np.errstate(divide="ignore", invalid="ignore"):
        z = estimate / std_error
    reach = float(ndtri(0.5 + level / 2)) * std_error
    return Estimates(std_error, z, 2 * ndtr(-np.abs(z)), estimate - reach, estimate + reach)


def estimates(estimate: Vector, std_error: Vector, df: int, level: float = LEVEL) -> Estimates:
    """Student's t with `df` degrees of freedom; where the error is 0 the t is infinite, or nan for an estimate of 0."""
    from scipy.special import stdtr, stdtrit

    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / std_error
    reach = stdtrit(df, 0.5 + level / 2) * std_error
    return Estimates(std_error, t, 2 * stdtr(df, -np.abs(t)), estimate - reach, estimate + reach)


def standard_errors(factor: Matrix, scale: Vector, mean: Vector | None, n: float, sigma: float) -> tuple[Vector, float]:
    """Standard errors of the coefficients (p,) and of the intercept, in the units of the file.

    `factor` is R (p, p) with R'R = Z'Z of the scaled columns; `scale` and `mean` (p,) are theirs, `mean` None without
    an intercept (whose error is then 0); `sigma` is the residual deviation.
    """
    inverse = np.linalg.solve(factor, np.eye(len(scale)))
    errors = sigma * np.sqrt(np.sum(inverse**2, axis=1)) / scale
    if mean is None:
        return errors, 0.0
    leverage = inverse.T @ (mean / scale)
    return errors, sigma * float(np.sqrt(1 / n + leverage @ leverage))
