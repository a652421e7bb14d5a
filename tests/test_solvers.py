"""Every solver against every other, and the problems on which naive ones break."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import Matrix, Posed, Vector, arrays, coefficients, frame, pose, solved, standardized

import regcli
from regcli.errors import DataError, UsageError
from regcli.problem.certificate import pull_scale
from regcli.problem.objective import Problem, Solution, alpha_max
from regcli.problem.penalties import ElasticNet
from regcli.solve import SOLVERS, Proposal, ahead, at_once, knots, line, solve, working_set
from regcli.solve import quadratic as one_by_one
from regcli.solve.quadratic import Quadratic
from regcli.solve.working_set import WorkingSet


def design(name: str) -> tuple[Matrix, Vector]:
    """A data set, `NAME^2` with all squares and products of its columns added, or a generated one."""
    if name == "correlated":
        return correlated(60, 500)
    if not name.endswith("^2"):
        return arrays(name)
    X, y = arrays(name.removesuffix("^2"))
    first, second = np.triu_indices(X.shape[1])
    added = X[:, first] * X[:, second]
    equal = [j for j in range(X.shape[1]) if np.array_equal(X[:, j] ** 2, X[:, j])]
    added = added[:, ~((first == second) & np.isin(first, equal))]
    return np.column_stack([X, added[:, added.max(axis=0) != added.min(axis=0)]]), y


def correlated(n: int, p: int, seed: int = 0) -> tuple[Matrix, Vector]:
    """Columns of correlation 0.9 with their neighbours, ten of which explain y."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    for j in range(1, p):
        X[:, j] = 0.9 * X[:, j - 1] + np.sqrt(0.19) * X[:, j]
    return X, X[:, :: p // 10] @ rng.normal(size=len(range(0, p, p // 10))) + rng.normal(size=n)


def largest(posed: Posed) -> float:
    """alpha_max, or for ridge the largest gradient of the null model."""
    return posed.alpha_max or pull_scale(posed.problem)


def assert_certified(solution: Solution) -> None:
    assert solution.certificate.certified, solution.certificate


def assert_exact(solution: Solution) -> None:
    """Certified without a fallback, and to rounding: six digits more than the threshold asks for.

    Columns that are nearly dependent (condition numbers of 1e7 with squares and products) cost the other digits.
    """
    assert_certified(solution)
    assert solution.notices == ()
    assert solution.certificate.violation <= 1e-12


AGREEMENT = [
    ("diabetes", {}),
    ("prostate", {"standardize": False}),
    ("boston", {"intercept": False}),
    ("glmnet_quickstart", {"weights": np.arange(100.0) % 3}),
    ("mtcars^2", {}),
    ("correlated", {}),
]


@pytest.mark.parametrize("share", [0.3, 0.01])
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.0, None])
@pytest.mark.parametrize(("name", "setting"), AGREEMENT, ids=[name for name, _ in AGREEMENT])
def test_solvers_agree(name: str, setting: dict[str, Any], ratio: float | None, share: float) -> None:
    """All solvers that do not decline a problem give the same fit, and where it is unique the same coefficients.

    Exact ones agree to the rounding that the condition number magnifies (1e-9). scikit-learn stops at a relative
    gap of 1e-14, which leaves the fit half its digits. It, and what works on a Gram matrix where the rows alone will
    do (no penalty, dependent columns), may fail to be certified, and says so.
    """
    posed = pose(*design(name), ratio, **setting)
    problem = replace(posed.problem, alpha=share * largest(posed) if ratio is not None else 0.0)
    solutions = {solver: solve(problem, solver) for solver in line(problem)}
    reference = solutions[line(problem)[0]]
    for solver, solution in solutions.items():
        if not solution.certificate.certified and (solver == "sklearn" or (ratio is None and solver == "quadratic")):
            assert solution.notices[0].code == "not_certified"
            continue
        assert_certified(solution)
        close = 1e-9 if SOLVERS[solver].exact else 1e-5
        assert solution.objective == pytest.approx(reference.objective, rel=1e-9)
        if ratio is not None and reference.certificate.unique:
            scale = float(np.max(np.abs(reference.coef), initial=0.0))
            assert solution.coef == pytest.approx(reference.coef, abs=close * scale)


