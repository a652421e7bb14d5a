"""The picture of a fit: the coefficients, the largest first, and how well the model predicts its rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.families import event, kind_of
from regcli.report.pictures.classes import draw_calibration, draw_confusion, draw_roc
from regcli.report.pictures.dots import ROW, Dots, draw_dots, show_unit
from regcli.report.pictures.frame import COLOURS, GREY
from regcli.report.pictures.lettering import Lettering, tick_text
from regcli.report.pictures.panels import (
    FOOT,
    HEAD,
    KEY_GAP,
    MARGIN,
    NOTE,
    blank_sheet,
    keep_clear,
    panel,
    show_foot,
    show_key,
    width_of,
)
from regcli.report.pictures.path import subject
from regcli.report.pictures.points import chosen_rows, draw_points, picked
from regcli.report.pictures.scales import tick_formatter
from regcli.specs import LOG_FAMILIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS = 25
"""So many coefficients are drawn, the largest; the others are counted."""
LEAST_ROWS = 14
"""Beside panels of classes, so many where the others are zero: a square's height."""
MOST_CLASSES = 6
"""So many classes have dots."""
CLASS_MARKS = ("o", "D", "s", "^", "v", "P")
CLASS_ROW = 0.12
"""What each class adds to the height of a row, in inches."""
COEFFICIENTS, RESIDUALS, BETWEEN, RIGHT = 3.7, 4.1, 0.95, 0.3
CLEAR = 0.2
"""The least distance between the first panel and the words of the second, in inches."""
LEAST_HEIGHT = 3.1
SQUARE, SPREAD, SPREAD_GAP, FLOOR = 3.1, 0.5, 0.1, 0.45
"""Panels of classes: their size, the height of the spread under the calibration, its distance, and what lies between
two floors of the sheet beside words, in inches."""
RAW = ("gaussian", "huber", "quantile", "squared_hinge")
"""The families whose residuals are drawn as they are; of others those of the deviance."""
WIDE = 30.0
"""Fitted amounts that span more than this, largest over smallest, stand on a log scale."""
TRAINING: dict[str, Any] = {"marker": "o", "color": COLOURS[0], "markersize": 4.0, "markeredgewidth": 0}
TEST: dict[str, Any] = {"marker": "^", "color": COLOURS[1], "markersize": 4.6, "markeredgewidth": 0}


def draw_fit(document: Mapping[str, Any], arrays: Mapping[str, Any], lettering: Lettering) -> Figure:
    """The standardized coefficients of a `fit` document, and how well its rows are predicted, from its `arrays`.

    `arrays`: fitted and residuals (n,), test_fitted and test_residuals where rows were held out; of classes `curves`;
    without them the coefficients stand alone.
    """
    classes, residuals = "curves" in arrays, "residuals" in arrays
    dots, names, notes = _dots(document, LEAST_ROWS if classes else MOST_ROWS)
    shown = [lettering.name(name) for name in names]
    left = MARGIN + width_of([lettering.ruler(name) for name in names]) + 0.12
    height = max(LEAST_HEIGHT, (ROW + CLASS_ROW * (len(dots) - 1)) * len(names))
    beside = BETWEEN + (RESIDUALS if residuals else SQUARE) if classes or residuals else 0.0
    below = FLOOR + HEAD + SQUARE if classes else 0.0
    bottom = FOOT + NOTE
    figure = blank_sheet(
        left + COEFFICIENTS + RIGHT + beside, HEAD + height + below + bottom, _title(document, lettering)
    )
    axes = panel(figure, left, bottom + below, COEFFICIENTS, height, _coefficients_title(document, dots))
    _draw_coefficients(axes, shown, dots, document, lettering)
    notes += ["hollow: exactly zero"] * any(value == 0 for one in dots for value in one.values)
    if classes:
        _draw_classes(figure, left, bottom, bottom + below + height, document, arrays["curves"], lettering)
    elif residuals:
        place = left + COEFFICIENTS + BETWEEN
        family = document["model"]["family"]
        against = panel(figure, place, bottom, RESIDUALS, height, _residuals_title(family))
        notes += _draw_residuals(against, arrays, lettering.name(document["data"]["target"]), family)
        keep_clear(against, place - BETWEEN + CLEAR)
    show_foot(figure, "; ".join(notes))
    return figure


