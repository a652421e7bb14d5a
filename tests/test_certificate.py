"""The ruler: what certifies a solution is itself measured, against brute force and against wrong answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, minimize
from support import Posed, Vector, arrays, pose, solved

import regcli
from regcli.problem.certificate import GAP_BOUND, VIOLATION_BOUND, VIOLATION_BOUND_UNPENALISED, certify
from regcli.problem.objective import Problem, alpha_max, best_intercept, objective
from regcli.problem.penalties import ElasticNet, Strengths
from regcli.solve import solve

MOVE = 1e-5


def strength(posed: Posed, share: float) -> float:
    """A share of alpha_max; for ridge, which has none, of the largest gradient of the null model."""
    largest = alpha_max(posed.problem)
    return share * (largest or float(np.max(np.abs(posed.problem.null_pull))))


MOVABLE = [
    (dataset, ratio)
    for dataset in ("diabetes", "prostate", "boston", "concrete", "glmnet_quickstart", "leukemia")
    for ratio in (1.0, 0.5, 0.0)
    if (dataset, ratio) != ("leukemia", 0.0)
]
"""Ridge on leukemia spreads over 3571 coefficients, each so small that 1e-5 of the largest is within the bounds."""


@pytest.mark.parametrize("share", [0.3, 0.03, 0.0003])
@pytest.mark.parametrize(("dataset", "ratio"), MOVABLE)
def test_moved_solutions_are_refused(dataset: str, ratio: float, share: float) -> None:
    """A certified solution is certified no more with one coefficient moved by 1e-5 of the largest, zeros included."""
    posed = pose(*arrays(dataset), ratio)
    # For ridge less: where it shrinks the largest coefficient below a tenth of the gradient such a move is lost.
    alpha = strength(posed, share if ratio else share / 10)
    problem = replace(posed.problem, alpha=alpha)
    solution = solve(problem)
    assert solution.certificate.certified
    largest = np.max(np.abs(solution.coef))
    on, off = np.flatnonzero(solution.coef), np.flatnonzero(solution.coef == 0)
    for j in [*on[:: max(1, len(on) // 10)], *off[:: max(1, len(off) // 10)]]:
        for move in (-MOVE, MOVE):
            coef = solution.coef.copy()
            coef[j] += move * largest
            assert not certify(problem, best_intercept(problem, coef), coef).certified


@pytest.mark.parametrize("ratio", [1.0, 0.5])
@pytest.mark.parametrize("dataset", ["diabetes", "boston", "leukemia"])
def test_a_zero_is_zero(dataset: str, ratio: float) -> None:
    """A zero that is moved off zero by a trillionth of the largest coefficient is refused: its subgradient jumps."""
    posed = pose(*arrays(dataset), ratio)
    problem = replace(posed.problem, alpha=0.1 * posed.alpha_max)
    solution = solve(problem)
    off = np.flatnonzero(solution.coef == 0)
    assert solution.certificate.certified and off.size
    for j in off[:5]:
        coef = solution.coef.copy()
        coef[j] = 1e-12 * np.max(np.abs(coef))
        assert not certify(problem, solution.intercept, coef).certified


@pytest.mark.parametrize("dataset", ["diabetes", "boston", "mtcars"])
def test_least_squares_is_held_to_more(dataset: str) -> None:
    """Without a penalty a move of 1e-9 of the largest coefficient, or of the intercept, is refused."""
    posed = pose(*arrays(dataset), None)
    solution = solve(posed.problem)
    assert solution.certificate.certified
    assert solution.certificate.violation <= VIOLATION_BOUND_UNPENALISED
    moves = 1e-9 * np.max(np.abs(solution.coef)) * np.eye(len(solution.coef))
    assert not any(certify(posed.problem, solution.intercept, solution.coef + move).certified for move in moves)
    assert not certify(posed.problem, solution.intercept * (1 + 1e-9), solution.coef).certified


def test_nothing_is_refused() -> None:
    """Coefficients that are not numbers are not certified, nor is the null model where it is not the answer."""
    posed = pose(*arrays("diabetes"))
    problem = replace(posed.problem, alpha=0.1 * posed.alpha_max)
    zero = np.zeros(10)
    assert not certify(problem, problem.null_intercept, zero).certified
    assert not certify(problem, problem.null_intercept, zero * np.nan).certified
    assert not certify(problem, np.nan, zero).certified


SETTINGS: dict[str, dict[str, Any]] = {
    "l1": {"ratio": 1.0},
    "l2": {"ratio": 0.0},
    "elastic net": {"ratio": 0.4},
    "l1, weights": {"ratio": 1.0, "weights": True},
    "elastic net, weights": {"ratio": 0.4, "weights": True},
    "l1, no intercept": {"ratio": 1.0, "intercept": False},
    "elastic net, no intercept": {"ratio": 0.4, "intercept": False},
    "l1, raw": {"ratio": 1.0, "standardize": False},
    "l2, raw": {"ratio": 0.0, "standardize": False},
    "elastic net, raw, weights": {"ratio": 0.4, "standardize": False, "weights": True},
    "l1, factors": {"ratio": 1.0, "factors": np.array([2.0, 1.0, 0.5])},
    "l1, one free": {"ratio": 1.0, "factors": np.array([2.0, 0.0, 1.0])},
    "elastic net, one free": {"ratio": 0.4, "factors": np.array([2.0, 0.0, 1.0])},
}


def tiny(name: str, seed: int, share: float = 0.2) -> Problem:
    """A random problem of 9 rows and 3 columns of different scales, at a share of alpha_max."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(9, 3)) * [1.0, 3.0, 0.4] + [0.0, 5.0, -1.0]
    y = X @ rng.normal(size=3) + rng.normal(size=9)
    setting = dict(SETTINGS[name])
    if setting.pop("weights", False):
        setting["weights"] = rng.uniform(0.2, 3, size=9)
    posed = pose(X, y, **setting)
    return replace(posed.problem, alpha=strength(posed, share))


