"""The formulas of the families other than squared error, and what a fit of one is called elsewhere.

The loss of a row of a likelihood is half its unit deviance, which is the log loss for classes; f is the linear
predictor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from regcli.specs import LOG_FAMILIES, Convention, FamilyName, Penalty

LOSSES: dict[FamilyName, str] = {
    "binomial": "[log(1 + exp f) - y f]",
    "multinomial": "[log sum_k exp f_k - f_y]",
    "poisson": "[exp f - y f]",
    "gamma": "[y exp(-f) + f]",
    "tweedie": "[exp((2 - p) f) / (2 - p) + y exp(-(p - 1) f) / (p - 1)]",
    "huber": "huber(y - f)",
    "quantile": "[q max(y - f, 0) + (1 - q) max(f - y, 0)]",
    "squared_hinge": "max(0, 1 - y f)^2",
    "cox": "log partial likelihood",
}

STSET = "stset time, failure(status); "
"""What Stata is told of survival times before it fits them."""
GLMNET_LACKS: dict[FamilyName, str] = {
    "huber": "none: glmnet has no Huber loss",
    "quantile": "none: glmnet has no quantiles",
    "squared_hinge": "none: glmnet has no hinge loss",
}


def family_formula(
    family: FamilyName, convention: Convention, penalty: Penalty, l1: float, l2: float, intercept: bool, offset: bool
) -> str:
    """The formula that was minimised, in the user's own convention; `l1` and `l2` as that convention counts them."""
    terms = [_loss(family, convention)]
    if penalty != "none" and l1 > 0:
        terms.append(f"{l1:.6g} sum |b|")
    if penalty != "none" and l2 > 0:
        terms.append(f"{l2 * (0.5 if halved(convention) else 1):.6g} sum b^2")
    return f"{' + '.join(terms)}, {predictor(family, intercept, offset)}"


def family_path_formula(
    family: FamilyName,
    convention: Convention,
    ratio: float,
    rest: float,
    intercept: bool,
    offset: bool,
    by_deviation: bool = False,
) -> str:
    """The formula along a path, with alpha as a letter; `by_deviation` where the squared norm is divided by s_y."""
    loss, where = _loss(family, convention), predictor(family, intercept, offset)
    terms = []
    if ratio > 0:
        terms.append("sum |b|" if ratio == 1 else f"{ratio:.6g} sum |b|")
    if rest > 0:
        share = rest / 2 if halved(convention) else rest
        by = "/s_y" if by_deviation and ratio > 0 else ""
        terms.append(f"{'' if share == 1 and not by else f'{share:.6g}{by} '}sum b^2")
    inside = " + ".join(terms)
    return f"{loss} + alpha {inside if len(terms) == 1 else f'({inside})'}, {where}"


def halved(convention: Convention) -> bool:
    """Whether a convention counts half the squared norm."""
    return convention in ("mean", "glmnet", "sklearn")


def predictor(family: FamilyName, intercept: bool, offset: bool) -> str:
    """What f is."""
    k = "_k" if family == "multinomial" else ""
    level = [f"b0{k}"] if intercept and family != "cox" else []
    terms = [*(["offset"] if offset else []), *level, f"z.b{k}"]
    return f"f{k} = {' + '.join(terms)}"


def _loss(family: FamilyName, convention: Convention) -> str:
    if family == "cox":
        return f"-{LOSSES[family]}" if convention == "sum" else f"-(1/n) {LOSSES[family]}"
    return f"sum {LOSSES[family]}" if convention == "sum" else f"(1/n) sum {LOSSES[family]}"


