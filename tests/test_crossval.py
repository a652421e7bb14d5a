"""Cross-validation: two engines that never meet, scikit-learn in a loop, cv.glmnet, and the relations between runs."""

from __future__ import annotations

import ast
import importlib
import itertools
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import commandline
import numpy as np
import pandas as pd
import pytest
from support import (
    FILES,
    SAMPLES,
    Matrix,
    Vector,
    arrays,
    ask,
    at_rest,
    coefficients,
    engines,
    frame,
    glmnet,
    in_convention,
    options,
    strengths,
)

import regcli
from regcli.select import by_moments, by_rows
from regcli.select.asking import FoldResult
from regcli.select.by_moments import LOST
from regcli.select.by_rows import RowsEngine, Sample
from regcli.select.crossval import mean_and_error
from regcli.select.folds import Folds, given_folds, grouped_folds, leave_one_out, random_folds, time_folds
from regcli.specs import CONVENTIONS, Measure

GAUSSIAN = [name for name in FILES if glmnet(name)["family"] == "gaussian"]
PENALTIES = ["l1", "l2", "elasticnet"]
SHARES = np.array([0.9, 0.37, 0.11, 0.031, 0.0073, 0.0011])
PENALTY = {1: "l1", 0: "l2", 0.5: "elasticnet"}


