"""Work on folds in several processes: a fold has the same answer wherever it is worked out, so their number changes
nothing.

Processes, not threads: some builds of OpenBLAS give wrong products when several Python threads multiply at once.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")

WORTH_IT = 0.5
"""Seconds of work left, by the time of the first fold, from which on other processes are started."""


def run_folds(work: Callable[[int], T], count: int, jobs: int, tell: Callable[[int, int], None]) -> list[T]:
    """What `work` makes of folds 0 to `count` - 1; `tell` hears how many of them are done.

    `work` is sent to other processes where those cannot be forked: it can be pickled.
    """
    begun = time.perf_counter()
    found: dict[int, T] = {0: work(0)}
    tell(1, count)
    jobs = min(jobs, count - 1)
    alone = jobs < 2 or (time.perf_counter() - begun) * (count - 1) < WORTH_IT
    answers = ((index, work(index)) for index in range(1, count)) if alone else _shared(work, count, jobs)
    for index, answer in answers:
        found[index] = answer
        tell(len(found), count)
    return [found[index] for index in range(count)]


def _shared(work: Callable[[int], T], count: int, jobs: int) -> Iterator[tuple[int, T]]:
    """Every process works off its own share of the folds and sends each answer as it is found.

    A process whose parent is gone fails at its next answer, and is gone too.
    """
    from multiprocessing.connection import Connection, wait

    context = _context()
    readers: list[Connection] = []
    workers = []
    try:
        for first in range(1, jobs + 1):
            reader, writer = context.Pipe(duplex=False)
            share = range(first, count, jobs)
            worker = context.Process(target=_work, args=(work, share, writer, [*readers, reader]), daemon=True)
            worker.start()
            writer.close()
            readers.append(reader)
            workers.append(worker)
        while readers:
            for reader in wait(readers):
                assert isinstance(reader, Connection)
                try:
                    message = reader.recv()
                except EOFError:
                    readers.remove(reader)
                    continue
                if isinstance(message, BaseException):
                    raise message
                yield message
        for worker in workers:
            worker.join()
            if worker.exitcode:
                raise MemoryError("a process that worked on some folds was ended from outside")
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.kill()


def _work(work: Callable[[int], Any], share: range, writer: Connection, others: list[Connection]) -> None:
    for other in others:  # the ends that only the parent reads: while one is open here, a dead parent is not noticed
        other.close()
    for index in share:
        try:
            message: Any = (index, work(index))
        except Exception as error:
            message = error
        try:
            writer.send(message)
        except BrokenPipeError:
            return


def _context() -> Any:
    """Forking costs nothing and shares the rows, but is safe only without other threads, and not on macOS."""
    import multiprocessing

    fork = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if fork else "spawn")
