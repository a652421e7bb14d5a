"""Frozen requests: the only home of defaults and of the checks between options.

The command line and the Python functions both build these; everything below reads them. A request that exists
is consistent: a check that fails raises `UsageError` with the option as a user types it.
"""

from __future__ import annotations

import math
import operator
import os
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from regcli.errors import UsageError, nearest

Penalty = Literal["none", "l1", "l2", "elasticnet"]
Convention = Literal["mean", "sklearn", "glmnet", "sum", "mse"]
Missing = Literal["error", "drop"]
SolverName = Literal["auto", "exact", "sklearn"]
Format = Literal["table", "json", "csv", "tsv", "markdown"]
Order = Literal["size", "file"]

PENALTIES: tuple[Penalty, ...] = get_args(Penalty)
CONVENTIONS: tuple[Convention, ...] = get_args(Convention)
MISSING: tuple[Missing, ...] = get_args(Missing)
SOLVERS: tuple[SolverName, ...] = get_args(SolverName)
FORMATS: tuple[Format, ...] = get_args(Format)
ORDERS: tuple[Order, ...] = get_args(Order)

SUFFIXES: dict[str, Format] = {
    ".json": "json", ".csv": "csv", ".tsv": "tsv", ".md": "markdown", ".markdown": "markdown", ".txt": "table",
}  # fmt: skip
ALIASES: dict[str, Penalty] = {
    "lasso": "l1",
    "ridge": "l2",
    "enet": "elasticnet",
    "elastic-net": "elasticnet",
    "ols": "none",
}
DEFAULT_SEED = 20_260_101
DEFAULT_L1_RATIO = 0.5


@dataclass(frozen=True)
class DataSpec:
    """Where the rows come from and which columns take part.

    `features` and `exclude` hold names or globs; None for `target`, `sep` and `encoding` means: find out, and say so.
    """

    source: Any
    target: str | None = None
    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sep: str | None = None
    decimal: str = "."
    encoding: str | None = None
    na: tuple[str, ...] = ()
    missing: Missing = "error"

    def __post_init__(self) -> None:
        _member("--missing", self.missing, MISSING)
        object.__setattr__(self, "sep", _separator(self.sep))
        if self.decimal not in (".", ","):
            raise UsageError(f"--decimal is '.' or ',', not {self.decimal!r}")
        object.__setattr__(self, "na", _tokens(self.na, self.decimal))
        if self.sep == self.decimal:
            raise UsageError(f"--sep and --decimal are both {self.sep!r}", hint="--sep ';'")
        if self.encoding is not None:
            _check_encoding(self.encoding)


