"""Pictures of fits, and of one feature's regression lines: they show the numbers, and their words do not collide."""

from __future__ import annotations

import itertools
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, NAMES, PROSTATE, check_error, regcli, table
from support import DATA, SAMPLES, at_rest, frame
from test_plots import MAGIC, by_gid, drawn_texts, main_axes, words

import regcli as package
from regcli.errors import UsageError
from regcli.report.pictures.fit import MOST_ROWS
from regcli.report.pictures.points import MOST_POINTS, chosen_rows
from regcli.report.to_plot import SUFFIXES, figure_of, to_picture

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure
from matplotlib.text import Text

Vector = np.ndarray[Any, np.dtype[np.float64]]
SPLIT = {"source": PROSTATE, "target": "lpsa", "alpha": 0.1, "split_column": "train"}
PENGUINS = {"source": SAMPLES / "penguins.csv", "target": "body_mass_g", "missing": "drop"}


def check_words(figure: Figure) -> None:
    """No text of a picture lies on another, and none is cut off."""
    found = list(drawn_texts(figure))
    assert len(found) > 5
    for (one, box), (other, other_box) in itertools.combinations(found, 2):
        assert not box.overlaps(other_box), (one, other)
    for text, box in found:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, text


def marks(figure: Figure, gid: str) -> list[tuple[float, float]]:
    """Where the marks of a kind are, in the units of the axes."""
    return [(float(x), float(y)) for line in by_gid(figure, gid) for x, y in zip(*line.get_data(), strict=True)]


def row_names(figure: Figure) -> list[str]:
    return [label.get_text() for label in main_axes(figure).get_yticklabels()]


# fit


@pytest.mark.parametrize("alpha", [2.0, 20.0])
def test_dots_are_the_coefficients(alpha: float) -> None:
    """A row for each feature, the largest first: scikit-learn's coefficients, times the deviation of the column."""
    X, y = frame("diabetes").to_numpy()[:, :-1], frame("diabetes").to_numpy()[:, -1]
    coef = at_rest(X, y, alpha, 0.0)[0] * X.std(axis=0)
    figure = package.fit(DIABETES, penalty="l1", alpha=alpha).plot()
    names = row_names(figure)
    assert sorted(names) == sorted(frame("diabetes").columns[:-1])
    expected = [coef[list(frame("diabetes").columns).index(name)] for name in names]
    assert np.all(np.diff(np.abs(expected)) <= 1e-9)
    shown = {row: x for x, row in [*marks(figure, "coefficients"), *marks(figure, "zeros")]}
    assert [shown[row] for row in range(10)] == pytest.approx(expected, abs=1e-9)
    assert {row for _, row in marks(figure, "zeros")} == {row for row in range(10) if expected[row] == 0}
    [zeros] = by_gid(figure, "zeros")
    assert zeros.get_markerfacecolor() == "white"
    assert words(figure, "note") == ["hollow: exactly zero"]


def test_intervals_are_those_of_least_squares() -> None:
    """Ten lines of NumPy on standardized columns: b +- t sigma sqrt((Z'Z)^-1_jj)."""
    from scipy.stats import t

    X, y = frame("diabetes").to_numpy()[:, :-1], frame("diabetes").to_numpy()[:, -1]
    Z = np.column_stack([np.ones(len(y)), (X - X.mean(axis=0)) / X.std(axis=0)])
    coef = np.linalg.lstsq(Z, y, rcond=None)[0]
    df = len(y) - Z.shape[1]
    sigma = np.sqrt(np.sum((y - Z @ coef) ** 2) / df)
    half = t.ppf(0.975, df) * sigma * np.sqrt(np.diag(np.linalg.inv(Z.T @ Z)))
    figure = package.fit(DIABETES, penalty="none").plot()
    places = [list(frame("diabetes").columns).index(name) + 1 for name in row_names(figure)]
    lines = {float(line.get_ydata()[0]): sorted(line.get_xdata()) for line in by_gid(figure, "interval")}
    assert len(lines) == 10
    for row, j in enumerate(places):
        assert lines[row] == pytest.approx([coef[j] - half[j], coef[j] + half[j]], rel=1e-8)
    assert "95 % intervals" in " ".join(words(figure, "panel"))
    assert by_gid(package.fit(DIABETES, alpha=2).plot(), "interval") == []


