"""Cross-validation: the folds' errors along the alphas, their mean and its standard error, and what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regcli.select.asking import Ask, Engine, FoldResult
from regcli.select.grid import Grid
from regcli.select.parallel import run_folds

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """The answers of all folds (K of each of R repeats, one repeat after the other) to one `Ask`, side by side.

    `at_edge` says at which end of the grid the least error still lies, `extended` by how many alphas the grid grew.
    """

    ask: Ask
    k: int
    folds: tuple[FoldResult, ...]
    extended: int = 0

    @cached_property
    def alphas(self) -> Vector:
        """(A,), falling."""
        return self.ask.alphas

    @cached_property
    def per_fold(self) -> Matrix:
        """The test errors (R K, A)."""
        return np.array([fold.test for fold in self.folds])

    @cached_property
    def mean(self) -> Vector:
        """The mean test error over folds by their weight, and over repeats, (A,)."""
        return self._mean_and_se[0]

    @cached_property
    def se(self) -> Vector:
        """Its standard error (A,)."""
        return self._mean_and_se[1]

    @cached_property
    def train_mean(self) -> Vector:
        """The mean training error (A,), by the weight of the test rows."""
        return mean_and_error(np.array([fold.train for fold in self.folds]), self._weights, self.k)[0]

    @cached_property
    def null(self) -> tuple[float, float, float]:
        """Of the model without features: mean test error, its standard error, mean training error."""
        test = np.array([[fold.null_test] for fold in self.folds])
        train = np.array([[fold.null_train] for fold in self.folds])
        mean, se = mean_and_error(test, self._weights, self.k)
        return float(mean[0]), float(se[0]), float(mean_and_error(train, self._weights, self.k)[0][0])

    @cached_property
    def best(self) -> int:
        """The index of the least mean error; of equal ones that of the larger alpha."""
        return int(np.argmin(self.mean))

    @cached_property
    def one_se(self) -> int:
        """The index of the largest alpha whose mean error is within one standard error of the least."""
        return int(np.argmax(self.mean <= self.mean[self.best] + self.se[self.best]))

    @cached_property
    def _mean_and_se(self) -> tuple[Vector, Vector]:
        return mean_and_error(self.per_fold, self._weights, self.k)

    @cached_property
    def _weights(self) -> Vector:
        return np.array([fold.weight for fold in self.folds])

    def selection(self, index: int, reference: Vector) -> tuple[Vector, Vector]:
        """How often each feature was selected over the folds, (p,), and in which share of those its sign was that of
        `reference` (p,), or of the majority where that is 0; nan for what was never selected."""
        signs = np.array([fold.signs[index] for fold in self.folds], dtype=np.int64)
        chosen = np.count_nonzero(signs, axis=0)
        direction = np.where(reference != 0, np.sign(reference), np.where(signs.sum(axis=0) < 0, -1, 1))
        agreeing = np.sum(signs == direction, axis=0)
        with np.errstate(invalid="ignore"):
            return chosen / len(signs), np.where(chosen > 0, agreeing / np.maximum(chosen, 1), np.nan)


def mean_and_error(errors: Matrix, weights: Vector, k: int) -> tuple[Vector, Vector]:
    """The mean of fold errors (R K, A) over the folds by weight (R K,), averaged over repeats, and its standard error.

    Within a repeat the squared standard error is sum W (E - mean)^2 / sum W / (K - 1); over repeats these are
    averaged, not divided by their number: repeats look at the same rows again.
    """
    # Errors are squares already: brought near 1, their squares neither over- nor underflow, whatever the unit of y.
    unit = float(np.max(errors, initial=0.0)) or 1.0
    table, weight = (errors / unit).reshape(-1, k, errors.shape[1]), weights.reshape(-1, k, 1)
    total = weight.sum(axis=1)
    means = (weight * table).sum(axis=1) / total
    squares = (weight * (table - means[:, None]) ** 2).sum(axis=1) / total / max(k - 1, 1)
    return unit * means.mean(axis=0), unit * np.sqrt(squares.mean(axis=0))


def cross_validate(
    engine: Engine,
    ask: Ask,
    k: int,
    count: int,
    jobs: int = 1,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Curve:
    """Fit and test all `count` folds, `k` in each repeat."""
    return Curve(ask, k, tuple(run_folds(partial(engine.run, ask=ask), count, jobs, tell)))


def extended(
    engine: Engine, curve: Curve, grid: Grid, ridge: bool, jobs: int = 1,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Curve:  # fmt: skip
    """The curve with a drawn grid extended where its least error lies at an end: the low one, for ridge the high one
    too."""
    edge = at_edge(curve)
    if not grid.drawn or edge is None or (edge == "high" and not ridge):
        return curve
    low = edge == "low"
    alphas = grid.beyond(low)
    if alphas.size == 0:
        return curve
    more = cross_validate(engine, replace(curve.ask, alphas=alphas), curve.k, len(curve.folds), jobs, tell)
    parts = (curve, more) if low else (more, curve)
    folds = tuple(_joined(a, b) for a, b in zip(parts[0].folds, parts[1].folds, strict=True))
    ask = replace(curve.ask, alphas=np.concatenate([part.alphas for part in parts]))
    return Curve(ask, curve.k, folds, len(alphas))


def at_edge(curve: Curve) -> Literal["low", "high"] | None:
    """The end of the grid at which the least error lies, if it lies at one; a single alpha has no ends."""
    if len(curve.alphas) < 2:
        return None
    return {0: "high", len(curve.alphas) - 1: "low"}.get(curve.best)  # type: ignore[return-value]


def _joined(first: FoldResult, second: FoldResult) -> FoldResult:
    return replace(
        first,
        test=np.concatenate([first.test, second.test]),
        train=np.concatenate([first.train, second.train]),
        signs=np.concatenate([first.signs, second.signs]),
        gap=max(first.gap, second.gap),
        violation=max(first.violation, second.violation),
        certified=first.certified and second.certified,
    )


def best_of(curves: Sequence[Curve]) -> int:
    """Which of several curves has the least mean error; of equal ones the first."""
    return int(np.argmin([curve.mean[curve.best] for curve in curves]))
