"""`regcli inspect`: what each column is, what a fit would do with it, and warnings that come where they should only."""

from __future__ import annotations

import csv
import math
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import (
    DIABETES,
    NAMES,
    PROSTATE,
    ROOT,
    STYLE,
    at_terminal,
    check_error,
    in_spreadsheets,
    process,
    records,
    regcli,
    result,
    table,
)
from support import DATA, SAMPLES

import regcli as package
from regcli.report.to_delimited import to_csv

PENGUINS = str(ROOT / "sample_data" / "penguins.csv")
RNG = np.random.default_rng(3)
N = 40
A, B, C = RNG.normal(size=(3, N)).round(6)
COUNT = np.arange(1, N + 1)
WORDS = np.resize(["red", "green", "blue"], N)

Columns = dict[str, Any]


def written(path: Path, columns: Columns) -> Path:
    """A file of these columns and the target y, which is noise."""
    pd.DataFrame({**columns, **({} if "y" in columns else {"y": C})}).to_csv(path, index=False)
    return path


def inspected(path: Path, columns: Columns, *words: object) -> Any:
    """The document on such a file."""
    return result("inspect", written(path, columns), "-y", "y", *words)


def column(found: Any, name: str) -> Any:
    """What a document says of a column."""
    return next(one for one in found["columns"] if one["name"] == name)


def said(found: Any, code: str) -> str | None:
    """The message of a warning, or None."""
    return next((one["message"] for one in found["warnings"] if one["code"] == code), None)


def with_cells(values: Sequence[Any], **cells: Any) -> np.ndarray:
    """The values with some put in the place of others: `r3=-1` puts -1 into the rows 0 to 2."""
    out = np.array(values, dtype=object)
    for place, cell in cells.items():
        out[: int(place[1:])] = cell
    return out


# Warnings: a file with each, and one without


WARNINGS: dict[str, tuple[Columns, Columns, list[str]]] = {
    "binary_target": ({"a": A, "y": np.resize([0, 1, 1, 0], N)}, {"a": A, "y": np.resize([0, 1, 2], N)}, ["1 in 20"]),
    "constant_column": (
        {"a": A, "k": 7, "t": "x"},
        {"a": A, "k": np.resize([7, 7, 7, 8], N)},
        ["2 columns", "k (7)", "t ('x')"],
    ),
    "equal_columns": (
        {"a": A, "twin": A, "w": WORDS, "v": WORDS},
        {"a": A, "twin": -A, "w": WORDS, "v": WORDS[::-1]},
        ["2 columns", "twin = a", "v = w"],
    ),
    "close_columns": (
        {"a": A, "b": (2 * A + 0.1 * B).round(6)},
        {"a": A, "b": (2 * A + B).round(6)},
        ["1 pair", "a and b (0.99"],
    ),
    "close_to_target": ({"a": A, "leak": -C}, {"a": A, "leak": C + B}, ["leak (-1)"]),
    "names_rows": ({"a": A, "when": COUNT}, {"a": A, "when": COUNT + 5}, ["when (counts the rows, 1 to 40)", "--exc"]),
    "date_columns": (
        {"a": A, "d": pd.date_range("2024-01-20", periods=N).strftime("%d/%m/%Y")},
        {"a": A, "d": COUNT + 2000},
        ["d (2024-01-20 to 2024-02-28, day before month)", "--dates ordinal"],
    ),
    "unreadable_dates": (
        {"a": A, "d": np.resize(["1/2/2024", "3/4/2024"], N)},
        {"a": A, "d": np.resize(["1/2/2024", "13/4/2024"], N)},
        ["d ('1/2/2024')"],
    ),
    "heavy_tails": (
        {"a": A, "long": np.exp(3 * A), "far": with_cells(A, r1=1e4)},
        {"a": A, "b": np.exp(A / 3)},
        ["2 columns", "long (skewness", "all positive", "log()"],
    ),
    "wild_scales": ({"a": A, "b": B * 1e-7}, {"a": A, "b": B * 1e-5}, ["(b) to", "(a)"]),
    "large_offsets": ({"a": A, "b": B + 1e8}, {"a": A, "b": B + 1e4}, ["b (", "deviations"]),
    "sentinel_values": (
        {"a": with_cells(A, r5=-200), "b": with_cells(COUNT, r3=999)},
        {"a": with_cells(A, r1=-200), "b": with_cells(COUNT, r3=41)},
        ["-200 stands apart in a (5 rows; next", "--na=-200"],
    ),
    "level_spellings": (
        {"a": A, "sex": np.resize(["Male", "male", "Female", "MALE"], N)},
        {"a": A, "sex": np.resize(["Male", "Female"], N)},
        ["sex 'MALE' (10) and 'Male' (10) and 'male' (10)"],
    ),
    "mostly_missing": (
        {"a": A, "b": with_cells(B, r21=None)},
        {"a": A, "b": with_cells(B, r20=None)},
        ["1 column", "b (52.5 %)"],
    ),
}


