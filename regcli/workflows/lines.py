"""The regression lines of one feature at several strengths, from least squares to the model without features."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.errors import UsageError, listed, nearest, shortened
from regcli.select.pathwise import SolutionPath
from regcli.solve import solve
from regcli.workflows.preparing import Prepared

Vector = NDArray[np.float64]

MOST_GIVEN = 8
"""So many alphas that the user lists are all drawn."""
MOST_BETWEEN = 4
"""Of others so many between the two ends, where they differ most."""
APART = 0.04
"""What two slopes differ by at least, as a share of the range of all of them."""


def feature_of(names: list[str], asked: str, option: str = "--lines") -> int:
    """Where the feature `asked` stands among the `names` of a model; UsageError with the nearest where it does not.

    `option` is where it was asked for.
    """
    if asked in names:
        return names.index(asked)
    parts = [name for name in names if name.startswith((f"{asked}[", f"{asked}:", f"{asked}^"))]
    near = parts[0] if parts else nearest(asked, names)
    what = f"{shortened(asked)} is the features {listed(parts)}" if parts else f"no feature {shortened(asked)}"
    among = "" if parts else f" among {len(names)}: {listed(names)}"
    raise UsageError(f"{option}: {what}{among}", hint=None if near is None else shlex.join([option, near]))


def lines_of(prepared: Prepared, path: SolutionPath, j: int, given: bool, chosen: int | None) -> dict[str, Any]:
    """The lines target = intercept + slope * feature `j` of some solutions, all other features at their means.

    `given`: the alphas are the user's; `chosen` is the solution that a criterion points out. Slopes are in the units
    of the file. The first line is that of least squares, the last that of the model without features.
    """
    design, scaling = prepared.design, prepared.scaling
    least = solve(replace(prepared.problem, alpha=0.0))
    slopes = path.coefs[:, j] / scaling.scale[j]
    end = float(least.coef[j] / scaling.scale[j])
    between = _between(slopes, end, given, chosen)
    unique = least.rank is None or least.rank == path.coefs.shape[1]
    lines = [
        _line(prepared, "least squares", 0.0, least.coef, least.intercept, j) | {"unique": unique},
        *(
            _line(prepared, "chosen" if i == chosen else "path", float(path.alphas[i]), path.coefs[i],
                  float(path.intercepts[i]), j) | {"unique": True}
            for i in between
        ),
        _line(prepared, "no features", None, np.zeros_like(least.coef), prepared.problem.null_intercept, j)
        | {"unique": True},
    ]  # fmt: skip
    feature = design.encoding.features[j]
    sources = set(feature.sources)
    akin = [one.name for k, one in enumerate(design.encoding.features) if k != j and sources & set(one.sources)]
    return {"feature": feature.name, "level": feature.level, "akin": akin, "lines": lines}


def _line(prepared: Prepared, kind: str, alpha: float | None, coef: Vector, intercept: float, j: int) -> dict[str, Any]:
    """One line; `coef` (p,) and `intercept` are those of the scaled columns."""
    scaling = prepared.scaling
    raw, start = scaling.to_file_units(coef, intercept)
    others = float(raw @ scaling.mean) - float(raw[j] * scaling.mean[j])
    return {"kind": kind, "alpha": alpha, "slope": float(raw[j]), "intercept": start + others}


def _between(slopes: Vector, end: float, given: bool, chosen: int | None) -> list[int]:
    """The solutions whose lines are drawn, the smallest alpha first: all that were given, else those that differ most.

    The one that a criterion chose is among them, unless it leaves the feature out.
    """
    order = list(range(len(slopes)))[::-1]
    if given and len(order) <= MOST_GIVEN:
        return [i for i in order if slopes[i] != 0]
    apart = APART * (max(0.0, end, float(slopes.max())) - min(0.0, end, float(slopes.min())))
    found = [] if chosen is None or slopes[chosen] == 0 else [chosen]
    while len(found) < MOST_BETWEEN:
        taken = np.array([0.0, end, *(slopes[i] for i in found)])
        distance = np.abs(slopes[:, None] - taken).min(axis=1)
        best = int(np.argmax(distance))
        if distance[best] <= apart:
            break
        found.append(best)
    return sorted(found, reverse=True)
