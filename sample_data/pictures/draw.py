"""Draw the README's pictures, from the top of the repository: python sample_data/pictures/draw.py

A picture is what its command prints at a terminal of 80 columns, the file that its `--plot` writes, or the top of the
page that its `--report` writes; the last needs playwright and a Chromium.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

import regcli
from regcli.cli.app import run
from regcli.report.to_terminal import renderable

HERE = Path(__file__).parent
WIDTH = 80
FONTS = "ui-monospace, Menlo, Consolas"
SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "fit.svg": ("regcli fit sample_data/diabetes.csv --penalty l1 --alpha 2", {"penalty": "l1", "alpha": 2}),
}
PLOTS = {
    "coefficients.svg": "regcli fit sample_data/prostate.csv --target lpsa --penalty l1 --alpha 0.1 "
    "--split-column train --plot coefficients.svg",
    "lines.svg": "regcli path sample_data/diabetes.csv --penalty l1 --lines s1 --plot lines.svg",
    "compare.svg": "regcli compare sample_data/prostate.csv --target lpsa --exclude train --plot compare.svg",
    "geometry.svg": "regcli compare sample_data/prostate.csv --target lpsa --exclude train --penalties ols,lasso "
    "--geometry lcavol,svi --plot geometry.svg",
    "path.svg": "regcli path sample_data/diabetes.csv --penalty l1 --plot path.svg",
    "cv.svg": "regcli cv sample_data/diabetes.csv --penalty l1 --plot cv.svg",
}
PAGES = {"page.png": "regcli cv sample_data/diabetes.csv --penalty l1 --report page.html"}
PAGE_SIZE = (1280, 1140)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def draw_screen(file: Path, command: str, options: dict[str, Any]) -> None:
    """Write a terminal's picture, without a font from the network: the reader's own monospace font does."""
    report = regcli.fit("sample_data/diabetes.csv", **options)
    console = Console(record=True, width=WIDTH, force_terminal=True, file=io.StringIO(), highlight=False)
    console.print(Text(f"$ {command}", style="bold green"))
    console.print()
    console.print(renderable(report, WIDTH, bars=True))
    svg = console.export_svg(title="regcli")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", FONTS)
    file.write_text(svg, encoding="utf-8")


def draw_plot(file: Path, command: str) -> None:
    """Run the command with its picture going to `file`."""
    words = shlex.split(command)[1:-1]
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")):
        code = run([*words, str(file), "--quiet"])
    if code != 0:
        raise RuntimeError(f"exit code {code}: {command}")


def draw_page(file: Path, command: str) -> None:
    """Photograph the top of the page that the command writes."""
    from playwright.sync_api import sync_playwright

    browser_file = next(filter(None, map(shutil.which, BROWSERS)))
    width, height = PAGE_SIZE
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder, "page.html")
        draw_plot(page_file, command)
        browser = playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(page_file.as_uri())
        page.wait_for_selector(".main-svg")
        page.screenshot(path=file)
        browser.close()


def draw(folder: Path = HERE) -> None:
    """Every picture of text and lines, into `folder`."""
    for name, (command, options) in SCREENS.items():
        draw_screen(folder / name, command, options)
    for name, command in PLOTS.items():
        draw_plot(folder / name, command)


if __name__ == "__main__":
    draw()
    for name, command in PAGES.items():
        draw_page(HERE / name, command)
