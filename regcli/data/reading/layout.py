"""How a text is cut into cells: delimiter, header, where the data begin, how wide they are, which line a row is on."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from regcli.data.reading.records import Lines, Record, SwallowedLinesError, UnclosedQuoteError, records, rows
from regcli.errors import DataError, Notice, counted, shortened

CANDIDATES = ("\t", ";", "|", ",")
SPELLED = {"\t": "tab", " ": "space"}
_SAMPLE_LINES = 500
_SAMPLE_SIZE = 1 << 18
_FULL = re.compile(rb"[^ \t\r\n]")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?\s*")


@dataclass(frozen=True)
class Layout:
    """The delimiter, the cells of the header, and the byte, line and width of the first data row.

    `width` exceeds the header's only by cells that are empty in the first row: delimiters at the ends of the rows.
    """

    delimiter: str
    header: tuple[str, ...]
    width: int
    start: int
    line: int
    notices: tuple[Notice, ...]

    @property
    def names(self) -> list[str]:
        """The header's cells, with empty ones for the columns beyond it."""
        return [*self.header, *[""] * (self.width - len(self.header))]


def layout(content: bytes, name: str, sep: str | None, decimal: str) -> Layout:
    """Find the delimiter, unless it is given, and read header and first row.

    Raises DataError where there is no header, no data row, one column only, or a first row of another width.
    """
    if _FULL.search(content) is None:
        kind = "is empty" if not content else "holds nothing but blank lines"
        raise DataError(f"{name} {kind}: no header and 0 rows were found")
    found = sep if sep is not None else _find(content, decimal)
    delimiter = found if found is not None else ","
    with quotes_of(name):
        first = list(itertools.islice(records(content, delimiter), 2))
    header = first[0]
    if len(header.cells) == 1 and (len(first) == 1 or len(first[1].cells) == 1):
        _one_column(header, content, name, delimiter, decimal)
    if len(first) == 1:
        raise DataError(f"{name} has a header of {counted(len(header.cells), 'column')} and 0 data rows")
    cells = _fitted(_as_written(header, content, delimiter), first[1], name, content, delimiter)
    notices = _notices(delimiter, sep, cells)
    return Layout(delimiter, tuple(cells), max(len(first[1].cells), len(cells)), first[1].start, first[1].line, notices)


def _as_written(header: Record, content: bytes, delimiter: str) -> list[str]:
    """The header's cells with the spaces before them, which the csv module skips, so that it can be said."""
    line = content[header.start : header.end].decode("utf-8").rstrip("\r\n")
    return header.cells if '"' in line else line.split(delimiter)


def _fitted(header: list[str], row: Record, name: str, content: bytes, delimiter: str) -> list[str]:
    """The header without the empty cells at its end that the first row lacks; a row of another width is an error."""
    extra = len(row.cells) - len(header)
    if extra < 0 and not any(cell.strip() for cell in header[extra:]):
        return header[:extra]
    if extra < 0 or any(cell.strip() for cell in row.cells[len(header) :]):
        check_widths(content, name, delimiter, len(header), 0, 1)
    return header


def spelled(delimiter: str) -> str:
    """The delimiter as it is typed after --sep."""
    return SPELLED.get(delimiter, f"'{delimiter}'")


def _notices(delimiter: str, sep: str | None, header: Sequence[str]) -> tuple[Notice, ...]:
    notices = []
    if sep is None and delimiter != ",":
        typed = spelled(delimiter)
        notices.append(Notice("delimiter", f"columns are separated by {typed}, as found in the file (--sep sets it)"))
    named = [cell for cell in header if cell.strip()]
    if named and all(_NUMBER.fullmatch(cell) for cell in named):
        notices.append(
            Notice("header_numeric", "the header consists of numbers only: the first row may be data without a header")
        )
    return tuple(notices)