def weights_of(problem: Problem) -> Vector:
    """The weights of the rows over their sum, (n,)."""
    weights = np.ones(len(problem.y)) if problem.weights is None else problem.weights
    return weights / weights.sum()


def primal(problem: Problem, coef: Vector) -> float:
    """The objective, written out, with the best intercept."""
    shares, residual = weights_of(problem), problem.y - problem.Z @ coef
    if problem.intercept:
        residual = residual - shares @ residual
    l1, l2 = problem.alpha * problem.penalty.l1, problem.alpha * problem.penalty.l2
    return float(shares @ residual**2 / 2 + l1 @ np.abs(coef) + l2 @ coef**2 / 2)


def dual(problem: Problem, theta: Vector) -> float:
    """The dual objective, written out, for a theta that is feasible: sum s (y theta - theta^2 / 2) - sum h*(u)."""
    shares = weights_of(problem)
    u = problem.Z.T @ (shares * theta)
    l1, l2 = problem.alpha * problem.penalty.l1, problem.alpha * problem.penalty.l2
    over = np.maximum(np.abs(u) - l1, 0.0)[l2 > 0]
    return float(shares @ (problem.y * theta - theta**2 / 2) - np.sum(over**2 / (2 * l2[l2 > 0])))


def best_dual(problem: Problem) -> float:
    """The largest dual objective, by scipy, under its constraints: sum s theta = 0 and |u_j| <= l1_j where l2_j = 0."""
    shares = weights_of(problem)
    rows = (shares[:, None] * problem.Z).T
    l1, l2 = problem.strengths.l1, problem.strengths.l2
    bound, free = (l2 == 0) & (l1 > 0), list(rows[problem.strengths.free]) + [shares] * problem.intercept
    constraints = [LinearConstraint(rows[bound], -l1[bound], l1[bound])] if bound.any() else []
    constraints += [LinearConstraint(np.array(free), 0.0, 0.0)] if free else []

    def negative(theta: Vector) -> tuple[float, Vector]:
        u = rows @ theta
        slope = np.where(l2 > 0, np.sign(u) * np.maximum(np.abs(u) - l1, 0.0) / np.where(l2 > 0, l2, 1.0), 0.0)
        return -dual(problem, theta), -shares * (problem.y - theta - problem.Z @ slope)

    found = minimize(
        negative,
        np.zeros(len(problem.y)),
        jac=True,
        method="SLSQP",
        constraints=constraints,
        options={"ftol": 1e-16, "maxiter": 1000},
    )
    return -float(found.fun)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", SETTINGS)
