"""The options that say what is minimised and that every command that fits has: names, help and panels."""

from __future__ import annotations

from typing import Annotated

import typer

from regcli.cli.options import CONSTRAINTS, FAMILY, MODEL
from regcli.specs import (
    CONVENTIONS,
    DEFAULT_LEVEL,
    DEFAULT_POWER,
    DEFAULT_THRESHOLD,
    FAMILIES,
    TIES,
    Convention,
    FamilyName,
    Ties,
)

FamilyOption = Annotated[
    FamilyName | None,
    typer.Option(
        "--family", metavar="NAME", parser=str, rich_help_panel=MODEL, autocompletion=lambda: list(FAMILIES),
        help="gaussian, binomial (two classes), multinomial (several), poisson (counts), gamma (positive amounts), "
        "tweedie (amounts with zeros), huber (outliers), quantile, squared_hinge (support vectors), cox (survival "
        "times); else by the target: binomial for text of two values, gaussian for numbers.",
    ),
]  # fmt: skip
Power = Annotated[
    float | None,
    typer.Option(
        "--power", metavar="NUMBER", rich_help_panel=FAMILY,
        help=f"tweedie: the variance goes with this power of the mean, 1 to 2; {DEFAULT_POWER} unless given.",
    ),
]  # fmt: skip
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold", metavar="NUMBER", rich_help_panel=FAMILY,
        help="huber: from how many robust deviations of the target (1.4826 MAD) on errors count linearly; "
        f"{DEFAULT_THRESHOLD} unless given.",
    ),
]  # fmt: skip
QuantileLevel = Annotated[
    list[str] | None,
    typer.Option(
        "--quantile-level", metavar="NUMBERS", rich_help_panel=FAMILY,
        help=f"quantile: the share of rows to lie below, {DEFAULT_LEVEL}, the median, unless given. Of fit several: a "
        "fan of models.",
    ),
]  # fmt: skip
TiesName = Annotated[
    Ties | None,
    typer.Option(
        "--ties", metavar="NAME", parser=str, rich_help_panel=FAMILY, autocompletion=lambda: list(TIES),
        help="cox: how events of one time are taken, breslow (usual) or efron.",
    ),
]  # fmt: skip
ClassWeight = Annotated[
    str | None,
    typer.Option(
        "--class-weight", metavar="NAME", parser=str, rich_help_panel=MODEL, autocompletion=lambda: ["balanced"],
        help="balanced: every class counts alike, however many rows it has.",
    ),
]  # fmt: skip
ConventionName = Annotated[
    Convention,
    typer.Option(
        "--convention", metavar="NAME", parser=str, rich_help_panel=MODEL, autocompletion=lambda: list(CONVENTIONS),
        help="Whose formula the strength belongs to: mean (as Lasso of scikit-learn), sklearn (its Ridge too), glmnet, "
        "sum (textbooks), mse (Keras).",
    ),
]  # fmt: skip
Standardize = Annotated[
    bool,
    typer.Option(
        "--standardize/--no-standardize", rich_help_panel=MODEL,
        help="Penalise coefficients per deviation of their column, or in the units of the file.",
    ),
]  # fmt: skip
Intercept = Annotated[
    bool,
    typer.Option("--intercept/--no-intercept", rich_help_panel=MODEL, help="An intercept, never penalised, or none."),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        "--keep", metavar="NAMES", rich_help_panel=CONSTRAINTS,
        help="Features to leave unpenalised, so that they stay in: names or globs; a column's name covers its levels.",
    ),
]  # fmt: skip
PenaltyFactor = Annotated[
    list[str] | None,
    typer.Option(
        "--penalty-factor", metavar="NAME=V", rich_help_panel=CONSTRAINTS,
        help="Penalise a feature V times as hard; of several for one feature the last counts. --convention glmnet "
        "rescales them all to sum to the number of features.",
    ),
]  # fmt: skip
Positive = Annotated[
    bool, typer.Option("--positive", rich_help_panel=CONSTRAINTS, help="No coefficient below 0; the intercept may be.")
]
Bounds = Annotated[
    list[str] | None,
    typer.Option(
        "--bounds", metavar="NAME=LO:HI", rich_help_panel=CONSTRAINTS,
        help="Keep a coefficient, in the units of the file, between LO and HI, 0 among them; an end may be left out.",
    ),
]  # fmt: skip
