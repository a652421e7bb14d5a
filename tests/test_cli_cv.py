"""`regcli cv` as it is typed and as it is read: the choice, its stability, what is never silent, what comes next."""

from __future__ import annotations

import functools
import os
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import (
    DIABETES,
    NAMES,
    PROSTATE,
    STYLE,
    Said,
    at_terminal,
    check_error,
    environment,
    in_spreadsheets,
    options_of,
    pasted,
    process,
    records,
    regcli,
    result,
    table,
    typed_next,
)
from rich.cells import cell_len
from test_cli_fit import ACTS as ACTS_OF_FIT

import regcli as package
from regcli.cli.commands.cv import cv as command
from regcli.errors import visible
from regcli.problem import certificate
from regcli.report.to_plot import to_picture
from regcli.report.wording import number, percent

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200d]")
LPSA = (PROSTATE, "-y", "lpsa", "--exclude", "train")
FEW = ("--n-alphas", "12")

ACTS: dict[str, tuple[str, str]] = {
    "n_alphas": ("", "--n-alphas 12"),
    "alpha_min_ratio": ("", "--alpha-min-ratio 0.1"),
    "alphas": ("", "--alphas 3,1"),
    "folds": ("", "-k 5"),
    "repeats": ("", "--repeats 2"),
    "groups": ("", "--groups age"),
    "time": ("", "--time age"),
    "fold_column": ("", "--fold-column sex"),
    "rule": ("", "--rule min"),
    "measure": ("", "--measure mae"),
}
"""For each parameter that fit has not and that changes something: a command, and words that change what it says."""

REFUSED: dict[str, tuple[str, bool]] = {
    "-p none": ("none", True),
    "--alpha 1": ("--alpha", False),
    "--folds 1": ("--folds", False),
    "--folds 0": ("--folds", False),
    "--folds -3": ("--folds", False),
    "--folds abc": ("abc", False),
    "--folds 2.5": ("2.5", False),
    "--folds 1000000": ("442", False),  # the same words as of the next
    "--folds 443": ("442", True),
    "--repeats 0": ("--repeats", False),
    "--repeats -1": ("--repeats", False),
    "--repeats 1001": ("--repeats", False),
    "--repeats x": ("--repeats", False),
    "--rule x": ("--rule", False),
    "--rule 1sd": ("1sd", True),
    "--measure x": ("--measure", False),
    "--measure msee": ("msee", True),
    "--jobs 0": ("--jobs", False),
    "--jobs -2": ("--jobs", False),
    "--groups age --time sex": ("--groups and --time", False),
    "--groups age --fold-column sex": ("--groups and --fold-column", False),
    "--fold-column sex --folds 2": ("--folds", False),
    "--fold-column sex --seed 1": ("--seed", False),
    "--fold-column sex --repeats 2": ("--repeats", False),
    "--time age --seed 1": ("--seed", False),
    "--folds loo --seed 1": ("--seed", False),
    "--folds loo --repeats 2": ("--repeats", False),
    "--folds loo --groups age": ("--groups", False),
    "--seed -1": ("--seed", False),
    "--seed 18446744073709551616": ("--seed", False),
    "--seed 1.5": ("--seed", False),
    "--l1-ratio 0.5": ("--l1-ratio", True),
    "-p l2 --l1-ratio 0.1,0.5": ("--l1-ratio", True),
    "-p enet --l1-ratio 2": ("--l1-ratio", False),
    "-p enet --l1-ratio 0.5,-1": ("--l1-ratio", False),
    "-p enet --l1-ratio 0.5,x": ("'x'", False),
    "-p enet --l1-ratio ''": ("--l1-ratio", False),
    "--alphas abc": ("abc", False),
    "--alphas ''": ("--alphas", False),
    "--alphas -1": ("--alphas", False),
    "--alphas 1 --n-alphas 5": ("--n-alphas", False),
    "--groups agee": ("agee", True),
    "--time bip": ("bip", True),
    "--fold-column sxe": ("sxe", True),
    "--groups ''": ("--groups", False),
    "--time ''": ("--time", False),
    "--groups target": ("target", False),
    "--groups age -x age,bmi": ("age", False),
    "--groups sex --split-column sex": ("sex", False),
    "--groups sex --folds 3": ("2 groups", True),
    "--time age --folds 100": ("57", True),
    "--test-size 0": ("--test-size", False),
    "--x-axis alpha": ("--x-axis", False),
    "--full-path": ("--full-path", False),
    "--plot x.bmp": ("x.bmp", False),
    "--plot x.png -o x.png --json": ("--plot and --output", False),
}
"""Words after `regcli cv diabetes.csv`, what the error names, and whether adding what `Try:` says makes it work."""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file in which every name is awkward."""
    return str(table(tmp_path_factory.mktemp("odd") / "odd.csv", list(NAMES.values())))


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The diabetes data with columns to make folds by, some of them faulty."""
    frame = pd.read_csv(DIABETES)[["bmi", "bp", "s5", "target"]]
    n = len(frame)
    frame["town"] = [f"town {i * i % 23}" for i in range(n)]
    frame["day"] = pd.date_range("2020-01-01", periods=n).strftime("%Y-%m-%d")
    frame["one"] = "same"
    frame["soon"] = frame["day"].mask(frame.index == 5, "soon")
    frame["gaps"] = frame["town"].mask(frame.index.isin([3, 9]))
    source = tmp_path_factory.mktemp("days") / "days.csv"
    frame.to_csv(source, index=False)
    return str(source)


