"""What the tests of streams share: small files in small pieces, and documents compared number by number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from regcli.data.engines import local
from regcli.workflows import gathering

OWN = ("seconds", "gap", "violation", "iterations", "entered")
"""Of one run alone: how long it took, how far rounding left it from the optimum; and what enters after the step at
alpha_max, which is not compared."""
TOLD = ("engine", "passes", "mae")
"""What the two ways say differently on purpose."""


@contextmanager
def in_pieces(size: int) -> Iterator[None]:
    """Files are passed over in pieces of about `size` bytes, however small they are."""
    with (
        mock.patch.object(gathering, "_in_pieces", lambda data: 1 << 40),
        mock.patch.object(local, "piece_size", lambda *known: size),
        mock.patch.object(local, "most_piece", lambda *known: size),
        mock.patch.object(local, "SHARE", 1),
        mock.patch.object(local, "LEAST_PIECE", size),
    ):
        yield


def differences(one: Any, other: Any, tolerance: float, floor: float = 0.0, path: str = "") -> Iterator[str]:
    """Where two documents are not the same; numbers may differ by so much of the larger, or of `floor`, which for the
    coefficients of one model is the largest of them."""
    key = path.rsplit("/", 1)[-1]
    if key in TOLD or key in OWN:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            yield f"{path}: {list(one)} {list(other)}"
        if key in ("coefficients", "standardized"):
            floor = max(map(abs, one.values()), default=0.0)
        for name in one.keys() & other.keys():
            yield from differences(one[name], other[name], tolerance, floor, f"{path}/{name}")
    elif key == "selected":  # the largest first, of which two may be of one size
        if sorted(one) != sorted(other):
            yield f"{path}: {one} {other}"
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, tolerance, floor, f"{path}[{place}]")
    elif isinstance(one, float) and isinstance(other, float):
        if abs(one - other) > tolerance * max(abs(one), abs(other), 1.0 if key == "r2" else floor):
            yield f"{path}: {one!r} {other!r}"
    elif one != other:
        yield f"{path}: {one!r} {other!r}"


def figures(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what is worded from its numbers, and without the first step of a path: at alpha_max itself
    rounding decides whether a coefficient is 0 or 1e-17."""
    found = {name: value for name, value in document.items() if name not in ("next", "warnings")}
    return found | {name: found[name][1:] for name in ("path", "curve") if name in found}


def said(document: dict[str, Any]) -> set[tuple[str, str]]:
    """The warnings of a document, but for that which says that rows were passed over, and without where cells were
    missing, which passes do not remember."""
    told = ((one["code"], one["message"].split(": missing cells")[0]) for one in document["warnings"])
    return {one for one in told if one[0] != "streamed"}
