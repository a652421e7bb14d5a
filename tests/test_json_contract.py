"""The JSON document: every one validates against the schema in the package, and says the same as the Python report."""

from __future__ import annotations

import copy
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, PROSTATE, ROOT, document, fit, strict_json, table
from contract import MAPS, SCHEMAS, VALIDATORS, at, in_order, objects, valid

import regcli
from regcli.problem import certificate
from regcli.specs import CONVENTIONS, PENALTIES

SCHEMA, VALIDATOR = SCHEMAS["fit"], VALIDATORS["fit"]

STRENGTHS = {"none": (), "l1": ("-a", "3"), "l2": ("-a", "0.2"), "elasticnet": ("-a", "2", "--l1-ratio", "0.7")}

AWKWARD = {
    "rank deficient": ("a,b,c,y\n1,2,3,1\n2,1,3,4\n5,3,8,2\n4,9,13,7\n8,1,9,3\n6,6,12,1\n", "-p", "none"),
    "more features than rows": ("a,b,c,d,y\n1,2,3,1,1\n2,1,3,5,4\n5,3,1,2,2\n", "-p", "none"),
    "more features than rows, lasso": ("a,b,c,d,y\n1,2,3,1,1\n2,1,3,5,4\n5,3,1,2,2\n", "-a", "0.1"),
    "a perfect fit": ("a,b,y\n1,5,2\n2,3,4\n3,4,6\n4,1,8\n7,7,14\n", "-p", "none"),
    "no degree of freedom": ("a,y\n1,2\n2,5\n", "-p", "none"),
    "dropped rows": ("a,b,y\n1,5,2\n2,,4\n3,4,5\n,,\n4,1,8\n7,?,1\n", "-a", "0.1", "--na", "?", "--missing", "drop"),
    "dropped columns": ("a,b,c,y\n1,5,7,2\n2,3,7,4\n3,4,7,5\n", "-a", "0.1"),
    "constant columns kept": ("a,b,c,y\n1,5,7,2\n2,3,7,4\n3,4,7,5\n", "-a", "0.1", "--no-intercept"),
    "equal columns": ("a,b,c,y\n1,1,5,2\n2,2,3,4\n3,3,4,5\n", "-a", "0.1"),
    "equal columns, ridge": ("a,b,c,y\n1,1,5,2\n2,2,3,4\n3,3,4,5\n", "-p", "l2", "-a", "0.1"),
    "everything is zero": ("a,b,y\n1,5,2\n2,3,4\n3,4,5\n", "-a", "1e9"),
    "alpha 0": ("a,b,y\n1,5,2\n2,3,4\n3,4,5\n6,1,1\n", "-a", "0"),
    "two strengths": ("a,b,y\n1,5,2\n2,3,4\n3,4,5\n6,1,1\n", "-p", "enet", "--l1", "0.1", "--l2", "0"),
    "two strengths of nothing": ("a,b,y\n1,5,2\n2,3,4\n3,4,5\n6,1,1\n", "-p", "enet", "--l1", "0", "--l2", "0"),
    "odd names": ("a,a,,b ,y\n1,5,2,3,4\n2,3,4,1,1\n3,4,5,8,7\n", "-a", "0.1"),
    "a header of numbers": ("1,2,3\n1,5,2\n2,3,4\n3,4,5\n", "-a", "0.1"),
    "semicolons": ("a;b;y\n1,5;2;3\n2,5;1;4\n3;9;1\n", "-a", "0.1", "--decimal", ","),
    "a constant test target": ("a,m,y\n1,1,2\n2,1,4\n3,1,5\n4,0,1\n5,0,1\n", "-a", "0.1", "--split-column", "m"),
    "a C": ("a,b,y\n1,2,u\n2,5,v\n3,1,u\n5,2,v\n4,4,u\n", "-p", "l2", "--C", "2"),
    "gradient descent": ("a,b,y\n1,5,2\n2,3,4\n3,4,5\n6,1,1\n", "-a", "0.1", "--solver", "gradient", "--trace", "3"),
    "coordinate descent": ("a,b,y\n1,5,2\n2,3,4\n3,4,5\n6,1,1\n", "-a", "0.1", "--solver", "sklearn"),
}


