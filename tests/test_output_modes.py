"""One call in every output mode, side by side: the same names and numbers, whole, safe and exact."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commandline import (
    DIABETES,
    NAMES,
    STYLE,
    at_terminal,
    environment,
    fit,
    in_spreadsheets,
    process,
    process_at_terminal,
    records,
    shell,
    strict_json,
    table,
)
from rich.cells import cell_len

from regcli.errors import visible
from regcli.report.wording import number

FORMATS = ["table", "json", "csv", "tsv", "markdown"]
SUFFIXES = {".txt": "table", ".json": "json", ".csv": "csv", ".tsv": "tsv", ".md": "markdown", ".markdown": "markdown"}
MODELS = {"lasso": ("-a", "0.02"), "least squares": ("-p", "none")}
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200d]")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file in which every name is awkward."""
    return str(table(tmp_path_factory.mktemp("odd") / "odd.csv", list(NAMES.values())))


@pytest.fixture(scope="module")
def screen_of_80() -> str:
    """A lasso at a terminal of 80 columns."""
    return process_at_terminal("fit", DIABETES, "-a", "3", columns=80)[1]


def facts(found: Any) -> list[float]:
    """The numbers that every screen shows."""
    sparsity, train = found["sparsity"], found["metrics"]["train"]
    return [sparsity["l1_norm"], sparsity["l2_norm"], train["rmse"], train["mae"]]


# In a pipe and at a terminal


@pytest.mark.parametrize("model", MODELS)
def test_a_pipe_gets_every_name_and_number_unwrapped(model: str, odd: str) -> None:
    """One line a feature, names escaped, all numbers, no trailing blanks, no escape codes, whatever COLUMNS says."""
    found = fit(odd, *MODELS[model], "--json").json
    said = fit(odd, *MODELS[model])
    lines = said.out.split("\n")
    for row in found["model"]["coefficients"]:
        shown = [number(row["coefficient"]), number(row["standardized"])]
        matching = [line for line in lines if line.startswith(f"{visible(row['name'])}  ")]
        assert any(line[len(visible(row["name"])) :].split()[:2] == shown for line in matching), row["name"]
    assert all(number(value) in said.out for value in facts(found))
    assert not CONTROL.search(said.out)
    assert all(line == line.rstrip() for line in lines)
    narrow = process("fit", odd, *MODELS[model], env=environment(COLUMNS="20", TERM="dumb"))
    assert narrow.stdout.decode() == said.out


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("columns", [80, 140])
def test_nothing_is_cut_off_at_a_terminal(model: str, columns: int, odd: str) -> None:
    """No line is longer than the terminal; names that are folded join up again, numbers are never folded."""
    found = fit(odd, *MODELS[model], "--json").json
    code, screen = at_terminal("fit", odd, *MODELS[model], columns=columns)
    plain = STYLE.sub("", screen)
    assert code == 0
    assert not CONTROL.search(plain)
    assert max(map(cell_len, plain.splitlines())) <= columns
    assert "\u2026" not in plain
    lines = plain.split("\n")
    width = cell_len(next(line for line in lines if line.startswith("feature")).split("coefficient")[0])
    joined = "".join(line[:width].strip() for line in lines if cell_len(line[:width]) <= width)
    for row in found["model"]["coefficients"]:
        name = visible(row["name"])
        assert name.replace(" ", "") in joined.replace(" ", "") or any(line.startswith(name) for line in lines), name
        assert re.search(rf"(^|\s){re.escape(number(row['coefficient']))}(\s|$)", plain, re.MULTILINE)
        if model == "lasso":
            assert re.search(rf"(^|\s){re.escape(number(row['standardized']))}(\s|$)", plain, re.MULTILINE)
    assert all(number(value) in plain for value in facts(found))


@pytest.mark.parametrize("columns", [1, 20, 40, 60])
def test_a_narrow_terminal_shows_whole_numbers(columns: int) -> None:
    """Where not even the numbers fit the terminal has to wrap them: half of 1.6e-05 would be another number."""
    found = fit(DIABETES, "-p", "none", "--json").json
    words = STYLE.sub("", at_terminal("fit", DIABETES, "-p", "none", columns=columns)[1]).split()
    left_out = " ".join(words).partition("not shown at this width: ")[2]
    for row, inference in zip(found["model"]["coefficients"], found["inference"]["coefficients"], strict=True):
        assert {row["name"], number(row["coefficient"]), number(inference["std_error"])} <= set(words)
        bounds = {number(inference["low"]), number(inference["high"])}
        assert bounds <= set(words) or "95 % low, 95 % high" in left_out


