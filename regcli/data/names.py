"""Column names as they are used: stripped, never empty, never twice, and what had to be done to make them so."""

from __future__ import annotations

from collections.abc import Sequence

from regcli.errors import Notice, listed, shortened


def unique_names(header: Sequence[str]) -> tuple[list[str], list[Notice]]:
    """One name for each column, with a Notice for each kind of change.

    Names that the header holds are never given to another column: of `a, a, a_2` the second becomes `a_3`.
    """
    stripped = [name.strip() for name in header]
    names = _numbered([name or f"column_{place}" for place, name in enumerate(stripped, 1)], set(stripped))
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


def _numbered(names: Sequence[str], reserved: set[str]) -> list[str]:
    used: set[str] = set()
    nexts: dict[str, int] = {}
    out = []
    for name in names:
        candidate = name
        while candidate in used or (candidate != name and candidate in reserved):
            nexts[name] = nexts.get(name, 1) + 1
            candidate = f"{name}_{nexts[name]}"
        used.add(candidate)
        out.append(candidate)
    return out
