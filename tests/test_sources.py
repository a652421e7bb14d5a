"""Reading: whatever the file looks like, the same numbers as the clean file, or an error that says what and where."""

from __future__ import annotations

import bz2
import csv
import datetime
import gzip
import importlib
import io
import json
import lzma
import math
import os
import random
import struct
import sys
import threading
import types
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regcli.data.reading import bytestream, parsing, shape, unpack
from regcli.data.reading.c_reader import MISSING
from regcli.data.sources import Rows, read
from regcli.errors import DataError, RegcliError, UsageError, visible
from regcli.specs import DataSpec

MESSY = Path(__file__).parent / "data" / "messy"
AWKWARD = Path(__file__).parent / "data" / "awkward"

CLEAN = b"a,b,y\n1,0.1,3\n-2,12345.678901234567,1e-300\n7,2.5e10,-0.25\n"
NUMBERS = [[1.0, 0.1, 3.0], [-2.0, 12345.678901234567, 1e-300], [7.0, 2.5e10, -0.25]]

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda raw: zstandard.ZstdCompressor().compress(raw),
}


@pytest.fixture
def read_bytes(tmp_path: Path) -> Callable[..., Rows]:
    def run(content: bytes, name: str = "t.csv", **options: Any) -> Rows:
        path = tmp_path / name
        path.write_bytes(content)
        return read(DataSpec(str(path), **options))

    return run


def bits(frame: pd.DataFrame) -> bytes:
    return frame.to_numpy(dtype=np.float64).tobytes()


def expected_bits(rows: list[list[float]]) -> bytes:
    return np.array(rows, dtype=np.float64).tobytes()


def codes(rows: Rows) -> list[str]:
    return [notice.code for notice in rows.notices]


def one_line(text: str) -> bool:
    return visible(text) == text


# The same table, written in other ways

CRLF = CLEAN.replace(b"\n", b"\r\n")
SAME = {
    "clean": CLEAN,
    "crlf": CRLF,
    "cr": CLEAN.replace(b"\n", b"\r"),
    "mixed line ends": CLEAN.replace(b"\n", b"\r\n", 1).replace(b"3\n", b"3\r", 1),
    "no final newline": CLEAN.rstrip(b"\n"),
    "utf-8 mark": b"\xef\xbb\xbf" + CLEAN,
    "utf-16": CLEAN.decode().encode("utf-16"),
    "utf-16 big end": b"\xfe\xff" + CLEAN.decode().encode("utf-16-be"),
    "utf-32": CLEAN.decode().encode("utf-32"),
    "utf-32 big end": b"\x00\x00\xfe\xff" + CLEAN.decode().encode("utf-32-be"),
    "utf-16 crlf": CRLF.decode().encode("utf-16"),
    "tabs": CLEAN.replace(b",", b"\t"),
    "semicolons": CLEAN.replace(b",", b";"),
    "pipes": CLEAN.replace(b",", b"|"),
    "quotes": b"\n".join(b",".join(b'"%s"' % cell for cell in line.split(b",")) for line in CLEAN.split()) + b"\n",
    "spaces after commas": CLEAN.replace(b",", b",  "),
    "spaces before commas": CLEAN.replace(b",", b" ,"),
    "quotes after spaces": b'"a", "b", "y"\n"1", "0.1", "3"\n' + CLEAN.split(b"\n", 2)[2],
    "padded in quotes": CLEAN.replace(b"0.1", b'" 0.1 "').replace(b"2.5e10", b'"\t2.5e10"'),
    "blank lines": b"\n\n" + CLEAN.replace(b"\n", b"\n\n") + b"\n\n",
    "blank lines of spaces": CLEAN.replace(b"\n", b"\n  \n \t\n"),
    "blank crlf lines": CRLF.replace(b"\r\n", b"\r\n\r\n"),
    "trailing commas": CLEAN.replace(b"\n", b",\n"),
    "trailing commas but in the header": CLEAN.replace(b"\n", b",\n").replace(b"y,", b"y", 1),
    "trailing comma in the header only": CLEAN.replace(b"y\n", b"y,\n"),
    "many trailing commas": CLEAN.replace(b"\n", b",,,\n"),
    "trailing tabs": CLEAN.replace(b",", b"\t").replace(b"\n", b"\t\n"),
    "empty rows": CLEAN.replace(b"\n", b"\n,,\n").replace(b",,\n", b"", 0) + b",,\n , ,\n",
    "quoted empty rows": CLEAN + b'"","",""\n"  "," ",\n',
    "plus signs": CLEAN.replace(b",0.1", b",+0.1"),
    "more digits than fit": CLEAN.replace(b"0.1,", b"0.1000000000000000000000000000000000000000,"),
    "long exponents": CLEAN.replace(b"2.5e10", b"2.5E+0010"),
    "no zero": CLEAN.replace(b"0.1,", b".1,"),
    "a line break in the header": CLEAN.replace(b"a,", b'"a\n",'),
}


@pytest.mark.parametrize("content", SAME.values(), ids=SAME.keys())
def test_the_same_table_in_any_dress(content: bytes, read_bytes: Callable[..., Rows]) -> None:
    """Line ends, marks, encodings, delimiters, quotes, blanks: the same names and the same bits."""
    rows = read_bytes(content)
    assert list(rows.frame.columns) == ["a", "b", "y"]
    assert bits(rows.frame) == expected_bits(NUMBERS)
    assert isinstance(rows.frame.index, pd.RangeIndex)
    assert all(kind in (np.int64, np.float64) for kind in rows.frame.dtypes)


@pytest.mark.parametrize("dress", ["clean", "crlf", "cr", "utf-16", "quotes", "tabs", "trailing commas"])
@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("suffixed", [True, False])
def test_compressed_files_are_recognised_by_content(
    dress: str, packer: str, suffixed: bool, read_bytes: Callable[..., Rows]
) -> None:
    """gz, bz2, xz and zst read like the file in them, whatever the suffix says."""
    rows = read_bytes(PACKERS[packer](SAME[dress]), f"t.csv.{packer}" if suffixed else "t.csv")
    assert bits(rows.frame) == expected_bits(NUMBERS)
    assert rows.lines([0, 2]) == [2, 4]


def test_decimal_commas_when_asked_for(read_bytes: Callable[..., Rows]) -> None:
    """With --decimal , the comma is no delimiter, and 0,1 is the double that 0.1 is."""
    content = CLEAN.replace(b",", b";").replace(b".", b",")
    rows = read_bytes(content, decimal=",")
    assert bits(rows.frame) == expected_bits(NUMBERS)
    assert rows.delimiter == ";"
    assert bits(read_bytes(content.replace(b";", b"\t"), decimal=",").frame) == expected_bits(NUMBERS)


