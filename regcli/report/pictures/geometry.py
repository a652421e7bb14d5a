"""The picture of two coefficients: contours of the loss, and the shapes of three penalties that touch them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.of_compare import RIVAL_WORDS
from regcli.report.pictures.frame import COLOURS, DARK, DASHES, GREY, LIGHT, SMALL_SIZE, TEXT_SIZE
from regcli.report.pictures.lettering import MINUS, Lettering, tick_text
from regcli.report.pictures.panels import blank_sheet, panel, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Point = tuple[float, float]

SIDE = 5.0
"""Of the square in which the coefficients lie, in inches."""
LEFT, BOTTOM, TOP, RIGHT = 0.85, 0.62, 0.62, 0.25
WORDS_AT, NOTE_AT = 56.0, 18.0
"""From the square to the words at its right, and to the note under them, in points."""
LOOKS = {
    "lasso": (COLOURS[0], "solid", "D"),
    "ridge": (COLOURS[1], DASHES[1], "o"),
    "elasticnet": (COLOURS[2], DASHES[3], "s"),
}
SIZES = {"lasso": 11.0, "ridge": 8.5, "elasticnet": 6.5}
"""Of the marks: where two solutions are one point, both are seen."""
SHAPES = {"lasso": "diamond", "ridge": "circle", "elasticnet": "in between"}
STEPS = 360
CONTOURS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
"""The ellipses, by their size as a share of the one through the solutions."""
INNER = 0.5
"""The ellipse that is to be seen whole, by the same measure."""
AIR = 0.07
FAR = 5.0
"""Least squares is shown up to so many times the reach of the shapes."""
NEAR = 1.7
"""The window around the shapes alone, as a multiple of theirs."""
LONGEST = 32
"""Up to so many characters the two coefficients stand in one line."""
LINE = 12.5
"""From one line of words to the next, in points."""


def draw_geometry(document: Mapping[str, Any], lettering: Lettering) -> Figure:
    """The `geometry` of a `compare` document: nothing but what stands there is drawn."""
    found = document["geometry"]
    one, two = (lettering.name(name) for name in found["features"])
    target, rows = lettering.name(document["data"]["target"]), counted(document["data"]["rows_used"], "row")
    title = f"{target} from {one} and {two} alone ({rows}): loss and three penalties"
    entries, note = _entries(found, (one, two)), _note(found)
    widest = max(width_of([text for *_, words in entries for text in words], weight="bold") + WORDS_AT / 72,
                 width_of(note, SMALL_SIZE) + NOTE_AT / 72)  # fmt: skip
    figure = blank_sheet(max(LEFT + SIDE + widest, width_of([title], 10.5, "bold")) + RIGHT, BOTTOM + SIDE + TOP, title)
    axes = panel(figure, LEFT, BOTTOM, SIDE, SIDE, "")
    axes.set_aspect("equal")
    axes.axhline(0, color=LIGHT, linewidth=0.8, zorder=0.6)
    axes.axvline(0, color=LIGHT, linewidth=0.8, zorder=0.6)
    best = _point(found["least_squares"]["standardized"])
    shapes = {each["name"]: shape_of(each) for each in found["solutions"]}
    excess = max(solution["loss"] for solution in found["solutions"]) - found["least_squares"]["loss"]
    inner = ellipse(found["gram"], best, 2 * excess * INNER**2)
    near = _show_window(axes, best, [point for shape in shapes.values() for point in shape], inner)
    _draw_contours(axes, found, best)
    for solution in found["solutions"]:
        _draw_solution(axes, solution, shapes[solution["name"]])
    if near:
        axes.plot([best[0]], [best[1]], marker="P", markersize=9, color=DARK, markeredgecolor="white", linestyle="none",
                  zorder=5, gid="least squares")  # fmt: skip
    else:
        _show_way(axes, best)
    axes.set_xlabel(f"standardized coefficient of {one}")
    axes.set_ylabel(f"standardized coefficient of {two}")
    _show_words(axes, entries, note)
    return figure


def _draw_solution(axes: Axes, solution: Mapping[str, Any], shape: Sequence[Point]) -> None:
    name = solution["name"]
    colour, dashes, mark = LOOKS[name]
    _draw_closed(axes, shape, color=colour, linestyle=dashes, linewidth=1.7, zorder=3, gid=f"shape {name}")
    x, y = _point(solution["standardized"])
    axes.plot(
        [x], [y], marker=mark, markersize=SIZES[name], color=colour, markeredgecolor="white", linestyle="none",
        zorder=5, gid=f"solution {name}", clip_on=False,
    )  # fmt: skip


def ellipse(gram: Sequence[Sequence[float]], centre: Point, square: float) -> list[Point]:
    """The points b with (b - centre)' G (b - centre) = `square`, by the Cholesky factor of G."""
    first = math.sqrt(gram[0][0])
    below = gram[0][1] / first
    second = math.sqrt(max(gram[1][1] - below**2, 0.0))
    size = math.sqrt(max(square, 0.0))
    points = []
    for angle in _angles():
        up = size * math.sin(angle) / second
        points.append((centre[0] + (size * math.cos(angle) - below * up) / first, centre[1] + up))
    return points


