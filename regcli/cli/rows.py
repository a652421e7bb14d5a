"""Predictions on their way out, batch by batch: to a file whole or not at all, or to standard output at the end.

Standard output must stay empty where an error comes late, so its text waits: in memory, and past some size on disk.
"""

from __future__ import annotations

import csv
import io
import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from regcli.cli.output import put_bytes, say
from regcli.errors import UsageError, visible
from regcli.specs import OutputSpec
from regcli.writing import check_writable, opened_whole

if TYPE_CHECKING:
    from regcli.workflows.predict import Batch, Prediction

IN_MEMORY = 64 << 20
PIECE = 1 << 20


def deliver_rows(found: Prediction, spec: OutputSpec, sources: list[str]) -> None:
    """Write all predictions, then say the notices on standard error."""
    format = spec.resolved_format
    if format == "table" and spec.format is None and (spec.output is None or not spec.output.endswith(".txt")):
        format = "csv"
    if format not in ("csv", "tsv", "json"):
        raise UsageError(f"predictions are written as csv, tsv or json, not as {format}", hint="--format csv")
    if spec.output is not None:
        check_writable(spec.output, sources)
    with _opened(spec) as file:
        _write(found, file, format)
        if not spec.quiet:
            for notice in found.said():
                say(f"Note: {visible(notice.message)}")
    if spec.output is not None and not spec.quiet:
        say(f"Written: {visible(spec.output)}")


@contextmanager
def _opened(spec: OutputSpec) -> Iterator[IO[bytes]]:
    if spec.output is not None:
        with opened_whole(spec.output) as file:
            yield file
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as waiting:
        yield waiting
        waiting.seek(0)
        while piece := waiting.read(PIECE):
            put_bytes(piece)


def _write(found: Prediction, file: IO[bytes], format: str) -> None:
    if format == "json":
        _write_json(found, file)
        return
    delimiter = "," if format == "csv" else "\t"
    first = True
    for batch in found.batches:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        if first:
            writer.writerow([*(found.header if found.append else found.ids), *found.columns])
            first = False
        writer.writerows(_rows(found, batch))
        file.write(text.getvalue().encode("utf-8", "surrogateescape"))


def _rows(found: Prediction, batch: Batch) -> Iterator[list[Any]]:
    values = [[_cell(one) for one in _listed(value)] for value in batch.predictions.tolist()]
    before = batch.cells if found.append else batch.ids or [[]] * len(values)
    return ([*cells, *value] for cells, value in zip(before, values, strict=True))


def _listed(value: Any) -> list[Any]:
    """What is said of a row, one for each column."""
    return value if isinstance(value, list) else [value]


def _cell(value: float | str | None) -> str:
    return value or "" if not isinstance(value, float) else "" if math.isnan(value) else repr(value)


def _write_json(found: Prediction, file: IO[bytes]) -> None:
    """One document; the rows as objects where something names them."""
    from regcli.data.reading.names import unique_names

    predictions: list[Any] = []
    rows: list[dict[str, Any]] = []
    for batch in found.batches:
        values = batch.predictions.tolist()
        predictions += values
        before = batch.cells if found.append else batch.ids
        names = unique_names(found.header)[0] if found.append else found.ids
        rows += [
            {**dict(zip(names, cells, strict=True)), **dict(zip(found.columns, _listed(value), strict=True))}
            for cells, value in zip(before, values, strict=bool(before))
        ]
    document = found.document(predictions)
    if rows:
        document["rows"] = rows
    text = json.dumps(_finite(document), indent=1, ensure_ascii=False, allow_nan=False)
    file.write(text.encode("utf-8", "backslashreplace") + b"\n")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
