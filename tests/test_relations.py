"""Relations that every answer must satisfy, on generated data, through the public function.

Fits of the same data written differently differ by rounding: 1e-16, times the condition number of these columns (up to
some hundreds) and of their offsets (up to a hundred deviations), squared on a Gram matrix. `CLOSE` leaves room for it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import SAMPLES, Matrix, Vector, coefficients, pose, solved, standardized

import regcli
from regcli.cli.app import run

CLOSE = 1e-9
PENALTIES = ["none", "l1", "l2", "elasticnet"]
relation = settings(max_examples=25, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Job:
    """Columns X (n, p), y (n,), and options of `regcli fit`; `rng` is for what a test adds."""

    X: Matrix
    y: Vector
    options: dict[str, Any]
    rng: np.random.Generator = field(compare=False)

    @property
    def names(self) -> list[str]:
        return [f"x{j}" for j in range(self.X.shape[1])]

    def table(self, X: Matrix | None = None, y: Vector | None = None) -> pd.DataFrame:
        X, y = self.X if X is None else X, self.y if y is None else y
        return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]).assign(y=y)

    def fit(self, X: Matrix | None = None, y: Vector | None = None, **options: Any) -> Any:
        """The certified fit of these data, or of others, with options replaced."""
        report = regcli.fit(self.table(X, y), "y", **{**self.options, **options})
        assert report.certificate.certified
        return report


@st.composite
def jobs(draw: st.DrawFn, penalties: list[str] = PENALTIES, intercept: bool | None = None) -> Job:
    """Well-posed data: correlated columns of several scales and offsets, a sparse truth, noise, a strength."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    p = draw(st.integers(1, 5))
    n = draw(st.integers(5 * p + 5, 40))
    X = rng.normal(size=(n, p)) + draw(st.sampled_from([0.0, 0.5, 2.0])) * rng.normal(size=(n, 1))
    X = X * 10.0 ** rng.uniform(-3, 3, size=p)
    X = X + X.std(axis=0) * rng.uniform(-1, 1, size=p) * draw(st.sampled_from([0.0, 1.0, 100.0]))
    y = (X / X.std(axis=0)) @ (rng.normal(size=p) * rng.integers(0, 2, size=p)) + rng.normal(size=n)
    penalty = draw(st.sampled_from(penalties))
    options: dict[str, Any] = {"penalty": penalty}
    if penalty == "elasticnet":
        options["l1_ratio"] = draw(st.sampled_from([0.1, 0.5, 0.9]))
    if penalty != "none":
        options["alpha"] = draw(st.sampled_from([0.003, 0.1, 0.6]))
    if draw(st.booleans()) if intercept is None else not intercept:
        options["intercept"] = False
    return Job(X, y, options, rng)


def assert_same(found: Any, expected: Any, signs: float | Vector = 1.0) -> None:
    """The same standardized coefficients, times `signs`, up to rounding."""
    scale = float(np.max(np.abs(standardized(expected)))) + 1e-6
    assert standardized(found) == pytest.approx(signs * standardized(expected), abs=CLOSE * scale)


@relation
@given(jobs())
def test_row_order(job: Job) -> None:
    """Any row order: the same fit."""
    order = job.rng.permutation(len(job.y))
    found, expected = job.fit(job.X[order], job.y[order]), job.fit()
    assert_same(found, expected)
    if expected.model.intercept is not None:
        reach = float(np.abs(coefficients(expected)) @ np.abs(job.X).max(axis=0)) + 1
        assert found.model.intercept == pytest.approx(expected.model.intercept, abs=CLOSE * reach)


@relation
@given(jobs())
def test_column_order(job: Job) -> None:
    """Any column order: the same coefficients by name."""
    order = job.rng.permutation(job.X.shape[1])
    found, expected = job.fit(job.X[:, order]), job.fit()
    scale = float(np.max(np.abs(standardized(expected)))) + 1e-6
    assert standardized(found) == pytest.approx(standardized(expected)[order], abs=CLOSE * scale)


