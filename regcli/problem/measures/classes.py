"""Measures of predicted classes, from linear predictors.

Targets y are (n,), the share of the positive class, or (n, K), the share of each class; `eta` likewise. A row that is
a share counts as so much of each class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.families import BINOMIAL, MULTINOMIAL, Family, entropy

Array = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class ClassMetrics:
    """deviance: the mean of twice the loss; deviance_ratio: 1 - deviance / that of the training rows' null model;
    log_loss: the mean of -log P(class of the row); auc: of K classes the mean of each against the rest (nan where a
    class has no row or every row); accuracy: the share of rows whose class is the predicted one; brier: the mean
    squared error of the probability, of K classes summed over them; confusion: the weight of rows of each class (rows
    of the table) that are predicted to be of each (columns).

    Linear predictors that double precision cannot hold leave nothing to be measured: nan, and an empty confusion.
    """

    rows: int
    deviance: float
    deviance_ratio: float
    log_loss: float
    auc: float
    accuracy: float
    brier: float
    confusion: tuple[tuple[float, ...], ...]


def class_metrics(y: Array, eta: Array, null_eta: Array, weights: Vector | None = None) -> ClassMetrics:
    """Metrics of linear predictors; `null_eta`, like `eta`, is the training rows' null model."""
    family = BINOMIAL if y.ndim == 1 else MULTINOMIAL
    if np.any(np.isnan(eta)):
        nothing = math.nan
        return ClassMetrics(len(y), nothing, nothing, nothing, nothing, nothing, nothing, ())
    share = shares(y)
    deviance, null = (2 * _mean(family.loss(y, one), weights) for one in (eta, null_eta))
    counts = confusion(share, predicted_class(eta), weights)
    return ClassMetrics(
        rows=len(y),
        deviance=deviance,
        deviance_ratio=1 - deviance / null if null > 0 else math.nan,
        log_loss=_mean(log_losses(family, y, eta), weights),
        auc=auc(share, scores(eta), weights),
        accuracy=float(np.trace(counts) / counts.sum()),
        brier=_mean(squared_misses(y, family.response(eta)), weights),
        confusion=tuple(tuple(map(float, row)) for row in counts),
    )


def shares(y: Array) -> Array:
    """The share of each class (n, K) in each row; of two the second is the positive one."""
    return np.column_stack([1 - y, y]) if y.ndim == 1 else y


def scores(eta: Array) -> Array:
    """The log-odds (n, K) of each class against the rest: probabilities near 1 stay apart."""
    if eta.ndim == 1:
        return np.column_stack([-eta, eta])
    rest = [np.logaddexp.reduce(np.delete(eta, k, axis=1), axis=1) for k in range(eta.shape[1])]
    return np.asarray(eta - np.column_stack(rest))


def predicted_class(eta: Array) -> NDArray[np.intp]:
    """The most probable class (n,); of equally probable ones the first, of two the positive one."""
    return np.asarray(eta >= 0 if eta.ndim == 1 else np.argmax(eta, axis=1), dtype=np.intp)


def log_losses(family: Family, y: Array, eta: Array) -> Vector:
    """-log P(class of the row) (n,), of a share the mean over its classes."""
    return np.asarray(family.loss(y, eta) - entropy(shares(y)).sum(axis=1))


def squared_misses(y: Array, response: Array) -> Vector:
    """The squared error (n,) of the probability of the positive class, of K classes summed over them."""
    found = y * (1 - response) ** 2 + (1 - y) * response**2
    return np.asarray(found if y.ndim == 1 else found.sum(axis=1))


def missed(y: Array, eta: Array) -> Vector:
    """The share (n,) of each row that is not of the predicted class."""
    return np.asarray(1 - np.take_along_axis(shares(y), predicted_class(eta)[:, None], axis=1)[:, 0])


def confusion(share: Array, predicted: NDArray[np.intp], weights: Vector | None = None) -> Array:
    """The weight (K, K) of rows of each class that are predicted to be of each."""
    weighted = share if weights is None else share * weights[:, None]
    found = np.zeros((share.shape[1], share.shape[1]))
    np.add.at(found.T, predicted, weighted)
    return found


def auc(share: Array, score: Array, weights: Vector | None = None) -> float:
    """The area under the ROC curve of each class against the rest, their mean; nan where one has none.

    `share` and `score` are (n, K). Of two classes both areas are the same.
    """
    if share.shape[1] == 2:
        return auc_of(share[:, 1], score[:, 1], weights)
    return float(np.mean([auc_of(share[:, k], score[:, k], weights) for k in range(share.shape[1])]))


def auc_of(share: Vector, score: Vector, weights: Vector | None = None) -> float:
    """How probably a row of a class has the higher score than one of the rest, equal scores counting half; (n,)."""
    weight = np.ones(len(share)) if weights is None else weights
    _, place = np.unique(score, return_inverse=True)
    inside, outside = np.bincount(place, weight * share), np.bincount(place, weight * (1 - share))
    pairs = inside.sum() * outside.sum()
    below = np.cumsum(outside) - outside / 2
    return float(inside @ below / pairs) if pairs > 0 else math.nan


def _mean(values: Vector, weights: Vector | None) -> float:
    return float(np.average(values, weights=weights))
