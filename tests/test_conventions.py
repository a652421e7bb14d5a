"""What a strength means: each convention against the tool it is named after, and back by way of `equivalents`."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.preprocessing import StandardScaler
from support import DATA, Matrix, Vector, coefficients, frame, standardized

import regcli
from regcli.specs import CONVENTIONS, Convention

TOOLS = {"Lasso": Lasso, "ElasticNet": ElasticNet, "Ridge": Ridge, "LinearRegression": LinearRegression}
TIGHT = {"tol": 1e-15, "max_iter": 1_000_000}
"""scikit-learn's stopping rule, a duality gap relative to y'y, near rounding."""

PENALTIES: dict[str, dict[str, Any]] = {
    "l1": {"penalty": "l1"},
    "l2": {"penalty": "l2"},
    "elasticnet": {"penalty": "elasticnet", "l1_ratio": 0.25},
    "elasticnet, l1 only": {"penalty": "elasticnet", "l1_ratio": 1.0},
    "elasticnet, l2 only": {"penalty": "elasticnet", "l1_ratio": 0.0},
}
SCALINGS: list[dict[str, Any]] = [{}, {"standardize": False}, {"intercept": False}]


def small() -> tuple[pd.DataFrame, Matrix, Vector]:
    """The 60 x 5 set on which the conventions are told apart."""
    table = pd.read_csv(DATA / "conventions" / "d.csv")
    return table, table.to_numpy()[:, :-1], table.to_numpy()[:, -1]


def ratio_of(penalty: str) -> float:
    return {"l1": 1.0, "l2": 0.0}.get(penalty, PENALTIES[penalty].get("l1_ratio", 0.5))


def columns(X: Matrix, standardize: bool = True, intercept: bool = True) -> Matrix:
    """The columns as scikit-learn's own scaler makes them."""
    return np.asarray(StandardScaler(with_mean=intercept, with_std=standardize).fit_transform(X))


def in_the_units_of(scaling: dict[str, Any], report: Any) -> Vector:
    """The coefficients of a report for the columns of `columns`."""
    return coefficients(report) if scaling.get("standardize") is False else standardized(report)


def assert_same(found: Vector, expected: Vector, tolerance: float) -> None:
    """`tolerance` is relative to the largest coefficient."""
    assert found == pytest.approx(expected, abs=tolerance * float(np.max(np.abs(expected))))


SKLEARN: list[tuple[Convention, str, float, Any]] = [
    ("mean", "l1", 0.4, Lasso(0.4, **TIGHT)),
    ("mean", "elasticnet", 0.4, ElasticNet(0.4, l1_ratio=0.25, **TIGHT)),
    ("sklearn", "l1", 0.4, Lasso(0.4, **TIGHT)),
    ("sklearn", "elasticnet", 0.4, ElasticNet(0.4, l1_ratio=0.25, **TIGHT)),
    ("sklearn", "l2", 7.0, Ridge(7.0)),
    ("mean", "elasticnet, l2 only", 0.4, Ridge(0.4 * 60)),
]


@pytest.mark.parametrize("scaling", SCALINGS, ids=str)
@pytest.mark.parametrize(("convention", "penalty", "alpha", "model"), SKLEARN, ids=str)
def test_scikit_learn(convention: Convention, penalty: str, alpha: float, model: Any, scaling: dict[str, Any]) -> None:
    """`mean` and `sklearn` read a number as scikit-learn's Lasso, ElasticNet and (`sklearn`) Ridge do.

    Of coordinate descent at a relative gap of 1e-15 half the digits are sure: 1e-7; of Ridge all but four: 1e-12.
    """
    table, X, y = small()
    model.set_params(fit_intercept=scaling.get("intercept", True)).fit(columns(X, **scaling), y)
    report = regcli.fit(table, **PENALTIES[penalty], alpha=alpha, convention=convention, **scaling)
    tolerance = 1e-12 if isinstance(model, Ridge) else 1e-7
    assert_same(in_the_units_of(scaling, report), model.coef_, tolerance)