def _dots(document: Mapping[str, Any], least: int) -> tuple[list[Dots], list[str], list[str]]:
    """The standardized coefficients to be drawn, of each class of several, the largest first; their features, and a
    word on what is left out."""
    model = document["model"]
    if not model.get("classes"):
        shown, left_out = _shown(model["coefficients"], least)
        return [_of_one(document, shown)], [row["name"] for row in shown], [left_out] * bool(left_out)
    classes = model["classes"]
    tables = [{row["name"]: row["standardized"] or 0.0 for row in one["coefficients"]} for one in classes]
    sizes = [{"name": name, "standardized": max(abs(one[name]) for one in tables)} for name in tables[0]]
    shown, left_out = _shown(sizes, least)
    names = [row["name"] for row in shown]
    notes = [left_out] * bool(left_out)
    if len(classes) > MOST_CLASSES:
        notes.append(f"{MOST_CLASSES} of {len(classes):,} classes drawn")
    dots = [
        Dots(one["class"], tuple(table[name] for name in names), None, CLASS_MARKS[k], COLOURS[k], 4.8)
        for k, (one, table) in enumerate(zip(classes[:MOST_CLASSES], tables, strict=False))
    ]
    return dots, names, notes


def _shown(coefficients: Sequence[Mapping[str, Any]], least: int) -> tuple[list[Mapping[str, Any]], str]:
    """The coefficients to be drawn, the largest first, zeros up to the `least` number of rows, and a word on the
    others."""
    ranked = sorted(coefficients, key=lambda row: -abs(row["standardized"] or 0.0))
    count = max(least, min(MOST_ROWS, sum(row["standardized"] != 0 for row in ranked)))
    rest = ranked[count:]
    zeros = sum(row["standardized"] == 0 for row in rest)
    parts = [f"{len(rest) - zeros:,} smaller"] * (zeros < len(rest)) + [f"{zeros:,} zero"] * (zeros > 0)
    return ranked[:count], f"not shown: {', '.join(parts)}" if rest else ""


def _of_one(document: Mapping[str, Any], shown: Sequence[Mapping[str, Any]]) -> Dots:
    """The standardized coefficients, with the confidence intervals that a fit without a penalty gives."""
    values = tuple(math.nan if row["standardized"] is None else float(row["standardized"]) for row in shown)
    if document["inference"] is None:
        return Dots("coefficients", values)
    scales = {column["name"]: column["scale"] for column in document["data"]["columns"]}
    intervals = {row["name"]: row for row in document["inference"]["coefficients"]}
    ends = tuple(
        (_times(intervals[row["name"]]["low"], scales[row["name"]]),
         _times(intervals[row["name"]]["high"], scales[row["name"]]))
        for row in shown
    )  # fmt: skip
    return Dots("coefficients", values, ends)


def _times(value: float | None, scale: float) -> float:
    return math.nan if value is None else value * scale


def _draw_coefficients(
    axes: Axes, names: Sequence[str], dots: Sequence[Dots], document: Mapping[str, Any], lettering: Lettering
) -> None:
    draw_dots(axes, names, dots, room=0.62 if len(dots) > 1 else 0.0)
    family = document["model"]["family"]
    show_unit(axes, event(document, lettering.ruler), event(document, lettering.name), family)
    if len(dots) > 1:
        show_key(axes, [(lettering.name(one.label), one.look) for one in dots], lift=22.0)
    if not names:
        axes.text(0.5, 0.5, "no features", transform=axes.transAxes, ha="center", gid="note")


