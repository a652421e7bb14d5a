"""Which fold a row is tested in, said of any piece of the rows: from their numbers, or from what a column says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.select.folds import Folds, drawn_from

Index = NDArray[np.intp]


@dataclass(frozen=True)
class FoldRule:
    """How the K folds of each repeat are made, without the rows: `by_label` holds for each repeat the fold of every
    value of the column that says, -1 for what is never tested; None where folds are random."""

    k: int
    scheme: str
    repeats: int = 1
    seed: int | None = None
    ordered: bool = False
    by_label: tuple[Index, ...] | None = None

    @classmethod
    def of(cls, folds: Folds, labelled: bool) -> FoldRule:
        """The rule that made `folds`, of rows or, where it is `labelled`, of one row for each value of a column."""
        given = folds.assignment if labelled else None
        return cls(folds.k, folds.scheme, len(folds.assignment), folds.seed, folds.ordered, given)

    def of_rows(self, repeat: int, first: int, count: int, labels: Index | None) -> Index:
        """The fold (count,) of the rows from number `first` on, whose values have the numbers `labels` (count,)."""
        if self.by_label is not None:
            assert labels is not None
            return self.by_label[repeat][labels]
        assert self.seed is not None
        return drawn_from(first, count, self.k, self.seed, repeat)

    def folds(self) -> Folds:
        """The folds, whatever rows there are: in each repeat a row for each, those never tested first."""
        return Folds(self.k, (np.arange(self.k + 1) - 1,) * self.repeats, self.scheme, self.seed, self.ordered)
