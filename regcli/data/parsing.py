"""A text whose layout is known, parsed into a frame by pandas' C reader, and proof that the frame has its shape.

The reader pads short rows, shifts or cuts a first row that is too long, and renames columns, all without a word: so the
shape is settled before it (`regcli.data.layout`) and checked after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pandas as pd

from regcli.data import shape
from regcli.data.layout import Layout, check_widths
from regcli.errors import DataError, visible
from regcli.specs import DataSpec

MISSING = frozenset(
    {"", "NA", "<NA>", "#NA", "N/A", "#N/A", "#N/A N/A", "n/a", "NaN", "nan", "NAN", "-NaN", "-nan"}
    | {"NULL", "null", "None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
)


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
    try:
        frame = _parse(content, cut, spec)
    except (ValueError, OverflowError) as error:  # the parser's own errors are ValueErrors
        check_widths(content, name, cut.delimiter, cut.width, cut.start, cut.line)
        raise DataError(f"{name} cannot be parsed", found=visible(str(error).strip())) from None
    _check_shape(frame, content, name, cut)
    return frame


def _parse(content: bytes, cut: Layout, spec: DataSpec) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_csv(
        cast(Any, _Handle(content, cut.start)),
        sep=cut.delimiter,
        header=None,
        names=range(cut.width),
        index_col=False,
        decimal=spec.decimal,
        na_values=[*MISSING, *spec.na],
        keep_default_na=False,
        skipinitialspace=cut.delimiter != " ",
        low_memory=False,
        engine="c",
    )
    return frame


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
    last = frame[cut.width - 1]
    if not last.hasnans and (last.dtype.kind in "iufb" or not (last == "").any()):
        return True
    return shape.delimiter_count(content, cut.start, cut.delimiter, quoted) == len(frame) * (cut.width - 1)
