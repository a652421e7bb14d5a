"""Time the solver alone along a lasso path of 100 alphas: regcli, glmnet, scikit-learn, celer, adelie on five shapes.

Run by hand, in an environment where regcli is installed; celer and adelie may live in another one:

    python tests/benchmarks/path_shapes.py [--rounds 7] [--peers PYTHON] [--rscript Rscript] [--shapes 442x10]

All get the same standardized columns, the same centred response and the same log-spaced alphas from the largest down
to 1e-4 of it, or 1e-2 with more features than rows; nobody stops early. The peers run at their default tolerances,
regcli to rounding. Each contestant is a process that waits (`path_solvers.py`, `path_glmnet.R`); rounds go from one to
the next; a time is the fastest of the rounds, of the processor, for the machine may be busy; a violation the worst of
the path by regcli's ruler, as a share of the largest alpha. One thread of linear algebra for all.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from solver_shapes import LONG_RACE, SHAPES, data

from regcli.problem.certificate import certify_path
from regcli.problem.objective import Problem, alpha_max
from regcli.problem.penalties import ElasticNet

HERE = Path(__file__).resolve().parent
COUNT = 100
OURS = ("regcli", "regcli_certified")
PEERS = ("glmnet", "sklearn", "celer", "adelie")
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


@dataclass
class Contestant:
    """A process that runs the path whenever it is sent a line."""

    name: str
    process: subprocess.Popen[str]
    title: str = ""
    spent: list[float] = field(default_factory=list)

    def race(self) -> float:
        """Run once and return the seconds."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return float(self.hear())

    def hear(self) -> str:
        """The next line it says; one that has ended ends the benchmark."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} has ended, see above")
        return line.strip()

    def end(self) -> None:
        """Let it go."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def main() -> None:
    """Race on every shape and print a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peers", default=sys.executable, help="the Python that has scikit-learn, celer and adelie")
    parser.add_argument("--rscript", default="Rscript", help="the command that runs an R script")
    parser.add_argument("--shapes", help="only these, as in 442x10,500x5000")
    asked = parser.parse_args()
    headed = False
    for n, p in SHAPES:
        if asked.shapes and f"{n}x{p}" not in asked.shapes.split(","):
            continue
        with tempfile.TemporaryDirectory() as folder:
            titles, line = raced(n, p, Path(folder), asked)
        if not headed:
            print_head(titles)
            headed = True
        print(line, flush=True)


def print_head(titles: list[str]) -> None:
    """Versions and the head of the table."""
    versions = ", ".join(dict.fromkeys(titles))
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {versions}, {os.cpu_count()} cores\n")
    peers = " | ".join(f"{name} ms | violation" for name in PEERS)
    print(f"| n x p | rounds | non-zero | regcli ms | certified ms | violation | {peers} | regcli / best peer |")
    print("|" + "--:|" * (7 + 2 * len(PEERS)))


def raced(n: int, p: int, folder: Path, asked: argparse.Namespace) -> tuple[list[str], str]:
    """The contestants' titles and the line of the table for one shape."""
    Z, y = data(n, p)
    problem = Problem(Z, y, ElasticNet(np.ones(p), np.zeros(p)), 1.0, intercept=False)
    largest = alpha_max(problem)
    alphas = largest * np.logspace(0, -4 if n > p else -2, COUNT)
    (folder / "size.txt").write_text(f"{n} {p} {COUNT}\n")
    for name, array in (("Z", Z), ("y", y), ("alphas", alphas)):
        array.ravel(order="F").tofile(folder / f"{name}.bin")
    field_of = [started(name, folder, asked) for name in (*OURS, *PEERS)]
    for contestant in field_of:
        contestant.title = contestant.hear()
        contestant.race()
    for turn in range(asked.rounds):
        if turn >= 3 and sum(sum(contestant.spent) for contestant in field_of) > LONG_RACE:
            break
        shift = turn % len(field_of)
        for contestant in field_of[shift:] + field_of[:shift]:
            contestant.spent.append(contestant.race())
    for contestant in field_of:
        contestant.end()
    return [contestant.title for contestant in field_of], row(problem, alphas, folder, field_of)


def started(name: str, folder: Path, asked: argparse.Namespace) -> Contestant:
    """A contestant's process, on one thread."""
    environment = {word: value for word, value in os.environ.items() if not word.startswith("PYTHON")}
    environment.update(dict.fromkeys(THREADS, "1"))
    python = sys.executable if name in OURS else asked.peers
    if name == "glmnet":
        command = [asked.rscript, "--vanilla", str(HERE / "path_glmnet.R"), str(folder)]
    else:
        command = [python, str(HERE / "path_solvers.py"), name, str(folder)]
    pipe = subprocess.PIPE
    return Contestant(name, subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment))


def row(problem: Problem, alphas: np.ndarray, folder: Path, contestants: list[Contestant]) -> str:
    """One line of the table."""
    n, p = problem.Z.shape
    best = {contestant.name: 1e3 * min(contestant.spent) for contestant in contestants}
    violations, last = {}, 0
    for name in best:
        coefs = np.fromfile(folder / f"{name}.bin").reshape(-1, p)
        # glmnet gives back fewer alphas when it does not converge: what is missing is measured as zero.
        coefs = np.vstack([coefs, np.zeros((len(alphas) - len(coefs), p))])
        rulings, _, _ = certify_path(problem, alphas, coefs)
        violations[name] = rulings.worst[1]
        last = np.count_nonzero(coefs[-1]) if name == "regcli" else last
    cells = [f"{n:,} x {p:,}", str(len(contestants[0].spent)), str(last), f"{best['regcli']:.1f}"]
    cells += [f"{best['regcli_certified']:.1f}", f"{violations['regcli']:.0e}"]
    for name in PEERS:
        cells += [f"{best[name]:.1f}", f"{violations[name]:.0e}"]
    cells.append(f"{best['regcli'] / min(best[name] for name in PEERS):.2f}")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
