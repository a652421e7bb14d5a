"""Time whole processes that cross-validate a lasso, from the CSV file to the chosen model: regcli, R, scikit-learn.

Run by hand, in an environment where regcli is installed, with R, glmnet and data.table at hand:

    python tests/benchmarks/cross_validation.py [--rounds 3] [--shapes 442x10,10000x100] [--data FOLDER]

Ten folds, 100 alphas, each side at its own defaults: `regcli cv FILE --penalty l1 --json --verbose`, `cv_glmnet.R`
and `cv_sklearn.py`. In each round every command runs once, in an order that turns from round to round; ratios are taken
within a round, and medians over the rounds. The files are simulated with a fixed seed and written with six digits
after the point; `--data` keeps them. The first shape is the diabetes data.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from solver_shapes import ROOT, SEED, data

HERE = Path(__file__).resolve().parent
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
CONTESTANTS = ("regcli", "R", "sklearn")


@dataclass(frozen=True)
class Shape:
    """Rows and columns of a file, how often it is timed, and the goals: how many times faster than R and sklearn."""

    n: int
    p: int
    rounds: int
    goals: tuple[float, float]


SHAPES = (
    Shape(442, 10, 7, (2, 2.5)),
    Shape(10_000, 100, 7, (10, 5)),
    Shape(1_000_000, 20, 3, (10, 5)),
    Shape(100_000, 300, 3, (10, 5)),
    Shape(500, 5_000, 3, (2, 2)),
    Shape(72, 7_129, 5, (2, 2)),
)


@dataclass
class Times:
    """Seconds of every contestant's runs, the least mean squared error that each found, and regcli's steps."""

    spent: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in CONTESTANTS})
    least: dict[str, float] = field(default_factory=dict)
    steps: list[dict[str, float]] = field(default_factory=list)


def main() -> None:
    """Compile what is not compiled, measure shape by shape, print a row as soon as it is known, then the steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, help="instead of each shape's own number")
    parser.add_argument("--shapes", help="only these, as in 442x10,10000x100")
    parser.add_argument("--data", type=Path, help="where the files are kept; else they are made anew and thrown away")
    parser.add_argument("--rscript", default="Rscript", help="the command that runs an R script")
    asked = parser.parse_args()
    for folder in (sysconfig.get_path("purelib"), ROOT / "regcli"):
        compileall.compile_dir(folder, quiet=2, workers=0)
    print_versions(asked.rscript)
    rows = []
    with tempfile.TemporaryDirectory() as spare:
        for shape in SHAPES:
            if asked.shapes and f"{shape.n}x{shape.p}" not in asked.shapes.split(","):
                continue
            file = file_of(shape, asked.data or Path(spare))
            times = measured(commands(file, asked.rscript), asked.rounds or shape.rounds)
            print(row(shape, times), flush=True)
            rows.append(step_row(shape, times))
    print(
        "\n| n x p | imports, start, writing s | reading | scaling, moments | fold paths | refit | share of reading |"
    )
    print("|" + "--:|" * 7)
    print("\n".join(rows))


def file_of(shape: Shape, folder: Path) -> Path:
    """The CSV file of a shape, written if it is not there: simulated columns of various means and deviations."""
    if (shape.n, shape.p) == (442, 10):
        return ROOT / "sample_data" / "diabetes.csv"
    file = folder / f"{shape.n}x{shape.p}.csv"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        X, y = data(shape.n, shape.p)
        rng = np.random.default_rng([SEED, shape.p])
        X = X * rng.uniform(0.5, 5, shape.p) + rng.uniform(-20, 20, shape.p)
        frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(1, shape.p + 1)]).assign(y=10 * y + 50)
        unfinished = file.with_suffix(".part")
        frame.to_csv(unfinished, index=False, float_format="%.6f")
        unfinished.rename(file)
    return file


