"""The verbs, one file each, and the Typer app that is made of them."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Annotated

import typer

from regcli import __version__
from regcli.cli.output import put

VERBS = ("fit", "path", "cv", "compare", "predict", "export", "inspect", "sample", "explain")


def command(verb: str) -> Callable[..., int]:
    """The function of the verb, imported when it is asked for."""
    found: Callable[..., int] = getattr(importlib.import_module(f"{__name__}.{verb}"), verb)
    return found


@functools.cache
def command_line(verb: str | None = None) -> Callable[..., int | None]:
    """The command line; with the one command `verb`, where there is such a one: the options of all nine take a moment
    to make."""
    app = typer.Typer(
        name="regcli",
        help="Exact, certified regularized regression on CSV files: lasso, ridge and elastic net for numbers, "
        "classes and counts.",
        epilog="regcli fit --help lists the options of a command.",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        no_args_is_help=True,
    )
    for name in [verb] if verb in VERBS else VERBS:
        app.command(name)(command(name))
    app.callback()(_regcli)
    return typer.main.get_command(app)


def _show_version(asked: bool) -> None:
    if asked:
        put(f"regcli {__version__}\n", "utf-8")
        raise typer.Exit


def _regcli(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass
