"""What the target is taken as: a family and, where that has them, classes; and its cells as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.cells import TextColumn, diagnose
from regcli.data.columns import as_option
from regcli.data.reading.tidy import number
from regcli.data.roles import FEW_ROWS, MOST_LEVELS, Role
from regcli.data.sources import Rows
from regcli.data.surviving import EVENT, Survival
from regcli.errors import DataError, Notice, UsageError, counted, listed, shortened, visible
from regcli.specs import CLASS_FAMILIES, LOG_FAMILIES, DataSpec, FamilyName

Vector = NDArray[np.float64]
Index = NDArray[np.intp]
Where = Callable[[Sequence[int]], str]

CODES = ([0.0, 1.0], [1.0, 2.0], [-1.0, 1.0])
"""Pairs of numbers that as a rule code two classes."""


@dataclass(frozen=True)
class Answer:
    """The target `name` as its family takes it: numbers, classes in their order, or shares of the second of two.

    `boolean` classes are true and false in any case. `power` is that of tweedie, `survival` names the columns that make
    a time one of survival.
    """

    name: str
    family: FamilyName
    classes: tuple[str, ...] = ()
    shares: bool = False
    boolean: bool = False
    power: float | None = None
    survival: Survival | None = None
    notices: list[Notice] = field(default_factory=list)

    def targets(self, frame: pd.DataFrame, where: Where) -> NDArray[np.float64]:
        """The target of these rows as numbers (n,), of survival times (n, 4); see `numbers`."""
        cells = frame[self.name]
        return self.numbers(cells, where) if self.survival is None else self.survival.targets(frame, cells, where)

    def numbers(self, cells: pd.Series[Any], where: Where) -> Vector:
        """The target (n,) as numbers; DataError for a class that is not known, or a number that cannot be."""
        if not self.classes or self.shares:
            y = np.ascontiguousarray(cells.to_numpy(dtype=np.float64))
            self._check(y, where)
            return 1 - y if self.classes == ("1", "0") else y
        codes, labels = _labelled(cells, self.boolean)
        places = {label: place for place, label in enumerate(self.classes)}
        strange = np.flatnonzero(~np.isin(codes, [code for code, label in enumerate(labels) if label in places]))
        if strange.size:
            raise DataError(
                f"{visible(self.name)} has a class that the training rows lack, {where(strange.tolist())}",
                found=shortened(labels[codes[strange[0]]]),
            )
        return np.array([places.get(label, 0) for label in labels], dtype=np.float64)[codes]

    def _check(self, y: Vector, where: Where) -> None:
        wrong = np.zeros(len(y), bool)
        if self.shares:
            wrong, must, hint = (y < 0) | (y > 1), "between 0 and 1, for shares", None
        elif self.family in LOG_FAMILIES and (self.family == "gamma" or self.power == 2):
            wrong, must = y <= 0, f"above 0, for {self.family}{' of power 2' if self.power == 2 else ''}"
            zeros = "--power 1.5, which takes zeros" if self.power == 2 else "--family tweedie, which takes zeros"
            hint = zeros if np.all(y >= 0) else "--family gaussian"
        elif self.family in LOG_FAMILIES:
            wrong, must, hint = y < 0, f"0 or more, for {self.family}", "--family gaussian"
        places = np.flatnonzero(wrong)
        if places.size:
            raise DataError(
                f"the target {visible(self.name)} must be {must}, and is not in {where(places.tolist())}",
                found=shortened(f"{y[places[0]]:g}"),
                hint=hint,
            )

    def strata(self, y: NDArray[np.float64]) -> Index | None:
        """The class (n,) of each row, where rows are whole classes; of survival times whether it is an event."""
        if self.survival is not None:
            return y[:, EVENT].astype(np.intp)
        return y.astype(np.intp) if self.classes and not self.shares else None


def answer_of(
    cells: pd.Series[Any],
    data: DataSpec,
    family: FamilyName | None,
    weighted: bool,
    where: Where,
    power: float | None = None,
) -> Answer:
    """What the cells (n,) of the target, without gaps, are taken as: the family asked for, else the one they suggest.

    Text of two values suggests binomial. Raises DataError where the family forbids them, UsageError where an option
    cannot act with it.
    """
    name = str(cells.name)
    numeric = cells.dtype.kind in "iuf"
    taken: FamilyName = family or ("gaussian" if numeric else "binomial")
    if data.positive_class is not None and taken not in ("binomial", "squared_hinge"):
        raise UsageError(f"--positive-class cannot act with --family {taken}", hint="--family binomial")
    if taken not in CLASS_FAMILIES:
        return Answer(name, taken, power=power, notices=_two_values(cells) if family is None else [])
    if taken == "binomial" and numeric and weighted and _are_shares(cells):
        positive = "1" if data.positive_class is None else _chosen(data.positive_class, ("0", "1"), name)
        return Answer(name, taken, ("0", "1") if positive == "1" else ("1", "0"), shares=True)
    boolean = is_boolean(cells)
    codes, labels = _labelled(cells, boolean)
    if len(labels) < 2:
        raise DataError(
            f"the target {visible(name)} holds one class only, {shortened(labels[0])} in all {len(cells):,} rows",
            hint="--target with another column",
        )
    if taken == "multinomial":
        _check_count(name, labels, len(cells))
        return Answer(name, taken, tuple(_ordered(labels)), boolean=boolean)
    if len(labels) > 2:
        raise _too_many(cells, codes, labels, weighted, where, taken)
    pair = sorted(_ordered(labels), key=lambda label: number(label, ".") or 0.0) if numeric else _folded(labels)
    positive = pair[1] if data.positive_class is None else _chosen(data.positive_class, tuple(pair), name, boolean)
    negative = next(label for label in pair if label != positive)
    said = _pair_notice(name, negative, positive, family) if data.positive_class is None else []
    return Answer(name, taken, (negative, positive), boolean=boolean, notices=said)


def _pair_notice(name: str, negative: str, positive: str, family: FamilyName | None) -> list[Notice]:
    what = "side" if family == "squared_hinge" else "probability"
    pair = f"the {what} of {shortened(positive)} is modelled, against {shortened(negative)}"
    other = "--positive-class takes the other"
    if family is not None:
        return [Notice("positive_class_assumed", f"{visible(name)} has two classes: {pair} ({other})")]
    what = f"{visible(name)} is text of two values and taken as --family binomial: {pair} ({other})"
    return [Notice("family_assumed", what)]


def _two_values(cells: pd.Series[Any]) -> list[Notice]:
    """What is said of numbers that code two classes where no family was asked for."""
    values = np.unique(cells.to_numpy(dtype=np.float64))
    if values.tolist() not in CODES:
        return []
    first, second = (_label(value) for value in values)
    text = f"{visible(str(cells.name))} has two values, {first} and {second}, and is taken as a number"
    return [Notice("target_two_values", f"{text}: --family binomial models its probability")]


def _are_shares(cells: pd.Series[Any]) -> bool:
    values = cells.to_numpy(dtype=np.float64)
    return bool(np.all((values >= 0) & (values <= 1)) and np.any((values > 0) & (values < 1)))


def is_boolean(cells: pd.Series[Any]) -> bool:
    """Whether the cells are true and false, however they are spelled."""
    if cells.dtype.kind in "iuf":
        return False
    return all(str(value).lower() in ("true", "false") for value in cells.unique()[:3])


def _labelled(cells: pd.Series[Any], boolean: bool) -> tuple[Index, list[str]]:
    """The number of each cell's label (n,), and the labels in the order in which they come up."""
    codes, values = pd.factorize(cells)
    texts = [str(value).lower() if boolean else value if isinstance(value, str) else _label(value) for value in values]
    labels = list(dict.fromkeys(texts))
    return np.array([labels.index(text) for text in texts], dtype=np.intp)[codes], labels


