"""Pictures of survival times, of several quantiles, of margins and thresholds: numbers right, words apart."""

from __future__ import annotations

import copy
import math
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import NAMES, table
from commandline import regcli as command
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support import DATA, SAMPLES, frame
from test_pictures import check_words, marks, row_names
from test_plots import MAGIC, by_gid, words

import regcli
from regcli.report.pictures.compare import FAR
from regcli.report.pictures.fan import grouped_rows, shown_levels
from regcli.report.pictures.margins import MOST_BINS, bin_edges
from regcli.report.pictures.survival import LEFT, MOST_STEPS, visible_steps
from regcli.report.to_plot import SUFFIXES, figure_of, to_picture
from regcli.report.webpage.figures import figures
from regcli.report.webpage.views import view_of

pytest.importorskip("matplotlib")

from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

Vector = NDArray[np.float64]
COX: Any = {"source": DATA / "glmnet_cox.csv.gz", "target": "time", "event": "status", "family": "cox"}
BOSTON: Any = {"source": DATA / "boston.csv", "target": "medv"}
WDBC: Any = {"source": SAMPLES / "wdbc.csv", "target": "diagnosis", "exclude": "id", "family": "squared_hinge"}
DIABETES: Any = {"source": SAMPLES / "diabetes.csv", "family": "quantile", "alpha": 0.02}
LEVELS = (0.1, 0.5, 0.9)
MINUS = "\N{MINUS SIGN}"


@cache
def made(name: str) -> Any:
    """The fit of each family that the tests draw."""
    fits: dict[str, dict[str, Any]] = {
        "cox": {**COX, "alpha": 0.05},
        "cox, test rows": {**COX, "alpha": 0.05, "test_size": 0.3},
        "cox, one group": {**COX, "alpha": 9},
        "huber": {**BOSTON, "family": "huber", "alpha": 0.2},
        "huber, test rows": {**BOSTON, "family": "huber", "alpha": 0.2, "test_size": 0.2},
        "quantile": {**BOSTON, "family": "quantile", "quantile_level": 0.9, "alpha": 0.05, "test_size": 0.2},
        "tweedie": {"source": DATA / "quine.csv", "target": "Days", "family": "tweedie", "alpha": 0.05},
        "gamma": {**BOSTON, "family": "gamma", "alpha": 0.05},
        "margins": {**WDBC, "alpha": 0.05},
        "margins, test rows": {**WDBC, "alpha": 0.05, "test_size": 0.3},
    }
    return regcli.fit(**fits[name])


