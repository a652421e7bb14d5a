"""`fit`: one model at one strength."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import regcli
from regcli.data.design import Design, build
from regcli.errors import DataError, counted, listed
from regcli.problem.objective import Solution
from regcli.report.of_fit import report_of_fit
from regcli.report.report import Report
from regcli.solve import solve
from regcli.specs import DataSpec, ModelSpec, OutputSpec, ValidationSpec, typed
from regcli.workflows.documents import (
    certificate_of,
    data_of,
    inference_of,
    metrics_of,
    model_of,
    settings_of,
    sparsity_of,
)
from regcli.workflows.noticing import overflow, solution_notices
from regcli.workflows.preparing import Clock, Prepared, check_strength, prepare

BIASED = "no standard errors: the usual ones leave out the penalty's bias"
SELECTED = "no standard errors: rows cannot test the coefficients they chose"


def fit(
    data: DataSpec,
    model: ModelSpec,
    validation: ValidationSpec,
    output: OutputSpec,
    tell: Callable[[str], None] = lambda text: None,
) -> Report:
    """One model at one strength: coefficients, sparsity, quality, certificate; `tell` hears what takes how long."""
    clock = Clock(tell)
    design = build(data, validation, model.intercept)
    clock.tell(f"read {design.rows_read:,} rows, used {len(design.y):,} with {counted(len(design.names), 'feature')}")
    prepared = prepare(design, model)
    check_strength(prepared, typed(data, model, validation))
    clock.tell("scaled the columns")
    solution = solve(prepared.problem, model.solver)
    clock.tell(f"solved and certified by {solution.solver} in {counted(solution.iterations, 'iteration')}")
    document = _fit_document(prepared, solution, data, model, validation)
    return report_of_fit(document, output.order)


def _fit_document(
    prepared: Prepared, solution: Solution, data: DataSpec, model: ModelSpec, validation: ValidationSpec
) -> dict[str, Any]:
    design, problem = prepared.design, prepared.problem
    coef, intercept = prepared.scaling.to_file_units(solution.coef, solution.intercept)
    if not np.all(np.isfinite(coef)):
        vast = [name for name, value in zip(design.names, coef, strict=True) if not np.isfinite(value)]
        raise DataError(f"no double holds the coefficient of {listed(vast)}", hint=f"rescale {listed(vast)}")
    unpenalised = bool(np.all(problem.strengths.free))
    inference = inference_of(prepared, solution, coef, intercept) if unpenalised else None
    metrics = metrics_of(prepared, solution)
    notices = [*design.notices, *solution_notices(prepared, solution, unpenalised), *overflow(metrics)]
    return {
        "schema": "regcli.fit/1",
        "version": regcli.__version__,
        "command": "fit",
        "settings": settings_of(data, model, validation),
        "data": data_of(prepared),
        "model": model_of(prepared, solution, coef, intercept, unpenalised),
        "sparsity": sparsity_of(design.names, solution.coef),
        "metrics": metrics,
        "certificate": certificate_of(design.names, solution),
        "inference": inference,
        "no_inference": None
        if inference is not None
        else _why_no_inference(unpenalised, model.ratio > 0, solution, design),
        "next": _next_command(prepared, data, model, validation, unpenalised),
        "warnings": [{"code": notice.code, "message": notice.message} for notice in notices],
    }


def _why_no_inference(unpenalised: bool, selects: bool, solution: Solution, design: Design) -> str:
    if not unpenalised:
        return SELECTED if selects else BIASED
    n, p = design.X.shape
    if solution.rank is None:
        return "no standard errors: this solver gives none (--solver exact does)"
    if solution.factor is None:
        rank = f"the {p:,} columns have rank {solution.rank:,}"
        return f"no standard errors: {rank}, so that their coefficients are not determined"
    return f"no standard errors: {n:,} rows leave no degree of freedom for {p:,} features"


def _next_command(
    prepared: Prepared, data: DataSpec, model: ModelSpec, validation: ValidationSpec, unpenalised: bool
) -> str:
    """One command that is worth trying after this one."""
    tested = prepared.design.y_test is not None
    if not unpenalised and model.ratio > 0 and prepared.problem.alpha >= prepared.alpha_max:
        ratio = model.ratio if model.penalty == "elasticnet" else None
        following = replace(model, alpha=_round(prepared.alpha_max / 10), l1_ratio=ratio, l1=None, l2=None)
    elif not tested:
        following, validation = model, ValidationSpec(test_size=0.25)
    elif unpenalised:
        following = ModelSpec(
            standardize=model.standardize, intercept=model.intercept, alpha=_round(prepared.lasso_alpha_max / 100)
        )
    else:
        following = ModelSpec(penalty="none", standardize=model.standardize, intercept=model.intercept)
    return shlex.join(["regcli", "fit", *typed(data, following, validation)])


def _round(value: float) -> float:
    return float(f"{value:.2g}")
