"""Measures of every family but that of survival times against scikit-learn, with weights, shares and edges.

And what may be asked of whom.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import huber
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    mean_tweedie_deviance,
    roc_auc_score,
    roc_curve,
)

from regcli.errors import DataError, UsageError
from regcli.problem.families import FAMILIES, POISSON, sigmoid, softmax
from regcli.problem.measures.classes import auc_of, class_metrics
from regcli.problem.measures.curves import calibration, roc
from regcli.problem.measures.losses import mean_loss, row_losses
from regcli.problem.measures.regressions import regression_metrics
from regcli.specs import FAMILIES as NAMES
from regcli.specs import MEASURES, MEASURES_OF, MORE_IS_BETTER, FoldSpec, measure_for

Array = NDArray[np.float64]
N = 200


def rows(name: str, seed: int = 1) -> tuple[Array, Array, Array]:
    """Targets, linear predictors with equal ones among them, weights."""
    random = np.random.default_rng(seed)
    weights = random.uniform(0.2, 3, N)
    if name == "multinomial":
        eta = np.tile(random.normal(size=(N // 2, 4)), (2, 1))
        return np.eye(4)[random.integers(0, 4, N)], eta, weights
    eta = np.round(random.normal(size=N), 1)
    if name in ("binomial", "squared_hinge"):
        return (random.uniform(size=N) < sigmoid(eta)).astype(float), eta, weights
    if name in ("gamma", "tweedie"):
        y = np.exp(eta) * random.gamma(2.0, 0.5, N)
        return (y if name == "gamma" else np.where(random.uniform(size=N) < 0.2, 0, y)), eta, weights
    if name in ("huber", "quantile"):
        return eta + random.standard_t(2, N), eta, weights
    return random.poisson(np.exp(eta)).astype(float), eta, weights


def truth(name: str, y: Array, eta: Array, weights: Array | None) -> dict[str, Any]:
    """What scikit-learn says of the same predictions."""
    by: dict[str, Any] = {"sample_weight": weights}
    if name == "squared_hinge":
        side = 2 * y - 1
        return {"auc": roc_auc_score(side, eta, **by), "accuracy": accuracy_score(side > 0, eta >= 0, **by)}
    if name == "binomial":
        share, classes = sigmoid(eta), (eta >= 0).astype(float)
        return {
            "log_loss": log_loss(y, share, **by),
            "auc": roc_auc_score(y, share, **by),
            "accuracy": accuracy_score(y, classes, **by),
            "brier": brier_score_loss(y, share, **by),
            "confusion": confusion_matrix(y, classes, **by),
        }
    share, codes = softmax(eta), y.argmax(axis=1)
    return {
        "log_loss": log_loss(codes, share, **by),
        # Of scikit-learn with weights: each class against the rest by itself, then their mean.
        "auc": np.mean([roc_auc_score(y[:, k], share[:, k], **by) for k in range(y.shape[1])]),
        "accuracy": accuracy_score(codes, share.argmax(axis=1), **by),
        "brier": brier_score_loss(codes, share, scale_by_half=False, **by),
        "confusion": confusion_matrix(codes, share.argmax(axis=1), **by),
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["binomial", "multinomial"])
def test_classes_agree_with_scikit_learn(name: Any, weighted: bool) -> None:
    """Every measure of classes; deviance is twice the log loss where each row is of one class."""
    y, eta, weights = rows(name)
    by = weights if weighted else None
    null = np.zeros_like(eta) + FAMILIES[name].null_eta(np.average(y, axis=0, weights=by))
    found, expected = class_metrics(y, eta, null, by), truth(name, y, eta, by)
    for key, value in expected.items():
        assert np.array(getattr(found, key)) == pytest.approx(np.array(value), rel=1e-12), key
    assert (found.rows, found.deviance) == (N, pytest.approx(2 * expected["log_loss"], rel=1e-12))
    assert found.deviance_ratio == pytest.approx(1 - expected["log_loss"] / truth(name, y, null, by)["log_loss"])


@pytest.mark.parametrize("weighted", [False, True])
def test_counts_agree_with_scikit_learn(weighted: bool) -> None:
    """Deviance and errors of expected counts."""
    y, eta, weights = rows("poisson")
    by = weights if weighted else None
    null = np.full(N, np.log(np.average(y, weights=by)))
    found, rate = regression_metrics(POISSON, y, eta, null, by), np.exp(eta)
    assert found.deviance == pytest.approx(mean_poisson_deviance(y, rate, sample_weight=by), rel=1e-12)
    assert found.mse == pytest.approx(mean_squared_error(y, rate, sample_weight=by), rel=1e-12)
    assert found.mae == pytest.approx(mean_absolute_error(y, rate, sample_weight=by), rel=1e-12)
    assert found.rmse == pytest.approx(found.mse**0.5)
    assert found.deviance_ratio == pytest.approx(
        1 - found.deviance / mean_poisson_deviance(y, np.exp(null), sample_weight=by)
    )


def test_shares_are_rows_of_both_classes() -> None:
    """A share s of weight w measures as a positive row of weight w s and a negative one of weight w (1 - s)."""
    random = np.random.default_rng(4)
    share, eta, weights = random.uniform(size=60), random.normal(size=60), random.uniform(0.5, 2, 60)
    parts = np.concatenate([weights * share, weights * (1 - share)])
    classes, twice = np.repeat([1.0, 0.0], 60), np.tile(eta, 2)
    one = class_metrics(share, eta, 0 * eta, weights)
    other = class_metrics(classes, twice, 0 * twice, parts)
    for key in ("log_loss", "auc", "accuracy", "brier"):
        assert getattr(one, key) == pytest.approx(getattr(other, key), rel=1e-12)
    assert np.array(one.confusion) == pytest.approx(np.array(other.confusion))
    assert one.deviance < other.deviance
    curves = [roc(share, eta, weights), roc(classes, twice, parts)]
    assert curves[0].tpr == pytest.approx(np.interp(curves[0].fpr, curves[1].fpr, curves[1].tpr))
    groups = [calibration(share, sigmoid(eta), weights), calibration(classes, sigmoid(twice), parts)]
    assert groups[0].observed == pytest.approx(groups[1].observed)


@pytest.mark.parametrize("name", ["binomial", "multinomial"])
def test_weights_are_copies(name: Any) -> None:
    """Weight 3 is a row three times, weight 0 is none."""
    y, eta, _ = rows(name)
    counts = np.arange(N) % 4
    one = class_metrics(y, eta, 0 * eta, counts.astype(float))
    other = class_metrics(
        np.repeat(y, counts, axis=0), np.repeat(eta, counts, axis=0), np.repeat(0 * eta, counts, axis=0)
    )
    for key in ("deviance", "log_loss", "auc", "accuracy", "brier"):
        assert getattr(one, key) == pytest.approx(getattr(other, key), rel=1e-12)
    assert np.array(one.confusion) == pytest.approx(np.array(other.confusion))


def test_edges_of_classes() -> None:
    """At 0.5 the positive class, of equal ones the first; certain ones that are wrong cost what they should; no AUC of
    one class; what cannot be predicted is not measured."""
    found = class_metrics(np.array([1.0, 0.0, 1.0]), np.zeros(3), np.zeros(3))
    assert found.confusion == ((0, 1), (0, 2))
    assert (found.accuracy, found.auc, found.deviance_ratio) == (pytest.approx(2 / 3), 0.5, 0)
    tied = class_metrics(np.eye(3), np.zeros((3, 3)), np.zeros((3, 3)))
    assert [row[0] for row in tied.confusion] == [1, 1, 1]
    wrong = class_metrics(np.array([0.0, 1.0]), np.array([800.0, 800.0]), np.zeros(2))
    assert (wrong.log_loss, wrong.deviance, wrong.brier) == (400, 800, 0.5)
    certain = class_metrics(np.array([0.0, 1.0]), np.array([50.0, 60.0]), np.zeros(2))
    assert certain.auc == 1  # though both probabilities are 1 in double precision
    assert np.isnan(class_metrics(np.ones(2), np.zeros(2), np.zeros(2)).auc)
    assert np.isnan(auc_of(np.zeros(2), np.zeros(2)))
    nothing = class_metrics(np.ones(2), np.array([np.nan, 1.0]), np.zeros(2))
    assert np.isnan(nothing.deviance) and nothing.confusion == ()


@pytest.mark.parametrize("weighted", [False, True])
def test_roc_is_that_of_scikit_learn(weighted: bool) -> None:
    """Its corners are points of scikit-learn's curve at the same thresholds, and all of that lies on it."""
    y, eta, weights = rows("binomial")
    by = weights if weighted else None
    found = roc(y, eta, by)
    fpr, tpr, threshold = roc_curve(y, eta, sample_weight=by, drop_intermediate=False)
    at = [int(np.flatnonzero(threshold == one)[0]) for one in found.threshold]
    assert found.fpr == pytest.approx(fpr[at], abs=1e-12)
    assert found.tpr == pytest.approx(tpr[at], abs=1e-12)
    assert np.trapezoid(found.tpr, found.fpr) == pytest.approx(auc_of(y, eta, by), rel=1e-12)
    assert len(found.fpr) <= len(fpr)
    assert (found.fpr[0], found.tpr[0], found.fpr[-1], found.tpr[-1]) == (0, 0, 1, 1)
    # Points between which it is straight are gone.
    assert len(roc(np.array([1.0, 1, 0, 0]), np.array([4.0, 3, 2, 1])).fpr) == 3
    # A row of weight 0 is no corner, and hides none.
    assert roc(np.array([1.0, 1, 0]), np.array([3.0, 2, 1]), np.array([1.0, 0, 1])).tpr.tolist() == [0, 1, 1]


