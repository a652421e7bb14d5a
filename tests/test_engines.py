"""Passing over rows: sums that merge, pieces read one ahead, how large they may be, and what is said meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import DIABETES, environment
from hypothesis import given, settings
from hypothesis import strategies as st

from regcli.cli import progress
from regcli.data.engines import budget
from regcli.data.engines.ahead import one_ahead
from regcli.data.engines.local import Local
from regcli.data.engines.seam import Reached
from regcli.errors import UsageError
from regcli.problem.moments import Moments
from regcli.problem.roots import Roots
from regcli.select.condensed import equal_columns, refilled, stand_ins
from regcli.select.drawing import FoldRule
from regcli.select.folds import dealt, drawn_from, random_folds
from regcli.specs import DataSpec

# Sums


def cuts(n: int, sizes: list[int]) -> Iterator[slice]:
    """Slices of these sizes until n rows are used up, the last as long as it takes."""
    begin = 0
    for size in [*sizes, n]:
        end = min(begin + size, n)
        yield slice(begin, end)
        begin = end


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=6), st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_merged_sums_are_those_of_all_rows(sizes: list[int], q: int, weighted: bool, seed: int) -> None:
    """Of moments and of roots, against numpy on the whole table, at columns far from zero."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(60, q)) * 10.0 ** rng.integers(-3, 4, q) + 10.0 ** rng.integers(0, 4, q)
    weights = rng.uniform(0.1, 3, 60) if weighted else None
    moments, roots = Moments.none(q), Roots.none(q)
    for rows in cuts(60, sizes):
        part = None if weights is None else weights[rows]
        moments = moments.merge(Moments.of(table[rows], part))
        roots = roots.merge(Roots.of(table[rows], part))
    mean = np.average(table, axis=0, weights=weights)
    centred = table - mean
    cross = (centred * (1 if weights is None else weights[:, None])).T @ centred
    scale = np.sqrt(np.outer(np.diagonal(cross), np.diagonal(cross)))
    for found, products in ((moments, moments.cross), (roots, roots.factor.T @ roots.factor)):
        assert found.rows == 60
        assert found.weight == pytest.approx(60 if weights is None else weights.sum(), rel=1e-14)
        np.testing.assert_allclose(found.mean, mean, rtol=1e-13)
        assert np.max(np.abs(products - cross) / scale) < 1e-10  # means are up to 1e7 deviations
        np.testing.assert_array_equal((found.low, found.high), (table.min(axis=0), table.max(axis=0)))


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("dependent", [True, False])
def test_rows_that_stand_for_all_have_their_moments(exact: bool, dependent: bool) -> None:
    """Means 0, the same products; columns that depend on each other do so exactly to rounding."""
    table = np.random.default_rng(4).normal(size=(50, 5))
    if dependent:
        table[:, 4] = table[:, 0] - table[:, 1]
    whole = Moments.of(table)
    rows = stand_ins(Roots.of(table) if exact else whole)
    assert rows.shape == (6, 5)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(rows.T @ rows * (50 / 6), whole.cross, rtol=1e-12, atol=1e-12)
    if dependent:
        np.testing.assert_allclose(rows[:, 4], rows[:, 0] - rows[:, 1], atol=1e-13)


def test_equal_and_mirrored_columns_by_moments() -> None:
    """As a look at the rows finds them."""
    rng = np.random.default_rng(0)
    a, flag = rng.normal(size=80), (rng.random(80) < 0.4).astype(float)
    table = np.column_stack([a, flag, a, 1 - flag, a + 1e-9 * rng.normal(size=80), np.full(80, 3), np.full(80, 3), a])
    found = equal_columns(Moments.of(table), True)
    assert found is not None and found.tolist() == [0, 1, 0, 1, 4, 5, 5]
    without = equal_columns(Moments.of(table), False)
    assert without is not None and without.tolist() == [0, 1, 0, 3, 4, 5, 5]


def test_fills_are_learned_anew() -> None:
    """The moments of rows as if gaps were filled by the mean of the training rows alone; a column that has one value
    there and gaps is constant."""
    rng = np.random.default_rng(2)
    X, y, gaps = rng.normal(size=(40, 3)), rng.normal(size=40), rng.random((40, 2)) < 0.3
    X[:, 1] = 7.0
    train = np.arange(40) < 30
    X[~train, 1] = rng.normal(size=10)
    fills = np.array([100.0, -3.0])
    filled, fresh = X.copy(), X.copy()
    for place in range(2):
        filled[gaps[:, place], place] = fills[place]
        fresh[gaps[:, place], place] = X[train & ~gaps[:, place], place].mean()
    old = np.column_stack([filled, gaps, y])
    pairs = refilled(Moments.of(old[~train]), Moments.of(old[train]), np.array([0, 1]), fills)
    for found, rows in zip(pairs, (~train, train), strict=True):
        wanted = Moments.of(np.column_stack([fresh, y])[rows])
        np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-12)
        np.testing.assert_allclose(found.cross, wanted.cross, rtol=1e-10, atol=1e-9)
    assert pairs[1].low[1] == pairs[1].high[1] == pytest.approx(7.0)


