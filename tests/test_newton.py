"""The core of classes and counts: exact on small problems, whatever the penalty, weights, offset and bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from regcli.errors import UsageError
from regcli.problem.certificate import certify
from regcli.problem.families import FAMILIES
from regcli.problem.objective import Problem, alpha_max, objective
from regcli.problem.penalties import ElasticNet
from regcli.problem.separation import is_suspicious, separating
from regcli.select.pathwise import solve_path
from regcli.solve import newton_at_once, solve
from regcli.solve.newton import Newton

Array = NDArray[np.float64]
CLASSES_AND_COUNTS = ["binomial", "multinomial", "poisson"]
OTHERS = ["gamma", "tweedie", "huber", "squared_hinge"]


def posed(
    name: str, n: int = 60, p: int = 6, ratio: float = 1.0, seed: int = 0, weighted: bool = False, offset: bool = False,
    intercept: bool = True,
) -> Problem:  # fmt: skip
    """A problem whose target goes with some of its columns, which are correlated."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, p)) + random.normal(size=(n, 1))
    Z = np.asfortranarray((X - X.mean(axis=0)) / X.std(axis=0))
    eta = Z[:, :2] @ np.array([1.0, -0.7])
    if name in ("binomial", "squared_hinge"):
        y = (random.uniform(size=n) < 1 / (1 + np.exp(-eta))).astype(float)
    elif name in ("gamma", "tweedie"):
        y = random.gamma(2.0, np.exp(0.5 * eta)) * (1 if name == "gamma" else random.integers(0, 3, n) > 0)
    elif name == "huber":
        y = eta + random.standard_t(1.5, n)
    elif name == "poisson":
        y = random.poisson(np.exp(0.5 * eta + 0.5)).astype(float)
    else:
        y = np.eye(3)[np.argmax(np.column_stack([eta, -eta, 0 * eta]) + random.gumbel(size=(n, 3)), axis=1)]
    outputs = 1 if y.ndim == 1 else y.shape[1]
    shape = ElasticNet(np.full(p, ratio), np.full(p, 1 - ratio)).repeated(outputs)
    weights = random.integers(1, 4, n).astype(float) if weighted else None
    given = 0.3 * random.normal(size=y.shape) if offset else None
    return Problem(Z, y, shape, 0.0, intercept, weights, FAMILIES[name], offset=given)  # type: ignore[index]


SETTINGS: list[dict[str, Any]] = [
    {}, {"ratio": 0.5}, {"ratio": 0.0}, {"weighted": True}, {"offset": True}, {"intercept": False},
    {"n": 25, "p": 60}, {"n": 25, "p": 60, "ratio": 0.0}, {"n": 25, "p": 60, "ratio": 0.5, "weighted": True},
]  # fmt: skip


@pytest.mark.parametrize("name", [*CLASSES_AND_COUNTS, *OTHERS])
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_paths_are_exact(name: str, setting: dict[str, Any]) -> None:
    """Along a path down to a thousandth of alpha_max every solution is certified far below the bounds, and the one at
    alpha_max is zero; each equals the problem solved by itself."""
    problem = posed(name, **setting)
    largest = alpha_max(problem, np.where(problem.penalty.l1 > 0, problem.penalty.l1, 1.0))
    alphas = largest * np.geomspace(1.0, 1e-3 if problem.Z.shape[0] > problem.Z.shape[1] else 0.05, 12)
    path = solve_path(problem, alphas)
    gap, violation, certified = path.rulings.worst
    assert certified and gap < 1e-10 and violation < 1e-10
    assert not np.any(path.coefs[0]) or setting.get("ratio") == 0.0
    assert np.all(np.diff(path.deviance) < 1e-12)
    for i in (3, 11):
        alone = solve(replace(problem, alpha=float(alphas[i])))
        assert alone.certificate.certified
        assert alone.coef == pytest.approx(path.coefs[i], abs=1e-7)
        assert certify(replace(problem, alpha=float(alphas[i])), path.intercepts[i], path.coefs[i]).certified


