"""Pieces of a file: together the rows that `read` gives, wherever the text is cut, in bounded memory."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import os
import random
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regcli.data import streaming
from regcli.data.reading import pieces
from regcli.data.sources import Rows, read
from regcli.data.streaming import chunks
from regcli.errors import DataError, RegcliError, UsageError
from regcli.specs import DataSpec

SIZES = [1, 7, 40, 1 << 20]
TEXT = 'id,"t, x",y\n1,a,0.5\n\n2,"b\nc",1e3\n,,\n3,"d ""e"", f",-2\n4,5\'11",7\n5,,8\n"6","g\n\nh",9\n'


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small texts be cut too."""
    monkeypatch.setattr(streaming, "HEAD", 32)
    monkeypatch.setattr(pieces, "PIECE", 11)


def write(tmp_path: Path, content: bytes | str, name: str = "t.csv") -> str:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def check(spec: DataSpec, size: int, verbatim: bool = True) -> list[Rows]:
    """The pieces, which must be together what `read` gives."""
    whole = read(spec)
    parts = list(chunks(spec, size=size, verbatim=verbatim))
    frame = pd.concat([rows.frame for rows in parts], ignore_index=True)
    assert list(frame) == list(whole.frame)
    for name in frame:
        if all(rows.frame[name].dtype == whole.frame[name].dtype for rows in parts):
            pd.testing.assert_series_equal(frame[name], whole.frame[name], check_exact=True)
        else:
            ours, theirs = frame[name].astype(object), whole.frame[name].astype(object)
            assert [None if pd.isna(one) else one for one in ours] == [None if pd.isna(one) else one for one in theirs]
    assert sum(rows.rows_read for rows in parts) == whole.rows_read
    dropped: dict[str, int] = {}
    for reason, count in (pair for rows in parts for pair in rows.dropped_rows):
        dropped[reason] = dropped.get(reason, 0) + count
    assert dropped == dict(whole.dropped_rows)
    places = [rows.where([place]) for rows in parts for place in range(len(rows.frame))]
    assert places == [whole.where([place]) for place in range(len(whole.frame))]
    assert all(len(rows.frame) for rows in parts)
    assert sorted(notice for rows in parts for notice in rows.notices) == sorted(whole.notices)
    assert {rows.name for rows in parts} == {whole.name}
    assert {rows.delimiter for rows in parts} == {whole.delimiter}
    return parts


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_pieces_are_the_whole(size: int, end: str, encoding: str, tmp_path: Path) -> None:
    """Rows, names, places, counts, notices; line ends, quotes over lines, stray quotes, byte order marks."""
    path = write(tmp_path, TEXT.replace("\n", end).replace("a", "\u00e9\U0001f600").encode(encoding))
    parts = check(DataSpec(path, categorical=("*",)), size)
    assert (len(parts) > 2) == (size <= 40)


@pytest.mark.parametrize("size", SIZES)
def test_cells_are_as_they_were_written(size: int, tmp_path: Path) -> None:
    """With verbatim the csv module's cells stand beside the rows, one to one, dropped rows left out."""
    path = write(tmp_path, TEXT)
    parts = list(chunks(DataSpec(path), size=size, verbatim=True))
    table = [row for row in csv.reader(io.StringIO(TEXT, newline="")) if any(row)]
    assert [cells for rows in parts for cells in rows.cells or []] == table[1:]
    assert all(rows.header_cells == table[0] for rows in parts)
    assert [len(rows.cells or []) for rows in parts] == [len(rows.frame) for rows in parts]
    assert all(rows.cells is None and rows.header_cells is None for rows in chunks(DataSpec(path), size=size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("a;y\n1;2\n;\n3;4\n;\n;\n", {}),
        ("a,y\n,\n,\n1,2\n", {}),
        ("a,,y,\n1,,2,\n3,,4,\n5,,6,\n", {}),
        ("1,2\n3,4\n5,6\n", {"header": False}),
        ("x\n\"y\na,y\n1,2\n3,4\n5,6\n", {"skip_lines": 2}),
        ("# a \"b\n#;;\na,y\n1,2\n # c\n3,4\n5,6\n#", {"comment": "#"}),
        ('# a\na,y\n"1",2\n # "c\n3,4\n"#\n",6\n#', {"comment": "#", "categorical": ("*",)}),
        ("a,y\n1,2\n3\n4,5,6\n7,8\n9\n", {"bad_rows": "drop"}),
        ("a,y\n1,2,3\n3,4\n", {"bad_rows": "drop"}),
        ("a\ty\n$1,000\t2\n$3\t4\n5\t6\n", {"units": ("a",), "thousands": ","}),
        ("a\ty\n1,000\t2\n3\t4\n5\t6\n", {"thousands": ","}),
        ("a;y\n1,5;2\n2,5;?\n", {"decimal": ",", "na": ("?",)}),
        ("a , a\n1,2\n3,4\n", {}),
        ("ann\u00e9e,y\n1,2\n3,4\n".encode("cp1252"), {"encoding": "cp1252"}),
        ("a,y\n1,2\n3,4".encode("utf-16-le"), {"encoding": "utf-16-le"}),
    ],
)  # fmt: skip
def test_every_option_acts_in_pieces_too(size: int, content: Any, options: dict[str, Any], tmp_path: Path) -> None:
    """What `read` makes of it, whatever is asked for."""
    check(DataSpec(write(tmp_path, content), **options), size)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda raw: zstandard.ZstdCompressor().compress(raw),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_packed_files_are_streams(packer: str, tmp_path: Path) -> None:
    """Compressed files, several of them appended to each other too; damaged ones are errors."""
    packed = PACKERS[packer](TEXT.encode()) + PACKERS[packer](b"7,i,10\n8,j,11\n")
    path = write(tmp_path, packed)
    assert sum(len(rows.frame) for rows in check(DataSpec(path, categorical=("*",)), 20)) == 8
    with pytest.raises(DataError, match="cut short"):
        list(chunks(DataSpec(write(tmp_path, packed[:-3])), size=20))
    with pytest.raises(DataError, match="unpack it once"):
        list(chunks(DataSpec(write(tmp_path, gzip.compress(packed)))))


