"""What people and programs see of the families: documents, screens, pictures, pages."""

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

COLUMNS = ["species", "sex", "bill_length_mm", "bill_depth_mm", "body_mass_g"]
PENGUINS = pd.read_csv(SAMPLES / "penguins.csv").dropna()[COLUMNS]
RNG = np.random.default_rng(5)
COUNTS = pd.DataFrame(RNG.normal(size=(90, 3)), columns=["a", "b", "c"])
COUNTS["visits"] = RNG.poisson(np.exp(0.4 * COUNTS["a"] - 0.3 * COUNTS["b"]))
AMOUNTS = COUNTS.assign(cost=np.exp(0.4 * COUNTS["a"]) * RNG.gamma(2.0, 1.0, size=90)).drop(columns="visits")
FAMILIES: dict[str, dict[str, Any]] = {
    "binomial": {"source": PENGUINS, "target": "sex", "positive_class": "female"},
    "multinomial": {"source": PENGUINS, "target": "species"},
    "poisson": {"source": COUNTS, "target": "visits"},
    "gamma": {"source": AMOUNTS, "target": "cost"},
    "tweedie": {"source": COUNTS, "target": "visits", "power": 1.2},
    "huber": {"source": AMOUNTS, "target": "cost", "threshold": 0.8},
    "quantile": {"source": AMOUNTS, "target": "cost", "quantile_level": 0.9},
    "squared_hinge": {"source": PENGUINS, "target": "sex", "positive_class": "female"},
}
TYPES = {"binomial": ("response", "class"), "multinomial": ("response", "class"), "squared_hinge": ("link", "class")}
"""What is predicted of classes; of others the response and the link."""
VERBS: dict[str, dict[str, Any]] = {
    "fit": {"alpha": 0.02, "test_size": 0.25},
    "path": {"n_alphas": 8},
    "cv": {"n_alphas": 6, "alpha_min_ratio": 0.01, "folds": 4, "jobs": 1},
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
    for kind in TYPES.get(family, ("response", "link")):
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
        if family in ("poisson", "gamma", "tweedie", "huber"):
            residuals = report.arrays[f"{prefix}residuals"]
            assert metrics.mse == pytest.approx(np.mean(residuals**2))
        if family in ("poisson", "gamma", "tweedie"):
            assert metrics.deviance == pytest.approx(np.mean(report.arrays[f"{prefix}deviance_residuals"] ** 2))
    if family not in ("binomial", "multinomial"):
        return
    table = report.fitted()
    truth = [row[[one.key for one in table.columns].index(target)] for row in table.rows]
    classes = list(report.metrics.train.confusion.classes)
    fitted = report.arrays.fitted
    shares = fitted if fitted.ndim == 2 else np.column_stack([1 - fitted, fitted])
    predicted = [classes[k] for k in shares.argmax(axis=1)]
    assert report.metrics.train.confusion.counts == confusion_matrix(truth, predicted, labels=classes).tolist()
    expected = np.mean([roc_auc_score(np.array(truth) == name, shares[:, k]) for k, name in enumerate(classes)])
    assert report.metrics.train.auc == pytest.approx(expected, rel=1e-12)
    assert {row for row in source[target]} == set(classes)


def test_residuals_of_a_margin() -> None:
    """What the decision value lacks to 1 on the side of the positive class, to -1 on the other; their squares are the
    losses."""
    report = made("squared_hinge", "fit")
    for part, prefix in (("train", ""), ("test", "test_")):
        residuals = report.arrays[f"{prefix}residuals"]
        assert np.mean(residuals**2) == pytest.approx(report.metrics[part].squared_hinge, rel=1e-12)
        assert report.arrays[f"{prefix}deviance_residuals"] == pytest.approx(np.sqrt(2) * residuals)
    table = report.fitted()
    for row in table.rows:
        cells = dict(zip([one.key for one in table.columns], row, strict=True))
        side = 1 if cells["sex"] == "female" else -1
        assert cells["residual"] == pytest.approx(side * max(0, 1 - side * cells["fitted"]), abs=1e-12)


@pytest.mark.parametrize("measure", ["deviance", "log_loss", "auc", "accuracy", "brier", "r2"])
def test_measures_of_cross_validation(measure: Any) -> None:
    """The curve is the measure itself, and `min` its best value."""
    report = regcli.cv(PENGUINS, "sex", n_alphas=4, alpha_min_ratio=0.01, folds=3, measure=measure, jobs=1)
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
                "odds ratio: what the odds of female are multiplied by", "is predicted from a probability of 0.5"),
        "path": ("Logistic lasso path: P(sex = female), against male, from",),
        "cv": ("Logistic lasso, 4-fold cross-validation: P(sex = female), against male,", "explained", "odds ratio"),
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
    "gamma": {
        "fit": ("Gamma lasso: cost from 3 features", "ratio/s.d.", "deviance explained", "y exp(-f) + f",
                "ratio: what the expected amount of cost is multiplied by"),
        "path": ("Gamma lasso path: cost from 3 features",),
        "cv": ("Gamma lasso, 4-fold cross-validation: cost from 3 features", "deviance", "ratio"),
        "compare": ("models compared on 3 folds: cost from 3 features", "deviance"),
    },
    "tweedie": {
        "fit": ("Tweedie lasso: visits from 3 features", "ratio", "power 1.2: the variance goes with that power"),
        "path": ("Tweedie lasso path: visits from 3 features",),
        "cv": ("Tweedie lasso, 4-fold cross-validation: visits from 3 features", "--power 1.2"),
        "compare": ("models compared on 3 folds: visits from 3 features",),
    },
    "huber": {
        "fit": ("Huber lasso: cost from 3 features", "beyond the threshold", "median absolute error",
                "0.8 times", "the robust deviation of the target", "errors beyond it count linearly"),
        "path": ("Huber lasso path: cost from 3 features",),
        "cv": ("Huber lasso, 4-fold cross-validation: cost from 3 features", "Huber loss", "--threshold 0.8"),
        "compare": ("models compared on 3 folds: cost from 3 features", "Huber loss"),
    },
    "quantile": {
        "fit": ("Quantile lasso: cost from 3 features", "pinball loss", "at most as large as predicted",
                "level 0.9: that share of the rows is to lie below"),
        "path": ("Quantile lasso path: cost from 3 features",),
        "cv": ("Quantile lasso, 4-fold cross-validation: cost from 3 features", "--quantile-level 0.9"),
        "compare": ("models compared on 3 folds: cost from 3 features", "pinball loss"),
    },
    "squared_hinge": {
        "fit": ("Support vector lasso: sex = female, against male, from 6 features", "predicted female", "AUC 0.",
                "within the margin", "is predicted from a decision value of 0", "max(0, 1 - y f)^2"),
        "path": ("Support vector lasso path: sex = female, against male, from",),
        "cv": ("Support vector lasso, 4-fold cross-validation: sex = female, against male,", "squared hinge"),
        "compare": ("2 models compared on 3 folds: sex = female, against male, from", "squared hinge"),
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


@pytest.mark.parametrize("family", ["binomial", "poisson", "gamma", "tweedie"])
def test_ratios_are_exponentials(family: str) -> None:
    """Per unit of the file and per deviation; empty for a zero."""
    report = made(family, "fit")
    table = report.tables[0]
    keys = [one.key for one in table.columns]
    word = {"binomial": "odds_ratio", "poisson": "rate_ratio"}.get(family, "ratio")
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


# Pictures


def drawn(family: str, **more: Any) -> Any:
    pytest.importorskip("matplotlib")
    return regcli.fit(**FAMILIES[family], family=family, alpha=0.02, **more).plot()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "split"),
    [("binomial", None), ("multinomial", 0.3), *((name, 0.3) for name in FAMILIES if name != "multinomial")],
)
def test_words_of_a_picture_do_not_collide(family: str, split: float | None) -> None:
    """Titles, keys, numbers and cells lie apart and inside, with test rows and without."""
    from test_pictures import check_words

    check_words(drawn(family, test_size=split))


