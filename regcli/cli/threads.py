"""How many threads linear algebra may use, said before NumPy is imported, when it listens.

One, whatever the environment says: the products here are tall and narrow, where a second thread was measured to cost
up to four times the time it should have halved (and far more on a busy machine); and the last bits of an answer then
depend neither on the cores of a machine nor on its settings. Work is shared between processes instead.
"""

from __future__ import annotations

import os

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def suit_threads() -> None:
    """One thread."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
