"""The tree of errors: what went wrong, where, and what to type next.

Every error that a user can cause is a `RegcliError`; its class says which exit code the process ends with.
Nothing here prints: the one boundary that does is `regcli.cli.app`.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

MOST_NAMES = 8
LONGEST_CELL = 40


class Notice(NamedTuple):
    """Something that was dropped, filled or assumed: shown on standard error and kept in the JSON's `warnings`."""

    code: str
    message: str


class RegcliError(Exception):
    """Base of every expected error.

    `message` says what and where (file, line, column); `found` is the offending cell or value, if one there is;
    `hint` is the option or the command to type next; `options` are words of a command line that, added to the command
    as it was typed, make it work.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str, *, found: str | None = None, hint: str | None = None, options: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.found = found
        self.hint = hint or options
        self.options = options

    def lines(self) -> list[str]:
        """The one to three lines that are printed."""
        parts = [("Error", self.message), ("Found", self.found), ("Try", self.hint)]
        return [f"{label}: {text}" for label, text in parts if text]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UsageError(RegcliError):
    """The command cannot be carried out as typed."""

    exit_code = 2


class DataError(RegcliError):
    """The data cannot be read, or nothing usable is in it."""

    exit_code = 3


class OutputError(RegcliError):
    """The result could not be written."""

    exit_code = 5


def visible(text: str) -> str:
    """`text` with every character that could fool a terminal or break a line written as an escape.

    Control characters (C0, C1), bidirectional overrides and other format characters, line and paragraph separators
    and lone surrogates become `\\x1b`-like escapes; everything printable stays.
    """
    return "".join(_escaped(char) if unicodedata.category(char) in _UNSAFE else char for char in text)


_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def shortened(cell: object) -> str:
    """A cell as an error message shows it: quoted, escaped, at most 40 characters."""
    text = visible(str(cell))
    if len(text) > LONGEST_CELL:
        text = text[: LONGEST_CELL - 3] + "..."
    return f"'{text}'"


def listed(names: Sequence[object], most: int = MOST_NAMES) -> str:
    """Names or line numbers in one line: the first `most` of them, then how many more there are."""
    shown = ", ".join(visible(str(name)) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def nearest(name: str, choices: Sequence[str]) -> str | None:
    """The choice that `name` was most likely meant to be, or None."""
    lowered = {choice.lower(): choice for choice in reversed(choices)}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 row`, `3 rows`, `1,204 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
