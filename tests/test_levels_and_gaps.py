"""Columns of levels, missing cells and dates become columns of numbers as others make them, in folds too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from support import DATA, SAMPLES, glmnet

import regcli
from regcli.errors import DataError, UsageError

PENGUINS = SAMPLES / "penguins.csv"
AIRQUALITY = DATA / "airquality.csv"
PENALTY = {1: "l1", 0: "l2", 0.5: "elasticnet"}
CODINGS: dict[str, tuple[Path, str, dict[str, Any]]] = {
    "penguins_onehot": (PENGUINS, "body_mass_g", {"missing": "drop"}),
    "penguins_treatment": (
        PENGUINS,
        "body_mass_g",
        {"missing": "drop", "reference": ["species=Adelie", "island=Biscoe", "sex=female"]},
    ),
    "airquality_mean_impute": (AIRQUALITY, "Ozone", {"missing": "mean"}),
}


def as_stored(name: str) -> str:
    """`sex[male]` is `sex=male` in the stored answers."""
    return name.replace("[", "=").replace("]", "")


@pytest.mark.parametrize("scale", ["std", "raw"])
@pytest.mark.parametrize("share", PENALTY)
@pytest.mark.parametrize("coding", CODINGS)
def test_one_hot_and_filled_columns_agree_with_glmnet(coding: str, share: float, scale: str) -> None:
    """Every stored fit of glmnet on coded or filled columns, coefficient by coefficient: 1e-6 of the largest, the
    accuracy of the stored answers; where two levels mirror each other, the same of them carries the coefficient."""
    source, target, how = CODINGS[coding]
    stored = next(one for one in glmnet(coding)["fits"] if one["alpha"] == share and one["id"].endswith(scale))
    for place, strength in enumerate(stored["lambda"]):
        ratio = {"l1_ratio": share} if PENALTY[share] == "elasticnet" else {}
        report = regcli.fit(
            source, target, penalty=PENALTY[share], alpha=strength, convention="glmnet",
            standardize=stored["standardize"], **ratio, **how,
        )  # fmt: skip
        deviation = {as_stored(column.name): column.scale for column in report.data.columns}
        ours = {as_stored(row.name): row.coefficient for row in report.model.coefficients}
        theirs = {name: stored["beta"][place].get(name, 0.0) for name in ours}
        assert set(glmnet(coding)["predictors"]) == set(ours) | (
            {"species=Adelie", "island=Biscoe", "sex=female"} & set(glmnet(coding)["predictors"]) - set(ours)
        )
        largest = max(abs(value) * deviation[name] for name, value in ours.items())
        apart = max(abs(ours[name] - theirs[name]) * deviation[name] for name in ours)
        assert apart <= 1e-6 * max(largest, 1e-3)
        assert report.certificate.certified


def raw_columns(frame: pd.DataFrame, names: list[str]) -> NDArray[np.float64]:
    return frame[names].to_numpy(dtype=np.float64)


@pytest.mark.parametrize("middle", ["mean", "median"])
def test_fill_values_are_learned_in_each_fold(middle: str) -> None:
    """Each fold's error is that of filling, scaling and fitting its training rows alone, by scikit-learn; filling from
    all rows gives another curve."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Lasso
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    alphas = [10.0, 3.0, 1.0]
    report = regcli.cv(AIRQUALITY, "Ozone", missing=middle, alphas=alphas, folds=5)
    frame = pd.read_csv(AIRQUALITY).dropna(subset=["Ozone"]).reset_index(drop=True)
    names = [name for name in frame.columns if name != "Ozone"]
    X, y = raw_columns(frame, names), frame["Ozone"].to_numpy(dtype=np.float64)
    fold = report.arrays.assignment[0]
    errors = np.empty((5, len(alphas)))
    leaking = np.empty_like(errors)
    filled = SimpleImputer(strategy=middle).fit_transform(X)
    for k in range(5):
        train, test = fold != k, fold == k
        for i, alpha in enumerate(alphas):
            model = make_pipeline(SimpleImputer(strategy=middle), StandardScaler(), Lasso(alpha=alpha, tol=1e-13))
            errors[k, i] = np.mean((y[test] - model.fit(X[train], y[train]).predict(X[test])) ** 2)
            wrong = make_pipeline(StandardScaler(), Lasso(alpha=alpha, tol=1e-13)).fit(filled[train], y[train])
            leaking[k, i] = np.mean((y[test] - wrong.predict(filled[test])) ** 2)
    np.testing.assert_allclose(report.arrays.per_fold, errors, rtol=1e-8)
    assert np.max(np.abs(leaking / errors - 1)) > 1e-6


