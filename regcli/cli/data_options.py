"""The options that say which rows are read, how, and which columns take part as what: as `regcli.cli.options`."""

from __future__ import annotations

from typing import Annotated

import typer

from regcli.specs import BAD_ROWS, DATES, ENGINES, MISSING, BadRows, Dates, EngineName, Missing

DATA, COLUMNS, READING, SCALE = "Data", "Columns", "Reading", "Size"

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DATA",
        help="A CSV file, plain or compressed (gz, bz2, xz, zst, zip), or Parquet, Arrow; several, or a glob, of one "
        "header; an address; - for standard input, from where a pipe is read without it.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target", "-y", metavar="COL", rich_help_panel=DATA,
        help="The column to explain. Else the only one named y or target, else the last.",
    ),
]  # fmt: skip
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--features", "-x", metavar="NAMES", rich_help_panel=DATA,
        help="The columns that may explain it: names or globs, comma-separated or repeated. Else all others.",
    ),
]  # fmt: skip
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", "--drop", metavar="NAMES", rich_help_panel=DATA, help="Columns to leave out: names or globs."
    ),
]
Sep = Annotated[
    str | None,
    typer.Option(
        "--sep", metavar="CHAR", rich_help_panel=READING, help="What separates columns; else it is found in the file."
    ),
]
Decimal = Annotated[
    str, typer.Option("--decimal", metavar="CHAR", rich_help_panel=READING, help="The decimal mark, '.' or ','.")
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        rich_help_panel=READING,
        help="As in latin-1; else UTF-8, or by its byte order mark.",
    ),
]
Na = Annotated[
    list[str] | None,
    typer.Option(
        "--na", metavar="TOKENS", rich_help_panel=READING,
        help="More cells that mean missing, such as '-200,?', beside the empty cell, NA, N/A, nan, null and None.",
    ),
]  # fmt: skip
MissingCells = Annotated[
    Missing,
    typer.Option(
        "--missing", metavar="NAME", parser=str, rich_help_panel=DATA, autocompletion=lambda: list(MISSING),
        help="Missing cells: error refuses them, drop leaves their rows out, mean and median fill them with what the "
        "training rows have, indicator does as mean and adds a column that marks them.",
    ),
]  # fmt: skip
Categorical = Annotated[
    list[str] | None,
    typer.Option(
        "--categorical", metavar="NAMES", rich_help_panel=COLUMNS, help="Columns to take as levels, numbers too."
    ),
]
Numeric = Annotated[
    list[str] | None,
    typer.Option(
        "--numeric", metavar="NAMES", rich_help_panel=COLUMNS, help="Columns to take as numbers, identifiers too."
    ),
]
Identifiers = Annotated[
    list[str] | None,
    typer.Option(
        "--id",
        metavar="NAMES",
        rich_help_panel=COLUMNS,
        help="Columns that name rows: no features, kept in fitted values.",
    ),
]
References = Annotated[
    list[str] | None,
    typer.Option(
        "--reference", metavar="COL=LEVEL", rich_help_panel=COLUMNS,
        help="The level that the others of this column are compared with, and gets no coefficient.",
    ),
]  # fmt: skip
Weights = Annotated[
    str | None,
    typer.Option(
        "--weights", metavar="COL", rich_help_panel=DATA,
        help="The column that says how much each row counts: 2 as two such rows, 0 as none; no feature.",
    ),
]  # fmt: skip
Offset = Annotated[
    str | None,
    typer.Option(
        "--offset", metavar="COL", rich_help_panel=DATA,
        help="The column that is added to the linear predictor as it is, with no coefficient.",
    ),
]  # fmt: skip
Exposure = Annotated[
    str | None,
    typer.Option(
        "--exposure", metavar="COL", rich_help_panel=DATA,
        help="With --family poisson, gamma or tweedie: what is counted over, as time or area; an offset by its "
        "logarithm.",
    ),
]  # fmt: skip
PositiveClass = Annotated[
    str | None,
    typer.Option(
        "--positive-class", metavar="VALUE", rich_help_panel=DATA,
        help="Of two classes the one whose probability is modelled; else the second in sorted order.",
    ),
]  # fmt: skip
Event = Annotated[
    str | None,
    typer.Option(
        "--event", metavar="COL", rich_help_panel=DATA,
        help="With --family cox: which times, the target, are those of an event: 1 or 0, true or false, yes or no.",
    ),
]  # fmt: skip
Entry = Annotated[
    str | None,
    typer.Option(
        "--entry", metavar="COL", rich_help_panel=DATA,
        help="With --family cox: the time since when a row is at risk; the target is then the time of its end.",
    ),
]  # fmt: skip
Strata = Annotated[
    str | None,
    typer.Option(
        "--strata", metavar="COL", rich_help_panel=DATA,
        help="With --family cox: rows of each of its values have a baseline of their own; no feature.",
    ),
]  # fmt: skip
MinLevelCount = Annotated[
    int | None,
    typer.Option(
        "--min-level-count", metavar="ROWS", rich_help_panel=COLUMNS,
        help="Levels in fewer training rows, whatever their weights, become one level, (other).",
    ),
]  # fmt: skip
DatesAs = Annotated[
    Dates | None,
    typer.Option(
        "--dates", metavar="NAME", parser=str, rich_help_panel=COLUMNS, autocompletion=lambda: list(DATES),
        help="Dates and times as numbers: ordinal (days since 1970-01-01), or parts (year, month, day, weekday, hour).",
    ),
]  # fmt: skip
FormulaText = Annotated[
    str | None,
    typer.Option(
        "--formula", metavar="TEXT", rich_help_panel=COLUMNS, help="Target and terms: 'y ~ a*b + poly(c, 2) + log(d)'."
    ),
]
Interactions = Annotated[
    bool, typer.Option("--interactions", rich_help_panel=COLUMNS, help="Add the products of all pairs of features.")
]
Degree = Annotated[
    int,
    typer.Option("--degree", metavar="NUMBER", rich_help_panel=COLUMNS, help="Add powers of numbers: 2 adds squares."),
]
Thousands = Annotated[
    str | None,
    typer.Option(
        "--thousands", metavar="CHAR", rich_help_panel=READING, help="The mark between thousands, as in 1,234: ','."
    ),
]
Units = Annotated[
    list[str] | None,
    typer.Option(
        "--units", metavar="NAMES", rich_help_panel=READING,
        help="Columns whose numbers wear a unit, to be taken off: $12, 12%, 12 kg, (12) for -12.",
    ),
]  # fmt: skip
Header = Annotated[
    bool,
    typer.Option(
        "--header/--no-header",
        rich_help_panel=READING,
        help="The first row names the columns; else column_1, column_2.",
    ),
]
SkipLines = Annotated[
    int,
    typer.Option("--skip-lines", metavar="NUMBER", rich_help_panel=READING, help="Lines above the table to pass over."),
]
Comment = Annotated[
    str | None,
    typer.Option("--comment", metavar="CHAR", rich_help_panel=READING, help="What lines of comment begin with: '#'."),
]
BadRowsAs = Annotated[
    BadRows,
    typer.Option(
        "--bad-rows", metavar="NAME", parser=str, rich_help_panel=READING, autocompletion=lambda: list(BAD_ROWS),
        help="Rows of another width than the header: error refuses them, drop leaves them out and counts them.",
    ),
]  # fmt: skip

Sample = Annotated[
    int | None,
    typer.Option(
        "--sample", metavar="ROWS", rich_help_panel=SCALE,
        help="A quick look: so many rows, drawn at random, the same each time, stand for all.",
    ),
]  # fmt: skip
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="SIZE",
        rich_help_panel=SCALE,
        help="How much the process may take, as in 1GB: larger files are passed over in pieces. Else what is free.",
    ),
]
Engine = Annotated[
    EngineName,
    typer.Option(
        "--engine", metavar="NAME", parser=str, rich_help_panel=SCALE, autocompletion=lambda: list(ENGINES),
        help="Who passes over the rows: local, or dask, a cluster that shares the files of DATA.",
    ),
]  # fmt: skip
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", rich_help_panel=SCALE,
        help="Where the Dask scheduler is, as in tcp://HOST:8786; else a cluster of this machine is started.",
    ),
]  # fmt: skip
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", metavar="NUMBER", rich_help_panel=SCALE,
        help="Processes or threads that share the work, at most one a core, which is usual. The result is the same.",
    ),
]  # fmt: skip
