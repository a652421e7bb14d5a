"""Pictures: they show the numbers of the document, their words do not collide, and their bytes never change.

Most documents are made by arithmetic: with uncorrelated features the lasso is a soft threshold, and a curve of errors
is a parabola. Whatever is drawn can therefore be compared with a formula.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import logging
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SAMPLES

import regcli
from regcli.errors import UsageError
from regcli.report.pictures import lettering
from regcli.report.pictures.labels import spread
from regcli.report.pictures.scales import LEAST, log_ticks
from regcli.report.to_plot import SUFFIXES, X_AXES, figure_of, path_figure, require_matplotlib, to_picture

matplotlib = pytest.importorskip("matplotlib")

from matplotlib.axes import Axes  # noqa: E402
from matplotlib.collections import LineCollection  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.text import Text  # noqa: E402

MAGIC = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}
KEYS = {"alpha": "alpha", "l1-norm": "l1_norm", "deviance": "deviance_ratio"}
HOSTILE = ["$a_b$", "\x1b[31mred", "[/]", "<b>&amp;", "\\frac{1}{2}", "a\nb", "\u202eback", "100 %", "x" * 60]
CJK, EMOJI = "患者", "\N{PARTY POPPER}"


def grid(high: float, low: float, count: int) -> list[float]:
    return [high * (low / high) ** (i / (count - 1)) for i in range(count)]


def path_document(
    effects: Mapping[str, float], alphas: Sequence[float], *, ridge: bool = False, chosen: int | None = None
) -> dict[str, Any]:
    """A path on uncorrelated features with these `effects`: soft thresholds, or shrinkage by 1 / (1 + alpha)."""
    total = 1.25 * sum(effect**2 for effect in effects.values()) or 1.0
    steps = []
    for alpha in alphas:
        full = {
            name: effect / (1 + alpha) if ridge else math.copysign(max(abs(effect) - alpha, 0.0), effect)
            for name, effect in effects.items()
        }
        coef = {name: value for name, value in full.items() if value != 0}
        left = sum((effects[name] - value) ** 2 for name, value in full.items())
        steps.append(
            {
                "alpha": alpha,
                "nonzero": len(coef),
                "df": len(effects) / (1 + alpha) if ridge else float(len(coef)),
                "deviance_ratio": (total / 1.25 - left) / total,
                "l1_norm": sum(map(abs, coef.values())),
                "standardized": coef,
            }
        )
    choice = {"criterion": "bic", "index": chosen, "alpha": None if chosen is None else alphas[chosen]}
    return {
        "command": "path",
        "data": {"target": "y", "features": list(effects), "rows_used": 100},
        "model": {"family": "gaussian", "penalty": "l2" if ridge else "l1", "l1_ratio": 0.0 if ridge else 1.0},
        "path": steps,
        "chosen": choice if chosen is not None else None,
    }


def cv_document(
    alphas: Sequence[float] = tuple(grid(8.0, 0.008, 31)),
    ratios: Sequence[float] = (1.0,),
    measure: str = "mse",
    rule: str = "1se",
    least: int = 20,
    one_se: int = 12,
) -> dict[str, Any]:
    """A cross-validation whose error is a parabola in the number of the alpha, least at `least` for the first ratio."""
    document = path_document({"a": 6.0, "b": -3.0, "c": 1.0}, alphas)
    sign, null = (-1.0, 0.0) if measure == "r2" else (1.0, 10.0)
    curve = [
        {
            "alpha": alpha / ratio,
            "l1_ratio": ratio,
            "mean": null - sign * (5 - k - ((i - least) / 10) ** 2),
            "se": 0.6,
            "train_mean": null - sign * (6 - k + i / 10),
            "nonzero": document["path"][i]["nonzero"],
        }
        for k, ratio in enumerate(ratios)
        for i, alpha in enumerate(alphas)
    ]
    return document | {
        "command": "cv",
        "settings": {"penalty": "l1"},
        "folds": {"k": 10, "repeats": 1, "seed": 1, "scheme": "random", "column": None},
        "curve": curve,
        "chosen": {
            "min": curve[least], "one_se": curve[one_se], "null": {"mean": null}, "rule": rule, "measure": measure,
        },
    }  # fmt: skip


FEW = path_document({"a": 6.0, "b": -3.0, "c": 1.0}, grid(6, 0.006, 40), chosen=25)
MANY = path_document({f"x{j}": (-1) ** j * 20 / (1 + j) for j in range(200)}, grid(20, 0.02, 100), chosen=40)
EQUAL = path_document({f"equal {j}": 5.0 for j in range(10)}, grid(5, 0.005, 40))
RIDGE = path_document({f"x{j}": 10 - j for j in range(12)}, grid(1e3, 1e-4, 71), ridge=True, chosen=35)
WITH_ZERO = path_document({"a": 6.0, "b": -3.0}, [6.0, 1.0, 0.1, 0.0], chosen=3)
NOTHING = path_document({"a": 1.0, "b": -1.0}, [3.0, 2.0, 1.0])
DOCUMENTS = {
    "few": FEW,
    "many": MANY,
    "equal": EQUAL,
    "ridge": RIDGE,
    "with alpha 0": WITH_ZERO,
    "alpha 0 alone": path_document({"a": 6.0, "b": -3.0}, [0.0], chosen=0),
    "one alpha": path_document({f"x{j}": j - 15.0 for j in range(30)}, [2.0], chosen=0),
    "alphas like each other": path_document({"a": 6.0, "b": -3.0}, [1.234, 1.2335, 1.233], chosen=0),
    "alphas far apart": path_document({"a": 6.0, "b": -3.0}, [1.0, 1e-200, 5e-324, 0.0], chosen=0),
    "large values": path_document({"a": 6e140, "b": -3e140}, grid(6e140, 1, 40)),
    "small values": path_document({"a": 6e-12, "b": -3e-12}, grid(6e-12, 1e-14, 40)),
    "nothing": NOTHING,
    "one feature": path_document({"only": 2.0}, grid(2, 0.002, 40), chosen=39),
    "cv": cv_document(),
    "cv r2": cv_document(measure="r2", rule="min"),
    "cv at the left end": cv_document(least=2, one_se=0),
    "cv min is 1se": cv_document(one_se=20),
    "cv ratios": cv_document(ratios=(1.0, 0.9, 0.5, 0.1)),
    "cv many ratios": cv_document(ratios=[1 - k / 20 for k in range(15)]),
    "cv one alpha": cv_document([1.0], least=0, one_se=0),
    "cv with alpha 0": cv_document([8.0, 1.0, 0.0], least=2, one_se=1),
}


def by_gid(figure: Figure, gid: str, kind: type[Any] = Line2D) -> list[Any]:
    return figure.findobj(lambda artist: isinstance(artist, kind) and artist.get_gid() == gid)


def main_axes(figure: Figure) -> Axes:
    return figure.axes[0]


def top_axes(figure: Figure) -> Axes:
    return figure.axes[1]


def features(figure: Figure) -> dict[str, Line2D]:
    return {str(line.get_label()): line for line in by_gid(figure, "feature")}


def words(figure: Figure, gid: str) -> list[str]:
    return [text.get_text() for text in by_gid(figure, gid, Text)]


def heights(line: Line2D) -> list[float]:
    """What a line shows; where it shows nothing it is zero and so are its neighbours."""
    return [0.0 if math.isnan(y) else float(y) for y in line.get_ydata()]


def drawn_texts(figure: Figure) -> Iterator[tuple[str, Any]]:
    """Every text that can be seen, with its box in pixels."""
    figure.draw_without_rendering()
    texts = [*figure.texts]
    for axes in figure.axes:
        texts += axes.texts
        for axis in (axes.xaxis, axes.yaxis):
            texts.append(axis.label)
            low, high = sorted(axis.get_view_interval())
            for at, tick in zip(axis.get_majorticklocs(), axis.get_major_ticks(), strict=True):
                texts += [tick.label1, tick.label2] if low <= at <= high else []
    for text in texts:
        if text.get_visible() and text.get_text().strip():
            yield text.get_text(), Text.get_window_extent(text)


@pytest.mark.parametrize("x_axis", X_AXES)
@pytest.mark.parametrize("name", ["few", "ridge", "one alpha", "one feature"])
def test_lines_hold_the_coefficients(name: str, x_axis: str) -> None:
    """The strongest features, ten at most, have a line each: their standardized coefficients at every step."""
    document = DOCUMENTS[name]
    found = features(figure_of(document, x_axis))
    sizes = {
        feature: max(abs(step["standardized"].get(feature, 0.0)) for step in document["path"])
        for feature in document["data"]["features"]
    }
    strongest = [feature for feature in sorted(sizes, key=lambda feature: -sizes[feature]) if sizes[feature]][:10]
    assert list(found) == strongest
    for feature, line in found.items():
        assert list(line.get_xdata()) == [step[KEYS[x_axis]] for step in document["path"]]
        assert heights(line) == [step["standardized"].get(feature, 0.0) for step in document["path"]]


def test_other_features_are_grey_lines() -> None:
    """Ten of 200 features are named; 190 are lines of one colour that hold their coefficients, counted in a note."""
    figure = figure_of(MANY)
    [grey] = by_gid(figure, "others", LineCollection)
    last = sorted(segment[-1][1] for segment in grey.get_segments())
    rest = [value for name, value in MANY["path"][-1]["standardized"].items() if name not in features(figure)]
    assert last == pytest.approx(sorted(rest), rel=1e-12)
    assert len(rest) == 190 - (200 - MANY["path"][-1]["nonzero"]) == len(last) - sum(value == 0 for value in last)
    assert f"grey: {len(last)} others" in words(figure, "note")
    assert words(figure, "label") == list(features(figure)) == [f"x{j}" for j in range(10)]


def test_lines_differ_in_more_than_colour() -> None:
    """No two named features share colour and dashes, neighbours in rank share neither: grey paper tells them apart."""
    lines = list(features(figure_of(EQUAL)).values())
    looks = [(line.get_color(), str(line.get_linestyle()), str(line._dash_pattern)) for line in lines]  # type: ignore[attr-defined]
    assert len(set(looks)) == 10
    assert all(one[2] != other[2] and one[0] != other[0] for one, other in itertools.pairwise(looks))


@pytest.mark.parametrize("name", list(DOCUMENTS))
def test_texts_do_not_overlap(name: str) -> None:
    """No text of a picture lies on another, and none is cut off: labels, marks, title, ticks, counts, note."""
    for x_axis in X_AXES if not name.startswith("cv") else ("alpha",):
        figure = figure_of(DOCUMENTS[name], x_axis)
        found = list(drawn_texts(figure))
        assert len(found) > 8
        for (one, box), (other, other_box) in itertools.combinations(found, 2):
            assert not box.overlaps(other_box), (x_axis, one, other)
        for text, box in found:
            inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
            assert inside, (x_axis, text)


@pytest.mark.parametrize("name", ["many", "equal", "cv ratios"])
def test_labels_keep_the_order_of_their_lines(name: str) -> None:
    """From top to bottom the labels stand as the lines end, each within reach of its line's end."""
    figure = figure_of(DOCUMENTS[name])
    places = {text.get_text(): text.get_window_extent() for text in by_gid(figure, "label", Text)}
    lines = {str(line.get_label()): line for line in main_axes(figure).lines}
    ends = {
        label: main_axes(figure).transData.transform((1, lines[label].get_ydata()[-1]))[1]
        for label in places
        if label in lines
    }
    assert len(ends) >= 3
    for one, other in itertools.permutations(ends, 2):
        if ends[one] > ends[other] + 1e-6:
            assert places[one].y0 > places[other].y0


