"""What a number called alpha, lambda or C means: one formula a convention, and the way there and back.

Inside there are only the two strengths of

    (1/2n) sum (y - b0 - z.b)^2  +  L1 sum |b|  +  (L2/2) sum b^2

Every convention's L1 and L2 are proportional to its own number a, so a convention is two factors (`Scale`).
With weights n is their raw sum; s_y is the deviation of y that divides by n, without intercept its root mean square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regcli.specs import Convention, Penalty

LEAST_RATIO = 0.001
"""alpha_max of a penalty with almost no L1 part is computed as if it had this share of it (as glmnet does)."""


@dataclass(frozen=True)
class Scale:
    """L1 = `l1` * a and L2 = `l2` * a; `zeroing` * a is the L1 that alpha_max is computed with."""

    l1: float
    l2: float
    zeroing: float


def scale(convention: Convention, penalty: Penalty, ratio: float, rest: float, n: float, s_y: float) -> Scale:
    """The factors of a convention for `n` rows and a target of deviation `s_y`.

    `ratio` is r, the share of L1, and `rest` is 1 - r, which may be too small for that subtraction.
    """
    l1_unit, l2_unit = 1.0, 1.0
    if convention == "glmnet":
        l2_unit = 1 / s_y
    elif convention == "sum":
        l1_unit, l2_unit = 1 / (2 * n), 1 / n
    elif convention == "mse":
        l1_unit, l2_unit = 0.5, 1.0
    elif convention == "sklearn" and penalty == "l2":
        l1_unit, l2_unit = 1 / n, 1 / n
    return Scale(l1_unit * ratio, l2_unit * rest, l1_unit * max(ratio, LEAST_RATIO))


_LOSSES = {
    "mean": "(1/2n) sum (y - b0 - z.b)^2",
    "sklearn": "(1/2n) sum (y - b0 - z.b)^2",
    "glmnet": "(1/2n) sum (y - b0 - z.b)^2",
    "sum": "sum (y - b0 - z.b)^2",
    "mse": "(1/n) sum (y - b0 - z.b)^2",
}


def formula(
    convention: Convention, penalty: Penalty, alpha: float, ratio: float, rest: float, intercept: bool = True
) -> str:
    """The formula that was minimised, in the user's own convention, with the numbers put in."""
    loss = _LOSSES[convention]
    if convention == "sklearn" and penalty == "l2":
        loss = _LOSSES["sum"]
    terms = [loss if intercept else loss.replace(" - b0", "")]
    halved = convention in ("mean", "glmnet") or (convention == "sklearn" and penalty != "l2")
    if penalty != "none":
        if ratio > 0:
            terms.append(f"{_number(alpha * ratio)} sum |b|")
        if rest > 0:
            quadratic = _number(alpha * rest * (0.5 if halved else 1))
            terms.append(f"{quadratic}{'/s_y' if convention == 'glmnet' else ''} sum b^2")
    return " + ".join(terms)


def equivalents(l1: float, l2: float, n: float, s_y: float, standardize: bool, intercept: bool) -> dict[str, Any]:
    """What the same fit is called elsewhere: {tool: {call, value, mix}}.

    `value` is the number to pass for the strength ({l1, l2} where a tool takes two); None, with the reason in
    `call`, where the tool has no such fit. `mix` is the share of L1 that goes with it (l1_ratio, glmnet's alpha), None
    where there is none to pass. For scikit-learn and Keras the columns are standardized beforehand.
    """
    return {
        "sklearn": _sklearn(l1, l2, n, intercept),
        "glmnet": _glmnet(l1, l2, s_y, standardize, intercept),
        "stata": _stata(l1, l2, standardize, intercept),
        "textbook_sum": _two(
            "RSS + {l1} sum |b|", "RSS + {l2} sum b^2", "RSS + {l1} sum |b| + {l2} sum b^2", 2 * n * l1, n * l2
        ),
        "keras_mse": _two("L1({l1})", "L2({l2})", "L1L2(l1={l1}, l2={l2})", 2 * l1, l2),
    }


def _sklearn(l1: float, l2: float, n: float, intercept: bool) -> dict[str, Any]:
    end = "" if intercept else ", fit_intercept=False"
    if l1 == 0 and l2 == 0:
        return {"call": f"LinearRegression({end[2:]})", "value": 0.0, "mix": None}
    if l2 == 0:
        return {"call": f"Lasso(alpha={_number(l1)}{end})", "value": l1, "mix": None}
    if l1 == 0:
        return {"call": f"Ridge(alpha={_number(n * l2)}{end})", "value": n * l2, "mix": None}
    ratio = l1 / (l1 + l2)
    return {
        "call": f"ElasticNet(alpha={_number(l1 + l2)}, l1_ratio={_number(ratio)}{end})",
        "value": l1 + l2,
        "mix": ratio,
    }


def _glmnet(l1: float, l2: float, s_y: float, standardize: bool, intercept: bool) -> dict[str, Any]:
    strength = l1 + s_y * l2
    mix = l1 / strength if strength else 1.0
    end = ("" if standardize else ", standardize=FALSE") + ("" if intercept else ", intercept=FALSE")
    return {
        "call": f"glmnet(x, y, alpha={_number(mix)}, lambda={_number(strength)}{end})",
        "value": strength,
        "mix": mix,
    }


def _stata(l1: float, l2: float, standardize: bool, intercept: bool) -> dict[str, Any]:
    if not standardize:
        return {"call": "none: Stata's lasso and elasticnet always standardize", "value": None, "mix": None}
    if l1 == 0 and l2 == 0:
        return {"call": "regress y x" + ("" if intercept else ", noconstant"), "value": 0.0, "mix": None}
    end = "" if intercept else " noconstant"
    strength = l1 + l2
    mix = None if l2 == 0 else l1 / strength
    verb = "lasso linear y x, " if mix is None else f"elasticnet linear y x, alpha({_number(mix)}) "
    chosen = "" if mix is None else f"alpha={_number(mix)} "
    return {
        "call": f"{verb}sel(none){end}; lassoselect {chosen}lambda={_number(strength)}",
        "value": strength,
        "mix": mix,
    }


def _two(only_l1: str, only_l2: str, both: str, l1: float, l2: float) -> dict[str, Any]:
    numbers = {"l1": _number(l1), "l2": _number(l2)}
    if l2 == 0:
        return {"call": only_l1.format(**numbers), "value": l1, "mix": None}
    if l1 == 0:
        return {"call": only_l2.format(**numbers), "value": l2, "mix": None}
    return {"call": both.format(**numbers), "value": {"l1": l1, "l2": l2}, "mix": None}


def _number(value: float) -> str:
    return f"{value:.6g}"
