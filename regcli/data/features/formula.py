"""A formula as typed: the target and the terms, each a list of columns and functions of columns.

formulaic reads the operators (a*b, (a+b)^2, a-b); the functions inside are read here, as a tree of `FUNCTIONS` with
numbers and columns at its leaves. Nothing is evaluated as code.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence

from regcli.data.features.model_terms import Factor, Formula, Levels
from regcli.data.features.terms import (
    ARITY,
    DEEPEST,
    FUNCTIONS,
    Atom,
    Call,
    Constant,
    Feature,
    Number,
    Poly,
    columns_of,
    depth_of,
)
from regcli.errors import UsageError, listed, nearest, shortened, visible

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
}  # fmt: skip
_QUOTED = re.compile(r"`([^`]*)`")
_EVERYTHING = re.compile(r"(?<![\w.)\]])\.(?![\w.])")
_PLAIN = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_OTHERS = "poly, C, I"
MOST_POLY = 20
MOST_TERMS = 100_000


def parsed(text: str, names: Sequence[str], apart: Sequence[str] = ()) -> Formula:
    """The formula over the columns `names`; `.` stands for all of them but the target and those `apart`.

    Raises UsageError where it cannot be read, for a column that the file lacks, and without formulaic.
    """
    try:
        import formulaic
        from formulaic.errors import FormulaParsingError
    except ImportError:
        raise UsageError("formulas need one more package", hint="pip install 'regcli[formula]'") from None
    left, mark, right = text.partition("~")
    if not mark or not left.strip() or "~" in right:
        raise UsageError(f"--formula is TARGET ~ TERMS, not {shortened(text)}", hint="--formula 'y ~ a + b'")
    target = _target(left.strip().strip("`"), names)
    rest = [name for name in names if name not in (target, *apart)]
    places = _Places(names)
    pieces = _QUOTED.split(right)
    everything = f"({' + '.join(map(places.of, rest))})"
    pieces[::2] = [_EVERYTHING.sub(lambda _: everything, piece) for piece in pieces[::2]]
    pieces[1::2] = [places.of(piece) for piece in pieces[1::2]]
    spelled = "".join(pieces)
    _check_powers(spelled)
    try:
        terms = list(formulaic.Formula(spelled, _ordering="none"))
    except (FormulaParsingError, SyntaxError, ValueError, TypeError, RecursionError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UsageError(f"--formula {shortened(text)} cannot be read: {visible(first)[:200]}") from None
    found: dict[tuple[Factor, ...], None] = {}
    constant = False
    for term in terms:
        if not hasattr(term, "factors"):
            raise UsageError(f"--formula {shortened(text)} has several parts: one target ~ terms is needed")
        factors = [factor.expr for factor in term.factors]
        if factors == ["1"]:
            constant = True
            continue
        found[tuple(_factor(expression, names, places) for expression in factors)] = None
    if not constant:
        raise UsageError("--formula takes the intercept out", hint="--no-intercept, and no 0 or -1 in the formula")
    formula = Formula(target, tuple(found))
    if target in formula.columns:
        raise UsageError(f"--formula has the target {shortened(target)} among its terms")
    if not formula.terms:
        raise UsageError("--formula has no terms", hint=f"--formula '{target} ~ .'")
    return formula


def _target(name: str, names: Sequence[str]) -> str:
    if name not in names and "(" in name:
        raise UsageError(f"--formula: the target is a column as it is, not {shortened(name)}")
    return known_name(name, names)


class _Places:
    """Words that stand for quoted names while others read the formula, so that any name may be quoted."""

    def __init__(self, names: Sequence[str]) -> None:
        self._taken = set(names)
        self._names: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The word for a name: itself where it is read as it stands."""
        if _PLAIN.fullmatch(name) and not any(map(keyword.iskeyword, name.split("."))):
            return name
        word = f"quoted_{len(self._names)}_"
        while word in self._taken:
            word += "_"
        known = {name: word for word, name in self._names.items()}
        if name in known:
            return known[name]
        self._names[word] = name
        return word

    def name(self, word: str) -> str:
        """The name that a word stands for, or the word itself."""
        return self._names.get(word, word)

    def shown(self, text: str) -> str:
        """A text with the names in the place of their words."""
        return re.sub(r"\w+", lambda match: self.name(match[0]), text)


