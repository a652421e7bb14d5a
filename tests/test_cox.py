"""Cox's model from rows to reports: R's survival and glmnet as stored, optimality by the definitions, relations, folds
by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import norm
from support import DATA, REFERENCES, coefficients, glmnet, standardized, stored

import regcli
from regcli.problem.survival.partial import PartialLikelihood

Array = NDArray[np.float64]
HEART = json.loads((REFERENCES / "heart.coxph.json").read_text())
EXAMPLE = DATA / "glmnet_cox.csv.gz"
OURS = {1: {"penalty": "l1"}, 0: {"penalty": "l2"}, 0.5: {"penalty": "elasticnet", "l1_ratio": 0.5}}
COX: dict[str, Any] = {"target": "time", "event": "status", "family": "cox"}


def rows(n: int = 80, p: int = 4, seed: int = 0, tied: bool = True) -> pd.DataFrame:
    """Rows whose first two columns tell; with ties, entry times, strata, weights and an offset to be used or not."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, p)) * np.arange(1, p + 1)
    time = random.exponential(size=n) * np.exp(-X[:, 0] + 0.3 * X[:, 1])
    time = np.ceil(time * 8) if tied else time
    found = pd.DataFrame(X, columns=[f"x{j}" for j in range(p)])
    found["time"], found["status"] = time, (random.uniform(size=n) < 0.7).astype(int)
    found["entry"] = np.floor(time * random.uniform(size=n) * 0.9) if tied else time * random.uniform(size=n) * 0.9
    found["group"], found["weight"] = random.choice(["b", "a", "c"], n), random.integers(1, 4, n)
    return found.assign(off=random.normal(size=n))


def targets(frame: pd.DataFrame, entry: bool, strata: bool) -> Array:
    """The targets (n, 4), strata numbered in their order."""
    start = frame["entry"] if entry else np.full(len(frame), -np.inf)
    group = pd.Categorical(frame["group"]).codes if strata else np.zeros(len(frame))
    return np.column_stack([start, frame["time"], frame["status"], group]).astype(float)


def features(frame: pd.DataFrame) -> Array:
    return frame[[name for name in frame if name.startswith("x")]].to_numpy()


def cox(frame: pd.DataFrame, verb: Any = regcli.fit, **more: Any) -> Any:
    return verb(frame, features="x*", **COX, **more)


def slope(y: Array, Z: Array, weights: Array, eta: Array, ties: str) -> Array:
    """The derivative (p,) of the log partial likelihood in the coefficients, a time after another."""
    found = np.zeros(Z.shape[1])
    for stratum, time in {(row[3], row[1]) for row in y if row[2]}:
        risk = (y[:, 3] == stratum) & (y[:, 0] < time) & (time <= y[:, 1])
        dead = risk & (y[:, 1] == time) & (y[:, 2] == 1)
        found += weights[dead] @ Z[dead]
        d = int(dead.sum())
        for share in np.arange(d) / d if ties == "efron" else np.zeros(d):
            hazard = (weights * np.exp(eta) * (1 - share * dead))[risk]
            found -= weights[dead].mean() * (hazard @ Z[risk]) / hazard.sum()
    return found


# R's glmnet and survival


