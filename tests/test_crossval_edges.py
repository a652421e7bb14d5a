"""Where cross-validation and paths come to an edge: units far from 1, folds that hold one value or equal columns,
ends of grids, fits without error; each by an oracle of its own."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import regcli as command
from support import Matrix, Vector, arrays, ask, coefficients, engines, frame

import regcli
from regcli.select import parallel
from regcli.select.by_rows import RowsEngine, Sample
from regcli.select.folds import given_folds, random_folds
from regcli.specs import CONVENTIONS, CRITERIA, Measure
from regcli.workflows import tuning

PENALTIES = ["l1", "l2", "elasticnet"]


def codes(report: Any) -> list[str]:
    """The codes of a report's warnings."""
    return [notice["code"] for notice in report.to_dict()["warnings"]]


def linear(n: int, p: int, seed: int, noise: float = 1.0) -> tuple[Matrix, Vector]:
    """Normal columns, of which every other one counts, and noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    return X, X[:, ::2] @ (1.0 + np.arange(len(X[0, ::2]))) + noise * rng.normal(size=n)


def folded(X: Matrix, y: Vector, labels: Any) -> pd.DataFrame:
    """A table of x0, x1, ..., y and the column `fold`."""
    names = [f"x{j}" for j in range(X.shape[1])]
    return pd.DataFrame(X, columns=names).assign(y=y, fold=labels)


@pytest.mark.parametrize("unit", [1e77, 1e-100])
@pytest.mark.parametrize("measure", ["mse", "mae"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_any_unit_of_the_target(penalty: Any, measure: Any, unit: float) -> None:
    """The unit of y changes neither which alphas are chosen nor, in that unit, a mean or a standard error.

    1e-9: multiplying by the unit rounds y, and LOST allows moments as much. No warning of NumPy: those are errors here.
    """
    X, y = arrays("prostate")
    power = 1 if measure == "mae" else 2
    usual, other = (regcli.cv((X, y * u), penalty=penalty, measure=measure, n_alphas=40, seed=1) for u in (1.0, unit))
    for choice in ("min", "one_se"):
        assert getattr(other.chosen, choice).index == getattr(usual.chosen, choice).index
    for name in ("mean", "se"):
        found, expected = getattr(other.arrays, name), getattr(usual.arrays, name)
        assert np.allclose(found / unit**power / expected, 1, rtol=1e-9, atol=0), name
    assert other.folds.certified


def ridge(X: Matrix, y: Vector, l2: float, intercept: bool) -> tuple[Vector, float]:
    """Ridge on columns as they stand: least squares on rows with the penalty's below, columns brought to size 1."""
    mean, centre = (X.mean(axis=0), float(y.mean())) if intercept else (np.zeros(X.shape[1]), 0.0)
    rows = np.vstack([X - mean, math.sqrt(len(y) * l2) * np.eye(X.shape[1])])
    size = np.linalg.norm(rows, axis=0)
    coef = np.linalg.lstsq(rows / size, np.append(y - centre, np.zeros(len(size))), rcond=None)[0] / size
    return coef, centre - float(mean @ coef)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("size", [1e8, 1e12, 1e-8])
