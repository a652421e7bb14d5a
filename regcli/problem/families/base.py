"""What a family is, and the functions that several of them are made of.

A family is a record of functions on arrays: `y` and `eta` (the linear predictor, offset included) have shape (n,);
for several outputs, the classes of a multinomial, shape (n, K), with y the share of each class in each row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from regcli.specs import CLASS_FAMILIES, FamilyName

Array = NDArray[np.float64]

TINY = 1e-300
ROUNDING = 1e-12
"""How far below 0 a share may lie by rounding."""


class Bound(Protocol):
    """A loss on given rows, of a family whose rows have no losses of their own, or whose slope depends on all of them.

    All arguments are linear predictors (n,), offset included. `losses` (n,) and `residual` (n,) are per unit of a row's
    weight; `gap` is the sum over the rows of loss(eta) + conjugate(-theta) + theta * eta at theta = share * residual,
    or a bound on it.
    """

    def losses(self, eta: Array) -> Array:
        """The loss of each row."""

    def residual(self, eta: Array) -> Array:
        """Minus a derivative of the sum of the losses, divided by the row's weight."""

    def gap(self, eta: Array, share: float) -> float:
        """How far from each other the two sides of the Fenchel-Young inequality are."""

    def bend(self, Z: Array, eta: Array) -> Array:
        """The second derivatives of the sum of the losses in the coefficients of Z (n, p), (p, p)."""


@dataclass(frozen=True)
class Family:
    """A loss, convex in the linear predictor.

    `loss(y, eta)` (n,) is half the unit deviance of each row, so that a perfect fit has loss 0; `pull(y, eta)` is its
    negative derivative in eta; `curvature(y, eta)` the second, for each pair of outputs (k, l), k <= l, an array (n,),
    or None for ones; `fenchel_young(y, eta, theta)` (n,) is loss(eta) + conjugate(-theta) + theta * eta, which is
    nonnegative and zero exactly where theta = pull(y, eta); `null_eta(mean)` is the best constant eta of a target of
    this mean, or where `settled` is False a guess at it, and `level(values, weights)` where it is no function of the
    mean; `response(eta)` is what eta stands for: a mean, a probability.

    `parameters` are the names and values that the family was made with. `learn(y, weights)` makes the family that rows
    of these targets, less their offsets, teach; `pieces(y)` gives the two ends (n,) between which a piecewise quadratic
    loss has the second derivative `bend`, and none outside; `variance(mean)` is that of a target, up to the dispersion
    that is to be estimated; `bind(y, weights)` the loss on given rows, of families of which the
    functions of single rows do not say everything.
    """

    name: FamilyName
    loss: Callable[[Array, Array], Array]
    pull: Callable[[Array, Array], Array]
    curvature: Callable[[Array, Array], dict[tuple[int, int], Array | None]]
    fenchel_young: Callable[[Array, Array, Array], Array]
    null_eta: Callable[[Any], Any]
    response: Callable[[Array], Array]
    settled: bool = True
    parameters: tuple[tuple[str, Any], ...] = ()
    learn: Callable[[Array, Array | None, bool], Family] | None = None
    pieces: Callable[[Array], tuple[Array, Array]] | None = None
    variance: Callable[[Array], Array] | None = None
    bend: float = 1.0
    bind: Callable[[Array, Array | None], Bound] | None = None
    level: Callable[[Array, Array | None], float] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process makes its own: the name and the parameters are all that is sent."""
        from regcli.problem.families import family_with

        return family_with, (self.name, dict(self.parameters))

    def parameter(self, name: str) -> Any:
        """The value of one of the `parameters`."""
        return dict(self.parameters)[name]

    @property
    def is_quadratic(self) -> bool:
        """Whether the loss is the squared error, which one quadratic minimises."""
        return self.name == "gaussian"

    @property
    def is_smooth(self) -> bool:
        """Whether the loss has a second derivative everywhere."""
        return self.name not in ("huber", "squared_hinge", "quantile")

    @property
    def is_piecewise_quadratic(self) -> bool:
        """Whether the loss has a derivative that is made of straight pieces."""
        return self.pieces is not None

    @property
    def has_classes(self) -> bool:
        """Whether a target says which class a row belongs to."""
        return self.name in CLASS_FAMILIES

    @property
    def has_probabilities(self) -> bool:
        """Whether the response is the probability of a class."""
        return self.name in ("binomial", "multinomial")

    @property
    def has_unit(self) -> bool:
        """Whether the linear predictor is in the unit of the target, and the loss in its square."""
        return self.name in ("gaussian", "huber")

    @property
    def has_scale(self) -> bool:
        """Whether the spread of targets is estimated beside the linear predictor."""
        return self.name in ("gaussian", "huber", "quantile", "gamma", "tweedie")

    @property
    def has_level(self) -> bool:
        """Whether an intercept changes the loss."""
        return self.name != "cox"


def mean(values: Array, weights: Array | None = None) -> Any:
    """The weighted mean of `values` (n,), or of each column of (n, K), corrected by the mean of what is left."""
    first = np.average(values, axis=0, weights=weights)
    found = first + np.average(values - first, axis=0, weights=weights)
    return float(found) if values.ndim == 1 else found


def sigmoid(eta: Array) -> Array:
    """1 / (1 + exp(-eta)); where the exponential overflows, 0."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-eta)))


def exponential(eta: Array) -> Array:
    """exp(eta), infinite where that overflows."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta))


def softmax(eta: Array) -> Array:
    """exp(eta) over its sum along the last axis."""
    grown = np.exp(eta - eta.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def entropy(share: Array) -> Array:
    """share * log(share), 0 where the share is 0."""
    return np.asarray(share * np.log(np.where(share > 0, share, 1.0)))


def relative_entropy(share: Array, by: Array) -> Array:
    """share log(share / by) - share + by, each nonnegative, infinite below 0; exact where the two are nearly equal."""
    safe = np.where(by > TINY, by, 1.0)
    with np.errstate(over="ignore"):
        off = (share - by) / safe
    # (1 + d) log(1 + d) - d, whose leading terms cancel where d is small.
    small = np.clip(off, -0.01, 0.01)
    near = small**2 * (0.5 - small * (1 / 6 - small * (1 / 12 - small * (1 / 20 - small * (1 / 30 - small / 42)))))
    inside = off > -1
    far = np.where(inside, (1 + off) * np.log1p(np.where(inside, off, 0.0)) - off, 1.0)
    found = np.where(by > TINY, safe * np.where(np.abs(off) < 0.01, near, far), np.where(share > TINY, np.inf, 0.0))
    return np.asarray(np.where(share < -ROUNDING, np.inf, found))
