"""Time whole processes that cross-validate a logistic lasso, from the CSV file to the chosen model: regcli and R.

Run by hand, in an environment where regcli is installed, with R, glmnet and data.table at hand:

    python tests/benchmarks/family_cv.py [--rounds 3] [--shapes 442x10,10000x100] [--data FOLDER]

The files are those of `cross_validation.py` with the target cut at its median into 0 and 1: ten folds, 100 alphas, each
side at its own defaults, `regcli cv FILE --family binomial --penalty l1 --json` and `cv_glmnet.R FILE binomial`. The
commands run in turn; ratios are taken within a round, and medians over the rounds.
"""

from __future__ import annotations

import argparse
import compileall
import json
import statistics
import sysconfig
import tempfile
from pathlib import Path

import pandas as pd
from cross_validation import HERE, ROOT, SHAPES, Shape, file_of, run


def main() -> None:
    """Measure shape by shape, print a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shapes", default="442x10,10000x100,500x5000,72x7129", help="as in 442x10,10000x100")
    parser.add_argument("--data", type=Path, help="where the files are kept; else they are made anew and thrown away")
    parser.add_argument("--rscript", default="Rscript", help="the command that runs an R script")
    asked = parser.parse_args()
    for folder in (sysconfig.get_path("purelib"), ROOT / "regcli"):
        compileall.compile_dir(folder, quiet=2, workers=0)
    print("| n x p | regcli s | R s | R / regcli | lowest to highest | least deviance: regcli | R |")
    print("|" + "--:|" * 7)
    with tempfile.TemporaryDirectory() as spare:
        for shape in SHAPES:
            if f"{shape.n}x{shape.p}" in asked.shapes.split(","):
                print(row(shape, cut(shape, asked.data or Path(spare)), asked.rounds, asked.rscript), flush=True)


def cut(shape: Shape, folder: Path) -> Path:
    """The file of a shape with its last column 1 above its median and 0 below."""
    file = folder / f"{shape.n}x{shape.p}_classes.csv"
    if not file.exists():
        frame = pd.read_csv(file_of(shape, folder))
        target = frame.columns[-1]
        frame[target] = (frame[target] > frame[target].median()).astype(int)
        folder.mkdir(parents=True, exist_ok=True)
        frame.to_csv(file, index=False)
    return file


def row(shape: Shape, file: Path, rounds: int, rscript: str) -> str:
    """One line of the table."""
    regcli = str(Path(sysconfig.get_path("scripts")) / "regcli")
    ours = [regcli, "cv", str(file), "--family", "binomial", "--penalty", "l1", "--json"]
    theirs = [rscript, "--vanilla", str(HERE / "cv_glmnet.R"), str(file), "binomial"]
    run(ours)
    times: list[tuple[float, float]] = []
    for turn in range(rounds):
        found = {}
        for name in ("regcli", "R") if turn % 2 == 0 else ("R", "regcli"):
            found[name] = run(ours if name == "regcli" else theirs)
        times.append((found["regcli"][0], found["R"][0]))
    least = json.loads(found["regcli"][1])["chosen"]["min"]["mean"], float(found["R"][1].split()[2])
    ratios = [other / one for one, other in times]
    one, other = (statistics.median(values) for values in zip(*times, strict=True))
    return (
        f"| {shape.n:,} x {shape.p:,} | {one:.2f} | {other:.2f} | {statistics.median(ratios):.2f} | "
        f"{min(ratios):.2f} to {max(ratios):.2f} | {least[0]:.4g} | {least[1]:.4g} |"
    )


if __name__ == "__main__":
    main()
