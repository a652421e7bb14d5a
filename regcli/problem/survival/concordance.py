"""Harrell's concordance index: how often, of two rows, the one predicted to die first does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from regcli.problem.survival.intervals import Array, Index
from regcli.problem.survival.risk import RiskSets


@dataclass(frozen=True)
class Concordance:
    """Comparable pairs by the product of their weights: of the two, the one that dies first has the higher predictor
    (`concordant`), the lower (`discordant`) or the same (`tied`)."""

    concordant: float
    discordant: float
    tied: float

    @property
    def index(self) -> float:
        """The share of concordant pairs, ties counted half; nan without comparable pairs."""
        pairs = self.concordant + self.discordant + self.tied
        return (self.concordant + self.tied / 2) / pairs if pairs > 0 else math.nan


def concordance(y: Array, eta: Array, weights: Array | None = None) -> Concordance:
    """The concordance of `eta` (n,) with targets `y` (n, 4), see `risk`, in O(n log n).

    A pair is comparable where one has its event while the other, of the same stratum, is at risk and has not its own at
    that time (Harrell, Lee, Mark 1996, Multivariable prognostic models; with entry times as in R's survival).
    """
    risk = RiskSets.of(y)
    weights = np.ones(len(y)) if weights is None else weights
    survive, events = risk.others, risk.events
    rank = np.unique(eta, return_inverse=True)[1]
    # Those at risk at a time: all who entered by then, less all who left. Each row is a point where it enters and one
    # where it leaves, each event asks how much lies before it in time and below it, or not above, in predictor.
    n, e = len(y), len(events)
    time = np.concatenate([survive.first, survive.last, risk.own, risk.own])
    height = np.concatenate([rank, rank, rank[events], rank[events]])
    asks = np.repeat([0, 1], [2 * n, 2 * e])
    later = np.repeat([1, 1, 0, 2], [n, n, e, e])
    given = np.concatenate([weights, -weights, np.zeros(2 * e)])
    in_time, in_height = np.lexsort((asks, time)), np.lexsort((later, height))
    found = _below(in_time, in_height, given)[2 * n :]
    below, upto = found[:e], found[e:]
    own = weights[events]
    at_risk = risk.others.sums(weights)[risk.own]
    return Concordance(
        concordant=float(own @ below),
        discordant=float(own @ (at_risk - upto)),
        tied=float(own @ (upto - below)),
    )


def _below(first: Index, second: Index, values: Array) -> Array:
    """For each item the sum of `values` (k,) of those before it in both orders, given as items in their order.

    The items, in the second order, are parted by halves of their places in the first, then each half by its halves, and
    so on; at each parting those of the later half gain what lies before them in the earlier.
    """
    count = len(values)
    size = 1 << max(0, count - 1).bit_length()
    place = np.arange(size)
    place[first] = np.arange(count)
    order = np.concatenate([place[second], np.arange(count, size)])
    amounts, found = np.zeros(size), np.zeros(size)
    amounts[:count] = values[first]
    while size > 1:
        blocks = order.reshape(-1, size)
        size //= 2
        late = (blocks & size) > 0
        before = np.cumsum(np.where(late, 0.0, amounts[blocks]), axis=1)
        found[blocks[late]] += before[late]
        order = np.concatenate([blocks[~late].reshape(-1, size), blocks[late].reshape(-1, size)], axis=1).ravel()
    return found[place[:count]]
