"""Time `regcli compare` against what one would write with scikit-learn (`compare_sklearn.py`), whole processes.

Run by hand, in an environment where regcli is installed:

    python tests/benchmarks/comparison.py [--rounds 5] [--shapes 442x10,10000x50]

In each round both run once, in turn; ratios are taken within a round, medians over the rounds.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import pandas as pd
from solver_shapes import ROOT, data

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Measure shape by shape and print a row of the table for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shapes", default="442x10,10000x50,200x500")
    asked = parser.parse_args()
    for folder in (sysconfig.get_path("purelib"), ROOT / "regcli"):
        compileall.compile_dir(folder, quiet=2, workers=0)
    print("| n x p | regcli s | scikit-learn s | ratio | lowest | highest |\n|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for shape in asked.shapes.split(","):
            n, p = map(int, shape.split("x"))
            file = Path(folder) / f"{shape}.csv"
            X, y = data(n, p)
            pd.DataFrame(X, columns=[f"x{j}" for j in range(p)]).assign(y=y).round(6).to_csv(file, index=False)
            commands = {
                "regcli": [str(Path(sys.executable).parent / "regcli"), "compare", str(file), "--json", "--quiet"],
                "sklearn": [sys.executable, str(HERE / "compare_sklearn.py"), str(file)],
            }
            spent: dict[str, list[float]] = {name: [] for name in commands}
            for turn in range(asked.rounds):
                for name in sorted(commands, reverse=turn % 2 == 1):
                    spent[name].append(seconds(commands[name]))
            ratios = [one / other for one, other in zip(spent["regcli"], spent["sklearn"], strict=True)]
            ours, theirs = (statistics.median(spent[name]) for name in commands)
            middle = statistics.median(ratios)
            row = (
                f"| {n:,} x {p:,} | {ours:.1f} | {theirs:.1f} | {middle:.2f} | {min(ratios):.2f} | {max(ratios):.2f} |"
            )
            print(row, flush=True)


def seconds(command: list[str]) -> float:
    """How long a command takes from its start to its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
