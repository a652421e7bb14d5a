"""Columns that are declared categorical keep the spelling of their cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from regcli.data.reading import parsing
from regcli.data.reading.c_reader import MISSING
from regcli.data.sources import read
from regcli.specs import DataSpec

CELLS = [
    "01",
    "4.0",
    " 4.0 ",
    "1e3",
    "x",
    "NA",
    "",
    "007",
    "True",
    '"01"',
    '" a b "',
    "12345678901234567890",
    "-0",
    "7.0",
]


@pytest.mark.parametrize("na", [(), ("7",), ("x",)])
@pytest.mark.parametrize("large", [0, 1 << 30])
def test_labels_are_the_cells_of_the_file(
    na: tuple[str, ...], large: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The csv module's cells, stripped, missing ones NaN; the column beside them is numbers as always."""
    monkeypatch.setattr(parsing, "LARGE", large)
    content = "code,other,y\n" + "".join(f"{cell},{place},1\n" for place, cell in enumerate(CELLS))
    path = tmp_path / "t.csv"
    path.write_text(content)
    rows = read(DataSpec(path, categorical=("code",), na=na))
    twin = [row[0].strip() for row in csv.reader(io.StringIO(content), skipinitialspace=True)][1:]
    expected = [None if cell in MISSING or cell in na else cell for cell in twin]
    assert [None if pd.isna(cell) else cell for cell in rows.frame["code"]] == expected
    assert isinstance(rows.frame["code"].dtype, pd.StringDtype)
    others = [np.nan if f"{place}" in na else place for place in range(len(CELLS))]
    np.testing.assert_array_equal(rows.frame["other"].to_numpy(dtype=float), others)


def test_labels_that_are_all_numbers(tmp_path: Path) -> None:
    """01 and 1 are two levels; names and globs work, repeated and with commas; names the file lacks are left alone."""
    path = tmp_path / "t.csv"
    path.write_text('zip_1,zip_2,"a,b",flag,y\n01,4.0,1,True,1\n1,4,01,false,2\n')
    frame = read(DataSpec(path, categorical=("zip_*, nowhere", "a,b", "flag"))).frame
    assert frame["zip_1"].tolist() == ["01", "1"]
    assert frame["zip_2"].tolist() == ["4.0", "4"]
    assert frame["a,b"].tolist() == ["1", "01"]
    assert frame["flag"].tolist() == ["True", "false"]
    assert frame["y"].tolist() == [1, 2]


def test_labels_beside_columns_that_are_dropped(tmp_path: Path) -> None:
    """Columns are named by their place in the file, although an empty one before them is dropped."""
    path = tmp_path / "t.csv"
    path.write_text(",,y\n,01,1\n,02,2\n")
    frame = read(DataSpec(path, categorical=("column_2",))).frame
    assert frame["column_2"].tolist() == ["01", "02"]
    assert list(frame) == ["column_2", "y"]


def test_labels_of_frames() -> None:
    """Numbers of a DataFrame become text by str, whole floats without their .0, gaps stay gaps."""
    frame = pd.DataFrame(
        {
            "int": [1, 2, 3],
            "whole": [1.0, np.nan, 3.0],
            "float": [1.5, 2.0, np.inf],
            "flag": [True, False, True],
            "text": ["01", " 4.0 ", "NA"],
            "level": pd.Categorical([2, 1, 2]),
            "y": [1, 2, 3],
        }
    )
    got = read(DataSpec(frame, categorical=("int,whole,float", "flag,text", "level"))).frame
    assert got["int"].tolist() == ["1", "2", "3"]
    assert got["whole"].tolist()[::2] == ["1", "3"]
    assert got["whole"].isna().tolist() == [False, True, False]
    assert got["float"].tolist() == ["1.5", "2", "inf"]
    assert got["flag"].tolist() == ["True", "False", "True"]
    assert got["text"].tolist()[:2] == ["01", "4.0"]
    assert got["text"].isna().tolist() == [False, False, True]
    assert got["level"].tolist() == ["2", "1", "2"]
    assert got["y"].dtype == np.int64
