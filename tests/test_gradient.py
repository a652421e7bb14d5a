"""`--solver gradient`: a tutorial's loop to the digit, the exact solver's answer at the end, what is said between.

The oracle is a loop of ten lines, written as it stands in tutorials: from all rows, in their own columns.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, PROSTATE, check_error, document, fit, regcli, result, table
from contract import valid
from numpy.typing import NDArray
from support import coefficients, standardized

import regcli as package
from regcli.errors import UsageError
from regcli.solve.gradient import CHECK, MOST_TRACED, PATIENCE

Vector = NDArray[np.float64]

LPSA = (PROSTATE, "-y", "lpsa", "--exclude", "train")
FRAME = pd.read_csv(PROSTATE).drop(columns="train")
X, Y = FRAME.drop(columns="lpsa").to_numpy(dtype=float), FRAME["lpsa"].to_numpy()
S = (X - X.mean(axis=0)) / X.std(axis=0)
SAME = 1e-12
"""Both sides round each of some thousand steps to 16 digits."""
TRACED = re.compile(r"Epoch \d+/\d+  loss \d+\.\d+ = data \d+\.\d+ \+ penalty \d+\.\d+  non-zero \d+")


def tutorial(
    X: Vector, y: Vector, l1: float, l2: float, rate: float, epochs: int, start: float = 0.0, intercept: bool = True
) -> tuple[Vector, float, list[Vector]]:
    """mean((y - b - Xw)^2) + l1 sum |w| + l2 sum w^2, by gradient descent with a soft threshold for l1."""
    w, b, steps = np.full(X.shape[1], start), start if intercept else 0.0, []
    for _ in range(epochs):
        error = X @ w + b - y
        w_gradient = 2 * X.T @ error / len(y) + 2 * l2 * w
        b_gradient = 2 * np.mean(error)
        w = w - rate * w_gradient
        w = np.sign(w) * np.maximum(np.abs(w) - rate * l1, 0.0)
        b = b - rate * b_gradient if intercept else 0.0
        steps.append(np.append(w, b))
    return w, b, steps


def close(found: Any, expected: Any, tolerance: float = SAME) -> None:
    assert np.max(np.abs(np.asarray(found) - expected)) <= tolerance * np.max(np.abs(expected))


def descended(source: Any = (X, Y), **options: Any) -> Any:
    return package.fit(source, **{"penalty": "l2", "alpha": 0.1, "solver": "gradient"} | options)


PENALTIES = {"l2": (0.0, 0.1, {}), "l1": (0.1, 0.0, {}), "elasticnet": (0.03, 0.07, {"l1_ratio": 0.3})}


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("start", [0.0, 0.3])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_tutorial_on_raw_columns_to_the_digit(penalty: str, start: float, intercept: bool) -> None:
    """MSE and lambda times the squares, 1000 epochs in the file's own columns: every weight and the intercept."""
    l1, l2, more = PENALTIES[penalty]
    w, b, _ = tutorial(X, Y, l1, l2, 1e-4, 1000, start, intercept)
    found = descended(
        penalty=penalty, convention="mse", standardize=False, learning_rate=1e-4, epochs=1000, start=start,
        intercept=intercept, **more,
    )  # fmt: skip
    close(coefficients(found), w)
    if intercept:
        close(found.model.intercept, b)
    loss = np.mean((Y - b - X @ w) ** 2) + l1 * np.sum(np.abs(w)) + l2 * np.sum(w**2)
    close(found.training.kept.loss, loss)
    assert found.training.epochs == 1000


@pytest.mark.parametrize("epochs", [1, 7, 1000])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_tutorial_on_scaled_columns_to_the_digit(penalty: str, epochs: int) -> None:
    """Learning rate 0.1 on the columns of a StandardScaler: at each epoch, and no sooner than the last one is done."""
    l1, l2, more = PENALTIES[penalty]
    w, b, _ = tutorial(S, Y, l1, l2, 0.1, epochs)
    found = descended(penalty=penalty, convention="mse", learning_rate=0.1, epochs=epochs, **more)
    close(standardized(found), w)
    close(found.model.intercept + coefficients(found) @ X.mean(axis=0), b)


