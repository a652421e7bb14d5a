"""From a frame to a `Design`: numbers, names, training and test rows, and what was dropped and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.blockers import Used, usable
from regcli.data.cells import diagnose
from regcli.data.columns import as_option, features_of, known, matching, target_of
from regcli.data.dates import days_of
from regcli.data.encoding import Encoding
from regcli.data.model_terms import Formula
from regcli.data.planning import plan
from regcli.data.roles import Role, Wishes, role_of
from regcli.data.sources import Rows, read
from regcli.data.splitting import Split, fold_column, labels_of, split_rows
from regcli.data.telling import new_levels, told
from regcli.errors import DataError, Notice, UsageError, counted, listed, shortened, visible
from regcli.specs import DataSpec, FoldSpec, ValidationSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Design:
    """Training rows X (n, p), y (n,) of finite numbers, no column of X constant where there is an intercept.

    `encoding` made X of `train`, the rows of the file, and makes the same columns of other rows; `learns` says whether
    its fill values or polynomials are to be learned anew in folds. `labels` (n,) numbers what the
    column that folds are made by says of each row, in its order, from 0. `X_test`, `y_test` hold the rows to be
    predicted, or are None. `dropped_rows` and `dropped_columns` are pairs (reason, count) and (name, reason). `lines`
    gives the line (or row: `unit`) of each training row in its file, `ids` are the columns that name rows.
    """

    X: Matrix
    y: Vector
    encoding: Encoding
    train: pd.DataFrame
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
    learns: bool = False
    ids: tuple[str, ...] = ()
    lines: Callable[[], list[int]] = list
    unit: str = "row"

    @cached_property
    def names(self) -> list[str]:
        """The features' names (p,)."""
        return [one.name for one in self.encoding.features]

    @property
    def relearn(self) -> Callable[[Mask], Matrix] | None:
        """Makes X (n, p) anew with what only some training rows (n,) teach; None where X would be the same."""
        if not self.learns:
            return None
        return lambda rows: self.encoding.learned(self.train[rows]).apply(self.train)


def build(
    data: DataSpec,
    validation: ValidationSpec,
    intercept: bool = True,
    folds: FoldSpec | None = None,
    contrasts: bool = False,
) -> Design:
    """Read, choose columns, deal with missing cells, split, encode, drop constant columns; number the rows' folds.

    `contrasts` leaves a reference level out of each column of levels, as a model without penalty needs.
    """
    if all(isinstance(source, str) and source == "-" for source in (data.source, validation.test)):
        raise UsageError("DATA and --test are both standard input", hint="--test with a file")
    rows = read(data)
    names = list(rows.frame.columns)
    formula, target, said = _target(data, names, rows)
    option, markers, by = _markers(validation, folds, names, target)
    ids = sorted(matching(data.id, names, "--id"), key=names.index)
    if target in ids:
        raise UsageError(f"--id {shortened(target)}: it is the target")
    if formula is not None:
        formula = _parsed(data, names, [*markers, *ids, *matching(data.exclude, names, "--exclude")])
    columns = _columns(data, formula, names, [target, *markers, *ids])
    roles = roles_of(rows, data, columns, formula)
    used = usable(rows, data, target, roles, markers)
    split = split_rows(validation, used.frame[validation.split_column] if validation.split_column else None,
                       len(used.frame), used.where)  # fmt: skip
    train, test = _parts(used.frame, split)
    labels = None
    if by:
        said += _gaps_of(by, rows.frame[[target, *columns]], rows.frame[by])
        labels = labels_of(option, used.frame[by], used.where)
        labels = labels if split is None else np.unique(labels[split.train], return_inverse=True)[1]
    encoding = plan(train, roles, data, formula, contrasts)
    _check_finite(used, target, encoding)
    encoding = encoding.learned(train)
    said += [*used.notices, *told(encoding, train, roles)]
    if validation.test is not None:
        split, test, more = _test_file(data, validation.test, target, encoding, roles)
        said += more
    X = _finite(encoding, train, used if split is None or validation.test is not None else None)
    kept, dropped = _without_constants(rows.name, X, encoding, intercept)
    said += _said_of_constants(dropped)
    everything = len(kept) == X.shape[1]
    encoding = encoding if everything else encoding.only(kept)
    y = np.ascontiguousarray(train[target].to_numpy(dtype=np.float64))
    _check_target(y, target)
    if test is not None:
        said += new_levels(encoding, test)
    lines = used.lines if split is None or validation.test is not None else (lambda: _some(used.lines(), split.train))
    return Design(
        X=np.asfortranarray(X if everything else X[:, kept]),  # one layout, so that the same rows give the same bits
        y=y,
        encoding=encoding,
        train=train,
        target=target,
        source=rows.name,
        rows_read=rows.rows_read,
        split=split,
        X_test=None if test is None else encoding.apply(test),
        y_test=None if test is None else test[target].to_numpy(dtype=np.float64),
        dropped_rows=list(used.dropped_rows),
        dropped_columns=dropped,
        notices=said,
        labels=labels,
        learns=encoding.learns_from(train),
        ids=tuple(ids),
        lines=lines,
        unit=rows.unit,
    )