def test_hostile_classes_in_a_picture() -> None:
    """Dollars stay dollars, long names lose their middle, twenty classes fit in."""
    from test_pictures import check_words

    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(0)
    for names in (["$a_{b}$", "x" * 60, "a\nb"], [f"class number {i}" for i in range(20)]):
        rows = pd.DataFrame(rng.normal(size=(100, 2)), columns=["$u$", "v"])
        rows["y"] = [names[i % len(names)] for i in range(100)]
        check_words(regcli.fit(rows, "y", family="multinomial", alpha=0.02).plot())


def test_picture_of_two_classes_shows_the_numbers() -> None:
    """The ROC curve is scikit-learn's, dots are groups of rows, cells are the confusion of the test rows."""
    from matplotlib.text import Text
    from sklearn.metrics import roc_curve
    from test_pictures import marks
    from test_plots import by_gid, words

    report = made("binomial", "fit")
    figure = report.plot()
    truth = [row[1] for row in report.fitted().rows]
    fpr, tpr, _ = roc_curve(np.array(truth) == "female", report.arrays.fitted, drop_intermediate=False)
    training, test = by_gid(figure, "roc")
    assert training.get_linestyle() != test.get_linestyle()
    assert {(round(x, 9), round(y, 9)) for x, y in zip(*training.get_data(), strict=True)} <= {
        (round(x, 9), round(y, 9)) for x, y in zip(fpr, tpr, strict=True)
    }
    auc = [report.metrics[part].auc for part in ("train", "test")]
    assert f"ROC: AUC {auc[0]:.3f}, {auc[1]:.3f} on test rows" in words(figure, "panel")
    groups = marks(figure, "calibration-training")
    assert np.mean([y for _, y in groups]) == pytest.approx(np.mean(np.array(truth) == "female"), abs=0.01)
    assert np.all(np.diff([x for x, _ in groups]) > 0) and len(groups) == 10
    cells = [text.get_text().split("\n")[0] for text in by_gid(figure, "cell", Text)]
    assert cells == [str(cell) for row in report.metrics.test.confusion.counts for cell in row]
    assert main_title(figure) == "Logistic lasso (alpha 0.02): P(sex = female) from 6 features, 250 rows"


