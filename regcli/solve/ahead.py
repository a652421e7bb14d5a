"""More features than rows under a pure L1 penalty: some alphas ahead on the working set, all of them checked at once.

The gradient of all features is the one product that grows with them; for several residuals together it costs little
more than for one. So the working set is filled for some alphas and the path walked there (`knots`, or for many active
columns the iteration of `quadratic`); then all features are asked. Where one objects it joins, and the walk goes back
to the last alpha that holds. What the walk does not reach is solved by the working set by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import alpha_max
from regcli.solve.knots import Walk, distances
from regcli.solve.quadratic import Quadratic
from regcli.solve.working_set import MOST_JOIN, STEP, WorkingSet

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

FARTHEST = 0.75
"""Alphas down to this share of the last are looked at together: farther down too many features might join."""
MOST_ACTIVE = 120
"""With more active columns than this the iteration takes many knots in a step, which is quicker."""

MOST_KNOTS = 200
"""How many knots there may be on the way to the alphas that are looked at together."""


def along(work: WorkingSet, alphas: Sequence[float]) -> Iterator[tuple[Vector, Vector]]:
    """For one alpha after another, falling: the solution (p,) and its pull (p,)."""
    last = max(alpha_max(work.problem, pull=work.pull), *alphas[:1])
    walk: Walk | None = None
    done = 0
    while done < len(alphas):
        goals = np.array([alpha for alpha in alphas[done:] if alpha >= FARTHEST * last])
        found: list[tuple[Vector, Vector]] = []
        if goals.size and np.count_nonzero(work.coef) <= MOST_ACTIVE:
            found, walk = _ahead(work, walk, goals, last)
        if not found:
            walk = None
            found = [_alone(work, alphas[done], last)]
        for work.coef, work.pull in found:
            yield work.coef, work.pull
        done += len(found)
        last = alphas[done - 1]


def _alone(work: WorkingSet, goal: float, last: float) -> tuple[Vector, Vector]:
    """The solution at `goal`, by way of strengths between the last alpha and that one where they are far apart."""
    penalty = work.problem.penalty
    work.go_on()
    while True:
        previous, last = last, max(goal, last * STEP)
        work.minimise(penalty.at(last), penalty.at(previous))
        if last <= goal:
            return work.coef, work.pull


def _ahead(
    work: WorkingSet, walk: Walk | None, goals: Vector, last: float
) -> tuple[list[tuple[Vector, Vector]], Walk | None]:
    """Solutions at the first of these alphas, as many as hold, and the walk from there on if it goes on."""
    l1, lift = work.problem.penalty.l1, np.abs(work.pull)
    while len(goals) > 1 and work.missing(lift >= goals[-1] * l1) > MOST_JOIN:
        goals = goals[: len(goals) // 2]
    work.take(lift >= goals[-1] * l1, lift - goals[-1] * l1)
    try:
        while True:
            coefs, ahead = _walked(work, walk, goals, last)
            table, pulls = work.spread(coefs)
            off = np.abs(pulls) - goals[:, None] * l1
            off[:, work.columns] = 0.0
            mine = distances(goals[:, None] * l1[work.columns], coefs, pulls[:, work.columns])
            right = np.max(mine, axis=1, initial=0.0) <= work.noise
            alone = np.max(off, axis=1) <= work.noise
            holds = right & alone
            count = len(goals) if np.all(holds) else int(np.argmin(holds))
            solved = list(zip(table[:count], pulls[:count], strict=True))
            if count == len(goals):
                return solved, ahead
            if not right[count] or not work.take(off[count] > work.noise, off[count]):
                return solved, None
    except np.linalg.LinAlgError:
        return [], None


def _walked(work: WorkingSet, walk: Walk | None, goals: Vector, last: float) -> tuple[Matrix, Walk | None]:
    """Coefficients (A, m) of the working set by a walk from where it is, and where it ends."""
    if work.columns.size == 0:
        return np.zeros((len(goals), 0)), None
    inside, l1 = Quadratic(work.matrix, work.linear[work.columns]), work.problem.penalty.l1[work.columns]
    if walk is None:
        signs = np.sign(work.coef[work.columns])
        walk = Walk(inside, l1, signs, last if np.any(signs) else np.inf)
    walk.serve(inside, l1)
    ahead, coefs = walk.copy(), np.zeros((len(goals), len(l1)))
    ahead.down(goals, coefs, MOST_KNOTS)
    return coefs, ahead
