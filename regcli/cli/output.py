"""Where the result goes: standard output or a file, in which format, and with which exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Callable
from typing import NoReturn

from regcli.errors import OutputError, UsageError, visible
from regcli.report.report import Report
from regcli.specs import OutputSpec

NOT_CERTIFIED = 4
READER_GONE = 141


def teller(spec: OutputSpec) -> Callable[[str], None]:
    """What `--verbose` prints on standard error as the work goes on."""
    return say if spec.verbose else lambda text: None


def deliver(work: Callable[[], Report], spec: OutputSpec, source: str) -> int:
    """Do the work, say its notices on standard error, write the result; returns the exit code.

    The output file is checked before the work begins.
    """
    format = spec.resolved_format
    if spec.output is not None:
        check_writable(spec.output, source)
    report = work()
    if not spec.quiet:
        for warning in report.document["warnings"]:
            say(f"{'Warning' if warning['code'] == 'not_certified' else 'Note'}: {visible(warning['message'])}")
    if spec.output is not None:
        write_whole(spec.output, _text(report, format).encode())
        if not spec.quiet:
            say(f"Written: {visible(spec.output)}")
    elif format == "table":
        put(*_screen(report))
    else:
        put(_text(report, format), "utf-8")
    return 0 if report.document["certificate"]["certified"] else NOT_CERTIFIED


def say(text: str) -> None:
    """A line on standard error; if nobody can hear it, that is no reason to fail."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


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
    """Write to standard output at once. A reader that went away ends the process silently with exit code 141."""
    if sys.stdout is None:
        raise OutputError("cannot write to standard output: it is closed")
    try:
        sys.stdout.buffer.write(text.encode(encoding, "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_silently()
    except OSError as error:
        _abandon_stdout()
        raise OutputError(f"cannot write to standard output: {_reason(error)}") from None


def _leave_silently() -> NoReturn:
    _abandon_stdout()
    raise SystemExit(READER_GONE)


def _abandon_stdout() -> None:
    """Point standard output nowhere, so that the interpreter's last flush cannot fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_writable(path: str, source: str) -> None:
    """Refuse, before any work, an output that could not be written or that would overwrite the input."""
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        raise OutputError(f"cannot write {visible(path)}: it is a folder")
    if not os.path.isdir(folder):
        raise OutputError(f"cannot write {visible(path)}: the folder {visible(folder)} does not exist")
    if os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
        raise UsageError(f"--output {visible(path)} is the file that is read", hint="--output with another name")
    wanted = path if os.path.exists(path) and not os.path.isfile(path) else folder
    if not os.access(wanted, os.W_OK) or (os.path.exists(path) and not os.access(path, os.W_OK)):
        raise OutputError(f"cannot write {visible(path)}: permission denied")


def write_whole(path: str, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, which then takes its name.

    A link is followed; what is not a regular file (a device, a named pipe) is written to directly.
    """
    path = os.path.realpath(path)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as special:
                special.write(content)
            return
        _replace(path, content)
    except BrokenPipeError:
        raise OutputError(f"cannot write {visible(path)}: nobody reads it") from None
    except OSError as error:
        raise OutputError(f"cannot write {visible(path)}: {_reason(error)}") from None


def _replace(path: str, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".regcli-", suffix=".tmp", dir=os.path.dirname(path))
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _mode(path: str) -> int:
    if os.path.exists(path):
        return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _reason(error: OSError) -> str:
    return "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error)).lower()
