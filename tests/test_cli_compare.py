"""`regcli compare` as it is typed and as it is read: models, coefficients, verdict, what is refused, what is next."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commandline import (
    DIABETES,
    NAMES,
    PROSTATE,
    ROOT,
    Said,
    at_terminal,
    check_error,
    options_of,
    pasted,
    process,
    records,
    regcli,
    result,
    table,
    typed_next,
)
from contract import valid
from rich.cells import cell_len
from test_cli_cv import CONTROL
from test_cli_fit import ACTS as ACTS_OF_FIT

from regcli.cli.commands.compare import compare as command
from regcli.report.of_compare import RIVAL_WORDS

PENGUINS = str(ROOT / "sample_data" / "penguins.csv")
LPSA = (PROSTATE, "-y", "lpsa", "--exclude", "train")
QUICK = ("-p", "ols,ridge,lasso", "-a", "ridge=0.1,lasso=0.1", "-k", "3")

ACTS: dict[str, tuple[str, str]] = {
    "penalties": ("-a 1 -k 3", "--penalties ols,lasso"),
    "alpha": ("-p lasso -k 3", "--alpha 0.5"),
    "l1_ratio": ("-p enet -a 1 -k 3", "--l1-ratio 0.1"),
    "folds": ("-a 1 -k 3", "-k 4"),
    "inner_folds": ("-p ridge -k 3", "--inner-folds 3"),
    "repeats": ("-a 1 -k 3", "--repeats 2"),
    "seed": ("-a 1 -k 3", "--seed 4"),
    "groups": ("-a 1 -k 3", "--groups age"),
    "time": ("-a 1 -k 3", "--time age"),
    "fold_column": ("-a 1", "--fold-column sex"),
    "rule": ("-p lasso -k 2", "--rule 1se"),
    "measure": ("-a 1 -k 3", "--measure mae"),
    "test": ("-a 1", f"--test {DIABETES}"),
    "test_size": ("-a 1", "--test-size 0.2"),
    "standardize": ("-a 1 -k 3", "--no-standardize"),
    "intercept": ("-a 1 -k 3", "--no-intercept"),
    "convention": ("-a 1 -k 3", "--convention mse"),
    "order": ("-a 1 -k 3", "--order file"),
    "geometry": (f"-a 1 -k 3 --plot {os.devnull}.png", "--geometry bmi,s3"),
}
"""For each parameter that changes what a comparison says: words, and more words that change it."""

REFUSED: dict[str, tuple[str, bool]] = {
    "-p none,rige": ("rige", True),
    "-p ''": ("--penalties", False),
    "-p null": ("--penalties", True),
    "-p ols -a 1": ("--alpha", False),
    "-a 1,2": ("--alpha", True),
    "-a 1,lasso=2": ("--alpha", True),
    "-a ridge=1,ridge=2": ("ridge", True),
    "--penalty l1": ("--penalty", True),
    "--alphas 1,2": ("--alphas", False),
    "--alpha x": ("'x'", True),
    "--alpha 0": ("above 0", False),
    "--alpha -1": ("above 0", False),
    "--alpha ols=1": ("ols", True),
    "--alpha lasso=1 -p ridge": ("lasso", False),
    "--alpha laso=1": ("laso", False),
    "--alpha nan": ("finite", False),
    "--inner-folds 1": ("--inner-folds", False),
    "--inner-folds 3 -a 1": ("--inner-folds", False),
    "--inner-folds 3 --fold-column sex": ("--inner-folds", False),
    "--rule 1se -a 1": ("--rule", False),
    "--rule x": ("--rule", False),
    "--measure r2": ("--measure", True),
    "--l1-ratio 0.5 -p lasso": ("--l1-ratio", False),
    "--l1-ratio 0.5,0.7 -a 1": ("--l1-ratio", False),
    "--l1-ratio 2": ("--l1-ratio", False),
    "--test-size 0.2 --folds 3": ("--folds", False),
    "--test-size 0.2 --repeats 2": ("--repeats", False),
    "--test-size 0.2 --groups age -a 1": ("folds", False),
    "--folds 1": ("--folds", False),
    "--groups agee": ("agee", True),
    "--format xml": ("xml", False),
}
"""Words after `regcli compare diabetes.csv`, what the error names, and whether it knows what to type."""


def timeless(text: str) -> str:
    """A result without the seconds."""
    return re.sub(r'"seconds": [\d.e-]+', "", text)


def test_every_parameter_acts() -> None:
    """Each parameter of the command is either known from `fit`, and tested there, or changes the result here."""
    assert options_of(command) <= set(ACTS) | set(ACTS_OF_FIT) | {"inner_folds"}
    assert set(ACTS) <= options_of(command)


@pytest.mark.parametrize("name", ACTS)
def test_a_parameter_changes_the_result(name: str) -> None:
    """None is accepted and ignored."""
    words, more = (shlex.split(part) for part in ACTS[name])
    kept = [words[i] for i in range(len(words)) if not ("-k" in more and "-k" in words[max(0, i - 1) : i + 1])]
    one = regcli("compare", DIABETES, *words, "--json") if name != "order" else regcli("compare", DIABETES, *words)
    other = regcli("compare", DIABETES, *kept, *more, *(() if name == "order" else ("--json",)))
    assert one.code == other.code == 0, other.err
    strip = [re.sub(r'"settings": \{.*?\n  \},', "", timeless(said.out), flags=re.S) for said in (one, other)]
    assert strip[0] != strip[1]


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_is_refused(words: str) -> None:
    """Exit 2, the culprit is named, and where there is one way out it is told."""
    named, hinted = REFUSED[words]
    typed = ["compare", DIABETES, *shlex.split(words)]
    said = regcli(*typed)
    check_error(said, 2)
    assert named in said.err.splitlines()[0]
    assert said.hint is not None or not hinted


def test_the_verdict_and_what_it_rests_on(tmp_path: Path) -> None:
    """Table, coefficients with empty cells for zeros, verdict, reasons, how it was judged, what to go on with."""
    said = regcli("compare", *LPSA, *QUICK)
    assert said.code == 0
    head, models, coefficients, facts = said.out.split("\n\n")
    assert head.startswith("4 models compared on 3 folds: lpsa from 8 features, 97 rows of ")
    rows = models.splitlines()
    assert [row.split("  ")[0] for row in rows] == ["model", "no features", "least squares", "ridge", "lasso"]
    found = result("compare", *LPSA, *QUICK)
    lasso = found["models"][3]
    assert found["verdict"]["reason"].split("; ")[0] in facts
    for line in (*found["verdict"]["facts"], *(line["message"] for line in found["diagnosis"])):
        assert line in facts
    for row in coefficients.splitlines()[1:]:
        name = row.split()[0]
        assert len(row.split()) == 3 + (name in lasso["coefficients"]), row
    assert "Nadeau and Bengio" in facts and facts.rstrip().splitlines()[-1].startswith("Next")
    assert valid(found)["certificate"]["certified"]


@pytest.mark.parametrize("penalty", ["ols", "ridge", "lasso", "elasticnet"])
@pytest.mark.parametrize("way", ["tuned", "given", "split"])
def test_the_next_command_makes_the_chosen_model(penalty: str, way: str) -> None:
    """What stands under Next, run as it is, gives the coefficients of the model that the verdict chose."""
    if penalty == "ols" and way == "given":
        return
    source = (PROSTATE, "-y", "lpsa", "--split-column", "train") if way == "split" else LPSA
    words = ["-a", "0.2"] if way == "given" else []
    words += ["--l1-ratio", "0.3"] if penalty == "elasticnet" else []
    found = result("compare", *source, "-p", penalty, *words, *([] if way == "split" else ["-k", "2"]), "-q")
    chosen = next(model for model in found["models"] if model["name"] == found["verdict"]["chosen"])
    assert chosen["name"] == penalty
    again = pasted(found["next"])
    standardized = {row["name"]: row["standardized"] for row in again["model"]["coefficients"] if row["standardized"]}
    assert chosen["standardized"] == pytest.approx(standardized, rel=1e-9)


def test_groups_are_kept_out_of_the_next_command() -> None:
    """A column that only makes folds is no feature of the model that is made again without folds."""
    found = result("compare", DIABETES, "--groups", "age", "-a", "1", "-k", "3", "-p", "lasso")
    assert "age" not in found["data"]["features"]
    assert "age" not in pasted(found["next"])["data"]["features"]


def test_the_chosen_model_is_saved_and_predicts(tmp_path: Path) -> None:
    """--save keeps the chosen model, --fitted its fitted values; both say the same."""
    model, fitted = tmp_path / "m.json", tmp_path / "f.csv"
    said = regcli("compare", *LPSA, *QUICK, "--save", model, "--fitted", fitted, "-q")
    assert said.code == 0 and said.err == ""
    predicted = regcli("predict", model, PROSTATE, "-q")
    column = [float(row["prediction"]) for row in records(predicted.out)]
    assert column == [float(row["fitted"]) for row in records(fitted.read_text())]


def test_csv_has_a_row_for_each_model() -> None:
    """Errors, differences, strengths and norms, with the names that --penalties takes."""
    rows = records(regcli("compare", *LPSA, *QUICK, "--format", "csv").out)
    assert [row["name"] for row in rows] == ["null", "ols", "ridge", "lasso"]
    found = result("compare", *LPSA, *QUICK)
    for row, model in zip(rows, found["models"], strict=True):
        assert float(row["mean"]) == model["mean"] and int(row["nonzero"]) == model["nonzero"]
        assert row["difference"] == ("" if model["difference"] is None else repr(model["difference"]["mean"]))
    markdown = regcli("compare", *LPSA, *QUICK, "--format", "markdown").out
    assert markdown.count("\n| ") == len(rows) + 1


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_terminals(columns: int) -> None:
    """Nothing is cut or broken inside a number; the models' errors are there at every width."""
    code, screen = at_terminal("compare", *LPSA, *QUICK, columns=columns)
    assert code == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    lines = text.splitlines()
    if columns >= 80:
        assert max(map(cell_len, lines)) <= columns
    assert all(any(line.startswith(words) for line in lines) for words in ("no features", "least", "lasso"))
    assert ("training" in text.split("standardized")[0].splitlines()[2]) is (columns == 140)


