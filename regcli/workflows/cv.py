"""`cv`: the strength that predicts best, by cross-validation without leakage, and the model refitted with it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import regcli
from regcli.data.design import build
from regcli.errors import counted
from regcli.problem.objective import Solution
from regcli.report.of_cv import report_of_cv
from regcli.report.report import Report
from regcli.select.asking import Ask, Engine
from regcli.select.by_moments import MomentsEngine
from regcli.select.by_rows import RowsEngine
from regcli.select.criteria import degrees_of_freedom
from regcli.select.crossval import Curve, best_of, cross_validate, extended
from regcli.select.folds import Folds
from regcli.select.pathwise import SolutionPath, solve_path
from regcli.solve import solve
from regcli.specs import DataSpec, FoldSpec, GridSpec, ModelSpec, OutputSpec, ValidationSpec, typed
from regcli.workflows.curves import chosen_of, curve_of, cv_notices, folds_doc, selection_of
from regcli.workflows.documents import certificate_of, data_of, metrics_of, model_of, sparsity_of
from regcli.workflows.folding import folds_of
from regcli.workflows.models import with_model
from regcli.workflows.noticing import overflow, solution_notices
from regcli.workflows.paths import arrays_of, check_penalty, criteria_of, cv_settings, grid_of, path_of, stopped_of
from regcli.workflows.preparing import Clock, Prepared, prepare

MOST_MOMENTS = 1 << 30
"""Bytes that the moments of all folds may take; beyond, each fold goes by its rows."""


@dataclass(frozen=True)
class Tried:
    """One share of L1: the problem on all rows, its cross-validated curve, and its path on all rows."""

    prepared: Prepared
    curve: Curve
    path: SolutionPath
    df: np.ndarray[Any, np.dtype[np.float64]]


def cv(
    data: DataSpec,
    model: ModelSpec,
    validation: ValidationSpec,
    grid: GridSpec,
    folding: FoldSpec,
    output: OutputSpec,
    tell: Callable[[str], None] = lambda text: None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Cross-validate along a grid of strengths, choose by the rule, refit on all training rows.

    `progress` hears how many fold paths of how many are done.
    """
    check_penalty(model, "cv")
    clock = Clock(tell)
    design = build(data, validation, model.intercept, folding)
    clock.tell(f"read {design.rows_read:,} rows, used {len(design.y):,} with {counted(len(design.names), 'feature')}")
    prepared = prepare(design, model)
    folds, notices = folds_of(design, folding)
    engine = _engine(prepared, folds, folding, 0.0 in grid.alphas)
    clock.tell(f"scaled the columns, made {counted(folds.k, 'fold')}")
    jobs = min(folding.jobs or available_cores(), available_cores())
    models = [replace(model, l1_ratio=ratio) for ratio in folding.l1_ratios] or [model]
    steps = _Steps(progress, len(models))
    tried = [_try(prepared.posed(one, not grid.alphas), engine, folds, grid, jobs, steps) for one in models]
    clock.tell(f"fitted {counted(folds.k * len(folds.assignment) * len(models), 'fold path')} by {engine.name}")
    best = best_of([one.curve for one in tried])
    refitted, solution = _refitted(tried[best], folding, model)
    specs = (data, model, validation, grid, folding)
    document, arrays = _cv_document(tried, best, folds, engine, specs, refitted, solution)
    document["warnings"] = [{"code": n.code, "message": n.message} for n in notices] + document["warnings"]
    clock.tell("refitted and certified")
    return with_model(report_of_cv(document, arrays, output.order), document, refitted, solution)


def _refitted(one: Tried, folding: FoldSpec, model: ModelSpec) -> tuple[Prepared, Solution]:
    """The problem at the alpha that the rule chooses, on all training rows, and its solution."""
    at = one.curve.best if folding.rule == "min" else one.curve.one_se
    problem = replace(one.prepared.problem, alpha=float(one.curve.alphas[at]))
    return replace(one.prepared, problem=problem), solve(problem, model.solver)


def available_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Steps:
    """Tells the fold paths done of all, over several curves one after another."""

    progress: Callable[[int, int], None]
    curves: int
    before: int = 0

    def __call__(self, done: int, of: int) -> None:
        self.progress(self.before + done, max(self.curves, 1) * of)
        if done == of:
            self.before += of


def _engine(prepared: Prepared, folds: Folds, folding: FoldSpec, unpenalised: bool) -> Engine:
    """Moments where they can serve: squared error, more training rows than features, and room for them."""
    design, scaling = prepared.design, prepared.scaling
    p = design.X.shape[1]
    size = 16 * len(folds.assignment) * folds.k * (p + 1) ** 2
    squared = folding.measure != "mae"
    exact = prepared.model.solver != "sklearn" and not unpenalised
    y = design.y - prepared.problem.null_intercept
    relearn = design.relearn
    if squared and exact and relearn is None and folds.least_training > p and size <= MOST_MOMENTS:
        return MomentsEngine(
            design.X, prepared.problem.Z, y, scaling.mean, scaling.scale, folds, prepared.problem.twins
        )
    return RowsEngine(design.X, y, folds, "squared" if squared else "absolute", relearn)


