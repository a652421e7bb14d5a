"""The JSON documents of whole paths and of cross-validation: every one follows the schema in the package, which is
strict, and says the same as the Python report."""

from __future__ import annotations

import copy
import functools
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, PROSTATE, regcli, result, strict_json, table
from contract import MAPS, SCHEMAS, VALIDATORS, at, in_order, objects, valid

import regcli as package
from regcli.problem import certificate
from regcli.specs import CONVENTIONS, CRITERIA, MEASURES_OF, RULES

PENALTIES = ["l1", "l2", "elasticnet"]
FEW = ("--n-alphas", "6")
LPSA = ("-y", "lpsa", "--exclude", "train")
SPLITS = {
    "none": LPSA,
    "column": ("-y", "lpsa", "--split-column", "train"),
    "share": (*LPSA, "--test-size", "0.3"),
    "seed": (*LPSA, "--test-size", "0.3", "--seed", "1"),
    "file": (*LPSA, "--test", PROSTATE),
}
SCHEMES: dict[str, tuple[tuple[str, ...], str, int, str | None]] = {
    "usual": ((), "random", 10, None),
    "five": (("-k", "5"), "random", 5, None),
    "seeded": (("-k", "3", "--seed", "7"), "random", 3, None),
    "repeated": (("-k", "3", "--repeats", "3"), "random", 3, None),
    "leave one out": (("-k", "loo"), "leave one out", 97, None),
    "groups": (("--groups", "gleason", "-k", "3"), "groups", 3, "gleason"),
    "groups repeated": (("--groups", "age", "--repeats", "2"), "groups", 10, "age"),
    "time": (("--time", "age", "-k", "4"), "time", 4, "age"),
    "given": (("--fold-column", "svi"), "given", 2, "svi"),
}
"""Words that make folds of the prostate data, and what the document says of them: scheme, number, column."""

AWKWARD = {
    "more features than rows": "a,b,c,d,y\n1,2,3,1,1\n2,1,3,5,4\n5,3,1,2,2\n",
    "a perfect fit": "a,b,y\n1,5,2\n2,3,4\n3,4,6\n4,1,8\n7,7,14\n",
    "three rows": "a,y\n1,2\n2,5\n3,5\n",
    "dropped columns": "a,b,c,y\n1,5,7,2\n2,3,7,4\n3,4,7,5\n",
    "equal columns": "a,b,c,y\n1,1,5,2\n2,2,3,4\n3,3,4,5\n",
    "odd names": "a,a,,b ,y\n1,5,2,3,4\n2,3,4,1,1\n3,4,5,8,7\n",
    "a header of numbers": "1,2,3\n1,5,2\n2,3,4\n3,4,5\n",
    "constant in a fold": "a,b,y\n0,5,2\n0,3,2.5\n0,4,2\n1,1,5\n0,2,2\n0,7,2\n",
    "a target that is constant in a fold": "a,b,y\n1,5,2\n2,3,2\n3,4,2\n4,1,5\n6,2,2\n7,7,2\n",
}
WAYS: dict[str, dict[str, Any]] = {
    "lasso": {"n_alphas": 25},
    "ridge": {"penalty": "l2", "n_alphas": 25},
    "elastic net": {"penalty": "elasticnet", "n_alphas": 25},
    "no intercept": {"intercept": False, "n_alphas": 25},
    "not scaled": {"standardize": False, "n_alphas": 25},
    "coordinate descent": {"solver": "sklearn", "n_alphas": 6},  # it takes its time, and says the same of each
    "down to no penalty": {"alphas": [1, 0.1, 0]},
    "one alpha": {"alphas": [0.1]},
}


# Every document follows its schema