def main_title(figure: Any) -> str:
    from test_plots import words

    return words(figure, "title")[0]


def test_picture_of_several_classes_shows_each() -> None:
    """A mark for each class in a row, a curve for each class with its AUC."""
    from test_plots import by_gid

    report = made("multinomial", "fit")
    figure = report.plot()
    marks = [one for gid in ("coefficients", "zeros") for one in by_gid(figure, gid)]
    assert {one.get_marker() for one in marks} == {"o", "D", "s"}
    values = sorted(float(x) for one in marks for x in one.get_xdata())
    drawn = sorted(row.standardized for one in report.model.classes for row in one.coefficients)
    assert values == pytest.approx(drawn)
    labels = [one.get_label() for one in by_gid(figure, "roc")]
    assert labels == [f"{one['class']}: AUC {one['auc']:.3f}" for one in report.arrays.curves.test.roc]


def test_picture_of_counts_shows_deviance_residuals() -> None:
    """Against fitted counts, on a log scale where they span far."""
    from test_pictures import marks

    report = made("poisson", "fit")
    shown = marks(report.plot(), "training")
    np.testing.assert_allclose(shown, np.column_stack([report.arrays.fitted, report.arrays.deviance_residuals]))
    wide = COUNTS.assign(visits=np.round(np.exp(2 * COUNTS["a"] + 2)))
    assert regcli.fit(wide, "visits", family="poisson", alpha=0.01).plot().axes[1].get_xscale() == "log"


def test_pictures_of_paths_and_errors() -> None:
    """Of several classes a line for each feature and class; the axis of errors is called by its measure."""
    from test_pictures import check_words
    from test_plots import main_axes

    pytest.importorskip("matplotlib")
    for family, verb in (
        ("multinomial", "path"),
        ("multinomial", "compare"),
        ("binomial", "cv"),
        ("poisson", "compare"),
        ("gamma", "cv"),
        ("huber", "cv"),
        ("quantile", "path"),
        ("squared_hinge", "compare"),
    ):
        check_words(made(family, verb).plot())
    assert main_axes(made("binomial", "cv").plot()).get_ylabel() == "mean deviance (less is better)"
