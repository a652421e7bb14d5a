"""A progress bar on standard error: only at a terminal, only for work that takes over a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from regcli.data.engines.seam import Reached

PATIENCE = 1.0
"""Seconds of work before the bar is shown."""


class Progress:
    """Called with how much is done and of how much; draws nothing unless somebody looks and has reason to wonder."""

    def __init__(self, what: str, quiet: bool = False) -> None:
        self._what = what
        self._begun = time.monotonic()
        self._watched = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def __call__(self, done: int, of: int) -> None:
        """`done` of `of` are done."""
        if not self._watched or (self._bar is None and time.monotonic() - self._begun < PATIENCE):
            return
        if done >= of:
            self._clear()
            return
        self._draw(self._what, done, of)

    def _draw(self, what: str, done: int, of: int | None) -> None:
        if self._bar is None:
            self._bar = self._new_bar()
            self._bar.start()
            self._task = self._bar.add_task(what, total=of)
        self._bar.update(self._task, description=what, completed=done, total=of, refresh=True)

    def _new_bar(self) -> Any:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

        return _bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class Passes(Progress):
    """The same for passes over rows: which it is, how many rows and bytes it has seen, and the time left."""

    def __init__(self, quiet: bool = False) -> None:
        super().__init__("rows", quiet)

    def of_rows(self, reached: Reached) -> None:
        """A pass has come so far."""
        if not self._watched or (self._bar is None and time.monotonic() - self._begun < PATIENCE):
            return
        if reached.bytes >= reached.of > 0:
            self._clear()
            return
        self._draw(f"pass {reached.turn}: {reached.rows:,} rows", reached.bytes, reached.of or None)

    def _new_bar(self) -> Any:
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

        return _bar(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())


def _bar(*columns: Any) -> Any:
    from rich.console import Console
    from rich.progress import Progress as RichProgress

    # Without a thread of its own: beside one, folds could not be given to forked processes.
    return RichProgress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