def test_polynomials_are_learned_in_each_fold() -> None:
    """Ridge depends on the basis of a polynomial: each fold's error is that of the basis of its own training rows,
    orthogonalised by QR."""
    alphas = [10.0, 0.1]
    report = regcli.cv(
        AIRQUALITY, formula="Ozone ~ poly(Temp, 3)", penalty="l2", missing="drop", alphas=alphas, folds=4
    )
    frame = pd.read_csv(AIRQUALITY).dropna(subset=["Ozone", "Temp"])
    x, y = frame["Temp"].to_numpy(dtype=np.float64), frame["Ozone"].to_numpy(dtype=np.float64)
    fold = report.arrays.assignment[0]
    for k in range(4):
        train, test = fold != k, fold == k
        centre = x[train].mean()
        _, R = np.linalg.qr(np.vander(x[train] - centre, 4, increasing=True))
        Q = np.vander(x - centre, 4, increasing=True) @ np.linalg.inv(R)
        Z = (Q - Q[train].mean(axis=0))[:, 1:] / Q[train].std(axis=0)[1:]
        for i, alpha in enumerate(alphas):
            n = int(train.sum())
            b = np.linalg.solve(
                Z[train].T @ Z[train] / n + alpha * np.eye(3), Z[train].T @ (y[train] - y[train].mean()) / n
            )
            error = np.mean((y[test] - y[train].mean() - Z[test] @ b) ** 2)
            assert report.arrays.per_fold[k, i] == pytest.approx(error, rel=1e-8)


FRAME = pd.DataFrame(
    {
        "size": [1.0, 2.5, np.nan, 4.0, 3.5, 6.0, 7.0, 7.5, 9.0, 8.0],
        "kind": ["a", "b", "a", "c", "b", "a", "b", "a", "b", None],
        "on": [True, False, True, True, False, False, True, False, True, False],
        "y": [1.0, 3.0, 2.5, 4.0, 3.0, 7.5, 6.0, 8.0, 9.5, 8.5],
    }
)


def columns(report: Any) -> list[str]:
    return list(report.data.features)


def test_indicator_fills_with_the_mean_and_marks_the_gap() -> None:
    """`--missing indicator` is the mean fill and a column that is 1 where the cell was missing."""
    marked = regcli.fit(FRAME, alpha=0.1, missing="indicator")
    assert columns(marked) == [
        "size",
        "kind[a]",
        "kind[b]",
        "kind[c]",
        "kind[(missing)]",
        "on[true]",
        "on[false]",
        "size[missing]",
    ]
    filled = FRAME.assign(size=FRAME["size"].fillna(FRAME["size"].mean()), gap=FRAME["size"].isna().astype(float))
    by_hand = regcli.fit(filled[["size", "kind", "on", "gap", "y"]], alpha=0.1)
    ours, theirs = (np.array([row.standardized for row in report.model.coefficients]) for report in (marked, by_hand))
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_a_gap_in_a_column_of_levels_is_a_level_unless_rows_are_dropped() -> None:
    """error, mean and median count it as (missing) and say so; drop leaves the row out."""
    full = FRAME.assign(size=FRAME["size"].fillna(5.0))
    report = regcli.fit(full, alpha=0.1)
    assert "kind[(missing)]" in columns(report) and report.data.rows_used == 10
    assert [warning.code for warning in report.warnings] == ["target_assumed", "levels", "missing_level", "two_levels"]
    assert regcli.fit(full, alpha=0.1, missing="drop").data.rows_used == 9


