"""A model as one SQL expression, for a SELECT over a table with the columns of the file."""

from __future__ import annotations

from collections.abc import Sequence

from regcli.artifact import Model
from regcli.data.features.encoding import Category
from regcli.data.features.terms import (
    MISSING_LEVEL,
    OTHER_LEVEL,
    Atom,
    Call,
    Constant,
    Gap,
    Level,
    Number,
    Part,
    Poly,
    leaves,
)
from regcli.export.dialects import DIALECTS, Dialect, number
from regcli.export.parts import cannot, heading, kept_levels, needs_cell, shares
from regcli.export.sql_dates import part_in_sql
from regcli.specs import LINKS
from regcli.specs.checks import member

DEEPEST = 10
"""Polynomials of a higher degree are not spelled out."""
LONGEST = 1 << 20
"""Nor are features of more characters: x stands twice in many a function, four times in two of them, and so on."""
MOST_TERMS = 200
"""More terms are added up in groups: SQLite and DuckDB allow no expression to be nested 1,000 deep, as a sum is."""

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*"}
_BUILT_IN = {*_SIGNS, "divide", "negative", "abs"}
_DIGITS = {"true": "1", "false": "0"}


def to_sql(model: Model, dialect: str | None = None) -> str:
    """The expression, under comment lines that name the columns; of several classes a query with a column for each.

    Raises UsageError for an unknown dialect, and for dates and polynomials that it cannot express.
    """
    name = dialect or "standard"
    member("--dialect", name, tuple(DIALECTS))
    writer = _Writer(model, DIALECTS[name])
    lines = [f"-- {line}" for line in (*heading(model), *_remarks(model, name))]
    if model.several:
        return "\n".join([*lines, *_of_classes(model, writer), ""])
    linear = _linear(model, writer, 0)
    if LINKS[model.family] == "identity":
        return "\n".join([*lines, *linear, ""])
    return "\n".join([*lines, writer.response("\n".join(linear), model.family), ""])


def _linear(model: Model, writer: _Writer, output: int) -> list[str]:
    """The lines of a linear predictor."""
    terms = [number(float(model.centres[output]))]
    for share in shares(model, output):
        feature = " * ".join(map(writer.atom, share.feature.factors))
        terms.append(f"{number(share.coefficient)} * ({_bounded(feature)} - {number(share.mean)})")
    return ["(", *_sum(terms), ")"]


def _of_classes(model: Model, writer: _Writer) -> list[str]:
    """A query with a column for each class: exp(f) over the sum of all exp(f), each as 1 over a sum of differences."""
    names = [f"f{k + 1}" for k in range(len(model.classes))]
    columns = []
    for name, of in zip(names, model.classes, strict=True):
        others = [writer.exp(f"({other} - {name})") for other in names if other != name]
        share = f"1e0 / ({' + '.join(['1e0', *others])})"
        columns.append(f"  {share} AS {writer.column(f'prediction[{of}]')}")
    inner = [
        "\n".join([*_linear(model, writer, k)[:-1], f") AS {name}"]) for k, name in enumerate(names)
    ]  # fmt: skip
    return ["SELECT", ",\n".join(columns), "FROM (SELECT", ",\n".join(inner), "FROM the_table) AS linear_predictors"]


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise cannot("a feature that is spelled out in over a million characters", "sql")
    return text


def _sum(terms: Sequence[str]) -> list[str]:
    """The lines of a sum."""
    if len(terms) > MOST_TERMS:
        groups = [terms[at : at + MOST_TERMS] for at in range(0, len(terms), MOST_TERMS)]
        return _sum(["\n".join(["(", *_sum(group), "  )"]) for group in groups])
    return [f"  {term}" if place == 0 else f"  + {term}" for place, term in enumerate(terms)]


def _remarks(model: Model, name: str) -> list[str]:
    """What is to be known of the table and of the database."""
    use = "SELECT (the expression below) AS prediction FROM the_table"
    use = "the query below with the name of your table in the place of the_table" if model.several else use
    found = [f"Use: {use}; a missing cell is NULL there"]
    atoms = [factor for feature in model.needed.features for factor in feature.factors]
    if name in ("standard", "sqlite") and (LINKS[model.family] != "identity" or any(map(_needs_library, atoms))):
        found.append("SQLite needs its math functions: 3.35 or later, built with SQLITE_ENABLE_MATH_FUNCTIONS")
    styles = {model.encoding.styles[one.column] for each in atoms for one in leaves(each) if isinstance(one, Part)}
    if "iso" in styles:
        found.append("Dates are written 2026-01-31 or 2026-01-31 13:45:00, or are of the database's own types")
    if "time" in styles:
        found.append("Times of day are written 13:45 or 13:45:00, or are of the database's own type")
    return found


def _needs_library(atom: Atom) -> bool:
    if isinstance(atom, Poly):
        return _needs_library(atom.argument)
    return isinstance(atom, Call) and (
        (atom.function not in _BUILT_IN and _square(atom) is None) or any(map(_needs_library, atom.arguments))
    )


def _square(atom: Call) -> int | None:
    """The exponent of a power that is written as a product, which every database has."""
    if atom.function == "power" and isinstance(atom.arguments[1], Constant) and atom.arguments[1].value in (2, 3, 4):
        return int(atom.arguments[1].value)
    return None


