"""From a frame to a `Design`: numbers, names, training and test rows, and what was dropped and why.

Everything that keeps the rows from being used is put into one error, which ends in the options that would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.cells import diagnose
from regcli.data.columns import as_option, features_of, known, target_of
from regcli.data.sources import Rows, read
from regcli.data.splitting import Split, fold_column, labels_of, split_rows
from regcli.errors import DataError, Notice, UsageError, counted, listed, shortened, visible
from regcli.specs import DataSpec, FoldSpec, ValidationSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """Training rows X (n, p), y (n,) of finite numbers, no column of X constant where there is an intercept.

    `labels` (n,) numbers what the column that folds are made by says of each row, in its order, from 0.
    `X_test`, `y_test` hold the rows to be predicted, or are None. `dropped_rows` and `dropped_columns` are pairs
    (reason, count) and (name, reason).
    """

    X: Matrix
    y: Vector
    names: list[str]
    target: str
    source: str
    rows_read: int
    split: Split | None = None
    X_test: Matrix | None = None
    y_test: Vector | None = None
    dropped_rows: list[tuple[str, int]] = field(default_factory=list)
    dropped_columns: list[tuple[str, str]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    labels: NDArray[np.intp] | None = None


def build(data: DataSpec, validation: ValidationSpec, intercept: bool = True, folds: FoldSpec | None = None) -> Design:
    """Read, choose columns, deal with missing cells, split, drop constant columns; number the rows' folds."""
    if all(isinstance(source, str) and source == "-" for source in (data.source, validation.test)):
        raise UsageError("DATA and --test are both standard input", hint="--test with a file")
    rows = read(data)
    names = list(rows.frame.columns)
    target, notices = target_of(data, names)
    said = [*rows.notices, *(() if rows.name == "arrays" else notices)]
    marked = validation.split_column
    marker = None if marked is None else known(marked, names, "--split-column")
    if marker == target:
        raise UsageError(f"--split-column and --target are both {shortened(target)}")
    option, column = fold_column(folds)
    by = None if column is None else known(column, names, option)
    if by and by in (target, marker):
        raise UsageError(f"{option} {shortened(by)} is the target or marks the split")
    markers = [name for name in (marker, by) if name]
    features = features_of(data, names, [target, *markers])
    used = _usable(rows, data, [target, *features], markers)
    table = used.frame[[target, *features]].to_numpy(dtype=np.float64)
    _check_finite(used, table, [target, *features])
    split = split_rows(validation, used.frame[marker] if marker else None, len(table), used.where)
    train = table if split is None else table[split.train]
    test = None if split is None else table[~split.train]
    labels = None
    if by:
        said += _gaps_of(by, rows.frame[[target, *features]], rows.frame[by])
        labels = labels_of(option, used.frame[by], used.where)
        labels = labels if split is None else np.unique(labels[split.train], return_inverse=True)[1]
    said += used.notices
    if validation.test is not None:
        split, test, more = _test_file(data, validation.test, [target, *features])
        said += more
    X, kept, dropped = _without_constants(rows.name, train[:, 1:], features, intercept)
    said += _said_of_constants(dropped)
    _check_target(train[:, 0], target)
    return Design(
        X=np.asfortranarray(X),  # one layout, so that the same rows give the same bits whatever was left out
        y=np.ascontiguousarray(train[:, 0]),
        names=[features[j] for j in kept],
        target=target,
        source=rows.name,
        rows_read=rows.rows_read,
        split=split,
        X_test=None if test is None else test[:, 1:][:, kept],
        y_test=None if test is None else test[:, 0],
        dropped_rows=list(used.dropped_rows),
        dropped_columns=dropped,
        notices=said,
        labels=labels,
    )


def _gaps_of(name: str, needed: pd.DataFrame, column: pd.Series[Any]) -> list[Notice]:
    """Rows that are left out only because the column that folds are made by has no cell there."""
    lacking = int((column.isna() & ~needed.isna().any(axis=1)).sum())
    if not lacking:
        return []
    text = (
        f"{counted(lacking, 'row')} left out lack {visible(name)} alone: regcli fit, which does not need it, uses them"
    )
    return [Notice("fold_column_gaps", text)]


@dataclass(frozen=True)
class _Used:
    """The rows that are used, and how they are called in messages."""

    frame: pd.DataFrame
    rows: Rows
    positions: NDArray[np.intp]
    dropped_rows: tuple[tuple[str, int], ...]
    notices: tuple[Notice, ...]

    def where(self, positions: Sequence[int]) -> str:
        return self.rows.where([int(self.positions[i]) for i in positions])


