"""Several files read as one; and files without a header, with lines to skip, comments and bad rows."""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regcli.data.reading import parsing
from regcli.data.sources import Rows, read
from regcli.errors import DataError, RegcliError, UsageError, visible
from regcli.specs import DataSpec

Write = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a.csv, b.csv ... into the working folder."""
    monkeypatch.chdir(tmp_path)

    def run(*contents: str | bytes) -> list[str]:
        names = [f"{chr(97 + place)}.csv" for place in range(len(contents))]
        for name, content in zip(names, contents, strict=True):
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return names

    return run


def codes(rows: Rows) -> list[str]:
    return [notice.code for notice in rows.notices]


# Several files


@pytest.mark.parametrize("large", [0, 1 << 30])
def test_several_files_are_one(large: int, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Types and levels come from all files together, as if one had been appended to the other without its header."""
    monkeypatch.setattr(parsing, "LARGE", large)
    files = write("a,t,y\n1,x,1\n2,y,2", "a,t,y\r\n2.5,3,3\r\n\r\n4,z,4\r\n", "a,t,y\n,5,6\n")
    whole = "one.txt"
    Path(whole).write_text("a,t,y\n1,x,1\n2,y,2\n2.5,3,3\n4,z,4\n,5,6\n")
    rows, twin = read(DataSpec(files)), read(DataSpec(whole))
    pd.testing.assert_frame_equal(rows.frame, twin.frame, check_exact=True)
    assert rows.name == "3 files (a.csv, b.csv, c.csv)"
    assert rows.rows_read == 5
    assert rows.where([0]) == "a.csv line 2"
    assert rows.where([3]) == "b.csv line 4"
    assert rows.where([0, 1, 2]) == "a.csv lines 2, 3, b.csv line 2"
    assert rows.where([2, 3, 4, 0]) == "b.csv lines 2, 4, c.csv line 2 and 1 more"
    assert rows.lines([4, 0, 3]) == [2, 2, 4]


def test_globs_match_in_order(write: Write) -> None:
    """A glob that is no file's name stands for its matches, sorted; one match is one file; none is an error."""
    write("a,y\n1,1\n", "a,y\n2,2\n", "a,y\n3,3\n")
    assert read(DataSpec("*.csv")).frame["a"].tolist() == [1, 2, 3]
    assert read(DataSpec("[bc].csv")).frame["a"].tolist() == [2, 3]
    assert read(DataSpec(["c.csv", "[ab].csv"])).frame["a"].tolist() == [3, 1, 2]
    one = read(DataSpec("b*"))
    assert (one.name, one.where([0])) == ("b.csv", "line 2")
    Path("[x].csv").write_text("a,y\n9,9\n")
    assert read(DataSpec("[x].csv")).frame["a"].tolist() == [9]
    with pytest.raises(DataError, match=r"no file matches x\*"):
        read(DataSpec("x*"))
    with pytest.raises(UsageError, match="given twice"):
        read(DataSpec(["a.csv", "./a.csv"]))


