"""What passes over rows in pieces cannot do, each with the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regcli.data.features.encoding import Encoding
from regcli.data.features.terms import Number, Part, leaves, polynomials_in
from regcli.data.roles import Role
from regcli.errors import UsageError, listed, visible
from regcli.specs import FamilyName
from regcli.workflows.gathering import Request

WHY = "these rows are passed over in pieces (more than memory holds, --memory or --engine)"
PASSED = ("binomial", "multinomial", "poisson", "gamma", "tweedie")
WHY_NOT = {
    "huber": "takes its threshold from medians, which need all rows side by side",
    "quantile": "is a linear program of all rows",
    "squared_hinge": "searches along lines that all rows bend",
    "cox": "compares each event with all rows at risk",
}
LOOK = "--sample 10000, which looks at some of the rows"


def check_request(request: Request) -> None:
    """UsageError for what needs all rows at once, by the options alone."""
    data, model, folds, output = request.data, request.model, request.folds, request.output
    refused: Sequence[tuple[bool, str, str]] = (
        (data.missing == "median", "--missing median needs all cells of a column side by side", "--missing mean"),
        (model.solver == "gradient", "--solver gradient steps over all rows again and again", "--solver auto"),
        (
            model.solver == "sklearn" and folds is not None,
            "--solver sklearn needs the rows of each fold",
            "--solver auto",
        ),
        (
            request.validation.test_size is not None,
            "--test-size draws from all rows at once",
            "--split-column, or --test with a file",
        ),
        (folds is not None and folds.folds == "loo", "--folds loo has a fold for each row", "--folds 10"),
        (request.unpenalised, "an alpha of 0 needs the rows of each fold", "--alphas without 0"),
        (output.fitted is not None, "--fitted writes every row", "--save, then regcli predict, which streams too"),
        (request.verb == "fit" and output.plot is not None, "--plot of a fit draws its rows", LOOK),
        (
            request.rivals is not None and request.validation.split_column is not None,
            "compare judges by single test rows, which --split-column has among all",
            "--test with a file, or no test rows: folds are the judges",
        ),
        (request.drawn is not None, "--lines draws over the rows", LOOK),
    )
    for wrong, what, way_out in refused:
        if wrong:
            raise UsageError(f"{what}: {WHY}", hint=way_out)


def check_family(request: Request, family: FamilyName) -> None:
    """UsageError for what passes cannot do for a likelihood."""
    if family == "gaussian":
        measure = None if request.folds is None else request.folds.measure
        if measure not in (None, "mse", "r2", "deviance"):
            what = f"--measure {measure} needs the rows of each fold"
            raise UsageError(f"{what}: {WHY}", hint="leave out --measure")
        return
    model, folds = request.model, request.folds
    if family not in PASSED:
        raise UsageError(f"--family {family} {WHY_NOT[family]}: {WHY}", hint=LOOK)
    refused: Sequence[tuple[bool, str, str]] = (
        (request.verb == "compare", f"compare of --family {family} nests folds in folds", LOOK),
        (bool(model.keep) or bool(model.penalty_factor), "penalty factors", LOOK),
        (bool(model.positive) or bool(model.bounds), "bounds", LOOK),
        (model.class_weight is not None, "--class-weight", "--weights with a column of them"),
        (model.solver != "auto", f"--solver {model.solver}", "--solver auto"),
        (folds is not None and folds.measure == "auc", "--measure auc needs all rows side by side", "leave it out"),
    )
    for wrong, what, way_out in refused:
        if wrong:
            raise UsageError(f"--family {family}: {what}: {WHY}", hint=way_out)


def check_roles(roles: Mapping[str, Role], encoding: Encoding) -> None:
    """UsageError for features that cannot be learned in one pass."""
    filled = encoding.missing in ("mean", "indicator")
    for one in encoding.features:
        name = visible(one.name)
        if any(polynomials_in(factor) for factor in one.factors):
            raise UsageError(
                f"{name} is learned from all rows at once: {WHY}", hint="powers: a + I(a**2), or --degree 2"
            )
        numbers = [leaf for factor in one.factors for leaf in leaves(factor) if isinstance(leaf, Number | Part)]
        alone = len(one.factors) == 1 and isinstance(one.factors[0], Number)
        if filled and numbers and not alone:
            raise UsageError(
                f"{name} is made of cells that may be filled, which each fold learns anew: {WHY}",
                hint="--missing drop",
            )
    if filled and any(role.kind == "date" for role in roles.values()):
        names = listed([name for name, role in roles.items() if role.kind == "date"])
        raise UsageError(f"gaps in dates, {names}, are not filled where rows are passed over", hint="--missing drop")
