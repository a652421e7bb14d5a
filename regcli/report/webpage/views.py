"""What the page draws of a document: which charts, and the words and marks on them; the numbers are the document's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regcli.report.coefficients import intercept_name
from regcli.report.families import changed
from regcli.report.measures import (
    COMPARED_ERRORS,
    COMPARED_WORDS,
    ERROR_WORDS,
    MEASURE_WORDS,
    more_is_better,
    training_compares,
)
from regcli.report.of_compare import rival_words
from regcli.report.of_cv import RULES
from regcli.report.of_path import CRITERION_WORDS
from regcli.report.wording import short

Document = Mapping[str, Any]
View = dict[str, Any]


def view_of(document: Document) -> View | None:
    """The view of a document, or None of a command that draws nothing."""
    made = VIEWS.get(document["command"])
    return None if made is None else made(document)


def _path(document: Document) -> View:
    chosen, marks = document["chosen"], list[View]()
    if chosen is not None:
        name = CRITERION_WORDS[chosen["criterion"]]
        marks = [_mark(chosen["index"], f"least {name}", document, True)]
    return _steps(document, marks, [_coefficients(document)])


def _cv(document: Document) -> View:
    chosen, measure = document["chosen"], document["chosen"]["measure"]
    at = {step["alpha"]: i for i, step in enumerate(document["path"])}
    rules = {rule: chosen[key]["alpha"] for rule, key in RULES.items()}
    if rules["min"] == rules["1se"]:
        marks = [_mark(at[rules["min"]], "min and 1se", document, True)]
    else:
        marks = [_mark(at[alpha], rule, document, rule == chosen["rule"]) for rule, alpha in rules.items()]
    better = "more" if more_is_better(measure) else "less"
    error = {
        "id": "error",
        "title": "Error on rows that were not fitted",
        "about": f"{ERROR_WORDS[measure]} ({better} is better), with one standard error up and down",
    }
    found = {"measure": MEASURE_WORDS[measure], "training": training_compares(document)}
    return _steps(document, marks, [error, _coefficients(document)]) | found


def _steps(document: Document, marks: list[View], charts: list[View]) -> View:
    """A view with a slider; it starts at the model that was used or pointed out."""
    used = [mark["at"] for mark in marks if mark["used"]]
    last = len(document["path"]) - 1
    return {
        "kind": document["command"], "steps": True, "charts": charts, "marks": marks, "start": (used or [last])[0],
        "intercept": intercept_name(document),
    }  # fmt: skip


def _mark(at: int, name: str, document: Document, used: bool) -> View:
    return {"at": at, "name": name, "text": f"{name}: {short(document['path'][at]['alpha'])}", "used": used}


def _coefficients(document: Document) -> View:
    return {"id": "path", "title": "Coefficients along alpha", "about": _unit(document)}


def _unit(document: Document) -> str:
    return f"standardized: {changed(document)} per deviation of the feature"


def _fit(document: Document) -> View:
    shown = "largest first"
    if document["inference"] is not None:
        shown += ", with intervals of 95 %"
    title = "Coefficients of each quantile" if document["model"].get("fan") else "Sizes of the coefficients"
    drawn = [{"id": "sizes", "title": title, "about": f"{_unit(document)}; {shown}"}]
    if document["training"] is not None:
        about = f"in the formula of the convention {document['model']['convention']}"
        drawn.append({"id": "loss", "title": "Loss along the epochs", "about": about})
    return {"kind": "fit", "charts": drawn}


def _compare(document: Document) -> View:
    where = "on test rows" if document["folds"] is None else "on rows that were not fitted"
    about = f"{COMPARED_ERRORS[document['measure']]} (less is better), with one standard error to both sides"
    return {
        "kind": "compare",
        "measure": COMPARED_WORDS[document["measure"]],
        "names": rival_words(document["model"]["family"]),
        "charts": [
            {"id": "errors", "title": f"Error {where}", "about": about},
            {"id": "sizes", "title": "Coefficients", "about": _unit(document)},
        ],
    }


VIEWS: dict[str, Callable[[Document], View]] = {"fit": _fit, "path": _path, "cv": _cv, "compare": _compare}