@pytest.mark.parametrize("name", ["few", "many", "with alpha 0", "cv r2", "cv at the left end", "cv ratios"])
def test_words_of_marks_lie_over_the_lines(name: str) -> None:
    """Room is made for them: no line of the picture runs through the words."""
    figure = figure_of(DOCUMENTS[name])
    lines = [line for gid in ("feature", "validation", "training", "rival", "null") for line in by_gid(figure, gid)]
    highest = max(y for line in lines for y in line.get_ydata() if not math.isnan(y))
    figure.draw_without_rendering()
    foot = min(Text.get_window_extent(text).y0 for text in by_gid(figure, "mark", Text))
    assert main_axes(figure).transData.transform((1, highest))[1] < foot


def test_line_of_a_feature_starts_and_ends_at_zero() -> None:
    """Zeros are drawn beside what is not zero, and only there: a line shows where its feature enters and leaves."""
    document = path_document({"a": 9.0, "b": 9.0}, [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0])
    for step, value in zip(document["path"], [0, 0, 1.0, 2.0, 0, 0, 0], strict=True):
        step["standardized"] = {"a": value or 0.5, "b": value} if value else {"a": 0.5}
    nan = math.nan
    assert list(features(figure_of(document))["b"].get_ydata()) == pytest.approx(
        [nan, 0.0, 1.0, 2.0, 0.0, nan, nan], nan_ok=True
    )


