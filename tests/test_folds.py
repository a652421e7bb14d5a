"""Folds: who is tested when, against the definitions and against Philox as its paper defines it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import FILES, frame

import regcli
from regcli.errors import DataError, UsageError
from regcli.select.folds import Folds, given_folds, grouped_folds, leave_one_out, random_folds, time_folds

relation = settings(max_examples=100, deadline=None, derandomize=True)
WORD = 2**64 - 1


def philox(counter: list[int], key: tuple[int, int]) -> list[int]:
    """Ten rounds of Philox4x64 (Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy as 1, 2, 3)."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        first, second = c0 * 0xD2E7470EE14C6C93, c2 * 0xCA5A826395121157
        c0, c1, c2, c3 = (second >> 64) ^ c1 ^ k0, second & WORD, (first >> 64) ^ c3 ^ k1, first & WORD
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & WORD, (k1 + 0xBB67AE8584CAA73B) & WORD
    return [c0, c1, c2, c3]


def draws(seed: int, repeat: int) -> Iterator[int]:
    """The stream of the key (seed, repeat): NumPy counts from 1."""
    count = 1
    while True:
        yield from philox([count, 0, 0, 0], (seed, repeat))
        count += 1


def test_philox_is_philox() -> None:
    """The generator written out here gives the authors' known answer (kat_vectors of Random123)."""
    assert philox([0, 0, 0, 0], (0, 0)) == [
        0x16554D9ECA36314C,
        0xDB20FE9D672D0FDC,
        0xD7E772CEE186176B,
        0x7E68B68AEC7BA23B,
    ]


@pytest.mark.parametrize(("n", "k", "seed"), [(442, 10, 20_260_101), (97, 3, 0), (31, 7, 2**64 - 1), (8, 8, 5)])
def test_random_folds_are_the_stated_ones(n: int, k: int, seed: int) -> None:
    """Each block of K rows draws K numbers; its rows are the places of these in rising order."""
    found = random_folds(n, k, seed, repeats=3)
    for repeat, assignment in enumerate(found.assignment):
        stream = draws(seed, repeat)
        expected: list[int] = []
        while len(expected) < n:
            block = [next(stream) for _ in range(k)]
            expected += sorted(range(k), key=block.__getitem__)
        assert assignment.tolist() == expected[:n]


def test_the_default_seed_is_used() -> None:
    """`cv` without a seed draws with the one it prints, and its folds are those of that seed."""
    report = regcli.cv(frame("prostate"), alphas=[0.1, 0.2], repeats=2, jobs=1)
    assert report.folds.seed == 20_260_101
    expected = random_folds(97, 10, report.folds.seed, 2).assignment
    assert np.array_equal(report.arrays.assignment, expected)
    other = regcli.cv(frame("prostate"), alphas=[0.1, 0.2], seed=7, jobs=1)
    assert other.folds.seed == other.settings.seed == 7
    assert np.array_equal(other.arrays.assignment, random_folds(97, 10, 7).assignment)


