"""The verbs as Python functions: keyword arguments in place of options, the same defaults, the same report."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from regcli import specs
from regcli.errors import UsageError
from regcli.report.report import Report

if TYPE_CHECKING:
    from regcli.artifact import Model


class Reading(TypedDict, total=False):
    """How rows are read and which columns take part as what: the options of the command line by the same names.

    `features`, `exclude`, `categorical`, `numeric`, `id` and `units` are names or globs, one or several; `reference`
    is COL=LEVEL, one or several. `weights`, `offset`, `exposure`, `event`, `entry` and `strata` name columns of a file
    or a DataFrame. `sample`, `memory` (a size like "1GB"), `engine` and `scheduler` are of fit, path, cv and compare.
    """

    features: Any
    exclude: Any
    missing: specs.Missing
    categorical: Any
    numeric: Any
    id: Any
    reference: Any
    min_level_count: int | None
    dates: specs.Dates | None
    formula: str | None
    interactions: bool
    degree: int
    sep: str | None
    decimal: str
    thousands: str | None
    units: Any
    encoding: str | None
    na: Any
    header: bool
    skip_lines: int
    comment: str | None
    bad_rows: specs.BadRows
    weights: Any
    offset: Any
    exposure: Any
    positive_class: Any
    event: Any
    entry: Any
    strata: Any
    sample: int | None
    memory: str | None
    engine: specs.EngineName
    scheduler: str | None
    jobs: int | None


class Fitting(Reading, total=False):
    """What is minimised, beside the penalty: options of the command line by the same names, that fit, path, cv and
    compare share.

    `keep` is names or globs, one or several; `penalty_factor` is a dict from names or globs to factors, `bounds` one to
    pairs (low, high), None where an end is open; both also take the words of the command line. `power`, `threshold`,
    `quantile_level` and `ties` belong to the families tweedie, huber, quantile and cox.
    """

    convention: specs.Convention
    standardize: bool
    intercept: bool
    keep: Any
    penalty_factor: Any
    positive: bool
    bounds: Any
    family: specs.FamilyName | None
    class_weight: str | None
    power: float | None
    threshold: float | None
    quantile_level: Any
    ties: specs.Ties | None


OF_COLUMNS = ("weights", "offset", "exposure", "event", "entry", "strata")
SCALE = ("sample", "memory", "engine", "scheduler")
OF_ROWS = frozenset(Reading.__annotations__)


def fit(
    source: Any,
    target: Any = None,
    *,
    penalty: specs.Penalty = "l1",
    alpha: float | None = None,
    l1_ratio: float | None = None,
    l1: float | None = None,
    l2: float | None = None,
    C: float | None = None,
    solver: specs.SolverName = "auto",
    learning_rate: float | None = None,
    epochs: int | None = None,
    accelerate: bool = False,
    start: Any = None,
    early_stopping: bool = False,
    validation_size: float | None = None,
    trace: int | None = None,
    test: Any = None,
    test_size: float | None = None,
    split_column: Any = None,
    seed: int | None = None,
    order: specs.Order = "size",
    **shared: Unpack[Fitting],
) -> Report:
    """Fit one penalised regression.

    `source` is a path, '-' for standard input, a DataFrame, or a pair (X, y) with X (n, p) and y (n,). `Fitting`
    holds the arguments that all commands have which fit: how rows are read, and what is minimised. The others are the
    options of `regcli fit`: those from `learning_rate` to `trace` need solver="gradient"; `trace` prints on standard
    error, as it does there. The report's attributes are the keys of the JSON document (`report.model.alpha`),
    `to_dict()` is the document, and rich or a notebook displays it.

    Raises the errors of `regcli.errors`: UsageError, DataError.
    """
    from regcli.workflows import fit as verb

    data = _data(source, target, _of_rows(shared))
    model = _model(shared, penalty=penalty, alpha=alpha, l1_ratio=l1_ratio, l1=l1, l2=l2, solver=solver, C=C)
    drawn, seed = specs.training_seeds(seed, early_stopping, test_size)
    training = specs.TrainingSpec(
        solver, learning_rate, epochs, accelerate, start, early_stopping, validation_size, drawn, trace
    )
    validation = specs.ValidationSpec(test, test_size, _name(split_column), seed)
    output = specs.OutputSpec(order=order)
    return verb.fit(data, model, validation, output, training=training, trace=_say)


def path(
    source: Any,
    target: Any = None,
    *,
    penalty: specs.Penalty = "l1",
    l1_ratio: float | None = None,
    solver: specs.SolverName = "auto",
    n_alphas: int | None = None,
    alpha_min_ratio: float | None = None,
    alphas: Any = (),
    full_path: bool = False,
    select: specs.Criterion = "ebic",
    lines: Any = None,
    order: specs.Order = "size",
    **shared: Unpack[Fitting],
) -> Report:
    """Fit a penalised regression at each of many strengths, the largest first.

    `source` and the other arguments are as in `fit`, or the options of `regcli path`. The report's attributes are the
    keys of the JSON document; `report.arrays` holds `alphas` (A,), `coefficients` and `standardized` (A, p),
    `intercepts` and `deviance_ratio` (A,) as NumPy arrays, columns in the order of `report.data.features`;
    `report.plot()` draws the path, or the regression lines of the feature `lines`.

    Raises the errors of `regcli.errors`: UsageError, DataError.
    """
    from regcli.workflows import path as verb

    data = _data(source, target, _of_rows(shared))
    model = _model(shared, penalty=penalty, l1_ratio=l1_ratio, solver=solver)
    grid = specs.GridSpec(n_alphas, alpha_min_ratio, alphas)
    return verb.path(data, model, grid, specs.PathSpec(full_path, select, _name(lines)), specs.OutputSpec(order=order))


def cv(
    source: Any,
    target: Any = None,
    *,
    penalty: specs.Penalty = "l1",
    l1_ratio: Any = None,
    solver: specs.SolverName = "auto",
    n_alphas: int | None = None,
    alpha_min_ratio: float | None = None,
    alphas: Any = (),
    folds: int | str | None = None,
    repeats: int = 1,
    seed: int | None = None,
    groups: Any = None,
    time: Any = None,
    fold_column: Any = None,
    rule: specs.Rule = "1se",
    measure: specs.Measure | None = None,
    test: Any = None,
    test_size: float | None = None,
    split_column: Any = None,
    order: specs.Order = "size",
    **shared: Unpack[Fitting],
) -> Report:
    """Choose the strength of the penalty by cross-validation, and refit with it on all training rows.

    `source` and the other arguments are as in `fit`, or the options of `regcli cv`; `l1_ratio` is a number or several.
    The report's attributes are the keys of the JSON document; `report.arrays` holds those of `path`, and `mean`, `se`,
    `train_mean` (A,), `per_fold` (repeats * folds, A) in squared (or absolute) units of the target, and `assignment`
    (repeats, n), the fold of each training row; `report.plot()` draws the curve. Work is shared between `jobs`
    processes: where those cannot be forked (macOS, Windows, a program with threads) a script needs the usual
    `if __name__ == "__main__":`, or jobs=1.

    Raises the errors of `regcli.errors`: UsageError, DataError.
    """
    from regcli.workflows import cv as verb

    data = _data(source, target, _of_rows(shared))
    fold_seed, test_seed = specs.seeds(seed, folds, time, fold_column, test_size)
    folding = specs.FoldSpec(
        folds,
        repeats,
        fold_seed,
        _name(groups),
        _name(time),
        _name(fold_column),
        rule,
        measure,
        l1_ratio,
        shared.get("jobs"),
    )
    first = folding.l1_ratios[0] if folding.l1_ratios else None
    model = _model(shared, penalty=penalty, l1_ratio=first, solver=solver)
    grid = specs.GridSpec(n_alphas, alpha_min_ratio, alphas)
    validation = specs.ValidationSpec(test, test_size, _name(split_column), test_seed)
    return verb.cv(data, model, validation, grid, folding, specs.OutputSpec(order=order))


def compare(
    source: Any,
    target: Any = None,
    *,
    penalties: Any = None,
    alpha: Any = None,
    l1_ratio: Any = None,
    solver: specs.SolverName = "auto",
    folds: int | str | None = None,
    inner_folds: int | None = None,
    repeats: int = 1,
    seed: int | None = None,
    groups: Any = None,
    time: Any = None,
    fold_column: Any = None,
    rule: specs.Rule = "min",
    measure: specs.Measure | None = None,
    test: Any = None,
    test_size: float | None = None,
    split_column: Any = None,
    geometry: Any = None,
    order: specs.Order = "size",
    **shared: Unpack[Fitting],
) -> Report:
    """Least squares, ridge, lasso and elastic net, each tuned by inner cross-validation and judged on the same folds,
    or by rows held out.

    `penalties` names the models; `alpha` is a strength for all, or a dict of those of some, which are then not tuned.
    `source` and the other arguments are as in `cv`, or the options of `regcli compare`. The report's attributes are the
    keys of the JSON document; it saves the model that the verdict chooses, `report.plot()` draws the comparison, or the
    coefficients of two features in the plane where `geometry` names them.

    Raises the errors of `regcli.errors`: UsageError, DataError.
    """
    from regcli.workflows import compare as verb

    data = _data(source, target, _of_rows(shared))
    fold_seed, test_seed = specs.seeds(seed, folds, time, fold_column, test_size)
    folding = specs.FoldSpec(
        folds,
        repeats,
        fold_seed,
        _name(groups),
        _name(time),
        _name(fold_column),
        rule,
        measure,
        l1_ratio,
        shared.get("jobs"),
    )
    model = _model(shared, solver=solver)
    validation = specs.ValidationSpec(test, test_size, _name(split_column), test_seed)
    spec = specs.CompareSpec.of(penalties, alpha, inner_folds, geometry)
    return verb.compare(data, model, validation, folding, spec, specs.OutputSpec(order=order))


def inspect(source: Any, target: Any = None, *, vif: bool = False, **reading: Unpack[Reading]) -> Report:
    """What each column of `source` is, what `fit` would do with it, and what stands in the way.

    The report's attributes are the keys of the JSON document; `vif` adds variance inflation factors.

    Raises the errors of `regcli.errors`: UsageError, DataError.
    """
    from regcli.workflows.inspect import inspect as verb

    return verb(_data(source, target, reading, whole=True), vif, specs.OutputSpec())


def load(file: Any) -> Model:
    """The model that `report.save` or `--save` wrote. Raises DataError where the file is none."""
    from regcli.artifact import load as read

    return read(file)


def predict(
    model: Any, source: Any, *, type: specs.PredictionType = "response", at: Any = (), **reading: Unpack[Reading]
) -> Report:
    """Predict the rows of `source` (as for `fit`) with a `model`: a report of fit or cv, one that was loaded, or its
    file.

    `report.arrays.predictions` (n,) is NaN where there is none; of several classes it holds the probability of each,
    (n, K). `type` is response, link (linear predictors), class, or probability (of each class). `at` is a time or
    several: of survival times the probability of each row to be without event until then, (n, k). `report.metrics`
    compares with the target where the rows have one. `missing` is error, or drop for rows with a gap that the model
    has no way to fill. How rows are read is as for `fit`, and as the training rows were where nothing else is said.

    Raises the errors of `regcli.errors`: UsageError, DataError.
    """
    from regcli.artifact import Model as Saved
    from regcli.artifact import of_document
    from regcli.workflows.predict import predict as verb
    from regcli.workflows.predict import report_of

    if isinstance(model, Report):
        if model.model_document is None:
            raise UsageError(f"a {model.document.command} report holds no model", hint="regcli.fit or regcli.cv")
        model = of_document(model.model_document())
    if not isinstance(model, Saved):
        model = load(model)
    return report_of(verb(model, _data(source, None, reading, whole=True), specs.PredictSpec(type, at=at)))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _of_rows(shared: Fitting) -> Reading:
    """Those arguments that are about rows, and whatever nobody knows."""
    mine = set(Fitting.__annotations__) - OF_ROWS
    return cast(Reading, {name: value for name, value in shared.items() if name not in mine})


def _model(shared: Fitting, **own: Any) -> specs.ModelSpec:
    given: dict[str, Any] = {name: value for name, value in shared.items() if name not in OF_ROWS}
    return specs.ModelSpec(**(given | own))


def _data(source: Any, target: Any, reading: Reading, whole: bool = False) -> specs.DataSpec:
    """The request; of what looks at all rows one after the other in any case, or at once, it has no `SCALE`."""
    unknown = set(reading) - (set(Reading.__annotations__) - set(SCALE if whole else ()))
    if unknown:
        raise TypeError(f"no such argument: {', '.join(sorted(unknown))}")
    several = ("features", "exclude", "na", "categorical", "numeric", "id", "reference", "units")
    given: dict[str, Any] = dict(reading)
    given |= {name: _names(given[name]) for name in several if name in given}
    given |= {name: _column(name, given[name]) for name in OF_COLUMNS if name in given}
    if "positive_class" in given:
        given["positive_class"] = _name(given["positive_class"])
    return specs.DataSpec(source, _name(target), **given)


def _column(argument: str, given: Any) -> str | None:
    if given is not None and not isinstance(given, str) and isinstance(given, Iterable):
        raise UsageError(f"{argument} is the name of a column, not its values", hint="a DataFrame with that column")
    return _name(given)


def _name(given: Any) -> str | None:
    return None if given is None else str(given)


def _names(given: Any) -> tuple[str, ...]:
    """One name or several; a DataFrame's columns may be called by numbers."""
    if given is None:
        return ()
    several = isinstance(given, Iterable) and not isinstance(given, str)
    return tuple(map(str, given)) if several else (str(given),)
