"""Pictures of a path, a cross-validation and a descent, as a matplotlib figure or as the bytes of a file.

No pyplot and no display: a figure is made and saved by itself, in our style whatever the user's, and the same
document gives the same bytes.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from regcli.errors import OutputError, UsageError, listed
from regcli.report.pictures.cv import draw_cv
from regcli.report.pictures.frame import drawing
from regcli.report.pictures.lettering import Lettering, lettering_for
from regcli.report.pictures.loss import draw_loss
from regcli.report.pictures.path import draw_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = Literal["path", "cv"]

X_AXES = ("alpha", "l1-norm", "deviance")
SUFFIXES = (".png", ".svg", ".pdf")
PICTURES: dict[str, Callable[[Mapping[str, Any], str, Lettering], Figure]] = {
    "path": draw_path,
    "cv": draw_cv,
}
UNDATED: dict[str, dict[str, None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What matplotlib would write of itself and of the hour."""


def require_matplotlib() -> None:
    """Raise `UsageError` where matplotlib is not installed, `OutputError` where it finds no folder for its cache."""
    try:
        with _quiet():
            import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise UsageError("pictures need matplotlib", hint="pip install 'regcli[plot]'") from error
    except OSError as error:
        raise OutputError(
            "cannot draw: matplotlib finds no folder that it can write to",
            hint="MPLCONFIGDIR=/a/folder before the command",
        ) from error


def figure_of(document: Mapping[str, Any], x_axis: str = "alpha", picture: Picture | None = None) -> Figure:
    """The picture of a `path` or `cv` document, or of a `fit` by gradient descent, as a matplotlib figure.

    `picture` is "path" (also of a `cv` document, with its `min` and `1se` marked) or "cv", by default what the
    document is; `x_axis` is one of `X_AXES`, for "cv" always "alpha". Raises UsageError where that is not so, and
    without matplotlib.
    """
    return _figure(document, x_axis, picture, literal=False)


def path_figure(document: Mapping[str, Any], x_axis: str = "alpha") -> Figure:
    """The path of a `path` document, or that of a `cv` document."""
    return figure_of(document, x_axis, "path")


def to_picture(
    document: Mapping[str, Any], suffix: str, x_axis: str = "alpha", picture: Picture | None = None
) -> bytes:
    """The bytes of the file: `suffix` is one of `SUFFIXES`, the rest as for `figure_of`."""
    if suffix not in SUFFIXES:
        raise UsageError(f"a picture ends in {listed(SUFFIXES)}, not {suffix!r}")
    figure = _figure(document, x_axis, picture, literal=suffix == ".svg")
    file = io.BytesIO()
    with _quiet(), drawing():
        figure.savefig(file, format=suffix[1:], metadata=UNDATED[suffix])
    return file.getvalue()


def saved(document: Mapping[str, Any], figure: Figure, file: Any, x_axis: str = "alpha") -> None:
    """Save a `figure` of `document`: under a name that ends in one of `SUFFIXES` the very bytes of `to_picture`."""
    suffix = os.path.splitext(os.fspath(file))[1].lower() if isinstance(file, (str, os.PathLike)) else ""
    if suffix in SUFFIXES:
        with open(file, "wb") as stream:
            stream.write(to_picture(document, suffix, x_axis))
    else:
        figure.savefig(file)


def _figure(document: Mapping[str, Any], x_axis: str, picture: Picture | None, literal: bool) -> Figure:
    command = document["command"]
    descent = document.get("training") is not None
    if command not in PICTURES and not descent:
        hint = "--solver gradient, whose loss can be drawn" if command == "fit" else None
        raise UsageError(f"there is no picture of a {command}, only of {listed(tuple(PICTURES))}", hint=hint)
    what = picture or command
    if descent and picture is not None:
        raise UsageError(f"a descent has no picture of a {picture}")
    if what == "cv" != command:
        raise UsageError(f"a {command} has no picture of a cross-validation")
    if x_axis not in X_AXES:
        raise UsageError(f"the axis of a picture is one of {listed(X_AXES)}, not {x_axis!r}")
    if what == "cv" and x_axis != "alpha":
        raise UsageError(f"a cross-validation is drawn along alpha, not along {x_axis}")
    require_matplotlib()
    with _quiet():
        lettering = lettering_for(_names(document), literal)
        with drawing(lettering.families):
            return (draw_loss if descent else PICTURES[what])(document, x_axis, lettering)


def _names(document: Mapping[str, Any]) -> set[str]:
    return {document["data"]["target"]}.union(*(step["standardized"] for step in document.get("path", ())))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without matplotlib's remarks on its configuration folder and its list of fonts: a container has no home."""
    logger = logging.getLogger("matplotlib")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
