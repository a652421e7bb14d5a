"""One pass over the rows, in pieces that stay in the cache: what a Newton step needs to know at a point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import Problem

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

ROWS = 1 << 13
"""How many rows a piece has, divided by the number of outputs."""


@dataclass
class Point:
    """A level (K,) or a float, coefficients (K p,), and there the linear predictor, minus the loss's derivative for
    each row, minus the gradient of the mean loss on the working set's coefficients (m,) and on the levels (K,), and the
    mean loss once somebody has asked for it."""

    level: Any
    coef: Vector
    eta: NDArray[np.float64]
    residual: NDArray[np.float64]
    pull: Vector
    bias: Vector
    loss: float | None = None


def sweep(problem: Problem, taken: Matrix, coef: Vector, values: Matrix, level: Any) -> Point:
    """The point at `coef` (K p,), whose values on the columns `taken` (n, m) are `values` (K, m)."""
    outputs, width = values.shape
    active = np.flatnonzero(values[0] if outputs == 1 else np.any(values, axis=0))
    few = 2 * active.size <= width
    used = np.ascontiguousarray((values[:, active] if few else values).T)
    if outputs == 1:
        used = used[:, 0]
    if problem.bound is not None:
        return _of_bound(problem, taken[:, active] if few else taken, used, taken, coef, level)
    eta, residual = np.empty_like(problem.y), np.empty_like(problem.y)
    pull, bias = np.zeros((width, outputs) if outputs > 1 else width), np.zeros(outputs)
    for rows in pieces(problem):
        part = taken[rows]
        at = (part[:, active] if few else part) @ used
        at += level
        if problem.offset is not None:
            at += problem.offset[rows]
        left = problem.family.pull(problem.y[rows], at)
        eta[rows], residual[rows] = at, left
        if problem.weights is not None:
            left = left * (problem.weights[rows] if outputs == 1 else problem.weights[rows, None])
        with np.errstate(over="ignore", invalid="ignore"):
            pull += part.T @ left
            bias += left.sum(axis=0)
    bias = bias / problem.total if problem.intercept else np.zeros(outputs)
    return Point(level, coef, eta, residual, pull.T.ravel() / problem.total, bias)


def _of_bound(problem: Problem, some: Matrix, values: Vector, taken: Matrix, coef: Vector, level: Any) -> Point:
    """The same of a family whose rows are looked at together; `some` columns (n, k) have these values (k,)."""
    eta = some @ values + level
    eta = eta if problem.offset is None else eta + problem.offset
    residual = problem.residual(eta)
    weighted = residual if problem.weights is None else residual * problem.weights
    bias = np.array([weighted.sum() / problem.total if problem.intercept else 0.0])
    return Point(level, coef, eta, residual, taken.T @ weighted / problem.total, bias)


def slopes(problem: Problem, taken: Matrix, residual: NDArray[np.float64]) -> Vector:
    """Minus the gradient of the mean loss on the coefficients of `taken` (n, m), (K m,)."""
    weighted = residual if problem.weights is None else (residual.T * problem.weights).T
    return np.asarray(taken.T @ weighted).T.ravel() / problem.total


def second_order(problem: Problem, taken: Matrix, eta: NDArray[np.float64]) -> tuple[Matrix, Matrix, Matrix]:
    """The second derivatives of the mean loss: on the coefficients of `taken` (n, m), (K m, K m), on those and the
    levels (K m, K), and on the levels (K, K)."""
    outputs, width = problem.outputs, taken.shape[1]
    if problem.bound is not None:
        return problem.bound.bend(taken, eta) / problem.total, np.zeros((width, 1)), np.zeros((1, 1))
    inside, across = np.zeros((outputs * width, outputs * width)), np.zeros((outputs * width, outputs))
    level = np.zeros((outputs, outputs))
    pairs = [(k, m) for k in range(outputs) for m in range(k, outputs)]
    for rows in pieces(problem):
        part, curvature = taken[rows], problem.family.curvature(problem.y[rows], eta[rows])
        for k, m in pairs:
            weight = curvature[k, m]
            assert weight is not None
            weight = weight if problem.weights is None else weight * problem.weights[rows]
            these, those = slice(k * width, (k + 1) * width), slice(m * width, (m + 1) * width)
            if k == m:
                rooted = part * np.sqrt(weight)[:, None]
                inside[these, those] += rooted.T @ rooted
            else:
                inside[these, those] += part.T @ (part * weight[:, None])
            across[these, m] += part.T @ weight
            level[k, m] += weight.sum()
    for k, m in pairs:
        if k != m:
            these, those = slice(k * width, (k + 1) * width), slice(m * width, (m + 1) * width)
            inside[those, these] = inside[these, those]
            across[those, k] = across[these, m]
            level[m, k] = level[k, m]
    return inside / problem.total, across / problem.total, level / problem.total


def pieces(problem: Problem) -> Iterator[slice]:
    """Rows, some at a time."""
    n, size = len(problem.y), max(256, ROWS // problem.outputs)
    return (slice(first, min(first + size, n)) for first in range(0, n, size))
