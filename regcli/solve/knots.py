"""Few columns under a pure L1 penalty: the path from knot to knot, and every alpha between two of them read off a line.

As long as the signs stay, coefficients and pulls are straight lines in alpha. The next knot is where the first
coefficient reaches zero or the first pull its bound (Osborne, Presnell, Turlach 2000, A new approach to variable
selection in least squares problems; Efron, Hastie, Johnstone, Tibshirani 2004, Least angle regression, section 3.1).
The walk has no guard against ties. Its points are measured; one that is not a solution is left to `quadratic`.
"""

from __future__ import annotations

from contextlib import suppress
from copy import copy

import numpy as np
from numpy.typing import NDArray

from regcli.solve.quadratic import EPS, Quadratic

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]

FEW = 150
"""With more columns than this it is quicker to border an inverse than to solve afresh at every knot."""
MOST_FOR_EACH = 10
"""How many knots there may be for each column."""
SPANNED = 1e-10
"""What is left of a column beside the others, squared and relative, shows that it depends on none while above this."""
SAME = 1e-10
"""Knots that are nearer to each other than this share are one."""


def walked(quadratic: Quadratic, l1: Vector, alphas: Vector) -> tuple[Matrix, Matrix, Mask]:
    """For falling alphas (A,) the minimiser and its pull c - Gb, both (A, p), and whether it is one to rounding, (A,).

    `l1` (p,) is the shape of the penalty; columns where it is 0 are not penalised.
    """
    coefs = np.zeros((len(alphas), len(l1)))
    with suppress(np.linalg.LinAlgError):
        Walk(quadratic, l1).down(alphas, coefs, MOST_FOR_EACH * len(l1))
    pulls = quadratic.linear - coefs @ quadratic.matrix
    off = distances(alphas[:, None] * l1, coefs, pulls)
    return coefs, pulls, np.max(off, axis=1) <= quadratic.noise_of(np.abs(coefs) @ quadratic.sizes[2])


def distances(l1: Matrix, coefs: Matrix, pulls: Matrix) -> Matrix:
    """How far the pulls (A, p) are from where they suit the coefficients under these strengths."""
    zero = (coefs == 0) & (l1 > 0)
    return np.where(zero, np.abs(pulls) - l1, np.abs(pulls - l1 * np.sign(coefs)))


class Walk:
    """Where a walk is: at which alpha, `here`, and with which signs (p,); what joined or left at the last knot, and at
    which of its bounds. It begins at the solution with these signs, or where only free columns have a coefficient."""

    def __init__(self, quadratic: Quadratic, l1: Vector, signs: Vector | None = None, here: float = np.inf) -> None:
        self.quadratic, self.l1, self.free, self.here = quadratic, l1, l1 == 0, here
        self.signs = np.where(self.free, 1.0, 0.0 if signs is None else signs)
        self.joined = self.left = self.side = -1
        self.inside = _Active(quadratic.matrix, np.flatnonzero(self.signs))

    def serve(self, quadratic: Quadratic, l1: Vector) -> None:
        """Go on with a quadratic that has more columns behind the old ones, which are the same."""
        self.signs = np.append(self.signs, np.zeros(len(l1) - len(self.l1)))
        self.quadratic, self.l1, self.free, self.inside.matrix = quadratic, l1, l1 == 0, quadratic.matrix

    def copy(self) -> Walk:
        """Another one, from here."""
        other = copy(self)
        other.signs, other.inside = self.signs.copy(), copy(self.inside)
        return other

    def down(self, alphas: Vector, coefs: Matrix, most: int) -> None:
        """Fill in the coefficients (A, p) from the largest alpha down as far as so many knots lead."""
        filled = 0
        for _ in range(most):
            active = self.inside.columns
            level, slope = self.inside.line(self.quadratic.linear, self.l1 * self.signs)
            column, sign, knot = self._next(level, slope)
            # An alpha at the knot, up to rounding, is above it: what joins or leaves there is zero.
            above = alphas >= knot * (1 - 4 * EPS)
            until = int(np.count_nonzero(above)) if knot > 0 else len(alphas)
            coefs[filled:until, active] = level - alphas[filled:until, None] * slope
            filled = max(filled, until)
            if filled == len(alphas):
                self.here = float(alphas[-1])
                return
            self.here = knot
            if sign:
                self.joined, self.left = column, -1
                self.inside.join(column)
            else:
                self.joined, self.left, self.side = -1, column, 0 if self.signs[column] > 0 else 1
                self.inside.leave(column)
            self.signs[column] = sign

    def _next(self, level: Vector, slope: Vector) -> tuple[int, float, float]:
        """Which column joins or leaves at the next knot, its sign from there on, 0 if it leaves, and where that is.

        At alpha a coefficient is level - alpha slope, a pull `rest` + alpha `rise`.
        """
        active = self.inside.columns
        rows = self.quadratic.matrix[active]
        rest, rise = self.quadratic.linear - level @ rows, slope @ rows
        # A pull meets its upper bound at the first of these, its lower one at the second.
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = np.array([rest / (self.l1 - rise), -rest / (self.l1 + rise)])
            zeros = np.where(self.free[active] | (active == self.joined), 0.0, level / slope)
        # What changed here did so at zero or at its bound: a straight line is not there twice.
        meets[:, self.signs != 0] = 0.0
        if self.left >= 0:
            meets[self.side, self.left] = 0.0
        meets[~(meets < self.here * (1 + SAME))] = 0.0
        zeros[~(zeros < self.here * (1 + SAME))] = 0.0
        joins = int(np.argmax(np.max(meets, axis=0)))
        goes = int(np.argmax(zeros)) if active.size else 0
        first, second = float(np.max(meets[:, joins])), float(zeros[goes]) if active.size else 0.0
        if second > first:
            return int(active[goes]), 0.0, min(second, self.here)
        return joins, 1.0 if meets[0, joins] >= meets[1, joins] else -1.0, min(first, self.here)


class _Active:
    """The columns whose coefficients are not zero, in the order in which they came, and the inverse of their block."""

    def __init__(self, matrix: Matrix, columns: Index) -> None:
        self.matrix, self.columns = matrix, columns
        self.inverse = np.linalg.inv(matrix[columns[:, None], columns])

    def line(self, linear: Vector, l1: Vector) -> tuple[Vector, Vector]:
        """Their systems solved for these right-hand sides (p,), refined once."""
        block, right = self.matrix[self.columns[:, None], self.columns], np.array([linear, l1]).T[self.columns]
        values = self.inverse @ right
        values += self.inverse @ (right - block @ values)
        return values[:, 0], values[:, 1]

    def join(self, column: int) -> None:
        """Border the inverse; LinAlgError where the column lies nearly in the span of the others."""
        old, across, corner = self.inverse, self.matrix[self.columns, column], self.matrix[column, column]
        reach = old @ across
        left = corner - across @ reach
        if not left > SPANNED * corner:
            raise np.linalg.LinAlgError("a column in the span of others")
        k, side = len(old), reach / left
        self.inverse = np.empty((k + 1, k + 1))
        self.inverse[:k, :k] = old + side[:, None] * reach
        self.inverse[k, :k] = self.inverse[:k, k] = -side
        self.inverse[k, k] = 1 / left
        self.columns = np.append(self.columns, column)

    def leave(self, column: int) -> None:
        """Take a column out again."""
        place = int(np.flatnonzero(self.columns == column)[0])
        stay = np.delete(np.arange(len(self.columns)), place)
        side = self.inverse[stay, place]
        self.inverse = self.inverse[stay[:, None], stay] - side[:, None] * (side / self.inverse[place, place])
        self.columns = self.columns[stay]
