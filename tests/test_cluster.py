"""The engine of many machines: the numbers of one machine, and nothing but sums on the way to them."""

from __future__ import annotations

import builtins
import functools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pytest
from commandline import regcli as run_regcli

import regcli
from regcli.data.engines import cluster as engine
from regcli.data.engines import engine_of, joining
from regcli.data.engines.cluster import Cluster
from regcli.data.engines.local import Local
from regcli.data.engines.seam import Reached, unwatched
from regcli.data.reading.paths import files
from regcli.data.sources import Rows
from regcli.errors import DataError, UsageError
from regcli.specs import DataSpec

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # sockets that distributed closes a moment later

ROOMY = 1 << 40


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """A scheduler and two workers that others have started."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50,
        memory_limit=2 << 30,
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture
def there(workers: Any) -> Callable[..., Any]:
    """The engine on these workers."""
    return functools.partial(Cluster, memory=ROOMY, scheduler=workers.scheduler_address)


def write(folder: Path, lengths: Sequence[int], seed: int = 0) -> str:
    """Files of so many rows with numbers, gaps in one of them, levels, groups, weights, y, two classes; their glob."""
    rng = np.random.default_rng(seed)
    for place, n in enumerate(lengths):
        frame = pd.DataFrame(rng.normal(3, 2, (n, 3)), columns=["a", "b", "c"])
        frame["level"] = rng.choice(["low", "mid", "high"], n)
        frame["group"] = rng.integers(0, 9, n)
        frame["w"] = rng.integers(1, 4, n)
        frame["split"] = rng.choice(["train", "train", "test"], n)
        frame["y"] = 2 * frame["a"] - frame["b"] + (frame["level"] == "low") + rng.normal(0, 1, n)
        frame.loc[rng.random(n) < 0.1, "c"] = np.nan
        frame["won"] = np.where(frame["y"] > rng.normal(3, 2, n), "yes", "no")
        frame.to_csv(folder / f"part{place}.csv", index=False)
    return str(folder / "part*.csv")


@dataclass(frozen=True)
class Seen:
    """How many rows were used, and where a piece of so many rows began."""

    rows: int
    begun: tuple[tuple[int, int], ...]

    def merge(self, other: Seen) -> Seen:
        return Seen(self.rows + other.rows, self.begun + other.begun)


PLAIN = DataSpec("the engine knows")


@dataclass(frozen=True)
class See:
    """Counts the rows whose `group` is below a bound; takes its time, and writes down each piece it is given."""

    below: int = 9
    numbered: bool = False
    seconds: float = 0.0
    log: str | None = None
    deadly: bool = False
    spec: DataSpec = PLAIN

    def of(self, rows: Rows, first: int) -> Seen:
        if self.deadly:
            os._exit(1)
        if self.log is not None:
            with open(self.log, "a", encoding="ascii") as log:
                log.write(f"{os.getpid()}\n")
        time.sleep(self.seconds)
        if (rows.frame["group"] < 0).any():
            raise DataError(f"a group below 0 in {rows.where(np.flatnonzero(rows.frame['group'] < 0))}")
        used = int((rows.frame["group"] < self.below).sum())
        return Seen(used, ((first, used),))


def eventually(what: Callable[[], bool], seconds: float = 15.0) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def numbers(value: Any) -> Iterator[float]:
    """All the numbers of a document, in its order."""
    if isinstance(value, dict):
        for key in value:
            yield from numbers(value[key])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        yield float(value)


VERBS: dict[str, tuple[str, dict[str, Any]]] = {
    "fit": ("y", {"alpha": 0.05, "missing": "drop", "split_column": "split", "exclude": ["group", "won"]}),
    "path": ("y", {"n_alphas": 9, "missing": "indicator", "weights": "w", "exclude": ["split", "won"]}),
    "cv": ("y", {"n_alphas": 9, "missing": "drop", "exclude": ["split", "won"], "folds": 4, "repeats": 2}),
    "cv by groups": ("y", {"n_alphas": 9, "missing": "mean", "exclude": ["split", "won"], "groups": "group"}),
    "cv of classes": ("won", {"alphas": [0.1, 0.03], "features": ["a", "b", "level"], "folds": 2}),
}
PARTS = {"fit": ("model", "sparsity"), "path": ("path",), "cv": ("curve", "chosen", "model")}


@pytest.mark.parametrize("asked", VERBS)
def test_the_numbers_of_rows_in_memory(asked: str, tmp_path: Path, workers: Any) -> None:
    """Levels, gaps, weights, held-out rows, folds by row number, by a column and balanced in classes: as where all rows
    are held."""
    source, (target, options) = write(tmp_path, [211, 64, 150, 97, 128]), VERBS[asked]
    verb = asked.split()[0]
    call = functools.partial(getattr(regcli, verb), source, target, **options)
    others = set(workers.scheduler.clients)
    held, shared = (one.to_dict() for one in (call(), call(engine="dask", scheduler=workers.scheduler_address)))
    assert (shared["data"]["engine"], held["data"]["rows_used"]) == ("dask", shared["data"]["rows_used"])
    for part in PARTS[verb]:
        found, expected = (np.array(list(numbers(one[part]))) for one in (shared, held))
        assert len(found) >= 5
        scale = np.maximum(np.abs(expected), np.median(np.abs(expected)))
        # A figure such as the objective is what is left of larger ones; steps of Newton end where digits do.
        np.testing.assert_array_less(np.abs(found - expected) / scale, 1e-8 if target == "won" else 1e-9)
    assert eventually(lambda: set(workers.scheduler.clients) == others)


def test_the_tree_depends_on_the_files_alone(tmp_path: Path, there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours are merged, then pairs of pairs: the order shows in what does not commute. More files than parts
    are taken together."""
    source = write(tmp_path, [20, 30, 10, 40, 50])
    passing = there(source)
    found = passing.total(See())
    assert [used for _, used in found.begun] == [20, 30, 10, 40, 50]
    passing.close()
    monkeypatch.setattr(engine, "MOST_PARTS", 2)
    passing = there(source)
    assert passing.total(See(numbered=True)).begun == ((0, 20), (20, 30), (50, 10), (60, 40), (100, 50))
    assert len(passing._before) == 2
    passing.close()


