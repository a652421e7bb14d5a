"""The command line in tests: run in this process, in one of its own, or at a terminal; and what is typed next."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import inspect
import io
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from regcli.cli.app import run

ROOT = Path(__file__).parents[1]
DIABETES = str(ROOT / "sample_data" / "diabetes.csv")
PROSTATE = str(ROOT / "sample_data" / "prostate.csv")
STYLE = re.compile(r"\x1b\[[0-9;]*m")
REGCLI = (sys.executable, "-m", "regcli")
LAST = b"\0"
"""Ends what is written to a terminal by a run in this process: no run writes it, names are escaped."""

NAMES = {
    "markup": "[red]x[/red]",
    "closing tag": "[/]",
    "emoji code": ":boom:",
    "escaped bracket": "\\[b]",
    "ansi": "a\x1b[31mred",
    "bell": "bell\x07",
    "c1": "c1\x9b31m",
    "line break": "line\nbreak",
    "tab": "tab\there",
    "right to left": "rtl\u202eevil",
    "joined emoji": "fam\U0001f468\u200d\U0001f469",
    "emoji": "smile\U0001f600",
    "wide": "\u6f22\u5b57\u540d",
    "long": "x" * 120,
    "comma": "a,b",
    "glob": "a*b?[c]",
    "formula": "=1+1",
    "quotes": "\"dq\" and 'sq'",
    "dash": "--dash",
    "pipe": "pipe|x",
    "code": "`code`",
    "html": "<b>&amp;</b>",
    "intercept": "intercept",
    "shown intercept": "(intercept)",
}
"""Column names that could fool a terminal, rich, a shell, a spreadsheet or a Markdown reader."""


@dataclass(frozen=True)
class Said:
    """How a run ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the JSON document it is; NaN and Infinity are none."""
        return strict_json(self.out)

    @property
    def hint(self) -> str | None:
        """What is to be typed next."""
        tries = [line.removeprefix("Try: ") for line in self.err.splitlines() if line.startswith("Try: ")]
        return tries[0] if tries else None


def strict_json(text: str) -> Any:
    """The document, where it is one by the standard."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def regcli(*words: object, stdin: bytes = b"") -> Said:
    """Run the command line in this process, as in a pipe."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace", newline="")
    stdin_before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([str(word) for word in words])
    finally:
        sys.stdin = stdin_before
    for stream in (out, err):
        stream.flush()
    return Said(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]


def fit(source: object, *words: object, stdin: bytes = b"") -> Said:
    """`regcli fit` in this process."""
    return regcli("fit", source, *words, stdin=stdin)


def result(verb: str, source: object, *words: object) -> Any:
    """The JSON document of a command that worked."""
    said = regcli(verb, source, *words, "--json")
    assert said.code == 0, said.err
    return said.json


def document(source: object, *words: object) -> Any:
    """The JSON document of a fit that worked."""
    return result("fit", source, *words)


def pasted(command: str) -> Any:
    """The JSON document of a command that was suggested, run as it stands."""
    first, *words = shlex.split(command)
    assert first == "regcli"
    return result(words[0], *words[1:])


def check_error(said: Said, code: int) -> None:
    """One to three lines on standard error, nothing on standard output, no traceback."""
    assert (said.code, said.out) == (code, ""), said
    told = [line for line in said.err.splitlines() if not line.startswith("Note: ")]
    assert 1 <= len(told) <= 3
    assert [line.split(":")[0] for line in told] in (
        ["Error"], ["Error", "Try"], ["Error", "Found"], ["Error", "Found", "Try"],
    )  # fmt: skip
    assert "Traceback" not in said.err


def typed_next(said: Said, command: Sequence[object]) -> Said:
    """Run what `Try:` says: a whole command, or options added to the `command` that failed."""
    assert said.hint is not None, said.err
    words = shlex.split(said.hint)
    return regcli(*words[1:]) if words[0] == "regcli" else regcli(*command, *words)


def in_spreadsheets(name: str) -> str:
    """A name as csv and tsv hold it: with an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


