"""Two coefficients in the plane: the contours of the loss, and where lasso, ridge and elastic net touch them.

The textbook picture (Tibshirani 1996, figure 2), of the user's rows: the target from two features alone, standardized,

    loss(b) = (1/2n) sum (y - b0 - z.b)^2 = least + (1/2) (b - best)' G (b - best),    G = Z'Z / n

Each solution is also the point of least loss where the penalty is at most what it is there, so the contour of the
loss through it touches the shape {b: penalty(b) = penalty(solution)}.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from regcli.errors import UsageError
from regcli.problem.objective import Problem, Solution
from regcli.problem.penalties import ElasticNet
from regcli.solve import solve
from regcli.workflows.preparing import Prepared

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

SAME = 1e-7
"""Of two columns whose squared correlation is nearer to 1 the contours are no ellipses that could be drawn."""
NOTHING = 1e-12
"""Two features explain nothing where least squares takes less than this share from the loss of the null model."""
TOGETHER = 1e-9
"""Knots that lie nearer to each other than this, as a share, are one."""
SEEN = 0.2
"""What the contour takes back at least of the loss that least squares saves."""


def geometry_of(
    prepared: Prepared, pair: tuple[int, int], strengths: Mapping[str, tuple[float, float]] | None = None
) -> dict[str, Any]:
    """The facts of the picture of features `pair`: G, least squares, and three solutions, as plain values.

    Without `strengths` all three lie on one contour of the loss, that through the lasso's solution where its second
    coefficient is about to leave zero (or before, if that is next to least squares). The elastic net is then the one
    whose two penalties weigh the same at the lasso's solution. `strengths` are L1 and L2 of the solutions to be shown.
    Raises UsageError for features that are one column up to scale, or that explain nothing.
    """
    names = [prepared.design.names[j] for j in pair]
    problem = replace(prepared.problem, Z=np.asfortranarray(prepared.problem.Z[:, list(pair)]), twins=None)
    plane = _Plane(problem)
    _check(plane, names)
    if strengths is None:
        solutions = _on_one_contour(plane, _corner(plane))
    else:
        solutions = {name: plane.at(l1, l2) for name, (l1, l2) in strengths.items()}
    return {
        "features": names,
        "gram": plane.gram.tolist(),
        "least_squares": {"standardized": plane.best.tolist(), "loss": plane.least},
        "null_loss": plane.null,
        "knots": list(_knots(plane)),
        "same_loss": strengths is None,
        "solutions": [
            {
                "name": name,
                "alpha": l1 + l2,
                "l1_ratio": l1 / (l1 + l2),
                "l1": l1,
                "l2": l2,
                "standardized": found.coef.tolist(),
                "loss": plane.loss(found.coef),
                "gap": found.certificate.gap,
                "violation": found.certificate.violation,
                "certified": found.certificate.certified,
            }
            for name, (found, l1, l2) in solutions.items()
        ],
    }


class _Plane:
    """The loss of two coefficients, and the solutions under a penalty."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.gram: Matrix = problem.full_gram
        self.pull: Vector = problem.null_pull
        self.null: float = problem.null_objective
        self.best: Vector = np.zeros(2)
        if abs(self.correlation) < 1:
            self.best = np.asarray(np.linalg.solve(self.gram, self.pull), dtype=np.float64)
        self.least: float = self.null - 0.5 * float(self.pull @ self.best)

    @property
    def correlation(self) -> float:
        """Of the two columns."""
        return float(self.gram[0, 1] / math.sqrt(self.gram[0, 0] * self.gram[1, 1]))

    def loss(self, coef: Vector) -> float:
        """Half the mean squared error at `coef` (2,)."""
        away = coef - self.best
        return self.least + 0.5 * float(away @ self.gram @ away)

    def at(self, l1: float, l2: float) -> tuple[Solution, float, float]:
        """The certified solution under these strengths."""
        problem = replace(self._problem, penalty=ElasticNet(np.full(2, l1), np.full(2, l2)), alpha=1.0)
        return solve(problem), l1, l2


def _check(plane: _Plane, names: list[str]) -> None:
    if 1 - plane.correlation**2 < SAME:
        raise UsageError(
            f"--geometry: {names[0]} and {names[1]} are one column up to scale, so that the loss has no single minimum",
            hint="--geometry with two other features",
        )
    if plane.null - plane.least <= NOTHING * plane.null:
        raise UsageError(
            f"--geometry: {names[0]} and {names[1]} together explain nothing of the target: every penalty gives zero",
            hint="--geometry with two other features",
        )


def _knots(plane: _Plane) -> tuple[float, float]:
    """The L1 at which the lasso's first coefficient leaves zero, and the second, which may be 0: never.

    With j the larger pull, b_j = (c_j - L1) / G_jj alone until |c_k - G_jk b_j| = L1.
    """
    j = int(np.argmax(np.abs(plane.pull)))
    first, second = float(abs(plane.pull[j])), float(plane.pull[1 - j] * np.sign(plane.pull[j]))
    own, cross = float(plane.gram[j, j]), float(plane.gram[0, 1])
    size = min((first - sign * second) / (own - sign * cross) for sign in (1.0, -1.0))
    return first, max(first - own * size, 0.0)


def _corner(plane: _Plane) -> float:
    """An L1 at which the lasso has one coefficient: the least, unless that is too near to least squares to be seen.

    Where both leave zero at once there is none, and half of that is taken.
    """
    first, second = _knots(plane)
    if second >= first * (1 - TOGETHER):
        return first / 2
    j = int(np.argmax(np.abs(plane.pull)))
    own = float(plane.gram[j, j])
    apart = SEEN * (plane.null - plane.least) - (plane.null - 0.5 * first**2 / own - plane.least)
    return max(second * (1 + TOGETHER), math.sqrt(2 * own * max(apart, 0.0)))


def _on_one_contour(plane: _Plane, l1: float) -> dict[str, tuple[Solution, float, float]]:
    """The three solutions whose loss is that of the lasso at `l1`."""
    lasso = plane.at(l1, 0.0)
    target = plane.loss(lasso[0].coef)
    reach = float(np.max(np.abs(lasso[0].coef)))

    def ridge(strength: float) -> tuple[float, float]:
        return 0.0, strength

    def net(strength: float) -> tuple[float, float]:
        return strength, 2 * strength / reach

    found = {"lasso": lasso}
    for name, strengths in (("ridge", ridge), ("elasticnet", net)):
        found[name] = plane.at(*strengths(_strength(plane, strengths, target)))
    return found


def _strength(plane: _Plane, strengths: Callable[[float], tuple[float, float]], target: float) -> float:
    """The strength at which the solution has the loss `target`: the loss grows with it."""

    def excess(log: float) -> float:
        return plane.loss(plane.at(*strengths(math.exp(log)))[0].coef) - target

    size = float(np.max(np.abs(plane.pull)))
    low = high = math.log(size / strengths(1.0)[1] if strengths(1.0)[0] == 0 else size)
    while excess(low) > 0:
        low -= 3.0
    while excess(high) < 0:
        high += 3.0
    return math.exp(brentq(excess, low, high, xtol=1e-13, rtol=1e-14)) if low < high else math.exp(low)
