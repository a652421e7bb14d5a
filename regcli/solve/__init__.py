"""How it is minimised: solvers propose, the problem certifies.

`SOLVERS` is the registry; `line(problem)` says which of them may try, in order; `solve` runs the line until a
proposal is certified; `solve_along` does so for one strength after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from regcli.errors import Notice, UsageError
from regcli.problem.certificate import certify
from regcli.problem.objective import Problem, Solution, best_intercept, objective
from regcli.problem.penalties import ElasticNet
from regcli.solve.registry import LARGEST_GRAM, SOLVERS, Proposal, Solver, Step, Steps, explained

__all__ = ["LARGEST_GRAM", "SOLVERS", "Proposal", "Solver", "Step", "line", "solve", "solve_along"]

Vector = NDArray[np.float64]


def line(problem: Problem, wanted: str = "auto") -> list[str]:
    """The solvers that may try `problem`, in order. `wanted`: auto, exact, or the name of one of `SOLVERS`.

    Raises UsageError, put together from the solvers' sentences, when none may.
    """
    names = [
        name for name, solver in SOLVERS.items() if wanted in (name, "auto") or (wanted == "exact" and solver.exact)
    ]
    reasons = {name: SOLVERS[name].declines(problem) for name in names}
    able = [name for name in names if reasons[name] is None]
    if not able:
        raise UsageError(
            f"no solver for this problem: {'; '.join(r for r in reasons.values() if r)}", hint="--solver auto"
        )
    return able


def solve(problem: Problem, wanted: str = "auto", start: Vector | None = None) -> Solution:
    """The certified solution of `problem`, from `start` (p,) where one is at hand.

    With `auto` (and within `exact`) an answer that is not certified sends the problem to the next solver in line,
    and a notice says so; when none is certified, the one of least violation is returned as it is.
    """
    problem, centre = _centred(problem)
    reduced, kept = _without_twins(problem)
    tried: list[Solution] = []
    failures: list[str] = []
    for name in line(reduced, wanted):
        try:
            proposal = SOLVERS[name].run(reduced, None if start is None else start[_places(problem, kept)])
        except np.linalg.LinAlgError as error:
            failures.append(f"{name}: {error}")
            continue
        coef = _whole(problem, kept, proposal.coef)
        tried.append(_measured(problem, coef, name, proposal))
        if tried[-1].certificate.certified:
            break
        failures.append(f"{name}: violation {tried[-1].certificate.violation:.1e}, gap {tried[-1].certificate.gap:.1e}")
    if not tried:
        raise np.linalg.LinAlgError("; ".join(failures))
    best = min(tried, key=lambda solution: (not solution.certificate.certified, solution.certificate.violation))
    return replace(best, intercept=centre + best.intercept, notices=_said(best, failures))


def solve_along(problem: Problem, alphas: Sequence[float], wanted: str = "auto") -> Iterator[tuple[Step, str]]:
    """For falling alphas the solution and the solver: not yet certified.

    The first solver in line shares its work between alphas if it can; else each alpha is solved by itself, and 0 is.
    """
    problem, _ = _centred(problem)
    penalised = [alpha for alpha in alphas if alpha > 0]
    if penalised:
        reduced, kept = _without_twins(replace(problem, alpha=penalised[0]))
        name = line(reduced, wanted)[0]
        shared = SOLVERS[name].along
        steps = _one_by_one(reduced, penalised, wanted) if shared is None else shared(reduced, penalised)
        for step in steps:
            yield replace(step, coef=_whole(problem, kept, step.coef)), name
    if len(penalised) < len(alphas):
        last = line(replace(problem, alpha=0.0), wanted)[0]
        yield from ((step, last) for step in _one_by_one(problem, [0.0], wanted))


def _one_by_one(problem: Problem, alphas: Sequence[float], wanted: str) -> Steps:
    for alpha in alphas:
        found = solve(replace(problem, alpha=alpha), wanted)
        gained = explained(problem, found.coef) if problem.family.is_quadratic else _gained(problem, found)
        yield Step(found.coef, gained, found.intercept)


def _gained(problem: Problem, found: Solution) -> float:
    """Twice what a solution takes off the null model's loss."""
    loss = problem.mean_of(problem.family.loss(problem.y, problem.eta(found.intercept, found.coef)))
    return 2 * (problem.null_objective - loss)


def _whole(problem: Problem, kept: NDArray[np.intp], found: Vector) -> Vector:
    """The coefficients of all features, of all classes, from those of the features that were kept."""
    coef = np.zeros(problem.outputs * problem.Z.shape[1])
    coef[_places(problem, kept)] = found
    return coef


def _places(problem: Problem, kept: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.asarray(np.arange(problem.outputs)[:, None] * problem.Z.shape[1] + kept).ravel()


def _measured(problem: Problem, coef: Vector, name: str, proposal: Proposal) -> Solution:
    intercept = best_intercept(problem, coef) if proposal.intercept is None else proposal.intercept
    return Solution(
        coef=coef,
        intercept=intercept,
        objective=objective(problem, intercept, coef),
        certificate=certify(problem, intercept, coef),
        solver=name,
        iterations=proposal.iterations,
        condition=proposal.condition,
        rank=proposal.rank,
        factor=proposal.factor,
    )


def _said(best: Solution, failures: list[str]) -> tuple[Notice, ...]:
    if not failures:
        return ()
    if best.certificate.certified:
        return (Notice("solver_fallback", f"solved by {best.solver} after: {'; '.join(failures)}"),)
    return (Notice("not_certified", f"no solver's answer is certified: {'; '.join(failures)}"),)


def _centred(problem: Problem) -> tuple[Problem, float]:
    """The problem with the mean taken out of y, and that mean: however far off zero y lies, no digits are lost."""
    if not problem.intercept or not problem.family.is_quadratic:
        return problem, 0.0
    return replace(problem, y=problem.y - problem.null_intercept), problem.null_intercept


def _without_twins(problem: Problem) -> tuple[Problem, NDArray[np.intp]]:
    """The problem on one of each group of equal columns, where the penalty has no part that would share.

    Under a pure L1 penalty any split between equal columns is a solution: the least penalised takes it all, of
    several the first in the file.
    """
    everything = np.arange(problem.Z.shape[1])
    if problem.twins is None:
        return problem, everything
    p = problem.Z.shape[1]
    split_is_free = ((problem.penalty.l2 == 0) & (problem.strengths.l1 > 0))[:p]
    order = np.lexsort((problem.penalty.l1[:p], problem.twins))
    heads = order[np.unique(problem.twins[order], return_index=True)[1]]
    kept = everything[np.isin(everything, heads) | ~split_is_free]
    if len(kept) == len(everything):
        return problem, everything
    places = _places(problem, kept)
    penalty = ElasticNet(problem.penalty.l1[places], problem.penalty.l2[places])
    return replace(problem, Z=problem.Z[:, kept], penalty=penalty, twins=None), kept
