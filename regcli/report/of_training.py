"""What a descent says of itself: the lines that it prints as it goes, and the facts at its end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from regcli.errors import counted, visible
from regcli.report.wording import number, percent, short

MODELS = {"none": "least squares", "l1": "lasso", "l2": "ridge", "elasticnet": "elastic net"}
ROUNDING = 1e-12
"""A loss below this share of that at the start is one of rounding, of which nothing is a percentage."""
STOPPED = {
    "converged": "the certificate holds",
    "still": "a step no longer changes a bit",
}


def trace_line(record: Mapping[str, Any], of: int) -> str:
    """`Epoch 100/1000  loss 12.45 = data 11.20 + penalty 1.25  non-zero 7`, and the validation loss if there is one."""
    digits = _decimals(record["loss"])
    loss, data, penalty = (_fixed(record[key], digits) for key in ("loss", "data", "penalty"))
    line = f"Epoch {record['epoch']}/{of}  loss {loss} = data {data} + penalty {penalty}  non-zero {record['nonzero']}"
    if record["validation"] is None:
        return line
    return f"{line}  validation {_fixed(record['validation'], digits)}"


def _decimals(value: float) -> int | None:
    """How many decimals show four digits of `value`, two at least; None where it takes an exponent."""
    if value == 0:
        return 2
    exponent = math.floor(math.log10(value))
    return max(2, 3 - exponent) if -5 <= exponent < 9 else None


def _fixed(value: float, decimals: int | None) -> str:
    return f"{value:.3e}" if decimals is None else f"{value:.{decimals}f}"


def training_lines(training: Mapping[str, Any], penalty: str, unique: bool = True) -> tuple[str, ...]:
    """How the descent went, for the facts under the table; `penalty` is the one that acted."""
    lines = [f"{descent_name(training, penalty)}, {_stopped(training)}", _steps(training)]
    kept, first = training["kept"], training["history"][0]
    loss = f"loss {number(kept['loss'])} = data {number(kept['data'])} + penalty {number(kept['penalty'])}"
    lines.append(f"{loss}; {number(first['loss'])} at the start")
    if training["validation"] is not None:
        rows = training["validation"]
        what = f"validation loss {number(kept['validation'])}, the least, at epoch {kept['epoch']:,}"
        lines.append(f"{what}; on {counted(rows['rows'], 'row')} ({rows['how']})")
    lines.append(distance_words(training, penalty))
    if not unique:
        lines.append("columns that depend on each other may share their coefficients differently: the fit is the same")
    return tuple(lines)


def descent_name(training: Mapping[str, Any], penalty: str, short: bool = False) -> str:
    """What the method is called; without an L1 part the proximal step does nothing."""
    if training["accelerated"]:
        return "FISTA" if short else "accelerated proximal gradient descent (FISTA)"
    if penalty in ("l1", "elasticnet"):
        return "proximal gradient descent" if short else "proximal gradient descent (ISTA)"
    return "gradient descent"


def _stopped(training: Mapping[str, Any]) -> str:
    epochs, why = f"{training['epochs']:,} of {training['of']:,} epochs", training["stopped"]
    if why == "early_stopping":
        return f"{epochs}, then no lower validation loss for {training['validation']['patience']}"
    if why == "converged" and training["kept"]["epoch"] < training["epochs"]:
        return f"{epochs}, to the least loss on the training rows"
    since = training["certified_at"]
    known = f"; the certificate holds since epoch {since:,}" if since is not None and why != "converged" else ""
    return f"{epochs}: {STOPPED[why]}{known}" if why in STOPPED else f"{epochs}{known}"


def _steps(training: Mapping[str, Any]) -> str:
    rate, safe = training["learning_rate"], training["safe_learning_rate"]
    why = "1/L, safe" if rate == safe else f"{short(safe)} = 1/L is safe"
    columns = "standardized columns" if training["columns"] == "standardized" else "the file's own columns"
    start = training["start"]
    origin = f"a start at {start:g}" if isinstance(start, float) else f"the model of {visible(start)}"
    return f"learning rate {short(rate)} ({why}) for the formula below, on {columns}, from {origin}"


def distance_words(training: Mapping[str, Any], penalty: str) -> str:
    """How far from the exact solution it ended."""
    kept, exact = training["kept"], training["exact"]
    above = kept["loss"] - exact["loss"]
    model = MODELS[penalty]
    begun = training["history"][0]["loss"]
    same = above <= max(1e-9 * exact["loss"], ROUNDING * begun)
    if same:
        height = "the loss is that of the exact solver"
    else:
        share = f" ({percent(above / exact['loss'])})" if exact["loss"] > ROUNDING * begun else ""
        height = f"the loss lies {number(above, 3)}{share} above the exact solver's {number(exact['loss'])}"
    if penalty in ("l1", "elasticnet") and exact["nonzero"] != kept["nonzero"]:
        features = f"its {model} keeps {counted(exact['nonzero'], 'feature')}, this one {kept['nonzero']:,}"
        height = f"{height}; {features}"
    most = exact["furthest"]
    here, there = most["coefficient"], most["exact"]
    if math.isclose(here, there, rel_tol=1e-6, abs_tol=0.0):
        return (
            f"{height}, and so are all coefficients to 6 digits" if same else f"{height}; it is the intercept that lags"
        )
    return (
        f"{height}; largest coefficient difference: {visible(most['name'])} {number(here)} here, {number(there)} there"
    )
