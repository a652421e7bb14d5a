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
from regcli.export.parts import cannot, heading, kept_levels, needs_cell, plain_text, shares
from regcli.specs import LINKS

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "^"}
_PARTS = {"year": "lt$year + 1900", "month": "lt$mon + 1", "day": "lt$mday", "weekday": "(lt$wday + 6) %% 7 + 1"}
_NUMBER = """
  number <- function(x) as.numeric(if (is.factor(x)) as.character(x) else x)"""
_FILLED = """
  filled <- function(x, fill) ifelse(is.na(x), fill, x)"""
_TEXT = """
  text <- function(x) {
    x <- if (is.numeric(x)) ifelse(is.na(x), NA, sprintf("%.15g", x)) else trimws(as.character(x))
    ifelse(is.na(x) | x == "", NA, x)
  }
  code <- function(x) { x <- text(x); ifelse(is.na(x), "(missing)", x) }"""
_TRUTH = """
  truth <- function(x) { x <- tolower(x); ifelse(x == "1", "true", ifelse(x == "0", "false", x)) }"""
_DATES = """
  days <- function(x) {
    pattern <- paste0("^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:[.][0-9]+)?))?",
                      "(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))?)?$")
    found <- regmatches(x <- text(x), regexec(pattern, x, perl = TRUE))
    piece <- function(place) vapply(found, function(one) if (length(one) < 9) NA_character_ else one[place], "")
    amount <- function(place) { y <- piece(place); as.numeric(ifelse(y == "", "0", y)) }
    seconds <- amount(3) * 3600 + amount(4) * 60 + amount(5)
    away <- ifelse(piece(7) == "-", -1, 1) * (amount(8) * 3600 + amount(9) * 60)
    as.numeric(as.Date(piece(2))) + (seconds - away) / 86400
  }"""
_POLY = """
  poly_at <- function(x, degree, centres, norms) {
    if (norms[degree + 2] == 0) return(0 * x)
    before <- 0 * x; now <- before + 1
    for (k in seq_len(degree)) {
      ratio <- if (k > 1) norms[k + 1] / norms[k] else 0
      following <- (x - centres[k]) * now - ratio * before
      before <- now; now <- following
    }
    now / sqrt(norms[degree + 2])
  }"""


def to_r(model: Model) -> str:
    """The function's text: `predict_model(data)` gives a numeric vector, of several classes a matrix with a column for
    each, NA where there is no prediction.

    Raises UsageError for dates that are not written as 2026-01-31.
    """
    writer = _Writer(model)
    terms = []
    outs = [f"out{k + 1}" for k in range(len(model.classes))] if model.several else ["out"]
    for k, out in enumerate(outs):
        terms.append(f"  {out} <- rep({_number(float(model.centres[k]))}, nrow(data))")
        for share in shares(model, k):
            product = " * ".join(map(writer.atom, share.feature.factors))
            terms.append(f"  {out} <- {out} + {_number(share.coefficient)} * ({product} - {_number(share.mean)})")
    lines = [f"# {line}" for line in heading(model)]
    lines += [
        "# Read a file with read.csv(FILE, check.names = FALSE, na.strings = c('', 'NA')).",
        "predict_model <- function(data) {",
        *("".join(writer.helpers).lstrip("\n").splitlines()),
        f"  lacking <- setdiff(c({', '.join(map(_string, model.needed.columns))}), names(data))",
        "  if (length(lacking)) stop('columns are not there: ', paste(lacking, collapse = ', '))",
        *terms,
        *_response(model, outs),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _response(model: Model, outs: list[str]) -> list[str]:
    """From linear predictors to what is predicted."""
    if model.several:
        return [
            f"  out <- cbind({', '.join(outs)})",
            f"  colnames(out) <- c({', '.join(map(_string, model.classes))})",
            "  out <- exp(out - apply(out, 1, max))",
            "  out <- out / rowSums(out)",
            "  out[!is.finite(rowSums(out)), ] <- NA_real_",
            "  out",
        ]
    written = {"logit": ["  out <- ifelse(is.finite(out), plogis(out), NA_real_)"], "log": ["  out <- exp(out)"]}
    return [*written.get(LINKS[model.family], []), "  ifelse(is.finite(out), out, NA_real_)"]


def _number(value: float) -> str:
    return repr(value) if value >= 0 else f"({value!r})"


def _string(text: str) -> str:
    """A string in ASCII: whatever is in it, R reads the same characters."""
    plain_text(text, "r")
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
        self.helpers: dict[str, None] = {}

    def atom(self, atom: Atom) -> str:
        match atom:
            case Number(column):
                self._use(_NUMBER)
                return self._filled(atom, f"number({self._column(column)})")
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
                self._use(_POLY)
                found = self._model.encoding.polynomials[argument]
                centres, norms = (", ".join(map(_number, numbers)) for numbers in (found.centres, found.norms))
                return f"poly_at({self.atom(argument)}, {degree}, c({centres}), c({norms}))"

    def _use(self, *helpers: str) -> None:
        self.helpers |= dict.fromkeys(helpers)

    def _column(self, name: str) -> str:
        return f"data[[{_string(name)}]]"

    def _filled(self, atom: Atom, expression: str) -> str:
        fill = self._model.encoding.fills.get(atom)
        if fill is None:
            return expression
        self._use(_FILLED)
        return f"filled({expression}, {_number(fill)})"

    def _level(self, column: str, level: str) -> str:
        category = self._model.encoding.categories[column]
        self._use(_TEXT)
        text = f"code({self._column(column)})"
        if category.boolean:
            self._use(_TRUTH)
            text = f"truth({text})"
        if level == OTHER_LEVEL and category.lumped:
            known = ", ".join(map(_string, (*kept_levels(category), MISSING_LEVEL)))
            found = f"as.numeric(!({text} %in% c({known})))"
        else:
            found = f"as.numeric({text} == {_string(level)})"
        if needs_cell(self._model, category):
            return f"ifelse(is.na(text({self._column(column)})), NA_real_, {found})"
        return found

    def _part(self, column: str, part: str) -> str:
        if self._model.encoding.styles[column] != "iso":
            raise cannot(f"dates as in {visible(column)}, which are not written as 2026-01-31", "r")
        self._use(_TEXT, _DATES)
        days = f"days({self._column(column)})"
        if part == "days":
            return days
        if part == "hour":
            return f"(round({days} %% 1 * 86400) / 3600)"
        moment = f"as.POSIXlt(floor({days}) * 86400, origin = '1970-01-01', tz = 'UTC')"
        return f"local({{ lt <- {moment}; {_PARTS[part]} }})"

    def _call(self, function: str, arguments: list[str]) -> str:
        if function in _SIGNS:
            return f"({arguments[0]} {_SIGNS[function]} {arguments[1]})"
        return f"(-{arguments[0]})" if function == "negative" else f"{function}({arguments[0]})"
