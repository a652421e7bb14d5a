"""Measures of survival times, which compare rows with each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError
from regcli.problem.families import Family
from regcli.problem.families.survival import events_of
from regcli.problem.survival.concordance import concordance
from regcli.specs import Measure

Array = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class SurvivalMetrics:
    """events: how many rows have theirs; deviance: twice minus the log partial likelihood less that of the saturated
    model, over the weight of the events, nan without any; deviance_ratio: 1 - deviance / that of the model without
    features; concordance: Harrell's, nan where no pair can be compared."""

    rows: int
    events: int
    deviance: float
    deviance_ratio: float
    concordance: float


def survival_metrics(
    family: Family, y: Array, eta: Vector, null_eta: Vector, weights: Vector | None = None
) -> SurvivalMetrics:
    """Metrics of linear predictors `eta` (n,) for targets `y` (n, 4), among these rows."""
    total = event_weight(y, weights) or math.nan
    deviance, null = (deviance_of(family, y, one, weights) / total for one in (eta, null_eta))
    return SurvivalMetrics(
        rows=len(y),
        events=int(events_of(y).sum()),
        deviance=deviance,
        deviance_ratio=1 - deviance / null if null > 0 else math.nan,
        concordance=concordance(y, eta, weights).index,
    )


def deviance_of(family: Family, y: Array, eta: Vector, weights: Vector | None = None) -> float:
    """Twice minus the log partial likelihood of rows, less that of the saturated model."""
    return float(_deviances(family, y, eta[None], weights)[0]) if events_of(y).any() else 0.0


def event_weight(y: Array, weights: Vector | None = None) -> float:
    """The weight of the rows that have their event."""
    events = events_of(y)
    return float(events.sum() if weights is None else weights @ events)


Part = tuple[Array, Array, Vector | None]


def survival_losses(measure: Measure, family: Family, learned: Part, tested: Part) -> Array:
    """What the tested rows of a fold cost under each of A models, and those that were learned from, (2, A).

    Each part is y (m, 4), linear predictors (A, m) and weights (m,).

    Tested rows cost what they add to the deviance, over the weight of their events: dev(all) - dev(those learned from),
    for they alone say little of who was at risk (Verweij, van Houwelingen 1993, Cross-validation in survival analysis).
    Of the concordance what it lacks to 1. Raises DataError where the tested rows have no event, or no pair.
    """
    if measure == "concordance":
        found = np.array([[1 - concordance(y, eta, weights).index for eta in etas] for y, etas, weights in
                          (tested, learned)])  # fmt: skip
        if np.any(np.isnan(found)):
            raise DataError("no two rows of a fold can be compared", hint="fewer --folds")
        return found
    if not event_weight(tested[0], tested[2]) > 0:
        raise DataError("a fold has no event to be tested on", hint="fewer --folds")
    weights = None
    if learned[2] is not None and tested[2] is not None:
        weights = np.concatenate([learned[2], tested[2]])
    everything = np.concatenate([learned[0], tested[0]]), np.concatenate([learned[1], tested[1]], axis=1), weights
    whole, own = (_deviances(family, *part) for part in (everything, learned))
    return np.array([
        (whole - own) / event_weight(tested[0], tested[2]), own / event_weight(learned[0], learned[2])
    ])  # fmt: skip


def _deviances(family: Family, y: Array, etas: Array, weights: Vector | None) -> Vector:
    """The deviance of the same rows under each of A models, (A,)."""
    assert family.bind is not None
    bound, own = family.bind(y, weights), np.ones(len(y)) if weights is None else weights
    return np.array([2 * float(own @ bound.losses(eta)) for eta in etas])