def schemes(n: int) -> dict[str, Folds]:
    """Folds of every kind, repeats too."""
    rng = np.random.default_rng(n)
    groups = np.unique(rng.integers(0, 12, n), return_inverse=True)[1]
    return {
        "random": random_folds(n, 5, 1, 2),
        "groups": grouped_folds(groups, 4, 1, 2),
        "time": time_folds(rng.permutation(n) // 2, 2),
        "given": given_folds(np.arange(n) % 3),
        "leave one out": leave_one_out(n),
    }


def assert_same(found: FoldResult, expected: FoldResult, size: float = 1e-11) -> None:
    """The same errors and signs: test errors up to what the moments may lose, all else up to rounding."""
    assert found.weight == expected.weight
    assert found.test == pytest.approx(expected.test, rel=LOST)
    scale = max(expected.null_train, float(np.max(expected.train)))
    assert found.train == pytest.approx(expected.train, rel=size, abs=1e-15 * scale)
    assert found.null_test == pytest.approx(expected.null_test, rel=size, abs=1e-15 * scale)
    assert found.null_train == pytest.approx(expected.null_train, rel=size, abs=1e-15 * scale)
    assert np.array_equal(found.signs, expected.signs)
    assert found.constant == expected.constant
    assert found.certified and expected.certified


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("scheme", ["random", "groups", "time", "given", "leave one out"])
@pytest.mark.parametrize("dataset", ["prostate", "mtcars"])
def test_engines_agree(dataset: str, scheme: str, penalty: str) -> None:
    """Moments and rows give the same errors and signs in every fold, however the problem is posed.

    1e-9 is what an error from moments may be off before it is taken from the rows; no alpha lies at a knot. Of random
    folds all conventions are tried, of the others one each.
    """
    X, y = arrays(dataset)
    folds = schemes(len(y))[scheme]
    if folds.least_training <= X.shape[1]:
        folds = time_folds(np.arange(len(y)), 1)
    conventions = CONVENTIONS if scheme == "random" else [CONVENTIONS[list(schemes(len(y))).index(scheme)]]
    for intercept, standardize in itertools.product((True, False), (True, False)):
        by_moments, by_rows = engines(X, y, folds, intercept)
        for convention in conventions:
            alphas = in_convention(SHARES, X, y, penalty, convention, standardize, intercept)
            request = ask(penalty, alphas, 0.5, convention, standardize, intercept)
            each = range(0, folds.k * len(folds.assignment), {"leave one out": 12, "random": 3}.get(scheme, 1))
            for index in each:
                assert_same(by_moments.run(index, request), by_rows.run(index, request))


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dataset", [name for name in GAUSSIAN if name not in ("prostate", "mtcars")])
def test_engines_agree_on_all_data(dataset: str, penalty: str) -> None:
    """The same on every data set, on a path of forty alphas to a tenth of a thousandth of the first."""
    X, y = arrays(dataset)
    folds = random_folds(len(y), 4, 11)
    by_moments, by_rows = engines(X, y, folds)
    request = ask(penalty, in_convention(np.logspace(-0.01, -4, 40), X, y, penalty, "mean"))
    for index in range(folds.k):
        assert_same(by_moments.run(index, request), by_rows.run(index, request), 1e-10)


def test_engines_do_not_know_each_other() -> None:
    """Neither module imports the other, nor anything that does: they prove each other."""
    names = {"regcli.select.by_moments", "regcli.select.by_rows"}
    for module in (by_moments, by_rows):
        waiting, seen = [str(module.__name__)], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            source = Path(str(importlib.import_module(name).__file__)).read_text("utf-8")
            for node in ast.walk(ast.parse(source)):
                found = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                waiting += [name for name in found if name.startswith("regcli.")]
        assert names - seen == names - {module.__name__}


class Untouchable:
    """In the place of rows: whatever is asked of it is one thing too many."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"the rows were touched: {name}")

    def __getitem__(self, key: Any) -> Any:
        raise AssertionError("the rows were touched")


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dataset", ["diabetes", "winequality_white"])
def test_moments_are_enough(dataset: str, penalty: str) -> None:
    """With the moments given no fold needs a row: what cross-validation then costs does not grow with their number."""
    X, y = arrays(dataset)
    folds = random_folds(len(y), 10, 3)
    engine, expected = engines(X, y, folds)
    engine.behind = Untouchable()  # type: ignore[assignment]
    request = ask(penalty, in_convention(SHARES, X, y, penalty, "mean"))
    for index in range(10):
        assert_same(engine.run(index, request), expected.run(index, request))


Errors = tuple[Vector, Vector, Matrix]


def looped(
    X: Matrix, y: Vector, folds: Folds, index: int, alphas: Vector, penalty: str, *, convention: str = "mean",
    standardize: bool = True, intercept: bool = True, loss: Measure = "deviance",
) -> Errors:  # fmt: skip
    """Test and training errors (A,) and signs (A, p) of a fold, by StandardScaler and scikit-learn."""
    train, test = folds.train(*divmod(index, folds.k)), folds.test(*divmod(index, folds.k))
    target = y[train]
    s_y = float(np.sqrt(np.mean((target - (target.mean() if intercept else 0.0)) ** 2)))
    found: list[tuple[float, float]] = []
    signs = []
    for alpha in alphas:
        l1, l2 = strengths(convention, penalty, 0.5, float(alpha), len(target), s_y)
        coef, constant = at_rest(X[train], target, l1, l2, intercept, standardize)
        left = [y[rows] - constant - X[rows] @ coef for rows in (test, train)]
        found.append(tuple(float(np.mean(np.abs(r) if loss == "mae" else r**2)) for r in left))  # type: ignore[arg-type]
        signs.append(np.sign(coef))
    errors = np.array(found)
    return errors[:, 0], errors[:, 1], np.array(signs)


@pytest.mark.parametrize(
    ("dataset", "convention"),
    [
        *(("prostate", convention) for convention in CONVENTIONS),
        *((name, "mean") for name in ("mtcars", "diabetes", "boston", "concrete")),
        ("mtcars", "sum"), ("diabetes", "glmnet"), ("boston", "mse"), ("concrete", "sklearn"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("penalty", PENALTIES)
def test_engines_agree_with_a_loop_over_sklearn(dataset: str, penalty: str, convention: Any) -> None:
    """Both engines give the errors of an explicit loop that standardizes inside each fold; 1e-8 is scikit-learn's
    share, whose coordinate descent was left to run until it no longer moves."""
    X, y = arrays(dataset)
    folds = random_folds(len(y), 4, 3)
    for intercept, standardize in itertools.product((True, False), (True, False)):
        how: dict[str, Any] = {"convention": convention, "standardize": standardize, "intercept": intercept}
        alphas = in_convention(np.array([0.37, 0.031, 0.0011]), X, y, penalty, **how)
        both = engines(X, y, folds, intercept)
        for index in range(folds.k):
            test, train, signs = looped(X, y, folds, index, alphas, penalty, **how)
            for engine in both:
                found = engine.run(index, ask(penalty, alphas, 0.5, **how))
                assert found.test == pytest.approx(test, rel=1e-8)
                assert found.train == pytest.approx(train, rel=1e-8)
                assert np.array_equal(found.signs, signs)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dataset", ["prostate", "airquality_complete_cases"])
def test_absolute_errors_agree_with_a_loop(dataset: str, penalty: str) -> None:
    """Mean absolute errors too."""
    X, y = arrays(dataset)
    folds = random_folds(len(y), 4, 3)
    alphas = in_convention(SHARES[1::2], X, y, penalty, "mean")
    for index in range(folds.k):
        found = RowsEngine(X, Sample(y), folds, "mae").run(index, ask(penalty, alphas))
        test, train, _ = looped(X, y, folds, index, alphas, penalty, loss="mae")
        assert found.test == pytest.approx(test, rel=1e-8)
        assert found.train == pytest.approx(train, rel=1e-8)
        middle = y[folds.train(0, index)].mean()
        assert found.null_test == pytest.approx(np.mean(np.abs(y[folds.test(0, index)] - middle)), rel=1e-12)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("measure", ["mse", "mae", "r2"])
def test_more_features_than_rows(penalty: str, measure: Any) -> None:
    """Where features outnumber rows `cv` goes by rows and gives the loop's errors: leukemia, each twentieth gene.

    Fewer sweeps of scikit-learn's would do; 1e-7 is for its coordinate descent on 179 genes of 54 patients.
    """
    X, y = arrays("leukemia")
    table = frame("leukemia").iloc[:, [*range(0, X.shape[1], 20), -1]].assign(part=np.arange(len(y)) % 4)
    X = X[:, ::20]
    folds = given_folds(np.arange(len(y)) % 4)
    alphas = in_convention(np.array([0.6, 0.2]), X, y, penalty, "mean")
    report = regcli.cv(table, "y", penalty=penalty, alphas=alphas, fold_column="part", measure=measure, jobs=1)
    assert report.folds.engine == "rows" and X.shape[1] > len(y)
    loss: Measure = "mae" if measure == "mae" else "deviance"
    expected = np.array([looped(X, y, folds, index, alphas, penalty, loss=loss)[0] for index in range(4)])
    assert report.arrays.per_fold == pytest.approx(expected, rel=1e-7)
    assert report.certificate.certified and report.folds.certified


@pytest.mark.parametrize("measure", ["mse", "mae", "r2"])
@pytest.mark.parametrize("repeats", [1, 3])
def test_mean_and_error(measure: Any, repeats: int) -> None:
    """Means, standard errors, R2, the null model and the training curve, from the errors of single folds by formula.

    Repeats: curves are averaged, and so are squared standard errors, whatever the number of repeats.
    """
    X, y = arrays("prostate")
    report = regcli.cv(frame("prostate"), measure=measure, repeats=repeats, folds=7, n_alphas=8, jobs=1)
    folds = random_folds(len(y), 7, report.folds.seed, repeats)
    alphas = report.arrays.alphas
    loss: Measure = "mae" if measure == "mae" else "deviance"
    single = [looped(X, y, folds, index, alphas, "l1", loss=loss) for index in range(7 * repeats)]
    tests, trains = (np.array([fold[i] for fold in single]).reshape(repeats, 7, -1) for i in (0, 1))
    weights = np.array([[folds.test(r, k).sum() for k in range(7)] for r in range(repeats)])[:, :, None]

    def by_formula(errors: Matrix) -> tuple[Vector, Vector]:
        means = np.sum(weights * errors, axis=1) / np.sum(weights, axis=1)
        spread = np.sum(weights * (errors - means[:, None]) ** 2, axis=1) / np.sum(weights, axis=1) / 6
        return np.mean(means, axis=0), np.sqrt(np.mean(spread, axis=0))

    mean, se = by_formula(tests)
    train_mean, _ = by_formula(trains)
    nulls, null_trains = [], []
    for r, k in itertools.product(range(repeats), range(7)):
        known = y[folds.train(r, k)]
        for left, kept in ((y[folds.test(r, k)] - known.mean(), nulls), (known - known.mean(), null_trains)):
            kept.append(float(np.mean(np.abs(left) if measure == "mae" else left**2)))
    null, null_se = (float(found[0]) for found in by_formula(np.array(nulls).reshape(repeats, 7, 1)))
    null_train = float(by_formula(np.array(null_trains).reshape(repeats, 7, 1))[0][0])
    assert report.arrays.mean == pytest.approx(mean, rel=1e-8)
    assert report.arrays.se == pytest.approx(se, rel=1e-7)
    assert report.arrays.train_mean == pytest.approx(train_mean, rel=1e-8)
    shown = {name: np.array([row[name] for row in report.curve]) for name in ("mean", "se", "train_mean")}
    if measure == "r2":
        mean, train_mean, se = 1 - mean / null, 1 - train_mean / null_train, se / null
        assert report.chosen.null.mean == pytest.approx(0, abs=1e-14)
    else:
        assert report.chosen.null.mean == pytest.approx(null, rel=1e-12)
        assert report.chosen.null.se == pytest.approx(null_se, rel=1e-12)
    assert shown["mean"] == pytest.approx(mean, rel=1e-7)
    assert shown["se"] == pytest.approx(se, rel=1e-7)
    assert shown["train_mean"] == pytest.approx(train_mean, rel=1e-7)
    errors = -mean if measure == "r2" else mean
    best = int(np.argmin(errors))
    one_se = int(np.flatnonzero(errors <= errors[best] + se[best])[0])
    for row, index in ((report.chosen.min, best), (report.chosen.one_se, one_se)):
        assert (row.index, row.alpha) == (index, alphas[index])
        assert row.r2 == pytest.approx(mean[index] if measure == "r2" else 1 - mean[index] / null, rel=1e-7)
        assert row.nonzero == report.curve[index].nonzero == np.count_nonzero(report.arrays.standardized[index])


def test_the_null_model_is_null() -> None:
    """R2 is measured against the means of the training folds, not against the row at alpha_max, where a fold may
    already hold features."""
    _, y = arrays("prostate")
    folds = random_folds(97, 10, 20_260_101)
    squares = [(y[folds.test(0, k)] - y[folds.train(0, k)].mean()) ** 2 for k in range(10)]
    report = regcli.cv(frame("prostate"), jobs=1)
    assert report.chosen.null.mean == pytest.approx(np.mean(np.concatenate(squares)), rel=1e-12)
    assert report.chosen.null.mean != report.curve[0].mean
    assert report.chosen.null.nonzero == 0


@pytest.mark.parametrize(
    ("dataset", "kind"), [(name, entry["id"]) for name in GAUSSIAN for entry in glmnet(name)["cv"]]
)
def test_cv_glmnet(dataset: str, kind: str) -> None:
    """cv.glmnet with the same folds and lambdas: the same means, standard errors, non-zeros, lambda.min, lambda.1se.

    glmnet stopped at thresh = 1e-20, which leaves 1e-9 of the errors; a standard error, the deviation of nearly equal
    numbers, has a digit less. The loss it scales by each training fold's own deviation of y.
    """
    entry = next(entry for entry in glmnet(dataset)["cv"] if entry["id"] == kind)
    table = frame(dataset).copy()
    table.insert(0, "fold", np.arange(len(table)) % 10 + 1)
    penalty: Any = PENALTY[entry["alpha"]]
    report = regcli.cv(
        table,
        table.columns[-1],
        penalty=penalty,
        l1_ratio=entry["alpha"] if penalty == "elasticnet" else None,
        fold_column="fold",
        convention="glmnet",
        alphas=entry["lambda"],
        measure=kind.removeprefix(kind.split("_")[0] + "_"),  # type: ignore[arg-type]
        jobs=1,
    )
    assert report.folds.scheme == "given"
    assert report.folds.engine == ("moments" if kind.endswith("mse") else "rows")
    assert report.arrays.alphas.tolist() == entry["lambda"]
    assert report.arrays.mean == pytest.approx(entry["cvm"], rel=1e-8)
    assert report.arrays.se == pytest.approx(entry["cvsd"], rel=1e-7)
    assert [row.nonzero for row in report.curve] == entry["nzero"]
    assert report.chosen.min.alpha == entry["lambda_min"]
    assert report.chosen.one_se.alpha == entry["lambda_1se"]


def test_cv_glmnet_from_the_file(tmp_path: Path) -> None:
    """The same through the command line, whose JSON holds the numbers in the same places."""
    entry = glmnet("diabetes")["cv"][0]
    file = tmp_path / "d.csv"
    frame("diabetes").assign(part=np.arange(442) % 10 + 1).to_csv(file, index=False)
    said = commandline.regcli(
        "cv", file, "-y", "target", "--penalty", "l1", "--convention", "glmnet", "--fold-column", "part",
        "--alphas", ",".join(map(str, entry["lambda"])), "--json",
    )  # fmt: skip
    assert said.code == 0
    assert [row["mean"] for row in said.json["curve"]] == pytest.approx(entry["cvm"], rel=1e-8)
    assert said.json["chosen"]["one_se"]["alpha"] == entry["lambda_1se"] == said.json["model"]["alpha"]


def simulated(n: int = 120, p: int = 4, noise: float = 1.0, seed: int = 0) -> tuple[Matrix, Vector]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    return X, X @ np.resize([1.0, -2.0, 0.0, 0.5], p) + noise * rng.normal(size=n)


def named(X: Matrix, y: Vector) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]).assign(y=y)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_columns_far_from_zero(penalty: str) -> None:
    """Columns of mean 1e6 and deviation 1e-3, the target too, cost neither engine more than eight digits.

    The truth is scikit-learn's on the columns less 1e6, a subtraction that is exact in double precision.
    """
    X, y = simulated()
    X, y = 1e6 + 1e-3 * X, 1e6 + 1e-3 * y
    near, target = X - 1e6, y - 1e6
    folds = random_folds(len(y), 5, 20_260_101)
    alphas = in_convention(SHARES[1:], near, target, penalty, "mean")
    expected = np.array([looped(near, target, folds, index, alphas, penalty)[0] for index in range(5)])
    for engine in engines(X, y, folds):
        found = np.array([engine.run(index, ask(penalty, alphas)).test for index in range(5)])
        assert found == pytest.approx(expected, rel=1e-8)
    absolute = np.array([looped(near, target, folds, i, alphas, penalty, loss="mae")[0] for i in range(5)])
    for measure, truth in (("mse", expected), ("mae", absolute)):
        report = regcli.cv(named(X, y), penalty=penalty, alphas=alphas, folds=5, measure=measure, jobs=1)  # type: ignore[arg-type]
        assert report.arrays.per_fold == pytest.approx(truth, rel=1e-8)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("what", ["columns", "target", "both"])
def test_one_fold_with_outliers(what: str, penalty: str) -> None:
    """Rows a million times larger in one fold leave all folds eight digits, the one that trains without them too."""
    X, y = simulated()
    label = np.arange(len(y)) % 4
    large = np.where(label == 2, 1e6, 1.0)
    X = X * large[:, None] if what != "target" else X
    y = y * large if what != "columns" else y
    folds = given_folds(label)
    both = engines(X, y, folds)
    for index in range(4):
        train = folds.train(0, index)
        alphas = in_convention(SHARES[:4], X[train], y[train], penalty, "mean")
        test, fitted, signs = looped(X, y, folds, index, alphas, penalty)
        for engine in both:
            found = engine.run(index, ask(penalty, alphas))
            assert found.test == pytest.approx(test, rel=1e-8)
            assert found.train == pytest.approx(fitted, rel=1e-8)
            assert np.array_equal(found.signs, signs)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_column_constant_in_a_training_fold(penalty: str, intercept: bool) -> None:
    """A column that varies in its test fold only has coefficient 0 there, and `cv` says so; without an intercept it
    stays, with scale 1, as scikit-learn's StandardScaler has it."""
    X, y = simulated()
    label = np.arange(len(y)) % 4
    X[label != 1, 3] = 3.3
    folds = given_folds(label)
    alphas = in_convention(SHARES[1:4], X, y, penalty, "mean", intercept=intercept)
    for index in range(4):
        test, train, signs = looped(X, y, folds, index, alphas, penalty, intercept=intercept)
        for engine in engines(X, y, folds, intercept):
            found = engine.run(index, ask(penalty, alphas, intercept=intercept))
            assert found.test == pytest.approx(test, rel=1e-8)
            assert found.train == pytest.approx(train, rel=1e-8)
            assert np.array_equal(found.signs, signs)
            assert found.constant == ((3,) if index == 1 else ())
    table = named(X, y).assign(part=label)
    report = regcli.cv(table, "y", penalty=penalty, fold_column="part", intercept=intercept, jobs=1)
    said = [warning.message for warning in report.warnings if warning.code == "constant_in_fold"]
    assert len(said) == (1 if intercept else 0)
    assert all("x3 (fold 2)" in text for text in said)


@pytest.mark.parametrize("measure", ["mse", "mae"])
def test_column_that_differs_in_last_bits_only(measure: Any) -> None:
    """A column that in a training fold differs by rounding alone counts as constant there, by either engine."""
    X, y = simulated()
    label = np.arange(len(y)) % 4
    for bits in (2, 6, 10, 14):
        X[label != 0, 2] = 1 + bits * 2.0**-52 * (np.flatnonzero(label != 0) % 2)
        report = regcli.cv(named(X, y).assign(part=label), "y", fold_column="part", measure=measure, jobs=1)
        assert "constant_in_fold" in [warning.code for warning in report.warnings]


@pytest.mark.parametrize("penalty", PENALTIES)
def test_equal_columns(penalty: str) -> None:
    """Of equal columns the first takes all under l1, and they share under a penalty with a quadratic part: in every
    fold the same fit as by scikit-learn, whose lasso has one of the two."""
    X, y = simulated()
    X = np.column_stack([X, X[:, 1]])
    folds = random_folds(len(y), 4, 5)
    alphas = in_convention(SHARES[1:5], X, y, penalty, "mean")
    both = engines(X, y, folds)
    for index in range(4):
        kept = X[:, :4] if penalty == "l1" else X
        test, train, signs = looped(kept, y, folds, index, alphas, penalty)
        signs = np.column_stack([signs, np.zeros(len(signs))]) if penalty == "l1" else signs
        for engine in both:
            found = engine.run(index, ask(penalty, alphas))
            assert found.test == pytest.approx(test, rel=1e-8)
            assert found.train == pytest.approx(train, rel=1e-8)
            assert np.array_equal(found.signs, signs)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_target_constant_in_a_training_fold(penalty: str, intercept: bool) -> None:
    """A training fold whose target has one value has no features: its model predicts that value."""
    X, _ = simulated(24)
    y = np.full(24, 2.5 if intercept else 0.0)
    y[7] = 4.0
    folds = leave_one_out(24)
    alphas = np.array([0.5, 0.1, 0.01])
    for engine in engines(X, y, folds, intercept):
        for convention in CONVENTIONS:
            found = engine.run(7, ask(penalty, alphas, 0.5, convention, intercept=intercept))
            assert found.test == pytest.approx(np.full(3, (4 - y[0]) ** 2), rel=1e-12)
            assert found.train == pytest.approx(np.zeros(3), abs=1e-28)
            assert not found.signs.any()
    for measure in ("mse", "mae"):
        given: dict[str, Any] = {"folds": "loo", "measure": measure, "n_alphas": 20, "jobs": 1}
        report = regcli.cv(named(X, y), penalty=penalty, intercept=intercept, **given)
        assert report.folds.k == 24 and report.folds.certified
        assert np.all(np.isfinite(report.arrays.per_fold))


@pytest.mark.parametrize("penalty", ["l2", "elasticnet", "l1"])
@pytest.mark.parametrize("dataset", ["diabetes", "prostate", "boston"])
def test_the_unit_of_the_target_changes_nothing(dataset: str, penalty: Any) -> None:
    """With y in other units the same index of the drawn grid is chosen, and all errors are in those units squared."""
    table = frame(dataset)
    target = table.columns[-1]
    for rule, unit in (("min", 1e-3), ("1se", 1e3)):
        plain = regcli.cv(table, target, penalty=penalty, rule=rule, n_alphas=40, jobs=1)  # type: ignore[arg-type]
        scaled = table.assign(**{target: table[target] * unit})
        found = regcli.cv(scaled, target, penalty=penalty, rule=rule, n_alphas=40, jobs=1)  # type: ignore[arg-type]
        assert found.chosen.min.index == plain.chosen.min.index
        assert found.chosen.one_se.index == plain.chosen.one_se.index
        assert found.chosen.min.r2 == pytest.approx(plain.chosen.min.r2, rel=1e-8)
        assert found.arrays.mean == pytest.approx(plain.arrays.mean * unit**2, rel=1e-8)
        assert found.arrays.se == pytest.approx(plain.arrays.se * unit**2, rel=1e-7)
        assert coefficients(found) == pytest.approx(coefficients(plain) * unit, rel=1e-7, abs=1e-9 * unit)


@pytest.mark.parametrize("measure", ["mse", "mae"])
def test_the_order_of_rows_changes_nothing(measure: Any) -> None:
    """Rows that bring their folds along may stand in any order."""
    table = frame("diabetes").assign(part=np.arange(442) % 7)
    found = [
        regcli.cv(rows, "target", penalty="elasticnet", fold_column="part", measure=measure, jobs=1)
        for rows in (table, table.iloc[np.random.default_rng(1).permutation(442)].reset_index(drop=True))
    ]
    assert found[1].arrays.mean == pytest.approx(found[0].arrays.mean, rel=1e-10)
    assert found[1].arrays.se == pytest.approx(found[0].arrays.se, rel=1e-9)
    assert found[1].chosen.min.index == found[0].chosen.min.index
    assert found[1].chosen.one_se.index == found[0].chosen.one_se.index


SHARED = """
import sys
from regcli.select import parallel

plain = parallel._shared

def shared(*arguments):
    print("work was shared", file=sys.stderr)
    return plain(*arguments)

parallel.WORTH_IT, parallel._shared = -1.0, shared
from regcli.cli.app import main
sys.argv = ["regcli", *sys.argv[1:]]
main()
"""


def run_sharing(*words: object, threads: int = 1) -> subprocess.CompletedProcess[bytes]:
    """The command line in a process of its own that shares its work however little there is."""
    env = commandline.environment(OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=None, MKL_NUM_THREADS=None)
    command = [sys.executable, "-c", SHARED, *map(str, words)]
    return subprocess.run(command, env=env, capture_output=True, check=True, timeout=120)


@pytest.mark.parametrize(
    "words",
    [
        ("--penalty", "l1", "--repeats", "2"),
        ("--penalty", "elasticnet", "--l1-ratio", "0.2,0.9", "--measure", "mae"),
        ("--penalty", "l2", "--folds", "loo"),
    ],
)
def test_the_number_of_jobs_changes_no_byte(words: tuple[str, ...]) -> None:
    """The same seed gives the same document, byte by byte, whether one process works on the folds or three."""
    command = ("cv", SAMPLES / "diabetes.csv", *words, "--n-alphas", "15", "--json")
    alone, shared = (run_sharing(*command, "--jobs", jobs) for jobs in (1, 3))
    assert b"work was shared" in shared.stderr and b"work was shared" not in alone.stderr
    assert shared.stdout == alone.stdout
    assert json.loads(alone.stdout)["schema"] == "regcli.cv/1"


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """The leaves of a document by their paths."""
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in flat(item, f"{name}.{key}").items()}
    if isinstance(value, list):
        return {k: v for i, item in enumerate(value) for k, v in flat(item, f"{name}[{i}]").items()}
    return {name: value}


