"""The one error boundary and the exit codes: however a command ends, it ends here.

Nothing is imported at the top that takes time, so that signals are obeyed from the first moment on.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from regcli.cli.leaving import obey_signals

if TYPE_CHECKING:
    import typer

OWN_FAULT = 1
USAGE = 2
DATA = 3
INTERRUPTED = 130
READER_GONE = 141
CALLED_ELSEWHERE = {
    "--lambda": "--alpha, as regcli calls the strength",
    "--l1-wt": "--l1-ratio",
    "--mix": "--l1-ratio",
    "--response": "--target",
    "--delimiter": "--sep",
}
OF_OTHER_VERBS = {
    "compare": {
        "--penalty": "--penalties ridge,lasso",
        "--alphas": "--alpha ridge=1,lasso=0.1, or leave it out: the strengths are tuned",
        "--l1": "--alpha elasticnet=0.1 with --l1-ratio",
        "--l2": "--alpha elasticnet=0.1 with --l1-ratio",
        "--n-alphas": "leave it out: regcli cv takes a grid",
        "--select": "leave it out: regcli path has the information criteria",
        "--x-axis": "leave it out, or regcli path",
        "--lines": "regcli path",
    },
    "cv": {
        "--alpha": "--alphas 10,1,0.1 says which are tried; regcli fit takes one",
        "-a": "--alphas 10,1,0.1 says which are tried; regcli fit takes one",
        "--full-path": "leave it out: regcli cv never stops early",
        "--select": "--rule 1se or --rule min; regcli path has the information criteria",
        "--x-axis": "leave it out, or regcli path",
        "--all": "leave it out: --json holds every alpha",
        "--lines": "regcli path",
        "--geometry": "regcli compare",
    },
    "path": {
        "--alpha": "--alphas 10,1,0.1 says which are tried; regcli fit takes one",
        "-a": "--alphas 10,1,0.1 says which are tried; regcli fit takes one",
        "--split-column": "--exclude with that column: regcli path holds no rows out; regcli cv does",
        "--test-size": "regcli cv, which can hold rows out",
        "--test": "regcli cv, which can hold rows out",
        "--folds": "regcli cv",
        "-k": "regcli cv",
        "--geometry": "regcli compare",
    },
    "predict": {"--report": "--output FILE: predictions make a file; fit, path, cv, compare and inspect make pages"},
    "fit": {
        "--alphas": "regcli path or regcli cv",
        "--x-axis": "regcli path",
        "--lines": "regcli path",
        "--geometry": "regcli compare",
        "--folds": "regcli cv",
        "--lr": "--learning-rate",
        "--iterations": "--epochs",
        "--max-iter": "--epochs",
        "--init": "--start",
        "--momentum": "--accelerate",
    },
}


def main() -> NoReturn:
    """Run the command line and leave with the exit code that says how it went."""
    obey_signals()
    leave(run())


def leave(code: int) -> NoReturn:
    """End the process without the tenth of a second that taking NumPy and pandas apart would cost.

    With REGCLI_DEBUG=1 the interpreter ends in its ordinary way, as profilers need it; so it does where matplotlib may
    have a temporary folder to remove.
    """
    if os.environ.get("REGCLI_DEBUG") == "1" or "matplotlib" in sys.modules:
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; every error ends here, in one to three lines on standard error."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from regcli.cli.commands import command_line

        return int(command_line(words[0] if words else None)(words, prog_name="regcli", standalone_mode=False) or 0)
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as left:  # what Typer makes of a reader that goes away while it prints the help
        return READER_GONE if isinstance(left.__context__, BrokenPipeError) else int(left.code or 0)
    except Exception as error:
        return _ended(error, words)


def _ended(error: Exception, words: Sequence[str]) -> int:
    import typer

    from regcli.cli.output import ReaderGoneError, unwritable
    from regcli.errors import RegcliError

    if isinstance(error, ReaderGoneError):
        return READER_GONE
    if isinstance(error, typer.Abort):
        cause = error.__cause__
        return _own_fault(cause) if isinstance(cause, EOFError) else INTERRUPTED
    if isinstance(error, typer.TyperException):
        return _usage(error, words)
    if isinstance(error, MemoryError):
        return _told(["Error: there is not enough memory for this data", "Try: --features with fewer columns"], DATA)
    if isinstance(error, OSError) and error.filename is None:  # of a stream that was open already: standard output's
        error = unwritable(error)
    if not isinstance(error, RegcliError):
        return _own_fault(error)
    if error.options:
        error.hint = f"{shlex.join(['regcli', *words])} {error.options}"
    return _told(error.lines(), error.exit_code)


def _told(lines: Sequence[str], code: int) -> int:
    from regcli.cli.output import say
    from regcli.errors import visible

    for line in lines:
        say(visible(line))
    if os.environ.get("REGCLI_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    return code


def _usage(error: typer.TyperException, words: Sequence[str]) -> int:
    """What Typer has to say about the words of the command; without any words it is the help."""
    message = " ".join(error.format_message().split())
    verb = next((word for word in words if not word.startswith("-")), "")
    command = getattr(getattr(error, "ctx", None), "command_path", f"regcli {verb}".strip())
    if not message or type(error).__name__ == "NoArgsIsHelpError":
        return USAGE
    if message.startswith("No such option") and (hint := _other_verb(verb, message)):
        return _told([f"Error: {message}", f"Try: {hint}"], USAGE)
    elsewhere = [word for word in words if word.split("=")[0] in CALLED_ELSEWHERE]
    if elsewhere and message.startswith("No such option"):
        return _told([f"Error: {message}", f"Try: {CALLED_ELSEWHERE[elsewhere[0].split('=')[0]]}"], USAGE)
    return _told([f"Error: {message}", f"Try: {command} --help"], USAGE)


def _other_verb(verb: str, message: str) -> str | None:
    """What to type where an option of another command was meant for this one."""
    asked = message.removeprefix("No such option").strip(" :'\".").split()[0].strip("'\".")
    return OF_OTHER_VERBS.get(verb, {}).get(asked)


def _own_fault(error: BaseException) -> int:
    what = " ".join(f"{type(error).__name__}: {error}".split())
    hint = "REGCLI_DEBUG=1 before the command shows where; please report it"
    return _told([f"Error: a fault of regcli itself: {what}", f"Try: {hint}"], OWN_FAULT)
