"""Exported models at the edges: no finite value, cells of the wrong kind, wide models, dates, odd names."""

from __future__ import annotations

import copy
import io
import json
import math
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import at_terminal, check_error, regcli
from test_export import Vector, agree, run_duckdb, run_python, run_sqlite, values
from test_project import HEAVY, loaded_by

import regcli as package
from regcli import export
from regcli.artifact import Model, of_document, to_text
from regcli.data.features.dates import days_of
from regcli.errors import DataError, UsageError
from regcli.export.dialects import DIALECTS
from regcli.export.to_python import to_python
from regcli.export.to_r import to_r
from regcli.export.to_sklearn import pipeline_of
from regcli.export.to_sql import MOST_TERMS, to_sql

R = shutil.which("Rscript")


def fitted(frame: pd.DataFrame, **options: Any) -> Model:
    """A ridge of `frame`, its target y."""
    report = package.fit(frame, **{"penalty": "l2", "alpha": 0.001, "target": "y", **options})
    return of_document(report.model_document())


def drawn(rows: int = 40, **columns: Any) -> pd.DataFrame:
    """Columns a and b between 1 and 5, other `columns`, and a target y."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.uniform(1, 5, rows), "b": rng.uniform(1, 5, rows), **columns})
    return frame.assign(y=frame["a"] - frame["b"] + rng.normal(size=rows))


def finite(predictions: Vector) -> Vector:
    return np.where(np.isfinite(predictions), predictions, math.nan)


def floats(found: list[Any]) -> Vector:
    return np.array([math.nan if one is None else one for one in found], dtype=np.float64)


# Functions

TERMS = (
    "log(a)", "log2(a)", "log10(a)", "log1p(a - 1)", "sqrt(a)", "I(1 / (a - 2))", "I(a ** 0.5)", "I(a ** -2)",
    "I(a ** -0.5)", "I(a ** b)", "I(a ** 3)", "exp(a)", "sin(a)", "I(-a)",
)  # fmt: skip
BEYOND = pd.DataFrame({"a": [0.0, -1.0, -2.0, 2.0, 800.0, -800.0], "b": [1.0, 2.0, 0.5, -1.0, 1.0, 3.0]})


@pytest.mark.parametrize("term", TERMS)
def test_no_finite_value_is_no_prediction(term: str) -> None:
    """Where a function has no finite value every language says nothing, and says it of that row alone."""
    model = fitted(drawn(), target=None, formula=f"y ~ {term} + b", alpha=1e-6)
    with np.errstate(all="ignore"):
        expected = finite(model.predict(BEYOND))
    agree([run_python(to_python(model))(row) for row in values(BEYOND)], expected, 1e-13)
    for dialect in (None, "sqlite"):
        agree([_finite(one) for one in run_sqlite(to_sql(model, dialect), BEYOND)], expected, 1e-12)
    for dialect in (None, "duckdb"):
        agree([_finite(one) for one in run_duckdb(to_sql(model, dialect), BEYOND)], expected, 1e-12)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def test_python_goes_through_infinity_as_numpy_does() -> None:
    """1 / (1 + exp(a)) is 0 where exp(a) is too large, and exp(-1 / a) where a is 0."""
    model = fitted(drawn(), target=None, formula="y ~ I(1 / (1 + exp(a))) + exp(-1 / b)", alpha=1e-6)
    rows = pd.DataFrame({"a": [800.0, 1.0], "b": [1.0, 0.0]})
    with np.errstate(all="ignore"):
        expected = model.predict(rows)
    assert np.isfinite(expected).all()
    agree([run_python(to_python(model))(row) for row in values(rows)], expected, 1e-13)


def test_log1p_is_exact_near_zero() -> None:
    """LN(1 + a) would lose eight of sixteen digits here."""
    frame = pd.DataFrame({"a": 10.0 ** np.linspace(-9, -6, 30)})
    model = fitted(frame.assign(y=np.log1p(frame["a"]) * 1e8), target=None, formula="y ~ log1p(a)", alpha=1e-9)
    agree(run_sqlite(to_sql(model, "sqlite"), frame), model.predict(frame), 1e-14)


@pytest.mark.parametrize(("term", "said"), [("sqrt(a)", True), ("I(a ** 2)", False), ("I(a / b)", False)])
def test_sqlite_is_said_to_need_its_library_where_it_does(term: str, said: bool) -> None:
    """Products, quotients and small powers need none."""
    text = to_sql(fitted(drawn(), target=None, formula=f"y ~ {term}"), "sqlite")
    assert ("SQLITE_ENABLE_MATH_FUNCTIONS" in text) == said


def test_a_polynomial_that_vanished_is_zero() -> None:
    """A column with two values has no polynomial of degree 3: its norms are 0, and nothing is divided by them."""
    document = copy.deepcopy(fitted(drawn(), target=None, formula="y ~ poly(a, 4) + b").document)
    document["encoding"]["polynomials"][0]["norms"][3:] = [0.0, 0.0, 0.0]
    model, rows = of_document(document), drawn()
    agree(run_sqlite(to_sql(model, "sqlite"), rows), (expected := model.predict(rows)), 1e-12)
    assert [run_python(to_python(model))(row) for row in values(rows)] == expected.tolist()


def nested(function: str, *others: Any, depth: int = 30) -> Model:
    """A model whose file holds a function inside itself."""
    document = copy.deepcopy(fitted(drawn()).document)
    atom: dict[str, Any] = {"number": "a"}
    for _ in range(depth):
        atom = {"call": [function, atom, *others]}
    document["encoding"]["features"][0]["factors"] = [atom]
    return of_document(document)


@pytest.mark.parametrize("function", ["power", "log1p"])
def test_sql_of_deep_functions_is_refused_before_it_fills_the_memory(function: str) -> None:
    """Their argument stands in them several times; Python has each once."""
    model = nested(function, *([{"constant": 4.0}] if function == "power" else []))
    with pytest.raises(UsageError, match="--to sql cannot express"):
        to_sql(model)
    assert len(to_python(model)) < 10_000


@pytest.mark.parametrize("write", [to_sql, to_python, to_r, pipeline_of])
def test_an_infinite_constant_is_damage(write: Any) -> None:
    """JSON can spell 1e999, which no language here can."""
    document = copy.deepcopy(fitted(drawn()).document)
    document["encoding"]["features"][0]["factors"] = [{"constant": math.inf}]
    with pytest.raises(DataError):
        write(of_document(document))


# Tables


def test_wide_models_are_added_up_in_groups() -> None:
    """SQLite and DuckDB take no sum of more than a thousand terms as it stands."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(20, 1500)), columns=[f"x{j}" for j in range(1500)]).assign(y=range(20))
    model = fitted(frame)
    assert len(model.active) > 5 * MOST_TERMS
    agree(run_sqlite(to_sql(model, "sqlite"), frame), model.predict(frame), 1e-12)
    agree(run_duckdb(to_sql(model, "duckdb"), frame), model.predict(frame), 1e-12)


