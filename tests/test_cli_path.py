"""`regcli path` as it is typed and as it is read: knots, shapes, pictures, errors, and what is to be typed next."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from commandline import (
    DIABETES,
    NAMES,
    PROSTATE,
    STYLE,
    at_terminal,
    check_error,
    environment,
    in_spreadsheets,
    options_of,
    pasted,
    process,
    process_at_terminal,
    records,
    regcli,
    result,
    table,
    typed_next,
)
from rich.cells import cell_len
from test_cli_fit import ACTS as ACTS_OF_FIT

from regcli.cli.commands.path import path as command
from regcli.errors import visible
from regcli.problem import certificate
from regcli.report.chart import ASCII_BLOCKS, BLOCKS
from regcli.report.to_plot import to_picture
from regcli.report.wording import number, percent, short
from regcli.specs import CRITERIA

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200d]")
LPSA = (PROSTATE, "-y", "lpsa", "--exclude", "train")

ACTS: dict[str, tuple[str, str]] = {
    "n_alphas": ("", "--n-alphas 20"),
    "alpha_min_ratio": ("--full-path", "--alpha-min-ratio 0.1"),
    "alphas": ("", "--alphas 3,1"),
    "full_path": ("", "--full-path"),
    "select": ("--n-alphas 20", "--select aic"),
    "every": ("", "--all"),
    "x_axis": (f"--plot {os.devnull}.png", "--x-axis deviance"),
    "lines": (f"--json --plot {os.devnull}.png", "--lines bmi"),
}
"""For each parameter that fit has not: a command, and words that change what it says."""

REFUSED: dict[str, tuple[str, bool]] = {
    "-p none": ("none", True),
    "--alpha 1": ("--alpha", False),
    "-a 1": ("-a", False),
    "--l1 1 --l2 1": ("--l1", False),
    "--l1-ratio 0.5": ("--l1-ratio", True),
    "-p l2 --l1-ratio 0.5": ("--l1-ratio", True),
    "-p enet --l1-ratio 2": ("--l1-ratio", False),
    "-p enet --l1-ratio -1": ("--l1-ratio", False),
    "-p enet --l1-ratio nan": ("--l1-ratio", False),
    "--alphas abc": ("abc", False),
    "--alphas 1,,x": ("'x'", False),
    "--alphas ''": ("--alphas", False),
    "--alphas -1": ("--alphas", False),
    "--alphas=-1,2": ("--alphas", False),
    "--alphas 1,nan": ("--alphas", False),
    "--alphas inf": ("--alphas", False),
    "--alphas 1e200": ("1e+200", False),
    "--n-alphas 1": ("--n-alphas", False),
    "--n-alphas 0": ("--n-alphas", False),
    "--n-alphas 100000000": ("--n-alphas", False),
    "--n-alphas 2.5": ("--n-alphas", False),
    "--n-alphas 3 --alphas 1": ("--n-alphas", False),
    "--alpha-min-ratio 0": ("--alpha-min-ratio", False),
    "--alpha-min-ratio 1": ("--alpha-min-ratio", False),
    "--alpha-min-ratio nan": ("--alpha-min-ratio", False),
    "--alpha-min-ratio 0.1 --alphas 1": ("--alpha-min-ratio", False),
    "--select hqc": ("hqc", False),
    "--select bci": ("bci", True),
    "--plot picture.gif": ("picture.gif", False),
    "--plot picture": ("picture", False),
    "--x-axis alpha": ("--plot", False),
    "--plot x.png --x-axis lambda": ("lambda", False),
    "--lines bmi": ("--lines", False),
    "--plot x.png --lines bmii": ("bmii", True),
    "--plot x.png --lines target": ("target", False),
    "--plot x.png --lines bmi --x-axis alpha": ("--x-axis", False),
    "--plot x.png -o x.png": ("--plot and --output", False),
    "--folds 3": ("--folds", False),
    "--test-size 0.2": ("--test-size", False),
    "-y tagret": ("tagret", True),
    "-x bmii": ("bmii", False),
    "-q -v": ("--quiet", False),
}
"""Words after `regcli path diabetes.csv`, what the error names, and whether adding what `Try:` says makes it work."""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file in which every name is awkward."""
    return str(table(tmp_path_factory.mktemp("odd") / "odd.csv", list(NAMES.values())))


def path(*words: object) -> Any:
    """`regcli path` in this process."""
    return regcli("path", *words)


