"""--formula: operators as formulaic reads them, functions as NumPy computes them, and nothing run as code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import SAMPLES

import regcli
from regcli.data.features.formula import parsed
from regcli.errors import DataError, UsageError

PENGUINS = pd.read_csv(SAMPLES / "penguins.csv").dropna()
NAMES = ["y", "a", "b", "c", "d", "Lot Area", "Solar.R", "e"]


@pytest.mark.parametrize(
    "formula",
    [
        "body_mass_g ~ bill_length_mm * flipper_length_mm",
        "body_mass_g ~ log(bill_length_mm) + I(bill_depth_mm ** 2) + sqrt(flipper_length_mm)",
        "body_mass_g ~ (bill_length_mm + bill_depth_mm + flipper_length_mm) ** 2 - bill_length_mm",
        "body_mass_g ~ bill_length_mm / bill_depth_mm",
        "body_mass_g ~ species * bill_length_mm",
        "body_mass_g ~ species + sex + species:sex",
        "body_mass_g ~ C(year) + species",
        "body_mass_g ~ poly(bill_length_mm, 3)",
        "body_mass_g ~ .",
    ],
)
def test_least_squares_of_a_formula_is_formulaics(formula: str) -> None:
    """The fitted values are those of least squares on the model matrix that formulaic makes of the same formula."""
    import formulaic

    right = formula.split("~")[1]
    right = " + ".join(name for name in PENGUINS.columns if name != "body_mass_g") if right.strip() == "." else right
    X = np.asarray(formulaic.Formula(right).get_model_matrix(PENGUINS, context={"sqrt": np.sqrt}), dtype=np.float64)
    y = PENGUINS["body_mass_g"].to_numpy(dtype=np.float64)
    expected = X @ np.linalg.lstsq(X, y, rcond=None)[0]
    report = regcli.fit(PENGUINS, formula=formula, penalty="none")
    fitted = np.array([row[2] for row in report.fitted().rows])
    np.testing.assert_allclose(fitted, expected, rtol=1e-8)
    assert report.certificate.rank == np.linalg.matrix_rank(X) - 1


def test_a_point_is_everything_but_the_target_and_what_is_left_out() -> None:
    """`.` stands for the other columns, without those of --exclude and --id."""
    report = regcli.fit(PENGUINS, formula="body_mass_g ~ . - sex", alpha=10, exclude="island", id="year")
    assert {column.source for column in report.data.columns} == {
        "species", "bill_length_mm", "bill_depth_mm", "flipper_length_mm",
    }  # fmt: skip


def test_names_with_blanks_and_points() -> None:
    """A name with blanks stands in backticks, inside functions too; one with a point as it is."""
    found = parsed("y ~ `Lot Area` + log(`Lot Area`) + Solar.R + sqrt(Solar.R)", NAMES)
    assert found.columns == ("Lot Area", "Solar.R")
    assert [term[0] if isinstance(term[0], str) else term[0][0].name for term in found.terms] == [
        "Lot Area", "log(Lot Area)", "Solar.R", "sqrt(Solar.R)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a + b", "TARGET ~ TERMS"),
        ("y ~ z", "no column 'z'"),
        ("x ~ a", "no column 'x'"),
        ("y ~ a +", "cannot be read"),
        ("y ~ 0 + a", "takes the intercept out"),
        ("y ~ y + a", "has the target"),
        ("y ~ 1", "has no terms"),
        ("y ~ bs(a, 3)", "cannot be read: known are"),
        ("y ~ poly(a)", "a degree from 1"),
        ("y ~ poly(a, 99)", "a degree from 1"),
        ("y ~ a ~ b", "TARGET ~ TERMS"),
        ("y ~ log(3)", "has no column"),
        ("y ~ " + "(" * 500 + "a" + ")" * 500, ""),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(text: str, said: str) -> None:
    """Always a UsageError with the reason, never a traceback."""
    with pytest.raises(UsageError) as error:
        if not parsed(text, NAMES).terms == ("a",):
            raise UsageError("")
    assert said in error.value.message


@pytest.mark.parametrize(
    "text",
    [
        "y ~ __import__('os').system('touch /tmp/regcli-was-here')",
        "y ~ {__import__('os').system('true')}",
        "y ~ a.__class__",
        "y ~ {[x for x in a]}",
        "y ~ {(lambda: 0)()}",
        "y ~ {a if a else b}",
        "y ~ exec('1')",
        "y ~ {open('/etc/passwd').read()}",
        "y ~ log(a, out=b)",
        "y ~ {f'{a}'}",
    ],
)
def test_nothing_is_run_as_code(text: str) -> None:
    """Calls, attributes, comprehensions and the like are refused: only columns, numbers, known functions."""
    with pytest.raises(UsageError):
        parsed(text, NAMES)


def test_a_function_that_is_not_finite_names_the_row() -> None:
    """log(0) is an error with the line, not a row that is lost."""
    frame = pd.DataFrame({"a": [1.0, 2.0, 0.0, 4.0], "y": [1.0, 2.0, 3.0, 5.0]})
    with pytest.raises(DataError, match=r"log\(a\) is not a finite number, row 3"):
        regcli.fit(frame, formula="y ~ log(a)", alpha=0.1)


def test_a_function_of_text_is_refused() -> None:
    """log(species) says that species is no number."""
    with pytest.raises(UsageError, match="function of species"):
        regcli.fit(PENGUINS, formula="body_mass_g ~ log(species)", alpha=1)


def test_options_that_name_features_contradict_a_formula() -> None:
    """--features, --interactions and --degree cannot act beside --formula; another --target contradicts it."""
    for option in ({"features": "year"}, {"interactions": True}, {"degree": 2}):
        with pytest.raises(UsageError, match="cannot act with --formula"):
            regcli.fit(PENGUINS, formula="body_mass_g ~ year", alpha=1, **option)
    with pytest.raises(UsageError, match="--target 'year' and --formula differ"):
        regcli.fit(PENGUINS, "year", formula="body_mass_g ~ species", alpha=1)


def test_any_name_may_be_quoted() -> None:
    """A number, a keyword, signs: in backticks each is a column, also inside functions; `.` has them all."""
    names = ["y", "1", "class", "x-y", "a.b"]
    assert parsed("y ~ .", names).columns == ("1", "class", "x-y", "a.b")
    assert parsed("y ~ `1` + log(`class`) + `x-y`:a.b", names).columns == ("1", "class", "x-y", "a.b")
    assert parsed("y ~ . - `x-y` - a.b - `1`", names).columns == ("class",)
    assert parsed("y ~ log(`x-y`)", names).terms[0][0][0].name == "log(x-y)"  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["y ~ (a + b)**200000000", "y ~ (a + b + c + d)^30", "y ~ .**12", "y ~ a | b"])
def test_what_would_take_all_memory_or_has_parts_is_refused(text: str) -> None:
    """At once, as a usage error."""
    with pytest.raises(UsageError):
        parsed(text, NAMES)


def test_a_polynomial_needs_more_values_than_its_degree() -> None:
    """poly(a, 3) of three values is refused; in a fold that lacks values the column plays no part."""
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0] * 5 + [4.0], "b": np.arange(16.0) % 5, "y": np.arange(16.0) ** 1.5})
    with pytest.raises(UsageError, match="more different values"):
        regcli.fit(frame.head(15), formula="y ~ poly(a, 3) + b", penalty="l2", alpha=0.1)
    report = regcli.cv(frame, formula="y ~ poly(a, 3) + b", penalty="l2", alphas=[1.0, 0.1], folds="loo")
    assert np.all(np.isfinite(report.arrays.per_fold))
    assert any(warning.code == "constant_in_fold" for warning in report.warnings)
    predicted = regcli.predict(regcli.fit(frame, formula="y ~ poly(a, 3)", penalty="none"), frame.assign(a=3.5))
    assert np.all(np.abs(predicted.arrays.predictions) < 1e3)
