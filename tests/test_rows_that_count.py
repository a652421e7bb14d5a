"""What the target is taken as, and columns that say how rows count: classes, weights, offsets, strata."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from regcli.data.design import Design, build
from regcli.data.features.middles import mean, median
from regcli.data.features.terms import Polynomial
from regcli.data.splitting import drawn
from regcli.errors import DataError, UsageError
from regcli.select.folds import stratified_folds
from regcli.specs import DataSpec, ModelSpec, TrainingSpec, ValidationSpec

N = 24
RNG = np.random.default_rng(7)
A, B = RNG.normal(size=N), RNG.normal(size=N)


def made(y: Any, family: Any = None, test: Any = None, columns: dict[str, Any] | None = None, **options: Any) -> Design:
    """The design of two features and a target, read from a frame."""
    frame = pd.DataFrame({"a": A, "b": B, **(columns or {}), "y": y})
    return build(DataSpec(frame, "y", **options), ValidationSpec(test), family=family)


def cycled(*values: Any) -> list[Any]:
    return [values[i % len(values)] for i in range(N)]


@pytest.mark.parametrize(
    ("values", "family", "options", "expected"),
    [
        (("no", "yes"), None, {}, ("binomial", ("no", "yes"))),
        (("Yes", "no"), None, {}, ("binomial", ("no", "Yes"))),
        (("TRUE", "False"), None, {}, ("binomial", ("false", "true"))),
        ((True, False), None, {}, ("binomial", ("false", "true"))),
        (("M", "B"), None, {}, ("binomial", ("B", "M"))),
        (("M", "B"), None, {"positive_class": "B"}, ("binomial", ("M", "B"))),
        ((0, 1), None, {}, ("gaussian", ())),
        ((0, 1), "binomial", {}, ("binomial", ("0", "1"))),
        ((10, 9), "binomial", {}, ("binomial", ("9", "10"))),
        ((1.0, 2.0), "binomial", {"positive_class": "1"}, ("binomial", ("2", "1"))),
        ((1, 2), "binomial", {"positive_class": "1.0"}, ("binomial", ("2", "1"))),
        (("1", "2"), "binomial", {"categorical": ("y",)}, ("binomial", ("1", "2"))),
        (("u", "v", "W"), "multinomial", {}, ("multinomial", ("W", "u", "v"))),
        ((10, 9, 8.5), "multinomial", {}, ("multinomial", ("8.5", "9", "10"))),
        ((3, 0, 1), "poisson", {}, ("poisson", ())),
        ((3, 0.5, 1), "gamma", {}, ("gamma", ())),
        ((3, 0, 1.5), "tweedie", {}, ("tweedie", ())),
        ((-3, 0, 1.5), "huber", {}, ("huber", ())),
        ((-3, 0, 1.5), "quantile", {}, ("quantile", ())),
        (("M", "B"), "squared_hinge", {}, ("squared_hinge", ("B", "M"))),
        ((1, 2), "squared_hinge", {"positive_class": "1"}, ("squared_hinge", ("2", "1"))),
    ],
)
def test_what_the_target_is_taken_as(values: Any, family: Any, options: Any, expected: Any) -> None:
    """The family, its classes in order, and y as the number of each row's class."""
    design = made(cycled(*values), family, **options)
    assert (design.family, design.classes) == expected
    if design.classes:
        labels = [str(value).lower() if "true" in design.classes else f"{value:g}" if not isinstance(value, str)
                  else value for value in cycled(*values)]  # fmt: skip
        assert [design.classes[int(number)] for number in design.y] == labels
    else:
        assert design.y.tolist() == cycled(*values)


@pytest.mark.parametrize(
    ("values", "family", "options", "code"),
    [
        (("u", "v"), None, {}, "family_assumed"),
        (("u", "v"), "binomial", {}, "positive_class_assumed"),
        (("u", "v"), "binomial", {"positive_class": "u"}, None),
        ((0, 1), None, {}, "target_two_values"),
        ((0, 1), "gaussian", {}, None),
        ((0, 1, 2), None, {}, None),
    ],
)
def test_what_is_said_of_it(values: Any, family: Any, options: Any, code: str | None) -> None:
    """Whatever was assumed is said, with both values; nothing where nothing was."""
    notices = made(cycled(*values), family, **options).notices
    assert [notice.code for notice in notices] == ([] if code is None else [code])
    for notice in notices:
        assert all(str(value) in notice.message for value in values)


