"""How a run ends: the exit code, what is said, and what is left behind, whatever happens at whatever moment."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import DIABETES, PROSTATE, REGCLI, Said, check_error, environment, fit, process, regcli, shell, table

from regcli.problem import certificate


@pytest.mark.parametrize("source", ["no-such-file.csv", "", ".", os.devnull, "no\x1bsuch.csv", "-"])
def test_nothing_to_read(source: str) -> None:
    """A missing file, a folder, an empty one: exit 3, and the name is shown safely."""
    said = fit(source, "-a", 1)
    check_error(said, 3)
    assert "\x1b" not in said.err


@pytest.mark.parametrize("format", ["table", "json", "csv", "tsv", "markdown"])
@pytest.mark.parametrize("quiet", [False, True])
def test_not_certified(format: str, quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 4; the result is there all the same, and a warning on standard error unless --quiet."""
    whole = fit(DIABETES, "-a", 1, "--format", format)
    monkeypatch.setattr(certificate, "GAP_BOUND", -1.0)
    said = fit(DIABETES, "-a", 1, "--format", format, *["-q"] * quiet)
    assert said.code == 4
    assert len(said.out.splitlines()) >= len(whole.out.splitlines())
    assert ("Warning: " in said.err) is not quiet
    if quiet:
        assert said.err == ""


def test_not_certified_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is written, and the exit code says so."""
    monkeypatch.setattr(certificate, "GAP_BOUND", -1.0)
    assert fit(DIABETES, "-a", 1, "-o", tmp_path / "x.json").code == 4
    assert '"certified": false' in (tmp_path / "x.json").read_text()


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder that this process may read and not write; root becomes nobody for a while."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o555)
        root = os.geteuid() == 0
        if root:
            os.setresuid(65534, 65534, 0)
        try:
            yield Path(name)
        finally:
            if root:
                os.setresuid(0, 0, 0)
            os.chmod(name, 0o755)


def test_a_folder_that_may_not_be_written(read_only_folder: Path) -> None:
    """Exit 5 before any work."""
    said = fit("no-such-file.csv", "-a", 1, "-o", read_only_folder / "x.json")
    check_error(said, 5)
    assert "permission denied" in said.err


@pytest.mark.parametrize("place", ["missing/x.json", "missing/er/x.json", "folder.json", "file.csv/x.json"])
def test_outputs_that_cannot_be_are_refused_before_any_work(place: str, tmp_path: Path) -> None:
    """Exit 5 even where the data could not have been read; for a missing folder the command that makes it."""
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file.csv").write_text("x")
    said = fit("no-such-file.csv", "-a", 1, "-o", tmp_path / place)
    check_error(said, 5)
    if "missing" in place:
        assert said.hint is not None
        assert subprocess.run(shlex.split(said.hint), check=False).returncode == 0
        assert fit(DIABETES, "-a", 1, "-o", tmp_path / place).code == 0


@pytest.mark.parametrize("words", ["-a 1 -o {}", "-a 1 --format csv -o ./{}", "-a 1 --test {} -o {}"])
def test_an_output_over_an_input_is_refused(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the data nor the test rows can be overwritten, by whatever name, through a link or standard input."""
    monkeypatch.chdir(tmp_path)
    before = table(Path("data.csv"), ["a", "b"]).read_bytes()
    Path("link.csv").symlink_to("data.csv")
    source = DIABETES if "--test" in words else "data.csv"
    for name in ("data.csv", "link.csv"):
        check_error(fit(source, *words.format(name, name).split()), 2)
    if "--test" not in words:
        with open("data.csv", "rb") as stdin:
            done = process("fit", "-", *words.format("data.csv").split(), stdin=stdin, cwd=tmp_path)
        assert done.returncode == 2
    assert Path("data.csv").read_bytes() == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("line", ["fit D -a 1", "fit D -a 1 --json", "fit D -a 1 --json -o /dev/full", "fit --help",
                                  "--version"])  # fmt: skip
def test_a_full_disk(line: str) -> None:
    """Exit 5 and a sentence, whether it is the result or the help that finds no room."""
    done = shell(f"regcli {line.replace('D', DIABETES)} > /dev/full")
    assert done.returncode == 5
    assert done.stderr.decode().splitlines()[-1].endswith("the disk is full")


def test_a_closed_standard_output() -> None:
    """Exit 5; with --output nothing is missing."""
    assert shell(f"regcli fit {DIABETES} -a 1 >&-").returncode == 5
    assert shell(f"regcli fit {DIABETES} -a 1 -o {os.devnull} >&-").returncode == 0


@pytest.mark.parametrize("line", [f"fit {DIABETES} -a 1 -q", f"fit {DIABETES} -a 1 --json -q", "fit --help"])
def test_the_reader_goes_away(line: str) -> None:
    """Exit 141, silently."""
    done = shell(f"regcli {line} | true")
    assert (done.returncode, done.stdout, done.stderr) == (141, b"", b"")


def test_the_reader_has_enough() -> None:
    """`| head -1` prints one line; whoever was quicker, nothing is said."""
    done = shell(f"regcli fit {DIABETES} -a 1 -q | head -1")
    assert done.returncode in (0, 141)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, b"")