def test_decimal_commas_unasked_stay_text(read_bytes: Callable[..., Rows]) -> None:
    """0,1 is never silently read as something else than it says."""
    rows = read_bytes(b"a;y\n0,1;1\n0,2;2\n")
    assert rows.delimiter == ";"
    assert rows.frame["a"].tolist() == ["0,1", "0,2"]


# What the parser underneath must be able to do


def test_seventeen_digits_come_back_as_they_were(read_bytes: Callable[..., Rows]) -> None:
    """Every double survives being written with repr, %.17g or many more digits (pandas before 3.1 loses some)."""
    draw = random.Random(20260101)
    doubles = [struct.unpack("<d", draw.randbytes(8))[0] for _ in range(3000)]
    texts = [repr(x) for x in doubles if math.isfinite(x)]
    texts += [f"{draw.gauss(0, 1):.17g}" for _ in range(3000)] + [f"{draw.gauss(0, 1e5):.30f}" for _ in range(1000)]
    texts += ["5e-324", "2.4703282292062328e-324", "1.7976931348623157e308", "2.2250738585072011e-308", "1e-400"]
    texts += ["0." + "0" * 320 + "123", "9007199254740993.0", "0.1" + "0" * 400 + "1"]
    rows = read_bytes(b"a,y\n" + "".join(f"{text},1\n" for text in texts).encode())
    assert rows.frame["a"].to_numpy().tobytes() == np.array([float(text) for text in texts]).tobytes()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (
            ["inf", "-inf", "Infinity", "+INF", "-infinity", "1"],
            [math.inf, -math.inf, math.inf, math.inf, -math.inf, 1],
        ),
        (["1e400", "-1e400", "2"], [math.inf, -math.inf, 2]),
        (["1" * 400, "2"], [math.inf, 2]),
        (["1" * 400, "2.5"], [math.inf, 2.5]),
        (["1" * 5000, "-" + "1" * 5000], [math.inf, -math.inf]),
        (["12345678901234567890", "1"], [12345678901234567890.0, 1]),
        (["12345678901234567890", "-1"], [12345678901234567890.0, -1]),
        (["12345678901234567890", ""], [12345678901234567890.0, math.nan]),
        (["12345678901234567890", "NA"], [12345678901234567890.0, math.nan]),
        (["123456789012345678901234567890", "1"], [123456789012345678901234567890.0, 1]),
        (["123456789012345678901234567890", "1.5"], [123456789012345678901234567890.0, 1.5]),
        (["9223372036854775807", "1"], [9223372036854775807, 1]),
        (["9223372036854775808", "1"], [9223372036854775808.0, 1]),
        (["-9223372036854775809", "1"], [-9223372036854775809.0, 1]),
        (["007", "-0"], [7, 0]),
    ],
)
def test_numbers_at_the_edge_stay_numbers(
    cells: list[str], numbers: list[float], read_bytes: Callable[..., Rows]
) -> None:
    """Infinity and overflow arrive as inf, for the caller to refuse; long integers are rounded once, never wrapped."""
    column = read_bytes(("a,y\n" + "".join(f"{cell},1\n" for cell in cells)).encode()).frame["a"]
    assert column.dtype in (np.int64, np.float64)
    np.testing.assert_array_equal(column.to_numpy(), np.array(numbers))


@pytest.mark.parametrize(
    "cell", ["1_000", "0x10", "1d5", "--5", "1e", "e5", "1 2", "١٢", "1\u00a0", "\u22121", "NaN1", "\u0131nf"]
)
def test_what_is_no_number_is_text(cell: str, read_bytes: Callable[..., Rows]) -> None:
    """Nothing that Python or C would generously take for a number becomes one."""
    column = read_bytes(f"a,y\n{cell},1\n2,2\n".encode()).frame["a"]
    assert column.tolist() == [cell, "2"]


@pytest.mark.parametrize("cell", [*sorted(MISSING), "  ", '"  "', '""', "\t", "missing!"])
def test_missing_cells_are_nan(cell: str, read_bytes: Callable[..., Rows]) -> None:
    """Empty cells, spaces, the usual markers and those named with --na are missing, in numbers and in text."""
    frame = read_bytes(f"a,t,y\n{cell},{cell},1\n2,x,2\n".encode(), na=("missing!",)).frame
    assert frame["a"].isna().tolist() == frame["t"].isna().tolist() == [True, False]
    assert frame["a"].dtype == np.float64
    assert isinstance(frame["t"].dtype, pd.StringDtype)


def test_other_markers_are_missing_only_when_named(read_bytes: Callable[..., Rows]) -> None:
    """A question mark stays text until --na says what it means; then the column is numbers."""
    content = b"a,y\n?,1\n2.5,2\n-,3\n"
    assert read_bytes(content).frame["a"].tolist() == ["?", "2.5", "-"]
    column = read_bytes(content, na=("?", "-")).frame["a"]
    assert column.dtype == np.float64
    assert column.isna().tolist() == [True, False, True]


def test_true_and_false(read_bytes: Callable[..., Rows]) -> None:
    """Columns of true and false are bool; with missing cells they are text, so that nothing is made up."""
    frame = read_bytes(b"a,b,y\nTrue,TRUE,1\nfalse,,2\n").frame
    assert frame["a"].dtype == np.bool_
    assert frame["a"].tolist() == [True, False]
    assert frame["b"].iloc[0] == "True"
    assert pd.isna(frame["b"].iloc[1])
    assert read_bytes(b"a,y\nTrue,1\n,\nfalse,2\n").frame["a"].tolist() == [True, False]


def test_text_cells_lose_the_spaces_around_them(read_bytes: Callable[..., Rows]) -> None:
    """`yes` and `yes ` are one level, as `1` and `1 ` are one number; inside, a cell is left as it is."""
    frame = read_bytes('t,y\n yes,1\n"yes ",2\n"a \nb",3\n\u00a0x,4\n'.encode()).frame
    assert frame["t"].tolist() == ["yes", "yes", "a \nb", "\u00a0x"]


def test_delimiters_after_blank_cr_lines_count(read_bytes: Callable[..., Rows]) -> None:
    """pandas' reader loses a delimiter that follows a blank line ended by CR, and shifts the row: this one does not."""
    for content in (b"a,y\r3,1\r\r,6\r", b"a,y\n3,1\n\r,6\n", b"a,y\r\n3,1\r\n \r,6"):
        assert bits(read_bytes(content).frame) == expected_bits([[3, 1], [math.nan, 6]])


# Delimiters


