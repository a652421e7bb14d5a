"""How a support vector machine tells two classes apart: the decision values of the rows of each, and the margin."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.pictures.classes import LETTER, MARKS
from regcli.report.pictures.frame import DASHES, GREY, SMALL_SIZE, size_in_points
from regcli.report.pictures.lettering import MINUS, shortened
from regcli.report.pictures.panels import KEY_GAP, show_key, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BINS = 60


def draw_margins(
    upper: Axes, lower: Axes, names: tuple[str, str], parts: Mapping[str, tuple[Sequence[float], Sequence[bool]]]
) -> None:
    """How the rows of each class are spread over decision values: the positive class above, the other below.

    `names` are the two as they are drawn; `parts`, training and perhaps test, hold the values (n,) and whether a row
    is of the positive class (n,).
    """
    edges = bin_edges([float(value) for values, _ in parts.values() for value in values])
    for axes, name, positive in ((upper, names[0], True), (lower, names[1], False)):
        key = []
        for word, (values, classes) in parts.items():
            chosen = [float(value) for value, one in zip(values, classes, strict=True) if one == positive]
            _draw_spread(axes, chosen, edges, word)
            key.append((counted(len(chosen), f"{word} row"), MARKS[word] | {"marker": "s"}))
        for x in (-1, 0, 1):
            axes.axvline(x, color=GREY, linewidth=0.9, linestyle=DASHES[1] if x else "solid", zorder=3, gid="margin")
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(0, None)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        _show_words(axes, name, key)
    upper.tick_params(axis="x", labelbottom=False)
    lower.set_xlabel(f"decision value (dashed: the margin, {MINUS}1 to 1)")


def _show_words(axes: Axes, name: str, key: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """The class, shortened where its name leaves no room, and how many rows it has, in a line over the axes."""
    room = size_in_points(axes)[0] - sum(72 * width_of([text], SMALL_SIZE) + KEY_GAP + 12 for text, _ in key)
    said = shortened(name, max(4, int(room / LETTER)))
    axes.annotate(
        said, (0, 1), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points", fontsize=9.0, ha="left",
        va="bottom", gid="panel",
    )  # fmt: skip
    show_key(axes, key, lift=5.0, start=72 * width_of([said], 9.0) + KEY_GAP)


def _draw_spread(axes: Axes, values: Sequence[float], edges: Sequence[float], word: str) -> None:
    """The share of the `values` in each bin: filled of training rows, an outline of test rows."""
    counts = [0] * (len(edges) - 1)
    width = edges[1] - edges[0]
    for value in values:
        counts[min(max(math.floor((value - edges[0]) / width), 0), len(counts) - 1)] += 1
    axes.stairs(
        [count / max(len(values), 1) for count in counts], list(edges), fill=word == "training",
        color=MARKS[word]["color"], alpha=0.45 if word == "training" else 1.0, linewidth=1.2, gid=f"spread-{word}",
    )  # fmt: skip


def bin_edges(values: Sequence[float]) -> list[float]:
    """Edges of at most some `MOST_BINS` equal bins around the `values`, with -1, 0 and 1 among them where bins are
    that narrow."""
    low, high = min([*values, -1.5]), max([*values, 1.5])
    parts = math.floor(MOST_BINS / (high - low))
    width = 1 / parts if parts else float(math.ceil((high - low) / MOST_BINS))
    first, last = math.floor(low / width), math.floor(high / width) + 1
    return [i * width for i in range(first, last + 1)]
