"""How it is minimised: solvers propose, the problem certifies.

`SOLVERS` is the registry; `line(problem)` says which of them may try, in order; `solve` runs the line until a
proposal is certified; `solve_along` does so for one strength after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regcli.errors import Notice, UsageError
from regcli.problem.certificate import certify
from regcli.problem.families import GAUSSIAN
from regcli.problem.objective import Problem, Solution, best_intercept, gram, objective
from regcli.problem.penalties import ElasticNet
from regcli.solve import sklearn_cd
from regcli.solve.at_once import along
from regcli.solve.direct import RidgeFactor, is_ridge, least_squares, ridge_along
from regcli.solve.quadratic import ActiveSet, Quadratic
from regcli.solve.working_set import WorkingSet

Vector = NDArray[np.float64]

LARGEST_GRAM = 1000
"""With more features than rows, one Gram matrix of all of them is made for at most this many."""
SMALL_GRAM = 50
"""The same where a working set could do instead, which is quicker from about here on."""


@dataclass(frozen=True)
class Proposal:
    """What a solver found: coefficients (p,) and its iterations; the rest is least squares' own, see `Solution`."""

    coef: Vector
    iterations: int
    condition: float | None = None
    rank: int | None = None
    factor: NDArray[np.float64] | None = None


Steps = Iterator[tuple[Vector, float]]
"""For one alpha after another the coefficients (p,) and twice what they take off the null model's loss."""


@dataclass(frozen=True)
class Solver:
    """`declines(problem)` is a sentence saying why it cannot solve the problem, or None; `run` solves it; `along`
    solves it for falling alphas and shares the work between them, where it can."""

    exact: bool
    declines: Callable[[Problem], str | None]
    run: Callable[[Problem, Vector | None], Proposal]
    along: Callable[[Problem, Sequence[float]], Steps] | None = None


def _declines_penalty(problem: Problem) -> str | None:
    return None if np.all(problem.strengths.free) else "least squares has no penalty"


def _declines_all_but_ridge(problem: Problem) -> str | None:
    return None if is_ridge(problem.strengths) else "the ridge factorisation needs an L2 penalty and no other"


def _declines_wide(problem: Problem) -> str | None:
    n, p = problem.Z.shape
    largest = SMALL_GRAM if np.any(problem.strengths.l1 > 0) else LARGEST_GRAM
    return None if p <= max(n, largest) else f"a Gram matrix of {p:,} features for {n:,} rows"


def _declines_without_l1(problem: Problem) -> str | None:
    return None if np.any(problem.strengths.l1 > 0) else "a working set needs an L1 part to leave features out"


def _run_least_squares(problem: Problem, start: Vector | None) -> Proposal:
    found = least_squares(problem.Z, problem.y - problem.null_intercept, problem.weights)
    return Proposal(found.coef, 1, found.condition, found.rank, found.factor)


def _run_ridge(problem: Problem, start: Vector | None) -> Proposal:
    return Proposal(RidgeFactor.of(problem).coef(problem.alpha), 1)


def _run_quadratic(problem: Problem, start: Vector | None) -> Proposal:
    solver = ActiveSet(Quadratic(gram(problem), problem.null_pull), problem.strengths)
    coef = solver.minimise(start)
    return Proposal(coef, solver.rounds)


def _run_working_set(problem: Problem, start: Vector | None) -> Proposal:
    solver = WorkingSet(problem)
    coef = solver.descend(start)
    return Proposal(coef, solver.rounds)


def _run_sklearn(problem: Problem, start: Vector | None) -> Proposal:
    coef, sweeps = sklearn_cd.solve(problem)
    return Proposal(coef, sweeps)


def _ridge_along(problem: Problem, alphas: Sequence[float]) -> Steps:
    n, p = problem.Z.shape
    if p < n:
        quadratic = Quadratic(gram(problem), problem.null_pull)
        for coef in ridge_along(quadratic, problem.penalty.l2, alphas):
            yield coef, float((2 * quadratic.linear - quadratic.matrix @ coef) @ coef)
        return
    factor = RidgeFactor.of(problem)
    for alpha in alphas:
        coef = factor.coef(alpha)
        yield coef, _explained(problem, coef)


