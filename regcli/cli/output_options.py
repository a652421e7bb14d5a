"""The options that say what comes out, and where: each once, as in `options`."""

from __future__ import annotations

from typing import Annotated

import typer

from regcli.specs import AXES, FORMATS, ORDERS, Axis, Format, Order

OUTPUT = "Output"

FormatName = Annotated[
    Format | None,
    typer.Option(
        "--format", metavar="NAME", parser=str, rich_help_panel=OUTPUT, autocompletion=lambda: list(FORMATS),
        help="table, json, csv, tsv or markdown; table unless the suffix of --output says otherwise.",
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", rich_help_panel=OUTPUT, help="Short for --format json.")]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", rich_help_panel=OUTPUT,
        help="Write there instead: .json, .csv, .tsv, .md or .txt says the format.",
    ),
]  # fmt: skip
OrderName = Annotated[
    Order,
    typer.Option(
        "--order", metavar="NAME", parser=str, rich_help_panel=OUTPUT, autocompletion=lambda: list(ORDERS),
        help="Coefficients by standardized size, or as in the file.",
    ),
]  # fmt: skip
Plot = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", rich_help_panel=OUTPUT, help="Draw it: .png, .svg or .pdf."),
]
ReportPage = Annotated[
    str | None,
    typer.Option(
        "--report", metavar="FILE", rich_help_panel=OUTPUT, help="A web page of it, to keep, print or send: .html."
    ),
]
Save = Annotated[
    str | None,
    typer.Option("--save", metavar="FILE", rich_help_panel=OUTPUT, help="Save the model, as JSON, for regcli predict."),
]
Fitted = Annotated[
    str | None,
    typer.Option(
        "--fitted", metavar="FILE", rich_help_panel=OUTPUT,
        help="Write the training rows with fitted values and residuals: .csv, .tsv, .md or .json.",
    ),
]  # fmt: skip
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
Every = Annotated[
    bool, typer.Option("--all", rich_help_panel=OUTPUT, help="A line for every strength, not only where one enters.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", rich_help_panel=OUTPUT, help="No notes or warnings on standard error.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", rich_help_panel=OUTPUT, help="Say on standard error what takes how long.")
]
