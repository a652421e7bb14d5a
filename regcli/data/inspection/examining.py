"""Numbers about single columns as they stand in the file: range, levels, tails, and values that look like markers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.features.dates import Style, days_of
from regcli.data.features.scaling import power_of_two
from regcli.data.markers import Marker, markers_in

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

SHOWN_LEVELS = 20
BLOCK = 1 << 22
"""How many numbers are sorted at a time."""


@dataclass(frozen=True)
class Summary:
    """What the cells of one column are.

    Numbers have `low`, `high`, `mean` and the population deviation (of the finite cells), their `skewness` and their
    `reach`: how many interquartile ranges the farthest value lies beyond the nearer quartile (both NaN where there is
    none); dates have `first` and `last`. `levels` are the commonest values of other columns with their rows, and
    `variants` the groups of them that differ only by case or blanks.
    """

    rows: int
    missing: int
    distinct: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    deviation: float | None = None
    skewness: float = math.nan
    reach: float = math.nan
    infinite: int = 0
    markers: tuple[Marker, ...] = ()
    first: str | None = None
    last: str | None = None
    levels: tuple[tuple[str, int], ...] = ()
    variants: tuple[tuple[tuple[str, int], ...], ...] = ()

    @property
    def constant(self) -> bool:
        """Whether all cells that are there hold one value."""
        return self.distinct == 1


def summaries(frame: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, Summary]:
    """A summary of each column of a plain frame (see `regcli.data.sources.Rows`); `styles` says how dates are read."""
    kinds = [kind.kind for kind in frame.dtypes]
    numbers = [place for place, kind in enumerate(kinds) if kind in "iuf"]
    found: dict[int, Summary] = dict(_of_numbers(frame, numbers))
    for place, kind in enumerate(kinds):
        if kind not in "iuf":
            found[place] = _of_levels(frame.iloc[:, place], styles.get(str(frame.columns[place])))
    return {str(frame.columns[place]): found[place] for place in range(len(kinds))}


def _of_numbers(frame: pd.DataFrame, places: Sequence[int]) -> Iterator[tuple[int, Summary]]:
    """Summaries of columns of numbers, worked out for many at a time."""
    width = max(1, BLOCK // max(1, len(frame)))
    for start in range(0, len(places), width):
        block = places[start : start + width]
        A = np.array(frame.iloc[:, list(block)].to_numpy(dtype=np.float64).T, order="C")
        missing = np.isnan(A).sum(axis=1)
        infinite = np.isinf(A).sum(axis=1)
        A[np.isinf(A)] = np.nan
        A.sort(axis=1)
        counts = (~np.isnan(A)).sum(axis=1)
        distinct = (A[:, 1:] > A[:, :-1]).sum(axis=1) + (counts > 0)
        moments = _moments(A, counts)
        for row, place in enumerate(block):
            values = A[row, : counts[row]]
            known = Summary(len(frame), int(missing[row]), int(distinct[row]), infinite=int(infinite[row]))
            yield place, _of_sorted(values, moments[row].tolist(), known) if values.size else known


def _moments(A: Matrix, counts: NDArray[np.intp]) -> Matrix:
    """Mean, population deviation and skewness of each row of `A` (p, n) without its NaN, (p, 3); of none: NaN."""
    low, high = (A[np.arange(len(A)), place] for place in (np.zeros_like(counts), np.maximum(counts - 1, 0)))
    unit = power_of_two(np.nan_to_num(np.maximum(np.abs(low), np.abs(high))))[:, None]
    n = np.where(counts > 0, counts, 1)
    with np.errstate(all="ignore"):
        Z = A / unit
        mean = np.nansum(Z, axis=1) / n
        Z -= mean[:, None]
        deviation = np.sqrt(np.nansum(Z**2, axis=1) / n)
        deviation[low == high] = 0.0
        skewness = np.nansum((Z / deviation[:, None]) ** 3, axis=1) / n
    found = np.column_stack([mean * unit[:, 0], deviation * unit[:, 0], np.where(deviation > 0, skewness, np.nan)])
    found[counts == 0] = np.nan
    return found


def _of_sorted(values: Vector, moments: list[float], known: Summary) -> Summary:
    mean, deviation, skewness = moments
    low, high = float(values[0]), float(values[-1])
    lower, upper = (float(values[round(share * (len(values) - 1))]) for share in (0.25, 0.75))
    with np.errstate(all="ignore"):
        reach = float(np.divide(max(lower - low, high - upper), upper - lower)) if upper > lower else math.nan
    return replace(
        known,
        low=low,
        high=high,
        mean=min(max(mean, low), high),
        deviation=deviation,
        skewness=skewness,
        reach=reach,
        markers=markers_in(values, known.distinct),
    )


def _of_levels(column: pd.Series[Any], style: Style | None) -> Summary:
    counts = column.value_counts()
    pairs = [(str(level), int(times)) for level, times in counts.items()]
    if column.dtype == np.bool_:
        pairs = [(level.lower(), times) for level, times in pairs]
    shown = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:SHOWN_LEVELS]
    first, last = (None, None) if style is None else _span(column, style)
    missing = len(column) - sum(times for _, times in pairs)
    return Summary(
        len(column), missing, len(pairs), first=first, last=last, levels=tuple(shown), variants=_variants(pairs)
    )


def _variants(pairs: Sequence[tuple[str, int]]) -> tuple[tuple[tuple[str, int], ...], ...]:
    groups: dict[str, list[tuple[str, int]]] = {}
    for level, times in pairs:
        groups.setdefault("".join(level.split()).casefold(), []).append((level, times))
    return tuple(
        tuple(sorted(group, key=lambda pair: (-pair[1], pair[0]))) for group in groups.values() if len(group) > 1
    )


def _span(column: pd.Series[Any], style: Style) -> tuple[str | None, str | None]:
    """The first and the last date, as ISO 8601 writes them; of times of the day, hours and minutes."""
    days = days_of(column, style)
    days = days[np.isfinite(days)]
    if not days.size:
        return None, None
    ends = float(days.min()), float(days.max())
    if style == "time":
        return _clock(ends[0]), _clock(ends[1])
    unit: Literal["m", "D"] = "m" if bool(np.any(days % 1 != 0)) else "D"
    stamps = (np.datetime64(0, "s") + np.timedelta64(round(end * 86_400), "s") for end in ends)
    first, last = (str(np.datetime_as_string(stamp, unit=unit)).replace("T", " ") for stamp in stamps)
    return first, last


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
