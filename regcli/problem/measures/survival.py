"""Measures of survival times, which compare rows with each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.families import Family
from regcli.problem.families.survival import events_of
from regcli.problem.survival.concordance import concordance

Array = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class SurvivalMetrics:
    """events: how many rows have theirs; deviance: twice minus the log partial likelihood less that of the saturated
    model, over the weight of the rows; deviance_ratio: 1 - deviance / that of the model without features; concordance:
    Harrell's, nan where no pair can be compared."""

    rows: int
    events: int
    deviance: float
    deviance_ratio: float
    concordance: float


def survival_metrics(
    family: Family, y: Array, eta: Vector, null_eta: Vector, weights: Vector | None = None
) -> SurvivalMetrics:
    """Metrics of linear predictors `eta` (n,) for targets `y` (n, 4), among these rows."""
    total = float(len(y) if weights is None else weights.sum())
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
    assert family.bind is not None
    if not events_of(y).any():
        return 0.0
    losses = family.bind(y, weights).losses(eta)
    return 2 * float(losses.sum() if weights is None else weights @ losses)


def event_weight(y: Array, weights: Vector | None = None) -> float:
    """The weight of the rows that have their event."""
    events = events_of(y)
    return float(events.sum() if weights is None else weights @ events)


def added_deviance(
    family: Family, learned: tuple[Array, Vector, Vector | None], tested: tuple[Array, Vector, Vector | None]
) -> float:
    """What rows that are tested add to the deviance, over the weight of their events: dev(all) - dev(those learned
    from), for they alone say little of who was at risk (Verweij, van Houwelingen 1993, Cross-validation in survival
    analysis). Each part is y (m, 4), linear predictors and weights (m,)."""
    y, eta = (np.concatenate([one[i], other[i]]) for one, other, i in ((learned, tested, 0), (learned, tested, 1)))
    weights = None
    if learned[2] is not None and tested[2] is not None:
        weights = np.concatenate([learned[2], tested[2]])
    added = deviance_of(family, y, eta, weights) - deviance_of(family, *learned)
    return added / event_weight(tested[0], tested[2])
