"""Along a path between two changes of the signs the solution is a smooth curve: it is foretold from the last ones, and
Newton's steps on the coefficients that are not zero need no search for signs.

The inverse second derivatives are corrected by each step that is taken (BFGS; Nocedal, Wright 2006, Numerical
optimization, section 6.1), so that they hold for many strengths.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

MOST_REMEMBERED = 4
"""How many solutions a curve is laid through."""


@dataclass
class Secant:
    """`inverse` (k + 1, k + 1) of the second derivatives on the coefficients `active` (k,) and the level, for the signs
    (m,) and the quadratic part (m,) of the penalty that it was made for."""

    active: Index
    signs: Vector
    l2: Vector
    inverse: Matrix

    @classmethod
    def of(cls, signs: Vector, l2: Vector, inner: Matrix, across: Vector, level: float) -> Secant:
        """From the inverse `inner` (k, k) with the level minimised out, what the active coefficients have with the
        level over its own second derivative (k,), and the inverse of that."""
        reach = inner @ across
        inverse = np.empty((len(inner) + 1, len(inner) + 1))
        inverse[:-1, :-1] = inner
        inverse[:-1, -1] = inverse[-1, :-1] = -reach
        inverse[-1, -1] = level + across @ reach
        return cls(np.flatnonzero(signs), signs, l2, inverse)

    def suits(self, signs: Vector, l2: Vector) -> bool:
        """Whether it was made for these."""
        return bool(np.array_equal(signs, self.signs) and (l2 is self.l2 or np.array_equal(l2, self.l2)))

    def learn(self, move: Vector, change: Vector, least: float) -> None:
        """That `move` (k + 1,) changed the gradient by `change`, unless that is less than `least`."""
        along = float(move @ change)
        if not along > 0 or float(np.abs(change).max()) < least:
            return
        reach = self.inverse @ change
        move = move / along
        cross = move[:, None] * reach
        self.inverse += (along + float(change @ reach)) * (move[:, None] * move) - cross - cross.T


def foretold(before: Sequence[tuple[float, Vector]], alpha: float) -> Vector:
    """Where the curve through solutions at other strengths, a polynomial in the logarithm of alpha, is at this one."""
    found = np.zeros_like(before[0][1])
    here = math.log(alpha)
    at = [math.log(one) for one, _ in before]
    for i, (_, values) in enumerate(before):
        share = math.prod((here - at[j]) / (at[i] - at[j]) for j in range(len(at)) if j != i)
        found += share * values
    return found
