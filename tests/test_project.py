"""The house rules no other test would notice: floors, sizes, a light start, one version, nothing local in the files."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "regcli"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("specs", "samples", "writing"),
    ("data", "problem"),
    ("solve",),
    ("select",),
    ("artifact",),
    ("export", "report"),
    ("workflows",),
    ("cli", "api"),
)
"""From the ground up; a unit imports only from floors below its own, and from itself."""

NEVER: dict[str, frozenset[str]] = {
    "solve": frozenset({"data", "pandas"}),
    "report": frozenset({"data", "problem", "solve", "numpy", "pandas", "scipy", "sklearn"}),
    "cli": frozenset({"numpy", "pandas", "scipy", "sklearn"}),
}
"""What a unit may not import although its floor would allow it: units of the package, or libraries."""

HEAVY = frozenset({"pandas", "sklearn", "scipy", "matplotlib"})
MOST_LINES = 400
ROOT_MODULE = "regcli"

Graph = dict[str, set[str]]


def read_package(package: Path) -> dict[str, str]:
    """Module name -> source, for every module of the package in `package`; a folder's own ends in `.__init__`."""
    return {
        ".".join(path.relative_to(package.parent).with_suffix("").parts): path.read_text("utf-8")
        for path in sorted(package.rglob("*.py"))
    }


def import_graph(sources: Mapping[str, str], *, at_start: bool = False) -> Graph:
    """Module -> the modules of the package and the top-level libraries it imports.

    Imports inside functions and for typing are seen too, and a string that spells a module (`"regcli.report.to_json"`,
    as a lazy registry holds it) counts as one. With `at_start`, only what runs when the module is loaded.
    """
    modules = {name.removesuffix(".__init__") for name in sources}
    graph = {}
    for name, source in sources.items():
        tree = ast.parse(source)
        nodes = _run_at_start(tree) if at_start else ast.walk(tree)
        targets = {_known(target, modules) for target in _imports(name, nodes, modules)}
        graph[name.removesuffix(".__init__")] = targets
    return graph


def _run_at_start(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Constant):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _run_at_start(node)


