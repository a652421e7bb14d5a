"""L1-penalised quantile regression: the loss, the solver and the ruler, against brute force, scikit-learn, statsmodels
and HiGHS."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from support import Matrix, Vector, arrays

from regcli.problem.certificate import Certificate, certify
from regcli.problem.families import quantile
from regcli.problem.objective import Problem
from regcli.problem.objective import alpha_max as largest_alpha
from regcli.problem.penalties import ElasticNet
from regcli.problem.pinball import (
    best_level,
    fenchel_young,
    loss,
    null_dual,
    subdifferential,
    suited,
)
from regcli.solve.linear_program import Found, _Program, along, by_highs, null_slopes, solve
from regcli.solve.vertices import Descent

LEVELS = (0.1, 0.5, 0.9)
DATASETS = ("diabetes", "boston", "concrete", "mtcars", "prostate")


def scaled(dataset: str) -> tuple[Matrix, Vector]:
    X, y = arrays(dataset)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def value(Z: Matrix, y: Vector, l1: Vector, level: float, constant: float, coef: Vector, **more: Any) -> float:
    """The objective, written out."""
    weights, offset = more.get("weights"), more.get("offset")
    residual = y - constant - Z @ coef - (0.0 if offset is None else offset)
    return float(np.average(residual * (level - (residual < 0)), weights=weights) + l1 @ np.abs(coef))


def value_of(Z: Matrix, y: Vector, l1: Vector, level: float, found: Found, **more: Any) -> float:
    return value(Z, y, l1, level, found.intercept, found.coef, **more)


def posed(Z: Matrix, y: Vector, l1: Vector, level: float, **more: Any) -> Problem:
    """The problem as the rest of the program poses it, at an alpha of 1."""
    penalty = ElasticNet(l1, np.zeros_like(l1), more.get("low"), more.get("high"))
    return Problem(
        Z, y, penalty, 1.0, more.get("intercept", True), more.get("weights"), quantile(level),
        offset=more.get("offset"),
    )  # fmt: skip


def certificate(Z: Matrix, y: Vector, l1: Vector, level: float, found: Found, **more: Any) -> Certificate:
    return certify(posed(Z, y, l1, level, **more), found.intercept, found.coef, found.theta)


def figures(Z: Matrix, y: Vector, l1: Vector, level: float, found: Found, **more: Any) -> tuple[float, float]:
    measured = certificate(Z, y, l1, level, found, **more)
    return measured.gap, measured.violation


def alpha_max(Z: Matrix, y: Vector, l1: Vector, level: float, weights: Vector | None = None, **more: Any) -> float:
    problem = posed(Z, y, l1, level, weights=weights, **more)
    theta = null_slopes(
        Z, y, l1, level, weights, more.get("offset"), more.get("intercept", True), more.get("low"), more.get("high")
    )
    return largest_alpha(problem, pull=problem.pull(theta))


def primal(Z: Matrix, y: Vector, l1: Vector, level: float, **more: Any) -> float:
    """The least objective, by HiGHS on the primal program: coefficients and residuals split into their two parts."""
    (n, p), one = Z.shape, float(more.get("intercept", True))
    weights = np.ones(n) if more.get("weights") is None else more["weights"]
    low = np.full(p, -np.inf) if more.get("low") is None else more["low"]
    high = np.full(p, np.inf) if more.get("high") is None else more["high"]
    values = y if more.get("offset") is None else y - more["offset"]
    mass = weights / weights.sum()
    answer = linprog(
        np.concatenate([l1, l1, [0.0], level * mass, (1 - level) * mass]),
        A_eq=np.column_stack([Z, -Z, np.full(n, one), np.eye(n), -np.eye(n)]),
        b_eq=values,
        bounds=[*((0, end) for end in high), *((0, -end) for end in low), (None, None), *[(0, None)] * (2 * n)],
        method="highs",
    )
    return float(answer.fun)


# --- the loss


@pytest.mark.parametrize("level", LEVELS)
def test_loss_is_the_pinball(level: float) -> None:
    """level times what y lies above, 1 - level times what it lies below; scikit-learn's mean is the same."""
    from sklearn.metrics import mean_pinball_loss

    y, eta = np.random.default_rng(1).normal(size=(2, 50))
    assert np.allclose(loss(y, eta, level), level * np.maximum(y - eta, 0) + (1 - level) * np.maximum(eta - y, 0))
    assert np.mean(loss(y, eta, level)) == pytest.approx(mean_pinball_loss(y, eta, alpha=level), rel=1e-14)


