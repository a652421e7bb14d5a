"""What a row costs under a measure, and what many rows cost together: the smaller the better."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError
from regcli.problem.families import Family
from regcli.problem.measures.classes import auc, log_losses, missed, scores, shares, squared_misses
from regcli.problem.measures.survival import survival_losses
from regcli.specs import Measure

Array = NDArray[np.float64]
Vector = NDArray[np.float64]


def row_losses(measure: Measure, family: Family, y: Array, eta: Array) -> Vector:
    """What each row costs (n,) under a measure that is a mean over rows; y and eta (n,) or (n, K).

    accuracy costs 1 where the class is not the predicted one; r2 costs what the deviance does, which is twice the loss
    and of squared error the squared error; what has the name of a loss costs that. Of a share of a class, each class
    costs by its share.
    """
    if measure in ("deviance", "r2") or (measure == "mse" and family.is_quadratic):
        return 2 * family.loss(y, eta)
    if measure in ("huber", "pinball", "squared_hinge"):
        return family.loss(y, eta)
    if measure == "log_loss":
        return log_losses(family, y, eta)
    if measure == "accuracy":
        return missed(y, eta)
    if measure == "brier":
        return squared_misses(y, family.response(eta))
    with np.errstate(over="ignore"):
        residual = y - family.response(eta)
        return np.abs(residual) if measure == "mae" else residual**2


Part = tuple[Array, Array, Vector | None]
"""Targets of some rows, linear predictors of A models, (A, n) or (A, n, K), and weights."""


def fold_losses(measure: Measure, family: Family, learned: Part, tested: Part) -> Array:
    """What the rows of a fold that are tested cost under each of A models, and those that were learned from, (2, A);
    see `mean_loss`.

    Survival times that are tested cost what they add to the deviance of the others. Raises DataError where no event, or
    no two rows, are there to be tested.
    """
    if family.name == "cox":
        return survival_losses(measure, family, learned, tested)
    return np.array([[mean_loss(measure, family, y, eta, weights) for eta in etas] for y, etas, weights in
                     (tested, learned)])  # fmt: skip


def mean_loss(measure: Measure, family: Family, y: Array, eta: Array, weights: Vector | None = None) -> float:
    """What rows of linear predictors `eta`, (n,) or (n, K), cost together, by weight.

    auc costs what it lacks to 1, rmse the root of the mean square. Raises DataError where a class that no
    row is of leaves no AUC.
    """
    if measure == "auc":
        found = auc(shares(y), scores(eta), weights)
        if math.isnan(found):
            raise DataError(
                "AUC is not defined: the test rows of a fold lack a class", hint="--measure deviance, or fewer --folds"
            )
        return 1 - found
    with np.errstate(over="ignore"):
        found = float(np.average(row_losses(measure, family, y, eta), weights=weights))
    return math.sqrt(found) if measure == "rmse" else found
