"""Draw a command's terminal output as SVG: python sample_data/pictures/draw.py (from the top of the repository)."""

import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

import regcli
from regcli.report.to_terminal import renderable

WIDTH = 80
FONTS = "ui-monospace, Menlo, Consolas"
PICTURES = {
    "fit.svg": ("regcli fit sample_data/diabetes.csv --penalty l1 --alpha 2", {"penalty": "l1", "alpha": 2}),
}


def draw(name: str, command: str, options: dict) -> None:
    """Write one picture, without a font from the network: the reader's own monospace font does."""
    report = regcli.fit("sample_data/diabetes.csv", **options)
    console = Console(record=True, width=WIDTH, force_terminal=True, file=io.StringIO(), highlight=False)
    console.print(Text(f"$ {command}", style="bold green"))
    console.print()
    console.print(renderable(report, WIDTH, bars=True))
    svg = console.export_svg(title="regcli")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", FONTS)
    Path(__file__).with_name(name).write_text(svg, encoding="utf-8")


for name, (command, options) in PICTURES.items():
    draw(name, command, options)
