"""`path`: one model for each of many strengths."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import regcli
from regcli.data.engines import lets_go
from regcli.data.engines.seam import Watch, unwatched
from regcli.errors import Notice, UsageError, counted
from regcli.problem.certificate import certify
from regcli.report.of_path import report_of_path
from regcli.report.report import Report
from regcli.select.pathwise import SolutionPath
from regcli.solve import solve
from regcli.specs import DataSpec, FoldSpec, GridSpec, ModelSpec, OutputSpec, PathSpec, ValidationSpec, typed
from regcli.workflows.documents import classes_of, constraints_doc, data_of, parameters_of
from regcli.workflows.gathering import Request, gather
from regcli.workflows.lines import feature_of, lines_of
from regcli.workflows.noticing import equal_columns, not_unique, passed_over, solution_notices
from regcli.workflows.origins import origin_of
from regcli.workflows.paths import (
    arrays_of,
    check_penalty,
    criteria_of,
    degrees_along,
    formula_of,
    grid_of,
    grid_settings,
    path_of,
    stopped_of,
    whole_certificate,
)
from regcli.workflows.preparing import Clock, Prepared, prepare
from regcli.workflows.separated import check_separation, check_unpenalised
from regcli.workflows.solving import is_passed_over, solved, solved_along


@lets_go
def path(
    data: DataSpec,
    model: ModelSpec,
    grid: GridSpec,
    walk: PathSpec,
    output: OutputSpec,
    tell: Callable[[str], None] = lambda text: None,
    watch: Watch = unwatched,
) -> Report:
    """The solutions along a grid of strengths, what enters where, and which one a criterion points out."""
    check_penalty(model, "path")
    clock = Clock(tell)
    design = gather(Request("path", data, model, ValidationSpec(), output, drawn=walk.lines), watch).design
    clock.tell(f"read {design.rows_read:,} rows, used {design.count:,} with {counted(len(design.names), 'feature')}")
    feature = None if walk.lines is None else feature_of(design.names, walk.lines)
    if walk.lines is not None and design.family != "gaussian":
        raise UsageError(f"--lines draws straight lines: it cannot act with --family {design.family}")
    prepared = prepare(design, model, drawn=not grid.alphas)
    alphas = grid_of(prepared, grid)
    clock.tell("scaled the columns")
    stop_early = alphas.drawn and not walk.full_path and model.ratio > 0
    check_unpenalised(prepared)
    found = solved_along(prepared, alphas.alphas, stop_early)
    clock.tell(f"solved and certified {counted(len(found.alphas), 'alpha')}")
    document = _path_document(prepared, found, alphas.drawn, data, model, grid, walk)
    arrays = arrays_of(prepared, found)
    if feature is not None:
        chosen = None if document["chosen"] is None else document["chosen"]["index"]
        document["lines"] = lines_of(prepared, found, feature, bool(grid.alphas), chosen)
        arrays |= {
            "feature": design.X[:, feature],
            "target": design.y if design.offset is None else design.y - design.offset,
        }
    report = report_of_path(document, arrays, output.order, output.all)
    return replace(report, origin=origin_of(design, "path", data, model, grid, replace(walk, lines=None)))


def _path_document(
    prepared: Prepared,
    found: SolutionPath,
    drawn: bool,
    data: DataSpec,
    model: ModelSpec,
    grid: GridSpec,
    walk: PathSpec,
) -> dict[str, Any]:
    df = degrees_along(prepared, found)
    entries = path_of(prepared, found, df)
    best = criteria_of(entries)
    certificate = whole_certificate(found, "rows")
    chosen = _chosen(entries, best[walk.select], walk.select)
    notices = [*prepared.design.notices, *passed_over(prepared), *_at_the_end(prepared, found, model)]
    if chosen is not None and chosen["index"] == len(entries) - 1 > 0 and found.reason is None:
        name, further = walk.select.upper(), "--alphas" if grid.alphas else "--alpha-min-ratio"
        text = f"the least {name} lies at the smallest alpha: it may fall further beyond it ({further})"
        notices.append(Notice("criterion_at_edge", text))
    if not certificate["certified"]:
        notices.append(Notice("not_certified", "not every solution of the path is certified"))
    return {
        "schema": "regcli.path/1",
        "version": regcli.__version__,
        "command": "path",
        "settings": grid_settings(data, model, grid, walk),
        "data": data_of(prepared),
        "model": {
            "family": prepared.problem.family.name,
            "parameters": parameters_of(prepared.problem.family),
            "penalty": model.penalty,
            "convention": model.convention,
            "l1_ratio": model.ratio,
            "alpha_max": prepared.alpha_max if model.ratio > 0 else None,
            "n": prepared.problem.total,
            "target_deviation": prepared.s_y,
            "formula": formula_of(prepared),
            "intercept": model.intercept and prepared.problem.family.has_level,
            "constraints": constraints_doc(prepared),
            **classes_of(prepared),
            "drawn": drawn,
        },
        "path": entries,
        "stopped": stopped_of(found),
        "criteria": best,
        "chosen": chosen,
        "lines": None,
        "certificate": certificate,
        "next": shlex.join(["regcli", "cv", *typed(data, model, grid, FoldSpec())]),
        "warnings": [{"code": notice.code, "message": notice.message} for notice in notices],
    }


def _at_the_end(prepared: Prepared, found: SolutionPath, model: ModelSpec) -> list[Notice]:
    """What must be said of the solution at the smallest alpha, where columns are most likely to be dependent."""
    if is_passed_over(prepared):
        last = replace(prepared, problem=replace(prepared.problem, alpha=float(found.alphas[-1])))
        return [*equal_columns(prepared), *not_unique(prepared, solved(last).certificate.tied)]
    alpha = float(found.alphas[-1])
    last = replace(prepared, problem=replace(prepared.problem, alpha=alpha))
    check_separation(last, found.intercepts[-1], found.coefs[-1])
    if alpha == 0:
        return solution_notices(last, solve(last.problem, model.solver), True)
    tied = certify(last.problem, found.intercepts[-1], found.coefs[-1]).tied
    return [*equal_columns(prepared), *not_unique(prepared, tied)]


def _chosen(entries: list[dict[str, Any]], best: dict[str, Any] | None, criterion: str) -> dict[str, Any] | None:
    if best is None:
        return None
    entry = entries[best["index"]]
    return {"criterion": criterion, **best, **{key: entry[key] for key in ("l1", "l2", "nonzero")}}
