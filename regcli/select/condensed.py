"""A few rows that stand for many: squared error sees nothing of rows but their moments, so rows with the same moments
have the same answers. What fits, certifies and reports then needs no word about where they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.moments import EPS, Moments
from regcli.problem.roots import Roots

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

LEAST_PIVOT = 1e-6
"""With a smaller pivot columns may depend on each other."""
ALIKE = 1e-12
"""Columns of equal means and extremes whose correlation is this near to 1 are one and the same."""
RESTED = 1e-14
"""The share of a variance that is left where a column became constant."""


@dataclass(frozen=True)
class StandIns:
    """Rows of squared error that stand for all: X (N, p) counted from `origin` (p,), y (N,), weights (N,); `twins` as
    `equal_columns` finds them."""

    X: Matrix
    y: Vector
    weights: Vector
    origin: Vector
    twins: Index | None

    @classmethod
    def of(cls, whole: Moments, intercept: bool, roots: Roots | None = None) -> StandIns:
        """Those with these moments, of p columns and y, whose digits `roots` may hold in full."""
        rows = stand_ins(whole if roots is None else roots)
        mean, twins = whole.mean[:-1], equal_columns(whole, intercept)
        if twins is not None:  # rounding has set apart what the rows did not
            turned = np.sign(whole.cross[np.arange(len(mean)), twins])
            rows[:, :-1] = rows[:, twins] * turned
        return cls(
            X=np.asfortranarray(rows[:, :-1] if intercept else rows[:, :-1] + mean),
            y=rows[:, -1] + whole.mean[-1],
            weights=np.full(len(rows), whole.weight / len(rows)),
            origin=mean if intercept else np.zeros(len(mean)),
            twins=twins,
        )


def stand_ins(sums: Moments | Roots) -> Matrix:
    """Rows (q + 1, q) of equal weight whose centred products, for a total weight as of `sums`, are those of all, and
    whose means are 0: what each is off its column's mean.

    With R'R the cross-products, W the weight and N = q + 1 rows of weight W / N, they are sqrt(N / W) H R, where the
    q columns of H are orthonormal and orthogonal to ones: those of a Householder reflection but for the first.
    """
    root = sums.factor if isinstance(sums, Roots) else _root(sums.cross)
    count = root.shape[1] + 1
    rows = np.zeros((count, root.shape[1]))
    rows[1 : 1 + len(root)] = root * np.sqrt(count / sums.weight)
    mirror = np.full(count, -1 / np.sqrt(count))
    mirror[0] += 1.0
    mirror *= np.sqrt(2 / (mirror @ mirror))
    return np.asarray(rows - np.outer(mirror, mirror @ rows))


def _root(cross: Matrix) -> Matrix:
    """R with R'R = cross (q, q), of columns brought to a unit diagonal meanwhile."""
    size = np.sqrt(np.maximum(np.diagonal(cross), 0.0))
    unit = np.where(size > 0, size, 1.0)
    scaled = cross / np.outer(unit, unit)
    try:
        root = np.linalg.cholesky(scaled, upper=True)
    except np.linalg.LinAlgError:
        root = np.zeros_like(scaled)
    if np.min(np.diagonal(root)) > LEAST_PIVOT:
        return np.asarray(root * unit)
    # Columns that depend on each other stay so: the root of what rounding has left there would set them apart.
    values, basis = np.linalg.eigh(scaled)
    values = np.where(values > 8 * EPS * len(values) * values[-1], values, 0.0)
    return np.asarray((basis * np.sqrt(values)).T * unit)


def equal_columns(moments: Moments, centred: bool) -> Index | None:
    """For each of p columns, of which y is not one, the first that is equal to it, as
    `regcli.data.features.scaling.first_equal_columns` finds by rows: (p,), or None where all differ."""
    p = len(moments.mean) - 1
    size = np.sqrt(np.diagonal(moments.cross)[:p])
    low, high, mean = moments.low[:p], moments.high[:p], moments.mean[:p]
    still = low == high
    live = (size > 0) | still
    unit = np.where(size > 0, size, 1.0)
    correlation = np.where(np.outer(still, still), 1.0, moments.cross[:p, :p] / np.outer(unit, unit))
    near = ALIKE * np.maximum(np.abs(low), np.abs(high))
    same = correlation >= 1 - ALIKE
    for one in (low, high, mean):
        same &= np.abs(one[:, None] - one) <= near
    if centred:
        unity = (np.abs(low) <= ALIKE) & (np.abs(high - 1) <= ALIKE)
        mirrored = (correlation <= ALIKE - 1) & unity[:, None] & unity & (np.abs(mean[:, None] + mean - 1) <= near)
        same |= mirrored
    same &= live[:, None] & live
    same[np.diag_indices(p)] = True
    first = np.argmax(same, axis=1)
    return first if np.any(first != np.arange(p)) else None


def refilled(test: Moments, train: Moments, filled: Index, fills: Vector) -> tuple[Moments, Moments]:
    """The moments of a fold's rows as if the cells that `fills` (m,) stand in, of the columns `filled` (m,), were
    filled with the means that `train` has of the others.

    Columns are p features, m marks of cells that are filled, and y; the marks are gone afterwards. The new column is
    the old one and the change of the fill times its mark, so that its moments are linear in those of both.
    """
    m, q = len(filled), len(train.mean)
    p = q - m - 1
    share, mean = train.mean[p : p + m], train.mean[filled]
    known = share < 1
    fresh = np.where(known, (mean - share * fills) / np.where(known, 1 - share, 1.0), 0.0)
    change = np.zeros((p + 1, q))
    change[np.arange(p), np.arange(p)] = 1.0
    change[p, q - 1] = 1.0
    change[filled, p + np.arange(m)] = fresh - fills
    return _changed(test, change, filled), _changed(train, change, filled)


def _changed(moments: Moments, change: Matrix, filled: Index) -> Moments:
    these = np.append(np.arange(len(change) - 1), len(moments.mean) - 1)
    mean, cross = change @ moments.mean, change @ moments.cross @ change.T
    low, high = moments.low[these], moments.high[these]
    # A column that varied by its fill alone is constant now, but for rounding.
    still = filled[np.diagonal(cross)[filled] <= RESTED * np.diagonal(moments.cross)[filled]]
    low[still] = high[still] = mean[still]
    return Moments(moments.rows, moments.weight, mean, cross, low, high)