def test_the_expression_is_one_operand() -> None:
    """In parentheses, so that it can be part of another expression."""
    model = fitted(drawn())
    base = sqlite3.connect(":memory:")
    found = base.execute(f"SELECT 2 * {to_sql(model)} FROM (SELECT 2.0 AS a, 3.0 AS b)").fetchone()
    base.close()
    assert found[0] == pytest.approx(2 * model.predict(pd.DataFrame({"a": [2.0], "b": [3.0]}))[0], rel=1e-12)


def test_sqlite_says_which_column_is_not_there() -> None:
    """In double quotes it would be a text, and the text 0."""
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        run_sqlite(to_sql(fitted(drawn()), "sqlite"), pd.DataFrame({"a": [1.0]}))


@pytest.mark.parametrize("missing", ["error", "indicator"])
def test_text_in_a_column_of_numbers_is_no_zero_in_sqlite(missing: str) -> None:
    """What spells a number is one; anything else is a missing cell, as the sqlite3 shell imports it."""
    frame = drawn()
    frame.loc[frame.index[:5], "a"] = np.nan if missing == "indicator" else 1.0
    model = fitted(frame, missing=missing)
    cells = pd.DataFrame({"a": ["1.5", "", "NA", "2e0", None], "b": ["1", "2", "3", "4", "5"]}, dtype=object)
    expected = model.predict(pd.DataFrame({"a": [1.5, np.nan, np.nan, 2.0, np.nan], "b": [1.0, 2, 3, 4, 5]}))
    agree(run_sqlite(to_sql(model, "sqlite"), cells), expected, 1e-12)


