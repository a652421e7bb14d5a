"""What every fold is asked for, and what it answers: the words that both engines of cross-validation share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regcli.problem.conventions import Scale, Translation
from regcli.problem.penalties import ElasticNet

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Constraints:
    """What each feature is allowed: penalty factors v_j and bounds in the units of the file, all (p,); None where there
    are none."""

    factors: Vector | None = None
    low: Vector | None = None
    high: Vector | None = None

    @property
    def given(self) -> bool:
        """Whether there are any."""
        return self.factors is not None or self.low is not None

    def only(self, columns: NDArray[np.intp]) -> Constraints:
        """Those of some features."""
        return Constraints(*(None if one is None else one[columns] for one in (self.factors, self.low, self.high)))

    def shape(self, translation: Translation, n: float, s_y: float, deviation: Vector, standardize: bool) -> ElasticNet:
        """The penalty on standardized columns of these deviations (p,) in the units of the file, with its bounds."""
        shape = translation.shape(n, s_y, _share(deviation, standardize), self.factors)
        if self.low is None or self.high is None:
            return shape
        return replace(shape, low=self.low * deviation, high=self.high * deviation)

    def exactly(self, coef: Vector, held: NDArray[np.bool_]) -> Vector:
        """Coefficients (..., p) in the units of the file, of which those `held` at a bound are exactly that bound."""
        if self.low is None or self.high is None:
            return coef
        return np.where(held, np.where(coef > 0, self.high, self.low), coef)

    def zeroing(self, units: Scale, deviation: Vector, standardize: bool) -> Vector:
        """The L1 part (p,) that alpha_max is computed with, which a ridge has as well."""
        share = units.zeroing * _share(deviation, standardize)
        return share if self.factors is None else share * self.factors


def _share(deviation: Vector, standardize: bool) -> Vector:
    with np.errstate(over="ignore"):
        return np.ones(len(deviation)) if standardize else 1 / deviation


@dataclass(frozen=True)
class Ask:
    """A path to be fitted and tested: `alphas` (A,) falling, in the convention of `translation`."""

    translation: Translation
    alphas: Vector
    standardize: bool = True
    intercept: bool = True
    solver: str = "auto"
    constraints: Constraints = field(default_factory=Constraints)

    def penalty(self, n: float, s_y: float, deviation: Vector, columns: NDArray[np.intp]) -> ElasticNet:
        """Its shape on these standardized columns (k,) of these deviations (k,) in the units of the file."""
        return self.constraints.only(columns).shape(self.translation, n, s_y, deviation, self.standardize)

    def spare(self, twins: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of these columns (k,) one that is equal, or their mirror, makes needless: see `ElasticNet.spare`."""
        if self.translation.rest != 0:
            return np.zeros(len(columns), dtype=bool)
        own = self.constraints.only(columns)
        ones = np.ones(len(columns))
        shape = ElasticNet(ones if own.factors is None else own.factors, np.zeros(len(columns)), own.low, own.high)
        return shape.spare(twins)


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
