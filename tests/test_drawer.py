"""A drawer of awkward files: whatever is in one, every command that reads data ends as it should."""

from __future__ import annotations

import csv
import io
import shlex
from pathlib import Path

import pytest
from commandline import Said, check_error, regcli, strict_json
from hypothesis import given, settings
from hypothesis import strategies as st
from support import DATA

import regcli as package

DRAWER = sorted(
    path
    for folder in ("awkward", "messy/csv_spectrum/csvs", "messy/pandas")
    for path in (DATA / folder).iterdir()
    if path.is_file() and path.suffix in (".csv", ".tsv", ".txt", ".gz", ".zip")
)
COMMANDS = {
    "inspect": "inspect {} --vif",
    "fit": "fit {} -a 1",
    "path": "path {} -p enet --n-alphas 5",
    "cv": "cv {} -p l2 --n-alphas 5 -k 3",
    "compare": "compare {} -k 3 -a 1",
    "predict": "predict MODEL {}",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the columns a and b that many of the files have."""
    path = tmp_path_factory.mktemp("model") / "m.json"
    package.fit(DATA / "awkward" / "crlf_line_ends.csv", alpha=0.1).save(path)
    return path


def check(said: Said, code: int | None = None) -> None:
    """An end as the page on exit codes has it: 0 or 4 with a result, 2 or 3 with an error and nothing else."""
    assert said.code in (0, 2, 3, 4) if code is None else said.code == code, said.err
    assert "Traceback" not in said.err
    if said.code in (2, 3):
        check_error(said, said.code)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("path", DRAWER, ids=[path.name for path in DRAWER])
def test_every_command_on_every_file(path: Path, command: str, model: Path) -> None:
    """Never a traceback, never NaN in JSON; an error leaves standard output empty and stands in one to three lines.

    What `Try:` says as a whole command is tried, and may only fail for another reason.
    """
    words = [str(model) if word == "MODEL" else word for word in shlex.split(COMMANDS[command].format(path))]
    said = regcli(*words, "--json")
    check(said)
    if said.code in (0, 4):
        strict_json(said.out)
        return
    for _ in range(3):
        if said.hint is None or not said.hint.startswith("regcli "):
            break
        before, said = said, regcli(*shlex.split(said.hint)[1:])
        check(said)
        assert said.err != before.err


@pytest.mark.parametrize("path", DRAWER, ids=[path.name for path in DRAWER])
def test_inspect_never_fails_where_fit_succeeds(path: Path) -> None:
    """And where the file can be read at all, something is said of each column."""
    fitted, inspected = regcli("fit", path, "-a", 1), regcli("inspect", path)
    if fitted.code in (0, 4):
        assert inspected.code == 0, inspected.err
    if inspected.code != 0:
        assert inspected.err.splitlines()[0] == fitted.err.splitlines()[0]


CELLS = st.one_of(
    st.integers(-1000, 1000).map(str),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.sampled_from(
        ["", "NA", "true", "False", "?", "-", "1,5", "$3", "2024-01-31", "a", "b", "x y", '"', "=1+1", "inf"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6),
)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=0, max_size=5)


@settings(max_examples=60, deadline=None)
@given(
    header=st.lists(NAMES, min_size=2, max_size=5),
    rows=st.data(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_table(header: list[str], rows: st.DataObject, quoting: int, delimiter: str, end: str) -> None:
    """Any mix of types, sizes and quotes: an answer or an error of ours, in every command; inspect wherever fit."""
    count = rows.draw(st.integers(0, 12))
    table = [[rows.draw(CELLS) for _ in header] for _ in range(count)]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([header, *table])
    codes = {}
    for command in ("inspect", "fit", "cv"):
        words = {"inspect": [], "fit": ["-a", "0.1"], "cv": ["-k", "2", "--n-alphas", "3"]}[command]
        said = regcli(command, "-", *words, "--json", "--missing", "median", stdin=text.getvalue().encode())
        check(said)
        if said.code in (0, 4):
            strict_json(said.out)
        codes[command] = said.code
    assert not (codes["fit"] in (0, 4) and codes["inspect"] != 0)


NUMBERS = st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6, allow_nan=False))


@settings(max_examples=60, deadline=None)
@given(
    columns=st.lists(
        st.one_of(
            st.lists(NUMBERS, min_size=6, max_size=6),
            st.lists(st.sampled_from(["red", "gr een", 'bl"ue', "a,b", "ü"]), min_size=6, max_size=6),
        ),
        min_size=1,
        max_size=4,
    ),
    delimiter=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_a_clean_table_reads_as_the_csv_module_reads_it(
    columns: list[list[object]], delimiter: str, quoting: int
) -> None:
    """Numbers and words in any quotes: inspect succeeds, with the extremes of each column of numbers and the levels of
    each column of words as the csv module has them."""
    names = [f"c{place}" for place in range(len(columns))]
    table = [[*names, "y"], *([*row, place * place] for place, row in enumerate(zip(*columns, strict=True)))]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows(table)
    said = regcli("inspect", "-", "--sep", delimiter, "-y", "y", "--json", stdin=text.getvalue().encode())
    assert said.code == 0, said.err
    found = {column["name"]: column for column in strict_json(said.out)["columns"]}
    read = list(csv.DictReader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter))
    assert strict_json(said.out)["data"]["rows_read"] == len(read) == 6
    for name, cells in zip(names, columns, strict=True):
        texts = [row[name] for row in read]
        if isinstance(cells[0], str):
            assert found[name]["distinct"] == len({text.strip() for text in texts})
        else:
            assert found[name]["min"] == min(map(float, texts))
            assert found[name]["max"] == max(map(float, texts))
