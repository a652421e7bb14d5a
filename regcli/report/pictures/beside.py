"""What stands beside the coefficients of a fit: panels that show how well its rows are predicted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from regcli.errors import counted
from regcli.report.families import fitted
from regcli.report.pictures.classes import draw_calibration, draw_confusion, draw_roc
from regcli.report.pictures.fan import draw_fan, words_of_fan
from regcli.report.pictures.frame import COLOURS, DASHES, GREY, LEADER
from regcli.report.pictures.lettering import Lettering, tick_text
from regcli.report.pictures.margins import draw_margins
from regcli.report.pictures.panels import HEAD, KEY_GAP, KEY_ROW, keep_clear, panel, show_key, width_of
from regcli.report.pictures.points import chosen_rows, draw_points, picked
from regcli.report.pictures.scales import tick_formatter
from regcli.report.pictures.survival import draw_survival
from regcli.specs import LOG_FAMILIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Document = Mapping[str, Any]
Arrays = Mapping[str, Any]

MOST_ROWS = 25
"""So many coefficients are drawn, the largest; the others are counted."""
LEAST_ROWS = 14
"""Beside panels of classes and of survival, so many where the others are zero: a square's height."""
LEAST_HEIGHT = 3.1
COEFFICIENTS, PANEL, BETWEEN = 3.7, 4.1, 0.95
"""The width of the coefficients, of what stands beside them, and their distance, in inches."""
CLEAR = 0.2
"""The least distance between the first panel and the words of the second, in inches."""
SQUARE, SPREAD, SPREAD_GAP, FLOOR = 3.1, 0.5, 0.1, 0.45
"""Panels of classes: their size, the height of the spread under the calibration, its distance, and what lies between
two floors of the sheet beside words, in inches."""
CONFUSION, UNDER, STRIP, STRIP_GAP = 1.5, 0.95, 0.7, 0.32
"""Panels of margins: the heights of the confusion, of the words over it, of a strip at the least, and of the words
between two strips, in inches."""
RAW = ("gaussian", "huber", "quantile")
"""The families whose residuals are drawn as they are; of others those of the deviance."""
WIDE = 30.0
"""Fitted amounts that span more than this, largest over smallest, stand on a log scale."""
TRAINING: dict[str, Any] = {"marker": "o", "color": COLOURS[0], "markersize": 4.0, "markeredgewidth": 0}
TEST: dict[str, Any] = {"marker": "^", "color": COLOURS[1], "markersize": 4.6, "markeredgewidth": 0}


class Place(NamedTuple):
    """Where panels may stand, in inches: from `left` on those under the coefficients, from `right` on the others."""

    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True)
class Side:
    """Panels beside the coefficients: what draws them and says what is to be known of them; their width and the words
    at their right, their least height, and what they need under the coefficients, in inches; and how many
    coefficients there may be where the others are zero."""

    draw: Callable[[Figure, Place, Document, Arrays, Lettering], list[str]]
    width: float = PANEL
    words: float = 0.0
    least: float = LEAST_HEIGHT
    below: float = 0.0
    rows: int = MOST_ROWS


def side_of(document: Document, arrays: Arrays) -> Side | None:
    """The panels for what is known of the rows of a `fit` document; None where nothing is."""
    if "curves" in arrays:
        return Side(_draw_classes, SQUARE, below=FLOOR + HEAD + SQUARE, rows=LEAST_ROWS)
    if "survival" in arrays:
        return Side(_draw_survival, rows=LEAST_ROWS)
    if document["model"].get("fan") and "fan" in arrays:
        return Side(_draw_fan, words=LEADER / 72 + width_of(words_of_fan(document, arrays["fan"])))
    if "residuals" in arrays and document["model"]["family"] == "squared_hinge":
        return Side(_draw_margins, least=CONFUSION + UNDER + 2 * STRIP + STRIP_GAP, rows=LEAST_ROWS)
    return Side(_draw_residuals) if "residuals" in arrays else None


def _draw_classes(figure: Figure, place: Place, document: Document, arrays: Arrays, lettering: Lettering) -> list[str]:
    """The ROC curve at the upper right, under it the calibration, and the confusion under the coefficients."""
    left, right, bottom, top = place
    curves = arrays["curves"]
    roc, title = _roc_curves(curves, "test" if "test" in curves else "training", lettering)
    draw_roc(panel(figure, right, top - SQUARE, SQUARE, SQUARE, title), roc)
    foot = bottom + SPREAD + SPREAD_GAP
    of = " of the predicted class" if document["model"]["family"] == "multinomial" else ""
    above = panel(figure, right, foot, SQUARE, SQUARE - SPREAD - SPREAD_GAP, f"calibration{of}")
    draw_calibration(above, panel(figure, right, bottom, SQUARE, SPREAD, ""), curves)
    _draw_confusion(figure, (left, bottom, COEFFICIENTS, SQUARE), document, lettering)
    return []