@pytest.mark.parametrize(
    ("content", "delimiter", "shape"),
    [
        (b"a;b\n1;2\n", ";", (1, 2)),
        (b"name;y\nx, y;1\nz;2\n", ";", (2, 2)),
        (b"1,5;2,5;3,5\n1,5;2,5;3,5\n", ";", (1, 3)),
        (b'"a;b",y\n1,2\n', ",", (1, 2)),
        (b'"a,b,c";y\n1;2\n', ";", (1, 2)),
        (b"a\tnote\n1\tone, two; three | four\n2\tfive, six; seven | eight\n", "\t", (2, 2)),
        (b"a,note\n1,x;y\n2,z;w\n", ",", (2, 2)),
        (b"a|b|c\n1|2,5|3\n", "|", (1, 3)),
        (b'a,b\n1,"x\n;y;\n"\n', ",", (1, 2)),
        (b"a;b;;\n1;2;;\n3;4;;\n", ";", (2, 2)),
        (b"a,b\n" + b"1,2\n" * 5000, ",", (5000, 2)),
    ],
)
def test_the_delimiter_is_found(
    content: bytes, delimiter: str, shape: tuple[int, int], read_bytes: Callable[..., Rows]
) -> None:
    """Comma, semicolon, tab or pipe: the one that cuts the lines evenly, outside quotes; said when it is no comma."""
    rows = read_bytes(content)
    assert (rows.delimiter, rows.frame.shape) == (delimiter, shape)
    assert ("delimiter" in codes(rows)) == (delimiter != ",")


def test_sep_overrides(read_bytes: Callable[..., Rows]) -> None:
    """--sep is obeyed and nothing is said about it."""
    rows = read_bytes(b"a;b,c\n1;2,3\n", sep=",")
    assert list(rows.frame.columns) == ["a;b", "c"]
    assert codes(rows) == []
    assert read_bytes(b"a b\n1 2\n3 4\n", sep="space").frame.to_numpy().tolist() == [[1, 2], [3, 4]]


# Names


@pytest.mark.parametrize(
    ("header", "names", "said"),
    [
        ("a,b,c", ["a", "b", "c"], []),
        ("a,a,a", ["a", "a_2", "a_3"], ["duplicate_names"]),
        ("a,a,a_2", ["a", "a_3", "a_2"], ["duplicate_names"]),
        ("a_2,a,a", ["a_2", "a", "a_3"], ["duplicate_names"]),
        (",a,b", ["column_1", "a", "b"], ["empty_names"]),
        ("a,,column_2", ["a", "column_2_2", "column_2"], ["empty_names"]),
        ("a , b,c", ["a", "b", "c"], ["padded_names"]),
        (" a,a,c", ["a", "a_2", "c"], ["padded_names", "duplicate_names"]),
        ("1,2.5,-3e2", ["1", "2.5", "-3e2"], ["header_numeric"]),
        ("A,a,intercept", ["A", "a", "intercept"], []),
        ("[red]x[/red],=1+1,\x1b[31m", ["[red]x[/red]", "=1+1", "\x1b[31m"], []),
        ('"a,1","b""2",c', ["a,1", 'b"2', "c"], []),
        ("\u540d,\u00e9,\U0001f600", ["\u540d", "\u00e9", "\U0001f600"], []),
    ],
)
def test_names(header: str, names: list[str], said: list[str], read_bytes: Callable[..., Rows]) -> None:
    """Names are exact but for spaces around them, unique, never empty; each kind of change is said once."""
    rows = read_bytes(f"{header}\n1,2,3\n4,5,6\n".encode())
    assert list(rows.frame.columns) == names
    assert codes(rows) == said
    assert all(one_line(notice.message) for notice in rows.notices)
    assert rows.frame.to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]


def test_unnamed_empty_columns_are_dropped_and_named_ones_kept(read_bytes: Callable[..., Rows]) -> None:
    """A column without name and cells is dropped with a notice; one with a name is for the caller to judge."""
    rows = read_bytes(b"a,,b,\n1,,,\n2,,,\n")
    assert list(rows.frame.columns) == ["a", "b"]
    assert rows.frame["b"].isna().all()
    assert codes(rows) == ["empty_columns"]
    assert "2, 4" in rows.notices[0].message


# Rows and lines


def test_empty_rows_are_dropped_and_counted(read_bytes: Callable[..., Rows]) -> None:
    """`;;;;` is no row: dropped, counted, said, and the lines of the others stay right."""
    rows = read_bytes(b"a;b\n1;2\n;\n3;4\n;\n;\n5;6\n")
    assert rows.frame.to_numpy().tolist() == [[1, 2], [3, 4], [5, 6]]
    assert (rows.rows_read, rows.dropped_rows) == (6, (("empty row", 3),))
    assert codes(rows) == ["delimiter", "empty_rows"]
    assert rows.lines([0, 1, 2]) == [2, 4, 7]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_numbers_are_physical(end: str, read_bytes: Callable[..., Rows]) -> None:
    """Blank lines and line breaks in quotes count; so do lines above the header."""
    content = end.join(["", 'a,"b', 'c"', "", "1,2", '3,"x', 'y"', "  ", "5,6", "7,8", ""])
    rows = read_bytes(content.encode())
    assert len(rows.frame) == 4
    assert rows.lines([0, 1, 2, 3]) == [5, 6, 9, 10]
    assert rows.lines([3, 0]) == [10, 5]
    assert rows.lines([]) == []


