"""What a column of text seems to hold, and which option would read it as numbers."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from regcli.data.columns import as_option
from regcli.data.reading.dressed import SPELLED, Bare, bare, marks_in, multiplies, ungrouped
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
SHORT = 10_000
"""Fewer cells are counted faster one by one than by pandas."""
NEARLY_ALL = 0.95

_DIGITS = r"[0-9]+(?:[.,'\u2019 \u00a0\u202f\u2009][0-9]+)*"
_DRESSED = re.compile(
    rf"""\(?\s*[-+\u2212\u2013]?\s*(?P<before>[$\u20ac\u00a3\u00a5\u20b9]|(?:USD|EUR|GBP|CHF|Rs\.?)(?=[\s0-9]))?\s*
    [-+\u2212\u2013]?(?:{_DIGITS}[.,]?|[.,][0-9]+)(?:[eE][-+\u2212]?[0-9]+)?
    \s*(?P<unit>[%\u2030\u00b0$\u20ac\u00a3\u00a5]|(?P<word>\u00b0?[^\W\d_][\w/\u00b2\u00b3\u00b0]{{0,5}}))?\s*\)?""",
    re.VERBOSE,
)
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_DECIMAL = {mark: re.compile(rf"[+-]?[0-9]*{re.escape(mark)}[0-9]+(?:[eE][+-]?[0-9]+)?") for mark in ".,"}
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
    short = len(cells) < SHORT
    each = Counter(cells.tolist()) if short else cells.value_counts(sort=False)
    counts = {str(cell): int(times) for cell, times in each.items()}
    strange = {cell: times for cell, times in counts.items() if number(cell, decimal) is None}
    name = str(column.name)
    if not strange:
        return TextColumn(name, "text", 0, -1, "", None)
    row = int((column.isin(list(strange)) & column.notna()).to_numpy().argmax())
    kind = _kind(counts, strange)
    hint = _hint(name, str(column.iloc[row]), counts, strange, decimal) if kind == "mostly numeric" else None
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


def _hint(name: str, first: str, counts: Mapping[str, int], strange: Mapping[str, int], decimal: str) -> str | None:
    """The options that read the column as numbers, each of them whole; None where none would."""
    markers = [cell for cell in strange if _is_marker(cell)]
    dressed = [cell for cell in strange if cell not in markers]
    other = "," if decimal == "." else "."
    thousands = bool(dressed) and all(ungrouped(cell, other, decimal) is not None for cell in dressed)
    if dressed and not thousands and all(_DECIMAL[other].fullmatch(cell) for cell in dressed) and first in dressed:
        return f"--decimal {other}"
    if dressed:
        options = _undressing(name, dressed, counts, decimal)
        if options is not None:
            return " ".join([*options, *_na(markers, markers[:1])])
    lone = len(strange) == 1 and not any(char.isdigit() for char in first)
    if first in markers or lone:
        return " ".join(_na([first, *(cell for cell in markers if cell != first)], [first])) or None
    return None


def _na(markers: Sequence[str], needed: Sequence[str]) -> list[str]:
    """`--na` for some markers, if those that are needed can be typed."""
    typed = [cell for cell in markers if cell.isprintable() and "," not in cell]
    return [f"--na {shlex.quote(cell)}" for cell in typed[:4]] if set(needed) <= set(typed) else []


def _undressing(name: str, dressed: Sequence[str], counts: Mapping[str, int], decimal: str) -> list[str] | None:
    """The options for thousands marks, units and signs around the number, and the decimal mark beside them."""
    parts = {cell: bare(cell) for cell in dressed}
    known = [part for part in parts.values() if part is not None]
    units = {part.unit for part in known} - {None}
    if len(known) < len(parts) or len(units) > 1 or not _is_worn(units, parts, counts):
        return None
    for mark in (decimal, "," if decimal == "." else "."):
        digits = [part.digits for part in known if number(part.digits, mark) is None]
        marks = {marks_in(text, mark) for text in digits}
        plain = all(number(cell, mark) is not None for cell in counts if cell not in parts and not _is_marker(cell))
        if None in marks or len(marks) > 1 or not plain:
            continue
        options = [] if mark == decimal else [f"--decimal {mark}"]
        options += [f"--thousands {SPELLED[found]}" for found in marks if found]
        worn = any(part is not None and (part.unit is not None or part.digits != cell) for cell, part in parts.items())
        return [*options, as_option("--units", [name])] if worn else options
    return None


def _is_worn(units: Collection[str | None], parts: Mapping[str, Bare | None], counts: Mapping[str, int]) -> bool:
    """A word is a unit where most cells wear it: one `3x` among numbers is a slip; what multiplies, where all do."""
    words = [unit for unit in units if unit and any(char.isalpha() for char in unit)]
    if not words:
        return True
    wearing = sum(counts[cell] for cell, part in parts.items() if part is not None and part.unit is not None)
    total = sum(times for cell, times in counts.items() if not _is_marker(cell))
    return 2 * wearing > total and (wearing == total or not multiplies(words[0]))


def _is_marker(cell: str) -> bool:
    return cell.strip().lower() in MARKERS
