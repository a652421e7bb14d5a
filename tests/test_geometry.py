"""Pictures of `compare`: two coefficients in the plane, and models side by side."""

from __future__ import annotations

import itertools
import json
import math
import os
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import DIABETES, NAMES, PROSTATE, check_error, regcli, table
from contract import valid
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, lars_path
from support import SAMPLES, at_rest, frame
from test_pictures import check_words, marks, row_names
from test_plots import MAGIC, by_gid, main_axes, words

import regcli as package
from regcli.data.design import build
from regcli.errors import UsageError
from regcli.report.pictures.geometry import SHAPES, ellipse, shape_of
from regcli.report.to_plot import figure_of, to_picture
from regcli.specs import DataSpec, ModelSpec, ValidationSpec
from regcli.workflows.geometry import geometry_of
from regcli.workflows.preparing import prepare

pytest.importorskip("matplotlib")

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
QUICK: dict[str, Any] = {"source": PROSTATE, "target": "lpsa", "exclude": "train", "folds": 3}
PAIRS = [
    ("lcavol", "svi"),
    ("lcavol", "age"),
    ("svi", "lcp"),
    ("lweight", "age"),
    ("pgg45", "gleason"),
    ("svi", "lcavol"),
]


def standardized(X: Matrix) -> Matrix:
    return np.asarray((X - X.mean(axis=0)) / X.std(axis=0))


def columns(pair: tuple[str, str]) -> tuple[Matrix, Vector]:
    """Two columns of the prostate data, standardized, and its target."""
    rows = frame("prostate")
    return standardized(rows[list(pair)].to_numpy()), rows["lpsa"].to_numpy()


def found_for(X: Matrix, y: Vector, strengths: Any = None, intercept: bool = True) -> dict[str, Any]:
    """The facts of the geometry of the two columns of X (n, 2)."""
    model = ModelSpec("l1", intercept=intercept)
    design = build(DataSpec((X, y)), ValidationSpec(), intercept)
    return geometry_of(prepare(design, model), (0, 1), strengths)


def by_name(found: dict[str, Any]) -> dict[str, Any]:
    return {solution["name"]: solution for solution in found["solutions"]}


def loss(Z: Matrix, y: Vector, coef: Any) -> float:
    """Half the mean squared error, with the best intercept."""
    residual = y - y.mean() - Z @ np.asarray(coef)
    return float(residual @ residual) / (2 * len(y))


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_facts_are_those_of_the_rows(pair: tuple[str, str]) -> None:
    """G and least squares by NumPy and scikit-learn; each solution is scikit-learn's at its strengths."""
    Z, y = columns(pair)
    found = found_for(Z, y)
    np.testing.assert_allclose(found["gram"], Z.T @ Z / len(y), atol=1e-13)
    best = LinearRegression().fit(Z, y).coef_
    np.testing.assert_allclose(found["least_squares"]["standardized"], best, rtol=1e-10)
    assert found["least_squares"]["loss"] == pytest.approx(loss(Z, y, best), rel=1e-12)
    assert found["null_loss"] == pytest.approx(np.var(y) / 2, rel=1e-12)
    solutions = by_name(found)
    assert list(solutions) == ["lasso", "ridge", "elasticnet"]
    for solution in solutions.values():
        assert solution["standardized"] == pytest.approx(at_rest(Z, y, solution["l1"], solution["l2"])[0], abs=1e-9)
        assert solution["loss"] == pytest.approx(loss(Z, y, solution["standardized"]), rel=1e-12)
        assert solution["certified"]
        assert solution["alpha"] == pytest.approx(solution["l1"] + solution["l2"])
    assert solutions["lasso"]["l2"] == solutions["ridge"]["l1"] == 0
    assert min(solutions["elasticnet"]["l1"], solutions["elasticnet"]["l2"]) > 0


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_three_penalties_touch_one_contour(pair: tuple[str, str]) -> None:
    """All have the same loss; the lasso has one coefficient left; on its own shape nothing fits better than each."""
    Z, y = columns(pair)
    found = found_for(Z, y)
    losses = [solution["loss"] for solution in found["solutions"]]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-10)
    assert sorted(value == 0 for value in by_name(found)["lasso"]["standardized"]) == [False, True]
    for solution in found["solutions"]:
        shape = shape_of(solution)
        price = [
            solution["l1"] * (abs(a) + abs(b)) + solution["l2"] / 2 * (a * a + b * b)
            for a, b in [*shape, solution["standardized"]]
        ]
        assert price == pytest.approx([price[-1]] * len(price), rel=1e-12)
        on_it = [loss(Z, y, point) for point in shape]
        assert min(on_it) >= solution["loss"] * (1 - 1e-12)
        assert min(on_it) <= solution["loss"] * 1.02


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_smooth_shapes_and_contours_have_one_tangent(pair: tuple[str, str]) -> None:
    """Where no coefficient is zero the gradients of loss and penalty are parallel, and opposite."""
    Z, y = columns(pair)
    for solution in found_for(Z, y)["solutions"]:
        coef = np.array(solution["standardized"])
        if np.any(coef == 0):
            continue
        downhill = Z.T @ (y - y.mean() - Z @ coef) / len(y)
        uphill = solution["l1"] * np.sign(coef) + solution["l2"] * coef
        assert downhill[0] * uphill[1] - downhill[1] * uphill[0] == pytest.approx(0, abs=1e-9)
        assert downhill @ uphill > 0


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_knots_are_those_of_lars(pair: tuple[str, str]) -> None:
    """Where the lasso's coefficients leave zero, by scikit-learn's LARS; the corner lies between."""
    Z, y = columns(pair)
    found = found_for(Z, y)
    knots = lars_path(Z, y - y.mean(), method="lasso")[0][:2]
    assert found["knots"] == pytest.approx(list(knots), abs=1e-12)
    assert knots[1] <= by_name(found)["lasso"]["l1"] < knots[0]


