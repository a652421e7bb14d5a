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
from regcli.data.reading.layout import Layout, check_widths
from regcli.data.reading.names import chosen, unique_names
from regcli.data.reading.tidy import PLAIN, number
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


def parsed(content: bytes, name: str, cut: Layout, spec: DataSpec) -> pd.DataFrame:
    """Every cell of the text, in columns 0 to width - 1; DataError where a row has another width or a quote is lost."""
    quick = _in_chunks(content, cut, spec)
    if quick is not None:
        return quick
    try:
        frame = _parse(content, cut, spec, chunks=False)
    except (ValueError, OverflowError) as error:  # the parser's own errors are ValueErrors
        check_widths(content, name, cut.delimiter, cut.width, cut.start, cut.line)
        raise DataError(f"{name} cannot be parsed", found=visible(str(error).strip())) from None
    _check_shape(frame, content, name, cut)
    return frame


def _in_chunks(content: bytes, cut: Layout, spec: DataSpec) -> pd.DataFrame | None:
    """The frame of a large, regular text, in half the time and memory; None where it is not to be believed at once.

    Chunks guess the types of their columns apart, so a column that ends up with any but a plain type has to be read
    again as a whole. Without quotes, a last column without gaps means no short row, and then a count of delimiters
    that fits means no long one.
    """
    if len(content) < LARGE or cut.width > NARROW or content.find(b'"', cut.start) >= 0:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            frame = _parse(content, cut, spec, chunks=True)
    except (ValueError, OverflowError):
        return None
    if not all(kind in PLAIN or isinstance(kind, pd.StringDtype) for kind in frame.dtypes):
        return None
    delimiters = shape.delimiter_count(content, cut.start, cut.delimiter, quoted=False)
    regular = _is_full(frame[cut.width - 1]) and delimiters == len(frame) * (cut.width - 1)
    return frame if regular and cut.width == len(cut.header) else None


def _parse(content: bytes, cut: Layout, spec: DataSpec, chunks: bool) -> pd.DataFrame:
    labels = chosen(spec.categorical, unique_names(cut.names)[0]) if spec.categorical else []
    frame: pd.DataFrame = pd.read_csv(
        cast(Any, _Handle(content, cut.start)),
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


def _check_shape(frame: pd.DataFrame, content: bytes, name: str, cut: Layout) -> None:
    """Refuse what the parser pads or swallows without a word: short rows, and quotes that pair up wrongly.

    It refuses rows that are too long itself, but for the first, which the layout is made from.
    """
    quoted = content.find(b'"', cut.start) >= 0
    paired = not quoted or shape.quotes_pair_up(content, cut.start, cut.delimiter)
    if not (paired and _no_short_row(frame, content, cut, quoted)):
        rows = check_widths(content, name, cut.delimiter, cut.width, cut.start, cut.line)
        if rows != len(frame):
            raise DataError(f"{name}: its quotes can be read in two ways", hint="double the quotes inside cells")
    for place in range(len(cut.header), cut.width):
        if frame[place].notna().any():  # what stands beyond the header may only be delimiters at the ends of the rows
            check_widths(content, name, cut.delimiter, len(cut.header), cut.start, cut.line)


def _no_short_row(frame: pd.DataFrame, content: bytes, cut: Layout, quoted: bool) -> bool:
    """A short row lacks its last cell: a last column without gaps proves that there is none, else delimiters do."""
    if _is_full(frame[cut.width - 1]):
        return True
    return shape.delimiter_count(content, cut.start, cut.delimiter, quoted) == len(frame) * (cut.width - 1)


def _is_full(column: pd.Series[Any]) -> bool:
    """Whether no cell is missing; next to integers too long for int64 the parser leaves '' where others have NaN."""
    return not column.hasnans and (column.dtype in PLAIN or not (column == "").any())
