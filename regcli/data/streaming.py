"""The rows of files larger than memory: the same as `regcli.data.sources.read` gives, in order, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, count, islice
from typing import Any

import pandas as pd

from regcli.data.reading import paths
from regcli.data.reading.bodies import (
    Body,
    Place,
    after_lines,
    body,
    check_same_columns,
    comment_notice,
    comment_pattern,
    without_comments,
)
from regcli.data.reading.bytestream import Stream
from regcli.data.reading.cutting import record_end
from regcli.data.reading.delimiters import SAMPLE_SIZE, found
from regcli.data.reading.layout import FULL, Layout
from regcli.data.reading.names import unique_names
from regcli.data.reading.parsing import parsed_or_dropped
from regcli.data.reading.pieces import Pieces
from regcli.data.reading.records import Part, places_of, records_of
from regcli.data.reading.rows import MOST_LINES, Rows, told
from regcli.data.reading.undressing import Worn, without_dress
from regcli.data.reading.widths import RaggedRowsError
from regcli.data.sources import from_streams, read, rows_of, typed_rows, usable
from regcli.errors import DataError, Notice, counted, shortened
from regcli.specs import DataSpec

SIZE = 32 << 20
"""Bytes of text that are parsed at once."""

HEAD = 4 * SAMPLE_SIZE
"""So many bytes hold the lines that the delimiter is found in, whatever characters they are made of."""

LONGEST = 64 << 20


def chunks(
    spec: DataSpec,
    source: Any = None,
    size: int = SIZE,
    verbatim: bool = False,
    least_columns: int = 2,
    tell: Callable[[int], None] = lambda bytes: None,
) -> Generator[Rows]:
    """The rows of `read` in pieces of about `size` bytes; Arrow and Feather files come as one piece.

    All pieces have the same columns; the type of a column not in `spec.categorical` is that of the cells of the piece.
    The first piece carries what is said of header and delimiter, the last what was dropped. With `verbatim` each
    piece has its rows as they were written (`Rows.cells`). `tell` hears how many bytes of all files were read before
    each piece, as they lie on the disk. Raises what `read` raises, errors in later lines later.
    """
    if source is None:
        source = spec.source
    if not (paths.is_path(source) or paths.is_several(source)):
        yield _whole(read(spec, source, least_columns), verbatim)
        return
    try:
        sources = [Pieces(path, spec.encoding) for path in paths.files(source)]
        if sources[0].is_columnar():
            pieces: Iterator[Rows] = _typed(spec, sources, size, verbatim, least_columns)
        else:
            run = _Run(spec, size, verbatim, least_columns, [one.name for one in sources])
            pieces = _closed(run, sources)
        for rows in pieces:
            tell(sum(one.consumed for one in sources))
            yield rows
    except MemoryError:
        raise DataError("a piece of the file does not fit into memory", hint="a smaller file") from None


def _typed(spec: DataSpec, sources: Sequence[Pieces], size: int, verbatim: bool, least: int) -> Iterator[Rows]:
    """Parquet files in pieces, Arrow and Feather files whole; several only whole."""
    if len(sources) > 1 or sources[0].is_pipe:
        rows = from_streams(spec, [Stream(one.name, b"".join(one.raw()), tuple(one.notices)) for one in sources], least)
        yield _whole(without_dress(usable(rows, least), spec), verbatim)
        return
    (source,) = sources
    before = 0
    for table in source.frames(size):
        frame, header, said = table
        rows = typed_rows(frame, header, [*(() if before else source.notices), *said], spec)
        rows = replace(rows, name=source.name, numbering=before + 1)
        before += rows.rows_read
        yield _whole(without_dress(usable(rows, least), spec), verbatim)


def _whole(rows: Rows, verbatim: bool) -> Rows:
    """Rows that were never text, with their cells spelled."""
    if not verbatim:
        return rows
    spelled = rows.frame.astype(object).map(str).where(rows.frame.notna(), "")
    return replace(rows, header_cells=[str(name) for name in rows.frame.columns], cells=spelled.to_numpy().tolist())


@dataclass
class _Run:
    """What the pieces of a run have in common, and what has to be remembered from one to the next."""

    spec: DataSpec
    size: int
    verbatim: bool
    least: int
    names: list[str]
    first: Body | None = None
    gone: list[int] | None = None
    read: int = 0
    empty: int = 0
    bad: int = 0
    bad_places: list[Place] = field(default_factory=list)
    worn: Worn = field(default_factory=Worn)
    notices: list[Notice] = field(default_factory=list)

    @property
    def several(self) -> bool:
        """Whether places name their file."""
        return len(self.names) > 1

    @property
    def name(self) -> str:
        """What the source is called."""
        return paths.several_names(self.names) if self.several else self.names[0]

    def totals(self) -> list[Notice]:
        """What was dropped and taken off in all pieces."""
        notices = []
        if self.bad:
            what = f"{counted(self.bad, 'row')} of {self.read:,} dropped: more or fewer cells than the others"
            where = told(self.bad_places, self.bad, "line", self.several)
            notices.append(Notice("bad_rows", f"{what} ({where})"))
        if self.empty:
            what = f"{counted(self.empty, 'row')} of {self.read:,} dropped: every cell is empty"
            notices.append(Notice("empty_rows", what))
        return [*self.notices, *notices, *self.worn.notices()]


def _closed(run: _Run, sources: Sequence[Pieces]) -> Iterator[Rows]:
    """The pieces that have rows; what is left to say goes with the last, which is held back for it."""
    last: Rows | None = None
    for rows in chain.from_iterable(_of_file(run, source) for source in sources):
        if last is None:
            last = rows
        elif len(rows.frame) == 0 or len(last.frame) == 0:
            last = _merged(last, rows)
        else:
            yield last
            last = rows
    if last is None or len(last.frame) == 0:
        rows_found = f"{counted(run.read, 'row')} were found, all of them empty" if run.read else "0 rows were found"
        raise DataError(f"{run.name} has no rows of data: {rows_found}")
    yield replace(last, notices=(*last.notices, *run.totals()))


def _merged(one: Rows, other: Rows) -> Rows:
    """Two pieces of which one at most has rows."""
    full = one if len(one.frame) else other
    dropped: dict[str, int] = {}
    for reason, number in (*one.dropped_rows, *other.dropped_rows):
        dropped[reason] = dropped.get(reason, 0) + number
    return replace(
        full,
        rows_read=one.rows_read + other.rows_read,
        dropped_rows=tuple(dropped.items()),
        notices=tuple(dict.fromkeys((*one.notices, *other.notices))),
    )


def _of_file(run: _Run, source: Pieces) -> Iterator[Rows]:
    text = _Pending(source.text())
    head = _head(run, source, text)
    notices = [notice for notice in head.notices if notice.code != "comment_lines"]
    if run.first is None:
        run.first = head
    else:
        check_same_columns(run.first, head)
        notices = [notice for notice in notices if notice not in head.cut.notices]
    comments = _above(run, source.name, text, head.cut)
    for line, piece in _pieces(run, text, head.cut, source.name):
        content, part = piece, Part(source.name, line, 0, len(piece))
        if run.spec.comment is not None:
            content, passed = without_comments(piece, part, run.spec.comment, head.cut.delimiter)
            comments += passed
        if FULL.search(content) is not None:
            cut = replace(head.cut, start=0, line=line)
            yield _rows(run, Body(content, cut, (part._replace(end=len(content)),), tuple(notices)), text.ended)
            notices = []
    if run.spec.comment is not None:
        run.notices += comment_notice(source.name, run.spec.comment, comments)


class _Pending:
    """The text that was read and not yet handed out."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.held = b""
        self.ended = False

    def fill(self, size: int) -> None:
        """Hold so many bytes, or all that are left."""
        pieces, total = [self.held], len(self.held)
        while total < size and not self.ended:
            piece = next(self._pieces, None)
            self.ended = piece is None
            pieces.append(piece or b"")
            total += len(pieces[-1])
        self.held = b"".join(pieces)

    def drop(self, size: int) -> None:
        """Let go of the first bytes."""
        self.held = self.held[size:]


