"""The ruler for many solutions of any family at once: one pass over the rows, and a second where a gap is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.certificate import (
    GAP_BOUND,
    VIOLATION_BOUND,
    Rulings,
    Yardstick,
    certify,
    features_part,
    shrink_of,
    zeros_hold,
)
from regcli.problem.objective import Problem
from regcli.problem.penalties import ElasticNet, Strengths

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

CHUNK = 1 << 16
"""How many linear predictors are held at a time: their exponentials and logarithms stay in the cache."""
SLIGHT_GAP = 1e-11
"""Up to this a bound on the rows' part of a gap stands for the part itself, which takes another pass."""


def certify_points(problem: Problem, alphas: Vector, intercepts: Any, coefs: Matrix) -> tuple[Rulings, Vector]:
    """Measure solutions at `alphas` (A,): `intercepts` (A,) or (A, K), `coefs` (A, p) or (A, K p); see `certify`.

    Returns the rulings and the mean deviances (A,), twice the mean loss.
    """
    count = problem.outputs
    deviances, pulls, biases = np.zeros(len(alphas)), np.zeros_like(coefs), np.zeros((len(alphas), count))
    for i, rows, eta, weights in _chunks(problem, intercepts, coefs):
        residual, losses = _looked_at(problem, rows, eta)
        weighted = residual if weights is None else residual * weights[:, None]
        total = losses.sum(axis=0) if weights is None else weights @ losses
        deviances[i] += 2 * total
        if count == 1:
            pulls[i] += weighted.T @ problem.Z[rows]
            biases[i, 0] += weighted.sum(axis=0)
        else:
            pulls[i] += (weighted.T @ problem.Z[rows]).ravel()
            biases[i] += weighted.sum(axis=0)
    deviances, pulls, biases = deviances / problem.total, pulls / problem.total, biases / problem.total
    if not problem.intercept:
        biases[:] = 0.0
    by = Yardstick.of(problem.null_pull, problem.null_objective)
    rows_part = partial(_rows_part, problem, intercepts, coefs, losses=deviances / 2)
    found = ruled(problem.penalty, alphas, np.asarray(intercepts).reshape(len(alphas), count), coefs, pulls, biases,
                  rows_part, by)  # fmt: skip
    for i in np.flatnonzero(alphas == 0):
        one = certify(replace(problem, alpha=0.0), intercepts[i], coefs[i])
        found.gap[i], found.violation[i], found.certified[i] = one.gap, one.violation, one.certified
    return found, deviances


def ruled(
    penalty: ElasticNet,
    alphas: Vector,
    intercepts: Matrix,
    coefs: Matrix,
    pulls: Matrix,
    biases: Matrix,
    rows_part: Callable[[Vector], Vector],
    by: Yardstick,
) -> Rulings:
    """Measure solutions from what a pass has found: intercepts (A, K), coefficients (A, K p), minus the derivatives of
    the mean loss in both. `rows_part` gives the rows' part of each gap, or a bound on it, for residuals shrunk by
    factors (A,)."""
    # A feature that is zero and within its bounds all along adds nothing to any of the figures.
    said = np.any((coefs != 0) | (np.abs(pulls) > np.outer(alphas, penalty.l1)), axis=0)
    shape, table, pulls = penalty.only(said), coefs[:, said], pulls[:, said]
    strengths = Strengths(np.outer(alphas, shape.l1), np.outer(alphas, shape.l2), shape.low, shape.high)
    distance = np.max(strengths.distance(table, pulls), axis=-1, initial=0.0)
    violation = np.maximum(distance, np.max(np.abs(biases), axis=1)) / by.pull
    shrink = np.asarray(shrink_of(strengths, pulls, by.noise))
    level = np.abs(intercepts * biases).sum(axis=1)
    features = features_part(strengths, table, pulls * shrink[:, None], by.noise, charge=True)
    gap = (rows_part(shrink) + shrink * level + features) / by.objective
    holds = zeros_hold(strengths, table, pulls, by.noise)
    return Rulings(gap, violation, (gap <= GAP_BOUND) & (violation <= VIOLATION_BOUND) & holds)


def _rows_part(problem: Problem, intercepts: Any, coefs: Matrix, shrink: Vector, losses: Vector) -> Vector:
    """The rows' part of each gap, or a bound on it; 0 where the residual is a dual point as it stands.

    It is convex in the dual point: 0 at the residual, the mean loss at 0, hence between the two at most its share.
    """
    found = (1 - shrink) * losses
    doubtful = np.flatnonzero(~(found <= SLIGHT_GAP * problem.null_objective))
    if doubtful.size == 0:
        return found
    intercepts, coefs, share = np.asarray(intercepts)[doubtful], coefs[doubtful], shrink[doubtful]
    part = np.zeros(len(doubtful))
    if problem.bound is not None:
        etas = (problem.eta(level, coef) for level, coef in zip(intercepts, coefs, strict=True))
        found[doubtful] = [problem.bound.gap(eta, float(c)) / problem.total for eta, c in zip(etas, share, strict=True)]
        return found
    for i, rows, eta, weights in _chunks(problem, intercepts, coefs):
        y = _targets(problem.y, rows)
        theta = problem.family.pull(y, eta) * share[i]
        gaps = problem.family.fenchel_young(y, eta, theta)
        part[i] += gaps.sum(axis=0) if weights is None else weights @ gaps
    found[doubtful] = part / problem.total
    return found


def _chunks(problem: Problem, intercepts: Any, coefs: Matrix) -> Iterator[tuple[Any, slice, Matrix, Vector | None]]:
    """Linear predictors of some rows at a time: of one output those of all solutions, (rows, A); of K those of one
    after another, (rows, K). With them, which solutions they are, which rows, and their weights."""
    n, p = problem.Z.shape
    count = problem.outputs
    if problem.bound is not None:
        for i in range(len(coefs)):
            yield slice(i, i + 1), slice(None), problem.eta(intercepts[i], coefs[i])[:, None], problem.weights
        return
    everything = slice(None)
    size = max(256, CHUNK // max(1, len(coefs) if count == 1 else count))
    for first in range(0, n, size):
        rows = slice(first, min(first + size, n))
        weights = None if problem.weights is None else problem.weights[rows]
        offset = None if problem.offset is None else problem.offset[rows]
        if count == 1:
            eta = problem.Z[rows] @ coefs.T + np.asarray(intercepts)
            yield everything, rows, eta if offset is None else eta + offset[:, None], weights
            continue
        for i in range(len(coefs)):
            eta = problem.Z[rows] @ coefs[i].reshape(count, p).T + intercepts[i]
            yield i, rows, eta if offset is None else eta + offset, weights


def _looked_at(problem: Problem, rows: slice, eta: Matrix) -> tuple[Matrix, Matrix]:
    """Minus the derivatives of the rows' losses, and these, like `eta`."""
    if problem.bound is not None:
        return problem.residual(eta[:, 0])[:, None], problem.losses(eta[:, 0])[:, None]
    y = _targets(problem.y, rows)
    return problem.family.pull(y, eta), problem.family.loss(y, eta)


def _targets(y: Matrix, rows: slice) -> Matrix:
    """The targets of these rows, so that they go with linear predictors of all solutions or of one."""
    return y[rows, None] if y.ndim == 1 else y[rows]
