"""The progress bar: only where somebody looks, only when there is reason to wonder, and never in the result."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from commandline import DIABETES, process, regcli, watched

from regcli.cli import progress
from regcli.cli.progress import PATIENCE, Progress

IMPATIENT = """
import sys
from regcli.cli import progress
progress.PATIENCE = 0.0
from regcli.cli.app import main
sys.argv[0] = "regcli"
main()
"""
"""The command line with a bar from the first moment on."""


class Terminal(io.StringIO):
    """A standard error that somebody looks at, or does not."""

    def __init__(self, looked_at: bool) -> None:
        super().__init__()
        self.looked_at = looked_at

    def isatty(self) -> bool:
        return self.looked_at


class Bar:
    """Remembers what a bar is told."""

    def __init__(self, told: list[Any]) -> None:
        self.told = told

    def start(self) -> None:
        self.told.append("start")

    def stop(self) -> None:
        self.told.append("stop")

    def add_task(self, what: str, total: int) -> int:
        self.told.append((what, total))
        return 0

    def update(self, task: int, completed: int, total: int, **how: object) -> None:
        self.told.append((completed, total))


class Scene:
    """A standard error, a clock that stands still until it is set, and what the bar is `told`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stderr: Any) -> None:
        self.now = 100.0
        self.told: list[Any] = []
        monkeypatch.setattr(progress, "_bar", lambda *columns: Bar(self.told))
        monkeypatch.setattr(sys, "stderr", stderr)
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


def test_nothing_is_drawn_within_the_first_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that is over by then has no bar at all."""
    scene = Scene(monkeypatch, Terminal(True))
    with Progress("folds") as bar:
        for done in range(1, 11):
            scene.now += 0.099 * PATIENCE
            bar(done, 10)
    assert scene.told == []


def test_longer_work_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first word after a second on, until the work is done; then it is gone."""
    scene = Scene(monkeypatch, Terminal(True))
    with Progress("folds") as bar:
        bar(1, 10)
        scene.now += PATIENCE
        bar(2, 10)
        bar(3, 10)
        bar(10, 10)
        assert scene.told == ["start", ("folds", 10), (2, 10), (3, 10), "stop"]
    assert scene.told.count("stop") == 1


def test_a_bar_is_taken_away_when_the_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is told on a clean line."""
    scene = Scene(monkeypatch, Terminal(True))
    with pytest.raises(ValueError, match="x"), Progress("folds") as bar:
        scene.now += 2 * PATIENCE
        bar(1, 10)
        raise ValueError("x")
    assert scene.told[0] == "start"
    assert scene.told[-1] == "stop"


@pytest.mark.parametrize(("quiet", "stderr"), [(True, Terminal(True)), (False, Terminal(False)), (False, None)])
def test_who_does_not_look_is_shown_none(quiet: bool, stderr: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with --quiet, not in a pipe, not without a standard error, however long it takes."""
    scene = Scene(monkeypatch, stderr)
    with Progress("folds", quiet) as bar:
        scene.now += 60 * PATIENCE
        bar(1, 10)
    assert scene.told == []


def test_at_a_terminal() -> None:
    """Standard error shows the bar and takes it away again; standard output holds the result and nothing else."""
    words = ("cv", DIABETES, "-y", "target", "--json")
    code, out, err = watched(IMPATIENT, *words)
    assert code == 0
    assert out == regcli(*words).out
    assert "fold paths" in err
    assert "10/10" not in err.splitlines()[-1]
    code, out, err = watched(IMPATIENT, *words, "-q")
    assert (code, out, err) == (0, regcli(*words).out, "")


def test_in_a_pipe() -> None:
    """No bar, no escape codes."""
    done = process("cv", DIABETES, "-y", "target", "--repeats", "3")
    assert (done.returncode, done.stderr) == (0, b"")
