"""A fan of quantiles: a model for each of several levels on the same rows, and where they cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.errors import Notice, counted
from regcli.problem.gathering import family_metrics
from regcli.problem.objective import Solution
from regcli.specs import ModelSpec
from regcli.workflows.documents import outputs_of
from regcli.workflows.judging import Part, parts
from regcli.workflows.preparing import Prepared, prepare
from regcli.workflows.solving import solved

MIDDLE = 0.5


@dataclass(frozen=True)
class Blade:
    """One model of a fan."""

    level: float
    prepared: Prepared
    solution: Solution

    @cached_property
    def parts(self) -> list[Part]:
        """The training rows with what is predicted of them, and the test rows where there are any."""
        return parts(self.prepared, self.solution)


def is_fan(design: Design, model: ModelSpec) -> bool:
    """Whether several quantiles are asked for."""
    return design.family == "quantile" and len(model.quantile_level) > 1


def of_middle(model: ModelSpec) -> ModelSpec:
    """The request for the level nearest to the median, which speaks for a fan."""
    if len(model.quantile_level) < 2:
        return model
    return replace(model, quantile_level=(min(model.quantile_level, key=lambda level: abs(level - MIDDLE)),))


def blades(design: Design, model: ModelSpec, middle: Prepared, solution: Solution) -> list[Blade]:
    """A model for each level, rising; that of the `middle` is solved."""
    found = []
    for level in model.quantile_level:
        if level == middle.problem.family.parameter("level"):
            found.append(Blade(level, middle, solution))
            continue
        prepared = prepare(design, replace(model, quantile_level=(level,)))
        found.append(Blade(level, prepared, solved(prepared)))
    return found


def fan_of(fan: Sequence[Blade]) -> list[dict[str, Any]]:
    """The models as they stand in a document."""
    return [_entry(one) for one in fan]


def _entry(one: Blade) -> dict[str, Any]:
    solution, certificate = one.solution, one.solution.certificate
    learned = one.parts[0]
    family = one.prepared.problem.family
    metrics = asdict(family_metrics(family, learned.y, learned.eta, learned.null_eta, learned.weights))
    (output,) = outputs_of(one.prepared, solution.coef, solution.intercept)
    return {
        "level": one.level,
        **output,
        "nonzero": int(np.count_nonzero(solution.coef)),
        "objective": solution.objective,
        **{key: metrics[key] for key in ("pinball", "deviance_ratio", "coverage")},
        "gap": certificate.gap,
        "violation": certificate.violation,
        "certified": certificate.certified,
    }


def arrays_of_fan(fan: Sequence[Blade]) -> dict[str, Any]:
    """The levels (K,), fitted quantiles (n, K) and targets (n,) of the training rows, and of test rows where there are
    any."""
    found: dict[str, Any] = {"levels": np.array([one.level for one in fan])}
    for place, prefix in enumerate(("", "test_")[: len(fan[0].parts)]):
        found[f"{prefix}fitted"] = np.column_stack([one.parts[place].eta for one in fan])
        found[f"{prefix}y"] = fan[0].parts[place].y
    return found


def fan_notices(fan: Sequence[Blade]) -> list[Notice]:
    """What is said where quantiles cross, and where some model of the fan is not certified."""
    fitted = np.column_stack([one.parts[0].eta for one in fan])
    found = [Notice("quantiles_cross", text)] if (text := crossing(fitted, "training row")) else []
    vague = [f"{one.level:g}" for one in fan if not one.solution.certificate.certified]
    if vague:
        found.append(Notice("not_certified", f"the quantiles {', '.join(vague)} are not certified"))
    return found


def crossing(fitted: NDArray[np.float64], row: str) -> str | None:
    """That in some rows of `fitted` (n, K) a higher quantile is predicted to be the lower; None where in none."""
    size = np.abs(fitted).max(axis=1, keepdims=True)
    crossed = int(np.sum(np.any(np.diff(fitted, axis=1) < -1e-9 * size, axis=1)))
    if not crossed:
        return None
    return f"predicted quantiles cross in {counted(crossed, row)} of {len(fitted):,}: each level is a model of its own"
