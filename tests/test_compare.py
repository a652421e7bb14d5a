"""`compare`: nested errors against an explicit loop over scikit-learn, the statistics against their formulas."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import PROSTATE
from contract import valid
from numpy.typing import NDArray
from rich.console import Console
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.preprocessing import StandardScaler
from support import DATA, SAMPLES

import regcli
from regcli.data.design import build
from regcli.errors import DataError
from regcli.report.report import Report
from regcli.select.comparison import Difference, fold_difference, is_tied, row_difference, simplest, stability
from regcli.specs import CompareSpec, DataSpec, FoldSpec, ModelSpec, ValidationSpec
from regcli.workflows.folding import folds_of
from regcli.workflows.nesting import HeldParts, Nested
from regcli.workflows.rivals import contenders, inner_folds

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
FEATURES = ["lcavol", "lweight", "age", "lbph", "svi", "lcp", "gleason", "pgg45"]
TIGHT: dict[str, Any] = {"tol": 1e-13, "max_iter": 100_000}


def prostate(parts: int) -> pd.DataFrame:
    """The prostate data with a column that says each row's fold."""
    frame = pd.read_csv(PROSTATE).drop(columns="train")
    return frame.assign(part=np.random.default_rng(5).permutation(len(frame)) % parts)


def by_name(report: Report) -> dict[str, Any]:
    """The models of a comparison by their names."""
    return {model.name: model for model in report.models}


def grid(Z: Matrix, y: Vector, ratio: float) -> list[tuple[float, float, float]]:
    """The triples (alpha, L1, L2) of the grid that regcli draws, 100 of them over four decades, for ridge seven, and
    further ones at the same spacing, two decades down, with which a grid is extended."""
    null, s_y = np.max(np.abs(Z.T @ (y - y.mean()))) / len(y), float(np.std(y))
    decades, top = (7, 1000 * null / s_y) if ratio == 0 else (4, null / ratio)
    alphas = top * 10.0 ** (-decades / 99 * np.arange(100 + int(2 * 99 / decades)))
    return [(a, a * ratio, a if ratio == 0 else a * (1 - ratio) / s_y) for a in alphas.tolist()]


def solved(Z: Matrix, y: Vector, l1: float, l2: float) -> Any:
    """scikit-learn's model at these two strengths."""
    if l1 == 0:
        return Ridge(alpha=l2 * len(y)).fit(Z, y)
    if l2 == 0:
        return Lasso(alpha=l1, **TIGHT).fit(Z, y)
    return ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), **TIGHT).fit(Z, y)


def tuned(X: Matrix, y: Vector, labels: NDArray[np.int64], ratio: float) -> dict[str, tuple[float, float, float]]:
    """The strength of least cross-validated error on these rows, each label once left out, for either measure."""
    strengths = grid(StandardScaler().fit_transform(X), y, ratio)
    errors = {"mse": np.zeros(len(strengths)), "mae": np.zeros(len(strengths))}
    for label in np.unique(labels):
        train = labels != label
        scaler = StandardScaler().fit(X[train])
        Z, Z_test = scaler.transform(X[train]), scaler.transform(X[~train])
        for i, (_, l1, l2) in enumerate(strengths):
            left = y[~train] - solved(Z, y[train], l1, l2).predict(Z_test)
            errors["mse"][i] += np.sum(left**2)
            errors["mae"][i] += np.sum(np.abs(left))
    best = {measure: int(np.argmin(found[:100])) for measure, found in errors.items()}
    return {
        measure: strengths[place if place < 99 else int(np.argmin(errors[measure]))] for measure, place in best.items()
    }