def test_awkward_names(tmp_path: Path) -> None:
    """Every name stands in the coefficients, escaped for terminals, exact in JSON."""
    source = table(tmp_path / "odd.csv", list(NAMES.values()))
    words = ("compare", source, "-p", "ridge", "-a", "0.1", "-k", "3")
    said = regcli(*words)
    assert said.code == 0 and not CONTROL.search(said.out)
    assert set(regcli(*words, "--json").json["models"][1]["coefficients"]) == set(NAMES.values())


def test_a_null_model_that_is_chosen(tmp_path: Path) -> None:
    """Noise: the words say that nothing predicts better than the mean, and what to do."""
    source = table(tmp_path / "noise.csv", ["a", "b", "c"], truth=lambda j: 0.0)
    said = regcli("compare", source, "-k", "5", "-a", "0.2", "-p", "ols,lasso")
    assert said.code == 0
    assert "the model without features" in said.out and "mean of the target" in said.out
    assert said.out.rstrip().splitlines()[-1].startswith("Next         regcli inspect")


def test_jobs_change_nothing() -> None:
    """One process or two."""
    one, two = (regcli("compare", *LPSA, *QUICK, "-j", jobs, "--json").out for jobs in (1, 2))
    assert timeless(one) == timeless(two)


def test_from_standard_input() -> None:
    """In a pipe; verbose says the steps on standard error."""
    said = regcli("compare", "-", "-y", "lpsa", "-x", "lcavol,svi", "-a", "0.1", "-k", "3", "-v",
                  stdin=Path(PROSTATE).read_bytes())  # fmt: skip
    assert said.code == 0 and "judged" in said.err
    assert said.out.splitlines()[0].endswith("of standard input")


