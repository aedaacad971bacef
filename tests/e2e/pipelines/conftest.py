"""What these tests start from: an engine with the image, a checkout, servers; and an end that leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.pipelines.parts import BASE, CACHE, HERE, PROJECT_URL, ROOT, Engine, mounts, run, tool, until
from gate.simulator import Simulator, load_scenario

NETWORK = "pipeline"
_LISTING = ("git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
MARK = "PIPELINES_E2E_SESSION"


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """See at the end that no process, mount, network or network namespace of these tests is left."""
    # Whatever is started from here on inherits this variable, and is recognised by it.
    os.environ[MARK] = str(uuid.uuid4())
    mark = f"{MARK}={os.environ[MARK]}"
    before = _bridges()
    yield
    del os.environ[MARK]
    until(lambda: not _processes(mark), f"the end of {_processes(mark)}", patience=10)
    assert mounts(tmp_path_factory.getbasetemp()) == []
    # The system takes a network down some time after the engine has ended.
    until(lambda: _bridges() <= before, f"the end of {_bridges() - before}", patience=30)


def _processes(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes().split(b"\0") and process.name != str(os.getpid()):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has ended meanwhile, or has no environment any more
    return found


def _bridges() -> set[str]:
    """Return the networks of containers. Their namespaces are mounts of the engine, and found as such."""
    return {name for _, name in socket.if_nameindex() if name.startswith("br-")}


@pytest.fixture(scope="session")
def memory(nothing_left_behind: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder in memory for what is large and short-lived: a disk takes minutes to write and forget it."""
    folder = tmp_path_factory.mktemp("memory", numbered=False)
    subprocess.run([tool("mount"), "-t", "tmpfs", "-o", "size=4g", "memory", folder], check=True)
    yield folder
    subprocess.run([tool("umount"), folder], check=True)


@pytest.fixture(scope="session")
def engine(memory: Path) -> Iterator[Engine]:
    """Give a Docker engine with the stand-in for the official Python image."""
    with Engine(memory / "engine") as running:
        change = ["--change", 'CMD ["python3"]', "--change", "ENV LANG=C.UTF-8"]
        running.docker("import", *change, str(CACHE / "python-3.13-slim.tar"), BASE)
        yield running


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """Give the name of the image that the Dockerfile makes."""
    name = "dai-gate:e2e"
    given = {"VERSION": "1.2.3", "REVISION": "abc", "URL": PROJECT_URL}
    # The base that the Dockerfile names by its digest cannot be pulled here.
    given["PYTHON_IMAGE"] = BASE
    words = [word for each, value in given.items() for word in ("--build-arg", f"{each}={value}")]
    engine.docker("build", "--network", "host", "--tag", name, *words, str(ROOT))
    return name


@pytest.fixture(scope="session")
def network(engine: Engine, image: str) -> Iterator[str]:
    """Give a network of containers on which a simulated server answers at SERVER."""
    engine.docker("network", "create", NETWORK)
    files = {"simulator_for_containers.py": "/run.py", "scenario.yml": "/scenario.yml"}
    volumes = [f"--volume={HERE / name}:{inside}:ro" for name, inside in files.items()]
    own = [f"--network={NETWORK}", "--name=dai", "--entrypoint=/opt/dai-gate/bin/python"]
    engine.docker("run", "--detach", *own, *volumes, image, "/run.py", "/scenario.yml")
    yield NETWORK
    engine.docker("rm", "--force", "dai")
    engine.docker("network", "rm", NETWORK)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a clone of the project as it is in the working tree, without anything that git does not know."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = run(*_LISTING, folder=ROOT)
    listed.expect(0)
    for file in filter(None, listed.out.split("\0")):
        if (ROOT / file).exists():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, folder / file)
    make_repository(folder)
    return folder


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of what `make dist` builds, for the Python that runs these tests."""
    folder = tmp_path_factory.mktemp("dist")
    run(
        *(sys.executable, str(ROOT / "release" / "build.py")),
        *("--to", str(folder), "--pythons", sys.executable),
        folder=ROOT,
        PROJECT_URL=PROJECT_URL,
    ).expect(0)
    return folder


@pytest.fixture(scope="session")
def tagged(checkout: Path, release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the tree that a release is tagged as: the checkout, and the one file beside the action."""
    folder = tmp_path_factory.mktemp("tagged") / "tree"
    shutil.copytree(checkout, folder, symlinks=True)
    shutil.copy(release / "dai-gate.pyz", folder)
    subprocess.run([tool("git"), "add", "--all"], cwd=folder, check=True)
    subprocess.run([tool("git"), "commit", "--quiet", "--message", "Release"], cwd=folder, check=True)
    return folder


def make_repository(folder: Path) -> None:
    for words in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["config", "user.name", "Tester"],
        ["config", "user.email", "tester@example.com"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "Begin"],
    ):
        subprocess.run([tool("git"), *words], cwd=folder, check=True)


@pytest.fixture
def server() -> Iterator[Simulator]:
    """Give a simulated server on this machine's loopback, which has the same runs."""
    with Simulator(load_scenario(HERE / "scenario.yml")) as simulator:
        yield simulator
