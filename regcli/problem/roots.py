"""The moments of rows by the root of their cross-products, which keeps the digits that squaring loses.

A batch is reduced to its means and to a triangle R with R'R its centred cross-products; two batches are merged by an
orthogonal decomposition of their triangles, one above the other (Golub 1965, Numerical methods for solving linear least
squares problems; Demmel et al. 2012, Communication-optimal parallel and sequential QR). Twice the work of `Moments`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.moments import centred_rows

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Roots:
    """Rows, total weight, and for q columns: means, least and largest values (q,), a factor (r, q) with r <= q whose
    product with itself is the centred cross-products."""

    rows: int
    weight: float
    mean: Vector
    factor: Matrix
    low: Vector
    high: Vector

    @classmethod
    def none(cls, q: int) -> Roots:
        """Those of no rows."""
        return cls(0, 0.0, np.zeros(q), np.zeros((0, q)), np.full(q, np.inf), np.full(q, -np.inf))

    @classmethod
    def of(cls, table: Matrix, weights: Vector | None = None) -> Roots:
        """Those of the rows of `table` (n, q)."""
        if len(table) == 0:
            return cls.none(table.shape[1])
        total, mean, centred = centred_rows(table, weights)
        return cls(len(table), total, mean, _triangle(centred), table.min(axis=0), table.max(axis=0))

    def merge(self, other: Roots) -> Roots:
        """Those of both batches together."""
        if other.rows == 0 or self.rows == 0:
            return self if other.rows == 0 else other
        weight = self.weight + other.weight
        gap = other.mean - self.mean
        between = gap * np.sqrt(self.weight * other.weight / weight)
        return Roots(
            rows=self.rows + other.rows,
            weight=weight,
            mean=self.mean + gap * (other.weight / weight),
            factor=_triangle(np.vstack([self.factor, other.factor, between])),
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
        )

    def only(self, columns: Index) -> Roots:
        """Those of some columns."""
        low, high = self.low[columns], self.high[columns]
        return Roots(self.rows, self.weight, self.mean[columns], self.factor[:, columns], low, high)


def _triangle(rows: Matrix) -> Matrix:
    return np.asarray(np.linalg.qr(rows, mode="r")) if len(rows) > rows.shape[1] else rows
