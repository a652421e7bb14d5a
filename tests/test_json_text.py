"""JSON as text: what the json module writes, in less time."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regcli.report.to_json import indented

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), FLOATS, st.text(max_size=5))
DOCUMENTS = st.recursive(
    SCALARS, lambda some: st.one_of(st.lists(some, max_size=4), st.dictionaries(st.text(max_size=5), some, max_size=4))
)


@settings(max_examples=50)
@given(DOCUMENTS, st.integers(1, 3))
def test_indented_json_is_that_of_the_json_module(document: Any, indent: int) -> None:
    """Byte for byte."""
    assert indented(document, indent) == json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)


def test_indented_json_of_rows() -> None:
    """Rows whose strings look like the ends of rows; numbers that JSON lacks are refused."""
    rows = [{"a": '"}\0{', "b": 1.5}, {"a": "}", "b": None}, {"a": "{", "b": -0.0}]
    for document in (rows, {"rows": rows, "none": [], "nested": [rows, {}]}):
        assert indented(document, 2) == json.dumps(document, indent=2, ensure_ascii=False)
    with pytest.raises(ValueError, match="not JSON compliant"):
        indented([{"a": math.nan}], 2)
