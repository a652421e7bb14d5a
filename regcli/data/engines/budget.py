"""How much memory there is, how much the rows would take, and how large a piece may be."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from regcli.data.reading.keeping import keep
from regcli.data.reading.paths import is_address
from regcli.errors import UsageError

INTERPRETER = 200 << 20
"""Bytes that Python, NumPy and pandas take before they hold a row."""
HELD = 3.2
"""Bytes that a byte of plain text takes where all rows are held: measured at 1,000,000 x 20, from start to end."""
PACKED = 5
"""How many bytes a byte of a compressed file may become."""
IN_PIECES = 22
"""Bytes that a byte of a piece takes at the most: it is text, cells, columns and columns by fold, while the next piece
is text and cells."""
LEAST_PIECE = 1 << 18
MOST_PIECE = 32 << 20
ROOM = 0.8
"""The share of free memory that is used."""
PACKINGS = (".gz", ".bz2", ".xz", ".zst", ".zip")


def held(files: Sequence[str]) -> int | None:
    """How many bytes it takes to hold the rows of these files; None where nobody knows how long they are.
    Standard input can be read again afterwards."""
    total = 0.0
    for path in files:
        if is_address(path):
            return None
        try:
            size = keep() if path == "-" else os.stat(path).st_size
        except OSError:
            return None  # whoever opens it says so
        total += size * (PACKED if path.lower().endswith(PACKINGS) else 1)
    return INTERPRETER + int(HELD * total)


def free() -> int:
    """The bytes that this process may still take, as far as the system tells."""
    found = [_of_system(), *_of_group(), *_of_limit()]
    return min(found)


def piece_size(memory: int, moments: int) -> int:
    """How many bytes of text are passed over at once where the process may take `memory` bytes and what is added up
    `moments`. UsageError where that is too little.

    memory = INTERPRETER + moments + IN_PIECES * piece.
    """
    size = (memory - INTERPRETER - moments) // IN_PIECES
    if size < LEAST_PIECE:
        least = INTERPRETER + moments + IN_PIECES * LEAST_PIECE
        raise UsageError(
            f"--memory {told(memory)} is too little: {told(moments)} of moments and {told(INTERPRETER)} of "
            "program are held at once",
            hint=f"--memory {told(least + (1 << 24))}",
        )
    return int(min(size, MOST_PIECE))


def told(size: int) -> str:
    """`800MB`, `12.0GB`, as --memory takes it."""
    return f"{size / 1e9:.1f}GB" if size >= 1e10 else f"{-(-size // 10**6)}MB"


def _of_system() -> int:
    """Memory that is free or could be, of the whole machine."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        line = next(line for line in text.splitlines() if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return sys.maxsize


def _of_group() -> list[int]:
    """What a container may still take."""
    pairs = (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    )
    found = []
    for most, used in pairs:
        try:
            found.append(max(int(Path(most).read_text()) - int(Path(used).read_text()), 0))
        except (OSError, ValueError):  # no such group, or `max`
            continue
    return found


def _of_limit() -> list[int]:
    """What is left of a limit on the size of the process."""
    try:
        import resource
    except ImportError:
        return []
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    if most == resource.RLIM_INFINITY:
        return []
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        used = 0
    return [max(most - used, 0)]