def cv(*words: object) -> Said:
    """`regcli cv` in this process."""
    return regcli("cv", *words)


once = functools.cache(cv)


def on_days(source: str, *words: object) -> Any:
    """The document of a run with three features of the days."""
    return result("cv", source, "-y", "target", "-x", "bmi,bp,s5", *FEW, *words)


def codes(said: Said) -> list[str]:
    """The codes of the document's warnings; each message is on standard error too."""
    for warning in said.json["warnings"]:
        assert f": {visible(warning['message'])}\n" in said.err
    return [warning["code"] for warning in said.json["warnings"]]


# Options


def test_every_option_is_one_of_fit_or_listed_here() -> None:
    """No parameter of the command is left out of these tests."""
    assert set(ACTS) == options_of(command) - set(ACTS_OF_FIT)


@pytest.mark.parametrize("name", sorted(options_of(command) - {"source"}))
def test_each_option_acts(name: str, tmp_path: Path) -> None:
    """With the option something else is said, or drawn, than without it."""
    if name in ACTS:
        source, (words, more) = DIABETES, ACTS[name]
    else:
        content, words, more = ACTS_OF_FIT[name]
        words = re.sub(r"-a \S+", "", words)
        source = str(content)
        if content not in (DIABETES, PROSTATE):
            source = str(tmp_path / "t.csv")
            Path(source).write_bytes(content if isinstance(content, bytes) else content.encode())
    picture = tmp_path / "p.svg"
    said = []
    few = () if "alphas" in f"{words} {more}" else FEW
    for line in (words, f"{words} {more}"):
        run = once if line == words and source in (DIABETES, PROSTATE) and "--" not in line else cv
        one = run(source, *few, *shlex.split(line.replace(f"{os.devnull}.png", str(picture))))
        said.append((one.code, one.out, one.err, picture.exists()))
    assert 0 in (said[0][0], said[1][0])
    assert said[0] != said[1]


@pytest.mark.parametrize("words", REFUSED)
def test_wrong_options_are_refused(words: str) -> None:
    """Exit 2, one to three lines, nothing on standard output; a `Try:` that is complete works when it is added."""
    named, works = REFUSED[words]
    said = cv(DIABETES, *shlex.split(words))
    check_error(said, 2)
    assert named in said.err
    if works:
        then = typed_next(said, ["cv", DIABETES, "--n-alphas", 3, *shlex.split(words)])
        assert then.code == 0, f"{said.err}{then.err}"


