"""A saved model written for other places: each module spells the sum centre + coefficient * (feature - mean)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from regcli.artifact import Model
from regcli.export.to_python import to_python
from regcli.export.to_r import to_r
from regcli.export.to_sql import to_sql

Target = Literal["sql", "python", "r", "sklearn"]
TARGETS: tuple[Target, ...] = get_args(Target)

TEXTS: dict[str, Callable[[Model, str | None], str]] = {
    "sql": to_sql,
    "python": lambda model, dialect: to_python(model),
    "r": lambda model, dialect: to_r(model),
}
"""What is text, by the word after --to; `sklearn` gives bytes and is imported where it is asked for."""