def test_where(read_bytes: Callable[..., Rows]) -> None:
    """Places for messages: one line, a few, and how many more."""
    rows = read_bytes(b"a,y\n" + b"1,2\n" * 2000)
    assert rows.where([3]) == "line 5"
    assert rows.where([3, 15]) == "lines 5, 17"
    assert rows.where([3, 15, 88, 100, 101]) == "lines 5, 17, 90 and 2 more"
    assert rows.where(range(2000)) == "lines 2, 3, 4 and 1,997 more"
    frame = read(DataSpec(pd.DataFrame({"a": [1, 2], "y": [3, 4]})))
    assert frame.where([1]) == "row 2"
    assert frame.where([0, 1]) == "rows 1, 2"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b,c\n1,2,3\n4,5\n6,7,8\n", ["line 3", "2 cells", "3 are expected"]),
        (b"a,b,c\n1,2,3\n4,5,6,7\n", ["line 3", "4 cells", "3 are expected"]),
        (b"a,b,c\n1,2,3,4\n5,6,7,8\n", ["line 2", "4 cells", "3 are expected", "2 rows of another width"]),
        (b"a,b,c\n1,2,3\n4,5\n6\n", ["line 3", "2 cells", "2 rows of another width"]),
        (b"a,b,c\n1,2\n3,4\n", ["line 2", "2 cells", "3 are expected"]),
        (b"a,b,c\n1,2,3,\n4,5,6\n", ["line 3", "3 cells"]),
        (b"a,b,c\n1,2,3\n4,5,6,\n", ["line 3", "4 cells"]),
        (b"a,b,c\n1,2,3,\n4,5,6,7\n", ["4 cells", "3 are expected"]),
        (b"a,b,c\n1,2,\n4,5\n6,7,\n", ["line 3", "2 cells", "3 are expected"]),
        (b"a,b,c\n1,2,\n\n\n4\n6,7,\n", ["line 5", "1 cell"]),
        (b'a,b,c\n1,2,\n"4,",\n6,7,\n', ["line 3", "2 cells"]),
        (b'a,b,c\n"1\n",2,\n"4,",\n6,7,\n', ["line 4", "2 cells"]),
        (b'a,b,c\n1,2,"3"\n4,"5"\n6,7,8\n', ["line 3", "2 cells"]),
        (b'a,b,c\n1,2,3\n""\n4,5,6\n', ["line 3", "1 cell"]),
        (b"a,b,c\n1,234,5,6\n1,2,3\n", ["line 2", "4 cells"]),
        (b"a,y\n1,12345678901234567890\n2\n", ["line 3", "1 cell", "2 are expected"]),
        (b"title\na,b\n1,2\n3,4\n", ["line 2", "2 cells", "1 are expected"]),
        (b"a,b\n1,2\n3,4\x1a\n\x1a\n", ["line 4", "1 cell"]),
    ],
)
def test_ragged_rows_are_refused(content: bytes, words: list[str], read_bytes: Callable[..., Rows]) -> None:
    """A row of another width is never padded, cut or shifted: the error says where, what and how many."""
    with pytest.raises(DataError) as error:
        read_bytes(content)
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize("size", [1, 3, 7, 1 << 22])
def test_rows_are_counted_in_pieces(
    size: int, monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Rows]
) -> None:
    """Delimiters in quotes are no delimiters, wherever a piece of the text ends."""
    monkeypatch.setattr(shape, "_PIECE", size)
    good = b'a,t,y\n1,"x,""y"",\n,z",\n"2","",\n3,w,"4"\n'
    assert read_bytes(good).frame.shape == (3, 3)
    with pytest.raises(DataError, match=r"line 4: 2 cells"):
        read_bytes(good.replace(b'"",\n3', b'""\n3'))
    with pytest.raises(DataError, match=r"quote opened in line 2"):
        read_bytes(good.replace(b',z",', b",z,"))


def test_memory_that_runs_out(monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Rows]) -> None:
    """A file that does not fit into memory is an error of one line."""

    def full(*args: object, **options: object) -> Any:
        raise MemoryError

    monkeypatch.setattr(pd, "read_csv", full)
    with pytest.raises(DataError, match=r"t.csv does not fit into memory"):
        read_bytes(CLEAN)


def test_row_names_without_a_header_are_explained(read_bytes: Callable[..., Rows]) -> None:
    """R's write.table leaves out the name of the first column: said, not guessed."""
    with pytest.raises(DataError, match="name the first column too"):
        read_bytes(b"a,b\nr1,1,2\nr2,3,4\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'a,b\n1,2\n3,"4\n5,6\n', "opened in line 3 is never closed"),
        (b'a,b\n1,2\n3,"x\ny","z\n', "opened in line 4 is never closed"),
        (b'"a,b\n1,2\n', "opened in line 1 is never closed"),
        (b'a,b\n1,"2\n3,4\n5,"6"\n7,8\n', "opened in line 2 is closed in line 4"),
        (b'a,b\nx"1,"2\n', "opened in line 2 is never closed"),
        (b'a,b\n1,x\n2,"', "opened in line 3 is never closed"),
    ],
)
def test_lost_quotes_are_refused(content: bytes, words: str, read_bytes: Callable[..., Rows]) -> None:
    """A quote that swallows the lines after it is an error with the line where it opened."""
    with pytest.raises(DataError, match=words):
        read_bytes(content)


@pytest.mark.parametrize(
    ("cell", "text"),
    [('x"y', 'x"y'), ("5'11\"", "5'11\""), ('"x"y', "xy"), ('"x""y"', 'x"y'), ('"x,y"', "x,y"), ('"x\r\ny"', "x\r\ny")],
)
def test_quotes_in_cells(cell: str, text: str, read_bytes: Callable[..., Rows]) -> None:
    """Doubled quotes, commas and line breaks in quotes, and stray quotes within one line, as csv reads them."""
    assert read_bytes(f"a,t\n1,{cell}\n2,z\n".encode()).frame["t"].tolist() == [text, "z"]


# Files that are no tables