@pytest.mark.parametrize("stored_fit", glmnet("glmnet_cox")["fits"], ids=lambda fit: fit["id"])
def test_glmnet_path(stored_fit: dict[str, Any]) -> None:
    """Coefficients and deviance explained along lasso, ridge and elastic net, standardized and raw."""
    found = regcli.path(
        EXAMPLE, alphas=stored_fit["lambda"], standardize=stored_fit["standardize"], **OURS[stored_fit["alpha"]], **COX
    )
    assert found.certificate.certified
    for i, sparse in enumerate(stored_fit["beta"]):
        coef = pd.Series(sparse, dtype=float).reindex(found.data.features, fill_value=0.0).to_numpy()
        assert found.arrays.coefficients[i] == pytest.approx(coef, rel=1e-6, abs=1e-7 * np.abs(coef).max(initial=0))
        assert found.path[i].nonzero == np.count_nonzero(coef)
    assert found.arrays.deviance_ratio == pytest.approx(stored_fit["dev_ratio"], rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("curve", glmnet("glmnet_cox")["cv"], ids=lambda one: one["id"])
def test_glmnet_cross_validation(curve: dict[str, Any]) -> None:
    """cv.glmnet (grouped=TRUE) on its folds: mean, standard error and both choices."""
    frame = pd.read_csv(EXAMPLE).assign(fold=np.arange(1000) % 10 + 1)
    found = regcli.cv(
        frame, alphas=curve["lambda"], standardize=curve["standardize"], fold_column="fold",
        **OURS[curve["alpha"]], **COX,
    )  # fmt: skip
    assert [one.mean for one in found.curve] == pytest.approx(curve["cvm"], rel=1e-9)
    assert [one.se for one in found.curve] == pytest.approx(curve["cvsd"], rel=1e-8)
    assert (found.chosen.min.alpha, found.chosen.one_se.alpha) == (curve["lambda_min"], curve["lambda_1se"])
    assert found.certificate.certified and found.folds.certified


def test_coxph_of_many_rows() -> None:
    """Estimates, standard errors, z and p without a penalty, and the likelihood that is gained."""
    known = stored("unpenalized.json")["fits"]["glmnet_cox"]
    found = regcli.fit(EXAMPLE, penalty="none", **COX)
    estimate, error = (pd.Series(known[key])[found.data.features].to_numpy() for key in ("estimate", "std_error"))
    assert coefficients(found) == pytest.approx(estimate, rel=1e-8, abs=1e-10)
    told = found.inference.coefficients
    assert [one.std_error for one in told] == pytest.approx(error, rel=1e-8)
    assert [one.p for one in told] == pytest.approx(2 * norm.sf(np.abs(estimate / error)), rel=1e-6)
    assert [one.high for one in told] == pytest.approx(estimate + norm.ppf(0.975) * error, rel=1e-8, abs=1e-10)
    train = found.metrics.train
    null = train.deviance / (1 - train.deviance_ratio)
    gain = 2 * (known["loglik"][1] - known["loglik"][0])
    assert (null - train.deviance) * train.events == pytest.approx(gain, rel=1e-9)
    assert null * train.events == pytest.approx(glmnet("glmnet_cox")["fits"][0]["nulldev"], rel=1e-9)


@pytest.mark.parametrize("known", HEART["fits"], ids=lambda fit: fit["id"])
def test_coxph_of_heart_transplants(known: dict[str, Any], tmp_path: Path) -> None:
    """Ties, entry times, weights and strata: estimates, errors, residuals, concordance, and survival at times."""
    frame = pd.read_csv(DATA / "heart.csv")
    frame["w"], frame["from"], frame["to"] = 1 + np.arange(172) % 3, frame.start // 30, np.ceil(frame.stop / 30)
    names = {"none": (None, "stop"), "days": ("start", "stop"), "months": ("from", "to")}[known["entry"]]
    found = regcli.fit(
        frame, names[1], features=known["columns"], event="event", entry=names[0], family="cox", penalty="none",
        ties=known["ties"], strata="surgery" if known["strata"] else None, weights="w" if known["weighted"] else None,
    )  # fmt: skip
    assert coefficients(found) == pytest.approx(known["coef"], rel=1e-8)
    assert [one.std_error for one in found.inference.coefficients] == pytest.approx(known["std_error"], rel=1e-8)
    counts = [known[key] for key in ("concordant", "discordant", "tied")]
    assert found.metrics.train.concordance == pytest.approx((counts[0] + counts[2] / 2) / sum(counts), rel=1e-12)
    table = found.fitted_table()
    residual = [row[[column.key for column in table.columns].index("residual")] for row in table.rows]
    assert residual == pytest.approx(known["martingale"], abs=1e-8)
    found.save(tmp_path / "m.json")
    at = [5.0, 17.0, 40.0]
    curves = regcli.predict(tmp_path / "m.json", frame, at=at).arrays.predictions
    eta = frame[known["columns"]].to_numpy(dtype=float) @ known["coef"]
    steps = pd.DataFrame({key: known[f"base_{key}"] for key in ("stratum", "time", "hazard")})
    for i in range(0, 172, 7):
        mine = steps[steps.stratum == (frame.surgery[i] if known["strata"] else 0)]
        hazard = [mine.hazard[mine.time <= time].max() for time in at]
        assert curves[i] == pytest.approx(np.exp(-np.nan_to_num(hazard) * math.exp(eta[i])), rel=1e-8)


# Optimal by the definitions, and certified

ASKED: dict[str, dict[str, Any]] = {
    "plain": {},
    "efron": {"ties": "efron"},
    "entry": {"entry": "entry"},
    "strata": {"strata": "group"},
    "weights": {"weights": "weight"},
    "offset": {"offset": "off"},
    "factors": {"penalty_factor": ["x1=0.3", "x2=2"]},
    "keep": {"keep": "x0"},
    "bounds": {"bounds": ["x0=0:0.4", "x1=-0.1:0"]},
    "everything": {
        "ties": "efron", "entry": "entry", "strata": "group", "weights": "weight", "offset": "off",
        "penalty_factor": ["x1=0.3", "x2=2"], "bounds": ["x0=0:0.4"],
    },
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(("penalty", "ratio"), [("l1", 1.0), ("l2", 0.0), ("elasticnet", 0.5)])
@pytest.mark.parametrize("p", [4, 60])
def test_optimal(asked: str, penalty: Any, ratio: float, p: int) -> None:
    """The slope of the likelihood, from the definitions, balances the penalty; the certificate says so."""
    if asked == "keep" and p > 40:
        p = 41
    frame, more = rows(50, p, seed=p), ASKED[asked]
    found = cox(frame, penalty=penalty, alpha=0.05, **more)
    assert found.certificate.certified
    assert found.certificate.violation < 1e-10
    X, b = features(frame), standardized(found)
    w = frame["weight"].to_numpy(dtype=float) if "weights" in more else np.ones(len(frame))
    mean = np.average(X, axis=0, weights=w)
    scale = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=w))
    assert b / scale == pytest.approx(coefficients(found), rel=1e-12)
    y, Z = targets(frame, "entry" in more, "strata" in more), (X - mean) / scale
    eta = Z @ b + (frame["off"].to_numpy() if "offset" in more else 0.0)
    pull = slope(y, Z, w, eta, more.get("ties", "breslow")) / w.sum()
    factor = np.ones(p)
    for word in more.get("penalty_factor", ()):
        factor[int(word[1])] = float(word[3:])
    factor[:1] = 0.0 if "keep" in more else factor[:1]
    pull -= 0.05 * factor * (1 - ratio) * b
    wrong = np.where(b != 0, np.abs(pull - 0.05 * ratio * factor * np.sign(b)),
                     np.maximum(np.abs(pull) - 0.05 * ratio * factor, 0.0))  # fmt: skip
    for word in more.get("bounds", ()):
        j, ends = int(word[1]), [float(end) for end in word[3:].split(":")]
        assert ends[0] <= coefficients(found)[j] <= ends[1]
        wrong[j] = 0.0 if coefficients(found)[j] in ends else wrong[j]
    assert np.max(wrong) < 1e-10
    assert np.count_nonzero(b)


