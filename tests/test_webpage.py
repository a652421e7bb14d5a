"""`--report` and `to_html` without a browser: what the page holds, what it asks for, and when it is not written."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
import pickle
import re
import shlex
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, PROSTATE, ROOT, check_error, pasted, process, regcli, strict_json, table
from hypothesis import given
from hypothesis import strategies as st
from pages import NASTY, Page

import regcli as package
from regcli.cli import output
from regcli.errors import UsageError, visible
from regcli.problem import certificate
from regcli.report.report import Column, Fact, Table
from regcli.report.to_html import to_html
from regcli.report.webpage import parts
from regcli.report.wording import number

PENGUINS = str(ROOT / "sample_data" / "penguins.csv")
LPSA = {"target": "lpsa", "exclude": "train"}
REPORTS: dict[str, Any] = {
    "fit": lambda: package.fit(DIABETES, penalty="l1", alpha=2, test_size=0.2),
    "least squares": lambda: package.fit(PROSTATE, **LPSA, penalty="none"),
    "descent": lambda: package.fit(DIABETES, alpha=0.5, solver="gradient", epochs=50, early_stopping=True),
    "nothing chosen": lambda: package.fit(DIABETES, penalty="l1", alpha=1e6),
    "path": lambda: package.path(PROSTATE, **LPSA, penalty="l1", n_alphas=20),
    "ridge path to 0": lambda: package.path(PROSTATE, **LPSA, penalty="l2", alphas=[10, 1, 0], intercept=False),
    "cv": lambda: package.cv(DIABETES, penalty="l1", n_alphas=20),
    "elastic net cv": lambda: package.cv(
        PROSTATE, **LPSA, penalty="elasticnet", l1_ratio=[0.2, 0.8], n_alphas=12, measure="r2", rule="min", jobs=1
    ),
    "mae cv": lambda: package.cv(PROSTATE, **LPSA, penalty="l1", n_alphas=8, measure="mae", folds=4, test_size=0.2),
    "compare": lambda: package.compare(PROSTATE, **LPSA, folds=3, inner_folds=3, l1_ratio=0.5),
    "compare on test rows": lambda: package.compare(PROSTATE, "lpsa", split_column="train", alpha=0.1),
    "inspect": lambda: package.inspect(PENGUINS, "body_mass_g", vif=True),
    "inspect, nothing in the way": lambda: package.inspect(DIABETES),
}  # fmt: skip

AGAIN = {
    "fit": f"fit {PROSTATE} -y lpsa -p enet --l1 0.1 --l2 0.2 --no-standardize --split-column train",
    "fit, drawn": f"fit {DIABETES} -a 3 --test-size 0.3 --seed 5 --interactions -x 'b*,s[1-4]' --convention sum",
    "fit, descent": f"fit {DIABETES} -a 3 --solver gradient --start 0.1 --accelerate --seed 4 --test-size 0.2",
    "path": f"path {DIABETES} -p enet --l1-ratio 0.3 --n-alphas 7 --alpha-min-ratio 0.01 --select bic --full-path",
    "path, given": f"path {PROSTATE} -y lpsa -x train,age -p l2 --alphas 3,0.5,0 --no-intercept --categorical train",
    "cv": f"cv {PROSTATE} -y lpsa --exclude train -p enet --l1-ratio 0.2,0.9 --n-alphas 5 -k 3 --repeats 2 --seed 9",
    "cv, mae": f"cv {DIABETES} -p l2 --n-alphas 5 --groups age --rule min --measure mae --test-size 0.1 -j 1",
    "cv, one share": f"cv {DIABETES} -p enet --l1-ratio 0.4 --alphas 2,1 --folds loo --solver exact -x bmi,bp,s5 -j 1",
    "compare": f"compare {PROSTATE} -y lpsa --exclude 'train,l[bcg]*' -p lasso,enet --l1-ratio 0.5 --rule 1se -k 3",
    "compare, given": f"compare {PROSTATE} -y lpsa --split-column train -a ridge=0.3,lasso=0.1 --no-standardize",
    "compare, mae": f"compare {DIABETES} -x bmi,bp -p ols --measure mae --seed 3 --no-intercept --convention glmnet",
    "inspect": f"inspect {PENGUINS} -y body_mass_g --vif --missing drop",
}  # fmt: skip
"""Commands with many options, of every verb."""


@pytest.fixture(scope="module", params=list(REPORTS))
def report(request: pytest.FixtureRequest) -> Any:
    """Each of the reports."""
    return REPORTS[request.param]()


@pytest.fixture(scope="module")
def page(report: Any) -> Page:
    """The page of each of them."""
    return Page(report.to_html())


def written(line: str, tmp_path: Path) -> Page:
    """The page of a command."""
    file = tmp_path / "page.html"
    said = regcli(*shlex.split(line), "--report", file, "-q")
    assert said.code == 0, said.err
    return Page(file.read_text("utf-8"))


# What it holds


def test_the_page_holds_the_whole_document(report: Any, page: Page) -> None:
    """Every number, to the last digit."""
    assert page.document == report.to_dict()
    assert page.of("h1")[0].text == page.of("title")[0].text == visible(report.headline)


def test_the_page_shows_the_tables(report: Any, page: Page) -> None:
    """Every table but those for a terminal: heads, names, numbers to five digits, and the numbers themselves."""
    cells = [one for one in page.elements if one.tag in ("th", "td") and "tbody" in one.inside]
    texts = [one.text.strip() for one in cells]
    values = [float(one.attributes["data-v"] or "") for one in cells if "data-v" in one.attributes]
    for shown in report.tables:
        if not isinstance(shown, Table) or shown.at_screen:
            continue
        for i, row in enumerate(shown.rows):
            for column, cell in zip(shown.columns, row, strict=True):
                if cell is None or column.kind == "spark" or i in shown.pinned:
                    continue
                if isinstance(cell, str):
                    assert visible(cell).strip() in texts
                else:
                    assert float(cell) in values
                    assert column.kind != "number" or number(cell) in texts


def test_the_page_says_what_the_terminal_says(report: Any, page: Page) -> None:
    """Every sentence, every command to be copied, every note."""
    said = {one.text for one in page.elements if one.tag in ("p", "li", "code")}
    spaced = {re.sub(r"\s+", " ", one) for one in said}
    for fact in report.facts:
        for line in fact.lines:
            assert re.sub(r"\s+", " ", visible(line)) in spaced, line
    assert {visible(one["message"]) for one in report.warnings} <= said


def test_what_is_not_certified_stands_above_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an alert, in front of the first number."""
    monkeypatch.setattr(certificate, "GAP_BOUND", -1.0)
    text = package.fit(DIABETES, alpha=1).to_html()
    page = Page(text)
    assert page.of("p", role="alert")
    assert text.index('role="alert"') < text.index('class="figures"')