@pytest.mark.parametrize("level", LEVELS)
def test_slopes_are_those_of_the_loss(level: float) -> None:
    """Both ends of the subdifferential are one-sided differences of the loss, also at the kink."""
    residual = np.array([-2.0, -1e-3, 0.0, 1e-3, 5.0])
    at = np.zeros(5)
    least, most = subdifferential(residual, at, level)
    step = 1e-6
    rises = (loss(residual + step, at, level) - loss(residual, at, level)) / step
    falls = (loss(residual, at, level) - loss(residual - step, at, level)) / step
    assert np.allclose(most, rises, atol=1e-9)
    assert np.allclose(least, falls, atol=1e-9)
    assert np.array_equal(suited(residual, at, np.zeros(5), level), [level - 1, level - 1, 0.0, level, level])


@pytest.mark.parametrize("level", LEVELS)
def test_fenchel_young_is_the_loss_less_its_tangent(level: float) -> None:
    """rho(r) - theta r by its terms, 0 exactly at the slopes of rho, infinite where the conjugate is."""
    rng = np.random.default_rng(2)
    y, eta, theta = rng.normal(size=40), rng.normal(size=40), rng.uniform(level - 1, level, size=40)
    found = fenchel_young(y, eta, theta, level)
    assert np.allclose(found, loss(y, eta, level) - theta * (y - eta), atol=1e-15)
    assert np.all(found > 0)
    assert np.array_equal(fenchel_young(y, eta, np.where(y > eta, level, level - 1), level), np.zeros(40))
    assert np.array_equal(fenchel_young(y, y, theta, level), np.zeros(40))
    outside = np.array([level + 1e-6, level - 1 - 1e-6])
    assert np.all(fenchel_young(np.zeros(2), np.ones(2), outside, level) == np.inf)
    rounded = np.array([level + 1e-14, level - 1 - 1e-14])
    assert np.all(np.isfinite(fenchel_young(np.zeros(2), np.ones(2), rounded, level)))


@pytest.mark.parametrize("level", (*LEVELS, 0.3))
def test_best_level_is_the_quantile(level: float) -> None:
    """No constant does better; of an interval the middle, so that copies, mirrors and shifts go along."""
    rng = np.random.default_rng(3)
    for n in (1, 2, 9, 10, 40):
        y, weights = rng.integers(-4, 5, n).astype(float), rng.integers(1, 4, n).astype(float)
        for w in (None, weights):
            found = best_level(y, w, level)
            losses = [np.average(loss(y, np.full(n, at), level), weights=w) for at in np.append(y, found)]
            assert losses[-1] <= min(losses) * (1 + 1e-14)
            best = y[np.array(losses[:-1]) <= losses[-1] * (1 + 1e-12) + 1e-15]
            assert found == pytest.approx((best.min() + best.max()) / 2, abs=1e-15)
            assert best_level(-y, w, 1 - level) == -found
            assert best_level(8 * y + 16, w, level) == 8 * found + 16
        assert best_level(np.repeat(y, weights.astype(int)), None, level) == best_level(y, weights, level)
    assert best_level(rng.normal(size=5), None, level, intercept=False) == 0.0


def test_a_quantile_between_two_rows_is_their_middle() -> None:
    """Though 0.3 times 10 is not 3 in double precision."""
    assert best_level(np.arange(10.0), None, 0.3) == 2.5
    assert best_level(np.arange(10.0), None, 0.7) == 6.5
    assert best_level(np.arange(10.0), None, 0.35) == 3.0


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("tied", [False, True])
def test_null_dual_balances(level: float, tied: bool) -> None:
    """It is a slope in every row, and with an intercept its weighted mean is 0: the gap of the null model is 0."""
    rng = np.random.default_rng(4)
    y = rng.integers(0, 3, 50).astype(float) if tied else rng.normal(size=50)
    weights = rng.uniform(0.5, 2, 50)
    at = np.full(50, best_level(y, weights, level))
    theta = null_dual(y - at, weights, level)
    assert weights @ theta == pytest.approx(0, abs=1e-13)
    assert np.array_equal(fenchel_young(y, at, theta, level), np.zeros(50))
    loose = null_dual(y, weights, level, intercept=False)
    assert np.array_equal(loose, np.where(y > 0, level, np.where(y < 0, level - 1, 0.0)))