def test_the_number_of_threads_in_the_environment_changes_no_byte() -> None:
    """Linear algebra uses one thread, whatever the environment says: with two its sums would differ in last bits."""
    command = ("cv", FILES["concrete"][0], "--target", "strength", "--n-alphas", "30", "--jobs", "1", "--json")
    one, two = (run_sharing(*command, threads=threads) for threads in (1, 2))
    assert one.stdout == two.stdout
    assert json.loads(one.stdout)["schema"] == "regcli.cv/1"


def test_ames_by_ridge() -> None:
    """Ridge on the numeric columns of Ames explains near 0.8 of the variance of unseen prices; on a grid in the unit of
    the price it would be 0.001."""
    path, found = FILES["ames_numeric"][0], options("ames_numeric")
    report = regcli.cv(path, **found, penalty="l2", rule="min", jobs=1)
    assert 0.78 < report.chosen.min.r2 < 0.82
    assert report.chosen.at_edge is None
    folds = Folds(10, (report.arrays.assignment[0],), "given")
    X, y = arrays("ames_numeric")
    alpha = np.array([report.chosen.min.alpha])
    expected = [looped(X, y, folds, index, alpha, "l2")[0][0] for index in range(10)]
    assert [fold for fold in report.curve[report.chosen.min.index].per_fold] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("ratios", [[0.1, 0.5, 1.0], [1.0, 0.5, 0.1]])
