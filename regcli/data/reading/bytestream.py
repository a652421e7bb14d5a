"""From a path or standard input to clean UTF-8 bytes: opened, unpacked, recognised by content, decoded.

Everything is read once, as bytes, and looked at by content, never by suffix: a `.csv` that is a workbook is named for
what it is, a `.csv` that is gzip is unpacked. What leaves this module is UTF-8 without a byte order mark and without
NUL bytes, so that the parser after it never has to guess.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from regcli.data.reading import kinds
from regcli.data.reading.keeping import STDIN, standard_input
from regcli.data.reading.paths import is_address
from regcli.data.reading.remote import remote_file, without_password
from regcli.data.reading.unpack import unpacked
from regcli.errors import DataError, Notice, UsageError, nearest, visible

PIECE = 1 << 20

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONE_RETURN = re.compile(rb"\r(?!\n)")


class Stream(NamedTuple):
    """The whole text of a source as UTF-8 bytes, and what had to be assumed to get it."""

    name: str
    content: bytes
    notices: tuple[Notice, ...]


def stream(source: str | os.PathLike[str], encoding: str | None) -> Stream:
    """Everything in the file (or, for '-', on standard input), unpacked and decoded.

    Raises DataError where it cannot be read or is no text, UsageError where an extra package is missing.
    """
    return decoded(opened(source), encoding)


def opened(source: str | os.PathLike[str]) -> Stream:
    """The bytes of the file, or of standard input, unpacked."""
    path = os.fspath(source)
    name = name_of(path)
    with source_file(path, name) as file:
        packed = file.read()
    return Stream(name, unpacked(packed, name), tuple(suffix_notice(path, packed, name)))


@contextmanager
def source_file(path: str, name: str) -> Iterator[IO[bytes]]:
    """The file open for reading, from its beginning to its end, once; what goes wrong meanwhile is a DataError."""
    try:
        if path == "-":
            yield standard_input()
        elif is_address(path):
            with remote_file(path, name) as file:
                yield file
        else:
            with open(path, "rb") as file:
                yield file
    except FileNotFoundError as error:
        raise DataError(f"cannot read {name}: {_reason(error)}", hint=_neighbour(path)) from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {name}: {_reason(error)}") from None


def name_of(path: str) -> str:
    """What the source is called in messages and reports: no password that an address holds belongs there."""
    return STDIN if path == "-" else without_password(path)


def decoded(raw: Stream, encoding: str | None) -> Stream:
    """The text of these bytes; DataError where they are none."""
    name = raw.name
    if kinds.columnar(raw.content) is not None:
        raise DataError(f"{name} is a {kinds.columnar(raw.content)}, not text")
    kinds.refuse(raw.content, name)
    content, found = _as_utf8(raw.content, name, encoding)
    no_nul(content, name)
    return Stream(name, without_lone_returns(content), (*found, *raw.notices))


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return visible(str(error))


def _neighbour(path: str) -> str | None:
    """The file in the same folder whose name is closest to the one typed."""
    folder = Path(path).parent
    try:
        names = [entry.name for entry in folder.iterdir()]
    except (OSError, ValueError):
        return None
    near = nearest(Path(path).name, names)
    return visible(str(folder / near)) if near else None


def _as_utf8(content: bytes, name: str, encoding: str | None) -> tuple[bytes, list[Notice]]:
    content = content.removeprefix(codecs.BOM_UTF8)
    codec, notices = codec_of(content, name, encoding)
    if codec is not None:
        return _recoded(content, name, codec), notices
    _check_utf8(content, name)
    return content, []


def codec_of(content: bytes, name: str, encoding: str | None) -> tuple[str | None, list[Notice]]:
    """What the text is to be decoded with, None for UTF-8; by the byte order mark it begins with, unless it is said."""
    if encoding is not None:
        return (None if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig") else encoding), []
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return codec, [Notice("encoding", f"{name} was read as {codec.upper()}, as its byte order mark says")]
    return None, []


def _recoded(content: bytes, name: str, encoding: str) -> bytes:
    try:
        text = content.decode(encoding)
        return text.removeprefix("\ufeff").encode("utf-8")
    except LookupError:
        raise UsageError(f"--encoding {encoding} is not an encoding of text", hint="--encoding latin-1") from None
    except UnicodeDecodeError as error:
        line = physical_line(content, error.start) if is_byte_wise(encoding) else None
        raise not_text(name, encoding, error.start, line) from None
    except (UnicodeError, ValueError) as error:
        raise DataError(f"{name} is not {encoding} text: {visible(str(error))}", hint="--encoding latin-1") from None


def not_text(name: str, encoding: str, at: int, line: int | None) -> DataError:
    """The byte that cannot be decoded, and its line where it is known."""
    where = f"byte {at:,}" + (f" (line {line})" if line else "")
    return DataError(f"{name} is not {encoding} text: {where} cannot be decoded", hint="--encoding latin-1")


def is_byte_wise(encoding: str) -> bool:
    """Whether a line feed is one byte, and that byte nothing else."""
    try:
        return "a\n".encode(encoding) == b"a\n"
    except (LookupError, ValueError):
        return False


def _check_utf8(content: bytes, name: str) -> None:
    """Decode piece by piece and throw the text away: a whole copy could take four times the memory of the file."""
    if content.isascii():
        return
    for start, piece in _pieces(content):
        try:
            piece.decode("utf-8")
        except UnicodeDecodeError as error:
            at = start + error.start
            raise not_utf8(name, at, physical_line(content, at), content[at]) from None


def not_utf8(name: str, at: int, line: int, byte: int) -> DataError:
    """The byte that no UTF-8 text holds there."""
    what = f"{name} is not UTF-8 text: byte {at:,} (line {line}) cannot be decoded"
    return DataError(what, found=f"byte 0x{byte:02x}", hint="--encoding latin-1")


def _pieces(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Pieces of about 1 MiB that never cut a UTF-8 character in two."""
    start = 0
    while start < len(content):
        end = start + PIECE
        cut = end
        while end - cut < 3 and cut < len(content) and content[cut] & 0xC0 == 0x80:
            cut -= 1
        yield start, content[start:cut]
        start = cut


