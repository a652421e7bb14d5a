"""What one would write by hand in place of regcli's commands: the Python peers of `scale.py`, all in one file.

    python tests/benchmarks/scale_peers.py PEER JOB FILE

Every job starts from the CSV file, whose last column is the target, and prints what it found. Paths and folds take the
same number of alphas over the same range as regcli; what else is at its default. The scaler learns from all rows before
the folds are cut: the leak is part of what one would write. `product` measures the rate of a matrix product instead,
`version` tells who answers.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import warnings

STRENGTH = 0.1
COUNT = 100
FOLDS = 10


def reading(peer: str, file: str) -> None:
    """From the file to a table in memory."""
    if peer == "pandas":
        import pandas as pd

        print(pd.read_csv(file).shape)
    elif peer == "pyarrow":
        from pyarrow import csv

        print(csv.read_csv(file).shape)
    else:
        import polars as pl

        print(pl.read_csv(file).shape)


def scaled(file: str):
    """Names, standardized features in Fortran order, as the solvers take them without a copy, and the target."""
    import numpy as np
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    frame = pd.read_csv(file)
    features, target = frame.iloc[:, :-1], frame.iloc[:, -1].to_numpy(float)
    X = np.asfortranarray(StandardScaler().fit_transform(features))
    return list(features.columns), X, target


def least_share(X) -> float:
    """The smallest alpha as a share of the largest, as in regcli and glmnet."""
    return 1e-4 if X.shape[0] > X.shape[1] else 1e-2


def fit(peer: str, file: str) -> None:
    """One lasso."""
    names, X, y = scaled(file)
    if peer == "adelie":
        import adelie
        import numpy as np

        family, strength = adelie.glm.gaussian(y), np.array([STRENGTH])
        state = adelie.grpnet(X, family, lmda_path=strength, progress_bar=False, early_exit=False)
        coef = state.betas.toarray()[-1]
    else:
        coef = lassos(peer).Lasso(alpha=STRENGTH).fit(X, y).coef_
    show(names, coef)


def path(peer: str, file: str) -> None:
    """A lasso path: how many coefficients each alpha leaves, and those of the last."""
    names, X, y = scaled(file)
    if peer == "adelie":
        import adelie

        state = adelie.grpnet(
            X, adelie.glm.gaussian(y), lmda_path_size=COUNT, min_ratio=least_share(X), progress_bar=False
        )
        alphas, coefs = state.lmdas, state.betas.toarray().T
    elif peer == "celer":
        from celer import celer_path

        alphas, coefs, _ = celer_path(X, y - y.mean(), pb="lasso", eps=least_share(X), n_alphas=COUNT)
    else:
        from sklearn.linear_model import lasso_path

        alphas, coefs, _ = lasso_path(X, y - y.mean(), eps=least_share(X), alphas=COUNT)
    for alpha, coef in zip(alphas, coefs.T, strict=False):
        print(alpha, (coef != 0).sum())
    show(names, coefs[:, -1])


def cv(peer: str, file: str) -> None:
    """Ten folds of a path; the first line ends in the least mean squared error."""
    names, X, y = scaled(file)
    if peer == "adelie":
        import adelie

        family, cores = adelie.glm.gaussian(y), os.cpu_count() or 1
        options = {"min_ratio": least_share(X), "lmda_path_size": COUNT, "n_threads": cores, "progress_bar": False}
        found = adelie.cv_grpnet(X, family, n_folds=FOLDS, **options)
        coef = found.fit(X, family, n_threads=cores, progress_bar=False).betas.toarray()[-1]
        # Its loss is half the squared error without the square of the target.
        print("min", found.lmdas[found.best_idx], 2 * found.avg_losses.min() + (y**2).mean())
    else:
        count = {"alphas" if peer == "sklearn" else "n_alphas": COUNT}
        model = lassos(peer).LassoCV(eps=least_share(X), cv=FOLDS, n_jobs=-1, **count).fit(X, y)
        coef = model.coef_
        print("min", model.alpha_, model.mse_path_.mean(axis=1).min())
    show(names, coef)


def lassos(peer: str):
    """The module of a peer that has Lasso and LassoCV."""
    if peer == "celer":
        import celer

        return celer
    import sklearn.linear_model

    return sklearn.linear_model


def show(names: list[str], coef) -> None:
    """A line for each feature."""
    for name, value in zip(names, coef, strict=True):
        print(name, value)


def product() -> None:
    """Billions of floating-point operations a second in a matrix product: the best of some, on all cores."""
    import time

    import numpy as np

    side, best = 1_500, 0.0
    A = np.random.default_rng(0).standard_normal((side, side))
    for _ in range(5):
        begun = time.perf_counter()
        A @ A  # not A.T @ A, of which half is copied
        best = max(best, 2e-9 * side**3 / (time.perf_counter() - begun))
    print(best)


def version(peer: str) -> None:
    """The peer's version; fails where it is not installed."""
    name = {"sklearn": "scikit-learn"}.get(peer, peer)
    __import__(peer)
    print(name, importlib.metadata.version(name))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    peer, job, *file = sys.argv[1:]
    if job == "version":
        version(peer)
    elif job == "product":
        product()
    else:
        {"reading": reading, "fit": fit, "path": path, "cv": cv}[job](peer, file[0])
