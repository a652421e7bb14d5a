"""What penalty factors and bounds add to a formula, and to what the same fit is called elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def constrained_formula(text: str, factors: Vector | None, low: Vector | None, standardize: bool) -> str:
    """A formula with v_j in its penalty where there are `factors` (p,), and with the bounds where there are any."""
    if factors is not None:
        text = text.replace("sum |b|", "sum v_j |b_j|").replace("sum b^2", "sum v_j b_j^2")
    if low is None:
        return text
    return f"{text}, low_j <= {'b_j / d_j' if standardize else 'b_j'} <= high_j"


def constrained_equivalents(
    make: Callable[[float, float], dict[str, Any]],
    l1: float,
    l2: float,
    factors: Vector | None,
    low: Vector | None,
    high: Vector | None,
) -> dict[str, Any]:
    """The equivalents that `make` has for the strengths `l1` and `l2`, for these factors and bounds (p,) in the units
    of the file; where a tool has no such fit, value None with the reason in `call`."""
    found = make(l1, l2)
    factors = None if l1 == l2 == 0 else factors
    if factors is not None:
        # glmnet rescales the factors to a mean of 1.
        found["glmnet"] = make(l1 * float(factors.mean()), l2 * float(factors.mean()))["glmnet"]
    more = [] if factors is None else [f"penalty.factor={_r_vector(factors)}"]
    if low is not None and high is not None:
        ends = (("lower.limits", low, -np.inf), ("upper.limits", high, np.inf))
        more += [f"{name}={_r_vector(end)}" for name, end, free in ends if np.any(end != free)]
    _extend(found["glmnet"], ", ".join(more))
    positive = low is not None and high is not None and bool(np.all(low == 0) and np.all(high == np.inf))
    for tool, entry in found.items():
        if tool != "glmnet" and entry["value"] is not None:
            why = _lacks(tool, factors, low is not None, positive, entry["call"])
            if why is not None:
                found[tool] = {"call": f"none: {why}", "value": None, "mix": None}
            else:
                _put(tool, entry, factors, low is not None, positive)
    return found


def _lacks(tool: str, factors: Vector | None, bounded: bool, positive: bool, call: str) -> str | None:
    """Why a tool has no such fit, or None."""
    if tool == "textbook_sum":
        return None
    name = {"sklearn": "scikit-learn", "stata": "Stata", "keras_mse": "Keras", "liblinear": "LIBLINEAR"}[tool]
    if factors is not None and not (tool == "stata" and np.all((factors == 0) | (factors == 1))):
        return f"{name} has no penalty factors"
    linear = call.startswith(("Lasso(", "ElasticNet(", "Ridge(", "LinearRegression("))
    if bounded and not (positive and (tool == "keras_mse" or (tool == "sklearn" and linear))):
        return f"{name} has no such bounds on coefficients"
    return None


def _put(tool: str, entry: dict[str, Any], factors: Vector | None, bounded: bool, positive: bool) -> None:
    """Write factors and bounds into the call of a tool that has them."""
    if tool == "textbook_sum":
        entry["call"] = constrained_formula(entry["call"], factors, None, False)
        entry["call"] += ", b_j >= 0" if positive else ", low_j <= b_j <= high_j" if bounded else ""
    elif tool == "stata" and factors is not None:
        entry["call"] = entry["call"].replace(" y x,", " y (kept) x,", 1)
    elif tool == "keras_mse" and positive:
        entry["call"] += ", kernel_constraint=NonNeg()"
    elif positive:
        _extend(entry, "positive=True")


def _extend(entry: dict[str, Any], argument: str) -> None:
    """Add an argument to a call."""
    if argument and entry["value"] is not None:
        inside = entry["call"].removesuffix(")")
        entry["call"] = f"{inside}{'' if inside.endswith('(') else ', '}{argument})"


def _r_vector(values: Vector) -> str:
    """A vector in R: one number where all are equal, else the most common one with what differs from it."""
    common = Counter(values.tolist()).most_common(1)[0][0]
    places = np.flatnonzero(values != common)
    if not places.size:
        return _r_number(common)
    where, what = ", ".join(str(j + 1) for j in places), ", ".join(_r_number(values[j]) for j in places)
    return f"replace(rep({_r_number(common)}, {len(values)}), c({where}), c({what}))"


def _r_number(value: float) -> str:
    return ("Inf" if value > 0 else "-Inf") if np.isinf(value) else f"{value:.15g}"
