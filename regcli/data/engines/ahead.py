"""One piece ahead: the next is read while the last is worked on."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def one_ahead(items: Generator[T]) -> Iterator[T]:
    """The same items, each made by another thread while whoever asked is busy with the one before.

    What goes wrong in that thread is raised here, in its turn. Left early, it ends with the item it is at.
    """
    ready: SimpleQueue[tuple[list[T], BaseException | None]] = SimpleQueue()
    wanted = threading.Semaphore(1)
    left = threading.Event()

    def make() -> None:
        try:
            while wanted.acquire() and not left.is_set():
                ready.put(([next(items)], None))
        except BaseException as error:  # raised again where the items are used
            ready.put(([], error))
        items.close()

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            made, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            wanted.release()
            yield made.pop()
    finally:
        left.set()
        wanted.release()
        thread.join()
