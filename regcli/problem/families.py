"""Families: the loss of one row, its derivatives and its Fenchel-Young gap, as frozen values.

A family is a record of functions on arrays: `y` and `eta` (the linear predictor, offset included) have shape (n,);
for several outputs, the classes of a multinomial, shape (n, K), with y the share of each class in each row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.specs import FamilyName

Array = NDArray[np.float64]

TINY = 1e-300
ROUNDING = 1e-12
"""How far below 0 a share may lie by rounding."""


@dataclass(frozen=True)
class Family:
    """A loss, convex in the linear predictor.

    `loss(y, eta)` (n,) is half the unit deviance of each row, so that a perfect fit has loss 0; `pull(y, eta)` is its
    negative derivative in eta; `curvature(eta)` the second, for each pair of outputs (k, l), k <= l, an array (n,), or
    None for ones; `fenchel_young(y, eta, theta)` (n,) is loss(eta) + conjugate(-theta) + theta * eta, which is
    nonnegative and zero exactly where theta = pull(y, eta); `null_eta(mean)` is the best constant eta of a target of
    this mean; `response(eta)` is the mean that eta stands for.
    """

    name: FamilyName
    loss: Callable[[Array, Array], Array]
    pull: Callable[[Array, Array], Array]
    curvature: Callable[[Array], dict[tuple[int, int], Array | None]]
    fenchel_young: Callable[[Array, Array, Array], Array]
    null_eta: Callable[[Any], Any]
    response: Callable[[Array], Array]

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process has the same families: the name is all that is sent."""
        return _named, (self.name,)

    @property
    def is_quadratic(self) -> bool:
        """Whether the loss is the squared error, which one quadratic minimises."""
        return self.name == "gaussian"

    @property
    def has_classes(self) -> bool:
        """Whether a target says which class a row belongs to."""
        return self.name in ("binomial", "multinomial")


def mean(values: Array, weights: Array | None = None) -> Any:
    """The weighted mean of `values` (n,), or of each column of (n, K), corrected by the mean of what is left."""
    first = np.average(values, axis=0, weights=weights)
    found = first + np.average(values - first, axis=0, weights=weights)
    return float(found) if values.ndim == 1 else found


def sigmoid(eta: Array) -> Array:
    """1 / (1 + exp(-eta)); where the exponential overflows, 0."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-eta)))


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


def _binomial_loss(y: Array, eta: Array) -> Array:
    # log(1 + exp(eta)) - y eta, less what it is at its least: 0 but for proportions.
    loss = np.log1p(np.exp(-np.abs(eta))) + (np.maximum(eta, 0.0) - y * eta)
    return loss + entropy(y) + entropy(1 - y) if np.any((y > 0) & (y < 1)) else np.asarray(loss)


def _binomial_curvature(eta: Array) -> dict[tuple[int, int], Array | None]:
    small = np.exp(-np.abs(eta))
    return {(0, 0): small / (1 + small) ** 2}


def _binomial_gap(y: Array, eta: Array, theta: Array) -> Array:
    share, at = y - theta, sigmoid(eta)
    return relative_entropy(share, at) + relative_entropy(1 - share, sigmoid(-eta))


def _poisson_loss(y: Array, eta: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta) - y - y * eta + entropy(y))


def _poisson_rate(eta: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta))


def _multinomial_loss(y: Array, eta: Array) -> Array:
    largest = eta.max(axis=-1, keepdims=True)
    total = largest[..., 0] + np.log(np.exp(eta - largest).sum(axis=-1))
    return np.asarray(np.sum(y * (total[..., None] - eta), axis=-1) + entropy(y).sum(axis=-1))


def _multinomial_curvature(eta: Array) -> dict[tuple[int, int], Array | None]:
    share = softmax(eta)
    count = share.shape[-1]
    return {
        (k, m): share[..., k] * (1 - share[..., k]) if k == m else -share[..., k] * share[..., m]
        for k in range(count)
        for m in range(k, count)
    }


def _centred_log(shares: Array) -> Array:
    found = np.log(shares)
    return np.asarray(found - found.mean())


GAUSSIAN = Family(
    name="gaussian",
    loss=lambda y, eta: 0.5 * (y - eta) ** 2,
    pull=lambda y, eta: y - eta,
    curvature=lambda eta: {(0, 0): None},
    fenchel_young=lambda y, eta, theta: 0.5 * (y - eta - theta) ** 2,
    null_eta=float,
    response=lambda eta: eta,
)
BINOMIAL = Family(
    name="binomial",
    loss=_binomial_loss,
    pull=lambda y, eta: y - sigmoid(eta),
    curvature=_binomial_curvature,
    fenchel_young=_binomial_gap,
    null_eta=lambda share: float(np.log(share) - np.log1p(-share)),
    response=sigmoid,
)
POISSON = Family(
    name="poisson",
    loss=_poisson_loss,
    pull=lambda y, eta: y - _poisson_rate(eta),
    curvature=lambda eta: {(0, 0): _poisson_rate(eta)},
    fenchel_young=lambda y, eta, theta: relative_entropy(y - theta, _poisson_rate(eta)),
    null_eta=lambda rate: float(np.log(rate)),
    response=_poisson_rate,
)
MULTINOMIAL = Family(
    name="multinomial",
    loss=_multinomial_loss,
    pull=lambda y, eta: y - softmax(eta),
    curvature=_multinomial_curvature,
    fenchel_young=lambda y, eta, theta: relative_entropy(y - theta, softmax(eta)).sum(axis=-1),
    null_eta=_centred_log,
    response=softmax,
)

FAMILIES: dict[FamilyName, Family] = {one.name: one for one in (GAUSSIAN, BINOMIAL, MULTINOMIAL, POISSON)}


def _named(name: FamilyName) -> Family:
    return FAMILIES[name]
