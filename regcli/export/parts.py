"""What the languages share: the active features with their numbers, and what is said above the code."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from regcli.artifact import Model
from regcli.data.features.encoding import Category
from regcli.data.features.terms import MISSING_LEVEL, OTHER_LEVEL, Constant, Feature, leaves
from regcli.errors import DataError, UsageError, counted, visible


class Share(NamedTuple):
    """What one feature adds: coefficient * (feature - mean)."""

    coefficient: float
    mean: float
    feature: Feature


def shares(model: Model, output: int = 0) -> Iterator[Share]:
    """The features whose coefficient in an output is not zero, in the order of the document. Raises DataError for
    infinite ones."""
    for j in model.active:
        if model.table[output, j] == 0:
            continue
        feature = model.encoding.features[j]
        constants = (one.value for factor in feature.factors for one in leaves(factor) if isinstance(one, Constant))
        if not all(map(math.isfinite, constants)):
            raise DataError(f"the model is damaged: {visible(feature.name)} is not finite")
        yield Share(float(model.table[output, j]), float(model.means[j]), feature)


def heading(model: Model) -> list[str]:
    """Lines that say what is predicted, by which version, and from which columns; safe inside any line comment."""
    columns = model.needed.columns
    version = visible(str(model.document.get("version", "")))
    what = f"{_predicted(model)}, predicted by a model of regcli {version} from {counted(len(columns), 'column')}:"
    return [what, *(f"  {visible(name)}" for name in columns)]


def _predicted(model: Model) -> str:
    target = visible(model.target)
    if model.family == "binomial":
        return f"The probability that {target} is {visible(model.classes[1])}"
    if model.family == "squared_hinge":
        return f"The decision value of {target}, {visible(model.classes[1])} from 0 on"
    words = {
        "multinomial": f"The probability of each class of {target}",
        "poisson": f"The expected count {target}",
        "gamma": f"The expected amount {target}",
        "tweedie": f"The expected amount {target}",
        "quantile": f"A quantile of {target}",
        "cox": f"The hazard of {target}, relative to that of a row of means",
    }
    return words.get(model.family, target)


def kept_levels(category: Category) -> list[str]:
    """The levels of a column that are levels of the file."""
    return [level for level in category.levels if level not in (MISSING_LEVEL, OTHER_LEVEL)]


def needs_cell(model: Model, category: Category) -> bool:
    """Whether a row without a cell in such a column has no prediction: its rows were dropped in training."""
    return model.encoding.missing == "drop" and MISSING_LEVEL not in category.levels


def plain_text(text: str, to: str) -> None:
    """UsageError for a name or a level with what a file in UTF-8, or a string in it, cannot hold."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise cannot(f"the name {visible(text)}", to)


def cannot(what: str, to: str, hint: str = "--to python") -> UsageError:
    """The error for what a language cannot express."""
    return UsageError(f"--to {to} cannot express {what}", hint=hint)