def test_the_corner_is_the_last_one() -> None:
    """The lasso stands where its second coefficient is about to enter, if that is not next to least squares."""
    found = found_for(*columns(("lcavol", "svi")))
    assert by_name(found)["lasso"]["l1"] == pytest.approx(found["knots"][1], rel=1e-8)
    near = found_for(*columns(("lcavol", "age")))
    saved = near["null_loss"] - near["least_squares"]["loss"]
    lost = by_name(near)["lasso"]["loss"] - near["least_squares"]["loss"]
    assert by_name(near)["lasso"]["l1"] > 2 * near["knots"][1]
    assert lost == pytest.approx(0.2 * saved, rel=1e-6)


def cross(correlation: float) -> Matrix:
    """Two columns of mean 0, deviation 1 and this correlation, from a cross of four rows."""
    one, other = np.array([1.0, -1, 1, -1]), np.array([1.0, 1, -1, -1])
    return np.column_stack([one, correlation * one + math.sqrt(1 - correlation**2) * other])


def test_orthogonal_features() -> None:
    """The contours are circles: lasso soft-thresholds, ridge shrinks, and all is known in closed form."""
    Z = cross(0.0)
    found = found_for(Z, Z @ [5.0, 3.0])
    assert found["knots"] == pytest.approx([5, 3])
    solutions = by_name(found)
    assert solutions["lasso"]["standardized"] == pytest.approx([2, 0], abs=1e-6)
    shrunk = 1 / (1 + solutions["ridge"]["l2"])
    assert solutions["ridge"]["standardized"] == pytest.approx([5 * shrunk, 3 * shrunk])
    assert math.dist(solutions["ridge"]["standardized"], [5, 3]) == pytest.approx(math.dist([2, 0], [5, 3]), rel=1e-6)
    check_words(drawn(found))


@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_signs_only_mirror_the_picture(signs: tuple[int, int]) -> None:
    """A column turned round turns its coefficient round, and nothing else."""
    Z, y = columns(("lcavol", "svi"))
    plain, turned = by_name(found_for(Z, y)), by_name(found_for(Z * np.array(signs), y))
    for name, solution in plain.items():
        expected = [sign * value for sign, value in zip(signs, solution["standardized"], strict=True)]
        assert turned[name]["standardized"] == pytest.approx(expected, abs=1e-9)


def test_features_of_equal_pull() -> None:
    """Both enter at once: there is no corner, and the picture is of half that strength."""
    Z = cross(0.3)
    found = found_for(Z, Z @ [4.0, 4.0])
    assert found["knots"][0] == pytest.approx(found["knots"][1])
    assert by_name(found)["lasso"]["l1"] == pytest.approx(found["knots"][0] / 2)
    figure = drawn(found)
    assert "corner" not in "".join(words(figure, "note"))
    check_words(figure)


