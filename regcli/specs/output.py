"""The request for output: in which form, and where it goes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, get_args

from regcli.errors import UsageError
from regcli.specs.checks import member

Format = Literal["table", "json", "csv", "tsv", "markdown"]
Order = Literal["size", "file"]
Axis = Literal["alpha", "l1-norm", "deviance"]

FORMATS: tuple[Format, ...] = get_args(Format)
ORDERS: tuple[Order, ...] = get_args(Order)
AXES: tuple[Axis, ...] = get_args(Axis)
SUFFIXES: dict[str, Format] = {
    ".json": "json", ".csv": "csv", ".tsv": "tsv", ".md": "markdown", ".markdown": "markdown", ".txt": "table",
}  # fmt: skip
PICTURES = (".png", ".svg", ".pdf")
PAGES = (".html", ".htm")
TABLES = (".csv", ".tsv", ".md", ".json")


@dataclass(frozen=True)
class OutputSpec:
    """How the result is said, and where."""

    format: Format | None = None
    output: str | None = None
    order: Order = "size"
    quiet: bool = False
    verbose: bool = False
    json: bool = False
    plot: str | None = None
    x_axis: Axis | None = None
    all: bool = False
    save: str | None = None
    fitted: str | None = None
    report: str | None = None

    def __post_init__(self) -> None:
        member("--order", self.order, ORDERS)
        if self.json and self.format not in (None, "json"):
            raise UsageError(f"--json and --format {self.format} contradict each other: give one of them")
        if self.format is not None:
            member("--format", self.format, FORMATS)
        if self.x_axis is not None:
            member("--x-axis", self.x_axis, AXES)
        if self.x_axis is not None and self.plot is None:
            raise UsageError("--x-axis cannot act without --plot", hint="--plot path.png")
        if self.plot is not None and os.path.splitext(self.plot)[1].lower() not in PICTURES:
            raise UsageError(f"--plot {self.plot} ends in none of {', '.join(PICTURES)}", hint="--plot path.png")
        if self.fitted is not None and os.path.splitext(self.fitted)[1].lower() not in TABLES:
            raise UsageError(f"--fitted {self.fitted} ends in none of {', '.join(TABLES)}", hint="--fitted fitted.csv")
        if self.report is not None and os.path.splitext(self.report)[1].lower() not in PAGES:
            raise UsageError(f"--report {self.report} ends in none of {', '.join(PAGES)}", hint="--report report.html")
        self._check_apart()
        if self.quiet and self.verbose:
            raise UsageError("--quiet and --verbose contradict each other: give one of them")
        _ = self.resolved_format

    def check_drawn(self, option: str, value: object) -> None:
        """UsageError where `option`, which says what is drawn, was given and nothing can be drawn of it."""
        if value is not None and self.plot is None:
            raise UsageError(f"{option} cannot act without --plot", hint=f"--plot {option.strip('-')}.png")
        if value is not None and self.x_axis is not None:
            raise UsageError(f"--x-axis is for the picture of a path, {option} draws another: give one of them")

    @property
    def files(self) -> dict[str, str]:
        """The files that are written, by option."""
        given = {
            "--output": self.output, "--plot": self.plot, "--report": self.report, "--save": self.save,
            "--fitted": self.fitted,
        }  # fmt: skip
        return {option: path for option, path in given.items() if path is not None}

    def _check_apart(self) -> None:
        seen: dict[str, str] = {}
        for option, path in self.files.items():
            other = seen.setdefault(os.path.abspath(path), option)
            if other != option:
                raise UsageError(f"{option} and {other} are the same file", hint=f"{option} with another name")

    @property
    def resolved_format(self) -> Format:
        """The format asked for, else the one that the suffix of --output names, else a table."""
        if self.json:
            return "json"
        if self.format is not None:
            return self.format
        if self.output is None:
            return "table"
        suffix = os.path.splitext(self.output)[1].lower()
        if suffix not in SUFFIXES:
            if os.path.exists(self.output) and not os.path.isfile(self.output):
                return "table"
            known = ", ".join(SUFFIXES)
            raise UsageError(
                f"--output {self.output} says no format: {known}", hint="--format table, json, csv, tsv or markdown"
            )
        return SUFFIXES[suffix]