def _some(lines: list[int], kept: Mask) -> list[int]:
    return [line for line, keep in zip(lines, kept, strict=True) if keep]


def _target(data: DataSpec, names: Sequence[str], rows: Rows) -> tuple[Formula | None, str, list[Notice]]:
    """The formula, if there is one, and the target that it or the options or nobody names."""
    if data.formula is None:
        target, notices = target_of(data, names)
        return None, target, [*rows.notices, *(() if rows.name == "arrays" else notices)]
    formula = _parsed(data, names, [])
    if data.target is not None and data.target != formula.target:
        raise UsageError(f"--target {shortened(data.target)} and --formula differ: it begins with {formula.target} ~")
    return formula, formula.target, list(rows.notices)


def _parsed(data: DataSpec, names: Sequence[str], apart: Sequence[str]) -> Formula:
    from regcli.data.formula import parsed  # not worth its import where there is no formula

    return parsed(data.formula or "", names, apart)


def _markers(
    validation: ValidationSpec, folds: FoldSpec | None, names: Sequence[str], target: str
) -> tuple[str, list[str], str | None]:
    """The option that makes folds by a column, the columns that mark rows, and the one of the folds."""
    marked = validation.split_column
    marker = None if marked is None else known(marked, names, "--split-column")
    if marker == target:
        raise UsageError(f"--split-column and --target are both {shortened(target)}")
    option, column = fold_column(folds)
    by = None if column is None else known(column, names, option)
    if by and by in (target, marker):
        raise UsageError(f"{option} {shortened(by)} is the target or marks the split")
    return option, [name for name in (marker, by) if name], by


def _columns(data: DataSpec, formula: Formula | None, names: Sequence[str], apart: Sequence[str]) -> list[str]:
    if formula is None:
        return features_of(data, names, apart)
    wrong = [name for name in formula.columns if name in apart]
    if wrong:
        raise UsageError(f"--formula: {shortened(wrong[0])} cannot be a feature: it names or marks rows")
    unwanted = matching(data.exclude, names, "--exclude")
    if unwanted & set(formula.columns):
        raise UsageError(f"--exclude and --formula both name {listed(sorted(unwanted & set(formula.columns)))}")
    return list(formula.columns)


def roles_of(rows: Rows, data: DataSpec, columns: Sequence[str], formula: Formula | None = None) -> dict[str, Role]:
    """What each of these columns is taken as; those named by --features or inside a function may even name rows."""
    names = list(rows.frame.columns)
    named = set(data.features) | {item.strip() for text in data.features for item in text.split(",")}
    wishes = Wishes.of(data, names, named if formula is None else formula.columns)
    roles = _roles(rows.frame, columns, wishes, data.decimal)
    for name in formula.numbers if formula is not None else ():
        if roles[name].usable and roles[name].kind != "number":
            raise UsageError(f"--formula: a function of {visible(name)}, which is {roles[name].kind}, not a number")
    return roles


def _roles(frame: pd.DataFrame, columns: Sequence[str], wishes: Wishes, decimal: str) -> dict[str, Role]:
    """The role of each column; a float column with a number in its first row is settled by that, for wide files."""
    kinds = {str(name): dtype.kind for name, dtype in frame.dtypes.items()}
    present = dict(zip(map(str, frame.columns), frame.iloc[0].notna().tolist(), strict=True))
    return {
        name: Role(name, "number")
        if kinds[name] == "f" and present[name] and name not in wishes.categorical
        else role_of(frame[name], wishes, decimal)
        for name in columns
    }


def _parts(frame: pd.DataFrame, split: Split | None) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    return (frame, None) if split is None else (frame[split.train], frame[~split.train])


