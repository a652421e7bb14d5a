"""How well classes are predicted, a panel each: the ROC curve, calibration, and the confusion of classes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.report.pictures.frame import COLOURS, DARK, DASHES, GREY, SMALL_SIZE, TEXT_SIZE, size_in_points
from regcli.report.pictures.lettering import shortened
from regcli.report.pictures.panels import keep_literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AIR = 0.02
"""What stays free around a share between 0 and 1."""
NAMED = 7
"""So many classes have a curve with a colour of its own; the others are grey."""
BOTH_NUMBERS, ANY_NUMBER = 6, 12
"""Up to so many classes a cell holds count and share, and up to so many the share alone, and names stand beside."""
LETTER = 5.4
"""About the width of a letter, in points."""
CALIBRATION_LABEL = "observed share"
MARKS: dict[str, dict[str, Any]] = {
    "training": {"color": COLOURS[0], "marker": "o", "markersize": 5.0, "markeredgewidth": 0},
    "test": {"color": COLOURS[1], "marker": "^", "markersize": 5.6, "markeredgewidth": 0},
}


def draw_roc(axes: Axes, curves: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Curves by their label, each with `fpr` and `tpr` (m,), over the diagonal of a guess."""
    _unit_square(axes)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.9, linestyle=DASHES[2], zorder=1, gid="guess")
    for i, (label, curve) in enumerate(curves):
        colour, dashes = (COLOURS[i], DASHES[i % len(DASHES)]) if i < NAMED else (GREY, "solid")
        axes.plot(
            list(curve["fpr"]), list(curve["tpr"]), color=colour, linestyle=dashes, linewidth=1.6, label=label,
            gid="roc", zorder=3,
        )  # fmt: skip
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    if len(curves) > 1:
        _show_legend(axes, [label for label, _ in curves])


def draw_calibration(axes: Axes, below: Axes, parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Groups of rows, observed share against predicted probability, and below how many rows have which probability.

    `parts`, training and perhaps test, hold `calibration` (predicted, observed, low, high) and `spread` (edges, share).
    """
    _unit_square(axes)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.9, linestyle=DASHES[2], zorder=1, gid="calibrated")
    for word, part in parts.items():
        found, look = part["calibration"], MARKS[word]
        for x, low, high in zip(found["predicted"], found["low"], found["high"], strict=True):
            axes.plot([x, x], [low, high], color=look["color"], linewidth=1.0, gid="interval", zorder=2)
        axes.plot(
            list(found["predicted"]), list(found["observed"]), linestyle="none", gid=f"calibration-{word}", zorder=3,
            clip_on=False, **look,
        )  # fmt: skip
        edges, shares = list(part["spread"]["edges"]), list(part["spread"]["share"])
        below.stairs(
            shares, edges, fill=word == "training", color=look["color"], alpha=0.45 if word == "training" else 1.0,
            linewidth=1.2, gid=f"spread-{word}",
        )  # fmt: skip
    axes.set_ylabel(CALIBRATION_LABEL)
    axes.tick_params(axis="x", labelbottom=False)
    below.set_xlim(*axes.get_xlim())
    below.set_ylim(0, None)
    below.set_yticks([])
    below.spines["left"].set_visible(False)
    below.set_xlabel("predicted probability (below: how many rows)")


def draw_confusion(axes: Axes, classes: Sequence[str], counts: Sequence[Sequence[float]]) -> None:
    """The table of actual (rows) and predicted classes: weights, and shares of each row, the darker the larger."""
    from matplotlib.colors import LinearSegmentedColormap

    many = len(classes)
    shares = [[cell / sum(row) if sum(row) > 0 else math.nan for cell in row] for row in counts]
    shades = LinearSegmentedColormap.from_list("shades", ["#FFFFFF", COLOURS[0]])
    axes.pcolormesh(shares, cmap=shades, vmin=0, vmax=1, edgecolors="#DDDDDD", linewidth=0.8, gid="confusion")
    axes.set_ylim(many, 0)
    width, height = (size / many for size in size_in_points(axes))
    for i, row in enumerate(shares):
        for j, share in enumerate(row):
            text = _cell(counts[i][j], share, many)
            colour = "#FFFFFF" if share > 0.6 else DARK
            axes.text(j + 0.5, i + 0.5, text, ha="center", va="center", color=colour, fontsize=SMALL_SIZE, gid="cell")
    middles = [i + 0.5 for i in range(many)] if many <= ANY_NUMBER else []
    wide, tall = ([shortened(name, max(2, int(size / LETTER) - 1)) for name in classes] for size in (width, height))
    axes.set_xticks(middles, wide[: len(middles)])
    axes.set_yticks(middles, tall[: len(middles)], rotation=90, va="center")
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        keep_literal(labels)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    order = "" if middles else ", in the order of the classes"
    axes.set_xlabel(f"predicted{order}")
    axes.set_ylabel(f"actual{order}")


def _cell(count: float, share: float, many: int) -> str:
    if many > ANY_NUMBER or math.isnan(share):
        return ""
    number = f"{count:,.0f}" if count == round(count) else f"{count:,.1f}"
    return f"{number}\n{share:.1%}".replace("%", " %") if many <= BOTH_NUMBERS else f"{share:.0%}".replace("%", "")


def _unit_square(axes: Axes) -> None:
    axes.set_xlim(-AIR, 1 + AIR)
    axes.set_ylim(-AIR, 1 + AIR)
    for set_ticks in (axes.set_xticks, axes.set_yticks):
        set_ticks([0, 0.2, 0.4, 0.6, 0.8, 1])


def _show_legend(axes: Axes, labels: Sequence[str]) -> None:
    """In the lower right corner, where a good curve is not."""
    shown = axes.legend(
        handles=axes.get_lines()[1 : 1 + min(len(labels), NAMED)], loc="lower right", fontsize=TEXT_SIZE, frameon=True,
        framealpha=0.85, edgecolor="none", handlelength=2.6, borderaxespad=0.3, labelspacing=0.3,
    )  # fmt: skip
    for text in shown.get_texts():
        text.set_gid("label")
    keep_literal(shown.get_texts())
