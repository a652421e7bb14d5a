"""The exact minimum along a line of piecewise quadratic losses, against a fine search."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from regcli.problem.families import SQUARED_HINGE, Family, huber
from regcli.problem.objective import Problem
from regcli.problem.penalties import ElasticNet
from regcli.solve.straight import minimum_along


def posed(family: Family, seed: int, weighted: bool) -> Problem:
    """A problem of this family on random rows."""
    random = np.random.default_rng(seed)
    n, p = 30, 4
    Z = np.asfortranarray(random.normal(size=(n, p)))
    y = random.integers(0, 2, n).astype(float) if family.has_classes else 3 * random.standard_t(2, n)
    weights = random.uniform(0.5, 2.0, n) if weighted else None
    return Problem(Z, y, ElasticNet(np.full(p, 0.7), np.full(p, 0.3)), 0.2, True, weights, family)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("family", [huber(1.0, 1.0), SQUARED_HINGE], ids=lambda one: one.name)
def test_the_minimum_is_exact(family: Family, weighted: bool) -> None:
    """No point of a search is lower, on lines with and without coefficients that pass zero; uphill there is none."""
    for seed in range(40):
        _check_line(posed(family, seed, weighted), seed)


def _check_line(problem: Problem, seed: int) -> None:
    random, family, strengths = np.random.default_rng(1000 + seed), problem.family, problem.strengths
    coef = random.normal(size=4) * random.integers(0, 2, 4)
    move, rise = random.normal(size=4) * random.integers(0, 2, 4), random.normal()
    if seed % 3 == 0:
        move[0] = -2 * coef[0]  # passes zero on the way
    eta, way = problem.eta(0.1, coef), problem.Z @ move + rise

    def value(t: float) -> float:
        at = problem.mean_of(family.loss(problem.y, eta + t * way))
        return at + float(strengths.value(coef + t * move))

    found = minimum_along(problem, eta, way, coef, move, strengths)
    assert found >= 0
    far = 10.0 * max(found, 1.0)
    best = min(
        minimize_scalar(value, bounds=(low, low + far / 20), method="bounded", options={"xatol": 1e-12}).fun
        for low in np.linspace(0, far, 20)
    )
    assert value(found) <= best + 1e-12 * max(abs(best), 1.0)
    if found == 0:
        assert value(1e-7) >= value(0.0) - 1e-14


def test_a_loss_that_falls_for_ever_has_no_end() -> None:
    """A direction in which all rows gain and nothing is penalised: once all are past their margin nothing is left to
    gain, and where the last row passes is the minimum."""
    problem = posed(SQUARED_HINGE, 0, False)
    sign = 2 * problem.y - 1
    nothing = ElasticNet(np.zeros(4), np.zeros(4)).at(0.0)
    eta = np.zeros(30)
    found = minimum_along(problem, eta, sign, np.zeros(4), np.zeros(4), nothing)
    assert found == pytest.approx(1.0)