def bad_files() -> Iterator[tuple[str, bytes, type[RegcliError], list[str]]]:
    yield "empty", b"", DataError, ["is empty", "0 rows"]
    yield "blank", b" \n\r\n\t\n", DataError, ["blank lines", "0 rows"]
    yield "mark only", b"\xef\xbb\xbf", DataError, ["is empty"]
    yield "header only", b"a,b\n", DataError, ["2 columns", "0 data rows"]
    yield "header and blank lines", b"a,b\n\n \n", DataError, ["0 data rows"]
    yield "header and empty rows", b"a,b\n,\n,\n", DataError, ["2 rows were found", "empty"]
    yield "one column", b"a\n1\n2\n", DataError, ["one column", "--sep"]
    yield "one column, a cell", b"a", DataError, ["one column"]
    yield "one column, spaces", b"a b\n1 2\n", DataError, ["one column", "--sep space"]
    yield "one column and commas at the ends", b"a,\n1,\n2,\n", DataError, ["1 column"]
    yield "latin-1", "a,b\n1,2\ncaf\xe9,3\n".encode("latin-1"), DataError, ["byte 11", "line 3", "--encoding latin-1"]
    yield "cut utf-8", "a,b\n1,\u20ac".encode()[:-1], DataError, ["byte 6", "line 2"]
    yield "nul", b"a,b\n1\x002,3\n", DataError, ["NUL", "line 2"]
    yield "nul in a name", b"a\0,b\n1,3\n", DataError, ["NUL", "line 1"]
    yield "utf-16 without a mark", CLEAN.decode().encode("utf-16-le"), DataError, ["--encoding utf-16-le"]
    yield "utf-16 big end without a mark", CLEAN.decode().encode("utf-16-be"), DataError, ["--encoding utf-16-be"]
    yield "cut utf-16", CLEAN.decode().encode("utf-16")[:-1], DataError, ["utf-16"]
    yield "png", b"\x89PNG\r\n\x1a\n\0\0", DataError, ["PNG"]
    yield "pdf", b"%PDF-1.7\n1,2\n", DataError, ["PDF"]
    yield "zip", b"PK\x03\x04\x14\0\0\0a.csv", DataError, ["damaged zip"]
    yield "xlsx", b"PK\x03\x04[Content_Types].xml xl/workbook.xml", DataError, ["Excel", "save the sheet as CSV"]
    yield "xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", DataError, ["Excel", "CSV"]
    yield "parquet", b"PAR1\x15\x04\x15\x00PAR1", DataError, ["damaged Parquet"]
    yield "arrow", b"ARROW1\0\0", DataError, ["damaged Arrow"]
    yield "json", b'{"a": [1, 2]}', DataError, ["JSON", "save it as CSV"]
    yield "json rows", b' [\n {"a": 1}, {"a": 2} ]\n', DataError, ["JSON"]
    yield "json numbers", b"[[1, 2], [3, 4]]", DataError, ["JSON"]
    yield "json lines", b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', DataError, ["JSON"]
    yield "html", b"\n<!DOCTYPE html>\n<html><body>404, not found</body></html>", DataError, ["HTML"]
    yield "xml", b'<?xml version="1.0"?><a/>', DataError, ["XML"]
    yield "pickle", b"\x80\x04\x95\x10\0\0\0.", DataError, ["pickle"]
    yield "sqlite", b"SQLite format 3\0", DataError, ["SQLite"]
    yield "numpy", b"\x93NUMPY\x01\0", DataError, ["NumPy"]
    yield "tar", b"a.csv".ljust(257, b"\0") + b"ustar", DataError, ["tar"]
    yield "png in gz", gzip.compress(b"\x89PNG\r\n\x1a\n"), DataError, ["PNG"]
    yield "gz in gz", gzip.compress(gzip.compress(CLEAN)), DataError, ["gzip", "unpack"]
    yield "empty gz", gzip.compress(b""), DataError, ["is empty"]
    for suffix, pack in PACKERS.items():
        packed = pack(CLEAN * 50)
        yield f"cut {suffix}", packed[: len(packed) // 2], DataError, ["cut short"]
        yield f"cut at the end {suffix}", packed[:-1], DataError, ["cut short"]
    yield "damaged gz", _damaged(gzip.compress(CLEAN * 50)), DataError, ["damaged gzip"]
    yield "damaged bz2", _damaged(bz2.compress(CLEAN * 50)), DataError, ["damaged bzip2"]
    yield "damaged xz", _damaged(lzma.compress(CLEAN * 50)), DataError, ["damaged xz"]
    yield "damaged zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 40, DataError, ["damaged zstd"]
    yield "gz and then something else", gzip.compress(CLEAN) + b"more", DataError, ["damaged gzip"]


def _damaged(packed: bytes) -> bytes:
    half = len(packed) // 2
    return packed[:half] + bytes(byte ^ 0xFF for byte in packed[half : half + 4]) + packed[half + 4 :]


@pytest.mark.parametrize(
    ("content", "kind", "words"), [case[1:] for case in bad_files()], ids=[case[0] for case in bad_files()]
)
def test_what_is_no_table_is_named(
    content: bytes, kind: type[RegcliError], words: list[str], read_bytes: Callable[..., Rows]
) -> None:
    """Nothing usable in it: one error that says what it is, where it went wrong, and what to do."""
    with pytest.raises(kind) as error:
        read_bytes(content)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert all(one_line(line) for line in error.value.lines())
    assert "t.csv" in error.value.message


@pytest.mark.parametrize(
    "content",
    [
        b"PAR1,RDX,y\n1,2,3\n4,5,6\n",
        b"ORC,b\n1,2\n3,4\n",
        b"BZh9,b\n1,2\n3,4\n",
        b"[a],[b]\n1,2\n3,4\n",
        b"{a},b\n1,2\n3,4\n",
        b"<x>,b\n1,2\n3,4\n",
        b"%P,b\n1,2\n3,4\n",
    ],
)
def test_names_that_look_like_magic_are_names(content: bytes, read_bytes: Callable[..., Rows]) -> None:
    """A table is not mistaken for another kind of file because of its first column's name."""
    assert len(read_bytes(content).frame) == 2


def test_plain_text_called_gz_is_read(read_bytes: Callable[..., Rows]) -> None:
    """A .gz that is not compressed is read as it is, and that is said."""
    rows = read_bytes(CLEAN, "t.csv.gz")
    assert bits(rows.frame) == expected_bits(NUMBERS)
    assert codes(rows) == ["not_compressed"]


def test_several_packed_members_are_read_on(read_bytes: Callable[..., Rows]) -> None:
    """Archives appended to each other are one text."""
    for pack in PACKERS.values():
        assert len(read_bytes(pack(CLEAN) + pack(b"1,2,3\n")).frame) == 4


@pytest.mark.parametrize("packer", PACKERS)
def test_bombs_are_refused(packer: str, monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Rows]) -> None:
    """What unpacks to far more than its size and the limit is refused while it unpacks; less of it is read."""
    packed = PACKERS[packer](b"a,b\n" + b"1,2\n" * 1_000_000)
    monkeypatch.setattr(unpack, "LARGEST", 1 << 21)
    with pytest.raises(DataError, match="1 GiB and over 200 times"):
        read_bytes(packed)
    monkeypatch.setattr(unpack, "LARGEST", 1 << 30)
    assert len(read_bytes(packed).frame) == 1_000_000


def test_zstd_without_the_package(monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Rows]) -> None:
    """Where neither Python nor a package reads zstd: exit 2 and the line to type."""

    def nothing(name: str, package: str | None = None) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", nothing)
    with pytest.raises(UsageError) as error:
        read_bytes(PACKERS["zst"](CLEAN))
    assert error.value.hint == "pip install 'regcli[zstd]'"


def test_zstd_of_python_itself(monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Rows]) -> None:
    """From Python 3.14 on the standard library reads zstd; its errors become ours."""
    outcome: list[BaseException] = []

    class ZstdFile(io.BytesIO):
        def __init__(self, packed: io.BytesIO) -> None:
            if outcome:
                raise outcome.pop()
            super().__init__(zstandard.ZstdDecompressor().decompress(packed.read()))

    builtin = types.SimpleNamespace(ZstdFile=ZstdFile, ZstdError=zstandard.ZstdError)
    monkeypatch.setattr(importlib, "import_module", {"compression.zstd": builtin}.__getitem__)
    assert bits(read_bytes(PACKERS["zst"](CLEAN)).frame) == expected_bits(NUMBERS)
    outcome.append(EOFError())
    with pytest.raises(DataError, match="cut short"):
        read_bytes(PACKERS["zst"](CLEAN))
    outcome.append(zstandard.ZstdError("bad"))
    with pytest.raises(DataError, match="damaged zstd"):
        read_bytes(PACKERS["zst"](CLEAN))


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-16-le", "utf-16", "utf-8", "utf-8-sig", "shift_jis", "cp037"]
)
def test_encodings_are_honoured(encoding: str, read_bytes: Callable[..., Rows]) -> None:
    """--encoding decides; names and numbers are those of the UTF-8 file."""
    name = "\u5e74" if encoding == "shift_jis" else "ann\u00e9e"
    content = f"{name},y\r\n1.5,2\r\n3,4\r\n".encode(encoding)
    rows = read_bytes(content, encoding=encoding)
    assert list(rows.frame.columns) == [name, "y"]
    assert rows.frame.to_numpy().tolist() == [[1.5, 2], [3, 4]]