@pytest.mark.parametrize("command", SCHEMAS)
def test_the_schema_is_a_schema(command: str) -> None:
    """Valid by its own standard, closed, and every field of it is described."""
    schema = SCHEMAS[command]
    VALIDATORS[command].check_schema(schema)
    assert (schema["title"], schema["properties"]["command"]["const"]) == (f"regcli.{command}/1", command)
    for path, part in objects(schema):
        if "allOf" in path:  # what belongs together, of fields that are described elsewhere
            continue
        if path and path[-1] == "properties":
            assert all("description" in field or "$ref" in field for field in part.values()), path
        if isinstance(part.get("additionalProperties"), dict):  # names of features and a number for each
            named = path[:-1] if path[-1] == "additionalProperties" else path  # of several classes one for each
            assert named[-1] in MAPS, path
            assert "description" in part["additionalProperties"], path
        elif part.get("type") == "object":
            assert part["additionalProperties"] is False, path
            assert part["required"] == list(part["properties"]), path


@pytest.mark.parametrize("standardize", ["--standardize", "--no-standardize"])
@pytest.mark.parametrize("intercept", ["--intercept", "--no-intercept"])
@pytest.mark.parametrize(
    ("penalty", "convention"),
    [("none", "mean"), *((penalty, convention) for penalty in PENALTIES[1:] for convention in CONVENTIONS)],
)
def test_every_model_validates(penalty: str, convention: str, intercept: str, standardize: str) -> None:
    """Penalties, conventions, intercept and scaling, all of them with each other."""
    found = valid(
        document(DIABETES, "-p", penalty, "--convention", convention, intercept, standardize, *STRENGTHS[penalty])
    )
    assert (found["model"]["penalty"], found["model"]["convention"]) == (penalty, convention)
    assert list(found["model"]["equivalents"]) == ["sklearn", "glmnet", "stata", "textbook_sum", "keras_mse"]
    assert found["certificate"]["certified"]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(
    "split",
    [("--split-column", "train"), ("--test-size", "0.3"), ("--test", PROSTATE), ("--test-size", "0.3", "--seed", "1")],
    ids=["column", "share", "file", "seed"],
)
def test_every_split_validates(penalty: str, split: tuple[str, ...]) -> None:
    """The three ways to hold rows out."""
    others = () if "train" in split else ("--exclude", "train")
    found = valid(document(PROSTATE, "-y", "lpsa", "-p", penalty, *STRENGTHS[penalty], *split, *others))
    assert found["metrics"]["test"]["rows"] == found["data"]["test"]["rows"]
    held_out = 0 if "--test" in split else found["data"]["test"]["rows"]
    assert found["data"]["rows_used"] + held_out == found["data"]["rows_read"] == 97


@pytest.mark.parametrize("case", AWKWARD)
def test_every_awkward_file_validates(case: str, tmp_path: Path) -> None:
    """Rank deficient, wide, perfect, dropped, equal, odd: valid, finite, and the same document twice."""
    text, *words = AWKWARD[case]
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    found = valid(document(path, *words))
    assert document(path, *words) == found


