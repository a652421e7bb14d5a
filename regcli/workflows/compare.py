"""`compare`: which penalty, and what does it do? Several models, judged by the same rows that none has learned from."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import regcli
from regcli.data.design import Design
from regcli.data.engines import lets_go
from regcli.data.engines.seam import Watch, unwatched
from regcli.errors import Notice, UsageError, counted
from regcli.problem.families import GAUSSIAN
from regcli.report.of_compare import report_of_compare, rival_words
from regcli.report.report import Report
from regcli.select.crossval import at_edge
from regcli.solve import solve
from regcli.specs import (
    TUNED,
    CompareSpec,
    DataSpec,
    FoldSpec,
    ModelSpec,
    OutputSpec,
    ValidationSpec,
    measure_for,
    typed,
)
from regcli.workflows.comparing import Standing, by_folds, by_test_rows
from regcli.workflows.diagnosing import diagnosis
from regcli.workflows.documents import (
    certificate_of,
    classes_of,
    data_of,
    model_of,
    settings_of,
    sparsity_of,
)
from regcli.workflows.gathering import Request, gather
from regcli.workflows.geometry import geometry_of
from regcli.workflows.judging import metrics_of
from regcli.workflows.lines import feature_of
from regcli.workflows.models import with_model
from regcli.workflows.nesting import Judged, Nested, judge
from regcli.workflows.noticing import passed_over, solution_notices
from regcli.workflows.origins import origin_of_comparison
from regcli.workflows.paths import check_solver, coefficients_of
from regcli.workflows.preparing import Clock
from regcli.workflows.rivals import Contender, Fitted, Inside, contenders, fit_all
from regcli.workflows.tuning import processes
from regcli.workflows.verdicts import verdict_of


@lets_go
def compare(
    data: DataSpec,
    model: ModelSpec,
    validation: ValidationSpec,
    folding: FoldSpec,
    spec: CompareSpec,
    output: OutputSpec,
    tell: Callable[[str], None] = lambda text: None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    watch: Watch = unwatched,
) -> Report:
    """Tune, fit and judge every model of `spec` on the same folds, or by rows held out; `model` says what they share.

    `progress` hears how many folds of how many are done, `watch` how far passes over rows have come that memory does
    not hold.
    """
    check_solver(model, "compare")
    spec.check(folding, validation)
    clock = Clock(tell)
    gathered = gather(Request("compare", data, model, validation, output, folding, rivals=spec), watch)
    design = gathered.design
    asked, folding = folding, folding.for_family(design.family)
    every, spec = spec, spec.for_family(design.family)
    _check_rows(design)
    clock.tell(f"read {design.rows_read:,} rows, used {design.count:,} with {counted(len(design.names), 'feature')}")
    pair, inside = _pair(design, spec, model), gathered.inside()
    rivals = contenders(spec, model, folding)
    jobs = processes(folding)
    judged, notices = None, list[Notice]()
    if design.X_test is None:
        folds, notices = gathered.folds(folding)
        parts = gathered.parts(folds, model.intercept)
        judged = judge(Nested(parts, len(design.names), rivals, spec, folding, folds), jobs, progress)
        clock.tell(f"tuned and judged {counted(len(rivals), 'model')} in {counted(len(judged.verdicts), 'fold')}")
    fitted = fit_all(inside, rivals, spec, folding, jobs)
    standing = by_test_rows(fitted, folding.judge) if judged is None else by_folds(judged, fitted)
    clock.tell("tuned and fitted them on all training rows")
    document = _document(inside, rivals, fitted, standing, judged, (data, model, validation, folding, spec))
    if pair is not None:
        document["geometry"] = geometry_of(fitted[0].prepared, pair, _strengths(document, spec))
    said = [
        *design.notices,
        *passed_over(fitted[0].prepared),
        *notices,
        *_left_out(every, spec),
        *_fewer(document, spec),
        *_notices(rivals, fitted),
    ]
    document["warnings"] = [{"code": notice.code, "message": notice.message} for notice in said]
    clock.tell("diagnosed")
    chosen = fitted[standing.chosen]
    report = report_of_compare(document, output.order)
    report = with_model(report, _as_fit(document, chosen), chosen.prepared, chosen.solution)
    return replace(report, origin=origin_of_comparison(design, data, model, validation, asked, spec))


def _document(
    inside: Inside,
    rivals: Sequence[Contender],
    fitted: Sequence[Fitted],
    standing: Standing,
    judged: Judged | None,
    specs: tuple[DataSpec, ModelSpec, ValidationSpec, FoldSpec, CompareSpec],
) -> dict[str, Any]:
    data, model, validation, folding, spec = specs
    design = inside.design
    models = [_model(i, rivals[i], one, standing, judged) for i, one in enumerate(fitted)]
    certificates = [one.solution.certificate for one in fitted]
    return {
        "schema": "regcli.compare/1",
        "version": regcli.__version__,
        "command": "compare",
        "settings": _settings(data, model, validation, folding, spec),
        "data": data_of(fitted[0].prepared),
        "model": {
            "family": design.family,
            **classes_of(fitted[0].prepared),
            "classes": list(design.classes) if design.family == "multinomial" else None,
        },
        "judged_on": "test rows" if judged is None else "folds",
        "measure": folding.judge,
        "folds": None if judged is None else _folds(judged, folding),
        "tuning": _tuning(fitted, folding),
        "models": models,
        "verdict": verdict_of(models, standing, fitted, rivals, folding.judge),
        "diagnosis": diagnosis(models, fitted, rivals, standing, spec, folding, inside),
        "geometry": None,
        "certificate": {
            "gap": max(one.gap for one in certificates),
            "violation": max(one.violation for one in certificates),
            "certified": all(one.certified for one in certificates),
        },
        "next": _next(rivals[standing.chosen], fitted[standing.chosen], specs),
        "warnings": [],
    }


def _settings(
    data: DataSpec, model: ModelSpec, validation: ValidationSpec, folding: FoldSpec, spec: CompareSpec
) -> dict[str, Any]:
    """The requests as they were carried out; the number of processes changes nothing and is left out."""
    found = settings_of(data, model, folding, spec, validation)
    others = ("jobs", "penalties", "alphas", "inner_folds", "geometry")
    for name in ("penalty", "alpha", "l1", "l2", "C", "l1_ratios", *others):
        found.pop(name)
    given = dict(spec.alphas)
    drawn = (folding.time is None and folding.fold_column is None) or validation.test_size is not None
    return found | {
        "l1_ratio": list(folding.l1_ratios),
        "seed": folding.drawn_with if drawn else None,
        "penalties": list(spec.penalties),
        "alphas": {name: given.get(name) for name in TUNED},
        "inner_folds": spec.inner if spec.tuned else None,
        "geometry": None if spec.geometry is None else list(spec.geometry),
    }


def _pair(design: Design, spec: CompareSpec, model: ModelSpec) -> tuple[int, int] | None:
    """Where the two features whose geometry is asked for stand among those of the models."""
    if spec.geometry is None:
        return None
    if not model.standardize:
        raise UsageError("--geometry is of standardized coefficients: it cannot act with --no-standardize")
    if design.family != "gaussian":
        raise UsageError(f"--geometry draws squared errors: it cannot act with --family {design.family}")
    first, second = (feature_of(design.names, name, "--geometry") for name in spec.geometry)
    return first, second


def _strengths(document: dict[str, Any], spec: CompareSpec) -> dict[str, tuple[float, float]] | None:
    """L1 and L2 of the models whose strength is given, or None where none is."""
    given = dict(spec.alphas)
    found = {model["name"]: (model["l1"], model["l2"]) for model in document["models"] if model["name"] in given}
    return found or None


def _model(i: int, rival: Contender, one: Fitted, standing: Standing, judged: Judged | None) -> dict[str, Any]:
    prepared, solution, score = one.prepared, one.solution, standing.scores[i]
    names, problem, units = prepared.design.names, prepared.problem, prepared.units
    null = standing.scores[0].mean
    penalised = rival.name not in ("null", "ols")
    folds = [] if judged is None else [fold[i] for fold in judged.verdicts]
    difference = standing.differences[i]
    return {
        "name": rival.name,
        "penalty": None if rival.name == "null" else rival.model.penalty,
        "tuned": rival.tuned,
        "alpha": problem.alpha if penalised else None,
        "l1_ratio": prepared.model.ratio if penalised else None,
        "l1": problem.alpha * units.l1 if penalised else None,
        "l2": problem.alpha * units.l2 if penalised else None,
        "at_edge": None if one.curve is None else at_edge(one.curve),
        "nonzero": one.nonzero,
        "mean": score.mean,
        "se": score.se,
        "train_mean": score.train_mean,
        "r2": 1 - score.mean / null if null > 0 else None,
        "difference": None if difference is None else {"mean": difference.mean, "se": difference.se},
        "tied": i in standing.tied,
        "stability": score.stability,
        "l1_norm": float(np.sum(np.abs(solution.coef))),
        "l2_norm": float(np.linalg.norm(solution.coef)),
        "seconds": one.seconds + sum(fold.seconds for fold in folds),
        "per_fold": score.parts.tolist() if folds else [],
        "fold_alphas": [fold.alpha for fold in folds] if penalised else [],
        "fold_nonzero": [int(fold.selected.sum()) for fold in folds],
        **coefficients_of(prepared, solution.coef, solution.intercept),
        "plain": _plain(one),
        "certificate": certificate_of(names, solution),
    }


def _plain(one: Fitted) -> dict[str, Any] | None:
    """Of a robust model the one of squared error under the same strengths, on all training rows; None of others."""
    problem = one.prepared.problem
    if problem.family.name != "huber":
        return None
    y = problem.y if problem.offset is None else problem.y - problem.offset
    found = solve(replace(problem, family=GAUSSIAN, y=y, offset=None))
    return coefficients_of(one.prepared, found.coef, found.intercept)


def _folds(judged: Judged, folding: FoldSpec) -> dict[str, Any]:
    fits = [verdict for fold in judged.verdicts for verdict in fold]
    return {
        "k": judged.folds.k,
        "repeats": len(judged.folds.assignment),
        "seed": judged.folds.seed,
        "scheme": judged.folds.scheme,
        "column": folding.column,
        "inner_least": min((fit.tuned_on for fit in fits if fit.tuned_on), default=None),
        "inner_most": max((fit.tuned_on for fit in fits if fit.tuned_on), default=None),
        "overlap": judged.overlap,
        "gap": max(fit.gap for fit in fits),
        "violation": max(fit.violation for fit in fits),
        "certified": all(fit.certified for fit in fits),
    }


def _tuning(fitted: Sequence[Fitted], folding: FoldSpec) -> dict[str, Any] | None:
    """How strengths were chosen on all training rows; None where all were given."""
    folds = next((one.tuning for one in fitted if one.tuning is not None), None)
    if folds is None:
        return None
    return {"k": folds.k, "scheme": folds.scheme, "column": folding.column, "seed": folds.seed, "rule": folding.rule}


def _notices(rivals: Sequence[Contender], fitted: Sequence[Fitted]) -> list[Notice]:
    """What must be said of the models, each in front of what is said of it alone."""
    found: dict[str, tuple[Notice, list[str]]] = {}
    words = rival_words(fitted[0].prepared.design.family)
    for rival, one in zip(rivals, fitted, strict=True):
        if rival.name == "null":
            continue
        for notice in solution_notices(one.prepared, one.solution, rival.name == "ols"):
            found.setdefault(notice.message, (notice, []))[1].append(words[rival.name])
    return [Notice(one.code, f"{', '.join(named)}: {one.message}") for one, named in found.values()]


def _check_rows(design: Design) -> None:
    """UsageError for rows that cannot be judged one by one."""
    if design.family == "cox" and design.X_test is not None:
        raise UsageError(
            "compare judges by single test rows, and survival times compare rows with each other",
            hint="folds as the judges: leave out the test rows",
        )


def _left_out(every: CompareSpec, spec: CompareSpec) -> list[Notice]:
    """The models that were not asked for by name and have no exact solution for this family."""
    if every == spec:
        return []
    text = "ridge and elastic net are left out: with a squared penalty a quantile is no linear program"
    return [Notice("models_left_out", text)]


def _fewer(document: dict[str, Any], spec: CompareSpec) -> list[Notice]:
    """Where models were tuned on fewer folds than were asked for."""
    tuning, folds = document["tuning"], document["folds"] or {}
    least = min(k for k in (tuning["k"], folds.get("inner_least")) if k) if tuning else None
    if spec.inner_folds is None or least is None or least >= spec.inner_folds:
        return []
    return [Notice("fewer_folds", f"tuned on {least} folds where the rows allow no {spec.inner_folds}")]


def _as_fit(document: dict[str, Any], chosen: Fitted) -> dict[str, Any]:
    """The chosen model as `fit` would report it, to be saved."""
    prepared, solution = chosen.prepared, chosen.solution
    return {
        **{key: document[key] for key in ("version", "command", "settings", "data")},
        "model": model_of(prepared, solution, prepared.model.penalty == "none"),
        "sparsity": sparsity_of(prepared.design.names, solution.coef),
        "metrics": metrics_of(prepared, solution),
        "certificate": certificate_of(prepared.design.names, solution),
    }


def _next(
    rival: Contender, one: Fitted, specs: tuple[DataSpec, ModelSpec, ValidationSpec, FoldSpec, CompareSpec]
) -> str:
    """The command that makes the chosen model again, as it was tuned here."""
    data, _, validation, folding, _ = specs
    if rival.name == "null":
        return shlex.join(["regcli", "inspect", *typed(data.without(folding.column, validation.split_column))])
    if one.tuning is None:
        return shlex.join(["regcli", "fit", *typed(data.without(folding.column), rival.model, validation)])
    k = None if folding.fold_column else one.tuning.k
    measure = None if folding.judge == measure_for(None, one.prepared.design.family) else folding.judge
    tuned = replace(folding, folds=k, repeats=1, measure=measure, l1_ratios=rival.ratios)
    return shlex.join(["regcli", "cv", *typed(data, replace(rival.model, l1_ratio=None), validation, tuned)])