def test_a_feature_that_never_enters() -> None:
    """Where least squares itself lies on an axis every contour meets the diamond at its corner."""
    Z = cross(0.5)
    found = found_for(Z, Z @ [4.0, 0.0])
    assert found["knots"] == pytest.approx([4, 0], abs=1e-12)
    assert by_name(found)["lasso"]["standardized"][1] == 0
    check_words(drawn(found))


@pytest.mark.parametrize("correlation", [0.999, -0.999, 0.9999])
def test_features_that_nearly_agree(correlation: float) -> None:
    """Long ellipses, and still one contour."""
    Z = cross(correlation)
    found = found_for(Z, Z @ [3.0, 1.0] + np.array([1.0, -1, -1, 1]))
    assert len({round(solution["loss"], 9) for solution in found["solutions"]}) == 1
    check_words(drawn(found))


@pytest.mark.parametrize("factor", [1.0, -1.0, 3.5])
def test_one_column_twice_has_no_geometry(factor: float) -> None:
    """Equal, mirrored or rescaled columns: a usage error that says why."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=40)
    with pytest.raises(UsageError, match="are one column up to scale"):
        found_for(np.column_stack([x, factor * x]), x + rng.normal(size=40))


def test_features_that_explain_nothing() -> None:
    """Then every penalty gives zero, and there is nothing to draw."""
    with pytest.raises(UsageError, match="explain nothing"):
        found_for(cross(0.4), np.array([1.0, -1, -1, 1]))


def test_without_an_intercept() -> None:
    """G is that of columns that are not centred."""
    X = np.abs(columns(("lcavol", "svi"))[0]) + 1
    y = columns(("lcavol", "svi"))[1]
    found = found_for(X, y, intercept=False)
    Z = X / X.std(axis=0)
    np.testing.assert_allclose(found["gram"], Z.T @ Z / len(y), rtol=1e-12)
    for solution in found["solutions"]:
        away = y - Z @ solution["standardized"]
        assert solution["loss"] == pytest.approx(float(away @ away) / (2 * len(y)), rel=1e-10)
    check_words(drawn(found))


def test_huge_and_tiny_targets() -> None:
    """The unit of the target changes the numbers and not the picture."""
    Z, y = columns(("lcavol", "svi"))
    plain = by_name(found_for(Z, y))
    for unit in (1e-12, 1e12):
        found = found_for(Z, unit * y)
        for name, solution in by_name(found).items():
            expected = [unit * value for value in plain[name]["standardized"]]
            assert solution["standardized"] == pytest.approx(expected, rel=1e-6, abs=1e-9 * unit)
        check_words(drawn(found))


def drawn(found: dict[str, Any], names: tuple[str, str] = ("a", "b"), target: str = "y") -> Any:
    """The picture of such facts."""
    data = {"target": target, "features": list(names), "rows_used": 97}
    return figure_of({"command": "compare", "data": data, "geometry": found | {"features": list(names)}})


# The picture


@pytest.fixture(scope="module")
def compared() -> Any:
    """A small comparison with the geometry of two of its features."""
    return package.compare(**QUICK, penalties="ols,ridge,lasso,enet", l1_ratio=0.5, geometry="lcavol,svi")


def test_the_picture_is_that_of_the_document(compared: Any) -> None:
    """Marks at the solutions, shapes through them, the contour through all three, one scale along both axes."""
    found = compared.document["geometry"]
    figure = compared.plot()
    axes = main_axes(figure)
    for solution in found["solutions"]:
        name = solution["name"]
        assert marks(figure, f"solution {name}") == [tuple(solution["standardized"])]
        np.testing.assert_allclose(marks(figure, f"shape {name}")[:-1], shape_of(solution))
    assert marks(figure, "least squares") == [tuple(found["least_squares"]["standardized"])]
    Z, y = columns(("lcavol", "svi"))
    [touched] = by_gid(figure, "touched")
    on_it = [loss(Z, y, point) for point in zip(*touched.get_data(), strict=True)]
    assert on_it == pytest.approx([found["solutions"][0]["loss"]] * len(on_it), rel=1e-9)
    assert len(by_gid(figure, "contour")) >= 5
    assert axes.get_aspect() == 1
    widths = [high - low for low, high in (axes.get_xlim(), axes.get_ylim())]
    assert widths[0] == pytest.approx(widths[1])
    assert words(figure, "title") == ["lpsa from lcavol and svi alone (97 rows): loss and three penalties"]
    assert axes.get_xlabel() == "standardized coefficient of lcavol"
    assert "At a corner, with a zero: lasso." in words(figure, "note")[0]
    assert {"lasso (diamond)", "ridge (circle)", "elastic net (in between)"} <= set(words(figure, "key"))
    check_words(figure)


def test_penalties_differ_in_more_than_colour(compared: Any) -> None:
    """In line, in mark and in colour."""
    figure = compared.plot()
    looks = [
        (by_gid(figure, f"shape {name}")[0]._dash_pattern, by_gid(figure, f"solution {name}")[0].get_marker(),
         by_gid(figure, f"shape {name}")[0].get_color())
        for name in SHAPES
    ]  # fmt: skip
    for one, other in itertools.combinations(looks, 2):
        assert all(a != b for a, b in zip(one, other, strict=True))


def test_ellipse_has_one_loss() -> None:
    """Any positive definite G."""
    gram = [[2.0, -0.6], [-0.6, 0.5]]
    for x, y in ellipse(gram, (3.0, -1.0), 4.0):
        away = np.array([x - 3.0, y + 1.0])
        assert away @ np.array(gram) @ away == pytest.approx(4.0)


def test_least_squares_far_out_is_pointed_at() -> None:
    """Two features of nearly equal pull: the shapes are small beside the way to least squares and fill the window."""
    rows = frame("diabetes")
    found = found_for(standardized(rows[["bmi", "s5"]].to_numpy()), rows["target"].to_numpy())
    figure = drawn(found, ("bmi", "s5"))
    assert by_gid(figure, "least squares") == []
    assert "to least squares" in words(figure, "far")
    reach = max(abs(x) for name in SHAPES for point in marks(figure, f"shape {name}") for x in point)
    assert max(main_axes(figure).get_xlim()) < 3 * reach
    check_words(figure)


def test_given_strengths(compared: Any) -> None:
    """With --alpha each model that it names stands at its own, on a contour of its own; zeros are points."""
    report = package.compare(
        **QUICK, penalties="ridge,lasso", alpha={"ridge": 0.5, "lasso": 0.2}, geometry=("lcavol", "svi")
    )
    found = report.document["geometry"]
    valid(json.loads(json.dumps(report.to_dict())))
    assert not found["same_loss"]
    assert [(one["name"], one["l1"], one["l2"]) for one in found["solutions"]] == [
        ("ridge", 0.0, 0.5), ("lasso", 0.2, 0.0),
    ]  # fmt: skip
    Z, y = columns(("lcavol", "svi"))
    for one in found["solutions"]:
        assert one["standardized"] == pytest.approx(at_rest(Z, y, one["l1"], one["l2"])[0], abs=1e-9)
    assert len(by_gid(report.plot(), "touched")) == 2
    check_words(report.plot())
    zero = found_for(Z, y, {"lasso": (1e6, 0.0), "ridge": (0.0, 1e6), "elasticnet": (1e6, 1e6)})
    assert by_name(zero)["lasso"]["standardized"] == [0, 0]
    check_words(drawn(zero))


def test_conventions_mean_the_same_strengths() -> None:
    """A number of another convention is translated, as everywhere."""
    rows = len(frame("prostate"))
    one = package.compare(**QUICK, penalties="lasso", alpha=0.2, geometry="lcavol,svi")
    other = package.compare(**QUICK, penalties="lasso", alpha=0.4 * rows, convention="sum", geometry="lcavol,svi")
    first, second = (report.document["geometry"]["solutions"][0] for report in (one, other))
    assert first["standardized"] == pytest.approx(second["standardized"], rel=1e-9)


@pytest.mark.parametrize(
    "names",
    [("$a_b$", "[/]"), ("x" * 60, "y" * 60), ("患者の年齢", "漢字名"), ("a\nb", "\u202eback")],
)
def test_hostile_names_in_the_plane(names: tuple[str, str]) -> None:
    """The words lie apart and inside."""
    check_words(drawn(found_for(*columns(("lcavol", "svi"))), names, "$y^2$ of many patients in a long study"))


# compare --plot


def test_errors_and_differences_are_drawn(compared: Any) -> None:
    """A row for each model, the best first: its error, its difference to the best, one standard error to each side."""
    figure = compared.plot(picture="compare")
    models = sorted(compared.document["models"], key=lambda model: model["mean"])
    assert [name.split(",")[0] for name in row_names(figure)][-1] == "no features"
    errors = marks(figure, "error")
    assert errors == [(model["mean"], row) for row, model in enumerate(models)][: len(errors)]
    for line, model in zip(by_gid(figure, "error bar"), models, strict=False):
        assert list(line.get_xdata()) == pytest.approx([model["mean"] - model["se"], model["mean"] + model["se"]])
    differences = {row: x for x, row in marks(figure, "difference")}
    for row, model in enumerate(models):
        if model["difference"] is not None and row in differences:
            assert differences[row] == model["difference"]["mean"]
    assert 0 not in differences
    standing = words(figure, "standing")
    assert standing[0] == "best"
    assert [text == "tied" for text in standing[1:]] == [model["tied"] for model in models[1:]]
    bold = [label.get_text() for label in main_axes(figure).get_yticklabels() if label.get_fontweight() == "bold"]
    assert len(bold) == 1
    check_words(figure)


def test_coefficients_stand_side_by_side(compared: Any) -> None:
    """A row for each feature, a shape for each model; what is exactly zero is hollow."""
    figure = compared.plot(picture="compare")
    below = figure.axes[2]
    features = [label.get_text() for label in below.get_yticklabels()]
    assert sorted(features) == sorted(compared.data.features)
    words_of = {"ols": "least squares", "ridge": "ridge", "lasso": "lasso", "elasticnet": "elastic net"}
    looks = set()
    for model in compared.document["models"]:
        if model["name"] == "null":
            continue
        lines = [line for line in below.lines if line.get_label() == words_of[model["name"]]]
        shown = {
            features[round(float(y))]: (float(x), line.get_gid())
            for line in lines
            for x, y in zip(*line.get_data(), strict=True)
        }
        for name in features:
            value = model["standardized"].get(name, 0.0)
            assert shown[name] == (value, "coefficients" if value else "zeros")
        looks.add((lines[0].get_marker(), lines[0].get_color()))
    assert len({mark for mark, _ in looks}) == len({colour for _, colour in looks}) == 4


def test_a_null_model_far_away_is_a_number(compared: Any) -> None:
    """It does not press the others together: its error stands at the edge."""
    document = json.loads(json.dumps(compared.to_dict()))
    for model in document["models"]:
        if model["name"] == "null":
            model["mean"], model["difference"] = 1e6, {"mean": 999_999.0, "se": 3.0}
    document["geometry"] = None
    figure = figure_of(document)
    assert max(x for x, _ in marks(figure, "error")) < 10
    assert [text for text in words(figure, "far")] == ["1,000,000 →", "1,000,000 →"]
    check_words(figure)


def test_what_a_comparison_lacks_is_left_out(compared: Any) -> None:
    """No standard errors, no features: still a picture."""
    document = json.loads(json.dumps(compared.to_dict()))
    document["geometry"] = None
    for model in document["models"]:
        model["se"], model["standardized"] = None, {}
        model["difference"] = model["difference"] and {"mean": model["difference"]["mean"], "se": None}
    figure = figure_of(document)
    assert all(math.isfinite(x) for x, _ in marks(figure, "error"))
    assert "no model has a feature" in words(figure, "note")


def test_comparison_of_test_rows() -> None:
    """Judged by rows held out: the axis says so."""
    report = package.compare(PROSTATE, "lpsa", split_column="train", penalties="ols,lasso", alpha=0.1)
    figure = report.plot()
    assert main_axes(figure).get_xlabel() == "mean squared error (less is better), test rows"
    check_words(figure)


def test_many_features_side_by_side() -> None:
    """The 20 largest in any model; the others are counted."""
    report = package.compare(SAMPLES / "diabetes.csv", degree=2, interactions=True, penalties="ridge", alpha=1, folds=3)
    figure = report.plot()
    assert len(figure.axes[2].get_yticklabels()) == 20
    hidden = len(report.data.features) - 20
    assert f"not shown: {hidden} smaller features" in words(figure, "note")[0]
    check_words(figure)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which every name is awkward."""
    return table(tmp_path_factory.mktemp("odd") / "odd.csv", list(NAMES.values()))