def test_an_uncertified_fold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 4, and the words say so."""
    from regcli.problem import certificate

    monkeypatch.setattr(certificate, "GAP_BOUND", -1.0)
    said = regcli("compare", *LPSA, *QUICK, "-j", "1")
    assert said.code == 4
    assert "NOT certified" in said.out and "NOT all certified" in said.out


# What the diagnosis says, where it must and where it must not.


def diagnosed(source: object, *words: object) -> dict[str, Any]:
    """The lines of the diagnosis by their codes."""
    return {line["code"]: line for line in result("compare", source, *words, "-q")["diagnosis"]}


def test_overfitting_is_told(tmp_path: Path) -> None:
    """Thirty features for forty rows overfit, four for sixty do not; the number is the ratio of the errors."""
    wide = table(tmp_path / "wide.csv", [f"x{j}" for j in range(30)], rows=40, truth=lambda j: float(j < 2))
    found = result("compare", wide, "-p", "ols,lasso", "-a", "0.2", "-k", "5", "-q")
    line = next(line for line in found["diagnosis"] if line["code"] == "overfitting")
    ols = found["models"][1]
    assert line["model"] == "ols" and line["value"] == pytest.approx(ols["mean"] / ols["train_mean"])
    assert f"{line['value']:.2g} times" in line["message"]
    calm = table(tmp_path / "calm.csv", ["a", "b", "c", "d"], rows=200)
    assert "overfitting" not in diagnosed(calm, "-p", "ols,lasso", "-a", "0.1", "-k", "5")


def test_over_regularization_is_told() -> None:
    """A strength at which the lasso keeps nothing, beside least squares that explains half."""
    found = diagnosed(*LPSA, "-p", "ols,lasso,ridge", "-a", "lasso=2,ridge=0.1", "-k", "3")
    line = found["over_regularized"]
    assert line["model"] == "lasso" and "alpha 2 keeps no feature" in line["message"]
    assert line["value"] == pytest.approx(0, abs=1e-9)
    nearly = diagnosed(*LPSA, "-p", "ols,ridge", "-a", "100", "-k", "3")["over_regularized"]
    assert nearly["model"] == "ridge" and 0 < nearly["value"] < 0.1 and "explains" in nearly["message"]
    assert "over_regularized" not in diagnosed(*LPSA, "-p", "ols,lasso,ridge", "-a", "0.1", "-k", "3")


def test_collinearity_is_told(tmp_path: Path) -> None:
    """The condition number of the standardized columns, by NumPy, and the columns that make it; not for prostate."""
    frame = pd.read_csv(PROSTATE).drop(columns="train")
    frame["twin"] = frame["lcavol"] + 0.01 * (frame.index % 7)
    source = tmp_path / "twin.csv"
    frame.to_csv(source, index=False)
    line = diagnosed(source, "-y", "lpsa", "-p", "ridge", "-a", "0.1", "-k", "3")["collinearity"]
    X = frame.drop(columns="lpsa")
    from numpy.linalg import cond

    assert line["value"] == pytest.approx(cond((X - X.mean()) / X.std()), rel=1e-6)
    assert "lcavol" in line["message"] and "twin" in line["message"]
    assert "collinearity" not in diagnosed(*LPSA, "-p", "ridge", "-a", "0.1", "-k", "3")
    frame.assign(again=frame["svi"] + frame["age"]).to_csv(source, index=False)
    exact = diagnosed(source, "-y", "lpsa", "-p", "ridge", "-a", "0.1", "-k", "3")["collinearity"]
    assert exact["value"] is None and "beyond 1e12" in exact["message"]


def test_uneven_scales_are_told(tmp_path: Path) -> None:
    """Without standardizing the lasso would keep other features; columns of one size change nothing."""
    frame = pd.read_csv(PROSTATE).drop(columns="train")
    frame["lcavol"] /= 1000
    source = tmp_path / "scales.csv"
    frame.to_csv(source, index=False)
    line = diagnosed(source, "-y", "lpsa", "-p", "lasso", "-k", "3")["uneven_scales"]
    deviations = frame.drop(columns="lpsa").std()
    assert line["value"] == pytest.approx(deviations.max() / deviations.min(), rel=1e-9)
    assert line["model"] == "lasso" and "lcavol" in line["message"] and "--no-standardize" in line["message"]
    raw = result("cv", source, "-y", "lpsa", "--no-standardize", "--rule", "min", "-k", "5", "-q")
    kept = result("cv", source, "-y", "lpsa", "--rule", "min", "-k", "5", "-q")["sparsity"]["selected"]
    out = sorted(set(kept) - set(raw["sparsity"]["selected"]))
    assert f"without {', '.join(out)}" in line["message"]
    standard = (frame - frame.mean()) / frame.std()
    standard["lpsa"] = frame["lpsa"]
    standard.to_csv(source, index=False)
    assert "uneven_scales" not in diagnosed(source, "-y", "lpsa", "-p", "lasso", "-k", "3")


def test_scales_beyond_double_precision_stop_nothing(tmp_path: Path) -> None:
    """What the diagnosis tries on the side may fail; the comparison does not."""
    frame = pd.read_csv(PROSTATE).drop(columns="train")
    frame["lcavol"], frame["svi"] = frame["lcavol"] * 1e150, frame["svi"] * 1e-150
    source = tmp_path / "units.csv"
    frame.to_csv(source, index=False)
    assert "uneven_scales" not in diagnosed(source, "-y", "lpsa", "-p", "ridge,lasso", "-k", "3")


def test_a_target_that_is_a_sum_of_features_is_told(tmp_path: Path) -> None:
    """R2 near 1 is more often a leak than a discovery; 0.6 is none."""
    frame = pd.read_csv(PROSTATE).drop(columns="train")
    frame["lpsa"] = frame["lcavol"] + frame["svi"]
    source = tmp_path / "sum.csv"
    frame.to_csv(source, index=False)
    line = diagnosed(source, "-y", "lpsa", *QUICK)["near_perfect"]
    assert line["model"] == "ols" and line["value"] == pytest.approx(1)
    assert "near_perfect" not in diagnosed(*LPSA, *QUICK)


def test_the_end_of_the_grid_is_told(tmp_path: Path) -> None:
    """Without noise the smallest alpha is the best; prostate's ridge has its own."""
    frame = pd.read_csv(PROSTATE).drop(columns="train")
    frame["lpsa"] = frame["lcavol"] + frame["svi"] + 1e-6 * frame["age"]
    source = tmp_path / "exact.csv"
    frame.to_csv(source, index=False)
    assert diagnosed(source, "-y", "lpsa", "-p", "lasso", "-k", "3")["at_edge"]["model"] == "lasso"
    assert "at_edge" not in diagnosed(*LPSA, "-p", "ridge", "-k", "3")


