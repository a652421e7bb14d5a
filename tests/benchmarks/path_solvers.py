"""One contestant of `path_shapes.py`: reads Z, y and the alphas from a folder, then runs the path once for every line.

Its first line of output names it and its version; each later one is the seconds of a run, those of the processor, whose
coefficients lie in the folder. Every library is called as its documentation does, at its default tolerance, on the same
standardized columns in Fortran order, without an intercept: the response is centred.
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
"""From Z (n, p), y (n,) and falling alphas (A,) to coefficients (p, A)."""


def regcli() -> Solver:
    """Exact, the Gram matrix included, not yet certified."""
    from regcli.solve import solve_along

    return lambda Z, y, alphas: np.array([step.coef for step, _ in solve_along(lasso(Z, y), alphas.tolist())]).T


def regcli_certified() -> Solver:
    """The same, and every answer measured by gap and violation."""
    from regcli.select.pathwise import solve_path

    return lambda Z, y, alphas: solve_path(lasso(Z, y), alphas).coefs.T


def lasso(Z: Matrix, y: Matrix) -> object:
    """regcli's problem: a new one for each run, for what it caches is part of the work."""
    from regcli.problem.objective import Problem
    from regcli.problem.penalties import ElasticNet

    return Problem(Z, y, ElasticNet(np.ones(Z.shape[1]), np.zeros(Z.shape[1])), 1.0, intercept=False)


def sklearn() -> Solver:
    """lasso_path makes a Gram matrix where that pays."""
    from sklearn.linear_model import lasso_path

    return lambda Z, y, alphas: lasso_path(Z, y, alphas=alphas)[1]


def celer() -> Solver:
    """celer_path, for the lasso."""
    from celer import celer_path

    return lambda Z, y, alphas: celer_path(Z, y, pb="lasso", alphas=alphas)[1]


def adelie() -> Solver:
    """grpnet on groups of one feature each; it stops early unless told not to."""
    import adelie

    def solve(Z: Matrix, y: Matrix, alphas: Matrix) -> Matrix:
        family = adelie.glm.gaussian(y)
        state = adelie.grpnet(Z, family, lmda_path=alphas, intercept=False, early_exit=False, progress_bar=False)
        return np.asarray(state.betas.todense()).T

    return solve


SOLVERS = {
    "regcli": (regcli, "regcli"),
    "regcli_certified": (regcli_certified, "regcli"),
    "sklearn": (sklearn, "scikit-learn"),
    "celer": (celer, "celer"),
    "adelie": (adelie, "adelie"),
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
        coefs = solve(Z, y, alphas)
        spent = time.process_time() - begun
        coefs.T.ravel().tofile(folder / f"{name}.bin")
        print(repr(spent), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
