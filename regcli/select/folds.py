"""Which row is tested in which fold: drawn once, from a seed, by row number alone.

Each block of K consecutive rows gets a random permutation of the K folds, so that folds are balanced everywhere in the
file. The numbers come from a counter-based generator: the fold of a row depends on the seed, the repeat and the row's
number, not on chunks, threads or how many rows follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.errors import DataError, counted

Index = NDArray[np.intp]

WORDS = 4
"""How many numbers the generator draws each time that it counts."""


@dataclass(frozen=True)
class Folds:
    """For each repeat the fold (n,) of every row, 0 to k - 1; -1 marks rows that are never tested.

    `scheme` says how they were drawn. With `ordered` folds a row is trained on only in later folds than its own.
    """

    k: int
    assignment: tuple[Index, ...]
    scheme: str
    seed: int | None = None
    ordered: bool = False

    def train(self, repeat: int, fold: int) -> NDArray[np.bool_]:
        """Which rows (n,) fold `fold` learns from."""
        return learned_from(self.assignment[repeat], fold, self.ordered)

    def test(self, repeat: int, fold: int) -> NDArray[np.bool_]:
        """Which rows (n,) fold `fold` is tested on."""
        return np.asarray(self.assignment[repeat] == fold)

    @property
    def least_training(self) -> int:
        """How many rows the smallest training fold has."""
        sizes = [np.bincount(rows + 1, minlength=self.k + 1) for rows in self.assignment]
        if self.ordered:
            return int(min(size[0] for size in sizes))
        return int(min(size.sum() - size[1:].max() for size in sizes))


def learned_from(folds: Index, fold: int, ordered: bool) -> NDArray[np.bool_]:
    """Which rows (n,), of which `folds` (n,) says where each is tested, fold `fold` learns from; see `Folds`."""
    return np.asarray(folds < fold if ordered else folds != fold)


def random_folds(n: int, k: int, seed: int, repeats: int = 1) -> Folds:
    """K random balanced folds of `n` rows, `repeats` times."""
    return Folds(k, tuple(_drawn(n, k, seed, repeat) for repeat in range(repeats)), "random", seed)


def stratified_folds(classes: Index, k: int, seed: int, repeats: int = 1) -> Folds:
    """K random folds balanced in each class and in all; `classes` (n,) numbers the rows' classes from 0.

    Each block of K consecutive rows of a class gets a random permutation of the folds; the rows that are left of the
    classes share further ones.
    """
    return Folds(k, tuple(_stratified(classes, k, seed, repeat) for repeat in range(repeats)), "random", seed)


def _stratified(classes: Index, k: int, seed: int, repeat: int) -> Index:
    found = np.empty(len(classes), dtype=np.intp)
    spare = leftovers(np.bincount(classes), k, seed, repeat)
    for number, left in enumerate(spare):
        rows = np.flatnonzero(classes == number)
        found[rows] = stratified_from(number, 0, len(rows), len(rows), left, k, seed, repeat)
    return found


def leftovers(sizes: Index, k: int, seed: int, repeat: int) -> list[Index]:
    """The folds of the last rows of each class, of so many rows (C,), that make no whole block.

    They take different folds: those that the permutation shared by the classes has left, then of a new one the others
    first.
    """
    found: list[Index] = []
    spare: list[int] = []
    for number, size in enumerate(sizes.tolist()):
        left = size % k
        fresh = _drawn(k, k, seed, repeat, 2 * number + 2).tolist()
        new = [fold for fold in fresh if fold not in spare][: max(left - len(spare), 0)]
        found.append(np.array([*spare[:left], *new], dtype=np.intp))
        spare = spare[left:] or [fold for fold in fresh if fold not in new]
    return found


def stratified_from(
    number: int, first: int, count: int, size: int, left: Index, k: int, seed: int, repeat: int
) -> Index:
    """The folds (count,) of the rows of class `number` from its row `first` on; it has `size` in all, the last of which
    have the folds `left`."""
    whole = size // k * k
    inside = min(max(whole - first, 0), count)
    drawn = drawn_from(first, inside, k, seed, repeat, 2 * number + 1)
    return np.concatenate([drawn, left[max(first - whole, 0) :][: count - inside]])


def drawn_from(first: int, count: int, k: int, seed: int, repeat: int, stream: int = 0) -> Index:
    """The random folds (count,) of the rows from number `first` on."""
    begin, end = first // k, -(-(first + count) // k)
    words = begin * k // WORDS
    draws = _generator(seed, repeat, stream, words).random_raw(end * k - words * WORDS)[begin * k - words * WORDS :]
    folds = np.argsort(draws.reshape(end - begin, k), axis=1, kind="stable").reshape(-1)
    return folds[first - begin * k :][:count].astype(np.intp)


def _drawn(n: int, k: int, seed: int, repeat: int, stream: int = 0) -> Index:
    return drawn_from(0, n, k, seed, repeat, stream)


def _generator(seed: int, repeat: int, stream: int = 0, after: int = 0) -> np.random.Philox:
    """Streams differ in the last of the four words that the generator counts with, which has counted to `after`."""
    counter = np.array([after, 0, 0, stream], dtype=np.uint64)
    return np.random.Philox(key=np.array([seed, repeat], dtype=np.uint64), counter=counter)


def leave_one_out(n: int) -> Folds:
    """As many folds as rows."""
    return Folds(n, (np.arange(n),), "leave one out")


def grouped_folds(groups: Index, k: int, seed: int, repeats: int = 1) -> Folds:
    """Random folds that keep the rows of a group together; `groups` (n,) numbers them from 0, every number in use.

    The groups are dealt out, largest first, each to the smallest fold.
    """
    sizes = np.bincount(groups)
    return Folds(k, tuple(dealt(sizes, k, seed, repeat)[groups] for repeat in range(repeats)), "groups", seed)


def dealt(sizes: Index, k: int, seed: int, repeat: int) -> Index:
    """The fold (G,) of each group of so many rows (G,)."""
    shuffle = _generator(seed, repeat).random_raw(len(sizes))
    load, fold = np.zeros(k, dtype=np.intp), np.empty(len(sizes), dtype=np.intp)
    for group in np.lexsort((shuffle, -sizes)):
        fold[group] = np.argmin(load)
        load[fold[group]] += sizes[group]
    return fold


def time_folds(times: Index, k: int) -> Folds:
    """K + 1 blocks in order of time, equal times together: trained on the first blocks, tested on the next.

    `times` (n,) numbers the times from 0 in their order, every number in use. Raises DataError where there are too few
    different ones.
    """
    return Folds(k, (time_blocks(np.bincount(times), k)[times] - 1,), "time", ordered=True)


def time_blocks(sizes: Index, k: int) -> Index:
    """Which of K + 1 blocks, of much the same number of rows, each time (T,) belongs to, that has so many rows (T,)."""
    if len(sizes) < k + 1:
        raise DataError(
            f"{counted(len(sizes), 'different time')} for {k} folds in order of time: {k + 1} are needed",
            hint=f"--folds {len(sizes) - 1}" if len(sizes) > 2 else "another column of times",
        )
    block = np.zeros(len(sizes), dtype=np.intp)
    left, current = int(sizes.sum()), 0
    filled = 0
    for time, size in enumerate(sizes):
        goal = left / (k + 1 - current)
        # On to the next block where this one is full, or where every time left is needed to fill the blocks left.
        needed = len(sizes) - time <= k - current
        if filled and current < k and (filled + size / 2 > goal or needed):
            left -= filled
            current, filled = current + 1, 0
        block[time] = current
        filled += int(size)
    return block


def given_folds(labels: Index) -> Folds:
    """The folds of a column; `labels` (n,) numbers its values from 0 in their order, every number in use."""
    return Folds(int(labels.max()) + 1, (labels.astype(np.intp),), "given")