def fan_of(levels: tuple[float, ...] = LEVELS, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Document and arrays of several quantiles, put together from a fit of each."""
    fits = [regcli.fit(**(DIABETES | more), quantile_level=level) for level in levels]
    middle = fits[min(range(len(levels)), key=lambda k: abs(levels[k] - 0.5))]
    document, arrays = copy.deepcopy(middle.to_dict()), dict(middle.arrays)
    document["model"]["fan"] = [
        {
            "level": level,
            **{key: one.to_dict()["model"][key] for key in ("intercept", "coefficients", "objective")},
            **{key: one.metrics.train[key] for key in ("pinball", "deviance_ratio", "coverage")},
            "nonzero": one.sparsity.nonzero,
            **{key: one.certificate[key] for key in ("gap", "violation", "certified")},
        }
        for level, one in zip(levels, fits, strict=True)
    ]
    arrays["fan"] = {"levels": np.array(levels)}
    for prefix in ("", "test_") if "test_fitted" in arrays else ("",):
        arrays["fan"][f"{prefix}fitted"] = np.column_stack([one.arrays[f"{prefix}fitted"] for one in fits])
        arrays["fan"][f"{prefix}y"] = arrays[f"{prefix}fitted"] + arrays[f"{prefix}residuals"]
    return document, arrays


@pytest.fixture(scope="module")
def fan() -> tuple[dict[str, Any], dict[str, Any]]:
    """Three quantiles of the diabetes data."""
    return fan_of()


# survival


def steps_at(line: Any, times: Vector) -> Vector:
    """What a line of post-steps shows at `times`."""
    x, y = (np.asarray(one, dtype=float) for one in line.get_data())
    assert line.get_drawstyle() == "steps-post"
    return y[np.searchsorted(x, times, side="right") - 1]


def risk_thirds(report: Any) -> tuple[pd.DataFrame, list[Vector], Vector]:
    """The rows, which of them have low, middle and high risk by rank, and their predictors."""
    rows = pd.read_csv(COX["source"])
    coef = {row["name"]: row["coefficient"] for row in report.model.coefficients}
    eta = rows[list(coef)].to_numpy() @ np.array(list(coef.values()))
    third = (3 * (np.argsort(np.argsort(eta)) + 0.5) / len(eta)).astype(int)
    return rows, [np.flatnonzero(third == k) for k in range(3)], eta


def test_observed_survival_is_that_of_statsmodels() -> None:
    """Kaplan-Meier curves of thirds by predicted risk, as long as the axis goes; low risk first in the key."""
    from statsmodels.duration.survfunc import SurvfuncRight

    figure = made("cox").plot()
    rows, thirds, _ = risk_thirds(made("cox"))
    lines, end = by_gid(figure, "observed"), figure.axes[1].get_xlim()[1]
    for line, part in zip(lines, thirds, strict=True):
        expected = SurvfuncRight(rows["time"].to_numpy()[part], rows["status"].to_numpy()[part])
        shown = expected.surv_times[expected.surv_times < end]
        assert len(shown) > 100
        assert steps_at(line, shown) == pytest.approx(expected.surv_prob[: len(shown)], abs=1e-12)
        assert (line.get_xdata()[0], line.get_ydata()[0]) == (0.0, 1.0)
    said = [text for text in words(figure, "key") if "risk" in text]
    groups = made("cox").arrays.survival.training
    assert said[::-1] == [
        f"{name} risk: {group['rows']} rows, {group['event_weight']:.0f} events"
        for name, group in zip(("low", "middle", "high"), groups, strict=True)
    ]
    assert sum(group["rows"] for group in groups) == 1000
    assert len({line.get_color() for line in lines}) == 3


def test_bands_are_those_of_greenwood() -> None:
    """exp(-exp(log(-log S) +- 1.96 s)) with Greenwood's variance, by a loop over the event times of the low third."""
    figure = made("cox").plot()
    band = by_gid(figure, "band", FillBetweenPolyCollection)[0]
    rows, (part, *_), _ = risk_thirds(made("cox"))
    time, event = rows["time"].to_numpy()[part], rows["status"].to_numpy()[part]
    alive, total, corners = 1.0, 0.0, band.get_paths()[0].vertices
    for at in np.sort(time[event == 1])[:120]:
        risk = np.sum(time >= at)
        alive, total = alive * (1 - 1 / risk), total + 1 / (risk * (risk - 1))
        spread = 1.959964 * math.sqrt(total) / -math.log(alive)
        for sign in (1, -1):
            assert np.any(np.all(np.isclose(corners, [at, alive ** math.exp(sign * spread)], atol=1e-6), axis=1))


def test_predicted_survival_is_the_mean_of_the_rows() -> None:
    """exp(-H(t) exp(eta)) with Breslow's baseline, averaged over the rows of a group."""
    figure = made("cox").plot()
    rows, thirds, eta = risk_thirds(made("cox"))
    time, event = rows["time"].to_numpy(), rows["status"].to_numpy()
    hazard = np.exp(eta)
    for part, line in zip(thirds, by_gid(figure, "predicted"), strict=True):
        assert line.get_linestyle() == "--"
        for at, share in list(zip(*line.get_data(), strict=True))[1::13]:
            deaths = time[(event == 1) & (time <= at)]
            base = sum(1 / hazard[time >= death].sum() for death in deaths)
            assert share == pytest.approx(np.exp(-base * hazard[part]).mean(), abs=1e-9)


def test_test_rows_are_drawn_where_there_are_any() -> None:
    """Their groups in place of those of the training rows, and the title says so."""
    figure = made("cox, test rows").plot()
    assert "survival by predicted risk, test rows" in words(figure, "panel")
    groups = made("cox, test rows").arrays.survival.test
    assert sum(group["rows"] for group in groups) == 300
    assert f"low risk: {groups[0]['rows']} rows, {groups[0]['event_weight']:.0f} events" in words(figure, "key")
    assert "survival by predicted risk" in words(made("cox").plot(), "panel")


def test_axis_of_time_ends_where_few_are_left() -> None:
    """A long tail would leave the curves no room: the axis ends where no group has a tenth left, and says of what."""
    figure = made("cox").plot()
    axes, last = figure.axes[1], pd.read_csv(COX["source"])["time"].max()
    end = axes.get_xlim()[1]
    assert end < last / 1.5
    assert all(
        line.get_ydata()[np.flatnonzero(line.get_xdata() <= end)[-1]] <= LEFT for line in by_gid(figure, "observed")
    )
    assert axes.get_xlabel() == f"time (cut: last row at {last:.4g})"
    short = regcli.fit(pd.read_csv(COX["source"]).assign(time=lambda rows: rows["time"].clip(upper=1.0)), **{
        key: value for key, value in COX.items() if key != "source"}, alpha=0.05).plot()  # fmt: skip
    assert short.axes[1].get_xlabel() == "time"
    assert short.axes[1].get_xlim()[1] == pytest.approx(1.0, rel=0.05)


def test_curves_begin_at_the_least_entry() -> None:
    """Nobody is known to be alive before: 1 from there on."""
    rows = pd.read_csv(COX["source"]).head(300)
    rows["time"] += 5
    rows["begin"] = 2 + 0.1 * rows["time"]
    figure = regcli.fit(rows, "time", event="status", entry="begin", family="cox", alpha=0.05).plot()
    starts = [line.get_xdata()[0] for gid in ("observed", "predicted") for line in by_gid(figure, gid)]
    groups = [float(line.get_xdata()[0]) for line in by_gid(figure, "observed")]
    assert min(starts) == pytest.approx(rows["begin"].min())
    assert all(line.get_ydata()[0] == 1 for line in by_gid(figure, "observed"))
    assert figure.axes[1].get_xlim()[0] < min(groups) and figure.axes[1].get_xlim()[0] > 1


def test_one_group_is_all_rows() -> None:
    """Where nothing enters, every row has the same risk."""
    figure = made("cox, one group").plot()
    assert [text for text in words(figure, "key") if "rows" in text] == ["all rows: 1,000 rows, 692 events"]
    assert len(by_gid(figure, "observed")) == 1


@given(
    st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=400).map(lambda some: sorted({*some})),
    st.integers(1, 8),
)
def test_steps_that_nobody_sees_are_left_out(seeds: list[float], copies: int) -> None:
    """Of any rising times at most one step in each slot of the axis stays, the last: no curve moves by more."""
    times = sorted({time + k / 1000 for time in seeds for k in range(copies)})
    kept = visible_steps(times, 0.0, 101.0)
    width = 101.0 / MOST_STEPS
    assert kept[-1] == len(times) - 1
    assert all(one < other for one, other in pairwise(kept))
    if len(times) <= MOST_STEPS:
        assert len(kept) == len(times)
        return
    assert len(kept) <= MOST_STEPS + 1
    for i, time in enumerate(times):
        after = next(k for k in kept if k >= i)
        assert times[after] - time <= width * (1 + 1e-9)


