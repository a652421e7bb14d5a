"""A fan of quantiles: several levels in one fit are the fits of each, saved and predicted as one model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from commandline import regcli as typed
from contract import schema_of, valid

import regcli
from regcli.artifact import of_document
from regcli.errors import DataError, UsageError
from regcli.report.report import facts

DIABETES = "sample_data/diabetes.csv"
LEVELS = (0.1, 0.5, 0.9)


def fan(**more: Any) -> Any:
    """The fan of the diabetes data."""
    asked: dict[str, Any] = {"target": "target", "family": "quantile", "quantile_level": LEVELS, "alpha": 0.05} | more
    return regcli.fit(DIABETES, **asked)


def test_each_level_is_its_own_fit() -> None:
    """Coefficients, figures and certificates of each level are those of a fit of that level; the middle one speaks."""
    report = fan()
    document = report.to_dict()
    valid(document)
    assert [one["level"] for one in document["model"]["fan"]] == list(LEVELS)
    for one in document["model"]["fan"]:
        alone = fan(quantile_level=one["level"]).to_dict()
        assert alone["model"]["fan"] is None
        assert one["coefficients"] == alone["model"]["coefficients"]
        assert one["intercept"] == alone["model"]["intercept"]
        assert one["pinball"] == alone["metrics"]["train"]["pinball"]
        assert one["certified"] and one["gap"] < 1e-12
    assert document["model"]["coefficients"] == document["model"]["fan"][1]["coefficients"]
    assert document["model"]["parameters"] == {"level": 0.5}
    assert document["settings"]["quantile_level"] == list(LEVELS)


def test_levels_may_come_in_any_order_and_twice() -> None:
    """They are taken in theirs."""
    words = ["fit", DIABETES, "--family", "quantile", "--alpha", "0.05", "--json", "--quantile-level"]
    one, other = (typed(*words, text).json for text in ("0.9,0.1,0.5,0.5", "0.1,0.5,0.9"))
    assert one == other


def test_saved_and_predicted_as_one_model(tmp_path: Path) -> None:
    """A column for each level, equal to the fitted values; measured by the middle one."""
    report = fan()
    report.save(tmp_path / "fan.json")
    said = regcli.predict(tmp_path / "fan.json", DIABETES)
    jsonschema.Draft202012Validator(schema_of("predict")).validate(said.to_dict())
    assert said.to_dict()["columns"] == ["prediction[0.1]", "prediction[0.5]", "prediction[0.9]"]
    assert said.arrays.predictions == pytest.approx(report.arrays.fan["fitted"], rel=1e-12)
    assert said.metrics.pinball == pytest.approx(report.metrics.train.pinball, rel=1e-12)
    shares = [np.mean(report.arrays.fan["y"] <= column + 1e-9) for column in report.arrays.fan["fitted"].T]
    assert shares == pytest.approx([one["coverage"] for one in report.to_dict()["model"]["fan"]])


def test_crossing_is_said() -> None:
    """Where a higher quantile is predicted to be the lower, rows are counted, in the fit and in predictions."""
    random = np.random.default_rng(0)
    x = random.uniform(size=12)
    table = pd.DataFrame({"x": x, "z": random.normal(size=12), "y": random.normal(size=12)})
    asked: dict[str, Any] = {"family": "quantile", "quantile_level": (0.4, 0.5, 0.6), "penalty": "none"}
    report = regcli.fit(table, "y", **asked)
    fitted = report.arrays.fan["fitted"]
    crossed = int(np.sum(np.any(np.diff(fitted, axis=1) < -1e-9, axis=1)))
    assert crossed > 0
    (message,) = [one["message"] for one in report.to_dict()["warnings"] if one["code"] == "quantiles_cross"]
    assert f"in {crossed} training row" in message
    said = regcli.predict(report, table)
    assert any(one["code"] == "quantiles_cross" for one in said.to_dict()["warnings"])
    assert not any(one["code"] == "quantiles_cross" for one in fan(alpha=0.1).to_dict()["warnings"])


def test_what_takes_one_level() -> None:
    """path, cv and compare follow one model; a file of code holds one number."""
    for verb in (regcli.path, regcli.cv, regcli.compare):
        with pytest.raises(UsageError, match="one level"):
            verb(DIABETES, "target", family="quantile", quantile_level=LEVELS)
    words = [
        "fit",
        DIABETES,
        "--family",
        "quantile",
        "--alpha",
        "0.05",
        "--quantile-level",
        "0.1,0.9",
        "--save",
        "f.json",
    ]
    done = typed(*words, "--quiet")
    assert done.code == 0
    refused = typed("export", "f.json", "--to", "sql")
    assert refused.code == 2 and "one number" in refused.err
    Path("f.json").unlink()


def test_a_damaged_fan_is_refused() -> None:
    """Levels out of order, or whose middle is none of them."""
    report = fan()
    assert report.model_document is not None
    for change in ("order", "middle"):
        document = report.model_document()
        document["model"] = dict(document["model"])
        if change == "order":
            document["model"]["fan"] = document["model"]["fan"][::-1]
        else:
            document["model"]["parameters"] = {"level": 0.3}
        with pytest.raises(DataError, match="damaged"):
            of_document(document)


def test_screen_and_table() -> None:
    """A column for each level, a line on each; as csv a row for each level and feature."""
    report = fan()
    words = ["fit", DIABETES, "--family", "quantile", "--alpha", "0.05", "--quantile-level", "0.1,0.5,0.9"]
    shown = typed(*words).out
    assert "at 0.1" in shown and "at 0.9" in shown and "Fan" in shown
    rows = typed(*words, "--format", "csv").out.splitlines()
    assert rows[0] == "level,name,coefficient,standardized"
    assert len(rows) == 1 + 3 * (len(report.data.features) + 1)


def test_a_fan_is_certified_where_each_of_its_models_is() -> None:
    """One that is not makes the whole report so, whichever level speaks for it."""
    report = fan()
    assert report.certified
    document = report.to_dict()
    document["model"]["fan"][2]["certified"] = False
    assert not replace(report, document=facts(document)).certified
