"""New rows for a model that was fitted before: checked column by column, counted, never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.blockers import by_column
from regcli.data.features.dates import days_of
from regcli.data.features.encoding import Encoding
from regcli.data.features.terms import MISSING_LEVEL, OTHER_LEVEL
from regcli.data.reading.tidy import number
from regcli.data.sources import Rows
from regcli.data.weighing import Weighing
from regcli.data.weighing import check_columns as check_weighing
from regcli.errors import DataError, Notice, counted, listed, shortened, visible
from regcli.specs import DataSpec

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass
class Tally:
    """What was met over all batches: cells filled, levels and strata never seen, by column; rows without a prediction,
    of which those `skipped` lack a cell."""

    rows: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    levels: dict[str, Counter[str]] = field(default_factory=dict)
    gaps: Counter[str] = field(default_factory=Counter)
    strata: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    unbounded: int = 0

    @property
    def predicted(self) -> int:
        """How many rows have a prediction."""
        return self.rows - self.skipped - self.unbounded - self.strata.total()

    def notices(self, encoding: Encoding) -> list[Notice]:
        """What is to be said of it."""
        found = []
        if self.filled:
            middle = "median" if encoding.missing == "median" else "mean"
            cells = counted(self.filled.total(), "missing cell")
            text = f"{cells} filled with the {middle} of the training rows: {_each(self.filled)}"
            found.append(Notice("filled_cells", text))
        new = {name: levels for name, levels in self.levels.items() if levels}
        if new:
            each = [_level_words(name, levels, encoding) for name, levels in new.items()]
            cells = counted(sum(levels.total() for levels in new.values()), "cell")
            found.append(Notice("new_levels", f"{cells} of levels that the model does not know: {listed(each)}"))
        if self.skipped:
            rows = f"{counted(self.skipped, 'row')} of {self.rows:,}"
            found.append(Notice("no_prediction", f"{rows} without a prediction: missing cells in {_each(self.gaps)}"))
        for name, strange in self.strata.items():
            rows = f"{counted(strange, 'row')} of {self.rows:,}"
            text = f"{rows} without a prediction: no training row has their {visible(name)}, hence no baseline"
            found.append(Notice("unknown_stratum", text))
        if self.unbounded:
            rows = f"{counted(self.unbounded, 'row')} of {self.rows:,}"
            found.append(Notice("no_finite_prediction", f"{rows} without a prediction: it is no finite number there"))
        return found


def _each(counts: Counter[str]) -> str:
    return listed([f"{visible(name)} ({count:,})" for name, count in counts.most_common()])


def _level_words(name: str, levels: Counter[str], encoding: Encoding) -> str:
    other = bool(encoding.categories[name].lumped)
    what = f"taken as {OTHER_LEVEL}" if other else "which add nothing"
    return f"{visible(name)} {listed([shortened(level) for level in levels], 3)} ({levels.total():,}, {what})"


def check_columns(names: Sequence[str], encoding: Encoding, name: str) -> None:
    """DataError with the list of the needed columns that are not there."""
    lacking = [column for column in encoding.columns if column not in names]
    if not lacking:
        return
    what = f"{name} lacks {counted(len(lacking), 'column')} that the model needs: {listed(lacking)}"
    raise DataError(what, found=f"{counted(len(names), 'column')}: {listed(list(names))}")


def offset_of(rows: Rows, weighing: Weighing, data: DataSpec, tally: Tally, skip: bool) -> tuple[Vector | None, Mask]:
    """The offset (n,) of the rows, and which of them lack it; None where the model has none.

    DataError where the column is not there or holds what it may not, and without `skip` for its gaps.
    """
    for name in weighing.columns:
        if name not in rows.frame.columns:
            raise DataError(f"{rows.name} lacks the offset that the model needs: {visible(name)}")
    check_weighing(rows, weighing, data)
    offset = weighing.offset_of(rows.frame)
    gappy = np.zeros(len(rows.frame), dtype=bool) if offset is None else np.isnan(offset)
    if gappy.any():
        if not skip:
            what = f"{counted(int(gappy.sum()), 'row')} without the offset {visible(weighing.columns[0])}"
            raise DataError(f"{rows.name}: {what} ({rows.where(np.flatnonzero(gappy))})", options="--missing drop")
        tally.gaps[weighing.columns[0]] += int(gappy.sum())
    return offset, gappy


def prepared(rows: Rows, encoding: Encoding, tally: Tally, skip: bool, decimal: str) -> tuple[pd.DataFrame, Mask]:
    """The needed columns as the encoding takes them, and which rows (n,) cannot be predicted.

    With `skip` rows with a gap that nothing fills have no prediction; without, they are a DataError that names them.
    """
    frame = pd.DataFrame({name: _column(rows, name, encoding, decimal) for name in encoding.columns})
    frame.index = rows.frame.index
    absent = frame.isna()
    levels = [name for name in encoding.columns if name in encoding.categories]
    filled = {column for atom in encoding.fills for column in _columns(atom)}
    strict = [name for name in encoding.columns if name not in filled and name not in levels]
    if encoding.missing == "drop":
        strict += [name for name in levels if MISSING_LEVEL not in encoding.categories[name].levels]
    gappy = np.asarray(absent[strict].to_numpy().any(axis=1)) if strict else np.zeros(len(frame), dtype=bool)
    if gappy.any() and not skip:
        lines = rows.where(np.flatnonzero(gappy))
        raise DataError(
            f"{rows.name}: {counted(int(gappy.sum()), 'row')} with missing cells in {by_column(absent[strict])} "
            f"({lines}), and the model was fitted without a way to fill them",
            options="--missing drop",
        )
    _count(frame, absent, encoding, tally, gappy, strict)
    return frame, gappy


def _columns(atom: object) -> tuple[str, ...]:
    return (str(getattr(atom, "column", "")),)


def _count(
    frame: pd.DataFrame, absent: pd.DataFrame, encoding: Encoding, tally: Tally, gappy: Mask, strict: Sequence[str]
) -> None:
    tally.rows += len(frame)
    tally.skipped += int(gappy.sum())
    for name in encoding.columns:
        gaps = int(absent[name].sum())
        if gaps and name in strict:
            tally.gaps[name] += gaps
        elif gaps and name not in encoding.categories:
            tally.filled[name] += gaps
    for name, levels in encoding.new_levels(frame[~gappy]).items():
        tally.levels.setdefault(name, Counter()).update(levels)


def _column(rows: Rows, name: str, encoding: Encoding, decimal: str) -> pd.Series[Any]:
    cells = rows.frame[name]
    if name in encoding.categories:
        return cells
    if name in encoding.styles:
        return _dates(rows, name, encoding)
    if cells.dtype.kind in "iuf":
        return _finite(rows, cells, name)
    if cells.isna().all():
        return pd.Series(np.full(len(cells), np.nan), index=cells.index)
    texts = cells.astype(object)
    values = [number(cell, decimal) if isinstance(cell, str) else np.nan for cell in texts]
    strange = [place for place, value in enumerate(values) if value is None]
    if not strange and cells.dtype != np.bool_:  # read as text because it names rows too
        return _finite(rows, pd.Series(np.array(values, dtype=np.float64), index=cells.index), name)
    strange = strange or list(range(len(values)))
    raise DataError(
        f"{rows.name}: {visible(name)} is no number in {rows.where(strange)}, and the model takes it as one",
        found=shortened(texts.iloc[strange[0]]),
        hint="--na with that cell, if it stands for a missing one",
    )


def _finite(rows: Rows, cells: pd.Series[Any], name: str) -> pd.Series[Any]:
    infinite = np.flatnonzero(np.isinf(cells.to_numpy(dtype=np.float64)))
    if infinite.size:
        raise DataError(
            f"{rows.name}: {visible(name)} holds a number that is infinite or too large for double precision, "
            f"{rows.where(infinite.tolist())}",
            hint="--na with that cell as it is written",
        )
    return cells


def _dates(rows: Rows, name: str, encoding: Encoding) -> pd.Series[Any]:
    cells = rows.frame[name]
    texts = cells.astype("str").where(cells.notna(), np.nan) if cells.dtype.kind in "iufb" else cells
    days = days_of(texts, encoding.styles[name])
    strange = np.flatnonzero(np.isnan(days) & cells.notna().to_numpy())
    if strange.size:
        raise DataError(
            f"{rows.name}: {visible(name)} is no date as in the training rows, {rows.where(strange.tolist())}",
            found=shortened(cells.iloc[int(strange[0])]),
        )
    return texts