def _finite(encoding: Encoding, train: pd.DataFrame, used: Used | None) -> Matrix:
    """The columns of the training rows; DataError for a function or a product that is no finite number somewhere."""
    X = encoding.apply(train)
    if encoding.is_plain or bool(np.isfinite(X).all()):
        return X
    row, column = (int(index) for index in np.argwhere(~np.isfinite(X))[0])
    where = f", {used.where([row])}" if used is not None else ""
    raise DataError(
        f"{visible(encoding.features[column].name)} is not a finite number{where}",
        found=shortened(X[row, column]),
        hint="another function, or --exclude",
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


def _check_finite(used: Used, target: str, encoding: Encoding) -> None:
    """DataError for the first cell that is infinite or too large for a double."""
    numbers = [name for name in encoding.columns if name not in encoding.categories and name not in encoding.styles]
    columns = [target, *numbers]
    if encoding.is_plain and not np.isinf(used.frame[columns].to_numpy(dtype=np.float64)).any():
        return
    floats = [name for name in columns if used.frame[name].dtype.kind == "f"]
    bad = {name: np.flatnonzero(np.isinf(used.frame[name].to_numpy())) for name in floats}
    bad = {name: rows for name, rows in bad.items() if rows.size}
    if not bad:
        return
    row = min(int(rows[0]) for rows in bad.values())
    name = next(name for name, rows in bad.items() if rows[0] == row)
    total = sum(len(rows) for rows in bad.values())
    more = "" if total == 1 else f" (and {counted(total - 1, 'cell')} more like it)"
    with_na = "--na with that cell as it is written, and --missing drop"
    raise DataError(
        f"{visible(name)} of {used.rows.name} holds a number that is infinite or too large for double "
        f"precision, {used.where([row])}{more}",
        found=shortened(float(used.frame[name].iloc[row])),
        hint=with_na if columns[0] in bad or list(bad) == list(columns[1:]) else as_option("--exclude", list(bad)),
    )


def _without_constants(
    source: str, X: Matrix, encoding: Encoding, intercept: bool
) -> tuple[list[int], list[tuple[str, str]]]:
    """Which columns (p,) to keep, and those that hold one value, with what to say of them."""
    names = [one.name for one in encoding.features]
    if not intercept:
        return list(range(len(names))), []
    constant = X.max(axis=0) == X.min(axis=0)
    kept = [int(j) for j in np.flatnonzero(~constant)]
    if not kept:
        raise DataError(f"every feature of {source} is constant: {listed(names)}")
    dropped = [(names[j], f"constant: {X[0, j]:.6g} in every row") for j in np.flatnonzero(constant)]
    return kept, dropped


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


def _test_file(
    data: DataSpec, source: Any, target: str, encoding: Encoding, roles: Mapping[str, Role]
) -> tuple[Split, pd.DataFrame, list[Notice]]:
    """The rows of another file, with the same columns by name, roles and policy for missing cells."""
    rows = read(replace(data, categorical=(*data.categorical, *encoding.categories)), source)
    columns = [target, *encoding.columns]
    lacking = [name for name in columns if name not in rows.frame.columns]
    if lacking:
        raise DataError(f"{rows.name} lacks {counted(len(lacking), 'column')} that the model needs: {listed(lacking)}")
    found = {name: _as_learned(rows.frame[name], encoding, roles[name], data.decimal) for name in encoding.columns}
    used = usable(rows, data, target, found, [], least=1)
    _check_finite(used, target, encoding)
    notices = [Notice(notice.code, f"test rows: {notice.message}") for notice in (*rows.notices, *used.notices)]
    return Split(np.zeros(0, dtype=bool), f"the file {rows.name}"), used.frame, notices


def _as_learned(cells: pd.Series[Any], encoding: Encoding, role: Role, decimal: str) -> Role:
    """The role that a column had in training, or why its cells in another file cannot have it."""
    if role.name in encoding.categories or (cells.isna().all() and encoding.fills):
        return role
    texts = cells.astype("str") if cells.dtype == np.bool_ else cells
    if role.name in encoding.styles:
        days = days_of(cells.astype(object).map(str, na_action="ignore"), encoding.styles[role.name])
        fits = not np.any(np.isnan(days) & cells.notna().to_numpy())
        return role if fits else replace(role, kind="unreadable date", text=diagnose(texts, decimal))
    if cells.dtype.kind in "iuf":
        return replace(role, kind="empty") if cells.isna().all() else role
    return replace(role, kind="empty" if cells.isna().all() else "odd cells", text=diagnose(texts, decimal))
