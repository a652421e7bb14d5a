"""Files behind an address (https, s3, memory ...), through fsspec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from glob import has_magic
from typing import IO, Any

from regcli.errors import DataError, UsageError, visible

_PACKAGE = "pip install 'regcli[remote]'"
_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")


def without_password(address: str) -> str:
    """What an address is called in messages and reports."""
    return visible(_PASSWORD.sub(r"\1***@", address))


@contextmanager
def remote_file(url: str, name: str) -> Iterator[IO[bytes]]:
    """The file open for reading; UsageError where a package for it is missing, DataError where it cannot be read."""
    with _through_fsspec(url, name) as fsspec, fsspec.open(url, "rb") as file:
        yield file


def remote_files(url: str) -> list[str]:
    """The addresses that a glob of addresses stands for, in alphabetical order; DataError where there are none.

    Over http a question mark begins a query, and nothing can be listed; what lies in an archive is not listed either.
    """
    if not has_magic(url) or url.startswith(("http://", "https://")) or "::" in url:
        return [url]
    with _through_fsspec(url, without_password(url)) as fsspec:
        system, path = fsspec.core.url_to_fs(url)
        names = sorted(one["name"] for one in system.glob(path, detail=True).values() if one["type"] != "directory")
        before = url.removesuffix(path)  # protocol, and host where there is one
        found = [before + name if before != url else system.unstrip_protocol(name) for name in names]
    if not found:
        raise DataError(f"no file matches {without_password(url)}")
    return found


@contextmanager
def _through_fsspec(url: str, name: str) -> Iterator[Any]:
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"reading {name} needs one more package", hint=_PACKAGE) from None
    try:
        yield fsspec
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
