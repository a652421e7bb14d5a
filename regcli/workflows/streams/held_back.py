"""The rows that a stream does not learn from: those of a file, or a few that stand for those that a column marks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.data.checking import finite_test_columns
from regcli.data.features.encoding import Encoding
from regcli.data.features.telling import new_levels
from regcli.data.held_out import HeldOut, read_test_file
from regcli.data.recipe import Recipe
from regcli.data.splitting import Split
from regcli.errors import DataError, Notice
from regcli.select.condensed import stand_ins
from regcli.select.sums.of_moments import MomentSum
from regcli.workflows.gathering import Request

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class HeldBack:
    """Rows to be predicted, or a few that stand for them."""

    split: Split
    X: NDArray[np.float64]
    y: Vector
    weights: Vector | None
    offset: Vector | None
    notices: list[Notice]


def held_back(
    request: Request, recipe: Recipe, encoding: Encoding, sums: MomentSum, kept: NDArray[np.intp]
) -> HeldBack | None:
    """Those of the test file or of the split that `request` asks for, of the columns `kept` of `encoding`; None where
    there are none."""
    data, validation = request.data, request.validation
    nothing = np.zeros(0, dtype=bool)
    if validation.test is not None:
        found: HeldOut = read_test_file(
            data, validation.test, recipe.answer, recipe.choices.weighing, encoding, recipe.roles
        )
        notices = [*found.notices, *new_levels(encoding, found.frame)]
        weighing = recipe.choices.weighing
        return HeldBack(
            Split(nothing, f"the file {found.name}"), finite_test_columns(encoding, found.frame), found.y,
            weighing.weights_of(found.frame), weighing.offset_of(found.frame), notices,
        )  # fmt: skip
    if validation.split_column is None:
        return None
    if recipe.answer.family != "gaussian":  # passes judge the rows themselves
        empty = np.zeros((0, len(kept)))
        return HeldBack(Split(nothing, f"the column {validation.split_column}"), empty, empty[:, 0], None, None, [])
    held = sums.held
    if held.rows < 1:
        raise DataError(
            f"the split leaves {sum(one.rows for one in sums.groups[0]):,} training and 0 test rows: 2 and 1 are needed"
        )
    these = np.append(kept, len(held.mean) - 1)
    rows = stand_ins(held.only(these)) + held.mean[these]
    split = Split(nothing, f"the column {validation.split_column}")
    return HeldBack(split, rows[:, :-1], rows[:, -1], np.full(len(rows), held.weight / len(rows)), None, [])
