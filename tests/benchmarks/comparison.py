"""Time `regcli compare` against what one would write with scikit-learn (`compare_sklearn.py`), whole processes.

Run by hand, in an environment where regcli is installed:

    python tests/benchmarks/comparison.py [--rounds 5] [--shapes 442x10,10000x50]

In each round both run once, in turn; ratios are taken within a round, medians over the rounds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from processes import HERE, REGCLI, compiled, in_turn, must, spread


def main() -> None:
    """Measure shape by shape and print a row of the table for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shapes", default="442x10,10000x50,200x500")
    asked = parser.parse_args()
    compiled()
    print("| n x p | regcli s | scikit-learn s | ratio | lowest | highest |\n|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for shape in asked.shapes.split(","):
            n, p = map(int, shape.split("x"))
            must([sys.executable, str(HERE / "files.py"), folder, shape])
            file = str(Path(folder) / f"{shape}.csv")
            commands = {
                "regcli": [*REGCLI, "compare", file, "--json", "--quiet"],
                "sklearn": [sys.executable, str(HERE / "compare_sklearn.py"), file],
            }
            spent: dict[str, list[float]] = {name: [] for name in commands}
            for turn in range(asked.rounds):
                for name in in_turn(list(commands), turn):
                    spent[name].append(must(commands[name]).seconds)
            middle, low, high = spread([a / b for a, b in zip(spent["regcli"], spent["sklearn"], strict=True)])
            ours, theirs = (spread(spent[name])[0] for name in commands)
            print(f"| {n:,} x {p:,} | {ours:.1f} | {theirs:.1f} | {middle:.2f} | {low:.2f} | {high:.2f} |", flush=True)


if __name__ == "__main__":
    main()
