"""`regcli sample`: the data sets that come with regcli, listed and written byte for byte."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from commandline import (
    DIABETES,
    REGCLI,
    ROOT,
    at_terminal,
    check_error,
    environment,
    fit,
    process,
    regcli,
    shell,
    typed_next,
)
from test_project import HEAVY, loaded_by

from regcli import __version__
from regcli.samples import SAMPLES, Sample

FOLDER = ROOT / "sample_data"
NAMES = [sample.name for sample in SAMPLES]
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)


def bytes_of(sample: Sample) -> bytes:
    """The file as it stands in the repository."""
    return (FOLDER / f"{sample.name}.csv").read_bytes()


def test_every_file_is_a_sample() -> None:
    """What is in the folder is what is listed."""
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob("*.csv"))


@every_sample
def test_what_is_said_of_a_sample_is_true(sample: Sample) -> None:
    """Rows, columns, target and separator are the file's; the README says the same, with source and licence."""
    with (FOLDER / f"{sample.name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=sample.separator)
    assert (len(rows), {len(row) for row in rows}) == (sample.rows, {sample.columns})
    assert len(header) == sample.columns
    assert sample.target in header
    page = (FOLDER / "README.md").read_text("utf-8")
    (entry,) = [line for line in page.splitlines() if line.startswith(f"| [{sample.name}.csv]")]
    size, target, separator, licence = [cell.strip() for cell in entry.strip("|").split("|")][1:]
    assert size == f"{sample.rows} x {sample.columns}"
    assert target.startswith(f"`{sample.target}`")
    assert separator == {",": "comma", ";": "semicolon"}[sample.separator]
    assert licence.startswith(sample.licence)
    section = page.split(f"## {sample.name}.csv")[1].split("\n## ")[0]
    assert "- Source: " in section
    assert "- Licence: " in section


@every_sample
def test_a_sample_is_written_byte_for_byte(sample: Sample, tmp_path: Path) -> None:
    """To standard output or to a file, with its source and licence in one line on standard error."""
    note = f"Note: {sample.name}: {sample.source}; licence: {sample.licence}\n"
    path = tmp_path / "here.csv"
    said = regcli("sample", sample.name)
    assert (said.code, said.out.encode(), said.err) == (0, bytes_of(sample), note)
    said = regcli("sample", sample.name, "--output", path)
    assert (said.code, said.out, said.err) == (0, "", f"{note}Written: {path}\n")
    assert path.read_bytes() == bytes_of(sample)
    assert list(tmp_path.iterdir()) == [path]


def test_quiet_says_nothing(tmp_path: Path) -> None:
    """--quiet leaves standard error empty; the suffix of the file's name may be given."""
    done = process("sample", "concrete.csv", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, (FOLDER / "concrete.csv").read_bytes(), b"")
    said = regcli("sample", "concrete", "-q", "-o", tmp_path / "c.csv")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_sample_is_data_for_the_other_commands() -> None:
    """Through a pipe, as one would try it."""
    piped = shell("regcli sample diabetes -q | regcli fit - --penalty l1 --alpha 2 --format csv -q")
    assert (piped.returncode, piped.stderr) == (0, b"")
    assert piped.stdout.decode() == fit(DIABETES, "--penalty", "l1", "--alpha", 2, "--format", "csv", "-q").out


def test_the_list() -> None:
    """One line a data set, no wider than 80 columns, and the same at a terminal; then a command that works."""
    said = regcli("sample")
    head, *lines, empty, following = said.out.splitlines()
    assert (said.code, said.err, empty) == (0, "", "")
    assert re.split(r"  +", head) == ["name", "rows x columns", "target", "what it is"]
    for line, sample in zip(lines, SAMPLES, strict=True):
        assert line.split(maxsplit=5) == [
            sample.name, str(sample.rows), "x", str(sample.columns), sample.target, sample.about
        ]  # fmt: skip
    assert all(len(line) <= 80 for line in lines)
    assert following.removeprefix("Next  ").startswith("regcli sample diabetes ")
    assert at_terminal("sample", columns=80) == (0, said.out)


def test_the_list_as_json() -> None:
    """All that is known of each data set, under stable keys."""
    said = regcli("sample", "--json")
    assert said.code == 0
    assert said.json == {
        "schema": "regcli.sample/1",
        "version": __version__,
        "command": "sample",
        "samples": [sample._asdict() for sample in SAMPLES],
    }
    assert set(said.json["samples"][0]) == {
        "name", "rows", "columns", "target", "separator", "about", "source", "licence",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["penguin"], "regcli sample penguins"),
        (["Diabetes.csv"], "regcli sample diabetes"),
        (["wine_quality"], "regcli sample winequality_white"),
        (["xyzzy"], "regcli sample"),
        (["../LICENSE"], "regcli sample"),
        (["diabetes", "--json"], "regcli sample --json"),
    ],
)
def test_what_cannot_be_meant(words: list[str], hint: str) -> None:
    """A name that is none leads to the nearest or to the list, and so does an option that does not fit."""
    said = regcli("sample", *words)
    check_error(said, 2)
    assert said.hint == hint
    assert typed_next(said, []).code == 0


