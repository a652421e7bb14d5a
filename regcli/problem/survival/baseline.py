"""Survival curves: the baseline of a Cox model, what it predicts, and what was observed in groups of rising risk."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from regcli.problem.survival.intervals import Array, Index
from regcli.problem.survival.partial import PartialLikelihood, Ties
from regcli.problem.survival.risk import ENTRY, EVENT, STRATUM, TIME, RiskSets

NORMAL = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""
SHOWN = 100
"""At most so many times have the predicted curve of a group."""
AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Baseline:
    """For each stratum its event times, rising, and the logarithm of the cumulative hazard from each on, of a row with
    predictor 0: a logarithm, since the hazard itself may be too large or small for a float."""

    times: tuple[Array, ...]
    log_hazard: tuple[Array, ...]

    @property
    def hazard(self) -> tuple[Array, ...]:
        """The cumulative hazard at the times of each stratum."""
        with np.errstate(over="ignore"):
            return tuple(np.exp(one) for one in self.log_hazard)


def baseline(y: Array, eta: Array, weights: Array | None = None, ties: Ties = "breslow") -> Baseline:
    """The cumulative hazard of a row with predictor 0, from targets `y` (n, 4), see `risk`, and predictors `eta` (n,).

    Breslow's estimate gains W / S at each event time, the weight of the deaths over the sum of the hazards of those at
    risk; Efron's the sum of v / (R + f D), see `partial`.
    """
    likelihood = PartialLikelihood.of(y, weights, ties)
    gains, risk = likelihood.log_increments(eta), likelihood.risk
    cuts = np.searchsorted(risk.stratum, np.arange(int(y[:, STRATUM].max(initial=-1)) + 2))
    spans = [slice(start, stop) for start, stop in pairwise(cuts)]
    return Baseline(
        tuple(risk.times[span] for span in spans),
        tuple(np.logaddexp.accumulate(gains[span]) for span in spans),
    )


def survival(of: Baseline, stratum: Index, eta: Array, times: Array) -> Array:
    """The probability exp(-H(t) exp(eta)) of being alive after each of `times` (k,), for rows (n,): (n, k).

    Before the first event time of the stratum it is 1, after the last it stays: nothing is known from there on.
    """
    found = np.ones((len(eta), len(times)))
    for number in np.unique(stratum):
        rows = stratum == number
        at = np.searchsorted(of.times[number], times, side="right")
        log_hazard = np.concatenate([[-np.inf], of.log_hazard[number]])[at]
        with np.errstate(over="ignore"):
            found[rows] = np.exp(-np.exp(log_hazard + eta[rows, None]))
    return found


@dataclass(frozen=True)
class Curve:
    """The share alive from each event time on (Kaplan, Meier 1958), and its pointwise 95 % band: all (m,).

    The band is that of the log-log transform with Greenwood's variance; nan where nobody is left.
    """

    times: Array
    alive: Array
    lower: Array
    upper: Array


def kaplan_meier(y: Array, weights: Array | None = None) -> Curve:
    """The curve of targets `y` (n, 4), see `risk`, strata taken together; weights count as copies."""
    risk = RiskSets.of(np.column_stack([y[:, :STRATUM], np.zeros(len(y))]))
    weights = np.ones(len(y)) if weights is None else weights
    die, stay = risk.at_deaths(weights), risk.others.sums(weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        alive = np.asarray(np.cumprod(stay / (die + stay)), dtype=np.float64)
        spread = np.sqrt(np.cumsum(die / ((die + stay) * stay))) / -np.log(alive)
        lower, upper = (alive ** np.exp(sign * NORMAL * spread) for sign in (1, -1))
    gone = alive == 0
    return Curve(risk.times, alive, np.where(gone, np.nan, lower), np.where(gone, np.nan, upper))


@dataclass(frozen=True)
class RiskGroup:
    """Rows of similar predictor, from `low` to `high`: how many, their weight and that of their events; from `start`,
    the least entry (-inf where one is at risk from the start), to `end`, the last time, what was observed, and at
    `times` (k,) the mean of the curves predicted for each, `predicted` (k,)."""

    rows: int
    weight: float
    event_weight: float
    low: float
    high: float
    start: float
    end: float
    observed: Curve
    times: Array
    predicted: Array


def grouped(
    y: Array, eta: Array, weights: Array | None = None, groups: int = 3, of: Baseline | None = None
) -> tuple[RiskGroup, ...]:
    """Rows cut into `groups` of about the same weight by their predictor `eta` (n,), lowest first, equal ones together.

    `of` is the baseline the predicted curves come from; None takes Breslow's of these same rows. A group that would be
    empty, because many predictors are equal, is left out.
    """
    weights = np.ones(len(y)) if weights is None else weights
    of = baseline(y, eta, weights) if of is None else of
    times = _shown(np.unique(y[y[:, EVENT] > 0, TIME]))
    number = _cut(eta, weights, groups)
    return tuple(_group(y[rows], eta[rows], weights[rows], times, of)
                 for rows in (np.flatnonzero(number == one) for one in range(groups)) if len(rows))  # fmt: skip


def _shown(times: Array) -> Array:
    """`SHOWN` of rising `times` at most: one half evenly by rank, the other by time, first and last among them."""
    if len(times) <= SHOWN:
        return times
    by_rank = np.linspace(0, len(times) - 1, SHOWN // 2).round().astype(np.intp)
    by_time = np.searchsorted(times, np.linspace(times[0], times[-1], SHOWN // 2))
    return times[np.union1d(by_rank, by_time)]


def _cut(eta: Array, weights: Array, groups: int) -> Index:
    """The number of the group of each row: that in which the middle of the weight of its predictor's value falls."""
    _, value = np.unique(eta, return_inverse=True)
    weight = np.bincount(value, weights)
    middle = np.cumsum(weight) - weight / 2
    return np.asarray(np.minimum((groups * middle / weight.sum()).astype(np.intp), groups - 1)[value])


def _group(y: Array, eta: Array, weights: Array, times: Array, of: Baseline) -> RiskGroup:
    total, step = np.zeros(len(times)), max(1, AT_ONCE // max(1, len(times)))
    for start in range(0, len(y), step):
        rows = slice(start, start + step)
        total += weights[rows] @ survival(of, y[rows, STRATUM].astype(np.intp), eta[rows], times)
    return RiskGroup(
        rows=len(y),
        weight=float(weights.sum()),
        event_weight=float(weights @ y[:, EVENT]),
        low=float(eta.min()),
        high=float(eta.max()),
        start=float(y[:, ENTRY].min()),
        end=float(y[:, TIME].max()),
        observed=kaplan_meier(y, weights),
        times=times,
        predicted=total / weights.sum(),
    )