def environment(**changes: str | None) -> dict[str, str]:
    """This environment without what would change the output, and with `changes` (None takes a variable away)."""
    changed: dict[str, str | None] = {
        **os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": None, "LINES": None, "NO_COLOR": None, "FORCE_COLOR": None,
        "REGCLI_DEBUG": None, "TERM": "xterm-256color", **changes,
    }  # fmt: skip
    return {name: value for name, value in changed.items() if value is not None}


def process(*words: object, env: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own; `options` as of `subprocess.run`."""
    options = {"capture_output": True} | options if "stdout" not in options else {"stderr": subprocess.PIPE, **options}
    command = [*REGCLI, *map(str, words)]
    return subprocess.run(command, env=env or environment(), check=False, timeout=60, **options)


def shell(line: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in which `regcli` is the command line; its exit code is that of the first part of a pipe."""
    script = f'regcli() {{ {shlex.join(REGCLI)} "$@"; }}; {line}; exit ${{PIPESTATUS[0]}}'
    return subprocess.run(
        ["bash", "-c", script], env=environment(), capture_output=True, check=False, timeout=60, **options
    )


def at_terminal(*words: object, columns: int, **changes: str | None) -> tuple[int, str]:
    """Exit code and screen of a run at a terminal of so many columns, in this process; standard error is left out."""
    ours, theirs = _terminal(columns)
    before = [os.dup(number) for number in (0, 1)]
    with ThreadPoolExecutor(1) as reader, mock.patch.dict(os.environ, environment(**changes), clear=True):
        shown = reader.submit(_screen, ours)
        try:
            for number in (0, 1):
                os.dup2(theirs, number)
            with (
                open(0, closefd=False) as stdin,
                mock.patch.object(sys, "stdin", stdin),
                open(1, "w", encoding="utf-8", closefd=False) as stdout,
                contextlib.redirect_stdout(stdout),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                code = run([str(word) for word in words])
        finally:
            for number, old in enumerate(before):
                os.dup2(old, number)
                os.close(old)
            os.write(theirs, LAST)  # a process that was started meanwhile may hold the terminal open
            os.close(theirs)
        return code, shown.result()


def process_at_terminal(*words: object, columns: int, **changes: str | None) -> tuple[int, str]:
    """The same in a process of its own."""
    ours, theirs = _terminal(columns)
    child = subprocess.Popen(
        [*REGCLI, *map(str, words)], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=environment(**changes)
    )
    os.close(theirs)
    shown = _screen(ours)
    return child.wait(timeout=60), shown


def _terminal(columns: int) -> tuple[int, int]:
    """Both ends of a new terminal: where it is read, and where it is written to."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return ours, theirs


def watched(script: str, *words: object, **changes: str | None) -> tuple[int, str, str]:
    """Exit code, standard output (a file) and standard error (a terminal) of a Python `script` run with `words`."""
    ours, theirs = pty.openpty()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, words)], stdin=theirs, stdout=out, stderr=theirs,
            env=environment(**changes),
        )  # fmt: skip
        os.close(theirs)
        said = _screen(ours)
        code = child.wait(timeout=60)
        out.seek(0)
        return code, out.read().decode(), said


def _screen(ours: int) -> str:
    """Everything that is written to a terminal until nobody writes to it any more."""
    shown = b""
    with contextlib.suppress(OSError):  # Linux ends a terminal that nobody writes to any more with an error
        while not shown.endswith(LAST) and (chunk := os.read(ours, 1 << 16)):
            shown += chunk
    os.close(ours)
    return shown.removesuffix(LAST).decode().replace("\r\n", "\n")


def options_of(function: Callable[..., object]) -> set[str]:
    """The names of the parameters of a command."""
    return set(inspect.signature(function).parameters)


def records(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a delimited text, by the csv module."""
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def table(path: Path, names: Sequence[str], rows: int = 60, truth: Callable[[int], float] = lambda j: j % 2) -> Path:
    """Write a file of random features under these names, and their sum, weighted by `truth`, with noise, as y."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(rows, len(names)))
    y = X @ [truth(j) for j in range(len(names))] + rng.normal(size=rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "y"])
        writer.writerows([[*map(repr, row), repr(value)] for row, value in zip(X.tolist(), y.tolist(), strict=True)])
    return path