def test_ridge_on_raw_columns_of_very_different_size(size: float, intercept: bool) -> None:
    """Ridge without standardizing solves columns of size 1 and `size` in every fold, whichever penalty matters.

    1e-8: what a Gram matrix of columns brought to the same size leaves of the digits, with a condition number near 10.
    """
    X, y = linear(60, 4, 3)
    X[:, 2:] *= size
    folds = random_folds(60, 5, 1)
    alphas = np.sort(np.concatenate([np.logspace(2, -6, 9), size**2 * np.logspace(1, -3, 3)]))[::-1]
    for index, engine in itertools.product(range(5), engines(X, y, folds, intercept)):
        found = engine.run(index, ask("l2", alphas, standardize=False, intercept=intercept))
        train, test = folds.train(0, index), folds.test(0, index)
        centre = y.mean() if intercept else 0.0
        for i, alpha in enumerate(alphas):
            coef, start = ridge(X[train], y[train] - centre, alpha, intercept)
            for rows, error in ((test, found.test[i]), (train, found.train[i])):
                expected = np.mean((y[rows] - centre - start - X[rows] @ coef) ** 2)
                assert error == pytest.approx(expected, rel=1e-8), (engine.name, index, alpha)
        assert found.certified, (engine.name, index)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("known", [[0.1] * 3, [1.0] * 7, [0.1] * 10])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_constant_target_in_a_training_fold(penalty: Any, known: list[float], intercept: bool) -> None:
    """Where the training rows have one target value, that is what a model with intercept predicts at every alpha.

    The mean of 0.1 three times is not 0.1 in double precision. 1e-12: the rounding of a mean. Without an intercept
    such a target is one like any other: the engines agree.
    """
    rng = np.random.default_rng(5)
    tested = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    y = np.concatenate([known, tested])
    X, labels = rng.normal(size=(len(y), 2)), np.repeat([1, 0], [len(known), 7])
    folds, alphas = given_folds(labels), np.array([1.0, 0.1, 1e-3, 1e-6])
    request = ask(penalty, alphas, intercept=intercept)
    moments, rows = (engine.run(0, request) for engine in engines(X, y, folds, intercept))
    if not intercept:
        assert moments.test == pytest.approx(rows.test, rel=1e-9)
        assert moments.train == pytest.approx(rows.train, rel=1e-9)
        return
    for found in (moments, rows):
        assert found.test == pytest.approx(np.mean((tested - known[0]) ** 2), rel=1e-12)
        assert found.train == pytest.approx(0.0, abs=1e-30)
        assert not found.signs.any() and found.certified
    losses: tuple[tuple[Any, Measure], ...] = (("mse", "deviance"), ("mae", "mae"))
    for measure, loss in losses:
        left = np.abs(tested - known[0])
        expected = np.mean(left if measure == "mae" else left**2)
        assert RowsEngine(X, Sample(y - y.mean()), folds, loss).run(0, request).test == pytest.approx(
            expected, rel=1e-12
        )
        report = regcli.cv(
            folded(X, y, labels), "y", fold_column="fold", penalty=penalty, measure=measure, alphas=alphas
        )
        assert report.arrays.per_fold[0] == pytest.approx(expected, rel=1e-12)


def twins(everywhere: bool) -> tuple[Matrix, Vector, Vector]:
    """Columns 1 and 2 of zeros and ones, equal `everywhere` or only outside fold 1; the target; three folds."""
    rng = np.random.default_rng(8)
    labels = np.arange(60) % 3
    X = np.column_stack([rng.normal(size=60), *rng.integers(0, 2, (2, 60))]).astype(float)
    same = np.ones(60, dtype=bool) if everywhere else labels != 0
    X[same, 2] = X[same, 1]
    return X, X @ [1.0, 2.0, 1.5] + rng.normal(size=60), labels


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_columns_equal_in_one_training_fold(penalty: Any, intercept: bool) -> None:
    """Columns that are equal in a training fold only are dealt with as `fit` does on those rows: the first takes the
    coefficient under l1, else they share it. The engines agree, and the l1 warning names column and fold.

    1e-9 is what an error from moments may be off before it is taken from the rows.
    """
    X, y, labels = twins(False)
    folds, alphas = given_folds(labels), np.array([0.5, 0.1, 0.01, 1e-4])
    centre = y.mean() if intercept else 0.0
    for index, engine in itertools.product(range(3), engines(X, y, folds, intercept)):
        found = engine.run(index, ask(penalty, alphas, intercept=intercept))
        train, test = folds.train(0, index), folds.test(0, index)
        for alpha, error, known in zip(alphas, found.test, found.train, strict=True):
            ratio = 0.5 if penalty == "elasticnet" else None
            source = (X[train], y[train] - centre)
            model = regcli.fit(source, penalty=penalty, alpha=alpha, l1_ratio=ratio, intercept=intercept)
            residual = y - centre - X @ coefficients(model) - (model.model.intercept or 0.0)
            assert error == pytest.approx(np.mean(residual[test] ** 2), rel=1e-9), (engine.name, index, alpha)
            assert known == pytest.approx(np.mean(residual[train] ** 2), rel=1e-9), (engine.name, index, alpha)
        assert found.certified
        assert found.repeated == ((2,) if penalty == "l1" and index == 0 else ())
    for measure in ("mse", "mae"):  # from moments, and from rows
        given: dict[str, Any] = {"penalty": penalty, "measure": measure, "intercept": intercept, "alphas": alphas}
        notices = regcli.cv(folded(X, y, labels), "y", fold_column="fold", **given).to_dict()["warnings"]
        told = [notice["message"] for notice in notices if notice["code"] == "equal_in_fold"]
        assert len(told) == (penalty == "l1")
        assert all("x2 (fold 1)" in text and "x1" not in text for text in told)
        assert "equal_columns" not in [notice["code"] for notice in notices]