@pytest.mark.parametrize("code", WARNINGS)
def test_warnings_come_where_they_should_only(code: str, tmp_path: Path) -> None:
    """Each has a file in which it appears, with its number, and one that is nearly the same in which it does not."""
    wrong, right, words = WARNINGS[code]
    message = said(inspected(tmp_path / "wrong.csv", wrong), code)
    assert message is not None
    assert [word for word in words if word not in message] == []
    assert said(inspected(tmp_path / "right.csv", right), code) is None


@pytest.mark.parametrize(
    ("cells", "marker"),
    [
        (with_cells(np.linspace(2, 1500, N).round(), r4=-200), -200),
        (with_cells(COUNT * 10, r3=-1), -1),
        (with_cells(COUNT + 17, r3=99), 99),
        (with_cells(COUNT / 3, r3=9999), 9999),
        (with_cells(COUNT, r4=500), 500),
        (with_cells(COUNT, r2=-999), None),
        (with_cells(COUNT - 20, r3=-30), None),
        (with_cells(COUNT + 60, r3=0), None),
        (with_cells(COUNT, r3=-200.5), None),
        (np.resize([-1, 0, 1], N), None),
        (np.resize([0, 1], N), None),
    ],
)
def test_values_that_stand_apart(cells: Any, marker: int | None, tmp_path: Path) -> None:
    """Repeated, whole, and far from the rest or a usual code; the option that is told takes exactly them as missing."""
    path = tmp_path / "t.csv"
    message = said(inspected(path, {"a": A, "b": cells}), "sentinel_values")
    if marker is None:
        assert message is None
        return
    assert message is not None
    option = message.rpartition(" ")[2]
    assert option == f"--na={marker}"
    after = result("inspect", path, "-y", "y", option, "--missing", "median")
    assert column(after, "b")["missing"] == sum(cell == marker for cell in cells)
    assert said(after, "sentinel_values") is None


def test_more_columns_that_name_rows(tmp_path: Path) -> None:
    """A declared number or a column of levels may name rows all the same; one that is in the way is not told twice."""
    columns = {"id": RNG.permutation(N * 7)[:N], "name": [f"n{i}" for i in range(N)], "a": A}
    blocked = inspected(tmp_path / "t.csv", columns)
    assert said(blocked, "names_rows") is None
    assert [column(blocked, name)["role"] for name in ("id", "name")] == ["identifier", "identifier"]
    message = said(inspected(tmp_path / "t.csv", columns, "--numeric", "id", "--categorical", "name"), "names_rows")
    assert message == "id (40 whole numbers, no two alike), name (40 values in 40 rows) perhaps only name the rows" \
        " (--exclude id,name)"  # fmt: skip


def test_equal_columns_are_not_called_close_as_well(tmp_path: Path) -> None:
    """A twin is told once; a column in another unit is close, with a correlation of exactly 1."""
    found = inspected(tmp_path / "t.csv", {"inch": A, "again": A, "cm": A * 2.54})
    assert said(found, "equal_columns") == "1 column equal to another: again = inch"
    assert said(found, "close_columns") == "1 pair of columns with a correlation beyond 0.99: inch and cm (1)"


