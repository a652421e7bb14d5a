"""What `inspect` warns of: each finding with the number that prompted it, one for all columns of its kind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from regcli.data import roles as names_of
from regcli.data.columns import as_option
from regcli.data.inspection.dependence import CLOSE, LEAST_ROWS, close_pairs, equal_columns, is_too_wide, standardized
from regcli.data.inspection.examining import Summary
from regcli.data.inspection.prospects import Prospect
from regcli.errors import counted, listed, shortened, visible

SKEWED = 3.0
FAR = 10.0
WIDE = 1e6
MOST_PAIRS = 5
HALF = 0.5

Summaries = Mapping[str, Summary]


class Finding(NamedTuple):
    """Something to think about before a fit, in the form of a notice."""

    code: str
    message: str


def findings(prospect: Prospect, known: Summaries) -> Iterator[Finding]:
    """Everything that is remarkable about the target and the columns that could be features."""
    columns = [name for name in prospect.columns if prospect.roles[name].kind != "empty"]
    numbers = [name for name in columns if prospect.roles[name].kind == "number"]
    varying = [name for name in numbers if not known[name].constant]
    yield from _target(prospect.target, known[prospect.target])
    yield from _constant(columns, known)
    equal = equal_columns(prospect.rows.frame, [name for name in columns if not known[name].constant])
    yield from _equal(equal)
    yield from _close(prospect, [name for name in varying if name not in equal])
    yield from _naming_rows(prospect, columns, known)
    yield from _dates(prospect, known)
    yield from _tails(varying, known)
    yield from _scales(varying, known)
    yield from _markers([*columns, prospect.target], known)
    yield from _spellings(columns, known)
    yield from _gaps([*columns, prospect.target], known)


def _target(name: str, found: Summary) -> Iterator[Finding]:
    if found.distinct != 2 or found.low is None or found.high is None or found.mean is None:
        return
    rows = found.rows - found.missing
    high = round((found.mean - found.low) / (found.high - found.low) * rows)
    which = f"{found.high:g} in {high:,} of {rows:,} rows, else {found.low:g}"
    yield Finding("binary_target", f"the target {visible(name)} has two values ({which}): it is taken as a number")


def _constant(columns: Sequence[str], known: Summaries) -> Iterator[Finding]:
    each = [f"{visible(name)} ({_only_value(known[name])})" for name in columns if known[name].constant]
    if each:
        yield Finding("constant_column", f"{counted(len(each), 'column')} with one value only: {listed(each)}")


def _only_value(found: Summary) -> str:
    value = f"{found.low:.6g}" if found.low is not None else shortened(found.levels[0][0])
    return value if not found.missing else f"{value}, {found.missing:,} missing"


def _equal(equal: Mapping[str, str]) -> Iterator[Finding]:
    each = [f"{visible(name)} = {visible(first)}" for name, first in equal.items()]
    if each:
        yield Finding("equal_columns", f"{counted(len(each), 'column')} equal to another: {listed(each)}")


def _close(prospect: Prospect, names: Sequence[str]) -> Iterator[Finding]:
    frame = prospect.rows.frame
    if is_too_wide(len(frame), len(names)):
        text = f"correlations between {len(names):,} columns are not looked at: too many pairs"
        yield Finding("pairs_not_searched", text)
        return
    X = frame[list(names)].to_numpy(dtype=np.float64)
    total, pairs = close_pairs(X, MOST_PAIRS) if names else (0, [])
    if total:
        each = ", ".join(
            f"{visible(names[pair.one])} and {visible(names[pair.other])} ({_correlation(pair.correlation)})"
            for pair in pairs
        )
        more = f" and {total - len(pairs):,} more" if total > len(pairs) else ""
        text = f"{counted(total, 'pair')} of columns with a correlation beyond {CLOSE}: {each}{more}"
        yield Finding("close_columns", text)
    y = frame[prospect.target]
    if names and y.dtype.kind in "iuf":
        yield from _close_to_target(prospect.target, names, X, y.to_numpy(dtype=np.float64))


def _close_to_target(target: str, names: Sequence[str], X: np.ndarray, y: np.ndarray) -> Iterator[Finding]:
    rows = np.isfinite(y)
    if rows.sum() < LEAST_ROWS:
        return
    z = standardized(y[rows, None])
    r = (standardized(X[rows]).T @ z / rows.sum())[:, 0]
    each = [f"{visible(names[j])} ({_correlation(float(r[j]))})" for j in np.flatnonzero(np.abs(r) > CLOSE).tolist()]
    if each:
        text = f"correlation with the target {visible(target)} beyond {CLOSE}: {listed(each)}; known before it is?"
        yield Finding("close_to_target", text)


def _correlation(value: float) -> str:
    size = abs(value)
    text = "1" if size > 1 - 5e-13 else f"{size:.4f}" if size < 0.99995 else f"1 - {1 - size:.0e}"
    return f"-{text}" if value < 0 and " " not in text else f"-({text})" if value < 0 else text


def _naming_rows(prospect: Prospect, columns: Sequence[str], known: Summaries) -> Iterator[Finding]:
    """Columns that could be features, and yet look like names of rows."""
    each, found = [], []
    for name in columns:
        role, cells, summary = prospect.roles[name], prospect.rows.frame[name], known[name]
        if role.kind == "number" and names_of.counts_rows(cells):
            each.append(f"{visible(name)} (counts the rows, {summary.low:g} to {summary.high:g})")
        elif role.kind == "number" and names_of.numbers_rows(cells, name):
            each.append(f"{visible(name)} ({summary.distinct:,} whole numbers, no two alike)")
        elif role.kind == "levels" and summary.distinct == summary.rows > names_of.FEW_ROWS:
            each.append(f"{visible(name)} ({summary.distinct:,} values in {summary.rows:,} rows)")
        else:
            continue
        found.append(name)
    if each:
        names = "names" if len(each) == 1 else "name"
        text = f"{listed(each)} perhaps only {names} the rows ({as_option('--exclude', found[:8])})"
        yield Finding("names_rows", text)


_WRITTEN = {"dmy": ", day before month", "mdy": ", month before day"}


def _dates(prospect: Prospect, known: Summaries) -> Iterator[Finding]:
    readable, others = [], []
    for name in prospect.columns:
        role, found = prospect.roles[name], known[name]
        if role.style is not None:
            written = _WRITTEN.get(role.style, "")
            readable.append(f"{visible(name)} ({found.first} to {found.last}{written})")
        elif role.kind == "unreadable date":
            others.append(f"{visible(name)} ({shortened(found.levels[0][0])})")
    if readable:
        text = f"{counted(len(readable), 'column')} of dates or times: {listed(readable)}"
        if any(prospect.roles[name].kind == "undeclared date" for name in prospect.columns):
            text += "; --dates ordinal makes them days or hours, --dates parts year, month, day, weekday"
        yield Finding("date_columns", text)
    if others:
        text = f"dates that can be read in two ways, or in none: {listed(others)}; 2024-12-31 is read without a doubt"
        yield Finding("unreadable_dates", text)


def _tails(names: Sequence[str], known: Summaries) -> Iterator[Finding]:
    def size(name: str) -> float:
        found = known[name]
        skewness = abs(found.skewness) / SKEWED
        reach = found.reach / FAR if math.isfinite(found.reach) else 0.0
        return max(skewness, reach)

    enough = [name for name in names if known[name].rows - known[name].missing >= LEAST_ROWS]
    heavy = [name for name in enough if known[name].distinct > 2 and not known[name].markers and size(name) > 1]
    heavy.sort(key=size, reverse=True)
    if not heavy:
        return
    each = [f"{visible(name)} ({_tail(known[name])})" for name in heavy]
    text = f"{counted(len(heavy), 'column')} with a heavy tail: {listed(each, 5)}"
    positive = [visible(name) for name in heavy if (known[name].low or 0.0) > 0 and known[name].skewness > 0]
    if positive:
        text += f"; all positive, so that log() by --formula may do better: {listed(positive, 5)}"
    yield Finding("heavy_tails", text)


def _tail(found: Summary) -> str:
    if abs(found.skewness) > SKEWED:
        return f"skewness {found.skewness:.1f}"
    reach = f"{found.reach:,.0f}" if found.reach < WIDE else f"{found.reach:.0e}"
    return f"{reach} interquartile ranges beyond the quartile"


def _scales(names: Sequence[str], known: Summaries) -> Iterator[Finding]:
    deviations = {name: known[name].deviation or 0.0 for name in names}
    deviations = {name: size for name, size in deviations.items() if size > 0}
    if deviations:
        least, most = min(deviations, key=deviations.__getitem__), max(deviations, key=deviations.__getitem__)
        if deviations[most] / WIDE > deviations[least]:
            ends = f"{deviations[least]:.1e} ({visible(least)}) to {deviations[most]:.1e} ({visible(most)})"
            text = f"deviations from {ends}: standardizing evens that out, --no-standardize would not"
            yield Finding("wild_scales", text)
    far = [name for name, size in deviations.items() if abs(known[name].mean or 0.0) / WIDE > size]
    each = [f"{visible(name)} ({abs(known[name].mean or 0.0) / deviations[name]:.1e} deviations)" for name in far]
    if each:
        text = f"far from 0 for their spread: {listed(each)}; a number near the mean taken off would save digits"
        yield Finding("large_offsets", text)


def _markers(names: Sequence[str], known: Summaries) -> Iterator[Finding]:
    by_value: dict[int, list[str]] = {}
    for name in names:
        for one in known[name].markers:
            said = f"{visible(name)} ({counted(one.rows, 'row')}; next {one.nearest:.6g})"
            by_value.setdefault(one.value, []).append(said)
    for value, each in by_value.items():
        text = f"{value} stands apart in {listed(each, 4)}: if it means missing, --na={value}"
        yield Finding("sentinel_values", text)


def _spellings(names: Sequence[str], known: Summaries) -> Iterator[Finding]:
    each = []
    for name in names:
        for group in known[name].variants[:3]:
            each.append(f"{visible(name)} {' and '.join(f'{shortened(level)} ({rows:,})' for level, rows in group)}")
    if each:
        yield Finding("level_spellings", f"levels that differ by case or blanks only: {listed(each)}")


def _gaps(names: Sequence[str], known: Summaries) -> Iterator[Finding]:
    shares = {name: known[name].missing / known[name].rows for name in names}
    each = [f"{visible(name)} ({100 * share:.1f} %)" for name, share in shares.items() if share > HALF]
    if each:
        text = f"{counted(len(each), 'column')} with more than half of the cells missing: {listed(each)}"
        yield Finding("mostly_missing", text)


def of_inflation(factors: Mapping[str, float]) -> Iterator[Finding]:
    """Variance inflation factors above 10, and the columns that others determine."""
    whole = [visible(name) for name, factor in factors.items() if math.isinf(factor)]
    if whole:
        yield Finding("vif_infinite", f"{counted(len(whole), 'column')} determined by the others: {listed(whole)}")
    high = sorted((name for name, factor in factors.items() if 10 < factor < math.inf), key=lambda name: -factors[name])
    if high:
        each = [f"{visible(name)} ({factors[name]:,.1f})" for name in high]
        yield Finding("vif_high", f"{counted(len(high), 'column')} with a variance inflation above 10: {listed(each)}")
