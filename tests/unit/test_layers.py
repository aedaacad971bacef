"""The packages, and which of them may import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "gate").rglob("*.py"))

# What each package may import, of our own. Clock, signals and errors are open to all but `core`.
SEAMS = {"gate", "gate.apifile", "gate.clock", "gate.declare", "gate.errors", "gate.signals", "gate.yamlfile"}
PACKAGES = {
    "gate.core": {"gate.core"},
    "gate.dai": {"gate.dai", "gate.core", *SEAMS},
    "gate.reports": {"gate.reports", "gate.core", *SEAMS},
    "gate.simulator": {"gate.simulator", "gate.core", *SEAMS},
    "gate.settings": {"gate.settings", "gate.core", *SEAMS},
}

# What only one package may import, of other people's.
KEPT = {
    "requests": ("gate.dai",),
    "urllib3": ("gate.dai",),
    "yaml": ("gate.yamlfile",),
    "time": ("gate.clock",),
    "signal": ("gate.signals",),
    "backoff": ("gate.core.backoff",),
    "rich": ("gate.reports.live", "gate.reports.rows", "gate.reports.columns"),
}

PURE = {
    *("__future__", "backoff", "bisect", "collections", "contextlib", "dataclasses", "datetime", "enum", "functools"),
    *("heapq", "itertools", "math", "operator", "re", "statistics", "string", "types", "typing", "uuid"),
}


def name_of(module: Path) -> str:
    return ".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield from (_module(node.module or "", alias.name) for alias in node.names)


def _module(package: str, name: str) -> str:
    """Return the module that `from package import name` leans on: a submodule if there is one of that name."""
    path = ROOT.joinpath(*package.split("."), name)
    return f"{package}.{name}" if path.is_dir() or path.with_suffix(".py").is_file() else package


def lies_in(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_arrows_point_one_way(module: Path) -> None:
    """A module imports only what its own package may import, and nothing imports the command line."""
    name = name_of(module)
    own = {each for each in imports(module) if each == "gate" or each.startswith("gate.")}
    assert not any(lies_in(each, ("gate.cli",)) for each in own) or lies_in(name, ("gate.cli", "gate.__main__"))
    for package, allowed in PACKAGES.items():
        if lies_in(name, (package,)):
            assert {each for each in own if each not in SEAMS and not lies_in(each, tuple(allowed - SEAMS))} == set()


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_what_one_package_keeps(module: Path) -> None:
    """The HTTP library, the YAML parser, the clock, signals and the terminal stay in their packages."""
    for each in imports(module):
        keepers = KEPT.get(each.split(".", maxsplit=1)[0])
        assert keepers is None or lies_in(name_of(module), keepers), f"{name_of(module)} imports {each}"


_STATE = ("agenda", "group", "history", "outages", "patience", "polls", "run", "tally", "watch")
STATE = {f"gate.core.{name}" for name in _STATE}


@pytest.mark.parametrize("module", sorted((ROOT / "gate" / "reports").rglob("*.py")), ids=name_of)
def test_reports_see_facts_only(module: Path) -> None:
    """What is reported comes from events, snapshots and reports: the state of a wait is out of a reporter's reach."""
    assert STATE.isdisjoint(imports(module))


@pytest.mark.parametrize("module", sorted((ROOT / "gate" / "core").glob("*.py")), ids=name_of)
def test_core_is_pure(module: Path) -> None:
    """What decides imports no clock, socket, file, environment, HTTP library or parser."""
    outside = {each.split(".", maxsplit=1)[0] for each in imports(module) if each != "urllib.parse"} - {"gate"}
    assert outside <= PURE


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_the_environment_is_read_in_one_place(module: Path) -> None:
    """`os.environ` is read in the settings, and handed on from there."""
    reads = "os.environ" in module.read_text(encoding="utf-8") or "getenv" in module.read_text(encoding="utf-8")
    assert not reads or name_of(module) == "gate.settings.environment"