@pytest.mark.parametrize(("dataset", "alpha"), [("diabetes", 1.0), ("prostate", 0.05), ("boston", 0.3)])
def test_the_main_job(dataset: str, alpha: float) -> None:
    """`--penalty l1 --alpha A` is `StandardScaler` and `Lasso(alpha=A)`, coefficients in the units of the file."""
    table = frame(dataset)
    X, y = table.to_numpy()[:, :-1], table.to_numpy()[:, -1]
    scaler = StandardScaler().fit(X)
    model = Lasso(alpha, **TIGHT).fit(scaler.transform(X), y)
    report = regcli.fit(table, table.columns[-1], penalty="l1", alpha=alpha)
    assert_same(standardized(report), model.coef_, 1e-7)
    assert coefficients(report) == pytest.approx(standardized(report) / scaler.scale_, rel=1e-13)
    assert model.predict(scaler.transform(X)) == pytest.approx(X @ coefficients(report) + report.model.intercept)


def proximal_gradient(Z: Matrix, y: Vector, loss: float, l1: float, l2: float) -> Vector:
    """argmin_b loss |y - Zb|^2 + l1 sum |b| + l2 sum b^2 by plain steps of proximal gradient descent, until one changes
    nothing, 20,000 at most."""
    coef = np.zeros(Z.shape[1])
    step = 1 / (2 * loss * np.linalg.norm(Z, 2) ** 2 + 2 * l2)
    for _ in range(20_000):
        point = coef + step * (2 * loss * Z.T @ (y - Z @ coef) - 2 * l2 * coef)
        before, coef = coef, np.sign(point) * np.maximum(np.abs(point) - step * l1, 0.0)
        if np.array_equal(before, coef):
            break
    return coef


WRITTEN: dict[Convention, tuple[float, float]] = {"sum": (1.0, 24.0), "mse": (1 / 60, 0.4)}
"""Convention -> the factor of the residual sum of squares in its formula, and a strength that zeroes something."""


@pytest.mark.parametrize("scaling", SCALINGS, ids=str)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("convention", WRITTEN)
def test_textbook_and_keras(convention: Convention, penalty: str, scaling: dict[str, Any]) -> None:
    """`sum` minimises RSS + a (r |b|1 + (1-r) |b|2^2), `mse` the same with RSS / n.

    Proximal gradient descent contracts to rounding here (condition numbers up to 40): 1e-12.
    """
    table, X, y = small()
    loss, alpha = WRITTEN[convention]
    ratio = ratio_of(penalty)
    target = y - y.mean() if scaling.get("intercept", True) else y
    expected = proximal_gradient(columns(X, **scaling), target, loss, alpha * ratio, alpha * (1 - ratio))
    report = regcli.fit(table, **PENALTIES[penalty], alpha=alpha, convention=convention, **scaling)
    assert_same(in_the_units_of(scaling, report), expected, 1e-12)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_glmnet_scales_y(penalty: str, intercept: bool) -> None:
    """glmnet's lambda and alpha are those of a fit to y / s_y at lambda / s_y, scaled back.

    s_y is the deviation of y that divides by n, without intercept its root mean square. (Stored answers of glmnet
    itself stand in test_references.)
    """
    table, X, y = small()
    s_y = np.sqrt(np.mean((y - y.mean() * intercept) ** 2))
    ratio, strength = ratio_of(penalty), 0.4 / s_y
    Z, target = columns(X, intercept=intercept), (y - y.mean() * intercept) / s_y
    expected = s_y * proximal_gradient(Z, target, 1 / 120, strength * ratio, strength * (1 - ratio) / 2)
    report = regcli.fit(table, **PENALTIES[penalty], alpha=0.4, convention="glmnet", intercept=intercept)
    assert_same(standardized(report), expected, 1e-12)


NUMBER = re.compile(r"(\w+)[=(]([-+.e\d]+)")


