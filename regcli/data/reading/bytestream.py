"""From a path or standard input to clean UTF-8 bytes: opened, unpacked, recognised by content, decoded.

Everything is read once, as bytes, and looked at by content, never by suffix: a `.csv` that is a workbook is named for
what it is, a `.csv` that is gzip is unpacked. What leaves this module is UTF-8 without a byte order mark and without
NUL bytes, so that the parser after it never has to guess.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from regcli.data.reading import kinds
from regcli.data.reading.unpack import unpacked
from regcli.errors import DataError, Notice, UsageError, nearest, visible

STDIN = "standard input"
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
    packed = _standard_input() if path == "-" else _file(path, name)
    return Stream(name, unpacked(packed, name), tuple(_suffix_notice(path, packed, name)))


def name_of(path: str) -> str:
    """What the source is called in messages."""
    return STDIN if path == "-" else visible(path)


def decoded(raw: Stream, encoding: str | None) -> Stream:
    """The text of these bytes; DataError where they are none."""
    name = raw.name
    kinds.refuse(raw.content, name)
    content, found = _as_utf8(raw.content, name, encoding)
    _no_nul(content, name)
    return Stream(name, _without_lone_returns(content), (*found, *raw.notices))


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise DataError(f"cannot read {STDIN}: it is closed")
    try:
        binary = getattr(sys.stdin, "buffer", None)
        data: bytes = binary.read() if binary is not None else sys.stdin.read().encode("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {STDIN}: {_reason(error)}") from None
    return data


def _file(path: str, name: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise DataError(f"cannot read {name}: {_reason(error)}", hint=_neighbour(path)) from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {name}: {_reason(error)}") from None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return visible(str(error))


def _neighbour(path: str) -> str | None:
    """The file in the same folder whose name is closest to the one typed."""
    if path.startswith(("http://", "https://")):
        return f"curl -s {visible(path)} | regcli ... -"
    folder = Path(path).parent
    try:
        names = [entry.name for entry in folder.iterdir()]
    except (OSError, ValueError):
        return None
    near = nearest(Path(path).name, names)
    return visible(str(folder / near)) if near else None


def _as_utf8(content: bytes, name: str, encoding: str | None) -> tuple[bytes, list[Notice]]:
    if content.startswith(codecs.BOM_UTF8):
        content = content[len(codecs.BOM_UTF8) :]
    if encoding is not None and codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig"):
        return _recoded(content, name, encoding), []
    if encoding is None:
        for mark, codec in _MARKS:
            if content.startswith(mark):
                notice = Notice("encoding", f"{name} was read as {codec.upper()}, as its byte order mark says")
                return _recoded(content, name, codec), [notice]
    _check_utf8(content, name)
    return content, []


def _recoded(content: bytes, name: str, encoding: str) -> bytes:
    try:
        text = content.decode(encoding)
        return text.removeprefix("\ufeff").encode("utf-8")
    except LookupError:
        raise UsageError(f"--encoding {encoding} is not an encoding of text", hint="--encoding latin-1") from None
    except UnicodeDecodeError as error:
        line = physical_line(content, error.start) if _is_byte_wise(encoding) else None
        where = f"byte {error.start:,}" + (f" (line {line})" if line else "")
        raise DataError(
            f"{name} is not {encoding} text: {where} cannot be decoded", hint="--encoding latin-1"
        ) from None
    except (UnicodeError, ValueError) as error:
        raise DataError(f"{name} is not {encoding} text: {visible(str(error))}", hint="--encoding latin-1") from None


def _is_byte_wise(encoding: str) -> bool:
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
            raise DataError(
                f"{name} is not UTF-8 text: byte {at:,} (line {physical_line(content, at)}) cannot be decoded",
                found=f"byte 0x{content[at]:02x}",
                hint="--encoding latin-1",
            ) from None


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


def _no_nul(content: bytes, name: str) -> None:
    at = content.find(b"\0")
    if at < 0:
        return
    line = physical_line(content, at)
    nuls = content[:PIECE].count(b"\0")
    if nuls * 5 > min(len(content), PIECE) * 2:
        codec = "utf-16-le" if at % 2 else "utf-16-be"
        raise DataError(f"{name} holds a NUL byte in line {line}: it looks like UTF-16", hint=f"--encoding {codec}")
    raise DataError(
        f"{name} holds a NUL byte in line {line} (byte {at:,}): it is damaged, or not a text file",
        found=repr(content[max(0, at - 8) : at + 8])[1:],
    )


def _without_lone_returns(content: bytes) -> bytes:
    """A CR that ends a line by itself becomes LF: after a blank CR line pandas' reader loses the next delimiter."""
    if content.find(b"\r") < 0 or content.count(b"\r") == content.count(b"\r\n"):
        return content
    return _LONE_RETURN.sub(b"\n", content) if b"\r\n" in content else content.replace(b"\r", b"\n")


def physical_line(content: bytes, at: int) -> int:
    """The line, counted from 1, in which the byte at this offset lies; LF, CR LF and CR all end a line."""
    before = content[:at]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")


def _suffix_notice(path: str, packed: bytes, name: str) -> list[Notice]:
    suffix = Path(path).suffix.lower()
    if suffix in kinds.PACKED_SUFFIXES and kinds.packing(packed) is None:
        return [Notice("not_compressed", f"{name} ends in {suffix} but is plain text; it was read as it is")]
    return []
