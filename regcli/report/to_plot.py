"""Pictures of reports, as a matplotlib figure or as the bytes of a file.

No pyplot and no display: a figure is made and saved by itself, in our style whatever the user's, and the same
document and arrays give the same bytes.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from regcli.errors import OutputError, UsageError, listed
from regcli.report.families import class_names
from regcli.report.pictures.compare import draw_compare
from regcli.report.pictures.cv import draw_cv
from regcli.report.pictures.fit import draw_fit
from regcli.report.pictures.frame import drawing
from regcli.report.pictures.geometry import draw_geometry
from regcli.report.pictures.lettering import Lettering, lettering_for
from regcli.report.pictures.lines import draw_lines
from regcli.report.pictures.loss import draw_loss
from regcli.report.pictures.path import draw_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = Literal["training", "fit", "lines", "path", "cv", "geometry", "compare"]
Drawing = Callable[[Mapping[str, Any], Mapping[str, Any], str, Lettering], "Figure"]
"""Makes a picture of a document and of the arrays beside it, along an axis of `X_AXES` if it is a path."""

X_AXES = ("alpha", "l1-norm", "deviance")
SUFFIXES = (".png", ".svg", ".pdf")
DRAWINGS: dict[str, Drawing] = {
    "training": lambda document, arrays, x_axis, lettering: draw_loss(document, x_axis, lettering),
    "fit": lambda document, arrays, x_axis, lettering: draw_fit(document, arrays, lettering),
    "lines": lambda document, arrays, x_axis, lettering: draw_lines(document, arrays, lettering),
    "path": lambda document, arrays, x_axis, lettering: draw_path(document, x_axis, lettering),
    "geometry": lambda document, arrays, x_axis, lettering: draw_geometry(document, lettering),
    "compare": lambda document, arrays, x_axis, lettering: draw_compare(document, lettering),
    "cv": lambda document, arrays, x_axis, lettering: draw_cv(document, x_axis, lettering),
}
PICTURES: dict[str, tuple[str, ...]] = {
    "fit": ("training", "fit"),
    "path": ("lines", "path"),
    "cv": ("cv", "path"),
    "compare": ("geometry", "compare"),
}
"""The pictures of a command's document: the first that can be drawn is, unless another is asked for."""
OF_A_PART = frozenset({"training", "lines", "geometry"})
"""The pictures of one part of a document, which has their name and is not always there."""
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


def figure_of(
    document: Mapping[str, Any],
    x_axis: str = "alpha",
    picture: Picture | None = None,
    arrays: Mapping[str, Any] | None = None,
) -> Figure:
    """The picture of a document as a matplotlib figure; `arrays` are those of its report, the rows of a `fit`.

    `picture` is one of those of its command in `PICTURES`, by default the first; `x_axis` is one of `X_AXES`, for all
    but "path" always "alpha". Raises UsageError where that is not so, and without matplotlib.
    """
    return _figure(document, arrays or {}, x_axis, picture, literal=False)


def path_figure(document: Mapping[str, Any], x_axis: str = "alpha") -> Figure:
    """The path of a `path` document, or that of a `cv` document."""
    return figure_of(document, x_axis, "path")


def to_picture(
    document: Mapping[str, Any],
    suffix: str,
    x_axis: str = "alpha",
    picture: Picture | None = None,
    arrays: Mapping[str, Any] | None = None,
) -> bytes:
    """The bytes of the file: `suffix` is one of `SUFFIXES`, the rest as for `figure_of`."""
    if suffix not in SUFFIXES:
        raise UsageError(f"a picture ends in {listed(SUFFIXES)}, not {suffix!r}")
    figure = _figure(document, arrays or {}, x_axis, picture, literal=suffix == ".svg")
    file = io.BytesIO()
    with _quiet(), drawing():
        figure.savefig(file, format=suffix[1:], metadata=UNDATED[suffix])
    return file.getvalue()


def saved(
    document: Mapping[str, Any],
    figure: Figure,
    file: Any,
    x_axis: str = "alpha",
    picture: Picture | None = None,
    arrays: Mapping[str, Any] | None = None,
) -> None:
    """Save a `figure` of `document`: under a name that ends in one of `SUFFIXES` the very bytes of `to_picture`."""
    suffix = os.path.splitext(os.fspath(file))[1].lower() if isinstance(file, (str, os.PathLike)) else ""
    if suffix in SUFFIXES:
        with open(file, "wb") as stream:
            stream.write(to_picture(document, suffix, x_axis, picture, arrays))
    else:
        figure.savefig(file)


def _figure(
    document: Mapping[str, Any], arrays: Mapping[str, Any], x_axis: str, picture: Picture | None, literal: bool
) -> Figure:
    what = _picture_of(document, picture)
    if x_axis not in X_AXES:
        raise UsageError(f"the axis of a picture is one of {listed(X_AXES)}, not {x_axis!r}")
    if x_axis != "alpha" and what != "path":
        raise UsageError(f"only a path is drawn along {x_axis}, not a {what}")
    require_matplotlib()
    with _quiet():
        lettering = lettering_for(_names(document), literal)
        with drawing(lettering.families):
            return DRAWINGS[what](document, arrays, x_axis, lettering)


def _picture_of(document: Mapping[str, Any], asked: str | None) -> str:
    """The picture that is asked for, or the first that the document has."""
    command = document["command"]
    if command not in PICTURES:
        raise UsageError(f"there is no picture of {command}, only of {listed(tuple(PICTURES))}")
    known = [name for name in PICTURES[command] if name not in OF_A_PART or document.get(name)]
    if asked is not None and asked not in known:
        raise UsageError(f"this {command} has no picture {asked!r}, only {listed(known)}")
    return asked or known[0]


def _names(document: Mapping[str, Any]) -> set[str]:
    model = document.get("model", {})
    two = (model.get("positive_class"), model.get("negative_class"))
    return {document["data"]["target"], *document["data"]["features"], *filter(None, two), *class_names(document)}


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