def test_without_a_penalty_a_reference_level_is_left_out() -> None:
    """Least squares compares levels with the first, false for a boolean, or with the one that --reference names; the
    fit is that of all levels, and of any reference."""
    full = FRAME.dropna()
    plain = regcli.fit(full, penalty="none")
    assert columns(plain) == ["size", "kind[b]", "kind[c]", "on[true]"]
    other = regcli.fit(full, penalty="none", reference=["kind=c"])
    assert columns(other) == ["size", "kind[a]", "kind[b]", "on[true]"]
    assert plain.metrics.train.mse == pytest.approx(other.metrics.train.mse, rel=1e-9)
    design = pd.get_dummies(full.drop(columns="y"), columns=["kind"], dtype=float).assign(one=1.0).to_numpy(dtype=float)
    fitted = design @ np.linalg.lstsq(design, full["y"].to_numpy(), rcond=None)[0]
    assert plain.metrics.train.mse == pytest.approx(np.mean((full["y"] - fitted) ** 2), rel=1e-9)


def test_a_named_reference_is_left_out_under_a_penalty_too() -> None:
    """--reference makes the coding of that column, and of no other, one of contrasts."""
    report = regcli.fit(FRAME.dropna(), alpha=0.1, reference=["kind=a"])
    assert columns(report) == ["size", "kind[b]", "kind[c]", "on[true]", "on[false]"]
    with pytest.raises(UsageError, match="has no level 'A'") as error:
        regcli.fit(FRAME.dropna(), alpha=0.1, reference=["kind=A"])
    assert error.value.hint == "--reference 'kind=a'"
    with pytest.raises(UsageError, match="is no column of levels"):
        regcli.fit(FRAME.dropna(), alpha=0.1, reference=["size=1"])


def test_rare_levels_are_one() -> None:
    """--min-level-count 3 makes the levels of fewer rows (other), and says how many rows that took in."""
    report = regcli.fit(FRAME.dropna(), alpha=0.1, min_level_count=3)
    assert columns(report) == ["size", "kind[a]", "kind[b]", "kind[(other)]", "on[true]", "on[false]"]
    assert any("kind (1 level, 1 row)" in warning.message for warning in report.warnings)


def test_numbers_can_be_levels_and_keep_their_spelling(tmp_path: Path) -> None:
    """--categorical takes 01 and 1 as two levels, as they are written."""
    file = tmp_path / "codes.csv"
    file.write_text("code,x,y\n01,1,1\n1,2,2\n01,3,2.5\n1,4,4.5\n2,5,5\n2,6,6.5\n")
    report = regcli.fit(file, alpha=0.1, categorical="code")
    assert columns(report) == ["code[01]", "code[1]", "code[2]", "x"]


def test_levels_that_are_numbers_stand_in_order_of_size() -> None:
    """10 comes after 9."""
    frame = pd.DataFrame({"g": [9, 10, 9, 10, 8, 8], "x": [1.0, 3, 2, 5, 4, 6], "y": [1.0, 2, 3, 4, 5, 6]})
    assert columns(regcli.fit(frame, alpha=0.1, categorical="g"))[:3] == ["g[8]", "g[9]", "g[10]"]


def test_levels_of_test_rows_that_are_new_add_nothing_and_are_counted(tmp_path: Path) -> None:
    """A level that no training row has contributes 0, as one whose coefficient is 0 does."""
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    FRAME.dropna().to_csv(train, index=False)
    FRAME.dropna().assign(kind="z").to_csv(test, index=False)
    report = regcli.fit(train, alpha=0.1, test=test)
    coef = {row.name: row.coefficient for row in report.model.coefficients}
    rows = FRAME.dropna()
    fitted = (
        report.model.intercept + coef["size"] * rows["size"] + np.where(rows["on"], coef["on[true]"], coef["on[false]"])
    )
    assert report.metrics.test.mse == pytest.approx(float(np.mean((rows["y"] - fitted) ** 2)), rel=1e-9)
    assert any(warning.code == "new_levels" and "kind (z)" in warning.message for warning in report.warnings)


