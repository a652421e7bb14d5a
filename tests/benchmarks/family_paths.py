"""Time the solver alone along a binomial lasso path of 100 alphas: regcli, glmnet, scikit-learn on five shapes.

Run by hand, in an environment where regcli and scikit-learn are installed:

    python tests/benchmarks/family_paths.py [--rounds 7] [--rscript Rscript] [--shapes 442x10] [--without saga]

The data of `path_shapes.py`, whose response is cut at its median into 0 and 1, and 1,000,000 x 20; an intercept; the
same log-spaced alphas for all, down to 1e-4 of the largest, or 1e-2 with more features than rows. Everyone goes to
the last alpha; `early` are regcli, certified, and glmnet once more, each with its rules for when to stop, which are
the same. The peers run at their default tolerances, regcli to rounding. Each contestant is a process that waits
(`family_solvers.py`, `family_glmnet.R`); rounds go from one to the next; a time is the fastest of the rounds,
of the processor, for all use one thread and the machine may be busy; a violation is the worst of the path by regcli's
ruler.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from path_shapes import COUNT, THREADS, Contestant
from solver_shapes import LONG_RACE, SHAPES, data

from regcli.problem.families import BINOMIAL
from regcli.problem.objective import Problem, alpha_max
from regcli.problem.penalties import ElasticNet
from regcli.problem.rulings import certify_points

HERE = Path(__file__).resolve().parent
FAMILY_SHAPES = (*(shape for shape in SHAPES if shape != (2_000, 1_000)), (1_000_000, 20))
CONTESTANTS = ("regcli", "regcli_certified", "glmnet", "regcli_early", "glmnet_early", "saga", "liblinear")
RARE = ("saga", "liblinear")
"""Raced once where they take long."""
MANY = 1_000_000
"""From so many numbers on scikit-learn is asked once."""


def main() -> None:
    """Race on every shape and print a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rscript", default="Rscript", help="the command that runs an R script")
    parser.add_argument("--shapes", help="only these, as in 442x10,500x5000")
    parser.add_argument("--without", default="", help="contestants left out, as in saga,liblinear")
    asked = parser.parse_args()
    names = [name for name in CONTESTANTS if name not in asked.without.split(",")]
    headed = False
    for n, p in FAMILY_SHAPES:
        if asked.shapes and f"{n}x{p}" not in asked.shapes.split(","):
            continue
        with tempfile.TemporaryDirectory() as folder:
            titles, line = raced(n, p, Path(folder), names, asked)
        if not headed:
            print_head(titles, names)
            headed = True
        print(line, flush=True)


def print_head(titles: list[str], names: list[str]) -> None:
    """Versions and the head of the table."""
    versions = ", ".join(dict.fromkeys(titles))
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {versions}, {os.cpu_count()} cores\n")
    columns = [f"{name} ms | violation" for name in names]
    print(f"| n x p | non-zero | {' | '.join(columns)} | all: certified / glmnet | early: regcli / glmnet |")
    print("|" + "--:|" * (4 + 2 * len(names)))


def raced(n: int, p: int, folder: Path, names: list[str], asked: argparse.Namespace) -> tuple[list[str], str]:
    """The contestants' titles and the line of the table for one shape."""
    Z, y = data(n, p)
    y = (y > np.median(y)).astype(float)
    problem = Problem(Z, y, ElasticNet(np.ones(p), np.zeros(p)), 1.0, family=BINOMIAL)
    alphas = alpha_max(problem) * np.logspace(0, -4 if n > p else -2, COUNT)
    (folder / "size.txt").write_text(f"{n} {p} {COUNT}\n")
    for name, array in (("Z", Z), ("y", y), ("alphas", alphas)):
        array.ravel(order="F").tofile(folder / f"{name}.bin")
    field_of = [started(name, folder, asked.rscript) for name in names]
    for contestant in field_of:
        contestant.title = contestant.hear()
        seldom = contestant.name in RARE and n * p >= MANY
        if seldom or n * p > 10 * MANY:
            contestant.spent.append(contestant.race())
        else:
            contestant.race()
    often = [one for one in field_of if not (one.name in RARE and n * p >= MANY)]
    for turn in range(asked.rounds):
        if turn >= 3 and sum(sum(contestant.spent) for contestant in often) > LONG_RACE:
            break
        shift = turn % len(often)
        for contestant in often[shift:] + often[:shift]:
            contestant.spent.append(contestant.race())
    for contestant in field_of:
        contestant.end()
    return [contestant.title for contestant in field_of], row(problem, alphas, folder, field_of)


def started(name: str, folder: Path, rscript: str) -> Contestant:
    """A contestant's process, on one thread."""
    environment = {word: value for word, value in os.environ.items() if not word.startswith("PYTHON")}
    environment.update(dict.fromkeys(THREADS, "1"))
    if name.startswith("glmnet"):
        early = ["early"] if name.endswith("early") else []
        command = [rscript, "--vanilla", str(HERE / "family_glmnet.R"), str(folder), *early]
    else:
        command = [sys.executable, str(HERE / "family_solvers.py"), name, str(folder)]
    pipe = subprocess.PIPE
    return Contestant(name, subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment))


def row(problem: Problem, alphas: np.ndarray, folder: Path, contestants: list[Contestant]) -> str:
    """One line of the table."""
    n, p = problem.Z.shape
    best = {contestant.name: 1e3 * min(contestant.spent) for contestant in contestants}
    cells, last = [], 0
    for name in best:
        found = np.fromfile(folder / f"{name}.bin").reshape(-1, 1 + p)
        rulings, _ = certify_points(problem, alphas[: len(found)], found[:, 0], found[:, 1:])
        short = f" ({len(found)})" if len(found) < len(alphas) else ""
        cells += [f"{best[name]:.1f}{short}", f"{rulings.worst[1]:.0e}"]
        last = np.count_nonzero(found[-1, 1:]) if name == "regcli" else last
    for ours, theirs in (("regcli_certified", "glmnet"), ("regcli_early", "glmnet_early")):
        cells.append(f"{best[ours] / best[theirs]:.2f}" if {ours, theirs} <= set(best) else "")
    return f"| {n:,} x {p:,} | {last} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