# --- solutions


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dataset", ["diabetes", "mtcars", "prostate"])
def test_agrees_with_scikit_learn(dataset: str, level: float, weighted: bool) -> None:
    """QuantileRegressor minimises the same; HiGHS stops at 1e-7, so its objective may be a little larger."""
    from sklearn.linear_model import QuantileRegressor

    Z, y = scaled(dataset)
    weights = np.random.default_rng(5).uniform(0.2, 3, len(y)) if weighted else None
    shape = np.ones(Z.shape[1])
    for share in (0.5, 0.02, 0.0):
        alpha = share * alpha_max(Z, y, shape, level, weights)
        found = solve(Z, y, alpha * shape, level, weights)
        model = QuantileRegressor(quantile=level, alpha=alpha, solver="highs").fit(Z, y, sample_weight=weights)
        ours = value_of(Z, y, alpha * shape, level, found, weights=weights)
        theirs = value(Z, y, alpha * shape, level, model.intercept_, model.coef_, weights=weights)
        assert ours == pytest.approx(theirs, rel=1e-9)
        if certificate(Z, y, alpha * shape, level, found, weights=weights).unique:
            assert np.allclose(found.coef, model.coef_, atol=1e-6 * np.max(np.abs(y)))
            assert np.array_equal(found.coef != 0, np.abs(model.coef_) > 1e-9)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dataset", ["diabetes", "prostate"])
