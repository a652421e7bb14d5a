"""The partial likelihood of Cox's proportional hazards model, its derivatives and its Fenchel-Young gap.

With weights w and h_i = w_i exp(eta_i), let D be at each event time the sum of h over those who die then, R that over
the others at risk. Minus the logarithm of the partial likelihood (Cox 1975) is a sum over deaths, of -w_i eta_i, and a
sum over terms, of v log(R + f D). Breslow has one term for each event time, whose v is the weight of the deaths and f
is 1 (Breslow 1974, Covariance analysis of censored survival data); Efron as many as there are deaths, d, whose v is the
mean weight of these and f is 1 - l / d for l = 0..d-1 (Efron 1977, The efficiency of Cox's likelihood function for
censored data). What the saturated model has, where only those who die are at risk, is taken off: a perfect fit has 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from regcli.problem.families import relative_entropy, sigmoid
from regcli.problem.survival.intervals import CHUNK, Array, Index
from regcli.problem.survival.plain import PlainSets
from regcli.problem.survival.risk import STRATUM, RiskSets

Ties = Literal["breslow", "efron"]

STEP = 300.0
"""Predictors this far apart have their exponentials on scales of their own, since exp(-745) is 0."""
FURTHEST = 9000.0
"""A predictor further than this below the largest of its stratum has the hazard of one that is as far."""
FINITE = 1e300


@dataclass(frozen=True)
class Hazards:
    """What a linear predictor makes of each row and each risk set, on scales that neither overflow nor vanish.

    A row at level b (n,) has hazard `own` * exp(-STEP b) times that of the first of its stratum; `others` and `deaths`
    (m,), the sums over those who survive and those who die, are to be multiplied by exp(-STEP `lead`), `lead` (m,)
    the lowest level of the risk set. `top` (m,) is the largest predictor of the stratum of each event time. `odds`
    (m,) is log(others / deaths); `within` (e,) the share of each who dies in the hazard of those who do;
    `excess` (e,) is the logarithm of their mean hazard less the own.
    """

    own: Array
    level: Index
    lead: Array
    top: Array
    others: Array
    deaths: Array
    odds: Array
    within: Array
    excess: Array

    def levels(self) -> list[tuple[NDArray[np.bool_] | None, Any]]:
        """For each level in use which rows are on it, None for all, and what its hazards are times, at each time."""
        used = np.unique(self.level)
        if len(used) == 1:
            return [(None, np.exp(-STEP * np.maximum(used[0] - self.lead, 0.0)))]
        return [(self.level == one, np.exp(-STEP * np.maximum(one - self.lead, 0.0))) for one in used]


@dataclass(frozen=True)
class PartialLikelihood:
    """The partial likelihood of rows with `weights` (n,).

    `strata` (n,) are the strata of the rows; `term_time`, `term_weight` and `term_share` (T,) the event time, v and f
    of each term; `event_weight` is the sum of the weights of the events, `dying` (m,) that of each event time; `plain`
    serves the plain case, where it is one.
    """

    risk: RiskSets
    weights: Array
    strata: Index
    dying: Array
    term_time: Index
    term_weight: Array
    term_share: Array
    event_weight: float
    plain: PlainSets | None = None

    @classmethod
    def of(cls, y: Array, weights: Array | None = None, ties: Ties = "breslow") -> PartialLikelihood:
        """That of targets `y` (n, 4), see `risk`, with positive `weights` (n,), None for ones."""
        risk = RiskSets.of(y)
        weights = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
        dying = risk.at_deaths(weights)
        time, weight, share = np.arange(risk.count), dying, np.ones(risk.count)
        if ties == "efron":
            deaths = np.bincount(risk.own, minlength=risk.count)
            time = risk.own
            rank = np.arange(len(time)) - (np.cumsum(deaths) - deaths)[time]
            weight, share = (dying / deaths)[time], 1.0 - rank / deaths[time]
        strata = y[:, STRATUM].astype(np.intp)
        plain = PlainSets.of(risk, weights, dying) if ties == "breslow" else None
        return cls(risk, weights, strata, dying, time, weight, share, float(dying.sum()), plain)

    def losses(self, eta: Array) -> Array:
        """The loss of each row (n,), 0 without an event: of those who die together the sum alone has a meaning.

        Their weighted sum is minus the logarithm of the partial likelihood less that of the saturated model.
        """
        if self.plain is not None and (quick := self.plain.losses(eta)) is not None:
            return quick
        at = self.hazards(eta)
        term = self.term_weight * np.logaddexp(0.0, at.odds[self.term_time] - np.log(self.term_share))
        found = np.zeros(len(self.weights))
        found[self.risk.events] = at.excess + (self._by_time(term) / self.dying)[self.risk.own]
        return found

    def residual(self, eta: Array) -> Array:
        """The event of each row less those expected of it (n,): the martingale residual (Therneau et al. 1990).

        It is minus the derivative of the sum of weighted losses in the row's predictor, over its weight.
        """
        if self.plain is not None and (quick := self.plain.residual(eta)) is not None:
            return quick
        found = -self._expected(self.hazards(eta))
        found[self.risk.events] += 1.0
        return found

    def bend(self, Z: Array, eta: Array) -> Array:
        """The second derivative of the sum of weighted losses in coefficients of `Z` (n, p): (p, p).

        It is the sum over all terms of v times the covariance of the columns in the risk set, rows counted by their
        hazards. Some thousand rows and times are worked on at once, so that little more memory is needed than for Z.
        """
        at = self.hazards(eta)
        expected = self.weights * self._expected(at)
        # Columns are centred, or their means would take the digits of what is left.
        mean = expected @ Z / (self.event_weight or 1.0)
        found = np.zeros((Z.shape[1], Z.shape[1]))
        for start in range(0, len(Z), CHUNK):
            rows = slice(start, start + CHUNK)
            centred = Z[rows] - mean
            found += (centred * expected[rows, None]).T @ centred
        # With u = v / (R + f D)^2, and r, d the sums of columns times hazards over the two parts of the risk set, the
        # terms of one time add up to sum(u) * [(r + mean(f) d)(r + mean(f) d)' + var(f) d d'].
        weight, share, spread = self._moments_of_terms(at)
        for times, others in self._sums_of_others(Z, mean, at):
            dead = self._sums_of_deaths(Z, mean, at, times)
            both = np.sqrt(weight[times])[:, None] * (others + share[times, None] * dead)
            found -= both.T @ both
            tied = spread[times] > 0
            apart = np.sqrt((weight * spread)[times][tied])[:, None] * dead[tied]
            found -= apart.T @ apart
        return found

    def gap(self, eta: Array, share: float) -> float:
        """A bound from above of f(eta) + f*(-theta) + theta'eta, f the sum of weighted losses and theta share times its
        residuals times the weights: 0 at share 1, f(eta) at share 0, and of the order (1 - share)^2 near 1.

        f is a sum of terms, and the conjugate of a sum is at most the sum of conjugates at any parts of -theta. Where
        each part is share times the term's own derivative, the term's gap is v times the relative entropy of two
        distributions over the risk set: that by hazards, p, and share * p + (1 - share) * d, d that of the deaths by
        weight. It is the sum of two, of whether one who dies is drawn and of which (chain rule of relative entropy); in
        the second all terms of one time may take their mean, by convexity.
        """
        at, own = self.hazards(eta), self.risk.own
        odds = at.odds[self.term_time] - np.log(self.term_share)
        die, live = sigmoid(-odds), sigmoid(odds)
        mixed = share * die + (1 - share)
        terms = relative_entropy(mixed, die) + live * relative_entropy(np.full(1, share), np.ones(1))
        mass = self._by_time(self.term_weight * mixed)
        away = np.divide((1 - share) * self.dying, mass, out=np.zeros_like(mass), where=mass > 0)
        even = self.weights[self.risk.events] / self.dying[own]
        among = relative_entropy(at.within + away[own] * (even - at.within), at.within)
        return float(self.term_weight @ terms + mass[own] @ among)

    def log_increments(self, eta: Array) -> Array:
        """For each event time the logarithm of what the cumulative hazard of a row with predictor 0 gains: (m,)."""
        at = self.hazards(eta)
        return np.asarray(np.log(self._rates(at)) + STEP * at.lead - at.top)

    def hazards(self, eta: Array) -> Hazards:
        """What `eta` (n,), offset included, makes of rows and risk sets."""
        risk, events, own = self.risk, self.risk.events, self.risk.own
        eta = np.clip(eta, -FINITE, FINITE)
        top = np.full(int(self.strata.max(initial=-1)) + 1, -np.inf)
        np.maximum.at(top, self.strata, eta)
        below = top[self.strata] - eta
        fall = np.minimum(below, FURTHEST)
        level = (fall // STEP).astype(np.intp)
        hazard = self.weights * np.exp(STEP * level - fall)
        # Those who die, by the one of the largest hazard, `nearest`.
        nearest = np.full(risk.count, np.inf)
        np.minimum.at(nearest, own, fall[events])
        within = self.weights[events] * np.exp(nearest[own] - fall[events])
        sums = np.bincount(own, within, risk.count)
        lead = nearest // STEP
        found = [(one, risk.others.sums(np.where(level == one, hazard, 0.0))) for one in np.unique(level)]
        for one, part in found:
            lead = np.where((part > 0) & (one < lead), float(one), lead)
        others = sum((np.exp(-STEP * np.maximum(one - lead, 0.0)) * part for one, part in found), np.zeros(risk.count))
        deaths = np.log(sums) - nearest
        with np.errstate(divide="ignore"):
            odds = np.log(others) - STEP * lead - deaths
        return Hazards(
            own=hazard,
            level=level,
            lead=lead,
            top=top[risk.stratum],
            others=others,
            deaths=np.exp(STEP * lead + deaths),
            odds=odds,
            within=within / sums[own],
            excess=np.log(sums / self.dying)[own] + (below[events] - nearest[own]),
        )

    def _expected(self, at: Hazards) -> Array:
        """How many events are expected of each row (n,): its hazard times what its times add to the baseline."""
        risk, events, rates = self.risk, self.risk.events, self._rates(at)
        expected = np.zeros(len(self.weights))
        for on, factor in at.levels():
            here = at.own * risk.others.over(factor * rates)
            expected = here if on is None else np.where(on, here, expected)
        die = sigmoid(np.log(self.term_share) - at.odds[self.term_time])
        expected[events] += at.within * self._by_time(self.term_weight * die)[risk.own]
        return np.asarray(expected / self.weights)

    def _rates(self, at: Hazards) -> Array:
        """The sum over the terms of each event time of v / (R + f D), on the scale of its `lead`."""
        return self._by_time(self.term_weight / self._at_risk(at))

    def _at_risk(self, at: Hazards) -> Array:
        return np.asarray(at.others[self.term_time] + self.term_share * at.deaths[self.term_time])

    def _moments_of_terms(self, at: Hazards) -> tuple[Array, Array, Array]:
        """Of the terms of each event time: the sum of v / (R + f D)^2; the mean and the variance of f by these."""
        weight = self.term_weight / self._at_risk(at) ** 2
        total = self._by_time(weight)
        mean = self._by_time(weight * self.term_share) / total
        variance = self._by_time(weight * (self.term_share - mean[self.term_time]) ** 2) / total
        return total, mean, variance

    def _sums_of_others(self, Z: Array, mean: Array, at: Hazards) -> Iterator[tuple[slice, Array]]:
        """For a block of event times after another the sum of (Z - mean) * hazard over those who survive them."""

        def on_level(rows: NDArray[np.bool_] | None) -> Iterator[tuple[slice, Array]]:
            own = at.own if rows is None else np.where(rows, at.own, 0.0)
            return self.risk.others.sums_in_blocks(lambda some: own[some, None] * (Z[some] - mean), Z.shape[1])

        factors, passes = zip(*((factor, on_level(rows)) for rows, factor in at.levels()), strict=True)
        for parts in zip(*passes, strict=True):
            times = parts[0][0]
            yield times, sum((factor[times, None] * part for factor, (_, part) in zip(factors, parts, strict=True)),
                             np.zeros(parts[0][1].shape))  # fmt: skip

    def _sums_of_deaths(self, Z: Array, mean: Array, at: Hazards, times: slice) -> Array:
        """For some event times the sum of (Z - mean) * hazard over those who die then."""
        found = np.zeros((times.stop - times.start, Z.shape[1]))
        first, stop = np.searchsorted(self.risk.own, (times.start, times.stop))
        for start in range(first, stop, CHUNK):
            some = slice(start, min(start + CHUNK, stop))
            part = at.within[some, None] * (Z[self.risk.events[some]] - mean)
            np.add.at(found, self.risk.own[some] - times.start, part)
        return at.deaths[times, None] * found

    def _by_time(self, terms: Array) -> Array:
        return np.asarray(np.bincount(self.term_time, terms, self.risk.count), dtype=np.float64)