@pytest.mark.parametrize("least", [1, 8])
def test_an_empty_text_is_a_missing_level(least: int) -> None:
    """As is NULL; and a column that ignores case is compared by its characters."""
    frame = drawn(s=["u", "U", None, "v", "u"] * 8)
    frame.loc[39, "s"] = "w"
    model = fitted(frame, missing="mean", min_level_count=least if least > 1 else None)
    rows = pd.DataFrame({"a": [1.0] * 6, "b": [2.0] * 6, "s": ["u", "U", "", None, " new", "(missing)"]})
    expected = model.predict(rows.assign(s=rows["s"].str.strip().where(rows["s"] != "", None)))
    agree(run_sqlite(to_sql(model, "sqlite"), rows), expected, 1e-12)
    agree(run_duckdb(to_sql(model, "duckdb"), rows), expected, 1e-12)
    assert [run_python(to_python(model))(row) for row in values(rows)] == expected.tolist()
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (a REAL, b REAL, s TEXT COLLATE NOCASE)")
    base.executemany("INSERT INTO t VALUES (?, ?, ?)", [tuple(row.values()) for row in values(rows)])
    found = [row[0] for row in base.execute(f"SELECT {to_sql(model, 'sqlite')} FROM t")]
    base.close()
    agree(found, expected, 1e-12)


@pytest.mark.parametrize(("dialect", "collation"), [("mysql", "utf8mb4_bin"), ("sqlserver", "Latin1_General_100_BIN2")])
def test_databases_that_ignore_case_are_told_not_to(dialect: str, collation: str) -> None:
    """Else the levels u and U would be one."""
    text = to_sql(fitted(drawn(s=["u", "U"] * 20)), dialect)
    assert text.count(f"COLLATE {collation})") == 2


def test_true_and_false_in_every_spelling() -> None:
    """A type of the database, text in any case, or 1 and 0; with gaps too."""
    frame = drawn(f=["True", "false", "TRUE", None] * 10)
    model = fitted(frame, missing="mean")
    rows = pd.DataFrame({"a": [1.0] * 4, "b": [2.0] * 4, "f": ["true", "FALSE", None, "True"]})
    expected = model.predict(rows)
    assert len(set(expected)) == 3
    typed = rows.assign(f=pd.array([True, False, None, True], dtype="boolean"))
    agree(run_duckdb(to_sql(model, "duckdb"), typed), expected, 1e-12)
    for cells in (rows, rows.assign(f=pd.Series([True, False, None, True], dtype=object))):
        agree(run_sqlite(to_sql(model, "sqlite"), cells), expected, 1e-12)
        assert [run_python(to_python(model))(row) for row in values(cells)] == expected.tolist()
        agree(pipeline_of(model).predict(cells).tolist(), expected, 1e-12)


def test_python_refuses_what_is_no_number() -> None:
    """The error names the column; digits apart by underscores are Python's own."""
    predict = run_python(to_python(fitted(drawn())))
    for cell in ("1_000", "abc", "1,5"):
        with pytest.raises(ValueError, match=r"a: .* is no number"):
            predict({"a": cell, "b": 1.0})


# Dates


def dated(texts: list[str], dates: str) -> tuple[Model, pd.DataFrame]:
    frame = pd.DataFrame({"d": texts})
    y = days_of(frame["d"], "time" if ":" in texts[0][:3] else "iso") % 7 + np.arange(len(texts)) % 3
    return fitted(frame.assign(y=y), dates=dates), frame


MOMENTS = {
    "fractions of a second": [f"2024-{i % 12 + 1:02d}-01T{i % 24:02d}:30:15.{i:02d}" for i in range(30)],
    "offsets": [f"2024-{i % 12 + 1:02d}-01T{i % 24:02d}:30:15+0{i % 3}:30" for i in range(30)],
    "before 1970": [f"19{i + 40}-{i % 12 + 1:02d}-28" for i in range(30)],
}
TIMES = [f"{i % 12 + 1}:{i % 60:02d}:{(7 * i) % 60:02d}.25" for i in range(30)]


