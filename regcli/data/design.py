"""From a frame to a `Design`: numbers, names, training and test rows, and what was dropped and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.answering import answer_of, check_classes
from regcli.data.blockers import usable
from regcli.data.checking import (
    check_finite,
    check_polynomials,
    check_target,
    finite_columns,
    finite_test_columns,
    said_of_constants,
    without_constants,
)
from regcli.data.choosing import choices_of, roles_of
from regcli.data.features.encoding import Encoding
from regcli.data.features.planning import plan
from regcli.data.features.telling import new_levels, told
from regcli.data.features.terms import Number
from regcli.data.held_out import read_test_file
from regcli.data.markers import marker_notices
from regcli.data.sources import Rows, read
from regcli.data.splitting import Split, labels_of, split_rows, validation_rows
from regcli.data.surviving import EVENT, TIME, Survival, check_events
from regcli.data.weighing import Weighing, check_offset, counting
from regcli.errors import Notice, UsageError, counted, visible
from regcli.specs import DataSpec, FamilyName, FoldSpec, TrainingSpec, ValidationSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Condensed:
    """What a few rows X (m, p), y (m,) stand for: so many `rows` of the source, of which they have the moments; and
    X_test, y_test for so many `tested`, None where they are rows themselves. The columns of X are counted from `origin`
    (p,); `twins` (p,) holds for each the first that is equal to it, None where all differ. `spread` is the variance of
    the targets of both, whose offset y is without. `engine` made them in so many `passes` over the source; of
    likelihoods, which moments do not suffice for, `behind` asks the rows again."""

    rows: int
    tested: int | None
    spread: tuple[float, float]
    origin: Vector
    twins: NDArray[np.intp] | None
    engine: str
    passes: int
    behind: Any = None

    @property
    def made(self) -> int:
        """How many passes there were so far."""
        return self.passes if self.behind is None else int(self.behind.passing.passes)


@dataclass(frozen=True)
class Design:
    """Training rows X (n, p), y (n,) of finite numbers, no column of X constant where there is an intercept.

    `encoding` made X of `train`, the rows of the file, and makes the same columns of other rows; `learns` says whether
    its fill values or polynomials are to be learned anew in folds. `labels` (n,) numbers what the
    column that folds are made by says of each row, in its order, from 0. `X_test`, `y_test` hold the rows to be
    predicted, `X_validation`, `y_validation` those that say when a descent is to stop, or are None. `dropped_rows` and
    `dropped_columns` are pairs (reason, count) and (name, reason). `lines` gives the line (or row: `unit`) of each
    training row in its file, `ids` are the columns that name rows.

    Of a family with `classes` y numbers the class of each row from 0, in their order; of two the second is the
    positive one, and y may be its share. Of survival times y is (n, 4), as `survival` says. `weights` (n,) say how much
    each row counts, `offset` (n,) what its linear predictor has beside the features; None where all count alike, or
    have nothing. `balanced`: each class is to count alike. Where rows were passed over and not held, X and y are few
    that stand for all, as `condensed` says.
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
    X_validation: Matrix | None = None
    y_validation: Vector | None = None
    dropped_rows: list[tuple[str, int]] = field(default_factory=list)
    dropped_columns: list[tuple[str, str]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    labels: NDArray[np.intp] | None = None
    learns: bool = False
    ids: tuple[str, ...] = ()
    lines: Callable[[], list[int]] = list
    unit: str = "row"
    family: FamilyName = "gaussian"
    classes: tuple[str, ...] = ()
    weights: Vector | None = None
    offset: Vector | None = None
    weights_test: Vector | None = None
    offset_test: Vector | None = None
    weights_validation: Vector | None = None
    offset_validation: Vector | None = None
    balanced: bool = False
    weighing: Weighing = field(default_factory=Weighing)
    condensed: Condensed | None = None
    survival: Survival | None = None

    @property
    def count(self) -> int:
        """How many rows are learned from."""
        return len(self.y) if self.condensed is None else self.condensed.rows

    @property
    def behind(self) -> Any:
        """What asks again the rows of a likelihood that were passed over; None where moments or rows suffice."""
        return None if self.condensed is None else self.condensed.behind

    @cached_property
    def names(self) -> list[str]:
        """The features' names (p,)."""
        return [one.name for one in self.encoding.features]

    @property
    def relearn(self) -> Relearning | None:
        """Makes X (n, p) anew with what only some training rows (n,) teach; None where X would be the same."""
        if not self.learns:
            return None
        return Relearning(self.encoding, self.train, self.weights)

    @property
    def strata(self) -> NDArray[np.intp] | None:
        """The class (n,) of each row, from 0, or whether it is an event; None where rows are no whole classes."""
        if self.survival is not None:
            return self.y[:, EVENT].astype(np.intp)
        whole = bool(self.classes) and bool(np.all(self.y == np.floor(self.y)))
        return self.y.astype(np.intp) if whole else None


@dataclass(frozen=True)
class Relearning:
    """Makes the columns of `train` anew with what only some of its rows teach."""

    encoding: Encoding
    train: pd.DataFrame
    weights: Vector | None = None

    def __call__(self, rows: Mask) -> Matrix:
        """The columns (n, p); `rows` (n,) says which rows teach."""
        weights = None if self.weights is None else self.weights[rows]
        return self.encoding.learned(self.train[rows], weights).apply(self.train)


def build(
    data: DataSpec,
    validation: ValidationSpec,
    intercept: bool = True,
    folds: FoldSpec | None = None,
    contrasts: bool = False,
    training: TrainingSpec | None = None,
    family: FamilyName | None = None,
    balanced: bool = False,
    power: float | None = None,
) -> Design:
    """Read, choose columns, deal with missing cells, split, encode, drop constant columns; number the rows' folds.

    `contrasts` leaves a reference level out of each column of levels, as a model without penalty needs; `training` may
    hold validation rows out of the training rows, from which then nothing is learned. Without a `family` the target
    says which; `power` is that of tweedie.
    """
    if all(isinstance(source, str) and source == "-" for source in (data.source, validation.test)):
        raise UsageError("DATA and --test are both standard input", hint="--test with a file")
    rows = _rows(data.as_text())
    chosen = choices_of(rows, data, validation, folds)
    target, markers, by, weighing = chosen.target, chosen.markers, chosen.by, chosen.weighing
    rows, more = counting(rows, weighing, data)
    said = [*chosen.notices, *more]
    roles = roles_of(rows, data, chosen.columns, chosen.formula)
    used = usable(rows, data, target, roles, markers, family=family)
    answer = answer_of(used.frame[target], data, family, weighing.weights is not None, used.where, power)
    weighing.check_family(answer.family)
    check_offset(weighing, answer.family, weighing.offset_of(used.frame))
    if balanced and answer.classes:
        said.append(Notice("balanced_classes", "classes count alike: probabilities are those of classes of one size"))
    chosen.survival.check_family(answer.family)
    if answer.family == "cox":
        survival, more = chosen.survival.learned(used.frame, used.where)
        answer, said = replace(answer, survival=survival), [*said, *more]
    answers = answer.targets(used.frame, used.where)
    split = split_rows(validation, used.frame[validation.split_column] if validation.split_column else None,
                       len(used.frame), used.where, answer.strata(answers))  # fmt: skip
    learned = np.ones(len(used.frame), dtype=bool) if split is None else split.train
    held = validation_rows(training, learned)
    learned = learned & ~held
    whole = bool(learned.all())
    train, test = used.frame if whole else used.frame[learned], None if split is None else used.frame[~split.train]
    labels = None
    if by:
        said += _gaps_of(by, rows.frame[[target, *chosen.columns]], rows.frame[by])
        labels = labels_of(chosen.option, used.frame[by], used.where)
        labels = labels if split is None else np.unique(labels[split.train], return_inverse=True)[1]
    encoding = plan(train, roles, data, chosen.formula, contrasts)
    check_finite(used, target, encoding)
    weights = weighing.weights_of(train)
    encoding = encoding.learned(train, weights)
    check_polynomials(encoding)
    said += [*used.notices, *answer.notices, *told(encoding, train, roles)]
    y_test = None if test is None or split is None else answers[~split.train]
    if validation.test is not None:
        held_out = read_test_file(data, validation.test, answer, weighing, encoding, roles)
        split = Split(np.zeros(0, dtype=bool), f"the file {held_out.name}")
        test, y_test = held_out.frame, held_out.y
        said += held_out.notices
    X = finite_columns(encoding, train, used if whole else None)
    kept, dropped = without_constants(rows.name, X, encoding, intercept)
    y = answers if whole else answers[learned]
    said += [
        *said_of_constants(dropped),
        *_markers(X, encoding, None if answer.classes or answer.survival else y, target),
    ]
    everything = len(kept) == X.shape[1]
    encoding = encoding if everything else encoding.only(kept)
    check_classes(answer, y)
    check_target(y if answer.survival is None else y[:, TIME], target)
    if answer.survival is not None:
        check_events(y, answer.survival)
    if test is not None:
        said += new_levels(encoding, test)
    validating = used.frame[held] if held.any() else None
    if validating is not None:
        said += new_levels(encoding, validating, "validation rows")
    return Design(
        X=np.asfortranarray(X if everything else X[:, kept]),  # one layout, so that the same rows give the same bits
        y=y,
        encoding=encoding,
        train=train,
        target=target,
        source=rows.name,
        rows_read=rows.rows_read,
        split=split,
        X_test=None if test is None else finite_test_columns(encoding, test),
        y_test=y_test,
        X_validation=None if validating is None else finite_test_columns(encoding, validating, "validation row"),
        y_validation=None if validating is None else answers[held],
        dropped_rows=list(used.dropped_rows),
        dropped_columns=dropped,
        notices=said,
        labels=labels,
        learns=encoding.learns_from(train),
        ids=chosen.ids,
        lines=used.lines if whole else lambda: _some(used.lines(), learned),
        unit=rows.unit,
        family=answer.family,
        classes=answer.classes,
        weights=weights,
        offset=weighing.offset_of(train),
        weights_test=None if test is None else weighing.weights_of(test),
        offset_test=None if test is None else weighing.offset_of(test),
        weights_validation=None if validating is None else weighing.weights_of(validating),
        offset_validation=None if validating is None else weighing.offset_of(validating),
        balanced=balanced,
        weighing=weighing,
        survival=answer.survival,
    )


def _rows(data: DataSpec) -> Rows:
    """All rows, or those that were drawn."""
    if data.sample is None:
        return read(data)
    from regcli.data.sampling import sampled

    return sampled(data, data.sample)


def _markers(X: Matrix, encoding: Encoding, y: Vector | None, target: str) -> list[Notice]:
    """Values of the columns of numbers, and of the target, that seem to stand for missing cells."""
    plain = [j for j, one in enumerate(encoding.features) if one.factors == (Number(one.name),)]
    names = [encoding.features[j].name for j in plain]
    columns = X if len(plain) == X.shape[1] else X[:, plain]
    of_target = [] if y is None else marker_notices(y.reshape(-1, 1), [target])
    return [*marker_notices(columns, names), *of_target] if len(X) else []


def _some(lines: list[int], kept: Mask) -> list[int]:
    return [line for line, keep in zip(lines, kept, strict=True) if keep]


def _gaps_of(name: str, needed: pd.DataFrame, column: pd.Series[Any]) -> list[Notice]:
    """Rows that are left out only because the column that folds are made by has no cell there."""
    lacking = int((column.isna() & ~needed.isna().any(axis=1)).sum())
    if not lacking:
        return []
    text = (
        f"{counted(lacking, 'row')} left out lack {visible(name)} alone: regcli fit, which does not need it, uses them"
    )
    return [Notice("fold_column_gaps", text)]
