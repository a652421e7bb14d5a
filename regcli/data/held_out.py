"""The rows of another file that are predicted: read, and taken, as the training rows were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.answering import Answer
from regcli.data.blockers import Used, usable
from regcli.data.cells import diagnose
from regcli.data.checking import check_finite
from regcli.data.features.dates import days_of
from regcli.data.features.encoding import Encoding
from regcli.data.roles import Role
from regcli.data.sources import Rows, read
from regcli.data.weighing import Weighing, check_columns
from regcli.errors import DataError, Notice, counted, listed
from regcli.specs import DataSpec

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOut:
    """The rows of the file called `name`, with their target y (n,) as numbers."""

    name: str
    frame: pd.DataFrame
    y: Vector
    notices: list[Notice]


def read_test_file(
    data: DataSpec, source: Any, answer: Answer, weighing: Weighing, encoding: Encoding, roles: Mapping[str, Role]
) -> HeldOut:
    """The rows of another file, with the same columns by name, roles and policy for missing cells.

    A row of weight 0 is predicted as the others are, and counts nothing.
    """
    spelled = data.as_text()
    rows = read(replace(spelled, categorical=(*spelled.categorical, *encoding.categories)), source)
    beside = [*weighing.columns, *([] if answer.survival is None else answer.survival.columns)]
    columns = [answer.name, *beside, *encoding.columns]
    lacking = [name for name in columns if name not in rows.frame.columns]
    if lacking:
        raise DataError(f"{rows.name} lacks {counted(len(lacking), 'column')} that the model needs: {listed(lacking)}")
    check_columns(rows, weighing, data)
    used = as_learned(rows, data, answer, encoding, roles, beside, least=1)
    check_finite(used, answer.name, encoding)
    notices = [Notice(notice.code, f"test rows: {notice.message}") for notice in (*rows.notices, *used.notices)]
    return HeldOut(rows.name, used.frame, answer.targets(used.frame, used.where), notices)


def as_learned(
    rows: Rows,
    data: DataSpec,
    answer: Answer,
    encoding: Encoding,
    roles: Mapping[str, Role],
    markers: Sequence[str],
    least: int,
) -> Used:
    """The rows that the policy for missing cells keeps, their columns being what they were when they were learned.

    Where no row is needed at the `least`, a column may have no cells in all of them.
    """
    found = {
        name: roles[name]
        if least == 0 and rows.frame[name].isna().all()
        else _as_learned(rows.frame[name], encoding, roles[name], data.decimal)
        for name in encoding.columns
    }
    return usable(rows, data, answer.name, found, markers, least=least, family=answer.family)


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
