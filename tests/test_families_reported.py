"""What people and programs see of classes and counts: documents, screens, pictures, pages."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from contract import VALIDATORS, in_order, schema_of, valid
from sklearn.metrics import confusion_matrix, roc_auc_score
from support import SAMPLES

import regcli
from regcli.errors import DataError, UsageError

PENGUINS = pd.read_csv(SAMPLES / "penguins.csv").dropna()
RNG = np.random.default_rng(5)
COUNTS = pd.DataFrame(RNG.normal(size=(90, 3)), columns=["a", "b", "c"])
COUNTS["visits"] = RNG.poisson(np.exp(0.4 * COUNTS["a"] - 0.3 * COUNTS["b"]))
FAMILIES: dict[str, dict[str, Any]] = {
    "binomial": {"source": PENGUINS, "target": "sex", "positive_class": "female"},
    "multinomial": {"source": PENGUINS, "target": "species"},
    "poisson": {"source": COUNTS, "target": "visits"},
}
VERBS: dict[str, dict[str, Any]] = {
    "fit": {"alpha": 0.02, "test_size": 0.25},
    "path": {"n_alphas": 12},
    "cv": {"n_alphas": 12, "folds": 4},
    "compare": {"penalties": ["lasso"], "alpha": 0.02, "folds": 3, "jobs": 1},
}


@cache
def made(family: Any, verb: str) -> Any:
    """The report of a verb."""
    return getattr(regcli, verb)(**FAMILIES[family], family=family, **VERBS[verb])


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("family", FAMILIES)
def test_documents_follow_their_schemas(family: str, verb: str) -> None:
    """Every family in every verb, keys in order; the saved model and its predictions too."""
    report = made(family, verb)
    found = valid(json.loads(json.dumps(report.to_dict(), allow_nan=False)))
    in_order(found, VALIDATORS[verb].schema, VALIDATORS[verb].schema)
    assert found["model"]["family"] == family
    if verb == "path":
        return
    jsonschema.validate(report.model_document(), schema_of("model"))
    for kind in ("response", "class") if family != "poisson" else ("response", "link"):
        said = regcli.predict(report, FAMILIES[family]["source"], type=kind)  # type: ignore[arg-type]
        jsonschema.validate(said.to_dict(), schema_of("predict"))


@pytest.mark.parametrize("family", FAMILIES)
def test_metrics_of_a_fit(family: str) -> None:
    """On training and on test rows, from what the report says of each row; scikit-learn adds up."""
    report = made(family, "fit")
    assert list(report.metrics.train) == list(report.metrics.test)
    source, target = FAMILIES[family]["source"], FAMILIES[family]["target"]
    for part, prefix in (("train", ""), ("test", "test_")):
        fitted = report.arrays[f"{prefix}fitted"]
        metrics = report.metrics[part]
        assert metrics.rows == len(fitted)
        if family == "poisson":
            residuals = report.arrays[f"{prefix}residuals"]
            assert metrics.mse == pytest.approx(np.mean(residuals**2))
            assert metrics.deviance == pytest.approx(np.mean(report.arrays[f"{prefix}deviance_residuals"] ** 2))
    if family == "poisson":
        return
    rows = [int(row[0]) - 2 for row in report.fitted().rows] if report.fitted().columns[0].key == "line" else None
    truth = [row[next(i for i, one in enumerate(report.fitted().columns) if one.key == target)]
             for row in report.fitted().rows]  # fmt: skip
    assert rows is None or len(rows) == len(truth)
    classes = list(report.metrics.train.confusion.classes)
    fitted = report.arrays.fitted
    shares = fitted if fitted.ndim == 2 else np.column_stack([1 - fitted, fitted])
    predicted = [classes[k] for k in shares.argmax(axis=1)]
    assert report.metrics.train.confusion.counts == confusion_matrix(truth, predicted, labels=classes).tolist()
    expected = np.mean([roc_auc_score(np.array(truth) == name, shares[:, k]) for k, name in enumerate(classes)])
    assert report.metrics.train.auc == pytest.approx(expected, rel=1e-12)
    assert {row for row in source[target]} == set(classes)


@pytest.mark.parametrize("measure", ["deviance", "log_loss", "auc", "accuracy", "brier", "r2"])
def test_measures_of_cross_validation(measure: Any) -> None:
    """The curve is the measure itself, `min` its best value; errors of folds are those of scikit-learn's measures."""
    report = regcli.cv(PENGUINS, "sex", n_alphas=8, folds=4, measure=measure, jobs=1)
    means = [row.mean for row in report.curve]
    best = max(means) if measure in ("auc", "accuracy", "r2") else min(means)
    assert report.chosen.min.mean == best
    assert report.chosen.measure == measure
    assert report.chosen.min.mean == pytest.approx(np.mean(report.curve[report.chosen.min.index].per_fold), rel=0.05)
    if measure == "auc":
        assert report.chosen.null.mean == 0.5
    if measure == "accuracy":
        assert 0.4 < report.chosen.null.mean < 0.6 < best < 1
    assert "deviance" in str(report)


