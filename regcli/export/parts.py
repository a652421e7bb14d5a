"""What the languages share: the active features with their numbers, and what is said above the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from regcli.artifact import Model
from regcli.data.features.encoding import Category
from regcli.data.features.terms import MISSING_LEVEL, OTHER_LEVEL, Feature
from regcli.errors import UsageError, counted, visible

DEEPEST = 10
"""Polynomials of a higher degree are not spelled out."""


LONGEST = 1 << 20
"""Characters that one feature may take when it is spelled out."""


class Share(NamedTuple):
    """What one feature adds: coefficient * (feature - mean)."""

    coefficient: float
    mean: float
    feature: Feature


def shares(model: Model) -> Iterator[Share]:
    """The features whose coefficient is not zero, in the order of the document."""
    for j in model.active:
        yield Share(float(model.coefficients[j]), float(model.means[j]), model.encoding.features[j])


def heading(model: Model) -> list[str]:
    """Lines that say what is predicted, by which version, and from which columns; safe inside any line comment."""
    columns = model.needed.columns
    version = visible(str(model.document.get("version", "")))
    what = f"{visible(model.target)}, predicted by a model of regcli {version} from {counted(len(columns), 'column')}:"
    return [what, *(f"  {visible(name)}" for name in columns)]


def kept_levels(category: Category) -> list[str]:
    """The levels of a column that are levels of the file."""
    return [level for level in category.levels if level not in (MISSING_LEVEL, OTHER_LEVEL)]


def needs_cell(model: Model, category: Category) -> bool:
    """Whether a row without a cell in such a column has no prediction: its rows were dropped in training."""
    return model.encoding.missing == "drop" and MISSING_LEVEL not in category.levels


def bounded(text: str, to: str) -> str:
    """`text`; UsageError where functions in functions have made it longer than anybody would want."""
    if len(text) > LONGEST:
        raise cannot("a feature that is spelled out in over a million characters", to)
    return text


def cannot(what: str, to: str, hint: str = "--to python") -> UsageError:
    """The error for what a language cannot express."""
    return UsageError(f"--to {to} cannot express {what}", hint=hint)