def test_close_pairs_count_rows_that_both_have(tmp_path: Path) -> None:
    """Gaps leave rows out pair by pair, as pandas does; with few rows in common nothing is said."""
    b = (A + 0.1 * B).round(6)
    frame = pd.DataFrame({"a": with_cells(A, r15=None), "b": b}).astype(float)
    frame.loc[30:, "b"] = np.nan
    r = frame["a"].corr(frame["b"])
    found = inspected(tmp_path / "t.csv", dict(frame.items()), "--missing", "median")
    assert said(found, "close_columns") == f"1 pair of columns with a correlation beyond 0.99: a and b ({r:.4f})"
    frame.loc[:20, "a"] = np.nan
    assert said(inspected(tmp_path / "t.csv", dict(frame.items()), "--missing", "median"), "close_columns") is None


def test_very_wide_files_take_seconds_and_say_what_is_left_out(tmp_path: Path) -> None:
    """Pairs of very many columns are not looked at; a table of numbers without gaps is cut, its csv is not."""
    wide = {f"x{j}": row for j, row in enumerate(RNG.normal(size=(5001, 12)).round(3))}
    pd.DataFrame({**wide, "y": C[:12]}).to_csv(tmp_path / "t.csv", index=False)
    report = package.inspect(tmp_path / "t.csv", vif=True)
    found = report.to_dict()
    assert said(found, "pairs_not_searched") is not None
    assert said(found, "no_vif") == "no variance inflation factors: 5,001 varying columns of numbers, 12 rows" \
        " without gaps in them"  # fmt: skip
    shown = str(report)
    assert len(shown.splitlines()) < 30
    assert "Not shown   4,990 columns of numbers without gaps (csv and JSON have them)" in shown
    assert len(records(to_csv(report))) == 5002


# Variance inflation


def test_variance_inflation_is_that_of_least_squares() -> None:
    """1 / (1 - R2) of each column regressed on the others."""
    frame = pd.read_csv(DIABETES).drop(columns="target")
    found = result("inspect", DIABETES, "--vif")
    for name in frame:
        others = np.column_stack([np.ones(len(frame)), frame.drop(columns=name)])
        y = frame[name].to_numpy()
        residual = y - others @ np.linalg.lstsq(others, y, rcond=None)[0]
        factor = np.sum((y - y.mean()) ** 2) / np.sum(residual**2)
        assert math.isclose(column(found, str(name))["vif"], factor, rel_tol=1e-9), name  # R2 loses three digits
    message = said(found, "vif_high")
    assert message is not None
    assert message.startswith("4 columns with a variance inflation above 10: s1 (59.2), s2 (39.2)")
    assert said(found, "vif_infinite") is None
    assert column(found, "target")["vif"] is None
    assert all(one["vif"] is None for one in result("inspect", DIABETES)["columns"])


def test_variance_inflation_without_gaps_and_levels(tmp_path: Path) -> None:
    """Rows with a gap in a number are left out, constant columns and levels have none."""
    b = with_cells((A + B).round(6), r3=None)
    found = inspected(tmp_path / "t.csv", {"a": A, "b": b, "k": 1, "w": WORDS}, "--vif", "--missing", "drop")
    r = np.corrcoef(A[3:], b[3:].astype(float))[0, 1]
    factors = {one["name"]: one["vif"] for one in found["columns"]}
    assert math.isclose(factors["a"], 1 / (1 - r**2), rel_tol=1e-12)
    assert math.isclose(factors["b"], 1 / (1 - r**2), rel_tol=1e-12)
    assert [factors[name] for name in ("k", "w", "y")] == [None, None, None]
    assert (
        said(found, "vif_rows") == "variance inflation from 37 of 40 rows: the others have gaps in columns of numbers"
    )


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e12])
def test_dependent_columns_have_infinite_inflation(scale: float, tmp_path: Path) -> None:
    """`inf` for people and csv, null in JSON; and the factor of another column is as without them."""
    columns = {"a": A, "b": B, "sum": (A + B) * scale, "other": (A + C).round(6), "y": WORDS == "red"}
    path = written(tmp_path / "t.csv", {**columns, "y": np.resize([1, 2, 4], N)})
    found = result("inspect", path, "--vif")
    assert said(found, "vif_infinite") == "3 columns determined by the others: a, b, sum"
    assert [column(found, name)["vif"] for name in ("a", "b", "sum")] == [None] * 3
    alone = result("inspect", path, "--vif", "--exclude", "sum")
    assert math.isclose(column(found, "other")["vif"], column(alone, "other")["vif"], rel_tol=1e-9)
    rows = {row["name"]: row["vif"] for row in records(regcli("inspect", path, "--vif", "--format", "csv").out)}
    assert [rows[name] for name in ("a", "b", "sum", "y")] == ["inf", "inf", "inf", ""]
    shown = [line.split() for line in regcli("inspect", path, "--vif").out.splitlines()]
    assert next(line for line in shown if line[:1] == ["sum"])[-2] == "inf"


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_too_few_rows_for_variance_inflation(rows: int, tmp_path: Path) -> None:
    """As many columns as rows, or no column that varies: no factors, and the counts."""
    path = written(tmp_path / "t.csv", {"a": A[:rows], "b": B[:rows], "c": C[:rows], "y": np.arange(rows)})
    found = result("inspect", path, "--vif")
    message = said(found, "no_vif")
    assert message is not None
    assert f"{rows} row" in message