def test_a_tiny_intercept_keeps_its_digits() -> None:
    """Years: the intercept moves by 1e-7 an epoch beside predictions of a thousand."""
    rng = np.random.default_rng(0)
    years = np.column_stack([rng.integers(2000, 2020, 200), rng.normal(size=200)]).astype(float)
    y = years @ [0.5, 2.0] + rng.normal(size=200)
    w, b, _ = tutorial(years, y, 0.0, 0.1, 1e-7, 1000)
    found = descended((years, y), convention="mse", standardize=False, learning_rate=1e-7, epochs=1000)
    close(coefficients(found), w)
    close(found.model.intercept, b)


def test_more_features_than_rows_to_the_digit() -> None:
    """Where no Gram matrix is made, the rows give the same steps."""
    rng = np.random.default_rng(1)
    wide, y = rng.normal(size=(6, 9)), rng.normal(size=6)
    Z = (wide - wide.mean(axis=0)) / wide.std(axis=0)
    for columns, raw in ((Z, False), (wide, True)):
        w, _, _ = tutorial(columns, y, 0.1, 0.0, 0.05, 300)
        found = descended(
            (wide, y), penalty="l1", convention="mse", learning_rate=0.05, epochs=300, standardize=not raw
        )
        close(coefficients(found) if raw else standardized(found), w)


@pytest.mark.parametrize(
    ("convention", "penalty", "times"),
    [("mean", "l2", 0.5), ("sum", "l2", 97.0), ("sum", "l1", 97.0), ("sklearn", "l2", 97.0), ("sklearn", "l1", 0.5),
     ("glmnet", "l2", 0.5)],
)  # fmt: skip
def test_the_learning_rate_belongs_to_the_formula(convention: str, penalty: str, times: float) -> None:
    """A formula that is so many times that of mse has a gradient as many times as large, and such a loss."""
    model = descended(penalty=penalty, alpha=0.1, convention=convention, epochs=1).model
    one, other = 2 * model.l1, model.l2
    w, b, _ = tutorial(S, Y, one, other, 0.1, 9)
    found = descended(penalty=penalty, alpha=0.1, convention=convention, learning_rate=0.1 / times, epochs=9)
    close(standardized(found), w)
    loss = np.mean((Y - b - S @ w) ** 2) + one * np.sum(np.abs(w)) + other * np.sum(w**2)
    close(found.training.kept.loss, times * loss)


# At convergence


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("options", [
    {"penalty": "none", "alpha": None}, {"penalty": "l1"}, {"penalty": "l2"}, {"penalty": "elasticnet"},
])  # fmt: skip
def test_it_agrees_with_the_exact_solver(options: dict[str, Any], intercept: bool, accelerate: bool) -> None:
    """Left alone it goes on until it is certified, and then is the exact solution to what the certificate allows."""
    columns = X if intercept else X[:, [0, 3, 4]]  # not centred, those far from 0 all point the same way
    found = descended((columns, Y), **options, intercept=intercept, accelerate=accelerate)
    exact = package.fit((columns, Y), **{"alpha": 0.1} | options, intercept=intercept)
    assert found.certificate.certified
    assert (found.certificate.solver, found.training.stopped) == ("gradient", "converged")
    assert found.training.epochs == found.training.certified_at < found.training.of
    close(standardized(found), standardized(exact), 1e-3)
    if options["penalty"] == "l1":
        assert found.sparsity.zeroed == exact.sparsity.zeroed
    close(found.training.exact.loss, exact.model.objective)


def test_acceleration_takes_fewer_epochs() -> None:
    """On correlated columns FISTA is certified in a fraction of the epochs."""
    plain, fast = (document(DIABETES, "-a", "0.1", "--solver", "gradient", *more) for more in ([], ["--accelerate"]))
    assert fast["training"]["epochs"] < plain["training"]["epochs"] / 4
    assert fast["training"]["accelerated"]
    assert not plain["training"]["accelerated"]