@pytest.mark.parametrize(
    ("changes", "styled"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"COLUMNS": "0"}, True)],
    ids=["colours", "NO_COLOR", "dumb", "COLUMNS=0"],
)
def test_colours_only_where_they_are_wanted(changes: dict[str, str], styled: bool, screen_of_80: str) -> None:
    """NO_COLOR leaves no colour, TERM=dumb no escape code at all; the words are the same."""
    code, screen = process_at_terminal("fit", DIABETES, "-a", "3", columns=80, **changes)
    assert code == 0
    colours = re.findall(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d)m", screen)
    assert bool(colours) is styled
    if changes.get("TERM") == "dumb":
        assert "\x1b" not in screen
    assert STYLE.sub("", screen).split() == STYLE.sub("", screen_of_80).split()


@pytest.mark.parametrize(
    "changes",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"HOME": None},
        {"HOME": "/nonexistent", "TMPDIR": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"},
        {"TERM": None},
        {"COLUMNS": "0", "LINES": "0"},
        {"COLUMNS": "many"},
    ],
    ids=str,
)
def test_bare_environments(changes: dict[str, str | None], odd: str) -> None:
    """No locale, no home, no terminal type: it works; what the encoding of a table lacks is escaped, JSON is UTF-8."""
    shown = process("fit", odd, "-a", "0.02", env=environment(**changes))
    assert (shown.returncode, b"Traceback" in shown.stderr) == (0, False)
    assert len(shown.stdout.splitlines()) == len(fit(odd, "-a", "0.02").out.splitlines())
    if "PYTHONIOENCODING" in changes:
        assert rb"\u6f22\u5b57\u540d" in shown.stdout
        done = process("fit", odd, "-a", "0.02", "--json", env=environment(**changes))
        assert done.stdout.decode("utf-8") == fit(odd, "-a", "0.02", "--json").out


def test_without_a_working_folder(tmp_path: Path) -> None:
    """The folder one stands in may be gone: absolute paths work, relative ones are refused in a sentence."""
    gone = tmp_path / "gone"
    lines = [f"fit {DIABETES} -a 1", f"fit {DIABETES} -a 1 -o {tmp_path}/x.json", "fit x.csv -a 1"]
    lines.append(f"fit {DIABETES} -a 1 -o x.json")
    for line, code in zip(lines, (0, 0, 3, 5), strict=True):
        gone.mkdir()
        done = shell(f"cd {gone}; rmdir {gone}; regcli {line}")
        assert done.returncode == code, done.stderr
        assert b"fault" not in done.stderr


# The machine formats


