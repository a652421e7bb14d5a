"""`regcli explain`: pages that read well at a terminal, whose commands work and print what the pages say they do."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from commandline import ROOT, at_terminal, check_error, process, regcli, result
from test_project import HEAVY, loaded_by

from regcli.cli.commands.explain import ALIASES, PAGES, TOPICS, find_topic, page

WIDTH = 80
every_topic = pytest.mark.parametrize("topic", TOPICS)


def examples(topic: str) -> list[tuple[str, list[str]]]:
    """The commands of a page, each with the pieces of its output that stand under it after three dots."""
    found: list[tuple[str, list[str]]] = []
    for line in page(topic).splitlines():
        if line.startswith("  regcli "):
            found.append((line.strip(), []))
        elif line.startswith("      ... "):
            found[-1][1].append(line.removeprefix("      ... "))
    return found


@every_topic
def test_every_command_does_what_its_page_says(topic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each exits 0, and what the page shows of its output stands in it, spaces aside."""
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    commands = examples(topic)
    assert commands
    assert any(pieces for _, pieces in commands)
    for command, pieces in commands:
        said = regcli(*shlex.split(command)[1:])
        assert said.code == 0, said.err
        printed = " ".join(said.out.split())
        for piece in pieces:
            assert re.search(rf"(?<!\S){re.escape(piece)}(?![\w.]*\w)", printed), f"{command} prints no {piece!r}"


def test_sentences_with_numbers() -> None:
    """What pages say of the data in prose: correlation, ranges, and where one standard error ends."""
    diabetes = pd.read_csv(ROOT / "sample_data" / "diabetes.csv")
    assert "correlation 0.90" in page("l2")
    assert round(diabetes["s1"].corr(diabetes["s2"]), 2) == 0.90
    concrete = pd.read_csv(ROOT / "sample_data" / "concrete.csv")
    assert "superplastic is 0 to 32 kg, cement 102 to 540 kg" in page("standardize")
    assert [round(concrete[name].agg(end)) for name in ("superplastic", "cement") for end in ("min", "max")] == [
        0, 32, 102, 540,
    ]  # fmt: skip
    found = result("cv", ROOT / "sample_data" / "diabetes.csv", "--penalty", "l1")
    least = found["chosen"]["min"]
    assert "2983.8 + 134.0 = 3117.8, and 3114.3 is the last below it" in page("1se")
    assert (f"{least['mean']:.1f}", f"{least['se']:.1f}") == ("2983.8", "134.0")
    assert f"{least['mean'] + least['se']:.1f}" == "3117.8"
    larger = [point["mean"] for point in found["curve"] if point["alpha"] >= found["chosen"]["one_se"]["alpha"]]
    assert f"{larger[-1]:.1f}" == "3114.3"
    assert larger[-1] < least["mean"] + least["se"] < min(larger[:-1])


@every_topic
def test_pages_fit_a_terminal(topic: str) -> None:
    """Plain text, 80 columns at most, a screen or so long; every page has its formula and where to go on."""
    text = page(topic)
    assert text.isascii()
    assert text.isprintable() or set(re.sub(r"[ -~]", "", text)) == {"\n"}
    lines = text.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) <= 45
    assert lines[0].startswith(f"{topic}: ")
    for heading in ("Formula", "Beware", "Try it", "See also: "):
        assert any(line.startswith(heading) for line in lines), heading
    others = lines[-1].removeprefix("See also: ").split(", ")
    assert set(others) <= set(TOPICS) - {topic}


