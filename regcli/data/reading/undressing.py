"""Columns that wear thousands marks or units, as numbers, where `--thousands` and `--units` ask for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from regcli.data.columns import as_option
from regcli.data.reading.dressed import SPELLED, OddCellsError, Undressed, bare, multiplies, undressed, without_marks
from regcli.data.reading.names import chosen, named
from regcli.data.reading.rows import Rows
from regcli.errors import DataError, Notice, counted, listed, shortened, visible
from regcli.specs import DataSpec


def without_dress(rows: Rows, spec: DataSpec) -> Rows:
    """The same rows with numbers in those columns; DataError for a cell that is none or wears another unit."""
    if spec.thousands is None and not spec.units:
        return rows
    worn = Worn()
    worn.undress(rows, spec)
    return replace(rows, notices=(*rows.notices, *worn.notices()))


class Worn:
    """What was taken off the columns of units, of all rows so far."""

    def __init__(self) -> None:
        self._taken: dict[str, Undressed] = {}

    def undress(self, rows: Rows, spec: DataSpec) -> None:
        """Change the columns of the frame in place."""
        frame = rows.frame
        names = [str(name) for name in frame.columns]
        labels = {*chosen(spec.categorical, names)} if spec.categorical else set[int]()
        texts = {place for place, kind in enumerate(frame.dtypes) if isinstance(kind, pd.StringDtype)} - labels
        in_units = set(chosen(spec.units, names)) - labels if spec.units else set[int]()
        for place in sorted(in_units):
            self._one(rows, names[place], spec)
        for place in sorted(texts - in_units) if spec.thousands else []:
            column = without_marks(frame[names[place]], spec.thousands or "", spec.decimal)
            if column is not None:
                frame[names[place]] = column

    def _one(self, rows: Rows, name: str, spec: DataSpec) -> None:
        before = self._taken.get(name)
        column = rows.frame[name]
        if isinstance(column.dtype, pd.StringDtype):
            taken = _taken_off(rows, name, spec, before.unit if before else None)
        else:
            taken = Undressed(column, None, 0, int(column.notna().sum()), bool((column.fillna(0) != 0).any()))
        if taken is None:
            return
        both = taken.after(before)
        if both.bare and both.unit is not None and multiplies(both.unit):
            what = f"{visible(name)} wears {shortened(both.unit)}, which multiplies, in some cells only"
            raise DataError(f"{rows.name}: {what}", hint=as_option("--exclude", [name]))
        rows.frame[name] = taken.column
        self._taken[name] = both

    def notices(self) -> list[Notice]:
        """What is said of it."""
        each = [f"{visible(name)} ({_told(taken)})" for name, taken in self._taken.items() if taken.worn]
        return [Notice("units", f"units taken off: {listed(each)}")] if each else []


def _taken_off(rows: Rows, name: str, spec: DataSpec, known: str | None) -> Undressed | None:
    """None where a glob met a column in which no cell holds a number."""
    column = rows.frame[name]
    if not named(spec.units, name) and not any(bare(str(cell)) for cell in column.dropna().unique()):
        return None
    try:
        return undressed(column, spec.thousands, spec.decimal, known)
    except OddCellsError as error:
        raise _as_data_error(error, rows, name, column) from None


def _as_data_error(error: OddCellsError, rows: Rows, name: str, column: pd.Series[Any]) -> DataError:
    cell = column.iloc[error.rows[0]]
    message = f"{rows.name}: {visible(name)} {error.what}" if "wears" in error.what else None
    found = f"{shortened(cell)} in {visible(name)}, {rows.where(error.rows)}"
    options = f"--thousands {SPELLED[error.mark]}" if error.mark else None
    return DataError(
        visible(message or f"{rows.name}: a cell of {name} {error.what}"),
        found=found,
        options=options,
        hint=None if options else f"{as_option('--exclude', [name])}, or --na for cells that are missing",
    )


def _told(taken: Undressed) -> str:
    what = shortened(taken.unit) if taken.unit is not None else "signs only"
    return f"{what}, {counted(taken.worn, 'cell')}{f'; {taken.plain:,} without' if taken.plain else ''}"
