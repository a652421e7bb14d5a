"""Texts made ready for the parser: lines at the top and of comment passed over, several files joined to one.

What is passed over becomes blank lines, which no reader takes for rows: so every line keeps its number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from regcli.data.reading.bytestream import Stream
from regcli.data.reading.delimiters import found, spelled
from regcli.data.reading.layout import Layout, layout
from regcli.data.reading.records import Comment, Lines, Part, records_from, records_of
from regcli.data.reading.widths import quotes_of
from regcli.errors import DataError, Notice, counted, listed, shortened
from regcli.specs import DataSpec

MOST_LINES = 3

Place = tuple[str, int]
Span = tuple[int, int, int]


@dataclass(frozen=True)
class Body:
    """A text whose layout is known, and the parts of it that each file gave."""

    content: bytes
    cut: Layout
    parts: tuple[Part, ...]
    notices: tuple[Notice, ...]


def body(text: Stream, spec: DataSpec, least: int = 2) -> Body:
    """The text of one file, laid out (see `layout` for what is refused)."""
    content = text.content
    start = after_lines(content, spec.skip_lines, text.name)
    notices = list(text.notices)
    part = Part(text.name, 1 + spec.skip_lines, start, len(content))
    if spec.comment is not None:
        delimiter = spec.sep or found(content, spec.decimal, start, comment_pattern(spec.comment, None)) or ","
        content, passed = without_comments(content, part, spec.comment, delimiter)
        notices += comment_notice(text.name, spec.comment, passed)
        part = part._replace(end=len(content))
    cut = layout(content, part, spec, least)
    part = part._replace(line=cut.line, start=cut.start)
    return Body(content, cut, (part,), (*notices, *cut.notices))


def after_lines(content: bytes, count: int, name: str) -> int:
    """The byte after this many lines; DataError where there are no more."""
    at = 0
    for line in range(count):
        at = content.find(b"\n", at) + 1
        if not at or at == len(content):
            known = counted(line + 1 if content else 0, "line")
            raise DataError(f"{name} has {known}: --skip-lines {count} passes over all of them")
    return at


def comment_pattern(comment: str, delimiter: str | None) -> Comment:
    """What a line of comment begins with: blanks that are no delimiters, and the mark."""
    blanks = " \t".replace(delimiter or "\0", "")
    return re.compile(f"[{blanks}]*{re.escape(comment.strip())}")


def without_comments(content: bytes, part: Part, comment: str, delimiter: str) -> tuple[bytes, list[int]]:
    """The text with blank lines for those of comment outside quotes, and their line numbers."""
    pattern = comment_pattern(comment, delimiter)
    if comment.strip().encode() not in content:
        return content, []
    lines = Lines(content, part.start, part.line, comment=pattern)
    if content.find(b'"', part.start) < 0:
        for _ in lines:
            lines.taken()
    else:
        with quotes_of(part.name):
            for _ in records_from(lines, delimiter):
                pass
    return blanked(content, lines.passed), [line for line, _, _ in lines.passed]


def comment_notice(name: str, comment: str, lines: Sequence[int]) -> list[Notice]:
    """What is said of the lines of comment."""
    if not lines:
        return []
    what = f"{counted(len(lines), 'line')} of {name} that {'begins' if len(lines) == 1 else 'begin'} with"
    shown = listed(list(lines), MOST_LINES)
    where = f"{'line' if len(lines) == 1 else 'lines'} {shown}"
    return [Notice("comment_lines", f"{what} {shortened(comment.strip())} passed over ({where})")]


def blanked(content: bytes, spans: Sequence[Span]) -> bytes:
    """The text with nothing but the line ends of these spans (line, start, end)."""
    if not spans:
        return content
    pieces, at = [], 0
    for _, start, end in spans:
        pieces += [content[at:start], b"\n" * content.count(b"\n", start, end)]
        at = end
    return b"".join([*pieces, content[at:]])


def without_bad_rows(body: Body) -> tuple[Body, list[Place]]:
    """The body with blank lines for rows of another width, and where those are."""
    cut, places = body.cut, list[Place]()
    pieces, parts, at = [body.content[: body.parts[0].start]], [], body.parts[0].start
    for part in body.parts:
        spans = []
        with quotes_of(part.name):
            for record in records_of(body.content, part, cut.delimiter):
                beyond = record.cells[len(cut.header) :]
                if len(record.cells) != cut.width or any(cell.strip() for cell in beyond):
                    spans.append((record.line, record.start - part.start, record.end - part.start))
        places += [(part.name, line) for line, _, _ in spans]
        pieces.append(blanked(body.content[part.start : part.end], spans))
        parts.append(part._replace(start=at, end=at + len(pieces[-1])))
        at += len(pieces[-1])
    return replace(body, content=b"".join(pieces), parts=tuple(parts)), places


def joined(bodies: Sequence[Body]) -> Body:
    """The rows of several files as one text; DataError where their columns are not the same."""
    first = bodies[0]
    if len(bodies) == 1:
        return first
    pieces, parts, at = [], [], 0
    for one in bodies:
        check_same_columns(first, one)
        part = one.parts[0]
        piece = one.content[part.start : part.end]
        piece = piece if piece.endswith(b"\n") else piece + b"\n"
        pieces.append(piece)
        parts.append(part._replace(start=at, end=at + len(piece)))
        at += len(piece)
    notices = [notice for one in bodies for notice in one.notices if one is first or notice not in one.cut.notices]
    return Body(b"".join(pieces), replace(first.cut, start=0), tuple(parts), tuple(notices))


def check_same_columns(first: Body, other: Body) -> None:
    """DataError that names both files and the first difference between their delimiters, names and widths."""
    ours, theirs = first.parts[0].name, other.parts[0].name
    if first.cut.delimiter != other.cut.delimiter:
        mine, its = spelled(first.cut.delimiter), spelled(other.cut.delimiter)
        raise DataError(
            f"{ours} and {theirs} differ: columns are separated by {mine} in the first, by {its} in the other"
        )
    same_names(first.cut.header, other.cut.header, ours, theirs)
    if first.cut.width != other.cut.width:
        widths = f"{first.cut.width} cells a row in the first, {other.cut.width} in the other"
        raise DataError(f"{ours} and {theirs} differ: {widths}", hint="the same delimiters at the ends of all rows")


def same_names(header: Sequence[str], other: Sequence[str], ours: str, theirs: str) -> None:
    """DataError that names both files and the first column in which their headers differ."""
    for place, (mine, its) in enumerate(zip(header, other, strict=False), 1):
        if mine.strip() != its.strip():
            what = f"column {place} is {shortened(mine.strip())} in the first, {shortened(its.strip())} in the other"
            raise DataError(f"{ours} and {theirs} differ: {what}", hint="files with the same columns in the same order")
    if len(header) != len(other):
        what = f"{counted(len(header), 'column')} in the first, {len(other)} in the other"
        raise DataError(f"{ours} and {theirs} differ: {what}", hint="files with the same columns in the same order")
