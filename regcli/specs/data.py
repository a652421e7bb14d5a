"""The request for rows: where they come from, how they are read, and which columns take part as what."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from regcli.errors import UsageError
from regcli.specs.checks import member, only_one, whole_number

Missing = Literal["error", "drop", "mean", "median", "indicator"]
Dates = Literal["ordinal", "parts"]
BadRows = Literal["error", "drop"]
EngineName = Literal["local", "dask"]

MISSING: tuple[Missing, ...] = get_args(Missing)
DATES: tuple[Dates, ...] = get_args(Dates)
BAD_ROWS: tuple[BadRows, ...] = get_args(BadRows)
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
MOST_DEGREE = 9
_LEVELS = re.compile(r"(?<![\w.])C\(\s*(?:`([^`]*)`|([^`()]*?))\s*\)")
THOUSANDS = {"comma": ",", "point": ".", "dot": ".", "space": " ", "apostrophe": "'"}


@dataclass(frozen=True)
class DataSpec:
    """Where the rows come from, how the text is read, and which columns take part as what.

    `source` is one of them or a list: paths, globs, addresses, '-', a DataFrame, a pair (X, y). `features`, `exclude`,
    `categorical`, `numeric`, `id` and `units` hold names or globs; `reference` holds COL=LEVEL. None for `target`,
    `sep` and `encoding` means: find out, and say so. `weights`, `offset` and `exposure` are columns that say how much a
    row counts, what is added to its linear predictor, and whose logarithm is. Of survival times `event` is the column
    that says which are those of an event, `entry` since when a row is at risk, `strata` whose hazards are apart.
    `sample` rows drawn at random stand for all. `memory`, as in 1GB, bounds what the rows may take: more are passed
    over in pieces. `engine` says who passes over them, `scheduler` where its cluster is. `jobs` threads at the most
    share the parsing.
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
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    min_level_count: int | None = None
    dates: Dates | None = None
    formula: str | None = None
    interactions: bool = False
    degree: int = 1
    thousands: str | None = None
    units: tuple[str, ...] = ()
    header: bool = True
    skip_lines: int = 0
    comment: str | None = None
    bad_rows: BadRows = "error"
    weights: str | None = None
    offset: str | None = None
    exposure: str | None = None
    positive_class: str | None = None
    event: str | None = None
    entry: str | None = None
    strata: str | None = None
    sample: int | None = None
    memory: str | None = None
    engine: EngineName = "local"
    scheduler: str | None = None
    jobs: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", _one_or_several(self.source))
        member("--missing", self.missing, MISSING)
        member("--bad-rows", self.bad_rows, BAD_ROWS)
        if self.dates is not None:
            member("--dates", self.dates, DATES)
        object.__setattr__(self, "sep", _separator(self.sep))
        if self.decimal not in (".", ","):
            raise UsageError(f"--decimal is '.' or ',', not {self.decimal!r}")
        object.__setattr__(self, "na", _tokens(self.na, self.decimal))
        if self.sep == self.decimal:
            raise UsageError(f"--sep and --decimal are both {self.sep!r}", hint="--sep ';'")
        if self.encoding is not None:
            _check_encoding(self.encoding)
        self._check_text()
        self._check_terms()
        only_one({"--offset": self.offset, "--exposure": self.exposure})
        self._check_scale()

    @property
    def most_memory(self) -> int | None:
        """How many bytes the rows may take, where that was said."""
        return None if self.memory is None else size_in_bytes(self.memory)

    def as_text(self) -> DataSpec:
        """The same with the columns that must be read as they are spelled among the categorical ones: what names rows,
        and what the formula takes as levels, C(a)."""
        levels = _LEVELS.findall(self.formula or "")
        return replace(
            self, categorical=(*self.categorical, *self.id, *(name.strip() for pair in levels for name in pair if name))
        )

    def _check_text(self) -> None:
        if self.thousands is not None:
            mark = THOUSANDS.get(str(self.thousands).lower(), str(self.thousands))
            object.__setattr__(self, "thousands", mark)
            if mark not in THOUSANDS.values():
                raise UsageError(f"--thousands is ',', '.', a space or an apostrophe, not {mark!r}")
            if mark == self.decimal:
                other = "--decimal ," if mark == "." else "--decimal ."
                raise UsageError(f"--thousands and --decimal are both {mark!r}", hint=f"{other} beside it")
        skip = whole_number("--skip-lines", self.skip_lines)
        if skip is None or skip < 0:
            raise UsageError(f"--skip-lines is a number of lines, 0 or more, not {self.skip_lines}")
        object.__setattr__(self, "skip_lines", skip)
        if self.comment is not None and (not self.comment.strip() or '"' in self.comment or len(self.comment) > 8):
            raise UsageError(
                f"--comment is what a line of comment begins with, not {self.comment!r}", hint="--comment '#'"
            )

    def _check_scale(self) -> None:
        object.__setattr__(self, "jobs", whole_number("--jobs", self.jobs))
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(f"--jobs is the number of processes or threads, 1 or more, not {self.jobs}")
        object.__setattr__(self, "sample", whole_number("--sample", self.sample))
        if self.sample is not None and self.sample < 4:
            raise UsageError(f"--sample is a number of rows, 4 or more, not {self.sample}", hint="--sample 10000")
        if self.memory is not None:
            object.__setattr__(self, "memory", str(self.memory).strip())
            size_in_bytes(self.memory)
        member("--engine", self.engine, ENGINES)
        if self.scheduler is not None and self.engine != "dask":
            raise UsageError("--scheduler cannot act without --engine dask", hint="--engine dask")
        if self.scheduler is not None and self.memory is not None:
            raise UsageError("--memory cannot act with --scheduler: its workers have limits of their own")
        if self.engine == "dask" and self.sample is not None:
            raise UsageError("--sample cannot act with --engine dask: a sample needs no cluster")

    def without(self, *columns: str | None) -> DataSpec:
        """The same without columns that only make folds or mark test rows; None names none."""
        more = [column for column in columns if column is not None and column not in self.exclude]
        return replace(self, exclude=(*self.exclude, *more)) if more else self

    def _check_terms(self) -> None:
        count = whole_number("--min-level-count", self.min_level_count)
        if count is not None and count < 1:
            raise UsageError(f"--min-level-count is a number of rows, 1 or more, not {count}")
        object.__setattr__(self, "min_level_count", count)
        degree = whole_number("--degree", self.degree)
        if degree is None or not 1 <= degree <= MOST_DEGREE:
            raise UsageError(f"--degree is a whole number from 1 to {MOST_DEGREE}, not {self.degree}")
        object.__setattr__(self, "degree", degree)
        for item in self.reference:
            if "=" not in item:
                raise UsageError(f"--reference is COL=LEVEL, not {item!r}")
        if self.formula is not None:
            taken = {"--features": self.features, "--interactions": self.interactions, "--degree": self.degree > 1}
            for option, given in taken.items():
                if given:
                    raise UsageError(f"{option} cannot act with --formula, which names the terms itself")


_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?", re.ASCII | re.IGNORECASE)


def size_in_bytes(text: str) -> int:
    """`1GB`, `800 MB`, `1.5GiB` or a number of bytes; without an i prefixes are powers of 1000."""
    found = _SIZE.fullmatch(text)
    if found is None or float(found[1]) == 0:
        raise UsageError(f"--memory is a size like 1GB or 800MB, not {text!r}", hint="--memory 1GB")
    return int(float(found[1]) * (1024 if found[3] else 1000) ** ("kmgt".find(found[2].lower()) + 1 if found[2] else 0))


def _one_or_several(source: Any) -> Any:
    """A list of one source is that source; of several, a tuple of three or more or a list stays a list."""
    if isinstance(source, list):
        return source[0] if len(source) == 1 else source
    return source


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
