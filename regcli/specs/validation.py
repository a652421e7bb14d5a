"""The requests for rows that a model is not fitted to: a test set, folds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from regcli.errors import UsageError
from regcli.specs import checks
from regcli.specs.checks import member, number, only_one, whole_number
from regcli.specs.families import FamilyName

Rule = Literal["1se", "min"]
Measure = Literal[
    "mse",
    "rmse",
    "mae",
    "r2",
    "deviance",
    "log_loss",
    "auc",
    "accuracy",
    "brier",
    "huber",
    "pinball",
    "squared_hinge",
    "concordance",
]

RULES: tuple[Rule, ...] = get_args(Rule)
MEASURES: tuple[Measure, ...] = get_args(Measure)
OF_CLASSES: tuple[Measure, ...] = ("deviance", "log_loss", "auc", "accuracy", "brier", "r2")
OF_AMOUNTS: tuple[Measure, ...] = ("deviance", "mse", "rmse", "mae", "r2")
MEASURES_OF: dict[FamilyName, tuple[Measure, ...]] = {
    "gaussian": ("mse", "mae", "r2"),
    "binomial": OF_CLASSES,
    "multinomial": OF_CLASSES,
    "poisson": OF_AMOUNTS,
    "gamma": OF_AMOUNTS,
    "tweedie": OF_AMOUNTS,
    "huber": ("huber", "mae", "mse", "rmse"),
    "quantile": ("pinball", "mae"),
    "squared_hinge": ("squared_hinge", "auc", "accuracy"),
    "cox": ("deviance", "concordance"),
}
"""What predictions of a family can be measured by; the first unless another is asked for."""
MORE_IS_BETTER: frozenset[Measure] = frozenset({"auc", "accuracy", "r2", "concordance"})
DEFAULT_SEED = 20_260_101
DEFAULT_FOLDS = 10
MOST_REPEATS = 1000


@dataclass(frozen=True)
class ValidationSpec:
    """Rows held out to be predicted, never to be learned from: a file, a random share, or those a column marks."""

    test: Any = None
    test_size: float | None = None
    split_column: str | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        only_one({"--test": self.test, "--test-size": self.test_size, "--split-column": self.split_column})
        object.__setattr__(self, "test_size", number("--test-size", self.test_size))
        object.__setattr__(self, "seed", checks.seed(self.seed))
        if self.test_size is not None and not 0 < self.test_size < 1:
            raise UsageError(f"--test-size is a share of the rows between 0 and 1, not {self.test_size:g}")
        if self.seed is not None and self.test_size is None:
            raise UsageError("--seed cannot act without --test-size", hint="--test-size 0.25")

    @property
    def drawn_with(self) -> int:
        """The seed of the random split."""
        return DEFAULT_SEED if self.seed is None else self.seed


@dataclass(frozen=True)
class FoldSpec:
    """Cross-validation: how folds are made, what an error is, and which alpha is chosen by it.

    `folds` is a number, "loo" for leave-one-out, or None for the usual number. `groups`, `time` and `fold_column` are
    columns that say which rows stay together, in which order they came, or which fold each belongs to. `measure` is
    None for the one that the family has unless asked.
    """

    folds: int | str | None = None
    repeats: int = 1
    seed: int | None = None
    groups: str | None = None
    time: str | None = None
    fold_column: str | None = None
    rule: Rule = "1se"
    measure: Measure | None = None
    l1_ratios: tuple[float, ...] = ()
    jobs: int | None = None

    def __post_init__(self) -> None:
        member("--rule", self.rule, RULES)
        if self.measure is not None:
            member("--measure", self.measure, MEASURES)
        object.__setattr__(self, "folds", _folds(self.folds))
        object.__setattr__(self, "repeats", whole_number("--repeats", 1 if self.repeats is None else self.repeats))
        object.__setattr__(self, "jobs", whole_number("--jobs", self.jobs))
        object.__setattr__(self, "seed", checks.seed(self.seed))
        object.__setattr__(self, "l1_ratios", checks.numbers("--l1-ratio", self.l1_ratios))
        for ratio in self.l1_ratios:
            if not 0 <= ratio <= 1:
                raise UsageError(f"--l1-ratio lies between 0 (l2) and 1 (l1), not {ratio:g}")
        object.__setattr__(self, "l1_ratios", tuple(dict.fromkeys(self.l1_ratios)))
        if not 1 <= self.repeats <= MOST_REPEATS:
            raise UsageError(f"--repeats is a whole number from 1 to {MOST_REPEATS:,}, not {self.repeats:,}")
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(f"--jobs is the number of processes or threads, 1 or more, not {self.jobs}")
        self._check_scheme()

    def _check_scheme(self) -> None:
        column = only_one({"--groups": self.groups, "--time": self.time, "--fold-column": self.fold_column})
        if self.folds == "loo" and column:
            raise UsageError(f"{column} cannot act with --folds loo, where each row is a fold")
        if self.folds is not None and self.fold_column is not None:
            raise UsageError("--folds cannot act with --fold-column: the column says how many there are")
        fixed = column if column != "--groups" else None
        fixed = "--folds loo" if self.folds == "loo" else fixed
        for option, given in (("--repeats", self.repeats > 1), ("--seed", self.seed is not None)):
            if fixed and given:
                raise UsageError(f"{option} cannot act with {fixed}: nothing is drawn at random")

    def for_family(self, family: FamilyName) -> FoldSpec:
        """The same with the measure that predictions of this family have. Raises UsageError where they have none
        such."""
        return replace(self, measure=measure_for(self.measure, family))

    @property
    def judge(self) -> Measure:
        """What errors are measured by, once the family is known."""
        return "mse" if self.measure is None else self.measure

    @property
    def column(self) -> str | None:
        """The column that folds are made by, if there is one."""
        return next((name for name in (self.groups, self.time, self.fold_column) if name is not None), None)

    @property
    def drawn_with(self) -> int:
        """The seed of random folds."""
        return DEFAULT_SEED if self.seed is None else self.seed


def measure_for(measure: Measure | None, family: FamilyName) -> Measure:
    """What errors are measured by: what was asked for, or the family's own. Raises UsageError where it has none such.

    What is called deviance of a likelihood is the own loss of another family: of squared error mse.
    """
    own = MEASURES_OF[family]
    if measure is None or (measure == "deviance" and "deviance" not in own):
        return own[0]
    if measure not in own:
        raise UsageError(
            f"--measure {measure} cannot act with --family {family}, which has {', '.join(own)}",
            hint=f"--measure {own[0]}",
        )
    return measure


def seeds(
    seed: int | None, folds: int | str | None, time: str | None, fold_column: str | None, test_size: float | None
) -> tuple[int | None, int | None]:
    """What a `--seed` draws: the folds where they are random, and the test rows where those are; (folds, test rows)."""
    fixed = time is not None or fold_column is not None or _folds(folds) == "loo"
    return (None if fixed and test_size is not None else seed), (None if test_size is None else seed)


def _folds(given: int | str | None) -> int | str | None:
    if isinstance(given, str):
        word = given.strip().lower()
        if word == "loo":
            return word
        if not word.isascii() or not word.lstrip("+-").isdigit():
            raise UsageError(f"--folds is a whole number, or loo for leave-one-out, not {given!r}")
        given = int(word)
    number_of = whole_number("--folds", given)
    if number_of is not None and number_of < 2:
        raise UsageError(f"--folds is 2 or more, or loo for leave-one-out, not {number_of}")
    return number_of
