"""Classes and counts against scikit-learn, statsmodels and LIBLINEAR, run live on the same standardized columns.

Differences are relative to the largest standardized coefficient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight
from support import DATA, SAMPLES

import regcli

Array = NDArray[np.float64]
TARGET = "target"
RATIO = {"l1": 1.0, "l2": 0.0, "elasticnet": 0.5}
CLOSE = 1e-7
"""What scikit-learn's saga reaches on these rows is 1e-8 at worst, when it is asked for 1e-10."""
VERY_CLOSE = 1e-9
"""Newton's method, theirs and ours, is not stopped before 1e-12; it stops when the last step gains nothing."""


def rows(name: str) -> pd.DataFrame:
    """A data set with its target last, called target; classes are text, features numbers."""
    if name == "wdbc":
        found = pd.read_csv(SAMPLES / "wdbc.csv").rename(columns={"diagnosis": TARGET}).drop(columns="id").iloc[:, :8]
    elif name == "iris":
        found = pd.read_csv(DATA / "iris.csv").rename(columns={"Species": TARGET})
    elif name == "insurance":
        read = pd.read_csv(SAMPLES / "insurance.csv").rename(columns={"Claims": TARGET}).drop(columns="District")
        found = pd.get_dummies(read, columns=["Group", "Age"], drop_first=True, dtype=float)
    else:
        found = pd.read_csv(DATA / f"{name}.csv").rename(columns={"y": TARGET}).iloc[:, :16]
    if name in ("glmnet_binomial", "glmnet_multinomial"):
        found[TARGET] = "c" + found[TARGET].astype(str)
    return found


def standardized(report: Any) -> Array:
    """The standardized coefficients of a report, (1, p), or (K, p) of classes."""
    outputs = report.model.classes or [report.model]
    return np.array([[row.standardized for row in one.coefficients] for one in outputs])


def intercepts(report: Any) -> Array:
    """The intercepts of a report in the units of the file, (1,) or (K,)."""
    return np.array([one.intercept for one in report.model.classes or [report.model]])


def agree(report: Any, coef: Array, level: Array, scaler: StandardScaler, tolerance: float) -> None:
    """The report against coefficients (1 or K, p) and intercepts (1 or K,) of standardized columns."""
    assert report.certificate.certified
    largest = float(np.max(np.abs(coef)))
    assert largest > 0
    assert np.max(np.abs(standardized(report) - coef)) <= tolerance * largest
    assert np.array_equal(standardized(report) == 0, np.abs(coef) <= tolerance * largest)
    raw = level - coef @ (scaler.mean_ / scaler.scale_)
    raw = raw - raw.mean() if len(raw) > 1 else raw
    reach = 1 + float(np.max(np.abs(coef) @ np.abs(scaler.mean_ / scaler.scale_)))
    assert np.max(np.abs(intercepts(report) - raw)) <= 10 * tolerance * reach


def logistic(frame: pd.DataFrame, penalty: str, c: float, weights: Any = None, **options: Any) -> tuple[Any, ...]:
    """What scikit-learn's LogisticRegression finds: coefficients, intercepts, the scaler of the columns."""
    X = frame.drop(columns=TARGET).to_numpy(dtype=float)
    scaler = StandardScaler().fit(X, sample_weight=weights)
    how: dict[str, Any] = {"solver": "newton-cholesky", "tol": 1e-12}
    if penalty != "l2":
        how = {"solver": "saga", "tol": 1e-10, "max_iter": 50_000, "random_state": 0}
    model = LogisticRegression(C=c, l1_ratio=RATIO[penalty], **how, **options)
    model.fit(scaler.transform(X), frame[TARGET], sample_weight=weights)
    return model.coef_, model.intercept_, scaler


CLASSES = [("glmnet_binomial", 1.0), ("wdbc", 1.0), ("iris", 1.0), ("glmnet_multinomial", 0.1)]


@pytest.mark.parametrize(("name", "c"), CLASSES)
@pytest.mark.parametrize("penalty", RATIO)
def test_logistic_regression(name: str, c: float, penalty: Any) -> None:
    """An alpha is scikit-learn's C = 1 / (n alpha), whatever the penalty; and --C is that C."""
    frame = rows(name)
    family: Any = "multinomial" if frame[TARGET].nunique() > 2 else "binomial"
    report = regcli.fit(frame, TARGET, family=family, penalty=penalty, alpha=1 / (len(frame) * c))
    agree(report, *logistic(frame, penalty, c), CLOSE if penalty != "l2" else VERY_CLOSE)
    named = regcli.fit(frame, TARGET, family=family, penalty=penalty, C=c)
    assert (named.settings.C, named.settings.alpha) == (c, None)
    assert named.origin is not None and f"--C {c:g}" in named.origin().command
    assert named.model.alpha == pytest.approx(1 / (len(frame) * c), rel=1e-15)
    assert named.model.equivalents.sklearn.value == pytest.approx(c, rel=1e-14)
    assert np.max(np.abs(standardized(named) - standardized(report))) <= 1e-12 * np.max(np.abs(standardized(report)))


