"""Few columns under a pure L1 penalty: the path from knot to knot, and every alpha between two of them read off a line.

As long as the signs stay, coefficients and pulls are straight lines in alpha. The next knot is where the first
coefficient reaches zero or the first pull its bound (Osborne, Presnell, Turlach 2000, A new approach to variable
selection in least squares problems; Efron, Hastie, Johnstone, Tibshirani 2004, Least angle regression, section 3.1).
The walk has no guard against ties. Its points are measured; one that is not a solution is left to `quadratic`.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from regcli.solve.quadratic import Quadratic

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]

FEW = 150
"""With more columns than this it is quicker to border an inverse than to solve afresh at every knot."""
MOST_FOR_EACH = 20
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
        _walk(quadratic, l1, alphas, coefs)
    pulls = quadratic.linear - coefs @ quadratic.matrix
    bound = alphas[:, None] * l1
    zero = (coefs == 0) & (l1 > 0)
    off = np.where(zero, np.abs(pulls) - bound, np.abs(pulls - bound * np.sign(coefs)))
    return coefs, pulls, np.max(off, axis=1) <= quadratic.noise_of(np.abs(coefs) @ quadratic.sizes[2])


def _walk(quadratic: Quadratic, l1: Vector, alphas: Vector, coefs: Matrix) -> None:
    """Fill in the coefficients (A, p) from the largest alpha down as far as the walk leads."""
    matrix, linear = quadratic.matrix, quadratic.linear
    signs, free = np.where(l1 == 0, 1.0, 0.0), l1 == 0
    here, filled = np.inf, 0
    joined = left = side = -1
    inside = _Active(matrix, np.flatnonzero(signs))
    for _ in range(MOST_FOR_EACH * len(l1)):
        active = inside.columns
        level, slope = inside.line(linear, l1 * signs)
        # At alpha a coefficient is level - alpha slope, a pull `rest` + alpha `rise`.
        rows = matrix[active]
        rest, rise = linear - level @ rows, slope @ rows
        # A pull meets its upper bound at the first of these, its lower one at the second.
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = np.array([rest / (l1 - rise), -rest / (l1 + rise)])
            zeros = np.where(free[active] | (active == joined), 0.0, level / slope)
        # What changed here did so at zero or at its bound: a straight line is not there twice.
        meets[:, signs != 0] = 0.0
        if left >= 0:
            meets[side, left] = 0.0
        meets[~(meets < here * (1 + SAME))] = 0.0
        zeros[~(zeros < here * (1 + SAME))] = 0.0
        joins = int(np.argmax(np.max(meets, axis=0)))
        goes = int(np.argmax(zeros)) if active.size else 0
        first, second = float(np.max(meets[:, joins])), float(zeros[goes]) if active.size else 0.0
        knot = min(max(first, second), here)
        until = int(np.searchsorted(-alphas, -knot, side="right")) if knot > 0 else len(alphas)
        coefs[filled:until, active] = level - alphas[filled:until, None] * slope
        filled, here = max(filled, until), knot
        if filled == len(alphas):
            return
        if first >= second:
            joined, left = joins, -1
            signs[joins] = 1.0 if meets[0, joins] >= meets[1, joins] else -1.0
            inside.join(joins)
        else:
            joined, left = -1, int(active[goes])
            side = 0 if signs[left] > 0 else 1
            signs[left] = 0.0
            inside.leave(left)


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
