"""Parts of dates and times in SQL, where the databases have little in common."""

from __future__ import annotations

from regcli.data.features.terms import Part
from regcli.errors import UsageError, visible
from regcli.export.dialects import Dialect
from regcli.export.parts import cannot

_EXTRACTED = {"year": "YEAR", "month": "MONTH", "day": "DAY", "weekday": "ISODOW"}
_FORMATTED = {"year": "%Y", "month": "%m", "day": "%d"}


def part_in_sql(atom: Part, style: str, dialect: Dialect) -> str:
    """A part of a date. Raises UsageError for dates not written as 2026-01-31, and for databases not told of here."""
    if style not in ("iso", "time"):
        raise cannot(f"dates as in {visible(atom.column)}, which are not written as 2026-01-31", "sql")
    column = dialect.column(atom.column)
    if dialect.dates == "strftime":
        return _formatted(column, atom.part)
    if dialect.dates == "extract":
        return _extracted(column, atom.part)
    raise UsageError(
        f"dates as in {visible(atom.column)} are spelled for some databases only",
        hint="--dialect sqlite, duckdb or postgres",
    )


def _formatted(column: str, part: str) -> str:
    """SQLite takes a bare number for a Julian day: what does not look like a date is kept out."""
    if part == "hours":
        clock = f"(CASE WHEN {column} LIKE '_:%' THEN '0' || {column} ELSE {column} END)"
        spelled = f"{_field('%H', clock)} + {_field('%M', clock)} / 60e0 + {_field('%f', clock)} / 3600e0"
        return f"CASE WHEN {column} LIKE '%:%' THEN {spelled} END"
    whole = " + ".join((f"{_field('%H', column)} * 3600e0", f"{_field('%M', column)} * 60e0"))
    spelled = {
        "days": f"({_field('%s', column)} + ({_field('%f', column)} - {_field('%S', column)})) / 86400e0",
        "hour": f"({whole} + ROUND({_field('%f', column)})) / 3600e0",
        "weekday": f"({_field('%w', column)} + 6) % 7 + 1e0",
    }.get(part) or _field(_FORMATTED[part], column)
    return f"CASE WHEN {column} LIKE '____-__-__%' THEN {spelled} END"


def _field(format: str, column: str) -> str:
    return f"CAST(STRFTIME('{format}', {column}) AS REAL)"


def _extracted(column: str, part: str) -> str:
    if part == "hours":
        return f"({_double('EPOCH', f'CAST({column} AS TIME)')} / 3600e0)"
    moment = _moment(column)
    if part == "days":
        return f"({_double('EPOCH', moment)} / 86400e0)"
    if part == "hour":
        return f"(ROUND({_double('EPOCH', f'CAST({moment} AS TIME)')}) / 3600e0)"
    return _double(_EXTRACTED[part], moment)


def _moment(column: str) -> str:
    """In UTC: as TIMESTAMP alone DuckDB and PostgreSQL would leave out an offset like +02:00 without a word."""
    text = f"CAST({column} AS VARCHAR)"
    offset = f"{text} LIKE '%:%+%' OR {text} LIKE '%:%-%' OR {text} LIKE '%Z'"
    inside = f"CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    return f"CASE WHEN {offset} THEN {inside} ELSE CAST({text} AS TIMESTAMP) END"


def _double(field: str, moment: str) -> str:
    return f"CAST(EXTRACT({field} FROM {moment}) AS DOUBLE PRECISION)"
