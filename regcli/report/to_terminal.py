"""A report for people: rich tables at a terminal, plain text that is never wrapped in a pipe.

Every name passes through `visible` and is shown as it is: no markup, no emoji codes, no highlighting.
"""

from __future__ import annotations

import io
import re
import shlex
import textwrap
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from regcli.errors import visible
from regcli.report.chart import chart_lines, sparks
from regcli.report.report import Cell, Chart, Report, Table
from regcli.report.wording import aligned, number, p_value, percent, score

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

NARROWEST = 40
LEAST_NAME = 12
FOLDED_NAME = 24
UNLIMITED = 1_000_000
MOST_ROWS = 60
BAR_WIDTH = 12
BLOCKS = "".join(map(chr, range(0x2588, 0x2590)))
BACKSLASH = " \\"
WRITERS: dict[str, Callable[[float], str]] = {
    "number": number, "count": "{:,}".format, "score": score, "p": p_value, "percent": percent,
}  # fmt: skip


def to_text(report: Report) -> str:
    """Plain text, one line a row or a sentence however long, no trailing blanks."""
    return _rendered(report, _console(None, UNLIMITED, False), None)


def to_screen(report: Report, console: Console) -> str:
    """The same for the terminal that `console` stands for: its width, colours and encoding."""
    return _rendered(report, console, console.width)


def terminal_console() -> Console:
    """The console of standard output; a width that makes no sense is taken as the narrowest that does."""
    console = _console(None, None, True)
    if console.width < NARROWEST:
        console.width = 80 if console.width < 2 else NARROWEST
    return console