def _head(run: _Run, source: Pieces, text: _Pending) -> Body:
    """The layout, from as much of the text as it takes."""
    spec, goal = run.spec, max(run.size, HEAD)
    pattern = comment_pattern(spec.comment, None) if spec.comment is not None else None
    while True:
        text.fill(goal)
        enough = text.ended or text.held.count(b"\n") > spec.skip_lines + 3
        try:
            start = after_lines(text.held, spec.skip_lines, source.name)
            end = len(text.held)
            if not text.ended:
                delimiter = spec.sep or found(text.held, spec.decimal, start, pattern) or ","
                part = Part(source.name, 1 + spec.skip_lines, start, end)
                end = record_end(text.held, part, delimiter, spec.comment)
            if enough and (text.ended or end > start):
                return body(Stream(source.name, text.held[:end], tuple(source.notices)), spec, run.least)
        except DataError:
            if text.ended or goal > LONGEST:
                raise
        if goal > LONGEST:
            raise _too_long(source.name, 1)
        goal *= 4


def _too_long(name: str, line: int) -> DataError:
    what = f"{name}: the row that begins in line {line:,} is longer than {LONGEST >> 20} MiB"
    return DataError(what, hint="close its quote, if it was opened by mistake")


def _above(run: _Run, name: str, text: _Pending, cut: Layout) -> list[int]:
    """Let go of the lines above the data; those of comment among them."""
    spec = run.spec
    start = after_lines(text.held, spec.skip_lines, name)
    end = after_lines(text.held, cut.line - 1, name)
    comments: list[int] = []
    if spec.comment is not None:
        above = text.held[start:end]
        _, comments = without_comments(
            above, Part(name, 1 + spec.skip_lines, 0, len(above)), spec.comment, cut.delimiter
        )
    text.drop(end)
    return comments