@pytest.mark.parametrize("measure", ["mse", "mae"])
def test_columns_equal_in_the_whole_file(measure: Any) -> None:
    """Columns that are equal in the whole file are told of as such, not once more for the folds."""
    X, y, labels = twins(True)
    found = codes(regcli.cv(folded(X, y, labels), "y", fold_column="fold", measure=measure))
    assert "equal_columns" in found and "equal_in_fold" not in found


def evaluated(formula: str, alpha: float, n: float, s_y: float) -> tuple[float, float]:
    """L1 and L2 of (1/2n) RSS + L1 sum |b| + (L2/2) sum b^2, by the printed formula read as arithmetic."""

    def number(text: str) -> float:
        first, *below = text.strip().split("/")
        return float(first or 1) / math.prod(s_y if word == "s_y" else float(word) for word in below)

    loss, rest = formula.split(" + alpha")
    times = {"(1/2n) ": 0.5 / n, "(1/n) ": 1 / n, "": 1.0}[loss.split("sum (y")[0]]
    outer, inner = re.fullmatch(r"((?:/\w+)*) \(?(.*?)\)?", rest).groups()  # type: ignore[union-attr]
    found = {"sum |b|": 0.0, "sum b^2": 0.0}
    for term in inner.split(" + "):
        share, norm = re.fullmatch(r"(.*?) ?(sum .*)", term).groups()  # type: ignore[union-attr]
        found[norm] += alpha * number(outer) * number(share)
    return found["sum |b|"] / (2 * n * times), found["sum b^2"] / (n * times)


@pytest.mark.parametrize("given", [(), (0.7, 0.2)])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_the_formula_of_a_path_says_what_was_minimised(convention: Any, penalty: Any, given: Any) -> None:
    """The formula as printed, with the numbers of an entry put in, has the strengths that the entry reports.

    The share of L1 and its rest have few digits here, so that the six printed are exact; 1e-12 is rounding.
    """
    X, y = linear(30, 4, 2)
    for intercept, ratio in itertools.product((True, False), (0.25, 0.6)):
        report = regcli.path(
            (X, 7 * y), penalty=penalty, l1_ratio=ratio if penalty == "elasticnet" else None, convention=convention,
            alphas=given, n_alphas=None if given else 5, intercept=intercept,
        )  # fmt: skip
        model, s_y = report.model, float(np.std(7 * y) if intercept else np.sqrt(np.mean((7 * y) ** 2)))
        for entry in report.path:
            l1, l2 = evaluated(model.formula, entry.alpha, 30, s_y)
            assert (entry.l1, entry.l2) == pytest.approx((l1, l2), rel=1e-12), model.formula


@pytest.mark.parametrize("ending", [(), (1.0, 0.01), (1.0, 0.1, 0.0)])
def test_path_tells_of_dependent_columns(ending: Any) -> None:
    """Degrees in two scales: a path says that other coefficients would do as well, or at alpha 0 that the columns are
    dependent and that there is no penalty."""
    rng = np.random.default_rng(4)
    celsius = rng.normal(15, 8, 50).round(1)
    table = pd.DataFrame({"C": celsius, "F": 1.8 * celsius + 32, "x": rng.normal(size=50)})
    table["y"] = celsius + table.x + rng.normal(size=50)
    assert np.linalg.matrix_rank(np.column_stack([table[["C", "F", "x"]], np.ones(50)])) == 3
    found = codes(regcli.path(table, "y", alphas=ending))
    least_squares = ending[-1:] == (0.0,)
    assert ("not_unique" in found) is not least_squares
    assert ("rank_deficient" in found) is least_squares and ("no_penalty" in found) is least_squares


@pytest.mark.parametrize("criterion", CRITERIA)
def test_path_tells_where_a_criterion_is_least_at_its_end(criterion: Any) -> None:
    """`criterion_at_edge` is told exactly where the criterion asked for is least at the last of several alphas."""
    X, y = linear(40, 6, 9)
    seen = set()
    for most in range(1, 13):
        report = regcli.path((X, y), alphas=np.logspace(1, -4, 12)[:most], select=criterion)
        values = [entry[criterion] for entry in report.to_dict()["path"]]
        at_end = most > 1 and int(np.argmin(values)) == most - 1
        assert ("criterion_at_edge" in codes(report)) is at_end, most
        seen.add(at_end)
    assert seen == {True, False}


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("options", [{}, {"n_alphas": 2}, {"n_alphas": 3, "alpha_min_ratio": 0.9},
                                     {"alpha_min_ratio": 1e-300}, {"n_alphas": 2, "alpha_min_ratio": 1e-300},
                                     {"n_alphas": 7, "alpha_min_ratio": 1e-8}])  # fmt: skip