# Columns


MIXED = {
    "n": A, "k": 5, "w": WORDS, "t": WORDS == "red", "d": pd.date_range("2024-01-20", periods=N).strftime("%Y-%m-%d"),
    "clock": np.resize(["08:30", "17:05"], N), "gap": with_cells(B, r2=None), "wgap": with_cells(WORDS, r2=None),
    "RowID": RNG.permutation(N * 7)[:N], "free": [f"text {i}" for i in range(N)], "none": [None] * N,
    "odd": with_cells(A.round(2), r1="?"), "some": [*(f"v{i // 2}x" for i in range(N - 2)), "a", "b"],
}  # fmt: skip
"""One column of each role."""


def test_roles_and_what_a_fit_does(tmp_path: Path) -> None:
    """Every role, whether it is in the way, and the words for what happens to it."""
    found = inspected(tmp_path / "t.csv", MIXED)
    assert {one["name"]: (one["role"], one["blocked"], one["action"]) for one in found["columns"]} == {
        "n": ("number", False, "standardized"),
        "k": ("constant", False, "dropped: constant"),
        "w": ("levels", False, "3 level columns"),
        "t": ("true/false", False, "2 level columns"),
        "d": ("date", True, "in the way: --dates ordinal"),
        "clock": ("date", True, "in the way: --dates ordinal"),
        "gap": ("number", True, "in the way: 2 gaps"),
        "wgap": ("levels", False, "4 level columns, one for gaps"),
        "RowID": ("identifier", True, "in the way: --exclude RowID"),
        "free": ("identifier", True, "in the way: --exclude free"),
        "none": ("empty", True, "in the way: no cells (--exclude none)"),
        "odd": ("odd cells", True, "in the way: --na '?' --missing drop"),
        "some": ("many levels", True, "in the way: --exclude some"),
        "y": ("target", False, "explained"),
    }
    assert (column(found, "d")["min"], column(found, "d")["max"]) == ("2024-01-20", "2024-02-28")
    assert (column(found, "clock")["min"], column(found, "clock")["max"]) == ("08:30", "17:05")
    assert column(found, "wgap")["levels"] == [
        {"level": "blue", "rows": 13}, {"level": "red", "rows": 13}, {"level": "green", "rows": 12}
    ]  # fmt: skip
    assert len(column(found, "some")["levels"]) == 20


ACTIONS: list[tuple[list[str], dict[str, str]]] = [
    (["--missing", "median"], {"gap": "standardized; gaps filled with the median", "n": "standardized"}),
    (["--missing", "mean"], {"gap": "standardized; gaps filled with the mean"}),
    (["--missing", "indicator"], {"gap": "standardized as gap, gap[missing]; gaps filled with the mean, and marked"}),
    (
        ["--missing", "drop"],
        {"gap": "standardized; rows with gaps dropped", "wgap": "3 level columns; rows with gaps dropped"},
    ),
    (["--reference", "w=red"], {"w": "2 level columns", "wgap": "4 level columns, one for gaps"}),
    (["--min-level-count", "14"], {"w": "2 level columns"}),
    (["--dates", "parts"], {"d": "month, day, weekday", "clock": "hours since midnight"}),
    (["--degree", "2"], {"n": "standardized as n, n^2"}),
    (["--interactions"], {"n": "standardized, and in products"}),
    (["--exclude", "w,gap"], {"w": "left out (--exclude)", "gap": "left out (--exclude)"}),
    (["--features", "n,d"], {"w": "left out (--features)", "d": "day number"}),
    (["--features", "n,w", "--exclude", "w"], {"w": "left out (--exclude)", "t": "left out (--features)"}),
    (["--id", "wgap"], {"wgap": "names rows (--id)"}),
    (
        ["--formula", "y ~ log(pos) + n:w"],
        {"pos": "standardized as log(pos)", "n": "in products", "t": "left out (--f"},
    ),
]


