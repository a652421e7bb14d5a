"""The Typer app; one file a verb, registered here."""

from __future__ import annotations

from typing import Annotated

import typer

from regcli import __version__
from regcli.cli.commands.compare import compare
from regcli.cli.commands.cv import cv
from regcli.cli.commands.explain import explain
from regcli.cli.commands.export import export
from regcli.cli.commands.fit import fit
from regcli.cli.commands.inspect import inspect
from regcli.cli.commands.path import path
from regcli.cli.commands.predict import predict
from regcli.cli.commands.sample import sample
from regcli.cli.output import put

app = typer.Typer(
    name="regcli",
    help="Exact, certified regularized regression on CSV files: lasso, ridge, elastic net.",
    epilog="regcli fit --help lists the options of a command.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
app.command("fit")(fit)
app.command("path")(path)
app.command("cv")(cv)
app.command("compare")(compare)
app.command("predict")(predict)
app.command("export")(export)
app.command("inspect")(inspect)
app.command("sample")(sample)
app.command("explain")(explain)


def _show_version(asked: bool) -> None:
    if asked:
        put(f"regcli {__version__}\n", "utf-8")
        raise typer.Exit


@app.callback()
def _regcli(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass
