"""A text whose layout is known, parsed into a frame by pandas' C reader, and proof that the frame has its shape.

The reader pads short rows, shifts or cuts a first row that is too long, and renames columns, all without a word: so the
shape is settled before it (`regcli.data.reading.layout`) and checked after it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, cast

import pandas as pd

from regcli.data.reading import shape
from regcli.data.reading.bodies import Body, Place, without_bad_rows
from regcli.data.reading.layout import Layout
from regcli.data.reading.names import chosen, unique_names
from regcli.data.reading.records import records_of
from regcli.data.reading.tidy import PLAIN, number
from regcli.data.reading.widths import RaggedRowsError, check_widths, quotes_of
from regcli.errors import DataError, visible
from regcli.specs import DataSpec

MISSING = frozenset(
    {"", "NA", "<NA>", "#NA", "N/A", "#N/A", "#N/A N/A", "n/a", "NaN", "nan", "NAN", "-NaN", "-nan"}
    | {"NULL", "null", "None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
)
LARGE = 32 << 20
NARROW = 400


class _Handle:
    """Bytes as the C reader takes them fastest: a BytesIO would be decoded and encoded again on the way."""

    mode = "r"

    def __init__(self, content: bytes, start: int) -> None:
        self._content = content
        self._at = start

    def read(self, size: int = -1) -> bytes:
        end = len(self._content) if size < 0 else self._at + size
        piece = self._content[self._at : end]
        self._at += len(piece)
        return piece

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")


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
    quick = _in_chunks(body.content, start, body.cut, spec)
    if quick is not None:
        return quick
    try:
        frame = _parse(body.content, start, body.cut, spec, chunks=False)
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


def _check_all_widths(body: Body, expected: int) -> int:
    return sum(check_widths(body.content, part, body.cut.delimiter, expected) for part in body.parts)


def _in_chunks(content: bytes, start: int, cut: Layout, spec: DataSpec) -> pd.DataFrame | None:
    """The frame of a large, regular text, in half the time and memory; None where it is not to be believed at once.

    Chunks guess the types of their columns apart, so a column that ends up with any but a plain type has to be read
    again as a whole. Without quotes, a last column without gaps means no short row, and then a count of delimiters
    that fits means no long one.
    """
    if len(content) < LARGE or cut.width > NARROW or content.find(b'"', start) >= 0:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            frame = _parse(content, start, cut, spec, chunks=True)
    except (ValueError, OverflowError):
        return None
    if not all(kind in PLAIN or isinstance(kind, pd.StringDtype) for kind in frame.dtypes):
        return None
    delimiters = shape.delimiter_count(content, start, cut.delimiter, quoted=False)
    regular = _is_full(frame[cut.width - 1]) and delimiters == len(frame) * (cut.width - 1)
    return frame if regular and cut.width == len(cut.header) else None


def _parse(content: bytes, start: int, cut: Layout, spec: DataSpec, chunks: bool) -> pd.DataFrame:
    labels = chosen(spec.categorical, unique_names(cut.names)[0]) if spec.categorical else []
    frame: pd.DataFrame = pd.read_csv(
        cast(Any, _Handle(content, start)),
        sep=cut.delimiter,
        header=None,
        names=range(cut.width),
        index_col=False,
        decimal=spec.decimal,
        dtype={place: "str" for place in labels} or None,
        na_values=cast(Any, _missing(spec, cut.width, labels)),
        keep_default_na=False,
        skipinitialspace=cut.delimiter != " ",
        low_memory=chunks,
        engine="c",
    )
    return frame


def _missing(spec: DataSpec, width: int, labels: list[int]) -> list[str] | dict[int, list[str]]:
    """What the parser takes for a missing cell.

    It takes 7.0 for missing too where 7 is: right for numbers, wrong for labels, which are therefore left to
    `regcli.data.reading.tidy`.
    """
    tokens = [*MISSING, *spec.na]
    if not labels or all(number(token, spec.decimal) is None for token in spec.na):
        return tokens
    return {place: tokens for place in set(range(width)) - set(labels)}


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
