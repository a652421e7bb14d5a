"""One contestant of `family_paths.py`: reads Z, y and the alphas from a folder, then runs the path once for every line.

As `path_solvers.py`, for a binomial target of 0 and 1 and with an intercept, which stands before the coefficients in
what it leaves in the folder. Times are those of the processor.
"""

from __future__ import annotations

import importlib.metadata
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

Matrix = np.ndarray
Solver = Callable[[Matrix, Matrix, Matrix], Matrix]
"""From Z (n, p), y (n,) and falling alphas (A,) to intercepts and coefficients (at most A, 1 + p)."""


def lasso(Z: Matrix, y: Matrix) -> object:
    """regcli's problem: a new one for each run, for what it caches is part of the work."""
    from regcli.problem.families import BINOMIAL
    from regcli.problem.objective import Problem
    from regcli.problem.penalties import ElasticNet

    return Problem(Z, y, ElasticNet(np.ones(Z.shape[1]), np.zeros(Z.shape[1])), 1.0, family=BINOMIAL)


def regcli() -> Solver:
    """Exact, not yet certified, to the last alpha."""
    from regcli.solve import solve_along

    return lambda Z, y, alphas: np.array(
        [np.append(step.intercept, step.coef) for step, _ in solve_along(lasso(Z, y), alphas.tolist())]
    )


def regcli_certified(stop_early: bool = False) -> Solver:
    """The same, and every answer measured by gap and violation."""
    from regcli.select.pathwise import solve_path

    def solve(Z: Matrix, y: Matrix, alphas: Matrix) -> Matrix:
        found = solve_path(lasso(Z, y), alphas, stop_early=stop_early)
        return np.column_stack([found.intercepts, found.coefs])

    return solve


def sklearn(solver: str) -> Solver:
    """LogisticRegression with an L1 penalty at its default tolerance, each alpha from the answer before."""
    from sklearn.linear_model import LogisticRegression

    def solve(Z: Matrix, y: Matrix, alphas: Matrix) -> Matrix:
        model = LogisticRegression(l1_ratio=1, solver=solver, warm_start=solver == "saga", random_state=0)
        if solver == "liblinear":
            # It penalises the intercept, unless that is written large.
            model.set_params(intercept_scaling=1e3)
        found = []
        for alpha in alphas:
            model.set_params(C=1 / (alpha * len(y))).fit(Z, y)
            found.append(np.append(model.intercept_, model.coef_))
        return np.array(found)

    return solve


SOLVERS = {
    "regcli": (regcli, "regcli"),
    "regcli_certified": (regcli_certified, "regcli"),
    "regcli_early": (lambda: regcli_certified(stop_early=True), "regcli"),
    "saga": (lambda: sklearn("saga"), "scikit-learn"),
    "liblinear": (lambda: sklearn("liblinear"), "scikit-learn"),
}


def main(name: str, folder: Path) -> None:
    """Say who it is, then run the path for every line on standard input."""
    n, p, _ = (int(word) for word in (folder / "size.txt").read_text().split())
    Z = np.fromfile(folder / "Z.bin").reshape((n, p), order="F")
    y, alphas = np.fromfile(folder / "y.bin"), np.fromfile(folder / "alphas.bin")
    maker, package = SOLVERS[name]
    solve = maker()
    print(package, importlib.metadata.version(package), flush=True)
    warnings.simplefilter("ignore")
    for _ in sys.stdin:
        begun = time.process_time()
        found = solve(Z, y, alphas)
        spent = time.process_time() - begun
        found.ravel().tofile(folder / f"{name}.bin")
        print(repr(spent), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