@pytest.mark.parametrize(("words", "expected"), ACTIONS, ids=[" ".join(words) for words, _ in ACTIONS])
def test_what_options_do_to_columns(words: list[str], expected: dict[str, str], tmp_path: Path) -> None:
    """The words follow the options, and the features are those that the fit has."""
    columns = {name: MIXED[name] for name in ("n", "w", "t", "d", "clock", "gap", "wgap")} | {"pos": np.exp(A)}
    defaults = {"--dates": "ordinal", "--missing": "median"}
    more = [word for option, value in defaults.items() if option not in words for word in (option, value)]
    found = inspected(tmp_path / "t.csv", columns, *words, *more)
    assert found["blockers"] is None
    for name, action in expected.items():
        assert column(found, name)["action"].startswith(action), name
    fitted = result("fit", tmp_path / "t.csv", "-y", "y", "-a", "0.1", *words, *more)
    assert found["data"]["features"] == fitted["data"]["features"]
    assert found["data"]["rows_used"] == fitted["data"]["rows_used"]
    assert found["data"]["dropped_rows"] == fitted["data"]["dropped_rows"]
    dropped = {one["name"] for one in fitted["data"]["dropped_columns"]}
    assert not dropped & set(found["data"]["features"])


def test_numbers_of_columns_are_those_of_pandas() -> None:
    """Missing, distinct, range, mean and deviation."""
    frame = pd.read_csv(PENGUINS)
    found = result("inspect", PENGUINS, "-y", "body_mass_g")
    for name in frame:
        one, cells = column(found, str(name)), frame[name]
        assert (one["missing"], one["distinct"]) == (cells.isna().sum(), cells.nunique())
        if pd.api.types.is_numeric_dtype(cells):
            assert (one["min"], one["max"]) == (cells.min(), cells.max())
            assert math.isclose(one["mean"], cells.mean(), rel_tol=1e-12)
            assert math.isclose(one["deviation"], cells.std(ddof=0), rel_tol=1e-12)
        else:
            assert {row["level"]: row["rows"] for row in one["levels"]} == cells.value_counts().to_dict()


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e160, 1e300])
def test_extreme_numbers_have_means_and_deviations(unit: float, tmp_path: Path) -> None:
    """Squares that would over- or underflow are never made."""
    found = column(inspected(tmp_path / "t.csv", {"a": A * unit, "b": B}), "a")
    assert math.isclose(found["mean"], float(np.mean(A)) * unit, rel_tol=1e-9)
    assert math.isclose(found["deviation"], float(np.std(A)) * unit, rel_tol=1e-9)


def test_infinite_cells_are_in_the_way(tmp_path: Path) -> None:
    """They are counted, and leave no infinite number in the document."""
    found = inspected(tmp_path / "t.csv", {"a": with_cells(A, r2=math.inf), "b": B})
    assert column(found, "a")["action"] == "in the way: 2 infinite cells"
    assert column(found, "a")["blocked"]
    assert "infinite or too large" in found["blockers"]["message"]


# What is in the way, and what comes next


@pytest.mark.parametrize(
    ("target", "action", "words"),
    [
        (WORDS, "in the way: --family multinomial", "is text, 3 different values"),
        (np.full(N, 2.5), "in the way: constant", "is constant, 2.5 in all 40 rows"),
        ([None] * N, "in the way: no cells", "has no cells"),
        ([f"n{i}" for i in range(N)], "in the way: text", "is text, 40 different values"),
        (with_cells(C, r2=None), "in the way: 2 gaps", "2 rows of 40 have missing cells: y (2)"),
        (with_cells(C.round(3), r1="?"), "in the way: --na '?' --missing drop", "1 cell of y is not a number"),
    ],
    ids=["text", "constant", "empty", "all different", "gaps", "marker"],
)
def test_targets_that_cannot_be_explained(target: Any, action: str, words: str, tmp_path: Path) -> None:
    """Each is said, beside what else is in the way, and the next command gets further."""
    columns = {"a": A, "name": [f"n{i}" for i in range(N)], "y": target}
    found = inspected(tmp_path / "t.csv", columns)
    assert column(found, "y")["action"] == action
    assert column(found, "y")["blocked"]
    assert words in found["blockers"]["message"]
    if action != "in the way: constant":
        assert "name only names the rows" in found["blockers"]["message"]


