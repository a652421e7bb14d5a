"""The moments of a stream of rows, by fold, as a task: one pass, and all that squared error needs is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from regcli.data.recipe import Batch, Recipe
from regcli.data.sources import Rows
from regcli.problem.moments import Moments, moments_by_group
from regcli.problem.roots import Roots
from regcli.select.drawing import FoldRule
from regcli.specs import DataSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class MomentSum:
    """`rows` that are learned from, in `groups` by repeat and fold: those never tested, then fold 0, 1 and so on; and
    the `held` that are not learned from. The columns are those of X, those that mark filled cells, and y."""

    rows: int
    read: int
    dropped: Counter[str]
    groups: tuple[tuple[Moments, ...], ...]
    held: Moments
    roots: Roots | None = None

    def merge(self, other: MomentSum) -> MomentSum:
        """Those of both."""
        pairs = zip(self.groups, other.groups, strict=True)
        return MomentSum(
            self.rows + other.rows,
            self.read + other.read,
            self.dropped + other.dropped,
            tuple(tuple(a.merge(b) for a, b in zip(mine, its, strict=True)) for mine, its in pairs),
            self.held.merge(other.held),
            None if self.roots is None or other.roots is None else self.roots.merge(other.roots),
        )


@dataclass(frozen=True)
class MomentTask:
    """Sums them up for each piece. With `exact` the triangle of all rows is kept beside their moments; `marks` are the
    columns whose filled cells are marked, by column name, for fills that are learned anew in folds."""

    recipe: Recipe
    spec: DataSpec
    rule: FoldRule | None = None
    exact: bool = False
    marks: tuple[str, ...] = ()
    numbered: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbered", self.rule is not None and self.rule.by_label is None)

    def of(self, rows: Rows, first: int) -> MomentSum:
        """The moments of one piece."""
        batch = self.recipe.batch(rows, self.marks)
        y = batch.y if batch.offset is None else batch.y - batch.offset
        X, weights, labels = batch.X, batch.weights, batch.labels
        held = Moments.none(X.shape[1] + 1)
        if batch.learned is not None:
            out = ~batch.learned
            held = Moments.of(np.column_stack([X[out], y[out]]), None if weights is None else weights[out])
            X, y, weights, labels = _only(batch, y)
        (n, p), rule = X.shape, self.rule
        groups = []
        for repeat in range(1 if rule is None else rule.repeats):
            if rule is None:
                fold, count = np.zeros(n, dtype=np.intp), 1
            else:
                fold, count = rule.of_rows(repeat, first, n, labels) + 1, rule.k + 1
            groups.append(tuple(moments_by_group(X, y, fold, count, weights)))
        roots = Roots.of(np.column_stack([X, y]), weights) if self.exact else None
        assert p + 1 == len(held.mean)
        return MomentSum(n, batch.read, Counter(dict(batch.dropped)), tuple(groups), held, roots)


def _only(batch: Batch, y: Vector) -> tuple[Matrix, Vector, Vector | None, Index | None]:
    """The rows that are learned from."""
    kept = batch.learned
    weights = None if batch.weights is None else batch.weights[kept]
    return batch.X[kept], y[kept], weights, None if batch.labels is None else batch.labels[kept]
