"""Information criteria, with the degrees of freedom that a penalised fit really has."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from regcli.problem.certificate import surely_definite
from regcli.problem.objective import Problem, curved_gram, gram
from regcli.solve.span import Span
from regcli.specs import FamilyName

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]


def degrees_of_freedom(problem: Problem, alphas: Vector, coefs: Matrix, matrix: Matrix | None = None) -> Vector:
    """For each alpha tr G_AA (G_AA + diag l2_A)^-1 over the non-zero coefficients A, (A,); the intercept not counted.

    Without a quadratic part that is the rank of the columns in A (Tibshirani, Taylor 2012, Degrees of freedom in lasso
    problems, theorem 2). Columns that nothing penalises belong to A; a coefficient at a bound does not.
    `coefs` is (A, p); `matrix` is G (p, p) where it is at hand.
    """
    penalty = problem.penalty
    is_ridge = not np.any(penalty.l1) and bool(np.all(penalty.l2 > 0)) and not penalty.bounded
    plain = np.asarray([alpha == 0 or not np.any(penalty.l2) for alpha in alphas])
    df = np.zeros(len(alphas))
    inside = (coefs != 0) & ~penalty.held(coefs) | penalty.at(1.0).free
    df[plain] = _ranks(problem, [np.flatnonzero(active) for active in inside[plain]], matrix)
    if np.all(plain):
        return df
    if is_ridge:
        values = _spectrum(problem, np.arange(coefs.shape[1]), penalty.l2, matrix)
        df[~plain] = [float(np.sum(values / (values + alpha))) for alpha in alphas[~plain]]
        return df
    for i in np.flatnonzero(~plain):
        active = np.flatnonzero(inside[i])
        if active.size:
            df[i] = _trace(problem, active, alphas[i] * penalty.l2[active], matrix)
    return df


def likelihood_degrees(problem: Problem, alphas: Vector, intercepts: NDArray[np.float64], coefs: Matrix) -> Vector:
    """The same of likelihoods: tr H_AA (H_AA + diag l2_A)^-1 with the Hessian H of the loss at each solution, (A,).

    Without a quadratic part the number of coefficients that are not zero, which is the rank unless columns depend on
    each other. `intercepts` (A,) or (A, K), `coefs` (A, p) or (A, K p).
    """
    counts = np.asarray(np.count_nonzero(coefs, axis=1), dtype=np.float64)
    smaller = Span.of(problem).problem if Span.fits(problem) else None
    for i in np.flatnonzero((alphas > 0) & np.any(problem.penalty.l2 > 0)):
        within, active = problem, np.flatnonzero(coefs[i])
        if smaller is not None:
            within, active = smaller, np.arange(len(smaller.penalty.l2))
        if active.size:
            hessian = curved_gram(within, problem.eta(intercepts[i], coefs[i]), active)
            counts[i] = share_of(hessian, alphas[i] * within.penalty.l2[active])
    return counts


def share_of(block: Matrix, l2: Vector) -> float:
    """tr H (H + diag l2)^-1 of a Hessian H (k, k)."""
    return float(np.trace(np.linalg.solve(block + np.diag(l2), block)))


def _block(problem: Problem, columns: Index, matrix: Matrix | None) -> Matrix:
    return gram(problem, columns) if matrix is None else np.asarray(matrix[np.ix_(columns, columns)])


def _ranks(problem: Problem, supports: Sequence[Index], matrix: Matrix | None) -> list[float]:
    """The rank of each set of columns; if their union is independent, each is, so that is tried first."""
    if not supports:
        return []
    union = np.unique(np.concatenate(supports))
    if union.size <= len(problem.y) and (not union.size or surely_definite(_block(problem, union, matrix))):
        return [float(len(support)) for support in supports]
    if len(supports) == 1:
        return [float(np.linalg.matrix_rank(problem.rooted(problem.Z[:, union])))]
    half = len(supports) // 2
    return _ranks(problem, supports[:half], matrix) + _ranks(problem, supports[half:], matrix)


def _spectrum(problem: Problem, columns: Index, l2: Vector, matrix: Matrix | None) -> Vector:
    """The eigenvalues of G with its columns scaled to an l2 of one, those of 0 left out where n < p."""
    share = np.sqrt(l2)
    if columns.size <= len(problem.y):
        return np.asarray(
            np.maximum(np.linalg.eigvalsh(_block(problem, columns, matrix) / np.outer(share, share)), 0.0)
        )
    rows = problem.rooted(problem.Z[:, columns]) / share
    return np.asarray(np.maximum(np.linalg.eigvalsh(rows @ rows.T / problem.total), 0.0))


def _trace(problem: Problem, active: Index, l2: Vector, matrix: Matrix | None) -> float:
    if active.size > len(problem.y):
        free = l2 == 0
        if not np.any(free):
            values = _spectrum(problem, active, l2, matrix)
            return float(np.sum(values / (values + 1.0)))
        # What the unpenalised columns span counts whole, of the others what they add to it.
        rows = problem.rooted(problem.Z[:, active])
        rank = int(np.linalg.matrix_rank(rows[:, free]))
        basis = np.linalg.svd(rows[:, free], full_matrices=False)[0][:, :rank]
        beside = (rows[:, ~free] - basis @ (basis.T @ rows[:, ~free])) / np.sqrt(l2[~free])
        values = np.maximum(np.linalg.eigvalsh(beside @ beside.T / problem.total), 0.0)
        return float(rank + np.sum(values / (values + 1.0)))
    return share_of(_block(problem, active, matrix), l2)


def misfit(family: FamilyName, deviance: float, n: float) -> float:
    """-2 log likelihood of a fit of this mean deviance, up to a constant of the data.

    The deviance, where the family has no scale of its own. With the scale at its maximum n log(RSS/n) of squared
    error, and so of huber with its loss in place (Machado 1993, Robust model selection and M-estimation); of gamma with
    its shape at 1 / deviance, as R has it; of tweedie the extended quasi-likelihood (Nelder, Pregibon 1987, An extended
    quasi-likelihood function); of quantile 2 n log(loss), the asymmetric Laplace density's. A squared hinge, which is
    no likelihood, counts its sum (Claeskens, Croux, Van Kerckhoven 2008, An information criterion for variable
    selection in support vector machines).
    """
    if family == "squared_hinge":
        return n * deviance / 2
    if family in ("binomial", "multinomial", "poisson", "cox"):
        return n * deviance
    if deviance <= 0:
        return -math.inf
    if family == "gamma":
        shape = 1 / deviance
        return n - 2 * n * (shape * math.log(shape) - shape - math.lgamma(shape))
    return (2 if family == "quantile" else 1) * n * math.log(deviance)


def criteria(
    deviance: float,
    n: float,
    df: float,
    p: int,
    intercept: bool,
    family: FamilyName = "gaussian",
    events: float | None = None,
) -> dict[str, float]:
    """AIC, AICc, BIC and EBIC of a fit of this mean deviance, up to a constant of the data.

    The misfit; plus 2 df; plus 2 d n / (n - d - 1) with the intercept counted in d, in AICc; plus df log n; plus
    df log n + 2 xi df log p with xi = 1 - log n / (2 log p) between 0 and 1 (Chen, Chen 2008, Extended Bayesian
    information criteria). Of survival times n is here the weight of the `events` (Volinsky, Raftery 2000, Bayesian
    information criterion for censored survival models).
    """
    fit, n = misfit(family, deviance, n), n if events is None else events
    counted = df + (1 if intercept else 0)
    room = n - counted - 1
    xi = min(1.0, max(0.0, 1 - math.log(n) / (2 * math.log(p)))) if p > 1 else 0.0
    bic = fit + df * math.log(n)
    return {
        "aic": fit + 2 * df,
        "aicc": fit + 2 * counted * n / room if room > 0 else math.inf,
        "bic": bic,
        "ebic": bic + 2 * xi * df * math.log(p),
    }
