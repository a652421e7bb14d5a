"""The engine of many machines: the files are shared out to the workers of a Dask cluster, their sums merged as a tree.

A worker streams its files in pieces, as the engine of one machine does, and hands on nothing but their sum. Which files
make a part, and which sums are merged with which, depends on the files alone: so do the bits of what comes out.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import accumulate, count, repeat
from typing import Any, cast

from regcli.data.engines.ahead import one_ahead
from regcli.data.engines.joining import ON_EACH, Joined, distributed, joined, line_of, started
from regcli.data.engines.local import Local, bytes_of
from regcli.data.engines.seam import Reached, S, Task, Watch, unwatched
from regcli.data.reading.bodies import same_names
from regcli.data.reading.bytestream import name_of
from regcli.data.reading.paths import files, is_address, several_names
from regcli.data.sources import Rows
from regcli.data.streaming import chunks
from regcli.errors import DataError, RegcliError, UsageError
from regcli.specs import DataSpec

MOST_PARTS = 4096
"""Where there are more files, several that follow one another make a part."""
TICK = 0.25
"""Seconds between two looks at how far a pass has come, and between what a worker has to say of it."""
TOPIC = "regcli"


class Cluster:
    """Passes over the files of `source`, each on some worker of the cluster whose scheduler has this address.

    Without an address a cluster of this machine is started, which takes up to `memory` bytes and ends with `close`.
    `watch` hears how far each pass has come. Raises UsageError where there is no cluster to be had.
    """

    name = "dask"

    def __init__(self, source: Any, memory: int, watch: Watch = unwatched, scheduler: str | None = None) -> None:
        distributed()
        paths = files(source)
        if "-" in paths:
            raise UsageError("--engine dask is for files: standard input cannot be shared out", hint="--engine local")
        self.passes = 0
        self._memory, self._moments, self._watch, self._scheduler = memory, 0, watch, scheduler
        self._said = several_names([name_of(path) for path in paths]) if len(paths) > 1 else None
        self._head, self._bytes = paths[0], bytes_of(paths)
        if scheduler is not None:
            paths = [path if is_address(path) else os.path.abspath(path) for path in paths]
        step = -(-len(paths) // MOST_PARTS)
        self._parts = [tuple(paths[at : at + step]) for at in range(0, len(paths), step)]
        self._columns: tuple[str, ...] | None = None
        self._used: tuple[int, ...] | None = None
        self._open: Joined | None = None
        self._end: Any = None

    def suit(self, moments: int) -> None:
        """Sums take so many bytes; UsageError where the memory of a worker does not suffice for them."""
        self._moments = moments
        self._cluster()

    def head(self, spec: DataSpec) -> Rows:
        """The first rows, which are read here."""
        rows = Local(self._head, self._memory).head(spec)
        self._columns = tuple(rows.frame.columns)
        return _placed(rows, self._said)

    def total(self, task: Task[S]) -> S:
        """One pass: the sum over all files, in their order. There is one more before it where it matters how many rows
        come before a file, and no pass has told yet."""
        before = (0,) * len(self._parts)
        if task.numbered and len(self._parts) > 1:
            before = _before(self._used or self._pass(task, before, counting=True).used)
        while True:
            share = self._pass(task, before)
            self._used = share.used
            if not task.numbered or before == _before(share.used):
                return share.sum  # type: ignore[no-any-return]
            before = _before(share.used)  # what was counted for an earlier task were other rows

    def close(self) -> None:
        """Let go of the cluster; one that was started here ends."""
        if self._end is not None:
            self._end()
        self._open = self._end = None

    def _cluster(self) -> Joined:
        if self._open is None:
            if self._scheduler is None:
                self._open = started(self._memory, self._moments, len(self._parts))
            else:
                self._open = joined(self._scheduler, self._moments)
            self._end = weakref.finalize(self, self._open.leave)
        return self._open

    def _pass(self, task: Task[Any], before: Sequence[int], counting: bool = False) -> _Share:
        """What came of all parts, before each of which so many rows are used."""
        cluster, run = self._cluster(), uuid.uuid4().hex
        heard: dict[int, tuple[int, int]] = {}
        done = threading.Event()

        def hear(event: tuple[float, Sequence[Any]]) -> None:
            of, part, rows, size = event[1]
            if of == run:
                heard[part] = rows, size

        order = _Order(run, task, cluster.size, counting, self._said, name_of(self._head), self._columns)
        future = None
        self.passes += 1
        try:
            cluster.client.subscribe_topic(TOPIC, hear)
            future = cluster.client.compute(_tree(order, self._parts, before), optimize_graph=False)
            future.add_done_callback(lambda _: done.set())
            while not future.done():
                done.wait(TICK)
                self._tell(list(heard.values()))
            if future.status != "finished":
                raise self._reason(future)
            share: _Share = future.result()
            self._tell([(share.read, share.bytes)])
            return share
        except BaseException:
            if future is not None and not future.done():
                future.cancel()
            self.close()
            raise

    def _tell(self, parts: Sequence[tuple[int, int]]) -> None:
        """So many rows and bytes of each part that was heard of were read."""
        if parts:
            rows, size = (sum(one) for one in zip(*parts, strict=True))
            self._watch(Reached(self.passes, rows, size, self._bytes))

    def _reason(self, future: Any) -> BaseException:
        """Why there is no result."""
        error = None if future.cancelled() else future.exception()
        if isinstance(error, distributed().KilledWorker):
            part = error.task[1] if isinstance(error.task, tuple) else -1
            where = f" at {name_of(self._parts[part][0])}" if isinstance(part, int) and part >= 0 else ""
            what = f"worker after worker died{where}: they may have too little memory"
            return UsageError(what, hint="workers with more memory, or fewer threads each")
        if isinstance(error, RegcliError | MemoryError):
            return error.with_traceback(None)
        if isinstance(error, ImportError):
            return UsageError(f"a worker cannot do its part: {line_of(error)}", hint=ON_EACH)
        if error is None or type(error).__module__.partition(".")[0] in ("distributed", "asyncio"):
            return UsageError("the cluster was lost", found=None if error is None else line_of(error))
        return cast(BaseException, error)


@dataclass(frozen=True)
class _Order:
    """What all workers are told: the task, the bytes of a piece, whether rows are only counted, what several files are
    called, and the first of them with its columns."""

    run: str
    task: Task[Any]
    size: int
    counting: bool
    said: str | None
    first: str
    columns: tuple[str, ...] | None


@dataclass(frozen=True)
class _Share:
    """What came of some parts: the sum, how many rows of each part were used, rows and bytes that were read."""

    sum: Any
    used: tuple[int, ...]
    read: int
    bytes: int

    def merge(self, other: _Share) -> _Share:
        """What came of both."""
        total = None if self.sum is None else self.sum.merge(other.sum)
        return _Share(total, self.used + other.used, self.read + other.read, self.bytes + other.bytes)

    def __sizeof__(self) -> int:
        """What it takes to send it, by which the scheduler decides who merges."""
        arrays: list[pickle.PickleBuffer] = []
        rest = pickle.dumps(self.sum, protocol=5, buffer_callback=arrays.append)
        return len(rest) + sum(one.raw().nbytes for one in arrays)


def _before(used: Sequence[int]) -> tuple[int, ...]:
    """How many rows are used before each part."""
    return tuple(accumulate(used[:-1], initial=0))


def _tree(order: _Order, parts: Sequence[tuple[str, ...]], before: Sequence[int]) -> Any:
    """The graph: a leaf for each part, a node for two that are neighbours, and so on up to the root."""
    from dask import delayed

    told = delayed(pickle.dumps(order), name=f"regcli-order-{order.run}")
    leaf, node = delayed(_share, pure=False), delayed(_Share.merge, pure=False)
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


def _share(told: bytes, part: int, paths: Sequence[str], first: int) -> _Share:
    """What comes of these files; on a worker."""
    order: _Order = _read(told)
    worker = distributed().get_worker()
    key, said, total, used, read, done = worker.get_current_task(), time.monotonic(), None, 0, 0, 0
    for path in paths:
        if not is_address(path) and not os.path.exists(path):
            what = f"{name_of(path)} is not there for the worker {worker.address}"
            raise DataError(what, hint="a folder that all machines share, or an address such as s3://")
        at = [0]
        tell: Callable[[int], None] = partial(at.__setitem__, 0)
        for rows in one_ahead(chunks(order.task.spec, path, order.size, tell=tell)):
            if order.columns is not None:
                same_names(order.columns, list(rows.frame.columns), order.first, rows.name)
            one = order.task.of(_placed(rows, order.said), first + used)
            total = one if total is None or order.counting else total.merge(one)
            used, read = used + one.rows, read + rows.rows_read
            if time.monotonic() - said > TICK:
                said = time.monotonic()
                worker.log_event(TOPIC, [order.run, part, read, done + at[0]])
                state = worker.state.tasks.get(key)
                if state is None or state.state == "cancelled":  # nobody waits for it any more
                    raise distributed().Reschedule
        done += at[0]
    worker.log_event(TOPIC, [order.run, part, read, done])
    return _Share(None if order.counting else total, (used,), read, done)


def _placed(rows: Rows, said: str | None) -> Rows:
    """Rows of one file as they are among the rows of several, which are called `said`."""
    if said is None:
        return rows
    name, numbering = rows.name, rows.numbering
    if isinstance(numbering, int):
        line = numbering
        numbering = lambda: zip(repeat(name), count(line))  # noqa: E731
    return replace(rows, name=said, several=True, numbering=numbering)