def test_levels_of_one_column_are_not_collinear() -> None:
    """That the levels of a text sum to one is how they are made, and says nothing of the data."""
    found = result("compare", PENGUINS, "-y", "body_mass_g", "--missing", "drop", "-a", "1", "-k", "3", "-q")
    assert "collinearity" not in {line["code"] for line in found["diagnosis"]}
    assert not any("sex[female] and sex[male]" in fact for fact in found["verdict"]["facts"])


def test_absolute_errors_have_no_r2() -> None:
    """A share of absolute errors is called what it is."""
    said = regcli("compare", *LPSA, *QUICK, "--measure", "mae")
    assert "R2" not in said.out and "less by" in said.out and "less than without features" in said.out


def test_fewer_inner_folds_than_asked_for_are_told() -> None:
    """A note, where the rows of a fold allow no more."""
    said = regcli("compare", *LPSA, "-p", "ridge", "-k", "2", "--inner-folds", "60")
    assert said.code == 0 and "tuned on 48 folds where the rows allow no 60" in said.err


def test_many_features_leave_the_verdict_in_sight(tmp_path: Path) -> None:
    """The largest coefficients are shown, the others counted; JSON has them all."""
    source = table(tmp_path / "many.csv", [f"x{j}" for j in range(90)], rows=60)
    said = regcli("compare", source, "-p", "ridge", "-a", "0.1", "-k", "3")
    assert sum(line.startswith("x") for line in said.out.splitlines()) == 60
    assert "30 more are in the JSON document" in said.out
    assert (
        len(
            regcli("compare", source, "-p", "ridge", "-a", "0.1", "-k", "3", "--json").json["models"][1]["coefficients"]
        )
        == 90
    )