# Folds of pieces


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=5), st.integers(2, 11), st.integers(0, 3), st.integers(0, 2**31))
def test_folds_of_pieces_are_those_of_all_rows(sizes: list[int], k: int, repeat: int, seed: int) -> None:
    """Wherever a piece begins."""
    whole = random_folds(100, k, seed, repeat + 1).assignment[repeat]
    found = [drawn_from(rows.start, rows.stop - rows.start, k, seed, repeat) for rows in cuts(100, sizes)]
    np.testing.assert_array_equal(np.concatenate(found), whole)


def test_folds_by_label() -> None:
    """They go by the value of a row alone."""
    sizes = np.array([4, 9, 2, 5])
    rule = FoldRule(2, "groups", by_label=(dealt(sizes, 2, 1, 0),))
    labels = np.array([3, 3, 0, 1])
    assert rule.of_rows(0, 17, 4, labels).tolist() == dealt(sizes, 2, 1, 0)[labels].tolist()
    assert sorted(rule.folds().assignment[0].tolist()) == [-1, 0, 1]


# One piece ahead


def test_items_come_in_their_order_from_another_thread() -> None:
    """One is made while the one before is used, and no more."""
    made: list[int] = []

    def items() -> Generator[int]:
        for number in range(5):
            made.append(threading.get_ident())
            yield number

    found = []
    for number in one_ahead(items()):
        found.append(number)
        assert len(made) <= number + 2
    assert found == list(range(5)) and threading.get_ident() not in made


def test_what_goes_wrong_is_raised_in_its_turn() -> None:
    """After the items before it."""

    def items() -> Generator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    found = []
    with pytest.raises(ValueError, match="third"):
        for number in one_ahead(items()):
            found.append(number)
    assert found == [1, 2]


def test_left_early_the_thread_ends() -> None:
    """And the items are closed."""
    closed = []

    def items() -> Generator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    before = threading.active_count()
    ahead = one_ahead(items())
    assert next(iter(ahead)) == 0
    ahead.close()  # type: ignore[attr-defined]
    assert closed == [True] and threading.active_count() == before


# How large pieces may be


def test_the_size_of_a_piece() -> None:
    """memory = interpreter + moments + bytes for each byte of a piece; UsageError that says how much is needed."""
    assert budget.piece_size(budget.INTERPRETER + 5000 + 20 * (1 << 20), 5000, 20) == 1 << 20
    assert budget.piece_size(1 << 40, 0, 20) == budget.MOST_PIECE
    with pytest.raises(UsageError, match="too little") as error:
        budget.piece_size(1 << 20, 5000, 20)
    memory = DataSpec(DIABETES, memory=str(error.value.hint).split()[1]).most_memory
    assert memory is not None and budget.piece_size(memory, 5000, 20) >= budget.LEAST_PIECE


def test_cells_are_counted() -> None:
    """Short numbers take more than long ones, text more than numbers; what is no text is taken as usual."""
    cost = budget.Cost(1.0, 8.0, 100.0)
    long, short = (b"a,b\n" + line * 50 for line in (b"1.2345678901,2.3456789012\n", b"1,2\n"))
    assert cost.of(long) == pytest.approx(budget.SAFE * (1 + 8 * 100 / (26 * 50)), rel=0.03)
    assert cost.of(short) == pytest.approx(budget.SAFE * (1 + 8 / 2), rel=0.03)
    assert cost.of(b"a;b\n" + b"u;2\n" * 50) > cost.of(b"a;b\n" + b"1;2\n" * 50)
    assert cost.of(b"PAR1\0\n\0\n\0\n") == cost.usual


def test_what_rows_take_where_they_are_held(tmp_path: Path) -> None:
    """By the length of the files, packed ones are reckoned to be longer; of an address nobody knows."""
    for name in ("a.csv", "a.csv.gz"):
        (tmp_path / name).write_bytes(b"x" * 1000)
    plain, packed = (budget.held([str(tmp_path / name)]) for name in ("a.csv", "a.csv.gz"))
    assert plain == budget.INTERPRETER + int(1000 * budget.HELD.usual)
    assert packed == budget.INTERPRETER + int(1000 * (budget.HELD.usual * budget.PACKED))
    assert budget.held(["https://example.org/a.csv"]) is None
    assert budget.held([str(tmp_path / "none.csv")]) is None


def test_free_memory_is_the_least_of_what_limits_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's, that of a container, and that of the process."""
    told = {
        "/proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    4000 kB\n",
        "/sys/fs/cgroup/memory.max": "max",
        "/sys/fs/cgroup/memory.current": "100",
        "/proc/self/statm": "10 5 3",
    }
    limit = -1

    def read(path: Path, *how: Any, **more: Any) -> str:
        if str(path) not in told:
            raise FileNotFoundError(path)
        return told[str(path)]

    resource = pytest.importorskip("resource")
    monkeypatch.setattr(Path, "read_text", read)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (limit, limit))
    monkeypatch.setattr(resource, "RLIM_INFINITY", -1)
    assert budget.free() == 4000 * 1024
    told["/sys/fs/cgroup/memory.max"] = "3000100"
    assert budget.free() == 3_000_000
    limit = 2_000_000 + 10 * os.sysconf("SC_PAGE_SIZE")
    assert budget.free() == 2_000_000


