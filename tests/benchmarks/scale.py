"""Time and weigh whole processes from small files to large ones: regcli beside its peers, and beside what bounds it.

Run by hand, in an environment where regcli and matplotlib are installed; the peers may live in another one:

    python tests/benchmarks/scale.py --data FOLDER [--peers PYTHON] [--rounds 3] [--write]

Five jobs, each from the CSV file on: reading it; `fit`, `path` and `cv` of a lasso; `cv` of two classes. The peers are
`scale_peers.py` and `scale_peers.R`; one that is not installed is skipped with a word. FOLDER keeps the files, some
1.2 GB, and scale.json, every run of the last measurement. Tables are printed; with `--write` they go into the README
beside this script, and the plot into scale.svg; with `--again` they are made from the last measurement. A measurement
that was interrupted goes on with `--resume`, from the next file.

In each round every command on a file runs once, in an order that turns from round to round; ratios are taken within a
round, medians over the rounds. What takes longer than `--once` seconds is not repeated, what takes longer than
`--patience` is ended, and not tried on larger files.

The limit stated beside each figure is what no program of this kind can beat: the time of the fastest reader of that
round, a whole process, and for all but reading one product of the columns with each other, n p min(n, p) operations
at the rate of a large matrix product on all cores, measured in that round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from processes import HERE, REGCLI, Run, compiled, in_turn, must, run

JOBS = ("reading", "fit", "path", "cv", "classes")
ROWS, WITH_COLUMNS = (1_000, 10_000, 100_000, 1_000_000, 2_000_000), 20
COLUMNS, WITH_ROWS = (5, 50, 500, 5_000), 500
SHAPES = ("442x10", "100000x300")
QUICK_CELLS = 300_000
CLASSES_CELLS = 10_000_000
"""Rows times columns of the largest file on which classes are cross-validated."""

READERS = ("pandas", "pyarrow", "polars")
SOLVERS = ("sklearn", "celer", "adelie")
OUR_READER = (
    "import sys; from regcli.cli.threads import suit_threads; suit_threads(); from regcli.data.sources import read; "
    "from regcli.specs import DataSpec; print(read(DataSpec(sys.argv[1])).frame.shape)"
)
OURS = {
    "fit": ["fit", "--penalty", "l1", "--alpha", "0.1"],
    "path": ["path", "--penalty", "l1"],
    "cv": ["cv", "--penalty", "l1"],
    "classes": ["cv", "--family", "binomial", "--penalty", "l1"],
}


@dataclass(frozen=True)
class Measured:
    """One run of `who` at `job` on the file n x p: seconds and peak bytes, None where it failed or was not tried.

    `late` says that it was ended after that many seconds, `why` the last line of one that failed. `least` is the least
    error of a cross-validation.
    """

    n: int
    p: int
    job: str
    who: str
    turn: int
    seconds: float | None
    peak: int | None
    late: bool = False
    least: float | None = None
    why: str = ""


def main() -> None:
    """Measure file by file, or take the last measurement, and show it."""
    asked = arguments()
    record = asked.data.resolve() / "scale.json"
    if not asked.again:
        compiled()
        field = contestants(asked)
        about = {"versions": versions(field, asked), "rounds": asked.rounds, "patience": asked.patience}
        about |= {"load": os.getloadavg()[0], "bytes": {}, "rates": {}}
        runs: list[Measured] = []
        if asked.resume and record.exists():
            kept = json.loads(record.read_text())
            about["bytes"], about["rates"] = kept["about"]["bytes"], kept["about"]["rates"]
            runs = [Measured(**one) for one in kept["runs"]]
        for n, p in shapes_of(asked):
            if (n, p) not in {(one.n, one.p) for one in runs}:
                runs += of_file(n, p, field, runs, about, asked)
                record.write_text(json.dumps({"about": about, "runs": [asdict(one) for one in runs]}, indent=1) + "\n")
    # In a process of its own, for what it imports would count as memory of the children of this one.
    print(must([sys.executable, str(HERE / "scale_tables.py"), str(record), *(["--write"] * asked.write)]).out)


def arguments() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="where files and figures are kept")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--rows", default=",".join(map(str, ROWS)), help=f"sizes of n, at {WITH_COLUMNS} columns")
    parser.add_argument("--columns", default=",".join(map(str, COLUMNS)), help=f"sizes of p, at {WITH_ROWS} rows")
    parser.add_argument("--shapes", default=",".join(SHAPES), help="further files")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--rscript", default="Rscript", help="the command that runs an R script")
    parser.add_argument("--once", type=float, default=20.0, help="seconds after which a run is not repeated")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds after which a run is ended")
    parser.add_argument("--quick", action="store_true", help="only files of few cells")
    parser.add_argument("--write", action="store_true", help="into the README")
    parser.add_argument("--resume", action="store_true", help="measure only files that the last measurement lacks")
    parser.add_argument("--again", action="store_true", help="measure nothing")
    return parser.parse_args()


def shapes_of(asked: argparse.Namespace) -> list[tuple[int, int]]:
    """Rows and columns of every file, the smaller ones of each kind first."""
    found = [(int(n), WITH_COLUMNS) for n in asked.rows.split(",") if n]
    found += [(WITH_ROWS, int(p)) for p in asked.columns.split(",") if p]
    found += [(int(n), int(p)) for n, p in (shape.split("x") for shape in asked.shapes.split(",") if shape)]
    return [(n, p) for n, p in dict.fromkeys(found) if not asked.quick or n * p <= QUICK_CELLS]


def contestants(asked: argparse.Namespace) -> dict[tuple[str, str], list[str]]:
    """(job, who) -> the command, to which the file is added; a peer that does not answer is left out with a word."""
    field = {("reading", "regcli"): [sys.executable, "-c", OUR_READER]}
    for job in OURS:
        field[job, "regcli"] = [*REGCLI, *OURS[job], "--json", "--quiet"]
    for who in (*READERS, *SOLVERS):
        if answers(python := [asked.peers, str(HERE / "scale_peers.py"), who], who):
            for job in ("reading",) if who in READERS else ("fit", "path", "cv"):
                field[job, who] = [*python, job]
    if answers(r := [asked.rscript, "--vanilla", str(HERE / "scale_peers.R")], "glmnet"):
        field["reading", "fread"] = [*r, "reading"]
        for job in OURS:
            field[job, "glmnet"] = [*r, job]
    return {key: command for key, command in field.items() if key[0] in ("reading", *asked.jobs.split(","))}


def answers(command: Sequence[str], who: str) -> str | None:
    """What a peer says of its version, None where it is not there."""
    try:
        done = run([*command, "version"])
    except OSError:
        done = None
    if done is None or done.status != 0:
        print(f"{who} is not installed: skipped", file=sys.stderr)
        return None
    return done.out.strip()


def versions(field: dict[tuple[str, str], list[str]], asked: argparse.Namespace) -> str:
    """Who takes part, on how many cores."""
    theirs = {tuple(command[:-1]): who for (_, who), command in field.items() if who != "regcli"}
    said = [answers(command, who) or who for command, who in theirs.items()]
    ours = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in ("numpy", "pandas"))]
    return ", ".join([*ours, "beside " + said[0] if said else "no peers", *said[1:], f"{os.cpu_count()} cores"])


def of_file(
    n: int,
    p: int,
    field: dict[tuple[str, str], list[str]],
    before: Sequence[Measured],
    about: dict,
    asked: argparse.Namespace,
) -> list[Measured]:
    """Every contestant's runs on the file n x p; its size and the rates of a product go into `about`."""
    shape = f"{n}x{p}"
    with_classes = n * p <= CLASSES_CELLS and any(job == "classes" for job, _ in field)
    must([sys.executable, str(HERE / "files.py"), str(asked.data), shape, *["classes"] * with_classes])
    about["bytes"][shape] = (asked.data / f"{shape}.csv").stat().st_size
    rates = about["rates"][shape] = []
    keys = [key for key in field if key[0] != "classes" or with_classes]
    runs = [Measured(n, p, *key, 0, None, None) for key in keys if hopeless(n, p, key, before)]
    keys = [key for key in keys if not hopeless(n, p, key, before)]
    run([*field["reading", "regcli"], str(asked.data.resolve() / f"{shape}.csv")])  # the file comes into memory
    for turn in range(asked.rounds):
        rates.append(float(must([sys.executable, str(HERE / "scale_peers.py"), "numpy", "product"]).out))
        for key in in_turn(keys, turn * max(1, len(keys) // asked.rounds)):
            if any((one.job, one.who) == key and slow(one, asked.once) for one in runs):
                continue
            file = asked.data.resolve() / f"{shape}{'_classes' if key[0] == 'classes' else ''}.csv"
            done = run([*field[key], str(file)], asked.patience)
            print(f"{shape} {turn} {' '.join(key)}: {done.seconds:.2f} s, {done.peak >> 20} MB", file=sys.stderr)
            runs.append(measured(n, p, key, turn, done))
            if runs[-1].why:
                print(f"failed: {runs[-1].why}", file=sys.stderr)
    return runs


def slow(one: Measured, once: float) -> bool:
    """Whether a run is not to be repeated: it failed, or took too long."""
    return one.seconds is None or one.late or one.seconds > once


def hopeless(n: int, p: int, key: tuple[str, str], before: Sequence[Measured]) -> bool:
    """Whether this contestant took too long on a file that is not larger."""
    return any((one.job, one.who) == key and one.late and one.n <= n and one.p <= p for one in before)


def measured(n: int, p: int, key: tuple[str, str], turn: int, done: Run) -> Measured:
    """What is kept of a run."""
    if done.status is None:
        return Measured(n, p, *key, turn, done.seconds, done.peak, late=True)
    if done.status != 0:
        return Measured(n, p, *key, turn, None, None, why=(done.err.strip().splitlines() or ["no word"])[-1])
    least = None
    if key[0] in ("cv", "classes"):
        least = json.loads(done.out)["chosen"]["min"]["mean"] if key[1] == "regcli" else float(done.out.split()[2])
    return Measured(n, p, *key, turn, done.seconds, done.peak, least=least)


if __name__ == "__main__":
    main()
