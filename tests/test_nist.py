"""Least squares against the certified values of NIST's Statistical Reference Datasets.

The figure is the number of correct digits of the worst value, -log10(|found - certified| / |certified|), the logarithm
of the error itself where the certified value is 0. Four figures are what regcli promises (Longley, Wampler1, Wampler2,
Filip); the others are what was measured less one digit, for other processors and linear algebra libraries.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from support import DATA, stored

import regcli

Digits = tuple[float, float, float]

DIGITS: dict[str, Digits] = {
    "Norris": (12.3, 12.9, 13.0),
    "Pontius": (11.8, 12.5, 12.5),
    "NoInt1": (13.7, 14.0, 13.8),
    "NoInt2": (14.0, 13.8, 14.0),
    "Longley": (13.0, 13.7, 14.0),
    "Filip": (7.0, 6.5, 7.0),
    "Wampler1": (9.0, 8.7, 8.7),
    "Wampler2": (12.0, 13.7, 13.7),
    "Wampler3": (8.6, 12.4, 12.9),
    "Wampler4": (6.7, 12.5, 13.7),
    "Wampler5": (4.7, 12.5, 13.7),
}
"""Correct digits of the worst coefficient, of the worst standard deviation, and of the residual deviation.

The residuals of Wampler3 to 5 grow from 0.01 to 100 times the fit; their coefficients lose twice as many digits.
"""


def digits(found: float, certified: str) -> float:
    """How many digits of a certified value were found; 15 at most, as many as NIST gives."""
    value = float(certified)
    error = abs(found - value) / (abs(value) or 1.0)
    return min(15.0, -math.log10(error)) if error else 15.0


def certified_by_nist(name: str) -> dict[str, Any]:
    return dict(stored("nist_strd_linear.json")["datasets"][name])


def fitted(name: str, **options: Any) -> Any:
    """The fit of a data set, without a penalty unless told otherwise; of a polynomial's stored powers."""
    found = certified_by_nist(name)
    path = DATA / (found["csv_poly"] or found["csv"])
    return regcli.fit(path, "y", **{"penalty": "none", "intercept": found["intercept"], **options})


def test_every_data_set() -> None:
    """The table holds every data set that NIST certified and that is stored here."""
    assert DIGITS.keys() == stored("nist_strd_linear.json")["datasets"].keys()


@pytest.mark.parametrize(("name", "least"), DIGITS.items(), ids=list(DIGITS))
def test_certified_values(name: str, least: Digits) -> None:
    """Estimates, their standard deviations and the residual deviation have at least the digits of the table."""
    found, report = certified_by_nist(name), fitted(name)
    estimates = [row.coefficient for row in report.model.coefficients]
    errors = [row.std_error for row in report.inference.coefficients]
    if found["intercept"]:
        estimates.insert(0, report.model.intercept)
        errors.insert(0, report.inference.intercept.std_error)
    certified = found["certified"]
    assert len(estimates) == len(certified)
    measured = (
        min(digits(value, row["estimate"]) for value, row in zip(estimates, certified, strict=True)),
        min(digits(value, row["sd"]) for value, row in zip(errors, certified, strict=True)),
        digits(report.inference.residual_deviation, found["residual_sd"]),
    )
    assert all(value >= bound for value, bound in zip(measured, least, strict=True)), measured
    assert report.inference.residual_df == found["n"] - len(certified)


@pytest.mark.parametrize("name", DIGITS)
def test_certificate(name: str) -> None:
    """Each is certified by the orthogonal method, at full rank, without a warning.

    Violations are at most 1e-12, but for Filip: its standardized coefficients are 20 million times the largest
    gradient, so that rounding them to double precision alone moves the gradient by 1e-9 to 1e-8.
    """
    report = fitted(name)
    assert report.warnings == []
    assert report.certificate.certified and report.certificate.unique
    assert report.certificate.solver == "least_squares"
    assert report.certificate.rank == report.sparsity.total
    assert report.certificate.gap <= 1e-15
    assert report.certificate.violation <= (3e-8 if name == "Filip" else 1e-12)


@pytest.mark.parametrize("name", DIGITS)
def test_r_squared(name: str) -> None:
    """R2 is NIST's to ten digits. Without an intercept NIST measures from 0, which here is the deviance ratio."""
    found, report = certified_by_nist(name), fitted(name)
    share = report.metrics.train.r2 if found["intercept"] else report.metrics.train.deviance_ratio
    assert digits(share, found["r_squared"]) >= 10


@pytest.mark.parametrize("name", ["Longley", "Wampler1", "Wampler2"])
def test_ridge_near_zero(name: str) -> None:
    """A ridge of vanishing strength tends to the certified values, on a Gram matrix or not."""
    report = fitted(name, penalty="l2", alpha=1e-13)
    assert report.certificate.certified
    for row, expected in zip(report.model.coefficients, certified_by_nist(name)["certified"][1:], strict=True):
        assert row.coefficient == pytest.approx(float(expected["estimate"]), rel=1e-4)
