"""The parts of a `cv` document: folds, curve, what was chosen, how stable the selection is, and what must be said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError, Notice, counted, listed
from regcli.select.crossval import Curve, at_edge
from regcli.select.folds import Folds
from regcli.solve.classes import present
from regcli.specs import MORE_IS_BETTER, FoldSpec
from regcli.workflows.preparing import Prepared

FAR_DOWN = 1e-3
"""A grid that ends below this share of its largest alpha ends near least squares."""

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def folds_doc(folds: Folds, spec: FoldSpec, engine: str, curves: Sequence[Curve]) -> dict[str, Any]:
    """How the folds were made, and the worst figures of all their fits."""
    fits = [fold for curve in curves for fold in curve.folds]
    return {
        "k": folds.k,
        "repeats": len(folds.assignment),
        "seed": folds.seed,
        "scheme": folds.scheme,
        "column": spec.column,
        "engine": engine,
        "gap": max(fit.gap for fit in fits),
        "violation": max(fit.violation for fit in fits),
        "certified": all(fit.certified for fit in fits),
    }


class Measured:
    """A curve in the unit of the measure asked for: for r2 one minus the error over that of the null model, for auc,
    accuracy and concordance one minus the error.

    Training errors are compared to the null model's training error. Raises DataError where that leaves no R2.
    """

    def __init__(self, curve: Curve, spec: FoldSpec) -> None:
        null, null_se, null_train = curve.null
        self._shares, self._mirrored = spec.judge == "r2", spec.judge in MORE_IS_BETTER - {"r2"}
        if self._shares and not (null > 0 and null_train > 0):
            raise DataError(
                "R2 is not defined: the model without features predicts exactly", hint="leave out --measure"
            )
        self.mean, self.train = self._of(curve.mean, null), self._of(curve.train_mean, null_train)
        self.per_fold = self._of(curve.per_fold, null)
        self.se = curve.se / null if self._shares else curve.se
        self.null = {
            "mean": float(self._of(np.array(null), null)),
            "se": null_se / null if self._shares else null_se,
            "train_mean": float(self._of(np.array(null_train), null_train)),
            "r2": 0.0,
            "nonzero": 0,
        }
        self.r2 = 1 - curve.mean / null if null > 0 else np.full(len(curve.mean), math.nan)

    def _of(self, errors: Vector, null: float) -> Vector:
        if self._mirrored:
            return np.asarray(1 - errors)
        return np.asarray(1 - errors / null) if self._shares else errors


def curve_of(curve: Curve, coefs: Matrix, prepared: Prepared, spec: FoldSpec) -> list[dict[str, Any]]:
    """One entry for each alpha: strengths, features on all training rows, errors."""
    measured = Measured(curve, spec)
    nonzero = nonzero_features(coefs, prepared)
    return [
        {
            **_strengths(float(alpha), prepared),
            "nonzero": int(nonzero[i]),
            "mean": float(measured.mean[i]),
            "se": float(measured.se[i]),
            "train_mean": float(measured.train[i]),
            "per_fold": [float(error) for error in measured.per_fold[:, i]],
        }
        for i, alpha in enumerate(curve.alphas)
    ]


def _strengths(alpha: float, prepared: Prepared) -> dict[str, float]:
    units = prepared.units
    return {"alpha": alpha, "l1_ratio": prepared.model.ratio, "l1": alpha * units.l1, "l2": alpha * units.l2}


def chosen_of(curve: Curve, coefs: Matrix, prepared: Prepared, spec: FoldSpec, offset: int) -> dict[str, Any]:
    """The least error, the one-standard-error rule, the null model; `offset` is where this curve begins in the
    document's."""
    measured = Measured(curve, spec)

    def row(index: int) -> dict[str, Any]:
        return {
            **_strengths(float(curve.alphas[index]), prepared),
            "mean": float(measured.mean[index]),
            "se": float(measured.se[index]),
            "train_mean": float(measured.train[index]),
            "r2": float(measured.r2[index]),
            "nonzero": int(nonzero_features(coefs[index : index + 1], prepared)[0]),
            "index": offset + index,
        }

    return {
        "min": row(curve.best),
        "one_se": row(curve.one_se),
        "null": measured.null,
        "rule": spec.rule,
        "measure": spec.judge,
        "at_edge": at_edge(curve),
        "extended": curve.extended,
    }


def nonzero_features(coefs: Matrix, prepared: Prepared) -> NDArray[np.intp]:
    """How many features have a coefficient in each of these rows (A, p), or (A, K p) of several classes."""
    return np.asarray(np.count_nonzero(present(coefs, len(prepared.design.names)), axis=1))


