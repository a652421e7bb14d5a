"""Amounts, robust fits, quantiles and margins: every answer is certified, the gap bounds what is missing to the
minimum, and coefficients that rows on straight pieces leave open are named."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog, minimize
from support import DATA, SAMPLES, pose

import regcli
from regcli.problem.certificate import certify
from regcli.problem.families import FAMILIES, family_with
from regcli.problem.objective import Problem, alpha_max, objective
from regcli.solve import solve

Array = NDArray[np.float64]
OURS = {
    "gamma": {},
    "tweedie": {"power": 1.4},
    "huber": {"threshold": 0.7},
    "quantile": {"quantile_level": 0.3},
    "squared_hinge": {},
}
NORMAL = 1 / 0.6744897501960817


def penalties(family: str) -> list[str]:
    return ["l1"] if family == "quantile" else ["l1", "l2", "elasticnet"]


# Every answer is certified


@cache
def rows(family: str, shape: str) -> pd.DataFrame:
    """Rows of a real file whose target y suits the family, with columns of weights and of what stands beside."""
    if shape == "wide":
        found = pd.read_csv(DATA / "leukemia.csv.gz").iloc[::2].reset_index(drop=True)
        found = found[[*found.columns.drop("y")[:60], "y"]].copy()
        found["y"] = found["y"].map({0: "all", 1: "aml"}) if family == "squared_hinge" else np.exp(found.iloc[:, 7])
    elif family == "squared_hinge":
        found = pd.read_csv(SAMPLES / "wdbc.csv").drop(columns="id").iloc[:, :9].rename(columns={"diagnosis": "y"})
    elif shape == "levels":  # columns that add up to others
        found = pd.get_dummies(pd.read_csv(DATA / "quine.csv"), dtype=float).rename(columns={"Days": "y"})
        found["y"] += family == "gamma"
    else:
        found = pd.read_csv(DATA / "boston.csv").iloc[::2].rename(columns={"medv": "y"}).reset_index(drop=True)
    number = np.arange(len(found))
    return found.assign(w=0.5 + number % 3, o=np.sin(number) / 3, e=1.0 + number % 2)


EXTRAS: dict[str, dict[str, Any]] = {
    "plain": {},
    "weights": {"weights": "w"},
    "offset": {"offset": "o"},
    "exposure": {"exposure": "e"},
    "bounds": {"positive": True},
    "one bound": {"bounds": {0: (None, 0.001)}},
    "factors": {"penalty_factor": {0: 3.0, 1: 0.5}},
    "keep": {"keep": [1, 2]},
    "raw": {"standardize": False},
    "no intercept": {"intercept": False},
    "class weights": {"class_weight": "balanced", "weights": "w"},
}


def given(family: str, shape: str, extra: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows, and the options with names for the numbers of columns."""
    frame, options = rows(family, shape), {"family": family, **OURS[family], **EXTRAS[extra]}
    used = {options[key] for key in ("weights", "offset", "exposure") if key in options}
    frame = frame.drop(columns=[name for name in ("w", "o", "e") if name not in used])
    names = [name for name in frame.columns if name not in ("y", *used)]
    for key in ("bounds", "penalty_factor"):
        options |= {key: {names[j]: value for j, value in options[key].items()}} if key in options else {}
    options |= {"keep": [names[j] for j in options["keep"]]} if "keep" in options else {}
    return frame, options


CASES = [
    (family, shape, extra)
    for family in OURS
    for shape, extra in [*(("tall", extra) for extra in EXTRAS), ("wide", "plain"), ("wide", "bounds"),
                         ("levels", "plain")]
    if (extra != "exposure" or family in ("gamma", "tweedie"))
    and (extra != "class weights" or family == "squared_hinge")
    and (family, shape) != ("squared_hinge", "levels")
]  # fmt: skip


