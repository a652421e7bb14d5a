"""Where the result goes: standard output or a file, in which format, and with which exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import sys
from collections.abc import Callable, Sequence

from regcli.cli.leaving import unfinished
from regcli.errors import OutputError, UsageError, visible
from regcli.report.report import Report
from regcli.specs import OutputSpec

NOT_CERTIFIED = 4
DESCRIPTORS = ("/dev/fd/", "/dev/stdout", "/dev/stderr", "/proc/self/fd/")


class ReaderGoneError(Exception):
    """Whoever read standard output went away: no fault of anybody, and nobody is told."""


def teller(spec: OutputSpec) -> Callable[[str], None]:
    """What `--verbose` prints on standard error as the work goes on."""
    return say if spec.verbose else lambda text: None


def deliver(work: Callable[[], Report], spec: OutputSpec, sources: Sequence[str]) -> int:
    """Do the work, say its notices on standard error, write the result; returns the exit code.

    The output file is checked before the work begins; it may be none of the `sources`.
    """
    format = spec.resolved_format
    for option, path in (("--output", spec.output), ("--plot", spec.plot)):
        if path is not None:
            check_writable(path, sources, option)
    if spec.plot is not None:
        from regcli.report.to_plot import require_matplotlib

        require_matplotlib()
    report = work()
    if not spec.quiet:
        for warning in report.document["warnings"]:
            say(f"{'Warning' if warning['code'] == 'not_certified' else 'Note'}: {visible(warning['message'])}")
    if spec.plot is not None:
        _write(spec.plot, _picture(report, spec), spec.quiet)
    if spec.output is not None:
        _write(spec.output, _encoded(_text(report, format), "utf-8"), spec.quiet)
    elif format == "table":
        put(*_screen(report))
    else:
        put(_text(report, format), "utf-8")
    return 0 if report.certified else NOT_CERTIFIED


def _write(path: str, content: bytes, quiet: bool) -> None:
    write_whole(path, content)
    if not quiet:
        say(f"Written: {visible(path)}")


def _picture(report: Report, spec: OutputSpec) -> bytes:
    from regcli.report.to_plot import to_picture

    assert spec.plot is not None
    return to_picture(report.document, os.path.splitext(spec.plot)[1].lower(), spec.x_axis or "alpha")


def say(text: str) -> None:
    """A line on standard error; if nobody can hear it, that is no reason to fail."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def say_if_waiting(sources: Sequence[str]) -> None:
    """Tell somebody at a terminal that their typing is what is waited for."""
    if "-" in sources and sys.stdin is not None and sys.stdin.isatty():
        say("Reading standard input: paste the rows, then press Ctrl-D")


def _text(report: Report, format: str) -> str:
    if format == "json":
        from regcli.report.to_json import to_json

        return to_json(report)
    if format == "table":
        from regcli.report.to_terminal import to_text

        return to_text(report)
    from regcli.report import to_delimited

    return {"csv": to_delimited.to_csv, "tsv": to_delimited.to_tsv, "markdown": to_delimited.to_markdown}[format](
        report
    )


def _screen(report: Report) -> tuple[str, str]:
    """The table as standard output can show it, and the encoding to write it in."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if sys.stdout is None or not sys.stdout.isatty():
        return _text(report, "table"), encoding
    from regcli.report.to_terminal import terminal_console, to_screen

    return to_screen(report, terminal_console()), encoding


def put(text: str, encoding: str) -> None:
    """Write to standard output at once; raises ReaderGoneError, or OutputError where it is closed or full."""
    if sys.stdout is None:
        raise OutputError("cannot write to standard output: it is closed")
    try:
        sys.stdout.buffer.write(_encoded(text, encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        raise ReaderGoneError from None
    except OSError as error:
        raise unwritable(error) from None


def unwritable(error: OSError) -> OutputError:
    """The error to tell when standard output refused a write."""
    _abandon_stdout()
    return OutputError(f"cannot write to standard output: {_reason(error)}")


def _abandon_stdout() -> None:
    """Point standard output nowhere, so that the interpreter's last flush cannot fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _encoded(text: str, encoding: str) -> bytes:
    """A character that the encoding lacks becomes an escape; in UTF-8 only the odd bytes of a file name are such."""
    return text.encode(encoding, "backslashreplace")


def check_writable(path: str, sources: Sequence[str], option: str = "--output") -> None:
    """Refuse, before any work, an output that could not be written or that would overwrite one of the inputs."""
    try:
        folder = os.path.dirname(os.path.realpath(path))
    except OSError:
        raise OutputError(f"cannot write {visible(path)}: the working folder is gone") from None
    if os.path.isdir(path):
        raise OutputError(f"cannot write {visible(path)}: it is a folder")
    if not os.path.isdir(folder):
        if os.path.exists(folder):
            raise OutputError(f"cannot write {visible(path)}: {visible(folder)} is not a folder")
        raise OutputError(
            f"cannot write {visible(path)}: the folder {visible(folder)} does not exist",
            hint=shlex.join(["mkdir", "-p", folder]),
        )
    if any(_same_file(path, source) for source in sources):
        raise UsageError(f"{option} {visible(path)} is a file that is read", hint=f"{option} with another name")
    wanted = path if _is_stream(path) else folder
    if not os.access(wanted, os.W_OK) or (os.path.exists(path) and not os.access(path, os.W_OK)):
        raise OutputError(f"cannot write {visible(path)}: permission denied")


def _same_file(path: str, source: str) -> bool:
    """Whether a regular file is read from `source`, which may be - for standard input."""
    with contextlib.suppress(OSError, ValueError):
        return os.path.isfile(path) and os.path.samestat(os.stat(path), os.stat(0 if source == "-" else source))
    return False


def _is_stream(path: str) -> bool:
    """A device, a named pipe or a descriptor by its name (/dev/stdout): it is written to as it is."""
    return path.startswith(DESCRIPTORS) or (os.path.exists(path) and not os.path.isfile(path))


def write_whole(path: str, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, which then takes its name.

    A link is followed.
    """
    try:
        if _is_stream(path):
            with open(path, "ab") as stream:
                stream.write(content)
        else:
            _replace(os.path.realpath(path), content)
    except BrokenPipeError:
        raise OutputError(f"cannot write {visible(path)}: nobody reads it") from None
    except OSError as error:
        raise OutputError(f"cannot write {visible(path)}: {_reason(error)}") from None


def _replace(path: str, content: bytes) -> None:
    temporary = os.path.join(os.path.dirname(path), f".regcli-{os.urandom(8).hex()}.tmp")
    unfinished.add(temporary)
    try:
        with open(temporary, "xb") as file:
            if os.path.exists(path):
                os.chmod(temporary, os.stat(path).st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    finally:
        unfinished.discard(temporary)


def _reason(error: OSError) -> str:
    return "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error)).lower()