def test_residuals_of_training_and_test_rows() -> None:
    """A point for each row, those held out in another shape and colour: what scikit-learn's lasso leaves."""
    rows = pd.read_csv(PROSTATE)
    train = rows["train"].to_numpy(bool)
    X, y = rows.drop(columns=["lpsa", "train"]).to_numpy(float), rows["lpsa"].to_numpy(float)
    coef, intercept = at_rest(X[train], y[train], 0.1, 0.0)
    fitted = X @ coef + intercept
    report = package.fit(**SPLIT)
    figure = report.plot()
    for gid, part, prefix in (("training", train, ""), ("test", ~train, "test_")):
        expected = np.column_stack([fitted[part], (y - fitted)[part]])
        np.testing.assert_allclose(marks(figure, gid), expected, atol=1e-9)
        np.testing.assert_allclose(report.arrays[f"{prefix}fitted"], fitted[part], atol=1e-9)
        np.testing.assert_allclose(report.arrays[f"{prefix}residuals"], (y - fitted)[part], atol=1e-9)
    one, other = by_gid(figure, "training")[0], by_gid(figure, "test")[0]
    assert one.get_marker() != other.get_marker()
    assert one.get_color() != other.get_color()
    assert {f"{train.sum()} training rows", f"{(~train).sum()} test rows"} <= set(words(figure, "key"))
    assert len(figure.axes) == 2


def test_arrays_of_a_fit_are_the_fitted_table() -> None:
    """`report.arrays` and `report.fitted()` say the same of each training row, with gaps filled and levels."""
    report = package.fit(SAMPLES / "penguins.csv", "body_mass_g", alpha=20, missing="mean")
    fitted, residuals = zip(*(row[-2:] for row in report.fitted().rows), strict=True)
    np.testing.assert_allclose(report.arrays.fitted, fitted, rtol=1e-12)
    np.testing.assert_allclose(report.arrays.residuals, residuals, atol=1e-8)
    assert "test_fitted" not in report.arrays


def test_many_features_are_cut_with_a_word() -> None:
    """Of 330 features the 25 largest are drawn; how many smaller ones and zeros are left out is said."""
    report = package.fit(DATA / "ames.csv.gz", "SalePrice", alpha=3000, missing="indicator", exclude=["Order", "PID"])
    figure = report.plot()
    assert len(row_names(figure)) == MOST_ROWS
    assert report.sparsity.selected[:3] == row_names(figure)[:3]
    smaller, zero = report.sparsity.nonzero - MOST_ROWS, report.sparsity.zero
    assert words(figure, "note") == [f"not shown: {smaller} smaller, {zero} zero"]
    check_words(figure)


def test_many_rows_are_a_choice_that_is_said() -> None:
    """Every row up to 5000, then as many, evenly; the note says how many of how many."""
    assert chosen_rows(10) == list(range(10))
    some = chosen_rows(12_345)
    assert (len(some), some[0], some[-1], len(set(some))) == (MOST_POINTS, 0, 12_344, MOST_POINTS)
    assert set(np.diff(some)) <= {2, 3}
    rng = np.random.default_rng(3)
    X = rng.normal(size=(12_000, 2))
    figure = package.fit((X, X[:, 0] + rng.normal(size=12_000)), alpha=0.1).plot()
    assert len(marks(figure, "training")) == MOST_POINTS
    assert f"{MOST_POINTS:,} of 12,000 training rows drawn" in words(figure, "note")[0]
    assert "12,000 training rows" in words(figure, "key")
    assert by_gid(figure, "training")[0].get_rasterized()


