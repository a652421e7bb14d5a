"""A report: one document of plain values, and the tables and sentences that are drawn from it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from regcli.errors import UsageError

Kind = Literal["name", "text", "number", "count", "score", "p", "percent", "share", "spark"]
Cell = str | float | int | tuple[float, ...] | None


@dataclass(frozen=True)
class Column:
    """A column of a table: `title` for people, `key` for machine formats, and what its cells are.

    A `spark` cell holds the numbers of a small line of blocks.
    At a terminal that is too narrow for all of them, `optional` columns give way: those of 1 first, then those of 2.
    """

    title: str
    key: str
    kind: Kind
    optional: int = 0


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns.

    `quiet` holds the rows that are there for completeness (zero coefficients), `pinned` those that are always shown; a
    `whole` table is never shortened. `at_screen` is for a terminal only.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    quiet: frozenset[int] = frozenset()
    pinned: frozenset[int] = frozenset()
    whole: bool = False
    at_screen: bool = False


@dataclass(frozen=True)
class Chart:
    """Named curves over the same points, drawn at a terminal, and marks that stand under points: words, most empty."""

    title: str
    series: tuple[tuple[str, tuple[float, ...]], ...]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """What stands under the table with a label: sentences, each on lines of its own, or a command to be copied."""

    label: str
    lines: tuple[str, ...]
    is_command: bool = False


class Facts(dict[str, Any]):
    """A dict whose keys are attributes too, all the way down."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no {name!r} among {', '.join(map(repr, self))}") from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *filter(str.isidentifier, self)})


def facts(value: Any) -> Any:
    """A copy whose dicts are `Facts`, with None in place of every number that is not finite."""
    return _copied(value, Facts)


def _copied(value: Any, mapping: type[dict[str, Any]]) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):  # most of a long document
        return value
    if isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101 - the second takes many times as long
        return mapping({key: _copied(item, mapping) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return [_copied(item, mapping) for item in value]
    return value


@dataclass(frozen=True)
class Held:
    """What a function gave, in the function's place, so that it can be pickled."""

    value: Any

    def __call__(self) -> Any:
        """The value."""
        return self.value


@dataclass(frozen=True)
class Origin:
    """What a report was made from: the command that makes it again, and the SHA-256 of the cells that took part, None
    where they were passed over and are not there."""

    command: str
    fingerprint: str | None


@dataclass(frozen=True)
class Report:
    """The result of a command.

    `document` holds every fact, under the keys of the JSON document; they are attributes of the report as well
    (`report.model.alpha`). `tables` are what people see, `records` what csv, tsv and markdown hold, `arrays` the
    numbers of a path or of rows as NumPy arrays (`report.arrays.alphas`).
    """

    document: Facts
    headline: str
    tables: tuple[Table | Chart, ...]
    records: Table
    facts: tuple[Fact, ...]
    arrays: Facts = field(default_factory=Facts, compare=False)
    model_document: Callable[[], dict[str, Any]] | None = field(default=None, compare=False, repr=False)
    fitted_table: Callable[[], Table] | None = field(default=None, compare=False, repr=False)
    origin: Callable[[], Origin] | None = field(default=None, compare=False, repr=False)

    @property
    def certified(self) -> bool:
        """Whether every solution is certified, those of folds and of a fan included."""
        parts = [self.document.get(key) or {} for key in ("certificate", "folds")]
        parts += (self.document.get("model") or {}).get("fan") or []
        return all(part.get("certified", True) for part in parts)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "document":
            raise AttributeError(name)
        try:
            return self.document[name]
        except KeyError:
            raise AttributeError(f"a {self.document.command} report has no {name!r}") from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.document})

    def __getstate__(self) -> dict[str, Any]:
        made = {name: self.__dict__[name] for name in ("model_document", "fitted_table", "origin")}
        return self.__dict__ | {name: make and Held(make()) for name, make in made.items()}

    def to_dict(self) -> dict[str, Any]:
        """The JSON document as plain dicts, lists, numbers and strings."""
        return dict(_copied(self.document, dict))

    def plot(self, file: Any = None, x_axis: str = "alpha", picture: Any = None) -> Any:
        """The picture of the report: a matplotlib Figure, also saved where a `file` is named.

        `x_axis` of a path: alpha, l1-norm or deviance. `picture` asks for another than the usual one: the "path" of a
        cv or of a path with lines, the "fit" of a descent, the "compare" of a comparison with geometry. Raises
        UsageError without matplotlib, and for reports without such a picture.
        """
        from regcli.report.to_plot import figure_of, saved

        figure = figure_of(self.document, x_axis, picture, self.arrays)
        if file is not None:
            saved(self.document, figure, file, x_axis, picture, self.arrays)
        return figure

    def to_html(self, file: Any = None) -> str:
        """The report as one web page that needs nothing else: its text, also saved where a `file` is named.

        The page holds every number of the document. Raises UsageError for predictions, and without plotly where
        there is something to draw; OutputError where it cannot be written.
        """
        from regcli.report.to_html import to_html
        from regcli.writing import write_whole

        page = to_html(self)
        if file is not None:
            write_whole(os.fspath(file), page.encode("utf-8"))
        return page

    def save(self, file: Any) -> None:
        """Save the model as JSON, whole or not at all, for `regcli.load` and `regcli predict`.

        Raises UsageError for a report without a model, OutputError where it cannot be written.
        """
        from regcli.artifact import save

        if self.model_document is None:
            raise UsageError(f"a {self.document.command} report holds no model to be saved", hint="regcli fit or cv")
        save(self.model_document(), file)

    def fitted(self) -> Table:
        """The training rows with their fitted values and residuals. Raises UsageError for a report without a model."""
        if self.fitted_table is None:
            raise UsageError(f"a {self.document.command} report has no fitted values", hint="regcli fit or cv")
        return self.fitted_table()

    def __str__(self) -> str:
        from regcli.report.to_terminal import to_text

        return to_text(self)

    def __repr__(self) -> str:
        return f"<regcli {self.document.command}: {self.headline}>"

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from regcli.report.to_terminal import renderable

        yield renderable(self, options.max_width, bars=console.is_terminal, ascii_only=options.ascii_only)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