def knot_lines(text: str) -> list[str]:
    """The rows of the table of knots: those that begin with a number, before the facts."""
    return [line for line in text.split("\nPath ")[0].splitlines() if re.match(r" *\d+\*? ", line)]


def knots(found: Any) -> list[int]:
    """The entries where something changes, the first one, and the one that is chosen."""
    return [
        i
        for i, entry in enumerate(found["path"])
        if i == 0 or entry["entered"] or entry["left"] or i == found["chosen"]["index"]
    ]


# Options


def test_every_option_is_one_of_fit_or_listed_here() -> None:
    """No parameter of the command is left out of these tests."""
    assert set(ACTS) == options_of(command) - set(ACTS_OF_FIT)


@pytest.mark.parametrize("name", sorted(options_of(command) - {"source", "order"}))
def test_each_option_acts(name: str, tmp_path: Path) -> None:
    """With the option something else is said, or drawn, than without it."""
    if name in ACTS:
        source, (words, more) = DIABETES, ACTS[name]
    else:
        content, words, more = ACTS_OF_FIT[name]
        words = re.sub(r"-a \S+", "", words)
        source = str(content)
        if content not in (DIABETES, PROSTATE):
            source = str(tmp_path / "t.csv")
            Path(source).write_bytes(content if isinstance(content, bytes) else content.encode())
    picture = tmp_path / "p.svg"
    said = []
    for line in (words, f"{words} {more}"):
        picture.unlink(missing_ok=True)
        one = path(source, *shlex.split(line.replace(f"{os.devnull}.png", str(picture))))
        said.append((one.code, one.out, one.err, picture.read_bytes() if picture.exists() else b""))
    assert 0 in (said[0][0], said[1][0])
    assert said[0] != said[1]