def _imports(name: str, nodes: Iterable[ast.AST], modules: set[str]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = name.split(".")[: -node.level] if node.level else []
            base = [*parents, *filter(None, [node.module])]
            yield from (".".join([*base, alias.name]) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            spelled = node.value.partition(":")[0]
            if spelled != ROOT_MODULE and spelled in modules:
                yield spelled


def _known(dotted: str, modules: set[str]) -> str:
    """The module that `dotted` lies in: itself, or the longest prefix that is a module; of a library its first word."""
    parts = dotted.split(".")
    if parts[0] != ROOT_MODULE:
        return parts[0]
    while len(parts) > 1 and ".".join(parts) not in modules:
        parts.pop()
    return ".".join(parts)


def violations(graph: Graph) -> list[str]:
    """Every import that goes up or sideways, or that `NEVER` forbids; every unit without a floor."""
    found = []
    height = {unit: floor for floor, units in enumerate(FLOORS) for unit in units}
    for module, imported in sorted(graph.items()):
        unit = _unit(module)
        if unit in ("", "__main__"):
            continue
        if unit not in height:
            found.append(f"{module} stands on no floor")
            continue
        for target in sorted(imported):
            inside = target.split(".")[0] == ROOT_MODULE
            other = _unit(target) if inside else target
            if other in NEVER.get(unit, ()):
                found.append(f"{module} imports {target}, which {unit} never does")
            elif inside and other not in ("", unit) and height.get(other, len(FLOORS)) >= height[unit]:
                found.append(f"{module} imports {target}, which is not below it")
    return found


def _unit(module: str) -> str:
    return module.removeprefix(ROOT_MODULE).removeprefix(".").split(".")[0]


def cycle(graph: Graph) -> list[str]:
    """One circle of imports between modules, or nothing."""
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for target in sorted(graph.get(module, ())):
            if target in graph and (found := visit(target, [*path, module])):
                return found
        done.add(module)
        return []

    for module in sorted(graph):
        if found := visit(module, []):
            return found
    return []


@pytest.fixture(scope="module")
def graph() -> Graph:
    return import_graph(read_package(PACKAGE))


def test_every_import_goes_down(graph: Graph) -> None:
    """errors < specs < data, problem < solve < select < artifact, report < workflows < cli; and what `NEVER` adds."""
    assert violations(graph) == []


def test_no_circle_of_imports() -> None:
    """No module needs itself to load. Between units the floors forbid the other circles too, those inside functions."""
    assert cycle(import_graph(read_package(PACKAGE), at_start=True)) == []


def test_the_root_imports_nothing_of_the_package_at_start() -> None:
    """`import regcli` reaches into no part of the house: its public functions are resolved when they are named."""
    imported = import_graph(read_package(PACKAGE), at_start=True)[ROOT_MODULE]
    assert imported - sys.stdlib_module_names == set()


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("solve", "import regcli.workflows", "imports regcli.workflows, which is not below it"),
        ("solve", "from regcli import data", "imports regcli.data, which solve never does"),
        ("solve.a", "def f():\n    from ..data.b import g", "imports regcli.data.b, which solve never does"),
        ("solve.__init__", "from ..cli import b", "imports regcli.cli.b, which is not below it"),
        ("problem", "import regcli.data.b", "imports regcli.data.b, which is not below it"),
        ("report.a", "from regcli.problem import p", "imports regcli.problem.p, which report never does"),
        ("report.a", "import numpy.linalg as la", "imports numpy, which report never does"),
        ("cli", "def f():\n    import numpy", "imports numpy, which cli never does"),
        ("specs", "LAZY = {'x': 'regcli.data.b:read'}", "imports regcli.data.b, which is not below it"),
        ("extra", "", "stands on no floor"),
        ("cli", "LAZY = {'x': 'regcli.data.b:read'}", None),
        ("cli.a", "from regcli.cli.b import x\nfrom regcli import __version__\nimport typer", None),
        ("solve.a", "from ..problem import p\nfrom . import b\nimport numpy", None),
        ("workflows", "from regcli.solve import solve\nimport numpy", None),
    ],
)
def test_the_floor_check_sees_a_violation(module: str, source: str, complaint: str | None) -> None:
    """Each way to write an import, where it is forbidden and where it is allowed."""
    house = dict.fromkeys([f"regcli.{name}" for name in ("data.b", "problem.p", "solve.b", "cli.b")], "")
    house |= dict.fromkeys([f"regcli.{name}.__init__" for name in ("data", "problem", "solve", "cli")], "")
    if f"regcli.{module}.__init__" in house:
        module += ".__init__"
    house |= {"regcli.__init__": "", "regcli.workflows": "", f"regcli.{module}": source}
    name = f"regcli.{module}".removesuffix(".__init__")
    assert violations(import_graph(house)) == ([f"{name} {complaint}"] if complaint else [])


def test_the_cycle_check_sees_a_circle() -> None:
    """Through three modules; a link inside a function or for typing does not run at the start and closes none."""
    house = {"regcli.__init__": "", "regcli.a": "from regcli.b import x", "regcli.b": "class B:\n    import regcli.c"}
    closed = house | {"regcli.c": "try:\n    from . import a\nfinally: pass"}
    assert cycle(import_graph(closed, at_start=True)) == ["regcli.a", "regcli.b", "regcli.c", "regcli.a"]
    for link in ("def f():\n    from . import a", "if TYPE_CHECKING:\n    from . import a"):
        opened = house | {"regcli.c": link}
        assert cycle(import_graph(opened, at_start=True)) == []
        assert cycle(import_graph(opened)) != []


def test_modules_stay_small() -> None:
    """No module of the package reaches 400 lines."""
    lengths = {name: len(source.splitlines()) for name, source in read_package(PACKAGE).items()}
    assert {name: lines for name, lines in lengths.items() if lines >= MOST_LINES} == {}
    assert len(lengths) > 10


