"""A model as an R function of a data frame, base R only."""

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
from regcli.errors import visible
from regcli.export.parts import bounded, cannot, heading, kept_levels, needs_cell, shares

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "^"}
_PARTS = {"year": "lt$year + 1900", "month": "lt$mon + 1", "day": "lt$mday", "weekday": "(lt$wday + 6) %% 7 + 1"}
_POLY = """
  poly_at <- function(x, degree, centres, norms) {
    before <- 0 * x; now <- before + 1
    for (k in seq_len(degree)) {
      ratio <- if (k > 1) norms[k + 1] / norms[k] else 0
      following <- (x - centres[k]) * now - ratio * before
      before <- now; now <- following
    }
    if (norms[degree + 2] > 0) now / sqrt(norms[degree + 2]) else 0 * x
  }"""


def to_r(model: Model) -> str:
    """The function's text: `predict_model(data)` gives a numeric vector, NA where there is no prediction.

    Raises UsageError for dates that are not written as 2026-01-31.
    """
    writer = _Writer(model)
    terms = []
    for share in shares(model):
        product = " * ".join(map(writer.atom, share.feature.factors))
        terms.append(f"  out <- out + {_number(share.coefficient)} * ({product} - {_number(share.mean)})")
    lines = [f"# {line}" for line in heading(model)]
    lines += [
        "# Read a file with read.csv(FILE, check.names = FALSE, na.strings = c('', 'NA')).",
        "predict_model <- function(data) {",
        "  filled <- function(x, fill) ifelse(is.na(x), fill, x)",
    ]
    lines += [_POLY.lstrip("\n")] if writer.polynomials else []
    lines += [f"  out <- rep({_number(model.centre)}, nrow(data))", *terms]
    lines += ["  ifelse(is.finite(out), out, NA_real_)", "}"]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return repr(value) if value >= 0 else f"({value!r})"


def _string(text: str) -> str:
    """A string in ASCII: whatever is in it, R reads the same characters."""
    if "\0" in text:
        raise cannot("a name that holds NUL", "r")
    out = []
    for char in text:
        if char in '"\\':
            out.append(f"\\{char}")
        elif " " <= char <= "~":
            out.append(char)
        else:
            out.append(f"\\U{{{ord(char):08x}}}" if ord(char) > 0xFFFF else f"\\u{{{ord(char):04x}}}")
    return f'"{"".join(out)}"'


class _Writer:
    def __init__(self, model: Model) -> None:
        self._model = model
        self.polynomials = False

    def atom(self, atom: Atom) -> str:
        """The atom as an expression."""
        return bounded(self._spelled(atom), "r")

    def _spelled(self, atom: Atom) -> str:
        match atom:
            case Number(column):
                return self._filled(atom, f"as.numeric({self._column(column)})")
            case Level(column, level):
                return self._level(column, level)
            case Gap(column):
                return f"as.numeric(is.na({self._column(column)}))"
            case Part(column, part):
                return self._filled(atom, self._part(column, part))
            case Constant(value):
                return _number(value)
            case Call(function, arguments):
                return self._call(function, [self.atom(one) for one in arguments])
            case Poly(argument, degree):
                self.polynomials = True
                found = self._model.encoding.polynomials[argument]
                centres, norms = (", ".join(map(_number, numbers)) for numbers in (found.centres, found.norms))
                return f"poly_at({self.atom(argument)}, {degree}, c({centres}), c({norms}))"

    def _column(self, name: str) -> str:
        return f"data[[{_string(name)}]]"

    def _filled(self, atom: Atom, expression: str) -> str:
        fill = self._model.encoding.fills.get(atom)
        return expression if fill is None else f"filled({expression}, {_number(fill)})"

    def _level(self, column: str, level: str) -> str:
        category = self._model.encoding.categories[column]
        name = self._column(column)
        text = f"tolower(as.character({name}))" if category.boolean else f"as.character({name})"
        if level == MISSING_LEVEL:
            return f"as.numeric(is.na({name}))"
        if level == OTHER_LEVEL and category.lumped:
            known = ", ".join(map(_string, kept_levels(category)))
            found = f"as.numeric(!is.na({name}) & !({text} %in% c({known})))"
        else:
            found = f"as.numeric({text} %in% {_string(level)})"
        return f"ifelse(is.na({name}), NA_real_, {found})" if needs_cell(self._model, category) else found

    def _part(self, column: str, part: str) -> str:
        if self._model.encoding.styles[column] != "iso":
            raise cannot(f"dates as in {visible(column)}, which are not written as 2026-01-31", "r")
        text = f"sub('T', ' ', as.character({self._column(column)}))"
        formats = "c('%Y-%m-%d %H:%M:%OS', '%Y-%m-%d %H:%M', '%Y-%m-%d')"
        read = f"as.POSIXct(x, tz = 'UTC', tryFormats = {formats}, optional = TRUE)"
        whole = f"vapply({text}, function(x) as.numeric({read}), 0)"
        if part == "days":
            return f"unname({whole} / 86400)"
        if part == "hour":
            return f"unname(round({whole} %% 86400) / 3600)"
        moment = f"as.POSIXlt(floor({whole} / 86400) * 86400, origin = '1970-01-01', tz = 'UTC')"
        return f"local({{ lt <- {moment}; {_PARTS[part]} }})"

    def _call(self, function: str, arguments: list[str]) -> str:
        if function in _SIGNS:
            return f"({arguments[0]} {_SIGNS[function]} {arguments[1]})"
        return f"(-{arguments[0]})" if function == "negative" else f"{function}({arguments[0]})"
