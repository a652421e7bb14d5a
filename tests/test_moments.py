"""Moments: merged in any way they are those of all rows, and what they cannot keep is seen.

Expected values are taken in rational arithmetic or by NumPy from the rows themselves.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Matrix, Vector, arrays, ask, engines

from regcli.problem import moments as module
from regcli.problem.moments import Moments, complements, moments_by_group, prefixes
from regcli.select.by_moments import squared_errors
from regcli.select.folds import Folds, random_folds

relation = settings(max_examples=60, deadline=None, derandomize=True)
EPS = float(np.finfo(float).eps)


def assert_same(found: Moments, expected: Moments, merged: bool = True) -> None:
    """Equal up to 64 roundings of what goes into each figure: of the spread of the columns.

    Where batches were `merged` their means were rounded, each by the last bit of its column's largest value: a column
    far from zero loses digits so, which is why cross-validation centres the columns beforehand.
    """
    assert found.rows == expected.rows
    assert found.weight == pytest.approx(expected.weight, rel=1e-14)
    assert np.array_equal(found.low, expected.low) and np.array_equal(found.high, expected.high)
    if expected.rows == 0:
        return
    largest = np.maximum(np.abs(expected.low), np.abs(expected.high))
    spread = expected.deviation + EPS * largest
    reach = spread + largest if merged else spread
    assert np.all(np.abs(found.mean - expected.mean) <= 64 * EPS * largest)
    bound = 64 * EPS * expected.weight * (np.outer(spread, reach) + np.outer(reach, spread))
    assert np.all(np.abs(found.cross - expected.cross) <= bound)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Matrix, Vector | None, np.random.Generator]:
    """Rows of two to four columns of several scales and offsets, with or without weights."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, q = draw(st.integers(1, 60)), draw(st.integers(2, 4))
    table = rng.normal(size=(n, q)) * 10.0 ** rng.uniform(-5, 5, size=q)
    table += 10.0 ** rng.uniform(-3, 3, size=q) * draw(st.sampled_from([0.0, 1.0]))
    weights = rng.uniform(0.1, 10, size=n) if draw(st.booleans()) else None
    return table, weights, rng


@relation
@given(tables())
def test_moments_are_those_of_the_rows(rows: tuple[Matrix, Vector | None, np.random.Generator]) -> None:
    """Means and centred cross-products agree with sums of fractions, which round nowhere."""
    table, weights, _ = rows
    shares = [Fraction(float(w)) for w in (np.ones(len(table)) if weights is None else weights)]
    total = sum(shares)
    exact = [[Fraction(float(value)) for value in column] for column in table.T]
    means = [sum(w * x for w, x in zip(shares, column, strict=True)) / total for column in exact]
    cross = [
        [
            float(sum(w * (x - ma) * (z - mb) for w, x, z in zip(shares, a, b, strict=True)))
            for b, mb in zip(exact, means, strict=True)
        ]
        for a, ma in zip(exact, means, strict=True)
    ]
    expected = Moments(
        len(table),
        float(total),
        np.array([float(mean) for mean in means]),
        np.array(cross),
        table.min(axis=0),
        table.max(axis=0),
    )
    assert_same(Moments.of(table, weights), expected, merged=False)


@relation
@given(tables(), st.integers(1, 6))
def test_merged_parts_are_the_whole(rows: tuple[Matrix, Vector | None, np.random.Generator], parts: int) -> None:
    """However the rows are dealt out, empty parts too, and in whatever order merged, the moments are those of all."""
    table, weights, rng = rows
    label = rng.integers(0, parts, size=len(table))
    merged = Moments.none(table.shape[1])
    for part in rng.permutation(parts):
        mine = label == part
        merged = merged.merge(Moments.of(table[mine], None if weights is None else weights[mine]))
    assert_same(merged, Moments.of(table, weights))


@relation
@given(tables(), st.integers(2, 6))
def test_complements_and_prefixes(rows: tuple[Matrix, Vector | None, np.random.Generator], count: int) -> None:
    """Every group's complement is made of all other rows, its prefix of the rows of the groups before it."""
    table, weights, rng = rows
    label = rng.integers(0, count, size=len(table))
    groups = moments_by_group(table[:, :-1], table[:, -1], label, count, weights)
    for chosen, found in (
        ([label == g for g in range(count)], groups),
        ([label != g for g in range(count)], complements(groups)),
        ([label < g for g in range(count)], prefixes(groups)),
    ):
        for mine, moments in zip(chosen, found, strict=True):
            assert_same(moments, Moments.of(table[mine], None if weights is None else weights[mine]))