def test_no_duality_gap_at_the_solution(name: str, seed: int) -> None:
    """The objective of a solution is the largest value of the dual, found by scipy.

    scipy's SLSQP stops where the objective changes by 1e-16; its own constraints hold to about 1e-10.
    """
    problem = tiny(name, seed)
    solution = solve(problem)
    assert solution.certificate.certified
    assert solution.objective == pytest.approx(primal(problem, solution.coef), rel=1e-14)
    assert solution.objective == pytest.approx(best_dual(problem), rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", SETTINGS)
def test_gap_is_primal_minus_dual(name: str, seed: int) -> None:
    """At any point the gap is (primal - dual) / null objective at a feasible theta, and bounds what could be gained."""
    problem = tiny(name, seed)
    rng, best = np.random.default_rng(seed), solve(problem)
    shares = weights_of(problem)
    for size in (0.0, 1e-6, 1e-2, 1.0, 10.0):
        coef = best.coef + size * rng.normal(size=3)
        found = certify(problem, best_intercept(problem, coef), coef)
        theta = problem.y - problem.Z @ coef
        free = np.column_stack([np.ones(9)] * problem.intercept + [problem.Z[:, problem.strengths.free]])
        root = np.sqrt(shares)[:, None]
        theta = theta - free @ np.linalg.lstsq(root * free, root[:, 0] * theta, rcond=None)[0]
        u = np.abs(problem.Z.T @ (shares * theta))
        bound = (problem.strengths.l2 == 0) & (problem.strengths.l1 > 0)
        theta /= max(1.0, float(np.max(u[bound] / problem.strengths.l1[bound], initial=0.0)))
        null = primal(problem, np.zeros(3))
        expected = (primal(problem, coef) - dual(problem, theta)) / null
        # The difference of two numbers loses what they have in common: 1e-12.
        assert found.gap == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert found.gap >= 0
        assert found.gap >= (primal(problem, coef) - best.objective) / null - 1e-14


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SETTINGS)
def test_violation_is_the_distance_to_the_subdifferential(name: str, seed: int) -> None:
    """The violation is the largest distance of 0 to [left, right] derivative of the objective, over the null gradient.

    One-sided derivatives of a piecewise quadratic come out of three values exactly, but for rounding over the step.
    """
    problem = tiny(name, seed)
    rng, h = np.random.default_rng(seed), 1e-4

    def slope(value: Any, side: float) -> float:
        return float(side * (4 * value(side * h) - 3 * value(0.0) - value(2 * side * h)) / (2 * h))

    coef = solve(problem).coef + rng.normal(size=3) * rng.integers(0, 2, size=3)
    intercept = best_intercept(problem, coef) + 0.3 * problem.intercept
    directions = [(np.eye(3)[j], 0.0) for j in range(3)] + [(np.zeros(3), 1.0)] * problem.intercept
    worst, null_slope = 0.0, 0.0
    for move, shift in directions:

        def along(t: float, move: Vector = move, shift: float = shift) -> float:
            return objective(problem, intercept + t * shift, coef + t * move)

        def unpenalised(t: float, move: Vector = move) -> float:
            return objective(replace(problem, alpha=0.0), problem.null_intercept, t * move)

        worst = max(worst, slope(along, -1.0), -slope(along, 1.0))
        null_slope = max(null_slope, abs(slope(unpenalised, 1.0)))
    assert certify(problem, intercept, coef).violation == pytest.approx(worst / null_slope, abs=1e-9)


