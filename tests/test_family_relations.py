"""Relations that every answer must satisfy, for classes and counts as for squared error, through the Python functions.

Data are small; what is solved to rounding must agree to `CLOSE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import log_softmax, xlogy

import regcli

Array = NDArray[np.float64]
CLOSE = 1e-8
"""Of the largest standardized coefficient: Newton's steps end where rounding hides what is gained."""
LIKELIHOODS = ["binomial", "multinomial", "poisson"]
FAMILIES = ["gaussian", *LIKELIHOODS]
few = settings(max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
families = pytest.mark.parametrize("family", FAMILIES)
likelihoods = pytest.mark.parametrize("family", LIKELIHOODS)


@dataclass(frozen=True)
class Rows:
    """Features of several scales and offsets in a frame, with the target y last; classes are text."""

    frame: pd.DataFrame
    family: str
    rng: np.random.Generator

    @property
    def names(self) -> list[str]:
        return [name for name in self.frame.columns if name.startswith("x")]

    def fit(self, frame: pd.DataFrame | None = None, **options: Any) -> Any:
        """The certified fit of these rows, or of others."""
        frame = self.frame if frame is None else frame
        report = regcli.fit(frame, "y", **{"family": self.family, "alpha": 0.03, **options})
        assert report.certificate.certified
        return report


def rows(family: str, seed: int = 0, n: int = 60) -> Rows:
    """Correlated columns, a target that goes with two of them."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, 4)) + 0.7 * rng.normal(size=(n, 1))
    X = (Z + rng.uniform(-1, 1, 4)) * np.array([1.0, 30.0, 0.02, 1.0])
    eta = Z[:, 0] - 0.8 * Z[:, 1]
    if family == "gaussian":
        y: Any = eta + rng.normal(size=n)
    elif family == "poisson":
        y = rng.poisson(np.exp(0.4 * eta + 0.6)).astype(float)
    elif family == "binomial":
        y = np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-eta)), "yes", "no")
    else:
        y = np.array(["a", "b", "c"])[
            np.argmax(np.column_stack([eta, -eta, 0 * eta]) + rng.gumbel(size=(n, 3)), axis=1)
        ]
    return Rows(pd.DataFrame(X, columns=["x0", "x1", "x2", "x3"]).assign(y=y), family, rng)


def outputs(report: Any) -> list[Any]:
    """One for each class of several; else the model itself."""
    return report.model.classes or [report.model]


def table(report: Any, kind: str = "standardized") -> Array:
    """Coefficients (1, p), of several classes (K, p)."""
    return np.array([[row[kind] for row in one.coefficients] for one in outputs(report)])


def levels(report: Any) -> Array:
    """Intercepts in the units of the file, (1,) or (K,)."""
    return np.array([one.intercept for one in outputs(report)])


def assert_same(found: Any, expected: Any, change: Any = 1.0, close: float = CLOSE) -> None:
    """The same standardized coefficients, times `change`."""
    scale = float(np.max(np.abs(table(expected)))) + 1e-6
    assert table(found) == pytest.approx(change * table(expected), abs=close * scale)


def reach(report: Any, frame: pd.DataFrame, names: list[str]) -> float:
    """How large a sum of terms may be: what an intercept can be known to."""
    return 1 + float(np.max(np.abs(table(report, "coefficient")) @ np.abs(frame[names].to_numpy()).max(axis=0)))


@st.composite
def problems(draw: st.DrawFn, penalties: tuple[str, ...] = ("l1", "l2", "elasticnet")) -> tuple[int, dict[str, Any]]:
    """A seed of the rows, and options of the fit."""
    options = {"penalty": draw(st.sampled_from(penalties)), "alpha": draw(st.sampled_from([0.003, 0.03, 0.1]))}
    return draw(st.integers(0, 2**16)), options


@families
@few
@given(problem=problems())
def test_orders_and_names(family: str, problem: tuple[int, dict[str, Any]]) -> None:
    """Any order of rows and of columns: the same fit. New names: the same numbers to the bit."""
    seed, options = problem
    data = rows(family, seed)
    expected = data.fit(**options)
    shuffled = data.frame.iloc[data.rng.permutation(len(data.frame))].reset_index(drop=True)
    found = data.fit(shuffled, **options)
    assert_same(found, expected)
    assert levels(found) == pytest.approx(levels(expected), abs=CLOSE * reach(expected, data.frame, data.names))
    found = data.fit(data.frame[["x3", "x1", "x0", "x2", "y"]], **options)
    scale = float(np.max(np.abs(table(expected)))) + 1e-6
    assert table(found) == pytest.approx(table(expected)[:, [3, 1, 0, 2]], abs=CLOSE * scale)
    found = data.fit(data.frame.rename(columns={"x0": "é, 7", "x2": "intercept"}), **options)
    assert np.array_equal(table(found, "coefficient"), table(expected, "coefficient"))
    assert np.array_equal(levels(found), levels(expected))
    assert (found.metrics, found.certificate) == (expected.metrics, expected.certificate)


@families
@few
@given(problem=problems())
def test_doubled_and_weighted_rows(family: str, problem: tuple[int, dict[str, Any]]) -> None:
    """Rows doubled: the same fit. Weight k equals k copies, weight 0 equals absence."""
    seed, options = problem
    data = rows(family, seed)
    assert_same(data.fit(pd.concat([data.frame] * 2, ignore_index=True), **options), data.fit(**options))
    weighted = data.frame.assign(w=data.rng.integers(0, 4, len(data.frame)))
    copies = data.frame.loc[data.frame.index.repeat(weighted["w"])].reset_index(drop=True)
    found, expected = data.fit(weighted, weights="w", **options), data.fit(copies, **options)
    assert_same(found, expected)
    absent = data.fit(weighted[weighted["w"] > 0], weights="w", **options)
    assert np.array_equal(table(found), table(absent))
    measured, known = (report.to_dict()["metrics"]["train"] for report in (found, expected))
    for name in set(measured) - {"rows", "confusion"}:
        assert measured[name] == pytest.approx(known[name], rel=1e-7), name
    assert found.model.alpha_max == pytest.approx(expected.model.alpha_max, rel=1e-10)


@likelihoods
@few
@given(problem=problems(), c=st.sampled_from([-1e3, 1.0, 30.0]), k=st.sampled_from([-1.0, 1e-6, 0.3, 1e6]))
def test_shifted_and_scaled_columns(family: str, problem: tuple[int, dict[str, Any]], c: float, k: float) -> None:
    """x_j + c, c in deviations, moves the intercept only; x_j times k divides its coefficient by k."""
    seed, options = problem
    data = rows(family, seed)
    expected = data.fit(**options)
    shift = c * float(data.frame["x1"].std())
    moved = data.frame.assign(x1=data.frame["x1"] + shift)
    found = data.fit(moved, **options)
    assert_same(found, expected)
    # Intercepts of several classes are reported with the sum 0.
    level = levels(expected) - shift * table(expected, "coefficient")[:, 1]
    level = level - level.mean() if len(level) > 1 else level
    assert levels(found) == pytest.approx(level, abs=CLOSE * reach(expected, moved, data.names))
    found = data.fit(data.frame.assign(x2=k * data.frame["x2"]), **options)
    assert_same(found, expected, np.array([1.0, 1.0, np.sign(k), 1.0]))
    largest = float(np.max(np.abs(table(expected)))) / float(data.frame["x2"].std())
    assert k * table(found, "coefficient")[:, 2] == pytest.approx(
        table(expected, "coefficient")[:, 2], abs=CLOSE * largest
    )


@likelihoods
@few
@given(problem=problems())
def test_constant_and_duplicated_columns(family: str, problem: tuple[int, dict[str, Any]]) -> None:
    """A constant column changes nothing, to the bit; twins sum to the old coefficient under l1, are equal under l2."""
    seed, options = problem
    data = rows(family, seed)
    expected = data.fit(**options)
    constant = data.frame.copy()
    constant.insert(1, "x9", 7.0)
    assert np.array_equal(table(data.fit(constant, **options)), table(expected))
    twins = data.frame.copy()
    twins.insert(4, "x9", twins["x0"])
    found = data.fit(twins, **options)
    scale = float(np.max(np.abs(table(expected)))) + 1e-6
    if options["penalty"] == "l1":
        assert table(found)[:, 0] + table(found)[:, 4] == pytest.approx(table(expected)[:, 0], abs=CLOSE * scale)
        assert not np.any(table(found)[:, 4])
    else:
        assert table(found)[:, 0] == pytest.approx(table(found)[:, 4], abs=CLOSE * scale)


@likelihoods
@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
def test_alpha_max(family: str, penalty: str) -> None:
    """From the alpha_max that is reported everything is exactly zero; at 0.999 of it something is not."""
    data = rows(family, 5)
    largest = data.fit(penalty=penalty).model.alpha_max
    for alpha in (largest, 2 * largest, 1e6 * largest):
        report = data.fit(penalty=penalty, alpha=alpha)
        assert report.sparsity.nonzero == 0
        assert report.metrics.train.deviance_ratio == pytest.approx(0.0, abs=1e-14)
    assert data.fit(penalty=penalty, alpha=0.999 * largest).sparsity.nonzero > 0


@likelihoods
@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_alpha_to_zero(family: str, penalty: str) -> None:
    """As alpha goes to 0 the fit tends to maximum likelihood, in proportion to alpha; at 0 it is that, to the bit."""
    data = rows(family, 6)
    expected = data.fit(penalty="none", alpha=None)
    sizes = [
        float(np.max(np.abs(centred(data.fit(penalty=penalty, alpha=a)) - centred(expected)))) for a in (1e-4, 1e-6)
    ]
    assert sizes[0] < 0.1
    assert sizes[1] <= 0.0101 * sizes[0] + 1e-9
    assert np.array_equal(table(data.fit(penalty=penalty, alpha=0)), table(expected))


def centred(report: Any) -> Array:
    """Coefficients of several classes up to what is added to all of them, which alone a penalty decides."""
    found = table(report)
    return found - found.mean(axis=0) if len(found) > 1 else found


@likelihoods
@pytest.mark.parametrize(("penalty", "ratio"), [("l1", 1.0), ("l2", 0.0)])
def test_ends_of_l1_ratio(family: str, penalty: str, ratio: float) -> None:
    """An elastic net of l1_ratio 1 is l1, of l1_ratio 0 is l2, to the bit."""
    data = rows(family, 7)
    assert np.array_equal(table(data.fit(penalty="elasticnet", l1_ratio=ratio)), table(data.fit(penalty=penalty)))


@likelihoods
@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_path_and_cv(family: str, penalty: str) -> None:
    """Along the path the deviance falls; each point, and the model that cv chooses, is what fit finds at that strength;
    jobs change nothing."""
    data = rows(family, 8)
    path = regcli.path(data.frame, "y", family=family, penalty=penalty, n_alphas=12, full_path=True)
    assert path.certificate.certified
    assert np.all(np.diff(path.arrays.deviance_ratio) >= -1e-12)
    # What is compared is L1 and L2: an elastic net's own grid has another L2 than its alpha means to fit.
    for index in (3, 11):
        point = path.path[index]
        found = data.fit(penalty="elasticnet", alpha=None, l1=point.l1, l2=point.l2)
        scale = float(np.max(np.abs(table(found)))) + 1e-6
        assert np.atleast_2d(path.arrays.standardized[index]) == pytest.approx(table(found), abs=CLOSE * scale)
        assert path.arrays.deviance_ratio[index] == pytest.approx(found.metrics.train.deviance_ratio, abs=1e-10)
    asked: dict[str, Any] = {"family": family, "penalty": penalty, "n_alphas": 8, "folds": 3, "rule": "min"}
    chosen = regcli.cv(data.frame, "y", jobs=1, **asked)
    found = data.fit(penalty="elasticnet", alpha=None, l1=chosen.model.l1, l2=chosen.model.l2)
    assert_same(chosen, found)
    if penalty == "l1":
        assert regcli.cv(data.frame, "y", jobs=2, **asked).to_dict() == chosen.to_dict()


@likelihoods
@pytest.mark.parametrize("penalty", ["l1", "l2", "none"])
def test_metrics(family: str, penalty: str) -> None:
    """Deviance, log loss, accuracy, Brier score and errors, made anew from the coefficients in the file's units."""
    data = rows(family, 9)
    report = data.fit(penalty=penalty, alpha=None if penalty == "none" else 0.03)
    X, y = data.frame[data.names].to_numpy(), data.frame["y"].to_numpy()
    eta = (X @ table(report, "coefficient").T + levels(report)).squeeze()
    found = report.metrics.train
    if family == "poisson":
        mu = np.exp(eta)
        null = 2 * np.mean(xlogy(y, y / y.mean()))
        deviance = 2 * np.mean(xlogy(y, y / mu) - y + mu)
        mse, mae = np.mean((y - mu) ** 2), np.mean(np.abs(y - mu))
        expected = {"mse": mse, "rmse": np.sqrt(mse), "mae": mae}
    else:
        classes = np.array(sorted(set(y)))
        logs = log_softmax(eta if eta.ndim == 2 else np.column_stack([np.zeros(len(y)), eta]), axis=1)
        hot = (y[:, None] == classes).astype(float)
        shares = hot.mean(axis=0)
        null, deviance = -2 * np.sum(shares * np.log(shares)), -2 * np.mean(np.sum(hot * logs, axis=1))
        probability = np.exp(logs)
        brier = np.mean(np.sum((hot - probability) ** 2, axis=1)) / (2 if len(classes) == 2 else 1)
        accuracy = np.mean(classes[np.argmax(logs, axis=1)] == y)
        expected = {"log_loss": deviance / 2, "brier": brier, "accuracy": accuracy}
    expected |= {"deviance": deviance, "deviance_ratio": 1 - deviance / null}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet", "none"])
def test_swapped_classes(penalty: str) -> None:
    """The other class as the positive one negates every coefficient and the intercept, and leaves the fit as good."""
    data = rows("binomial", 10)
    options: dict[str, Any] = {"penalty": penalty, "alpha": None if penalty == "none" else 0.03}
    yes, no = (data.fit(positive_class=one, **options) for one in ("yes", "no"))
    assert (yes.model.positive_class, no.model.positive_class) == ("yes", "no")
    assert_same(no, yes, -1.0)
    assert levels(no) == pytest.approx(-levels(yes), abs=CLOSE * reach(yes, data.frame, data.names))
    for name in ("deviance", "auc", "brier", "accuracy"):
        assert no.metrics.train[name] == pytest.approx(yes.metrics.train[name], rel=1e-9)


@pytest.mark.parametrize("penalty", ["l1", "l2", "none"])
def test_exposure(penalty: str) -> None:
    """An exposure E is the offset log E, for fit and for the strength that cv chooses."""
    data = rows("poisson", 11)
    exposure = data.rng.uniform(0.5, 20, len(data.frame))
    given, logs = data.frame.assign(e=exposure), data.frame.assign(e=np.log(exposure))
    options: dict[str, Any] = {"penalty": penalty, "alpha": None if penalty == "none" else 0.03}
    found, expected = data.fit(given, exposure="e", **options), data.fit(logs, offset="e", **options)
    assert np.array_equal(table(found), table(expected))
    assert np.array_equal(levels(found), levels(expected))
    assert found.metrics == expected.metrics
    if penalty != "none":
        asked: dict[str, Any] = {"family": "poisson", "penalty": penalty, "n_alphas": 8, "folds": 3, "jobs": 1}
        one = regcli.cv(given, "y", exposure="e", **asked)
        other = regcli.cv(logs, "y", offset="e", **asked)
        assert (one.model.alpha, one.chosen) == (other.model.alpha, other.chosen)
