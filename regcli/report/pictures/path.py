"""The picture of a path: every coefficient against the strength of the penalty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.coefficients import series_of_step
from regcli.report.families import explained, fitted, kind_of, level_of
from regcli.report.pictures.frame import COLOURS, DASHES, LIGHT, figure_under, framed_axes
from regcli.report.pictures.labels import EndLabel, Mark, show_labels, show_marks, show_note
from regcli.report.pictures.lettering import Lettering, tick_text
from regcli.report.pictures.scales import (
    alpha_axis,
    make_room,
    show_alpha_axis,
    show_counts,
    show_heights,
    show_linear_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 10
"""How many features have a colour and a label; the others are grey."""
LINES_AS_PIXELS = 1000
"""From so many grey lines on they are pixels in SVG and PDF too, which would be huge otherwise."""
CRITERIA = {"aic": "AIC", "aicc": "AICc", "bic": "BIC", "ebic": "EBIC"}
MEASURED = {
    "l1-norm": ("l1_norm", "L1 norm of the standardized coefficients"),
    "deviance": ("deviance_ratio", "share of the deviance explained (training rows)"),
}
"""The axes other than alpha: their key in a step of the path, and their label."""


def draw_path(document: Mapping[str, Any], x_axis: str, lettering: Lettering) -> Figure:
    """The path of a `path` or `cv` document along "alpha", "l1-norm" or "deviance"."""
    steps = document["path"]
    series = _series(document)
    ranked = sorted(series, key=lambda name: -_size(series[name]))
    named, others = ranked[:NAMED], ranked[NAMED:]
    note = f"grey: {counted(len(others), 'other')}" if others else ""
    axes = framed_axes(_title(document, lettering), [*(lettering.ruler(name) for name in named), note])

    values = [value for line in series.values() for value in line if math.isfinite(value)] or [0.0]
    show_heights(axes, min(values), max(values), _value_label(document, lettering))
    positions = _show_axis(axes, steps, x_axis)
    make_room(axes, show_marks(axes, _marks(document, positions, x_axis)))

    axes.axhline(0, color=LIGHT, linewidth=0.8, zorder=1, gid="zero")
    _draw_others(axes, positions, [series[name] for name in others])
    show_labels(axes, _draw_named(axes, positions, {name: series[name] for name in named}, lettering))
    show_note(axes, note)
    if not series:
        words = "no feature enters: every coefficient is zero at every alpha"
        axes.text(0.5, 0.56, words, transform=axes.transAxes, ha="center", gid="note")
    counts, what = counts_of(steps)
    show_counts(axes, positions, counts, what)
    return figure_under(axes)


def _series(document: Mapping[str, Any]) -> dict[str, list[float]]:
    """Name -> its standardized coefficient at each step, of the features that are ever other than zero."""
    steps, series = document["path"], dict[str, list[float]]()
    for i, step in enumerate(steps):
        for name, value in series_of_step(document, step).items():
            if name not in series:
                series[name] = [0.0] * len(steps)
            series[name][i] = math.nan if value is None else value
    return {name: line for name, line in series.items() if _size(line) > 0}


def _size(line: Sequence[float]) -> float:
    return max((abs(value) for value in line if math.isfinite(value)), default=0.0)


def _show_axis(axes: Axes, steps: Sequence[Mapping[str, Any]], x_axis: str) -> list[float]:
    """Set up the horizontal axis, and return where the steps lie on it."""
    if x_axis == "alpha":
        along = alpha_axis([step["alpha"] for step in steps])
        show_alpha_axis(axes, along)
        return [along.at(step["alpha"]) for step in steps]
    key, label = MEASURED[x_axis]
    positions = [float(step[key] or 0.0) for step in steps]
    show_linear_axis(axes, positions, label)
    return positions


def _draw_named(
    axes: Axes, positions: Sequence[float], series: Mapping[str, Sequence[float]], lettering: Lettering
) -> list[EndLabel]:
    labels = []
    for i, (name, line) in enumerate(series.items()):
        colour, dashes = COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)]
        axes.plot(
            positions, _trimmed(line), color=colour, linestyle=dashes, linewidth=1.6, markersize=5,
            marker="o" if len(line) == 1 else None, label=name, gid="feature", zorder=3 - i / 100,
        )  # fmt: skip
        x, y = next(end for end in zip(positions[::-1], line[::-1], strict=True) if math.isfinite(end[1]))
        labels.append(EndLabel(lettering.name(name), x, y, colour, dashes))
    return labels


def _draw_others(axes: Axes, positions: Sequence[float], lines: Sequence[Sequence[float]]) -> None:
    from matplotlib.collections import LineCollection

    if not lines:
        return
    pieces = [list(zip(positions, _trimmed(line), strict=True)) for line in lines]
    width = 0.6 if len(lines) < 200 else 0.4
    grey = LineCollection(pieces, colors=LIGHT, linewidths=width, gid="others", zorder=1.2)
    grey.set_rasterized(len(lines) >= LINES_AS_PIXELS)
    axes.add_collection(grey, autolim=False)
    if len(positions) == 1:
        at, heights = [positions[0]] * len(lines), [line[0] for line in lines]
        axes.plot(at, heights, "o", color=LIGHT, markersize=3, zorder=1.2, gid="others")


def _trimmed(line: Sequence[float]) -> list[float]:
    """A coefficient without the zeros that only lead from zero to zero: ten lines on each other say nothing."""
    return [value if any(line[max(i - 1, 0) : i + 2]) else math.nan for i, value in enumerate(line)]


def counts_of(steps: Sequence[Mapping[str, Any]]) -> tuple[list[str], str]:
    """What stands along the top: non-zeros, or the degrees of freedom of a penalty that sets none to zero."""
    counts = [step["nonzero"] for step in steps]
    degrees = [step["df"] for step in steps if step["df"] is not None]
    if min(counts) == max(counts) > 0 and len(degrees) == len(steps) and min(degrees) < max(degrees):
        return [f"{df:.1f}" if df < 100 else f"{df:,.0f}" for df in degrees], "degrees of freedom"
    return [f"{count:,}" for count in counts], "non-zero coefficients"


def _marks(document: Mapping[str, Any], positions: Sequence[float], x_axis: str) -> list[Mark]:
    """The alpha that a criterion chose; of a cross-validation `min` and `1se`, which lie on the path."""
    chosen, word = document["chosen"], "" if x_axis == "alpha" else "alpha "
    if document["command"] == "cv":
        places = {step["alpha"]: at for step, at in zip(document["path"], positions, strict=True)}
        return marks_of(chosen, places, word)
    if chosen is None or chosen["index"] is None:
        return []
    criterion = CRITERIA.get(chosen["criterion"], chosen["criterion"])
    return [Mark(positions[chosen["index"]], f"{criterion}: {word}{_strength(chosen['alpha'])}", True)]


def marks_of(chosen: Mapping[str, Any], places: Mapping[float, float], word: str = "") -> list[Mark]:
    """Marks for the `min` and `1se` of a cross-validation, one for both where they agree, at their alphas' `places`."""
    strengths = {"min": chosen["min"]["alpha"], "1se": chosen["one_se"]["alpha"]}
    if strengths["min"] == strengths["1se"]:
        strengths = {"min and 1se": strengths["min"]}
    marks = []
    for name, alpha in strengths.items():
        used = chosen["rule"] in name
        if alpha in places:
            marks.append(Mark(places[alpha], f"{name}{' (refitted)' if used else ''}: {word}{_strength(alpha)}", used))
    return marks


def _strength(alpha: float) -> str:
    return tick_text(float(f"{alpha:.3g}"))


def _title(document: Mapping[str, Any], lettering: Lettering) -> str:
    penalty, ratio = document["model"]["penalty"], document["model"]["l1_ratio"]
    share = f" (l1_ratio {ratio:.3g})" if penalty == "elasticnet" and ratio is not None else ""
    return f"{kind_of(penalty, document['model']['family'])} path{share}: {subject(document, lettering)}"


def subject(document: Mapping[str, Any], lettering: Lettering) -> str:
    """What is explained by what: `target from 10 features, 442 rows`."""
    data, name = document["data"], lettering.name
    features, rows = counted(len(data["features"]), "feature"), counted(data["rows_used"], "row")
    what = explained(document, name) if level_of(document) is None else fitted(document, name)
    return f"{what} from {features}, {rows}"


def _value_label(document: Mapping[str, Any], lettering: Lettering) -> str:
    if document["model"]["family"] not in ("gaussian", "huber", "quantile"):
        return "standardized coefficient\n(per deviation of the feature)"
    return f"standardized coefficient\n(units of {lettering.name(document['data']['target'])} per deviation)"
