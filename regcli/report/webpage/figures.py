"""The few numbers at the top of the page, which are read first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from regcli.errors import counted, visible
from regcli.report.families import plain_word
from regcli.report.measures import COMPARED_WORDS, MEASURE_WORDS, SHARES
from regcli.report.of_compare import rival_words
from regcli.report.of_cv import RULES
from regcli.report.of_path import CRITERION_WORDS
from regcli.report.wording import exactness, number, percent, short, tiny

Document = Mapping[str, Any]


class Figure(NamedTuple):
    """A number with its name above and a few words below."""

    label: str
    value: str
    remark: str = ""


def figures(document: Document) -> list[Figure]:
    """Those of a document; none of a command that has none."""
    made = FIGURES.get(document["command"])
    return [] if made is None else made(document)


def _fit(document: Document) -> list[Figure]:
    return [*_quality(document), _features(document), _strength(document), _certificate(document["certificate"])]


def _cv(document: Document) -> list[Figure]:
    chosen = document["chosen"]
    row = chosen[RULES[chosen["rule"]]]
    folds = document["folds"]
    how = "leave-one-out" if folds["scheme"] == "leave one out" else counted(folds["k"], "fold")
    error = f"{number(row['mean'], 4)} \u00b1 {number(row['se'], 3)}"
    found = [
        Figure("alpha", short(row["alpha"]), f"by the rule {chosen['rule']}"),
        Figure(f"validation {MEASURE_WORDS[chosen['measure']]}", error, f"rows not fitted, {how}"),
    ]
    if chosen["measure"] != "r2" and row["r2"] is not None:
        better = {"mse": "validation R2", "deviance": "deviance explained"}.get(chosen["measure"], "less by")
        found.append(Figure(better, percent(row["r2"]), "than without features" if better == "less by" else ""))
    found += [one for one in _quality(document) if "test" in one.label]
    return [*found, _features(document), _certificate(document["certificate"])]


def _path(document: Document) -> list[Figure]:
    path, stopped, chosen = document["path"], document["stopped"], document["chosen"]
    ends = f"{short(path[0]['alpha'])} down to {short(path[-1]['alpha'])}"
    found = [Figure("alphas", f"{stopped['solved']:,} of {stopped['of']:,}", ends)]
    if chosen is not None:
        total, entry = len(document["data"]["features"]), path[chosen["index"]]
        name = CRITERION_WORDS[chosen["criterion"]]
        found += [
            Figure(f"alpha of least {name}", short(entry["alpha"])),
            Figure("features there", f"{entry['nonzero']:,} of {total:,}"),
            Figure("explained there", percent(entry["deviance_ratio"]), "in the rows fitted"),
        ]
    return [*found, _certificate(document["certificate"])]


def _inspect(document: Document) -> list[Figure]:
    data, columns, blockers = document["data"], document["columns"], document["blockers"]
    gaps = sum(one["missing"] for one in columns)
    used = "" if data["rows_used"] is None else f"{data['rows_used']:,} used"
    features = "-" if data["features"] is None else f"{len(data['features']):,}"
    return [
        Figure("rows", f"{data['rows_read']:,}", used),
        Figure("columns", f"{len(columns):,}", f"target {visible(data['target'])}"),
        Figure("missing cells", f"{gaps:,}", percent(gaps / max(len(columns) * data["rows_read"], 1))),
        Figure("features", features, "of a fit"),
        Figure("in the way", *(("nothing",) if blockers is None else ("yes", blockers["options"] or "see below"))),
    ]


def _compare(document: Document) -> list[Figure]:
    verdict, data = document["verdict"], document["data"]
    models = {one["name"]: one for one in document["models"]}
    best, chosen = models[verdict["best"]], models[verdict["chosen"]]
    measure, words = COMPARED_WORDS[document["measure"]], rival_words(document["model"]["family"])
    where = f"rows not fitted, {counted(document['folds']['k'], 'fold')}" if document["folds"] else "test rows"
    found = [Figure("chosen", words[chosen["name"]], f"{chosen['nonzero']:,} of {len(data['features']):,} features")]
    if best is not chosen:
        found.append(Figure("least error", words[best["name"]], f"{measure} {number(best['mean'])}"))
    error = number(chosen["mean"], 4) + ("" if chosen["se"] is None else f" \u00b1 {number(chosen['se'], 3)}")
    found.append(Figure(f"{measure} of the chosen", error, where))
    if chosen["r2"] is not None:
        found.append(Figure(SHARES.get(document["measure"], "less by"), percent(chosen["r2"]), where))
    return [*found, _certificate(document["certificate"])]


def _quality(document: Document) -> list[Figure]:
    found = []
    for rows in ("train", "test"):
        measured = document["metrics"][rows]
        if measured is not None:
            found.append(_measured(measured, f"{_of_fan(document)}{' on test rows' if rows == 'test' else ''}"))
    return found


def _measured(metrics: Document, where: str) -> Figure:
    """The first measure of a family, and one beside it."""
    if "concordance" in metrics:
        value = "-" if metrics["concordance"] is None else f"{metrics['concordance']:.4f}"
        return Figure(f"concordance{where}", value, f"{metrics['events']:,} events")
    if "confusion" in metrics:
        accuracy = "-" if metrics["accuracy"] is None else percent(metrics["accuracy"])
        value = "-" if metrics["auc"] is None else f"{metrics['auc']:.4f}"
        return Figure(f"AUC{where}", value, f"accuracy {accuracy}")
    key, name = ("deviance_ratio", "deviance explained") if "deviance" in metrics else ("r2", "R2")
    if "huber" in metrics or "pinball" in metrics:
        key, name = "deviance_ratio", "loss explained"
    value = "-" if metrics[key] is None else f"{metrics[key]:.4f}"
    beside = f"RMSE {number(metrics['rmse'])}" if "rmse" in metrics else f"MAE {number(metrics['mae'])}"
    return Figure(f"{name}{where}", value, beside)


def _of_fan(document: Document) -> str:
    """Of several quantiles the one whose numbers these are."""
    model = document["model"]
    return f" at {model['parameters']['level']:g}" if model.get("fan") else ""


def _features(document: Document) -> Figure:
    sparsity = document["sparsity"]
    return Figure(f"features{_of_fan(document)}", f"{sparsity['nonzero']:,} of {sparsity['total']:,}", "not zero")


def _strength(document: Document) -> Figure:
    model = document["model"]
    if model["penalty"] == "none":
        return Figure("penalty", "none", plain_word(model["family"]))
    share = model["alpha"] / model["alpha_max"] if model["alpha_max"] and model["l1"] else None
    return Figure("alpha", short(model["alpha"]), "" if share is None else f"{percent(share)} of alpha_max")


def _certificate(found: Document) -> Figure:
    word = exactness(found).partition(":")[0]
    return Figure("certificate", word, f"gap {tiny(found['gap'])}, violation {tiny(found['violation'])}")


FIGURES: dict[str, Callable[[Document], list[Figure]]] = {
    "fit": _fit, "cv": _cv, "path": _path, "inspect": _inspect, "compare": _compare,
}  # fmt: skip
