"""Models of all families but squared error's and survival times': saved, they predict what fit does.

Written for other places, what `predict` does.
"""

from __future__ import annotations

import io
import json
import math
import shutil
import sqlite3
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from commandline import check_error, regcli
from numpy.typing import NDArray
from support import SAMPLES
from test_export import run_python, values

import regcli as package
from regcli.artifact import Model, of_document
from regcli.errors import DataError, UsageError
from regcli.export.to_python import to_python
from regcli.export.to_r import to_r
from regcli.export.to_sklearn import to_sklearn
from regcli.export.to_sql import DIALECTS, to_sql

Array = NDArray[np.float64]

PENGUINS = pd.read_csv(SAMPLES / "penguins.csv")
COUNTS = pd.DataFrame(
    {"x": np.linspace(-2, 2, 80), "g": ["a", "b", "c", "d"] * 20, "y": [(7 * i) % 5 + i // 20 for i in range(80)]}
)
FLAGS = pd.DataFrame({"x": [1.0 + i * i % 11 for i in range(40)], "y": [i % 3 == 0 or i > 27 for i in range(40)]})
MODELS: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
    "two classes": (PENGUINS, {"target": "sex", "family": "binomial", "alpha": 0.01, "missing": "drop"}),
    "gaps": (PENGUINS, {"target": "year", "exclude": ["sex"], "family": "multinomial", "missing": "indicator",
                        "penalty": "l2", "alpha": 0.05}),
    "classes": (PENGUINS, {"target": "species", "family": "multinomial", "alpha": 0.01, "missing": "mean"}),
    "no intercept": (FLAGS, {"target": "y", "family": "binomial", "alpha": 0.01, "intercept": False}),
    "counts": (COUNTS, {"target": "y", "family": "poisson", "alpha": 0.01}),
    "nothing": (FLAGS, {"target": "y", "family": "binomial", "alpha": 10}),
    "nothing of three": (PENGUINS[["species", "year"]], {"target": "species", "family": "multinomial", "alpha": 10}),
    "no counts": (COUNTS, {"target": "y", "family": "poisson", "alpha": 100}),
    "amounts": (PENGUINS, {"target": "body_mass_g", "family": "gamma", "alpha": 0.001, "missing": "drop"}),
    "amounts, gaps": (PENGUINS, {"target": "body_mass_g", "family": "gamma", "penalty": "l2", "alpha": 0.1,
                                 "exclude": ["sex"], "missing": "indicator"}),
    "amounts with zeros": (COUNTS, {"target": "y", "family": "tweedie", "power": 1.3, "alpha": 0.01}),
    "amounts, no intercept": (COUNTS, {"target": "y", "family": "tweedie", "alpha": 0.01, "intercept": False}),
    "robust": (PENGUINS, {"target": "body_mass_g", "family": "huber", "threshold": 0.5, "alpha": 1, "missing": "drop"}),
    "upper quantile": (PENGUINS, {"target": "body_mass_g", "family": "quantile", "quantile_level": 0.9, "alpha": 1,
                                  "exclude": ["sex"], "missing": "mean"}),
    "margin": (PENGUINS, {"target": "sex", "family": "squared_hinge", "alpha": 0.01, "missing": "drop"}),
    "margin of flags": (FLAGS, {"target": "y", "family": "squared_hinge", "alpha": 0.01, "intercept": False}),
    "no margin": (FLAGS, {"target": "y", "family": "squared_hinge", "alpha": 10}),
    "no amounts": (COUNTS.assign(y=COUNTS["y"] + 1.5), {"target": "y", "family": "gamma", "alpha": 100}),
    "no quantile": (COUNTS, {"target": "y", "family": "quantile", "alpha": 100}),
    "two of several": (FLAGS, {"target": "y", "family": "multinomial", "alpha": 0.01}),
}  # fmt: skip


@cache
def made(name: str) -> tuple[Model, pd.DataFrame, Array, Any]:
    """A model, rows with a new level and gaps where it takes those, what `predict` says of them, and the report."""
    frame, options = MODELS[name]
    frame = frame.dropna(subset=[options["target"]])
    report = package.fit(frame, **options)
    rows = frame.reset_index(drop=True)
    if "island" in rows:
        rows.loc[0, "island"] = "Ross"
        rows.loc[5, "bill_length_mm"] = None
    found = package.predict(report, rows, missing="drop")
    return of_document(report.model_document()), rows, found.arrays.predictions.reshape(len(rows), -1), report


def agree(found: Any, expected: Array) -> None:
    got = np.array(found, dtype=np.float64).reshape(expected.shape)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", MODELS)
def test_saved_models_predict_what_fit_does(name: str, tmp_path: Path) -> None:
    """Through a file, to 1e-12; the metrics too, against the same model without features."""
    frame, options = MODELS[name]
    frame = frame.dropna(subset=[options["target"]])
    report = made(name)[3]
    report.save(tmp_path / "m.json")
    found = package.predict(tmp_path / "m.json", frame, missing="drop")
    predicted = found.arrays.predictions.reshape(len(frame), -1)
    used = ~np.isnan(predicted[:, 0])
    agree(report.arrays.fitted, predicted[used])
    for key, value in report.metrics.train.items():
        if key != "confusion":
            assert found.metrics[key] == pytest.approx(value, rel=1e-10, abs=1e-14), key
    assert found.metrics.get("confusion") == report.metrics.train.get("confusion")
    table = report.fitted()
    agree([row[len(row) - predicted.shape[1] - (options["family"] != "multinomial"):][: predicted.shape[1]]
           for row in table.rows], predicted[used])  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_types_of_prediction(name: str) -> None:
    """Link, class and probability belong together: each is made of the others by its definition."""
    model, rows, response, report = made(name)
    link = package.predict(report, rows, missing="drop", type="link").arrays.predictions.reshape(response.shape)
    if not model.classes:
        agree(link if model.family in ("huber", "quantile") else np.exp(link), response)
        for kind in ("class", "probability"):
            with pytest.raises(UsageError, match=f"--type {kind} cannot act: the model is of the family"):
                package.predict(report, rows, type=kind)  # type: ignore[arg-type]
        return
    if model.family == "squared_hinge":
        agree(link, response)
        named = package.predict(report, rows, missing="drop", type="class").predictions
        sides = [None if np.isnan(one) else model.classes[int(one >= 0)] for one in link[:, 0]]
        assert named == sides
        with pytest.raises(UsageError, match=r"--type probability cannot act: .* has no probabilities"):
            package.predict(report, rows, type="probability")
        return
    found = package.predict(report, rows, missing="drop", type="probability")
    shares = found.arrays.predictions
    assert found.columns == [f"prediction[{one}]" for one in model.classes]
    if model.family == "binomial":
        agree(1 / (1 + np.exp(-link)), response)
        agree(shares[:, 1:], response)
    else:
        agree(np.exp(link) / np.exp(link).sum(axis=1, keepdims=True), response)
        agree(shares, response)
    known = ~np.isnan(response[:, 0])
    assert shares[known].sum(axis=1) == pytest.approx(1)
    named = package.predict(report, rows, missing="drop", type="class").predictions
    likely = [model.classes[k] for k in np.argmax(shares[known] - np.arange(shares.shape[1])[::-1] * 1e-15, axis=1)]
    assert [one for one in named if one is not None] == likely
    assert [one is None for one in named] == (~known).tolist()


@pytest.mark.parametrize("name", MODELS)
def test_python_predicts_the_same(name: str) -> None:
    """The module run without regcli: a number, or a dict of the classes."""
    model, rows, expected, _ = made(name)
    predict: Any = run_python(to_python(model))
    said = [predict(row) for row in values(rows)]
    if model.several:
        assert all(one is None or list(one) == list(model.classes) for one in said)
        said = [[math.nan] * len(model.classes) if one is None else list(one.values()) for one in said]
    agree([math.nan if one is None else one for one in said], expected)


def query(model: Model, text: str) -> str:
    return text.replace("the_table) AS", "t) AS") if model.several else f"SELECT (\n{text}\n) FROM t"


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("dialect", ["standard", "sqlite", "duckdb"])
def test_sql_predicts_the_same(name: str, dialect: str) -> None:
    """An expression, of several classes a query, in SQLite and DuckDB; the standard one in both."""
    model, rows, expected, _ = made(name)
    text = query(model, to_sql(model, dialect))
    if dialect != "duckdb":
        base = sqlite3.connect(":memory:")
        rows.astype(object).where(rows.notna(), None).to_sql("t", base, index=False)
        agree(base.execute(text).fetchall(), expected)
        base.close()
    if dialect != "sqlite":
        import duckdb

        engine = duckdb.connect()
        engine.register("t", rows)
        agree(engine.execute(text).fetchall(), expected)
        engine.close()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_far_off_rows_in_sql(dialect: str) -> None:
    """Where exp leaves double precision a probability is 0 or 1, guarded but where the database gives infinity."""
    rows = pd.DataFrame({"x": [0.0, 1, 2, 3, 4, 5], "y": ["n", "y", "n", "y", "n", "y"]})
    model = of_document(package.fit(rows, family="binomial", alpha=0.01).model_document())
    text = to_sql(model, dialect)
    assert ("> 709e0" in text) == (not DIALECTS[dialect].unbounded)
    if dialect in ("sqlite", "duckdb"):
        far = pd.DataFrame({"x": [1e5, -1e5]})
        base = sqlite3.connect(":memory:")
        far.to_sql("t", base, index=False)
        agree(base.execute(query(model, to_sql(model, "sqlite"))).fetchall(), np.array([[1.0], [0.0]]))
        base.close()


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_predicts_the_same(tmp_path: Path) -> None:
    """Where R is, all models in one run."""
    code = ""
    for i, name in enumerate(MODELS):
        model, rows, _, _ = made(name)
        (tmp_path / f"{i}.R").write_text(to_r(model))
        rows.to_csv(tmp_path / f"{i}.csv", index=False)
        read = f'read.csv("{i}.csv", check.names = FALSE, na.strings = c("", "NA"))'
        code += f'source("{i}.R"); p <- predict_model({read}); cat(sprintf("%.17g", t(as.matrix(p)))); cat("\\n");'
    done = subprocess.run(["Rscript", "-e", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    for name, line in zip(MODELS, done.stdout.splitlines(), strict=True):
        agree([math.nan if word == "NA" else float(word) for word in line.split()], made(name)[2])


@pytest.mark.parametrize("name", MODELS)
def test_a_pipeline_predicts_the_same(name: str) -> None:
    """scikit-learn's classifiers and regressors, made of its own; classes are of the type of the cells."""
    model, rows, expected, report = made(name)
    pipeline = joblib.load(io.BytesIO(to_sklearn(model)))
    assert all(type(step).__module__.startswith("sklearn.") for _, step in pipeline.steps)
    known = ~np.isnan(expected[:, 0])
    if not model.classes:
        agree(pipeline.predict(rows[known]), expected[known])
        return
    if model.family == "squared_hinge":
        named = pipeline.predict(rows[known])
        classes = package.predict(report, rows[known], type="class").predictions
        assert [str(one).lower() if named.dtype == bool else str(one) for one in named] == classes
        if model.active:  # else it is one side, whatever the row
            agree(pipeline.decision_function(rows[known]), expected[known])
        return
    shares, named = pipeline.predict_proba(rows[known]), pipeline.predict(rows[known])
    agree(shares[:, 1:] if model.family == "binomial" else shares, expected[known])
    classes = package.predict(report, rows[known], type="class").predictions
    assert [str(one).lower() if named.dtype == bool else str(one) for one in named] == classes
    assert (named.dtype == bool) == (rows[model.target].dtype == bool)


def test_predictions_on_the_command_line(tmp_path: Path) -> None:
    """A column for each class in csv and JSON, names of classes as text, gaps empty."""
    model, rows = tmp_path / "m.json", tmp_path / "rows.csv"
    made("classes")[3].save(model)
    PENGUINS.head(4).to_csv(rows, index=False)
    said = regcli("predict", model, rows, "--append")
    header = said.out.splitlines()[0].split(",")
    classes = ["Adelie", "Chinstrap", "Gentoo"]
    assert header[-3:] == [f"prediction[{one}]" for one in classes]
    assert sum(map(float, said.out.splitlines()[1].split(",")[-3:])) == pytest.approx(1)
    assert "AUC - (each class against the rest), accuracy 100.0 %" in said.err
    named = regcli("predict", model, rows, "--type", "class")
    assert named.out.split() == ["prediction", *["Adelie"] * 4]
    document = json.loads(regcli("predict", model, rows, "--json", "--id", "island").out)
    assert (document["type"], document["columns"]) == ("response", header[-3:])
    assert document["rows"][0] == {
        "island": "Torgersen",
        **dict(zip(header[-3:], document["predictions"][0], strict=True)),
    }
    check_error(regcli("predict", model, rows, "--type", "odds"), 2)


def test_targets_that_cannot_be_compared() -> None:
    """A class the model does not know is not measured, and that is said; the others are."""
    _, rows, _, report = made("two classes")
    odd = rows.copy()
    odd.loc[3, "sex"] = "unknown"
    found = package.predict(report, odd, missing="drop")
    assert found.metrics.rows == package.predict(report, rows, missing="drop").metrics.rows - 1
    [notice] = [one for one in found.warnings if one.code == "target_unusable"]
    assert "holds a class that the model does not know" in notice.message
    _, rows, _, report = made("counts")
    below = package.predict(report, rows.assign(y=rows["y"].where(rows["y"] != 3, -1)))
    assert below.metrics.rows == (rows["y"] != 3).sum()
    assert [one.code for one in below.warnings] == ["target_unusable"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda model: model.update(family="gamma"),
        lambda model: model.update(classes=None),
        lambda model: model["classes"].pop(),
        lambda model: model["classes"][0].update({"class": "Gentoo"}),
        lambda model: model["classes"][1]["coefficients"].pop(),
        lambda model: model["classes"][1].update(centre=None),
        lambda model: model.update(null=[1.0]),
    ],
)
def test_damaged_models_are_refused(damage: Any) -> None:
    """Never a number from a model that does not fit together."""
    document = json.loads(json.dumps(made("classes")[3].model_document()))
    damage(document["model"])
    with pytest.raises(DataError):
        of_document(document)


def test_a_descent_starts_from_squared_error(tmp_path: Path) -> None:
    """A model of another family is no place to start at."""
    made("counts")[3].save(tmp_path / "m.json")
    with pytest.raises(UsageError, match="holds a poisson model"):
        package.fit(COUNTS, "y", alpha=0.1, solver="gradient", start=str(tmp_path / "m.json"))
