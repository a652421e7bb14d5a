"""Curves in lines of text: a chart some lines high, and sparklines one line high."""

from __future__ import annotations

import math
from collections.abc import Sequence

from regcli.report.report import Cell, Chart
from regcli.report.wording import number

WIDEST_CHART = 72
CHART_LINES = 7
WIDEST_SPARK = 60
BLOCKS = "".join(map(chr, range(0x2581, 0x2589)))
ASCII_BLOCKS = "_.-~=+*#"
LOWER, UPPER, DOT = "\u2584", "\u2580", "\u00b7"


def chart_lines(chart: Chart, room: int, ascii_only: bool) -> list[str]:
    """The chart in at most `room` columns: the scale at the left, marks below, a legend last.

    The first series is drawn in half lines, the others in dots where it is not.
    """
    every = [value for _, values in chart.series for value in values if math.isfinite(value)]
    low, high = min(every), max(every)
    labels = [number(high), *[""] * (CHART_LINES - 2), number(low)]
    margin = max(map(len, labels))
    width = max(min(room - margin - 2, WIDEST_CHART, max(len(chart.series[0][1]), 24)), 8)
    grid = [[" "] * width for _ in range(CHART_LINES)]
    for order, (_, values) in reversed(list(enumerate(chart.series))):
        for column in range(width):
            level = _level(values[_picked(column, width, len(values))], low, high, 2 * CHART_LINES)
            grid[CHART_LINES - 1 - level // 2][column] = _dot(order, level, ascii_only)
    lines = [f"{label:>{margin}}  {''.join(row)}" for label, row in zip(labels, grid, strict=True)]
    legend = ", ".join(f"{_dot(order, 0, ascii_only)} {name}" for order, (name, _) in enumerate(chart.series))
    return [*lines, f"{'':{margin}}  {_marked(chart.marks, width)}", f"{'':{margin}}  {legend}"]


def _dot(order: int, level: int, ascii_only: bool) -> str:
    if order:
        return "." if ascii_only else DOT
    if ascii_only:
        return "*"
    return UPPER if level % 2 else LOWER


def sparks(cells: Sequence[Cell], room: int, ascii_only: bool) -> list[str]:
    """One line for each cell of numbers, at most `room` characters wide, each on its own scale with 0 on it."""
    series = [cell if isinstance(cell, tuple) else () for cell in cells]
    width = max(min(room, WIDEST_SPARK, max(map(len, series), default=0)), 1)
    return [_spark(values, width, ascii_only) for values in series]


def _spark(values: tuple[float, ...], width: int, ascii_only: bool) -> str:
    if not values:
        return ""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    levels = ASCII_BLOCKS if ascii_only else BLOCKS
    picked = [values[_picked(column, width, len(values))] for column in range(width)]
    return "".join(levels[_level(value, low, high, len(levels))] for value in picked)


def _picked(column: int, width: int, count: int) -> int:
    return round(column * (count - 1) / max(width - 1, 1))


def _level(value: float, low: float, high: float, count: int) -> int:
    if not math.isfinite(value) or high <= low:
        return 0
    return min(max(int((value - low) / (high - low) * count), 0), count - 1)


def _marked(marks: Sequence[str], width: int) -> str:
    """Words at the places of the values they belong to, moved to the right where they would collide."""
    line = ""
    for index, word in enumerate(marks):
        if word:
            place = round(index * (width - 1) / max(len(marks) - 1, 1))
            line += " " * max(place - len(line), 1 if line else 0) + word
    return line
