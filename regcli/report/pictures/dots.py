"""A dot for each coefficient: rows of features, marks of one or several models, zeros hollow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regcli.report.families import changed
from regcli.report.pictures.frame import COLOURS, GREY
from regcli.report.pictures.lettering import Lettering
from regcli.report.pictures.panels import show_rows, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.24
"""Height of a row in inches, at the least."""
AIR = 0.06
"""What stays free at both ends of the axis, as a share of its length."""


MARKS = ("o", "D", "s", "^", "v", "P")
"""Those of the models of one kind, each with its colour."""


@dataclass(frozen=True)
class Dots:
    """The coefficients of one model, one a row (NaN: it has none), with the ends of their intervals if there are."""

    label: str
    values: tuple[float, ...]
    ends: tuple[tuple[float, float], ...] | None = None
    mark: str = "o"
    colour: str = COLOURS[0]
    size: float = field(default=5.5)

    @property
    def look(self) -> dict[str, Any]:
        """How `plot` draws its mark."""
        return {"marker": self.mark, "markersize": self.size, "color": self.colour, "markeredgewidth": 1.1}

    @property
    def reach(self) -> float:
        """The size of the largest."""
        return max((abs(value) for value in self.values if math.isfinite(value)), default=0.0)

    @property
    def hollow(self) -> dict[str, Any]:
        """How `plot` draws a zero."""
        return self.look | {"markerfacecolor": "white"}


def of_several(k: int, label: str, coefficients: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Dots:
    """The standardized coefficients of the features `names` of the k-th of several models of one kind."""
    table = {row["name"]: row["standardized"] or 0.0 for row in coefficients}
    return Dots(label, tuple(table[name] for name in names), None, MARKS[k], COLOURS[k], 4.8)


def draw_dots(
    axes: Axes, names: Sequence[str], models: Sequence[Dots], room: float = 0.0, near: Sequence[Dots] | None = None
) -> None:
    """Rows named `names`, in each the marks of the `models` under each other; `room` is the height they may take.

    The axis suits the models that are `near`, by default all; arrows at its ends stand for what lies beyond.
    """
    faint = [all(model.values[row] == 0 for model in models) for row in range(len(names))]
    show_rows(axes, names, faint, bands=len(models) > 1)
    low, high = _limits(models if near is None else near)
    axes.set_xlim(low, high)
    axes.axvline(0, color=GREY, linewidth=0.9, zorder=1, gid="zero")
    for i, model in enumerate(models):
        shift = room * (i - (len(models) - 1) / 2) / max(len(models) - 1, 1)
        at = [row + shift for row in range(len(names))]
        for row, (start, end) in enumerate(model.ends or ()):
            if math.isfinite(start) and math.isfinite(end):
                axes.plot([start, end], [at[row]] * 2, color=model.colour, linewidth=1.2, gid="interval", zorder=2)
        for hollow in (False, True):
            shown = [row for row, value in enumerate(model.values) if low <= value <= high and (value == 0) == hollow]
            axes.plot(
                [model.values[row] for row in shown], [at[row] for row in shown], linestyle="none", zorder=3,
                label=model.label, gid="zeros" if hollow else "coefficients", clip_on=False,
                **(model.hollow if hollow else model.look),
            )  # fmt: skip
        for mark, edge, sign in (("<", low, -1), (">", high, 1)):
            away = [row for row, value in zip(at, model.values, strict=True) if sign * (value - edge) > 0]
            if away:
                look = model.look | {"marker": mark}
                axes.plot([edge] * len(away), away, linestyle="none", gid="beyond", clip_on=False, zorder=3, **look)


def unit_of(document: Mapping[str, Any], lettering: Lettering, width: float) -> str:
    """The label of an axis of coefficients of some `width` in inches: in two lines where what they change is long."""
    ruler = f"change of {changed(document, lettering.ruler)} per deviation of the feature"
    gap = "\n" if width_of([ruler], 9.0) > width else " "
    return f"change of {changed(document, lettering.name)}{gap}per deviation of the feature"


def _limits(models: Sequence[Dots]) -> tuple[float, float]:
    """From the least to the largest of what is shown, 0 included, with air."""
    shown = [0.0]
    for model in models:
        shown += [value for value in model.values if math.isfinite(value)]
        shown += [end for ends in model.ends or () for end in ends if math.isfinite(end)]
    low, high = min(shown), max(shown)
    if low == high:
        return -1.0, 1.0
    return low - AIR * (high - low), high + AIR * (high - low)
