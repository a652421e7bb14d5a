"""Records of a CSV text with the physical lines they begin on: the slow, exact reader behind checks and messages.

The cells themselves are parsed by pandas; this walks the same text with the csv module, whose quoting rules are the
same, where a line number, a header or an exact count of cells is needed.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

Comment = re.Pattern[str]
"""What a line of comment begins with."""


class Record(NamedTuple):
    """One row of cells, the physical line (from 1) and the byte it begins on, and the byte after its line end."""

    cells: list[str]
    line: int
    start: int
    end: int


class Lines:
    """The physical lines of a text (LF, CR LF or CR), which keeps those it handed out until they are `taken`.

    Where a record may begin (`fresh`), lines of comment are passed over, and noted in `passed`: line, start, end.
    """

    def __init__(
        self, content: bytes, start: int = 0, line: int = 1, end: int | None = None, comment: Comment | None = None
    ) -> None:
        """Begin at this byte, which begins this line, and end before byte `end`."""
        whole = end is None or end >= len(content)
        view = io.BytesIO(content if whole else content[start:end])
        view.seek(start if whole else 0)
        self._text = io.TextIOWrapper(view, encoding="utf-8", newline="")
        self._since: list[str] = []
        self._comment = comment
        self.fresh = True
        self.passed: list[tuple[int, int, int]] = []
        self.line = line
        self.end = start

    def __iter__(self) -> Iterator[str]:
        """Each line with its end."""
        for text in self._text:
            size = len(text) if text.isascii() else len(text.encode("utf-8"))
            self.line += 1
            self.end += size
            if self.fresh and self._comment is not None and self._comment.match(text):
                self.passed.append((self.line - 1, self.end - size, self.end))
                continue
            self.fresh = False
            self._since.append(text)
            yield text

    def taken(self) -> list[str]:
        """The lines handed out since the last call."""
        lines, self._since = self._since, []
        self.fresh = True
        return lines


class UnclosedQuoteError(Exception):
    """A quote opens in the line given and is still open at the end of the text."""


class SwallowedLinesError(Exception):
    """A quoted cell opens in the first line given and closes in the second, in the middle of another cell."""


class Part(NamedTuple):
    """Rows that one file gave to a text: its name, the line they begin on, the bytes from `start` to before `end`."""

    name: str
    line: int
    start: int
    end: int


def records_of(content: bytes, part: Part, delimiter: str) -> Iterator[Record]:
    """The records of one part, with the lines of its file."""
    return records(content, delimiter, part.start, part.line, part.end)


def places_of(content: bytes, parts: Iterable[Part], delimiter: str) -> Iterator[tuple[str, int]]:
    """The file and the physical line on which each row begins."""
    return ((part.name, record.line) for part in parts for record in records_of(content, part, delimiter))


def records(content: bytes, delimiter: str, start: int = 0, line: int = 1, end: int | None = None) -> Iterator[Record]:
    """Every record that is not a blank line, from this byte on; `line` is the line that begins there.

    Raises UnclosedQuoteError and SwallowedLinesError where quotes do not pair up.
    """
    return records_from(Lines(content, start, line, end), delimiter)


def records_from(lines: Lines, delimiter: str) -> Iterator[Record]:
    """The records of these lines."""
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
