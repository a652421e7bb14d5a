"""What a pass over the rows is: a task makes a sum of each piece, an engine adds them up.

Whatever a stream is asked for, levels or moments, is such a sum. An engine knows where the pieces are and who works on
them, a task what is to be known of a piece; neither knows the other, so another engine is one more file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from regcli.data.sources import Rows
from regcli.specs import DataSpec


class Sum(Protocol):
    """What is known of some rows; `rows` of them are used, which is how those after them are numbered."""

    @property
    def rows(self) -> Any:
        """How many rows were used: a number, or an array with that of each class. Both are added with +."""

    def merge(self, other: Self) -> Self:
        """The same of both: of rows that come before, and of those of `other`."""


S = TypeVar("S", bound=Sum)
S_co = TypeVar("S_co", bound=Sum, covariant=True)


class Task(Protocol[S_co]):
    """What is to be known of each piece. It can be sent to other processes."""

    @property
    def spec(self) -> DataSpec:
        """How the text of a piece is read."""

    @property
    def numbered(self) -> bool:
        """Whether it matters how many rows come before a piece."""

    def of(self, rows: Rows, first: Any) -> S_co:
        """The sum of one piece, before which `first` rows are used: 0, or what `Sum.rows` adds up to."""


@dataclass(frozen=True)
class Reached:
    """How far pass number `turn` has come: rows, and bytes of all there are (0: nobody knows), as they lie on the
    disk."""

    turn: int
    rows: int
    bytes: int
    of: int


Watch = Callable[[Reached], None]


def unwatched(reached: Reached) -> None:
    """Nobody looks."""


class Engine(Protocol):
    """Passes over all rows of a source, as often as it is asked to."""

    @property
    def name(self) -> str:
        """How it is called in a document: chunks, dask."""

    @property
    def passes(self) -> int:
        """How many there were so far."""

    def suit(self, moments: int) -> None:
        """Make the pieces as large as memory allows beside sums of so many bytes; UsageError where it allows none."""

    def head(self, spec: DataSpec) -> Rows:
        """The first rows, which tell what the columns are."""

    def total(self, task: Task[S]) -> S:
        """One pass: the sum over all pieces, in the order of the rows."""
