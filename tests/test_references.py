"""Answers that others computed: glmnet, R's lm, the authors' lars. All of them with scikit-learn blocked from import.

How near glmnet must be is no taste: a point whose largest violation of the optimality conditions is v lies within
v |1/u| / lambda_min(R + L2 / u^2) of the minimum, where R is the correlation matrix and u the units in which the
penalty acts (`distance_bound`). Each stored fit carries its v. Nothing may differ by more than 1e-6 of the largest
standardized coefficient, whatever that bound says.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import (
    DATA,
    FILES,
    Matrix,
    Posed,
    Vector,
    arrays,
    coefficients,
    frame,
    glmnet,
    options,
    pose,
    solved,
    stored,
)

import regcli

GAUSSIAN = [name for name in FILES if glmnet(name)["family"] == "gaussian"]
FIT_IDS = [f"{penalty}_{scale}" for penalty in ("lasso", "ridge", "enet") for scale in ("std", "raw")]
LARGEST_DIFFERENCE = 1e-6
PENALTY = {1: "l1", 0: "l2", 0.5: "elasticnet"}


@pytest.fixture(autouse=True)
def _no_sklearn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["sklearn", "sklearn.linear_model", *(name for name in sys.modules if name.startswith("sklearn."))]:
        monkeypatch.setitem(sys.modules, name, None)


def entry(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["id"] == name)


def beta(answer: dict[str, Any], index: int, names: list[str]) -> Vector:
    """The stored coefficients (p,) at one strength; zeros are left out in the file."""
    return np.array([answer["beta"][index].get(name, 0.0) for name in names])


def distance_bound(
    X: Matrix, answer: dict[str, Any], l2: float, standardize: bool, weights: Vector | None = None, centred: bool = True
) -> float:
    """How far, in the 2-norm of standardized coefficients, the stored answer can be from the minimum."""
    mean = np.average(X, axis=0, weights=weights)
    deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weights))
    Z = (X - mean if centred else X) / deviation
    unit = np.ones(len(deviation)) if standardize else deviation
    shares = np.ones(len(Z)) / len(Z) if weights is None else weights / weights.sum()
    curvature = (Z.T * shares) @ Z + np.diag(l2 / unit**2)
    largest_violation: float = answer["max_kkt_violation"]
    return largest_violation * float(np.linalg.norm(1 / unit)) / max(np.linalg.eigvalsh(curvature)[0], 1e-300)


def assert_near(coef: Vector, intercept: float, X: Matrix, answer: dict[str, Any], index: int, bound: float) -> None:
    """Compare with a stored answer, in units of its largest standardized coefficient.

    1e-11 beside the bound is for the 15 digits that are stored; the intercept follows from the coefficients.
    """
    expected = beta(answer, index, list(answer["names"]))
    deviation, mean = X.std(axis=0), X.mean(axis=0)
    largest = float(np.max(np.abs(expected * deviation), initial=0.0))
    allowed = min(LARGEST_DIFFERENCE * largest, bound + 1e-11 * largest)
    assert np.linalg.norm((coef - expected) * deviation) <= allowed
    assert np.array_equal(coef != 0, expected != 0)
    reach = allowed * float(np.linalg.norm(mean / deviation)) + 1e-12 * abs(answer["intercept"][index])
    assert abs(intercept - answer["intercept"][index]) <= reach


@pytest.mark.parametrize("fit_id", FIT_IDS)
@pytest.mark.parametrize("dataset", GAUSSIAN)
def test_glmnet_fits(dataset: str, fit_id: str) -> None:
    """`--convention glmnet` gives glmnet's coefficients, the default convention those of its plain objective."""
    table, (X, _) = frame(dataset), arrays(dataset)
    found = entry(glmnet(dataset)["fits"], fit_id)
    answers = {"glmnet": found, "mean": found.get("plain_objective", found)}
    for convention, answer in answers.items():
        answer = {**answer, "names": list(table.columns[:-1])}
        for index, strength in enumerate(answer["lambda"]):
            report = regcli.fit(
                table,
                table.columns[-1],
                penalty=PENALTY[found["alpha"]],
                alpha=strength,
                convention=convention,
                standardize=found["standardize"],
            )
            assert report.certificate.certified
            assert not any(warning.code == "solver_fallback" for warning in report.warnings)
            bound = distance_bound(X, answer, report.model.l2, found["standardize"])
            assert_near(coefficients(report), report.model.intercept, X, answer, index, bound)


