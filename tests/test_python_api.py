"""`import regcli`: light; the options, defaults and numbers of the command line; errors and a report of its own."""

from __future__ import annotations

import copy
import inspect
import io
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, NAMES, PROSTATE, document, environment, result, table
from commandline import regcli as typed_regcli
from rich.console import Console

import regcli
from regcli import api
from regcli.cli.commands import command
from regcli.errors import DataError, RegcliError, UsageError
from regcli.report.wording import number
from regcli.specs import DataSpec, ModelSpec

ONLY_TYPED = {"format", "json", "output", "quiet", "verbose", "plot", "x_axis", "every", "report", "save", "fitted"}
"""Options that say where the result goes; in Python it is returned."""

FRAME = pd.read_csv(DIABETES)
X, Y = FRAME.drop(columns="target"), FRAME["target"]


COMMANDS = {verb: command(verb) for verb in ("fit", "path", "cv", "compare")}
CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "fit": ({"penalty": "l1", "alpha": 0.1}, "-a 0.1"),
    "path": ({"penalty": "enet", "n_alphas": 9}, "-p enet --n-alphas 9"),
    "cv": ({"penalty": "l1", "n_alphas": 9, "folds": 3}, "--n-alphas 9 -k 3"),
}
"""For each verb a call, and the command that is the same."""


@pytest.fixture(scope="module", params=CALLS)
def report(request: pytest.FixtureRequest) -> Any:
    return getattr(regcli, request.param)(DIABETES, **CALLS[request.param][0])


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


# Import


def test_the_import_is_light() -> None:
    """`import regcli` loads none of the libraries, not even the one that draws; neither does asking what there is."""
    heavy = "{'numpy', 'pandas', 'scipy', 'sklearn', 'typer', 'rich'}"
    assert python(f"import sys, regcli; regcli.__version__, dir(regcli); print({heavy} & set(sys.modules))") == "set()"
    assert python("import sys, regcli; regcli.fit; print('pandas' in sys.modules)") == "False"


