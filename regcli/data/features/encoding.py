"""From a plain frame to the columns of a design: what is learned once, from training rows, and applied to any rows.

Learned are the level lists and the columns with gaps, once, over all training rows; and fill values and polynomials,
which cross-validation learns anew in each fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.features import dates
from regcli.data.features.middles import mean, median
from regcli.data.features.terms import (
    FUNCTIONS,
    MISSING_LEVEL,
    OTHER_LEVEL,
    Atom,
    Call,
    Constant,
    Feature,
    Gap,
    Level,
    Number,
    Part,
    Poly,
    Polynomial,
    columns_of,
    leaves,
    polynomials_in,
)
from regcli.specs import Missing

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Category:
    """The levels of a column, in order; those `lumped` count as (other). A `boolean` has true and false in any case."""

    levels: tuple[str, ...]
    lumped: tuple[str, ...] = ()
    boolean: bool = False
    reference: str | None = None


@dataclass(frozen=True)
class Encoding:
    """How rows become the columns of a design, in the order of `features`.

    `categories` and `styles` (how dates are written) are by column of the file, `fills` by Number or Part,
    `polynomials` by their argument. `missing` is the policy for gaps that `fills` were learned by.
    """

    features: tuple[Feature, ...]
    missing: Missing = "error"
    categories: dict[str, Category] = field(default_factory=dict)
    styles: dict[str, dates.Style] = field(default_factory=dict)
    fills: dict[Atom, float] = field(default_factory=dict)
    polynomials: dict[Atom, Polynomial] = field(default_factory=dict)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the file that are needed."""
        return tuple(
            dict.fromkeys(name for one in self.features for factor in one.factors for name in columns_of(factor))
        )

    @property
    def level_groups(self) -> list[list[int]]:
        """The places of the features that are levels, a list for each column, or product of columns, of text."""
        groups: dict[tuple[str, ...], list[int]] = {}
        for j, feature in enumerate(self.features):
            if feature.level is not None:
                groups.setdefault(feature.sources, []).append(j)
        return list(groups.values())

    def check(self) -> None:
        """ValueError where an atom lacks what it needs: its levels, its style, its polynomial."""
        atoms = {leaf for one in self.features for factor in one.factors for leaf in leaves(factor)}
        for atom in atoms:
            if isinstance(atom, Number) and (atom.column in self.categories or atom.column in self.styles):
                raise ValueError(f"{atom.column!r} is a number and something else")
            if isinstance(atom, Level) and atom.column not in self.categories:
                raise ValueError(f"no levels of {atom.column!r}")
            if isinstance(atom, Part) and atom.column not in self.styles:
                raise ValueError(f"no dates of {atom.column!r}")
        for poly in self._polynomials:
            if len(self.polynomials[poly.argument].centres) < poly.degree:
                raise ValueError("a polynomial of too low a degree")

    @cached_property
    def is_plain(self) -> bool:
        """Whether every feature is a column of numbers as it stands in the file."""
        return all(one.factors == (Number(one.name),) for one in self.features)

    def only(self, kept: Sequence[int]) -> Encoding:
        """The same for some of the features."""
        features = tuple(self.features[j] for j in kept)
        needed = replace(self, features=features)
        names = set(needed.columns)
        return replace(
            needed,
            categories={name: one for name, one in self.categories.items() if name in names},
            styles={name: style for name, style in self.styles.items() if name in names},
            fills={atom: fill for atom, fill in self.fills.items() if set(columns_of(atom)) <= names},
            polynomials={atom: one for atom, one in self.polynomials.items() if set(columns_of(atom)) <= names},
        )

    def learned(self, frame: pd.DataFrame, weights: Vector | None = None) -> Encoding:
        """The same with fill values and polynomials learned from the rows of `frame`, which count by `weights` (n,)."""
        atoms = dict.fromkeys(leaf for one in self.features for factor in one.factors for leaf in leaves(factor))
        empty = _Rows(replace(self, fills={}), frame)
        fills: dict[Atom, float] = {}
        if self.missing in ("mean", "median", "indicator"):
            middle = median if self.missing == "median" else mean
            for atom in atoms:
                if isinstance(atom, Number | Part):
                    values = empty.value(atom)
                    known = ~np.isnan(values)
                    own = None if weights is None else weights[known]
                    fills[atom] = middle(values[known], own) if known.any() else 0.0
        found = replace(self, fills=fills, polynomials={})
        for poly in self._polynomials:
            values = _Rows(found, frame).value(poly.argument)
            largest = max(one.degree for one in self._polynomials if one.argument == poly.argument)
            learned = Polynomial.learn(values, largest, weights)
            found = replace(found, polynomials=found.polynomials | {poly.argument: learned})
        return found

    def learns_from(self, frame: pd.DataFrame) -> bool:
        """Whether the columns of these rows depend on which of them fills and polynomials are learned from."""
        if self.polynomials:
            return True
        return bool(self.fills) and any(frame[name].hasnans for name in self.columns if name not in self.categories)

    @cached_property
    def _polynomials(self) -> tuple[Poly, ...]:
        return tuple(
            dict.fromkeys(poly for one in self.features for factor in one.factors for poly in polynomials_in(factor))
        )

    def apply(self, frame: pd.DataFrame) -> Matrix:
        """The columns (n, p) that the rows of `frame` give; NaN where a gap has no fill value."""
        if self.is_plain and not self.fills:
            return np.asarray(frame[[one.name for one in self.features]].to_numpy(dtype=np.float64))
        X = np.empty((len(frame), len(self.features)), order="F")
        for j, column in enumerate(self.each(frame)):
            X[:, j] = column
        return X

    def each(self, frame: pd.DataFrame, which: Sequence[int] | None = None) -> list[Vector]:
        """The columns of these features, one by one."""
        rows = _Rows(self, frame)
        places = range(len(self.features)) if which is None else which
        return [rows.product(self.features[j].factors) for j in places]

    def new_levels(self, frame: pd.DataFrame) -> dict[str, dict[str, int]]:
        """For each column the levels that are not known, and how often each occurs."""
        found = {}
        for name, category in self.categories.items():
            cells = _texts(frame[name], category)
            strange = cells[~cells.isin([*category.levels, *category.lumped, MISSING_LEVEL])]
            if MISSING_LEVEL not in category.levels:
                gaps = int((cells == MISSING_LEVEL).sum())
                strange = pd.concat([strange, pd.Series([MISSING_LEVEL] * gaps, dtype=object)])
            if len(strange):
                found[name] = {str(level): int(times) for level, times in strange.value_counts().items()}
        return found


