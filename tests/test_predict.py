"""`regcli predict`: a saved model on new rows, by name, in batches, with what was met on the way counted."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from commandline import REGCLI, check_error, environment, process, records, regcli, shell, strict_json, typed_next
from contract import schema_of
from support import SAMPLES

import regcli as package
from regcli.artifact import load
from regcli.data import streaming
from regcli.data.scoring import Tally
from regcli.errors import UsageError

PENGUINS = SAMPLES / "penguins.csv"
TARGET = "body_mass_g"
MEASURED = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of the penguins under each policy for missing cells, and of the diabetes data."""
    folder = tmp_path_factory.mktemp("models")
    for missing in ("drop", "mean", "median", "indicator"):
        package.fit(PENGUINS, TARGET, alpha=20, missing=missing).save(folder / f"{missing}.json")
    complete = pd.read_csv(PENGUINS).dropna()
    package.fit(complete, TARGET, alpha=20).save(folder / "error.json")
    package.fit(complete, TARGET, alpha=20, min_level_count=100).save(folder / "other.json")
    package.fit(SAMPLES / "diabetes.csv", alpha=5).save(folder / "diabetes.json")
    return folder


def predictions(text: str) -> list[float]:
    return [float(row["prediction"]) if row["prediction"] else np.nan for row in records(text, ",")]


@pytest.mark.parametrize("missing", ["drop", "mean", "median", "indicator"])
def test_predictions_are_the_fits_own_to_the_last_digit(missing: str, tmp_path: Path) -> None:
    """What --fitted wrote of the training rows is what predict says of the same file, digit by digit."""
    model, fitted = tmp_path / "m.json", tmp_path / "f.csv"
    said = regcli("fit", PENGUINS, "-y", TARGET, "-a", 20, "--missing", missing, "--save", model, "--fitted", fitted)
    assert said.code == 0, said.err
    found = regcli("predict", model, PENGUINS)
    assert found.code == 0, found.err
    lines = found.out.splitlines()
    for row in records(fitted.read_text(), ","):
        assert lines[int(row["line"]) - 1] == row["fitted"]
    table = records(fitted.read_text(), ",")
    assert len(table) == len(pd.read_csv(PENGUINS).dropna(subset=None if missing == "drop" else [TARGET]))
    assert f"R2 {json.loads(model.read_text())['metrics']['train']['r2']:.4f}" in found.err


def test_columns_are_found_by_name(saved: Path, tmp_path: Path) -> None:
    """Any order, more columns, less columns that are not needed: the same bits."""
    frame = pd.read_csv(PENGUINS, dtype=str, keep_default_na=False)
    frame[TARGET] = "NA"
    expected = regcli("predict", saved / "mean.json", PENGUINS).out
    shuffled = frame[sorted(frame.columns, reverse=True)].assign(more="x")
    shuffled.to_csv(tmp_path / "a.csv", index=False)
    shuffled[list(load(saved / "mean.json").needed.columns)].to_csv(tmp_path / "b.csv", index=False)
    for name in ("a.csv", "b.csv"):
        assert regcli("predict", saved / "mean.json", tmp_path / name).out == expected


def test_missing_columns_are_an_error_with_their_list(saved: Path, tmp_path: Path) -> None:
    """Exit 3 and all their names."""
    pd.read_csv(PENGUINS)[["year", "island"]].to_csv(tmp_path / "t.csv", index=False)
    said = regcli("predict", saved / "mean.json", tmp_path / "t.csv")
    check_error(said, 3)
    for name in ("species", "flipper_length_mm"):
        assert name in said.err


