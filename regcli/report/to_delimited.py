"""Tables as csv, tsv or markdown: every digit of every number, empty for none.

A column name that a spreadsheet would take for a formula gets an apostrophe in front, as spreadsheets write it.
"""

from __future__ import annotations

import csv
import io
import math

from regcli.errors import visible
from regcli.report.report import Cell, Report, Table

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(report: Report) -> str:
    """The records, comma-separated, quoted where needed."""
    return table_to_csv(report.records)


def to_tsv(report: Report) -> str:
    """The records, tab-separated, quoted where needed."""
    return table_to_tsv(report.records)


def to_markdown(report: Report) -> str:
    """The records as a table as GitHub draws it."""
    return table_to_markdown(report.records)


def table_to_csv(table: Table) -> str:
    """Comma-separated, quoted where needed."""
    return _delimited(table, ",")


def table_to_tsv(table: Table) -> str:
    """Tab-separated, quoted where needed."""
    return _delimited(table, "\t")


def table_to_markdown(table: Table) -> str:
    """A table as GitHub draws it, numbers to the right."""
    words = [column.kind in ("name", "text") for column in table.columns]
    lines = [_line([_markdown_cell(column.key) for column in table.columns])]
    lines.append(_line(["---" if word else "---:" for word in words]))
    lines += [_line([_markdown_cell(cell) for cell in row]) for row in table.rows]
    return "".join(f"{line}\n" for line in lines)


def _delimited(table: Table, delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    names = [column.kind == "name" for column in table.columns]
    writer.writerows(
        [_safe(_text(cell)) if name else _text(cell) for cell, name in zip(row, names, strict=True)]
        for row in table.rows
    )
    return text.getvalue()


def _safe(name: str) -> str:
    return f"'{name}" if name.startswith(FORMULA) else name


def _text(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cell(cell: Cell) -> str:
    text = visible(_text(cell))
    for char in "\\`*_[]<>|~$&":
        text = text.replace(char, "\\" + char)
    return text
