"""The picture of a fit: the coefficients, the largest first, and what the model leaves unexplained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.of_fit import PENALTY_WORDS
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS = 25
"""So many coefficients are drawn, the largest; the others are counted."""
COEFFICIENTS, RESIDUALS, BETWEEN, RIGHT = 3.7, 4.1, 0.95, 0.3
CLEAR = 0.2
"""The least distance between the first panel and the words of the second, in inches."""
LEAST_HEIGHT = 3.1
RESIDUALS_TITLE = "residuals of"
TRAINING: dict[str, Any] = {"marker": "o", "color": COLOURS[0], "markersize": 4.0, "markeredgewidth": 0}
TEST: dict[str, Any] = {"marker": "^", "color": COLOURS[1], "markersize": 4.6, "markeredgewidth": 0}


def draw_fit(document: Mapping[str, Any], arrays: Mapping[str, Any], lettering: Lettering) -> Figure:
    """The standardized coefficients of a `fit` document, and the residuals in its `arrays`.

    `arrays`: fitted and residuals (n,), test_fitted and test_residuals where rows were held out; without them
    the coefficients stand alone.
    """
    target = document["data"]["target"]
    shown, left_out = _shown(document["model"]["coefficients"])
    names = [lettering.name(row["name"]) for row in shown]
    left = MARGIN + width_of([lettering.ruler(row["name"]) for row in shown]) + 0.12
    height = max(LEAST_HEIGHT, ROW * len(shown))
    with_rows = "fitted" in arrays
    width = left + COEFFICIENTS + RIGHT + (BETWEEN + RESIDUALS if with_rows else 0.0)
    bottom = FOOT + NOTE
    figure = blank_sheet(width, HEAD + height + bottom, _title(document, lettering))
    dots = _dots(document, shown)
    axes = panel(figure, left, bottom, COEFFICIENTS, height, _coefficients_title(document, bool(dots.ends)))
    draw_dots(axes, names, [dots])
    show_unit(axes, lettering.ruler(target), lettering.name(target))
    if not shown:
        axes.text(0.5, 0.5, "no features", transform=axes.transAxes, ha="center", gid="note")
    notes = [left_out] * bool(left_out)
    if any(value == 0 for value in dots.values):
        notes.append("hollow: exactly zero")
    if with_rows:
        place = left + COEFFICIENTS + BETWEEN
        beside = panel(figure, place, bottom, RESIDUALS, height, RESIDUALS_TITLE)
        notes += _draw_residuals(beside, arrays, lettering.name(target))
        keep_clear(beside, place - BETWEEN + CLEAR)
    show_foot(figure, "; ".join(notes))
    return figure


def _shown(coefficients: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], str]:
    """The coefficients to be drawn, the largest first, and a word on the others."""
    ranked = sorted(coefficients, key=lambda row: -abs(row["standardized"] or 0.0))
    rest = ranked[MOST_ROWS:]
    zeros = sum(row["standardized"] == 0 for row in rest)
    parts = [f"{len(rest) - zeros:,} smaller"] * (zeros < len(rest)) + [f"{zeros:,} zero"] * (zeros > 0)
    return ranked[:MOST_ROWS], f"not shown: {', '.join(parts)}" if rest else ""


def _dots(document: Mapping[str, Any], shown: Sequence[Mapping[str, Any]]) -> Dots:
    """The standardized coefficients, with the confidence intervals that least squares gives."""
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


def _draw_residuals(axes: Axes, arrays: Mapping[str, Any], target: str) -> list[str]:
    """The points, with test rows in a shape and colour of their own; says what was left out."""
    parts = [("training", "", TRAINING), *[("test", "test_", TEST)] * ("test_fitted" in arrays)]
    entries, notes = [], []
    for word, prefix, look in parts:
        fitted, residuals = arrays[f"{prefix}fitted"], arrays[f"{prefix}residuals"]
        rows = chosen_rows(len(fitted))
        draw_points(axes, picked(fitted, rows), picked(residuals, rows), look["color"], look["marker"], word)
        entries.append((f"{counted(len(fitted), f'{word} row')}", look))
        if len(rows) < len(fitted):
            notes.append(f"{len(rows):,} of {len(fitted):,} {word} rows drawn")
    axes.axhline(0, color=GREY, linewidth=0.9, zorder=1, gid="zero")
    show_key(axes, entries, start=72 * width_of([RESIDUALS_TITLE], 9.0) + KEY_GAP)
    axes.set_xlabel(f"fitted {target}")
    axes.set_ylabel("residual: observed less fitted")
    return notes


def _coefficients_title(document: Mapping[str, Any], intervals: bool) -> str:
    level = f", with {document['inference']['level']:.0%} intervals".replace("%", " %") if intervals else ""
    return f"standardized coefficients{level}"


def _title(document: Mapping[str, Any], lettering: Lettering) -> str:
    model = document["model"]
    ratio = f", l1_ratio {model['l1_ratio']:.3g}" if model["penalty"] == "elasticnet" else ""
    alpha = tick_text(float(format(model["alpha"], ".4g")))
    strength = "" if model["penalty"] == "none" else f" (alpha {alpha}{ratio})"
    return f"{PENALTY_WORDS[model['penalty']]}{strength}: {subject(document, lettering)}"
