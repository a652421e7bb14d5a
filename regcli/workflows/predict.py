"""`predict`: a saved model on new rows, batch by batch, so that a file may be larger than memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import regcli
from regcli.artifact import Model
from regcli.data.columns import matching
from regcli.data.reading.names import free_name
from regcli.data.scoring import Tally, check_columns, offset_of, prepared
from regcli.data.sources import Rows
from regcli.data.streaming import chunks
from regcli.data.weighing import Weighing
from regcli.errors import DataError, Notice, UsageError, counted, visible
from regcli.problem.tallying import RunningMetrics
from regcli.report.report import Column, Fact, Facts, Report, Table, facts
from regcli.report.wording import number
from regcli.specs import DataSpec

Vector = NDArray[np.float64]

KEPT = ("decimal", "na", "thousands", "units")
"""How the training rows were read, which holds for new rows too unless the request says otherwise."""


@dataclass(frozen=True)
class Batch:
    """Some rows: predictions (n,), NaN where there is none, what names the rows, and the rows as they were written."""

    predictions: Vector
    ids: list[list[Any]]
    cells: list[list[str]]


@dataclass
class Prediction:
    """The predictions for a source, to be gone through once; what is known afterwards of all rows.

    `header` holds the names of the columns that name rows and, where the input is appended to, all of its columns.
    """

    model: Model
    data: DataSpec
    append: bool
    batches: Iterator[Batch] = field(default_factory=lambda: iter(()))
    header: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    name: str = ""
    notices: list[Notice] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    running: RunningMetrics = field(default_factory=RunningMetrics)
    rows_read: int = 0

    @property
    def column(self) -> str:
        """What the column of predictions is called: `prediction`, unless a column of the output is called so."""
        return free_name("prediction", {*self.ids, *(self.header if self.append else [])})

    @property
    def metrics(self) -> dict[str, Any] | None:
        """The metrics over the rows whose target is there, or None."""
        found = self.running.metrics(_null(self.model))
        return None if found is None else asdict(found)

    def said(self) -> list[Notice]:
        """Everything to be said, once all rows are through."""
        return [*self.notices, *self.tally.notices(self.model.needed)]

    def document(self, predictions: Sequence[float]) -> dict[str, Any]:
        """The JSON document, once all rows are through, without what names the rows."""
        return {
            "schema": "regcli.predict/1",
            "version": regcli.__version__,
            "command": "predict",
            "model": {
                "command": self.model.document.get("command"),
                "target": self.model.target,
                "fingerprint": self.model.document["data"].get("fingerprint"),
            },
            "data": {"source": self.name, "rows_read": self.rows_read, "rows_predicted": self.tally.rows},
            "predictions": [None if math.isnan(value) else value for value in predictions],
            "metrics": self.metrics,
            "filled": dict(self.tally.filled),
            "new_levels": {name: dict(levels) for name, levels in self.tally.levels.items() if levels},
            "warnings": [{"code": notice.code, "message": notice.message} for notice in self.said()],
        }


def _null(model: Model) -> float:
    """The mean of the training rows' target, which is the prediction where all features are at their means."""
    return model.centre


def settings_for(model: Model, data: DataSpec) -> DataSpec:
    """The request as it is carried out: what it leaves open is read as the training rows were."""
    stored = model.document.get("settings", {})
    plain = DataSpec(None)
    kept: dict[str, Any] = {
        name: tuple(stored[name]) if isinstance(stored[name], list) else stored[name]
        for name in KEPT
        if getattr(data, name) == getattr(plain, name) and isinstance(stored, dict) and stored.get(name)
    }
    try:
        ids = tuple(stored.get("id", ())) if isinstance(stored, dict) else ()
        return replace(data, **kept, categorical=(*model.needed.categories, *data.id, *ids))
    except (UsageError, TypeError, ValueError, AttributeError):
        raise DataError("the model is damaged: its settings cannot be used", hint="regcli fit ... --save") from None


