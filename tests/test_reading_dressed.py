"""Thousands marks and units: read as numbers where asked for, never as other numbers than they say."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regcli.data.cells import diagnose
from regcli.data.reading.dressed import bare
from regcli.data.sources import Rows, read
from regcli.errors import DataError
from regcli.specs import DataSpec

Column = Callable[..., Rows]


@pytest.fixture
def column(tmp_path: Path) -> Column:
    """Read a column `a` of these cells beside a target."""

    def run(cells: list[str], **options: Any) -> Rows:
        path = tmp_path / "t.csv"
        path.write_text("a\ty\n" + "".join(f"{cell}\t1\n" for cell in cells))
        return read(DataSpec(path, **options))

    return run


@pytest.mark.parametrize(
    ("cells", "mark", "numbers"),
    [
        (["1,234", "5", "-1,234,567.5", ""], ",", [1234, 5, -1234567.5, math.nan]),
        (["1,234", "12,345", "7"], ",", [1234, 12345, 7]),
        (["1 234", "1\u00a0234", "1\u202f234", "1\u2009234", "+2 000.25"], " ", [1234, 1234, 1234, 1234, 2000.25]),
        (["1'234", "1\u2019234\u2019567", "NA"], "'", [1234, 1234567, math.nan]),
        (["123,456,789,012,345,678"], ",", [123456789012345678]),
    ],
)
def test_thousands(cells: list[str], mark: str, numbers: list[float], column: Column) -> None:
    """Proper groups of three, with decimals and sign; the column has the type that plain numbers give it."""
    got = column(cells, thousands=mark).frame["a"]
    np.testing.assert_array_equal(got.to_numpy(), np.array(numbers))
    assert got.dtype == (np.int64 if all(isinstance(one, int) for one in numbers) else np.float64)
    assert column(cells).frame["a"].dtype == "str"


def test_thousands_beside_decimal_commas(column: Column) -> None:
    """1.234,5 with both options."""
    got = column(["1.234,5", "2,25", "1.000.000"], thousands=".", decimal=",").frame["a"]
    assert got.tolist() == [1234.5, 2.25, 1e6]


@pytest.mark.parametrize(
    "cell", ["1,2,3", "1,23", "12,34", "1234,567", "0,123", "1,234,56", "1,234.567,8", ",234", "1,,234", "1,234x", "x"]
)
def test_thousands_that_are_none(cell: str, column: Column) -> None:
    """Groups that are not of three leave the whole column text."""
    assert column(["1,234", cell], thousands=",").frame["a"].tolist() == ["1,234", cell]


UNITS = [
    ("$", "${}"),
    ("$", "{} $"),
    ("%", "{}%"),
    ("%", "{} %"),
    ("\u20ac", "\u20ac {}"),
    ("kg", "{}kg"),
    ("kg", "{} kg"),
    ("km/h", "{} km/h"),
    ("m2", "{} m2"),
    ("m\u00b2", "{}m\u00b2"),
    ("\u00b0C", "{} \u00b0C"),
    ("USD", "USD {}"),
    ("US$", "US${}"),
    ("sq ft", "{} sq ft"),
    ("k", "{}k"),
    ("Rs.", "Rs. {}"),
]


@pytest.mark.parametrize(("unit", "form"), UNITS)
@pytest.mark.parametrize("number", ["12", "0", "3.50", "1e3", ".5", "1234567.125", "100"])
def test_units_are_taken_off(unit: str, form: str, number: str, column: Column) -> None:
    """Whatever is around the number goes, the number stays the number that it spells; all of it is said."""
    rows = column([form.format(number), "", form.format("7")], units=("a",))
    assert rows.frame["a"].iloc[[0, 2]].tolist() == [float(number), 7]
    assert math.isnan(rows.frame["a"].iloc[1])
    assert rows.notices[-1].code == "units"
    assert rows.notices[-1].message == f"units taken off: a ('{unit}', 2 cells)"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("(12)", -12),
        ("($3.50)", -3.5),
        ("$(3.50)", -3.5),
        ("(3.50)$", -3.5),
        ("-$3", -3),
        ("$-3", -3),
        ("\u22123", -3),
        ("\u2212$3", -3),
        ("\u20133.5 $", -3.5),
        ("+$3", 3),
        ("1e\u22123", 0.001),
        ("7", 7),
        ("-7", -7),
    ],
)
def test_signs(cell: str, number: float, column: Column) -> None:
    """Brackets and other minus signs are signs."""
    assert column([cell, "1", "$2"], units=("*",)).frame["a"].tolist() == [number, 1, 2]


@given(
    st.floats(allow_nan=False, allow_infinity=False, width=64),
    st.sampled_from(UNITS),
    st.sampled_from(["{}", "({})", "\u2212{}", "-{}"]),
)
def test_no_digit_is_ever_lost(value: float, unit: tuple[str, str], sign: str) -> None:
    """The number that is left is the one that was dressed, to the bit."""
    text = repr(abs(value))
    part = bare(sign.format(unit[1].format(text)))
    assert part is not None
    assert part.unit == unit[0]
    assert float(part.digits) == (abs(value) if sign == "{}" else -abs(value))


@pytest.mark.parametrize(
    "cell",
    [
        "(-5)",
        "--5",
        "-(5)",
        "5)",
        "(5",
        "((5))",
        "<5",
        "5-6",
        "1 of 3",
        "12h30",
        "5 x 3",
        "~5",
        "kg",
        "1/2",
        "5 kg 3",
        "$",
    ],
)
def test_cells_that_are_no_number_with_a_unit(cell: str, column: Column) -> None:
    """An error with cell and line; nothing is guessed."""
    with pytest.raises(DataError) as error:
        column(["5", cell], units=("a",))
    assert "no number with a unit" in str(error.value)
    assert error.value.found == f"'{cell}' in a, line 3"


def test_units_that_differ(column: Column) -> None:
    """Two units in a column, or one that multiplies beside none: an error with both, the cell and the line."""
    with pytest.raises(DataError, match=r"a wears two units, 'kg' and 'lb'\nFound: '6 lb' in a, line 4"):
        column(["4kg", "5 kg", "6 lb"], units=("a",))
    with pytest.raises(DataError, match=r"'k', which multiplies"):
        column(["4k", "500"], units=("a",))
    assert column(["4k", "0"], units=("a",)).frame["a"].tolist() == [4, 0]
    said = column(["4 kg", "5", "6"], units=("a",)).notices[-1].message
    assert said == "units taken off: a ('kg', 1 cell; 2 without)"


def test_thousands_in_units_need_their_option(column: Column) -> None:
    """$1,234 names --thousands; with it the number is read; a wrong group never is."""
    with pytest.raises(DataError) as error:
        column(["$1,234", "$5"], units=("a",))
    assert error.value.options == "--thousands ,"
    assert column(["$1,234", "$5"], units=("a",), thousands=",").frame["a"].tolist() == [1234, 5]
    with pytest.raises(DataError, match="no number with a unit"):
        column(["$1,2,3", "$5"], units=("a",), thousands=",")


def test_which_columns_wear_units(tmp_path: Path) -> None:
    """Names and globs; numbers and levels are left alone, words under a glob and names not there too."""
    path = tmp_path / "t.csv"
    path.write_text("p_1,p_2,p_3,code,y\n$1,2,x,$1,5%\n$2,3,z,$2,6%\n")
    frame = read(DataSpec(path, units=("p_*,y", "code", "nowhere"), categorical=("code",))).frame
    assert frame.to_dict("list") == {
        "p_1": [1, 2], "p_2": [2, 3], "p_3": ["x", "z"], "code": ["$1", "$2"], "y": [5, 6],
    }  # fmt: skip
    frames = read(DataSpec(pd.DataFrame({"a": ["$1", "$2,000"], "y": [1, 2]}), units=("a",), thousands=","))
    assert frames.frame["a"].tolist() == [1, 2000]


DRESSED = [
    ["1,234", "5,678", "9"],
    ["1 234.5", "2"],
    ["1'234", "2"],
    ["1.234,5", "2,5"],
    ["1,5", "2,25", "3"],
    ["$1,200.50", "$3", "-$7", "($8)"],
    ["1.200,50 \u20ac", "3 \u20ac"],
    ["12kg", "5 kg", "n.a.", "7kg"],
    ["12%", "5 %", "?"],
    ["\u22125", "3"],
    ["1", "?", "3"],
    ["5 \u00b0C", "\u22122 \u00b0C"],
]


@pytest.mark.parametrize("cells", DRESSED)
def test_hints_do_what_they_say(cells: list[str], column: Column) -> None:
    """The options of the hint, typed beside the others, make the column numbers."""
    found = diagnose(column(cells).frame["a"], ".")
    assert found.hint is not None
    options: dict[str, Any] = {"na": (), "units": ()}
    words = shlex.split(found.hint)
    for option, value in zip(words[::2], words[1::2], strict=True):
        name = option.removeprefix("--")
        options[name] = (*options[name], value) if name in ("na", "units") else value
    assert column(cells, **options).frame["a"].dtype in (np.int64, np.float64)


def test_hints_quote_names() -> None:
    """A name that a shell would break, or that no terminal shows."""
    column = pd.Series(["$1", "$2"], dtype="str")
    assert diagnose(column.rename("a b"), ".").hint == "--units 'a b'"
    assert diagnose(column.rename("a\x1bb"), ".").hint == "--units 'a?b'"
