"""`inspect`: what each column is, what `fit` would do with it, what is in the way, and what to think about first."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import regcli
from regcli.data.features.terms import Feature, Part, plain
from regcli.data.inspection.dependence import inflation, is_too_wide
from regcli.data.inspection.examining import Summary, summaries
from regcli.data.inspection.prospects import Prospect, prospect
from regcli.data.roles import Role
from regcli.data.sources import read
from regcli.errors import DataError, Notice, counted
from regcli.report.of_inspect import report_of_inspect
from regcli.report.report import Report
from regcli.report.wording import names
from regcli.specs import DataSpec, OutputSpec, typed
from regcli.workflows.documents import data_settings
from regcli.workflows.findings import Finding, findings, of_inflation
from regcli.workflows.origins import origin
from regcli.workflows.preparing import Clock

Summaries = Mapping[str, Summary]

_WEIGHING = {
    "--weights": "says how much a row counts",
    "--offset": "added to the prediction as it is",
    "--exposure": "what counts are counted over",
    "--event": "says which times are an event's",
    "--entry": "time since when a row is at risk",
    "--strata": "each value has a baseline of its own",
}


def inspect(data: DataSpec, vif: bool, output: OutputSpec, tell: Callable[[str], None] = lambda text: None) -> Report:
    """Look at every column of `data`; with `vif` also at how far the others determine each column of numbers.

    What would stop a fit is part of the report. Raises DataError only where the rows cannot be read, UsageError where
    the options do not suit the columns.
    """
    clock = Clock(tell)
    rows = read(data.as_text())
    clock.tell(f"read {rows.rows_read:,} rows of {counted(rows.frame.shape[1], 'column')}")
    found = prospect(rows, data)
    clock.tell("found out what a fit would do")
    styles = {name: role.style for name, role in found.roles.items() if role.style is not None}
    known = summaries(rows.frame, styles)
    said: list[Notice | Finding] = [*found.notices, *findings(found, known)]
    clock.tell("looked at every column")
    factors, more = _inflation(found, known) if vif else ({}, [])
    document = _document(found, known, factors, data, vif, [*said, *more])
    words = ["inspect", *typed(data), *["--vif"] * vif]
    return replace(report_of_inspect(document), origin=origin(rows.frame, list(rows.frame.columns), words))


def _document(
    found: Prospect,
    known: Summaries,
    factors: Mapping[str, float],
    data: DataSpec,
    vif: bool,
    said: list[Notice | Finding],
) -> dict[str, Any]:
    settings = data_settings(data) | {"vif": vif}
    settings.pop("sample")
    return {
        "schema": "regcli.inspect/1",
        "version": regcli.__version__,
        "command": "inspect",
        "settings": settings,
        "data": _data(found),
        "columns": _columns(found, known, factors, data),
        "blockers": _blockers(found),
        "next": _next(found, data),
        "warnings": [{"code": one.code, "message": one.message} for one in said],
    }


def _data(found: Prospect) -> dict[str, Any]:
    rows, used = found.rows, found.used
    dropped = rows.dropped_rows if used is None else used.dropped_rows
    kept = [one.name for one in found.features if one.name not in found.constant]
    return {
        "source": rows.name,
        "rows_read": rows.rows_read,
        "rows_used": None if used is None else len(used.positions),
        "dropped_rows": [{"reason": reason, "rows": count} for reason, count in dropped],
        "delimiter": rows.delimiter,
        "target": found.target,
        "features": None if used is None else kept,
    }


def _columns(found: Prospect, known: Summaries, factors: Mapping[str, float], data: DataSpec) -> list[dict[str, Any]]:
    own: dict[str, list[Feature]] = {}
    for feature in found.features:
        for name in feature.sources:
            own.setdefault(name, []).append(feature)
    return [
        {
            "name": name,
            "role": _role(found, name, summary),
            "missing": summary.missing,
            "distinct": summary.distinct,
            "min": summary.first if summary.low is None else summary.low,
            "max": summary.last if summary.high is None else summary.high,
            "mean": summary.mean,
            "deviation": summary.deviation,
            "levels": _levels(summary),
            "action": _action(found, name, summary, own.get(name, []), data),
            "blocked": name in found.obstacles or _is_infinite(found, name, summary),
            "vif": factors.get(name),
        }
        for name, summary in known.items()
    ]


def _levels(summary: Summary) -> list[dict[str, Any]] | None:
    if summary.low is not None or summary.first is not None or not summary.distinct:
        return None
    return [{"level": level, "rows": rows} for level, rows in summary.levels]


def _role(found: Prospect, name: str, summary: Summary) -> str:
    kind = found.roles[name].kind
    if name == found.target:
        return "target"
    if name in found.ids:
        return "row name"
    for option, column in _marking(found).items():
        if column == name:
            return option[2:]
    if summary.constant and kind in ("number", "levels", "true/false"):
        return "constant"
    return "date" if kind == "undeclared date" else kind


def _marking(found: Prospect) -> dict[str, str]:
    """The columns that say something of rows, by their options."""
    return found.weighing.by_option | found.survival.by_option


def _action(found: Prospect, name: str, summary: Summary, features: list[Feature], data: DataSpec) -> str:
    """What a fit would do with the column, or why it would not, in a few words."""
    if name in found.obstacles:
        return f"in the way: {_obstacle(found, name, summary)}"
    if _is_infinite(found, name, summary):
        return f"in the way: {counted(summary.infinite, 'infinite cell')}"
    dropped = "; rows with gaps dropped" if summary.missing else ""
    if name == found.target:
        return f"explained{dropped}"
    if name in found.ids:
        return "names rows (--id)"
    for option, column in _marking(found).items():
        if column == name:
            return f"{_WEIGHING[option]}{dropped}"
    if name not in found.columns:
        return f"left out ({_left_out_by(found, name, data)})"
    if summary.constant and (found.used is None or not features):
        return "dropped: constant"
    role = found.roles[name]
    kept = [one for one in features if one.name not in found.constant]
    if features and not kept:
        return "dropped: constant" if summary.constant else "dropped: constant in the rows used"
    alone = [one for one in kept if one.sources == (name,)]
    used = f"{_used(role, alone)}{', and in products' if 0 < len(alone) < len(kept) else ''}"
    return f"{used}{_gaps(role, summary, data)}"


def _is_infinite(found: Prospect, name: str, summary: Summary) -> bool:
    taken = name == found.target or (name in found.columns and found.roles[name].kind == "number")
    return taken and bool(summary.infinite) and found.error is not None


def _obstacle(found: Prospect, name: str, summary: Summary) -> str:
    error, role = found.obstacles[name], found.roles[name]
    if summary.distinct == 0:
        return f"no cells{f' ({error.options})' if error.options else ''}"
    if name == found.target and summary.low is None and not error.options:
        return "true or false" if role.kind == "true/false" else "text"
    if name == found.target and summary.constant:
        return "constant"
    if (role.usable or name == found.target) and summary.missing:
        return counted(summary.missing, "gap")
    return error.options or error.hint or "too few rows"


def _left_out_by(found: Prospect, name: str, data: DataSpec) -> str:
    if data.formula is not None:
        return "--formula"
    return "--features" if data.features and not _is_excluded(found, name, data) else "--exclude"


def _is_excluded(found: Prospect, name: str, data: DataSpec) -> bool:
    from regcli.data.columns import matching

    return name in matching(data.exclude, list(found.rows.frame.columns), "--exclude")


def _used(role: Role, features: list[Feature]) -> str:
    if not features:
        return "in products"
    if role.kind in ("levels", "true/false"):
        return counted(len(features), "level column")
    parts = [factor.part for one in features for factor in one.factors if isinstance(factor, Part)]
    if parts:
        return {"days": "day number", "hours": "hours since midnight"}.get(parts[0], ", ".join(dict.fromkeys(parts)))
    if features == [plain(role.name)]:
        return "standardized"
    return f"standardized as {names([one.name for one in features], 3)}"


def _gaps(role: Role, summary: Summary, data: DataSpec) -> str:
    if not summary.missing:
        return ""
    if data.missing == "drop":
        return "; rows with gaps dropped"
    if role.kind in ("levels", "true/false"):
        return ", one for gaps"
    marked = ", and marked" if data.missing == "indicator" else ""
    return f"; gaps filled with the {'median' if data.missing == 'median' else 'mean'}{marked}"


def _blockers(found: Prospect) -> dict[str, Any] | None:
    """Everything in the way, as the error of `fit` has it, and what else would be with another target."""
    if found.error is None:
        return None
    errors = [one for one in (found.error, found.others) if one is not None]
    options = found.error.options
    return {
        "message": "; ".join(one.message for one in errors),
        "found": found.error.found,
        "options": options,
        "hint": None if options else found.error.hint,
    }


def _next(found: Prospect, data: DataSpec) -> str | None:
    """The command that fits these rows; another look where the target must be another; None where none is known."""
    if found.error is None or found.error.options:
        family = "cox" if data.event is not None else None if data.exposure is None else "poisson"
        words = shlex.join(["regcli", "cv", *typed(data), *(["--family", family] if family else [])])
        return words if found.error is None else f"{words} {found.error.options}"
    target = _proposed_target(found, found.error)
    if target is None or data.formula is not None:
        return None
    return shlex.join(["regcli", "inspect", *typed(replace(data, target=target))])


def _proposed_target(found: Prospect, error: DataError) -> str | None:
    words = shlex.split(error.hint or "") if (error.hint or "").startswith("--target ") else []
    return words[1] if len(words) == 2 and words[1] in found.roles else None


def _inflation(found: Prospect, known: Summaries) -> tuple[dict[str, float], list[Finding]]:
    """The variance inflation factors of the varying columns of numbers, over the rows without gaps in them."""
    wanted = [name for name in found.columns if found.roles[name].kind == "number"]
    X = found.rows.frame[wanted].to_numpy(dtype=np.float64)
    X = X[np.isfinite(X).all(axis=1)]
    varying = np.flatnonzero(X.max(axis=0) > X.min(axis=0)) if len(X) else np.zeros(0, dtype=np.intp)
    rows, columns = len(X), len(varying)
    if not columns or rows <= columns or is_too_wide(rows, columns):
        what = f"{counted(columns, 'varying column')} of numbers, {counted(rows, 'row')} without gaps in them"
        return {}, [Finding("no_vif", f"no variance inflation factors: {what}")]
    factors = dict(zip([wanted[j] for j in varying], inflation(X[:, varying]).tolist(), strict=True))
    clean = {name: math.inf if factor > 1e15 else factor for name, factor in factors.items()}
    total = len(found.rows.frame)
    text = f"variance inflation from {rows:,} of {total:,} rows: the others have gaps in columns of numbers"
    notes = [Finding("vif_rows", text)] if rows < total else []
    return clean, [*notes, *of_inflation(clean)]
