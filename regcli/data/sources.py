"""Where rows come from: a file, standard input, a DataFrame or arrays, all to the same plain frame."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from regcli.data.reading import bytestream, kinds, paths, shape
from regcli.data.reading.bodies import Body, Place, body, joined, same_names
from regcli.data.reading.c_reader import MISSING
from regcli.data.reading.columnar import frame_of
from regcli.data.reading.names import chosen, unique_names
from regcli.data.reading.parsing import parsed_or_dropped
from regcli.data.reading.records import places_of
from regcli.data.reading.rows import MOST_LINES, Numbering, Rows, told
from regcli.data.reading.tidy import plain_frame, rows_with_cells
from regcli.data.reading.undressing import without_dress
from regcli.errors import DataError, Notice, UsageError, counted, listed, visible
from regcli.specs import DataSpec

__all__ = ["Rows", "read"]


def read(spec: DataSpec, source: Any = None, least_columns: int = 2) -> Rows:
    """The rows of `source`, or of `spec.source` where none is given.

    Takes a path, a glob, '-' for standard input, a list of these, a DataFrame, or a pair (X, y) of arrays. Raises
    DataError where nothing usable can be read, UsageError where the request itself cannot be carried out.
    """
    if source is None:
        source = spec.source
    for recognised, reader in SOURCES:
        if recognised(source):
            try:
                return without_dress(usable(reader(spec, source, least_columns), least_columns), spec)
            except MemoryError:
                raise DataError(f"{_short(source)} does not fit into memory") from None
    kind = type(source).__name__
    if isinstance(source, list):
        kind = f"a list with {' and '.join(sorted({type(one).__name__ for one in source})) or 'nothing in it'}"
    raise UsageError(f"rows come from a path, '-', a list of paths, a DataFrame or a pair (X, y), not from {kind}")


def _short(source: Any) -> str:
    if paths.is_several(source):
        return paths.several_names([visible(str(one)) for one in source])
    return visible(str(source)) if paths.is_path(source) else type(source).__name__


def _from_paths(spec: DataSpec, source: Any, least: int) -> Rows:
    return from_streams(spec, [bytestream.opened(path) for path in paths.files(source)], least)


def from_streams(spec: DataSpec, raw: list[bytestream.Stream], least: int) -> Rows:
    """The rows of these files, opened and unpacked."""
    kinds_found = [kinds.columnar(one.content) for one in raw]
    if any(kinds_found):
        return _from_columns(spec, raw, kinds_found)
    bodies = []
    while raw:  # each is let go of when it is decoded
        bodies.append(body(bytestream.decoded(raw.pop(0), spec.encoding), spec, least))
    return rows_of(*parsed_or_dropped(joined(bodies), spec), spec)


def _from_columns(spec: DataSpec, raw: Sequence[bytestream.Stream], kinds_found: Sequence[str | None]) -> Rows:
    """Parquet and Arrow files, one after the other."""
    other = next((one.name for one, kind in zip(raw, kinds_found, strict=True) if kind is None), None)
    if other is not None:
        which, what = next((one.name, kind) for one, kind in zip(raw, kinds_found, strict=True) if kind is not None)
        raise DataError(
            f"{which} and {other} differ: the first is a {what}, the other is not", hint="files of one kind"
        )
    tables = [frame_of(one.content, str(kind), one.name) for one, kind in zip(raw, kinds_found, strict=True)]
    header, names = tables[0][1], [one.name for one in raw]
    for (_, others, _), name in zip(tables[1:], names[1:], strict=True):
        same_names(header, others, names[0], name)
    frame = pd.concat([table for table, _, _ in tables], ignore_index=True) if len(tables) > 1 else tables[0][0]
    notices = [notice for one, (_, _, said) in zip(raw, tables, strict=True) for notice in (*one.notices, *said)]
    rows = _finished(frame, header, spec, notices)
    if len(names) == 1:
        return replace(rows, name=names[0])
    lengths = [len(table) for table, _, _ in tables]
    return replace(rows, name=paths.several_names(names), several=True, numbering=partial(_in_turn, names, lengths))


def _in_turn(names: Sequence[str], lengths: Sequence[int]) -> Iterator[Place]:
    return ((name, row + 1) for name, length in zip(names, lengths, strict=True) for row in range(length))


def rows_of(
    frame: pd.DataFrame, text: Body, bad: Sequence[Place], spec: DataSpec, gone: Collection[int] | None = None
) -> Rows:
    """The rows of a parsed text, `bad` ones left out; `gone` are the columns to be dropped, where that is settled."""
    names = [part.name for part in text.parts]
    several = len(names) > 1
    numbering: Numbering | int = text.cut.line
    if several or shape.line_count(text.content, text.parts[0].start) != len(frame):
        numbering = partial(places_of, text.content, text.parts, text.cut.delimiter)
    notices = [*text.notices, *_bad_rows(bad, len(frame), several)]
    rows = _finished(frame, text.cut.names, spec, notices, gone, len(bad))
    return replace(
        rows,
        name=paths.several_names(names) if several else names[0],
        dropped_rows=(*([("another width", len(bad))] if bad else []), *rows.dropped_rows),
        delimiter=text.cut.delimiter,
        numbering=numbering,
        unit="line",
        several=several,
    )


def _bad_rows(bad: Sequence[Place], good: int, several: bool) -> list[Notice]:
    if not bad:
        return []
    where = told(bad[:MOST_LINES], len(bad), "line", several)
    what = f"{counted(len(bad), 'row')} of {good + len(bad):,} dropped: more or fewer cells than the others"
    return [Notice("bad_rows", f"{what} ({where})")]


def typed_rows(frame: pd.DataFrame, header: Sequence[str], notices: list[Notice], spec: DataSpec) -> Rows:
    """The rows of columns that have types already."""
    return _finished(frame, header, spec, notices)


def _finished(
    frame: pd.DataFrame,
    header: Sequence[str],
    spec: DataSpec,
    notices: list[Notice],
    gone: Collection[int] | None = None,
    left_out: int = 0,
) -> Rows:
    """Drop rows and unnamed columns in which every cell is missing, make each column plain, name them all."""
    missing = MISSING | set(spec.na)
    rows_read = len(frame) + left_out
    kept = rows_with_cells(frame, missing)
    dropped: tuple[tuple[str, int], ...] = ()
    if kept is not None:
        count = len(frame) - len(kept)
        dropped = (("empty row", count),)
        notices.append(Notice("empty_rows", f"{counted(count, 'row')} of {rows_read:,} dropped: every cell is empty"))
        frame = frame.iloc[kept].reset_index(drop=True)
    labels = chosen(spec.categorical, unique_names(header)[0]) if spec.categorical else []
    frame = plain_frame(frame, spec.decimal, missing, labels)
    if gone is None:
        gone = _nameless_and_empty(frame, header, notices)
    places = [place for place in range(len(header)) if place not in gone]
    frame = frame if len(places) == frame.shape[1] else frame.iloc[:, places]
    names, changes = unique_names([header[place] for place in places], places)
    frame.columns = pd.Index(names, dtype=object)
    return Rows(frame, "", rows_read, dropped, None, (*notices, *changes), kept)


def _nameless_and_empty(frame: pd.DataFrame, header: Sequence[str], notices: list[Notice]) -> list[int]:
    """The places of the columns without a name and without cells; what is said of them goes to `notices`."""
    if frame.empty:
        return []
    empty = [place for place, name in enumerate(header) if not name.strip() and frame.iloc[:, place].isna().all()]
    if empty:
        places = listed([place + 1 for place in empty])
        what = (
            f"column {places} has neither a name nor cells"
            if len(empty) == 1
            else f"columns {places} have neither names nor cells"
        )
        notices.append(Notice("empty_columns", f"{what}: dropped"))
    return empty


def usable(rows: Rows, least: int) -> Rows:
    """The rows themselves; DataError where there are none, or fewer columns than are needed."""
    if len(rows.frame) == 0:
        found = (
            f"{counted(rows.rows_read, 'row')} were found, all of them empty" if rows.rows_read else "0 rows were found"
        )
        raise DataError(f"{rows.name} has no rows of data: {found}")
    if rows.frame.shape[1] < least:
        needed = "a target and a feature are needed" if least > 1 else "one is needed"
        raise DataError(f"{rows.name} has {counted(rows.frame.shape[1], 'column')}: {needed}")
    return rows


def _from_frame(spec: DataSpec, source: Any, least: int) -> Rows:
    header = ["_".join(map(str, label)) if isinstance(label, tuple) else str(label) for label in source.columns]
    frame = source.set_axis(range(source.shape[1]), axis=1).reset_index(drop=True)
    return replace(_finished(frame, header, spec, []), name="DataFrame")


def _from_arrays(spec: DataSpec, source: Any, least: int) -> Rows:
    """Columns x1..xp, or the names of X where it is a DataFrame, and the target as the last column, `y`."""
    features, target = source
    if hasattr(features, "toarray"):
        features = features.toarray()
    named = isinstance(features, pd.DataFrame)
    frame = features if named else _matrix(features)
    y = _vector(target)
    if len(frame) != len(y):
        raise DataError(f"X has {counted(len(frame), 'row')} and y has {len(y):,}: they must have as many")
    labels = [str(label) for label in frame.columns] if named else [f"x{place + 1}" for place in range(frame.shape[1])]
    frame = pd.concat(
        [frame.set_axis(range(frame.shape[1]), axis=1).reset_index(drop=True), y.rename(frame.shape[1])], axis=1
    )
    rows = _finished(frame, _beside_y(labels), spec, [])
    return replace(rows, name="arrays")


def _beside_y(labels: list[str]) -> list[str]:
    """The target takes the name y; a feature that is called so gives way."""
    free = next(
        name for name in ("y_feature", *(f"y_feature_{k}" for k in range(2, len(labels) + 3))) if name not in labels
    )
    return [*(free if label.strip() == "y" else label for label in labels), "y"]


def _matrix(features: Any) -> pd.DataFrame:
    try:
        array = np.asarray(features)
    except ValueError:
        raise DataError("X is not a table: its rows differ in length") from None
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2:
        raise DataError(f"X has {array.ndim} dimensions: rows and columns are needed")
    return pd.DataFrame(array)


def _vector(target: Any) -> pd.Series[Any]:
    if isinstance(target, pd.Series):
        return target.reset_index(drop=True)
    array = np.asarray(target)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"y has shape {array.shape}: one value a row is needed")
    return pd.Series(array)


def _is_frame(source: Any) -> bool:
    return isinstance(source, pd.DataFrame)


def _is_pair(source: Any) -> bool:
    return isinstance(source, tuple) and len(source) == 2


def _names_files(source: Any) -> bool:
    return paths.is_path(source) or paths.is_several(source)


SOURCES: tuple[tuple[Callable[[Any], bool], Callable[[DataSpec, Any, int], Rows]], ...] = (
    (_names_files, _from_paths),
    (_is_frame, _from_frame),
    (_is_pair, _from_arrays),
)
