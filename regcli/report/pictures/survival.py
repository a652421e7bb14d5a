"""Survival by predicted risk: what was observed in groups of rows, and what the model says of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.pictures.frame import COLOURS, DASHES
from regcli.report.pictures.lettering import tick_text
from regcli.report.pictures.panels import KEY_ROW, show_key
from regcli.report.pictures.scales import AIR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Group = Mapping[str, Any]

BLUE, ORANGE, BLACK = COLOURS[0], COLOURS[5], COLOURS[6]
LOOKS = {
    1: {"all rows": BLUE},
    2: {"low risk": BLUE, "high risk": BLACK},
    3: {"low risk": BLUE, "middle risk": ORANGE, "high risk": BLACK},
}
"""The names and colours of so many groups; on grey paper dark, light and black."""
MOST_STEPS = 500
"""So many steps of a curve can be seen side by side."""
FEW_TIMES = 50
"""A predicted curve at more times than these has steps too small to be seen: straight lines lead through them."""
LEFT, LONG = 0.1, 1.5
"""The axis ends where no group has a larger share left, if the last row is seen so many times as late."""
NOTES = ("steps: observed (Kaplan-Meier), with 95 % bands", "dashed: predicted")


def draw_survival(axes: Axes, groups: Sequence[Group], time: str) -> list[str]:
    """The observed curve of each of the `groups`, lowest risk first, with its band, and the predicted one.

    A group is a `RiskGroup` of `problem.survival.baseline` as a mapping; `time` names the axis. Says what is what.
    """
    start, end = min(map(_start, groups)), max(float(group["end"]) for group in groups)
    gone = max(map(_gone, groups))
    cut = gone if LONG * (gone - start) < end - start else end
    key = []
    for group, (name, colour) in zip(groups, LOOKS[len(groups)].items(), strict=True):
        _draw_observed(axes, group, colour, start, cut)
        _draw_predicted(axes, group, colour)
        key.append((_words(group, name), {"linestyle": "solid", "linewidth": 1.6, "color": colour}))
    air = AIR * (cut - start or 1.0)
    axes.set_xlim(start - air, cut + air)
    axes.set_ylim(-0.02, 1.02)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.set_xlabel(time if cut == end else f"{time} (cut: last row at {tick_text(float(f'{end:.4g}'))})")
    axes.set_ylabel("share without event")
    for row, entry in enumerate(reversed(key)):
        show_key(axes, [entry], lift=8.0 + KEY_ROW * row)
    return list(NOTES)


def _start(group: Group) -> float:
    """Where its curves begin: at the least entry, else at 0, where time begins."""
    return 0.0 if group["start"] is None or math.isinf(group["start"]) else float(group["start"])


def _gone(group: Group) -> float:
    """When few of its rows are left without an event; infinite where that is never seen."""
    curve = group["observed"]
    found = (float(time) for time, alive in zip(curve["times"], curve["alive"], strict=True) if alive <= LEFT)
    return next(found, math.inf)


def _draw_observed(axes: Axes, group: Group, colour: str, start: float, end: float) -> None:
    """From share 1 on down, to the last time that a row of the group was seen."""
    curve = group["observed"]
    steps = visible_steps(curve["times"], start, end)
    times = [_start(group), *(float(curve["times"][i]) for i in steps), float(group["end"])]
    alive, lower, upper = ([1.0, *(float(curve[key][i]) for i in steps)] for key in ("alive", "lower", "upper"))
    for line in (alive, lower, upper):
        line.append(line[-1])
    axes.fill_between(times, lower, upper, step="post", color=colour, alpha=0.15, linewidth=0, gid="band", zorder=1.5)
    axes.plot(times, alive, color=colour, linewidth=1.6, drawstyle="steps-post", gid="observed", zorder=3)


def _draw_predicted(axes: Axes, group: Group, colour: str) -> None:
    style = "steps-post" if len(group["times"]) <= FEW_TIMES else "default"
    times, shares = ([first, *map(float, group[key])] for first, key in ((_start(group), "times"), (1.0, "predicted")))
    axes.plot(
        times, shares, color=colour, linewidth=1.1, linestyle=DASHES[1], drawstyle=style, gid="predicted", zorder=3.5
    )


def visible_steps(times: Sequence[float], start: float, end: float) -> list[int]:
    """Of steps at rising `times` those that can be seen: the last of each `MOST_STEPS`th of the axis, and of what lies
    beyond its end the last."""
    width = (end - start) / MOST_STEPS
    if len(times) <= MOST_STEPS or width <= 0:
        return list(range(len(times)))
    slots = [min(int((float(time) - start) / width), MOST_STEPS) for time in times]
    return [i for i, slot in enumerate(slots) if i + 1 == len(slots) or slots[i + 1] != slot]


def _words(group: Group, name: str) -> str:
    events = group["event_weight"]
    number = f"{events:,.0f}" if events == round(events) else f"{events:,.1f}"
    return f"{name}: {counted(group['rows'], 'row')}, {number} event{'s' * (events != 1)}"
