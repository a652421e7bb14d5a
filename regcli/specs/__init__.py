"""Frozen requests: the only home of defaults and of the checks between options.

The command line and the Python functions both build these; everything below reads them. A request that exists
is consistent: a check that fails raises `UsageError` with the option as a user types it.
"""

from regcli.specs.comparison import (
    DEFAULT_INNER_FOLDS,
    DEFAULT_RATIOS,
    PENALTY_OF,
    RIVALS,
    TUNED,
    CompareSpec,
    Rival,
)
from regcli.specs.data import BAD_ROWS, DATES, MISSING, BadRows, DataSpec, Dates, Missing
from regcli.specs.grid import CRITERIA, DEFAULT_ALPHAS, Criterion, GridSpec, PathSpec
from regcli.specs.model import (
    CLASS_FAMILIES,
    CONVENTIONS,
    DEFAULT_L1_RATIO,
    FAMILIES,
    PENALTIES,
    SOLVERS,
    Convention,
    FamilyName,
    ModelSpec,
    Penalty,
    SolverName,
)
from regcli.specs.output import AXES, FORMATS, ORDERS, PICTURES, Axis, Format, Order, OutputSpec
from regcli.specs.training import DEFAULT_EPOCHS, DEFAULT_VALIDATION_SIZE, TrainingSpec, training_seeds
from regcli.specs.validation import (
    DEFAULT_FOLDS,
    DEFAULT_SEED,
    MEASURES,
    RULES,
    FoldSpec,
    Measure,
    Rule,
    ValidationSpec,
    seeds,
)
from regcli.specs.words import options, typed

__all__ = [
    "AXES",
    "BAD_ROWS",
    "CLASS_FAMILIES",
    "CONVENTIONS",
    "CRITERIA",
    "DATES",
    "DEFAULT_ALPHAS",
    "DEFAULT_EPOCHS",
    "DEFAULT_FOLDS",
    "DEFAULT_INNER_FOLDS",
    "DEFAULT_L1_RATIO",
    "DEFAULT_RATIOS",
    "DEFAULT_SEED",
    "DEFAULT_VALIDATION_SIZE",
    "FAMILIES",
    "FORMATS",
    "MEASURES",
    "MISSING",
    "ORDERS",
    "PENALTIES",
    "PENALTY_OF",
    "PICTURES",
    "RIVALS",
    "RULES",
    "SOLVERS",
    "TUNED",
    "Axis",
    "BadRows",
    "CompareSpec",
    "Convention",
    "Criterion",
    "DataSpec",
    "Dates",
    "FamilyName",
    "FoldSpec",
    "Format",
    "GridSpec",
    "Measure",
    "Missing",
    "ModelSpec",
    "Order",
    "OutputSpec",
    "PathSpec",
    "Penalty",
    "Rival",
    "Rule",
    "SolverName",
    "TrainingSpec",
    "ValidationSpec",
    "options",
    "seeds",
    "training_seeds",
    "typed",
]
