"""Proximal gradient descent, epoch by epoch: ISTA, and FISTA (Beck and Teboulle, 2009).

For a formula that is `factor` times ours, over columns x_j = centre_j + unit_j z_j of the problem's Z,

    minimise over b0, w:   factor * [ (1/2W) sum_i s_i (y_i - b0 - x_i.w)^2 + sum_j l2_j/2 w_j^2 ]   the smooth part
                         + factor * sum_j l1_j |w_j|

an epoch is one step along the gradient of the smooth part, from all rows, and the proximal step of the L1 part:

    (w, b0) <- soft( (w, b0) - rate * gradient,  rate * factor * l1 ),   the intercept without a threshold

Nothing here stops because little changes. A descent ends after the epochs that were asked for; else when the
certificate holds or a step no longer changes a single bit; and when the validation loss has not fallen for `PATIENCE`
epochs (Prechelt, 1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regcli.errors import UsageError
from regcli.problem.certificate import VIOLATION_BOUND, VIOLATION_BOUND_UNPENALISED, certify, pull_scale
from regcli.problem.objective import Problem, gram

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

CHECK = 10
"""How many epochs pass between two looks at the optimality conditions."""
PATIENCE = 50
"""Epochs without a new least validation loss after which a descent stops early."""
MOST_TRACED = 1000
DENSITY = 1.05
"""The history holds epochs that lie this factor apart, and those that are traced where these are not too many."""
LARGEST_EIGENPROBLEM = 1500

Reason = Literal["converged", "epochs", "still", "early_stopping"]


@dataclass(frozen=True)
class Record:
    """The loss after `epoch` epochs, in the formula of the descent; `validation` is that of rows held out, or None."""

    epoch: int
    loss: float
    data: float
    penalty: float
    nonzero: int
    validation: float | None


@dataclass(frozen=True)
class Course:
    """What is descended: `problem`, the mean taken out of its y, over columns centre + unit * z (both (p,)).

    `centre` is zero without an intercept. `held_out` is (Z, y, weights) of validation rows, scaled and centred as those
    of the problem. A point is (w, b0), or w alone without an intercept. b0 belongs to a y that is `offset` above that
    of the problem: a small intercept beside a large mean of y keeps all its digits.
    """

    problem: Problem
    centre: Vector
    unit: Vector
    factor: float
    offset: float = 0.0
    held_out: tuple[Matrix, Vector, Vector | None] | None = None

    @cached_property
    def l1(self) -> Vector:
        """The L1 strength of each coordinate of a point; none for the intercept."""
        return self._padded(self.problem.strengths.l1 * self.unit)

    @cached_property
    def l2(self) -> Vector:
        """The L2 strength of each coordinate of a point."""
        return self._padded(self.problem.strengths.l2 * self.unit**2)

    @cached_property
    def bounds(self) -> tuple[Vector, Vector]:
        """The bounds of each coordinate of a point; none for the intercept."""
        penalty, p = self.problem.penalty, len(self.unit)
        room = np.full(p + 1 if self.problem.intercept else p, np.inf)
        low, high = -room, room
        if penalty.low is not None and penalty.high is not None:
            low[:p], high[:p] = penalty.low / self.unit, penalty.high / self.unit
        return low, high

    @cached_property
    def _gram(self) -> Matrix | None:
        n, p = self.problem.Z.shape
        return gram(self.problem) if p <= n else None

    @cached_property
    def _target_pull(self) -> Vector:
        return self.problem.pull(self.problem.y)

    def _padded(self, values: Vector) -> Vector:
        return np.append(values, 0.0) if self.problem.intercept else values

    def scaled(self, point: Vector) -> tuple[Vector, float]:
        """Coefficients (p,) of Z, and the prediction where Z is 0."""
        p = len(self.unit)
        level = float(point[p] + (self.centre @ point[:p] - self.offset)) if self.problem.intercept else 0.0
        penalty = self.problem.penalty
        if penalty.low is None or penalty.high is None:
            return self.unit * point[:p], level
        low, high = self.bounds
        coef = np.where(point[:p] == high[:p], penalty.high, self.unit * point[:p])
        return np.where(point[:p] == low[:p], penalty.low, coef), level

    def pull(self, coef: Vector) -> Vector:
        """(1/W) Z' S (y - Z coef), (p,)."""
        if self._gram is not None:
            return self._target_pull - self._gram @ coef
        return self.problem.pull(self.problem.y - self.problem.Z @ coef)

    def bias(self, level: float) -> float:
        """How far the mean prediction lies above the mean of y, of which a large one leaves a rest behind."""
        return float(level - self.problem.null_intercept)

    def gradient(self, point: Vector) -> Vector:
        """The gradient of the smooth part."""
        coef, level = self.scaled(point)
        bias = self.bias(level)
        slope = self.centre * bias - self.unit * self.pull(coef)
        whole = np.append(slope, bias) if self.problem.intercept else slope
        return self.factor * (whole + self.l2 * point)

    def step(self, point: Vector, rate: float) -> Vector:
        """One step along the gradient, and the proximal step of the L1 part and the bounds."""
        moved = point - rate * self.gradient(point)
        shrunk = np.maximum(np.abs(moved) - rate * self.factor * self.l1, 0.0)
        moved = np.where(self.l1 > 0, np.copysign(shrunk, moved) + 0.0, moved)  # adding 0 leaves no -0
        return np.clip(moved, *self.bounds) if self.problem.penalty.bounded else moved

    def violation(self, point: Vector) -> float:
        """The violation of the optimality conditions, as the certificate measures it but cheaper."""
        coef, level = self.scaled(point)
        worst = float(np.max(self.problem.strengths.distance(coef, self.pull(coef)), initial=0.0))
        return max(worst, abs(self.bias(level))) / pull_scale(self.problem)

    def certified(self, point: Vector) -> bool:
        """Whether the certificate holds."""
        coef, level = self.scaled(point)
        return certify(self.problem, level, coef).certified

    def validation(self, point: Vector) -> float | None:
        """The data part of the loss on the rows held out, as if they were as many as the training rows."""
        if self.held_out is None:
            return None
        Z, y, weights = self.held_out
        coef, level = self.scaled(point)
        return float(self.factor * 0.5 * np.average((y - level - Z @ coef) ** 2, weights=weights))

    def record(self, epoch: int, point: Vector, validation: float | None) -> Record:
        """The loss at a point."""
        problem, (coef, level) = self.problem, self.scaled(point)
        data = self.factor * problem.mean_of(problem.family.loss(problem.y, level + problem.Z @ coef))
        penalty = self.factor * problem.strengths.value(coef)
        return Record(epoch, data + penalty, data, penalty, int(np.count_nonzero(coef)), validation)

    def curvature(self) -> float:
        """An upper bound L of the largest eigenvalue of the smooth part's second derivative, intercept included.

        The eigenvalue itself where it is found in a moment, else the largest row sum.
        """
        problem, n = self.problem, len(self.problem.y)
        ones = [np.ones((n, 1))] if problem.intercept else []
        if self._gram is not None:
            second = self.unit[:, None] * self._gram * self.unit + np.outer(self.centre, self.centre)
            if problem.intercept:
                edge = self.centre[:, None]
                second = np.block([[second, edge], [edge.T, np.ones((1, 1))]])
        else:
            rows = problem.rooted(np.hstack([problem.Z * self.unit + self.centre, *ones]))
            second = rows @ rows.T / problem.total
        if not np.all(np.isfinite(second)):
            return math.inf
        largest = float(
            np.linalg.eigvalsh(second)[-1] * (1 + 1e-9)
            if len(second) <= LARGEST_EIGENPROBLEM
            else np.max(np.sum(np.abs(second), axis=1))
        )
        return self.factor * (largest + float(np.max(self.l2, initial=0.0)))

    @cached_property
    def safe_rate(self) -> float:
        """A learning rate that cannot diverge: 1/L, rounded down to three digits so that it can be typed."""
        curvature = self.curvature()
        rate = 1 / curvature if curvature > 0 else math.inf
        if not 1e-300 < rate < 1e300:
            raise UsageError(
                "no learning rate suits columns of this size in double precision", hint="leave out --no-standardize"
            )
        unit = 10.0 ** (math.floor(math.log10(rate)) - 2)
        return float(f"{math.floor(rate / unit * (1 - 1e-9)) * unit:.3g}")


