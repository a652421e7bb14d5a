"""How many threads linear algebra may use, said before NumPy is imported, when it listens.

One thread: the products here are tall and narrow, where a second thread was measured to cost up to four times the time
it should have halved (and far more on a busy machine); and the last bits of an answer then do not depend on how many
cores a machine has.
"""

from __future__ import annotations

import os

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def suit_threads() -> None:
    """One thread, unless the user has set a number in the environment."""
    if not any(name in os.environ for name in VARIABLES):
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
