"""pandas' C reader, told nothing but what the layout of a text says: cells in, columns numbered from 0 out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pandas as pd

from regcli.data.reading.layout import Layout
from regcli.data.reading.names import chosen, unique_names
from regcli.data.reading.tidy import number
from regcli.specs import DataSpec

MISSING = frozenset(
    {"", "NA", "<NA>", "#NA", "N/A", "#N/A", "#N/A N/A", "n/a", "NaN", "nan", "NAN", "-NaN", "-nan"}
    | {"NULL", "null", "None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
)


class _Handle:
    """Bytes as the C reader takes them fastest: a BytesIO would be decoded and encoded again on the way."""

    mode = "r"

    def __init__(self, content: bytes, start: int, end: int) -> None:
        self._content = content
        self._at = start
        self._end = end

    def read(self, size: int = -1) -> bytes:
        end = self._end if size < 0 else min(self._at + size, self._end)
        piece = self._content[self._at : end]
        self._at += len(piece)
        return piece

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")


def read_cells(
    content: bytes, start: int, end: int, cut: Layout, spec: DataSpec, chunks: bool = False, flat: bool = False
) -> pd.DataFrame:
    """The cells from byte `start` to before `end`; ValueError or OverflowError where the reader cannot.

    `chunks` lets it guess the types of columns by parts of them. `flat` takes each line for one cell, none of them for
    a blank line.
    """
    width = 1 if flat else cut.width
    labels = [] if flat else label_places(spec, cut)
    frame: pd.DataFrame = pd.read_csv(
        cast(Any, _Handle(content, start, end)),
        sep=cut.delimiter,
        header=None,
        names=range(width),
        index_col=False,
        decimal=spec.decimal,
        dtype={place: "str" for place in labels} or None,
        na_values=cast(Any, _missing(spec, width, labels)),
        keep_default_na=False,
        skip_blank_lines=not flat,
        skipinitialspace=cut.delimiter != " ",
        low_memory=chunks,
        engine="c",
    )
    return frame


def label_places(spec: DataSpec, cut: Layout) -> list[int]:
    """The places of the columns that are labels, whatever their cells spell."""
    return chosen(spec.categorical, unique_names(cut.names)[0]) if spec.categorical else []


def _missing(spec: DataSpec, width: int, labels: list[int]) -> list[str] | dict[int, list[str]]:
    """What the parser takes for a missing cell.

    It takes 7.0 for missing too where 7 is: right for numbers, wrong for labels, which are therefore left to
    `regcli.data.reading.tidy`.
    """
    tokens = [*MISSING, *spec.na]
    if not labels or all(number(token, spec.decimal) is None for token in spec.na):
        return tokens
    return {place: tokens for place in set(range(width)) - set(labels)}
