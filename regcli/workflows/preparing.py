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


@dataclass(frozen=True)
class Prepared:
    """A design with its columns scaled, and the problem they pose at the strength asked for."""

    design: Design
    scaling: Scaling
    problem: Problem
    model: ModelSpec
    units: Scale
    s_y: float
    alpha_max: float


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
    units = scale(model.convention, model.penalty, model.ratio, len(y), s_y)
    share = np.ones(Z.shape[1]) if model.standardize else 1 / scaling.scale
    with np.errstate(over="ignore"):
        shape = ElasticNet(units.l1 * share, units.l2 * share**2)
    if not (np.all(np.isfinite(shape.l1)) and np.all(np.isfinite(shape.l2))):
        raise DataError(
            "columns of a deviation this small cannot be penalised as they stand", hint="leave out --no-standardize"
        )
    problem = replace(problem, penalty=shape, twins=first_equal_columns(design.X))
    largest = alpha_max(problem, units.zeroing * share)
    if model.strength is None:
        raise _no_strength(model, largest, words)
    return Prepared(design, scaling, replace(problem, alpha=model.strength), model, units, s_y, largest)


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
