"""How many threads linear algebra may use, and what pyarrow may reserve: said before they are imported, when they
listen.

One, whatever the environment says: the products here are tall and narrow, where a second thread was measured to cost
up to four times the time it should have halved (and far more on a busy machine); and the last bits of an answer then
depend neither on the cores of a machine nor on its settings. Work is shared between processes instead.
"""

from __future__ import annotations

import os

from regcli.data.light import import_pandas

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
POOL = "ARROW_DEFAULT_MEMORY_POOL"
"""Where pyarrow, which Parquet files need, takes memory from: else it reserves a gigabyte of addresses at
once, which a limit on them (`ulimit -v`) counts."""


def suit_threads() -> None:
    """One thread, and no more addresses than are needed; and then pandas, which brings NumPy."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    os.environ.setdefault(POOL, "system")
    import_pandas()
