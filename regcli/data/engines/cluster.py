"""The engine of many machines: the files are shared out to the workers of a Dask cluster, their sums merged as a tree.

A worker streams its files in pieces, as the engine of one machine does, and hands on nothing but their sum. Which files
make a part, and which sums are merged with which, depends on the files alone, and the pieces are of one size where
memory allows: so the bits of what comes out depend neither on how many workers there are nor on who did what.
"""

from __future__ import annotations

import os
import threading
import uuid
import weakref
from collections.abc import Sequence
from contextlib import closing
from typing import Any, cast

import numpy as np

from regcli.data.engines.budget import LEAST_PIECE
from regcli.data.engines.joining import ON_EACH, Joined, distributed, joined, line_of, started
from regcli.data.engines.local import HEAD, bytes_of
from regcli.data.engines.seam import Reached, S, Task, Watch, unwatched
from regcli.data.engines.sharing import TOPIC, How, Order, Share, placed, tree
from regcli.data.reading.bytestream import name_of
from regcli.data.reading.paths import files, is_address, several_names
from regcli.data.sources import Rows
from regcli.data.streaming import chunks
from regcli.errors import RegcliError, UsageError
from regcli.specs import DataSpec

MOST_PARTS = 4096
"""Where there are more files, several that follow one another make a part."""
TICK = 0.25
"""Seconds between two looks at how far a pass has come."""


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
        self._before: tuple[Any, ...] | None = None
        self._by_class: bool | None = None
        self._open: Joined | None = None
        self._end: Any = None

    def suit(self, moments: int) -> None:
        """Sums take so many bytes; UsageError where the memory of a worker does not suffice for them."""
        self._moments = moments
        self._cluster()

    def head(self, spec: DataSpec) -> Rows:
        """The first rows, which are read here."""
        rows = self._little(spec, HEAD)
        self._columns = tuple(rows.frame.columns)
        return rows

    def _little(self, spec: DataSpec, size: int = LEAST_PIECE) -> Rows:
        with closing(chunks(spec, self._head, size)) as pieces:
            return placed(next(pieces), self._said)

    def total(self, task: Task[S]) -> S:
        """One pass: the sum over all files, in their order.

        Where it matters how many rows come before a file, the last pass tells. Without one the lines are counted, or,
        where rows are counted by class, the rows in a pass of its own. Where that was wrong, for other rows are used,
        the pass is made again with what it has told.
        """
        before: Sequence[Any] = (0,) * len(self._parts)
        if task.numbered and len(self._parts) > 1:
            if self._by_class is None:
                self._by_class = np.ndim(task.of(self._little(task.spec), 0).rows) > 0
            if self._before is not None and self._by_class == (np.ndim(self._before[-1]) > 0):
                before = self._before
            else:
                before = self._pass(task, before, "count" if self._by_class else "guess").before
        while True:
            share = self._pass(task, before)
            self._before = share.before
            if not task.numbered or all(map(np.array_equal, before, share.before)):
                return share.sum  # type: ignore[no-any-return]
            before = share.before

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

    def _pass(self, task: Task[Any], before: Sequence[Any], how: How = "sum") -> Share:
        """What came of all parts, before each of which so many rows are used."""
        cluster, run = self._cluster(), uuid.uuid4().hex
        heard: dict[int, tuple[int, int]] = {}
        done = threading.Event()

        def hear(event: tuple[float, Sequence[Any]]) -> None:
            of, part, rows, size = event[1]
            if of == run:
                heard[part] = rows, size

        order = Order(run, task, cluster.size, how, self._said, name_of(self._head), self._columns)
        future = None
        self.passes += 1
        try:
            cluster.client.subscribe_topic(TOPIC, hear)
            future = cluster.client.compute(tree(order, self._parts, before), optimize_graph=False)
            future.add_done_callback(lambda _: done.set())
            while not future.done():
                done.wait(TICK)
                self._tell(list(heard.values()))
            if future.status != "finished":
                raise self._reason(future)
            share: Share = future.result()
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
            return UsageError(
                "the cluster was lost in the middle of a pass", found=None if error is None else line_of(error)
            )
        return cast(BaseException, error)