DATES = pd.DataFrame(
    {
        "day": ["2020-01-31", "2020-02-01", "2021-03-05", "2022-12-24", "2019-07-01", "2020-11-11"],
        "y": [1.0, 2.0, 4.0, 7.0, 0.5, 3.0],
    }
)


def test_dates_are_refused_by_name_unless_they_are_asked_for() -> None:
    """Without --dates the error names the column and the option."""
    with pytest.raises(DataError, match="day is a date or a time") as error:
        regcli.fit(DATES, alpha=0.1)
    assert error.value.options == "--dates ordinal"


def test_a_date_is_its_days_or_its_parts() -> None:
    """ordinal counts days since 1970-01-01, parts are year, month, day and weekday, as Python's datetime has them."""
    import datetime

    days = [datetime.date.fromisoformat(text) for text in DATES["day"]]
    ordinal = regcli.fit(DATES, alpha=0.1, dates="ordinal")
    since = [(day - datetime.date(1970, 1, 1)).days for day in days]
    assert ordinal.data.columns[0].name == "day[days]"
    assert ordinal.data.columns[0].mean == pytest.approx(np.mean(since))
    parts = regcli.fit(DATES, alpha=0.1, dates="parts")
    means = {column.name: column.mean for column in parts.data.columns}
    assert means["day[year]"] == pytest.approx(np.mean([day.year for day in days]))
    assert means["day[weekday]"] == pytest.approx(np.mean([day.isoweekday() for day in days]))


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["13/01/2020", "02/03/2020", "05/06/2021", "07/08/2021", "09/10/2022", "11/12/2022"], 18274),
        (["01/13/2020", "02/03/2020", "05/06/2021", "07/08/2021", "09/10/2022", "11/12/2022"], 18274),
        (["13.1.2020 12:00", "2.3.2020", "5.6.2021", "7.8.2021", "9.10.2022", "11.12.2022"], 18274.5),
        (["Jan 13, 2020", "Feb 3, 2020", "Mar 4, 2021", "Apr 5, 2021", "May 6, 2022", "Jun 7, 2022"], 18274),
    ],
)
def test_other_ways_to_write_dates(texts: list[str], first: float) -> None:
    """Day and month are told apart by a day over 12 somewhere in the column."""
    from regcli.data.features.dates import days_of, style_of

    cells = pd.Series(texts)
    style = style_of(cells)
    assert style is not None and days_of(cells, style)[0] == first


@pytest.mark.parametrize("text", ["31/01/2024 25:00", "31/01/2024 24:00", "31/02/2024", "31/01/2024 noon"])
def test_a_time_or_a_day_that_is_not_there_is_no_date(text: str) -> None:
    """Then the column is none of dates that could be read, and nothing is made up."""
    from regcli.data.features.dates import days_of, style_of

    cells = pd.Series([text, "13/01/2024 10:00"])
    assert style_of(cells) is None
    assert np.isnan(days_of(cells, "dmy")[0]) and days_of(cells, "dmy")[1] == pytest.approx(19735 + 10 / 24)


def test_dates_that_can_be_read_in_two_ways_are_not_guessed() -> None:
    """02/03/2020 alone may be in February or in March: the column is refused, with or without --dates."""
    frame = DATES.assign(day=["02/03/2020", "04/05/2020", "06/07/2020", "08/09/2020", "10/11/2020", "12/01/2020"])
    for dates in (None, "ordinal"):
        with pytest.raises(DataError, match="can be read in two ways") as error:
            regcli.fit(frame.assign(x=range(6)), "y", alpha=0.1, dates=dates)
        assert error.value.options == "--exclude day"


def test_every_blocker_stands_in_one_error_that_ends_in_the_options_that_do() -> None:
    """Ames: identifiers and gaps at once; the options make the command work, and it says what it did."""
    with pytest.raises(DataError) as error:
        regcli.cv(DATA / "ames.csv.gz", "SalePrice")
    assert "Order, PID only name the rows" in error.value.message and "Lot Frontage (490)" in error.value.message
    assert error.value.options == "--missing median --exclude Order,PID"
    report = regcli.fit(DATA / "ames.csv.gz", "SalePrice", alpha=5000, missing="median", exclude="Order,PID")
    assert report.data.rows_used == 2930 and report.certificate.certified
    assert {"levels", "missing_level", "filled_cells"} <= {warning.code for warning in report.warnings}


