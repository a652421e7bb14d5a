"""A source piece by piece, never whole: opened, unpacked, recognised and decoded like a whole one (`bytestream`)."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Generator, Iterator
from typing import IO, Any

from regcli.data.reading import keeping, kinds
from regcli.data.reading.bytestream import (
    codec_of,
    is_byte_wise,
    name_of,
    no_nul,
    not_text,
    not_utf8,
    physical_line,
    source_file,
    suffix_notice,
    without_lone_returns,
)
from regcli.data.reading.columnar import Framed, frames_of
from regcli.data.reading.unpack import pieces_of, refuse_packed
from regcli.errors import DataError, Notice, UsageError, visible

PIECE = 1 << 20
HEAD = 1 << 16
"""So many bytes tell what a source is."""


class Pieces:
    """The pieces of one source; `notices` are known after the first. `consumed` counts the bytes that were read of it,
    packed as they are."""

    def __init__(self, path: str, encoding: str | None) -> None:
        self.name = name_of(path)
        self.notices: list[Notice] = []
        self.consumed = 0
        self._path = path
        self._encoding = encoding
        self._bytes = self._unpacked()
        self._first: bytes | None = None

    def is_columnar(self) -> bool:
        """Whether this is Parquet or the like rather than text."""
        if self._first is None:
            self._first = next(self._bytes, b"")
        return kinds.columnar(self._first) is not None

    @property
    def is_pipe(self) -> bool:
        """Whether it is read from its beginning to its end only."""
        return self._path == "-" and not keeping.is_kept()

    def frames(self, size: int) -> Iterator[Framed]:
        """The columns of a file that `is_columnar`, in pieces of about `size` bytes."""
        kind = kinds.columnar(self._first or b"")
        self._bytes.close()
        with source_file(self._path, self.name) as file:
            for found in frames_of(file, str(kind), self.name, size):
                self.consumed = file.tell() if file.seekable() else 0
                yield found

    def raw(self) -> Iterator[bytes]:
        """The bytes of the source, unpacked, once."""
        first, self._first = self._first, None
        return self._bytes if first is None else _chained(first, self._bytes)

    def _unpacked(self) -> Generator[bytes]:
        """The first piece is long enough to tell what it is."""
        with source_file(self._path, self.name) as file:
            head = _read(file, HEAD)
            self.consumed += len(head)
            kind = kinds.packing(head)
            self.notices += suffix_notice(self._path, head, self.name)
            packed = io.BufferedReader(_Again(head, file, self._count), PIECE)
            if kind is None:
                yield from iter(lambda: packed.read(PIECE), b"")
                return
            unpacked = _in_pieces(pieces_of(packed, kind, self.name))
            first = next(unpacked, b"")
            refuse_packed(first, kind, self.name)
            yield first
            yield from unpacked

    def _count(self, size: int) -> None:
        self.consumed += size

    def text(self) -> Iterator[bytes]:
        """The same as UTF-8 without byte order mark, NUL bytes and lone CRs; DataError where it is no text."""
        raw = self.raw()
        first = next(raw, b"")
        if kinds.columnar(first) is not None:
            raise DataError(f"{self.name} is a {kinds.columnar(first)}, not text")
        kinds.refuse(first, self.name)
        codec, found = codec_of(first, self.name, self._encoding)
        self.notices[:0] = found
        pieces = _chained(first.removeprefix(codecs.BOM_UTF8), raw)
        lines = size = 0
        for piece in _whole_lines(pieces if codec is None else _recoded(pieces, self.name, codec)):
            if codec is None:
                _checked(piece, self.name, size, lines)
            no_nul(piece, self.name, size, lines)
            size += len(piece)
            piece = without_lone_returns(piece)
            lines += piece.count(b"\n")
            yield piece


class _Again(io.RawIOBase):
    """A file whose first bytes were read already."""

    def __init__(self, head: bytes, rest: IO[bytes], tell: Callable[[int], None]) -> None:
        self._head = head
        self._rest = rest
        self._tell = tell

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        piece = self._head[: len(view)]
        if not piece:
            piece = self._rest.read(len(view))
            self._tell(len(piece))
        self._head = self._head[len(view) :]
        view[: len(piece)] = piece
        return len(piece)


def _read(file: IO[bytes], size: int) -> bytes:
    """So many bytes, or all there are: a pipe may hand them out in smaller pieces."""
    out = b""
    while len(out) < size and (piece := file.read(size - len(out))):
        out += piece
    return out


def _in_pieces(small: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces of a size that is worth its while."""
    held: list[bytes] = []
    size = 0
    for piece in small:
        held.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _checked(piece: bytes, name: str, size: int, lines: int) -> None:
    """DataError where whole lines, after so many bytes and lines of the text, are no UTF-8."""
    if piece.isascii():
        return
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError as error:
        line = lines + physical_line(piece, error.start)
        raise not_utf8(name, size + error.start, line, piece[error.start]) from None


def _then_nothing(pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield from filter(None, pieces)
    yield b""


def _recoded(pieces: Iterator[bytes], name: str, encoding: str) -> Iterator[bytes]:
    size, lines = 0, 1
    try:
        "".encode(encoding)
        decoder = codecs.getincrementaldecoder(encoding)()
        byte_wise = is_byte_wise(encoding)
        first = True
        for piece in _then_nothing(pieces):
            pending = decoder.getstate()[0]
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                line = lines + physical_line(pending + piece, error.start) - 1 if byte_wise else None
                raise not_text(name, encoding, size - len(pending) + error.start, line) from None
            size += len(piece)
            lines += physical_line(piece, len(piece)) - 1
            yield (text.removeprefix("\ufeff") if first else text).encode("utf-8")
            first = first and not text
    except LookupError:
        raise UsageError(f"--encoding {encoding} is not an encoding of text", hint="--encoding latin-1") from None
    except (UnicodeError, ValueError) as error:
        raise DataError(f"{name} is not {encoding} text: {visible(str(error))}", hint="--encoding latin-1") from None


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Every piece ends with a line: so no character is cut in two, and no CR LF."""
    held = b""
    for piece in pieces:
        piece = held + piece
        cut = max(piece.rfind(b"\n"), piece.rfind(b"\r", 0, -1)) + 1
        held = piece[cut:]
        if cut:
            yield piece[:cut]
    yield held
