"""The options that draw: which picture, and where it goes."""

from __future__ import annotations

from typing import Annotated

import typer

from regcli.cli.options import OUTPUT
from regcli.specs import AXES, Axis

Plot = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", rich_help_panel=OUTPUT, help="Draw it: .png, .svg or .pdf."),
]
XAxis = Annotated[
    Axis | None,
    typer.Option(
        "--x-axis", metavar="NAME", parser=str, rich_help_panel=OUTPUT, autocompletion=lambda: list(AXES),
        help="What the picture of a path goes along: alpha, l1-norm or deviance.",
    ),
]  # fmt: skip
Lines = Annotated[
    str | None,
    typer.Option(
        "--lines", metavar="FEATURE", rich_help_panel=OUTPUT,
        help="Draw the regression lines of this feature at several strengths, over the rows, with --plot.",
    ),
]  # fmt: skip
Geometry = Annotated[
    list[str] | None,
    typer.Option(
        "--geometry", metavar="A,B", rich_help_panel=OUTPUT,
        help="Draw the coefficients of two features in the plane, the contours of the loss and the three penalties, "
        "with --plot.",
    ),
]  # fmt: skip
