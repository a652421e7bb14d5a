"""What `fit` says: everything here is drawn from its document, so that people and programs read the same facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regcli.errors import counted, visible
from regcli.report.coefficients import (
    class_cells,
    class_columns,
    class_intercepts,
    class_records,
    intercept_name,
    no_ratios,
    ordered,
    ratio_columns,
    ratios,
    reading,
)
from regcli.report.families import against, explained, kind_of
from regcli.report.measures import confusion_table, quality
from regcli.report.of_fan import by_level, fan_lines, fan_records
from regcli.report.of_training import training_lines
from regcli.report.report import Cell, Column, Fact, Report, Table, facts
from regcli.report.wording import exactness, names, number, percent, short, source_of

CONSTRAINT_KEYS = ("factor", "low", "high", "at_bound")
NO_CONSTRAINT: tuple[Cell, ...] = (None,) * len(CONSTRAINT_KEYS)
INFERENCE_COLUMNS = (
    Column("coefficient", "coefficient", "number"),
    Column("standardized", "standardized", "number", optional=1),
    Column("std. error", "std_error", "number"),
    Column("t", "t", "score"),
    Column("p", "p", "p"),
    Column("95 % low", "low", "number", optional=2),
    Column("95 % high", "high", "number", optional=2),
)


def report_of_fit(found: Mapping[str, Any], order: str = "size") -> Report:
    """The report on a `regcli.fit/1` document; rows ordered by standardized size, or as in the file."""
    document = facts(found)
    data, model = document["data"], document["model"]
    features, rows = counted(len(data["features"]), "feature"), counted(data["rows_used"], "row")
    what = f"{explained(document)}{against(document)} from {features}, {rows} of {source_of(data)}"
    headline = f"{kind_of(model['penalty'], model['family'])}: {what}"
    tables = (_table(document, order), *confusion_table(document))
    return Report(document, headline, tables, _records(document, order), tuple(_facts(document)))


def _table(document: Mapping[str, Any], order: str) -> Table:
    rows, model = ordered(document, order), document["model"]
    if model["fan"]:
        columns, cells = by_level(document, rows)
    elif model["classes"]:
        columns, cells = _by_class(document, rows)
    elif document["inference"] is not None:
        columns, cells = _tested(document, rows)
    else:
        columns, cells = _penalised(document, rows)
    quiet = frozenset(i for i, row in enumerate(rows) if row["coefficient"] == 0 and not model["fan"])
    columns, cells = with_constraints(columns, cells, rows, document)
    return Table(columns, tuple(cells), quiet, frozenset(range(len(rows), len(cells))))


Rows = Sequence[Mapping[str, Any]]
Cells = tuple[tuple[Column, ...], list[tuple[Cell, ...]]]
FIRST, SHARE = Column("feature", "name", "name"), Column("share of L1", "share", "share")


def _tested(document: Mapping[str, Any], rows: Rows) -> Cells:
    """Coefficients with their standard errors."""
    score = Column("t" if document["model"]["family"] in ("gaussian", "gamma", "tweedie") else "z", "t", "score")
    others = [score if column.key == "t" else column for column in INFERENCE_COLUMNS[1:]]
    columns = (FIRST, INFERENCE_COLUMNS[0], *ratio_columns(document), *others)
    found = {row["name"]: row for row in document["inference"]["coefficients"]}
    cells: list[tuple[Cell, ...]] = [
        (
            row["name"], row["coefficient"], *ratios(document, row), row["standardized"],
            *_inference(found[row["name"]]),
        )
        for row in rows
    ]  # fmt: skip
    intercept = document["model"]["intercept"]
    if intercept is not None:
        tested = _inference(document["inference"]["intercept"])
        cells.append((intercept_name(document), intercept, *no_ratios(document), None, *tested))
    return columns, cells


def _penalised(document: Mapping[str, Any], rows: Rows) -> Cells:
    """Coefficients with their share of the penalty."""
    norm = document["sparsity"]["l1_norm"]
    columns = (FIRST, INFERENCE_COLUMNS[0], *ratio_columns(document), INFERENCE_COLUMNS[1], SHARE)
    cells: list[tuple[Cell, ...]] = [
        (
            row["name"], row["coefficient"], *ratios(document, row), row["standardized"],
            abs(row["standardized"]) / norm if norm else 0.0,
        )
        for row in rows
    ]  # fmt: skip
    intercept = document["model"]["intercept"]
    if intercept is not None:
        cells.append((intercept_name(document), intercept, *no_ratios(document), None, None))
    return columns, cells


def _by_class(document: Mapping[str, Any], rows: Rows) -> Cells:
    """The coefficients of each of several classes, and the share of the penalty of all together."""
    norm = document["sparsity"]["l1_norm"]
    sizes = {row["name"]: 0.0 for row in rows}
    for one in document["model"]["classes"]:
        for row in one["coefficients"]:
            sizes[row["name"]] += abs(row["standardized"])
    shares: list[Cell] = [sizes[row["name"]] / norm if norm else 0.0 for row in rows]
    found = class_cells(document, [row["name"] for row in rows])
    cells = [(*cell, share) for cell, share in zip(found, shares, strict=True)]
    intercepts = class_intercepts(document)
    if intercepts is not None:
        cells.append((*intercepts, None))
    return (FIRST, *class_columns(document), SHARE), cells


def with_constraints(
    columns: tuple[Column, ...],
    cells: list[tuple[Cell, ...]],
    rows: Sequence[Mapping[str, Any]],
    document: Mapping[str, Any],
) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
    """The table with a column for what is special about each feature, where anything is."""
    found = constraints(document)
    words = [_constraint_words(row, found[row["name"]]) if found else "" for row in rows]
    if not any(words):
        return columns, cells
    words += [""] * (len(cells) - len(words))
    cells = [(*cell, word or None) for cell, word in zip(cells, words, strict=True)]
    return (*columns, Column("constraint", "constraint", "text")), cells


def constraints(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Factor and bounds by feature, where there are any."""
    return {row["name"]: row for row in document["model"]["constraints"]}


