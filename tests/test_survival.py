"""Cox's partial likelihood: brute force, differences, R's survival and glmnet as stored, statsmodels; its curves."""

from __future__ import annotations

import json
import math
import pickle
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from support import DATA, REFERENCES, glmnet

from regcli.problem.survival import intervals, partial
from regcli.problem.survival.baseline import baseline, grouped, kaplan_meier, survival
from regcli.problem.survival.concordance import concordance
from regcli.problem.survival.intervals import Intervals
from regcli.problem.survival.partial import PartialLikelihood, Ties
from regcli.problem.survival.risk import RiskSets

Array = NDArray[np.float64]
TIES: tuple[Ties, ...] = ("breslow", "efron")
HEART = json.loads((REFERENCES / "heart.coxph.json").read_text())

settings = pytest.mark.parametrize(
    ("ties", "weighted", "strata", "entry"), list(product(TIES, (False, True), (1, 3), (False, True)))
)


def targets(n: int = 40, strata: int = 1, entry: bool = False, seed: int = 0, tied: bool = True) -> Array:
    """Targets with many ties, among deaths and between deaths and others."""
    random = np.random.default_rng(seed)
    time = random.exponential(size=n)
    start = np.where(random.uniform(size=n) < 0.7, time * random.uniform(size=n), -np.inf)
    if tied:
        time, start = np.ceil(time * 6), np.ceil(start * 6) - 1
    start = start if entry else np.full(n, -np.inf)
    return np.column_stack([start, time, random.uniform(size=n) < 0.7, np.arange(n) % strata]).astype(float)


def some_weights(weighted: bool, n: int = 40) -> Array | None:
    return np.random.default_rng(5).uniform(0.3, 3.0, n) if weighted else None


def by_hand(y: Array, weights: Array | None, eta: Array, ties: str) -> float:
    """Minus the log partial likelihood less the saturated one, from the definitions, a time after another."""
    w = np.ones(len(y)) if weights is None else weights
    total = 0.0
    for stratum, time in {(row[3], row[1]) for row in y if row[2]}:
        at_risk = (y[:, 3] == stratum) & (y[:, 0] < time) & (time <= y[:, 1])
        dead = at_risk & (y[:, 1] == time) & (y[:, 2] == 1)

        def minus_log(risk: Array, eta: Array, dead: Array = dead) -> float:
            d = int(dead.sum())
            shares = np.arange(d) / d if ties == "efron" else np.zeros(d)
            sums = [logsumexp(eta[risk], b=(w * (1 - share * dead))[risk]) for share in shares]
            return float(w[dead].mean() * np.sum(sums) - w[dead] @ eta[dead])

        total += minus_log(at_risk, eta) - minus_log(dead, np.zeros(len(y)))
    return total


def residual_by_hand(y: Array, eta: Array, ties: str) -> Array:
    """Events less expected ones, all weights 1: at each term of each time one death is shared out by hazard."""
    found = y[:, 2].copy()
    for stratum, time in {(row[3], row[1]) for row in y if row[2]}:
        at_risk = (y[:, 3] == stratum) & (y[:, 0] < time) & (time <= y[:, 1])
        dead = at_risk & (y[:, 1] == time) & (y[:, 2] == 1)
        d = int(dead.sum())
        for share in np.arange(d) / d if ties == "efron" else np.zeros(d):
            found[at_risk] -= softmax((eta + np.log(1 - share * dead))[at_risk])
    return found


def total_loss(likelihood: PartialLikelihood, eta: Array) -> float:
    return float(likelihood.weights @ likelihood.losses(eta))


