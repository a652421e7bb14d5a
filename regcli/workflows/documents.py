"""The parts of a JSON document that commands share, as plain dicts."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.data.surviving import EVENT
from regcli.errors import DataError, listed
from regcli.problem.certificate import at_bound
from regcli.problem.constrained import constrained_equivalents, constrained_formula
from regcli.problem.conventions import equivalents, formula
from regcli.problem.elsewhere import family_equivalents, family_formula, survival_equivalents, weighed_equivalents
from regcli.problem.families import Family
from regcli.problem.inference import LEVEL, Estimates, estimates, information, normal_estimates, standard_errors
from regcli.problem.objective import EPS, Solution
from regcli.specs import DataSpec, ModelSpec, TrainingSpec, ValidationSpec
from regcli.workflows.preparing import Prepared

Vector = NDArray[np.float64]


def settings_of(data: DataSpec, model: ModelSpec, *specs: Any) -> dict[str, Any]:
    """The requests as they were carried out; `seed` is what was drawn with, or None."""
    described = data_settings(data) | asdict(model)
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


def data_settings(data: DataSpec) -> dict[str, Any]:
    """The request for rows, without those and without what changes no number."""
    found = asdict(replace(data, source=None))
    return {
        name: value for name, value in found.items() if name not in ("source", "memory", "engine", "scheduler", "jobs")
    }


def data_of(prepared: Prepared) -> dict[str, Any]:
    """Rows and columns: read, used, dropped and why, with the means and deviations that were learned."""
    design, scaling = prepared.design, prepared.scaling
    test = None
    if design.y_test is not None and design.split is not None:
        tested = None if design.condensed is None else design.condensed.tested
        test = {"rows": tested or len(design.y_test), "how": design.split.how}
    return {
        "source": design.source,
        "rows_read": design.rows_read,
        "rows_used": design.count,
        "dropped_rows": [{"reason": reason, "rows": rows} for reason, rows in design.dropped_rows],
        "dropped_columns": [{"name": name, "reason": reason} for name, reason in design.dropped_columns],
        "target": design.target,
        "weights": design.weighing.weights,
        "offset": design.weighing.offset,
        "exposure": design.weighing.exposure,
        **survival_columns(design),
        "weight_total": float(design.count if design.weights is None else design.weights.sum()),
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
        "engine": "memory" if design.condensed is None else design.condensed.engine,
        "passes": None if design.condensed is None else design.condensed.made,
    }


def survival_columns(design: Design) -> dict[str, Any]:
    """The columns of survival times, and how many of the rows have their event; nothing of other targets."""
    found = design.survival
    if found is None:
        return {"event": None, "entry": None, "strata": None, "events": None}
    return {"event": found.event, "entry": found.entry, "strata": found.strata, "events": int(design.y[:, EVENT].sum())}


def model_of(
    prepared: Prepared, solution: Solution, unpenalised: bool, intercept: float | None = None
) -> dict[str, Any]:
    """The model in the units of the file and standardized, its strength and what that is called elsewhere.

    `intercept` in the units of the file where it is known better than from the solution.
    """
    model, problem = prepared.model, prepared.problem
    outputs = outputs_of(prepared, solution.coef, solution.intercept)
    if intercept is not None:
        outputs[0]["intercept"] = intercept
    l1, l2 = problem.alpha * prepared.units.l1, problem.alpha * prepared.units.l2
    n = problem.total
    l1_unit, l2_unit = prepared.translation.units(n)
    l2_unit = 1 / prepared.s_y if model.convention == "glmnet" else l2_unit
    penalty = "none" if unpenalised else model.penalty
    return {
        "family": problem.family.name,
        "parameters": parameters_of(problem.family),
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
        "formula": _formula(prepared, penalty, l1 / l1_unit, l2 / l2_unit, unpenalised),
        "intercept": outputs[0]["intercept"] if problem.outputs == 1 else None,
        "coefficients": outputs[0]["coefficients"] if problem.outputs == 1 else [],
        **classes_of(prepared),
        "classes": outputs if problem.outputs > 1 else None,
        "fan": None,
        "constraints": constraints_doc(prepared, solution),
        "equivalents": _equivalents(prepared, l1, l2),
    }


def parameters_of(family: Family) -> dict[str, Any]:
    """What shapes the loss of a family; of huber also what its threshold comes to."""
    found = dict(family.parameters)
    return found | {"threshold": found["multiple"] * found["scale"]} if family.name == "huber" else found


def classes_of(prepared: Prepared) -> dict[str, Any]:
    """Of two classes the one whose probability is modelled, and the other."""
    two = prepared.design.classes if prepared.problem.outputs == 1 else ()
    return {"positive_class": two[1] if two else None, "negative_class": two[0] if two else None}


def outputs_of(prepared: Prepared, coef: Vector, intercept: Any) -> list[dict[str, Any]]:
    """For each output, a class of several, its intercept and coefficients in the units of the file and standardized."""
    problem, names = prepared.problem, prepared.design.names
    raws, levels = prepared.to_file_units(coef, intercept)
    found = []
    tables = zip(raws.reshape(problem.outputs, -1), coef.reshape(problem.outputs, -1), strict=True)
    for k, (raw, standardized) in enumerate(tables):
        check_coefficients(names, raw)
        rows = [
            {"name": name, "coefficient": float(one), "standardized": float(other)}
            for name, one, other in zip(names, raw, standardized, strict=True)
        ]
        named = {"class": prepared.design.classes[k]} if problem.outputs > 1 else {}
        level = float(np.atleast_1d(levels)[k]) if problem.intercept else None
        found.append({**named, "intercept": level, "coefficients": rows})
    return found


def _formula(prepared: Prepared, penalty: Any, l1: float, l2: float, unpenalised: bool) -> str:
    model, problem, asked = prepared.model, prepared.problem, prepared.constraints
    if problem.family.is_quadratic:
        text = formula(model.convention, penalty, l1, l2, model.intercept)
    else:
        offset = bool(prepared.design.weighing.offset or prepared.design.weighing.exposure)
        text = family_formula(problem.family.name, model.convention, penalty, l1, l2, model.intercept, offset)
    return constrained_formula(text, None if unpenalised else asked.factors, asked.low, model.standardize)


def _equivalents(prepared: Prepared, l1: float, l2: float) -> dict[str, Any]:
    model, problem, asked = prepared.model, prepared.problem, prepared.constraints

    weighing, timed = prepared.design.weighing, prepared.design.survival
    family, weighted, offset = problem.family, weighing.weights is not None, bool(weighing.offset or weighing.exposure)

    def called(l1: float, l2: float) -> dict[str, Any]:
        if family.is_quadratic:
            found = equivalents(l1, l2, problem.total, prepared.s_y, model.standardize, model.intercept)
        else:
            found = family_equivalents(
                family.name, l1, l2, problem.total, model.standardize, model.intercept, parameters_of(family)
            )
        found = weighed_equivalents(found, weighted, offset, family.is_quadratic)
        if timed is None:
            return found
        return survival_equivalents(found, timed.entry is not None, timed.strata is not None)

    return constrained_equivalents(called, l1, l2, asked.factors, asked.low, asked.high)


def constraints_doc(prepared: Prepared, solution: Solution | None = None) -> list[dict[str, Any]]:
    """The penalty factor and the bounds of each feature, in the units of the file; nothing where there are none. Of a
    solution also whether a bound is what keeps the coefficient where it is, of several classes any."""
    asked, names = prepared.constraints, prepared.design.names
    if solution is not None and prepared.problem.alpha == 0:
        asked = replace(asked, factors=None)
    if not asked.given:
        return []
    p = len(names)
    factors = np.ones(p) if asked.factors is None else asked.factors
    ends = [
        [None] * p if end is None else [x if math.isfinite(x) else None for x in end.tolist()]
        for end in (asked.low, asked.high)
    ]
    found = [
        {"name": name, "factor": float(factor), "low": low, "high": high}
        for name, factor, low, high in zip(names, factors, *ends, strict=True)
    ]
    if solution is None:
        return found
    held = at_bound(prepared.problem, solution) if asked.low is not None else np.zeros(p, dtype=bool)
    return [one | {"at_bound": bool(at)} for one, at in zip(found, held, strict=True)]


def check_coefficients(names: list[str], coef: Vector) -> None:
    """DataError where the unit of a column is so small that its coefficient (p,) exceeds double precision."""
    vast = [names[j] for j in np.flatnonzero(~np.isfinite(coef))]
    if vast:
        raise DataError(f"no double holds the coefficient of {listed(vast)}", hint=f"rescale {listed(vast)}")


def sparsity_of(names: list[str], coef: Vector) -> dict[str, Any]:
    """Which features have a coefficient and which have none, the largest first, and the norms of all standardized
    coefficients; `coef` (p,) or of several classes (K p,)."""
    size = np.max(np.abs(coef.reshape(-1, len(names))), axis=0)
    order = np.argsort(-size, kind="stable")
    return {
        "total": len(names),
        "nonzero": int(np.count_nonzero(size)),
        "zero": int(np.sum(size == 0)),
        "selected": [names[j] for j in order if size[j] != 0],
        "zeroed": [name for name, value in zip(names, size, strict=True) if value == 0],
        "l1_norm": float(np.sum(np.abs(coef))),
        "l2_norm": float(np.sqrt(coef @ coef)),
    }


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
    n, p = prepared.design.count, problem.Z.shape[1]
    df = n - p - (1 if problem.intercept else 0)
    if solution.factor is None or df < 1:
        return None
    if not problem.family.is_quadratic:
        return _wald(prepared, solution, coef, intercept)
    residual = problem.y - solution.intercept - problem.Z @ solution.coef
    # Weights of mean 1: what a row's variance is in units of.
    sigma = math.sqrt(problem.mean_of(residual**2) * (n / df))
    factor = solution.factor * math.sqrt(n / problem.total)
    centre = scaling.mean if problem.intercept else None
    errors, intercept_error = standard_errors(factor, scaling.scale, centre, n, sigma)
    rows = _rows(estimates(np.append(coef, intercept), np.append(errors, intercept_error), df))
    return {
        "level": LEVEL,
        "residual_df": df,
        "residual_deviation": sigma,
        "intercept": rows[-1] if problem.intercept else None,
        "coefficients": [{"name": name, **row} for name, row in zip(prepared.design.names, rows[:-1], strict=True)],
    }


def _wald(prepared: Prepared, solution: Solution, coef: Vector, intercept: float) -> dict[str, Any]:
    """Standard errors of maximum likelihood from the information; z takes the place of t, unless a dispersion is
    estimated (Pearson's), whose root is the `residual_deviation`."""
    problem, scaling, eta = prepared.problem, prepared.scaling, prepared.link(solution)
    known = information(problem, eta)
    assert known.factor is not None
    n, df = len(problem.y), len(problem.y) - len(coef) - (1 if problem.intercept else 0)
    sigma, factor, total = None, known.factor, known.total
    if problem.family.variance is not None:
        expected = problem.family.response(eta)
        pearson = problem.mean_of((problem.y - expected) ** 2 / problem.family.variance(expected))
        sigma, share = math.sqrt(pearson * n / df), n / problem.total  # weights of mean 1
        factor, total = factor * math.sqrt(share), total * share
    centre = scaling.mean + scaling.scale * known.centre if problem.intercept else None
    errors, intercept_error = standard_errors(factor, scaling.scale, centre, total, sigma or 1.0)
    both = np.append(coef, intercept), np.append(errors, intercept_error)
    rows = _rows(normal_estimates(*both) if sigma is None else estimates(*both, df))
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
