"""What `cv` says, drawn from its document: the choice, the curve, and the refitted model with its stability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regcli.errors import counted, visible
from regcli.report.coefficients import (
    class_cells,
    class_columns,
    class_intercepts,
    class_records,
    intercept_name,
    no_ratios,
    ordered,
    ratio_columns,
    ratios,
    reading,
)
from regcli.report.families import against, explained, kind_of
from regcli.report.measures import ERROR_WORDS, MEASURE_WORDS, SHARES, confusion_table, more_is_better, quality
from regcli.report.of_fit import (
    CONSTRAINT_KEYS,
    certified,
    constraints,
    elsewhere,
    minimised,
    sparsity,
    with_constraints,
)
from regcli.report.report import Cell, Chart, Column, Fact, Report, Table, facts
from regcli.report.wording import number, percent, short, source_of, tiny

RULES = {"min": "min", "1se": "one_se"}
FLAT = 0.05
"""A validation error that is worse at the smallest alpha by up to this share of the least is called flat."""
APART = 1.5
"""One that is this many times the training error shows a model that is fitted too closely."""


def report_of_cv(found: Mapping[str, Any], arrays: Mapping[str, Any], order: str = "size") -> Report:
    """The report on a `regcli.cv/1` document; coefficients by standardized size, or as in the file."""
    document = facts(found)
    data, folds = document["data"], document["folds"]
    features, rows = counted(len(data["features"]), "feature"), counted(data["rows_used"], "row")
    how = "leave-one-out" if folds["scheme"] == "leave one out" else f"{folds['k']}-fold"
    repeats = f", {folds['repeats']} times" if folds["repeats"] > 1 else ""
    what = f"{explained(document)}{against(document)} from {features}, {rows} of {source_of(data)}"
    kind = kind_of(document["settings"]["penalty"], document["model"]["family"])
    headline = f"{kind}, {how} cross-validation{repeats}: {what}"
    shown: tuple[Table | Chart, ...] = (_choice(document), _curve(document), _coefficients(document, order))
    records = _records(document, order)
    return Report(
        document, headline, (*shown, *confusion_table(document)), records, tuple(_facts(document)), facts(arrays)
    )


def _choice(document: Mapping[str, Any]) -> Table:
    """The least error, the one-standard-error rule and the null model, side by side."""
    chosen = document["chosen"]
    several = len({entry["l1_ratio"] for entry in document["curve"]}) > 1
    measure = chosen["measure"]
    columns: tuple[Column, ...] = (
        Column("rule", "rule", "name"),
        Column("alpha", "alpha", "number"),
        *([Column("l1_ratio", "l1_ratio", "number")] if several else []),
        Column(MEASURE_WORDS[measure], "mean", "number"),
        Column("std. error", "se", "number"),
        *([Column(SHARES.get(measure, "less by"), "r2", "percent")] if measure != "r2" else []),
        Column("training", "train_mean", "number", optional=1),
        Column("features", "nonzero", "count"),
    )
    rows: list[tuple[Cell, ...]] = []
    for rule, key in (*RULES.items(), ("no features", "null")):
        row = chosen[key]
        mark = " (refitted)" if rule == chosen["rule"] else ""
        ratio = (row.get("l1_ratio"),) if several else ()
        share = (row["r2"],) if measure != "r2" else ()
        rows.append(
            (
                f"{rule}{mark}",
                row.get("alpha"),
                *ratio,
                row["mean"],
                row["se"],
                *share,
                row["train_mean"],
                row["nonzero"],
            )
        )
    return Table(columns, tuple(rows), whole=True)


def _own_curve(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The part of the curve that belongs to the chosen l1_ratio."""
    ratio = document["chosen"]["min"]["l1_ratio"]
    return [{**entry, "index": i} for i, entry in enumerate(document["curve"]) if entry["l1_ratio"] == ratio]


def _curve(document: Mapping[str, Any]) -> Chart:
    curve, chosen = _own_curve(document), document["chosen"]
    series = [
        (name, tuple(entry[key] for entry in curve))
        for name, key in (("validation", "mean"), ("training", "train_mean"))
    ]
    first = curve[0]["index"]
    marks = [""] * len(curve)
    for rule, key in RULES.items():
        at = chosen[key]["index"] - first
        marks[at] = f"{marks[at]}={rule}" if marks[at] else f"^{rule}"
    title = f"{ERROR_WORDS[chosen['measure']]}, from the largest alpha to the smallest"
    return Chart(title, tuple(series), tuple(marks))