def label_counts(cells: pd.Series[Any], boolean: bool) -> Counter[str]:
    """How many cells have each label."""
    codes, labels = _labelled(cells, boolean)
    return Counter(dict(zip(labels, np.bincount(codes, minlength=len(labels)).tolist(), strict=True)))


def _label(value: Any) -> str:
    """A number as a label: whole ones without a point."""
    return repr(float(value)).removesuffix(".0")


def _ordered(labels: Sequence[str]) -> list[str]:
    """Numbers by size, words by their characters."""
    values = [number(label, ".") for label in labels]
    if any(value is None for value in values):
        return sorted(labels)
    return sorted(labels, key=lambda label: (number(label, ".") or 0.0, label))


def _folded(labels: Sequence[str]) -> list[str]:
    """Two labels of text in order, whatever their case; so that no < yes, false < true, negative < positive."""
    if all(number(label, ".") is not None for label in labels):
        return _ordered(labels)
    return sorted(labels, key=lambda label: (label.casefold(), label))


def _chosen(given: str, labels: tuple[str, ...], name: str, boolean: bool = False) -> str:
    """The label that was typed; a number may be written in other ways."""
    typed = given.lower() if boolean else given
    value = number(typed, ".")
    alike = [label for label in labels if value is not None and number(label, ".") == value]
    if typed in labels or alike:
        return typed if typed in labels else alike[0]
    raise UsageError(
        f"--positive-class {shortened(given)} is no class of {visible(name)}: "
        f"{' and '.join(shortened(label) for label in labels)} are"
    )


def _check_count(name: str, labels: Sequence[str], rows: int) -> None:
    if len(labels) > MOST_LEVELS and 2 * len(labels) > rows:
        raise DataError(
            f"the target {visible(name)} holds {len(labels):,} different values in {rows:,} rows, too many for classes",
            hint="--target with another column",
        )


