"""Metrics of classes and counts over batches of predictions: their targets and linear predictors are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from regcli.problem.measures.classes import ClassMetrics, class_metrics
from regcli.problem.metrics import CountMetrics, count_metrics

Array = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass
class GatheredMetrics:
    """What the metrics of a family other than gaussian are made of; `null` (K,) is the model without features.

    Of several classes targets are the place of the class.
    """

    null: Vector
    of_classes: bool
    parts: list[tuple[Vector, Array, Array]] = field(default_factory=list)

    def add(self, y: Vector, eta: Array, offset: Vector | None) -> None:
        """Another batch of targets (n,), linear predictors (n,) or (n, K), offset included, and offsets (n,)."""
        level = np.zeros_like(eta) + (self.null if eta.ndim == 2 else self.null[0])
        self.parts.append((y, eta, level if offset is None else (level.T + offset).T))

    def metrics(self) -> ClassMetrics | CountMetrics | None:
        """The metrics of all batches; None where there was no row."""
        if not sum(len(y) for y, _, _ in self.parts):
            return None
        y, eta, null = (np.concatenate(parts) for parts in zip(*self.parts, strict=True))
        if not self.of_classes:
            return count_metrics(y, eta, null)
        return class_metrics(np.eye(eta.shape[1])[y.astype(np.intp)] if eta.ndim == 2 else y, eta, null)