def test_what_the_package_offers() -> None:
    """The verbs and the version, by name and in completion; anything else is an AttributeError that names it."""
    offered = {*COMMANDS, "inspect", "load", "predict"}
    assert set(regcli.__all__) == {*offered, "__version__"} <= set(dir(regcli))
    assert all(getattr(regcli, verb) is getattr(api, verb) for verb in offered)
    with pytest.raises(AttributeError, match="'fti'"):
        regcli.fti  # noqa: B018
    with pytest.raises(ImportError):
        exec("from regcli import nothing")


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_option_is_a_keyword_with_the_same_default(verb: str) -> None:
    """The signatures agree, name by name; an option that was not typed at all is (), where there may be many.

    How rows are read is the same for all verbs: `api.Reading`, whose defaults are those of the request; and so is most
    of what is minimised for those that fit: `api.Fitting`.
    """
    typed, called = (dict(inspect.signature(one).parameters) for one in (COMMANDS[verb], getattr(api, verb)))
    assert called.pop("shared").kind is inspect.Parameter.VAR_KEYWORD
    request, model = (inspect.signature(one).parameters for one in (DataSpec, ModelSpec))
    for name in set(api.Fitting.__annotations__) - set(api.Reading.__annotations__):
        assert typed.pop(name).default in (model[name].default, None), name
    for name in api.Reading.__annotations__:
        assert typed.pop(name).default in (request[name].default, None), name
    assert set(request) == {*api.Reading.__annotations__, "source", "target"}
    assert set(typed) - set(called) <= ONLY_TYPED
    assert set(called) <= set(typed)
    assert [name for name in typed if name in called] == list(called)
    with pytest.raises(TypeError, match="misspelt"):
        getattr(api, verb)(FRAME, misspelt=1)
    for name in set(called) - {"source"}:
        if called[name].default != ():
            assert called[name].default == typed[name].default, name
        else:
            assert typed[name].default is None, name
    positional = [name for name, found in called.items() if found.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert positional == ["source", "target"]


# Sources


@pytest.mark.parametrize("penalty", ["none", "l1", "l2", "elasticnet"])
def test_every_source_gives_the_numbers_of_the_command_line(penalty: str) -> None:
    """A path, a Path, a DataFrame, arrays, a DataFrame with a Series: the same model to the last digit."""
    strength: dict[str, Any] = {} if penalty == "none" else {"alpha": 0.3}
    typed = document(DIABETES, "-p", penalty, *(["-a", "0.3"] if strength else []))
    arrays = (X.to_numpy(), Y.to_numpy())
    for source in (DIABETES, Path(DIABETES), FRAME, (X, Y), (X, Y.to_numpy()), arrays, (X.to_numpy(), Y.to_list())):
        found = regcli.fit(source, penalty=penalty, **strength)
        names = [row.name for row in found.model.coefficients]
        assert names == (
            list(X) if not isinstance(source, tuple) or source[0] is X else [f"x{j}" for j in range(1, 11)]
        )
        for key in ("coefficient", "standardized"):
            assert [row[key] for row in found.model.coefficients] == [
                row[key] for row in typed["model"]["coefficients"]
            ]
        assert found.model.intercept == typed["model"]["intercept"]
        assert found.to_dict()["metrics"] == typed["metrics"]
        assert found.to_dict()["certificate"] == typed["certificate"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """'-' reads standard input, as on the command line."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(DIABETES).read_bytes())))
    found = regcli.fit("-", alpha=0.1)
    assert found.data.source == "standard input"
    assert found.sparsity.nonzero == 9


def test_the_source_is_left_as_it_was() -> None:
    """A DataFrame and arrays are read, never written."""
    frame, arrays = FRAME.copy(), (X.to_numpy(), Y.to_numpy().astype(float))
    kept = arrays[0].copy(), arrays[1].copy()
    regcli.fit(frame, alpha=0.1, missing="drop")
    regcli.fit(arrays, alpha=0.1)
    pd.testing.assert_frame_equal(frame, FRAME)
    assert all(np.array_equal(array, before) for array, before in zip(arrays, kept, strict=True))


def test_the_index_of_a_frame_does_not_matter() -> None:
    """Rows are rows, whatever they are called."""
    shuffled = FRAME.set_axis(FRAME.index[::-1] * 7, axis=0)
    assert regcli.fit(shuffled, alpha=0.1).to_dict() == regcli.fit(FRAME, alpha=0.1).to_dict()


@pytest.mark.parametrize(
    "one",
    ["age,bmi", ["age", "bmi"], ("age", "bmi"), ["age,bmi"], X.columns[[0, 2]], np.array(["age", "bmi"])],
    ids=["string", "list", "tuple", "list of one", "index", "array"],
)
def test_names_come_as_a_string_or_a_sequence(one: Any) -> None:
    """features and exclude take what --features takes, or any sequence of names."""
    assert regcli.fit(FRAME, features=one, alpha=0.1).data.features == ["age", "bmi"]
    assert "bmi" not in regcli.fit(FRAME, exclude=one, alpha=0.1).data.features


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"penalty": "lasso", "alpha": 1}, "-p l1 -a 1"),
        ({"alpha": 1.0, "test_size": 0.3, "seed": 4}, "-a 1 --test-size 0.3 --seed 4"),
        ({"alpha": 1.0, "test": Path(DIABETES)}, f"-a 1 --test {DIABETES}"),
        ({"alpha": 1.0, "standardize": False, "intercept": False}, "-a 1 --no-standardize --no-intercept"),
        ({"penalty": "enet", "l1": 0.5, "l2": 0.1, "convention": "sum"}, "-p enet --l1 .5 --l2 .1 --convention sum"),
        ({"alpha": 1.0, "solver": "sklearn", "target": "bmi"}, "-a 1 --solver sklearn -y bmi"),
        ({"alpha": np.float64(0.5)}, "-a 0.5"),
    ],
    ids=str,
)
def test_keywords_are_options(options: dict[str, Any], words: str) -> None:
    """A call and a command give the same document."""
    assert regcli.fit(DIABETES, **options).to_dict() == document(DIABETES, *words.split())


@pytest.mark.parametrize(
    ("verb", "options", "words"),
    [
        ("path", {"penalty": "ridge", "n_alphas": 7, "select": "bic"}, "-p l2 --n-alphas 7 --select bic"),
        ("path", {"alphas": (3, 0.5), "convention": "sum"}, "--alphas 3,0.5 --convention sum"),
        ("path", {"alphas": np.array([3, 0.5]), "intercept": False}, "--alphas 3,0.5 --no-intercept"),
        ("path", {"full_path": True, "alpha_min_ratio": 0.01}, "--full-path --alpha-min-ratio 0.01"),
        ("cv", {"folds": 4, "repeats": 2, "seed": 3, "n_alphas": 9}, "-k 4 --repeats 2 --seed 3 --n-alphas 9"),
        ("cv", {"folds": "loo", "alphas": 2.0, "rule": "min", "jobs": 1}, "-k loo --alphas 2 --rule min -j 1"),
        ("cv", {"groups": "age", "folds": 4, "measure": "mae", "alphas": [2, 1]},
         "--groups age -k 4 --measure mae --alphas 2,1"),
        ("cv", {"time": "age", "folds": 4, "n_alphas": 9, "jobs": 1}, "--time age -k 4 --n-alphas 9 -j 1"),
        ("cv", {"fold_column": "sex", "n_alphas": 9, "measure": "r2"}, "--fold-column sex --n-alphas 9 --measure r2"),
        ("cv", {"penalty": "enet", "l1_ratio": (0.2, 0.8), "n_alphas": 9, "test_size": 0.2, "seed": 4},
         "-p enet --l1-ratio 0.2,0.8 --n-alphas 9 --test-size 0.2 --seed 4"),
        ("cv", {"penalty": "enet", "l1_ratio": 0.2, "n_alphas": 9}, "-p enet --l1-ratio 0.2 --n-alphas 9"),
    ],
    ids=str,
)  # fmt: skip
def test_keywords_of_path_and_cv(verb: str, options: dict[str, Any], words: str) -> None:
    """The same, for whole paths and for cross-validation."""
    assert getattr(regcli, verb)(DIABETES, **options).to_dict() == result(verb, DIABETES, *words.split())


@pytest.mark.parametrize("verb", ["path", "cv"])
def test_paths_of_frames_and_arrays(verb: str) -> None:
    """A DataFrame and arrays give the numbers of the file; the command that follows names DATA."""
    found = getattr(regcli, verb)(DIABETES, n_alphas=9)
    for source in (FRAME, (X, Y), (X.to_numpy(), Y.to_numpy())):
        other = getattr(regcli, verb)(source, n_alphas=9)
        assert all(np.array_equal(found.arrays[key], other.arrays[key]) for key in found.arrays)
        assert other.next.split()[2] == "DATA"


@pytest.mark.parametrize("test", [FRAME.iloc[:20], (X[:20], Y[:20])], ids=["frame", "pair"])
def test_test_rows_from_memory(test: Any) -> None:
    """test takes what source takes."""
    found = regcli.fit(FRAME if isinstance(test, pd.DataFrame) else (X, Y), alpha=1.0, test=test)
    assert found.metrics.test.rows == 20


@pytest.mark.parametrize(
    "options",
    [{"alpha": np.float32(0.5)}, {"alpha": 1, "test_size": 0.3, "seed": np.int64(3)}, {"alpha": np.int64(1)}],
    ids=str,
)
def test_numbers_of_numpy(options: dict[str, Any]) -> None:
    """A number is a number: the document holds plain ones."""
    json.dumps(regcli.fit(FRAME, **options).to_dict(), allow_nan=False)


def test_columns_that_are_called_by_numbers() -> None:
    """A DataFrame made from an array has columns 0, 1, ...: they can be named as they are."""
    numbered = FRAME.set_axis(range(FRAME.shape[1]), axis=1)
    assert regcli.fit(numbered, 10, features=[0, 2], alpha=1.0).data.features == ["0", "2"]


# Errors


@pytest.mark.parametrize(
    ("source", "options", "error"),
    [
        (DIABETES, {}, UsageError),
        (DIABETES, {"alpha": -1.0}, UsageError),
        (DIABETES, {"alpha": float("nan")}, UsageError),
        (DIABETES, {"penalty": "laso", "alpha": 1.0}, UsageError),
        (DIABETES, {"target": "nobody", "alpha": 1.0}, UsageError),
        (DIABETES, {"features": "q*", "alpha": 1.0}, UsageError),
        (DIABETES, {"seed": 1, "alpha": 1.0}, UsageError),
        (DIABETES, {"convention": "glmnt", "alpha": 1.0}, UsageError),
        (3, {"alpha": 1.0}, UsageError),
        (None, {"alpha": 1.0}, UsageError),
        ("no-such-file.csv", {"alpha": 1.0}, DataError),
        (PROSTATE, {"alpha": 1.0, "family": "gaussian"}, DataError),
        (FRAME.assign(target=1.0), {"alpha": 1.0}, DataError),
        (FRAME.iloc[:1], {"alpha": 1.0}, DataError),
        (FRAME.iloc[:0], {"alpha": 1.0}, DataError),
        (FRAME[["target"]], {"alpha": 1.0}, DataError),
        (FRAME.assign(bmi=np.inf), {"alpha": 1.0}, DataError),
        (FRAME.assign(bmi=FRAME["bmi"].where(FRAME["bmi"] > 20)), {"alpha": 1.0}, DataError),
        ((X, Y[:-1]), {"alpha": 1.0}, DataError),
        ((X.to_numpy()[None], Y), {"alpha": 1.0}, DataError),
    ],
)
def test_errors_are_those_of_regcli(source: Any, options: dict[str, Any], error: type[RegcliError]) -> None:
    """Each error is a class of regcli.errors, with a message, an exit code and lines to print."""
    with pytest.raises(RegcliError) as raised:
        regcli.fit(source, **options)
    assert type(raised.value) is error
    assert raised.value.exit_code == (2 if error is UsageError else 3)
    assert 1 <= len(raised.value.lines()) <= 3
    assert raised.value.message in str(raised.value)


@pytest.mark.parametrize(
    "options",
    [{"alpha": "0.1x"}, {"alpha": [0.1]}, {"penalty": None, "alpha": 1}, {"penalty": 1, "alpha": 1},
     {"alpha": 1, "convention": None}, {"alpha": 1, "test_size": 0.5, "seed": 1.5}],
    ids=str,
)  # fmt: skip
def test_wrong_types_are_usage_errors(options: dict[str, Any]) -> None:
    """What cannot be a strength, a word or a seed is refused like any other wrong option."""
    with pytest.raises(UsageError):
        regcli.fit(DIABETES, **options)


@pytest.mark.parametrize(
    ("verb", "options", "error"),
    [
        ("path", {"penalty": "none"}, UsageError),
        ("path", {"alphas": ["x"]}, UsageError),
        ("path", {"alphas": [[1, 2]]}, UsageError),
        ("path", {"n_alphas": 2.5}, UsageError),
        ("path", {"select": "hqc"}, UsageError),
        ("cv", {"penalty": "none"}, UsageError),
        ("cv", {"folds": 1}, UsageError),
        ("cv", {"folds": 2.5}, UsageError),
        ("cv", {"folds": True}, UsageError),
        ("cv", {"folds": "all"}, UsageError),
        ("cv", {"repeats": 0}, UsageError),
        ("cv", {"jobs": "all"}, UsageError),
        ("cv", {"groups": "nobody"}, UsageError),
        ("cv", {"rule": None}, UsageError),
        ("cv", {"l1_ratio": [0.5, "x"], "penalty": "enet"}, UsageError),
        ("cv", {"target": "bmi", "groups": "bmi"}, UsageError),
    ],
    ids=str,
)
def test_errors_of_path_and_cv(verb: str, options: dict[str, Any], error: type[RegcliError]) -> None:
    """The same classes of errors, raised and not printed."""
    with pytest.raises(error) as raised:
        getattr(regcli, verb)(DIABETES, **options)
    assert type(raised.value) is error
    assert 1 <= len(raised.value.lines()) <= 3


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """Notes and warnings are in the report, not on standard error."""
    for found in (regcli.fit(DIABETES, alpha=0.1), regcli.path(DIABETES), regcli.cv(DIABETES)):
        assert [warning.code for warning in found.warnings] == ["target_assumed"]
    assert capfd.readouterr() == ("", "")


# The report


def test_repr_and_str(report: Any) -> None:
    """repr is one line; str is the table that the command line prints in a pipe."""
    assert repr(report).startswith(f"<regcli {report.command}: ")
    assert "\n" not in repr(report)
    assert str(report) == typed_regcli(report.command, DIABETES, *CALLS[report.command][1].split()).out


def test_rich_draws_it(report: Any) -> None:
    """rich.print shows the table within the width of its console: every coefficient, every knot."""
    for width in (80, 140):
        console = Console(file=io.StringIO(), width=width)
        console.print(report)
        shown = console.file.getvalue()  # type: ignore[attr-defined]
        assert max(map(len, shown.splitlines())) <= width
        if report.command == "path":
            assert all(number(row.alpha) in shown for row in report.path if row.entered or row.left)
        else:
            assert all(number(row.coefficient) in shown for row in report.model.coefficients)


@pytest.mark.parametrize("verb", COMMANDS)
def test_a_notebook_shows_it_safely(verb: str, tmp_path: Path) -> None:
    """The HTML holds the table as text: a column name cannot become a tag or an entity."""
    few: dict[str, Any] = {"alphas": (0.1, 0.01)} if verb in ("path", "cv") else {"alpha": 0.01}
    script = "<script>alert(1)</script>"
    # Of features that enter a path at once six are named.
    names = [NAMES["html"], script] if verb == "path" else [*NAMES.values(), script]
    found = getattr(regcli, verb)(table(tmp_path / "t.csv", names), **few)
    html = found._repr_html_()
    assert html.startswith("<pre>")
    assert html.endswith("</pre>")
    inside = html.removeprefix("<pre>").removesuffix("</pre>")
    assert "<" not in inside
    assert "&lt;script&gt;" in inside
    assert "&amp;amp;" in inside


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_report_can_be_pickled(report: Any, protocol: int) -> None:
    """And comes back equal, attributes and all."""
    again = pickle.loads(pickle.dumps(report, protocol))
    assert again == report
    assert again.settings.penalty == report.settings.penalty
    assert again.arrays.keys() == report.arrays.keys()
    assert all(np.array_equal(again.arrays[key], report.arrays[key]) for key in report.arrays)
    assert str(again) == str(report)


def test_a_report_can_be_copied(report: Any) -> None:
    """copy and deepcopy give an equal report; changing a deep copy's document leaves the original."""
    assert copy.copy(report) == report
    deep = copy.deepcopy(report)
    assert deep == report
    before = report.model.n
    deep.model["n"] = 7
    assert report.model.n == before
    plain = report.to_dict()
    plain["model"]["n"] = 7
    assert report.model.n == before
    assert type(plain["model"]) is dict


def test_unknown_attributes(report: Any) -> None:
    """AttributeError, at every level, with the name; hasattr, dir and completion work."""
    for holder in (report, report.model, report.data.columns[0], report.certificate):
        with pytest.raises(AttributeError, match="'lambda_'"):
            holder.lambda_  # noqa: B018
        assert not hasattr(holder, "__array__")
    assert {"model", "data", "certificate", "to_dict", "plot"} <= set(dir(report))
    assert {"penalty", "formula", "target_deviation"} <= set(dir(report.model))


def test_a_report_cannot_be_set(report: Any) -> None:
    """Its fields are frozen."""
    with pytest.raises(AttributeError):
        report.headline = "other"


def test_the_readme_in_the_docstring() -> None:
    """`help(regcli)` and `help(regcli.fit)` say how it is called, `help(regcli.path)` what the arrays are."""
    assert "regcli.fit(" in (regcli.__doc__ or "")
    assert "DataFrame" in (api.fit.__doc__ or "")
    for verb in ("path", "cv"):
        found = getattr(regcli, verb)(DIABETES, **CALLS[verb][0])
        said = getattr(api, verb).__doc__ + api.path.__doc__
        assert all(f"`{name}`" in said for name in found.arrays)
