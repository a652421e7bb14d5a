"""Where a piece of a text may be cut: after a record, never within quotes."""

from __future__ import annotations

import numpy as np

from regcli.data.reading import shape
from regcli.data.reading.bodies import comment_pattern
from regcli.data.reading.records import Lines, Part, UnclosedQuoteError, records_from
from regcli.data.reading.widths import quotes_of

_QUOTE = ord('"')
_TRIES = 1000


def record_end(content: bytes, part: Part, delimiter: str, comment: str | None) -> int:
    """The byte after the last record that ends within the part, or its start where none does.

    The part begins with a record; the text may go on after it.
    """
    end = content.rfind(b"\n", part.start, part.end) + 1
    if not end:
        return part.start
    quoted = content.find(b'"', part.start, end) >= 0
    if not quoted:
        return end
    quick = None if comment is not None else _by_parity(content[part.start : end], delimiter)
    return part.start + quick if quick else _by_records(content, part._replace(end=end), delimiter, comment)


def _by_parity(text: bytes, delimiter: str) -> int | None:
    """The end of the last line after an even number of quotes, if all of these open and close cells."""
    places = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _QUOTE)
    end = len(text)
    for _ in range(_TRIES):
        before = int(np.searchsorted(places, end))
        if before % 2 == 0:
            return end if before == 0 or shape.quotes_pair_up(text[:end], 0, delimiter) else None
        end = text.rfind(b"\n", 0, end - 1) + 1
        if not end:
            return None
    return None


def _by_records(content: bytes, part: Part, delimiter: str, comment: str | None) -> int:
    """The slow, exact way: a quote in the middle of a cell is legal, and one in a comment is none."""
    pattern = comment_pattern(comment, delimiter) if comment is not None else None
    lines = Lines(content, part.start, part.line, part.end, pattern)
    end = part.start
    with quotes_of(part.name):
        try:
            for record in records_from(lines, delimiter):
                end = record.end
        except UnclosedQuoteError:  # the rest of the cell is in the text to come
            return end
    return lines.end
