"""`predict`: a saved model on new rows, batch by batch, so that a file may be larger than memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

import regcli
from regcli.artifact import Model
from regcli.data.answering import places_of
from regcli.data.columns import matching
from regcli.data.reading.names import free_name
from regcli.data.scoring import Tally, check_columns, offset_of, prepared
from regcli.data.sources import Rows
from regcli.data.streaming import chunks
from regcli.data.weighing import Weighing
from regcli.errors import DataError, Notice, UsageError, counted, listed, shortened, visible
from regcli.problem.gathering import GatheredMetrics
from regcli.problem.measures.classes import predicted_class
from regcli.problem.tallying import RunningMetrics
from regcli.report.measures import measured
from regcli.report.report import Column, Fact, Facts, Kind, Report, Table, facts
from regcli.specs import LINKS, LOG_FAMILIES, DataSpec, PredictionType, PredictSpec
from regcli.workflows.fan import crossing
from regcli.workflows.judging import documented

Vector = NDArray[np.float64]

RESPONSE = PredictSpec()
KEPT = ("decimal", "na", "thousands", "units")
"""How the training rows were read, which holds for new rows too unless the request says otherwise."""


@dataclass(frozen=True)
class Batch:
    """Some rows: predictions (n,) or (n, k), NaN where there is none (None of a class), what names the rows, and the
    rows as they were written."""

    predictions: NDArray[Any]
    ids: list[list[Any]]
    cells: list[list[str]]


@dataclass
class Prediction:
    """The predictions for a source, to be gone through once; what is known afterwards of all rows.

    `header` holds the names of the columns that name rows and, where the input is appended to, all of its columns.
    """

    model: Model
    data: DataSpec
    spec: PredictSpec
    batches: Iterator[Batch] = field(default_factory=lambda: iter(()))
    header: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    name: str = ""
    notices: list[Notice] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    running: RunningMetrics | GatheredMetrics = field(default_factory=RunningMetrics)
    rows_read: int = 0
    crossed: list[NDArray[np.float64]] = field(default_factory=list)

    @property
    def append(self) -> bool:
        """Whether the columns of the input stand before the predictions."""
        return self.spec.append

    @property
    def columns(self) -> list[str]:
        """What the columns of predictions are called: `prediction`, unless a column of the output is called so, or of
        several classes `prediction[class]`."""
        word = free_name("prediction", {*self.ids, *(self.header if self.append else [])})
        model, asked = self.model, self.spec.type
        if self.spec.at:
            taken = {*self.ids, *(self.header if self.append else [])}
            return [free_name(f"survival[{_written(time)}]", taken) for time in self.spec.at]
        one = asked == "class" or not (model.several or (asked == "probability" and model.classes))
        return [word] if one else [f"{word}[{name}]" for name in model.outputs]

    @property
    def metrics(self) -> dict[str, Any] | None:
        """The metrics over the rows whose target is there, or None."""
        running = self.running
        found = running.metrics(self.model.centre) if isinstance(running, RunningMetrics) else running.metrics()
        return None if found is None else documented(asdict(found), self.model.classes)

    def said(self) -> list[Notice]:
        """Everything to be said, once all rows are through."""
        text = crossing(np.concatenate(self.crossed), "row") if self.crossed else None
        crossed = [] if text is None else [Notice("quantiles_cross", text)]
        return [*self.notices, *self.tally.notices(self.model.needed), *crossed]

    def document(self, predictions: Sequence[Any]) -> dict[str, Any]:
        """The JSON document, once all rows are through, without what names the rows."""
        return {
            "schema": "regcli.predict/1",
            "version": regcli.__version__,
            "command": "predict",
            "model": {
                "command": self.model.document.get("command"),
                "target": self.model.target,
                "family": self.model.family,
                "fingerprint": self.model.document["data"].get("fingerprint"),
            },
            "data": {"source": self.name, "rows_read": self.rows_read, "rows_predicted": self.tally.rows},
            "type": self.spec.type,
            "at": list(self.spec.at),
            "columns": self.columns,
            "predictions": [_finite(value) for value in predictions],
            "metrics": self.metrics,
            "filled": dict(self.tally.filled),
            "new_levels": {name: dict(levels) for name, levels in self.tally.levels.items() if levels},
            "warnings": [{"code": notice.code, "message": notice.message} for notice in self.said()],
        }


def _written(time: float) -> str:
    return repr(time).removesuffix(".0")


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return None if any(map(math.isnan, value)) else value
    return None if isinstance(value, float) and math.isnan(value) else value


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


def predict(model: Model, data: DataSpec, spec: PredictSpec = RESPONSE) -> Prediction:
    """Predictions of `model` for the rows of `data`; nothing is read until the batches are gone through.

    `data.missing` is error, or drop for rows without prediction where a gap cannot be filled.
    """
    if data.missing not in ("error", "drop"):
        raise UsageError(
            f"--missing {data.missing} cannot act here: gaps are filled as the model learned to", hint="--missing drop"
        )
    spec.check(model.family)
    found = Prediction(model, settings_for(model, data), spec)
    if model.family != "gaussian":
        found.running = GatheredMetrics(model.null, model.loss)
    if spec.at:
        found.notices += _beyond(model, spec.at)
    found.batches = _batches(found)
    return found


def _beyond(model: Model, asked: Sequence[float]) -> list[Notice]:
    """What is said where no event was seen so late."""
    assert model.survival is not None and model.baseline is not None
    ends = [float(times[-1]) if len(times) else None for times in model.baseline.times]
    levels = [f" ({visible(str(model.survival.strata))} {shortened(one)})" for one in model.survival.levels] or [""]
    each = [
        f"no event{level}" if end is None else f"at {_written(end)}{level}"
        for end, level in zip(ends, levels, strict=True)
        if max(asked) > (end or 0.0)
    ]
    if not each:
        return []
    text = f"beyond the last event of the training rows, {listed(each)}, survival is taken to stay as it was there"
    return [Notice("beyond_last_event", text)]


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
        eta = model.link(frame, offset)
        eta[gappy] = math.nan
        unbounded = _unbounded(model, eta) & ~gappy
        found.tally.unbounded += int(unbounded.sum())
        eta[unbounded] = math.nan
        if model.levels:
            found.crossed.append(eta[np.isfinite(eta).all(axis=1)])
        _measure(found, rows, eta, offset)
        predictions = _alive(found, rows, eta) if found.spec.at else _said(model, eta, found.spec.type)
        ids = [rows.frame[name].astype(object).where(rows.frame[name].notna(), None).tolist() for name in found.ids]
        yield Batch(predictions, [list(row) for row in zip(*ids, strict=True)] if ids else [], rows.cells or [])


def _ids(model: Model, data: DataSpec, names: Sequence[str]) -> list[str]:
    """The columns that name rows: those asked for, else those of the training rows that are there."""
    stored = model.document.get("settings", {}).get("id", [])
    if data.id:
        return sorted(matching(data.id, names, "--id"), key=list(names).index)
    wanted = [item for item in stored if isinstance(item, str)] if isinstance(stored, list) else []
    return [name for name in names if name in wanted]


def _unbounded(model: Model, eta: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The rows (n,) whose prediction no double holds."""
    with np.errstate(over="ignore"):
        held = np.isfinite(np.exp(eta) if LINKS[model.family] == "log" else eta)
    return np.asarray(~(held if eta.ndim == 1 else held.all(axis=1)))