@settings
def test_loss_by_hand(ties: Ties, weighted: bool, strata: int, entry: bool) -> None:
    """The sum of losses is by the definitions; rows without event have none; a factor of the weights is nothing."""
    y, weights = targets(strata=strata, entry=entry), some_weights(weighted)
    eta = np.random.default_rng(1).normal(size=40) * 2
    likelihood = PartialLikelihood.of(y, weights, ties)
    losses = likelihood.losses(eta)
    assert total_loss(likelihood, eta) == pytest.approx(by_hand(y, weights, eta, ties), rel=1e-13)
    assert np.all(losses[y[:, 2] == 0] == 0)
    assert likelihood.event_weight == pytest.approx(likelihood.weights @ y[:, 2], rel=1e-15)
    scaled = PartialLikelihood.of(y, 7.0 * likelihood.weights, ties)
    assert scaled.losses(eta) == pytest.approx(losses, rel=1e-12, abs=1e-14)


@settings
def test_derivatives(ties: Ties, weighted: bool, strata: int, entry: bool) -> None:
    """The residual is minus the first derivative, the bend the second, each by central differences."""
    y, weights = targets(strata=strata, entry=entry), some_weights(weighted)
    random = np.random.default_rng(2)
    eta, Z, h = random.normal(size=40), random.normal(size=(40, 3)) + 5.0, 1e-5
    likelihood = PartialLikelihood.of(y, weights, ties)
    for i in range(0, 40, 3):
        step = h * (np.arange(40) == i)
        slope = (total_loss(likelihood, eta + step) - total_loss(likelihood, eta - step)) / (2 * h)
        assert likelihood.weights[i] * likelihood.residual(eta)[i] == pytest.approx(-slope, abs=1e-8)
    bend = likelihood.bend(Z, eta)
    for j in range(3):
        ahead, behind = (likelihood.residual(eta + sign * h * Z[:, j]) for sign in (1, -1))
        assert bend[:, j] == pytest.approx(Z.T @ (likelihood.weights * (behind - ahead)) / (2 * h), rel=1e-7, abs=1e-6)
    # Shifts of all predictors, or of all columns, change nothing.
    assert likelihood.residual(eta + 50.0) == pytest.approx(likelihood.residual(eta), abs=1e-12)
    assert likelihood.bend(Z + 1e6, eta) == pytest.approx(likelihood.bend(Z, eta), rel=1e-7)


@settings
def test_order_and_copies(ties: Ties, weighted: bool, strata: int, entry: bool) -> None:
    """Rows in another order have their residuals; for Breslow a weight of k is k copies of the row."""
    y, weights = targets(strata=strata, entry=entry), some_weights(weighted)
    random = np.random.default_rng(3)
    eta, Z, order = random.normal(size=40), random.normal(size=(40, 2)), random.permutation(40)
    likelihood = PartialLikelihood.of(y, weights, ties)
    other = PartialLikelihood.of(y[order], None if weights is None else weights[order], ties)
    assert other.residual(eta[order]) == pytest.approx(likelihood.residual(eta)[order], abs=1e-12)
    assert other.bend(Z[order], eta[order]) == pytest.approx(likelihood.bend(Z, eta), rel=1e-12)
    assert other.gap(eta[order], 0.3) == pytest.approx(likelihood.gap(eta, 0.3), rel=1e-12)
    times = random.integers(1, 4, 40)
    heavy = PartialLikelihood.of(y, times.astype(float))
    copies = PartialLikelihood.of(np.repeat(y, times, axis=0))
    assert total_loss(copies, np.repeat(eta, times)) == pytest.approx(total_loss(heavy, eta), rel=1e-12)
    assert copies.residual(np.repeat(eta, times)) == pytest.approx(np.repeat(heavy.residual(eta), times), abs=1e-12)
    assert copies.gap(np.repeat(eta, times), 0.4) == pytest.approx(heavy.gap(eta, 0.4), rel=1e-12)


@pytest.mark.parametrize(("strata", "entry"), [(1, False), (1, True), (4, False), (4, True)])
def test_operators(strata: int, entry: bool) -> None:
    """Sums over risk sets, and over the times of a row, are those of the table of who is at risk when."""
    y = targets(60, strata, entry)
    risk = RiskSets.of(y)
    table = ((y[:, 3, None] == risk.stratum) & (y[:, 0, None] < risk.times) & (risk.times <= y[:, 1, None])).astype(
        float
    )
    assert sorted({(row[3], row[1]) for row in y if row[2]}) == list(zip(risk.stratum, risk.times, strict=True))
    random = np.random.default_rng(4)
    for shape in ((), (3,)):
        rows, times = random.normal(size=(60, *shape)), random.normal(size=(risk.count, *shape))
        assert risk.at_times(rows) == pytest.approx(table.T @ rows, abs=1e-12)
        assert risk.over_rows(times) == pytest.approx(table @ times, abs=1e-12)


