"""Rows: a plain frame that knows where each of its rows came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from regcli.data.reading.bodies import Place
from regcli.errors import Notice

MOST_LINES = 3

Positions = Sequence[int] | np.ndarray[Any, np.dtype[np.integer[Any]]]
Numbering = Callable[[], Iterator[Place]]


@dataclass(frozen=True)
class Rows:
    """A plain frame and where it came from.

    `frame` has unique, stripped names and a RangeIndex; its columns are int64, float64, bool, or text; missing cells
    are NaN. `rows_read` counts the data rows of the source, those in `dropped_rows` (reason, count) included. With
    `several` files, places name the file too. `cells` are the rows of the frame as they were written and
    `header_cells` the header, where `regcli.data.streaming` was asked for them.
    """

    frame: pd.DataFrame
    name: str
    rows_read: int
    dropped_rows: tuple[tuple[str, int], ...] = ()
    delimiter: str | None = None
    notices: tuple[Notice, ...] = ()
    kept: np.ndarray[Any, np.dtype[np.int64]] | None = field(default=None, repr=False)
    numbering: Numbering | int = field(default=1, repr=False)
    unit: str = "row"
    several: bool = False
    header_cells: list[str] | None = field(default=None, repr=False)
    cells: list[list[str]] | None = field(default=None, repr=False)

    def lines(self, rows: Positions) -> list[int]:
        """Physical line numbers (1 is the header's in a file without blank lines above it) of these frame rows.

        Rows of a DataFrame or of arrays are counted from 1; those of several files from the top of their own.
        """
        return [line for _, line in self.places(rows)]

    def where(self, rows: Positions) -> str:
        """The same for a message: `line 5`, `lines 5, 17, 90 and 12 more`, or `b.csv line 5`."""
        return told(self.places(rows[:MOST_LINES]), len(rows), self.unit, self.several)

    def places(self, rows: Positions) -> list[Place]:
        """The file and the line, or number, of each of these frame rows."""
        wanted = [int(row) if self.kept is None else int(self.kept[row]) for row in rows]
        if isinstance(self.numbering, int):
            return [(self.name, self.numbering + row) for row in wanted]
        needed = set(wanted)
        every = enumerate(islice(self.numbering(), max(wanted, default=-1) + 1))
        known = {row: place for row, place in every if row in needed}
        return [known[row] for row in wanted]


def told(places: Sequence[Place], total: int, unit: str, several: bool) -> str:
    """Some of `total` places for a message."""
    groups: dict[str, list[str]] = {}
    for name, line in places:
        groups.setdefault(name if several else "", []).append(f"{line}")
    shown = []
    for name, lines in groups.items():
        one = len(lines) == 1 and (several or total == 1)
        shown.append(f"{name} {unit if one else unit + 's'} {', '.join(lines)}".lstrip())
    more = f" and {total - len(places):,} more" if total > len(places) else ""
    return f"{', '.join(shown)}{more}"