def _draw_classes(
    figure: Figure,
    left: float,
    bottom: float,
    top: float,
    document: Mapping[str, Any],
    curves: Mapping[str, Any],
    lettering: Lettering,
) -> None:
    """The ROC curve at the upper right, under it the calibration, and the confusion under the coefficients."""
    right = left + COEFFICIENTS + BETWEEN
    last = "test" if "test" in curves else "training"
    on = " on test rows" if last == "test" else ""
    roc, title = _roc_curves(curves, last, lettering)
    draw_roc(panel(figure, right, top - SQUARE, SQUARE, SQUARE, title), roc)
    foot = bottom + SPREAD + SPREAD_GAP
    of = " of the predicted class" if document["model"]["family"] == "multinomial" else ""
    above = panel(figure, right, foot, SQUARE, SQUARE - SPREAD - SPREAD_GAP, f"calibration{of}")
    draw_calibration(above, panel(figure, right, bottom, SQUARE, SPREAD, ""), curves)
    confusion = document["metrics"]["test" if last == "test" else "train"]["confusion"]
    counted_in = panel(figure, left, bottom, COEFFICIENTS, SQUARE, f"actual and predicted classes{on}")
    draw_confusion(counted_in, [lettering.name(name) for name in confusion["classes"]], confusion["counts"])


def _roc_curves(
    curves: Mapping[str, Any], last: str, lettering: Lettering
) -> tuple[list[tuple[str, Mapping[str, Any]]], str]:
    """The curves with their labels, and the title: of two classes on training and test rows, of several each class."""
    several = any(len(part["roc"]) > 1 for part in curves.values())
    if several:
        roc = [(f"{lettering.name(one['class'])}: AUC {one['auc']:.3f}", one) for one in curves[last]["roc"]]
        return roc, f"ROC: each class against the rest{', test rows' if last == 'test' else ''}"
    found = [(word, one) for word, part in curves.items() for one in part["roc"]]
    said = [f"{one['auc']:.3f}{' on test rows' if word == 'test' else ''}" for word, one in found]
    return [(f"{word} rows", one) for word, one in found], f"ROC: AUC {', '.join(said) or 'not defined'}"


def _draw_residuals(axes: Axes, arrays: Mapping[str, Any], target: str, family: str) -> list[str]:
    """The points, with test rows in a shape and colour of their own; says what was left out."""
    parts = [("training", "", TRAINING), *[("test", "test_", TEST)] * ("test_fitted" in arrays)]
    entries, notes = [], []
    for word, prefix, look in parts:
        kind = "residuals" if family in RAW else "deviance_residuals"
        fitted, residuals = arrays[f"{prefix}fitted"], arrays[f"{prefix}{kind}"]
        rows = chosen_rows(len(fitted))
        draw_points(axes, picked(fitted, rows), picked(residuals, rows), look["color"], look["marker"], word)
        entries.append((f"{counted(len(fitted), f'{word} row')}", look))
        if len(rows) < len(fitted):
            notes.append(f"{len(rows):,} of {len(fitted):,} {word} rows drawn")
    axes.axhline(0, color=GREY, linewidth=0.9, zorder=1, gid="zero")
    least, largest = (float(end(arrays["fitted"])) for end in (min, max))
    if family in LOG_FAMILIES and 0 < WIDE * least < largest:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(tick_formatter())
        axes.xaxis.set_minor_formatter("")
    show_key(axes, entries, start=72 * width_of([_residuals_title(family)], 9.0) + KEY_GAP)
    margin = family == "squared_hinge"
    axes.set_xlabel(f"decision value of {target}" if margin else f"fitted {target}")
    observed = "lack of margin, up or down" if margin else "observed less fitted"
    axes.set_ylabel(f"residual: {observed}" if family in RAW else "deviance residual")
    return notes


def _residuals_title(family: str) -> str:
    return "residuals of" if family in RAW else "deviance residuals of"


def _coefficients_title(document: Mapping[str, Any], dots: Sequence[Dots]) -> str:
    intervals = bool(dots[0].ends)
    level = f", with {document['inference']['level']:.0%} intervals".replace("%", " %") if intervals else ""
    return f"standardized coefficients{level}"


def _title(document: Mapping[str, Any], lettering: Lettering) -> str:
    model = document["model"]
    ratio = f", l1_ratio {model['l1_ratio']:.3g}" if model["penalty"] == "elasticnet" else ""
    alpha = tick_text(float(format(model["alpha"], ".4g")))
    strength = "" if model["penalty"] == "none" else f" (alpha {alpha}{ratio})"
    return f"{kind_of(model['penalty'], model['family'])}{strength}: {subject(document, lettering)}"