@pytest.mark.parametrize(("family", "shape", "extra"), CASES, ids=["-".join(case) for case in CASES])
def test_everything_is_certified(family: str, shape: str, extra: str) -> None:
    """Fit, path and cross-validation with its folds, and without a penalty where there are rows enough."""
    frame, options = given(family, shape, extra)
    for penalty in penalties(family) if extra == "plain" else ["l1"]:
        path = regcli.path(frame, "y", penalty=penalty, n_alphas=4, full_path=True, **options)  # type: ignore[arg-type]
        assert path.certificate.certified
        assert max(point.gap for point in path.path) <= 1e-8 and max(point.violation for point in path.path) <= 1e-6
    found = regcli.cv(frame, "y", n_alphas=2, alpha_min_ratio=0.01, folds=2, jobs=1, **options)
    assert found.certificate.certified and found.folds.certified
    strength = {"l1": found.model.l1, "l2": 0.0 if family == "quantile" else found.model.l1 / 2}
    assert regcli.fit(frame, "y", penalty="elasticnet", **strength, **options).certificate.certified
    if shape == "tall" and extra not in ("keep", "factors"):
        assert regcli.fit(frame, "y", penalty="none", **options).certificate.certified


@pytest.mark.parametrize("share", [1e-5, 1e-8])
@pytest.mark.parametrize("family", OURS)
def test_a_strength_next_to_nothing_is_certified(family: str, share: float) -> None:
    """However small the L1 part is, by which the certificate shrinks its dual point."""
    frame, options = given(family, "tall", "plain")
    options |= {"threshold": 0.1} if family == "huber" else {}
    largest = regcli.fit(frame, "y", alpha=1.0, **options).model.alpha_max
    assert regcli.fit(frame, "y", alpha=share * largest, **options).certificate.certified


# The gap bounds what is missing


