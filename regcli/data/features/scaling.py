"""What is learned from the training columns once and applied again to test rows and new files: means and scales."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError, listed

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
BLOCK = 1 << 20
"""How many numbers are scaled at a time: as many as stay in the cache."""


@dataclass(frozen=True)
class Scaling:
    """Column means and population deviations (divided by n), both (p,), in the units of the file.

    `centre` says whether columns are centred (they are not without an intercept).
    """

    mean: Vector
    scale: Vector
    centre: bool

    def apply(self, X: Matrix) -> Matrix:
        """The columns of `X` (n, p) in units of their deviation, centred where there is an intercept."""
        return (X - self.mean) / self.scale if self.centre else X / self.scale

    def to_file_units(self, coef: Vector, intercept: float) -> tuple[Vector, float]:
        """Coefficients (p,) and intercept for the columns as they stand in the file."""
        with np.errstate(over="ignore", invalid="ignore"):
            raw = coef / self.scale
            shifts = -(raw * self.mean)[np.flatnonzero(raw)]
        return raw, math.fsum([intercept, *shifts]) if self.centre and np.all(np.isfinite(shifts)) else intercept


def learn_scaling(X: Matrix, names: list[str], centre: bool, weights: Vector | None = None) -> tuple[Scaling, Matrix]:
    """Learn means and deviations of the columns of `X` (n, p), none of them constant; returns the scaled columns too.

    Each column is first brought near 1 by a power of two, which is exact, so that neither 1e-300 nor 1e300 under-
    or overflows; the mean and the deviation are then taken in two shifted passes. Without `centre` a constant
    column has scale 1. Raises DataError for a column whose values differ only in the last bits.
    """
    n, p = X.shape
    Z = np.empty((n, p), order="F")
    mean, scale = np.empty(p), np.empty(p)
    width = max(1, BLOCK // max(n, 1))
    scratch = np.empty((n, min(width, p)), order="F")
    for first in range(0, p, width):
        block = slice(first, first + width)
        mean[block], scale[block] = _scaled_block(X[:, block], Z[:, block], scratch, names[block], weights)
    if not centre:
        np.divide(X, scale, out=Z)
    return Scaling(mean, scale, centre), Z


def _scaled_block(
    X: Matrix, Z: Matrix, scratch: Matrix, names: list[str], weights: Vector | None
) -> tuple[Vector, Vector]:
    """Fill `Z` with the scaled columns of `X`; their means and deviations. `scratch` has room for as many numbers."""
    low, high = X.min(axis=0), X.max(axis=0)
    largest = np.maximum(np.abs(low), np.abs(high))
    unit = power_of_two(largest)
    np.multiply(X, 1 / unit, out=Z)  # exact, as all powers of two are
    first = np.average(Z, axis=0, weights=weights)
    Z -= first
    shift = np.average(Z, axis=0, weights=weights)
    Z -= shift
    spread = np.maximum(high / unit - first - shift, -(low / unit - first - shift))
    constant = low == high
    vague = ~constant & (spread <= 8 * EPS * (largest / unit))
    _refuse([names[j] for j in np.flatnonzero(vague)])
    left = np.average(Z, axis=0, weights=weights)
    squares = np.square(Z, out=scratch[:, : Z.shape[1]])
    deviation = np.sqrt(np.maximum(np.average(squares, axis=0, weights=weights) - left**2, 0.0))
    Z /= np.where(constant, 1.0, deviation)
    return (first + shift) * unit, np.where(constant, 1.0, deviation * unit)


def check_spread(low: Vector, high: Vector, mean: Vector, names: list[str]) -> None:
    """The same error for columns of which the extremes and the means (p,) are known."""
    spread, largest = np.maximum(high - mean, mean - low), np.maximum(np.abs(low), np.abs(high))
    _refuse([names[j] for j in np.flatnonzero((low != high) & (spread <= 8 * EPS * largest))])


def _refuse(vague: list[str]) -> None:
    if vague:
        raise DataError(
            f"double precision cannot tell the deviation from 0 in {listed(vague)}",
            hint="rescale: subtract a number near the column's mean",
        )


def power_of_two(size: Vector) -> Vector:
    """For each positive number the power of two just below it, kept where dividing by it is safe; 1 for 0."""
    _, exponent = np.frexp(np.where(size > 0, size, 1.0))
    return np.asarray(np.ldexp(1.0, np.clip(exponent - 1, -1000, 1000)))


def first_equal_columns(X: Matrix, centred: bool = False) -> NDArray[np.intp] | None:
    """For each column the index of the first column equal to it, (p,); None where all differ.

    Columns that will be `centred` are equal for a model also where one is the other's mirror, as the indicators of the
    only two levels are: x and 1 - x. Columns are compared whole only where their first rows and their extremes agree.
    """
    n, p = X.shape
    if centred:
        X = _turned(X)
    keys = np.vstack([X[: min(n, 4)], X.max(axis=0), X.min(axis=0), X[n // 2]])
    _, group = np.unique(keys, axis=1, return_inverse=True)
    if len(np.unique(group)) == p:
        return None
    first = np.arange(p)
    seen: dict[bytes, int] = {}
    for j in np.flatnonzero(np.bincount(group)[group] > 1):
        # Adding 0 makes -0 and 0 the same bytes.
        first[j] = seen.setdefault((X[:, j] + 0.0).tobytes(), int(j))
    return first if np.any(first != np.arange(p)) else None


def _turned(X: Matrix) -> Matrix:
    """The columns, those between 0 and 1 that begin with 1 turned over."""
    over = (X[0] == 1) & (X.min(axis=0) == 0) & (X.max(axis=0) == 1)
    if not np.any(over):
        return X
    turned = X.copy(order="F")
    turned[:, over] = 1 - X[:, over]
    return turned
