"""Where the result goes: standard output or a file, in which format, and with which exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence

from regcli.errors import OutputError, visible
from regcli.report.report import Report
from regcli.specs import OutputSpec
from regcli.writing import check_writable, reason, write_whole

NOT_CERTIFIED = 4


class ReaderGoneError(Exception):
    """Whoever read standard output went away: no fault of anybody, and nobody is told."""


def teller(spec: OutputSpec) -> Callable[[str], None]:
    """What `--verbose` prints on standard error as the work goes on."""
    return say if spec.verbose else lambda text: None


def deliver(work: Callable[[], Report], spec: OutputSpec, sources: Sequence[str], charts: bool = True) -> int:
    """Do the work, say its notices on standard error, write the result; returns the exit code.

    The output file is checked before the work begins; it may be none of the `sources`. `charts` says whether a page of
    the report draws any.
    """
    format = spec.resolved_format
    for option, path in spec.files.items():
        check_writable(path, sources, option)
    if spec.plot is not None:
        from regcli.report.to_plot import require_matplotlib

        require_matplotlib()
    if spec.report is not None and charts:
        from regcli.report.to_html import require_plotly

        require_plotly()
    report = work()
    if not spec.quiet:
        for warning in report.document["warnings"]:
            say(f"{'Warning' if warning['code'] == 'not_certified' else 'Note'}: {visible(warning['message'])}")
    if spec.plot is not None:
        _write(spec.plot, _picture(report, spec), spec.quiet)
    if spec.report is not None:
        _write(spec.report, _page(report, spec), spec.quiet)
    if spec.save is not None:
        report.save(spec.save)
        _written(spec.save, spec.quiet)
    if spec.fitted is not None:
        _write(spec.fitted, _fitted(report, spec.fitted), spec.quiet)
    if spec.output is not None:
        _write(spec.output, _encoded(_text(report, format), "utf-8"), spec.quiet)
    elif format == "table":
        put(*_screen(report))
    else:
        put(_text(report, format), "utf-8")
    return 0 if report.certified else NOT_CERTIFIED


def _write(path: str, content: bytes, quiet: bool) -> None:
    write_whole(path, content)
    _written(path, quiet)


def _written(path: str, quiet: bool) -> None:
    if not quiet:
        say(f"Written: {visible(path)}")


def _fitted(report: Report, path: str) -> bytes:
    from regcli.report import to_delimited, to_json

    writers = {
        ".csv": to_delimited.table_to_csv, ".tsv": to_delimited.table_to_tsv, ".md": to_delimited.table_to_markdown,
        ".json": to_json.table_to_json,
    }  # fmt: skip
    return _encoded(writers[os.path.splitext(path)[1].lower()](report.fitted()), "utf-8")


def _page(report: Report, spec: OutputSpec) -> bytes:
    from regcli.report.to_html import to_html

    return _encoded(to_html(report, spec.report), "utf-8")


def _picture(report: Report, spec: OutputSpec) -> bytes:
    from regcli.report.to_plot import to_picture

    assert spec.plot is not None
    suffix = os.path.splitext(spec.plot)[1].lower()
    return to_picture(report.document, suffix, spec.x_axis or "alpha", arrays=report.arrays)


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
    """Write text to standard output at once; raises as `put_bytes` does."""
    put_bytes(_encoded(text, encoding))


def put_bytes(content: bytes) -> None:
    """Write to standard output at once; raises ReaderGoneError, or OutputError where it is closed or full."""
    if sys.stdout is None:
        raise OutputError("cannot write to standard output: it is closed")
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        raise ReaderGoneError from None
    except OSError as error:
        raise unwritable(error) from None


def unwritable(error: OSError) -> OutputError:
    """The error to tell when standard output refused a write."""
    _abandon_stdout()
    return OutputError(f"cannot write to standard output: {reason(error)}")


def _abandon_stdout() -> None:
    """Point standard output nowhere, so that the interpreter's last flush cannot fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _encoded(text: str, encoding: str) -> bytes:
    """A character that the encoding lacks becomes an escape; in UTF-8 only the odd bytes of a file name are such."""
    return text.encode(encoding, "backslashreplace")