@relation
@given(jobs())
def test_names(job: Job) -> None:
    """New names: the same numbers to the bit."""
    names = [f"{job.rng.integers(1000)} {name}, é" for name in job.names]
    renamed = job.table().rename(columns=dict(zip(job.names, names, strict=True)))
    found, expected = regcli.fit(renamed, "y", **job.options), job.fit()
    assert [row.name for row in found.model.coefficients] == names
    assert list(coefficients(found)) == list(coefficients(expected))
    assert found.model.intercept == expected.model.intercept
    assert (found.metrics, found.certificate) == (expected.metrics, expected.certificate)


@relation
@given(jobs())
def test_rows_doubled(job: Job) -> None:
    """Every row twice: the same fit."""
    assert_same(job.fit(np.repeat(job.X, 2, axis=0), np.repeat(job.y, 2)), job.fit())


@relation
@given(jobs())
def test_weights(job: Job) -> None:
    """Inside the solver weight k equals k copies, weight 0 equals absence, and doubling all weights changes nothing."""
    counts = job.rng.integers(0, 4, size=len(job.y))
    ratio = {"none": None, "l1": 1.0, "l2": 0.0}.get(job.options["penalty"], 0.5)
    alpha, intercept = job.options.get("alpha", 0.0), job.options.get("intercept", True)
    there = counts > 0
    copies = pose(np.repeat(job.X, counts, axis=0), np.repeat(job.y, counts), ratio, intercept=intercept)
    present = pose(job.X[there], job.y[there], ratio, intercept=intercept, weights=counts[there].astype(float))
    weighted = pose(job.X, job.y, ratio, intercept=intercept, weights=counts.astype(float))
    doubled = pose(job.X, job.y, ratio, intercept=intercept, weights=2.0 * counts)
    expected = solved(copies, alpha)[0]
    assert expected.certificate.certified
    for posed in (present, weighted, doubled):
        solution = solved(posed, alpha)[0]
        assert solution.certificate.certified
        scale = float(np.max(np.abs(expected.coef))) + 1e-6
        assert solution.coef == pytest.approx(expected.coef, abs=CLOSE * scale)
        assert solution.intercept == pytest.approx(expected.intercept, abs=CLOSE * scale)
        assert solution.objective == pytest.approx(expected.objective, rel=CLOSE)


@relation
@given(jobs(intercept=True), st.sampled_from([-1e4, -1.0, 1e-3, 1e6]))
def test_shifted_target(job: Job, c: float) -> None:
    """y + c moves the intercept by c and nothing else."""
    found, expected = job.fit(y=job.y + c), job.fit()
    # What y + c rounds away of y, 1e-16 of c, is data lost.
    scale = float(np.max(np.abs(standardized(expected)))) + 1e-6
    assert standardized(found) == pytest.approx(standardized(expected), abs=CLOSE * scale + 1e-13 * abs(c))
    reach = float(np.abs(coefficients(expected)) @ np.abs(job.X).max(axis=0)) + abs(c) + 1
    assert found.model.intercept == pytest.approx(expected.model.intercept + c, abs=CLOSE * reach)


@relation
@given(jobs(), st.sampled_from([-1.0, -3.0, 1e-6, 0.5, 1e6]))
def test_scaled_target(job: Job, k: float) -> None:
    """y times k scales every coefficient by k when the L1 part of the strength follows; -1 turns every sign."""
    ratio = {"l1": 1.0, "l2": 0.0}.get(job.options["penalty"], job.options.get("l1_ratio", 0.0))
    alpha = job.options.get("alpha", 0.0)
    options = {key: value for key, value in job.options.items() if key == "intercept"}
    expected = job.fit()
    strengths = {"penalty": "elasticnet", "l1": alpha * ratio * abs(k), "l2": alpha * (1 - ratio)}
    found = regcli.fit(job.table(y=k * job.y), "y", **options, **strengths)
    assert found.certificate.certified
    scale = float(np.max(np.abs(standardized(expected)))) + 1e-6
    assert standardized(found) / k == pytest.approx(standardized(expected), abs=CLOSE * scale)
    assert found.metrics.train.r2 == pytest.approx(expected.metrics.train.r2, abs=CLOSE)
    assert found.metrics.train.rmse == pytest.approx(abs(k) * expected.metrics.train.rmse, rel=CLOSE)


