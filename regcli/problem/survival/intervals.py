"""Sums over intervals of places, both ways, by additions only.

Each row covers an interval of places (here: the event times at which it is at risk). Differences of cumulative sums
would lose the digits of a small sum behind a large one, so that none are taken: intervals that all start at the first
place are summed by one reversed cumulative sum, others by a segment tree, in which an interval is the union of at most
two nodes of each level (Bentley 1977, Algorithms for Klee's rectangle problems).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

BLOCK = 4096
"""So many places are summed at a time where the values of all of them are too many to hold."""
CHUNK = 8192
"""So many rows are looked at together then."""


@dataclass(frozen=True)
class Intervals:
    """Row i covers the places first[i] <= k < last[i] of `count`; `first` and `last` (n,), first <= last."""

    first: Index
    last: Index
    count: int

    def sums(self, values: Array) -> Array:
        """For each place, the sum of `values` (n,) or (n, k) of the rows that cover it: (count,) or (count, k)."""
        if self._tree is not None:
            return self._tree.down(values)
        order, above = self._order
        running = np.zeros((len(order) + 1, *values.shape[1:]))
        np.cumsum(values[order], axis=0, out=running[1:])
        return np.asarray(running[above])

    def over(self, values: Array) -> Array:
        """For each row, the sum of `values` (count,) or (count, k) of the places it covers: (n,) or (n, k)."""
        if self._tree is not None:
            return self._tree.up(values)
        running = np.zeros((self.count + 1, *values.shape[1:]))
        np.cumsum(values, axis=0, out=running[1:])
        return np.asarray(running[self.last])

    def sums_in_blocks(self, values: Callable[[Index], Array], width: int) -> Iterator[tuple[slice, Array]]:
        """`sums` of (n, width) values, a block of places at a time; `values(rows)` gives those of some rows.

        At most `CHUNK` rows and two `BLOCK` places are held at once.
        """
        through, inside = self._blocks
        base = np.zeros((len(inside), width))
        for part in through:
            base += part.intervals.sums(values(part.rows))
        for number, parts in enumerate(inside):
            places = slice(number * BLOCK, min((number + 1) * BLOCK, self.count))
            found = np.repeat(base[number : number + 1], places.stop - places.start, axis=0)
            for part in parts:
                found += part.intervals.sums(values(part.rows))
            yield places, found

    @cached_property
    def _order(self) -> tuple[Index, Index]:
        """Rows, those that reach furthest first; how many of them cover each place, if all start at the first."""
        order = np.argsort(-self.last, kind="stable")
        ends = np.bincount(self.last, minlength=self.count + 1)[1:]
        return order, np.cumsum(ends[::-1])[::-1]

    @cached_property
    def _tree(self) -> _Tree | None:
        return _Tree.of(self) if np.any(self.first > 0) else None

    @cached_property
    def _blocks(self) -> tuple[list[_Part], list[list[_Part]]]:
        """Rows that cover whole blocks, by number of the block; for each block the rows that cover some of it."""
        count = -(-self.count // BLOCK)
        stop = np.minimum((np.arange(count) + 1) * BLOCK, self.count)
        rows = np.flatnonzero(self.first < self.last)
        first, last = self.first[rows], self.last[rows]
        start, end = first // BLOCK, (last - 1) // BLOCK
        starts_whole = (first == start * BLOCK) & (last >= stop[start])
        ends_whole = np.where(start == end, starts_whole, last == stop[end])
        low, high = start + ~starts_whole, np.maximum(end + ends_whole, start + ~starts_whole)
        whole = np.flatnonzero(low < high)
        through = [
            _Part(rows[whole[part]], Intervals(low[whole[part]], high[whole[part]], count))
            for part in _chunks(len(whole))
        ]
        both = np.flatnonzero(~ends_whole & (start < end))
        some = np.concatenate([np.flatnonzero(~starts_whole), both])
        block = np.concatenate([start[~starts_whole], end[both]])
        order = np.argsort(block, kind="stable")
        some, cuts = some[order], np.searchsorted(block[order], np.arange(count + 1))
        inside = [
            [_part(rows, first, last, some[cuts[k] + part.start : cuts[k] + part.stop], k * BLOCK, int(stop[k]))
             for part in _chunks(int(cuts[k + 1] - cuts[k]))]
            for k in range(count)
        ]  # fmt: skip
        return through, inside


@dataclass(frozen=True)
class _Part:
    rows: Index
    intervals: Intervals


def _part(rows: Index, first: Index, last: Index, some: Index, start: int, stop: int) -> _Part:
    low, high = (np.clip(ends[some], start, stop) - start for ends in (first, last))
    return _Part(rows[some], Intervals(low, high, stop - start))


def _chunks(count: int) -> list[slice]:
    return [slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]


@dataclass(frozen=True)
class _Tree:
    """Node 1 is the root, 2i and 2i + 1 the halves of node i, size + k is place k.

    `nodes` (2 size, n), sparse: ones where the row covers the node, but not all of the node above it.
    """

    nodes: Any
    size: int
    count: int

    @classmethod
    def of(cls, intervals: Intervals) -> _Tree:
        from scipy.sparse import csr_array

        size = 1 << max(0, intervals.count - 1).bit_length()
        rows = np.flatnonzero(intervals.first < intervals.last)
        low, high = intervals.first[rows] + size, intervals.last[rows] + size
        covered = [(rows[:0], rows[:0])]
        while len(rows):
            # Of a level, only the first and the last node may be half of one that is not covered.
            odd_low, odd_high = (low & 1) == 1, (high & 1) == 1
            covered += [(low[odd_low], rows[odd_low]), (high[odd_high] - 1, rows[odd_high])]
            low, high = (low + 1) >> 1, high >> 1
            going = low < high
            rows, low, high = rows[going], low[going], high[going]
        node, row = (np.concatenate(one) for one in zip(*covered, strict=True))
        shape = (2 * size, len(intervals.first))
        return cls(csr_array((np.ones(len(node)), (node, row)), shape=shape), size, intervals.count)

    def down(self, values: Array) -> Array:
        sums = np.asarray(self.nodes @ values)
        start = 1
        while start < self.size:
            above = sums[start : 2 * start]
            sums[2 * start : 4 * start].reshape(start, 2, *values.shape[1:])[:] += above[:, None]
            start *= 2
        return sums[self.size : self.size + self.count]

    def up(self, values: Array) -> Array:
        sums = np.zeros((2 * self.size, *values.shape[1:]))
        sums[self.size : self.size + self.count] = values
        start = self.size // 2
        while start >= 1:
            sums[start : 2 * start] = sums[2 * start : 4 * start].reshape(start, 2, *values.shape[1:]).sum(axis=1)
            start //= 2
        return np.asarray(self.nodes.T @ sums)
