"""Metrics of predictions that come in batches: the same as over all rows at once, without keeping them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.metrics import Metrics

Vector = NDArray[np.float64]


@dataclass
class RunningMetrics:
    """Sums over the batches so far: squared and absolute errors, the mean of the targets and their squared deviation
    from it, and both of what their offset leaves of them."""

    rows: int = 0
    squares: float = 0.0
    absolutes: float = 0.0
    mean: float = 0.0
    spread: float = 0.0
    rest_mean: float = 0.0
    rest_spread: float = 0.0

    def add(self, y: Vector, prediction: Vector, offset: Vector | None = None) -> None:
        """Another batch of targets, predictions and offsets (n,), merged as in Chan, Golub and LeVeque (1979)."""
        if len(y) == 0:
            return
        residual = y - prediction
        self.squares += float(residual @ residual)
        self.absolutes += float(np.sum(np.abs(residual)))
        rest = y if offset is None else y - offset
        self.mean, self.spread = self._merged(self.mean, self.spread, y)
        self.rest_mean, self.rest_spread = self._merged(self.rest_mean, self.rest_spread, rest)
        self.rows += len(y)

    def _merged(self, mean: float, spread: float, values: Vector) -> tuple[float, float]:
        own = float(values.mean())
        gap, total = own - mean, self.rows + len(values)
        spread += float(np.sum((values - own) ** 2)) + gap**2 * self.rows * len(values) / total
        return mean + gap * len(values) / total, spread

    def metrics(self, null_prediction: float) -> Metrics | None:
        """The metrics of all batches; None where there was no row. `null_prediction` is the training rows' mean."""
        if not self.rows:
            return None
        mse = self.squares / self.rows
        total = self.spread / self.rows
        null = self.rest_spread / self.rows + (self.rest_mean - null_prediction) ** 2
        return Metrics(
            rows=self.rows,
            r2=1 - mse / total if total > 0 else math.nan,
            mse=mse,
            rmse=math.sqrt(mse),
            mae=self.absolutes / self.rows,
            deviance_ratio=1 - mse / null if null > 0 else math.nan,
        )
