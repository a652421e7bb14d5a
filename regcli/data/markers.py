"""Numbers that seem to stand for a missing cell: -200, 999 and the like, apart from all the others of their column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.errors import Notice, counted, listed, visible

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

LEAST_REPEATS = 3
LEAST_VALUES = 5


@dataclass(frozen=True)
class Marker:
    """A value in `rows` rows that stands apart from all the others of its column, the nearest of which is `nearest`."""

    value: int
    rows: int
    nearest: float


def markers_in(values: Vector, distinct: int) -> tuple[Marker, ...]:
    """The least and the greatest of sorted `values`, where they look like codes for a missing cell.

    Such a value is whole and in several rows; it lies farther from the others than these from each other, or it is one
    that is often used (-1, -99, -200, 999) and negative where all others are not, or far from them.
    """
    if distinct <= LEAST_VALUES:
        return ()
    low, high = float(values[0]), float(values[-1])
    few, many = np.searchsorted(values, low, "right"), np.searchsorted(values, high, "left")
    rest = values[few:many]
    if not rest.size:
        return ()
    nearest = {low: float(rest[0]), high: float(rest[-1])}
    spread = nearest[high] - nearest[low]
    found = []
    for value, count in ((low, int(few)), (high, len(values) - int(many))):
        gap = abs(value - nearest[value])
        apart = gap > spread > 0
        if is_code(value):
            apart = apart or (value < 0 <= nearest[low]) or gap > spread / 5
        if count >= LEAST_REPEATS and value.is_integer() and value != 0 and apart and abs(value) < 1e15:
            found.append(Marker(int(value), count, nearest[value]))
    return tuple(found)


def is_code(value: float) -> bool:
    """Whether a value is one that people write for a missing cell: nines, and below zero also -1 and whole hundreds."""
    if not value.is_integer() or abs(value) > 1e15:
        return False
    nines = set(str(abs(int(value)))) == {"9"}
    return (nines and (value < 0 or value > 9)) or value == -1 or (value < 0 and value % 100 == 0)


def marker_notices(columns: Matrix, names: Sequence[str]) -> list[Notice]:
    """The notice on columns (n, p) of finite numbers whose least or greatest value is a code and stands apart."""
    ends = np.stack([columns.min(axis=0), columns.max(axis=0)])
    suspects = [j for j in range(columns.shape[1]) if is_code(float(ends[0, j])) or is_code(float(ends[1, j]))]
    found = list(_marked(columns, names, suspects))
    if not found:
        return []
    values = sorted({value for value, _ in found})
    each = listed([said for _, said in found], 4)
    options = " ".join(f"--na={value}" for value in values[:3])
    what = f"{listed([str(value) for value in values])} stands apart in {each}: if it means missing, {options}"
    return [Notice("sentinel_values", what)]


def _marked(columns: Matrix, names: Sequence[str], suspects: Sequence[int]) -> Iterator[tuple[int, str]]:
    for j in suspects:
        values, counts = np.unique(columns[:, j], return_counts=True)
        for one in markers_in(np.repeat(values, counts), len(values)):
            if is_code(float(one.value)):
                yield one.value, f"{visible(names[j])} ({counted(one.rows, 'row')}; next {one.nearest:.6g})"