@pytest.mark.parametrize(
    ("topic", "formulas"),
    [
        ("l1", [r"\(1/2n\) sum \(y - b0 - z\.b\)\^2  \+  alpha sum \|b\|"]),
        ("l2", [r"\(1/2n\) sum \(y - b0 - z\.b\)\^2  \+  alpha/2 sum b\^2"]),
        ("elasticnet", [r"\(1/2n\) sum \(y - b0 - z\.b\)\^2\s+\+  alpha \( r sum \|b\|  \+  \(1-r\)/2 sum b\^2 \)"]),
        ("alpha", [r"r sum \|b\| \+ \(1-r\)/2 sum b\^2", "alpha_max = max"]),
        ("family", [r"log\(1 \+ exp f\) - y f", r"exp f - y f", r"y exp\(-f\) \+ f", r"max\(0, 1 - y f\)\^2"]),
        ("standardize", [r"\(x - mean\) / deviation, deviation\^2 = \(1/n\) sum"]),
        ("cv", [r"sqrt\( sum W_k \(E_k - mean\)\^2 / sum W_k / \(K-1\) \)", r"sum W_k E_k / sum W_k"]),
        ("1se", [r"sqrt\( sum W_k \(E_k - mean\)\^2 / sum W_k / \(K-1\) \)"]),
        ("certificate", [r"\(primal - dual\) / objective of the model", "gap <= 1e-8 and violation <= 1e-6"]),
    ],
)
def test_formulas(topic: str, formulas: list[str]) -> None:
    """The formulas of the README, where they are proved."""
    for formula in formulas:
        assert re.search(formula, page(topic))


def test_without_a_topic_they_are_listed() -> None:
    """A line for each page, and a command to go on with."""
    said = regcli("explain")
    assert said.code == 0
    *lines, blank, following = said.out.splitlines()
    assert [line.split()[0] for line in lines] == list(TOPICS)
    assert all(
        page(topic).startswith(f"{topic}: {line[11:].strip()}") for topic, line in zip(TOPICS, lines, strict=True)
    )
    assert max(map(len, lines)) <= WIDTH
    assert blank == ""
    assert regcli(*following.removeprefix("Next  regcli ").split()).out == page("l1")


def test_every_page_has_a_topic() -> None:
    """No text lies there that nobody can ask for."""
    assert {path.stem for path in PAGES.glob("*.txt")} == set(TOPICS)
    assert set(ALIASES.values()) == set(TOPICS)
    assert not set(ALIASES) & set(TOPICS)
    assert all(find_topic(alias) == topic for alias, topic in ALIASES.items())


@pytest.mark.parametrize(
    ("words", "topic"),
    [
        (["lasso"], "l1"),
        (["Lasso"], "l1"),
        (["L2"], "l2"),
        (["elastic", "net"], "elasticnet"),
        (["elastic_net"], "elasticnet"),
        (["cross-validation"], "cv"),
        (["cross validation"], "cv"),
        (["one", "standard", "error"], "1se"),
        (["lambda"], "alpha"),
        (["--", "--alpha"], "alpha"),
        (["standardise"], "standardize"),
        (["squared_hinge"], "family"),
        (["gap"], "certificate"),
    ],
)
def test_other_words_lead_to_a_page(words: list[str], topic: str) -> None:
    """Names of the textbooks, in any case, in one word or several."""
    said = regcli("explain", *words)
    assert (said.code, said.out, said.err) == (0, page(topic), "")


@pytest.mark.parametrize(
    ("word", "hint"),
    [("laso", "regcli explain l1"), ("ridg", "regcli explain l2"), ("alfa", "regcli explain alpha"),
     ("standarize", "regcli explain standardize"), ("xyzzy", "regcli explain"), ("", "regcli explain"),
     ("\x1b[31m", "regcli explain")],
)  # fmt: skip
def test_unknown_topic_is_a_usage_error(word: str, hint: str) -> None:
    """It names the topics, and the nearest as a command."""
    said = regcli("explain", word)
    check_error(said, 2)
    assert all(topic in said.err for topic in TOPICS)
    assert said.hint == hint
    assert "\x1b" not in said.err
    assert regcli(*hint.split()[1:]).code == 0


def test_a_page_is_the_same_at_a_terminal_and_in_a_pipe() -> None:
    """No escape code, nothing wrapped, at 80 columns; and without any heavy library."""
    code, shown = at_terminal("explain", "elasticnet", columns=80)
    assert (code, shown) == (0, page("elasticnet"))
    done = process("explain", "elasticnet")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, page("elasticnet"), b"")
    assert loaded_by("-m", "regcli", "explain", "l1") & (HEAVY | {"numpy"}) == set()