@pytest.mark.parametrize("rule", ["min", "1se"])
def test_several_ratios(rule: Any, ratios: list[float]) -> None:
    """Several shares of L1: the same folds for each, the least mean over all, its ratio's largest alpha within one
    standard error; each curve is that of a run of its own."""
    table = frame("prostate")
    given: dict[str, Any] = {"penalty": "elasticnet", "rule": rule, "n_alphas": 40, "jobs": 1}
    report = regcli.cv(table, l1_ratio=ratios, **given)
    alone = [regcli.cv(table, l1_ratio=ratio, **given) for ratio in ratios]
    assert report.settings.l1_ratio == ratios
    assert list(report.curve) == [row for one in alone for row in one.curve]
    means = np.array([row["mean"] for row in report.curve])
    best = int(np.argmin(means))
    assert report.chosen.min.index == best
    same = [i for i, row in enumerate(report.curve) if row.l1_ratio == report.curve[best].l1_ratio]
    within = [i for i in same if means[i] <= means[best] + report.curve[best].se]
    one_se = max(within, key=lambda i: report.curve[i].alpha)
    assert report.chosen.one_se.index == one_se
    for row in (report.chosen.min, report.chosen.one_se):
        kept = {name: row[name] for name in ("alpha", "l1_ratio", "l1", "l2", "mean", "se", "nonzero")}
        assert kept == {name: report.curve[row.index][name] for name in kept}
    taken = report.chosen.min if rule == "min" else report.chosen.one_se
    assert (report.model.alpha, report.model.l1_ratio) == (taken.alpha, taken.l1_ratio)
    twin = alone[ratios.index(taken.l1_ratio)]
    assert report.path == twin.path and report.model == twin.model and report.selection == twin.selection


