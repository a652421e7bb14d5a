"""Whole processes, timed from outside: seconds by the wall clock and peak memory by the operating system's account.

This module and those that measure with it stay small: a child counts the memory of the process it was forked from as
its own until it has become another program, so whoever starts children must not hold NumPy or data.
"""

from __future__ import annotations

import compileall
import os
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REGCLI = [sys.executable, "-m", "regcli"]
"""From the folder ROOT, where `run` runs it, this is the regcli that lies there."""

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
KIB = 1024 if sys.platform != "darwin" else 1
"""Bytes in the unit of `ru_maxrss`."""


@dataclass(frozen=True)
class Run:
    """One process from start to exit: seconds, the peak resident bytes of its largest process, what it said.

    `status` is the exit code, None where the process was ended for taking too long.
    """

    seconds: float
    peak: int
    status: int | None
    out: str
    err: str


def compiled() -> None:
    """Compile what is not compiled: no run shall pay for it."""
    for folder in (sysconfig.get_path("purelib"), ROOT / "regcli"):
        compileall.compile_dir(folder, quiet=2, workers=0)


def run(command: Sequence[str], patience: float | None = None) -> Run:
    """Run `command` in ROOT, in an environment without settings of Python or of threads; for `patience` seconds."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name not in THREADS
    }
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=environment, cwd=ROOT, start_new_session=True
        )
        late = threading.Event()
        timer = threading.Timer(patience or threading.TIMEOUT_MAX, _end, (process.pid, late))
        timer.daemon = True
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        spent = time.perf_counter() - begun
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode(errors="replace"))
    return Run(spent, usage.ru_maxrss * KIB, None if late.is_set() else process.returncode, *said)


def _end(group: int, late: threading.Event) -> None:
    late.set()
    os.killpg(group, signal.SIGKILL)


def must(command: Sequence[str]) -> Run:
    """Run `command`; one that fails ends the benchmark with its message."""
    done = run(command)
    if done.status != 0:
        sys.exit(f"{' '.join(command)} ended in {done.status}:\n{done.err}")
    return done


def in_turn(names: Sequence[str], turn: int) -> list[str]:
    """The names in an order that turns from round to round."""
    shift = turn % len(names)
    return [*names[shift:], *names[:shift]]


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, lowest and highest."""
    return statistics.median(values), min(values), max(values)