def test_nested_errors_are_those_of_a_loop_over_sklearn() -> None:
    """Three outer folds, in each of which the two others tune: alphas, errors and what is selected, all models, for
    squared and for absolute errors."""
    frame = prostate(3)
    reports = {
        measure: regcli.compare(frame, "lpsa", fold_column="part", measure=measure, l1_ratio=0.5, jobs=1)
        for measure in ("mse", "mae")
    }
    models = {measure: by_name(report) for measure, report in reports.items()}
    X, y, parts = frame[FEATURES].to_numpy(), frame["lpsa"].to_numpy(), frame["part"].to_numpy()

    def error(measure: str, predicted: Vector, rows: NDArray[np.bool_]) -> float:
        left = y[rows] - predicted
        return float(np.mean(np.abs(left) if measure == "mae" else left**2))

    for part in range(3):
        train, test = parts != part, parts == part
        scaler = StandardScaler().fit(X[train])
        Z, Z_test = scaler.transform(X[train]), scaler.transform(X[test])
        for name, ratio in (("ridge", 0.0), ("lasso", 1.0), ("elasticnet", 0.5)):
            for measure, (alpha, l1, l2) in tuned(X[train], y[train], parts[train], ratio).items():
                oracle, model = solved(Z, y[train], l1, l2), models[measure][name]
                assert model.fold_alphas[part] == pytest.approx(alpha, rel=1e-9)
                assert model.per_fold[part] == pytest.approx(error(measure, oracle.predict(Z_test), test), rel=1e-7)
                assert model.fold_nonzero[part] == np.count_nonzero(oracle.coef_)
        for name, predicted in (
            ("null", np.full(test.sum(), y[train].mean())),
            ("ols", LinearRegression().fit(Z, y[train]).predict(Z_test)),
        ):
            for measure in reports:
                found = models[measure][name].per_fold[part]
                assert found == pytest.approx(error(measure, predicted, test), rel=1e-9)
    for report in reports.values():
        valid(report.to_dict())


def test_errors_differences_and_stability_follow_their_formulas() -> None:
    """Means by fold size, standard errors as in `cv`, Nadeau and Bengio's, R2 by the null model, Nogueira's index."""
    frame = prostate(5)
    report = regcli.compare(frame, "lpsa", fold_column="part", penalties="ols,ridge,lasso", jobs=1)
    sizes = np.bincount(frame["part"]).astype(float)
    share, k = sizes / sizes.sum(), 5
    best = min(report.models, key=lambda model: model.mean)
    assert report.verdict.best == best.name and best.difference is None
    null = report.models[0]
    overlap = sizes.sum() / (len(frame) - sizes).sum()
    assert report.folds.overlap == pytest.approx(overlap, rel=1e-14)
    for model in report.models:
        errors = np.array(model.per_fold)
        assert model.mean == pytest.approx(share @ errors, rel=1e-13)
        assert model.se == pytest.approx(np.sqrt(share @ (errors - model.mean) ** 2 / (k - 1)), rel=1e-12)
        assert model.r2 == pytest.approx(1 - model.mean / null.mean, abs=1e-14)
        if model is not best:
            apart = errors - np.array(best.per_fold)
            mean = share @ apart
            variance = share @ (apart - mean) ** 2 * k / (k - 1)
            assert model.difference.mean == pytest.approx(mean, rel=1e-9)
            assert model.difference.se == pytest.approx(np.sqrt(variance * (1 / k + overlap)), rel=1e-9)
            assert model.tied == (model.difference.mean <= max(model.difference.se, 1e-3 * null.mean))
    assert report.verdict.tied == [model.name for model in report.models if model.tied]
    assert [model.stability is None for model in report.models] == [True, True, True, False]


def test_stability_is_that_of_the_paper() -> None:
    """Nogueira, Sechidis and Brown: equal selections have 1; all or nothing has none; else their estimator, written
    with sample variances; selections at random are near 0."""
    rng = np.random.default_rng(0)
    Z = rng.random((8, 6)) < [0.9, 0.8, 0.5, 0.1, 0.5, 0.0]
    k = Z.sum(axis=1).mean()
    expected = 1 - np.mean(np.var(Z.astype(float), axis=0, ddof=1)) / (k / 6 * (1 - k / 6))
    assert stability(Z) == pytest.approx(expected, rel=1e-13)
    assert stability(np.tile([True, False, True], (5, 1))) == 1
    assert stability(np.ones((5, 3), dtype=bool)) is None
    assert stability(np.zeros((5, 3), dtype=bool)) is None
    assert stability(Z[:1]) is None
    assert abs(stability(rng.random((400, 40)) < 0.3) or 1) < 0.02


