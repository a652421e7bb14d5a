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
from regcli.errors import DataError, UsageError, counted

PIECE = 1 << 20
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
    content = _joined(_OPENERS[kind](packed), kind, len(packed), name)
    if kinds.packing(content) is not None:
        raise DataError(
            f"{name} is a {kind} file with a {kinds.packing(content)} file in it", hint="unpack it once first"
        )
    return content


def _joined(pieces: Pieces, kind: str, size: int, name: str) -> bytes:
    out = io.BytesIO()
    try:
        for piece in pieces:
            out.write(piece)
            if out.tell() > LARGEST and out.tell() > RATIO * size:
                raise DataError(
                    f"{name} unpacks to over 1 GiB and over {RATIO} times its {counted(size, 'byte')}: refused",
                    hint="unpack it by hand if it is meant",
                )
    except EOFError:
        raise DataError(f"{name} is a {kind} file that is cut short", hint="fetch it again") from None
    except (OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise DataError(f"{name} is a damaged {kind} file: {error}", hint="fetch it again") from None
    return out.getvalue()


def _read(file: IO[bytes]) -> Pieces:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _gzip(packed: bytes) -> Pieces:
    return _read(gzip.GzipFile(fileobj=io.BytesIO(packed)))  # type: ignore[arg-type]


def _bzip2(packed: bytes) -> Pieces:
    return _read(bz2.BZ2File(io.BytesIO(packed)))


def _xz(packed: bytes) -> Pieces:
    return _read(lzma.LZMAFile(io.BytesIO(packed)))


def _zstd(packed: bytes) -> Pieces:
    """Python 3.14 brings zstd; before that the `zstandard` package has it."""
    try:
        return _zstd_builtin(importlib.import_module("compression.zstd"), packed)
    except ImportError:
        pass
    try:
        return _zstd_package(importlib.import_module("zstandard"), packed)
    except ImportError:
        raise UsageError("reading zstd files needs one more package", hint="pip install 'regcli[zstd]'") from None


def _zstd_builtin(zstd: Any, packed: bytes) -> Pieces:
    try:
        yield from _read(zstd.ZstdFile(io.BytesIO(packed)))
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from None


def _zstd_package(zstandard: Any, packed: bytes) -> Pieces:
    """Frame after frame, in small bites: a bite of 4 KiB bounds what one step can unpack to some 100 MiB."""
    bite = 4096
    left = memoryview(packed)
    try:
        while left:
            frame = zstandard.ZstdDecompressor().decompressobj()
            while not frame.eof:
                if not left:
                    raise EOFError
                yield frame.decompress(left[:bite])
                left = left[bite:]
            back = len(frame.unused_data)
            left = memoryview(packed)[len(packed) - len(left) - back :]
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None


_OPENERS: dict[str, Callable[[bytes], Pieces]] = {"gzip": _gzip, "bzip2": _bzip2, "xz": _xz, "zstd": _zstd}
