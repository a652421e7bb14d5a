"""Which columns take part: the target, the features, by name or by glob."""

from __future__ import annotations

import fnmatch
import shlex
from collections.abc import Sequence

from regcli.errors import MOST_NAMES, Notice, UsageError, listed, nearest, shortened, visible
from regcli.specs import DataSpec

TARGET_NAMES = ("y", "target")


def target_of(spec: DataSpec, names: Sequence[str]) -> tuple[str, tuple[Notice, ...]]:
    """The target column, and a notice where it was not named: the only one called y or target, else the last."""
    if spec.target is not None:
        return known(spec.target, names, "--target"), ()
    called = [name for name in names if name.lower() in TARGET_NAMES]
    if len(called) == 1:
        return called[0], (
            Notice(
                "target_assumed", f"the target is the column {visible(called[0])}, by its name (--target takes another)"
            ),
        )
    return names[-1], (
        Notice(
            "target_assumed", f"the target is the column {visible(names[-1])}, the last one (--target takes another)"
        ),
    )


def features_of(spec: DataSpec, names: Sequence[str], apart: Sequence[str]) -> list[str]:
    """The features in the order of the file: those asked for, or all, without the excluded and without `apart`."""
    wanted = matching(spec.features, names, "--features") if spec.features else set(names)
    if not wanted:
        raise UsageError("--features names no column", hint=f"some of {listed(list(names))}")
    for name in apart:
        if spec.features and name in _exactly(spec.features, names):
            raise UsageError(f"{shortened(name)} cannot be a feature: it is the target or marks rows")
    if apart[0] in _exactly(spec.exclude, names):
        raise UsageError(f"--exclude {shortened(apart[0])}: it is the target", hint="--target with another column")
    unwanted = matching(spec.exclude, names, "--exclude")
    features = [name for name in names if name in wanted and name not in unwanted and name not in apart]
    if not features:
        raise UsageError(f"no feature is left of {len(names)} columns", hint="fewer --exclude, or other --features")
    return features


def known(name: str, names: Sequence[str], option: str) -> str:
    """`name` itself when the file has it; else UsageError with the nearest name and the first columns."""
    if name in names:
        return name
    near = nearest(name, names)
    raise UsageError(
        f"{option}: no column {shortened(name)} among {len(names)}: {listed(list(names), MOST_NAMES)}",
        hint=f"{option} {shlex.quote(near)}" if near else None,
    )


def as_option(option: str, names: Sequence[str]) -> str:
    """`--exclude a,b` as a shell takes it; a name that holds a comma gets its own option, one that no terminal could
    show becomes a glob."""
    safe = [name if visible(name) == name else _as_glob(name) for name in names]
    plain = [name for name in safe if "," not in name]
    parts = [shlex.join([option, ",".join(plain)])] if plain else []
    return " ".join(parts + [shlex.join([option, name]) for name in safe if "," in name])


def _as_glob(name: str) -> str:
    """A glob that matches `name`, made of characters that a terminal shows and a list may hold."""
    shown = ["?" if visible(char) != char or char == "," else char for char in name]
    return "".join(f"[{char}]" if char in "*[" else char for char in shown)


def _items(patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names and globs in a repeated, comma-separated option; a name that holds a comma is taken whole."""
    items: list[str] = []
    for pattern in patterns:
        items += [pattern] if pattern in names else [item.strip() for item in pattern.split(",") if item.strip()]
    return items


def _exactly(patterns: Sequence[str], names: Sequence[str]) -> set[str]:
    return set(_items(patterns, names)) & set(names)


def matching(patterns: Sequence[str], names: Sequence[str], option: str) -> set[str]:
    """The columns that these names and globs stand for; UsageError for one that stands for none."""
    chosen: set[str] = set()
    for item in _items(patterns, names):
        if item in names:
            chosen.add(item)
            continue
        if not any(char in item for char in "*?["):
            known(item, names, option)
        matched = [name for name in names if fnmatch.fnmatchcase(name, item)]
        if not matched:
            raise UsageError(f"{option}: no column matches {shortened(item)}", hint=f"one of {listed(list(names))}")
        chosen.update(matched)
    return chosen
