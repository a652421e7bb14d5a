"""What a column of text seems to hold, and which option would read it as numbers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from regcli.data.reading.tidy import number

Kind = Literal["text", "mostly numeric", "true/false", "date", "identifier"]

MARKERS = frozenset(
    {
        "-",
        "--",
        "---",
        "?",
        ".",
        "..",
        "...",
        "*",
        "#",
        "_",
        "x",
        "na",
        "n.a.",
        "n.a",
        "n/a",
        "nan",
        "nil",
        "none",
        "null",
        "missing",
    }
    | {
        "unknown",
        "unk",
        "not available",
        "not known",
        "no data",
        "nd",
        "n.d.",
        "\u2013",
        "\u2014",
        "\u2026",
        "#value!",
        "#div/0!",
        "#ref!",
    }
)
FEW = 20
NEARLY_ALL = 0.95

_DIGITS = r"[0-9]+(?:[.,'\u2019 \u00a0\u202f\u2009][0-9]+)*"
_DRESSED = re.compile(
    rf"""\(?\s*[-+\u2212\u2013]?\s*(?P<before>[$\u20ac\u00a3\u00a5\u20b9]|(?:USD|EUR|GBP|CHF|Rs\.?)(?=[\s0-9]))?\s*
    [-+\u2212\u2013]?(?:{_DIGITS}[.,]?|[.,][0-9]+)(?:[eE][-+\u2212]?[0-9]+)?
    \s*(?P<unit>[%\u2030\u00b0$\u20ac\u00a3\u00a5]|(?P<word>\u00b0?[^\W\d_][\w/\u00b2\u00b3\u00b0]{{0,5}}))?\s*\)?""",
    re.VERBOSE,
)
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+")
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"""(?:[0-9]{{4}}[-/.][0-9]{{1,2}}(?:[-/.][0-9]{{1,2}})?|[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.](?:[0-9]{{4}}|[0-9]{{2}})
    |[0-9]{{1,2}}[-\s.]*{_MONTH}[-\s,]*(?:[0-9]{{4}}|[0-9]{{2}})|{_MONTH}[-\s]*[0-9]{{1,2}},?[-\s]+[0-9]{{4}}|[0-9]{{4}}[-\s]?[QW][0-9]{{1,2}})
    (?:[T\s]+[0-9]{{1,2}}:[0-9]{{2}}.*)?|[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]+)?)?(?:\s*[ap]m)?""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class TextColumn:
    """What the cells of a text column are.

    `count` cells are not numbers; the first of them is `cell`, in the row at position `row`. `hint` is the option
    that would read the column as numbers, or None.
    """

    name: str
    kind: Kind
    count: int
    row: int
    cell: str
    hint: str | None


def diagnose(column: pd.Series[Any], decimal: str) -> TextColumn:
    """Name the kind of a text column (see `regcli.data.sources.Rows`) with the first cell that is no number.

    'mostly numeric': over half of the cells that are not missing are numbers, or would be if their thousands marks,
    units, signs or decimal commas were read. A column without any cell is 'text' with `row` -1.
    """
    cells = column.dropna()
    counts = {str(cell): int(times) for cell, times in cells.value_counts(sort=False).items()}
    strange = {cell: times for cell, times in counts.items() if number(cell, decimal) is None}
    name = str(column.name)
    if not strange:
        return TextColumn(name, "text", 0, -1, "", None)
    row = int((column.isin(list(strange)) & column.notna()).to_numpy().argmax())
    kind = _kind(counts, strange)
    hint = _hint(str(column.iloc[row]), list(strange), decimal) if kind == "mostly numeric" else None
    return TextColumn(name, kind, sum(strange.values()), row, str(column.iloc[row]), hint)


def _kind(counts: Mapping[str, int], strange: Mapping[str, int]) -> Kind:
    total = sum(counts.values())
    if all(cell.lower() in ("true", "false") for cell in counts):
        return "true/false"
    odd = sum(strange.values())
    if 2 * (total - odd) > total:
        return "mostly numeric"
    dates = sum(times for cell, times in counts.items() if _DATE.fullmatch(cell))
    if 2 * dates > total:
        return "date"
    if 2 * (total - odd + _would_be_numbers(strange)) > total:
        return "mostly numeric"
    if len(counts) == total > 2 or (total >= FEW and len(counts) >= NEARLY_ALL * total):
        return "identifier"
    return "text"


def _would_be_numbers(strange: Mapping[str, int]) -> int:
    """How many cells are numbers in disguise; with a word for a unit only if all have the same (12kg, not 1st, 2nd)."""
    found = {cell: match for cell in strange if (match := _DRESSED.fullmatch(cell))}
    words = {match["word"] for match in found.values()}
    others = sum(cell not in found and not _is_marker(cell) for cell in strange)
    if words <= {None} or (len(words) == 1 and not others and not words & _ORDINALS):
        return sum(strange[cell] for cell in found)
    return sum(strange[cell] for cell, match in found.items() if match["word"] is None)


def _hint(first: str, strange: Sequence[str], decimal: str) -> str | None:
    if (
        decimal == "."
        and all(_COMMA.fullmatch(cell) or _is_marker(cell) for cell in strange)
        and _COMMA.fullmatch(first)
    ):
        return None if all(_THOUSANDS.fullmatch(cell) for cell in strange if not _is_marker(cell)) else "--decimal ,"
    if (
        decimal == ","
        and all(_POINT.fullmatch(cell) or _is_marker(cell) for cell in strange)
        and _POINT.fullmatch(first)
    ):
        return "--decimal ."
    markers = [cell for cell in strange if _is_marker(cell)]
    lone = len(strange) == 1 and not any(char.isdigit() for char in first)
    if (first in markers or lone) and first.isprintable() and "," not in first:
        others = [cell for cell in markers if cell != first][:3]
        return " ".join(f"--na {shlex.quote(cell)}" for cell in [first, *others])
    return None


def _is_marker(cell: str) -> bool:
    return cell.strip().lower() in MARKERS
