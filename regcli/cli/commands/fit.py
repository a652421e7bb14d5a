"""`regcli fit`: one model at one strength."""

from __future__ import annotations

from dataclasses import replace

from regcli.cli import options as o
from regcli.cli import output_options as out
from regcli.cli.output import deliver, say, say_if_waiting, teller
from regcli.cli.progress import Passes
from regcli.cli.reading import SHARED, files_of, takes_data
from regcli.cli.threads import suit_threads
from regcli.specs import DataSpec, ModelSpec, OutputSpec, TrainingSpec, ValidationSpec, training_seeds


@takes_data
def fit(
    data: DataSpec,
    penalty: o.PenaltyName = "l1",
    alpha: o.Alpha = None,
    l1_ratio: o.L1Ratio = None,
    l1: o.L1 = None,
    l2: o.L2 = None,
    C: o.C = None,
    model: ModelSpec = SHARED,
    solver: o.FitSolver = "auto",
    learning_rate: o.LearningRate = None,
    epochs: o.Epochs = None,
    accelerate: o.Accelerate = False,
    start: o.Start = None,
    early_stopping: o.EarlyStopping = False,
    validation_size: o.ValidationSize = None,
    trace: o.Trace = None,
    test: o.Test = None,
    test_size: o.TestSize = None,
    split_column: o.SplitColumn = None,
    seed: o.FitSeed = None,
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
    """Fit one penalised regression: which columns matter, and by how much?

    Example: regcli fit data.csv --penalty l1 --alpha 0.1
    """
    said = OutputSpec(format, output, order, quiet, verbose, json, plot, save=save, fitted=fitted, report=report)
    model = replace(model, penalty=penalty, alpha=alpha, l1_ratio=l1_ratio, l1=l1, l2=l2, solver=solver, C=C)
    drawn, seed = training_seeds(seed, early_stopping, test_size)
    training = TrainingSpec(
        solver, learning_rate, epochs, accelerate, start, early_stopping, validation_size, drawn, trace
    )
    validation = ValidationSpec(test, test_size, split_column, seed)

    sources = files_of(data, test)
    suit_threads()
    say_if_waiting(sources)

    from regcli.workflows import fit as verb

    with Passes(said.quiet) as passes:
        return deliver(
            lambda: verb.fit(data, model, validation, said, teller(said), training, say, passes.of_rows), said, sources
        )