def test_standard_input_may_be_one_of_several(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """'-' among files, packed files among plain ones, other encodings with their mark."""
    write("a,y\n1,1\n", gzip.compress(b"a,y\n2,2\n"), "a,y\n3,3\n".encode("utf-16"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a,y\n4,4\n")))
    rows = read(DataSpec(["a.csv", "-", "b.csv", "c.csv"]))
    assert rows.frame["a"].tolist() == [1, 4, 2, 3]
    assert rows.where([1]) == "standard input line 2"
    assert rows.name == "4 files (a.csv, standard input, b.csv and 1 more)"
    with pytest.raises(UsageError, match="twice"):
        read(DataSpec(["-", "-"]))


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("a,y,b\n1,2,3\n", ["2 columns", "3"]),
        ("a,z\n1,2\n", ["column 2", "'y'", "'z'"]),
        ("y,a\n1,2\n", ["column 1", "'a'", "'y'"]),
        ("a;y\n1;2\n", ["separated", "','", "';'"]),
        ("a,y\n1,2,\n", ["2 cells", "3"]),
        ("a,y\n", ["0 data rows"]),
        ("", ["empty"]),
        ("a,y\n1,2\n3\n", ["b.csv, line 3", "1 cell"]),
        ('a,y\n\n1,2\n3,"4\n', ["b.csv", "line 4", "never closed"]),
    ],
)
def test_files_that_differ(second: str, words: list[str], write: Write) -> None:
    """Other columns, another delimiter, a damaged file: an error that names the file, or both, and the difference."""
    files = write("a,y\n1,2\n", second)
    with pytest.raises(DataError) as error:
        read(DataSpec(files))
    assert all(word in str(error.value) for word in [*words, "b.csv"]), str(error.value)
    assert "differ" not in str(error.value) or "a.csv" in str(error.value)


def test_quotes_do_not_reach_into_the_next_file(write: Write) -> None:
    """A quote lost in one file and one lost in the next never make a pair."""
    files = write('a,y\n1,"2', 'a,y\n3,"\n')
    with pytest.raises(DataError, match=r"a.csv: the quote opened in line 2 is never closed"):
        read(DataSpec(files))


@pytest.mark.parametrize("source", [[], ["a.csv", 3], [pd.DataFrame({"a": [1], "y": [2]}), "a.csv"], ["a", ["b"]]])
def test_lists_of_other_things(source: Any) -> None:
    """Only paths may stand in a list."""
    with pytest.raises(UsageError, match="rows come from"):
        read(DataSpec(source))


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["1", "2.5", '"x\ny"', "", "NA", '"a,b"']), st.integers(0, 9)), min_size=1),
        min_size=2,
        max_size=4,
    ),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts_of_a_file_read_like_the_file(tmp_path: Path, tables: list[list[tuple[str, int]]], end: str) -> None:
    """However a file is cut at its rows, the parts read like the whole, and every row knows its file and its line."""
    files, expected = [], []
    for place, table in enumerate(tables):
        content = end.join(["t,y", *(f"{cell},{number}" for cell, number in table)])
        files.append(str(tmp_path / f"{place}.csv"))
        Path(files[-1]).write_bytes(content.encode())
        at = 1 + end.count("\n")
        for cell, _ in table:
            expected.append((files[-1], at))
            at += cell.count("\n") + end.count("\n")
    whole = tmp_path / "whole.txt"
    whole.write_bytes("\n".join(["t,y", *(f"{cell},{n}" for table in tables for cell, n in table)]).encode())
    rows = read(DataSpec(files))
    pd.testing.assert_frame_equal(rows.frame, read(DataSpec(whole)).frame, check_exact=True)
    assert [rows.where([place]) for place in range(len(rows.frame))] == [
        f"{name} line {line}" for name, line in expected
    ]


# No header


def test_files_without_a_header(write: Write) -> None:
    """The first row is data; columns are named by their place, and that is said once."""
    (path,) = write("1,0.5,3\n4,5,6\n")
    rows = read(DataSpec(path, header=False))
    assert list(rows.frame) == ["column_1", "column_2", "column_3"]
    assert rows.frame.to_numpy().tolist() == [[1, 0.5, 3], [4, 5, 6]]
    assert codes(rows) == ["empty_names"]
    assert rows.lines([0, 1]) == [1, 2]
    assert next(notice.message for notice in read(DataSpec(path)).notices).endswith("--no-header)")


def test_files_without_a_header_are_as_strict(write: Write) -> None:
    """Delimiters at the ends are dropped, empty columns keep the numbers of the others, ragged rows are errors."""
    (path,) = write("\n1;;x;\n2;;y;\n")
    rows = read(DataSpec(path, header=False))
    assert list(rows.frame) == ["column_1", "column_3"]
    assert (rows.delimiter, rows.lines([0])) == (";", [2])
    assert read(DataSpec(write("1,2\n")[0], header=False)).frame.to_numpy().tolist() == [[1, 2]]
    with pytest.raises(DataError, match="line 2: 3 cells where 2 are expected"):
        read(DataSpec(write("1,2\n3,4,5\n")[0], header=False))
    with pytest.raises(DataError, match="one column only"):
        read(DataSpec(write("1\n2\n")[0], header=False))
    several = read(DataSpec(write("1,2\n", "3,4\n"), header=False))
    assert several.frame["column_1"].tolist() == [1, 3]
    assert several.where([1]) == "b.csv line 1"


