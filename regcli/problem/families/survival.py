"""Survival times: Cox's proportional hazards model, whose rows have no losses of their own (`problem.survival`).

Targets y are (n, 4): entry time, time, whether that is an event's, and the number of the stratum.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from regcli.problem.families.base import Array, Bound, Family, exponential
from regcli.specs import Ties


def cox(ties: Ties = "breslow") -> Family:
    """The family of the partial likelihood with this way of taking events of one time; there is no intercept."""
    return Family(
        name="cox",
        loss=lambda y, eta: _bound(ties, y, None).losses(eta),
        pull=lambda y, eta: _bound(ties, y, None).residual(eta),
        curvature=_no_rows,
        fenchel_young=_no_rows,
        null_eta=lambda mean: 0.0,
        response=exponential,
        parameters=(("ties", ties),),
        bind=partial(_bound, ties),
    )


def _bound(ties: Ties, y: Array, weights: Array | None) -> Bound:
    from regcli.problem.survival.partial import PartialLikelihood

    return PartialLikelihood.of(y, weights, ties)


def _no_rows(*arguments: Any) -> Any:
    raise NotImplementedError("rows of survival times have no losses of their own: Family.bind")


def events_of(y: Array) -> Array:
    """Which rows (n,) have their event, as 1 and 0."""
    return np.asarray(y[:, 2])