@pytest.mark.parametrize("noise", [0.0, 1.0, 1e6])
def test_how_far_a_grid_is_extended(options: dict[str, Any], penalty: Any, noise: float) -> None:
    """A drawn grid whose least error lies at its low end (for ridge at either) grows there: by one alpha at least, by
    as many as it has at most and by two decades at most, at its own spacing where that is less, and never to 0.

    Below 1e-100 of its first alpha it does not grow: that is zero to every digit. 1e-9: the rounding of logarithms.
    """
    X, y = linear(80, 3, 12, noise)
    report = regcli.cv((X, y), penalty=penalty, seed=3, **options)
    alphas, extended = report.arrays.alphas, report.chosen.extended
    count, ratio = options.get("n_alphas", 100), options.get("alpha_min_ratio", 1e-7 if penalty == "l2" else 1e-4)
    decades = -np.diff(np.log10(alphas))
    assert np.all(alphas > 0) and np.all(decades > 0)
    assert len(alphas) == count + extended and extended <= count
    step = -math.log10(ratio) / (count - 1)
    low = np.isclose(math.log10(alphas[0] / alphas[count - 1]), -math.log10(ratio), rtol=1e-9)
    low = low and (not extended or penalty != "l2" or report.arrays.mean[0] > report.arrays.mean[count - 1])
    first = slice(0, count) if low else slice(extended, None)
    ours = report.arrays.mean[first]
    best = int(np.argmin(ours))
    wants = best == count - 1 or (best == 0 and penalty == "l2")
    assert (extended > 0) is (wants and not (best == count - 1 and ratio < 1e-100))
    if extended:
        added = decades[count - 1 :] if low else decades[:extended]
        assert np.sum(added) <= 2 * (1 + 1e-9)
        assert added == pytest.approx(min(step, 2.0), rel=1e-9)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_fit_that_is_almost_perfect(penalty: Any) -> None:
    """Where next to no error is left, training errors and criteria of `cv` from moments are still those of the rows.

    1e-6: the least errors here are 1e-16 of the variance of y, whose residuals have eight digits.
    """
    X, y = linear(60, 4, 6, 1e-8)
    alphas = np.logspace(0, -12, 13)
    ratio = 0.5 if penalty == "elasticnet" else None
    given: dict[str, Any] = {"penalty": penalty, "l1_ratio": ratio, "alphas": alphas}
    report, walked = regcli.cv((X, y), seed=2, **given), regcli.path((X, y), **given)
    assert report.folds.engine == "moments" and report.folds.certified
    folds = random_folds(60, 10, 2)
    assert np.array_equal(folds.assignment[0], report.arrays.assignment[0])
    rows, request = RowsEngine(X, Sample(y - y.mean()), folds), ask(penalty, alphas)
    results = [rows.run(index, request) for index in range(10)]
    expected = np.average([one.train for one in results], axis=0, weights=[one.weight for one in results])
    assert report.arrays.train_mean == pytest.approx(expected, rel=1e-6, abs=0)
    for found, entry in zip(report.to_dict()["path"], walked.to_dict()["path"], strict=True):
        coef = np.array([found["coefficients"].get(name, 0.0) for name in report.data.features])
        square = np.mean((y - found["intercept"] - X @ coef) ** 2)
        assert found["bic"] == pytest.approx(60 * math.log(square) + found["df"] * math.log(60), rel=1e-6)
        for name in (*CRITERIA, "df", "deviance_ratio"):
            assert found[name] == pytest.approx(entry[name], rel=1e-6), name


@pytest.mark.parametrize("words", [(), ("--time", "fold")])
def test_r2_of_the_null_model(words: Any, tmp_path: Any) -> None:
    """Measured by R2 the null model has 0, on test and on training rows, and so has any model without features."""
    X, y = linear(40, 3, 1)
    path = tmp_path / "table.csv"
    folded(X, y, np.arange(40)).to_csv(path, index=False)
    said = command(
        "cv", path, "--target", "y", "--measure", "r2", *words, "--json", *([] if words else ["--exclude", "fold"])
    )
    assert said.code == 0, said.err
    null, first = said.json["chosen"]["null"], said.json["curve"][0]
    assert (null["mean"], null["train_mean"], null["r2"], null["nonzero"]) == (0, 0, 0, 0)
    given = ("--alphas", "1e9,1e8")
    empty = command("cv", path, "--target", "y", "--measure", "r2", *given, *words, "--json",
                    *([] if words else ["--exclude", "fold"])).json["curve"][0]  # fmt: skip
    assert empty["nonzero"] == 0 and first["alpha"] < 1e8
    assert (empty["mean"], empty["train_mean"]) == pytest.approx((0, 0), abs=1e-14)


