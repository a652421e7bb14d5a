"""A model written for other places predicts there what `regcli predict` does, whatever its columns are called."""

from __future__ import annotations

import io
import math
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import NAMES, ROOT, check_error, environment, regcli, shell
from numpy.typing import NDArray
from support import SAMPLES

import regcli as package
from regcli.artifact import Model, of_document
from regcli.errors import UsageError
from regcli.export import EXPORTS
from regcli.export.to_python import to_python
from regcli.export.to_r import to_r
from regcli.export.to_sklearn import to_sklearn
from regcli.export.to_sql import DIALECTS, to_sql

Vector = NDArray[np.float64]

PENGUINS = pd.read_csv(SAMPLES / "penguins.csv")
TARGET = "body_mass_g"
DATES = pd.DataFrame(
    {
        "day": [f"{2015 + i % 7}-{i % 12 + 1:02d}-{i % 28 + 1:02d}T{i % 24:02d}:{i % 60:02d}:00" for i in range(60)],
        "clock": [f"{i % 24:02d}:{(7 * i) % 60:02d}:{(11 * i) % 60:02d}" for i in range(60)],
        "y": [float((i * 37) % 23 + i) for i in range(60)],
    }
)
FLAGS = pd.DataFrame(
    {
        "on": [bool(i % 3) for i in range(30)],
        "x": [float(i * i % 11) for i in range(30)],
        "y": [float(i % 7) for i in range(30)],
    }
)
MODELS: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
    "numbers": (pd.read_csv(SAMPLES / "diabetes.csv"), {"alpha": 3}),
    "no intercept": (pd.read_csv(SAMPLES / "diabetes.csv"), {"alpha": 3, "intercept": False}),
    "levels": (PENGUINS, {"target": TARGET, "alpha": 5, "missing": "drop"}),
    "mean": (PENGUINS, {"target": TARGET, "alpha": 5, "missing": "mean"}),
    "median": (PENGUINS, {"target": TARGET, "penalty": "l2", "alpha": 5, "missing": "median"}),
    "marked": (PENGUINS, {"target": TARGET, "penalty": "l2", "alpha": 5, "missing": "indicator"}),
    "rare": (PENGUINS, {"target": TARGET, "penalty": "l2", "alpha": 5, "missing": "mean", "min_level_count": 100}),
    "products": (PENGUINS, {"target": TARGET, "alpha": 2, "missing": "mean", "interactions": True, "degree": 3}),
    "formula": (
        PENGUINS,
        {
            "formula": f"{TARGET} ~ poly(bill_length_mm, 3) * sex + log(flipper_length_mm)"
            " + I(bill_depth_mm ** 2 / 7) + sqrt(flipper_length_mm) + exp(-bill_depth_mm / 5) + log2(flipper_length_mm)"
            " + sin(year) + abs(year - 2008) + log10(flipper_length_mm) + log1p(flipper_length_mm)"
            " + I(flipper_length_mm ** 0.5)",
            "penalty": "l2", "alpha": 0.001, "missing": "mean",
        },
    ),
    "days": (DATES, {"dates": "ordinal", "penalty": "l2", "alpha": 0.1}),
    "parts": (DATES, {"dates": "parts", "penalty": "l2", "alpha": 0.1}),
    "one date": (DATES[["day", "y"]], {"dates": "parts", "penalty": "l2", "alpha": 0.1}),
    "one day": (DATES[["day", "y"]], {"dates": "ordinal", "penalty": "l2", "alpha": 0.1}),
    "true and false": (FLAGS, {"penalty": "l2", "alpha": 0.1}),
    "nothing": (pd.read_csv(SAMPLES / "diabetes.csv"), {"alpha": 1e4}),
}  # fmt: skip
PLAIN = ("numbers", "no intercept", "levels", "mean", "median", "marked", "rare", "true and false", "nothing")
"""Models that scikit-learn's own classes can express."""


def made(name: str) -> tuple[Model, pd.DataFrame, Vector]:
    """A model, rows for it (with gaps and a new level where it takes those), and what `predict` says of them."""
    frame, options = MODELS[name]
    report = package.fit(frame, **options)
    rows = frame.copy()
    if frame is PENGUINS:
        rows.loc[0, "island"] = "Ross"
        rows.loc[5, ["sex", "bill_length_mm"]] = None
    found = package.predict(report, rows, missing="drop")
    return of_document(report.model_document()), rows, found.arrays.predictions


