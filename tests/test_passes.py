"""Likelihoods on rows that are passed over: the answers are those of rows that are held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import ROOT
from contract import valid
from pieces import in_pieces

import regcli
from regcli.errors import DataError, UsageError
from regcli.problem.families import FAMILIES
from regcli.problem.objective import Problem, curved_gram
from regcli.problem.penalties import ElasticNet
from regcli.select.drawing import FoldRule
from regcli.select.folds import stratified_folds
from regcli.select.sums.of_points import Query, _Summing
from regcli.select.sums.targets import Targets

SAMPLES = ROOT / "sample_data"
WDBC = pd.read_csv(SAMPLES / "wdbc.csv")[
    ["texture_mean", "smoothness_mean", "symmetry_worst", "radius_se", "concavity_mean", "diagnosis"]
]
"""Few columns, none of them nearly a sum of others: solutions are then known to more digits than violations tell."""


LOGS = ("gamma", "tweedie")


class Pieces:
    """Whatever is read from a file is passed over, once this was told in pieces of how many bytes."""

    def __init__(self, on: ExitStack) -> None:
        self._on = on

    def of(self, size: int) -> None:
        self._on.enter_context(in_pieces(size))


@pytest.fixture
def pieces() -> Iterator[Pieces]:
    with ExitStack() as on:
        yield Pieces(on)


def numbers(found: Any, where: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a document, by where they stand."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from numbers(value, f"{where}/{key}")
    elif isinstance(found, list):
        for place, value in enumerate(found):
            yield from numbers(value, f"{where}[{place}]")
    elif isinstance(found, (int, float)) and not isinstance(found, bool):
        yield where, float(found)


def assert_same(held: dict[str, Any], passed: dict[str, Any], keys: tuple[str, ...], tolerance: float) -> None:
    """The numbers under these keys agree, as shares of the largest under the key, or of 1."""
    for key in keys:
        ours, theirs = dict(numbers(passed[key])), dict(numbers(held[key]))
        left_out = {where for where in theirs if where.endswith("auc")}
        assert ours.keys() == theirs.keys() - left_out
        for where, value in ours.items():
            if not where.endswith(("gap", "violation")):
                assert value == pytest.approx(theirs[where], rel=tolerance, abs=tolerance), f"{key}{where}"


def in_file(frame: pd.DataFrame, folder: Path) -> str:
    path = folder / "rows.csv"
    frame.to_csv(path, index=False)
    return str(path)


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "binomial": ("", {"target": "diagnosis"}),
    "poisson": (
        str(SAMPLES / "insurance.csv"),
        {"target": "Claims", "family": "poisson", "exposure": "Holders", "reference": ["Group=<1l", "Age=<25"]},
    ),
    "gamma": (str(SAMPLES / "diabetes.csv"), {"target": "target", "family": "gamma", "exclude": ["s1", "s2"]}),
    "tweedie": (
        str(SAMPLES / "insurance.csv"),
        {
            "target": "Claims",
            "family": "tweedie",
            "power": 1.4,
            "exposure": "Holders",
            "reference": ["Group=<1l", "Age=<25"],
        },
    ),
    "multinomial": (
        str(SAMPLES / "penguins.csv"),
        {"target": "species", "family": "multinomial", "missing": "drop", "exclude": ["island", "year"]},
    ),
}


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("family", CASES)
def test_fit_is_that_of_held_rows(family: str, penalty: Any, pieces: Pieces, tmp_path: Path) -> None:
    """Both end at violations of 1e-12, from where the curvature of these problems leaves nine digits of coefficients.
    The penguins stand in the order of their species: the first rows know of one."""
    path, asked = CASES[family]
    path = path or in_file(WDBC, tmp_path)
    held = regcli.fit(path, penalty=penalty, alpha=0.03, **asked).to_dict()
    pieces.of(2500)
    passed = regcli.fit(path, penalty=penalty, alpha=0.03, **asked).to_dict()
    assert_same(held, passed, ("model", "sparsity", "metrics"), 1e-9)
    valid(json.loads(json.dumps(passed)))
    assert passed["certificate"]["certified"] and passed["certificate"]["violation"] < 1e-11
    assert passed["certificate"]["tied"] == held["certificate"]["tied"]
    assert passed["data"]["engine"] == "chunks" and 3 <= passed["data"]["passes"] <= 15
    assert passed["metrics"]["train"].get("auc", None) is None


def test_columns_that_depend_on_each_other_are_named(pieces: Pieces) -> None:
    """The levels of two columns, each with all of its levels, add up to the same: their coefficients can be shared."""
    asked: dict[str, Any] = {"target": "Claims", "family": "poisson", "exposure": "Holders", "alpha": 0.03}
    held = regcli.fit(SAMPLES / "insurance.csv", **asked)
    pieces.of(2500)
    passed = regcli.fit(SAMPLES / "insurance.csv", **asked)
    assert held.certificate.tied and passed.certificate.tied == held.certificate.tied
    assert passed.model.objective == pytest.approx(held.model.objective, rel=1e-12)


@pytest.mark.parametrize("family", CASES)
def test_cross_validation_is_that_of_held_rows(family: str, pieces: Pieces, tmp_path: Path) -> None:
    """Folds, of classes balanced in each, their errors and choice, whatever the size of the pieces."""
    path, asked = CASES[family]
    path = path or in_file(WDBC, tmp_path)
    asked = {"folds": 3, "n_alphas": 12, "alpha_min_ratio": 0.01, **asked}
    held = regcli.cv(path, jobs=1, **asked).to_dict()
    found = []
    for size in (2500, 9000):
        pieces.of(size)
        passed = regcli.cv(path, **asked).to_dict()
        valid(json.loads(json.dumps(passed)))
        assert_same(held, passed, ("curve", "chosen", "selection", "model", "metrics"), 1e-8)
        assert passed["folds"]["engine"] == "passes" and passed["folds"]["certified"]
        found.append(passed)
    assert found[0]["data"]["passes"] == found[1]["data"]["passes"] < 60
    assert_same(found[0], found[1], ("curve", "model"), 1e-9)


def test_a_path_stops_where_that_of_held_rows_does(pieces: Pieces, tmp_path: Path) -> None:
    path = in_file(WDBC, tmp_path)
    asked: dict[str, Any] = {"target": "diagnosis", "penalty": "elasticnet", "n_alphas": 40}
    held = regcli.path(path, **asked).to_dict()
    pieces.of(9000)
    passed = regcli.path(path, **asked).to_dict()
    valid(json.loads(json.dumps(passed)))
    assert passed["stopped"] == held["stopped"] and passed["chosen"]["index"] == held["chosen"]["index"]
    # Degrees of freedom of the elastic net come of the Hessian of each solution.
    assert_same(held, passed, ("path", "criteria"), 1e-7)


def test_many_columns_have_second_derivatives_of_few(pieces: Pieces, tmp_path: Path) -> None:
    """Beyond fifty columns only those that have a coefficient, or may soon, are looked at twice."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(600, 60))
    logits = X[:, 0] - 0.8 * X[:, 1] + 0.5 * X[:, 2]
    frame = pd.DataFrame(X.round(4)).add_prefix("x").assign(y=np.where(logits + rng.logistic(size=600) > 0, "a", "b"))
    path = in_file(frame, tmp_path)
    held = regcli.cv(path, n_alphas=8, folds=2, alpha_min_ratio=0.02, jobs=1).to_dict()
    pieces.of(60_000)
    passed = regcli.cv(path, n_alphas=8, folds=2, alpha_min_ratio=0.02).to_dict()
    assert_same(held, passed, ("curve", "chosen", "model"), 1e-8)
    assert passed["folds"]["certified"] and passed["certificate"]["certified"]


