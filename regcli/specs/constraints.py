"""Constraints on coefficients, as words: NAME=V and NAME=LO:HI, or as a dict in Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from regcli.errors import UsageError
from regcli.specs.checks import number, several

KEEP, FACTOR, BOUNDS = "--keep", "--penalty-factor", "--bounds"


def names_of(given: Any) -> tuple[str, ...]:
    """Names or globs, one or several; None is none."""
    return tuple(str(one) for one in several(given))


def factor_words(given: Any) -> tuple[str, ...]:
    """NAME=V, each in a word of its own."""
    return _words(given, factor_of, lambda value: _written(FACTOR, value))


def bound_words(given: Any) -> tuple[str, ...]:
    """NAME=LO:HI, each in a word of its own; a pair in Python may leave out an end with None."""
    return _words(given, bounds_of, _pair)


def factor_of(word: str) -> tuple[str, float]:
    """The name and the penalty factor of NAME=V; UsageError where it is none."""
    name, _, text = word.rpartition("=")
    value = _number(text)
    if not name.strip() or value is None or not 0 <= value < math.inf:
        raise UsageError(
            f"{FACTOR} is NAME=V with a finite number V, 0 or more, not {word!r}", hint=f"{FACTOR} NAME=0.5"
        )
    return name.strip(), value


def bounds_of(word: str) -> tuple[str, float, float]:
    """The name and the two bounds of NAME=LO:HI, infinite where an end is left open."""
    name, _, text = word.rpartition("=")
    low, colon, high = (part.strip() for part in text.partition(":"))
    ends = (_number(low) if low else -math.inf, _number(high) if high else math.inf)
    if not name.strip() or not colon or ends[0] is None or ends[1] is None:
        raise UsageError(
            f"{BOUNDS} is NAME=LO:HI, where either end may be left open, not {word!r}", hint=f"{BOUNDS} NAME=0:"
        )
    if not ends[0] <= 0 <= ends[1]:
        raise UsageError(
            f"{BOUNDS} {word}: 0 must lie between the two, for a penalty pulls every coefficient there",
            hint=f"{BOUNDS} {name.strip()}=0: or another pair around 0",
        )
    return name.strip(), ends[0], ends[1]


def _words(given: Any, parse: Callable[[str], Any], written: Callable[[Any], str]) -> tuple[str, ...]:
    if isinstance(given, Mapping):
        found = [f"{name}={value if isinstance(value, str) else written(value)}" for name, value in given.items()]
    else:
        found = [word for item in several(given) for word in _split(str(item))]
    for word in found:
        parse(word)
    return tuple(found)


def _split(text: str) -> list[str]:
    """The words of a comma-separated list; what has no = of its own belongs to the name that follows."""
    found: list[str] = []
    held = ""
    for part in text.split(","):
        if "=" in part:
            found.append(f"{held}{part}".strip())
            held = ""
        else:
            held += f"{part},"
    if held:
        found.append(held.removesuffix(",").strip())
    return [word for word in found if word]


def _pair(value: Any) -> str:
    try:
        low, high = value
    except (TypeError, ValueError):
        raise UsageError(f"{BOUNDS} takes a pair (low, high) for each name, not {value!r}") from None
    return ":".join("" if end is None else _written(BOUNDS, end) for end in (low, high))


def _written(option: str, value: Any) -> str:
    return repr(number(option, value)).removesuffix(".0")


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value
