"""A model as one SQL expression, for a SELECT over a table with the columns of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regcli.artifact import Model
from regcli.data.features.terms import (
    MISSING_LEVEL,
    OTHER_LEVEL,
    Atom,
    Call,
    Constant,
    Gap,
    Level,
    Number,
    Part,
    Poly,
)
from regcli.errors import UsageError, visible
from regcli.export.parts import DEEPEST, bounded, cannot, heading, kept_levels, needs_cell, shares
from regcli.specs.checks import member


@dataclass(frozen=True)
class Dialect:
    """How a database quotes names and text, what it calls a double and a text, and its natural logarithm."""

    quotes: str = '""'
    double: str = "DOUBLE PRECISION"
    text: str = "VARCHAR"
    log: str = "LN"
    backslash: bool = False
    dates: str | None = None


DIALECTS = {
    "standard": Dialect(),
    "sqlite": Dialect(double="REAL", text="TEXT", dates="sqlite"),
    "duckdb": Dialect(dates="extract"),
    "postgres": Dialect(dates="extract"),
    "mysql": Dialect(quotes="``", double="DOUBLE", text="CHAR", backslash=True),
    "sqlserver": Dialect(quotes="[]", double="FLOAT", text="NVARCHAR(4000)", log="LOG"),
    "bigquery": Dialect(quotes="``", double="FLOAT64", text="STRING", backslash=True),
}
_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_EXTRACTED = {"year": "YEAR", "month": "MONTH", "day": "DAY", "weekday": "ISODOW"}
_FORMATTED = {"year": "%Y", "month": "%m", "day": "%d"}


def to_sql(model: Model, dialect: str | None = None) -> str:
    """The expression, under comment lines that name the columns.

    Raises UsageError for an unknown dialect, and for dates and polynomials that it cannot express.
    """
    name = dialect or "standard"
    member("--dialect", name, tuple(DIALECTS))
    writer = _Writer(model, name, DIALECTS[name])
    lines = [f"-- {line}" for line in heading(model)]
    lines.append("-- Use: SELECT (the expression below) AS prediction FROM the_table; a missing cell is NULL there")
    lines.append(_number(model.centre))
    for share in shares(model):
        feature = " * ".join(map(writer.atom, share.feature.factors))
        lines.append(f"  + {_number(share.coefficient)} * ({feature} - {_number(share.mean)})")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """A literal that is a double everywhere: DuckDB and others take 1.5 for a decimal, and 1.5e0 not."""
    text = repr(value)
    text = text if "e" in text else f"{text}e0"
    return f"({text})" if value < 0 or text.startswith("-") else text


class _Writer:
    def __init__(self, model: Model, name: str, dialect: Dialect) -> None:
        self._model, self._name, self._dialect = model, name, dialect

    def atom(self, atom: Atom) -> str:
        """The atom as an expression."""
        return bounded(self._spelled(atom), "sql")

    def _spelled(self, atom: Atom) -> str:
        match atom:
            case Number(column):
                return self._filled(atom, f"CAST({self._column(column)} AS {self._dialect.double})")
            case Level(column, level):
                return self._level(column, level)
            case Gap(column):
                return f"CASE WHEN {self._column(column)} IS NULL THEN 1e0 ELSE 0e0 END"
            case Part(column, part):
                return self._filled(atom, self._part(column, part))
            case Constant(value):
                return _number(value)
            case Call(function, arguments):
                return self._call(function, [self.atom(one) for one in arguments], arguments)
            case Poly(argument, degree):
                return self._polynomial(argument, degree)

    def _column(self, name: str) -> str:
        first, last = self._dialect.quotes[0], self._dialect.quotes[1]
        if "\0" in name:
            raise cannot("a column whose name holds NUL", "sql")
        if self._name == "bigquery" and any(char in name for char in "`\\\n"):
            raise cannot(f"the column name {visible(name)} in {self._name}", "sql")
        return f"{first}{name.replace(last, last * 2)}{last}"

    def _string(self, text: str) -> str:
        if "\0" in text:
            raise cannot("a level that holds NUL", "sql")
        if self._dialect.backslash:
            text = text.replace("\\", "\\\\")
            if self._name == "bigquery":
                escaped = text.replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
                return f"'{escaped}'"
        prefix = "N" if self._name == "sqlserver" else ""
        return prefix + "'" + text.replace("'", "''") + "'"

    def _filled(self, atom: Atom, expression: str) -> str:
        fill = self._model.encoding.fills.get(atom)
        return expression if fill is None else f"COALESCE({expression}, {_number(fill)})"

    def _level(self, column: str, level: str) -> str:
        category = self._model.encoding.categories[column]
        name = self._column(column)
        text = f"TRIM(CAST({name} AS {self._dialect.text}))"
        text = f"LOWER({text})" if category.boolean else text
        if level == MISSING_LEVEL:
            known = f"{name} IS NULL"
        elif level == OTHER_LEVEL and category.lumped:
            others = ", ".join(map(self._string, kept_levels(category)))
            known = f"{name} IS NOT NULL" + (f" AND {text} NOT IN ({others})" if others else "")
        elif category.boolean:
            digit = {"true": "1", "false": "0"}.get(level, level)
            known = f"{text} IN ({self._string(level)}, {self._string(digit)})"
        else:
            known = f"{text} = {self._string(level)}"
        gap = f"WHEN {name} IS NULL THEN NULL " if needs_cell(self._model, category) else ""
        return f"CASE {gap}WHEN {known} THEN 1e0 ELSE 0e0 END"

    def _part(self, column: str, part: str) -> str:
        style = self._model.encoding.styles[column]
        how = self._dialect.dates
        if style not in ("iso", "time"):
            raise cannot(f"dates as in {visible(column)}, which are not written as 2026-01-31", "sql")
        if how is None:
            raise UsageError(
                f"dates as in {visible(column)} are spelled for some databases only",
                hint="--dialect sqlite, duckdb or postgres",
            )
        name = self._column(column)
        return _in_sqlite(name, part) if how == "sqlite" else _extracted(name, part, style == "time")

    def _call(self, function: str, arguments: list[str], atoms: tuple[Atom, ...]) -> str:
        if function in _SIGNS:
            return f"({arguments[0]} {_SIGNS[function]} {arguments[1]})"
        if function == "power":
            return _power(arguments, atoms[1])
        log = self._dialect.log
        written: dict[str, Callable[[str], str]] = {
            "negative": lambda x: f"(-{x})",
            "log": lambda x: f"{log}({x})",
            "log2": lambda x: f"({log}({x}) / {log}(2e0))",
            "log10": lambda x: f"({log}({x}) / {log}(10e0))",
            "log1p": lambda x: f"{log}(1e0 + {x})",
        }
        spell = written.get(function)
        return f"{function.upper()}({arguments[0]})" if spell is None else spell(arguments[0])

    def _polynomial(self, argument: Atom, degree: int) -> str:
        if degree > DEEPEST:
            raise cannot(f"a polynomial of degree {degree}", "sql")
        x = self.atom(argument)
        found = self._model.encoding.polynomials[argument]
        if found.norms[degree + 1] == 0:
            return "0e0"
        before, now = "0e0", "1e0"
        for k in range(degree):
            following = f"({x} - {_number(found.centres[k])}) * {now}"
            if k:
                following += f" - {_number(found.norms[k + 1] / found.norms[k])} * {before}"
            before, now = now, bounded(f"({following})", "sql")
        return f"({now} / {_number(found.norms[degree + 1] ** 0.5)})"


def _power(arguments: list[str], exponent: Atom) -> str:
    """A small whole power as a product, which every database has."""
    if isinstance(exponent, Constant) and exponent.value in (2.0, 3.0, 4.0):
        return f"({' * '.join([arguments[0]] * int(exponent.value))})"
    return f"POWER({arguments[0]}, {arguments[1]})"


def _in_sqlite(name: str, part: str) -> str:
    if part == "days":
        return f"(JULIANDAY({name}) - 2440587.5e0)"
    if part in ("hour", "hours"):
        pieces = [f"CAST(STRFTIME('{mark}', {name}) AS REAL)" for mark in ("%H", "%M", "%S")]
        return f"(({pieces[0]} * 3600e0 + {pieces[1]} * 60e0 + {pieces[2]}) / 3600e0)"
    if part == "weekday":
        return f"CAST((STRFTIME('%w', {name}) + 6) % 7 + 1 AS REAL)"
    return f"CAST(STRFTIME('{_FORMATTED[part]}', {name}) AS REAL)"


def _extracted(name: str, part: str, clock: bool) -> str:
    moment = f"CAST({name} AS {'TIME' if clock else 'TIMESTAMP'})"
    if part == "days":
        return f"(CAST(EXTRACT(EPOCH FROM {moment}) AS DOUBLE PRECISION) / 86400e0)"
    if part in ("hour", "hours"):
        h, m, s = (f"CAST(EXTRACT({unit} FROM {moment}) AS DOUBLE PRECISION)" for unit in ("HOUR", "MINUTE", "SECOND"))
        return f"(({h} * 3600e0 + {m} * 60e0 + FLOOR({s})) / 3600e0)"
    return f"CAST(EXTRACT({_EXTRACTED[part]} FROM {moment}) AS DOUBLE PRECISION)"
