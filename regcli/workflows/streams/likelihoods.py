"""Likelihoods on rows that are passed over: what `fit`, `path` and `cv` ask of the rows, asked of passes over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.engines.seam import Engine as Passing
from regcli.data.recipe import Recipe
from regcli.errors import DataError, visible
from regcli.problem.certificate import pull_scale, tied_columns
from regcli.problem.conventions import Translation
from regcli.problem.families import Family
from regcli.problem.moments import Moments
from regcli.problem.objective import EPS, Certificate, Solution
from regcli.problem.passed import Null, PassedProblem
from regcli.problem.penalties import ElasticNet
from regcli.select.asking import Ask
from regcli.select.by_passes import PassEngine, Passes
from regcli.select.criteria import share_of
from regcli.select.drawing import FoldRule
from regcli.select.folds import Folds
from regcli.select.pathwise import SolutionPath
from regcli.select.sums.judged import Both, JudgeTask
from regcli.select.sums.of_points import PassTask, Query
from regcli.solve.lockstep import Found, Place, curved_of
from regcli.specs import Measure
from regcli.workflows.preparing import Prepared

FADED = 1e-5
"""The share of curvature that is left where next to no row is in doubt."""
INDEPENDENT = 1e-10
"""Directions in which columns vary less are sums of others."""

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass
class Likelihood:
    """The rows behind a design that were passed over, and may be again.

    `moments` are those of all rows and of those that each fold learns from; `measure` is what tests are measured by.
    """

    passing: Passing
    recipe: Recipe
    family: Family
    moments: Sequence[Moments]
    p: int
    intercept: bool
    measure: Measure
    rule: FoldRule | None
    twins: NDArray[np.intp] | None
    solved: dict[tuple[Translation, float], Place] = field(default_factory=dict)

    @property
    def outputs(self) -> int:
        """How many linear predictors there are."""
        return len(self.recipe.answer.classes) if self.recipe.answer.family == "multinomial" else 1

    @cached_property
    def passes(self) -> Passes:
        """What solves by passes; the model without features is solved already."""
        mean, scale = self._units
        return Passes(self._look, self.family, self.outputs, mean, scale, self.moments, self.intercept, self.twins)

    @cached_property
    def _units(self) -> tuple[Vector, Vector]:
        """What the columns are counted from, and in units of what, (p,)."""
        whole, p = self.moments[0], self.p
        deviation = whole.deviation[:p]
        return whole.mean[:p] if self.intercept else np.zeros(p), np.where(deviation > 0, deviation, 1.0)

    def _look(self, queries: Sequence[Query]) -> list[Found]:
        mean, scale = self._units
        task = PassTask(
            self.recipe, self.recipe.spec, tuple(queries), mean, scale, self.family, self.measure, self.rule,
        )  # fmt: skip
        return self.passing.total(task).found(queries)

    def problem(self, Z: Matrix, weights: Vector) -> PassedProblem:
        """The problem, without a penalty yet, on columns Z (m, p) of a few rows that stand for all."""
        null, p = self.passes.null, Z.shape[1]
        level = self.passes.nulls[0].level
        nothing = ElasticNet(np.zeros(p), np.zeros(p)).repeated(self.outputs)
        y = np.zeros(len(Z)) if self.outputs == 1 else np.zeros((len(Z), self.outputs))
        return PassedProblem(
            Z, y, nothing, 0.0, self.intercept, weights, self.family, self.twins,
            null=Null(float(level[0]) if self.outputs == 1 else level, null.loss, null.pull),
        )  # fmt: skip

    def path(self, prepared: Prepared, alphas: Vector) -> SolutionPath:
        """The solutions of all rows along the alphas."""
        ask = _ask(prepared, alphas)
        keys = [(ask.translation, float(alpha)) for alpha in alphas]
        if not all(key in self.solved for key in keys):
            self._remember(ask, [one[0] for one in self.passes.along(ask, [0])])
        return self.passes.path(ask, [self.solved[key] for key in keys])

    def solve(self, prepared: Prepared) -> Solution:
        """The solution at the strength that was asked for."""
        problem = prepared.problem
        ask = _ask(prepared, np.array([problem.alpha]))
        path = self.path(prepared, ask.alphas)
        place = self.solved[ask.translation, problem.alpha]
        assert place.said is not None
        coef, rulings = path.coefs[0], path.rulings
        if problem.alpha == 0:
            self._check_end(prepared, place)
        objective = place.said.loss + problem.strengths.value(coef)
        level = path.intercepts[0]
        pull = place.said.pull / np.tile(self.passes.groups[0].unit, self.outputs)
        tied = tied_columns(problem, coef, pull, 64 * EPS * pull_scale(problem))
        certificate = Certificate(
            float(rulings.gap[0]), float(rulings.violation[0]), bool(rulings.certified[0]), not tied, tied
        )
        return Solution(
            coef, float(level) if self.outputs == 1 else level, objective, certificate, "passes", place.steps
        )

    def _check_end(self, prepared: Prepared, place: Place) -> None:
        """DataError where coefficients without a penalty have run off: in some direction rows teach nothing any more.

        Rows would say exactly whether they are separated (`regcli.problem.separation`); passes see that next to nothing
        is left of the curvature in a direction, of what the model without features has.
        """
        curved, Z = place.curved, prepared.problem.Z
        if curved is None or not len(curved.places):
            return
        K, unit = self.outputs, np.tile(self.passes.groups[0].unit[curved.places], self.outputs)
        hessian = curved.bend.matrix / np.outer(unit, unit)
        rows = prepared.problem.rooted(Z[:, curved.places])
        values, basis = np.linalg.eigh(rows.T @ rows / prepared.problem.total)
        kept = values > INDEPENDENT * values[-1]
        whitened = np.kron(np.eye(K), basis[:, kept] / np.sqrt(values[kept]))
        left = np.linalg.eigvalsh(whitened.T @ hessian @ whitened)
        level = np.asarray(self.passes.nulls[0].level)
        at = level if K > 1 else level[0]
        bends = self.family.curvature(self.family.response(at), at)
        null = min(float(bend) for (k, m), bend in bends.items() if k == m and bend is not None)
        least = left[left.size // K if K > 1 else 0]  # a shift common to all classes has no curvature
        if least <= FADED * null:
            target = visible(prepared.design.target)
            what = f"the classes of {target} are separated" if self.recipe.answer.classes else f"{target} is 0 in rows"
            raise DataError(
                f"{what}, at least in part, by a sum of features, as far as passes can tell: without a penalty the "
                "coefficients grow without end",
                hint="--penalty l2 --alpha 0.01, or cv to choose the strength",
            )

    def engine(self, folds: Folds) -> PassEngine:
        """The folds by passes."""
        return PassEngine(self.passes, folds, self.measure == "rmse", self._remember)

    def metrics(self, prepared: Prepared, solution: Solution) -> dict[str, Any]:
        """The metrics of the rows learned from, and of those held back, None where there are none."""
        K = self.outputs
        coef, level = prepared.to_file_units(solution.coef, solution.intercept)
        task = JudgeTask(
            self.recipe, self.recipe.spec, self.family, np.asarray(coef).reshape(K, -1),
            np.atleast_1d(level), np.atleast_1d(prepared.problem.null_intercept),
        )  # fmt: skip
        found: Both = self.passing.total(task)
        return {"train": found.learned.metrics(), "test": found.held.metrics()}

    def degrees(self, prepared: Prepared, path: SolutionPath) -> Vector:
        """The degrees of freedom of each solution (A,), as `select.criteria.likelihood_degrees` has them."""
        penalty, unit = prepared.problem.penalty, self.passes.groups[0].unit
        found = np.asarray(np.count_nonzero(path.coefs, axis=1), dtype=np.float64)
        curved = [i for i in range(len(path.alphas)) if path.alphas[i] > 0 and np.any(penalty.l2 > 0) and found[i]]
        if not curved:
            return found
        K, p = self.outputs, self.p
        active = [np.flatnonzero(path.coefs[i].reshape(K, p).any(axis=0)) for i in curved]
        tiled = np.tile(unit, K)
        levels = [np.atleast_1d(path.intercepts[i]) for i in curved]
        said = self._look(
            [
                Query(path.coefs[i] / tiled, level, curved=these)
                for i, level, these in zip(curved, levels, active, strict=True)
            ]
        )
        for i, these, one in zip(curved, active, said, strict=True):
            bend = curved_of(one, K, self.intercept, steady=False)
            assert bend is not None
            places = np.asarray(np.arange(K)[:, None] * p + these).ravel()
            kept = np.flatnonzero(path.coefs[i][places])
            size = np.tile(unit[these], K)[kept]
            block = bend.bend.matrix[np.ix_(kept, kept)] / np.outer(size, size)
            found[i] = share_of(block, path.alphas[i] * penalty.l2[places[kept]])
        return found

    def _remember(self, ask: Ask, places: Sequence[Place]) -> None:
        """Keep the solutions of all rows: one of them may be asked for again."""
        pairs = zip(ask.alphas.tolist(), places, strict=True)
        self.solved |= {(ask.translation, alpha): place for alpha, place in pairs}


def _ask(prepared: Prepared, alphas: Vector) -> Ask:
    model = prepared.model
    return Ask(prepared.translation, alphas, model.standardize, model.intercept, model.solver, prepared.constraints)