def test_thousands_of_events_are_a_small_file() -> None:
    """12,000 event times: each curve has no more steps than can be seen."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(12_000, 2))
    rows = pd.DataFrame(X, columns=["a", "b"]).assign(time=rng.exponential(np.exp(-X[:, 0])), status=1)
    report = regcli.fit(rows, "time", event="status", family="cox", alpha=0.01)
    figure = report.plot()
    for line in by_gid(figure, "observed"):
        assert MOST_STEPS / 10 < len(line.get_xdata()) <= MOST_STEPS + 3
    assert len(report.arrays.survival.training[0]["observed"]["times"]) == 4000
    assert len(to_picture(report.document, ".svg", arrays=report.arrays)) < 300_000


def test_many_coefficients_leave_their_panel_room() -> None:
    """Zeros are counted beyond the height of a square panel."""
    assert len(row_names(made("cox").plot())) == 14
    assert "not shown: 16 zero" in words(made("cox").plot(), "note")[0]


# several quantiles


def test_marks_of_each_quantile(fan: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """A mark for each level, of scikit-learn's quantile regression on standardized columns."""
    from sklearn.linear_model import QuantileRegressor

    figure = figure_of(fan[0], arrays=fan[1])
    data = frame("diabetes")
    X, y = data.to_numpy()[:, :-1], data.to_numpy()[:, -1]
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    shown = dict(zip(row_names(figure), range(10), strict=True))
    lines = [*by_gid(figure, "coefficients"), *by_gid(figure, "zeros")]
    for level in LEVELS:
        coef = QuantileRegressor(quantile=level, alpha=DIABETES["alpha"]).fit(Z, y).coef_
        found = np.full(10, math.nan)
        for line in (one for one in lines if one.get_label() == f"{level:g}"):
            for x, row in zip(*line.get_data(), strict=True):
                found[round(row)] = x
        expected = [coef[list(data.columns).index(name)] for name in shown]
        assert found == pytest.approx(np.array(expected), abs=1e-6)
    assert {"0.1", "0.5", "0.9"} <= set(words(figure, "key"))
    assert len({line.get_marker() for line in by_gid(figure, "coefficients")}) == 3
    assert figure.axes[0].get_xlabel() == "change of each quantile of target\nper deviation of the feature"
    assert words(figure, "title") == ["Quantile lasso (alpha 0.02): target from 10 features, 442 rows"]


