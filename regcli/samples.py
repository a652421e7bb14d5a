"""The data sets that come with regcli: what they are, and their bytes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from regcli.errors import UsageError, nearest

HERE = Path(__file__).parent


class Sample(NamedTuple):
    """A data set: its name, its size, the column to explain, what separates columns, and where it is from."""

    name: str
    rows: int
    columns: int
    target: str
    separator: str
    about: str
    source: str
    licence: str


SAMPLES = (
    Sample(
        "diabetes", 442, 11, "target", ",", "progression of diabetes",
        "Efron, Hastie, Johnstone, Tibshirani (2004), from scikit-learn 1.9.1", "BSD-3-Clause",
    ),
    Sample(
        "prostate", 97, 10, "lpsa", ",", "antigen before prostate surgery",
        "Stamey et al. (1989), from the R package ElemStatLearn", "GPL-2.0-or-later",
    ),
    Sample(
        "concrete", 1030, 9, "strength", ",", "strength of concrete mixes",
        "I-Cheng Yeh (1998), UCI Machine Learning Repository", "CC BY 4.0",
    ),
    Sample(
        "winequality_white", 4898, 12, "quality", ";", "marks of tasters; semicolons",
        "Cortez, Cerdeira, Almeida, Matos, Reis (2009), UCI Machine Learning Repository", "CC BY 4.0",
    ),
    Sample(
        "penguins", 344, 8, "body_mass_g", ",", "body mass; text, missing cells",
        "Gorman, Williams, Fraser (2014), from the R package palmerpenguins", "CC0 1.0",
    ),
    Sample(
        "wdbc", 569, 32, "diagnosis", ",", "benign or malignant tumours",
        "Wolberg, Street, Mangasarian (1995), UCI Machine Learning Repository", "CC BY 4.0",
    ),
    Sample(
        "insurance", 64, 5, "Claims", ",", "counts of car insurance claims",
        "Baxter, Coutts, Ross (1980), from the R package MASS", "GPL-2.0 or GPL-3.0",
    ),
    Sample(
        "heart_failure", 299, 13, "time", ",", "survival; event DEATH_EVENT",
        "Ahmad et al. (2017), Chicco, Jurman (2020), UCI Machine Learning Repository", "CC BY 4.0",
    ),
)  # fmt: skip


def find_sample(name: str) -> Sample:
    """The data set of that name; a UsageError with the nearest name where there is none."""
    names = [sample.name for sample in SAMPLES]
    for sample in SAMPLES:
        if name.removesuffix(".csv") == sample.name:
            return sample
    near = nearest(name, names)
    raise UsageError(
        f"no data set that comes with regcli is called {name!r}: there are {', '.join(names)}",
        hint=shlex.join(["regcli", "sample", *([near] if near else [])]),
    )


def sample_file(sample: Sample) -> Path:
    """The file of a data set: inside the installed package, or at the top of a checkout."""
    inside = HERE / "sample_data"
    return (inside if inside.is_dir() else HERE.parent / "sample_data") / f"{sample.name}.csv"
