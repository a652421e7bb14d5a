"""The engine of one machine: piece after piece, the next read while the last is added up."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from typing import Any

from regcli.data.engines.ahead import one_ahead
from regcli.data.engines.budget import LEAST_PIECE, cost_in_pieces, most_piece, piece_size
from regcli.data.engines.seam import Reached, S, Task, Watch, unwatched
from regcli.data.reading.keeping import keep
from regcli.data.reading.paths import files, is_address
from regcli.data.sources import Rows
from regcli.data.streaming import chunks
from regcli.errors import DataError
from regcli.specs import DataSpec

HEAD = 4 << 20
"""Bytes of the first piece, which tells what the columns are, at the most."""
SHARE = 4
"""It stays, and so takes no more than this part of a piece."""


class Local:
    """Passes over `source` in pieces, taking up to `memory` bytes; `watch` hears how far each has come."""

    name = "chunks"

    def __init__(self, source: Any, memory: int, watch: Watch = unwatched) -> None:
        self.source, self.memory, self.passes = source, memory, 0
        self._each = cost_in_pieces(files(source))
        self.size = most_piece(memory, 0, self._each)
        self._watch = watch
        self._bytes = bytes_of(source)

    def suit(self, moments: int) -> None:
        """Make the pieces as large as memory allows beside sums of so many bytes; UsageError where it allows none."""
        self.size = piece_size(self.memory, moments, self._each)

    def head(self, spec: DataSpec) -> Rows:
        """The first rows."""
        pieces = chunks(spec, self.source, min(max(self.size // SHARE, LEAST_PIECE), HEAD))
        try:
            return next(pieces)
        finally:
            pieces.close()

    def total(self, task: Task[S]) -> S:
        """One pass: the sum over all pieces, in the order of the rows."""
        self.passes += 1
        total: S | None = None
        read = 0
        consumed = [0]
        for rows in one_ahead(self._pieces(task.spec, consumed)):
            read += rows.rows_read
            part = task.of(rows, 0 if total is None else total.rows)
            total = part if total is None else total.merge(part)
            self._watch(Reached(self.passes, read, consumed[0], self._bytes))
        if total is None:
            raise DataError("no rows of data")
        return total

    def _pieces(self, spec: DataSpec, consumed: list[int]) -> Generator[Rows]:
        tell: Callable[[int], None] = lambda bytes: consumed.__setitem__(0, bytes)  # noqa: E731
        yield from chunks(spec, self.source, self.size, tell=tell)


def bytes_of(source: Any) -> int:
    """How many bytes the files have; 0 where nobody knows."""
    paths = files(source)
    if any(is_address(path) for path in paths):
        return 0
    try:
        return sum(keep() if path == "-" else os.stat(path).st_size for path in paths)
    except OSError:
        return 0
