"""Metrics of families other than squared error, of rows at hand or over batches of predictions, which are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from regcli.problem.families import Family
from regcli.problem.measures.classes import ClassMetrics, class_metrics
from regcli.problem.measures.regressions import RegressionMetrics, regression_metrics
from regcli.problem.measures.survival import SurvivalMetrics, survival_metrics

Array = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass
class GatheredMetrics:
    """What the metrics of a family other than gaussian are made of; `null` (K,) is the model without features.

    Of several classes targets are the place of the class.
    """

    null: Vector
    family: Family
    parts: list[tuple[Vector, Array, Array]] = field(default_factory=list)

    def add(self, y: Vector, eta: Array, offset: Vector | None) -> None:
        """Another batch of targets (n,), linear predictors (n,) or (n, K), offset included, and offsets (n,)."""
        level = np.zeros_like(eta) + (self.null if eta.ndim == 2 else self.null[0])
        self.parts.append((y, eta, level if offset is None else (level.T + offset).T))

    def metrics(self) -> ClassMetrics | RegressionMetrics | SurvivalMetrics | None:
        """The metrics of all batches; None where there was no row."""
        if not sum(len(y) for y, _, _ in self.parts):
            return None
        y, eta, null = (np.concatenate(parts) for parts in zip(*self.parts, strict=True))
        return family_metrics(self.family, np.eye(eta.shape[1])[y.astype(np.intp)] if eta.ndim == 2 else y, eta, null)


def family_metrics(
    family: Family, y: Array, eta: Array, null_eta: Array, weights: Vector | None = None
) -> ClassMetrics | RegressionMetrics | SurvivalMetrics:
    """What users of a family expect to be told of linear predictors `eta` (n,) or (n, K); `null_eta`, like `eta`, is
    the training rows' null model."""
    if family.name == "cox":
        return survival_metrics(family, y, eta, null_eta, weights)
    if family.has_probabilities:
        return class_metrics(y, eta, null_eta, weights)
    return regression_metrics(family, y, eta, null_eta, weights)
