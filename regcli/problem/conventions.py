"""What a number called alpha, lambda or C means: one formula a convention, and the way there and back.

Inside there are only the two strengths of

    (1/2n) sum (y - b0 - z.b)^2  +  L1 sum |b|  +  (L2/2) sum b^2

Every convention's L1 and L2 are proportional to its own number a, so a convention is two factors (`Scale`).
With weights n is their raw sum; s_y is the deviation of y that divides by n, without intercept its root mean square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.problem.penalties import ElasticNet
from regcli.specs import Convention, FamilyName, Penalty

Vector = NDArray[np.float64]

LEAST_RATIO = 0.001
"""alpha_max of a penalty with almost no L1 part is computed as if it had this share of it (as glmnet does)."""


@dataclass(frozen=True)
class Scale:
    """L1 = `l1` * a and L2 = `l2` * a; `zeroing` * a is the L1 that alpha_max is computed with."""

    l1: float
    l2: float
    zeroing: float


@dataclass(frozen=True)
class Translation:
    """What a strength means for whatever rows are fitted: its n and s_y are those of the rows.

    `ratio` is r, the share of L1, and `rest` is 1 - r, which may be too small for that subtraction. A grid that
    regcli draws itself sets `drawn_by`, the deviation of the whole target: the elastic net then has
    L2 = L1 (1 - r) / (r s_y), so that what is chosen does not depend on the unit of y.
    """

    convention: Convention
    penalty: Penalty
    ratio: float
    rest: float
    drawn_by: float | None = None
    family: FamilyName = "gaussian"

    def units(self, n: float) -> tuple[float, float]:
        """L1 and L2 of a strength of 1 on either norm, in the convention's own formula (glmnet's without its s_y)."""
        if self.family != "gaussian":
            return {"sum": (1 / n, 2 / n), "mse": (1.0, 2.0)}.get(self.convention, (1.0, 1.0))
        if self.convention == "sum":
            return 1 / (2 * n), 1 / n
        if self.convention == "mse":
            return 0.5, 1.0
        if self.convention == "sklearn" and self.penalty == "l2":
            return 1 / n, 1 / n
        return 1.0, 1.0

    def factor(self, n: float) -> float:
        """How many times the formula of this module the convention's own formula is."""
        if self.family != "gaussian":
            return n if self.convention == "sum" else 1.0
        if self.convention == "sum" or (self.convention == "sklearn" and self.penalty == "l2"):
            return 2 * n
        return 2.0 if self.convention == "mse" else 1.0

    def scale(self, n: float, s_y: float) -> Scale:
        """The factors for `n` rows and a target of deviation `s_y`."""
        l1_unit, l2_unit = self.units(n)
        if self.convention == "glmnet":
            l2_unit = 1 / s_y
        elif self.drawn_by is not None and self.ratio > 0:
            l2_unit = l1_unit / self.drawn_by
        return Scale(l1_unit * self.ratio, l2_unit * self.rest, l1_unit * max(self.ratio, LEAST_RATIO))

    def shape(self, n: float, s_y: float, share: Vector, factors: Vector | None = None) -> ElasticNet:
        """The penalty on standardized columns; `share` (p,) is 1 over a column's deviation where columns are
        penalised in the units of the file, else 1; `factors` (p,) are the v_j, or None for ones."""
        units = self.scale(n, s_y)
        with np.errstate(over="ignore"):
            l1, l2 = units.l1 * share, units.l2 * share**2
            return ElasticNet(l1, l2) if factors is None else ElasticNet(l1 * factors, l2 * factors)


_LOSSES = {
    "mean": "(1/2n) sum (y - b0 - z.b)^2",
    "sklearn": "(1/2n) sum (y - b0 - z.b)^2",
    "glmnet": "(1/2n) sum (y - b0 - z.b)^2",
    "sum": "sum (y - b0 - z.b)^2",
    "mse": "(1/n) sum (y - b0 - z.b)^2",
}


def formula(convention: Convention, penalty: Penalty, l1: float, l2: float, intercept: bool = True) -> str:
    """The formula that was minimised, in the user's own convention.

    `l1` and `l2` are the numbers on either norm as that convention counts them: alpha r and alpha (1 - r).
    """
    loss = _LOSSES[convention]
    if convention == "sklearn" and penalty == "l2":
        loss = _LOSSES["sum"]
    terms = [loss if intercept else loss.replace(" - b0", "")]
    halved = convention in ("mean", "glmnet") or (convention == "sklearn" and penalty != "l2")
    if penalty != "none":
        if l1 > 0:
            terms.append(f"{_number(l1)} sum |b|")
        if l2 > 0:
            quadratic = _number(l2 * (0.5 if halved else 1))
            terms.append(f"{quadratic}{'/s_y' if convention == 'glmnet' else ''} sum b^2")
    return " + ".join(terms)


def path_formula(translation: Translation, intercept: bool = True) -> str:
    """The formula that is minimised along a path, with alpha as a letter."""
    convention, penalty, ratio, rest = (
        translation.convention, translation.penalty, translation.ratio, translation.rest
    )  # fmt: skip
    loss = formula(convention, penalty, 0.0, 0.0, intercept)
    halved = formula(convention, penalty, 0.0, 2.0, intercept).endswith(" 1 sum b^2") or convention == "glmnet"
    by_s_y = convention == "glmnet" or (translation.drawn_by is not None and ratio > 0)
    terms = []
    if ratio > 0:
        terms.append("sum |b|" if ratio == 1 else f"{_number(ratio)} sum |b|")
    if rest > 0:
        # On a drawn grid L2 follows L1, which these two conventions count differently.
        follows = by_s_y and convention in ("sum", "mse")
        share = rest / 2 if halved or follows else rest
        number = "" if share == 1 else f"{_number(share)}"
        terms.append(f"{number}{'/s_y' if by_s_y else ''} sum b^2".strip())
    if ratio == 0:
        return f"{loss} + alpha{'/2' if halved else ''}{'/s_y' if by_s_y else ''} sum b^2"
    inside = " + ".join(terms)
    return f"{loss} + alpha {inside}" if len(terms) == 1 else f"{loss} + alpha ({inside})"


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