def test_calibration_is_that_of_scikit_learn() -> None:
    """Groups of as many rows each, and Wilson's intervals as scipy has them."""
    random = np.random.default_rng(8)
    share = random.uniform(size=300)
    y = (random.uniform(size=300) < share).astype(float)
    found = calibration(y, share)
    observed, predicted = calibration_curve(y, share, n_bins=10, strategy="quantile")
    assert found.observed == pytest.approx(observed)
    assert found.predicted == pytest.approx(predicted)
    assert found.weight.tolist() == [30] * 10
    for part, low, high in zip(found.observed, found.low, found.high, strict=True):
        expected = binomtest(round(30 * part), 30).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_groups_of_calibration() -> None:
    """Equal probabilities stay together; weights are copies; one probability is one group."""
    share = np.repeat([0.1, 0.4, 0.9], [50, 30, 20])
    y = np.tile([0.0, 1.0], 50)
    found = calibration(y, share)
    assert found.predicted == pytest.approx([0.1, 0.4, 0.9])
    assert found.weight.tolist() == [50, 30, 20]
    assert len(calibration(y, np.full(100, 0.3)).weight) == 1
    _, eta, _ = rows("binomial")
    counts = 1 + np.arange(100) % 3
    one = calibration(y, sigmoid(eta[:100]), counts.astype(float))
    other = calibration(np.repeat(y, counts), sigmoid(np.repeat(eta[:100], counts)))
    for key in ("predicted", "observed", "low", "high", "weight"):
        assert getattr(one, key) == pytest.approx(getattr(other, key))