@pytest.mark.parametrize(("penalty", "first"), [("l1", 4.0), ("elasticnet", 4.0), ("l2", 7.0)])
def test_extended_at_the_low_end(penalty: Any, first: float) -> None:
    """Where hardly any noise is left the least error lies below the grid, which goes on at its own spacing for at most
    two decades; if it still lies at the end the report says so."""
    X, y = simulated(noise=1e-9)
    report = regcli.cv(named(X, y), penalty=penalty, rule="min", n_alphas=50, jobs=1)
    step = first / 49
    assert report.chosen.extended == int(2 / step)
    assert len(report.curve) == 50 + report.chosen.extended
    assert np.diff(np.log10(report.arrays.alphas)) == pytest.approx(np.full(len(report.curve) - 1, -step), rel=1e-9)
    assert (report.chosen.at_edge, report.chosen.min.index) == ("low", len(report.curve) - 1)
    assert "at_edge" in [warning.code for warning in report.warnings]
    folds = random_folds(len(y), 10, report.folds.seed)
    for index in (0, 49, 50, len(report.curve) - 1):
        alpha = report.arrays.alphas[[index]]
        if penalty != "elasticnet":  # whose L2 is drawn by the deviation of y
            expected = [looped(X, y, folds, fold, alpha, penalty)[0][0] for fold in range(10)]
            assert report.arrays.per_fold[:, index] == pytest.approx(expected, rel=1e-4, abs=1e-17)