def test_the_next_command_works() -> None:
    """What is told to be typed next is a command that works, or another look that ends in one that does."""
    for path in [*SAMPLES.glob("*.csv"), DATA / "mtcars.csv", DATA / "ames.csv.gz"]:
        found = result("inspect", path)
        for _ in range(3):
            if found["next"].startswith("regcli cv"):
                break
            found = result(*shlex.split(found["next"])[1:])
        words = shlex.split(found["next"])
        assert words[1] == "cv"
        done = regcli("fit", *words[2:], "-a", "0.5", "--quiet")
        assert done.code == 0, (path, done.err)


def files() -> list[Path]:
    """Every file of the tests that may be data."""
    every = [path for path in sorted(DATA.rglob("*")) if path.is_file() and path.suffix not in (".md", ".txt")]
    return [*every, *sorted(SAMPLES.glob("*.csv"))]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_succeeds_on_everything_that_can_be_read(path: Path) -> None:
    """Exit code 0 with the same verdict as `fit`, or the error of reading, to the letter."""
    looked, fitted = regcli("inspect", path, "--vif", "--json"), regcli("fit", path, "-a", "0.1", "-q")
    if looked.code == 0:
        blockers = looked.json["blockers"]
        assert (blockers is None) == (fitted.code in (0, 4)), fitted.err
        if blockers is not None and "; the target" not in blockers["message"]:
            assert fitted.err.startswith(f"Error: {blockers['message'].split('; ')[0]}")
    else:
        check_error(looked, 3)
        errors = [[line for line in said.err.splitlines() if not line.startswith("Note")] for said in (looked, fitted)]
        assert [line for line in errors[0] if "regcli" not in line] == [
            line for line in errors[1] if "regcli" not in line
        ]


@pytest.mark.parametrize(
    "words",
    [
        ("--exclude", "nothing"), ("-y", "nothing"), ("--features", "b*"), ("--formula", "lpsa ~ nothing"),
        ("--id", "lpsa", "-y", "lpsa"), ("--exclude", "lpsa", "-y", "lpsa"),
        ("--categorical", "age", "--numeric", "age"),
    ],
)  # fmt: skip
def test_wrong_words_are_refused_as_by_fit(words: Sequence[str]) -> None:
    """What does not suit the columns is an error of usage, the same as that of `fit`."""
    looked, fitted = (regcli(verb, PROSTATE, *words) for verb in ("inspect", "fit"))
    check_error(looked, 2)
    assert looked.err == fitted.err


# How it is said


def test_streams(tmp_path: Path) -> None:
    """Notices on standard error, none with --quiet; the file instead of standard output; stdin; what takes how long."""
    loud, quiet = regcli("inspect", PROSTATE), regcli("inspect", PROSTATE, "--quiet")
    assert loud.out == quiet.out != ""
    assert all(line.startswith("Note: ") for line in loud.err.splitlines())
    assert "the target is the column train" in loud.err
    assert (quiet.err, quiet.code) == ("", 0)
    for suffix, format in ((".csv", "csv"), (".tsv", "tsv"), (".md", "markdown"), (".txt", "table"), (".json", "json")):
        path = tmp_path / f"out{suffix}"
        done = regcli("inspect", PROSTATE, "-o", path, "-q")
        assert (done.code, done.out) == (0, "")
        assert path.read_text("utf-8") == regcli("inspect", PROSTATE, "--format", format).out
    piped = regcli("inspect", "-", "--json", stdin=Path(PROSTATE).read_bytes()).json
    named = result("inspect", PROSTATE)
    assert piped["data"].pop("source") == "standard input"
    assert piped["columns"] == named["columns"]
    assert "looked at every column" in regcli("inspect", PROSTATE, "--verbose").err
    check_error(regcli("inspect", tmp_path / "nothing.csv"), 3)
    check_error(regcli("inspect", PROSTATE, "-o", tmp_path / "no" / "x.csv"), 5)
    assert process("inspect", PENGUINS).returncode == 0


