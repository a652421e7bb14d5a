"""What a report was made from: the command that makes it again, and a fingerprint of its rows."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from regcli.data.design import Design
from regcli.report.report import Origin
from regcli.specs import RIVALS, CompareSpec, DataSpec, FoldSpec, ModelSpec, Rule, ValidationSpec, options, typed

DEFAULT_RULE: Rule = FoldSpec.rule
"""Of a request for folds; that of the command `compare` is another."""


def origin_of(design: Design, verb: str, data: DataSpec, *specs: Any) -> Callable[[], Origin]:
    """Of a command that fits: its requests as they were made, and the training rows with the columns it learned from.

    The fingerprint is the one that a saved model carries.
    """
    return origin(_held(design), [design.target, *design.encoding.columns], [verb, *typed(data, *specs)])


def origin_of_comparison(
    design: Design,
    data: DataSpec,
    model: ModelSpec,
    validation: ValidationSpec,
    folding: FoldSpec,
    spec: CompareSpec,
) -> Callable[[], Origin]:
    """Of `compare`: models share all of `model` but the penalty, and the rule is min unless another is named."""
    words = ["compare", *typed(data, replace(folding, rule=DEFAULT_RULE), validation)]
    words += options(model, leaving=["penalty"])
    words += [] if folding.rule == "min" else ["--rule", folding.rule]
    if spec.penalties != RIVALS:
        words += ["--penalties", ",".join(spec.penalties[1:] or spec.penalties)]
    if spec.alphas:
        words += ["--alpha", ",".join(f"{name}={alpha!r}" for name, alpha in spec.alphas)]
    if spec.inner_folds is not None:
        words += ["--inner-folds", str(spec.inner_folds)]
    return origin(_held(design), [design.target, *design.encoding.columns], words)


def _held(design: Design) -> pd.DataFrame | None:
    return design.train if design.condensed is None else None


def origin(frame: pd.DataFrame | None, columns: Sequence[str], words: Sequence[str]) -> Callable[[], Origin]:
    """The words of the command after `regcli`, and these columns of its rows, if they are there; made when it is asked
    for."""

    def made() -> Origin:
        from regcli.artifact import fingerprint

        return Origin(shlex.join(["regcli", *words]), None if frame is None else fingerprint(frame, columns))

    return made
