"""A model as a Python module without dependencies: one function from a row, a dict, to a number or None."""

from __future__ import annotations

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
from regcli.data.reading.c_reader import MISSING
from regcli.errors import visible
from regcli.export.parts import cannot, heading, kept_levels, needs_cell, shares
from regcli.specs import LINKS

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*"}
_HEAD = '''"""{title}

predict(row) takes a dict with the columns below (numbers as numbers or text; None, "" and the like where there is no
cell) and returns {returned}, or None where there is no prediction.
Numbers are added up in the order in which regcli does: the results are equal to the last bit, but for functions (log,
exp, ...) whose last bit may differ between libraries.

{columns}
"""

import math

MISSING = frozenset({missing})


class _NoneError(Exception):
    """There is no prediction."""


def _needed(value):
    if value is None:
        raise _NoneError
    return value


def _cell(row, name):
    value = row[name]
    if value is None or (isinstance(value, float) and value != value):
        return None
    return None if isinstance(value, str) and value.strip() in MISSING else value


def _number(row, name, fill=None):
    value = _cell(row, name)
    if value is None:
        return fill
    try:
        if not (isinstance(value, str) and "_" in value):
            return float(value)
    except ValueError:
        pass
    raise ValueError("%s: %r is no number" % (name, value))


def _text(row, name):
    value = _cell(row, name)
    if value is None:
        return None
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return str(value).strip()
'''
_DATES = r"""

def _hours(name, text):
    import re

    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?\s*([aApP][mM])?", text.strip())
    if found:
        hours = int(found[1])
        if found[4]:
            hours = hours % 12 + (12 if found[4].lower() == "pm" else 0)
        hours = hours + int(found[2]) / 60 + float(found[3] or 0) / 3600
        if hours <= 24:
            return hours
    raise ValueError("%s: %r is no time" % (name, text))


def _moment(name, text, style):
    import datetime
    import re

    if style == "iso":
        found = re.fullmatch(r"([0-9]{4})(?:[-/]([0-9]{1,2})(?:[-/]([0-9]{1,2})([T\s].*)?)?)?", text)
        if found:
            year, month, day, clock = found.groups()
            text = "%s-%02d-%02d%s" % (year, int(month or 1), int(day or 1), clock or "")
        moment = datetime.datetime.fromisoformat(text)
        return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
    date = r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{2})"
    if style == "ymd":
        date = r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})"
    found = re.fullmatch(date + r"(?:[T\s]+(.*))?", text)
    if not found:
        raise ValueError
    a, b, c = map(int, found.groups()[:3])
    year, month, day = {"ymd": (a, b, c), "dmy": (c, b, a), "mdy": (c, a, b)}[style]
    if style != "ymd" and len(found[3]) == 2:
        year += 1900 if year >= 69 else 2000
    seconds = round(_hours(name, found[4]) * 3600, 6) if found[4] else 0
    return datetime.datetime(year, month, day) + datetime.timedelta(seconds=seconds)


def _days(row, name, style):
    import datetime

    value = _cell(row, name)
    if value is None:
        return None
    text = str(value).strip()
    if style == "time":
        return _hours(name, text)
    try:
        since = _moment(name, text, style) - datetime.datetime(1970, 1, 1)
    except ValueError:
        raise ValueError("%s: %r is no date" % (name, text)) from None
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
_FUNCTIONS = """

def _log(function, x, pole=0.0):
    return function(x) if x > pole else -math.inf if x == pole else math.nan


def _sqrt(x):
    return math.sqrt(x) if x >= 0 else math.nan


def _exp(x):
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _wave(function, x):
    return function(x) if math.isfinite(x) else math.nan


def _power(x, y):
    odd = x < 0 and math.isfinite(y) and y % 2 == 1
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if odd else math.inf
    except ValueError:
        return math.inf if x == 0 else math.nan


def _divide(x, y):
    if y != 0:
        return x / y
    return math.nan if x == 0 or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)
"""
_TRUTH = """

def _truth(text):
    return {"1": "true", "0": "false"}.get(text, text.lower())
"""
_POLY = """

def _poly(x, degree, centres, norms):
    if norms[degree + 1] == 0:
        return 0.0
    before, now = 0.0, 1.0
    for k in range(degree):
        ratio = norms[k + 1] / norms[k] if k else 0.0
        before, now = now, (x - centres[k]) * now - ratio * before
    return now / math.sqrt(norms[degree + 1])
