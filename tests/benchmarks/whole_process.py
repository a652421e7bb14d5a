"""Time whole processes, from start to exit: `regcli fit`, the script one would write instead, `--help`, bare Python.

Run by hand, in an environment where regcli is installed, on a quiet machine:

    python tests/benchmarks/whole_process.py [--rounds 15]

Each round runs every command once, one after another, in an order that turns from round to round; ratios are taken
within a round, and medians over the rounds. A machine that slows down for a while slows both sides of a ratio.
"""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = ROOT / "sample_data" / "diabetes.csv"

REGCLI = [str(Path(sysconfig.get_path("scripts")) / "regcli")]
COMMANDS: dict[str, list[str]] = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "regcli --help": [*REGCLI, "--help"],
    "regcli fit": [*REGCLI, "fit", str(DATA), "--penalty", "l1", "--alpha", "0.1"],
    "regcli fit --json": [*REGCLI, "fit", str(DATA), "--penalty", "l1", "--alpha", "0.1", "--json"],
    "sklearn_script.py": [sys.executable, str(HERE / "sklearn_script.py"), str(DATA)],
}


def main() -> None:
    """Compile what is not compiled, warm up once, measure, print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    for folder in (sysconfig.get_path("purelib"), ROOT / "regcli"):
        compileall.compile_dir(folder, quiet=2, workers=0)
    for command in COMMANDS.values():
        seconds(command)
    names = list(COMMANDS)
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            times[name].append(seconds(COMMANDS[name]))
    print_tables(times)


def seconds(command: list[str]) -> float:
    """How long one run takes; a command that fails ends the benchmark with its message."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    begun = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    spent = time.perf_counter() - begun
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)} ended in {run.returncode}:\n{run.stderr}")
    return spent


def print_tables(times: dict[str, list[float]]) -> None:
    """Medians with the fastest and slowest run, then the ratios that have a goal."""
    rounds = len(times["regcli fit"])
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {rounds} rounds\n")
    print("| command | median ms | fastest | slowest |\n|---|--:|--:|--:|")
    for name, spent in times.items():
        print(f"| `{name}` | {1e3 * statistics.median(spent):.0f} | {1e3 * min(spent):.0f} | {1e3 * max(spent):.0f} |")
    fit, script = times["regcli fit"], times["sklearn_script.py"]
    helped, bare = times["regcli --help"], times["python -c pass"]
    ratios = sorted(a / b for a, b in zip(fit, script, strict=True))
    on_top = sorted(a - b for a, b in zip(helped, bare, strict=True))
    print("\n| measured in each round | median | lowest | highest | goal |\n|---|--:|--:|--:|--:|")
    row = "| {} | {:.2f} | {:.2f} | {:.2f} | {} |"
    print(row.format("`regcli fit` / `sklearn_script.py`", statistics.median(ratios), ratios[0], ratios[-1], "0.40"))
    label = "`regcli --help` - `python -c pass`, seconds"
    print(row.format(label, statistics.median(on_top), on_top[0], on_top[-1], "0.15"))


if __name__ == "__main__":
    main()