def test_output_without_a_name(tmp_path: Path) -> None:
    """The list is not written to a file; what is said next writes a data set there."""
    path = tmp_path / "a b.csv"
    said = regcli("sample", "--output", path)
    check_error(said, 2)
    assert not path.exists()
    assert typed_next(said, []).code == 0
    assert path.read_bytes() == bytes_of(SAMPLES[0])


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that is missing or in the way, a full disk, and the sample's own file, are refused as elsewhere."""
    check_error(regcli("sample", "diabetes", "-o", tmp_path / "no" / "d.csv"), 5)
    check_error(regcli("sample", "diabetes", "-o", tmp_path), 5)
    check_error(regcli("sample", "diabetes", "-o", FOLDER / "diabetes.csv"), 2)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    """As by the other commands."""
    path = tmp_path / "d.csv"
    path.write_text("old")
    assert regcli("sample", "diabetes", "-o", path).code == 0
    assert path.read_bytes() == (FOLDER / "diabetes.csv").read_bytes()


def test_the_reader_goes_away() -> None:
    """Exit 141, silently."""
    child = subprocess.Popen(
        [*REGCLI, "sample", "winequality_white", "-q"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.close()
    assert child.wait(timeout=60) == 141
    assert child.stderr is not None
    assert child.stderr.read() == b""
    child.stderr.close()


@pytest.mark.parametrize("words", [[], ["diabetes"], ["--json"], ["diabets"]])
def test_no_heavy_library_is_loaded(words: list[str]) -> None:
    """Neither NumPy nor pandas is needed to copy a file."""
    script = "import sys; from regcli.cli.app import run; run(sys.argv[1:]); sys.stdout.flush()"
    assert loaded_by("-c", script, "sample", *words) & (HEAVY | {"numpy"}) == set()


def test_the_wheel_takes_every_sample() -> None:
    """pyproject.toml names each file, with the README, the notice and the licences; the sdist has the folder."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
    taken = build["wheel"]["force-include"]
    expected = {path.name for path in FOLDER.iterdir() if path.name != "pictures"}
    assert taken == {f"sample_data/{name}": f"regcli/sample_data/{name}" for name in expected}
    assert "sample_data" in build["sdist"]["only-include"]


def test_a_wheel_has_the_samples_and_the_pages(tmp_path: Path) -> None:
    """Built as pip builds it, and read from there, outside the checkout; skipped where no build backend can be had."""
    pip = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "--wheel-dir", str(tmp_path)]
    built = subprocess.run(pip, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        if "No module named pip" in built.stderr or "hatchling" in built.stderr:
            pytest.skip("no pip, or no index to take hatchling from")
        pytest.fail(built.stderr)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name.removeprefix("regcli/sample_data/") for name in archive.namelist() if "/sample_data/" in name}
        archive.extractall(tmp_path / "site")
    assert {"README.md", "prostate.NOTICE.txt", "licenses/GPL-2.0.txt"} <= inside
    for sample in SAMPLES:
        done = process("sample", sample.name, "-q", env=environment(PYTHONPATH=str(tmp_path / "site")), cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, bytes_of(sample), b"")
        assert (tmp_path / "site" / "regcli" / "sample_data" / f"{sample.name}.csv").read_bytes() == bytes_of(sample)
    pages = tmp_path / "site" / "regcli" / "cli" / "explanations"
    done = process("explain", "l1", env=environment(PYTHONPATH=str(tmp_path / "site")), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, (pages / "l1.txt").read_bytes())