def test_extended_and_found() -> None:
    """An optimum within the extension is no edge: the report says that the grid was extended."""
    X, y = simulated(noise=1e-3)
    report = regcli.cv(named(X, y), penalty="l1", rule="min", jobs=1)
    assert report.chosen.extended == 49
    assert report.chosen.at_edge is None
    assert 100 < report.chosen.min.index < 148
    codes = [warning.code for warning in report.warnings]
    assert "grid_extended" in codes and "at_edge" not in codes


def noise(seed: int = 3, n: int = 80, p: int = 6) -> pd.DataFrame:
    """Columns that have nothing to do with the target."""
    rng = np.random.default_rng(seed)
    return named(rng.normal(size=(n, p)), rng.normal(size=n))


def test_ridge_is_extended_at_the_high_end() -> None:
    """Where the null model is best ridge's grid goes on upwards for two decades; the lasso's ends at alpha_max."""
    report = regcli.cv(noise(), penalty="l2", rule="min", jobs=1)
    assert report.chosen.extended == int(2 / (7 / 99))
    assert (report.chosen.at_edge, report.chosen.min.index) == ("high", 0)
    table = noise().to_numpy()
    X, y = table[:, :-1], table[:, -1]
    largest = np.max(np.abs(((X - X.mean(axis=0)) / X.std(axis=0)).T @ (y - y.mean()))) / len(y)
    top = 1000 * largest / y.std()
    assert report.arrays.alphas[report.chosen.extended] == pytest.approx(top, rel=1e-12)
    lasso = regcli.cv(noise(), penalty="l1", rule="min", jobs=1)
    assert (lasso.chosen.extended, len(lasso.curve)) == (0, 100)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_given_grids_stay(penalty: Any) -> None:
    """A list of alphas is tried as it is, with the report saying where the least error lies at its end."""
    X, y = simulated(noise=1e-6)
    report = regcli.cv(named(X, y), penalty=penalty, alphas=[0.03, 0.3, 0.1, 0.1], rule="min", jobs=1)
    assert report.arrays.alphas.tolist() == [0.3, 0.1, 0.03]
    assert (report.chosen.extended, report.chosen.at_edge) == (0, "low")
    assert "at_edge" in [warning.code for warning in report.warnings]
    alone = regcli.cv(named(X, y), penalty=penalty, alphas=[0.1], jobs=1)
    assert (len(alone.curve), alone.chosen.at_edge) == (1, None)