def test_rows_are_numbered(tmp_path: Path, there: Any) -> None:
    """Each file knows how many used rows come before it: the lines are counted first, and where other rows are used
    than those, or than an earlier task used, the pass is made again."""
    every, passes = ((0, 20), (20, 30), (50, 10), (60, 40), (100, 50)), 0
    passing = there(write(tmp_path, [20, 30, 10, 40, 50]))
    assert passing.total(See(numbered=True)).begun == every
    assert passing.passes == (passes := passes + 2)
    few = passing.total(See(below=4, numbered=True))
    lengths = [used for _, used in few.begun]
    assert 0 < few.rows < 150
    assert list(few.begun) == list(zip(np.cumsum([0, *lengths[:-1]]), lengths, strict=True))
    assert passing.passes == (passes := passes + 2)
    assert passing.total(See(below=4, numbered=True)) == few
    assert passing.passes == (passes := passes + 1)
    passing.total(See())
    assert passing.total(See(numbered=True)).begun == every
    assert passing.passes == passes + 2
    passing.close()


def test_lines_are_not_rows(tmp_path: Path, there: Any) -> None:
    """What is no row, a packed file, one without a last line end, Parquet: counted wrongly or not, numbered rightly."""
    frame = pd.DataFrame({"group": range(5), "text": ["one", "two\nlines", "", "four", "5"], "y": range(5)})
    for place, words in enumerate((",,\n1,x,1\n\n2,x,2", "3,x,3\n", '"4","x\ny",4\n')):
        (tmp_path / f"{place}.csv").write_text(f"group,text,y\n{words}", "utf-8")
    frame.to_csv(tmp_path / "3.csv.gz", index=False)
    frame.to_csv(tmp_path / "4.csv", index=False)
    passing = there([str(path) for path in sorted(tmp_path.iterdir())])
    assert passing.total(See(numbered=True)).begun == ((0, 2), (2, 1), (3, 1), (4, 5), (9, 5))
    passing.close()
    for place in range(3):
        frame.to_parquet(tmp_path / f"{place}.parquet")
    passing = there(str(tmp_path / "*.parquet"))
    assert passing.total(See(numbered=True)).begun == ((0, 5), (5, 5), (10, 5))
    assert passing.passes == 2
    passing.close()


