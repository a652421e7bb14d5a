"""Penalty factors, features left unpenalised, and bounds: the solvers and the certificate, against brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import nnls
from support import Matrix, Vector, arrays

from regcli.problem.certificate import certify
from regcli.problem.families import FAMILIES
from regcli.problem.objective import Problem, alpha_max, best_intercept
from regcli.problem.penalties import ElasticNet, Strengths
from regcli.select.criteria import degrees_of_freedom
from regcli.select.pathwise import solve_path
from regcli.solve import solve, unpenalised_pull
from regcli.solve.quadratic import Quadratic, active_set
from regcli.solve.sklearn_cd import declines

KINDS = ("l1", "l2", "elastic net", "none")
ENDS = (0.0, 0.2, 0.7, np.inf)


def standard(rng: np.random.Generator, n: int, p: int) -> Matrix:
    """Columns of mean 0 and deviation 1, dependent to some degree."""
    Z = rng.normal(size=(n, p)) + 0.7 * rng.normal(size=(n, 1))
    return np.asarray((Z - Z.mean(axis=0)) / Z.std(axis=0))


def drawn(seed: int, n: int = 12, p: int = 4, bounded: bool = True) -> Problem:
    """A random problem; some columns have a penalty factor of 0, some bounds, of which some are 0."""
    rng, kind = np.random.default_rng(seed), KINDS[seed % len(KINDS)]
    Z = standard(rng, n, p)
    y = 3 + Z @ rng.normal(size=p) + rng.normal(size=n)
    factors = rng.uniform(0.5, 2, p) * (rng.random(p) > 0.2)
    l1 = factors * {"l1": 0.4, "elastic net": 0.3}.get(kind, 0.0)
    l2 = factors * {"l2": 0.5, "elastic net": 0.2}.get(kind, 0.0)
    low, high = -rng.choice(ENDS, p), rng.choice(ENDS, p)
    weights = rng.uniform(0.5, 2, n) if seed % 3 == 0 else None
    if weights is not None:
        Z = Z - np.average(Z, axis=0, weights=weights)
    shape = ElasticNet(l1, l2, low, high) if bounded else ElasticNet(l1, l2)
    return Problem(Z, y, shape, 1.0, weights=weights)


def value(problem: Problem, coef: Vector) -> float:
    """The objective written out, with the best intercept."""
    s = np.ones(len(problem.y)) if problem.weights is None else problem.weights
    residual = problem.y - problem.Z @ coef
    residual = residual - s @ residual / s.sum()
    penalty = problem.penalty.l1 @ np.abs(coef) + problem.penalty.l2 @ coef**2 / 2
    return float(s @ residual**2 / s.sum() / 2 + problem.alpha * penalty)


def by_enumeration(problem: Problem) -> tuple[float, Vector]:
    """The least objective over all patterns of zero, positive, negative, at the lower and at the upper bound."""
    penalty, p = problem.penalty, problem.Z.shape[1]
    s = np.ones(len(problem.y)) if problem.weights is None else problem.weights
    gram = (problem.Z.T * s) @ problem.Z / s.sum() + np.diag(problem.alpha * penalty.l2)
    linear = problem.Z.T @ (s * (problem.y - s @ problem.y / s.sum())) / s.sum()
    low, high = penalty.bounds
    best, found = np.inf, np.zeros(p)
    for pattern in itertools.product((0, 1, -1, 2, -2), repeat=p):
        states = np.array(pattern)
        coef = np.where(states == 2, high, np.where(states == -2, low, 0.0))
        if not np.all(np.isfinite(coef)):
            continue
        inside = np.abs(states) == 1
        right = linear - gram @ coef - problem.alpha * penalty.l1 * states
        coef[inside] = np.linalg.solve(gram[np.ix_(inside, inside)], right[inside])
        if np.all((coef >= low) & (coef <= high)) and value(problem, coef) < best:
            best, found = value(problem, coef), coef
    return best, found


@pytest.mark.parametrize("seed", range(24))
def test_every_pattern_tried(seed: int) -> None:
    """The solution is the best of all patterns."""
    problem = drawn(seed)
    least, coef = by_enumeration(problem)
    solution = solve(problem)
    assert solution.certificate.certified
    assert solution.objective == pytest.approx(least, rel=1e-13)
    assert solution.coef == pytest.approx(coef, abs=1e-12)
    assert problem.penalty.inside(solution.coef)


def conjugate(l1: float, l2: float, low: float, high: float, u: float) -> float:
    """sup over low <= b <= high of u b - l1 |b| - l2 b^2 / 2: it is concave, so one of these points."""
    points = [0.0, *([(u - l1) / l2, (u + l1) / l2] if l2 else [])]
    points = [min(max(b, low), high) for b in points] + [b for b in (low, high) if np.isfinite(b)]
    if l2 == 0 and ((high == np.inf and u > l1) or (low == -np.inf and u < -l1)):
        return float(np.inf)
    return max(u * b - l1 * abs(b) - l2 * b**2 / 2 for b in points)


@pytest.mark.parametrize(("l1", "l2"), [(0.5, 0.0), (0.5, 2.0), (0.0, 2.0), (0.0, 0.0)])
def test_fenchel_young_with_bounds(l1: float, l2: float) -> None:
    """It is h(b) + h*(u) - b u, never negative, and 0 exactly where u is a subgradient."""
    for low, high in itertools.product((0.0, -0.3, -np.inf), (0.0, 0.4, np.inf)):
        inner = np.array([0.0, *(b for b in (-0.3, -0.1, 0.2, 0.4, 1.5) if low <= b <= high)])
        for b, u in itertools.product(inner, np.linspace(-3, 3, 13)):
            star = conjugate(l1, l2, low, high, u)
            one = Strengths(*(np.array([x]) for x in (l1, l2, low, high)))
            coef, pull = np.array([b]), np.array([u])
            found, off = float(one.fenchel_young(coef, pull)[0]), float(one.distance(coef, pull)[0])
            if np.isfinite(star):
                expected = l1 * abs(b) + l2 * b**2 / 2 + star - b * u
                assert abs(found - expected) <= 1e-13
                assert (off < 1e-12) == (expected < 1e-13)
            at = one.nearest(coef, pull)
            assert abs(float(one.fenchel_young(coef, at)[0])) <= 1e-15
            assert abs(one.prox(coef + at, 1.0) - coef)[0] <= 1e-15


@pytest.mark.parametrize("seed", range(12))
def test_gap_with_bounds_is_primal_minus_dual(seed: int) -> None:
    """At any point the gap is (primal - dual) over the null objective, for a residual shrunk until it is feasible."""
    problem = drawn(seed)
    shape = replace(problem.penalty, l1=problem.penalty.l1 + 0.1)  # nothing is free: no span to take out
    problem, rng = replace(problem, penalty=shape), np.random.default_rng(seed)
    s = np.ones(len(problem.y)) if problem.weights is None else problem.weights
    best, low, high = solve(problem), *shape.bounds
    null = value(problem, np.zeros(4))
    for size in (0.0, 1e-3, 0.3):
        coef = np.clip(best.coef + size * rng.normal(size=4), low, high)
        theta = problem.y - problem.Z @ coef
        theta -= s @ theta / s.sum()
        u = problem.Z.T @ (s * theta) / s.sum()
        over = np.maximum(np.where(high == np.inf, u, 0), np.where(low == -np.inf, -u, 0)) / shape.l1
        theta = theta / max(1.0, float(np.max(over[shape.l2 == 0], initial=0.0)))
        u = problem.Z.T @ (s * theta) / s.sum()
        stars = sum(conjugate(*ends) for ends in zip(shape.l1, shape.l2, low, high, u * (1 - 1e-15), strict=True))
        dual = float(s @ (problem.y * theta - theta**2 / 2)) / s.sum() - stars
        found = certify(problem, best_intercept(problem, coef), coef)
        assert found.gap == pytest.approx((value(problem, coef) - dual) / null, rel=1e-8, abs=1e-12)
        assert found.gap >= (value(problem, coef) - best.objective) / null - 1e-14


def test_outside_of_its_bounds_nothing_is_certified() -> None:
    """However good the fit is."""
    problem = drawn(2)
    free = solve(replace(problem, penalty=problem.penalty.unbounded))
    assert free.certificate.certified
    assert not problem.penalty.inside(free.coef)
    assert not certify(problem, free.intercept, free.coef).certified


@pytest.mark.parametrize("seed", range(120))
def test_the_active_set_ends_at_the_minimum(seed: int) -> None:
    """From anywhere, also where columns depend on each other, are equal, or are as many as rows."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(3, 25)), int(rng.integers(1, 14))
    Z = rng.normal(size=(n, p))
    if seed % 3 == 0 and p > 2:
        Z[:, 1] = Z[:, 0]
    y = Z @ rng.normal(size=p) + rng.normal(size=n)
    quadratic = Quadratic(Z.T @ Z / n, Z.T @ y / n)
    size = float(np.max(np.abs(quadratic.linear)))
    l1 = rng.uniform(0, 1, p) * size * rng.choice([0.01, 0.1, 1]) * (rng.random(p) > 0.2)
    l2 = np.zeros(p) if seed % 2 else rng.uniform(0, 1, p)
    strengths = Strengths(l1, l2, -rng.choice(ENDS, p), rng.choice(ENDS, p))
    start = rng.normal(size=p) if seed % 5 else None
    coef = active_set(quadratic, strengths).minimise(start, follow=seed % 4 == 0)
    assert np.max(strengths.distance(coef, quadratic.linear - quadratic.matrix @ coef)) <= 1e-12 * size