# Progress


def test_passes_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which it is, rows and bytes, until it is over."""
    told: list[Any] = []

    class Bar:
        def start(self) -> None:
            told.append("start")

        def stop(self) -> None:
            told.append("stop")

        def add_task(self, what: str, total: int | None) -> int:
            return 0

        def update(self, task: int, description: str, completed: int, total: int | None, refresh: bool) -> None:
            told.append((description, completed, total))

    monkeypatch.setattr(progress, "_bar", lambda *columns: Bar())
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.Passes() as bar:
        bar._watched = True
        bar.of_rows(Reached(1, 1500, 300, 900))
        bar.of_rows(Reached(1, 4500, 900, 900))
        bar.of_rows(Reached(2, 10, 1, 0))
    assert told == ["start", ("pass 1: 1,500 rows", 300, 900), "stop", "start", ("pass 2: 10 rows", 1, None), "stop"]


def test_the_engine_tells_how_far_it_has_come() -> None:
    """After each piece; at the end all bytes are read and all rows seen."""
    heard: list[Reached] = []

    class Count:
        spec, numbered = DataSpec(DIABETES, "target"), False

        def of(self, rows: Any, first: Any) -> Any:
            return Rows(rows.rows_read)

    class Rows:
        def __init__(self, rows: int) -> None:
            self.rows = rows

        def merge(self, other: Any) -> Any:
            return Rows(self.rows + other.rows)

    engine = Local(DIABETES, 1 << 30, heard.append)
    engine.size = 5000
    assert engine.total(Count()).rows == 442  # type: ignore[type-var]
    assert engine.passes == 1 and len(heard) > 3
    assert [one.rows for one in heard] == sorted(one.rows for one in heard)
    size = os.path.getsize(DIABETES)
    assert heard[-1] == Reached(1, 442, size, size)


# Memory


LIMIT = 32 << 20
"""So many bytes may be taken by whatever grows with the rows."""
CHILD = """
import json, resource, sys
from pathlib import Path
from regcli.cli.app import run
from regcli.data.engines.budget import INTERPRETER
from regcli.workflows import gathering

small, large, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
memory = INTERPRETER + 3 * limit // 8

def peak():  # not ru_maxrss, which begins with what the parent took
    told = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in told if line.startswith("VmHWM:"))

def crossed(path, out):
    few = ["-k", "5", "--n-alphas", "5", "-q"]
    return run(["cv", path, "-y", "y", *few, "--memory", f"{memory // 1000}KB", "--json", "-o", out])

usual, gathering._in_pieces = gathering._in_pieces, lambda data: memory
assert crossed(small, "small.json") == 0  # everything is imported, every thread has its stack
gathering._in_pieces = usual
before = peak()
size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + limit, size + limit))
code = crossed(large, "large.json")
print(json.dumps({"code": code, "grown": peak() - before, "left": memory - peak()}))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits and peaks are measured as Linux tells them")
def test_a_file_of_five_times_the_memory_is_cross_validated(tmp_path: Path) -> None:
    """Under a hard limit on what the process may take beside what a small file took: its numbers alone would take five
    times that. What it takes at the most is measured as well."""
    rng = np.random.default_rng(0)
    digits = rng.integers(0, 10, (20_000, 12))
    digits[:, 11] = (digits[:, 0] + digits[:, 1]) // 2
    header = ",".join(f"x{j}" for j in range(11)) + ",y\n"
    rows = np.full((20_000, 24), ord(","), dtype=np.uint8)
    rows[:, ::2] = digits + ord("0")
    rows[:, -1] = ord("\n")
    block = rows.tobytes()
    times = -(-5 * LIMIT // (8 * digits.size))
    (tmp_path / "small.csv").write_bytes(header.encode() + block[: 24 * 2000])
    with (tmp_path / "large.csv").open("wb") as file:
        file.write(header.encode())
        for _ in range(times):
            file.write(block)
    assert 8 * digits.size * times >= 5 * LIMIT
    command = [sys.executable, "-c", CHILD, "small.csv", "large.csv", str(LIMIT)]
    env = environment(OPENBLAS_NUM_THREADS="1", MALLOC_ARENA_MAX="2")
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["code"], done.stderr) == (0, b"")
    assert told["grown"] <= LIMIT and told["left"] >= 0
    found = json.loads((tmp_path / "large.json").read_text())
    assert (found["data"]["engine"], found["data"]["rows_used"]) == ("chunks", 20_000 * times)
    once = json.loads((tmp_path / "small.json").read_text())["metrics"]["train"]["mse"]
    assert found["metrics"]["train"]["mse"] == pytest.approx(once, rel=0.1)  # a tenth of the rows, again and again