def _roc_curves(curves: Arrays, last: str, lettering: Lettering) -> tuple[list[tuple[str, Mapping[str, Any]]], str]:
    """The curves with their labels, and the title: of two classes on training and test rows, of several each class."""
    several = any(len(part["roc"]) > 1 for part in curves.values())
    if several:
        roc = [(f"{lettering.name(one['class'])}: AUC {one['auc']:.3f}", one) for one in curves[last]["roc"]]
        return roc, f"ROC: each class against the rest{', test rows' if last == 'test' else ''}"
    found = [(word, one) for word, part in curves.items() for one in part["roc"]]
    said = [f"{one['auc']:.3f}{' on test rows' if word == 'test' else ''}" for word, one in found]
    return [(f"{word} rows", one) for word, one in found], f"ROC: AUC {', '.join(said) or 'not defined'}"


def _draw_confusion(
    figure: Figure, box: tuple[float, float, float, float], document: Document, lettering: Lettering
) -> None:
    """The table of actual and predicted classes, of test rows where there are any."""
    train, test = document["metrics"]["train"], document["metrics"]["test"]
    confusion = (test or train)["confusion"]
    axes = panel(figure, *box, f"actual and predicted classes{' on test rows' if test else ''}")
    draw_confusion(axes, [lettering.name(name) for name in confusion["classes"]], confusion["counts"])


def _draw_survival(figure: Figure, place: Place, document: Document, arrays: Arrays, lettering: Lettering) -> list[str]:
    """Survival in groups of rising risk, of test rows where there are any."""
    found = arrays["survival"]
    groups, on = (found["test"], ", test rows") if found.get("test") else (found["training"], "")
    key = KEY_ROW * len(groups)
    height = place.top - place.bottom - key / 72
    axes = panel(figure, place.right, place.bottom, PANEL, height, f"survival by predicted risk{on}", lift=8 + key)
    notes = draw_survival(axes, groups, lettering.name(document["data"]["target"]))
    keep_clear(axes, place.right - BETWEEN + CLEAR)
    return notes


def _draw_fan(figure: Figure, place: Place, document: Document, arrays: Arrays, lettering: Lettering) -> list[str]:
    """Several quantiles over the rows."""
    axes = panel(figure, place.right, place.bottom, PANEL, place.top - place.bottom, "")
    target = lettering.name(document["data"]["target"])
    return draw_fan(axes, document, arrays["fan"], target, place.right - BETWEEN + CLEAR)


def _draw_margins(figure: Figure, place: Place, document: Document, arrays: Arrays, lettering: Lettering) -> list[str]:
    """The decision values of the rows of each class, and under them the confusion."""
    foot = place.bottom + CONFUSION + UNDER
    strip = (place.top - foot - STRIP_GAP) / 2
    upper = panel(figure, place.right, place.top - strip, PANEL, strip, "")
    lower = panel(figure, place.right, foot, PANEL, strip, "")
    positive, negative = (lettering.name(document["model"][f"{one}_class"]) for one in ("positive", "negative"))
    parts = {}
    for word, prefix in (("training", ""), ("test", "test_")):
        if f"{prefix}fitted" in arrays:
            values = arrays[f"{prefix}fitted"]
            parts[word] = (values, values + arrays[f"{prefix}residuals"] > 0.5)
    draw_margins(upper, lower, (positive, negative), parts)
    _draw_confusion(figure, (place.right, place.bottom, PANEL, CONFUSION), document, lettering)
    return []


def _draw_residuals(
    figure: Figure, place: Place, document: Document, arrays: Arrays, lettering: Lettering
) -> list[str]:
    """The points, with test rows in a shape and colour of their own; says what was left out."""
    family = document["model"]["family"]
    kind, words = ("residuals", "residuals of") if family in RAW else ("deviance_residuals", "deviance residuals of")
    axes = panel(figure, place.right, place.bottom, PANEL, place.top - place.bottom, words)
    parts = [("training", "", TRAINING), *[("test", "test_", TEST)] * ("test_fitted" in arrays)]
    entries, notes = [], []
    for word, prefix, look in parts:
        along, residuals = arrays[f"{prefix}fitted"], arrays[f"{prefix}{kind}"]
        rows = chosen_rows(len(along))
        draw_points(axes, picked(along, rows), picked(residuals, rows), look["color"], look["marker"], word)
        entries.append((f"{counted(len(along), f'{word} row')}", look))
        if len(rows) < len(along):
            notes.append(f"{len(rows):,} of {len(along):,} {word} rows drawn")
    axes.axhline(0, color=GREY, linewidth=0.9, zorder=1, gid="zero")
    if family == "huber":
        notes.append(_draw_threshold(axes, float(document["model"]["parameters"]["threshold"])))
    least, largest = (float(end(arrays["fitted"])) for end in (min, max))
    if family in LOG_FAMILIES and 0 < WIDE * least < largest:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(tick_formatter())
        axes.xaxis.set_minor_formatter("")
    show_key(axes, entries, start=72 * width_of([words], 9.0) + KEY_GAP)
    axes.set_xlabel(f"fitted {fitted(document, lettering.name)}")
    axes.set_ylabel("residual: observed less fitted" if family in RAW else "deviance residual")
    keep_clear(axes, place.right - BETWEEN + CLEAR)
    return notes


def _draw_threshold(axes: Axes, threshold: float) -> str:
    """Lines beyond which errors count linearly; says so."""
    for at in (-threshold, threshold):
        axes.axhline(at, color=GREY, linewidth=0.8, linestyle=DASHES[1], zorder=1, gid="threshold")
    return f"dashed: the threshold {tick_text(float(f'{threshold:.4g}'))}, beyond which errors count linearly"
