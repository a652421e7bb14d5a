"""The plain case of the partial likelihood: one stratum, no entry times, Breslow's ties, predictors within bounds.

Then a risk set is whoever is left, and one sum from the end gives all of them: a tenth of the work of `partial`, which
a path asks for hundreds of times. Where predictors are further apart than `FAR`, their exponentials leave what a double
holds side by side, and there is no answer here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regcli.problem.survival.intervals import Array, Index
from regcli.problem.survival.risk import RiskSets

FAR = 300.0


@dataclass(frozen=True)
class PlainSets:
    """How many event times each row is at risk at, `upto` (n,); the rest as in `partial.PartialLikelihood`."""

    upto: Index
    events: Index
    own: Index
    weights: Array
    dying: Array

    @classmethod
    def of(cls, risk: RiskSets, weights: Array, dying: Array) -> PlainSets | None:
        """None where some row is not at risk from the start, or there is no event."""
        if np.any(risk.others.first > 0) or not risk.count:
            return None
        upto = risk.others.last.copy()
        upto[risk.events] += 1
        return cls(upto, risk.events, risk.own, weights, dying)

    def losses(self, eta: Array) -> Array | None:
        """See `partial.PartialLikelihood.losses`."""
        found = self._left(eta)
        if found is None:
            return None
        below, _, sums = found
        out = np.zeros(len(eta))
        out[self.events] = np.log(sums / self.dying)[self.own] + below[self.events]
        return out

    def residual(self, eta: Array) -> Array | None:
        """See `partial.PartialLikelihood.residual`."""
        found = self._left(eta)
        if found is None:
            return None
        _, hazard, sums = found
        gained = np.concatenate([[0.0], np.cumsum(self.dying / sums)])
        out = -hazard * gained[self.upto]
        out[self.events] += 1.0
        return np.asarray(out)

    def _left(self, eta: Array) -> tuple[Array, Array, Array] | None:
        """How far each predictor is below the largest and its exponential (n,), and the sums of the weighted ones over
        the risk sets (m,)."""
        top = float(eta.max())
        if not top - float(eta.min()) < FAR:
            return None
        below = top - eta
        hazard = np.exp(-below)
        ends = np.bincount(self.upto, self.weights * hazard, len(self.dying) + 1)[1:]
        return below, hazard, np.asarray(np.cumsum(ends[::-1])[::-1], dtype=np.float64)
