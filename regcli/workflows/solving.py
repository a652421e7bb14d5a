"""Solutions of a prepared problem: by its rows, or where they were passed over by passes over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import Solution
from regcli.select.pathwise import SolutionPath, solve_path, stopped
from regcli.solve import solve
from regcli.workflows.preparing import Prepared

Vector = NDArray[np.float64]


def is_passed_over(prepared: Prepared) -> bool:
    """Whether the rows are asked by passes: those of likelihoods that memory does not hold."""
    return prepared.design.behind is not None


def solved(prepared: Prepared) -> Solution:
    """The solution at the strength that was asked for."""
    if is_passed_over(prepared):
        found: Solution = prepared.design.behind.solve(prepared)
        return found
    return solve(prepared.problem, prepared.model.solver)


def solved_along(prepared: Prepared, alphas: Vector, stop_early: bool = False) -> SolutionPath:
    """The solutions along the alphas; see `solve_path`. Passes serve all alphas at once: none is saved by stopping."""
    if not is_passed_over(prepared):
        return solve_path(prepared.problem, alphas, prepared.model.solver, stop_early)
    found: SolutionPath = prepared.design.behind.path(prepared, alphas)
    return stopped(found, 2 * prepared.problem.null_objective) if stop_early else found
