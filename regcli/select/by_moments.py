"""Cross-validation of squared error from moments alone: one pass over the rows, then nothing that grows with them.

The moments are those of columns that were centred and scaled over all rows beforehand. That changes no fold's answer
(each standardizes its training rows anew) and keeps the digits of columns far from zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.data.features.scaling import first_equal_columns
from regcli.problem.certificate import Rulings, Yardstick, rule
from regcli.problem.moments import Moments, complements, moments_by_group, prefixes, together
from regcli.problem.penalties import ElasticNet
from regcli.select.asking import EPS, Ask, FoldResult, is_constant
from regcli.select.condensed import equal_columns
from regcli.select.folds import Folds
from regcli.solve.at_once import along
from regcli.solve.bounded import while_inside
from regcli.solve.direct import is_ridge, ridge_along
from regcli.solve.quadratic import Quadratic

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

ALIKE = 1e-12
"""Columns whose correlation is this near to 1 are looked at row by row."""
LOST = 1e-9
"""An error that rounding may change by more than this share of it is taken from the rows."""


@dataclass(frozen=True)
class MomentPath:
    """Solutions along the alphas: coefficients (A, p) of the columns as the moments have them and of standardized
    ones, intercepts (A,), mean squared training errors (A,), rulings; columns (p,) that are `constant` or repeat an
    earlier one on these rows; the Gram matrix of the standardized columns (p, p), 0 where they play no part."""

    coefs: Matrix
    standardized: Matrix
    intercepts: Vector
    mean_square: Vector
    rulings: Rulings
    constant: Mask
    repeated: Mask
    gram: Matrix


@dataclass(frozen=True)
class Behind:
    """The rows behind the moments: X (n, p) in the units of the file, Z (n, p) and y (n,) as the moments have them,
    weights (n,) or None. Looked at where moments leave too few digits."""

    X: Matrix
    Z: Matrix
    y: Vector
    weights: Vector | None

    def errors(self, rows: Mask, coefs: Matrix, intercepts: Vector) -> Vector:
        """Mean squared errors (A,) on some of the rows (n,)."""
        residual = self.y[rows, None] - intercepts - self.Z[rows] @ coefs.T
        weights = None if self.weights is None else self.weights[rows]
        return np.asarray(np.average(residual**2, axis=0, weights=weights))


def parted(groups: Sequence[Sequence[Moments]], ordered: bool) -> tuple[list[Moments], list[Moments]]:
    """The moments that each fold of all repeats tests, and those that it learns from; `groups` are for each repeat
    those never tested, then those of the folds, which if they are `ordered` learn from earlier ones only."""
    test: list[Moments] = []
    train: list[Moments] = []
    for one in groups:
        test += one[1:]
        train += prefixes(one)[1:] if ordered else complements(one)[1:]
    return test, train


class MomentsEngine:
    """Moments of every fold and of the rows that it learns from.

    The moments, of the rows that each fold tests, of those that it learns from, and of the `whole`, are those of
    columns centred (where there is an intercept) and divided by `scale` (p,), `mean` (p,) their means, both in the
    units of the file; and of y (n,), centred where they are. `twins` (p,) or None holds for each column the index of
    the first that is equal to it: under a penalty that would not share, that one takes it all. Without the rows
    `behind` moments have to do.
    """

    name = "moments"

    def __init__(
        self,
        test: Sequence[Moments],
        train: Sequence[Moments],
        whole: Moments,
        mean: Vector,
        scale: Vector,
        folds: Folds,
        twins: NDArray[np.intp] | None = None,
        behind: Behind | None = None,
    ) -> None:
        self.test, self.train, self.all = test, train, whole
        self.folds, self.behind = folds, behind
        self.twins = np.arange(len(scale)) if twins is None else twins
        self.mean, self.scale, self.offset = mean, scale, np.abs(mean / scale)

    @classmethod
    def of_rows(
        cls,
        X: Matrix,
        Z: Matrix,
        y: Vector,
        mean: Vector,
        scale: Vector,
        folds: Folds,
        twins: NDArray[np.intp] | None = None,
        weights: Vector | None = None,
    ) -> MomentsEngine:
        """The engine of rows X (n, p), scaled to Z (n, p), that count by `weights` (n,)."""
        groups = [moments_by_group(Z, y, rows + 1, folds.k + 1, weights) for rows in folds.assignment]
        whole = together(groups[-1])
        return cls(*parted(groups, folds.ordered), whole, mean, scale, folds, twins, Behind(X, Z, y, weights))

    def run(self, index: int, ask: Ask) -> FoldResult:
        """The path of one fold: fitted to its training moments, tested on its test moments."""
        train, test = self.train[index], self.test[index]
        repeat, fold = divmod(index, self.folds.k)
        path = self.fit(train, ask, lambda: self.folds.train(repeat, fold))
        errors = self._errors(test, path.coefs, path.intercepts, lambda: self.folds.test(repeat, fold))
        gap, violation, certified = path.rulings.worst
        null = train.mean[-1] if ask.intercept else 0.0
        return FoldResult(
            weight=test.weight,
            test=errors,
            train=path.mean_square,
            null_test=_about(test, float(null)),
            null_train=_about(train, float(null)),
            signs=np.sign(path.coefs).astype(np.int8),
            gap=gap,
            violation=violation,
            certified=certified,
            constant=tuple(np.flatnonzero(path.constant).tolist()),
            repeated=tuple(np.flatnonzero(path.repeated).tolist()),
        )

    def fit(self, moments: Moments, ask: Ask, rows: Callable[[], Mask]) -> MomentPath:
        """The solutions for the `rows` (n,) that `moments` stand for."""
        p = len(self.scale)
        low, high = moments.low[:p], moments.high[:p]
        reach = np.maximum(np.abs(low), np.abs(high)) + (self.offset if ask.intercept else 0.0)
        constant = is_constant(low, high, reach)
        # Without an intercept a constant column is kept as it stands in the file.
        unit = np.where(constant, 1 / self.scale, moments.deviation[:p])
        products = _products(moments, ask.intercept)
        takes_part = ~constant if ask.intercept else np.diagonal(products)[:p] > 0
        if ask.translation.rest == 0:
            takes_part = takes_part & ~ask.spare(self.twins, np.arange(p))
            repeated = self._repeated(moments, products, takes_part, rows, ask)
            takes_part = takes_part & ~repeated
        else:
            repeated = np.zeros(p, dtype=bool)
        live = np.flatnonzero(takes_part)
        system = Quadratic(
            products[np.ix_(live, live)] / np.outer(unit[live], unit[live]), products[live, p] / unit[live]
        )
        varies = moments.high[p] > moments.low[p] or not ask.intercept
        s_y = float(np.sqrt(products[p, p])) if varies else 0.0
        standardized = np.zeros((len(ask.alphas), p))
        exact = np.zeros(len(ask.alphas))
        rulings = Rulings(exact, exact, exact == 0)
        if s_y > 0 and live.size:
            penalty = ask.penalty(moments.weight, s_y, (unit * self.scale)[live], live)
            standardized[:, live], rulings = _solved(system, penalty, ask.alphas, s_y)
        coefs = standardized / unit
        intercepts = moments.mean[p] - coefs @ moments.mean[:p] if ask.intercept else np.zeros(len(coefs))
        errors = self._errors(moments, coefs, intercepts, rows)
        gram = np.zeros((p, p))
        gram[np.ix_(live, live)] = system.matrix
        return MomentPath(coefs, standardized, intercepts, errors, rulings, constant, repeated, gram)

    def _errors(self, moments: Moments, coefs: Matrix, intercepts: Vector, rows: Callable[[], Mask]) -> Vector:
        """Mean squared errors (A,), those that moments leave too few digits of from the `rows` themselves."""
        errors, terms = squared_errors(moments, coefs, intercepts)
        lost = np.flatnonzero(EPS * terms > LOST * errors)
        if lost.size and self.behind is not None:
            errors[lost] = self.behind.errors(rows(), coefs[lost], intercepts[lost])
        return errors

    def _repeated(
        self, moments: Moments, products: Matrix, takes_part: Mask, rows: Callable[[], Mask], ask: Ask
    ) -> Mask:
        """Which columns (p,) another makes needless on these rows, though not in the whole file."""
        live = np.flatnonzero(takes_part)
        size = np.sqrt(np.diagonal(products)[live])
        alike = np.triu(np.abs(products[np.ix_(live, live)]) >= (1 - ALIKE) * np.outer(size, size), 1)
        repeated = np.zeros(len(takes_part), dtype=bool)
        if np.any(alike):
            suspects = live[np.any(alike | alike.T, axis=0)]
            if self.behind is not None:
                first = first_equal_columns(self.behind.X[np.ix_(rows(), suspects)], ask.intercept)
            else:
                first = equal_columns(self._in_file_units(moments, suspects), ask.intercept)
            if first is not None:
                repeated[suspects] = ask.spare(first, suspects)
        return repeated

    def _in_file_units(self, moments: Moments, columns: NDArray[np.intp]) -> Moments:
        """Those of some columns and y, the columns in the units of the file."""
        these, scale = np.append(columns, len(self.scale)), np.append(self.scale[columns], 1.0)
        mean = np.append(self.mean[columns], 0.0)
        cross = moments.cross[np.ix_(these, these)] * np.outer(scale, scale)
        ends = (one[these] * scale + mean for one in (moments.low, moments.high))
        return Moments(moments.rows, moments.weight, moments.mean[these] * scale + mean, cross, *ends)


def _solved(system: Quadratic, penalty: ElasticNet, alphas: Vector, s_y: float) -> tuple[Matrix, Rulings]:
    """Coefficients (A, p) and rulings of the quadratic along the alphas."""
    by = Yardstick.of(system.linear, 0.5 * s_y**2)
    steps = list(_along(system, penalty, alphas.tolist()))
    coefs, pulls = np.array([coef for coef, _ in steps]), np.array([pull for _, pull in steps])
    mean_square = np.maximum(s_y**2 - np.sum((system.linear + pulls) * coefs, axis=1), 0.0)
    return coefs, rule(penalty, alphas, coefs, pulls, mean_square, np.zeros(len(alphas)), by)


def _along(system: Quadratic, penalty: ElasticNet, alphas: list[float]) -> Iterator[tuple[Vector, Vector]]:
    """For each alpha the coefficients (p,) and their pull (p,); without bounds as long as these do not act."""
    if penalty.bounded:
        free = _along(system, penalty.unbounded, alphas)
        yield from while_inside(penalty, free, lambda done: along(system, penalty, alphas[done:]), lambda step: step[0])
    elif is_ridge(penalty.at(1.0)) and alphas[-1] > 0:
        coefs = ridge_along(system, penalty.l2, alphas)
        yield from zip(coefs, system.linear - coefs @ system.matrix, strict=True)
    else:
        yield from along(system, penalty, alphas)


def _products(moments: Moments, intercept: bool) -> Matrix:
    """Mean products (q, q): about the means, or without an intercept about zero."""
    products = moments.cross / moments.weight
    return products if intercept else products + np.outer(moments.mean, moments.mean)


def _about(moments: Moments, centre: float) -> float:
    """The mean square of the target about `centre`."""
    return float(moments.cross[-1, -1] / moments.weight + (moments.mean[-1] - centre) ** 2)


def squared_errors(moments: Moments, coefs: Matrix, intercepts: Vector) -> tuple[Vector, Vector]:
    """Mean squared errors (A,) of linear models on the rows of `moments`, and the sums of the absolute terms (A,).

    S_yy - 2 b'S_xy + b'S_xx b + (ybar - b0 - xbar'b)^2 with products about the rows' own means.
    """
    p = coefs.shape[1]
    products = moments.cross / moments.weight
    across, within = coefs @ products[:p, p], np.einsum("ij,ij->i", coefs @ products[:p, :p], coefs)
    shift = moments.mean[p] - intercepts - coefs @ moments.mean[:p]
    errors = products[p, p] - 2 * across + within + shift**2
    size, absolute = np.abs(coefs), np.abs(products)
    terms = absolute[p, p] + 2 * size @ absolute[:p, p] + np.einsum("ij,ij->i", size @ absolute[:p, :p], size)
    reach = np.abs(moments.mean[p]) + np.abs(intercepts) + size @ np.abs(moments.mean[:p])
    return np.asarray(np.maximum(errors, 0.0)), np.asarray(terms + 2 * np.abs(shift) * reach)
