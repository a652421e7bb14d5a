"""A quick look: some rows of a source, drawn at random, the same each time, in the order in which they stand.

Each row has a random number that depends on its own number alone; those with the least are drawn. So the pieces that
the source is read in do not matter, and no more rows than are drawn, or twice as many, are held at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.reading import paths
from regcli.data.reading.bodies import Place
from regcli.data.reading.keeping import keep
from regcli.data.reading.tidy import PLAIN
from regcli.data.sources import Rows, read
from regcli.data.streaming import chunks
from regcli.errors import Notice, counted
from regcli.specs import DEFAULT_SEED, DataSpec

Words = NDArray[np.uint64]

PER_COUNT = 4
"""How many numbers the generator draws each time that it counts."""


def sampled(spec: DataSpec, count: int) -> Rows:
    """`count` rows of the source of `spec`, or all where it has no more. Raises what `read` raises."""
    if not (paths.is_path(spec.source) or paths.is_several(spec.source)):
        return _drawn(spec, count, iter([read(spec)]))
    if "-" in paths.files(spec.source):
        keep()
    return _drawn(spec, count, chunks(spec))


def _drawn(spec: DataSpec, count: int, pieces: Iterator[Rows]) -> Rows:
    held = _Held(count)
    last: Rows | None = None
    notices: dict[Notice, None] = {}
    dropped: dict[str, int] = {}
    for rows in pieces:
        held.add(rows)
        last = rows
        notices |= dict.fromkeys(rows.notices)
        for reason, number in rows.dropped_rows:
            dropped[reason] = dropped.get(reason, 0) + number
    assert last is not None
    frame, places = held.taken()
    mixed = [str(name) for name in frame.columns if frame[name].dtype not in PLAIN and _is_mixed(frame[name])]
    if mixed:  # a column is text in some pieces: so it is to be spelled in all
        return sampled(replace(spec, categorical=(*spec.categorical, *mixed)), count)
    left = held.seen - len(frame)
    if left:
        dropped["not drawn"] = left
        text = f"{counted(len(frame), 'row')} of {held.seen:,}, drawn at random, stand for all (--sample {count})"
        notices[Notice("sampled", text)] = None
    return replace(
        last,
        frame=frame,
        rows_read=held.read,
        dropped_rows=tuple(dropped.items()),
        notices=tuple(notices),
        kept=None,
        numbering=lambda: iter(places),
    )


def _is_mixed(column: pd.Series[Any]) -> bool:
    """Whether cells of several pieces were of several types."""
    return column.dtype == object


@dataclass
class _Held:
    """The rows with the least numbers so far, each with where it stands in its file."""

    count: int
    seen: int = 0
    read: int = 0
    frames: list[pd.DataFrame] = field(default_factory=list)
    keys: list[Words] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    most: int = (1 << 64) - 1  # no row with a larger number will be drawn

    def add(self, rows: Rows) -> None:
        """The rows of one more piece."""
        keys = _keys(self.seen, len(rows.frame))
        self.seen, self.read = self.seen + len(rows.frame), self.read + rows.rows_read
        chosen = np.flatnonzero(keys <= np.uint64(self.most))
        self.frames.append(rows.frame.iloc[chosen])
        self.keys.append(keys[chosen])
        self.places += rows.places(chosen)
        if sum(map(len, self.keys)) > 2 * self.count:
            self._prune()

    def taken(self) -> tuple[pd.DataFrame, list[Place]]:
        """The rows that are drawn, and where they stand."""
        self._prune()
        return self.frames[0].reset_index(drop=True), self.places

    def _prune(self) -> None:
        keys = np.concatenate(self.keys)
        kept = np.sort(np.argsort(keys, kind="stable")[: self.count])
        frame = pd.concat(self.frames, ignore_index=True) if len(self.frames) > 1 else self.frames[0]
        self.frames, self.keys = [frame.iloc[kept]], [keys[kept]]
        self.places = [self.places[row] for row in kept]
        if len(kept) == self.count:
            self.most = int(self.keys[0].max())


def _keys(first: int, count: int) -> Words:
    """The random numbers of the rows from number `first` on."""
    counter = np.array([first // PER_COUNT, 0, 0, 1], dtype=np.uint64)
    generator = np.random.Philox(key=np.array([DEFAULT_SEED, 1 << 32], dtype=np.uint64), counter=counter)
    skipped = first % PER_COUNT
    return np.asarray(generator.random_raw(skipped + count)[skipped:])
