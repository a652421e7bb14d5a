"""A large, regular text parsed range by range, by several threads, into as few arrays as there are types.

The C reader lets other threads run while it cuts and converts. Ranges begin and end with lines, and where they do
depends on the text alone, so that the number of threads changes nothing. Each range proves by itself that its rows have
the width they should; a text that cannot be proved is left to the slow reader, which also finds the words for what is
wrong with it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.reading.c_reader import label_places, read_cells
from regcli.data.reading.layout import Layout
from regcli.data.reading.tidy import PLAIN
from regcli.specs import DataSpec

RANGE = 4 << 20
"""Bytes of a range."""
PER_COLUMN = 1 << 16
"""Bytes of a range for each column: a range costs the reader a moment for each."""
WIDE = 400
"""Columns from which on a range is read as one long column."""
EXACT = float(1 << 53)
"""Whole numbers below are themselves as doubles."""

KEPT = 31 << 20
"""Bytes of an array up to which its memory is kept for the next one."""

_SCAN = 1 << 20

T = TypeVar("T")
Bytes = NDArray[np.uint8]
Column = Any


class IrregularError(Exception):
    """A range is not what the layout says, or its columns are of no plain type."""


@dataclass(frozen=True)
class _Text:
    """The text, its ranges, from this byte to before that one, and how it is to be read."""

    content: bytes
    ranges: list[tuple[int, int]]
    cut: Layout
    spec: DataSpec

    def view(self, index: int) -> Bytes:
        """The bytes of a range."""
        start, end = self.ranges[index]
        return np.frombuffer(self.content, np.uint8, end - start, start)

    def lines(self, index: int) -> int:
        """How many lines the range has; its last may lack its end."""
        text = self.view(index)
        return _count(text, ord("\n")) + int(text[-1] != ord("\n"))


def in_ranges(content: bytes, start: int, cut: Layout, spec: DataSpec, jobs: int | None = None) -> pd.DataFrame | None:
    """The cells from byte `start` on, without a quote among them; None where they are not to be believed at once.

    `jobs` threads at the most, one a core unless given.
    """
    wide = cut.width > WIDE and not label_places(spec, cut)
    ranges = list(_ranges(content, start, RANGE if wide else max(RANGE, PER_COLUMN * cut.width)))
    _keep_memory()
    try:
        return (_numbers if wide else _columns)(_Text(content, ranges, cut, spec), jobs) if ranges else None
    except (IrregularError, ValueError, OverflowError):
        return None


def _keep_memory() -> None:
    """Have the C library keep what is freed for what comes next.

    glibc returns each array of over 128 KiB to the system, which hands it out again page by page, at half the cost of
    parsing; until one of up to 32 MiB is freed, from which on it takes all up to that size for such as come and go
    (mallopt(3), M_MMAP_THRESHOLD). These bytes are never touched, and cost nothing.
    """
    with contextlib.suppress(MemoryError):
        bytes(KEPT)


def _ranges(content: bytes, start: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of whole lines; blank lines at the end of the text belong to none."""
    end = len(content)
    while end > start and content[end - 1] in b"\r\n":
        end -= 1
    while start < end:
        cut = content.find(b"\n", start + size, end) + 1 or end
        yield start, cut
        start = cut


def _side_by_side(work: Callable[[int], T], indices: Iterable[int], jobs: int | None) -> list[T]:
    """What `work` makes of each range, in their order; the first error among them is raised."""
    indices = list(indices)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = min(jobs or cores, cores, len(indices))
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            try:
                waiting = [pool.submit(work, one) for one in indices]
                return [one.result() for one in waiting]
            except RuntimeError:  # a limit on memory or processes leaves no room for a thread
                pass
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
    return [work(one) for one in indices]


def _columns(text: _Text, jobs: int | None) -> pd.DataFrame:
    """The frame of a text of all types."""
    first = _columns_of(text, 0)
    rest = range(1, len(text.ranges))
    table = _Table(first, [len(first[0]), *map(text.lines, rest)])
    table.put(0, first)
    del first
    _side_by_side(lambda index: table.put(index, _columns_of(text, index)), rest, jobs)
    return table.frame()


def _columns_of(text: _Text, index: int) -> list[Column]:
    """The columns of a range.

    A row that is too long is an error of the reader, but for the first; if that has its width, and the delimiters are
    as many as they should be, no row is too short either.
    """
    (start, end), width = text.ranges[index], text.cut.width
    view, mark = text.view(index), ord(text.cut.delimiter)
    first = text.content.find(b"\n", start, end) + 1 or end
    if np.count_nonzero(view[: first - start] == mark) != width - 1:
        raise IrregularError
    frame = read_cells(text.content, start, end, text.cut, text.spec)
    if len(frame) != text.lines(index) or _count(view, mark) != len(frame) * (width - 1):
        raise IrregularError
    if not all(kind in PLAIN or isinstance(kind, pd.StringDtype) for kind in frame.dtypes):
        raise IrregularError
    return [column if isinstance(column.dtype, pd.StringDtype) else column.to_numpy() for _, column in frame.items()]


def _count(text: Bytes, mark: int) -> int:
    """How often a byte occurs, in pieces that stay in the processor's cache."""
    return sum(int(np.count_nonzero(text[at : at + _SCAN] == mark)) for at in range(0, len(text), _SCAN))


