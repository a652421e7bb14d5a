"""Every option once: its name, its help and its panel, as an Annotated alias.

Words from a list are taken as typed (`parser=str`): the specs check them, so that all such errors sound alike.
"""

from __future__ import annotations

from typing import Annotated

import typer

from regcli.specs import (
    CRITERIA,
    DEFAULT_ALPHAS,
    DEFAULT_EPOCHS,
    DEFAULT_FOLDS,
    DEFAULT_INNER_FOLDS,
    DEFAULT_L1_RATIO,
    DEFAULT_RATIOS,
    DEFAULT_SEED,
    DEFAULT_VALIDATION_SIZE,
    MEASURES,
    RULES,
    SOLVERS,
    Criterion,
    Measure,
    Penalty,
    Rule,
    SolverName,
)

FAMILY = "Families"
MODEL, DESCENT, VALIDATION = "Model", "Gradient descent (--solver gradient)", "Validation"
STRENGTHS, FOLDS, CONSTRAINTS = "Strengths", "Folds", "Constraints"

PenaltyName = Annotated[
    Penalty,
    typer.Option(
        "--penalty", "-p", metavar="NAME", parser=str, rich_help_panel=MODEL,
        help="none, l1 (lasso), l2 (ridge) or elasticnet (enet).",
        autocompletion=lambda: ["none", "l1", "l2", "elasticnet", "lasso", "ridge", "enet"],
    ),
]  # fmt: skip
PathPenaltyName = Annotated[
    Penalty,
    typer.Option(
        "--penalty", "-p", metavar="NAME", parser=str, rich_help_panel=MODEL,
        help="l1 (lasso), l2 (ridge) or elasticnet (enet).",
        autocompletion=lambda: ["l1", "l2", "elasticnet", "lasso", "ridge", "enet"],
    ),
]  # fmt: skip
Alpha = Annotated[
    float | None,
    typer.Option(
        "--alpha", "-a", metavar="NUMBER", rich_help_panel=MODEL, help="The strength of the penalty; 0 is none."
    ),
]
L1Ratio = Annotated[
    float | None,
    typer.Option(
        "--l1-ratio", metavar="SHARE", rich_help_panel=MODEL,
        help=f"Elastic net: the share of l1 in the penalty, 0 to 1; {DEFAULT_L1_RATIO} unless given.",
    ),
]  # fmt: skip
L1 = Annotated[
    float | None,
    typer.Option(
        "--l1", metavar="NUMBER", rich_help_panel=MODEL, help="Elastic net: the strength on sum |b|, with --l2."
    ),
]
L2 = Annotated[
    float | None,
    typer.Option(
        "--l2", metavar="NUMBER", rich_help_panel=MODEL, help="Elastic net: the strength on sum b^2 / 2, with --l1."
    ),
]
C = Annotated[
    float | None,
    typer.Option(
        "--C", metavar="NUMBER", rich_help_panel=MODEL,
        help="Of classes, in place of --alpha: the C of scikit-learn and LIBLINEAR; alpha is 1 / (n C).",
    ),
]  # fmt: skip
Solver = Annotated[
    SolverName,
    typer.Option(
        "--solver", metavar="NAME", parser=str, rich_help_panel=MODEL, autocompletion=lambda: list(SOLVERS[:-1]),
        help="exact, sklearn, or auto: exact, and scikit-learn where that is not certified.",
    ),
]  # fmt: skip
FitSolver = Annotated[
    SolverName,
    typer.Option(
        "--solver", metavar="NAME", parser=str, rich_help_panel=MODEL, autocompletion=lambda: list(SOLVERS),
        help="exact, sklearn, auto (exact, and scikit-learn where that is not certified), or gradient: gradient "
        "descent, to see it happen.",
    ),
]  # fmt: skip


