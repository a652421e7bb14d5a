"""Parquet, Feather and Arrow, through pyarrow, to the frame that their CSV twin gives."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any

import pandas as pd

from regcli.errors import DataError, Notice, UsageError, listed, visible

_INDEX = "__index_level_"
_MIDNIGHT = "T00:00:00"


Framed = tuple[pd.DataFrame, list[str], list[Notice]]


def frame_of(content: bytes, kind: str, name: str) -> Framed:
    """The columns, numbered from 0, and their names.

    Categories are text, dates and times ISO text, decimals what they spell. Raises UsageError without pyarrow,
    DataError where the file is damaged.
    """
    return next(frames_of(io.BytesIO(content), kind, name, None))


def frames_of(file: IO[bytes], kind: str, name: str, size: int | None) -> Iterator[Framed]:
    """The same for pieces of the file of about `size` bytes of columns, or with None for all of it at once."""
    try:
        import pyarrow as pa
    except ImportError:
        raise UsageError(f"reading {kind} needs one more package", hint="pip install 'regcli[parquet]'") from None
    try:
        for table in _tables(file, kind, size):
            table.validate(full=True)
            yield _framed(table, name)
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        reason = visible(str(error).strip().split("\n")[0])
        raise DataError(f"{name} is a damaged {kind}: {reason}", hint="fetch it again") from None


def _framed(table: Any, name: str) -> Framed:
    columns = [_series(table.column(place)) for place in range(table.num_columns)]
    header, notices = [str(label) for label in table.column_names], list[Notice]()
    unnamed = [place for place, label in enumerate(header) if label.startswith(_INDEX) and label.endswith("__")]
    if unnamed:
        what = f"the row labels that pandas stored in {name} were left out: {listed([header[at] for at in unnamed])}"
        notices.append(Notice("index_dropped", what))
    kept = [place for place in range(len(header)) if place not in unnamed]
    frame = pd.DataFrame({at: columns[place] for at, place in enumerate(kept)}, index=range(table.num_rows))
    return frame, [header[place] for place in kept], notices


def _tables(file: IO[bytes], kind: str, size: int | None) -> Iterator[Any]:
    """The table, in pieces of the size asked for where the kind of file has any; one that is empty where it has no
    rows."""
    import pyarrow as pa

    if kind == "Parquet file":
        from pyarrow import parquet

        whole = parquet.ParquetFile(file)
        if size is None or whole.metadata.num_rows == 0:
            yield whole.read()
            return
        rows = max(size // (8 * max(whole.metadata.num_columns, 1)), 1024)
        held: list[Any] = []
        for batch in whole.iter_batches(rows, use_threads=False):  # none goes beyond a row group
            held.append(batch)
            if sum(one.num_rows for one in held) >= rows:
                yield pa.Table.from_batches(held)
                held = []
        if held:
            yield pa.Table.from_batches(held)
    elif kind == "Arrow stream":
        yield pa.ipc.open_stream(file).read_all()
    else:
        from pyarrow import feather

        yield feather.read_table(file)


def _series(column: Any) -> pd.Series[Any]:
    """A column whose cells are numbers, true and false, or text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.combine_chunks() if column.num_chunks else column
        column = pa.chunked_array([column.dictionary_decode()] if isinstance(column, pa.Array) else column.chunks)
        kind = column.type
    if pa.types.is_date(kind):
        return _told(column.cast(pa.date32()), lambda day: day.isoformat())
    if pa.types.is_timestamp(kind):
        return _times(column, kind)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = column.cast(pa.large_string())
    if pa.types.is_null(kind):
        return pd.Series([None] * len(column), dtype="float64")
    if pa.types.is_time(kind) or pa.types.is_duration(kind) or pa.types.is_nested(kind):
        return _told(column, str)
    series: pd.Series[Any] = column.to_pandas()
    return series


def _told(column: Any, spell: Any) -> pd.Series[Any]:
    return pd.Series([None if cell is None else spell(cell) for cell in column.to_pylist()], dtype="str")


def _times(column: Any, kind: Any) -> pd.Series[Any]:
    """ISO text to the last digit that is not zero; days alone where all are midnights without a zone."""
    times = pd.Series(column.to_pandas())
    texts = times.map(lambda time: time.isoformat(), na_action="ignore").astype("str")
    if kind.tz is None and texts.dropna().str.endswith(_MIDNIGHT).all():
        return texts.str.removesuffix(_MIDNIGHT)
    return texts
