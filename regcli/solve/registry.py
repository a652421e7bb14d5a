"""Which solvers there are: what each can do, and how it is run.

A solver proposes; `regcli.solve` has its proposals measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.inference import information
from regcli.problem.objective import Problem, best_intercept, gram, gram_of
from regcli.solve import ahead, linear_program, newton_at_once, sklearn_cd
from regcli.solve.at_once import along
from regcli.solve.direct import RidgeFactor, is_ridge, least_squares, ridge_along
from regcli.solve.newton import Newton
from regcli.solve.quadratic import Quadratic, active_set
from regcli.solve.span import Span
from regcli.solve.sweep import Point
from regcli.solve.working_set import WorkingSet

Vector = NDArray[np.float64]

LARGEST_GRAM = 1000
"""With more features than rows, one Gram matrix of all of them is made for at most this many."""
SMALL_GRAM = 50
"""The same where a working set could do instead, which is quicker from about here on."""


@dataclass(frozen=True)
class Proposal:
    """What a solver found: coefficients (p,), its iterations, and the intercept where that is not simply the mean of
    what is left; the rest is that of models without a penalty, and of a loss with corners, see `Solution`."""

    coef: Vector
    iterations: int
    condition: float | None = None
    rank: int | None = None
    factor: NDArray[np.float64] | None = None
    intercept: Any = None
    dual: Vector | None = None


@dataclass(frozen=True)
class Step:
    """One solution of several: coefficients (p,), what tells twice what they take off the null model's loss, the
    intercept where it is not simply the mean of what is left, the rounds so far where they are counted, and of a loss
    with corners the slopes (n,) there."""

    coef: Vector
    explained: Callable[[], float]
    intercept: Any = None
    rounds: int = 0
    dual: Vector | None = None


Steps = Iterator[Step]
"""One step for each alpha."""


@dataclass(frozen=True)
class Solver:
    """`declines(problem)` is a sentence saying why it cannot solve the problem, or None; `run` solves it; `along`
    solves it for falling alphas and shares the work between them, where it can."""

    exact: bool
    declines: Callable[[Problem], str | None]
    run: Callable[[Problem, Vector | None], Proposal]
    along: Callable[[Problem, Sequence[float]], Steps] | None = None


def _first(*declining: Callable[[Problem], str | None]) -> Callable[[Problem], str | None]:
    """The first sentence of several."""
    return lambda problem: next((said for one in declining if (said := one(problem)) is not None), None)


def _declines_family(problem: Problem) -> str | None:
    return None if problem.family.is_quadratic else f"squared error only, not the family {problem.family.name}"


def _declines_squares(problem: Problem) -> str | None:
    if problem.family.name == "quantile":
        return "a quantile's loss has corners, where Newton's method has no second derivative"
    return "squared error is a quadratic already" if problem.family.is_quadratic else None


def _declines_all_but_quantiles(problem: Problem) -> str | None:
    if problem.family.name != "quantile":
        return "a linear program solves quantiles only"
    return "a linear program has no squared penalty" if np.any(problem.strengths.l2 > 0) else None


def _declines_penalty(problem: Problem) -> str | None:
    return None if np.all(problem.strengths.free) else "least squares has neither a penalty nor bounds"


def _declines_all_but_ridge(problem: Problem) -> str | None:
    strengths, (n, p) = problem.strengths, problem.Z.shape
    if p > n and not np.all(strengths.free):
        strengths = strengths.only(~strengths.free)
    return None if is_ridge(strengths) else "the ridge factorisation needs an L2 penalty and no other"


def _declines_wide(problem: Problem) -> str | None:
    n, p = problem.Z.shape
    largest = SMALL_GRAM if np.any(problem.strengths.l1 > 0) else LARGEST_GRAM
    return None if p <= max(n, largest) else f"a Gram matrix of {p:,} features for {n:,} rows"


def _declines_without_l1(problem: Problem) -> str | None:
    unpenalised = int(np.sum(problem.strengths.unpenalised))
    if np.any(problem.strengths.l1 > 0) and unpenalised > len(problem.y):
        return f"{unpenalised:,} features that are not penalised for {len(problem.y):,} rows"
    return None if np.any(problem.strengths.l1 > 0) else "a working set needs an L1 part to leave features out"


def _run_least_squares(problem: Problem, start: Vector | None) -> Proposal:
    found = least_squares(problem.Z, problem.y - problem.null_intercept, problem.weights)
    return Proposal(found.coef, 1, found.condition, found.rank, found.factor)


def _run_ridge(problem: Problem, start: Vector | None) -> Proposal:
    return Proposal(next(_ridge_along(problem, [problem.alpha])).coef, 1)


def _run_quadratic(problem: Problem, start: Vector | None) -> Proposal:
    solver = active_set(Quadratic(gram(problem), problem.null_pull), problem.strengths)
    coef = solver.minimise(start)
    return Proposal(coef, solver.rounds)


def _run_working_set(problem: Problem, start: Vector | None) -> Proposal:
    solver = WorkingSet(problem)
    coef = solver.descend(start)
    return Proposal(coef, solver.rounds)


def _run_newton(problem: Problem, start: Vector | None) -> Proposal:
    if start is None or not np.any(start):
        only = next(_newton_along(problem, [problem.alpha]))
        coef, level, rounds = only.coef, only.intercept, only.rounds
    else:
        solver = Newton(problem)
        solver.start(start, best_intercept(problem, start))
        solver.minimise(problem.strengths, problem.strengths)
        coef, level, rounds = solver.point.coef, solver.point.level, solver.rounds
    if problem.outputs > 1 or not problem.family.is_smooth or not np.all(problem.strengths.free):
        return Proposal(coef, rounds, intercept=level)
    known = information(problem, problem.eta(level, coef))
    return Proposal(coef, rounds, known.condition, known.rank, known.factor, level)


def _run_sklearn(problem: Problem, start: Vector | None) -> Proposal:
    coef, sweeps = sklearn_cd.solve(problem)
    return Proposal(coef, sweeps)


def _ridge_along(problem: Problem, alphas: Sequence[float]) -> Steps:
    n, p = problem.Z.shape
    if p < n:
        quadratic = Quadratic(gram(problem), problem.null_pull)
        for coef in ridge_along(quadratic, problem.penalty.l2, alphas):
            yield Step(coef, partial(_gained, coef, quadratic.linear, quadratic.linear - quadratic.matrix @ coef))
        return
    steps = _beside_free(problem, alphas)
    if np.all(problem.penalty.l2 > 0):
        factor = RidgeFactor.of(problem)
        steps = (factor.coef(alpha) for alpha in alphas)
    for coef in steps:
        yield Step(coef, partial(explained, problem, coef))


def _beside_free(problem: Problem, alphas: Sequence[float]) -> Iterator[Vector]:
    """Ridge solutions (p,) with more columns than rows, some of them not penalised, in the span of the rows."""
    span = Span.of(problem)
    quadratic = Quadratic(gram_of(span.problem, span.problem.Z), span.problem.null_pull)
    return (span.back(coef) for coef, _ in along(quadratic, span.problem.penalty, alphas))


def explained(problem: Problem, coef: Vector) -> float:
    """Twice what coefficients (p,) take off the null model's squared error."""
    residual = problem.y - problem.null_intercept - problem.Z @ coef
    return float((problem.null_pull + problem.pull(residual)) @ coef)


