"""How well one model predicts rows that are passed over: the metrics that are means over rows, added up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.recipe import Recipe
from regcli.data.sources import Rows
from regcli.problem.families import Family
from regcli.problem.measures.classes import confusion, log_losses, predicted_class, shares, squared_misses
from regcli.select.sums.targets import Targets
from regcli.specs import DataSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Sums over rows that count: how many and their weight; the weighted sums of losses, of those of the null model, of
    the measures of the family; of classes the confusion (K, K)."""

    count: int
    weight: float
    sums: dict[str, float]
    confusion: Matrix | None

    def merge(self, other: Judged) -> Judged:
        """Of the rows of both."""
        both = self.confusion if other.confusion is None else other.confusion
        if self.confusion is not None and other.confusion is not None:
            both = self.confusion + other.confusion
        names = {**self.sums, **other.sums}
        sums = {name: self.sums.get(name, 0.0) + other.sums.get(name, 0.0) for name in names}
        return Judged(self.count + other.count, self.weight + other.weight, sums, both)

    def metrics(self) -> dict[str, Any] | None:
        """As they stand in a document; those that need all rows side by side are None. None for no rows."""
        if not self.count:
            return None
        means = {name: value / self.weight for name, value in self.sums.items()}
        ratio = 1 - means["loss"] / means["null"] if means["null"] > 0 else math.nan
        if self.confusion is None:
            return {
                "rows": self.count, "deviance": 2 * means["loss"], "deviance_ratio": ratio, "mse": means["square"],
                "rmse": math.sqrt(means["square"]), "mae": means["absolute"],
            }  # fmt: skip
        return {
            "rows": self.count, "deviance": 2 * means["loss"], "deviance_ratio": ratio, "log_loss": means["log"],
            "auc": None, "accuracy": float(np.trace(self.confusion) / self.confusion.sum()), "brier": means["brier"],
            "confusion": self.confusion.tolist(),
        }  # fmt: skip


@dataclass(frozen=True)
class Both:
    """Of the rows that are learned from, and of those held back."""

    rows: Any
    learned: Judged
    held: Judged

    def merge(self, other: Both) -> Both:
        """Of the rows of both pieces."""
        return Both(self.rows + other.rows, self.learned.merge(other.learned), self.held.merge(other.held))


@dataclass(frozen=True)
class JudgeTask:
    """Judges coefficients (K, p) and levels (K,) of columns in the units of the file, and the null model's levels
    (K,)."""

    recipe: Recipe
    spec: DataSpec
    family: Family
    coef: Matrix
    level: Vector
    null: Vector
    numbered: bool = False

    def of(self, rows: Rows, first: Any) -> Both:
        """What one piece adds."""
        learned, held = Targets.of(self.recipe, rows)
        return Both(learned.counts, self._judged(learned), self._judged(held))

    def _judged(self, rows: Targets) -> Judged:
        if len(rows.y) == 0:
            return Judged(0, 0.0, {}, None)
        family, y = self.family, rows.y
        weights = np.ones(len(y)) if rows.weights is None else rows.weights
        beside = np.zeros(len(y)) if rows.offset is None else rows.offset
        eta = rows.X @ self.coef.T + self.level + beside[:, None]
        null = np.zeros_like(eta) + self.null + beside[:, None]
        if y.ndim == 1:
            eta, null = eta[:, 0], null[:, 0]
        values = {"loss": family.loss(y, eta), "null": family.loss(y, null)}
        table = None
        if family.has_classes:
            values |= {"log": log_losses(family, y, eta), "brier": squared_misses(y, family.response(eta))}
            table = confusion(shares(y), predicted_class(eta), weights)
        else:
            residual = y - family.response(eta)
            values |= {"square": residual**2, "absolute": np.abs(residual)}
        sums = {name: float(weights @ value) for name, value in values.items()}
        return Judged(len(y), float(weights.sum()), sums, table)