@pytest.mark.parametrize("asked", ["everything", "entry", "strata"])
@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_certified_along_paths_and_in_folds(asked: str, penalty: Any) -> None:
    """A point of a path, and the refit of a cross-validation, are the fits at their alphas."""
    frame, more = rows(60, 5), ASKED[asked]
    path = cox(frame, regcli.path, penalty=penalty, n_alphas=20, **more)
    assert path.certificate.certified
    found = cox(frame, regcli.cv, penalty=penalty, n_alphas=20, folds=4, **more)
    assert found.certificate.certified and found.folds.certified
    for coef, alpha in ((path.arrays.coefficients[12], path.path[12].alpha), (coefficients(found), found.model.alpha)):
        alone = cox(frame, penalty=penalty, alpha=alpha, **more)
        assert coef == pytest.approx(coefficients(alone), rel=1e-8, abs=1e-10)
    assert found.metrics.train == alone.metrics.train


def test_criteria_count_events() -> None:
    """AIC and BIC of a lasso: twice the loss, and for each coefficient 2, or the logarithm of the number of events."""
    frame = rows()
    found = cox(frame, regcli.path, alphas=[0.05])
    likelihood = PartialLikelihood.of(targets(frame, False, False))
    loss = likelihood.losses(features(frame) @ found.arrays.coefficients[0]).sum()
    df, events = found.path[0].nonzero, frame["status"].sum()
    assert found.path[0].aic == pytest.approx(2 * loss + 2 * df, rel=1e-10)
    assert found.path[0].bic == pytest.approx(2 * loss + math.log(events) * df, rel=1e-10)


def test_more_features_than_rows() -> None:
    """Compared, with every fit certified."""
    found = cox(rows(30, 32), regcli.compare, folds=2, inner_folds=2, penalties=["ridge", "lasso"])
    assert found.certificate.certified and found.folds.certified
    assert {one.name for one in found.models} == {"null", "ridge", "lasso"}


