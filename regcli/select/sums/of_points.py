"""One pass over rows for many points at once: what Newton's method needs to know at each, and what it errs there.

A point is a linear predictor and the rows that it learns from: all of them, or those of a fold. Every row is looked at
once for all points, in pieces that stay in the cache; what is added up does not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.recipe import Recipe
from regcli.data.sources import Rows
from regcli.problem.families import Family
from regcli.problem.measures.losses import row_losses
from regcli.select.drawing import FoldRule
from regcli.select.folds import learned_from
from regcli.select.sums.targets import Targets
from regcli.solve.lockstep import Found
from regcli.specs import DataSpec, Measure

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

NUMBERS = 1 << 19
"""How many linear predictors are held at a time."""
EVERYTHING = -1
"""The group of a point that learns from all rows."""


@dataclass(frozen=True)
class Query:
    """A point: coefficients (K p,) and levels (K,) of scaled columns; the `group` of rows that it learns from, which is
    repeat * k + fold or `EVERYTHING`; and of which features second derivatives are wanted, if of any."""

    coef: Vector
    level: Vector
    group: int = EVERYTHING
    curved: Index | None = None


@dataclass(frozen=True)
class PassSum:
    """The sums of a pass, for each point: arrays whose first axis are the points, and second derivatives of some."""

    rows: Any
    sums: dict[str, NDArray[np.float64]]
    bends: tuple[tuple[Matrix, Matrix, Matrix] | None, ...]

    def merge(self, other: PassSum) -> PassSum:
        """Of the rows of both."""
        return PassSum(
            self.rows + other.rows,
            {name: one + other.sums[name] for name, one in self.sums.items()},
            tuple(
                None if a is None or b is None else (a[0] + b[0], a[1] + b[1], a[2] + b[2])
                for a, b in zip(self.bends, other.bends, strict=True)
            ),
        )

    def found(self, queries: Sequence[Query]) -> list[Found]:
        """What the rows say of each point."""
        return [self._one(i, query) for i, query in enumerate(queries)]

    def _one(self, i: int, query: Query) -> Found:
        sums, bend = self.sums, self.bends[i]
        weight, tested = float(sums["weight"][i]), float(sums["tested_weight"][i])
        inside, across, levels = (None, None, None) if bend is None else (one / weight for one in bend)
        return Found(
            weight, float(sums["loss"][i]) / weight, sums["pull"][i] / weight, sums["bias"][i] / weight,
            float(sums["cost"][i]) / weight, float(sums["tested"][i]) / tested if tested else 0.0, tested,
            query.curved, inside, across, levels,
        )  # fmt: skip


@dataclass(frozen=True)
class PassTask:
    """Sums up what `queries` ask, for each piece. Columns are scaled: (x - shift) / scale, both (p,)."""

    recipe: Recipe
    spec: DataSpec
    queries: tuple[Query, ...]
    shift: Vector
    scale: Vector
    family: Family
    measure: Measure = "deviance"
    rule: FoldRule | None = None
    numbered: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbered", self.rule is not None and self.rule.by_label is None)

    def of(self, rows: Rows, first: Any) -> PassSum:
        """The sums of one piece."""
        targets, _ = Targets.of(self.recipe, rows)
        if targets.weights is None:
            targets = replace(targets, weights=np.ones(len(targets.y)))
        Z = (targets.X - self.shift) / self.scale
        folds = (
            None
            if self.rule is None
            else [self.rule.of_rows(repeat, first, len(Z), targets.labels) for repeat in range(self.rule.repeats)]
        )
        summing = _Summing(self, Z.shape[1])
        for these in _pieces(len(Z), len(self.queries) * summing.outputs):
            summing.add(Z[these], targets.only(these), None if folds is None else [one[these] for one in folds])
        return PassSum(targets.counts, summing.sums, tuple(summing.bends))


class _Summing:
    """The sums so far."""

    def __init__(self, task: PassTask, p: int) -> None:
        self.task, self.family = task, task.family
        queries = task.queries
        count, self.outputs = len(queries), len(queries[0].level)
        self._coefs = np.array([query.coef for query in queries]).reshape(count, self.outputs, p)
        self._levels = np.array([query.level for query in queries])
        self._groups, self._of_group = np.unique([query.group for query in queries], return_inverse=True)
        self.sums = {
            "weight": np.zeros(count), "loss": np.zeros(count), "pull": np.zeros((count, self.outputs * p)),
            "bias": np.zeros((count, self.outputs)), "cost": np.zeros(count), "tested": np.zeros(count),
            "tested_weight": np.zeros(count),
        }  # fmt: skip
        sizes = [None if query.curved is None else self.outputs * len(query.curved) for query in queries]
        K = self.outputs
        self.bends = [
            None if size is None else (np.zeros((size, size)), np.zeros((size, K)), np.zeros((K, K))) for size in sizes
        ]

    def add(self, Z: Matrix, targets: Targets, folds: list[Index] | None) -> None:
        """What some rows (m,) add."""
        if self.outputs == 1:
            self._add_alone(Z, targets, folds)
            return
        for i, query in enumerate(self.task.queries):
            eta = Z @ self._coefs[i].T + self._levels[i]
            eta = eta if targets.offset is None else eta + targets.offset[:, None]
            learned, tested = self._weights(query.group, targets, folds)
            residual, losses = self.family.pull(targets.y, eta), self.family.loss(targets.y, eta)
            costs = 2 * losses if self._is_loss else self._cost(targets.y, eta)
            self._tell(i, learned, tested, losses, costs)
            weighted = residual * learned[:, None]
            self.sums["pull"][i] += (weighted.T @ Z).ravel()
            self.sums["bias"][i] += weighted.sum(axis=0)
            if query.curved is not None:
                self._bend(i, Z[:, query.curved], self.family.curvature(targets.y, eta), learned)

    def _add_alone(self, Z: Matrix, targets: Targets, folds: list[Index] | None) -> None:
        """The same of families of one output, for all points in one array."""
        eta = Z @ self._coefs[:, 0].T + self._levels[:, 0]
        eta = eta if targets.offset is None else eta + targets.offset[:, None]
        y = targets.y[:, None]
        losses = self.family.loss(y, eta)
        costs = 2 * losses
        if not self._is_loss:
            costs = np.column_stack([self._cost(targets.y, one) for one in eta.T])
        pairs = [self._weights(group, targets, folds) for group in self._groups]
        learned, tested = (np.column_stack(one)[:, self._of_group] for one in zip(*pairs, strict=True))
        weighted = learned * self.family.pull(y, eta)
        self.sums["pull"] += weighted.T @ Z
        self.sums["bias"][:, 0] += weighted.sum(axis=0)
        self.sums["weight"] += learned.sum(axis=0)
        self.sums["tested_weight"] += tested.sum(axis=0)
        for name, weight, values in (("loss", learned, losses), ("cost", learned, costs), ("tested", tested, costs)):
            self.sums[name] += np.einsum("ij,ij->j", weight, values)
        for i, query in enumerate(self.task.queries):
            if query.curved is not None:
                self._bend(i, Z[:, query.curved], self.family.curvature(targets.y, eta[:, i]), learned[:, i])

    @property
    def _is_loss(self) -> bool:
        """Whether rows cost what they lose, twice."""
        return self.task.measure in ("deviance", "r2")

    def _cost(self, y: NDArray[np.float64], eta: NDArray[np.float64]) -> NDArray[np.float64]:
        return row_losses(self.task.measure, self.family, y, eta)

    def _weights(self, group: int, targets: Targets, folds: list[Index] | None) -> tuple[Vector, Vector]:
        """How much each row (m,) counts where a point learns, and where it is tested."""
        assert targets.weights is not None
        if group == EVERYTHING or folds is None or self.task.rule is None:
            return targets.weights, np.zeros(len(targets.weights))
        repeat, fold = divmod(group, self.task.rule.k)
        others = learned_from(folds[repeat], fold, self.task.rule.ordered)
        return targets.weights * others, targets.weights * (folds[repeat] == fold)

    def _tell(self, i: int, learned: Vector, tested: Vector, losses: Vector, costs: Vector) -> None:
        self.sums["weight"][i] += learned.sum()
        self.sums["loss"][i] += learned @ losses
        self.sums["cost"][i] += learned @ costs
        self.sums["tested_weight"][i] += tested.sum()
        self.sums["tested"][i] += tested @ costs

    def _bend(self, i: int, part: Matrix, curvature: dict[tuple[int, int], Vector | None], learned: Vector) -> None:
        bend = self.bends[i]
        assert bend is not None
        inside, across, levels = bend
        m = part.shape[1]
        for (k, j), values in curvature.items():
            assert values is not None
            weight = values * learned
            these, those = slice(k * m, (k + 1) * m), slice(j * m, (j + 1) * m)
            block, beside, level = part.T @ (part * weight[:, None]), part.T @ weight, weight.sum()
            inside[these, those] += block
            across[these, j] += beside
            levels[k, j] += level
            if k != j:
                inside[those, these] += block
                across[those, k] += beside
                levels[j, k] += level


def _pieces(n: int, points: int) -> Iterator[slice]:
    """Rows, some at a time."""
    size = max(256, min(1 << 13, NUMBERS // max(points, 1)))
    return (slice(first, min(first + size, n)) for first in range(0, n, size))
