"""Everything that is installed is locked: each package by its hash, and none by the address of an index."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHON_LOCKS = (
    "requirements.lock",
    "requirements-build.lock",
    "requirements-dev.lock",
    "tests/e2e/pipelines/requirements.lock",
)
NODE_FOLDERS = sorted(path.parent for path in ROOT.glob("tests/e2e/*/package.json"))


def pins(name: str) -> dict[str, list[Requirement]]:
    """Return the pinned packages of a lock by their names; one may be pinned several times, for several Pythons."""
    found: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^[^\s#].*?(?= \\$)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE):
        pin = Requirement(line)
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def group(name: str) -> list[str]:
    """Return what a dependency group wants, with the groups that it includes."""
    wanted: list[str] = []
    for each in PROJECT["dependency-groups"][name]:
        wanted += [each] if isinstance(each, str) else group(each["include-group"])
    return wanted


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_each_package_is_pinned_with_hashes(name: str) -> None:
    """A lock holds exact versions, each with a SHA-256, and the address of no index."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[^\s#])", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+( ; [^\\\n]+)? \\\n    --hash=sha256:[0-9a-f]{64}", entry), (
            entry[:80]
        )
    assert "://" not in text


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        ("requirements-build.lock", group("build")),
        ("requirements-dev.lock", [*PROJECT["project"]["dependencies"], *group("dev")]),
        ("tests/e2e/pipelines/requirements.lock", group("e2e")),
    ],
)
def test_locks_hold_what_the_project_wants(lock: str, wanted: list[str]) -> None:
    """Each package that pyproject.toml names is in the lock, with a version from its range."""
    found = pins(lock)
    for each in map(Requirement, wanted):
        versions = [next(iter(pin.specifier)).version for pin in found[canonicalize_name(each.name)]]
        assert all(each.specifier.contains(version) for version in versions), each


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock"])
def test_development_uses_the_versions_of_the_product(name: str) -> None:
    """What is tested is what users install: the development lock holds the same versions."""
    developed = {
        package: {str(pin.specifier) for pin in found} for package, found in pins("requirements-dev.lock").items()
    }
    for package, found in pins(name).items():
        assert {str(pin.specifier) for pin in found} <= developed[package]


def test_the_build_is_locked() -> None:
    """What the build system requires is what the build group requires."""
    assert set(PROJECT["build-system"]["requires"]) <= set(group("build"))


@pytest.mark.parametrize("folder", NODE_FOLDERS, ids=lambda folder: folder.name)
def test_node_packages_are_locked(folder: Path) -> None:
    """Each Node package has a hash and the address of no registry, and those named are named exactly."""
    named: dict[str, str] = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked: dict[str, Any] = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in named} == named
    for path, package in locked.items():
        assert "resolved" not in package, path
        assert not path or package.get("integrity") or package.get("inBundle"), path


def test_nothing_is_installed_without_a_lock() -> None:
    """The Makefile, the workflow and the scripts install by hash, or what was built here, and never by a name."""
    scripts = [ROOT / "Makefile", *ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("tests/e2e/*/install.sh")]
    for script in scripts:
        text = re.sub(r"\\\n\s*", "", script.read_text(encoding="utf-8"))
        for line in text.splitlines():
            if re.search(r"pip\b.* install\b", line):
                assert "--require-hashes" in line or "--no-deps" in line, f"{script.name}: {line}"
            if re.search(r"npm (install|i|ci)\b", line):
                assert "npm ci" in line, f"{script.name}: {line}"
            assert not re.search(r"\b(npx|pipx|uvx)\b", line), f"{script.name}: {line}"
