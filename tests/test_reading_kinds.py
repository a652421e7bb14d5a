"""Zip archives, Parquet, Feather and Arrow: recognised by content, read to the frame of their CSV twin."""

from __future__ import annotations

import builtins
import datetime
import io
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from regcli.data.sources import read
from regcli.data.streaming import chunks
from regcli.errors import DataError, UsageError
from regcli.specs import DataSpec

CSV = b"a,b,y\n1,0.1,3\n-2,x,4\n"


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def write(tmp_path: Path, content: bytes, name: str = "t.csv") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


# Zip


@pytest.mark.parametrize("name", ["t.zip", "t.csv"])
def test_a_zip_archive_of_one_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read like the file in it, from disk, from standard input, and piece by piece; what macOS adds is no file."""
    out = io.BytesIO(zipped(data__csv=CSV))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("folder/", b"")
        archive.writestr("__MACOSX/._data.csv", b"\0\1")
        archive.writestr("folder/.DS_Store", b"\0\1")
    spec = DataSpec(write(tmp_path, out.getvalue(), name))
    twin = read(DataSpec(write(tmp_path, CSV, "twin.csv")))
    pd.testing.assert_frame_equal(read(spec).frame, twin.frame)
    assert read(spec).notices == ()
    (rows,) = chunks(spec)
    pd.testing.assert_frame_equal(rows.frame, twin.frame)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(out.getvalue())))
    assert len(read(DataSpec("-")).frame) == 2


def test_other_zip_archives(tmp_path: Path) -> None:
    """Several files: listed, with the line to type; none, an encrypted one, a damaged one, a workbook: said."""
    with pytest.raises(DataError) as error:
        read(DataSpec(write(tmp_path, zipped(a__csv=CSV, b__csv=CSV), "t.zip")))
    assert "a zip archive of 2 files: a.csv, b.csv" in error.value.message
    assert error.value.hint == f"unzip -p {tmp_path}/t.zip a.csv | regcli ... -"
    with pytest.raises(DataError, match="without files"):
        read(DataSpec(write(tmp_path, zipped())))
    one = bytearray(zipped(a__csv=CSV * 50))
    for at in (6, one.index(b"PK\1\2") + 8):
        one[at] |= 1
    with pytest.raises(DataError, match="encrypted"):
        read(DataSpec(write(tmp_path, bytes(one))))
    whole = zipped(a__csv=CSV * 50)
    for damaged in (whole[:-30], whole[:45] + b"\xff\xff\xff" + whole[48:]):
        with pytest.raises(DataError, match="damaged zip"):
            read(DataSpec(write(tmp_path, damaged)))
    with pytest.raises(DataError, match="Excel workbook"):
        read(DataSpec(write(tmp_path, zipped(**{"[Content_Types]__xml": b"", "xl/workbook__xml": b""}))))
    with pytest.raises(DataError, match="zip file with a zip file in it"):
        read(DataSpec(write(tmp_path, zipped(a__zip=zipped(a__csv=CSV)))))


# Columns

FRAME = pd.DataFrame(
    {
        "int": np.array([1, 2, 3], dtype=np.int8),
        "large": np.array([1, 2**64 - 1, 3], dtype=np.uint64),
        "float": [0.1, np.nan, -1e300],
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "flag": [True, False, True],
        "gappy": pd.array([True, None, False], dtype="boolean"),
        "level": pd.Categorical(["u", None, "u"]),
        "number level": pd.Categorical([1, 2, 1]),
        "text": ["x", " y ", None],
        "digits": ["01", "2", "3"],
        "exact": [Decimal("0.10"), Decimal("2.00"), None],
        "day": [datetime.date(2026, 1, 31), None, datetime.date(1969, 12, 31)],
        "midnight": pd.to_datetime(["2026-01-31", None, "2026-02-01"]),
        "time": pd.to_datetime(["2026-01-31T10:00:00", None, "2026-02-01T00:00:00"]),
        "exact time": pd.to_datetime(["2026-01-31T10:00:00.25", None, "2026-02-01T00:00:00.00"]),
        "zone": pd.to_datetime(["2026-01-31T10:00", None, "2026-02-01T00:00"]).tz_localize("Europe/Paris"),
        " pad ": [1.0, 2.0, 3.0],
        "nothing": pd.Series([None, None, None], dtype=object),
    }
)
TEXTS = {
    "day": ["2026-01-31", None, "1969-12-31"],
    "midnight": ["2026-01-31", None, "2026-02-01"],
    "time": ["2026-01-31T10:00:00", None, "2026-02-01T00:00:00"],
    "exact time": ["2026-01-31T10:00:00.250000", None, "2026-02-01T00:00:00"],
    "zone": ["2026-01-31T10:00:00+01:00", None, "2026-02-01T00:00:00+01:00"],
}


def to_stream(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return out.getvalue()


def to_feather(frame: pd.DataFrame, version: int = 2) -> bytes:
    out = io.BytesIO()
    feather.write_feather(pa.Table.from_pandas(frame, preserve_index=False), out, version=version)
    return out.getvalue()


def to_parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), out, row_group_size=2)
    return out.getvalue()


WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "Parquet": to_parquet,
    "Arrow file": to_feather,
    "Arrow stream": to_stream,
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("categorical", [(), ("*",)])
def test_typed_files_are_their_csv_twin(kind: str, categorical: tuple[str, ...], tmp_path: Path) -> None:
    """Names, types, numbers, text, gaps: those of the CSV file with the same rows, and so in pieces."""
    content = WRITERS[kind](FRAME)
    spelled = FRAME.assign(**{name: pd.Series(cells, dtype="str") for name, cells in TEXTS.items()})
    if categorical:  # numbers of typed columns are spelled by str: 2.0 is 2, a decimal as it is
        content = WRITERS[kind](FRAME[["int", "flag", "level", "text", "digits", "day", "exact"]])
        spelled = spelled[["int", "flag", "level", "text", "digits", "day", "exact"]]
    twin = tmp_path / "twin.csv"
    spelled.to_csv(twin, index=False)
    rows = read(DataSpec(write(tmp_path, content), categorical=categorical))
    pd.testing.assert_frame_equal(rows.frame, read(DataSpec(twin, categorical=categorical)).frame, check_exact=True)
    assert (rows.where([1]), rows.delimiter, rows.rows_read) == ("row 2", None, 3)
    (piece,) = chunks(DataSpec(write(tmp_path, content), categorical=categorical), verbatim=True)
    pd.testing.assert_frame_equal(piece.frame, rows.frame)
    assert [len(cells) for cells in piece.cells or []] == [rows.frame.shape[1]] * 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_first_feather_version(tmp_path: Path) -> None:
    """Feather files of before 2020."""
    frame = pd.DataFrame({"a": [1, 2], "y": [0.5, 1.5]})
    assert read(DataSpec(write(tmp_path, to_feather(frame, 1)))).frame.to_numpy().tolist() == [[1, 0.5], [2, 1.5]]


@pytest.mark.parametrize("kind", WRITERS)
def test_typed_files_from_standard_input(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recognised in a pipe."""
    content = WRITERS[kind](pd.DataFrame({"a": [1, 2], "y": [0.5, 1.5]}))
    for run in (read, lambda spec: next(chunks(spec))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert run(DataSpec("-")).frame.to_numpy().tolist() == [[1, 0.5], [2, 1.5]]


def test_row_labels_of_pandas(tmp_path: Path) -> None:
    """Named row labels are a column; nameless ones are left out, and that is said."""
    frame = pd.DataFrame({"a": [1, 2], "y": [3, 4]}, index=pd.Index([7, 9], name="key"))
    frame.to_parquet(tmp_path / "named.parquet")
    assert set(read(DataSpec(tmp_path / "named.parquet")).frame) == {"key", "a", "y"}
    frame.rename_axis(None).to_parquet(tmp_path / "nameless.parquet")
    rows = read(DataSpec(tmp_path / "nameless.parquet"))
    assert list(rows.frame) == ["a", "y"]
    assert [notice.code for notice in rows.notices] == ["index_dropped"]


def test_several_typed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, with the same columns; never beside text."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, to_parquet(pd.DataFrame({"a": [1, 2], "y": [3, 4]})), "a.parquet")
    write(tmp_path, to_stream(pd.DataFrame({"a": [0.5], "y": [9]})), "b.arrow")
    rows = read(DataSpec(["a.parquet", "b.arrow"]))
    assert rows.frame.to_numpy().tolist() == [[1, 3], [2, 4], [0.5, 9]]
    assert rows.name == "2 files (a.parquet, b.arrow)"
    assert rows.where([0, 2]) == "a.parquet row 1, b.arrow row 1"
    write(tmp_path, to_stream(pd.DataFrame({"a": [0.5], "z": [9]})), "c.arrow")
    with pytest.raises(DataError, match=r"a.parquet and c.arrow differ: column 2 is 'y' in the first, 'z'"):
        read(DataSpec(["a.parquet", "c.arrow"]))
    write(tmp_path, b"a,y\n1,2\n", "d.csv")
    for files in (["a.parquet", "d.csv"], ["d.csv", "a.parquet"]):
        with pytest.raises(DataError, match="Parquet file"):
            read(DataSpec(files))
        with pytest.raises(DataError, match="Parquet file"):
            list(chunks(DataSpec(files)))


@pytest.mark.parametrize("kind", WRITERS)
def test_damaged_typed_files(kind: str, tmp_path: Path) -> None:
    """Cut or overwritten: one DataError that names the kind, or the rows, never another exception."""
    content = WRITERS[kind](pd.DataFrame({"a": range(500), "t": ["x"] * 500, "y": range(500)}))
    for place in range(8, len(content), max(1, len(content) // 60)):
        flipped = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        for damaged in (content[:place], flipped):
            try:
                read(DataSpec(write(tmp_path, damaged)))
            except DataError as error:
                assert len(error.lines()) <= 3
    with pytest.raises(DataError, match=f"damaged {kind}"):
        read(DataSpec(write(tmp_path, content[: len(content) // 2])))


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line to type; text needs no pyarrow of ours."""
    plain = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return plain(name, *args)

    path = write(tmp_path, to_parquet(pd.DataFrame({"a": [1], "y": [2]})))
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as error:
        read(DataSpec(path))
    assert error.value.hint == "pip install 'regcli[parquet]'"


def test_other_types(tmp_path: Path) -> None:
    """Times of day, durations, lists and bytes are text; empty tables have no rows."""
    table = pa.table(
        {
            "clock": pa.array([datetime.time(10, 30), None]),
            "list": pa.array([[1, 2], None]),
            "bytes": pa.array([b"x", "\u00e9".encode()]),
            "half": pa.array([0.5, 1.5], pa.float16()),
            "y": [1, 2],
        }
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    frame = read(DataSpec(tmp_path / "t.parquet")).frame
    assert frame["clock"].tolist()[0] == "10:30:00"
    assert frame["list"].tolist()[0] == "[1, 2]"
    assert frame["bytes"].tolist() == ["x", "\u00e9"]
    assert frame["half"].tolist() == [0.5, 1.5]
    parquet.write_table(table.slice(0, 0), tmp_path / "none.parquet")
    with pytest.raises(DataError, match="0 rows were found"):
        read(DataSpec(tmp_path / "none.parquet"))
