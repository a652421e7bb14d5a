"""regcli: exact, certified regularized regression on CSV files.

import regcli
report = regcli.fit("data.csv", penalty="l1", alpha=0.1)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "cv", "fit", "inspect", "load", "path", "predict"]

if TYPE_CHECKING:
    from regcli.api import compare, cv, fit, inspect, load, path, predict


def __getattr__(name: str) -> Any:
    """The public functions, imported when they are first asked for."""
    if name in __all__:
        from regcli import api

        return getattr(api, name)
    raise AttributeError(f"module 'regcli' has no attribute {name!r}")


def __dir__() -> list[str]:
    """What `dir(regcli)` and completion show."""
    return sorted([*globals(), *__all__])
