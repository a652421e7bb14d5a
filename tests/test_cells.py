"""What a column of text is taken for, and the option that would read it as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regcli.data.cells import MARKERS, TextColumn, diagnose
from regcli.specs import DataSpec


def text(*cells: str | None) -> pd.Series:
    return pd.Series(list(cells), name="c", dtype="str")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["a", "b", "a", "b"], "text"),
        (["yes", "no", "yes"], "text"),
        (["true", "maybe", "true"], "text"),
        (["True", "FALSE", "true"], "true/false"),
        (["True", None, "False"], "true/false"),
        (["TRUE"], "true/false"),
        (["1", "2", "?"], "mostly numeric"),
        (["1", "x", "2", "y"] * 2, "text"),
        (["1", "x", "2", None, None, None], "mostly numeric"),
        (["1", "x", "x", None, None, None], "text"),
        (["2024-01-01", "2024-01-02"], "date"),
        (["2024-01-01T12:30:00Z", "2024-01-02 00:00", "unknown"], "date"),
        (["1/2/2024", "12/31/99"], "date"),
        (["01.02.2024", "3.4.2024"], "date"),
        (["31-May-13", "1 June 2012", "Jun 3, 2020"], "date"),
        (["12:30", "9:15:00"], "date"),
        (["2024Q1", "2024-Q2"], "date"),
        (["id1", "id2", "id3"], "identifier"),
        (["Ann Lee", "Bo Ray", "Cy Fox", "Di Orr"], "identifier"),
        ([f"id{place}" for place in range(99)] + ["id0"], "identifier"),
        (["a", "b"], "text"),
        (["1st", "2nd", "3rd", "1st"], "text"),
        (["10th", "11th", "12th", "HS-grad", "Masters"] * 2, "text"),
        (["1-5", "6-10", "1-5"], "text"),
        (["A12", "B13", "A12"], "text"),
        (["9th", "10th", "9th"], "text"),
        (["5kg", "6kg", "n.a."] * 2, "mostly numeric"),
        (["5kg", "6lb", "6lb"] * 2, "text"),
        (["$5", "$6", "see note"] * 2, "mostly numeric"),
    ],
)
def test_kinds(cells: list[str | None], kind: str) -> None:
    """Numbers first, then true and false, dates, cells that all differ, and words."""
    assert diagnose(text(*cells), ".").kind == kind


DRESSED = ["1,234", "$12", "12%", "1,5", "(12)", "12kg", "12 kg", "\u221212", "1\u00a0000", "1\u202f234,5"]
DRESSED += [
    "1'234",
    "1.234,5",
    "1,234.50",
    "\u20ac 5",
    "5 \u20ac",
    "USD 7",
    "$1,000",
    "-$3",
    "($3.50)",
    "1.5e3 V",
    "20\u00b0C",
]


@pytest.mark.parametrize("cell", DRESSED)
def test_numbers_in_disguise(cell: str) -> None:
    """Thousands marks, currencies, percent, brackets, units, other minus signs and spaces: numeric if read so."""
    alone = diagnose(text(cell, None, cell), ".")
    assert (alone.kind, alone.count, alone.row, alone.cell) == ("mostly numeric", 2, 0, cell)
    among = diagnose(text("1", "2.5", None, cell), ".")
    assert (among.kind, among.count, among.row, among.cell) == ("mostly numeric", 1, 3, cell)


@pytest.mark.parametrize(
    ("cells", "decimal", "hint"),
    [
        (["1", "?", "2"], ".", "--na '?'"),
        (["1", "-", "2"], ".", "--na -"),
        (["1", ".", "2"], ".", "--na ."),
        (["1", "unknown", "2"], ".", "--na unknown"),
        (["1", "Not Available", "2"], ".", "--na 'Not Available'"),
        (["1", "?", "2", "-", "3"], ".", "--na '?' --na -"),
        (["1", "refused", "2"], ".", "--na refused"),
        (["1", "it's", "2"], ".", "--na 'it'\"'\"'s'"),
        (["1", "refused", "2", "moved", "3"], ".", None),
        (["1", "a,b", "2"], ".", None),
        (["1", "a\x1b[31m", "2"], ".", None),
        (["1", "2", "3x"], ".", None),
        (["1,5", "2,25"], ".", "--decimal ,"),
        (["1,5", "2"], ".", "--decimal ,"),
        (["-,5", "1,5e3", "?"], ".", "--decimal ,"),
        (["1,234", "1,5"], ".", "--decimal ,"),
        (["1,234", "5,678"], ".", "--thousands ,"),
        (["1,234,567", "5"], ".", "--thousands ,"),
        (["1,234.5", "?", "2"], ".", "--thousands , --na '?'"),
        (["1 234", "5\u202f678"], ".", "--thousands space"),
        (["1'234", "2"], ".", "--thousands apostrophe"),
        (["1.234", "2"], ",", "--thousands ."),
        (["1.234,5", "2,5"], ".", "--decimal , --thousands ."),
        (["0,123", "0,456"], ".", "--decimal ,"),
        (["$12", "$13"], ".", "--units c"),
        (["$1,200", "$13", "7"], ".", "--thousands , --units c"),
        (["1.200,50 \u20ac", "3 \u20ac"], ".", "--decimal , --thousands . --units c"),
        (["12%", "5%"], ".", "--units c"),
        (["12kg", "5 kg", "n.a."], ".", "--units c --na n.a."),
        (["(12)", "3"], ".", "--units c"),
        (["\u221212", "3"], ".", "--units c"),
        (["$12", "\u20ac13"], ".", None),
        (["1.5k", "2k", "3k", "500"], ".", None),
        (["1.5k", "2k"], ".", "--units c"),
        (["1.5", "2"], ",", "--decimal ."),
        (["1,5", "2,5", "?"], ",", "--na '?'"),
        (["a", "b", "a"], ".", None),
        (["true", "false"], ".", None),
        (["2024-01-01", "2024-01-02"], ".", None),
    ],
)
def test_hints(cells: list[str], decimal: str, hint: str | None) -> None:
    """The option to type, quoted for the shell, where one would do; None where none would."""
    assert diagnose(text(*cells), decimal).hint == hint


@pytest.mark.parametrize("marker", sorted(MARKERS))
def test_markers_get_a_hint(marker: str) -> None:
    """Every usual marker of a missing cell leads to --na, which then reads the column as numbers."""
    found = diagnose(text("1", marker, "2"), ".")
    assert found.kind == "mostly numeric"
    assert found.hint is not None
    assert found.hint.startswith("--na ")


def test_place_and_count() -> None:
    """The first cell that is no number, by position whatever the index, and how many there are."""
    column = pd.Series(["1", np.nan, "x", "2", "x", "3", "4"], index=[9, 8, 7, 6, 5, 4, 3], name="c", dtype="str")
    assert diagnose(column, ".") == TextColumn("c", "mostly numeric", 2, 2, "x", "--na x")


def test_columns_without_anything_strange() -> None:
    """No cells, or numbers only: nothing to point at."""
    nothing = TextColumn("c", "text", 0, -1, "", None)
    assert diagnose(text(None, None), ".") == nothing
    assert diagnose(text(), ".") == nothing


@pytest.mark.parametrize("dtype", ["str", object])
def test_the_type_of_the_column_does_not_matter(dtype: object) -> None:
    """Text columns of either kind give the same diagnosis."""
    column = pd.Series(["1", "?", None, "2"], name="c", dtype=dtype)
    assert diagnose(column, ".") == TextColumn("c", "mostly numeric", 1, 1, "?", "--na '?'")


def test_a_million_cells_are_quick() -> None:
    """Cells are looked at once for each distinct text."""
    column = pd.Series(np.where(np.arange(1_000_000) % 1000 == 999, "?", "1"), name="c", dtype="str")
    assert diagnose(column, ".").count == 1000


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=12), st.from_regex(r"[-+$(]?\d[\d.,' ]*[%)a-z]*", fullmatch=True)))
)
def test_any_text_is_diagnosed(cells: list[str | None]) -> None:
    """No text can upset it; what it points at is a cell that is no number, and hints are printable."""
    column = pd.Series(cells, name="c", dtype="str")
    found = diagnose(column, ".")
    if found.row >= 0:
        assert column.iloc[found.row] == found.cell
        assert 0 < found.count <= column.notna().sum()
    assert found.hint is None or (found.hint.isprintable() and DataSpec("x"))
