"""What a report was made from: the command that makes it again, and a fingerprint of its rows."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from regcli.data.design import Design
from regcli.report.report import Origin
from regcli.specs import DataSpec, typed


def origin_of(design: Design, verb: str, data: DataSpec, *specs: Any) -> Callable[[], Origin]:
    """Of a command that fits: its requests as they were made, and the training rows with the columns it learned from.

    The fingerprint is the one that a saved model carries.
    """
    return origin(design.train, [design.target, *design.encoding.columns], [verb, *typed(data, *specs)])


def origin(frame: pd.DataFrame, columns: Sequence[str], words: Sequence[str]) -> Callable[[], Origin]:
    """The words of the command after `regcli`, and these columns of its rows; made when it is asked for."""

    def made() -> Origin:
        from regcli.artifact import fingerprint

        return Origin(shlex.join(["regcli", *words]), fingerprint(frame, columns))

    return made
