"""Which column is explained, which mark rows, which may explain; and what each of those is taken as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from regcli.data.columns import features_of, known, matching, target_of
from regcli.data.features.model_terms import Formula
from regcli.data.roles import Role, Wishes, role_of
from regcli.data.sources import Rows
from regcli.data.splitting import fold_column
from regcli.data.surviving import Survival, survival_of
from regcli.data.weighing import Weighing, weighing_of
from regcli.errors import Notice, UsageError, listed, shortened, visible
from regcli.specs import DataSpec, FoldSpec, ValidationSpec


@dataclass(frozen=True)
class Choices:
    """What the request and the names of the columns settle, whatever the cells hold.

    `markers` say of rows which are what, or how they count; `by` is the one of them that folds are made by, as `option`
    asks. `columns` may become features, `ids` name rows.
    """

    target: str
    formula: Formula | None
    columns: tuple[str, ...]
    markers: tuple[str, ...]
    option: str
    by: str | None
    ids: tuple[str, ...]
    weighing: Weighing
    survival: Survival
    notices: tuple[Notice, ...]


def choices_of(rows: Rows, data: DataSpec, validation: ValidationSpec, folds: FoldSpec | None) -> Choices:
    """The choices for these rows. Raises UsageError for names that are not there or called two things."""
    names = list(rows.frame.columns)
    matching(data.units, names, "--units")  # readers pass over a name that is not there, which may be the target's
    formula, target, said = target_and_formula(data, names, rows)
    option, markers, by = markers_of(validation, folds, names, target)
    ids = sorted(matching(data.id, names, "--id"), key=names.index)
    if target in ids:
        raise UsageError(f"--id {shortened(target)}: it is the target")
    weighing = weighing_of(data, names, [target, *markers, *ids])
    survival = survival_of(data, names, [target, *markers, *ids, *weighing.columns])
    markers = [*markers, *weighing.columns, *survival.columns]
    if formula is not None:
        formula = parsed_formula(data, names, [*markers, *ids, *matching(data.exclude, names, "--exclude")])
    columns = candidates(data, formula, names, [target, *markers, *ids])
    return Choices(
        target, formula, tuple(columns), tuple(markers), option, by, tuple(ids), weighing, survival, tuple(said)
    )


def target_and_formula(data: DataSpec, names: Sequence[str], rows: Rows) -> tuple[Formula | None, str, list[Notice]]:
    """The formula, if there is one, and the target that it or the options or nobody names."""
    if data.formula is None:
        target, notices = target_of(data, names)
        return None, target, [*rows.notices, *(() if rows.name == "arrays" else notices)]
    formula = parsed_formula(data, names, [])
    if data.target is not None and data.target != formula.target:
        raise UsageError(f"--target {shortened(data.target)} and --formula differ: it begins with {formula.target} ~")
    return formula, formula.target, list(rows.notices)


def parsed_formula(data: DataSpec, names: Sequence[str], apart: Sequence[str]) -> Formula:
    """The formula of the request; `.` stands for all columns but its target and those `apart`."""
    from regcli.data.features.formula import parsed  # not worth its import where there is no formula

    return parsed(data.formula or "", names, apart)


def markers_of(
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


def candidates(data: DataSpec, formula: Formula | None, names: Sequence[str], apart: Sequence[str]) -> list[str]:
    """The columns that may become features: those of the formula, or those asked for; UsageError for any `apart`."""
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
