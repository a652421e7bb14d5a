"""What each column is taken as: a number, levels, a date; or why it cannot be a feature as it stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from regcli.data.cells import TextColumn, diagnose
from regcli.data.columns import matching
from regcli.data.features.dates import AmbiguousDateError, Style, style_of
from regcli.errors import UsageError, listed
from regcli.specs import DataSpec

Kind = Literal[
    "number", "levels", "true/false", "date",
    "identifier", "many levels", "odd cells", "undeclared date", "unreadable date", "empty", "classes",
]  # fmt: skip
USABLE = frozenset({"number", "levels", "true/false", "date"})
MOST_LEVELS = 50
FEW_ROWS = 20

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_NAMES_ROWS = frozenset({"id", "ids", "pid", "uid", "uuid", "guid", "rowid", "identifier"})
_MAY_COUNT_ROWS = frozenset(
    {"no", "nr", "num", "number", "index", "idx", "order", "row", "rows", "rownames", "rownum", "obs", "key", "serial"}
    | {"record", "ref", "column", "unnamed"}
)


@dataclass(frozen=True)
class Role:
    """What a column is taken as; `text` is what was found in its cells, where they are text."""

    name: str
    kind: Kind
    levels: int = 0
    style: Style | None = None
    text: TextColumn | None = None

    @property
    def usable(self) -> bool:
        """Whether it can be a feature."""
        return self.kind in USABLE


@dataclass(frozen=True)
class Wishes:
    """The columns that the user calls levels, numbers, identifiers, or features by their very names."""

    categorical: frozenset[str]
    numeric: frozenset[str]
    named: frozenset[str]
    dates: bool

    @classmethod
    def of(cls, spec: DataSpec, names: Sequence[str], named: Collection[str] = ()) -> Wishes:
        """Raises UsageError for names that the file lacks and for columns that are called both."""
        levels = matching(spec.categorical, names, "--categorical")
        numbers = matching(spec.numeric, names, "--numeric")
        if levels & numbers:
            raise UsageError(f"--categorical and --numeric both name {listed(sorted(levels & numbers))}")
        return cls(frozenset(levels), frozenset(numbers), frozenset(named), spec.dates is not None)


def role_of(column: pd.Series[Any], wishes: Wishes, decimal: str) -> Role:
    """The role of one column of a plain frame (see `regcli.data.sources.Rows`)."""
    name = str(column.name)
    if column.dtype.kind in "iuf":
        return _of_numbers(column, name, wishes)
    if column.dtype == np.bool_:
        return Role(name, "true/false", 2)
    levels = int(column.nunique())
    if levels == 0:
        return Role(name, "empty")
    if name in wishes.categorical:
        return Role(name, "levels", levels)
    return _of_text(column, name, levels, wishes, decimal)


def _of_numbers(column: pd.Series[Any], name: str, wishes: Wishes) -> Role:
    if column.isna().all():
        return Role(name, "empty")
    if name in wishes.categorical:
        return Role(name, "levels", int(column.nunique()))
    if name not in wishes.numeric | wishes.named and numbers_rows(column, name):
        return Role(name, "identifier")
    return Role(name, "number")


def numbers_rows(column: pd.Series[Any], name: str) -> bool:
    """Whether whole numbers, no two alike, only name the rows: by the column's name, or by a name and counting."""
    words = {word.lower() for word in _WORDS.findall(name)}
    if column.dtype.kind not in "iu" or len(column) < FEW_ROWS or not words & (_NAMES_ROWS | _MAY_COUNT_ROWS):
        return False
    return column.is_unique and bool(words & _NAMES_ROWS or counts_rows(column))


def counts_rows(column: pd.Series[Any]) -> bool:
    """Whether the column counts 0, 1, 2 or 1, 2, 3 and so on, down the file or up."""
    if column.dtype.kind not in "iu" or len(column) < FEW_ROWS:
        return False
    values = column.to_numpy()
    return bool(
        min(values[0], values[-1]) in (0, 1) and (np.all(np.diff(values) == 1) or np.all(np.diff(values) == -1))
    )


def _of_text(column: pd.Series[Any], name: str, levels: int, wishes: Wishes, decimal: str) -> Role:
    found = diagnose(column, decimal)
    if found.kind == "mostly numeric" or name in wishes.numeric:
        return Role(name, "odd cells", levels, text=found)
    if found.kind == "true/false":
        return Role(name, "true/false", levels, text=found)
    if found.kind == "date":
        return _of_dates(column, name, levels, wishes, found)
    if found.kind == "identifier":
        return Role(name, "identifier", levels, text=found)
    rows = int(column.notna().sum())
    if levels > MOST_LEVELS or (rows >= FEW_ROWS and 2 * levels > rows):
        return Role(name, "many levels", levels, text=found)
    return Role(name, "levels", levels, text=found)


def _of_dates(column: pd.Series[Any], name: str, levels: int, wishes: Wishes, found: TextColumn) -> Role:
    try:
        style = style_of(column)
    except AmbiguousDateError:
        style = None
    if style is None:
        return Role(name, "unreadable date", levels, text=found)
    return Role(name, "date" if wishes.dates else "undeclared date", levels, style, found)