def test_large_alpha_is_at_the_left() -> None:
    """The axis of alpha is logarithmic and falls to the right, in both pictures; the others grow."""
    for document in (FEW, cv_document()):
        axes = main_axes(figure_of(document))
        left, right = axes.get_xlim()
        assert left > right > 0
        assert axes.get_xscale() == "log"
    for x_axis in ("l1-norm", "deviance"):
        left, right = main_axes(figure_of(FEW, x_axis)).get_xlim()
        assert left < right


@pytest.mark.parametrize("x_axis", X_AXES)
def test_chosen_alpha_is_marked(x_axis: str) -> None:
    """A line at the step that the criterion chose, with its name and alpha beside it; none where none was chosen."""
    figure = figure_of(FEW, x_axis)
    [mark] = by_gid(figure, "mark")
    assert list(mark.get_xdata()) == [FEW["path"][25][KEYS[x_axis]]] * 2
    [text] = words(figure, "mark")
    assert text == f"BIC: {'' if x_axis == 'alpha' else 'alpha '}{FEW['path'][25]['alpha']:.3g}"
    assert by_gid(figure_of(EQUAL, x_axis), "mark") == []


@pytest.mark.parametrize("rule", ["min", "1se"])
@pytest.mark.parametrize("picture", ["cv", "path"])
def test_min_and_1se_are_marked(rule: str, picture: Any) -> None:
    """Both pictures of a cross-validation mark both alphas; the line of the rule that was used is solid and says so."""
    document = cv_document(rule=rule)
    figure = figure_of(document, picture=picture)
    alphas = {"1se": document["curve"][12]["alpha"], "min": document["curve"][20]["alpha"]}
    lines = {mark.get_xdata()[0]: mark.get_linestyle() for mark in by_gid(figure, "mark")}
    assert lines == {alpha: "-" if name == rule else "--" for name, alpha in alphas.items()}
    used = {name: " (refitted)" if name == rule else "" for name in alphas}
    assert words(figure, "mark") == [f"{name}{used[name]}: {alpha:.3g}" for name, alpha in alphas.items()]


