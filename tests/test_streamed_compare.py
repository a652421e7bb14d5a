"""Comparisons of rows that are passed over: folds within folds by their moments, the answers of rows that are held."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, check_error, regcli
from contract import valid
from pieces import differences, figures, in_pieces, said
from support import SAMPLES

import regcli as package
from regcli.select.drawing import FoldRule
from regcli.select.folds import random_folds
from regcli.select.sums.nested import _before

PENGUINS = str(SAMPLES / "penguins.csv")
MASS = {"target": "body_mass_g", "missing": "drop"}
FEW = {"folds": 3, "inner_folds": 2, "penalties": "ols,lasso"}

COMPARED: dict[str, tuple[str, int, dict[str, Any]]] = {
    "as they come": (DIABETES, 6000, {"folds": 3, "inner_folds": 3}),
    "levels, twice": (PENGUINS, 4000, {**MASS, **FEW, "repeats": 2}),
    "by groups": (PENGUINS, 4000, MASS | {"groups": "island", "inner_folds": 2, "penalties": "lasso"}),
    "gaps filled anew in each": (PENGUINS, 4000, {**MASS, **FEW, "missing": "mean"}),
    "judged by a file": (DIABETES, 6000, {"test": DIABETES, "inner_folds": 3, "penalties": "ols,lasso"}),
    "nothing tuned": (DIABETES, 6000, {"alpha": 0.1, "folds": 3}),
    "no intercept, an offset": (DIABETES, 6000, {**FEW, "intercept": False, "offset": "age"}),
    "geometry": (DIABETES, 6000, {**FEW, "geometry": "bmi,bp"}),
}


def _told(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(line["code"], line["message"]) for line in document["diagnosis"]]


@pytest.mark.parametrize("what", COMPARED)
def test_comparisons(what: str) -> None:
    """Errors in every fold, what is selected there, differences, verdict and diagnosis. To 1e-9: a strength is chosen
    in each fold, and every fit starts from columns scaled anew."""
    source, size, options = COMPARED[what]
    held = package.compare(source, **options).to_dict()
    with in_pieces(size):
        streamed = valid(json.loads(json.dumps(package.compare(source, **options).to_dict())))
    assert streamed["data"]["engine"] == "chunks"
    assert list(differences(figures(held), figures(streamed), 1e-9)) == []
    assert held["verdict"] == streamed["verdict"]
    assert _told(held) == _told(streamed)
    assert said(held) == said(streamed)


def test_folds_by_time_and_by_a_column(tmp_path: Path) -> None:
    """Inner folds are made of the values that the outer ones leave."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(300, 3))
    made = pd.DataFrame(X, columns=["a", "b", "c"])
    made = made.assign(when=np.arange(300) // 25, day=np.arange(300) % 4, y=X[:, 0] + rng.normal(size=300))
    made.to_csv(tmp_path / "t.csv", index=False)
    each: tuple[dict[str, Any], ...] = ({"time": "when", "folds": 2, "inner_folds": 2}, {"fold_column": "day"})
    for options in each:
        held = package.compare(tmp_path / "t.csv", "y", penalties="ols,lasso", **options).to_dict()
        with in_pieces(3000):
            streamed = package.compare(tmp_path / "t.csv", "y", penalties="ols,lasso", **options).to_dict()
        assert list(differences(figures(held), figures(streamed), 1e-9)) == []


@pytest.mark.parametrize("k", [2, 3, 7, 10])
def test_numbers_among_training_rows(k: int) -> None:
    """How many rows of a fold come before a row, by counting them."""
    folds, rule = random_folds(60, k, 9, 2), FoldRule(k, "random", 2, 9)
    for repeat in range(2):
        for fold in range(k):
            counts = np.cumsum(folds.assignment[repeat] == fold)
            assert [_before(rule, repeat, fold, first) for first in range(1, 60)] == counts[:-1].tolist()


def test_dependent_levels_are_told(tmp_path: Path) -> None:
    """All levels of a text add up to a constant: collinearity is looked for without one of them."""
    rng = np.random.default_rng(1)
    a = rng.normal(size=400)
    made = pd.DataFrame({"a": a, "near": a + 1e-3 * rng.normal(size=400), "kind": rng.choice(["u", "v"], 400)})
    made.assign(y=a + rng.normal(size=400)).to_csv(tmp_path / "t.csv", index=False)
    options: dict[str, Any] = {"folds": 3, "inner_folds": 3, "penalties": "ridge"}
    held = package.compare(tmp_path / "t.csv", "y", **options).to_dict()
    with in_pieces(4000):
        streamed = package.compare(tmp_path / "t.csv", "y", **options).to_dict()
    codes = [line["code"] for line in held["diagnosis"]]
    assert "collinearity" in codes
    assert _told(held) == _told(streamed)


def test_test_rows_in_the_same_file_are_refused() -> None:
    """They are judged one by one, which their moments cannot."""
    source = SAMPLES / "prostate.csv"
    with in_pieces(1500):
        refused = regcli("compare", source, "-y", "lpsa", "--split-column", "train")
    check_error(refused, 2)
    assert "--split-column" in refused.err