FITS: dict[str, dict[str, Any]] = {
    "least squares": {"source": DIABETES, "penalty": "none"},
    "test rows": SPLIT,
    "levels": {**PENGUINS, "alpha": 50},
    "elastic net": {"source": DIABETES, "penalty": "enet", "alpha": 4, "l1_ratio": 0.25},
    "everything zero": {"source": DIABETES, "alpha": 1e6},
    "one feature": {"source": DIABETES, "features": "bmi", "penalty": "none"},
    "no intercept": {"source": DIABETES, "alpha": 2, "intercept": False},
}


@pytest.mark.parametrize("name", FITS)
def test_words_of_a_fit_do_not_collide(name: str) -> None:
    """Titles, names, numbers, keys and notes lie apart and inside, for small and strange models."""
    check_words(package.fit(**FITS[name]).plot())


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("least squares", "Least squares: target from 10 features, 442 rows"),
        ("test rows", "Lasso (alpha 0.1): lpsa from 8 features, 67 rows"),
        ("elastic net", "Elastic net (alpha 4, l1_ratio 0.25): target from 10 features, 442 rows"),
        ("everything zero", "Lasso (alpha 1,000,000): target from 10 features, 442 rows"),
    ],
)
def test_title_of_a_fit(name: str, title: str) -> None:
    """Which model, how strong, of what from how much; the axes say units."""
    figure = package.fit(**FITS[name]).plot()
    assert words(figure, "title") == [title]
    target = "lpsa" if name == "test rows" else "target"
    assert main_axes(figure).get_xlabel() == f"change of {target} per deviation of the feature"
    assert figure.axes[1].get_xlabel() == f"fitted {target}"
    assert figure.axes[1].get_ylabel() == "residual: observed less fitted"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which every name is awkward."""
    return table(tmp_path_factory.mktemp("odd") / "odd.csv", [*NAMES.values(), "$price_{usd}$", "患者の年齢"])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hostile_names_in_a_fit(suffix: str, odd: Path, tmp_path: Path) -> None:
    """Nothing in a name breaks a format or becomes mathematics, and the words lie apart."""
    picture = tmp_path / f"p{suffix}"
    said = regcli("fit", odd, "-a", 0.05, "-y", "y", "--plot", picture, "-q")
    assert said.code == 0
    assert picture.read_bytes().startswith(MAGIC[suffix])
    figure = package.fit(odd, "y", alpha=0.05).plot()
    check_words(figure)
    figure.draw_without_rendering()
    dollars = [text for text in figure.findobj(Text) if "$" in text.get_text()]
    assert "$price_{usd}$" in {text.get_text() for text in dollars}
    assert {text.get_parse_math() for text in dollars} == {False}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_fit_is_drawn_in_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    """On the command line, from Python, and from a report that was pickled."""
    report = package.fit(**SPLIT)
    report.plot(tmp_path / f"a{suffix}")
    pickle.loads(pickle.dumps(report)).plot(tmp_path / f"b{suffix}")
    words = ("fit", PROSTATE, "-y", "lpsa", "-a", 0.1, "--split-column", "train")
    said = regcli(*words, "--plot", tmp_path / f"c{suffix}")
    assert (said.code, said.out) == (0, regcli(*words).out)
    assert said.err == f"Written: {tmp_path / f'c{suffix}'}\n"
    one, other, third = (tmp_path.joinpath(f"{name}{suffix}").read_bytes() for name in "abc")
    assert one == other == third == to_picture(report.document, suffix, arrays=report.arrays)
    assert one.startswith(MAGIC[suffix])


def test_a_fit_without_its_rows_is_its_coefficients() -> None:
    """The document alone, as a file holds it, draws the panel that it can."""
    figure = figure_of(package.fit(**SPLIT).to_dict())
    assert len(figure.axes) == 1
    assert len(marks(figure, "coefficients")) + len(marks(figure, "zeros")) == 8


def test_x_axis_is_no_option_of_fit() -> None:
    """Nor has its picture another axis."""
    said = regcli("fit", DIABETES, "-a", 1, "--plot", f"{os.devnull}.png", "--x-axis", "alpha")
    check_error(said, 2)
    assert said.hint == "regcli path"
    with pytest.raises(UsageError, match="only a path is drawn along l1-norm, not a fit"):
        package.fit(DIABETES, alpha=1).plot(x_axis="l1-norm")


# path --lines


def lines_of(report: Any) -> list[Any]:
    return list(report.document["lines"]["lines"])


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("feature", ["bmi", "s1"])
def test_lines_are_predictions_along_the_feature(penalty: Any, feature: str) -> None:
    """scikit-learn's model at that alpha, at two values of the feature, with the means of all others."""
    X, y = frame("diabetes").to_numpy()[:, :-1], frame("diabetes").to_numpy()[:, -1]
    j = list(frame("diabetes").columns).index(feature)
    report = package.path(DIABETES, penalty=penalty, lines=feature)
    rows = np.tile(X.mean(axis=0), (2, 1))
    rows[:, j] = X[:, j].min(), X[:, j].max()
    figure = report.plot()
    drawn = by_gid(figure, "line")
    assert len(drawn) == len(lines_of(report)) >= 4
    for line, shown in zip(lines_of(report), drawn, strict=True):
        if line["kind"] == "no features":
            coef, intercept = np.zeros(10), y.mean()
        elif line["kind"] == "least squares":
            found = np.linalg.lstsq(np.column_stack([np.ones(len(y)), X]), y, rcond=None)[0]
            coef, intercept = found[1:], found[0]
        else:
            strengths = (line["alpha"], 0.0) if penalty == "l1" else (0.0, line["alpha"])
            coef, intercept = at_rest(X, y, *strengths)
        assert line["slope"] == pytest.approx(coef[j], rel=1e-6)
        assert list(shown.get_xdata()) == list(rows[:, j])
        assert list(shown.get_ydata()) == pytest.approx(list(rows @ coef + intercept), rel=1e-6)
    np.testing.assert_array_equal(marks(figure, "rows"), np.column_stack([X[:, j], y]))