# Lines at the top


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_at_the_top_are_skipped(end: str, write: Write) -> None:
    """What stands above the header, quotes and delimiters in it too; lines keep their numbers."""
    lines = ['a title; "with', "more, and, commas", "", "a,y", "1,2", "3,4", ""]
    (path,) = write(end.join(lines))
    rows = read(DataSpec(path, skip_lines=3))
    assert rows.frame.to_numpy().tolist() == [[1, 2], [3, 4]]
    assert rows.lines([0, 1]) == [5, 6]
    assert read(DataSpec(path, skip_lines=4, header=False)).frame.to_numpy().tolist() == [[1, 2], [3, 4]]
    with pytest.raises(DataError, match="line 5: 3 cells"):
        read(DataSpec(write(end.join([*lines[:4], "1,2,3", "4,5"]))[0], skip_lines=3))


@pytest.mark.parametrize("content", ["a,y\n1,2\n", "a,y\n1,2"])
def test_no_more_lines_can_be_skipped_than_there_are(content: str, write: Write) -> None:
    """As many lines as there are, or more: an error with their number."""
    (path,) = write(content)
    for skip in (2, 3, 1000):
        with pytest.raises(DataError, match=r"has 2 lines: --skip-lines"):
            read(DataSpec(path, skip_lines=skip))


# Comments


def test_comments_are_passed_over(write: Write) -> None:
    """Above the header, between rows, at the end, indented, with quotes and delimiters; never within a quoted cell."""
    content = '# made by "x\n#a;b;c\na,t,y\n1,"x\n# no comment\ny",1\n  # it\'s, 2, 3\n2,#z,2\n#\n3,"# w",3\n\t#end'
    (path,) = write(content)
    rows = read(DataSpec(path, comment="#"))
    assert rows.frame["a"].tolist() == [1, 2, 3]
    assert rows.frame["t"].tolist() == ["x\n# no comment\ny", "#z", "# w"]
    assert rows.lines([0, 1, 2]) == [4, 8, 10]
    assert next(notice for notice in rows.notices if notice.code == "comment_lines").message == (
        "5 lines of a.csv that begin with '#' passed over (lines 1, 2, 7 and 2 more)"
    )
    assert rows.delimiter == ","


def test_comments_of_several_characters_and_other_delimiters(write: Write) -> None:
    """A mark of two characters; a tab that delimits is no blank before the mark."""
    (path,) = write("// x\na\ty\n\t//\n/1\t2\n")
    rows = read(DataSpec(path, comment="//"))
    assert rows.frame["y"].tolist() == ["//", "2"]
    assert codes(rows) == ["comment_lines", "delimiter"]
    assert codes(read(DataSpec(write("a,y\n1,2\n")[0], comment="#"))) == []
    rows = read(DataSpec(write("#x\na,y\n1,2\n", "a,y\n#\n3,4\n"), comment="#"))
    assert rows.where([1]) == "b.csv line 3"
    assert codes(rows) == ["comment_lines", "comment_lines"]


LINES = st.sampled_from(["1,2", "#", "# 1,2", ' # "', 'x,"#\n# y"', "5'11\",#", "", '"a""b",3', "# a, b, c"])


@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_comments_are_as_if_they_were_not_there(tmp_path: Path, body: list[str], end: str) -> None:
    """The same frame as the file without the lines of comment, and the lines of the file with them."""
    body = ["a,y", *body, "7,8"]
    (tmp_path / "with.csv").write_bytes(end.join(body).encode())
    clean = [line for line in body if not line.strip().startswith("#")]
    (tmp_path / "without.csv").write_bytes(end.join(clean).encode())
    rows = read(DataSpec(tmp_path / "with.csv", comment="#", sep=","))
    twin = read(DataSpec(tmp_path / "without.csv", sep=","))
    pd.testing.assert_frame_equal(rows.frame, twin.frame, check_exact=True)
    at, expected = 1, []
    for line in body:
        if line and not line.strip().startswith("#"):
            expected.append(at)
        at += 1 + line.count("\n")
    assert rows.lines(range(len(rows.frame))) == expected[1:]


# Rows of another width