def test_one_line_a_column_and_one_row_in_csv() -> None:
    """The table and the records hold every column of the file in its order."""
    names = list(pd.read_csv(PENGUINS, nrows=1))
    lines = regcli("inspect", PENGUINS).out.splitlines()
    assert [line.split()[0] for line in lines[3 : 3 + len(names)]] == names
    assert [row["name"] for row in records(regcli("inspect", PENGUINS, "--format", "csv").out)] == names
    assert lines[-1].split() == ["Next", "regcli", "cv", PENGUINS, "--missing", "drop"]
    assert not any(line.endswith(" ") for line in lines)


@pytest.mark.parametrize("columns", [64, 80, 140])
@pytest.mark.parametrize("path", [PENGUINS, str(DATA / "ames.csv.gz")], ids=["penguins", "ames"])
def test_it_fits_a_terminal(path: str, columns: int) -> None:
    """No line is wider than the screen but commands and the name of the file; what is left out is said."""
    code, screen = at_terminal("inspect", path, columns=columns)
    plain = STYLE.sub("", screen).splitlines()
    assert code == 0
    assert [line for line in plain if len(line.rstrip()) > columns and path not in line] == []
    assert any(line.startswith("not shown at this width: share, distinct") for line in plain) == (columns < 100)


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown"])
def test_names_and_levels_that_could_fool_a_terminal(format: str, tmp_path: Path) -> None:
    """Escaped for people, exact in JSON, safe for spreadsheets in csv: names, levels, and what is in the way."""
    names = list(NAMES.values())
    path = table(tmp_path / "t.csv", names)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [[*row[:-1], names[i % len(names)], row[-1]] for i, row in enumerate(rows)]
        csv.writer(file).writerows([[*header[:-1], "\x1b[1mtext", header[-1]], *rows])
    said = regcli("inspect", path, "--format", format)
    assert said.code == 0, said.err
    assert "\x1b" not in said.err + ("" if format == "csv" else said.out)  # csv holds names as they are
    if format == "json":
        assert [one["name"] for one in said.json["columns"]] == [*names, "\x1b[1mtext", "y"]
    if format == "csv":
        assert [row["name"] for row in records(said.out)][: len(names)] == [in_spreadsheets(name) for name in names]
    if format == "table":
        assert "\\x1b[1mtext" in said.out
        assert "a\\x1b[31mred" in said.out


def test_python_says_the_same() -> None:
    """The report of the function is the document of the command line; a DataFrame and arrays are looked at as well."""
    report = package.inspect(PENGUINS, "body_mass_g", vif=True, missing="drop")
    assert report.to_dict() == result("inspect", PENGUINS, "-y", "body_mass_g", "--vif", "--missing", "drop")
    assert str(report) == regcli("inspect", PENGUINS, "-y", "body_mass_g", "--vif", "--missing", "drop").out
    assert report.columns[0].role == "levels"
    frame = package.inspect(pd.read_csv(PENGUINS), "body_mass_g", vif=True, missing="drop").to_dict()
    assert frame["columns"] == report.to_dict()["columns"]
    arrays = package.inspect((np.column_stack([A, B]), C))
    assert [one.name for one in arrays.columns] == ["x1", "x2", "y"]


def test_row_order_does_not_matter(tmp_path: Path) -> None:
    """Any order of the rows gives the same columns."""
    frame = pd.read_csv(PENGUINS)
    one = written(tmp_path / "one.csv", dict(frame.items()) | {"y": np.arange(len(frame)) % 7})
    other = tmp_path / "other.csv"
    pd.read_csv(one).sample(frac=1, random_state=1).to_csv(other, index=False)
    first, second = (result("inspect", path, "-y", "y", "--vif")["columns"] for path in (one, other))
    for a, b in zip(first, second, strict=True):
        for key in a:
            same: Callable[[Any, Any], bool] = (
                math.isclose if isinstance(a[key], float) and a[key] else lambda x, y: x == y
            )
            assert same(a[key], b[key]), (a["name"], key)