def test_hostile_names_side_by_side(odd: Path) -> None:
    """The words lie apart, whatever the columns are called."""
    check_words(package.compare(odd, "y", penalties="ols,lasso", alpha=0.1, folds=3).plot())


@pytest.mark.parametrize(
    ("options", "suffix"),
    [("", ".png"), ("", ".pdf"), ("--geometry lcavol,svi", ".svg"), ("--geometry svi --geometry lcavol", ".png")],
)
def test_compare_draws_the_same_bytes(options: str, suffix: str, tmp_path: Path) -> None:
    """On the command line and from Python, in every format."""
    words = ("-y", "lpsa", "--exclude", "train", "-p", "ols,lasso", "-a", 0.1, "-k", 3)
    said = regcli("compare", PROSTATE, *words, "--plot", tmp_path / f"a{suffix}", *shlex.split(options))
    assert said.code == 0
    assert said.err == f"Written: {tmp_path / f'a{suffix}'}\n"
    pair = {"": None, "--geometry lcavol,svi": "lcavol,svi"}.get(options, ("svi", "lcavol"))
    report = package.compare(**QUICK, penalties="ols,lasso", alpha=0.1, geometry=pair)
    report.plot(tmp_path / f"b{suffix}")
    one, other = (tmp_path.joinpath(f"{name}{suffix}").read_bytes() for name in "ab")
    assert one == other == to_picture(json.loads(json.dumps(report.to_dict())), suffix)
    assert one.startswith(MAGIC[suffix])
    valid(json.loads(json.dumps(report.to_dict())))