def test_fan_over_the_rows(fan: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Points are fitted middle and observed; lines are medians of neighbours; words say how many lie at or below."""
    figure = figure_of(fan[0], arrays=fan[1])
    fitted, y = fan[1]["fan"]["fitted"], frame("diabetes").to_numpy()[:, -1]
    np.testing.assert_allclose(marks(figure, "training"), np.column_stack([fitted[:, 1], y]), atol=1e-9)
    groups = grouped_rows(list(fitted[:, 1]))
    for k, line in enumerate(by_gid(figure, "quantile")):
        expected = [[np.median(fitted[rows, 1]), np.median(fitted[rows, k])] for rows in groups]
        np.testing.assert_allclose(np.column_stack(line.get_data()), expected, rtol=1e-12)
    for k, text in enumerate(words(figure, "label")):
        level, _, share = text.removesuffix(" % at or below").partition(": ")
        assert float(level) == LEVELS[k]
        # rows that a quantile meets lie at it but for rounding
        below, at = (100 * np.mean(y <= fitted[:, k] + sign * 1e-9) for sign in (-1, 1))
        assert below - 0.05 <= float(share) <= at + 0.05
    assert len({(line.get_color(), line.get_linestyle()) for line in by_gid(figure, "quantile")}) == 3
    assert figure.axes[1].get_xlabel() == "fitted 0.5 quantile of target"
    assert figure.axes[1].get_ylabel() == "target"
    check_words(figure)


def test_fan_of_test_rows() -> None:
    """Test rows have marks of their own, and their share beside that of the training rows."""
    document, arrays = fan_of((0.25, 0.75), test_size=0.3)
    figure = figure_of(document, arrays=arrays)
    found = arrays["fan"]
    np.testing.assert_allclose(
        marks(figure, "test"), np.column_stack([found["test_fitted"][:, 0], found["test_y"]]), atol=1e-9
    )
    for k, text in enumerate(words(figure, "label")):
        assert text.endswith(f", test {100 * np.mean(found['test_y'] <= found['test_fitted'][:, k]):.1f} %")
    assert {"309 training rows", "133 test rows"} <= set(words(figure, "key"))
    check_words(figure)


def test_quantiles_without_features() -> None:
    """All rows have the same quantiles: a mark each, and nothing breaks."""
    document, arrays = fan_of(alpha=9)
    figure = figure_of(document, arrays=arrays)
    assert [len(line.get_xdata()) for line in by_gid(figure, "quantile")] == [1, 1, 1]
    assert all(line.get_marker() not in (None, "None", "") for line in by_gid(figure, "quantile"))
    check_words(figure)


@pytest.mark.parametrize(("count", "drawn"), [(2, [0, 1]), (6, [0, 1, 2, 3, 4, 5]), (9, [0, 2, 4, 6, 8])])
def test_some_of_many_levels(count: int, drawn: list[int]) -> None:
    """The outer ones, the middle, and evenly between."""
    levels = [round((k + 1) / (count + 1), 3) for k in range(count)]
    model = {"fan": [{"level": level} for level in levels], "parameters": {"level": levels[(count - 1) // 2]}}
    assert shown_levels({"model": model}) == drawn


@given(st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=300))
def test_neighbours_are_grouped(x: list[float]) -> None:
    """Every row once, in rising order, equal values together, and no group but the last smaller than the root."""
    groups = grouped_rows(x)
    assert sorted(i for rows in groups for i in rows) == list(range(len(x)))
    for rows, after in pairwise(groups):
        assert max(x[i] for i in rows) < min(x[i] for i in after)
        assert len(rows) >= math.sqrt(len(x))


def test_fan_on_the_page(fan: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """The page titles its chart by the quantiles, and says which one the numbers above are of."""
    view = view_of(fan[0])
    assert view is not None and view["charts"][0]["title"] == "Coefficients of each quantile"
    assert [one.label for one in figures(fan[0])[:2]] == ["loss explained at 0.5", "features at 0.5"]
    assert view["charts"][0]["about"].startswith("standardized: each quantile of target per deviation")


# margins, thresholds, levels


@pytest.mark.parametrize("name", ["margins", "margins, test rows"])
def test_decision_values_by_class(name: str) -> None:
    """Shares of the rows of each class in bins of the decision value, the positive class above; NumPy counts."""
    report = made(name)
    figure = report.plot()
    rows = pd.read_csv(WDBC["source"])
    coef = {row["name"]: row["coefficient"] for row in report.model.coefficients}
    decision = rows[list(coef)].to_numpy() @ np.array(list(coef.values())) + report.model.intercept
    is_test = np.zeros(len(rows), dtype=bool)
    if "test" in name:
        is_test = np.isin(np.round(decision, 8), np.round(report.arrays.test_fitted, 8))
        assert is_test.sum() == len(report.arrays.test_fitted)
    for word, part in [("training", ~is_test), ("test", is_test)]:
        drawn = by_gid(figure, f"spread-{word}", StepPatch)
        assert len(drawn) == 2 * part.any()
        for patch, label in zip(drawn, ("M", "B"), strict=False):
            chosen = decision[part & (rows["diagnosis"] == label).to_numpy()]
            values, edges, _ = patch.get_data()
            assert values * len(chosen) == pytest.approx(np.histogram(chosen, edges)[0])
            assert np.min(np.abs(np.subtract.outer([-1, 0, 1], edges)), axis=1) == pytest.approx(0, abs=1e-9)
            assert f"{len(chosen)} {word} rows" in words(figure, "key")
    assert sorted({line.get_xdata()[0] for line in by_gid(figure, "margin")}) == [-1, 0, 1]
    assert figure.axes[2].get_xlabel() == f"decision value (dashed: the margin, {MINUS}1 to 1)"
    part = is_test if is_test.any() else ~is_test
    confusion = pd.crosstab(rows["diagnosis"][part], decision[part] >= 0)
    said = [text.partition("\n")[0] for text in words(figure, "cell")]
    assert said == [f"{count:,}" for count in confusion.to_numpy().ravel()]


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=20))
def test_bins_hold_every_value(values: list[float]) -> None:
    """They reach from the least to the largest, are equal and few, and end at the margin where they are narrow."""
    edges = bin_edges(values)
    assert edges[0] <= min(values) and max(values) <= edges[-1]
    assert np.diff(edges) == pytest.approx(edges[1] - edges[0])
    assert len(edges) <= MOST_BINS + 3
    if edges[1] - edges[0] <= 1:
        assert np.min(np.abs(np.subtract.outer([-1, 0, 1], edges)), axis=1) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ["huber", "huber, test rows"])
def test_threshold_of_huber(name: str) -> None:
    """Two thin lines: beyond them lie as many training rows as the document says count linearly."""
    report = made(name)
    figure = report.plot()
    heights = sorted(float(line.get_ydata()[0]) for line in by_gid(figure, "threshold"))
    threshold = report.model.parameters.threshold
    assert heights == [-threshold, threshold]
    residuals = np.array([y for _, y in marks(figure, "training")])
    assert np.mean(np.abs(residuals) > threshold) == pytest.approx(report.metrics.train.beyond)
    assert f"the threshold {threshold:.4g}, beyond which errors count linearly" in words(figure, "note")[0]
    assert by_gid(regcli.fit(**BOSTON, alpha=0.2).plot(), "threshold") == []


def test_a_quantile_is_named() -> None:
    """Title and axes of every verb say which."""
    options: Any = {**BOSTON, "family": "quantile", "quantile_level": 0.75}
    fit = regcli.fit(**options, alpha=0.05).plot()
    assert words(fit, "title") == ["Quantile lasso (alpha 0.05): 0.75 quantile of medv from 13 features, 506 rows"]
    assert fit.axes[0].get_xlabel() == "change of the 0.75 quantile of medv\nper deviation of the feature"
    assert fit.axes[1].get_xlabel() == "fitted 0.75 quantile of medv"
    path = regcli.path(**options, n_alphas=4).plot()
    assert words(path, "title") == ["Quantile lasso path: 0.75 quantile of medv from 13 features, 506 rows"]
    compared = regcli.compare(**options, penalties=["lasso"], alpha=0.05, folds=3, jobs=1)
    figure = compared.plot()
    assert words(figure, "title") == ["2 models compared: 0.75 quantile of medv from 13 features, 506 rows"]
    assert figure.axes[2].get_xlabel() == "change of the 0.75 quantile of medv per deviation of the feature"
    default = regcli.compare(**BOSTON, family="quantile", penalties=["lasso"], alpha=0.05, folds=3, jobs=1).plot()
    assert "0.5 quantile of medv" in words(default, "title")[0]


def test_power_of_tweedie_is_in_the_title() -> None:
    """It shapes the loss as much as alpha does."""
    [title] = words(made("tweedie").plot(), "title")
    assert title.startswith("Tweedie lasso (power 1.5, alpha 0.05): Days from")


@pytest.mark.parametrize("family", ["quantile", "squared_hinge", "huber", "cox"])
def test_test_rows_of_families_without_a_squared_error(family: Any) -> None:
    """They are measured like the training rows."""
    name = {"quantile": "quantile", "squared_hinge": "margins, test rows", "huber": "huber, test rows"}.get(family)
    metrics = made(name or "cox, test rows").metrics
    assert list(metrics.test) == list(metrics.train)


# cross-validation and comparison


def test_training_deviance_of_survival_times_is_not_drawn() -> None:
    """It grows with the rows at risk, of which a training fold has fewer; a concordance can be compared."""
    options = {**COX, "n_alphas": 4, "alpha_min_ratio": 0.1, "folds": 3, "jobs": 1}
    deviance = regcli.cv(**options)
    concordance = regcli.cv(**options, measure="concordance")
    heights = [line.get_ydata() for line in by_gid(deviance.plot(), "training")]
    assert all(math.isnan(y) for line in heights for y in line)
    assert "training" not in words(deviance.plot(), "label")
    assert "training" in words(concordance.plot(), "label")
    low, high = deviance.plot().axes[0].get_ylim()
    means = [point["mean"] for point in deviance.to_dict()["curve"]]
    assert (max(means) - min(means)) / (high - low) > 0.5
    views = [view_of(one.to_dict()) for one in (deviance, concordance)]
    assert [view and view["training"] for view in views] == [False, True]


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    """A comparison of all models."""
    return regcli.compare(**BOSTON, alpha=0.2, l1_ratio=0.5, folds=3, jobs=1).to_dict()


def far_off(document: dict[str, Any], factor: float) -> dict[str, Any]:
    """The comparison with a model without a penalty that has run away."""
    document = copy.deepcopy(document)
    [ols] = [one for one in document["models"] if one["name"] == "ols"]
    worst = max(one["mean"] for one in document["models"])
    ols["mean"], ols["difference"] = factor * worst, {"mean": factor * worst, "se": ols["se"]}
    for key in ("coefficients", "standardized"):
        ols[key] = {name: factor * value for name, value in ols[key].items()}
    return document


def test_a_model_that_ran_away_leaves_the_others_their_scale(compared: dict[str, Any]) -> None:
    """Its errors are numbers at the edge, its coefficients arrows, and both are said; otherwise all are drawn."""
    plain, far = figure_of(compared), figure_of(far_off(compared, 300.0))
    assert by_gid(plain, "beyond") == []
    arrows = [line for line in by_gid(far, "beyond")]
    assert sum(len(line.get_xdata()) for line in arrows) > 5
    assert {line.get_marker() for line in arrows} == {"<", ">"}
    others = [one for one in compared["models"] if one["name"] not in ("ols", "null")]
    largest = max(abs(value) for one in others for value in one["standardized"].values())
    assert max(map(abs, far.axes[2].get_xlim())) < FAR * largest
    [ols] = [one for one in far_off(compared, 300.0)["models"] if one["name"] == "ols"]
    shown = float(f"{ols['mean']:.4g}")
    assert f"{shown:,.0f} \N{RIGHTWARDS ARROW}" in words(far, "far")
    assert "arrows: beyond the axis, of least squares up to" in words(far, "note")[0]
    check_words(far)


def test_coefficients_near_each_other_are_all_drawn(compared: dict[str, Any]) -> None:
    """Twice as large is no reason to leave."""
    figure = figure_of(far_off(compared, 2.0))
    assert by_gid(figure, "beyond") == []
    count = sum(len(line.get_xdata()) for gid in ("coefficients", "zeros") for line in by_gid(figure, gid))
    assert count == 13 * 4


# words


@pytest.mark.parametrize(
    "name",
    [
        "cox",
        "cox, test rows",
        "cox, one group",
        "huber, test rows",
        "quantile",
        "tweedie",
        "gamma",
        "margins, test rows",
    ],
)
def test_words_do_not_collide(name: str) -> None:
    """Titles, names, numbers, keys and notes lie apart and inside."""
    check_words(made(name).plot())


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which every name is awkward, with a time, an event and two classes."""
    file = table(tmp_path_factory.mktemp("odd") / "odd.csv", [*NAMES.values(), "$price_{usd}$", "患者の年齢"])
    rows = pd.read_csv(file)
    rows["$time_{days}$" * 3] = 1 + (rows["y"] - rows["y"].min())
    rows["[bold]event[/] <b>" * 2] = (np.arange(len(rows)) % 3 > 0).astype(int)
    rows["class"] = np.where(rows["y"] > rows["y"].median(), "$a_b$ " * 6, "<b>no</b> " * 5)
    rows.to_csv(file, index=False)
    return file


@pytest.mark.parametrize("family", ["cox", "squared_hinge", "quantile", "huber"])
def test_awkward_names(family: Any, odd: Path) -> None:
    """Long and hostile names of targets, events and classes break nothing, and the words lie apart."""
    time, event, label = pd.read_csv(odd).columns[-3:]
    others = {"exclude": [label, time, event]}
    options: dict[str, Any] = {
        "cox": {"target": time, "event": event, "exclude": [label, "y"], "alpha": 0.02},
        "squared_hinge": {"target": label, "exclude": [time, event, "y"], "alpha": 0.01, "test_size": 0.3},
    }.get(family, {"target": "y", **others, "alpha": 0.01})
    figure = regcli.fit(odd, **options, family=family).plot()
    check_words(figure)


def test_same_bytes_in_every_format(tmp_path: Path) -> None:
    """On the command line and from Python; the format is what the name says."""
    report, file = made("cox"), tmp_path / "p.svg"
    words = ("fit", COX["source"], "-y", "time", "--event", "status", "--family", "cox", "-a", 0.05, "--plot", file)
    assert command(*words, "-q").code == 0
    assert file.read_bytes() == to_picture(report.document, ".svg", arrays=report.arrays)
    for suffix in SUFFIXES:
        assert to_picture(report.document, suffix, arrays=report.arrays).startswith(MAGIC[suffix])


def test_a_long_title_is_smaller() -> None:
    """It ends inside the picture also where the coefficients stand alone."""
    figure: Figure = figure_of(made("cox").to_dict())
    assert len(figure.axes) == 1
    check_words(figure)
