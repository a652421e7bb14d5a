"""From a design to a problem: columns scaled, the strength translated."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.data.features.scaling import Scaling, first_equal_columns, learn_scaling
from regcli.errors import DataError, UsageError
from regcli.problem.conventions import Scale, Translation
from regcli.problem.families import Family, family_with
from regcli.problem.objective import Problem, Solution, alpha_max
from regcli.problem.passed import PassedProblem
from regcli.problem.penalties import ElasticNet
from regcli.select.asking import Constraints
from regcli.select.by_rows import Sample, without_features
from regcli.solve import unpenalised_pull
from regcli.specs import FamilyName, ModelSpec
from regcli.workflows.constraining import constraints_of

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

HUGE = 1e150
"""Squares of a larger strength would overflow."""


@dataclass(frozen=True)
class Prepared:
    """A design with its columns scaled, and the problem they pose at the strength asked for, or at 0.

    `alpha_max` is in the convention of `model`. `pull` (p,) is minus the gradient of the loss at the fit of the columns
    that are not penalised, of which there may be none.
    """

    design: Design
    scaling: Scaling
    problem: Problem
    model: ModelSpec
    translation: Translation
    s_y: float
    alpha_max: float
    pull: Vector
    constraints: Constraints = field(default_factory=Constraints)

    @property
    def sample(self) -> Sample:
        """What is known of the rows beside their features, as folds take it."""
        sample = replace(sample_of(self.design, self.model), family=self.problem.family)
        return replace(sample, y=sample.y - self.problem.null_intercept) if sample.family.is_quadratic else sample

    @property
    def units(self) -> Scale:
        """What L1 and L2 are at an alpha of 1."""
        return self.translation.scale(self.problem.total, self.s_y)

    def fitted(self, solution: Solution) -> NDArray[np.float64]:
        """What a solution predicts for the training rows, (n,); of K classes the share of each, (n, K)."""
        return self.problem.family.response(self.link(solution))

    def to_file_units(self, coef: Vector, intercept: Any) -> tuple[Vector, Any]:
        """Coefficients (p,) and intercept of the columns as they stand in the file; those at a bound are the bound.

        Of several classes (K p,) and (K,), which sum to 0 as glmnet's do.
        """
        if self.problem.outputs == 1:
            raw, level = self.scaling.to_file_units(coef, float(intercept))
            return self.constraints.exactly(raw, self.problem.penalty.held(coef)), level
        tables = coef.reshape(self.problem.outputs, -1)
        each = [self.scaling.to_file_units(row, float(one)) for row, one in zip(tables, intercept, strict=True)]
        raws = np.array([raw for raw, _ in each])
        held = self.problem.penalty.held(coef).reshape(tables.shape)
        levels = np.array([level for _, level in each])
        return self.constraints.exactly(raws, held).ravel(), levels - levels.mean()

    def predicted(self, solution: Solution, X: Matrix, offset: Vector | None = None) -> NDArray[np.float64]:
        """The same for rows X (m, p) in the units of the file; far-off ones may be infinite."""
        return self.problem.family.response(self.link(solution, X, offset))

    def link(self, solution: Solution, X: Matrix | None = None, offset: Vector | None = None) -> NDArray[np.float64]:
        """The linear predictors, offset included, of the training rows or of rows X with theirs, (n,) or (n, K)."""
        problem = self.problem
        Z = problem.Z if X is None else self.scaling.apply(X)
        offset = self.design.offset if X is None else offset
        with np.errstate(over="ignore", invalid="ignore"):
            coef = solution.coef if problem.outputs == 1 else solution.coef.reshape(problem.outputs, -1).T
            found = Z @ coef + solution.intercept
            return np.asarray(found if offset is None else (found.T + offset).T)

    def posed(self, model: ModelSpec, drawn: bool = False) -> Prepared:
        """The same rows under another penalty; `drawn` where regcli picks the alphas itself."""
        problem, n = self.problem, self.problem.total
        translation = Translation(
            model.convention, model.penalty, model.ratio, model.rest, self.s_y if drawn else None, problem.family.name
        )
        constraints = constraints_of(self.design, model)
        shape = constraints.shape(translation, n, self.s_y, self.scaling.scale, model.standardize)
        if not (np.all(np.isfinite(shape.l1)) and np.all(np.isfinite(shape.l2))):
            raise DataError(
                "columns of a deviation this small cannot be penalised as they stand", hint="leave out --no-standardize"
            )
        problem = replace(problem, penalty=shape.repeated(problem.outputs), alpha=model.strength_of(n) or 0.0)
        pull = problem.null_pull if isinstance(problem, PassedProblem) else unpenalised_pull(problem)
        zeroing = constraints.zeroing(translation.scale(n, self.s_y), self.scaling.scale, model.standardize)
        return replace(
            self, problem=problem, model=model, translation=translation, constraints=constraints, pull=pull,
            alpha_max=alpha_max(problem, np.tile(zeroing, problem.outputs), pull),
        )  # fmt: skip


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


def family_of(name: FamilyName, model: ModelSpec) -> Family:
    """The family as it was asked for."""
    return family_with(name, model.parameters(name))


def sample_of(design: Design, model: ModelSpec) -> Sample:
    """What is known of the rows of a design beside their features; squared error has its offset taken off y."""
    family, y, offset = family_of(design.family, model), design.y, design.offset
    if family.is_quadratic and offset is not None:
        y, offset = y - offset, None
    if family.name == "multinomial":
        y = np.eye(len(design.classes))[y.astype(np.intp)]
        offset = None if offset is None else np.repeat(offset[:, None], y.shape[1], axis=1)
    return Sample(y, family, design.weights, offset, design.balanced)


def prepare(design: Design, model: ModelSpec, drawn: bool = False) -> Prepared:
    """Scale the columns and translate the penalty."""
    model.check_family(design.family)
    if design.behind is not None:
        return _passed_over(design, model, drawn)
    bare = without_features(sample_of(design, model), model.intercept)
    scaling, Z = learn_scaling(design.X, design.names, model.intercept, bare.weights)
    nothing = ElasticNet(np.zeros(Z.shape[1]), np.zeros(Z.shape[1])).repeated(bare.outputs)
    if design.condensed is None:
        twins = first_equal_columns(design.X, model.intercept)
    else:
        twins = design.condensed.twins
        scaling = replace(scaling, mean=scaling.mean + design.condensed.origin)
    problem = replace(bare, Z=Z, penalty=nothing, twins=twins)
    translation = Translation(model.convention, model.penalty, model.ratio, model.rest, family=design.family)
    begun = Prepared(design, scaling, problem, model, translation, problem.deviation, 0.0, problem.null_pull)
    return begun.posed(model, drawn)


def _passed_over(design: Design, model: ModelSpec, drawn: bool) -> Prepared:
    """The same for a likelihood, of whose rows only passes know."""
    few = design.condensed
    assert few is not None and design.weights is not None
    scaling, Z = learn_scaling(design.X, design.names, model.intercept, design.weights)
    scaling = replace(scaling, mean=scaling.mean + few.origin)
    problem = few.behind.problem(Z, design.weights)
    translation = Translation(model.convention, model.penalty, model.ratio, model.rest, family=design.family)
    return Prepared(design, scaling, problem, model, translation, 1.0, 0.0, problem.null_pull).posed(model, drawn)


def check_strength(prepared: Prepared, words: Sequence[str]) -> None:
    """UsageError where no strength was given, which says what there are, or where double precision has none such."""
    strength, c = prepared.model.strength_of(prepared.problem.total), prepared.model.C
    if strength is None:
        raise _no_strength(prepared, words)
    check_alpha(prepared.problem, strength, "--alpha" if c is None else f"--C {c:g}: an alpha of")


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


def _no_strength(prepared: Prepared, words: Sequence[str]) -> UsageError:
    if prepared.model.ratio > 0:
        which = "every penalised coefficient" if np.any(prepared.problem.penalty.unpenalised) else "every coefficient"
        what = f"from alpha_max = {prepared.alpha_max:.6g} on {which} is zero, at 0 there is no penalty"
    else:
        what = "any number above 0 shrinks the coefficients, at 0 there is no penalty"
    return UsageError(
        f"--alpha, the strength of the penalty, is missing: {what}",
        hint=f"regcli cv {shlex.join(words)}",
    )
