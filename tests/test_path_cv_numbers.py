"""What a path and a cross-validation say belongs together: each number is worked out again from the data, from
scikit-learn, or from the other numbers as they are defined."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, result
from contract import valid
from sklearn.linear_model import ElasticNet, Lasso, Ridge
from sklearn.preprocessing import StandardScaler

import regcli as package
from regcli.specs import MEASURES_OF

PENALTIES = ["l1", "l2", "elasticnet"]


def close(one: float, other: float) -> bool:
    """Equal but for the order in which sums were taken."""
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_numbers_of_a_path_belong_together(penalty: str) -> None:
    """Predictions from the printed coefficients explain what is printed; norms, counts and changes agree."""
    found = valid(result("path", DIABETES, "-p", penalty))
    frame = pd.read_csv(DIABETES)
    y, deviation = frame["target"], frame.std(ddof=0)
    before: set[str] = set()
    for entry in found["path"]:
        coef = pd.Series(entry["coefficients"], dtype=float)
        residual = y - entry["intercept"] - frame[list(coef.index)] @ coef
        assert close(entry["deviance_ratio"], 1 - (residual**2).mean() / y.var(ddof=0))
        assert close(entry["l1_norm"], sum(map(abs, entry["standardized"].values())))
        assert list(entry["coefficients"]) == list(entry["standardized"])
        assert all(close(entry["standardized"][name], coef[name] * deviation[name]) for name in coef.index)
        assert entry["nonzero"] == len(coef) == np.count_nonzero(coef)
        assert set(entry["entered"]) == set(coef.index) - before
        assert set(entry["left"]) == before - set(coef.index)
        before = set(coef.index)
    alphas = [entry["alpha"] for entry in found["path"]]
    assert alphas == sorted(alphas, reverse=True)
    assert found["stopped"]["solved"] == len(alphas)
    chosen = found["path"][found["chosen"]["index"]]
    assert {key: chosen[key] for key in ("alpha", "l1", "l2", "nonzero")} == {
        key: found["chosen"][key] for key in ("alpha", "l1", "l2", "nonzero")
    }
    for figure in ("gap", "violation"):
        assert found["certificate"][figure] == max(entry[figure] for entry in found["path"])


def test_the_strengths_of_a_path_are_those_of_scikit_learn() -> None:
    """l1 and l2 of every entry, passed to scikit-learn at a tolerance of 1e-14, give the coefficients: to 1e-7."""
    frame = pd.read_csv(DIABETES)
    Z, y = StandardScaler().fit_transform(frame.drop(columns="target")), frame["target"].to_numpy()
    for penalty in PENALTIES:
        found = result("path", DIABETES, "-p", penalty, "--n-alphas", "8")
        for entry in found["path"]:
            l1, l2 = entry["l1"], entry["l2"]
            sharp: dict[str, Any] = {"tol": 1e-14, "max_iter": 1_000_000}
            if penalty == "l2":
                model = Ridge(alpha=len(y) * l2, solver="svd")
            elif penalty == "l1":
                model = Lasso(alpha=l1, **sharp)
            else:
                model = ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), **sharp)
            coef = model.fit(Z, y).coef_
            ours = [entry["standardized"].get(name, 0.0) for name in found["data"]["features"]]
            assert ours == pytest.approx(coef, abs=1e-7 * max(1.0, np.max(np.abs(coef))))


@pytest.mark.parametrize("measure", MEASURES_OF["gaussian"])
@pytest.mark.parametrize("words", [(), ("--repeats", "3"), ("-p", "enet", "--l1-ratio", "0.3,0.9")], ids=str)
def test_the_numbers_of_a_cross_validation_belong_together(words: tuple[str, ...], measure: str) -> None:
    """The mean and its error come of the folds' errors as they are defined, the choices of the means."""
    # 440 rows in 10 folds: each fold weighs the same.
    report = package.cv(pd.read_csv(DIABETES)[:440], **keywords(words), measure=measure, n_alphas=20)
    found = valid(report.to_dict())
    repeats, k = found["folds"]["repeats"], found["folds"]["k"]
    for entry in found["curve"]:
        table_of = np.reshape(entry["per_fold"], (repeats, k))
        assert close(entry["mean"], table_of.mean())
        assert close(entry["se"], math.sqrt((table_of.var(axis=1) / (k - 1)).mean()))
    chosen, curve = found["chosen"], found["curve"]
    sign = -1 if measure == "r2" else 1
    means = np.array([sign * entry["mean"] for entry in curve])
    least, simple = chosen["min"], chosen["one_se"]
    assert least["index"] == int(np.argmin(means))
    ratio = [i for i, entry in enumerate(curve) if entry["l1_ratio"] == least["l1_ratio"]]
    within = [i for i in ratio if means[i] <= means[least["index"]] + least["se"]]
    assert simple["index"] == min(within, key=lambda i: -curve[i]["alpha"])
    for row in (least, simple):
        entry = curve[row["index"]]
        assert all(row[key] == entry[key] for key in row if key not in ("r2", "index"))
        null = chosen["null"]["mean"]
        assert close(row["r2"], row["mean"] if measure == "r2" else 1 - row["mean"] / null)
    assert chosen["null"]["r2"] == 0
    taken = simple if chosen["rule"] == "1se" else least
    assert found["model"]["alpha"] == taken["alpha"]
    assert found["sparsity"]["nonzero"] == taken["nonzero"]
    assert [entry["alpha"] for entry in found["path"]] == [curve[i]["alpha"] for i in ratio]