def table(seed: int = 0, **extra: Any) -> pd.DataFrame:
    """Forty rows of three independent columns, more columns made of them, and y = a + b + noise."""
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(rng.normal(size=(40, 3)), columns=["a", "b", "c"])
    for name, build in extra.items():
        made[name] = build(made)
    return made.assign(y=made.a + made.b + 0.1 * rng.normal(size=40))


TIES: dict[str, tuple[pd.DataFrame, dict[str, Any], list[str]]] = {
    "twins": (table(d=lambda t: t.a), {"alpha": 0.1}, ["a", "d"]),
    "scaled twins": (table(d=lambda t: 3 * t.a + 1), {"alpha": 0.1}, ["a", "d"]),
    "mirrored twins": (table(d=lambda t: -t.a), {"alpha": 0.1}, ["a", "d"]),
    "triplets": (table(d=lambda t: t.a, e=lambda t: t.a), {"alpha": 0.1}, ["a", "d", "e"]),
    "two pairs": (table(d=lambda t: t.a, e=lambda t: 2 * t.b), {"alpha": 0.1}, ["a", "b", "d", "e"]),
    "a mean": (table(d=lambda t: (t.a + t.b) / 2), {"alpha": 0.1, "standardize": False}, ["a", "b", "d"]),
    "a sum, none": (table(d=lambda t: t.a + t.b), {"penalty": "none"}, ["a", "b", "d"]),
    "twins, none": (table(d=lambda t: t.a), {"penalty": "none"}, ["a", "d"]),
    "few rows, none": (table().head(3), {"penalty": "none"}, ["a", "b", "c"]),
}
UNIQUE: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
    "independent": (table(), {"alpha": 0.1}),
    "independent, none": (table(), {"penalty": "none"}),
    "a sum": (table(d=lambda t: t.a + t.b), {"alpha": 0.1}),
    "twins that are zero": (table(d=lambda t: t.c), {"alpha": 0.5}),
    "twins under l2": (table(d=lambda t: t.a), {"penalty": "l2", "alpha": 0.1}),
    "twins in an elastic net": (table(d=lambda t: t.a), {"penalty": "elasticnet", "alpha": 0.1}),
    "nearly twins": (table(d=lambda t: t.a + 1e-5 * t.c), {"alpha": 0.1}),
    "few rows": (table().head(3), {"alpha": 0.01}),
}


@pytest.mark.parametrize("name", TIES)
def test_not_unique(name: str) -> None:
    """Where other coefficients fit and cost the same, `unique` is false and the columns that could share are named.

    (A sum x3 = x1 + x2 is none such under l1: its column never costs the same. A mean, unscaled, does.)
    """
    data, options, tied = TIES[name]
    report = regcli.fit(data, **options)
    assert report.certificate.certified
    assert report.certificate.unique is False
    assert sorted(report.certificate.tied) == tied
    assert {"equal_columns", "not_unique", "rank_deficient"} & {warning.code for warning in report.warnings}


@pytest.mark.parametrize("name", UNIQUE)
def test_unique(name: str) -> None:
    """Where no other coefficients fit and cost the same, `unique` is true and nothing is tied."""
    data, options = UNIQUE[name]
    report = regcli.fit(data, **options)
    assert report.certificate.certified
    assert report.certificate.unique is True
    assert report.certificate.tied == []


@pytest.mark.parametrize("share", [0.3, 1e-3, 1e-6, 1e-8])
def test_ties_are_seen_at_any_strength(share: float) -> None:
    """However small alpha is, so that gradients are rounding beside it, a tie is reported."""
    posed = pose(table(d=lambda t: -t.a)[["a", "b", "c", "d"]].to_numpy(), table().y.to_numpy())
    solution = solved(posed, share * posed.alpha_max)[0]
    assert solution.certificate.certified
    assert solution.certificate.tied == (0, 3)


