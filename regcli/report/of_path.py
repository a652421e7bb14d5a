"""What `path` says, drawn from its document: the knots, the shape of each coefficient's path, one model pointed out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regcli.errors import counted
from regcli.report.coefficients import classes_of_step, features_of_step, intercept_name, series_names, series_of_step
from regcli.report.families import against, explained, kind_of
from regcli.report.of_fit import constraint_lines, weighing_lines
from regcli.report.report import Cell, Column, Fact, Report, Table, facts
from regcli.report.wording import exactness, names, number, percent, short, source_of

MOST_NAMES = 6
MOST_SPARKS = 24
SHOWN_OF_RIDGE = 12
CRITERION_WORDS = {"aic": "AIC", "aicc": "AICc", "bic": "BIC", "ebic": "EBIC"}


def report_of_path(
    found: Mapping[str, Any], arrays: Mapping[str, Any], order: str = "size", every_alpha: bool = False
) -> Report:
    """The report on a `regcli.path/1` document; sparklines by largest size, or as in the file."""
    document = facts(found)
    data, model = document["data"], document["model"]
    features, rows = counted(len(data["features"]), "feature"), counted(data["rows_used"], "row")
    what = f"{explained(document)}{against(document)} from {features}, {rows} of {source_of(data)}"
    headline = f"{kind_of(model['penalty'], model['family'])} path: {what}"
    tables = (_knots(document, every_alpha), _shapes(document, order))
    return Report(document, headline, tables, _records(document), tuple(_facts(document)), facts(arrays))


def _knots(document: Mapping[str, Any], every_alpha: bool) -> Table:
    """The alphas at which something enters or leaves; for ridge, where nothing does, a dozen along the path."""
    path, chosen, model = document["path"], document["chosen"], document["model"]
    marked = None if chosen is None else chosen["index"]
    selects = model["alpha_max"] is not None
    if every_alpha:
        shown = list(range(len(path)))
    elif selects:
        shown = [i for i, entry in enumerate(path) if i == 0 or i == marked or entry["entered"] or entry["left"]]
    else:
        last = len(path) - 1
        shown = sorted({round(last * i / (SHOWN_OF_RIDGE - 1)) for i in range(SHOWN_OF_RIDGE)} | {marked or 0})
    criterion = "ebic" if chosen is None else chosen["criterion"]
    columns = [
        Column("#", "index", "name"),
        Column("alpha", "alpha", "number"),
        *([Column("of max", "share", "percent", optional=1)] if selects else []),
        Column("df", "df", "score" if model["l1_ratio"] < 1 else "count"),
        Column("explained", "deviance_ratio", "percent"),
        Column("L1 norm", "l1_norm", "number", optional=1),
        Column(CRITERION_WORDS[criterion], criterion, "score", optional=1),
        *([Column("+ enters, - leaves", "changes", "name")] if selects else [Column("shrunk to", "shrunk", "percent")]),
    ]
    full = max(entry["l1_norm"] for entry in path)
    rows: list[tuple[Cell, ...]] = []
    for i in shown:
        entry = path[i]
        change: Cell = _changes(entry) if selects else entry["l1_norm"] / full if full else 0.0
        share = (entry["alpha"] / model["alpha_max"] if model["alpha_max"] else None,) if selects else ()
        df = entry["df"] if model["l1_ratio"] < 1 else round(entry["df"])
        mark = f"{i + 1:>{len(str(len(path)))}}{'*' if i == marked else ''}"
        rows.append(
            (mark, entry["alpha"], *share, df, entry["deviance_ratio"], entry["l1_norm"], entry[criterion], change)
        )
    return Table(tuple(columns), tuple(rows), whole=True)


def _changes(entry: Mapping[str, Any]) -> str:
    parts = [f"+ {names(entry['entered'], MOST_NAMES)}"] if entry["entered"] else []
    parts += [f"- {names(entry['left'], MOST_NAMES)}"] if entry["left"] else []
    return " ".join(parts)


def _shapes(document: Mapping[str, Any], order: str) -> Table:
    """A line of blocks for each feature that is ever not zero, and its last standardized coefficient."""
    path = document["path"]
    steps = [series_of_step(document, entry) for entry in path]
    features = [name for name in series_names(document) if any(name in step for step in steps)]
    series = {name: tuple(step.get(name) or 0.0 for step in steps) for name in features}
    if order == "size":
        features.sort(key=lambda name: -max(map(abs, series[name])))
    title = "its size, from the largest alpha to the smallest"
    rows = tuple((name, series[name][-1], tuple(map(abs, series[name]))) for name in features[:MOST_SPARKS])
    columns = (
        Column("feature", "name", "name"),
        Column("standardized", "standardized", "number"),
        Column(title, "path", "spark"),
    )
    return Table(columns, rows, whole=True, at_screen=True)


def _records(document: Mapping[str, Any]) -> Table:
    """One row for each alpha, class and feature, the intercept included."""
    features, intercept = document["data"]["features"], intercept_name(document)
    rows: list[tuple[Cell, ...]] = []
    for entry in document["path"]:
        for of, part in classes_of_step(document, entry).items():
            first = (entry["alpha"],) if of is None else (entry["alpha"], of)
            for name in features:
                rows.append((*first, name, part["coefficients"].get(name, 0.0), part["standardized"].get(name, 0.0)))
            if part["intercept"] is not None:
                rows.append((*first, intercept, part["intercept"], None))
    columns = (
        Column("alpha", "alpha", "number"),
        *([Column("class", "class", "name")] if document["model"]["family"] == "multinomial" else []),
        Column("name", "name", "name"),
        Column("coefficient", "coefficient", "number"),
        Column("standardized", "standardized", "number"),
    )
    return Table(columns, tuple(rows))


def _facts(document: Mapping[str, Any]) -> list[Fact]:
    model, chosen = document["model"], document["chosen"]
    found = [Fact("Path", tuple(_walked(document)))]
    if chosen is not None:
        found.append(Fact("Chosen", tuple(_chosen(document, chosen))))
    certificate = document["certificate"]
    found.append(Fact("Certificate", (f"{exactness(certificate)} (the worst of all alphas)",)))
    scaled = "standardized columns" if document["settings"]["standardize"] else "columns in the units of the file"
    s_y = f", s_y = {short(model['target_deviation'])}" if "s_y" in model["formula"] else ""
    found.append(
        Fact(
            "Minimised",
            (
                model["formula"],
                f"z: {scaled}; n = {model['n']:,g}{s_y}",
                *weighing_lines(document["data"]),
                *constraint_lines(model["constraints"]),
            ),
        )
    )
    found.append(Fact("Next", (document["next"],), is_command=True))
    return found


def _walked(document: Mapping[str, Any]) -> Sequence[str]:
    path, stopped = document["path"], document["stopped"]
    ends = f"from {short(path[0]['alpha'])} down to {short(path[-1]['alpha'])}"
    alphas = f"{stopped['solved']} of {stopped['of']} alphas solved, {ends}"
    lines = [alphas if stopped["reason"] is None else f"{alphas}; stopped: {stopped['reason']} (--full-path goes on)"]
    ever = {name for entry in path for name in features_of_step(document, entry)}
    never = [name for name in document["data"]["features"] if name not in ever]
    if never:
        lines.append(f"zero all along: {names(never)}")
    left_out = len(document["data"]["features"]) - len(never) - MOST_SPARKS
    if left_out > 0:
        lines.append(f"the paths of {MOST_SPARKS} features are drawn above at a terminal; --plot path.png draws all")
    return lines


def _chosen(document: Mapping[str, Any], chosen: Mapping[str, Any]) -> Sequence[str]:
    entry = document["path"][chosen["index"]]
    total = len(document["data"]["features"])
    kept = "" if document["model"]["alpha_max"] is None else f", {entry['nonzero']} of {counted(total, 'feature')}"
    least = CRITERION_WORDS[chosen["criterion"]]
    explained = percent(entry["deviance_ratio"])
    lines = [
        f"* least {least}: alpha {number(entry['alpha'])}{kept}, {explained} explained on the rows it was fitted to"
    ]
    others = [
        f"{CRITERION_WORDS[name]} {number(best['alpha'])}"
        for name, best in document["criteria"].items()
        if best is not None and name != chosen["criterion"]
    ]
    return [*lines, f"the others choose: {', '.join(others)}"] if others else lines