@pytest.mark.parametrize("rounds", [newton_at_once.MOST_ROUNDS, 3, 0])
@pytest.mark.parametrize("name", ["binomial", "poisson", "gamma", "tweedie"])
@pytest.mark.parametrize("setting", [*SETTINGS[:6], {"n": 300, "p": 12, "seed": 1, "weighted": True, "offset": True}])
def test_all_alphas_at_once_are_the_alphas_one_by_one(
    name: str, setting: dict[str, Any], rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether all, some or none of them settle in the rounds that there are."""
    monkeypatch.setattr(newton_at_once, "MOST_ROUNDS", rounds)
    problem = posed(name, **setting)
    alphas = (0.3 * np.geomspace(1.0, 1e-4, 30)).tolist()
    assert newton_at_once.fits(problem, alphas)
    together, alone = list(newton_at_once.along(problem, alphas)), list(Newton(problem).along(alphas))
    settled = newton_at_once.Together(problem, np.asarray(alphas))
    settled.settle(np.arange(len(alphas)))
    assert np.all(settled.settled) if rounds > 3 else not np.all(settled.settled)
    for (coef, level), point in zip(together, alone, strict=True):
        assert np.array_equal(coef == 0, point.coef == 0)
        # Both end at violations of 1e-12, from where correlated columns are a thousand times as far.
        assert coef == pytest.approx(point.coef, rel=1e-8, abs=1e-9)
        assert level == pytest.approx(point.level, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("name", [*CLASSES_AND_COUNTS, *OTHERS])
@pytest.mark.parametrize("setting", [{"ratio": 0.5}, {"ratio": 0.0, "weighted": True}, {"ratio": 0.0, "offset": True}])
def test_against_a_search(name: str, setting: dict[str, Any]) -> None:
    """A general method finds no lower objective, and with a strictly convex penalty the same coefficients."""
    problem = replace(posed(name, n=40, p=4, **setting), alpha=0.05)
    found = solve(problem)
    split = problem.outputs

    def value(at: Array) -> float:
        level = float(at[0]) if split == 1 else at[:split] - at[:split].mean()
        return objective(problem, level, at[split:])

    start = np.concatenate([np.atleast_1d(found.intercept), found.coef]) + 0.01
    best = minimize(value, start, method="Nelder-Mead", options={"maxiter": 6000, "xatol": 1e-9, "fatol": 1e-13})
    assert found.objective <= best.fun + 1e-12
    smooth = minimize(value, start, method="BFGS", options={"gtol": 1e-9})
    if setting["ratio"] == 0.0:
        assert found.coef == pytest.approx(smooth.x[split:], abs=1e-5)


@pytest.mark.parametrize("name", [*CLASSES_AND_COUNTS, *OTHERS])
def test_gap_is_a_bound(name: str) -> None:
    """At any point the certificate's gap bounds how far the objective is from the least, found by the solver."""
    problem = replace(posed(name, n=30, p=5), alpha=0.03)
    least = solve(problem)
    random = np.random.default_rng(1)
    for size in (1e-6, 1e-3, 0.1):
        coef = least.coef + size * random.normal(size=len(least.coef))
        gap = certify(problem, least.intercept, coef).gap
        left = (objective(problem, least.intercept, coef) - least.objective) / problem.null_objective
        assert gap >= left - 1e-12


@pytest.mark.parametrize("name", [*CLASSES_AND_COUNTS, *OTHERS])
@pytest.mark.parametrize("ratio", [1.0, 0.3])
def test_bounds_and_factors(name: str, ratio: float) -> None:
    """With bounds, factors and unpenalised columns solutions are certified and keep to what is allowed."""
    problem = posed(name, n=80, p=6, ratio=ratio)
    factors = np.array([0.0, 1.0, 2.0, 0.5, 1.0, 3.0])
    low, high = np.array([-np.inf, 0.0, -0.05, 0.0, -np.inf, -0.1]), np.array([np.inf, 0.05, np.inf, np.inf, 0.0, 0.1])
    shape = ElasticNet(ratio * factors, (1 - ratio) * factors, low, high).repeated(problem.outputs)
    path = solve_path(replace(problem, penalty=shape), np.geomspace(0.2, 1e-3, 8))
    assert path.rulings.worst[2]
    assert np.all(path.coefs >= shape.low) and np.all(path.coefs <= shape.high)  # type: ignore[operator]
    assert np.all(path.coefs.reshape(8, problem.outputs, 6)[:, :, 0] != 0)


def test_weights_are_copies() -> None:
    """A weight of two equals the row twice, to rounding."""
    for name in [*CLASSES_AND_COUNTS, *OTHERS]:
        problem = replace(posed(name, weighted=True), alpha=0.02)
        assert problem.weights is not None
        twice = np.repeat(np.arange(len(problem.y)), problem.weights.astype(int))
        doubled = replace(problem, Z=np.asfortranarray(problem.Z[twice]), y=problem.y[twice], weights=None)
        one, other = solve(problem), solve(doubled)
        assert one.coef == pytest.approx(other.coef, rel=1e-9, abs=1e-11)
        assert one.objective == pytest.approx(other.objective, rel=1e-13)


def test_classes_are_centred() -> None:
    """Of each feature the coefficients of the classes have median 0 under L1, mean 0 under L2."""
    for ratio, centre in ((1.0, np.median), (0.0, np.mean)):
        problem = replace(posed("multinomial", ratio=ratio), alpha=0.02)
        table = solve(problem).coef.reshape(3, -1)
        assert np.asarray(centre(table, axis=0)) == pytest.approx(0.0, abs=1e-9)
        assert np.sum(solve(problem).intercept) == pytest.approx(0.0, abs=1e-9)


def test_two_classes_are_twice_a_binomial() -> None:
    """A multinomial of two classes has the binomial's ridge with twice its strength, halved and mirrored."""
    binomial = replace(posed("binomial", ratio=0.0), alpha=0.05)
    several = replace(
        binomial, y=np.column_stack([1 - binomial.y, binomial.y]), family=FAMILIES["multinomial"],
        penalty=binomial.penalty.repeated(2), alpha=0.1,
    )  # fmt: skip
    one, two = solve(binomial), solve(several)
    assert two.coef == pytest.approx(np.concatenate([-one.coef, one.coef]) / 2, abs=1e-10)


@pytest.mark.parametrize("name", [*CLASSES_AND_COUNTS, "tweedie"])
def test_separation(name: str) -> None:
    """Separated rows are recognised with the column that does it; rows that overlap are not."""
    problem = posed(name, n=60, p=3)
    if name in ("poisson", "tweedie"):  # amounts are separated where all rows that a column singles out are 0
        problem.Z[:, 1] = np.sign(problem.Z[:, 1])
    assert separating(problem) is None
    side = problem.Z[:, 1] > np.median(problem.Z[:, 1])
    if name == "multinomial":
        y = np.where(side[:, None], np.array([1.0, 0, 0]), problem.y * np.array([0.0, 1, 1]))
        y[~side & (y.sum(axis=1) == 0)] = np.array([0.0, 1, 0])
    else:
        y = side.astype(float) if name == "binomial" else np.where(side, problem.y + 1, 0.0)
    split = replace(problem, y=y)
    assert 1 in (separating(split) or ())
    found = solve(split)
    assert is_suspicious(split, split.eta(found.intercept, found.coef))
    penalised = replace(split, alpha=0.1)
    assert separating(penalised) is None or not penalised.intercept


def test_solvers_know_their_families() -> None:
    """A solver that cannot, says so."""
    with pytest.raises(UsageError, match="family"):
        solve(replace(posed("poisson"), alpha=0.1), "quadratic")
