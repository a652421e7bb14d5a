"""Which rows can be used; and everything that stands in their way in one error, which ends in the options that do."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.answering import odd_target
from regcli.data.columns import as_option
from regcli.data.roles import MOST_LEVELS, Kind, Role
from regcli.data.sources import Rows
from regcli.errors import DataError, Notice, counted, listed, shortened, visible
from regcli.specs import DataSpec, FamilyName

WORTH_DROPPING = 0.1
"""Rows with gaps are proposed to be dropped up to this share of all; beyond, filling them in is."""


@dataclass(frozen=True)
class Used:
    """The rows that are used, and how they are called in messages."""

    frame: pd.DataFrame
    rows: Rows
    positions: NDArray[np.intp]
    dropped_rows: tuple[tuple[str, int], ...]
    notices: tuple[Notice, ...]

    def where(self, positions: Sequence[int]) -> str:
        """`line 5`, or `lines 5, 17, 90 and 12 more`."""
        return self.rows.where([int(self.positions[i]) for i in positions])

    def lines(self) -> list[int]:
        """The line of each row in its file, or its number where rows are not from a file."""
        return self.rows.lines(self.positions)


def usable(
    rows: Rows,
    data: DataSpec,
    target: str | None,
    roles: Mapping[str, Role],
    markers: Sequence[str],
    least: int = 2,
    family: FamilyName | None = None,
) -> Used:
    """The rows that the policy for missing cells keeps, or one error with everything that stands in the way.

    Gaps in columns of levels are a level of their own, but under `drop`. A gap in the target is never filled: its row
    is dropped wherever gaps may be. The `markers` say which rows are what, or how they count. `family` is the one that
    was asked for.
    """
    bad = {name: role for name, role in roles.items() if not role.usable}
    if target is not None and (odd := odd_target(rows, target, data, family)) is not None:
        bad = {target: odd, **bad}
    levels = [name for name, role in roles.items() if role.kind in ("levels", "true/false")]
    needed = [*([target] if target and target not in bad else []), *markers]
    strict = [*needed, *(name for name in roles if name not in bad and name not in levels)]
    if data.missing == "drop":
        strict += levels
    elif data.missing != "error":
        strict = needed
    apart = set(strict)
    gappy = rows.frame[[name for name in rows.frame.columns if name in apart]].isna().to_numpy().any(axis=1)
    incomplete = np.flatnonzero(gappy)
    absent = rows.frame[strict].isna() if bad or len(incomplete) else rows.frame[[]]
    if bad or (len(incomplete) and data.missing == "error"):
        raise _blocked(rows, data, roles, bad, absent, needed)
    positions = np.flatnonzero(~gappy)
    if len(positions) < least:
        raise _too_few(rows, len(positions), least, absent if len(incomplete) else None, data.missing == "drop")
    notices = _notices(rows, data, absent, incomplete)
    dropped = (*rows.dropped_rows, *([("missing cell", len(incomplete))] if len(incomplete) else []))
    frame = rows.frame.iloc[positions] if len(incomplete) else rows.frame
    return Used(frame, rows, positions, dropped, tuple(notices))


def _notices(rows: Rows, data: DataSpec, absent: pd.DataFrame, incomplete: NDArray[np.intp]) -> list[Notice]:
    if not len(incomplete):
        return []
    count = f"{counted(len(incomplete), 'row')} of {rows.rows_read:,}"
    what = f"{count} dropped: missing cells in {by_column(absent)} ({rows.where(incomplete)})"
    return [Notice("dropped_rows", what)]


def by_column(absent: pd.DataFrame) -> str:
    """`bmi (3), s5 (1)`: the columns with missing cells, those with most first."""
    counts = absent.sum()
    counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
    return listed([f"{visible(str(name))} ({count:,})" for name, count in counts.items()])


def _too_few(rows: Rows, number: int, least: int, absent: pd.DataFrame | None, fillable: bool) -> DataError:
    needed = "one is needed" if least == 1 else "two are needed"
    after, options = "", None
    if absent is not None:
        after = f" after dropping {int(absent.any(axis=1).sum()):,} with missing cells in {by_column(absent)}"
        options = "--missing median" if fillable else None
    return DataError(f"{rows.name} has {counted(number, 'usable row')}{after}: {needed}", options=options)


def _blocked(
    rows: Rows,
    data: DataSpec,
    roles: Mapping[str, Role],
    bad: Mapping[str, Role],
    absent: pd.DataFrame,
    needed: Sequence[str],
) -> DataError:
    said, options, excluded = [], [], []
    found = None
    for name, role in bad.items():
        text = role.text
        if text is not None and text.row >= 0:
            found = found or f"{shortened(text.cell)} in {visible(name)}, {rows.where([text.row])}"
        if role.kind == "undeclared date":
            options.append("--dates ordinal")
        elif role.kind == "classes":
            options.append("--family multinomial")
        elif role.kind == "odd cells" and text is not None and text.hint:
            options.append(text.hint)
        else:
            excluded.append(name)
    for kind, sentence in _SENTENCES.items():
        of_kind = [role for role in bad.values() if role.kind == kind]
        if of_kind:
            said.append(sentence(of_kind))
    incomplete = np.flatnonzero(absent.to_numpy().any(axis=1))
    if len(incomplete) and data.missing == "error":
        verb = "has" if len(incomplete) == 1 else "have"
        cells = f"{counted(len(incomplete), 'row')} of {rows.rows_read:,} {verb} missing cells"
        said.append(f"{cells}: {by_column(absent)} ({rows.where(incomplete)})")
    if data.missing == "error" and (len(incomplete) or any("--na" in option for option in options)):
        few = len(incomplete) <= WORTH_DROPPING * len(rows.frame) or not absent.drop(columns=list(needed)).any(
            axis=None
        )
        options.append("--missing drop" if few else "--missing median")
    if excluded:
        options.append(as_option("--exclude", excluded))
    some_left = any(name not in excluded for name in roles)
    odd = [role.text for role in bad.values() if role.kind == "odd cells" and role.text is not None]
    if not data.header and odd and all(text.count == 1 and text.row == 0 for text in odd):
        return DataError(
            f"{rows.name}: {'; '.join(said)}", found=found, hint="leave out --no-header: the first row names them"
        )
    return DataError(f"{rows.name}: {'; '.join(said)}", found=found, options=_joined(options) if some_left else None)


def _joined(options: Sequence[str]) -> str:
    """The options, each once, and those that take names with all their names at once."""
    pairs: dict[tuple[str, str], None] = {}
    words = shlex.split(" ".join(options))
    for option, value in zip(words[::2], words[1::2], strict=True):
        pairs[option, value] = None
    units = [value for option, value in pairs if option == "--units"]
    rest = [shlex.join([option, value]) for option, value in pairs if option != "--units"]
    before = [part for part in rest if not part.startswith(("--missing", "--exclude"))]
    after = [part for part in rest if part.startswith(("--missing", "--exclude"))]
    return " ".join([*before, *([as_option("--units", units)] if units else []), *after])


def _names(roles: Sequence[Role]) -> str:
    return listed([visible(role.name) for role in roles])


def _are(roles: Sequence[Role], one: str, several: str) -> str:
    return f"{_names(roles)} {one if len(roles) == 1 else several}"


def _odd_cells(roles: Sequence[Role]) -> str:
    each = []
    for role in roles:
        count = role.text.count if role.text else 0
        verb = "is not a number" if count == 1 else "are not numbers"
        each.append(f"{counted(count, 'cell')} of {visible(role.name)} {verb}")
    return "; ".join(each)


def _many_levels(roles: Sequence[Role]) -> str:
    each = listed([f"{visible(role.name)} ({role.levels:,})" for role in roles])
    ways = f"as levels only with --categorical {visible(roles[0].name)}, best with --min-level-count 10"
    verb = "is text" if len(roles) == 1 else "are text"
    return f"{each} {verb} with more than {MOST_LEVELS} values, or hardly any twice ({ways})"


_SENTENCES: dict[Kind, Callable[[Sequence[Role]], str]] = {
    "odd cells": _odd_cells,
    "identifier": lambda roles: _are(roles, "only names the rows, an identifier", "only name the rows, identifiers"),
    "many levels": _many_levels,
    "undeclared date": lambda roles: _are(roles, "is a date or a time", "are dates or times"),
    "unreadable date": lambda roles: _are(
        roles,
        "holds dates that can be read in two ways, or in none",
        "hold dates that can be read in two ways, or in none",
    ),
    "classes": lambda roles: listed(
        [f"the target {visible(role.name)} is text, {role.levels:,} different values, no numbers" for role in roles]
    ),
    "empty": lambda roles: _are(roles, "has no cells", "have no cells"),
}
