"""Records of a CSV text with the physical lines they begin on: the slow, exact reader behind checks and messages.

The cells themselves are parsed by pandas; this walks the same text with the csv module, whose quoting rules are the
same, where a line number, a header or an exact count of cells is needed.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Record(NamedTuple):
    """One row of cells, the physical line (from 1) and the byte it begins on, and the byte after its line end."""

    cells: list[str]
    line: int
    start: int
    end: int


class Lines:
    """The physical lines of a text (LF, CR LF or CR), which keeps those it handed out until they are `taken`."""

    def __init__(self, content: bytes, start: int = 0, line: int = 1) -> None:
        """Begin at this byte, which begins this line."""
        view = io.BytesIO(content)
        view.seek(start)
        self._text = io.TextIOWrapper(view, encoding="utf-8", newline="")
        self._since: list[str] = []
        self.line = line
        self.end = start

    def __iter__(self) -> Iterator[str]:
        """Each line with its end."""
        for text in self._text:
            self.line += 1
            self.end += len(text) if text.isascii() else len(text.encode("utf-8"))
            self._since.append(text)
            yield text

    def taken(self) -> list[str]:
        """The lines handed out since the last call."""
        lines, self._since = self._since, []
        return lines


class UnclosedQuoteError(Exception):
    """A quote opens in the line given and is still open at the end of the text."""


class SwallowedLinesError(Exception):
    """A quoted cell opens in the first line given and closes in the second, in the middle of another cell."""


def records(content: bytes, delimiter: str, start: int = 0, line: int = 1) -> Iterator[Record]:
    """Every record that is not a blank line, from this byte on; `line` is the line that begins there.

    Raises UnclosedQuoteError and SwallowedLinesError where quotes do not pair up.
    """
    lines = Lines(content, start, line)
    reader = _reader(lines, delimiter)
    while True:
        began, offset = lines.line, lines.end
        cells = _next(reader)
        if cells is None:
            return
        raw = lines.taken()
        if len(cells) <= 1 and not "".join(raw).strip(_blanks(delimiter)):
            continue
        if _may_be_unpaired(raw, cells):
            _check_quotes(raw, cells, delimiter, began)
        yield Record(cells, began, offset, lines.end)


def rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of each record, blank lines as they come, quotes unchecked."""
    reader = _reader(lines, delimiter)
    while (cells := _next(reader)) is not None:
        yield cells


def _reader(lines: Iterable[str], delimiter: str, strict: bool = False) -> Iterator[list[str]]:
    """A csv reader with the rules that the parser follows too."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=strict)


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    """The csv module refuses cells over 128 KiB unless told otherwise, for the whole process: tell it for a moment."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(limit)


def _blanks(delimiter: str) -> str:
    return " \t\r\n".replace(delimiter, "")


def _may_be_unpaired(raw: list[str], cells: list[str]) -> bool:
    """Only a record over several lines, or the last of the text, can have a quote that closes too late or never."""
    if len(raw) == 1 and raw[0].endswith(("\n", "\r")) and not cells[-1].endswith(("\n", "\r")):
        return False
    return any('"' in text for text in raw)


def _check_quotes(raw: list[str], cells: list[str], delimiter: str, line: int) -> None:
    reader = _reader(raw, delimiter, strict=True)
    try:
        while _next(reader) is not None:
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise UnclosedQuoteError(line + sum(line_ends(cell) for cell in cells[:-1])) from None
        if len(raw) > 1:
            raise SwallowedLinesError(line, line + len(raw) - 1) from None


def line_ends(text: str) -> int:
    """How many line ends (LF, CR LF, CR) a cell holds."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
