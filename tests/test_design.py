"""From a file to a design: which columns and rows take part, what is said about the others, and what to type next."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, NAMES, check_error, document, fit, table, typed_next

import regcli
from regcli.data.columns import as_option, features_of
from regcli.data.splitting import drawn
from regcli.errors import UsageError
from regcli.specs import DataSpec

Write = Callable[..., str]
A = ("-a", "0.01")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def run(text: str, name: str = "t.csv") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return run


def codes(found: Any) -> list[str]:
    return [warning["code"] for warning in found["warnings"]]


# The target


@pytest.mark.parametrize(
    ("header", "words", "target"),
    [
        ("a,b,y", (), "y"),
        ("y,a,b", (), "y"),
        ("a,target,b", (), "target"),
        ("a,Y,b", (), "Y"),
        ("a,TARGET,b", (), "TARGET"),
        ("y,target,b", (), "b"),
        ("y,Y,b", (), "b"),
        ("a,b,c", (), "c"),
        ("a,b,y_hat", (), "y_hat"),
        ("a,b,y", ("-y", "a"), "a"),
        ("y,b,c", ("--target", "c"), "c"),
        ("a,y,b c", ("-y", "b c"), "b c"),
        ("a, y ,b", (), "y"),
    ],
)
def test_which_column_is_the_target(header: str, words: tuple[str, ...], target: str, write: Write) -> None:
    """The one named; else the only one called y or target; else the last. What was not named is said, and kept."""
    path = write(f"{header}\n1,2,7\n2,5,4\n6,3,1\n4,4,1\n")
    said = fit(path, *A, *words, "--json")
    found = said.json
    assert found["data"]["target"] == target
    assert target not in found["data"]["features"]
    assert len(found["data"]["features"]) == 2
    assert ("target_assumed" in codes(found)) is (not words)
    assert (f"the target is the column {target}," in said.err) is (not words)


# The features


@pytest.mark.parametrize(
    ("words", "features"),
    [
        ("", "a1 a2 b1 b*2 b,3 [c] d?"),
        ("-x a1", "a1"),
        ("-x a1,b1", "a1 b1"),
        ("-x b1,a1", "a1 b1"),
        ("-x a1 -x b1", "a1 b1"),
        ("-x ' a1 , b1 ,,'", "a1 b1"),
        ("-x a1,a1", "a1"),
        ("-x 'a*'", "a1 a2"),
        ("-x 'a?,b1'", "a1 a2 b1"),
        ("-x '?[12]'", "a1 a2 b1"),
        ("-x '[!a]*'", "b1 b*2 b,3 [c] d?"),
        ("-x '*'", "a1 a2 b1 b*2 b,3 [c] d?"),
        ("-x 'b*2'", "b*2"),
        ("-x b,3", "b,3"),
        ("-x a1 -x b,3", "a1 b,3"),
        ("-x '[c]'", "[c]"),
        ("-x 'd?'", "d?"),
        ("--exclude a1", "a2 b1 b*2 b,3 [c] d?"),
        ("--exclude 'a*,d?'", "b1 b*2 b,3 [c]"),
        ("--exclude b,3 --exclude 'b*2'", "a1 a2 b1 [c] d?"),
        ("-x 'a*' --exclude a2", "a1"),
        ("-x 'A*' --exclude '' -x a1", None),
        ("-y a1 --exclude 'a*'", "b1 b*2 b,3 [c] d? y"),
    ],
)
def test_which_columns_are_features(words: str, features: str | None, write: Write) -> None:
    """Names and globs, comma-separated and repeated, in the file's order; what is a name is never read as a glob."""
    header = 'a1,a2,b1,b*2,"b,3",[c],d?,y\n'
    rng = np.random.default_rng(3)
    path = write(header + "".join(",".join(f"{cell:.3f}" for cell in row) + "\n" for row in rng.normal(size=(20, 8))))
    said = fit(path, *A, *shlex.split(words), "--json")
    if features is None:
        check_error(said, 2)
    else:
        assert said.json["data"]["features"] == features.split()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_any_name_can_be_left_out_by_the_option_for_it(name: str) -> None:
    """What an error tells to exclude is excluded, and nothing else, whatever the name; what is typed can be shown."""
    option = as_option("--exclude", [name, "other"])
    assert option.isprintable()
    words = shlex.split(option)
    patterns = tuple(word for word in words if word != "--exclude")
    assert features_of(DataSpec("x", exclude=patterns), [*NAMES.values(), "other", "y"], ["y"]) == [
        other for other in NAMES.values() if other != name
    ]


