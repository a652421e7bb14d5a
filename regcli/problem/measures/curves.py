"""What pictures of predicted classes are drawn from: the ROC curve, and how far probabilities keep their word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

GROUPS = 10
Z95 = 1.959963984540054
"""The normal distribution's 97.5 % point."""


@dataclass(frozen=True)
class Roc:
    """Points (m,) from (0, 0) to (1, 1): at a score of `threshold` or more a row is taken to be of the class.

    `fpr`: the share of the other rows that are, `tpr`: that of the class's own.
    """

    fpr: Vector
    tpr: Vector
    threshold: Vector


def roc(share: Vector, score: Vector, weights: Vector | None = None) -> Roc:
    """The ROC curve of a class of which rows (n,) are a `share`, without the points between which it is straight."""
    weight = np.ones(len(share)) if weights is None else weights
    values, place = np.unique(-score, return_inverse=True)
    steps = np.array([np.bincount(place, weight * part) for part in (1 - share, share)])
    there = steps.sum(axis=0) > 0
    right, up = steps[:, there]
    turns = right[1:] * up[:-1] != right[:-1] * up[1:]
    kept = np.concatenate([[True], turns, [True]])
    threshold = np.concatenate([[np.inf], -values[there]])
    with np.errstate(invalid="ignore"):
        fpr, tpr = (np.concatenate([[0.0], np.cumsum(step)]) / step.sum() for step in (right, up))
    return Roc(fpr[kept], tpr[kept], threshold[kept])


@dataclass(frozen=True)
class Calibration:
    """Groups (g,) of rows by predicted probability: its mean, the observed share with its Wilson interval, the weight.

    For the interval a row of weight 2 is two rows.
    """

    predicted: Vector
    observed: Vector
    low: Vector
    high: Vector
    weight: Vector


def calibration(share: Vector, probability: Vector, weights: Vector | None = None, groups: int = GROUPS) -> Calibration:
    """About `groups` groups of equal weight, from the least probability to the largest; equal ones stay together."""
    weight: Vector = np.ones(len(share)) if weights is None else weights
    _, place = np.unique(probability, return_inverse=True)
    each = np.bincount(place, weight)
    middle = np.cumsum(each) - each / 2
    group = np.minimum((groups * middle / each.sum()).astype(np.intp), groups - 1)[place]
    sums = (np.bincount(group, weight * values, groups) for values in (1.0, probability, share))
    total, predicted, observed = (np.asarray(one, dtype=np.float64) for one in sums)
    there = total > 0
    total = total[there]
    predicted, observed = predicted[there] / total, observed[there] / total
    return Calibration(predicted, observed, *wilson(observed, total), total)


def wilson(share: Vector, count: Vector) -> tuple[Vector, Vector]:
    """The ends of the 95 % intervals of shares of so many rows (Wilson 1927)."""
    square = Z95**2 / count
    centre = (share + square / 2) / (1 + square)
    half = Z95 * np.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


@dataclass(frozen=True)
class Spread:
    """How predicted probabilities are spread: the share (m,) of the weight between each two of the edges (m + 1,)."""

    edges: Vector
    share: Vector


def spread(probability: Vector, weights: Vector | None = None, bins: int = 20) -> Spread:
    """The histogram of probabilities (n,) between 0 and 1."""
    count, edges = np.histogram(probability, bins, (0.0, 1.0), weights=weights)
    return Spread(edges, count / count.sum())
