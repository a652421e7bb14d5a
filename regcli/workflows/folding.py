"""From a request to folds: how many there are, and what is said where the data allows fewer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.data.splitting import fold_column
from regcli.data.surviving import EVENT
from regcli.errors import DataError, Notice, UsageError, counted, listed, shortened, visible
from regcli.select.folds import Folds, dealt, given_folds, leave_one_out, random_folds, stratified_folds, time_blocks
from regcli.specs import DEFAULT_FOLDS, FoldSpec

Made = tuple[Folds, list[Notice]]


def folds_of(design: Design, spec: FoldSpec) -> Made:
    """The folds that `spec` asks for over the training rows of `design`.

    Where a number of folds was typed that the rows cannot give, that is an error; the usual number becomes smaller.
    """
    n = len(design.y)
    if spec.column is not None:
        labels = _labels(design)
        by_value, notices = folds_of_values(np.bincount(labels), spec)
        made = replace(by_value, assignment=tuple(one[labels] for one in by_value.assignment)), notices
    elif spec.folds == "loo":
        made = leave_one_out(n), []
    else:
        k, notices = _count(spec, n, "row")
        strata = design.strata
        if strata is None:
            made = random_folds(n, k, spec.drawn_with, spec.repeats), notices
        else:
            made = stratified_folds(strata, k, spec.drawn_with, spec.repeats), [*notices, *_few(design, strata, k)]
    check_training(made[0].least_training, spec)
    if design.survival is not None:
        check_events(made[0], design.y[:, EVENT], _other_folds(spec))
    return made


def check_training(rows: int, spec: FoldSpec) -> None:
    """DataError where the smallest training fold has so few rows."""
    if rows < 2:
        raise DataError(
            f"a fold would learn from {counted(rows, 'row')}: two are needed",
            hint="fewer --folds" if spec.time else "another column" if spec.column else "more rows",
        )


def check_events(folds: Folds, events: NDArray[np.float64], hint: str) -> None:
    """DataError where a fold has no event of survival times, `events` (n,), to learn from or to be tested on."""
    for repeat in range(len(folds.assignment)):
        for fold in range(folds.k):
            for part, what in ((folds.train, "learn from"), (folds.test, "be tested on")):
                if not events[part(repeat, fold)].any():
                    raise DataError(f"fold {fold + 1} of {folds.k} has no event to {what}", hint=hint)


def _other_folds(spec: FoldSpec) -> str:
    if spec.fold_column is not None:
        return "another --fold-column, with events in each of its folds"
    return "--folds 10" if spec.folds == "loo" else "fewer --folds"


def _few(design: Design, strata: NDArray[np.intp], k: int) -> list[Notice]:
    """The classes that some folds are tested without, or that there are too few events."""
    if design.survival is not None:
        events = int(strata.sum())
        if events < k:
            raise DataError(
                f"{counted(events, 'event')} for {k} folds: each is to be tested on one",
                hint=f"--folds {events}" if events > 1 else None,
            )
        return []
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


def folds_of_values(sizes: NDArray[np.intp], spec: FoldSpec) -> Made:
    """The folds (V,) of the values of the column that says, of which so many rows (V,) have each, in their order."""
    option, column = fold_column(spec)
    distinct, holds = len(sizes), f"{option} {visible(str(column))} holds"
    if spec.time:
        if distinct < 3:
            raise DataError(f"{holds} {counted(distinct, 'different time')}: two folds need three")
        k, notices = _count(spec, distinct - 1, "later time")
        return Folds(k, (time_blocks(sizes, k) - 1,), "time", ordered=True), notices
    if distinct < 2:
        if spec.groups:
            raise DataError(f"{holds} one value only: two groups are needed")
        raise DataError(f"{holds} one value only: two folds are needed", hint="leave it out")
    if spec.fold_column:
        return given_folds(np.arange(distinct)), []
    k, notices = _count(spec, distinct, "group")
    dealt_out = tuple(dealt(sizes, k, spec.drawn_with, repeat) for repeat in range(spec.repeats))
    return Folds(k, dealt_out, "groups", spec.drawn_with), notices


def _labels(design: Design) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    assert design.labels is not None, "the column that folds are made by was not read"
    return design.labels