STABILITY = (Column("selected", "frequency", "percent"), Column("same sign", "sign_agreement", "percent"))


def _coefficients(document: Mapping[str, Any], order: str) -> Table:
    """The refitted coefficients, and how often folds selected them, which of ridge is always."""
    rows, ridge = ordered(document, order), document["model"]["l1_ratio"] == 0
    columns, cells, intercept = (_by_class if document["model"]["classes"] else _of_one)(document, rows)
    stability = STABILITY[ridge : 1 if document["model"]["classes"] else 2]
    folds = {row["name"]: row for row in document["selection"]}
    cells = [(*cell, *(folds[cell[0]][column.key] for column in stability)) for cell in cells]
    if intercept is not None:
        cells.append((*intercept, *(None for _ in stability)))
    quiet = frozenset(i for i, row in enumerate(rows) if row["coefficient"] == 0)
    columns, cells = with_constraints((*columns, *stability), cells, rows, document)
    return Table(columns, tuple(cells), quiet, frozenset(range(len(rows), len(cells))))


Parts = tuple[tuple[Column, ...], list[tuple[Any, ...]], tuple[Cell, ...] | None]
FIRST = Column("feature", "name", "name")


def _of_one(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Parts:
    columns = (
        FIRST,
        Column("coefficient", "coefficient", "number"),
        *ratio_columns(document),
        Column("standardized", "standardized", "number", optional=1),
    )
    cells = [(row["name"], row["coefficient"], *ratios(document, row), row["standardized"]) for row in rows]
    intercept = document["model"]["intercept"]
    last = None if intercept is None else (intercept_name(document), intercept, *no_ratios(document), None)
    return columns, cells, last


def _by_class(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Parts:
    cells = class_cells(document, [row["name"] for row in rows])
    return (FIRST, *class_columns(document)), cells, class_intercepts(document)


def _records(document: Mapping[str, Any], order: str) -> Table:
    rows, model = ordered(document, order), document["model"]
    if model["classes"]:
        return class_records(document, [row["name"] for row in rows])
    folds, special = {row["name"]: row for row in document["selection"]}, constraints(document)
    keys, more = ("coefficient", "standardized"), CONSTRAINT_KEYS if special else ()
    cells: list[tuple[Cell, ...]] = [
        (
            row["name"], *(row[key] for key in keys), *(folds[row["name"]][column.key] for column in STABILITY),
            *(special[row["name"]][key] for key in more),
        )
        for row in rows
    ]  # fmt: skip
    if model["intercept"] is not None:
        cells.append((intercept_name(document), model["intercept"], None, None, None, *(None for _ in more)))
    numbers = (Column(key, key, "number") for key in (*keys, *(column.key for column in STABILITY), *more))
    return Table((Column("name", "name", "name"), *numbers), tuple(cells))


def _facts(document: Mapping[str, Any]) -> list[Fact]:
    model = document["model"]
    found = [
        *([Fact("Reading", reading(document))] if reading(document) else []),
        Fact("Choice", tuple(_choice_words(document))),
        Fact("Overfitting", tuple(_overfitting(document))),
        Fact("Folds", tuple(_folds(document))),
        Fact("Sparsity", sparsity(document)),
        Fact("Fit", quality(document)),
        Fact("Certificate", certified(document)),
        Fact("Minimised", minimised(document)),
    ]
    if model["penalty"] != "none":
        found.append(Fact("Elsewhere", elsewhere(model["equivalents"], document["settings"])))
    found.append(Fact("Same model", (document["next"],), is_command=True))
    return found


def _choice_words(document: Mapping[str, Any]) -> Sequence[str]:
    chosen = document["chosen"]
    least, simple = chosen["min"], chosen["one_se"]
    ridge = document["model"]["l1_ratio"] == 0
    more = more_is_better(chosen["measure"])
    best, what = ("best", MEASURE_WORDS[chosen["measure"]]) if more else ("least", "error")

    def other(rule: str, row: Mapping[str, Any]) -> str:
        if least["index"] == simple["index"]:
            return f"--rule {rule} takes the same alpha"
        with_features = "" if ridge else f" with {counted(row['nonzero'], 'feature')}"
        return f"--rule {rule} takes alpha {short(row['alpha'])}{with_features} instead"

    if chosen["rule"] == "min":
        lines = [f"min: the alpha of the {best} {what}", other("1se", simple)]
    else:
        how = ": shrunk more, as good" if ridge else ": simpler, as good" if simple["nonzero"] else ""
        rule = f"1se: the largest alpha whose {what} is within one standard error of the {best}"
        lines = [f"{rule}{how}", other("min", least)]
    if chosen["extended"]:
        lines.append(f"the grid was extended by {counted(chosen['extended'], 'alpha')}")
    return lines


def _overfitting(document: Mapping[str, Any]) -> Sequence[str]:
    """Where training and validation errors part."""
    curve, chosen = _own_curve(document), document["chosen"]
    least, last, measure = chosen["min"], curve[-1], MEASURE_WORDS[chosen["measure"]]
    if least["r2"] is None or least["r2"] <= 0:
        return ("nothing was learned that could overfit: no alpha predicts better than the model without features",)
    ratio, rest = more_is_better(chosen["measure"]), _at_rest(document)
    apart = "" if ratio else f"{_times(least)} "
    lines = [
        f"at min the validation {measure} {number(least['mean'])} is {apart}the training {measure} "
        f"{number(least['train_mean'])}"
    ]
    if ratio:
        on_training = f"the training {measure} {number(least['train_mean'])}"
        lines = [f"at min the validation {measure} is {number(least['mean'])}, {on_training}"]
    if rest != 1:
        own = percent(1 - least["train_mean"] / chosen["null"]["train_mean"])
        lines = [f"at min {percent(least['r2'])} of the validation {measure} is explained, {own} of the training one"]
    worse = abs(last["mean"] - least["mean"])
    reaches = f"the training {measure} {'rises' if ratio else 'falls'} to {number(last['train_mean'])}"
    if last["index"] == least["index"]:
        lines.append("the smallest alpha tried is the best: there may be more to gain below it")
    elif worse > least["se"] and worse > FLAT * abs(least["mean"]):
        lines.append(f"at the smallest alpha it is {number(last['mean'])} while {reaches}: there the model overfits")
    elif not ratio and last["train_mean"] * APART * rest < last["mean"]:
        lines.append(
            f"at the smallest alpha {reaches}, the validation {measure} is {_times(last)} that: fitted too closely"
        )
    else:
        lines.append("both stay flat down to the smallest alpha: the penalty is not needed against overfitting here")
    return lines


def _at_rest(document: Mapping[str, Any]) -> float:
    """How many times the training error is the validation error of the model without features: of survival times, which
    are compared with more rows where there are more, not 1."""
    null = document["chosen"]["null"]
    survival = document["data"]["events"] is not None and document["chosen"]["measure"] == "deviance"
    return float(null["mean"] / null["train_mean"]) if survival and null["train_mean"] > 0 else 1.0


def _times(row: Mapping[str, Any]) -> str:
    return f"{row['mean'] / row['train_mean']:,.2f} times" if row["train_mean"] > 0 else "far from"


def _folds(document: Mapping[str, Any]) -> Sequence[str]:
    folds = document["folds"]
    column = visible(folds["column"]) if folds["column"] else ""
    schemes = {
        "random": f"{folds['k']} random folds, drawn with seed {folds['seed']}",
        "leave one out": f"each of {folds['k']:,} rows is a fold",
        "groups": f"{folds['k']} folds that keep the groups of {column} whole, drawn with seed {folds['seed']}",
        "time": f"{folds['k']} folds in order of {column}: each learns from what came before",
        "given": f"the {folds['k']} folds of {column}",
    }
    repeats = f", {folds['repeats']} times" if folds["repeats"] > 1 else ""
    word = "" if folds["certified"] else ", NOT all certified"
    learned = "means, deviations and fill values" if "filled_cells" in _said(document) else "means and deviations"
    scaled = f"{learned} learned inside each" if document["settings"]["standardize"] else "nothing scaled"
    lines = [f"{schemes[folds['scheme']]}{repeats}; {scaled}"]
    by = "their sums and products" if folds["engine"] == "moments" else "their rows"
    lines.append(f"solved in every fold at every alpha, from {by}: worst violation {tiny(folds['violation'])}{word}")
    if document["data"]["events"] is not None and document["chosen"]["measure"] == "deviance":
        lines.append("the deviance of a fold is what its rows add to that of all others, for each event of theirs")
    return lines


def _said(document: Mapping[str, Any]) -> set[str]:
    return {warning["code"] for warning in document["warnings"]}
