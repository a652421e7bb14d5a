"""The picture of a fit: the coefficients, the largest first, and how well the model predicts its rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.report.families import kind_of
from regcli.report.pictures.beside import BETWEEN, COEFFICIENTS, LEAST_HEIGHT, MOST_ROWS, Place, side_of
from regcli.report.pictures.dots import MARKS, ROW, Dots, draw_dots, of_several, unit_of
from regcli.report.pictures.fan import shown_levels
from regcli.report.pictures.frame import SMALL_SIZE, size_in_points
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
    width_of,
)
from regcli.report.pictures.path import subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLASSES = len(MARKS)
"""So many classes have dots."""
CLASS_ROW = 0.12
"""What each class adds to the height of a row, in inches."""
UNIT_ROW = 0.15
"""What a second line of the label of the coefficients needs, in inches."""
RIGHT = 0.3
"""What stays free at the right, in inches."""


def draw_fit(document: Mapping[str, Any], arrays: Mapping[str, Any], lettering: Lettering) -> Figure:
    """The standardized coefficients of a `fit` document, and how well its rows are predicted, from its `arrays`.

    `arrays`: fitted and residuals (n,), test_fitted and test_residuals where rows were held out; of classes `curves`,
    of survival times the groups of `survival`, of several quantiles their `fan`; without any the coefficients stand
    alone.
    """
    side = side_of(document, arrays)
    dots, names, notes = _dots(document, MOST_ROWS if side is None else side.rows)
    shown = [lettering.name(name) for name in names]
    left = MARGIN + width_of([lettering.ruler(name) for name in names]) + 0.12
    height = max(LEAST_HEIGHT if side is None else side.least, (ROW + CLASS_ROW * (len(dots) - 1)) * len(names))
    beside, below = (0.0, 0.0) if side is None else (BETWEEN + side.width + side.words, side.below)
    unit = unit_of(document, lettering, COEFFICIENTS)
    bottom = FOOT + NOTE + UNIT_ROW * unit.count("\n")
    figure = blank_sheet(
        left + COEFFICIENTS + RIGHT + beside, HEAD + height + below + bottom, _title(document, lettering)
    )
    axes = panel(figure, left, bottom + below, COEFFICIENTS, height, _coefficients_title(document, dots))
    _draw_coefficients(axes, shown, dots, lettering)
    axes.set_xlabel(unit)
    notes += ["hollow: exactly zero"] * any(value == 0 for one in dots for value in one.values)
    if side is not None:
        place = Place(left, left + COEFFICIENTS + BETWEEN, bottom, bottom + below + height)
        notes += side.draw(figure, place, document, arrays, lettering)
    show_foot(figure, "; ".join(notes))
    return figure


def _dots(document: Mapping[str, Any], least: int) -> tuple[list[Dots], list[str], list[str]]:
    """The standardized coefficients to be drawn, of each class or quantile of several, the largest first; their
    features, and words on what is left out."""
    model = document["model"]
    if model.get("fan"):
        every = [(f"{one['level']:g}", one["coefficients"]) for one in model["fan"]]
        drawn, what = [every[k] for k in shown_levels(document)], "levels"
    elif model.get("classes"):
        every = [(one["class"], one["coefficients"]) for one in model["classes"]]
        drawn, what = every[:MOST_CLASSES], "classes"
    else:
        shown, left_out = _shown(model["coefficients"], least)
        return [_of_one(document, shown)], [row["name"] for row in shown], [left_out] * bool(left_out)
    tables = [{row["name"]: row["standardized"] or 0.0 for row in coefficients} for _, coefficients in every]
    sizes = [{"name": name, "standardized": max(abs(one[name]) for one in tables)} for name in tables[0]]
    shown, left_out = _shown(sizes, least)
    names = [row["name"] for row in shown]
    notes = [left_out] * bool(left_out)
    if len(drawn) < len(every):
        notes.append(f"{len(drawn)} of {len(every):,} {what} drawn")
    return [of_several(k, label, rows, names) for k, (label, rows) in enumerate(drawn)], names, notes


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


def _draw_coefficients(axes: Axes, names: Sequence[str], dots: Sequence[Dots], lettering: Lettering) -> None:
    draw_dots(axes, names, dots, room=0.62 if len(dots) > 1 else 0.0)
    if len(dots) > 1:
        _show_models(axes, [(lettering.name(one.label), one.look) for one in dots])
    if not names:
        axes.text(0.5, 0.5, "no features", transform=axes.transAxes, ha="center", gid="note")


def _show_models(axes: Axes, entries: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """What each mark means, after the line over the panel, or over that where it has no room."""
    start = 72 * width_of([axes.texts[0].get_text()], 9.0) + KEY_GAP
    length = sum(72 * width_of([text], SMALL_SIZE) + 12 + KEY_GAP for text, _ in entries)
    beside = start + length < size_in_points(axes)[0]
    show_key(axes, entries, lift=8.0 if beside else 22.0, start=start if beside else 0.0)


def _coefficients_title(document: Mapping[str, Any], dots: Sequence[Dots]) -> str:
    intervals = bool(dots[0].ends)
    level = f", with {document['inference']['level']:.0%} intervals".replace("%", " %") if intervals else ""
    return f"standardized coefficients{level}"


def _title(document: Mapping[str, Any], lettering: Lettering) -> str:
    model = document["model"]
    ratio = f", l1_ratio {model['l1_ratio']:.3g}" if model["penalty"] == "elasticnet" else ""
    alpha = tick_text(float(format(model["alpha"], ".4g")))
    said = [f"power {power:g}" for key, power in model["parameters"].items() if key == "power"]
    said += [f"alpha {alpha}{ratio}"] * (model["penalty"] != "none")
    how = f" ({', '.join(said)})" if said else ""
    return f"{kind_of(model['penalty'], model['family'])}{how}: {subject(document, lettering)}"
