"""What every picture starts from: our style, and an empty figure with room for the words around its axes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (8.0, 5.0)
DPI = 150
LEFT, BOTTOM, TOP, RIGHT = 0.7, 0.62, 0.72, 0.35
"""Margins in inches; at the left and the right the least ones, they grow with the words in them."""
EDGE = 8.0
"""What stays free between words and the edge of the picture, in points."""
LEADER = 18.0
"""From the right end of the axes to the labels, in points."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Okabe and Ito (2008), without the yellow that white paper swallows."""
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
"""Four patterns and seven colours: 28 lines differ in one or both."""
DARK, GREY, LIGHT = "#333333", "#777777", "#B8B8B8"
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 10.5, 8.5, 8.0

STYLE: dict[str, Any] = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": DARK,
    "axes.labelsize": 9.0,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "Helvetica"],
    "font.size": 9.0,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "regcli",
    "text.color": DARK,
    "text.parse_math": False,
    "text.usetex": False,
    "xtick.color": GREY,
    "xtick.labelcolor": DARK,
    "xtick.labelsize": TEXT_SIZE,
    "ytick.color": GREY,
    "ytick.labelcolor": DARK,
    "ytick.labelsize": TEXT_SIZE,
}
"""Texts stay texts in SVG and PDF (to be searched and copied), and dollars in a name stay dollars."""


@contextmanager
def drawing(families: Sequence[str] = ("sans-serif",)) -> Iterator[None]:
    """Our style on top of matplotlib's own, whatever the user's; no word on glyphs that a viewer will have to find."""
    import matplotlib.style

    style = STYLE | {"font.family": list(families)}
    with matplotlib.style.context(["default", style]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")
        yield


def framed_axes(title: str, labels: Sequence[str], top: float = TOP) -> Axes:
    """The axes of a new figure, `top` inches from its upper edge, with room for `labels` at the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, dpi=DPI)
    FigureCanvasAgg(figure)
    width, height = SIZE
    widest = max((text_width(figure, label) for label in labels), default=0.0)
    right = max(RIGHT, (LEADER + widest + EDGE) / 72)
    box = (LEFT / width, BOTTOM / height, (width - LEFT - right) / width, (height - BOTTOM - top) / height)
    axes = figure.add_axes(box)
    show_title(figure, title)
    put_title(figure, LEFT)
    return axes


def show_title(figure: Figure, title: str) -> None:
    """Write what the picture shows at its upper edge, to be put where its panels begin."""
    height = figure.get_size_inches()[1]
    figure.text(0, 1 - 0.12 / height, title, fontweight="bold", ha="left", va="top", gid="title")


def put_title(figure: Figure, left: float) -> None:
    """Let the title begin `left` inches from the edge, in smaller letters where it would not end inside."""
    width = figure.get_size_inches()[0]
    for text in figure.texts:
        text.set_x(left / width)
        text.set_fontsize(TITLE_SIZE)
        room = 72 * (width - left) - EDGE
        text.set_fontsize(TITLE_SIZE * min(1.0, room / max(text.get_window_extent().width * 72 / DPI, 1.0)))


def fit_left(axes: Axes) -> None:
    """Move the left end of the axes to where the numbers and the label of the vertical axis have just enough room."""
    figure, box = figure_under(axes), axes.get_position()
    words = axes.yaxis.get_tightbbox()
    overhang = 0.0 if words is None else axes.get_window_extent().x0 - words.x0
    left = max(LEFT, overhang / DPI + EDGE / 72) / SIZE[0]
    axes.set_position((left, box.y0, box.x1 - left, box.height))
    put_title(figure, left * SIZE[0])


def figure_under(axes: Axes) -> Figure:
    """The figure that `framed_axes` made."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def text_width(figure: Figure, text: str, size: float = TEXT_SIZE, weight: str = "normal") -> float:
    """The width of `text` in points."""
    drawn = figure.text(0, 0, text, fontsize=size, fontweight=weight)
    width: float = drawn.get_window_extent().width * 72 / DPI
    drawn.remove()
    return width


def size_in_points(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes."""
    box = axes.get_window_extent()
    return box.width * 72 / DPI, box.height * 72 / DPI


def across(axes: Axes, x: float) -> float:
    """Where the value `x` lies, in points from the left end of the axes."""
    return float(axes.transAxes.inverted().transform(axes.transData.transform((x, 0.0)))[0]) * size_in_points(axes)[0]