def test_gaps_follow_the_stored_policy_and_are_counted(saved: Path, tmp_path: Path) -> None:
    """mean, median and indicator fill with what the training rows had; drop predicts nothing; error refuses, and ends
    in the command that leaves those predictions empty."""
    gap = tmp_path / "gap.csv"
    gap.write_text(
        "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,sex,year\n"
        "Adelie,Dream,,,,male,2008\nAdelie,Dream,40,18,190,,2008\n"
    )
    frame = pd.read_csv(PENGUINS).dropna(subset=[TARGET])
    for missing in ("mean", "median"):
        model = load(saved / f"{missing}.json")
        said = regcli("predict", saved / f"{missing}.json", gap)
        middles = {name: [float(getattr(frame[name], missing)())] for name in MEASURED}
        filled = pd.DataFrame(middles | {"species": "Adelie", "island": "Dream", "sex": "male", "year": 2008})
        assert predictions(said.out)[0] == model.predict(filled)[0]
        assert f"filled with the {missing} of the training rows" in said.err and "flipper_length_mm (1)" in said.err
    dropped = regcli("predict", saved / "drop.json", gap)
    assert dropped.code == 0 and np.isnan(predictions(dropped.out)).all()
    assert "2 rows of 2 without a prediction" in dropped.err
    refused = regcli("predict", saved / "error.json", gap)
    check_error(refused, 3)
    assert "line 2" in refused.err
    then = typed_next(refused, ["predict"])
    assert then.code == 0 and np.isnan(predictions(then.out)[0])


def test_new_levels_add_nothing_or_count_as_other(saved: Path, tmp_path: Path) -> None:
    """Counted with their names; where the model has an (other), its coefficient is theirs."""
    frame = pd.read_csv(PENGUINS).dropna().head(3)
    frame.assign(island="Ross").to_csv(tmp_path / "t.csv", index=False)
    said = regcli("predict", saved / "error.json", tmp_path / "t.csv")
    assert said.code == 0, said.err
    model = load(saved / "error.json")
    coef = {row["name"]: row for row in model.document["model"]["coefficients"]}
    base = model.predict(frame.assign(island="nowhere"))
    np.testing.assert_array_equal(predictions(said.out), base)
    if any(coef[name]["coefficient"] for name in coef if name.startswith("island[")):
        assert "island 'Ross' (3, which add nothing)" in said.err
    other = regcli("predict", saved / "other.json", tmp_path / "t.csv")
    lumped = load(saved / "other.json")
    expected = lumped.predict(frame.assign(island=lumped.encoding.categories["island"].lumped[0]))
    np.testing.assert_array_equal(predictions(other.out), expected)


def test_append_writes_the_input_as_it_is(tmp_path: Path) -> None:
    """Every cell of the input, in order, quotes and odd text included, and the prediction as the last column."""
    text = (
        'name,species,flipper_length_mm,sex,island,prediction\n"a, ""b""\nc",Adelie,190,male,Dream,=1+1\n'
        "01,Gentoo,2.10e2,,Biscoe,\n"
    )
    (tmp_path / "t.csv").write_text(text, newline="")
    model = tmp_path / "m.json"
    columns = ["species", "flipper_length_mm", "sex"]
    package.fit(PENGUINS, TARGET, alpha=20, missing="mean", features=columns).save(model)
    said = regcli("predict", model, tmp_path / "t.csv", "--append")
    assert said.code == 0, said.err
    before = list(csv.reader(io.StringIO(text, newline="")))
    after = list(csv.reader(io.StringIO(said.out, newline="")))
    assert [row[:-1] for row in after] == before
    assert after[0][-1] == "prediction_2"
    alone = regcli("predict", model, tmp_path / "t.csv")
    assert [row[-1] for row in after[1:]] == alone.out.splitlines()[1:]


