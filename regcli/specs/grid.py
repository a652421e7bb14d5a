"""The request for several strengths: a grid that is drawn from the data, or a list."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from regcli.errors import UsageError
from regcli.specs.checks import member, number, numbers, whole_number

Criterion = Literal["aic", "aicc", "bic", "ebic"]

CRITERIA: tuple[Criterion, ...] = get_args(Criterion)
DEFAULT_ALPHAS = 100
MOST_ALPHAS = 10_000


@dataclass(frozen=True)
class GridSpec:
    """The alphas of a path: `n_alphas` of them, log-spaced down to `alpha_min_ratio` times the first, or `alphas`."""

    n_alphas: int | None = None
    alpha_min_ratio: float | None = None
    alphas: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_alphas", whole_number("--n-alphas", self.n_alphas))
        object.__setattr__(self, "alpha_min_ratio", number("--alpha-min-ratio", self.alpha_min_ratio))
        object.__setattr__(self, "alphas", numbers("--alphas", self.alphas))
        if self.n_alphas is not None and not 2 <= self.n_alphas <= MOST_ALPHAS:
            raise UsageError(f"--n-alphas is a whole number from 2 to {MOST_ALPHAS:,}, not {self.n_alphas:,}")
        if self.alpha_min_ratio is not None and not 0 < self.alpha_min_ratio < 1:
            raise UsageError(f"--alpha-min-ratio lies between 0 and 1, not {self.alpha_min_ratio:g}")
        wrong = [alpha for alpha in self.alphas if not (math.isfinite(alpha) and alpha >= 0)]
        if wrong:
            raise UsageError(f"--alphas are finite numbers, 0 or more, not {wrong[0]:g}")
        for option, value in (("--n-alphas", self.n_alphas), ("--alpha-min-ratio", self.alpha_min_ratio)):
            if self.alphas and value is not None:
                raise UsageError(f"{option} cannot act with --alphas: the list says which they are")

    @property
    def count(self) -> int:
        """How many alphas a grid is drawn with."""
        return DEFAULT_ALPHAS if self.n_alphas is None else self.n_alphas


@dataclass(frozen=True)
class PathSpec:
    """How a path is walked: to its end or until nothing is gained, and by which criterion one model is pointed out.

    `lines` is the feature whose regression lines are to be drawn, if any.
    """

    full_path: bool = False
    select: Criterion = "ebic"
    lines: str | None = None

    def __post_init__(self) -> None:
        member("--select", self.select, CRITERIA)