SHAPES: dict[str, ElasticNet] = {
    "l1": ElasticNet(np.array([1.0, 2.0, 0.5]), np.zeros(3)),
    "l2": ElasticNet(np.zeros(3), np.array([1.0, 2.0, 0.5])),
    "elastic net": ElasticNet(np.array([1.0, 2.0, 0.5]), np.array([0.3, 2.0, 5.0])),
    "none": ElasticNet(np.zeros(3), np.zeros(3)),
    "mixed": ElasticNet(np.array([1.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0])),
}
numbers = st.floats(-20, 20, allow_subnormal=False)
triples = st.tuples(numbers, numbers, numbers).map(np.array)
lean = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize("name", SHAPES)
@lean
@given(point=triples, step=st.floats(0.01, 5), alpha=st.floats(0, 3))
def test_prox(name: str, point: Vector, step: float, alpha: float) -> None:
    """The prox of each penalty is where a grid search finds the least (b - x)^2 / (2 step) + penalty(b)."""
    strengths = SHAPES[name].at(alpha)
    found = strengths.prox(point, step)
    grid = np.linspace(-20, 20, 4001)
    for j in range(3):
        one = Strengths(strengths.l1[j : j + 1], strengths.l2[j : j + 1])
        values = (grid - point[j]) ** 2 / (2 * step) + one.l1 * np.abs(grid) + one.l2 / 2 * grid**2
        value = (found[j] - point[j]) ** 2 / (2 * step) + one.value(found[j : j + 1])
        assert value <= values.min() + 1e-12
        assert abs(found[j] - grid[np.argmin(values)]) <= grid[1] - grid[0]


@pytest.mark.parametrize("name", SHAPES)
@lean
@given(point=triples, step=st.floats(0.01, 5), alpha=st.floats(0, 3))
def test_distance(name: str, point: Vector, step: float, alpha: float) -> None:
    """(x - prox(x)) / step lies in the subdifferential at prox(x): the distance is 0 there, and the move elsewhere."""
    strengths = SHAPES[name].at(alpha)
    coef = strengths.prox(point, step)
    pull = (point - coef) / step
    rounding = 1e-12 * (1 + np.max(np.abs(point)) / step)
    assert strengths.distance(coef, pull) == pytest.approx(0.0, abs=rounding)
    on = coef != 0
    assert strengths.distance(coef, pull + 7.0)[on] == pytest.approx(7.0, abs=rounding)


@pytest.mark.parametrize("name", SHAPES)
@lean
@given(coef=triples, point=triples, alpha=st.floats(0.01, 3))
def test_fenchel_young(name: str, coef: Vector, point: Vector, alpha: float) -> None:
    """h(b) + h*(u) - b u is nonnegative, 0 on the subdifferential, and equal to its parts for a feasible u."""
    strengths = SHAPES[name].at(alpha)
    u = np.where(strengths.l2 > 0, point, np.clip(point, -strengths.l1, strengths.l1))
    gaps = strengths.fenchel_young(coef, u)
    assert np.all(gaps >= 0)
    over = np.maximum(np.abs(u) - strengths.l1, 0.0)
    conjugate = np.where(strengths.l2 > 0, over**2 / np.where(strengths.l2 > 0, 2 * strengths.l2, 1.0), 0.0)
    parts = strengths.l1 * np.abs(coef) + strengths.l2 / 2 * coef**2 + conjugate - coef * u
    size = np.abs(coef * u) + conjugate + strengths.l2 * coef**2
    assert np.all(np.abs(gaps - parts) <= 1e-12 * (1 + size))
    assert strengths.fenchel_young(coef, strengths.nearest(coef, point)) == pytest.approx(0.0, abs=1e-9)


def test_bounds() -> None:
    """A solution is certified at a gap of 1e-8 and a violation of 1e-6, least squares at a violation of 1e-12."""
    assert (GAP_BOUND, VIOLATION_BOUND, VIOLATION_BOUND_UNPENALISED) == (1e-8, 1e-6, 1e-12)
