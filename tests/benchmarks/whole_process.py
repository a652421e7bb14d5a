"""Time whole processes, from start to exit: `regcli fit`, the script one would write instead, `--help`, bare Python.

Run by hand, in an environment where regcli is installed, on a quiet machine:

    python tests/benchmarks/whole_process.py [--rounds 15]

Each round runs every command once, one after another, in an order that turns from round to round; ratios are taken
within a round, and medians over the rounds. A machine that slows down for a while slows both sides of a ratio.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys

from processes import HERE, REGCLI, ROOT, compiled, in_turn, must

DATA = ROOT / "sample_data" / "diabetes.csv"

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
    compiled()
    for command in COMMANDS.values():
        must(command)
    names = list(COMMANDS)
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in in_turn(names, turn):
            times[name].append(must(COMMANDS[name]).seconds)
    print_tables(times)


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
