"""What a comparison shows of the data beside the verdict: each line with the number that prompted it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regcli.errors import RegcliError, counted, listed, visible
from regcli.report.measures import COMPARED_WORDS
from regcli.report.of_compare import RIVAL_WORDS, plainly
from regcli.report.wording import number, percent, short
from regcli.select.crossval import Curve
from regcli.specs import CompareSpec, FoldSpec
from regcli.workflows.comparing import Standing
from regcli.workflows.rivals import Contender, Fitted, Inside, fit_all
from regcli.workflows.tuning import chosen_index

APART = 1.5
"""An error on new rows this many times the training error (its root for absolute errors) is called overfitting."""
SAME = 0.9
"""Where least squares' ratio of these is this share of the worst, it is least squares that is told."""
ROUNDING = 1e-12
NOTHING = 1e-6
MUCH = 0.05
"""A best model that explains less than this shows no other's penalty to be too strong."""
PERFECT = 0.999
DEPENDENT = 1e12
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
STANDS = 1e-6
"""So far from one another may be rows that stand for equal ones: moments hold half of the digits."""

Line = dict[str, Any]
Model = Mapping[str, Any]


def diagnosis(
    models: Sequence[Model],
    fitted: Sequence[Fitted],
    rivals: Sequence[Contender],
    standing: Standing,
    spec: CompareSpec,
    folding: FoldSpec,
    inside: Inside,
) -> list[Line]:
    """All lines that apply to models fitted to the rows `inside`."""
    family = fitted[0].prepared.design.family
    lines = [
        *_wide(fitted[0]),
        *_overfitting(models, folding),
        *_over_regularized(models, standing, folding),
        *_near_perfect(models, standing),
        *_collinear(fitted[0]),
        *_distorted(fitted, rivals, spec, folding, inside),
        *_at_the_end(models),
    ]
    return [line | {"message": plainly(line["message"], family)} for line in lines]


def _line(code: str, message: str, model: str | None, value: float) -> Line:
    """A line with the number that prompted it, None where no double holds that."""
    return {"code": code, "message": message, "model": model, "value": value if np.isfinite(value) else None}


def _wide(one: Fitted) -> Iterator[Line]:
    n, p = one.prepared.design.count, one.prepared.design.X.shape[1]
    if p > n:
        text = f"more features ({p:,}) than rows ({n:,}): least squares is not unique, a penalty decides"
        yield _line("more_features_than_rows", text, None, p / n)


def _overfitting(models: Sequence[Model], folding: FoldSpec) -> Iterator[Line]:
    """The model whose errors on its own and on new rows are furthest apart, further than those of the null model."""
    bound = APART if folding.judge == "mse" else APART**0.5
    null, measure = models[0], COMPARED_WORDS[folding.judge]
    at_rest = max(null["mean"] / null["train_mean"], 1.0) if null["train_mean"] > 0 else 1.0
    ratios = {model["name"]: _ratio(model, null) for model in models[1:]}
    worst = max(ratios, key=lambda name: ratios[name])
    if "ols" in ratios and ratios["ols"] >= SAME * ratios[worst]:
        worst = "ols"
    if ratios[worst] < bound * at_rest:
        return
    model = next(model for model in models if model["name"] == worst)
    error, own = number(model["mean"], 3), number(model["train_mean"], 3)
    if np.isfinite(ratios[worst]):
        what = f"its {measure} on new rows, {error}, is {ratios[worst]:.2g} times that on its own, {own}"
    else:
        what = f"it follows its own rows exactly, and its {measure} on new ones is {error}"
    calm = [
        other for other in models[1:] if other["r2"] and other["r2"] > 0 and ratios[other["name"]] < bound * at_rest
    ]
    other = min(calm, key=lambda one: one["mean"], default=None)
    beside = f"; {RIVAL_WORDS[other['name']]}: {ratios[other['name']]:.2g} times" if other else ""
    yield _line("overfitting", f"{RIVAL_WORDS[worst]} overfits: {what}{beside}", worst, ratios[worst])


def _ratio(model: Model, null: Model) -> float:
    """The error on new rows over that on a model's own: infinite where it follows those to rounding, 1 where both are
    next to nothing."""
    if model["mean"] <= NOTHING * null["mean"]:
        return 1.0
    exact = model["train_mean"] <= ROUNDING * null["train_mean"]
    return float(np.inf if exact else model["mean"] / model["train_mean"])


