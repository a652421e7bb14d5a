"""The path: every point is the fit at its alpha, and its knots are those of the authors of least angle regression."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import (
    DATA,
    FILES,
    Vector,
    arrays,
    at_rest,
    coefficients,
    frame,
    glmnet,
    in_convention,
    pose,
    standardized,
    stored,
    strengths,
)

import regcli
from regcli.errors import DataError, UsageError
from regcli.problem.certificate import certify, certify_path
from regcli.problem.conventions import Translation
from regcli.problem.objective import best_intercept
from regcli.select.grid import Grid, drawn, given
from regcli.select.pathwise import changes, solve_path
from regcli.specs import CONVENTIONS

GAUSSIAN = [name for name in FILES if glmnet(name)["family"] == "gaussian"]
PENALTIES: list[Any] = ["l1", "l2", "elasticnet"]
CLOSE = 1e-9
"""Of the largest standardized coefficient: rounding, times the condition number of the columns (up to 1e5 or so)."""


def assert_is_fit(report: Any, index: int, again: Any) -> None:
    """A point of a path is the solution of a fit."""
    entry = report.path[index]
    scale = float(np.max(np.abs(standardized(again)), initial=0.0))
    assert report.arrays.standardized[index] == pytest.approx(standardized(again), rel=0, abs=CLOSE * scale)
    found = np.array([entry.coefficients.get(name, 0.0) for name in report.data.features])
    deviation = np.array([column.scale for column in again.data.columns])
    assert found * deviation == pytest.approx(coefficients(again) * deviation, rel=0, abs=CLOSE * scale)
    assert list(entry.coefficients) == [name for name in report.data.features if name in again.sparsity.selected]
    assert (entry.l1, entry.l2) == pytest.approx((again.model.l1, again.model.l2), rel=1e-12)
    assert entry.nonzero == again.sparsity.nonzero
    assert entry.l1_norm == pytest.approx(again.sparsity.l1_norm, rel=CLOSE)
    assert entry.deviance_ratio == pytest.approx(again.metrics.train.deviance_ratio, rel=1e-9, abs=1e-12)
    assert entry.certified and again.certificate.certified
    if again.model.intercept is None:
        assert entry.intercept is None
    else:
        reach = np.abs([column.mean / column.scale for column in again.data.columns]).sum() * scale * CLOSE
        assert entry.intercept == pytest.approx(again.model.intercept, rel=1e-12, abs=reach)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dataset", ["diabetes", "mtcars"])
def test_each_point_is_a_fit(dataset: str, penalty: Any, convention: Any) -> None:
    """On given alphas each point equals `fit` at that alpha, in every convention, with the same strengths and fit."""
    X, y = arrays(dataset)
    for intercept, standardize in itertools.product((True, False), (True, False)):
        how: dict[str, Any] = {
            "penalty": penalty, "convention": convention, "intercept": intercept, "standardize": standardize,
        }  # fmt: skip
        shares = np.array([1.1, 0.3, 0.02, 0.0005])
        alphas = in_convention(shares, X, y, penalty, convention, standardize, intercept)
        report = regcli.path(frame(dataset), **how, alphas=alphas)
        assert report.arrays.alphas.tolist() == alphas.tolist()
        for index, alpha in enumerate(alphas):
            assert_is_fit(report, index, regcli.fit(frame(dataset), **how, alpha=alpha))


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dataset", GAUSSIAN)
def test_points_of_a_drawn_grid_are_fits(dataset: str, penalty: Any) -> None:
    """So does each point of a drawn grid; the elastic net's, whose L2 is drawn by the deviation of y, by both
    strengths."""
    report = regcli.path(frame(dataset), frame(dataset).columns[-1], penalty=penalty, full_path=True)
    assert report.certificate.certified
    for index in range(0, len(report.path), 19):
        entry = report.path[index]
        alone: dict[str, Any] = {"l1": entry.l1, "l2": entry.l2} if penalty == "elasticnet" else {"alpha": entry.alpha}
        assert_is_fit(report, index, regcli.fit(frame(dataset), frame(dataset).columns[-1], penalty=penalty, **alone))
        if penalty == "elasticnet":
            deviation = float(frame(dataset).to_numpy()[:, -1].std())
            assert entry.l1 == pytest.approx(entry.alpha / 2, rel=1e-14)
            assert entry.l2 == pytest.approx(entry.alpha / 2 / deviation, rel=1e-12)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dataset", ["diabetes", "boston", "mtcars", "concrete"])
def test_points_are_those_of_sklearn(dataset: str, penalty: Any) -> None:
    """Each point is scikit-learn's solution; 1e-8 is for its coordinate descent, left to run until nothing moves."""
    X, y = arrays(dataset)
    report = regcli.path(frame(dataset), frame(dataset).columns[-1], penalty=penalty, n_alphas=12, full_path=True)
    deviation = X.std(axis=0)
    for index, entry in enumerate(report.path):
        coef, intercept = at_rest(X, y, entry.l1, entry.l2)
        found = report.arrays.coefficients[index] * deviation
        scale = np.max(np.abs(coef * deviation))
        assert found == pytest.approx(coef * deviation, rel=0, abs=1e-8 * scale)
        assert report.arrays.intercepts[index] == pytest.approx(intercept, abs=1e-6 * (y.std() + abs(y.mean())))
        if index > 0:  # at alpha_max rounding decides whether the first is 0 or almost 0
            assert np.array_equal(found != 0, coef != 0)


