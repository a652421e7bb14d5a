"""What a column of the design is made of: products of numbers, level indicators, parts of dates and functions.

Every atom is a frozen value that can be written as JSON, read back, and spelled in another language (regcli.export).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError, shortened

Vector = NDArray[np.float64]

MISSING_LEVEL = "(missing)"
OTHER_LEVEL = "(other)"
DEEPEST = 50
"""Atoms are nested no deeper."""
VANISHED = 1e-20
"""A polynomial whose mean square is this share of its reach is 0 at all values, but for rounding."""


@dataclass(frozen=True)
class Number:
    """The number in a column, gaps filled."""

    column: str


@dataclass(frozen=True)
class Level:
    """1 where a column has this level, else 0."""

    column: str
    level: str


@dataclass(frozen=True)
class Gap:
    """1 where a column has no cell, else 0."""

    column: str


@dataclass(frozen=True)
class Part:
    """A part of a date, as `regcli.data.features.dates.part_of` has it, gaps filled."""

    column: str
    part: str


@dataclass(frozen=True)
class Constant:
    """A number that the formula names."""

    value: float


@dataclass(frozen=True)
class Call:
    """A function of `FUNCTIONS` of atoms."""

    function: str
    arguments: tuple[Atom, ...]


@dataclass(frozen=True)
class Poly:
    """The orthogonal polynomial of this degree in an atom, its coefficients learned from the training rows."""

    argument: Atom
    degree: int


Atom = Number | Level | Gap | Part | Constant | Call | Poly


@dataclass(frozen=True)
class Feature:
    """A column of the design: the product of its factors.

    `level` is the level that it marks, if it marks one.
    """

    name: str
    factors: tuple[Atom, ...]
    level: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the file that it is made of."""
        return tuple(dict.fromkeys(name for factor in self.factors for name in columns_of(factor)))


@dataclass(frozen=True)
class Polynomial:
    """Orthogonal polynomials of degrees 1 to d on some rows, by their recurrence: centres (d,) and squared norms (d+2,)
    (Forsythe 1957, Generation and use of orthogonal polynomials for data-fitting)."""

    centres: tuple[float, ...]
    norms: tuple[float, ...]

    @classmethod
    def learn(cls, x: Vector, degree: int, weights: Vector | None = None) -> Polynomial:
        """Those of the values x (n,), which count by `weights` (n,).

        Where there are no more than `degree` different values, the last polynomials are 0.
        """
        weights = np.ones_like(x) if weights is None else weights
        before, now = np.zeros_like(x), np.ones_like(x)
        centres: list[float] = []
        total = float(weights.sum())
        norms = [1.0, total]
        reach = float(np.max(np.abs(x - np.average(x, weights=weights)))) if len(x) else 0.0
        for k in range(degree):
            if norms[-1] == 0:
                centres.append(0.0)
                norms.append(0.0)
                continue
            centres.append(float(x @ (weights * now**2) / norms[-1]))
            before, now = now, (x - centres[k]) * now - norms[-1] / norms[-2] * before * (k > 0)
            norm = float(now @ (weights * now))
            norms.append(norm if norm > VANISHED * total * reach ** (2 * k + 2) else 0.0)
        return cls(tuple(centres), tuple(norms))

    def at(self, x: Vector, degree: int) -> Vector:
        """The polynomial of this degree, of length 1 over the rows that it was learned from."""
        norm = self.norms[degree + 1]
        if norm == 0:
            return np.zeros_like(x)
        before, now = np.zeros_like(x), np.ones_like(x)
        for k in range(degree):
            ratio = self.norms[k + 1] / self.norms[k] if k else 0.0
            before, now = now, (x - self.centres[k]) * now - ratio * before
        return np.asarray(now / math.sqrt(norm))


FUNCTIONS: dict[str, Callable[..., Vector]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "negative": np.negative,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
}
ARITY = {"add": 2, "subtract": 2, "multiply": 2, "divide": 2, "power": 2}


def atom_to_json(atom: Atom) -> dict[str, Any]:
    """The atom as plain values."""
    match atom:
        case Number(column):
            return {"number": column}
        case Level(column, level):
            return {"level": [column, level]}
        case Gap(column):
            return {"missing": column}
        case Part(column, part):
            return {"date": [column, part]}
        case Constant(value):
            return {"constant": value}
        case Call(function, arguments):
            return {"call": [function, *map(atom_to_json, arguments)]}
        case Poly(argument, degree):
            return {"poly": [atom_to_json(argument), degree]}


def atom_from_json(found: Any, depth: int = 0) -> Atom:
    """The atom that plain values stand for; DataError where they stand for none. Nothing in them is executed."""
    if depth > DEEPEST or not isinstance(found, dict) or len(found) != 1:
        raise DataError(f"not a term: {shortened(found)}")
    kind, value = next(iter(found.items()))
    match kind, value:
        case "number", str():
            return Number(value)
        case "level", [str() as column, str() as level]:
            return Level(column, level)
        case "missing", str():
            return Gap(value)
        case "date", [str() as column, ("days" | "hours" | "year" | "month" | "day" | "weekday" | "hour") as part]:
            return Part(column, part)
        case "constant", int() | float() if math.isfinite(value):
            return Constant(float(value))
        case "call", [str() as function, *arguments] if len(arguments) == ARITY.get(function, 1):
            if function in FUNCTIONS:
                return Call(function, tuple(atom_from_json(one, depth + 1) for one in arguments))
        case "poly", [dict() as argument, int() as degree] if 1 <= degree <= 100:
            return Poly(atom_from_json(argument, depth + 1), degree)
    raise DataError(f"not a term: {shortened(found)}")


def columns_of(atom: Atom) -> tuple[str, ...]:
    """The columns of the file that an atom needs."""
    match atom:
        case Number(column) | Level(column) | Gap(column) | Part(column):
            return (column,)
        case Call(_, arguments):
            return tuple(dict.fromkeys(name for one in arguments for name in columns_of(one)))
        case Poly(argument):
            return columns_of(argument)
    return ()


def depth_of(atom: Atom) -> int:
    """How deep an atom is nested."""
    match atom:
        case Call(_, arguments):
            return 1 + max(map(depth_of, arguments), default=0)
        case Poly(argument):
            return 1 + depth_of(argument)
    return 0


def leaves(atom: Atom) -> tuple[Atom, ...]:
    """The atoms without parts that an atom is made of."""
    match atom:
        case Call(_, arguments):
            return tuple(leaf for one in arguments for leaf in leaves(one))
        case Poly(argument):
            return leaves(argument)
    return (atom,)


def polynomials_in(atom: Atom) -> tuple[Poly, ...]:
    """The polynomials anywhere in an atom, the inner ones first."""
    match atom:
        case Call(_, arguments):
            return tuple(found for one in arguments for found in polynomials_in(one))
        case Poly(argument):
            return (*polynomials_in(argument), atom)
    return ()


def plain(column: str) -> Feature:
    """A column of numbers as it stands in the file."""
    return Feature(column, (Number(column),))


def product(*features: Feature) -> Feature:
    """The product of features, named as R names it: a:b."""
    levels = [one.level for one in features if one.level is not None]
    factors = tuple(factor for one in features for factor in one.factors)
    return Feature(":".join(one.name for one in features), factors, ":".join(levels) if levels else None)


def power(feature: Feature, degree: int) -> Feature:
    """A power of a feature."""
    return Feature(f"{feature.name}^{degree}", feature.factors * degree)
