"""Coefficients without a penalty that would grow without end: recognised, and refused with the way out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from regcli.errors import DataError, listed, visible
from regcli.problem.objective import Problem, Vector
from regcli.problem.passed import PassedProblem
from regcli.problem.separation import is_suspicious, separating
from regcli.solve.endless import endless
from regcli.workflows.preparing import Prepared


def check_separation(prepared: Prepared, intercept: Any, coef: Vector) -> None:
    """DataError where unpenalised columns, or the intercept, fit some rows ever better the larger they are."""
    problem = prepared.problem
    if isinstance(problem, PassedProblem):
        return  # what passes could say of it is that they come to no end
    if not problem.family.is_quadratic and is_suspicious(problem, problem.eta(intercept, coef)):
        columns = separating(problem)
        if columns is not None:
            raise _separated(prepared, problem, columns)


def check_unpenalised(prepared: Prepared) -> None:
    """The same of the columns that no alpha penalises, before any is solved for."""
    problem = prepared.problem
    if isinstance(problem, PassedProblem):
        return
    columns = endless(replace(problem, alpha=1.0))
    if columns is not None:
        raise _separated(prepared, replace(problem, alpha=1.0), columns)


def _separated(prepared: Prepared, problem: Problem, columns: tuple[int, ...]) -> DataError:
    names = listed([visible(prepared.design.names[j]) for j in columns]) or "the intercept"
    target = visible(prepared.design.target)
    if problem.family.has_classes:
        what = f"the classes of {target} are separated, at least in part, by {names}"
    elif problem.family.name == "cox":
        what = f"at each event of {target} no row at risk is ahead in {names} of the one that has it"
    else:
        what = f"{target} is 0 in all rows that {names} single out"
    unpenalised = len(prepared.design.names) == int(problem.strengths.free.sum()) // problem.outputs
    hint = "--penalty l2 --alpha 0.01, or cv to choose the strength" if unpenalised else "penalise them too"
    return DataError(f"{what}: without a penalty the coefficients grow without end", hint=hint)