def commands(file: Path, rscript: str) -> dict[str, list[str]]:
    """What each contestant is called with."""
    regcli = str(Path(sysconfig.get_path("scripts")) / "regcli")
    return {
        "regcli": [regcli, "cv", str(file), "--penalty", "l1", "--json", "--verbose"],
        "R": [rscript, "--vanilla", str(HERE / "cv_glmnet.R"), str(file)],
        "sklearn": [sys.executable, str(HERE / "cv_sklearn.py"), str(file)],
    }


def measured(lines: dict[str, list[str]], rounds: int) -> Times:
    """Run every command in turn, `rounds` times, after regcli has run once to bring the file into memory."""
    times, names = Times(), list(lines)
    run(lines["regcli"])
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            spent, said, aside = run(lines[name])
            times.spent[name].append(spent)
            if name == "regcli":
                times.least[name] = json.loads(said)["chosen"]["min"]["mean"]
                times.steps.append(steps_of(aside, spent))
            else:
                times.least[name] = float(said.split()[2])
    return times


def run(command: list[str]) -> tuple[float, str, str]:
    """Seconds of one run, its standard output and error; a command that fails ends the benchmark with its message."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name not in THREADS
    }
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    spent = time.perf_counter() - begun
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended in {done.returncode}:\n{done.stderr}")
    return spent, done.stdout, done.stderr


def steps_of(told: str, spent: float) -> dict[str, float]:
    """Seconds of the steps that `--verbose` tells; `other` is what they leave of the process: imports and writing."""
    found = re.findall(r"^ *([\d.]+) s  (\w+)", told, re.MULTILINE)
    steps = {word: float(seconds) for seconds, word in found}
    return {**steps, "other": spent - sum(steps.values()), "all": spent}


def row(shape: Shape, times: Times) -> str:
    """One line of the table of times and ratios."""
    cells = [f"{shape.n:,} x {shape.p:,}", str(len(times.spent["regcli"]))]
    cells += [figure(statistics.median(times.spent[name])) for name in CONTESTANTS]
    for name, goal in zip(CONTESTANTS[1:], shape.goals, strict=True):
        ratios = sorted(theirs / ours for ours, theirs in zip(times.spent["regcli"], times.spent[name], strict=True))
        cells += [f"{statistics.median(ratios):.1f}", f"{ratios[0]:.1f} to {ratios[-1]:.1f}", f"{goal:g}"]
    cells += [f"{times.least[name]:.5g}" for name in CONTESTANTS]
    return f"| {' | '.join(cells)} |"


def step_row(shape: Shape, times: Times) -> str:
    """One line of the table of regcli's steps: medians over the rounds."""

    def middle(value: Callable[[dict[str, float]], float]) -> float:
        return statistics.median(value(steps) for steps in times.steps)

    cells = [f"{shape.n:,} x {shape.p:,}", figure(middle(lambda steps: steps["other"]))]
    cells += [figure(middle(lambda steps, word=word: steps[word])) for word in ("read", "scaled", "fitted", "refitted")]
    cells.append(f"{100 * middle(lambda steps: steps['read'] / steps['all']):.0f} %")
    return f"| {' | '.join(cells)} |"


def figure(seconds: float) -> str:
    """Seconds with two or three digits that matter."""
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def print_versions(rscript: str) -> None:
    """Who takes part, and the head of the table."""
    asked = 'cat(R.version$major, ".", R.version$minor, ", glmnet ", format(packageVersion("glmnet")), sep = "")'
    theirs = subprocess.run([rscript, "--vanilla", "-e", asked], capture_output=True, text=True, check=True).stdout
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, pandas {pd.__version__}, "
        f"scikit-learn {sklearn.__version__}, R {theirs}, {os.cpu_count()} cores\n"
    )
    print(
        "| n x p | rounds | regcli s | R s | sklearn s | R / regcli | lowest to highest | goal "
        "| sklearn / regcli | lowest to highest | goal | least MSE: regcli | R | sklearn |"
    )
    print("|" + "--:|" * 14)


if __name__ == "__main__":
    main()
