"""Coefficients of Cox's model that have no end: found as all pairs find them, and refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog
from test_cox import cox, rows

import regcli
from regcli.errors import DataError
from regcli.problem.survival.monotone import monotone
from regcli.problem.survival.risk import RiskSets

Array = NDArray[np.float64]


def brute(y: Array, Z: Array) -> bool:
    """Whether there is a direction without end, by the program of all pairs."""
    pairs = [Z[j] - Z[k] for k in np.flatnonzero(y[:, 2]) for j in range(len(y))
             if y[j, 3] == y[k, 3] and y[j, 0] < y[k, 1] <= y[j, 1]]  # fmt: skip
    found = linprog(np.sum(pairs, axis=0), A_ub=pairs, b_ub=np.zeros(len(pairs)), bounds=(-1, 1), method="highs")
    return bool(-found.fun > 1e-6)


def test_monotone_likelihood_by_all_pairs() -> None:
    """With ties, strata and entry times, where columns order the events, nearly do, or do not."""
    seen = []
    for seed in range(120):
        random = np.random.default_rng(seed)
        n, p = int(random.integers(4, 25)), int(random.integers(1, 4))
        time = random.exponential(size=n) if seed % 2 else np.ceil(random.exponential(size=n) * 5)
        start = time * random.uniform(size=n) * 0.9 - 0.01 if seed % 3 == 0 else np.full(n, -np.inf)
        Z = random.normal(size=(n, p)).round(0 if seed % 5 == 0 else 6)
        if seed % 4 == 0:
            Z[:, 0] = -np.argsort(np.argsort(time)) + 5.0 * (random.uniform(size=n) < 0.05)
        y = np.column_stack([start, time, random.uniform(size=n) < 0.5, random.integers(0, 1 + seed % 2, n)])
        y[0, 2] = 1
        direction = monotone(RiskSets.of(y.astype(float)), Z)
        assert (direction is not None) == brute(y.astype(float), Z), seed
        seen.append(direction is not None)
    assert 20 < sum(seen) < 100


@pytest.mark.parametrize("more", [{}, {"strata": "group"}, {"ties": "efron", "entry": "entry"}])
def test_coefficients_without_end(more: dict[str, Any]) -> None:
    """A column that orders the events, and one whose ones never have theirs, are refused without a penalty; with one
    there is a minimum."""
    frame = rows()
    ordered = frame.assign(x1=-(frame["time"] ** 2) + 0.0)
    never = frame.assign(x2=np.where(frame["status"] == 0, frame.index % 2, 0), status=frame["status"])
    for one, name in ((ordered, "x1"), (never, "x2")):
        with pytest.raises(DataError, match=f"ahead in .*{name}.* grow without end"):
            cox(one, penalty="none", **more)
        with pytest.raises(DataError, match=f"ahead in {name} .* grow without end"):
            cox(one, alpha=0.1, keep=name, **more)
        for verb in (regcli.path, regcli.cv):
            with pytest.raises(DataError, match=f"ahead in {name} .* grow without end"):
                cox(one, verb, penalty="l2", keep=name, **more)
        assert cox(one, penalty="l2", alpha=1e-3, **more).certificate.certified
    assert cox(frame, penalty="none", **more).certificate.certified


def test_coefficients_without_end_in_a_fold() -> None:
    """Only the rows of the last fold are against an order of the events."""
    frame = rows(tied=False).assign(fold=np.arange(80) % 4)
    wrong = np.flatnonzero((frame["fold"] == 3) & (frame["status"] == 1))[:9]
    frame["x1"] = -np.log(frame["time"])
    frame.loc[wrong, "x1"] = -frame.loc[wrong, "x1"]
    assert cox(frame, alpha=0.1, keep="x1").certificate.certified
    with pytest.raises(DataError, match="order the events in the training rows of fold 4"):
        cox(frame, regcli.cv, penalty="l2", keep="x1", fold_column="fold")