# Cells that are missing or no numbers


BLOCKED = {
    "a gap": ("a,b,y\n1,2,3\n2,,4\n3,1,9\n4,2,1\n", ["b (1)", "line 3"]),
    "a gap in the target": ("a,b,y\n1,2,3\n2,7,\n3,1,9\n4,2,1\n", ["y (1)", "line 3"]),
    "gaps in many rows": ("a,b,y\n1,,3\n,,4\n3,1,\n4,,1\n5,4,3\n6,5,4\n", ["4 rows of 6", "b (3)", "a (1)", "1 more"]),
    "dates": ("a,b,y\n1,2024-01-01,3\n2,2024-01-02,4\n3,2024-02-01,9\n", ["b is a date", "'2024-01-01'", "line 2"]),
    "identifiers": ("id,b,y\nq1,5,3\nq2,3,4\nq3,4,9\n", ["id only names the rows", "'q1'", "line 2"]),
    "a marker": ("a,b,y\n1,2,3\n2,?,4\n3,1,9\n4,2,1\n", ["1 cell of b", "'?'", "line 3"]),
    "two markers": ("a,b,c,y\n1,1,?,3\n2,2,4,4\n3,3,3,9\n4,-,2,1\n5,1,2,3\n", ["1 cell of b", "1 cell of c"]),
    "a marker in the target": ("a,b,y\n1,2,3\n2,4,?\n3,1,9\n4,2,1\n", ["1 cell of y", "'?'", "line 3"]),
    "a marker beside gaps": ("a,b,y\n1,2,3\n2,?,4\n,1,9\n4,2,1\n5,7,1\n", ["1 cell of b", "1 row of 5", "a (1)"]),
    "decimal commas": ('a,b,y\n1,"1,5",3\n2,"2,25",4\n3,"3,5",9\n', ["3 cells of b", "'1,5'"]),
    "units": ("a,b,y\n1,12kg,3\n2,13kg,4\n3,15kg,9\n", ["3 cells of b", "'12kg'"]),
    "no cells": ("a,b,y\n1,,3\n2,,4\n3,,9\n", ["b has no cells"]),
    "no row without gaps": ("a,b,c,y\n1,,5,3\n2,,3,4\n3,,1,9\n,1,2,1\n5,,2,3\n", ["5 rows of 5", "b (4)"]),
    "everything at once": (
        "a,name,b,c,empty,day,y\n1,u,?,1,,2024-01-01,3\n2,v,4,,,2024-01-02,4\n3,w,5,2,,2024-02-01,?\n4,t,6,3,,2023-01-01,1\n"
        "5,s,1,2,,2022-01-01,7\n",
        ["1 cell of b", "1 cell of y", "name only names", "empty has no cells", "day is a date", "1 row of 5", "c (1)"],
    ),
    "an odd name": ('a,"b\x1b[31m,c",d,y\n1,u,s,3\n2,v,w,4\n3,t,v,9\n', ["b\\x1b[31m,c, d only name the rows"]),
    "an infinite cell": ("a,b,y\n1,2,3\n2,inf,4\n3,1,9\n4,2,1\n", ["b of", "infinite", "line 3"]),
    "a cell too large": ("a,b,c,y\n1,2,1,3\n2,1e400,5,4\n-1e999,1,3,9\n4,2,2,1\n", ["line 3", "1 cell more"]),
}
"""Files that cannot be used as they are, and what the one error says."""


