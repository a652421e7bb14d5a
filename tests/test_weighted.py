"""Weights and offsets of squared error: the row as often, glmnet's answers, the same by two engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Lasso
from support import glmnet

import regcli
from regcli.data.design import build
from regcli.errors import DataError, UsageError
from regcli.select.by_moments import MomentsEngine
from regcli.select.by_rows import RowsEngine
from regcli.specs import DataSpec, FoldSpec, GridSpec, ModelSpec, ValidationSpec
from regcli.workflows.folding import folds_of
from regcli.workflows.preparing import prepare
from regcli.workflows.tuning import curve_along, engine_for

ROOT = Path(__file__).resolve().parents[1]
DIABETES = pd.read_csv(ROOT / "sample_data" / "diabetes.csv")
N = len(DIABETES)
WEIGHTED = DIABETES.assign(w=1 + np.arange(N) % 3, o=100 + 0.5 * DIABETES["age"])
FEATURES = [name for name in DIABETES.columns if name != "target"]
X, Y = DIABETES[FEATURES].to_numpy(dtype=float), DIABETES["target"].to_numpy(dtype=float)
W, O = WEIGHTED["w"].to_numpy(dtype=float), WEIGHTED["o"].to_numpy(dtype=float)  # noqa: E741


@pytest.mark.parametrize(
    ("fit_id", "options"),
    [
        ("weights_lasso", {"weights": "w", "exclude": "o"}),
        ("weights_ridge", {"weights": "w", "exclude": "o"}),
        ("offset", {"offset": "o", "exclude": "w"}),
        ("no_intercept", {"exclude": "o,w", "intercept": False}),
    ],
)
def test_glmnet_knows_the_answer(fit_id: str, options: dict[str, Any]) -> None:
    """Its lambda, by its convention, gives its coefficients, intercept and explained deviance."""
    answer = next(one for one in glmnet("diabetes")["extra"] if one["id"] == fit_id)
    penalty = {1: "l1", 0: "l2"}[answer["alpha"]]
    report = regcli.path(
        WEIGHTED, "target", penalty=penalty, convention="glmnet", alphas=answer["lambda"],
        standardize=answer["standardize"], **options,
    )  # fmt: skip
    assert report.certificate.certified
    scale = np.array([column.scale for column in report.data.columns])
    for i, beta in enumerate(answer["beta"]):
        expected = np.array([beta.get(name, 0.0) for name in FEATURES])
        found = report.arrays.coefficients[i]
        assert np.max(np.abs(found - expected) * scale) <= 1e-6 * max(np.max(np.abs(expected) * scale), 1.0)
        assert report.arrays.intercepts[i] == pytest.approx(answer["intercept"][i], rel=1e-6, abs=1e-6)
        if fit_id != "no_intercept":
            assert report.arrays.deviance_ratio[i] == pytest.approx(answer["dev_ratio"][i], abs=1e-9)


def rows_so_often(frame: pd.DataFrame) -> pd.DataFrame:
    """Each row as often as its weight says, 0 times where that is 0."""
    return frame.loc[frame.index.repeat(frame["w"])].assign(w=1).reset_index(drop=True)


@pytest.mark.parametrize(
    "options",
    [
        {"penalty": "l1", "alpha": 2.0},
        {"penalty": "l2", "alpha": 0.3, "convention": "sklearn"},
        {"penalty": "elasticnet", "alpha": 1.0, "standardize": False},
        {"penalty": "l1", "alpha": 3000.0, "convention": "sum", "intercept": False},
        {"penalty": "none"},
        {"penalty": "l1", "alpha": 1.0, "formula": "target ~ poly(bmi, 3) + bp*age + gap", "missing": "median"},
    ],
)
def test_a_weight_is_the_row_so_often(options: dict[str, Any]) -> None:
    """Coefficients, scales, fills, alpha_max and every measure: weight 2 is the row twice, weight 0 no row."""
    frame = WEIGHTED.assign(w=np.arange(N) % 4, gap=DIABETES["s3"].where(np.arange(N) % 7 != 1)).drop(columns="o")
    options = options if "formula" in options else options | {"exclude": "gap"}
    one = regcli.fit(frame, "target", weights="w", **options)
    often = regcli.fit(rows_so_often(frame), "target", weights="w", **options)
    absent = regcli.fit(frame[frame["w"] > 0], "target", weights="w", **options)
    same = {"rtol": 1e-12, "atol": 1e-12}
    for key in ("intercept", "alpha_max", "n", "target_deviation", "objective"):
        if getattr(one.model, key) is not None:
            np.testing.assert_allclose(getattr(one.model, key), getattr(often.model, key), rtol=1e-12)
            assert getattr(one.model, key) == getattr(absent.model, key)
    for kind in ("coefficient", "standardized"):
        mine, theirs, without = (
            [getattr(row, kind) for row in report.model.coefficients] for report in (one, often, absent)
        )
        np.testing.assert_allclose(mine, theirs, **same)
        assert mine == without
    for key in ("r2", "mse", "mae", "deviance_ratio"):
        np.testing.assert_allclose(getattr(one.metrics.train, key), getattr(often.metrics.train, key), rtol=1e-11)
    assert one.data.rows_used == absent.data.rows_used == N - 111
    assert [(row.reason, row.rows) for row in one.data.dropped_rows] == [("weight 0", 111)]
    assert one.data.weight_total == often.data.weight_total == frame["w"].sum()


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_a_weight_is_the_row_so_often_along_a_path(penalty: Any) -> None:
    frame = WEIGHTED.assign(w=np.arange(N) % 3).drop(columns="o")
    one, often, absent = (
        regcli.path(rows, "target", penalty=penalty, alphas=[20, 5, 1, 0.2, 0.01], weights="w")
        for rows in (frame, rows_so_often(frame), frame[frame["w"] > 0])
    )
    for key in ("coefficients", "standardized", "intercepts", "deviance_ratio"):
        np.testing.assert_allclose(one.arrays[key], often.arrays[key], rtol=1e-12, atol=1e-12)
        assert np.array_equal(one.arrays[key], absent.arrays[key])
    assert one.path[2].bic == absent.path[2].bic


def test_criteria_count_rows() -> None:
    """n is the number of rows, and RSS is that of weights of mean 1."""
    report = regcli.path(WEIGHTED, "target", alphas=[5, 1], weights="w", exclude="o")
    for i, entry in enumerate(report.path):
        fitted = X @ report.arrays.coefficients[i] + report.arrays.intercepts[i]
        rss = float(np.sum(W / W.mean() * (Y - fitted) ** 2))
        assert entry.bic == pytest.approx(N * np.log(rss / N) + entry.df * np.log(N), rel=1e-12)


def test_standard_errors_are_those_of_weighted_least_squares() -> None:
    """sigma^2 (A'WA)^-1 with sigma^2 = sum w r^2 / df: what matters is how weights compare, not their size."""
    A = np.column_stack([np.ones(N), X])
    beta = np.linalg.lstsq(np.sqrt(W)[:, None] * A, np.sqrt(W) * (Y - O), rcond=None)[0]
    df = N - A.shape[1]
    squares = float(W @ (Y - O - A @ beta) ** 2)
    errors = np.sqrt(np.diagonal(np.linalg.inv(A.T @ (W[:, None] * A))) * squares / df)
    for factor in (1, 7.0):
        frame = WEIGHTED.assign(w=factor * W)
        found = regcli.fit(frame, "target", penalty="none", weights="w", offset="o").inference
        rows = [found.intercept, *found.coefficients]
        np.testing.assert_allclose([row.std_error for row in rows], errors, rtol=1e-9)
        np.testing.assert_allclose([row.t for row in rows], beta / errors, rtol=1e-8)
        assert found.residual_df == df
        assert found.residual_deviation == pytest.approx(np.sqrt(squares / W.mean() / df), rel=1e-11)


def curves(intercept: bool = True, **options: Any) -> tuple[Any, Any, Any]:
    """The curve by moments, that by rows, and the folds."""
    model = ModelSpec("l1", intercept=intercept)
    folding = FoldSpec(5, seed=3)
    design = build(DataSpec(WEIGHTED, "target", **options), ValidationSpec(), intercept, folding)
    prepared = prepare(design, model)
    folds, _ = folds_of(design, folding)
    engine = engine_for(prepared, folds, "mse")
    assert isinstance(engine, MomentsEngine)
    grid = GridSpec(alphas=(20.0, 5.0, 1.0, 0.1))
    other = RowsEngine(design.X, prepared.sample, folds)
    return curve_along(prepared, engine, folds, grid), curve_along(prepared, other, folds, grid), folds


@pytest.mark.parametrize("intercept", [True, False])
def test_moments_and_rows_agree_with_a_loop(intercept: bool) -> None:
    """Both engines give the errors of scikit-learn's lasso with sample weights, scaled by each fold's own rows."""
    by_moments, by_rows, folds = curves(intercept, weights="w", offset="o")
    y = Y - O
    for k in range(5):
        train, test = folds.train(0, k), folds.test(0, k)
        mean = np.average(X[train], axis=0, weights=W[train])
        scale = np.sqrt(np.average((X[train] - mean) ** 2, axis=0, weights=W[train]))
        Z = (X - mean) / scale if intercept else X / scale
        for i, alpha in enumerate(by_moments.alphas):
            lasso = Lasso(alpha=alpha, tol=1e-12, max_iter=100_000, fit_intercept=intercept)
            lasso.fit(Z[train], y[train], sample_weight=W[train])
            losses = (y - lasso.predict(Z)) ** 2
            for curve in (by_moments, by_rows):
                one = curve.folds[k]
                assert one.test[i] == pytest.approx(np.average(losses[test], weights=W[test]), rel=1e-7)
                assert one.train[i] == pytest.approx(np.average(losses[train], weights=W[train]), rel=1e-7)
                assert one.weight == W[test].sum()
    np.testing.assert_allclose(by_moments.mean, by_rows.mean, rtol=1e-11)
    np.testing.assert_allclose(by_moments.se, by_rows.se, rtol=1e-9)
    np.testing.assert_allclose(by_moments.null, by_rows.null, rtol=1e-11)


def test_measures_of_test_rows_are_weighted() -> None:
    """Those of another file, with weights and offsets of its own."""
    train, test = WEIGHTED.iloc[:300], WEIGHTED.iloc[300:].assign(w=np.arange(142) % 3)
    report = regcli.fit(train, "target", alpha=1.0, weights="w", offset="o", test=test)
    coef = np.array([row.coefficient for row in report.model.coefficients])
    predicted = X[300:] @ coef + report.model.intercept + O[300:]
    w, y = test["w"].to_numpy(), Y[300:]
    mse = np.average((y - predicted) ** 2, weights=w)
    null = O[300:] + np.average(Y[:300] - O[:300], weights=W[:300])
    assert report.metrics.test.mse == pytest.approx(mse, rel=1e-12)
    spread = np.average((y - np.average(y, weights=w)) ** 2, weights=w)
    assert report.metrics.test.r2 == pytest.approx(1 - mse / spread, rel=1e-12)
    ratio = 1 - mse / np.average((y - null) ** 2, weights=w)
    assert report.metrics.test.deviance_ratio == pytest.approx(ratio, rel=1e-12)
    np.testing.assert_allclose(report.arrays.test_fitted, predicted, rtol=1e-12)
    np.testing.assert_allclose(report.arrays.residuals, Y[:300] - report.arrays.fitted, rtol=1e-12)


def test_a_comparison_is_weighted() -> None:
    """The null model's error by hand, on folds and on test rows; and all is as if each row were there so often."""
    given = {"penalties": "lasso", "alpha": 2.0, "weights": "w", "offset": "o", "folds": 4}
    report = regcli.compare(WEIGHTED, "target", **given)
    design = build(DataSpec(WEIGHTED, "target", weights="w", offset="o"), ValidationSpec(), folds=FoldSpec(4))
    folds, _ = folds_of(design, FoldSpec(4))
    y, errors = Y - O, []
    for k in range(4):
        train, test = folds.train(0, k), folds.test(0, k)
        level = np.average(y[train], weights=W[train])
        errors.append(np.average((y[test] - level) ** 2, weights=W[test]))
    sizes = [W[folds.test(0, k)].sum() for k in range(4)]
    np.testing.assert_allclose(report.models[0].per_fold, errors, rtol=1e-12)
    assert report.models[0].mean == pytest.approx(np.average(errors, weights=sizes), rel=1e-12)
    test = WEIGHTED.iloc[300:]
    held = regcli.compare(WEIGHTED.iloc[:300], "target", test=test, **{k: v for k, v in given.items() if k != "folds"})
    level = np.average(y[:300], weights=W[:300])
    assert held.models[0].mean == pytest.approx(np.average((y[300:] - level) ** 2, weights=W[300:]), rel=1e-12)


def test_a_descent_is_weighted() -> None:
    """It ends where the exact solver does; validation rows count by their weights."""
    options = {"alpha": 1.0, "weights": "w", "offset": "o"}
    exact = regcli.fit(WEIGHTED, "target", **options)
    found = regcli.fit(WEIGHTED, "target", solver="gradient", accelerate=True, **options)
    assert found.certificate.certified
    np.testing.assert_allclose([row.standardized for row in found.model.coefficients],
                               [row.standardized for row in exact.model.coefficients], atol=1e-3)  # fmt: skip
    assert found.model.objective == pytest.approx(exact.model.objective, rel=1e-8)
    stopped = regcli.fit(WEIGHTED, "target", solver="gradient", early_stopping=True, epochs=20, **options)
    rows = build(DataSpec(WEIGHTED, "target", weights="w", offset="o"), ValidationSpec(),
                 training=regcli.specs.TrainingSpec("gradient", early_stopping=True))  # fmt: skip
    assert rows.X_validation is not None and rows.y_validation is not None and rows.offset_validation is not None
    coef = np.array([row.coefficient for row in stopped.model.coefficients])
    encoded = rows.X_validation @ coef + stopped.model.intercept + rows.offset_validation
    loss = 0.5 * np.average((rows.y_validation - encoded) ** 2, weights=rows.weights_validation)
    assert stopped.training.kept.validation == pytest.approx(loss, rel=1e-10)


def test_a_saved_model_adds_its_offset(tmp_path: Path) -> None:
    """predict needs the column and adds it; its measures are those of the fit; no file can hold it."""
    report = regcli.fit(WEIGHTED, "target", alpha=1.0, offset="o", exclude="w")
    report.save(tmp_path / "m.json")
    found = regcli.predict(tmp_path / "m.json", WEIGHTED)
    np.testing.assert_allclose(found.arrays.predictions, report.arrays.fitted, rtol=1e-12)
    for key in ("r2", "mse", "mae", "deviance_ratio"):
        assert getattr(found.metrics, key) == pytest.approx(getattr(report.metrics.train, key), rel=1e-11)
    with pytest.raises(DataError, match="lacks the offset"):
        regcli.predict(tmp_path / "m.json", WEIGHTED.drop(columns="o"))
    gappy = WEIGHTED.assign(o=WEIGHTED["o"].where(WEIGHTED.index != 4))
    with pytest.raises(DataError, match="row 5"):
        regcli.predict(tmp_path / "m.json", gappy)
    assert np.isnan(regcli.predict(tmp_path / "m.json", gappy, missing="drop").arrays.predictions[4])
    from regcli.artifact import load
    from regcli.export import exported

    with pytest.raises(UsageError, match="offset"):
        exported(load(tmp_path / "m.json"), "sql", None)


def test_the_report_says_so() -> None:
    report = regcli.fit(WEIGHTED, "target", alpha=1.0, weights="w", offset="o")
    text = str(report)
    assert "rows count by w, 883 in all" in text
    assert "o is added to the linear predictor" in text
    assert (report.data.weights, report.data.offset, report.data.exposure) == ("w", "o", None)
