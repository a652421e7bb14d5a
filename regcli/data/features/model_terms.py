"""The target and the terms of a model, before the columns' levels are known: what a formula is read into."""

from __future__ import annotations

from dataclasses import dataclass

from regcli.data.features.terms import Feature


@dataclass(frozen=True)
class Levels:
    """A column that the formula takes as levels: C(a)."""

    column: str


Factor = str | Levels | tuple[Feature, ...]
"""A column by whatever its role is, a column as levels, or features of their own."""


@dataclass(frozen=True)
class Formula:
    """The target, and the terms as products of factors."""

    target: str
    terms: tuple[tuple[Factor, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the terms need."""
        return tuple(dict.fromkeys(name for term in self.terms for factor in term for name in factor_columns(factor)))

    @property
    def numbers(self) -> frozenset[str]:
        """The columns that stand inside functions, and so must be numbers."""
        inside = (one for term in self.terms for one in term if isinstance(one, tuple))
        return frozenset(name for features in inside for one in features for name in one.sources)


def factor_columns(factor: Factor) -> tuple[str, ...]:
    """The columns of the file that a factor needs."""
    if isinstance(factor, str):
        return (factor,)
    return (
        (factor.column,) if isinstance(factor, Levels) else tuple(dict.fromkeys(n for f in factor for n in f.sources))
    )