@dataclass(frozen=True)
class Plan:
    """How to descend: the learning rate, the most `epochs`, whether to accelerate (FISTA), whether to go on only
    `until_certified`, and every how many epochs the loss is told, if it is."""

    rate: float
    epochs: int
    accelerate: bool = False
    until_certified: bool = True
    trace: int | None = None


@dataclass(frozen=True)
class Descent:
    """Where a descent ended: the `point` after `kept` of all `epochs`, and why there; `certified_at` is the epoch at
    which the certificate was first found to hold, or None."""

    point: Vector
    epochs: int
    kept: Record
    reason: Reason
    certified_at: int | None
    history: tuple[Record, ...]


@dataclass
class _Log:
    """The history so far; tells what is traced."""

    course: Course
    plan: Plan
    tell: Callable[[Record], None]
    history: list[Record] = field(default_factory=list)
    due: int = 0
    told: int = 0

    def note(self, epoch: int, point: Vector, validation: float | None, last: bool = False) -> None:
        """Record the loss where it is due, if it is finite."""
        every = self.plan.trace
        traced = every is not None and epoch > self.told and (epoch % every == 0 or last)
        if not (traced or last or epoch >= self.due):
            return
        record = self.course.record(epoch, point, validation)
        if not math.isfinite(record.loss):
            return
        if traced:
            self.tell(record)
            self.told = epoch
        few = every is not None and self.plan.epochs // every <= MOST_TRACED
        if (few or last or epoch >= self.due) and not (self.history and self.history[-1].epoch == epoch):
            self.history.append(record)
        if epoch >= self.due:
            self.due = max(epoch + 1, math.ceil(epoch * DENSITY))