def test_measures_that_a_family_lacks() -> None:
    """Refused with those that it has; AUC where a fold has one class of test rows, and in a comparison of test rows."""
    with pytest.raises(UsageError, match="--measure auc cannot act with --family gaussian"):
        regcli.cv(PENGUINS, "body_mass_g", measure="auc")
    with pytest.raises(DataError, match="AUC is not defined"):
        regcli.cv(PENGUINS.head(40), "sex", measure="auc", folds="loo", n_alphas=3, jobs=1)
    with pytest.raises(UsageError, match="--measure auc cannot act with --test-size"):
        regcli.compare(PENGUINS, "sex", measure="auc", test_size=0.2)


SAID = {
    "binomial": {
        "fit": ("Logistic lasso: P(sex = female), against male, from", "odds ratio/s.d.", "predicted female", "AUC 0.",
                "odds ratio: what the odds of female are multiplied by",
                "female is predicted from a probability of 0.5"),
        "path": ("Logistic lasso path: P(sex = female), against male, from",),
        "cv": ("Logistic lasso, 4-fold cross-validation: P(sex = female), against male, from", "explained",
               "odds ratio"),
        "compare": ("2 models compared on 3 folds: P(sex = female), against male, from", "deviance"),
    },
    "multinomial": {
        "fit": ("Multinomial lasso: P(species), of Adelie, Chinstrap, Gentoo, from", "Chinstrap", "predicted Gentoo",
                "(each class against the rest)", "a column for each class"),
        "path": ("Multinomial lasso path: P(species), of Adelie, Chinstrap, Gentoo, from",),
        "cv": ("Multinomial lasso, 4-fold cross-validation: P(species), of Adelie", "selected"),
        "compare": ("P(species), of Adelie, Chinstrap, Gentoo,", "bill_length_mm: Adelie"),
    },
    "poisson": {
        "fit": ("Poisson lasso: visits from 3 features", "rate ratio", "deviance explained", "RMSE",
                "rate ratio: what the expected count of visits is multiplied by"),
        "path": ("Poisson lasso path: visits from 3 features",),
        "cv": ("Poisson lasso, 4-fold cross-validation: visits from 3 features", "rate ratio"),
        "compare": ("models compared on 3 folds: visits from 3 features",),
    },
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("family", FAMILIES)
def test_screens(family: str, verb: str) -> None:
    """The family, its classes and its measures in words; the page says the same."""
    report = made(family, verb)
    said = str(report)
    for words in SAID[family][verb]:
        assert words in said, words
    pytest.importorskip("plotly")
    assert SAID[family][verb][0].split(":")[0] in report.to_html()


@pytest.mark.parametrize("family", ["binomial", "poisson"])
def test_ratios_are_exponentials(family: str) -> None:
    """Per unit of the file and per deviation; empty for a zero."""
    report = made(family, "fit")
    table = report.tables[0]
    keys = [one.key for one in table.columns]
    word = {"binomial": "odds_ratio", "poisson": "rate_ratio"}[family]
    for row in table.rows[:-1]:
        cells = dict(zip(keys, row, strict=True))
        for key, of in ((word, "coefficient"), (f"{word}_per_deviation", "standardized")):
            assert cells[key] == (pytest.approx(np.exp(cells[of])) if cells[of] else None)


def test_a_row_for_each_class_and_feature() -> None:
    """csv of several classes is long; zeros stand there."""
    for verb in ("fit", "cv"):
        report = made("multinomial", verb)
        records = report.records
        assert [one.key for one in records.columns] == ["class", "name", "coefficient", "standardized"]
        assert len(records.rows) == 3 * (len(report.data.features) + 1)
        of = {(row[0], row[1]): row[2] for row in records.rows}
        for one in report.model.classes:
            assert of[one["class"], "(intercept)"] == one.intercept
            assert all(of[one["class"], row.name] == row.coefficient for row in one.coefficients)
