"""Rows that are passed over in pieces give the answers of rows that are held: the whole document, to 1e-10."""

from __future__ import annotations

import gzip
import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, PROSTATE, ROOT, check_error, regcli, typed_next
from contract import valid
from pieces import differences, figures, in_pieces, said
from support import DATA, SAMPLES
from test_nist import DIGITS, certified_by_nist, digits, fitted

import regcli as package
from regcli.errors import DataError

TOLERANCE = 1e-10
PENGUINS = str(SAMPLES / "penguins.csv")
CONCRETE = str(SAMPLES / "concrete.csv")
WINE = str(SAMPLES / "winequality_white.csv")
INSURANCE = str(SAMPLES / "insurance.csv")
MASS = {"target": "body_mass_g", "missing": "drop"}
SIZE = {DIABETES: 6000, PENGUINS: 4000, CONCRETE: 9000, PROSTATE: 1500, WINE: 90_000, INSURANCE: 500}
"""Bytes of a piece: each file has three and more."""


def both(verb: str, source: Any, size: int, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The documents of rows that are held, and of the same passed over in pieces of about `size` bytes."""
    run = getattr(package, verb)
    held = run(source, **options).to_dict()
    with in_pieces(size):
        streamed = run(source, **options).to_dict()
    assert (held["data"]["engine"], streamed["data"]["engine"]) == ("memory", "chunks")
    assert streamed["data"]["passes"] in (1, 2)
    return held, valid(json.loads(json.dumps(streamed)))


def alike(verb: str, source: Any, size: int, tolerance: float = TOLERANCE, **options: Any) -> None:
    """The documents are the same."""
    held, streamed = both(verb, source, size, **options)
    assert list(differences(figures(held), figures(streamed), tolerance)) == []
    assert said(held) == said(streamed)


FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "lasso": (DIABETES, {}),
    "ridge": (DIABETES, {"penalty": "l2"}),
    "elastic net": (DIABETES, {"penalty": "elasticnet", "l1_ratio": 0.4}),
    "another convention": (CONCRETE, {"convention": "glmnet"}),
    "levels, rows dropped": (PENGUINS, MASS),
    "gaps filled": (PENGUINS, MASS | {"missing": "mean"}),
    "gaps marked": (PENGUINS, MASS | {"missing": "indicator"}),
    "weights": (PENGUINS, MASS | {"weights": "flipper_length_mm"}),
    "offset": (PENGUINS, MASS | {"offset": "year"}),
    "test rows by a column": (PROSTATE, {"target": "lpsa", "split_column": "train"}),
    "a file of test rows": (DIABETES, {"test": DIABETES}),
    "without intercept": (WINE, {"intercept": False}),
    "without standardizing": (DIABETES, {"standardize": False}),
    "a feature kept": (DIABETES, {"keep": "bmi"}),
    "penalty factors": (DIABETES, {"penalty_factor": {"bmi": 2, "s1": 0.5}}),
    "bounds": (DIABETES, {"bounds": {"bmi": (0, 2), "s5": (-1, 10)}}),
    "no negative coefficient": (DIABETES, {"positive": True}),
    "interactions": (CONCRETE, {"interactions": True}),
    "powers": (CONCRETE, {"degree": 2}),
    "rare levels": (PENGUINS, MASS | {"min_level_count": 70}),
    "numbers as levels": (PENGUINS, MASS | {"categorical": "year"}),
    "levels that depend on each other": (INSURANCE, {}),
    "formula": (
        PENGUINS, {"formula": "body_mass_g ~ C(year) + flipper_length_mm * sex + log(bill_length_mm)", "missing": "drop"}
    ),
    "no penalty, with levels": (PENGUINS, MASS | {"alpha": 0}),
    "no penalty, no intercept": (CONCRETE, {"alpha": 0, "intercept": False}),
}  # fmt: skip

FOLDS: dict[str, tuple[str, dict[str, Any]]] = {
    "as they come": (DIABETES, {}),
    "three times": (DIABETES, {"repeats": 3, "folds": 4}),
    "by groups": (PENGUINS, MASS | {"groups": "island"}),
    "in order of time": (CONCRETE, {"time": "age", "folds": 4}),
    "by a column": (PENGUINS, MASS | {"fold_column": "year"}),
    "gaps filled anew in each": (PENGUINS, MASS | {"missing": "mean", "folds": 4}),
    "gaps marked, weights, by groups": (
        PENGUINS, MASS | {"missing": "indicator", "weights": "flipper_length_mm", "groups": "island"}
    ),
    "ridge with an offset": (PENGUINS, MASS | {"offset": "year", "penalty": "l2", "folds": 4}),
    "several shares of L1": (DIABETES, {"penalty": "elasticnet", "l1_ratio": [0.1, 0.9], "folds": 4, "rule": "1se"}),
    "within training rows": (PROSTATE, {"target": "lpsa", "split_column": "train", "folds": 4}),
    "a file of test rows": (DIABETES, {"test": DIABETES, "folds": 4, "measure": "r2"}),
    "no intercept, a feature kept": (DIABETES, {"intercept": False, "keep": "bmi", "folds": 4}),
    "bounds": (DIABETES, {"bounds": {"bmi": (0, 2)}, "folds": 4}),
    "interactions of levels": (PENGUINS, MASS | {"interactions": True, "folds": 4}),
}  # fmt: skip

PATHS: dict[str, tuple[str, dict[str, Any]]] = {
    "lasso": (DIABETES, {}),
    "ridge": (CONCRETE, {"penalty": "l2"}),
    "gaps filled": (PENGUINS, MASS | {"missing": "mean"}),
    "no intercept": (DIABETES, {"intercept": False, "positive": True}),
}


@pytest.mark.parametrize("what", FITS)
def test_fits(what: str) -> None:
    """Coefficients, metrics, certificate, counts of rows, and what is said of them."""
    source, options = FITS[what]
    alike("fit", source, SIZE[source], **{"alpha": 0.1} | options)


@pytest.mark.parametrize("what", FOLDS)
def test_folds(what: str) -> None:
    """The same folds, their errors along the path, the choice, and the model."""
    source, options = FOLDS[what]
    alike("cv", source, SIZE[source], **options)


@pytest.mark.parametrize("what", PATHS)
def test_paths(what: str) -> None:
    """Every step."""
    source, options = PATHS[what]
    alike("path", source, SIZE[source], **options)


@pytest.mark.parametrize("size", [700, 1800, 5000, 20_000])
def test_the_size_of_pieces_does_not_matter(size: int) -> None:
    """Neither for the folds nor for anything else: rounding is 1e-11."""
    options: dict[str, Any] = MASS | {"missing": "mean", "folds": 4, "repeats": 2}
    with in_pieces(4000):
        one = package.cv(PENGUINS, **options).to_dict()
    with in_pieces(size):
        other = package.cv(PENGUINS, **options).to_dict()
    assert list(differences(figures(one), figures(other), 1e-11)) == []
    assert said(one) == said(other)


@pytest.mark.parametrize("name", ["Longley", "Norris", "Wampler2", "Filip"])
def test_no_digits_are_lost_without_a_penalty(name: str) -> None:
    """NIST's data: rows are merged by the roots of their products, which gives as many digits as rows that are held.

    One less is allowed: the merges round once more.
    """
    with in_pieces(400):
        report = fitted(name)
    assert report.to_dict()["data"]["engine"] == "chunks"
    nist = certified_by_nist(name)
    estimates = [row.coefficient for row in report.model.coefficients]
    if nist["intercept"]:
        estimates.insert(0, report.model.intercept)
    found = min(digits(one, row["estimate"]) for one, row in zip(estimates, nist["certified"], strict=True))
    assert found >= DIGITS[name][0] - 1
    assert digits(report.inference.residual_deviation, nist["residual_sd"]) >= DIGITS[name][2] - 1
