"""The moments of a stream of rows, by fold, as a task: one pass, and all that squared error needs is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.recipe import Recipe
from regcli.data.sources import Rows
from regcli.problem.moments import Moments, moments_by_group
from regcli.problem.roots import Roots
from regcli.select.drawing import FoldRule
from regcli.select.sums.targets import Targets
from regcli.specs import LOG_FAMILIES, DataSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class MomentSum:
    """`rows` that are learned from, in `groups` by repeat and fold: those never tested, then fold 0, 1 and so on; and
    the `held` that are not learned from. The columns are those of X, those that mark filled cells, and y without its
    offset, with which the targets of both are `targets`."""

    rows: Any
    read: int
    dropped: Counter[str]
    groups: tuple[tuple[Moments, ...], ...]
    held: Moments
    targets: tuple[Moments, Moments]
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
            (self.targets[0].merge(other.targets[0]), self.targets[1].merge(other.targets[1])),
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

    def of(self, rows: Rows, first: Any) -> MomentSum:
        """The moments of one piece."""
        return self.of_parts(*Targets.of(self.recipe, rows, self.marks), rows, first)

    def of_parts(self, learned: Targets, held: Targets, rows: Rows, first: Any) -> MomentSum:
        """The same, of the rows that are learned from and of those held back."""
        X, y = table_of(learned)
        groups = []
        for repeat in range(1 if self.rule is None else self.rule.repeats):
            if self.rule is None:
                fold, count = np.zeros(len(y), dtype=np.intp), 1
            else:
                fold, count = self.rule.of_rows(repeat, first, len(y), learned.labels) + 1, self.rule.k + 1
            groups.append(tuple(moments_by_group(X, y, fold, count, learned.weights)))
        return MomentSum(
            rows=learned.counts,
            read=rows.rows_read,
            dropped=Counter(dict(learned.dropped)),
            groups=tuple(groups),
            held=Moments.of(np.column_stack(table_of(held)), held.weights),
            targets=(_of_targets(learned), _of_targets(held)),
            roots=Roots.of(np.column_stack([X, y]), learned.weights) if self.exact else None,
        )


def table_of(targets: Targets) -> tuple[Matrix, Vector]:
    """X and y; y of squared error without its offset, of K classes the first K - 1 beside X; of counts over an exposure
    that beside X."""
    X, y, offset = targets.X, targets.y, targets.offset
    if y.ndim == 2:
        return np.hstack([X, y[:, :-1]]), y[:, -1]
    if offset is not None and targets.family in LOG_FAMILIES:
        return np.column_stack([X, np.exp(offset)]), y
    return X, y - offset if offset is not None and targets.family == "gaussian" else y


def _of_targets(targets: Targets) -> Moments:
    """The moments of the targets as they are."""
    return Moments.of(targets.y if targets.y.ndim == 2 else targets.y[:, None], targets.weights)
