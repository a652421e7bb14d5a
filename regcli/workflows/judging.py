"""How well a model predicts its training rows, and test rows where there are any: metrics, and what is drawn of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.problem.families import Family
from regcli.problem.gathering import family_metrics
from regcli.problem.measures.classes import auc_of, predicted_class, scores, shares
from regcli.problem.measures.curves import calibration, roc, spread
from regcli.problem.metrics import measure
from regcli.problem.objective import Solution
from regcli.workflows.preparing import Prepared

Array = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """Rows with their targets and linear predictors, offset included, those of the model and of the training rows'
    null model: (n,), of K classes (n, K). Few that stand for all say for how many, and the variance of all."""

    y: Array
    eta: Array
    null_eta: Array
    weights: Vector | None
    stands_for: tuple[int, float] | None = None


def parts(prepared: Prepared, solution: Solution, other: Design | None = None) -> list[Part]:
    """The training rows, and those of another design, or the test rows where there are any."""
    design = prepared.design
    few = design.condensed
    found = [_part(prepared, design.y, prepared.link(solution), design.offset, design.weights)]
    if other is not None:
        eta = prepared.link(solution, other.X, other.offset)
        found.append(_part(prepared, other.y, eta, other.offset, other.weights))
    elif design.X_test is not None and design.y_test is not None:
        eta = prepared.link(solution, design.X_test, design.offset_test)
        tested = _part(prepared, design.y_test, eta, design.offset_test, design.weights_test)
        found.append(
            replace(tested, stands_for=None if few is None or few.tested is None else (few.tested, few.spread[1]))
        )
    found[0] = replace(found[0], stands_for=None if few is None else (few.rows, few.spread[0]))
    return found


def _part(prepared: Prepared, y: Vector, eta: Array, offset: Vector | None, weights: Vector | None) -> Part:
    several = prepared.problem.outputs > 1
    targets = np.eye(prepared.problem.outputs)[y.astype(np.intp)] if several else y
    level = np.zeros_like(eta) + prepared.problem.null_intercept
    return Part(targets, eta, level if offset is None else (level.T + offset).T, weights)


def metrics_of(prepared: Prepared, solution: Solution) -> dict[str, Any]:
    """Metrics on training rows, and on test rows where there are any; rows count by their weight."""
    few = prepared.design.condensed
    if few is not None and few.behind is not None:
        measured = few.behind.metrics(prepared, solution)
        if few.tested is None and prepared.design.X_test is not None:
            measured["test"] = _metrics(prepared, parts(prepared, solution)[1])
        return {name: one and documented(one, prepared.design.classes) for name, one in measured.items()}
    found = [_metrics(prepared, part) for part in parts(prepared, solution)]
    return {"train": found[0], "test": found[1] if len(found) > 1 else None}


def _metrics(prepared: Prepared, part: Part) -> dict[str, Any]:
    family = prepared.problem.family
    with np.errstate(over="ignore", invalid="ignore"):
        if family.is_quadratic:
            squared = asdict(measure(part.y, part.eta, part.null_eta, part.weights))
            return squared if part.stands_for is None else squared | _of_all(squared["mse"], *part.stands_for)
        found = family_metrics(family, part.y, part.eta, part.null_eta, part.weights)
    return documented(asdict(found), prepared.design.classes)


def _of_all(mse: float, rows: int, variance: float) -> dict[str, Any]:
    """What few rows do not know of those that they stand for."""
    return {"rows": rows, "r2": 1 - mse / variance if variance > 0 else math.nan, "mae": None}


def documented(metrics: dict[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """Metrics as they stand in a document: the confusion of classes with their names, whole weights as whole."""
    if "confusion" not in metrics:
        return metrics
    counts = [[int(cell) if cell == int(cell) else cell for cell in row] for row in metrics["confusion"]]
    return metrics | {"confusion": {"classes": list(classes), "counts": counts}}


def rows_of(prepared: Prepared, solution: Solution) -> dict[str, Any]:
    """Fitted values of the training rows (n,), of K classes the probability of each (n, K), and of the test rows where
    there are any. Residuals (n,) beside them; of classes the `curves` of each part instead."""
    family, found, curves, groups = prepared.problem.family, {}, {}, {}
    if prepared.design.condensed is not None:
        return {}
    with np.errstate(over="ignore", invalid="ignore"):
        every = parts(prepared, solution)
        for word, part in zip(("training", "test"), every, strict=False):
            prefix = "" if word == "training" else "test_"
            if family.name == "cox":
                groups[word] = risk_groups(prepared, every[0], part)
                continue
            response = found[f"{prefix}fitted"] = family.response(part.eta)
            if family.has_probabilities:
                curves[word] = curves_of(part.y, part.eta, response, prepared.design.classes, part.weights)
                continue
            found[f"{prefix}residuals"] = residuals_of(family, part.y, response)
            if not family.is_quadratic:
                found[f"{prefix}deviance_residuals"] = _deviance_residuals(family, part)
    return found | ({"curves": curves} if curves else {}) | ({"survival": groups} if groups else {})


def risk_groups(prepared: Prepared, learned: Part, part: Part) -> list[dict[str, Any]]:
    """Rows cut in three by their predicted risk: what was observed of each group, and what those say of it that the
    model has `learned` from."""
    from regcli.problem.survival.baseline import baseline, grouped

    of = baseline(learned.y, learned.eta, learned.weights, prepared.problem.family.parameter("ties"))
    return [asdict(one) for one in grouped(part.y, part.eta, part.weights, of=of)]


def residuals_of(family: Family, y: Array, fitted: Array) -> Array:
    """The target (n,) less what is fitted; of margins what a decision value lacks to its own, upwards or downwards."""
    return family.pull(y, fitted) / 2 if family.name == "squared_hinge" else y - fitted


def _deviance_residuals(family: Family, part: Part) -> Array:
    """The root of each row's share of the deviance, with the sign of its residual."""
    sign = np.sign(family.pull(part.y, part.eta))
    return np.asarray(sign * np.sqrt(2 * np.maximum(family.loss(part.y, part.eta), 0.0)))


def curves_of(
    y: Array, eta: Array, response: Array, classes: tuple[str, ...], weights: Vector | None
) -> dict[str, Any]:
    """Plain arrays: `roc` of the positive class, or of each of K against the rest; `calibration` and `spread` of the
    positive class's probability, or of that of the class predicted.

    y, `eta` and `response` (n,), of K classes (n, K).
    """
    share, score = shares(y), scores(eta)
    drawn = range(len(classes)) if y.ndim == 2 else (1,)
    curves = [
        {
            "class": classes[k],
            "auc": auc_of(share[:, k], score[:, k], weights),
            **asdict(roc(share[:, k], score[:, k], weights)),
        }
        for k in drawn
        if 0 < share[:, k].sum() < len(share)
    ]
    right, sure = y, response
    if y.ndim == 2:
        chosen = predicted_class(eta)[:, None]
        right, sure = (np.take_along_axis(one, chosen, axis=1)[:, 0] for one in (y, response))
    return {
        "roc": curves,
        "calibration": asdict(calibration(right, sure, weights)),
        "spread": asdict(spread(sure, weights)),
    }