@relation
@given(jobs(intercept=True), st.sampled_from([-1e4, -1.0, 1e3]))
def test_shifted_column(job: Job, c: float) -> None:
    """x_j + c, c in deviations, moves the intercept only."""
    X = job.X.copy()
    shift = c * X[:, 0].std()
    X[:, 0] += shift
    found, expected = job.fit(X), job.fit()
    assert_same(found, expected)
    moved = expected.model.intercept - shift * coefficients(expected)[0]
    reach = float(np.abs(coefficients(expected)) @ np.abs(X).max(axis=0)) + 1
    assert found.model.intercept == pytest.approx(moved, abs=CLOSE * reach)


@relation
@given(jobs(), st.sampled_from([-1.0, 1e-9, 0.3, 1e9]))
def test_scaled_column(job: Job, k: float) -> None:
    """x_j times k divides its coefficient by k when columns are standardized."""
    X = job.X.copy()
    X[:, -1] *= k
    signs = np.ones(X.shape[1])
    signs[-1] = np.sign(k)
    found, expected = job.fit(X), job.fit()
    assert_same(found, expected, signs)
    assert coefficients(found)[-1] * k == pytest.approx(coefficients(expected)[-1], rel=1e-6, abs=1e-6)


@relation
@given(jobs(intercept=True))
def test_constant_column(job: Job) -> None:
    """A constant column changes nothing, to the bit."""
    found = job.fit(np.insert(job.X, 0, 7.0, axis=1))
    assert list(standardized(found)) == list(standardized(job.fit()))
    assert [column.name for column in found.data.dropped_columns] == ["x0"]


@relation
@given(jobs(penalties=["l1"]))
def test_orthogonal_column(job: Job) -> None:
    """Under l1 a column that is orthogonal to the rest and to the target changes nothing, and gets exactly 0."""
    rest = np.column_stack([np.ones(len(job.y)), job.X, job.y])
    basis = np.linalg.qr(rest / np.sqrt(np.mean(rest**2, axis=0)))[0]
    extra = job.rng.normal(size=len(job.y))
    for _ in range(2):
        extra -= basis @ (basis.T @ extra)
    found, expected = job.fit(np.column_stack([job.X, extra])), job.fit()
    assert standardized(found)[-1] == 0.0
    scale = float(np.max(np.abs(standardized(expected)))) + 1e-6
    assert standardized(found)[:-1] == pytest.approx(standardized(expected), abs=CLOSE * scale)


@relation
@given(jobs(penalties=["l1", "l2", "elasticnet"]))
def test_duplicated_column(job: Job) -> None:
    """Under l1 twins sum to the old coefficient, the first takes it all; where there is l2 they are equal."""
    found = standardized(job.fit(np.column_stack([job.X, job.X[:, 0]])))
    if job.options["penalty"] != "l1":
        # What tells them apart is an L2 as small as 3e-4 beside squared columns of up to 1e4, without an intercept.
        assert found[0] == pytest.approx(found[-1], rel=1e-7, abs=1e-12)
        return
    scale = float(np.max(np.abs(found))) + 1e-6
    assert found[:-1] == pytest.approx(standardized(job.fit()), abs=CLOSE * scale)
    assert found[-1] == 0.0


@relation
@given(jobs(penalties=["l1", "elasticnet"]))
def test_alpha_max(job: Job) -> None:
    """From the alpha_max that is reported everything is exactly zero; at 0.999 of it something is not."""
    largest = job.fit().model.alpha_max
    for alpha in (largest, 2 * largest, 1e6 * largest):
        report = job.fit(alpha=alpha)
        assert report.sparsity.nonzero == 0
        assert report.metrics.train.deviance_ratio == pytest.approx(0.0, abs=1e-15)
    assert job.fit(alpha=0.999 * largest).sparsity.nonzero > 0


@relation
@given(jobs(penalties=["l1", "l2", "elasticnet"]))
def test_alpha_to_zero(job: Job) -> None:
    """As alpha goes to 0 the fit tends to least squares, in proportion to alpha."""
    none = {key: value for key, value in job.options.items() if key == "intercept"}
    expected = regcli.fit(job.table(), "y", penalty="none", **none)
    scale = float(np.max(np.abs(standardized(expected)))) + 1
    distances = [
        float(np.max(np.abs(standardized(job.fit(alpha=alpha)) - standardized(expected))))
        for alpha in (1e-3, 1e-6, 1e-9)
    ]
    # The condition number of a Gram matrix without centring is the square of the offsets, in deviations.
    bound = 1e4 if "intercept" not in job.options else 1e9
    assert all(
        distance <= bound * scale * alpha + CLOSE * scale
        for distance, alpha in zip(distances, (1e-3, 1e-6, 1e-9), strict=True)
    )
    assert distances[2] <= distances[0] + CLOSE * scale