def test_lines_go_from_least_squares_to_nothing() -> None:
    """The ends are there, the model that the criterion chose too, and the others differ from each other."""
    report = package.path(DIABETES, lines="s1", select="bic")
    kinds = [line["kind"] for line in lines_of(report)]
    assert (kinds[0], kinds[-1]) == ("least squares", "no features")
    [chosen] = [line for line in lines_of(report) if line["kind"] == "chosen"]
    assert chosen["alpha"] == report.chosen.alpha
    slopes = [line["slope"] for line in lines_of(report)]
    reach = max(slopes) - min(slopes)
    assert all(abs(a - b) > 0.03 * reach for a, b in itertools.combinations(slopes, 2))
    alphas = [line["alpha"] for line in lines_of(report)[:-1]]
    assert alphas == sorted(alphas)
    shown = words(report.plot(), "label")
    assert f"BIC, alpha {chosen['alpha']:.3g}: slope {chosen['slope']:.3g}".replace("-", "\N{MINUS SIGN}") in shown
    assert "no features: slope 0" in shown


def test_given_alphas_are_drawn() -> None:
    """A list of a few is what is asked for; those at which the feature is out are the line without features."""
    report = package.path(DIABETES, lines="s1", alphas=[30, 2, 1, 0.5])
    assert [line["alpha"] for line in lines_of(report)] == [0.0, 0.5, 1.0, 2.0, None]


def test_line_of_a_feature_that_never_enters() -> None:
    """Only the ends are left."""
    report = package.path(DIABETES, lines="age", alphas=[30, 20])
    assert [line["kind"] for line in lines_of(report)] == ["least squares", "no features"]
    check_words(report.plot())


def test_line_through_the_origin() -> None:
    """Without an intercept the other features still lie at their means, whatever the line is at 0."""
    X, y = frame("prostate").to_numpy()[:, :-1], frame("prostate").to_numpy()[:, -1]
    names = package.path((X, y)).data.features
    report = package.path((X, y), lines=names[1], intercept=False, alphas=[0.1])
    at = X.mean(axis=0)
    coef = at_rest(X, y, 0.1, 0.0, intercept=False, standardize=True)[0]
    [line] = [one for one in lines_of(report) if one["alpha"] == 0.1]
    assert line["intercept"] + line["slope"] * at[1] == pytest.approx(coef @ at, rel=1e-8)
    assert lines_of(report)[-1] == {
        "kind": "no features",
        "alpha": None,
        "slope": 0.0,
        "intercept": 0.0,
        "unique": True,
    }