def _one_column(header: Record, content: bytes, name: str, delimiter: str, decimal: str) -> NoReturn:
    line = content[header.start : header.end].decode("utf-8").strip("\r\n")
    near = _find(content, decimal) or _find(content, ".")
    if near is None and len(line.split()) > 1:
        near = " "
    hint = "--sep ';' or whatever stands between the columns"
    if near is not None and near != delimiter:
        hint = f"--sep {spelled(near)}"
    typed = spelled(delimiter)
    raise DataError(
        f"{name} has one column only when cut at {typed}: a target and a feature are needed",
        found=shortened(line),
        hint=hint,
    )


def _find(content: bytes, decimal: str) -> str | None:
    """The candidate that cuts the first lines most evenly into two columns or more, outside quotes."""
    sample, whole = _sample(content)
    candidates = [mark for mark in CANDIDATES if mark != decimal]
    scores = [(score, mark) for mark in candidates if (score := _score(sample, whole, mark)) is not None]
    return max(scores, key=lambda pair: pair[0])[1] if scores else None


def _sample(content: bytes) -> tuple[list[str], bool]:
    lines: list[str] = []
    size = 0
    for text in Lines(content):
        lines.append(text)
        size += len(text)
        if len(lines) >= _SAMPLE_LINES or (size >= _SAMPLE_SIZE and len(lines) > 2):
            return lines, False
    return lines, True


def _score(sample: list[str], whole: bool, mark: str) -> tuple[bool, float, float] | None:
    """Does the header have two cells or more; which share of the rows has as many; which share of cells is numbers."""
    if not any(mark in text for text in sample):
        return None
    table = [row for row in rows(sample, mark) if len(row) > 1 or (row and row[0].strip())]
    if not whole and len(table) > 2:
        table.pop()
    widths = [len(row) for row in table]
    expected = widths[0] if widths[0] > 1 else max(widths)
    if expected < 2:
        return None
    even = sum(_same_width(width, expected, row) for width, row in zip(widths, table, strict=True)) / len(table)
    cells = [cell for row in table[1:51] for cell in row[:200] if cell.strip()]
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in cells) / max(1, len(cells))
    return widths[0] > 1, even, numbers


def _same_width(width: int, expected: int, row: list[str]) -> bool:
    return width == expected or (width > expected and not any(cell.strip() for cell in row[expected:]))


@contextmanager
def quotes_of(name: str) -> Iterator[None]:
    """Turn quotes that do not pair up into a DataError that names the file and the line."""
    try:
        yield
    except UnclosedQuoteError as error:
        what, advice = "the quote opened in line {} is never closed", "close it"
        raise DataError(f"{name}: {what.format(*error.args)}", hint=f"{advice}, or double it inside a cell") from None
    except SwallowedLinesError as error:
        what, advice = (
            "the quote opened in line {} is closed in line {}, in the middle of a cell",
            "close it in its line",
        )
        raise DataError(f"{name}: {what.format(*error.args)}", hint=f"{advice}, or double it inside a cell") from None


def check_widths(content: bytes, name: str, delimiter: str, expected: int, start: int, line: int) -> int:
    """How many rows there are from this byte on; DataError for the first that is not as wide as the others."""
    number = 0
    wrong: dict[int, int] = {}
    first: Record | None = None
    with quotes_of(name):
        for record in records(content, delimiter, start, line):
            number += 1
            if len(record.cells) != expected:
                wrong[len(record.cells)] = wrong.get(len(record.cells), 0) + 1
                first = first or record
    if first is None:
        return number
    count = sum(wrong.values())
    more = f"; {counted(count, 'row')} of another width in all" if count > 1 else ""
    hint = f"correct line {first.line}, or quote the cells that hold {spelled(delimiter)}"
    if start == 0 and wrong == {expected + 1: number - 1}:
        hint = "name the first column too: the header has one cell less than every row"
    raise DataError(
        f"{name}, line {first.line}: {counted(len(first.cells), 'cell')} where {expected} are expected{more}",
        found=shortened(delimiter.join(first.cells)),
        hint=hint,
    )


def line_numbers(content: bytes, delimiter: str, start: int, line: int) -> Iterator[int]:
    """The physical line on which each data row begins."""
    return (record.line for record in records(content, delimiter, start, line))