@relation
@given(jobs(intercept=True))
def test_residuals(job: Job) -> None:
    """Residuals, made from the coefficients in the units of the file, have mean zero."""
    report = job.fit()
    terms = job.X * coefficients(report)
    residual = job.y - report.model.intercept - terms.sum(axis=1)
    assert abs(residual.mean()) <= 1e-13 * (np.abs(terms).max() + np.abs(job.y).max())


@relation
@given(jobs(penalties=["l1", "l2"]))
def test_ends_of_l1_ratio(job: Job) -> None:
    """An elastic net of l1_ratio 1 is l1, of l1_ratio 0 is l2, to the bit."""
    ratio = {"l1": 1.0, "l2": 0.0}[job.options["penalty"]]
    assert list(standardized(job.fit(penalty="elasticnet", l1_ratio=ratio))) == list(standardized(job.fit()))


@relation
@given(jobs(penalties=["l1", "l2", "elasticnet"]))
def test_monotone(job: Job) -> None:
    """With alpha the residual sum of squares rises and the penalised norm falls."""
    ratio = {"l1": 1.0, "l2": 0.0}.get(job.options["penalty"], job.options.get("l1_ratio", 0.5))
    reports = [job.fit(alpha=alpha) for alpha in (1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0)]
    errors = np.array([report.metrics.train.mse for report in reports])
    norms = np.array([ratio * r.sparsity.l1_norm + (1 - ratio) / 2 * r.sparsity.l2_norm**2 for r in reports])
    assert np.all(np.diff(errors) >= -1e-12 * errors[-1])
    assert np.all(np.diff(norms) <= 1e-12 * norms[0])


@relation
@given(jobs())
def test_metrics(job: Job) -> None:
    """Metrics recomputed from the coefficients in the units of the file agree to 1e-9, as do the norms."""
    report = job.fit()
    prediction = job.X @ coefficients(report) + (report.model.intercept or 0.0)
    error = job.y - prediction
    found = report.metrics.train
    null = job.y - (job.y.mean() if report.model.intercept is not None else 0.0)
    assert found.mse == pytest.approx(np.mean(error**2), rel=CLOSE)
    assert found.rmse == pytest.approx(math.sqrt(np.mean(error**2)), rel=CLOSE)
    assert found.mae == pytest.approx(np.mean(np.abs(error)), rel=CLOSE)
    assert found.r2 == pytest.approx(1 - np.mean(error**2) / np.var(job.y), abs=CLOSE)
    assert found.deviance_ratio == pytest.approx(1 - np.mean(error**2) / np.mean(null**2), abs=CLOSE)
    assert report.sparsity.l1_norm == pytest.approx(np.sum(np.abs(standardized(report))), rel=1e-15)
    assert standardized(report) == pytest.approx(coefficients(report) * job.X.std(axis=0), rel=CLOSE)
    assert report.sparsity.selected == sorted(
        (name for name, value in zip(job.names, standardized(report), strict=True) if value),
        key=lambda name: -abs(standardized(report)[job.names.index(name)]),
    )


@relation
@given(jobs())
def test_twice(job: Job) -> None:
    """The same request twice: the same document."""
    assert json.dumps(job.fit().to_dict()) == json.dumps(job.fit().to_dict())


def test_twice_at_the_command_line(capfd: pytest.CaptureFixture[str]) -> None:
    """The same command twice: the same bytes."""
    words = ["fit", str(SAMPLES / "diabetes.csv"), "--penalty", "l1", "--alpha", "0.1"]
    outputs = []
    for format_ in ("json", "table", "csv") * 2:
        assert run([*words, "--format", format_]) == 0
        outputs.append(capfd.readouterr())
    assert outputs[:3] == outputs[3:]
    assert all(output.out for output in outputs)