@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
def test_the_null_model_is_said_out_loud(penalty: Any) -> None:
    """On pure noise the default rule has no features, and the report says that it is so."""
    report = regcli.cv(noise(), penalty=penalty, jobs=1)
    assert report.chosen.rule == "1se"
    assert report.chosen.one_se.nonzero == report.model.alpha - report.chosen.one_se.alpha == 0
    assert not np.any(coefficients(report))
    assert report.model.intercept == pytest.approx(noise()["y"].mean(), rel=1e-12)
    assert "null_model" in [warning.code for warning in report.warnings]


CHOSEN_BY = [
    ("diabetes", ("--penalty", "l1")),
    ("diabetes", ("--penalty", "l2", "--rule", "min")),
    ("diabetes", ("--penalty", "elasticnet", "--l1-ratio", "0.3,0.8")),
    ("diabetes", ("--penalty", "elasticnet", "--convention", "glmnet", "--rule", "min")),
    ("diabetes", ("--penalty", "elasticnet", "--convention", "sum", "--no-intercept")),
    ("diabetes", ("--penalty", "elasticnet", "--alphas", "10,1,0.1")),
    ("prostate", ("--penalty", "l1", "--convention", "mse", "-y", "lpsa", "--fold-column", "train")),
    ("prostate", ("--penalty", "l1", "--no-standardize", "-y", "lpsa", "--exclude", "train", "--measure", "mae")),
    ("prostate", ("--penalty", "l2", "--convention", "sklearn", "-y", "lpsa", "--split-column", "train")),
]


