"""What a model of each family is called, and what it says something about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regcli.errors import counted, visible
from regcli.specs import DEFAULT_LEVEL

PENALTY_WORDS = {"none": "Least squares", "l1": "Lasso", "l2": "Ridge", "elasticnet": "Elastic net"}
REGRESSIONS = {
    "binomial": "Logistic",
    "multinomial": "Multinomial",
    "poisson": "Poisson",
    "gamma": "Gamma",
    "tweedie": "Tweedie",
    "huber": "Huber",
    "quantile": "Quantile",
    "squared_hinge": "Support vector",
    "cox": "Cox",
}
CHANGES = {
    "gaussian": "{}",
    "binomial": "log-odds of {}",
    "multinomial": "linear predictor of each class of {}",
    "poisson": "log {}",
    "gamma": "log {}",
    "tweedie": "log {}",
    "huber": "{}",
    "squared_hinge": "decision value of {}",
    "cox": "log hazard of {}",
}
"""What the coefficients of each family change; of quantiles see `changed`."""
PLAIN = {
    "gaussian": "least squares",
    "huber": "the plain M-estimate",
    "quantile": "plain quantile regression",
    "squared_hinge": "the least hinge loss",
}
MOST_CLASSES = 6


def plain_word(family: str) -> str:
    """What a model of the family without a penalty is called."""
    return PLAIN.get(family, "maximum likelihood")


def kind_of(penalty: str, family: str) -> str:
    """`Lasso`, `Logistic lasso`, and where nothing is penalised `Logistic regression`."""
    if family == "gaussian":
        return PENALTY_WORDS[penalty]
    plain = "machine" if family == "squared_hinge" else "regression"
    return f"{REGRESSIONS[family]} {plain if penalty == 'none' else PENALTY_WORDS[penalty].lower()}"


def explained(document: Mapping[str, Any], name: Callable[[str], str] = visible) -> str:
    """What is predicted: a target, the probability of a class `P(diagnosis = M)`, that of several `P(species)`, a time
    with the events that there are `time (96 events of status)`."""
    target, model = name(document["data"]["target"]), document.get("model", {})
    data = document["data"]
    if data.get("event") is not None:
        return f"{target} ({counted(data['events'], 'event')} of {name(data['event'])})"
    if model.get("positive_class") is not None and model.get("family") == "squared_hinge":
        return f"{target} = {name(model['positive_class'])}"
    if model.get("positive_class") is not None:
        return f"P({target} = {name(model['positive_class'])})"
    return f"P({target})" if model.get("family") == "multinomial" else target


def event(document: Mapping[str, Any], name: Callable[[str], str] = visible) -> str:
    """What coefficients speak of: a target, of two classes `diagnosis = M`."""
    target, positive = name(document["data"]["target"]), document.get("model", {}).get("positive_class")
    return target if positive is None else f"{target} = {name(positive)}"


def level_of(document: Mapping[str, Any]) -> float | None:
    """The level of a quantile; of a fan, which has several, and of other families None."""
    model = document.get("model", {})
    if model.get("family") != "quantile" or model.get("fan"):
        return None
    if "parameters" in model:
        return float(model["parameters"]["level"])
    return float(next(iter(document["settings"]["quantile_level"]), DEFAULT_LEVEL))


def fitted(document: Mapping[str, Any], name: Callable[[str], str] = visible) -> str:
    """What is fitted: a target, or a quantile of it: `0.9 quantile of medv`."""
    target, level = name(document["data"]["target"]), level_of(document)
    return target if level is None else f"{level:g} quantile of {target}"


def changed(document: Mapping[str, Any], name: Callable[[str], str] = visible) -> str:
    """What coefficients change: `log charges`, `log-odds of diagnosis = M`, `the 0.9 quantile of medv`."""
    model = document.get("model", {})
    if model.get("fan"):
        return f"each quantile of {name(document['data']['target'])}"
    if model.get("family") == "quantile":
        return f"the {fitted(document, name)}"
    return CHANGES[model.get("family", "gaussian")].format(event(document, name))


def against(document: Mapping[str, Any]) -> str:
    """The other classes, to be said after `explained`: `, against B,` or `, of Adelie, Chinstrap, Gentoo,`."""
    model = document.get("model", {})
    if model.get("negative_class") is not None:
        return f", against {visible(model['negative_class'])},"
    classes = class_names(document)
    if not classes:
        return ""
    more = len(classes) - MOST_CLASSES
    shown = [visible(one) for one in (classes if more <= 0 else classes[:MOST_CLASSES])]
    return f", of {', '.join(shown)}{f' and {more:,} more' if more > 0 else ''},"


def class_names(document: Mapping[str, Any]) -> list[str]:
    """The classes of a multinomial model, in the order of the document; none of others."""
    model: Mapping[str, Any] = document.get("model", {})
    if model.get("family") != "multinomial":
        return []
    if "classes" not in model:
        return list(document["path"][0]["standardized"])
    return [one if isinstance(one, str) else one["class"] for one in model["classes"]]