def _usable(rows: Rows, data: DataSpec, columns: list[str], markers: list[str], least: int = 2) -> _Used:
    """The rows without missing cells in `columns` and `markers`, or one error with everything that stands in the way.

    The markers need not be numbers.
    """
    frame, target = rows.frame, columns[0]
    checked = [*columns, *markers]
    gaps = frame[checked].isna()
    kinds = {name: dtype.kind for name, dtype in frame.dtypes.items()}
    blank = dict(zip(checked, gaps.all().tolist(), strict=True))
    empty = [name for name in columns if blank[name]]
    textual = [name for name in columns if not blank[name] and kinds[name] not in "iuf"]
    if target in empty or (target in textual and not diagnose(frame[target], data.decimal).hint):
        raise _target_error(rows, target, data)
    absent = gaps.drop(columns=[*textual, *empty])
    gappy = absent.to_numpy().any(axis=1)
    incomplete = np.flatnonzero(gappy)
    if textual or empty or (len(incomplete) and data.missing == "error"):
        unusable = [name for name in columns if name in (*textual, *empty)]
        raise _blockers(rows, data, columns[1:], unusable, absent, _sparse(absent, [target, *markers], least))
    positions = np.flatnonzero(~gappy)
    if not len(incomplete):
        if len(positions) < least:
            raise _too_few(rows, len(positions), least)
        return _Used(frame, rows, positions, rows.dropped_rows, ())
    by_column = _missing_by_column(absent)
    count = f"{counted(len(incomplete), 'row')} of {rows.rows_read:,}"
    text = f"{count} dropped: missing cells in {by_column} ({rows.where(incomplete)})"
    if len(positions) < least:
        after = f" after dropping {len(incomplete):,} with missing cells in {by_column}"
        raise _too_few(rows, len(positions), least, after, _sparse(absent, [target, *markers], least))
    dropped = (*rows.dropped_rows, ("missing cell", len(incomplete)))
    return _Used(frame.iloc[positions], rows, positions, dropped, (Notice("dropped_rows", text),))


def _too_few(rows: Rows, number: int, least: int, after: str = "", sparse: Sequence[str] = ()) -> DataError:
    needed = "one is needed" if least == 1 else "two are needed"
    hint = as_option("--exclude", sparse) if sparse else None
    return DataError(f"{rows.name} has {counted(number, 'usable row')}{after}: {needed}", hint=hint)


def _sparse(absent: pd.DataFrame, needed: Sequence[str], least: int) -> list[str]:
    """The columns to leave out so that `least` rows have all their cells, the fullest kept; [] if that cannot be."""
    spare = absent.drop(columns=[name for name in needed if name in absent])
    full = ~absent.drop(columns=spare.columns).any(axis=1).to_numpy()
    sparse = []
    for name in spare.sum().sort_values(kind="stable").index:
        fuller = full & ~spare[name].to_numpy()
        if fuller.sum() >= least:
            full = fuller
        else:
            sparse.append(str(name))
    return sparse if len(sparse) < spare.shape[1] else []


def _missing_by_column(absent: pd.DataFrame) -> str:
    counts = absent.sum()
    counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
    return listed([f"{visible(str(name))} ({count:,})" for name, count in counts.items()])


def _blockers(
    rows: Rows, data: DataSpec, features: list[str], unusable: list[str], absent: pd.DataFrame, sparse: list[str]
) -> DataError:
    """One error for all columns that are not numbers and all missing cells, ending in the options that would do.

    The `sparse` columns are to go as well: with them too few rows would be left. Where no feature would be left there
    is no such option.
    """
    found: str | None = None
    said, options, excluded, textual = [], [], [], []
    for column in (diagnose(rows.frame[name], data.decimal) for name in unusable):
        if column.row >= 0:
            found = found or f"{shortened(column.cell)} in {visible(column.name)}, {rows.where([column.row])}"
        if column.kind == "mostly numeric":
            verb = "is not a number" if column.count == 1 else "are not numbers"
            said.append(f"{counted(column.count, 'cell')} of {visible(column.name)} {verb}")
        elif column.row >= 0:
            textual.append(column.name)
        if column.hint:
            options.append(column.hint)
        else:
            excluded.append(column.name)
    if textual:
        verb = "is not a column" if len(textual) == 1 else "are not columns"
        said.append(f"{listed(textual)} {verb} of numbers")
    empty = [name for name in unusable if rows.frame[name].isna().all()]
    if empty:
        said.append(f"{listed(empty)} {'has' if len(empty) == 1 else 'have'} no cells")
    incomplete = np.flatnonzero(absent.any(axis=1))
    if len(incomplete) and data.missing == "error":
        verb = "has" if len(incomplete) == 1 else "have"
        cells = f"{counted(len(incomplete), 'row')} of {rows.rows_read:,} {verb} missing cells"
        said.append(f"{cells}: {_missing_by_column(absent)} ({rows.where(incomplete)})")
        excluded += sparse
    if excluded:
        options.append(as_option("--exclude", excluded))
    more_missing = any(option.startswith("--na") for option in options)
    if data.missing == "error" and (more_missing or absent.drop(columns=sparse).any(axis=None)):
        options.append("--missing drop")
    hint = " ".join(dict.fromkeys(options)) if set(features) - set(excluded) else None
    return DataError(f"{rows.name}: {'; '.join(said)}", found=found, hint=hint)


