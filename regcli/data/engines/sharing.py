"""What a worker of a cluster makes of its share of the files: the sum of a task, which is all that it hands on."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import accumulate, count, repeat
from typing import Any, Literal

from regcli.data.engines.ahead import one_ahead
from regcli.data.engines.joining import distributed
from regcli.data.engines.seam import Task
from regcli.data.reading.bodies import same_names
from regcli.data.reading.bytestream import name_of
from regcli.data.reading.paths import is_address
from regcli.data.reading.pieces import Pieces
from regcli.data.sources import Rows
from regcli.data.streaming import chunks
from regcli.errors import DataError

TOPIC = "regcli"
EVERY = 0.25
"""Seconds between what a worker says of how far it has come."""


How = Literal["sum", "count", "guess"]


@dataclass(frozen=True)
class Order:
    """What all workers are told: the task and the bytes of a piece, and `how`: to sum, only to count the rows that are
    used, or to guess their number by the lines. Several files are called `said`, and have the `columns` of the `first`
    of them."""

    run: str
    task: Task[Any]
    size: int
    how: How
    said: str | None
    first: str
    columns: tuple[str, ...] | None


@dataclass(frozen=True)
class Share:
    """What came of some parts: the sum, how many rows of each part were used, as `Sum.rows` has it, and how many rows
    and bytes were read."""

    sum: Any
    used: tuple[Any, ...]
    read: int
    bytes: int

    def merge(self, other: Share) -> Share:
        """What came of both."""
        total = None if self.sum is None else self.sum.merge(other.sum)
        return Share(total, self.used + other.used, self.read + other.read, self.bytes + other.bytes)

    def __sizeof__(self) -> int:
        """What it takes to send it, by which the scheduler decides who merges."""
        arrays: list[pickle.PickleBuffer] = []
        rest = pickle.dumps(self.sum, protocol=5, buffer_callback=arrays.append)
        return len(rest) + sum(one.raw().nbytes for one in arrays)

    @property
    def before(self) -> tuple[Any, ...]:
        """How many rows are used before each part."""
        return tuple(accumulate(self.used[:-1], initial=0))


def tree(order: Order, parts: Sequence[tuple[str, ...]], before: Sequence[Any]) -> Any:
    """The graph: a leaf for each part, a node for two that are neighbours, and so on up to the root."""
    from dask import delayed

    told = delayed(pickle.dumps(order), name=f"regcli-order-{order.run}")
    leaf = delayed(guessed if order.how == "guess" else summed, pure=False)
    node = delayed(Share.merge, pure=False)
    row = [
        leaf(told, part, paths, first, dask_key_name=(f"regcli-part-{order.run}", part))
        for part, (paths, first) in enumerate(zip(parts, before, strict=True))
    ]
    height = 0
    while len(row) > 1:
        height += 1
        pairs = [row[at : at + 2] for at in range(0, len(row), 2)]
        row = [
            node(*pair, dask_key_name=(f"regcli-merge-{height}-{order.run}", at)) if len(pair) > 1 else pair[0]
            for at, pair in enumerate(pairs)
        ]
    return row[0]


_read = lru_cache(maxsize=1)(pickle.loads)


def summed(told: bytes, part: int, paths: Sequence[str], first: Any) -> Share:
    """The sum of these files, before which `first` rows are used. DataError for what is wrong with their data."""
    order: Order = _read(told)
    word = _Word(order.run, part)
    total, read, done = None, 0, 0
    used: Any = 0
    for path in paths:
        word.check_there(path)
        size = [0]
        tell: Callable[[int], None] = partial(size.__setitem__, 0)
        for rows in one_ahead(chunks(order.task.spec, path, order.size, tell=tell)):
            if order.columns is not None:
                same_names(order.columns, list(rows.frame.columns), order.first, rows.name)
            summing = order.how == "sum"
            one = order.task.of(placed(rows, order.said), first + used if summing else 0)
            total = one if total is None or not summing else total.merge(one)
            used, read = used + one.rows, read + rows.rows_read
            word.say(read, done + size[0])
        done += size[0]
    word.say(read, done, last=True)
    return Share(total if order.how == "sum" else None, (used,), read, done)


def guessed(told: bytes, part: int, paths: Sequence[str], first: Any) -> Share:
    """How many rows these files seem to have: rows that are dropped and lines that are no rows are not known yet."""
    order: Order = _read(told)
    word, spec = _Word(order.run, part), order.task.spec
    rows = done = 0
    for path in paths:
        word.check_there(path)
        source = Pieces(path, spec.encoding)
        if source.is_columnar():
            rows += sum(len(frame) for frame, _, _ in source.frames(order.size))
        else:
            last = b"\n"
            for piece in source.text():
                rows += piece.count(b"\n")
                last = piece[-1:] or last
                word.say(rows, done + source.consumed)
            rows += (last != b"\n") - spec.skip_lines - spec.header
        done += source.consumed
    word.say(rows, done, last=True)
    return Share(None, (rows,), rows, done)


class _Word:
    """What is heard of a part while a worker is at it."""

    def __init__(self, run: str, part: int) -> None:
        self._worker = distributed().get_worker()
        self._key, self._run, self._part, self._last = self._worker.get_current_task(), run, part, time.monotonic()

    def say(self, rows: int, size: int, last: bool = False) -> None:
        """So many rows and bytes were read. This ends here where nobody waits for it any more."""
        if last or time.monotonic() - self._last > EVERY:
            self._last = time.monotonic()
            self._worker.log_event(TOPIC, [self._run, self._part, rows, size])
            state = self._worker.state.tasks.get(self._key)
            if state is None or state.state == "cancelled":
                raise distributed().Reschedule

    def check_there(self, path: str) -> None:
        """DataError for a file that only other machines have."""
        if not is_address(path) and not os.path.exists(path):
            raise DataError(
                f"{name_of(path)} is not there for the worker {self._worker.address}",
                hint="a folder that all machines share, or an address such as s3://",
            )


def placed(rows: Rows, said: str | None) -> Rows:
    """Rows of one file as they are among the rows of several, which are called `said`."""
    if said is None:
        return rows
    name, numbering = rows.name, rows.numbering
    if isinstance(numbering, int):
        line = numbering
        numbering = lambda: zip(repeat(name), count(line))  # noqa: E731
    return replace(rows, name=said, several=True, numbering=numbering)