def values(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(rows.columns, row, strict=True)) for row in
            rows.astype(object).where(rows.notna(), None).itertuples(index=False, name=None)]  # fmt: skip


def run_python(text: str) -> Callable[[dict[str, Any]], float | None]:
    module: dict[str, Any] = {}
    exec(compile(text, "model.py", "exec"), module)
    return module["predict"]  # type: ignore[no-any-return]


def run_sqlite(text: str, rows: pd.DataFrame) -> list[Any]:
    base = sqlite3.connect(":memory:")
    quoted = ['"' + str(name).replace('"', '""') + '"' for name in rows.columns]
    kinds = ["REAL" if kind.kind in "iuf" else "" for kind in rows.dtypes]
    base.execute(f"CREATE TABLE t ({', '.join(f'{n} {k}' for n, k in zip(quoted, kinds, strict=True))})")
    marks = ", ".join("?" * len(quoted))
    base.executemany(f"INSERT INTO t VALUES ({marks})", [tuple(row.values()) for row in values(rows)])
    found = [row[0] for row in base.execute(f"SELECT (\n{text}\n) FROM t")]
    base.close()
    return found


def run_duckdb(text: str, rows: pd.DataFrame) -> list[Any]:
    import duckdb

    base = duckdb.connect()
    base.register("t", rows)
    found = [row[0] for row in base.execute(f"SELECT (\n{text}\n) FROM t").fetchall()]
    base.close()
    return found


def agree(found: list[Any], expected: Vector, rtol: float) -> None:
    got = np.array([math.nan if value is None else value for value in found], dtype=np.float64)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    scale = np.nanmax(np.abs(expected))
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol * scale)


@pytest.mark.parametrize("name", MODELS)
def test_python_predicts_the_same_bits(name: str) -> None:
    """The module, run without regcli, gives what predict gives: to the last bit, functions to 1e-13."""
    model, rows, expected = made(name)
    predict = run_python(to_python(model))
    found = [predict(row) for row in values(rows)]
    if name == "formula":
        agree(found, expected, 1e-13)
    else:
        np.testing.assert_array_equal(np.array([math.nan if one is None else one for one in found]), expected)


def test_the_python_module_takes_text_as_a_csv_reader_gives_it(tmp_path: Path) -> None:
    """Rows of csv.DictReader predict what the file does; in a process that cannot import regcli, pandas or NumPy."""
    model, _, _ = made("mean")
    (tmp_path / "model.py").write_text(to_python(model))
    code = (
        "import sys\nfor name in ('regcli', 'numpy', 'pandas'): sys.modules[name] = None\n"
        "import csv, model\nwith open(sys.argv[1], encoding='utf-8') as file:\n"
        "    for row in csv.DictReader(file): print(repr(model.predict(row)))"
    )
    command = [sys.executable, "-c", code, str(SAMPLES / "penguins.csv")]
    there = environment(PYTHONPATH=str(tmp_path))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=there)
    expected = package.predict(model, SAMPLES / "penguins.csv").arrays.predictions
    assert [float(line) for line in done.stdout.split()] == expected.tolist()


@pytest.mark.parametrize("name", MODELS)
def test_sqlite_predicts_the_same(name: str) -> None:
    """The expression over a table of the same rows, within 1e-12."""
    model, rows, expected = made(name)
    agree(run_sqlite(to_sql(model, "sqlite"), rows), expected, 1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_duckdb_predicts_the_same(name: str) -> None:
    """The same in DuckDB, whose literals are decimals unless they have an exponent."""
    model, rows, expected = made(name)
    agree(run_duckdb(to_sql(model, "duckdb"), rows), expected, 1e-12)


@pytest.mark.parametrize(
    "name", [name for name in MODELS if MODELS[name][0] is not DATES and "date" not in name and "day" not in name]
)
def test_standard_sql_is_read_by_both(name: str) -> None:
    """Without a dialect the expression is one for SQLite and DuckDB alike."""
    model, rows, expected = made(name)
    text = to_sql(model)
    agree(run_sqlite(text, rows), expected, 1e-12)
    agree(run_duckdb(text, rows), expected, 1e-12)


def test_a_pipeline_predicts_the_same_where_regcli_is_not(tmp_path: Path) -> None:
    """Every model, loaded in a process that cannot import regcli; rows without an answer from predict are left out."""
    for i, name in enumerate(PLAIN):
        model, rows, expected = made(name)
        (tmp_path / f"{i}.joblib").write_bytes(to_sklearn(model))
        rows[~np.isnan(expected)].to_pickle(tmp_path / f"{i}.pkl")
    code = (
        "import sys; sys.modules['regcli'] = None\nimport joblib, pandas\n"
        f"for i in range({len(PLAIN)}):\n"
        "    print(*map(repr, joblib.load(f'{i}.joblib').predict(pandas.read_pickle(f'{i}.pkl')).tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    for name, line in zip(PLAIN, done.stdout.splitlines(), strict=True):
        expected = made(name)[2]
        agree([float(word) for word in line.split()], expected[~np.isnan(expected)], 1e-12)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in PLAIN])
