"""Families: derivatives against differences, conjugates against a search, the null model against a search."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from regcli.problem.families import FAMILIES, Family, mean
from regcli.problem.objective import Problem
from regcli.problem.penalties import ElasticNet

Array = NDArray[np.float64]
NAMES = [name for name in FAMILIES if name != "cox"]
"""Those whose rows have losses of their own; see `test_survival` for the other."""


def rows(name: str, n: int = 40) -> tuple[Array, Array, Array]:
    """Targets, linear predictors, and points of the conjugate: what a family may meet, its edges included."""
    random = np.random.default_rng(3)
    eta = random.normal(size=n) * 3
    if name == "multinomial":
        eta, other = random.normal(size=(n, 4)) * 2, random.normal(size=(n, 4))
        y = np.eye(4)[random.integers(0, 4, n)]
        y[:5] = random.dirichlet(np.ones(4), 5)
        return y, eta, y - FAMILIES["multinomial"].response(other)
    family, elsewhere = FAMILIES[name], random.normal(size=n)  # type: ignore[index]
    other = family.response(elsewhere)
    if name in ("gamma", "tweedie", "huber", "squared_hinge"):
        y = random.gamma(2.0, 1.0, n) * (1.0 if name == "gamma" else random.integers(0, 2, n))
        if name == "huber":
            y = random.standard_t(2, n) + 0.01
        if name == "squared_hinge":
            y = random.integers(0, 2, n).astype(float)
        return y, eta, 0.7 * family.pull(y, elsewhere)
    if name == "quantile":
        return random.normal(size=n), eta, random.uniform(-0.5, 0.5, n)
    if name == "binomial":
        y = random.integers(0, 2, n).astype(float)
        y[:5] = random.uniform(size=5)
        return y, eta, y - other
    y = random.poisson(2.0, n).astype(float) if name == "poisson" else random.normal(size=n)
    return y, eta, y - other


@pytest.mark.parametrize("name", NAMES)
def test_derivatives(name: str) -> None:
    """The pull is minus the first derivative of the loss, the curvature the second, each by central differences."""
    family: Family = FAMILIES[name]  # type: ignore[index]
    y, eta, _ = rows(name)
    outputs = 1 if eta.ndim == 1 else eta.shape[1]
    h = 1e-5
    for k in range(outputs):
        step = np.zeros(outputs)
        step[k] = h
        shift = step if outputs > 1 else h
        slope = (family.loss(y, eta + shift) - family.loss(y, eta - shift)) / (2 * h)
        pull = family.pull(y, eta)
        assert (pull[:, k] if outputs > 1 else pull) == pytest.approx(-slope, rel=1e-6, abs=1e-8)
        bend = -(family.pull(y, eta + shift) - family.pull(y, eta - shift)) / (2 * h)
        for m in range(k, outputs):
            found = family.curvature(y, eta)[k, m]
            expected = bend[:, m] if outputs > 1 else bend
            assert (1.0 if found is None else found) == pytest.approx(expected, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_gap_of_a_row(name: str) -> None:
    """Loss + conjugate + product, the conjugate found by a search; 0 at the pull and nowhere negative."""
    family: Family = FAMILIES[name]  # type: ignore[index]
    y, eta, theta = rows(name)
    found = family.fenchel_young(y, eta, theta)
    assert np.all(found >= 0)
    assert np.all(family.loss(y, eta) >= -1e-15)
    assert family.fenchel_young(y, eta, family.pull(y, eta)) == pytest.approx(0.0, abs=1e-14)
    for i in range(8):
        one, point = y[i : i + 1], theta[i]

        def below(z: Array, one: Array = one, point: Array = point) -> float:
            at = z.reshape(1, -1) if one.ndim == 2 else z
            return float(np.sum(point * z) + family.loss(one, at)[0])

        how = {"method": "BFGS", "options": {"gtol": 1e-10}}
        if name == "quantile":
            how = {"method": "Nelder-Mead", "options": {"xatol": 1e-10, "fatol": 1e-12}}
        best = minimize(below, np.full(np.size(point), 0.1), **how)
        conjugate = -best.fun
        direct = family.loss(y, eta)[i] + conjugate + float(np.sum(theta[i] * eta[i]))
        assert found[i] == pytest.approx(direct, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_null_model(name: str, offset: bool, weighted: bool) -> None:
    """At the intercept of the model without features the mean residual is 0, whatever the offset and the weights."""
    family: Family = FAMILIES[name]  # type: ignore[index]
    y, eta, _ = rows(name)
    outputs = 1 if y.ndim == 1 else y.shape[1]
    weights = np.arange(len(y)) % 3 + 0.5 if weighted else None
    # Squared error has an offset taken off its target beforehand.
    given = 0.3 * eta if offset and not family.is_quadratic else None
    nothing = np.zeros(outputs * 2)
    problem = Problem(np.ones((len(y), 2)), y, ElasticNet(nothing, nothing), 0.0, True, weights, family, offset=given)
    residual = problem.residual(problem.null_eta)
    assert mean(residual, weights) == pytest.approx(0.0, abs=1e-14)
    if outputs > 1:
        assert np.sum(problem.null_intercept) == pytest.approx(0.0, abs=1e-12)