@pytest.mark.parametrize("dataset", GAUSSIAN)
def test_glmnet_from_the_file(dataset: str) -> None:
    """The options of the command line read each file as R was given it: same rows, columns and coefficients."""
    reference = glmnet(dataset)
    for fit_id in FIT_IDS:
        found = entry(reference["fits"], fit_id)
        index = len(found["lambda"]) // 2
        report = regcli.fit(
            FILES[dataset][0],
            **options(dataset),
            penalty=PENALTY[found["alpha"]],
            alpha=found["lambda"][index],
            convention="glmnet",
            standardize=found["standardize"],
        )
        assert report.data.features == list(np.atleast_1d(reference["predictors"]))
        assert report.data.rows_used == reference["n"]
        assert report.certificate.certified
        answer = {**found, "names": report.data.features}
        X = arrays(dataset)[0]
        bound = distance_bound(X, answer, report.model.l2, found["standardize"])
        assert_near(coefficients(report), report.model.intercept, X, answer, index, bound)
        assert report.metrics.train.deviance_ratio == pytest.approx(found["dev_ratio"][index], rel=1e-6, abs=1e-9)


def weights_of(n: int) -> Vector:
    """The weights of the stored fits: 1 + (i mod 3) for the 0-based row i."""
    return 1.0 + np.arange(n) % 3


FACTORS = np.array([0, 1, 1, 1, 0.5, 0.5, 1, 1, 2, 2])
EXTRAS: dict[str, dict[str, Any]] = {
    "penalty_factor": {"factors": FACTORS * len(FACTORS) / FACTORS.sum()},
    "penalty_factor_enet": {"factors": FACTORS * len(FACTORS) / FACTORS.sum()},
    "weights_lasso": {"weights": weights_of(442)},
    "weights_ridge": {"weights": weights_of(442)},
    "no_intercept": {"intercept": False, "standardize": False},
    "no_intercept_std": {"intercept": False},
    "offset": {},
}
"""What each extra fit of the diabetes data has that the command line, but for the intercept, has no option for yet.

glmnet rescales penalty factors to sum to p."""


@pytest.mark.parametrize("fit_id", EXTRAS)
def test_glmnet_extras(fit_id: str) -> None:
    """Row weights, penalty factors, an offset and no intercept give glmnet's answers through the solver itself."""
    X, y = arrays("diabetes")
    found = entry(glmnet("diabetes")["extra"], fit_id)
    if fit_id == "offset":
        y = y - (100 + 0.5 * X[:, 0])
    setting = EXTRAS[fit_id]
    weights = setting.get("weights")
    s_y = float(np.sqrt(np.cov(y, aweights=weights, ddof=0)))
    answers = [(found, s_y)] + ([(found["plain_objective"], 1.0)] if "plain_objective" in found else [])
    for answer, unit in answers:
        answer = {**answer, "names": glmnet("diabetes")["predictors"]}
        posed = with_l2_in_units_of(pose(X, y, found["alpha"], **setting), unit)
        for index, strength in enumerate(answer["lambda"]):
            solution, coef, intercept = solved(posed, strength)
            assert solution.certificate.certified
            bound = distance_bound(X, answer, 0.0, found["standardize"], weights, setting.get("intercept", True))
            assert_near(coef, intercept, X, answer, index, bound)


def with_l2_in_units_of(posed: Posed, unit: float) -> Posed:
    """The problem with the L2 part of its penalty divided by `unit`, as glmnet does with the deviation of y."""
    shape = posed.problem.penalty
    return replace(posed, problem=replace(posed.problem, penalty=replace(shape, l2=shape.l2 / unit)))


CONSTRAINTS: dict[str, dict[str, Any]] = {
    "penalty_factor": {"penalty_factor": dict(zip(glmnet("diabetes")["predictors"], FACTORS, strict=True))},
    "penalty_factor_enet": {"penalty_factor": dict(zip(glmnet("diabetes")["predictors"], FACTORS, strict=True))},
    "nonnegative": {"positive": True},
    "box": {"bounds": "*=-10:2"},
}


