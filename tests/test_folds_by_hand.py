"""Cross-validation of every family but squared error's, done by hand: each fold fitted and predicted by itself with the
Python functions, its errors added up by scikit-learn.

So nothing is learned from rows that are tested: not the threshold of huber, not scales, not levels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import huber
from scipy.stats import median_abs_deviation
from sklearn.metrics import (
    accuracy_score,
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    mean_tweedie_deviance,
    roc_auc_score,
)
from support import DATA, SAMPLES

import regcli
from regcli.specs import FAMILIES, MEASURES_OF

Array = NDArray[np.float64]
K = 4
ALPHAS = [0.3, 0.03]
OWN: dict[str, dict[str, Any]] = {
    "poisson": {},
    "gamma": {},
    "tweedie": {"power": 1.3},
    "huber": {"threshold": 0.5},
    "quantile": {"quantile_level": 0.7},
    "squared_hinge": {},
}


def rows(family: str) -> pd.DataFrame:
    """Rows in their own order with a fold for each; its folds differ in what they teach."""
    if family in ("poisson", "tweedie"):
        found = pd.get_dummies(pd.read_csv(DATA / "quine.csv"), drop_first=True, dtype=float)
        found = found.rename(columns={"Days": "y"})
    elif family == "squared_hinge":
        found = pd.read_csv(SAMPLES / "wdbc.csv").iloc[:, 1:8].rename(columns={"diagnosis": "y"})
    else:
        found = pd.read_csv(DATA / "boston.csv").iloc[::3].rename(columns={"medv": "y"}).reset_index(drop=True)
    order = found["y"].rank(method="first").to_numpy().astype(int)
    # The largest targets lie in one fold more often than in the others.
    fold = np.where(order > 0.8 * len(found), 0, np.arange(len(found)) % K)
    return found.assign(fold=fold)


def signs(y: Any) -> Array:
    return np.where(np.asarray(y) == "M", 1.0, -1.0)


def squared_hinge(y: Any, eta: Array, **by: Any) -> float:
    return float(np.average(np.maximum(1 - signs(y) * eta, 0) ** 2, weights=by.get("sample_weight")))


MEASURED: dict[tuple[str, str], Callable[..., float]] = {
    ("poisson", "deviance"): mean_poisson_deviance,
    ("gamma", "deviance"): mean_gamma_deviance,
    ("tweedie", "deviance"): lambda y, mu, **by: mean_tweedie_deviance(y, mu, power=1.3, **by),
    **{(family, "mse"): mean_squared_error for family in ("poisson", "gamma", "tweedie", "huber")},
    **{(family, "mae"): mean_absolute_error for family in ("poisson", "gamma", "tweedie", "huber", "quantile")},
    ("quantile", "pinball"): lambda y, eta, **by: mean_pinball_loss(y, eta, alpha=0.7, **by),
    ("squared_hinge", "squared_hinge"): squared_hinge,
    ("squared_hinge", "auc"): lambda y, eta, **by: roc_auc_score(signs(y), eta, **by),
    ("squared_hinge", "accuracy"): lambda y, eta, **by: accuracy_score(signs(y) > 0, eta >= 0, **by),
}
"""What scikit-learn says of test rows. The loss of huber depends on the fold: see below."""


def predicted(train: pd.DataFrame, test: pd.DataFrame, options: dict[str, Any]) -> tuple[Any, Array]:
    """A fit of the training rows, and what it predicts of the test rows."""
    fit = regcli.fit(train, "y", **options)
    kind = {"type": "link"} if options["family"] == "squared_hinge" else {}
    return fit, regcli.predict(fit, test, **kind).arrays.predictions  # type: ignore[arg-type]


@pytest.mark.parametrize("by", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize(
    ("family", "measure"), [*MEASURED, ("huber", "huber")], ids=lambda word: word if isinstance(word, str) else None
)
def test_each_fold_by_itself(family: Any, measure: Any, by: bool) -> None:
    """To 1e-8 of the error, in each fold and in the mean of them by weight."""
    frame = rows(family)
    weights = 0.5 + np.arange(len(frame)) % 3 if by else np.ones(len(frame))
    asked: dict[str, Any] = {"weights": "w"} if by else {}
    frame = frame.assign(w=weights) if by else frame
    options = {"family": family, **OWN[family], **asked}
    report = regcli.cv(frame, "y", fold_column="fold", alphas=ALPHAS, measure=measure, jobs=1, **options)
    assert report.chosen.measure == measure and report.folds.k == K
    errors, scales = np.zeros((len(ALPHAS), K)), []
    for k in range(K):
        inside = (frame["fold"] != k).to_numpy()
        train, test = (frame[rows].drop(columns="fold") for rows in (inside, ~inside))
        for i, alpha in enumerate(ALPHAS):
            fit, found = predicted(train, test, {**options, "alpha": alpha})
            weighed = {"sample_weight": weights[~inside]} if by else {}
            if measure == "huber":
                scale = median_abs_deviation(np.repeat(train["y"], np.round(2 * weights[inside]).astype(int)))
                threshold = 0.5 * 1.482602218505602 * scale
                assert fit.model.parameters.threshold == pytest.approx(threshold, rel=1e-12)
                scales.append(threshold)
                errors[i, k] = np.average(huber(threshold, test["y"] - found), weights=weights[~inside])
            else:
                errors[i, k] = MEASURED[family, measure](test["y"], found, **weighed)
    if measure == "huber":
        assert max(scales) > 1.1 * min(scales)  # else nothing would be seen here
    curve = np.array([row.per_fold for row in report.curve])
    assert curve == pytest.approx(errors, rel=1e-8)
    share = np.array([weights[frame["fold"] == k].sum() for k in range(K)])
    assert [row.mean for row in report.curve] == pytest.approx(errors @ share / share.sum(), rel=1e-8)


def test_every_measure_is_here() -> None:
    """Of each family; but r2 and rmse, which are made of others, and what survival times and probabilities have."""
    known = {*MEASURED, ("huber", "huber")}
    for family in FAMILIES:
        if family in OWN:
            assert {(family, one) for one in MEASURES_OF[family]} - known <= {(family, "rmse"), (family, "r2")}


@pytest.mark.parametrize("family", ["gamma", "huber"])
def test_made_of_other_measures(family: Any) -> None:
    """rmse is the root of a fold's mse, R2 of a likelihood the share of the null model's deviance that is explained."""
    frame = rows(family)
    asked: dict[str, Any] = {"fold_column": "fold", "alphas": ALPHAS, "jobs": 1, "family": family, **OWN[family]}
    squares, roots = (regcli.cv(frame, "y", measure=one, **asked) for one in ("mse", "rmse"))
    for one, other in zip(squares.curve, roots.curve, strict=True):
        assert np.sqrt(one.per_fold) == pytest.approx(other.per_fold, rel=1e-12)
    if family == "gamma":
        deviance, share = (regcli.cv(frame, "y", measure=one, **asked) for one in ("deviance", "r2"))
        for one, other in zip(deviance.curve, share.curve, strict=True):
            assert other.mean == pytest.approx(1 - one.mean / deviance.chosen.null.mean, rel=1e-10)
