"""The delimiter: the candidate that cuts the first lines of a text most evenly, outside quotes."""

from __future__ import annotations

import re

from regcli.data.reading.records import Comment, Lines, rows

CANDIDATES = ("\t", ";", "|", ",")
SPELLED = {"\t": "tab", " ": "space"}
SAMPLE_LINES = 500
SAMPLE_SIZE = 1 << 18
NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?\s*")


def spelled(delimiter: str) -> str:
    """The delimiter as it is typed after --sep."""
    return SPELLED.get(delimiter, f"'{delimiter}'")


def found(content: bytes, decimal: str, start: int = 0, comment: Comment | None = None) -> str | None:
    """The candidate that cuts the first lines most evenly into two columns or more, outside quotes."""
    sample, whole = _sample(content, start, comment)
    candidates = [mark for mark in CANDIDATES if mark != decimal]
    scores = [(score, mark) for mark in candidates if (score := _score(sample, whole, mark)) is not None]
    return max(scores, key=lambda pair: pair[0])[1] if scores else None


def _sample(content: bytes, start: int, comment: Comment | None) -> tuple[list[str], bool]:
    lines: list[str] = []
    size = 0
    source = Lines(content, start, comment=comment)
    open_quote = False
    for text in source:
        lines.append(text)
        size += len(text)
        open_quote ^= bool(text.count('"') % 2)  # near enough for a sample: its lines of comment are left out
        source.fresh = not open_quote
        if len(lines) >= SAMPLE_LINES or (size >= SAMPLE_SIZE and len(lines) > 2):
            return lines, False
    return lines, True


def _score(sample: list[str], whole: bool, mark: str) -> tuple[bool, float, float] | None:
    """Does the header have two cells or more; which share of the rows has as many; which share of cells is numbers."""
    if not any(mark in text for text in sample):
        return None
    table = [row for row in rows(sample, mark) if len(row) > 1 or (row and row[0].strip())]
    if not whole and len(table) > 2:
        table.pop()
    widths = [len(row) for row in table]
    expected = widths[0] if widths[0] > 1 else max(widths)
    if expected < 2:
        return None
    even = sum(_same_width(width, expected, row) for width, row in zip(widths, table, strict=True)) / len(table)
    cells = [cell for row in table[1:51] for cell in row[:200] if cell.strip()]
    numbers = sum(NUMBER.fullmatch(cell) is not None for cell in cells) / max(1, len(cells))
    return widths[0] > 1, even, numbers


def _same_width(width: int, expected: int, row: list[str]) -> bool:
    return width == expected or (width > expected and not any(cell.strip() for cell in row[expected:]))