def descend(course: Course, start: Vector, plan: Plan, tell: Callable[[Record], None] = lambda record: None) -> Descent:
    """Descend from `start` as planned; `tell` hears the loss as it goes.

    Raises UsageError where the learning rate is so large that the loss grows.
    """
    with np.errstate(all="ignore"):
        return _descend(course, start, plan, tell)


def _descend(course: Course, start: Vector, plan: Plan, tell: Callable[[Record], None]) -> Descent:
    free = bool(np.all(course.problem.strengths.free))
    log = _Log(course, plan, tell)
    watch = _Watch(course, VIOLATION_BOUND_UNPENALISED if free else VIOLATION_BOUND)
    validation = course.validation(start)
    best, best_epoch, best_validation = start, 0, validation
    log.note(0, start, validation)
    if not log.history:
        raise UsageError("--start is too large: the loss there is beyond double precision", hint="--start 0")
    point, ahead, momentum, epoch = start, start, 1.0, 0
    reason: Reason = "epochs"
    for epoch in range(1, plan.epochs + 1):
        before, point = point, course.step(ahead, plan.rate)
        ahead, momentum = _ahead(before, ahead, point, momentum) if plan.accelerate else (point, 1.0)
        validation = course.validation(point)
        if validation is None or best_validation is None or validation < best_validation:
            best, best_epoch, best_validation = point, epoch, validation
        log.note(epoch, point, validation)
        if epoch - best_epoch >= PATIENCE:
            reason = "early_stopping"
        elif epoch % CHECK == 0 or epoch == plan.epochs:
            if not np.all(np.isfinite(point)):
                break
            reason = watch.look(epoch, before, ahead, point, plan.until_certified)
        if reason != "epochs":
            break
    log.note(epoch, point, validation, last=True)
    _check_descended(course, plan, log.history, epoch)
    kept = course.record(best_epoch, best, best_validation)
    return Descent(best, epoch, kept, reason, watch.certified_at, tuple(log.history))


@dataclass
class _Watch:
    """Looks from time to time whether the descent has arrived; a full certificate is made only where it may hold.

    That is where the violation is within `bound`.
    """

    course: Course
    bound: float
    certified_at: int | None = None

    def look(self, epoch: int, before: Vector, ahead: Vector, point: Vector, until_certified: bool) -> Reason:
        """Why to stop here; "epochs" where there is no other reason."""
        if self.certified_at is None:
            violation = self.course.violation(point)
            if violation <= self.bound:
                # The gap may need a smaller violation than its bound: look again only when it has halved.
                self.certified_at, self.bound = epoch if self.course.certified(point) else None, violation / 2
        if not until_certified:
            return "epochs"
        if self.certified_at is not None:
            return "converged"
        if np.array_equal(before, point) and np.array_equal(ahead, point):
            return "still"
        return "epochs"


def _ahead(before: Vector, ahead: Vector, point: Vector, momentum: float) -> tuple[Vector, float]:
    """Where FISTA looks next, and its momentum; from the beginning where the last step turned back.

    The gradient scheme of O'Donoghue and Candes (2015), section 3.2.
    """
    if float((ahead - point) @ (point - before)) > 0:
        return point, 1.0
    following = 0.5 * (1 + math.sqrt(1 + 4 * momentum**2))
    return point + (momentum - 1) / following * (point - before), following


def _check_descended(course: Course, plan: Plan, history: list[Record], epoch: int) -> None:
    """UsageError where the loss is larger than at the start, or has left double precision: only too long steps do."""
    first, last = history[0], history[-1]
    safe = course.safe_rate
    grown = last.loss > first.loss * (1 + 1e-9) or last.epoch < epoch
    if plan.rate > safe and grown:
        to = "beyond double precision" if last.epoch < epoch else f"to {last.loss:.4g}"
        raise UsageError(
            f"the descent diverges with --learning-rate {plan.rate:g}: the loss grew from {first.loss:.4g} {to} "
            f"in {epoch:,} epochs",
            hint=f"--learning-rate {safe:g}, which is safe and taken where it is left out",
        )
