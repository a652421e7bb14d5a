"""Which rows are learned from and which are held out, by a random share or by a column that marks them;
and what a column says about folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.errors import DataError, UsageError, counted, listed, shortened, visible
from regcli.specs import FoldSpec, TrainingSpec, ValidationSpec

TRAINING_WORDS = frozenset({"true", "t", "1", "1.0", "yes", "train", "training"})
TEST_WORDS = frozenset({"false", "f", "0", "0.0", "no", "test", "testing"})


@dataclass(frozen=True)
class Split:
    """`train` (n,) marks the rows that are learned from; `how` says in words where the test rows come from."""

    train: NDArray[np.bool_]
    how: str


def split_rows(
    spec: ValidationSpec,
    marks: pd.Series[Any] | None,
    n: int,
    where: Callable[[Sequence[int]], str],
    strata: NDArray[np.intp] | None = None,
) -> Split | None:
    """The split that `spec` asks for over `n` usable rows, or None; `marks` is the split column of these rows.

    A share that is drawn is one of each of the `strata`, which number the rows' classes (n,).
    """
    if marks is not None:
        split = Split(marked(marks, where), f"the column {visible(str(marks.name))}")
    elif spec.test_size is not None:
        split = Split(
            drawn(n, spec.test_size, spec.drawn_with, strata=strata),
            f"{100 * spec.test_size:g} % of the rows, drawn with seed {spec.drawn_with}",
        )
    else:
        return None
    training = int(split.train.sum())
    if training < 2 or training == n:
        what = f"the split leaves {training:,} training and {n - training:,} test rows: 2 and 1 are needed"
        raise DataError(what) if spec.test_size is None or n < 3 else UsageError(what, hint="--test-size 0.25")
    return split


def validation_rows(spec: TrainingSpec | None, learned: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the rows (n,) are held out of those `learned` from, to stop a descent early: a random share of them."""
    held = np.zeros(len(learned), dtype=bool)
    rows = np.flatnonzero(learned)
    if spec is None or spec.share is None:
        return held
    # Keyed apart from the test rows, which the same seed may draw.
    kept = drawn(len(rows), spec.share, spec.drawn_with + (1 << 64), "--validation-size")
    if int(kept.sum()) < 2:
        what = f"--validation-size {spec.share:g} of {counted(len(rows), 'row')} leaves {int(kept.sum())} to learn from"
        raise UsageError(f"{what}: 2 are needed", hint="leave out --early-stopping")
    held[rows[~kept]] = True
    return held


def fold_column(spec: FoldSpec | None) -> tuple[str, str | None]:
    """The option and the column that folds are made by, or two nothings."""
    if spec is None or spec.column is None:
        return "", None
    named = {"--groups": spec.groups, "--time": spec.time}
    return next((option for option, name in named.items() if name is not None), "--fold-column"), spec.column


def labels_of(option: str, column: pd.Series[Any], where: Callable[[Sequence[int]], str]) -> NDArray[np.intp]:
    """The values of a column (n,) numbered from 0 in their order."""
    return np.asarray(pd.factorize(fold_values(option, column, where), sort=True)[0], dtype=np.intp)


def fold_values(option: str, column: pd.Series[Any], where: Callable[[Sequence[int]], str]) -> pd.Series[Any]:
    """What a column (n,) says of folds; times that are text are dates as in ISO 8601."""
    if option == "--time" and column.dtype.kind not in "iufM":
        times = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
        strange = np.flatnonzero(times.isna().to_numpy())
        if strange.size:
            raise DataError(
                f"--time {visible(str(column.name))}: a time is a number or a date like 2026-01-31, "
                f"{where([int(strange[0])])}",
                found=shortened(column.iloc[int(strange[0])]),
                hint="--time with another column",
            )
        column = times
    return column


def drawn(
    n: int, share: float, seed: int, option: str = "--test-size", strata: NDArray[np.intp] | None = None
) -> NDArray[np.bool_]:
    """A random share of `n` rows, or to within a row of each stratum, to be held out; False marks those.

    The same on every machine with the same NumPy.
    """
    if n * share < 0.5:
        raise UsageError(f"{option} {share:g} of {n:,} rows is no row", hint=f"{option} {min(0.5, 1 / n):.2g}")
    generator = np.random.Generator(np.random.Philox(key=seed))
    train = np.ones(n, dtype=bool)
    order, held = generator.permutation(n), round(n * share)
    if strata is None:
        train[order[:held]] = False
    else:
        order = order[np.argsort(strata[order], kind="stable")]
        train[order[((2 * np.arange(held) + 1) * n) // (2 * held)]] = False
    return train


def marked(marks: pd.Series[Any], where: Callable[[Sequence[int]], str]) -> NDArray[np.bool_]:
    """Which of the rows (n,) a column marks as training rows, the others being test rows."""
    words = marks.astype(str).str.strip().str.lower()
    train, test = words.isin(TRAINING_WORDS).to_numpy(), words.isin(TEST_WORDS).to_numpy()
    strange = np.flatnonzero(~train & ~test)
    if strange.size:
        raise DataError(
            f"the split column {visible(str(marks.name))} marks rows by true or train and by false or test; "
            f"another mark stands in {where(strange.tolist())}",
            found=shortened(marks.iloc[int(strange[0])]),
            hint=f"a column with two such marks; here: {listed([str(value) for value in marks.unique()], 4)}",
        )
    return np.asarray(train)