def test_a_file_in_pieces(tmp_path: Path, there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of each piece are numbered after those before it; who watches hears of all rows and bytes at last."""
    monkeypatch.setattr(joining, "PIECE", 2000)
    told: list[Reached] = []
    source = write(tmp_path, [400, 300])
    passing = there(source, watch=told.append)
    begun = passing.total(See(numbered=True)).begun
    assert len(begun) > 10
    assert [first for first, _ in begun] == np.cumsum([0, *(used for _, used in begun[:-1])]).tolist()
    size = sum(os.path.getsize(path) for path in files(source))
    assert told[-1] == Reached(2, 700, size, size)
    assert all(one.rows <= 700 for one in told)
    passing.close()


def _metered() -> int:
    """How many bytes this process has sent to anybody; counted from the first call on."""
    tcp = distributed.comm.tcp
    if not hasattr(tcp, "sent"):
        tcp.sent, plain = 0, tcp._add_frames_header

        def counted(frames: Any) -> Any:
            found = plain(frames)
            tcp.sent += found[-1]
            return found

        tcp._add_frames_header = counted
    return int(tcp.sent)


def test_no_row_leaves_a_worker(tmp_path: Path, workers: Any) -> None:
    """Ten times the rows, and workers send what they sent before: sums, and word that they are there."""
    sizes, sent = [], []
    source = write(tmp_path, [700] * 4)
    header, _, rows = Path(files(source)[0]).read_text("utf-8").partition("\n")
    ask = {"missing": "drop", "n_alphas": 5, "engine": "dask", "scheduler": workers.scheduler_address}
    with distributed.Client(workers, set_as_default=False) as client:
        for times in (1, 10):
            for path in files(source):
                Path(path).write_text(f"{header}\n{rows * times}", "utf-8")
            before = sum(client.run(_metered).values())
            regcli.cv(source, "y", **ask)
            sent.append(sum(client.run(_metered).values()) - before)
            sizes.append(sum(os.path.getsize(path) for path in files(source)))
    more = sizes[1] - sizes[0]
    assert more > 2_000_000
    assert sent[0] > 8 * 11 * 9**2  # one sum: numbers of nine columns, in ten folds and none
    # Not to the byte: which sums are merged where they are, and how often workers say that they live, varies.
    assert sent[1] - sent[0] < more / 10


def test_a_worker_that_dies(tmp_path: Path, workers: Any, there: Any) -> None:
    """What it was at, and what it held, is done again by the others."""
    log = tmp_path / "log"
    killed: list[int] = []

    def watch(reached: Reached) -> None:
        if not killed:
            killed.append(workers.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    passing = there(write(tmp_path, [20, 30, 10, 40, 50, 60]), watch=watch)
    found = passing.total(See(numbered=False, seconds=0.3, log=str(log)))
    passing.close()
    assert [used for _, used in found.begun] == [20, 30, 10, 40, 50, 60]
    assert len(killed) == 1
    assert len(log.read_text("ascii").split()) > 6


def test_a_file_that_kills(tmp_path: Path, workers: Any, there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where as many workers have died as the scheduler allows, it is said at which file."""
    monkeypatch.setattr(workers.scheduler, "allowed_failures", 0)
    passing = there(write(tmp_path, [20]))
    with pytest.raises(UsageError, match=r"worker after worker died at .*part0\.csv: they may have too little memory"):
        passing.total(See(deadly=True))


def test_bad_data(tmp_path: Path, workers: Any, there: Any) -> None:
    """The error that one machine gives, with file and line; nobody tries again; no traceback."""
    source = write(tmp_path, [20, 30, 10])
    path = tmp_path / "part1.csv"
    lines = path.read_text("utf-8").splitlines()
    cells = lines[6].split(",")
    lines[6] = ",".join([*cells[:4], "-1", *cells[5:]])
    path.write_text("\n".join(lines), "utf-8")
    log = tmp_path / "log"
    passing = there(source)
    with pytest.raises(DataError) as shared:
        passing.total(See(log=str(log)))
    assert len(log.read_text("ascii").split()) <= 3
    with pytest.raises(DataError) as local:
        Local(source, ROOMY).total(See())
    assert str(shared.value) == str(local.value)
    lines[6] = lines[6].replace(",-1,", ",ten,")
    path.write_text("\n".join(lines), "utf-8")
    words = ("--target", "y", "--missing", "drop", "--alpha", "1", "--exclude", "split")
    run = run_regcli("fit", source, *words, "--engine", "dask", "--scheduler", workers.scheduler_address)
    assert (run.code, run.out) == (3, "")
    assert "part1.csv" in run.err
    assert "7" in run.err
    assert "Traceback" not in run.err


def test_files_that_differ(tmp_path: Path, there: Any) -> None:
    """Another header, or a file that a worker does not find."""
    source = write(tmp_path, [20, 30, 10])
    (tmp_path / "part2.csv").write_text("a,b,c,level,group,W,split,y\n1,1,1,low,1,1,test,1\n", "utf-8")
    passing, local = there(source), Local(source, ROOMY)
    passing.head(DataSpec(source))
    errors = []
    for one in (passing, local):
        with pytest.raises(DataError) as error:
            one.total(See())
        errors.append(str(error.value))
    assert errors[0] == errors[1]
    assert "'w' in the first, 'W' in the other" in errors[0]
    passing = there(source)
    (tmp_path / "part2.csv").unlink()
    with pytest.raises(DataError, match=r"part2\.csv is not there for the worker tcp://"):
        passing.total(See())
    with pytest.raises(DataError, match="no file matches"):
        there(str(tmp_path / "none*.csv"))


def test_an_interrupt(tmp_path: Path, workers: Any, there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left to do on the scheduler, and what runs ends before its next piece; the cluster stays."""
    monkeypatch.setattr(joining, "PIECE", 2000)
    log = tmp_path / "log"

    def watch(reached: Reached) -> None:
        raise KeyboardInterrupt

    passing = there(write(tmp_path, [2000] * 3), watch=watch)
    with pytest.raises(KeyboardInterrupt):
        passing.total(See(seconds=0.1, log=str(log)))
    assert eventually(lambda: not workers.scheduler.tasks)
    time.sleep(0.5)
    done = len(log.read_text("ascii").split())
    time.sleep(0.5)
    assert len(log.read_text("ascii").split()) == done
    again = there(str(tmp_path / "part0.csv"))
    assert again.total(See()).rows == 2000
    again.close()


def test_a_cluster_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started where no scheduler is named, and gone afterwards, with what it kept in the temporary folder."""
    (scratch := tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    source = write(tmp_path, [60])
    passing = engine_of(DataSpec(source, engine="dask"), ROOMY)
    assert passing.total(See(numbered=True)) == Seen(60, ((0, 60),))
    assert passing.name == "dask"
    assert len(list(scratch.iterdir())) == 1
    passing.close()
    assert list(scratch.iterdir()) == []
    with pytest.raises(UsageError, match=r"needs [0-9]+MB on this machine: there are 300MB"):
        engine_of(DataSpec(source, engine="dask"), 300_000_000).suit(10)


def test_ctrl_c_at_the_terminal(tmp_path: Path) -> None:
    """The command ends at once with 130, without a word, and so does the cluster that it had started."""
    (scratch := tmp_path / "scratch").mkdir()
    words = ["fit", write(tmp_path, [60, 70]), "--target", "y", "--alpha", "1", "--missing", "drop", "--engine", "dask"]
    with subprocess.Popen(
        [sys.executable, "-m", "regcli", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(scratch)}, start_new_session=True,
    ) as run:  # fmt: skip
        assert eventually(lambda: any(scratch.iterdir()))
        os.killpg(run.pid, signal.SIGINT)
        out, err = run.communicate(timeout=20)
    assert (run.returncode, out, err) == (130, b"", b"")
    assert eventually(lambda: not any(scratch.iterdir()))


def test_schedulers_that_do_not_serve(tmp_path: Path, workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody there, somebody else there, no workers: what to type instead."""
    source = write(tmp_path, [20])
    monkeypatch.setattr(joining, "PATIENCE", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        free = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        for address in (free, "tcp://127.0.0.1", "carrier-pigeon://a:1"):
            with pytest.raises(UsageError, match="no Dask scheduler answers there"):
                Cluster(source, ROOMY, scheduler=address).suit(10)
        silent.listen()
        with pytest.raises(UsageError) as error:
            Cluster(source, ROOMY, scheduler=free).suit(10)
    assert (error.value.found, error.value.hint) == ("timed out", "tcp://HOST:8786, as dask scheduler prints it")
    with (
        distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(UsageError) as error,
    ):
        Cluster(source, ROOMY, scheduler=empty.scheduler_address).suit(10)
    assert error.value.hint == f"dask worker {empty.scheduler_address}"


def test_clusters_that_do_not_fit(tmp_path: Path, there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers with too little memory, with other versions, without regcli: said before any work."""
    passing = there(write(tmp_path, [20]))
    with pytest.raises(UsageError, match=r"has 2148MB of memory for each of its threads, and 4[0-9]{3}MB are"):
        passing.suit(3 << 30)
    monkeypatch.setattr(joining, "__version__", "7.8.9")
    with pytest.raises(UsageError, match=r"the scheduler has regcli [0-9.]+, and this machine 7\.8\.9"):
        passing.suit(10)
    monkeypatch.setattr(joining, "VERSION", "no_such_package:__version__")
    with pytest.raises(UsageError, match="regcli cannot be imported by the scheduler: No module named") as error:
        passing.suit(10)
    assert str(error.value.hint).startswith("pip install 'regcli[dask]==")


def test_what_is_not_for_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input, rows in memory; and the line to type where the package is missing."""
    for source in ("-", ["-", "a.csv"]):
        with pytest.raises(UsageError, match="standard input cannot be shared out"):
            engine_of(DataSpec(source, engine="dask"), ROOMY)
    with pytest.raises(UsageError, match="--engine dask is for files"):
        regcli.fit(np.eye(5), np.arange(5.0), alpha=1, engine="dask")
    with pytest.raises(UsageError, match="--memory cannot act with --scheduler"):
        DataSpec("a.csv", engine="dask", scheduler="tcp://somewhere:8786", memory="1GB")
    plain = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.partition(".")[0] == "distributed":
            raise ImportError(f"no {name}")
        return plain(name, *args)

    source = write(tmp_path, [20])
    monkeypatch.setattr(builtins, "__import__", without)
    run = run_regcli("fit", source, "--alpha", "1", "--target", "y", "--missing", "drop", "--engine", "dask")
    assert (run.code, run.out) == (2, "")
    assert run.err.splitlines()[-2:] == [
        "Error: --engine dask needs one more package",
        "Try: pip install 'regcli[dask]'",
    ]


def test_globs_of_addresses(tmp_path: Path, there: Any) -> None:
    """In alphabetical order, through fsspec, on a worker too; over http a question mark is no glob."""
    for name in ("b.csv", "a.csv", "c.txt"):
        with fsspec.open(f"memory://shared/{name}", "wb") as file:
            file.write(b"a,y\n1,2\n")
    assert files("memory://shared/*.csv") == ["memory://shared/a.csv", "memory://shared/b.csv"]
    assert files("https://example.org/t.csv?key=*") == ["https://example.org/t.csv?key=*"]
    with pytest.raises(DataError, match=r"no file matches memory://shared/\*.parquet"):
        files("memory://shared/*.parquet")
    source = f"file://{write(tmp_path, [20, 30])}"
    passing = there(source, watch=unwatched)
    head = passing.head(DataSpec(source))
    assert head.name == f"2 files (file://{tmp_path}/part0.csv, file://{tmp_path}/part1.csv)"
    assert passing.total(See()).rows == 50
    passing.close()