LearningRate = Annotated[
    float | None,
    typer.Option(
        "--learning-rate", metavar="NUMBER", rich_help_panel=DESCENT,
        help="The size of a step, for the gradient of the formula of --convention; one that is safe unless given.",
    ),
]  # fmt: skip
Epochs = Annotated[
    int | None,
    typer.Option(
        "--epochs", metavar="NUMBER", rich_help_panel=DESCENT,
        help=f"How many steps; unless given, until the certificate holds, {DEFAULT_EPOCHS:,} at most.",
    ),
]  # fmt: skip
Accelerate = Annotated[
    bool, typer.Option("--accelerate", rich_help_panel=DESCENT, help="With momentum: FISTA in place of ISTA.")
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start", metavar="NUMBER|FILE", rich_help_panel=DESCENT,
        help="Begin with this number for all weights and the intercept, or with the model that --save wrote; else 0.",
    ),
]  # fmt: skip
EarlyStopping = Annotated[
    bool,
    typer.Option(
        "--early-stopping", rich_help_panel=DESCENT,
        help="Hold out validation rows, and keep the weights whose loss on them is least.",
    ),
]  # fmt: skip
ValidationSize = Annotated[
    float | None,
    typer.Option(
        "--validation-size", metavar="SHARE", rich_help_panel=DESCENT,
        help=f"The share of the training rows for that; {DEFAULT_VALIDATION_SIZE} unless given.",
    ),
]  # fmt: skip
Trace = Annotated[
    int | None,
    typer.Option(
        "--trace", metavar="NUMBER", rich_help_panel=DESCENT,
        help="Print the loss on standard error every so many epochs.",
    ),
]  # fmt: skip

NumberOfAlphas = Annotated[
    int | None,
    typer.Option(
        "--n-alphas", metavar="NUMBER", rich_help_panel=STRENGTHS,
        help=f"How many strengths are tried, log-spaced; {DEFAULT_ALPHAS} unless given.",
    ),
]  # fmt: skip
AlphaMinRatio = Annotated[
    float | None,
    typer.Option(
        "--alpha-min-ratio", metavar="SHARE", rich_help_panel=STRENGTHS,
        help="The smallest strength as a share of the largest; else 1e-4, with more features than rows 1e-2; l2 1e-7.",
    ),
]  # fmt: skip
Alphas = Annotated[
    list[str] | None,
    typer.Option("--alphas", metavar="LIST", rich_help_panel=STRENGTHS, help="These strengths: 10,1,0.1."),
]
FullPath = Annotated[
    bool,
    typer.Option("--full-path", rich_help_panel=STRENGTHS, help="Go on where no more than 1e-5 of the fit is gained."),
]
Select = Annotated[
    Criterion,
    typer.Option(
        "--select", metavar="NAME", parser=str, rich_help_panel=STRENGTHS, autocompletion=lambda: list(CRITERIA),
        help="The information criterion that points out one model: aic, aicc, bic or ebic.",
    ),
]  # fmt: skip
L1Ratios = Annotated[
    list[str] | None,
    typer.Option(
        "--l1-ratio", metavar="SHARES", rich_help_panel=MODEL,
        help=f"Elastic net: the share of l1 in the penalty, or several of which the best is chosen: 0.1,0.5,0.9; "
        f"{DEFAULT_L1_RATIO} unless given.",
    ),
]  # fmt: skip

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--penalties", "-p", metavar="NAMES", rich_help_panel=MODEL,
        help="Which models: ols, ridge, lasso, elasticnet; all unless given. The one without features is always there.",
    ),
]  # fmt: skip
GivenAlphas = Annotated[
    list[str] | None,
    typer.Option(
        "--alpha", "-a", metavar="NUMBERS", rich_help_panel=MODEL,
        help="Strengths, where they are not to be tuned: one for all, or ridge=24,lasso=0.2.",
    ),
]  # fmt: skip
TriedRatios = Annotated[
    list[str] | None,
    typer.Option(
        "--l1-ratio", metavar="SHARES", rich_help_panel=MODEL,
        help=f"Elastic net: the shares of l1 it is tuned with; {', '.join(map(str, DEFAULT_RATIOS))} unless given.",
    ),
]  # fmt: skip
InnerFolds = Annotated[
    int | None,
    typer.Option(
        "--inner-folds", metavar="NUMBER", rich_help_panel=FOLDS,
        help=f"How many folds the models are tuned on, inside the rows they learn from; {DEFAULT_INNER_FOLDS} unless "
        "given.",
    ),
]  # fmt: skip
ComparedRule = Annotated[
    Rule,
    typer.Option(
        "--rule", metavar="NAME", parser=str, rich_help_panel=FOLDS, autocompletion=lambda: list(RULES),
        help="Tune to min, the least error, or to 1se, the largest strength within one standard error of it.",
    ),
]  # fmt: skip
ErrorName = Annotated[
    Measure | None,
    typer.Option(
        "--measure", metavar="NAME", parser=str, rich_help_panel=FOLDS,
        autocompletion=lambda: [one for one in MEASURES if one != "r2"],
        help="What an error is: mse or mae; deviance, log_loss, auc, accuracy or brier of classes; deviance, mse, rmse "
        "or mae of counts. The first unless given.",
    ),
]  # fmt: skip

