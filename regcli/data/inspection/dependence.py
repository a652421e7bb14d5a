"""How columns depend on each other: equal ones, pairs that nearly are, and variance inflation factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

CLOSE = 0.99
LEAST_ROWS = 10
"""Fewer rows in common say nothing about a correlation near 1."""
MOST_COLUMNS = 5000
MOST_WORK = 1e11
"""Products of numbers that looking for close pairs may take: some seconds."""
WIDTH = 1000


class Pair(NamedTuple):
    """Two columns, by their places, and their correlation."""

    one: int
    other: int
    correlation: float


def equal_columns(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """Each of these columns that holds the same cells as an earlier one, with the name of that."""
    seen: dict[int, list[str]] = {}
    found = {}
    for name in names:
        column = frame[name]
        twins = seen.setdefault(_fingerprint(column), [])
        twin = next((other for other in twins if _same_cells(column, frame[other])), None)
        if twin is None:
            twins.append(name)
        else:
            found[name] = twin
    return found


def _fingerprint(column: pd.Series[Any]) -> int:
    if column.dtype.kind in "iufb":
        return hash((column.to_numpy(dtype=np.float64) + 0.0).tobytes())  # adding 0 makes -0 and 0 the same bytes
    return hash(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())


def _same_cells(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    if "iufb".find(one.dtype.kind) < 0 or "iufb".find(other.dtype.kind) < 0:
        return one.dtype == other.dtype and bool(one.equals(other))
    return np.array_equal(one.to_numpy(dtype=np.float64), other.to_numpy(dtype=np.float64), equal_nan=True)


def is_too_wide(rows: int, columns: int) -> bool:
    """Whether looking at all pairs of so many columns would take too long."""
    return columns > MOST_COLUMNS or columns**2 * rows > MOST_WORK


def standardized(X: Matrix) -> Matrix:
    """Columns of `X` (n, p) with mean 0 and deviation 1 over their finite cells, the others 0; constant ones are 0."""
    finite = np.isfinite(X)
    counts = np.maximum(finite.sum(axis=0), 1)
    with np.errstate(all="ignore"):
        largest = np.max(np.abs(X), axis=0, where=finite, initial=0.0)
        Z = np.where(finite, X / np.where(largest > 0, largest, 1.0), 0.0)
        for _ in range(2):
            Z = np.where(finite, Z - Z.sum(axis=0) / counts, 0.0)
        deviation = np.sqrt((Z**2).sum(axis=0) / counts)
        vague = np.max(np.abs(Z), axis=0, initial=0.0) <= 1e-14
        return np.asarray(np.where(vague, 0.0, Z / np.where(deviation > 0, deviation, 1.0)))


def close_pairs(X: Matrix, most: int = 5) -> tuple[int, list[Pair]]:
    """How many pairs of columns (n, p) have a correlation beyond `CLOSE` over the rows in common, and the closest."""
    Z, present = standardized(X), np.isfinite(X).astype(np.float64)
    complete = bool(present.all())
    total, best = 0, list[Pair]()
    for i in range(0, X.shape[1], WIDTH):
        for j in range(i, X.shape[1], WIDTH):
            left, right = slice(i, i + WIDTH), slice(j, j + WIDTH)
            R = _correlations(Z[:, left], Z[:, right], None if complete else (present[:, left], present[:, right]))
            where = np.argwhere(np.abs(R) > CLOSE)
            where = where[where[:, 0] + i < where[:, 1] + j]
            total += len(where)
            sizes = np.abs(R[where[:, 0], where[:, 1]])
            for k in np.argsort(-sizes, kind="stable")[:most]:
                a, b = (int(place) for place in where[k])
                best.append(Pair(a + i, b + j, float(np.clip(R[a, b], -1, 1))))
    best.sort(key=lambda pair: -abs(pair.correlation))
    return total, best[:most]


def _correlations(A: Matrix, B: Matrix, present: tuple[Matrix, Matrix] | None) -> Matrix:
    """Correlations (a, b) of standardized columns with 0 for gaps, over the rows where both are `present`."""
    if present is None:
        return A.T @ B / len(A) if len(A) >= LEAST_ROWS else np.zeros((A.shape[1], B.shape[1]))
    M, N = present
    n = M.T @ N
    with np.errstate(all="ignore"):
        left, right = A.T @ N / n, M.T @ B / n
        spread = ((A**2).T @ N / n - left**2) * (M.T @ B**2 / n - right**2)
        R = (A.T @ B / n - left * right) / np.sqrt(spread)
    return np.where((n >= LEAST_ROWS) & (spread > 1e-12), R, 0.0)


def inflation(X: Matrix) -> Vector:
    """Variance inflation factors 1 / (1 - R2_j) of the columns of `X` (n, p), p < n, finite, none of them constant.

    The diagonal of the inverse of the correlation matrix, from the singular values of the scaled columns; infinite for
    a column that is a combination of others, those of the remaining columns by the pseudoinverse.
    """
    n, p = X.shape
    _, sizes, V = np.linalg.svd(np.linalg.qr(standardized(X) / np.sqrt(n), mode="r"))
    kept = sizes > 8 * max(n, p) * np.finfo(np.float64).eps * sizes[0]
    factors = np.sum((V[kept] / sizes[kept, None]) ** 2, axis=0)
    dependent = np.sum(V[~kept] ** 2, axis=0) > 1e-12
    return np.asarray(np.where(dependent, np.inf, np.maximum(factors, 1.0)))