@pytest.mark.parametrize("command", ["path", "cv"])
def test_what_means_the_same_is_described_the_same(command: str) -> None:
    """The parts that a document shares with that of fit are the same to the letter, in the whole and in the parts."""
    schema, fits = SCHEMAS[command]["properties"], copy.deepcopy(SCHEMAS["fit"]["properties"])
    fits["certificate"]["properties"]["solver"]["enum"].remove("gradient")  # which only fit has
    whole = ["version", "data", "next", "warnings"]
    whole += ["model", "sparsity", "metrics", "certificate"] if command == "cv" else []
    assert {name: schema[name] for name in whole} == {name: fits[name] for name in whole}
    solvers = schema["settings"]["properties"]["solver"]["enum"]
    assert fits["settings"]["properties"]["solver"]["enum"] == [*solvers, "gradient"]
    for name in ("settings", "model", "certificate"):
        if name in schema:
            parts, others = (found[name]["properties"] for found in (schema, fits))
            own = {"settings": {"penalty", "l1_ratio", "seed", "solver"}, "certificate": {"solver"}}
            own["model"] = {"penalty", "alpha_max", "formula", "intercept", "constraints"}
            shared = set(parts) & set(others) - (own[name] if name != "model" or command == "path" else set())
            assert len(shared) > 2
            assert {key: parts[key] for key in shared} == {key: others[key] for key in shared}
    definitions = SCHEMAS["fit"]["$defs"]
    assert all(SCHEMAS[command]["$defs"][key] == definitions[key] for key in SCHEMAS[command]["$defs"] if key != "best")
    other = SCHEMAS["cv" if command == "path" else "path"]
    assert schema["path"]["items"] == other["properties"]["path"]["items"]
    assert (schema["criteria"], SCHEMAS[command]["$defs"]["best"]) == (
        other["properties"]["criteria"], other["$defs"]["best"],
    )  # fmt: skip


@pytest.mark.parametrize("standardize", ["--standardize", "--no-standardize"])
@pytest.mark.parametrize("intercept", ["--intercept", "--no-intercept"])
@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("command", ["path", "cv"])
def test_every_model_validates(command: str, penalty: str, convention: str, intercept: str, standardize: str) -> None:
    """Penalties, conventions, intercept and scaling, all of them with each other; keys in the order of the schema."""
    words = ("-p", penalty, "--convention", convention, intercept, standardize)
    few = ("--n-alphas", "25") if command == "path" else ("-k", "3", *FEW)
    found = valid(result(command, DIABETES, *words, *few))
    in_order(found, SCHEMAS[command], SCHEMAS[command])
    assert (found["model"]["penalty"], found["model"]["convention"]) == (penalty, convention)
    assert all(entry["certified"] for entry in found["path"])
    assert found["certificate"]["certified"]
    assert found.get("folds", found["certificate"])["certified"]


