"""`fit`: one model at one strength."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import regcli
from regcli.data.design import Design
from regcli.data.engines import lets_go
from regcli.data.engines.seam import Watch, unwatched
from regcli.errors import counted
from regcli.problem.objective import Solution
from regcli.report.of_fit import report_of_fit
from regcli.report.report import Report, facts
from regcli.specs import DataSpec, ModelSpec, OutputSpec, TrainingSpec, ValidationSpec, typed
from regcli.workflows.documents import (
    certificate_of,
    check_coefficients,
    data_of,
    inference_of,
    model_of,
    settings_of,
    sparsity_of,
)
from regcli.workflows.fan import arrays_of_fan, blades, fan_notices, fan_of, is_fan, of_middle
from regcli.workflows.gathering import Request, gather
from regcli.workflows.judging import metrics_of, rows_of
from regcli.workflows.models import with_model
from regcli.workflows.noticing import overflow, passed_over, solution_notices
from regcli.workflows.origins import origin_of
from regcli.workflows.preparing import Clock, Prepared, check_strength, prepare
from regcli.workflows.separated import check_separation
from regcli.workflows.solving import is_passed_over, solved
from regcli.workflows.training import Trained, train

BIASED = "no standard errors: the usual ones leave out the penalty's bias"
BOUNDED = "no standard errors: the usual ones know of no bounds"
NO_ERRORS = {
    "huber": "no standard errors: those of a fit with a fixed threshold leave out how it was found",
    "quantile": "no standard errors: they would need the density of the target around the quantile",
    "squared_hinge": "no standard errors: a margin is no likelihood",
}
NO_TRAINING = TrainingSpec()
SELECTED = "no standard errors: rows cannot test the coefficients they chose"


@lets_go
def fit(
    data: DataSpec,
    model: ModelSpec,
    validation: ValidationSpec,
    output: OutputSpec,
    tell: Callable[[str], None] = lambda text: None,
    training: TrainingSpec = NO_TRAINING,
    trace: Callable[[str], None] = lambda text: None,
    watch: Watch = unwatched,
) -> Report:
    """One model at one strength: coefficients, sparsity, quality, certificate; `tell` hears what takes how long.

    `trace` hears the loss of a descent as it goes, where that is asked for; `watch` how far passes over rows have come
    that memory does not hold.
    """
    clock = Clock(tell)
    contrasts = model.strength == 0 and model.intercept
    asked = Request("fit", data, model, validation, output, training=training, contrasts=contrasts)
    design = gather(asked, watch).design
    clock.tell(f"read {design.rows_read:,} rows, used {design.count:,} with {counted(len(design.names), 'feature')}")
    prepared = prepare(design, of_middle(model))
    check_strength(prepared, typed(data, _for_cv(model), validation))
    clock.tell("scaled the columns")
    trained = train(prepared, training, trace) if model.solver == "gradient" else None
    solution = solved(prepared) if trained is None else trained.solution
    check_separation(prepared, solution.intercept, solution.coef)
    clock.tell(f"solved and certified by {solution.solver} in {counted(solution.iterations, 'iteration')}")
    document = _fit_document(prepared, solution, trained, (data, model, validation, training))
    arrays = rows_of(prepared, solution)
    fan = blades(design, model, prepared, solution) if is_fan(design, model) else []
    if fan:
        document["model"]["fan"], arrays["fan"] = fan_of(fan), arrays_of_fan(fan)
        document["warnings"] += [{"code": one.code, "message": one.message} for one in fan_notices(fan)]
        document["next"] = _next_command(data, of_middle(model), validation, False)
    report = replace(report_of_fit(document, output.order), arrays=facts(arrays))
    report = with_model(report, document, prepared, solution, fan)
    return replace(report, origin=origin_of(design, "fit", data, model, validation, training))


def _fit_document(
    prepared: Prepared,
    solution: Solution,
    trained: Trained | None,
    specs: tuple[DataSpec, ModelSpec, ValidationSpec, TrainingSpec],
) -> dict[str, Any]:
    data, model, validation, _ = specs
    design, problem = prepared.design, prepared.problem
    unpenalised, bounded = bool(np.all(problem.strengths.unpenalised)), problem.penalty.bounded
    inference = None
    if unpenalised and not bounded and problem.outputs == 1 and not is_passed_over(prepared):
        coef, intercept = prepared.to_file_units(solution.coef, solution.intercept)
        intercept = intercept if trained is None or trained.intercept is None else trained.intercept
        check_coefficients(design.names, coef)
        inference = inference_of(prepared, solution, coef, intercept)
    metrics = metrics_of(prepared, solution)
    notices = [
        *design.notices,
        *passed_over(prepared),
        *solution_notices(prepared, solution, unpenalised),
        *overflow(metrics),
    ]
    return {
        "schema": "regcli.fit/1",
        "version": regcli.__version__,
        "command": "fit",
        "settings": settings_of(*specs),
        "data": data_of(prepared),
        "model": model_of(prepared, solution, unpenalised, None if trained is None else trained.intercept),
        "sparsity": sparsity_of(design.names, solution.coef),
        "metrics": metrics,
        "certificate": certificate_of(design.names, solution),
        "training": None if trained is None else trained.document,
        "inference": inference,
        "no_inference": None
        if inference is not None
        else BOUNDED
        if unpenalised and bounded
        else _why_no_inference(unpenalised, model.ratio > 0, solution, design),
        "next": _next_command(data, model, validation, unpenalised),
        "warnings": [{"code": notice.code, "message": notice.message} for notice in notices],
    }


def _why_no_inference(unpenalised: bool, selects: bool, solution: Solution, design: Design) -> str:
    if not unpenalised:
        return SELECTED if selects else BIASED
    n, p = design.count, design.X.shape[1]
    if design.behind is not None:
        return "no standard errors: rows that are passed over give none"
    if design.family == "multinomial":
        return "no standard errors: the classes share one scale, on which no single class is the reference"
    if design.family in NO_ERRORS:
        return NO_ERRORS[design.family]
    if solution.rank is None:
        others = " (--solver exact does)" if n > p + 1 and solution.certificate.unique else ""
        return f"no standard errors: this solver gives none{others}"
    if solution.factor is None:
        rank = f"the {p:,} columns have rank {solution.rank:,}"
        return f"no standard errors: {rank}, so that their coefficients are not determined"
    return f"no standard errors: {n:,} rows leave no degree of freedom for {p:,} features"


def _for_cv(model: ModelSpec) -> ModelSpec:
    """The same for a command that solves many problems, which gradient descent does not."""
    if model.solver != "gradient":
        return model
    return replace(model, solver="auto", convention="mean" if model.penalty == "none" else model.convention)


def _next_command(data: DataSpec, model: ModelSpec, validation: ValidationSpec, unpenalised: bool) -> str:
    """The strength that predicts best: the lasso's, where there was no penalty."""
    lasso = unpenalised or (model.l1 is not None and model.rest == 0)
    following = replace(
        _for_cv(model),
        penalty="l1" if lasso else model.penalty,
        alpha=None,
        l1=None,
        l2=None,
        C=None,
        l1_ratio=None if unpenalised else model.l1_ratio,
        convention="mean" if unpenalised else model.convention,
    )
    return shlex.join(["regcli", "cv", *typed(data, following, validation)])
