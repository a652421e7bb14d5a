"""The picture of a comparison: how well each model predicts, and their coefficients side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.coefficients import series_of_step
from regcli.report.measures import COMPARED_ERRORS
from regcli.report.of_compare import rival_words
from regcli.report.pictures.dots import AIR, Dots, draw_dots, unit_of
from regcli.report.pictures.frame import COLOURS, DARK, GREY, SMALL_SIZE, size_in_points
from regcli.report.pictures.lettering import Lettering, tick_text
from regcli.report.pictures.panels import (
    FOOT,
    HEAD,
    KEY_GAP,
    MARGIN,
    NOTE,
    blank_sheet,
    panel,
    show_foot,
    show_key,
    show_rows,
    width_of,
)
from regcli.report.pictures.path import subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Model = Mapping[str, Any]

MOST_ROWS = 20
"""So many features are drawn, the largest in any model; the others are counted."""
ERRORS, DIFFERENCES, GAP, RIGHT = 4.2, 3.3, 0.35, 0.5
MODEL_ROW, FEATURE_ROW, LEAST_HEIGHT = 0.33, 0.36, 1.0
BELOW = 0.5
"""Between the two floors of the sheet, over what the upper one needs: the key of the lower one, in inches."""
COEFFICIENTS = "standardized coefficients of"
ROOM = 0.62
"""The share of a row that its marks take."""
LOOKS = {
    "ols": (DARK, "P"),
    "ridge": (COLOURS[1], "o"),
    "lasso": (COLOURS[0], "D"),
    "elasticnet": (COLOURS[2], "s"),
    "null": (GREY, "X"),
}
FAR = 6.0
"""A model without features, or one without a penalty, this many times as far from the best as the worst of the others
leaves the picture; so do coefficients this many times as large as the largest of all other models."""


def draw_compare(document: Mapping[str, Any], lettering: Lettering) -> Figure:
    """The errors of a `compare` document with their paired differences, and the standardized coefficients."""
    models = _ranked(document)
    features, left_out = _features(document)
    names = [_row_name(model, document["model"]["family"]) for model in models]
    left = MARGIN + max(width_of(names), width_of([lettering.ruler(name) for name in features])) + 0.15
    width = left + ERRORS + GAP + DIFFERENCES + RIGHT
    upper, lower = max(LEAST_HEIGHT, MODEL_ROW * len(models)), max(LEAST_HEIGHT, FEATURE_ROW * len(features))
    figure = blank_sheet(width, HEAD + upper + FOOT + BELOW + lower + FOOT + NOTE, _title(document, lettering))
    floor = FOOT + NOTE + lower + BELOW + FOOT
    errors = panel(figure, left, floor, ERRORS, upper, "error on rows that were not fitted (bold: chosen)")
    differences = panel(
        figure, left + ERRORS + GAP, floor, DIFFERENCES, upper, "difference to the best, on the same rows"
    )
    _draw_errors(errors, models, names, document)
    _draw_differences(differences, models)
    below = panel(figure, left, FOOT + NOTE, width - left - RIGHT, lower, COEFFICIENTS)
    dots = _dots(document, features)
    _draw_coefficients(below, dots, features, document, lettering)
    zeros = any(value == 0 for model in dots for value in model.values)
    notes = [left_out] * bool(left_out) + ["hollow: exactly zero"] * zeros + ["bars: 1 std. error"]
    notes += [
        f"arrows: beyond the axis, of {one.label} up to {one.reach:.3g}" for one in dots if one not in _near(dots)
    ]
    show_foot(figure, "; ".join(notes))
    return figure


def _ranked(document: Mapping[str, Any]) -> list[Model]:
    """The models, the best first."""
    return sorted(document["models"], key=lambda model: _value(model["mean"], math.inf))


def _value(number: float | None, missing: float = math.nan) -> float:
    return missing if number is None else float(number)


def _row_name(model: Model, family: str) -> str:
    name = rival_words(family)[model["name"]]
    return name if model["name"] == "null" else f"{name}, {counted(model['nonzero'], 'feature')}"


def _draw_errors(axes: Axes, models: Sequence[Model], names: Sequence[str], document: Mapping[str, Any]) -> None:
    """A row for each model: its error, and one standard error to each side."""
    show_rows(axes, names)
    for label, model in zip(axes.get_yticklabels(), models, strict=True):
        if model["name"] == document["verdict"]["chosen"]:
            label.set_fontweight("bold")
    _draw_spans(axes, models, models, "error")
    axes.set_xlabel(f"{COMPARED_ERRORS[document['measure']]} (less is better), {_judged(document)}")


def _draw_spans(
    axes: Axes,
    models: Sequence[Model],
    found: Sequence[Mapping[str, Any] | None],
    gid: str,
    always: Sequence[float] = (),
) -> None:
    """In the row of each model a mark at the mean that was `found`, with a bar of one standard error to each side."""
    spans = {model["name"]: _span(one) for model, one in zip(models, found, strict=True)}
    low, high = _limits({name: span for name, span in spans.items() if span is not None}, always)
    axes.set_xlim(low, high)
    for row, (model, one) in enumerate(zip(models, found, strict=True)):
        span = spans[model["name"]]
        if one is None or span is None:
            continue
        if not low <= one["mean"] <= high:
            _show_far(axes, row, one["mean"], one["mean"] > high)
            continue
        colour, mark = LOOKS[model["name"]]
        axes.plot(span, [row, row], color=colour, linewidth=1.4, zorder=2, gid=f"{gid} bar")
        axes.plot([one["mean"]], [row], marker=mark, markersize=7, color=colour, linestyle="none", zorder=3, gid=gid)


def _show_far(axes: Axes, row: int, mean: float, after: bool) -> None:
    """A number at the edge in place of a mark beyond it."""
    number = tick_text(float(format(mean, ".4g")))
    text = f"{number} \N{RIGHTWARDS ARROW}" if after else f"\N{LEFTWARDS ARROW} {number}"
    axes.text(
        0.99 if after else 0.01, row, text, transform=axes.get_yaxis_transform(), fontsize=SMALL_SIZE, color=GREY,
        ha="right" if after else "left", va="center", gid="far",
    )  # fmt: skip


def _limits(spans: Mapping[str, tuple[float, float]], always: Sequence[float] = ()) -> tuple[float, float]:
    """What is shown of the models' `spans`: all of them, but not a model without features, or without a penalty, far
    from the others; two at least of those with features stay."""
    shown = [*always, *(end for span in spans.values() for end in span)] or [0.0, 1.0]
    for away in (("null",), ("ols",), ("null", "ols")):
        kept = [span for name, span in spans.items() if name not in away]
        others = [*always, *(end for span in kept for end in span)]
        enough = len(kept) > ("ols" in away)
        if others and enough and max(shown) - min(shown) > FAR * (max(others) - min(others)) > 0:
            shown = others
            break
    low, high = min(shown), max(shown)
    if low == high:
        low, high = low - (abs(low) or 1.0) / 10, high + (abs(high) or 1.0) / 10
    return low - AIR * (high - low), high + AIR * (high - low)


def _span(found: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """A mean with one standard error to each side, where there is one."""
    if found is None or found["mean"] is None:
        return None
    return found["mean"] - _value(found["se"], 0.0), found["mean"] + _value(found["se"], 0.0)


def _draw_differences(axes: Axes, models: Sequence[Model]) -> None:
    """A row for each model: its error less that of the best on the same rows, and whether that is within chance."""
    show_rows(axes, [""] * len(models))
    axes.axvline(0, color=GREY, linewidth=0.9, zorder=1, gid="zero")
    _draw_spans(axes, models, [model["difference"] for model in models], "difference", always=(0.0,))
    for row, model in enumerate(models):
        words = "best" if model["difference"] is None else "tied" if model["tied"] else ""
        axes.text(
            1.02, row, words, transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL_SIZE, gid="standing"
        )
    axes.set_xlabel("error less that of the best")


def _features(document: Mapping[str, Any]) -> tuple[list[str], str]:
    """The features to be drawn, the largest in any model first, and a word on the others."""
    sizes: dict[str, float] = {}
    for model in document["models"]:
        for name, value in series_of_step(document, model).items():
            sizes[name] = max(sizes.get(name, 0.0), abs(value or 0.0))
    ranked = sorted(sizes, key=lambda name: -sizes[name])
    rest = len(ranked) - MOST_ROWS
    return ranked[:MOST_ROWS], f"not shown: {counted(rest, 'smaller feature')}" if rest > 0 else ""


def _dots(document: Mapping[str, Any], features: Sequence[str]) -> list[Dots]:
    """The coefficients of each model that has features; those that a document leaves out are zero."""
    found = []
    for model in document["models"]:
        if model["name"] != "null":
            colour, mark = LOOKS[model["name"]]
            table, words = series_of_step(document, model), rival_words(document["model"]["family"])
            values = tuple(_value(table.get(name, 0.0)) for name in features)
            found.append(Dots(words[model["name"]], values, mark=mark, colour=colour, size=5.0))
    return found


def _near(dots: Sequence[Dots]) -> list[Dots]:
    """The models that the axis of coefficients has room for: all but one whose coefficients are far larger."""
    ranked = sorted(dots, key=lambda one: one.reach)
    far = len(dots) > 2 and ranked[-1].reach > FAR * ranked[-2].reach > 0
    return [one for one in dots if not far or one is not ranked[-1]]


def _draw_coefficients(
    axes: Axes, dots: Sequence[Dots], features: Sequence[str], document: Mapping[str, Any], lettering: Lettering
) -> None:
    """A row for each feature, in it a mark for each model."""
    draw_dots(axes, [lettering.name(name) for name in features], dots, ROOM, _near(dots))
    axes.set_xlabel(unit_of(document, lettering, size_in_points(axes)[0] / 72))
    if not features:
        axes.text(0.5, 0.5, "no model has a feature", transform=axes.transAxes, ha="center", gid="note")
    show_key(axes, [(one.label, one.look) for one in dots], start=72 * width_of([COEFFICIENTS], 9.0) + KEY_GAP)


def _judged(document: Mapping[str, Any]) -> str:
    folds = document["folds"]
    if document["judged_on"] != "folds" or folds is None:
        return "test rows"
    repeats = f", {folds['repeats']} times" if folds["repeats"] > 1 else ""
    return f"{folds['k']} folds{repeats}"


def _title(document: Mapping[str, Any], lettering: Lettering) -> str:
    return f"{counted(len(document['models']), 'model')} compared: {subject(document, lettering)}"
