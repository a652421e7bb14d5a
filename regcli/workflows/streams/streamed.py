"""Passes over rows that memory does not hold: what columns there are, then moments, then a few rows that stand for all.

head        the first rows settle which column is what
survey      where levels, fill values or folds have to be learned: a pass (`regcli.data.survey`)
moments     of all rows, by fold: a pass (`regcli.select.sums.of_moments`)
condensed   rows with the same moments, which everything else takes for the rows (`regcli.select.condensed`)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regcli.data.checking import check_reach, said_of_constants
from regcli.data.design import Condensed, Design
from regcli.data.engines import engine_of
from regcli.data.engines.seam import Engine as Passing
from regcli.data.engines.seam import Watch
from regcli.data.features.encoding import Encoding
from regcli.data.features.scaling import check_spread
from regcli.data.features.telling import told_of
from regcli.data.features.terms import Number
from regcli.data.recipe import Recipe
from regcli.data.survey import Survey, SurveyTask
from regcli.errors import DataError, Notice, UsageError, counted, listed
from regcli.problem.moments import Moments, together
from regcli.select.asking import Engine
from regcli.select.by_moments import MomentsEngine, parted
from regcli.select.by_passes import MOST_BENDS
from regcli.select.condensed import StandIns, refilled
from regcli.select.drawing import FoldRule
from regcli.select.folds import Folds
from regcli.select.sums.nested import NestedTask
from regcli.select.sums.of_moments import MomentSum, MomentTask
from regcli.specs import DEFAULT_FOLDS, FoldSpec, measure_for
from regcli.workflows.folding import check_training
from regcli.workflows.gathering import Gathered, Request
from regcli.workflows.preparing import Prepared, family_of
from regcli.workflows.streams.held_back import held_back
from regcli.workflows.streams.likelihoods import Likelihood
from regcli.workflows.streams.outline import Outline, gappy_columns, must_learn, outline_of, rule_of, settled, sizes_of
from regcli.workflows.streams.refusing import check_request

Vector = NDArray[np.float64]
Groups = tuple[tuple[Moments, ...], ...]


@dataclass(frozen=True)
class Streamed(Gathered):
    """A design that stands for rows that were passed over, with the moments of their folds.

    The moments have the columns of the design, then those of `marks` (which cells are filled, of features number
    `filled`), then y, in the units of the file.
    """

    rule: FoldRule | None
    groups: Groups
    filled: NDArray[np.intp]
    said: tuple[Notice, ...] = ()

    @property
    def fills(self) -> Vector:
        """What the cells of the `filled` features are filled with, (m,)."""
        known, names = self.design.encoding.fills, self.design.names
        return np.array([known[Number(names[j])] for j in self.filled])

    def folds(self, folding: FoldSpec) -> tuple[Folds, list[Notice]]:
        """The folds that were drawn for the rows as they passed."""
        assert self.rule is not None
        made = self.rule.folds()
        least = min(one.rows for one in parted(self.groups, made.ordered)[1])
        check_training(least, folding)
        if least <= self.design.X.shape[1]:
            raise DataError(
                f"a fold learns from {counted(least, 'row')} of {counted(self.design.X.shape[1], 'feature')}: rows "
                "that are passed over need more rows than features",
                hint="--sample 10000, or fewer --features",
            )
        return made, list(self.said)

    def engine(self, prepared: Prepared, folds: Folds, folding: FoldSpec, unpenalised: bool = False) -> Engine:
        """The folds by their moments, or by passes."""
        if self.design.behind is not None:
            made: Engine = self.design.behind.engine(folds)
            return made
        scaling, centre = prepared.scaling, prepared.problem.null_intercept
        p = len(scaling.scale)
        shift = np.append(scaling.mean if scaling.centre else np.zeros(p), centre)
        scale = np.append(scaling.scale, 1.0)
        test, train = parted(self.groups, folds.ordered)
        whole = together(self.groups[-1])
        if self.filled.size:
            pairs = [refilled(a, b, self.filled, self.fills) for a, b in zip(test, train, strict=True)]
            test, train = [a for a, _ in pairs], [b for _, b in pairs]
            whole, _ = refilled(whole, whole, self.filled, self.fills)
        units = ([one.scaled(shift, scale) for one in part] for part in (test, train, [whole]))
        test, train, (whole,) = units
        return MomentsEngine(test, train, whole, scaling.mean, scaling.scale, folds, prepared.problem.twins)


def streamed(request: Request, memory: int, watch: Watch) -> Streamed:
    """The design, and the moments of its folds, of rows that may take `memory` bytes."""
    check_request(request)
    passing = engine_of(request.data, memory, watch)
    outline = outline_of(request, passing.head(request.data.as_text()))
    passing.suit(_bytes_of_moments(outline, request))
    recipe, taught = outline.recipe, None
    if must_learn(outline.recipe, request):
        taught = passing.total(SurveyTask(recipe, recipe.spec))
        recipe = settled(outline, taught, request)
    rule, said = rule_of(request.folds, recipe.answer, taught)
    gappy = gappy_columns(recipe, taught)
    squared = recipe.answer.family == "gaussian"
    if gappy and request.folds is not None and not squared:
        raise UsageError(
            f"--missing {request.data.missing} is learned anew in each fold, which moments can serve and passes cannot",
            hint="--missing drop",
        )
    task = MomentTask(recipe, recipe.spec, rule, exact=request.contrasts and squared, marks=gappy if squared else ())
    if request.rivals is None:
        return _finished(request, outline, recipe, taught, rule, said, passing.total(task), task.marks, passing)[0]
    from regcli.workflows.streams.comparing import Rules, StreamedComparison

    if request.validation.test is not None:  # the rows of the file are the judges
        task, rule = replace(task, rule=None), None
    assert request.folds is not None
    rules = Rules.of(rule, sizes_of(request.folds, taught), request.folds, request.rivals)
    nested = passing.total(NestedTask(task, rules.inner, rules.final))
    plain, kept = _finished(request, outline, recipe, taught, rule, said, nested.plain, task.marks, passing)
    return StreamedComparison.of(plain, rules, nested, kept)


def _bytes_of_moments(outline: Outline, request: Request) -> int:
    """What the sums take: those added up, those of a piece, those of the training folds, each in two units; of a
    comparison those of inner folds are added up beside a piece's."""
    p, folding, rivals = len(outline.recipe.encoding.features), request.folds, request.rivals
    k = 1 if folding is None else (folding.folds if isinstance(folding.folds, int) else DEFAULT_FOLDS) + 1
    outer = k * (1 if folding is None else folding.repeats)
    inner = 0 if rivals is None else (outer + 1) * (rivals.inner + 1)
    passes = 0 if outline.recipe.answer.family == "gaussian" else 2 * MOST_BENDS
    return passes + 8 * (p + 1) ** 2 * (5 * outer + 8 + 3 * inner)


