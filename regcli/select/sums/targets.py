"""The rows of a piece that are learned from, and those held back: columns, targets, weights, and what folds go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.recipe import Batch, Recipe
from regcli.data.sources import Rows
from regcli.specs import FamilyName

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Targets:
    """Rows: X (n, p), y (n,), of K classes (n, K), weights and offset (n,) or None; `labels` (n,) number what folds are
    made by, a column or the classes; `counts` says how many rows there are, or where it is the classes of each; those
    `dropped` (reason, count) are not among them."""

    X: Matrix
    y: NDArray[np.float64]
    weights: Vector | None
    offset: Vector | None
    labels: Index | None
    counts: Any
    dropped: tuple[tuple[str, int], ...]
    family: FamilyName

    @classmethod
    def of(cls, recipe: Recipe, rows: Rows, marks: Sequence[str] = ()) -> tuple[Targets, Targets]:
        """The rows of a piece that are learned from, and those held back; see `Recipe.batch` for the `marks`."""
        batch = recipe.batch(rows, marks)
        every = np.ones(len(batch.y), dtype=bool)
        learned = every if batch.learned is None else batch.learned
        return _part(batch, recipe, learned), _part(batch, recipe, ~learned)

    def only(self, rows: slice) -> Targets:
        """Some of the rows."""
        offset = None if self.offset is None else self.offset[rows]
        labels = None if self.labels is None else self.labels[rows]
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, X=self.X[rows], y=self.y[rows], weights=weights, offset=offset, labels=labels, counts=0)


def _part(batch: Batch, recipe: Recipe, which: Mask) -> Targets:
    whole = bool(which.all())
    X, y = (one if whole else one[which] for one in (batch.X, batch.y))
    weights = batch.weights if whole or batch.weights is None else batch.weights[which]
    offset = batch.offset if whole or batch.offset is None else batch.offset[which]
    labels = batch.labels if whole or batch.labels is None else batch.labels[which]
    classes, counts = recipe.answer.classes, len(y)
    if classes and not recipe.answer.shares and labels is None:
        labels = y.astype(np.intp)
        counts = np.bincount(labels, minlength=len(classes))  # type: ignore[assignment]
    if recipe.answer.family == "multinomial":
        y = np.eye(len(classes))[y.astype(np.intp)]
    return Targets(X, y, weights, offset, labels, counts, batch.dropped, recipe.answer.family)