def _said(model: Model, eta: NDArray[np.float64], type: PredictionType) -> NDArray[Any]:
    """What is said of rows by their linear predictors (n,) or (n, K): numbers (n,) or (n, k), or names of classes."""
    if type == "link":
        return eta
    if type == "class":
        names = np.array([*model.classes, None], dtype=object)
        lacking = np.isnan(eta if eta.ndim == 1 else eta[:, 0])
        return np.asarray(names[np.where(lacking, len(model.classes), predicted_class(eta))])
    response = model.loss.response
    if model.levels:
        return eta
    if type == "probability" and eta.ndim == 1:
        return np.column_stack([response(-eta), response(eta)])
    return response(eta)


def _alive(found: Prediction, rows: Rows, eta: Vector) -> NDArray[np.float64]:
    """The probability of survival beyond each of the times that were asked for, (n, k); NaN where there is none."""
    from regcli.problem.survival.baseline import survival

    model, out = found.model, np.full((len(eta), len(found.spec.at)), math.nan)
    assert model.survival is not None and model.baseline is not None
    if model.survival.strata is not None and model.survival.strata not in rows.frame.columns:
        raise DataError(f"{rows.name} lacks the column of the strata: {visible(model.survival.strata)}")
    strata = model.survival.numbers(rows.frame)
    known = np.isfinite(eta) & np.isfinite(strata)
    if model.survival.strata is not None:
        name, lacking = model.survival.strata, np.isfinite(eta) & np.isnan(strata)
        gaps = int(np.sum(lacking & rows.frame[name].isna().to_numpy()))
        strange = int(lacking.sum()) - gaps
        found.tally.skipped += gaps
        found.tally.gaps += Counter({name: gaps})
        found.tally.strata += Counter({name: strange})
    out[known] = survival(model.baseline, strata[known].astype(np.intp), eta[known], np.array(found.spec.at))
    return out


