"""`--keep`, `--penalty-factor`, `--positive`, `--bounds`: from what is typed to documents, tables and other tools."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, fit, pasted, regcli, result
from contract import valid
from support import arrays, coefficients, engines, frame, standardized

import regcli as package
from regcli.errors import UsageError
from regcli.problem.conventions import Translation
from regcli.select.asking import Ask, Constraints
from regcli.select.folds import random_folds
from regcli.specs import ModelSpec, options

NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


@pytest.fixture
def levels(tmp_path: Path) -> Path:
    """A column of three levels, one with a comma in its name, and two numbers."""
    rng = np.random.default_rng(0)
    city = rng.choice(["Bonn", "Köln", "Trier"], 60)
    table = pd.DataFrame({"city": city, "a,b": rng.normal(size=60), "x": rng.normal(size=60)})
    table["y"] = table["x"] + (city == "Bonn") * 3 + rng.normal(size=60)
    table.to_csv(tmp_path / "levels.csv", index=False)
    return tmp_path / "levels.csv"


def constraints(report: Any) -> dict[str, Any]:
    """What the document says of each feature."""
    return {row.name: row for row in report.model.constraints}


NAMED = {
    "city": {"city[Bonn]", "city[Köln]", "city[Trier]"},
    "city[Bonn]": {"city[Bonn]"},
    "ci*": {"city[Bonn]", "city[Köln]", "city[Trier]"},
    "a,b": {"a,b"},
    "x, city": {"x", "city[Bonn]", "city[Köln]", "city[Trier]"},
}


@pytest.mark.parametrize("typed", NAMED)
def test_names_after_encoding(typed: str, levels: Path) -> None:
    """The name of a column covers its levels, that of a feature it alone; a name with a comma is taken whole."""
    found = constraints(package.fit(levels, alpha=0.3, keep=typed))
    assert {name for name, row in found.items() if row.factor == 0} == NAMED[typed]
    found = constraints(
        package.fit(levels, alpha=0.3, bounds={name: (None, 1) for name in (typed,) if name != "x, city"})
    )
    if found:
        assert {name for name, row in found.items() if row.high == 1} == NAMED[typed]


def test_words_and_dicts_say_the_same(levels: Path) -> None:
    """A comma-separated word, several words, a dict; of several for one feature the last counts."""
    ways: list[Any] = ["x=2,a,b=.5", ["x=2", "a,b=.5"], {"x": 2, "a,b": 0.5}, {"*": 7, "city": 1, "x": 2.0, "a,b": 0.5}]
    found = [package.fit(levels, alpha=0.1, penalty_factor=way) for way in ways]
    assert all(np.array_equal(coefficients(one), coefficients(found[0])) for one in found)
    assert constraints(found[0])["a,b"].factor == 0.5
    ways = ["x=0:0.2,city=:1", {"x": "0:0.2", "city": (None, 1)}, {"x": (0, 0.2), "city": (-np.inf, 1)}]
    found = [package.fit(levels, alpha=0.1, bounds=way) for way in ways]
    assert all(np.array_equal(coefficients(one), coefficients(found[0])) for one in found)
    with pytest.raises(UsageError, match="pair"):
        package.fit(levels, alpha=0.1, bounds={"x": 3})
    with pytest.raises(UsageError, match="is a number"):
        package.fit(levels, alpha=0.1, penalty_factor={"x": [1]})


def test_unknown_names(levels: Path) -> None:
    """The nearest name is told; of a column that was dropped, why."""
    with pytest.raises(UsageError, match="--keep: no feature 'citi'") as told:
        package.fit(levels, alpha=0.1, keep="citi")
    assert told.value.hint == "--keep city"
    table = pd.read_csv(levels).assign(same=1)
    with pytest.raises(UsageError, match="column 'same' is no feature: constant"):
        package.fit(table, "y", alpha=0.1, bounds="same=0:")


COMMANDS = ("--keep age", "--penalty-factor 's*=2,bp=0.5'", "--positive", "--bounds 'bmi=0:2' --bounds s1=:0.1")


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("verb", ["fit", "path", "cv"])
def test_documents(verb: str, words: str) -> None:
    """They follow their schemas, say what was asked for, and the command they end with repeats it."""
    more = ["--alpha", "3"] if verb == "fit" else ["--n-alphas", "10"]
    found = valid(result(verb, DIABETES, *more, *shlex.split(words)))
    assert ("v_j" in found["model"]["formula"]) == ("keep" in words or "factor" in words)
    assert ("high_j" in found["model"]["formula"]) == ("bounds" in words or "positive" in words)
    assert [row["name"] for row in found["model"]["constraints"]] == NAMES
    for word in shlex.split(words):
        assert word in shlex.split(found["next"]) or "," in word
    again = pasted(f"{found['next']} --json")
    if verb == "cv":
        assert again["model"]["coefficients"] == found["model"]["coefficients"]
        assert again["model"]["constraints"] == found["model"]["constraints"]


def test_documents_without() -> None:
    """Nothing is said of constraints where there are none, nor of factors where nothing is penalised."""
    plain = result("fit", DIABETES, "-a", "3")
    assert plain["model"]["constraints"] == []
    unpenalised = valid(result("fit", DIABETES, "-a", "0", "--keep", "age"))
    assert unpenalised["model"]["constraints"] == []
    assert unpenalised["inference"] is not None
    bounded = valid(result("fit", DIABETES, "-p", "none", "--positive"))
    assert bounded["certificate"]["certified"]
    assert bounded["inference"] is None
    assert "bounds" in bounded["no_inference"]


def test_at_a_bound() -> None:
    """A coefficient at its bound is that bound, exactly, and marked; so is a zero that the bound keeps."""
    report = package.fit(DIABETES, alpha=3, bounds="bmi=0:0.3,s5=-0.1:7.7,sex=0:")
    told = constraints(report)
    raw = {row.name: row.coefficient for row in report.model.coefficients}
    assert (raw["bmi"], raw["s5"], raw["sex"]) == (0.3, 7.7, 0)
    assert [name for name, row in told.items() if row.at_bound] == ["sex", "bmi", "s5"]
    shown = fit(DIABETES, "-a", "3", "--bounds", "bmi=0:0.3", "--keep", "age").out
    assert "at its bound 0.3" in shown
    assert "not penalised" in shown
    path = package.path(DIABETES, bounds="bmi=0:0.3", alphas=[3.0])
    assert path.path[0].coefficients["bmi"] == 0.3


def test_columns_of_a_table() -> None:
    """CSV has a column for each fact, and only where there are constraints."""
    plain = regcli("fit", DIABETES, "-a", "3", "--format", "csv").out.splitlines()
    assert plain[0] == "name,coefficient,standardized"
    for verb, more in (("fit", ["-a", "3"]), ("cv", ["--n-alphas", "5"])):
        lines = regcli(verb, DIABETES, *more, "--keep", "age", "--positive", "--format", "csv").out.splitlines()
        assert lines[0].endswith(",factor,low,high,at_bound")
        assert next(line for line in lines if line.startswith("age,")).endswith(",0.0,0.0,,True")
        assert lines[-1].startswith("(intercept),")


INVARIANT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "keep is factor 0": ({"keep": "age,sex"}, {"penalty_factor": {"age": 0, "sex": 0}}),
    "positive is a bound of 0": ({"positive": True}, {"bounds": {"*": (0, None)}}),
    "factors of 1 are none": ({"penalty_factor": {"*": 1}}, {}),
    "bounds that do not act": ({"bounds": {"*": (-1e6, 1e6)}}, {}),
    "endless bounds are none": ({"bounds": "*=:"}, {}),
    "glmnet rescales": (
        {"convention": "glmnet", "penalty_factor": {"age": 4, "*": 2}},
        {"convention": "glmnet", "penalty_factor": {"age": 2, "*": 1}},
    ),
}


@pytest.mark.parametrize("name", INVARIANT)
def test_invariants(name: str) -> None:
    """Two ways to ask for one thing give the same bits, at one strength, along a path, and in cross-validation."""
    one, other = INVARIANT[name]
    for penalty in ("l1", "elasticnet", "l2"):
        first, second = (package.fit(DIABETES, penalty=penalty, alpha=2, **way) for way in (one, other))
        assert np.array_equal(standardized(first), standardized(second))
        first, second = (package.path(DIABETES, penalty=penalty, n_alphas=8, **way) for way in (one, other))
        assert np.array_equal(first.arrays.standardized, second.arrays.standardized)
    first, second = (package.cv(DIABETES, n_alphas=8, jobs=1, **way) for way in (one, other))
    assert np.array_equal(first.arrays.mean, second.arrays.mean)


def test_factors_are_taken_literally_but_for_glmnet() -> None:
    """Twice every factor is twice the strength; under glmnet's convention it is nothing."""
    twice = {"penalty_factor": {"*": 2}}
    assert standardized(package.fit(DIABETES, alpha=1, **twice)) == pytest.approx(
        standardized(package.fit(DIABETES, alpha=2)), abs=1e-11
    )
    assert standardized(package.fit(DIABETES, alpha=1, convention="glmnet", **twice)) == pytest.approx(
        standardized(package.fit(DIABETES, alpha=1, convention="glmnet")), abs=1e-11
    )