DEVIANCES: dict[str, Any] = {
    "poisson": mean_poisson_deviance,
    "gamma": mean_gamma_deviance,
    "tweedie": lambda y, mu, **by: mean_tweedie_deviance(y, mu, power=1.5, **by),
}
"""Those that scikit-learn has; of classes the deviance is made of the log loss."""
WITHOUT_TIMES = [name for name in NAMES if name != "cox"]


@pytest.mark.parametrize("name", WITHOUT_TIMES)
def test_every_measure_of_a_family(name: Any) -> None:
    """Mean losses are the measures themselves, less than which none is better; means over rows but for two."""
    family = FAMILIES[name]
    y, eta, weights = rows(name, 5)
    response = family.response(eta)
    expected = {
        "mse": lambda: mean_squared_error(y, response, sample_weight=weights),
        "rmse": lambda: mean_squared_error(y, response, sample_weight=weights) ** 0.5,
        "mae": lambda: mean_absolute_error(y, response, sample_weight=weights),
        "deviance": lambda: (
            DEVIANCES[name](y, response, sample_weight=weights)
            if name in DEVIANCES
            else 2 * truth(name, y, eta, weights)["log_loss"]
        ),
        "huber": lambda: np.average(huber(1.345, y - eta), weights=weights),
        "pinball": lambda: mean_pinball_loss(y, eta, alpha=0.5, sample_weight=weights),
        "squared_hinge": lambda: np.average(np.maximum(1 - (2 * y - 1) * eta, 0) ** 2, weights=weights),
        "log_loss": lambda: truth(name, y, eta, weights)["log_loss"],
        "auc": lambda: 1 - truth(name, y, eta, weights)["auc"],
        "accuracy": lambda: 1 - truth(name, y, eta, weights)["accuracy"],
        "brier": lambda: truth(name, y, eta, weights)["brier"],
        "r2": lambda: np.average(2 * family.loss(y, eta), weights=weights),
    }
    for measure in MEASURES_OF[name]:
        found = mean_loss(measure, family, y, eta, weights)
        assert found == pytest.approx(expected[measure](), rel=1e-12), measure
        if measure not in ("auc", "rmse"):
            losses = row_losses(measure, family, y, eta)
            assert losses.shape == (N,) and losses.min() >= 0
            assert np.average(losses, weights=weights) == pytest.approx(found, rel=1e-12)