def test_line_of_a_level() -> None:
    """Two places, 0 and 1, around which the rows are spread; the other levels are held, and that is said."""
    report = package.path(**PENGUINS, lines="species[Gentoo]")
    found = report.document["lines"]
    assert found["level"] == "Gentoo"
    assert found["akin"] == ["species[Adelie]", "species[Chinstrap]"]
    assert not found["lines"][0]["unique"]
    figure = report.plot()
    axes = main_axes(figure)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0: other rows", "1: Gentoo"]
    names = ["species", "island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"]
    rows = pd.read_csv(PENGUINS["source"])[names].dropna()
    for value, count in ((1, (rows["species"] == "Gentoo").sum()), (0, (rows["species"] != "Gentoo").sum())):
        assert len([x for x, _ in marks(figure, "rows") if abs(x - value) < 0.3]) == count
    assert "held too, though of the same column: species[Adelie]" in axes.get_xlabel()
    assert any(text.startswith("least squares (of many)") for text in words(figure, "label"))
    check_words(figure)


def test_line_of_a_power() -> None:
    """Along the power itself, in its own units; the column's other terms are named as held."""
    report = package.path(PROSTATE, "lpsa", exclude="train", degree=2, lines="lcavol^2")
    assert report.document["lines"]["akin"] == ["lcavol"]
    x = pd.read_csv(PROSTATE)["lcavol"].to_numpy() ** 2
    np.testing.assert_allclose(report.arrays.feature, x, rtol=1e-12)
    check_words(report.plot())


@pytest.mark.parametrize(
    ("file", "words", "hint"),
    [
        (DIABETES, "--lines bmii", "--lines bmi"),
        (DIABETES, "--lines nothing-like-it", None),
        (SAMPLES / "penguins.csv", "-y body_mass_g --missing drop --lines species", "--lines 'species[Adelie]'"),
        (
            SAMPLES / "penguins.csv",
            "-y body_mass_g --missing drop --lines 'species[Gento]'",
            "--lines 'species[Gentoo]'",
        ),
    ],
)
def test_unknown_feature(file: Any, words: str, hint: str | None) -> None:
    """A usage error that names the features, and the nearest as the option to type."""
    import shlex

    said = regcli("path", file, *shlex.split(words), "--plot", f"{os.devnull}.png", "-q")
    check_error(said, 2)
    assert said.hint == hint
    if hint is not None:
        again = [*shlex.split(words.split("--lines")[0]), *shlex.split(hint)]
        assert regcli("path", file, *again, "--n-alphas", 5, "--plot", f"{os.devnull}.png", "-q").code == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_lines_are_drawn_in_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    """On the command line and from Python; the other picture of the same report is that of its path."""
    report = package.path(DIABETES, lines="bmi", n_alphas=12)
    report.plot(tmp_path / f"a{suffix}")
    words = ("path", DIABETES, "--n-alphas", 12)
    said = regcli(*words, "--lines", "bmi", "--plot", tmp_path / f"b{suffix}")
    assert (said.code, said.out) == (0, regcli(*words).out)
    one, other = (tmp_path.joinpath(f"{name}{suffix}").read_bytes() for name in "ab")
    assert one == other
    assert one.startswith(MAGIC[suffix])
    plain = package.path(DIABETES, n_alphas=12)
    assert to_picture(report.document, suffix, picture="path") == to_picture(plain.document, suffix)
    with pytest.raises(UsageError, match="this path has no picture 'lines', only path"):
        plain.plot(picture="lines")


def test_hostile_names_along_a_line(odd: Path) -> None:
    """Whatever the feature is called, the words lie apart."""
    for name in ("$price_{usd}$", "x" * 120, "\u6f22\u5b57\u540d"):
        figure = package.path(odd, "y", lines=name, n_alphas=12).plot()
        check_words(figure)
        assert "at their means" in main_axes(figure).get_xlabel()
