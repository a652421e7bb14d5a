"""A Dask cluster to work on: one that is there already, or one of this machine, which ends when it is left."""

from __future__ import annotations

import logging
import os
import pkgutil
import socket
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any

from regcli import __version__
from regcli.data.engines.budget import IN_PIECES, INTERPRETER, LEAST_PIECE, ROOM, told
from regcli.data.engines.hosting import hosted
from regcli.errors import UsageError, visible

PIECE = 8 << 20
"""Bytes of text that a worker passes over at once, where its memory allows."""
PATIENCE = 10.0
"""Seconds in which a scheduler has to answer, and a first worker to come."""
ALIKE = {"regcli": 3, "python": 2, "numpy": 2, "pandas": 2, "dask": 3, "distributed": 3}
"""How many numbers of a version have to be the same on all machines."""

VERSION = "regcli:__version__"
ON_EACH = f"pip install 'regcli[dask]=={__version__}' on each machine of the cluster"


@dataclass(frozen=True)
class Joined:
    """A cluster in use: who speaks to it, how many bytes its workers pass over at once, how it is left."""

    client: Any
    size: int
    leave: Callable[[], None]


def distributed() -> Any:
    """The package; UsageError where it is not installed."""
    try:
        import distributed as package
    except ImportError:
        raise UsageError("--engine dask needs one more package", hint="pip install 'regcli[dask]'") from None
    return package


def line_of(error: object) -> str:
    """What went wrong, in one line."""
    return visible(" ".join(str(error).split()) or type(error).__name__)


def started(memory: int, moments: int, parts: int) -> Joined:
    """A cluster of this machine that takes up to `memory` bytes with this process: as many workers as there are cores,
    parts, and memory for pieces of a good size. UsageError where there is not enough for one."""
    from dask.system import CPU_COUNT

    rest = memory - 2 * (INTERPRETER + moments)  # this process and the scheduler
    if rest < _needed(LEAST_PIECE, moments):
        least = memory - rest + _needed(LEAST_PIECE, moments)
        what = f"--engine dask needs {told(least)} on this machine: there are {told(memory)}"
        raise UsageError(what, hint=f"--memory {told(least + (1 << 24))}, or a --scheduler elsewhere")
    workers = max(1, min(CPU_COUNT, parts, rest // _needed(PIECE, moments)))
    with ExitStack() as way_out:
        there = joined(way_out.enter_context(hosted(workers, rest // workers)), moments)
        way_out.callback(there.leave)
        return replace(there, leave=way_out.pop_all().close)


def joined(address: str, moments: int) -> Joined:
    """The cluster whose scheduler is there. UsageError where it does not answer, has no workers, or where one of its
    machines lacks regcli or memory."""
    package, option = distributed(), f"--scheduler {visible(address)}"
    with ExitStack() as way_out:
        for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
            logger = logging.getLogger(name)
            way_out.callback(setattr, logger, "disabled", logger.disabled)
            logger.disabled = os.environ.get("REGCLI_DEBUG") != "1"
        try:
            _greeted(address)
            with warnings.catch_warnings(action="ignore"):  # versions are compared below
                client = package.Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError, ImportError) as error:
            what = f"{option}: no Dask scheduler answers there"
            raise UsageError(what, found=line_of(error), hint="tcp://HOST:8786, as dask scheduler prints it") from None
        way_out.callback(_closed, client)
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            what = f"{option}: it has no worker, and none has come within {PATIENCE:.0f} s"
            raise UsageError(what, hint=f"dask worker {visible(address)}") from None
        _check_versions(client)
        size = _size(_memory_of(client, option, moments), moments)
        return Joined(client, size, way_out.pop_all().close)


def _closed(client: Any) -> None:
    with suppress(Exception):  # its scheduler may be gone
        client.close()


def _greeted(address: str) -> None:
    """OSError or ValueError where nobody speaks as a Dask scheduler does: first. A client would wait for ever."""
    from distributed.comm import get_address_host_port

    with socket.create_connection(get_address_host_port(address), PATIENCE) as there:
        if not address.startswith("tls:") and not there.recv(1):
            raise OSError("the connection was closed")


def _needed(piece: int, moments: int) -> int:
    """The memory of a worker that passes over so many bytes at once: it has to stay below what it may take at most."""
    return int((INTERPRETER + moments + IN_PIECES * piece) / ROOM)


def _size(limit: int, moments: int) -> int:
    """How many bytes a worker of so much memory passes over at once."""
    return min(int(ROOM * limit - INTERPRETER - moments) // IN_PIECES, PIECE)


def _memory_of(client: Any, option: str, moments: int) -> int:
    """What the worker with the least has for each of its threads."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    limits = [one["memory_limit"] // one["nthreads"] for one in workers if one["memory_limit"] and one["nthreads"]]
    least, needed = min(limits, default=sys.maxsize), _needed(LEAST_PIECE, moments)
    if least < needed:
        what = f"{option}: a worker has {told(least)} of memory for each of its threads, and {told(needed)} are needed"
        raise UsageError(what, hint="dask worker with --nthreads 1, or with a larger --memory-limit")
    return least


def _check_versions(client: Any) -> None:
    """UsageError for a machine of the cluster that lacks regcli, or has other versions than this one."""
    ask = (pkgutil.resolve_name, VERSION)
    try:
        found = {"the scheduler": client.run_on_scheduler(*ask)}
    except (ImportError, AttributeError) as error:
        found = {"the scheduler": error}
    found |= {f"the worker {where}": one for where, one in client.run(*ask, on_error="return").items()}
    for where, one in found.items():
        if isinstance(one, ImportError | AttributeError):  # any other error: it is going, or not there yet
            raise UsageError(f"regcli cannot be imported by {where}: {line_of(one)}", hint=ON_EACH)
    versions = client.get_versions()
    packages = {"the scheduler": versions["scheduler"]["packages"]}
    packages |= {f"the worker {where}": one["packages"] for where, one in versions["workers"].items()}
    ours = versions["client"]["packages"] | {"regcli": __version__}
    for where, theirs in packages.items():
        if isinstance(found.get(where), str):
            theirs = theirs | {"regcli": found[where]}
            for package, numbers in ALIKE.items():
                mine, its = (_start(one.get(package), numbers) for one in (ours, theirs))
                if mine != its:
                    what = f"{where} has {package} {its}, and this machine {mine}"
                    raise UsageError(what, hint="the same versions on all machines")


def _start(version: str | None, numbers: int) -> str:
    """The first numbers of a version."""
    return ".".join(str(version).split(".")[:numbers])