SIGNALLED = """
import os, runpy, sys
number, moment, *sys.argv = int(sys.argv[1]), *sys.argv[2:]
def now(*ignored):
    os.kill(os.getpid(), number)
class Finder:
    def find_spec(name, path=None, target=None):
        now() if name == moment else None
sys.meta_path.insert(0, Finder)
if moment in ("fsync", "replace", "chmod"):
    setattr(os, moment, now)
runpy.run_module("regcli", run_name="__main__")
"""
MOMENTS = [
    "regcli.cli.commands",
    "typer",
    "regcli.specs",
    "regcli.workflows",
    "numpy._core._multiarray_umath",
    "pandas",
]
MOMENTS += ["pandas._libs.lib", "regcli.data.sources", "regcli.solve.quadratic", "regcli.report.to_json"]
MOMENTS += ["fsync", "replace", "chmod"]


@pytest.mark.parametrize(
    ("number", "moment"),
    [(signal.SIGINT, moment) for moment in MOMENTS] + [(signal.SIGTERM, moment) for moment in MOMENTS[::3]],
    ids=lambda value: getattr(value, "name", value),
)
def test_signals_end_it_at_once(number: signal.Signals, moment: str, tmp_path: Path) -> None:
    """130 and 143 in the middle of imports, of the work and of writing: not a word, the old file, no temporary one."""
    (tmp_path / "out.json").write_text("old")
    words = [str(int(number)), moment, "regcli", "fit", DIABETES, "-a", "1", "-q", "-o", str(tmp_path / "out.json")]
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED, *words], env=environment(), capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, b"", b"")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"out.json": "old"}


@pytest.mark.parametrize("moment", ["regcli.select.crossval", "regcli.artifact", "fsync", "replace"])
@pytest.mark.parametrize("verb", ["cv", "predict"])
def test_an_interrupt_leaves_no_half_model_and_no_half_predictions(verb: str, moment: str, tmp_path: Path) -> None:
    """Ctrl-C in the middle of cv --save and of predict --output: 130, not a word, the old file, no temporary one."""
    model, out = tmp_path / "m.json", tmp_path / "out"
    assert fit(DIABETES, "-a", 1, "--save", model).code == 0
    out.mkdir()
    (out / "old").write_text("old")
    words = {
        "cv": ["cv", DIABETES, "--n-alphas", "5", "-q", "--save"],
        "predict": ["predict", str(model), DIABETES, "-q", "--format", "csv", "-o"],
    }[verb]
    if (verb, moment) == ("predict", "regcli.select.crossval"):
        moment = "regcli.data.streaming"
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED, str(int(signal.SIGINT)), moment, "regcli", *words, str(out / "old")],
        env=environment(), capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
    assert {path.name: path.read_text() for path in out.iterdir()} == {"old": "old"}


def test_an_ignored_interrupt_stays_ignored() -> None:
    """What was started to survive an interrupt, as by nohup, survives it."""
    started = subprocess.Popen(
        [*REGCLI, "fit", "-", "-a", "1", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    started.send_signal(signal.SIGINT)
    out, _ = started.communicate(Path(DIABETES).read_bytes(), timeout=60)
    assert started.returncode == 0
    assert out.endswith(b"}\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [(RuntimeError("oh\nno \x1b[31m"), 1), (EOFError("cut"), 1), (OSError(5, "Input/output error", "f"), 1),
     (MemoryError(), 3), (KeyboardInterrupt(), 130)],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)  # fmt: skip
@pytest.mark.parametrize("debug", ["0", "1"])
@pytest.mark.parametrize("verb", ["fit", "path", "cv", "compare"])
def test_faults_of_its_own(
    verb: str, error: BaseException, code: int, debug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1 and a sentence; where it happened only with REGCLI_DEBUG=1. Too little memory is the data's fault."""

    def fail(*ignored: object) -> None:
        raise error

    monkeypatch.setattr(f"regcli.workflows.{verb}.{verb}", fail)
    monkeypatch.setenv("REGCLI_DEBUG", debug)
    said = regcli(verb, DIABETES, *["-a", 1] * (verb == "fit"))
    assert (said.code, said.out) == (code, "")
    if debug == "0" and code != 130:
        check_error(Said(said.code, said.out, said.err.lstrip("\n")), code)
    assert "\x1b" not in said.err.partition("Traceback")[0]
    assert ("Traceback" in said.err) is (debug == "1" and code != 130)


@pytest.mark.parametrize(
    ("words", "code"), [(["-p", "laso"], 2), (["--weights", "lcavol"], 3), (["-y", "lpsa", "-o", "/"], 5)]
)
def test_quiet_never_silences_errors(words: list[str], code: int) -> None:
    """--quiet takes notes and warnings away; an error is told in the same words."""
    loud, quiet = fit(PROSTATE, "-a", 1, *words), fit(PROSTATE, "-a", 1, *words, "-q")
    check_error(quiet, code)
    assert quiet.err == loud.err