def predict(model: Model, data: DataSpec, append: bool = False) -> Prediction:
    """Predictions of `model` for the rows of `data`; nothing is read until the batches are gone through.

    `data.missing` is error, or drop for rows without prediction where a gap cannot be filled.
    """
    if data.missing not in ("error", "drop"):
        raise UsageError(
            f"--missing {data.missing} cannot act here: gaps are filled as the model learned to", hint="--missing drop"
        )
    found = Prediction(model, settings_for(model, data), append)
    found.batches = _batches(found)
    return found


def _batches(found: Prediction) -> Iterator[Batch]:
    model, data = found.model, found.data
    skip = data.missing == "drop" or model.encoding.missing == "drop"
    first = True
    for rows in chunks(data, verbatim=found.append, least_columns=1):
        if first:
            check_columns(list(rows.frame.columns), model.needed, rows.name)
            found.name, found.header, first = rows.name, rows.header_cells or list(rows.frame.columns), False
            found.ids = _ids(model, data, list(rows.frame.columns))
        found.notices += rows.notices
        found.rows_read += rows.rows_read
        frame, gappy = prepared(rows, model.needed, found.tally, skip, data.decimal)
        offset, lacking = offset_of(rows, Weighing(None, model.offset, model.exposure), data, found.tally, skip)
        found.tally.skipped += int(np.sum(lacking & ~gappy))
        gappy = gappy | lacking
        predictions = model.predict(frame, offset)
        predictions[gappy] = math.nan
        unbounded = ~np.isfinite(predictions) & ~gappy
        found.tally.unbounded += int(unbounded.sum())
        predictions[unbounded] = math.nan
        _measure(found, rows, predictions, offset)
        ids = [rows.frame[name].astype(object).where(rows.frame[name].notna(), None).tolist() for name in found.ids]
        yield Batch(predictions, [list(row) for row in zip(*ids, strict=True)] if ids else [], rows.cells or [])


def _ids(model: Model, data: DataSpec, names: Sequence[str]) -> list[str]:
    """The columns that name rows: those asked for, else those of the training rows that are there."""
    stored = model.document.get("settings", {}).get("id", [])
    if data.id:
        return sorted(matching(data.id, names, "--id"), key=list(names).index)
    wanted = [item for item in stored if isinstance(item, str)] if isinstance(stored, list) else []
    return [name for name in names if name in wanted]


def _measure(found: Prediction, rows: Rows, predictions: Vector, offset: Vector | None) -> None:
    """Compare with the target, where the rows have one of numbers."""
    target = found.model.target
    if target not in rows.frame.columns:
        return
    cells = rows.frame[target]
    if cells.dtype.kind not in "iuf":
        if not cells.isna().all() and not any(notice.code == "target_unusable" for notice in found.notices):
            text = f"the target {visible(target)} is there but holds text: it is not compared with the predictions"
            found.notices.append(Notice("target_unusable", text))
        return
    y = cells.to_numpy(dtype=np.float64)
    known = np.isfinite(y) & np.isfinite(predictions)
    found.running.add(y[known], predictions[known], None if offset is None else offset[known])


def report_of(found: Prediction) -> Report:
    """All predictions as a report: its document, and `arrays.predictions` (n,)."""
    parts = [batch.predictions for batch in found.batches]
    predictions = np.concatenate(parts) if parts else np.zeros(0)
    document = facts(found.document(predictions.tolist()))
    rows = tuple((value,) for value in document["predictions"])
    table = Table((Column("prediction", found.column, "number"),), rows)
    headline = f"{visible(found.model.target)} for {counted(len(rows), 'row')} of {visible(found.name)}"
    return Report(
        document, headline, (table,), table, (Fact("Fit", (summary(found),)),), Facts(predictions=predictions)
    )


def summary(found: Prediction) -> str:
    """One line on how good the predictions are, or how many there are."""
    metrics = found.metrics
    rows = counted(found.tally.rows - found.tally.skipped - found.tally.unbounded, "row")
    if metrics is None:
        return f"{rows} predicted"
    r2 = "-" if math.isnan(metrics["r2"]) else f"{metrics['r2']:.4f}"
    rows = f"{counted(metrics['rows'], 'row')} with {visible(found.model.target)}"
    return f"R2 {r2}, RMSE {number(metrics['rmse'])}, MAE {number(metrics['mae'])} on {rows}"