def test_the_default_learning_rate_is_safe_and_can_be_typed() -> None:
    """It is at most one over the largest eigenvalue, not far below it, and typed gives the same bits."""
    found = descended()
    largest = np.linalg.eigvalsh(S.T @ S / len(Y))[-1] + 0.1
    rate = found.training.learning_rate
    assert 0.99 / largest < rate <= 1 / largest
    assert float(f"{rate:.3g}") == rate
    assert np.array_equal(coefficients(descended(learning_rate=rate)), coefficients(found))
    raw = descended(standardize=False, epochs=5).training.learning_rate
    whole = np.column_stack([X, np.ones(len(Y))])
    ridge = np.diag([0.1] * X.shape[1] + [0.0])
    assert raw <= 1 / np.linalg.eigvalsh(whole.T @ whole / len(Y) + ridge)[-1]


def test_given_epochs_are_all_done() -> None:
    """As a loop would: the certificate holds long before, and that is said."""
    found = descended(epochs=2000)
    assert (found.training.epochs, found.training.stopped) == (2000, "epochs")
    assert found.training.certified_at < 1000
    assert f"the certificate holds since epoch {found.training.certified_at:,}" in str(found)


def test_a_start_at_the_solution_is_there_at_once(tmp_path: Path) -> None:
    """A saved model is taken up by the names of its features: certified at the first look, in either columns."""
    saved = tmp_path / "m.json"
    assert fit(*LPSA, "-a", "0.1", "--save", saved, "-q").code == 0
    for more in ((), ("--features", "lweight,lcavol,svi,lbph,pgg45,age,lcp,gleason")):
        words = (*(more or LPSA[3:]), "-a", "0.1", "--solver", "gradient", "--start", saved)
        found = document(PROSTATE, "-y", "lpsa", *words)
        assert found["training"]["epochs"] == CHECK
        assert found["training"]["start"] == str(saved)
    raw = descended((FRAME.drop(columns="lpsa"), FRAME["lpsa"]), standardize=False, start=str(saved), epochs=1)
    model = package.load(saved)
    assert raw.training.history[0].loss == pytest.approx(
        0.5 * np.mean((Y - model.predict(FRAME)) ** 2) + 0.05 * np.sum(model.coefficients**2), rel=1e-12
    )
    strange = table(tmp_path / "t.csv", ["a", "b"])
    other = fit(strange, "-a", "1", "--solver", "gradient", "--start", saved)
    check_error(other, 3)
    assert "none of these features" in other.err
    check_error(fit(*LPSA, "-a", "1", "--solver", "gradient", "--start", "none.json"), 3)


# Stopped early: how far off


def test_stopped_early_it_says_how_far_off_it_is() -> None:
    """Exit 4, the gap, the violation, the loss above the exact one, the features and the largest difference."""
    said = fit(*LPSA, "-a", "0.1", "--solver", "gradient", "--epochs", "5", "--json")
    assert said.code == 4
    found = valid(said.json)
    exact = document(*LPSA, "-a", "0.1")
    assert not found["certificate"]["certified"]
    assert found["certificate"]["gap"] > 1e-8
    assert found["training"]["exact"]["nonzero"] == exact["sparsity"]["nonzero"]
    close(found["training"]["exact"]["loss"], exact["model"]["objective"])
    pairs = zip(found["model"]["coefficients"], exact["model"]["coefficients"], strict=True)
    apart = {one["name"]: abs(one["standardized"] - other["standardized"]) for one, other in pairs}
    furthest = found["training"]["exact"]["furthest"]
    assert furthest["name"] == max(apart, key=lambda name: apart[name])
    warning = next(one["message"] for one in found["warnings"] if one["code"] == "not_certified")
    assert f"Warning: {warning}" in said.err
    for words in ("after 5 epochs", "relative gap", "above the exact solver's", f"difference: {furthest['name']} "):
        assert words in warning, warning
    if exact["sparsity"]["nonzero"] != found["sparsity"]["nonzero"]:
        assert f"its lasso keeps {exact['sparsity']['nonzero']} features" in warning
    table = fit(*LPSA, "-a", "0.1", "--solver", "gradient", "--epochs", "5")
    assert warning.partition(": ")[2].partition("; more")[0] in table.out
    assert "NOT certified" in table.out