@pytest.mark.parametrize("case", BLOCKED)
def test_everything_that_blocks_is_in_one_error(case: str, write: Write) -> None:
    """Exit 3 with columns, counts and lines; the options after `Try:`, added as they stand, make it work."""
    text, said_so = BLOCKED[case]
    command = ["fit", write(text), *A]
    said = fit(*command[1:])
    check_error(said, 3)
    for part in said_so:
        assert part in said.err, said.err
    then = typed_next(said, command)
    assert then.code == 0, f"{said.err}{then.err}"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a,b,y\n1,2,u\n2,4,v\n3,1,w\n", "is text, 3 different values"),
        ("a,b,y\n1,2,true\n2,4,true\n3,1,true\n", "one class only, 'true' in all 3 rows"),
        ("a,b,y\n1,2,\n2,4,\n3,1,\n", "no cells"),
        ("a,b,y\n1,2,12kg\n2,4,13kg\n3,1,15kg\n", "3 cells of y are not numbers"),
        ("a,b,y\n1,2,4\n2,4,4\n3,1,4\n", "constant, 4 in all 3 rows"),
        ("a,b,y\n1,2,3\n2,4,inf\n3,1,9\n", "infinite"),
        ("a,b,y\n1,2,1e-200\n2,4,2e-200\n3,1,7e-200\n", "double precision"),
        ("a,b,y\n1,1,3\n1,1,4\n1,1,9\n", "every feature"),
        ("a,b,y\n1,2,3\n", "1 usable row"),
        ("a,b,y\n1,2,3\n,4,3\n2,,4\n", "two are needed"),
        ("a,b,y\n", "0 data rows"),
        ("y\n1\n2\n3\n", "one column"),
        ("a,b,y\np,u,3\nq,v,4\nr,u,1\n", "a only names the rows"),
        ("a,b,y\n1,1e10,3\n2,10000000000.000002,4\n3,1e10,9\n", "b"),
    ],
)
def test_data_that_cannot_be_explained(text: str, part: str, write: Write) -> None:
    """A target or features that leave nothing to do: exit 3, and why."""
    said = fit(write(text), *A, "--missing", "drop")
    check_error(said, 3)
    assert part in said.err


def test_dropped_rows_are_counted_and_placed(write: Write) -> None:
    """Rows with missing cells are said on standard error and in the document, by column, with their lines."""
    text = "a,b,y\n1,5,3\n2,,4\n\n3,4,9\n,7,1\n5,?,2\n6,1,5\n"
    said = fit(write(text), *A, "--missing", "drop", "--na", "?", "--json")
    found = said.json
    assert found["data"]["dropped_rows"] == [{"reason": "missing cell", "rows": 3}]
    assert (found["data"]["rows_read"], found["data"]["rows_used"]) == (6, 3)
    message = next(row["message"] for row in found["warnings"] if row["code"] == "dropped_rows")
    assert message in said.err
    for part in ("3 rows of 6", "b (2)", "a (1)", "lines 3, 6, 7"):
        assert part in message


def test_dropping_equals_absence(write: Write) -> None:
    """A row that is dropped changes nothing else; gaps in columns that take no part drop nothing."""
    clean = "a,b,c,y\n1,5,1,3\n3,4,2,9\n5,2,3,2\n6,1,4,5\n"
    gaps = "a,b,c,y\n1,5,,3\n2,,2,4\n3,4,2,9\n5,2,,2\n6,1,4,5\n"
    one = document(write(clean), *A, "-x", "a,b")
    other = document(write(gaps, "gaps.csv"), *A, "-x", "a,b", "--missing", "drop")
    assert one["model"] == other["model"]
    assert document(write(gaps, "gaps.csv"), *A, "-x", "a")["data"]["rows_used"] == 5


def test_constant_columns_are_dropped_with_a_word(write: Write) -> None:
    """In the document, in the table and on standard error; the others are fitted as if it were not there."""
    path = write("a,k,b,y\n1,7.5,5,3\n2,7.5,3,4\n3,7.5,4,9\n")
    said = fit(path, *A)
    found = document(path, *A)
    assert [row["name"] for row in found["data"]["dropped_columns"]] == ["k"]
    assert found["data"]["features"] == ["a", "b"]
    assert "constant" in said.err
    assert any("k" in line and "constant" in line for line in said.out.splitlines())
    assert found["model"] == document(path, *A, "--exclude", "k")["model"]
    assert document(path, *A, "--no-intercept")["data"]["features"] == ["a", "k", "b"]