def test_differences_have_no_unit() -> None:
    """Tiny and huge errors: nothing under- or overflows, and the ties are the same."""
    rng = np.random.default_rng(1)
    one, other, weights = rng.random(10), rng.random(10), rng.random(10) + 1
    plain = fold_difference(one, other, weights, 0.1)
    for unit in (1e-200, 1e200):
        found = fold_difference(one * unit, other * unit, weights, 0.1)
        assert found.mean / unit == pytest.approx(plain.mean) and found.se / unit == pytest.approx(plain.se)
        rows = row_difference(one * unit, other * unit)
        assert rows.se / unit == pytest.approx(np.std(one - other, ddof=1) / np.sqrt(10))
    assert fold_difference(one, one, weights, 0.1) == (0.0, 0.0)


def test_ties() -> None:
    """Within one standard error of the difference, or within a thousandth of the error of the model without features;
    of a single test row, which has no standard error, only the latter."""
    assert is_tied(Difference(0.0, 0.0), 0.0)
    assert not is_tied(Difference(1.0, 0.9), 10.0) and is_tied(Difference(0.9, 1.0), 10.0)
    assert is_tied(Difference(0.009, 0.0), 10.0) and not is_tied(Difference(0.011, 0.0), 10.0)
    assert not is_tied(Difference(1.0, float("nan")), 10.0) and is_tied(Difference(0.0, float("nan")), 10.0)


def test_the_simplest_has_fewest_features_then_the_smallest_norm() -> None:
    """Among those tied only; norms that are the same to one per cent leave it to the error."""
    nonzero, norms, errors = [0, 8, 8, 3], [0.0, 2.0, 1.0, 5.0], [9.0, 1.0, 2.0, 3.0]
    assert simplest(nonzero, norms, errors, [1, 2, 3]) == 3
    assert simplest(nonzero, norms, errors, [1, 2]) == 2
    assert simplest(nonzero, [0.0, 1.005, 1.0, 5.0], errors, [1, 2]) == 1
    assert simplest(nonzero, norms, errors, [0, 1, 2, 3]) == 0


def test_the_elements_of_statistical_learning() -> None:
    """Table 3.3: scaled over all 97 rows beforehand, the book's strengths, test errors within 0.002 and their standard
    errors within 0.004; the printed lasso and ridge have three digits."""
    frame = pd.read_csv(PROSTATE)
    frame[FEATURES] = (frame[FEATURES] - frame[FEATURES].mean()) / frame[FEATURES].std()
    report = regcli.compare(
        frame, "lpsa", split_column="train", standardize=False, convention="sum", alpha={"ridge": 24, "lasso": 28},
        penalties=["ols", "ridge", "lasso"],
    )  # fmt: skip
    models = by_name(report)
    for name, error, se in (("ols", 0.521, 0.179), ("ridge", 0.492, 0.165), ("lasso", 0.479, 0.164)):
        assert abs(models[name].mean - error) < 0.002
        assert abs(models[name].se - se) < 0.004
    assert (models["ols"].nonzero, models["ridge"].nonzero, models["lasso"].nonzero) == (8, 8, 4)
    assert report.judged_on == "test rows" and report.folds is None and report.tuning is None
    valid(report.to_dict())