def _explained(problem: Problem, coef: Vector) -> float:
    residual = problem.y - problem.null_intercept - problem.Z @ coef
    return float((problem.null_pull + problem.pull(residual)) @ coef)


def _quadratic_along(problem: Problem, alphas: Sequence[float]) -> Steps:
    for coef, pull in along(Quadratic(gram(problem), problem.null_pull), problem.penalty, alphas):
        yield coef, float((problem.null_pull + pull) @ coef)


def _working_set_along(problem: Problem, alphas: Sequence[float]) -> Steps:
    for coef, pull in WorkingSet(problem).along(alphas):
        yield coef, float((problem.null_pull + pull) @ coef)


SOLVERS: dict[str, Solver] = {
    "least_squares": Solver(True, _declines_penalty, _run_least_squares),
    "ridge": Solver(True, _declines_all_but_ridge, _run_ridge, _ridge_along),
    "quadratic": Solver(True, _declines_wide, _run_quadratic, _quadratic_along),
    "working_set": Solver(True, _declines_without_l1, _run_working_set, _working_set_along),
    "sklearn": Solver(False, sklearn_cd.declines, _run_sklearn),
}


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
            proposal = SOLVERS[name].run(reduced, None if start is None else start[kept])
        except np.linalg.LinAlgError as error:
            failures.append(f"{name}: {error}")
            continue
        coef = np.zeros(problem.Z.shape[1])
        coef[kept] = proposal.coef
        tried.append(_measured(problem, coef, name, proposal))
        if tried[-1].certificate.certified:
            break
        failures.append(f"{name}: violation {tried[-1].certificate.violation:.1e}, gap {tried[-1].certificate.gap:.1e}")
    if not tried:
        raise np.linalg.LinAlgError("; ".join(failures))
    best = min(tried, key=lambda solution: (not solution.certificate.certified, solution.certificate.violation))
    return replace(best, intercept=centre + best.intercept, notices=_said(best, failures))


def solve_along(problem: Problem, alphas: Sequence[float], wanted: str = "auto") -> Iterator[tuple[Vector, float, str]]:
    """For falling alphas the coefficients (p,), what they explain as in `Steps`, and the solver: not yet certified.

    The first solver in line shares its work between alphas if it can; else each alpha is solved by itself, and 0 is.
    """
    problem, _ = _centred(problem)
    penalised = [alpha for alpha in alphas if alpha > 0]
    if penalised:
        reduced, kept = _without_twins(replace(problem, alpha=penalised[0]))
        name = line(reduced, wanted)[0]
        shared = SOLVERS[name].along
        steps = _one_by_one(reduced, penalised, wanted) if shared is None else shared(reduced, penalised)
        for found, explained in steps:
            coef = np.zeros(problem.Z.shape[1])
            coef[kept] = found
            yield coef, explained, name
    if len(penalised) < len(alphas):
        yield from ((coef, explained, "least_squares") for coef, explained in _one_by_one(problem, [0.0], wanted))


def _one_by_one(problem: Problem, alphas: Sequence[float], wanted: str) -> Steps:
    for alpha in alphas:
        found = solve(replace(problem, alpha=alpha), wanted)
        yield found.coef, _explained(problem, found.coef)


def _measured(problem: Problem, coef: Vector, name: str, proposal: Proposal) -> Solution:
    intercept = best_intercept(problem, coef)
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
    if not problem.intercept or problem.family is not GAUSSIAN:
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
    split_is_free = (problem.penalty.l2 == 0) & (problem.strengths.l1 > 0)
    order = np.lexsort((problem.penalty.l1, problem.twins))
    heads = order[np.unique(problem.twins[order], return_index=True)[1]]
    kept = everything[np.isin(everything, heads) | ~split_is_free]
    if len(kept) == len(everything):
        return problem, everything
    penalty = ElasticNet(problem.penalty.l1[kept], problem.penalty.l2[kept])
    return replace(problem, Z=problem.Z[:, kept], penalty=penalty, twins=None), kept
