"""A model as a fitted scikit-learn pipeline, made of scikit-learn's classes only: it loads without regcli."""

from __future__ import annotations

import io
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.artifact import Model
from regcli.data.features.encoding import Category
from regcli.data.features.terms import MISSING_LEVEL, OTHER_LEVEL, Atom, Gap, Level, Number
from regcli.data.reading.tidy import number
from regcli.errors import visible
from regcli.export.parts import cannot, needs_cell, shares

Part = tuple[str, Any, list[str]]
Vector = NDArray[np.float64]


def to_sklearn(model: Model) -> bytes:
    """The pipeline as joblib writes it. It takes a DataFrame with the columns of the file.

    Where there is no prediction, as in a row with a gap that nothing fills, it raises ValueError as LinearRegression.
    Raises UsageError for features that scikit-learn's own classes cannot make: products, powers, functions, dates.
    """
    import joblib

    file = io.BytesIO()
    joblib.dump(pipeline_of(model), file)
    return file.getvalue()


def pipeline_of(model: Model) -> Any:
    """The fitted pipeline: columns made ready, numbers centred, then a linear model with the model's coefficients.

    Of classes `predict` gives the class and `predict_proba` the probability of each; at exactly 0.5 scikit-learn takes
    the negative one.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    if model.family == "cox":
        raise cannot("a hazard, for scikit-learn has no survival times", "sklearn")
    if not model.active:
        return Pipeline([("model", _constant(model))])
    builder = _Builder(model)
    columns = ColumnTransformer(builder.parts)
    example = pd.DataFrame({name: builder.example(name) for name in model.needed.columns})
    made = columns.fit_transform(example)
    builder.learn(columns)
    centring = StandardScaler(with_std=False).fit(made)
    centring.mean_ = np.array(builder.means)
    outputs = len(model.centres)
    table = np.array([np.broadcast_to(one, outputs) for one in builder.coefficients]).T
    linear = _estimator(model, made, table, np.broadcast_to(builder.intercept, outputs))
    return Pipeline([("columns", columns), ("centring", centring), ("model", linear)])


def _estimator(model: Model, made: Vector, table: Vector, intercepts: Vector) -> Any:
    """A linear model that looks fitted to columns like `made` (m, p), with these coefficients (K, p)."""
    from sklearn.linear_model import (
        GammaRegressor,
        LinearRegression,
        LogisticRegression,
        PoissonRegressor,
        TweedieRegressor,
    )
    from sklearn.svm import LinearSVC

    if not model.classes:
        kinds = {"poisson": PoissonRegressor(), "gamma": GammaRegressor()}
        if model.family == "tweedie":
            kinds["tweedie"] = TweedieRegressor(power=model.parameters["power"], link="log")
        linear = kinds.get(model.family, LinearRegression()).fit(made, np.ones(len(made)))
        linear.coef_, linear.intercept_ = table[0], float(intercepts[0])
        return linear
    if len(model.classes) == 2 and model.several:
        table, intercepts = table[1:] - table[:1], intercepts[1:] - intercepts[:1]
    linear = LinearSVC() if model.family == "squared_hinge" else LogisticRegression()
    linear.classes_, linear.n_features_in_ = _classes(model), table.shape[1]
    linear.coef_, linear.intercept_ = table.copy(), intercepts.copy()
    linear.n_iter_ = np.zeros(1, dtype=np.int32)
    return linear


def _constant(model: Model) -> Any:
    """The model without features."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    response = model.loss.response(model.centres)
    if not model.classes:
        constant = DummyRegressor(strategy="constant", constant=float(response[0]))
        return constant.fit([[0.0]], [float(response[0])])
    if model.family == "squared_hinge":  # one side, whatever the row
        response = (response >= 0).astype(float)
    shares = response if model.several else np.array([1 - response[0], response[0]])
    classes = _classes(model)
    found = DummyClassifier(strategy="prior").fit(np.zeros((len(classes), 1)), np.arange(len(classes)))
    found.classes_, found.class_prior_ = classes, shares
    return found


def _classes(model: Model) -> Any:
    """The classes as a DataFrame has them: numbers, truth values, or text."""
    if set(model.classes) == {"true", "false"}:
        return np.array([name == "true" for name in model.classes])
    values = [number(name, ".") for name in model.classes]
    if any(value is None for value in values):
        return np.array(model.classes, dtype=object)
    found = np.array(values, dtype=np.float64)
    return found.astype(np.int64) if np.all(found == np.round(found)) else found


