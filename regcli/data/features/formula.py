"""A formula as typed: the target and the terms, each a list of columns and functions of columns.

formulaic reads the operators (a*b, (a+b)^2, a-b); the functions inside are read here, as a tree of `FUNCTIONS` with
numbers and columns at its leaves. Nothing is evaluated as code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from regcli.data.columns import known
from regcli.data.features.model_terms import Factor, Formula, Levels
from regcli.data.features.terms import ARITY, FUNCTIONS, Atom, Call, Constant, Feature, Number, Poly, columns_of
from regcli.errors import UsageError, shortened, visible

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
}  # fmt: skip
_QUOTED = re.compile(r"`([^`]*)`")
_EVERYTHING = re.compile(r"(?<![\w.)\]])\.(?![\w.])")
_OTHERS = "poly, C, I"
MOST_POLY = 20


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
    target = known(left.strip().strip("`"), names, "--formula")
    rest = [f"`{name}`" for name in names if name not in (target, *apart) and "`" not in name]
    pieces = _QUOTED.split(right)
    pieces[::2] = [_EVERYTHING.sub(lambda _: f"({' + '.join(rest)})", piece) for piece in pieces[::2]]
    spelled = "".join(f"`{piece}`" if place % 2 else piece for place, piece in enumerate(pieces))
    try:
        terms = list(formulaic.Formula(spelled, _ordering="none"))
    except (FormulaParsingError, SyntaxError, ValueError, TypeError, RecursionError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UsageError(f"--formula {shortened(text)} cannot be read: {visible(first)[:200]}") from None
    found: dict[tuple[Factor, ...], None] = {}
    constant = False
    for term in terms:
        factors = [factor.expr for factor in term.factors]
        if factors == ["1"]:
            constant = True
            continue
        found[tuple(_factor(expression, names) for expression in factors)] = None
    if not constant:
        raise UsageError("--formula takes the intercept out", hint="--no-intercept, and no 0 or -1 in the formula")
    formula = Formula(target, tuple(found))
    if target in formula.columns:
        raise UsageError(f"--formula has the target {shortened(target)} among its terms")
    if not formula.terms:
        raise UsageError("--formula has no terms", hint=f"--formula '{target} ~ .'")
    return formula


def _factor(text: str, names: Sequence[str]) -> Factor:
    """A factor as formulaic spells it: the name of a column, or an expression."""
    if text in names:
        return text
    quoted = dict.fromkeys(match[1] for match in _QUOTED.finditer(text))
    places = {name: f"column{place}_" for place, name in enumerate(quoted)}
    spelled = _QUOTED.sub(lambda match: places[match[1]], text)
    try:
        tree = ast.parse(spelled.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UsageError(f"--formula: {shortened(text)} is neither a column nor a function of columns") from None
    reader = _Reader({word: name for name, word in places.items()}, names, text)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
        if tree.func.id == "C" and len(tree.args) == 1:
            return Levels(reader.column(tree.args[0]))
        if tree.func.id == "poly":
            return reader.polynomial(tree.args)
    atom = reader.atom(tree)
    if not columns_of(atom):
        raise UsageError(f"--formula: {shortened(text)} has no column in it")
    name = text[2:-1] if text.startswith("I(") else text
    return (Feature(name.replace("`", ""), (atom,)),)


class _Reader:
    """Reads an expression over columns; `places` says which words stand for quoted names."""

    def __init__(self, places: dict[str, str], names: Sequence[str], text: str) -> None:
        self._places, self._names, self._text = places, names, text

    def column(self, tree: ast.expr) -> str:
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return known(tree.value, self._names, "--formula")
        word = ast.unparse(tree) if isinstance(tree, ast.Name | ast.Attribute) else ""
        if not word:
            raise self._unreadable()
        return known(self._places.get(word, word), self._names, "--formula")

    def polynomial(self, arguments: Sequence[ast.expr]) -> tuple[Feature, ...]:
        degree = arguments[1].value if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) else None
        if not isinstance(degree, int) or not 1 <= degree <= MOST_POLY:
            raise UsageError(f"--formula: poly takes a column and a degree from 1 to {MOST_POLY}", hint="poly(a, 2)")
        inner = self.atom(arguments[0])
        name = self._text.replace("`", "")
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
        return UsageError(
            f"--formula: {shortened(self._text)} cannot be read: known are + - * / **, {functions}, {_OTHERS}",
            hint="names with blanks or signs in `backticks`",
        )