def test_min_that_is_1se_is_marked_once() -> None:
    """One line, and both names beside it."""
    document = DOCUMENTS["cv min is 1se"]
    figure = figure_of(document)
    assert len(by_gid(figure, "mark")) == 1
    assert words(figure, "mark") == [f"min and 1se (refitted): {document['curve'][20]['alpha']:.3g}"]


@pytest.mark.parametrize("x_axis", X_AXES)
@pytest.mark.parametrize("name", ["few", "many", "ridge"])
def test_counts_along_the_top(name: str, x_axis: str) -> None:
    """Each count stands over a step that has so many non-zeros, ridge's degrees of freedom; the last step has one."""
    document = DOCUMENTS[name]
    figure = figure_of(document, x_axis)
    top = top_axes(figure)
    told = {step[KEYS[x_axis]]: step["df" if name == "ridge" else "nonzero"] for step in document["path"]}
    at = [float(place) for place in top.get_xticks()]
    assert document["path"][-1][KEYS[x_axis]] in at
    assert 5 <= len(at) <= 13
    assert [text.get_text() for text in top.get_xticklabels()] == [
        f"{told[place]:.1f}" if name == "ridge" else f"{told[place]:,}" for place in at
    ]
    assert top.get_xlim() == main_axes(figure).get_xlim()
    assert top.get_xlabel() == ("degrees of freedom" if name == "ridge" else "non-zero coefficients")


def test_titles_and_axes_speak_to_a_stranger() -> None:
    """The title says which model of what from how much; the axes carry their units."""
    figure = figure_of(MANY)
    assert words(figure, "title") == ["Lasso path: y from 200 features, 100 rows"]
    assert main_axes(figure).get_ylabel() == "standardized coefficient\n(units of y per deviation)"
    assert "log scale" in main_axes(figure).get_xlabel()
    assert words(figure_of(RIDGE), "title") == ["Ridge path: y from 12 features, 100 rows"]
    net = FEW | {"model": {"family": "binomial", "penalty": "elasticnet", "l1_ratio": 0.25}}
    assert words(figure_of(net), "title") == ["Logistic elastic net path (l1_ratio 0.25): y from 3 features, 100 rows"]
    assert main_axes(figure_of(net)).get_ylabel() == "standardized coefficient\n(per deviation of the feature)"


