"""What must be said of a model beside its numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.data.features.terms import Feature
from regcli.errors import Notice, counted, listed
from regcli.problem.objective import Solution
from regcli.report.families import plain_word
from regcli.workflows.preparing import Prepared

ERRORS = ("deviance", "mse", "huber", "pinball", "squared_hinge")
"""The measures that overflow where test rows lie too far off; each family has some."""


def equal_columns(prepared: Prepared, unpenalised: bool = False, descended: bool = False) -> list[Notice]:
    """Columns that are equal to another, and what the penalty makes of them."""
    design, model, twins = prepared.design, prepared.model, prepared.problem.twins
    if twins is None:
        return []
    l1_only = not unpenalised and model.ratio == 1 and not descended
    repeated = np.flatnonzero(twins != np.arange(len(twins))).tolist()
    features = design.encoding.features
    levels = [j for j in repeated if _two_levels(features[j], features[twins[j]])]
    found = []
    if levels and l1_only and not prepared.constraints.given:
        pairs = [f"{features[twins[j]].name}" for j in levels]
        text = f"of two levels the first takes the coefficient, the other would be its mirror: {listed(pairs)}"
        found.append(Notice("two_levels", text))
    pairs = [f"{features[j].name} = {features[twins[j]].name}" for j in repeated if j not in set(levels)]
    if pairs:
        end = "the first in the file takes the coefficient" if l1_only else "they share the coefficient equally"
        if prepared.constraints.factors is not None:
            end = "the least penalised takes the coefficient" if l1_only else "they share it as their factors have it"
        if prepared.constraints.low is not None:
            end = "they share the coefficient within their bounds"
        end = "a descent leaves their shares as far apart as it began" if descended else end
        text = f"{counted(len(pairs), 'column')} equal to another, or its mirror: {listed(pairs)}; {end}"
        found.append(Notice("equal_columns", text))
    return found


def _two_levels(one: Feature, other: Feature) -> bool:
    """Whether they are two levels of one column."""
    return one.level is not None and other.level is not None and one.sources == other.sources


def passed_over(prepared: Prepared) -> list[Notice]:
    """That the rows were passed over and not held, how often, and what is not known of them."""
    few = prepared.design.condensed
    if few is None:
        return []
    times = {1: "once", 2: "twice"}.get(few.made, f"{few.made} times")
    lacking = "figures are those of moments, which have no mean absolute error"
    if few.behind is not None:
        lacking = "an area under the ROC curve would need all of them at once" if prepared.design.classes else ""
    text = f"{counted(few.rows, 'row')} passed over in pieces, {times}{': ' * bool(lacking)}{lacking}"
    return [Notice("streamed", text)]


def solution_notices(prepared: Prepared, solution: Solution, unpenalised: bool) -> list[Notice]:
    """What must be said of one model: no penalty, equal columns, a solution that is not unique or not certified."""
    design, model = prepared.design, prepared.model
    notices = []
    if unpenalised and model.penalty != "none":
        what = plain_word(prepared.problem.family.name)
        notices.append(Notice("no_penalty", f"alpha 0 is no penalty: {what}"))
    notices += equal_columns(prepared, unpenalised, solution.solver == "gradient")
    if solution.rank is not None and solution.rank < len(design.names):
        rank = f"the {len(design.names):,} columns have rank {solution.rank:,}"
        which = "of many solutions one is given"
        if prepared.problem.family.is_quadratic:
            which = "of many least-squares solutions the one of least norm is given"
        text = f"{rank}: {which}"
        notices.append(Notice("rank_deficient", text))
    else:
        notices += not_unique(prepared, solution.certificate.tied)
    return [*notices, *solution.notices]


def not_unique(prepared: Prepared, tied: tuple[int, ...]) -> list[Notice]:
    """Columns that depend on each other, so that their coefficients could be shared differently."""
    beyond = _tied_beyond(tied, prepared.problem.twins)
    if not beyond:
        return []
    names = listed([prepared.design.names[j] for j in beyond])
    why = f"{names} depend on each other"
    if not prepared.problem.family.is_smooth:
        return [Notice("not_unique", f"other coefficients cost the same: no row holds {names} in place")]
    return [Notice("not_unique", f"other coefficients fit and cost the same: {why}")]


def overflow(metrics: dict[str, Any]) -> list[Notice]:
    """Test rows whose error no double holds."""
    test = metrics["test"]
    if test is None or all(math.isfinite(test[key]) for key in ERRORS if key in test):
        return []
    return [Notice("test_overflow", "test rows lie so far off that their error exceeds double precision")]


def _tied_beyond(tied: tuple[int, ...], twins: NDArray[np.intp] | None) -> list[int]:
    """The tied columns that are not equal to one another: of those the notice on equal columns has told."""
    if twins is None:
        return list(tied)
    groups = np.bincount(twins, minlength=len(twins))
    return [j for j in tied if groups[twins[j]] == 1]