@pytest.mark.parametrize(
    "encoding", ["ascii", "utf-8", "utf-32", "base64", "rot13", "idna", "punycode", "unicode_escape", "undefined"]
)
def test_wrong_encodings_are_errors(encoding: str, read_bytes: Callable[..., Rows]) -> None:
    """An encoding that does not fit, or is none of text, is one error and no traceback."""
    with pytest.raises(RegcliError):
        read_bytes(b"ann\xe9e,y\n\\x,2\n", encoding=encoding)


@pytest.mark.parametrize("size", [4, 5, 7])
def test_utf8_is_checked_in_pieces(size: int, monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Rows]) -> None:
    """Wherever a piece ends, no character is cut in two, and the first bad byte is found."""
    monkeypatch.setattr(bytestream, "PIECE", size)
    text = "a\u00e9,\u540d\U0001f600\u20ac\n" + "1,2\n" * 5
    assert list(read_bytes(text.encode()).frame.columns) == text.split("\n")[0].split(",")
    for at in range(20, 36):
        content = text.encode()
        with pytest.raises(DataError, match=rf"byte {at} \(line"):
            read_bytes(content[:at] + b"\xff" + content[at:])


# Where files come from


def test_missing_file_has_a_neighbour(tmp_path: Path) -> None:
    """A file that is not there: its reason, and the name next to it."""
    (tmp_path / "diabetes.csv").write_bytes(CLEAN)
    with pytest.raises(DataError) as error:
        read(DataSpec(str(tmp_path / "diabetis.csv")))
    assert error.value.message == f"cannot read {tmp_path / 'diabetis.csv'}: no such file or directory"
    assert error.value.hint == str(tmp_path / "diabetes.csv")
    with pytest.raises(DataError) as error:
        read(DataSpec(str(tmp_path / "nowhere" / "x.csv")))
    assert error.value.hint is None


def test_unreadable_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a locked file, the null device, an impossible name: `cannot read X: reason`, or empty."""
    with pytest.raises(DataError, match=r"cannot read .*: is a directory"):
        read(DataSpec(str(tmp_path)))
    with pytest.raises(DataError, match=r"is empty"):
        read(DataSpec(os.devnull))
    with pytest.raises(DataError, match=r"cannot read"):
        read(DataSpec("a\0b.csv"))

    def locked(*args: object) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", locked)
    with pytest.raises(DataError, match=r"cannot read x.csv: permission denied"):
        read(DataSpec("x.csv"))


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """'-' is standard input, packed or not, never sought in."""

    class Pipe(io.RawIOBase):
        def __init__(self, content: bytes) -> None:
            self.inner = io.BytesIO(content)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            return self.inner.readinto(memoryview(buffer)[:7])

    for content in (CLEAN, gzip.compress(CLEAN)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(content))))
        rows = read(DataSpec("-"))
        assert rows.name == "standard input"
        assert bits(rows.frame) == expected_bits(NUMBERS)
    with pytest.raises(DataError, match="standard input is empty"):
        read(DataSpec("-"))
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="cannot read standard input"):
        read(DataSpec("-"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_named_pipes_are_read_once(tmp_path: Path) -> None:
    """A named pipe reads like the file that is written to it."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(CLEAN,))
    writer.start()
    rows = read(DataSpec(pipe))
    writer.join()
    assert bits(rows.frame) == expected_bits(NUMBERS)
    assert rows.name == str(pipe)


def test_the_second_source_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """`read(spec, source)` reads the test file with the options of the first."""
    path = tmp_path / "t.csv"
    path.write_bytes(b"a;y\n1,5;?\n")
    rows = read(DataSpec("elsewhere.csv", decimal=",", na=("?",)), path)
    assert rows.frame["a"].tolist() == [1.5]
    assert rows.frame["y"].isna().all()


@pytest.mark.parametrize("source", [None, 3, b"t.csv", [1, 2], (1, 2, 3), {"a": [1]}])
def test_other_sources_are_usage_errors(source: object) -> None:
    """What is neither path, frame nor (X, y) is said to be so."""
    with pytest.raises(UsageError, match="rows come from"):
        read(DataSpec(source))


# Frames and arrays


def test_a_frame_reads_like_its_csv_twin(tmp_path: Path) -> None:
    """A DataFrame of any dtypes becomes the frame that its CSV file becomes."""
    frame = pd.DataFrame(
        {
            "int": np.array([1, 2, 3], dtype=np.int8),
            "unsigned": np.array([1, 2**64 - 1, 3], dtype=np.uint64),
            "float": np.array([0.5, np.nan, -1], dtype=np.float32),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "whole": pd.array([1, 2, 3], dtype="Int32"),
            "flag": pd.array([True, False, True], dtype="boolean"),
            "gappy": pd.array([True, None, False], dtype="boolean"),
            "level": pd.Categorical(["u", "v", "u"]),
            "numeric level": pd.Categorical([1, 2, 1]),
            "text": ["x", " y ", None],
            "digits": ["1", " 2 ", "3.5"],
            "mixed": [1, 2.5, None],
            "exact": [Decimal("0.1"), Decimal("2"), Decimal("3e5")],
            "words": [1, "x", True],
            "day": pd.to_datetime(["2024-01-01 12:30", "2024-01-02 00:00", "2024-01-03 00:00"]),
            " pad ": [1.0, 2.0, 3.0],
        },
        index=[7, 7, 9],
    )
    before = frame.copy(deep=True)
    rows = read(DataSpec(frame))
    path = tmp_path / "twin.csv"
    frame.to_csv(path, index=False)
    twin = read(DataSpec(path))
    pd.testing.assert_frame_equal(rows.frame, twin.frame, check_exact=True)
    assert rows.frame["whole"].dtype == np.int64
    assert (rows.name, rows.delimiter, rows.rows_read) == ("DataFrame", None, 3)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_frames_are_cleaned_like_files() -> None:
    """Duplicate names, odd labels, empty rows, markers, infinities, huge integers."""
    frame = pd.DataFrame(
        [[1, None, math.inf, 10**5000], [None] * 4, [2, "?", 1.0, -5]], columns=["a", "a", 3, ("b", "c")]
    )
    rows = read(DataSpec(frame, na=("?",)))
    assert list(rows.frame.columns) == ["a", "a_2", "3", "b_c"]
    assert rows.frame["a"].tolist() == [1, 2]
    assert rows.frame["a_2"].isna().all()
    assert rows.frame["3"].tolist() == [math.inf, 1.0]
    assert rows.frame["b_c"].tolist() == [math.inf, -5.0]
    assert rows.dropped_rows == (("empty row", 1),)
    assert rows.where([1]) == "row 3"


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": [], "b": []}), pd.DataFrame({"a": [1, 2]})])
def test_frames_without_a_table_are_refused(frame: pd.DataFrame) -> None:
    """No rows, no columns, one column: a DataError, as for a file."""
    with pytest.raises(DataError, match="DataFrame has"):
        read(DataSpec(frame))


