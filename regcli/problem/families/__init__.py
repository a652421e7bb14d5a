"""Families: the loss of one row, its derivatives and its Fenchel-Young gap, as frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regcli.problem.families.base import (
    Array,
    Bound,
    Family,
    entropy,
    exponential,
    mean,
    relative_entropy,
    sigmoid,
    softmax,
)
from regcli.problem.families.likelihoods import BINOMIAL, GAUSSIAN, MULTINOMIAL, POISSON
from regcli.problem.families.piecewise import SQUARED_HINGE, best_level, huber, median
from regcli.problem.families.positive import GAMMA, tweedie
from regcli.problem.families.quantiles import quantile
from regcli.problem.families.survival import cox
from regcli.specs import FamilyName

__all__ = [
    "BINOMIAL",
    "FAMILIES",
    "GAMMA",
    "GAUSSIAN",
    "MULTINOMIAL",
    "POISSON",
    "SQUARED_HINGE",
    "Array",
    "Bound",
    "Family",
    "best_level",
    "cox",
    "entropy",
    "exponential",
    "family_with",
    "huber",
    "mean",
    "median",
    "quantile",
    "relative_entropy",
    "sigmoid",
    "softmax",
    "tweedie",
]


FAMILIES: dict[FamilyName, Family] = {
    one.name: one
    for one in (GAUSSIAN, BINOMIAL, MULTINOMIAL, POISSON, GAMMA, tweedie(), huber(), quantile(), SQUARED_HINGE, cox())
}
"""The families, those of parameters with the usual ones."""
MAKERS: dict[FamilyName, Callable[..., Family]] = {"tweedie": tweedie, "huber": huber, "quantile": quantile, "cox": cox}


def family_with(name: FamilyName, parameters: Mapping[str, Any] | None = None) -> Family:
    """The family of this name, with these parameters where it has any."""
    return MAKERS[name](**parameters) if parameters else FAMILIES[name]
