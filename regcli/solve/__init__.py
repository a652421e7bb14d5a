"""How it is minimised: solvers propose, the problem certifies.

`SOLVERS` is the registry; `line(problem)` says which of them may try, in order; `solve` runs the line until a
proposal is certified; `solve_along` does so for one strength after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from regcli.errors import Notice, UsageError
from regcli.problem.certificate import certify, pull_scale
from regcli.problem.objective import EPS, Problem, Solution, best_intercept, objective
from regcli.solve.bounded import while_inside
from regcli.solve.linear_program import null_slopes
from regcli.solve.registry import LARGEST_GRAM, SOLVERS, Proposal, Solver, Step, Steps, explained, explained_by

__all__ = [
    "LARGEST_GRAM",
    "SOLVERS",
    "Proposal",
    "Solver",
    "Step",
    "centred",
    "line",
    "solve",
    "solve_along",
    "unpenalised_pull",
]

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
    whole = problem
    problem, centre = centred(problem)
    if problem.penalty.bounded:
        # What keeps to the bounds without being told to is the solution.
        found = solve(replace(whole, penalty=whole.penalty.unbounded), wanted, start)
        if problem.penalty.inside(found.coef):
            return replace(found, certificate=certify(problem, found.intercept - centre, found.coef, found.dual))
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
    if problem.penalty.bounded:
        without = solve_along(replace(problem, penalty=problem.penalty.unbounded), alphas, wanted)
        yield from while_inside(problem.penalty, without, lambda done: _along(problem, alphas[done:], wanted), _coef)
    else:
        yield from _along(problem, alphas, wanted)


def _coef(step: tuple[Step, str]) -> Vector:
    return step[0].coef


def _along(problem: Problem, alphas: Sequence[float], wanted: str) -> Iterator[tuple[Step, str]]:
    problem, centre = centred(problem)
    for step, name in _from_centre(problem, alphas, wanted):
        yield step if step.intercept is None else replace(step, intercept=centre + step.intercept), name


def _from_centre(problem: Problem, alphas: Sequence[float], wanted: str) -> Iterator[tuple[Step, str]]:
    penalised = [alpha for alpha in alphas if alpha > 0]
    if penalised:
        reduced, kept = _without_twins(replace(problem, alpha=penalised[0]))
        name = line(reduced, wanted)[0]
        shared = SOLVERS[name].along
        steps = _one_by_one(reduced, penalised, wanted) if shared is None else shared(reduced, penalised)
        everything = len(kept) == problem.Z.shape[1]
        for step in steps:
            yield step if everything else replace(step, coef=_whole(problem, kept, step.coef)), name
    if len(penalised) < len(alphas):
        last = solve(replace(problem, alpha=0.0), wanted)
        yield _step(problem, last), last.solver


def _one_by_one(problem: Problem, alphas: Sequence[float], wanted: str) -> Steps:
    for alpha in alphas:
        yield _step(problem, solve(replace(problem, alpha=alpha), wanted))


def _step(problem: Problem, found: Solution) -> Step:
    if problem.family.is_quadratic:
        return Step(found.coef, partial(explained, problem, found.coef), found.intercept)
    gained = partial(explained_by, problem, found.intercept, found.coef)
    return Step(found.coef, gained, found.intercept, dual=found.dual)


def _whole(problem: Problem, kept: NDArray[np.intp], found: Vector) -> Vector:
    """The coefficients of all features, of all classes, from those of the features that were kept."""
    coef = np.zeros(problem.outputs * problem.Z.shape[1])
    coef[_places(problem, kept)] = found
    return coef


def _places(problem: Problem, kept: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.asarray(np.arange(problem.outputs)[:, None] * problem.Z.shape[1] + kept).ravel()


def unpenalised_pull(problem: Problem) -> Vector:
    """Minus the gradient of the loss, (p,) or (K p,), at the fit of the columns that no strength penalises: with none
    of them that is the null model's. What rounding leaves of it where these explain everything counts 0."""
    p = problem.Z.shape[1]
    columns = np.flatnonzero(problem.penalty.unpenalised[:p])
    if problem.family.name == "quantile" and len(columns) < p:
        penalty, level = problem.penalty, problem.family.parameter("level")
        theta = null_slopes(
            problem.Z, problem.y, penalty.l1, level, problem.weights, problem.offset, problem.intercept, penalty.low,
            penalty.high,
        )  # fmt: skip
        return problem.pull(theta)
    if not columns.size:
        return problem.null_pull
    penalty = problem.penalty.only(_places(problem, columns))
    alone = replace(problem, Z=problem.Z[:, columns], penalty=penalty, alpha=0.0, twins=None)
    found = solve(alone)
    pull = problem.pull(problem.residual(alone.eta(found.intercept, found.coef)))
    noise = 64 * EPS * (pull_scale(problem) + float(np.max(np.abs(problem.null_intercept))))
    return np.where(np.abs(pull) > noise, pull, 0.0)


def _measured(problem: Problem, coef: Vector, name: str, proposal: Proposal) -> Solution:
    intercept = best_intercept(problem, coef) if proposal.intercept is None else proposal.intercept
    return Solution(
        coef=coef,
        intercept=intercept,
        objective=objective(problem, intercept, coef),
        certificate=certify(problem, intercept, coef, proposal.dual),
        solver=name,
        iterations=proposal.iterations,
        condition=proposal.condition,
        rank=proposal.rank,
        factor=proposal.factor,
        dual=proposal.dual,
    )


def _said(best: Solution, failures: list[str]) -> tuple[Notice, ...]:
    if not failures:
        return ()
    if best.certificate.certified:
        return (Notice("solver_fallback", f"solved by {best.solver} after: {'; '.join(failures)}"),)
    return (Notice("not_certified", f"no solver's answer is certified: {'; '.join(failures)}"),)


def centred(problem: Problem) -> tuple[Problem, float]:
    """The problem with the level of the null model taken out of y where losses allow that, and that level: however far
    off zero y lies, no digits are lost."""
    if not problem.intercept or not problem.family.has_unit:
        return problem, 0.0
    return replace(problem, y=problem.y - problem.null_intercept), problem.null_intercept


def _without_twins(problem: Problem) -> tuple[Problem, NDArray[np.intp]]:
    """The problem on one of each group of equal columns, where the penalty has no part that would share."""
    everything = np.arange(problem.Z.shape[1])
    if problem.twins is None or problem.alpha == 0:
        return problem, everything
    p = problem.Z.shape[1]
    kept = np.flatnonzero(~problem.penalty.only(np.arange(p)).spare(problem.twins))
    if len(kept) == len(everything):
        return problem, everything
    penalty = problem.penalty.only(_places(problem, kept))
    return replace(problem, Z=problem.Z[:, kept], penalty=penalty, twins=None), kept
