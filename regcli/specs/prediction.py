"""The request for predictions: what is said of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from regcli.errors import UsageError
from regcli.specs.checks import member
from regcli.specs.families import CLASS_FAMILIES, PROBABILITY_FAMILIES, FamilyName

PredictionType = Literal["response", "link", "class", "probability"]
PREDICTION_TYPES: tuple[PredictionType, ...] = get_args(PredictionType)


@dataclass(frozen=True)
class PredictSpec:
    """What is predicted, and whether the columns of the input are to stand before it.

    response: a number, the expected count or amount, a quantile, the probability of the positive class, or that of each
    of several, a decision value, a relative hazard; link: the linear predictor; class: the most probable one;
    probability: of each class.
    """

    type: PredictionType = "response"
    append: bool = False

    def __post_init__(self) -> None:
        member("--type", self.type, PREDICTION_TYPES)

    def check(self, family: FamilyName) -> None:
        """UsageError where a model of this family knows no classes and is asked for them."""
        known = {"class": CLASS_FAMILIES, "probability": PROBABILITY_FAMILIES}.get(self.type)
        if known is not None and family not in known:
            lacking = "classes" if family not in CLASS_FAMILIES else "probabilities"
            raise UsageError(
                f"--type {self.type} cannot act: the model is of the family {family}, which has no {lacking}",
                hint="--type response" if family not in CLASS_FAMILIES else "--type class",
            )
