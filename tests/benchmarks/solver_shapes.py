"""Time the solver alone against scikit-learn's Lasso, on five shapes, one strength at a time, from a cold start.

Run by hand, in an environment where regcli is installed, on a quiet machine:

    python tests/benchmarks/solver_shapes.py [--rounds 7]

Both get the same standardized columns and the centred response, in the memory layout that scikit-learn takes without a
copy. Both answers are measured by the same ruler, `regcli.problem.certificate.certify`. scikit-learn is timed twice: at
its default tolerance, and at the loosest power of ten at which its answer is certified (gap up to 1e-8, violation up
to 1e-6). Rounds alternate between the contestants; a time is the fastest of the rounds, what else the machine does
can only add to it.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.linear_model import Lasso

from regcli.problem.certificate import certify
from regcli.problem.objective import Certificate, Problem, alpha_max
from regcli.problem.penalties import ElasticNet
from regcli.solve import SOLVERS, line, solve

ROOT = Path(__file__).resolve().parents[2]
SEED = 20_260_101
SHAPES = ((442, 10), (10_000, 100), (2_000, 1_000), (500, 5_000), (72, 7_129))
SHARES = (10, 100)
TOLERANCES = tuple(10.0**-k for k in range(4, 16))
MOST_SWEEPS = 1_000_000
LONG_RACE = 30.0
PAUSE = 0.15
"""NumPy and SciPy each bring an OpenBLAS, whose threads go on spinning for a while in the next one's way."""

Vector = np.ndarray


@dataclass(frozen=True)
class Entry:
    """One contestant on one problem: coefficients from a cold start, and its certificate."""

    run: Callable[[], Vector]
    certificate: Certificate


def main() -> None:
    """Measure every shape at alpha_max / 10 and / 100 and print a table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, scikit-learn {sklearn.__version__}"
    print(f"{versions}, {os.cpu_count()} cores, {rounds} rounds\n")
    print(
        "| n x p | alpha_max / | non-zero | solver | ms | with certificate | violation "
        "| sklearn default ms | violation | ratio | sklearn certified ms | tol | violation | ratio |"
    )
    print("|" + "--:|" * 14)
    for shape in SHAPES:
        Z, y = data(*shape)
        for share in SHARES:
            print(row(Z, y, share, rounds), flush=True)


def data(n: int, p: int) -> tuple[np.ndarray, Vector]:
    """Standardized columns (Fortran order) and centred response: the diabetes data, or simulated with a fixed seed.

    Simulated: neighbouring features correlate at 0.5, at most 50 of them (a tenth, if that is fewer) carry signal,
    signal and noise have equal variance.
    """
    if (n, p) == (442, 10):
        frame = pd.read_csv(ROOT / "sample_data" / "diabetes.csv")
        X, y = frame.iloc[:, :-1].to_numpy(np.float64), frame["target"].to_numpy(np.float64)
    else:
        rng = np.random.default_rng([SEED, n, p])
        X = rng.standard_normal((n, p))
        for j in range(1, p):
            X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
        coef = np.zeros(p)
        carriers = rng.choice(p, size=min(50, max(1, p // 10)), replace=False)
        coef[carriers] = rng.standard_normal(carriers.size)
        signal = X @ coef
        y = signal / signal.std() + rng.standard_normal(n)
    Z = X - X.mean(axis=0)
    Z -= Z.mean(axis=0)
    Z /= np.sqrt((Z**2).mean(axis=0))
    return np.asfortranarray(Z), y - y.mean()


def row(Z: np.ndarray, y: Vector, share: int, rounds: int) -> str:
    """One line of the table."""
    n, p = Z.shape

    def problem() -> Problem:  # a new one for each run: what it caches is part of the work
        return Problem(Z, y, ElasticNet(np.ones(p), np.zeros(p)), alpha)

    alpha = 1.0
    alpha = alpha_max(problem()) / share
    name = line(problem())[0]
    solution = solve(problem(), name)
    default = by_sklearn(problem, 1e-4)
    tolerance, certified = loosest_certified(problem)
    times = race(
        rounds,
        lambda: SOLVERS[name].run(problem(), None),
        lambda: solve(problem(), name),
        default.run,
        certified.run,
    )
    ours, whole, loose, tight = (1e3 * min(spent) for spent in times)
    violations = [c.violation for c in (solution.certificate, default.certificate, certified.certificate)]
    return (
        f"| {n:,} x {p:,} | {share} | {np.count_nonzero(solution.coef)} | {name} | {ours:.2f} | {whole:.2f} "
        f"| {violations[0]:.0e} | {loose:.2f} | {violations[1]:.0e} | {ours / loose:.2f} "
        f"| {tight:.2f} | {tolerance:.0e} | {violations[2]:.0e} | {ours / tight:.2f} |"
    )


def by_sklearn(problem: Callable[[], Problem], tolerance: float) -> Entry:
    """scikit-learn's Lasso on `problem` at `tolerance`."""

    def run() -> Vector:
        case = problem()
        model = Lasso(case.alpha, fit_intercept=False, copy_X=False, tol=tolerance, max_iter=MOST_SWEEPS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(model.fit(case.Z, case.y).coef_)

    case = problem()
    return Entry(run, certify(case, case.null_intercept, run()))


def loosest_certified(problem: Callable[[], Problem]) -> tuple[float, Entry]:
    """The largest tolerance at which scikit-learn's answer is certified; the tightest, if none is."""
    for tolerance in TOLERANCES:
        entry = by_sklearn(problem, tolerance)
        if entry.certificate.certified:
            break
    return tolerance, entry


def race(rounds: int, *runs: Callable[[], object]) -> list[list[float]]:
    """Seconds of each run in each round, every run having been made once before; long races end after three rounds."""
    times: list[list[float]] = [[] for _ in runs]
    for turn in range(rounds):
        if turn >= 3 and sum(map(sum, times)) > LONG_RACE:
            break
        for k in range(len(runs)):
            k = (k + turn) % len(runs)
            time.sleep(PAUSE)
            begun = time.perf_counter()
            runs[k]()
            times[k].append(time.perf_counter() - begun)
    return times


if __name__ == "__main__":
    main()
