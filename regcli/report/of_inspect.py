"""What `inspect` says, drawn from its document: a line a column, what is in the way, and the command to run next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from regcli.errors import counted, visible
from regcli.report.report import Cell, Column, Fact, Report, Table, facts
from regcli.report.wording import number

MOST_ROWS = 100
LEAST_ROWS = 12
MOST_BLOCKERS = 12
LONGEST_LEVELS = 24
LONGEST_LEVEL = 16
DELIMITERS = {",": None, ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}


def report_of_inspect(found: Mapping[str, Any]) -> Report:
    """The report on a `regcli.inspect/1` document; an infinite `vif` in it is shown as such, and is None in JSON."""
    document = facts(found)
    data, columns = document["data"], found["columns"]
    size = f"{counted(len(columns), 'column')}, {counted(data['rows_read'], 'row')}"
    headline = f"Columns of {visible(data['source'])}: {size}, target {visible(data['target'])}"
    shown, hidden = _shown(columns)
    unread = sum(one["rows"] for one in data["dropped_rows"] if one["reason"] != "missing cell")
    table = _table(shown, found["settings"]["vif"], data["rows_read"] - unread)
    return Report(document, headline, (table,), _records(columns), tuple(_facts(document, hidden)))


def _shown(columns: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], str]:
    """The columns that get a line: all of them, or of very many those with something to say; and how many do not."""
    if len(columns) <= MOST_ROWS:
        return list(columns), ""
    told = [one for one in columns if one["action"] != "standardized"]
    quiet = [one for one in columns if one["action"] == "standardized"]
    few = {one["name"] for one in [*told[:MOST_ROWS], *quiet[: max(LEAST_ROWS - len(told), 0)]]}
    shown = [one for one in columns if one["name"] in few]
    plain = sum(one["name"] not in few for one in quiet)
    others = len(columns) - len(shown) - plain
    parts = [f"{others:,} more"] * bool(others) + [f"{counted(plain, 'column')} of numbers without gaps"] * bool(plain)
    return shown, f"{' and '.join(parts)} (csv and JSON have them)"


def _table(columns: Sequence[Mapping[str, Any]], vif: bool, rows: int) -> Table:
    heads = [
        Column("column", "name", "name"),
        Column("role", "role", "text"),
        Column("missing", "missing", "count"),
        Column("share", "share", "percent", optional=True),
        Column("distinct", "distinct", "count", optional=True),
        Column("range or levels", "range", "name"),
        *([Column("VIF", "vif", "score")] if vif else []),
        Column("in a fit", "action", "name"),
    ]
    cells: list[tuple[Cell, ...]] = []
    for one in columns:
        share = one["missing"] / rows if one["missing"] else None
        inflation = (one["vif"],) if vif else ()
        cells.append(
            (one["name"], one["role"], one["missing"], share, one["distinct"], _range(one), *inflation, one["action"])
        )
    return Table(tuple(heads), tuple(cells), whole=True)


def _range(column: Mapping[str, Any]) -> str:
    if column["levels"] is not None:
        return _commonest(column)
    low, high = column["min"], column["max"]
    if low is None:
        return ""
    texts = [one if isinstance(one, str) else plain(one) for one in (low, high)]
    return texts[0] if texts[0] == texts[1] else " .. ".join(texts)


def plain(value: float) -> str:
    """A number of a range: a whole one with all its digits, others with up to four, none of them a trailing zero."""
    if float(value).is_integer() and abs(value) < 1e12:
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}"
    text = number(value, 4)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _commonest(column: Mapping[str, Any]) -> str:
    """`Biscoe 168, Dream 124, ...`: the commonest levels with their rows, as many as there is room for."""
    levels, parts = column["levels"], list[str]()
    for one in levels:
        level = visible(one["level"])
        level = level if len(level) <= LONGEST_LEVEL else f"{level[: LONGEST_LEVEL - 3]}..."
        part = f"{level} {one['rows']:,}" if levels[0]["rows"] > 1 else level
        if parts and len(", ".join([*parts, part])) > LONGEST_LEVELS:
            break
        parts.append(part)
    return ", ".join([*parts, "..."] if len(parts) < column["distinct"] else parts)


def _records(columns: Sequence[Mapping[str, Any]]) -> Table:
    """One row a column of the file, its levels aside."""
    heads = (
        Column("name", "name", "name"),
        Column("role", "role", "text"),
        Column("missing", "missing", "count"),
        Column("distinct", "distinct", "count"),
        Column("min", "min", "number"),
        Column("max", "max", "number"),
        Column("mean", "mean", "number"),
        Column("deviation", "deviation", "number"),
        Column("action", "action", "text"),
        Column("blocked", "blocked", "text"),
        Column("vif", "vif", "number"),
    )
    rows = [tuple(_cell(one[head.key]) for head in heads) for one in columns]
    return Table(heads, tuple(rows))


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value  # type: ignore[no-any-return]


def _facts(document: Mapping[str, Any], hidden: str) -> list[Fact]:
    blockers = document["blockers"]
    found = [Fact("Not shown", (hidden,))] if hidden else []
    found += [Fact("Rows", (_rows(document["data"]),)), Fact("Target", (_target(document),))]
    found += [Fact("Features", (_features(document),))] if blockers is None else []
    found.append(Fact("In the way", _in_the_way(document)))
    if document["next"] is not None:
        found.append(Fact("Next", (document["next"],), is_command=True))
    return found


def _rows(data: Mapping[str, Any]) -> str:
    parts = [f"{data['rows_read']:,} read"]
    parts += [f"{data['rows_used']:,} used"] if data["rows_used"] is not None else []
    parts += [f"{one['rows']:,} dropped ({one['reason']})" for one in data["dropped_rows"]]
    between = DELIMITERS.get(data["delimiter"] or ",")
    return ", ".join(parts) + (f"; columns separated by {between}" if between else "")


def _target(document: Mapping[str, Any]) -> str:
    name = document["data"]["target"]
    column = next(one for one in document["columns"] if one["name"] == name)
    spread = column["mean"], column["deviation"]
    numbers = "" if None in spread else f", mean {plain(spread[0])}, deviation {plain(spread[1])}"
    return f"{visible(name)}: {_range(column) or 'no cells'}{numbers}"


def _features(document: Mapping[str, Any]) -> str:
    data = document["data"]
    total = len(data["features"])
    used = {"number", "levels", "true/false", "date"}
    blocked = ("left out", "dropped", "names rows")
    columns = [one for one in document["columns"] if one["role"] in used and not one["action"].startswith(blocked)]
    text = f"{total:,} from {counted(len(columns), 'column')}"
    return f"{text}, more than rows" if total > data["rows_used"] else text


def _in_the_way(document: Mapping[str, Any]) -> tuple[str, ...]:
    blockers = document["blockers"]
    if blockers is None:
        return ("nothing: a fit takes this as it is",)
    prefix = f"{document['data']['source']}: "
    lines = blockers["message"].replace(prefix, "").split("; ")
    if len(lines) > MOST_BLOCKERS:
        lines = [*lines[:MOST_BLOCKERS], f"and {len(lines) - MOST_BLOCKERS:,} more of the kind"]
    if blockers["hint"] is not None:
        lines.append(f"try {blockers['hint']}")
    return tuple(lines)
