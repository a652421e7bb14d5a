"""What a fit would make of some rows: the role of every column, the features that come of it, and what is in the way.

The rules are those of `regcli.data.design.build`; here an error is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from regcli.data.answering import answer_of
from regcli.data.blockers import Used, usable
from regcli.data.checking import (
    check_finite,
    check_target,
    finite_columns,
    without_constants,
)
from regcli.data.choosing import candidates, parsed_formula, roles_of, target_and_formula
from regcli.data.columns import matching
from regcli.data.features.model_terms import Formula
from regcli.data.features.planning import plan
from regcli.data.features.scaling import learn_scaling
from regcli.data.features.terms import Feature
from regcli.data.roles import Role
from regcli.data.sources import Rows
from regcli.data.surviving import Survival, check_events, survival_of
from regcli.data.weighing import Weighing, counting, weighing_of
from regcli.errors import DataError, Notice, UsageError, shortened
from regcli.specs import DataSpec, FamilyName


@dataclass(frozen=True)
class Prospect:
    """What `fit` would do with the rows.

    `roles` are those of all columns, `columns` (in order) the candidates for features, `ids` those that name rows.
    `error` is what a fit would end with, `others` what would be in the way once its target were another; `obstacles`
    are each column's own. `features` are those that would come of the columns that can be used, `constant` the names
    of those that would be dropped; `used` are the rows, where there is no error.
    """

    rows: Rows
    target: str
    columns: Mapping[str, None]
    ids: tuple[str, ...]
    weighing: Weighing
    survival: Survival
    roles: Mapping[str, Role]
    error: DataError | None
    others: DataError | None
    obstacles: Mapping[str, DataError]
    features: tuple[Feature, ...]
    constant: frozenset[str]
    used: Used | None
    notices: tuple[Notice, ...]


def prospect(rows: Rows, data: DataSpec) -> Prospect:
    """Raises UsageError where the options do not suit the columns, as `fit` does, and nothing else."""
    names = [str(name) for name in rows.frame.columns]
    formula, target, said = target_and_formula(data, names, rows)
    ids = sorted(matching(data.id, names, "--id"), key=names.index)
    if target in ids:
        raise UsageError(f"--id {shortened(target)}: it is the target")
    if formula is not None:
        formula = parsed_formula(data, names, [*ids, *matching(data.exclude, names, "--exclude")])
    weighing = weighing_of(data, names, [target, *ids])
    survival = survival_of(data, names, [target, *ids, *weighing.columns])
    if survival.columns:
        survival.check_family("cox")
    markers = [*weighing.columns, *survival.columns]
    columns = candidates(data, formula, names, [target, *markers, *ids])
    rows, more = counting(rows, weighing, data)
    said += more
    roles = roles_of(rows, data, columns, formula)
    obstacles = _obstacles(rows, data, roles)
    odd = _alone(rows, data, target, target, {})
    still = _unanswerable(rows, data, target, weighing) if odd is None else None
    stuck = odd or still
    if stuck is not None:
        obstacles[target] = stuck
    used, others = None, None
    features: Sequence[Feature] = ()
    constant: frozenset[str] = frozenset()
    try:
        used = usable(rows, data, target, roles, markers, family=_family(data))
        features, constant, noticed = _outcome(used, data, target, weighing, survival, roles, formula)
        said += noticed
        error, obstacles = None, {}
    except DataError as found:
        error, used = found, None
        features = _of_the_usable(rows, data, roles, formula)
        if stuck is not None and stuck.options is None:
            error, others = still or found, _error_of(rows, data, None, roles)
    apart = roles_of(rows, data, [name for name in names if name not in roles])
    return Prospect(
        rows, target, dict.fromkeys(columns), tuple(ids), weighing, survival, apart | roles, error, others, obstacles,
        tuple(features), constant, used, tuple(said),
    )  # fmt: skip


def _outcome(
    used: Used,
    data: DataSpec,
    target: str,
    weighing: Weighing,
    survival: Survival,
    roles: Mapping[str, Role],
    formula: Formula | None,
) -> tuple[Sequence[Feature], frozenset[str], list[Notice]]:
    """The features, the names of constant ones, what is assumed of the target; DataError for what would stop a fit."""
    answer = answer_of(used.frame[target], data, _family(data), weighing.weights is not None, used.where)
    said = answer.notices
    if survival.columns:
        survival, more = survival.learned(used.frame, used.where)
        check_events(replace(answer, survival=survival).targets(used.frame, used.where), survival)
        said = [*said, *more]
    encoding = plan(used.frame, roles, data, formula, contrasts=False)
    check_finite(used, target, encoding)
    weights = weighing.weights_of(used.frame)
    encoding = encoding.learned(used.frame, weights)
    X = finite_columns(encoding, used.frame, used)
    kept, dropped = without_constants(used.rows.name, X, encoding, intercept=True)
    check_target(answer.numbers(used.frame[target], used.where), target)
    learn_scaling(X[:, kept], [encoding.features[j].name for j in kept], centre=True, weights=weights)
    noticed = [notice for notice in said if notice.code != "target_two_values"]  # a finding says it
    return encoding.features, frozenset(name for name, _ in dropped), noticed


def _family(data: DataSpec) -> FamilyName | None:
    """What can be told of the family without its option: only counts have an exposure, only survival times events."""
    if data.event is not None:
        return "cox"
    return None if data.exposure is None else "poisson"


def _of_the_usable(rows: Rows, data: DataSpec, roles: Mapping[str, Role], formula: Formula | None) -> Sequence[Feature]:
    """The features of the columns that can be used, whatever is in the way of the others."""
    good = {name: role for name, role in roles.items() if role.usable}
    whole = formula is not None and set(formula.columns) <= set(good)
    try:
        return plan(rows.frame, good, data, formula if whole else None, contrasts=False).features
    except (DataError, UsageError):
        return ()


def _error_of(rows: Rows, data: DataSpec, target: str | None, roles: Mapping[str, Role]) -> DataError | None:
    try:
        usable(rows, data, target, roles, [])
    except DataError as error:
        return error
    return None


def _obstacles(rows: Rows, data: DataSpec, roles: Mapping[str, Role]) -> dict[str, DataError]:
    """What each column by itself would stop a fit with, were all others without fault.

    Whether gaps do so is the same for all columns of a kind.
    """
    found = {}
    gappy = set(rows.frame.columns[rows.frame.isna().any()]) if data.missing == "error" else set()
    gaps: dict[str, DataError | None] = {}
    for name, role in roles.items():
        if role.usable and name not in gappy:
            continue
        if role.usable and role.kind not in gaps:
            gaps[role.kind] = _alone(rows, data, None, name, {name: role})
        error = gaps[role.kind] if role.usable else _alone(rows, data, None, name, {name: role})
        if error is not None:
            found[name] = error
    return found


def _alone(rows: Rows, data: DataSpec, target: str | None, name: str, roles: Mapping[str, Role]) -> DataError | None:
    """The error of one column beside a column of numbers without gaps."""
    other = f"{name} "  # no name ends in a blank
    frame = rows.frame[[name]].assign(**{other: 0})
    lone = replace(rows, frame=frame, kept=None, numbering=1, several=False)
    return _error_of(lone, data, target, {**roles, other: Role(other, "number")})


def _unanswerable(rows: Rows, data: DataSpec, target: str, weighing: Weighing) -> DataError | None:
    present = np.flatnonzero(rows.frame[target].notna())
    cells = rows.frame[target].iloc[present]

    def where(places: Sequence[int]) -> str:
        return rows.where([int(present[place]) for place in places])

    try:
        with np.errstate(all="ignore"):
            family = _family(data)
            answer = answer_of(cells, data, family, weighing.weights is not None, where)
            check_target(answer.numbers(cells, where), target)
    except DataError as error:
        return error
    return None
