"""The project on a machine that has nothing but Debian's Python, make and git, and a package index."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dai-gate-e2e" / "fresh"
# How a package index is reached from here. Caches, mirrors and folders of this machine's own stay outside.
INDEX = ("PIP_INDEX_URL", "PIP_CERT", "PIP_DEFAULT_TIMEOUT", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
ENTER = """
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc"
mount --bind "$2" "$1/mnt"
ip link set lo up
exec chroot "$1" sh -euc "$3"
"""
# The clone of a person who has just heard of the project.
CLONE = "git -c safe.directory='*' clone --quiet /mnt /root/dai-gate"


class Machine:
    """A root file system, and commands that run in it with namespaces of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, script: str, *, network: bool = True, **variables: str) -> str:
        """Run a script in the machine, and return what it printed; the test fails where the script does."""
        own = {name: os.environ[name] for name in INDEX if name in os.environ}
        done = subprocess.run(
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child", *(() if network else ("--net",))),
                *("sh", "-euc", ENTER, "sh", str(self.root), str(ROOT), script),
            ],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", **own, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-5000:]
        return done.stdout


def unpack(suite: str, folder: Path) -> Machine:
    subprocess.run(["tar", "--extract", "--file", CACHE / f"{suite}.tar", "--directory", folder], check=True)
    for name in ("hosts", "resolv.conf"):
        (folder / "etc" / name).write_bytes(Path("/etc", name).read_bytes())
    return Machine(folder)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Give a machine on which the project has just been cloned."""
    made = unpack("bookworm", tmp_path_factory.mktemp("bookworm"))
    made(CLONE)
    yield made
    subprocess.run(["rm", "-rf", made.root], check=True)


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==([\w.]+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


def offer_newer_releases(folder: Path) -> None:
    """Make a release of every locked package that is newer than all others, and that breaks whoever imports it."""
    folder.mkdir()
    for name in pins("requirements-dev.lock"):
        stem = name.replace("-", "_")
        facts = f"{stem}-9999.dist-info"
        with zipfile.ZipFile(folder / f"{stem}-9999-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{stem}.py", "raise ImportError('this release should not be here')\n")
            wheel.writestr(f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 9999\n")
            wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{facts}/RECORD", "")


def test_a_newer_release_of_every_package_changes_nothing(machine: Machine) -> None:
    """`make demo` and the tests pass with exactly the locked versions, though the index offers newer ones."""
    offer_newer_releases(machine.root / "newer")
    # The offer is real: without the lock pip would take it.
    taken = machine(
        "python3 -m venv /t && /t/bin/pip install --quiet --no-deps click && /t/bin/pip freeze", PIP_FIND_LINKS="/newer"
    )
    assert "click==9999" in taken
    printed = machine("cd /root/dai-gate && make demo", PIP_FIND_LINKS="/newer")
    assert "passed (exit code 0)" in printed
    printed = machine("cd /root/dai-gate && make .venv/.dev && .venv/bin/pip freeze --all", PIP_FIND_LINKS="/newer")
    installed = re.findall(r"^([\w.-]+)==([\w.]+)$", printed, re.MULTILINE)
    locked = pins("requirements-dev.lock")
    # pip and setuptools come with the virtual environment.
    found = {(canonicalize_name(name), version) for name, version in installed if name not in {"pip", "setuptools"}}
    assert found <= locked.items()
    printed = machine("cd /root/dai-gate && .venv/bin/pytest -q -n 2 tests/unit")
    assert re.fullmatch(r"\d+ passed(, \d+ skipped)? in .*", printed.splitlines()[-1])


def test_offline_from_a_wheelhouse(machine: Machine) -> None:
    """What was fetched elsewhere by the locks is all that `make demo` needs on a machine without a network."""
    locks = "--requirement requirements.lock --requirement requirements-build.lock"
    machine("python3 -m venv /p")
    machine(f"cd /root/dai-gate && /p/bin/pip download --quiet --require-hashes {locks} --dest /wheelhouse")
    offline = "rm -rf .venv && make demo PYTHON=python3"
    printed = machine(f"cd /root/dai-gate && {offline}", network=False, PIP_NO_INDEX="1", PIP_FIND_LINKS="/wheelhouse")
    assert "passed (exit code 0)" in printed


def test_another_debian(tmp_path: Path) -> None:
    """The demonstration runs on the next Debian's Python as well."""
    made = unpack("trixie", tmp_path)
    assert "passed (exit code 0)" in made(f"{CLONE} && cd /root/dai-gate && make demo")


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_the_one_file_without_a_network(suite: str, tmp_path: Path) -> None:
    """The one file needs nothing but Python: no network, no package, and no compiled code for just this Python."""
    words = (sys.executable, ROOT / "release" / "build.py", "--pythons", sys.executable, "--to", tmp_path / "dist")
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    (tmp_path / "root").mkdir()
    made = unpack(suite, tmp_path / "root")
    (made.root / "root" / "dai-gate.pyz").write_bytes((tmp_path / "dist" / "dai-gate.pyz").read_bytes())
    assert "passed (exit code 0)" in made("python3 /root/dai-gate.pyz demo", network=False)
    failed = made("python3 /root/dai-gate.pyz demo --outcome failed || echo ended with $?", network=False)
    assert failed.endswith("ended with 1\n")
