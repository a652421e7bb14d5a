"""`regcli explain`: a short page on a word of the trade."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from regcli.cli.output import put
from regcli.errors import UsageError, nearest

PAGES = Path(__file__).parents[1] / "explanations"
TOPICS = ("l1", "l2", "elasticnet", "alpha", "family", "standardize", "cv", "1se", "certificate", "gradient")
ALIASES = {
    "lasso": "l1", "sparsity": "l1", "selection": "l1",
    "ridge": "l2", "tikhonov": "l2", "weight-decay": "l2", "shrinkage": "l2",
    "elastic-net": "elasticnet", "enet": "elasticnet", "l1-ratio": "elasticnet",
    "lambda": "alpha", "strength": "alpha", "penalty": "alpha", "regularization": "alpha", "alpha-max": "alpha",
    "convention": "alpha",
    "standardise": "standardize", "standardization": "standardize", "standardized": "standardize",
    "scale": "standardize", "scaling": "standardize", "normalize": "standardize", "no-standardize": "standardize",
    "cross-validation": "cv", "crossvalidation": "cv", "validation": "cv", "folds": "cv", "overfitting": "cv",
    "families": "family", "loss": "family", "likelihood": "family", "gaussian": "family", "binomial": "family",
    "logistic": "family", "multinomial": "family", "poisson": "family", "counts": "family", "gamma": "family",
    "tweedie": "family", "huber": "family", "robust": "family", "quantile": "family", "median": "family",
    "squared-hinge": "family", "svm": "family", "cox": "family", "survival": "family",
    "one-se": "1se", "1-se": "1se", "one-standard-error": "1se", "rule": "1se", "min": "1se",
    "certified": "certificate", "gap": "certificate", "duality-gap": "certificate", "violation": "certificate",
    "kkt": "certificate", "exact": "certificate",
    "gradient-descent": "gradient", "descent": "gradient", "ista": "gradient", "fista": "gradient",
    "learning-rate": "gradient", "epochs": "gradient", "early-stopping": "gradient", "proximal": "gradient",
}  # fmt: skip
"""Other words that lead to a page."""

Topic = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TOPIC",
        help=f"{', '.join(TOPICS)}, or another word for one of them (lasso, lambda). Without it they are listed.",
        autocompletion=lambda: list(TOPICS),
    ),
]


def explain(topic: Topic = None) -> int:
    """Explain a word in a short page: what it is, its formula, when to use it, a command to try.

    Example: regcli explain lasso
    """
    put(page(find_topic("-".join(topic))) if topic else contents(), "utf-8")
    return 0


def find_topic(word: str) -> str:
    """The topic that `word` is, or is another word for; a UsageError with the nearest where there is none."""
    asked = word.strip().lower().lstrip("-").replace("_", "-").replace(" ", "-")
    found = asked if asked in TOPICS else ALIASES.get(asked)
    if found is None:
        near = nearest(asked, (*TOPICS, *ALIASES))
        hint = ["regcli", "explain", *([ALIASES.get(near, near)] if near else [])]
        raise UsageError(f"no page explains {word!r}: there are {', '.join(TOPICS)}", hint=shlex.join(hint))
    return found


def page(topic: str) -> str:
    """The page on one of `TOPICS`, as it is printed."""
    return (PAGES / f"{topic}.txt").read_text("utf-8")


def contents() -> str:
    """The topics with what the first line of their pages says of them."""
    heads = {topic: page(topic).split("\n", 1)[0].partition(": ")[2] for topic in TOPICS}
    width = max(map(len, TOPICS))
    lines = [f"{topic:{width}}  {head}" for topic, head in heads.items()]
    return "\n".join([*lines, "", "Next  regcli explain l1"]) + "\n"
