"""A text whose layout is known, parsed into a frame by pandas' C reader, and proof that the frame has its shape.

The reader pads short rows, shifts or cuts a first row that is too long, and renames columns, all without a word: so the
shape is settled before it (`regcli.data.reading.layout`) and checked after it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from regcli.data.reading import shape
from regcli.data.reading.bodies import Body, Place, without_bad_rows
from regcli.data.reading.c_reader import read_cells
from regcli.data.reading.layout import Layout
from regcli.data.reading.ranges import WIDE, in_ranges
from regcli.data.reading.records import records_of
from regcli.data.reading.tidy import PLAIN
from regcli.data.reading.widths import RaggedRowsError, check_widths, quotes_of
from regcli.errors import DataError, visible
from regcli.specs import DataSpec

LARGE = 8 << 20
"""Bytes of text from which on it is read in ranges; of many columns it always is."""


def parsed_or_dropped(body: Body, spec: DataSpec) -> tuple[pd.DataFrame, Body, list[Place]]:
    """The frame, the body without rows of another width where those are to be dropped, and where they are."""
    try:
        return parsed(body, spec), body, []
    except RaggedRowsError:
        if spec.bad_rows != "drop":
            raise
    regular, places = without_bad_rows(body)
    return parsed(regular, spec), regular, places


def parsed(body: Body, spec: DataSpec) -> pd.DataFrame:
    """Every cell of the text, in columns 0 to width - 1; DataError where a row has another width or a quote is lost."""
    start = body.parts[0].start
    _check_first(body)
    quick = _in_ranges(body.content, start, body.cut, spec)
    if quick is not None:
        return quick
    try:
        frame = read_cells(body.content, start, len(body.content), body.cut, spec)
    except (ValueError, OverflowError) as error:  # the parser's own errors are ValueErrors
        _check_all_widths(body, body.cut.width)
        name = body.parts[0].name if len(body.parts) == 1 else "one of the files"
        raise DataError(f"{name} cannot be parsed", found=visible(str(error).strip())) from None
    _check_shape(frame, body)
    return frame


def _check_first(body: Body) -> None:
    """The parser cuts what a first row has too much, and lets later rows of that width pass."""
    with quotes_of(body.parts[0].name):
        first = next(records_of(body.content, body.parts[0], body.cut.delimiter), None)
    if first is not None and len(first.cells) != body.cut.width:
        _check_all_widths(body, body.cut.width)


def _in_ranges(content: bytes, start: int, cut: Layout, spec: DataSpec) -> pd.DataFrame | None:
    """The frame of a large, regular text, in less time and memory; None where it is not to be believed at once.

    Ranges guess the types of their columns apart, so a column that they do not agree on has to be read as a whole.
    """
    large = len(content) >= LARGE or cut.width > WIDE
    if not large or cut.width != len(cut.header) or content.find(b'"', start) >= 0:
        return None
    return in_ranges(content, start, cut, spec, spec.jobs)


def _check_all_widths(body: Body, expected: int) -> int:
    return sum(check_widths(body.content, part, body.cut.delimiter, expected) for part in body.parts)


def _check_shape(frame: pd.DataFrame, body: Body) -> None:
    """Refuse what the parser pads or swallows without a word: short rows, and quotes that pair up wrongly.

    It refuses rows that are too long itself, but for the first, which the layout is made from.
    """
    content, cut, start = body.content, body.cut, body.parts[0].start
    quoted = content.find(b'"', start) >= 0
    if not ((not quoted or _paired(body)) and _no_short_row(frame, content, start, cut, quoted)):
        rows = _check_all_widths(body, cut.width)
        if rows != len(frame):
            name = body.parts[0].name if len(body.parts) == 1 else "one of the files"
            raise DataError(f"{name}: its quotes can be read in two ways", hint="double the quotes inside cells")
    for place in range(len(cut.header), cut.width):
        if frame[place].notna().any():  # what stands beyond the header may only be delimiters at the ends of the rows
            _check_all_widths(body, len(cut.header))


def _paired(body: Body) -> bool:
    """Whether the quotes pair up, and none of them with one of another file."""
    alone = all(body.content.count(b'"', part.start, part.end) % 2 == 0 for part in body.parts)
    return alone and shape.quotes_pair_up(body.content, body.parts[0].start, body.cut.delimiter)


def _no_short_row(frame: pd.DataFrame, content: bytes, start: int, cut: Layout, quoted: bool) -> bool:
    """A short row lacks its last cell: a last column without gaps proves that there is none, else delimiters do."""
    if _is_full(frame[cut.width - 1]):
        return True
    return shape.delimiter_count(content, start, cut.delimiter, quoted) == len(frame) * (cut.width - 1)


def _is_full(column: pd.Series[Any]) -> bool:
    """Whether no cell is missing; next to integers too long for int64 the parser leaves '' where others have NaN."""
    return not column.hasnans and (column.dtype in PLAIN or not (column == "").any())