def test_r2_where_the_null_model_is_exact(tmp_path: Any) -> None:
    """Where the model without features predicts every test row exactly there is no R2: exit code 3, and a way out."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(12, 2)), columns=["a", "b"])
    table["y"], table["when"] = [-1.0, 1, -1, 1] + [0.0] * 8, np.repeat([1, 2, 3], 4)
    table.to_csv(tmp_path / "t.csv", index=False)
    words = ("cv", tmp_path / "t.csv", "--target", "y", "--time", "when", "--folds", 2, "--measure")
    said = command(*words, "r2")
    assert said.code == 3 and "R2 is not defined" in said.err and said.hint == "leave out --measure"
    with pytest.raises(regcli.errors.DataError):
        regcli.cv(table, "y", time="when", folds=2, measure="r2")
    assert command(*words, "mse").code == 0


@pytest.mark.parametrize("ulps", [0, 1, 8, 40, 10_000])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_no_intercept_and_a_column_almost_constant_in_a_fold(penalty: Any, standardize: bool, ulps: int) -> None:
    """Without an intercept a column whose values differ in their last bits only in a training fold breaks nothing.

    1e-9 is what an error from moments may be off before it is taken from the rows; where the deviation of the column
    has few digits (some bits of 52) it is no better known than those are, so 1e-2 there.
    """
    rng = np.random.default_rng(2)
    X, y = linear(48, 3, 4)
    labels = np.arange(48) % 3
    X[:, 1] = np.where(labels == 0, rng.normal(3, 1, 48), 3.0 + ulps * np.spacing(3.0) * (np.arange(48) % 2))
    folds, alphas = given_folds(labels), np.array([0.3, 0.03, 1e-3])
    moments, rows = engines(X, y + 3, folds, intercept=False)
    request = ask(penalty, alphas, standardize=standardize, intercept=False)
    for index in range(3):
        found, expected = moments.run(index, request), rows.run(index, request)
        few = index == 0 and standardize and ulps > 8
        assert np.all(np.isfinite(found.test)) and found.certified and expected.certified
        assert found.test == pytest.approx(expected.test, rel=1e-2 if few else 1e-9)
        assert found.train == pytest.approx(expected.train, rel=1e-2 if few else 1e-9)
        assert found.constant == expected.constant == ((1,) if index == 0 and ulps <= 8 else ())


def test_any_collection_of_alphas() -> None:
    """A range, a generator, a set, an array, a Series and one number are lists of alphas like any other."""
    source = linear(30, 3, 0)
    expected = regcli.path(source, alphas=[1.0, 2.0]).to_dict()
    for given in (range(1, 3), (a for a in (2, 1)), {1, 2}, np.array([1, 2]), pd.Series([2.0, 1.0]), "1,2", (1, 2, 2)):
        found = regcli.path(source, alphas=given).to_dict()  # type: ignore[arg-type,unused-ignore]
        assert (found["path"], found["model"]) == (expected["path"], expected["model"]), given
    assert regcli.cv(source, alphas=range(1, 3)).arrays.alphas.tolist() == [2.0, 1.0]
    for one in (2, 2.0, np.float64(2), np.array(2.0)):
        assert regcli.path(source, alphas=one).arrays.alphas.tolist() == [2.0]


@pytest.mark.parametrize("measure", ["mse", "mae"])
def test_more_jobs_than_cores(measure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many processes are asked for, more than cores and more than folds too, the document is the same."""
    table = frame("prostate")
    given: dict[str, Any] = {"measure": measure, "folds": 3, "seed": 1, "n_alphas": 10}
    expected = regcli.cv(table, "lpsa", jobs=1, **given).to_dict()
    monkeypatch.setattr(parallel, "WORTH_IT", 0.0)
    for jobs, cores in ((500, None), (2, 1), (64, 8)):
        if cores is not None:
            monkeypatch.setattr(
                tuning.os, "sched_getaffinity", lambda pid, cores=cores: set(range(cores)), raising=False
            )
        assert regcli.cv(table, "lpsa", jobs=jobs, **given).to_dict() == expected
