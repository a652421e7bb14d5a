"""What comparisons of some families have of their own."""

from __future__ import annotations

import pytest
from commandline import regcli as typed
from contract import valid

import regcli
from regcli.errors import UsageError

PROSTATE = {"source": "sample_data/prostate.csv", "target": "lpsa", "exclude": "train"}


def test_robust_models_have_the_plain_ones_beside_them() -> None:
    """The coefficients of squared error under the same two strengths, which `fit` finds too."""
    found = regcli.compare(**PROSTATE, family="huber", folds=3, alpha={"lasso": 0.05, "ridge": 0.1}).to_dict()
    valid(found)
    for model in found["models"]:
        if model["name"] in ("lasso", "ridge"):
            plain = regcli.fit(**PROSTATE, penalty="elasticnet", l1=model["l1"], l2=model["l2"]).to_dict()["model"]
            expected = {row["name"]: row["coefficient"] for row in plain["coefficients"] if row["coefficient"] != 0}
            assert model["plain"]["coefficients"] == pytest.approx(expected, rel=1e-9)
            assert model["plain"]["intercept"] == pytest.approx(plain["intercept"], rel=1e-9, abs=1e-12)
            assert model["plain"]["coefficients"] != pytest.approx(model["coefficients"], rel=1e-3)
    others = regcli.compare(**PROSTATE, folds=3, alpha=0.1).to_dict()
    assert all(model["plain"] is None for model in others["models"])


def test_the_screen_puts_both_side_by_side() -> None:
    """The chosen model's coefficients, the furthest apart first."""
    words = ["compare", PROSTATE["source"], "-y", "lpsa", "--exclude", "train", "--folds", "3", "--alpha", "0.05"]
    shown = typed(*words, "--family", "huber").out
    lines = shown[shown.index("squared error") :].splitlines()[1:]
    apart = [abs(float(line.split()[-1])) for line in lines[: lines.index("")]]
    assert len(apart) >= 5 and apart == sorted(apart, reverse=True)
    assert "squared error" not in typed(*words).out


def test_quantiles_are_compared_without_squared_penalties() -> None:
    """Which is said, once; asked for by name they are an error."""
    found = regcli.compare("sample_data/diabetes.csv", "target", family="quantile", folds=3, alpha=None).to_dict()
    valid(found)
    assert [model["name"] for model in found["models"]] == ["null", "ols", "lasso"]
    assert [one["code"] for one in found["warnings"]].count("models_left_out") == 1
    assert found["settings"]["penalties"] == ["null", "ols", "lasso"]
    named = regcli.compare(
        "sample_data/diabetes.csv", "target", family="quantile", folds=3, penalties="lasso"
    ).to_dict()
    assert not any(one["code"] == "models_left_out" for one in named["warnings"])
    with pytest.raises(UsageError, match="linear program"):
        regcli.compare("sample_data/diabetes.csv", "target", family="quantile", folds=3, penalties="lasso,ridge")