def test_whole_numbers_beyond_doubles(write: Write) -> None:
    """Whole numbers that no double holds are rounded once, to the nearest; they neither overflow nor wrap."""
    big = [2**53 + 1, 2**60 + 3, 2**63 - 1, 2**64, -(2**62) - 1, 10**25]
    path = write("a,y\n" + "".join(f"{value},{i * i}\n" for i, value in enumerate(big)))
    found = document(path, *A)
    assert found["data"]["columns"][0]["mean"] == pytest.approx(np.mean([float(value) for value in big]), rel=1e-15)


# Rows to be predicted


MARKS = {
    "TRUE and FALSE": ("TRUE", "FALSE"),
    "true and false": ("true", "false"),
    "1 and 0": ("1", "0"),
    "1.0 and 0.0": ("1.0", "0.0"),
    "train and test": ("train", "test"),
    "Training and Testing": ("Training", "Testing"),
    "yes and no": ("yes", "No"),
    "T and F": ("T", "F"),
}


@pytest.mark.parametrize("marks", MARKS.values(), ids=MARKS.keys())
def test_a_column_can_mark_the_rows(marks: tuple[str, str], write: Write) -> None:
    """Training rows alone are learned from; the marks are no feature; the test rows are measured."""
    rows = [(1, 5, 0, 3), (2, 3, 1, 4), (3, 4, 0, 9), (4, 2, 0, 1), (9, 9, 1, 90)]
    path = write("a,b,m,y\n" + "".join(f"{a},{b},{marks[m]},{y}\n" for a, b, m, y in rows))
    found = document(path, *A, "--split-column", "m")
    alone = document(write("a,b,y\n" + "".join(f"{a},{b},{y}\n" for a, b, m, y in rows if m == 0), "u.csv"), *A)
    assert found["model"] == alone["model"]
    assert (found["data"]["features"], found["data"]["test"]["rows"]) == (["a", "b"], 2)
    assert found["metrics"]["test"]["rows"] == 2


@pytest.mark.parametrize(
    ("marks", "part"),
    [
        (["1", "1", "1", "1"], "4 training and 0 test rows"),
        (["0", "0", "0", "1"], "1 training and 3 test rows"),
        (["1", "2", "1", "1"], "line 3"),
        (["train", "train", "hold", "train"], "'hold'"),
        (["1.5", "0", "1", "1"], "line 2"),
        (["train", "", "test", "train"], "m (1)"),
    ],
)
def test_marks_that_split_nothing(marks: list[str], part: str, write: Write) -> None:
    """Too few rows on one side, another mark, a missing mark: exit 3, and where."""
    path = write("a,m,y\n" + "".join(f"{i},{mark},{i * i}\n" for i, mark in enumerate(marks)))
    said = fit(path, *A, "--split-column", "m")
    check_error(said, 3)
    assert part in said.err


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.99])
def test_a_random_share_is_reproducible(share: float) -> None:
    """The rounded share of the rows, the same for the same seed on every machine, another for another seed."""
    train = drawn(442, share, 1)
    assert (~train).sum() == round(442 * share)
    assert np.array_equal(train, drawn(442, share, 1))
    assert not np.array_equal(train, drawn(442, share, 2))
    assert np.flatnonzero(~drawn(20, 0.2, 20260101)).tolist() == [7, 10, 13, 17]


def test_held_out_rows_are_not_learned_from() -> None:
    """Train and test are disjoint and whole: fitted on the training rows alone, the model is the same."""
    found = regcli.fit(DIABETES, alpha=1.0, test_size=0.3, seed=5)
    frame = pd.read_csv(DIABETES)
    train = drawn(442, 0.3, 5)
    alone = regcli.fit(frame[train], alpha=1.0)
    assert alone.to_dict()["model"] == found.to_dict()["model"]
    assert (alone.data.rows_used, found.metrics.test.rows) == (train.sum(), (~train).sum())
    assert regcli.fit(DIABETES, alpha=1.0, test_size=0.3).settings.seed == 20260101


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_small_files_can_be_split_or_not(n: int, write: Write) -> None:
    """Two training rows and one test row are needed; what cannot be is refused with a share that can."""
    path = write("a,y\n" + "".join(f"{i},{i * i}\n" for i in range(n)))
    for share in ("0.01", "0.1", "0.3", "0.5", "0.9"):
        said = fit(path, *A, "--test-size", share, "--json")
        if said.code == 0:
            assert said.json["data"]["test"]["rows"] >= 1
            assert said.json["data"]["rows_used"] >= 2
        else:
            check_error(said, 3 if n == 2 and "split" in said.err else 2)