@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
def test_more_features_than_rows(penalty: Any) -> None:
    """The same on leukemia, 3571 genes of 72 patients, by the working set."""
    report = regcli.path(frame("leukemia"), "y", penalty=penalty, n_alphas=15)
    assert report.certificate.certified and report.certificate.solver == "working_set"
    for index in (0, 4, 9, 14):
        entry = report.path[index]
        assert_is_fit(report, index, regcli.fit(frame("leukemia"), "y", penalty="elasticnet", l1=entry.l1, l2=entry.l2))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("dataset", ["diabetes", "boston", "leukemia"])
def test_a_path_is_certified_as_its_points_are(dataset: str, ratio: float, intercept: bool, weighted: bool) -> None:
    """Measured together, solutions and wrong answers have the gap and violation that `certify` gives each by itself.

    Both are taken of the objective of the null model, so that rounding is 1e-16 of it, some 1e-12 after summing.
    """
    X, y = arrays(dataset)
    X = X[:, ::30] if dataset == "leukemia" else X
    weights = np.random.default_rng(2).uniform(0.2, 3, len(y)) if weighted else None
    posed = pose(X, y, ratio, intercept=intercept, weights=weights)
    largest = posed.alpha_max or float(np.max(np.abs(posed.problem.null_pull)))
    alphas = largest * np.array([0.9, 0.5, 0.1, 0.01, 0.001])
    found = solve_path(posed.problem, alphas)
    rng = np.random.default_rng(1)
    for size in (0.0, 1e-9, 1e-5, 1e-2, 1.0):
        coefs = found.coefs * (1 + size * rng.normal(size=found.coefs.shape))
        rulings, intercepts, squares = certify_path(posed.problem, alphas, coefs)
        for i, (alpha, coef) in enumerate(zip(alphas, coefs, strict=True)):
            problem = replace(posed.problem, alpha=float(alpha))
            best = best_intercept(problem, coef)
            alone = certify(problem, best, coef)
            assert intercepts[i] == pytest.approx(best, rel=1e-12, abs=1e-12 * y.std())
            assert squares[i] == pytest.approx(problem.mean_of((y - best - posed.problem.Z @ coef) ** 2), rel=1e-10)
            assert rulings.gap[i] == pytest.approx(alone.gap, rel=1e-6, abs=1e-13)
            assert rulings.violation[i] == pytest.approx(alone.violation, rel=1e-6, abs=1e-13)
            assert rulings.certified[i] == alone.certified
        assert np.all(rulings.certified) if size == 0 else not (size >= 1e-2 and np.all(rulings.certified))


def first_to_stop(ratios: Vector) -> tuple[int, str | None]:
    """How many alphas glmnet solves, by its rule, of a whole path's deviance ratios, and why it stops.

    From the fifth on, and the one that meets the rule is kept (glmnet.control: mnlam 5, fdev 1e-5, devmax 0.999).
    """
    for solved in range(5, len(ratios) + 1):
        now, before = ratios[solved - 1], ratios[solved - 2]
        if now > 0.999:
            return solved, "99.9 %"
        if now - before < 1e-5 * now:
            return solved, "1e-5"
    return len(ratios), None


