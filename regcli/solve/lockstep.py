"""Newton's method for many problems on the same rows at once, where the rows can only be passed over.

The steps are those of `newton`: the loss is replaced by its second-order model with the levels minimised out, and the
penalised quadratic solved by the active set. But all problems take their step together, so that one pass over the rows
serves them all; second derivatives are taken anew only where the old ones would need more passes (a chord step costs
a pass without them).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from regcli.problem.objective import EPS
from regcli.problem.penalties import Strengths
from regcli.solve.classes import centred
from regcli.solve.newton import DECREASE, GOAL, Bend, bend_of, stay_put
from regcli.solve.quadratic import Quadratic, active_set

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

MOST_PASSES = 60
FEW = 50
"""So many columns are all looked at for second derivatives."""
NEAR = 0.7
"""Beyond so much of its L1 strength a feature that is zero may be about to join."""
NOWHERE = np.zeros((0, 0))
"""The linear predictors of rows that are not there."""
LEAST_STEP = 1e-6
STALLED = 1e-8
"""Where a step no longer halves a violation below this share, rounding has the last word."""


@dataclass(frozen=True)
class Found:
    """What the rows say of a point, all sums divided by their weight: the mean loss, minus its derivatives in the
    coefficients (K p,) and in the levels (K,), what they cost under the measure; the same cost of the rows that its
    fold tests, and their weight. Second derivatives are in the coefficients of `places` (m,), (K m, K m), between those
    and the levels (K m, K), and in the levels (K, K)."""

    weight: float
    loss: float
    pull: Vector
    bias: Vector
    cost: float
    tested: float
    tested_weight: float
    places: Index | None = None
    inside: Matrix | None = None
    across: Matrix | None = None
    levels: Matrix | None = None


@dataclass(frozen=True)
class Wanted:
    """A problem: the rows of `group`, the strengths (K p,), which coefficients may differ from 0 (K p,), and where to
    begin: coefficients (K p,), levels (K,), and second derivatives near there, if they are known."""

    group: int
    strengths: Strengths
    free: Mask
    coef: Vector
    level: Vector
    bend: Curved | None = None


@dataclass(frozen=True)
class Curved:
    """Second derivatives of the features `places`, as `newton` has them."""

    places: Index
    bend: Bend


@dataclass
class Place:
    """Where a problem has come to: what the last pass said there, its violation, and what is known of second
    derivatives."""

    wanted: Wanted
    coef: Vector
    level: Vector
    said: Found | None = None
    left: float = math.inf
    rate: float = 1.0
    curved: Curved | None = None
    move: tuple[Vector, Vector, float] | None = None
    share: float = 1.0
    done: bool = False
    steps: int = field(default=0)


Asking = tuple[Vector, Vector, int, Index | None]
"""Coefficients, levels, group, and of which features second derivatives are wanted."""


def minimise(
    wanted: Sequence[Wanted], ask: Callable[[list[Asking]], list[Found]], scale: float, intercept: bool
) -> list[Place]:
    """The solutions of all problems. `ask` is a pass; `scale` the size of the null model's gradient."""
    places = [Place(one, one.coef, one.level, curved=one.bend) for one in wanted]
    for _ in range(MOST_PASSES):
        going = [place for place in places if not place.done]
        if not going:
            break
        asked = [_trial(place, scale) for place in going]
        for place, trial, said in zip(going, asked, ask(asked), strict=True):
            _hear(place, trial, said, scale, intercept)
    return places


def _trial(place: Place, scale: float) -> Asking:
    """The point to be looked at next: a step from where the problem has come to, or this place itself."""
    if place.said is None or place.move is None:
        wants = _columns(place) if place.said is not None or place.curved is None else None
        return place.coef, place.level, place.wanted.group, wants
    found, rise, _ = place.move
    coef = place.coef + place.share * (found - place.coef)
    if place.share == 1.0:
        coef = found
    fresh = place.left * min(place.rate, 1.0) ** 4 > GOAL * scale
    return coef, place.level + place.share * rise, place.wanted.group, _columns(place, coef) if fresh else None


