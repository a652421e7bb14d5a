"""Which features the constraints of a request are about: factors and bounds by the names that were typed."""

from __future__ import annotations

import fnmatch
import shlex
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from regcli.data.design import Design
from regcli.errors import UsageError, counted, listed, nearest, shortened
from regcli.select.asking import Constraints
from regcli.specs import ModelSpec
from regcli.specs.constraints import BOUNDS, FACTOR, KEEP, bounds_of, factor_of

Vector = NDArray[np.float64]
Index = NDArray[np.intp]


def constraints_of(design: Design, model: ModelSpec) -> Constraints:
    """Penalty factors and bounds of the features (p,), None where there are none.

    Under glmnet's convention the factors are rescaled to sum to p. Of several factors or bounds of one feature the last
    counts. UsageError for names that no feature has, and where nothing is left to penalise.
    """
    factors = _factors(design, model)
    low, high = _bounds(design, model)
    if factors is not None and model.penalty != "none":
        check_kept(int(np.sum(factors == 0)), design.count, model)
        if not np.any(factors):
            raise UsageError(
                f"nothing is penalised: {_said(model)} leaves all {counted(len(factors), 'feature')} out",
                hint="fewer of them, or --penalty none without a strength",
            )
    return Constraints(factors, low, high)


def check_kept(kept: int, rows: int, model: ModelSpec) -> None:
    """UsageError where more features are left unpenalised than `rows` can determine."""
    if kept > max(rows - 1 if model.intercept else rows, 0):
        raise UsageError(
            f"{_said(model)} leaves {counted(kept, 'feature')} unpenalised, more than {counted(rows, 'row')} determine",
            hint=f"{KEEP} for fewer features",
        )


def _said(model: ModelSpec) -> str:
    return " and ".join(name for name, given in ((KEEP, model.keep), (FACTOR, model.penalty_factor)) if given)


def _factors(design: Design, model: ModelSpec) -> Vector | None:
    if not (model.keep or model.penalty_factor):
        return None
    factors = np.ones(len(design.names))
    for word in model.penalty_factor:
        name, value = factor_of(word)
        factors[_places(design, name, FACTOR)] = value
    given = factors.copy()
    for name in _names(design, model.keep):
        places = _places(design, name, KEEP)
        penalised = [design.names[j] for j in places if given[j] not in (0, 1)]
        if penalised:
            raise UsageError(f"{KEEP} and {FACTOR} both name {listed(penalised)}: a kept feature has the factor 0")
        factors[places] = 0.0
    if model.convention == "glmnet" and np.any(factors):
        factors *= len(factors) / factors.sum()
    return None if np.all(factors == 1) else factors


def _bounds(design: Design, model: ModelSpec) -> tuple[Vector | None, Vector | None]:
    p = len(design.names)
    low, high = np.full(p, -np.inf), np.full(p, np.inf)
    for word in model.bounds:
        name, least, most = bounds_of(word)
        places = _places(design, name, BOUNDS)
        low[places], high[places] = least, most
    if model.positive:
        low = np.zeros(p)
    if np.all(low == -np.inf) and np.all(high == np.inf):
        return None, None
    return low + 0.0, high + 0.0  # adding 0 leaves no -0


def _names(design: Design, patterns: Sequence[str]) -> list[str]:
    """The words of a repeated, comma-separated option; a name that holds a comma is taken whole."""
    known = {*design.names, *(source for one in design.encoding.features for source in one.sources)}
    found: list[str] = []
    for pattern in patterns:
        found += [pattern] if pattern in known else [item.strip() for item in pattern.split(",") if item.strip()]
    return found


def _places(design: Design, item: str, option: str) -> Index:
    """The features that a name or glob stands for: the one of that name, else all of that column alone."""
    features = design.encoding.features
    exact = [j for j, one in enumerate(features) if one.name == item]
    found = exact or [j for j, one in enumerate(features) if one.sources == (item,)]
    if not found and any(char in item for char in "*?["):
        found = [
            j
            for j, one in enumerate(features)
            if fnmatch.fnmatchcase(one.name, item)
            or (len(one.sources) == 1 and fnmatch.fnmatchcase(one.sources[0], item))
        ]
    if not found:
        raise _unknown(design, item, option)
    return np.array(found, dtype=np.intp)


def _unknown(design: Design, item: str, option: str) -> UsageError:
    for name, reason in design.dropped_columns:
        if name == item:
            return UsageError(f"{option}: the column {shortened(item)} is no feature: {reason}")
    sources = [one.sources[0] for one in design.encoding.features if len(one.sources) == 1]
    near = nearest(item, list(dict.fromkeys([*design.names, *sources])))
    what = f"{option}: no feature {shortened(item)} among {len(design.names)}: {listed(design.names)}"
    if near is None:
        return UsageError(what)
    return UsageError(what, hint=f"{option} {shlex.quote(near) if option == KEEP else shlex.quote(f'{near}=...')}")
