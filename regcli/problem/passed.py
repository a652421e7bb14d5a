"""A problem on rows that were passed over: its null model is known, its rows are few that stand for all in Z alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import Problem

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Null:
    """The model without features: its intercept, a float or (K,), its objective, and minus the gradient there (p,) or
    (K p,)."""

    intercept: Any
    objective: float
    pull: Vector


@dataclass(frozen=True)
class PassedProblem(Problem):
    """A likelihood whose null model passes over the rows have found. What else is asked of its rows is for them to
    say."""

    null: Null = Null(0.0, 0.0, np.zeros(0))

    @property
    def null_intercept(self) -> Any:
        """The intercept of the model without features."""
        return self.null.intercept

    @property
    def null_pull(self) -> Vector:
        """Minus the gradient of the loss at the null model."""
        return self.null.pull

    @property
    def null_objective(self) -> float:
        """The objective of the null model."""
        return self.null.objective
