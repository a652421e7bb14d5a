"""Gradient descent as a part of `fit`: from a request to a certified solution and what happened on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.features.scaling import Scaling
from regcli.errors import DataError, Notice, UsageError, counted, visible
from regcli.problem.certificate import certify
from regcli.problem.objective import Solution, objective
from regcli.report.of_training import distance_words, trace_line
from regcli.solve import solve
from regcli.solve.gradient import PATIENCE, Course, Descent, Plan, descend
from regcli.specs import TrainingSpec
from regcli.workflows.preparing import Prepared

if TYPE_CHECKING:
    from regcli.artifact import Model

Vector = NDArray[np.float64]


SLOW = 0.1
"""A learning rate below this share of the safe one is too small to wait for."""
NEAR = 1e4
"""A mean of y beyond so many deviations is taken out of the intercept too: it would cost the residuals digits."""


@dataclass(frozen=True)
class Trained:
    """The solution at the end of a descent, and the part of the document that tells of the descent.

    `intercept` is that of the file's own columns where these were descended, with all its digits; else None.
    """

    solution: Solution
    intercept: float | None
    document: dict[str, Any]


def train(prepared: Prepared, spec: TrainingSpec, trace: Callable[[str], None]) -> Trained:
    """Descend as asked for; `trace` hears the lines of `--trace`."""
    course = _course(prepared)
    saved = _saved(spec, prepared.design.names)
    start = _start(prepared, spec, course, saved)
    rate = course.safe_rate if spec.learning_rate is None else spec.learning_rate
    plan = Plan(rate, spec.limit, spec.accelerate, spec.epochs is None, spec.trace)
    found = descend(course, start, plan, lambda record: trace(trace_line(asdict(record), plan.epochs)))
    solution = _measured(prepared, course, found)
    document = _document(prepared, spec, course, plan, found)
    document["exact"] = _exact(prepared, course, solution)
    notices = [] if saved is None else _strangers(prepared, spec, saved)
    if not solution.certificate.certified:
        notices.append(_not_certified(prepared, document, solution))
    solution = replace(solution, notices=tuple(notices))
    raw = not prepared.model.standardize and prepared.model.intercept
    shift = prepared.problem.null_intercept - course.offset
    return Trained(solution, float(found.point[-1]) + shift if raw else None, document)


def _course(prepared: Prepared) -> Course:
    """The descent in the columns that the penalty sees: standardized, or as they stand in the file."""
    problem, scaling, design = prepared.problem, prepared.scaling, prepared.design
    level = problem.null_intercept
    raw, p = not prepared.model.standardize, len(scaling.scale)
    held_out = None
    if design.X_validation is not None and design.y_validation is not None:
        y, offset = design.y_validation, design.offset_validation
        y = y if offset is None else y - offset
        held_out = scaling.apply(design.X_validation), y - level, design.weights_validation
    return Course(
        replace(problem, y=problem.y - level),
        centre=scaling.mean if raw and problem.intercept else np.zeros(p),
        unit=scaling.scale if raw else np.ones(p),
        factor=prepared.translation.factor(problem.total),
        offset=level if raw and abs(level) <= NEAR * prepared.s_y else 0.0,
        held_out=held_out,
    )


def _saved(spec: TrainingSpec, names: list[str]) -> Model | None:
    """The model to start at, if it is one; DataError where it has none of the features `names`."""
    if not isinstance(spec.start, str):
        return None
    from regcli.artifact import load

    model = load(spec.start)
    if model.family != "gaussian":
        raise UsageError(
            f"--start {visible(spec.start)} holds a {model.family} model: a descent is of squared error",
            hint="--start 0, or another model",
        )
    if not {one.name for one in model.encoding.features} & set(names):
        raise DataError(
            f"--start {visible(spec.start)} holds a model of none of these features", hint="--start 0, or another model"
        )
    return model


def _start(prepared: Prepared, spec: TrainingSpec, course: Course, saved: Model | None) -> Vector:
    """The point that a descent starts at: everything 0, or a number, or what a saved model holds."""
    problem, scaling = prepared.problem, prepared.scaling
    names = prepared.design.names
    if saved is not None:
        raw, intercept = _of_model(saved, names, scaling)
        weights = raw * scaling.scale / course.unit
        intercept -= float(course.centre @ weights)
    else:
        value = spec.start if isinstance(spec.start, float) else 0.0
        weights, intercept = np.full(len(names), value), value
    if not np.all(np.isfinite(weights)):
        raise UsageError("--start is too large for these columns in double precision", hint="--start 0")
    level = [intercept - (problem.null_intercept - course.offset)] if problem.intercept else []
    return np.asarray(np.clip(np.append(weights, level), *course.bounds))


def _of_model(model: Model, names: list[str], scaling: Scaling) -> tuple[Vector, float]:
    """Coefficients (p,) in the units of the file by the names of their features, 0 where the saved model has none; and
    its prediction where every feature is at its mean here (there, where this fit has no such feature)."""
    places = {one.name: j for j, one in enumerate(model.encoding.features)}
    raw, level = np.zeros(len(names)), model.centre
    for j, other in ((j, places[name]) for j, name in enumerate(names) if name in places):
        raw[j] = model.coefficients[other]
        level += float(raw[j] * (scaling.mean[j] - model.means[other]))
    return raw, level


def _measured(prepared: Prepared, course: Course, found: Descent) -> Solution:
    coef, level = course.scaled(found.point)
    with np.errstate(all="ignore"):
        certificate = certify(course.problem, level, coef)
        value = objective(course.problem, level, coef)
    if not np.all(np.isfinite([certificate.gap, certificate.violation, value])):
        raise UsageError(
            "the descent ended where the loss is beyond double precision",
            hint="--start 0, or leave out --learning-rate",
        )
    return Solution(coef, prepared.problem.null_intercept + level, value, certificate, "gradient", found.epochs)


def _document(prepared: Prepared, spec: TrainingSpec, course: Course, plan: Plan, found: Descent) -> dict[str, Any]:
    validation = None
    if course.held_out is not None and spec.share is not None:
        validation = {
            "rows": len(course.held_out[1]),
            "how": f"{100 * spec.share:g} % of the training rows, drawn with seed {spec.drawn_with}",
            "patience": PATIENCE,
        }
    return {
        "epochs": found.epochs,
        "of": plan.epochs,
        "learning_rate": plan.rate,
        "safe_learning_rate": course.safe_rate,
        "accelerated": plan.accelerate,
        "start": spec.start or 0.0,
        "columns": "standardized" if prepared.model.standardize else "file",
        "stopped": found.reason,
        "certified_at": found.certified_at,
        "kept": asdict(found.kept),
        "validation": validation,
        "exact": None,
        "history": [asdict(record) for record in found.history],
    }


def _exact(prepared: Prepared, course: Course, solution: Solution) -> dict[str, Any] | None:
    """What the exact solver finds for the same rows, and where the two differ most."""
    exact = solve(course.problem, "auto")
    apart = np.abs(solution.coef - exact.coef)
    j = int(np.argmax(apart))
    scale = prepared.scaling.scale
    return {
        "loss": course.factor * exact.objective,
        "nonzero": int(np.count_nonzero(exact.coef)),
        "furthest": {
            "name": prepared.design.names[j],
            "coefficient": float(solution.coef[j] / scale[j]),
            "exact": float(exact.coef[j] / scale[j]),
            "standardized": float(solution.coef[j]),
            "exact_standardized": float(exact.coef[j]),
        },
    }


def _not_certified(prepared: Prepared, document: dict[str, Any], solution: Solution) -> Notice:
    found = solution.certificate
    how = f"relative gap {found.gap:.0e}, worst violation {found.violation:.0e}"
    after = f"after {counted(document['kept']['epoch'], 'epoch')} the solution is not certified ({how})"
    penalty = "none" if np.all(prepared.problem.strengths.unpenalised) else prepared.model.penalty
    more = _way_on(document) if document["stopped"] == "epochs" else ""
    return Notice("not_certified", f"{after}: {distance_words(document, penalty)}{more}")


def _way_on(document: dict[str, Any]) -> str:
    """What would bring a descent nearer that ended with its epochs."""
    rate, safe = document["learning_rate"], document["safe_learning_rate"]
    losses = [record["loss"] for record in document["history"]]
    if rate > 2 * safe or losses[-1] > min(losses):
        return f"; --learning-rate {safe:g} is safe, at this one the loss may rise"
    if rate < SLOW * safe:
        return f"; --learning-rate {safe:g} is safe too, and quicker"
    return "; more --epochs bring it nearer" + ("" if document["accelerated"] else ", --accelerate sooner")


def _strangers(prepared: Prepared, spec: TrainingSpec, model: Model) -> list[Notice]:
    """What is said of a model to start at that was made for something else."""
    design = prepared.design
    common = len({one.name for one in model.encoding.features} & set(design.names))
    if model.target == design.target and common == len(design.names):
        return []
    known = f"{common:,} of {counted(len(design.names), 'feature')} have a coefficient in {visible(str(spec.start))}"
    return [Notice("start_differs", f"{known}, a model of {visible(model.target)}; the others start at 0")]