def _check_powers(text: str) -> None:
    """UsageError for a power of terms, (a+b)**9, that would take all memory to write out."""
    outside, before = text, ""
    while outside != before:
        before, outside = outside, re.sub(r"[A-Za-z_]\w*\([^()]*\)|\{[^{}]*\}", "f", outside)
    powers = [int(digits[:9]) for digits in re.findall(r"(?:\*\*|\^)\s*([0-9]+)", outside)]
    terms = 1 + outside.count("+")
    if powers and terms ** min(max(powers), 50) > MOST_TERMS:
        raise UsageError(
            f"--formula: a power of {max(powers)} makes too many terms", hint="I(a ** 2) for the square of a"
        )


def _factor(text: str, names: Sequence[str], places: _Places) -> Factor:
    """A factor as formulaic spells it: the name of a column, or an expression."""
    if places.name(text) != text or text in names:
        return known_name(places.name(text), names)
    shown = places.shown(text)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        reader = _Reader(places, names, shown)
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
            if tree.func.id == "C" and len(tree.args) == 1:
                return Levels(reader.column(tree.args[0]))
            if tree.func.id == "poly":
                return reader.polynomial(tree.args)
        atom = reader.atom(tree)
        deep = depth_of(atom) > DEEPEST - 5
    except (SyntaxError, ValueError, MemoryError):
        raise UsageError(f"--formula: {shortened(shown)} is neither a column nor a function of columns") from None
    except RecursionError:
        deep = True
    if deep:
        raise UsageError(f"--formula: {shortened(shown)} is nested too deep")
    if not columns_of(atom):
        raise UsageError(f"--formula: {shortened(shown)} has no column in it")
    name = shown[2:-1] if text.startswith("I(") else shown
    return (Feature(name, (atom,)),)


def known_name(name: str, names: Sequence[str]) -> str:
    """`name` itself when the file has it; else UsageError with the nearest name."""
    if name in names:
        return name
    near = nearest(name, names)
    raise UsageError(
        f"--formula: no column {shortened(name)} among {len(names)}: {listed(list(names))}",
        hint=f"{near} in the formula" if near else None,
    )


class _Reader:
    """Reads an expression over columns; `text` is how it is shown."""

    def __init__(self, places: _Places, names: Sequence[str], text: str) -> None:
        self._places, self._names, self._text = places, names, text

    def column(self, tree: ast.expr) -> str:
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return known_name(tree.value, self._names)
        word = ast.unparse(tree) if isinstance(tree, ast.Name | ast.Attribute) else ""
        if not word:
            raise self._unreadable()
        return known_name(self._places.name(word), self._names)

    def polynomial(self, arguments: Sequence[ast.expr]) -> tuple[Feature, ...]:
        degree = arguments[1].value if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) else None
        if not isinstance(degree, int) or not 1 <= degree <= MOST_POLY:
            raise UsageError(f"--formula: poly takes a column and a degree from 1 to {MOST_POLY}", hint="poly(a, 2)")
        inner = self.atom(arguments[0])
        name = self._text
        return tuple(Feature(f"{name}[{k}]", (Poly(inner, k),)) for k in range(1, degree + 1))

    def atom(self, tree: ast.expr) -> Atom:
        match tree:
            case ast.Constant(value) if isinstance(value, int | float) and not isinstance(value, bool):
                return Constant(float(value))
            case ast.UnaryOp(ast.USub(), operand):
                return Call("negative", (self.atom(operand),))
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.atom(operand)
            case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
                return Call(_OPERATORS[type(operator)], (self.atom(left), self.atom(right)))
            case ast.Call(ast.Name("I"), [inner], []):
                return self.atom(inner)
            case ast.Call(ast.Name(function), arguments, []):
                return self._call(function, arguments)
            case ast.Name() | ast.Attribute():
                return Number(self.column(tree))
        raise self._unreadable()

    def _call(self, function: str, arguments: Sequence[ast.expr]) -> Atom:
        if function not in FUNCTIONS or function in ARITY or function == "negative" or len(arguments) != 1:
            raise self._unreadable()
        return Call(function, (self.atom(arguments[0]),))

    def _unreadable(self) -> UsageError:
        functions = ", ".join(name for name in FUNCTIONS if name not in ARITY and name != "negative")
        hint = "** for powers" if "^" in self._text else "names with blanks or signs in `backticks`"
        return UsageError(
            f"--formula: {shortened(self._text)} cannot be read: known are + - * / **, {functions}, {_OTHERS}",
            hint=hint,
        )
