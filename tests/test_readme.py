"""The README's commands are run, and print what it shows."""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import math
import os
import re
import runpy
import shlex
import signal
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from commandline import regcli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"(-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?)")
ROUNDING = 1e-10
"""Below this a figure (a gap, a violation) is rounding, which differs from one processor to the next."""


def console_examples(text: str) -> list[list[tuple[str, str]]]:
    """The ```console blocks: the commands of each, and the output shown under them."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [[_parted(part) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]] for block in blocks]


def _parted(part: str) -> tuple[str, str]:
    command, _, shown = part.partition("\n")
    return command, shown


def commands_shown() -> set[str]:
    """The verbs that the console blocks show."""
    return {
        verb for block in console_examples(README) for line, _ in block for verb in re.findall(r"regcli (\w+)", line)
    }


def run(command: str, folder: Path) -> str:
    """Standard output and, where that is empty, standard error of a shell line run in a folder with sample_data.

    What a shell would only split into words runs in this process.
    """
    if command.startswith("regcli ") and not re.search(r"[|<>;&$`*?\\\n]", command):
        with contextlib.chdir(folder):
            said = regcli(*shlex.split(command)[1:])
        return said.out or said.err
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, shell=True, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    return done.stdout or done.stderr


def timeless(text: str) -> str:
    """The text without the seconds that stand at the end of the lines of a table."""
    return re.sub(
        r"^.* seconds\n(.+\n)+", lambda table: re.sub(r" +[\d.]+$", "", table[0], flags=re.MULTILINE), text,
        flags=re.MULTILINE,
    )  # fmt: skip


def same(shown: str, printed: str) -> bool:
    """Equal text, numbers to the digits that are shown; two figures that are both rounding are equal, and seconds."""
    parts, others = (NUMBER.split(timeless(text).replace("below 1e-16", "1e-16")) for text in (shown, printed))
    return len(parts) == len(others) and all(map(_same_part, parts, others))


def _same_part(shown: str, printed: str) -> bool:
    if shown == printed or not (NUMBER.fullmatch(shown) and NUMBER.fullmatch(printed)):
        return shown == printed
    one, other = (float(text.replace(",", "")) for text in (shown, printed))
    return math.isclose(one, other, rel_tol=1e-9) or max(abs(one), abs(other)) < ROUNDING


@pytest.mark.parametrize(
    "block", console_examples(README), ids=[block[0][0][:60] for block in console_examples(README)]
)
def test_console_example_prints_what_the_readme_shows(block: list[tuple[str, str]], tmp_path: Path) -> None:
    """The commands of a block, run one after the other as they stand, print what stands under them."""
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    for command, shown in block:
        printed = run(command, tmp_path)
        assert same(shown, printed), f"{command} printed\n{printed}"


def python_examples(text: str) -> list[str]:
    """The ```python blocks."""
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def run_as_doctest(blocks: list[str]) -> int:
    """How many examples of these blocks, run one after another, fail."""
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README.md", "README.md", 0)
    assert test.examples
    return doctest.DocTestRunner().run(test).failed


def test_python_examples_print_what_the_readme_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The Python examples are doctests, all of them together; those that draw, with the files that they name, are run
    where matplotlib is."""
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    draws = importlib.util.find_spec("matplotlib") is not None
    blocks = [block for block in python_examples(README) if draws or ".plot(" not in block]
    assert run_as_doctest(blocks) == 0
    named = re.findall(r'\.plot\("(.*?)"', "\n".join(blocks))
    assert bool(named) is draws
    assert all((tmp_path / name).stat().st_size > 1000 for name in named)


def test_comparison_sees_a_wrong_number_and_lets_rounding_pass() -> None:
    """The comparison itself: another digit, another word or another line fails; 2e-16 against 4e-16 does not."""
    assert same("gap 2e-16, R2 0.5094", "gap 4e-16, R2 0.5094")
    assert not same("R2 0.5094", "R2 0.5095")
    assert not same("gap 2e-16", "gap 2e-6")
    assert not same("zero: age", "zero: s2")
    assert not same("one\n", "one\ntwo\n")
    assert same("model  MSE  seconds\nlasso  1.25     0.01\n\n", "model  MSE  seconds\nlasso  1.25    12.34\n\n")
    assert not same("model  MSE  seconds\nlasso  1.25     0.01\n\n", "model  MSE  seconds\nlasso  1.26     0.01\n\n")


@pytest.mark.parametrize("page", ["README.md", "sample_data/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    """A link into the repository leads to a file or a folder, one within the page to a heading."""
    text = (ROOT / page).read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {f"#{re.sub(r'[^a-z0-9 -]', '', heading.lower()).replace(' ', '-')}" for heading in headings}
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert links
    lost = [link for link in links if link not in anchors and not ((ROOT / page).parent / link).exists()]
    assert not lost


def words_of(svg: Path) -> list[str]:
    """What a picture says, in the order in which it was drawn."""
    return ["".join(node.itertext()).strip() for node in ET.parse(svg).iter() if node.tag.endswith("}text")]


def test_pictures_are_those_that_would_be_drawn_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every picture of the README, drawn again, says the same: the same table, or the same names and numbers.

    Of those that a browser takes it is tested that they are there, and as large as they would be.
    """
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(ROOT)
    drawing: dict[str, Any] = runpy.run_path(str(ROOT / "sample_data" / "pictures" / "draw.py"))
    drawing["draw"](tmp_path)
    shown = re.findall(r"!\[.*?\]\((sample_data/pictures/.*?)\)", README)
    photographed = {place for place in shown if Path(place).name in drawing["PAGES"]}
    assert {Path(place).name for place in shown} == {file.name for file in tmp_path.iterdir()} | set(drawing["PAGES"])
    for place in photographed:
        assert struct.unpack(">II", (ROOT / place).read_bytes()[16:24]) == drawing["PAGE_SIZE"]
    for place in set(shown) - photographed:
        old, new = words_of(ROOT / place), words_of(tmp_path / Path(place).name)
        assert old, place
        assert same("\n".join(old), "\n".join(new)), place


def test_every_command_has_its_example() -> None:
    """Every verb is shown by a console block, and as a Python function."""
    import regcli
    from regcli.cli.commands import VERBS

    verbs = set(regcli.__all__) - {"__version__"}
    assert set(VERBS) <= commands_shown()
    assert verbs <= set(re.findall(r"regcli\.(\w+)\(", "".join(python_examples(README))))


def test_readme_lists_every_exit_code() -> None:
    """Every exit code that the command line can end with stands in the README's table."""
    from regcli.cli import app, output
    from regcli.errors import DataError, OutputError, UsageError

    codes = {0, app.OWN_FAULT, app.INTERRUPTED, 128 + signal.SIGTERM, output.NOT_CERTIFIED, app.READER_GONE}
    codes |= {error.exit_code for error in (UsageError, DataError, OutputError)}
    table = README.split("## Exit codes")[1].split("## ")[0]
    assert all(re.search(rf"\b{code}\b", table) for code in codes)