def _measure(found: Prediction, rows: Rows, eta: NDArray[np.float64], offset: Vector | None) -> None:
    """Compare with the target, where the rows have one that the model knows."""
    model, target = found.model, found.model.target
    if target not in rows.frame.columns:
        return
    cells = rows.frame[target]
    if model.survival is not None:
        _measure_survival(found, rows, eta, offset)
        return
    if model.classes:
        y = places_of(cells, model.classes)
        if np.any(np.isnan(y) & cells.notna().to_numpy()):
            _not_compared(found, "holds a class that the model does not know: such rows are not compared with")
    elif cells.dtype.kind not in "iuf":
        if not cells.isna().all():
            _not_compared(found, "holds text: it is not compared with")
        return
    else:
        y = cells.to_numpy(dtype=np.float64)
        least = 0.0 if model.family in LOG_FAMILIES else -math.inf
        positive = model.family == "gamma" or model.parameters.get("power") == 2
        wrong = (y <= least) if positive else (y < least)
        if np.any(wrong):
            y = np.where(wrong, math.nan, y)
            what = "0 or below" if positive else "below 0"
            _not_compared(found, f"holds numbers {what}: such rows are not compared with")
    if model.levels:
        eta = eta[:, model.spokesman]
    known = np.isfinite(y) & np.isfinite(eta if eta.ndim == 1 else eta[:, 0])
    found.running.add(y[known], eta[known], None if offset is None else offset[known])


def _measure_survival(found: Prediction, rows: Rows, eta: Vector, offset: Vector | None) -> None:
    """The same of survival times, whose other columns must be there too."""
    survival, target = found.model.survival, found.model.target
    assert survival is not None
    if any(name not in rows.frame.columns for name in survival.columns):
        return
    if rows.frame[target].dtype.kind not in "iuf":
        _not_compared(found, "holds text: it is not compared with")
        return
    whole = rows.frame[[target, *survival.columns]].notna().all(axis=1).to_numpy() & np.isfinite(eta)
    whole &= np.isfinite(survival.numbers(rows.frame))
    frame, places = rows.frame[whole], np.flatnonzero(whole)
    try:
        y = survival.targets(frame, frame[target], lambda some: rows.where(places[list(some)].tolist()))
    except DataError as error:
        _not_compared(found, f"{error.message}: it is not compared with")
        return
    found.running.add(y, eta[whole], None if offset is None else offset[whole])


def _not_compared(found: Prediction, why: str) -> None:
    if not any(notice.code == "target_unusable" for notice in found.notices):
        text = f"the target {visible(found.model.target)} is there but {why} the predictions"
        found.notices.append(Notice("target_unusable", text))


def report_of(found: Prediction) -> Report:
    """All predictions as a report: its document, and `arrays.predictions` (n,), of several columns (n, k)."""
    parts = [batch.predictions for batch in found.batches]
    predictions = np.concatenate(parts) if parts else np.zeros(0)
    document = facts(found.document(predictions.tolist()))
    names, kind = found.columns, "text" if found.spec.type == "class" else "number"
    columns = tuple(Column(name, name, cast(Kind, kind)) for name in names)
    rows = tuple(
        tuple(value) if isinstance(value, list) else (value,) * len(names) for value in document["predictions"]
    )
    table = Table(columns, rows)
    headline = f"{visible(found.model.target)} for {counted(len(rows), 'row')} of {visible(found.name)}"
    return Report(
        document, headline, (table,), table, (Fact("Fit", (summary(found),)),), Facts(predictions=predictions)
    )


def summary(found: Prediction) -> str:
    """One line on how good the predictions are, or how many there are."""
    metrics = found.metrics
    rows = counted(found.tally.predicted, "row")
    if metrics is None:
        return f"{rows} predicted"
    rows = f"{counted(metrics['rows'], 'row')} with {visible(found.model.target)}"
    return f"{measured(dict(facts(metrics)))} on {rows}"