def test_bounds_are_in_the_units_of_the_file() -> None:
    """The same rows in another unit, with bounds in that unit, give the same fit."""
    table = frame("diabetes")
    thousands = table.assign(bmi=table["bmi"] / 1000)
    first = package.fit(table, alpha=2, bounds={"bmi": (0, 3)}, standardize=False)
    second = package.fit(thousands, alpha=2, bounds={"bmi": (0, 3000)}, standardize=True)
    third = package.fit(table, alpha=2, bounds={"bmi": (0, 3)}, standardize=True)
    assert [row.coefficient for row in second.model.coefficients if row.name == "bmi"] == [3000]
    assert [row.coefficient for row in first.model.coefficients if row.name == "bmi"] == [3]
    assert standardized(second) == pytest.approx(standardized(third), abs=1e-9)


@pytest.mark.parametrize("penalty", ["l1", "elasticnet", "l2"])
@pytest.mark.parametrize("standardize", [True, False])
def test_both_engines_agree(penalty: str, standardize: bool) -> None:
    """Moments and rows give the same errors under factors and bounds, as they do without."""
    X, y = arrays("diabetes")
    folds = random_folds(len(y), 4, 3)
    model = ModelSpec(penalty)  # type: ignore[arg-type]
    factors = np.array([0, 1, 1, 1, 0.5, 0.5, 1, 1, 2, 2])
    low, high = np.where(np.arange(10) % 2, -np.inf, -0.2), np.where(np.arange(10) % 3, np.inf, 0.9)
    ask = Ask(
        Translation("mean", model.penalty, model.ratio, model.rest), np.logspace(1, -2, 6), standardize,
        constraints=Constraints(factors, low, high),
    )  # fmt: skip
    moments, rows = (engine.run(1, ask) for engine in engines(X, y, folds))
    assert moments.test == pytest.approx(rows.test, rel=1e-10)
    assert moments.certified
    assert rows.certified


