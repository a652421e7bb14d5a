"""Monotone likelihood: coefficients along which Cox's partial likelihood grows without end.

There are such where in some direction d no row at risk lies beyond one who dies, z_j.d <= z_k.d for each death k and
each j at risk then, and some row lies behind (Heinze, Schemper 2001, A solution to the problem of monotone likelihood
in Cox regression). Those who die together must then lie level, whichever rule for ties. It is found by a linear
program: of the inequalities, as many as deaths times rows at risk, those are added that its last answer violates.
"""

from __future__ import annotations

import numpy as np

from regcli.problem.survival.intervals import Array, Index
from regcli.problem.survival.risk import RiskSets

REAL = 1e-7
"""A difference counts from this size on, of columns of deviation 1; the program's own tolerance is 1e-9."""


def monotone(risk: RiskSets, Z: Array) -> Array | None:
    """A direction (p,), each part within [-1, 1], in the columns Z (n, p) that has no end; None where there is none.

    Uses SciPy's HiGHS.
    """
    from scipy.optimize import linprog

    leads = Z[risk.events[np.unique(risk.own, return_index=True)[1]]]
    level = Z[risk.events] - leads[risk.own]
    level = level[np.any(level != 0, axis=1)]
    first, last = risk.others.first, risk.others.last
    rows = np.flatnonzero(first < last)
    # The sum of all inequalities is what is to be gained, so that those that are left out count too.
    gained = risk.others.sums(np.ones(len(Z))) @ leads - (last - first) @ Z
    upper = Z[rows] - leads[last[rows] - 1]
    equal = {"A_eq": level, "b_eq": np.zeros(len(level))} if len(level) else {}
    while True:
        found = linprog(-gained, A_ub=upper, b_ub=np.zeros(len(upper)), bounds=(-1.0, 1.0), method="highs", **equal)
        if found.status != 0 or -found.fun <= REAL * len(Z) ** 0.5:
            return None
        ahead, at = leads @ found.x, _least_over(leads @ found.x, first[rows], last[rows])
        beyond = Z[rows] @ found.x > ahead[at] + REAL
        if not np.any(beyond):
            return np.asarray(found.x)
        upper = np.vstack([upper, Z[rows[beyond]] - leads[at[beyond]]])


def _least_over(values: Array, first: Index, last: Index) -> Index:
    """The place of the least of `values` (m,) within first[i] <= k < last[i], where there is one: (n,).

    Two spans of a power of two cover each interval (Bender, Farach-Colton 2000, The LCA problem revisited).
    """
    table = [np.arange(len(values))]
    while 2 << len(table) - 1 <= len(values):
        half = 1 << len(table) - 1
        one, other = table[-1][:-half], table[-1][half:]
        table.append(np.where(values[other] < values[one], other, one))
    found = np.empty(len(first), dtype=np.intp)
    power = np.frexp(last - first)[1] - 1
    for k in np.unique(power):
        rows = np.flatnonzero(power == k)
        one, other = table[k][first[rows]], table[k][last[rows] - (1 << k)]
        found[rows] = np.where(values[other] < values[one], other, one)
    return found
