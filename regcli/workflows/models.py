"""A fitted model as a document to be saved, and what it says of its own training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.data.reading.names import free_name
from regcli.data.surviving import EVENT, TIME
from regcli.problem.objective import Solution
from regcli.report.report import Column, Report, Table, facts
from regcli.workflows.fan import Blade
from regcli.workflows.judging import residuals_of
from regcli.workflows.preparing import Prepared

if TYPE_CHECKING:
    from regcli.artifact import Model

Vector = NDArray[np.float64]

KEPT = ("version", "command", "settings")
DATA = (
    "source",
    "rows_read",
    "rows_used",
    "target",
    "weights",
    "offset",
    "exposure",
    "event",
    "entry",
    "strata",
    "dropped_columns",
)


def model_document(
    document: dict[str, Any], prepared: Prepared, solution: Solution, fan: Sequence[Blade] = ()
) -> dict[str, Any]:
    """The document of a `regcli.model/1` for what a `fit` or a `cv` document reports."""
    from regcli.artifact import SCHEMA, encoding_to_json

    design, data = prepared.design, document["data"]
    described = {key: value for key, value in document["model"].items() if key != "constraints"}
    return {
        "schema": SCHEMA,
        **{key: document[key] for key in KEPT},
        "data": {
            **{key: data[key] for key in DATA},
            "fingerprint": fingerprint_of(design),
        },
        "encoding": encoding_to_json(design.encoding),
        "model": described
        | _outputs(document["model"], prepared, solution)
        | _baseline(prepared, solution)
        | ({"fan": [_blade(one, document["model"]["fan"][i]) for i, one in enumerate(fan)]} if fan else {}),
        "sparsity": document["sparsity"],
        "metrics": document["metrics"],
        "certificate": document["certificate"],
        "path": document.get("path"),
    }


def _blade(one: Blade, entry: dict[str, Any]) -> dict[str, Any]:
    """A model of a fan: its level, and what it takes to predict; means and scales are those of the others."""
    described = {key: entry[key] for key in ("intercept", "coefficients")} | {"classes": None}
    found = _outputs(described, one.prepared, one.solution)
    return {"level": one.level, "intercept": entry["intercept"], **found}


def _baseline(prepared: Prepared, solution: Solution) -> dict[str, Any]:
    """Of survival times the hazard, in each stratum, of a row whose features are at their means."""
    survival = prepared.design.survival
    if survival is None:
        return {}
    from regcli.problem.survival.baseline import baseline

    ties = prepared.problem.family.parameter("ties")
    found = baseline(prepared.problem.y, prepared.link(solution), prepared.problem.weights, ties)
    strata = [
        {"stratum": level, "times": times.tolist(), "log_hazard": hazard.tolist()}
        for level, times, hazard in zip(survival.levels or (None,), found.times, found.log_hazard, strict=True)
    ]
    return {"baseline": {"codes": survival.codes, "strata": strata}}


def fingerprint_of(design: Design) -> str | None:
    """The SHA-256 of the training rows' cells; None where rows were passed over and are not there."""
    from regcli.artifact import fingerprint

    return None if design.condensed else fingerprint(design.train, [design.target, *design.encoding.columns])


def _outputs(model: dict[str, Any], prepared: Prepared, solution: Solution) -> dict[str, Any]:
    """What it takes to predict to the last digit: of each output its `centre`, of each feature its mean and scale; and
    the linear predictor of the model without features, which predictions are measured against."""
    scaling, problem = prepared.scaling, prepared.problem
    outputs = model["classes"] or [model]
    centres = np.atleast_1d(solution.intercept).astype(float) if problem.intercept else np.zeros(len(outputs))
    if model["classes"] and problem.intercept:
        # A constant for all classes changes nothing; with this one they are those that the intercepts stand for.
        raws = np.array([[row["coefficient"] for row in one["coefficients"]] for one in outputs])
        levels = np.array([one["intercept"] for one in outputs])
        centres = centres - np.mean(centres - raws @ scaling.mean - levels)
    found = [
        {
            "centre": float(centre),
            "coefficients": [
                {**row, "mean": float(mean), "scale": float(scale)}
                for row, mean, scale in zip(one["coefficients"], scaling.mean, scaling.scale, strict=True)
            ],
        }
        for one, centre in zip(outputs, centres, strict=True)
    ]
    null = [float(level) for level in np.atleast_1d(problem.null_intercept)]
    if not model["classes"]:
        return {**found[0], "null": null}
    return {"classes": [one | more for one, more in zip(outputs, found, strict=True)], "centre": None, "null": null}


def with_model(
    report: Report, document: dict[str, Any], prepared: Prepared, solution: Solution, fan: Sequence[Blade] = ()
) -> Report:
    """The report, which can now save its model and tell the fitted values of its rows."""

    def model() -> dict[str, Any]:
        return dict(facts(model_document(document, prepared, solution, fan)))

    def fitted() -> Table:
        from regcli.artifact import of_document

        return _fitted(of_document(model()), prepared)

    return replace(report, model_document=model, fitted_table=fitted)


def _fitted(model: Model, prepared: Prepared) -> Table:
    """One row for each training row: its line in the file, the columns that name it, target, fitted value, residual;
    of several classes the probability of each in their place."""
    design = prepared.design
    fitted = model.predict(design.train, design.offset)
    shown = [f"fitted[{name}]" for name in model.outputs] if model.several else ["fitted", "residual"]
    if design.survival is not None:
        return _hazards(fitted, prepared)
    keys: list[str] = []
    for name in (design.unit, *design.ids, design.target, *shown):
        keys.append(free_name(name, keys))
    columns = tuple(Column(key, key, "text") for key in keys)
    ids = [design.train[name].tolist() for name in design.ids]
    target = design.train[design.target].tolist() if model.classes else design.y.tolist()
    numbers = (
        fitted if model.several else np.column_stack([fitted, residuals_of(prepared.problem.family, design.y, fitted)])
    )
    cells = zip(design.lines(), *ids, target, *numbers.T.tolist(), strict=True)
    return Table(columns, tuple(tuple(None if _is_gap(cell) else cell for cell in row) for row in cells))


def _hazards(fitted: Vector, prepared: Prepared) -> Table:
    """The same of survival times: time, event, relative hazard, and the martingale residual, the event less those that
    are expected until then."""
    design = prepared.design
    assert design.survival is not None
    residual = prepared.problem.residual(np.log(fitted))
    keys: list[str] = []
    for name in (design.unit, *design.ids, design.target, str(design.survival.event), "fitted", "residual"):
        keys.append(free_name(name, keys))
    columns = tuple(Column(key, key, "text") for key in keys)
    ids = [design.train[name].tolist() for name in design.ids]
    times, events = design.y[:, TIME].tolist(), design.y[:, EVENT].astype(int).tolist()
    cells = zip(design.lines(), *ids, times, events, fitted.tolist(), residual.tolist(), strict=True)
    return Table(columns, tuple(tuple(None if _is_gap(cell) else cell for cell in row) for row in cells))


def _is_gap(cell: Any) -> bool:
    return isinstance(cell, float) and bool(np.isnan(cell))