class _Writer:
    def __init__(self, model: Model, dialect: Dialect) -> None:
        self._model, self._dialect = model, dialect

    def atom(self, atom: Atom) -> str:
        return _bounded(self._spelled(atom))

    def column(self, name: str) -> str:
        return self._dialect.column(name)

    def exp(self, x: str) -> str:
        """EXP that is 0 or very large where a double cannot hold it."""
        if self._dialect.unbounded:
            return f"EXP({x})"
        return f"CASE WHEN {x} < -708e0 THEN 0e0 WHEN {x} > 709e0 THEN 1e308 ELSE EXP({x}) END"

    def response(self, x: str, family: str) -> str:
        """What a linear predictor stands for: a probability, or an expected count."""
        if family == "binomial":
            return f"(1e0 / (1e0 + {self.exp(f'(-{x})')}))"
        return f"({self._function('exp', x)})"

    def _spelled(self, atom: Atom) -> str:
        match atom:
            case Number(column):
                return self._filled(atom, self._dialect.number(column))
            case Level(column, level):
                return self._level(column, level)
            case Gap(column):
                return f"CASE WHEN {self._cell(column)} IS NULL THEN 1e0 ELSE 0e0 END"
            case Part(column):
                return self._filled(atom, part_in_sql(atom, self._model.encoding.styles[column], self._dialect))
            case Constant(value):
                return number(value)
            case Call():
                return self._call(atom)
            case Poly(argument, degree):
                return self._polynomial(argument, degree)

    def _cell(self, column: str) -> str:
        """What is NULL where the column has no cell."""
        dated = column in self._model.encoding.styles
        return self._dialect.text(column) if dated else self._dialect.number(column)

    def _filled(self, atom: Atom, expression: str) -> str:
        fill = self._model.encoding.fills.get(atom)
        return expression if fill is None else f"COALESCE({expression}, {number(fill)})"

    def _level(self, column: str, level: str) -> str:
        category = self._model.encoding.categories[column]
        text, gap = self._dialect.text(column), self._dialect.string(MISSING_LEVEL)
        code = f"LOWER({text})" if category.boolean else text
        if level == MISSING_LEVEL:
            known = f"COALESCE({code}, {gap}) = {gap}"
        elif level == OTHER_LEVEL and category.lumped:
            known = f"COALESCE({code}, {gap}) NOT IN ({', '.join([*self._strings(category), gap])})"
        elif category.boolean:
            known = f"{code} IN ({', '.join(map(self._dialect.string, _spellings(level)))})"
        else:
            known = f"{code} = {self._dialect.string(level)}"
        none = f"WHEN {text} IS NULL THEN NULL " if needs_cell(self._model, category) else ""
        return f"CASE {none}WHEN {known} THEN 1e0 ELSE 0e0 END"

    def _strings(self, category: Category) -> list[str]:
        kept = kept_levels(category)
        spelled = [word for level in kept for word in _spellings(level)] if category.boolean else kept
        return list(map(self._dialect.string, spelled))

    def _call(self, call: Call) -> str:
        x, *others = map(self.atom, call.arguments)
        if call.function in _SIGNS:
            return f"({x} {_SIGNS[call.function]} {others[0]})"
        if call.function == "divide":
            return f"({x} / NULLIF({others[0]}, 0e0))"
        if call.function == "power":
            times = _square(call)
            return f"({' * '.join([x] * times)})" if times else _power(x, others[0], call.arguments[1])
        return self._function(call.function, x)

    def _function(self, function: str, x: str) -> str:
        """NULL where the function has no finite value: some databases give up the whole query there."""
        log = self._dialect.log
        more = f"(1e0 + {x})"
        # Near 0 exact to rounding, which LN(1 + x) is not: Goldberg 1991, theorem 4
        log1p = f"CASE WHEN {more} = 1e0 THEN {x} ELSE {log}({more}) * {x} / ({more} - 1e0) END"
        exp = f"CASE WHEN {x} < -708e0 THEN 0e0 WHEN {x} <= 709e0 THEN EXP({x}) END"
        written = {
            "negative": f"(-{x})",
            "log": f"CASE WHEN {x} > 0e0 THEN {log}({x}) END",
            "log2": f"(CASE WHEN {x} > 0e0 THEN {log}({x}) END / {number(0.6931471805599453)})",
            "log10": f"CASE WHEN {x} > 0e0 THEN LOG10({x}) END",
            "log1p": f"CASE WHEN {x} > (-1e0) THEN {log1p} END",
            "sqrt": f"CASE WHEN {x} >= 0e0 THEN SQRT({x}) END",
            "exp": f"EXP({x})" if self._dialect.unbounded else exp,
        }
        return written.get(function) or f"{function.upper()}({x})"

    def _polynomial(self, argument: Atom, degree: int) -> str:
        if degree > DEEPEST:
            raise cannot(f"a polynomial of degree {degree}", "sql")
        x = self.atom(argument)
        found = self._model.encoding.polynomials[argument]
        if found.norms[degree + 1] == 0:
            return f"(0e0 * {x})"
        before, now = "0e0", "1e0"
        for k in range(degree):
            following = f"({x} - {number(found.centres[k])}) * {now}"
            if k:
                following += f" - {number(found.norms[k + 1] / found.norms[k])} * {before}"
            before, now = now, _bounded(f"({following})")
        return f"({now} / {number(found.norms[degree + 1] ** 0.5)})"


def _spellings(level: str) -> list[str]:
    """True and false as databases without such a type have them: 1 and 0."""
    return [level, _DIGITS[level]] if level in _DIGITS else [level]


def _power(x: str, y: str, exponent: Atom) -> str:
    """A power, NULL where it has no finite value."""
    if not isinstance(exponent, Constant):
        defined = f"{x} > 0e0 OR {x} = 0e0 AND {y} >= 0e0 OR {x} < 0e0 AND {y} = FLOOR({y})"
    elif exponent.value.is_integer():
        defined = "" if exponent.value >= 0 else f"{x} <> 0e0"
    else:
        defined = f"{x} >= 0e0" if exponent.value > 0 else f"{x} > 0e0"
    return f"CASE WHEN {defined} THEN POWER({x}, {y}) END" if defined else f"POWER({x}, {y})"
