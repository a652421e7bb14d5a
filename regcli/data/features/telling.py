"""What is said of an encoding: which columns became levels, which cells were filled in, which levels are new."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from regcli.data.features.dates import UNITS
from regcli.data.features.encoding import Encoding
from regcli.data.features.terms import MISSING_LEVEL, OTHER_LEVEL, Feature, Part
from regcli.data.roles import Role
from regcli.errors import Notice, counted, listed, visible


def told(encoding: Encoding, train: pd.DataFrame, roles: Mapping[str, Role]) -> list[Notice]:
    """The notices on the columns of the training rows."""
    counts = train[list(encoding.columns)].isna().to_numpy().sum(axis=0).tolist()
    gaps = dict(zip(encoding.columns, counts, strict=True))
    rare = {
        name: int(train[name].astype(object).map(str).isin(list(one.lumped)).sum())
        for name, one in encoding.categories.items()
        if one.lumped
    }
    return told_of(encoding, roles, gaps, rare)


def told_of(
    encoding: Encoding, roles: Mapping[str, Role], gaps: Mapping[str, int], rare: Mapping[str, int]
) -> list[Notice]:
    """The same where it is known how many `gaps` each column has, and how many cells that are `rare` levels."""
    return [*_levels(encoding, roles), *_lumped(encoding, rare), *_gaps(encoding, gaps), *_dates(encoding)]


def _levels(encoding: Encoding, roles: Mapping[str, Role]) -> list[Notice]:
    coded = [name for name in encoding.categories if name in roles]
    if not coded:
        return []
    columns: dict[str, list[Feature]] = {name: [] for name in coded}
    for one in encoding.features:
        if len(one.sources) == 1 and one.sources[0] in columns:
            columns[one.sources[0]].append(one)
    whole = [name for name in coded if len(columns[name]) == len(encoding.categories[name].levels)]
    each = [f"{visible(name)} ({len(encoding.categories[name].levels):,})" for name in coded]
    text = f"{counted(len(coded), 'column')} of levels: {listed(each)}"
    if whole:
        text += "; each level has a coefficient, for the penalty needs no reference"
    parts = {name: encoding.categories[name].reference for name in coded if name not in whole and columns[name]}
    if parts:
        text += f"; compared with {listed([f'{visible(name)}[{visible(str(at))}]' for name, at in parts.items()])}"
    return [Notice("levels", text)]


def _lumped(encoding: Encoding, rare: Mapping[str, int]) -> list[Notice]:
    each = []
    for name, category in encoding.categories.items():
        if category.lumped:
            each.append(f"{visible(name)} ({counted(len(category.lumped), 'level')}, {counted(rare[name], 'row')})")
    return [Notice("rare_levels", f"rare levels are one, {OTHER_LEVEL}: {listed(each)}")] if each else []


def _gaps(encoding: Encoding, gaps: Mapping[str, int]) -> list[Notice]:
    found = []
    levels = {name: gaps[name] for name in encoding.categories if gaps[name]}
    if levels:
        each = listed([f"{visible(name)} ({count:,})" for name, count in levels.items()])
        cells = counted(sum(levels.values()), "missing cell")
        found.append(
            Notice("missing_level", f"{cells} of text {_is(sum(levels.values()))} the level {MISSING_LEVEL}: {each}")
        )
    numbers = [name for name in encoding.columns if name not in encoding.categories]
    filled = {name: gaps[name] for name in numbers if gaps[name]} if encoding.fills else {}
    if filled:
        middle = "median" if encoding.missing == "median" else "mean"
        marked = ", and marked by columns of their own" if encoding.missing == "indicator" else ""
        each = listed([f"{visible(name)} ({count:,})" for name, count in filled.items()])
        cells = counted(sum(filled.values()), "missing cell")
        found.append(Notice("filled_cells", f"{cells} filled with the column's {middle}{marked}: {each}"))
    return found


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _dates(encoding: Encoding) -> list[Notice]:
    parts = dict.fromkeys(factor for one in encoding.features for factor in one.factors if isinstance(factor, Part))
    units = {part.column: UNITS.get(part.part, "year, month, day and so on") for part in parts}
    if not units:
        return []
    written = {"dmy": ", day before month", "mdy": ", month before day"}
    each = [f"{visible(name)} in {unit}{written.get(encoding.styles[name], '')}" for name, unit in units.items()]
    return [Notice("dates", f"dates as numbers: {listed(each)}")]


def new_levels(encoding: Encoding, test: pd.DataFrame, what: str = "test rows") -> list[Notice]:
    """Levels of rows that are held out, and that no training row has."""
    found = encoding.new_levels(test)
    if not found:
        return []
    each = []
    for name, levels in found.items():
        other = f" as {OTHER_LEVEL}" if encoding.categories[name].lumped else ""
        each.append(f"{visible(name)} ({listed(list(levels), 3)}{other})")
    cells = sum(sum(levels.values()) for levels in found.values())
    text = f"{what}: {counted(cells, 'cell')} of levels that no training row has, which add nothing: {listed(each)}"
    return [Notice("new_levels", text)]
