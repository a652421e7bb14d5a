"""--sample: some rows drawn at random, the same each time, whatever pieces the file is read in."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, check_error, document, regcli
from pandas.testing import assert_frame_equal
from support import SAMPLES

import regcli as package
from regcli.data import sampling
from regcli.data.sampling import sampled
from regcli.data.sources import read
from regcli.data.streaming import chunks
from regcli.specs import DataSpec

PENGUINS = str(SAMPLES / "penguins.csv")


def drawn(monkeypatch: pytest.MonkeyPatch, source: Any, count: int, size: int = 1 << 20, **options: Any) -> Any:
    """The rows drawn, of a file in pieces of so many bytes."""
    monkeypatch.setattr(sampling, "chunks", lambda spec: chunks(spec, None, size))
    return sampled(DataSpec(source, **options), count)


@pytest.mark.parametrize("size", [500, 3000, 9000])
@pytest.mark.parametrize("count", [4, 60, 341, 344])
def test_pieces_do_not_matter(size: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows in the order of the file, each with its line."""
    whole, parts = (drawn(monkeypatch, PENGUINS, count, each) for each in (1 << 20, size))
    assert_frame_equal(whole.frame, parts.frame)
    assert len(whole.frame) == count and whole.rows_read == parts.rows_read == 344
    places = list(parts.places(np.arange(count)))
    assert places == list(whole.places(np.arange(count)))
    assert places == sorted(places)


def test_rows_are_rows_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand in their lines."""
    rows = drawn(monkeypatch, DIABETES, 50, 2000)
    every = read(DataSpec(DIABETES)).frame
    lines = [line for _, line in rows.places(np.arange(50))]
    assert_frame_equal(rows.frame, every.iloc[[line - 2 for line in lines]].reset_index(drop=True))


def test_samples_nest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those with the least random numbers are drawn: fewer are among more."""
    few, more, all_rows = (drawn(monkeypatch, DIABETES, count, 3000) for count in (20, 100, 1000))
    lines = [{line for _, line in rows.places(np.arange(len(rows.frame)))} for rows in (few, more, all_rows)]
    assert lines[0] < lines[1] < lines[2] and list(map(len, lines)) == [20, 100, 442]
    keys = sampling._keys(0, 442)
    assert lines[0] == {int(row) + 2 for row in np.argsort(keys)[:20]}


def test_random_numbers_go_by_the_number_of_a_row() -> None:
    """Wherever a piece begins; and they are spread evenly."""
    keys = sampling._keys(0, 40_000)
    for first in (1, 2, 3, 4, 777):
        np.testing.assert_array_equal(sampling._keys(first, 100), keys[first : first + 100])
    share = np.mean(keys < np.uint64(1 << 62))
    assert abs(share - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 40_000)


def test_what_is_said_of_it() -> None:
    """How many of how many; in the document the rows read, used and dropped add up."""
    found = document(DIABETES, "-a", "1", "--sample", "100")
    assert found["data"]["rows_read"] == 442 and found["data"]["rows_used"] == 100
    assert {one["code"] for one in found["warnings"]} >= {"sampled"}
    (text,) = [one["message"] for one in found["warnings"] if one["code"] == "sampled"]
    assert text == "100 rows of 442, drawn at random, stand for all (--sample 100)"
    assert found["settings"]["sample"] == 100
    said = regcli("fit", DIABETES, "-a", "1", "--sample", "100")
    assert text in said.out + said.err
    assert said.out == regcli("fit", DIABETES, "-a", "1", "--sample", "100").out


def test_a_sample_of_all_rows_is_none() -> None:
    """Nothing is said, and nothing is different."""
    one, other = (document(DIABETES, "-a", "1", *more) for more in ((), ("--sample", "442")))
    assert [one["code"] for one in other["warnings"]] == [one["code"] for one in one["warnings"]]
    assert one["model"] == other["model"]


def test_the_model_is_that_of_the_rows_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of these rows gives the same."""
    frame = drawn(monkeypatch, DIABETES, 100).frame
    found = package.fit(DIABETES, "target", alpha=1, sample=100)
    assert found.to_dict()["model"] == package.fit(frame, "target", alpha=1).to_dict()["model"]


@pytest.mark.parametrize("verb", ["cv", "path", "compare"])
def test_every_command(verb: str) -> None:
    """With text, groups and gaps."""
    words = ["-y", "body_mass_g", "--missing", "drop", "--sample", "120", "--json"]
    words += ["--groups", "island"] if verb != "path" else []
    words += ["--penalties", "ols,lasso", "--inner-folds", "2"] if verb == "compare" else []
    said = regcli(verb, PENGUINS, *words)
    assert said.code == 0, said.err
    data = said.json["data"]
    assert data["rows_read"] == 344 and data["rows_used"] <= 120


def test_a_column_that_is_text_in_some_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is text in all, spelled as in the file."""
    lines = [f"{i % 3},{i}" for i in range(300)] + ["01,300", "x,301"] * 20
    (tmp_path / "t.csv").write_text("a,y\n" + "\n".join(lines) + "\n")
    rows = drawn(monkeypatch, tmp_path / "t.csv", 330, 400)
    found = {str(value) for value in rows.frame["a"]}
    assert found == {"0", "1", "2", "01", "x"}


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_and_packed_files(packed: bool, tmp_path: Path) -> None:
    """The rows that a file of the same name would give."""
    content = Path(DIABETES).read_bytes()
    piped = regcli(
        "fit", "-", "-a", "1", "--sample", "80", "--json", stdin=gzip.compress(content) if packed else content
    )
    assert piped.code == 0, piped.err
    assert piped.json["model"] == document(DIABETES, "-a", "1", "--sample", "80")["model"]


def test_frames_are_sampled_too() -> None:
    """Rows that are in memory already."""
    frame = pd.read_csv(DIABETES)
    one = package.fit(frame, "target", alpha=1, sample=60).to_dict()
    assert one["data"]["rows_used"] == 60
    assert one["model"] == package.fit(DIABETES, "target", alpha=1, sample=60).to_dict()["model"]


def test_errors_name_their_line(tmp_path: Path) -> None:
    """Of a row that was drawn: where it stands in the file."""
    lines = [f"{i},{i % 7}" for i in range(200)] + [f",{i % 5}" for i in range(60)]
    (tmp_path / "t.csv").write_text("a,y\n" + "\n".join(lines) + "\n")
    said = regcli("fit", tmp_path / "t.csv", "-a", "1", "--sample", "100")
    check_error(said, 3)
    first = min(line for _, line in sampled(DataSpec(tmp_path / "t.csv"), 100).places(np.arange(100)) if line > 201)
    assert str(first) in said.err


@pytest.mark.parametrize("words", ["--sample 3", "--sample x", "--sample 10 --engine dask"])
def test_what_cannot_be(words: str) -> None:
    """Exit 2."""
    check_error(regcli("fit", DIABETES, "-a", "1", *words.split()), 2)