def _over_regularized(models: Sequence[Model], standing: Standing, folding: FoldSpec) -> Iterator[Line]:
    """Models that explain next to nothing where another explains something worth the name."""
    best = models[standing.best]
    if best["r2"] is None or best["r2"] < MUCH or models[0]["tied"]:
        return
    explains = "explains" if folding.judge == "mse" else "lowers the error by"
    for model in models[1:]:
        if model["name"] == "ols" or model["r2"] > HARDLY * best["r2"]:
            continue
        kept = "keeps no feature" if model["nonzero"] == 0 else f"{explains} {percent(max(model['r2'], 0.0))}"
        other = f"{RIVAL_WORDS[best['name']]} {explains} {percent(best['r2'])}"
        way = " (--rule min tunes to less)" if model["tuned"] and folding.rule == "1se" else ""
        what = f"at alpha {short(model['alpha'])} {kept}, {other}: its penalty is too strong{way}"
        yield _line("over_regularized", f"{RIVAL_WORDS[model['name']]} {what}", model["name"], model["r2"])


def _near_perfect(models: Sequence[Model], standing: Standing) -> Iterator[Line]:
    best = models[standing.best]
    if best["r2"] is not None and best["r2"] > PERFECT:
        text = f"R2 {percent(best['r2'])}: is a feature, or a sum of some, the target itself?"
        yield _line("near_perfect", text, best["name"], best["r2"])


def _at_the_end(models: Sequence[Model]) -> Iterator[Line]:
    """Models whose tuning ended at the smallest alpha that was tried."""
    ended = [model for model in models if model["at_edge"] == "low"]
    if ended:
        names = ", ".join(RIVAL_WORDS[model["name"]] for model in ended)
        text = f"{names}: the smallest alpha tried predicts best, next to no penalty"
        yield _line("at_edge", text, ended[0]["name"], ended[0]["alpha"])


def _collinear(one: Fitted) -> Iterator[Line]:
    names, kept = one.prepared.design.names, _without_references(one)
    n, p = one.prepared.design.count, len(kept)
    if not 2 <= p <= min(n, WIDEST):
        return
    _, sizes, vectors = np.linalg.svd(one.prepared.problem.rooted(one.prepared.problem.Z[:, kept]), full_matrices=False)
    condition = float(sizes[0] / sizes[-1]) if sizes[-1] > 0 else np.inf
    if condition < CONDITION:
        return
    # The last right singular vector shows which columns take part.
    part = np.abs(vectors[-1])
    involved = listed([names[kept[j]] for j in np.argsort(-part)[:3] if part[j] > 0.1])
    most = DEPENDENT if one.prepared.design.condensed is None else 1 / STANDS
    exactly = condition > most
    size = f"beyond {most:.0e}".replace("+0", "").replace("+", "") if exactly else f"{condition:.2g}"
    text = (
        f"collinear features: the condition number is {size}, above all through {involved}; "
        "least-squares coefficients of these are unsteady, ridge steadies them"
    )
    yield _line("collinearity", text, None, np.inf if exactly else condition)


def _without_references(one: Fitted) -> list[int]:
    """The columns but for one level of each text: all of its levels together are the intercept by construction."""
    design = one.prepared.design
    groups = [group for group in design.encoding.level_groups if len(group) > 1]
    rounding = 0.0 if design.condensed is None else STANDS
    dropped = {group[0] for group in groups if np.ptp(design.X[:, group].sum(axis=1)) <= rounding}
    return [j for j in range(len(design.names)) if j not in dropped]


def _distorted(
    fitted: Sequence[Fitted], rivals: Sequence[Contender], spec: CompareSpec, folding: FoldSpec, inside: Inside
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
    try:
        other = fit_all(inside, [other_way], spec, folding)[0]
    except RegcliError:  # the other way is beyond double precision: nothing that a comparison asked for fails
        return
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
    measure = COMPARED_WORDS[folding.judge]
    text = (
        f"{spreads}: {way} {RIVAL_WORDS[rivals[i].name]}{selection} {measure} in tuning "
        f"{number(errors[1], 3)} for {number(errors[0], 3)}"
    )
    yield _line("uneven_scales", text, rivals[i].name, spread)


def _kept(one: Fitted) -> set[str]:
    names = one.prepared.design.names
    return {names[j] for j in np.flatnonzero(one.sizes)}


def _error(curve: Curve | None, folding: FoldSpec) -> float:
    assert curve is not None
    return float(curve.mean[chosen_index(curve, folding.rule)])
