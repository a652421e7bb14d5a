"""Rows of another width and quotes that do not pair up: errors that say the file, the line and what was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from regcli.data.reading.delimiters import spelled
from regcli.data.reading.records import Part, Record, SwallowedLinesError, UnclosedQuoteError, records_of
from regcli.errors import DataError, counted, shortened


class RaggedRowsError(DataError):
    """Some rows have more or fewer cells than the others."""


@contextmanager
def quotes_of(name: str) -> Iterator[None]:
    """Turn quotes that do not pair up into a DataError that names the file and the line."""
    try:
        yield
    except UnclosedQuoteError as error:
        what, advice = "the quote opened in line {} is never closed", "close it"
        raise DataError(f"{name}: {what.format(*error.args)}", hint=f"{advice}, or double it inside a cell") from None
    except SwallowedLinesError as error:
        what, advice = (
            "the quote opened in line {} is closed in line {}, in the middle of a cell",
            "close it in its line",
        )
        raise DataError(f"{name}: {what.format(*error.args)}", hint=f"{advice}, or double it inside a cell") from None


def check_widths(content: bytes, part: Part, delimiter: str, expected: int, headed: bool = False) -> int:
    """How many rows the part has; RaggedRowsError for the first that is not as wide as the others.

    `headed` says that the part begins with the header.
    """
    number = 0
    wrong: dict[int, int] = {}
    first: Record | None = None
    with quotes_of(part.name):
        for record in records_of(content, part, delimiter):
            number += 1
            if len(record.cells) != expected:
                wrong[len(record.cells)] = wrong.get(len(record.cells), 0) + 1
                first = first or record
    if first is None:
        return number
    count = sum(wrong.values())
    more = f"; {counted(count, 'row')} of another width in all" if count > 1 else ""
    hint = f"correct line {first.line}, quote the cells that hold {spelled(delimiter)}, or --bad-rows drop"
    if headed and wrong == {expected + 1: number - 1}:
        hint = "name the first column too: the header has one cell less than every row"
    raise RaggedRowsError(
        f"{part.name}, line {first.line}: {counted(len(first.cells), 'cell')} where {expected} are expected{more}",
        found=shortened(delimiter.join(first.cells)),
        hint=hint,
    )