@pytest.mark.parametrize(
    ("options", "named", "hint"),
    [
        ("--geometry lcavol,svi", "--plot", "--plot geometry.png"),
        ("--plot x.png --geometry lcavol", "two different features", "--geometry A,B"),
        ("--plot x.png --geometry lcavol,lcavol", "two different features", "--geometry A,B"),
        ("--plot x.png --geometry lcavol,svi,age", "two different features", "--geometry A,B"),
        ("--plot x.png --geometry lcavol,svii", "svii", "--geometry svi"),
        ("--plot x.png --geometry lcavol,lpsa", "lpsa", None),
        ("--plot x.png --geometry lcavol,svi --no-standardize", "--no-standardize", None),
        ("--plot x.gif", "x.gif", "--plot path.png"),
    ],
)
def test_what_cannot_act_is_refused(
    options: str, named: str, hint: str | None, tmp_path: Path, monkeypatch: Any
) -> None:
    """Exit 2, with what to type; nothing is written."""
    monkeypatch.chdir(tmp_path)
    said = regcli("compare", PROSTATE, "-y", "lpsa", "--exclude", "train", *shlex.split(options))
    check_error(said, 2)
    assert named in said.err
    if hint is not None:
        assert said.hint == hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["fit", "path", "cv"])
def test_geometry_is_of_compare(verb: str) -> None:
    """The other commands say where it is."""
    strength = ["-a", 1] if verb == "fit" else []
    said = regcli(verb, DIABETES, *strength, "--geometry", "bmi,s5", "--plot", f"{os.devnull}.png")
    check_error(said, 2)
    assert said.hint == "regcli compare"


def test_a_comparison_without_it_has_no_geometry() -> None:
    """The picture of the plane is that of a document that holds it."""
    report = package.compare(**QUICK, penalties="lasso", alpha=0.1)
    assert report.document["geometry"] is None
    with pytest.raises(UsageError, match="this compare has no picture 'geometry', only compare"):
        report.plot(picture="geometry")


def test_prostate_lcavol_and_svi_in_numbers() -> None:
    """Corner and knot by hand: with unit columns b = (c1 - c2) / (1 - rho) where both pulls are positive."""
    Z, y = columns(("lcavol", "svi"))
    c, rho = Z.T @ (y - y.mean()) / len(y), float(Z[:, 0] @ Z[:, 1] / len(y))
    coef = (c[0] - c[1]) / (1 - rho)
    found = by_name(found_for(Z, y))["lasso"]
    assert found["standardized"] == pytest.approx([coef, 0], rel=1e-7, abs=1e-9)
    assert found["l1"] == pytest.approx(c[0] - coef, rel=1e-7)