def _target_error(rows: Rows, target: str, data: DataSpec) -> DataError:
    """The target has no cells, or cells that no option would read as numbers."""
    column = diagnose(rows.frame[target], data.decimal)
    numeric = [str(name) for name in rows.frame.columns if rows.frame[name].dtype.kind in "iuf" and name != target]
    hint = as_option("--target", numeric[-1:]) if numeric else "a file with columns of numbers"
    name = f"the target {visible(target)} of {rows.name}"
    if column.row < 0:
        return DataError(f"{name} has no cells", hint=hint)
    if column.kind == "mostly numeric":
        verb = "is not a number" if column.count == 1 else "are not numbers"
        what = f"{counted(column.count, 'cell')} of {name} {verb}"
    elif column.kind == "true/false":
        what = f"{name} is true or false: numbers are needed"
    else:
        values = rows.frame[target].nunique()
        what = f"{name} is text, {counted(values, 'different value')}: numbers are needed"
    return DataError(what, found=f"{shortened(column.cell)} ({rows.where([column.row])})", hint=hint)


def _check_finite(used: _Used, table: Matrix, names: list[str]) -> None:
    bad = ~np.isfinite(table)
    if not bad.any():
        return
    row, column = (int(index) for index in np.argwhere(bad)[0])
    total = int(bad.sum())
    more = "" if total == 1 else f" (and {counted(total - 1, 'cell')} more like it)"
    infinite = [names[j] for j in np.flatnonzero(bad.any(axis=0))]
    with_na = "--na with that cell as it is written, and --missing drop"
    raise DataError(
        f"{visible(names[column])} of {used.rows.name} holds a number that is infinite or too large for double "
        f"precision, {used.where([row])}{more}",
        found=shortened(table[row, column]),
        hint=with_na if names[0] in infinite or infinite == names[1:] else as_option("--exclude", infinite),
    )


def _without_constants(
    source: str, X: Matrix, names: list[str], intercept: bool
) -> tuple[Matrix, list[int], list[tuple[str, str]]]:
    if not intercept:
        return X, list(range(len(names))), []
    constant = X.max(axis=0) == X.min(axis=0)
    kept = [int(j) for j in np.flatnonzero(~constant)]
    if not kept:
        raise DataError(f"every feature of {source} is constant: {listed(names)}")
    dropped = [(names[j], f"constant: {X[0, j]:.6g} in every row") for j in np.flatnonzero(constant)]
    return (X if len(kept) == len(names) else X[:, kept]), kept, dropped


def _said_of_constants(dropped: list[tuple[str, str]]) -> list[Notice]:
    if not dropped:
        return []
    names = [name for name, _ in dropped]
    return [Notice("constant_column", f"{counted(len(names), 'column')} dropped as constant: {listed(names)}")]


def _check_target(y: Vector, target: str) -> None:
    if y.max() == y.min():
        raise DataError(
            f"the target {visible(target)} is constant, {y[0]:.6g} in all {len(y):,} rows: there is nothing to explain",
            hint="--target with another column",
        )
    spread = float(np.max(np.abs(y - y.mean())))
    largest = float(np.max(np.abs(y)))
    if not 1e-130 < spread < 1e130 or spread <= 8 * float(np.finfo(np.float64).eps) * largest:
        raise DataError(
            f"the target {visible(target)} varies by {spread:.1e} around {largest:.1e}: "
            "too little or too much for double precision",
            hint=f"rescale {visible(target)}",
        )


def _test_file(data: DataSpec, source: Any, columns: list[str]) -> tuple[Split, Matrix, list[Notice]]:
    """The rows of another file, with the same columns by name and the same policy for missing cells."""
    rows = read(data, source)
    lacking = [name for name in columns if name not in rows.frame.columns]
    if lacking:
        raise DataError(f"{rows.name} lacks {counted(len(lacking), 'column')} that the model needs: {listed(lacking)}")
    used = _usable(rows, data, columns, [], least=1)
    table = used.frame[columns].to_numpy(dtype=np.float64)
    _check_finite(used, table, columns)
    notices = [Notice(notice.code, f"test rows: {notice.message}") for notice in (*rows.notices, *used.notices)]
    return Split(np.zeros(0, dtype=bool), f"the file {rows.name}"), table, notices