def parsed(call: str) -> tuple[str, dict[str, float]]:
    """The function and the numbers of a call as it is printed: Lasso(alpha=0.4, ...) -> Lasso, {alpha: 0.4}."""
    numbers = {name: float(value) for name, value in NUMBER.findall(call)}
    return re.split(r"\W", call, maxsplit=1)[0], numbers


EVERY = [(convention, penalty) for convention in CONVENTIONS for penalty in PENALTIES]


@pytest.mark.parametrize("scaling", SCALINGS, ids=str)
@pytest.mark.parametrize(("convention", "penalty"), EVERY)
class TestEquivalents:
    """The numbers of `equivalents`, put into the tool named, give the same coefficients.

    Calls show 6 digits, so that a coefficient moves by up to 1e-5 of the largest.
    """

    def fit(self, convention: Convention, penalty: str, scaling: dict[str, Any]) -> Any:
        strength = {"sum": 24.0, "sklearn": 24.0 if ratio_of(penalty) == 0 else 0.4}.get(convention, 0.4)
        return regcli.fit(small()[0], **PENALTIES[penalty], alpha=strength, convention=convention, **scaling)

    def test_scikit_learn(self, convention: Convention, penalty: str, scaling: dict[str, Any]) -> None:
        """scikit-learn, live, on columns from its own scaler."""
        report = self.fit(convention, penalty, scaling)
        said = report.model.equivalents.sklearn
        name, numbers = parsed(said.call)
        assert numbers["alpha"] == pytest.approx(said.value, rel=1e-5)
        assert ("fit_intercept=False" in said.call) == (scaling.get("intercept") is False)
        extra = TIGHT if name in ("Lasso", "ElasticNet") else {}
        _, X, y = small()
        model = TOOLS[name](**numbers, fit_intercept=scaling.get("intercept", True), **extra)
        model.fit(columns(X, **scaling), y)
        assert_same(in_the_units_of(scaling, report), model.coef_, 1e-5)

    def test_glmnet(self, convention: Convention, penalty: str, scaling: dict[str, Any]) -> None:
        """glmnet's lambda and alpha, by way of the convention that the stored references prove."""
        report = self.fit(convention, penalty, scaling)
        said = report.model.equivalents.glmnet
        name, numbers = parsed(said.call)
        assert name == "glmnet"
        assert numbers["lambda"] == pytest.approx(said.value, rel=1e-5)
        assert ("standardize=FALSE" in said.call) == (scaling.get("standardize") is False)
        assert ("intercept=FALSE" in said.call) == (scaling.get("intercept") is False)
        again = regcli.fit(
            small()[0],
            penalty="elasticnet",
            l1_ratio=numbers["alpha"],
            alpha=said.value,
            convention="glmnet",
            **scaling,
        )
        assert_same(standardized(again), standardized(report), 1e-5)

    def test_stata(self, convention: Convention, penalty: str, scaling: dict[str, Any]) -> None:
        """Stata's lambda and alpha are those of `mean`; it always standardizes, which is said where we do not."""
        report = self.fit(convention, penalty, scaling)
        said = report.model.equivalents.stata
        if scaling.get("standardize") is False:
            assert said.value is None and "standardize" in said.call
            return
        _, numbers = parsed(said.call)
        again = regcli.fit(
            small()[0], penalty="elasticnet", l1_ratio=numbers.get("alpha", 1.0), alpha=said.value, **scaling
        )
        assert_same(standardized(again), standardized(report), 1e-5)

    @pytest.mark.parametrize(("tool", "other"), [("textbook_sum", "sum"), ("keras_mse", "mse")])
    def test_textbook_and_keras(
        self, convention: Convention, penalty: str, scaling: dict[str, Any], tool: str, other: Convention
    ) -> None:
        """The textbook's and Keras' two strengths, given as --l1 and --l2 in that convention: the same to rounding."""
        report = self.fit(convention, penalty, scaling)
        said = report.model.equivalents[tool]
        value = said.value
        if not isinstance(value, dict):
            value = {"l1": value, "l2": 0.0} if ratio_of(penalty) == 1 else {"l1": 0.0, "l2": value}
        for number in value.values():
            assert number == 0 or f"{number:.6g}" in said.call
        again = regcli.fit(small()[0], penalty="elasticnet", **value, convention=other, **scaling)
        assert_same(standardized(again), standardized(report), 1e-13)


