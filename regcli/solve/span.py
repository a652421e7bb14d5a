"""More features than rows under a squared penalty: the coefficients lie in the span of the rows, which is smaller.

With columns divided by the root of their penalty the squared norm is that of any orthonormal basis, so a problem of p
ridge coefficients is one of at most n. Unpenalised columns stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import Problem
from regcli.problem.penalties import ElasticNet

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """The smaller problem, and the way back: `basis` (r, m) makes coefficients of the r ridge columns (times their
    `share`) of m; `ridge` (p,) says which those are."""

    problem: Problem
    basis: Matrix
    share: Vector
    ridge: NDArray[np.bool_]

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        """Whether a problem has more ridge columns than rows, no L1 penalty and no bounds."""
        l1, l2 = problem.penalty.l1, problem.penalty.l2[: problem.Z.shape[1]]
        return not np.any(l1) and not problem.penalty.bounded and int(np.count_nonzero(l2)) > len(problem.y)

    @classmethod
    def of(cls, problem: Problem) -> Span:
        """Take the basis from the rows."""
        l2 = problem.penalty.l2[: problem.Z.shape[1]]
        ridge = l2 > 0
        share = np.sqrt(l2[ridge])
        basis, rows = np.linalg.qr((problem.Z[:, ridge] / share).T)
        free = problem.Z[:, ~ridge]
        smaller = np.concatenate([np.ones(rows.shape[0]), np.zeros(free.shape[1])])
        shape = ElasticNet(np.zeros(problem.outputs * len(smaller)), np.tile(smaller, problem.outputs))
        Z = np.asfortranarray(np.hstack([rows.T, free]))
        return cls(replace(problem, Z=Z, penalty=shape, twins=None), basis, share, ridge)

    def back(self, coef: Vector) -> Vector:
        """The coefficients of the columns as they were, from those of the smaller problem."""
        m, outputs = self.basis.shape[1], self.problem.outputs
        table = coef.reshape(outputs, -1)
        found = np.zeros((outputs, len(self.ridge)))
        found[:, self.ridge] = table[:, :m] @ self.basis.T / self.share
        found[:, ~self.ridge] = table[:, m:]
        return found.ravel()
