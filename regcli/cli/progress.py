"""A progress bar on standard error: only at a terminal, only for work that takes over a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

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

    def __enter__(self) -> Progress:
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
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=of)
        self._bar.update(self._task, completed=done, total=of, refresh=True)

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Without a thread of its own: beside one, folds could not be given to forked processes.
    return RichProgress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