def test_a_test_file_goes_by_names(tmp_path: Path, write: Write) -> None:
    """Columns in another order, more of them, and those the model does not need with gaps: the same measures."""
    path = str(table(tmp_path / "train.csv", ["a", "b", "c"]))
    frame = pd.read_csv(table(tmp_path / "test.csv", ["a", "b", "c"], rows=9))
    measures = []
    for test in (frame, frame[["y", "c", "b", "a"]], frame.assign(z="text"), frame.assign(c=[*frame["c"][:8], None])):
        test.to_csv(tmp_path / "test.csv", index=False)
        found = document(path, *A, "-x", "a,b", "--test", tmp_path / "test.csv")
        measures.append(found["metrics"]["test"])
        assert found["model"] == document(path, *A, "-x", "a,b")["model"]
        assert str(tmp_path / "test.csv") in found["data"]["test"]["how"]
    assert measures == [measures[0]] * 4
    one = write("y,b,a\n1,2,3\n", "one.csv")
    assert document(path, *A, "-x", "a,b", "--test", one)["metrics"]["test"]["rows"] == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,y\n1,2\n2,3\n", ["test.csv lacks 1 column", "b"]),
        ("a,b\n1,2\n2,3\n", ["test.csv lacks 1 column", "y"]),
        ("a,b,y\n1,u,2\n2,v,3\n", ["test.csv", "2 cells of b are not numbers"]),
        ("a,b,y\n1,1,2\n2,,3\n", ["test.csv", "b (1)", "line 3"]),
        ("a,b,y\n1,1,2\n2,inf,3\n", ["test.csv", "infinite", "line 3"]),
        ("a,b,y\n", ["test.csv", "0 data rows"]),
    ],
)
def test_a_test_file_that_does_not_fit(text: str, parts: list[str], tmp_path: Path, write: Write) -> None:
    """Exit 3, and it is clear which of the two files is meant."""
    said = fit(table(tmp_path / "train.csv", ["a", "b"]), *A, "--test", write(text, "test.csv"))
    check_error(said, 3)
    assert all(part in said.err for part in parts), said.err


def test_standard_input_is_read_once() -> None:
    """It cannot be both the data and the test rows."""
    check_error(fit("-", *A, "--test", "-", stdin=Path(DIABETES).read_bytes()), 2)


def test_what_is_learned_ignores_test_rows(tmp_path: Path) -> None:
    """A column that is constant in the training rows is dropped, whatever the test rows hold; test gaps drop no row."""
    path = tmp_path / "t.csv"
    path.write_text("a,b,m,y\n1,5,1,3\n2,5,1,4\n7,5,1,9\n3,8,0,2\n")
    found = document(path, *A, "--split-column", "m")
    assert [row["name"] for row in found["data"]["dropped_columns"]] == ["b"]


def test_a_wide_file_is_quick(tmp_path: Path) -> None:
    """5,000 columns, a text column among them, constant columns and gaps: a second or two, not minutes."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 5000)).round(4)).add_prefix("column_")
    frame["name"], frame["constant"], frame["gap"] = "text", 1.0, [None, *range(59)]
    frame["y"] = rng.normal(size=60)
    frame.to_csv(tmp_path / "wide.csv", index=False)
    start = time.process_time()
    said = fit(tmp_path / "wide.csv", "-a", "0.3")
    check_error(said, 3)
    then = typed_next(said, ["fit", tmp_path / "wide.csv", "-a", "0.3"])
    assert then.code == 0, then.err
    assert time.process_time() - start < 15  # two runs, each a second or so


def test_no_feature_is_left() -> None:
    """However that came about, it is said, with how many columns there were."""
    with pytest.raises(UsageError, match="of 3 columns"):
        features_of(DataSpec("x", exclude=("*",)), ["a", "b", "y"], ["y"])
