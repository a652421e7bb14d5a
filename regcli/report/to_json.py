"""A report as one JSON document: UTF-8, every digit of every number, null for what is not a finite number."""

from __future__ import annotations

import json

from regcli.report.report import Report


def to_json(report: Report) -> str:
    """The document, indented, with a final newline."""
    return json.dumps(report.document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
