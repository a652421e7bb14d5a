"""`regcli sample`: the data sets that come with regcli."""

from __future__ import annotations

import json as _json
import shlex
from typing import Annotated

import typer

from regcli import __version__
from regcli.cli import output_options as out
from regcli.cli.output import put, say
from regcli.errors import UsageError, visible
from regcli.samples import SAMPLES, Sample, find_sample, sample_file
from regcli.writing import check_writable, write_whole

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="The data set to write; without it they are listed.",
        autocompletion=lambda: [sample.name for sample in SAMPLES],
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", rich_help_panel=out.OUTPUT,
        help="Write the data set there instead of to standard output.",
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", rich_help_panel=out.OUTPUT, help="The list as JSON.")]


def sample(name: Name = None, json: Json = False, output: Output = None, quiet: out.Quiet = False) -> int:
    """List the data sets that come with regcli, or write one of them.

    Example: regcli sample diabetes --output diabetes.csv
    """
    if name is not None:
        found = find_sample(name)
        if json:
            raise UsageError("--json is for the list: a data set is written as it is", hint="regcli sample --json")
        _write(found, output, quiet)
    elif output is not None:
        first = ["regcli", "sample", SAMPLES[0].name, "--output", output]
        raise UsageError("--output is for a data set, and none is named", hint=shlex.join(first))
    else:
        put(_document() if json else _table(), "utf-8")
    return 0


def _write(sample: Sample, output: str | None, quiet: bool) -> None:
    file = sample_file(sample)
    if output is not None:
        check_writable(output, [str(file)])
    content = file.read_bytes()
    if not quiet:
        say(f"Note: {sample.name}: {sample.source}; licence: {sample.licence}")
    if output is None:
        put(content.decode("utf-8"), "utf-8")
        return
    write_whole(output, content)
    if not quiet:
        say(f"Written: {visible(output)}")


def _document() -> str:
    samples = [sample._asdict() for sample in SAMPLES]
    document = {"schema": "regcli.sample/1", "version": __version__, "command": "sample", "samples": samples}
    return _json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _table() -> str:
    rows = [("name", "rows x columns", "target", "what it is")]
    rows += [(each.name, f"{each.rows:4} x {each.columns:2}", each.target, each.about) for each in SAMPLES]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", "Next  regcli sample diabetes --output diabetes.csv"]) + "\n"
