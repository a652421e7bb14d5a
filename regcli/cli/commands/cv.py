"""`regcli cv`: the strength that predicts best, by cross-validation."""

from __future__ import annotations

from dataclasses import replace

from regcli.cli import options as o
from regcli.cli import output_options as out
from regcli.cli.output import deliver, say_if_waiting, teller
from regcli.cli.progress import Passes, Progress
from regcli.cli.reading import SHARED, files_of, takes_data
from regcli.cli.threads import suit_threads
from regcli.specs import DataSpec, FoldSpec, GridSpec, ModelSpec, OutputSpec, ValidationSpec, seeds
from regcli.specs.checks import numbers


@takes_data
def cv(
    data: DataSpec,
    penalty: o.PathPenaltyName = "l1",
    l1_ratio: o.L1Ratios = None,
    model: ModelSpec = SHARED,
    solver: o.Solver = "auto",
    n_alphas: o.NumberOfAlphas = None,
    alpha_min_ratio: o.AlphaMinRatio = None,
    alphas: o.Alphas = None,
    folds: o.FoldCount = None,
    repeats: o.Repeats = 1,
    seed: o.FoldSeed = None,
    groups: o.Groups = None,
    time: o.Time = None,
    fold_column: o.FoldColumn = None,
    rule: o.RuleName = "1se",
    measure: o.MeasureName = None,
    test: o.Test = None,
    test_size: o.TestSize = None,
    split_column: o.SplitColumn = None,
    format: out.FormatName = None,
    json: out.Json = False,
    output: out.Output = None,
    plot: out.Plot = None,
    report: out.ReportPage = None,
    save: out.Save = None,
    fitted: out.Fitted = None,
    order: out.OrderName = "size",
    quiet: out.Quiet = False,
    verbose: out.Verbose = False,
) -> int:
    """Choose the strength by cross-validation without leakage, and refit with it.

    Example: regcli cv data.csv --penalty l1
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
    first = folding.l1_ratios[0] if folding.l1_ratios else None
    model = replace(model, penalty=penalty, l1_ratio=first, solver=solver)
    grid = GridSpec(n_alphas, alpha_min_ratio, numbers("--alphas", alphas))
    validation = ValidationSpec(test, test_size, split_column, test_seed)

    sources = files_of(data, test)
    suit_threads()
    say_if_waiting(sources)

    from regcli.workflows import cv as verb

    with Progress("fold paths", said.quiet) as progress, Passes(said.quiet) as passes:
        return deliver(
            lambda: verb.cv(
                data, model, validation, grid, folding, said, teller(said), progress, passes.of_rows
            ),
            said, sources,
        )  # fmt: skip
