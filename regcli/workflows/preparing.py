"""From a design to a problem: columns scaled, the strength translated."""

from __future__ import annotations

import math
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from regcli.data.design import Design
from regcli.data.encoding import Scaling, first_equal_columns, learn_scaling
from regcli.errors import DataError, UsageError
from regcli.problem.conventions import Scale, scale
from regcli.problem.objective import Problem, alpha_max
from regcli.problem.penalties import ElasticNet
from regcli.specs import ModelSpec

HUGE = 1e150
"""Squares of a larger strength would overflow."""


@dataclass(frozen=True)
class Prepared:
    """A design with its columns scaled, and the problem they pose at the strength asked for.

    `alpha_max` is in the convention of `model`, `lasso_alpha_max` that of a plain l1 penalty in the convention mean.
    """

    design: Design
    scaling: Scaling
    problem: Problem
    model: ModelSpec
    units: Scale
    s_y: float
    alpha_max: float
    lasso_alpha_max: float


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


def prepare(design: Design, model: ModelSpec, words: Sequence[str]) -> Prepared:
    """Scale the columns and translate the strength. Without one, UsageError says which strengths there are."""
    scaling, Z = learn_scaling(design.X, design.names, model.intercept)
    y = design.y
    problem = Problem(Z, y, ElasticNet(np.zeros(Z.shape[1]), np.zeros(Z.shape[1])), 0.0, model.intercept)
    s_y = math.sqrt(2 * problem.null_objective)
    units = scale(model.convention, model.penalty, model.ratio, model.rest, len(y), s_y)
    with np.errstate(over="ignore"):
        share = np.ones(Z.shape[1]) if model.standardize else 1 / scaling.scale
        shape = ElasticNet(units.l1 * share, units.l2 * share**2)
    if not (np.all(np.isfinite(shape.l1)) and np.all(np.isfinite(shape.l2))):
        raise DataError(
            "columns of a deviation this small cannot be penalised as they stand", hint="leave out --no-standardize"
        )
    problem = replace(problem, penalty=shape, twins=first_equal_columns(design.X))
    largest = alpha_max(problem, units.zeroing * share)
    if model.strength is None:
        raise _no_strength(model, largest, words)
    problem = replace(problem, alpha=model.strength)
    _check_strength(problem)
    return Prepared(design, scaling, problem, model, units, s_y, largest, alpha_max(problem, share))


def _check_strength(problem: Problem) -> None:
    """Refuse a strength that double precision turns into infinity, or into nothing."""
    with np.errstate(all="ignore"):
        strengths = problem.penalty.at(problem.alpha)
        largest = float(np.max(strengths.l1 + strengths.l2))
    if not largest <= HUGE:
        raise UsageError(f"--alpha {problem.alpha:g} is too large for these columns in double precision")
    vanished = ((strengths.l1 == 0) & (problem.penalty.l1 > 0)) | ((strengths.l2 == 0) & (problem.penalty.l2 > 0))
    if problem.alpha > 0 and np.any(vanished):
        raise UsageError(
            f"--alpha {problem.alpha:g} is too small for these columns in double precision", hint="--alpha 0"
        )


def _no_strength(model: ModelSpec, largest: float, words: Sequence[str]) -> UsageError:
    if model.ratio > 0:
        what = f"from alpha_max = {largest:.6g} on every coefficient is zero, at 0 there is no penalty"
    else:
        what = "any number above 0 shrinks the coefficients, at 0 there is no penalty"
    start = largest / 100 if model.ratio > 0 else largest / 1e5
    return UsageError(
        f"--alpha, the strength of the penalty, is missing: {what}",
        hint=f"regcli fit {shlex.join(words)} --alpha {start:.3g}",
    )