def test_an_uncertified_document_validates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not certified is said by a flag and by warnings, and every number is there all the same."""
    monkeypatch.setattr(certificate, "GAP_BOUND", -1.0)
    said = fit(DIABETES, "-a", "0.1", "--json")
    assert said.code == 4
    found = valid(said.json)
    assert found["certificate"]["certified"] is False
    assert "not_certified" in [warning["code"] for warning in found["warnings"]]
    assert found["sparsity"]["nonzero"] == 9


@pytest.mark.parametrize("command", SCHEMAS)
def test_the_schema_lists_every_kind_of_warning(command: str) -> None:
    """A program can rely on the codes: those in the package and those in the schema are the same."""
    package = Path(regcli.__file__).parent
    used = {
        code for path in package.rglob("*.py") for code in re.findall(r'Notice\(\s*"(\w+)"', path.read_text("utf-8"))
    }
    assert set(SCHEMAS[command]["properties"]["warnings"]["items"]["properties"]["code"]["enum"]) == used


def test_the_schema_is_strict() -> None:
    """A document that lacks a key, or has one more, anywhere, is refused."""
    whole = document(PROSTATE, "-y", "lpsa", "-p", "none", "--split-column", "train")
    for path, part in objects(whole):
        for key in part:
            less = copy.deepcopy(whole)
            del at(less, path)[key]
            assert not VALIDATOR.is_valid(less), (*path, key)
        more = copy.deepcopy(whole)
        at(more, path)["extra"] = None
        assert not VALIDATOR.is_valid(more), path


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("model", "alpha"), -0.1), (("model", "penalty"), "lasso"), (("model", "alpha_max"), None),
        (("model", "intercept"), None), (("metrics", "train", "r2"), 1.5), (("metrics", "test"), {}),
        (("certificate", "certified"), 1), (("certificate", "gap"), None), (("data", "features"), ["a", "a"]),
        (("data", "rows_used"), 1.5), (("no_inference",), None), (("warnings",), [{"code": "new", "message": "x"}]),
        (("next",), "python"), (("model", "coefficients", 0, "coefficient"), "1"),
    ],
)  # fmt: skip
def test_the_schema_refuses_wrong_values(path: tuple[Any, ...], value: Any) -> None:
    """Signs, words, types and what belongs together."""
    wrong = document(DIABETES, "-a", "0.1")
    at(wrong, path[:-1])[path[-1]] = value
    assert not VALIDATOR.is_valid(wrong)


def test_key_order_is_stable() -> None:
    """The order of the keys is that of the schema, at every level of every document."""
    for words in (("-p", "none", "--test-size", "0.2"), ("-p", "enet", "-a", "1")):
        found = document(DIABETES, *words)
        in_order(found, SCHEMA, SCHEMA)


@pytest.mark.parametrize("words", [("-p", "none"), ("-a", "0.1"), ("-p", "enet", "-a", "1", "--test-size", "0.25")])
def test_python_and_the_command_line_say_the_same(words: tuple[str, ...]) -> None:
    """`to_dict()` is the document to the last digit and key, and the text is the same on every run."""
    names = {"-p": "penalty", "-a": "alpha", "--test-size": "test_size"}
    pairs = zip(words[::2], words[1::2], strict=True)
    options: dict[str, Any] = {names[word]: value if word == "-p" else float(value) for word, value in pairs}
    report = regcli.fit(DIABETES, **options)
    said = fit(DIABETES, *words, "--json")
    assert said.out == json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n"
    assert strict_json(said.out) == report.to_dict()


def test_what_is_not_finite_is_none_everywhere(tmp_path: Path) -> None:
    """No NaN in JSON, nor in the Python report: R2 of a constant test target is None."""
    path = tmp_path / "t.csv"
    text, *words = AWKWARD["a constant test target"]
    path.write_text(text, encoding="utf-8")
    found = document(path, *words)
    report = regcli.fit(path, alpha=0.1, split_column="m")
    assert found["metrics"]["test"]["r2"] is None
    assert report.metrics.test.r2 is None
    assert report.to_dict() == found
    assert "nan" not in str(report).lower()


def test_attributes_are_keys() -> None:
    """Every key of the document is an attribute, all the way down."""
    report = regcli.fit(DIABETES, penalty="l1", alpha=0.1)
    for path, part in objects(report.to_dict()):
        here: Any = report
        for key in path:
            here = here[key] if isinstance(key, int) else getattr(here, key)
        for key, value in part.items():
            assert getattr(here, key) == value, (*path, key)
            assert key in dir(here)
    assert report.model.alpha == 0.1


def test_the_numbers_of_a_document_belong_together() -> None:
    """Predictions made from the printed coefficients give the printed metrics; norms, counts and scales agree."""
    found = document(PROSTATE, "-y", "lpsa", "-a", "0.1", "--split-column", "train")
    frame = pd.read_csv(PROSTATE)
    model, columns = found["model"], {column["name"]: column for column in found["data"]["columns"]}
    coef = {row["name"]: row["coefficient"] for row in model["coefficients"]}
    prediction = model["intercept"] + frame[list(coef)] @ pd.Series(coef)
    for rows, metrics in ((frame["train"], found["metrics"]["train"]), (~frame["train"], found["metrics"]["test"])):
        residual, y = (frame["lpsa"] - prediction)[rows], frame["lpsa"][rows]
        assert metrics["rows"] == rows.sum()
        assert math.isclose(metrics["mse"], (residual**2).mean(), rel_tol=1e-9)
        assert math.isclose(metrics["rmse"], math.sqrt((residual**2).mean()), rel_tol=1e-9)
        assert math.isclose(metrics["mae"], residual.abs().mean(), rel_tol=1e-9)
        assert math.isclose(metrics["r2"], 1 - (residual**2).mean() / y.var(ddof=0), rel_tol=1e-9)
    for row in model["coefficients"]:
        training = frame[frame["train"]][row["name"]]
        assert math.isclose(columns[row["name"]]["scale"], training.std(ddof=0), rel_tol=1e-12)
        assert math.isclose(columns[row["name"]]["mean"], training.mean(), rel_tol=1e-12, abs_tol=1e-12)
        assert math.isclose(row["standardized"], row["coefficient"] * columns[row["name"]]["scale"], rel_tol=1e-12)
    standardized = np.array([row["standardized"] for row in model["coefficients"]])
    sparsity = found["sparsity"]
    assert (sparsity["nonzero"], sparsity["zero"]) == (np.count_nonzero(standardized), np.sum(standardized == 0))
    assert sparsity["total"] == sparsity["nonzero"] + sparsity["zero"] == len(coef)
    assert math.isclose(sparsity["l1_norm"], np.abs(standardized).sum(), rel_tol=1e-12)
    assert math.isclose(sparsity["l2_norm"], np.linalg.norm(standardized), rel_tol=1e-12)
    assert sparsity["selected"] == [list(coef)[j] for j in np.argsort(-np.abs(standardized)) if standardized[j]]
    assert sparsity["zeroed"] == [name for name, value in coef.items() if value == 0]


def test_names_are_exact(tmp_path: Path) -> None:
    """Every name in the document is the header's, control characters and all, in the order of the file."""
    names = ["\x1b[31m", "[red]x[/red]", "line\nbreak", "\u202e", "\U0001f600", '"', "\\", "a\u2028b"]
    found = document(table(tmp_path / "t.csv", names), "-a", "0.01")
    assert found["data"]["features"] == names
    assert [row["name"] for row in found["model"]["coefficients"]] == names
    assert sorted(found["sparsity"]["selected"] + found["sparsity"]["zeroed"]) == sorted(names)


