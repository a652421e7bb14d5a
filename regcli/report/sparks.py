"""Lines of blocks: the shape of a curve in one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from regcli.report.report import Cell

WIDEST = 60
BLOCKS = "".join(map(chr, range(0x2581, 0x2589)))
ASCII = "_.-~=+*#"


def sparks(cells: Sequence[Cell], room: int, scale: tuple[float, float] | None, ascii_only: bool) -> list[str]:
    """One line for each cell, at most `room` characters wide, on a common scale or each on its own with 0 on it."""
    series = [cell if isinstance(cell, tuple) else () for cell in cells]
    longest = max((len(values) for values in series), default=0)
    width = max(min(room, WIDEST, longest), 1)
    return [
        _marks(values, width) if _is_marks(values) else _line(values, width, scale, ascii_only) for values in series
    ]


def _is_marks(values: tuple[float | str, ...]) -> bool:
    return any(isinstance(value, str) for value in values)


def _marks(values: tuple[float | str, ...], width: int) -> str:
    """Words at the places of the values, moved to the right where they would collide."""
    line = ""
    for index, word in enumerate(values):
        if isinstance(word, str) and word:
            place = round(index * (width - 1) / max(len(values) - 1, 1))
            line += " " * max(place - len(line), 1 if line else 0) + word
    return line


def _line(values: tuple[float | str, ...], width: int, scale: tuple[float, float] | None, ascii_only: bool) -> str:
    numbers = [float(value) for value in values]
    if not numbers:
        return ""
    low, high = scale or (min(0.0, *numbers, 0.0), max(0.0, *numbers, 0.0))
    levels = ASCII if ascii_only else BLOCKS
    picked = [numbers[round(column * (len(numbers) - 1) / max(width - 1, 1))] for column in range(width)]
    return "".join(levels[_level(value, low, high, len(levels))] for value in picked)


def _level(value: float, low: float, high: float, count: int) -> int:
    if not math.isfinite(value) or high <= low:
        return 0
    return min(max(int((value - low) / (high - low) * count), 0), count - 1)