class _Builder:
    """The transformers with their columns, the coefficient and mean of each column that they make, the intercept."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.parts: list[Part] = []
        self.coefficients: list[Any] = []
        self.means: list[float] = []
        self.intercept: Any = model.centres.copy()
        self._shares = _by_atom(model)
        self._levels: dict[str, dict[str, tuple[Any, float]]] = defaultdict(dict)
        for atom, share in self._shares.items():
            if isinstance(atom, Level):
                self._levels[atom.column][atom.level] = share
        self._numbers()
        self._gaps()
        for column, levels in self._levels.items():
            self._of_levels(column, levels)

    def _numbers(self) -> None:
        from sklearn.impute import SimpleImputer

        fills = self._model.encoding.fills
        self.filled = [one for one in self._shares if isinstance(one, Number) and one in fills]
        plain = [one for one in self._shares if isinstance(one, Number) and one not in fills]
        if self.filled:
            strategy = "median" if self._model.encoding.missing == "median" else "mean"
            self._add("filled", SimpleImputer(strategy=strategy), self.filled)
        if plain:
            self._add("numbers", "passthrough", plain)

    def _gaps(self) -> None:
        from sklearn.impute import MissingIndicator

        gaps = [one for one in self._shares if isinstance(one, Gap)]
        for one in gaps:
            if one.column in self._model.encoding.styles:
                raise cannot(f"gaps in the dates of {visible(one.column)}", "sklearn")
        if gaps:
            self._add("gaps", MissingIndicator(features="all"), gaps)

    def _add(self, name: str, transformer: Any, atoms: list[Any]) -> None:
        self.parts.append((name, transformer, [one.column for one in atoms]))
        self.coefficients += [self._shares[one][0] for one in atoms]
        self.means += [self._shares[one][1] for one in atoms]

    def _of_levels(self, column: str, levels: dict[str, tuple[Any, float]]) -> None:
        """A column for each way to write each known level. What is none of them is (other), where there is that: its
        coefficient is part of the intercept and taken off all others, as the indicators of all levels add up to 1."""
        category = self._model.encoding.categories[column]
        base = levels.get(OTHER_LEVEL, (0.0, 0.0))[0] if category.lumped else 0.0
        for kind in (str, float):
            spelled: dict[Any, Any] = {}
            for level in dict.fromkeys((*category.levels, MISSING_LEVEL)):
                if not (level == OTHER_LEVEL and category.lumped):
                    coefficient = levels.get(level, (0.0, 0.0))[0]
                    spelled |= dict.fromkeys(_cells(level, category)[kind], coefficient - base)
            if spelled:
                self.parts.append((f"{column} as {kind.__name__}", _indicators(list(spelled)), [column]))
                self.coefficients += spelled.values()
                self.means += [0.0] * len(spelled)
        self.intercept += base - sum(coefficient * mean for coefficient, mean in levels.values())
        if needs_cell(self._model, category):
            self.parts.append((f"cells of {column}", _gaps_as_nan(), [column]))
            self.coefficients.append(0.0)
            self.means.append(0.0)

    def example(self, column: str) -> list[Any]:
        """Two cells of a column, as the transformers are to take them."""
        return ["", ""] if column in self._levels else [0.0, 0.0]

    def learn(self, columns: Any) -> None:
        """Give the imputer the fill values."""
        if self.filled:
            imputer = columns.named_transformers_["filled"]
            imputer.statistics_ = np.array([self._model.encoding.fills[one] for one in self.filled])


def _by_atom(model: Model) -> dict[Atom, tuple[Any, float]]:
    """The coefficients (K,) and the mean of each atom; two features of one atom are one."""
    found: dict[Atom, tuple[Any, float]] = {}
    for output in range(len(model.centres)):
        at = np.zeros(len(model.centres))
        at[output] = 1.0
        for coefficient, mean, feature in shares(model, output):
            atom = feature.factors[0]
            if len(feature.factors) != 1 or not isinstance(atom, Number | Level | Gap):
                raise cannot(f"{visible(feature.name)}, which is no column, level or gap", "sklearn")
            found[atom] = (found.get(atom, (0.0, 0.0))[0] + coefficient * at, mean)
    return found


def _cells(level: str, category: Category) -> dict[type, list[Any]]:
    """What a DataFrame may hold where the file has this level: text or no cell, and a number or a truth value.

    Apart, for an encoder is to have categories that can be sorted.
    """
    if level == MISSING_LEVEL:
        return {str: [level, "", None, np.nan], float: []}
    if category.boolean and level in ("true", "false"):
        return {str: [level, level.title(), level.upper(), str(int(level == "true"))], float: [level == "true"]}
    value = number(level, ".")
    if value is None or not np.isfinite(value):
        return {str: [level], float: []}
    spelled = str(int(value)) if value.is_integer() else str(value)
    return {str: [level], float: [value] if spelled == level else []}


def _as_cells() -> Any:
    """Cells as they are, so that 2007, 2007.0 and true are found among text."""
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(np.asarray, kw_args={"dtype": object}, feature_names_out="one-to-one")


def _indicators(cells: list[Any]) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    known = np.array(cells, dtype=object)
    return make_pipeline(_as_cells(), OneHotEncoder(categories=[known], handle_unknown="ignore", sparse_output=False))


def _gaps_as_nan() -> Any:
    """NaN, which no linear model takes, where there is no cell; else a number that is not used."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    known = np.array(["", None, np.nan], dtype=object)
    unused: dict[str, Any] = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    return make_pipeline(_as_cells(), OrdinalEncoder(categories=[known], encoded_missing_value=np.nan, **unused))