@dataclass(frozen=True)
class ModelSpec:
    """What is minimised: the penalty, its strength, and what the number given for the strength means."""

    penalty: Penalty = "l1"
    alpha: float | None = None
    l1_ratio: float | None = None
    l1: float | None = None
    l2: float | None = None
    convention: Convention = "mean"
    standardize: bool = True
    intercept: bool = True
    solver: SolverName = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "penalty", _penalty(self.penalty))
        _member("--convention", self.convention, CONVENTIONS)
        _member("--solver", self.solver, SOLVERS)
        for name in ("alpha", "l1", "l2", "l1_ratio"):
            object.__setattr__(self, name, _number(f"--{name.replace('_', '-')}", getattr(self, name)))
        for option, value in (("--alpha", self.alpha), ("--l1", self.l1), ("--l2", self.l2)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise UsageError(f"{option} is a finite number, 0 or more, not {value:g}")
        if self.l1_ratio is not None and not 0 <= self.l1_ratio <= 1:
            raise UsageError(f"--l1-ratio lies between 0 (l2) and 1 (l1), not {self.l1_ratio:g}")
        self._check_pairs()

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
        if self.penalty == "none" and self.convention != "mean":
            raise UsageError("--convention cannot act with --penalty none", hint="--convention mean")

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
        """The number that the convention translates, or None where none was given."""
        if self.penalty == "none":
            return 0.0
        if self.l1 is not None and self.l2 is not None:
            return self.l1 + self.l2
        return self.alpha


@dataclass(frozen=True)
class ValidationSpec:
    """Rows held out to be predicted, never to be learned from: a file, a random share, or those a column marks."""

    test: Any = None
    test_size: float | None = None
    split_column: str | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        given = {"--test": self.test, "--test-size": self.test_size, "--split-column": self.split_column}
        typed = [option for option, value in given.items() if value is not None]
        if len(typed) > 1:
            raise UsageError(f"{' and '.join(typed)} are two answers to one question: give one of them")
        object.__setattr__(self, "test_size", _number("--test-size", self.test_size))
        object.__setattr__(self, "seed", _whole_number("--seed", self.seed))
        if self.test_size is not None and not 0 < self.test_size < 1:
            raise UsageError(f"--test-size is a share of the rows between 0 and 1, not {self.test_size:g}")
        if self.seed is not None and self.test_size is None:
            raise UsageError("--seed cannot act without --test-size", hint="--test-size 0.25")
        if self.seed is not None and not 0 <= self.seed < 2**64:
            raise UsageError(f"--seed is a whole number from 0 to 2^64 - 1, not {self.seed}")

    @property
    def drawn_with(self) -> int:
        """The seed of the random split."""
        return DEFAULT_SEED if self.seed is None else self.seed


@dataclass(frozen=True)
class OutputSpec:
    """How the result is said, and where."""

    format: Format | None = None
    output: str | None = None
    order: Order = "size"
    quiet: bool = False
    verbose: bool = False
    json: bool = False

    def __post_init__(self) -> None:
        _member("--order", self.order, ORDERS)
        if self.json and self.format not in (None, "json"):
            raise UsageError(f"--json and --format {self.format} contradict each other: give one of them")
        if self.format is not None:
            _member("--format", self.format, FORMATS)
        if self.quiet and self.verbose:
            raise UsageError("--quiet and --verbose contradict each other: give one of them")
        _ = self.resolved_format

    @property
    def resolved_format(self) -> Format:
        """The format asked for, else the one that the suffix of --output names, else a table."""
        if self.json:
            return "json"
        if self.format is not None:
            return self.format
        if self.output is None:
            return "table"
        suffix = os.path.splitext(self.output)[1].lower()
        if suffix not in SUFFIXES:
            if os.path.exists(self.output) and not os.path.isfile(self.output):
                return "table"
            known = ", ".join(SUFFIXES)
            raise UsageError(
                f"--output {self.output} says no format: {known}", hint="--format table, json, csv, tsv or markdown"
            )
        return SUFFIXES[suffix]


def typed(data: DataSpec, model: ModelSpec, validation: ValidationSpec) -> list[str]:
    """The options that make these requests, as words of a command line; what is left at its default is left out.

    Rows that are no file stand there as DATA and TEST.
    """
    source = _word("data", data.source)
    words = [f"./{source}" if source.startswith("-") and source != "-" else source]
    for spec, apart in ((data, {"source"}), (model, set()), (validation, set())):
        for item in fields(spec):
            value = getattr(spec, item.name)
            if item.name not in apart and (item.name == "penalty" or not _same(value, item.default)):
                words += _option_words(item.name, value)
    return words


def _same(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, (str, int, float, tuple)) and value == default)


def _option_words(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [option if value else f"--no-{option[2:]}"]
    values = value if isinstance(value, tuple) and all(isinstance(item, str) for item in value) else (value,)
    return [word for item in values for word in (option, _word(name, item))]


def _word(name: str, value: Any) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, (str, int, os.PathLike)):
        return "tab" if value == "\t" else str(value)
    return name.upper()


def _number(option: str, value: Any) -> float | None:
    """A plain float of any kind of number, NumPy's included."""
    if value is None:
        return None
    try:
        return float(value + 0.0)
    except TypeError:
        raise UsageError(f"{option} is a number, not {value!r}") from None


def _whole_number(option: str, value: Any) -> int | None:
    if value is None:
        return None
    try:
        return operator.index(value)
    except TypeError:
        raise UsageError(f"{option} is a whole number, not {value!r}") from None


def _member(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(
            f"{option} is one of {', '.join(choices)}, not {value!r}", hint=_nearest_option(option, value, choices)
        )


def _nearest_option(option: str, value: Any, choices: tuple[str, ...]) -> str | None:
    near = nearest(str(value), choices)
    return f"{option} {near}" if near else None


def _penalty(name: str) -> Penalty:
    words: dict[str, Penalty] = {penalty: penalty for penalty in PENALTIES} | ALIASES
    word = name.lower() if isinstance(name, str) else ""
    if word not in words:
        raise UsageError(
            f"--penalty is one of none, l1 (lasso), l2 (ridge), elasticnet (enet), not {name!r}",
            hint=_nearest_option("--penalty", word, tuple(words)),
        )
    return words[word]


_SEPARATOR_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


def _separator(sep: str | None) -> str | None:
    if sep is None:
        return None
    sep = _SEPARATOR_NAMES.get(str(sep).lower(), str(sep))
    if len(sep) != 1 or not sep.isascii() or sep in '"\r\n\0' or sep.isalnum():
        raise UsageError(f"--sep is one character, or the word tab, not {sep!r}", hint="--sep ';'")
    return sep


def _tokens(given: tuple[str, ...], decimal: str) -> tuple[str, ...]:
    """The missing tokens of a repeated, comma-separated option; a comma that is the decimal mark separates none."""
    if decimal == ",":
        return given
    return tuple(token.strip() for item in given for token in item.split(",") if token.strip())


def _check_encoding(name: str) -> None:
    import codecs

    try:
        codecs.lookup(name)
    except (LookupError, TypeError):
        raise UsageError(f"--encoding {name} is not an encoding that Python knows", hint="--encoding latin-1") from None