def test_test_rows_are_judged_one_by_one() -> None:
    """Errors of held-out rows have the standard error of a mean; so have the paired differences."""
    report = regcli.compare(PROSTATE, "lpsa", split_column="train", penalties="ols,lasso", jobs=1)
    frame = pd.read_csv(PROSTATE)
    train, test = frame[frame["train"]], frame[~frame["train"]]
    losses = {}
    for name in ("null", "ols", "lasso"):
        model = by_name(report)[name]
        predicted = model.intercept + sum(test[key] * value for key, value in model.coefficients.items())
        losses[name] = (test["lpsa"] - predicted) ** 2
        assert model.mean == pytest.approx(losses[name].mean(), rel=1e-9)
        assert model.se == pytest.approx(losses[name].std() / np.sqrt(len(test)), rel=1e-9)
    apart = losses["ols"] - losses["lasso"]
    difference = by_name(report)["ols"].difference
    assert difference.mean == pytest.approx(apart.mean(), rel=1e-7)
    assert difference.se == pytest.approx(apart.std() / np.sqrt(len(test)), rel=1e-7)
    oracle = LinearRegression().fit(train[FEATURES], train["lpsa"])
    assert by_name(report)["ols"].train_mean == pytest.approx(
        np.mean((train["lpsa"] - oracle.predict(train[FEATURES])) ** 2), rel=1e-9
    )


@pytest.mark.parametrize("name", ["ridge", "lasso", "elasticnet"])
@pytest.mark.parametrize("rule", ["min", "1se"])
def test_the_models_are_those_of_cv(name: str, rule: Any) -> None:
    """On all training rows each model is what `cv` refits with the same folds and rule."""
    report = regcli.compare(PROSTATE, "lpsa", exclude="train", penalties=name, rule=rule, folds=2, jobs=1)
    ratios = (0.1, 0.5, 0.9) if name == "elasticnet" else None
    penalty: Any = {"ridge": "l2", "lasso": "l1"}.get(name, name)
    again = regcli.cv(PROSTATE, "lpsa", exclude="train", penalty=penalty, l1_ratio=ratios, rule=rule, folds=5, jobs=1)
    found = by_name(report)[name]
    assert (found.alpha, found.l1, found.l2) == (again.model.alpha, again.model.l1, again.model.l2)
    standardized = {row.name: row.standardized for row in again.model.coefficients if row.standardized}
    assert found.standardized == pytest.approx(standardized, rel=1e-12)


def test_nothing_leaks_into_a_fold() -> None:
    """What the test rows of a fold hold changes nothing in that fold but its errors: poisoned, they leave its strengths
    and selections as they were, bit by bit."""
    frame = prostate(3)
    options: dict[str, Any] = {"fold_column": "part", "penalties": "ridge,lasso", "jobs": 1}
    before = regcli.compare(frame, "lpsa", **options)
    poisoned = frame.astype(dict.fromkeys(["lpsa", *FEATURES], float))
    rows = poisoned["part"] == 1
    poisoned.loc[rows, "lpsa"] += 1e3 * np.arange(rows.sum())
    poisoned.loc[rows, FEATURES] *= -50.0
    after = regcli.compare(poisoned, "lpsa", **options)
    for name in ("ridge", "lasso"):
        one, other = by_name(before)[name], by_name(after)[name]
        assert one.fold_alphas[1] == other.fold_alphas[1]
        assert one.fold_nonzero[1] == other.fold_nonzero[1]
        assert one.fold_alphas[0] != other.fold_alphas[0]
        assert other.per_fold[1] > 1e4 * one.per_fold[1]


def test_fill_values_are_learned_in_each_fold() -> None:
    """Gaps are filled with the mean of the rows that a fold learns from: least squares' errors are those of a loop."""
    frame = prostate(4)
    frame.loc[::7, "lweight"] = np.nan
    report = regcli.compare(frame, "lpsa", fold_column="part", missing="mean", penalties="ols", jobs=1)
    for part in range(4):
        rows = frame["part"] != part
        filled = frame[FEATURES].fillna(frame.loc[rows, "lweight"].mean())
        oracle = LinearRegression().fit(filled[rows], frame.loc[rows, "lpsa"])
        left = frame.loc[~rows, "lpsa"] - oracle.predict(filled[~rows])
        assert by_name(report)["ols"].per_fold[part] == pytest.approx(np.mean(left**2), rel=1e-9)


