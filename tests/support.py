"""What several test files share: where the data is, how each file is read, and problems made of arrays."""

from __future__ import annotations

import functools
import json
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.design import build
from regcli.data.features.scaling import Scaling, first_equal_columns, learn_scaling
from regcli.problem.conventions import Translation
from regcli.problem.objective import Problem, Solution, alpha_max
from regcli.problem.penalties import ElasticNet
from regcli.select.asking import Ask
from regcli.select.by_moments import MomentsEngine
from regcli.select.by_rows import RowsEngine, Sample
from regcli.select.folds import Folds
from regcli.solve import solve
from regcli.specs import DataSpec, ModelSpec, ValidationSpec

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Linear = tuple[Vector, float]

DATA = Path(__file__).parent / "data"
SAMPLES = Path(__file__).parents[1] / "sample_data"
REFERENCES = DATA / "reference"
SWEEPS = 20_000

FILES: dict[str, tuple[Path, dict[str, Any]]] = {
    "diabetes": (SAMPLES / "diabetes.csv", {}),
    "prostate": (SAMPLES / "prostate.csv", {"target": "lpsa", "exclude": "train"}),
    "boston": (DATA / "boston.csv", {"target": "medv"}),
    "concrete": (SAMPLES / "concrete.csv", {"target": "strength"}),
    "mtcars": (DATA / "mtcars.csv", {"target": "mpg", "exclude": "model"}),
    "winequality_white": (SAMPLES / "winequality_white.csv", {"target": "quality", "sep": ";"}),
    "glmnet_quickstart": (DATA / "glmnet_quickstart.csv", {"target": "y"}),
    "airquality_complete_cases": (DATA / "airquality.csv", {"target": "Ozone", "missing": "drop"}),
    "ames_numeric": (DATA / "ames.csv.gz", {"target": "SalePrice", "missing": "drop", "features": "the reference's"}),
    "air_quality_uci": (
        DATA / "air_quality_uci.csv.gz",
        {
            "target": "CO(GT)",
            "sep": ";",
            "decimal": ",",
            "na": "-200",
            "missing": "drop",
            "features": "the reference's",
        },
    ),
    "leukemia": (DATA / "leukemia.csv.gz", {"target": "y"}),
}
"""Each data set with a glmnet reference: its file, and the options of `regcli fit` that read it as R was given it."""


@functools.cache
def stored(name: str) -> dict[str, Any]:
    """A file of reference answers."""
    return dict(json.loads((REFERENCES / name).read_text("utf-8")))


def glmnet(dataset: str) -> dict[str, Any]:
    """The glmnet reference of a data set."""
    return stored(f"{dataset}.glmnet.json")


def options(dataset: str) -> dict[str, Any]:
    """The options that read the file of a data set; where it has columns to spare, the reference's predictors."""
    found = dict(FILES[dataset][1])
    if "features" in found:
        found["features"] = glmnet(dataset)["predictors"]
    return found


@functools.cache
def frame(dataset: str) -> pd.DataFrame:
    """The rows and columns of a data set that its options leave, the target last; read by the package itself."""
    path, found = FILES[dataset][0], options(dataset)
    names = {key: tuple(np.atleast_1d(found[key]).tolist()) for key in ("features", "exclude", "na") if key in found}
    design = build(DataSpec(path, **{**found, **names}), ValidationSpec())
    return pd.DataFrame(np.column_stack([design.X, design.y]), columns=[*design.names, design.target])


def arrays(dataset: str) -> tuple[Matrix, Vector]:
    """X (n, p) and y (n,) of a data set."""
    table = frame(dataset).to_numpy()
    return np.ascontiguousarray(table[:, :-1]), np.ascontiguousarray(table[:, -1])


@dataclass(frozen=True)
class Posed:
    """A problem with the scaling of its columns."""

    problem: Problem
    scaling: Scaling

    @property
    def alpha_max(self) -> float:
        """The least alpha at which everything is zero."""
        return alpha_max(self.problem)


def pose(
    X: Matrix,
    y: Vector,
    ratio: float | None = 1.0,
    alpha: float = 0.0,
    *,
    intercept: bool = True,
    standardize: bool = True,
    weights: Vector | None = None,
    factors: Vector | None = None,
) -> Posed:
    """The problem that the command line would pose (`ratio` None: no penalty), with what it has no option for yet.

    That is `weights` (n,) of the rows and penalty `factors` (p,).
    """
    p = X.shape[1]
    scaling, Z = learn_scaling(X, [f"x{j}" for j in range(p)], intercept, weights)
    factors = np.ones(p) if factors is None else factors
    size = np.ones(p) if standardize else 1 / scaling.scale
    shape = (
        ElasticNet(np.zeros(p), np.zeros(p))
        if ratio is None
        else ElasticNet(ratio * factors * size, (1 - ratio) * factors * size**2)
    )
    return Posed(Problem(Z, y, shape, alpha, intercept, weights, twins=first_equal_columns(X)), scaling)