@relation
@given(st.integers(2, 300), st.integers(2, 12), st.integers(0, 2**64 - 1), st.integers(1, 3))
def test_random_folds_are_balanced(n: int, k: int, seed: int, repeats: int) -> None:
    """Every block of K rows holds each fold once, the last one no fold twice; more rows change nothing before them."""
    found = random_folds(n, k, seed, repeats)
    longer = random_folds(n + 2 * k + 1, k, seed, repeats)
    assert len(found.assignment) == repeats
    for rows, more in zip(found.assignment, longer.assignment, strict=True):
        blocks = [rows[first : first + k].tolist() for first in range(0, n, k)]
        assert all(sorted(block) == list(range(k)) for block in blocks[: n // k])
        assert all(len(set(block)) == len(block) and set(block) <= set(range(k)) for block in blocks)
        assert np.array_equal(rows, more[:n])


def test_seed_and_repeat_change_the_folds() -> None:
    """Another seed draws other folds, and so does each repeat; the first repeat is that of a run without repeats."""
    drawn = [tuple(rows) for seed in range(20) for rows in random_folds(60, 5, seed, 4).assignment]
    assert len(set(drawn)) == len(drawn)
    assert np.array_equal(random_folds(60, 5, 3, 4).assignment[0], random_folds(60, 5, 3).assignment[0])
    labels = np.arange(60)
    grouped = [tuple(rows) for seed in range(20) for rows in grouped_folds(labels, 5, seed, 4).assignment]
    assert len(set(grouped)) == len(grouped)


def test_leave_one_out() -> None:
    """Row i is tested by fold i and all others train it."""
    found = leave_one_out(5)
    assert (found.k, len(found.assignment), found.least_training) == (5, 1, 4)
    for i in range(5):
        assert np.flatnonzero(found.test(0, i)).tolist() == [i]
        assert np.flatnonzero(~found.train(0, i)).tolist() == [i]


@relation
@given(st.lists(st.integers(1, 30), min_size=2, max_size=40), st.integers(2, 10), st.integers(0, 2**32))
def test_groups_are_whole_and_balanced(sizes: list[int], k: int, seed: int) -> None:
    """Rows of a group share a fold, and folds are as even as dealing the largest first to the smallest makes them.

    That bounds the largest fold by 4/3 - 1/(3K) of the best there is (Graham 1969, theorem 2), and two folds differ
    by no more than the smallest group in the larger.
    """
    k = min(k, len(sizes))
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    found = grouped_folds(labels, k, seed)
    (rows,) = found.assignment
    folds_of = [set(rows[labels == group].tolist()) for group in range(len(sizes))]
    assert all(len(folds) == 1 for folds in folds_of)
    load = np.bincount(rows, minlength=k)
    assert load.min() > 0
    lower = max(sum(sizes) / k, max(sizes))
    assert load.max() <= (4 / 3 - 1 / (3 * k)) * best_makespan(sizes, k, lower) + 1e-9
    for fold in range(k):
        inside = [size for size, folds in zip(sizes, folds_of, strict=True) if fold in folds]
        assert load[fold] - min(inside) <= load.min()


def best_makespan(sizes: list[int], k: int, lower: float) -> float:
    """No less than the smallest largest fold there is: a size of folds that the groups, largest first, fit into."""
    capacity = int(np.ceil(lower))
    while True:
        room = [capacity] * k
        for size in sorted(sizes, reverse=True):
            place = next((i for i, left in enumerate(room) if left >= size), None)
            if place is None:
                break
            room[place] -= size
        else:
            return capacity
        capacity += 1


def test_equal_groups_give_equal_folds() -> None:
    """Twenty groups of six rows in five folds: four groups each, whatever the seed; which ones is drawn."""
    labels = np.repeat(np.arange(20), 6)
    seen = set()
    for seed in range(10):
        (rows,) = grouped_folds(labels, 5, seed).assignment
        assert np.bincount(rows).tolist() == [24] * 5
        seen.add(tuple(rows))
    assert len(seen) == 10


@relation
@given(st.lists(st.integers(1, 12), min_size=3, max_size=40), st.integers(2, 12), st.integers(0, 2**32))
def test_time_goes_forward(sizes: list[int], k: int, seed: int) -> None:
    """A fold is tested on rows later than all that it learned from; equal times stay together; no block is empty.

    Many ties too: the sizes are how often each time occurs. Every row is tested once, but those of the first block.
    """
    k = min(k, len(sizes) - 1)
    times = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    found = time_folds(times, k)
    (rows,) = found.assignment
    assert sorted(set(rows.tolist())) == [-1, *range(k)]
    for time in range(len(sizes)):
        assert len(set(rows[times == time].tolist())) == 1
    seen = rows == -1
    for fold in range(k):
        train, test = found.train(0, fold), found.test(0, fold)
        assert np.array_equal(train, seen) and train.any() and test.any()
        assert times[train].max() < times[test].min()
        seen = seen | test
    assert seen.all()


def test_time_blocks_are_even() -> None:
    """Where all times differ the K + 1 blocks differ by one row at the most, and the last rows are tested last."""
    for n, k in ((100, 9), (101, 9), (37, 5), (6, 5), (1000, 3)):
        (rows,) = time_folds(np.arange(n), k).assignment
        sizes = np.bincount(rows + 1)
        assert sizes.max() - sizes.min() <= 1
        assert np.all(np.diff(rows) >= 0)


@pytest.mark.parametrize(("sizes", "first"), [([3, 4, 5], 7), ([5, 4, 3], 5), ([1, 1, 9, 1], 2), ([1, 9, 1, 1], 10)])
def test_a_tie_goes_to_the_nearer_side(sizes: list[int], first: int) -> None:
    """Two blocks of twelve rows are cut where the first comes nearest to six without parting equal times."""
    (rows,) = time_folds(np.repeat(np.arange(len(sizes)), sizes), 1).assignment
    assert np.bincount(rows + 1).tolist() == [first, 12 - first]


def test_one_time_that_outweighs_the_rest() -> None:
    """A time that holds nearly all rows leaves the others in blocks of their own."""
    for heavy in range(5):
        sizes = [1] * 5
        sizes[heavy] = 1000
        (rows,) = time_folds(np.repeat(np.arange(5), sizes), 4).assignment
        assert rows.tolist() == np.repeat(np.arange(5) - 1, sizes).tolist()


def test_too_few_times() -> None:
    """K folds in order of time need K + 1 different times."""
    with pytest.raises(DataError, match="4 are needed"):
        time_folds(np.array([0, 0, 1, 2]), 3)


@pytest.mark.parametrize("text", [False, True])
def test_time_from_the_file(text: bool) -> None:
    """`time=` takes numbers or dates in any order of rows; the column is no feature."""
    table = frame("prostate").copy()
    when = np.random.default_rng(2).permutation(len(table)) // 2
    days = pd.Timestamp("2024-12-30") + pd.to_timedelta(when, unit="D")
    table.insert(0, "when", days.strftime("%Y-%m-%d") if text else when)
    report = regcli.cv(table, "lpsa", time="when", folds=4, alphas=[0.1, 0.2], jobs=1)
    assert (report.folds.scheme, report.folds.k, report.folds.seed) == ("time", 4, None)
    assert "when" not in report.data.features
    assert np.array_equal(report.arrays.assignment[0], time_folds(when, 4).assignment[0])


def test_groups_from_the_file() -> None:
    """`groups=` keeps rows of a text label together; fewer groups than the usual folds make fewer folds, and say so."""
    table = frame("prostate").copy()
    who = np.array(["ann", "bob", "cat", "dan", "eve"])[np.random.default_rng(2).integers(0, 5, len(table))]
    table.insert(0, "who", who)
    report = regcli.cv(table, "lpsa", groups="who", alphas=[0.1, 0.2], jobs=1)
    assert (report.folds.scheme, report.folds.k) == ("groups", 5)
    assert [warning.code for warning in report.warnings].count("fewer_folds") == 1
    (rows,) = report.arrays.assignment
    assert len({(name, fold) for name, fold in zip(who, rows, strict=True)}) == 5
    with pytest.raises(UsageError, match="5 groups"):
        regcli.cv(table, "lpsa", groups="who", folds=6, alphas=[0.1], jobs=1)


def test_given_folds_are_taken_as_they_are() -> None:
    """The values of a fold column are folds, in their order, whatever they are called."""
    labels = np.array([2, 0, 1, 1, 0, 2, 2])
    found = given_folds(labels)
    assert found.k == 3 and found.scheme == "given"
    assert np.array_equal(found.assignment[0], labels)
    table = frame("prostate").copy()
    table.insert(0, "part", np.where(np.arange(len(table)) % 3 == 0, "train", "tune"))
    report = regcli.cv(table, "lpsa", fold_column="part", alphas=[0.1, 0.2], jobs=1)
    assert np.array_equal(report.arrays.assignment[0], np.arange(len(table)) % 3 != 0)


@pytest.mark.parametrize("ordered", [False, True])
def test_least_training(ordered: bool) -> None:
    """The smallest training fold, counted row by row."""
    rng = np.random.default_rng(4)
    rows = np.sort(rng.integers(-1 if ordered else 0, 4, size=50))
    found = Folds(4, (rows, rng.permutation(rows)), "given", ordered=ordered)
    assert found.least_training == min(found.train(r, fold).sum() for r in range(2) for fold in range(4))


def test_rows_that_are_dropped_do_not_count() -> None:
    """Folds are drawn for the rows used: dropping incomplete rows is the same as a file without them."""
    path, options = FILES["airquality_complete_cases"]
    report = regcli.cv(path, **options, alphas=[1.0, 2.0], jobs=1)
    complete = regcli.cv(frame("airquality_complete_cases"), "Ozone", alphas=[1.0, 2.0], jobs=1)
    assert report.data.rows_used == len(frame("airquality_complete_cases")) < report.data.rows_read
    assert np.array_equal(report.arrays.assignment, complete.arrays.assignment)
    assert np.array_equal(report.arrays.per_fold, complete.arrays.per_fold)
