"""A report's records as csv, tsv or markdown: names as they are, every digit of every number, empty for none."""

from __future__ import annotations

import csv
import io
import math

from regcli.errors import visible
from regcli.report.report import Cell, Report


def to_csv(report: Report) -> str:
    """Comma-separated, quoted where needed."""
    return _delimited(report, ",")


def to_tsv(report: Report) -> str:
    """Tab-separated, quoted where needed."""
    return _delimited(report, "\t")


def to_markdown(report: Report) -> str:
    """A table as GitHub draws it, numbers to the right."""
    columns = report.records.columns
    lines = [_line([column.key for column in columns])]
    lines.append(_line(["---" if column.kind == "name" else "---:" for column in columns]))
    lines += [_line([_markdown_cell(cell) for cell in row]) for row in report.records.rows]
    return "".join(f"{line}\n" for line in lines)


def _delimited(report: Report, delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow([column.key for column in report.records.columns])
    writer.writerows([_text(cell) for cell in row] for row in report.records.rows)
    return text.getvalue()


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