@pytest.mark.parametrize("words", REFUSED)
def test_wrong_options_are_refused(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2, one to three lines, nothing on standard output; a `Try:` that is complete works when it is added."""
    monkeypatch.chdir(tmp_path)
    named, works = REFUSED[words]
    said = path(DIABETES, *shlex.split(words))
    check_error(said, 2)
    assert named in said.err
    if works:
        then = typed_next(said, ["path", DIABETES, *shlex.split(words)])
        assert then.code == 0, f"{said.err}{then.err}"


@pytest.mark.parametrize("source", ["no-such-file.csv", "", ".", os.devnull])
def test_nothing_to_read(source: str) -> None:
    """Exit 3, as for every command."""
    check_error(path(source), 3)


def test_alphas_are_taken_as_they_are_typed() -> None:
    """In any order, comma-separated or repeated, each once; the largest is solved first, none is left out."""
    found = result("path", DIABETES, "--alphas", "1,3", "--alphas", "0.001", "--alphas", "3.0")
    assert [entry["alpha"] for entry in found["path"]] == [3, 1, 0.001]
    assert found["stopped"] == {"solved": 3, "of": 3, "reason": None}
    assert found["model"]["drawn"] is False


@pytest.mark.parametrize("count", [2, 7, 150])
@pytest.mark.parametrize("ratio", [0.5, 1e-3])
def test_the_grid_is_as_asked_for(count: int, ratio: float) -> None:
    """So many alphas, evenly spaced in logarithms, from alpha_max down to that share of it."""
    words = ["--n-alphas", count, "--alpha-min-ratio", ratio, "--full-path"]
    found = result("path", DIABETES, *words)
    alphas = [entry["alpha"] for entry in found["path"]]
    assert len(alphas) == count
    assert alphas[0] == found["model"]["alpha_max"]
    steps = [later / earlier for earlier, later in itertools.pairwise(alphas)]
    assert steps == pytest.approx([ratio ** (1 / (count - 1))] * (count - 1), rel=1e-12)
    assert found["path"][0]["nonzero"] == 0
    assert found["path"][1]["nonzero"] > 0


def test_the_path_stops_where_nothing_is_gained() -> None:
    """How many of how many and why stands in the table; --full-path goes on; the alphas solved by both are equal."""
    early, full = (result("path", DIABETES, *more) for more in ((), ("--full-path",)))
    solved, of = early["stopped"]["solved"], early["stopped"]["of"]
    assert solved < of == len(full["path"]) == 100
    assert early["path"] == full["path"][:solved]
    said = path(DIABETES).out
    assert f"{solved} of {of} alphas solved" in said
    assert f"stopped: {early['stopped']['reason']} (--full-path goes on)" in said
    assert "stopped" not in path(DIABETES, "--full-path").out
    gains = [entry["deviance_ratio"] for entry in full["path"]]
    assert gains[solved - 1] - gains[solved - 2] < 1e-5 * gains[solved - 1]
    assert all(b - a >= 1e-5 * b for a, b in itertools.pairwise(gains[3 : solved - 1]))


def test_a_path_that_explains_everything_stops(tmp_path: Path) -> None:
    """A target that is a sum of the features: it ends at the first alpha with more than 99.9 % explained."""
    source = tmp_path / "t.csv"
    source.write_text("a,b,y\n1,5,2\n2,3,4\n3,4,6\n4,1,8\n7,7,14\n", encoding="utf-8")
    shares = [entry["deviance_ratio"] for entry in result("path", source)["path"]]
    assert shares[-2] <= 0.999 < shares[-1]
    assert "stopped: 99.9 % of the deviance is explained" in path(source).out


# Tables


@pytest.mark.parametrize("words", [(), ("-p", "enet"), ("--select", "aic"), ("--no-intercept",)], ids=str)
def test_the_table_of_knots_in_a_pipe(words: tuple[str, ...]) -> None:
    """A line for each alpha at which a feature enters or leaves, with its numbers; the chosen one has a star."""
    found = result("path", *LPSA, *words)
    said = path(*LPSA, *words)
    lines = knot_lines(said.out)
    assert len(lines) == len(knots(found))
    for line, index in zip(lines, knots(found), strict=True):
        entry = found["path"][index]
        chosen = index == found["chosen"]["index"]
        assert line.split()[0] == f"{index + 1}{'*' * chosen}"
        shown = [entry["alpha"], entry["l1_norm"]]
        assert all(re.search(rf"\s{re.escape(number(value))}(\s|$)", line) for value in shown)
        assert percent(entry["alpha"] / found["model"]["alpha_max"]) in line
        assert percent(entry["deviance_ratio"]) in line
        changes = [f"+ {', '.join(entry['entered'])}"] if entry["entered"] else []
        changes += [f"- {', '.join(entry['left'])}"] if entry["left"] else []
        assert line.endswith(" ".join(changes))
    assert not CONTROL.search(said.out)
    assert not re.search(f"[{BLOCKS}]", said.out)
    assert all(line == line.rstrip() for line in said.out.split("\n"))


def test_all_shows_every_alpha() -> None:
    """--all: as many lines as alphas were solved; JSON and csv are the same with it."""
    found = result("path", *LPSA)
    lines = knot_lines(path(*LPSA, "--all").out)
    assert [line.split()[1] for line in lines] == [number(entry["alpha"]) for entry in found["path"]]
    for format in ("json", "csv"):
        assert path(*LPSA, "--all", "--format", format).out == path(*LPSA, "--format", format).out


@pytest.mark.parametrize("criterion", CRITERIA)
def test_select_points_out_one_model(criterion: str) -> None:
    """The column of the criterion, its least marked, and what the others choose."""
    found = result("path", *LPSA, "--select", criterion)
    said = path(*LPSA, "--select", criterion).out
    title = {"aic": "AIC", "aicc": "AICc", "bic": "BIC", "ebic": "EBIC"}
    assert title[criterion] in said.splitlines()[2].split()
    assert f"least {title[criterion]}: alpha {number(found['chosen']['alpha'])}" in said
    others = [f"{title[name]} {number(best['alpha'])}" for name, best in found["criteria"].items() if name != criterion]
    assert f"the others choose: {', '.join(others)}" in said
    starred = [line for line in knot_lines(said) if re.match(r" *\d+\*", line)]
    assert len(starred) == 1


def test_ridge_shows_how_coefficients_shrink() -> None:
    """Nothing enters or leaves: a dozen alphas along the path, the share of the full L1 norm, and no alpha_max."""
    found = result("path", *LPSA, "-p", "l2")
    said = path(*LPSA, "-p", "l2")
    lines = knot_lines(said.out)
    assert 12 <= len(lines) <= 13
    assert "shrunk to" in said.out
    assert "of max" not in said.out
    assert "enters" not in said.out
    full = found["path"][-1]["l1_norm"]
    for line in lines:
        entry = found["path"][int(line.split()[0].rstrip("*")) - 1]
        assert line.endswith(percent(entry["l1_norm"] / full))
    assert {line.split()[0].rstrip("*") for line in lines} >= {"1", "100"}
    assert len(knot_lines(path(*LPSA, "-p", "l2", "--all").out)) == 100


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("words", [(), ("-p", "l2"), ("--order", "file"), ("--all",)], ids=str)
def test_at_a_terminal(words: tuple[str, ...], columns: int) -> None:
    """No line is longer than the terminal; under the knots one sparkline a feature, as its coefficients go."""
    found = result("path", *LPSA, *words)
    code, screen = at_terminal("path", *LPSA, *words, columns=columns)
    plain = STYLE.sub("", screen)
    assert code == 0
    assert max(map(cell_len, plain.splitlines())) <= columns
    assert "\u2026" not in plain
    sparks = [line.split() for line in plain.splitlines() if re.search(f"[{BLOCKS}]+$", line)]
    features = list(found["data"]["features"])
    series = {name: [entry["standardized"].get(name, 0.0) for entry in found["path"]] for name in features}
    if "--order" not in words:
        features.sort(key=lambda name: -max(map(abs, series[name])))
    assert [words[0] for words in sparks] == features
    for name, last, line in sparks:
        assert last == number(series[name][-1])
        assert len(line) <= 60
        largest = max(map(abs, series[name]))
        for block, place in zip(line, range(len(line)), strict=True):
            value = series[name][round(place * (len(series[name]) - 1) / (len(line) - 1))]
            assert abs(BLOCKS.index(block) / 7 - abs(value) / largest) < 0.15
    for index in knots(found) if "-p" not in words else []:
        assert number(found["path"][index]["alpha"]) in plain


def test_a_narrow_or_plain_terminal() -> None:
    """40 columns: columns give way and are named; without UTF-8 the sparklines are ASCII."""
    code, screen = at_terminal("path", *LPSA, columns=40)
    assert code == 0
    assert "not shown at this width: of max, L1 norm, EBIC" in re.sub(r"\s+", " ", STYLE.sub("", screen))
    code, screen = process_at_terminal("path", *LPSA, columns=80, PYTHONIOENCODING="ascii")
    assert code == 0
    assert screen.isascii()
    assert re.search(rf"lcavol +\S+ +_[{re.escape(ASCII_BLOCKS)}]+#", STYLE.sub("", screen))


def test_a_pipe_does_not_depend_on_the_environment() -> None:
    """COLUMNS and TERM change nothing there: no sparklines, nothing wrapped."""
    narrow = process("path", *LPSA, env=environment(COLUMNS="20", TERM="dumb"))
    assert narrow.stdout.decode() == path(*LPSA).out


def test_hostile_names(odd: str) -> None:
    """Every name that ever enters is shown once among the knots and once beside its line, escaped; nothing else is."""
    found = result("path", odd, "--full-path")
    said = path(odd, "--full-path")
    assert not CONTROL.search(said.out + said.err)
    for entry in found["path"]:
        for sign, changed in (("+", entry["entered"]), ("-", entry["left"])):
            if 0 < len(changed) <= 6:
                assert f"{sign} {', '.join(map(visible, changed))}" in said.out
    code, screen = at_terminal("path", odd, "--full-path", columns=200)
    plain = STYLE.sub("", screen)
    assert code == 0
    assert not CONTROL.search(plain)
    ever = {name for entry in found["path"] for name in entry["coefficients"]}
    assert ever == set(NAMES.values())
    sparks = [line for line in plain.splitlines() if re.search(f"[{BLOCKS}]$", line)]
    for name in ever - {NAMES["long"]}:
        assert any(line.startswith(f"{visible(name)} ") for line in sparks), name


# The machine formats


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_tidy_rows(format: str, odd: str) -> None:
    """One row for each alpha and feature, zeros and intercept included; names and doubles are those of the JSON."""
    words = (odd, "--alphas", "1,0.3,0.02")
    found = result("path", *words)
    rows = records(path(*words, "--format", format).out, "," if format == "csv" else "\t")
    assert [list(row) for row in rows] == [["alpha", "name", "coefficient", "standardized"]] * len(rows)
    features = found["data"]["features"]
    assert len(rows) == 3 * (len(features) + 1)
    at = iter(rows)
    for entry in found["path"]:
        for name in features:
            row = next(at)
            assert (row["name"], float(row["alpha"])) == (in_spreadsheets(name), entry["alpha"])
            assert float(row["coefficient"]) == entry["coefficients"].get(name, 0.0)
            assert float(row["standardized"]) == entry["standardized"].get(name, 0.0)
        row = next(at)
        assert (row["name"], float(row["coefficient"]), row["standardized"]) == (
            "((intercept))",
            entry["intercept"],
            "",
        )


def test_markdown_is_one_table(odd: str) -> None:
    """Every line is a row of four cells; nothing in a name is taken for Markdown."""
    lines = path(odd, "--alphas", "1,0.3", "--format", "markdown").out.splitlines()
    cells = [re.split(r"(?<!\\)\|", line) for line in lines]
    assert {len(row) for row in cells} == {6}
    assert len(lines) == 2 + 2 * (len(NAMES) + 1)


@pytest.mark.parametrize("suffix", [".json", ".csv", ".tsv", ".md", ".txt"])
def test_output_is_what_standard_output_would_have_been(suffix: str, tmp_path: Path) -> None:
    """The format is that of the suffix; standard output stays empty."""
    formats = {".json": "json", ".csv": "csv", ".tsv": "tsv", ".md": "markdown", ".txt": "table"}
    said = path(*LPSA, "-o", tmp_path / f"x{suffix}")
    assert (said.code, said.out) == (0, "")
    assert (tmp_path / f"x{suffix}").read_text("utf-8") == path(*LPSA, "--format", formats[suffix]).out


def test_quiet_and_verbose_do_not_touch_the_result() -> None:
    """--quiet leaves standard error empty, --verbose says what took how long; the warnings stay in the JSON."""
    usual, quiet, verbose = (path(DIABETES, "--json", *more) for more in ((), ("-q",), ("-v",)))
    assert usual.out == quiet.out == verbose.out
    assert quiet.err == ""
    assert quiet.json["warnings"] != []
    assert len(re.findall(r"^ +\d+\.\d+ s  \w", verbose.err, re.MULTILINE)) >= 3


@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_not_certified(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 4; the result is there all the same, and a warning on standard error."""
    monkeypatch.setattr(certificate, "GAP_BOUND", -1.0)
    said = path(DIABETES, "--n-alphas", 5, "--format", format)
    assert said.code == 4
    assert len(said.out.splitlines()) > 5
    assert "Warning: " in said.err
    if format == "table":
        assert "NOT certified" in said.out


def test_equal_columns_are_said(tmp_path: Path) -> None:
    """On standard error and in `warnings`."""
    source = tmp_path / "t.csv"
    source.write_text("a,b,c,y\n1,1,5,2\n2,2,3,4\n3,3,4,5\n", encoding="utf-8")
    said = path(source, "--json")
    assert "b = a" in said.err
    assert "equal_columns" in [warning["code"] for warning in said.json["warnings"]]


# What comes next


@pytest.mark.parametrize(
    "words",
    ["", "-p l2", "-p enet --l1-ratio 0.3", "--alphas 3,1,0.1", "--n-alphas 20 --alpha-min-ratio 0.01",
     "--convention glmnet -p enet", "--no-standardize", "--no-intercept", "-x 's*,bmi' --exclude s1",
     "--solver sklearn --n-alphas 12"],
)  # fmt: skip
def test_next_cross_validates_the_same_path(words: str) -> None:
    """The command runs as it stands: the same columns, and the same alphas but for those that extend the grid."""
    found = result("path", DIABETES, *shlex.split(words), *([] if "--alphas" in words else ["--full-path"]))
    chosen = pasted(found["next"])
    assert chosen["command"] == "cv"
    assert chosen["data"] == found["data"]
    alphas = [entry["alpha"] for entry in chosen["path"]]
    assert {entry["alpha"] for entry in found["path"]} <= set(alphas)
    assert len(alphas) == len(found["path"]) + chosen["chosen"]["extended"]
    assert found["next"] in path(DIABETES, *shlex.split(words)).out


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
@pytest.mark.parametrize("convention", ["mean", "sklearn", "glmnet", "sum", "mse"])
def test_each_point_of_the_path_is_the_fit_there(convention: str, penalty: str) -> None:
    """`fit` at an alpha that was given gives the coefficients of the path: both are exact, to 1e-9 of the largest."""
    words = ["-p", penalty, "--convention", convention, *(["--l1-ratio", "0.3"] if penalty == "elasticnet" else [])]
    alphas = ["2", "0.5"] if convention != "sum" else ["900", "200"]
    found = result("path", DIABETES, *words, "--alphas", ",".join(alphas))
    for alpha, entry in zip(alphas, found["path"], strict=True):
        model = result("fit", DIABETES, *words, "-a", alpha)["model"]
        expected = {row["name"]: row["standardized"] for row in model["coefficients"] if row["standardized"]}
        assert entry["standardized"] == pytest.approx(expected, abs=1e-9 * max(map(abs, expected.values())))
        assert entry["intercept"] == pytest.approx(model["intercept"], rel=1e-9)
        assert (entry["l1"], entry["l2"]) == pytest.approx((model["l1"], model["l2"]), rel=1e-12)


# Pictures


@pytest.mark.parametrize(
    ("axis", "suffix"), [(None, ".png"), (None, ".PNG"), ("alpha", ".svg"), ("l1-norm", ".pdf"), ("deviance", ".svg")]
)
def test_plot_writes_the_picture(suffix: str, axis: str | None, tmp_path: Path) -> None:
    """The file holds the picture of the document; the result goes where it always goes; standard error says so."""
    pytest.importorskip("matplotlib")
    picture = tmp_path / f"p{suffix}"
    words = (*LPSA, "--n-alphas", 12)
    said = path(*words, "--plot", picture, *(["--x-axis", axis] if axis else []))
    assert (said.code, said.out) == (0, path(*words).out)
    assert said.err == f"Written: {picture}\n"
    assert picture.read_bytes() == to_picture(result("path", *words), suffix.lower(), axis or "alpha")
    assert picture.read_bytes()[:4] in (b"\x89PNG", b"<?xm", b"%PDF")
    assert [file.name for file in tmp_path.iterdir()] == [picture.name]


def test_plot_beside_output(tmp_path: Path) -> None:
    """Both files are written, standard output stays empty; with --quiet so does standard error."""
    pytest.importorskip("matplotlib")
    files = {name: tmp_path / name for name in ("p.png", "x.json")}
    said = path(*LPSA, "--plot", files["p.png"], "-o", files["x.json"], "-q")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert all(file.stat().st_size > 1000 for file in files.values())


def test_hostile_names_in_a_picture(odd: str, tmp_path: Path) -> None:
    """An SVG that a browser can read, whatever the columns are called."""
    pytest.importorskip("matplotlib")
    import xml.etree.ElementTree as ElementTree

    assert path(odd, "--plot", tmp_path / "p.svg").code == 0
    text = (tmp_path / "p.svg").read_text("utf-8")
    ElementTree.fromstring(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)


@pytest.mark.parametrize("place", ["missing/p.png", "folder.png", "file.csv/p.png"])
def test_pictures_that_cannot_be_are_refused_before_any_work(place: str, tmp_path: Path) -> None:
    """Exit 5 even where the data could not have been read."""
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file.csv").write_text("x")
    check_error(path("no-such-file.csv", "--plot", tmp_path / place), 5)


def test_a_picture_over_the_input_is_refused(tmp_path: Path) -> None:
    """By its own name or through a link; the data stays as it was."""
    source = table(tmp_path / "data.png", ["a", "b"])
    (tmp_path / "link.svg").symlink_to(source)
    before = source.read_bytes()
    for name in ("data.png", "link.svg"):
        said = path(source, "--plot", tmp_path / name)
        check_error(said, 2)
    assert source.read_bytes() == before


def test_an_error_leaves_the_old_picture(tmp_path: Path) -> None:
    """Whatever goes wrong before the picture is there, that of the last run is untouched."""
    picture = tmp_path / "p.png"
    picture.write_text("old")
    for source, words in ((DIABETES, ["-y", "nobody"]), ("nothing.csv", [])):
        assert path(source, "--plot", picture, *words).code in (2, 3)
        assert [file.name for file in tmp_path.iterdir()] == ["p.png"]
        assert picture.read_text() == "old"


@pytest.mark.parametrize("verb", ["fit", "path", "cv"])
def test_without_matplotlib(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2 with the line that installs it, before the data is read; without --plot nothing is missing."""
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    said = regcli(verb, "no-such-file.csv", "--plot", tmp_path / "p.png")
    check_error(said, 2)
    assert said.hint == "pip install 'regcli[plot]'"
    assert list(tmp_path.iterdir()) == []
    assert regcli(verb, DIABETES, *(["-a", 1] if verb == "fit" else ["--n-alphas", 5])).code == 0


def test_features_that_never_enter_are_named() -> None:
    """A path that ends early says what is zero all along."""
    found = result("path", DIABETES, "--alphas", "30,20")
    never = [name for name in found["data"]["features"] if name not in found["path"][-1]["coefficients"]]
    said = path(DIABETES, "--alphas", "30,20").out
    assert f"zero all along: {', '.join(never)}" in said
    assert f"from {short(30)} down to {short(20)}" in said
