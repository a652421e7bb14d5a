"""L1-penalised quantile regression from vertex to vertex, downhill along edges.

The objective is convex and made of planes. At a vertex as many rows are met exactly as there are columns that move
freely (the intercept among them); an edge lets go of one of these rows, or of a column that rests at 0 or at a bound,
and leads past kinks, where a residual or a coefficient changes its sign, as long as it goes down (Barrodale, Roberts
1973, An improved algorithm for discrete l1 linear approximation; Koenker, d'Orey 1987, Computing regression quantiles).
A vertex stays one when the strength changes: the next of falling strengths begins at the solution of the last (Li, Zhu
2008, L1-norm quantile regression).
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

EPS = float(np.finfo(np.float64).eps)
NOISE = 64 * EPS
"""Slopes up to this size, where columns are of size 1, are 0 up to rounding."""
FLAT = 1e-10
"""A residual that changes less than this share of the one that changes most is not met on an edge."""
REFRESH = 50
"""After so many edges everything that was carried along is worked out afresh."""
COMPARED = 32
"""So many columns, those with the largest slopes, are compared by the slope of their edge in its own length."""
FIRST_KINKS = 64
"""So many kinks are put in order at first, and more only where the fall does not end among them."""
SPARSE = 4
"""Where fewer than one column in so many moves, it pays to take those out."""


class Edge(NamedTuple):
    """What lets go: a column, or the row at a place of the basis (the other is -1); towards where, and how steeply."""

    column: int
    place: int
    sign: float
    slope: float


@dataclass
class Basis:
    """The rows that are met and the columns that are free, k each, and the inverse (k, k) of their square of `Z`."""

    Z: Matrix
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    inverse: Matrix = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def square(self) -> Matrix:
        """Those rows and columns of `Z`."""
        return self.Z[self.rows][:, self.columns]

    def copy(self) -> Basis:
        """Another one that is the same."""
        return Basis(self.Z, [*self.rows], [*self.columns], self.inverse.copy())

    def invert(self) -> None:
        """Work out the inverse afresh; LinAlgError where the square is singular."""
        square = self.square
        self.inverse = np.asarray(np.linalg.inv(square), dtype=np.float64)
        if not np.linalg.norm(square, 1) * np.linalg.norm(self.inverse, 1) * EPS < 0.1:
            raise np.linalg.LinAlgError("a singular vertex")

    def forward(self, right: Vector) -> Vector:
        """The solution of square @ x = right, refined once."""
        found = self.inverse @ right
        return np.asarray(found + self.inverse @ (right - self.square @ found))

    def backward(self, right: Vector) -> Vector:
        """The solution of x @ square = right, refined once."""
        found = right @ self.inverse
        return np.asarray(found + (right - found @ self.square) @ self.inverse)

    def change(self, column: int, place: int, row: int, gone: int) -> None:
        """Let `column` in or, where it is -1, the row at `place` out; meet `row` or, where it is -1, take the column
        `gone` out."""
        if column >= 0 and row >= 0:
            self._grow(column, row)
        elif column >= 0:
            at = self.columns.index(gone)
            reach = self.inverse @ self.Z[self.rows, column]
            first = self.inverse[at] / reach[at]
            self.inverse -= reach[:, None] * first
            self.inverse[at] = first
            self.columns[at] = column
        elif row >= 0:
            reach = self.Z[row, self.columns] @ self.inverse
            first = self.inverse[:, place] / reach[place]
            self.inverse -= first[:, None] * reach
            self.inverse[:, place] = first
            self.rows[place] = row
        else:
            at = self.columns.index(gone)
            side, below = self.inverse[:, place] / self.inverse[at, place], self.inverse[at]
            left = self.inverse - side[:, None] * below
            self.inverse = np.delete(np.delete(left, at, axis=0), place, axis=1)
            del self.rows[place], self.columns[at]

    def _grow(self, column: int, row: int) -> None:
        k = len(self.rows)
        right, below = self.inverse @ self.Z[self.rows, column], self.Z[row, self.columns] @ self.inverse
        left = self.Z[row, column] - self.Z[row, self.columns] @ right
        grown = np.empty((k + 1, k + 1))
        grown[:k, :k] = self.inverse + right[:, None] * (below / left)
        grown[k, :k], grown[:k, k], grown[k, k] = -below / left, -right / left, 1 / left
        self.inverse = grown
        self.rows.append(row)
        self.columns.append(column)


class Descent:
    """A vertex on its way down.

    Z (n, p) with a column of ones where there is an intercept, y (n,), `mass` (n,) the weights over their sum, `level`
    the quantile's, bounds `low` and `high` (p,), infinite where there are none. It begins where all coefficients are 0.
    No residual of y should be 0 there, nor several at once elsewhere: y is best shaken a little.
    """

    def __init__(self, Z: Matrix, y: Vector, mass: Vector, level: float, low: Vector, high: Vector) -> None:
        self.Z, self.y, self.mass, self.level, self.low, self.high = Z, y, mass, level, low, high
        n, p = Z.shape
        sizes = np.abs(Z)
        self.noise, self.reach = NOISE * (mass @ sizes), np.max(sizes, axis=0, initial=0.0)
        self.basis = Basis(Z)
        self.coef, self.signs = np.zeros(p), np.zeros(p)
        self.above, self.met = y > 0, np.zeros(n, dtype=bool)
        self.edges = 0
        self.refresh()

    def other(self, y: Vector) -> Descent:
        """The same vertex for another y (n,) near this one."""
        found = copy(self)
        found.basis, found.y = self.basis.copy(), y
        found.coef, found.signs, found.met = self.coef.copy(), self.signs.copy(), self.met.copy()
        found.refresh()
        return found

    def stand(self, rows: Index, columns: Index, coef: Vector, above: NDArray[np.bool_]) -> None:
        """Go to the vertex that meets `rows` (k,) with `columns` (k,) free, near coefficients `coef` (p,) that have
        these residuals above 0, (n,)."""
        self.basis = Basis(self.Z, rows.tolist(), columns.tolist())
        self.coef, self.signs, self.above = coef.copy(), np.sign(coef), above.copy()
        self.met = np.zeros(len(self.y), dtype=bool)
        self.met[rows] = True
        self.refresh()

    def refresh(self) -> None:
        """Work out coefficients, residuals and the slope (p,) of the rows that are not met from y and the basis.

        What is 0 up to rounding keeps the side that it was on.
        """
        rows, columns = self.basis.rows, self.basis.columns
        if rows:
            self.basis.invert()
            self.coef[columns] = 0.0
            right = self.y[rows] - self.Z[rows] @ self.coef
            coef = self.basis.forward(right)
            noise = NOISE * np.abs(self.basis.inverse).sum(axis=1) * np.max(np.abs(right))
            for end in (0.0, self.low[columns], self.high[columns]):
                coef = np.where(np.abs(coef - end) <= noise, end, coef)
            self.coef[columns] = coef
            self.signs[columns] = np.where(coef == 0, self.signs[columns], np.sign(coef))
        self.residual = self.y - self.Z @ self.coef
        self.residual[self.met] = 0.0
        self.above = np.where(self.tied, self.above, self.residual > 0)
        self.slope = (np.where(self.above, self.level, self.level - 1) * self.mass * ~self.met) @ self.Z
        self.since = 0

    @property
    def tied(self) -> NDArray[np.bool_]:
        """Which residuals (n,) are 0 up to rounding."""
        return np.asarray(np.abs(self.residual) <= NOISE * (np.abs(self.y) + self.reach @ np.abs(self.coef)))

    def descend(self, l1: Vector, most: int) -> None:
        """Go to the minimum under the strengths `l1` (p,); LinAlgError where `most` edges do not lead there."""
        last = self.edges + most
        while self.edges < last:
            edge = self._steepest(l1)
            if edge is not None:
                self._follow(edge, l1)
                self.edges += 1
                self.since += 1
            elif self.since == 0:
                return
            if edge is None or self.since == REFRESH:
                self.refresh()
        raise np.linalg.LinAlgError(f"no end after {most} edges")

    def dual(self, l1: Vector) -> Vector:
        """The dual point (n,): the level, or that less 1; of the rows that are met, what the columns ask of them."""
        theta = np.where(self.above, self.level, self.level - 1)
        rows = self.basis.rows
        if rows:
            theta[rows] = np.clip(self._weighed(l1) / self.mass[rows], self.level - 1, self.level)
        return theta

    def _weighed(self, l1: Vector, refined: bool = True) -> Vector:
        """Mass times dual point of the rows that are met, (k,)."""
        columns = self.basis.columns
        asked = l1[columns] * self.signs[columns] - self.slope[columns]
        return self.basis.backward(asked) if refined else np.asarray(asked @ self.basis.inverse)

    def _steepest(self, l1: Vector) -> Edge | None:
        """The edge that falls most for its length, or None where none falls."""
        rows, columns, inverse = self.basis.rows, self.basis.columns, self.basis.inverse
        pull, best = self.slope, None
        if rows:
            weighed = self._weighed(l1, refined=self.since == 0)
            pull = pull + weighed @ self.Z[rows]
            mass, length = self.mass[rows], np.sqrt(np.einsum("ij,ij->j", inverse, inverse))
            over = weighed - self.level * mass
            fall = np.maximum(over, -mass - over) / length
            place = int(np.argmax(fall))
            if fall[place] > NOISE:
                sign = 1.0 if over[place] > -mass[place] / 2 else -1.0
                best = Edge(-1, place, sign, float(fall[place] * length[place]))
        # At 0 a penalty holds in both directions, elsewhere it draws towards 0.
        up = np.where(self.coef < self.high, pull - np.where(self.coef >= 0, l1, -l1), 0.0)
        down = np.where(self.coef > self.low, -pull - np.where(self.coef <= 0, l1, -l1), 0.0)
        slopes = np.maximum(up, down)
        slopes[columns] = 0.0
        falling = np.flatnonzero(slopes > self.noise)
        if falling.size == 0:
            return best
        if falling.size > COMPARED:
            falling = falling[np.argpartition(slopes[falling], -COMPARED)[-COMPARED:]]
        fall = slopes[falling]
        if rows:
            reach = inverse @ self.Z[rows][:, falling]
            fall = fall / np.sqrt(1 + np.einsum("ij,ij->j", reach, reach))
        j = int(falling[np.argmax(fall)])
        if best is not None and best.slope / length[best.place] >= np.max(fall):
            return best
        return Edge(j, -1, 1.0 if up[j] >= down[j] else -1.0, float(slopes[j]))

    def _follow(self, edge: Edge, l1: Vector) -> None:
        """Go along an edge to the kink where it falls no further."""
        basis = self.basis
        columns = basis.columns if edge.column < 0 else [*basis.columns, edge.column]
        move = np.empty(len(columns))
        if edge.column < 0:
            move[:] = -edge.sign * basis.inverse[:, edge.place]
        else:
            move[:-1] = -edge.sign * (basis.inverse @ self.Z[basis.rows, edge.column])
            move[-1] = edge.sign
            self.signs[edge.column] = np.sign(self.coef[edge.column]) or edge.sign
        change = -self._times(columns, move)
        change[basis.rows] = 0.0
        if edge.column < 0:
            change[basis.rows[edge.place]] = edge.sign
        meets, at, gains = self._meets(change)
        turns, turn_at, turn_gains = self._turns(np.array(columns), move, l1)
        order = _until(np.concatenate([at, turn_at]), np.concatenate([gains, turn_gains]), edge.slope)
        last, passed = int(order[-1]), order[:-1]
        step = max(float(at[last] if last < len(at) else turn_at[last - len(at)]), 0.0)
        self.coef[columns] += step * move
        self.residual += step * change
        crossed = meets[passed[passed < len(at)]]
        turned = turns[passed[passed >= len(at)] - len(at)]
        self.above[crossed] ^= True
        self.signs[turned] *= -1.0
        left = -1 if edge.column >= 0 else basis.rows[edge.place]
        row = int(meets[last]) if last < len(at) else -1
        gone = -1 if row >= 0 else int(turns[last - len(at)])
        self._shift(crossed, left, edge.sign > 0, row)
        if gone >= 0:
            self._rest(gone)
        if gone < 0 or gone != edge.column:
            basis.change(edge.column, edge.place, row, gone)

    def _times(self, columns: list[int], move: Vector) -> Vector:
        """What a move (k,) of some columns changes in the rows (n,)."""
        if len(columns) * SPARSE < self.Z.shape[1]:
            return np.asarray(self.Z[:, columns] @ move)
        whole = np.zeros(self.Z.shape[1])
        whole[columns] = move
        return np.asarray(self.Z @ whole)

    def _meets(self, change: Vector) -> tuple[Index, Vector, Vector]:
        """The rows (m,) whose residuals come to 0, after which step, and how much steeper it goes from there on."""
        least = FLAT * float(np.max(np.abs(change), initial=0.0))
        comes = np.where(self.above, -change, change) > least
        comes &= ~self.met
        rows = np.flatnonzero(comes)
        rate = np.abs(change[rows])
        return rows, np.abs(self.residual[rows]) / rate, self.mass[rows] * rate

    def _turns(self, columns: Index, move: Vector, l1: Vector) -> tuple[Index, Vector, Vector]:
        """The same for coefficients: of the free `columns` those that come to 0, and those that come to a bound."""
        coef, l1 = self.coef[columns], l1[columns]
        wall = np.where(move > 0, self.high[columns], self.low[columns])
        to_zero = (self.signs[columns] * move < 0) & (l1 > 0)
        to_wall = np.isfinite(wall) & (move != 0)
        safe = np.where(move != 0, move, 1.0)
        at = np.concatenate(
            [(np.abs(coef) / np.abs(safe))[to_zero], (np.where(to_wall, wall - coef, 0.0) / safe)[to_wall]]
        )
        gains = np.concatenate([(2 * l1 * np.abs(move))[to_zero], np.full(int(to_wall.sum()), np.inf)])
        return np.concatenate([columns[to_zero], columns[to_wall]]), at, gains

    def _shift(self, crossed: Index, left: int, above: bool, row: int) -> None:
        """Carry the slope on past rows that changed sides, one that is met no more and one that now is."""
        changed, by = [crossed], [np.where(self.above[crossed], 1.0, -1.0)]
        if left >= 0:
            self.met[left], self.above[left] = False, above
            changed.append(np.array([left]))
            by.append(np.array([self.level - (not above)]))
        if row >= 0:
            self.met[row], self.residual[row] = True, 0.0
            changed.append(np.array([row]))
            by.append(np.array([(not self.above[row]) - self.level]))
        rows = np.concatenate(changed)
        self.slope = self.slope + (np.concatenate(by) * self.mass[rows]) @ self.Z[rows]

    def _rest(self, column: int) -> None:
        """Put a coefficient exactly where it came to rest: at 0 or at the bound that is nearest."""
        ends = np.array([0.0, self.low[column], self.high[column]])
        self.coef[column] = ends[np.argmin(np.abs(ends - self.coef[column]))]
        self.signs[column] = np.sign(self.coef[column])


def _until(at: Vector, gains: Vector, slope: float) -> Index:
    """The kinks in the order in which they come, up to the one where a fall of `slope` ends."""
    count, asked = len(at), FIRST_KINKS
    while True:
        if asked < count:
            order = np.argpartition(at, asked)[:asked]
            order = order[np.argsort(at[order])]
        else:
            order = np.argsort(at)
        gained = np.cumsum(gains[order])
        # Up to rounding: a kink just short of level ground is where the fall ends.
        enough = np.flatnonzero(gained >= slope * (1 - NOISE))
        if enough.size:
            return np.asarray(order[: enough[0] + 1])
        if asked >= count:
            if count == 0:
                raise np.linalg.LinAlgError("an edge without an end")
            return np.asarray(order)
        asked *= 4