def keywords(words: tuple[str, ...]) -> dict[str, Any]:
    """The keyword arguments of some words of the command line."""
    names = {"-p": "penalty", "--repeats": "repeats", "--l1-ratio": "l1_ratio"}
    values = {"--repeats": int, "--l1-ratio": lambda text: tuple(map(float, text.split(","))), "-p": str}
    return {names[one]: values[one](two) for one, two in zip(words[::2], words[1::2], strict=True)}


def test_how_often_features_are_selected() -> None:
    """Every fold fitted by scikit-learn at a tolerance of 1e-12: the share of the folds in which a coefficient is not
    zero, and in which its sign is that of the refit."""
    report = package.cv(DIABETES, n_alphas=15, repeats=2, folds=4)
    frame = pd.read_csv(DIABETES)
    X, y = frame.drop(columns="target"), frame["target"].to_numpy()
    signs = []
    for rows in report.arrays.assignment:
        for fold in range(4):
            Z = StandardScaler().fit_transform(X[rows != fold])
            signs.append(np.sign(Lasso(report.model.alpha, tol=1e-12, max_iter=100_000).fit(Z, y[rows != fold]).coef_))
    for name, column, row in zip(X, np.array(signs).T, report.model.coefficients, strict=True):
        found = next(item for item in report.selection if item.name == name)
        assert found.frequency == np.mean(column != 0)
        if not np.any(column):
            assert found.sign_agreement is None
        elif row.standardized:
            assert found.sign_agreement == np.mean(column[column != 0] == np.sign(row.standardized))


@pytest.mark.parametrize("command", ["path", "cv"])
def test_arrays_agree_with_the_document(command: str) -> None:
    """The arrays of the Python report are the numbers of its document, in its order."""
    report = getattr(package, command)(DIABETES, n_alphas=12, penalty="enet")
    arrays, found = report.arrays, valid(report.to_dict())
    features = found["data"]["features"]
    assert arrays.alphas.tolist() == [entry["alpha"] for entry in found["path"]]
    assert arrays.intercepts.tolist() == [entry["intercept"] for entry in found["path"]]
    assert arrays.deviance_ratio == pytest.approx([entry["deviance_ratio"] for entry in found["path"]], abs=1e-15)
    for key in ("coefficients", "standardized"):
        assert arrays[key].shape == (len(found["path"]), len(features))
        rows = [[entry[key].get(name, 0.0) for name in features] for entry in found["path"]]
        assert arrays[key].tolist() == rows
    if command == "cv":
        for key in ("mean", "se", "train_mean"):
            assert arrays[key].tolist() == [entry[key] for entry in found["curve"]]
        assert arrays.per_fold.T.tolist() == [entry["per_fold"] for entry in found["curve"]]
        assert arrays.assignment.shape == (1, found["data"]["rows_used"])
        assert np.ptp(np.bincount(arrays.assignment[0])) <= 1