def test_rows_that_count_and_rows_held_back(pieces: Pieces, tmp_path: Path) -> None:
    """Weights, groups that stay together, and the test rows that a column marks."""
    frame = WDBC.assign(w=1 + np.arange(len(WDBC)) % 3, g=np.arange(len(WDBC)) // 20, part=np.arange(len(WDBC)) % 4 > 0)
    path = in_file(frame, tmp_path)
    asked: dict[str, Any] = {"target": "diagnosis", "weights": "w"}
    held = regcli.fit(path, alpha=0.02, split_column="part", exclude="g", **asked).to_dict()
    folded = regcli.cv(path, groups="g", folds=3, n_alphas=6, exclude="part", measure="accuracy", **asked).to_dict()
    pieces.of(9000)
    passed = regcli.fit(path, alpha=0.02, split_column="part", exclude="g", **asked).to_dict()
    assert_same(held, passed, ("model", "metrics"), 1e-9)
    assert passed["metrics"]["test"]["rows"] == held["metrics"]["test"]["rows"]
    again = regcli.cv(path, groups="g", folds=3, n_alphas=6, exclude="part", measure="accuracy", **asked).to_dict()
    assert_same(folded, again, ("curve", "chosen"), 1e-8)


def test_separated_classes_are_an_error(pieces: Pieces, tmp_path: Path) -> None:
    """Without a penalty there is no minimum: passes see it by what is left of the curvature. Others have one."""
    x = np.linspace(-1, 1, 60)
    apart = in_file(pd.DataFrame({"x": x, "z": np.sin(7 * x), "y": np.where(x > 0.1, "a", "b")}), tmp_path)
    with pytest.raises(DataError, match="separated"):
        regcli.fit(apart, alpha=0)
    pieces.of(600)
    with pytest.raises(DataError, match="separated"):
        regcli.fit(apart, alpha=0)
    mixed = in_file(WDBC.drop(columns="concavity_mean"), tmp_path)
    found = regcli.fit(mixed, target="diagnosis", alpha=0)
    assert found.certificate.certified and found.no_inference is not None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"positive": True, "alpha": 0.1}, "bounds"),
        ({"penalty_factor": {"radius_se": 2.0}, "alpha": 0.1}, "penalty factors"),
        ({"class_weight": "balanced", "alpha": 0.1}, "--class-weight"),
        ({"solver": "sklearn", "alpha": 0.1}, "--solver sklearn"),
    ],
)
def test_what_passes_cannot_do_is_refused(asked: dict[str, Any], said: str, pieces: Pieces, tmp_path: Path) -> None:
    pieces.of(9000)
    with pytest.raises(UsageError, match=said):
        regcli.fit(in_file(WDBC, tmp_path), target="diagnosis", **asked)


