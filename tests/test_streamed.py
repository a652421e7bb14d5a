"""Rows that are passed over in pieces give the answers of rows that are held: the whole document, to 1e-10."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, PROSTATE, check_error, regcli, typed_next
from contract import valid
from pieces import differences, figures, in_pieces, said
from support import SAMPLES
from test_nist import DIGITS, certified_by_nist, digits, fitted

import regcli as package
from regcli.data.reading import keeping
from regcli.errors import DataError

TOLERANCE = 1e-10
PENGUINS = str(SAMPLES / "penguins.csv")
CONCRETE = str(SAMPLES / "concrete.csv")
WINE = str(SAMPLES / "winequality_white.csv")
INSURANCE = str(SAMPLES / "insurance.csv")
DROP = {"missing": "drop"}
MASS = {"target": "body_mass_g"} | DROP
SIZE = {DIABETES: 6000, PENGUINS: 4000, CONCRETE: 9000, PROSTATE: 1500, WINE: 90_000, INSURANCE: 500}
"""Bytes of a piece: each file has three and more."""


def both(verb: str, source: Any, size: int, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The documents of rows that are held, and of the same passed over in pieces of about `size` bytes."""
    run = getattr(package, verb)
    held = run(source, **options).to_dict()
    with in_pieces(size):
        streamed = run(source, **options).to_dict()
    assert (held["data"]["engine"], streamed["data"]["engine"]) == ("memory", "chunks")
    assert streamed["data"]["passes"] in (1, 2)
    if verb != "path":
        assert streamed["metrics"]["train"]["mae"] is None
    return held, valid(json.loads(json.dumps(streamed)))


def alike(verb: str, source: Any, size: int, tolerance: float = TOLERANCE, **options: Any) -> None:
    """The documents are the same."""
    held, streamed = both(verb, source, size, **options)
    assert list(differences(figures(held), figures(streamed), tolerance)) == []
    assert said(held) == said(streamed)


FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "lasso": (DIABETES, {}),
    "ridge": (DIABETES, {"penalty": "l2"}),
    "elastic net": (DIABETES, {"penalty": "elasticnet", "l1_ratio": 0.4}),
    "another convention": (CONCRETE, {"convention": "glmnet"}),
    "levels, rows dropped": (PENGUINS, MASS),
    "gaps filled": (PENGUINS, MASS | {"missing": "mean"}),
    "gaps marked": (PENGUINS, MASS | {"missing": "indicator"}),
    "weights": (PENGUINS, MASS | {"weights": "flipper_length_mm"}),
    "offset": (PENGUINS, MASS | {"offset": "year"}),
    "test rows by a column": (PROSTATE, {"target": "lpsa", "split_column": "train"}),
    "a file of test rows": (DIABETES, {"test": DIABETES}),
    "without intercept": (WINE, {"intercept": False}),
    "without standardizing": (DIABETES, {"standardize": False}),
    "a feature kept": (DIABETES, {"keep": "bmi"}),
    "penalty factors": (DIABETES, {"penalty_factor": {"bmi": 2, "s1": 0.5}}),
    "bounds": (DIABETES, {"bounds": {"bmi": (0, 2), "s5": (-1, 10)}}),
    "no negative coefficient": (DIABETES, {"positive": True}),
    "interactions": (CONCRETE, {"interactions": True}),
    "powers": (CONCRETE, {"degree": 2}),
    "rare levels": (PENGUINS, MASS | {"min_level_count": 70}),
    "numbers as levels": (PENGUINS, MASS | {"categorical": "year"}),
    "levels that depend on each other": (INSURANCE, {}),
    "formula": (
        PENGUINS, {"formula": "body_mass_g ~ C(year) + flipper_length_mm * sex + log(bill_length_mm)"} | DROP
    ),
    "no penalty, with levels": (PENGUINS, MASS | {"alpha": 0}),
    "no penalty, no intercept": (CONCRETE, {"alpha": 0, "intercept": False}),
}  # fmt: skip

FOLDS: dict[str, tuple[str, dict[str, Any]]] = {
    "as they come": (DIABETES, {"n_alphas": 100}),
    "three times": (DIABETES, {"repeats": 3, "folds": 4}),
    "by groups": (PENGUINS, MASS | {"groups": "island"}),
    "in order of time": (CONCRETE, {"time": "age", "folds": 4}),
    "by a column": (PENGUINS, MASS | {"fold_column": "year"}),
    "gaps filled anew in each": (PENGUINS, MASS | {"missing": "mean", "folds": 4}),
    "gaps marked, weights, by groups": (
        PENGUINS, MASS | {"missing": "indicator", "weights": "flipper_length_mm", "groups": "island"}
    ),
    "ridge with an offset": (PENGUINS, MASS | {"offset": "year", "penalty": "l2", "folds": 4}),
    "several shares of L1": (DIABETES, {"penalty": "elasticnet", "l1_ratio": [0.1, 0.9], "folds": 4, "rule": "1se"}),
    "within training rows": (PROSTATE, {"target": "lpsa", "split_column": "train", "folds": 4}),
    "a file of test rows": (DIABETES, {"test": DIABETES, "folds": 4, "measure": "r2"}),
    "no intercept, a feature kept": (DIABETES, {"intercept": False, "keep": "bmi", "folds": 4}),
    "bounds": (DIABETES, {"bounds": {"bmi": (0, 2)}, "folds": 4}),
    "interactions of levels": (PENGUINS, MASS | {"interactions": True, "folds": 4}),
}  # fmt: skip

