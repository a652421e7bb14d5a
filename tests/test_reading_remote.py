"""Files behind an address: the same rows as from disk, and one clear error where they cannot be had."""

from __future__ import annotations

import builtins
import gzip
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest

from regcli.data.reading import bytestream, pieces
from regcli.data.sources import Rows, read
from regcli.data.streaming import chunks
from regcli.errors import DataError, UsageError
from regcli.specs import DataSpec

CSV = b"a,y\n" + b"".join(b"%d,%d\n" % (row, row * row) for row in range(2000))


class Quiet(SimpleHTTPRequestHandler):
    """The files of a folder; some addresses fail."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def send_head(self) -> Any:
        if self.path == "/locked.csv":
            return self.send_error(403)
        if self.path == "/broken.csv":
            return self.send_error(500)
        return super().send_head()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server of the folder."""
    (tmp_path / "t.csv").write_bytes(CSV)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CSV))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def check(rows: Rows) -> None:
    assert rows.frame["y"].tolist() == [row * row for row in range(2000)]
    assert rows.where([5]) == "line 7"


@pytest.mark.parametrize("file", ["t.csv", "t.csv.gz", "t.csv?key=1"])
def test_http(server: str, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, packed, and piece by piece; messages name the address."""
    rows = read(DataSpec(f"{server}/{file}"))
    check(rows)
    assert rows.name == f"{server}/{file}"
    monkeypatch.setattr(pieces, "PIECE", 1000)
    parts = list(chunks(DataSpec(f"{server}/{file}"), size=5000))
    assert [value for part in parts for value in part.frame["y"]] == rows.frame["y"].tolist()
    assert parts[-1].lines([0]) == [2 + int(parts[-1].frame["a"].iloc[0])]


@pytest.mark.parametrize(("file", "words"), [("none.csv", "not found"), ("locked.csv", "403"), ("broken.csv", "500")])
def test_http_errors(server: str, file: str, words: str) -> None:
    """404 and other answers: `cannot read URL: reason`."""
    for run in (read, lambda spec: list(chunks(spec))):
        with pytest.raises(DataError) as error:
            run(DataSpec(f"{server}/{file}"))
        assert error.value.message.startswith(f"cannot read {server}/{file}: ")
        assert words in error.value.message


def test_nobody_there() -> None:
    """A closed port, a host that is none, a protocol that is none."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/a.csv", "klingon://a.csv", "file:///nowhere/a.csv", "memory://nowhere.csv"):
        with pytest.raises(DataError) as error:
            read(DataSpec(url))
        assert error.value.message.startswith(f"cannot read {url}: ")
        assert len(error.value.lines()) == 1


def test_other_protocols(tmp_path: Path) -> None:
    """memory:// and file://, alone and among others; an error in the file is the error it is on disk."""
    with fsspec.open("memory://folder/t.csv", "wb") as file:
        file.write(CSV)
    check(read(DataSpec("memory://folder/t.csv")))
    (tmp_path / "u.csv").write_bytes(b"a,y\n1,2\n")
    rows = read(DataSpec(["memory://folder/t.csv", f"file://{tmp_path}/u.csv"]))
    assert rows.where([2000]) == f"file://{tmp_path}/u.csv line 2"
    (tmp_path / "u.csv").write_bytes(b"a,y\n1\n")
    with pytest.raises(DataError, match="line 2: 1 cell"):
        read(DataSpec(f"file://{tmp_path}/u.csv"))
    with pytest.raises(UsageError, match="given twice"):
        read(DataSpec(["memory://folder/t.csv", "memory://folder/t.csv"]))


@pytest.mark.parametrize("missing", ["fsspec", "aiohttp"])
def test_without_the_packages(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line to type."""
    plain = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ImportError(f"no {name}")
        return plain(name, *args)

    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "http", raising=False)
    monkeypatch.delitem(sys.modules, "fsspec.implementations.http", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as error:
        read(DataSpec("http://127.0.0.1:9/a.csv"))
    assert error.value.hint == "pip install 'regcli[remote]'"


def test_files_on_disk_need_no_fsspec(tmp_path: Path) -> None:
    """Reading an ordinary path imports neither fsspec nor pyarrow's readers."""
    (tmp_path / "t.csv").write_bytes(CSV)
    script = (
        "import sys; from regcli.data.sources import read; from regcli.specs import DataSpec; "
        f"read(DataSpec({str(tmp_path / 't.csv')!r})); "
        "assert not {'fsspec', 'aiohttp', 'pyarrow.parquet'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_passwords_are_not_shown() -> None:
    """An address with a password is called without it."""
    with pytest.raises(DataError) as error:
        read(DataSpec("http://me:secret@127.0.0.1:9/a.csv"))
    assert "http://me:***@127.0.0.1:9/a.csv" in str(error.value)
    assert "secret" not in str(error.value)


def test_names_without_an_address(tmp_path: Path) -> None:
    """Ordinary names are never fetched."""
    with pytest.raises(DataError, match="no such file"):
        bytestream.opened(str(tmp_path / "http:a.csv"))