@pytest.mark.parametrize("order", ["size", "file"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_delimited_text_holds_exact_names_and_floats(format: str, model: str, order: str, odd: str) -> None:
    """The csv module and pandas read back the very names and doubles of the JSON document, in the order asked for."""
    found = fit(odd, *MODELS[model], "--json").json
    said = fit(odd, *MODELS[model], "--format", format, "--order", order)
    delimiter = "," if format == "csv" else "\t"
    rows = records(said.out, delimiter)
    expected = found["model"]["coefficients"]
    if order == "size":
        expected = sorted(expected, key=lambda row: -abs(row["standardized"]))
    assert [row["name"] for row in rows] == [*(in_spreadsheets(row["name"]) for row in expected), "((intercept))"]
    for row, other in zip(rows, expected, strict=False):
        assert (float(row["coefficient"]), float(row["standardized"])) == (other["coefficient"], other["standardized"])
    assert (float(rows[-1]["coefficient"]), rows[-1]["standardized"]) == (found["model"]["intercept"], "")
    frame = pd.read_csv(io.StringIO(said.out, newline=""), sep=delimiter, keep_default_na=False, na_values=[""])
    assert frame["coefficient"].tolist() == [float(row["coefficient"]) for row in rows]
    if model == "least squares":
        inference = {row["name"]: row for row in found["inference"]["coefficients"]}
        for row, other in zip(rows, expected, strict=False):
            assert [float(row[key]) for key in ("std_error", "t", "p", "low", "high")] == [
                inference[other["name"]][key] for key in ("std_error", "t", "p", "low", "high")
            ]
        assert float(rows[-1]["p"]) == found["inference"]["intercept"]["p"]


def test_markdown_is_one_table(odd: str) -> None:
    """Every line is a row of as many cells, the second draws the rule, and what Markdown would interpret is escaped."""
    lines = fit(odd, "-a", "0.02", "--format", "markdown").out.splitlines()
    cells = [re.split(r"(?<!\\)\|", line) for line in lines]
    assert {len(row) for row in cells} == {5}
    assert [cell.strip() for cell in cells[1][1:-1]] == ["---", "---:", "---:"]
    assert len(lines) == len(NAMES) + 3
    shown = {re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", row[1].strip()) for row in cells[2:]}
    assert shown == {visible(name) for name in NAMES.values()} | {"((intercept))"}
    assert not re.search(r"(?<!\\)[<>`*_&\[\]]", "".join(row[1] for row in cells[2:]))


@pytest.mark.parametrize("format", FORMATS)
def test_names_are_safe_where_people_look_and_exact_where_programs_do(format: str, odd: str) -> None:
    """Control characters reach json, csv and tsv; a table and Markdown show escapes; standard error always does."""
    said = fit(odd, "-a", "0.02", "--format", format)
    for name in NAMES.values():
        if format in ("table", "markdown"):
            assert visible(name) in said.out or format == "markdown"
        elif format == "json":
            assert name in strict_json(said.out)["data"]["features"]
        else:
            assert in_spreadsheets(name) in [row["name"] for row in records(said.out, "," if format == "csv" else "\t")]
    assert bool(CONTROL.search(said.out)) is (format in ("json", "csv", "tsv"))
    missing = fit(odd, "-a", "0.02", "-y", "a\x1b[31mrd", "--format", format)
    assert missing.code == 2
    assert not CONTROL.search(missing.err + said.err)


def test_a_file_name_cannot_fool_a_terminal(tmp_path: Path) -> None:
    """Escape codes and bytes that are no text, in the name of the data file: escaped on the screen, no failure."""
    for raw in (b"e\x1b[31mvil.csv", b"\xff\xfe.csv", "\u202egpj.csv".encode()):
        path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), raw)))
        path.write_bytes(Path(DIABETES).read_bytes())
        for format in FORMATS:
            said = fit(path, "-a", "1", "--format", format)
            assert said.code == 0
            written = fit(path, "-a", "1", "--format", format, "-o", tmp_path / "out")
            assert written.code == 0
            assert (tmp_path / "out").read_bytes() == said.out.encode()
            if format == "table":
                assert not CONTROL.search(said.out + said.err)


@pytest.mark.parametrize("order", ["size", "file"])
def test_order(order: str) -> None:
    """By standardized size, zeros last; or as the file has it; the intercept last in either."""
    found = fit(DIABETES, "-a", "3", "--json").json["model"]["coefficients"]
    rows = found if order == "file" else sorted(found, key=lambda row: -abs(row["standardized"]))
    lines = fit(DIABETES, "-a", "3", "--order", order).out.splitlines()[3:]
    assert [line.split()[0] for line in lines[:11]] == [*(row["name"] for row in rows), "(intercept)"]


@pytest.mark.parametrize("format", FORMATS)
def test_quiet_and_verbose_do_not_touch_the_result(format: str) -> None:
    """--quiet leaves standard error empty, --verbose says what took how long there; the result is the same bytes."""
    usual, quiet, verbose = (fit(DIABETES, "-a", "1", "--format", format, *more) for more in ([], ["-q"], ["-v"]))
    assert usual.out == quiet.out == verbose.out
    assert quiet.err == ""
    assert len(re.findall(r"^ +\d+\.\d+ s  \w", verbose.err, re.MULTILINE)) >= 3
    assert len(verbose.err.splitlines()) > len(usual.err.splitlines()) >= 1