def _constraint_words(row: Mapping[str, Any], constraint: Mapping[str, Any]) -> str:
    """That a feature is not penalised, or by another factor than 1; and that its coefficient is at a bound."""
    factor, found = constraint["factor"], []
    if factor != 1:
        found.append("not penalised" if factor == 0 else f"penalised {short(factor)} times")
    if constraint["at_bound"]:
        found.append(f"at its bound {short(row['coefficient'])}")
    return ", ".join(found)


def _inference(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (row["std_error"], row["t"], row["p"], row["low"], row["high"])


def _records(document: Mapping[str, Any], order: str) -> Table:
    shown = ordered(document, order)
    if document["model"]["fan"]:
        return fan_records(document, [row["name"] for row in shown])
    if document["model"]["classes"]:
        return class_records(document, [row["name"] for row in shown])
    keys, special = ["coefficient", "standardized"], constraints(document)
    rows: list[tuple[Cell, ...]] = [(row["name"], *(row[key] for key in keys)) for row in shown]
    intercept = document["model"]["intercept"]
    if intercept is not None:
        rows.append((intercept_name(document), intercept, None))
    if document["inference"] is not None:
        found = {row["name"]: row for row in document["inference"]["coefficients"]}
        inferences = [found[row["name"]] for row in shown]
        if intercept is not None:
            inferences.append(document["inference"]["intercept"])
        rows = [(*row, *_inference(inference)) for row, inference in zip(rows, inferences, strict=True)]
        keys += ["std_error", "t", "p", "low", "high"]
    elif special:
        more = [tuple(special[row["name"]][key] for key in CONSTRAINT_KEYS) for row in shown] + [NO_CONSTRAINT]
        rows = [(*row, *rest) for row, rest in zip(rows, more, strict=False)]
        keys += CONSTRAINT_KEYS
    columns = (Column("name", "name", "name"), *(Column(key, key, "number") for key in keys))
    return Table(columns, tuple(rows))


def _facts(document: Mapping[str, Any]) -> list[Fact]:
    model = document["model"]
    facts = [
        Fact("Sparsity", sparsity(document)),
        Fact("Fit", quality(document)),
        Fact("Certificate", certified(document)),
        Fact("Minimised", minimised(document)),
    ]
    if model["fan"]:
        facts.insert(0, Fact("Fan", fan_lines(model["fan"])))
        facts[1] = Fact(f"At {model['parameters']['level']:g}", facts[1].lines)
    if reading(document):
        facts.insert(0, Fact("Reading", reading(document)))
    if document["training"] is not None:
        facts.insert(
            -2,
            Fact("Descent", training_lines(document["training"], model["penalty"], document["certificate"]["unique"])),
        )
    if model["penalty"] != "none":
        facts.append(Fact("Strength", _strength(model, document["sparsity"]["nonzero"])))
        facts.append(Fact("Elsewhere", elsewhere(model["equivalents"], document["settings"])))
    facts.append(Fact("Inference", _inference_words(document)))
    facts.append(Fact("Next", (document["next"],), is_command=True))
    return facts


def sparsity(document: Mapping[str, Any]) -> tuple[str, ...]:
    """How many features are not zero, and which are."""
    sparsity = document["sparsity"]
    norms = f"standardized L1 norm {number(sparsity['l1_norm'])}, L2 norm {number(sparsity['l2_norm'])}"
    lines = [f"{sparsity['nonzero']:,} of {sparsity['total']:,} not zero; {norms}"]
    if sparsity["zeroed"]:
        lines.append(f"zero: {names(sparsity['zeroed'])}")
    dropped = document["data"]["dropped_columns"]
    if dropped:
        lines.append(f"dropped beforehand: {names([row['name'] for row in dropped])} (constant)")
    return tuple(lines)


def certified(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What the certificate says."""
    found = document["certificate"]
    by = ", by scikit-learn" if found["solver"] == "sklearn" else ""
    lines = [f"{exactness(found)}{by}"]
    if found["condition"] is not None and found["unique"]:
        digits = found["expected_digits"]
        lines.append(
            f"condition number {found['condition']:.2g}: at most {counted(digits, 'digit')} of a coefficient hold"
        )
    if not found["unique"]:
        rest = "the fit is the same whatever their split"
        why = (
            "several coefficients would do"
            if not found["tied"]
            else f"{names(found['tied'], 8)} depend on each other: {rest}"
        )
        lines.append(f"not unique: {why}")
    return tuple(lines)


def minimised(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The formula, and what its letters stand for."""
    model, settings = document["model"], document["settings"]
    centred = settings["intercept"]
    if settings["standardize"]:
        scaled = "standardized columns (mean 0, deviation 1 by n)" if centred else "columns over their deviation (by n)"
    else:
        scaled = "columns in the file's units, centred" if centred else "columns as they stand in the file"
    s_y = f", s_y = {short(model['target_deviation'])}" if "s_y" in model["formula"] else ""
    return (
        model["formula"],
        f"z: {scaled}; n = {model['n']:,g}{s_y}",
        *parameter_lines(model),
        *weighing_lines(document["data"]),
        *constraint_lines(model["constraints"]),
    )


def parameter_lines(model: Mapping[str, Any]) -> list[str]:
    """What shapes the loss of a family that has parameters."""
    found, family = model["parameters"], model["family"]
    if family == "tweedie":
        return [f"power {short(found['power'])}: the variance goes with that power of the mean"]
    if family == "huber":
        return [
            f"threshold {short(found['threshold'])}, {short(found['multiple'])} times {short(found['scale'])}, "
            "the robust deviation of the target without features (1.4826 MAD): errors beyond it count linearly"
        ]
    if family == "quantile":
        return [f"level {short(found['level'])}: that share of the rows is to lie below"]
    return [f"events of one time by the rule of {found['ties'].capitalize()}"] if family == "cox" else []


def weighing_lines(data: Mapping[str, Any]) -> list[str]:
    """By which column rows count, and which is added to what is predicted."""
    found = []
    if data["weights"] is not None:
        found.append(f"rows count by {visible(data['weights'])}, {data['weight_total']:,g} in all")
    if data["offset"] is not None:
        found.append(f"{visible(data['offset'])} is added to the linear predictor, with no coefficient")
    if data["exposure"] is not None:
        found.append(f"log {visible(data['exposure'])} is added to the linear predictor, with no coefficient")
    if data["entry"] is not None:
        found.append(f"rows are at risk from {visible(data['entry'])} on")
    if data["strata"] is not None:
        found.append(f"each {visible(data['strata'])} has a baseline of its own")
    return found


def constraint_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What v_j and the bounds of a formula are, features of the same value together."""
    factors: dict[str, list[str]] = {}
    bounds: dict[str, list[str]] = {}
    for row in rows:
        if row["factor"] != 1:
            factors.setdefault(short(row["factor"]), []).append(row["name"])
        low, high = row["low"], row["high"]
        if low is not None or high is not None:
            ends = ("-inf" if low is None else short(low), "inf" if high is None else short(high))
            bounds.setdefault(" to ".join(ends), []).append(row["name"])
    lines = []
    for what, groups, rest in (("v", factors, "1"), ("bounds", bounds, "none")):
        if groups:
            said = [f"{value} for {names(group, 4)}" for value, group in groups.items()]
            others = sum(map(len, groups.values())) < len(rows)
            lines.append(f"{what}: {'; '.join([*said, *([f'{rest} for the others'] if others else [])])}")
    return lines


def _strength(model: Mapping[str, Any], nonzero: int) -> tuple[str, ...]:
    alpha, largest = model["alpha"], model["alpha_max"]
    kept = sum(row["factor"] == 0 for row in model["constraints"])
    every, nonzero = "all that are penalised" if kept else "all", nonzero - kept
    if model["l1"] == 0:
        shrunk = "what it penalises" if kept else "every coefficient"
        return (f"alpha {short(alpha)}; ridge shrinks {shrunk}, none to zero",)
    if alpha >= largest and nonzero > 0:
        return (f"alpha {short(alpha)}; with so small a share of L1 coefficients shrink, and few become zero",)
    if alpha >= largest:
        return (f"alpha {short(alpha)} is at or above alpha_max = {short(largest)}: {every} are zero",)
    share = percent(alpha / largest)
    return (f"alpha {short(alpha)} is {share} of alpha_max = {short(largest)}, where {every} are zero",)


def elsewhere(equivalents: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What to type in other tools for the same fit."""
    scaler = f" after StandardScaler({'' if settings['intercept'] else 'with_mean=False'})"
    scaled = settings["standardize"] and not equivalents["sklearn"]["call"].startswith("none:")
    return (
        f"scikit-learn  {equivalents['sklearn']['call']}{scaler if scaled else ''}",
        f"R glmnet      {equivalents['glmnet']['call']}",
        f"Stata         {equivalents['stata']['call']}",
    )


def _inference_words(document: Mapping[str, Any]) -> tuple[str, ...]:
    found = document["inference"]
    if found is None:
        return (document["no_inference"],)
    degrees = counted(found["residual_df"], "degree")
    if found["residual_deviation"] is None:
        if document["data"]["events"] is not None:
            events, features = document["data"]["events"], document["sparsity"]["total"]
            each = f"{short(float(f'{events / features:.2g}'))} for each of {counted(features, 'feature')}"
            return (f"by the observed information (Wald); {counted(events, 'event')}, {each}",)
        return (f"by the observed information (Wald), with {degrees} of freedom left",)
    if document["model"]["family"] != "gaussian":
        dispersion = number(found["residual_deviation"] ** 2)
        return (f"by the expected information; dispersion {dispersion} (Pearson) on {degrees} of freedom",)
    return (f"residual standard error {number(found['residual_deviation'])} on {degrees} of freedom",)
