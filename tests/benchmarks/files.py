"""The CSV files of the benchmarks: simulated with a fixed seed, six digits after the point, the target last.

    python tests/benchmarks/files.py FOLDER 10000x100 [classes]

writes 10000x100.csv, and 10000x100_classes.csv with the target cut at its median, where they are not there yet. Columns
have various means and deviations; the first shape of `solver_shapes.py`, 442x10, is the diabetes data.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from processes import ROOT
from solver_shapes import SEED, data


def main(folder: Path, shape: str, *kinds: str) -> None:
    """Write what is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f"{shape}.csv"
    if not whole.exists():
        n, p = (int(number) for number in shape.split("x"))
        _write(simulated(n, p), whole)
    for kind in kinds:
        file = folder / f"{shape}_{kind}.csv"
        if not file.exists():
            frame = pd.read_csv(whole)
            target = frame.columns[-1]
            frame[target] = (frame[target] > frame[target].median()).astype(int)
            _write(frame, file)


def simulated(n: int, p: int) -> pd.DataFrame:
    """n rows of p features x1, x2, ... and y."""
    if (n, p) == (442, 10):
        return pd.read_csv(ROOT / "sample_data" / "diabetes.csv")
    X, y = data(n, p)
    rng = np.random.default_rng([SEED, p])
    X = X * rng.uniform(0.5, 5, p) + rng.uniform(-20, 20, p)
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(1, p + 1)]).assign(y=10 * y + 50)


def _write(frame: pd.DataFrame, file: Path) -> None:
    unfinished = file.with_suffix(".part")
    frame.to_csv(unfinished, index=False, float_format="%.6f")
    unfinished.rename(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