def shapes(ratio: float, p: int, rng: np.random.Generator) -> dict[str, ElasticNet]:
    """Shapes of factors and bounds, the first two columns not penalised."""
    v = np.concatenate([[0.0, 0.0], rng.uniform(0.3, 2, p - 2)])
    l1, l2 = ratio * v, (1 - ratio) * v
    return {
        "kept": ElasticNet(l1, l2),
        "positive": ElasticNet(l1, l2, np.zeros(p), np.full(p, np.inf)),
        "bounds": ElasticNet(l1, l2, -rng.choice(ENDS, p), rng.choice(ENDS, p)),
    }


@pytest.mark.parametrize("shape", ["kept", "positive", "bounds"])
@pytest.mark.parametrize(("n", "p"), [(60, 15), (30, 80)])
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.0])
def test_paths(ratio: float, n: int, p: int, shape: str) -> None:
    """Along a path every solution is certified, as exact as one solved by itself, and at the top nothing is in but what
    is not penalised."""
    rng = np.random.default_rng(p)
    Z = standard(rng, n, p)
    y = 3 + Z[:, :4] @ np.array([1.0, -1.0, 2.0, -0.5]) + rng.normal(size=n)
    penalty = shapes(ratio, p, rng)[shape]
    problem = Problem(Z, y, penalty, 0.0)
    # The fit with the unpenalised columns alone, written out where they have no bounds.
    pull = unpenalised_pull(problem)
    if shape == "kept":
        alone = np.column_stack([np.ones(n), Z[:, :2]])
        rest = y - alone @ np.linalg.lstsq(alone, y, rcond=None)[0]
        assert pull == pytest.approx(Z.T @ rest / n, abs=1e-13)
    largest = alpha_max(
        problem, np.where(penalty.unpenalised, 0.0, max(ratio, 0.001) * (penalty.l1 + penalty.l2)), pull
    )
    path = solve_path(problem, largest * np.logspace(0, -3, 10))
    gap, violation, certified = path.rulings.worst
    assert certified
    assert gap <= 1e-12
    assert violation <= 1e-12
    if ratio > 0:
        assert np.max(np.abs(path.coefs[0, 2:])) <= 1e-12
        assert np.any(path.coefs[1, 2:])
    for i in (3, 9):
        alone_ = solve(replace(problem, alpha=float(path.alphas[i])))
        assert alone_.coef == pytest.approx(path.coefs[i], abs=1e-9)