def test_settings_are_the_options(tmp_path: Path) -> None:
    """Each option that was given stands under settings; the random split says its seed without being asked."""
    path = table(tmp_path / "t.csv", ["a", "b", "c"])
    words = ["-y", "y", "-x", "a,b", "-x", "c", "--exclude", "b", "--sep", ",", "--encoding", "utf-8", "--na", "?"]
    words += ["--missing", "drop", "-p", "enet", "-a", "1", "--l1-ratio", "0.3", "--convention", "sum"]
    words += ["--no-standardize", "--no-intercept", "--solver", "exact", "--test-size", "0.5"]
    found = document(path, *words)["settings"]
    assert found == {
        "target": "y", "features": ["a,b", "c"], "exclude": ["b"], "sep": ",", "decimal": ".", "encoding": "utf-8",
        "na": ["?"], "missing": "drop", "categorical": [], "numeric": [], "id": [], "reference": [],
        "min_level_count": None, "dates": None, "formula": None, "interactions": False, "degree": 1, "thousands": None,
        "units": [], "header": True, "skip_lines": 0, "comment": None, "bad_rows": "error",
        "weights": None, "offset": None, "exposure": None, "positive_class": None,
            "event": None, "entry": None, "strata": None, "power": None, "threshold": None,
            "quantile_level": [], "ties": None, "family": None, "class_weight": None,
        "sample": None, "keep": [], "penalty_factor": [], "positive": False, "bounds": [], "C": None,
        "penalty": "elasticnet", "alpha": 1.0, "l1_ratio": 0.3, "l1": None, "l2": None,
        "convention": "sum", "standardize": False, "intercept": False, "solver": "exact", "learning_rate": None,
        "epochs": None, "accelerate": False, "start": None, "early_stopping": False, "validation_size": None,
        "trace": None, "test": None,
        "test_size": 0.5, "split_column": None, "seed": 20260101,
    }  # fmt: skip


def test_the_document_is_utf_8_with_a_final_newline() -> None:
    """One document, ending in a newline, nothing before it."""
    said = fit(ROOT / "sample_data" / "diabetes.csv", "-a", "0.1", "--json")
    assert said.out.startswith("{\n")
    assert said.out.endswith("\n}\n")


@pytest.mark.parametrize("penalty", ["none", "l1"])
def test_a_coefficient_that_no_double_holds_is_refused(penalty: str, tmp_path: Path) -> None:
    """A column of 1e-306 would have a coefficient of 1e310: an error that says to rescale it, not null."""
    path = table(tmp_path / "t.csv", ["a", "b"])
    frame = pd.read_csv(path)
    frame.assign(a=frame["a"] * 1e-306, y=frame["y"] * 1e5).to_csv(path, index=False)
    said = fit(path, "-p", penalty, *STRENGTHS[penalty][:1], *["0.1"] * bool(STRENGTHS[penalty]))
    assert said.code == 3
    assert "rescale" in said.err