def test_what_a_pipeline_cannot_express_is_named(name: str) -> None:
    """Products, functions, dates: an error that says which and points to another target."""
    with pytest.raises(UsageError, match="--to sklearn cannot express"):
        to_sklearn(made(name)[0])


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("days", "parts")])
def test_r_predicts_the_same(name: str, tmp_path: Path) -> None:
    """Where R is: the function over the same rows, within 1e-12."""
    model, rows, expected = made(name)
    (tmp_path / "model.R").write_text(to_r(model))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    code = (
        'source("model.R"); d <- read.csv("rows.csv", check.names = FALSE, na.strings = c("", "NA"));'
        'cat(sprintf("%.17g", predict_model(d)), sep = "\\n")'
    )
    done = subprocess.run(["Rscript", "-e", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    agree([math.nan if word == "NA" else float(word) for word in done.stdout.split()], expected, 1e-12)


def test_r_is_spelled_term_by_term() -> None:
    """Each active feature is a line of its own with the numbers of the model, names and levels as R strings."""
    model, _, _ = made("mean")
    text = to_r(model)
    lines = [line for line in text.splitlines() if line.startswith("  out <- out + ")]
    assert len(lines) == len(model.active)
    for j, line in zip(model.active, lines, strict=True):
        assert repr(abs(float(model.coefficients[j]))) in line and repr(float(model.means[j])) in line
    assert 'data[["flipper_length_mm"]]' in text and "NA_real_" in text


HOSTILE = {
    **NAMES,
    "end of string": "'; DROP TABLE t; --",
    "end of docstring": '"""; raise SystemExit; """',
    "end of comment": "*/ 1 /* \n-- x",
    "backslash at the end": "a\\",
    "bracket": "a]b[c",
    "backtick": "a`b",
    "braces": "{name} %s {0}",
    "null word": "NULL",
    "accents": "h\xf6he \u00b2",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_no_name_or_level_breaks_out(name: str) -> None:
    """A column and a level of any name are compared, never run: in Python, SQLite and DuckDB."""
    rng = np.random.default_rng(0)
    level = name if name != "NULL" else "no cell"  # NULL itself stands for a missing cell
    rows = pd.DataFrame({name: [level, "other"] * 10, f"{name} number": rng.normal(size=20), "y": rng.normal(size=20)})
    report = package.fit(rows, "y", penalty="l2", alpha=0.01)
    model = of_document(report.model_document())
    expected = model.predict(rows)
    stripped = rows.rename(columns=lambda column: column.strip())
    predict = run_python(to_python(model))
    assert [predict(row) for row in values(stripped)] == expected.tolist()
    agree(run_sqlite(to_sql(model, "sqlite"), stripped), expected, 1e-12)
    agree(run_duckdb(to_sql(model, "duckdb"), stripped), expected, 1e-12)
    assert all(line.startswith(("#", "predict_model", "  ", "}")) for line in to_r(model).splitlines())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_quotes_its_way(dialect: str) -> None:
    """Names in the quotes of the dialect, which are doubled inside; text in single quotes."""
    rows = pd.DataFrame({"it's": ["a'b", "c\\d"] * 5, "x y": range(10), "y": [float(i % 4) for i in range(10)]})
    model = of_document(package.fit(rows, "y", penalty="l2", alpha=0.01).model_document())
    text = to_sql(model, dialect)
    first, last = {"sqlite": "``", "mysql": "``", "bigquery": "``", "sqlserver": "[]"}.get(dialect, '""')
    assert f"{first}x y{last}" in text and f"{first}it's{last}" in text
    assert ("'a\\'b'" if dialect == "bigquery" else "'a''b'") in text
    assert ("'c\\\\d'" if dialect in ("mysql", "bigquery") else "'c\\d'") in text


def test_dates_that_a_dialect_lacks_are_refused() -> None:
    """Without a dialect, or in one that is not known to read dates so, the error names the column."""
    model, _, _ = made("parts")
    for dialect in (None, "mysql"):
        with pytest.raises(UsageError, match="dates as in"):
            to_sql(model, dialect)


# The command


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("m") / "m.json"
    package.fit(SAMPLES / "penguins.csv", TARGET, alpha=20, missing="mean").save(path)
    return path


@pytest.mark.parametrize("to", EXPORTS)
def test_to_standard_output_or_to_a_file(to: str, saved: Path, tmp_path: Path) -> None:
    """The same bytes either way; text is what the functions give."""
    out = tmp_path / "out"
    said = regcli("export", saved, "--to", to, "-o", out)
    assert (said.code, said.out) == (0, "") and str(out) in said.err
    piped = shell(f"regcli export {saved} --to {to}")
    assert piped.stdout == out.read_bytes()
    if to != "sklearn":
        assert out.read_bytes() == EXPORTS[to](package.load(saved), None)
    else:
        import joblib

        assert joblib.load(io.BytesIO(piped.stdout)).named_steps["model"].coef_.size > 0


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        ("--to sqll", 2, "--to sql"),
        ("", 2, "--to"),
        ("--to sql --dialect postgre", 2, "postgres"),
        ("--to r --dialect sqlite", 2, "--dialect"),
        ("--to sql -o no/such/file.sql", 5, "does not exist"),
    ],
)
def test_wrong_options_are_refused(words: str, code: int, named: str, saved: Path) -> None:
    """One to three lines that name what was meant, nothing on standard output."""
    said = regcli("export", saved, *words.split())
    check_error(said, code)
    assert named in said.err


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    """Exit 3; the model itself is never overwritten."""
    check_error(regcli("export", ROOT / "README.md", "--to", "sql"), 3)


def test_the_model_is_not_overwritten(saved: Path) -> None:
    """--output with the model's own name is refused before anything is written."""
    before = saved.read_bytes()
    check_error(regcli("export", saved, "--to", "sql", "-o", saved), 2)
    assert saved.read_bytes() == before


def test_arithmetic_beyond_doubles_is_numpys() -> None:
    """1/(1+exp(2000)) is 0 in Python too, 1/0 inside a function no error; what is not finite has no prediction."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=30), "b": rng.normal(size=30), "y": rng.normal(size=30)})
    formula = "y ~ I(1/(1+exp(x))) + I(exp(-1/abs(b))) + log(abs(x) + 1)"
    model = of_document(package.fit(frame, formula=formula, penalty="l2", alpha=1e-4).model_document())
    rows = pd.DataFrame({"x": [2000.0, -2000.0, 0.0, math.inf], "b": [0.0, 1.0, 2.0, 3.0], "y": 0.0})
    predict = run_python(to_python(model))
    expected = model.predict(rows)
    for row, value in zip(values(rows), expected, strict=True):
        got = predict(row)
        assert (got is None) == (not math.isfinite(value))
        assert got is None or got == pytest.approx(value, rel=1e-12)


def test_a_model_that_would_fill_pages_is_refused() -> None:
    """Powers in powers double at each step: an error, not a hang."""
    frame = pd.DataFrame({"a": 1 + np.linspace(0, 1e-8, 20), "y": np.arange(20.0) % 3})
    text = "a"
    for _ in range(12):
        text = f"({text}) ** 4"
    model = of_document(package.fit(frame, formula=f"y ~ I({text})", penalty="l2", alpha=1e-3).model_document())
    with pytest.raises(UsageError, match="million characters"):
        to_sql(model)


def test_a_target_with_braces_is_only_a_name() -> None:
    """{missing} in a name is text in the module's docstring."""
    frame = pd.DataFrame({"{columns}": np.arange(9.0), "{missing}": np.arange(9.0) % 4})
    model = of_document(package.fit(frame, "{missing}", alpha=0.01).model_document())
    assert run_python(to_python(model))({"{columns}": 3.0}) == model.predict(frame)[3]