@pytest.mark.parametrize("scheme", ["groups", "time", "fold_column"])
def test_models_are_tuned_on_folds_of_the_same_scheme(scheme: str) -> None:
    """Groups stay whole, time runs forward, given folds are left out one by one: inside the rows of a fold too."""
    labels = np.repeat(np.arange(8), 12)[:90]
    design = build(
        DataSpec(pd.DataFrame({"x": np.random.default_rng(0).random(90), "g": labels, "y": np.arange(90.0)}), "y"),
        ValidationSpec(), True, FoldSpec(**{scheme: "g"}),
    )  # fmt: skip
    folds = inner_folds(design, FoldSpec(**{scheme: "g"}), CompareSpec.of(inner_folds=4))
    assert folds.k == (8 if scheme == "fold_column" else 4)
    for fold in range(folds.k):
        train, test = labels[folds.train(0, fold)], labels[folds.test(0, fold)]
        assert not set(train) & set(test)
        assert scheme != "time" or train.max() < test.min()


@pytest.mark.parametrize("scheme", ["groups", "time"])
def test_groups_and_time_judge_too(scheme: str) -> None:
    """Outer and inner folds of both schemes, fewer where the rows allow no more."""
    frame = prostate(4).assign(when=np.arange(97) // 4)
    options = {scheme: "when"}
    report = regcli.compare(frame, "lpsa", exclude="part", folds=4, penalties="lasso", jobs=1, **options)  # type: ignore[arg-type]
    assert report.folds.scheme == scheme and report.tuning.scheme == scheme
    assert report.folds.certified and report.certificate.certified
    assert len(by_name(report)["lasso"].per_fold) == 4
    assert (report.folds.inner_least, report.folds.inner_most, report.tuning.k) == (
        (4, 5, 5) if scheme == "time" else (5, 5, 5)
    )
    valid(report.to_dict())


def test_too_little_to_tune_on_is_an_error() -> None:
    """Two given folds leave one to learn from, which cannot be parted by its own column."""
    frame = prostate(2)
    with pytest.raises(DataError, match="too few for two folds") as raised:
        regcli.compare(frame, "lpsa", fold_column="part", jobs=1)
    assert "--alpha ridge=0.1,lasso=0.1,elasticnet=0.1" in str(raised.value)
    given = {"ridge": 0.1, "lasso": 0.1, "elasticnet": 0.1}
    report = regcli.compare(frame, "lpsa", fold_column="part", alpha=given, jobs=1)
    assert report.folds.k == 2 and report.tuning is None


def test_more_features_than_rows() -> None:
    """Every twentieth gene of leukemia: least squares interpolates, is told apart, and everything is certified."""
    frame = pd.read_csv(DATA / "leukemia.csv.gz").iloc[:, [*range(0, 3500, 40), -1]]
    report = regcli.compare(frame, "y", folds=3, alpha={"ridge": 0.5, "lasso": 0.1, "elasticnet": 0.2}, jobs=1)
    assert len(report.data.features) > report.data.rows_used
    assert by_name(report)["ols"].train_mean < 1e-20
    assert report.folds.certified and report.certificate.certified
    assert [line.code for line in report.diagnosis][:2] == ["more_features_than_rows", "overfitting"]
    assert report.diagnosis[1].value is None and "follows its own rows exactly" in report.diagnosis[1].message
    valid(report.to_dict())


def test_a_column_that_some_folds_do_not_have_is_no_selection() -> None:
    """A column that is constant in the training rows of one fold says nothing of how steady a selection is."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc"))
    frame["y"] = frame["a"] + 0.1 * rng.normal(size=40)
    frame["part"] = np.arange(40) % 4
    frame["rare"] = (frame["part"] == 2) * rng.normal(size=40)
    report = regcli.compare(frame, "y", fold_column="part", penalties="ols,ridge,lasso", alpha=0.2, jobs=1)
    assert [model.stability for model in report.models] == [None, None, None, 1.0]


def test_one_test_row_gives_no_verdict_on_differences() -> None:
    """Nothing is tied without a standard error, and the words say why."""
    frame = pd.read_csv(PROSTATE).drop(columns="train").assign(fit=np.arange(97) > 0)
    report = regcli.compare(frame, "lpsa", split_column="fit", alpha=0.1, jobs=1)
    assert all(model.se is None for model in report.models)
    assert report.verdict.tied == [report.verdict.best] and "one test row" in report.verdict.reason
    valid(report.to_dict())


def test_noise_has_a_verdict_too() -> None:
    """A target that nothing explains: the model without features is chosen, and the report says so in words."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(60, 6)), columns=list("abcdef")).assign(y=rng.normal(size=60))
    report = regcli.compare(frame, folds=5, penalties="ols,ridge,lasso", jobs=1)
    assert report.verdict.chosen == "null"
    assert "mean of the target" in report.verdict.reason
    assert report.next.startswith("regcli inspect")
    model = regcli.predict(report, frame)
    assert model.arrays.predictions == pytest.approx(np.full(60, frame["y"].mean()), rel=1e-12)


def test_a_fold_whose_rows_teach_nothing() -> None:
    """A column, and a target, that are constant wherever a fold learns: the mean is predicted, nothing is selected."""
    frame = pd.DataFrame({"x": [0.0] * 8 + [1, 2, 3, 4], "y": [1.0, 2.0] * 6, "part": [0] * 8 + [1] * 4})
    report = regcli.compare(frame, "y", fold_column="part", alpha=0.01, jobs=1)
    lasso = by_name(report)["lasso"]
    assert lasso.fold_alphas == [0.01, None] and lasso.fold_nonzero[1] == 0
    assert lasso.per_fold[1] == pytest.approx(0.25)
    valid(report.to_dict())


def test_several_processes_say_the_same() -> None:
    """The number of processes changes nothing but the seconds, and what they are sent can be pickled."""
    one, other = (
        regcli.compare(SAMPLES / "penguins.csv", "body_mass_g", missing="mean", folds=4, penalties="lasso", jobs=jobs)
        for jobs in (1, 2)
    )
    assert _timeless(one) == _timeless(other)
    data = DataSpec(SAMPLES / "penguins.csv", "body_mass_g", missing="mean")
    folding, spec, model = FoldSpec(folds=4), CompareSpec.of("ols"), ModelSpec("l1")
    design = replace(build(data, ValidationSpec(), True, folding), lines=list)
    folds = folds_of(design, folding)[0]
    parts = HeldParts(design, folds, model.intercept)
    nested = Nested(parts, len(design.names), contenders(spec, model, folding), spec, folding, folds)
    here, there = (each(2)[1] for each in (nested, pickle.loads(pickle.dumps(nested))))
    assert (here.test, here.train) == (there.test, there.train)


def test_a_report_is_pickled_and_shown_whole() -> None:
    """It comes back equal, and stays within the width of a console."""
    report = regcli.compare(PROSTATE, "lpsa", exclude="train", penalties="ols,lasso", alpha=0.1, folds=3)
    again = pickle.loads(pickle.dumps(report))
    assert again == report and str(again) == str(report)
    console = Console(file=io.StringIO(), width=80)
    console.print(report)
    assert max(map(len, console.file.getvalue().splitlines())) <= 80  # type: ignore[attr-defined]


def _timeless(report: Report) -> Any:
    found = report.to_dict()
    for model in found["models"]:
        model.pop("seconds")
    found["settings"].pop("jobs", None)
    return found
