"""The options that make a request, as words of a command line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from regcli.specs.data import DataSpec

CALLED = {"l1_ratios": "l1_ratio"}
"""What a field is called on the command line, where that is not its own name."""


def typed(data: DataSpec, *specs: Any) -> list[str]:
    """The options that make these requests, as words of a command line; what is left at its default is left out.

    Rows that are no file stand there as DATA and TEST.
    """
    sources = [_word("data", one) for one in (data.source if isinstance(data.source, list) else [data.source])]
    words = [f"./{source}" if source.startswith("-") and source != "-" else source for source in sources]
    return words + options(data, *specs)


def options(*specs: Any, leaving: Iterable[str] = ()) -> list[str]:
    """The same without the sources, and without the fields that are named."""
    words: list[str] = []
    done = {"source", "jobs", *leaving}
    for spec in specs:
        for item in fields(spec):
            name, value = CALLED.get(item.name, item.name), getattr(spec, item.name)
            if name not in done and (name == "penalty" or not _same(value, item.default)):
                words += _option_words(name, value)
                done.add(name)
    return words


def _same(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, (str, int, float, tuple)) and value == default)


def _option_words(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [option if value else f"--no-{option[2:]}"]
    if isinstance(value, tuple) and value and not isinstance(value[0], str):
        return [option, ",".join(_word(name, item) for item in value)]
    values = value if isinstance(value, tuple) else (value,)
    return [word for item in values for word in (option, _word(name, item))]


def _word(name: str, value: Any) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, (str, int, os.PathLike)):
        return "tab" if value == "\t" else str(value)
    return name.upper()