def test_every_solver_has_its_say() -> None:
    """Each solver of squared error is able to solve some problem of `test_solvers_agree`, scikit-learn most of them."""
    able: list[str] = []
    for name, setting in AGREEMENT:
        for ratio in (1.0, 0.5, 0.0, None):
            posed = pose(*design(name), ratio, **setting)
            able += line(replace(posed.problem, alpha=0.0 if ratio is None else 1.0))
    squares = [name for name in SOLVERS if name not in ("newton", "linear_program")]
    assert {name: able.count(name) > 1 for name in squares} == dict.fromkeys(squares, True)


@pytest.mark.parametrize("share", [0.0509, 0.0464, 0.00215])
@pytest.mark.parametrize("solver", ["quadratic", "working_set"])
def test_where_active_sets_cycle(solver: str, share: float) -> None:
    """The strengths at which a plain primal-dual active set cycles on the diabetes data."""
    posed = pose(*arrays("diabetes"))
    assert_exact(solved(posed, share * posed.alpha_max, solver)[0])


def along_a_path(posed: Posed, warm: bool, grid: Vector) -> Iterator[Solution]:
    """The solutions at all shares of alpha_max in `grid`, each from the one before where `warm`."""
    start = None
    for share in grid:
        solution = solve(replace(posed.problem, alpha=share * posed.alpha_max), "exact", start)
        start = solution.coef if warm else None
        yield solution


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("ratio", [1.0, 0.5])
@pytest.mark.parametrize("name", ["diabetes^2", "boston^2", "concrete^2", "winequality_white^2"])
def test_squares_and_products(name: str, ratio: float, warm: bool) -> None:
    """With all squares and products added, each of 100 strengths down to alpha_max / 10,000 is solved exactly.

    From zero, where none profits from the one before, each third of them.
    """
    for solution in along_a_path(pose(*design(name), ratio), warm, np.geomspace(1, 1e-4, 100)[:: 1 if warm else 3]):
        assert_exact(solution)


@pytest.mark.parametrize("dataset", ["diabetes", "boston", "concrete", "ames_numeric", "prostate"])
@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_paths(dataset: str, ratio: float) -> None:
    """100 strengths on the data sets as they are; those of Ames are exactly dependent (areas and their sums)."""
    for solution in along_a_path(pose(*arrays(dataset), ratio), True, np.geomspace(1, 1e-4, 100)):
        assert_exact(solution)