class _Table:
    """The columns of all ranges, in one array for each type; a range is let go of as soon as it is put in its place."""

    def __init__(self, first: Sequence[Column], lengths: Sequence[int]) -> None:
        self._ends = np.cumsum([0, *lengths])
        self._kinds = [column.dtype for column in first]
        self._rows: list[Any] = [None] * len(first)
        self._texts: dict[int, list[Any]] = {}
        self._floats: dict[int, dict[int, Column]] = {}
        self._tables = []
        for kind in dict.fromkeys(self._kinds):
            places = [place for place, own in enumerate(self._kinds) if own == kind]
            if isinstance(kind, pd.StringDtype):
                self._texts = {place: [None] * len(lengths) for place in places}
                continue
            table = np.empty((len(places), int(self._ends[-1])), dtype=kind)
            self._tables.append((places, table))
            for row, place in zip(table, places, strict=True):
                self._rows[place] = row

    def put(self, index: int, columns: Sequence[Column]) -> None:
        """The columns of this range; IrregularError where one is not of the type that it has in the first.

        Whole numbers and others go together, and are then no whole numbers.
        """
        rows = slice(self._ends[index], self._ends[index + 1])
        for place, (own, column) in enumerate(zip(self._kinds, columns, strict=True)):
            both = (own, column.dtype)
            if own == column.dtype and place in self._texts:
                self._texts[place][index] = column
            elif own == column.dtype or both == (np.float64, np.int64):
                self._rows[place][rows] = column
            elif both == (np.int64, np.float64):
                self._floats.setdefault(place, {})[index] = column
            else:
                raise IrregularError

    def frame(self) -> pd.DataFrame:
        """All columns, once all ranges are in their places."""
        frames = [pd.DataFrame(table.T, columns=places, copy=False) for places, table in self._tables]
        if self._texts:
            texts = {place: pd.concat(parts, ignore_index=True) for place, parts in self._texts.items()}
            frames.append(pd.DataFrame(texts, copy=False))
        frame = _beside(frames, len(self._kinds))
        for place, parts in self._floats.items():
            column = self._rows[place].astype(np.float64)
            for index, part in parts.items():
                column[self._ends[index] : self._ends[index + 1]] = part
            frame[place] = column
        return frame


def _beside(frames: Sequence[pd.DataFrame], width: int) -> pd.DataFrame:
    """The columns of all frames in the order of their numbers."""
    if len(frames) == 1:
        return frames[0]
    return pd.concat(frames, axis=1)[list(range(width))]


def _numbers(text: _Text, jobs: int | None) -> pd.DataFrame:
    """The frame of a text of numbers alone, each range read as one long column: that costs nothing for each column."""
    parts = _side_by_side(partial(_numbers_of, text), range(len(text.ranges)), jobs)
    table = np.empty((text.cut.width, sum(map(len, parts))), dtype=np.result_type(*parts))
    at = 0
    while parts:
        part = parts.pop(0)
        table[:, at : at + len(part)] = part.T
        at += len(part)
    whole = _whole(text, table) if table.dtype == np.float64 else np.zeros(len(table), dtype=bool)
    if not whole.any():
        return pd.DataFrame(table.T, copy=False)
    if np.any(np.abs(table[whole]) >= EXACT):
        raise IrregularError
    integers = pd.DataFrame(table[whole].astype(np.int64).T, columns=np.flatnonzero(whole), copy=False)
    others = pd.DataFrame(table[~whole].T, columns=np.flatnonzero(~whole), copy=False)
    return _beside([integers, others], len(table))


def _numbers_of(text: _Text, index: int) -> NDArray[Any]:
    """The cells (rows, width) of a range, every line of which has as many delimiters as it should."""
    (start, end), view, delimiter = text.ranges[index], text.view(index), text.cut.delimiter
    begins = np.flatnonzero(view == ord("\n")) + 1
    begins = np.append(0, begins[begins < len(view)])
    if np.any(np.add.reduceat(view == ord(delimiter), begins, dtype=np.int64) != text.cut.width - 1):
        raise IrregularError
    cells = text.content[start:end].replace(delimiter.encode(), b"\n")
    column = read_cells(cells, 0, len(cells), text.cut, text.spec, flat=True)[0]
    if len(column) != len(begins) * text.cut.width or column.dtype not in (np.int64, np.float64):
        raise IrregularError
    return column.to_numpy().reshape(-1, text.cut.width)


def _whole(text: _Text, table: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which columns (width,) hold nothing but digits, signs and blanks; `table` (width, n) are their numbers."""
    first = table[:, 0]
    maybe: NDArray[np.bool_] = np.isfinite(first) & (first == np.floor(first))
    some = table[maybe]
    maybe[maybe] = (np.isfinite(some) & (some == np.floor(some))).all(axis=1)
    kinds = np.full(256, 2, dtype=np.uint8)
    kinds[list(b"0123456789+- \t\r")] = 0
    kinds[[ord(text.cut.delimiter), ord("\n")]] = 1
    for index in range(len(text.ranges)):
        before, view = 0, text.view(index)
        for at in range(0, len(view), _SCAN):
            if not maybe.any():
                return maybe
            each = kinds[view[at : at + _SCAN]]
            cell = before + np.cumsum(each == 1, dtype=np.int64)
            before = int(cell[-1])
            maybe[cell[each == 2] % len(table)] = False
    return maybe