@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
@pytest.mark.parametrize("dataset", [*GAUSSIAN, "leukemia"])
def test_early_stop(dataset: str, penalty: Any) -> None:
    """A drawn grid stops where glmnet's rule, worked out on the whole path, says so; up to there the points agree."""
    target = frame(dataset).columns[-1]
    whole = regcli.path(frame(dataset), target, penalty=penalty, full_path=True)
    found = regcli.path(frame(dataset), target, penalty=penalty)
    assert (whole.stopped.solved, whole.stopped.of, whole.stopped.reason) == (100, 100, None)
    solved, reason = first_to_stop(whole.arrays.deviance_ratio)
    assert (found.stopped.solved, found.stopped.of, len(found.path)) == (solved, 100, solved)
    assert (found.stopped.reason is None) == (solved == 100)
    assert solved == 100 or (reason is not None and reason in found.stopped.reason)
    assert found.arrays.alphas.tolist() == whole.arrays.alphas[:solved].tolist()
    assert np.array_equal(found.arrays.coefficients, whole.arrays.coefficients[:solved])


def test_both_reasons_to_stop() -> None:
    """Hardly any noise stops a path at 99.9 % explained, much of it where nothing is gained; given grids go on."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5))
    for noise, reason in ((1e-3, "99.9 %"), (1.0, "1e-5")):
        table = pd.DataFrame(X).assign(y=X.sum(axis=1) + noise * rng.normal(size=200))
        found = regcli.path(table, "y")
        assert found.stopped.solved < 100 and reason in found.stopped.reason
        again = regcli.path(table, "y", alphas=regcli.path(table, "y", full_path=True).arrays.alphas)
        assert (again.stopped.solved, again.stopped.of, again.stopped.reason) == (100, 100, None)


def test_five_are_solved_at_least() -> None:
    """However soon a path has explained everything, it stops at the fifth alpha and no sooner."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    table = pd.DataFrame(X).assign(y=X.sum(axis=1))
    found = regcli.path(table, "y", n_alphas=20, alpha_min_ratio=1e-15)
    assert found.arrays.deviance_ratio[3] > 0.999
    assert found.stopped.solved == len(found.path) == 5


def test_ridge_does_not_stop_early() -> None:
    """Ridge's grid begins where nothing is explained: a stop by gain would end it at the fifth."""
    found = regcli.path(frame("prostate"), penalty="l2")
    assert (found.stopped.solved, found.stopped.reason) == (100, None)


