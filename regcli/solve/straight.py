"""The exact minimum along a line of a loss whose derivative is made of straight pieces, with its penalty.

Along eta + t d and b + t m the derivative of the objective is piecewise linear and never falls. Its breaks are known:
where a row passes from one piece to another, and where a coefficient passes zero. Sorted, they are gone through until
the derivative is 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import Problem
from regcli.problem.penalties import Strengths

Vector = NDArray[np.float64]


def minimum_along(
    problem: Problem, eta: Vector, way: Vector, coef: Vector, move: Vector, strengths: Strengths
) -> float:
    """The t >= 0 at which the mean loss at eta + t way (n,) plus the penalty at coef + t move (m,) is least; infinite
    where it falls for ever. The penalty's bounds are not looked at."""
    weights = np.ones(len(way)) if problem.weights is None else problem.weights
    share = weights / problem.total
    slope, curve, breaks, bends = _of_rows(problem, eta, way, share)
    jumps = np.zeros(len(breaks))
    moving = move != 0
    b, m, l1, l2 = coef[moving], move[moving], strengths.l1[moving], strengths.l2[moving]
    slope += float(l2 * b @ m + l1 @ (np.where(b == 0, np.abs(m), np.sign(b) * m)))
    curve += float(l2 @ m**2)
    crossing = b * m < 0
    breaks = np.concatenate([breaks, -b[crossing] / m[crossing]])
    bends = np.concatenate([bends, np.zeros(int(crossing.sum()))])
    jumps = np.concatenate([jumps, 2 * l1[crossing] * np.abs(m[crossing])])
    order = np.argsort(breaks, kind="stable")
    breaks, bends, jumps = breaks[order], bends[order], jumps[order]
    curves = np.maximum(curve + np.concatenate([[0.0], np.cumsum(bends)]), 0.0)  # on the piece before each break
    lengths = np.diff(np.concatenate([[0.0], breaks]))
    after = slope + np.cumsum(curves[:-1] * lengths) + np.cumsum(jumps)
    before = after - jumps
    reached = np.flatnonzero(after >= 0)
    if slope >= 0:
        return 0.0
    last = int(reached[0]) if reached.size else len(breaks)
    if last < len(breaks) and before[last] <= 0:
        return float(breaks[last])
    start, there = (0.0, slope) if last == 0 else (float(breaks[last - 1]), float(after[last - 1]))
    return start - there / float(curves[last]) if curves[last] > 0 else np.inf


def _of_rows(problem: Problem, eta: Vector, way: Vector, share: Vector) -> tuple[float, float, Vector, Vector]:
    """Slope and curvature of the mean loss at t = 0+, its breaks t > 0, and what the curvature changes by there."""
    y, family = problem.y, problem.family
    assert family.pieces is not None
    low, high = family.pieces(y)
    slope = -float(share * family.pull(y, eta) @ way)
    weight = share * way**2 * family.bend
    # A row is on its curved piece while low <= eta <= high.
    with np.errstate(divide="ignore", invalid="ignore"):
        enter = np.where(way > 0, (low - eta) / way, (high - eta) / way)
        leave = np.where(way > 0, (high - eta) / way, (low - eta) / way)
    moves = way != 0
    inside = moves & (enter <= 0) & (leave > 0)
    coming, going = moves & (enter > 0) & np.isfinite(enter), moves & (leave > 0) & np.isfinite(leave)
    breaks = np.concatenate([enter[coming], leave[going]])
    bends = np.concatenate([weight[coming], -weight[going]])
    return slope, float(weight[inside].sum()), breaks, bends
