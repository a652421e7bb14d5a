"""Which files a source stands for: a path, a glob, or a list of them."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regcli.data.reading.remote import remote_files
from regcli.errors import DataError, UsageError, counted, listed, visible

MOST_FILES = 3


def is_path(source: Any) -> bool:
    """Whether this names a file, an address, or standard input."""
    return isinstance(source, str | os.PathLike)


def is_several(source: Any) -> bool:
    """Whether this is a list of paths."""
    several = isinstance(source, list) or (isinstance(source, tuple) and len(source) != 2)
    return several and len(source) > 0 and all(is_path(one) for one in source)


def files(source: Any) -> list[str]:
    """The paths that a path or a list of paths stands for, globs in alphabetical order; none of them twice."""
    given = [source] if is_path(source) else list(source)
    paths = [path for one in given for path in _matches(os.fspath(one))]
    seen: dict[str, str] = {}
    for path in paths if len(paths) > 1 else []:
        key = path if path == "-" or is_address(path) else os.path.realpath(path)
        if key in seen:
            raise UsageError(f"{visible(path)} is given twice: its rows would count twice", hint="each file once")
        seen[key] = path
    return paths


def is_address(path: str) -> bool:
    """Whether this is to be fetched rather than opened."""
    return "://" in path


def several_names(names: Sequence[str]) -> str:
    """`3 files (a.csv, b.csv, c.csv)`, shortened when there are many."""
    return f"{counted(len(names), 'file')} ({listed(names, MOST_FILES)})"


def _matches(path: str) -> list[str]:
    if is_address(path):
        return remote_files(path)
    if path == "-" or not glob.has_magic(path) or os.path.lexists(path):
        return [path]
    found = sorted(match for match in glob.glob(path, recursive=True) if not Path(match).is_dir())
    if not found:
        raise DataError(f"no file matches {visible(path)}")
    return found
