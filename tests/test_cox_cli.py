"""Survival times at the command line: what is refused and how, what is noted, screens, documents, new rows."""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from commandline import STYLE, Said, at_terminal, check_error, pasted, regcli, result
from contract import VALIDATORS, in_order, schema_of, valid
from support import DATA, SAMPLES

import regcli as api

PATIENTS = str(SAMPLES / "heart_failure.csv")
ASKED = ("-y", "time", "--event", "DEATH_EVENT", "--family", "cox")
HEART = str(DATA / "heart.csv")
TIMES = ("-y", "stop", "--event", "event", "--family", "cox", "-x", "age,year,transplant")


def patients(**columns: Any) -> pd.DataFrame:
    """The first 60 patients with a few columns, some of them others."""
    frame = pd.read_csv(PATIENTS)[["age", "sex", "serum_creatinine", "time", "DEATH_EVENT"]].head(60)
    own = {"start": frame["time"] / 2, "site": np.where(np.arange(60) % 2, "east", "west")}
    return frame.assign(**(own | columns))


def at(place: int, value: Any, column: str) -> Any:
    """The column with another cell."""
    cells = patients()[column].astype(object)
    cells[place] = value
    return cells


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """A verb on such patients, by their age and creatinine."""

    def on(words: str, verb: str = "fit", **columns: Any) -> Said:
        path = tmp_path / "t.csv"
        patients(**columns).to_csv(path, index=False)
        rest = ("-a", "0.05") if verb == "fit" and "-p none" not in words else ()
        return regcli(verb, path, "-y", "time", "-x", "age,serum_creatinine", *rest, *shlex.split(words))

    return on


COX = "--event DEATH_EVENT --family cox"
REFUSED: dict[str, tuple[str, int, str, dict[str, Any]]] = {
    "no event column": ("--family cox", 2, "--event", {}),
    "another family": ("--event DEATH_EVENT --family gaussian", 2, "--event cannot act", {}),
    "no family": ("--event DEATH_EVENT", 2, "--event cannot act", {}),
    "entry of another family": ("--entry start", 2, "--entry cannot act", {}),
    "strata of another family": ("--strata site", 2, "--strata cannot act", {}),
    "ties of another family": ("--ties efron", 2, "--ties cannot act", {}),
    "ties that are none": (f"{COX} --ties exact", 2, "breslow, efron", {}),
    "the target as event": ("--event time --family cox", 2, "--event 'time'", {}),
    "a column for two": (f"{COX} --entry DEATH_EVENT", 2, "--entry 'DEATH_EVENT'", {}),
    "a feature as stratum": (f"{COX} --strata age", 2, "'age' cannot be a feature", {}),
    "no such column": ("--event dead --family cox", 2, "no column 'dead'", {}),
    "no intercept": (f"{COX} --no-intercept", 2, "--no-intercept", {}),
    "memory": (f"{COX} --memory 1KB", 2, "all rows at risk", {}),
    "competing": (COX, 3, "3 codes: '0' (20), '1' (20), '2' (20)", {"DEATH_EVENT": np.arange(60) % 3}),
    "other codes": (COX, 3, "an event is 1, true or yes", {"DEATH_EVENT": np.where(np.arange(60) % 3, "a", "b")}),
    "plus and minus": (COX, 3, "'-1' (line 3)", {"DEATH_EVENT": np.where(np.arange(60) % 3 == 1, -1, 1)}),
    "nobody": (COX, 3, "no training row has its event", {"DEATH_EVENT": 0}),
    "below 0": (COX, 3, "0 or more, for a time, and is not in line 7", {"time": at(5, -1, "time")}),
    "infinite": (COX, 3, "finite number, 0 or more, for a time, and is not in line 7", {"time": at(5, "inf", "time")}),
    "constant": (COX, 3, "constant", {"time": 5.0}),
    "late": (
        f"{COX} --entry start",
        3,
        "later than its start, and is not in line 9",
        {"start": np.where(np.arange(60) == 7, 400, 0)},
    ),
    "entry of text": (f"{COX} --entry start", 3, "--entry: start holds text", {"start": "x"}),
    "gap in time": (COX, 3, "time (1)", {"time": at(5, None, "time")}),
    "gap in event": (COX, 3, "DEATH_EVENT (1)", {"DEATH_EVENT": at(5, None, "DEATH_EVENT")}),
    "gap in entry": (f"{COX} --entry start", 3, "start (1)", {"start": at(5, None, "time") / 2}),
    "gap in strata": (f"{COX} --strata site", 3, "site (1)", {"site": at(5, None, "site")}),
    "ordered": (f"{COX} -p none", 3, "grow without end", {"age": -(pd.read_csv(PATIENTS)["time"].head(60) ** 2)}),
}
"""What is typed, the exit code, what is said, and the columns."""


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, run: Any) -> None:
    """One to three lines, nothing on standard output, what is wrong and where."""
    words, code, told, columns = REFUSED[name]
    said = run(words, **columns)
    check_error(said, code)
    assert told in said.err


