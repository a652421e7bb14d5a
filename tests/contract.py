"""What the tests of the JSON documents share: the schemas in the package, and walks through nested documents."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator
from typing import Any

import jsonschema

COMMANDS = ("fit", "path", "cv", "compare")


def schema_of(name: str) -> dict[str, Any]:
    """A schema of the package."""
    schemas = importlib.resources.files("regcli").joinpath("report", "schemas")
    return dict(json.loads(schemas.joinpath(f"{name}.schema.json").read_text("utf-8")))


SCHEMAS: dict[str, dict[str, Any]] = {name: schema_of(name) for name in COMMANDS}
VALIDATORS = {name: jsonschema.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
MAPS = ("coefficients", "standardized", "intercept", "parameters", "additionalProperties")
"""Objects whose keys are names of features or of classes, and those within them."""


def valid(found: Any) -> Any:
    """The document, where it follows the schema of its command."""
    VALIDATORS[found["command"]].validate(found)
    return found


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every object in a document with the keys that lead there."""
    if isinstance(value, dict):
        yield path, value
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from objects(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """The part of a document that these keys lead to."""
    for key in path:
        value = value[key]
    return value


def in_order(found: Any, schema: Any, whole: Any, path: tuple[Any, ...] = ()) -> None:
    """The keys of each object stand in the order in which its schema requires them; `whole` holds the definitions."""
    if "$ref" in schema:
        schema = at(whole, tuple(schema["$ref"].removeprefix("#/").split("/")))
    for choice in schema.get("anyOf", ()):
        if isinstance(found, (dict, list)) and "$ref" not in choice and choice.get("type") in ("null", None):
            continue
        in_order(found, choice, whole, path)
    if isinstance(found, dict) and "required" in schema:
        assert list(found) == schema["required"], path
        for key, item in found.items():
            in_order(item, schema["properties"][key], whole, (*path, key))
    elif isinstance(found, list) and "items" in schema:
        for index, item in enumerate(found):
            in_order(item, schema["items"], whole, (*path, index))
