"""Saved models: everything that predicting needs, read back to the last bit; nothing in a file is believed or run."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import DATA, SAMPLES

import regcli
from regcli.artifact import LARGEST, Model, load, of_document, to_text
from regcli.errors import DataError, OutputError, RegcliError

PENGUINS = SAMPLES / "penguins.csv"
FORMULA = "body_mass_g ~ species * poly(bill_length_mm, 3) + log(flipper_length_mm)"
MODELS: dict[str, tuple[Any, dict[str, Any]]] = {
    "numbers": (SAMPLES / "diabetes.csv", {"alpha": 2}),
    "no intercept": (SAMPLES / "diabetes.csv", {"alpha": 2, "intercept": False}),
    "levels": (PENGUINS, {"target": "body_mass_g", "alpha": 20, "missing": "drop"}),
    "filled": (PENGUINS, {"target": "body_mass_g", "alpha": 20, "missing": "mean"}),
    "marked": (PENGUINS, {"target": "body_mass_g", "penalty": "l2", "alpha": 20, "missing": "indicator"}),
    "rare": (PENGUINS, {"target": "body_mass_g", "alpha": 20, "missing": "median", "min_level_count": 100}),
    "products": (PENGUINS, {"target": "body_mass_g", "alpha": 5, "missing": "drop", "interactions": True, "degree": 2}),
    "formula": (
        PENGUINS,
        {"formula": FORMULA, "penalty": "none", "missing": "drop"},
    ),
    "far from zero": (pd.DataFrame({"a": 1e9 + np.arange(9.0) ** 2, "y": np.arange(9.0) % 5}), {"alpha": 0.1}),
}  # fmt: skip


def made(name: str) -> Any:
    source, options = MODELS[name]
    return regcli.fit(source, **options)


@pytest.fixture(params=MODELS)
def report(request: pytest.FixtureRequest) -> Any:
    return made(request.param)


def test_what_is_saved_is_read_back_to_the_last_bit(report: Any, tmp_path: Path) -> None:
    """Saved, loaded and saved again: the same bytes; the same predictions of the training rows."""
    report.save(tmp_path / "m.json")
    model = load(tmp_path / "m.json")
    assert isinstance(model, Model)
    assert to_text(model.document) == (tmp_path / "m.json").read_text("utf-8")
    again = of_document(json.loads((tmp_path / "m.json").read_text("utf-8")))
    assert again.encoding == model.encoding
    np.testing.assert_array_equal(again.coefficients, model.coefficients)


def test_fitted_values_are_those_of_the_fit(report: Any) -> None:
    """The mean squared residual of the saved model's predictions is the fit's, to rounding."""
    table = report.fitted()
    residuals = np.array([row[-1] for row in table.rows])
    assert len(table.rows) == report.data.rows_used
    assert np.mean(residuals**2) == pytest.approx(report.metrics.train.mse, rel=1e-9)
    target = np.array([row[-3] for row in table.rows])
    np.testing.assert_array_equal(target - np.array([row[-2] for row in table.rows]), residuals)


def test_a_report_that_was_pickled_can_still_save(tmp_path: Path) -> None:
    """What a report can do survives a pickle between processes."""
    report = made("filled")
    again = pickle.loads(pickle.dumps(report))
    report.save(tmp_path / "a.json")
    again.save(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert again.fitted() == report.fitted()


def test_the_fingerprint_is_of_the_rows_not_of_the_file(tmp_path: Path) -> None:
    """The same rows with other line ends and quotes have the same fingerprint; another cell gives another."""
    text = "a,b,y\n1,u,3\n2,v,5\n4,u,4\n"
    marks = []
    for content in (text, text.replace("\n", "\r\n"), text.replace("u", '"u"'), text.replace("4,u", "5,u")):
        (tmp_path / "t.csv").write_bytes(content.encode())
        marks.append(regcli.fit(tmp_path / "t.csv", alpha=0.1).model_document()["data"]["fingerprint"])
    assert marks[0] == marks[1] == marks[2] != marks[3]


def test_cv_saves_its_path_and_the_refitted_model(tmp_path: Path) -> None:
    """The model of `cv` is that of `fit` at the chosen alpha; the path stands beside it."""
    report = regcli.cv(SAMPLES / "diabetes.csv", n_alphas=20, folds=3)
    report.save(tmp_path / "m.json")
    document = json.loads((tmp_path / "m.json").read_text("utf-8"))
    assert len(document["path"]) == len(report.path)
    alone = regcli.fit(SAMPLES / "diabetes.csv", alpha=report.model.alpha)
    np.testing.assert_array_equal(
        load(tmp_path / "m.json").coefficients, of_document(alone.model_document()).coefficients
    )


def test_a_model_of_the_first_schema_still_loads() -> None:
    """A file of the release that brought saved models predicts what its numbers say, added up by hand."""
    document = json.loads((DATA / "models" / "v1.json").read_text("utf-8"))
    assert document["schema"] == "regcli.model/1"
    coef = {row["name"]: row["coefficient"] for row in document["model"]["coefficients"]}
    frame = pd.read_csv(PENGUINS)
    fills = {one["of"]["number"]: one["value"] for one in document["encoding"]["fills"]}
    numbers = {name: frame[name].fillna(fill) for name, fill in fills.items()}
    sex = frame["sex"].fillna("(missing)")
    polynomial = document["encoding"]["polynomials"][0]
    first = numbers["bill_length_mm"] - polynomial["centres"][0]
    ratio = polynomial["norms"][2] / polynomial["norms"][1]
    second = (numbers["bill_length_mm"] - polynomial["centres"][1]) * first - ratio
    expected = document["model"]["intercept"] + sum(
        (
            frame["species"].map(lambda level: coef[f"species[{level}]"]),
            coef["log(flipper_length_mm)"] * np.log(numbers["flipper_length_mm"]),
            sex.map(lambda level: coef[f"bill_depth_mm:sex[{level}]"]) * numbers["bill_depth_mm"],
            coef["poly(bill_length_mm, 2)[1]"] * first / polynomial["norms"][2] ** 0.5,
            coef["poly(bill_length_mm, 2)[2]"] * second / polynomial["norms"][3] ** 0.5,
        )
    )
    np.testing.assert_allclose(
        regcli.predict(DATA / "models" / "v1.json", PENGUINS).arrays.predictions, expected, rtol=1e-11
    )


def damaged(change: Any) -> dict[str, Any]:
    document = copy.deepcopy(made("formula").model_document())
    document = json.loads(json.dumps(document))
    change(document)
    return dict(document)


CHANGES: dict[str, Any] = {
    "no encoding": lambda d: d.pop("encoding"),
    "no model": lambda d: d.pop("model"),
    "no data": lambda d: d.pop("data"),
    "a target that is a number": lambda d: d["data"].update(target=3),
    "a coefficient that is text": lambda d: d["model"]["coefficients"][0].update(coefficient="1"),
    "a coefficient that is true": lambda d: d["model"]["coefficients"][0].update(coefficient=True),
    "a coefficient too large": lambda d: d["model"]["coefficients"][0].update(coefficient=10**400),
    "one coefficient less": lambda d: d["model"]["coefficients"].pop(),
    "another order": lambda d: d["model"]["coefficients"].reverse(),
    "coefficients that are a dict": lambda d: d["model"].update(coefficients={}),
    "an unknown function": lambda d: d["encoding"]["features"][0]["factors"].append(
        {"call": ["eval", {"constant": 1}]}
    ),
    "a call without arguments": lambda d: d["encoding"]["features"][0]["factors"].append({"call": ["log"]}),
    "a factor that is text": lambda d: d["encoding"]["features"][0]["factors"].append("__import__('os')"),
    "no factors": lambda d: d["encoding"]["features"][0].update(factors=[]),
    "levels of no column": lambda d: d["encoding"].update(categories={}),
    "levels that are numbers": lambda d: d["encoding"]["categories"]["species"].update(levels=[1, 2]),
    "no polynomial": lambda d: d["encoding"].update(polynomials=[]),
    "a polynomial of too low a degree": lambda d: d["encoding"]["polynomials"][0].update(
        centres=[1.0], norms=[1.0, 2.0, 3.0]
    ),
    "a norm of zero": lambda d: d["encoding"]["polynomials"][0].update(norms=[0.0] * 5),
    "a strange policy": lambda d: d["encoding"].update(missing="guess"),
    "a strange style": lambda d: d["encoding"].update(dates={"x": "roman"}),
    "settings that are a list": lambda d: d.update(settings=[]),
    "settings of numbers": lambda d: d["settings"].update(units=[1]),
    "an infinite constant": lambda d: d["encoding"]["features"][0]["factors"].append({"constant": float("1e999")}),
    "a number that has levels": lambda d: d["encoding"]["features"][0]["factors"].append({"number": "species"}),
    "another family": lambda d: d["model"].update(family="cauchy"),
    "a newer schema": lambda d: d.update(schema="regcli.model/2"),
    "schema zero": lambda d: d.update(schema="regcli.model/0"),
    "a schema that is no number": lambda d: d.update(schema="regcli.model/x"),
    "another document": lambda d: d.update(schema="regcli.fit/1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_damaged_model_is_refused(change: str, tmp_path: Path) -> None:
    """A DataError that names the file, whatever is wrong."""
    file = tmp_path / "m.json"
    file.write_text(json.dumps(damaged(CHANGES[change])).replace("Infinity", "1e999"))
    with pytest.raises(DataError) as error:
        load(file)
    assert "m.json" in error.value.message


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"3", b'"regcli.model/1"', b"{" * 100_000, b'{"schema": NaN}', b"\xff\xfe{", 
     b"\x80\x04.", b"PK\x03\x04", b"\x1f\x8b\x08", b'{"schema": "regcli.model/1"}', pickle.dumps(1), b"a,b\n1,2\n"],
)  # fmt: skip
def test_what_is_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    """Other JSON, other files, a pickle: one clear DataError, and nothing is executed."""
    (tmp_path / "m.json").write_bytes(content)
    with pytest.raises(DataError, match=r"m\.json"):
        load(tmp_path / "m.json")


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    """A pickle that would create a file when it is opened creates none."""

    class Bomb:
        def __reduce__(self) -> Any:
            return (open, (str(tmp_path / "boom"), "w"))

    (tmp_path / "m.json").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError, match="never opens"):
        load(tmp_path / "m.json")
    assert not (tmp_path / "boom").exists()


def test_a_missing_model_says_so(tmp_path: Path) -> None:
    """cannot read, and why; a folder too."""
    for path in (tmp_path / "no.json", tmp_path):
        with pytest.raises(DataError, match="cannot read"):
            load(path)
    assert LARGEST == 1 << 30


def test_saving_where_nothing_can_be_written_keeps_the_old_file(tmp_path: Path) -> None:
    """OutputError; a file that stood there stays as it was, and no temporary file is left."""
    with pytest.raises(OutputError):
        made("numbers").save(tmp_path / "no" / "m.json")
    old = tmp_path / "m.json"
    old.write_text("old")
    report = made("numbers")
    object.__setattr__(report, "model_document", lambda: {"x": float("nan")})
    with pytest.raises(ValueError, match="Out of range"):
        report.save(old)
    assert old.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.json"]


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.booleans())
def test_a_flipped_byte_is_an_error_or_another_model(at: int, byte: int, cut: bool, tmp_path_factory: Any) -> None:
    """Whatever one byte is changed to, or wherever the file ends: a model, or a RegcliError; never anything else."""
    content = bytearray(SAVED)
    at %= len(content)
    content[at] = byte
    file = tmp_path_factory.mktemp("m") / "m.json"
    file.write_bytes(bytes(content[:at] if cut else content))
    try:
        load(file)
    except RegcliError:
        return


SAVED = to_text(json.loads(json.dumps(made("formula").model_document()))).encode()
