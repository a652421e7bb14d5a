"""`regcli predict`: a saved model on new rows."""

from __future__ import annotations

from typing import Annotated

import typer

from regcli.cli import data_options as d
from regcli.cli import output_options as out
from regcli.cli.output import say, say_if_waiting
from regcli.cli.reading import sources_of
from regcli.cli.threads import suit_threads
from regcli.specs import PREDICTION_TYPES, DataSpec, Missing, OutputSpec, PredictionType, PredictSpec
from regcli.specs.checks import numbers

ModelFile = Annotated[str, typer.Argument(metavar="MODEL", help="What fit --save or cv --save wrote.")]
Append = Annotated[
    bool, typer.Option("--append", rich_help_panel=out.OUTPUT, help="Write the columns of the input too, as they are.")
]
MissingHere = Annotated[
    Missing,
    typer.Option(
        "--missing", metavar="NAME", parser=str, rich_help_panel=d.DATA,
        help="Gaps that the model has no way to fill: error refuses them, drop leaves those predictions empty.",
    ),
]  # fmt: skip
TypeName = Annotated[
    PredictionType,
    typer.Option(
        "--type", metavar="NAME", parser=str, rich_help_panel=out.OUTPUT,
        autocompletion=lambda: list(PREDICTION_TYPES),
        help="What is said of a row: response (the number, the expected count or amount, the probability of the "
        "positive class or of each of several, a decision value, a relative hazard), link (the linear predictor), "
        "class, or probability (of each class).",
    ),
]  # fmt: skip
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at", metavar="TIMES", rich_help_panel=out.OUTPUT,
        help="Of survival times: the probability of each row to be without event until these times.",
    ),
]  # fmt: skip
RowIds = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="NAMES", rich_help_panel=d.DATA, help="Columns to write beside the predictions."),
]


def predict(
    model: ModelFile,
    source: d.Sources = None,
    id: RowIds = None,
    missing: MissingHere = "error",
    sep: d.Sep = None,
    decimal: d.Decimal = ".",
    thousands: d.Thousands = None,
    units: d.Units = None,
    encoding: d.Encoding = None,
    na: d.Na = None,
    header: d.Header = True,
    skip_lines: d.SkipLines = 0,
    comment: d.Comment = None,
    bad_rows: d.BadRowsAs = "error",
    type: TypeName = "response",
    at: At = None,
    append: Append = False,
    format: out.FormatName = None,
    json: out.Json = False,
    output: out.Output = None,
    quiet: out.Quiet = False,
) -> int:
    """Predict new rows with a saved model; where the target is there, say how good the predictions are.

    Example: regcli predict model.json new.csv --append --output predicted.csv
    """
    said = OutputSpec(format, output, quiet=quiet, json=json)
    data = DataSpec(
        sources_of(source), sep=sep, decimal=decimal, encoding=encoding, na=tuple(na or ()), missing=missing,
        id=tuple(id or ()), thousands=thousands, units=tuple(units or ()), header=header, skip_lines=skip_lines,
        comment=comment, bad_rows=bad_rows,
    )  # fmt: skip
    spec = PredictSpec(type, append, numbers("--at", at))
    sources = [*(data.source if isinstance(data.source, list) else [data.source]), model]
    suit_threads()
    say_if_waiting(sources)

    from regcli.artifact import load
    from regcli.cli.rows import deliver_rows
    from regcli.workflows.predict import predict as verb
    from regcli.workflows.predict import summary

    found = verb(load(model), data, spec)
    deliver_rows(found, said, sources)
    if not quiet:
        say(summary(found))
    return 0
