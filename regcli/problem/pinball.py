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

from regcli.problem.penalties import Strengths

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


def measure(
    Z: Matrix,
    y: Vector,
    strengths: Strengths,
    level: float,
    intercept: float,
    coef: Vector,
    theta: Vector,
    weights: Vector | None = None,
    offset: Vector | None = None,
    has_intercept: bool = True,
) -> tuple[float, float]:
    """The duality gap, over the objective of the null model, and the violation of a proposed solution.

    Z (n, p), `coef` (p,), `theta` (n,) the dual point that is proposed with them. The gap is the Fenchel-Young sum of
    the rows and the features at theta, shrunk until |u_j| <= l1_j for u = Z'S theta / W; what is left of u_j or of the
    mean of theta where it should be 0 is charged. The violation takes of each row the slope nearest to theta: the
    largest distance of its u from the penalty's subdifferential, or of its mean from 0, over the null model's.
    """
    mass = np.full(len(y), 1 / len(y)) if weights is None else weights / weights.sum()
    values = y if offset is None else y - offset
    null = values - best_level(values, weights, level, has_intercept)
    null_theta = null_dual(null, weights, level, has_intercept)
    scale = float(np.max(np.abs((mass * null_theta) @ Z), initial=0.0))
    # Without a gradient (no column has anything to say) by the size of the slopes themselves.
    scale = scale if scale > 1e-10 else float(np.sqrt(mass @ null_theta**2)) or 1.0
    eta = intercept + Z @ coef + (0.0 if offset is None else offset)
    slopes = suited(y, eta, theta, level, residual_noise(Z, y, offset, intercept, coef, theta, level))
    violation = float(np.max(strengths.distance(coef, (mass * slopes) @ Z), initial=0.0))
    if has_intercept:
        violation = max(violation, abs(float(mass @ slopes)))
    pull, noise = (mass * theta) @ Z, pull_noise(Z, mass)
    shrink = _shrink(strengths, pull, noise)
    rows = float(mass @ fenchel_young(y, eta, theta * shrink, level))
    near = np.clip(strengths.nearest(coef, pull * shrink), pull * shrink - noise, pull * shrink + noise)
    features = float(np.sum(strengths.fenchel_young(coef, near) + np.abs(coef * (pull * shrink - near))))
    left = abs(intercept * float(mass @ theta) * shrink) if has_intercept else 0.0
    least = float(mass @ loss(null, np.zeros_like(null), level))
    return (rows + features + left) / (least or 1.0), violation / scale


def _shrink(strengths: Strengths, pull: Vector, noise: Vector) -> float:
    """What brings `pull` (p,) within the penalty where no bound ends what it may draw, up to `noise`."""
    low, high = strengths.bounds
    size = np.maximum(np.where(high == np.inf, pull, 0.0), np.where(low == -np.inf, -pull, 0.0))
    bound = strengths.l1 > 0
    over = np.where(bound, size - noise, 0.0) / np.where(bound, strengths.l1, 1.0)
    return 1 / max(1.0, float(np.max(over, initial=0.0)))


def tied_columns(
    Z: Matrix,
    strengths: Strengths,
    level: float,
    coef: Vector,
    theta: Vector,
    weights: Vector | None = None,
    has_intercept: bool = True,
) -> tuple[int, ...]:
    """The columns that may share their coefficients differently in another solution; () where the solution is unique.

    Rows whose theta is between its ends are met exactly in every solution, and columns with |u_j| < l1_j are 0: along
    a null vector of the others on those rows nothing changes. The columns that such vectors touch are named, though
    where a residual of 0 has a theta at its end another row may forbid the move.
    """
    mass = np.full(len(theta), 1 / len(theta)) if weights is None else weights / weights.sum()
    pull, noise = (mass * theta) @ Z, pull_noise(Z, mass)
    open_ = (strengths.lift(pull) >= strengths.l1 * (1 - 1e-9) - noise) | (coef != 0)
    open_ &= ~(strengths.held(coef) & (np.abs(pull) > strengths.l1 * (1 + 1e-9) + noise))
    columns = np.flatnonzero(open_)
    met = (theta > level - 1 + 1e-9) & (theta < level - 1e-9)
    table = np.column_stack([Z[met][:, columns], np.ones((met.sum(), int(has_intercept)))])
    _, sizes, vectors = np.linalg.svd(table, full_matrices=False)
    rank = int(np.sum(sizes > np.max(sizes, initial=0.0) * max(table.shape) * EPS))
    touched = 1 - np.sum(vectors[:rank] ** 2, axis=0) > 1e-12
    return tuple(int(j) for j in columns[touched[: len(columns)]])
