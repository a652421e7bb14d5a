"""What `fit` says of a fan of quantiles: their coefficients side by side, and how each fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regcli.errors import counted
from regcli.report.coefficients import intercept_name
from regcli.report.report import Cell, Column, Table
from regcli.report.wording import exactness, number, percent


def by_level(
    document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
    """The coefficients of each quantile; zeros are empty. On a narrow terminal the outer ones give way."""
    model = document["model"]
    fan = model["fan"]
    tables = [{row["name"]: row["coefficient"] for row in one["coefficients"]} for one in fan]
    cells: list[tuple[Cell, ...]] = [(row["name"], *(table[row["name"]] or None for table in tables)) for row in rows]
    if fan[0]["intercept"] is not None:
        cells.append((intercept_name(document), *(one["intercept"] for one in fan)))
    middle = min(range(len(fan)), key=lambda k: abs(fan[k]["level"] - model["parameters"]["level"]))
    columns = tuple(
        Column(f"at {one['level']:g}", f"{one['level']:g}", "number", optional=abs(k - middle))
        for k, one in enumerate(fan)
    )
    return (Column("feature", "name", "name"), *columns), cells


def fan_lines(fan: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """How each quantile of a fan fits."""
    return tuple(
        f"{one['level']:g}: {percent(one['coverage'])} at most as large as predicted, pinball loss "
        f"{number(one['pinball'])}, {percent(one['deviance_ratio'])} less than without features, "
        f"{counted(one['nonzero'], 'feature')}; {exactness(one).partition(':')[0]}"
        for one in fan
    )


def fan_records(document: Mapping[str, Any], shown: Sequence[str]) -> Table:
    """For machines a row for each level and feature."""
    rows: list[tuple[Cell, ...]] = []
    for one in document["model"]["fan"]:
        table = {row["name"]: row for row in one["coefficients"]}
        rows += [(one["level"], name, table[name]["coefficient"], table[name]["standardized"]) for name in shown]
        if one["intercept"] is not None:
            rows.append((one["level"], intercept_name(document), one["intercept"], None))
    columns = (
        Column("level", "level", "number"),
        Column("name", "name", "name"),
        Column("coefficient", "coefficient", "number"),
        Column("standardized", "standardized", "number"),
    )
    return Table(columns, tuple(rows))
