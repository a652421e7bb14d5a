"""Who passes over the rows: map pieces of the source to sums, and add. One function, `Engine.total`, is the seam."""

from __future__ import annotations

from regcli.data.engines.local import Local
from regcli.data.engines.seam import Engine, Watch, unwatched
from regcli.specs import DataSpec

__all__ = ["Engine", "engine_of"]


def engine_of(data: DataSpec, memory: int, watch: Watch = unwatched) -> Engine:
    """The engine that `data` asks for, which may take up to `memory` bytes on this machine."""
    if data.engine == "dask":
        from regcli.data.engines.cluster import Cluster

        return Cluster(data.source, memory, watch, data.scheduler)
    return Local(data.source, memory, watch)