def test_too_many_kept() -> None:
    """More unpenalised features than the rows, of a fold too, can determine."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(12, 15)), columns=[f"x{j}" for j in range(15)]).assign(y=rng.normal(size=12))
    with pytest.raises(UsageError, match="12 features unpenalised"):
        package.fit(table, alpha=0.1, keep="x?,x10,x11")
    assert package.fit(table, alpha=0.1, keep="x?,x10").certificate.certified
    with pytest.raises(UsageError, match="unpenalised"):
        package.cv(table, folds=3, keep="x?")


def test_the_strength_at_which_only_kept_ones_are_left() -> None:
    """alpha_max is taken at the fit with the kept features."""
    report = package.path(DIABETES, keep="bmi", n_alphas=5)
    assert list(report.path[0].coefficients) == ["bmi"]
    assert report.path[0].df == 1
    table = frame("diabetes")
    slope, level = np.polyfit(table["bmi"], table["target"], 1)
    rest = table["target"] - level - slope * table["bmi"]
    Z = (table - table.mean()) / table.std(ddof=0)
    expected = max(abs(float(Z[name] @ rest) / len(rest)) for name in NAMES if name != "bmi")
    assert report.model.alpha_max == pytest.approx(expected, rel=1e-12)
    positive = package.path(DIABETES, positive=True, n_alphas=5)
    assert all(value > 0 for entry in positive.path for value in entry.coefficients.values())


@pytest.mark.parametrize("extra", [{"keep": "age"}, {"positive": True}, {"bounds": {"*": (-5, 2)}}])
def test_descent(extra: dict[str, Any]) -> None:
    """Proximal gradient steps end where the exact solver does."""
    exact = package.fit(DIABETES, alpha=5, **extra)
    found = package.fit(DIABETES, alpha=5, solver="gradient", accelerate=True, **extra)
    assert found.certificate.certified
    assert standardized(found) == pytest.approx(standardized(exact), abs=1e-2)
    low = [row.coefficient for row in found.model.coefficients]
    assert "keep" in extra or min(low) >= (0 if "positive" in extra else -5)


def test_elsewhere() -> None:
    """glmnet's call is complete, scikit-learn's where there is one works, and what has no such fit says so."""
    said = package.fit(DIABETES, alpha=2, positive=True).model.equivalents
    from sklearn.linear_model import Lasso

    X, y = arrays("diabetes")
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    other = eval(said.sklearn.call, {"Lasso": Lasso}).fit(Z, y)
    assert standardized(package.fit(DIABETES, alpha=2, positive=True)) == pytest.approx(other.coef_, abs=1e-2)
    assert said.glmnet.call == "glmnet(x, y, alpha=1, lambda=2, lower.limits=0)"
    assert said.stata.value is None
    assert "NonNeg" in said.keras_mse.call
    said = package.fit(DIABETES, alpha=2, keep="age", bounds="bmi=0:3").model.equivalents
    assert said.glmnet.value == pytest.approx(2 * 0.9)
    assert "penalty.factor=replace(rep(1, 10), c(1), c(0))" in said.glmnet.call
    assert "upper.limits=replace(rep(Inf, 10), c(3), c(3))" in said.glmnet.call
    assert said.sklearn.call == "none: scikit-learn has no penalty factors"
    kept = package.fit(DIABETES, alpha=2, keep="age").model.equivalents
    assert kept.stata.call.startswith("lasso linear y (kept) x,")
    assert "v_j" in kept.textbook_sum.call
    assert "after StandardScaler" not in fit(DIABETES, "-a", "2", "--keep", "age").out


def test_compare_and_saved_models(tmp_path: Path) -> None:
    """The null model and least squares know no factors; a saved model predicts as it is reported."""
    found = valid(result("compare", DIABETES, "--keep", "age", "--penalties", "null,lasso", "--test-size", "0.3"))
    lasso = next(row for row in found["models"] if row["name"] == "lasso")
    assert "age" in lasso["coefficients"]
    report = package.fit(DIABETES, alpha=5, keep="age", bounds="bmi=0:1")
    report.save(tmp_path / "m.json")
    X, _ = arrays("diabetes")
    expected = report.model.intercept + X @ coefficients(report)
    predicted = package.predict(tmp_path / "m.json", DIABETES).arrays.predictions
    assert predicted == pytest.approx(expected, rel=1e-12)


def test_typed_again() -> None:
    """A request is written so that a shell reads it back."""
    model = ModelSpec("l1", keep=("a b", "c*"), penalty_factor={"x": 2}, positive=True, bounds={"z": (None, 1.5)})  # type: ignore[arg-type]
    words = options(model)
    assert words[:2] == ["--penalty", "l1"]
    assert words[2:] == [
        "--keep", "a b", "--keep", "c*", "--penalty-factor", "x=2", "--positive", "--bounds", "z=:1.5",
    ]  # fmt: skip