@pytest.mark.parametrize("dates", ["ordinal", "parts"])
@pytest.mark.parametrize("texts", MOMENTS.values(), ids=MOMENTS)
def test_dates_in_sqlite_and_duckdb(texts: list[str], dates: str) -> None:
    """Days with their fractions, offsets from UTC, and hours to the second."""
    model, frame = dated(texts, dates)
    expected = model.predict(frame)
    agree(run_sqlite(to_sql(model, "sqlite"), frame), expected, 1e-12)
    typed = frame.assign(d=pd.to_datetime(frame["d"], format="ISO8601", utc=True).dt.tz_localize(None))
    agree(run_duckdb(to_sql(model, "duckdb"), frame), expected, 1e-12)
    agree(run_duckdb(to_sql(model, "duckdb"), typed), expected, 1e-12)
    assert [run_python(to_python(model))(row) for row in values(frame)] == expected.tolist()


def test_times_without_leading_zeros() -> None:
    """9:05:30.25 is a time in SQLite too."""
    model, frame = dated(TIMES, "ordinal")
    for found in (run_sqlite(to_sql(model, "sqlite"), frame), run_duckdb(to_sql(model, "duckdb"), frame)):
        agree(found, model.predict(frame), 1e-12)


def test_what_is_no_date_is_none_in_sqlite() -> None:
    """A bare number would be a Julian day."""
    model, _ = dated(MOMENTS["before 1970"], "ordinal")
    rows = pd.DataFrame({"d": ["20240131", "2451545", "now", "2024-01-31"]}, dtype=object)
    found = run_sqlite(to_sql(model, "sqlite"), rows)
    assert [one is None for one in found] == [True, True, True, False]


WRITTEN = {
    "iso": (
        "2024", "2024-01", "2024-01-31", "20240131", "2024-1-5", "2024/01/31", "2024-01-31 10", "2024-01-31 10:05",
        "2024-01-31T10:05:07.123456", "2024-01-31T10:05:07Z", "2024-01-31T10:05:07+0200", "0001-01-01", "2024-02-30",
        "1969-12-31T23:59:59.999999", "20240131T100507", "2024-13-01", "x",
    ),
    "dmy": ("31/01/2024", "1.2.24", "31-12-69", "31/01/2024 10:05", "31/01/2024T10:05:07.25", "31/01/2024 1:05 pm",
            "31/02/2024", "1/2/24 x"),
    "mdy": ("01/31/2024", "1/2/68", "12-31-1999 23:59:59.999999", "31/01/2024"),
    "ymd": ("2024/01/31", "2024.1.5 7:30", "2024/1/5 12:00 am"),
    "time": ("1:05", "01:05:06", "13:00:00.25", "1:05 PM", "12:00am", "24:00", "24:01", "1:5", "7:30  pm"),
}  # fmt: skip


@pytest.mark.parametrize("style", WRITTEN)
def test_python_reads_dates_as_regcli_does(style: str) -> None:
    """In every style, to the bit; what is no date is an error that names the column."""
    model, _ = dated(TIMES if style == "time" else MOMENTS["before 1970"], "ordinal")
    document = copy.deepcopy(model.document)
    document["encoding"]["dates"] = {"d": style}
    predict = run_python(to_python(of_document(document)))
    model = of_document(document)
    for text in WRITTEN[style]:
        expected = model.predict(pd.DataFrame({"d": [text]}, dtype=object))[0]
        if math.isnan(expected):
            with pytest.raises(ValueError, match=r"d: .* is no (date|time)"):
                predict({"d": text})
        else:
            assert predict({"d": text}) == expected, text


@pytest.mark.parametrize("style", ["dmy", "words"])
@pytest.mark.parametrize("write", [lambda model: to_sql(model, "sqlite"), to_r])
def test_other_ways_to_write_dates_are_refused(style: str, write: Any) -> None:
    """With the column and the way out."""
    document = copy.deepcopy(dated(MOMENTS["before 1970"], "ordinal")[0].document)
    document["encoding"]["dates"] = {"d": style}
    with pytest.raises(UsageError, match="dates as in d"):
        write(of_document(document))