@pytest.mark.parametrize("more", [(), ("--no-standardize",), ("--no-intercept",), ("--accelerate",), ("-p", "none")])
@pytest.mark.parametrize("rate", ["3", "1e10", "1e300"])
def test_a_learning_rate_that_diverges_is_an_error(rate: str, more: tuple[str, ...]) -> None:
    """Never NaN, not even in what is traced; and the rate that is suggested works."""
    strength = () if "none" in more else ("-a", "0.1")
    words = (*LPSA, *strength, "--solver", "gradient", "--convention", "mse", *more, "--trace", "50")
    said = fit(*words, "--learning-rate", rate)
    assert said.code == 2
    assert said.out == ""
    assert "diverges" in said.err
    assert "nan" not in said.err.lower().replace("--learning-rate", "")
    safe = re.search(r"Try: --learning-rate (\S+),", said.err)
    assert safe is not None
    assert fit(*words, "--learning-rate", safe[1]).code in (0, 4)


def test_a_slow_divergence_is_seen_too() -> None:
    """Just beyond twice the safe rate the loss creeps up: the end lies above the start."""
    safe = descended().training.safe_learning_rate
    with pytest.raises(UsageError, match="diverges"):
        descended(learning_rate=2.1 * safe, epochs=200)
    assert descended(learning_rate=1.9 * safe, epochs=1000).certificate.certified


# Early stopping


EARLY = {"penalty": "none", "alpha": None, "degree": 3, "early_stopping": True}


def test_the_best_epoch_is_that_of_a_loop(tmp_path: Path) -> None:
    """Rows apart, scaling from the others alone, the weights of least validation loss, patience after them."""
    path = tmp_path / "t.csv"
    frame = pd.read_csv(DIABETES)
    frame.to_csv(path, index=False)
    found = package.fit(path, "target", convention="mse", learning_rate=0.05, solver="gradient", **EARLY, seed=3)
    training = frame.iloc[[row[0] - 2 for row in found.fitted().rows]]
    held_out = frame.drop(index=training.index)
    assert (len(held_out), len(training)) == (88, 354) == (found.training.validation.rows, found.data.rows_used)
    design = {column.name: column for column in found.data.columns}
    powers = [(name.split("^")[0], int(name.partition("^")[2] or 1)) for name in design]
    raw, other = (np.column_stack([part[name] ** power for name, power in powers]) for part in (training, held_out))
    mean, scale = raw.mean(axis=0), raw.std(axis=0)
    y, y_other = training["target"].to_numpy(), held_out["target"].to_numpy()
    epochs = found.training.epochs
    _, _, steps = tutorial((raw - mean) / scale, y, 0.0, 0.0, 0.05, epochs)
    losses = [np.mean((y_other - step[-1] - (other - mean) / scale @ step[:-1]) ** 2) for step in steps]
    best = int(np.argmin(losses))
    assert found.training.kept.epoch == best + 1 == epochs - PATIENCE
    close(found.training.kept.validation, losses[best])
    close(standardized(found), steps[best][:-1], 1e-10)
    assert found.training.stopped == "early_stopping"
    assert not found.certificate.certified


