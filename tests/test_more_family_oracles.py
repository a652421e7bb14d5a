"""Amounts, robust fits, quantiles and margins against scikit-learn, LIBLINEAR and statsmodels, run live on the same
standardized columns. Differences are relative to the largest standardized coefficient."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
from numpy.typing import NDArray
from sklearn.linear_model import GammaRegressor, HuberRegressor, QuantileRegressor, TweedieRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_sample_weight
from support import DATA, SAMPLES

import regcli

Array = NDArray[np.float64]
TARGET = "target"
CLOSE = 1e-6
VERY_CLOSE = 1e-9
"""Newton's method, theirs and ours, is not stopped before 1e-12."""
NORMAL = 1 / 0.6744897501960817
"""The deviation of a normal distribution in units of its median absolute deviation."""


@cache
def rows(name: str) -> pd.DataFrame:
    """A data set of numbers with its target last, called target; classes are text."""
    if name == "concrete":
        return pd.read_csv(SAMPLES / "concrete.csv").rename(columns={"strength": TARGET})
    if name == "boston":
        return pd.read_csv(DATA / "boston.csv").rename(columns={"medv": TARGET})
    if name == "quine":  # of 146 numbers of days 9 are 0
        found = pd.get_dummies(pd.read_csv(DATA / "quine.csv"), drop_first=True, dtype=float)
        return found[[*found.columns.drop("Days"), "Days"]].rename(columns={"Days": TARGET})
    if name == "leukemia":
        found = pd.read_csv(DATA / "leukemia.csv.gz")
        found = found[[*found.columns.drop("y")[:120], "y"]].rename(columns={"y": TARGET}).copy()
        return found.assign(**{TARGET: np.where(found[TARGET] == 1, "aml", "all")})
    found = pd.read_csv(SAMPLES / "wdbc.csv").rename(columns={"diagnosis": TARGET})
    return found[["texture_mean", "smoothness_mean", "symmetry_worst", "radius_se", "concavity_mean", TARGET]]


def weighted(name: str, by: bool) -> tuple[pd.DataFrame, Array, Any, Any, dict[str, Any]]:
    """Rows for regcli, X (n, p), y and weights (n,) for others, and the options that name the weights."""
    frame = rows(name)
    X, y = frame.drop(columns=TARGET).to_numpy(dtype=float), frame[TARGET].to_numpy()
    if not by:
        return frame, X, y, None, {}
    weights = 0.5 + np.arange(len(frame)) % 4
    return frame.assign(w=weights), X, y, weights, {"weights": "w"}


def standardized(report: Any) -> Array:
    return np.array([row.standardized for row in report.model.coefficients])


def level(report: Any, scaler: StandardScaler) -> float:
    """The intercept of a report for columns that are centred."""
    return float(report.model.intercept + standardized(report) @ (scaler.mean_ / scaler.scale_))


def agree(report: Any, coef: Array, intercept: float | None, scaler: StandardScaler, tolerance: float) -> None:
    """The report against coefficients (p,) and intercept of standardized columns."""
    assert report.certificate.certified
    largest = float(np.max(np.abs(coef)))
    assert largest > 0
    assert np.max(np.abs(standardized(report) - coef)) <= tolerance * largest
    if intercept is not None:
        assert level(report, scaler) == pytest.approx(intercept, abs=10 * tolerance * (abs(intercept) + largest))


def deviation(y: Array, weights: Array | None = None) -> float:
    """The median absolute deviation in units of a normal deviation; weights are whole halves, taken as copies."""
    copies = y if weights is None else np.repeat(y, np.round(2 * weights).astype(int))
    return float(NORMAL * np.median(np.abs(copies - np.median(copies))))


# Amounts