BAD: dict[str, tuple[Any, str | None, dict[str, Any], list[str]]] = {
    "negative counts": ([*[1] * (N - 2), -3, -4], "poisson", {}, ["rows 23, 24", "'-3'", "--family gaussian"]),
    "amounts of 0": ([*[1] * (N - 2), 0, 2], "gamma", {}, ["row 23", "'0'", "--family tweedie"]),
    "negative amounts": ([*[1] * (N - 2), -3, 2], "tweedie", {}, ["row 23", "'-3'", "--family gaussian"]),
    "text for a quantile": (cycled("u", "v"), "quantile", {}, ["numbers are needed for quantile", "--family binomial"]),
    "three sides": (cycled("u", "v", "w"), "squared_hinge", {}, ["'w' (row 3)", "--family multinomial"]),
    "one side": (["u"] * N, "squared_hinge", {}, ["one class only, 'u'"]),
    "three values of text": (cycled("u", "v", "w"), None, {}, ["--family multinomial", "row 1"]),
    "three classes": (cycled("u", "v", "w"), "binomial", {}, ["'w' (row 3)", "--family multinomial"]),
    "numbers that are no classes": (cycled(0, 1, 2), "binomial", {}, ["'2' (row 3)", "--family multinomial"]),
    "shares without weights": (cycled(0.5, 0.25, 1), "binomial", {}, ["--weights"]),
    "one class": (["u"] * N, "binomial", {}, ["one class only, 'u'"]),
    "one class of numbers": ([1] * N, "multinomial", {}, ["one class only, '1'"]),
    "too many classes": (np.arange(N) / 7, "binomial", {}, ["24 different values"]),
    "text for numbers": (cycled("u", "v"), "gaussian", {}, ["numbers are needed", "--family binomial"]),
    "a marker": (["?", *cycled(0, 1)[1:]], "binomial", {}, ["--na '?'"]),
    "a weight below 0": (A, None, {"weights": "neg"}, ["--weights", "neg", "rows 3, 6", "'-1'"]),
    "weights of 0": (A, None, {"weights": "zero"}, ["no cell of zero"]),
    "infinite weights": (A, None, {"weights": "inf"}, ["rows 1, 3", "'inf'"]),
    "weights of text": (A, None, {"weights": "text"}, ["1 cell of text", "'?' (row 2)", "--na '?'"]),
    "an exposure of 0": (cycled(1, 2, 3), "poisson", {"exposure": "zero"}, ["--exposure", "above 0"]),
    "a gap in the weights": (A, None, {"weights": "gap"}, ["1 row of 24 has missing cells: gap", "--missing drop"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_targets_and_weights_that_cannot_be(case: str) -> None:
    """An error that says where, and what to type."""
    y, family, options, parts = BAD[case]
    columns = {
        "neg": cycled(1, 2, -1),
        "zero": [0] * N,
        "inf": cycled(np.inf, 1),
        "text": ["1", "?", *["2"] * (N - 2)],
        "gap": [np.nan, *[1] * (N - 1)],
    }
    with pytest.raises(DataError) as caught:
        made(y, family, columns=columns, exclude=tuple(set(columns) - set(options.values())), **options)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("family", "options", "words"),
    [
        (None, {"weights": "y"}, "--weights 'y'"),
        (None, {"weights": "w", "offset": "w"}, "--offset 'w'"),
        (None, {"weights": "w", "id": ("w",)}, "--weights 'w'"),
        (None, {"weights": "W"}, "--weights w"),
        (None, {"offset": "w", "features": ("a", "w")}, "cannot be a feature"),
        (None, {"exposure": "w"}, "--family poisson"),
        (None, {"positive_class": "1"}, "--family binomial"),
        ("binomial", {"positive_class": "2"}, "'0' and '1' are"),
    ],
)
def test_options_that_cannot_act(family: Any, options: Any, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(cycled(0, 1), family, columns={"w": cycled(1, 2, 3)}, **options)
    assert words in str(caught.value)


def test_requests_that_contradict_themselves() -> None:
    for wrong in (
        lambda: DataSpec("f", offset="a", exposure="b"),
        lambda: ModelSpec(family="poisson", class_weight="balanced"),
        lambda: ModelSpec(family="binomial", class_weight="equal"),
        lambda: ModelSpec(family="binomial", solver="gradient"),
        lambda: ModelSpec(family="huber", class_weight="balanced"),
        lambda: ModelSpec(family="quantile", penalty="l2"),
        lambda: ModelSpec(family="tweedie", power=3.0),
        lambda: ModelSpec(family="gamma", power=1.5),
        lambda: ModelSpec(family="logistic"),  # type: ignore[arg-type]
    ):
        with pytest.raises(UsageError):
            wrong()


def test_shares_are_counts_with_weights() -> None:
    """y is the share of the positive class; the other way round for the other class."""
    shares, trials = cycled(0.5, 0.0, 0.25), cycled(2, 3, 4)
    design = made(shares, "binomial", columns={"w": trials}, weights="w")
    assert (design.classes, design.strata) == (("0", "1"), None)
    np.testing.assert_array_equal(design.y, shares)
    np.testing.assert_array_equal(design.weights, trials)
    turned = made(shares, "binomial", columns={"w": trials}, weights="w", positive_class="0")
    np.testing.assert_array_equal(turned.y, 1 - np.array(shares))


def test_weight_0_is_absence() -> None:
    """Levels, classes, gaps and constants of such rows are as if they were not there, and the lines are the file's."""
    rows = pd.DataFrame({"a": A, "c": cycled("p", "q", "r"), "w": cycled(1, 2, 0), "y": cycled("u", "v", "z")})
    rows.loc[2, "a"] = np.nan
    design = build(DataSpec(rows, "y", weights="w"), ValidationSpec())
    alone = build(DataSpec(rows[rows.w > 0], "y", weights="w"), ValidationSpec())
    assert (design.classes, design.names) == (("u", "v"), ["a", "c[p]", "c[q]"])
    assert design.dropped_rows == [("weight 0", 8)]
    np.testing.assert_array_equal(design.X, alone.X)
    np.testing.assert_array_equal(design.weights, alone.weights)
    assert design.lines()[:4] == [1, 2, 4, 5]


def test_test_rows_of_another_file() -> None:
    """Their weights and offsets are theirs, weight 0 stays, and an unknown class is an error with its row."""
    columns = {"w": cycled(1, 2), "o": A / 2}
    options = {"columns": columns, "weights": "w", "offset": "o"}
    test = pd.DataFrame({"y": ["v", "u", "v"], "a": [1.0, 2, 3], "b": [0.0, 1, 0], "w": [0, 1, 2], "o": [3.0, 4, 5]})
    design = made(cycled("u", "v"), None, test, **options)
    assert design.y_test is not None and design.weights_test is not None and design.offset_test is not None
    assert design.y_test.tolist() == [1, 0, 1]
    assert design.weights_test.tolist() == [0, 1, 2]
    assert design.offset_test.tolist() == [3, 4, 5]
    np.testing.assert_array_equal(design.offset, A / 2)
    for wrong, part in ((test.assign(y=["v", "t", "u"]), "row 2"), (test.drop(columns="o"), "lacks 1 column")):
        with pytest.raises(DataError, match=part):
            made(cycled("u", "v"), None, wrong, **options)


def test_an_exposure_is_an_offset() -> None:
    design = made(cycled(1, 2, 4), "poisson", columns={"e": cycled(1, 10, 100)}, exposure="e")
    np.testing.assert_allclose(design.offset, np.log(cycled(1, 10, 100)), rtol=1e-15)
    assert design.names == ["a", "b"]


def test_a_weight_is_the_value_so_often() -> None:
    """Means, medians and orthogonal polynomials, against the values written out."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        values = rng.integers(0, 6, size=9).astype(float)
        weights = rng.integers(0, 4, size=9).astype(float)
        weights[0] = 1
        often = np.repeat(values, weights.astype(int))
        assert median(values, weights) == np.median(often)
        assert mean(values, weights) == pytest.approx(np.mean(often), rel=1e-14, abs=1e-14)
    x, w = A, np.arange(1.0, N + 1)
    found, expected = Polynomial.learn(x, 3, w), Polynomial.learn(np.repeat(x, w.astype(int)), 3)
    np.testing.assert_allclose(found.centres, expected.centres, rtol=1e-12)
    np.testing.assert_allclose(found.norms, expected.norms, rtol=1e-12)
    table = np.column_stack([found.at(x, degree) for degree in (0, 1, 2, 3)])
    np.testing.assert_allclose(table.T @ (w[:, None] * table), np.eye(4), atol=1e-12)


def test_fills_and_their_folds_are_weighted() -> None:
    """What fills a gap is the middle of the rows that teach, by weight, in a fold as in all."""
    a = pd.Series(A).where(np.arange(N) % 5 != 0)
    w = np.array(cycled(1, 2, 3))
    for missing, middle in (("median", np.median), ("mean", np.mean)):
        design = made(B, columns={"g": a, "w": w}, weights="w", missing=missing)
        assert design.relearn is not None
        for rows in (np.ones(N, dtype=bool), np.arange(N) % 2 == 0):
            X = design.relearn(rows)
            known = rows & a.notna().to_numpy()
            fill = middle(np.repeat(a[known], w[known]))
            np.testing.assert_allclose(X[a.isna().to_numpy(), design.names.index("g")], fill, rtol=1e-14)


@pytest.mark.parametrize(("sizes", "k"), [((7, 13, 4), 5), ((50, 50), 10), ((3, 96), 10), ((1, 1, 1), 3), ((9,), 4)])
def test_stratified_folds_are_balanced(sizes: tuple[int, ...], k: int) -> None:
    """In each class, and in all, folds differ by a row at most; whole blocks do not depend on what follows."""
    classes = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    folds = stratified_folds(classes, k, 5, repeats=3)
    for rows in folds.assignment:
        for chosen in [np.ones(len(classes), dtype=bool), *(classes == number for number in range(len(sizes)))]:
            counts = np.bincount(rows[chosen], minlength=k)
            assert counts.max() - counts.min() <= 1
    assert len({rows.tobytes() for rows in folds.assignment}) > 1
    assert all(np.array_equal(*pair) for pair in
               zip(folds.assignment, stratified_folds(classes, k, 5, repeats=3).assignment, strict=True))  # fmt: skip
    longer = stratified_folds(np.append(classes, np.zeros(k, dtype=np.intp)), k, 5)
    whole = np.flatnonzero(classes == 0)[: sizes[0] // k * k]
    np.testing.assert_array_equal(folds.assignment[0][whole], longer.assignment[0][whole])


def test_test_rows_are_a_share_of_each_class() -> None:
    strata = np.random.default_rng(1).permutation(np.repeat([0, 1, 2], [60, 33, 7]))
    for share in (0.25, 0.1, 0.5):
        held = ~drawn(len(strata), share, 3, strata=strata)
        assert held.sum() == round(100 * share)
        assert np.all(np.abs(np.bincount(strata[held], minlength=3) - share * np.array([60, 33, 7])) <= 1)
    assert not np.array_equal(drawn(100, 0.25, 3, strata=strata), drawn(100, 0.25, 4, strata=strata))


def test_validation_rows_have_their_weights() -> None:
    frame = pd.DataFrame({"a": A, "b": B, "w": np.arange(1.0, N + 1), "o": np.arange(N) / 7, "y": A + B**2})
    design = build(
        DataSpec(frame, "y", weights="w", offset="o"),
        ValidationSpec(),
        training=TrainingSpec("gradient", early_stopping=True),
    )
    assert design.weights is not None and design.weights_validation is not None
    both = np.sort(np.concatenate([design.weights, design.weights_validation]))
    np.testing.assert_array_equal(both, frame.w)
    np.testing.assert_allclose(design.offset_validation, (design.weights_validation - 1) / 7, rtol=1e-15)