def family_equivalents(
    family: FamilyName,
    l1: float,
    l2: float,
    n: float,
    standardize: bool,
    intercept: bool,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """What the same fit is called elsewhere, in the manner of `regcli.problem.conventions.equivalents`.

    For classes scikit-learn's strength is C, 1 over the number of rows times the strength, which is LIBLINEAR's too.
    """
    strength = l1 + l2
    mix = l1 / strength if strength else 1.0
    return {
        "sklearn": _sklearn(family, l1, l2, n, intercept, parameters),
        "glmnet": _glmnet(family, strength, mix, standardize, intercept, parameters),
        "stata": _stata(family, l1, l2, standardize, intercept, parameters),
        "textbook_sum": _sum(n * l1, n * l2 / 2),
        "keras_mse": _keras(l1, l2 / 2),
    }


def weighed_equivalents(found: dict[str, Any], weighted: bool, offset: bool, quadratic: bool) -> dict[str, Any]:
    """The same where rows count by weights w, or have an offset o, which squared error takes off y."""
    sklearn, glmnet, stata = (found[tool] for tool in ("sklearn", "glmnet", "stata"))
    if weighted:
        _argued(glmnet, "weights=w")
        if sklearn["value"] is not None:
            sklearn["call"] += ", sample_weight=w"
        stata["call"] = stata["call"].replace(" y x", " y x [iw=w]", 1).replace("stset time", "stset time [iw=w]", 1)
    if offset and quadratic:
        for one in (sklearn, stata):
            if one["value"] is not None:
                one["call"] += ", y less o"
    elif offset:
        found["sklearn"] = _none("none: scikit-learn has no offset")
        if stata["value"] is not None:
            stata["call"] = stata["call"].replace(" sel(none)", " offset(o) sel(none)", 1)
    if offset:
        _argued(glmnet, "offset=o")
    return found


def survival_equivalents(found: dict[str, Any], entry: bool, strata: bool) -> dict[str, Any]:
    """The same where rows of survival times are at risk from an entry time on, or have strata s."""
    glmnet, stata = found["glmnet"], found["stata"]
    if entry:
        glmnet["call"] = glmnet["call"].replace("Surv(time,", "Surv(entry, time,")
        stata["call"] = stata["call"].replace("failure(status)", "failure(status) enter(entry)")
    if strata:
        glmnet["call"] = re.sub(r"Surv\([^)]*\)", r"stratifySurv(\g<0>, s)", glmnet["call"])
        if "lasso" in stata["call"] or "elasticnet" in stata["call"]:
            found["stata"] = _none("none: Stata's lasso cox has one baseline for all rows")
        elif stata["value"] is not None:
            stata["call"] += f"{'' if 'efron' in stata['call'] else ','} strata(s)"
    return found


def _argued(entry: dict[str, Any], argument: str) -> None:
    if entry["value"] is not None:
        entry["call"] = f"{entry['call'].removesuffix(')')}, {argument})"


def _glmnet(
    family: FamilyName, strength: float, mix: float, standardize: bool, intercept: bool, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Two families are functions there."""
    if family in GLMNET_LACKS:
        return _none(GLMNET_LACKS[family])
    named = {"gamma": 'Gamma(link="log")', "tweedie": f"statmod::tweedie({parameters.get('power', 0):.6g}, 0)"}
    if family == "cox" and parameters.get("ties") == "efron":
        return _none("none: glmnet takes events of one time by Breslow's rule alone")
    target = "Surv(time, status)" if family == "cox" else "y"
    ends = ("" if standardize else ", standardize=FALSE") + ("" if intercept else ", intercept=FALSE")
    of = named.get(family, f'"{family}"')
    call = f"glmnet(x, {target}, family={of}, alpha={mix:.6g}, lambda={strength:.6g}{ends})"
    return {"call": call, "value": strength, "mix": mix}


def _sklearn(
    family: FamilyName, l1: float, l2: float, n: float, intercept: bool, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    end = "" if intercept else ", fit_intercept=False"
    if family in LOG_FAMILIES:
        name = f"{family.capitalize()}Regressor"
        if l1 > 0:
            return _none(f"none: scikit-learn's {name} has no L1 penalty")
        power = f"power={parameters['power']:.6g}, link='log', " if family == "tweedie" else ""
        return {"call": f"{name}({power}alpha={l2:.6g}{end})", "value": l2, "mix": None}
    if family == "huber":
        return _none("none: scikit-learn's HuberRegressor estimates its scale beside the coefficients")
    if family == "quantile":
        value = {"call": f"QuantileRegressor(quantile={parameters['level']:.6g}, alpha={l1:.6g}{end})", "value": l1}
        return {**value, "mix": None}
    if family == "cox":
        return _none("none: scikit-learn has no survival times")
    if family == "squared_hinge":
        return _linear_svc(l1, l2, n, intercept)
    if l1 == 0 and l2 == 0:
        return {"call": f"LogisticRegression(C=inf{end})", "value": None, "mix": None}
    strength = l1 + l2
    c = 1 / (n * strength)
    solver = ", solver='saga'" if l1 > 0 else ""
    ratio = f", l1_ratio={l1 / strength:.6g}" if l1 > 0 else ""
    return {
        "call": f"LogisticRegression(C={c:.6g}{ratio}{solver}{end})",
        "value": c,
        "mix": l1 / strength if l1 > 0 else None,
    }


def _linear_svc(l1: float, l2: float, n: float, intercept: bool) -> dict[str, Any]:
    """LinearSVC adds up what is halved here, and penalises its intercept."""
    if intercept:
        return _none("none: scikit-learn's LinearSVC penalises its intercept; with --no-intercept it has this fit")
    if l1 > 0 and l2 > 0:
        return _none("none: scikit-learn's LinearSVC has no elastic net")
    if l1 == 0 and l2 == 0:
        return _none("none: scikit-learn's LinearSVC always penalises")
    c = 1 / (n * (l1 or l2))
    penalty = "penalty='l1', dual=False, " if l1 > 0 else ""
    return {"call": f"LinearSVC({penalty}C={c:.6g}, fit_intercept=False)", "value": c, "mix": None}


def _stata(
    family: FamilyName, l1: float, l2: float, standardize: bool, intercept: bool, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    efron = family == "cox" and parameters.get("ties") == "efron"
    model = {"binomial": "logit", "poisson": "poisson", "cox": "cox"}.get(family)
    if model is None:
        lacks = "no more than two classes" if family == "multinomial" else f"no {family.replace('_', ' ')}"
        return _none(f"none: Stata's lasso knows {lacks}")
    first, model = (STSET, "cox x") if family == "cox" else ("", f"{model} y x")
    if l1 == 0 and l2 == 0 and family == "cox":
        return {"call": f"{first}stcox x{', efron' if efron else ''}", "value": 0.0, "mix": None}
    if not standardize:
        return _none("none: Stata's lasso and elasticnet always standardize")
    if efron:
        return _none("none: Stata's lasso cox takes events of one time by Breslow's rule alone")
    if l1 == 0 and l2 == 0:
        return {"call": model + ("" if intercept else ", noconstant"), "value": 0.0, "mix": None}
    end = "" if intercept else " noconstant"
    strength = l1 + l2
    mix = None if l2 == 0 else l1 / strength
    verb = f"{first}lasso {model}, " if mix is None else f"{first}elasticnet {model}, alpha({mix:.6g}) "
    chosen = "" if mix is None else f"alpha={mix:.6g} "
    return {
        "call": f"{verb}sel(none){end}; lassoselect {chosen}lambda={strength:.6g}",
        "value": strength,
        "mix": mix,
    }


def _sum(l1: float, l2: float) -> dict[str, Any]:
    loss = "sum loss"
    if l2 == 0:
        return {"call": f"{loss} + {l1:.6g} sum |b|", "value": l1, "mix": None}
    if l1 == 0:
        return {"call": f"{loss} + {l2:.6g} sum b^2", "value": l2, "mix": None}
    return {"call": f"{loss} + {l1:.6g} sum |b| + {l2:.6g} sum b^2", "value": {"l1": l1, "l2": l2}, "mix": None}


def _keras(l1: float, l2: float) -> dict[str, Any]:
    if l2 == 0:
        return {"call": f"L1({l1:.6g})", "value": l1, "mix": None}
    if l1 == 0:
        return {"call": f"L2({l2:.6g})", "value": l2, "mix": None}
    return {"call": f"L1L2(l1={l1:.6g}, l2={l2:.6g})", "value": {"l1": l1, "l2": l2}, "mix": None}


def _none(why: str) -> dict[str, Any]:
    return {"call": why, "value": None, "mix": None}
