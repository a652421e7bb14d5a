"""The parts of the page that are written as HTML: every text that comes from outside passes through `text`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from regcli.errors import counted, visible
from regcli.report.report import Cell, Chart, Column, Fact, Origin, Report, Table
from regcli.report.to_terminal import WRITERS
from regcli.report.webpage.figures import Figure
from regcli.report.wording import aligned, names, percent

ALARM = "not_certified"
SHOWN = 40
"""Rows of a long table that are shown before somebody asks for all of them."""
PRINTED = 1000
"""A table with more rows than this stays shortened on paper."""
TITLES = {
    "fit": ("Coefficients", "Actual and predicted classes"),
    "path": ("Where features enter and leave",),
    "cv": ("What the rules choose", "The refitted model", "Actual and predicted classes"),
    "inspect": ("Columns",),
    "compare": ("Models", "Coefficients side by side"),
}
LABELLED = re.compile(r"(\S+(?: \S+)*)\s{2,}(\S.*)")
OF_PICTURES = frozenset({"lines", "geometry"})
"""Settings that ask for a picture in a file (--plot), which a page does not show."""
SPARK = (120, 20)
"""Width and height of a small curve in a cell."""


def text(words: str) -> str:
    """Words as HTML text, or as the value of an attribute; odd bytes of a file's name become escapes."""
    return escape(words, quote=True).replace("\r", "&#13;").encode("utf-8", "backslashreplace").decode("utf-8")


def figure_list(found: Sequence[Figure]) -> str:
    """The few numbers that are read first."""
    return "".join(
        f'<div class="figure"><dt>{text(one.label)}</dt><dd><b>{text(one.value)}</b>'
        f"<span>{text(one.remark)}</span></dd></div>"
        for one in found
    )


def alarms(warnings: Sequence[Mapping[str, str]]) -> str:
    """What must be seen before any number."""
    found = [one for one in warnings if one["code"] == ALARM]
    return "".join(f'<p class="bad" role="alert">{text(visible(one["message"]))}</p>' for one in found)


def notes(warnings: Sequence[Mapping[str, str]]) -> str:
    """What was assumed or dropped."""
    items = "".join(f"<li>{text(visible(one['message']))}</li>" for one in warnings if one["code"] != ALARM)
    return f'<section class="notes"><h2>Notes</h2><ul>{items}</ul></section>' if items else ""


def charts(view: Mapping[str, Any] | None) -> str:
    """Places for the charts, and for the slider where there is a path to walk along."""
    if view is None:
        return ""
    drawn = "".join(
        f"<figure><figcaption><h3>{text(one['title'])}</h3><p>{text(one['about'])}</p></figcaption>"
        f'<div class="plot"><div class="chart" id="{one["id"]}" role="img" aria-label="{text(one["title"])}"></div>'
        f'<div class="here" id="{one["id"]}-here" hidden></div></div>'
        f'<p class="left-out" id="{one["id"]}-left-out" hidden></p></figure>'
        for one in view["charts"]
    )
    blank = '<noscript><p class="note">The charts need JavaScript; everything else is here.</p></noscript>'
    if view.get("steps"):
        return f'<section class="walk" id="walk"><div class="drawn">{blank}{drawn}</div>{WALK}</section>'
    return f'<section class="drawn">{blank}{drawn}</section>'


WALK = """
<div class="along" hidden>
<div class="slide"><label for="alpha">alpha, from the largest to the smallest</label>
<input type="range" id="alpha" min="0" step="1" value="0">
<div class="jumps" id="jumps"></div></div>
<dl class="status" id="status" aria-live="polite"></dl>
<div class="scroll"><table class="data" id="at"><thead><tr>
<th scope="col" class="w"><button type="button">feature</button></th>
<th scope="col" class="n"><button type="button">coefficient</button></th>
<th scope="col" class="n"><button type="button">standardized</button></th>
</tr></thead><tbody></tbody><tfoot></tfoot></table></div>
<p><button type="button" class="more" id="at-more" hidden></button></p>
</div>
"""


def tables(report: Report) -> str:
    """Every table that is not for a terminal alone."""
    shown = [one for one in report.tables if not isinstance(one, Chart) and not one.at_screen]
    titles = TITLES.get(report.document["command"], ())
    return "".join(
        f"<section><h2>{text(titles[i] if i < len(titles) else 'Table')}</h2>{table(one)}</section>"
        for i, one in enumerate(shown)
    )


def table(found: Table) -> str:
    """A table whose rows can be sorted; pinned rows stand at its foot, a long one is shortened until asked.

    On paper it is whole, unless it has more than `PRINTED` rows.
    """
    largest = [_largest(column, cells) for column, cells in zip(found.columns, _turned(found), strict=True)]
    written = [_texts(column, cells) for column, cells in zip(found.columns, _turned(found), strict=True)]
    rows = [_row(found, i, [words[i] for words in written], largest) for i in range(len(found.rows))]
    body = "\n".join(row for i, row in enumerate(rows) if i not in found.pinned)
    foot = "\n".join(rows[i] for i in sorted(found.pinned))
    count = len(rows) - len(found.pinned)
    long = count > SHOWN
    kind = "" if not long else ' class="short long"' if count > PRINTED else ' class="short"'
    more = f'<p><button type="button" class="more" data-all="{text(counted(count, "row"))}" hidden></button></p>'
    return (
        f'<div class="scroll"><table class="data"><thead><tr>{"".join(map(_head, found.columns))}</tr></thead>\n'
        f"<tbody{kind}>{body}</tbody><tfoot>{foot}</tfoot></table></div>{more if long else ''}"
    )