def test_more_features_than_rows_are_told(tmp_path: Path) -> None:
    """With the two numbers; not where rows are more."""
    wide = table(tmp_path / "wide.csv", [f"x{j}" for j in range(30)], rows=20)
    line = diagnosed(wide, "-p", "lasso", "-a", "0.2", "-k", "2")["more_features_than_rows"]
    assert "30" in line["message"] and "20" in line["message"] and line["value"] == 1.5
    assert "more_features_than_rows" not in diagnosed(*LPSA, *QUICK)


def test_every_model_has_words() -> None:
    """Each name of --penalties."""
    from regcli.specs import RIVALS

    assert tuple(RIVAL_WORDS) == RIVALS


def test_help_and_a_reader_that_goes_away() -> None:
    """--help names the models; `| head` ends silently."""
    assert "elasticnet" in regcli("compare", "--help").out
    done = process("compare", *LPSA, *QUICK, stdout=os.open(os.devnull, os.O_WRONLY))
    assert done.returncode == 0


def test_hints_that_are_commands_work() -> None:
    """A measure that a comparison has beside every other: what Try says, added to the command, works."""
    typed = ["compare", *LPSA, "-a", "1", "-k", "3"]
    said = typed_next(regcli(*typed, "--measure", "r2"), typed)
    assert isinstance(said, Said) and said.code == 0