def _gained(coef: Vector, null_pull: Vector, pull: Vector) -> float:
    return float((null_pull + pull) @ coef)


def explained_by(problem: Problem, intercept: Any, coef: Vector) -> float:
    """Twice what a solution takes off the null model's loss, whatever the family."""
    loss = problem.mean_of(problem.losses(problem.eta(intercept, coef)))
    return 2 * (problem.null_objective - loss)


def _quadratic_along(problem: Problem, alphas: Sequence[float]) -> Steps:
    for coef, pull in along(Quadratic(gram(problem), problem.null_pull), problem.penalty, alphas):
        yield Step(coef, partial(_gained, coef, problem.null_pull, pull))


def _working_set_along(problem: Problem, alphas: Sequence[float]) -> Steps:
    work = WorkingSet(problem)
    straight = not np.any(problem.penalty.l2) and not problem.penalty.bounded
    for coef, pull in ahead.along(work, alphas) if straight else work.along(alphas):
        yield Step(coef, partial(_gained, coef, problem.null_pull, pull))


def _newton_along(problem: Problem, alphas: Sequence[float]) -> Steps:
    if newton_at_once.fits(problem, alphas):
        for coef, level in newton_at_once.along(problem, alphas):
            yield Step(coef, partial(explained_by, problem, level, coef), level)
        return
    span = Span.of(problem) if Span.fits(problem) else None
    solver = Newton(problem if span is None else span.problem)
    for point in solver.along(alphas):
        coef = point.coef if span is None else span.back(point.coef)
        gained = partial(_less, problem.null_objective, solver.loss, point)
        yield Step(coef, gained, point.level, solver.rounds)


def _run_linear_program(problem: Problem, start: Vector | None) -> Proposal:
    step = next(_program_along(problem, [problem.alpha]))
    return Proposal(step.coef, step.rounds, intercept=step.intercept, dual=step.dual)


def _program_along(problem: Problem, alphas: Sequence[float]) -> Steps:
    penalty, level, rounds = problem.penalty, problem.family.parameter("level"), 0
    found = linear_program.along(
        problem.Z, problem.y, penalty.l1, alphas, level, problem.weights, problem.offset, problem.intercept,
        penalty.low, penalty.high,
    )  # fmt: skip
    for one in found:
        rounds += one.iterations
        yield Step(one.coef, partial(explained_by, problem, one.intercept, one.coef), one.intercept, rounds, one.theta)


def _less(null: float, loss: Callable[[Point], float], point: Point) -> float:
    return 2 * (null - loss(point))


SOLVERS: dict[str, Solver] = {
    "least_squares": Solver(True, _first(_declines_family, _declines_penalty), _run_least_squares),
    "ridge": Solver(True, _first(_declines_family, _declines_all_but_ridge), _run_ridge, _ridge_along),
    "quadratic": Solver(True, _first(_declines_family, _declines_wide), _run_quadratic, _quadratic_along),
    "working_set": Solver(True, _first(_declines_family, _declines_without_l1), _run_working_set, _working_set_along),
    "linear_program": Solver(True, _declines_all_but_quantiles, _run_linear_program, _program_along),
    "newton": Solver(True, _declines_squares, _run_newton, _newton_along),
    "sklearn": Solver(False, sklearn_cd.declines, _run_sklearn),
}
