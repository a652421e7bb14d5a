"""Files written whole or not at all: to a temporary file beside them, which then takes their name."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
from collections.abc import Iterator, Sequence
from typing import IO

from regcli.errors import OutputError, UsageError, visible

DESCRIPTORS = ("/dev/fd/", "/dev/stdout", "/dev/stderr", "/proc/self/fd/")

unfinished: set[str] = set()
"""Temporary files that are to be removed on the way out."""


def check_writable(path: str, sources: Sequence[str], option: str = "--output") -> None:
    """Refuse, before any work, an output that could not be written or that would overwrite one of the inputs."""
    try:
        folder = os.path.dirname(os.path.realpath(path))
    except OSError:
        raise OutputError(f"cannot write {visible(path)}: the working folder is gone") from None
    if os.path.isdir(path):
        raise OutputError(f"cannot write {visible(path)}: it is a folder")
    if not os.path.isdir(folder):
        if os.path.exists(folder):
            raise OutputError(f"cannot write {visible(path)}: {visible(folder)} is not a folder")
        raise OutputError(
            f"cannot write {visible(path)}: the folder {visible(folder)} does not exist",
            hint=shlex.join(["mkdir", "-p", folder]),
        )
    if any(_same_file(path, source) for source in sources):
        raise UsageError(f"{option} {visible(path)} is a file that is read", hint=f"{option} with another name")
    wanted = path if is_stream(path) else folder
    if not os.access(wanted, os.W_OK) or (os.path.exists(path) and not os.access(path, os.W_OK)):
        raise OutputError(f"cannot write {visible(path)}: permission denied")


def _same_file(path: str, source: str) -> bool:
    """Whether a regular file is read from `source`, which may be - for standard input."""
    with contextlib.suppress(OSError, ValueError):
        return os.path.isfile(path) and os.path.samestat(os.stat(path), os.stat(0 if source == "-" else source))
    return False


def is_stream(path: str) -> bool:
    """A device, a named pipe or a descriptor by its name (/dev/stdout): it is written to as it is."""
    return path.startswith(DESCRIPTORS) or (os.path.exists(path) and not os.path.isfile(path))


def write_whole(path: str, content: bytes) -> None:
    """Write a file whole or not at all; a link is followed. Raises OutputError."""
    with opened_whole(path) as file:
        file.write(content)


@contextlib.contextmanager
def opened_whole(path: str) -> Iterator[IO[bytes]]:
    """A file to write to, which takes its name when the block ends well and is gone when it does not."""
    try:
        if is_stream(path):
            with open(path, "ab") as stream:
                yield stream
        else:
            with _replacing(os.path.realpath(path)) as file:
                yield file
    except BrokenPipeError:
        raise OutputError(f"cannot write {visible(path)}: nobody reads it") from None
    except OSError as error:
        raise OutputError(f"cannot write {visible(path)}: {reason(error)}") from None


@contextlib.contextmanager
def _replacing(path: str) -> Iterator[IO[bytes]]:
    temporary = os.path.join(os.path.dirname(path), f".regcli-{os.urandom(8).hex()}.tmp")
    unfinished.add(temporary)
    try:
        with open(temporary, "xb") as file:
            if os.path.exists(path):
                os.chmod(temporary, os.stat(path).st_mode & 0o777)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    finally:
        unfinished.discard(temporary)


def reason(error: OSError) -> str:
    """Why the system refused, in words."""
    return "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error)).lower()