@pytest.mark.parametrize("source", ["no-such-file.csv", "", ".", os.devnull])
def test_nothing_to_read(source: str) -> None:
    """Exit 3, as for every command."""
    check_error(cv(source), 3)


@pytest.mark.parametrize("words", ["--measure mse", "--measure mae", "-k loo", "--repeats 5"])
def test_jobs_change_nothing(words: str) -> None:
    """One process, two, or more than there are folds: the same bytes, and the same command typed twice too."""
    line = (*LPSA, "--n-alphas", 6, *words.split(), "--json")
    said = [cv(*line, *more) for more in ((), ("-j", 1), ("-j", 2), ("-j", 999))]
    assert {one.code for one in said} == {0}
    assert len({one.out for one in said}) == 1


def test_the_seed_draws_the_folds() -> None:
    """The default is a fixed one that is said; another gives other folds; the same gives the same."""
    usual, again, other = (result("cv", DIABETES, *FEW, *more) for more in ((), ("--seed", 20260101), ("--seed", 1)))
    assert usual["folds"]["seed"] == again["folds"]["seed"] == 20260101
    assert usual["curve"] == again["curve"]
    assert usual["curve"] != other["curve"]
    assert "drawn with seed 20260101" in cv(DIABETES, *FEW).out


# Columns that make folds


@pytest.mark.parametrize(
    ("words", "scheme", "k"),
    [(("--groups", "town"), "groups", 10), (("--time", "day"), "time", 10), (("--fold-column", "town"), "given", 12)],
    ids=str,
)
def test_columns_of_text_make_folds(words: tuple[str, ...], scheme: str, k: int, days: str) -> None:
    """Groups and folds may be called anything, times may be dates; the column is no feature and is named."""
    found = on_days(days, *words)
    assert (found["folds"]["scheme"], found["folds"]["k"], found["folds"]["column"]) == (scheme, k, words[1])
    assert found["data"]["features"] == ["bmi", "bp", "s5"]
    assert words[1] in cv(days, "-y", "target", "-x", "bmi,bp,s5", *FEW, *words).out


@pytest.mark.parametrize(("option", "column"), [("--groups", "s1"), ("--time", "s1"), ("--fold-column", "sex")])
def test_the_column_that_makes_folds_is_no_feature(option: str, column: str) -> None:
    """Although it is a column of numbers like the others, and although a glob names it; no other column is lost."""
    every = result("cv", DIABETES, *FEW)["data"]["features"]
    assert column in every
    for more in ((), ("-x", "s*")):
        found = result("cv", DIABETES, option, column, *more, *FEW)
        expected = [name for name in every if name != column and (not more or name.startswith("s"))]
        assert found["data"]["features"] == expected


