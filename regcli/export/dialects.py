"""How databases differ: quotes of names and text, types, functions, and how they are told dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regcli.errors import visible
from regcli.export.parts import cannot, plain_text

_SQLITE_NUMBER = "CASE WHEN TYPEOF({0}) <> 'text' OR {0} = CAST({0} AS REAL) THEN CAST({0} AS REAL) END"


@dataclass(frozen=True)
class Dialect:
    """How one database spells what all of them have.

    `double` is a cell as a double, `cell_text` one as text that is equal only to the same characters. With `unbounded`
    EXP that is too large or too small for a double is infinite or 0, and no error.
    """

    name: str
    quotes: str = '""'
    double: str = "CAST({} AS DOUBLE PRECISION)"
    cell_text: str = "CAST({} AS VARCHAR)"
    log: str = "LN"
    prefix: str = ""
    backslash: bool = False
    unbounded: bool = False
    dates: Literal["strftime", "extract"] | None = None

    def column(self, name: str) -> str:
        """The name of a column in quotes. Raises UsageError where it cannot be written."""
        plain_text(name, "sql")
        if self.name == "bigquery" and any(char in name for char in "`\\\r\n"):
            raise cannot(f"the column name {visible(name)} in bigquery", "sql")
        last = self.quotes[1]
        return f"{self.quotes[0]}{name.replace(last, last * 2)}{last}"

    def string(self, text: str) -> str:
        """A text in quotes. Raises UsageError where it cannot be written."""
        plain_text(text, "sql")
        if self.backslash:
            text = text.replace("\\", "\\\\")
        if self.name == "bigquery":
            text = text.replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
        else:
            text = text.replace("'", "''")
        return f"{self.prefix}'{text}'"

    def number(self, column: str) -> str:
        """The number in a column; NULL where there is none."""
        return self.double.format(self.column(column))

    def text(self, column: str) -> str:
        """The text in a column; NULL where there is none, or nothing but spaces."""
        return f"NULLIF(TRIM({self.cell_text.format(self.column(column))}), {self.prefix}'')"


DIALECTS: dict[str, Dialect] = {
    one.name: one
    for one in (
        Dialect("standard"),
        # In double quotes SQLite takes a column that is not there for a text; a text that is no number for 0.
        Dialect("sqlite", "``", _SQLITE_NUMBER, "CAST({} AS TEXT)", unbounded=True, dates="strftime"),
        Dialect("duckdb", unbounded=True, dates="extract"),
        Dialect("postgres", dates="extract"),
        Dialect(
            "mysql", "``", "CAST({} AS DOUBLE)", "CONVERT({} USING utf8mb4) COLLATE utf8mb4_bin", backslash=True
        ),
        Dialect(
            "sqlserver", "[]", "CAST({} AS FLOAT)", "CAST({} AS NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2",
            "LOG", prefix="N",
        ),
        Dialect("bigquery", "``", "CAST({} AS FLOAT64)", "CAST({} AS STRING)", backslash=True),
    )
}  # fmt: skip
"""By the word after --dialect; `standard` is what SQLite, DuckDB and PostgreSQL all read."""


def number(value: float) -> str:
    """A literal that is a double everywhere: DuckDB and others take 1.5 for a decimal, and 1.5e0 not."""
    text = repr(value)
    text = text if "e" in text else f"{text}e0"
    return f"({text})" if text.startswith("-") else text  # -- begins a comment
