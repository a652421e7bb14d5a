"""The errors of the models of a comparison, on folds or on test rows, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regcli.problem.measures.losses import mean_loss, row_losses
from regcli.select.comparison import (
    Difference,
    fold_difference,
    is_tied,
    mean_of_rows,
    row_difference,
    simplest,
    stability,
)
from regcli.select.crossval import mean_and_error
from regcli.specs import Measure
from regcli.workflows.judging import parts
from regcli.workflows.nesting import Judged
from regcli.workflows.rivals import Fitted

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """The error of a model on rows it was not fitted to, its standard error, and its error on those it was."""

    mean: float
    se: float
    train_mean: float
    parts: Vector
    stability: float | None = None


@dataclass(frozen=True)
class Standing:
    """The scores of all models, and their differences to the best one, None for itself."""

    scores: list[Score]
    differences: list[Difference | None]
    best: int
    tied: list[int]
    chosen: int


def by_folds(judged: Judged, fitted: Sequence[Fitted]) -> Standing:
    """Where the models stand by the test rows of all folds."""
    scores, k = [], judged.folds.k
    for model in range(len(fitted)):
        parts = judged.test(model)
        average, se = mean_and_error(parts[:, None], judged.tested, k)
        train, _ = mean_and_error(judged.train(model)[:, None], judged.tested, k)
        selects = fitted[model].prepared.model.penalty in ("l1", "elasticnet") and model > 0
        alike = stability(judged.selected(model)[:, judged.varying()]) if selects else None
        scores.append(Score(float(average[0]), float(se[0]), float(train[0]), parts, alike))

    def apart(one: Score, best: Score) -> Difference:
        return fold_difference(one.parts, best.parts, judged.tested, judged.overlap)

    return _standing(scores, [apart(one, scores[_least(scores)]) for one in scores], fitted)


def by_test_rows(fitted: Sequence[Fitted], measure: Measure) -> Standing:
    """Where the models stand by test rows that were held out."""
    scores = []
    for one in fitted:
        family, (learned, tested) = one.prepared.problem.family, parts(one.prepared, one.solution)
        losses = row_losses(measure, family, tested.y, tested.eta)
        train = mean_loss(measure, family, learned.y, learned.eta, learned.weights)
        scores.append(Score(*mean_of_rows(losses, tested.weights), train, losses))
    best, weights = scores[_least(scores)], fitted[0].prepared.design.weights_test
    return _standing(scores, [row_difference(one.parts, best.parts, weights) for one in scores], fitted)


def _least(scores: Sequence[Score]) -> int:
    return int(np.argmin([score.mean for score in scores]))


def _standing(scores: list[Score], differences: list[Difference], fitted: Sequence[Fitted]) -> Standing:
    best = _least(scores)
    tied = [i for i, difference in enumerate(differences) if i == best or is_tied(difference, scores[0].mean)]
    nonzero = [one.nonzero for one in fitted]
    norms = [float(np.linalg.norm(one.solution.coef)) for one in fitted]
    chosen = simplest(nonzero, norms, [score.mean for score in scores], tied)
    return Standing(scores, [None if i == best else one for i, one in enumerate(differences)], best, tied, chosen)