def test_agrees_with_statsmodels_without_a_penalty(dataset: str, level: float) -> None:
    """QuantReg reweights its way to about 1e-6: ours is no worse, and the same to what it is good for."""
    from statsmodels.regression.quantile_regression import QuantReg

    Z, y = scaled(dataset)
    none = np.zeros(Z.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        params = QuantReg(y, np.column_stack([np.ones(len(y)), Z])).fit(q=level, p_tol=1e-9, max_iter=5000).params
    found = solve(Z, y, none, level)
    ours, theirs = value_of(Z, y, none, level, found), value(Z, y, none, level, params[0], params[1:])
    assert ours <= theirs * (1 + 1e-12)
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert np.allclose(found.coef, params[1:], atol=5e-3 * np.std(y))


def vertices(Z: Matrix, y: Vector, low: Vector, high: Vector) -> Iterator[Vector]:
    """Every vertex by brute force: some columns free, met by as many rows, the others at 0 or at a bound."""
    n, p = Z.shape
    for states in itertools.product((None, "zero", "low", "high"), repeat=p):
        rest = np.array([{"low": low[j], "high": high[j]}.get(state or "", 0.0) for j, state in enumerate(states)])
        free = [j for j, state in enumerate(states) if state is None]
        if not np.all(np.isfinite(rest)):
            continue
        for rows in itertools.combinations(range(n), len(free)):
            coef = rest.copy()
            square = Z[np.ix_(rows, free)]
            if free and abs(np.linalg.det(square)) < 1e-9:
                continue
            coef[free] = np.linalg.solve(square, (y - Z @ rest)[list(rows)]) if free else []
            if np.all((coef >= low - 1e-12) & (coef <= high + 1e-12)):
                yield coef


@pytest.mark.parametrize("seed", range(12))
def test_brute_force(seed: int) -> None:
    """No vertex of a tiny problem is better, and the dual point is feasible and worth as much, by its own formula."""
    rng = np.random.default_rng(seed)
    n, p = 6, 2
    Z = rng.integers(-2, 3, (n, p)).astype(float) if seed % 2 else rng.normal(size=(n, p))
    y = rng.integers(-3, 4, n).astype(float) if seed % 3 else rng.normal(size=n)
    weights, level, l1 = rng.integers(1, 4, n).astype(float), LEVELS[seed % 3], np.array([0.05, 0.1 * (seed % 4)])
    bounded, intercept = seed % 4 == 1, seed % 5 != 0
    low, high = (
        (np.array([-0.2, 0.0]), np.array([np.inf, 0.3])) if bounded else (np.full(p, -np.inf), np.full(p, np.inf))
    )
    table = np.column_stack([Z, np.ones((n, int(intercept)))])
    ends = [np.append(end, [side * np.inf] * intercept) for end, side in ((low, -1), (high, 1))]
    least = min(
        value(Z, y, l1, level, coef[p] if intercept else 0.0, coef[:p], weights=weights)
        for coef in vertices(table, y, *ends)
    )
    found = solve(Z, y, l1, level, weights, None, intercept, *((low, high) if bounded else (None, None)))
    assert value_of(Z, y, l1, level, found, weights=weights) == pytest.approx(least, rel=1e-13, abs=1e-15)
    pull = (weights * found.theta) @ Z / weights.sum()
    assert np.all((found.theta >= level - 1) & (found.theta <= level))
    assert not intercept or abs(weights @ found.theta) < 1e-13
    over, under = np.maximum(pull - l1, 0.0), np.maximum(-pull - l1, 0.0)
    assert np.all(over[high == np.inf] < 1e-13)
    assert np.all(under[low == -np.inf] < 1e-13)
    stopped = over[high < np.inf] @ high[high < np.inf] - under[low > -np.inf] @ low[low > -np.inf]
    dual = np.average(y * found.theta, weights=weights) - stopped
    assert dual == pytest.approx(least, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_paths_are_exact_to_rounding(dataset: str, level: float) -> None:
    """100 strengths of real data: every gap and violation at rounding, the first solution null, the next not."""
    Z, y = scaled(dataset)
    shape = np.ones(Z.shape[1])
    alphas = alpha_max(Z, y, shape, level) * np.geomspace(1, 1e-4, 100)
    steps = list(along(Z, y, shape, alphas, level))
    gaps, violations = np.array(
        [figures(Z, y, alpha * shape, level, found) for alpha, found in zip(alphas, steps, strict=True)]
    ).T
    assert gaps.max() <= 1e-12
    assert violations.max() <= 1e-12
    assert not np.any(steps[0].coef)
    assert np.any(steps[1].coef)
    for i in (30, 70):
        alone = value_of(Z, y, alphas[i] * shape, level, solve(Z, y, alphas[i] * shape, level))
        assert value_of(Z, y, alphas[i] * shape, level, steps[i]) == pytest.approx(alone, rel=1e-13)


@pytest.mark.parametrize("level", [0.1, 0.5])
def test_tied_targets_on_a_path(level: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """4,898 wines with seven different marks: at the median 2,198 of them are met exactly where the path begins."""
    monkeypatch.setattr(_Program, "by_highs", _unasked)
    Z, y = scaled("winequality_white")
    shape = np.ones(Z.shape[1])
    largest = alpha_max(Z, y, shape, level)
    alphas = largest * np.array([1.0, 0.999, 0.5, 0.1, 0.01, 0.001])
    steps = list(along(Z, y, shape, alphas, level))
    for alpha, found in zip(alphas, steps, strict=True):
        assert max(figures(Z, y, alpha * shape, level, found)) <= 1e-12
    assert [bool(np.any(found.coef)) for found in steps[:2]] == [False, True]
    if level == 0.5:
        # The first gradient that comes to mind, all tied rows alike, would have the path begin elsewhere.
        alike = null_dual(y - best_level(y, None, level), None, level)
        assert largest < 0.9 * np.max(np.abs(alike @ Z)) / len(y)


def awkward(seed: int) -> tuple[Matrix, Vector, Vector, float, dict[str, Any]]:
    """Small problems with ties: whole numbers, equal rows, equal and dependent columns, more columns than rows."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(4, 40)), int(rng.integers(1, 12)) if seed % 3 else int(rng.integers(30, 60))
    Z = (rng.normal(size=(n, p)), rng.integers(-2, 3, (n, p)) * 1.0, (rng.random((n, p)) < 0.3) * 1.0)[seed % 3 - 1]
    if p > 3 and seed % 2:
        Z[:, -1], Z[:, 1], Z[:, 2] = Z[:, 0], -Z[:, 0], Z[:, 0] + Z[:, 3]
    y = rng.integers(-3, 4, n).astype(float) if rng.random() < 0.6 else rng.normal(size=n)
    Z[n // 2 : 2 * (n // 2)], y[n // 2 : 2 * (n // 2)] = Z[: n // 2].copy(), y[: n // 2].copy()
    more: dict[str, Any] = {"intercept": seed % 4 != 0}
    if rng.random() < 0.5:
        more["weights"] = rng.integers(1, 4, n).astype(float)
    if rng.random() < 0.3:
        more["offset"] = rng.integers(-2, 3, n).astype(float)
    if rng.random() < 0.4:
        more["low"] = np.where(rng.random(p) < 0.5, 0.0, -np.inf)
        more["high"] = np.where(rng.random(p) < 0.5, 0.2, np.inf)
    l1 = rng.integers(0, 3, p).astype(float) if rng.random() < 0.5 else np.ones(p)
    return Z, y, l1, float(rng.choice([0.1, 0.25, 0.5, 0.75, 1 / 3])), more


@pytest.mark.parametrize("seed", range(60))
def test_awkward_problems(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ties of all kinds, and no need of HiGHS: its least objective, gaps at rounding, and where the path begins."""
    monkeypatch.setattr(_Program, "by_highs", _unasked)
    Z, y, shape, level, more = awkward(seed)
    largest = alpha_max(Z, y, shape, level, **more)
    alphas = (largest if largest > 1e-12 else 0.1) * np.array([1.0, 1 - 1e-6, 0.3, 0.01, 0.0])
    for i, (alpha, found) in enumerate(zip(alphas, along(Z, y, shape, alphas, level, **more), strict=True)):
        gap, violation = figures(Z, y, alpha * shape, level, found, **more)
        assert gap <= 1e-12
        assert violation <= 1e-11
        if i in (0, 3, 4):
            least = primal(Z, y, alpha * shape, level, **more)
            assert value_of(Z, y, alpha * shape, level, found, **more) == pytest.approx(least, rel=1e-9, abs=1e-9)
        if largest > 1e-12 and i < 2:
            assert np.any(found.coef[shape > 0]) == (i == 1)


def _unasked(program: _Program, l1: Vector) -> Found:
    raise AssertionError("HiGHS was asked")


def test_the_way_is_short() -> None:
    """Each strength begins at the last solution, and each edge goes as far down as it leads: two edges a strength."""
    Z, y = scaled("diabetes")
    shape = np.ones(Z.shape[1])
    alphas = alpha_max(Z, y, shape, 0.5) * np.geomspace(1, 1e-4, 100)
    assert sum(found.iterations for found in along(Z, y, shape, alphas, 0.5)) <= 250
    assert solve(Z, y, alphas[50] * shape, 0.5).iterations <= 50


@pytest.mark.parametrize("dataset", ["diabetes", "mtcars"])
def test_no_move_is_better(dataset: str) -> None:
    """Coefficients and intercept moved at random, alone and together, by much and by little."""
    Z, y = scaled(dataset)
    l1 = np.full(Z.shape[1], 0.05 * alpha_max(Z, y, np.ones(Z.shape[1]), 0.3))
    found = solve(Z, y, l1, 0.3)
    least, rng = value_of(Z, y, l1, 0.3, found), np.random.default_rng(6)
    for _ in range(2000):
        size = 10.0 ** rng.uniform(-6, 1)
        move = size * rng.normal(size=Z.shape[1] + 1) * (rng.random(Z.shape[1] + 1) < rng.random())
        assert value(Z, y, l1, 0.3, found.intercept + move[0], found.coef + move[1:]) >= least * (1 - 1e-14)


def test_more_columns_than_rows() -> None:
    """Leukemia, 72 rows of 0 and 1: exact along the path, as good as scikit-learn, never more columns than rows."""
    from sklearn.linear_model import QuantileRegressor

    Z, y = scaled("leukemia")
    Z = Z[:, :600]
    shape = np.ones(600)
    largest = alpha_max(Z, y, shape, 0.5)
    alphas = largest * np.geomspace(1, 1e-2, 12)
    for i, (alpha, found) in enumerate(zip(alphas, along(Z, y, shape, alphas, 0.5), strict=True)):
        assert max(figures(Z, y, alpha * shape, 0.5, found)) <= 1e-12
        assert np.count_nonzero(found.coef) < 72
        if i == 5:
            model = QuantileRegressor(quantile=0.5, alpha=alpha, solver="highs").fit(Z, y)
            theirs = value(Z, y, alpha * shape, 0.5, model.intercept_, model.coef_)
            assert value_of(Z, y, alpha * shape, 0.5, found) == pytest.approx(theirs, rel=1e-9)


def test_weights_are_copies() -> None:
    """A row of weight 3 is three rows, and all weights times a number are the same weights."""
    Z, y = scaled("prostate")
    weights = np.random.default_rng(7).integers(1, 4, len(y))
    l1 = np.full(Z.shape[1], 0.02)
    one = solve(Z, y, l1, 0.25, weights.astype(float))
    many = solve(np.repeat(Z, weights, axis=0), np.repeat(y, weights), l1, 0.25)
    assert np.allclose(one.coef, many.coef, atol=1e-13)
    assert one.intercept == pytest.approx(many.intercept, abs=1e-13)
    assert np.allclose(one.coef, solve(Z, y, l1, 0.25, 0.125 * weights).coef, atol=1e-13)
    shape = np.ones(Z.shape[1])
    assert alpha_max(Z, y, shape, 0.25, weights.astype(float)) == pytest.approx(
        alpha_max(np.repeat(Z, weights, axis=0), np.repeat(y, weights), shape, 0.25), rel=1e-9
    )


def test_mirrors_units_and_offsets() -> None:
    """-y at 1 - level, y in other units, and y with an offset taken off have the solutions that they should."""
    Z, y = scaled("prostate")
    l1 = np.full(Z.shape[1], 0.02)
    found = solve(Z, y, l1, 0.3)
    mirror = solve(Z, -y, l1, 0.7)
    assert np.allclose(mirror.coef, -found.coef, atol=1e-13)
    assert mirror.intercept == pytest.approx(-found.intercept, abs=1e-13)
    for unit in (1e-9, 1e9):
        assert np.allclose(solve(Z, unit * y, l1, 0.3).coef / unit, found.coef, atol=1e-12)
    offset = np.random.default_rng(8).normal(size=len(y))
    assert np.allclose(solve(Z, y + offset, l1, 0.3, offset=offset).coef, found.coef, atol=1e-12)


def test_an_outlier_is_no_yardstick() -> None:
    """One target of 1e12 moves a quantile no more than one of 1e3, and takes no digits from it."""
    Z, y = scaled("prostate")
    l1 = np.full(Z.shape[1], 0.02)
    far, farther = y.copy(), y.copy()
    far[0], farther[0] = 1e3, 1e12
    assert np.allclose(solve(Z, farther, l1, 0.5).coef, solve(Z, far, l1, 0.5).coef, atol=1e-13)


def test_columns_without_a_penalty() -> None:
    """alpha_max is where the fit of the unpenalised columns alone stops being the solution."""
    Z, y = scaled("diabetes")
    shape = np.ones(Z.shape[1])
    shape[[2, 8]] = 0.0
    largest = alpha_max(Z, y, shape, 0.5)
    kept = solve(Z[:, [2, 8]], y, np.zeros(2), 0.5)
    above = solve(Z, y, largest * shape, 0.5)
    assert np.allclose(above.coef[[2, 8]], kept.coef, rtol=1e-12)
    assert not np.any(above.coef[shape > 0])
    assert figures(Z, y, largest * shape, 0.5, above)[0] <= 1e-13
    assert np.any(solve(Z, y, largest * (1 - 1e-6) * shape, 0.5).coef[shape > 0])


def test_bounds() -> None:
    """Nonnegative and boxed coefficients: HiGHS's primal program, and what is at a bound is there exactly."""
    Z, y = scaled("diabetes")
    l1, p = np.full(Z.shape[1], 0.01), Z.shape[1]
    for low, high in ((np.zeros(p), np.full(p, np.inf)), (np.full(p, -5.3), np.full(p, 7.1))):
        more = {"low": low, "high": high}
        found = solve(Z, y, l1, 0.5, **more)
        assert np.all((found.coef >= low) & (found.coef <= high))
        assert np.any((found.coef == low) | (found.coef == high))
        assert max(figures(Z, y, l1, 0.5, found, **more)) <= 1e-12
        assert value_of(Z, y, l1, 0.5, found) == pytest.approx(primal(Z, y, l1, 0.5, **more), rel=1e-9)


def test_without_an_intercept() -> None:
    """HiGHS's primal program again; the intercept is 0."""
    Z, y = scaled("prostate")
    l1 = np.full(Z.shape[1], 0.05)
    found = solve(Z, y, l1, 0.5, intercept=False)
    assert found.intercept == 0.0
    least = primal(Z, y, l1, 0.5, intercept=False)
    assert value_of(Z, y, l1, 0.5, found) == pytest.approx(least, rel=1e-9)


# --- HiGHS


@pytest.mark.parametrize("seed", range(20))
def test_highs_is_worked_out_to_rounding(seed: int) -> None:
    """What HiGHS finds is polished: the same ruler, the same bounds as for the other way."""
    Z, y, shape, level, more = awkward(seed)
    found = by_highs(Z, y, 0.02 * shape, level, **more)
    gap, violation = figures(Z, y, 0.02 * shape, level, found, **more)
    assert gap <= 1e-12
    assert violation <= 1e-11
    ours = solve(Z, y, 0.02 * shape, level, **more)
    objective = value_of(Z, y, 0.02 * shape, level, ours, **more)
    assert value_of(Z, y, 0.02 * shape, level, found, **more) == pytest.approx(objective, rel=1e-12, abs=1e-13)


def test_highs_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the way is lost HiGHS solves each strength, to its own tolerance if its vertex cannot be worked out."""

    def lost(self: Descent, l1: Vector, most: int) -> None:
        raise np.linalg.LinAlgError

    Z, y = scaled("prostate")
    alphas, shape = [0.1, 0.01], np.ones(Z.shape[1])
    with monkeypatch.context() as patch:
        patch.setattr(Descent, "descend", lost)
        found = list(along(Z, y, shape, alphas, 0.5))
    for alpha, one, other in zip(alphas, found, along(Z, y, shape, alphas, 0.5), strict=True):
        assert 0 < figures(Z, y, alpha * shape, 0.5, one)[0] <= 1e-8
        assert np.allclose(one.coef, other.coef, atol=1e-8)


# --- the ruler


def test_wrong_answers_are_seen() -> None:
    """A moved coefficient, a moved intercept, a dual point of another strength, too small or outside its box."""
    Z, y = scaled("diabetes")
    l1 = np.full(Z.shape[1], 0.03)
    found = solve(Z, y, l1, 0.5)
    coef = found.coef.copy()
    coef[np.flatnonzero(coef)[0]] += 1e-4 * np.max(np.abs(coef))
    assert figures(Z, y, l1, 0.5, Found(coef, found.intercept, found.theta, 0))[0] > 1e-8
    assert figures(Z, y, l1, 0.5, Found(coef, found.intercept, found.theta, 0))[1] > 1e-4
    assert figures(Z, y, l1, 0.5, Found(found.coef, found.intercept + 1e-3, found.theta, 0))[0] > 1e-9
    assert figures(Z, y, l1, 0.5, Found(found.coef, found.intercept, solve(Z, y, 2 * l1, 0.5).theta, 0))[1] > 1e-3
    outside = np.where(found.theta == 0.5, 0.5 + 1e-6, found.theta)
    assert figures(Z, y, 10 * l1, 0.5, Found(found.coef, found.intercept, outside, 0))[0] == np.inf
    assert figures(Z, y, l1, 0.5, Found(found.coef, found.intercept, 0.9 * found.theta, 0))[0] > 1e-3


def test_the_gap_is_primal_less_dual() -> None:
    """Of any proposal, whatever its dual point, by the formula of the dual; and so no less than what is missing."""
    Z, y = scaled("prostate")
    l1, rng, level = np.full(Z.shape[1], 0.05), np.random.default_rng(9), 0.4
    null = np.mean(loss(y, np.full(len(y), best_level(y, None, level)), level))
    found = solve(Z, y, l1, level)
    for size in (1e-3, 0.1, 1.0):
        coef = found.coef + size * rng.normal(size=Z.shape[1])
        for theta in (found.theta, 0.7 * found.theta, null_dual(y - best_level(y, None, level), None, level)):
            shrunk = theta / max(1.0, np.max(np.abs(theta @ Z) / len(y) / l1))
            proposed = Found(coef, found.intercept + size, theta, 0)
            primal_less_dual = value_of(Z, y, l1, level, proposed) - np.mean(y * shrunk)
            gap = figures(Z, y, l1, level, proposed)[0]
            assert gap * null == pytest.approx(primal_less_dual, rel=1e-11)
            assert gap * null >= value_of(Z, y, l1, level, proposed) - primal(Z, y, l1, level)


def test_a_level_out_of_balance_is_seen() -> None:
    """An intercept that is not the quantile violates; a dual point whose mean is not 0 is charged for it."""
    Z, y = scaled("prostate")
    l1, none = np.full(Z.shape[1], 10.0), np.zeros(Z.shape[1])
    best = best_level(y, None, 0.5)
    theta = null_dual(y - best, None, 0.5)
    assert max(figures(Z, y, l1, 0.5, Found(none, best, theta, 0))) <= 1e-13
    assert figures(Z, y, l1, 0.5, Found(none, best + 0.3, theta, 0))[1] > 0.1
    least = np.mean(loss(y, np.full(len(y), best), 0.5))
    charged, exact = (
        figures(Z, y, l1, 0.5, Found(none, best, part * theta + 0.1 * (1 - part), 0))[0] for part in (0.8, 1)
    )
    rows = 0.2 * np.mean(np.abs(y - best) * 0.5 - 0.1 * (y - best))
    assert (charged - exact) * least == pytest.approx(rows + 0.02 * best, rel=1e-9)


@pytest.mark.parametrize("seed", range(25))
def test_tied_columns_are_those_that_may_differ(seed: int) -> None:
    """Of each coefficient HiGHS finds the least and the largest value that a solution gives it."""
    rng = np.random.default_rng(seed)
    n, p, level = 25, 4, 0.35
    Z = rng.normal(size=(n, p))
    if seed % 3 == 0:
        Z[:, 2] = Z[:, 0]
    if seed % 3 == 1:
        Z[:, 3] = 0.5 * (Z[:, 0] + Z[:, 1])
    y, l1 = Z[:, 0] + 0.5 * Z[:, 1] + rng.normal(size=n), np.full(p, 0.02)
    found = solve(Z, y, l1, level)
    named = certificate(Z, y, l1, level, found).tied
    cost = np.concatenate([l1, l1, [0.0], np.full(n, level / n), np.full(n, (1 - level) / n)])
    equal = np.column_stack([Z, -Z, np.ones(n), np.eye(n), -np.eye(n)])
    ends = [*[(0, None)] * (2 * p), (None, None), *[(0, None)] * (2 * n)]
    least = value_of(Z, y, l1, level, found)
    for j in range(p):
        aim = np.zeros(len(cost))
        aim[j], aim[p + j] = 1.0, -1.0
        low, high = (
            sign * linprog(sign * aim, A_eq=equal, b_eq=y, A_ub=cost[None], b_ub=[least * (1 + 1e-11)], bounds=ends).fun
            for sign in (1, -1)
        )
        assert (high - low > 1e-5) == (j in named)


def test_what_a_bound_holds_is_not_tied() -> None:
    """Of two equal columns the cheaper one, pressed against its bound, has no share to give away."""
    Z, y = scaled("prostate")
    Z = np.column_stack([Z[:, 0], Z])
    l1 = np.full(Z.shape[1], 0.02)
    l1[0] = 0.01
    ends = {"low": np.full(Z.shape[1], -np.inf), "high": np.append(0.2, np.full(Z.shape[1] - 1, np.inf))}
    found = solve(Z, y, l1, 0.5, **ends)
    assert found.coef[0] == 0.2
    assert found.coef[1] > 0.2
    assert certificate(Z, y, l1, 0.5, found, **ends).unique
    l1[0] = 0.02
    found = solve(Z, y, l1, 0.5)
    assert certificate(Z, y, l1, 0.5, found).tied == (0, 1)


# --- several levels


def test_a_fan_of_levels() -> None:
    """Each level's solution has the least loss at its own level; without features none cross, with them few do."""
    Z, y = scaled("prostate")
    levels, shape = np.array([0.1, 0.25, 0.5, 0.75, 0.9]), np.ones(Z.shape[1])
    null = [solve(Z, y, alpha_max(Z, y, shape, level) * shape, level).intercept for level in levels]
    assert np.all(np.diff(null) > 0)
    fan = [solve(Z, y, 0.02 * shape, level) for level in levels]
    for level, found in zip(levels, fan, strict=True):
        values = [value_of(Z, y, 0.02 * shape, level, other) for other in fan]
        assert value_of(Z, y, 0.02 * shape, level, found) == min(values)
        # Rows below and above are in balance up to those that are met.
        residual = y - found.intercept - Z @ found.coef
        met = np.count_nonzero(np.abs(residual) < 1e-10)
        assert np.sum(residual < -1e-10) <= level * len(y) <= np.sum(residual < -1e-10) + met
    fitted = np.array([found.intercept + Z @ found.coef for found in fan])
    crossings = np.count_nonzero(np.diff(fitted, axis=0) < -1e-10)
    assert crossings <= 0.02 * fitted.size
    assert np.mean(np.diff(fitted.mean(axis=1)) > 0) == 1
