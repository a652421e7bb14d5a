"""The alphas of a path: drawn from the data, log-spaced and falling, or given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError
from regcli.problem.objective import Problem
from regcli.specs import DEFAULT_ALPHAS

Vector = NDArray[np.float64]

RIDGE_TOP = 1000.0
RIDGE_DECADES = 7
SMALLEST = 1e-100
"""No grid is extended to less than this share of its largest alpha."""
MOST_EXTENSION = 2.0
"""How many decades a grid is extended by at the most."""


@dataclass(frozen=True)
class Grid:
    """Falling alphas (A,); `drawn` ones may be extended, and may stop early on a path."""

    alphas: Vector
    drawn: bool

    def beyond(self, low: bool) -> Vector:
        """The alphas that extend a drawn grid at its low or its high end, falling, at the spacing of the grid.

        By `MOST_EXTENSION` decades, but by no more alphas than the grid has, and by one at least.
        """
        decades = float(np.log10(self.alphas[0]) - np.log10(self.alphas[-1]))
        step = min(decades / max(len(self.alphas) - 1, 1), MOST_EXTENSION)
        if step <= 0:
            return np.zeros(0)
        most = min(max(int(MOST_EXTENSION / step + 1e-9), 1), len(self.alphas))
        places = np.arange(1, most + 1)
        more = self.alphas[-1] * 10 ** (-step * places) if low else self.alphas[0] * 10 ** (step * places[::-1])
        return np.asarray(more[more > SMALLEST * self.alphas[0]])


def given(alphas: tuple[float, ...]) -> Grid:
    """The alphas of a list, each once, the largest first."""
    return Grid(np.unique(np.asarray(alphas, dtype=np.float64))[::-1], drawn=False)


def drawn(
    problem: Problem,
    largest: float,
    count: int = DEFAULT_ALPHAS,
    min_ratio: float | None = None,
    pull: Vector | None = None,
) -> Grid:
    """`count` alphas from `largest` down to `min_ratio` times it: 1e-4 where n > p, else 1e-2.

    With no L1 part `largest` plays no role: seven decades down from the alpha at which L2 is 1000 times the largest
    null gradient, per deviation of y, on the column that is penalised least. `pull` (p,) stands in for that gradient
    where columns are not penalised: it is taken at the fit with these. Raises DataError where it draws nothing away
    from 0.
    """
    pull = problem.null_pull if pull is None else pull
    penalised = ~problem.penalty.unpenalised
    if not np.any(problem.penalty.lift(pull)[penalised]):
        if np.any(pull[penalised]):
            raise DataError("bounds keep every coefficient at 0 that is penalised", hint="other --bounds")
        if not np.all(penalised):
            raise DataError("the features that are not penalised leave nothing of the target to explain")
        raise DataError("no feature goes with the target at all: every model is the one without features")
    n, p = problem.Z.shape
    ridge = not np.any(problem.penalty.l1)
    if ridge:
        s_y = problem.deviation
        largest = (
            RIDGE_TOP * float(np.max(np.abs(pull[penalised]))) / s_y / float(np.min(problem.penalty.l2[penalised]))
        )
    ratio = min_ratio or (10.0**-RIDGE_DECADES if ridge else 1e-4 if n > p else 1e-2)
    alphas = largest * ratio ** (np.arange(count) / max(count - 1, 1))
    alphas[0] = largest
    return Grid(alphas, drawn=True)