def codes(cells: pd.Series[Any], category: Category) -> pd.Series[Any]:
    """The level of each cell: (missing) for a gap; where there is an (other), that for rare levels and for new ones."""
    texts = _texts(cells, category)
    if category.lumped:
        known = {*category.levels, MISSING_LEVEL}
        texts = texts.where(texts.isin(list(known)), OTHER_LEVEL)
    return texts


def _texts(cells: pd.Series[Any], category: Category) -> pd.Series[Any]:
    texts = cells.astype(object)
    if cells.hasnans:
        texts = texts.where(cells.notna(), MISSING_LEVEL)
    if not isinstance(cells.dtype, pd.StringDtype):
        texts = texts.map(str)
    return texts.str.lower().replace({"1": "true", "0": "false"}) if category.boolean else texts


class _Rows:
    """The atoms of an encoding on the rows of a frame, each worked out once."""

    def __init__(self, encoding: Encoding, frame: pd.DataFrame) -> None:
        self._encoding, self._frame = encoding, frame
        self._known: dict[Atom, Vector] = {}
        self._codes: dict[str, pd.Series[Any]] = {}
        self._days: dict[str, Vector] = {}

    def product(self, factors: Sequence[Atom]) -> Vector:
        out = self.value(factors[0])
        for factor in factors[1:]:
            out = out * self.value(factor)
        return out

    def value(self, atom: Atom) -> Vector:
        if atom not in self._known:
            self._known[atom] = self._worked_out(atom)
        return self._known[atom]

    def _worked_out(self, atom: Atom) -> Vector:
        match atom:
            case Number(column):
                return self._filled(atom, self._frame[column].to_numpy(dtype=np.float64))
            case Part(column, part):
                return self._filled(atom, dates.part_of(self._day(column), part))
            case Level(column, level):
                return np.asarray((self._code(column) == level).to_numpy(), dtype=np.float64)
            case Gap(column):
                return np.asarray(self._frame[column].isna().to_numpy(), dtype=np.float64)
            case Constant(value):
                return np.full(len(self._frame), value)
            case Call(function, arguments):
                with np.errstate(all="ignore"):
                    return np.asarray(FUNCTIONS[function](*map(self.value, arguments)))
            case Poly(argument, degree):
                return self._encoding.polynomials[argument].at(self.value(argument), degree)

    def _filled(self, atom: Atom, values: Vector) -> Vector:
        fill = self._encoding.fills.get(atom)
        return values if fill is None else np.where(np.isnan(values), fill, values)

    def _code(self, column: str) -> pd.Series[Any]:
        if column not in self._codes:
            self._codes[column] = codes(self._frame[column], self._encoding.categories[column])
        return self._codes[column]

    def _day(self, column: str) -> Vector:
        if column not in self._days:
            self._days[column] = dates.days_of(self._frame[column], self._encoding.styles[column])
        return self._days[column]
