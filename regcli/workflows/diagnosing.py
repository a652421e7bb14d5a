"""What a comparison shows of the data beside the verdict: each line with the number that prompted it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regcli.errors import counted, listed, visible
from regcli.report.of_compare import RIVAL_WORDS
from regcli.report.wording import number, percent, short
from regcli.select.crossval import Curve
from regcli.specs import CompareSpec, FoldSpec
from regcli.workflows.comparing import Standing
from regcli.workflows.rivals import Contender, Fitted, fit_all

APART = 1.5
"""An error on new rows this many times the training error (its root for absolute errors) is called overfitting."""
HARDLY = 0.1
"""A model that explains less than this share of what the best one explains is called over-regularized."""
CONDITION = 30.0
"""Belsley, Kuh and Welsch 1980, Regression diagnostics, section 3.2: from a condition number of 30 on columns that
are scaled to one length are called collinear."""
UNEVEN = 10.0
"""How many times the largest deviation of a column is the smallest before scaling is looked at."""
CHANGED = 0.1
"""A ridge whose error changes by more than this share, scaled or not, is called distorted."""
WIDEST = 2000

Line = dict[str, Any]
Model = Mapping[str, Any]


def diagnosis(
    models: Sequence[Model],
    fitted: Sequence[Fitted],
    rivals: Sequence[Contender],
    standing: Standing,
    spec: CompareSpec,
    folding: FoldSpec,
) -> list[Line]:
    """All lines that apply."""
    return [
        *_wide(fitted[0]),
        *_overfitting(models, folding),
        *_over_regularized(models, standing),
        *_collinear(fitted[0]),
        *_distorted(fitted, rivals, spec, folding),
    ]


def _line(code: str, message: str, model: str | None, value: float) -> Line:
    """A line with the number that prompted it, None where no double holds that."""
    return {"code": code, "message": message, "model": model, "value": value if np.isfinite(value) else None}


def _wide(one: Fitted) -> Iterator[Line]:
    n, p = one.prepared.design.X.shape
    if p > n:
        text = f"more features ({p:,}) than rows ({n:,}): least squares is not unique, a penalty decides"
        yield _line("more_features_than_rows", text, None, p / n)


def _overfitting(models: Sequence[Model], folding: FoldSpec) -> Iterator[Line]:
    """The model whose errors on its own and on new rows are furthest apart."""
    bound = APART if folding.measure == "mse" else APART**0.5
    ratios = [model["mean"] / model["train_mean"] if model["train_mean"] > 0 else np.inf for model in models]
    ratios = [ratio if model["name"] != "null" and model["mean"] > 0 else 0.0
              for ratio, model in zip(ratios, models, strict=True)]  # fmt: skip
    worst = int(np.argmax(ratios))
    if ratios[worst] < bound:
        return
    model, measure = models[worst], folding.measure.upper()
    error, own = number(model["mean"], 3), number(model["train_mean"], 3)
    times = f"{ratios[worst]:.2g} times" if np.isfinite(ratios[worst]) else "far from"
    text = (
        f"{RIVAL_WORDS[model['name']]} overfits: its {measure} on new rows, {error}, is {times} that on its own, {own}"
    )
    calmest = min((i for i in range(len(models)) if models[i]["name"] != "null"), key=lambda i: ratios[i])
    if calmest != worst and ratios[calmest] < bound:
        text += f"; {RIVAL_WORDS[models[calmest]['name']]}: {ratios[calmest]:.2g} times"
    yield _line("overfitting", text, model["name"], float(ratios[worst]))


def _over_regularized(models: Sequence[Model], standing: Standing) -> Iterator[Line]:
    """Models that explain next to nothing where another explains much."""
    best = models[standing.best]
    if not best["r2"] or best["r2"] <= 0 or models[0]["tied"]:
        return
    for model in models[1:]:
        if model["name"] == "ols" or model["r2"] > HARDLY * best["r2"]:
            continue
        kept = "keeps no feature" if model["nonzero"] == 0 else f"explains {percent(max(model['r2'], 0.0))}"
        what = f"at alpha {short(model['alpha'])} {kept}"
        other = f"{RIVAL_WORDS[best['name']]} explains {percent(best['r2'])}"
        text = f"{RIVAL_WORDS[model['name']]} {what}, {other}: its penalty is too strong"
        yield _line("over_regularized", text, model["name"], model["r2"])


def _collinear(one: Fitted) -> Iterator[Line]:
    n, p = one.prepared.problem.Z.shape
    if not 2 <= p <= min(n, WIDEST):
        return
    sizes = np.linalg.svd(one.prepared.problem.Z, compute_uv=False)
    condition = float(sizes[0] / sizes[-1]) if sizes[-1] > 0 else np.inf
    if condition < CONDITION:
        return
    # The right singular vector of the least singular value shows which columns take part.
    vector = np.abs(np.linalg.svd(one.prepared.problem.Z, full_matrices=False)[2][-1])
    order = np.argsort(-vector)[:3]
    involved = listed([one.prepared.design.names[j] for j in order if vector[j] > 0.1])
    exactly = condition > 1e12
    size = "beyond 1e12" if exactly else f"{condition:.2g}"
    text = (
        f"collinear features: the condition number is {size}, above all through {involved}; "
        "least-squares coefficients of these are unsteady, ridge steadies them"
    )
    yield _line("collinearity", text, None, np.inf if exactly else condition)


def _distorted(
    fitted: Sequence[Fitted], rivals: Sequence[Contender], spec: CompareSpec, folding: FoldSpec
) -> Iterator[Line]:
    """How the result of the first tuned model would change if columns were penalised in the units of the file."""
    scale = fitted[0].prepared.scaling.scale
    with np.errstate(over="ignore"):
        spread = float(scale.max() / scale.min())
    order = {"lasso": 0, "elasticnet": 1, "ridge": 2}
    tuned = sorted((i for i, rival in enumerate(rivals) if rival.tuned), key=lambda i: order[rivals[i].name])
    if spread < UNEVEN or not tuned:
        return
    i = tuned[0]
    one, design = fitted[i], fitted[i].prepared.design
    standardized = rivals[i].model.standardize
    other_way = replace(rivals[i], model=replace(rivals[i].model, standardize=not standardized))
    other = fit_all(design, [other_way], spec, folding)[0]
    here, there = _kept(one), _kept(other)
    errors = [_error(each.curve, folding) for each in (one, other)]
    if here == there and (rivals[i].name != "ridge" or abs(errors[1] - errors[0]) <= CHANGED * errors[0]):
        return
    low, high = (visible(design.names[int(pick(scale))]) for pick in (np.argmin, np.argmax))
    spreads = f"deviations run from {number(float(scale.min()), 3)} ({low}) to {number(float(scale.max()), 3)} ({high})"
    way = "without standardizing (--no-standardize)" if standardized else "with standardizing (--standardize)"
    changes = [f"without {listed(sorted(here - there))}"] * bool(here - there)
    changes += [f"with {listed(sorted(there - here))}"] * bool(there - here)
    selection = (
        f" would keep {counted(len(there), 'feature')}, not {len(here):,}: {', '.join(changes)};" if changes else ":"
    )
    measure = folding.measure.upper()
    text = (
        f"{spreads}: {way} {RIVAL_WORDS[rivals[i].name]}{selection} {measure} in tuning "
        f"{number(errors[1], 3)} for {number(errors[0], 3)}"
    )
    yield _line("uneven_scales", text, rivals[i].name, spread)


def _kept(one: Fitted) -> set[str]:
    names = one.prepared.design.names
    return {names[j] for j in np.flatnonzero(one.solution.coef)}


def _error(curve: Curve | None, folding: FoldSpec) -> float:
    assert curve is not None
    return float(curve.mean[curve.best if folding.rule == "min" else curve.one_se])
