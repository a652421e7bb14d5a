"""Tables of coefficients: in which order, by class where there are several, and as ratios of odds and of rates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from regcli.errors import visible
from regcli.report.families import class_names
from regcli.report.report import Cell, Column, Table

RATIOS = {
    "binomial": ("odds ratio", "odds"),
    "poisson": ("rate ratio", "expected count"),
    "gamma": ("ratio", "expected amount"),
    "tweedie": ("ratio", "expected amount"),
    "cox": ("hazard ratio", "hazard"),
}
LARGEST_EXPONENT = 700.0


def ordered(document: Mapping[str, Any], order: str) -> list[Mapping[str, Any]]:
    """The coefficients by standardized size, the levels of a column together, or as in the file.

    Of several classes those that are the largest of each feature, without their sign.
    """
    rows = list(document["model"]["coefficients"]) or _largest(document)
    if order != "size":
        return rows
    columns = {column["name"]: column for column in document["data"]["columns"]}
    groups = {
        name: column["source"]
        if column["level"] is not None and name.startswith(f"{column['source']}[")
        else f"\0{name}"
        for name, column in columns.items()
    }
    largest: dict[str, float] = {}
    for row in rows:
        group = groups[row["name"]]
        largest[group] = max(largest.get(group, 0.0), abs(row["standardized"]))
    first = {group: place for place, group in enumerate(dict.fromkeys(groups[row["name"]] for row in rows))}
    rows.sort(key=lambda row: (-largest[groups[row["name"]]], first[groups[row["name"]]], -abs(row["standardized"])))
    return rows


def _largest(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tables = [one["coefficients"] for one in document["model"]["classes"] or []]
    keys = ("coefficient", "standardized")
    return [
        {"name": each[0]["name"], **{key: max(abs(row[key]) for row in each) for key in keys}}
        for each in zip(*tables, strict=True)
    ]


def intercept_name(document: Mapping[str, Any]) -> str:
    """What the intercept's row is called: no column of the file is called the same."""
    name = "(intercept)"
    while name in document["data"]["features"]:
        name = f"({name})"
    return name


def ratio_columns(document: Mapping[str, Any]) -> tuple[Column, ...]:
    """Ratios of odds or rates, per unit of the file and per deviation; none of other families."""
    words = RATIOS.get(document["model"]["family"])
    if words is None:
        return ()
    key = words[0].replace(" ", "_")
    return (
        Column(words[0], key, "number", optional=2),
        Column(f"{words[0]}/s.d.", f"{key}_per_deviation", "number", optional=3),
    )


def ratios(document: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Their cells in the row of a feature; of a zero they are empty."""
    if document["model"]["family"] not in RATIOS:
        return ()
    return tuple(_ratio(row[key]) for key in ("coefficient", "standardized"))


def no_ratios(document: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Their cells in the row of the intercept."""
    return (None, None) if document["model"]["family"] in RATIOS else ()


def _ratio(coefficient: float) -> float | None:
    return math.exp(coefficient) if 0 < abs(coefficient) < LARGEST_EXPONENT else None


def reading(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What coefficients of classes and counts mean; nothing of squared error."""
    model = document["model"]
    words = RATIOS.get(model["family"])
    if words is not None:
        of, are = (model["positive_class"], "are") if words[1] == "odds" else (document["data"]["target"], "is")
        of = document["data"]["event"] if model["family"] == "cox" else of
        more = "for one more unit of the feature; /s.d.: for one more standard deviation of it"
        return (f"{words[0]}: what the {words[1]} of {visible(of)} {are} multiplied by {more}",)
    if model["family"] == "multinomial":
        share = "P(class) is exp(its intercept + sum of coefficient * feature) over the sum of all classes' such"
        return (f"a column for each class, empty cells are 0: {share}",)
    return ()


def class_columns(document: Mapping[str, Any]) -> tuple[Column, ...]:
    """A column for each of several classes; where a terminal is too narrow the last ones give way."""
    names = [one["class"] for one in document["model"]["classes"]]
    return tuple(
        Column(visible(name), name, "number", optional=0 if k < 2 else len(names) - k) for k, name in enumerate(names)
    )


def class_cells(document: Mapping[str, Any], names: Sequence[str]) -> list[tuple[Cell, ...]]:
    """For each feature its name and its coefficient in each class, empty where it is 0."""
    tables = [{row["name"]: row["coefficient"] for row in one["coefficients"]} for one in document["model"]["classes"]]
    return [(name, *(table[name] or None for table in tables)) for name in names]


def class_intercepts(document: Mapping[str, Any]) -> tuple[Cell, ...] | None:
    """The row of the intercepts of several classes, if there are any."""
    found = [one["intercept"] for one in document["model"]["classes"]]
    return None if found[0] is None else (intercept_name(document), *found)


def class_records(document: Mapping[str, Any], names: Sequence[str]) -> Table:
    """For machines a row for each class and feature."""
    rows: list[tuple[Cell, ...]] = []
    for one in document["model"]["classes"]:
        table = {row["name"]: row for row in one["coefficients"]}
        rows += [(one["class"], name, table[name]["coefficient"], table[name]["standardized"]) for name in names]
        if one["intercept"] is not None:
            rows.append((one["class"], intercept_name(document), one["intercept"], None))
    columns = (
        Column("class", "class", "name"),
        Column("name", "name", "name"),
        Column("coefficient", "coefficient", "number"),
        Column("standardized", "standardized", "number"),
    )
    return Table(columns, tuple(rows))


def classes_of_step(document: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str | None, Mapping[str, Any]]:
    """A step of a path by class, each with its intercept, coefficients and standardized; of one output by None."""
    if document.get("model", {}).get("family") != "multinomial":
        return {None: step}
    keys = ("intercept", "coefficients", "standardized")
    return {name: {key: step[key][name] for key in keys} for name in step["standardized"]}


def series_of_step(document: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, float | None]:
    """The standardized coefficients of a step that are not zero, by feature, of several classes by `feature: class`."""
    return {
        name if of is None else f"{name}: {of}": value
        for of, part in classes_of_step(document, step).items()
        for name, value in part["standardized"].items()
    }


def features_of_step(document: Mapping[str, Any], step: Mapping[str, Any]) -> set[str]:
    """The features with a coefficient other than zero, in any class."""
    return {name for part in classes_of_step(document, step).values() for name in part["standardized"]}


def series_names(document: Mapping[str, Any]) -> list[str]:
    """Every feature, of several classes `feature: class`, in the order of the file."""
    features, classes = document["data"]["features"], class_names(document)
    return [f"{name}: {of}" for name in features for of in classes] if classes else list(features)
