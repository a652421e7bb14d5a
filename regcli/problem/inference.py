"""Standard errors of least squares, as any textbook has them; there are none to give for penalised coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