def test_settings_stand_there(tmp_path: Path) -> None:
    """What was given with its value, what was left alone by its name."""
    page = written(f"fit {DIABETES} -a 3 --test-size 0.3 --id s1,s2", tmp_path)
    shown = [one.text for one in page.elements if one.tag in ("dt", "dd")]
    for option, value in (("--alpha", "3.0"), ("--test-size", "0.3"), ("--id", "s1,s2"), ("--penalty", "l1")):
        assert shown[shown.index(option) + 1] == value
    idle = page.of("p", class_="idle")[0].text
    assert "--test-size" not in idle
    assert {"--l1-ratio", "--formula"} <= set(re.findall(r"--[\w-]+", idle))


@pytest.mark.parametrize("line", AGAIN.values(), ids=list(AGAIN))
def test_the_command_makes_the_same_again(line: str, tmp_path: Path) -> None:
    """Run as it stands on the page it gives the same document."""
    page = written(line, tmp_path)
    again, found = pasted(page.commands[-1]), page.document
    for one in (again, found):
        for model in one.get("models", []):
            del model["seconds"]
    assert again == found


@pytest.mark.parametrize(
    "line",
    [
        f"path {DIABETES} --n-alphas 5 --lines bmi --plot lines.png",
        f"compare {PROSTATE} -y lpsa -x lcavol,svi -p ridge --geometry lcavol,svi --plot plane.png -k 3",
        f"compare {PROSTATE} -y lpsa --split-column train -a ridge=0.3,lasso=0.1",
        f"cv {DIABETES} --n-alphas 5 -k 3 -j 1",
        f"fit {DIABETES} -a 3 --solver gradient --epochs 5",
    ],
)
def test_the_command_makes_the_page_again(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, whatever the name of the page; what asks for a picture elsewhere is neither in it nor a setting."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "my page's.html"
    words = [*shlex.split(line), "--report", file.name, "-q"]
    assert regcli(*words).code in (0, 4)
    page = Page(file.read_text("utf-8"))
    file.unlink()
    program, *words = shlex.split(page.commands[-1])
    said = regcli(*words)
    assert (program, said.code in (0, 4)) == ("regcli", True), said.err
    assert Page(file.read_text("utf-8")).commands == page.commands
    shown = " ".join(one.text for one in (*page.of("dl", class_="settings"), *page.of("p", class_="idle")))
    assert not {"--lines", "--geometry", "--plot"} & set(re.findall(r"--[a-z-]+", f"{shown} {page.commands[-1]}"))


def test_the_command_from_python_names_what_is_no_file() -> None:
    """Rows in memory stand there as DATA."""
    frame = pd.read_csv(DIABETES)
    report = package.cv(frame, "target", penalty="l1", n_alphas=5, folds=4, jobs=1)
    assert Page(report.to_html()).commands[-1] == "regcli cv DATA --target target --penalty l1 --n-alphas 5 --folds 4"


def test_the_fingerprint_is_that_of_the_saved_model(tmp_path: Path) -> None:
    """The same for fit, path, cv and compare on the same rows, whatever the file's format; another for another cell."""
    frame = pd.read_csv(DIABETES)
    frame.to_parquet(tmp_path / "same.parquet")
    report = package.fit(DIABETES, alpha=1)
    report.save(tmp_path / "model.json")
    expected = strict_json((tmp_path / "model.json").read_text())["data"]["fingerprint"]
    others = [
        report,
        package.path(tmp_path / "same.parquet", n_alphas=3),
        package.cv(frame, "target", n_alphas=3, folds=3, jobs=1),
        package.compare(frame, "target", penalties="ols", folds=3, jobs=1),
    ]
    assert {Page(one.to_html()).fingerprint for one in others} == {expected}
    frame.loc[100, "bmi"] += 1e-9
    assert Page(package.fit(frame, "target", alpha=1).to_html()).fingerprint != expected


def test_the_same_report_gives_the_same_bytes(report: Any) -> None:
    """Twice, and after a report was pickled."""
    assert report.to_html() == report.to_html() == pickle.loads(pickle.dumps(report)).to_html()


# What it asks for


def test_nothing_in_the_page_leads_out_of_it(page: Page) -> None:
    """No address to load from; styles and scripts stand in the page, and only its own scripts may run."""
    for one in page.elements:
        assert not {"src", "srcset", "href", "action", "data", "poster", "background"} & set(one.attributes), one
        assert one.tag not in ("link", "iframe", "object", "embed", "base", "form", "img")
        assert not any(name.startswith("on") for name in one.attributes)
    assert not re.search(r"url\(|@import", page.of("style")[0].text)
    policy = page.of("meta", http_equiv="Content-Security-Policy")[0].attributes["content"] or ""
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    scripts = [one.text for one in page.of("script") if "type" not in one.attributes]
    hashes = [b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert rules["script-src"] == " ".join(f"'sha256-{one}'" for one in hashes)


def test_the_page_is_plain_html(page: Page) -> None:
    """In English, UTF-8, one of each id, every head of a column a button, the slider with a label."""
    assert page.of("html")[0].attributes["lang"] == "en"
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    assert len(page.of("th", scope="col")) == len([one for one in page.of("button") if "th" in one.inside])
    for slider in page.of("input"):
        assert page.of("label", for_=slider.attributes["id"] or "")


# Names and texts


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A report in which every name is one that could fool a browser, the target's and a level's too."""
    names = ["plain", *NASTY]
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.normal(size=(150, len(names))), columns=names)
    frame["<i>level</i>"] = np.where(rng.random(150) < 0.5, "<script>alert(8)</script>", '"><script>alert(9)</script>')
    frame["<u>y</u>"] = frame[names].sum(axis=1) + rng.normal(size=150)
    file = tmp_path_factory.mktemp("nasty") / "<b>file.csv"
    frame.to_csv(file, index=False)
    return package.fit(file, "<u>y</u>", alpha=0.01)


def test_names_are_text(nasty: Any) -> None:
    """The page has the elements of any page, no other; every name stands in it as it is spelled."""
    page = Page(nasty.to_html())
    plain = {one.tag for one in Page(package.fit(DIABETES, alpha=1).to_html()).elements}
    assert {one.tag for one in page.elements} <= plain
    assert len(page.of("script")) == 4
    cells = {one.text for one in page.of("th", scope="row")}
    assert {visible(name) for name in nasty.data.features} <= cells
    assert page.document == nasty.to_dict()
    assert shlex.split(page.commands[-1])[2] == nasty.data.source


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_text(name: str, other: str) -> None:
    """In a cell, a heading, a sentence, a command, a note and an attribute: what a parser reads is what was said."""
    found = Table((Column(other, "k", "name"), Column("n", "n", "number")), ((name, 1.5),))
    fact, said = Fact("Next", (name,), is_command=True), Fact(other, (name,))
    page = Page(
        f"<body>{parts.table(found)}<dl>{parts.fact_list([fact, said])}</dl>"
        f"{parts.notes([{'code': 'x', 'message': name}])}{parts.settings({'a': name, 'b': [other, 'z']})}</body>"
    )
    allowed = "body div table thead tbody tfoot tr th td button dl dt dd code p span section h2 ul li"
    assert {one.tag for one in page.elements} <= set(allowed.split())
    assert page.of("th", scope="row")[0].text == visible(name)
    assert page.of("button")[0].text == visible(other)
    assert page.of("li")[0].text == visible(name)
    if not re.search("[\0\ud800-\udfff]", name):
        assert page.of("code")[0].attributes["data-copy"] == name


# When it is not written


@pytest.mark.parametrize("verb", ["fit", "path", "cv", "compare"])
def test_without_plotly(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2 with the line that installs it, before the data is read; without --report nothing is missing."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "plotly" else found(name, *more)
    )
    said = regcli(verb, "no-such-file.csv", "--report", tmp_path / "p.html")
    check_error(said, 2)
    assert said.hint == "pip install 'regcli[report]'"
    assert list(tmp_path.iterdir()) == []
    assert regcli("fit", DIABETES, "-a", 1).code == 0
    assert regcli("inspect", DIABETES, "--report", tmp_path / "p.html").code == 0, "nothing is drawn of columns"
    with pytest.raises(UsageError, match="plotly"):
        package.fit(DIABETES, alpha=1).to_html()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--report", "page.pdf"], "page.pdf"), (["--report", "page"], "--report page"),
        (["--report", "x.html", "-o", "x.html", "--json"], "--report and --output"),
        (["--report", "x.html", "--save", "./x.html"], "--save and --report"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_page_is_refused(words: list[str], named: str, tmp_path: Path) -> None:
    """A name that is no page's, or one that is written already: exit 2 before the data is read."""
    said = regcli("fit", "no-such-file.csv", "-a", "1", *words)
    check_error(said, 2)
    assert named in said.err


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that is not there: exit 5; the file that is read: exit 2; both before any work."""
    check_error(regcli("fit", "no-such-file.csv", "--report", tmp_path / "none" / "p.html"), 5)
    source = tmp_path / "rows.html"
    source.write_bytes(Path(DIABETES).read_bytes())
    check_error(regcli("fit", source, "-a", 1, "--report", source), 2)
    assert source.read_bytes() == Path(DIABETES).read_bytes()


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full, or the data is at fault, the old page stays; --quiet says nothing."""
    file = tmp_path / "page.html"
    file.write_text("old")
    check_error(regcli("fit", PROSTATE, "-y", "nobody", "-a", 1, "--report", file), 2)
    with monkeypatch.context() as patched:
        patched.setattr(output.os, "replace", lambda *ignored: (_ for _ in ()).throw(OSError(28, "full")))
        said = regcli("fit", DIABETES, "-a", 1, "--report", file)
    assert (said.code, said.out) == (5, "")
    assert file.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    said = regcli("fit", DIABETES, "-a", 1, "--report", file, "-q")
    assert (said.code, said.err) == (0, "")
    assert said.out == regcli("fit", DIABETES, "-a", 1, "-q").out
    assert Page(file.read_text("utf-8")).document == package.fit(DIABETES, alpha=1).to_dict()


def test_the_page_from_python(tmp_path: Path) -> None:
    """The text that is returned is the file; predictions have no page, and the command line says where they go."""
    report = package.fit(DIABETES, alpha=1)
    assert report.to_html(tmp_path / "a.html") == (tmp_path / "a.html").read_text("utf-8") == to_html(report)
    with pytest.raises(UsageError, match="predictions"):
        package.predict(report, DIABETES).to_html()
    report.save(tmp_path / "m.json")
    said = regcli("predict", tmp_path / "m.json", DIABETES, "--report", "x.html")
    check_error(said, 2)
    assert "--output" in (said.hint or "")


def test_plotly_itself_is_not_imported(tmp_path: Path) -> None:
    """Only its script is read: importing the library takes longer than the fit."""
    done = process(
        "fit", DIABETES, "-a", 1, "--report", tmp_path / "p.html", env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    )
    loaded = {
        line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines() if line.startswith("import time")
    }
    assert done.returncode == 0
    assert "regcli.report.to_html" in loaded
    assert "plotly" not in loaded


def test_a_name_with_odd_bytes(tmp_path: Path) -> None:
    """A file whose name is no text: the page says so in escapes."""
    if sys.platform != "linux":
        pytest.skip("only Linux takes any bytes for a name")
    file = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    with open(file, "wb") as copy:
        copy.write(Path(DIABETES).read_bytes())
    said = regcli("fit", file, "-a", 1, "--report", tmp_path / "p.html", "-q")
    assert said.code == 0, said.err
    assert "\\udcff.csv" in Page((tmp_path / "p.html").read_text("utf-8")).of("h1")[0].text
    package.fit(file, alpha=1).to_html(tmp_path / "q.html")
    shown = [Page((tmp_path / name).read_text("utf-8")) for name in ("p.html", "q.html")]
    assert shown[0].document == shown[1].document
    assert shown[0].of("h1")[0].text == shown[1].of("h1")[0].text


# Much data


def test_long_tables_are_shortened(tmp_path: Path) -> None:
    """All rows are there; those beyond the first wait for a button, and come on paper unless there are thousands."""
    names = [f"x{j}" for j in range(parts.SHOWN + 1)]
    report = package.fit(table(tmp_path / "long.csv", names, rows=90), alpha=0.001)
    page = Page(report.to_html())
    assert [one.attributes["class"] for one in page.of("tbody") if "class" in one.attributes] == ["short"]
    assert page.of("button", class_="more")[0].attributes["data-all"] == f"{len(names)} rows"
    assert len([one for one in page.of("tr") if "tbody" in one.inside]) == len(names)
    many = Table((Column("a", "a", "number"),), tuple((float(i),) for i in range(parts.PRINTED + 1)))
    assert 'class="short long"' in parts.table(many)
    few = Table((Column("a", "a", "number"),), tuple((float(i),) for i in range(parts.SHOWN)))
    assert "short" not in parts.table(few)


def test_small_curves_in_cells() -> None:
    """A cell of numbers becomes a small curve, 0 on its scale; an empty one nothing."""
    drawn = parts.spark((0.0, -1.0, 1.0))
    points = [tuple(map(float, point.split(","))) for point in re.findall(r"[\d.]+,[\d.]+", drawn)]
    assert [x for x, _ in points] == [0, 60, 120]
    assert points[1][1] > points[0][1] > points[2][1]
    assert parts.spark(()) == ""
    assert math.isclose(points[0][1], (points[1][1] + points[2][1]) / 2)
