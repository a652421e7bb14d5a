"""What must hold of the numbers before a model is fitted: finite, not constant, within double precision."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.blockers import Used
from regcli.data.columns import as_option
from regcli.data.features.encoding import Encoding
from regcli.data.features.terms import polynomials_in
from regcli.errors import DataError, Notice, UsageError, counted, listed, shortened, visible

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def finite_columns(encoding: Encoding, train: pd.DataFrame, used: Used | None) -> Matrix:
    """The columns of the training rows; DataError for a function or a product that is no finite number somewhere."""
    X = encoding.apply(train)
    if encoding.is_plain or bool(np.isfinite(X).all()):
        return X
    row, column = (int(index) for index in np.argwhere(~np.isfinite(X))[0])
    where = f", {used.where([row])}" if used is not None else ""
    raise DataError(
        f"{visible(encoding.features[column].name)} is not a finite number{where}",
        found=shortened(X[row, column]),
        hint="another function, or --exclude",
    )


def finite_test_columns(encoding: Encoding, test: pd.DataFrame, what: str = "test row") -> Matrix:
    """The columns of rows held out; DataError for a function or a product that is no finite number somewhere."""
    X = encoding.apply(test)
    bad = ~np.isfinite(X)
    if not encoding.is_plain and bad.any():
        name = visible(encoding.features[int(np.argwhere(bad)[0][1])].name)
        rows = counted(int(bad.any(axis=1).sum()), what)
        raise DataError(f"{name} is not a finite number in {rows}", hint="another function, or --exclude")
    return X


def check_polynomials(encoding: Encoding) -> None:
    """UsageError for a polynomial of as high a degree as its argument has different values."""
    for feature in encoding.features:
        for factor in feature.factors:
            for poly in polynomials_in(factor):
                if encoding.polynomials[poly.argument].norms[poly.degree + 1] == 0:
                    what = f"{visible(feature.name)} needs more different values than its degree, {poly.degree}"
                    raise UsageError(f"--formula: {what}", hint="poly with a smaller degree")


def check_finite(used: Used, target: str, encoding: Encoding) -> None:
    """DataError for the first cell that is infinite or too large for a double."""
    numbers = [name for name in encoding.columns if name not in encoding.categories and name not in encoding.styles]
    columns = [*([target] if used.frame[target].dtype.kind in "iuf" else []), *numbers]
    taken = set(columns)
    in_order = [name for name in used.frame.columns if name in taken]  # one array, where all are of one type
    if encoding.is_plain and not np.isinf(used.frame[in_order].to_numpy(dtype=np.float64)).any():
        return
    floats = [name for name in columns if used.frame[name].dtype.kind == "f"]
    bad = {name: np.flatnonzero(np.isinf(used.frame[name].to_numpy())) for name in floats}
    bad = {name: rows for name, rows in bad.items() if rows.size}
    if not bad:
        return
    row = min(int(rows[0]) for rows in bad.values())
    name = next(name for name, rows in bad.items() if rows[0] == row)
    total = sum(len(rows) for rows in bad.values())
    more = "" if total == 1 else f" (and {counted(total - 1, 'cell')} more like it)"
    with_na = "--na with that cell as it is written, and --missing drop"
    raise DataError(
        f"{visible(name)} of {used.rows.name} holds a number that is infinite or too large for double "
        f"precision, {used.where([row])}{more}",
        found=shortened(float(used.frame[name].iloc[row])),
        hint=with_na if target in bad or list(bad) == numbers else as_option("--exclude", list(bad)),
    )


def without_constants(
    source: str, X: Matrix, encoding: Encoding, intercept: bool
) -> tuple[list[int], list[tuple[str, str]]]:
    """Which columns (p,) to keep, and those that hold one value, with what to say of them."""
    names = [one.name for one in encoding.features]
    if not intercept:
        return list(range(len(names))), []
    constant = X.max(axis=0) == X.min(axis=0)
    kept = [int(j) for j in np.flatnonzero(~constant)]
    if not kept:
        raise DataError(f"every feature of {source} is constant: {listed(names)}")
    dropped = [(names[j], f"constant: {X[0, j]:.6g} in every row") for j in np.flatnonzero(constant)]
    return kept, dropped


def said_of_constants(dropped: list[tuple[str, str]]) -> list[Notice]:
    """The notice on columns (name, reason) that were dropped."""
    if not dropped:
        return []
    names = [name for name, _ in dropped]
    return [Notice("constant_column", f"{counted(len(names), 'column')} dropped as constant: {listed(names)}")]


def check_target(y: Vector, target: str) -> None:
    """DataError for a target (n,) that holds one value, or that varies too little or too much for double precision."""
    check_reach(float(y.min()), float(y.max()), float(y.mean()), len(y), target)


def check_reach(low: float, high: float, middle: float, rows: int, target: str) -> None:
    """The same of a target of which the extremes and the mean are known."""
    if low == high:
        raise DataError(
            f"the target {visible(target)} is constant, {low:.6g} in all {rows:,} rows: there is nothing to explain",
            hint="--target with another column",
        )
    spread, largest = max(high - middle, middle - low), max(abs(low), abs(high))
    if not 1e-130 < spread < 1e130 or spread <= 8 * float(np.finfo(np.float64).eps) * largest:
        raise DataError(
            f"the target {visible(target)} varies by {spread:.1e} around {largest:.1e}: "
            "too little or too much for double precision",
            hint=f"rescale {visible(target)}",
        )