def _try(prepared: Prepared, engine: Engine, folds: Folds, spec: GridSpec, jobs: int, steps: _Steps) -> Tried:
    grid, model = grid_of(prepared, spec), prepared.model
    ask = Ask(prepared.translation, grid.alphas, model.standardize, model.intercept, model.solver)
    count = folds.k * len(folds.assignment)
    curve = cross_validate(engine, ask, folds.k, count, jobs, steps)
    curve = extended(engine, curve, grid, model.ratio == 0, jobs)
    problem, alphas = prepared.problem, curve.alphas
    if not isinstance(engine, MomentsEngine):
        path = solve_path(problem, alphas, model.solver)
        return Tried(prepared, curve, path, degrees_of_freedom(problem, alphas, path.coefs))
    found = engine.fit(engine.all, curve.ask, lambda: np.ones(len(problem.y), dtype=bool))
    by = "ridge" if model.ratio == 0 else "quadratic"
    path = SolutionPath(
        alphas, found.standardized, found.intercepts + problem.null_intercept, found.mean_square, found.rulings,
        (by,) * len(alphas), len(alphas),
    )  # fmt: skip
    return Tried(prepared, curve, path, degrees_of_freedom(problem, alphas, path.coefs, found.gram))


def _cv_document(
    tried: list[Tried],
    best: int,
    folds: Folds,
    engine: Engine,
    specs: tuple[Any, ...],
    refitted: Prepared,
    solution: Solution,
) -> tuple[dict[str, Any], dict[str, Any]]:
    data, model, validation, grid, folding = specs
    one = tried[best]
    curve, prepared = one.curve, one.prepared
    at = curve.best if folding.rule == "min" else curve.one_se
    coef, intercept = prepared.scaling.to_file_units(solution.coef, solution.intercept)
    entries = path_of(prepared, one.path, one.df)
    offset = sum(len(other.curve.alphas) for other in tried[:best])
    chosen = chosen_of(curve, one.path.coefs, prepared, folding, offset)
    unpenalised, metrics = refitted.problem.alpha == 0, metrics_of(refitted, solution)
    notices = [
        *prepared.design.notices,
        *cv_notices(curve, chosen, prepared, folds, folding, bool(grid.alphas)),
        *solution_notices(refitted, solution, unpenalised),
        *overflow(metrics),
    ]
    document = {
        "schema": "regcli.cv/1",
        "version": regcli.__version__,
        "command": "cv",
        "settings": cv_settings(data, model, validation, grid, folding),
        "data": data_of(prepared),
        "path": entries,
        "stopped": stopped_of(one.path),
        "criteria": criteria_of(entries),
        "folds": folds_doc(folds, folding, engine.name, [other.curve for other in tried]),
        "curve": [row for other in tried for row in curve_of(other.curve, other.path.coefs, other.prepared, folding)],
        "chosen": chosen,
        "selection": selection_of(curve, at, solution.coef, prepared.design.names),
        "model": model_of(refitted, solution, coef, intercept, unpenalised),
        "sparsity": sparsity_of(prepared.design.names, solution.coef),
        "metrics": metrics,
        "certificate": certificate_of(prepared.design.names, solution),
        "next": _same_fit(refitted, data, validation, folding.column, bool(grid.alphas)),
        "warnings": [{"code": notice.code, "message": notice.message} for notice in notices],
    }
    arrays = {
        **arrays_of(prepared, one.path),
        "mean": curve.mean,
        "se": curve.se,
        "train_mean": curve.train_mean,
        "per_fold": curve.per_fold,
        "assignment": np.array(folds.assignment),
    }
    return document, arrays


def _same_fit(refitted: Prepared, data: DataSpec, validation: ValidationSpec, column: str | None, given: bool) -> str:
    """The command that fits the same model again, without the `column` that made the folds.

    The elastic net on a drawn grid is named by its two strengths.
    """
    model, alpha = refitted.model, refitted.problem.alpha
    if column is not None and column not in data.exclude:
        data = replace(data, exclude=(*data.exclude, column))
    if model.ratio in (0.0, 1.0) or given or model.convention == "glmnet":
        ratio = model.ratio if model.penalty == "elasticnet" else None
        again = replace(model, alpha=alpha, l1_ratio=ratio)
    else:
        units = refitted.units
        again = replace(model, alpha=None, l1_ratio=None, convention="mean", l1=alpha * units.l1, l2=alpha * units.l2)
    return shlex.join(["regcli", "fit", *typed(data, again, validation)])