def test_identifiers_can_be_insisted_on() -> None:
    """A column that only names rows is refused by its name; --numeric or --features take it all the same."""
    frame = pd.DataFrame({"id": range(100, 125), "x": np.arange(25) % 7, "y": np.arange(25) % 5})
    with pytest.raises(DataError, match="id only names the rows") as error:
        regcli.fit(frame, alpha=0.1)
    assert error.value.options == "--exclude id"
    assert "id" in columns(regcli.fit(frame, alpha=0.1, numeric="id"))
    assert "id" in columns(regcli.fit(frame, alpha=0.1, features="id,x"))
    assert columns(regcli.fit(frame, alpha=0.1, id="id")) == ["x"]


def test_text_of_many_levels_is_not_one_hot_by_surprise() -> None:
    """Over 50 levels: an error that names the column and the ways out; --categorical insists."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"t": [f"v{k}" for k in rng.integers(0, 60, 600)], "x": rng.normal(size=600), "y": rng.normal(size=600)}
    )
    with pytest.raises(DataError, match=r"t \(60\) is text with more than 50 values.*--categorical t"):
        regcli.fit(frame, alpha=0.1)
    assert len(columns(regcli.fit(frame, alpha=0.1, categorical="t"))) == 61


def test_interactions_and_powers() -> None:
    """--interactions adds the products of pairs, --degree powers of numbers: as computed by hand."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.normal(size=30), "b": rng.normal(size=30), "y": rng.normal(size=30)})
    report = regcli.fit(frame, alpha=0.01, interactions=True, degree=3)
    assert columns(report) == ["a", "b", "a:b", "a^2", "b^2", "a^3", "b^3"]
    a, b = frame["a"], frame["b"]
    by_hand = pd.DataFrame(
        {"a": a, "b": b, "ab": a * b, "a2": a**2, "b2": b**2, "a3": a**3, "b3": b**3, "y": frame["y"]}
    )
    expected = [row.coefficient for row in regcli.fit(by_hand, alpha=0.01).model.coefficients]
    np.testing.assert_allclose([row.coefficient for row in report.model.coefficients], expected, rtol=1e-9)


def test_interactions_of_levels() -> None:
    """A number times a level, a level times a level; the source names both columns."""
    report = regcli.fit(FRAME.dropna(), alpha=0.05, features="size,on", interactions=True)
    assert columns(report) == ["size", "on[true]", "on[false]", "size:on[true]", "size:on[false]"]
    assert report.data.columns[3].source == "size:on"


def test_levels_are_spelled_as_in_the_file_everywhere(tmp_path: Path) -> None:
    """C(a) of numbers, true/false met as 0/1: the same rows give the same predictions in fit, --test and predict."""
    file = tmp_path / "t.csv"
    file.write_text(
        "a,b,f,y\n" + "".join(f"{[0.5, 1, 1.5][i % 3]},{i * i % 7},{i % 2 == 0},{i % 5}\n" for i in range(24))
    )
    report = regcli.fit(file, formula="y ~ C(a) + b + f", alpha=0.01, test=file)
    assert report.metrics.test.mse == pytest.approx(report.metrics.train.mse, rel=1e-12)
    assert "a[1]" in columns(report) and "a[1.0]" not in columns(report)
    digits = tmp_path / "d.csv"
    digits.write_text(file.read_text().replace("True", "1").replace("False", "0"))
    np.testing.assert_array_equal(
        regcli.predict(report, file).arrays.predictions, regcli.predict(report, digits).arrays.predictions
    )