def coefficients(report: Any) -> Vector:
    """The coefficients (p,) of a report in the units of the file, in the file's order."""
    return np.array([row.coefficient for row in report.model.coefficients])


def standardized(report: Any) -> Vector:
    """The standardized coefficients (p,) of a report, in the file's order."""
    return np.array([row.standardized for row in report.model.coefficients])


def solved(posed: Posed, alpha: float, solver: str = "auto") -> tuple[Solution, Vector, float]:
    """The solution at `alpha`, with its coefficients (p,) and intercept in the units of the file."""
    solution = solve(replace(posed.problem, alpha=alpha), solver)
    return solution, *posed.scaling.to_file_units(solution.coef, solution.intercept)


def at_rest(X: Matrix, y: Vector, l1: float, l2: float, intercept: bool = True, standardize: bool = True) -> Linear:
    """Coefficients (p,) in the units of the file, and intercept, that scikit-learn gives for strengths L1 and L2.

    Coordinate descent goes on for `SWEEPS` sweeps, whatever it thinks of its progress: until nothing moves any more.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import ElasticNet, Lasso, Ridge
    from sklearn.preprocessing import StandardScaler

    n, p = X.shape
    scaler = StandardScaler(with_mean=intercept, with_std=standardize).fit(X)
    unit = scaler.scale_ if standardize else np.ones(p)
    endless: dict[str, Any] = {"tol": 0.0, "max_iter": SWEEPS, "precompute": p < n}
    if l1 == 0:
        model = Ridge(alpha=n * l2, fit_intercept=intercept, solver="svd" if p < n else "cholesky")
    elif l2 == 0:
        model = Lasso(alpha=l1, fit_intercept=intercept, **endless)
    else:
        model = ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), fit_intercept=intercept, **endless)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.asfortranarray(scaler.transform(X)), y)
    coef = model.coef_ / unit
    return coef, float(model.intercept_ - (scaler.mean_ @ coef if intercept else 0.0))


def strengths(convention: str, penalty: str, ratio: float, alpha: float, n: int, s_y: float) -> tuple[float, float]:
    """L1 and L2 of a number as each convention means it, for n rows and a target of deviation s_y: the table of the
    README, written out."""
    r = {"l1": 1.0, "l2": 0.0}.get(penalty, ratio)
    if convention == "sklearn" and penalty == "l2":
        return 0.0, alpha / n
    if convention == "glmnet":
        return alpha * r, alpha * (1 - r) / s_y
    if convention == "sum":
        return alpha * r / (2 * n), alpha * (1 - r) / n
    if convention == "mse":
        return alpha * r / 2, alpha * (1 - r)
    return alpha * r, alpha * (1 - r)


def ask(
    penalty: str,
    alphas: Vector,
    ratio: float = 0.5,
    convention: Any = "mean",
    standardize: bool = True,
    intercept: bool = True,
) -> Ask:
    """What every fold of a cross-validation is asked for."""
    model = ModelSpec(penalty, l1_ratio=ratio if penalty == "elasticnet" else None, convention=convention)  # type: ignore[arg-type]
    return Ask(Translation(convention, model.penalty, model.ratio, model.rest), alphas, standardize, intercept)


def engines(X: Matrix, y: Vector, folds: Folds, intercept: bool = True) -> tuple[MomentsEngine, RowsEngine]:
    """Both engines of cross-validation on the same rows and folds."""
    scaling, Z = learn_scaling(X, [f"x{j}" for j in range(X.shape[1])], intercept)
    twins = first_equal_columns(X)
    centred = y - y.mean() if intercept else y
    moments = MomentsEngine.of_rows(X, Z, centred, scaling.mean, scaling.scale, folds, twins)
    return moments, RowsEngine(X, Sample(centred), folds)


def in_convention(
    shares: Vector,
    X: Matrix,
    y: Vector,
    penalty: str,
    convention: str,
    standardize: bool = True,
    intercept: bool = True,
) -> Vector:
    """Alphas of a convention (an elastic net half and half) at these shares of the null model's largest gradient.

    For l2 they are that many times 100 over the deviation of y.
    """
    centred, target = (X - X.mean(axis=0), y - y.mean()) if intercept else (X, y)
    unit = X.std(axis=0) if standardize else np.ones(X.shape[1])
    largest = float(np.max(np.abs(centred.T @ target) / len(y) / np.where(unit > 0, unit, 1.0)))
    s_y = float(np.sqrt(np.mean(target**2)))
    l1, l2 = strengths(convention, penalty, 0.5, 1.0, len(y), s_y)
    return shares * (largest / l1 if l1 else 100 * largest / s_y / l2)