# Pipelines


def test_a_pipeline_takes_levels_that_are_numbers() -> None:
    """Whatever a DataFrame holds them as."""
    frame = drawn(k=[2007, 2008, 2009, 2010] * 10)
    model = fitted(frame, categorical=("k",))
    expected = model.predict(frame)
    for kind in (np.int64, np.float64, str, object):
        agree(pipeline_of(model).predict(frame.astype({"k": kind})).tolist(), expected, 1e-12)


def test_a_pipeline_keeps_its_digits_far_from_zero() -> None:
    """Numbers are centred before they are multiplied."""
    frame = pd.DataFrame({"a": 1e9 + np.arange(9.0) ** 2, "y": np.arange(9.0) % 5})
    model = fitted(frame)
    agree(pipeline_of(model).predict(frame).tolist(), model.predict(frame), 1e-12)


@pytest.mark.parametrize("gap", ["a", "s"])
def test_a_pipeline_refuses_gaps_that_nothing_fills(gap: str) -> None:
    """Where predict leaves the prediction empty: a number, or a level of a model whose gaps were dropped."""
    frame = drawn(s=["u", "v"] * 20)
    frame.loc[0, ["a", "s"]] = None
    pipeline = pipeline_of(fitted(frame, missing="drop"))
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0], "s": ["u", "new"]})
    assert np.isfinite(pipeline.predict(rows)).all()
    rows.loc[0, gap] = None
    with pytest.raises(ValueError, match="NaN"):
        pipeline.predict(rows)


# Names

MARKS = ("{missing}", "{columns}", "{title}", "{0}", "{", "}}", "%s", "x0", "MISSING", "out")


@pytest.mark.parametrize("name", MARKS)
def test_names_that_mean_something_to_the_writer(name: str) -> None:
    """Marks of its own templates and its own variables are names like others, of a target too."""
    frame = drawn().rename(columns={"a": name})
    for target in ("y", name):
        model = fitted(frame, target=target)
        expected = model.predict(frame)
        assert [run_python(to_python(model))(row) for row in values(frame)] == expected.tolist()
        agree(run_sqlite(to_sql(model, "sqlite"), frame), expected, 1e-12)
        agree(run_duckdb(to_sql(model, "duckdb"), frame), expected, 1e-12)


@pytest.mark.parametrize("char", ["\0", "\udc80"])
@pytest.mark.parametrize("place", ["name", "level"])
def test_what_a_file_cannot_hold_is_refused(char: str, place: str) -> None:
    """NUL and half a character, by SQL and R; Python has escapes for them."""
    document = copy.deepcopy(fitted(drawn(s=["u", "v"] * 20)).document)
    text = to_text(document)
    odd = to_text({"x": f"u{char}"}).partition(": ")[2].rstrip("}\n")
    old = '"u"' if place == "level" else '"s"'
    model = of_document(json.loads(text.replace(old, odd)))
    for write in (to_sql, to_r):
        with pytest.raises(UsageError, match="cannot express the name"):
            write(model)
    row: dict[str, Any] = {"a": 1.0, "b": 2.0, "s": "v", f"u{char}": "v"}
    plain = of_document(json.loads(text)).predict(pd.DataFrame({"a": [1.0], "b": [2.0], "s": ["v"]}))
    assert run_python(to_python(model))(row) == plain[0]


def test_control_characters_are_not_sent_to_a_terminal(tmp_path: Path) -> None:
    """SQL has to hold names as they are; a pipe or a file may have them."""
    path = tmp_path / "m.json"
    package.fit(drawn().rename(columns={"a": "a\x1b[31m"}), "y", alpha=0.1).save(path)
    assert at_terminal("export", path, "--to", "sql", columns=80) == (2, "")
    assert at_terminal("export", path, "--to", "python", columns=80)[0] == 0
    assert "\x1b[31m" in regcli("export", path, "--to", "sql").out


# The command


