"""A saved model written for other places: each module spells the sum centre + coefficient * (feature - mean)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from regcli.errors import UsageError, shortened

if TYPE_CHECKING:
    from regcli.artifact import Model


def _sql(model: Model, dialect: str | None) -> bytes:
    from regcli.export.to_sql import to_sql

    return to_sql(model, dialect).encode()


def _python(model: Model, dialect: str | None) -> bytes:
    from regcli.export.to_python import to_python

    return to_python(model).encode()


def _r(model: Model, dialect: str | None) -> bytes:
    from regcli.export.to_r import to_r

    return to_r(model).encode()


def _sklearn(model: Model, dialect: str | None) -> bytes:
    from regcli.export.to_sklearn import to_sklearn

    return to_sklearn(model)


EXPORTS: dict[str, Callable[[Model, str | None], bytes]] = {
    "sql": _sql,
    "python": _python,
    "r": _r,
    "sklearn": _sklearn,
}
"""By the word after --to: the content of a file. Each is loaded when it is asked for."""


def exported(model: Model, to: str, dialect: str | None) -> bytes:
    """The content of a file; UsageError for a fan, and for a model with an offset, which no such file can hold."""
    if model.offset is not None or model.exposure is not None:
        column = shortened(str(model.offset or model.exposure))
        raise UsageError(
            f"a model with an offset, here {column}, cannot be exported: its file would leave that out",
            hint="regcli predict, which adds it",
        )
    if model.levels:
        raise UsageError(
            "a fan of quantiles cannot be exported: such a file predicts one number",
            hint=f"regcli fit ... --quantile-level {model.levels[0]:g} --save, and so on for the others",
        )
    return EXPORTS[to](model, dialect)


DIALECTS = ("standard", "sqlite", "duckdb", "postgres", "mysql", "sqlserver", "bigquery")
"""The words after --dialect, which only sql takes."""