def test_test_rows_and_validation_rows_are_untouched(tmp_path: Path) -> None:
    """Poisoned test rows change nothing that is learned; poisoned validation rows nothing along the descent."""
    frame = pd.read_csv(DIABETES)
    frame["part"] = np.where(np.arange(len(frame)) % 4 == 0, "test", "train")
    options: dict[str, Any] = {
        "penalty": "l1",
        "alpha": 0.1,
        "solver": "gradient",
        "split_column": "part",
        "target": "target",
    }
    clean = package.fit(frame, **options, early_stopping=True)
    poisoned = frame.copy()
    test = poisoned["part"] == "test"
    poisoned.loc[test, ["bmi", "s5", "target"]] = [1e6, -1e6, 1e7]
    dirty = package.fit(poisoned, **options, early_stopping=True)
    assert dirty.model == clean.model
    assert dirty.training == clean.training
    assert dirty.metrics.test != clean.metrics.test
    assert clean.data.test.rows == test.sum()
    assert clean.data.rows_used + clean.training.validation.rows + test.sum() == len(frame)
    lines = {row[0] for row in clean.fitted().rows}
    held_out = np.array([index + 1 not in lines for index in range(len(frame))]) & ~test.to_numpy()
    assert held_out.sum() == clean.training.validation.rows
    poisoned = frame.copy()
    poisoned.loc[held_out, ["bmi", "s5"]] = [1e3, -1e3]
    dirty = package.fit(poisoned, **options, early_stopping=True, epochs=3)
    fresh = package.fit(frame, **options, early_stopping=True, epochs=3)
    assert dirty.data.columns == fresh.data.columns
    assert [one.loss for one in dirty.training.history] == [one.loss for one in fresh.training.history]
    assert [one.validation for one in dirty.training.history] != [one.validation for one in fresh.training.history]


def test_fill_values_are_learned_without_validation_rows() -> None:
    """The mean that fills a gap is that of the rows that are learned from."""
    frame = pd.read_csv(DIABETES)
    frame.loc[::7, "bmi"] = np.nan
    found = package.fit(
        frame, "target", penalty="l1", alpha=1, solver="gradient", missing="mean", early_stopping=True,
        validation_size=0.4,
    )  # fmt: skip
    rows = [row[0] - 1 for row in found.fitted().rows]
    column = next(column for column in found.data.columns if column.name == "bmi")
    assert column.mean == pytest.approx(frame["bmi"].iloc[rows].mean(), rel=1e-12)


def test_a_seed_draws_validation_rows_and_test_rows_apart() -> None:
    """Each by itself and both together; another seed, other rows; the seed is told."""
    words = (DIABETES, "-a", "1", "--solver", "gradient", "--early-stopping")
    one, other = (regcli("fit", *words, "--seed", seed, "--json").json for seed in (1, 2))
    assert one["training"]["validation"]["how"] == "20 % of the training rows, drawn with seed 1"
    assert one["data"]["columns"] != other["data"]["columns"]
    assert one["settings"]["seed"] == 1
    both = regcli("fit", *words, "--seed", 1, "--test-size", "0.2", "--json").json
    assert (both["data"]["test"]["rows"], both["training"]["validation"]["rows"]) == (88, 71)


# What is told on the way


def test_the_trace_is_as_promised() -> None:
    """`Epoch 100/1000  loss 12.45 = data 11.20 + penalty 1.25  non-zero 7`, every so many epochs and at the end."""
    said = fit(*LPSA, "-a", "0.1", "--solver", "gradient", "--epochs", "250", "--trace", "100", "--json")
    lines = [line for line in said.err.splitlines() if line.startswith("Epoch")]
    assert [line.split()[1] for line in lines] == ["100/250", "200/250", "250/250"]
    assert all(TRACED.fullmatch(line) for line in lines)
    history = {record["epoch"]: record for record in said.json["training"]["history"]}
    for line in lines:
        record = history[int(line.split()[1].split("/")[0])]
        shown = [float(word) for word in re.findall(r"\d+\.\d+", line)]
        assert shown == pytest.approx([record["loss"], record["data"], record["penalty"]], abs=6e-5)
        assert line.endswith(f"non-zero {record['nonzero']}")
    early = fit(*LPSA, "-a", "0.1", "--solver", "gradient", "--epochs", "20", "--trace", "10", "--early-stopping")
    assert re.search(r"^Epoch 10/20 .*  validation \d+\.\d+$", early.err, re.MULTILINE)


