"""One parsed column made plain: whole numbers int64, other numbers float64, true/false bool, everything else text."""

from __future__ import annotations

import numbers
import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

Places = np.ndarray[Any, np.dtype[np.int64]]

PLAIN = frozenset({np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.bool_)})
SPACES = " \t\r\n\f\v"
_NUMBERS = {
    mark: re.compile(
        rf"[+-]?(?:(?:[0-9]+{re.escape(mark)}?[0-9]*|{re.escape(mark)}[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?)",
        re.ASCII | re.IGNORECASE,
    )
    for mark in ".,"
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")  # any 18 digits fit into int64


def number(cell: str, decimal: str) -> float | None:
    """The number that a cell spells, spaces around it aside, or None: no thousands marks, no units, no underscores."""
    bare = cell.strip(SPACES)
    return float(bare.replace(decimal, ".")) if _NUMBERS[decimal].fullmatch(bare) else None


def plain_frame(
    frame: pd.DataFrame, decimal: str, missing: Collection[str], as_text: Collection[int] = ()
) -> pd.DataFrame:
    """The frame with every column in one of the four kinds; `missing` are the texts that stand for a missing cell.

    The columns at the places `as_text` are text, whatever their cells spell.
    """
    odd = [place for place, kind in enumerate(frame.dtypes) if kind not in PLAIN and place not in as_text]
    if not odd and not as_text:
        return frame.copy(deep=False)
    columns = dict(enumerate(frame.items()))
    plain = {place: column for place, (_, column) in columns.items()}
    for place in odd:
        plain[place] = _plain(plain[place], decimal, missing)
    for place in as_text:
        plain[place] = _labels(plain[place], missing)
    return pd.DataFrame(plain, index=frame.index, copy=False)


def rows_with_cells(frame: pd.DataFrame, missing: Collection[str]) -> Places | None:
    """Positions of the rows that have a cell, or None where all have one.

    The first column without gaps settles it.
    """
    empty = np.ones(len(frame), dtype=bool)
    for place in range(frame.shape[1]):
        empty &= _gaps(frame.iloc[:, place], missing)
        if not empty.any():
            return None
    return np.flatnonzero(~empty)


def _gaps(column: pd.Series[Any], missing: Collection[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    gaps = column.isna()
    if gaps.all() or column.dtype in PLAIN:
        return gaps.to_numpy()
    texts = {cell for cell in column[~gaps] if isinstance(cell, str)}
    blank = [cell for cell in texts if not cell.strip(SPACES) or cell.strip(SPACES) in missing]
    return (gaps | column.isin(blank)).to_numpy() if blank else gaps.to_numpy()


def _plain(column: pd.Series[Any], decimal: str, missing: Collection[str]) -> pd.Series[Any]:
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind) and not column.hasnans:
        return column.astype(bool)
    numeric = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind)
    if numeric and not pd.api.types.is_bool_dtype(kind):
        return _numeric(column)
    if isinstance(kind, pd.StringDtype):
        return _text(column, decimal, missing)
    return _objects(column.astype(object), decimal, missing)


def _labels(column: pd.Series[Any], missing: Collection[str]) -> pd.Series[Any]:
    """Text as it is written, spaces around it aside: `01` and `4.0` stay; numbers of a frame are spelled by `str`."""
    if not isinstance(column.dtype, pd.StringDtype):
        column = column.astype(object).map(_label, na_action="ignore").where(column.notna(), np.nan)
    bare = {cell: _bare(cell, missing) for cell in column.dropna().unique()}
    if any(cell != text for cell, text in bare.items()):
        column = column.astype(object).map(bare, na_action="ignore")
    return column if isinstance(column.dtype, pd.StringDtype) else column.astype("str")


def _label(cell: Any) -> str:
    whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
    return _spelled(int(cell) if whole else cell, ".")


def _bare(cell: str, missing: Collection[str]) -> Any:
    text = cell.strip(SPACES)
    return text if text and text not in missing else np.nan


def _numeric(column: pd.Series[Any]) -> pd.Series[Any]:
    """Other widths, unsigned and nullable numbers: int64 where nothing is lost, else float64."""
    whole = pd.api.types.is_integer_dtype(column.dtype) and not column.isna().any()
    if whole and (len(column) == 0 or int(column.max()) < 2**63):
        return column.astype(np.int64)
    return pd.Series(column.to_numpy(dtype=np.float64, na_value=np.nan), index=column.index)


def _objects(column: pd.Series[Any], decimal: str, missing: Collection[str]) -> pd.Series[Any]:
    """Cells of several types, as text; true and false alone are bool, with gaps they too are text."""
    cells = column.dropna()
    if len(cells) and cells.map(lambda cell: isinstance(cell, bool | np.bool_)).all():
        return column.astype(bool) if len(cells) == len(column) else column.map(str, na_action="ignore").astype("str")
    spelled = column.map(lambda cell: _spelled(cell, decimal), na_action="ignore")
    return _text(spelled.where(column.notna(), np.nan), decimal, missing)


def _spelled(cell: Any, decimal: str) -> str:
    if isinstance(cell, bool | np.bool_ | str):
        return str(cell)
    try:
        return str(cell).replace(".", decimal) if isinstance(cell, numbers.Number) else str(cell)
    except ValueError:  # Python spells no whole number of more than 4,300 digits
        return "inf" if cell > 0 else "-inf"


def _text(column: pd.Series[Any], decimal: str, missing: Collection[str]) -> pd.Series[Any]:
    """Strip every distinct cell once, find the missing ones, and see whether all the others are numbers after all."""
    distinct = column.dropna().unique()
    bare = {cell: _bare(cell, missing) for cell in distinct}
    if not column.hasnans and all(isinstance(text, str) and _WHOLE.fullmatch(text) for text in bare.values()):
        return column.astype(object).map({cell: int(text) for cell, text in bare.items()}).astype(np.int64)
    values = _all_numbers(bare, decimal)
    if values is not None:
        return column.astype(object).map(values, na_action="ignore").astype(np.float64)
    if any(cell != text for cell, text in bare.items()):
        column = column.astype(object).map(bare, na_action="ignore")
    return column if isinstance(column.dtype, pd.StringDtype) else column.astype("str")


def retold(column: pd.Series[Any], spelled: dict[str, str], decimal: str) -> pd.Series[Any]:
    """A text column made plain after each distinct cell is spelled in another way."""
    return _text(column.astype(object).map(spelled, na_action="ignore").astype("str"), decimal, ())


def _all_numbers(cells: dict[str, Any], decimal: str) -> dict[str, float] | None:
    out = {}
    for cell, text in cells.items():
        value = number(text, decimal) if isinstance(text, str) else np.nan
        if value is None:
            return None
        out[cell] = value
    return out
