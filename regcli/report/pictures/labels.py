"""The words in a picture: marks across it, labels beside the ends of its lines, a note below those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regcli.report.pictures.frame import (
    DARK,
    DASHES,
    GREY,
    LEADER,
    SMALL_SIZE,
    TEXT_SIZE,
    across,
    figure_under,
    size_in_points,
    text_width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 13.0
"""Height of the words of a mark, in points."""
LABEL_HEIGHT = 11.5
"""The least distance from one label at the right to the next, in points."""
GAP = 4.0
"""Between a mark and its words, in points."""
NOTE_DEPTH = 21.0
"""How far below the axes a note starts: under their numbers, in points."""
FAR = 0.05
"""A line that ends further than this share of the width from the right is led to its label by fine dots."""


@dataclass(frozen=True)
class Mark:
    """A vertical line with a few words; the one that was `used` is stronger."""

    x: float
    text: str
    used: bool


@dataclass(frozen=True)
class EndLabel:
    """A text at the right of the axes, and the end of the line that it is tied to by a piece of the same look."""

    text: str
    x: float
    y: float
    colour: str
    dashes: Any = "solid"


def show_marks(axes: Axes, marks: Sequence[Mark]) -> float:
    """Draw the lines, put their words beside them without overlap, and return the height of the words in points.

    To be called when the horizontal axis is what it will be.
    """
    width, _ = size_in_points(axes)
    placed = sorted(marks, key=lambda mark: across(axes, mark.x))
    feet = [across(axes, mark.x) for mark in placed]
    taken: list[tuple[int, float, float]] = []
    for i, mark in enumerate(placed):
        weight = "bold" if mark.used and len(marks) > 1 else "normal"
        size = text_width(figure_under(axes), mark.text, SMALL_SIZE, weight)
        row, start = _free_place(feet[i], size, width, taken, feet[:i] + feet[i + 1 :], i == 0 and len(placed) > 1)
        taken.append((row, start - GAP, start + size + GAP))
        axes.axvline(
            mark.x, color=DARK, linewidth=1.0 if mark.used else 0.8, linestyle="solid" if mark.used else DASHES[1],
            zorder=1.5, gid="mark",
        )  # fmt: skip
        axes.annotate(
            mark.text, (mark.x, 1), xycoords=axes.get_xaxis_transform(), textcoords="offset points",
            xytext=(start - feet[i], -3 - ROW * row), ha="left", va="top", fontsize=SMALL_SIZE, fontweight=weight,
            annotation_clip=False, gid="mark", zorder=4,
            bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip
    return ROW * max((row + 1 for row, _, _ in taken), default=0)


def _free_place(
    foot: float,
    size: float,
    width: float,
    taken: Sequence[tuple[int, float, float]],
    others: Sequence[float],
    before: bool,
) -> tuple[int, float]:
    """The row and the start of a mark's words: the first place inside the axes that is free, clear of `others` too.

    They stand after their line, or before it where that is wanted or the only way.
    """
    starts = [foot + GAP, foot - GAP - size]
    if before:
        starts.reverse()
    for clear in (True, False):
        for row in range(len(others) + 1):
            for start in starts:
                end = start + size
                free = all(other != row or end < a or start > b for other, a, b in taken)
                crossed = clear and any(start <= other <= end for other in others)
                if start >= 0 and end <= width and free and not crossed:
                    return row, start
    return len(others), min(max(starts[0], 0.0), max(width - size, 0.0))


def show_labels(axes: Axes, labels: Sequence[EndLabel]) -> None:
    """Write the labels under each other, as near to the heights of their lines as they go, and draw the ties.

    To be called when both axes are what they will be.
    """
    width, height = size_in_points(axes)
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = [to_axes.transform((label.x, label.y)) for label in labels]
    feet = [min(max(float(end[1]), 0.0), 1.0) for end in ends]
    for label, end, foot, at in zip(labels, ends, feet, spread(feet, LABEL_HEIGHT / height, 0.0, 1.0), strict=True):
        start = min(float(end[0]), 1.0)
        if start < 1 - FAR:
            axes.plot(
                [start, 1], [foot, foot], transform=axes.transAxes, color=label.colour, linewidth=0.7,
                linestyle=(0, (0.7, 4)), gid="leader", zorder=1.3,
            )  # fmt: skip
            start = 1.0
        axes.plot(
            [start, 1 + 3 / width, 1 + (LEADER - 3) / width], [foot, foot, at], transform=axes.transAxes,
            clip_on=False, color=label.colour, linewidth=1.1, linestyle=label.dashes, gid="leader", zorder=2,
        )  # fmt: skip
        axes.text(
            1 + LEADER / width, at, label.text, transform=axes.transAxes, fontsize=TEXT_SIZE, ha="left",
            va="center_baseline", gid="label",
        )  # fmt: skip


def show_note(axes: Axes, text: str) -> None:
    """A word in grey under the labels at the right."""
    width, height = size_in_points(axes)
    axes.text(
        1 + LEADER / width, -NOTE_DEPTH / height, text, transform=axes.transAxes, fontsize=SMALL_SIZE, color=GREY,
        va="top", linespacing=1.35, gid="note",
    )  # fmt: skip


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The positions nearest to `wanted` (least squares) that lie at least `gap` apart within `low` to `high`.

    Without their steps of `gap` they are an isotonic regression, which pooling of adjacent violators solves exactly.
    """
    count = len(wanted)
    gap = min(gap, (high - low) / max(count - 1, 1))
    order = sorted(range(count), key=lambda i: wanted[i])
    blocks: list[tuple[float, int]] = []
    for step, i in enumerate(order):
        mean, size = wanted[i] - step * gap, 1
        while blocks and blocks[-1][0] >= mean:
            before, members = blocks.pop()
            mean = (before * members + mean * size) / (members + size)
            size += members
        blocks.append((mean, size))
    levels = [mean for mean, size in blocks for _ in range(size)]
    highest = high - (count - 1) * gap
    positions = [0.0] * count
    for step, i in enumerate(order):
        positions[i] = min(max(levels[step], low), highest) + step * gap
    return positions
