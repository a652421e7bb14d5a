"""The JSON document of `inspect`: every one follows the schema in the package, which is strict."""

from __future__ import annotations

import copy
import importlib.resources
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commandline import PROSTATE, ROOT, result
from contract import SCHEMAS, at, in_order, objects
from support import DATA, SAMPLES

import regcli

SCHEMA: dict[str, Any] = json.loads(
    importlib.resources.files("regcli").joinpath("report", "schemas", "inspect.schema.json").read_text("utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PACKAGE = Path(regcli.__file__).parent

CASES: dict[str, tuple[Any, ...]] = {
    "nothing in the way": (PROSTATE, "-y", "lpsa", "--exclude", "train"),
    "target of true and false": (PROSTATE,),
    "levels and gaps": (SAMPLES / "penguins.csv",),
    "filled": (SAMPLES / "penguins.csv", "--missing", "indicator", "--vif"),
    "many columns": (DATA / "ames.csv.gz", "--vif"),
    "dates, another delimiter, markers": (DATA / "air_quality_uci.csv.gz", "--decimal", ",", "--vif"),
    "more features than rows": (DATA / "leukemia.csv.gz", "--vif"),
    "text": (DATA / "mtcars.csv", "--target", "model"),
}


def codes(pattern: str, *folders: str) -> set[str]:
    """The codes of notices in these parts of the package."""
    texts = [path.read_text("utf-8") for folder in folders for path in (PACKAGE / folder).rglob("*.py")]
    return {code for text in texts for code in re.findall(rf'{pattern}\(\s*"(\w+)"', text)}


def test_the_schema_is_a_schema() -> None:
    """Valid by its own standard, closed, every field described, and what it shares with fit's is the same."""
    VALIDATOR.check_schema(SCHEMA)
    assert (SCHEMA["title"], SCHEMA["properties"]["command"]["const"]) == ("regcli.inspect/1", "inspect")
    for path, part in objects(SCHEMA):
        if "allOf" in path:
            continue
        if path and path[-1] == "properties":
            assert all("description" in field for field in part.values()), path
        elif part.get("type") in ("object", ["object", "null"]):
            assert part["additionalProperties"] is False, path
            assert part["required"] == list(part["properties"]), path
    settings = SCHEMA["properties"]["settings"]["properties"]
    shared = {
        name: one for name, one in SCHEMAS["fit"]["properties"]["settings"]["properties"].items() if name in settings
    }
    assert settings == shared | {"vif": settings["vif"]}


def test_the_schema_lists_every_kind_of_warning() -> None:
    """Those of reading, and those of the columns."""
    listed = set(SCHEMA["properties"]["warnings"]["items"]["properties"]["code"]["enum"])
    own = codes("Finding", "workflows")
    reading = codes("Notice", "data/reading") | {"target_assumed", "empty_rows", "empty_columns", "bad_rows"}
    assert own <= listed
    assert listed - own <= reading | codes("Notice", "data")
    assert reading & codes("Notice", "data") <= listed


@pytest.mark.parametrize("case", CASES)
def test_every_document_validates(case: str) -> None:
    """Whatever is in the way; keys in the order of the schema; the same document twice."""
    found = result("inspect", *CASES[case])
    VALIDATOR.validate(found)
    in_order(found, SCHEMA, SCHEMA)
    assert found == result("inspect", *CASES[case])


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.csv")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sample_validates(path: Path) -> None:
    """The data sets that come with the package."""
    VALIDATOR.validate(result("inspect", path, "--vif"))


@pytest.mark.parametrize("case", ["nothing in the way", "levels and gaps"])
def test_the_schema_is_strict(case: str) -> None:
    """A document that lacks a key, or has one more, anywhere, is refused."""
    whole = result("inspect", *CASES[case])
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
        (("columns", 0, "role"), "text"), (("columns", 0, "blocked"), 1), (("columns", 0, "action"), ""),
        (("columns", 0, "missing"), -1), (("columns", 0, "vif"), 0.5), (("data", "rows_used"), None),
        (("data", "features"), None), (("next",), None), (("next",), "regcli fit x"), (("blockers",), {}),
        (("warnings",), [{"code": "new", "message": "x"}]),
    ],
)  # fmt: skip
def test_the_schema_refuses_wrong_values(path: tuple[Any, ...], value: Any) -> None:
    """Words, signs, types, and what belongs together."""
    wrong = result("inspect", *CASES["nothing in the way"])
    at(wrong, path[:-1])[path[-1]] = value
    assert not VALIDATOR.is_valid(wrong)
