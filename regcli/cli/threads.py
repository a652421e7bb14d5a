"""How many threads linear algebra may use, said before NumPy is imported, when it listens."""

from __future__ import annotations

import os
from collections.abc import Sequence

SMALL = 16 * 2**20
"""Below this many bytes of input a second thread costs more in waking and waiting than it saves."""
VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def suit_threads(sources: Sequence[str]) -> None:
    """One thread for small files; nothing is changed where the user has said a number, or the size is not known."""
    if any(name in os.environ for name in VARIABLES):
        return
    if all(os.path.isfile(path) and os.path.getsize(path) < SMALL for path in sources):
        os.environ[VARIABLES[0]] = "1"
