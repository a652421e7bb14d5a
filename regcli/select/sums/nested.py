"""The moments of folds within folds, in one pass: what each outer fold tunes on, and what it is judged by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.sources import Rows
from regcli.problem.moments import Moments, moments_by_group
from regcli.select.drawing import FoldRule
from regcli.select.folds import learned_from
from regcli.select.sums.of_moments import MomentSum, MomentTask, table_of
from regcli.select.sums.targets import Targets
from regcli.specs import DataSpec

Index = NDArray[np.intp]
Groups = tuple[Moments, ...]


@dataclass(frozen=True)
class NestedSum:
    """The moments of all rows by outer fold, `plain`; for each outer fold of all repeats those of its training rows by
    inner fold, `inner`; and of all rows by inner fold, `final`. Of inner folds those never tested come first."""

    plain: MomentSum
    inner: tuple[Groups, ...]
    final: Groups

    @property
    def rows(self) -> Any:
        """How many rows were used."""
        return self.plain.rows

    def merge(self, other: NestedSum) -> NestedSum:
        """Those of both."""
        pairs = zip(self.inner, other.inner, strict=True)
        return NestedSum(
            self.plain.merge(other.plain),
            tuple(_merged(mine, its) for mine, its in pairs),
            _merged(self.final, other.final),
        )


def _merged(one: Groups, other: Groups) -> Groups:
    return tuple(a.merge(b) for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class NestedTask:
    """Sums them up for each piece: `plain` by outer fold; `inner` are the rules by which the training rows of each
    outer fold of all repeats are tuned on, `final` that of all rows. Inner folds that are random go by the number that
    a row has among those training rows."""

    plain: MomentTask
    inner: tuple[FoldRule, ...]
    final: FoldRule | None
    spec: DataSpec = field(init=False)
    numbered: bool = field(init=False)

    def __post_init__(self) -> None:
        rules = [one for one in (self.plain.rule, self.final) if one is not None]
        object.__setattr__(self, "spec", self.plain.spec)
        object.__setattr__(self, "numbered", any(one.by_label is None for one in rules))

    def of(self, rows: Rows, first: Any) -> NestedSum:
        """The moments of one piece."""
        learned, held = Targets.of(self.plain.recipe, rows, self.plain.marks)
        X, y = table_of(learned)
        rule, labels = self.plain.rule, learned.labels
        inner = []
        for index, within in enumerate(self.inner):
            assert rule is not None
            repeat, fold = divmod(index, rule.k)
            outer = rule.of_rows(repeat, first, len(y), labels)
            inside = np.flatnonzero(learned_from(outer, fold, rule.ordered))
            begin = 0 if within.by_label is not None else first - _before(rule, repeat, fold, int(first))
            weights = None if learned.weights is None else learned.weights[inside]
            numbers = None if labels is None else labels[inside]
            groups = within.of_rows(0, begin, len(inside), numbers) + 1
            inner.append(tuple(moments_by_group(X[inside], y[inside], groups, within.k + 1, weights)))
        final: Groups = ()
        if self.final is not None:
            groups = self.final.of_rows(0, first, len(y), labels) + 1
            final = tuple(moments_by_group(X, y, groups, self.final.k + 1, learned.weights))
        return NestedSum(self.plain.of_parts(learned, held, rows, first), tuple(inner), final)


def _before(rule: FoldRule, repeat: int, fold: int, first: int) -> int:
    """How many of the first rows random fold `fold` tests: one of each K, and perhaps one of those after these."""
    begin = first // rule.k * rule.k
    return first // rule.k + int(np.sum(rule.of_rows(repeat, begin, first - begin, None) == fold))
