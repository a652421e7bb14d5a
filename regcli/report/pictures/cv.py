"""The picture of a cross-validation: the error of prediction against the strength of the penalty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.families import kind_of
from regcli.report.measures import more_is_better, training_compares, worded
from regcli.report.pictures.frame import COLOURS, DASHES, GREY, LIGHT, figure_under, framed_axes
from regcli.report.pictures.labels import EndLabel, show_labels, show_marks, show_note
from regcli.report.pictures.lettering import Lettering
from regcli.report.pictures.path import counts_of, marks_of, subject
from regcli.report.pictures.scales import AlphaAxis, alpha_axis, make_room, show_alpha_axis, show_counts, show_heights

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve = Sequence[Mapping[str, Any]]

NAMED = 10
"""How many values of l1_ratio have a colour and a label, the chosen one included; the others are grey."""
VALIDATION, TRAINING, *_REST = COLOURS
OTHER_COLOURS = (*_REST[:2], *_REST[3:], _REST[2])
"""The sky blue comes last: it is too near to the error bars."""
BARS = "#7FB2D8"
CAPPED = 60
"""Up to so many error bars have caps."""
SCHEMES = {
    "leave one out": "leave-one-out cross-validation",
    "groups": "{k}-fold cross-validation by groups",
    "time": "{k}-fold cross-validation in order of time",
    "given": "{k}-fold cross-validation on given folds",
}
WORST = 0.6
"""How far the picture goes beyond the null model, as a share of the way from there to the best."""


def draw_cv(document: Mapping[str, Any], _x_axis: str, lettering: Lettering) -> Figure:
    """The curve of a `cv` document, always along alpha."""
    chosen, measure = document["chosen"], document["chosen"]["measure"]
    curve = document["curve"]
    if not training_compares(document):
        curve = [point | {"train_mean": None} for point in curve]
    curves = _by_ratio(curve)
    best, null = chosen["min"]["l1_ratio"], _value(chosen["null"]["mean"])
    rivals = sorted((ratio for ratio in curves if ratio != best), key=lambda ratio: _least(curves[ratio], measure))
    named, others = rivals[: NAMED - 1], rivals[NAMED - 1 :]
    words = {ratio: f"l1_ratio {ratio:.3g}" for ratio in (best, *named)} if rivals else {best: "validation"}
    training = f"training, {words[best]}" if rivals else "training"
    notes = ["bars: 1 std. error", *[f"grey: {counted(len(others), 'other')}"] * bool(others)]
    axes = framed_axes(_title(document, lettering), [*words.values(), training, "no features", *notes])

    show_heights(axes, *_range(curve, curves[best], null, measure), worded(measure))
    along = alpha_axis([point["alpha"] for point in curve])
    show_alpha_axis(axes, along)
    places = {point["alpha"]: along.at(point["alpha"]) for point in curve}
    make_room(axes, show_marks(axes, marks_of(chosen, places)))

    labels = _draw_best(axes, along, curves[best], words[best], training)
    for i, ratio in enumerate(named):
        colour, dashes = OTHER_COLOURS[i % len(OTHER_COLOURS)], DASHES[(i + 2) % len(DASHES)]
        labels.append(_draw_rival(axes, along, curves[ratio], words[ratio], colour, dashes))
    for ratio in others:
        _draw_rival(axes, along, curves[ratio], f"l1_ratio {ratio:.3g}", LIGHT, "solid")
    if math.isfinite(null):
        axes.axhline(null, color=GREY, linewidth=1.0, linestyle=DASHES[2], zorder=1.4, gid="null")
        labels.append(EndLabel("no features", min(axes.get_xlim()), null, GREY, DASHES[2]))
    show_labels(axes, [label for label in labels if math.isfinite(label.y)])
    show_note(axes, "\n".join(notes))
    counts, what = counts_of(document["path"])
    show_counts(axes, [along.at(step["alpha"]) for step in document["path"]], counts, what)
    return figure_under(axes)


def _by_ratio(curve: Curve) -> dict[Any, list[Mapping[str, Any]]]:
    curves: dict[Any, list[Mapping[str, Any]]] = {}
    for point in curve:
        curves.setdefault(point["l1_ratio"], []).append(point)
    return curves


def _value(number: float | None) -> float:
    return math.nan if number is None else number


def _least(curve: Curve, measure: str) -> float:
    means = [point["mean"] for point in curve if point["mean"] is not None]
    return min((-mean if more_is_better(measure) else mean for mean in means), default=math.inf)


def _range(curve: Curve, best: Curve, null: float, measure: str) -> tuple[float, float]:
    """The errors to be shown: all of them, unless some are so bad that the rest would be a line at the floor."""
    values = [_value(point["mean"]) for point in curve] + [_value(point["train_mean"]) for point in best] + [null]
    values += [_value(point["mean"]) + sign * _value(point["se"]) for point in best for sign in (-1, 1)]
    values = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(values), max(values)
    if more_is_better(measure) and high > null:
        low = max(low, null - WORST * (high - null))
    elif not more_is_better(measure) and low < null:
        high = min(high, null + WORST * (null - low))
    return low, high


def _draw_best(axes: Axes, along: AlphaAxis, curve: Curve, words: str, training: str) -> list[EndLabel]:
    """The curve of the chosen l1_ratio with its error bars, and the error on the training rows."""
    positions = [along.at(point["alpha"]) for point in curve]
    means = [_value(point["mean"]) for point in curve]
    trained = [_value(point["train_mean"]) for point in curve]
    single = len(curve) == 1
    axes.errorbar(
        positions, means, [_value(point["se"]) for point in curve], fmt="none", ecolor=BARS, elinewidth=0.7,
        capsize=1.5 if len(curve) <= CAPPED else 0, capthick=0.7, zorder=2.5,
    )  # fmt: skip
    axes.plot(
        positions, means, color=VALIDATION, linewidth=1.6, marker="o", markersize=5 if single else 2.2,
        label="validation", gid="validation", zorder=3,
    )  # fmt: skip
    axes.plot(
        positions, trained, color=TRAINING, linewidth=1.3, linestyle=DASHES[1], marker="s" if single else None,
        markersize=4, label="training", gid="training", zorder=2.8,
    )  # fmt: skip
    return [
        EndLabel(words, positions[-1], means[-1], VALIDATION),
        EndLabel(training, positions[-1], trained[-1], TRAINING, DASHES[1]),
    ]


def _draw_rival(axes: Axes, along: AlphaAxis, curve: Curve, words: str, colour: str, dashes: Any) -> EndLabel:
    """The curve of another l1_ratio."""
    positions = [along.at(point["alpha"]) for point in curve]
    means = [_value(point["mean"]) for point in curve]
    axes.plot(
        positions, means, color=colour, linewidth=1.1, linestyle=dashes, marker="o" if len(curve) == 1 else None,
        markersize=4, label=words, gid="rival", zorder=2.7,
    )  # fmt: skip
    return EndLabel(words, positions[-1], means[-1], colour, dashes)


def _title(document: Mapping[str, Any], lettering: Lettering) -> str:
    folds = document["folds"]
    head = SCHEMES.get(folds["scheme"], "{k}-fold cross-validation").format(k=folds["k"])
    repeats = f", {folds['repeats']} times" if folds["repeats"] > 1 else ""
    kind = kind_of(document["settings"]["penalty"], document["model"]["family"])
    return f"{kind}, {head}{repeats}: {subject(document, lettering)}"