def _row(found: Table, i: int, words: Sequence[str], largest: Sequence[float]) -> str:
    cells = "".join(map(_cell, found.columns, found.rows[i], words, range(len(words)), largest))
    return f'<tr class="quiet">{cells}</tr>' if i in found.quiet else f"<tr>{cells}</tr>"


def _turned(found: Table) -> Sequence[tuple[Cell, ...]]:
    return list(zip(*found.rows, strict=True)) if found.rows else [()] * len(found.columns)


def _head(column: Column) -> str:
    side = "n" if _is_number(column) else "w"
    return f'<th scope="col" class="{side}"><button type="button">{text(visible(column.title))}</button></th>'


def _is_number(column: Column) -> bool:
    return column.kind in WRITERS or column.kind == "share"


def _texts(column: Column, cells: Sequence[Cell]) -> list[str]:
    if column.kind in WRITERS:
        return aligned([WRITERS[column.kind](cell) if isinstance(cell, (int, float)) else "" for cell in cells])
    if column.kind == "share":
        return aligned([percent(cell) if isinstance(cell, (int, float)) and cell else "" for cell in cells])
    return [visible(str(cell)) if cell is not None and column.kind != "spark" else "" for cell in cells]


def _largest(column: Column, cells: Sequence[Cell]) -> float:
    """What a bar in this column is measured by."""
    return max((cell for cell in cells if column.kind == "share" and isinstance(cell, float)), default=0.0)


def _cell(column: Column, cell: Cell, words: str, place: int, largest: float) -> str:
    if column.kind == "spark":
        return f"<td>{spark(cell if isinstance(cell, tuple) else ())}</td>"
    if _is_number(column):
        value = f' data-v="{cell!r}"' if isinstance(cell, (int, float)) else ""
        bar = f' style="--width:{100 * cell / largest:.1f}%"' if largest and isinstance(cell, float) else ""
        kind = "n share" if bar else "n"
        return f'<td class="{kind}"{value}{bar}>{text(words)}</td>'
    if place:
        return f'<td class="w">{text(words)}</td>'
    kind = "w place" if column.key == "index" else "w"
    return f'<th scope="row" class="{kind}">{text(words)}</th>'


def spark(values: Sequence[float]) -> str:
    """A small curve with 0 on its scale."""
    if not values:
        return ""
    width, height = SPARK
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    unit = (high - low) or 1.0
    points = " ".join(
        f"{width * i / max(len(values) - 1, 1):.1f},{height - 1 - (height - 2) * (value - low) / unit:.1f}"
        for i, value in enumerate(values)
    )
    return (
        f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f'<polyline points="{points}"/></svg>'
    )


def fact_list(found: Sequence[Fact]) -> str:
    """What stands under the tables at a terminal."""
    return "".join(
        f"<dt>{text(one.label)}</dt><dd>"
        + (command(one.lines[0]) if one.is_command else "".join(map(sentence, one.lines)))
        + "</dd>"
        for one in found
    )


def sentence(line: str) -> str:
    """A line under a label; what stands before a wide gap in it is a label of its own."""
    first = LABELLED.match(line)
    if first is None:
        return f"<p>{text(visible(line))}</p>"
    return f"<p><span>{text(visible(first[1]))}</span> <code>{text(visible(first[2]))}</code></p>"


def command(line: str) -> str:
    """A command, to be copied as it is."""
    return f'<div class="command"><code data-copy="{text(line)}">{text(visible(line))}</code></div>'


def settings(found: Mapping[str, Any]) -> str:
    """The options that were in force, and those that were left alone; what shapes a picture alone is neither."""
    named = {f"--{key.replace('_', '-')}": value for key, value in found.items() if key not in OF_PICTURES}
    used = [f"<dt>{text(name)}</dt><dd>{text(visible(_setting(value)))}</dd>" for name, value in named.items()
            if not _idle(value)]  # fmt: skip
    idle = ", ".join(name for name, value in named.items() if _idle(value))
    rows = "".join(f"<div>{row}</div>" for row in used)
    return f'<dl class="settings">{rows}</dl><p class="idle">Left alone: {text(idle)}</p>'


def _idle(value: Any) -> bool:
    values = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    return all(one is None or one is False for one in values)


def _setting(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={one}" for name, one in value.items() if one is not None)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def origin(data: Mapping[str, Any], made: Origin | None, file: str | None = None) -> str:
    """The rows, their fingerprint, and the command that makes this report, or this page in its `file`, again."""
    used = data.get("rows_used")
    dropped = [f"{one['rows']:,} dropped ({one['reason']})" for one in data.get("dropped_rows", [])]
    rows = [f"{data['rows_read']:,} read", *([] if used is None else [f"{used:,} used"]), *dropped]
    found: list[tuple[str, str]] = [
        ("Rows", text(visible(f"{', '.join(rows)}, of {data['source']}"))),
        ("Target", text(visible(data["target"]))),
    ]
    if data.get("features"):
        found.append(("Features", text(f"{len(data['features']):,}: {names(data['features'], 20)}")))
    if data.get("dropped_columns"):
        found.append(("Left out", text(names([one["name"] for one in data["dropped_columns"]], 20))))
    if made is not None:
        if made.fingerprint is not None:
            code = f"<code>{text(made.fingerprint)}</code>"
            found.append(("Fingerprint", f"{code}<p>the SHA-256 of the cells that took part</p>"))
        page = "" if file is None else f" --report {shlex.quote(file)}"
        found.append(("Command" if file is None else "Again", command(made.command + page)))
    return _listed(found)


def _listed(found: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{text(label)}</dt><dd>{words}</dd>" for label, words in found)
