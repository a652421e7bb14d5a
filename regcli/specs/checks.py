"""What the requests check their values with: every failure names the option as a user types it."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from regcli.errors import UsageError, nearest


def number(option: str, value: Any) -> float | None:
    """A plain float of any kind of number, NumPy's included."""
    if value is None:
        return None
    try:
        return float(value + 0.0)
    except TypeError:
        raise UsageError(f"{option} is a number, not {value!r}") from None


def whole_number(option: str, value: Any) -> int | None:
    """A plain integer of any kind of whole number."""
    if value is None:
        return None
    try:
        return operator.index(value)
    except TypeError:
        raise UsageError(f"{option} is a whole number, not {value!r}") from None


def member(option: str, value: str, choices: tuple[str, ...]) -> None:
    """UsageError with the nearest word where `value` is none of the `choices`."""
    if value not in choices:
        raise UsageError(
            f"{option} is one of {', '.join(choices)}, not {value!r}", hint=nearest_option(option, value, choices)
        )


def nearest_option(option: str, value: Any, choices: tuple[str, ...]) -> str | None:
    """The option with the choice that was most likely meant, as a hint."""
    near = nearest(str(value), choices)
    return f"{option} {near}" if near else None


def several(given: Any) -> tuple[Any, ...]:
    """One value or several of them, as a tuple."""
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
        return (given,)
    return tuple(given)


def numbers(option: str, given: Any) -> tuple[float, ...]:
    """Numbers, in a tuple or as the words of a comma-separated, repeated option."""
    words = [word for item in several(given) for word in (item.split(",") if isinstance(item, str) else [item])]
    found = tuple(_parsed(option, word) for word in words if word != "")
    if words and not found:
        raise UsageError(f"{option} takes numbers, separated by commas, not nothing")
    return found


def only_number(option: str, given: Any) -> float | None:
    """The number of an option that could take several elsewhere; None where it was not given."""
    found = numbers(option, given)
    if len(found) > 1:
        raise UsageError(f"{option} takes one number here, not {len(found)}", hint="regcli cv, which tries several")
    return found[0] if found else None


def _parsed(option: str, word: Any) -> float:
    if isinstance(word, str):
        try:
            return float(word)
        except ValueError:
            raise UsageError(f"{option} takes numbers, separated by commas, not {word!r}") from None
    value = number(option, word)
    if value is None:
        raise UsageError(f"{option} takes numbers, not None")
    return value


def only_one(given: dict[str, Any]) -> str | None:
    """The option of several that was given; UsageError where it was more than one."""
    typed = [option for option, value in given.items() if value is not None]
    if len(typed) > 1:
        raise UsageError(f"{' and '.join(typed)} are two answers to one question: give one of them")
    return typed[0] if typed else None


def seed(value: Any) -> int | None:
    """A seed that the generator can be keyed by."""
    found = whole_number("--seed", value)
    if found is not None and not 0 <= found < 2**64:
        raise UsageError(f"--seed is a whole number from 0 to 2^64 - 1, not {found}")
    return found