def no_nul(content: bytes, name: str, byte: int = 0, lines: int = 0) -> None:
    """DataError for a NUL byte; so many bytes and lines of the text are before these."""
    at = content.find(b"\0")
    if at < 0:
        return
    line = lines + physical_line(content, at)
    nuls = content[:PIECE].count(b"\0")
    if nuls * 5 > min(len(content), PIECE) * 2:
        codec = "utf-16-le" if (byte + at) % 2 else "utf-16-be"
        raise DataError(f"{name} holds a NUL byte in line {line}: it looks like UTF-16", hint=f"--encoding {codec}")
    raise DataError(
        f"{name} holds a NUL byte in line {line} (byte {byte + at:,}): it is damaged, or not a text file",
        found=repr(content[max(0, at - 8) : at + 8])[1:],
    )


def without_lone_returns(content: bytes) -> bytes:
    """A CR that ends a line by itself becomes LF: after a blank CR line pandas' reader loses the next delimiter."""
    if content.find(b"\r") < 0 or content.count(b"\r") == content.count(b"\r\n"):
        return content
    return _LONE_RETURN.sub(b"\n", content) if b"\r\n" in content else content.replace(b"\r", b"\n")


def physical_line(content: bytes, at: int) -> int:
    """The line, counted from 1, in which the byte at this offset lies; LF, CR LF and CR all end a line."""
    before = content[:at]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")


def suffix_notice(path: str, packed: bytes, name: str) -> list[Notice]:
    """What is said of a file that is not packed although its name says so."""
    suffix = Path(path).suffix.lower()
    if suffix in kinds.PACKED_SUFFIXES and kinds.packing(packed) is None:
        return [Notice("not_compressed", f"{name} ends in {suffix} but is plain text; it was read as it is")]
    return []
