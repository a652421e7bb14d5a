"""Amounts that are positive, or positive with zeros: gamma and Tweedie's family, with the logarithm as link.

With a = power - 1 and b = 2 - power the loss, half the unit deviance, is y e^(-a eta) / a + e^(b eta) / b less its
least value (Jorgensen 1987, Exponential dispersion models). It is convex in eta where a and b are not negative: beyond
powers from 1 (poisson) to 2 (gamma) it is not.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from regcli.problem.families.base import TINY, Array, Family, exponential, relative_entropy
from regcli.problem.families.likelihoods import POISSON
from regcli.specs import DEFAULT_POWER

MOST_ROUNDS = 100


def _gamma_loss(y: Array, eta: Array) -> Array:
    return np.asarray(excess(np.log(y) - eta))


def _share(y: Array, eta: Array) -> Array:
    """y over its expectation."""
    return np.asarray(y * exponential(-eta))


def excess(x: Array) -> Array:
    """exp(x) - 1 - x, exact where x is small."""
    small = np.clip(x, -0.02, 0.02)
    near = small**2 * (
        1 / 2 + small * (1 / 6 + small * (1 / 24 + small * (1 / 120 + small * (1 / 720 + small / 5040))))
    )
    with np.errstate(over="ignore"):
        return np.asarray(np.where(np.abs(x) < 0.02, near, np.expm1(x) - x))


GAMMA = Family(
    name="gamma",
    loss=_gamma_loss,
    pull=lambda y, eta: _share(y, eta) - 1,
    curvature=lambda y, eta: {(0, 0): _share(y, eta)},
    fenchel_young=lambda y, eta, theta: relative_entropy(1 + theta, _share(y, eta)),
    null_eta=lambda mean: float(np.log(mean)),
    response=exponential,
    variance=np.square,
)


def tweedie(power: float = DEFAULT_POWER) -> Family:
    """The family of a power between 1 and 2; at its ends the loss of poisson and of gamma."""
    parameters, variance = (("power", power),), partial(_power, power)
    if power in (1.0, 2.0):
        like = POISSON if power == 1 else GAMMA
        return Family(
            "tweedie", like.loss, like.pull, like.curvature, like.fenchel_young, like.null_eta, like.response,
            parameters=parameters, variance=variance,
        )  # fmt: skip
    a, b = power - 1, 2 - power
    return Family(
        name="tweedie",
        loss=partial(_tweedie_loss, a, b),
        pull=lambda y, eta: y * exponential(-a * eta) - exponential(b * eta),
        curvature=lambda y, eta: {(0, 0): a * y * exponential(-a * eta) + b * exponential(b * eta)},
        fenchel_young=partial(_tweedie_gap, a, b),
        null_eta=lambda mean: float(np.log(mean)),
        response=exponential,
        parameters=parameters,
        variance=variance,
    )


def _power(power: float, mean: Array) -> Array:
    return np.asarray(mean**power)


def _tweedie_loss(a: float, b: float, y: Array, eta: Array) -> Array:
    """The Bregman distance to the best eta, log y; where y is 0, which has none, e^(b eta) / b."""
    there = y > 0
    best = np.log(np.where(there, y, 1.0))
    return np.where(there, _distance(a, b, y, eta, np.where(there, best, eta)), exponential(b * eta) / b)


def _distance(a: float, b: float, y: Array, eta: Array, at: Array) -> Array:
    """loss(eta) - loss(at) - loss'(at) (eta - at), term by term."""
    way = eta - at
    with np.errstate(invalid="ignore"):
        return np.asarray(y * exponential(-a * at) * excess(-a * way) / a + exponential(b * at) * excess(b * way) / b)


def _tweedie_gap(a: float, b: float, y: Array, eta: Array, theta: Array) -> Array:
    """The Bregman distance to the eta whose pull is theta; of y = 0 the pull is below 0 and its limit is 0."""
    y = y + np.zeros_like(eta)
    zero = y <= 0
    found = np.empty_like(eta)
    if np.any(zero):
        found[zero] = relative_entropy(-theta[zero], exponential(b * eta[zero])) / b
    found[~zero] = _distance(a, b, y[~zero], eta[~zero], _where_pull_is(a, b, y[~zero], theta[~zero]))
    return found


def _where_pull_is(a: float, b: float, y: Array, theta: Array) -> Array:
    """The eta at which y > 0 has y e^(-a eta) - e^(b eta) = theta, by Newton's method kept between two ends."""
    best, most = np.log(y), y**b
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(theta > 0, (np.log(y) - np.log(theta + most)) / a, best)
        high = np.where(theta < 0, np.log(most - theta) / b, best)
    at = np.where(theta == 0, best, 0.5 * (low + high))
    for _ in range(MOST_ROUNDS):
        up, down = y * np.exp(-a * at), np.exp(b * at)
        value = up - down - theta
        low, high = np.where(value > 0, at, low), np.where(value < 0, at, high)
        step = value / np.maximum(a * up + b * down, TINY)
        moved = at + step
        moved = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
        settled = np.abs(moved - at) <= 4 * np.finfo(np.float64).eps * np.maximum(np.abs(at), 1.0)
        at = moved
        if np.all(settled):
            break
    return np.asarray(at)