def test_weights_are_copies() -> None:
    """A weight of k counts as k copies of the row."""
    rng = np.random.default_rng(5)
    table, weights = rng.normal(size=(30, 3)), rng.integers(1, 5, size=30)
    copies, weighted = Moments.of(np.repeat(table, weights, axis=0)), Moments.of(table, weights.astype(float))
    assert weighted.rows == 30 and copies.rows == weights.sum()
    assert weighted.weight == copies.weight
    assert weighted.mean == pytest.approx(copies.mean, rel=0, abs=1e-14)
    assert weighted.cross == pytest.approx(copies.cross, rel=0, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, weighted: bool) -> None:
    """Rows that are gathered in many chunks have the moments of one: 20,000 rows, in chunks of 4,096."""
    rng = np.random.default_rng(3)
    X, y, label = rng.normal(size=(20_000, 4)) + 100, rng.normal(size=20_000), rng.integers(0, 3, size=20_000)
    weights = rng.uniform(0.5, 2, size=20_000) if weighted else None
    whole = moments_by_group(X, y, label, 3, weights)
    monkeypatch.setattr(module, "CHUNK", 1)
    for found, expected in zip(moments_by_group(X, y, label, 3, weights), whole, strict=True):
        assert_same(found, expected)


@pytest.mark.parametrize("dataset", ["diabetes", "boston", "ames_numeric"])
def test_outliers_stay_in_their_fold(dataset: str) -> None:
    """Rows a million times larger in one fold cost the training rows without them no digit.

    A difference of totals would keep four digits of a variance: 16, less twice the six of the outliers.
    """
    X, y = arrays(dataset)
    label = np.arange(len(X)) % 10
    spread = X.std(axis=0)
    X = np.where((label == 4)[:, None], X + 1e6 * spread, X)
    y = np.where(label == 4, y * 1e6, y)
    found = complements(moments_by_group(X, y, label, 10))[4]
    clean = np.column_stack([X, y])[label != 4]
    centred = clean - clean.mean(axis=0)
    size = np.outer(clean.std(axis=0), clean.std(axis=0)) * len(clean)
    assert np.all(np.abs(found.cross - centred.T @ centred) <= 1e-12 * size)
    # As cross-validation has them: columns scaled beforehand over all rows, outliers and all, which costs the clean
    # rows the six digits by which they then are the smaller.
    engine, _ = engines(X, y, Folds(10, (label,), "given"))
    scale = np.append(engine.scale, 1.0)
    found = engine.train[4]
    assert np.all(np.abs(found.cross * np.outer(scale, scale) - centred.T @ centred) <= 1e-8 * size)
    assert found.rows == len(clean)


def test_errors_tell_how_far_they_are_off() -> None:
    """The sum of absolute terms that comes with each error, times rounding, bounds how far the error is off.

    Checked where almost everything is explained and cancellation takes all digits.
    """
    rng = np.random.default_rng(8)
    X = rng.normal(size=(200, 5)) + 3
    coefs = rng.normal(size=(40, 5))
    for noise in (1.0, 1e-4, 1e-8):
        y = X @ coefs[0] + 7 + noise * rng.normal(size=200)
        tried = coefs[0] + noise * np.logspace(-3, 3, 40)[:, None] * coefs
        intercepts = np.full(40, 7.0)
        direct = np.mean((y[:, None] - 7 - X @ tried.T) ** 2, axis=0)
        errors, terms = squared_errors(Moments.of(np.column_stack([X, y])), tried, intercepts)
        assert np.all(errors >= 0)
        assert np.all(np.abs(errors - direct) <= 8 * EPS * terms + 1e-12 * direct)


def test_lost_digits_are_taken_from_the_rows() -> None:
    """Where moments would lose the test error, because almost all is explained, it is taken from the rows."""
    rng = np.random.default_rng(9)
    X = rng.normal(size=(300, 4)) * [1, 10, 100, 1000] + 50
    y = X @ [1.0, -2.0, 0.3, 0.05] + 1e-7 * rng.normal(size=300)
    by_moments, by_rows = engines(X, y, random_folds(300, 5, 1))
    request = ask("l2", np.logspace(-12, -16, 9) * y.std())
    for index in range(5):
        found, expected = by_moments.run(index, request), by_rows.run(index, request)
        assert expected.test[-1] < 1e-13 < EPS * 10 * y.var()
        assert found.test == pytest.approx(expected.test, rel=1e-4)
