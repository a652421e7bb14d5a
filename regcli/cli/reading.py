"""The options that say which rows, and what is minimised: declared once, among those of every command that asks."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Collection
from typing import Any, get_type_hints

from regcli.cli import data_options as o
from regcli.cli import model_options as m
from regcli.errors import UsageError
from regcli.specs import DataSpec, ModelSpec


def data_spec(
    source: o.Sources = None,
    target: o.Target = None,
    features: o.Features = None,
    exclude: o.Exclude = None,
    missing: o.MissingCells = "error",
    categorical: o.Categorical = None,
    numeric: o.Numeric = None,
    id: o.Identifiers = None,
    reference: o.References = None,
    min_level_count: o.MinLevelCount = None,
    dates: o.DatesAs = None,
    formula: o.FormulaText = None,
    interactions: o.Interactions = False,
    degree: o.Degree = 1,
    sep: o.Sep = None,
    decimal: o.Decimal = ".",
    thousands: o.Thousands = None,
    units: o.Units = None,
    encoding: o.Encoding = None,
    na: o.Na = None,
    header: o.Header = True,
    skip_lines: o.SkipLines = 0,
    comment: o.Comment = None,
    bad_rows: o.BadRowsAs = "error",
    weights: o.Weights = None,
    offset: o.Offset = None,
    exposure: o.Exposure = None,
    positive_class: o.PositiveClass = None,
    event: o.Event = None,
    entry: o.Entry = None,
    strata: o.Strata = None,
    sample: o.Sample = None,
    memory: o.Memory = None,
    engine: o.Engine = "local",
    scheduler: o.Scheduler = None,
    jobs: o.Jobs = None,
) -> DataSpec:
    """The request that these options make."""
    given: dict[str, Any] = dict(locals())
    several = ("features", "exclude", "categorical", "numeric", "id", "reference", "units", "na")
    return DataSpec(**given | {name: tuple(given[name] or ()) for name in several} | {"source": sources_of(source)})


def model_spec(
    convention: m.ConventionName = "mean",
    standardize: m.Standardize = True,
    intercept: m.Intercept = True,
    keep: m.Keep = None,
    penalty_factor: m.PenaltyFactor = None,
    positive: m.Positive = False,
    bounds: m.Bounds = None,
    family: m.FamilyOption = None,
    class_weight: m.ClassWeight = None,
    power: m.Power = None,
    threshold: m.Threshold = None,
    quantile_level: m.QuantileLevel = None,
    ties: m.TiesName = None,
) -> ModelSpec:
    """What commands that fit have in common: everything but the penalty, its strength and the solver."""
    given: dict[str, Any] = dict(locals())
    several = ("keep", "penalty_factor", "bounds", "quantile_level")
    return ModelSpec(**given | {name: tuple(given[name] or ()) for name in several})


SHARED = ModelSpec()
"""What stands in a command's signature where the options of `model_spec` go."""
SCALE = ("sample", "memory", "engine", "scheduler")
"""The options that are about more rows than memory holds."""


def sources_of(given: list[str] | None) -> list[str]:
    """What was typed as DATA, or standard input where something is piped in."""
    if given:
        return given
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("DATA is missing: the file to read", hint="regcli sample, which writes one to try")
    return ["-"]


def takes_data(command: Callable[..., int], leaving: Collection[str] = ()) -> Callable[..., int]:
    """`command` with the options of `data_spec`, `leaving` some out, in place of its parameter `data`, and where it
    has a parameter `model` with those of `model_spec` in its place."""
    makers: dict[str, Callable[..., Any]] = {"data": data_spec, "model": model_spec}
    own = inspect.signature(command).parameters
    asked = {
        name: [one for one in inspect.signature(makers[name]).parameters.values() if one.name not in leaving]
        for name in own
        if name in makers
    }
    hints = get_type_hints(command, include_extras=True)
    for name in asked:
        hints |= get_type_hints(makers[name], include_extras=True)

    @functools.wraps(command)
    def typed(**given: Any) -> int:
        made = {name: makers[name](**{one.name: given.pop(one.name) for one in some}) for name, some in asked.items()}
        return command(**made, **given)

    every = [one for name, parameter in own.items() for one in asked.get(name, [parameter])]
    parameters = [one.replace(annotation=hints[one.name]) for one in every]
    vars(typed)["__signature__"] = inspect.Signature(parameters, return_annotation=int)
    typed.__annotations__ = {one.name: hints[one.name] for one in every} | {"return": int}
    del typed.__wrapped__
    return typed


def files_of(data: DataSpec, *others: str | None) -> list[str]:
    """The paths that a command reads."""
    first = data.source if isinstance(data.source, list) else [data.source]
    return [*first, *(other for other in others if other is not None)]


takes_whole_data = functools.partial(takes_data, leaving=SCALE)
"""The same for a command that looks at all rows at once."""
