"""From a request to folds: how many there are, and what is said where the data allows fewer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.data.splitting import fold_column
from regcli.errors import DataError, Notice, UsageError, counted, listed, shortened, visible
from regcli.select.folds import (
    Folds,
    given_folds,
    grouped_folds,
    leave_one_out,
    random_folds,
    stratified_folds,
    time_folds,
)
from regcli.specs import DEFAULT_FOLDS, FoldSpec

Made = tuple[Folds, list[Notice]]


def folds_of(design: Design, spec: FoldSpec) -> Made:
    """The folds that `spec` asks for over the training rows of `design`.

    Where a number of folds was typed that the rows cannot give, that is an error; the usual number becomes smaller.
    """
    n = len(design.y)
    if spec.fold_column:
        made = _given(design, spec)
    elif spec.folds == "loo":
        made = leave_one_out(n), []
    elif spec.groups:
        made = _grouped(design, spec)
    elif spec.time:
        made = _by_time(design, spec)
    else:
        k, notices = _count(spec, n, "row")
        strata = design.strata
        if strata is None:
            made = random_folds(n, k, spec.drawn_with, spec.repeats), notices
        else:
            made = stratified_folds(strata, k, spec.drawn_with, spec.repeats), [*notices, *_few(design, strata, k)]
    if made[0].least_training < 2:
        raise DataError(
            f"a fold would learn from {counted(made[0].least_training, 'row')}: two are needed",
            hint="fewer --folds" if spec.time else "another column" if spec.column else "more rows",
        )
    return made


def _few(design: Design, strata: NDArray[np.intp], k: int) -> list[Notice]:
    """The classes that some folds are tested without."""
    counts = np.bincount(strata, minlength=len(design.classes))
    each = [
        f"{shortened(label)} ({count:,})"
        for label, count in zip(design.classes, counts.tolist(), strict=True)
        if count < k
    ]
    if not each:
        return []
    text = f"{counted(len(each), 'class', 'classes')} of {visible(design.target)} in fewer rows than the {k} folds"
    return [Notice("few_in_class", f"{text}: {listed(each)}")]


def _count(spec: FoldSpec, most: int, what: str) -> tuple[int, list[Notice]]:
    """The number of folds: as typed, or the usual one, or as many as there are of `what`."""
    if isinstance(spec.folds, int):
        if spec.folds > most:
            raise UsageError(
                f"--folds {spec.folds} of {counted(most, what)}: a fold needs one at least",
                hint=f"--folds {most}" if most > 1 else None,
            )
        return spec.folds, []
    if most >= DEFAULT_FOLDS:
        return DEFAULT_FOLDS, []
    return most, [Notice("fewer_folds", f"{counted(most, 'fold')}, as many as there are {what}s")]


def _given(design: Design, spec: FoldSpec) -> Made:
    labels = _labels(design)
    option, column = fold_column(spec)
    distinct = int(labels.max()) + 1
    if distinct < 2:
        raise DataError(
            f"{option} {visible(str(column))} holds one value only: two folds are needed", hint="leave it out"
        )
    return given_folds(labels), []


def _grouped(design: Design, spec: FoldSpec) -> Made:
    labels = _labels(design)
    distinct = int(labels.max()) + 1
    option, column = fold_column(spec)
    if distinct < 2:
        raise DataError(f"{option} {visible(str(column))} holds one value only: two groups are needed")
    k, notices = _count(spec, distinct, "group")
    return grouped_folds(labels, k, spec.drawn_with, spec.repeats), notices


def _by_time(design: Design, spec: FoldSpec) -> Made:
    labels = _labels(design)
    most = int(labels.max())
    option, column = fold_column(spec)
    if most < 2:
        raise DataError(
            f"{option} {visible(str(column))} holds {counted(most + 1, 'different time')}: two folds need three"
        )
    k, notices = _count(spec, most, "later time")
    return time_folds(labels, k), notices


def _labels(design: Design) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    assert design.labels is not None, "the column that folds are made by was not read"
    return design.labels