def shape_of(solution: Mapping[str, Any]) -> list[Point]:
    """The coefficients whose penalty is that of the `solution`: L1 sum |b| + L2/2 sum b^2 is the same."""
    l1, l2 = solution["l1"], solution["l2"]
    x, y = _point(solution["standardized"])
    if l1 == l2 == 0:
        return [(x, y)]
    price = l1 * (abs(x) + abs(y)) + 0.5 * l2 * (x * x + y * y)
    points = []
    for angle in _angles():
        across, up = math.cos(angle), math.sin(angle)
        pull = l1 * (abs(across) + abs(up))
        reach = price / pull if l2 == 0 else 2 * price / (pull + math.sqrt(pull * pull + 2 * l2 * price))
        points.append((reach * across, reach * up))
    return points


def _angles() -> list[float]:
    return [2 * math.pi * i / STEPS for i in range(STEPS)]


def _point(pair: Sequence[float]) -> Point:
    return float(pair[0]), float(pair[1])


def _show_window(axes: Axes, best: Point, shapes: Sequence[Point], inner: Sequence[Point]) -> bool:
    """A square that holds the shapes and least squares with the `inner` contour; whether it does.

    Where least squares lies so far out that the shapes could not be seen, it holds the shapes alone.
    """
    reach = max(abs(value) for point in shapes for value in point)
    near = reach == 0 or FAR * reach >= max(map(abs, best))
    points = [*shapes, *inner, best] if near else [(NEAR * x, NEAR * y) for x, y in shapes] or [best]
    lows = [min(0.0, *(point[i] for point in points)) for i in (0, 1)]
    highs = [max(0.0, *(point[i] for point in points)) for i in (0, 1)]
    half = (0.5 + AIR) * max(high - low for low, high in zip(lows, highs, strict=True)) or 1.0
    middle = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half, middle[1] + half)
    return near


def _show_way(axes: Axes, best: Point) -> None:
    """An arrow at the edge, towards least squares beyond it."""
    low, high = axes.get_xlim()
    middle = (low + high) / 2, sum(axes.get_ylim()) / 2
    away = best[0] - middle[0], best[1] - middle[1]
    scale = (high - low) / 2 / max(map(abs, away))
    tip, tail = ((middle[0] + share * scale * away[0], middle[1] + share * scale * away[1]) for share in (0.97, 0.82))
    axes.annotate("", tip, tail, arrowprops={"arrowstyle": "->", "color": DARK, "linewidth": 1.4}, gid="far")
    axes.annotate(
        "to least squares", tail, xytext=(-4, -4), textcoords="offset points", ha="right", va="top",
        fontsize=SMALL_SIZE, gid="far",
    )  # fmt: skip


def _draw_contours(axes: Axes, found: Mapping[str, Any], best: Point) -> None:
    """Ellipses around least squares; the one through the solutions is dark, or each solution has its own."""
    least = found["least_squares"]["loss"]
    levels = [2 * (solution["loss"] - least) for solution in found["solutions"]]
    largest = max([*levels, 2 * (found["null_loss"] - least)] if not any(levels) else levels)
    for share in CONTOURS:
        _draw_closed(axes, ellipse(found["gram"], best, share**2 * largest), color=LIGHT, linewidth=0.8, zorder=1,
                     gid="contour")  # fmt: skip
    if found["same_loss"]:
        _draw_closed(axes, ellipse(found["gram"], best, levels[0]), color=DARK, linewidth=1.4, zorder=2, gid="touched")
        return
    for solution, level in zip(found["solutions"], levels, strict=True):
        colour, dashes, _ = LOOKS[solution["name"]]
        _draw_closed(axes, ellipse(found["gram"], best, level), color=colour, linestyle=dashes, linewidth=0.9,
                     zorder=2, gid="touched")  # fmt: skip