def loaded_by(*arguments: str) -> set[str]:
    """The top-level names that a fresh interpreter imports when started with `arguments`."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, encoding="utf-8", check=True
    )
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("fit", "--help"), ("path", "--help"), ("cv", "--help")]
)
def test_help_and_version_load_no_heavy_library(arguments: tuple[str, ...]) -> None:
    """Neither pandas, scikit-learn, scipy nor matplotlib; the check itself sees what is loaded."""
    loaded = loaded_by("-m", "regcli", *arguments)
    assert "regcli" in loaded
    assert "typer" in loaded
    assert loaded & (HEAVY | {"numpy"}) == set()


def test_import_regcli_loads_no_library_at_all() -> None:
    """Not even NumPy: the public functions are resolved when they are first named."""
    loaded = loaded_by("-c", "import regcli")
    assert "regcli" in loaded
    assert loaded & (HEAVY | {"numpy", "typer", "rich"}) == set()


def test_the_light_check_sees_a_heavy_library() -> None:
    """What `loaded_by` reports includes libraries that are imported inside others."""
    assert {"pandas", "numpy"} <= loaded_by("-c", "import pandas")


def test_version_is_the_installed_one() -> None:
    """`regcli --version`, `regcli.__version__` and the installed metadata agree."""
    import regcli

    run = subprocess.run([sys.executable, "-m", "regcli", "--version"], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["regcli", regcli.__version__]
    try:
        installed = importlib.metadata.version("regcli")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("regcli is not installed, only on the path")
    assert installed == regcli.__version__


def tracked_files() -> list[Path]:
    """What git tracks, new files that it does not ignore included."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


LOCK_FILES = frozenset(
    {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "conda-lock.yml", "package-lock.json"}
)
UNREAD = frozenset({".csv", ".gz", ".bz2", ".xz", ".zst", ".png", ".pdf", ".svg"})

LOCAL_EVERYWHERE = {
    "a home folder": re.compile(r"(?<![\w.~-])/(?:home|root|Users)/[\w.-]+"),
    "a local folder": re.compile(r"(?<![\w.~-])/(?:work|workspace|mnt|var/tmp)/[\w.-]+"),
    "a package index": re.compile(r"(?i)(?:index[-_]url|find[-_]links|trusted[-_]host)\b"),
    "a private address": re.compile(r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}(?::\d+|/\w)"),
    "a host without a name": re.compile(r"(?i)https?://(?:localhost|[\w.-]+\.(?:local|internal|lan|corp))\b"),
}
LOCAL_OUTSIDE_TESTS = {"a temporary folder": re.compile(r"(?<![\w.-])/tmp/[\w.-]+")}


def local_words(text: str, *, in_tests: bool) -> list[str]:
    """What in `text` belongs to one machine and not to the project."""
    patterns = LOCAL_EVERYWHERE | ({} if in_tests else LOCAL_OUTSIDE_TESTS)
    return [f"{kind}: {match[0]}" for kind, pattern in patterns.items() for match in pattern.finditer(text)]


def test_no_file_names_a_machine() -> None:
    """No path of a developer's machine, no package index, no private host, in any text file."""
    found = {}
    for path in tracked_files():
        if path.suffix in UNREAD or path == Path(__file__).resolve():
            continue
        name = path.relative_to(ROOT).as_posix()
        if words := local_words(path.read_text("utf-8", "replace"), in_tests=name.startswith("tests/")):
            found[name] = words
    assert found == {}


def test_no_lock_file() -> None:
    """The ranges in pyproject.toml are the only place that says which versions."""
    assert [path.name for path in tracked_files() if path.name in LOCK_FILES] == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("cd /home/ada/regcli", ["a home folder"]),
        ("python /workspace/regcli/x.py", ["a local folder"]),
        ("pip install --extra-index-url https://x.org/simple", ["a package index"]),
        ("INDEX_URL=https://x.org", ["a package index"]),
        ("curl http://10.1.2.3:8080", ["a private address"]),
        ("see https://wheels.internal/simple", ["a host without a name"]),
        ("open /tmp/out.json", ["a temporary folder"]),
        ("a network/home/folder, 10.1.2 and https://archive.ics.uci.edu/dataset/186", []),
        ("COPY --from=build /opt/regcli /opt/regcli", []),
    ],
)
def test_the_word_check_sees_a_machine(text: str, kinds: list[str]) -> None:
    """Each pattern, and texts that only look like one."""
    assert [word.partition(":")[0] for word in local_words(text, in_tests=False)] == kinds


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link in a Markdown file names a file of the project."""
    broken = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in tracked_files()
        if page.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_package_data_is_where_the_wheel_takes_it_from() -> None:
    """The JSON Schemas and the typing marker lie inside the package, and the schemas are JSON."""
    assert (PACKAGE / "py.typed").is_file()
    schemas = sorted((PACKAGE / "report" / "schemas").glob("*.json"))
    assert schemas != []
    for schema in schemas:
        assert json.loads(schema.read_text("utf-8"))["$schema"].startswith("https://json-schema.org/")