def test_the_loss_of_the_history_is_that_of_a_loop() -> None:
    """Start, epochs and end, in order; the history stays short however long the descent."""
    found = descended(penalty="l1", convention="mse", learning_rate=0.1, epochs=40)
    _, _, steps = tutorial(S, Y, 0.1, 0.0, 0.1, 40)
    history = found.training.history
    assert [history[0].epoch, history[-1].epoch] == [0, 40]
    close(history[0].loss, np.mean(Y**2))
    for record in history[1:]:
        step = steps[record.epoch - 1]
        data = np.mean((Y - step[-1] - S @ step[:-1]) ** 2)
        close([record.data, record.penalty], [data, 0.1 * np.sum(np.abs(step[:-1]))])
        assert record.nonzero == np.count_nonzero(step[:-1])
    assert len(descended(epochs=5000, trace=5000).training.history) < 250
    assert len(descended(epochs=1500, trace=1).training.history) <= MOST_TRACED


def test_python_traces_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """As the command line does; nothing is printed unless it is asked for."""
    descended(epochs=20, trace=10)
    assert capsys.readouterr().err.count("Epoch ") == 2
    descended(epochs=20)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("verb", "few"),
    [("path", ("--n-alphas", 10)), ("cv", ("--n-alphas", 10, "-k", 3)), ("compare", ("-p", "ols,lasso", "-k", 3))],
)
def test_only_fit_descends(verb: str, few: tuple[object, ...]) -> None:
    """path, cv and compare refuse it, with what to type."""
    said = regcli(verb, DIABETES, *few, "--solver", "gradient")
    check_error(said, 2)
    assert regcli(verb, DIABETES, *few, *str(said.hint).split()).code == 0


@pytest.mark.parametrize("words", [("-a", "1"), ("-p", "none", "--convention", "mse")])
def test_next_is_a_command_that_works(words: tuple[str, ...]) -> None:
    """The exact solver goes on from here."""
    found = document(DIABETES, *words, "--solver", "gradient")
    assert "--solver" not in found["next"]
    assert regcli(*found["next"].split()[1:]).code == 0
    missing = fit(DIABETES, "--solver", "gradient")
    check_error(missing, 2)
    assert "--solver" not in str(missing.hint)


def test_the_picture(tmp_path: Path) -> None:
    """The loss and its distance are those of the history; the exact minimum and the best epoch are marked."""
    pytest.importorskip("matplotlib")
    found = package.fit(DIABETES, solver="gradient", trace=None, **EARLY)
    figure = found.plot(tmp_path / "loss.svg")
    upper, lower = figure.axes
    lines = {line.get_gid(): line for axes in (upper, lower) for line in axes.lines}
    history, exact = found.training.history, found.training.exact.loss
    assert list(lines["loss"].get_ydata()) == [record.loss for record in history]
    assert list(lines["validation"].get_ydata()) == [record.validation for record in history]
    assert list(lines["distance"].get_ydata()) == [record.loss - exact for record in history]
    assert set(lines["exact"].get_ydata()) == {exact}
    assert lines["mark"].get_xdata()[0] == found.training.kept.epoch
    words = [text.get_text() for text in upper.texts]
    assert {"loss", "validation", "training data", "exact minimum"} <= set(words)
    assert f"least validation loss: epoch {found.training.kept.epoch:,}" in words
    early = ("-p", "none", "--degree", 3, "--early-stopping", "--solver", "gradient")
    said = fit(DIABETES, *early, "--plot", tmp_path / "x.svg")
    assert said.code == 4
    assert (tmp_path / "x.svg").read_bytes() == (tmp_path / "loss.svg").read_bytes()
    assert found.plot(picture="fit").axes[1].get_xlabel() == "fitted target"
    with pytest.raises(UsageError, match="this fit has no picture 'training', only fit"):
        package.fit(DIABETES, alpha=1).plot(picture="training")


