"""The request for a descent: how gradient descent walks, how far, and what it tells on the way."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

from regcli.errors import UsageError
from regcli.specs import checks
from regcli.specs.checks import number, whole_number
from regcli.specs.model import SolverName
from regcli.specs.validation import DEFAULT_SEED

DEFAULT_EPOCHS = 20_000
DEFAULT_VALIDATION_SIZE = 0.2
MOST_EPOCHS = 100_000_000


@dataclass(frozen=True)
class TrainingSpec:
    """Gradient descent: where it starts, the size and the number of its steps, when it stops, what it prints.

    `solver` is who was asked; none of the rest acts unless that is gradient. `start` is a number for all weights and
    the intercept, or the file of a saved model. `learning_rate` None is a safe one; `epochs` None goes on until the
    solution is certified, `DEFAULT_EPOCHS` at most. `validation_size` is a share of the training rows.
    """

    solver: SolverName = "auto"
    learning_rate: float | None = None
    epochs: int | None = None
    accelerate: bool = False
    start: float | str | None = None
    early_stopping: bool = False
    validation_size: float | None = None
    seed: int | None = None
    trace: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", number("--learning-rate", self.learning_rate))
        object.__setattr__(self, "validation_size", number("--validation-size", self.validation_size))
        object.__setattr__(self, "start", _start(self.start))
        object.__setattr__(self, "seed", checks.seed(self.seed))
        for name, least in (("epochs", 1), ("trace", 1)):
            value = whole_number(f"--{name}", getattr(self, name))
            object.__setattr__(self, name, value)
            if value is not None and not least <= value <= MOST_EPOCHS:
                raise UsageError(f"--{name} is a whole number from {least} to {MOST_EPOCHS:,}, not {value:,}")
        if self.learning_rate is not None and not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise UsageError(f"--learning-rate is a finite number above 0, not {self.learning_rate:g}")
        if self.validation_size is not None and not 0 < self.validation_size < 1:
            raise UsageError(
                f"--validation-size is a share of the training rows between 0 and 1, not {self.validation_size:g}"
            )
        self._check_acting()

    def _check_acting(self) -> None:
        given = {
            "--learning-rate": self.learning_rate,
            "--epochs": self.epochs,
            "--accelerate": self.accelerate or None,
            "--start": self.start,
            "--early-stopping": self.early_stopping or None,
            "--trace": self.trace,
        }
        idle = [option for option, value in given.items() if value is not None]
        if idle and self.solver != "gradient":
            raise UsageError(f"{idle[0]} cannot act without --solver gradient", hint="--solver gradient")
        if self.validation_size is not None and not self.early_stopping:
            more = "" if self.solver == "gradient" else "--solver gradient "
            raise UsageError("--validation-size cannot act without --early-stopping", hint=f"{more}--early-stopping")

    @property
    def limit(self) -> int:
        """The most epochs there may be."""
        return DEFAULT_EPOCHS if self.epochs is None else self.epochs

    @property
    def share(self) -> float | None:
        """The share of the training rows that is held out, or None."""
        if not self.early_stopping:
            return None
        return DEFAULT_VALIDATION_SIZE if self.validation_size is None else self.validation_size

    @property
    def drawn_with(self) -> int:
        """The seed of the validation rows."""
        return DEFAULT_SEED if self.seed is None else self.seed


def training_seeds(seed: int | None, early_stopping: bool, test_size: float | None) -> tuple[int | None, int | None]:
    """What a `--seed` of fit draws: (validation rows, test rows)."""
    return (seed if early_stopping else None), (seed if test_size is not None or not early_stopping else None)


def _start(given: Any) -> float | str | None:
    """A number, also as it is typed, or the path of a file."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        path = os.fspath(given)
        try:
            given = float(path)
        except ValueError:
            if not path:
                raise UsageError("--start is a number or the file of a saved model, not nothing") from None
            return path
    value = number("--start", given)
    if value is None or not math.isfinite(value):
        raise UsageError(f"--start is a finite number or the file of a saved model, not {value}")
    return value