@pytest.mark.parametrize("family", ["binomial", "poisson", "multinomial"])
@pytest.mark.parametrize("shape", ["kept", "positive", "bounds"])
def test_paths_of_other_families(family: str, shape: str) -> None:
    """The same core serves them."""
    rng = np.random.default_rng(5)
    Z = standard(rng, 60, 8)
    f = Z[:, :3] @ np.array([1.0, -1.0, 0.5])
    y: Any = {
        "binomial": (rng.random(60) < 1 / (1 + np.exp(-f))).astype(float),
        "poisson": rng.poisson(np.exp(f / 2)).astype(float),
        "multinomial": np.eye(3)[rng.integers(0, 3, 60)],
    }[family]
    penalty = shapes(0.7, 8, rng)[shape].repeated(3 if family == "multinomial" else 1)
    problem = Problem(Z, y, penalty, 0.0, family=FAMILIES[family])
    largest = alpha_max(problem, pull=unpenalised_pull(problem))
    path = solve_path(problem, largest * np.logspace(0, -1.5, 5))
    assert path.rulings.worst[2]
    assert all(penalty.inside(coef) for coef in path.coefs)
    kept = np.tile(np.arange(8) < 2, len(penalty.l1) // 8)
    assert np.max(np.abs(path.coefs[0, ~kept])) <= 1e-9


@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_kept_columns_can_be_taken_out_beforehand(ratio: float) -> None:
    """Frisch and Waugh: the penalised coefficients are those of the residuals on the kept columns."""
    rng = np.random.default_rng(3)
    n, p = 40, 100
    Z = standard(rng, n, p)
    y = Z[:, :5].sum(axis=1) + rng.normal(size=n)
    v = np.concatenate([np.zeros(3), np.ones(p - 3)])
    basis = np.linalg.qr(np.column_stack([np.ones(n), Z[:, :3]]))[0]
    out, rest = Z[:, 3:] - basis @ (basis.T @ Z[:, 3:]), y - basis @ (basis.T @ y)
    alone = Problem(out, rest, ElasticNet(ratio * v[3:], (1 - ratio) * v[3:]), 0.2, intercept=False)
    both = Problem(Z, y, ElasticNet(ratio * v, (1 - ratio) * v), 0.2)
    assert solve(both).coef[3:] == pytest.approx(solve(alone).coef, abs=1e-11)


def test_as_scikit_learn_and_scipy() -> None:
    """`positive` at rest, live: coordinate descent, and the nonnegative least squares of Lawson and Hanson."""
    from sklearn.linear_model import ElasticNet as Other

    X, y = arrays("diabetes")
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    p = Z.shape[1]
    above = np.zeros(p), np.full(p, np.inf)
    for ratio, alpha in ((1.0, 2.0), (0.5, 1.0)):
        problem = Problem(Z, y, ElasticNet(np.full(p, ratio), np.full(p, 1 - ratio), *above), alpha)
        other = Other(alpha=alpha, l1_ratio=ratio, positive=True, tol=1e-15, max_iter=10_000).fit(Z, y)
        ours = solve(problem, "exact")
        assert ours.coef == pytest.approx(other.coef_, abs=1e-8)
        theirs = solve(problem, "sklearn")
        assert theirs.certificate.certified
        assert theirs.coef == pytest.approx(ours.coef, abs=1e-5)
    plain = Problem(Z, y, ElasticNet(np.zeros(p), np.zeros(p), *above), 0.0)
    assert solve(plain).coef == pytest.approx(nnls(Z, y - y.mean())[0], abs=1e-10)
    boxed = replace(plain, penalty=ElasticNet(np.ones(p), np.zeros(p), -np.ones(p), np.ones(p)), alpha=1.0)
    assert "bounds" in str(declines(boxed))
    uneven = replace(plain, penalty=ElasticNet(np.arange(p) + 0.0, np.zeros(p)), alpha=1.0)
    assert "penalty factors" in str(declines(uneven))


@pytest.mark.parametrize("seed", range(4))
def test_bounds_that_do_not_act_change_no_bit(seed: int) -> None:
    """Neither at one strength nor along a path, with or without an L1 part."""
    problem = drawn(seed, n=30, p=6, bounded=False)
    wide = replace(problem, penalty=replace(problem.penalty, low=np.full(6, -50.0), high=np.full(6, 50.0)))
    assert np.array_equal(solve(wide).coef, solve(problem).coef)
    alphas = np.logspace(0, -3, 8)
    assert np.array_equal(solve_path(wide, alphas).coefs, solve_path(problem, alphas).coefs)


def test_factors_scale_the_strength() -> None:
    """Twice the factors are twice the alpha, to the last bit."""
    problem = drawn(2, n=30, p=6, bounded=False)
    twice = replace(problem, penalty=ElasticNet(2 * problem.penalty.l1, 2 * problem.penalty.l2), alpha=0.5)
    assert np.array_equal(solve(twice).coef, solve(problem).coef)


def test_equal_columns_share_within_their_bounds() -> None:
    """Of equal columns one is left out only where the other may take all of the coefficient."""
    rng = np.random.default_rng(0)
    Z = standard(rng, 30, 3)[:, [0, 0, 1, 2]]
    y, twins = 2 * Z[:, 0] + 0.1 * rng.normal(size=30), np.array([0, 0, 2, 3])
    open_, none = np.full(4, np.inf), np.zeros(4)
    for high, expected in ((open_, [True, False]), (np.array([0.5, np.inf, np.inf, np.inf]), [True, True])):
        penalty = ElasticNet(np.ones(4), none, -open_, high)
        solution = solve(Problem(Z, y, penalty, 0.1, twins=twins))
        assert solution.certificate.certified
        assert (solution.coef[:2] != 0).tolist() == expected
    least = ElasticNet(np.array([2.0, 1.0, 1.0, 1.0]), none)
    assert solve(Problem(Z, y, least, 0.1, twins=twins)).coef[0] == 0


def test_degrees_of_freedom() -> None:
    """Kept columns count one each, a coefficient at a bound none; between, the trace written out, also for n < p."""
    rng = np.random.default_rng(8)
    for n, p in ((40, 6), (12, 20)):
        Z = standard(rng, n, p)
        y = Z[:, :4].sum(axis=1) + rng.normal(size=n)
        v = np.concatenate([np.zeros(2), np.ones(p - 2)])
        ridge = Problem(Z, y, ElasticNet(0 * v, v), 0.0)
        found = degrees_of_freedom(ridge, np.array([0.3]), solve(replace(ridge, alpha=0.3)).coef[None])
        gram = Z.T @ Z / n
        assert found[0] == pytest.approx(np.trace(np.linalg.solve(gram + np.diag(0.3 * v), gram)), rel=1e-9)
    box = Problem(Z, y, ElasticNet(v, 0 * v, np.full(p, -0.2), np.full(p, 0.2)), 0.05)
    coef = solve(box).coef
    inside = np.count_nonzero((coef != 0) & (np.abs(coef) < 0.2))
    assert np.count_nonzero(np.abs(coef) == 0.2) > 0
    assert degrees_of_freedom(box, np.array([0.05]), coef[None])[0] == inside
