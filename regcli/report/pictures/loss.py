"""The picture of a descent: the loss along its epochs, and how far it lies above that of the exact solution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.report.families import PENALTY_WORDS
from regcli.report.of_training import descent_name
from regcli.report.pictures.frame import (
    COLOURS,
    DASHES,
    GREY,
    SIZE,
    figure_under,
    fit_left,
    framed_axes,
    put_title,
    size_in_points,
)
from regcli.report.pictures.labels import EndLabel, Mark, show_labels, show_marks
from regcli.report.pictures.lettering import Lettering, tick_text
from regcli.report.pictures.path import subject
from regcli.report.pictures.scales import ABOVE, AIR, BELOW, log_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOSS, VALIDATION, TRAINING, *_REST = COLOURS
START = 0.5
"""Where the loss before the first epoch stands on an axis that else begins with epoch 1."""
UPPER, LOWER = 0.52, 0.36
"""The shares of the height that the two panels take."""
MORE = 0.07
"""What is free above for an axis of counts, which this picture has not, as a share of the figure's height."""
ROUNDING = 1e-15
"""Nearer to the exact loss than this share of it is rounding, and not drawn."""


def draw_loss(document: Mapping[str, Any], _x_axis: str, lettering: Lettering) -> Figure:
    """Two panels over one axis of epochs: the loss, and its distance from the exact minimum; both logarithmic."""
    training = document["training"]
    history, exact = training["history"], training["exact"]["loss"]
    lines = _lines(training)
    axes = framed_axes(_title(document, lettering), [*lines, "exact minimum"])
    lower = _split(axes)
    epochs = [max(float(record["epoch"]), START) for record in history]
    floor = ROUNDING * exact
    distance = [record["loss"] - exact for record in history]

    heights = [value for line, *_ in lines.values() for value in line]
    _show_epochs(axes, epochs, named=False)
    _show_epochs(lower, epochs, named=True)
    _show_heights(axes, [*heights, exact], f"loss (convention {document['model']['convention']})")
    _show_heights(lower, [value for value in distance if value > floor], "above the exact\nminimum")
    _fit_left_together(axes, lower)
    _show_heights(axes, [*heights, exact], axes.get_ylabel(), show_marks(axes, _marks(training)))
    labels = [_draw(axes, epochs, name, *line) for name, line in lines.items()]
    if exact > 0:
        axes.axhline(exact, color=GREY, linewidth=1.0, linestyle=DASHES[2], zorder=1.4, gid="exact")
        labels.append(EndLabel("exact minimum", axes.get_xlim()[1], exact, GREY, DASHES[2]))
    show_labels(axes, [label for label in labels if math.isfinite(label.y)])
    _draw(lower, epochs, "distance", [value if value > floor else math.nan for value in distance], LOSS, "solid")
    for mark in _marks(training):
        lower.axvline(mark.x, color=GREY, linewidth=0.8, linestyle=DASHES[1], zorder=1.5, gid="mark")
    return figure_under(axes)


def _lines(training: Mapping[str, Any]) -> dict[str, tuple[list[float], str, Any]]:
    """Name -> values, colour and dashes: the loss; and without penalty, as is fair, that of training and validation."""
    history = training["history"]
    lines: dict[str, tuple[list[float], str, Any]] = {
        "loss": ([record["loss"] for record in history], LOSS, "solid"),
    }
    if training["validation"] is not None:
        lines["training data"] = ([record["data"] for record in history], TRAINING, DASHES[3])
        lines["validation"] = ([record["validation"] for record in history], VALIDATION, DASHES[1])
    return lines


def _split(axes: Axes) -> Axes:
    """Leave the upper part of the place of `axes` to them, and return new axes in the lower part."""
    box = axes.get_position()
    figure = figure_under(axes)
    height = box.height + MORE
    axes.set_position((box.x0, box.y0 + (1 - UPPER) * height, box.width, UPPER * height))
    return figure.add_axes((box.x0, box.y0, box.width, LOWER * height))


def _fit_left_together(axes: Axes, lower: Axes) -> None:
    """Both panels begin where the wider of their labels leaves off, and so does the title."""
    for panel in (axes, lower):
        fit_left(panel)
    left = max(panel.get_position().x0 for panel in (axes, lower))
    for panel in (axes, lower):
        box = panel.get_position()
        panel.set_position((left, box.y0, box.x1 - left, box.height))
    put_title(figure_under(axes), left * SIZE[0])


def _draw(axes: Axes, epochs: Sequence[float], name: str, line: list[float], colour: str, dashes: Any) -> EndLabel:
    positive = [value if value > 0 else math.nan for value in line]
    single = len(line) < 3
    axes.plot(
        epochs, positive, color=colour, linestyle=dashes, linewidth=1.6, marker="o" if single else None, markersize=4,
        label=name, gid=name.replace(" ", "-"), zorder=3,
    )  # fmt: skip
    return EndLabel(name, epochs[-1], positive[-1], colour, dashes)


def _show_epochs(axes: Axes, epochs: Sequence[float], named: bool) -> None:
    """The horizontal axis: the start, then epochs on a logarithmic scale."""
    from matplotlib.ticker import NullFormatter, NullLocator

    last = max(epochs[-1], 2.0)
    air = (last / START) ** AIR
    axes.set_xscale("log")
    axes.set_xlim(START / air, last * air)
    ticks = [tick for tick in log_ticks(1.0, last) if tick == round(tick)]
    texts = [tick_text(tick) for tick in ticks]
    axes.set_xticks([START, *ticks], ["start", *texts] if named else [""] * (len(ticks) + 1))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    if named:
        axes.set_xlabel("epoch (log scale)")


def _show_heights(axes: Axes, values: Sequence[float], label: str, above: float = 0.0) -> None:
    """A logarithmic axis for those of the `values` that it can show, with `above` points more free for words."""
    from matplotlib.ticker import NullFormatter, NullLocator

    known = [value for value in values if 0 < value < math.inf] or [1.0]
    low, high = math.log10(min(known)), math.log10(max(known))
    if high - low < 0.05:
        low, high = low - 0.025, high + 0.025
    unit = (high - low) / (size_in_points(axes)[1] - BELOW - ABOVE - above)
    axes.set_yscale("log")
    axes.set_ylim(10 ** (low - BELOW * unit), 10 ** (high + (ABOVE + above) * unit))
    ticks = log_ticks(10**low, 10**high)
    ticks = ticks[:: math.ceil(len(ticks) / 5)]
    axes.set_yticks(ticks, [tick_text(float(f"{tick:.4g}")) for tick in ticks])
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel(label)


def _marks(training: Mapping[str, Any]) -> list[Mark]:
    """The epoch whose weights are kept, where it is not the last, and the one from which the certificate holds."""
    marks = []
    if training["validation"] is not None:
        best = training["kept"]["epoch"]
        marks.append(Mark(max(best, START), f"least validation loss: epoch {best:,}", True))
    since = training["certified_at"]
    if since is not None:
        marks.append(Mark(since, f"certified: epoch {since:,}", training["validation"] is None))
    return marks


def _title(document: Mapping[str, Any], lettering: Lettering) -> str:
    penalty = document["model"]["penalty"]
    name = descent_name(document["training"], penalty, short=True)
    return f"{PENALTY_WORDS[penalty]} by {name}: {subject(document, lettering)}"