@pytest.mark.parametrize(
    ("folds", "head"),
    [
        ({}, "10-fold cross-validation"),
        ({"repeats": 5}, "10-fold cross-validation, 5 times"),
        ({"scheme": "leave one out", "k": 100}, "leave-one-out cross-validation"),
        ({"scheme": "groups", "k": 4}, "4-fold cross-validation by groups"),
        ({"scheme": "time", "k": 4}, "4-fold cross-validation in order of time"),
        ({"scheme": "given", "k": 4}, "4-fold cross-validation on given folds"),
    ],
)
def test_title_of_a_cross_validation(folds: dict[str, Any], head: str) -> None:
    """It says how the folds were made."""
    document = cv_document()
    document["folds"] |= folds
    assert words(figure_of(document), "title") == [f"Lasso, {head}: y from 3 features, 100 rows"]


@pytest.mark.parametrize("measure", ["mse", "mae", "r2"])
def test_cv_picture_holds_the_curve(measure: str) -> None:
    """Validation and training errors, a standard error up and down, the null model; the axis says what is better."""
    document = cv_document(measure=measure)
    figure = figure_of(document)
    axes = main_axes(figure)
    curve = document["curve"]
    for gid, key in (("validation", "mean"), ("training", "train_mean")):
        [line] = by_gid(figure, gid)
        assert list(line.get_xdata()) == [point["alpha"] for point in curve]
        assert list(line.get_ydata()) == [point[key] for point in curve]
    [bars] = [found for found in axes.collections if isinstance(found, LineCollection)]
    ends = [[(x, low), (x, high)] for (x, low), (_, high) in bars.get_segments()]
    assert ends == [[(point["alpha"], point["mean"] + sign * point["se"]) for sign in (-1, 1)] for point in curve]
    [null] = by_gid(figure, "null")
    assert list(null.get_ydata()) == [document["chosen"]["null"]["mean"]] * 2
    assert ("more is better" if measure == "r2" else "less is better") in axes.get_ylabel()
    assert set(words(figure, "label")) == {"validation", "training", "no features"}
    assert words(figure, "note") == ["bars: 1 std. error"]


def test_cv_picture_of_several_ratios() -> None:
    """A labelled curve for each l1_ratio, bars and training errors for the chosen one; beyond ten they are grey."""
    document = DOCUMENTS["cv ratios"]
    figure = figure_of(document)
    curves = {str(line.get_label()): list(line.get_ydata()) for line in by_gid(figure, "rival")}
    for ratio in (0.9, 0.5, 0.1):
        means = [point["mean"] for point in document["curve"] if point["l1_ratio"] == ratio]
        assert curves[f"l1_ratio {ratio}"] == means
    assert len(curves) == 3
    [training] = by_gid(figure, "training")
    assert list(training.get_ydata()) == [point["train_mean"] for point in document["curve"][:31]]
    assert len(main_axes(figure).collections) == 1
    ratios = {f"l1_ratio {ratio}" for ratio in (1, 0.9, 0.5, 0.1)}
    assert set(words(figure, "label")) == ratios | {"training, l1_ratio 1", "no features"}

    crowd = figure_of(DOCUMENTS["cv many ratios"])
    assert len([text for text in words(crowd, "label") if text.startswith("l1_ratio")]) == 10
    assert words(crowd, "note") == ["bars: 1 std. error\ngrey: 5 others"]


def test_hopeless_errors_leave_the_picture() -> None:
    """Errors far above the null model's do not press all others to the floor: the axis ends, the curve goes on."""
    document = copy.deepcopy(cv_document())
    document["curve"][-1]["mean"] = 1e6
    low, high = main_axes(figure_of(document)).get_ylim()
    assert low < 5 < 10 < high < 20
    document = copy.deepcopy(cv_document(measure="r2"))
    document["curve"][-1]["mean"] = -1e6
    low, high = main_axes(figure_of(document)).get_ylim()
    assert -10 < low < 0 < 5 < high


def test_what_has_no_number_is_left_out() -> None:
    """null in a document is a gap in a line, never an error."""
    document = copy.deepcopy(MANY)
    for step in document["path"][50:]:
        step["standardized"] = dict.fromkeys(step["standardized"])
        step["deviance_ratio"] = step["df"] = None
    for x_axis in X_AXES:
        assert math.isnan(next(iter(features(figure_of(document, x_axis)).values())).get_ydata()[-1])
    document = copy.deepcopy(cv_document())
    for point in document["curve"]:
        point["mean"] = point["se"] = point["train_mean"] = None
    document["chosen"]["null"]["mean"] = None
    assert words(figure_of(document), "label") == []


