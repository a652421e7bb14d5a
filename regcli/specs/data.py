"""The request for rows: where they come from and which columns take part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from regcli.errors import UsageError
from regcli.specs.checks import member

Missing = Literal["error", "drop"]

MISSING: tuple[Missing, ...] = get_args(Missing)


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
        member("--missing", self.missing, MISSING)
        object.__setattr__(self, "sep", _separator(self.sep))
        if self.decimal not in (".", ","):
            raise UsageError(f"--decimal is '.' or ',', not {self.decimal!r}")
        object.__setattr__(self, "na", _tokens(self.na, self.decimal))
        if self.sep == self.decimal:
            raise UsageError(f"--sep and --decimal are both {self.sep!r}", hint="--sep ';'")
        if self.encoding is not None:
            _check_encoding(self.encoding)


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
