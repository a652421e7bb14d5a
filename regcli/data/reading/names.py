"""Column names as they are used: stripped, never empty, never twice, and what had to be done to make them so."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Sequence

from regcli.errors import Notice, listed, shortened


def unique_names(header: Sequence[str], places: Sequence[int] | None = None) -> tuple[list[str], list[Notice]]:
    """One name for each column, with a Notice for each kind of change.

    Names that the header holds are never given to another column: of `a, a, a_2` the second becomes `a_3`. `places`
    are those of the columns in the file (from 0), where some of them were left out.
    """
    stripped = [name.strip() for name in header]
    names = _numbered(stripped, range(len(header)) if places is None else places)
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


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, numbered from 2 on where it is `taken`."""
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


def chosen(patterns: Sequence[str], names: Sequence[str]) -> list[int]:
    """The places of the columns that a repeated, comma-separated option of names and globs stands for.

    Names that the file lacks are not looked for here: `regcli.data.columns` says so where it is an error.
    """
    own = set(names)
    items: set[str] = set()
    for pattern in patterns:
        items |= {pattern} if pattern in own else {item.strip() for item in pattern.split(",")}
    globs = [item for item in items - own if any(char in item for char in "*?[")]
    return [
        place
        for place, name in enumerate(names)
        if name in items or any(fnmatch.fnmatchcase(name, glob) for glob in globs)
    ]


def named(patterns: Sequence[str], name: str) -> bool:
    """Whether the option names this column itself, not by a glob only."""
    return any(name == pattern or name in {item.strip() for item in pattern.split(",")} for pattern in patterns)


def _numbered(stripped: Sequence[str], places: Sequence[int]) -> list[str]:
    own = set(stripped)
    used: set[str] = set()
    last: dict[str, int] = {}
    names = []
    for place, bare in zip(places, stripped, strict=True):
        stem = name = bare or f"column_{place + 1}"
        while name in used or (name in own and name != bare):
            last[stem] = last.get(stem, 1) + 1
            name = f"{stem}_{last[stem]}"
        used.add(name)
        names.append(name)
    return names
