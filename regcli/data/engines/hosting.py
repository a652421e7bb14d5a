"""A Dask cluster of this machine, in a process of its own: whatever becomes of who asked for it, it ends with them.

It lives as long as its standard input is open, hears no Ctrl-C, writes nothing to the terminal, and what it keeps in
the temporary folder goes with it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from regcli.errors import UsageError

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
BEGIN = (
    "import json, sys; sys.path[:], workers, memory = json.loads(sys.argv[1]); "
    "from regcli.data.engines.hosting import host; host(workers, memory)"
)


@contextmanager
def hosted(workers: int, memory: int) -> Iterator[str]:
    """The address of the scheduler of a cluster of so many workers, each of which may take `memory` bytes."""
    debugged = os.environ.get("REGCLI_DEBUG") == "1"
    with subprocess.Popen(
        [sys.executable, "-c", BEGIN, json.dumps([sys.path, workers, memory])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None if debugged else subprocess.DEVNULL,
        start_new_session=True, env=os.environ | ONE_THREAD, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            said = process.stdout.readline().strip()
            if "://" not in said:
                raise UsageError("no Dask cluster could be started on this machine", found=said or None)
            yield said
        finally:
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.close()


def host(workers: int, memory: int) -> None:
    """Start it, say its address on standard output, and be there until standard input ends."""
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    folder = tempfile.mkdtemp(prefix="regcli-")
    threading.Thread(target=_end, args=(folder,), daemon=True).start()
    try:
        import dask
        from distributed import LocalCluster

        dask.config.set({"temporary-directory": folder})
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, memory_limit=memory, host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        )  # fmt: skip
        os.write(out, f"{cluster.scheduler_address}\n".encode())
        os.close(out)
        threading.Event().wait()
    except Exception as error:
        os.write(out, f"{type(error).__name__}: {' '.join(str(error).split())}\n".encode())
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)


def _end(folder: str) -> None:
    """When nobody is there any more: workers hold nothing of worth, and write into the folder while they are there."""
    sys.stdin.read()
    for worker in multiprocessing.active_children():
        worker.kill()
        worker.join()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
