"""Information criteria by their formulas, and degrees of freedom by brute force: traces of n x n hat matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import Matrix, Vector, arrays, frame, pose

import regcli
from regcli.select.criteria import criteria, degrees_of_freedom
from regcli.select.pathwise import solve_path
from regcli.specs import CRITERIA

PENALTIES: list[Any] = ["l1", "l2", "elasticnet"]


def traced(Z: Matrix, l2: Vector, weights: Vector | None = None) -> float:
    """The trace of Z (Z'SZ + W L2)^+ Z'S, an n x n matrix, written out."""
    if Z.shape[1] == 0:
        return 0.0
    shares = np.full(len(Z), 1 / len(Z)) if weights is None else weights / weights.sum()
    inner = (Z.T * shares) @ Z + np.diag(l2)
    hat = Z @ np.linalg.pinv(inner, rcond=1e-11, hermitian=True) @ (Z.T * shares)
    return float(np.trace(hat))


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("dataset", ["diabetes", "mtcars", "prostate"])
def test_degrees_of_freedom(dataset: str, ratio: float, weighted: bool, standardize: bool) -> None:
    """The trace of the hat matrix: of the active columns, which for the lasso is their number."""
    X, y = arrays(dataset)
    weights = np.random.default_rng(0).uniform(0.3, 2, len(y)) if weighted else None
    posed = pose(X, y, ratio, weights=weights, standardize=standardize)
    problem = posed.problem
    largest = posed.alpha_max or float(np.max(np.abs(problem.null_pull)))
    alphas = largest * np.array([1.0, 0.5, 0.1, 0.01, 0.0005])
    path = solve_path(problem, alphas)
    found = degrees_of_freedom(problem, alphas, path.coefs)
    by_matrix = degrees_of_freedom(problem, alphas, path.coefs, problem.full_gram)
    for alpha, coef, df, also in zip(alphas, path.coefs, found, by_matrix, strict=True):
        active = np.flatnonzero(coef)
        expected = traced(problem.Z[:, active], alpha * problem.penalty.l2[active], weights)
        assert df == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert also == pytest.approx(expected, rel=1e-9, abs=1e-12)
        if ratio == 1:
            assert df == len(active)
    if ratio == 0:
        assert np.all(np.diff(found) > 0)


@pytest.mark.parametrize("step", [1, 40])
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.02, 0.0])
def test_more_features_than_rows(ratio: float, step: int) -> None:
    """The same where features outnumber rows, and where more than n of them are active (elastic net, ridge)."""
    X, y = arrays("leukemia")
    X = X[:40:, ::step]
    posed = pose(X, y[:40], ratio)
    problem = posed.problem
    largest = posed.alpha_max or float(np.max(np.abs(problem.null_pull)))
    alphas = largest * np.array([0.5, 0.1, 0.02])
    path = solve_path(problem, alphas)
    found = degrees_of_freedom(problem, alphas, path.coefs)
    for alpha, coef, df in zip(alphas, path.coefs, found, strict=True):
        Z = problem.Z[:, coef != 0]
        # The trace by the n x n side, tr K (K + W alpha)^-1: the p x p one would be 3571 columns wide.
        kernel = Z @ Z.T / len(Z)
        l2 = float(alpha) * (1 - ratio)
        expected = float(np.trace(kernel @ np.linalg.inv(kernel + l2 * np.eye(40)))) if l2 else np.linalg.matrix_rank(Z)
        assert df == pytest.approx(expected, rel=1e-9)
        assert df <= 39 + 1e-9
    if ratio in (0.0, 0.02) and step == 1:
        assert np.count_nonzero(path.coefs[-1]) > 40


def test_dependent_columns() -> None:
    """Where active columns depend on each other the lasso has the rank of them, not their number, as degrees of
    freedom; ridge and elastic net the trace all the same."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(50, 3))
    X = np.column_stack([X, X[:, 0] + X[:, 1], X[:, 1] - X[:, 2], X[:, 0] + X[:, 2]])
    y = X.sum(axis=1) + 0.1 * rng.normal(size=50)
    for ratio in (1.0, 0.5, 0.0):
        problem = pose(X, y, ratio).problem
        alphas = np.array([0.3, 0.01])
        coefs = rng.normal(size=(2, 6))
        coefs[0, [1, 4]] = 0
        df = degrees_of_freedom(problem, alphas, coefs)
        for alpha, coef, found in zip(alphas, coefs, df, strict=True):
            Z = problem.Z[:, coef != 0] if ratio > 0 else problem.Z
            expected = traced(Z, np.full(Z.shape[1], alpha * (1 - ratio)))
            assert found == pytest.approx(expected, rel=1e-9)
        if ratio == 1:
            assert df.tolist() == [3, 3]


@pytest.mark.parametrize("intercept", [True, False])
def test_formulas(intercept: bool) -> None:
    """AIC, AICc, BIC and EBIC as written in the literature, up to the same constant of the data.

    With the full gaussian log likelihood -n/2 (log(2 pi RSS/n) + 1) the first three are -2 log L + their penalty; of
    AICc the intercept counts one, of the others it shifts all alike and is left out.
    """
    for n, df, p, square in ((442.0, 3.0, 10, 2.5), (30.0, 7.3, 200, 1e-3), (12.0, 9.0, 9, 4.0), (20.0, 0.0, 1, 1.0)):
        found = criteria(square, n, df, p, intercept)
        twice = n * np.log(square)
        assert found["aic"] == pytest.approx(twice + 2 * df, rel=1e-13)
        assert found["bic"] == pytest.approx(twice + np.log(n) * df, rel=1e-13)
        k = df + intercept
        correction = 2 * k * (k + 1) / (n - k - 1)
        assert found["aicc"] == pytest.approx(twice + 2 * k + correction, rel=1e-12)
        # gamma = 1 - 1 / (2 kappa), p = n^kappa, kept within 0 and 1; log of the number of models p^df.
        gamma = 0.0 if p == 1 else min(max(1 - np.log(n) / (2 * np.log(p)), 0.0), 1.0)
        assert found["ebic"] == pytest.approx(found["bic"] + 2 * gamma * df * np.log(p), rel=1e-13)
    assert criteria(1.0, 10.0, 8.0 + (not intercept), 20, intercept)["aicc"] == np.inf
    assert criteria(0.0, 10.0, 3.0, 20, intercept)["aic"] == -np.inf


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dataset", ["diabetes", "mtcars"])
def test_criteria_of_a_path(dataset: str, penalty: Any, intercept: bool) -> None:
    """The columns of a path hold them for its residuals; the alpha of each criterion is where it is least, and `select`
    points one out."""
    X, y = arrays(dataset)
    n, p = X.shape
    centre = X.mean(axis=0) if intercept else 0.0
    Z = (X - centre) / X.std(axis=0)
    for select in CRITERIA:
        report = regcli.path(frame(dataset), penalty=penalty, intercept=intercept, n_alphas=25, select=select)
        for i, entry in enumerate(report.path if select == CRITERIA[0] else []):
            constant = report.arrays.intercepts[i] if intercept else 0.0
            left = y - constant - X @ report.arrays.coefficients[i]
            active = np.flatnonzero(report.arrays.coefficients[i])
            assert entry.df == pytest.approx(traced(Z[:, active], np.full(len(active), entry.l2)), rel=1e-8, abs=1e-12)
            expected = criteria(float(np.mean(left**2)), n, entry.df, p, intercept)
            for name in CRITERIA:
                assert entry[name] == pytest.approx(expected[name], rel=1e-8, abs=1e-6)
        for name in CRITERIA:
            values = np.array([entry[name] for entry in report.path])
            best = report.criteria[name]
            assert best.index == int(np.argmin(values))
            assert best.alpha == report.path[best.index].alpha
        assert report.chosen.criterion == select
        assert report.chosen.index == report.criteria[select].index
        assert report.chosen.nonzero == report.path[report.chosen.index].nonzero


def test_a_perfect_fit_is_not_chosen() -> None:
    """A criterion that is infinite, of a fit without residuals or one with too many degrees of freedom, is null."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6, 5))
    table = pd.DataFrame(X).assign(y=X @ [1.0, 2, 3, 4, 5] + rng.normal(size=6))
    report = regcli.path(table, "y", full_path=True)
    crowded = [entry for entry in report.path if entry.df + 1 >= 5]
    assert crowded and all(entry.aicc is None for entry in crowded)
    assert report.path[report.criteria.aicc.index].df + 1 < 5
