"""Decompression by content, as streams, with a stated limit."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from regcli.data.reading import kinds
from regcli.data.reading.zipped import only_member
from regcli.errors import DataError, UsageError, counted

PIECE = 1 << 20
BITE = 4096
LARGEST = 1 << 30
RATIO = 200

Pieces = Iterator[bytes]


def unpacked(packed: bytes, name: str) -> bytes:
    """The bytes themselves, or what is packed in them.

    Refuses what unpacks to over 1 GiB and over 200 times its size, archives that are cut short or damaged, and
    archives in archives.
    """
    kind = kinds.packing(packed)
    if kind is None:
        return packed
    content = _joined(pieces_of(io.BytesIO(packed), kind, name), kind, len(packed), name)
    refuse_packed(content, kind, name)
    return content


def refuse_packed(content: bytes, kind: str, name: str) -> None:
    """DataError where what was packed in an archive is one itself."""
    if kinds.packing(content) is not None:
        raise DataError(
            f"{name} is a {kind} file with a {kinds.packing(content)} file in it", hint="unpack it once first"
        )


def pieces_of(packed: IO[bytes], kind: str, name: str) -> Pieces:
    """What is packed in the file, piece by piece; DataError where it is cut short or damaged."""
    try:
        yield from only_member(packed, name) if kind == "zip" else _OPENERS[kind](packed)
    except EOFError:
        raise DataError(f"{name} is a {kind} file that is cut short", hint="fetch it again") from None
    except (OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise DataError(f"{name} is a damaged {kind} file: {error}", hint="fetch it again") from None


def _joined(pieces: Pieces, kind: str, size: int, name: str) -> bytes:
    out = io.BytesIO()
    for piece in pieces:
        out.write(piece)
        if out.tell() > LARGEST and out.tell() > RATIO * size:
            raise DataError(
                f"{name} unpacks to over 1 GiB and over {RATIO} times its {counted(size, 'byte')}: refused",
                hint="unpack it by hand if it is meant",
            )
    return out.getvalue()


def _read(file: IO[bytes]) -> Pieces:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _gzip(packed: IO[bytes]) -> Pieces:
    return _read(gzip.GzipFile(fileobj=packed))  # type: ignore[arg-type]


def _bzip2(packed: IO[bytes]) -> Pieces:
    return _read(bz2.BZ2File(packed))


def _xz(packed: IO[bytes]) -> Pieces:
    return _read(lzma.LZMAFile(packed))


def _zstd(packed: IO[bytes]) -> Pieces:
    """Python 3.14 brings zstd; before that the `zstandard` package has it."""
    try:
        return _zstd_builtin(importlib.import_module("compression.zstd"), packed)
    except ImportError:
        pass
    try:
        return _zstd_package(importlib.import_module("zstandard"), packed)
    except ImportError:
        raise UsageError("reading zstd files needs one more package", hint="pip install 'regcli[zstd]'") from None


def _zstd_builtin(zstd: Any, packed: IO[bytes]) -> Pieces:
    try:
        yield from _read(zstd.ZstdFile(packed))
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from None


def _zstd_package(zstandard: Any, packed: IO[bytes]) -> Pieces:
    """Frame after frame, in small bites: a bite of 4 KiB bounds what one step can unpack to some 100 MiB."""
    left = packed.read(BITE)
    try:
        while left:
            frame = zstandard.ZstdDecompressor().decompressobj()
            while not frame.eof:
                if not left:
                    raise EOFError
                yield frame.decompress(left)
                left = frame.unused_data if frame.eof else packed.read(BITE)
            left = left or packed.read(BITE)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None


_OPENERS: dict[str, Callable[[IO[bytes]], Pieces]] = {"gzip": _gzip, "bzip2": _bzip2, "xz": _xz, "zstd": _zstd}
