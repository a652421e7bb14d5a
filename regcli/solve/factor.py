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
SETTLED = 1e-9
"""After a first correction below this a second one brings little: each squares what is left. Small systems get it."""
WORTH_KEEPING = 100
"""Below this many columns an inverse for another penalty is made anew rather than corrected for it."""
FARTHEST = 2.0
"""The most times that a penalty may have grown or shrunk since the inverse was made for it."""
MOST_STEPS = 30


class Factor:
    """The inverse of D (G_AA + diag l2_A) D, with D scaling the diagonal to ones.

    `matrix` is G (p, p), `l2` (p,); the order of the active columns inside is of no meaning. Block and inverse are kept
    in buffers with room to grow, so that a column that comes or goes costs k numbers to move, not k^2.
    """

    def __init__(self, matrix: Matrix, l2: Vector) -> None:
        self.matrix, self.l2 = matrix, l2
        self.scale: Vector = np.zeros(0)
        self._reference: Vector = l2
        self._refer()
        self.index: Index = np.zeros(0, dtype=np.intp)
        self._place: Index = np.zeros(0, dtype=np.intp)
        self._sorted: Index = np.zeros(0, dtype=np.intp)
        self._blocks: Matrix = np.zeros((0, 0))
        self._inverses: Matrix = np.zeros((0, 0))
        self._scratch: Vector = np.zeros(0)

    @property
    def block(self) -> Matrix:
        """The matrix whose inverse is kept, (k, k)."""
        return self._blocks[: len(self.index), : len(self.index)]

    @property
    def inverse(self) -> Matrix:
        """Its inverse (k, k)."""
        return self._inverses[: len(self.index), : len(self.index)]

    def serve(self, matrix: Matrix, l2: Vector) -> None:
        """Go on with another penalty, and a matrix that has more columns behind the old ones, which are the same."""
        old = len(self.l2)
        self.matrix, self.l2 = matrix, l2
        self._reference = np.concatenate([self._reference, l2[old:]])
        self.scale = np.concatenate([self.scale, _unit(np.diagonal(matrix)[old:] + l2[old:])])

    def _refer(self) -> None:
        """From here on the inverse belongs to the penalty as it is now."""
        self._reference = self.l2
        self.scale = _unit(np.diagonal(self.matrix) + self.l2)

    def _is_far(self, active: Index) -> bool:
        """Whether the penalty has moved so far from the one that the inverse belongs to that a new one is cheaper."""
        now, then = self.l2[active], self._reference[active]
        if np.array_equal(now, then):
            return False
        return bool(active.size < WORTH_KEEPING or np.any(now < then / FARTHEST) or np.any(now > then * FARTHEST))

    def solve(self, active: Index, right: Vector) -> Vector | None:
        """(G_AA + diag l2_A)^-1 right for the sorted indices `active`; None where the block is singular."""
        if active.size == 0:
            return np.zeros(0)
        if self._is_far(active):
            self._refer()
            self.index = self._sorted = np.zeros(0, dtype=np.intp)
        if not np.array_equal(active, self._sorted):
            if not self._move_to(active):
                self._sorted = np.zeros(0, dtype=np.intp)
                return None
            self._arrange(active)
        values, correction = self._corrected(right * self.scale[active])
        if np.max(np.abs(correction)) > STALE * np.max(np.abs(values)):
            self._refer()
            if not self._anew(active):
                self.index = self._sorted = np.zeros(0, dtype=np.intp)
                return None
            self._arrange(active)
            values, correction = self._corrected(right * self.scale[active])
        return np.asarray(values[self._place] * self.scale[active])

    def inverse_of(self, active: Index) -> Matrix | None:
        """(G_AA + diag l2_A)^-1 itself, as it is kept and not refined, for the sorted indices `active`."""
        if self.solve(active, np.zeros(active.size)) is None:
            return None
        scale = self.scale[active]
        return np.asarray(self.inverse[self._place[:, None], self._place] * (scale[:, None] * scale))

    def _arrange(self, active: Index) -> None:
        self._sorted, self._place = active, np.argsort(self.index)

    def _corrected(self, scaled: Vector) -> tuple[Vector, Vector]:
        """The solution in the order inside, refined by its residual, and the first correction."""
        right = np.empty_like(scaled)
        right[self._place] = scaled
        shift = (self.l2[self.index] - self._reference[self.index]) * self.scale[self.index] ** 2
        values = self._applied(right, shift)
        first = self._applied(right - self.block @ values - shift * values, shift)
        values += first
        if len(right) < WORTH_KEEPING or np.max(np.abs(first)) > SETTLED * np.max(np.abs(values)):
            values += self._applied(right - self.block @ values - shift * values, shift)
        return values, first

    def _applied(self, right: Vector, shift: Vector) -> Vector:
        """The inverse times `right`; where the penalty has moved by `shift`, conjugate gradients with the inverse as
        their preconditioner, to a residual of `SETTLED`."""
        direction = self.inverse @ right
        if not np.any(shift):
            return np.asarray(direction)
        values, left, reached = np.zeros_like(right), right, direction
        size = goal = float(left @ reached)
        for _ in range(MOST_STEPS):
            if not size > SETTLED**2 * goal:
                break
            bent = self.block @ direction + shift * direction
            step = size / float(direction @ bent)
            values, left = values + step * direction, left - step * bent
            reached = self.inverse @ left
            before, size = size, float(left @ reached)
            direction = reached + size / before * direction
        return values

    def _move_to(self, active: Index) -> bool:
        wanted = np.zeros(len(self.l2), dtype=bool)
        wanted[active] = True
        stays = wanted[self.index]
        wanted[self.index] = False
        new = np.flatnonzero(wanted)
        gone = np.flatnonzero(~stays)
        if len(new) + len(gone) > len(active) // 4 + 1:
            return self._anew(active)
        if len(gone):
            self._drop(gone)
        return len(new) == 0 or self._add(new) or self._anew(active)

    def _scaled(self, rows: Index, columns: Index) -> Matrix:
        block = self.matrix[rows[:, None], columns]
        block *= self.scale[rows][:, None] * self.scale[columns]
        return block

    def _corner(self, columns: Index) -> Matrix:
        block = self._scaled(columns, columns)
        block[np.diag_indices_from(block)] += self._reference[columns] * self.scale[columns] ** 2
        return block

    def _anew(self, active: Index) -> bool:
        block = self._corner(active)
        inverse = _inverse(block)
        if inverse is None or is_singular(block, inverse):
            return False
        self.index = active.copy()
        self._make_room(len(active))
        self.block[:], self.inverse[:] = block, inverse
        return True

    def _make_room(self, size: int) -> None:
        if size <= len(self._blocks):
            return
        room = min(size + size // 2 + 8, len(self.l2))
        for name in ("_blocks", "_inverses"):
            old = getattr(self, name)
            new = np.empty((room, room))
            new[: len(old), : len(old)] = old
            setattr(self, name, new)

    def _product(self, left: Matrix, right: Matrix) -> Matrix:
        """A square product in memory that is used again and again: asking for it anew costs more than the product."""
        size = len(left)
        if self._scratch.size < size**2:
            self._scratch = np.empty(len(self._blocks) ** 2)
        return np.asarray(np.matmul(left, right, out=self._scratch[: size**2].reshape(size, size)))

    def _drop(self, gone: Index) -> None:
        """Take the columns at these places out: the last ones move there, and the inverse is unbordered."""
        k, m = len(self.index), len(gone)
        order = np.arange(k)
        last = np.arange(k - m, k)
        holes, movers = np.setdiff1d(gone, last), np.setdiff1d(last, gone)
        order[holes], order[movers] = movers, holes
        for matrix in (self.block, self.inverse):
            both = np.concatenate([holes, movers])
            matrix[both] = matrix[order[both]]
            matrix[:, both] = matrix[:, order[both]]
        self.index = self.index[order]
        inverse = self.inverse
        across = inverse[: k - m, k - m :]
        change = np.asarray(np.linalg.solve(inverse[k - m :, k - m :], across.T))
        self.index = self.index[: k - m]
        self.inverse[:] -= self._product(across, change)

    def _add(self, new: Index) -> bool:
        """Border the inverse with these columns; False where they are nearly in the span of the others."""
        k, m = len(self.index), len(new)
        across, corner = self._scaled(self.index, new), self._corner(new)
        reach = self.inverse @ across
        left = _inverse(corner - across.T @ reach)
        if left is None or np.max(np.diagonal(left)) > 1 / SAFE_PIVOT:
            return False
        side = reach @ left
        self.inverse[:] += self._product(side, reach.T)
        self._make_room(k + m)
        self.index = np.concatenate([self.index, new])
        block, inverse = self.block, self.inverse
        inverse[:k, k:], inverse[k:, :k], inverse[k:, k:] = -side, -side.T, left
        block[:k, k:], block[k:, :k], block[k:, k:] = across, across.T, corner
        return True


def is_singular(block: Matrix, inverse: Matrix) -> bool:
    """Whether a semidefinite matrix with a diagonal of ones has an eigenvalue of 0 up to rounding.

    A modest inverse tells that it has not; a large one may be rounding, magnified, and the spectrum decides.
    """
    return bool(np.max(np.diagonal(inverse)) > 1 / SAFE_PIVOT and np.linalg.eigvalsh(block)[0] < 4 * EPS * len(block))


def _unit(diagonal: Vector) -> Vector:
    """What scales a diagonal to ones."""
    return np.asarray(1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)))


def _inverse(matrix: Matrix) -> Matrix | None:
    """The inverse of a positive definite matrix, or None for one that Cholesky finds to be none."""
    try:
        root = np.linalg.inv(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        return None
    return np.asarray(root.T @ root)
