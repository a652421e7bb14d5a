"""pandas at its lightest, for a process that does one thing and ends."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def import_pandas() -> None:
    """Import pandas as it is where pyarrow is not installed.

    Where it is, pandas imports all of it, a fifth of the time of a small fit, to keep text in; the numbers are the same
    without. Parquet files, which need it, import it themselves.
    """
    if {"pandas", "pyarrow"} & set(sys.modules):
        return
    hidden: dict[str, Any] = sys.modules  # None in the place of a module is Python's word for one that is not there
    hidden["pyarrow"] = None
    try:
        importlib.import_module("pandas")
    finally:
        del hidden["pyarrow"]
