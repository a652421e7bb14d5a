"""`regcli export`: a saved model for other places."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from regcli.cli import output_options as out
from regcli.cli.commands.predict import ModelFile
from regcli.cli.output import put_bytes, say
from regcli.errors import UsageError, visible
from regcli.export import DIALECTS, EXPORTS, exported
from regcli.specs.checks import member
from regcli.writing import check_writable, write_whole

To = Annotated[
    str,
    typer.Option(
        "--to", metavar="NAME", autocompletion=lambda: list(EXPORTS),
        help="sql (an expression), python (a function without dependencies), r, or sklearn (a pipeline, by joblib).",
    ),
]  # fmt: skip
DialectName = Annotated[
    str | None,
    typer.Option(
        "--dialect", metavar="NAME", autocompletion=lambda: list(DIALECTS),
        help="Of SQL: standard unless given; sqlite, duckdb, postgres, mysql, sqlserver or bigquery.",
    ),
]  # fmt: skip
File = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead.")]


def export(
    model: ModelFile,
    to: To,
    dialect: DialectName = None,
    output: File = None,
    quiet: out.Quiet = False,
) -> int:
    """Write a saved model as SQL, Python, R or a scikit-learn pipeline: each predicts what regcli predict does.

    Example: regcli export model.json --to sql --dialect duckdb
    """
    member("--to", to, tuple(EXPORTS))
    if dialect is not None:
        member("--dialect", dialect, DIALECTS)
        if to != "sql":
            raise UsageError(f"--dialect cannot act with --to {to}", hint="--to sql")
    at_terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    if to == "sklearn" and at_terminal:
        raise UsageError("a pipeline is no text for a terminal", hint="--output model.joblib")
    if output is not None:
        check_writable(output, [model])

    from regcli.artifact import load

    content = exported(load(model), to, dialect)
    if at_terminal and any(visible(line) != line for line in content.decode().split("\n")):
        raise UsageError("names with control characters are not for a terminal", hint="--output model.sql")
    if output is None:
        put_bytes(content)
        return 0
    write_whole(output, content)
    if not quiet:
        say(f"Written: {visible(output)}")
    return 0
