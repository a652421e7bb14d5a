"""The pinball loss of a quantile: rho(r) = r (level - 1[r < 0]) of a residual r = y - eta, 0 < level < 1.

Koenker, Bassett 1978, Regression quantiles. It has a kink at 0, so that a row's dual point theta, the derivative
elsewhere, may there be anything from level - 1 to level: coefficients alone do not say how good they are, theta does.

Arrays of rows have shape (n,); `weights` (n,) are positive, None for ones; `noise` is what rounding may make of a
residual of 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
ROUNDING = 1e-12
"""How far beyond its ends a dual point may lie by rounding, and how far two sums of weights may be from equal."""


def loss(y: Vector, eta: Vector, level: float) -> Vector:
    """rho(y - eta) of each row, (n,)."""
    residual = y - eta
    return np.maximum(level * residual, (level - 1) * residual)


def subdifferential(y: Vector, eta: Vector, level: float, noise: Any = 0.0) -> tuple[Vector, Vector]:
    """The least and the largest slope of rho at y - eta, both (n,): equal but where a residual is 0 up to `noise`."""
    residual = y - eta
    least = np.where(residual > noise, level, level - 1)
    return least, np.where(residual < -noise, level - 1, level)


def fenchel_young(y: Vector, eta: Vector, theta: Vector, level: float) -> Vector:
    """rho(r) - theta r of each row, (n,): nonnegative, and 0 exactly where theta is a slope of rho at r = y - eta.

    Infinite where theta lies outside [level - 1, level] by more than rounding, where the conjugate is.
    """
    residual = y - eta
    above, below = level - theta, theta - (level - 1)
    found = np.maximum(np.where(residual > 0, above, below), 0.0) * np.abs(residual)
    return np.where(np.minimum(above, below) < -ROUNDING, np.inf, found)


def best_level(y: Vector, weights: Vector | None, level: float, intercept: bool = True) -> float:
    """The constant of least mean loss: the weighted quantile of y (n,); without an intercept 0.

    Where a whole interval is as good, its middle: so a weight of 2 is a row twice, and the quantile of -y at
    1 - level is minus that of y.
    """
    if not intercept:
        return 0.0
    order = np.argsort(y, kind="stable")
    upto = np.cumsum(np.ones(len(y)) if weights is None else weights[order])
    asked, slack = level * upto[-1], ROUNDING * upto[-1]
    low = float(y[order[np.searchsorted(upto, asked - slack)]])
    high = float(y[order[np.searchsorted(upto, asked + slack, side="right")]])
    return low if low == high else low + (high - low) / 2


def null_dual(residual: Vector, weights: Vector | None, level: float, intercept: bool = True) -> Vector:
    """The dual point (n,) of the model without features, whose residuals are y - offset - `best_level`.

    The rows whose residual is 0 share what makes the weighted mean 0; without an intercept theirs is 0.
    """
    theta = np.where(residual > 0, level, level - 1)
    zero = residual == 0
    mass = np.ones(len(theta)) if weights is None else weights
    theta[zero] = 0.0
    if intercept and zero.any():
        theta[zero] = np.clip(-(mass @ theta) / mass[zero].sum(), level - 1, level)
    return theta


def residual_noise(
    Z: Matrix, y: Vector, offset: Vector | None, intercept: float, coef: Vector, theta: Vector, level: float
) -> Vector:
    """What rounding may make of residuals of 0, (n,): by the size of the terms of each, and of those of the rows that
    the coefficients are worked out from, where theta is between its ends."""
    on = np.flatnonzero(coef)
    terms = np.abs(y) + abs(intercept) + np.abs(Z[:, on]) @ np.abs(coef[on])
    terms += 0.0 if offset is None else np.abs(offset)
    inner = (theta > level - 1 + ROUNDING) & (theta < level - ROUNDING)
    return np.asarray(64 * EPS * (terms + np.max(terms[inner], initial=0.0)))


def suited(y: Vector, eta: Vector, theta: Vector, level: float, noise: Any = 0.0) -> Vector:
    """The slopes of rho at y - eta that are nearest to theta, (n,): minus a gradient of the loss."""
    return np.clip(theta, *subdifferential(y, eta, level, noise))


def pull_noise(Z: Matrix, mass: Vector) -> Vector:
    """What rounding may make of a gradient, (p,), whatever the dual point; `mass` (n,) the weights over their sum."""
    return np.asarray(64 * EPS * (mass @ np.abs(Z)))