WHOLE = {
    "huber": ("strength", "takes its threshold from medians"),
    "quantile": ("strength", "is a linear program of all rows"),
    "squared_hinge": ("diagnosis", "searches along lines that all rows bend"),
}


@pytest.mark.parametrize("verb", ["fit", "path", "cv", "compare"])
@pytest.mark.parametrize("family", WHOLE)
def test_families_that_need_all_rows_are_refused(family: Any, verb: str, pieces: Pieces, tmp_path: Path) -> None:
    """With the reason, and a way out that works."""
    target, why = WHOLE[family]
    path = in_file(WDBC, tmp_path) if target == "diagnosis" else str(SAMPLES / "concrete.csv")
    asked: dict[str, Any] = {"target": target, "family": family} | ({"alpha": 0.1} if verb == "fit" else {})
    if verb == "fit":
        assert regcli.fit(path, **asked, sample=200).data.rows_used == 200
    pieces.of(2500)
    with pytest.raises(UsageError, match=f"--family {family} {why}") as caught:
        getattr(regcli, verb)(path, **asked)
    assert caught.value.hint == "--sample 10000, which looks at some of the rows"


@pytest.mark.parametrize("family", ["gamma", "tweedie"])
def test_amounts_that_pieces_cannot_have(family: Any, pieces: Pieces, tmp_path: Path) -> None:
    """A number that the family forbids is found in whichever piece it stands, with its line."""
    frame = pd.DataFrame({"x": np.arange(300) % 7, "z": np.arange(300) % 5, "y": 1.0 + np.arange(300) % 3})
    frame.loc[250, "y"] = -1
    pieces.of(900)
    with pytest.raises(DataError, match="is not in line 252"):
        regcli.fit(in_file(frame, tmp_path), family=family, alpha=0.1)


