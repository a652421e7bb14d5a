"""A report as one JSON document: UTF-8, every digit of every number, null for what is not a finite number."""

from __future__ import annotations

import json
import math
from typing import Any

from regcli.report.report import Report


def to_json(report: Report) -> str:
    """The document, indented, with a final newline."""
    return json.dumps(_finite(report.to_dict()), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
