"""The request for a model: what is minimised, and what the number given for its strength means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from regcli.errors import UsageError
from regcli.specs.checks import member, nearest_option, number, numbers
from regcli.specs.constraints import bound_words, factor_words, names_of
from regcli.specs.families import (
    CLASS_FAMILIES,
    DEFAULT_LEVEL,
    DEFAULT_POWER,
    DEFAULT_THRESHOLD,
    FAMILIES,
    OWN_OPTIONS,
    TIES,
    FamilyName,
    Ties,
)

Penalty = Literal["none", "l1", "l2", "elasticnet"]
Convention = Literal["mean", "sklearn", "glmnet", "sum", "mse"]
SolverName = Literal["auto", "exact", "sklearn", "gradient"]

PENALTIES: tuple[Penalty, ...] = get_args(Penalty)
CONVENTIONS: tuple[Convention, ...] = get_args(Convention)
SOLVERS: tuple[SolverName, ...] = get_args(SolverName)
ALIASES: dict[str, Penalty] = {
    "lasso": "l1",
    "ridge": "l2",
    "enet": "elasticnet",
    "elastic-net": "elasticnet",
    "ols": "none",
}
DEFAULT_L1_RATIO = 0.5


@dataclass(frozen=True)
class ModelSpec:
    """What is minimised: the loss, the penalty, its strength, and what the number given for the strength means.

    `keep` are names or globs of features that are not penalised, `penalty_factor` words NAME=V, `bounds` words
    NAME=LO:HI in the units of the file, either end of which may be left open. `family` None leaves it to the target.
    `class_weight` balanced lets each class count alike. `C` takes the place of `alpha`, which is then 1 / (n C).
    `power` is that of tweedie, `threshold` that of huber in robust deviations of the target, `quantile_level` which
    quantiles are modelled, `ties` how cox takes events of one time.
    """

    penalty: Penalty = "l1"
    alpha: float | None = None
    l1_ratio: float | None = None
    l1: float | None = None
    l2: float | None = None
    convention: Convention = "mean"
    standardize: bool = True
    intercept: bool = True
    solver: SolverName = "auto"
    keep: tuple[str, ...] = ()
    penalty_factor: tuple[str, ...] = ()
    positive: bool = False
    bounds: tuple[str, ...] = ()
    family: FamilyName | None = None
    class_weight: str | None = None
    C: float | None = None
    power: float | None = None
    threshold: float | None = None
    quantile_level: tuple[float, ...] = ()
    ties: Ties | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "penalty", _penalty(self.penalty))
        member("--convention", self.convention, CONVENTIONS)
        member("--solver", self.solver, SOLVERS)
        for name in ("alpha", "l1", "l2", "l1_ratio", "C", "power", "threshold"):
            object.__setattr__(self, name, number(f"--{name.replace('_', '-')}", getattr(self, name)))
        for option, value in (("--alpha", self.alpha), ("--l1", self.l1), ("--l2", self.l2)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise UsageError(f"{option} is a finite number, 0 or more, not {value:g}")
        if self.C is not None and not (math.isfinite(self.C) and self.C > 0):
            raise UsageError(f"--C is a finite number above 0, not {self.C:g}")
        if self.l1_ratio is not None and not 0 <= self.l1_ratio <= 1:
            raise UsageError(f"--l1-ratio lies between 0 (l2) and 1 (l1), not {self.l1_ratio:g}")
        object.__setattr__(self, "keep", names_of(self.keep))
        object.__setattr__(self, "penalty_factor", factor_words(self.penalty_factor))
        object.__setattr__(self, "bounds", bound_words(self.bounds))
        self._check_pairs()
        self._check_c()
        self._check_shape()
        for option, given in (("--keep", self.keep), ("--penalty-factor", self.penalty_factor)):
            if given and self.penalty == "none":
                raise UsageError(f"{option} cannot act with --penalty none: nothing is penalised", hint="--penalty l1")
        if self.family is not None:
            member("--family", self.family, FAMILIES)
            self.check_family(self.family)
        if self.class_weight is not None:
            member("--class-weight", self.class_weight, ("balanced",))

    def check_family(self, family: FamilyName) -> None:
        """UsageError where something else that was asked for cannot act with the family."""
        if self.solver == "gradient" and family != "gaussian":
            raise UsageError(f"--solver gradient cannot act with --family {family}", hint="--solver auto")
        if self.class_weight is not None and family not in CLASS_FAMILIES:
            raise UsageError(
                f"--class-weight cannot act with --family {family}, which has no classes", hint="--family binomial"
            )
        if self.C is not None and family not in CLASS_FAMILIES:
            raise UsageError(
                f"--C cannot act with --family {family}, which has no classes", hint="--alpha, or --family binomial"
            )

        for name, owner in OWN_OPTIONS.items():
            if getattr(self, name) not in (None, ()) and family != owner:
                option = f"--{name.replace('_', '-')}"
                raise UsageError(f"{option} cannot act with --family {family}", hint=f"--family {owner}")
        if self.convention == "glmnet" and family in ("huber", "quantile", "squared_hinge"):
            raise UsageError(
                f"--convention glmnet cannot act with --family {family}, which glmnet has not", hint="--convention mean"
            )
        if family == "quantile" and (self.penalty == "l2" or (self.penalty == "elasticnet" and self.rest > 0)):
            raise UsageError(
                f"--penalty {self.penalty} cannot act with --family quantile: with a squared penalty its loss, which "
                "has corners, is no linear program, and there is no exact solution",
                hint="--penalty l1, or --family huber",
            )
        if family == "cox" and not self.intercept:
            raise UsageError("--no-intercept cannot act with --family cox, which has none", hint="leave it out")

    def parameters(self, family: FamilyName) -> dict[str, Any]:
        """What shapes the loss of the family, by the names that its maker has for it."""
        if family == "tweedie":
            return {"power": DEFAULT_POWER if self.power is None else self.power}
        if family == "huber":
            return {"multiple": DEFAULT_THRESHOLD if self.threshold is None else self.threshold}
        if family == "quantile":
            return {"level": self.quantile_level[0] if self.quantile_level else DEFAULT_LEVEL}
        return {"ties": self.ties or "breslow"} if family == "cox" else {}

    def _check_shape(self) -> None:
        if self.power is not None and not 1 <= self.power <= 2:
            raise UsageError(
                f"--power lies between 1 (poisson) and 2 (gamma), not {self.power:g}: with a logarithm as link the "
                "deviance of other powers is not convex, and a minimum could not be proved"
            )
        if self.threshold is not None and not (math.isfinite(self.threshold) and self.threshold > 0):
            raise UsageError(
                f"--threshold is a number of robust deviations of the target, above 0, not {self.threshold:g}"
            )
        object.__setattr__(self, "quantile_level", numbers("--quantile-level", self.quantile_level))
        for level in self.quantile_level:
            if not 0 < level < 1:
                raise UsageError(f"--quantile-level lies between 0 and 1, 0.5 is the median, not {level:g}")
        object.__setattr__(self, "quantile_level", tuple(sorted(set(self.quantile_level))))
        if self.ties is not None:
            member("--ties", self.ties, TIES)

    def _check_pairs(self) -> None:
        typed = [f"--{name}" for name in ("l1", "l2") if getattr(self, name) is not None]
        if len(typed) == 1:
            other = "--l2" if typed == ["--l1"] else "--l1"
            raise UsageError(f"{typed[0]} needs {other} beside it", hint=f"{other} 0")
        if typed:
            if self.penalty != "elasticnet":
                raise UsageError("--l1 with --l2 gives the strengths of the elastic net", hint="--penalty elasticnet")
            for name in ("alpha", "l1_ratio"):
                if getattr(self, name) is not None:
                    raise UsageError(
                        f"--l1 with --l2 takes the place of --{name.replace('_', '-')}: give one or the other"
                    )
        if self.l1_ratio is not None and self.penalty != "elasticnet":
            raise UsageError(f"--l1-ratio cannot act with --penalty {self.penalty}", hint="--penalty elasticnet")
        if self.penalty == "none" and self.alpha is not None and self.alpha > 0:
            raise UsageError("--alpha cannot act with --penalty none", hint="--penalty l1")
        if self.penalty == "none" and self.convention != "mean" and self.solver != "gradient":
            raise UsageError("--convention cannot act with --penalty none", hint="--convention mean")

    def _check_c(self) -> None:
        if self.C is None:
            return
        for name in ("alpha", "l1", "l2"):
            if getattr(self, name) is not None:
                raise UsageError(f"--C takes the place of --{name}: give one or the other")
        if self.convention != "mean":
            raise UsageError(f"--C is a convention of its own: it cannot act with --convention {self.convention}")
        if self.penalty == "none":
            raise UsageError("--C cannot act with --penalty none", hint="--penalty l2")

    @property
    def ratio(self) -> float:
        """The share of the strength that goes to the L1 norm: r in the formula."""
        if self.penalty == "elasticnet":
            if self.l1 is not None and self.l2 is not None:
                return self.l1 / (self.l1 + self.l2) if self.l1 + self.l2 > 0 else 1.0
            return DEFAULT_L1_RATIO if self.l1_ratio is None else self.l1_ratio
        return 0.0 if self.penalty == "l2" else 1.0

    @property
    def rest(self) -> float:
        """The share of the strength that goes to the squared L2 norm: 1 - r, without losing digits of a tiny one."""
        if self.penalty == "elasticnet" and self.l1 is not None and self.l2 is not None and self.l2 > 0:
            return self.l2 / (self.l1 + self.l2)
        return 1 - self.ratio

    @property
    def strength(self) -> float | None:
        """The number that the convention translates, or None where none was given, or a C."""
        if self.penalty == "none":
            return 0.0
        if self.l1 is not None and self.l2 is not None:
            return self.l1 + self.l2
        return self.alpha

    def strength_of(self, n: float) -> float | None:
        """The same for rows whose weights sum to `n`, which C depends on."""
        return self.strength if self.C is None else 1 / n / self.C


def _penalty(name: str) -> Penalty:
    words: dict[str, Penalty] = {penalty: penalty for penalty in PENALTIES} | ALIASES
    word = name.lower() if isinstance(name, str) else ""
    if word not in words:
        raise UsageError(
            f"--penalty is one of none, l1 (lasso), l2 (ridge), elasticnet (enet), not {name!r}",
            hint=nearest_option("--penalty", word, tuple(words)),
        )
    return words[word]