# Relations


def relation(frame: pd.DataFrame, other: pd.DataFrame, **more: Any) -> tuple[Any, Any]:
    """Two fits whose standardized coefficients are the same."""
    fits = cox(frame, alpha=0.03, **more), cox(other, alpha=0.03, **more)
    assert standardized(fits[0]) == pytest.approx(standardized(fits[1]), rel=1e-9, abs=1e-11)
    assert np.count_nonzero(standardized(fits[0])) > 1
    return fits


@pytest.mark.parametrize("more", [{}, {"entry": "entry", "strata": "group"}])
def test_weights_are_copies(more: dict[str, Any]) -> None:
    """Under Breslow's rule a row that counts three times is three rows."""
    frame = rows()
    copied = frame.loc[frame.index.repeat(frame["weight"])]
    one, other = cox(frame, alpha=0.03, weights="weight", **more), cox(copied, alpha=0.03, **more)
    assert standardized(one) == pytest.approx(standardized(other), rel=1e-9, abs=1e-11)
    for key in ("deviance", "deviance_ratio"):
        assert one.metrics.train[key] == pytest.approx(other.metrics.train[key], rel=1e-12)
    at = [regcli.predict(fit, frame, at=[2, 4]).arrays.predictions for fit in (one, other)]
    assert at[0] == pytest.approx(at[1], rel=1e-9)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_what_changes_nothing(ties: str) -> None:
    """The order of rows, names of strata, a monotone transform of time, a constant added to a column."""
    frame, more = rows(), {"ties": ties, "strata": "group"}
    relation(frame, frame.sample(frac=1.0, random_state=1), **more)
    relation(frame, frame.assign(group=frame["group"].map({"a": "z", "b": "10", "c": "9"})), **more)
    both = frame.assign(time=np.log1p(frame["time"]) ** 3, entry=np.log1p(frame["entry"]) ** 3)
    relation(frame, both, entry="entry", **more)
    relation(frame, frame.assign(x1=frame["x1"] + 1e3), **more)


def test_time_in_another_unit() -> None:
    """Only the times that are asked for change with it."""
    frame = rows()
    fits = relation(frame, frame.assign(time=frame["time"] * 365.25, entry=frame["entry"] * 365.25), entry="entry")
    curves = [regcli.predict(fit, frame, at=[unit, 3 * unit]) for fit, unit in zip(fits, (1, 365.25), strict=True)]
    assert curves[0].arrays.predictions == pytest.approx(curves[1].arrays.predictions, rel=1e-9)
    assert curves[0].columns == ["survival[1]", "survival[3]"]
    assert curves[1].columns == ["survival[365.25]", "survival[1095.75]"]


def test_rows_censored_before_the_first_event() -> None:
    """They are at risk at no event: without scaling and with n in place nothing changes."""
    frame = rows()
    early = frame.assign(time=frame["time"].min() / 2, status=0).head(20)
    one = cox(frame, alpha=0.03, standardize=False)
    other = cox(pd.concat([frame, early]), alpha=0.03 * 80 / 100, standardize=False)
    assert coefficients(one) == pytest.approx(coefficients(other), rel=1e-9)
    assert other.metrics.train.deviance == pytest.approx(one.metrics.train.deviance, rel=1e-12)


def test_the_ends_of_the_ties() -> None:
    """Without events of one time the two rules are one."""
    frame = rows(tied=False)
    one, other = cox(frame, alpha=0.03, ties="breslow"), cox(frame, alpha=0.03, ties="efron")
    assert coefficients(one) == pytest.approx(coefficients(other), rel=1e-10)
    assert not np.allclose(coefficients(cox(rows(), alpha=0.03)), coefficients(cox(rows(), alpha=0.03, ties="efron")))


# Saved models and new rows