PATHS: dict[str, tuple[str, dict[str, Any]]] = {
    "lasso": (DIABETES, {}),
    "ridge": (CONCRETE, {"penalty": "l2"}),
    "gaps filled": (PENGUINS, MASS | {"missing": "mean"}),
    "no intercept": (DIABETES, {"intercept": False, "positive": True}),
}


@pytest.mark.parametrize("what", FITS)
def test_fits(what: str) -> None:
    """Coefficients, metrics, certificate, counts of rows, and what is said of them."""
    source, options = FITS[what]
    alike("fit", source, SIZE[source], **{"alpha": 0.1} | options)


@pytest.mark.parametrize("what", FOLDS)
def test_folds(what: str) -> None:
    """The same folds, their errors along the path, the choice, and the model."""
    source, options = FOLDS[what]
    alike("cv", source, SIZE[source], **{"n_alphas": 30} | options)


@pytest.mark.parametrize("what", PATHS)
def test_paths(what: str) -> None:
    """Every step."""
    source, options = PATHS[what]
    alike("path", source, SIZE[source], **options)


@pytest.mark.parametrize("size", [700, 1800, 20_000])
def test_the_size_of_pieces_does_not_matter(size: int) -> None:
    """Neither for the folds nor for anything else: rounding is 1e-11."""
    options: dict[str, Any] = MASS | {"missing": "mean", "folds": 3, "repeats": 2, "n_alphas": 20}
    with in_pieces(4000):
        one = package.cv(PENGUINS, **options).to_dict()
    with in_pieces(size):
        other = package.cv(PENGUINS, **options).to_dict()
    assert list(differences(figures(one), figures(other), 1e-11)) == []
    assert said(one) == said(other)


@pytest.mark.parametrize("name", ["Longley", "Norris", "Wampler2", "Filip"])
def test_no_digits_are_lost_without_a_penalty(name: str) -> None:
    """NIST's data: rows are merged by the roots of their products, which gives as many digits as rows that are held.

    One less is allowed: the merges round once more.
    """
    with in_pieces(400):
        report = fitted(name)
    assert report.to_dict()["data"]["engine"] == "chunks"
    nist = certified_by_nist(name)
    estimates = [row.coefficient for row in report.model.coefficients]
    if nist["intercept"]:
        estimates.insert(0, report.model.intercept)
    found = min(digits(one, row["estimate"]) for one, row in zip(estimates, nist["certified"], strict=True))
    assert found >= DIGITS[name][0] - 1
    assert digits(report.inference.residual_deviation, nist["residual_sd"]) >= DIGITS[name][2] - 1


def rows(n: int = 240, seed: int = 3) -> pd.DataFrame:
    """Some columns of every kind: numbers, equal and mirrored ones, a constant one, gaps, levels, dates, and y."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    made = pd.DataFrame({
        "a": a, "again": a, "b": 5 + b, "flag": np.where(a > 0, 1, 0), "other": np.where(a > 0, 0, 1), "five": 5,
        "gap": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
        "five or none": np.where(rng.random(n) < 0.2, np.nan, 5.0),
        "kind": rng.choice(["u", "v", "w"], n),
        "day": pd.date_range("2024-01-30", periods=n, freq="13h").strftime("%Y-%m-%d %H:%M"),
    })  # fmt: skip
    return made.assign(y=a + 0.3 * b + (made["kind"] == "v") + rng.normal(size=n))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The rows above; `folder` in its attributes holds them as files."""
    folder = tmp_path_factory.mktemp("streams")
    found = rows()
    found.to_csv(folder / "t.csv", index=False)
    (folder / "t.csv.gz").write_bytes(gzip.compress((folder / "t.csv").read_bytes()))
    found.to_parquet(folder / "t.parquet")
    for part in range(3):
        found[80 * part : 80 * (part + 1)].to_csv(folder / f"part{part}.csv", index=False)
    found.attrs["folder"] = folder
    return found