TERM = re.compile(r"(?P<number>[-+.e\d]+)(?P<scaled>/s_y)? sum (?P<norm>\|b\||b\^2)")
LOSS = re.compile(r"(?:\((?P<factor>1/2n|1/n)\) )?sum \(y( - b0)? - z\.b\)\^2")


@pytest.mark.parametrize("scaling", SCALINGS, ids=str)
@pytest.mark.parametrize(("convention", "penalty"), EVERY)
def test_formula(convention: Convention, penalty: str, scaling: dict[str, Any]) -> None:
    """The formula that is printed has, at the coefficients printed, the value of the objective, in its own units.

    And every small move away from them makes it larger: it is the formula that was minimised.
    """
    table, X, y = small()
    report = regcli.fit(table, **PENALTIES[penalty], alpha=0.4, convention=convention, **scaling)
    first, *terms = report.model.formula.split(" + ")
    loss = LOSS.fullmatch(first)
    assert loss and ("b0" in first) == scaling.get("intercept", True)
    factor = {"1/2n": 1 / 120, "1/n": 1 / 60, None: 1.0}[loss["factor"]]
    Z = columns(X, **scaling)
    target = y - y.mean() if scaling.get("intercept", True) else y

    def value(coef: Vector) -> float:
        total = factor * float(np.sum((target - Z @ coef) ** 2))
        for term in terms:
            part = TERM.fullmatch(term)
            assert part, term
            number = float(part["number"])
            number /= report.model.target_deviation if part["scaled"] else 1
            total += number * float(np.sum(np.abs(coef) if part["norm"] == "|b|" else coef**2))
        return total

    coef = in_the_units_of(scaling, report)
    assert value(coef) == pytest.approx(report.model.objective * 120 * factor, rel=1e-12)
    for j in range(5):
        for move in (-1e-3, 1e-3):
            assert value(coef + move * np.eye(5)[j]) > value(coef)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_two_strengths(convention: Convention) -> None:
    """`--l1 A --l2 B` are the two numbers in front of the two norms, whichever the formula: A = a r, B = a (1 - r)."""
    table = small()[0]
    pair = regcli.fit(table, penalty="elasticnet", l1=0.3, l2=0.9, convention=convention)
    single = regcli.fit(table, penalty="elasticnet", alpha=1.2, l1_ratio=0.25, convention=convention)
    assert_same(standardized(pair), standardized(single), 1e-13)
    assert (pair.model.l1, pair.model.l2) == pytest.approx((single.model.l1, single.model.l2), rel=1e-15)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_strengths_repeat_the_fit(convention: Convention, penalty: str) -> None:
    """Whatever the convention, the L1 and L2 that a report states are --l1 and --l2 of the default one."""
    table = small()[0]
    report = regcli.fit(table, **PENALTIES[penalty], alpha=0.4, convention=convention)
    again = regcli.fit(table, penalty="elasticnet", l1=report.model.l1, l2=report.model.l2)
    assert_same(standardized(again), standardized(report), 1e-13)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
@pytest.mark.parametrize("scaling", SCALINGS, ids=str)
def test_alpha_max(convention: Convention, penalty: str, scaling: dict[str, Any]) -> None:
    """The alpha_max that a report prints is the least number in its own convention at which everything is zero."""
    table = small()[0]

    def fit(alpha: float) -> Any:
        return regcli.fit(table, **PENALTIES[penalty], alpha=alpha, convention=convention, **scaling)

    largest = fit(1.0).model.alpha_max
    assert fit(largest).sparsity.nonzero == 0
    assert fit(0.999 * largest).sparsity.nonzero == 1
