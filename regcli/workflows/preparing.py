"""From a design to a problem: columns scaled, the strength translated."""

from __future__ import annotations

import math
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.data.features.scaling import Scaling, first_equal_columns, learn_scaling
from regcli.errors import DataError, UsageError
from regcli.problem.conventions import Scale, Translation
from regcli.problem.objective import Problem, Solution, alpha_max
from regcli.problem.penalties import ElasticNet
from regcli.specs import ModelSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

HUGE = 1e150
"""Squares of a larger strength would overflow."""


@dataclass(frozen=True)
class Prepared:
    """A design with its columns scaled, and the problem they pose at the strength asked for, or at 0.

    `alpha_max` is in the convention of `model`.
    """

    design: Design
    scaling: Scaling
    problem: Problem
    model: ModelSpec
    translation: Translation
    s_y: float
    alpha_max: float

    @property
    def units(self) -> Scale:
        """What L1 and L2 are at an alpha of 1."""
        return self.translation.scale(self.problem.total, self.s_y)

    def fitted(self, solution: Solution) -> Vector:
        """What a solution predicts for the training rows, (n,)."""
        return self.problem.eta(solution.intercept, solution.coef)

    def predicted(self, solution: Solution, X: Matrix) -> Vector:
        """What it predicts for rows X (m, p) in the units of the file, (m,); far-off ones may be infinite."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(solution.intercept + self.scaling.apply(X) @ solution.coef)

    def posed(self, model: ModelSpec, drawn: bool = False) -> Prepared:
        """The same rows under another penalty; `drawn` where regcli picks the alphas itself."""
        problem, n = self.problem, self.problem.total
        translation = Translation(model.convention, model.penalty, model.ratio, model.rest, self.s_y if drawn else None)
        with np.errstate(over="ignore"):
            share = np.ones(problem.Z.shape[1]) if model.standardize else 1 / self.scaling.scale
        shape = translation.shape(n, self.s_y, share)
        if not (np.all(np.isfinite(shape.l1)) and np.all(np.isfinite(shape.l2))):
            raise DataError(
                "columns of a deviation this small cannot be penalised as they stand", hint="leave out --no-standardize"
            )
        problem = replace(problem, penalty=shape, alpha=model.strength or 0.0)
        largest = alpha_max(problem, translation.scale(n, self.s_y).zeroing * share)
        return replace(self, problem=problem, model=model, translation=translation, alpha_max=largest)


class Clock:
    """Tells each step with the seconds since the one before."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._last = time.perf_counter()

    def tell(self, what: str) -> None:
        """Say `what` was done, and how long it took."""
        now = time.perf_counter()
        self._tell(f"{now - self._last:8.3f} s  {what}")
        self._last = now


def prepare(design: Design, model: ModelSpec, drawn: bool = False) -> Prepared:
    """Scale the columns and translate the penalty."""
    scaling, Z = learn_scaling(design.X, design.names, model.intercept)
    nothing = ElasticNet(np.zeros(Z.shape[1]), np.zeros(Z.shape[1]))
    problem = Problem(Z, design.y, nothing, 0.0, model.intercept, twins=first_equal_columns(design.X, model.intercept))
    s_y = math.sqrt(2 * problem.null_objective)
    translation = Translation(model.convention, model.penalty, model.ratio, model.rest)
    return Prepared(design, scaling, problem, model, translation, s_y, 0.0).posed(model, drawn)


def check_strength(prepared: Prepared, words: Sequence[str]) -> None:
    """UsageError where no strength was given, which says what there are, or where double precision has none such."""
    if prepared.model.strength is None:
        raise _no_strength(prepared.model, prepared.alpha_max, words)
    check_alpha(prepared.problem, prepared.model.strength)


def check_alpha(problem: Problem, alpha: float, called: str = "--alpha") -> None:
    """Refuse a strength that double precision turns into infinity, or into nothing."""
    with np.errstate(all="ignore"):
        strengths = problem.penalty.at(alpha)
        largest = float(np.max(strengths.l1 + strengths.l2))
    if not largest <= HUGE:
        raise UsageError(f"{called} {alpha:g} is too large for these columns in double precision")
    vanished = ((strengths.l1 == 0) & (problem.penalty.l1 > 0)) | ((strengths.l2 == 0) & (problem.penalty.l2 > 0))
    if alpha > 0 and np.any(vanished):
        raise UsageError(f"{called} {alpha:g} is too small for these columns in double precision", hint="--alpha 0")


def _no_strength(model: ModelSpec, largest: float, words: Sequence[str]) -> UsageError:
    if model.ratio > 0:
        what = f"from alpha_max = {largest:.6g} on every coefficient is zero, at 0 there is no penalty"
    else:
        what = "any number above 0 shrinks the coefficients, at 0 there is no penalty"
    return UsageError(
        f"--alpha, the strength of the penalty, is missing: {what}",
        hint=f"regcli cv {shlex.join(words)}",
    )