def signed(coef: Vector, prepared: Prepared) -> Vector:
    """Coefficients whose signs folds agree with or not; of several classes, which have no sign in common, 1 for any."""
    if prepared.problem.outputs == 1:
        return coef
    return present(coef, len(prepared.design.names)).astype(np.float64)


def selection_of(curve: Curve, index: int, coef: Vector, names: Sequence[str]) -> list[dict[str, Any]]:
    """For each feature how often folds selected it at the chosen alpha, and how often with the sign of the refit."""
    frequency, agreement = curve.selection(index, coef)
    return [
        {"name": name, "frequency": float(often), "sign_agreement": None if math.isnan(same) else float(same)}
        for name, often, same in zip(names, frequency, agreement, strict=True)
    ]


def cv_notices(
    curve: Curve, chosen: dict[str, Any], prepared: Prepared, folds: Folds, spec: FoldSpec, given: bool
) -> list[Notice]:
    """Nothing about the choice is silent: the end of the grid, the null model, columns that are constant in a fold."""
    found = _odd_columns(curve, prepared.design.names, folds.k)
    rule = "1se" if spec.rule == "1se" else "min"
    taken = chosen["one_se" if rule == "1se" else "min"]
    least, null = curve.mean[curve.best], curve.null[0]
    edge = chosen["at_edge"]
    if taken["nonzero"] == 0 or least >= null:
        found.append(_null_chosen(chosen, rule, bool(least >= null)))
    elif edge == "high":
        found.append(Notice("at_edge", f"the largest alpha tried predicts best: {_tried(curve, given)}"))
    if edge == "low":
        found.append(_low_edge(curve, given))
    elif curve.extended:
        ends = f"{curve.alphas[0]:.5g} to {curve.alphas[-1]:.5g}"
        more = counted(curve.extended, "alpha")
        text = f"the grid was extended by {more}, because the least error lay at its end: alphas from {ends}"
        found.append(Notice("grid_extended", text))
    if not all(fold.certified for fold in curve.folds):
        found.append(Notice("not_certified", "not every fit of the folds is certified"))
    return found


def _tried(curve: Curve, given: bool) -> str:
    if given or not curve.extended:
        return "--alphas with a wider list, or without it a grid that regcli draws"
    return f"{counted(curve.extended, 'alpha')} beyond the usual grid were tried too"


def _low_edge(curve: Curve, given: bool) -> Notice:
    plain = "least squares" if curve.ask.translation.family == "gaussian" else "a model without penalty"
    if curve.alphas[-1] == 0:
        text = f"alpha 0, {plain}, predicts best of those given: --penalty none"
    elif given:
        text = f"the smallest alpha given predicts best: {_tried(curve, given)}"
    else:
        far = curve.alphas[-1] < FAR_DOWN * curve.alphas[0]
        less = f"{plain}, --penalty none, may do as well" if far else "a smaller --alpha-min-ratio goes further down"
        text = f"the smallest alpha tried predicts best ({_tried(curve, given)}): {less}"
    return Notice("at_edge", text)


def _null_chosen(chosen: dict[str, Any], rule: str, hopeless: bool) -> Notice:
    if hopeless:
        return Notice("null_model", "no alpha predicts better than the model without features")
    least = chosen["min"]
    why = "its error is within one standard error of the least" if rule == "1se" else "its error is the least"
    text = f"the rule {rule} chooses the model without features: {why}"
    if rule == "1se" and least["nonzero"]:
        features = counted(least["nonzero"], "feature")
        text += f"; --rule min has {features} at alpha {least['alpha']:.5g}"
    return Notice("null_model", text)


def _odd_columns(curve: Curve, names: Sequence[str], k: int) -> list[Notice]:
    """Columns that have one value in some training fold, or repeat an earlier one there."""
    found = []
    constant = _where([fold.constant for fold in curve.folds], names, k) if curve.ask.intercept else []
    if constant:
        what = "constant in the training rows of some folds, where the coefficient is 0"
        text = f"{counted(len(constant), 'column')} {what}: {listed(constant)}"
        found.append(Notice("constant_in_fold", text))
    repeated = _where([fold.repeated for fold in curve.folds], names, k)
    if repeated:
        what = "equal to an earlier one in the training rows of some folds, where that one takes the coefficient"
        found.append(Notice("equal_in_fold", f"{counted(len(repeated), 'column')} {what}: {listed(repeated)}"))
    return found


def _where(columns: Sequence[tuple[int, ...]], names: Sequence[str], k: int) -> list[str]:
    """The names of columns, each with the folds that name it."""
    where: dict[int, set[int]] = {}
    for index, named in enumerate(columns):
        for column in named:
            where.setdefault(column, set()).add(index % k + 1)
    return [f"{names[column]} (fold {listed(sorted(folds), 4)})" for column, folds in sorted(where.items())]
