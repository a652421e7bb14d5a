"""Files behind an address (https, s3, memory ...), through fsspec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from regcli.errors import DataError, UsageError, visible

_PACKAGE = "pip install 'regcli[remote]'"


@contextmanager
def remote_file(url: str, name: str) -> Iterator[IO[bytes]]:
    """The file open for reading; UsageError where a package for it is missing, DataError where it cannot be read."""
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"reading {name} needs one more package", hint=_PACKAGE) from None
    try:
        with fsspec.open(url, "rb") as file:
            yield file
    except ImportError as error:
        what = visible(str(error)).rstrip(".")
        raise UsageError(f"reading {name} needs one more package: {what}", hint=_PACKAGE) from None
    except DataError:
        raise
    except Exception as error:  # every protocol has errors of its own
        raise DataError(f"cannot read {name}: {_reason(error, url)}") from None


def _reason(error: BaseException, url: str) -> str:
    """One line; for whatever goes wrong over http, fsspec says that there is no such file, and why in the cause."""
    cause = error.__cause__ or error
    status = getattr(cause, "status", None)
    text = visible(str(cause).strip().split("\n")[0])
    if status is not None and status != 404:
        return f"the server answered {status} {visible(str(getattr(cause, 'message', '')))}".rstrip()
    if isinstance(cause, FileNotFoundError) or status == 404:
        return "not found"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    return text[:1].lower() + text[1:] if text and text != url else type(cause).__name__