FoldCount = Annotated[
    str | None,
    typer.Option(
        "--folds", "-k", metavar="NUMBER", rich_help_panel=FOLDS,
        help=f"How many parts each are predicted from the others; {DEFAULT_FOLDS} unless given; loo for single rows.",
    ),
]  # fmt: skip
Repeats = Annotated[
    int, typer.Option("--repeats", metavar="NUMBER", rich_help_panel=FOLDS, help="Draw folds anew this many times.")
]
FoldSeed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="NUMBER", rich_help_panel=FOLDS, help=f"Draws the folds; {DEFAULT_SEED} unless given."
    ),
]
Groups = Annotated[
    str | None,
    typer.Option(
        "--groups", metavar="COL", rich_help_panel=FOLDS, help="Rows with the same value stay together; no feature."
    ),
]
Time = Annotated[
    str | None,
    typer.Option(
        "--time",
        metavar="COL",
        rich_help_panel=FOLDS,
        help="Predict each stretch of time from those before it; no feature.",
    ),
]
FoldColumn = Annotated[
    str | None,
    typer.Option(
        "--fold-column", metavar="COL", rich_help_panel=FOLDS, help="A column that says each row's fold; no feature."
    ),
]
RuleName = Annotated[
    Rule,
    typer.Option(
        "--rule", metavar="NAME", parser=str, rich_help_panel=FOLDS, autocompletion=lambda: list(RULES),
        help="Refit at 1se, the largest strength within one standard error of the least error, or at min, the least.",
    ),
]  # fmt: skip
MeasureName = Annotated[
    Measure | None,
    typer.Option(
        "--measure", metavar="NAME", parser=str, rich_help_panel=FOLDS, autocompletion=lambda: list(MEASURES),
        help="What an error is: mse or mae; deviance, log_loss, auc, accuracy or brier of classes; deviance, mse, rmse "
        "or mae of counts; or r2, the first as a share of the model without features. The first unless given.",
    ),
]  # fmt: skip
Test = Annotated[
    str | None,
    typer.Option("--test", metavar="FILE", rich_help_panel=VALIDATION, help="Rows to predict, in another file."),
]
TestSize = Annotated[
    float | None,
    typer.Option(
        "--test-size", metavar="SHARE", rich_help_panel=VALIDATION, help="Hold out this share of the rows at random."
    ),
]
SplitColumn = Annotated[
    str | None,
    typer.Option(
        "--split-column", metavar="COL", rich_help_panel=VALIDATION,
        help="A column that marks training rows (true, 1, train) and test rows (false, 0, test).",
    ),
]  # fmt: skip
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="NUMBER", rich_help_panel=VALIDATION, help=f"Draws that share; {DEFAULT_SEED} unless given."
    ),
]

FitSeed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="NUMBER", rich_help_panel=VALIDATION,
        help=f"Draws that share, and validation rows; {DEFAULT_SEED} unless given.",
    ),
]  # fmt: skip