@pytest.mark.parametrize("column", ["time", "DEATH_EVENT", "start", "site"])
def test_rows_with_gaps_are_dropped(column: str, run: Any) -> None:
    """Under --missing drop: the fit of the other rows."""
    gap = patients()[column].astype(object)
    gap[5] = None
    words = f"{COX} --entry start --strata site --json"
    found = run(f"{words} --missing drop", **{column: gap}).json
    assert found["data"]["rows_used"] == 59
    whole = patients().drop(index=5)
    alone = api.fit(
        whole, "time", features="age,serum_creatinine", alpha=0.05, event="DEATH_EVENT", entry="start", strata="site",
        family="cox",
    )  # fmt: skip
    assert found["model"]["coefficients"] == [dict(row) for row in alone.model.coefficients]


@pytest.mark.parametrize(
    ("dead", "alive"), [("1", "0"), ("true", "false"), ("TRUE", "FALSE"), ("yes", "no"), ("Dead", "Alive"), ("2", "1"),
                        ("event", "censored")],
)  # fmt: skip
def test_codes_of_events(dead: str, alive: str, run: Any) -> None:
    """Numbers, true and false, words; 2 and 1 as R has them, which is said."""
    codes = np.where(patients()["DEATH_EVENT"] == 1, dead, alive)
    said, plain = run(f"{COX} --json", DEATH_EVENT=codes), run(f"{COX} --json")
    assert said.json["model"]["coefficients"] == plain.json["model"]["coefficients"]
    assert said.json["data"]["events"] == patients()["DEATH_EVENT"].sum()
    assert ("2 is taken for an event" in said.err) == (dead == "2")


FOLDS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "fewer events than folds": (
        "cv", COX, "3 events for 10 folds", {"DEATH_EVENT": (np.arange(60) % 20 == 0).astype(int)},
    ),
    "one row each": ("cv", f"{COX} --folds loo", "has no event to be tested on", {}),
    "a fold of others": ("cv", f"{COX} --fold-column f", "fold 4 of 4 has no event to be tested on",
                         {"f": np.where(patients()["DEATH_EVENT"] == 1, np.arange(60) % 3, 3)}),
    "all events in one": ("cv", f"{COX} --fold-column f", "fold 1 of 2 has no event to be tested on",
                          {"f": patients()["DEATH_EVENT"]}),
    "all events in the first": ("cv", f"{COX} --fold-column f", "fold 1 of 2 has no event to learn from",
                                {"f": 1 - patients()["DEATH_EVENT"]}),
    "a group of others": ("cv", f"{COX} --groups f --folds 2", "has no event to",
                          {"f": patients()["DEATH_EVENT"]}),
    "later ones": ("cv", f"{COX} --time f --folds 2", "has no event to be tested on",
                   {"f": np.arange(60), "DEATH_EVENT": (np.arange(60) < 25).astype(int)}),
    "a comparison": ("compare", f"{COX} --fold-column f", "fold 4 of 4 has no event to be tested on",
                     {"f": np.where(patients()["DEATH_EVENT"] == 1, np.arange(60) % 3, 3)}),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDS)
def test_folds_without_events(name: str, run: Any) -> None:
    """Named, with another way where one is known; never a number that is none."""
    verb, words, told, columns = FOLDS[name]
    said = run(words, verb, **columns)
    check_error(said, 3)
    assert told in said.err
    if name == "fewer events than folds":
        assert said.hint == "--folds 3"
        assert run(f"{COX} --folds 3 --n-alphas 5", verb, **columns).code == 0