@pytest.mark.parametrize("missing", ["drop", "mean", "indicator"])
@pytest.mark.parametrize("intercept", [True, False])
def test_columns_of_every_kind(table: pd.DataFrame, missing: str, intercept: bool) -> None:
    """Equal columns, mirrored ones, constant ones, constant ones with gaps; dates are numbers as soon as rows with gaps
    are dropped."""
    options: dict[str, Any] = {"missing": missing, "intercept": intercept, "folds": 3, "n_alphas": 30}
    options |= {"dates": "ordinal"} if missing == "drop" else {"exclude": "day"}
    alike("cv", table.attrs["folder"] / "t.csv", 3000, **options)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.parquet", "part*.csv"])
def test_files_of_every_kind(table: pd.DataFrame, name: str) -> None:
    """Packed, Parquet, and several files as one."""
    path, size = str(table.attrs["folder"] / name), 3000
    alike("fit", path, size, alpha=0.05, missing="drop", dates="ordinal")


def test_dates_in_parts(table: pd.DataFrame) -> None:
    """Whether any has a clock is known when all have passed."""
    alike("fit", table.attrs["folder"] / "t.csv", 3000, alpha=0.05, dates="parts", features=["day", "b"])


def test_fills_and_levels_leak_nothing(table: pd.DataFrame) -> None:
    """Test rows marked by a column teach no fill value: other cells there change no coefficient."""
    folder = table.attrs["folder"]
    marked = table[["a", "gap", "kind", "y"]].assign(train=np.arange(len(table)) % 3 > 0)
    marked.to_csv(folder / "marked.csv", index=False)
    other = marked.assign(gap=np.where(marked["train"], marked["gap"], marked["gap"] + 1e6))
    other.to_csv(folder / "other.csv", index=False)
    found = []
    for name in ("marked.csv", "other.csv"):
        options: dict[str, Any] = {"alpha": 0.05, "missing": "mean", "split_column": "train"}
        alike("fit", folder / name, 2000, **options)
        with in_pieces(2000):
            found.append(package.fit(folder / name, **options).to_dict()["model"])
    assert found[0] == found[1]


# Standard input


@pytest.mark.parametrize("verb", ["fit", "cv"])
def test_standard_input_passes_twice(table: pd.DataFrame, verb: str) -> None:
    """It is kept, and named as what it is."""
    content = (table.attrs["folder"] / "t.csv").read_bytes()
    words = ("-y", "y", "--missing", "mean", "--exclude", "day", "--json", *(("-a", "0.05") if verb == "fit" else ()))
    held = regcli(verb, "-", *words, stdin=content)
    with in_pieces(3000):
        streamed = regcli(verb, "-", *words, stdin=content)
    assert (held.code, streamed.code) == (0, 0), streamed.err
    assert streamed.json["data"]["source"] == held.json["data"]["source"] == "standard input"
    assert streamed.json["data"]["passes"] == 2
    assert list(differences(figures(held.json), figures(streamed.json), TOLERANCE)) == []


class Pipe(io.RawIOBase):
    """Bytes that are read once."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._rest.readinto(buffer)


@pytest.mark.parametrize("most", [1 << 20, 100])
def test_a_pipe_is_kept(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory or in a file, as often as it is asked for; a file is read where it is, from where it stands."""
    content = b"0123456789" * 50
    monkeypatch.setattr(keeping, "IN_MEMORY", most)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(content))))
    assert not keeping.is_kept()
    assert keeping.keep() == keeping.keep() == 500
    assert [keeping.standard_input().read() for _ in range(2)] == [content, content]
    file = io.BytesIO(content)
    file.seek(490)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))
    assert keeping.keep() == 10
    assert [keeping.standard_input().read() for _ in range(2)] == [content[490:]] * 2