@pytest.mark.parametrize(
    ("content", "frame", "lines", "dropped"),
    [
        ("a,y\n1,2\n3\n4,5,6\n7,8\n", [[1, 2], [7, 8]], [2, 5], 2),
        ("a,y\n1,2,3\n4\n7,8\n", [[7, 8]], [4], 2),
        ("a,y\n1,2,\n4,5\n7,8,9\n7,8,\n", [[1, 2], [7, 8]], [2, 5], 2),
        ('a,y\n1,"2"\n"x\ny"\n\n"7",8\n', [[1, 2], [7, 8]], [2, 6], 1),
        ("a,y\n1,2\n3", [[1, 2]], [2], 1),
        ("a,y\n1,2\n,\n3\n7,8\n", [[1, 2], [7, 8]], [2, 5], 1),
    ],
)
def test_bad_rows_are_dropped_when_asked(
    content: str, frame: list[list[int]], lines: list[int], dropped: int, write: Write
) -> None:
    """Rows of another width are left out, counted and placed; the rows beside them keep their lines."""
    (path,) = write(content)
    rows = read(DataSpec(path, bad_rows="drop"))
    assert rows.frame.to_numpy().tolist() == frame
    assert rows.lines(range(len(frame))) == lines
    assert rows.dropped_rows[0] == ("another width", dropped)
    assert rows.rows_read == len(frame) + sum(count for _, count in rows.dropped_rows)
    assert "bad_rows" in codes(rows)
    with pytest.raises(DataError) as error:
        read(DataSpec(path))
    assert "quote the cells that hold ','" in str(error.value.hint)
    assert str(error.value.hint).endswith("--bad-rows drop")


def test_bad_rows_of_several_files(write: Write) -> None:
    """They are counted together and named with their file; a lost quote stays an error."""
    files = write("a,y\n1,2\n3\n", "a,y\n4\n5,6\n")
    rows = read(DataSpec(files, bad_rows="drop"))
    assert rows.frame.to_numpy().tolist() == [[1, 2], [5, 6]]
    assert rows.where([1]) == "b.csv line 3"
    notice = next(notice for notice in rows.notices if notice.code == "bad_rows")
    assert notice.message.startswith("2 rows of 4 dropped")
    assert "a.csv line 3, b.csv line 2" in notice.message
    with pytest.raises(DataError, match="never closed"):
        read(DataSpec(write('a,y\n1\n3,"4\n')[0], bad_rows="drop"))
    with pytest.raises(DataError, match="name the first column too"):
        read(DataSpec(write("a,y\nr,3,4\nr,5,6\n")[0], bad_rows="drop"))


def test_dropping_agrees_with_the_csv_module(write: Write) -> None:
    """Of random rows exactly those with as many cells as the header are left."""
    draw = random.Random(7)
    for _ in range(50):
        table = [
            [draw.choice(["1", "2", 'x,"y"', "z\nw"]) for _ in range(draw.choice([2, 3, 3, 3, 4]))] for _ in range(9)
        ]
        out = io.StringIO()
        csv.writer(out).writerows([["a", "b", "y"], ["1", "1", "1"], *table])
        rows = read(DataSpec(write(out.getvalue())[0], bad_rows="drop"))
        kept = [["1", "1", "1"], *(row for row in table if len(row) == 3)]
        assert rows.frame.astype(str).to_numpy().tolist() == kept
        assert rows.rows_read == 10


SOUP = st.lists(st.sampled_from(["1", "x", '"', ",", ",", "\n", "\n", "#", "\r\n", "NA", '""', " "]), max_size=30)


@given(
    SOUP.map("".join),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from([None, "#"]),
    st.sampled_from(["error", "drop"]),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_upsets_the_options_together(
    tmp_path: Path, content: str, header: bool, skip: int, comment: str | None, bad: Any
) -> None:
    """Whatever the text and the options, it reads with as many lines as rows, or fails with an error of ours."""
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + content, newline="")
    try:
        rows = read(DataSpec(os.fspath(path), header=header, skip_lines=skip, comment=comment, bad_rows=bad))
    except RegcliError as error:
        assert all(visible(line) == line for line in error.lines())
    else:
        lines = rows.lines(range(len(rows.frame)))
        assert lines == sorted(set(lines))
        assert rows.rows_read == len(rows.frame) + sum(count for _, count in rows.dropped_rows)
