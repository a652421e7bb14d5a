"""Columns that wear thousands marks or units, as numbers, where `--thousands` and `--units` ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from regcli.data.columns import as_option
from regcli.data.reading.dressed import SPELLED, OddCellsError, Undressed, bare, undressed, without_marks
from regcli.data.reading.names import chosen, named
from regcli.data.reading.rows import Rows
from regcli.errors import DataError, Notice, counted, listed, shortened, visible
from regcli.specs import DataSpec


def without_dress(rows: Rows, spec: DataSpec) -> Rows:
    """The same rows with numbers in those columns; DataError for a cell that is none or wears another unit."""
    if spec.thousands is None and not spec.units:
        return rows
    found = undressed_columns(rows, spec, {})
    return replace(rows, notices=(*rows.notices, *units_notice(found)))


def undressed_columns(rows: Rows, spec: DataSpec, known: Mapping[str, str | None]) -> dict[str, Undressed]:
    """Change the columns of the frame in place; what was taken off each column of units.

    `known` are the units that rows before these wore.
    """
    frame, found = rows.frame, dict[str, Undressed]()
    names = [str(name) for name in frame.columns]
    labels = {*chosen(spec.categorical, names)} if spec.categorical else set[int]()
    texts = {place for place, kind in enumerate(frame.dtypes) if isinstance(kind, pd.StringDtype)} - labels
    in_units = set(chosen(spec.units, names)) & texts if spec.units else set[int]()
    for place in sorted(in_units):
        taken = _taken_off(rows, names[place], spec, known.get(names[place]))
        if taken is not None:
            found[names[place]] = taken
            frame[names[place]] = taken.column
    for place in sorted(texts - in_units) if spec.thousands else []:
        column = without_marks(frame[names[place]], spec.thousands or "", spec.decimal)
        if column is not None:
            frame[names[place]] = column
    return found


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


def units_notice(found: Mapping[str, Undressed]) -> list[Notice]:
    """What was taken off each column of units."""
    if not found:
        return []
    each = [f"{visible(name)} ({_told(taken)})" for name, taken in found.items()]
    return [Notice("units", f"units taken off: {listed(each)}")]


def _told(taken: Undressed) -> str:
    what = shortened(taken.unit) if taken.unit is not None else "signs only"
    return f"{what}, {counted(taken.worn, 'cell')}{f'; {taken.plain:,} without' if taken.plain else ''}"
