"""Large texts are parsed range by range, by any number of threads: the values, types and errors of a small one."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from regcli.data.reading import parsing, ranges
from regcli.data.reading.c_reader import MISSING
from regcli.data.sources import Rows, read
from regcli.errors import DataError
from regcli.specs import DataSpec

CELLS: dict[str, Callable[[int], str]] = {
    "floats": lambda row: repr(math.sin(row) * 10.0 ** (row % 40 - 20)),
    "integers": lambda row: str(7 * row - 100),
    "signs and blanks": lambda row: f" {'+' if row % 2 else '-'}{row} ",
    "integers, then floats": lambda row: str(row) if row < 200 else f"{row}.5",
    "floats, then integers": lambda row: str(row) if row > 100 else f"{row}.5",
    "whole floats": lambda row: f"{row}.0",
    "exponents": lambda row: f"{row}e2",
    "gaps": lambda row: "" if row % 7 == 3 else str(row),
    "late gaps": lambda row: "NA" if row > 250 else str(row),
    "all missing at first": lambda row: str(row) if row > 250 else "",
    "long integers": lambda row: str(2**53 + 1 + row),
    "too long integers": lambda row: str(2**64 + row),
    "infinite": lambda row: "inf" if row == 222 else str(row),
    "true and false": lambda row: str(row % 3 == 0),
    "text": lambda row: f"level {row % 5}",
    "late text": lambda row: "x" if row == 299 else str(row),
    "late truth": lambda row: "True" if row > 250 else str(row),
}


@pytest.fixture(params=["narrow", "wide"])
def in_small_ranges(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Ranges of a few lines for all texts; as for few columns, or as for many; by so many threads."""
    monkeypatch.setattr(parsing, "LARGE", 0)
    monkeypatch.setattr(ranges, "RANGE", 1000)
    monkeypatch.setattr(ranges, "PER_COLUMN", 0)
    monkeypatch.setattr(ranges, "WIDE", 1 if request.param == "wide" else 400)

    def by(jobs: int) -> None:
        monkeypatch.setattr(ranges.os, "sched_getaffinity", lambda process: range(jobs), raising=False)

    return by


def table(*kinds: str, rows: int = 300) -> str:
    lines = [",".join(f"c{place}" for place in range(len(kinds)))]
    return "\n".join([*lines, *(",".join(CELLS[kind](row) for kind in kinds) for row in range(rows))]) + "\n"


def as_written(text: str) -> list[list[Any]]:
    """What the csv module and Python's float make of the cells, column by column; numbers where all of them are."""
    columns = []
    for cells in zip(*list(csv.reader(io.StringIO(text)))[1:], strict=True):
        bare = [None if cell.strip() in MISSING else cell.strip() for cell in cells]
        try:
            columns.append([None if cell is None else float(cell) for cell in bare])
        except ValueError:
            columns.append(bare)
    return columns


def told(frame: pd.DataFrame) -> list[list[Any]]:
    out = []
    for _, column in frame.items():
        cells = column.map(str) if column.dtype == np.bool_ else column
        out.append([None if pd.isna(cell) else cell if isinstance(cell, str) else float(cell) for cell in cells])
    return out


@pytest.mark.parametrize("kind", CELLS)
def test_ranges_change_nothing(
    kind: str, in_small_ranges: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Cells, types and what is said are those of one piece, whatever the number of threads; and those of float()."""
    text = table("floats", kind, "integers", "floats")
    path = tmp_path / "t.csv"
    path.write_text(text)
    found = []
    for jobs in (1, 3):
        in_small_ranges(jobs)
        found.append(read(DataSpec(path)))
    monkeypatch.setattr(parsing, "LARGE", 1 << 40)
    monkeypatch.setattr(parsing, "WIDE", 1 << 40)
    whole = read(DataSpec(path))
    assert told(whole.frame) == as_written(text)
    for rows in found:
        pd.testing.assert_frame_equal(rows.frame, whole.frame, check_exact=True)
        assert (rows.notices, rows.numbering, rows.rows_read) == (whole.notices, whole.numbering, whole.rows_read)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end", "blank lines"])
def test_numbers_alone_are_one_array(ends: str, last: str, in_small_ranges: Callable[[int], None]) -> None:
    """A text of floats is one array, a column each next to its neighbours: no second copy is needed to compute."""
    in_small_ranges(2)
    text = table("floats", "exponents", "gaps", "floats").replace("\n", ends).removesuffix(ends)
    content = (text + {"": "", "end": ends, "blank lines": 3 * ends}[last]).encode()
    frame = _rows(content).frame
    numbers = frame.to_numpy()
    assert numbers.flags.f_contiguous
    assert np.shares_memory(numbers, frame.to_numpy())
    assert told(frame) == as_written(text)


def _rows(content: bytes) -> Rows:
    frame = parsing.parsed(parsing_body(content), DataSpec("-"))
    return Rows(frame, "text", len(frame))


def parsing_body(content: bytes) -> Any:
    from regcli.data.reading.bodies import body
    from regcli.data.reading.bytestream import Stream

    return body(Stream("text", content, ()), DataSpec("-"))


@pytest.mark.parametrize("at", [0, 1, 150, 298, 299])
@pytest.mark.parametrize("row", ["1,2", "1,2,3,4,5", "1,2,3,4,", "", '1,2,"3,4', "1,2,3,"])
def test_errors_are_those_of_one_piece(
    row: str, at: int, in_small_ranges: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A short, long, blank, unclosed or incomplete row in any range: the same rows, or the same error and line."""
    lines = table("floats", "integers", "floats", "integers").splitlines()
    lines[1 + at] = row
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines))
    found = []
    for jobs in (1, 3):
        in_small_ranges(jobs)
        found.append(_outcome(path))
    monkeypatch.setattr(parsing, "LARGE", 1 << 40)
    monkeypatch.setattr(parsing, "WIDE", 1 << 40)
    assert found == [_outcome(path)] * 2


def _outcome(path: Path) -> Any:
    try:
        rows = read(DataSpec(path))
    except DataError as error:
        return error.lines()
    return rows.frame.to_json(), [str(kind) for kind in rows.frame.dtypes], rows.lines(range(len(rows.frame)))


def test_a_short_row_is_not_made_up_for_by_a_long_one(in_small_ranges: Callable[[int], None], tmp_path: Path) -> None:
    """Also where the number of cells is right."""
    in_small_ranges(2)
    lines = table("floats", "integers", "floats").splitlines()
    lines[201:203] = ["1,2", "3,4,5,6"]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"line 202: 2 cells where 3 are expected; 2 rows"):
        read(DataSpec(path))