@pytest.mark.parametrize(("dataset", "words"), CHOSEN_BY)
def test_the_command_that_comes_next_fits_the_same_model(dataset: str, words: tuple[str, ...]) -> None:
    """`next` is the `fit` of the chosen model: run, it gives the same coefficients, metrics and strengths.

    To a trillionth: an alpha that is written as two strengths is rounded once more.
    """
    said = commandline.regcli("cv", FILES[dataset][0], *words, "--json")
    assert said.code == 0, said.err
    chosen = said.json
    command = shlex.split(chosen["next"])
    assert command[:2] == ["regcli", "fit"]
    source = Path(command[2])
    again = commandline.regcli("fit", FILES[dataset][0] if not source.exists() else source, *command[3:], "--json")
    assert again.code == 0, again.err
    fitted = again.json
    for name in ("coefficient", "standardized"):
        found, expected = (np.array([row[name] for row in one["model"]["coefficients"]]) for one in (fitted, chosen))
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-12 * np.max(np.abs(expected)))
    assert [row["name"] for row in fitted["model"]["coefficients"]] == chosen["data"]["features"]
    assert (fitted["model"]["l1"], fitted["model"]["l2"]) == pytest.approx(
        (chosen["model"]["l1"], chosen["model"]["l2"]), rel=1e-12
    )
    assert fitted["sparsity"]["selected"] == chosen["sparsity"]["selected"]
    found, expected = flat(fitted["metrics"]), flat(chosen["metrics"])
    assert found.keys() == expected.keys()
    assert all(found[name] == pytest.approx(value, rel=1e-10) for name, value in expected.items() if value is not None)
    taken = chosen["chosen"]["min" if "min" in words else "one_se"]
    assert chosen["model"]["alpha"] == taken["alpha"]
    assert chosen["sparsity"]["nonzero"] == taken["nonzero"]


@pytest.mark.parametrize("rule", ["min", "1se"])
@pytest.mark.parametrize(("dataset", "measure"), [("prostate", "mse"), ("prostate", "mae"), ("diabetes", "mse")])
def test_selection_is_counted_over_folds(dataset: str, measure: Any, rule: Any) -> None:
    """How often each feature is selected, and how often with the sign of the refit, counted over fits of the folds."""
    X, y = arrays(dataset)
    report = regcli.cv(frame(dataset), repeats=2, folds=5, measure=measure, rule=rule, jobs=1)
    folds = random_folds(len(y), 5, report.folds.seed, 2)
    alpha = np.array([report.model.alpha])
    signs = np.array([looped(X, y, folds, index, alpha, "l1")[2][0] for index in range(10)])
    refit = np.sign(coefficients(report))
    for j, row in enumerate(report.selection):
        chosen = signs[:, j] != 0
        assert row.name == report.data.features[j]
        assert row.frequency == pytest.approx(chosen.mean(), abs=1e-15)
        if not chosen.any():
            assert row.sign_agreement is None
            continue
        majority = 1 if (signs[:, j] > 0).sum() >= (signs[:, j] < 0).sum() else -1
        direction = refit[j] or majority
        assert row.sign_agreement == pytest.approx((signs[chosen, j] == direction).mean(), abs=1e-15)
    assert {row.frequency for row in report.selection} > {1.0}


def test_the_model_is_certified_and_that_of_the_path() -> None:
    """The refit at the chosen alpha is the point of the path on all rows, with a certificate from the rows."""
    for penalty in PENALTIES:
        report = regcli.cv(frame("diabetes"), penalty=penalty, jobs=1)  # type: ignore[arg-type]
        entry = report.path[report.chosen.one_se.index]
        assert report.certificate.certified and entry.certified
        assert entry.alpha == report.model.alpha
        found = {row.name: row.coefficient for row in report.model.coefficients if row.coefficient != 0}
        assert entry.coefficients.keys() == found.keys()
        assert dict(entry.coefficients) == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("weights", [np.array([1.0, 1, 1]), np.array([5.0, 1, 2])])
def test_unequal_folds_are_weighted(weights: Vector) -> None:
    """The mean is over rows, not over folds; the standard error too; spelled out for three folds."""
    errors = np.array([[1.0, 4.0], [2.0, 0.5], [6.0, 1.0]])
    mean, se = mean_and_error(errors, weights, 3)
    for a in range(2):
        expected = sum(w * e for w, e in zip(weights, errors[:, a], strict=True)) / sum(weights)
        spread = sum(w * (e - expected) ** 2 for w, e in zip(weights, errors[:, a], strict=True)) / sum(weights) / 2
        assert mean[a] == pytest.approx(expected, rel=1e-14)
        assert se[a] == pytest.approx(spread**0.5, rel=1e-14)


def test_nothing_of_the_test_rows_is_learned() -> None:
    """Whatever stands in a fold's rows, its own fit does not change: its training error and signs stay to the bit."""
    X, y = simulated()
    folds = random_folds(len(y), 5, 2)
    alphas = in_convention(SHARES, X, y, "l1", "mean")
    rng = np.random.default_rng(6)
    for index in range(5):
        test = folds.test(0, index)
        other, target = X.copy(), y.copy()
        other[test], target[test] = 50 * rng.normal(size=(test.sum(), 4)), 50 * rng.normal(size=test.sum())
        for place in (0, 1):
            plain, changed = (
                engines(*data, folds)[place].run(index, ask("l1", alphas)) for data in ((X, y), (other, target))
            )
            assert changed.train == pytest.approx(plain.train, rel=1e-12)
            assert np.array_equal(changed.signs, plain.signs)


def test_the_command_line_is_the_function() -> None:
    """The command line and the Python function give the same document."""
    said = commandline.regcli("cv", SAMPLES / "diabetes.csv", "--penalty", "l1", "--n-alphas", "20", "--json")
    report = regcli.cv(SAMPLES / "diabetes.csv", penalty="l1", n_alphas=20)
    assert json.loads(json.dumps(report.to_dict())) == said.json
