"""Standard input, kept so that it can be read again: in memory, or a large one in a file that goes with the process."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import IO, cast
from weakref import WeakKeyDictionary, finalize

from regcli.errors import DataError

STDIN = "standard input"
IN_MEMORY = 16 << 20
"""More bytes are written to a file."""


@dataclass(frozen=True)
class _Kept:
    """The `size` bytes of `file` from `start` on."""

    file: IO[bytes]
    start: int
    size: int


_KEPT: WeakKeyDictionary[object, _Kept] = WeakKeyDictionary()


def keep() -> int:
    """See that standard input can be read more than once; how many bytes it has. DataError where there is no room."""
    if sys.stdin is None:
        return 0  # whoever reads it says so
    found = _KEPT.get(sys.stdin)
    if found is None:
        found = _KEPT[sys.stdin] = _made(_bytes())
    return found.size


def is_kept() -> bool:
    """Whether it can be."""
    return sys.stdin is not None and sys.stdin in _KEPT


def standard_input() -> IO[bytes]:
    """Standard input, from its beginning where it is kept."""
    if sys.stdin is None:
        raise DataError(f"cannot read {STDIN}: it is closed")
    found = _KEPT.get(sys.stdin)
    if found is None:
        return _bytes()
    found.file.seek(found.start)
    return found.file


def _bytes() -> IO[bytes]:
    binary: IO[bytes] | None = getattr(sys.stdin, "buffer", None)
    return binary if binary is not None else io.BytesIO(sys.stdin.read().encode("utf-8", "surrogateescape"))


def _made(source: IO[bytes]) -> _Kept:
    """A file is read where it is, a pipe is copied."""
    if source.seekable():
        start = source.tell()
        return _Kept(source, start, source.seek(0, io.SEEK_END) - start)
    import shutil
    import tempfile

    copy = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed with standard input
    try:
        shutil.copyfileobj(source, copy, 1 << 20)
    except OSError as error:
        copy.close()
        raise DataError(
            f"cannot keep {STDIN} in {tempfile.gettempdir()}: {(error.strerror or str(error)).lower()}",
            hint="the file itself as DATA, or TMPDIR with more room",
        ) from None
    finalize(sys.stdin, copy.close)
    return _Kept(cast(IO[bytes], copy), 0, copy.tell())
