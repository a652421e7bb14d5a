"""A model as a Python module without dependencies: one function from a row, a dict, to a number or None."""

from __future__ import annotations

import re

from regcli.artifact import Model
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
)
from regcli.data.reading.parsing import MISSING
from regcli.errors import visible
from regcli.export.parts import cannot, heading, kept_levels, needs_cell, shares

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*"}
_HEAD = '''"""{title}

predict(row) takes a dict with the columns below (numbers as numbers or text; None, "" and the like where there is no
cell) and returns a float, or None where there is no prediction. Numbers are added up in the order in which regcli does:
the results are equal to the last bit, but for functions (log, exp, ...) whose last bit may differ between libraries.

{columns}
"""

import math

MISSING = frozenset({missing})


def _cell(row, name):
    value = row[name]
    if value is None or (isinstance(value, float) and value != value):
        return None
    return None if isinstance(value, str) and value.strip() in MISSING else value


class _NoneError(Exception):
    """There is no prediction."""


def _needed(value):
    if value is None:
        raise _NoneError
    return value


def _math(function, *arguments):
    """As IEEE arithmetic has it: infinite where a function grows beyond all numbers, nan where it has no value."""
    try:
        return function(*arguments)
    except OverflowError:
        return math.inf
    except ValueError:
        if function is math.pow:
            return math.inf if arguments[0] == 0 else math.nan
        pole = -1.0 if function is math.log1p else 0.0
        logarithm = function in (math.log, math.log2, math.log10, math.log1p)
        return -math.inf if logarithm and arguments[0] == pole else math.nan


def _divide(a, b):
    if b:
        return a / b
    return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _number(row, name, fill=None):
    value = _cell(row, name)
    return fill if value is None else float(value)


def _text(row, name):
    value = _cell(row, name)
    if value is None:
        return None
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return str(value).strip()
'''
_DATES = """

def _days(row, name, style):
    import datetime
    import re

    value = _cell(row, name)
    if value is None:
        return None
    text = str(value).strip()
    if style == "time":
        found = re.fullmatch(r"(\\d{1,2}):(\\d\\d)(?::(\\d\\d(?:\\.\\d+)?))?\\s*([aApP][mM])?", text)
        if not found:
            raise ValueError(f"{name}: {text!r} is no time")
        hours = int(found[1])
        if found[4]:
            hours = hours % 12 + (12 if found[4].lower() == "pm" else 0)
        return hours + int(found[2]) / 60 + float(found[3] or 0) / 3600
    if style != "iso":
        year_last = r"(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4}|\\d\\d)"
        found = re.match(r"(\\d{4})[/.](\\d{1,2})[/.](\\d{1,2})" if style == "ymd" else year_last, text)
        if not found:
            raise ValueError(f"{name}: {text!r} is no date")
        parts = [int(part) for part in found.groups()]
        year, month, day = {"ymd": parts, "dmy": parts[::-1], "mdy": [parts[2], parts[0], parts[1]]}[style]
        if len(str(found[1 if style == "ymd" else 3])) == 2:
            year += 1900 if year >= 69 else 2000
        clock = _days({"t": text[found.end():].strip().lstrip("T") or "0:00"}, "t", "time")
        seconds = round(clock * 3600, 6)
        moment = datetime.datetime(year, month, day) + datetime.timedelta(seconds=seconds)
    else:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    since = moment - datetime.datetime(1970, 1, 1)
    return ((since.days * 86400 + since.seconds) * 1000000 + since.microseconds) / (1e6 * 86400.0)


def _part(days, part, fill=None):
    import datetime

    if days is None:
        return fill
    if part in ("days", "hours"):
        return days
    if part == "hour":
        return round((days - math.floor(days)) * 86400.0) / 3600
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=math.floor(days))
    return float(date.isoweekday() if part == "weekday" else getattr(date, part))
"""
_POLY = """

def _poly(x, degree, centres, norms):
    before, now = 0.0, 1.0
    for k in range(degree):
        ratio = norms[k + 1] / norms[k] if k else 0.0
        before, now = now, (x - centres[k]) * now - ratio * before
    return now / math.sqrt(norms[degree + 1]) if norms[degree + 1] > 0 else 0.0
"""


