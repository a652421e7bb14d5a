"""The inverse of a changing block of a symmetric matrix, kept up to date as rows and columns come and go.

An active set changes by a few columns from one round to the next. Bordering and unbordering the inverse by blocks
costs k^2 m for m changes among k columns, where solving afresh costs k^3. What rounding does to the inverse is
undone by refinement: every solution is corrected from its residual, and the inverse is made anew when the
corrections are no longer small.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

EPS = float(np.finfo(np.float64).eps)
SAFE_PIVOT = 1e-8
"""What is left of a column beside the others, squared and relative, shows that it depends on none while above this."""
STALE = 1e-6
"""A first correction of this relative size means that the inverse has drifted and is made anew."""


class Factor:
    """The inverse of D (G_AA + diag l2_A) D, with D scaling the diagonal to ones.

    `matrix` is G (p, p), `l2` (p,); the order of the active columns inside is that of their arrival.
    """

    def __init__(self, matrix: Matrix, l2: Vector) -> None:
        self.matrix = matrix
        self.l2 = l2
        diagonal = np.diagonal(matrix) + l2
        self.scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        self.index: Index = np.zeros(0, dtype=np.intp)
        self.block: Matrix = np.zeros((0, 0))
        self.inverse: Matrix = np.zeros((0, 0))

    def solve(self, active: Index, right: Vector) -> Vector | None:
        """(G_AA + diag l2_A)^-1 right for the sorted indices `active`; None where the block is singular."""
        if active.size == 0:
            return np.zeros(0)
        if not self._move_to(active):
            return None
        order = np.argsort(self.index)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        scaled = (right * self.scale[active])[place]
        values = self.inverse @ scaled
        correction = self.inverse @ (scaled - self.block @ values)
        if np.max(np.abs(correction)) > STALE * np.max(np.abs(values)):
            if not self._anew(active):
                return None
            scaled, order = right * self.scale[active], np.arange(len(active))
            values = self.inverse @ scaled
            correction = self.inverse @ (scaled - self.block @ values)
        values += correction
        values += self.inverse @ (scaled - self.block @ values)
        return np.asarray(values[order] * self.scale[active])

    def _move_to(self, active: Index) -> bool:
        wanted = np.zeros(len(self.l2), dtype=bool)
        wanted[active] = True
        stays = wanted[self.index]
        wanted[self.index] = False
        new = np.flatnonzero(wanted)
        gone = len(self.index) - int(stays.sum())
        if len(new) + gone > len(active) // 4 + 1:
            return self._anew(active)
        if gone:
            self._drop(stays)
        return len(new) == 0 or self._add(new) or self._anew(active)

    def _scaled(self, rows: Index, columns: Index) -> Matrix:
        block = self.matrix[np.ix_(rows, columns)]
        block *= self.scale[rows][:, None] * self.scale[columns]
        return block

    def _corner(self, columns: Index) -> Matrix:
        block = self._scaled(columns, columns)
        block[np.diag_indices_from(block)] += self.l2[columns] * self.scale[columns] ** 2
        return block

    def _anew(self, active: Index) -> bool:
        block = self._corner(active)
        inverse = _inverse(block)
        if inverse is None or is_singular(block, inverse):
            self._drop(np.zeros(len(self.index), dtype=bool))
            return False
        self.index, self.block, self.inverse = active.copy(), block, inverse
        return True

    def _drop(self, stays: NDArray[np.bool_]) -> None:
        gone = ~stays
        kept = self.inverse[np.ix_(stays, stays)]
        if np.any(gone) and np.any(stays):
            across = self.inverse[np.ix_(stays, gone)]
            kept -= across @ np.linalg.solve(self.inverse[np.ix_(gone, gone)], across.T)
        self.index, self.block, self.inverse = self.index[stays], self.block[np.ix_(stays, stays)], kept

    def _add(self, new: Index) -> bool:
        across, corner = self._scaled(self.index, new), self._corner(new)
        reach = self.inverse @ across
        left = _inverse(corner - across.T @ reach)
        if left is None or np.max(np.diagonal(left)) > 1 / SAFE_PIVOT:
            return False
        side = reach @ left
        self.inverse = np.block([[self.inverse + side @ reach.T, -side], [-side.T, left]])
        self.block = np.block([[self.block, across], [across.T, corner]])
        self.index = np.concatenate([self.index, new])
        return True


def is_singular(block: Matrix, inverse: Matrix) -> bool:
    """Whether a semidefinite matrix with a diagonal of ones has an eigenvalue of 0 up to rounding.

    A modest inverse tells that it has not; a large one may be rounding, magnified, and the spectrum decides.
    """
    return bool(np.max(np.diagonal(inverse)) > 1 / SAFE_PIVOT and np.linalg.eigvalsh(block)[0] < 4 * EPS * len(block))


def _inverse(matrix: Matrix) -> Matrix | None:
    """The inverse of a positive definite matrix, or None for one that Cholesky finds to be none."""
    try:
        root = np.linalg.inv(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        return None
    return np.asarray(root.T @ root)
