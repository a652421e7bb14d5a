"""Comparisons of rows that are passed over: the moments of folds within folds, and rows that stand for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Condensed, Design
from regcli.problem.moments import Moments
from regcli.select.asking import Engine
from regcli.select.by_moments import parted
from regcli.select.condensed import StandIns, refilled, stand_ins
from regcli.select.drawing import FoldRule
from regcli.select.folds import Folds, learned_from
from regcli.select.sums.nested import NestedSum
from regcli.specs import CompareSpec, FoldSpec
from regcli.workflows.nesting import Part, varying
from regcli.workflows.preparing import Prepared
from regcli.workflows.rivals import Inside, inner_folds_of_values
from regcli.workflows.streams.streamed import Groups, Streamed

Vector = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Rules:
    """By which rules models are tuned: in each outer fold of all repeats, and on all rows; none where all are given."""

    inner: tuple[FoldRule, ...]
    final: FoldRule | None

    @classmethod
    def of(cls, outer: FoldRule | None, sizes: Index | None, folding: FoldSpec, spec: CompareSpec) -> Rules:
        """Those of a comparison judged by folds of the rule `outer`, if any; `sizes` (V,) are the rows of each value of
        the column that says, None where folds are random."""
        if not spec.tuned:
            return cls((), None)
        count = 0 if outer is None else outer.k * outer.repeats
        if sizes is None:
            random = FoldRule(spec.inner, "random", 1, folding.drawn_with)
            return cls((random,) * count, random)
        final = FoldRule.of(inner_folds_of_values(sizes, folding, spec), labelled=True)
        inner = []
        for index in range(count):
            assert outer is not None and outer.by_label is not None
            repeat, fold = divmod(index, outer.k)
            of_values = outer.by_label[repeat]
            within = np.flatnonzero(learned_from(of_values, fold, outer.ordered))
            made = inner_folds_of_values(sizes[within], folding, spec)
            every = np.full(len(sizes), -1)
            every[within] = made.assignment[0]
            inner.append(replace(FoldRule.of(made, labelled=True), by_label=(every,)))
        return cls(tuple(inner), final)


@dataclass(frozen=True)
class StreamedInside(Inside):
    """Rows that stand for those that models are tuned on and fitted to, and the moments of the folds of these."""

    passed: Streamed

    def tuning(self, prepared: Prepared, folding: FoldSpec, spec: CompareSpec) -> tuple[Folds, Engine]:
        """The folds that were drawn as the rows passed."""
        folds, _ = self.passed.folds(folding)
        return folds, self.passed.engine(prepared, folds, folding)


@dataclass(frozen=True)
class StreamedParts:
    """The parts of each outer fold, of which the moments are `test` and `train`, `inner` those of its inner folds by
    `rules`. Columns are those of `whole`, those that mark filled cells, and y."""

    whole: Streamed
    test: Sequence[Moments]
    train: Sequence[Moments]
    inner: Sequence[tuple[Moments, ...]]
    rules: Sequence[FoldRule]
    intercept: bool

    def of(self, index: int) -> Part:
        """Rows that stand for both."""
        design, filled = self.whole.design, self.whole.filled
        test, train = self.test[index], self.train[index]
        p = len(design.names)
        if filled.size:
            test, train = refilled(test, train, filled, self.whole.fills)
        live = varying(train.low[:p], train.high[:p], self.intercept)
        inside = _standing(design, train.only(np.append(live, p)), live, self.intercept)
        groups: Groups = ()
        marked = np.zeros(0, dtype=np.intp)
        if self.inner:
            marks = [place for place, j in enumerate(filled) if j in live]
            marked = np.searchsorted(live, filled[marks])
            these = np.array([*live, *(p + place for place in marks), p + filled.size], dtype=np.intp)
            groups = (tuple(one.only(these) for one in self.inner[index]),)
        passed = Streamed(inside, self.rules[index] if self.rules else None, groups, marked)
        tested = test.only(np.append(live, p))
        rows = stand_ins(tested) + tested.mean
        outside = replace(
            inside,
            X=np.asfortranarray(rows[:, :-1]),
            y=rows[:, -1],
            weights=np.full(len(rows), test.weight / len(rows)),
        )
        return Part(StreamedInside(inside, passed), outside, live)

    def weights(self) -> tuple[Vector, Vector]:
        """As the moments hold them."""
        return np.array([one.weight for one in self.test]), np.array([one.weight for one in self.train])


@dataclass(frozen=True)
class StreamedComparison(Streamed):
    """The same with the moments of folds within folds, of the columns of `groups`."""

    rules: Rules = Rules((), None)
    inner: tuple[tuple[Moments, ...], ...] = ()
    final: tuple[Moments, ...] = ()

    @classmethod
    def of(cls, plain: Streamed, rules: Rules, sums: NestedSum, kept: Index) -> StreamedComparison:
        """`kept` are the columns of `sums` that `plain` has."""
        inner = tuple(tuple(one.only(kept) for one in groups) for groups in sums.inner)
        final = tuple(one.only(kept) for one in sums.final)
        return cls(plain.design, plain.rule, plain.groups, plain.filled, plain.said, rules, inner, final)

    def inside(self) -> Inside:
        """Rows that stand for all."""
        groups = (self.final,) if self.final else ()
        return StreamedInside(self.design, Streamed(self.design, self.rules.final, groups, self.filled))

    def parts(self, folds: Folds, intercept: bool) -> StreamedParts:
        """Rows that stand for those of each fold."""
        test, train = parted(self.groups, folds.ordered)
        whole = Streamed(self.design, self.rule, self.groups, self.filled)
        return StreamedParts(whole, test, train, self.inner, self.rules.inner, intercept)


def _standing(design: Design, moments: Moments, live: Index, intercept: bool) -> Design:
    """Some of the columns of some rows with these moments, as a design of their own."""
    few = StandIns.of(moments, intercept)
    assert design.condensed is not None
    condensed = Condensed(
        moments.rows, None, (0.0, 0.0), few.origin, few.twins, design.condensed.engine, design.condensed.passes
    )
    encoding = design.encoding if live.size == len(design.names) else design.encoding.only(live.tolist())
    return replace(design, X=few.X, y=few.y, weights=few.weights, encoding=encoding, condensed=condensed)