def test_few_events_tune_in_fewer_folds(run: Any) -> None:
    """Of four events two or three are left to tune with in each of three folds."""
    events = np.isin(np.arange(60), [3, 18, 31, 44]).astype(int)
    found = run(f"{COX} --folds 3 -p ridge --json", "compare", DEATH_EVENT=events)
    assert (found.code, found.json["folds"]["inner_least"]) == (0, 2), found.err


def test_measures_and_judges(run: Any) -> None:
    """Deviance and concordance and no other; test rows do not judge a comparison."""
    for measure in ("mse", "auc", "r2"):
        said = run(f"{COX} --measure {measure}", "cv")
        check_error(said, 2)
        assert "deviance, concordance" in said.err
    said = run(f"{COX} --test-size 0.2", "compare")
    check_error(said, 2)
    assert "folds as the judges" in said.err


# New rows


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model with strata, saved."""
    patients().to_csv(tmp_path / "train.csv", index=False)
    words = ("-y", "time", "-x", "age,serum_creatinine", "--strata", "site", "-a", 0.05, *COX.split())
    assert regcli("fit", tmp_path / "train.csv", *words, "--save", tmp_path / "m.json").code == 0
    return tmp_path / "m.json"


def new_rows(path: Path, **columns: Any) -> Path:
    patients(**columns).to_csv(path, index=False)
    return path


def test_survival_at_times(model: Path, tmp_path: Path) -> None:
    """One column a time, falling, between 0 and 1; equal to the same at another time of the day of no event."""
    said = regcli("predict", model, new_rows(tmp_path / "n.csv"), "--at", "20,50.5", "--at", 20.25, "--id", "site")
    assert said.code == 0
    rows = [line.split(",") for line in said.out.splitlines()]
    assert rows[0] == ["site", "survival[20]", "survival[50.5]", "survival[20.25]"]
    found = np.array([row[1:] for row in rows[1:]], dtype=float)
    assert np.all((found > 0) & (found < 1) & (found[:, [0]] >= found)) and np.array_equal(found[:, 0], found[:, 2])


def test_strata_without_training_rows(model: Path, tmp_path: Path) -> None:
    """They have a relative hazard and no survival, are counted, and are left out of the comparison."""
    path = new_rows(tmp_path / "n.csv", site=np.where(np.arange(60) < 2, "north", patients()["site"]))
    said = regcli("predict", model, path, "--at", "30")
    assert said.out.splitlines()[1:3] == ['""', '""'] and '""' not in said.out.splitlines()[3:]
    assert "2 rows of 60 without a prediction: no training row has their site" in said.err
    assert "on 58 rows with time" in said.err
    assert '""' not in regcli("predict", model, path).out.splitlines()
    gaps = new_rows(tmp_path / "g.csv", site=at(4, None, "site"))
    assert (
        "1 row of 60 without a prediction: missing cells in site (1)" in regcli("predict", model, gaps, "--at", 9).err
    )
    said = regcli(
        "fit", tmp_path / "train.csv", "-y", "time", "-x", "age", "--strata", "site", "-a", 0.1, *COX.split(),
        "--test", path,
    )  # fmt: skip
    check_error(said, 3)
    assert "a value that the training rows lack, lines 2, 3" in said.err and "north" in said.err


def test_times_beyond_the_last_event(model: Path, tmp_path: Path) -> None:
    """The curve stays, which is said once with the last event of each stratum; not of a time before it."""
    path = new_rows(tmp_path / "n.csv")
    last = patients().query("DEATH_EVENT == 1").groupby("site")["time"].max()
    said = regcli("predict", model, path, "--at", "50,9999")
    assert f"at {last['east']} (site 'east'), at {last['west']} (site 'west')" in said.err
    assert said.err.count("beyond the last event") == 1
    assert "beyond" not in regcli("predict", model, path, "--at", last.min()).err


@pytest.mark.parametrize(
    ("words", "told"), [("--at -1", "0 or more"), ("--at inf", "0 or more"), ("--at x", "--at"),
                        ("--at 1 --type link", "--at cannot act with --type link"),
                        ("--type class", "no classes"), ("--type probability", "no classes")],
)  # fmt: skip
def test_wrong_predictions(words: str, told: str, model: Path) -> None:
    said = regcli("predict", model, model.parent / "train.csv", *words.split())
    check_error(said, 2)
    assert told in said.err


def test_at_is_of_survival_times(tmp_path: Path) -> None:
    """Another family has no times; new rows without the column of the strata no baseline."""
    rows = new_rows(tmp_path / "n.csv")
    words = ("-y", "time", "-x", "age", "-a", 0.1, "--save", tmp_path / "g.json")
    assert regcli("fit", rows, *words).code == 0
    said = regcli("predict", tmp_path / "g.json", rows, "--at", 1)
    check_error(said, 2)
    assert "family gaussian, which has no times" in said.err
    words = ("-y", "time", "-x", "age", "--strata", "site", "-a", 0.1, *COX.split(), "--save", tmp_path / "s.json")
    assert regcli("fit", rows, *words).code == 0
    patients()[["age", "time"]].to_csv(tmp_path / "few.csv", index=False)
    assert regcli("predict", tmp_path / "s.json", tmp_path / "few.csv").code == 0
    said = regcli("predict", tmp_path / "s.json", tmp_path / "few.csv", "--at", 1)
    check_error(said, 3)
    assert "lacks the column of the strata: site" in said.err


def test_rows_that_are_not_compared_with(model: Path, tmp_path: Path) -> None:
    """Times or codes that are none are told with their line; rows without any event have no concordance."""
    for columns, told in (
        ({"time": at(5, -1, "time")}, "time must be a finite number, 0 or more, for a time, and is not in line 7"),
        ({"DEATH_EVENT": at(6, 7, "DEATH_EVENT")}, "a code that the training rows lack, line 8"),
        ({"DEATH_EVENT": 0}, "no event to be measured by"),
    ):
        said = regcli("predict", model, new_rows(tmp_path / "n.csv", **columns))
        assert said.code == 0 and told in said.err


@pytest.mark.parametrize("to", ["python", "r", "sql"])
def test_exports_are_relative_hazards(to: str, model: Path) -> None:
    """The exponential of the sum, and the heading says what it is; Python's file says the same as predict."""
    said = regcli("export", model, "--to", to)
    assert said.code == 0 and "The hazard of time, relative to that of a row of means" in said.out
    assert "exp(" in said.out.lower()
    if to == "python":
        scope: dict[str, Any] = {}
        exec(compile(said.out, "m.py", "exec"), scope)
        rows = patients()
        told = [scope["predict"](row) for row in rows.to_dict("records")]
        assert told == pytest.approx(api.predict(model, rows).arrays.predictions, rel=1e-12)
    check_error(regcli("export", model, "--to", "sklearn"), 2)


