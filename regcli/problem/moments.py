"""Weighted sufficient statistics of rows, that can be merged: all that squared error ever needs of the data.

A batch of rows (features and target side by side, q columns) is reduced to its weight, its means, its centred
cross-products and its extremes. Batches merge in any order (Chan, Golub, LeVeque 1979, Updating formulae and a
pairwise algorithm for computing sample variances), so that the training rows of a fold are the merged moments of the
other folds, never a difference: one fold with outliers would cost the others their digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

EPS = float(np.finfo(np.float64).eps)
CHUNK = 1 << 21
"""How many numbers are gathered at a time: few enough to stay in the cache."""


@dataclass(frozen=True)
class Moments:
    """Rows, total weight, and for q columns: means, least and largest values (q,), centred cross-products (q, q)."""

    rows: int
    weight: float
    mean: Vector
    cross: Matrix
    low: Vector
    high: Vector

    @classmethod
    def none(cls, q: int) -> Moments:
        """The moments of no rows, which change nothing where they are merged."""
        return cls(0, 0.0, np.zeros(q), np.zeros((q, q)), np.full(q, np.inf), np.full(q, -np.inf))

    @classmethod
    def of(cls, table: Matrix, weights: Vector | None = None) -> Moments:
        """The moments of the rows of `table` (n, q)."""
        if len(table) == 0:
            return cls.none(table.shape[1])
        total, mean, centred = centred_rows(table, weights)
        return cls(len(table), total, mean, centred.T @ centred, table.min(axis=0), table.max(axis=0))

    def merge(self, other: Moments) -> Moments:
        """The moments of both batches together."""
        if other.rows == 0 or self.rows == 0:
            return self if other.rows == 0 else other
        weight = self.weight + other.weight
        gap = other.mean - self.mean
        return Moments(
            rows=self.rows + other.rows,
            weight=weight,
            mean=self.mean + gap * (other.weight / weight),
            cross=self.cross + other.cross + np.outer(gap, gap) * (self.weight * other.weight / weight),
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
        )

    def only(self, columns: Index) -> Moments:
        """Those of some columns."""
        cross = self.cross[np.ix_(columns, columns)]
        return Moments(self.rows, self.weight, self.mean[columns], cross, self.low[columns], self.high[columns])

    def scaled(self, shift: Vector, scale: Vector) -> Moments:
        """Those of (x - shift) / scale for each column x, both (q,)."""
        mean, low, high = ((one - shift) / scale for one in (self.mean, self.low, self.high))
        return Moments(self.rows, self.weight, mean, self.cross / np.outer(scale, scale), low, high)

    @property
    def deviation(self) -> Vector:
        """Population deviations (q,)."""
        return np.sqrt(np.maximum(np.diagonal(self.cross), 0.0) / self.weight)


def centred_rows(table: Matrix, weights: Vector | None) -> tuple[float, Vector, Matrix]:
    """The total weight, the means (q,), taken in two shifted passes, and the rows (n, q) less their means, each times
    the root of its weight."""
    first = np.average(table, axis=0, weights=weights)
    centred = table - first
    rest = np.average(centred, axis=0, weights=weights)
    centred -= rest
    if weights is not None:
        centred *= np.sqrt(weights)[:, None]
    return float(len(table) if weights is None else weights.sum()), first + rest, centred


def moments_by_group(X: Matrix, y: Vector, groups: Index, count: int, weights: Vector | None = None) -> list[Moments]:
    """The moments of the columns of X (n, p) and of y (n,), which comes last, for the rows of each of `count` groups.

    One pass in chunks of rows whose size depends on the shape of X alone, so that the bits do as well.
    """
    n, p = X.shape
    found = [Moments.none(p + 1) for _ in range(count)]
    size = max(4096, CHUNK // (p + 1))
    table = np.empty((min(size, n), p + 1), order="F")
    short = groups.astype(np.int16) if count <= np.iinfo(np.int16).max else groups  # sorted by counting, not comparing
    for first in range(0, n, size):
        rows = slice(first, min(first + size, n))
        order = np.argsort(short[rows], kind="stable")
        part = table[: len(order)]
        for j in range(p):
            np.take(X[rows, j], order, out=part[:, j], mode="clip")  # any other mode would go through a buffer
        np.take(y[rows], order, out=part[:, p], mode="clip")
        ends = np.cumsum(np.bincount(groups[rows], minlength=count))
        of_rows = None if weights is None else weights[rows][order]
        for group, (begin, end) in enumerate(zip(np.append(0, ends[:-1]), ends, strict=True)):
            batch = Moments.of(part[begin:end], None if of_rows is None else of_rows[begin:end])
            found[group] = found[group].merge(batch)
    return found


def complements(groups: Sequence[Moments]) -> list[Moments]:
    """For each group the moments of all the others, by merging from both ends."""
    before = prefixes(groups)
    after = Moments.none(len(groups[0].mean))
    others: list[Moments] = []
    for group, head in zip(reversed(groups), reversed(before), strict=True):
        others.append(head.merge(after))
        after = group.merge(after)
    return others[::-1]


def together(groups: Sequence[Moments]) -> Moments:
    """The moments of all groups."""
    return reduce(Moments.merge, groups)


def prefixes(groups: Sequence[Moments]) -> list[Moments]:
    """For each group the moments of all the groups before it."""
    before = [Moments.none(len(groups[0].mean))]
    for group in groups[:-1]:
        before.append(before[-1].merge(group))
    return before