def test_alpha_zero_has_a_place_apart() -> None:
    """On the logarithmic axis alpha 0 stands to the right of the least positive alpha, as 0, behind a break."""
    figure = figure_of(WITH_ZERO)
    axes = main_axes(figure)
    at = [float(x) for x in features(figure)["a"].get_xdata()]
    assert at[:3] == [6.0, 1.0, 0.1]
    assert 0 < at[3] < 0.1
    ticks = dict(zip(axes.get_xticks(), [text.get_text() for text in axes.get_xticklabels()], strict=True))
    assert ticks[at[3]] == "0"
    assert ticks[0.1] == "0.1"
    [mark] = by_gid(figure, "mark")
    assert mark.get_xdata()[0] == at[3]
    assert len(by_gid(figure, "break")) == 1
    assert by_gid(figure_of(FEW), "break") == by_gid(figure_of(DOCUMENTS["alpha 0 alone"]), "break") == []


@pytest.mark.parametrize("x_axis", X_AXES)
def test_null_path_says_so(x_axis: str) -> None:
    """Where every coefficient is zero the picture says that, and shows the axis all the same."""
    figure = figure_of(NOTHING, x_axis)
    assert features(figure) == {}
    assert "no feature enters: every coefficient is zero at every alpha" in words(figure, "note")
    assert by_gid(figure, "zero") != []


def test_single_alpha_is_drawn_as_points() -> None:
    """A line through one step could not be seen."""
    figure = figure_of(DOCUMENTS["one alpha"])
    assert {line.get_marker() for line in features(figure).values()} == {"o"}
    assert [len(line.get_xdata()) for line in by_gid(figure, "others")] == [15]


def renamed(names: Sequence[str], target: str) -> dict[str, Any]:
    document = path_document({name: 3.0 + j for j, name in enumerate(names)}, grid(12, 0.12, 30))
    document["data"]["target"] = target
    return document


def test_hostile_names_are_drawn_literally() -> None:
    """Dollars are no mathematics, brackets no markup; control characters are escapes; a long name loses its middle."""
    figure = figure_of(renamed(HOSTILE, "$y^2$"))
    long = "x" * 12 + "\N{HORIZONTAL ELLIPSIS}" + "x" * 11
    shown = ["$a_b$", r"\x1b[31mred", "[/]", "<b>&amp;", "\\frac{1}{2}", r"a\nb", r"\u202eback", "100 %", long]
    assert sorted(words(figure, "label")) == sorted(shown)
    assert words(figure, "title") == ["Lasso path: $y^2$ from 9 features, 100 rows"]
    assert {text.get_parse_math() for text in figure.findobj(Text) if text.get_text()} == {False}
    assert features(figure).keys() == set(HOSTILE)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hostile_names_in_every_format(suffix: str) -> None:
    """Nothing in a name breaks a format, and no warning is given; as XML text the names are whole."""
    picture = to_picture(renamed([*HOSTILE[:7], CJK, EMOJI, "\ud800"], "$y^2$"), suffix)
    assert picture.startswith(MAGIC[suffix])
    if suffix == ".svg":
        import xml.etree.ElementTree as ElementTree

        texts = {element.text for element in ElementTree.fromstring(picture).iter() if element.tag.endswith("}text")}
        assert {"$a_b$", r"\x1b[31mred", "[/]", "<b>&amp;", CJK, EMOJI, r"\ud800"} <= texts


