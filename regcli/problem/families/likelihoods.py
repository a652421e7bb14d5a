"""The likelihoods whose link is canonical: squared error, classes, counts."""

from __future__ import annotations

import numpy as np

from regcli.problem.families.base import Array, Family, entropy, exponential, relative_entropy, sigmoid, softmax


def _binomial_loss(y: Array, eta: Array) -> Array:
    # log(1 + exp(eta)) - y eta, less what it is at its least: 0 but for proportions.
    loss = np.log1p(np.exp(-np.abs(eta))) + (np.maximum(eta, 0.0) - y * eta)
    return loss + entropy(y) + entropy(1 - y) if np.any((y > 0) & (y < 1)) else np.asarray(loss)


def _binomial_curvature(y: Array, eta: Array) -> dict[tuple[int, int], Array | None]:
    small = np.exp(-np.abs(eta))
    return {(0, 0): small / (1 + small) ** 2}


def _binomial_gap(y: Array, eta: Array, theta: Array) -> Array:
    share, at = y - theta, sigmoid(eta)
    return relative_entropy(share, at) + relative_entropy(1 - share, sigmoid(-eta))


def _poisson_loss(y: Array, eta: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta) - y - y * eta + entropy(y))


def _multinomial_loss(y: Array, eta: Array) -> Array:
    largest = eta.max(axis=-1, keepdims=True)
    total = largest[..., 0] + np.log(np.exp(eta - largest).sum(axis=-1))
    return np.asarray(np.sum(y * (total[..., None] - eta), axis=-1) + entropy(y).sum(axis=-1))


def _multinomial_curvature(y: Array, eta: Array) -> dict[tuple[int, int], Array | None]:
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
    curvature=lambda y, eta: {(0, 0): None},
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
    pull=lambda y, eta: y - exponential(eta),
    curvature=lambda y, eta: {(0, 0): exponential(eta)},
    fenchel_young=lambda y, eta, theta: relative_entropy(y - theta, exponential(eta)),
    null_eta=lambda rate: float(np.log(rate)),
    response=exponential,
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