def to_python(model: Model) -> str:
    """The module's text. Raises UsageError for dates with the names of months, which Python alone does not read."""
    writer = _Writer(model)
    body = [f"    out = {_float(model.centre)}"]
    for share in shares(model):
        product = " * ".join(map(writer.atom, share.feature.factors))
        body.append(f"    out += {_float(share.coefficient)} * ({product} - {_float(share.mean)})")
    title, *columns = heading(model)
    settings = model.document.get("settings", {})
    na = settings.get("na", []) if isinstance(settings, dict) else []
    missing = sorted(MISSING | {token for token in na if isinstance(token, str)})
    filled = {"title": _safe(title), "columns": "\n".join(map(_safe, columns)), "missing": ascii(missing)}
    text = re.sub(r"\{(title|columns|missing)\}", lambda match: filled[match[1]], _HEAD)
    text += _DATES if writer.dates else ""
    text += _POLY if writer.polynomials else ""
    lines = ["", "", "def predict(row):", '    """The prediction for a row, or None."""', "    try:"]
    lines += [f"    {line}" for line in (*writer.locals, *body)]
    lines += ["    except (_NoneError, ArithmeticError):", "        return None"]
    lines += ["    return out if math.isfinite(out) else None", ""]
    return text + "\n".join(lines)


def _safe(line: str) -> str:
    """A line inside a docstring: no quote of it can end the string, no backslash begin an escape."""
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace('"', '\\"').rstrip()


def _float(value: float) -> str:
    return repr(value) if value >= 0 else f"({value!r})"


class _Writer:
    """Spells atoms; each is worked out once, as a local variable."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: dict[Atom, str] = {}
        self._columns: dict[tuple[str, str], str] = {}
        self.locals: list[str] = []
        self.dates = self.polynomials = False

    def atom(self, atom: Atom) -> str:
        if atom not in self._known:
            expression = self._spelled(atom)
            self._known[atom] = expression if isinstance(atom, Constant) else self._local(expression)
        return self._known[atom]

    def _local(self, expression: str) -> str:
        name = f"x{len(self.locals)}"
        self.locals.append(f"    {name} = {expression}")
        return name

    def _column(self, kind: str, name: str, expression: str) -> str:
        """A column read once."""
        if (kind, name) not in self._columns:
            self._columns[kind, name] = self._local(expression)
        return self._columns[kind, name]

    def _spelled(self, atom: Atom) -> str:
        match atom:
            case Number(column):
                return f"_needed(_number(row, {column!a}{self._fill(atom)}))"
            case Level(column, level):
                return self._level(column, level)
            case Gap(column):
                return f"float(_cell(row, {column!a}) is None)"
            case Part(column, part):
                return f"_needed(_part({self._day(column)}, {part!r}{self._fill(atom)}))"
            case Constant(value):
                return _float(value)
            case Call(function, arguments):
                return self._call(function, [self.atom(one) for one in arguments])
            case Poly(argument, degree):
                self.polynomials = True
                found = self._model.encoding.polynomials[argument]
                return f"_poly({self.atom(argument)}, {degree}, {found.centres!r}, {found.norms!r})"

    def _fill(self, atom: Atom) -> str:
        fill = self._model.encoding.fills.get(atom)
        return "" if fill is None else f", {fill!r}"

    def _day(self, column: str) -> str:
        style = self._model.encoding.styles[column]
        if style == "words":
            raise cannot(f"dates with names of months, as in {visible(column)}", "python", "dates as 2026-01-31")
        self.dates = True
        return self._column("days", column, f"_days(row, {column!a}, {style!r})")

    def _level(self, column: str, level: str) -> str:
        category = self._model.encoding.categories[column]
        text = f"_text(row, {column!a})"
        if needs_cell(self._model, category):
            text = f"_needed({text})"
        text = self._column("text", column, text)
        if level == MISSING_LEVEL:
            return f"float({text} is None)"
        if level == OTHER_LEVEL and category.lumped:
            return f"float({text} is not None and {text} not in {kept_levels(category)!a})"
        if category.boolean:
            return f"float({text} is not None and {text}.lower() == {level!a})"
        return f"float({text} == {level!a})"

    def _call(self, function: str, arguments: list[str]) -> str:
        if function in _SIGNS:
            return f"{arguments[0]} {_SIGNS[function]} {arguments[1]}"
        if function == "divide":
            return f"_divide({arguments[0]}, {arguments[1]})"
        if function == "negative":
            return f"-{arguments[0]}"
        name = {"power": "math.pow", "abs": "abs"}.get(function, f"math.{function}")
        return f"_math({name}, {', '.join(arguments)})"
