"""Numbers and names as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from regcli.errors import visible

DIGITS = 5


def number(value: float | None, digits: int = DIGITS) -> str:
    """`value` with some significant digits: plain between 1e-4 and 1e9, else with an exponent; an exact zero is `0`."""
    if value is None or math.isnan(value):
        return "-"
    if value == 0:
        return "0"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    size = abs(value)
    if 10**digits <= size < 1e9:
        return f"{value:,.0f}"
    text = f"{value:#.{digits}g}" if 1e-4 <= size < 10**digits else f"{value:.{digits - 1}e}"
    return text.rstrip(".")


def score(value: float) -> str:
    """A t value: two decimals."""
    return f"{value:,.2f}" if abs(value) < 1e6 else number(value, 3)


def p_value(value: float) -> str:
    """A p value: four decimals, with an exponent where that would be 0."""
    return f"{value:.4f}" if value >= 0.0001 or value == 0 else number(value, 2)


def short(value: float) -> str:
    """A number inside a sentence: up to 5 significant digits, none of them a trailing zero."""
    return f"{value:.5g}"


def tiny(value: float) -> str:
    """A figure of a certificate: one digit and its power of ten; what lies below rounding is not told apart."""
    return f"{value:.0e}" if value >= 1e-16 else "below 1e-16"


def exactness(found: Mapping[str, Any]) -> str:
    """The word for a certificate and its two figures."""
    exact = found["gap"] < 1e-11 and found["violation"] < 1e-11
    word = "NOT certified" if not found["certified"] else "exact" if exact else "certified"
    return f"{word}: relative gap {tiny(found['gap'])}, worst violation {tiny(found['violation'])}"


def percent(share: float) -> str:
    """`12.3 %`, and `<0.1 %` for what is there but too small to show."""
    return "<0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def names(items: Sequence[str], most: int = 12) -> str:
    """Column names in a sentence, escaped; the first of them where there are many."""
    shown = ", ".join(visible(item) for item in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most:,} more"


def source_of(data: Mapping[str, Any]) -> str:
    """Where the rows came from, and that they are a sample of those there."""
    drawn = any(one["reason"] == "not drawn" for one in data["dropped_rows"])
    return visible(data["source"]) + (f" (a sample of {data['rows_read']:,})" if drawn else "")


def aligned(texts: Sequence[str]) -> list[str]:
    """Number texts padded to one width so that their decimal points stand under each other."""
    places = [len(text) - position if (position := text.find(".")) >= 0 else 0 for text in texts]
    deepest = max(places, default=0)
    padded = [text + " " * (deepest - place) for text, place in zip(texts, places, strict=True)]
    widest = max(map(len, padded), default=0)
    return [text.rjust(widest) for text in padded]
