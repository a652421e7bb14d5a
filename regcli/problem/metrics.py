"""How good predictions are, from the predictions alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.families import mean

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Metrics:
    """r2: 1 - squared error / squared deviation from these rows' own mean (nan for a constant y);
    deviance_ratio: 1 - deviance / deviance of the training rows' null model; mse, rmse and mae in the units of y."""

    rows: int
    r2: float
    mse: float
    rmse: float
    mae: float
    deviance_ratio: float


def measure(y: Vector, prediction: Vector, null_prediction: float | Vector, weights: Vector | None = None) -> Metrics:
    """Metrics of `prediction` (n,) for `y` (n,); `null_prediction` is the training rows' null model."""
    residual = y - prediction
    mse = mean(residual**2, weights)
    return Metrics(
        rows=len(y),
        r2=_share_explained(mse, mean((y - mean(y, weights)) ** 2, weights)),
        mse=mse,
        rmse=math.sqrt(mse),
        mae=mean(np.abs(residual), weights),
        deviance_ratio=_share_explained(mse, mean((y - null_prediction) ** 2, weights)),
    )


def _share_explained(error: float, total: float) -> float:
    return 1 - error / total if total > 0 else math.nan
