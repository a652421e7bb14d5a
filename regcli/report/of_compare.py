"""What `compare` says, drawn from its document: models, coefficients side by side, verdict, diagnosis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regcli.errors import counted, visible
from regcli.report.coefficients import series_names, series_of_step
from regcli.report.families import against, explained
from regcli.report.measures import COMPARED_WORDS, SHARES
from regcli.report.of_fit import weighing_lines
from regcli.report.report import Cell, Column, Fact, Report, Table, facts
from regcli.report.wording import exactness, source_of, tiny

RIVAL_WORDS = {
    "null": "no features", "ols": "least squares", "ridge": "ridge", "lasso": "lasso", "elasticnet": "elastic net",
}  # fmt: skip
RULE_WORDS = {"1se": "one standard error of the least error", "min": "the least error"}
STABILITY = "stable: how alike the folds' selections are, from 0, chance, to 1, all the same (Nogueira et al. 2018)"
MOST_SHOWN = 60
"""The verdict comes below the coefficients: with more features only the largest are shown above it."""


def rival_words(family: str) -> dict[str, str]:
    """What models are called: without a penalty least squares, or of other families just that."""
    return RIVAL_WORDS if family == "gaussian" else RIVAL_WORDS | {"ols": "no penalty"}


def plainly(text: str, family: str) -> str:
    """A sentence about models, in which those of other families than squared error have no least squares."""
    return text.replace(RIVAL_WORDS["ols"], rival_words(family)["ols"])


def report_of_compare(found: Mapping[str, Any], order: str = "size") -> Report:
    """The report on a `regcli.compare/1` document; coefficients by their largest size, or as in the file."""
    document = facts(found)
    data = document["data"]
    features, rows = counted(len(data["features"]), "feature"), counted(data["rows_used"], "row")
    what = f"{explained(document)}{against(document)} from {features}, {rows} of {source_of(data)}"
    headline = f"{counted(len(document['models']), 'model')} compared{_judges(document)}: {what}"
    tables = (_models(document), _coefficients(document, order), *_robust_and_plain(document))
    return Report(document, headline, tables, _records(document), tuple(_facts(document)))


def _judges(document: Mapping[str, Any]) -> str:
    folds = document["folds"]
    if folds is None:
        return f" on {counted(document['data']['test']['rows'], 'test row')}"
    how = "by leaving one row out" if folds["scheme"] == "leave one out" else f"on {folds['k']} folds"
    return f" {how}{', ' + str(folds['repeats']) + ' times' if folds['repeats'] > 1 else ''}"


def _models(document: Mapping[str, Any]) -> Table:
    measure, words = document["measure"], rival_words(document["model"]["family"])
    stable = any(model["stability"] is not None for model in document["models"])
    mixed = any(model["name"] == "elasticnet" for model in document["models"])
    columns = (
        Column("model", "name", "name"),
        Column(COMPARED_WORDS[measure], "mean", "number"),
        Column("s.e.", "se", "number"),
        Column("worse by", "difference", "number"),
        Column("s.e.", "difference_se", "number"),
        Column(SHARES.get(measure, "less by"), "r2", "percent"),
        Column("features", "nonzero", "count"),
        *([Column("stable", "stability", "score", optional=7)] if stable else []),
        Column("alpha", "alpha", "number", optional=6),
        *([Column("l1_ratio", "l1_ratio", "number", optional=3)] if mixed else []),
        Column("L1 norm", "l1_norm", "number", optional=4),
        Column("L2 norm", "l2_norm", "number", optional=5),
        Column("training", "train_mean", "number", optional=2),
        Column("seconds", "seconds", "score", optional=1),
    )
    rows: list[tuple[Cell, ...]] = []
    for model in document["models"]:
        cells = _cells(model)
        cells["name"] = words[model["name"]]
        if model["name"] != "elasticnet":
            cells["l1_ratio"] = None
        rows.append(tuple(cells[column.key] for column in columns))
    return Table(columns, tuple(rows), whole=True)


def _cells(model: Mapping[str, Any]) -> dict[str, Any]:
    """A model with the two parts of its difference side by side."""
    difference = model["difference"] or {"mean": None, "se": None}
    return {**model, "difference": difference["mean"], "difference_se": difference["se"]}


def _coefficients(document: Mapping[str, Any], order: str) -> Table:
    """Standardized coefficients side by side; a zero is an empty cell."""
    models = [model for model in document["models"] if model["name"] != "null"]
    tables = [series_of_step(document, model) for model in models]
    names = series_names(document)
    if order == "size":
        names.sort(key=lambda name: -max(abs(table.get(name) or 0.0) for table in tables))
    names = names[:MOST_SHOWN]
    first = Column("standardized", "name", "name")
    words = rival_words(document["model"]["family"])
    columns = (first, *(Column(words[model["name"]], model["name"], "number") for model in models))
    rows = tuple((name, *(table.get(name) for table in tables)) for name in names)
    quiet = frozenset(i for i, row in enumerate(rows) if all(cell is None for cell in row[1:]))
    return Table(columns, rows, quiet)


def _robust_and_plain(document: Mapping[str, Any]) -> tuple[Table, ...]:
    """Of the chosen model of a robust loss the coefficients beside those of squared error, the furthest apart first."""
    chosen = next(model for model in document["models"] if model["name"] == document["verdict"]["chosen"])
    plain = chosen["plain"]
    if not plain or not (chosen["standardized"] or plain["standardized"]):
        return ()
    pairs = [
        (name, chosen["standardized"].get(name), plain["standardized"].get(name))
        for name in document["data"]["features"]
        if name in chosen["standardized"] or name in plain["standardized"]
    ]
    rows = [(name, robust, other, (robust or 0.0) - (other or 0.0)) for name, robust, other in pairs]
    rows.sort(key=lambda row: -abs(row[3]))
    word = rival_words(document["model"]["family"])[chosen["name"]]
    columns = (
        Column(f"standardized, {word}", "name", "name"),
        Column("robust", "robust", "number"),
        Column("squared error", "plain", "number"),
        Column("apart", "apart", "number"),
    )
    return (Table(columns, tuple(rows[:MOST_SHOWN])),)


def _records(document: Mapping[str, Any]) -> Table:
    keys = (
        "name", "penalty", "tuned", "alpha", "l1_ratio", "mean", "se", "difference", "difference_se", "r2",
        "train_mean", "nonzero", "stability", "l1_norm", "l2_norm", "seconds", "tied", "chosen",
    )  # fmt: skip
    rows = []
    for model in document["models"]:
        cells = _cells(model)
        cells["chosen"] = model["name"] == document["verdict"]["chosen"]
        cells |= {key: "yes" if cells[key] else "no" for key in ("tuned", "tied", "chosen")}
        rows.append(tuple(cells[key] for key in keys))
    texts = ("name", "penalty", "tuned", "tied", "chosen")
    return Table(tuple(Column(key, key, "text" if key in texts else "number") for key in keys), tuple(rows))


def _facts(document: Mapping[str, Any]) -> list[Fact]:
    verdict = document["verdict"]
    found = [
        Fact("Verdict", tuple(verdict["reason"].split("; "))),
        Fact("Why", tuple(verdict["facts"])),
        Fact("Judged", tuple(_judged(document))),
        Fact("Certificate", tuple(_certified(document))),
        Fact("Next", (document["next"],), is_command=True),
    ]
    hidden = len(series_names(document)) - MOST_SHOWN
    if hidden > 0:
        found.insert(0, Fact("Coefficients", (f"the {MOST_SHOWN} largest; {hidden:,} more are in the JSON document",)))
    if document["diagnosis"]:
        found.insert(-3, Fact("Diagnosis", tuple(line["message"] for line in document["diagnosis"])))
    return found


def _judged(document: Mapping[str, Any]) -> Sequence[str]:
    folds, tuning = document["folds"], document["tuning"]
    given = any(document["settings"]["alphas"].values())
    lines = [_tuned(document)] if tuning is not None else ["at the strengths that were given"] * given
    if folds is None:
        how = visible(document["data"]["test"]["how"])
        lines.insert(0, f"by {counted(document['data']['test']['rows'], 'row')} held out ({how})")
        lines.append("worse by: the mean of the rows' differences to the best model")
    else:
        lines.insert(0, f"by the rows of each fold, {_scheme(folds)}")
        lines.append(
            f"worse by: the mean difference to the best model in the folds; its s.e. has Nadeau and Bengio's factor, "
            f"1/{folds['k'] * folds['repeats']} + {folds['overlap']:.3g}, for training rows that folds share"
        )
    if any(model["stability"] is not None for model in document["models"]):
        lines.append(STABILITY)
    return [*lines, *weighing_lines(document["data"])]


def _scheme(folds: Mapping[str, Any]) -> str:
    column = visible(folds["column"]) if folds["column"] else ""
    return {
        "random": f"{folds['k']} random ones drawn with seed {folds['seed']}",
        "leave one out": f"{folds['k']:,} of one row",
        "groups": f"{folds['k']} that keep the groups of {column} whole",
        "time": f"{folds['k']} in order of {column}, each after what is learned from",
        "given": f"the {folds['k']} of {column}",
    }[folds["scheme"]]


def _tuned(document: Mapping[str, Any]) -> str:
    tuning, nested = document["tuning"], document["folds"] is not None
    where = "on the training rows alone, " if nested else ""
    words = rival_words(document["model"]["family"])
    given = [words[name] for name, alpha in document["settings"]["alphas"].items() if alpha]
    but = f"; {', '.join(given)} at the strength given" if given else ""
    k = str(tuning["k"])
    if nested:
        least, most = document["folds"]["inner_least"], document["folds"]["inner_most"]
        k = str(least) if least == most else f"{least}- to {most}"
    return f"tuned {where}by {k}-fold cross-validation to {RULE_WORDS[tuning['rule']]}{but}"


def _certified(document: Mapping[str, Any]) -> Sequence[str]:
    lines = [exactness(document["certificate"])]
    folds = document["folds"]
    if folds is not None:
        word = "" if folds["certified"] else ", NOT all certified"
        lines.append(f"in the folds: worst violation {tiny(folds['violation'])}{word}")
    return lines
