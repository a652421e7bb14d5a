"""Few rows and columns: other families than squared error at all alphas at once, by Newton's steps in one array.

With little data a step costs less than the calls that take it. Here every round takes one step for each alpha: the
signs that the last step leaves are taken for those of the solution, a coefficient that has crossed zero leaves, one
that is pulled beyond its bound joins, and the linear systems of all alphas are solved in one call. Where that many
changes do not grow fewer, one is made at a time (Portugal, Judice, Vicente 1994, A comparison of block pivoting and
interior-point algorithms for linear least squares problems with nonnegative variables). There is no other guard: what
has not settled after some rounds is left to `newton`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import EPS, Problem
from regcli.solve.newton import GOAL, Newton

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEW = 40
"""With more columns than this the systems of all columns for every alpha cost more than those of the active ones."""
FEW_OF_PIECES = 15
"""The same of losses of straight pieces, whose steps go astray more often."""
LEAST = 3
MOST_PRODUCTS = 1 << 21
"""Up to so many rows times products of columns, second derivatives at every step cost less than keeping old ones."""
STRIDE = 8
"""Every so many alphas one comes first, from the null model; those between start from their neighbours."""
MOST_ROUNDS = 15
PATIENCE = 3
"""For so many rounds the signs that change need not grow fewer."""
FARTHEST = 5.0
"""No step moves a linear predictor by more, or by so many deviations of the target where that is its unit: beyond that
the second derivatives say little."""


def fits(problem: Problem, alphas: Sequence[float]) -> bool:
    """Whether a path is small enough for all of it at once."""
    n, p = problem.Z.shape
    few = FEW if problem.family.is_smooth else FEW_OF_PIECES
    small = p <= few and p < n and n * p**2 <= 2 * MOST_PRODUCTS
    plain = problem.outputs == 1 and problem.bound is None
    return small and len(alphas) >= LEAST and plain and not problem.penalty.bounded


def along(problem: Problem, alphas: Sequence[float]) -> Iterator[tuple[Vector, float]]:
    """For each of falling alphas coefficients (p,) and level; what does not settle at once is solved by itself."""
    together, places = Together(problem, np.asarray(alphas)), np.arange(len(alphas))
    together.settle(places[::STRIDE])
    for i in places[::STRIDE].tolist():
        together.see_to(i)
    together.settle(places)
    for i in places.tolist():
        together.see_to(i)
        yield together.solution(i)


@dataclass
class Batch:
    """Solutions in the making, one for each of some alphas (m,), which have these `places` among all: coefficients with
    the level behind them (m, q), linear predictors (m, n), the penalty's strengths, and the pattern of the last step
    with the point that it led to; how many signs changed at best, and how often no fewer may yet."""

    places: NDArray[np.intp]
    coefs: Matrix
    eta: Matrix
    l1: Matrix
    l2: Matrix
    signs: Matrix
    reached: Matrix
    best: Vector
    patience: Vector

    def only(self, kept: Mask) -> Batch:
        """Some of them."""
        return Batch(*(getattr(self, one.name)[kept] for one in fields(self)))


class Together:
    """The solutions so far, coefficients with the level behind them (A, q), and which of them are `settled`, (A,)."""

    def __init__(self, problem: Problem, alphas: Vector) -> None:
        self.problem, self.alphas = problem, alphas
        (n, p), levels = problem.Z.shape, int(problem.intercept)
        self.p, self.columns = p, np.ones((n, p + levels))
        self.columns[:, :p] = problem.Z
        first, second = np.triu_indices(p + levels)
        self.products = self.columns[:, first] * self.columns[:, second]
        self.unfold = np.empty((p + levels, p + levels), dtype=np.intp)
        self.unfold[first, second] = self.unfold[second, first] = np.arange(len(first))
        self.l1 = np.append(problem.penalty.l1, np.zeros(levels))
        self.l2 = np.append(problem.penalty.l2, np.zeros(levels))
        self.smooth = self.l1 == 0
        self.goal = GOAL * max(float(np.max(np.abs(problem.null_pull), initial=0.0)), EPS)
        self.farthest = FARTHEST * problem.deviation
        self.coefs = np.zeros((len(alphas), p + levels))
        self.coefs[:, p:] = problem.null_intercept
        self.settled = np.zeros(len(alphas), dtype=bool)
        self._newton: Newton | None = None

    def solution(self, i: int) -> tuple[Vector, float]:
        """Coefficients (p,) and level."""
        return self.coefs[i, : self.p], float(self.coefs[i, self.p]) if self.problem.intercept else 0.0

    def see_to(self, i: int) -> None:
        """Solve at this alpha, if it is not settled, from the nearest larger one that is."""
        if self.settled[i]:
            return
        self._newton = self._newton or Newton(self.problem)
        before = int(np.max(np.flatnonzero(self.settled[:i]), initial=-1))
        if before >= 0:
            self._newton.start(*self.solution(before))
        strengths = self.problem.penalty.at(float(self.alphas[i]))
        self._newton.minimise(strengths, self.problem.penalty.at(float(self.alphas[max(before, 0)])))
        point = self._newton.point
        self.coefs[i, : self.p], self.coefs[i, self.p :], self.settled[i] = point.coef, point.level, True

    def settle(self, places: NDArray[np.intp]) -> None:
        """Steps for those of these alphas that are not settled, until they are, or for some rounds."""
        places = places[~self.settled[places]]
        if places.size == 0:
            return
        batch = self._begun(places)
        with np.errstate(all="ignore"):
            for _ in range(MOST_ROUNDS):
                pulls = self._pulls(batch.eta)
                done = self._violation(batch, pulls) <= self.goal
                if np.any(done):
                    self.coefs[batch.places[done]], self.settled[batch.places[done]] = batch.coefs[done], True
                    batch, pulls = batch.only(~done), pulls[~done]
                if batch.places.size == 0:
                    break
                try:
                    self._step(batch, pulls)
                except np.linalg.LinAlgError:
                    break

    def _begun(self, places: NDArray[np.intp]) -> Batch:
        """Between two settled neighbours on the line through them, else at the nearest, or at the null model."""
        coefs, known = self.coefs[places], np.flatnonzero(self.settled)
        if known.size:
            after = np.searchsorted(known, places)
            one, other = known[np.maximum(after - 1, 0)], known[np.minimum(after, known.size - 1)]
            at = np.log(self.alphas)
            way = np.where(one == other, 1.0, at[other] - at[one])
            share = np.where(one == other, 0.0, (at[places] - at[one]) / way)
            coefs = self.coefs[one] + share[:, None] * (self.coefs[other] - self.coefs[one])
        l1, l2 = self.alphas[places, None] * self.l1, self.alphas[places, None] * self.l2
        signs = np.where(self.smooth, 1.0, np.sign(coefs))
        best, patience = np.full(len(places), np.inf), np.full(len(places), float(PATIENCE))
        return Batch(places, coefs, self._eta(coefs), l1, l2, signs, coefs, best, patience)

    def _eta(self, coefs: Matrix) -> Matrix:
        eta = coefs @ self.columns.T
        return np.asarray(eta if self.problem.offset is None else eta + self.problem.offset)

    def _pulls(self, eta: Matrix) -> Matrix:
        residual = self.problem.family.pull(self.problem.y, eta)
        weighted = residual if self.problem.weights is None else residual * self.problem.weights
        return np.asarray(weighted @ self.columns) / self.problem.total

    def _violation(self, batch: Batch, pulls: Matrix) -> Vector:
        at_zero = (batch.coefs == 0) & ~self.smooth
        on = batch.l1 * np.sign(batch.coefs) + batch.l2 * batch.coefs
        nearest = np.where(at_zero, np.clip(pulls, -batch.l1, batch.l1), on)
        return np.asarray(np.max(np.abs(pulls - nearest), axis=1))

    def _step(self, batch: Batch, pulls: Matrix) -> None:
        """Newton's step to the minimiser for the signs that each point suggests."""
        signs = self._guessed(batch, pulls)
        active = signs != 0
        hessian = self._hessians(batch.eta)
        diagonal = np.einsum("aii->ai", hessian)
        leaving = np.where(active, 0.0, batch.coefs)
        slope = pulls - batch.l1 * np.where(self.smooth, 0.0, signs) - batch.l2 * batch.coefs
        slope += np.einsum("aij,aj->ai", hessian, leaving)
        systems = hessian * (active[:, :, None] & active[:, None, :])
        places = np.arange(signs.shape[1])
        systems[:, places, places] = np.where(active, diagonal + batch.l2, 1.0)
        move = np.linalg.solve(systems, np.where(active, slope, 0.0)[:, :, None])[:, :, 0] - leaving
        batch.signs, batch.reached = signs, batch.coefs + move
        eta = self._eta(batch.reached)
        share = np.minimum(1.0, self.farthest / np.max(np.abs(eta - batch.eta), axis=1))[:, None]
        whole = share == 1.0
        batch.eta = np.where(whole, eta, batch.eta + share * (eta - batch.eta))
        batch.coefs = np.where(whole, batch.reached, batch.coefs + share * move)

    def _guessed(self, batch: Batch, pulls: Matrix) -> Matrix:
        """The signs (m, q) to solve for next; of those that change all, or where that leads nowhere the last one."""
        before = batch.signs
        stays = np.where(batch.reached * before > 0, before, 0.0)
        joins = np.where(np.abs(pulls) > batch.l1, np.sign(pulls), 0.0)
        signs = np.where(self.smooth, 1.0, np.where(before != 0, stays, joins))
        change = signs != before
        count = np.count_nonzero(change, axis=1)
        fewer = count < batch.best
        batch.best = np.where(fewer, count, batch.best)
        batch.patience = np.where(fewer, PATIENCE, batch.patience - (count > 0))
        stuck = np.flatnonzero(batch.patience < 0)
        last = signs.shape[1] - 1 - np.argmax(change[stuck, ::-1], axis=1)
        changed = signs[stuck, last]
        signs[stuck] = before[stuck]
        signs[stuck, last] = changed
        return signs

    def _hessians(self, eta: Matrix) -> NDArray[np.float64]:
        """The second derivatives of the mean losses, (m, q, q)."""
        weights = self.problem.family.curvature(self.problem.y, eta)[0, 0]
        assert weights is not None
        weights = weights if self.problem.weights is None else weights * self.problem.weights
        return np.asarray((weights @ self.products / self.problem.total)[:, self.unfold])