def problem(family: str, ratio: float, seed: int, extra: bool = False) -> Problem:
    """A small problem at a tenth of its alpha_max, with weights and an offset where `extra`."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(24, 3)) * [1.0, 3.0, 0.4] + [0.0, 5.0, -1.0]
    eta = 0.5 * (X[:, 0] - X[:, 2]) + 0.4 * rng.normal(size=24)
    y = {
        "gamma": np.exp(eta), "tweedie": np.exp(eta) * (rng.uniform(size=24) < 0.7),
        "huber": eta + rng.standard_t(1, 24), "quantile": eta, "squared_hinge": (eta > 0).astype(float),
    }[family]  # fmt: skip
    parameters = {"tweedie": {"power": 1.4}, "huber": {"multiple": 0.7}, "quantile": {"level": 0.3}}.get(family)
    weights = rng.uniform(0.2, 3, 24) if extra else None
    found = replace(pose(X, y, ratio, weights=weights).problem, family=family_with(family, parameters))  # type: ignore[arg-type]
    found = replace(found, offset=0.3 * rng.normal(size=24) if extra else None)
    shape = found.penalty if ratio else replace(found.penalty, l1=np.ones(3))
    return replace(found, alpha=0.1 * alpha_max(found, shape.l1))


def below(posed: Problem) -> float:
    """The least objective that a general method finds: of coefficients in their parts above and below 0; of quantiles
    a linear program."""
    n, p = posed.Z.shape
    weights = np.ones(n) if posed.weights is None else posed.weights
    beside = np.zeros(n) if posed.offset is None else posed.offset
    if posed.family.name == "quantile":
        level, share = dict(posed.family.parameters)["level"], weights / weights.sum()
        cost = np.concatenate([np.tile(posed.alpha * posed.penalty.l1, 2), [0, 0], level * share, (1 - level) * share])
        one = np.ones((n, 1))
        equal = np.hstack([posed.Z, -posed.Z, one, -one, np.eye(n), -np.eye(n)])
        return float(linprog(cost, A_eq=equal, b_eq=posed.y - beside, method="highs").fun)

    def value(x: Array) -> float:
        return objective(posed, x[-1], x[:p] - x[p : 2 * p])

    ends = [(0, None)] * (2 * p) + [(None, None)]
    start = np.append(np.full(2 * p, 0.1), posed.null_intercept)
    best = np.inf
    for _ in range(2):
        found = minimize(value, start, method="L-BFGS-B", bounds=ends, options={"ftol": 0, "gtol": 1e-12})
        start, best = found.x, min(best, found.fun)
    return float(best)


@pytest.mark.parametrize("extra", [False, True], ids=["plain", "weights and offset"])
@pytest.mark.parametrize(
    ("family", "ratio"), [(family, ratio) for family in OURS for ratio in (1.0, 0.4, 0.0) if family != "quantile"]
    + [("quantile", 1.0)],
)  # fmt: skip
def test_the_gap_bounds_what_is_missing(family: str, ratio: float, extra: bool) -> None:
    """No other method goes lower; wherever else one stands, near or far, the objective is above the least by the gap at
    most."""
    for seed in range(1 + (family != "tweedie")):
        posed = problem(family, ratio, seed, extra)
        solution = solve(posed)
        assert solution.certificate.certified
        null = posed.null_objective
        # With differences in place of a gradient it comes no nearer from above.
        assert -1e-12 * null <= below(posed) - solution.objective <= 1e-6 * null
        rng, finite = np.random.default_rng(seed), 0
        for size in 10.0 ** np.arange(-6, 2):
            coef = solution.coef + size * rng.normal(size=3) * (rng.uniform(size=3) < 0.7)
            level = solution.intercept + 0.5 * size * rng.normal()
            found = certify(posed, level, coef, solution.dual)
            missing = objective(posed, level, coef) - solution.objective
            assert missing <= found.gap * null * (1 + 1e-9) + 1e-13 * null
            finite += np.isfinite(found.gap)
            if missing > 1e-7 * null:
                assert not found.certified
        assert finite >= 6


# What is left open


def fitted(frame: pd.DataFrame, **options: Any) -> Any:
    report = regcli.fit(frame, "y", **options)
    assert report.certificate.certified
    return report


STEADY = np.array([0.1, -0.2, 0.3, -0.1, 0.2, -0.3, 0.15, -0.15])
"""Targets of rows where the feature is 0."""


def apart(*far: float) -> pd.DataFrame:
    """Rows where x is 0 with targets near 0, and one with x = 1 for each of these targets, far off."""
    return pd.DataFrame({"x": [*[0.0] * 8, *[1.0] * len(far)], "y": [*STEADY, *far]})


def test_huber_rows_beyond_the_threshold_hold_nothing() -> None:
    """As many rows pull up as down, all of them beyond the threshold: any coefficient between will do."""
    open_ended = fitted(apart(50, -50), family="huber", penalty="none", threshold=1)
    assert not open_ended.certificate.unique and open_ended.certificate.tied == ["x"]
    assert abs(open_ended.model.coefficients[0].coefficient) < 50
    for frame in (apart(50, 0.3, -50), apart(50)):  # one row that bends holds it, or the one row is met
        held = fitted(frame, family="huber", penalty="none", threshold=1)
        assert held.certificate.unique and held.certificate.tied == []
    assert fitted(apart(50, -50), family="huber", penalty="l2", alpha=0.01, threshold=1).certificate.unique
    zero = fitted(apart(50, -50), family="huber", alpha=0.01, threshold=1)
    assert zero.certificate.unique and zero.sparsity.nonzero == 0


def test_huber_between_two_ends_of_a_penalty() -> None:
    """Two rows up and one down leave the slope of one row: with a penalty of just that every x from 0 to where a row
    bends is as good."""
    frame = apart(50, 50, -50)
    scale = frame["x"].std(ddof=0)
    multiple = 1.0 / (NORMAL * np.median(np.abs(frame["y"] - frame["y"].median())))  # a threshold of 1
    # The intercept's slope is that of the eight rows and of one row too: what x pulls beside it.
    found = fitted(frame, family="huber", alpha=1 / len(frame) * scale / scale**2, threshold=multiple)
    assert not found.certificate.unique and found.certificate.tied == ["x"]
    less = fitted(frame, family="huber", alpha=0.99 / len(frame) / scale, threshold=multiple)
    assert less.certificate.unique and less.model.coefficients[0].coefficient > 40
    more = fitted(frame, family="huber", alpha=1.01 / len(frame) / scale, threshold=multiple)
    assert more.certificate.unique and more.sparsity.nonzero == 0


def test_quantiles_between_two_rows() -> None:
    """A median of two rows is any number between them, that of three is the one in the middle."""
    two = pd.DataFrame({"x": [0.0] * 3 + [1.0] * 2, "y": [1.0, 2, 3, 7, 11]})
    found = fitted(two, family="quantile", penalty="none")
    assert not found.certificate.unique and found.certificate.tied == ["x"]
    assert 5 <= found.model.coefficients[0].coefficient <= 9
    assert found.model.objective == pytest.approx((1 + 1 + 2 + 2) / 2 / 5)
    three = pd.DataFrame({"x": [0.0] * 3 + [1.0] * 3, "y": [1.0, 2, 3, 7, 9, 11]})
    found = fitted(three, family="quantile", penalty="none")
    assert found.certificate.unique and found.model.coefficients[0].coefficient == pytest.approx(7)
    upper = fitted(two, family="quantile", penalty="none", quantile_level=0.6)
    assert upper.certificate.unique and upper.model.coefficients[0].coefficient == pytest.approx(9)


def test_margins_that_all_rows_clear() -> None:
    """Rows beyond the margin cost nothing: where all are, any larger coefficient is as good; where only those of one
    column are, that one is."""
    frame = pd.DataFrame({"x": [-3.0, -2, -1, 1, 2, 3], "z": [0.0, 1, 0, 1, 0, 1], "y": list("aaabbb")})
    free = fitted(frame, family="squared_hinge", penalty="none")
    assert free.model.objective == pytest.approx(0, abs=1e-12)
    assert not free.certificate.unique and "x" in free.certificate.tied
    assert fitted(frame, family="squared_hinge", alpha=0.01).certificate.unique
    # z is 1 in two rows far beyond the margin, on either side: x alone is held by the rows inside.
    x = np.array([-1.0, 1, -1, 1, -0.5, 0.5, 30, -30])
    mixed = pd.DataFrame({"x": x, "z": [0.0] * 6 + [1, -1], "y": list("abbaabba")})
    found = fitted(mixed, family="squared_hinge", penalty="none")
    signs = np.where(mixed["y"] == "b", 1, -1)
    margin = signs * (found.model.intercept + mixed[["x", "z"]] @ [c.coefficient for c in found.model.coefficients])
    assert (margin[6:] > 1).all() and (margin[:6] < 1).any()
    assert found.certificate.tied == ["z"]


@pytest.mark.parametrize("family", [name for name in FAMILIES if name in ("gamma", "tweedie")])
def test_amounts_are_unique_unless_columns_depend(family: Any) -> None:
    """Their losses bend everywhere: only columns that add up to others are tied."""
    frame = rows(family, "levels").drop(columns=["w", "o", "e"])
    found = regcli.fit(frame, "y", family=family, penalty="none")
    assert not found.certificate.unique
    features = frame.drop(columns="y")
    assert found.certificate.tied == [name for name in features if not _alone(features, name)]
    assert regcli.fit(frame, "y", family=family, penalty="l2", alpha=0.1).certificate.unique


def _alone(columns: pd.DataFrame, name: str) -> bool:
    """Whether no sum of the other columns and 1 is this one."""
    others = columns.drop(columns=name).assign(one=1.0).to_numpy(dtype=float)
    both = np.column_stack([others, columns[name].to_numpy(dtype=float)])
    return bool(np.linalg.matrix_rank(others) < np.linalg.matrix_rank(both))
