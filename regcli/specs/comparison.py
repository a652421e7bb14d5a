"""The request for a comparison: which models, tuned how or at which strengths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from regcli.errors import UsageError
from regcli.specs.checks import nearest_option, only_one, several, whole_number
from regcli.specs.families import FamilyName
from regcli.specs.model import Penalty
from regcli.specs.validation import FoldSpec, ValidationSpec

Rival = Literal["null", "ols", "ridge", "lasso", "elasticnet"]

RIVALS: tuple[Rival, ...] = get_args(Rival)
RIVAL_ALIASES: dict[str, Rival] = {
    "none": "ols", "l2": "ridge", "l1": "lasso", "enet": "elasticnet", "elastic-net": "elasticnet",
}  # fmt: skip
PENALTY_OF: dict[Rival, Penalty] = {
    "null": "none", "ols": "none", "ridge": "l2", "lasso": "l1", "elasticnet": "elasticnet",
}  # fmt: skip
TUNED: tuple[Rival, ...] = ("ridge", "lasso", "elasticnet")
DEFAULT_INNER_FOLDS = 5
DEFAULT_RATIOS = (0.1, 0.5, 0.9)
"""Shares of L1 that the elastic net is tried with: 0 is ridge and 1 the lasso, which stand beside it."""


@dataclass(frozen=True)
class CompareSpec:
    """Which models are compared, and how the strength of each is found.

    `alphas` are pairs (model, strength) of those that are not tuned. The null model always takes part: errors are
    measured by it. `geometry` are the two features whose coefficients are to be drawn in the plane, if any.
    """

    penalties: tuple[Rival, ...] = RIVALS
    alphas: tuple[tuple[Rival, float], ...] = ()
    inner_folds: int | None = None
    geometry: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "penalties", _rivals(self.penalties))
        object.__setattr__(self, "alphas", _alphas(self.alphas, self.penalties))
        object.__setattr__(self, "inner_folds", whole_number("--inner-folds", self.inner_folds))
        object.__setattr__(self, "geometry", _pair(self.geometry))
        if self.inner_folds is not None and self.inner_folds < 2:
            raise UsageError(f"--inner-folds is 2 or more, not {self.inner_folds}")
        if self.inner_folds is not None and not self.tuned:
            raise UsageError("--inner-folds cannot act: no model is tuned", hint="leave it out")

    @classmethod
    def of(cls, penalties: Any = None, alpha: Any = None, inner_folds: Any = None, geometry: Any = None) -> CompareSpec:
        """The request for what was typed: names and strengths as words, numbers, several of them or a mapping."""
        return cls(RIVALS if penalties is None else penalties, () if alpha is None else alpha, inner_folds, geometry)

    @property
    def tuned(self) -> tuple[Rival, ...]:
        """The models whose strength is chosen by cross-validation."""
        given = dict(self.alphas)
        return tuple(name for name in self.penalties if name in TUNED and name not in given)

    @property
    def inner(self) -> int:
        """The number of folds that models are tuned on."""
        return DEFAULT_INNER_FOLDS if self.inner_folds is None else self.inner_folds

    def for_family(self, family: FamilyName) -> CompareSpec:
        """The same without the models that a family has no solution for, unless they were asked for."""
        if family != "quantile" or self.penalties != RIVALS:
            return self
        given = tuple(pair for pair in self.alphas if pair[0] == "lasso")
        return replace(self, penalties=("null", "ols", "lasso"), alphas=given)

    def check(self, folding: FoldSpec, validation: ValidationSpec) -> None:
        """UsageError for what cannot act beside these two."""
        if folding.measure == "r2":
            raise UsageError("--measure r2: R2 stands beside every error of a comparison", hint="--measure deviance")
        if folding.l1_ratios and "elasticnet" not in self.penalties:
            raise UsageError("--l1-ratio cannot act without the elastic net", hint="--penalties lasso,elasticnet")
        if len(folding.l1_ratios) > 1 and "elasticnet" in dict(self.alphas):
            raise UsageError("--l1-ratio takes one number beside --alpha for the elastic net")
        if self.inner_folds is not None and folding.fold_column is not None:
            raise UsageError("--inner-folds cannot act with --fold-column, whose other values are the inner folds")
        if folding.rule != "min" and not self.tuned:
            raise UsageError("--rule cannot act: no model is tuned", hint="leave it out")
        held_out = only_one(
            {
                "--test": validation.test,
                "--test-size": validation.test_size,
                "--split-column": validation.split_column,
            }
        )
        if held_out is None:
            return
        if folding.measure in ("auc", "rmse"):
            raise UsageError(
                f"--measure {folding.measure} cannot act with {held_out}, whose rows are judged one by one",
                hint="--measure deviance",
            )
        for option, given in (("--folds", folding.folds is not None), ("--repeats", folding.repeats > 1)):
            if given:
                raise UsageError(
                    f"{option} cannot act with {held_out}, whose rows are the judges", hint="--inner-folds, to tune on"
                )
        if folding.column is not None and not self.tuned:
            raise UsageError(f"no folds are needed with {held_out} where no model is tuned", hint="leave them out")


def _rivals(given: Any) -> tuple[Rival, ...]:
    words = [word.strip() for item in several(given) for word in str(item).split(",")]
    words = [word for word in words if word]
    if not words:
        raise UsageError("--penalties takes names of models, separated by commas, not nothing")
    named = {_rival("--penalties", word) for word in words}
    if named == {"null"}:
        raise UsageError("--penalties needs a model beside the one without features", hint="--penalties ols,lasso")
    return tuple(name for name in RIVALS if name in named or name == "null")


def _rival(option: str, given: str) -> Rival:
    words: dict[str, Rival] = {name: name for name in RIVALS} | RIVAL_ALIASES
    word = given.lower()
    if word not in words:
        raise UsageError(
            f"{option} takes ols, ridge (l2), lasso (l1), elasticnet (enet) and null, not {given!r}",
            hint=nearest_option(option, word, tuple(words)),
        )
    return words[word]


def _pair(given: Any) -> tuple[str, str] | None:
    """Two names: two of them, or one text with a comma."""
    names = [str(item) for item in several(given)]
    if len(names) == 1:
        names = [name.strip() for name in names[0].split(",")]
    if not names:
        return None
    if len(names) != 2 or names[0] == names[1]:
        raise UsageError(f"--geometry takes two different features, not {', '.join(names)}", hint="--geometry A,B")
    return names[0], names[1]


def _alphas(given: Any, penalties: tuple[Rival, ...]) -> tuple[tuple[Rival, float], ...]:
    """Pairs (model, strength) of one number for all, of MODEL=NUMBER words, or of a mapping."""
    if isinstance(given, Mapping):
        given = list(given.items())
    found: dict[Rival, float] = {}
    pairs = [pair for item in several(given) for pair in _pairs(item)]
    for name, number in pairs:
        named = tuple(one for one in penalties if one in TUNED) if name is None else (_rival("--alpha", name),)
        if name is None and (len(pairs) > 1 or not named):
            why = "one number is for all models" if named else "no model has a penalty"
            raise UsageError(f"--alpha {number} cannot act: {why}", hint="--alpha ridge=1,lasso=0.1" if named else None)
        if found.keys() & set(named):
            raise UsageError(f"--alpha names {named[0]} twice", hint="--alpha ridge=1,lasso=0.1")
        found |= dict.fromkeys(named, _strength(number))
    for name in found:
        if name not in TUNED:
            raise UsageError(f"--alpha cannot act for {name}, which has no penalty", hint="--alpha ridge=1,lasso=0.1")
        if name not in penalties:
            raise UsageError(f"--alpha for {name}, which is not among --penalties", hint=f"--penalties {name}")
    return tuple((name, found[name]) for name in penalties if name in found)


def _pairs(item: Any) -> list[tuple[str | None, Any]]:
    """The pairs (model or None for all, strength) of a pair, a number, or words."""
    if isinstance(item, tuple):
        return [(str(item[0]), item[1])]
    if not isinstance(item, str):
        return [(None, item)]
    parts = [word.strip().rpartition("=") for word in item.split(",")]
    return [(name.strip() if equals else None, number.strip()) for name, equals, number in parts]


def _strength(given: Any) -> float:
    try:
        value = float(given)
    except (TypeError, ValueError):
        raise UsageError(
            f"--alpha is a number, or MODEL=NUMBER, not {given!r}", hint="--alpha ridge=1,lasso=0.1"
        ) from None
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"--alpha of a comparison is a finite number above 0, not {value:g}")
    return value
