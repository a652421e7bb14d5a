"""From roles and options to an `Encoding`: which features the columns become, and the levels that they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from itertools import product as every_choice
from typing import Any

import pandas as pd

from regcli.data.features import dates
from regcli.data.features.encoding import Category, Encoding
from regcli.data.features.model_terms import Factor, Formula, Levels, factor_columns
from regcli.data.features.terms import MISSING_LEVEL, OTHER_LEVEL, Feature, Gap, Level, Part, plain, power, product
from regcli.data.reading.names import free_name
from regcli.data.reading.tidy import number
from regcli.data.roles import Role
from regcli.errors import DataError, UsageError, counted, nearest, shortened, visible
from regcli.specs import DataSpec

MOST_FEATURES = 50_000

Frame = pd.DataFrame


@dataclass(frozen=True)
class Tally:
    """What is known of a column without its cells: how often each text occurs, of a number up to three values (more do
    not matter), how many gaps there are, and of dates whether some have a time of day."""

    counts: Counter[str]
    values: frozenset[float] = frozenset()
    gaps: int = 0
    clock: bool = False

    def merge(self, other: Tally) -> Tally:
        """The same of the cells of both."""
        values = frozenset(sorted(self.values | other.values)[:3])
        return Tally(self.counts + other.counts, values, self.gaps + other.gaps, self.clock or other.clock)


def plan(
    frame: Frame,
    roles: Mapping[str, Role],
    spec: DataSpec,
    formula: Formula | None,
    contrasts: bool,
    tallies: Mapping[str, Tally] | None = None,
) -> Encoding:
    """How the columns with `roles` become features; levels and gaps are those of the rows of `frame`, or of `tallies`
    where these know more.

    With `contrasts` a level of each column of levels is left out where the others would add up to something that is in
    the model; else only where a reference is named. Raises UsageError for a reference that is not there.
    """
    planner = _Planner(frame, roles, spec, contrasts, tallies or {})
    terms = formula.terms if formula is not None else planner.terms()
    features = planner.expanded(terms)
    if formula is None:
        features = [*features, *planner.powers()]
    if len(features) > MOST_FEATURES:
        raise DataError(
            f"{counted(len(features), 'feature')} would come of these columns: {MOST_FEATURES:,} at the most"
        )
    return Encoding(tuple(_uniquely_named(features)), spec.missing, planner.categories, planner.styles)


class _Planner:
    def __init__(
        self, frame: Frame, roles: Mapping[str, Role], spec: DataSpec, contrasts: bool, tallies: Mapping[str, Tally]
    ) -> None:
        self._frame, self._roles, self._spec, self._contrasts = frame, roles, spec, contrasts
        self._tallies = tallies
        self._references = _references(spec, roles)
        self.categories: dict[str, Category] = {}
        self.styles: dict[str, dates.Style] = {}

    def terms(self) -> tuple[tuple[Factor, ...], ...]:
        """Each column by itself, and with --interactions each pair of columns."""
        alone: list[tuple[Factor, ...]] = [(name,) for name in self._roles]
        together = list(combinations(self._roles, 2)) if self._spec.interactions else []
        return (*alone, *together)

    def expanded(self, terms: Sequence[tuple[Factor, ...]]) -> list[Feature]:
        """The features of all terms, in their order, then what marks gaps."""
        known = cache(lambda: {frozenset(map(_key, term)) for term in terms})  # few files need it, wide ones least
        features = []
        for term in terms:
            parts = [self._features(factor, _may_drop(factor, term, known)) for factor in term]
            features += [product(*chosen) if len(chosen) > 1 else chosen[0] for chosen in every_choice(*parts)]
        return [*features, *self._gaps(features)]

    def powers(self) -> list[Feature]:
        """The powers of columns of numbers that have more than two values."""
        if self._spec.degree < 2:
            return []
        numbers = [name for name, role in self._roles.items() if role.kind == "number" and self._is_curved(name)]
        return [power(plain(name), degree) for degree in range(2, self._spec.degree + 1) for name in numbers]

    def _is_curved(self, name: str) -> bool:
        """Whether a column has more than two values."""
        tally = self._tallies.get(name)
        return (self._frame[name].nunique() if tally is None else len(tally.values)) > 2

    def _features(self, factor: Factor, may_drop: bool) -> list[Feature]:
        if isinstance(factor, tuple):
            return list(factor)
        name = factor.column if isinstance(factor, Levels) else factor
        kind = self._roles[name].kind
        if kind in ("levels", "true/false") or isinstance(factor, Levels):
            return self._levels(name, may_drop)
        return self._dates(name) if kind == "date" else [plain(name)]

    def _levels(self, name: str, may_drop: bool) -> list[Feature]:
        category = self._category(name)
        kept: Sequence[str] = category.levels
        if may_drop and (self._contrasts or name in self._references):
            kept = [level for level in kept if level != category.reference]
        return [Feature(f"{name}[{level}]", (Level(name, level),), level) for level in kept]

    def _category(self, name: str) -> Category:
        if name not in self.categories:
            boolean = self._roles[name].kind == "true/false"
            tally = self._tallies.get(name) or tally_of_texts(self._frame[name])
            found = _category(name, tally, boolean, self._spec.min_level_count or 1)
            wanted = self._references.get(name)
            if wanted is not None and wanted not in found.levels:
                near = nearest(wanted, found.levels)
                hint = f"--reference '{name}={near}'" if near else None
                raise UsageError(f"--reference: {visible(name)} has no level {shortened(wanted)}", hint=hint)
            default = "false" if boolean and "false" in found.levels else next(iter(found.levels), None)
            self.categories[name] = Category(found.levels, found.lumped, boolean, wanted or default)
        return self.categories[name]

    def _dates(self, name: str) -> list[Feature]:
        style = self._roles[name].style
        assert style is not None, "a column of dates has a style"
        self.styles[name] = style
        days, tally = dates.days_of(self._frame[name], style), self._tallies.get(name)
        clock = dates.has_clock(days) if tally is None else tally.clock
        parts = dates.parts_of(clock, style, self._spec.dates or "ordinal")
        return [Feature(f"{name}[{part}]", (Part(name, part),)) for part in parts]

    def _gaps(self, features: Sequence[Feature]) -> list[Feature]:
        if self._spec.missing != "indicator":
            return []
        names = dict.fromkeys(name for one in features for name in one.sources if name not in self.categories)
        return [Feature(f"{name}[missing]", (Gap(name),)) for name in names if self._has_gaps(name)]

    def _has_gaps(self, name: str) -> bool:
        tally = self._tallies.get(name)
        return bool(self._frame[name].hasnans) if tally is None else tally.gaps > 0


def _key(factor: Factor) -> str:
    return "\0".join((*factor_columns(factor), *(() if isinstance(factor, str) else [repr(factor)])))


def _may_drop(factor: Factor, term: Sequence[Factor], known: Callable[[], set[frozenset[str]]]) -> bool:
    """Whether the levels of a factor add up to what is in the model without it: the intercept, or a shorter term."""
    rest = frozenset(_key(other) for other in term if other != factor)
    return not rest or rest in known()


def _references(spec: DataSpec, roles: Mapping[str, Role]) -> dict[str, str]:
    found = {}
    for item in spec.reference:
        splits = [(item[:at], item[at + 1 :]) for at, char in enumerate(item) if char == "="]
        name, level = next(((name, level) for name, level in splits if name in roles), (None, ""))
        if name is None:
            near = nearest(splits[0][0], list(roles))
            raise UsageError(
                f"--reference: no feature {shortened(splits[0][0])}", hint=f"--reference '{near}=...'" if near else None
            )
        if roles[name].kind not in ("levels", "true/false"):
            raise UsageError(f"--reference: {visible(name)} is no column of levels", hint=f"--categorical '{name}'")
        found[name] = level
    return found


def tally_of_texts(cells: pd.Series[Any]) -> Tally:
    """How often each text of a column occurs."""
    return Tally(Counter(map(str, cells.dropna().astype(object))), gaps=int(cells.isna().sum()))


def _category(name: str, tally: Tally, boolean: bool, least: int) -> Category:
    if MISSING_LEVEL in tally.counts:
        what = f"{visible(name)} has cells {MISSING_LEVEL}, which is what a missing cell is called"
        raise DataError(what, options=f"--na '{MISSING_LEVEL}'")
    if least > 1 and OTHER_LEVEL in tally.counts:
        what = f"{visible(name)} has cells {OTHER_LEVEL}, which is what rare levels would be called"
        raise DataError(what, hint="another word in these cells, or no --min-level-count")
    counts: Counter[str] = Counter()
    for text, times in tally.counts.items():
        counts[text.lower() if boolean else text] += times
    lumped = tuple(sorted(level for level, times in counts.items() if times < least))
    levels = _ordered([level for level, times in counts.items() if times >= least], boolean)
    gaps = [MISSING_LEVEL] if tally.gaps else []
    return Category((*levels, *([OTHER_LEVEL] if lumped else []), *gaps), lumped)


def _ordered(levels: Sequence[str], boolean: bool) -> list[str]:
    """Numbers by size, words by their characters; true before false, so that it is what a lasso's coefficient is of."""
    if boolean:
        return sorted(levels, reverse=True)
    values = [number(level, ".") for level in levels]
    if all(value is not None for value in values):
        return sorted(levels, key=lambda level: (number(level, ".") or 0.0, level))
    return sorted(levels)


def _uniquely_named(features: Sequence[Feature]) -> list[Feature]:
    """Features whose names differ: a later one of an equal name is numbered."""
    used: set[str] = set()
    found = []
    for one in features:
        name = free_name(one.name, used)
        used.add(name)
        found.append(one if name == one.name else replace(one, name=name))
    return found