# Documents and screens of the sample

VERBS: dict[str, str] = {
    "fit": "-p none --ties efron", "path": "--n-alphas 30", "cv": "--n-alphas 20 --folds 5",
    "compare": "-p ols,lasso -a 0.05 --folds 4",
}  # fmt: skip


@cache
def document(verb: str) -> Any:
    return result(verb, PATIENTS, *ASKED, *VERBS[verb].split())


@pytest.mark.parametrize("verb", VERBS)
def test_documents_follow_their_schemas(verb: str) -> None:
    """Keys in order; the columns and how many events there are; certified."""
    found = valid(document(verb))
    in_order(found, VALIDATORS[verb].schema, VALIDATORS[verb].schema)
    assert [found["data"][key] for key in ("event", "entry", "strata", "events")] == ["DEATH_EVENT", None, None, 96]
    assert found["certificate"]["certified"] and found["model"]["family"] == "cox"
    assert "DEATH_EVENT" not in found["data"]["features"] and "time" not in found["data"]["features"]


def test_models_and_predictions_follow_their_schemas() -> None:
    for more in ({}, {"strata": "sex", "ties": "efron"}):
        made = api.fit(PATIENTS, "time", event="DEATH_EVENT", family="cox", alpha=0.05, **more)
        jsonschema.validate(made.model_document(), schema_of("model"))
        for kind in ({}, {"type": "link"}, {"at": [90, 180]}):
            jsonschema.validate(api.predict(made, PATIENTS, **kind).to_dict(), schema_of("predict"))