def _columns(place: Place, coef: Vector | None = None) -> Index:
    """The features to take second derivatives of."""
    outputs = len(place.level)
    free: Mask = np.asarray(place.wanted.free.reshape(outputs, -1).any(axis=0))
    if len(free) <= FEW:
        return np.flatnonzero(free)
    inside = np.abs(place.coef if coef is None else coef) > 0
    if place.said is not None:
        strengths = place.wanted.strengths
        inside |= (strengths.lift(place.said.pull) >= NEAR * strengths.l1) & place.wanted.free
    return np.flatnonzero(inside.reshape(outputs, -1).any(axis=0) & free)


def _hear(place: Place, trial: Asking, said: Found, scale: float, intercept: bool) -> None:
    """Take the trial or shorten the step, and make the next one."""
    coef, level, _, _ = trial
    violation = _violation(place.wanted, coef, said, intercept)
    fresh = curved_of(said, len(level), intercept)
    place.steps += 1
    if place.said is None or place.move is None or _is_better(place, trial, said, violation):
        moved = place.said is not None and place.move is not None
        if moved:
            place.rate = violation / place.left if place.left > 0 else 0.0
        stalled = moved and place.left <= STALLED * scale and violation > place.left / 2
        if not stalled or violation <= place.left:
            place.coef, place.level, place.said, place.left = coef, level, said, violation
            place.curved = fresh or place.curved
        place.done = place.left <= GOAL * scale or stalled
        place.share = 1.0
    elif place.left <= STALLED * scale:
        place.done = True
    else:
        place.share /= 4
        place.done = place.share < LEAST_STEP
        return
    if not place.done:
        place.move = _step(place, intercept)


def _is_better(place: Place, trial: Asking, said: Found, violation: float) -> bool:
    """Whether a step gains: it halves the violation, or lowers the objective by a share of what was promised."""
    if not (math.isfinite(violation) and math.isfinite(said.loss)):
        return False
    if violation <= place.left / 2:
        return True
    assert place.said is not None and place.move is not None
    strengths = place.wanted.strengths
    before = place.said.loss + strengths.value(place.coef)
    value = said.loss + strengths.value(trial[0])
    if value <= before + DECREASE * place.share * place.move[2]:
        return True
    return value <= before + 64 * EPS * (abs(before) + abs(value)) and violation < place.left


def _violation(wanted: Wanted, coef: Vector, said: Found, intercept: bool) -> float:
    """The largest distance from the optimality conditions."""
    distance = wanted.strengths.distance(coef, said.pull)[wanted.free]
    levels = float(np.max(np.abs(said.bias))) if intercept else 0.0
    return max(float(np.max(distance, initial=0.0)), levels)


def curved_of(said: Found, outputs: int, intercept: bool, steady: bool = True) -> Curved | None:
    """The second derivatives with the levels minimised out; `steady` where a shift common to all classes is to cost
    something."""
    if said.places is None or said.inside is None or said.across is None or said.levels is None:
        return None
    inside = said.inside.copy()
    if steady:
        stay_put(inside, outputs)
    return Curved(said.places, bend_of(inside, said.across, said.levels, intercept, NOWHERE))


def _step(place: Place, intercept: bool) -> tuple[Vector, Vector, float] | None:
    """Coefficients and the rise of the levels at the minimum of the model, and what it promises; None where second
    derivatives are wanting."""
    outputs, said, curved = len(place.level), place.said, place.curved
    assert said is not None
    p = len(place.coef) // outputs
    if curved is None or not set(_columns(place).tolist()) <= set(curved.places.tolist()):
        return None
    bend, free = curved.bend, place.wanted.free
    within = np.asarray(np.arange(outputs)[:, None] * p + curved.places).ravel()
    kept = np.flatnonzero(free[within])
    places = within[kept]
    here, pull, bias = place.coef[places], said.pull[places], said.bias if intercept else np.zeros(outputs)
    matrix, back, across = bend.matrix[np.ix_(kept, kept)], bend.back[kept], bend.across[kept]
    inside = place.wanted.strengths.only(places)
    if kept.size:
        linear = matrix @ here + pull - back @ bias
        found = active_set(Quadratic(matrix, linear), inside, None).minimise(here, follow=bool(np.any(here)))
        if outputs > 1:
            found = centred(found, outputs, inside)
    else:
        found = here
    move = found - here
    rise = bend.inverse @ (bias - across.T @ move)
    promised = inside.value(found) - inside.value(here) - float(pull @ move) - float(bias @ rise)
    coef = place.coef.copy()
    coef[places] = found
    return coef, rise, promised
