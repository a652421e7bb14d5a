"""`cv`: the strength that predicts best, by cross-validation without leakage, and the model refitted with it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import regcli
from regcli.data.engines import lets_go
from regcli.data.engines.seam import Watch, unwatched
from regcli.errors import counted
from regcli.problem.objective import Solution
from regcli.report.of_cv import report_of_cv
from regcli.report.report import Report
from regcli.select.asking import Engine
from regcli.select.crossval import best_of
from regcli.select.folds import Folds
from regcli.specs import DataSpec, FoldSpec, GridSpec, ModelSpec, OutputSpec, ValidationSpec, typed
from regcli.workflows.curves import chosen_of, curve_of, cv_notices, folds_doc, selection_of, signed
from regcli.workflows.documents import certificate_of, data_of, model_of, sparsity_of
from regcli.workflows.gathering import Request, gather
from regcli.workflows.judging import metrics_of
from regcli.workflows.models import with_model
from regcli.workflows.noticing import overflow, passed_over, solution_notices
from regcli.workflows.origins import origin_of
from regcli.workflows.paths import arrays_of, check_penalty, criteria_of, cv_settings, path_of, stopped_of
from regcli.workflows.preparing import Clock, Prepared, prepare
from regcli.workflows.separated import check_separation, check_unpenalised
from regcli.workflows.solving import solved
from regcli.workflows.tuning import (
    Steps,
    Tried,
    at_chosen,
    chosen_index,
    curve_along,
    processes,
    with_path,
)


@lets_go
def cv(
    data: DataSpec,
    model: ModelSpec,
    validation: ValidationSpec,
    grid: GridSpec,
    folding: FoldSpec,
    output: OutputSpec,
    tell: Callable[[str], None] = lambda text: None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    watch: Watch = unwatched,
) -> Report:
    """Cross-validate along a grid of strengths, choose by the rule, refit on all training rows.

    `progress` hears how many fold paths of how many are done, `watch` how far passes over rows have come that memory
    does not hold.
    """
    check_penalty(model, "cv")
    clock = Clock(tell)
    unpenalised = 0.0 in grid.alphas
    gathered = gather(Request("cv", data, model, validation, output, folding, unpenalised=unpenalised), watch)
    design = gathered.design
    clock.tell(f"read {design.rows_read:,} rows, used {design.count:,} with {counted(len(design.names), 'feature')}")
    prepared = prepare(design, model)
    asked_folds, folding = folding, folding.for_family(design.family)
    folds, notices = gathered.folds(folding)
    engine = gathered.engine(prepared, folds, folding, unpenalised)
    clock.tell(f"scaled the columns, made {counted(folds.k, 'fold')}")
    jobs = 1 if engine.name == "passes" else processes(folding)
    models = [replace(model, l1_ratio=ratio) for ratio in folding.l1_ratios] or [model]
    steps = Steps(progress, len(models))
    posed = [prepared.posed(one, not grid.alphas) for one in models]
    check_unpenalised(posed[0])
    curves = [curve_along(one, engine, folds, grid, jobs, steps) for one in posed]
    tried = [with_path(one, engine, curve) for one, curve in zip(posed, curves, strict=True)]
    clock.tell(f"fitted {counted(folds.k * len(folds.assignment) * len(models), 'fold path')} by {engine.name}")
    best = best_of([one.curve for one in tried])
    refitted = at_chosen(tried[best].prepared, tried[best].curve, folding.rule)
    solution = solved(refitted)
    check_separation(refitted, solution.intercept, solution.coef)
    specs = (data, model, validation, grid, folding)
    document, arrays = _cv_document(tried, best, folds, engine, specs, refitted, solution)
    document["warnings"] = [{"code": n.code, "message": n.message} for n in notices] + document["warnings"]
    clock.tell("refitted and certified")
    report = with_model(report_of_cv(document, arrays, output.order), document, refitted, solution)
    asked = replace(model, l1_ratio=None) if folding.l1_ratios else model
    return replace(report, origin=origin_of(design, "cv", data, asked, grid, asked_folds, validation))


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
    at = chosen_index(curve, folding.rule)
    entries = path_of(prepared, one.path, one.df)
    offset = sum(len(other.curve.alphas) for other in tried[:best])
    chosen = chosen_of(curve, one.path.coefs, prepared, folding, offset)
    unpenalised, metrics = refitted.problem.alpha == 0, metrics_of(refitted, solution)
    notices = [
        *prepared.design.notices,
        *cv_notices(curve, chosen, prepared, folds, folding, bool(grid.alphas)),
        *passed_over(refitted),
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
        "selection": selection_of(curve, at, signed(solution.coef, refitted), prepared.design.names),
        "model": model_of(refitted, solution, unpenalised),
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
        **({"assignment": np.array(folds.assignment)} if prepared.design.condensed is None else {}),
    }
    return document, arrays


def _same_fit(refitted: Prepared, data: DataSpec, validation: ValidationSpec, column: str | None, given: bool) -> str:
    """The command that fits the same model again, without the `column` that made the folds.

    The elastic net on a drawn grid is named by its two strengths.
    """
    model, alpha = refitted.model, refitted.problem.alpha
    if model.ratio in (0.0, 1.0) or given or model.convention == "glmnet":
        ratio = model.ratio if model.penalty == "elasticnet" else None
        again = replace(model, alpha=alpha, l1_ratio=ratio)
    else:
        units = refitted.units
        again = replace(model, alpha=None, l1_ratio=None, convention="mean", l1=alpha * units.l1, l2=alpha * units.l2)
    return shlex.join(["regcli", "fit", *typed(data.without(column), again, validation)])