@pytest.mark.parametrize("name", ["wdbc", "iris"])
@pytest.mark.parametrize("balanced", [False, True])
def test_c_with_weights(name: str, balanced: bool) -> None:
    """n in 1 / (n C) is the raw sum of the weights; classes that count alike leave it as it is."""
    frame = rows(name)
    frame = frame if name == "wdbc" else frame.iloc[:-30]
    family: Any = "multinomial" if name == "iris" else "binomial"
    asked: dict[str, Any] = {"class_weight": "balanced"}
    weights = compute_sample_weight("balanced", frame[TARGET])
    ours = frame
    if not balanced:
        weights = 0.5 + np.arange(len(frame)) % 4
        ours, asked = frame.assign(w=weights), {"weights": "w"}
    report = regcli.fit(ours, TARGET, family=family, penalty="l2", C=0.4, **asked)
    assert report.model.alpha == pytest.approx(1 / (weights.sum() * 0.4), rel=1e-14)
    agree(report, *logistic(frame, "l2", 0.4, weights), VERY_CLOSE)


@pytest.mark.parametrize("name", ["glmnet_binomial", "wdbc"])
@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_liblinear(name: str, penalty: Any) -> None:
    """LIBLINEAR with a bias that is not regularised: the same C, the same model."""
    pytest.importorskip("liblinear")
    from liblinear.liblinearutil import train

    frame = rows(name)
    X = frame.drop(columns=TARGET).to_numpy(dtype=float)
    scaler = StandardScaler().fit(X)
    labels = np.where(frame[TARGET] == sorted(frame[TARGET].unique())[1], 1.0, -1.0)
    found = train(labels, scaler.transform(X), f"-s {6 if penalty == 'l1' else 0} -c 1 -B 1 -R -e 1e-12 -q")
    sign = found.get_labels()[0]
    coef, bias = found.get_decfun(0)
    report = regcli.fit(frame, TARGET, penalty=penalty, C=1)
    agree(report, sign * np.array([coef]), np.array([sign * bias]), scaler, CLOSE)


@pytest.mark.parametrize("case", ["plain", "weights", "exposure"])
def test_poisson_regressor(case: str) -> None:
    """scikit-learn's PoissonRegressor, its alpha being ours; an exposure E is rates y / E that count E times."""
    if case == "exposure":
        frame, alpha = rows("insurance"), 0.2
        X = frame.drop(columns=[TARGET, "Holders"]).to_numpy(dtype=float)
        report = regcli.fit(frame, TARGET, family="poisson", penalty="l2", alpha=alpha, exposure="Holders")
        exposure = frame["Holders"].to_numpy(dtype=float)
        scaler = StandardScaler().fit(X)
        # It divides the loss by the sum of its weights, which is that of the exposure here.
        alpha, y, weights = alpha * len(frame) / exposure.sum(), frame[TARGET] / exposure, exposure
    else:
        frame, alpha = rows("glmnet_poisson"), 0.05
        X, y, weights = frame.drop(columns=TARGET).to_numpy(dtype=float), frame[TARGET], None
        asked: dict[str, Any] = {}
        if case == "weights":
            weights = 0.5 + np.arange(len(frame)) % 4
            frame, asked = frame.assign(w=weights), {"weights": "w"}
        report = regcli.fit(frame, TARGET, family="poisson", penalty="l2", alpha=alpha, **asked)
        scaler = StandardScaler().fit(X, sample_weight=weights)
    model = PoissonRegressor(alpha=alpha, solver="newton-cholesky", tol=1e-12, max_iter=100)
    model.fit(scaler.transform(X), y, sample_weight=weights)
    agree(report, model.coef_[None, :], np.array([model.intercept_]), scaler, VERY_CLOSE)


@pytest.mark.parametrize("case", ["binomial", "binomial weights", "binomial offset", "poisson", "poisson exposure"])
def test_maximum_likelihood(case: str) -> None:
    """Without a penalty: statsmodels' coefficients within 1e-8, standard errors within 1e-6."""
    pytest.importorskip("statsmodels")
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    family, _, more = case.partition(" ")
    known, asked = {}, {}
    if family == "binomial":
        frame = rows("wdbc")[[TARGET, "texture_mean", "smoothness_mean", "concavity_mean"]]
        y, link = (frame[TARGET] == "M").astype(float), families.Binomial()
    else:
        frame = rows("insurance")
        y, link = frame[TARGET], families.Poisson()
    features = frame.drop(columns=[TARGET, "Holders"], errors="ignore")
    if more == "weights":
        frame = frame.assign(w=1 + np.arange(len(frame)) % 3)
        known, asked = {"freq_weights": frame["w"]}, {"weights": "w"}
    elif more == "offset":
        frame = frame.assign(o=0.3 * frame["texture_mean"] - 5)
        known, asked = {"offset": frame["o"]}, {"offset": "o"}
    elif more == "exposure":
        known, asked = {"exposure": frame["Holders"]}, {"exposure": "Holders"}
    else:
        frame = frame[[TARGET, *features.columns]]
    with np.errstate(all="ignore"):
        expected = GLM(y, features.assign(const=1.0), family=link, **known).fit(tol=1e-14, maxiter=100)
    report = regcli.fit(frame, TARGET, family=family, penalty="none", **asked)  # type: ignore[arg-type]
    assert report.certificate.certified
    found = [row.coefficient for row in report.model.coefficients] + [report.model.intercept]
    names = list(features.columns)
    assert [row.name for row in report.model.coefficients] == names
    assert found == pytest.approx(expected.params.to_numpy(), rel=1e-8, abs=1e-8)
    errors = [row.std_error for row in report.inference.coefficients] + [report.inference.intercept.std_error]
    assert errors == pytest.approx(expected.bse.to_numpy(), rel=1e-6)
    pvalues = [row.p for row in report.inference.coefficients]
    assert pvalues == pytest.approx(expected.pvalues[names].to_numpy(), rel=1e-5, abs=1e-12)
    total = report.data.weight_total
    assert report.metrics.train.deviance * total == pytest.approx(expected.deviance, rel=1e-9)
