"""Column names as they are used: stripped, never empty, never twice, and what had to be done to make them so."""

from __future__ import annotations

from collections.abc import Sequence

from regcli.errors import Notice, listed, shortened


def unique_names(header: Sequence[str]) -> tuple[list[str], list[Notice]]:
    """One name for each column, with a Notice for each kind of change.

    Names that the header holds are never given to another column: of `a, a, a_2` the second becomes `a_3`.
    """
    stripped = [name.strip() for name in header]
    names = _numbered(stripped)
    notices = []
    padded = [shortened(name) for name, bare in zip(header, stripped, strict=True) if bare and name != bare]
    if padded:
        notices.append(Notice("padded_names", f"spaces around column names were dropped: {listed(padded)}"))
    empty = [name for name, bare in zip(names, stripped, strict=True) if not bare]
    if empty:
        notices.append(Notice("empty_names", f"columns without a name were named by their place: {listed(empty)}"))
    twice = [f"{bare} is now {name}" for name, bare in zip(names, stripped, strict=True) if bare and name != bare]
    if twice:
        notices.append(Notice("duplicate_names", f"column names that occur twice were numbered: {listed(twice)}"))
    return names, notices


def _numbered(stripped: Sequence[str]) -> list[str]:
    own = set(stripped)
    used: set[str] = set()
    last: dict[str, int] = {}
    names = []
    for place, bare in enumerate(stripped, 1):
        stem = name = bare or f"column_{place}"
        while name in used or (name in own and name != bare):
            last[stem] = last.get(stem, 1) + 1
            name = f"{stem}_{last[stem]}"
        used.add(name)
        names.append(name)
    return names
