"""The axes of a picture: alpha, or what grows along a path; the heights; counts along the top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regcli.report.pictures.frame import GREY, SMALL_SIZE, across, fit_left, size_in_points
from regcli.report.pictures.lettering import tick_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST, MOST = 1e-250, 1e250
"""The alphas that a logarithmic axis is asked to show; what lies beyond is put there."""
AIR = 0.012
"""What stays free at both ends of a horizontal axis, as a share of its length."""
BELOW, ABOVE = 10.0, 8.0
"""What stays free under and over the lines, in points."""
COUNT_WIDTH = 30.0
"""Room for a number along the top, in points."""
MOST_TICKS = 9
DIGITS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9))


@dataclass(frozen=True)
class AlphaAxis:
    """A logarithmic axis from `high` down to `low` (None: no alpha is positive); `zero` is where alpha = 0 is put."""

    high: float | None
    low: float | None
    zero: float | None

    def at(self, alpha: float) -> float:
        """Where `alpha` lies."""
        return min(max(alpha, LEAST), MOST) if alpha > 0 or self.zero is None else self.zero


def alpha_axis(alphas: Sequence[float]) -> AlphaAxis:
    """The axis on which `alphas` can be shown."""
    positive = [min(max(alpha, LEAST), MOST) for alpha in alphas if alpha > 0]
    if not positive:
        return AlphaAxis(None, None, 1.0)
    low, high = min(positive), max(positive)
    apart = 10 ** max(0.35, 0.08 * (math.log10(high) - math.log10(low)))
    return AlphaAxis(high, low, low / apart if min(alphas) <= 0 else None)


def show_alpha_axis(axes: Axes, along: AlphaAxis) -> None:
    """Scale, limits, ticks and label of the horizontal axis.

    The largest alpha is at the left, as in newer glmnet and most textbooks: a path grows from nothing to the right.
    """
    from matplotlib.ticker import NullFormatter, NullLocator

    ends = [end for end in (along.high, along.low, along.zero) if end is not None]
    air = 10 ** (AIR * (math.log10(max(ends)) - math.log10(min(ends)))) if max(ends) > min(ends) else 3.0
    axes.set_xscale("log")
    axes.set_xlim(max(ends) * air, min(ends) / air)
    ticks = [] if along.low is None or along.high is None else log_ticks(along.low, along.high)
    texts = [tick_text(tick) for tick in ticks]
    if along.zero is not None:
        if along.low is not None:
            _show_break(axes, math.sqrt(along.zero) * math.sqrt(along.low))
        ticks, texts = [*ticks, along.zero], [*texts, "0"]
    axes.set_xticks(ticks, texts)
    axes.xaxis.set_minor_formatter(NullFormatter())
    if along.zero is not None or max(ends) < 2 * min(ends):
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("alpha (strength of the penalty, log scale, falling to the right)")


def _show_break(axes: Axes, at: float) -> None:
    """Two strokes through the axis, between alpha = 0 and the least positive one."""
    width, _ = size_in_points(axes)
    middle = across(axes, at)
    stroke: Any = [(-0.5, -1), (0.5, 1)]
    axes.plot(
        [(middle - 2) / width, (middle + 2) / width], [0, 0], transform=axes.transAxes, marker=stroke, markersize=7,
        color=GREY, linestyle="none", clip_on=False, gid="break",
    )  # fmt: skip


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high` for a logarithmic axis: decades if they are enough, else 1 3, 1 2 5, ..."""
    from matplotlib.ticker import MaxNLocator

    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    best: list[float] = []
    for digits in DIGITS:
        ticks = [float(f"{digit}e{exponent}") for exponent in exponents for digit in digits]
        ticks = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(ticks) > MOST_TICKS:
            return best or ticks[:: math.ceil(len(ticks) / MOST_TICKS)]
        best = ticks
        if len(best) >= 4:
            return best
    if len(best) >= 2:
        return best
    even = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [tick for tick in map(float, even) if low <= tick <= high] or [low]


def show_linear_axis(axes: Axes, positions: Sequence[float], label: str) -> None:
    """The horizontal axis for a figure that grows along the path from 0."""
    first, last = min(positions), max(positions)
    if first == last:
        first, last = 0.0, 2 * last or 1.0
    axes.set_xlim(first - AIR * (last - first), last + AIR * (last - first))
    axes.xaxis.set_major_formatter(tick_formatter())
    axes.set_xlabel(label)


def show_heights(axes: Axes, low: float, high: float, label: str) -> None:
    """The vertical axis from `low` to `high`, with air below and above; the left end of the axes suits it."""
    if low == high:
        low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    unit = (high - low) / (size_in_points(axes)[1] - BELOW - ABOVE)
    axes.set_ylim(low - BELOW * unit, high + ABOVE * unit)
    axes.yaxis.set_major_formatter(tick_formatter())
    axes.set_ylabel(label)
    fit_left(axes)


def make_room(axes: Axes, above: float) -> None:
    """Leave `above` points more free over the lines, for words."""
    low, high = axes.get_ylim()
    height = size_in_points(axes)[1]
    axes.set_ylim(low, low + (high - low) * (height / (height - above)))


def tick_formatter() -> Any:
    """Writes the numbers at an axis as `tick_text` does."""
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: tick_text(float(f"{value:.10g}")))


def show_counts(axes: Axes, positions: Sequence[float], counts: Sequence[str], label: str) -> None:
    """A second axis along the top that tells `counts` at some of the `positions`."""
    from matplotlib.ticker import NullLocator

    top = axes.twiny()
    top.set_xscale(axes.get_xscale())
    top.set_xlim(axes.get_xlim())
    top.spines["top"].set_visible(True)
    shown = _some_of([across(axes, position) for position in positions])
    top.set_xticks([positions[i] for i in shown], [counts[i] for i in shown])
    top.xaxis.set_minor_locator(NullLocator())
    top.tick_params(axis="x", length=2.5, pad=2, labelsize=SMALL_SIZE)
    top.set_xlabel(label, fontsize=SMALL_SIZE, color=GREY, labelpad=3)


def _some_of(places: Sequence[float]) -> list[int]:
    """The last of the `places`, and an even choice of those at least `COUNT_WIDTH` from it and from each other."""
    first, last = places[0], places[-1]
    slots = int(abs(last - first) / (1.25 * COUNT_WIDTH)) or 1
    chosen = [len(places) - 1]
    for slot in range(slots):
        wanted = first + (last - first) * slot / slots
        i = min(range(len(places)), key=lambda i: abs(places[i] - wanted))
        if all(abs(places[i] - places[other]) >= COUNT_WIDTH for other in chosen):
            chosen.append(i)
    return sorted(chosen)