def test_saved_models_predict_the_same(tmp_path: Path) -> None:
    """A model that was saved, and one in memory; its metrics on new rows are those of the test rows of the fit."""
    frame, new = rows(seed=1), rows(seed=2)
    new.to_csv(tmp_path / "new.csv", index=False)
    more = {"strata": "group", "entry": "entry", "ties": "efron", "offset": "off"}
    found = cox(frame, alpha=0.02, test=str(tmp_path / "new.csv"), **more)
    found.save(tmp_path / "m.json")
    kinds = ({"type": "response"}, {"type": "link"}, {"at": (1, 2.5, 7)})
    for kind in kinds:
        one, other = (regcli.predict(model, new, **kind) for model in (found, tmp_path / "m.json"))
        assert np.array_equal(one.arrays.predictions, other.arrays.predictions)
        assert one.metrics == other.metrics
    test = found.metrics.test
    assert dict(other.metrics) == pytest.approx(dict(test), rel=1e-12)
    y, eta = targets(new, True, True), regcli.predict(found, new, type="link").arrays.predictions
    likelihood = PartialLikelihood.of(y, None, "efron")
    assert test.deviance * y[:, 2].sum() == pytest.approx(2 * likelihood.losses(eta).sum(), rel=1e-10)
    assert regcli.predict(found, new).arrays.predictions == pytest.approx(np.exp(eta), rel=1e-12)


# Folds


def by_hand(frame: pd.DataFrame, alpha: float, more: dict[str, Any]) -> tuple[Array, Array]:
    """What each fold adds to the deviance for each event, and the weight of its events."""
    y = targets(frame, "entry" in more, "strata" in more)
    w = frame["weight"].to_numpy(dtype=float) if "weights" in more else np.ones(len(frame))
    off = frame["off"].to_numpy() if "offset" in more else np.zeros(len(frame))
    errors, events = [], []
    for fold in np.unique(frame["fold"]):
        test = (frame["fold"] == fold).to_numpy()
        eta = features(frame) @ coefficients(cox(frame[~test], alpha=alpha, **more)) + off
        whole = PartialLikelihood.of(y, w, more.get("ties", "breslow"))
        part = PartialLikelihood.of(y[~test], w[~test], more.get("ties", "breslow"))
        added = 2 * (w @ whole.losses(eta) - w[~test] @ part.losses(eta[~test]))
        events.append(w[test] @ y[test, 2])
        errors.append(added / events[-1])
    return np.array(errors), np.array(events)


@pytest.mark.parametrize("asked", ["plain", "everything"])
def test_cross_validation_by_hand(asked: str) -> None:
    """A loop over folds with fits and likelihoods gives the same errors, mean and standard error."""
    frame, more = rows().assign(fold=np.arange(80) % 4), ASKED[asked]
    found = cox(frame, regcli.cv, alphas=[0.1, 0.02], fold_column="fold", **more)
    for entry in found.curve:
        errors, events = by_hand(frame, entry.alpha, more)
        assert list(entry.per_fold) == pytest.approx(errors, rel=1e-8)
        mean = events @ errors / events.sum()
        assert entry.mean == pytest.approx(mean, rel=1e-8)
        assert entry.se == pytest.approx(math.sqrt(events @ (errors - mean) ** 2 / events.sum() / 3), rel=1e-7)


def test_concordance_of_folds() -> None:
    """Each fold's pairs by a look at every one; more is better, and 0.5 without features."""
    frame = rows(tied=False).assign(fold=np.arange(80) % 4)
    found = cox(frame, regcli.cv, alphas=[0.02], fold_column="fold", measure="concordance")
    for fold, told in enumerate(found.curve[0].per_fold):
        test = frame[frame["fold"] == fold]
        eta = features(test) @ coefficients(cox(frame[frame["fold"] != fold], alpha=0.02))
        time, dead = test["time"].to_numpy(), test["status"].to_numpy()
        pairs = [np.sign(eta[i] - eta[j]) for i in range(20) for j in range(20) if dead[i] and time[j] > time[i]]
        assert told == pytest.approx(np.mean([(1 + pair) / 2 for pair in pairs]), rel=1e-12)
    assert found.chosen.null.mean == 0.5
    assert found.chosen.min.mean == found.curve[0].mean > 0.6


def test_folds_share_the_events() -> None:
    """Drawn folds have each their share of events, to one."""
    from regcli.data.design import build
    from regcli.specs import DataSpec, FoldSpec, ValidationSpec
    from regcli.workflows.folding import folds_of

    frame = rows()
    design = build(DataSpec(frame, "time", event="status", features=("x*",)), ValidationSpec(), family="cox")
    folds, _ = folds_of(design, FoldSpec(7, repeats=2))
    for repeat in range(2):
        counts = [int(frame["status"][folds.test(repeat, fold)].sum()) for fold in range(7)]
        assert max(counts) - min(counts) <= 1 and sum(counts) == frame["status"].sum()