def _finished(
    request: Request,
    outline: Outline,
    recipe: Recipe,
    taught: Survey | None,
    rule: FoldRule | None,
    said: list[Notice],
    sums: MomentSum,
    marked: tuple[str, ...],
    passing: Passing,
) -> tuple[Streamed, NDArray[np.intp]]:
    encoding, target = recipe.encoding, recipe.choices.target
    intercept = request.model.intercept
    whole = together(sums.groups[0])
    if whole.rows < 2:
        raise DataError(f"{outline.head.name} has {counted(whole.rows, 'usable row')}: two are needed")
    p = len(encoding.features)
    names = [one.name for one in encoding.features]
    kept = np.flatnonzero(whole.low[:p] < whole.high[:p]) if intercept else np.arange(p)
    if not kept.size:
        raise DataError(f"every feature of {outline.head.name} is constant: {listed(names)}")
    dropped = [
        (names[j], f"constant: {whole.low[j]:.6g} in every row") for j in range(p) if j not in set(kept.tolist())
    ]
    gappy = tuple(name for j in kept if (name := names[j]) in marked)
    marks, targets = [p + marked.index(name) for name in gappy], range(p + len(marked), len(whole.mean))
    these = np.array([*kept, *marks, *targets], dtype=np.intp)
    groups = tuple(tuple(one.only(these) for one in group) for group in sums.groups)
    encoding = encoding.only(kept.tolist())
    whole = _without(whole.only(these), len(kept))
    if not recipe.answer.classes:
        check_reach(whole.low[-1], whole.high[-1], whole.mean[-1], whole.rows, target)
    check_spread(whole.low[:-1], whole.high[:-1], whole.mean[:-1], [one.name for one in encoding.features])
    roots = None if sums.roots is None else sums.roots.only(np.append(kept, len(sums.roots.mean) - 1))
    few = StandIns.of(whole, intercept, roots)
    notices = [
        *outline.notices,
        *_dropped(sums, recipe),
        *said_of_constants(dropped),
        *([] if taught is None else _told(recipe.encoding, recipe, taught)),
    ]
    held = held_back(request, recipe, encoding, sums, kept)
    learned, tested = (float(one.deviation[0]) ** 2 if one.rows else 0.0 for one in sums.targets)
    behind = None
    if recipe.answer.family != "gaussian":
        encoded = replace(recipe, encoding=encoding)
        behind = likelihood_of(request, passing, encoded, groups, rule, len(kept), few.twins)
    names = [one.name for one in encoding.features]
    design = Design(
        X=few.X,
        y=few.y,
        encoding=encoding,
        train=outline.head.frame.iloc[:0],
        target=target,
        source=outline.head.name,
        rows_read=sums.read,
        dropped_rows=[(reason, count) for reason, count in sums.dropped.items() if count],
        dropped_columns=dropped,
        notices=notices,
        ids=recipe.choices.ids,
        unit=outline.head.unit,
        family=recipe.answer.family,
        classes=recipe.answer.classes,
        weights=few.weights,
        weighing=recipe.choices.weighing,
        condensed=Condensed(
            whole.rows,
            sums.held.rows or None,
            (learned, tested),
            few.origin,
            few.twins,
            passing.name,
            passing.passes,
            behind,
        ),
    )
    if held is not None:
        design = replace(
            design, split=held.split, X_test=held.X, y_test=held.y, weights_test=held.weights,
            offset_test=held.offset, notices=[*notices, *held.notices],
        )  # fmt: skip
    filled = np.array([names.index(name) for name in gappy if name in names], dtype=np.intp)
    return Streamed(design, rule, groups, filled, tuple(said)), these