@pytest.mark.parametrize("fit_id", CONSTRAINTS)
def test_glmnet_constraints_from_the_file(fit_id: str) -> None:
    """Factors that do not sum to p, and limits in the units of the file, as they are typed: 1e-6 of the largest."""
    found = entry(glmnet("diabetes")["extra"], fit_id)
    penalty = {"penalty": "elasticnet"} if found["alpha"] == 0.5 else {}
    scale = frame("diabetes").to_numpy()[:, :-1].std(axis=0)
    for index, strength in enumerate(found["lambda"]):
        report = regcli.fit(FILES["diabetes"][0], alpha=strength, convention="glmnet", **penalty, **CONSTRAINTS[fit_id])
        assert report.certificate.certified
        expected = beta(found, index, glmnet("diabetes")["predictors"]) * scale
        apart = np.abs(coefficients(report) * scale - expected)
        assert np.max(apart) <= LARGEST_DIFFERENCE * max(1.0, float(np.max(np.abs(expected))))
        assert report.model.intercept == pytest.approx(found["intercept"][index], rel=1e-7)


@pytest.mark.parametrize("fit_id", ["no_intercept", "no_intercept_std"])
def test_glmnet_without_intercept(fit_id: str) -> None:
    """`--no-intercept` scales by the centred deviation and does not centre, as glmnet does."""
    table, (X, _) = frame("diabetes"), arrays("diabetes")
    found = entry(glmnet("diabetes")["extra"], fit_id)
    answer = {**found, "names": list(table.columns[:-1])}
    for index, strength in enumerate(found["lambda"]):
        report = regcli.fit(table, alpha=strength, intercept=False, standardize=found["standardize"])
        assert report.certificate.certified
        assert report.model.intercept is None
        bound = distance_bound(X, answer, 0.0, found["standardize"], centred=False)
        assert_near(coefficients(report), 0.0, X, answer, index, bound)


UNPENALISED = [
    name
    for name, found in stored("unpenalized.json")["fits"].items()
    if name in FILES and found["family"] == "gaussian"
]


@pytest.mark.parametrize("dataset", UNPENALISED)
def test_lm(dataset: str) -> None:
    """Without a penalty: R's estimates, standard errors, residual deviation and R2.

    R stores 15 digits; 1e-11 leaves room for the condition numbers (up to 500) of these data sets in R's own QR.
    """
    found = stored("unpenalized.json")["fits"][dataset]
    report = regcli.fit(FILES[dataset][0], **options(dataset), penalty="none")
    assert report.certificate.certified
    estimates = {row.name: row.coefficient for row in report.model.coefficients}
    errors = {row.name: row.std_error for row in report.inference.coefficients}
    estimates["(Intercept)"], errors["(Intercept)"] = report.model.intercept, report.inference.intercept.std_error
    assert estimates == pytest.approx(found["estimate"], rel=1e-11)
    assert errors == pytest.approx(found["std_error"], rel=1e-11)
    assert report.inference.residual_deviation == pytest.approx(found["residual_sd"], rel=1e-12)
    assert report.metrics.train.r2 == pytest.approx(found["r_squared"], rel=1e-12)


def test_lars_knots() -> None:
    """At every knot of the lasso path on the diabetes data the coefficients are those of the paper's own lars.

    lars accumulates its path step by step: 1e-9 of the largest coefficient leaves it 6 digits of rounding.
    """
    paper = stored("lars_paper_diabetes.json")
    path = DATA / "diabetes_lars_standardized.csv"
    knots = [*paper["knots_lambda_lars"], 0.0]
    assert len(knots) == len(paper["coef_at_knots"]) == 13
    active: set[int] = set()
    for knot, expected in zip(knots, np.array(paper["coef_at_knots"]), strict=True):
        report = regcli.fit(path, "y", alpha=knot / 442, standardize=False)
        assert report.certificate.certified
        assert [row.name for row in report.model.coefficients] == paper["names"]
        largest = max(1.0, float(np.max(np.abs(expected))))
        assert coefficients(report) == pytest.approx(expected, abs=1e-9 * largest)
        assert report.model.intercept == pytest.approx(paper["intercept"], rel=1e-12)
        active = set(np.flatnonzero(expected))
    assert active == set(range(10))