def test_deviance_explained_is_that_of_glmnet() -> None:
    """What the rule goes by, the share of the deviance that is explained, is glmnet's along its stored lambdas."""
    fits = {entry["id"]: entry for entry in glmnet("diabetes")["fits"]}
    found = regcli.path(frame("diabetes"), convention="glmnet", alphas=fits["lasso_std"]["lambda"])
    assert found.arrays.deviance_ratio == pytest.approx(fits["lasso_std"]["dev_ratio"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("dataset", ["diabetes", "airquality_complete_cases", "leukemia"])
def test_drawn_grids_begin_at_alpha_max(dataset: str, convention: Any) -> None:
    """A hundred log-spaced values from alpha_max, worked out here, to 1e-4 of it, or 1e-2 where features outnumber
    rows; just below the first, one feature is in."""
    X, y = arrays(dataset)
    n, p = X.shape
    for penalty, ratio in (("l1", 1.0), ("elasticnet", 0.5), ("elasticnet", 0.0003)):
        pull = np.abs(((X - X.mean(axis=0)) / X.std(axis=0)).T @ (y - y.mean())) / n
        l1, _ = strengths(convention, penalty, max(ratio, 0.001), 1.0, n, y.std())
        share: dict[str, Any] = {"l1_ratio": ratio} if penalty == "elasticnet" else {}
        posed = pose(X, y, ratio)
        scale = Translation(convention, penalty, ratio, 1 - ratio, float(y.std())).scale(n, float(y.std()))  # type: ignore[arg-type]
        alphas = drawn(posed.problem, float(np.max(pull)) / scale.zeroing).alphas
        assert alphas[0] == pytest.approx(np.max(pull) / l1, rel=1e-12)
        assert len(alphas) == 100
        assert np.diff(np.log(alphas)) == pytest.approx(np.full(99, np.log(1e-4 if n > p else 1e-2) / 99), rel=1e-9)
        if dataset != "leukemia":
            found = regcli.path(frame(dataset), penalty=penalty, convention=convention, full_path=True, **share)  # type: ignore[arg-type]
            assert found.model.drawn and found.model.alpha_max == found.arrays.alphas[0]
            assert found.arrays.alphas == pytest.approx(alphas, rel=1e-12)
            if ratio >= 0.001:
                assert found.path[0].nonzero == 0 and found.path[1].nonzero >= 1


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_ridge_grids_span_seven_decades(convention: Any) -> None:
    """Ridge's begin where L2 is 1000 times the largest null gradient over the deviation of y, whatever the unit of y,
    and span seven decades."""
    X, y = arrays("diabetes")
    pull = np.max(np.abs(((X - X.mean(axis=0)) / X.std(axis=0)).T @ (y - y.mean()))) / len(y)
    for unit in (1e-3, 1.0, 1e4):
        table = frame("diabetes").assign(target=y * unit)
        found = regcli.path(table, penalty="l2", convention=convention)
        alphas = found.arrays.alphas
        assert found.path[0].l2 == pytest.approx(1000 * pull / y.std(), rel=1e-12)
        assert len(alphas) == 100
        assert np.diff(np.log10(alphas)) == pytest.approx(np.full(99, -7 / 99), rel=1e-9)


def test_grids_as_asked_for() -> None:
    """`n_alphas` and `alpha_min_ratio` are kept; a list loses repetitions and is put in order; nonsense is refused."""
    found = regcli.path(frame("prostate"), n_alphas=7, alpha_min_ratio=0.05, full_path=True)
    assert found.arrays.alphas == pytest.approx(found.model.alpha_max * 0.05 ** (np.arange(7) / 6), rel=1e-12)
    found = regcli.path(frame("prostate"), penalty="l2", n_alphas=3, alpha_min_ratio=0.01)
    assert found.arrays.alphas == pytest.approx(found.arrays.alphas[0] * np.array([1, 0.1, 0.01]), rel=1e-12)
    found = regcli.path(frame("prostate"), alphas=[0.1, 0.3, 0.1, 0.0])
    assert found.arrays.alphas.tolist() == [0.3, 0.1, 0.0]
    assert not found.model.drawn
    assert given((2.0, 3.0)).alphas.tolist() == [3.0, 2.0]
    wrong: list[dict[str, Any]] = [
        {"n_alphas": 1}, {"alpha_min_ratio": 1.0}, {"alpha_min_ratio": 0.0}, {"alphas": [-1.0]},
        {"alphas": [float("nan")]}, {"alphas": [1.0], "n_alphas": 3}, {"penalty": "none"},
    ]  # fmt: skip
    for options in wrong:
        with pytest.raises(UsageError):
            regcli.path(frame("prostate"), **options)


def test_beyond_a_grid() -> None:
    """A grid goes on at its own spacing, for two decades at either end."""
    grid = Grid(np.logspace(1, -3, 9), drawn=True)
    assert grid.beyond(low=True) == pytest.approx(10.0 ** np.array([-3.5, -4, -4.5, -5]), rel=1e-12)
    assert grid.beyond(low=False) == pytest.approx(10.0 ** np.array([3, 2.5, 2, 1.5]), rel=1e-12)
    assert Grid(np.array([1.0]), drawn=True).beyond(low=True).size == 0


def test_nothing_to_draw() -> None:
    """Where no feature goes with the target at all there is no alpha to begin with."""
    table = pd.DataFrame({"a": [1.0, -1, 1, -1], "y": [1.0, 1, -1, -1]})
    for penalty in PENALTIES:
        with pytest.raises(DataError, match="no feature goes with the target"):
            regcli.path(table, "y", penalty=penalty)


def test_least_squares_ends_a_path() -> None:
    """An alpha of 0 in the list is least squares."""
    X, y = arrays("prostate")
    expected = np.linalg.lstsq(np.column_stack([X, np.ones(len(y))]), y, rcond=None)[0]
    for penalty in PENALTIES:
        found = regcli.path(frame("prostate"), penalty=penalty, alphas=[0.1, 0.0])
        assert found.arrays.coefficients[1] == pytest.approx(expected[:-1], rel=1e-9, abs=1e-12)
        assert found.arrays.intercepts[1] == pytest.approx(expected[-1], rel=1e-9)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dataset", GAUSSIAN)
def test_fit_and_penalty_are_monotone(dataset: str, penalty: Any) -> None:
    """As alpha falls the residuals shrink and the penalty's norm grows: a relation of every penalised minimum."""
    found = regcli.path(frame(dataset), frame(dataset).columns[-1], penalty=penalty, full_path=True)
    ratios, beta = found.arrays.deviance_ratio, found.arrays.standardized
    factor = 0.0 if penalty == "l1" else found.path[0].l2 / found.path[0].alpha
    share = 0.0 if penalty == "l2" else found.path[0].l1 / found.path[0].alpha
    norm = share * np.abs(beta).sum(axis=1) + factor / 2 * (beta**2).sum(axis=1)
    assert np.all(np.diff(ratios) >= -1e-12) and np.all(ratios <= 1)
    assert np.all(np.diff(norm) >= -1e-9 * norm[1:])
    assert np.all(np.diff(norm[: len(norm) // 2]) >= 0)
    X, y = arrays(dataset)
    left = y[:, None] - found.arrays.intercepts - X @ found.arrays.coefficients.T
    assert ratios == pytest.approx(1 - np.mean(left**2, axis=0) / y.var(), rel=1e-9, abs=1e-9)


LARS = stored("lars_paper_diabetes.json")
KNOTS = np.array(LARS["knots_lambda_glmnet_unitnorm"])


@pytest.mark.parametrize("unit", ["unit norm", "standardized"])
def test_knots_of_the_lars_paper(unit: str) -> None:
    """Features enter and leave the lasso of the diabetes data one by one, in the published order, at the stored knots.

    Just above each knot nothing has happened yet, just below it has; at a knot lie the stored coefficients. Fifteen
    digits are stored, so that a millionth to either side is far away.
    """
    table = pd.read_csv(DATA / "diabetes_lars_standardized.csv")
    size = np.sqrt(len(table)) if unit == "standardized" else 1.0
    above, below = KNOTS * size * (1 + 1e-6), KNOTS * size * (1 - 1e-6)
    alphas = np.column_stack([above, below]).reshape(-1)
    report = regcli.path(table, "y", alphas=alphas, standardize=unit == "standardized")
    assert report.certificate.certified
    names = LARS["names"]
    for index, action in enumerate(LARS["lasso_actions"]):
        before, after = report.path[2 * index], report.path[2 * index + 1]
        assert list(before.entered) == list(before.left) == []
        name = names[abs(action) - 1]
        assert (list(after.entered), list(after.left)) == (([name], []) if action > 0 else ([], [name]))
    at = regcli.path(table, "y", alphas=[*(KNOTS * size), 0.0], standardize=unit == "standardized")
    expected = np.array(LARS["coef_at_knots"])
    assert at.arrays.coefficients == pytest.approx(expected, rel=0, abs=1e-10 * np.max(np.abs(expected)))
    rss = (1 - at.arrays.deviance_ratio) * float(np.sum((table["y"] - table["y"].mean()) ** 2))
    assert rss == pytest.approx(LARS["rss"], rel=1e-11)
    assert at.arrays.deviance_ratio[-1] == pytest.approx(LARS["r_squared"], rel=1e-11)


def test_knots_of_a_drawn_grid() -> None:
    """Along the drawn grid each step's features are those whose knots lie within it, in the published order."""
    table = pd.read_csv(DATA / "diabetes_lars_standardized.csv")
    report = regcli.path(table, "y", standardize=False, full_path=True)
    active: set[str] = set()
    before = np.inf
    for entry in report.path:
        expected = set(active)
        for knot, action in zip(KNOTS, LARS["lasso_actions"], strict=True):
            if entry.alpha < knot * (1 - 1e-9) <= before:
                expected ^= {LARS["names"][abs(action) - 1]}
        assert set(entry.entered) == expected - active
        assert set(entry.left) == active - expected
        active, before = expected, entry.alpha


def test_changes() -> None:
    """What enters and leaves, against a set difference row by row."""
    rng = np.random.default_rng(4)
    coefs = rng.normal(size=(30, 6)) * rng.integers(0, 2, size=(30, 6))
    names = list("abcdef")
    before: set[str] = set()
    for row, (entered, left) in zip(coefs, changes(coefs, names), strict=True):
        now = {name for name, value in zip(names, row, strict=True) if value != 0}
        assert (set(entered), set(left)) == (now - before, before - now)
        assert entered == sorted(entered) and left == sorted(left)
        before = now