@pytest.mark.parametrize("by", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize(
    ("name", "power"),
    [("concrete", 1.0), ("concrete", 1.5), ("quine", 1.0), ("quine", 1.3), ("quine", 1.5), ("boston", 2.0)],
)
def test_tweedie_regressor(name: str, power: float, by: bool) -> None:
    """scikit-learn's alpha is ours: both divide half the deviance by the weights, and halve the squares."""
    frame, X, y, weights, asked = weighted(name, by)
    scaler = StandardScaler().fit(X, sample_weight=weights)
    model = TweedieRegressor(power=power, link="log", alpha=0.1, solver="newton-cholesky", tol=1e-12, max_iter=200)
    model.fit(scaler.transform(X), y, sample_weight=weights)
    report = regcli.fit(frame, TARGET, family="tweedie", power=power, penalty="l2", alpha=0.1, **asked)
    agree(report, model.coef_, model.intercept_, scaler, VERY_CLOSE)
    assert report.metrics.train.deviance_ratio == pytest.approx(
        model.score(scaler.transform(X), y, sample_weight=weights), rel=1e-9
    )


@pytest.mark.parametrize("by", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize("name", ["concrete", "boston"])
def test_gamma_regressor(name: str, by: bool) -> None:
    """The same of GammaRegressor, and of Tweedie's power 2, which is it."""
    frame, X, y, weights, asked = weighted(name, by)
    scaler = StandardScaler().fit(X, sample_weight=weights)
    model = GammaRegressor(alpha=0.03, solver="newton-cholesky", tol=1e-12, max_iter=200)
    model.fit(scaler.transform(X), y, sample_weight=weights)
    report = regcli.fit(frame, TARGET, family="gamma", penalty="l2", alpha=0.03, **asked)
    agree(report, model.coef_, model.intercept_, scaler, VERY_CLOSE)
    twin = regcli.fit(frame, TARGET, family="tweedie", power=2, penalty="l2", alpha=0.03, **asked)
    assert np.array_equal(standardized(twin), standardized(report))
    assert twin.metrics == report.metrics


@pytest.mark.parametrize("by", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize("family", ["gamma", "tweedie 1.3", "tweedie 1.5", "tweedie 1.9"])
def test_amounts_without_a_penalty(family: str, by: bool) -> None:
    """statsmodels, whose variance weights are R's prior weights: coefficients, standard errors by its Pearson
    dispersion, Student's t on as many degrees of freedom as rows leave, deviance."""
    pytest.importorskip("statsmodels")
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    name, _, power = family.partition(" ")
    frame, _, y, weights, asked = weighted("concrete" if name == "gamma" else "quine", by)
    features = rows("concrete" if name == "gamma" else "quine").drop(columns=TARGET)
    log = families.links.Log()
    kind = families.Gamma(log) if name == "gamma" else families.Tweedie(log, var_power=float(power))
    known = {} if weights is None else {"var_weights": weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = GLM(y, features.assign(const=1.0), family=kind, **known).fit(tol=1e-14, maxiter=200, use_t=True)
    asked |= {"power": float(power)} if power else {}
    report = regcli.fit(frame, TARGET, family=name, penalty="none", **asked)  # type: ignore[arg-type]
    assert report.certificate.certified
    found = report.inference
    rows_of = [*found.coefficients, found.intercept]
    coefs = [row.coefficient for row in report.model.coefficients] + [report.model.intercept]
    assert coefs == pytest.approx(expected.params.to_numpy(), rel=1e-7, abs=1e-10)
    assert [row.std_error for row in rows_of] == pytest.approx(expected.bse.to_numpy(), rel=1e-6)
    size = 1.0 if weights is None else weights.mean()  # ours are taken in units of their mean
    assert found.residual_deviation**2 == pytest.approx(expected.scale / size, rel=1e-7)
    assert found.residual_df == expected.df_resid
    assert [row.t for row in rows_of] == pytest.approx(expected.tvalues.to_numpy(), rel=1e-6, abs=1e-9)
    assert [row.p for row in rows_of] == pytest.approx(expected.pvalues.to_numpy(), rel=1e-5, abs=1e-12)
    bounds = expected.conf_int().to_numpy()
    for key, place in (("low", 0), ("high", 1)):
        assert [row[key] for row in rows_of] == pytest.approx(bounds[:, place], rel=1e-5, abs=1e-9)
    total = report.data.weight_total if by else len(frame)
    if name == "gamma":  # of Tweedie it takes the deviance of another scale
        assert report.metrics.train.deviance * total == pytest.approx(expected.deviance, rel=1e-9)


@pytest.mark.parametrize("beside", ["offset", "exposure"])
@pytest.mark.parametrize("family", ["gamma", "tweedie"])
def test_what_stands_beside_the_features(family: Any, beside: str) -> None:
    """An offset of the linear predictor, and an exposure, which is that by its logarithm."""
    pytest.importorskip("statsmodels")
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    frame = rows("concrete")
    features = frame.drop(columns=[TARGET, "cement", "age"])
    asked = {"offset": frame["age"] / 100} if beside == "offset" else {"exposure": frame["cement"]}
    log = families.links.Log()
    kind = families.Gamma(log) if family == "gamma" else families.Tweedie(log, var_power=1.5)
    expected = GLM(frame[TARGET], features.assign(const=1.0), family=kind, **asked).fit(tol=1e-14, maxiter=200)
    given = features.assign(beside=asked[beside], **{TARGET: frame[TARGET]})
    report = regcli.fit(given, TARGET, family=family, penalty="none", **{beside: "beside"})
    coefs = [row.coefficient for row in report.model.coefficients] + [report.model.intercept]
    assert coefs == pytest.approx(expected.params.to_numpy(), rel=1e-7, abs=1e-10)
    assert [row.std_error for row in report.inference.coefficients] == pytest.approx(
        expected.bse.to_numpy()[:-1], rel=1e-6
    )


# Robust fits


@pytest.mark.parametrize("by", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize(("name", "epsilon", "alpha"), [("concrete", 1.35, 0.5), ("boston", 1.1, 20.0)])
def test_huber_regressor(name: str, epsilon: float, alpha: float, by: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the scale s that scikit-learn finds its coefficients minimise (2 / s) sum huber(r) + a |b|^2 with the
    threshold epsilon s, for its loss s H(r / s) is r^2 / s up to there: over 2 W / s that is ours with a s / W."""
    frame, X, y, weights, asked = weighted(name, by)
    scaler = StandardScaler().fit(X, sample_weight=weights)
    minimize = scipy.optimize.minimize

    def to_the_end(*found: Any, options: dict[str, Any], **more: Any) -> Any:
        # Five digits of coefficients are as far as it goes with its own idea of little progress; now until rounding.
        result = minimize(*found, options=options | {"ftol": 0.0, "maxcor": 30}, **more)
        result.status = 0
        return result

    monkeypatch.setattr(scipy.optimize, "minimize", to_the_end)
    model = HuberRegressor(epsilon=epsilon, alpha=alpha, tol=1e-9, max_iter=5000, warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            model.fit(scaler.transform(X), y, sample_weight=weights)
    threshold = epsilon * model.scale_ / deviation(y, weights)
    total = len(y) if weights is None else weights.sum()
    report = regcli.fit(
        frame, TARGET, family="huber", threshold=threshold, penalty="l2", alpha=alpha * model.scale_ / total, **asked
    )
    agree(report, model.coef_, model.intercept_, scaler, CLOSE)
    beyond = np.abs(y - model.predict(scaler.transform(X))) > epsilon * model.scale_
    assert 0 < report.metrics.train.beyond < 0.9
    assert report.metrics.train.beyond == pytest.approx(np.average(beyond, weights=weights), rel=1e-12)


@pytest.mark.parametrize("name", ["concrete", "boston", "quine"])
def test_m_estimate_at_a_fixed_scale(name: str) -> None:
    """statsmodels' RLM with Huber's T, whose scale is kept where least squares put it."""
    pytest.importorskip("statsmodels")
    from statsmodels.robust.norms import HuberT
    from statsmodels.robust.robust_linear_model import RLM

    frame, _, y, _, _ = weighted(name, False)
    features = frame.drop(columns=TARGET)
    scaler = StandardScaler().fit(features)
    columns = np.column_stack([scaler.transform(features), np.ones(len(y))])
    model = RLM(y.astype(float), columns, M=HuberT(1.345))
    expected = model.fit(update_scale=False, conv="coefs", tol=1e-13, maxiter=500)
    threshold = 1.345 * expected.scale / deviation(y)
    report = regcli.fit(frame, TARGET, family="huber", threshold=threshold, penalty="none")
    agree(report, expected.params[:-1], expected.params[-1], scaler, CLOSE)


def test_a_threshold_that_nothing_reaches_is_least_squares() -> None:
    """And one that nearly everything is beyond is near the median."""
    frame = rows("concrete")
    for penalty in ("l1", "l2", "elasticnet"):
        far = regcli.fit(frame, TARGET, family="huber", threshold=100, penalty=penalty, alpha=0.3)  # type: ignore[arg-type]
        squares = regcli.fit(frame, TARGET, penalty=penalty, alpha=0.3)  # type: ignore[arg-type]
        assert standardized(far) == pytest.approx(standardized(squares), rel=1e-9)
        assert far.model.objective == pytest.approx(squares.model.objective, rel=1e-12)
    near = regcli.fit(frame, TARGET, family="huber", threshold=1e-3, penalty="none")
    median = regcli.fit(frame, TARGET, family="quantile", penalty="none")
    assert near.metrics.train.mae == pytest.approx(median.metrics.train.mae, rel=1e-4)


# Quantiles


def pinball(y: Array, fitted: Array, q: float, weights: Array | None = None) -> float:
    residual = y - fitted
    return float(np.average(np.maximum(q * residual, (q - 1) * residual), weights=weights))


@pytest.mark.parametrize("by", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize(("name", "alpha"), [("concrete", 0.05), ("boston", 0.1), ("quine", 0.3)])
@pytest.mark.parametrize("q", [0.1, 0.5, 0.8])
def test_quantile_regressor(name: str, alpha: float, q: float, by: bool) -> None:
    """scikit-learn's alpha is ours: the objective, and where the solution is unique its coefficients."""
    frame, X, y, weights, asked = weighted(name, by)
    scaler = StandardScaler().fit(X, sample_weight=weights)
    Z = scaler.transform(X)
    model = QuantileRegressor(quantile=q, alpha=alpha, solver="highs").fit(Z, y, sample_weight=weights)
    expected = pinball(y, model.predict(Z), q, weights) + alpha * np.abs(model.coef_).sum()
    report = regcli.fit(frame, TARGET, family="quantile", quantile_level=q, alpha=alpha, **asked)
    assert report.certificate.certified
    found = pinball(y, Z @ standardized(report) + level(report, scaler), q, weights)
    assert found + alpha * np.abs(standardized(report)).sum() == pytest.approx(expected, rel=1e-9)
    assert report.model.objective == pytest.approx(expected, rel=1e-9)
    if report.certificate.unique and np.any(model.coef_):
        assert np.max(np.abs(standardized(report) - model.coef_)) <= CLOSE * np.max(np.abs(model.coef_))


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", ["concrete", "boston"])
def test_quantiles_without_a_penalty(name: str, q: float) -> None:
    """statsmodels' QuantReg comes near by weighted least squares: never below our objective, and hardly above."""
    pytest.importorskip("statsmodels")
    from statsmodels.regression.quantile_regression import QuantReg

    frame, X, y, _, _ = weighted(name, False)
    scaler = StandardScaler().fit(X)
    columns = np.column_stack([scaler.transform(X), np.ones(len(y))])
    expected = QuantReg(y, columns).fit(q=q, p_tol=1e-9, max_iter=5000)
    report = regcli.fit(frame, TARGET, family="quantile", quantile_level=q, penalty="none")
    assert report.certificate.certified
    theirs = pinball(y, columns @ expected.params, q)
    assert report.model.objective == pytest.approx(theirs, rel=1e-6)
    assert report.model.objective <= theirs * (1 + 1e-12)
    assert standardized(report) == pytest.approx(expected.params[:-1], abs=2e-3 * np.max(np.abs(expected.params[:-1])))
    # Without a penalty a share of q of the rows lies below, up to those that are met exactly.
    assert abs(report.metrics.train.coverage - q) <= (X.shape[1] + 1) / len(y)


# Margins


@pytest.mark.parametrize("by", ["plain", "weights", "balanced"])
@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("name", ["wdbc", "leukemia"])
def test_linear_svc(name: str, penalty: Any, by: str) -> None:
    """scikit-learn's LinearSVC without an intercept, and with --C, which is its C."""
    frame, X, y, weights, asked = weighted(name, by == "weights")
    counted, c = np.ones(len(y)) if weights is None else weights, 1.0 if name == "wdbc" else 0.05
    if by == "balanced":
        counted, asked["class_weight"] = compute_sample_weight("balanced", y), "balanced"
    scaler = StandardScaler(with_mean=False).fit(X, sample_weight=counted)
    # Asked for 1e-12 its coordinate descent ends far from where it should.
    model = LinearSVC(
        penalty=penalty, loss="squared_hinge", dual=False, C=c, fit_intercept=False, tol=1e-9, max_iter=100_000,
        class_weight=asked.get("class_weight"), random_state=0,
    )  # fmt: skip
    model.fit(scaler.transform(X), y, sample_weight=weights)
    report = regcli.fit(
        frame, TARGET, family="squared_hinge", penalty=penalty, C=c, intercept=False, positive_class=model.classes_[1],
        **asked,
    )  # fmt: skip
    assert report.model.intercept == 0 or report.model.intercept is None
    assert report.model.alpha == pytest.approx(1 / (c * counted.sum()), rel=1e-14)
    agree(report, model.coef_[0], None, scaler, CLOSE)
    if penalty == "l1":
        assert np.array_equal(standardized(report) == 0, model.coef_[0] == 0)
    assert report.metrics.train.accuracy == pytest.approx(
        model.score(scaler.transform(X), y, sample_weight=weights), rel=1e-12
    )


@pytest.mark.parametrize("bias", [False, True], ids=["no intercept", "intercept"])
@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_liblinear_of_the_squared_hinge(penalty: Any, bias: bool) -> None:
    """LIBLINEAR itself, with a bias that is not regularised, and without one."""
    pytest.importorskip("liblinear")
    from liblinear.liblinearutil import train

    frame, X, y, _, _ = weighted("wdbc", False)
    scaler = StandardScaler(with_mean=bias).fit(X)
    labels = np.where(y == "M", 1.0, -1.0)
    kind, ends = {"l1": 5, "l2": 2}[penalty], "-B 1 -R" if bias else "-B -1"
    found = train(labels, scaler.transform(X), f"-s {kind} -c 1 {ends} -e 1e-9 -q")
    sign = found.get_labels()[0]
    coef, offset = found.get_decfun(0)
    report = regcli.fit(frame, TARGET, family="squared_hinge", penalty=penalty, C=1, intercept=bias)
    agree(report, sign * np.array(coef), sign * offset if bias else None, scaler, CLOSE)
    named = regcli.fit(frame, TARGET, family="squared_hinge", penalty=penalty, alpha=1 / len(y), intercept=bias)
    assert np.array_equal(standardized(named), standardized(report))
    assert f"--C {1:g}" in report.origin().command
