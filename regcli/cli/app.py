"""The Typer app, the one error boundary, the exit codes."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from regcli import __version__
from regcli.cli.commands.fit import fit
from regcli.cli.output import put, say
from regcli.errors import RegcliError

OWN_FAULT = 1
USAGE = 2
DATA = 3
INTERRUPTED = 130
TERMINATED = 143

app = typer.Typer(
    name="regcli",
    help="Exact, certified regularized regression on CSV files: lasso, ridge, elastic net.",
    epilog="regcli fit --help lists the options of a command.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
app.command("fit")(fit)


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


def main() -> NoReturn:
    """Run the command line and leave with the exit code that says how it went."""
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; every error ends here, in one to three lines on standard error."""
    _obey_termination()
    try:
        return int(app(arguments, prog_name="regcli", standalone_mode=False) or 0)
    except RegcliError as error:
        return _told(error.lines(), error.exit_code)
    except typer.TyperException as error:
        return _usage(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except MemoryError:
        return _told(["Error: there is not enough memory for this data", "Try: --features with fewer columns"], DATA)
    except Exception as error:
        return _own_fault(error)


def _told(lines: list[str], code: int) -> int:
    for line in lines:
        say(line)
    if os.environ.get("REGCLI_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    return code


def _usage(error: typer.TyperException) -> int:
    """What Typer has to say about the words of the command; without any words it is the help."""
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", "regcli")
    if not message or type(error).__name__ == "NoArgsIsHelpError":
        return USAGE
    return _told([f"Error: {message}", f"Try: {command} --help"], USAGE)


def _own_fault(error: Exception) -> int:
    what = " ".join(f"{type(error).__name__}: {error}".split())
    hint = "REGCLI_DEBUG=1 before the command shows where; please report it"
    return _told([f"Error: a fault of regcli itself: {what}", f"Try: {hint}"], OWN_FAULT)


def _obey_termination() -> None:
    """Leave tidily on TERM, so that temporary files are removed on the way."""
    import signal

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(TERMINATED)

    signal.signal(signal.SIGTERM, leave)
