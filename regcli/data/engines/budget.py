"""How much memory there is, how much the rows would take, and how large a piece may be."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from regcli.data.reading.keeping import keep, standard_input
from regcli.data.reading.paths import is_address
from regcli.errors import UsageError

INTERPRETER = 180 << 20
"""Bytes that Python, NumPy and pandas take before they hold a row: 120 to 150 MB were measured."""
SAFE = 1.15
"""More than was measured is reckoned with."""
PACKED = 5
"""How many bytes a byte of a compressed file may become."""
IN_PIECES = 22
"""Bytes that a byte of a piece takes where nobody has looked: numbers of three digits."""
LEAST_PIECE = 1 << 18
MOST_PIECE = 32 << 20
ROOM = 0.8
"""The share of free memory that is used."""
PACKINGS = (".gz", ".bz2", ".xz", ".zst", ".zip")
SMALL = 16 << 20
"""Shorter files are not looked into: they fit."""
LOOK = 1 << 16
NUMBER = re.compile(rb'\s*"?[-+0-9.eE]*"?\s*')


class Cost(NamedTuple):
    """Bytes of memory for each byte of text, each cell that is a number, and each that is text, at the peak."""

    text: float
    number: float
    word: float

    def of(self, head: bytes) -> float:
        """For each byte of text like this: what its cells are made of is counted."""
        lines = b"\n".join(head.split(b"\n")[1:-1])
        mark = max((b",", b";", b"\t", b"|"), key=lines.count)
        cells = lines.replace(b"\n", mark).split(mark)
        if len(cells) < 2 or b"\0" in lines:
            return self.usual
        words = sum(NUMBER.fullmatch(cell) is None for cell in cells)
        return SAFE * (self.text + (self.number * len(cells) + (self.word - self.number) * words) / len(lines))

    @property
    def usual(self) -> float:
        """Where nobody has looked: numbers of three digits."""
        return SAFE * (self.text + self.number / 4)


HELD = Cost(0.4, 24, 150)
"""Where all rows are held: measured from start to end of `cv` on 150 MB of 20 and of 300 columns of 17 digits (1.6 and
1.5 bytes for each byte), of 20 columns of 2 digits (6.1), and half of short texts of 4 levels (6.2)."""
PASSED = Cost(5.6, 52, 290)
"""Where a piece is passed over, which is text, cells, columns and columns by fold while the next is text and cells: the
same files took 8.2, 9.1, 18 and 17.4 bytes for each byte of a piece."""


def held(files: Sequence[str]) -> int | None:
    """How many bytes it takes to hold the rows of these files; None where nobody knows how long they are.
    Standard input can be read again afterwards."""
    total = 0.0
    for path in files:
        if is_address(path):
            return None
        try:
            size = keep() if path == "-" else os.stat(path).st_size
            each = HELD.usual if size < SMALL else HELD.of(_head(path))
        except OSError:
            return None  # whoever opens it says so
        total += size * (each * PACKED if path.lower().endswith(PACKINGS) else each)
    return INTERPRETER + int(total)


def cost_in_pieces(files: Sequence[str]) -> float:
    """How many bytes each byte of a piece of these files takes."""
    if is_address(files[0]) or files[0].lower().endswith(PACKINGS):
        return IN_PIECES
    try:
        return PASSED.of(_head(files[0]))
    except OSError:
        return IN_PIECES


def _head(path: str) -> bytes:
    if path == "-":
        keep()
        return standard_input().read(LOOK)
    with open(path, "rb") as file:
        return file.read(LOOK)


def free() -> int:
    """The bytes that this process may still take, as far as the system tells."""
    found = [_of_system(), *_of_group(), *_of_limit()]
    return min(found)


def piece_size(memory: int, moments: int, each: float) -> int:
    """How many bytes of text are passed over at once where the process may take `memory` bytes, what is added up takes
    `moments`, and each byte of a piece `each`. UsageError where that is too little.

    memory = INTERPRETER + moments + each * piece.
    """
    size = most_piece(memory, moments, each)
    if size < LEAST_PIECE:
        least = INTERPRETER + moments + int(each * LEAST_PIECE)
        raise UsageError(
            f"--memory {told(memory)} is too little: {told(moments)} of moments and {told(INTERPRETER)} of "
            "program are held at once",
            hint=f"--memory {told(least + (1 << 24))}",
        )
    return size


def most_piece(memory: int, moments: int, each: float) -> int:
    """The same, which may be too small a piece."""
    return min(int((memory - INTERPRETER - moments) / each), MOST_PIECE)


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