def test_lars_moves() -> None:
    """Between knots the variables enter and leave in the order that the paper prints."""
    paper = stored("lars_paper_diabetes.json")
    path = DATA / "diabetes_lars_standardized.csv"
    knots = np.array([*paper["knots_lambda_lars"], 0.0]) / 442
    before: set[int] = set()
    moves = []
    for high, low in itertools.pairwise(knots):
        report = regcli.fit(path, "y", alpha=float(np.sqrt(high * low)) if low else high / 2, standardize=False)
        now = set(np.flatnonzero(coefficients(report)))
        moves += [j + 1 for j in sorted(now - before)] + [-(j + 1) for j in sorted(before - now)]
        before = now
    assert moves == paper["published"]["lasso_var"]


GOLDEN: dict[str, tuple[dict[str, Any], list[float]]] = {
    "lasso": ({}, [2.5790963, 2.9066816, -0.1283952, 0, -0.8569932, 0]),
    "elastic net": ({"ratio": 0.5}, [2.56870687, 3.04502571, -0.25240799, 0, -0.90151586, 0.06429395]),
    "elastic net, naive": (
        {"ratio": 0.5, "unit": 1.0},
        [2.611419, 2.206632, -0.167992, 0.490973, -0.765603, 0.025513],
    ),
    "ridge": ({"ratio": 0.0}, [2.55844753, 3.20987841, -0.37669047, -0.01729082, -0.93861612, 0.25379206]),
    "weights": ({"weights": "w.csv"}, [2.60350237, 3.22075487, -0.08657245, 0, -0.732712, 0.10798920]),
    "no intercept": ({"intercept": False}, [0, 3.44514902, -0.01801553, 0, -0.87942613, 0]),
    "penalty factors": (
        {"factors": np.array([0, 1, 1, 2, 1])},
        [2.50393882, 3.29569217, -0.11998261, 0, -0.72927103, 0],
    ),
}
"""R glmnet 4.1-6 at thresh 1e-20, lambda 0.4, on conventions/d.csv: what is special, and (intercept, coefficients).

All were found again by scikit-learn and by a coordinate descent written for the purpose."""


@pytest.mark.parametrize("name", GOLDEN)
def test_conventions_data(name: str) -> None:
    """The small set on which the conventions are told apart gives glmnet's printed digits (6 to 8 decimals)."""
    setting, expected = GOLDEN[name]
    setting = dict(setting)
    table = pd.read_csv(DATA / "conventions" / "d.csv").to_numpy()
    X, y = table[:, :-1], table[:, -1]
    if "weights" in setting:
        setting["weights"] = pd.read_csv(DATA / "conventions" / setting["weights"]).to_numpy()[:, 0]
    unit = setting.pop("unit", y.std())
    posed = with_l2_in_units_of(pose(X, y, setting.pop("ratio", 1.0), **setting), unit)
    solution, coef, intercept = solved(posed, 0.4)
    assert solution.certificate.certified
    digits = 1e-6 if "naive" in name else 1e-7
    assert [intercept, *coef] == pytest.approx(expected, abs=0.6 * digits)


@pytest.mark.parametrize(("name", "options"), [("lasso", {}), ("elastic net", {"penalty": "elasticnet"})])
def test_conventions_data_from_the_file(name: str, options: dict[str, Any]) -> None:
    """The same from the CSV file, with the strength read as glmnet's lambda."""
    report = regcli.fit(DATA / "conventions" / "d.csv", alpha=0.4, convention="glmnet", **options)
    assert [report.model.intercept, *coefficients(report)] == pytest.approx(GOLDEN[name][1], abs=6e-8)


def test_sklearn_is_blocked() -> None:
    """The tests of this file could not have used scikit-learn: with it blocked its solver cannot run."""
    with pytest.raises(ImportError):
        regcli.fit(frame("diabetes"), alpha=1.0, solver="sklearn")


def test_a_process_without_sklearn() -> None:
    """A process in which scikit-learn cannot be imported fits files with more features than rows as well."""
    script = f"""
import sys
sys.modules["sklearn"] = None
import regcli
for penalty in ("l1", "l2", "elasticnet"):
    report = regcli.fit({str(FILES["leukemia"][0])!r}, "y", penalty=penalty, alpha=0.05)
    assert report.certificate.certified, report.certificate
    assert not any(name.startswith("sklearn.") for name in sys.modules)
"""
    root = Path(regcli.__file__).parents[1]
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=120, cwd=root)