def test_arrays() -> None:
    """(X, y) as lists, arrays, sparse or named: x1..xp and y."""
    from scipy.sparse import csr_array

    X = [[1, 2.5], [3, 4.5], [5, 6.5]]
    y = [1, 2, 3]
    for features in (X, np.array(X), csr_array(np.array(X))):
        rows = read(DataSpec((features, y)))
        assert list(rows.frame.columns) == ["x1", "x2", "y"]
        assert bits(rows.frame) == expected_bits([[1, 2.5, 1], [3, 4.5, 2], [5, 6.5, 3]])
    assert (rows.name, rows.where([2])) == ("arrays", "row 3")
    named = pd.DataFrame(X, columns=["u", "y"], index=[5, 6, 7])
    rows = read(DataSpec((named, pd.Series(y, index=[0, 5, 9], name="target"))))
    assert list(rows.frame.columns) == ["u", "y_feature", "y"]
    assert bits(rows.frame) == expected_bits([[1, 2.5, 1], [3, 4.5, 2], [5, 6.5, 3]])
    assert read(DataSpec(([1, 2], np.array([["a"], ["b"]])))).frame["y"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("X", "y"),
    [([[1], [2]], [1]), (np.zeros((2, 2, 2)), [1, 2]), ([[1], [2]], np.zeros((2, 2))), ([[1], [2, 3]], [1, 2])],
)
def test_arrays_that_do_not_fit(X: Any, y: Any) -> None:
    """Lengths and dimensions that make no table are DataErrors."""
    with pytest.raises(DataError):
        read(DataSpec((X, y)))


# Files by other people


def spectrum() -> list[str]:
    return sorted(path.stem for path in (MESSY / "csv_spectrum" / "csvs").glob("*.csv"))


@pytest.mark.parametrize("stem", spectrum())
def test_csv_spectrum(stem: str) -> None:
    """The cells of csv-spectrum's files are those of its JSON, read as numbers where they are."""
    rows = read(DataSpec(MESSY / "csv_spectrum" / "csvs" / f"{stem}.csv"))
    table = json.loads((MESSY / "csv_spectrum" / "json" / f"{stem}.json").read_text("utf-8"))
    table = [table] if isinstance(table, dict) else table
    assert list(rows.frame.columns) == list(table[0])
    if stem == "location_coordinates":  # the original's JSON has another telephone number than its CSV
        table[0]["Contact Phone Number"] = "2095257564"
    for position, record in enumerate(table):
        for name, cell in record.items():
            value = rows.frame[name].iloc[position]
            same_number = not isinstance(value, str) and not pd.isna(value) and float(cell) == value
            assert same_number or (pd.isna(value) and cell == "") or value == cell


PANDAS = {
    "banklist.csv": ((506, 7), {}),
    "iris.csv": ((150, 5), {}),
    "salaries.csv": ((46, 4), {}),
    "sauron.SHIFT_JIS.csv": ((13, 2), {"encoding": "shift_jis"}),
    "stata3.csv": ((203, 14), {}),
    "stata6.csv": ((5, 8), {}),
    "test1.csv": ((7, 5), {}),
    "tips.csv": ((244, 7), {}),
    "unicode_series.csv": ((17, 2), {"encoding": "latin-1"}),
    "utf16_ex.txt": ((43, 11), {}),
}


@pytest.mark.parametrize("name", PANDAS)
def test_files_of_pandas_own_tests(name: str) -> None:
    """Odd encodings, tabs, dates, quotes: the shape and the numbers that pandas itself reads."""
    shape, options = PANDAS[name]
    rows = read(DataSpec(MESSY / "pandas" / name, **options))
    assert rows.frame.shape == shape
    encoding = options.get("encoding", "utf-16" if name.startswith("utf16") else "utf-8")
    plain = pd.read_csv(MESSY / "pandas" / name, sep=rows.delimiter, encoding=encoding).dropna(how="all")
    for column, twin in zip(rows.frame, plain, strict=True):
        if rows.frame[column].dtype in (np.int64, np.float64):
            np.testing.assert_array_equal(rows.frame[column].to_numpy(), plain[twin].to_numpy())


def test_the_drawer_of_awkward_files() -> None:
    """Every stored awkward file reads, or fails with an error of ours."""
    files = sorted(path for path in AWKWARD.iterdir() if path.is_file())
    assert files
    for path in files:
        try:
            assert len(read(DataSpec(path)).frame) > 0
        except RegcliError as error:
            assert all(one_line(line) for line in error.lines())


# Size


def test_many_columns_are_quick(read_bytes: Callable[..., Rows]) -> None:
    """20,000 columns of numbers, text and gaps are read without a step for each cell."""
    p = 20_000
    kinds = ["1.5", "x", "", "True", "7"]
    row = ",".join(kinds[place % 5] for place in range(p))
    full = ",".join("2" if place % 5 in (0, 2, 4) else "x" if place % 5 == 1 else "False" for place in range(p))
    rows = read_bytes(f"{','.join(f'c{place}' for place in range(p))}\n{row}\n{full}\n".encode())
    assert rows.frame.shape == (2, p)
    assert [str(kind) for kind in rows.frame.dtypes[:5]] == ["float64", "str", "float64", "bool", "int64"]


def test_long_cells(read_bytes: Callable[..., Rows]) -> None:
    """Cells beyond the csv module's limit of 128 KiB, and that limit is left as it was."""
    limit = csv.field_size_limit()
    long = "x" * 300_000
    rows = read_bytes(f'{long},y\n"{long}",1\n"{long}\n",2\n'.encode())
    assert rows.frame.iloc[:, 0].str.len().tolist() == [300_000, 300_000]
    assert csv.field_size_limit() == limit


# The parser's chunks of two columns have 262,144 rows: one of numbers alone, a mixed one, and again one of numbers.
FIRST_CHUNK = b"1,2\n" * 264_000
MANY = 260_000
LATER = {
    "floats": (b"0.5,2\n" * MANY, "float64"),
    "text": (b"x,2\n" * MANY, "str"),
    "gaps": (b",2\n" * MANY, "float64"),
    "long integers": (b"12345678901234567890,2\n" * MANY, "float64"),
    "true": (b"True,2\n" * MANY, "str"),
    "nothing new": (b"7,2\n" * MANY, "int64"),
}