def test_the_words_are_those_of_the_registries() -> None:
    """Dialects are named where nothing heavy is loaded, and spelled where they are."""
    assert tuple(DIALECTS) == export.DIALECTS


def test_help_loads_no_heavy_library() -> None:
    """Neither NumPy nor pandas, before there is a model to read."""
    assert loaded_by("-m", "regcli", "export", "--help") & (HEAVY | {"numpy"}) == set()


def test_a_pipeline_is_not_sent_to_a_terminal(tmp_path: Path) -> None:
    """It is bytes: --output, or a pipe."""
    package.fit(drawn(), "y", alpha=0.1).save(tmp_path / "m.json")
    assert at_terminal("export", tmp_path / "m.json", "--to", "sklearn", columns=80) == (2, "")


def test_quiet(tmp_path: Path) -> None:
    """Nothing on standard error; what cannot be expressed writes no file."""
    package.fit(drawn(), formula="y ~ log(a)", alpha=0.001).save(tmp_path / "m.json")
    said = regcli("export", tmp_path / "m.json", "--to", "r", "-q", "-o", tmp_path / "m.R")
    assert (said.code, said.out, said.err) == (0, "", "")
    refused = regcli("export", tmp_path / "m.json", "--to", "sklearn", "-o", tmp_path / "m.joblib")
    check_error(refused, 2)
    assert "log(a)" in refused.err and refused.hint == "--to python"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.R", "m.json"]


# R


def in_r(model: Model, data: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the exported function gives for a data frame spelled in R."""
    (folder / "model.R").write_text(to_r(model))
    code = f'source("model.R"); cat(sprintf("%.17g", predict_model({data})), sep = "\\n")'
    return subprocess.run(["Rscript", "-e", code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(R is None, reason="R is not installed")
def test_r_takes_factors_numbers_and_dates(tmp_path: Path) -> None:
    """Levels as factors or numbers, numbers as factors, dates of class Date; a column that is not there is named."""
    model = fitted(drawn(k=[100_000, 2008] * 20), categorical=("k",))
    expected = model.predict(pd.DataFrame({"a": [1.5, 2.5], "b": [3.0, 4.0], "k": ["100000", "2008"]}))
    for k in ('factor(c("100000", "2008"))', "c(100000, 2008)", 'c("100000", "2008")'):
        done = in_r(model, f"data.frame(a = factor(c(1.5, 2.5)), b = c(3, 4), k = {k})", tmp_path)
        agree([float(word) for word in done.stdout.split()], expected, 1e-12)
    lacking = in_r(model, "data.frame(a = 1, k = 2008)", tmp_path)
    assert lacking.returncode != 0 and "columns are not there: b" in lacking.stderr
    model, _ = dated(MOMENTS["before 1970"], "parts")
    done = in_r(model, 'data.frame(d = as.Date(c("2024-02-29", NA)))', tmp_path)
    first, second = done.stdout.split()
    assert float(first) == pytest.approx(model.predict(pd.DataFrame({"d": ["2024-02-29"]}))[0], rel=1e-12)
    assert second == "NA"


@pytest.mark.skipif(R is None, reason="R is not installed")
@pytest.mark.parametrize("dates", ["ordinal", "parts"])
@pytest.mark.parametrize("texts", MOMENTS.values(), ids=MOMENTS)
def test_r_reads_dates(texts: list[str], dates: str, tmp_path: Path) -> None:
    """As SQLite and DuckDB do."""
    model, frame = dated(texts, dates)
    frame.to_csv(tmp_path / "d.csv", index=False)
    done = in_r(model, 'read.csv("d.csv")', tmp_path)
    agree([float(word) for word in done.stdout.split()], model.predict(frame), 1e-12)


@pytest.mark.parametrize("to", export.EXPORTS)
def test_the_same_model_gives_the_same_bytes(to: str) -> None:
    """Written twice, from two readings of one file."""
    text = to_text(fitted(drawn(s=["u", "v"] * 20)).document)
    first, second = (export.EXPORTS[to](of_document(json.loads(text)), None) for _ in range(2))
    assert first == second
    assert io.BytesIO(first).read(1) != b""