@pytest.mark.parametrize("words", [("-a", "1000"), ("-a", "0.1", "--epochs", "1"), ("-p", "none", "--epochs", "3000")])
def test_every_descent_can_be_drawn_and_validates(words: tuple[str, ...], tmp_path: Path) -> None:
    """Nothing but zeros, a single epoch, a perfect fit."""
    pytest.importorskip("matplotlib")
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n1,5,2\n2,3,4\n3,4,6\n4,1,8\n7,7,14\n", encoding="utf-8")
    said = fit(path, *words, "--solver", "gradient", "--plot", tmp_path / "x.png", "--json")
    assert said.code in (0, 4), said.err
    valid(said.json)
    assert (tmp_path / "x.png").stat().st_size > 1000


@pytest.mark.parametrize("start", ["0", "1"])
def test_a_descent_among_equal_columns_is_not_unique(start: str, tmp_path: Path) -> None:
    """As the exact solver's: other shares of the coefficient cost the same, and no word says who takes it all."""
    source = tmp_path / "twins.csv"
    source.write_text("a,b,c,y\n1,1,2,2\n2,2,1,3\n3,3,5,5\n4,4,2,4\n5,5,1,7\n")
    words = ("-a", "0.1", "--solver", "gradient", "--start", start)
    found = result("fit", source, *words)
    assert found["certificate"]["certified"] and not found["certificate"]["unique"]
    assert found["certificate"]["tied"] == ["a", "b"]
    assert not any("takes the coefficient" in warning["message"] for warning in found["warnings"])
    assert "may share their coefficients differently" in regcli("fit", source, *words).out


def test_what_would_bring_it_nearer() -> None:
    """More epochs; a safe learning rate where this one is too large, or far too small."""
    source = (PROSTATE, "-y", "lpsa", "--exclude", "train", "-a", "0.1", "--solver", "gradient")
    assert "more --epochs" in regcli("fit", *source, "--epochs", "3").err
    too_large = regcli("fit", *source, "--epochs", "10", "--learning-rate", "0.7")
    assert too_large.code == 4 and "is safe, at this one the loss may rise" in too_large.err
    assert "is safe too, and quicker" in regcli("fit", *source, "--epochs", "10", "--learning-rate", "1e-9").err
    assert "after 1 epoch the" in regcli("fit", *source, "--epochs", "1").err


def test_percentages_are_of_something(tmp_path: Path) -> None:
    """Where the exact loss is rounding no share of it is told."""
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(6, 12))).add_prefix("x")
    wide.to_csv(tmp_path / "wide.csv", index=False)
    said = regcli("fit", tmp_path / "wide.csv", "-p", "none", "--solver", "gradient", "--epochs", "20")
    assert said.code == 4 and "%" not in said.out.split("Descent")[1].split("Certificate")[0]


def test_a_model_of_something_else_to_start_at(tmp_path: Path) -> None:
    """How many features it has a coefficient for, and its target, are said; of the same features nothing is."""
    model = tmp_path / "m.json"
    assert regcli("fit", PROSTATE, "-y", "lpsa", "-x", "lcavol,svi", "-a", "0.1", "-q", "--save", model).code == 0
    words = ("-y", "lpsa", "-a", "0.1", "--solver", "gradient", "--start", model)
    told = regcli("fit", PROSTATE, "-x", "lcavol,age", *words)
    assert "1 of 2 features have a coefficient in" in told.err
    assert "have a coefficient in" not in regcli("fit", PROSTATE, "-x", "lcavol,svi", *words).err


def test_zeros_have_no_sign() -> None:
    """A coefficient that the proximal step puts to zero is 0, not -0."""
    out = regcli("fit", PROSTATE, "-y", "lpsa", "--exclude", "train", "-a", "0.1", "--solver", "gradient",
                 "--epochs", "10", "--format", "csv").out  # fmt: skip
    assert "-0.0," not in out and ",0.0," in out
