"""What rows that are passed over are taken as: the first of them settle it, or where those do not suffice a pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.answering import Answer, answer_of, is_boolean, label_counts
from regcli.data.blockers import Used, usable
from regcli.data.choosing import Choices, choices_of, roles_of
from regcli.data.features.planning import plan
from regcli.data.features.terms import Atom, Number
from regcli.data.recipe import Recipe, spelled
from regcli.data.sources import Rows
from regcli.data.survey import Survey
from regcli.data.weighing import counting
from regcli.errors import Notice, counted
from regcli.select.drawing import FoldRule
from regcli.specs import CLASS_FAMILIES, DEFAULT_FOLDS, FoldSpec
from regcli.workflows.folding import folds_of_values
from regcli.workflows.gathering import Request
from regcli.workflows.streams.refusing import check_family, check_roles


@dataclass(frozen=True)
class Outline:
    """What the first rows have settled."""

    recipe: Recipe
    head: Rows
    notices: list[Notice]


def outline_of(request: Request, head: Rows) -> Outline:
    """What the first rows settle. Raises what `design.build` does, and UsageError for what passes cannot do."""
    data, model = request.data, request.model
    if data.engine == "dask":  # a worker is one of many already
        data = replace(data, jobs=1)
    chosen = choices_of(head, data, request.validation, request.folds)
    rows, _ = counting(
        replace(head, name=f"{head.name}, first {counted(len(head.frame), 'row')}"), chosen.weighing, data
    )
    roles = roles_of(rows, data, chosen.columns, chosen.formula)
    used = usable(rows, data, chosen.target, roles, chosen.markers, family=model.family)
    answer = _first_answer(request, used, chosen)
    chosen.weighing.check_family(answer.family)
    check_family(request, answer.family)
    encoding = plan(used.frame, roles, data, chosen.formula, request.contrasts)
    check_roles(roles, encoding)
    needed = {name: roles[name] for name in roles if name in encoding.columns or chosen.formula is None}
    recipe = Recipe(data.as_text(), chosen, needed, answer, encoding, request.validation.split_column)
    recipe = replace(recipe, spec=spelled(recipe.spec, encoding, answer))
    return Outline(recipe, head, [*chosen.notices, *answer.notices])


def _first_answer(request: Request, used: Used, chosen: Choices) -> Answer:
    """How the first rows say that the target is taken; that these are all of one class says nothing of the others."""
    cells, family = used.frame[chosen.target], request.model.family
    if family in CLASS_FAMILIES or (family is None and cells.dtype.kind not in "iuf"):
        labels = label_counts(cells, is_boolean(cells))
        if len(labels) == 1 or family == "multinomial":
            return Answer(chosen.target, family or "binomial", tuple(labels), boolean=is_boolean(cells))
    weighted = chosen.weighing.weights is not None
    return answer_of(cells, request.data, family, weighted, used.where, request.model.power)


def must_learn(recipe: Recipe, request: Request) -> bool:
    """Whether the first rows do not suffice to say what features there are and what folds."""
    plain = all(role.kind == "number" for role in recipe.roles.values())
    fills = request.data.missing in ("mean", "indicator")
    by_value = recipe.choices.by is not None or bool(recipe.answer.classes)
    return not plain or fills or request.data.degree > 1 or by_value


def settled(outline: Outline, taught: Survey, request: Request) -> Recipe:
    """The recipe with what the survey has taught."""
    recipe, data = outline.recipe, request.data
    frame = outline.head.frame
    encoding = plan(frame, recipe.roles, data, recipe.choices.formula, request.contrasts, taught.tallies)
    if data.missing in ("mean", "indicator"):
        needed = set(encoding.columns)
        fills: dict[Atom, float] = {Number(name): one.value for name, one in taught.means.items() if name in needed}
        encoding = replace(encoding, fills=fills)
    labels = {value: place for place, value in enumerate(sorted(taught.labels))} if recipe.choices.by else None
    return replace(recipe, encoding=encoding, labels=labels, answer=_answer(outline, taught, request))


def _answer(outline: Outline, taught: Survey, request: Request) -> Answer:
    """How the target is taken, once all its labels are known."""
    answer, name = outline.recipe.answer, outline.recipe.choices.target
    if not taught.classes:
        return answer
    numeric = outline.head.frame[name].dtype.kind in "iuf"
    cells = pd.Series([float(label) if numeric else label for label in taught.classes], name=name)
    weighted = outline.recipe.choices.weighing.weights is not None
    return answer_of(cells, request.data, answer.family, weighted, lambda rows: f"{outline.head.name}")


def gappy_columns(recipe: Recipe, taught: Survey | None) -> tuple[str, ...]:
    """The columns of numbers some cells of which are filled."""
    if taught is None or not recipe.encoding.fills:
        return ()
    return tuple(
        atom.column for atom in recipe.encoding.fills if isinstance(atom, Number) and taught.tallies[atom.column].gaps
    )


def rule_of(folding: FoldSpec | None, answer: Answer, taught: Survey | None) -> tuple[FoldRule | None, list[Notice]]:
    """How folds are made, None where there are none, and what is said of it."""
    if folding is None:
        return None, []
    if folding.column is None:
        k = folding.folds if isinstance(folding.folds, int) else DEFAULT_FOLDS
        counts = taught.classes if taught is not None else {}
        strata = tuple(counts[label] for label in answer.classes) if counts else ()
        return FoldRule(k, "random", folding.repeats, folding.drawn_with, strata=strata), []
    sizes = sizes_of(folding, taught)
    assert sizes is not None
    made, said = folds_of_values(sizes, folding)
    return FoldRule.of(made, labelled=True), said


def sizes_of(folding: FoldSpec, taught: Survey | None) -> NDArray[np.intp] | None:
    """How many rows (V,) have each value of the column that folds are made by; None where there is none."""
    if folding.column is None or taught is None:
        return None
    return np.array([taught.labels[value] for value in sorted(taught.labels)], dtype=np.intp)
