"""Unpenalised coefficients without end, found from the fit of their columns alone: a path would run after them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from regcli.problem.objective import Problem
from regcli.problem.separation import is_suspicious, separating
from regcli.solve import solve


def endless(problem: Problem) -> tuple[int, ...] | None:
    """The unpenalised columns of a direction without end, () where it is the intercept alone; None where there is none,
    or no such columns. What is penalised is finite and changes nothing."""
    p = problem.Z.shape[1]
    free = np.flatnonzero(problem.strengths.free[:p])
    if problem.family.is_quadratic or not free.size:
        return None
    places = (np.arange(problem.outputs)[:, None] * p + free).ravel()
    alone = replace(problem, Z=problem.Z[:, free], penalty=problem.penalty.only(places), twins=None)
    found = solve(alone)
    if not is_suspicious(alone, alone.eta(found.intercept, found.coef)):
        return None
    columns = separating(alone)
    return None if columns is None else tuple(int(free[j]) for j in columns)