def _pieces(run: _Run, text: _Pending, cut: Layout, name: str) -> Iterator[tuple[int, bytes]]:
    """Whole records of about the size asked for, and the line they begin on."""
    line, limit = cut.line, run.size
    while True:
        text.fill(limit)
        if text.ended and len(text.held) <= limit:
            if text.held:
                yield line, text.held
            return
        end = record_end(text.held, Part(name, line, 0, min(limit, len(text.held))), cut.delimiter, run.spec.comment)
        if end:
            piece = text.held[:end]
            text.drop(end)
            yield line, piece
            line, limit = line + piece.count(b"\n"), run.size
        elif limit > max(LONGEST, run.size):
            raise _too_long(name, line)
        else:
            limit *= 2


_SAID_ONCE = frozenset({"bad_rows", "empty_rows"})


def _rows(run: _Run, text: Body, ended: bool) -> Rows:
    try:
        frame, regular, bad = parsed_or_dropped(text, run.spec)
    except RaggedRowsError as error:
        message = error.message if ended else error.message.replace(" in all", " so far")
        raise RaggedRowsError(message, found=error.found, hint=error.hint) from None
    rows = rows_of(frame, regular, bad, run.spec, run.gone)
    counts = dict(rows.dropped_rows)
    run.read += rows.rows_read
    run.empty += counts.get("empty row", 0)
    run.bad += len(bad)
    run.bad_places += bad[: MOST_LINES - len(run.bad_places)]
    notices = [notice for notice in rows.notices if notice.code not in _SAID_ONCE]
    if run.gone is not None:
        notices = [notice for notice in notices if notice in text.notices]
        _check_still_empty(run.gone, frame, regular, run.spec)
    numbering = rows.numbering
    if run.several and isinstance(numbering, int):
        numbering = partial(_counted_from, regular.parts[0].name, numbering)
    rows = replace(rows, notices=tuple(notices), name=run.name, several=run.several, numbering=numbering)
    if len(rows.frame):
        rows = _settled(run, rows, regular)
    return _with_cells(rows, regular) if run.verbatim else rows


def _counted_from(name: str, line: int) -> Iterator[Place]:
    return ((name, at) for at in count(line))


def _settled(run: _Run, rows: Rows, text: Body) -> Rows:
    """The columns that are dropped are those of the first piece with rows; units are the same in all."""
    if run.gone is None:
        usable(rows, run.least)
        kept = set(rows.frame.columns)
        run.gone = [place for place, name in enumerate(unique_names(text.cut.names)[0]) if name not in kept]
    if run.spec.thousands is not None or run.spec.units:
        run.worn.undress(rows, run.spec)
    return rows


def _check_still_empty(gone: Sequence[int], frame: pd.DataFrame, text: Body, spec: DataSpec) -> None:
    """A column without a name that was taken for empty has to stay so."""
    for place in gone:
        if frame[place].notna().any():
            row = int(frame[place].notna().to_numpy().argmax())
            records = places_of(text.content, text.parts, text.cut.delimiter)
            name, line = next(islice(records, row, None))
            raise DataError(
                f"{name}, line {line}: column {place + 1} has no name, and here its first cell",
                found=shortened(frame[place].iloc[row]),
                hint="name it in the header" if spec.header else "a file with a header",
            )


def _with_cells(rows: Rows, text: Body) -> Rows:
    width = len(text.cut.header)
    cells = [
        record.cells[:width] for part in text.parts for record in records_of(text.content, part, text.cut.delimiter)
    ]
    if rows.kept is not None:
        cells = [cells[row] for row in rows.kept]
    named = any(cell.strip() for cell in text.cut.header)
    header = list(text.cut.header) if named else unique_names(text.cut.header)[0]
    return replace(rows, cells=cells, header_cells=header)
