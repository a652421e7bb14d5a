"""A whole path: one solution for each alpha of a grid, each certified, and what enters and leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regcli.problem.certificate import Rulings, certify, certify_path
from regcli.problem.objective import Problem
from regcli.problem.rulings import certify_points
from regcli.solve import Step, centred, solve, solve_along
from regcli.solve.classes import present

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

LEAST_SOLVED = 5
LEAST_GAIN = 1e-5
MOST_EXPLAINED = 0.999
SMALL_GAIN = "the deviance explained grows by less than 1e-5 of itself"
ALL_EXPLAINED = "99.9 % of the deviance is explained"


@dataclass(frozen=True)
class SolutionPath:
    """Solutions for falling alphas (A,): standardized coefficients (A, p), intercepts (A,) of the standardized
    columns, mean deviances (A,), which are squared residuals for squared error, rulings and solvers. Of K classes
    coefficients are (A, K p), those of the first class first, and intercepts (A, K).

    `of` alphas were asked for; `reason` says why it stopped before the last, or is None.
    """

    alphas: Vector
    coefs: Matrix
    intercepts: NDArray[np.float64]
    deviance: Vector
    rulings: Rulings
    solvers: tuple[str, ...]
    of: int
    reason: str | None = None


def solve_path(problem: Problem, alphas: Vector, wanted: str = "auto", stop_early: bool = False) -> SolutionPath:
    """Solve for one alpha after another and certify all of them from the rows.

    `stop_early`: as glmnet does, from the fifth on, once the share of the deviance that is explained grows by less
    than 1e-5 of itself, or exceeds 99.9 %. What is not certified is solved by itself, by each solver in line.
    """
    problem, centre = centred(problem)
    null = 2 * problem.null_objective
    steps: list[Step] = []
    solvers: list[str] = []
    reason, before = None, 0.0
    for step, solver in solve_along(problem, alphas.tolist(), wanted):
        steps.append(step)
        solvers.append(solver)
        if not stop_early:
            continue
        share = step.explained() / null
        reason = _reason(share, before) if len(steps) >= LEAST_SOLVED else None
        if reason:
            break
        before = share
    solved, table = alphas[: len(steps)], np.array([step.coef for step in steps])
    levels = None if problem.family.is_quadratic else np.array([step.intercept for step in steps])
    duals = [step.dual for step in steps]
    rulings, intercepts, deviances = _certified(problem, solved, table, levels, duals)
    doubtful = np.flatnonzero(~rulings.certified).tolist()
    for i in doubtful:
        again = solve(replace(problem, alpha=float(solved[i])), wanted)
        if again.certificate.violation < rulings.violation[i]:
            table[i], solvers[i], duals[i] = again.coef, again.solver, again.dual
            if levels is not None:
                levels[i] = again.intercept
    if doubtful:
        rulings, intercepts, deviances = _certified(problem, solved, table, levels, duals)
    return SolutionPath(
        solved, table, intercepts + centre, deviances, rulings, tuple(solvers),
        len(alphas), reason if len(steps) < len(alphas) else None,
    )  # fmt: skip


def stopped(path: SolutionPath, null: float) -> SolutionPath:
    """The part of a path that stopping early would have left; `null` is the deviance of the null model."""
    before = 0.0
    for i, deviance in enumerate(path.deviance.tolist()):
        share = 1 - deviance / null
        reason = _reason(share, before) if i + 1 >= LEAST_SOLVED else None
        if reason is not None and i + 1 < len(path.alphas):
            n = i + 1
            return SolutionPath(
                path.alphas[:n], path.coefs[:n], path.intercepts[:n], path.deviance[:n],
                Rulings(path.rulings.gap[:n], path.rulings.violation[:n], path.rulings.certified[:n]),
                path.solvers[:n], path.of, reason,
            )  # fmt: skip
        before = share
    return path


def _certified(
    problem: Problem, alphas: Vector, coefs: Matrix, levels: Vector | None, duals: Sequence[Vector | None]
) -> tuple[Rulings, NDArray[np.float64], Vector]:
    """The rulings, intercepts and deviances of a problem with the level of the null model taken out of y."""
    if levels is not None and duals[0] is not None:
        return _one_by_one(problem, alphas, coefs, levels, duals)
    if levels is not None:
        rulings, deviances = certify_points(problem, alphas, levels, coefs)
        return rulings, levels, deviances
    return certify_path(problem, alphas, coefs)


def _one_by_one(
    problem: Problem, alphas: Vector, coefs: Matrix, levels: Vector, duals: Sequence[Vector | None]
) -> tuple[Rulings, Vector, Vector]:
    """The same of a loss with corners, each with the slopes there."""
    each = list(zip(alphas.tolist(), levels.tolist(), coefs, duals, strict=True))
    found = [certify(replace(problem, alpha=alpha), level, coef, dual) for alpha, level, coef, dual in each]
    rulings = Rulings(*(np.array([getattr(one, key) for one in found]) for key in ("gap", "violation", "certified")))
    deviances = [2 * problem.mean_of(problem.losses(problem.eta(level, coef))) for _, level, coef, _ in each]
    return rulings, levels, np.array(deviances)


def _reason(share: float, before: float) -> str | None:
    if share > MOST_EXPLAINED:
        return ALL_EXPLAINED
    return SMALL_GAIN if share - before < LEAST_GAIN * share else None


def changes(coefs: Matrix, names: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """At each alpha which features enter and which leave, against the alpha before, (names in, names out)."""
    active = present(coefs, len(names))
    before = np.vstack([np.zeros(len(names), dtype=bool), active[:-1]])
    return [
        (
            [names[j] for j in np.flatnonzero(now & ~then).tolist()],
            [names[j] for j in np.flatnonzero(then & ~now).tolist()],
        )
        for now, then in zip(active, before, strict=True)
    ]
