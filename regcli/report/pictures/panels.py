"""Pictures of several panels: a sheet with a title, panels placed by inches, rows with names at their left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from regcli.report.pictures.frame import (
    DPI,
    GREY,
    SMALL_SIZE,
    TEXT_SIZE,
    figure_under,
    put_title,
    show_title,
    text_width,
)
from regcli.report.pictures.scales import tick_formatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

MARGIN = 0.15
"""What stays free at the edges of a sheet, in inches."""
HEAD = 0.72
"""From the upper edge to the panels: the title, and the panel's own line."""
FOOT = 0.52
"""Under the panels: numbers and a label."""
NOTE = 0.26
"""Under those: a note."""
FOOT_OF_NOTE = 0.10
KEY_GAP, LINE = 14.0, 18.0
"""Between the entries of a key, and the length of a line in it, in points."""
KEY_ROW = 12.0
"""From one line of a key to the next, in points."""


def blank_sheet(width: float, height: float, title: str) -> Figure:
    """A figure of that size in inches, with its title."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    show_title(figure, title)
    put_title(figure, MARGIN)
    return figure


def width_of(texts: Sequence[str], size: float = TEXT_SIZE, weight: str = "normal") -> float:
    """The width of the widest of the `texts`, in inches."""
    figure = blank_sheet(1.0, 1.0, "")
    return max((text_width(figure, text, size, weight) for text in texts), default=0.0) / 72


def panel(
    figure: Figure, left: float, bottom: float, width: float, height: float, title: str, lift: float = 8.0
) -> Axes:
    """Axes at a place in inches from the lower left corner, with a line `lift` points over them that says what they
    show."""
    across, up = figure.get_size_inches()
    axes = figure.add_axes((left / across, bottom / up, width / across, height / up))
    axes.annotate(
        title, (0, 1), xycoords="axes fraction", xytext=(0, lift), textcoords="offset points", fontsize=9.0, ha="left",
        va="bottom", gid="panel",
    )  # fmt: skip
    axes.xaxis.set_major_formatter(tick_formatter())
    axes.yaxis.set_major_formatter(tick_formatter())
    return axes


def show_rows(axes: Axes, names: Sequence[str], faint: Sequence[bool] = (), bands: bool = False) -> None:
    """Rows from the top down, 0 to len(names) - 1, with their names; those that are `faint` in grey.

    A row has a line, or where several marks share it every other one a band.
    """
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_yticks(range(len(names)), list(names))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    keep_literal(axes.get_yticklabels())
    for label, is_faint in zip(axes.get_yticklabels(), faint, strict=False):
        if is_faint:
            label.set_color(GREY)
    for row in range(len(names)):
        if not bands:
            axes.axhline(row, color="#EEEEEE", linewidth=0.8, zorder=0.5)
        elif row % 2 == 0:
            axes.axhspan(row - 0.5, row + 0.5, color="#F3F4F6", linewidth=0, zorder=0.5)


def keep_literal(labels: Iterable[Text]) -> None:
    """Dollars in a name at an axis stay dollars, also where the figure is drawn again under other settings."""
    for label in labels:
        label.set_parse_math(False)


def show_key(axes: Axes, entries: Sequence[tuple[str, dict[str, Any]]], lift: float = 8.0, start: float = 0.0) -> None:
    """What each mark means, in one line over the axes, `lift` points above them and `start` points from their left.

    An entry is its text and how `plot` draws its mark, or with a `linestyle` its line.
    """
    figure, at = figure_under(axes), start
    width = axes.get_window_extent().width * 72 / DPI
    height = axes.get_window_extent().height * 72 / DPI
    for text, look in entries:
        places = (0.0, LINE) if "linestyle" in look else (4.0,)
        axes.plot(
            [(at + place) / width for place in places], [1 + (lift + 3.5) / height] * len(places),
            transform=axes.transAxes, clip_on=False, gid="key", **({"linestyle": "none"} | look),
        )  # fmt: skip
        at += places[-1] + 8.0
        axes.annotate(
            text, (0, 1), xycoords="axes fraction", xytext=(at, lift), textcoords="offset points",
            fontsize=SMALL_SIZE, ha="left", va="bottom", gid="key", annotation_clip=False,
        )  # fmt: skip
        at += text_width(figure, text, SMALL_SIZE) + KEY_GAP


def show_foot(figure: Figure, text: str, left: float = MARGIN) -> None:
    """A note in grey at the lower edge of the sheet."""
    width, height = figure.get_size_inches()
    figure.text(
        left / width, FOOT_OF_NOTE / height, text, fontsize=SMALL_SIZE, color=GREY, ha="left", va="bottom", gid="note"
    )


def keep_clear(axes: Axes, left: float) -> None:
    """Narrow a panel from its left until its numbers and its label end right of `left`, in inches."""
    figure, box = figure_under(axes), axes.get_position()
    words = axes.yaxis.get_tightbbox()
    width = float(figure.get_size_inches()[0])
    overhang = 0.0 if words is None else (axes.get_window_extent().x0 - words.x0) / DPI
    start = max(box.x0, (left + overhang) / width)
    axes.set_position((start, box.y0, box.x1 - start, box.height))
