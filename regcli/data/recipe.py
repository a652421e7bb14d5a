"""How any piece of a source becomes numbers, settled once: what `design.build` does to all rows, for some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.answering import Answer
from regcli.data.blockers import Used
from regcli.data.checking import check_finite, finite_columns
from regcli.data.choosing import Choices
from regcli.data.features.encoding import Encoding
from regcli.data.held_out import as_learned
from regcli.data.roles import Role
from regcli.data.sources import Rows
from regcli.data.splitting import fold_values, marked
from regcli.data.weighing import counting
from regcli.errors import DataError, counted, shortened, visible
from regcli.specs import DataSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Batch:
    """Some rows as numbers: X (m, p), y (m,), weights and offset (m,) or None; which are learned from (m,), None for
    all; the number (m,) of what the column that folds are made by says, None where there is none. Those
    `dropped` (reason, count) are not among them."""

    X: Matrix
    y: Vector
    weights: Vector | None
    offset: Vector | None
    learned: Mask | None
    labels: NDArray[np.intp] | None
    dropped: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Recipe:
    """What the first rows, and where those do not suffice a pass over all, have settled. It can be sent to other
    processes.

    `roles` are those of the columns that are needed, `answer` is how the target is taken, `encoding` how features are
    made. `split` names the column that marks test rows; `labels` numbers the values of the column that folds are made
    by.
    """

    spec: DataSpec
    choices: Choices
    roles: Mapping[str, Role]
    answer: Answer
    encoding: Encoding
    split: str | None = None
    labels: Mapping[Any, int] | None = None

    def used(self, rows: Rows) -> Used:
        """The rows that the policy for missing cells keeps; DataError for those that are not as the first were."""
        choices, encoding = self.choices, self.encoding
        rows, _ = counting(rows, choices.weighing, self.spec, whole=False)
        if rows.frame[choices.target].isna().all() and self.spec.missing != "error":
            return _nothing(rows)
        piece = replace(rows, name=f"{rows.name}, a piece of {counted(rows.rows_read, 'row')}")
        used = as_learned(piece, self.spec, self.answer, encoding, self.roles, choices.markers, least=0)
        if len(used.frame) and self.answer.family != "multinomial":
            self._check_target(used)
        check_finite(used, choices.target, encoding)
        return used

    def learned(self, used: Used) -> Mask | None:
        """Which of these rows (m,) are learned from; None for all."""
        return None if self.split is None else marked(used.frame[self.split], used.where)

    def batch(self, rows: Rows, marks: Sequence[str] = ()) -> Batch:
        """These rows as numbers; beside the features stands for each of the columns `marks` which cells are missing."""
        used = self.used(rows)
        frame, weighing = used.frame, self.choices.weighing
        X = finite_columns(self.encoding, frame, used)
        if marks:
            X = np.hstack([X, frame[list(marks)].isna().to_numpy(dtype=np.float64)])
        return Batch(
            X=X,
            y=self.answer.numbers(frame[self.choices.target], used.where),
            weights=weighing.weights_of(frame),
            offset=weighing.offset_of(frame),
            learned=self.learned(used),
            labels=self._numbered(used),
            dropped=used.dropped_rows,
        )

    def values(self, used: Used) -> pd.Series[Any]:
        """What the column that folds are made by says of each row."""
        choices = self.choices
        assert choices.by is not None
        return fold_values(choices.option, used.frame[choices.by], used.where)

    def _numbered(self, used: Used) -> NDArray[np.intp] | None:
        if self.labels is None:
            return None
        return np.asarray(self.values(used).map(self.labels).to_numpy(dtype=np.intp))

    def _check_target(self, used: Used) -> None:
        """DataError where a piece has other cells in the target than the first rows had."""
        cells = used.frame[self.choices.target]
        if not self.answer.classes and cells.dtype.kind not in "iuf":
            raise DataError(
                f"the target {visible(self.choices.target)} of {used.rows.name} is no number in {used.where([0])}",
                found=shortened(str(cells.iloc[0])),
                hint="--na with that cell, if it stands for a missing one",
            )


def _nothing(rows: Rows) -> Used:
    """None of these rows."""
    gaps = (*rows.dropped_rows, ("missing cell", len(rows.frame)))
    return Used(rows.frame.iloc[:0], rows, np.zeros(0, dtype=np.intp), gaps, ())


def spelled(spec: DataSpec, encoding: Encoding, answer: Answer) -> DataSpec:
    """The request with the columns that hold text read as they are spelled, whatever a piece holds."""
    classes = [answer.name] if answer.classes and not answer.shares else []
    return replace(spec, categorical=(*spec.categorical, *encoding.categories, *encoding.styles, *classes))