@pytest.mark.parametrize("entry", [False, True])
def test_no_digits_are_lost(entry: bool) -> None:
    """A sum over few small values is exact behind values 1e20 times as large, early, late or not at risk."""
    n = 64
    first, last = np.zeros(n, dtype=np.intp), np.arange(n) + 1
    if entry:
        first = np.maximum(last - 3, 0)
    values = np.where(np.arange(n) < n // 2, 1e20, 1.0 / 3.0)
    found = Intervals(first, last, n).sums(values)
    for k in range(n):
        assert found[k] == pytest.approx(math.fsum(values[(first <= k) & (k < last)]), rel=1e-14)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("entry", [False, True])
def test_blocks(ties: Ties, entry: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bend of few rows and times after another is that of all at once."""
    y, random = targets(300, 2, entry, tied=False), np.random.default_rng(6)
    y[::3, 1] = np.ceil(y[::3, 1] * 3)
    y = y[y[:, 0] < y[:, 1]]
    Z, eta = random.normal(size=(len(y), 3)), random.normal(size=len(y))
    whole = PartialLikelihood.of(y, None, ties).bend(Z, eta)
    monkeypatch.setattr(intervals, "BLOCK", 16)
    monkeypatch.setattr(intervals, "CHUNK", 7)
    monkeypatch.setattr(partial, "CHUNK", 7)
    likelihood = PartialLikelihood.of(y, None, ties)
    assert likelihood.risk.count > 100
    assert likelihood.bend(Z, eta) == pytest.approx(whole, rel=1e-12)


def true_gap(likelihood: PartialLikelihood, eta: Array, share: float) -> float:
    """f(eta) + f*(-theta) + theta'eta, the conjugate by a search from many places."""
    theta = share * likelihood.weights * likelihood.residual(eta)

    def objective(z: Array) -> tuple[float, Array]:
        return float(theta @ z) + total_loss(likelihood, z), theta - likelihood.weights * likelihood.residual(z)

    best = min(
        minimize(objective, start * eta, jac=True, method="BFGS", options={"gtol": 1e-10}).fun for start in (0.0, 1.0)
    )
    return total_loss(likelihood, eta) + float(theta @ eta) - best


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["tied", "untied", "one time", "entry", "one death"])
def test_gap(ties: Ties, weighted: bool, kind: str) -> None:
    """The gap bounds the true one from above; exact at both ends, and for one event time (Efron: one death)."""
    y = np.column_stack([np.full(6, -np.inf), [1, 1, 2, 2, 3, 3], [1, 1, 1, 0, 1, 1], np.zeros(6)]).astype(float)
    if kind == "untied":
        y[:, 1] = np.arange(6) + 1
    elif kind == "one time":
        y[:, 1] = [2, 2, 2, 3, 4, 5]
        y[3:, 2] = 0
    elif kind == "entry":
        y[:, 0] = [-np.inf, 0, 1, 0, 2, 1]
    elif kind == "one death":
        y[:, 2] = [0, 0, 1, 0, 0, 0]
    weights = some_weights(weighted, 6)
    eta = np.random.default_rng(7).normal(size=6)
    likelihood = PartialLikelihood.of(y, weights, ties)
    assert likelihood.gap(eta, 1.0) == pytest.approx(0.0, abs=1e-15)
    assert likelihood.gap(eta, 0.0) == pytest.approx(total_loss(likelihood, eta), rel=1e-12)
    for share in (0.2, 0.7, 0.95):
        found, true = likelihood.gap(eta, share), true_gap(likelihood, eta, share)
        assert found >= true - 1e-9
        if kind == "one death" or (kind == "one time" and ties == "breslow"):
            assert found == pytest.approx(true, rel=1e-6)
    near, nearer = likelihood.gap(eta, 1 - 1e-3), likelihood.gap(eta, 1 - 1e-4)
    assert near / nearer == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize(("strata", "entry"), [(1, False), (2, True)])
def test_far_off(ties: Ties, strata: int, entry: bool) -> None:
    """Predictors a thousand and more apart: every number finite, the loss that of exact arithmetic."""
    y, random = targets(40, strata, entry), np.random.default_rng(8)
    likelihood, Z = PartialLikelihood.of(y, None, ties), random.normal(size=(40, 2))
    for size in (300.0, 1e3, 1e4, -1e3):
        # In the order of death, so that the last at risk are far below the first, and at random.
        for eta in (-size * y[:, 1] / 10, size * random.normal(size=40) / 3):
            losses, residual, bend = likelihood.losses(eta), likelihood.residual(eta), likelihood.bend(Z, eta)
            assert np.all(np.isfinite(losses)) and np.all(np.isfinite(residual)) and np.all(np.isfinite(bend))
            assert likelihood.gap(eta, 0.5) >= 0
            if np.ptp(eta) < partial.FURTHEST:
                exact = by_hand(y, None, eta, ties)
                assert total_loss(likelihood, eta) == pytest.approx(exact, rel=1e-12, abs=1e-10)
                assert residual == pytest.approx(residual_by_hand(y, eta, ties), abs=1e-10)
    for eta in (np.full(40, 1e306), np.where(np.arange(40) == 3, np.inf, 0.0), np.where(np.arange(40) < 9, -np.inf, 0)):
        assert not np.any(np.isnan(likelihood.losses(eta)))
        assert np.all(np.isfinite(likelihood.residual(eta)))


def heart(entry: str, strata: bool) -> Array:
    """Targets of the heart transplants, in the ways of the stored fits."""
    rows = pd.read_csv(DATA / "heart.csv")
    start, stop = rows["start"].to_numpy(), rows["stop"].to_numpy()
    if entry == "months":
        start, stop = np.floor(start / 30), np.ceil(stop / 30)
    if entry == "none":
        start = np.full(len(rows), -np.inf)
    return np.column_stack([start, stop, rows["event"], rows["surgery"] if strata else np.zeros(len(rows))])


def heart_weights(weighted: bool) -> Array | None:
    return 1.0 + np.arange(172) % 3 if weighted else None


@pytest.mark.parametrize("fit", HEART["fits"], ids=lambda fit: fit["id"])
def test_coxph(fit: dict[str, Any]) -> None:
    """At R's coefficients: its likelihood, residuals, standard errors, baseline and concordance, and no slope."""
    y, weights = heart(fit["entry"], fit["strata"]), heart_weights(fit["weighted"])
    Z = pd.read_csv(DATA / "heart.csv")[fit["columns"]].to_numpy(dtype=float)
    eta = Z @ np.array(fit["coef"])
    likelihood = PartialLikelihood.of(y, weights, fit["ties"])
    # Saturated models differ by conventions, differences do not.
    gain = total_loss(likelihood, np.zeros(172)) - total_loss(likelihood, eta)
    assert gain == pytest.approx(fit["loglik"][1] - fit["loglik"][0], rel=1e-9)
    residual = likelihood.residual(eta)
    assert residual == pytest.approx(np.array(fit["martingale"]), abs=1e-9)
    assert Z.T @ (likelihood.weights * residual) == pytest.approx(0.0, abs=1e-8)
    errors = np.sqrt(np.diag(np.linalg.inv(likelihood.bend(Z, eta))))
    assert errors == pytest.approx(np.array(fit["std_error"]), rel=1e-9)
    found = baseline(y, eta, weights, fit["ties"])
    for stratum, (times, hazard) in enumerate(zip(found.times, found.hazard, strict=True)):
        there = np.array(fit["base_stratum"]) == stratum
        stored = pd.Series(np.array(fit["base_hazard"])[there], np.array(fit["base_time"])[there])
        assert hazard == pytest.approx(stored[times].to_numpy(), rel=1e-9)
        assert hazard[-1] == pytest.approx(stored.iloc[-1], rel=1e-9)
    pairs = concordance(y, eta, weights)
    counted = np.array([fit[one] for one in ("concordant", "discordant", "tied")])
    assert np.array([pairs.concordant, pairs.discordant, pairs.tied]) == pytest.approx(counted, rel=1e-12)


@pytest.mark.parametrize("number", range(6))
def test_glmnet(number: int) -> None:
    """At glmnet's solutions the optimality conditions hold, and the share of deviance explained is the stored one."""
    rows, fit = pd.read_csv(DATA / "glmnet_cox.csv.gz"), glmnet("glmnet_cox")["fits"][number]
    X = rows.drop(columns=["time", "status"])
    likelihood = PartialLikelihood.of(
        np.column_stack([np.full(len(rows), -np.inf), rows["time"], rows["status"], np.zeros(len(rows))])
    )
    null = total_loss(likelihood, np.zeros(len(rows)))
    assert 2 * null == pytest.approx(fit["nulldev"], rel=1e-12)
    scale = X.to_numpy().std(axis=0) if fit["standardize"] else np.ones(X.shape[1])
    Z = (X.to_numpy() - X.to_numpy().mean(axis=0)) / scale
    for strength, sparse, explained in zip(fit["lambda"], fit["beta"], fit["dev_ratio"], strict=True):
        coef = pd.Series(sparse, dtype=float).reindex(X.columns, fill_value=0.0).to_numpy() * scale
        pull = Z.T @ likelihood.residual(Z @ coef) / len(rows) - strength * (1 - fit["alpha"]) * coef
        l1 = strength * fit["alpha"]
        wrong = np.where(coef != 0, np.abs(pull - l1 * np.sign(coef)), np.maximum(np.abs(pull) - l1, 0.0))
        assert np.max(wrong) <= 1e-7 * strength
        assert 1 - total_loss(likelihood, Z @ coef) / null == pytest.approx(explained, rel=1e-8, abs=1e-12)


def test_coxph_of_many_rows() -> None:
    """R's estimates and standard errors for 1000 rows and 30 columns, without a penalty."""
    rows = pd.read_csv(DATA / "glmnet_cox.csv.gz")
    stored = json.loads((REFERENCES / "unpenalized.json").read_text())["fits"]["glmnet_cox"]
    Z, coef = (rows[list(stored["estimate"])].to_numpy(), np.array(list(stored["estimate"].values())))
    likelihood = PartialLikelihood.of(
        np.column_stack([np.full(len(rows), -np.inf), rows["time"], rows["status"], np.zeros(len(rows))])
    )
    assert Z.T @ likelihood.residual(Z @ coef) == pytest.approx(0.0, abs=1e-8)
    errors = np.sqrt(np.diag(np.linalg.inv(likelihood.bend(Z, Z @ coef))))
    assert errors == pytest.approx(np.array(list(stored["std_error"].values())), rel=1e-9)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize(("strata", "entry"), [(1, False), (1, True), (3, False), (3, True)])
def test_statsmodels(ties: Ties, strata: int, entry: bool) -> None:
    """Likelihood, slope and second derivative of statsmodels' PHReg at coefficients away from the optimum."""
    from statsmodels.duration.hazard_regression import PHReg

    y, random = targets(80, strata, entry, seed=9), np.random.default_rng(10)
    Z, coef = random.normal(size=(80, 3)), np.array([0.5, -1.0, 0.2])
    # It takes one who enters at a time as at risk then; times are whole numbers, so that half a one later is the same.
    start = np.maximum(y[:, 0], -1.0) + 1.5 if entry else None
    model = PHReg(y[:, 1] + 1, Z, status=y[:, 2], entry=start, strata=y[:, 3] if strata > 1 else None, ties=ties)
    likelihood, eta = PartialLikelihood.of(y, None, ties), Z @ coef
    gain = total_loss(likelihood, np.zeros(80)) - total_loss(likelihood, eta)
    assert gain == pytest.approx(model.loglike(coef) - model.loglike(np.zeros(3)), rel=1e-10)
    assert Z.T @ likelihood.residual(eta) == pytest.approx(model.score(coef), abs=1e-10)
    assert likelihood.bend(Z, eta) == pytest.approx(-model.hessian(coef), rel=1e-9, abs=1e-10)


@settings
def test_concordance_by_pairs(ties: Ties, weighted: bool, strata: int, entry: bool) -> None:
    """The index counts what a look at every pair counts, tied predictors half."""
    y, weights = targets(strata=strata, entry=entry), some_weights(weighted)
    eta, w = np.round(np.random.default_rng(11).normal(size=40), 1), np.ones(40) if weights is None else weights
    counts = dict.fromkeys((1.0, -1.0, 0.0), 0.0)
    for i, j in product(range(40), range(40)):
        later = y[j, 1] > y[i, 1] or (y[j, 1] == y[i, 1] and y[j, 2] == 0)
        if y[i, 2] == 1 and y[i, 3] == y[j, 3] and y[j, 0] < y[i, 1] and later:
            counts[float(np.sign(eta[i] - eta[j]))] += w[i] * w[j]
    found = concordance(y, eta, weights)
    assert (found.concordant, found.discordant, found.tied) == pytest.approx(tuple(counts.values()), rel=1e-12)
    assert found.index == pytest.approx((counts[1.0] + counts[0.0] / 2) / sum(counts.values()), rel=1e-12)


def test_concordance_of_nothing() -> None:
    y = np.array([[-np.inf, 1.0, 0.0, 0.0], [-np.inf, 2.0, 0.0, 0.0]])
    assert math.isnan(concordance(y, np.zeros(2)).index)


@pytest.mark.parametrize("curve", HEART["kaplan_meier"], ids=lambda one: f"{one['entry']}-{one['weighted']}")
def test_kaplan_meier(curve: dict[str, Any]) -> None:
    """The curve and the log-log band of R's survfit."""
    found = kaplan_meier(heart(curve["entry"], False), heart_weights(curve["weighted"]))
    for name, values in (
        ("time", found.times),
        ("survival", found.alive),
        ("lower", found.lower),
        ("upper", found.upper),
    ):
        assert values == pytest.approx(np.array(curve[name]), rel=1e-12)


def test_band_where_nobody_is_left() -> None:
    """The last row dies: the curve is 0, and has no band."""
    found = kaplan_meier(np.array([[-np.inf, time, 1.0, 0.0] for time in (1.0, 2.0)]))
    assert found.alive == pytest.approx([0.5, 0.0])
    assert np.isnan(found.upper[1]) and 0 < found.lower[0] < 0.5 < found.upper[0] < 1


@settings
def test_survival(ties: Ties, weighted: bool, strata: int, entry: bool) -> None:
    """The curve steps at event times, to the value given there; it falls; and far-off predictors make no nan."""
    y, weights = targets(strata=strata, entry=entry), some_weights(weighted)
    eta = np.random.default_rng(12).normal(size=40)
    stratum = y[:, 3].astype(np.intp)
    found = baseline(y, eta, weights, ties)
    for number, (times, hazard) in enumerate(zip(found.times, found.hazard, strict=True)):
        rows = np.flatnonzero(stratum == number)
        curves = survival(found, stratum[rows], eta[rows], times)
        assert curves == pytest.approx(np.exp(-hazard * np.exp(eta[rows, None])), rel=1e-12)
        before = survival(found, stratum[rows], eta[rows], np.nextafter(times, 0))
        assert before == pytest.approx(np.column_stack([np.ones(len(rows)), curves[:, :-1]]))
        assert np.all(survival(found, stratum[rows], eta[rows], times[-1:] + 100)[:, 0] == curves[:, -1])
    # A predictor's zero is nowhere: shifted, the curves are the same, and the hazards e^700 times as large or small.
    for shift in (-800.0, 800.0):
        moved = baseline(y, eta + shift, weights, ties)
        same = survival(moved, stratum, eta + shift, found.times[0])
        assert same == pytest.approx(survival(found, stratum, eta, found.times[0]), rel=1e-9, abs=1e-12)
    # The martingale residuals are the events less the cumulative hazards, where nobody enters late.
    if not entry and ties == "breslow":
        hazards = -np.log([survival(found, stratum[[i]], eta[[i]], y[[i], 1])[0, 0] for i in range(40)])
        assert y[:, 2] - hazards == pytest.approx(PartialLikelihood.of(y, weights, ties).residual(eta), abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_risk_groups(weighted: bool) -> None:
    """Groups part the rows by predictor; the curves are those of their rows; copies are weights."""
    y, weights = targets(300, 2, tied=False), some_weights(weighted, 300)
    eta = np.random.default_rng(13).normal(size=300)
    w = np.ones(300) if weights is None else weights
    groups = grouped(y, eta, weights)
    assert sum(one.rows for one in groups) == 300
    assert [one.weight / w.sum() for one in groups] == pytest.approx([1 / 3] * 3, abs=0.01)
    assert all(one.high < other.low for one, other in pairwise(groups))
    of = baseline(y, eta, weights)
    for one in groups:
        rows = (one.low <= eta) & (eta <= one.high)
        assert one.rows == rows.sum() and one.event_weight == pytest.approx(w[rows] @ y[rows, 2])
        assert one.observed.alive == pytest.approx(kaplan_meier(y[rows], w[rows]).alive)
        assert (one.start, one.end) == (y[rows, 0].min(), y[rows, 1].max())
        mean = np.average(survival(of, y[rows, 3].astype(np.intp), eta[rows], one.times), axis=0, weights=w[rows])
        assert one.predicted == pytest.approx(mean, rel=1e-12)
        assert len(one.times) <= 100 and np.all(np.diff(one.times) > 0) and one.times[-1] == y[y[:, 2] > 0, 1].max()
    few = grouped(y, np.where(np.arange(300) < 200, 0.0, 1.0))
    assert [(one.rows, one.low, one.high) for one in few] == [(200, 0.0, 0.0), (100, 1.0, 1.0)]


@pytest.mark.parametrize("ties", TIES)
def test_nobody_dies(ties: Ties) -> None:
    """Without events there is nothing to lose and nothing to learn."""
    y, Z = targets() * np.array([1.0, 1.0, 0.0, 1.0]), np.ones((40, 2))
    likelihood, eta = PartialLikelihood.of(y, None, ties), np.linspace(-1, 1, 40)
    assert np.all(likelihood.losses(eta) == 0) and np.all(likelihood.residual(eta) == 0)
    assert np.all(likelihood.bend(Z, eta) == 0) and likelihood.gap(eta, 0.5) == 0 and likelihood.event_weight == 0
    assert np.all(survival(baseline(y, eta, None, ties), np.zeros(40, dtype=np.intp), eta, np.ones(1)) == 1)
    assert all(len(one.observed.times) == 0 for one in grouped(y, eta))


def test_alone() -> None:
    """Rows that die alone in their strata are fitted by anything."""
    y = np.column_stack([np.full(5, -np.inf), np.arange(5), np.ones(5), np.arange(5)])
    likelihood, eta = PartialLikelihood.of(y), np.linspace(-9, 9, 5)
    assert np.all(likelihood.losses(eta) == 0) and np.all(likelihood.residual(eta) == 0)
    assert np.all(likelihood.bend(np.arange(10.0).reshape(5, 2), eta) == 0)
    assert math.isnan(concordance(y, eta).index)


def test_sent_to_another_process() -> None:
    y = targets(entry=True)
    likelihood, eta = PartialLikelihood.of(y), np.linspace(-1, 1, 40)
    assert np.array_equal(pickle.loads(pickle.dumps(likelihood)).residual(eta), likelihood.residual(eta))