"""
_FINITE = "    return out if math.isfinite(out) else None"
_RESPONSES = {
    "logit": """

def _response(x):
    if not math.isfinite(x):
        return None
    small = math.exp(-abs(x))
    return (1.0 if x >= 0 else small) / (1.0 + small)
""",
    "log": """

def _response(x):
    try:
        out = math.exp(x)
    except OverflowError:
        return None
    return out if math.isfinite(out) else None
""",
    "softmax": """

def _shares(classes, found):
    if not all(map(math.isfinite, found)):
        return None
    largest = max(found)
    grown = [math.exp(x - largest) for x in found]
    total = sum(grown)
    return dict(zip(classes, [x / total for x in grown]))
""",
}
_SPELLED = {
    "divide": "_divide({}, {})",
    "power": "_power({}, {})",
    "negative": "-{}",
    "log": "_log(math.log, {})",
    "log2": "_log(math.log2, {})",
    "log10": "_log(math.log10, {})",
    "log1p": "_log(math.log1p, {}, -1.0)",
    "exp": "_exp({})",
    "sqrt": "_sqrt({})",
    "abs": "abs({})",
    "sin": "_wave(math.sin, {})",
    "cos": "_wave(math.cos, {})",
}


def to_python(model: Model) -> str:
    """The module's text. Raises UsageError for dates with the names of months, which Python alone does not read."""
    writer = _Writer(model)
    body = []
    outputs = [f"out{k}" for k in range(len(model.classes))] if model.several else ["out"]
    for k, out in enumerate(outputs):
        body.append(f"    {out} = {_float(float(model.centres[k]))}")
        for share in shares(model, k):
            product = " * ".join(map(writer.atom, share.feature.factors))
            body.append(f"    {out} += {_float(share.coefficient)} * ({product} - {_float(share.mean)})")
    said = "The prediction for a row, or None."
    lines = ["", "", "def predict(row):", f'    """{said}"""', "    try:"]
    lines += [f"    {line}" for line in (*writer.locals, *body)]
    lines += ["    except (_NoneError, ArithmeticError):", "        return None"]
    link = LINKS[model.family]
    if link != "identity":
        writer.helpers[_RESPONSES[link]] = None
    call = f"_shares({model.classes!a}, [{', '.join(outputs)}])" if model.several else "_response(out)"
    lines += [f"    return {call}" if link != "identity" else _FINITE, ""]
    return "".join((_head(model), *writer.helpers)) + "\n".join(lines)


def _head(model: Model) -> str:
    title, *columns = map(_safe, heading(model))
    settings = model.document.get("settings", {})
    na = settings.get("na", []) if isinstance(settings, dict) else []
    missing = sorted(MISSING | {token for token in na if isinstance(token, str)})
    returned = "a dict of the probability of each class" if model.several else "a float"
    return _HEAD.format(returned=returned, title=title, columns="\n".join(columns), missing=ascii(missing))


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
        self.helpers: dict[str, None] = {}

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
                self.helpers[_POLY] = None
                found = self._model.encoding.polynomials[argument]
                return f"_poly({self.atom(argument)}, {degree}, {found.centres!r}, {found.norms!r})"

    def _fill(self, atom: Atom) -> str:
        fill = self._model.encoding.fills.get(atom)
        return "" if fill is None else f", {fill!r}"

    def _day(self, column: str) -> str:
        style = self._model.encoding.styles[column]
        if style == "words":
            raise cannot(f"dates with names of months, as in {visible(column)}", "python", "dates as 2026-01-31")
        self.helpers[_DATES] = None
        return self._column("days", column, f"_days(row, {column!a}, {style!r})")

    def _level(self, column: str, level: str) -> str:
        category = self._model.encoding.categories[column]
        text = f"_text(row, {column!a})"
        if needs_cell(self._model, category):
            text = f"_needed({text})"
        code = f"{text} or {MISSING_LEVEL!a}"
        if category.boolean:
            self.helpers[_TRUTH] = None
            code = f"_truth({code})"
        code = self._column("level", column, code)
        if level == OTHER_LEVEL and category.lumped:
            return f"float({code} not in {(*kept_levels(category), MISSING_LEVEL)!a})"
        return f"float({code} == {level!a})"

    def _call(self, function: str, arguments: list[str]) -> str:
        if function in _SIGNS:
            return f"{arguments[0]} {_SIGNS[function]} {arguments[1]}"
        self.helpers[_FUNCTIONS] = None
        return _SPELLED[function].format(*arguments)
