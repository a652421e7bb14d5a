"""Nested cross-validation: in every fold each model is tuned and fitted on the training rows alone, and then judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.problem.families.survival import events_of
from regcli.problem.measures.losses import fold_losses
from regcli.problem.objective import Certificate
from regcli.select.asking import FoldResult, is_constant
from regcli.select.by_rows import check_classes, without_features
from regcli.select.folds import Folds
from regcli.select.parallel import run_folds
from regcli.solve.classes import present
from regcli.specs import CompareSpec, FoldSpec, Measure, ModelSpec
from regcli.workflows.judging import parts
from regcli.workflows.preparing import sample_of
from regcli.workflows.rivals import Contender, Fitted, Inside, fit_all

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """One model in one fold: its mean losses on test and training rows, what it selected of what varies there (p,), its
    strength (nan where the rows taught nothing) and on how many folds that was tuned (0: it was not), the worst figures
    of all its fits."""

    test: float
    train: float
    selected: Mask
    varying: Mask
    tuned_on: int
    alpha: float
    l1_ratio: float
    seconds: float
    gap: float
    violation: float
    certified: bool


@dataclass(frozen=True)
class Judged:
    """Every model in every fold: `verdicts` [fold of R K][model]; the weight of the test rows of each fold, and of
    the rows that it learned from, (R K,)."""

    folds: Folds
    verdicts: list[list[Verdict]]
    tested: Vector
    learned: Vector

    def test(self, model: int) -> Vector:
        """The mean test losses of a model (R K,)."""
        return np.array([fold[model].test for fold in self.verdicts])

    def train(self, model: int) -> Vector:
        """Its mean training losses (R K,)."""
        return np.array([fold[model].train for fold in self.verdicts])

    def selected(self, model: int) -> Mask:
        """What it selected (R K, p)."""
        return np.array([fold[model].selected for fold in self.verdicts])

    def varying(self) -> Mask:
        """Which columns (p,) vary in the training rows of every fold."""
        return np.asarray(np.all([fold[0].varying for fold in self.verdicts], axis=0))

    @property
    def overlap(self) -> float:
        """The weight of the test rows over that of the training rows."""
        return float(self.tested.sum() / self.learned.sum())


@dataclass(frozen=True)
class Part:
    """What a fold learns from, `inside`, and is tested on, `outside`: of the columns that vary inside, `live`."""

    inside: Inside
    outside: Design
    live: NDArray[np.intp]


class Parts(Protocol):
    """The parts of each fold; it can be sent to other processes."""

    def of(self, index: int) -> Part:
        """Those of fold `index` of all repeats."""

    def weights(self) -> tuple[Vector, Vector]:
        """The weight of the test rows of each fold, and of the rows that it learns from, (R K,)."""


@dataclass(frozen=True)
class HeldParts:
    """The rows of a design, cut by its folds."""

    design: Design
    folds: Folds
    intercept: bool

    def of(self, index: int) -> Part:
        """The rows themselves."""
        design = self.design
        train, test = (part(*divmod(index, self.folds.k)) for part in (self.folds.train, self.folds.test))
        X = design.X if design.relearn is None else design.relearn(train)
        live = varying(X[train].min(axis=0), X[train].max(axis=0), self.intercept)
        return Part(Inside(_part(design, train, X, live)), _part(design, test, X, live), live)

    def weights(self) -> tuple[Vector, Vector]:
        """Sums over rows."""
        own = np.ones(len(self.design.y)) if self.design.weights is None else self.design.weights
        own = own * events_of(self.design.y) if self.design.family == "cox" else own
        pairs = [divmod(index, self.folds.k) for index in range(self.folds.k * len(self.folds.assignment))]
        tested, learned = (
            np.array([own[part(*pair)].sum() for pair in pairs]) for part in (self.folds.test, self.folds.train)
        )
        return tested, learned


@dataclass(frozen=True)
class Nested:
    """What is done in each fold; it can be sent to other processes."""

    parts: Parts
    width: int
    rivals: list[Contender]
    spec: CompareSpec
    folding: FoldSpec
    folds: Folds

    def __call__(self, index: int) -> list[Verdict]:
        """Each model tuned and fitted on the training rows of fold `index`, and judged by its test rows."""
        part = self.parts.of(index)
        inside, live = part.inside.design, part.live
        intercept = self.rivals[0].model.intercept
        learned = sample_of(inside, self.rivals[0].model)
        check_classes(without_features(learned, intercept), index % self.folds.k)
        y = learned.y
        if live.size == 0 or (intercept and np.all(y.max(axis=0) == y.min(axis=0))):
            nothing = np.zeros(self.width, dtype=bool)
            losses = _null_losses(inside, part.outside, self.rivals[0].model, self.folding.judge)
            return [Verdict(*losses, nothing, nothing, 0, np.nan, np.nan, 0.0, 0.0, 0.0, True) for _ in self.rivals]
        found = fit_all(part.inside, self.rivals, self.spec, self.folding)
        return [self._verdict(one, part.outside, live) for one in found]

    def _verdict(self, one: Fitted, outside: Design, live: NDArray[np.intp]) -> Verdict:
        problem, solution, measure = one.prepared.problem, one.solution, self.folding.judge
        selected, varying = np.zeros((2, self.width), dtype=bool)
        selected[live], varying[live] = present(solution.coef, live.size), True
        learned, tested = parts(one.prepared, solution, outside)
        rulings: list[Certificate | FoldResult] = [solution.certificate, *(one.curve.folds if one.curve else ())]
        of, beside = ((part.y, part.eta[None], part.weights) for part in (learned, tested))
        test, train = fold_losses(measure, problem.family, of, beside)[:, 0].tolist()
        return Verdict(
            test=test,
            train=train,
            selected=selected,
            varying=varying,
            tuned_on=0 if one.tuning is None else one.tuning.k,
            alpha=problem.alpha,
            l1_ratio=one.prepared.model.ratio,
            seconds=one.seconds,
            gap=max(ruling.gap for ruling in rulings),
            violation=max(ruling.violation for ruling in rulings),
            certified=all(ruling.certified for ruling in rulings),
        )


def judge(nested: Nested, jobs: int, tell: Callable[[int, int], None]) -> Judged:
    """Every model judged on every fold."""
    folds = nested.folds
    verdicts = run_folds(nested, folds.k * len(folds.assignment), jobs, tell)
    return Judged(folds, verdicts, *nested.parts.weights())


def _null_losses(inside: Design, outside: Design, model: ModelSpec, measure: Measure) -> tuple[float, float]:
    """What the model without features costs on test rows, and on the rows that it learned from."""
    learned, tested = sample_of(inside, model), sample_of(outside, model)
    null = without_features(learned, model.intercept)
    of, beside = ((one.y, one.predictors(null.null_intercept, 1), one.weights) for one in (learned, tested))
    test, train = fold_losses(measure, null.family, of, beside)[:, 0].tolist()
    return test, train


def varying(low: Vector, high: Vector, intercept: bool) -> NDArray[np.intp]:
    """The columns that teach something, of such extremes (p,)."""
    if not intercept:
        return np.flatnonzero((low != 0) | (high != 0))
    return np.flatnonzero(~is_constant(low, high, np.maximum(np.abs(low), np.abs(high))))


def _part(design: Design, rows: Mask, X: NDArray[np.float64], live: NDArray[np.intp]) -> Design:
    """Some rows as a design of their own."""
    labels = None if design.labels is None else np.unique(design.labels[rows], return_inverse=True)[1]
    return replace(
        design,
        X=np.asfortranarray(X[np.ix_(rows, live)]),
        y=design.y[rows],
        weights=None if design.weights is None else design.weights[rows],
        offset=None if design.offset is None else design.offset[rows],
        encoding=design.encoding if live.size == X.shape[1] else design.encoding.only(live.tolist()),
        train=design.train[rows],
        labels=labels,
        lines=list,
    )
