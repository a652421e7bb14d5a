"""The picture of one feature's regression lines at several strengths, over the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.families import PENALTY_WORDS
from regcli.report.pictures.frame import COLOURS, DASHES, GREY, figure_under, framed_axes
from regcli.report.pictures.labels import EndLabel, show_labels, show_note
from regcli.report.pictures.lettering import MINUS, Lettering, tick_text
from regcli.report.pictures.panels import keep_literal
from regcli.report.pictures.path import CRITERIA
from regcli.report.pictures.points import chosen_rows, draw_points, picked
from regcli.report.pictures.scales import show_heights, tick_formatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AIR = 0.03
"""What stays free at both ends of the horizontal axis, as a share of its length."""
GOLDEN = 0.6180339887498949
SPREAD = 0.22
"""How wide the points of a column of 0 and 1 are spread."""
POINTS = "#9AA5B1"
MOST_AKIN = 3
TOP = 0.45
"""From the upper edge to the axes, in inches: nothing but the title stands there."""


def draw_lines(document: Mapping[str, Any], arrays: Mapping[str, Any], lettering: Lettering) -> Figure:
    """The `lines` of a `path` document over the points in its `arrays`: feature (n,) and target (n,)."""
    found, count = document["lines"], len(arrays["target"])
    rows = chosen_rows(count)
    x, y = picked(arrays["feature"], rows), picked(arrays["target"], rows)
    two = all(value in (0.0, 1.0) for value in x)
    words = [_words(line, document) for line in found["lines"]]
    notes = [f"rows: {len(rows):,} of {count:,}"] * (len(rows) < count)
    axes = framed_axes(_title(document, lettering), [*words, *notes], TOP)
    low, high = min(x), max(x)
    reach = (-0.5, 1.5) if two else (low, high)
    ends = [line["intercept"] + line["slope"] * end for line in found["lines"] for end in (low, high)]
    show_heights(axes, min([*y, *ends]), max([*y, *ends]), lettering.name(document["data"]["target"]))
    _show_across(axes, reach, found, two, lettering)
    if two:
        x = [value + SPREAD * (2 * ((GOLDEN * i) % 1.0) - 1) for i, value in enumerate(x)]
    draw_points(axes, x, y, POINTS, "o", "rows", zorder=1.5)
    labels = [
        _draw_line(axes, line, text, (low, high), i)
        for i, (line, text) in enumerate(zip(found["lines"], words, strict=True))
    ]
    show_labels(axes, labels)
    show_note(axes, "\n".join(notes))
    return figure_under(axes)


def _draw_line(axes: Axes, line: Mapping[str, Any], text: str, reach: tuple[float, float], i: int) -> EndLabel:
    """One line from end to end of the data: least squares black, no features grey and dotted, the chosen one thick."""
    heights = [line["intercept"] + line["slope"] * end for end in reach]
    colour, dashes, width = {
        "least squares": ("#000000", "solid", 1.4),
        "no features": (GREY, DASHES[2], 1.4),
        "chosen": (COLOURS[1], "solid", 2.4),
    }.get(line["kind"], (COLOURS[(0, 2, 3, 5, 4)[(i - 1) % 5]], DASHES[(1, 3)[i % 2]], 1.5))
    axes.plot(reach, heights, color=colour, linestyle=dashes, linewidth=width, gid="line", label=text, zorder=3)
    return EndLabel(text, reach[1], heights[1], colour, dashes)


def _show_across(
    axes: Axes, reach: tuple[float, float], found: Mapping[str, Any], two: bool, lettering: Lettering
) -> None:
    """The horizontal axis in the units of the file; a column of 0 and 1 has two places."""
    air = AIR * (reach[1] - reach[0])
    axes.set_xlim(reach[0] - air, reach[1] + air)
    axes.xaxis.set_major_formatter(tick_formatter())
    name = lettering.name(found["feature"])
    if two:
        ends = ("0", "1") if found["level"] is None else ("0: other rows", f"1: {lettering.name(found['level'])}")
        axes.set_xticks([0.0, 1.0], list(ends))
        keep_literal(axes.get_xticklabels())
    label = f"{name} (the other features at their means)"
    akin = [lettering.name(one) for one in found["akin"][:MOST_AKIN]]
    if akin:
        more = len(found["akin"]) - len(akin)
        label += f"\nheld too, though of the same column: {', '.join(akin)}{f' and {more:,} more' if more else ''}"
    axes.set_xlabel(label)


def _words(line: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Which solution it is, and its slope."""
    slope = f"slope {line['slope']:.3g}".replace("-", MINUS)
    if line["kind"] == "least squares":
        return f"least squares{'' if line['unique'] else ' (of many)'}: {slope}"
    if line["kind"] == "no features":
        return "no features: slope 0"
    alpha = f"alpha {tick_text(float(format(line['alpha'], '.3g')))}: {slope}"
    return f"{CRITERIA[document['chosen']['criterion']]}, {alpha}" if line["kind"] == "chosen" else alpha


def _title(document: Mapping[str, Any], lettering: Lettering) -> str:
    data, penalty = document["data"], document["model"]["penalty"]
    names = f"{lettering.name(data['target'])} along {lettering.name(document['lines']['feature'])}"
    rows, features = counted(data["rows_used"], "row"), counted(len(data["features"]), "feature")
    return f"{PENALTY_WORDS[penalty]} at several alphas: {names}, {features}, {rows}"
