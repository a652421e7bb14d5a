"""How a text is cut into cells: delimiter, header, where the data begin, how wide they are, which line a row is on."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from regcli.data.reading.delimiters import NUMBER, found, spelled
from regcli.data.reading.records import Part, Record, records_of
from regcli.data.reading.widths import check_widths, quotes_of
from regcli.errors import DataError, Notice, counted, shortened
from regcli.specs import DataSpec

FULL = re.compile(rb"[^ \t\r\n]")


COMMENTS = ("#", "//", "%")


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


def layout(content: bytes, part: Part, spec: DataSpec, least: int = 2) -> Layout:
    """Find the delimiter, unless `spec` gives it, and read header and first row of a part of the text.

    Raises DataError where there is no header, no data row, fewer columns than `least`, or a first row of another width
    (unless such rows are to be dropped).
    """
    if FULL.search(content, part.start) is None:
        kind = "is empty" if not content else "holds nothing but blank lines"
        raise DataError(f"{part.name} {kind}: no header and 0 rows were found")
    delimiter = spec.sep or found(content, spec.decimal, part.start) or ","
    with quotes_of(part.name):
        first = list(itertools.islice(records_of(content, part, delimiter), 2))
    head = first[0]
    if least > 1 and len(head.cells) == 1 and (len(first) == 1 or len(first[1].cells) == 1):
        _one_column(head, content, part.name, delimiter, spec.decimal)
    if not spec.header:
        nameless = ("",) * len(head.cells)
        return Layout(delimiter, nameless, len(nameless), head.start, head.line, _notices(delimiter, spec, ()))
    if len(first) == 1:
        raise DataError(f"{part.name} has a header of {counted(len(head.cells), 'column')} and 0 data rows")
    _no_comment(head, first[1], content, part.name, spec)
    written = _as_written(head, content, delimiter)
    cells, width = _fitted(written, first[1], content, part, delimiter, spec)
    return Layout(delimiter, tuple(cells), width, first[1].start, first[1].line, _notices(delimiter, spec, cells))


def _no_comment(header: Record, row: Record, content: bytes, name: str, spec: DataSpec) -> None:
    """DataError where the first line is of another width than the second and begins as comments do."""
    line = content[header.start : header.end].decode("utf-8").strip()
    mark = next((mark for mark in COMMENTS if line.startswith(mark)), None)
    if spec.comment is None and mark is not None and len(header.cells) != len(row.cells):
        what = f"{name}, line {header.line} looks like a comment, not like the names of columns"
        raise DataError(what, found=shortened(line), options=f"--comment '{mark}'")


def _as_written(header: Record, content: bytes, delimiter: str) -> list[str]:
    """The header's cells with the spaces before them, which the csv module skips, so that it can be said."""
    line = content[header.start : header.end].decode("utf-8").rstrip("\r\n")
    return header.cells if '"' in line else line.split(delimiter)


def _fitted(
    header: list[str], row: Record, content: bytes, part: Part, delimiter: str, spec: DataSpec
) -> tuple[list[str], int]:
    """The header without the empty cells at its end that the first row lacks, and the width of the rows.

    A first row that does not fit is an error, or, where such rows are dropped, the next that fits decides.
    """
    candidates: Iterable[Record] = (row,)
    if spec.bad_rows == "drop":
        candidates = records_of(content, part._replace(start=row.start, line=row.line), delimiter)
    with quotes_of(part.name):
        width = next((len(record.cells) for record in candidates if _fits(header, record)), None)
    if width is None:
        check_widths(content, part, delimiter, len(header), headed=True)
        raise AssertionError("a row that does not fit has another width")
    return header[:width], width


def _fits(header: Sequence[str], row: Record) -> bool:
    """Whether what one of the two has more than the other is empty."""
    extra = [*header[len(row.cells) :], *row.cells[len(header) :]]
    return not any(cell.strip() for cell in extra)


def _notices(delimiter: str, spec: DataSpec, header: Sequence[str]) -> tuple[Notice, ...]:
    notices = []
    if spec.sep is None and delimiter != ",":
        typed = spelled(delimiter)
        notices.append(Notice("delimiter", f"columns are separated by {typed}, as found in the file (--sep sets it)"))
    named = [cell for cell in header if cell.strip()]
    if named and all(NUMBER.fullmatch(cell) for cell in named):
        what = "the header consists of numbers only: the first row may be data without a header"
        notices.append(Notice("header_numeric", f"{what} (then: --no-header)"))
    return tuple(notices)


def _one_column(header: Record, content: bytes, name: str, delimiter: str, decimal: str) -> NoReturn:
    line = content[header.start : header.end].decode("utf-8").strip("\r\n")
    near = found(content, decimal, header.start) or found(content, ".", header.start)
    if near is None and len(line.split()) > 1:
        near = " "
    hint = "--sep ';' or whatever stands between the columns"
    if near is not None and near != delimiter:
        hint = f"--sep {spelled(near)}"
    mark = next((mark for mark in COMMENTS if line.lstrip().startswith(mark)), None)
    if mark is not None:
        hint = f"--comment '{mark}', if that is what lines of comment begin with"
    typed = spelled(delimiter)
    raise DataError(
        f"{name} has one column only when cut at {typed}: a target and a feature are needed",
        found=shortened(line),
        hint=hint,
    )
