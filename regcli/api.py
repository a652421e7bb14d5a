"""The verbs as Python functions: keyword arguments in place of options, the same defaults, the same report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from regcli import specs
from regcli.report.report import Report


def fit(
    source: Any,
    target: Any = None,
    *,
    features: Any = (),
    exclude: Any = (),
    sep: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    na: str | Sequence[str] = (),
    missing: specs.Missing = "error",
    penalty: specs.Penalty = "l1",
    alpha: float | None = None,
    l1_ratio: float | None = None,
    l1: float | None = None,
    l2: float | None = None,
    convention: specs.Convention = "mean",
    standardize: bool = True,
    intercept: bool = True,
    solver: specs.SolverName = "auto",
    test: Any = None,
    test_size: float | None = None,
    split_column: Any = None,
    seed: int | None = None,
    order: specs.Order = "size",
) -> Report:
    """Fit one penalised regression.

    `source` is a path, '-' for standard input, a DataFrame, or a pair (X, y) with X (n, p) and y (n,). `target`,
    `features` and `exclude` are names or globs, one or several. The other arguments are the options of `regcli fit`.
    The report's attributes are the keys of the JSON document (`report.model.alpha`), `to_dict()` is the document, and
    rich or a notebook displays it.

    Raises the errors of `regcli.errors`: UsageError, DataError.
    """
    from regcli import workflows

    data = specs.DataSpec(
        source,
        None if target is None else str(target),
        _names(features),
        _names(exclude),
        sep,
        decimal,
        encoding,
        _names(na),
        missing,
    )
    model = specs.ModelSpec(penalty, alpha, l1_ratio, l1, l2, convention, standardize, intercept, solver)
    validation = specs.ValidationSpec(test, test_size, None if split_column is None else str(split_column), seed)
    return workflows.fit(data, model, validation, specs.OutputSpec(order=order))


def _names(given: Any) -> tuple[str, ...]:
    """One name or several; a DataFrame's columns may be called by numbers."""
    if given is None:
        return ()
    several = isinstance(given, Iterable) and not isinstance(given, str)
    return tuple(map(str, given)) if several else (str(given),)