@pytest.mark.parametrize("size", SIZES)
def test_several_files_in_pieces(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File after file, with places that name them; columns that differ are an error when their file is reached."""
    monkeypatch.chdir(tmp_path)
    for name, content in {"a.csv": "a,y\n1,2\n3,4\n", "b.csv": "a,y\n\n5,6\n,\n", "c.csv": "a,y\n7,8\n9,1\n"}.items():
        write(tmp_path, content, name)
    parts = check(DataSpec("*.csv"), size)
    assert parts[-1].where([0]).startswith("c.csv line")
    write(tmp_path, "a,z\n7,8\n", "d.csv")
    with pytest.raises(DataError, match=r"a.csv and d.csv differ: column 2 is 'y' in the first, 'z'"):
        list(chunks(DataSpec("*.csv"), size=size))


@pytest.mark.parametrize("source", ["stdin", "pipe"])
def test_streams_are_read_once(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input and named pipes, packed."""
    packed = gzip.compress(TEXT.encode())
    if source == "stdin":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
        parts = list(chunks(DataSpec("-"), size=20))
        assert parts[0].name == "standard input"
    else:
        pipe = tmp_path / "p"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(packed,))
        writer.start()
        parts = list(chunks(DataSpec(str(pipe)), size=20))
        writer.join()
    assert sum(len(rows.frame) for rows in parts) == 6


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("a,y\n" + "1,2\n" * 50 + "3\n", {}, "line 52: 1 cell where 2"),
        ("a,y\n" + "1,2\n" * 50 + "3,4,5\n", {}, "line 52: 3 cells where 2"),
        ("a,y\n" + "1,2\n" * 50 + '3,"4\n5,6\n', {}, "opened in line 52 is never closed"),
        ("a,y\n" + "1,2\n" * 50 + '3,"4\n5,"6"\n', {}, "opened in line 52 is closed in line 53"),
        ("a,y\n" + "1,2\n" * 50 + "3,\0\n", {}, "NUL byte in line 52"),
        ("a,y\n" + "1,2\r\n" * 50 + "3,\0\n", {}, "NUL byte in line 52"),
        (b"a,y\n" + "\u00e9,2\n".encode() * 50 + b"3,\xff\n", {}, "line 52\\) cannot be decoded\nFound: byte 0xff"),
        (b"a,y\n" + "\u00e9,2\n".encode() * 50 + b"3,\xff\n", {"encoding": "ascii"}, "byte 4 \\(line 2\\)"),
        ("a\ty\n" + "1 kg\t2\n" * 50 + "3 lb\t4\n", {"units": ("a",)}, "'kg' and 'lb'\nFound: '3 lb' in a, line 52"),
        ("a,,y\n" + "1,,2\n" * 50 + "3,x,4\n", {}, "line 52: column 2 has no name"),
        ("", {}, "is empty"),
        ("a,y\n", {}, "0 data rows"),
        ("a,y\n,\n,\n", {}, "2 rows were found, all of them empty"),
        ("a\n1\n", {}, "one column"),
        ("a,y\n1,2\n", {"skip_lines": 9}, "has 2 lines"),
        (b"\x89PNG\r\n\x1a\n\0\0", {}, "PNG"),
    ],
)
def test_errors_have_the_right_line(
    size: int, content: Any, options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """An error in a later piece says the line of the file, as `read` does."""
    spec = DataSpec(write(tmp_path, content), **options)
    if "no name" not in words and size < 1 << 20:
        with pytest.raises(RegcliError, match=words):
            list(chunks(spec, size=size))
    if "no name" not in words:
        with pytest.raises(RegcliError, match=words):
            read(spec)


@pytest.mark.parametrize("cells", [["5k", "6k", "500"], ["500", "5k", "6k"]])
def test_units_that_multiply_hold_for_all_pieces(cells: list[str], tmp_path: Path) -> None:
    """500 beside 5k is refused in whichever piece it stands."""
    path = write(tmp_path, "a\ty\n" + "".join(f"{cell}\t1\n" for cell in cells))
    for size in SIZES:
        with pytest.raises(DataError, match="which multiplies"):
            list(chunks(DataSpec(path, units=("a",)), size=size))


def test_a_nameless_column_that_fills_up(tmp_path: Path) -> None:
    """A column that was dropped as empty and then has a cell: an error, for the pieces before had no such column."""
    spec = DataSpec(write(tmp_path, "a,,y\n" + "1,,2\n" * 50 + "3,x,4\n"))
    with pytest.raises(DataError, match="line 52: column 2 has no name"):
        list(chunks(spec, size=40))


def test_usage(tmp_path: Path) -> None:
    """Encodings that are none, sources that are none."""
    with pytest.raises(UsageError, match="not an encoding of text"):
        list(chunks(DataSpec(write(tmp_path, TEXT), encoding="base64")))
    with pytest.raises(UsageError, match="rows come from"):
        list(chunks(DataSpec(3)))
    with pytest.raises(DataError, match="no such file"):
        list(chunks(DataSpec(str(tmp_path / "none.csv"))))


def test_one_column_is_enough_where_it_is(tmp_path: Path) -> None:
    """A file to predict for may have a single column."""
    path = write(tmp_path, "a\n1\n\n2\n3\n")
    parts = list(chunks(DataSpec(path), size=3, verbatim=True, least_columns=1))
    assert [value for rows in parts for value in rows.frame["a"]] == [1, 2, 3]
    assert [rows.lines([0]) for rows in parts] == [[2], [4], [5]]
    assert read(DataSpec(path), least_columns=1).frame["a"].tolist() == [1, 2, 3]


def test_frames_come_whole() -> None:
    """A DataFrame or a pair is one piece; its cells are spelled."""
    frame = pd.DataFrame({"a": [1.5, np.nan], "t": ["x", "y"], "y": [1, 2]})
    (rows,) = chunks(DataSpec(frame), size=1, verbatim=True)
    assert rows.header_cells == ["a", "t", "y"]
    assert rows.cells == [["1.5", "x", "1"], ["", "y", "2"]]
    assert len(list(chunks(DataSpec(([[1], [2]], [1, 2]))))) == 1


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 40 MiB in pieces of 1 MiB takes a few of them at a time."""
    monkeypatch.undo()
    draw = random.Random(1)
    block = "".join(f"{draw.random()},{draw.random()},x\n" for _ in range(10_000))
    path = tmp_path / "t.csv"
    with path.open("w") as file:
        file.write("a,b,t\n")
        for _ in range(100):
            file.write(block)
    tracemalloc.start()
    total = sum(len(rows.frame) for rows in chunks(DataSpec(path), size=1 << 20))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 1_000_000
    assert peak < 20 << 20


CELLS = st.sampled_from(["1", "2.5", "", "x", '"a\nb"', '"c ""d"" e"', "5'11\"", " z", '"', "NA", '"\n"', "#"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), max_size=10))
    end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    return end.join(["a,b,y", "1,2,3", *lines, draw(st.sampled_from(["", "7,8,9"]))])


@given(texts(), st.integers(1, 60), st.sampled_from(["error", "drop"]), st.sampled_from([None, "#"]))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_any_pieces(tmp_path: Path, content: str, size: int, bad: Any, comment: str | None) -> None:
    """What `read` reads comes in pieces just so; what it refuses is refused."""
    spec = DataSpec(write(tmp_path, content), bad_rows=bad, comment=comment, categorical=("*",), sep=",")
    try:
        read(spec)
    except RegcliError:
        with pytest.raises(RegcliError):
            list(chunks(spec, size=size, verbatim=True))
    else:
        check(spec, size)


def test_pieces_come_one_at_a_time(tmp_path: Path) -> None:
    """The first piece is there before the end of the text has been read."""
    read_on: list[int] = []

    def text(self: pieces.Pieces) -> Iterator[bytes]:
        for number in range(100):
            read_on.append(number)
            yield b"a,y\n" * (number == 0) + b"1,2\n" * 10

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces.Pieces, "text", text)
        run = chunks(DataSpec(write(tmp_path, "")), size=40)
        next(run)
        assert len(read_on) < 10
        run.close()
