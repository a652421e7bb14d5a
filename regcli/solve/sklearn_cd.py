"""scikit-learn as a second opinion and a fallback: its coordinate descent at a tolerance near rounding.

It is imported only when it is asked to solve something.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import Problem

Vector = NDArray[np.float64]

TOLERANCE = 1e-14
SWEEPS = 100_000


def declines(problem: Problem) -> str | None:
    """Why scikit-learn cannot solve `problem`, or None: it has one strength for all columns, and one bound, 0."""
    if problem.family.name != "gaussian":
        return f"scikit-learn's coordinate descent does not know the family {problem.family.name}"
    if _column_scale(problem) is None:
        return "scikit-learn has no penalty factors"
    low, high = problem.penalty.bounds
    if problem.penalty.bounded and not (np.all(low == 0) and np.all(high == np.inf)):
        return "scikit-learn has no bounds but that of 0 from below for all"
    return None


def solve(problem: Problem) -> tuple[Vector, int]:
    """Coefficients (p,) and the number of sweeps; columns are rescaled so that one strength serves all of them."""
    from sklearn.linear_model import ElasticNet, LinearRegression, Ridge

    scale = _column_scale(problem)
    assert scale is not None
    columns, l1, l2 = problem.Z * scale, *_strengths(problem, scale)
    y, positive = problem.y - problem.null_intercept, problem.penalty.bounded
    model: ElasticNet | LinearRegression | Ridge
    if l1 + l2 == 0:
        model = LinearRegression(fit_intercept=False, positive=positive)
    elif l1 == 0:
        model = Ridge(alpha=l2 * problem.total, fit_intercept=False, positive=positive, tol=TOLERANCE)
    else:
        ratio = l1 / (l1 + l2)
        model = ElasticNet(
            l1 + l2, l1_ratio=ratio, fit_intercept=False, tol=TOLERANCE, max_iter=SWEEPS, positive=positive
        )
    with warnings.catch_warnings():
        # Convergence is judged by our own certificate.
        warnings.simplefilter("ignore")
        model.fit(columns, y, sample_weight=problem.weights)
    sweeps = int(np.max(getattr(model, "n_iter_", None) or 1))
    return np.asarray(model.coef_, dtype=np.float64) * scale, sweeps


def _column_scale(problem: Problem) -> Vector | None:
    """The factor w (p,) of each column that makes l1_j w_j and l2_j w_j^2 the same for all j, or None."""
    l1, l2 = problem.strengths.l1, problem.strengths.l2
    if np.all(problem.strengths.unpenalised):
        return np.ones(len(l1))
    if np.any(l1 > 0):
        if np.any(l1 == 0):
            return None
        scale = l1[0] / l1
    else:
        if np.any(l2 == 0):
            return None
        scale = np.sqrt(l2[0] / l2)
    even = l2 * scale**2
    return np.asarray(scale) if np.allclose(even, even[0], rtol=1e-12, atol=0) else None


def _strengths(problem: Problem, scale: Vector) -> tuple[float, float]:
    return float(problem.strengths.l1[0] * scale[0]), float(problem.strengths.l2[0] * scale[0] ** 2)
