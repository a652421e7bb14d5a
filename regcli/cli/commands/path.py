"""`regcli path`: one model for each of many strengths."""

from __future__ import annotations

from dataclasses import replace

from regcli.cli import options as o
from regcli.cli import output_options as out
from regcli.cli.output import deliver, say_if_waiting, teller
from regcli.cli.progress import Passes
from regcli.cli.reading import SHARED, files_of, takes_data
from regcli.cli.threads import suit_threads
from regcli.specs import DataSpec, GridSpec, ModelSpec, OutputSpec, PathSpec
from regcli.specs.checks import numbers, only_number


@takes_data
def path(
    data: DataSpec,
    penalty: o.PathPenaltyName = "l1",
    l1_ratio: o.L1Ratios = None,
    model: ModelSpec = SHARED,
    solver: o.Solver = "auto",
    n_alphas: o.NumberOfAlphas = None,
    alpha_min_ratio: o.AlphaMinRatio = None,
    alphas: o.Alphas = None,
    full_path: o.FullPath = False,
    select: o.Select = "ebic",
    format: out.FormatName = None,
    json: out.Json = False,
    output: out.Output = None,
    plot: out.Plot = None,
    x_axis: out.XAxis = None,
    lines: out.Lines = None,
    report: out.ReportPage = None,
    every: out.Every = False,
    order: out.OrderName = "size",
    quiet: out.Quiet = False,
    verbose: out.Verbose = False,
) -> int:
    """Solve along falling strengths: what enters when, and how coefficients grow.

    Example: regcli path data.csv --penalty l1 --plot path.png
    """
    said = OutputSpec(format, output, order, quiet, verbose, json, plot, x_axis, every, report=report)
    model = replace(model, penalty=penalty, l1_ratio=only_number("--l1-ratio", l1_ratio), solver=solver)
    grid = GridSpec(n_alphas, alpha_min_ratio, numbers("--alphas", alphas))
    walk = PathSpec(full_path, select, lines)
    said.check_drawn("--lines", lines)

    suit_threads()
    sources = files_of(data)
    say_if_waiting(sources)

    from regcli.workflows import path as verb

    with Passes(said.quiet) as passes:
        return deliver(lambda: verb.path(data, model, grid, walk, said, teller(said), passes.of_rows), said, sources)