def test_identifiers_keep_their_spelling(tmp_path: Path) -> None:
    """00007 stays 00007 beside fitted values and predictions."""
    file = tmp_path / "t.csv"
    file.write_text("zip,x,y\n" + "".join(f"{i * 7:05d},{i},{i * i % 5}\n" for i in range(12)))
    report = regcli.fit(file, id="zip", alpha=0.01)
    assert [row[1] for row in report.fitted().rows][:2] == ["00000", "00007"]
    assert columns(report) == ["x"]


def test_the_words_for_gaps_and_rare_levels_are_not_mixed_with_cells() -> None:
    """A cell that says (missing) or (other) is refused where it would be taken for what regcli calls so."""
    frame = pd.DataFrame({"g": ["(missing)", "a", None, "b", "a", "b"], "y": [1.0, 2, 3, 4, 5, 7]})
    with pytest.raises(DataError, match=r"cells \(missing\)") as error:
        regcli.fit(frame, alpha=0.1)
    assert error.value.options == "--na '(missing)'"
    assert regcli.fit(frame, alpha=0.1, na="(missing)").data.rows_used == 6
    frame = pd.DataFrame({"g": ["(other)", "a", "c", "b", "a", "b"], "y": [1.0, 2, 3, 4, 5, 7]})
    assert "g[(other)]" in columns(regcli.fit(frame, alpha=0.1))
    with pytest.raises(DataError, match=r"cells \(other\)"):
        regcli.fit(frame, alpha=0.1, min_level_count=2)


def test_new_levels_are_counted_where_there_is_an_other() -> None:
    """They count as (other), and that is said."""
    frame = pd.DataFrame({"g": list("aaabbbcd") * 2, "y": np.arange(16.0) % 7})
    report = regcli.fit(frame, alpha=0.01, min_level_count=3)
    found = regcli.predict(report, frame.assign(g="new"))
    assert found.new_levels == {"g": {"new": 16}}
    assert "taken as (other)" in found.warnings[0].message
    assert set(found.arrays.predictions) == {float(regcli.predict(report, frame.assign(g="c")).arrays.predictions[0])}


def test_a_function_that_fails_on_test_rows_is_an_error() -> None:
    """log(0) in a held-out row names the feature, as it does in a training row."""
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4, 0, 6], "s": [1, 1, 1, 1, 0, 1], "y": [1.0, 2, 3, 5, 4, 6]})
    with pytest.raises(DataError, match=r"log\(a\) is not a finite number in 1 test row"):
        regcli.fit(frame, formula="y ~ log(a)", alpha=0.1, split_column="s")


def test_the_options_of_an_error_stand_once() -> None:
    """Each option once, names of --units together."""
    rows = {"p": [f"${i}" for i in range(9)], "q": [f"{i}%" for i in range(9)], "y": range(9)}
    with pytest.raises(DataError) as error:
        regcli.fit(pd.DataFrame(rows), "y", alpha=0.1)
    assert error.value.options == "--units p,q"


def test_numbers_that_seem_to_mean_missing_are_pointed_out() -> None:
    """-200 in several rows, far from all others: a note with the option, in every command; ordinary numbers: none."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"a": rng.uniform(1, 9, 60), "b": rng.integers(0, 9, 60), "y": rng.uniform(0, 5, 60)})
    assert not any(warning.code == "sentinel_values" for warning in regcli.fit(frame, alpha=0.1).warnings)
    frame.loc[::9, "a"] = -200
    frame.loc[::7, "y"] = -999
    messages = [w.message for w in regcli.fit(frame, alpha=0.1).warnings if w.code == "sentinel_values"]
    assert len(messages) == 2
    assert "a (7 rows" in messages[0] and "--na=-200" in messages[0] and "--na=-999" in messages[1]


def test_a_first_line_of_comment_is_recognised(tmp_path: Path) -> None:
    """The error names the option that passes over it, and that works."""
    file = tmp_path / "t.csv"
    file.write_text("# made by hand\na,y\n1,2\n2,3\n3,5\n")
    with pytest.raises(DataError, match="looks like a comment") as error:
        regcli.fit(file, alpha=0.1)
    assert error.value.options == "--comment '#'"
    assert regcli.fit(file, alpha=0.1, comment="#").data.rows_used == 3