def _too_many(
    cells: pd.Series[Any], codes: Index, labels: Sequence[str], weighted: bool, where: Where, family: FamilyName
) -> DataError:
    """Of a target of more than two values, where two classes were asked for."""
    name, place = visible(str(cells.name)), int(np.argmax(codes >= 2))
    what = f"the target {name} has {len(labels):,} different values: {family} takes two classes"
    hint = "--family gaussian" if cells.dtype.kind == "f" else "--family multinomial"
    if cells.dtype.kind in "iuf":
        outside = np.flatnonzero(~cells.between(0, 1).to_numpy())
        place = int(outside[0]) if outside.size else place
        what += ", or with --weights shares between 0 and 1" if family == "binomial" else ""
        if not outside.size and family == "binomial":
            hint = "--weights with the column of how many each share is of"
        elif not _plausible(len(labels), len(cells)):
            hint = "--family gaussian"
    return DataError(what, found=f"{shortened(_as_text(cells.iloc[place]))} ({where([place])})", hint=hint)


def _as_text(cell: Any) -> str:
    return cell if isinstance(cell, str) else _label(cell)


def _plausible(values: int, rows: int) -> bool:
    """Whether so many different values may be classes."""
    return values <= MOST_LEVELS and (rows < FEW_ROWS or 2 * values < rows)


def check_classes(answer: Answer, y: Vector) -> None:
    """DataError for a class that none of the training rows (n,) has."""
    if answer.shares or not answer.classes:
        return
    counts = np.bincount(y.astype(np.intp), minlength=len(answer.classes))
    lacking = [label for label, count in zip(answer.classes, counts, strict=True) if not count]
    if lacking:
        raise DataError(
            f"no training row has {visible(answer.name)} {listed([shortened(label) for label in lacking])}",
            hint="other training rows",
        )


def places_of(cells: pd.Series[Any], classes: Sequence[str]) -> Vector:
    """The place among the classes of each cell (n,), NaN where there is none or another one; of the classes 0 and 1
    numbers between them are shares."""
    out = np.full(len(cells), np.nan)
    there = cells.notna().to_numpy()
    if cells.dtype.kind in "iuf" and sorted(classes) == ["0", "1"]:
        y = cells.to_numpy(dtype=np.float64)
        fits = there & (y >= 0) & (y <= 1)
        out[fits] = 1 - y[fits] if classes[0] == "1" else y[fits]
        return out
    if there.any():
        codes, labels = _labelled(cells[there], sorted(classes) == ["false", "true"])
        places = {label: place for place, label in enumerate(classes)}
        out[there] = np.array([places.get(label, np.nan) for label in labels])[codes]
    return out


def odd_target(rows: Rows, target: str, data: DataSpec, family: FamilyName | None) -> Role | None:
    """The target, where an option would read its cells as numbers; DataError where it cannot be taken as anything."""
    cells = rows.frame[target]
    name = f"the target {visible(target)} of {rows.name}"
    if cells.dtype.kind in "iuf" and not cells.isna().all():
        return None
    numeric = [str(name) for name in rows.frame.columns if rows.frame[name].dtype.kind in "iuf" and name != target]
    hint = as_option("--target", numeric[-1:]) if numeric else "a file with columns of numbers"
    if cells.isna().all():
        raise DataError(f"{name} has no cells", hint=hint)
    column = diagnose(cells.astype("str") if cells.dtype == np.bool_ else cells, data.decimal)
    if column.hint:
        return Role(target, "odd cells", text=column)
    if family in CLASS_FAMILIES:
        return None
    distinct = 2 if column.kind == "true/false" else int(cells.nunique())
    if column.kind != "mostly numeric" and family is None:
        if distinct <= 2:
            return None
        if _plausible(distinct, int(cells.notna().sum())):
            return Role(target, "classes", distinct, text=column)
    raise _no_numbers(rows, name, column, distinct, family, hint)


def _no_numbers(
    rows: Rows, name: str, column: TextColumn, distinct: int, family: FamilyName | None, hint: str
) -> DataError:
    found = f"{shortened(column.cell)} ({rows.where([column.row])})" if column.row >= 0 else None
    if column.kind == "mostly numeric":
        verb = "is not a number" if column.count == 1 else "are not numbers"
        return DataError(f"{counted(column.count, 'cell')} of {name} {verb}", found=found, hint=hint)
    needed = f"numbers are needed for {family}" if family else "numbers are needed"
    what = f"{name} is {'true or false' if column.kind == 'true/false' else f'text, {distinct:,} different values'}"
    if family is not None and distinct <= MOST_LEVELS:
        hint = f"--family {'binomial' if distinct == 2 else 'multinomial'}"
    return DataError(f"{what}: {needed}", found=found, hint=hint)
