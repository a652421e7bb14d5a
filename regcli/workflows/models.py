"""A fitted model as a document to be saved, and what it says of its own training rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from regcli.data.reading.names import free_name
from regcli.problem.objective import Solution
from regcli.report.report import Column, Report, Table, facts
from regcli.workflows.preparing import Prepared

if TYPE_CHECKING:
    from regcli.artifact import Model

KEPT = ("version", "command", "settings")
DATA = ("source", "rows_read", "rows_used", "target", "weights", "offset", "exposure", "dropped_columns")


def model_document(document: dict[str, Any], prepared: Prepared, solution: Solution) -> dict[str, Any]:
    """The document of a `regcli.model/1` for what a `fit` or a `cv` document reports."""
    from regcli.artifact import SCHEMA, encoding_to_json, fingerprint

    design, scaling, data = prepared.design, prepared.scaling, document["data"]
    centred = prepared.model.intercept
    coefficients = [
        {**row, "mean": float(mean), "scale": float(scale)}
        for row, mean, scale in zip(document["model"]["coefficients"], scaling.mean, scaling.scale, strict=True)
    ]
    described = {key: value for key, value in document["model"].items() if key != "constraints"}
    return {
        "schema": SCHEMA,
        **{key: document[key] for key in KEPT},
        "data": {
            **{key: data[key] for key in DATA},
            "fingerprint": fingerprint(design.train, [design.target, *design.encoding.columns]),
        },
        "encoding": encoding_to_json(design.encoding),
        "model": {**described, "centre": solution.intercept if centred else 0.0, "coefficients": coefficients},
        "sparsity": document["sparsity"],
        "metrics": document["metrics"],
        "certificate": document["certificate"],
        "path": document.get("path"),
    }


def with_model(report: Report, document: dict[str, Any], prepared: Prepared, solution: Solution) -> Report:
    """The report, which can now save its model and tell the fitted values of its rows."""

    def model() -> dict[str, Any]:
        return dict(facts(model_document(document, prepared, solution)))

    def fitted() -> Table:
        from regcli.artifact import of_document

        return _fitted(of_document(model()), prepared)

    return replace(report, model_document=model, fitted_table=fitted)


def _fitted(model: Model, prepared: Prepared) -> Table:
    """One row for each training row: its line in the file, the columns that name it, target, fitted value, residual."""
    design = prepared.design
    fitted = model.predict(design.train, design.offset)
    keys: list[str] = []
    for name in (design.unit, *design.ids, design.target, "fitted", "residual"):
        keys.append(free_name(name, keys))
    columns = tuple(Column(key, key, "text") for key in keys)
    ids = [design.train[name].tolist() for name in design.ids]
    target = design.y.tolist()
    cells = zip(design.lines(), *ids, target, fitted.tolist(), (design.y - fitted).tolist(), strict=True)
    return Table(columns, tuple(tuple(None if _is_gap(cell) else cell for cell in row) for row in cells))


def _is_gap(cell: Any) -> bool:
    return isinstance(cell, float) and bool(np.isnan(cell))
