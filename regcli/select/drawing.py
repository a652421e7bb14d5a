"""Which fold a row is tested in, said of any piece of the rows: from their numbers, or from what a column says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.select.folds import Folds, drawn_from, leftovers, stratified_from

Index = NDArray[np.intp]


@dataclass(frozen=True)
class FoldRule:
    """How the K folds of each repeat are made, without the rows: `by_label` holds for each repeat the fold of every
    value of the column that says, -1 for what is never tested; None where folds are random. Random ones are balanced in
    classes of so many rows, the `strata`, where there are any."""

    k: int
    scheme: str
    repeats: int = 1
    seed: int | None = None
    ordered: bool = False
    by_label: tuple[Index, ...] | None = None
    strata: tuple[int, ...] = ()

    @classmethod
    def of(cls, folds: Folds, labelled: bool) -> FoldRule:
        """The rule that made `folds`, of rows or, where it is `labelled`, of one row for each value of a column."""
        given = folds.assignment if labelled else None
        return cls(folds.k, folds.scheme, len(folds.assignment), folds.seed, folds.ordered, given)

    def of_rows(self, repeat: int, first: Any, count: int, labels: Index | None) -> Index:
        """The fold (count,) of the rows from number `first` on, whose values have the numbers `labels` (count,); where
        there are strata, of rows before which so many are of each, whose classes have these numbers."""
        if self.by_label is not None:
            assert labels is not None
            return self.by_label[repeat][labels]
        assert self.seed is not None
        if not self.strata:
            return drawn_from(first, count, self.k, self.seed, repeat)
        assert labels is not None
        before, found = np.zeros(len(self.strata), dtype=np.intp) + first, np.empty(count, dtype=np.intp)
        for number, left in enumerate(leftovers(np.array(self.strata), self.k, self.seed, repeat)):
            rows = np.flatnonzero(labels == number)
            found[rows] = stratified_from(
                number, int(before[number]), len(rows), self.strata[number], left, self.k, self.seed, repeat
            )
        return found

    def folds(self) -> Folds:
        """The folds, whatever rows there are: in each repeat a row for each, those never tested first."""
        return Folds(self.k, (np.arange(self.k + 1) - 1,) * self.repeats, self.scheme, self.seed, self.ordered)
