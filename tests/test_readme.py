"""The README's commands are run, and print what it shows."""

from __future__ import annotations

import doctest
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"(-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?)")
ROUNDING = 1e-10
"""Below this a figure (a gap, a violation) is rounding, which differs from one processor to the next."""


def console_examples(text: str) -> list[tuple[str, str]]:
    """The commands of ```console blocks, each with the output shown under it."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    pairs = [block.split("\n", 1) for block in blocks]
    return [(command.removeprefix("$ "), shown) for command, shown in pairs]


def run(command: str) -> str:
    """Standard output and, where that is empty, standard error of a shell line run at the top of the repository."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    return done.stdout or done.stderr


def same(shown: str, printed: str) -> bool:
    """Equal text, numbers to the digits that are shown; two figures that are both rounding are equal."""
    parts, others = (NUMBER.split(text.replace("below 1e-16", "1e-16")) for text in (shown, printed))
    return len(parts) == len(others) and all(map(_same_part, parts, others))


def _same_part(shown: str, printed: str) -> bool:
    if shown == printed or not (NUMBER.fullmatch(shown) and NUMBER.fullmatch(printed)):
        return shown == printed
    one, other = (float(text.replace(",", "")) for text in (shown, printed))
    return math.isclose(one, other, rel_tol=1e-9) or max(abs(one), abs(other)) < ROUNDING


@pytest.mark.parametrize(
    ("command", "shown"), console_examples(README), ids=[command[:60] for command, _ in console_examples(README)]
)
def test_console_example_prints_what_the_readme_shows(command: str, shown: str) -> None:
    """A command in the README, run as it stands, prints what stands under it."""
    printed = run(command)
    assert same(shown, printed), f"{command} printed\n{printed}"


def test_python_examples_print_what_the_readme_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python examples are doctests."""
    monkeypatch.chdir(ROOT)
    examples = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, "README.md", "README.md", 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_comparison_sees_a_wrong_number_and_lets_rounding_pass() -> None:
    """The comparison itself: another digit, another word or another line fails; 2e-16 against 4e-16 does not."""
    assert same("gap 2e-16, R2 0.5094", "gap 4e-16, R2 0.5094")
    assert not same("R2 0.5094", "R2 0.5095")
    assert not same("gap 2e-16", "gap 2e-6")
    assert not same("zero: age", "zero: s2")
    assert not same("one\n", "one\ntwo\n")


def test_readme_lists_every_exit_code() -> None:
    """Every exit code that the command line can end with stands in the README's table."""
    from regcli.cli import app, output
    from regcli.errors import DataError, OutputError, UsageError

    codes = {0, app.OWN_FAULT, app.INTERRUPTED, 128 + signal.SIGTERM, output.NOT_CERTIFIED, app.READER_GONE}
    codes |= {error.exit_code for error in (UsageError, DataError, OutputError)}
    table = README.split("## Exit codes")[1].split("## ")[0]
    assert all(re.search(rf"\b{code}\b", table) for code in codes)
