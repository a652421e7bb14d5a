"""A report as one JSON document: UTF-8, every digit of every number, null for what is not a finite number."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from regcli.report.report import Report, Table

_CONTAINERS = (dict, list, tuple)
_SEPARATOR = "\0"
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(_SEPARATOR, ": "))


def table_to_json(table: Table) -> str:
    """A list of objects, one for each row."""
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows]
    return indented(rows, 1) + "\n"


def to_json(report: Report) -> str:
    """The document, indented, with a final newline."""
    return indented(report.document, 2) + "\n"


def indented(value: Any, indent: int, depth: int = 0) -> str:
    """What json.dumps makes of it with this indent, byte for byte; the keys are strings.

    It takes half the time, or less, where there are many rows. The json module writes indented text in Python; here
    its C encoder writes whatever holds nothing but scalars, and lists of such rows, with a separator that no JSON text
    holds and that becomes the end of a line afterwards.
    """
    if not isinstance(value, _CONTAINERS) or not value:
        return _ENCODER.encode(value)
    ends = ["\n" + " " * (indent * (depth + more)) for more in range(3)]
    items = value.values() if isinstance(value, dict) else value
    if _scalars(items):
        text = _ENCODER.encode(value)
        return f"{text[0]}{ends[1]}{text[1:-1].replace(_SEPARATOR, ',' + ends[1])}{ends[0]}{text[-1]}"
    if isinstance(value, list) and _rows(value):
        text = _ENCODER.encode(value)[2:-2].replace(f"}}{_SEPARATOR}{{", f"{ends[1]}}},{ends[1]}{{{ends[2]}")
        return f"[{ends[1]}{{{ends[2]}{text.replace(_SEPARATOR, ',' + ends[2])}{ends[1]}}}{ends[0]}]"
    parts = [indented(item, indent, depth + 1) for item in items]
    if isinstance(value, dict):
        parts = [f"{_ENCODER.encode(key)}: {part}" for key, part in zip(value, parts, strict=True)]
    brackets = "{}" if isinstance(value, dict) else "[]"
    return f"{brackets[0]}{ends[1]}{f',{ends[1]}'.join(parts)}{ends[0]}{brackets[1]}"


def _scalars(items: Iterable[Any]) -> bool:
    return not any(issubclass(kind, _CONTAINERS) for kind in set(map(type, items)))


def _rows(value: list[Any]) -> bool:
    """Whether this is a list of dicts of scalars, none of them empty."""
    dicts = all(issubclass(kind, dict) for kind in set(map(type, value))) and all(value)
    return dicts and _scalars(chain.from_iterable(row.values() for row in value))
