"""The models of a comparison, each tuned on the rows it is given and fitted to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.data.surviving import EVENT
from regcli.errors import DataError, counted
from regcli.problem.objective import Solution
from regcli.select.asking import Engine
from regcli.select.crossval import Curve, best_of
from regcli.select.folds import Folds, dealt, given_folds, random_folds, stratified_folds, time_blocks
from regcli.solve import solve
from regcli.specs import DEFAULT_L1_RATIO, DEFAULT_RATIOS, PENALTY_OF, CompareSpec, FoldSpec, GridSpec, ModelSpec, Rival
from regcli.workflows.folding import check_events
from regcli.workflows.preparing import Prepared, check_alpha, prepare
from regcli.workflows.tuning import at_chosen, curve_along, engine_for

ABOVE = 1 + 1e-9
"""The null model is the lasso at this many times its alpha_max."""


@dataclass(frozen=True)
class Contender:
    """A model that takes part: its request, without a strength where that is tuned, and the shares of L1 it is tried
    with."""

    name: Rival
    model: ModelSpec
    ratios: tuple[float, ...] = ()

    @property
    def tuned(self) -> bool:
        """Whether its strength is chosen by cross-validation."""
        return self.model.strength is None

    def variants(self) -> list[ModelSpec]:
        """The model with each share of L1."""
        return [replace(self.model, l1_ratio=ratio) for ratio in self.ratios] or [self.model]


@dataclass(frozen=True)
class Fitted:
    """A contender fitted to all rows of a design, with the curve of its tuning, and the seconds that all took."""

    prepared: Prepared
    solution: Solution
    seconds: float
    curve: Curve | None = None
    tuning: Folds | None = None

    @property
    def sizes(self) -> NDArray[np.float64]:
        """The standardized coefficients (p,); of several classes the largest of each feature, without its sign."""
        coef, outputs = self.solution.coef, self.prepared.problem.outputs
        return coef if outputs == 1 else np.asarray(np.max(np.abs(coef.reshape(outputs, -1)), axis=0))

    @property
    def nonzero(self) -> int:
        """How many features have a coefficient."""
        return int(np.count_nonzero(self.sizes))


@dataclass(frozen=True)
class Inside:
    """The rows that models are tuned on and fitted to."""

    design: Design

    def tuning(self, prepared: Prepared, folding: FoldSpec, spec: CompareSpec) -> tuple[Folds, Engine]:
        """The folds of these rows, and what fits and tests them."""
        folds = inner_folds(self.design, folding, spec)
        return folds, engine_for(prepared, folds, folding.judge)


def contenders(spec: CompareSpec, model: ModelSpec, folding: FoldSpec) -> list[Contender]:
    """Those asked for; `model` says what they have in common."""
    given = dict(spec.alphas)
    found = []
    for name in spec.penalties:
        if name in ("null", "ols"):
            plain = replace(model, penalty="none", convention="mean", alpha=None, keep=(), penalty_factor=())
            null = replace(plain, penalty="l1", alpha=1.0, positive=False, bounds=())
            found.append(Contender(name, plain if name == "ols" else null))
            continue
        one = replace(model, penalty=PENALTY_OF[name], alpha=given.get(name))
        if name != "elasticnet":
            found.append(Contender(name, one))
        else:
            ratios = folding.l1_ratios or ((DEFAULT_L1_RATIO,) if name in given else DEFAULT_RATIOS)
            found.append(Contender(name, replace(one, l1_ratio=ratios[0]), ratios))
    return found


def fit_all(
    inside: Inside,
    rivals: list[Contender],
    spec: CompareSpec,
    folding: FoldSpec,
    jobs: int = 1,
    tell: Callable[[str], None] = lambda text: None,
) -> list[Fitted]:
    """Every contender tuned on folds of the rows `inside`, where it is to be, and fitted to all of them."""
    plain = prepare(inside.design, rivals[0].model)
    folds, engine = inside.tuning(plain, folding, spec) if spec.tuned else (None, None)
    found = []
    for rival in rivals:
        begun = time.perf_counter()
        posed, curve = _posed(plain, rival, folding, folds, engine, jobs)
        solution = solve(posed.problem, rival.model.solver)
        found.append(Fitted(posed, solution, time.perf_counter() - begun, curve, folds if curve else None))
        tell(rival.name)
    return found


def _posed(
    plain: Prepared, rival: Contender, folding: FoldSpec, folds: Folds | None, engine: Engine | None, jobs: int
) -> tuple[Prepared, Curve | None]:
    """The problem at the strength that was given, or that cross-validation chooses, with the curve of that."""
    if rival.name == "null":
        posed = plain.posed(rival.model)
        problem = replace(posed.problem, alpha=posed.alpha_max * ABOVE)
        return replace(posed, problem=problem), None
    if not rival.tuned:
        posed = plain.posed(rival.model)
        check_alpha(posed.problem, posed.problem.alpha)
        return posed, None
    assert folds is not None and engine is not None
    tried = [plain.posed(one, drawn=True) for one in rival.variants()]
    curves = [curve_along(one, engine, folds, GridSpec(), jobs) for one in tried]
    best = best_of(curves)
    return at_chosen(tried[best], curves[best], folding.rule), curves[best]


def inner_folds(design: Design, folding: FoldSpec, spec: CompareSpec) -> Folds:
    """The folds that models are tuned on: of the same scheme as those they are judged on, as many as `spec`
    asks for where the rows of `design` allow that. Raises DataError where they allow no two."""
    n, labels = len(design.y), design.labels
    if labels is not None:
        by_value = inner_folds_of_values(np.bincount(labels), folding, spec)
        folds = replace(by_value, assignment=tuple(one[labels] for one in by_value.assignment))
        if design.survival is not None:
            check_events(folds, design.y[:, EVENT], "fewer --inner-folds")
        return folds
    strata = design.strata
    events = None if design.survival is None or strata is None else int(strata.sum())
    k = _inner_count(n if events is None else events, n, folding, spec, events=events)
    return random_folds(n, k, folding.drawn_with) if strata is None else stratified_folds(strata, k, folding.drawn_with)


def inner_folds_of_values(sizes: NDArray[np.intp], folding: FoldSpec, spec: CompareSpec) -> Folds:
    """The same of the values (V,) of the column that says, of which so many rows (V,) have each, in their order."""
    distinct = len(sizes)
    k = _inner_count(distinct - 1 if folding.time else distinct, int(sizes.sum()), folding, spec, distinct)
    if folding.fold_column:
        return given_folds(np.arange(distinct))
    if folding.time:
        return Folds(k, (time_blocks(sizes, k) - 1,), "time", ordered=True)
    return Folds(k, (dealt(sizes, k, folding.drawn_with, 0),), "groups", folding.drawn_with)


def _inner_count(
    most: int, n: int, folding: FoldSpec, spec: CompareSpec, distinct: int = 0, events: int | None = None
) -> int:
    """How many folds of n rows, `most` at the most."""
    k = min(spec.inner, most)
    if k < 2 or n < 4:
        what = f"{counted(distinct, 'value')} of {folding.column}" if folding.column else counted(n, "row")
        what = what if events is None else counted(events, "event")
        raise DataError(
            f"models are to be tuned on {what}: too few for two folds",
            hint=f"--alpha {','.join(f'{name}=0.1' for name in spec.tuned)}, or other numbers: nothing is tuned then",
        )
    return k