def _draw_closed(axes: Axes, points: Sequence[Point], **look: Any) -> None:
    closed = [*points, points[0]]
    axes.plot([x for x, _ in closed], [y for _, y in closed], **look)


def _entries(found: Mapping[str, Any], names: tuple[str, str]) -> list[tuple[str, str, Any, list[str]]]:
    """For each mark its shape, its colour, its line and its words."""
    entries: list[tuple[str, str, Any, list[str]]] = []
    for solution in found["solutions"]:
        colour, dashes, mark = LOOKS[solution["name"]]
        head = f"{RIVAL_WORDS[solution['name']]} ({SHAPES[solution['name']]})"
        words = [head, *_coefficients(names, solution["standardized"]), _strengths(solution)]
        entries.append((mark, colour, dashes, words))
    best = _coefficients(names, found["least_squares"]["standardized"])
    return [*entries, ("P", DARK, "none", ["least squares, no penalty", *best])]


def _show_words(axes: Axes, entries: Sequence[tuple[str, str, Any, list[str]]], note: Sequence[str]) -> None:
    """At the right: what each mark and line is, with its numbers, and how the picture is read."""
    height = axes.get_window_extent().height * 72 / axes.figure.dpi
    width = axes.get_window_extent().width * 72 / axes.figure.dpi
    at = height - 8.0
    for mark, colour, dashes, words in entries:
        axes.plot([1 + at_x / width for at_x in (14, 31, 48)], [(at - 1) / height] * 3, marker=mark, markevery=[1],
                  markersize=8, color=colour, linestyle=dashes, linewidth=1.7, markeredgecolor="white",
                  transform=axes.transAxes, clip_on=False, gid="key")  # fmt: skip
        for i, text in enumerate(words):
            axes.text(1 + WORDS_AT / width, (at - LINE * i) / height, text, transform=axes.transAxes, va="center",
                      fontsize=TEXT_SIZE, color=DARK if i == 0 else GREY, fontweight="bold" if i == 0 else "normal",
                      gid="key")  # fmt: skip
        at -= LINE * (len(words) + 0.8)
    axes.text(1 + NOTE_AT / width, (at - 4) / height, "\n".join(note), transform=axes.transAxes, va="top",
              fontsize=SMALL_SIZE, color=GREY, linespacing=1.4, gid="note")  # fmt: skip


def _coefficients(names: tuple[str, str], values: Sequence[float]) -> list[str]:
    """Both in one line, or in two where the names are long."""
    parts = [f"{name} {_short(value)}" for name, value in zip(names, values, strict=True)]
    return [", ".join(parts)] if sum(map(len, parts)) <= LONGEST else parts


def _strengths(solution: Mapping[str, Any]) -> str:
    if solution["l1"] and solution["l2"]:
        return f"L1 {_short(solution['l1'])}, L2 {_short(solution['l2'])}"
    return f"alpha {_short(solution['alpha'])}"


def _short(value: float) -> str:
    return tick_text(float(format(value, ".3g"))).replace("-", MINUS)


def _note(found: Mapping[str, Any]) -> list[str]:
    """How the picture is read."""
    least, null = (math.sqrt(2 * loss) for loss in (found["least_squares"]["loss"], found["null_loss"]))
    first, second = found["knots"]
    lasso = found["solutions"][0]
    lines = ["ellipses: coefficients of equal loss", "shapes: coefficients of equal penalty", ""]
    if found["same_loss"]:
        lines += [f"RMSE {_short(math.sqrt(2 * lasso['loss']))} on the dark ellipse,"]
    else:
        lines += ["thin lines: the ellipse that each touches", "RMSE"]
    lines[-1] += f" {_short(least)} at least squares, {_short(null)} at zero" if not found["same_loss"] else ""
    lines += [f"{_short(least)} at least squares, {_short(null)} at zero"] * found["same_loss"]
    at_corner = [RIVAL_WORDS[one["name"]] for one in found["solutions"] if 0.0 in one["standardized"]]
    if found["same_loss"]:
        lines += ["", "All three fit equally well."]
    if at_corner:
        lines += [f"At a corner, with a zero: {' and '.join(at_corner)}."]
    lines += ["", "The lasso has a zero for alpha", f"{_short(second)} to {_short(first)}."]
    return lines
