"""Few columns: the elastic nets of all alphas at once, by the same exact guesses of signs as `quadratic`, in one array.

With few columns a solution costs less than the calls that find it. Here every round solves the systems of all alphas in
one call. There is no guard against cycles: what has not settled after some rounds is left to the guarded iteration.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from regcli.problem.penalties import ElasticNet
from regcli.solve import knots
from regcli.solve import quadratic as one_by_one
from regcli.solve.quadratic import EPS, ActiveSet, Quadratic

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEW = 16
"""With more columns than this, systems of all columns for every alpha cost more than those of the active ones."""
LEAST = 3
MOST_ROUNDS = 4
MOST_SWEEPS = 12


def along(quadratic: Quadratic, penalty: ElasticNet, alphas: Sequence[float]) -> Iterator[tuple[Vector, Vector]]:
    """For each alpha the minimiser (p,) and its pull c - Gb (p,), by whichever way suits the number of columns."""
    found = _together(quadratic, penalty, np.asarray(alphas)) if len(alphas) >= LEAST and not penalty.bounded else None
    if found is None:
        yield from one_by_one.along(quadratic, penalty, alphas)
        return
    coefs, pulls, settled = found
    for i, alpha in enumerate(alphas):
        if not settled[i]:
            start = coefs[i - 1] if i else None
            coefs[i] = ActiveSet(quadratic, penalty.at(alpha)).minimise(start, follow=True)
            pulls[i] = quadratic.linear - coefs[i] @ quadratic.matrix
        yield coefs[i], pulls[i]


def _together(quadratic: Quadratic, penalty: ElasticNet, alphas: Vector) -> tuple[Matrix, Matrix, Mask] | None:
    """As `at_once`, which needs systems of full rank: an L2 part on every column; or without any along a path that is
    straight. None where there are too many columns."""
    p = len(quadratic.linear)
    if np.all(penalty.l2 > 0):
        return at_once(quadratic, penalty, alphas) if p <= FEW else None
    if np.any(penalty.l2) or not 0 < p <= knots.FEW or not np.any(penalty.l1):
        return None
    return knots.walked(quadratic, penalty.l1, alphas)


def at_once(quadratic: Quadratic, penalty: ElasticNet, alphas: Vector) -> tuple[Matrix, Matrix, Mask]:
    """For each alpha (A,) the minimiser and its pull c - Gb, both (A, p), and whether they are settled, (A,).

    A point is settled when the signs that it was solved for are those that it guesses: then it is optimal.
    """
    l1, l2 = alphas[:, None] * penalty.l1, alphas[:, None] * penalty.l2
    coefs = np.zeros((len(alphas), len(quadratic.linear)))
    pulls = np.tile(quadratic.linear, (len(alphas), 1))
    settled = np.zeros(len(alphas), dtype=bool)
    for _ in range(MOST_SWEEPS):
        open_ = np.flatnonzero(~settled)
        # From the nearest neighbour that is settled: the one before, or where none is so the one behind.
        places = np.flatnonzero(settled)
        if places.size:
            near = places[np.clip(np.searchsorted(places, open_) - 1, 0, None)]
            coefs[open_], pulls[open_] = coefs[near], pulls[near]
        found = _rounds(quadratic, l1[open_], l2[open_], coefs[open_], pulls[open_])
        coefs[open_], pulls[open_], settled[open_] = found
        if np.all(settled) or not np.any(settled[open_]):
            break
    return coefs, pulls, settled


def _rounds(quadratic: Quadratic, l1: Matrix, l2: Matrix, coefs: Matrix, pulls: Matrix) -> tuple[Matrix, Matrix, Mask]:
    """Guess and solve from these points (A, p) until nothing is left open, or for some rounds."""
    settled = np.zeros(len(l1), dtype=bool)
    signs = _guess(quadratic, l1, coefs, pulls)
    for _ in range(MOST_ROUNDS):
        open_ = np.flatnonzero(~settled)
        if open_.size == 0:
            break
        try:
            coefs[open_] = _solved(quadratic, l1[open_], l2[open_], signs[open_])
        except np.linalg.LinAlgError:
            break
        pulls[open_] = quadratic.linear - coefs[open_] @ quadratic.matrix
        again = _guess(quadratic, l1[open_], coefs[open_], pulls[open_])
        settled[open_] = np.all(again == signs[open_], axis=1)
        signs[open_] = again
    return coefs, pulls, settled


def _guess(quadratic: Quadratic, l1: Matrix, coefs: Matrix, pulls: Matrix) -> Matrix:
    """The signs (A, p) of the coefficients that the primal-dual points say are not zero."""
    largest, widest, roots = quadratic.sizes
    noise = 4 * EPS * (largest + (np.abs(coefs) @ roots) * widest)
    points = quadratic.diagonal * coefs + pulls
    return np.where(np.abs(points) > l1 + noise[:, None], np.sign(points), 0.0)


def _solved(quadratic: Quadratic, l1: Matrix, l2: Matrix, signs: Matrix) -> Matrix:
    """The minimisers (A, p) for these signs: systems scaled to a diagonal of ones, refined once."""
    active = signs != 0
    scale = np.where(active, 1 / np.sqrt(quadratic.diagonal + l2), 0.0)
    systems = quadratic.matrix * scale[:, :, None] * scale[:, None, :]
    places = np.arange(signs.shape[1])
    systems[:, places, places] = 1.0
    right = (scale * (quadratic.linear - l1 * signs))[:, :, None]
    values = np.linalg.solve(systems, right)
    values += np.linalg.solve(systems, right - systems @ values)
    return np.asarray(values[:, :, 0] * scale)