def test_ids_stand_beside_the_predictions(tmp_path: Path) -> None:
    """The columns that --id named in training are written again; predict --id names others."""
    frame = pd.DataFrame({"who": ["a", "b", "c", "d"], "x": [1, 2, 3, 5], "g": [1, 1, 2, 2], "y": [1.0, 2, 4, 5]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    regcli("fit", tmp_path / "t.csv", "-a", 0.1, "--id", "who", "--save", tmp_path / "m.json")
    said = regcli("predict", tmp_path / "m.json", tmp_path / "t.csv")
    assert said.out.splitlines()[0] == "who,prediction" and said.out.splitlines()[1].startswith("a,")
    said = regcli("predict", tmp_path / "m.json", tmp_path / "t.csv", "--id", "g,x")
    assert said.out.splitlines()[0] == "x,g,prediction"
    check_error(regcli("predict", tmp_path / "m.json", tmp_path / "t.csv", "--id", "nobody"), 2)


@pytest.mark.parametrize("words", [(), ("--append",), ("--id", "island")])
def test_json_follows_its_schema(words: tuple[str, ...], saved: Path) -> None:
    """One document, strict JSON; the rows as objects where something names them."""
    found = strict_json(regcli("predict", saved / "drop.json", PENGUINS, "--json", *words).out)
    jsonschema.Draft202012Validator(schema_of("predict")).validate(found)
    assert len(found["predictions"]) == 344 and found["predictions"].count(None) >= 2
    assert ("rows" in found) is bool(words)
    if words:
        assert [row["prediction"] for row in found["rows"]] == found["predictions"]


def test_a_saved_model_follows_its_schema(saved: Path) -> None:
    """Every model of this page."""
    for file in saved.glob("*.json"):
        jsonschema.Draft202012Validator(schema_of("model")).validate(json.loads(file.read_text("utf-8")))


def test_metrics_are_those_of_all_rows_at_once(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of a few hundred bytes give the metrics, and the predictions to the bit, of one batch."""
    whole = package.predict(saved / "mean.json", PENGUINS)
    monkeypatch.setattr(streaming, "SIZE", 500)
    monkeypatch.setattr(streaming.chunks, "__defaults__", (None, 500, *streaming.chunks.__defaults__[2:]))
    pieces = package.predict(saved / "mean.json", PENGUINS)
    np.testing.assert_array_equal(whole.arrays.predictions, pieces.arrays.predictions)
    y = pd.read_csv(PENGUINS)[TARGET].to_numpy()
    known = ~np.isnan(y)
    residual = y[known] - whole.arrays.predictions[known]
    assert pieces.metrics.mse == pytest.approx(np.mean(residual**2), rel=1e-12)
    assert pieces.metrics.mae == pytest.approx(np.mean(np.abs(residual)), rel=1e-12)
    assert pieces.metrics.r2 == pytest.approx(1 - np.mean(residual**2) / np.var(y[known]), rel=1e-12)
    assert pieces.filled == whole.filled and pieces.metrics.rows == 342


def test_a_file_larger_than_memory_passes_through(saved: Path, tmp_path: Path) -> None:
    """Under a limit of address space that a file of 300 MB would exceed several times over, all rows are predicted."""
    header, *rows = (SAMPLES / "diabetes.csv").read_text().splitlines()
    block = "\n".join(rows) + "\n"
    with gzip.open(tmp_path / "large.csv.gz", "wt", compresslevel=1) as file:
        file.write(header + "\n")
        for _ in range(9000):
            file.write(block)
    line = f"ulimit -v 1500000; {' '.join(REGCLI)} predict {saved}/diabetes.json {tmp_path}/large.csv.gz -q | wc -l"
    done = subprocess.run(["bash", "-c", line], env=environment(), capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(9000 * 442 + 1), "")


def test_a_late_error_leaves_standard_output_empty_and_the_old_file_whole(saved: Path, tmp_path: Path) -> None:
    """A cell that is no number in the last line: exit 3, nothing printed, the output file as it was."""
    text = (SAMPLES / "diabetes.csv").read_text()
    (tmp_path / "t.csv").write_text(
        text * 1 + text.splitlines()[1].replace(text.splitlines()[1].split(",")[2], "oops") + "\n"
    )
    said = regcli("predict", saved / "diabetes.json", tmp_path / "t.csv")
    check_error(said, 3)
    assert "line 444" in said.err
    (tmp_path / "old.csv").write_text("old")
    check_error(regcli("predict", saved / "diabetes.json", tmp_path / "t.csv", "-o", tmp_path / "old.csv"), 3)
    assert (tmp_path / "old.csv").read_text() == "old"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["old.csv", "t.csv"]


def test_standard_input_and_no_data_at_all(saved: Path) -> None:
    """A pipe is read where DATA is left out."""
    one = shell(f"cat {PENGUINS} | regcli predict {saved}/mean.json -q")
    other = process("predict", saved / "mean.json", PENGUINS, "-q")
    assert one.stdout == other.stdout != b""


def test_ends(saved: Path, tmp_path: Path) -> None:
    """A reader that goes away is no error (141), a full disk is one (5), so is an output over the input (2)."""
    gone = shell(f"regcli predict {saved}/mean.json {PENGUINS} | head -1")
    assert gone.stdout.splitlines()[0] == b"prediction"
    full = process("predict", saved / "mean.json", PENGUINS, "-o", "/dev/full")
    assert (full.returncode, full.stdout) == (5, b"") and b"disk is full" in full.stderr
    full = shell(f"regcli predict {saved}/mean.json {PENGUINS} -q > /dev/full")
    assert full.returncode == 5
    copy = tmp_path / "p.csv"
    copy.write_bytes(PENGUINS.read_bytes())
    check_error(regcli("predict", saved / "mean.json", copy, "-o", copy), 2)
    check_error(regcli("predict", saved / "mean.json", copy, "-o", saved / "mean.json"), 2)
    assert copy.read_bytes() == PENGUINS.read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (["--missing", "mean"], 2, "--missing mean cannot act here"),
        (["--missing", "drp"], 2, "drop"),
        (["--format", "markdown"], 2, "markdown"),
        (["--format", "csv", "--json"], 2, "--json"),
        (["-o", "x.xlsx"], 2, "x.xlsx"),
        (["-o", "no/such/folder.csv"], 5, "does not exist"),
    ],
)
def test_wrong_options_are_refused(words: list[str], code: int, named: str, saved: Path) -> None:
    """One to three lines, nothing on standard output."""
    said = regcli("predict", saved / "mean.json", PENGUINS, *words)
    check_error(said, code)
    assert named in said.err


def test_a_model_that_is_none(tmp_path: Path) -> None:
    """A CSV file in the place of the model, a missing one: exit 3 that names it."""
    check_error(regcli("predict", PENGUINS, PENGUINS), 3)
    check_error(regcli("predict", tmp_path / "no.json", PENGUINS), 3)


def test_how_the_training_rows_were_read_holds_for_new_ones(tmp_path: Path) -> None:
    """Decimal commas, missing markers, thousands and units of the training file are read so again."""
    rows = "".join(f"{i},5;{(i * 7) % 5};{i * 1000 + 1};{i}kg;{i * i}\n" for i in range(1, 9)).replace(";4;", ";?;")
    rows = rows.replace("1001", "1.001").replace("2001", "2.001")
    (tmp_path / "t.csv").write_text(f"a;b;c;w;y\n{rows}")
    words = ["--decimal", ",", "--na", "?", "--missing", "mean", "--thousands", ".", "--units", "w"]
    said = regcli("fit", tmp_path / "t.csv", "-p", "l2", "-a", 0.1, *words, "--save", tmp_path / "m.json",
                  "--fitted", tmp_path / "f.csv")  # fmt: skip
    assert said.code == 0, said.err
    found = regcli("predict", tmp_path / "m.json", tmp_path / "t.csv")
    assert found.code == 0, found.err
    assert [row["fitted"] for row in records((tmp_path / "f.csv").read_text(), ",")] == found.out.splitlines()[1:]


def test_the_python_function_takes_a_report_a_model_or_a_file(saved: Path) -> None:
    """All three predict the same; a report of path holds no model."""
    report = package.fit(PENGUINS, TARGET, alpha=20, missing="mean")
    found = [package.predict(one, PENGUINS).arrays.predictions for one in
             (report, package.load(saved / "mean.json"), saved / "mean.json")]  # fmt: skip
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    frame = package.predict(report, pd.read_csv(PENGUINS)).arrays.predictions
    np.testing.assert_array_equal(found[0], frame)
    with pytest.raises(UsageError, match="holds no model"):
        package.predict(package.path(SAMPLES / "diabetes.csv", n_alphas=3), PENGUINS)


def test_nothing_to_tell_is_told_in_no_words(saved: Path) -> None:
    """No notices without gaps and new levels."""
    assert Tally().notices(load(saved / "mean.json").encoding) == []
    said = regcli("predict", saved / "diabetes.json", SAMPLES / "diabetes.csv", "-o", os.devnull)
    assert said.out == "" and "R2" in said.err and "missing" not in said.err
