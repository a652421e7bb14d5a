"""The columns that say how much a row counts and what its linear predictor has beside the features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.cells import diagnose
from regcli.data.columns import known
from regcli.data.sources import Rows
from regcli.errors import DataError, Notice, UsageError, counted, shortened, visible
from regcli.specs import LOG_FAMILIES, DataSpec, FamilyName

Vector = NDArray[np.float64]


IN_UNITS: tuple[FamilyName, ...] = ("gaussian", "huber", "quantile", "squared_hinge")
"""The families whose linear predictor is no logarithm."""
MOST_OFFSET = 300.0
"""A larger offset leaves nothing of a probability or a count that a double holds."""


@dataclass(frozen=True)
class Weighing:
    """The names of these columns, None where there is none. An exposure is an offset by its logarithm."""

    weights: str | None = None
    offset: str | None = None
    exposure: str | None = None

    @property
    def by_option(self) -> dict[str, str]:
        """The columns that there are, by the option that names them."""
        named = {"--weights": self.weights, "--offset": self.offset, "--exposure": self.exposure}
        return {option: name for option, name in named.items() if name is not None}

    @property
    def columns(self) -> list[str]:
        """Their names."""
        return list(self.by_option.values())

    def check_family(self, family: FamilyName) -> None:
        """UsageError for an exposure of what is not counted, and for an offset that has no effect."""
        if self.offset is not None and family == "multinomial":
            raise UsageError("--offset cannot act with --family multinomial: what all classes have in common cancels")
        if self.exposure is not None and family not in LOG_FAMILIES:
            raise UsageError(f"--exposure cannot act with --family {family}", hint="--family poisson, or --offset")

    def weights_of(self, frame: pd.DataFrame) -> Vector | None:
        """How much each row counts, (n,)."""
        return None if self.weights is None else frame[self.weights].to_numpy(dtype=np.float64)

    def offset_of(self, frame: pd.DataFrame) -> Vector | None:
        """What the linear predictor of each row has beside the features, (n,)."""
        if self.exposure is not None:
            return np.asarray(np.log(frame[self.exposure].to_numpy(dtype=np.float64)))
        return None if self.offset is None else frame[self.offset].to_numpy(dtype=np.float64)


def check_offset(weighing: Weighing, family: FamilyName, offset: Vector | None) -> None:
    """DataError for an offset (n,) that is no linear predictor of a likelihood: no double holds its exponential."""
    if offset is None or family in IN_UNITS or float(np.max(np.abs(offset))) <= MOST_OFFSET:
        return
    largest = float(offset[np.argmax(np.abs(offset))])
    counts = family in LOG_FAMILIES and bool(np.all(offset > 0))
    raise DataError(
        f"the offset {visible(str(weighing.offset))} reaches {largest:,.6g}: it is added to the linear predictor, "
        f"whose exponential that is beyond all {'amounts' if counts else 'odds and amounts'}",
        hint=f"--exposure {visible(str(weighing.offset))}, which takes its logarithm" if counts else "rescale it",
    )


def weighing_of(data: DataSpec, names: Sequence[str], taken: Sequence[str]) -> Weighing:
    """The columns that the request names; UsageError for one that is not there, or `taken` for something else."""
    asked = Weighing(data.weights, data.offset, data.exposure).by_option
    used = list(taken)
    for option, name in asked.items():
        known(name, names, option)
        if name in used:
            raise UsageError(f"{option} {shortened(name)}: the column is the target, names rows or says something else")
        used.append(name)
    return Weighing(data.weights, data.offset, data.exposure)


def counting(rows: Rows, weighing: Weighing, data: DataSpec, whole: bool = True) -> tuple[Rows, list[Notice]]:
    """The rows that count: without those of weight 0, which are as if they were not there; see `check_columns`."""
    check_columns(rows, weighing, data, whole)
    weights = weighing.weights_of(rows.frame)
    if weights is None or not np.any(weights == 0):
        return rows, []
    kept = np.flatnonzero(weights != 0)  # a gap is another matter
    count = len(weights) - len(kept)
    said = f"{counted(count, 'row')} of {rows.rows_read:,} left out: weight 0"
    counted_rows = replace(
        rows,
        frame=rows.frame.iloc[kept].reset_index(drop=True),
        kept=kept.astype(np.int64) if rows.kept is None else rows.kept[kept],
        dropped_rows=(*rows.dropped_rows, ("weight 0", count)),
    )
    return counted_rows, [Notice("weight_zero", said)]


def check_columns(rows: Rows, weighing: Weighing, data: DataSpec, whole: bool = True) -> None:
    """DataError for a cell of these columns that is no number, or not one that it may be; gaps are left to others.

    Of a `whole` source some row counts.
    """
    for option, name in weighing.by_option.items():
        _check_numbers(rows, option, name, data)
        values = rows.frame[name].to_numpy(dtype=np.float64)
        wrong = ~np.isfinite(values) & ~np.isnan(values)
        must = "a finite number"
        if option == "--weights":
            wrong, must = wrong | (values < 0), "a finite number, 0 or more"
        elif option == "--exposure":
            counts = np.ones(len(values), dtype=bool) if weighing.weights is None else rows.frame[weighing.weights] != 0
            wrong, must = (wrong | (values <= 0)) & np.asarray(counts), "a finite number above 0"
        places = np.flatnonzero(wrong)
        if places.size:
            raise DataError(
                f"{option}: each cell of {visible(name)} of {rows.name} is {must}, and it is not in "
                f"{rows.where(places)}",
                found=shortened(f"{values[places[0]]:g}"),
            )
    weights = weighing.weights_of(rows.frame)
    if whole and weights is not None and not np.any(weights > 0):
        raise DataError(f"--weights: no cell of {visible(str(weighing.weights))} of {rows.name} is above 0")


def _check_numbers(rows: Rows, option: str, name: str, data: DataSpec) -> None:
    cells = rows.frame[name]
    if cells.dtype.kind in "iuf":
        return
    column = diagnose(cells.astype("str") if cells.dtype == np.bool_ else cells, data.decimal)
    if cells.isna().all():
        raise DataError(f"{option}: {visible(name)} of {rows.name} has no cells")
    verb = "is not a number" if column.count == 1 else "are not numbers"
    raise DataError(
        f"{option}: {counted(column.count, 'cell')} of {visible(name)} of {rows.name} {verb}",
        found=f"{shortened(column.cell)} ({rows.where([column.row])})",
        hint=column.hint,
    )
