"""Risk sets: which rows are at risk at which event times.

Targets of survival are `y` (n, 4): entry time (-inf where a row is at risk from the start), time, event (1 or 0) and
number of the stratum. A row is at risk at t when entry < t <= time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regcli.problem.survival.intervals import Array, Index, Intervals

ENTRY, TIME, EVENT, STRATUM = range(4)


@dataclass(frozen=True)
class RiskSets:
    """The m event times of all strata, one stratum after another, each in rising order, and who is at risk at them.

    `times` (m,) and `stratum` (m,) say when and where; `events` (e,) are the rows with an event, by time, `own` (e,)
    the number of the time of each; `others` are the times at which each row is at risk without dying. A risk set is
    kept in two parts, those who die and the others, so that what one who dies leaves to others is no difference.
    """

    times: Array
    stratum: Index
    events: Index
    own: Index
    others: Intervals

    @classmethod
    def of(cls, y: Array) -> RiskSets:
        """The risk sets of targets `y` (n, 4), whose entry times are before their times."""
        stratum, event = y[:, STRATUM].astype(np.intp), y[:, EVENT] > 0
        grid = np.unique(y[event, TIME])
        # Stratum and rank of the time as one number: ties and order are exact.
        base = stratum * (len(grid) + 1)
        place = base + np.searchsorted(grid, y[:, TIME], side="right")
        keys, own = np.unique(place[event], return_inverse=True)
        first = np.searchsorted(keys, base + np.searchsorted(grid, y[:, ENTRY], side="right"), side="right")
        last = np.searchsorted(keys, place, side="right") - event
        order = np.argsort(own, kind="stable")
        return cls(
            times=grid[keys % (len(grid) + 1) - 1],
            stratum=keys // (len(grid) + 1),
            events=np.flatnonzero(event)[order],
            own=own[order],
            others=Intervals(first, last, len(keys)),
        )

    @property
    def count(self) -> int:
        """The number of event times, m."""
        return len(self.times)

    def at_deaths(self, values: Array) -> Array:
        """For each event time the sum of `values` (n,) of the rows that have their event then: (m,)."""
        return np.asarray(np.bincount(self.own, values[self.events], self.count), dtype=np.float64)

    def at_times(self, values: Array) -> Array:
        """For each event time the sum of `values` (n,) or (n, k) of the rows at risk: (m,) or (m, k)."""
        found = self.others.sums(values)
        np.add.at(found, self.own, values[self.events])
        return found

    def over_rows(self, values: Array) -> Array:
        """For each row the sum of `values` (m,) or (m, k) of the event times at which it is at risk: (n,) or (n, k)."""
        found = self.others.over(values)
        found[self.events] += values[self.own]
        return found
