"""A report as one JSON document: UTF-8, every digit of every number, null for what is not a finite number."""

from __future__ import annotations

import json

from regcli.report.report import Report, Table


def table_to_json(table: Table) -> str:
    """A list of objects, one for each row."""
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows]
    return json.dumps(rows, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def to_json(report: Report) -> str:
    """The document, indented, with a final newline."""
    return json.dumps(report.document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
