"""Quantiles: the pinball loss, whose slope at its corner coefficients do not tell; see `regcli.problem.pinball`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from regcli.problem import pinball
from regcli.problem.families.base import Array, Family
from regcli.specs import DEFAULT_LEVEL


def quantile(level: float = DEFAULT_LEVEL) -> Family:
    """The family that models the quantile of a level between 0 and 1."""
    return Family(
        name="quantile",
        loss=lambda y, eta: pinball.loss(y, eta, level),
        pull=lambda y, eta: np.where(y > eta, level, level - 1),
        curvature=lambda y, eta: {(0, 0): np.zeros_like(eta)},
        fenchel_young=lambda y, eta, theta: pinball.fenchel_young(y, eta, theta, level),
        null_eta=float,
        response=lambda eta: eta,
        parameters=(("level", level),),
        bind=partial(PinballRows, level),
        level=lambda values, weights: pinball.best_level(values, weights, level),
    )


@dataclass(frozen=True)
class PinballRows:
    """The pinball loss on given rows. At its corner it takes the slope that all rows there share whose weighted sum is
    0, as at the model without features it is."""

    level: float
    y: Array
    weights: Array | None

    def losses(self, eta: Array) -> Array:
        """The loss of each row."""
        return pinball.loss(self.y, eta, self.level)

    def residual(self, eta: Array) -> Array:
        """A slope of each row's loss."""
        return pinball.null_dual(self.y - eta, self.weights, self.level)

    def gap(self, eta: Array, share: float) -> float:
        """The Fenchel-Young sum at these slopes."""
        found = pinball.fenchel_young(self.y, eta, share * self.residual(eta), self.level)
        return float(found.sum() if self.weights is None else self.weights @ found)

    def bend(self, Z: Array, eta: Array) -> Array:
        """There are no second derivatives."""
        return np.zeros((Z.shape[1], Z.shape[1]))