@pytest.mark.parametrize("option", ["--groups", "--fold-column"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_hostile_names_of_such_a_column(name: str, option: str, tmp_path: Path) -> None:
    """It is found by its exact name, escaped on the screen, and left out of the command that fits the same model."""
    source = table(tmp_path / "t.csv", ["a", "b", "c"])
    frame = pd.read_csv(source)
    frame.insert(1, name, np.arange(len(frame)) % 4)
    frame.to_csv(source, index=False)
    word = f"{option}={name}"
    said = cv(source, word, *FEW)
    assert said.code == 0, said.err
    assert not CONTROL.search(said.out + said.err)
    assert visible(name) in said.out
    found = result("cv", source, word, *FEW)
    assert found["data"]["features"] == ["a", "b", "c"]
    assert pasted(found["next"])["data"] == found["data"]


def test_missing_cells_of_such_a_column(days: str) -> None:
    """They follow --missing: refused with count, lines and the option; or dropped, counted and said."""
    words = [days, "-y", "target", "-x", "bmi,bp,s5", "--groups", "gaps", *FEW]
    said = cv(*words)
    check_error(said, 3)
    assert "gaps (2) (lines 5, 11)" in said.err
    then = typed_next(said, ["cv", *words])
    assert then.code == 0
    assert "2 rows of 442 dropped" in then.err
    assert cv(*words, "--missing", "drop", "--json").json["data"]["rows_used"] == 440


@pytest.mark.parametrize("option", ["--groups", "--fold-column"])
def test_a_column_of_one_value_makes_no_folds(option: str, days: str) -> None:
    """Exit 3: the data cannot be cut by it."""
    said = cv(days, "-y", "target", "-x", "bp", option, "one")
    check_error(said, 3)
    assert option in said.err


def test_times_are_numbers_or_dates(days: str) -> None:
    """Anything else is an error with its line and its cell."""
    said = cv(days, "-y", "target", "-x", "bmi", "--time", "soon")
    check_error(said, 3)
    assert "line 7" in said.err
    assert "Found: 'soon'" in said.err
    check_error(cv(days, "-y", "target", "-x", "bmi", "--time", "town"), 3)
    check_error(cv(PROSTATE, "-y", "lpsa", "--exclude", "train", "--time", "svi"), 3)


def test_rows_too_few_for_folds(tmp_path: Path) -> None:
    """Two rows cannot be learned from one at a time: exit 3."""
    source = tmp_path / "t.csv"
    source.write_text("a,y\n1,2\n2,5\n", encoding="utf-8")
    check_error(cv(source), 3)


# Nothing is silent


def test_fewer_rows_or_groups_than_folds(days: str, tmp_path: Path) -> None:
    """The usual ten become as many as there are, and that is said; a number that was typed is refused instead."""
    said = cv(table(tmp_path / "t.csv", ["a", "b"], rows=7), "--json")
    assert set(codes(said)) == {"target_assumed", "fewer_folds"}
    assert said.json["folds"]["k"] == 7
    said = cv(PROSTATE, "-y", "lpsa", "--exclude", "train", "--groups", "gleason", "--json")
    assert codes(said) == ["fewer_folds"]
    assert said.json["folds"]["k"] == 4
    assert "4 folds, as many as there are groups" in said.err


@pytest.mark.parametrize("rule", ["1se", "min"])
def test_a_null_model_is_said(rule: str, tmp_path: Path) -> None:
    """A target of noise: the model without features is chosen, out loud, and it is the mean."""
    source = table(tmp_path / "t.csv", ["a", "b", "c"], rows=200, truth=lambda j: 0.0)
    said = cv(source, "--rule", rule, "--json", "-y", "y")
    assert codes(said) == ["null_model"]
    assert said.json["chosen"]["min"]["mean"] >= said.json["chosen"]["null"]["mean"]
    assert said.json["sparsity"]["nonzero"] == 0
    assert said.json["model"]["intercept"] == pytest.approx(pd.read_csv(source)["y"].mean(), rel=1e-12)


def test_a_null_model_that_only_the_rule_chooses(tmp_path: Path) -> None:
    """A weak signal: 1se has no feature, and the note says what --rule min has."""
    source = table(tmp_path / "t.csv", ["a", "b", "c", "d"], rows=40, truth=lambda j: 0.3 * (j == 0))
    for seed in range(1, 30):
        said = cv(source, "-y", "y", "--seed", seed, "--json")
        chosen = said.json["chosen"]
        if chosen["one_se"]["nonzero"] == 0 and chosen["min"]["mean"] < chosen["null"]["mean"]:
            break
    assert "null_model" in codes(said)
    assert f"--rule min has {chosen['min']['nonzero']} feature" in said.err
    assert f"at alpha {chosen['min']['alpha']:.5g}" in said.err


@pytest.mark.parametrize(
    ("words", "edge"),
    [("--alphas 8,7,6", "low"), ("-p l2 --alphas 5,4", "low"), ("-p l2 --alphas 1e-3,1e-4", "high"),
     ("--alphas 1,0.01", "high"), ("-p enet --alphas 0.01,0.001", "high")],
)  # fmt: skip
def test_the_end_of_a_list_is_said(words: str, edge: str) -> None:
    """Alphas that were given are not extended: where the least error lies at their end, that is said."""
    said = cv(DIABETES, *words.split(), "--json", "-y", "target")
    assert codes(said) == ["at_edge"]
    assert (said.json["chosen"]["at_edge"], said.json["chosen"]["extended"]) == (edge, 0)
    assert len(said.json["curve"]) == len(words.split()[-1].split(","))


def test_the_grid_is_extended() -> None:
    """A grid that regcli draws grows at its spacing where the least error lies at its low end, and that is said."""
    said = cv(DIABETES, "-y", "target", "--n-alphas", 30, "--alpha-min-ratio", "0.1", "--json")
    assert codes(said) == ["grid_extended"]
    extended = said.json["chosen"]["extended"]
    assert 0 < extended <= 30
    alphas = [entry["alpha"] for entry in said.json["curve"]]
    assert len(alphas) == 30 + extended
    assert np.diff(np.log(alphas)) == pytest.approx(np.log(0.1) / 29, rel=1e-9)
    assert 0 < said.json["chosen"]["min"]["index"] < len(alphas) - 1


def test_where_an_extended_grid_is_not_enough(tmp_path: Path) -> None:
    """After two decades more that is said, and what may do as well."""
    source = table(tmp_path / "t.csv", ["a", "b"], rows=400, truth=lambda j: 5000.0)
    said = cv(source, "-y", "y", "--alpha-min-ratio", "0.01", "--json")
    assert codes(said) == ["at_edge"]
    assert said.json["chosen"]["at_edge"] == "low"
    alphas = [entry["alpha"] for entry in said.json["curve"]]
    assert alphas[99] / alphas[-1] == pytest.approx(100, rel=1e-9)
    assert "--penalty none" in said.err


def test_a_column_that_is_constant_in_a_fold(tmp_path: Path) -> None:
    """Its name and the fold are said; its coefficient there is 0, so that the fold does not select it."""
    frame = pd.read_csv(table(tmp_path / "t.csv", ["a", "b"]))
    frame["rare"] = (frame.index == 17) * 1.0
    frame["fold"] = frame.index % 5
    frame.to_csv(tmp_path / "t.csv", index=False)
    for measure in ("mse", "mae"):
        said = cv(
            tmp_path / "t.csv", "-y", "y", "--fold-column", "fold", "--measure", measure, "--rule", "min", "--json"
        )
        assert "constant_in_fold" in codes(said)
        assert "rare (fold 3)" in said.err
        rare = next(row for row in said.json["selection"] if row["name"] == "rare")
        assert rare["frequency"] <= 0.8


@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_not_certified(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 4; the result is there all the same, and warnings on standard error, unless --quiet."""
    monkeypatch.setattr(certificate, "GAP_BOUND", -1.0)
    said = cv(DIABETES, "--n-alphas", 5, "--format", format)
    assert said.code == 4
    assert len(said.out.splitlines()) > 5
    assert "Warning: " in said.err
    if format == "table":
        assert said.out.count("NOT") >= 2
    quiet = cv(DIABETES, "--n-alphas", 5, "--format", format, "-q")
    assert (quiet.code, quiet.err) == (4, "")


def test_quiet_and_verbose_do_not_touch_the_result() -> None:
    """--quiet leaves standard error empty, --verbose says what took how long; the warnings stay in the JSON."""
    words = (PROSTATE, "-y", "lpsa", "--exclude", "train", "--groups", "gleason", "--json")
    usual, quiet, verbose = (cv(*words, *more) for more in ((), ("-q",), ("-v",)))
    assert usual.out == quiet.out == verbose.out
    assert quiet.err == ""
    assert [warning["code"] for warning in quiet.json["warnings"]] == ["fewer_folds"]
    assert len(re.findall(r"^ +\d+\.\d+ s  \w", verbose.err, re.MULTILINE)) >= 4


# Tables


@pytest.mark.parametrize("measure", ["mse", "mae", "r2"])
@pytest.mark.parametrize("words", ["", "--rule min", "-p l2", "-p enet --l1-ratio 0.2,0.9"])
def test_the_choice_stands_first(words: str, measure: str) -> None:
    """min, 1se and no features side by side, what is refitted marked, each with its numbers."""
    line = (*LPSA, "--n-alphas", 30, *shlex.split(words), "--measure", measure)
    found = result("cv", *line)
    lines = cv(*line).out.splitlines()[3:6]
    chosen = found["chosen"]
    for line, (name, key) in zip(lines, {"min": "min", "1se": "one_se", "no features": "null"}.items(), strict=True):
        mark = " (refitted)" if chosen["rule"] == name else ""
        assert re.match(rf"{name}{re.escape(mark)}  ", line)
        row = chosen[key]
        assert all(number(row[part]) in line.split() for part in ("mean", "se", "train_mean"))
        assert line.split()[-1] == str(row["nonzero"])
        if measure != "r2":
            assert percent(row["r2"]) in line
        if key != "null":
            assert number(row["alpha"]) in line.split()
            assert (number(row["l1_ratio"]) in line.split()) or "," not in words


def test_the_coefficients_and_their_stability_in_a_pipe(odd: str) -> None:
    """One line a feature, names escaped: the refitted coefficient, how often it was selected, how often with its
    sign; no picture, nothing wrapped, no trailing blanks."""
    line = ("cv", odd, *FEW, "--repeats", "2")
    found = result(*line)
    said = regcli(*line)
    assert not CONTROL.search(said.out + said.err)
    lines = said.out.split("\n")
    assert all(line == line.rstrip() for line in lines)
    selection = {row["name"]: row for row in found["selection"]}
    for row in found["model"]["coefficients"]:
        stable = selection[row["name"]]
        shown = [number(row["coefficient"]), number(row["standardized"]), *percent(stable["frequency"]).split()]
        shown += [] if stable["sign_agreement"] is None else percent(stable["sign_agreement"]).split()
        name = f"{visible(row['name'])}  "
        assert any(line.startswith(name) and line[len(name) :].split() == shown for line in lines), name
    assert "largest alpha to the smallest" not in said.out
    narrow = process(*line, env=environment(COLUMNS="20", TERM="dumb"))
    assert narrow.stdout.decode() == said.out


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("words", ["", "-p l2", "-p enet --l1-ratio 0.2,0.9 --measure r2"])
def test_at_a_terminal(words: str, columns: int) -> None:
    """No line is longer than the terminal; the curve is drawn between its largest and smallest value, with both
    choices marked under it, training error beside validation error."""
    found = result("cv", *LPSA, *shlex.split(words))
    code, screen = at_terminal("cv", *LPSA, *shlex.split(words), columns=columns)
    plain = STYLE.sub("", screen)
    assert code == 0
    assert max(map(cell_len, plain.splitlines())) <= columns
    assert "\u2026" not in plain
    own = [entry for entry in found["curve"] if entry["l1_ratio"] == found["chosen"]["min"]["l1_ratio"]]
    values = [entry[key] for entry in own for key in ("mean", "train_mean")]
    assert re.search(rf"^ *{re.escape(number(max(values)))}  ", plain, re.MULTILINE)
    assert re.search(rf"^ *{re.escape(number(min(values)))}  ", plain, re.MULTILINE)
    assert re.search(r"\^1se +\^min", plain)
    assert "validation, " in plain
    for row in found["model"]["coefficients"]:
        assert re.search(rf"^{row['name']} .*\s{re.escape(number(row['coefficient']))}(\s|$)", plain, re.MULTILINE)


def test_hostile_names_at_a_terminal(odd: str) -> None:
    """Names are escaped, folded, never cut."""
    code, screen = at_terminal("cv", odd, columns=100)
    plain = STYLE.sub("", screen)
    assert code == 0
    assert not CONTROL.search(plain)
    assert max(map(cell_len, plain.splitlines())) <= 100
    for name in NAMES.values():
        if len(visible(name)) < 20:
            assert any(line.startswith(f"{visible(name)} ") for line in plain.splitlines()), name


def test_overfitting_is_said() -> None:
    """Where training and validation part is a sentence; its numbers are those of the curve."""
    for words in ((DIABETES,), LPSA):
        found = result("cv", *words)
        least = found["chosen"]["min"]
        said = cv(*words).out
        assert f"the validation MSE {number(least['mean'])} is {least['mean'] / least['train_mean']:.2f} times" in said
        assert f"the training MSE {number(least['train_mean'])}" in said
        assert "flat" in said


def test_a_model_that_overfits_is_called_so(tmp_path: Path) -> None:
    """Nearly as many features as rows: at the smallest alpha the validation error is far above its least."""
    source = table(tmp_path / "t.csv", [f"x{j}" for j in range(40)], rows=60, truth=lambda j: float(j < 2))
    assert "there the model overfits" in cv(source, "-y", "y").out
    assert "there the model overfits" in cv(source, "-y", "y", "--measure", "r2").out


# The machine formats


@pytest.mark.parametrize("order", ["size", "file"])
@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_delimited_text(format: str, penalty: str, order: str, odd: str) -> None:
    """The refitted model with its stability; names and doubles are those of the JSON, the intercept comes last."""
    words = (odd, "-p", penalty, *FEW)
    found = result("cv", *words)
    rows = records(cv(*words, "--format", format, "--order", order).out, "," if format == "csv" else "\t")
    expected = found["model"]["coefficients"]
    if order == "size":
        expected = sorted(expected, key=lambda row: -abs(row["standardized"]))
    selection = {row["name"]: row for row in found["selection"]}
    assert [row["name"] for row in rows] == [*(in_spreadsheets(row["name"]) for row in expected), "((intercept))"]
    for row, other in zip(rows, expected, strict=False):
        assert (float(row["coefficient"]), float(row["standardized"])) == (other["coefficient"], other["standardized"])
        assert float(row["frequency"]) == selection[other["name"]]["frequency"]
        agreement = selection[other["name"]]["sign_agreement"]
        assert row["sign_agreement"] == ("" if agreement is None else repr(agreement))
    assert float(rows[-1]["coefficient"]) == found["model"]["intercept"]


def test_markdown_is_one_table(odd: str) -> None:
    """Every line is a row of five cells."""
    lines = cv(odd, *FEW, "--format", "markdown").out.splitlines()
    assert {len(re.split(r"(?<!\\)\|", line)) for line in lines} == {7}
    assert len(lines) == len(NAMES) + 3


@pytest.mark.parametrize("suffix", [".json", ".csv", ".tsv", ".md", ".txt"])
def test_output_is_what_standard_output_would_have_been(suffix: str, tmp_path: Path) -> None:
    """The format is that of the suffix; standard output stays empty."""
    formats = {".json": "json", ".csv": "csv", ".tsv": "tsv", ".md": "markdown", ".txt": "table"}
    said = cv(*LPSA, *FEW, "-o", tmp_path / f"x{suffix}")
    assert (said.code, said.out) == (0, "")
    assert (tmp_path / f"x{suffix}").read_text("utf-8") == cv(*LPSA, *FEW, "--format", formats[suffix]).out


def test_standard_input() -> None:
    """`-` reads it, once."""
    said = regcli("cv", "-", *FEW, "--json", stdin=Path(DIABETES).read_bytes())
    assert said.code == 0
    assert said.json["curve"] == result("cv", DIABETES, *FEW)["curve"]


# What comes next


SAME = [
    "", "--rule min", "-p l2", "-p l2 --rule min", "-p enet", "-p enet --l1-ratio 0.1,0.9 --rule min",
    "-p enet --l1-ratio 0", "-p enet --l1-ratio 1", "--no-standardize", "--no-intercept", "--solver sklearn",
    "-p enet --alphas 3,1,0.3", "--alphas 1", "--groups age", "--time age", "--fold-column sex",
    "--groups age -x '*' --exclude sex", "--test-size 0.3", "--test-size 0.3 --seed 5",
    *(f"-p {penalty} --convention {name}" for penalty in ("l1", "l2", "enet")
      for name in ("sklearn", "glmnet", "sum", "mse")),
]  # fmt: skip


@pytest.mark.parametrize("words", SAME)
def test_next_fits_the_same_model(words: str) -> None:
    """The command runs as it stands and gives the coefficients of the refit: both are exact, to 1e-9 of the largest."""
    found = result("cv", DIABETES, "-y", "target", *shlex.split(words), *([] if "--alphas" in words else FEW))
    again = pasted(found["next"])
    assert again["command"] == "fit"
    assert again["data"] == found["data"]
    ours, others = (
        {row["name"]: row["standardized"] for row in one["model"]["coefficients"]} for one in (found, again)
    )
    # Coordinate descent of another start stops elsewhere, within its tolerance.
    exact = 1e-9 if "--solver" not in words else 1e-6
    assert others == pytest.approx(ours, abs=exact * max(map(abs, ours.values())))
    if found["model"]["intercept"] is not None:
        assert again["model"]["intercept"] == pytest.approx(found["model"]["intercept"], rel=exact)
    assert again["metrics"]["train"]["mse"] == pytest.approx(found["metrics"]["train"]["mse"], rel=exact)
    assert (again["metrics"]["test"] is None) is ("--test-size" not in words)


def test_next_is_shown_as_a_command_that_can_be_pasted() -> None:
    """In a pipe in one line; at a narrow terminal over several, which a shell joins."""
    found = result("cv", *LPSA)
    assert f"Same model   {found['next']}\n" in cv(*LPSA).out
    plain = STYLE.sub("", at_terminal("cv", *LPSA, columns=72)[1])
    shown = re.search(r"Same model +(regcli fit (?:.*\\\n)*.*)", plain)
    assert shown is not None
    assert shlex.split(shown[1].replace("\\\n", " ")) == shlex.split(found["next"])


def test_test_rows_play_no_part() -> None:
    """With other targets in the test rows everything but the test metrics stays as it is."""
    frame = pd.read_csv(PROSTATE)
    found = []
    for factor in (1, 100):
        frame.loc[~frame["train"], "lpsa"] *= factor
        found.append(package.cv(frame, "lpsa", split_column="train", n_alphas=12).to_dict())
    changed = [one.pop("metrics") for one in found]
    assert found[0] == found[1]
    assert changed[0]["train"] == changed[1]["train"]
    assert changed[0]["test"] != changed[1]["test"]


# Pictures


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_plot_writes_the_picture(suffix: str, tmp_path: Path) -> None:
    """The file holds the picture of the document; the result goes where it always goes; standard error says so."""
    pytest.importorskip("matplotlib")
    picture = tmp_path / f"p{suffix}"
    said = cv(*LPSA, *FEW, "--plot", picture)
    assert (said.code, said.out) == (0, cv(*LPSA, *FEW).out)
    assert said.err == f"Written: {picture}\n"
    assert picture.read_bytes() == to_picture(result("cv", *LPSA, *FEW), suffix, "alpha")
    assert [file.name for file in tmp_path.iterdir()] == [picture.name]


def test_pictures_that_cannot_be_are_refused_before_any_work(tmp_path: Path) -> None:
    """Exit 5 for a missing folder, 2 for the data itself or the test rows, whatever the data is like."""
    check_error(cv("no-such-file.csv", "--plot", tmp_path / "missing" / "p.png"), 5)
    source = table(tmp_path / "data.png", ["a", "b"])
    before = source.read_bytes()
    check_error(cv(source, "--plot", source), 2)
    check_error(cv(DIABETES, "--test", source, "--plot", source), 2)
    assert source.read_bytes() == before