def renderable(
    report: Report, width: int | None = None, bars: bool = False, ascii_only: bool = False
) -> RenderableType:
    """Headline, table and facts as one rich renderable; with a `width` the table is made to suit it."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text(report.headline, style="bold"), Text("")]
    at_screen = width is not None and bars
    for item in report.tables:
        if isinstance(item, Chart):
            parts += [*_chart(item, width or NARROWEST, ascii_only), Text("")] if at_screen else []
        elif at_screen or not item.at_screen:
            parts += [*_drawn(item, width, bars, ascii_only), Text("")]
    return Group(*parts, _facts(report, width))


def _chart(chart: Chart, width: int, ascii_only: bool) -> list[RenderableType]:
    from rich.text import Text

    return [Text(chart.title, style="dim"), *map(Text, chart_lines(chart, width, ascii_only))]


def _drawn(table: Table, width: int | None, bars: bool, ascii_only: bool) -> list[RenderableType]:
    """A table, and what is not shown of it."""
    from rich.text import Text

    table, left_out = _shortened(table, None if width is None else MOST_ROWS)
    said = [left_out] if left_out else []
    if width is not None:
        whole, table = table, _narrowed(table, width)
        hidden = [column.title for column in whole.columns if column not in table.columns]
        said += [f"not shown at this width: {', '.join(hidden)}"] if hidden else []
    return [_table(table, width, bars, ascii_only), *(Text(sentence, style="dim") for sentence in said)]


def _console(file: io.StringIO | None, width: int | None, terminal: bool) -> Console:
    from rich.console import Console

    if terminal:
        return Console(markup=False, emoji=False, highlight=False)
    return Console(
        file=file or io.StringIO(), width=width, force_terminal=False, color_system=None, legacy_windows=False,
        markup=False, emoji=False, highlight=False,
    )  # fmt: skip


def _rendered(report: Report, console: Console, width: int | None) -> str:
    ascii_only = console.options.ascii_only
    with console.capture() as captured:
        console.print(renderable(report, width, bars=console.is_terminal, ascii_only=ascii_only), crop=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _shortened(table: Table, most: int | None) -> tuple[Table, str]:
    """A very long table without its quiet rows, and with `most` rows at the most; a sentence says what is left out."""
    if table.whole or len(table.rows) <= MOST_ROWS:
        return table, ""
    apart = table.quiet | table.pinned
    loud = [i for i in range(len(table.rows)) if i not in apart]
    kept = loud[:most]
    rows = tuple(table.rows[i] for i in [*kept, *sorted(table.pinned)])
    zeros, others = len(table.quiet), len(loud) - len(kept)
    parts = [f"{others:,} more that are not zero"] * bool(others) + [f"{zeros:,} that are zero"] * bool(zeros)
    return replace(
        table, rows=rows, quiet=frozenset(), pinned=frozenset()
    ), f"not shown: {' and '.join(parts)} (they are in csv and JSON)" if parts else ""


def _narrowed(table: Table, width: int) -> Table:
    """The table without optional columns, rank by rank, where a terminal is too narrow for all and for names."""
    from rich.cells import cell_len

    texts = [
        _column_texts(column.kind, cells, True, True)
        for column, cells in zip(table.columns, zip(*table.rows, strict=True), strict=True)
    ]
    sizes = [max(map(cell_len, (column.title, *cells))) for column, cells in zip(table.columns, texts, strict=True)]
    sizes = [
        min(size, FOLDED_NAME) if column.kind == "name" else size
        for size, column in zip(sizes, table.columns, strict=True)
    ]
    kept = list(range(len(sizes)))
    for rank in sorted({column.optional for column in table.columns} - {0}):
        if sum(sizes[j] + 2 for j in kept) - 2 <= width:
            break
        kept = [j for j in kept if table.columns[j].optional != rank]
    columns = tuple(table.columns[i] for i in kept)
    return replace(table, columns=columns, rows=tuple(tuple(row[i] for i in kept) for row in table.rows))


def _table(table: Table, width: int | None, bars: bool, ascii_only: bool) -> RenderableType:
    """The table, in which names are folded to fit a `width`; rather than cut a number it grows wider than that."""
    from rich.cells import cell_len
    from rich.table import Table as RichTable
    from rich.text import Text

    headed = any(column.title for column in table.columns)
    drawn = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=headed)
    columns = list(zip(*table.rows, strict=True))
    texts: list[list[str]] = []
    sizes: list[int] = []
    for column, cells in zip(table.columns, columns, strict=True):
        column_texts = _column_texts(column.kind, cells, bars, ascii_only)
        if column.kind == "spark":
            room = (width or UNLIMITED) - sum(sizes) - 2 * len(sizes)
            column_texts = sparks(cells, room, ascii_only)
        size = max(map(cell_len, (column.title, *column_texts)))
        sizes.append(min(size, LEAST_NAME) if column.kind == "name" else size)
        right = size if column.kind in WRITERS else 0
        texts.append([text.rjust(right) for text in column_texts])
        drawn.add_column(Text(column.title.rjust(right)), overflow="fold", no_wrap=column.kind != "name")
    least = sum(sizes) + 2 * (len(sizes) - 1)
    if width is not None and least > width:
        drawn.width = least
    for i, row in enumerate(zip(*texts, strict=True)):
        drawn.add_row(*(_with_bar(text) for text in row), style="dim" if i in table.quiet else None)
    return drawn


def _column_texts(kind: str, cells: tuple[Cell, ...], bars: bool, ascii_only: bool) -> list[str]:
    if kind in WRITERS:
        return aligned([WRITERS[kind](cell) if isinstance(cell, (int, float)) else "" for cell in cells])
    if kind == "spark":
        return [""] * len(cells)
    if kind == "share":
        shares = [cell if isinstance(cell, (int, float)) else None for cell in cells]
        largest = max((share for share in shares if share), default=1.0)
        return [_share(share, largest, bars, ascii_only) for share in shares]
    return [visible(str(cell)) if cell is not None else "" for cell in cells]


def _with_bar(text: str) -> Text:
    """Text with the blocks of a bar in colour."""
    from rich.text import Text

    bar = len(text) - len(text.rstrip(BLOCKS))
    return Text.assemble(text[: len(text) - bar], (text[len(text) - bar :], "cyan"))


def _share(share: float | None, largest: float, bars: bool, ascii_only: bool) -> str:
    if not share:
        return ""
    text = f"{percent(share):>7}"
    if not bars:
        return text
    eighths = max(1, round(8 * BAR_WIDTH * share / largest))
    whole, part = divmod(eighths, 8)
    bar = "#" * max(1, whole) if ascii_only else "\u2588" * whole + (chr(0x2590 - part) if part else "")
    return f"{text}  {bar}"


def _facts(report: Report, width: int | None) -> RenderableType:
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    label = max((len(fact.label) for fact in report.facts), default=0) + 2
    for fact in report.facts:
        lines = fact.lines
        if width is not None and fact.is_command:
            lines = continued(fact.lines[0], width - label)
        for i, line in enumerate(lines):
            shown = visible(line)
            if width is not None and not fact.is_command:
                shown = _hanging(shown, width - label)
            text = Text(shown)
            if fact.is_command:  # what is pasted must not be broken
                text.no_wrap, text.overflow = True, "ignore"
            grid.add_row(Text(fact.label if i == 0 else ""), text)
    return grid


def _hanging(line: str, width: int) -> str:
    """A line that begins with a word and a gap, wrapped so that it goes on under what follows the gap."""
    first = re.match(r"\S+(?: \S+)*\s{2,}", line)
    if first is None or width <= first.end() + 20:
        return line
    return textwrap.fill(line, width, subsequent_indent=" " * first.end(), break_on_hyphens=False)


def continued(command: str, width: int) -> tuple[str, ...]:
    """A command over several lines that a shell reads as one: it is broken before options, with a backslash."""
    parts: list[str] = []
    for word in shlex.split(command):
        if parts and not word.startswith("--"):
            parts[-1] += f" {shlex.quote(word)}"
        else:
            parts.append(shlex.quote(word))
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 1 <= width - 2:
            lines[-1] += f" {part}"
        else:
            lines.append(f"  {part}" if lines else part)
    return (*(line + BACKSLASH for line in lines[:-1]), lines[-1])