def _told(encoding: Encoding, recipe: Recipe, taught: Survey) -> list[Notice]:
    gaps = {name: taught.tallies[name].gaps for name in encoding.columns}
    rare = {
        name: sum(taught.tallies[name].counts[level] for level in one.lumped)
        for name, one in encoding.categories.items()
    }
    return told_of(encoding, recipe.roles, gaps, rare)


def likelihood_of(
    request: Request,
    passing: Passing,
    recipe: Recipe,
    groups: Groups,
    rule: FoldRule | None,
    p: int,
    twins: NDArray[np.intp] | None,
) -> Likelihood:
    """What asks the rows again of a family that moments do not suffice for."""
    train = [] if rule is None else parted(groups, rule.ordered)[1]
    measure = measure_for(request.folds.measure if request.folds else None, recipe.answer.family)
    family = family_of(recipe.answer.family, request.model)
    moments = [together(groups[0]), *train]
    return Likelihood(passing, recipe, family, moments, p, request.model.intercept, measure, rule, twins)


def _dropped(sums: MomentSum, recipe: Recipe) -> list[Notice]:
    found = []
    gaps, nothing = sums.dropped["missing cell"], sums.dropped["weight 0"]
    if gaps:
        found.append(Notice("dropped_rows", f"{counted(gaps, 'row')} of {sums.read:,} dropped: missing cells"))
    if nothing:
        found.append(Notice("weight_zero", f"{counted(nothing, 'row')} of {sums.read:,} left out: weight 0"))
    return found


def _without(moments: Moments, p: int) -> Moments:
    """The moments of the first p columns and y."""
    return moments.only(np.append(np.arange(p), len(moments.mean) - 1))
