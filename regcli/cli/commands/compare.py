"""`regcli compare`: which penalty, and what does it do to these data?"""

from __future__ import annotations

from dataclasses import replace

from regcli.cli import options as o
from regcli.cli import output_options as out
from regcli.cli.output import deliver, say_if_waiting, teller
from regcli.cli.progress import Passes, Progress
from regcli.cli.reading import SHARED, files_of, takes_data
from regcli.cli.threads import suit_threads
from regcli.specs import CompareSpec, DataSpec, FoldSpec, ModelSpec, OutputSpec, ValidationSpec, seeds
from regcli.specs.checks import numbers


@takes_data
def compare(
    data: DataSpec,
    penalties: o.Models = None,
    alpha: o.GivenAlphas = None,
    l1_ratio: o.TriedRatios = None,
    model: ModelSpec = SHARED,
    solver: o.Solver = "auto",
    folds: o.FoldCount = None,
    inner_folds: o.InnerFolds = None,
    repeats: o.Repeats = 1,
    seed: o.FoldSeed = None,
    groups: o.Groups = None,
    time: o.Time = None,
    fold_column: o.FoldColumn = None,
    rule: o.ComparedRule = "min",
    measure: o.ErrorName = None,
    test: o.Test = None,
    test_size: o.TestSize = None,
    split_column: o.SplitColumn = None,
    format: out.FormatName = None,
    json: out.Json = False,
    output: out.Output = None,
    plot: out.Plot = None,
    geometry: out.Geometry = None,
    report: out.ReportPage = None,
    save: out.Save = None,
    fitted: out.Fitted = None,
    order: out.OrderName = "size",
    quiet: out.Quiet = False,
    verbose: out.Verbose = False,
) -> int:
    """Which penalty? Least squares, ridge, lasso and elastic net, tuned and judged on the same folds.

    Example: regcli compare data.csv
    """
    said = OutputSpec(format, output, order, quiet, verbose, json, plot, save=save, fitted=fitted, report=report)
    fold_seed, test_seed = seeds(seed, folds, time, fold_column, test_size)
    folding = FoldSpec(
        folds,
        repeats,
        fold_seed,
        groups,
        time,
        fold_column,
        rule,
        measure,
        numbers("--l1-ratio", l1_ratio),
        data.jobs,
    )
    spec = CompareSpec.of(penalties, alpha, inner_folds, geometry)
    said.check_drawn("--geometry", geometry)
    model = replace(model, solver=solver)
    validation = ValidationSpec(test, test_size, split_column, test_seed)
    spec.check(folding, validation)

    sources = files_of(data, test)
    suit_threads()
    say_if_waiting(sources)

    from regcli.workflows import compare as verb

    with Progress("folds", said.quiet) as progress, Passes(said.quiet) as passes:
        return deliver(
            lambda: verb.compare(
                data, model, validation, folding, spec, said, teller(said), progress, passes.of_rows
            ),
            said, sources,
        )  # fmt: skip
