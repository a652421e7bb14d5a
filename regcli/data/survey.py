"""A pass that learns what features there are: levels, fill values, gaps, what folds are made by; before any number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.answering import label_counts
from regcli.data.features import dates
from regcli.data.features.planning import Tally, tally_of_texts
from regcli.data.recipe import Recipe
from regcli.data.sources import Rows
from regcli.errors import DataError, counted, visible
from regcli.specs import DataSpec

Vector = NDArray[np.float64]

MOST_TEXTS = 50_000
"""So many different texts of a column of levels are counted."""
MOST_VALUES = 1_000_000
"""So many different values of a column that folds are made by."""


@dataclass(frozen=True)
class Middle:
    """The weighted mean of the cells of a column that are there, and their weight."""

    weight: float = 0.0
    value: float = 0.0

    def merge(self, other: Middle) -> Middle:
        """Of the cells of both."""
        weight = self.weight + other.weight
        return Middle(weight, self.value + (other.value - self.value) * (other.weight / weight)) if weight else self


@dataclass(frozen=True)
class Survey:
    """What rows have taught: `rows` are learned from. By column: `tallies`, and the `means` of numbers; of the column
    that folds are made by how often each value occurs; of a target of classes how many rows have each label."""

    rows: int
    tallies: Mapping[str, Tally]
    means: Mapping[str, Middle]
    labels: Counter[Any]
    classes: Counter[str]

    def merge(self, other: Survey) -> Survey:
        """What both have taught. DataError where a column has too many different texts."""
        tallies = {name: one.merge(other.tallies[name]) for name, one in self.tallies.items()}
        for name, tally in tallies.items():
            if len(tally.counts) > MOST_TEXTS:
                what = f"{visible(name)} has more than {counted(MOST_TEXTS, 'different text')}"
                raise DataError(what, options=f"--exclude {visible(name)}")
        labels = self.labels + other.labels
        if len(labels) > MOST_VALUES:
            raise DataError(f"a column of folds has more than {counted(MOST_VALUES, 'different value')}")
        if len({isinstance(one, str) for one in labels}) > 1:
            raise DataError("a column of folds holds numbers in some pieces of the file and text in others")
        return Survey(
            self.rows + other.rows,
            tallies,
            {name: one.merge(other.means[name]) for name, one in self.means.items()},
            labels,
            self.classes + other.classes,
        )


@dataclass(frozen=True)
class SurveyTask:
    """Learns it from each piece; `recipe` is what the first rows have settled."""

    recipe: Recipe
    spec: DataSpec
    numbered: bool = False

    def of(self, rows: Rows, first: int) -> Survey:
        """What one piece teaches."""
        recipe = self.recipe
        used = recipe.used(rows)
        frame, learned = used.frame, recipe.learned(used)
        values = None if recipe.choices.by is None else recipe.values(used)
        targets = frame[recipe.choices.target] if recipe.answer.classes and not recipe.answer.shares else None
        if learned is not None:
            frame = frame[learned]
            values = None if values is None else values[learned]
            targets = None if targets is None else targets[learned]
        weights = recipe.choices.weighing.weights_of(frame)
        tallies, means = {}, {}
        for name, role in recipe.roles.items():
            cells = frame[name]
            if role.kind in ("levels", "true/false"):
                tallies[name] = tally_of_texts(cells)
                continue
            known = cells.notna().to_numpy()
            if role.kind == "date":
                assert role.style is not None
                clock = dates.has_clock(dates.days_of(cells, role.style))
                tallies[name] = Tally(Counter(), gaps=int((~known).sum()), clock=clock)
                continue
            numbers = cells.to_numpy(dtype=np.float64)[known]
            few = np.unique(numbers[:1000])
            few = few if len(few) > 2 else np.unique(numbers)
            tallies[name] = Tally(Counter(), frozenset(few[:3].tolist()), gaps=int((~known).sum()))
            means[name] = _middle(numbers, None if weights is None else weights[known])
        labels = Counter(values.tolist()) if values is not None else Counter[Any]()
        classes = Counter[str]() if targets is None else label_counts(targets, recipe.answer.boolean)
        return Survey(len(frame), tallies, means, labels, classes)


def _middle(numbers: Vector, weights: Vector | None) -> Middle:
    total = float(len(numbers) if weights is None else weights.sum())
    return Middle(total, float(np.average(numbers, weights=weights))) if total else Middle()