def test_no_auc_of_one_class() -> None:
    """A fold that lacks a class is an error that says what else there is."""
    with pytest.raises(DataError, match="AUC is not defined") as caught:
        mean_loss("auc", FAMILIES["binomial"], np.ones(3), np.zeros(3))
    assert caught.value.hint == "--measure deviance, or fewer --folds"


def test_which_measures_a_family_has() -> None:
    """Its own unless asked; deviance is another word for mse; others are refused with those that there are."""
    own = {"gaussian": "mse", "huber": "huber", "quantile": "pinball", "squared_hinge": "squared_hinge"}
    assert [measure_for(None, name) for name in NAMES] == [own.get(name, "deviance") for name in NAMES]
    for name in own:  # what others call so
        assert measure_for("deviance", name) == own[name]  # type: ignore[arg-type]
    with pytest.raises(
        UsageError, match="--measure r2 cannot act with --family huber, which has huber, mae, mse, rmse"
    ):
        measure_for("r2", "huber")
    with pytest.raises(UsageError, match="--measure log_loss cannot act with --family squared_hinge"):
        measure_for("log_loss", "squared_hinge")
    assert FoldSpec().for_family("poisson").judge == "deviance"
    assert FoldSpec(measure="auc").for_family("binomial").judge == "auc"
    with pytest.raises(UsageError, match="--measure auc cannot act with --family gaussian, which has mse, mae, r2"):
        measure_for("auc", "gaussian")
    with pytest.raises(UsageError, match="--measure auc cannot act with --family poisson") as caught:
        FoldSpec(measure="auc").for_family("poisson")
    assert caught.value.hint == "--measure deviance"
    assert {measure for name in NAMES for measure in MEASURES_OF[name]} == set(MEASURES)
    assert set(MEASURES) > MORE_IS_BETTER