@pytest.mark.parametrize("family", ["binomial", "poisson", "gamma", "tweedie", "multinomial"])
def test_a_pass_says_what_the_derivatives_are(family: Any) -> None:
    """Loss, gradient and Hessian of a point are those of the problem on the rows that its fold learns from; and sums
    of parts are the sum of the whole."""
    rng = np.random.default_rng(8)
    n, p, K = 90, 4, 3 if family == "multinomial" else 1
    Z, weights, offset = rng.normal(size=(n, p)), rng.uniform(0.5, 2.0, n), rng.normal(size=n) * 0.3
    y = rng.poisson(2.0, n).astype(float) if family == "poisson" else rng.integers(0, 2, n).astype(float)
    y = rng.gamma(2.0, 1.0, n) * (family == "gamma" or rng.uniform(size=n) < 0.7) if family in LOGS else y
    y = np.eye(3)[rng.integers(0, 3, n)] if K > 1 else y
    beside = None if K > 1 else offset
    coef, level = rng.normal(size=K * p) * 0.3, rng.normal(size=K) * 0.2
    folds = np.arange(n) % 3
    places = np.array([0, 2, 3])
    queries = [Query(coef, level), Query(coef, level, 1, places), Query(0.5 * coef, level, 2)]

    class Task:
        measure, rule = "deviance", FoldRule(3, "random", seed=1)

    Task.family, Task.queries = FAMILIES[family], tuple(queries)  # type: ignore[attr-defined]
    summing = _Summing(Task(), p)  # type: ignore[arg-type]
    rows = Targets(Z, y, weights, beside, None, n, (), family)
    for part in (slice(0, 40), slice(40, n)):
        summing.add(Z[part], rows.only(part), [folds[part]])
    learned = folds != 1
    shape = ElasticNet(np.zeros(K * p), np.zeros(K * p))
    problem = Problem(
        Z[learned], y[learned], shape, 0.0, True, weights[learned], FAMILIES[family],
        offset=None if beside is None else beside[learned],
    )  # fmt: skip
    at = level[0] if K == 1 else level
    eta = problem.eta(at, coef)
    total = weights[learned].sum()
    assert summing.sums["weight"][1] == pytest.approx(total)
    assert summing.sums["loss"][1] / total == pytest.approx(problem.mean_of(problem.family.loss(problem.y, eta)))
    pull = problem.pull(problem.family.pull(problem.y, eta))
    np.testing.assert_allclose(summing.sums["pull"][1] / total, pull, rtol=1e-12, atol=1e-14)
    out = replace(problem, Z=Z[~learned], y=y[~learned], offset=None if beside is None else beside[~learned])
    tested = FAMILIES[family].loss(y[~learned], out.eta(at, coef))
    assert summing.sums["tested"][1] == pytest.approx(2 * weights[~learned] @ tested)
    bend = summing.bends[1]
    assert bend is not None and summing.bends[0] is None
    inside, across, levels = (one / total for one in bend)
    centre = np.linalg.pinv(levels)
    hessian = curved_gram(problem, eta, (np.arange(K)[:, None] * p + places).ravel())
    np.testing.assert_allclose(inside - across @ centre @ across.T, hessian, rtol=1e-9, atol=1e-12)


def test_folds_of_classes_do_not_depend_on_pieces() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        classes, k = rng.integers(0, 3, size=rng.integers(20, 90)), int(rng.integers(2, 8))
        folds = stratified_folds(classes, k, 11, 2)
        rule = FoldRule(k, "random", 2, 11, strata=tuple(np.bincount(classes, minlength=3).tolist()))
        for repeat in range(2):
            drawn, before, at = [], np.zeros(3, dtype=int), 0
            while at < len(classes):
                part = classes[at : at + int(rng.integers(1, 17))]
                drawn.append(rule.of_rows(repeat, before, len(part), part))
                before, at = before + np.bincount(part, minlength=3), at + len(part)
            assert np.array_equal(np.concatenate(drawn), folds.assignment[repeat])
