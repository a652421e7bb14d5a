"""`regcli inspect`: what each column is, and what a fit would do with it."""

from __future__ import annotations

from typing import Annotated

import typer

from regcli.cli import output_options as out
from regcli.cli.output import deliver, say_if_waiting, teller
from regcli.cli.reading import files_of, takes_whole_data
from regcli.cli.threads import suit_threads
from regcli.specs import DataSpec, OutputSpec

Vif = Annotated[
    bool,
    typer.Option(
        "--vif", rich_help_panel=out.OUTPUT, help="Variance inflation: how far the other columns determine each number."
    ),
]


@takes_whole_data
def inspect(
    data: DataSpec,
    vif: Vif = False,
    format: out.FormatName = None,
    json: out.Json = False,
    output: out.Output = None,
    report: out.ReportPage = None,
    quiet: out.Quiet = False,
    verbose: out.Verbose = False,
) -> int:
    """Look before you fit: what is each column, what would be done with it, what is in the way?

    Example: regcli inspect data.csv
    """
    said = OutputSpec(format, output, quiet=quiet, verbose=verbose, json=json, report=report)

    suit_threads()
    sources = files_of(data)
    say_if_waiting(sources)

    from regcli.workflows import inspect as verb

    return deliver(lambda: verb.inspect(data, vif, said, teller(said)), said, sources, charts=False)