def test_characters_without_a_glyph_are_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no font has is written out, as two names must not become the same boxes; a font that has it is used."""
    rare, common = "\N{BLACK-LETTER CAPITAL H}\U0001d4d0", "H"
    monkeypatch.setattr(lettering, "MAIN_FONT", "DejaVu Sans")
    monkeypatch.setattr(lettering, "OTHER_FONTS", ())
    without = lettering.lettering_for([rare, common, CJK])
    assert without.families == ("sans-serif",)
    assert without.name(CJK) == r"\u60a3\u8005"
    assert without.name(common) == common
    monkeypatch.setattr(lettering, "OTHER_FONTS", ("No Such Font", "STIXGeneral"))
    helped = lettering.lettering_for([rare, common, CJK])
    assert helped.families == ("sans-serif", "STIXGeneral")
    assert helped.missing == set(CJK)
    assert helped.name(rare) == rare
    assert lettering.lettering_for([common]).families == ("sans-serif",)
    figure = figure_of(renamed([rare, common, CJK], "y"))
    assert sorted(words(figure, "label")) == sorted([rare, common, r"\u60a3\u8005"])


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("x" * 24, "x" * 24),
        ("a" * 20 + "b" * 20, "a" * 12 + "…" + "b" * 11),
        ("患" * 12, "患" * 12),
        ("患" * 13, "患" * 6 + "…" + "患" * 5),
        ("e\u0301" * 24, "e\u0301" * 24),
    ],
)
def test_long_names_lose_their_middle(name: str, short: str) -> None:
    """24 cells at most; wide characters count two, combining ones none."""
    assert lettering.shortened(name) == short


@pytest.mark.parametrize(("name", "suffix"), [(name, SUFFIXES[i % 3]) for i, name in enumerate(DOCUMENTS)])
def test_every_document_is_drawn(name: str, suffix: str) -> None:
    """In one format or another; the bytes are of it."""
    assert to_picture(DOCUMENTS[name], suffix).startswith(MAGIC[suffix])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_same_document_same_bytes(suffix: str) -> None:
    """Twice in one process; between processes see below."""
    assert to_picture(MANY, suffix) == to_picture(copy.deepcopy(MANY), suffix)


def test_size_of_the_pictures() -> None:
    """8 by 5 inches; 1200 by 750 pixels."""
    assert to_picture(FEW, ".png")[16:24] == (1200).to_bytes(4, "big") + (750).to_bytes(4, "big")
    assert b'width="576pt" height="360pt"' in to_picture(FEW, ".svg")
    assert b"/MediaBox [ 0 0 576 360 ]" in to_picture(FEW, ".pdf")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_stamp_of_time_or_program(suffix: str) -> None:
    """Neither when nor by which version of what."""
    picture = to_picture(FEW, suffix)
    for stamp in (b"CreationDate", b"dc:date", b"Software", b"matplotlib.org", b"Matplotlib v", b"Matplotlib pdf"):
        assert stamp not in picture


CHILD = """
import hashlib, json, sys
from regcli.report.to_plot import to_picture
documents = json.load(sys.stdin)
made = [hashlib.sha256(to_picture(one, suffix)).hexdigest() for one, suffixes in documents for suffix in suffixes]
print(json.dumps([made, "matplotlib.pyplot" in sys.modules]))
"""


def test_other_processes_draw_the_same_without_a_display(tmp_path: Path) -> None:
    """No pyplot, no display, no home; another hash seed and the user's own style change no byte; stderr stays empty."""
    rc = tmp_path / "matplotlibrc"
    rc.write_text("backend: TkAgg\nfont.size: 30\ntext.usetex: True\nlines.linewidth: 9\naxes.grid: True\n", "utf-8")
    (tmp_path / "file").touch()
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {
        "MATPLOTLIBRC": str(rc),
        "MPLBACKEND": "TkAgg",
        "MPLCONFIGDIR": str(tmp_path / "file" / "x"),
        "PYTHONHASHSEED": "7",
    }
    documents = [(MANY, SUFFIXES), (cv_document(), [".svg"])]
    run = subprocess.run(
        [sys.executable, "-c", CHILD], input=json.dumps(documents), env=environment, capture_output=True, text=True
    )
    assert run.stderr == ""
    made, pyplot = json.loads(run.stdout)
    assert made == [
        hashlib.sha256(to_picture(one, suffix)).hexdigest() for one, suffixes in documents for suffix in suffixes
    ]
    assert not pyplot


def test_nothing_of_matplotlib_is_left_changed() -> None:
    """Its settings and its logger are after a picture what they were before."""
    before, level = dict(matplotlib.rcParams), logging.getLogger("matplotlib").level
    to_picture(renamed([CJK, "a"], "y"), ".svg")
    to_picture(cv_document(), ".png")
    assert dict(matplotlib.rcParams) == before
    assert logging.getLogger("matplotlib").level == level


def test_thousands_of_lines_are_pixels_in_svg() -> None:
    """A ridge on 3,000 features is a file of moderate size in every format."""
    document = path_document({f"x{j}": 1 + j / 1000 for j in range(3000)}, grid(1e3, 1e-4, 30), ridge=True)
    assert all(len(to_picture(document, suffix)) < 500_000 for suffix in SUFFIXES)


