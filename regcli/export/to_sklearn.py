"""A model as a fitted scikit-learn pipeline, made of scikit-learn's classes only: it loads without regcli."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd

from regcli.artifact import Model
from regcli.data.features.encoding import Category
from regcli.data.features.terms import MISSING_LEVEL, OTHER_LEVEL, Gap, Level, Number
from regcli.data.reading.tidy import number
from regcli.errors import visible
from regcli.export.parts import cannot, kept_levels


def to_sklearn(model: Model) -> bytes:
    """The pipeline as joblib writes it. It takes a DataFrame with the columns of the file.

    Raises UsageError for features that scikit-learn's own classes cannot make: products, powers, functions, dates.
    """
    import joblib

    file = io.BytesIO()
    joblib.dump(pipeline_of(model), file)
    return file.getvalue()


def pipeline_of(model: Model) -> Any:
    """The fitted pipeline: columns made ready, then a linear model with the coefficients in the units of the file."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import Pipeline

    features = [model.encoding.features[j] for j in model.active]
    if not features:
        return Pipeline([("model", _constant(model.centre))])
    coefficients = {}
    for j, feature in zip(model.active, features, strict=True):
        if len(feature.factors) != 1 or not isinstance(feature.factors[0], Number | Level | Gap):
            raise cannot(f"{visible(feature.name)}, which is no column, level or gap", "sklearn")
        coefficients[feature.factors[0]] = float(model.coefficients[j])
    parts, vector = _parts(model, coefficients)
    example = pd.DataFrame({name: _example(model, name) for name in model.needed.columns})
    columns = ColumnTransformer([(name, part, names) for name, part, names in parts], verbose_feature_names_out=True)
    columns.set_output(transform="default")
    made = columns.fit_transform(example)
    assert made.shape[1] == len(vector), "each column that is made has its coefficient"
    linear = LinearRegression().fit(np.zeros((2, len(vector))), np.zeros(2))
    linear.coef_ = np.array(vector)
    raw = model.centre - float(np.sum(model.coefficients[model.active] * model.means[model.active]))
    linear.intercept_ = raw
    return Pipeline([("columns", columns), ("model", linear)])


def _constant(value: float) -> Any:
    """A model that needs no column."""
    from sklearn.dummy import DummyRegressor

    return DummyRegressor(strategy="constant", constant=value).fit([[0.0]], [value])


def _parts(model: Model, coefficients: dict[Any, float]) -> tuple[list[tuple[str, Any, list[str]]], list[float]]:
    """The transformers with their columns, fitted when all are, and the coefficient of each column that they make."""
    from sklearn.impute import MissingIndicator

    parts: list[tuple[str, Any, list[str]]] = []
    vector: list[float] = []
    numbers = [atom.column for atom in coefficients if isinstance(atom, Number)]
    if numbers:
        parts.append(("numbers", _imputer(model), numbers))
        vector += [coefficients[Number(name)] for name in numbers]
    gaps = [atom.column for atom in coefficients if isinstance(atom, Gap)]
    if gaps:
        parts.append(("gaps", MissingIndicator(features="all"), gaps))
        vector += [coefficients[Gap(name)] for name in gaps]
    for name in dict.fromkeys(atom.column for atom in coefficients if isinstance(atom, Level)):
        category = model.encoding.categories[name]
        if category.boolean:
            raise cannot(
                f"the true/false column {visible(name)}", "sklearn", "--categorical with that column, or --to python"
            )
        if all(number(level, ".") is not None for level in kept_levels(category)):
            raise cannot(f"the levels of {visible(name)}, numbers that pandas would not read as text", "sklearn")
        parts.append((f"levels {len(parts)}", _encoder(category), [name]))
        vector += [coefficients.get(Level(name, level), 0.0) for level in _order(category)]
    return parts, vector


def _imputer(model: Model) -> Any:
    from sklearn.impute import SimpleImputer

    if not model.encoding.fills:
        return "passthrough"
    return SimpleImputer(strategy="median" if model.encoding.missing == "median" else "mean")


def _encoder(category: Category) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    gaps = SimpleImputer(strategy="constant", fill_value=MISSING_LEVEL)
    if category.lumped:
        encoder = OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist", sparse_output=False)
    else:
        encoder = OneHotEncoder(categories=[_known(category)], handle_unknown="ignore", sparse_output=False)
    return Pipeline([("gaps", gaps), ("levels", encoder)])


def _known(category: Category) -> list[str]:
    return sorted({*kept_levels(category), MISSING_LEVEL})


def _order(category: Category) -> list[str]:
    """The levels in the order in which the encoder makes their columns: sorted, the rare ones last."""
    return [*_known(category), OTHER_LEVEL] if category.lumped else _known(category)


def _example(model: Model, name: str) -> list[Any]:
    """Rows that teach the transformers what the model knows: fill values, and which levels are rare."""
    size = 2 * max((len(one.levels) + len(one.lumped) + 1 for one in model.needed.categories.values()), default=1)
    category = model.needed.categories.get(name)
    if category is None:
        return [model.encoding.fills.get(Number(name), 0.0)] * size
    twice = _known(category) * 2
    once = list(category.lumped) if category.lumped else []
    return (twice + once + [twice[0]] * size)[:size]