@pytest.mark.parametrize("share", [0.5, 0.1, 1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("ratio", [1.0, 0.9, 0.05])
@pytest.mark.parametrize("name", ["leukemia", "correlated"])
def test_more_features_than_rows(name: str, ratio: float, share: float) -> None:
    """With more features than rows every strength is certified; an elastic net may keep more features than rows."""
    X, y = design(name)
    posed = pose(X, y, ratio)
    solution = solved(posed, share * posed.alpha_max, "exact")[0]
    assert_certified(solution)
    assert solution.notices == ()
    kept = np.count_nonzero(solution.coef)
    if ratio == 1.0:
        assert kept < len(y)
    if ratio == 0.05 and share <= 1e-3:
        assert kept > len(y)


@pytest.mark.parametrize("name", ["leukemia", "correlated"])
def test_ridge_with_more_features_than_rows(name: str) -> None:
    """Ridge solves in as many dimensions as there are rows: (ZZ' + n a)^-1, written out here, gives the same."""
    X, y = design(name)
    posed = pose(X, y, 0.0)
    for alpha in (100.0, 1.0, 0.01):
        solution = solved(posed, alpha)[0]
        assert_certified(solution)
        Z, n = posed.problem.Z, len(y)
        expected = Z.T @ np.linalg.solve(Z @ Z.T + n * alpha * np.eye(n), y - y.mean())
        assert solution.coef == pytest.approx(expected, abs=1e-10 * float(np.max(np.abs(expected))))


def made(n: int = 50, p: int = 4, seed: int = 3) -> pd.DataFrame:
    """Independent columns a, b, c, ... and y."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, p)), columns=list("abcdefgh"[:p]))
    return table.assign(y=table.to_numpy() @ np.arange(1.0, p + 1) + rng.normal(size=n))


def test_identical_columns() -> None:
    """Of identical columns the first takes all under l1, and they share equally under l2 and the elastic net."""
    table = made()
    doubled = table.assign(z=table.d, zz=table.d)[["a", "b", "c", "d", "z", "zz", "y"]]
    single = standardized(regcli.fit(table, alpha=0.2))
    report = regcli.fit(doubled, alpha=0.2)
    assert standardized(report)[:4] == pytest.approx(single, rel=1e-12)
    assert list(standardized(report)[4:]) == [0.0, 0.0]
    assert report.certificate.certified and not report.certificate.unique
    assert any("d" in warning.message and warning.code == "equal_columns" for warning in report.warnings)
    for penalty in ("l2", "elasticnet"):
        report = regcli.fit(doubled, penalty=penalty, alpha=0.2)
        assert report.certificate.certified
        assert np.ptp(standardized(report)[3:]) <= 1e-14 * abs(standardized(report)[3])


@pytest.mark.parametrize("penalty", ["none", "l1", "l2", "elasticnet"])
def test_collinear_columns(penalty: str) -> None:
    """A column that is the sum of two others: certified under any penalty, of least norm without one."""
    table = made()
    table.insert(2, "s", table.a + table.b)
    report = regcli.fit(table, penalty=penalty, **({"alpha": 0.05} if penalty != "none" else {}))
    assert report.certificate.certified
    if penalty != "none":
        return
    assert report.certificate.rank == 4
    X, y = table.to_numpy()[:, :-1], table.y.to_numpy()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    least_norm = np.linalg.pinv(Z) @ (y - y.mean())
    assert standardized(report) == pytest.approx(least_norm, rel=1e-11)


@pytest.mark.parametrize("scaling", [{}, {"standardize": False}, {"intercept": False}], ids=str)
@pytest.mark.parametrize("dataset", ["diabetes", "prostate", "boston", "winequality_white", "mtcars"])
def test_alpha_max(dataset: str, scaling: dict[str, Any]) -> None:
    """From the alpha_max that is printed on everything is exactly zero; at 0.999 of it something is not."""
    table = frame(dataset)

    def fit(alpha: float, penalty: str) -> Any:
        report = regcli.fit(table, table.columns[-1], penalty=penalty, alpha=alpha, **scaling)
        assert report.certificate.certified
        return report

    for penalty in ("l1", "elasticnet"):
        end = fit(1e6, penalty).model.alpha_max
        for alpha in (end, 1.5 * end, 1e9 * end):
            assert set(standardized(fit(alpha, penalty))) == {0.0}
        assert fit(0.999 * end, penalty).sparsity.nonzero > 0


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
@pytest.mark.parametrize("dataset", ["diabetes", "mtcars", "ames_numeric"])
def test_alpha_zero(dataset: str, penalty: str) -> None:
    """Strength 0 is least squares, to the bit."""
    table = frame(dataset)
    zero = regcli.fit(table, table.columns[-1], penalty=penalty, alpha=0)
    none = regcli.fit(table, table.columns[-1], penalty="none")
    assert zero.certificate.certified
    assert list(standardized(zero)) == list(standardized(none))


def test_one_feature() -> None:
    """With one feature the lasso is soft-thresholding of the covariance, ridge its shrinkage."""
    table = made(p=1)
    z = ((table.a - table.a.mean()) / table.a.std(ddof=0)).to_numpy()
    pull = float(z @ (table.y - table.y.mean())) / len(z)
    assert standardized(regcli.fit(table, alpha=0.3)) == pytest.approx([pull - 0.3], rel=1e-13)
    assert standardized(regcli.fit(table, penalty="l2", alpha=0.3)) == pytest.approx([pull / 1.3], rel=1e-13)
    assert standardized(regcli.fit(table, penalty="none")) == pytest.approx([pull], rel=1e-13)
    both = regcli.fit(table, penalty="elasticnet", l1=0.3, l2=0.5)
    assert standardized(both) == pytest.approx([(pull - 0.3) / 1.5], rel=1e-13)


@pytest.mark.parametrize("penalty", ["none", "l1", "l2", "elasticnet"])
def test_constant_columns(penalty: str) -> None:
    """A constant column is dropped with an intercept; without, it is a column like any other, of scale 1."""
    table = made()
    options: dict[str, Any] = {"penalty": penalty} | ({"alpha": 0.1} if penalty != "none" else {})
    with_constant = table.assign(one=7.0, nought=0.0)[[*"abcd", "one", "nought", "y"]]
    dropped = regcli.fit(with_constant, **options)
    assert {column.name for column in dropped.data.dropped_columns} == {"one", "nought"}
    assert list(coefficients(dropped)) == list(coefficients(regcli.fit(table, **options)))
    kept = regcli.fit(with_constant, intercept=False, **options)
    assert kept.certificate.certified
    assert {column.name: column.scale for column in kept.data.columns}["one"] == 1.0
    assert coefficients(kept)[5] == 0.0 and coefficients(kept)[4] != 0.0


@pytest.mark.parametrize("penalty", ["none", "l1", "l2", "elasticnet"])
@pytest.mark.parametrize("power", [-300, -150, -20, 20, 150, 300])
def test_scales(penalty: str, power: int) -> None:
    """Columns in units of 10^300 or 10^-300 change the coefficients' units and nothing else."""
    table = made()
    options: dict[str, Any] = {"penalty": penalty} | ({"alpha": 0.1} if penalty != "none" else {})
    plain = regcli.fit(table, **options)
    scaled = regcli.fit(table.assign(b=table.b * 10.0**power), **options)
    assert scaled.certificate.certified
    assert standardized(scaled) == pytest.approx(standardized(plain), rel=1e-12, abs=1e-12)
    assert coefficients(scaled)[1] * 10.0**power == pytest.approx(coefficients(plain)[1], rel=1e-12)


@pytest.mark.parametrize("penalty", ["none", "l1", "l2", "elasticnet"])
def test_offsets(penalty: str) -> None:
    """Columns and a target that lie 10^10 deviations from 0 are fitted as exactly as the file states them.

    The expected answer is that of the columns with the offset subtracted again, which is exact.
    """
    table = made()
    options: dict[str, Any] = {"penalty": penalty} | ({"alpha": 0.1} if penalty != "none" else {})
    far = table + 1e10 * np.array([1.0, -1.0, 0.0, 1.0, 1.0])
    near = far - 1e10 * np.array([1.0, -1.0, 0.0, 1.0, 1.0])
    report = regcli.fit(far, **options)
    assert report.certificate.certified
    assert standardized(report) == pytest.approx(standardized(regcli.fit(near, **options)), rel=1e-12)


def test_hopeless_offsets() -> None:
    """A column that differs from a constant in its last bits alone is refused with a word on what to do."""
    table = made()
    with pytest.raises(DataError, match="cannot tell the deviation from 0"):
        regcli.fit(table.assign(a=1e16 + 2 * np.sign(table.a)), alpha=0.1)


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_raw_columns_of_wild_scales(penalty: str) -> None:
    """Without standardization, columns from 1e-6 to 1e6 are penalised as they stand, and certified."""
    table = made()
    for column, power in zip("abcd", (-6, -3, 3, 6), strict=True):
        table[column] *= 10.0**power
    for alpha in (1e-8, 1e-3, 1.0, 1e3):
        report = regcli.fit(table, penalty=penalty, alpha=alpha, standardize=False)
        assert report.certificate.certified
        assert not any(warning.code == "solver_fallback" for warning in report.warnings)
        if penalty == "l1" and alpha >= 1e-3:
            assert coefficients(report)[0] == 0.0


@pytest.mark.parametrize("dataset", ["diabetes", "boston", "mtcars"])
@pytest.mark.parametrize("penalty", ["none", "l1", "l2", "elasticnet"])
def test_no_intercept(dataset: str, penalty: str) -> None:
    """Without an intercept, on columns far from zero: certified at every strength."""
    table = frame(dataset)
    for alpha in [0.0] if penalty == "none" else [10.0, 0.1, 1e-3, 1e-5]:
        report = regcli.fit(table, table.columns[-1], penalty=penalty, alpha=alpha, intercept=False)
        assert report.certificate.certified
        assert report.model.intercept is None


FIRST = {1.0: "quadratic", 0.0: "ridge", None: "least_squares"}


@pytest.mark.parametrize("ratio", FIRST)
@pytest.mark.parametrize("fault", ["garbage", "not numbers", "raises"])
def test_auto_falls_back(monkeypatch: pytest.MonkeyPatch, ratio: float | None, fault: str) -> None:
    """Where an exact solver fails, the next in line solves the problem and a notice says so; a named one stays."""
    posed = pose(*arrays("diabetes"), ratio)
    problem = replace(posed.problem, alpha=0.01 * largest(posed) if ratio is not None else 0.0)
    first, *others = line(problem)
    assert first == FIRST[ratio] and others[-1] == "sklearn"
    expected = solve(problem)

    def broken(problem: Any, start: Any) -> Proposal:
        if fault == "raises":
            raise np.linalg.LinAlgError("did not converge")
        return Proposal(np.full(10, 1.0 if fault == "garbage" else np.nan), 1)

    monkeypatch.setitem(SOLVERS, first, replace(SOLVERS[first], run=broken))
    solution = solve(problem)
    assert_certified(solution)
    assert solution.solver == others[0]
    assert [notice.code for notice in solution.notices] == ["solver_fallback"]
    assert first in solution.notices[0].message and others[0] in solution.notices[0].message
    assert solution.coef == pytest.approx(expected.coef, rel=1e-6)
    if fault == "raises":
        with pytest.raises(np.linalg.LinAlgError):
            solve(problem, first)
        return
    named = solve(problem, first)
    assert not named.certificate.certified
    assert named.solver == first
    assert [notice.code for notice in named.notices] == ["not_certified"]


def test_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all exact solvers broken scikit-learn answers and is certified; `exact` is left without."""
    posed = pose(*arrays("diabetes"))
    problem = replace(posed.problem, alpha=0.01 * posed.alpha_max)
    for name, solver in SOLVERS.items():
        if solver.exact:
            monkeypatch.setitem(SOLVERS, name, replace(solver, run=lambda problem, start: Proposal(np.ones(10), 1)))
    solution = solve(problem)
    assert_certified(solution)
    assert solution.solver == "sklearn"
    assert not solve(problem, "exact").certificate.certified


def test_nobody_is_able() -> None:
    """A problem that the solvers asked for decline is a usage error made of their reasons."""
    posed = pose(*arrays("diabetes"), 1.0)
    with pytest.raises(UsageError, match="least squares has neither a penalty nor bounds"):
        line(replace(posed.problem, alpha=1.0), "least_squares")
    uneven = ElasticNet(np.array([0.0, *np.ones(9)]), np.zeros(10))
    with pytest.raises(UsageError, match="no penalty factors"):
        line(replace(posed.problem, alpha=1.0, penalty=uneven), "sklearn")


@pytest.mark.parametrize("ratio", [1.0, 0.5])
@pytest.mark.parametrize("name", ["diabetes^2", "correlated"])
def test_any_start_will_do(name: str, ratio: float) -> None:
    """From zero, from the solution, from noise and from another strength's solution: the same fit."""
    posed = pose(*design(name), ratio)
    problem = replace(posed.problem, alpha=0.01 * alpha_max(posed.problem))
    expected = solve(problem)
    p, rng = posed.problem.Z.shape[1], np.random.default_rng(0)
    starts = [np.zeros(p), expected.coef, rng.normal(size=p), solved(posed, 0.5 * posed.alpha_max)[0].coef]
    for solver in {"quadratic", "working_set"} & set(line(problem)):
        for start in starts:
            solution = solve(problem, solver, start)
            assert_certified(solution)
            assert solution.objective == pytest.approx(expected.objective, rel=1e-13)


@pytest.mark.parametrize("most", [0, 1, knots.MOST_FOR_EACH])
@pytest.mark.parametrize("p", [1, 5, 16, 45])
def test_a_walk_from_knot_to_knot_is_the_alphas_one_by_one(p: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Correlated columns, of which one is not penalised and others are unevenly: the same solutions, optimal by their
    own gradient; a walk that is cut short leaves the rest to the guard, and two columns that are one are no harm."""
    monkeypatch.setattr(knots, "MOST_FOR_EACH", most)
    rng = np.random.default_rng(p)
    Z = rng.normal(size=(60, p)) + 2 * rng.normal(size=(60, 1))
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    target = Z @ rng.normal(size=p) + rng.normal(size=60)
    quadratic = Quadratic(Z.T @ Z / 60, Z.T @ (target - target.mean()) / 60)
    penalty = ElasticNet(np.r_[np.linspace(0.5, 2, p - 1), 0.0] if p > 1 else np.ones(1), np.zeros(p))
    alphas = (4 * np.max(np.abs(quadratic.linear)) * np.logspace(0, -4, 100)).tolist()
    settled = knots.walked(quadratic, penalty.l1, np.array(alphas))[2]
    assert most == 1 or np.all(settled) == (most > 1)
    together, alone = (list(each.along(quadratic, penalty, alphas)) for each in (at_once, one_by_one))
    for alpha, (coef, pull), (other, _) in zip(alphas, together, alone, strict=True):
        assert coef == pytest.approx(other, rel=1e-9, abs=1e-11)
        assert pull == pytest.approx(quadratic.linear - quadratic.matrix @ coef, abs=1e-12)
        assert np.max(penalty.at(alpha).distance(coef, pull)) <= 1e-12
    twice = np.r_[np.arange(p), 0]
    doubled = Quadratic(quadratic.matrix[np.ix_(twice, twice)], quadratic.linear[twice])
    shape = ElasticNet(penalty.l1[twice], penalty.l2[twice])
    for alpha, (coef, pull) in zip(alphas, at_once.along(doubled, shape, alphas), strict=True):
        assert np.max(shape.at(alpha).distance(coef, pull)) <= 1e-12


@pytest.mark.parametrize("knots_ahead", [0, 3, ahead.MOST_KNOTS])
@pytest.mark.parametrize("case", ["plain", "uneven", "weighted", "few join"])
def test_alphas_ahead_are_the_alphas_one_by_one(case: str, knots_ahead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """More features than rows: walked some alphas ahead, as far as knots and joining features allow, or one by one."""
    monkeypatch.setattr(ahead, "MOST_KNOTS", knots_ahead)
    if case == "few join":
        monkeypatch.setattr(ahead, "MOST_JOIN", 2)
        monkeypatch.setattr(working_set, "MOST_JOIN", 2)
    rng = np.random.default_rng(3)
    Z = rng.normal(size=(30, 150)) + rng.normal(size=(30, 1))
    Z = np.asfortranarray((Z - Z.mean(axis=0)) / Z.std(axis=0))
    target = Z[:, :5] @ rng.normal(size=5) + rng.normal(size=30)
    l1 = np.r_[0.0, np.linspace(0.5, 2, 149)] if case == "uneven" else np.ones(150)
    weights = rng.integers(1, 4, 30).astype(float) if case == "weighted" else None
    if weights is not None:
        Z -= weights @ Z / weights.sum()
    problem = Problem(Z, target - target.mean(), ElasticNet(l1, np.zeros(150)), 1.0, weights is None, weights)
    # Dense at first, then with gaps too wide to look across.
    alphas = (2 * np.max(np.abs(problem.null_pull)) * np.r_[np.geomspace(1, 0.05, 40), 0.02, 0.01]).tolist()
    together = list(ahead.along(WorkingSet(problem), alphas))
    for alpha, (coef, pull), (other, _) in zip(alphas, together, WorkingSet(problem).along(alphas), strict=True):
        assert np.array_equal(coef == 0, other == 0)
        assert coef == pytest.approx(other, rel=1e-9, abs=1e-11)
        assert np.max(problem.penalty.at(alpha).distance(coef, pull)) <= 1e-12


@pytest.mark.parametrize("rounds", [1, 4])
@pytest.mark.parametrize("p", [1, 5, 16])
def test_all_alphas_at_once_are_the_alphas_one_by_one(p: int, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Correlated columns and a hundred alphas: the same solutions, to rounding times the condition number, and
    optimal by their own gradient; what one round leaves unsettled is solved with the guard."""
    monkeypatch.setattr(at_once, "MOST_ROUNDS", rounds)
    monkeypatch.setattr(at_once, "MOST_SWEEPS", 12 if rounds > 1 else 1)
    rng = np.random.default_rng(p)
    Z = rng.normal(size=(60, p)) + 2 * rng.normal(size=(60, 1))
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    target = Z @ rng.normal(size=p) + rng.normal(size=60)
    quadratic = Quadratic(Z.T @ Z / 60, Z.T @ (target - target.mean()) / 60)
    penalty = ElasticNet(np.full(p, 0.5), np.linspace(0.1, 2, p))
    alphas = (2 * np.max(np.abs(quadratic.linear)) * np.logspace(0, -4, 100)).tolist()
    together, alone = (list(each.along(quadratic, penalty, alphas)) for each in (at_once, one_by_one))
    settled = at_once.at_once(quadratic, penalty, np.array(alphas))[2]
    assert (rounds == 1 and p == 16) <= (not settled.all()) and settled.any()
    for alpha, (coef, pull), (other, _) in zip(alphas, together, alone, strict=True):
        assert coef == pytest.approx(other, rel=1e-9, abs=1e-11)
        strengths = penalty.at(alpha)
        assert pull == pytest.approx(quadratic.linear - quadratic.matrix @ coef, abs=1e-12)
        assert np.max(strengths.distance(coef, pull)) <= 1e-12
