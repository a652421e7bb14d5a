"""How a strength is chosen: the engine that suits the rows, the curve along the alphas, the problem at its choice."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regcli.select.asking import Ask, Engine
from regcli.select.by_moments import MomentsEngine
from regcli.select.by_rows import RowsEngine
from regcli.select.criteria import degrees_of_freedom
from regcli.select.crossval import Curve, cross_validate, extended
from regcli.select.folds import Folds
from regcli.select.pathwise import SolutionPath
from regcli.solve.direct import is_ridge
from regcli.specs import FoldSpec, GridSpec, Measure, Rule
from regcli.workflows.constraining import check_kept
from regcli.workflows.paths import degrees_along, grid_of
from regcli.workflows.preparing import Prepared
from regcli.workflows.solving import solved_along

MOST_MOMENTS = 1 << 30
"""Bytes that the moments of all folds may take; beyond, each fold goes by its rows."""


@dataclass(frozen=True)
class Tried:
    """One share of L1: the problem on all rows, its cross-validated curve, and its path on all rows."""

    prepared: Prepared
    curve: Curve
    path: SolutionPath
    df: np.ndarray[Any, np.dtype[np.float64]]


def processes(folding: FoldSpec) -> int:
    """How many processes share the folds: as many as asked for, at most one for each core that this one may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(folding.jobs or cores, cores)


@dataclass
class Steps:
    """Tells the fold paths done of all, over several curves one after another."""

    progress: Callable[[int, int], None]
    curves: int
    before: int = 0

    def __call__(self, done: int, of: int) -> None:
        """`done` fold paths of the current curve `of` so many are there."""
        self.progress(self.before + done, max(self.curves, 1) * of)
        if done == of:
            self.before += of


def engine_for(prepared: Prepared, folds: Folds, measure: Measure, unpenalised: bool = False) -> Engine:
    """Moments where they can serve: squared error, more training rows than features, and room for them."""
    design, scaling, problem = prepared.design, prepared.scaling, prepared.problem
    p = design.X.shape[1]
    size = 16 * len(folds.assignment) * folds.k * (p + 1) ** 2
    squared = measure in ("mse", "r2") and problem.family.is_quadratic
    exact = prepared.model.solver != "sklearn" and not unpenalised
    relearn = design.relearn
    sample = prepared.sample
    if squared and exact and relearn is None and folds.least_training > p and size <= MOST_MOMENTS:
        return MomentsEngine.of_rows(
            design.X, problem.Z, sample.y, scaling.mean, scaling.scale, folds, problem.twins, problem.weights
        )
    return RowsEngine(design.X, sample, folds, measure, relearn)


def curve_along(
    prepared: Prepared,
    engine: Engine,
    folds: Folds,
    spec: GridSpec,
    jobs: int = 1,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Curve:
    """The errors of the folds along the grid, which is extended where it is drawn and the least lies at its end."""
    grid, model = grid_of(prepared, spec), prepared.model
    constraints = prepared.constraints
    if constraints.factors is not None:
        check_kept(int(np.sum(constraints.factors == 0)), folds.least_training, model)
    ask = Ask(prepared.translation, grid.alphas, model.standardize, model.intercept, model.solver, constraints)
    curve = cross_validate(engine, ask, folds.k, folds.k * len(folds.assignment), jobs, tell)
    return extended(engine, curve, grid, model.ratio == 0, jobs)


def with_path(prepared: Prepared, engine: Engine, curve: Curve) -> Tried:
    """The same with the path on all rows, and its degrees of freedom."""
    problem, alphas = prepared.problem, curve.alphas
    if not isinstance(engine, MomentsEngine):
        path = solved_along(prepared, alphas)
        return Tried(prepared, curve, path, degrees_along(prepared, path))
    found = engine.fit(engine.all, curve.ask, lambda: np.ones(len(problem.y), dtype=bool))
    by = "ridge" if is_ridge(problem.penalty.at(1.0)) else "quadratic"
    path = SolutionPath(
        alphas, found.standardized, found.intercepts + problem.null_intercept, found.mean_square, found.rulings,
        (by,) * len(alphas), len(alphas),
    )  # fmt: skip
    return Tried(prepared, curve, path, degrees_of_freedom(problem, alphas, path.coefs, found.gram))


def chosen_index(curve: Curve, rule: Rule) -> int:
    """Where on the curve the rule stops."""
    return curve.best if rule == "min" else curve.one_se


def at_chosen(prepared: Prepared, curve: Curve, rule: Rule) -> Prepared:
    """The problem at the alpha that the rule chooses, on all training rows."""
    problem = replace(prepared.problem, alpha=float(curve.alphas[chosen_index(curve, rule)]))
    return replace(prepared, problem=problem)
