"""Cross-validation from the rows: each fold scales its training rows, solves its path and predicts its test rows.

For what moments cannot serve: as many features as rows or more, absolute error, and more folds than memory holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.features.scaling import Scaling, first_equal_columns, learn_scaling
from regcli.errors import DataError
from regcli.problem.families import GAUSSIAN, Family, mean
from regcli.problem.families.survival import events_of
from regcli.problem.measures.losses import fold_losses
from regcli.problem.measures.survival import event_weight
from regcli.problem.objective import Problem
from regcli.problem.penalties import ElasticNet
from regcli.select.asking import Ask, FoldResult, is_constant
from regcli.select.folds import Folds
from regcli.select.measuring import balanced_weights
from regcli.select.pathwise import SolutionPath, solve_path
from regcli.solve.classes import present
from regcli.solve.endless import endless
from regcli.specs import Measure

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """What is known of rows beside their features: the targets y (n,), of K classes (n, K), the family, how much each
    row counts (n,), what its linear predictor has beside the features, like y; None for 1 and for 0.

    Squared error has its offset, and where there is an intercept a number near its mean, taken off y. `balanced`: to
    learn from, the rows of each class count alike.
    """

    y: NDArray[np.float64]
    family: Family = GAUSSIAN
    weights: Vector | None = None
    offset: NDArray[np.float64] | None = None
    balanced: bool = False

    def only(self, rows: NDArray[np.bool_]) -> Sample:
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, y=self.y[rows], weights=weights, offset=None if self.offset is None else self.offset[rows])

    @property
    def beside(self) -> Any:
        """The offset, or 0."""
        return 0.0 if self.offset is None else self.offset

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return float(len(self.y) if self.weights is None else self.weights.sum())

    @property
    def testing(self) -> float:
        """What these rows weigh as a test: of survival times the events do."""
        return event_weight(self.y, self.weights) if self.family.name == "cox" else self.total

    def predictors(self, eta: Any, count: int) -> NDArray[np.float64]:
        """Linear predictors with the offset of these rows: (A, n) or (A, n, K) as they are given without, or one level
        for all rows, `count` times."""
        if np.ndim(eta) < 2:
            shape = (len(self.y),) if self.family.name == "cox" else self.y.shape
            eta = np.broadcast_to(np.zeros(shape) + eta, (count, *shape))
        return np.asarray(eta + self.beside)


class RowsEngine:
    """The columns X (n, p) as they stand in the file, and what else is known of their rows.

    `measure` is what tests are measured by. `relearn` makes X anew with what the training rows (n,) of a fold alone
    teach of fill values and the like; None where they teach nothing but means and scales.
    """

    name = "rows"

    def __init__(
        self,
        X: Matrix,
        sample: Sample,
        folds: Folds,
        measure: Measure = "deviance",
        relearn: Callable[[NDArray[np.bool_]], Matrix] | None = None,
    ) -> None:
        self.X, self.sample, self.folds, self.measure, self.relearn = X, sample, folds, measure, relearn
        twins = first_equal_columns(X, True)
        self.twins = np.arange(X.shape[1]) if twins is None else twins

    def run(self, index: int, ask: Ask) -> FoldResult:
        """The path of one fold."""
        repeat, fold = divmod(index, self.folds.k)
        train, test = self.folds.train(repeat, fold), self.folds.test(repeat, fold)
        everything = self.X if self.relearn is None else self.relearn(train)
        X, inside, outside = everything[train], self.sample.only(train), self.sample.only(test)
        problem = without_features(inside, ask.intercept)
        check_classes(problem, fold)
        low, high = X.min(axis=0), X.max(axis=0)
        constant = is_constant(low, high, np.maximum(np.abs(low), np.abs(high)))
        live = np.flatnonzero(~constant if ask.intercept else (low != 0) | (high != 0))
        signs = np.zeros((len(ask.alphas), X.shape[1]), dtype=np.int8)
        level = problem.null_intercept
        fitted, predicted = level, level
        ruled = 0.0, 0.0, True
        repeated = np.zeros(0, dtype=np.intp)
        varies = bool(np.any(inside.y.max(axis=0) > inside.y.min(axis=0))) or not ask.intercept
        s_y = problem.deviation if varies else 0.0
        if s_y > 0 and live.size:
            # About a row of their own, columns keep the digits that a mean far from zero would cost them.
            near = X[0, live] if ask.intercept else np.zeros(live.size)
            scaling, Z = _scaled(X[:, live] - near, constant[live], ask.intercept, problem.weights)
            shape = ask.penalty(problem.total, s_y, scaling.scale, live).repeated(problem.outputs)
            twins = first_equal_columns(X[:, live], ask.intercept)
            problem = replace(problem, Z=Z, penalty=shape, twins=twins)
            _check_separation(replace(problem, alpha=float(ask.alphas[-1])), fold)
            path = solve_path(problem, ask.alphas, ask.solver)
            if twins is not None:
                always = ask.spare(self.twins, np.arange(X.shape[1]))[live]
                repeated = live[ask.spare(twins, live) & ~always]
            signs[:, live] = _signs(path.coefs, problem.outputs)
            fitted = _along(path, Z)
            predicted = _along(path, scaling.apply(everything[np.ix_(test, live)] - near))
            ruled = path.rulings.worst
        errors = self._errors(problem.family, inside, outside, fitted, predicted, len(ask.alphas))
        null = self._errors(problem.family, inside, outside, level, level, 1)
        return FoldResult(
            weight=outside.testing,
            test=errors[0],
            train=errors[1],
            null_test=float(null[0, 0]),
            null_train=float(null[1, 0]),
            signs=signs,
            gap=ruled[0],
            violation=ruled[1],
            certified=ruled[2],
            constant=tuple(np.flatnonzero(constant).tolist()),
            repeated=tuple(repeated.tolist()),
        )

    def _errors(
        self, family: Family, inside: Sample, outside: Sample, fitted: Any, predicted: Any, count: int
    ) -> Matrix:
        """The mean losses (2, A) of the rows outside and of those inside, of linear predictors (A, n) or (A, n, K) of
        each, or of one level for all rows and alphas."""
        learned = inside.y, inside.predictors(fitted, count), inside.weights
        tested = outside.y, outside.predictors(predicted, count), outside.weights
        return fold_losses(self.measure, family, learned, tested)


def without_features(sample: Sample, intercept: bool) -> Problem:
    """The problem of the model without features, of the family that these rows teach."""
    nothing, family = np.zeros(0), sample.family
    weights = balanced_weights(sample.y, sample.weights) if sample.balanced else sample.weights
    if family.learn is not None:
        family = family.learn(sample.y - sample.beside, weights, intercept)
    return Problem(
        np.zeros((len(sample.y), 0)), sample.y, ElasticNet(nothing, nothing), 0.0, intercept and family.has_level,
        weights, family, offset=sample.offset,
    )  # fmt: skip


def check_classes(problem: Problem, fold: int) -> None:
    """DataError where the training rows cannot say how likely a class is, or an event."""
    if problem.family.name == "cox" and not events_of(problem.y).any():
        raise DataError(f"the training rows of fold {fold + 1} have no event", hint="fewer --folds")
    if not problem.family.has_classes:
        return
    share = np.atleast_1d(mean(problem.y, problem.weights))
    if np.any(share <= 0) or (problem.outputs == 1 and share[0] >= 1):
        raise DataError(f"the training rows of fold {fold + 1} lack a class", hint="fewer --folds")


def _check_separation(problem: Problem, fold: int) -> None:
    """DataError where unpenalised coefficients have no end in these training rows."""
    if endless(problem) is not None:
        do = "order the events in" if problem.family.name == "cox" else "separate"
        what = f"the unpenalised columns {do} the training rows of fold {fold + 1}: their coefficients have no end"
        raise DataError(what, hint="penalise them too")


def _signs(coefs: Matrix, outputs: int) -> NDArray[np.int8]:
    """The signs of coefficients (A, p); of several classes 1 where any has one."""
    if outputs == 1:
        return np.sign(coefs).astype(np.int8)
    return present(coefs, coefs.shape[1] // outputs).astype(np.int8)


def _along(path: SolutionPath, Z: Matrix) -> NDArray[np.float64]:
    """Linear predictors of rows Z (n, p) without their offset: (A, n), of K classes (A, n, K)."""
    if path.intercepts.ndim == 1:
        return np.asarray(path.intercepts[:, None] + path.coefs @ Z.T)
    tables = path.coefs.reshape(*path.intercepts.shape, -1)
    return np.asarray(path.intercepts[:, None, :] + np.einsum("nj,akj->ank", Z, tables, optimize=True))


def _scaled(X: Matrix, constant: NDArray[np.bool_], centre: bool, weights: Vector | None) -> tuple[Scaling, Matrix]:
    """What is learned of the columns, and the columns scaled; constant ones stay as they stand in the file."""
    vary = np.flatnonzero(~constant)
    mean, scale, Z = np.zeros(X.shape[1]), np.ones(X.shape[1]), np.asfortranarray(X)
    if vary.size:
        learned, Z[:, vary] = learn_scaling(np.asfortranarray(X[:, vary]), [str(j) for j in vary], centre, weights)
        mean[vary], scale[vary] = learned.mean, learned.scale
    return Scaling(mean, scale, centre), Z
