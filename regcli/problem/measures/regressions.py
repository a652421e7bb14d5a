"""Measures of predictions that are neither of squared error nor of classes alone: amounts, robust fits, margins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.families import Family, mean, median
from regcli.problem.measures.classes import auc_of, confusion, predicted_class, shares

Array = NDArray[np.float64]
Vector = NDArray[np.float64]

MET = 1e-10
"""A target so near to its quantile, as a share of the size of targets, is met by it but for rounding: as many rows as
there are coefficients are."""


@dataclass(frozen=True)
class AmountMetrics:
    """deviance: the mean of twice the loss; deviance_ratio: 1 - deviance / that of the training rows' null model; mse,
    rmse and mae of the expected counts or amounts."""

    rows: int
    deviance: float
    deviance_ratio: float
    mse: float
    rmse: float
    mae: float


@dataclass(frozen=True)
class RobustMetrics:
    """huber: the mean loss, in squares of the unit of y; deviance_ratio: 1 - that / that of the training rows' null
    model; medae: the median absolute error; beyond: the share of rows whose residual is beyond the threshold."""

    rows: int
    huber: float
    deviance_ratio: float
    mse: float
    rmse: float
    mae: float
    medae: float
    beyond: float


@dataclass(frozen=True)
class QuantileMetrics:
    """pinball: the mean loss, in the unit of y; deviance_ratio: 1 - that / that of the training rows' null model
    (Koenker, Machado 1999, Goodness of fit and related inference processes for quantile regression); coverage: the
    share of rows at most as large as predicted."""

    rows: int
    pinball: float
    deviance_ratio: float
    coverage: float
    mae: float


@dataclass(frozen=True)
class MarginMetrics:
    """squared_hinge: the mean loss; deviance_ratio: 1 - that / that of the training rows' null model; auc, accuracy and
    confusion as of other classes; within: the share of rows inside the margin or on its wrong side."""

    rows: int
    squared_hinge: float
    deviance_ratio: float
    auc: float
    accuracy: float
    within: float
    confusion: tuple[tuple[float, ...], ...]


RegressionMetrics = AmountMetrics | RobustMetrics | QuantileMetrics | MarginMetrics


def regression_metrics(
    family: Family, y: Vector, eta: Vector, null_eta: Vector, weights: Vector | None = None
) -> RegressionMetrics:
    """Metrics of linear predictors `eta` (n,) for `y` (n,); `null_eta` (n,) is the training rows' null model."""
    with np.errstate(over="ignore", invalid="ignore"):
        loss, null = (mean(family.loss(y, one), weights) for one in (eta, null_eta))
        explained = 1 - loss / null if null > 0 else math.nan
        if family.name == "squared_hinge":
            return _of_margins(y, eta, weights, loss, explained)
        residual = y - family.response(eta)
        mae = mean(np.abs(residual), weights)
        if family.name == "quantile":
            met = MET * (np.abs(y) + mean(np.abs(y), weights))
            below = np.asarray(residual <= met, dtype=float)
            return QuantileMetrics(len(y), loss, explained, mean(below, weights), mae)
        mse = mean(residual**2, weights)
        if family.name == "huber":
            beyond = np.asarray(np.abs(family.pull(y, eta)) < np.abs(residual), dtype=float)
            return RobustMetrics(
                len(y), loss, explained, mse, math.sqrt(mse), mae, median(np.abs(residual), weights),
                mean(beyond, weights),
            )  # fmt: skip
    return AmountMetrics(len(y), 2 * loss, explained, mse, math.sqrt(mse), mae)


def _of_margins(y: Vector, eta: Vector, weights: Vector | None, loss: float, explained: float) -> MarginMetrics:
    if np.any(np.isnan(eta)):
        nothing = math.nan
        return MarginMetrics(len(y), nothing, nothing, nothing, nothing, nothing, ())
    share = shares(y)
    counts = confusion(share, predicted_class(eta), weights)
    return MarginMetrics(
        rows=len(y),
        squared_hinge=loss,
        deviance_ratio=explained,
        auc=auc_of(share[:, 1], eta, weights),
        accuracy=float(np.trace(counts) / counts.sum()),
        within=mean(np.asarray((2 * y - 1) * eta < 1, dtype=float), weights),
        confusion=tuple(tuple(map(float, row)) for row in counts),
    )