@pytest.mark.parametrize("later", LATER)
def test_large_files_are_read_in_chunks(
    later: str, monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Rows]
) -> None:
    """The type of a column is that of all its cells, although a large file is parsed in chunks."""
    rest, kind = LATER[later]
    content = b"a,y\n" + FIRST_CHUNK + rest + b"1,2\n" * 10_000
    whole = read_bytes(content)
    monkeypatch.setattr(parsing, "LARGE", 0)
    chunked = read_bytes(content)
    pd.testing.assert_frame_equal(chunked.frame, whole.frame, check_exact=True)
    assert str(chunked.frame["a"].dtype) == kind
    assert chunked.frame["a"].iloc[0] == ("1" if kind == "str" else 1)


@pytest.mark.parametrize("row", [b"1", b"1,2,3", b"1,", b"1,2,"])
@pytest.mark.parametrize("at", [262_143, 262_144])  # where the second of the parser's chunks begins
def test_ragged_rows_of_large_files_are_refused(
    row: bytes, at: int, monkeypatch: pytest.MonkeyPatch, read_bytes: Callable[..., Rows]
) -> None:
    """Also where a chunk of the parser begins: a short or long row is an error, a missing last cell is none."""
    monkeypatch.setattr(parsing, "LARGE", 0)
    lines = [b"1,2"] * 270_000
    lines[at] = row
    content = b"a,y\n" + b"\n".join(lines)
    if row == b"1,":
        assert read_bytes(content).frame["y"].isna().to_numpy().nonzero()[0].tolist() == [at]
    else:
        with pytest.raises(DataError, match=rf"line {at + 2}: {1 + row.count(b',')} cell"):
            read_bytes(content)


# Properties

CELL = st.one_of(
    st.integers(-(2**70), 2**70).map(float),
    st.integers(-999, 999).map(float),
    st.floats(allow_nan=False, width=64),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[float]], bytes]:
    """A table of doubles, and one of the ways to write it down."""
    width = draw(st.integers(2, 6))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8))
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=draw(st.sampled_from(",;\t|")),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"])),
    )
    writer.writerow([f"c{place}" for place in range(width)])
    spell = draw(st.sampled_from([repr, lambda x: f"{x:.17g}", lambda x: f"{x:.25e}"]))
    writer.writerows([[spell(cell) for cell in row] for row in rows])
    text = out.getvalue()
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    content = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])))
    return rows, draw(st.sampled_from([bytes, *PACKERS.values()]))(content)


@given(tables())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_comes_back(tmp_path: Path, table: tuple[list[list[float]], bytes]) -> None:
    """However the csv module writes a table of doubles, and however it is packed, the same doubles come back."""
    numbers, content = table
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    frame = read(DataSpec(path)).frame
    got = frame.to_numpy(dtype=np.float64) + 0.0  # an integer column has no -0
    assert got.tobytes() == (np.array(numbers) + 0.0).tobytes()


BASES = [
    CLEAN,
    SAME["quotes"],
    SAME["crlf"],
    SAME["cr"],
    SAME["utf-16"],
    SAME["utf-8 mark"],
    SAME["trailing commas"],
    SAME["semicolons"],
    gzip.compress(CLEAN, mtime=0),
    PACKERS["bz2"](CLEAN),
    PACKERS["xz"](CLEAN),
    PACKERS["zst"](CLEAN),
    b'id,"text, quoted",y\n1,"a ""b""\nc",2\n2,,3\n3,"x",4\n',
    "n\u00e9e,\u540d,y\n1,\u00e9,2\n3,\U0001f600,4\n".encode(),
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file with bytes flipped, cut, doubled and put in."""
    content = bytearray(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 12))
        match draw(st.sampled_from(["flip", "cut", "double", "insert"])):
            case "flip" if at < len(content):
                content[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del content[at : at + length]
            case "double":
                content[at:at] = content[at : at + length]
            case _:
                content[at:at] = draw(
                    st.one_of(st.binary(max_size=5), st.sampled_from([b'"', b",", b"\n", b"\r", b"\0"]))
                )
    return bytes(content)


@given(damaged(), st.sampled_from([None, "latin-1", "utf-16"]), st.sampled_from([".", ","]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_never_crash(tmp_path: Path, content: bytes, encoding: str | None, decimal: str) -> None:
    """Whatever happened to a file, it reads or fails with an error of ours, in printable lines."""
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    try:
        rows = read(DataSpec(path, encoding=encoding, decimal=decimal))
    except RegcliError as error:
        assert all(one_line(line) for line in error.lines())
    else:
        assert len(rows.lines(range(len(rows.frame)))) == len(rows.frame)
        assert all(one_line(notice.message) for notice in rows.notices)


PIECES = st.sampled_from(
    ["1", "2.5", "x", "", " ", '"', '""', ",", ",", ",", "\n", "\n", "\r", "\r\n", "NA", "\t", "-", "\u00e9", ";"]
)


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(",,,;\t| "))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_is_what_the_csv_module_reads(tmp_path: Path, body: str, sep: str) -> None:
    """Whenever a file is read, no cell differs from the csv module's table, and no row is padded, lost or shifted."""
    content = ("a,b\n" + body).replace(",", sep)
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode())
    try:
        rows = read(DataSpec(path, sep=sep))
    except DataError:
        return
    twin = twin_of(content, sep)
    assert len(twin) == rows.rows_read
    twin = [row for row in twin if any(cell is not None for cell in row)]
    assert len({len(row) for row in twin}) <= 1
    assert all(cell is None for row in twin for cell in row[2:])
    for place, name in enumerate(rows.frame):
        ours = [None if pd.isna(cell) else cell for cell in rows.frame[name].tolist()]
        theirs: list[Any] = [row[place] for row in twin]
        if rows.frame[name].dtype in (np.int64, np.float64):
            theirs = [None if cell is None else float(cell) for cell in theirs]
        assert ours == theirs


def twin_of(content: str, sep: str) -> list[list[str | None]]:
    """The data rows as the csv module sees them, spaces aside and missing cells None; blank lines are no rows.

    Lone CRs are read as LF, as regcli does.
    """
    lines = io.StringIO(content.replace("\r\n", "\0").replace("\r", "\n").replace("\0", "\r\n"), newline="")
    table = list(csv.reader(lines, delimiter=sep, skipinitialspace=sep != " "))[1:]
    table = [row for row in table if row != [] and not (len(row) == 1 and not row[0].strip(" \t"))]
    return [[None if cell.strip(" \t\r\n") in MISSING else cell.strip(" \t\r\n") for cell in row] for row in table]


def test_stream_leaves_clean_text_alone(tmp_path: Path) -> None:
    """Plain UTF-8 goes through to the byte."""
    path = tmp_path / "t.csv"
    path.write_bytes(CLEAN)
    assert bytestream.stream(path, None).content == CLEAN


def test_dates_in_frames_are_text() -> None:
    """Dates have no number: their text is kept, for the caller to name the column."""
    frame = pd.DataFrame({"day": [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)], "y": [1, 2]})
    assert read(DataSpec(frame)).frame["day"].tolist() == ["2024-01-01", "2024-01-02"]