def test_statsmodels() -> None:
    """Estimates and standard errors of the sample without a penalty are those of PHReg, under Efron's rule."""
    from statsmodels.duration.hazard_regression import PHReg

    frame, found = pd.read_csv(PATIENTS), document("fit")
    X = frame[found["data"]["features"]]
    scale = X.std()
    fitted = PHReg(frame["time"], X / scale, status=frame["DEATH_EVENT"], ties="efron").fit(disp=0, tol=1e-12)
    told = pd.DataFrame(found["inference"]["coefficients"]).set_index("name")
    assert [row["coefficient"] for row in found["model"]["coefficients"]] == pytest.approx(
        fitted.params / scale, rel=1e-6
    )
    assert told["std_error"].to_numpy() == pytest.approx(fitted.bse / scale, rel=1e-6)


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("verb", VERBS)
def test_screens(verb: str, columns: int) -> None:
    """Within the width, the events in the headline, and what the numbers are."""
    code, screen = at_terminal(verb, PATIENTS, *ASKED, *VERBS[verb].split(), columns=columns)
    assert code == 0
    lines = STYLE.sub("", screen).splitlines()
    commands = [i for i, line in enumerate(lines) if line.startswith(("Next", "Same model"))]
    assert max(len(line) for i, line in enumerate(lines) if i not in commands) <= columns
    text = " ".join(" ".join(lines).split())
    assert "time (96 events of DEATH_EVENT) from 11 features, 299 rows" in text
    assert {
        "fit": "96 events, 8.7 for each of 11 features",
        "path": "Chosen",
        "cv": "the deviance of a fold is what its rows add to that of all others, for each event of theirs",
        "compare": "96 events for 11 features: 8.7 for each",
    }[verb] in text
    if verb in ("fit", "cv"):
        assert "what the hazard of DEATH_EVENT is multiplied by" in text
        assert "-(1/n) log partial likelihood" in text


def test_inspect_knows_the_columns() -> None:
    """They are no features, and the next command fits them so."""
    found = result("inspect", HEART, *TIMES[:4], "--entry", "start", "--strata", "surgery", "--exclude", "id")
    roles = {column["name"]: column["role"] for column in found["columns"]}
    assert [roles[name] for name in ("start", "stop", "event", "surgery")] == ["entry", "target", "event", "strata"]
    assert found["data"]["features"] == ["age", "year", "transplant"]
    next_one = pasted(f"{found['next']} --n-alphas 5 --folds 3")
    assert (next_one["model"]["family"], next_one["data"]["features"]) == ("cox", found["data"]["features"])
    said = regcli("inspect", HEART, "-y", "stop", "--strata", "surgery")
    check_error(said, 2)
    said = regcli("inspect", HEART, "-y", "stop", "--event", "age", "--json")
    assert said.json["blockers"] is not None


EQUIVALENT: dict[str, tuple[str, str]] = {
    "": (
        'glmnet(x, Surv(time, status), family="cox", alpha=1, lambda=0.1)',
        "stset time, failure(status); lasso cox x,",
    ),
    "--entry start": ("Surv(entry, time, status)", "failure(status) enter(entry); lasso cox x,"),
    "--strata surgery": ("stratifySurv(Surv(time, status), s)", "none: "),
    "--entry start --strata surgery": ("stratifySurv(Surv(entry, time, status), s)", "none: "),
    "--ties efron": ("none: ", "none: "),
    "--weights id": ("weights=w", "stset time [iw=w]"),
}


@pytest.mark.parametrize("words", EQUIVALENT)
def test_elsewhere(words: str) -> None:
    """What the same fit is called in R and in Stata, where they have it."""
    found = result("fit", HEART, *TIMES, "-a", 0.1, *words.split())["model"]["equivalents"]
    for told, tool in zip(EQUIVALENT[words], ("glmnet", "stata"), strict=True):
        assert told in found[tool]["call"]
        assert (found[tool]["value"] is None) == told.startswith("none")


def test_next_leads_on() -> None:
    """What is suggested keeps the columns, down to the fit that it began with."""
    chosen = pasted(f"{document('fit')['next']} --n-alphas 5 --folds 3")
    assert (chosen["command"], chosen["settings"]["ties"]) == ("cv", "efron")
    again = pasted(chosen["next"])
    assert again["model"]["coefficients"] == chosen["model"]["coefficients"]
