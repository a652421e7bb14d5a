"""Who passes over the rows: map pieces of the source to sums, and add. One function, `Engine.total`, is the seam."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from regcli.data.engines.local import Local
from regcli.data.engines.seam import Engine, Watch, unwatched
from regcli.specs import DataSpec

__all__ = ["Engine", "engine_of", "lets_go"]

P = ParamSpec("P")
T = TypeVar("T")

_way_out: ContextVar[ExitStack | None] = ContextVar("way_out", default=None)


def engine_of(data: DataSpec, memory: int, watch: Watch = unwatched) -> Engine:
    """The engine that `data` asks for, which may take up to `memory` bytes on this machine; see `lets_go`."""
    if data.engine != "dask":
        return Local(data.source, memory, watch)
    from regcli.data.engines.cluster import Cluster

    engine, way_out = Cluster(data.source, memory, watch, data.scheduler), _way_out.get()
    if way_out is not None:
        way_out.callback(engine.close)
    return engine


def lets_go(verb: Callable[P, T]) -> Callable[P, T]:
    """The same function, at whose end the engines that it asked for let go of whoever worked for them."""

    @wraps(verb)
    def run(*arguments: P.args, **options: P.kwargs) -> T:
        with ExitStack() as way_out:
            token = _way_out.set(way_out)
            try:
                return verb(*arguments, **options)
            finally:
                _way_out.reset(token)

    return run
