"""Relations that every answer must satisfy, for every family but that of survival times, through the Python functions.

Data are small; what is solved to rounding must agree to `CLOSE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import huber, log_softmax, xlogy
from scipy.stats import median_abs_deviation
from sklearn.metrics import mean_gamma_deviance, mean_pinball_loss, mean_tweedie_deviance, roc_auc_score

import regcli
from regcli.specs import FAMILIES as NAMES

Array = NDArray[np.float64]
CLOSE = 1e-8
"""Of the largest standardized coefficient: Newton's steps end where rounding hides what is gained."""
FAMILIES = [name for name in NAMES if name != "cox"]
OTHERS = FAMILIES[1:]
LIKELIHOODS = ["binomial", "multinomial", "poisson"]
PENALTIES = ["l1", "l2", "elasticnet"]
PAIRS = [
    (family, penalty) for family in OTHERS for penalty in PENALTIES if (family, penalty != "l1") != ("quantile", 1)
]
OWN: dict[str, dict[str, Any]] = {
    "tweedie": {"power": 1.4},
    "huber": {"threshold": 0.6},
    "quantile": {"quantile_level": 0.3},
}
"""Options of one family alone, away from what they are unless given."""
few = settings(max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
families = pytest.mark.parametrize("family", FAMILIES)
others = pytest.mark.parametrize("family", OTHERS)
pairs = pytest.mark.parametrize(("family", "penalty"), PAIRS)


@dataclass(frozen=True)
class Rows:
    """Features of several scales and offsets in a frame, with the target y last; classes are text."""

    frame: pd.DataFrame
    family: str
    rng: np.random.Generator

    @property
    def names(self) -> list[str]:
        return [name for name in self.frame.columns if name.startswith("x")]

    @property
    def asked(self) -> dict[str, Any]:
        """The options that name the family and shape its loss."""
        return {"family": self.family, **OWN.get(self.family, {})}

    def fit(self, frame: pd.DataFrame | None = None, **options: Any) -> Any:
        """The certified fit of these rows, or of others."""
        frame = self.frame if frame is None else frame
        report = regcli.fit(frame, "y", **{**self.asked, "alpha": 0.03, **options})
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
    elif family in ("huber", "quantile"):
        y = eta + rng.standard_t(2, size=n)
    elif family in ("gamma", "tweedie"):
        y = np.exp(0.4 * eta + 0.6) * rng.gamma(2.0, 0.5, size=n)
        y = np.where(rng.uniform(size=n) < 0.2, 0.0, y) if family == "tweedie" else y
    elif family in ("binomial", "squared_hinge"):
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


def posed(family: str, problem: tuple[int, dict[str, Any]]) -> tuple[Rows, dict[str, Any]]:
    """The rows of a drawn problem and its options; quantiles have one penalty."""
    seed, options = problem
    return rows(family, seed), {**options, "penalty": "l1"} if family == "quantile" else options


@families
@few
@given(problem=problems())
def test_orders_and_names(family: str, problem: tuple[int, dict[str, Any]]) -> None:
    """Any order of rows and of columns: the same fit. New names: the same numbers to the bit."""
    data, options = posed(family, problem)
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
    data, options = posed(family, problem)
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


@others
@few
@given(problem=problems(), c=st.sampled_from([-1e3, 1.0, 30.0]), k=st.sampled_from([-1.0, 1e-6, 0.3, 1e6]))
def test_shifted_and_scaled_columns(family: str, problem: tuple[int, dict[str, Any]], c: float, k: float) -> None:
    """x_j + c, c in deviations, moves the intercept only; x_j times k divides its coefficient by k."""
    data, options = posed(family, problem)
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


@others
@few
@given(problem=problems())
def test_constant_and_duplicated_columns(family: str, problem: tuple[int, dict[str, Any]]) -> None:
    """A constant column changes nothing, to the bit; twins sum to the old coefficient under l1, are equal under l2."""
    data, options = posed(family, problem)
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


@pytest.mark.parametrize(("family", "penalty"), [pair for pair in PAIRS if pair[1] != "l2"])
def test_alpha_max(family: str, penalty: str) -> None:
    """From the alpha_max that is reported everything is exactly zero; at 0.999 of it something is not."""
    data = rows(family, 5)
    largest = data.fit(penalty=penalty).model.alpha_max
    for alpha in (largest, 2 * largest, 1e6 * largest):
        report = data.fit(penalty=penalty, alpha=alpha)
        assert report.sparsity.nonzero == 0
        assert report.metrics.train.deviance_ratio == pytest.approx(0.0, abs=1e-14)
    assert data.fit(penalty=penalty, alpha=0.999 * largest).sparsity.nonzero > 0


@pairs
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


@pytest.mark.parametrize(
    ("family", "penalty", "ratio"), [(*pair, float(pair[1] == "l1")) for pair in PAIRS if pair[1] != "elasticnet"]
)
def test_ends_of_l1_ratio(family: str, penalty: str, ratio: float) -> None:
    """An elastic net of l1_ratio 1 is l1, of l1_ratio 0 is l2, to the bit."""
    data = rows(family, 7)
    assert np.array_equal(table(data.fit(penalty="elasticnet", l1_ratio=ratio)), table(data.fit(penalty=penalty)))


@pairs
def test_path_and_cv(family: str, penalty: str) -> None:
    """Along the path the deviance falls; each point, and the model that cv chooses, is what fit finds at that strength;
    jobs change nothing."""
    data = rows(family, 8)
    path = regcli.path(data.frame, "y", penalty=penalty, n_alphas=12, full_path=True, **data.asked)  # type: ignore[arg-type]
    assert path.certificate.certified
    assert np.all(np.diff(path.arrays.deviance_ratio) >= -1e-12)
    # What is compared is L1 and L2: an elastic net's own grid has another L2 than its alpha means to fit.
    for index in (3, 11):
        point = path.path[index]
        found = data.fit(penalty="elasticnet", alpha=None, l1=point.l1, l2=point.l2)
        scale = float(np.max(np.abs(table(found)))) + 1e-6
        assert np.atleast_2d(path.arrays.standardized[index]) == pytest.approx(table(found), abs=CLOSE * scale)
        assert path.arrays.deviance_ratio[index] == pytest.approx(found.metrics.train.deviance_ratio, abs=1e-10)
    asked: dict[str, Any] = {**data.asked, "penalty": penalty, "n_alphas": 8, "folds": 3, "rule": "min"}
    chosen = regcli.cv(data.frame, "y", jobs=1, **asked)
    found = data.fit(penalty="elasticnet", alpha=None, l1=chosen.model.l1, l2=chosen.model.l2)
    assert_same(chosen, found)
    if penalty == "l1":
        assert regcli.cv(data.frame, "y", jobs=2, **asked).to_dict() == chosen.to_dict()


@pytest.mark.parametrize("penalty", ["l1", "l2", "none"])
@pytest.mark.parametrize("family", LIKELIHOODS)
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


# Other targets

STRONGER: dict[str, Any] = {
    "huber": lambda k, power: abs(k),  # losses are in squares of the unit, coefficients in the unit
    "quantile": lambda k, power: 1.0,  # both are in the unit
    "gamma": lambda k, power: 1.0,  # neither has one
    "tweedie": lambda k, power: k ** (2 - power),
    "poisson": lambda k, power: k,
}
"""What the L1 strength is multiplied by where targets are multiplied by k, for the same answer."""


@pytest.mark.parametrize("penalty", ["l1", "none"])
@pytest.mark.parametrize("family", ["huber", "quantile"])
@pytest.mark.parametrize("c", [-1e4, 3.0, 1e6])
def test_shifted_targets(family: str, penalty: str, c: float) -> None:
    """y + c moves the intercept by c and nothing else, up to the digits that c leaves of y."""
    data = rows(family, 12)
    options: dict[str, Any] = {"penalty": penalty, "alpha": None if penalty == "none" else 0.03}
    expected = data.fit(**options)
    found = data.fit(data.frame.assign(y=data.frame["y"] + c), **options)
    close = CLOSE + 1e-12 * abs(c)
    assert_same(found, expected, close=close)
    assert levels(found) == pytest.approx(levels(expected) + c, abs=close * reach(expected, data.frame, data.names))
    if family == "huber":
        assert found.model.parameters.scale == pytest.approx(expected.model.parameters.scale, rel=1e-9)
    assert found.metrics.train.mae == pytest.approx(expected.metrics.train.mae, rel=1e-7)


def test_paths_of_shifted_targets() -> None:
    """Along a path and in folds too, whose errors are the same."""
    data = rows("huber", 12)
    moved = data.frame.assign(y=data.frame["y"] + 1e8)
    asked: dict[str, Any] = {**data.asked, "n_alphas": 6, "folds": 3, "jobs": 1}
    expected, found = (regcli.cv(frame, "y", **asked) for frame in (data.frame, moved))
    assert found.certificate.certified and found.folds.certified
    assert [row.mean for row in found.curve] == pytest.approx([row.mean for row in expected.curve], rel=1e-6)
    assert regcli.path(moved, "y", n_alphas=6, full_path=True, **data.asked).certificate.certified


@pytest.mark.parametrize("penalty", ["l1", "l2", "none"])
@pytest.mark.parametrize("threshold", [0.05, 1.345])
def test_how_far_an_outlier_lies_does_not_matter(penalty: str, threshold: float) -> None:
    """Beyond the threshold of huber a target pulls as hard however far it is; so does the level of a null model."""
    data = rows("huber", 18)
    options: dict[str, Any] = {"penalty": penalty, "alpha": None if penalty == "none" else 0.03, "threshold": threshold}
    expected, *others = (
        data.fit(data.frame.assign(y=data.frame["y"].mask(data.frame.index == 3, far)), **options)
        for far in (1e3, 1e6, 1e10)
    )
    for found, loss in zip(others, (1e-6, 1e-3), strict=True):  # the certificate's unit grows with the objective
        assert_same(found, expected, close=loss)
        assert found.model.parameters.scale == expected.model.parameters.scale
        if penalty == "l1":
            assert found.model.alpha_max == pytest.approx(expected.model.alpha_max, rel=1e-6)


@pytest.mark.parametrize("penalty", ["l1", "none"])
@pytest.mark.parametrize("k", [1e-5, 0.3, 1e7])
@pytest.mark.parametrize("family", STRONGER)
def test_scaled_targets(family: str, k: float, penalty: str) -> None:
    """y times k: coefficients times k, or of a logarithm the intercept by log k only; huber's threshold goes along."""
    data = rows(family, 13)
    power = OWN.get(family, {}).get("power", 1.0)
    expected = data.fit(penalty=penalty, alpha=None if penalty == "none" else 0.03)
    scaled = data.frame.assign(y=k * data.frame["y"])
    strength = None if penalty == "none" else 0.03 * STRONGER[family](k, power)
    found = data.fit(scaled, penalty=penalty, alpha=strength)
    if family in ("huber", "quantile"):
        assert table(found) / k == pytest.approx(table(expected), abs=CLOSE * float(np.max(np.abs(table(expected)))))
        assert levels(found) / k == pytest.approx(levels(expected), abs=CLOSE * reach(expected, scaled, data.names))
    else:
        assert_same(found, expected)
        assert levels(found) - np.log(k) == pytest.approx(
            levels(expected), abs=CLOSE * reach(expected, scaled, data.names)
        )
    if family == "huber":
        assert found.model.parameters.scale == pytest.approx(k * expected.model.parameters.scale, rel=1e-12)
        assert found.metrics.train.beyond == expected.metrics.train.beyond
    assert found.metrics.train.deviance_ratio == pytest.approx(expected.metrics.train.deviance_ratio, rel=1e-9)


@pytest.mark.parametrize("family", ["huber", "quantile"])
def test_mirrored_targets(family: str) -> None:
    """Minus y has minus the coefficients; of a quantile at the other level, whose rows are as many above."""
    data = rows(family, 14)
    mirrored = data.frame.assign(y=-data.frame["y"])
    other = {"quantile_level": 0.7} if family == "quantile" else {}
    expected, found = data.fit(), data.fit(mirrored, **other)
    assert_same(found, expected, -1.0)
    assert levels(found) == pytest.approx(-levels(expected), abs=CLOSE * reach(expected, data.frame, data.names))
    assert found.metrics.train.mae == pytest.approx(expected.metrics.train.mae, rel=1e-9)


@pytest.mark.parametrize("penalty", ["l1", "l2", "none"])
def test_swapped_sides(penalty: str) -> None:
    """The other side of a margin negates every coefficient and the intercept."""
    data = rows("squared_hinge", 15)
    options: dict[str, Any] = {"penalty": penalty, "alpha": None if penalty == "none" else 0.03}
    yes, no = (data.fit(positive_class=one, **options) for one in ("yes", "no"))
    assert_same(no, yes, -1.0)
    assert levels(no) == pytest.approx(-levels(yes), abs=CLOSE * reach(yes, data.frame, data.names))
    for name in ("squared_hinge", "auc", "accuracy", "within"):
        assert no.metrics.train[name] == pytest.approx(yes.metrics.train[name], rel=1e-9)


@pytest.mark.parametrize("family", ["huber", "quantile"])
@pytest.mark.parametrize("penalty", ["l1", "none"])
def test_an_offset_is_taken_off_the_target(family: str, penalty: str) -> None:
    """Of a model of the target itself: the same fit, the threshold of huber that of what is left."""
    data = rows(family, 16)
    options: dict[str, Any] = {"penalty": penalty, "alpha": None if penalty == "none" else 0.03}
    offset = data.rng.normal(size=len(data.frame))
    found = data.fit(data.frame.assign(o=offset), offset="o", **options)
    expected = data.fit(data.frame.assign(y=data.frame["y"] - offset), **options)
    assert_same(found, expected)
    assert levels(found) == pytest.approx(levels(expected), abs=CLOSE * reach(expected, data.frame, data.names))
    assert found.metrics.train.deviance_ratio == pytest.approx(expected.metrics.train.deviance_ratio, rel=1e-9)


@pytest.mark.parametrize("penalty", ["l1", "l2", "none"])
@pytest.mark.parametrize("family", [name for name in OTHERS if name not in LIKELIHOODS])
def test_measures_of_a_fit(family: str, penalty: str) -> None:
    """Losses and shares, made anew from the coefficients in the file's units and the definitions."""
    if family == "quantile" and penalty == "l2":
        return
    data = rows(family, 17)
    report = data.fit(penalty=penalty, alpha=None if penalty == "none" else 0.03)
    y = data.frame["y"].to_numpy()
    eta = data.frame[data.names].to_numpy() @ table(report, "coefficient")[0] + levels(report)[0]
    found = report.metrics.train
    if family in ("gamma", "tweedie"):
        power = 2.0 if family == "gamma" else 1.4
        deviance = mean_gamma_deviance if family == "gamma" else partial(mean_tweedie_deviance, power=power)
        mu = np.exp(eta)
        expected = {
            "deviance": deviance(y, mu), "deviance_ratio": 1 - deviance(y, mu) / deviance(y, np.full(60, y.mean())),
            "mse": np.mean((y - mu) ** 2), "mae": np.mean(np.abs(y - mu)),
        }  # fmt: skip
    elif family == "quantile":
        null = mean_pinball_loss(y, np.full(60, np.quantile(y, 0.3)), alpha=0.3)
        loss = mean_pinball_loss(y, eta, alpha=0.3)
        expected = {"pinball": loss, "deviance_ratio": 1 - loss / null, "mae": np.mean(np.abs(y - eta)),
                    "coverage": np.mean(y <= eta + 1e-9)}  # fmt: skip
    elif family == "huber":
        scale = median_abs_deviation(y, scale="normal")
        assert report.model.parameters.scale == pytest.approx(scale, rel=1e-12)
        assert report.model.parameters.threshold == pytest.approx(0.6 * scale, rel=1e-12)
        level = minimize_scalar(lambda one: huber(0.6 * scale, y - one).sum(), bounds=(y.min(), y.max()),
                                options={"xatol": 1e-12})  # fmt: skip
        loss, error = huber(0.6 * scale, y - eta).mean(), np.abs(y - eta)
        expected = {"huber": loss, "deviance_ratio": 1 - loss / (level.fun / 60), "medae": np.median(error),
                    "beyond": np.mean(error > 0.6 * scale), "mae": error.mean()}  # fmt: skip
    else:
        side = np.where(y == "yes", 1, -1)
        loss, share = np.mean(np.maximum(1 - side * eta, 0) ** 2), np.mean(side > 0)
        expected = {
            "squared_hinge": loss, "deviance_ratio": 1 - loss / (4 * share * (1 - share)),
            "accuracy": np.mean((eta >= 0) == (side > 0)), "auc": roc_auc_score(side, eta),
            "within": np.mean(side * eta < 1),
        }  # fmt: skip
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9), name
