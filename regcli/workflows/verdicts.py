"""The verdict of a comparison in words: which model, and what in these data speaks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from regcli.data.surviving import EVENT
from regcli.errors import counted, visible
from regcli.report.measures import COMPARED_WORDS
from regcli.report.of_compare import RIVAL_WORDS, plainly
from regcli.report.wording import number, percent, short
from regcli.select.comparison import NEGLIGIBLE
from regcli.specs import Measure
from regcli.workflows.comparing import Standing
from regcli.workflows.rivals import Contender, Fitted

RELATED = 0.5
"""From this size on a correlation is worth a word."""
MOST_PAIRS = 2
WIDEST = 2000
"""Correlations are not looked for among more columns."""

Model = Mapping[str, Any]


class Related(NamedTuple):
    """Two features by their places, and their correlation."""

    one: int
    other: int
    correlation: float


def verdict_of(
    models: Sequence[Model], standing: Standing, fitted: Sequence[Fitted], rivals: Sequence[Contender], measure: Measure
) -> dict[str, Any]:
    """The best model, those tied with it, the simplest of them, and why."""
    best, chosen, family = models[standing.best], models[standing.chosen], fitted[0].prepared.design.family
    return {
        "best": best["name"],
        "chosen": chosen["name"],
        "tied": [models[i]["name"] for i in standing.tied],
        "reason": plainly("; ".join(_reasons(models, standing, fitted, measure)), family),
        "facts": [plainly(fact, family) for fact in _facts(models, standing, fitted)],
    }


def _reasons(models: Sequence[Model], standing: Standing, fitted: Sequence[Fitted], measure: Measure) -> Iterator[str]:
    best, chosen = models[standing.best], models[standing.chosen]
    yield f"{_called(best)} errs least: {COMPARED_WORDS[measure]} {number(best['mean'], 4)}{_explained(best, measure)}"
    if best["se"] is None or not np.isfinite(best["se"]):
        yield "one test row gives no standard error, so that nothing can be said of differences"
    apart = [(models[i], standing.differences[i]) for i in standing.tied]
    others = [_called(model) for model, by in apart if by is not None and by.mean <= by.se]
    alike = [_called(model) for model, by in apart if by is not None and not by.mean <= by.se]
    if not others and not alike and best["name"] != "null":
        if np.isfinite(best["se"]):
            yield "no other model is within one standard error of the difference"
        return
    if others:
        yield f"tied with it, within one standard error of the difference: {', '.join(others)}"
    if alike:
        yield f"next to it, by less than {NEGLIGIBLE:.1%} of the error without features: {', '.join(alike)}"
    if chosen["name"] == "null":
        mean = "the mean of the target" if fitted[0].prepared.model.intercept else "0"
        mean = "one baseline hazard for all rows" if fitted[0].prepared.design.survival is not None else mean
        yield f"so nothing here predicts reliably better than {mean}"
        return
    total = len(fitted[0].prepared.design.names)
    yield f"the simplest of these is {RIVAL_WORDS[chosen['name']]}, {_size(chosen, total)}"


def _called(model: Model) -> str:
    return "the model without features" if model["name"] == "null" else RIVAL_WORDS[model["name"]]


def _size(model: Model, total: int) -> str:
    if model["nonzero"] < total:
        return f"with {model['nonzero']:,} of {counted(total, 'feature')}"
    every = "its one feature" if total == 1 else f"all {counted(total, 'feature')}"
    return f"with {every}, standardized L2 norm {number(model['l2_norm'], 3)}"


def _explained(model: Model, measure: Measure) -> str:
    """How much better it is than the model without features; a share of absolute errors is no R2."""
    if model["r2"] is None or model["name"] == "null":
        return ""
    return f", R2 {model['r2']:.3f}" if measure == "mse" else f", {percent(model['r2'])} less than without features"


def _facts(models: Sequence[Model], standing: Standing, fitted: Sequence[Fitted]) -> Iterator[str]:
    """What in these data speaks for the verdict: rows for each feature, what a penalty gains, correlations."""
    known = {model["name"]: (model, i) for i, model in enumerate(models)}
    n, p = fitted[0].prepared.design.count, fitted[0].prepared.design.X.shape[1]
    survival = fitted[0].prepared.design.survival
    yield _shape(n, p) if survival is None else _shape(int(fitted[0].prepared.design.y[:, EVENT].sum()), p, "event")
    if "ols" in known:
        yield _gain(known["ols"][0], models[standing.best])
    for name in ("lasso", "elasticnet"):
        if name in known and 0 < known[name][0]["nonzero"] < p:
            yield _left_out(known[name][0], p)
            break
    if "ridge" in known and "lasso" in known and fitted[0].prepared.problem.outputs == 1:
        at = tuple(known[name][1] for name in ("ridge", "lasso"))
        for pair in related(fitted[0]):
            yield _shared(pair, *(fitted[i] for i in at))


def _shape(n: int, p: int, what: str = "row") -> str:
    rows, features = counted(n, what), counted(p, "feature")
    if n <= p:
        return f"{rows} for {features}: least squares can follow any target, so its training error says nothing"
    return f"{rows} for {features}: {short(float(f'{n / p:.2g}'))} for each"


def _gain(ols: Model, best: Model) -> str:
    """What a penalty gains over least squares."""
    if ols["name"] == best["name"]:
        return "none of these penalties lowers the error: least squares is the best"
    if best["name"] == "null":
        return "least squares errs more than the model without features"
    share = percent(1 - best["mean"] / ols["mean"]) if ols["mean"] > 0 else "0 %"
    if ols["tied"]:
        return f"the best penalty gains {share} over least squares, less than one standard error of the difference"
    return f"{RIVAL_WORDS[best['name']]} errs {share} less than least squares"


def _left_out(model: Model, p: int) -> str:
    fold = model["fold_nonzero"]
    steady = f" (in the folds {min(fold)} to {max(fold)} stay)" if fold and min(fold) < max(fold) else ""
    return f"{RIVAL_WORDS[model['name']]} leaves out {p - model['nonzero']:,} of {counted(p, 'feature')}{steady}"


def related(fitted: Fitted) -> list[Related]:
    """The most correlated features."""
    design, scaling = fitted.prepared.design, fitted.prepared.scaling
    n, p = design.count, design.X.shape[1]
    if not 2 <= p <= WIDEST or n < 3:
        return []
    with np.errstate(all="ignore"):
        R = np.nan_to_num(np.corrcoef(design.X / scaling.scale, rowvar=False))
    R = np.triu(R, 1)
    for group in design.encoding.level_groups:  # levels of one text exclude each other
        R[np.ix_(group, group)] = 0.0
    order = np.argsort(-np.abs(R), axis=None, kind="stable")[:MOST_PAIRS]
    places = [divmod(int(place), p) for place in order]
    pairs = [Related(one, other, float(R[one, other])) for one, other in places]
    return [pair for pair in pairs if abs(pair.correlation) >= RELATED]


def _shared(pair: Related, ridge: Fitted, lasso: Fitted) -> str:
    """What ridge and the lasso make of two correlated features."""
    everyone = ridge.prepared.design.names
    two = [visible(everyone[j]) for j in pair[:2]]
    shared, kept = ([float(one.sizes[j]) for j in pair[:2]] for one in (ridge, lasso))
    left = [name for name, value in zip(two, kept, strict=True) if value != 0]
    alone = f"lasso keeps {left[0]} alone" if len(left) == 1 else "lasso leaves both out"
    if len(left) == 2:
        alone = f"lasso keeps both ({number(kept[0], 2)} and {number(kept[1], 2)})"
    weights = f"{number(shared[0], 2)} and {number(shared[1], 2)}"
    return f"{' and '.join(two)} are correlated {pair.correlation:.2f}: ridge gives them {weights}, {alone}"
