"""What families there are, and what is known of each without a number."""

from __future__ import annotations

from typing import Literal, get_args

FamilyName = Literal[
    "gaussian",
    "binomial",
    "multinomial",
    "poisson",
    "gamma",
    "tweedie",
    "huber",
    "quantile",
    "squared_hinge",
    "cox",
]
Ties = Literal["breslow", "efron"]
Link = Literal["identity", "log", "logit", "softmax"]

FAMILIES: tuple[FamilyName, ...] = get_args(FamilyName)
TIES: tuple[Ties, ...] = get_args(Ties)
CLASS_FAMILIES: tuple[FamilyName, ...] = ("binomial", "multinomial", "squared_hinge")
PROBABILITY_FAMILIES: tuple[FamilyName, ...] = ("binomial", "multinomial")
LOG_FAMILIES: tuple[FamilyName, ...] = ("poisson", "gamma", "tweedie")
"""Those whose linear predictor is the logarithm of what is expected."""
LINKS: dict[FamilyName, Link] = {
    "gaussian": "identity",
    "binomial": "logit",
    "multinomial": "softmax",
    "poisson": "log",
    "gamma": "log",
    "tweedie": "log",
    "huber": "identity",
    "quantile": "identity",
    "squared_hinge": "identity",
    "cox": "log",
}
"""What leads from a prediction to the linear predictor; a hazard is relative to that at a linear predictor of 0."""
DEFAULT_POWER = 1.5
DEFAULT_THRESHOLD = 1.345
DEFAULT_LEVEL = 0.5
OWN_OPTIONS: dict[str, FamilyName] = {
    "power": "tweedie",
    "threshold": "huber",
    "quantile_level": "quantile",
    "ties": "cox",
}
"""The options that shape the loss of one family alone."""
