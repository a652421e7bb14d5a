"""`--output`: the file holds what standard output would have held, whole or not at all, whoever else writes it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from commandline import DIABETES, PROSTATE, REGCLI, environment, fit, process, shell, strict_json

from regcli.cli import output

SUFFIXES = {".txt": "table", ".json": "json", ".csv": "csv", ".tsv": "tsv", ".md": "markdown", ".markdown": "markdown"}
KILLED = """
import os, runpy, signal, sys
moment, *sys.argv = sys.argv[1:]
setattr(os, moment, lambda *ignored: os.kill(os.getpid(), signal.SIGKILL))
runpy.run_module("regcli", run_name="__main__")
"""


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".JSON", ".Csv"])
def test_the_suffix_says_the_format(suffix: str, tmp_path: Path) -> None:
    """The file holds the bytes that --format prints; standard output stays empty, standard error says where it went."""
    path = tmp_path / f"out{suffix}"
    said = fit(DIABETES, "-a", "1", "-o", path)
    assert (said.code, said.out) == (0, "")
    assert str(path) in said.err
    assert path.read_bytes() == fit(DIABETES, "-a", "1", "--format", SUFFIXES[suffix.lower()]).out.encode()
    quiet = fit(DIABETES, "-a", "1", "-o", path, "-q")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_the_format_wins_over_the_suffix(tmp_path: Path) -> None:
    """--format says it where both are there, and where there is no suffix."""
    for name in ("out", "out.txt"):
        assert fit(DIABETES, "-a", "1", "--json", "-o", tmp_path / name).code == 0
        strict_json((tmp_path / name).read_text())


def test_modes_of_files(tmp_path: Path) -> None:
    """A new file is made by the umask, one that exists keeps its mode."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text("")
    old.chmod(0o640)
    for path, expected in ((old, 0o640), (new, 0o604)):
        assert shell(f"umask 0062; regcli fit {DIABETES} -a 1 -o {path}").returncode == 0
        assert stat.S_IMODE(path.stat().st_mode) & 0o777 == (expected if path is old else 0o666 & ~0o062)


def test_links_are_followed(tmp_path: Path) -> None:
    """A link stays a link; the file it leads to is replaced, or made."""
    (tmp_path / "there").mkdir()
    for name in ("old.json", "new.json"):
        (tmp_path / name).symlink_to(tmp_path / "there" / name)
    (tmp_path / "there" / "old.json").write_text("old")
    for name in ("old.json", "new.json"):
        assert fit(DIABETES, "-a", "1", "-o", tmp_path / name).code == 0
        assert (tmp_path / name).is_symlink()
        assert strict_json((tmp_path / "there" / name).read_text())["command"] == "fit"


def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    """What is no regular file is not replaced: a named pipe hands the result to its reader."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    assert fit(DIABETES, "-a", "1", "--json", "-o", pipe).code == 0
    reader.join(10)
    assert heard == [fit(DIABETES, "-a", "1", "--json").out.encode()]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("/dev/stdout", "| cat"), ("/dev/stdout", "> {}/new"), ("/dev/stdout", ">> {}/log"),
        ("/dev/fd/1", "> {}/new"), ("/proc/self/fd/1", "| cat"), ("/proc/self/fd/1", ">> {}/log"),
    ],
)  # fmt: skip
def test_standard_output_by_its_name(name: str, end: str, tmp_path: Path) -> None:
    """It is written to as it is: into a pipe, a file, behind what a log holds already."""
    (tmp_path / "log").write_text("before\n")
    done = shell(f"regcli fit {DIABETES} -a 1 --json -q -o {name} {end.format(tmp_path)}")
    assert (done.returncode, done.stderr) == (0, b"")
    texts = {"| cat": done.stdout.decode()} | {path.name: path.read_text() for path in tmp_path.iterdir()}
    text = texts["| cat" if "cat" in end else end.split("/")[-1]]
    assert strict_json(text.removeprefix("before\n" if "log" in end else ""))["command"] == "fit"
    assert texts["log"].startswith("before\n")


def test_a_process_substitution_is_written_to(tmp_path: Path) -> None:
    """bash's >(...) is a descriptor by its name."""
    os.mkfifo(tmp_path / "end")
    line = f"regcli fit {DIABETES} -a 1 --json -q -o >(cat > {tmp_path}/x; echo > {tmp_path}/end); cat {tmp_path}/end"
    done = shell(line)
    assert done.returncode == 0
    assert strict_json((tmp_path / "x").read_text())["command"] == "fit"


@pytest.mark.parametrize("moment", ["fsync", "replace", "chmod"])
def test_killed_in_the_middle_of_writing(moment: str, tmp_path: Path) -> None:
    """After kill -9 the file holds the old content whole; the next run is not disturbed by what was left."""
    path = tmp_path / "out.json"
    path.write_text("old")
    words = [moment, "regcli", "fit", DIABETES, "-a", "1", "-o", str(path)]
    done = subprocess.run([sys.executable, "-c", KILLED, *words], env=environment(), check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    assert fit(DIABETES, "-a", "1", "-o", path).code == 0
    assert strict_json(path.read_text())["command"] == "fit"


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_each_step_of_writing_may_fail(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 5, the old file as it was, no temporary one."""

    def fail(*ignored: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "out.json"
    path.write_text("old")
    monkeypatch.setattr(output.os, step, fail)
    said = fit(DIABETES, "-a", "1", "-o", path)
    assert said.code == 5
    assert "the disk is full" in said.err
    assert [file.name for file in tmp_path.iterdir()] == ["out.json"]
    assert path.read_text() == "old"


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    """Whatever goes wrong before the result is there, the file of the last run is untouched."""
    path = tmp_path / "out.json"
    path.write_text("old")
    for source, words in ((PROSTATE, ["--weights", "lcavol"]), (DIABETES, ["-y", "nobody"]), ("nothing.csv", [])):
        assert fit(source, "-a", "1", "-o", path, *words).code in (2, 3)
        assert [file.name for file in tmp_path.iterdir()] == ["out.json"]
        assert path.read_text() == "old"


def test_sixteen_runs_at_once(tmp_path: Path) -> None:
    """Runs that read one file and write one file: all succeed, and it holds the whole document of one of them."""
    path = tmp_path / "out.json"
    runs = [
        subprocess.Popen([*REGCLI, "fit", DIABETES, "-a", str(1 + i), "-q", "-o", str(path)], env=environment())
        for i in range(16)
    ]
    assert [run.wait(timeout=60) for run in runs] == [0] * 16
    assert strict_json(path.read_text())["settings"]["alpha"] in range(1, 17)
    assert [file.name for file in tmp_path.iterdir()] == ["out.json"]


def test_a_file_that_is_read_twice_and_written_beside(tmp_path: Path) -> None:
    """Standard input and --output in one run; the result names standard input as its source."""
    with open(DIABETES, "rb") as stdin:
        done = process("fit", "-", "-a", "1", "-o", tmp_path / "x.json", stdin=stdin)
    assert (done.returncode, done.stdout) == (0, b"")
    assert strict_json((tmp_path / "x.json").read_text())["data"]["source"] == "standard input"
