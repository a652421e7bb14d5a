"""Clouds of points, a row of the file each: what is left of a model, or a target against a feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 5000
"""Of more rows an even choice of so many is drawn."""
POINTS_AS_PIXELS = 1000
"""From so many points on they are pixels in SVG and PDF too, which would be huge otherwise."""
CROWD = 400


def chosen_rows(count: int, most: int = MOST_POINTS) -> list[int]:
    """All rows, or `most` of them evenly spaced from the first to the last."""
    if count <= most:
        return list(range(count))
    return [i * (count - 1) // (most - 1) for i in range(most)]


def draw_points(
    axes: Axes, x: Sequence[float], y: Sequence[float], colour: str, mark: str, gid: str, zorder: float = 2.0
) -> None:
    """A mark for each pair, the smaller and the more transparent the more there are."""
    crowded = len(x) > CROWD
    axes.plot(
        x, y, linestyle="none", marker=mark, markersize=2.6 if crowded else 4.0, color=colour,
        alpha=0.35 if len(x) > POINTS_AS_PIXELS else 0.55 if crowded else 0.75, markeredgewidth=0, gid=gid,
        zorder=zorder, rasterized=len(x) >= POINTS_AS_PIXELS,
    )  # fmt: skip


def picked(values: Any, rows: Sequence[int]) -> list[float]:
    """The `values` (an array or a list) of some rows, as floats."""
    return [float(values[i]) for i in rows]
