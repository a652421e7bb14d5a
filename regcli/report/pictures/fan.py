"""The fan of several quantiles: what each predicts along what the middle one predicts, over the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regcli.errors import counted
from regcli.report.pictures.dots import MARKS
from regcli.report.pictures.frame import COLOURS, DASHES
from regcli.report.pictures.labels import EndLabel, show_labels
from regcli.report.pictures.panels import keep_clear, show_key
from regcli.report.pictures.points import chosen_rows, draw_points, picked

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LEVELS = len(MARKS)
"""So many levels are drawn, the outer ones and the middle among them."""
TRAINING: dict[str, Any] = {"marker": "o", "color": "#9AA5B1", "markersize": 4.0, "markeredgewidth": 0}
TEST: dict[str, Any] = {"marker": "^", "color": "#4B5661", "markersize": 4.6, "markeredgewidth": 0}
MOST_BINS = 40


def shown_levels(document: Mapping[str, Any]) -> list[int]:
    """The places of the levels that are drawn: all, or the outer ones, the middle one and some between."""
    count = len(document["model"]["fan"])
    if count <= MOST_LEVELS:
        return list(range(count))
    even = {round(i * (count - 1) / (MOST_LEVELS - 2)) for i in range(MOST_LEVELS - 1)}
    return sorted(even | {middle(document)})


def middle(document: Mapping[str, Any]) -> int:
    """The place of the level that speaks for all."""
    level = document["model"]["parameters"]["level"]
    fan = document["model"]["fan"]
    return min(range(len(fan)), key=lambda k: abs(fan[k]["level"] - level))


def words_of_fan(document: Mapping[str, Any], arrays: Mapping[str, Any]) -> list[str]:
    """What stands beside the line of each level that is drawn: the share of rows that lie below."""
    fan, found = document["model"]["fan"], []
    for k in shown_levels(document):
        words = f"{fan[k]['level']:g}: {_percent(fan[k]['coverage'])} at or below"
        if "test_y" in arrays:
            below = [y <= fitted for y, fitted in zip(arrays["test_y"], arrays["test_fitted"][:, k], strict=True)]
            words += f", test {_percent(sum(below) / len(below))}"
        found.append(words)
    return found


def draw_fan(
    axes: Axes, document: Mapping[str, Any], arrays: Mapping[str, Any], target: str, clear: float
) -> list[str]:
    """Rows as points, and the quantiles as lines: running medians along the fitted value of the middle level.

    `arrays`: fitted (n, K) and y (n,), test_fitted and test_y of test rows; the words of the axis end right of `clear`,
    in inches. Says what is to be known.
    """
    at, entries, notes = middle(document), [], list[str]()
    for word, prefix, look in [("training", "", TRAINING), *[("test", "test_", TEST)] * ("test_y" in arrays)]:
        y = arrays[f"{prefix}y"]
        rows = chosen_rows(len(y))
        x = picked(arrays[f"{prefix}fitted"][:, at], rows)
        draw_points(axes, x, picked(y, rows), look["color"], look["marker"], word)
        entries.append((counted(len(y), f"{word} row"), look))
        if len(rows) < len(y):
            notes.append(f"{len(rows):,} of {len(y):,} {word} rows drawn")
    labels = _draw_quantiles(axes, document, arrays["fitted"], at, words_of_fan(document, arrays))
    axes.set_xlabel(f"fitted {document['model']['fan'][at]['level']:g} quantile of {target}")
    axes.set_ylabel(target)
    axes.set_xlim(*axes.get_xlim())
    axes.set_ylim(*axes.get_ylim())
    keep_clear(axes, clear)
    show_key(axes, entries)
    show_labels(axes, labels)
    return [*notes, "lines: running medians of the fitted quantiles"]


def _draw_quantiles(
    axes: Axes, document: Mapping[str, Any], fitted: Any, at: int, words: Sequence[str]
) -> list[EndLabel]:
    groups = grouped_rows([float(value) for value in fitted[:, at]])
    places = [_median([float(fitted[i, at]) for i in rows]) for rows in groups]
    labels = []
    for i, (k, text) in enumerate(zip(shown_levels(document), words, strict=True)):
        line = [_median([float(fitted[i, k]) for i in rows]) for rows in groups]
        colour, dashes = COLOURS[i], DASHES[i % len(DASHES)]
        axes.plot(
            places, line, color=colour, linestyle=dashes, linewidth=1.8, marker=MARKS[i] if len(line) == 1 else None,
            markersize=5, gid="quantile", zorder=3,
        )  # fmt: skip
        labels.append(EndLabel(text, places[-1], line[-1], colour, dashes))
    return labels


def grouped_rows(x: Sequence[float]) -> list[list[int]]:
    """Rows by rising `x`, in groups of about the same size, equal values together; as many as the root of the rows."""
    order = sorted(range(len(x)), key=lambda i: x[i])
    size = max(len(x) / MOST_BINS, len(x) ** 0.5)
    groups: list[list[int]] = []
    for i in order:
        if groups and (len(groups[-1]) < size or x[groups[-1][-1]] == x[i]):
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
