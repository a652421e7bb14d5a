"""What `path` and `cv` share: the alphas of a request, and a path as a part of a document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.errors import UsageError
from regcli.problem.objective import EPS
from regcli.select.criteria import criteria
from regcli.select.grid import Grid, drawn, given
from regcli.select.pathwise import SolutionPath, changes
from regcli.specs import CRITERIA, DataSpec, FoldSpec, GridSpec, ModelSpec, ValidationSpec
from regcli.workflows.documents import check_coefficients, settings_of
from regcli.workflows.preparing import Prepared, check_alpha

Vector = NDArray[np.float64]


def grid_settings(data: DataSpec, model: ModelSpec, grid: GridSpec, *specs: Any) -> dict[str, Any]:
    """The requests as they were carried out, without those for one strength."""
    found = settings_of(data, model, *specs, grid)
    for name in ("alpha", "l1", "l2"):
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
    """UsageError for gradient descent, which is there to look at one problem."""
    if model.solver == "gradient":
        what = f"--solver gradient is a solver of regcli fit: {verb} solves too many problems for it"
        raise UsageError(what, hint="--solver auto")


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


def path_of(prepared: Prepared, path: SolutionPath, df: Vector) -> list[dict[str, Any]]:
    """One entry for each alpha: strengths, coefficients that are not zero, fit, criteria, ruling, what changed."""
    names, units = prepared.design.names, prepared.units
    n, null = prepared.problem.total, 2 * prepared.problem.null_objective
    exact = (n * EPS) ** 2 * null
    entries = []
    for i, (entered, left) in enumerate(changes(path.coefs, names)):
        coef, alpha = path.coefs[i], float(path.alphas[i])
        raw, intercept = prepared.to_file_units(coef, float(path.intercepts[i]))
        check_coefficients(names, raw)
        active = np.flatnonzero(coef).tolist()
        square = float(path.deviance[i]) if active else null
        square = square if square > exact else 0.0
        entries.append(
            {
                "alpha": alpha,
                "l1": alpha * units.l1,
                "l2": alpha * units.l2,
                "nonzero": len(active),
                "df": float(df[i]),
                "deviance_ratio": 1 - square / null,
                "l1_norm": float(np.sum(np.abs(coef))),
                "intercept": intercept if prepared.model.intercept else None,
                "coefficients": {names[j]: float(raw[j]) for j in active},
                "standardized": {names[j]: float(coef[j]) for j in active},
                **criteria(square, n, float(df[i]), len(names), prepared.model.intercept),
                "gap": float(path.rulings.gap[i]),
                "violation": float(path.rulings.violation[i]),
                "certified": bool(path.rulings.certified[i]),
                "entered": entered,
                "left": left,
            }
        )
    return entries


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
    """The path as arrays: alphas, intercepts, deviance explained (A,), coefficients and standardized ones (A, p)."""
    held = prepared.problem.penalty.held(path.coefs)
    raw = prepared.constraints.exactly(path.coefs / prepared.scaling.scale, held)
    intercepts = [
        prepared.scaling.to_file_units(coef, float(b0))[1] for coef, b0 in zip(path.coefs, path.intercepts, strict=True)
    ]
    return {
        "alphas": path.alphas,
        "coefficients": raw,
        "standardized": path.coefs,
        "intercepts": np.array(intercepts),
        "deviance_ratio": 1 - path.deviance / (2 * prepared.problem.null_objective),
    }
