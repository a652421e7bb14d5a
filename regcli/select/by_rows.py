"""Cross-validation from the rows: each fold scales its training rows, solves its path and predicts its test rows.

For what moments cannot serve: as many features as rows or more, absolute error, and more folds than memory holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from regcli.data.features.scaling import Scaling, first_equal_columns, learn_scaling
from regcli.problem.objective import Problem
from regcli.select.asking import Ask, FoldResult, Loss, is_constant
from regcli.select.folds import Folds
from regcli.select.pathwise import solve_path

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


class RowsEngine:
    """The columns X (n, p) as they stand in the file, the target y (n,), near zero where there is an intercept.

    `loss` is what tests are measured by. `relearn` makes X anew with what the training rows (n,) of a fold alone teach
    of fill values and the like; None where they teach nothing but means and scales.
    """

    name = "rows"

    def __init__(
        self,
        X: Matrix,
        y: Vector,
        folds: Folds,
        loss: Loss = "squared",
        relearn: Callable[[NDArray[np.bool_]], Matrix] | None = None,
    ) -> None:
        self.X, self.y, self.folds, self.loss, self.relearn = X, y, folds, loss, relearn
        twins = first_equal_columns(X, True)
        self.first = np.ones(X.shape[1], dtype=bool) if twins is None else twins == np.arange(X.shape[1])

    def run(self, index: int, ask: Ask) -> FoldResult:
        """The path of one fold."""
        repeat, fold = divmod(index, self.folds.k)
        train, test = self.folds.train(repeat, fold), self.folds.test(repeat, fold)
        everything = self.X if self.relearn is None else self.relearn(train)
        X, y = everything[train], self.y[train]
        low, high = X.min(axis=0), X.max(axis=0)
        constant = is_constant(low, high, np.maximum(np.abs(low), np.abs(high)))
        live = np.flatnonzero(~constant if ask.intercept else (low != 0) | (high != 0))
        centre = float(y.mean()) if ask.intercept else 0.0
        varies = float(np.max(y)) > float(np.min(y)) or not ask.intercept
        s_y = float(np.sqrt(np.mean((y - centre) ** 2))) if varies else 0.0
        coefs = np.zeros((len(ask.alphas), X.shape[1]))
        predicted, fitted = (
            np.full((len(ask.alphas), int(test.sum())), centre),
            np.full((len(ask.alphas), len(y)), centre),
        )
        gap, violation, certified = 0.0, 0.0, True
        repeated = np.zeros(0, dtype=np.intp)
        if s_y > 0 and live.size:
            # About a row of their own, columns keep the digits that a mean far from zero would cost them.
            near = X[0, live] if ask.intercept else np.zeros(live.size)
            scaling, Z = _scaled(X[:, live] - near, constant[live], ask.intercept)
            problem = Problem(Z, y, ask.penalty(len(y), s_y, scaling.scale), 0.0, ask.intercept)
            twins = first_equal_columns(X[:, live], ask.intercept)
            path = solve_path(replace(problem, twins=twins), ask.alphas, ask.solver)
            if twins is not None and ask.translation.rest == 0:
                repeated = live[(twins != np.arange(live.size)) & self.first[live]]
            coefs[:, live] = path.coefs
            predicted = path.intercepts[:, None] + path.coefs @ scaling.apply(everything[np.ix_(test, live)] - near).T
            fitted = path.intercepts[:, None] + path.coefs @ Z.T
            gap, violation, certified = path.rulings.worst
        return FoldResult(
            weight=float(test.sum()),
            test=self._losses(self.y[test] - predicted),
            train=self._losses(y - fitted),
            null_test=float(self._losses(self.y[test] - centre)),
            null_train=float(self._losses(y - centre)),
            signs=np.sign(coefs).astype(np.int8),
            gap=gap,
            violation=violation,
            certified=certified,
            constant=tuple(np.flatnonzero(constant).tolist()),
            repeated=tuple(repeated.tolist()),
        )

    def _losses(self, residual: NDArray[np.float64]) -> Vector:
        return np.asarray(np.mean(np.abs(residual) if self.loss == "absolute" else residual**2, axis=-1))


def _scaled(X: Matrix, constant: NDArray[np.bool_], centre: bool) -> tuple[Scaling, Matrix]:
    """What is learned of the columns, and the columns scaled; constant ones stay as they stand in the file."""
    vary = np.flatnonzero(~constant)
    mean, scale, Z = np.zeros(X.shape[1]), np.ones(X.shape[1]), np.asfortranarray(X)
    if vary.size:
        learned, Z[:, vary] = learn_scaling(np.asfortranarray(X[:, vary]), [str(j) for j in vary], centre)
        mean[vary], scale[vary] = learned.mean, learned.scale
    return Scaling(mean, scale, centre), Z
