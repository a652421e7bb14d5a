"""What every fold is asked for, and what it answers: the words that both engines of cross-validation share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from regcli.problem.conventions import Translation
from regcli.problem.penalties import ElasticNet

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
Loss = Literal["squared", "absolute"]


@dataclass(frozen=True)
class Ask:
    """A path to be fitted and tested: `alphas` (A,) falling, in the convention of `translation`."""

    translation: Translation
    alphas: Vector
    standardize: bool = True
    intercept: bool = True
    solver: str = "auto"

    def penalty(self, n: float, s_y: float, deviation: Vector) -> ElasticNet:
        """Its shape on standardized columns of these deviations (p,) in the units of the file."""
        share = np.ones(len(deviation)) if self.standardize else 1 / deviation
        return self.translation.shape(n, s_y, share)


@dataclass(frozen=True)
class FoldResult:
    """One fold along the alphas: mean losses (A,) on its test and its training rows, the signs (A, p) of the
    coefficients, the worst gap and violation; the same losses of the model without features; the columns that were
    constant in the training rows, and those that repeated an earlier one there but not everywhere."""

    weight: float
    test: Vector
    train: Vector
    null_test: float
    null_train: float
    signs: NDArray[np.int8]
    gap: float
    violation: float
    certified: bool
    constant: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()


class Engine(Protocol):
    """Something that fits and tests fold number `index` of all repeats."""

    @property
    def name(self) -> str:
        """moments or rows."""

    def run(self, index: int, ask: Ask) -> FoldResult:
        """The path of one fold."""


def is_constant(low: Vector, high: Vector, largest: Vector) -> NDArray[np.bool_]:
    """Which columns hold one value, or values that differ in the last bits of `largest` (p,) only.

    What is left spreads by more than half of this about its mean, which is as much as scaling needs.
    """
    return np.asarray(high - low <= 16 * EPS * largest)