def test_pictures_of_reports() -> None:
    """What `regcli.path` and `regcli.cv` return is drawn, the report's own document or its plain copy."""
    source = SAMPLES / "diabetes.csv"
    path, cv = regcli.path(source), regcli.cv(source)
    for document in (path.document, path.to_dict()):
        line = features(figure_of(document))["bmi"]
        assert heights(line) == [step["standardized"].get("bmi", 0.0) for step in path.path]
    [line] = by_gid(figure_of(cv.document), "validation")
    assert list(line.get_ydata()) == [point["mean"] for point in cv.curve]
    assert len(words(figure_of(cv.document), "mark")) == len(words(path_figure(cv.document), "mark")) == 2
    assert words(figure_of(path.document), "title") == ["Lasso path: target from 10 features, 442 rows"]
    title = "Lasso, 10-fold cross-validation: target from 10 features, 442 rows"
    assert words(figure_of(cv.document), "title") == [title]


def test_path_of_a_cross_validation() -> None:
    """`path_figure` draws the same lines of a `cv` document as of the `path` document with that path."""
    document = cv_document()
    alone = document | {"command": "path", "chosen": None}
    lines, expected = features(path_figure(document, "l1-norm")), features(path_figure(alone, "l1-norm"))
    assert lines.keys() == expected.keys() == {"a", "b", "c"}
    assert all(heights(lines[name]) == heights(expected[name]) for name in lines)
    assert to_picture(document, ".svg", picture="path") != to_picture(document, ".svg")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figure_of(FEW, "lambda"), "the axis of a picture is one of alpha, l1-norm, deviance, not 'lambda'"),
        (lambda: figure_of(cv_document(), "l1-norm"), "only a path is drawn along l1-norm, not a cv"),
        (lambda: figure_of(FEW, picture="cv"), "this path has no picture 'cv', only path"),
        (lambda: figure_of({"command": "inspect"}), "there is no picture of inspect, only of fit, path, cv, compare"),
        (lambda: to_picture(FEW, ".gif"), "a picture ends in .png, .svg, .pdf, not '.gif'"),
    ],
)
def test_what_cannot_be_drawn_is_a_usage_error(call: Any, message: str) -> None:
    """An unknown axis, picture or suffix, and a document without what is asked for."""
    with pytest.raises(UsageError) as caught:
        call()
    assert caught.value.message == message


def test_missing_matplotlib_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hint is the line that installs it."""
    require_matplotlib()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for call in (require_matplotlib, lambda: figure_of(FEW), lambda: to_picture(FEW, ".png")):
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.lines() == ["Error: pictures need matplotlib", "Try: pip install 'regcli[plot]'"]


@given(st.lists(st.floats(-0.5, 1.5), max_size=30))
def test_spread_keeps_order_and_distance(wanted: list[float]) -> None:
    """Labels lie apart, inside, in the order of what they belong to; those that lie apart already stay."""
    gap = 0.04
    found = spread(wanted, gap, 0.0, 1.0)
    room = min(gap, 1 / max(len(wanted) - 1, 1))
    assert all(-1e-9 <= at <= 1 + 1e-9 for at in found)
    ordered = sorted(range(len(wanted)), key=lambda i: wanted[i])
    assert all(found[b] - found[a] >= room - 1e-9 for a, b in itertools.pairwise(ordered))
    apart = all(wanted[b] - wanted[a] >= gap for a, b in itertools.pairwise(ordered))
    if apart and all(0 <= at <= 1 for at in wanted):
        assert found == pytest.approx(wanted, abs=1e-12)


def test_spread_is_the_least_move() -> None:
    """Against every position on a fine grid: no other choice of three is nearer to what was wanted."""
    wanted, gap = [0.30, 0.32, 0.90], 0.2
    steps = [i / 50 for i in range(51)]
    best = min(
        sum((at - want) ** 2 for at, want in zip(places, wanted, strict=True))
        for places in itertools.combinations(steps, 3)
        if places[1] - places[0] >= gap - 1e-9 and places[2] - places[1] >= gap - 1e-9
    )
    found = spread(wanted, gap, 0.0, 1.0)
    assert sum((at - want) ** 2 for at, want in zip(found, wanted, strict=True)) <= best + 1e-12


@given(st.floats(-299, 299), st.floats(0, 300))
def test_ticks_of_alpha_lie_in_the_axis(exponent: float, decades: float) -> None:
    """At least one, nine at the most, each within the range that is shown, rising."""
    low = max(10**exponent, LEAST)
    high = min(low * 10**decades, 1e300)
    ticks = log_ticks(low, high)
    assert 1 <= len(ticks) <= 9
    assert all(low * (1 - 1e-8) <= tick <= high * (1 + 1e-8) for tick in ticks)
    assert ticks == sorted(set(ticks))
    if high >= 10 * low:
        assert len(ticks) >= 4 or decades > 290
