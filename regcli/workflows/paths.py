"""What `path` and `cv` share: the alphas of a request, and a path as a part of a document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.errors import UsageError
from regcli.problem.constrained import constrained_formula
from regcli.problem.conventions import path_formula
from regcli.problem.elsewhere import family_path_formula
from regcli.problem.measures.survival import event_weight
from regcli.problem.objective import EPS
from regcli.select.criteria import criteria, degrees_of_freedom, likelihood_degrees
from regcli.select.grid import Grid, drawn, given
from regcli.select.pathwise import SolutionPath, changes
from regcli.solve.classes import present
from regcli.specs import CRITERIA, DataSpec, FoldSpec, GridSpec, ModelSpec, ValidationSpec
from regcli.workflows.documents import outputs_of, settings_of
from regcli.workflows.preparing import Prepared, check_alpha

Vector = NDArray[np.float64]


def grid_settings(data: DataSpec, model: ModelSpec, grid: GridSpec, *specs: Any) -> dict[str, Any]:
    """The requests as they were carried out, without those for one strength."""
    found = settings_of(data, model, *specs, grid)
    for name in ("alpha", "l1", "l2", "C"):
        found.pop(name)
    return found | {"n_alphas": None if grid.alphas else grid.count}


def cv_settings(
    data: DataSpec, model: ModelSpec, validation: ValidationSpec, grid: GridSpec, folding: FoldSpec
) -> dict[str, Any]:
    """The same for cross-validation; the number of processes changes nothing and is left out."""
    found = grid_settings(data, model, grid, folding, validation)
    found["l1_ratio"] = list(found.pop("l1_ratios")) or ([] if model.l1_ratio is None else [model.l1_ratio])
    found.pop("jobs")
    random = folding.folds != "loo" and folding.time is None and folding.fold_column is None
    drawn = random or validation.test_size is not None
    return found | {"seed": folding.drawn_with if drawn else None}


def check_solver(model: ModelSpec, verb: str) -> None:
    """UsageError for gradient descent, which is there to look at one problem, and for a fan of quantiles."""
    if model.solver == "gradient":
        what = f"--solver gradient is a solver of regcli fit: {verb} solves too many problems for it"
        raise UsageError(what, hint="--solver auto")
    if len(model.quantile_level) > 1:
        raise UsageError(
            f"--quantile-level takes one level here: {verb} follows one model",
            hint="one of them, or regcli fit, which makes a fan of several",
        )


def check_penalty(model: ModelSpec, verb: str) -> None:
    """UsageError for a penalty that has no strengths to walk along, or one whose strength is given."""
    check_solver(model, verb)
    if model.penalty == "none":
        raise UsageError(
            f"--penalty none has no strength to vary: {verb} needs l1, l2 or elasticnet", hint="--penalty l1"
        )
    if model.strength is not None:
        raise UsageError(f"{verb} takes no single strength", hint="--alphas with a list")


def grid_of(prepared: Prepared, spec: GridSpec) -> Grid:
    """The alphas that were given, or as many as were asked for, drawn for these rows."""
    if spec.alphas:
        grid = given(spec.alphas)
    else:
        grid = drawn(prepared.problem, prepared.alpha_max, spec.count, spec.alpha_min_ratio, prepared.pull)
    for alpha in (grid.alphas[0], grid.alphas[-1]):
        check_alpha(prepared.problem, float(alpha), "--alphas" if spec.alphas else "the alpha")
    return grid


def formula_of(prepared: Prepared) -> str:
    """The formula that is minimised along the path, with alpha as a letter."""
    model, problem, asked = prepared.model, prepared.problem, prepared.constraints
    if problem.family.is_quadratic:
        text = path_formula(prepared.translation, model.intercept)
    else:
        offset = bool(prepared.design.weighing.offset or prepared.design.weighing.exposure)
        text = family_path_formula(
            problem.family.name, model.convention, model.ratio, model.rest, model.intercept, offset,
            prepared.translation.drawn_by not in (None, 1.0),
        )  # fmt: skip
    return constrained_formula(text, asked.factors, asked.low, model.standardize)


def degrees_along(prepared: Prepared, path: SolutionPath) -> Vector:
    """The degrees of freedom of each solution, (A,), the intercept not counted."""
    problem, behind = prepared.problem, prepared.design.behind
    if behind is not None:
        found: Vector = behind.degrees(prepared, path)
        return found
    if problem.family.is_quadratic:
        return degrees_of_freedom(problem, path.alphas, path.coefs)
    return likelihood_degrees(problem, path.alphas, path.intercepts, path.coefs)


def path_of(prepared: Prepared, path: SolutionPath, df: Vector) -> list[dict[str, Any]]:
    """One entry for each alpha: strengths, coefficients that are not zero, fit, criteria, ruling, what changed."""
    names, units, problem = prepared.design.names, prepared.units, prepared.problem
    n, null = problem.total, 2 * problem.null_objective
    counted = float(prepared.design.count) if problem.family.has_scale else n  # as if weights had mean 1
    exact = (n * EPS) ** 2 * null
    events = event_weight(problem.y, problem.weights) if problem.family.name == "cox" else None
    entries = []
    for i, (entered, left) in enumerate(changes(path.coefs, names)):
        coef, alpha = path.coefs[i], float(path.alphas[i])
        said = coefficients_of(prepared, coef, path.intercepts[i])
        active = np.flatnonzero(present(coef, len(names)))
        square = float(path.deviance[i]) if active.size else null
        square = square if square > exact else 0.0
        entries.append(
            {
                "alpha": alpha,
                "l1": alpha * units.l1,
                "l2": alpha * units.l2,
                "nonzero": int(active.size),
                "df": float(df[i]),
                "deviance_ratio": 1 - square / null,
                "l1_norm": float(np.sum(np.abs(coef))),
                **said,
                **criteria(square, counted, float(df[i]), len(names), problem.intercept, problem.family.name, events),
                "gap": float(path.rulings.gap[i]),
                "violation": float(path.rulings.violation[i]),
                "certified": bool(path.rulings.certified[i]),
                "entered": entered,
                "left": left,
            }
        )
    return entries


def coefficients_of(prepared: Prepared, coef: Vector, intercept: Any) -> dict[str, Any]:
    """The intercept and the coefficients that are not zero, in both units; of several classes those of each by name."""
    outputs = outputs_of(prepared, coef, intercept)
    found = [
        {
            "intercept": one["intercept"],
            **{
                key: {row["name"]: row[kind] for row in one["coefficients"] if row["standardized"] != 0}
                for key, kind in (("coefficients", "coefficient"), ("standardized", "standardized"))
            },
        }
        for one in outputs
    ]
    if len(outputs) == 1:
        return found[0]
    return {key: {one["class"]: each[key] for one, each in zip(outputs, found, strict=True)} for key in found[0]}


def criteria_of(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """For each criterion the alpha that makes it least, or None where it is nowhere finite."""
    found: dict[str, Any] = {}
    for criterion in CRITERIA:
        finite = [i for i, entry in enumerate(entries) if math.isfinite(entry[criterion])]
        best = min(finite, key=lambda i: entries[i][criterion], default=None)
        found[criterion] = None if best is None else {"alpha": entries[best]["alpha"], "index": best}
    return found


def stopped_of(path: SolutionPath) -> dict[str, Any]:
    """How many of the alphas were solved, and why not all."""
    return {"solved": len(path.alphas), "of": path.of, "reason": path.reason}


def whole_certificate(path: SolutionPath, measured_from: str) -> dict[str, Any]:
    """The worst figures along the path."""
    gap, violation, certified = path.rulings.worst
    return {
        "gap": gap,
        "violation": violation,
        "certified": certified,
        "solver": ", ".join(dict.fromkeys(path.solvers)),
        "from": measured_from,
    }


def arrays_of(prepared: Prepared, path: SolutionPath) -> dict[str, Any]:
    """The path as arrays: alphas, intercepts, deviance explained (A,), coefficients and standardized ones (A, p); of K
    classes intercepts (A, K) and coefficients (A, K, p)."""
    outputs, p = prepared.problem.outputs, len(prepared.scaling.scale)
    shape = (len(path.alphas), *(() if outputs == 1 else (outputs,)))
    each = [prepared.to_file_units(coef, level) for coef, level in zip(path.coefs, path.intercepts, strict=True)]
    return {
        "alphas": path.alphas,
        "coefficients": np.array([raw for raw, _ in each]).reshape(*shape, p),
        "standardized": path.coefs.reshape(*shape, p),
        "intercepts": np.array([level for _, level in each]),
        "deviance_ratio": 1 - path.deviance / (2 * prepared.problem.null_objective),
    }
