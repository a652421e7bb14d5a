"""The web page in a real Chromium: it draws, moves, sorts, prints, keeps names as text, and asks nothing of anybody.

Without a browser these tests are skipped; where REGCLI_BROWSER is "required", as in .ci/run, they fail.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commandline import DIABETES, PROSTATE, ROOT, table
from pages import NASTY
from support import DATA

import regcli
from regcli.errors import visible
from regcli.report.report import facts
from regcli.report.wording import number

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LPSA = {"target": "lpsa", "exclude": "train"}
COX: Any = {"source": DATA / "glmnet_cox.csv.gz", "target": "time", "event": "status", "family": "cox"}
WDBC: Any = {
    "source": ROOT / "sample_data" / "wdbc.csv", "target": "diagnosis", "exclude": "id", "family": "squared_hinge",
}  # fmt: skip
MANY = 70
"""More features than a chart draws."""


def launched() -> tuple[Any, Any]:
    """Playwright and a browser. Raises ImportError or RuntimeError where there is none."""
    from playwright.sync_api import sync_playwright

    file = next(filter(None, map(shutil.which, BROWSERS)), None)
    if file is None:
        raise RuntimeError(f"none of {', '.join(BROWSERS)} is installed")
    playwright = sync_playwright().start()
    return playwright, playwright.chromium.launch(executable_path=file, args=list(FLAGS))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests."""
    try:
        playwright, browser = launched()
    except (ImportError, RuntimeError) as error:
        if os.environ.get("REGCLI_BROWSER") == "required":
            pytest.fail(f"no browser for the tests of web pages: {error}")
        pytest.skip(f"no browser: {error}")
    yield browser
    browser.close()
    playwright.stop()


@pytest.fixture(scope="module")
def page(browser: Any) -> Callable[..., Any]:
    """A page of the browser for each set of options, used again and again: what draws the charts is compiled once."""
    opened: dict[str, Any] = {}

    def of(**options: Any) -> Any:
        key = repr(options)
        if key not in opened:
            opened[key] = browser.new_page(**options)
        return opened[key]

    return of


