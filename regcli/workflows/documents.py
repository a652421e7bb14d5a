"""The parts of a JSON document that commands share, as plain dicts."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError, listed
from regcli.problem.certificate import at_bound
from regcli.problem.constrained import constrained_equivalents, constrained_formula
from regcli.problem.conventions import equivalents, formula
from regcli.problem.inference import LEVEL, Estimates, estimates, standard_errors
from regcli.problem.metrics import Metrics, measure
from regcli.problem.objective import EPS, Solution
from regcli.specs import DataSpec, ModelSpec, TrainingSpec, ValidationSpec
from regcli.workflows.preparing import Prepared

Vector = NDArray[np.float64]


def settings_of(data: DataSpec, model: ModelSpec, *specs: Any) -> dict[str, Any]:
    """The requests as they were carried out; `seed` is what was drawn with, or None."""
    described = asdict(replace(data, source=None)) | asdict(model)
    described.pop("source")
    for spec in specs:
        drawn_before = described.get("seed")
        described |= asdict(replace(spec, test=None) if isinstance(spec, ValidationSpec) else spec)
        if isinstance(spec, ValidationSpec):
            test = spec.test
            described["test"] = str(test) if isinstance(test, str) or hasattr(test, "__fspath__") else None
            described["seed"] = spec.drawn_with if spec.test_size is not None else None
        if isinstance(spec, TrainingSpec):
            described["seed"] = spec.drawn_with if spec.share is not None else drawn_before
    return described


def data_of(prepared: Prepared) -> dict[str, Any]:
    """Rows and columns: read, used, dropped and why, with the means and deviations that were learned."""
    design, scaling = prepared.design, prepared.scaling
    test = None
    if design.y_test is not None and design.split is not None:
        test = {"rows": len(design.y_test), "how": design.split.how}
    return {
        "source": design.source,
        "rows_read": design.rows_read,
        "rows_used": len(design.y),
        "dropped_rows": [{"reason": reason, "rows": rows} for reason, rows in design.dropped_rows],
        "dropped_columns": [{"name": name, "reason": reason} for name, reason in design.dropped_columns],
        "target": design.target,
        "features": list(design.names),
        "columns": [
            {
                "name": one.name,
                "source": ":".join(one.sources),
                "level": one.level,
                "mean": float(mean),
                "scale": float(deviation),
            }
            for one, mean, deviation in zip(design.encoding.features, scaling.mean, scaling.scale, strict=True)
        ],
        "test": test,
    }


def model_of(
    prepared: Prepared, solution: Solution, coef: Vector, intercept: float, unpenalised: bool
) -> dict[str, Any]:
    """The model in the units of the file and standardized, its strength and what that is called elsewhere."""
    model, problem, asked = prepared.model, prepared.problem, prepared.constraints
    l1, l2 = problem.alpha * prepared.units.l1, problem.alpha * prepared.units.l2
    n = problem.total
    l1_unit, l2_unit = prepared.translation.units(n)
    l2_unit = 1 / prepared.s_y if model.convention == "glmnet" else l2_unit
    penalty = "none" if unpenalised else model.penalty

    def called(l1: float, l2: float) -> dict[str, Any]:
        return equivalents(l1, l2, n, prepared.s_y, model.standardize, model.intercept)

    return {
        "family": problem.family.name,
        "penalty": penalty,
        "convention": model.convention,
        "alpha": problem.alpha,
        "l1_ratio": model.ratio,
        "l1": l1,
        "l2": l2,
        "alpha_max": None if unpenalised else prepared.alpha_max,
        "n": n,
        "target_deviation": prepared.s_y,
        "objective": solution.objective,
        "formula": constrained_formula(
            formula(model.convention, penalty, l1 / l1_unit, l2 / l2_unit, model.intercept),
            None if unpenalised else asked.factors,
            asked.low,
            model.standardize,
        ),
        "intercept": intercept if model.intercept else None,
        "coefficients": [
            {"name": name, "coefficient": float(raw), "standardized": float(standardized), **more}
            for name, raw, standardized, more in zip(
                prepared.design.names, coef, solution.coef, constraints_doc(prepared, solution), strict=True
            )
        ],
        "equivalents": constrained_equivalents(called, l1, l2, asked.factors, asked.low, asked.high),
    }


def constraints_doc(prepared: Prepared, solution: Solution | None = None) -> list[dict[str, Any]]:
    """For each feature its penalty factor, where factors differ, and its bounds in the units of the file, where there
    are any; of a solution also whether a bound is what keeps the coefficient where it is."""
    asked, problem = prepared.constraints, prepared.problem
    found: list[dict[str, Any]] = [{} for _ in prepared.design.names]
    if asked.factors is not None:
        found = [{"factor": float(factor)} for factor in asked.factors]
    if asked.low is None or asked.high is None:
        return found
    for one, *ends in zip(found, asked.low.tolist(), asked.high.tolist(), strict=True):
        one |= {key: end if math.isfinite(end) else None for key, end in zip(("low", "high"), ends, strict=True)}
    if solution is not None:
        held = at_bound(problem, solution)
        found = [one | {"at_bound": bool(at)} for one, at in zip(found, held, strict=True)]
    return found


def check_coefficients(names: list[str], coef: Vector) -> None:
    """DataError where the unit of a column is so small that its coefficient (p,) exceeds double precision."""
    vast = [names[j] for j in np.flatnonzero(~np.isfinite(coef))]
    if vast:
        raise DataError(f"no double holds the coefficient of {listed(vast)}", hint=f"rescale {listed(vast)}")


def sparsity_of(names: list[str], coef: Vector) -> dict[str, Any]:
    """Which coefficients are zero and which are not, the largest first, and their norms; of standardized ones."""
    order = np.argsort(-np.abs(coef), kind="stable")
    return {
        "total": len(names),
        "nonzero": int(np.count_nonzero(coef)),
        "zero": int(np.sum(coef == 0)),
        "selected": [names[j] for j in order if coef[j] != 0],
        "zeroed": [name for name, value in zip(names, coef, strict=True) if value == 0],
        "l1_norm": float(np.sum(np.abs(coef))),
        "l2_norm": float(np.sqrt(coef @ coef)),
    }


def metrics_of(prepared: Prepared, solution: Solution) -> dict[str, Any]:
    """Metrics on training rows, and on test rows where there are any."""
    design, problem = prepared.design, prepared.problem
    null = problem.null_intercept
    train = measure(problem.y, prepared.fitted(solution), null, problem.weights)
    test: Metrics | None = None
    if design.X_test is not None and design.y_test is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            test = measure(design.y_test, prepared.predicted(solution, design.X_test), null)
    return {"train": asdict(train), "test": None if test is None else asdict(test)}


def certificate_of(names: list[str], solution: Solution) -> dict[str, Any]:
    """The certificate, with the names of tied columns and how many digits the condition number leaves."""
    found = solution.certificate
    digits = None
    if solution.condition is not None:
        digits = max(0, math.floor(-math.log10(EPS * max(1.0, solution.condition))))
    return {
        "gap": found.gap,
        "violation": found.violation,
        "certified": found.certified,
        "unique": found.unique,
        "tied": [names[j] for j in found.tied],
        "condition": solution.condition,
        "expected_digits": digits,
        "rank": solution.rank,
        "solver": solution.solver,
        "iterations": solution.iterations,
    }


def inference_of(prepared: Prepared, solution: Solution, coef: Vector, intercept: float) -> dict[str, Any] | None:
    """Standard errors of least squares with full rank and degrees of freedom left, else None."""
    problem, scaling = prepared.problem, prepared.scaling
    n, p = problem.Z.shape
    df = n - p - (1 if problem.intercept else 0)
    if solution.factor is None or df < 1:
        return None
    residual = problem.y - solution.intercept - problem.Z @ solution.coef
    sigma = math.sqrt(float(residual @ residual) / df)
    centre = scaling.mean if problem.intercept else None
    errors, intercept_error = standard_errors(solution.factor, scaling.scale, centre, problem.total, sigma)
    rows = _rows(estimates(np.append(coef, intercept), np.append(errors, intercept_error), df))
    return {
        "level": LEVEL,
        "residual_df": df,
        "residual_deviation": sigma,
        "intercept": rows[-1] if problem.intercept else None,
        "coefficients": [{"name": name, **row} for name, row in zip(prepared.design.names, rows[:-1], strict=True)],
    }


def _rows(found: Estimates) -> list[dict[str, float]]:
    columns = {name: getattr(found, name).tolist() for name in ("std_error", "t", "p", "low", "high")}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
