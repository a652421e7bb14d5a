"""Columns of dates and times as numbers: read in one way for the whole column, which is remembered for new rows."""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Style = Literal["iso", "dmy", "mdy", "ymd", "time", "words"]

_DAY = 86_400.0
_NUMERIC = re.compile(r"(?P<a>[0-9]{1,2})[-/.](?P<b>[0-9]{1,2})[-/.](?P<y>[0-9]{4}|[0-9]{2})(?P<rest>(?:[T\s]+.*)?)")
_YEAR_FIRST = re.compile(r"(?P<y>[0-9]{4})[/.](?P<a>[0-9]{1,2})[/.](?P<b>[0-9]{1,2})(?P<rest>(?:[T\s]+.*)?)")
_TIME = re.compile(r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}(?:\.[0-9]+)?))?\s*(?P<half>[aApP][mM])?")
_MONTH_NAME = re.compile(r"[^\W\d_]{3}")
UNITS = {"days": "days since 1970-01-01", "hours": "hours since midnight"}


class AmbiguousDateError(ValueError):
    """Every date could be read day first and month first."""


def style_of(cells: pd.Series[Any]) -> Style | None:
    """How the dates of a column are written, or None where no one way reads them all.

    Raises AmbiguousDateError where days and months cannot be told apart.
    """
    texts = [str(cell).strip() for cell in cells.dropna().unique()]
    if texts and all(_TIME.fullmatch(text) for text in texts):
        return "time"
    found = [_NUMERIC.fullmatch(text) for text in texts]
    if texts and all(found):
        firsts, seconds = ({int(one[key]) for one in found if one} for key in ("a", "b"))
        if max(firsts) > 12 and max(seconds) > 12:
            return None
        if max(firsts) <= 12 and max(seconds) <= 12:
            if firsts == seconds and all(one["a"] == one["b"] for one in found if one):
                return "dmy"
            raise AmbiguousDateError
        styles: tuple[Style, ...] = ("dmy",) if max(firsts) > 12 else ("mdy",)
    else:
        named = all(_MONTH_NAME.search(text) for text in texts)  # without a name, day and month would be guessed
        others: tuple[Style, ...] = ("iso", "words") if named else ("iso",)
        styles = ("ymd",) if texts and all(_YEAR_FIRST.fullmatch(text) for text in texts) else others
    return next((style for style in styles if not _stamps(texts, style).isna().any()), None)


def days_of(cells: pd.Series[Any], style: Style) -> Vector:
    """Days since 1970-01-01, parts of a day as fractions; for a `time` hours since midnight; NaN for no date, (n,)."""
    present = cells.notna().to_numpy()
    texts = cells[present].astype(str).str.strip()
    distinct = texts.unique().tolist()
    if style == "time":
        numbers = dict(zip(distinct, map(_hours, distinct), strict=True))
    else:
        stamps = _stamps(distinct, style)
        microseconds = np.where(stamps.isna(), np.nan, stamps.asi8.astype(np.float64))
        numbers = dict(zip(distinct, (microseconds / (1e6 * _DAY)).tolist(), strict=True))
    out = np.full(len(cells), np.nan)
    out[present] = texts.map(numbers).to_numpy(dtype=np.float64)
    return out


def part_of(days: Vector, part: str) -> Vector:
    """One part of days since 1970-01-01, (n,): year, month, day, weekday (Monday is 1), hour; or the days."""
    if part in UNITS:
        return days
    if part == "hour":
        return np.asarray(np.round((days - np.floor(days)) * _DAY) / 3600)
    known = np.isfinite(days)
    stamps = pd.DatetimeIndex(np.floor(days[known]).astype("datetime64[D]"))
    out = np.full(len(days), np.nan)
    out[known] = stamps.day_of_week + 1 if part == "weekday" else getattr(stamps, part)
    return out


def has_clock(days: Vector) -> bool:
    """Whether some dates (n,) have a time of day."""
    return bool(np.any(days[np.isfinite(days)] % 1 != 0))


def parts_of(clock: bool, style: Style, how: str) -> tuple[str, ...]:
    """The parts that a column of such dates is turned into, `how` being ordinal or parts; `clock` says whether some
    have a time of day."""
    if style == "time":
        return ("hours",)
    if how == "ordinal":
        return ("days",)
    return ("year", "month", "day", "weekday", *(("hour",) if clock else ()))


def _stamps(texts: list[str], style: Style) -> pd.DatetimeIndex:
    if style in ("dmy", "mdy", "ymd"):
        texts = [_as_iso(text, style) for text in texts]
    how = "mixed" if style == "words" else "ISO8601"
    found = pd.to_datetime(pd.Index(texts, dtype=object), format=how, errors="coerce", utc=True)
    return pd.DatetimeIndex(found).tz_localize(None).as_unit("us")


def _as_iso(text: str, style: Style) -> str:
    match = (_YEAR_FIRST if style == "ymd" else _NUMERIC).fullmatch(text)
    if match is None:
        return "no date"
    a, b = int(match["a"]), int(match["b"])
    month, day = (b, a) if style == "dmy" else (a, b)
    year = int(match["y"])
    if len(match["y"]) == 2:
        year += 1900 if year >= 69 else 2000
    return f"{year:04d}-{month:02d}-{day:02d}{_clock(match['rest'])}"


def _clock(rest: str) -> str:
    match = _TIME.fullmatch(rest.strip().lstrip("T"))
    if match is None:
        return "" if not rest.strip() else "no time"
    hours = _hours(rest.strip().lstrip("T"))
    if not hours < 24:
        return "no time"
    seconds = round(hours * 3600, 6)
    return f"T{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}:{seconds % 60:09.6f}"


def _hours(text: str) -> float:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return float("nan")
    hours = int(match["h"])
    if match["half"]:
        hours = hours % 12 + (12 if match["half"].lower() == "pm" else 0)
    whole = hours + int(match["m"]) / 60 + float(match["s"] or 0) / 3600
    return whole if whole <= 24 else float("nan")