class Tab:
    """A page in the browser, and everything that went wrong in it."""

    def __init__(self, page: Any, file: Path) -> None:
        self.file = file
        self.page = page
        self.wrong: list[str] = []
        self.page.set_default_timeout(20_000)
        self._heard: dict[str, Callable[[Any], object]] = {
            "console": lambda said: self.wrong.append(f"{said.type}: {said.text}"),
            "pageerror": lambda error: self.wrong.append(str(error)),
            "dialog": lambda dialog: (self.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()),
            "request": self._asked,
        }
        for event, heard in self._heard.items():
            self.page.on(event, heard)
        self.page.goto(file.as_uri())
        self.document: Any = json.loads(self.page.locator("#document").text_content())

    def leave(self) -> list[str]:
        """What went wrong; the page is free for another file."""
        for event, heard in self._heard.items():
            self.page.remove_listener(event, heard)
        return self.wrong

    def _asked(self, request: Any) -> None:
        if request.url != self.file.as_uri() and not request.url.startswith(("data:", "blob:")):
            self.wrong.append(f"request {request.url}")

    def js(self, script: str, *given: Any) -> Any:
        """The value of an expression of JavaScript, or of a function of what is given."""
        return self.page.evaluate(script, *given)

    def texts(self, selector: str) -> list[str]:
        """The texts of elements."""
        return [text.strip() for text in self.page.locator(selector).all_text_contents()]

    def wait_for(self, expression: str) -> None:
        """Until the expression is true; the page's policy lets nobody wait for it inside the page."""
        for _ in range(200):
            if self.js(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never true: {expression}")

    def slide(self, place: int) -> None:
        """Move the slider as a hand does: an input event at each stop."""
        self.js(
            "i => { const s = document.getElementById('alpha'); s.value = i; s.dispatchEvent(new Event('input')); }",
            place,
        )

    def model(self) -> dict[str, tuple[float, float | None, str]]:
        """The table at the slider: name -> coefficient, standardized, and the text of the coefficient."""
        rows = self.js(
            """[...document.querySelectorAll('#at tbody tr, #at tfoot tr')].map(row => [row.cells[0].textContent,
            row.cells[1].dataset.v, row.cells[2].dataset.v ?? null, row.cells[1].textContent.trim()])"""
        )
        return {name: (float(raw), None if size is None else float(size), text) for name, raw, size, text in rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pages are written."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def open_tab(page: Callable[..., Any], folder: Path) -> Iterator[Callable[..., Tab]]:
    """Opens the page of a report; in the end nothing went wrong in any that was opened."""
    tabs: list[Tab] = []

    def opened(report: Any, **options: Any) -> Tab:
        file = folder / "page.html"  # always the same, under which a browser knows its scripts again
        report.to_html(file)
        tabs.append(Tab(page(**options), file))
        return tabs[-1]

    yield opened
    assert [tab.leave() for tab in tabs] == [[]] * len(tabs)


@pytest.fixture(scope="module")
def cv() -> Any:
    """A cross-validation."""
    return regcli.cv(DIABETES, penalty="l1")


@pytest.fixture(scope="module")
def shared(cv: Any, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """The page of that cross-validation, opened once."""
    file = tmp_path_factory.mktemp("cv") / "cv.html"
    cv.to_html(file)
    yield Tab(browser.new_page(viewport={"width": 1300, "height": 1200}), file)


@pytest.fixture
def tab(shared: Tab) -> Iterator[Tab]:
    """The same for one test, in which nothing goes wrong."""
    yield shared
    assert shared.wrong == []


def check_model(tab: Tab, step: Any, features: list[str]) -> None:
    """The table at the slider shows the coefficients of this step of the document, to the last digit."""
    shown = tab.model()
    if step["intercept"] is not None:
        raw, size, text = shown.pop("(intercept)")
        assert (raw, size, text) == (step["intercept"], None, number(step["intercept"]))
    assert set(shown) <= set(features)
    assert {name: raw for name, (raw, _, _) in shown.items() if raw} == step["coefficients"]
    assert {name: size for name, (_, size, _) in shown.items() if size} == step["standardized"]
    assert all(text == number(raw) for raw, _, text in shown.values())


def test_the_slider_walks_along_the_path(tab: Tab) -> None:
    """At each stop the table holds the JSON's coefficients at that alpha, words its alpha and error; keys move it."""
    path, curve, features = tab.document["path"], tab.document["curve"], tab.document["data"]["features"]
    for place in (0, 1, 17, 42, len(path) - 1):
        tab.slide(place)
        check_model(tab, path[place], features)
        words = " ".join(tab.texts("#status dd"))
        assert words.startswith(
            f"{number(path[place]['alpha'])} ({place + 1} of {len(path)}) {path[place]['nonzero']} of 10"
        )
        assert f"MSE {number(curve[place]['mean'])}" in words
        assert f"MSE {number(curve[place]['train_mean'])}" in words
    tab.page.locator("#alpha").focus()
    tab.page.keyboard.press("ArrowLeft")
    check_model(tab, path[-2], features)
    assert tab.page.locator("#alpha").get_attribute("aria-valuetext") == f"alpha {number(path[-2]['alpha'])}"


def test_the_line_of_the_slider_stands_at_its_alpha(tab: Tab) -> None:
    """In both charts: on the marks of min and 1se where it is theirs, and evenly spaced along log-spaced alphas."""
    centre = "id => { const r = document.getElementById(id).getBoundingClientRect(); return r.left + r.width / 2; }"
    marks = """id => [...document.querySelectorAll(`#${id} .shapelayer path`)].map(path => {
        const r = path.getBoundingClientRect(); return r.left + r.width / 2; })"""
    for button, rule in enumerate(("min", "one_se")):
        tab.page.locator("#jumps button").nth(button).click()
        check_model(tab, tab.document["path"][tab.document["chosen"][rule]["index"]], tab.document["data"]["features"])
        for chart in ("error", "path"):
            assert tab.js(centre, f"{chart}-here") == pytest.approx(tab.js(marks, chart)[button], abs=1.5)
    places = []
    for place in (10, 40, 70):
        tab.slide(place)
        places.append(tab.js(centre, "path-here"))
    assert places[0] < places[1] < places[2]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=1)


def over_a_line(tab: Tab, chart: str, wanted: str, expected: str) -> str:
    """What the chart says while the pointer is on the line of that name; waits for what is expected."""
    place = tab.js(
        """([chart, wanted]) => {
        const box = document.getElementById(chart), line = box.data.find(one => one.name === wanted);
        const i = Math.floor(line.x.length * 0.7), { xaxis, yaxis } = box._fullLayout, r = box.getBoundingClientRect();
        return [r.left + xaxis._offset + xaxis.d2p(line.x[i]), r.top + yaxis._offset + yaxis.d2p(line.y[i])]; }""",
        [chart, wanted],
    )
    tab.page.mouse.move(place[0] - 40, place[1])
    tab.page.mouse.move(*place, steps=4)
    said = ""
    for _ in range(100):
        said = " ".join(tab.texts(f"#{chart} .hoverlayer text"))
        if expected in said:
            break
        tab.page.wait_for_timeout(50)
    return said


def test_the_charts_name_what_is_under_the_pointer(tab: Tab) -> None:
    """The feature, the alpha and the coefficient; a click brings the slider there."""
    step = tab.document["path"][70]
    alpha = f"alpha {number(step['alpha'])}"
    said = over_a_line(tab, "path", "s5", alpha)
    assert "s5" in said
    assert alpha in said
    assert f"coefficient {number(step['coefficients']['s5'])}" in said
    said = over_a_line(tab, "error", "training", alpha)
    assert f"validation MSE {number(tab.document['curve'][70]['mean'])}" in said
    tab.page.mouse.down()
    tab.page.mouse.up()
    tab.wait_for("document.getElementById('alpha').value === '70'")
    check_model(tab, step, tab.document["data"]["features"])


def fan() -> Any:
    """The report on several quantiles, put together from a fit of each."""
    fits = [regcli.fit(DIABETES, family="quantile", quantile_level=level, alpha=0.05) for level in (0.1, 0.5, 0.9)]
    document = fits[1].to_dict()
    document["model"]["fan"] = [
        {"level": one.model.parameters.level, "coefficients": one.to_dict()["model"]["coefficients"]} for one in fits
    ]
    return replace(fits[1], document=facts(document))


REPORTS: dict[str, tuple[Callable[[], Any], dict[str, int]]] = {
    "fit": (lambda: regcli.fit(DIABETES, alpha=2), {"sizes": 2}),
    "least squares": (lambda: regcli.fit(PROSTATE, **LPSA, penalty="none"), {"sizes": 2}),
    "descent": (
        lambda: regcli.fit(DIABETES, alpha=0.5, solver="gradient", epochs=40, early_stopping=True),
        {"sizes": 2, "loss": 4},
    ),
    "nothing enters": (lambda: regcli.fit(DIABETES, alpha=1e6), {"sizes": 2}),
    "path to 0": (lambda: regcli.path(PROSTATE, **LPSA, penalty="l2", alphas=[10, 1, 0], intercept=False), {"path": 8}),
    "one alpha": (lambda: regcli.path(PROSTATE, **LPSA, alphas=0.1), {"path": 5}),
    "shares": (
        lambda: regcli.cv(PROSTATE, **LPSA, penalty="enet", l1_ratio=[0.2, 0.8], n_alphas=8, measure="r2", jobs=1),
        {"error": 4, "path": 8},
    ),
    "compare": (lambda: regcli.compare(PROSTATE, "lpsa", split_column="train", alpha=0.1), {"errors": 1, "sizes": 4}),
    "survival times": (lambda: regcli.fit(**COX, alpha=0.05), {"sizes": 2}),
    "cv of survival times": (
        lambda: regcli.cv(**COX, features=["V1", "V6", "V9"], n_alphas=3, folds=3, jobs=1),
        {"error": 2, "path": 3},
    ),
    "margins": (lambda: regcli.fit(**WDBC, alpha=0.2), {"sizes": 2}),
    "fan": (fan, {"sizes": 3}),
    "inspect": (lambda: regcli.inspect(ROOT / "sample_data" / "penguins.csv", "body_mass_g"), {}),
}
"""Reports, and how many curves each of their charts has."""


def chosen_step(document: Any) -> int:
    """The step of the path that a criterion points out, or that the rule of a cross-validation takes."""
    chosen = document["chosen"]
    if document["command"] == "path":
        return int(chosen["index"])
    alpha = chosen["min" if chosen["rule"] == "min" else "one_se"]["alpha"]
    return [step["alpha"] for step in document["path"]].index(alpha)


@pytest.mark.parametrize("name", REPORTS)
def test_every_page_is_drawn(name: str, open_tab: Callable[..., Tab]) -> None:
    """Every chart with its curves, light and dark, wide and on a telephone, where nothing sticks out sideways."""
    made, charts = REPORTS[name]
    tab = open_tab(made(), viewport={"width": 390, "height": 800}, color_scheme="dark")
    found = tab.js("Object.fromEntries([...document.querySelectorAll('.chart')].map(box => [box.id, box.data.length]))")
    assert found == charts
    assert tab.js("document.documentElement.scrollWidth") <= 390
    for box in charts:
        assert tab.js("id => document.querySelector(`#${id} .main-svg`).getBoundingClientRect().width", box) > 250
    if tab.document.get("path"):
        assert int(tab.page.locator("#alpha").input_value()) == chosen_step(tab.document)
        for place, step in enumerate(tab.document["path"]):
            tab.slide(place)
            check_model(tab, step, tab.document["data"]["features"])
    colours = []
    for _ in range(2):
        colours.append(tab.js("getComputedStyle(document.body).backgroundColor"))
        tab.page.locator("#theme").click()
    assert colours == ["rgb(20, 24, 29)", "rgb(255, 255, 255)"]


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A path in which every name is one that could fool a browser."""
    names = ["plain", *NASTY]
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.normal(size=(150, len(names))), columns=names)
    frame["<u>y</u>"] = frame[names] @ np.arange(len(names), 0, -1.0) + rng.normal(size=150)
    file = tmp_path_factory.mktemp("nasty") / "nasty.csv"
    frame.to_csv(file, index=False)
    features = [name for name in names if name in MARKED] + ["plain"]
    return regcli.path(file, "<u>y</u>", features=features, n_alphas=10)


MARKED = (
    "<script>alert(1)</script>", '<a href="https://example.org/x">go</a>', "<b>bold</b>", "$x^2$", "&lt;i&gt;", "%{x}",
    "constructor", "__proto__", "<br>",
)  # fmt: skip
"""Names that plotly would read as markup, as mathematics or as a template."""


def test_names_stay_text(nasty: Any, open_tab: Callable[..., Tab]) -> None:
    """In the table at the slider, the legend and the words under the pointer: as they are spelled, and nothing runs."""
    tab = open_tab(nasty, viewport={"width": 1300, "height": 1200})
    features = tab.document["data"]["features"]
    assert set(MARKED) <= set(features)
    tab.slide(len(tab.document["path"]) - 1)
    check_model(tab, tab.document["path"][-1], features)
    legend = tab.texts("#path .legendtext")
    assert {visible(name)[:21] for name in features} == {text.rstrip("\u2026") for text in legend}
    assert tab.js("document.querySelectorAll('svg a, svg b, figure a, figure b').length") == 0
    assert "<b>bold</b>" in over_a_line(tab, "path", "&lt;b&gt;bold&lt;/b&gt;", "bold")
    assert tab.js("document.scripts.length") == 4
    assert tab.texts("h1")[0].startswith("Lasso path: <u>y</u> from")


def test_no_other_script_runs(cv: Any, page: Callable[..., Any], tmp_path: Path) -> None:
    """What would be written into the page, were an escape forgotten, is stopped by the policy of the page."""
    text = cv.to_html()
    holed = text.replace("<main>", "<main><script>window.fooled = 1</script><img src=x onerror='window.fooled = 2'>")
    file = tmp_path / "holed.html"
    file.write_text(holed, encoding="utf-8")
    tab = Tab(page(), file)
    assert tab.js("window.fooled ?? null") is None
    assert tab.page.locator(".main-svg").count() > 0
    assert any("Content Security Policy" in said for said in tab.leave())


def test_tables_sort(tab: Tab) -> None:
    """A click on a head sorts, another turns it round, a third restores; keys do the same; the intercept stays last."""
    section = "section:has(h2:text-is('The refitted model'))"
    names, head = f"{section} tbody th", f"{section} thead th"
    before = tab.texts(names)
    values = {row["name"]: row["coefficient"] for row in tab.document["model"]["coefficients"]}
    button = tab.page.locator(f"{head} button").nth(1)
    button.click()
    assert [values[name] for name in tab.texts(names)] == sorted(values.values(), reverse=True)
    assert tab.page.locator(head).nth(1).get_attribute("aria-sort") == "descending"
    button.press("Enter")
    assert [values[name] for name in tab.texts(names)] == sorted(values.values())
    button.press("Space")
    assert tab.texts(names) == before
    assert tab.page.locator(f"{head}[aria-sort]").count() == 0
    tab.page.locator(f"{head} button").nth(0).click()
    assert tab.texts(names) == ["age", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "sex"]
    assert tab.texts(f"{section} tfoot th") == ["(intercept)"]
    tab.page.locator("#at thead button").nth(2).click()
    for place in (60, 99):
        tab.slide(place)
        sizes = [size for name, (_, size, _) in tab.model().items() if size is not None]
        assert sizes == sorted(sizes, reverse=True)


def test_paper(tab: Tab) -> None:
    """From a dark desktop too it is printed dark on white, charts as wide as the paper, without slider and buttons."""
    tab.page.emulate_media(color_scheme="dark")
    ink = "getComputedStyle(document.querySelector('#path .xtick text')).fill"
    width = "document.querySelector('#path .main-svg').getBoundingClientRect().width"
    tab.wait_for(f"{ink} === 'rgb(228, 233, 238)'")
    before = tab.js(f"[{ink}, {width}]")
    pdf = tab.page.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.startswith(b"%PDF")
    assert tab.js(f"[{ink}, {width}]") == before
    tab.page.emulate_media(media="print")
    tab.js("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.js(f"[{ink}, {width}]") == ["rgb(29, 35, 42)", 690]
    assert tab.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tab.js("window.dispatchEvent(new Event('afterprint'))")
    hidden = "selector => document.querySelector(selector).getClientRects().length === 0"
    assert all(tab.js(hidden, selector) for selector in ("#alpha", "#theme", ".copy"))
    tab.page.emulate_media(media="screen", color_scheme="light")
    assert not any(tab.js(hidden, selector) for selector in ("#alpha", "#theme", ".copy"))


def test_the_json_of_the_page_can_be_taken_out(cv: Any, tab: Tab) -> None:
    """The link gives a file with the whole document."""
    with tab.page.expect_download() as download:
        tab.page.locator("#download").click()
    assert download.value.suggested_filename == "regcli-cv.json"
    assert json.loads(Path(download.value.path()).read_text("utf-8")) == cv.to_dict()


def test_many_features(open_tab: Callable[..., Tab], tmp_path: Path) -> None:
    """The chart draws the largest and names the others; the table shows the largest, and all where it is asked."""
    names = [f"x{j}" for j in range(MANY)]
    source = table(tmp_path / "many.csv", names, rows=200, truth=lambda j: 100.0 - j)
    tab = open_tab(regcli.path(source, alphas=[1, 0.01]))
    assert len(tab.document["path"][-1]["coefficients"]) == MANY
    assert tab.js("document.getElementById('path').data.length") == 60
    sizes = {name: abs(size) for name, size in tab.document["path"][-1]["standardized"].items()}
    smallest = sorted(sizes, key=lambda name: sizes[name])[:10]
    said = tab.texts("#path-left-out")[0]
    assert all(f" {name}," in said.replace(".", ",") for name in smallest)
    assert tab.page.locator("#at tbody tr").count() == 25
    shown = [abs(size) for name, (_, size, _) in tab.model().items() if size is not None]
    assert shown == sorted(sizes.values(), reverse=True)[:25]
    tab.page.locator("#at-more").click()
    check_model(tab, tab.document["path"][-1], names)


def test_long_tables_open(open_tab: Callable[..., Tab], tmp_path: Path) -> None:
    """Forty rows, then all of them, then forty again; sorted over all of them."""
    names = [f"x{j}" for j in range(MANY)]
    tab = open_tab(regcli.fit(table(tmp_path / "long.csv", names, rows=200), alpha=0.001))
    rows = "[...document.querySelectorAll('tbody tr')].filter(row => row.getClientRects().length)"
    more = tab.page.locator(".more[data-all]")
    assert (tab.js(f"{rows}.length"), more.text_content()) == (40, f"Show all {MANY} rows")
    tab.page.locator("thead button").nth(1).click()
    values = sorted((row["coefficient"] for row in tab.document["model"]["coefficients"]), reverse=True)
    assert tab.js(f"{rows}.map(row => Number(row.cells[1].dataset.v))") == values[:40]
    more.click()
    assert (tab.js(f"{rows}.length"), more.text_content()) == (MANY, "Show fewer")
    more.click()
    assert tab.js(f"{rows}.length") == 40


def test_numbers_are_written_as_in_the_tables(cv: Any, page: Callable[..., Any], tmp_path: Path) -> None:
    """The page's own way to write a number is that of the terminal, over all magnitudes."""
    rng = np.random.default_rng(11)
    values = [sign * float(rng.uniform(1, 9.9)) * 10.0**power for power in range(-12, 14) for sign in (1, -1)]
    values += [0.0, 1.0, -2.5, 1e-4, 99999.4, 123456.0, 1e9]
    found = cv.to_dict()
    found["path"] = [{**found["path"][0], "intercept": value, "alpha": abs(value) or 1.0} for value in values]
    found["curve"] = [found["curve"][0]] * len(values)
    text, start = cv.to_html(), 'id="document">'
    head, rest = text.split(start)
    file = tmp_path / "numbers.html"
    file.write_text(f"{head}{start}{json.dumps(found)}{rest[rest.index('</script>') :]}", encoding="utf-8")
    tab = Tab(page(), file)
    for place, value in enumerate(values):
        tab.slide(place)
        assert tab.model()["(intercept)"] == (value, None, number(value))
    assert tab.leave() == []