@pytest.mark.parametrize("measure", MEASURES_OF["gaussian"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_validates(scheme: str, rule: str, measure: str) -> None:
    """How folds are made, what an error is, and which alpha is taken, all of them with each other."""
    words, name, k, column = SCHEMES[scheme]
    found = valid(result("cv", PROSTATE, *LPSA, *words, "--rule", rule, "--measure", measure, *FEW))
    folds, chosen = found["folds"], found["chosen"]
    assert (folds["scheme"], folds["k"], folds["column"]) == (name, k, column)
    assert (chosen["rule"], chosen["measure"]) == (rule, measure)
    assert folds["engine"] == ("rows" if measure == "mae" else "moments")
    assert column not in found["data"]["features"]
    assert {len(entry["per_fold"]) for entry in found["curve"]} == {k * folds["repeats"]}


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_validates(split: str) -> None:
    """Test rows are held out of folds and of the refit; several shares of L1 stand one after the other."""
    words = ("-p", "enet", "--l1-ratio", "0.2,0.9", "-k", "4", *FEW)
    found = valid(result("cv", PROSTATE, *SPLITS[split], *words))
    assert (found["metrics"]["test"] is None) is (split == "none")
    used = found["data"]["rows_used"]
    held_out = 0 if split in ("none", "file") else found["data"]["test"]["rows"]
    assert used + held_out == found["data"]["rows_read"] == 97
    assert found["model"]["n"] == found["metrics"]["train"]["rows"] == used
    ratios = [entry["l1_ratio"] for entry in found["curve"]]
    assert ratios == sorted(ratios)
    assert set(ratios) == {0.2, 0.9}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", AWKWARD)
@pytest.mark.parametrize("command", ["path", "cv"])
def test_every_awkward_file_validates(command: str, case: str, way: str, tmp_path: Path) -> None:
    """Wide, perfect, tiny, constant: valid and finite, with a table that can be drawn, and nothing is divided by 0."""
    source = tmp_path / "t.csv"
    source.write_text(AWKWARD[case], encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = getattr(package, command)(source, **WAYS[way])
    found = valid(report.to_dict())
    assert found["certificate"]["certified"] and found.get("folds", found["certificate"])["certified"]
    assert "nan" not in str(report)


@pytest.mark.parametrize("select", CRITERIA)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_criterion_validates(penalty: str, select: str) -> None:
    """--select points at the least of its criterion, on a grid that is followed to its end."""
    found = valid(result("path", DIABETES, "-p", penalty, "--select", select, "--full-path", "--n-alphas", "30"))
    assert len(found["path"]) == 30
    values = [entry[select] for entry in found["path"]]
    assert found["chosen"]["index"] == found["criteria"][select]["index"] == int(np.argmin(values))


def test_a_criterion_without_any_value(tmp_path: Path) -> None:
    """AICc of two rows is nowhere finite: nothing is chosen, and the path is there all the same."""
    source = tmp_path / "t.csv"
    source.write_text("a,y\n1,2\n2,5\n", encoding="utf-8")
    found = valid(result("path", source, "--select", "aicc"))
    assert found["criteria"]["aicc"] is None
    assert found["chosen"] is None
    assert found["criteria"]["bic"] is not None
    assert "Chosen" not in regcli("path", source, "--select", "aicc").out


@pytest.mark.parametrize("command", ["path", "cv"])
def test_an_uncertified_document_validates(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 4; not certified is said by flags and by a warning, and every number is there all the same."""
    words = (DIABETES, *FEW, "--json")
    before = regcli(command, *words).json
    monkeypatch.setattr(certificate, "GAP_BOUND", -1.0)
    said = regcli(command, *words)
    assert said.code == 4
    found = valid(said.json)
    assert found["certificate"]["certified"] is False
    assert not any(entry["certified"] for entry in found["path"])
    assert "not_certified" in [warning["code"] for warning in found["warnings"]]
    # Solved again by other solvers, which stop at gaps of 1e-8 or less.
    for entry, other in zip(found["path"], before["path"], strict=True):
        assert entry["coefficients"] == pytest.approx(other["coefficients"], rel=1e-4, abs=1e-4)


# The schemas are strict


@pytest.mark.parametrize("command", ["path", "cv"])
def test_the_schema_is_strict(command: str) -> None:
    """A document that lacks a key, or has one more, anywhere but among the names of features, is refused."""
    words = ("--split-column", "train") if command == "cv" else ("--exclude", "train")
    whole = result(command, PROSTATE, "-y", "lpsa", *words, "--alphas", "0.5,0.1", *["-k", "2"] * (command == "cv"))
    validator = VALIDATORS[command]
    for path, part in objects(whole):
        if path[-1:] and path[-1] in MAPS and path[0] == "path":
            continue
        for key in part:
            less = copy.deepcopy(whole)
            del at(less, path)[key]
            assert not validator.is_valid(less), (*path, key)
        more = copy.deepcopy(whole)
        at(more, path)["extra"] = None
        assert not validator.is_valid(more), path


WRONG: list[tuple[str, tuple[Any, ...], Any]] = [
    ("path", ("path", 0, "alpha"), -0.1), ("path", ("path", 0, "coefficients"), {"bmi": None}),
    ("path", ("path", 0, "intercept"), None), ("path", ("path", 0, "entered"), ["a", "a"]),
    ("path", ("path", 0, "deviance_ratio"), 1.5), ("path", ("path", 0, "df"), None), ("path", ("path",), []),
    ("path", ("model", "penalty"), "none"), ("path", ("model", "alpha_max"), None), ("path", ("model", "drawn"), False),
    ("path", ("settings", "n_alphas"), None), ("path", ("settings", "select"), "hqc"),
    ("path", ("stopped", "reason"), "tired"), ("path", ("criteria", "aic"), 3), ("path", ("chosen", "criterion"), "x"),
    ("path", ("certificate", "solver"), "magic"), ("path", ("certificate", "from"), "moments"),
    ("path", ("data", "test"), {"rows": 1, "how": "x"}), ("path", ("next",), "python"),
    ("path", ("warnings",), [{"code": "new", "message": "x"}]),
    ("cv", ("settings", "folds"), 1), ("cv", ("settings", "folds"), "all"), ("cv", ("settings", "l1_ratio"), [1.5]),
    ("cv", ("settings", "measure"), "mae"), ("cv", ("settings", "rule"), "min"), ("cv", ("folds", "k"), 1),
    ("cv", ("folds", "scheme"), "time"), ("cv", ("folds", "seed"), None), ("cv", ("folds", "column"), "age"),
    ("cv", ("folds", "engine"), "both"), ("cv", ("curve", 0, "se"), -1), ("cv", ("curve", 0, "mean"), None),
    ("cv", ("curve", 0, "per_fold"), [1.0]), ("cv", ("chosen", "at_edge"), "left"), ("cv", ("chosen", "rule"), "min"),
    ("cv", ("chosen", "null", "nonzero"), 1), ("cv", ("chosen", "min", "index"), 0.5), ("cv", ("selection",), []),
    ("cv", ("selection", 0, "frequency"), 1.1), ("cv", ("stopped", "reason"), "tired"),
    ("cv", ("metrics", "test"), {}), ("cv", ("model", "alpha_max"), None), ("cv", ("model", "intercept"), None),
    ("cv", ("certificate", "certified"), 1), ("cv", ("data", "rows_used"), 1.5),
]  # fmt: skip


@functools.cache
def usual(command: str) -> Any:
    """A valid document of the command."""
    return valid(result(command, DIABETES, *FEW))


@pytest.mark.parametrize(("command", "path", "value"), WRONG, ids=str)
def test_the_schema_refuses_wrong_values(command: str, path: tuple[Any, ...], value: Any) -> None:
    """Signs, words, types and what belongs together."""
    wrong = copy.deepcopy(usual(command))
    at(wrong, path[:-1])[path[-1]] = value
    assert not VALIDATORS[command].is_valid(wrong)


# The document and the report


@pytest.mark.parametrize("command", ["path", "cv"])
def test_python_and_the_command_line_say_the_same(command: str) -> None:
    """`to_dict()` is the document to the last digit and key, and the bytes are the same on every run."""
    report = getattr(package, command)(DIABETES, n_alphas=12)
    said = [regcli(command, DIABETES, "--n-alphas", "12", "--json") for _ in range(2)]
    assert said[0].out == said[1].out == json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n"
    assert strict_json(said[0].out) == report.to_dict()
    for path, part in objects(report.to_dict()):
        here: Any = report
        for key in path:
            here = here[key] if isinstance(key, int) else getattr(here, key)
        assert all(getattr(here, key) == value for key, value in part.items()), path


@pytest.mark.parametrize("command", ["path", "cv"])
def test_names_are_exact(command: str, tmp_path: Path) -> None:
    """Every name in the document is the header's, control characters and all."""
    names = ["\x1b[31m", "[red]x[/red]", "line\nbreak", "\u202e", "\U0001f600", '"', "\\", "a\u2028b", "alpha"]
    found = valid(result(command, table(tmp_path / "t.csv", names), "--alphas", "0.01"))
    assert found["data"]["features"] == names
    assert set(found["path"][0]["coefficients"]) <= set(names)
    if command == "cv":
        assert [row["name"] for row in found["selection"]] == names


def test_settings_are_the_options(tmp_path: Path) -> None:
    """Each option that was given stands under settings; what was drawn says its seed without being asked."""
    source = table(tmp_path / "t.csv", ["a", "b", "c", "g"])
    words = ["-y", "y", "-x", "a,b", "-x", "c", "--exclude", "b", "--sep", ",", "--encoding", "utf-8", "--na", "?"]
    words += ["--missing", "drop", "-p", "enet", "--convention", "sum", "--no-standardize", "--no-intercept"]
    words += ["--solver", "exact"]
    data = {
        "target": "y", "features": ["a,b", "c"], "exclude": ["b"], "sep": ",", "decimal": ".", "encoding": "utf-8",
        "na": ["?"], "missing": "drop", "categorical": [], "numeric": [], "id": [], "reference": [],
        "min_level_count": None, "dates": None, "formula": None, "interactions": False, "degree": 1, "thousands": None,
        "units": [], "header": True, "skip_lines": 0, "comment": None, "bad_rows": "error", "penalty": "elasticnet",
        "weights": None, "offset": None, "exposure": None, "positive_class": None,
        "event": None, "entry": None, "strata": None, "power": None, "threshold": None,
        "quantile_level": [], "ties": None, "family": None, "class_weight": None,
        "sample": None, "keep": [], "penalty_factor": [], "positive": False, "bounds": [],
        "convention": "sum", "standardize": False, "intercept": False, "solver": "exact",
    }  # fmt: skip
    path_words = ["--l1-ratio", "0.3", "--full-path", "--select", "bic", "--n-alphas", "9", "--alpha-min-ratio", "0.1"]
    assert result("path", source, *words, *path_words)["settings"] == data | {
        "l1_ratio": 0.3, "full_path": True, "select": "bic", "lines": None, "n_alphas": 9, "alpha_min_ratio": 0.1,
        "alphas": [],
    }  # fmt: skip
    cv_words = ["--l1-ratio", "0.3", "--l1-ratio", "0.7,0.3", "--alphas", "3,1", "-k", "3", "--repeats", "2"]
    cv_words += ["--groups", "g", "--rule", "min", "--measure", "mae", "--jobs", "1", "--test-size", "0.5"]
    assert result("cv", source, *words, *cv_words)["settings"] == data | {
        "l1_ratio": [0.3, 0.7], "folds": 3, "repeats": 2, "seed": 20260101, "groups": "g", "time": None,
        "fold_column": None, "rule": "min", "measure": "mae", "test": None, "test_size": 0.5, "split_column": None,
        "n_alphas": None, "alpha_min_ratio": None, "alphas": [3.0, 1.0],
    }  # fmt: skip


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("command", ["path", "cv"])
def test_a_coefficient_that_no_double_holds_is_refused(command: str, penalty: str, tmp_path: Path) -> None:
    """A column of 1e-306 would have a coefficient of 1e310: an error that says to rescale it, not null."""
    source = table(tmp_path / "t.csv", ["a", "b"])
    frame = pd.read_csv(source)
    frame.assign(a=frame["a"] * 1e-306, y=frame["y"] * 1e5 + frame["a"] * 1e5).to_csv(source, index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = regcli(command, source, "-p", penalty)
    assert (said.code, said.out) == (3, "")
    assert "rescale" in said.err


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("command", ["path", "cv"])
def test_features_that_have_nothing_to_do_with_the_target(command: str, penalty: str, tmp_path: Path) -> None:
    """Where every covariance is exactly 0 no grid can be drawn: a sentence says so; alphas that are given are used."""
    source = tmp_path / "t.csv"
    source.write_text("a,y\n1,1\n1,1\n-1,1\n-1,1\n1,2\n-1,2\n", encoding="utf-8")
    said = regcli(command, source, "-p", penalty)
    assert (said.code, said.out) == (3, "")
    assert "fault" not in said.err
    found = valid(result(command, source, "-p", penalty, "--alphas", "1,0.5"))
    assert [entry["nonzero"] for entry in found["path"]] == [0, 0]
    assert regcli(command, source, "-p", penalty, "--alphas", "1,0.5").code == 0
