"""Numbers in disguise: thousands marks, currencies, percent signs, units, brackets, read as numbers when asked for."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from regcli.data.reading.tidy import number, retold

MARKS = {",": ",", ".": ".", " ": " \u00a0\u202f\u2009", "'": "'\u2019"}
"""What each --thousands stands for in a cell."""
SPELLED = {",": ",", ".": ".", " ": "space", "'": "apostrophe"}
"""Each --thousands as it is typed, without quotes."""

_MINUS = "\u2212\u2013-"  # the hyphen last: between two others it would be a range
_MONEY = "$\u00a2-\u00a5\u060b\u09f3\u0e3f\u20a0-\u20cf"
_SYMBOL = rf"%\u2030\u00b0{_MONEY}"
_DIGITS = "[.,]?[0-9](?:[0-9.,'\u2019 \u00a0\u202f\u2009]*[0-9])?[.,]?"
_DRESSED = re.compile(
    rf"""(?P<open>\()?\s*(?P<sign>[+{_MINUS}])?\s*(?P<before>[^\W\d_]{{1,5}}\.?[{_MONEY}]?|[{_MONEY}])?\s*
    (?P<within>\()?\s*(?P<second>[+{_MINUS}])?\s*(?P<digits>{_DIGITS}(?:[eE][+{_MINUS}]?[0-9]+)?)\s*(?P<closed>\))?\s*
    (?P<after>(?:[{_SYMBOL}]|[^\W\d_])(?:[{_SYMBOL}/\u00b2\u00b3\u00b7.*\s]|[^\W\d_]){{0,19}}(?:(?<=m)[23])?)?\s*(?P<close>\))?""",
    re.VERBOSE,
)
_FACTORS = frozenset(
    {"k", "m", "b", "bn", "t", "tn", "mn", "mln", "mio", "mrd", "thousand", "million", "billion", "trillion"}
    | {"lakh", "lac", "crore", "cr"}
)


class Bare(NamedTuple):
    """What a cell wears, None for nothing, and the number in it as it is written: sign and digits."""

    unit: str | None
    digits: str


@dataclass(frozen=True)
class Undressed:
    """A column without its units: what was taken off (None: signs only), off how many cells, and how many wore none.

    `bare` says that some of these are not 0.
    """

    column: pd.Series[Any]
    unit: str | None
    worn: int
    plain: int
    bare: bool = False

    def after(self, other: Undressed | None) -> Undressed:
        """What was taken off this column and the rows before it."""
        if other is None:
            return self
        unit = self.unit if self.unit is not None else other.unit
        worn, plain = self.worn + other.worn, self.plain + other.plain
        return Undressed(self.column.iloc[:0], unit, worn, plain, self.bare or other.bare)


class OddCellsError(Exception):
    """Cells that are no numbers with a unit, or wear another unit: what they are, and the first row of each kind."""

    def __init__(self, what: str, rows: list[int], mark: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.rows = rows
        self.mark = mark


@cache
def _grouped(mark: str, decimal: str) -> re.Pattern[str]:
    """Digits in groups of three; 0,123 is no thousand of anything."""
    return re.compile(
        rf"[+-]?[1-9][0-9]{{0,2}}(?P<mark>[{MARKS[mark]}])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*(?:[{decimal}][0-9]*)?"
    )


def ungrouped(cell: str, mark: str, decimal: str) -> str | None:
    """The number without its thousands marks, or None where it has none or where they do not stand at thousands."""
    match = _grouped(mark, decimal).fullmatch(cell.strip())
    return match[0].replace(match["mark"], "") if match and mark != decimal else None


def without_marks(column: pd.Series[Any], mark: str, decimal: str) -> pd.Series[Any] | None:
    """The numbers of a text column whose cells are numbers or have proper thousands marks; None for any other."""
    bare: dict[str, str] = {}
    for cell in column.dropna().unique():
        text = cell if number(cell, decimal) is not None else ungrouped(cell, mark, decimal)
        if text is None:
            return None
        bare[cell] = text
    return retold(column, bare, decimal) if bare else None


def bare(cell: str) -> Bare | None:
    """A cell taken apart; None where it is no number with at most one sign, one pair of brackets and a unit."""
    match = _DRESSED.fullmatch(cell.strip())
    if match is None:
        return None
    opened, closed = [match[group] is not None for group in ("open", "within")], [match["closed"], match["close"]]
    signs = [sign for sign in (match["sign"], match["second"]) if sign]
    brackets = sum(opened)
    if brackets != sum(one is not None for one in closed) or brackets + len(signs) > 1:
        return None
    sign = "-" if brackets or (signs and signs[0] in _MINUS) else ""
    worn = " ".join(part.strip() for part in (match["before"], match["after"]) if part) or None
    return Bare(worn, sign + match["digits"].translate({ord(minus): "-" for minus in _MINUS}))


def undressed(column: pd.Series[Any], thousands: str | None, decimal: str, known: str | None = None) -> Undressed:
    """The numbers of a text column; OddCellsError for a cell that is none, and for a second unit beside `known`."""
    parts: dict[str, Bare] = {}
    for cell in column.dropna().unique():
        plain = number(cell, decimal) is not None
        part = Bare(None, cell) if plain else bare(cell)
        digits = None if part is None else _readable(part.digits, thousands, decimal)
        if part is None or digits is None:
            raise _odd(column, cell, part, decimal)
        parts[cell] = Bare(part.unit, digits)
    unit = _one_unit(column, parts, known, decimal)
    without = any(part.unit is None and number(part.digits, decimal) != 0 for part in parts.values())
    wearing = column.isin([cell for cell, part in parts.items() if part.unit is not None or part.digits != cell])
    worn = int(wearing.sum())
    numbers = retold(column, {cell: part.digits for cell, part in parts.items()}, decimal)
    return Undressed(numbers, unit, worn, int(column.notna().sum()) - worn, without)


def _readable(digits: str, thousands: str | None, decimal: str) -> str | None:
    if number(digits, decimal) is not None:
        return digits
    return ungrouped(digits, thousands, decimal) if thousands else None


def _odd(column: pd.Series[Any], cell: str, part: Bare | None, decimal: str) -> OddCellsError:
    mark = marks_in(part.digits, decimal) if part is not None else None
    return OddCellsError("is no number with a unit", [_row(column, [cell])], mark)


def marks_in(digits: str, decimal: str) -> str | None:
    """The --thousands that would read these digits."""
    return next((mark for mark in MARKS if ungrouped(digits, mark, decimal) is not None), None)


def _one_unit(column: pd.Series[Any], parts: dict[str, Bare], known: str | None, decimal: str) -> str | None:
    units: dict[str, list[str]] = {}
    for cell, part in parts.items():
        if part.unit is not None:
            units.setdefault(part.unit, []).append(cell)
    names = [*([known] if known is not None else []), *(unit for unit in units if unit != known)]
    if len(names) > 1:
        rows = [_row(column, units[unit]) for unit in names if unit in units]
        raise OddCellsError(f"wears two units, {names[0]!r} and {names[1]!r}", rows[-1:] if known else rows[1:2])
    unit = names[0] if names else None
    without = [
        cell for cell, part in parts.items() if part.unit is None and float(part.digits.replace(decimal, ".")) != 0
    ]
    if unit is not None and without and multiplies(unit):
        raise OddCellsError(f"wears {unit!r}, which multiplies, in some cells only", [_row(column, without)])
    return unit


def multiplies(unit: str) -> bool:
    """Whether the unit may stand for a power of ten, so that a cell without it is not in the same scale."""
    return unit.split()[-1].lower() in _FACTORS


def _row(column: pd.Series[Any], cells: Collection[str]) -> int:
    return int(column.isin(list(cells)).to_numpy(dtype=np.bool_).argmax())
