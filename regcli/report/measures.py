"""What measures are called, and how good predictions are in words and as a table of confusion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regcli.errors import counted, visible
from regcli.report.report import Cell, Column, Table
from regcli.report.wording import number, percent
from regcli.specs import MORE_IS_BETTER

MEASURE_WORDS = {
    "mse": "MSE", "rmse": "RMSE", "mae": "MAE", "r2": "R2", "deviance": "deviance", "log_loss": "log loss",
    "auc": "AUC", "accuracy": "accuracy", "brier": "Brier", "huber": "Huber loss", "pinball": "pinball loss",
    "squared_hinge": "squared hinge", "concordance": "concordance",
}  # fmt: skip
ERROR_WORDS = {
    "mse": "mean squared error",
    "rmse": "root mean squared error",
    "mae": "mean absolute error",
    "r2": "R2",
    "deviance": "mean deviance",
    "log_loss": "log loss",
    "auc": "area under the ROC curve",
    "accuracy": "share of rows whose class is predicted",
    "brier": "Brier score",
    "huber": "mean Huber loss",
    "pinball": "mean pinball loss",
    "squared_hinge": "mean squared hinge",
    "concordance": "concordance",
}
SHARES = {"mse": "R2", "deviance": "explained", "huber": "explained", "pinball": "explained"}
"""What the share is called by which an error is less than that of the model without features."""
COMPARED_WORDS = MEASURE_WORDS | {"auc": "1 - AUC", "accuracy": "misclassified", "concordance": "1 - concordance"}
"""In a comparison every number is an error, the less the better."""
COMPARED_ERRORS = ERROR_WORDS | {
    "auc": "1 less the area under the ROC curve",
    "accuracy": "share of rows whose class is missed",
    "concordance": "1 less the concordance",
}
MOST_CLASSES = 12
"""The confusion of more classes than these is in the JSON document only."""


def more_is_better(measure: str) -> bool:
    """Whether a larger value is a better one."""
    return measure in MORE_IS_BETTER


def training_compares(document: Mapping[str, Any]) -> bool:
    """Whether the error on training rows compares with that on rows that were not fitted: deviances of survival times
    grow with the rows at risk, of which a training fold has fewer."""
    return bool(document["model"]["family"] != "cox" or document["chosen"]["measure"] != "deviance")


def worded(measure: str) -> str:
    """A measure with a word on which side is the better one, for an axis."""
    name = "cross-validated R2" if measure == "r2" else ERROR_WORDS[measure]
    return f"{name} ({'more' if more_is_better(measure) else 'less'} is better)"


def quality(document: Mapping[str, Any]) -> tuple[str, ...]:
    """How good predictions are, on training rows and on test rows."""
    lines = [f"{measured(document['metrics']['train'])} on the {document['data']['rows_used']:,} training rows"]
    test = document["metrics"]["test"]
    if test is not None:
        where = document["data"]["test"]
        lines.append(f"{measured(test)} on {where['rows']:,} test rows ({visible(where['how'])})")
    positive = document["model"].get("positive_class")
    if positive is not None:
        from_here = "decision value of 0" if document["model"]["family"] == "squared_hinge" else "probability of 0.5"
        lines.append(f"{visible(positive)} is predicted from a {from_here} on")
    return tuple(lines)


def measured(metrics: Mapping[str, Any]) -> str:
    """One line of measures: of classes, of margins, of robust fits, of quantiles, of amounts, or of numbers."""
    explained = _percent(metrics.get("deviance_ratio"))
    if "squared_hinge" in metrics:
        return (
            f"AUC {_share(metrics['auc'])}, accuracy {_percent(metrics['accuracy'])}, squared hinge "
            f"{number(metrics['squared_hinge'], 4)}, {explained} less than without features; "
            f"{_percent(metrics['within'])} within the margin"
        )
    if "concordance" in metrics and not metrics["events"]:
        return "no event to be measured by"
    if "concordance" in metrics:
        return (
            f"concordance {_share(metrics['concordance'])}, deviance explained {explained}; "
            f"{counted(metrics['events'], 'event')}, deviance {_number(metrics['deviance'])} for each,"
        )
    if "pinball" in metrics:
        return (
            f"pinball loss {number(metrics['pinball'])}, {explained} less than without features; "
            f"{_percent(metrics['coverage'])} at most as large as predicted, MAE {number(metrics['mae'])}"
        )
    if "confusion" in metrics:
        accuracy = _percent(metrics["accuracy"])
        several = " (each class against the rest)" if len(metrics["confusion"]["classes"]) > 2 else ""
        return (
            f"AUC {_share(metrics['auc'])}{several}, accuracy {accuracy}, Brier {number(metrics['brier'], 4)}, "
            f"log loss {number(metrics['log_loss'], 4)}, deviance explained {_percent(metrics['deviance_ratio'])}"
        )
    errors = f"RMSE {number(metrics['rmse'])}"
    if metrics["mae"] is not None:
        errors += f", MAE {number(metrics['mae'])}"
    if "huber" in metrics:
        beyond = f"{_percent(metrics['beyond'])} beyond the threshold"
        return (
            f"Huber loss {number(metrics['huber'])}, {explained} less than without features; {beyond}; "
            f"median absolute error {number(metrics['medae'])}, {errors}"
        )
    if "deviance" in metrics:
        return f"deviance explained {explained}, deviance {number(metrics['deviance'])}, {errors}"
    return f"R2 {_share(metrics['r2'])}, {errors}"


def _number(value: float | None) -> str:
    return "-" if value is None else number(value, 4)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else percent(value)


def confusion_table(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """How many rows of each class are predicted to be of each, of test rows where there are any; none of others than
    classes."""
    train, test = document["metrics"]["train"], document["metrics"]["test"]
    found = (test or train).get("confusion")
    if not found or not found["counts"] or len(found["classes"]) > MOST_CLASSES:
        return ()
    rows = []
    whole = all(cell == round(cell) for row in found["counts"] for cell in row)
    for i, (name, counts) in enumerate(zip(found["classes"], found["counts"], strict=True)):
        total = sum(counts)
        cells: list[Cell] = [round(cell) if whole else cell for cell in counts]
        rows.append((name, *cells, counts[i] / total if total > 0 else None))
    titles = [f"predicted {visible(name)}" for name in found["classes"]]
    columns = (
        Column(f"actual, {'training' if test is None else 'test'} rows", "actual", "name"),
        *(Column(title, title, "count" if whole else "number") for title in titles),
        Column("right", "right", "percent"),
    )
    return (Table(columns, tuple(rows), whole=True),)