def test_no_room_for_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is said, with the way out."""

    def full(*parts: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", full)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(b"a,y\n1,2\n"))))
    with pytest.raises(DataError, match=r"cannot keep standard input .*no space left"):
        keeping.keep()


def test_parquet_from_standard_input(table: pd.DataFrame) -> None:
    """As from a file."""
    path = table.attrs["folder"] / "t.parquet"
    with in_pieces(3000):
        piped, named = (
            regcli("fit", source, "-a", "0.05", "--missing", "drop", "--exclude", "day", "--json", stdin=content)
            for source, content in (("-", path.read_bytes()), (path, b""))
        )
    assert piped.code == 0, piped.err
    assert piped.json["model"] == named.json["model"]


# What cannot be


REFUSED: dict[str, tuple[str, str]] = {
    "fit -a 1 --missing median": (PENGUINS, "-y body_mass_g"),
    "fit -a 1 --solver gradient": (DIABETES, ""),
    "cv --solver sklearn": (DIABETES, ""),
    "fit -a 1 --test-size 0.2": (DIABETES, ""),
    "cv --folds loo": (DIABETES, ""),
    "cv --measure mae": (DIABETES, ""),
    "cv --alphas 1,0": (DIABETES, ""),
    "fit -a 1 --fitted fitted.csv": (DIABETES, ""),
    "fit -a 1 --plot picture.png": (DIABETES, ""),
    "path --lines bmi --plot lines.png": (DIABETES, ""),
    "fit -a 1 --formula 'target ~ poly(bmi, 2)'": (DIABETES, ""),
    "fit -a 1 --missing mean --interactions": (PENGUINS, "-y body_mass_g"),
}
"""What needs all rows at once; what it is asked of, and with what."""

WAYS_OUT: dict[str, str] = {
    "fit -a 1 --missing median": "fit -a 1 --missing mean",
    "fit -a 1 --solver gradient": "fit -a 1 --solver auto",
    "cv --solver sklearn": "cv --solver auto",
    "fit -a 1 --test-size 0.2": f"fit -a 1 --test {DIABETES}",
    "cv --folds loo": "cv --folds 10",
    "cv --measure mae": "cv",
    "cv --alphas 1,0": "cv --alphas 1",
    "fit -a 1 --fitted fitted.csv": "fit -a 1",
    "fit -a 1 --plot picture.png": "fit -a 1 --plot picture.png --sample 100",
    "path --lines bmi --plot lines.png": "path --lines bmi --plot lines.png --sample 100",
    "fit -a 1 --formula 'target ~ poly(bmi, 2)'": "fit -a 1 --formula 'target ~ bmi + I(bmi**2)'",
    "fit -a 1 --missing mean --interactions": "fit -a 1 --missing drop --interactions",
}
"""What their `Try:` says, typed."""


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_is_refused_with_a_way_out(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2, before anything is written; and what is said to do instead works."""
    monkeypatch.chdir(tmp_path)
    source, more = REFUSED[line]
    verb, *words = shlex.split(line)
    with in_pieces(5000):
        refused = regcli(verb, source, *shlex.split(more), *words)
    check_error(refused, 2)
    assert "passed over in pieces" in refused.err and refused.hint is not None
    assert list(tmp_path.iterdir()) == []
    verb, *words = shlex.split(WAYS_OUT[line])
    given = [word for word in shlex.split(refused.hint.split(",")[0]) if word.startswith("--")]
    assert all(word in words for word in given if word not in ("--split-column", "--measure", "--save"))
    run = regcli if "--sample" in words else regcli_in_pieces
    assert run(verb, source, *shlex.split(more), *words).code == 0


def regcli_in_pieces(*words: object) -> Any:
    """The command line with rows passed over."""
    with in_pieces(5000):
        return regcli(*words)


def test_rows_in_memory_have_no_pieces() -> None:
    """A frame is held already: --memory cannot act."""
    with pytest.raises(package.errors.UsageError, match="--memory is for files"):
        package.fit(rows(), "y", alpha=1, memory="1GB")


def test_fewer_rows_than_features(tmp_path: Path) -> None:
    """A fold has to learn from more rows than there are features, for its moments to be enough."""
    pd.DataFrame(np.random.default_rng(0).normal(size=(12, 13))).to_csv(tmp_path / "t.csv", index=False)
    with in_pieces(800):
        check_error(regcli("cv", tmp_path / "t.csv", "-k", "3"), 3)


# What is wrong in late pieces


BAD: dict[str, str] = {
    "text in a column of numbers": "x3,9,1",
    "an infinite number": "1,inf,2",
    "a row of another width": "1,2,3,4",
    "a missing cell": "1,,2",
    "a target that is no number": "1,2,high",
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("verb", ["fit", "cv"])
def test_errors_name_their_line(what: str, verb: str, tmp_path: Path) -> None:
    """Exit 3 and nothing on standard output, however late it comes."""
    path = tmp_path / "t.csv"
    good = "\n".join(f"{i % 7},{i % 11},{i % 5 + i % 7}" for i in range(2999))
    path.write_text(f"a,b,y\n{good}\n{BAD[what]}\n{good}\n")
    with in_pieces(4000):
        found = regcli(verb, path, *(("-a", "1") if verb == "fit" else ()), "--json")
    check_error(found, 3)
    assert "line 3001" in found.err.replace(",", "")


def test_the_way_out_of_a_late_gap_works(tmp_path: Path) -> None:
    """--missing drop, as it is said, added to the command."""
    path = tmp_path / "t.csv"
    good = "\n".join(f"{i % 7},{i % 11},{i % 5 + i % 7}" for i in range(2999))
    path.write_text(f"a,b,y\n{good}\n1,,2\n{good}\n")
    with in_pieces(4000):
        command = ("fit", path, "-a", "1")
        again = typed_next(regcli(*command), command)
    assert again.code == 0 and "1 row of 5,999 dropped" in again.err
