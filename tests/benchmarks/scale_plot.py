"""The plot of `scale.py`: how time and memory grow with rows and with columns, a panel for each job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes
from processes import spread
from scale import WITH_COLUMNS, WITH_ROWS, Measured
from scale_tables import NAMES, Record, Shape

JOBS = ("reading", "fit", "path", "cv")
COLOURS = {
    "pandas": "tab:blue", "sklearn": "tab:blue", "fread": "tab:orange", "glmnet": "tab:orange",
    "pyarrow": "tab:green", "celer": "tab:green", "polars": "tab:purple", "adelie": "tab:purple",
}  # fmt: skip


def draw(record: Record, file: Path) -> None:
    """Write the plot, without a date: the same record gives the same bytes."""
    matplotlib.rcParams.update(
        {"svg.hashsalt": "scale", "svg.fonttype": "none", "font.size": 8, "axes.spines.top": False}
    )
    matplotlib.rcParams["axes.spines.right"] = False
    by_rows = sorted(shape for shape in record.shapes if shape[1] == WITH_COLUMNS)
    by_columns = sorted(shape for shape in record.shapes if shape[0] == WITH_ROWS)
    figure, grid = pyplot.subplots(4, len(JOBS), figsize=(12, 11), sharey="row", layout="constrained")
    for place, (shapes, what) in enumerate(((by_rows, "s"), (by_columns, "s"), (by_rows, "MB"), (by_columns, "MB"))):
        for axes, job in zip(grid[place], JOBS, strict=True):
            panel(axes, record, job, shapes, what)
            axes.set_title(job if place == 0 else "")
            rows = shapes is by_rows
            axes.set_xlabel(f"rows, at {WITH_COLUMNS} columns" if rows else f"columns, at {WITH_ROWS} rows")
        grid[place][0].set_ylabel("seconds" if what == "s" else "peak memory, MB")
    for axes in grid[0]:
        axes.legend(frameon=False, fontsize=7)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


def panel(axes: Axes, record: Record, job: str, shapes: list[Shape], what: str) -> None:
    """One job: regcli in black, its peers in colours, the limit of time dashed."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(alpha=0.3)
    at = [shape[0] if shapes[0][1] == shapes[-1][1] else shape[1] for shape in shapes] if shapes else []
    measure = _seconds if what == "s" else _megabytes
    for who in (*record.peers(job), "regcli"):
        found = [middle(record, shape, job, who, measure) for shape in shapes]
        style = {"color": "black", "linewidth": 2} if who == "regcli" else {"color": COLOURS[who], "linewidth": 1}
        axes.plot(at, found, marker="o", markersize=3, label=NAMES.get(who, who), **style)
    if what == "s":
        limits = [list(record.limits(shape, job).values()) for shape in shapes]
        known = [spread(values)[0] if values else float("nan") for values in limits]
        axes.plot(at, known, color="grey", linestyle="--", linewidth=1, label="limit")


def middle(record: Record, shape: Shape, job: str, who: str, what: Callable[[Measured], float]) -> float:
    """The median of the rounds; not a number where there is none."""
    runs = [what(one) for one in record.of(shape, job, who).values() if not one.late]
    return spread(runs)[0] if runs else float("nan")


def _seconds(one: Measured) -> float:
    return one.seconds or float("nan")


def _megabytes(one: Measured) -> float:
    return (one.peak or float("nan")) / 2**20
