"""Separation: whether a model can fit some rows ever better by coefficients that grow without end.

A direction of unpenalised coefficients along which no row's loss grows for ever, and some row's falls, means that there
is no minimum (Albert, Anderson 1984, On the existence of maximum likelihood estimates in logistic regression models).
Whether there is one is a linear program (Konis 2007, Linear programming algorithms for detecting separated data); of
survival times see `regcli.problem.survival.monotone`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import Problem
from regcli.problem.survival.monotone import monotone
from regcli.problem.survival.risk import RiskSets

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

SUSPICIOUS = 1e-6
"""Rows whose curvature is this share of the largest, or less, are fitted so well that separation is worth a look;
so are survival times of which one has that share of the largest hazard."""
SEPARABLE = ("binomial", "multinomial", "poisson", "tweedie")
"""The families with losses that fall for ever in some direction: of others the least is taken somewhere."""
REAL = 1e-7
"""A direction counts from this size on; the program's own tolerance is 1e-9."""


def is_suspicious(problem: Problem, eta: NDArray[np.float64]) -> bool:
    """Whether some row is fitted as only separation, or a far-off row, lets it be."""
    if problem.family.name == "cox":
        return bool(np.ptp(eta) >= -np.log(SUSPICIOUS))
    if problem.family.name not in SEPARABLE:
        return False
    curvature = problem.family.curvature(problem.y, eta)
    own = [values for (k, m), values in curvature.items() if k == m and values is not None]
    return any(float(values.min()) <= SUSPICIOUS * float(values.max()) for values in own)


def separating(problem: Problem) -> tuple[int, ...] | None:
    """The unpenalised columns of a direction without end, () where it is the intercept alone; None where there is none.

    `problem` is that of one strength. Uses SciPy's HiGHS.
    """
    from scipy.optimize import linprog

    p = problem.Z.shape[1]
    free = np.flatnonzero(problem.strengths.free[:p])
    Z = problem.Z[:, free]
    if problem.family.name == "cox":
        direction = monotone(RiskSets.of(problem.y), Z) if free.size else None
        return None if direction is None else tuple(int(j) for j in free[np.abs(direction) > REAL])
    # Of columns times directions, each within [-1, 1], none of a row's may be of the wrong sign, some must be right.
    Z = np.column_stack([np.ones(len(Z)), Z]) if problem.intercept else Z
    if Z.shape[1] == 0:
        return None
    upper, equal = _signs(problem, Z)
    if len(upper) == 0:
        return None
    bounds = [(-1.0, 1.0)] * upper.shape[1]
    found = linprog(upper.sum(axis=0), A_ub=upper, b_ub=np.zeros(len(upper)),
                    A_eq=equal if len(equal) else None, b_eq=np.zeros(len(equal)) if len(equal) else None,
                    bounds=bounds, method="highs")  # fmt: skip
    if found.status != 0 or -found.fun <= REAL * len(upper) ** 0.5:
        return None
    size = np.abs(found.x).reshape(problem.outputs, -1).max(axis=0)
    return tuple(int(free[j]) for j in np.flatnonzero(size[int(problem.intercept) :] > REAL))


def _signs(problem: Problem, Z: Matrix) -> tuple[Matrix, Matrix]:
    """Rows that times a direction must be 0 or less, with one below 0, and rows that must give 0."""
    y = problem.y
    if problem.family.name in ("poisson", "tweedie"):
        return Z[y == 0], Z[y > 0]
    if problem.family.name == "binomial":
        certain = (y == 0) | (y == 1)
        return np.where(y == 1, -1.0, 1.0)[certain, None] * Z[certain], Z[~certain]
    upper, equal = [], []
    for k in range(problem.outputs):
        for m in range(problem.outputs):
            # A row of class k: no other class's predictor may gain on its own.
            rows = Z[(y[:, k] > 0) & (y[:, m] == 0)]
            block = np.zeros((len(rows), problem.outputs, Z.shape[1]))
            block[:, m], block[:, k] = rows, -rows
            upper.append(block.reshape(len(rows), problem.outputs * Z.shape[1]))
            if k < m:
                both = Z[(y[:, k] > 0) & (y[:, m] > 0)]
                block = np.zeros((len(both), problem.outputs, Z.shape[1]))
                block[:, m], block[:, k] = both, -both
                equal.append(block.reshape(len(both), problem.outputs * Z.shape[1]))
    return np.concatenate(upper), np.concatenate(equal)
