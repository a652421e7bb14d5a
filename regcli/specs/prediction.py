"""The request for predictions: what is said of each row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from regcli.errors import UsageError
from regcli.specs.checks import member, numbers
from regcli.specs.families import CLASS_FAMILIES, PROBABILITY_FAMILIES, FamilyName

PredictionType = Literal["response", "link", "class", "probability"]
PREDICTION_TYPES: tuple[PredictionType, ...] = get_args(PredictionType)


@dataclass(frozen=True)
class PredictSpec:
    """What is predicted, and whether the columns of the input are to stand before it.

    response: a number, the expected count or amount, a quantile, the probability of the positive class, or that of each
    of several, a decision value, a relative hazard; link: the linear predictor; class: the most probable one;
    probability: of each class. `at` asks for the probability of survival beyond each of these times instead.
    """

    type: PredictionType = "response"
    append: bool = False
    at: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        member("--type", self.type, PREDICTION_TYPES)
        object.__setattr__(self, "at", tuple(dict.fromkeys(numbers("--at", self.at))))
        for time in self.at:
            if not (math.isfinite(time) and time >= 0):
                raise UsageError(f"--at is a time, 0 or more, not {time:g}")
        if self.at and self.type != "response":
            raise UsageError(f"--at cannot act with --type {self.type}: it asks for probabilities of survival")

    def check(self, family: FamilyName) -> None:
        """UsageError where a model of this family knows no classes, or no times, and is asked for them."""
        if self.at and family != "cox":
            raise UsageError(f"--at cannot act: the model is of the family {family}, which has no times")
        known = {"class": CLASS_FAMILIES, "probability": PROBABILITY_FAMILIES}.get(self.type)
        if known is not None and family not in known:
            lacking = "classes" if family not in CLASS_FAMILIES else "probabilities"
            raise UsageError(
                f"--type {self.type} cannot act: the model is of the family {family}, which has no {lacking}",
                hint="--type response" if family not in CLASS_FAMILIES else "--type class",
            )
