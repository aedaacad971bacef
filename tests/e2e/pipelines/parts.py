"""The real parts: where `install.sh` put them, how a command is run with them, and a Docker engine of our own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
EXAMPLES = ROOT / "examples"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dai-gate-e2e" / "pipelines"
SERVER = "http://dai:8000"  # to containers; see scenario.yml for what runs there, and who may come in
TOKEN = "trial-token"
CLIENT_ID = "ci"  # as it stands in the examples
CLIENT_SECRET = "tr1al-s3cret"
PATIENCE = 300  # seconds for any one command
BASE = "python:3.13-slim"
PROJECT_URL = "https://git.example.com/team/dai-gate"  # of whoever builds it
GATE = str(Path(sys.executable).parent)  # the folder of the command that is tested

# What a pipeline, a person or another test may have set, and a test must not lean on.
_FOREIGN = (
    "DAI_",
    "GITHUB_",
    "GITLAB_",
    "CI",
    "TF_BUILD",
    "TEAMCITY_",
    "RUNNER_",
    "ACT",
    "NO_COLOR",
    "DOCKER_",
    "GIT_",
)
_KEPT = ("GIT_SSL",)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"

    def expect(self, code: int) -> None:
        """Raise AssertionError, with all that was written, where it ended with another code."""
        assert self.code == code, str(self)


def tool(name: str) -> str:
    """Return the path of a tool that `install.sh` installs. Raises FileNotFoundError where it did not run."""
    for folder in (CACHE / "venv" / "bin", CACHE / "node_modules" / ".bin", Path("/usr/bin"), Path("/usr/sbin")):
        if (folder / name).exists():
            return str(folder / name)
    raise FileNotFoundError(f"{name} is not installed: run tests/e2e/pipelines/install.sh")


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without what would lead a tool or the gate, and with `variables`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN) or name.startswith(_KEPT)
    }
    kept["PATH"] = f"{GATE}:{kept['PATH']}"
    return {**kept, "HOME": str(CACHE / "home"), "NO_PROXY": "127.0.0.1,localhost", **variables}


@contextlib.contextmanager
def started(*command: str, folder: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command, the leader of a process group; if it still runs at the end of the block, the group is ended."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:  # afterwards its number may be another's
                os.killpg(process.pid, signal.SIGKILL)


def run(*command: str, folder: Path, stdin: str = "", **variables: str) -> Ended:
    """Run a command to its end."""
    with started(*command, folder=folder, **variables) as process:
        out, err = process.communicate(stdin, PATIENCE)
    return Ended(process.returncode, out, err)


def until(met: Callable[[], object], what: str, patience: float = 30) -> None:
    """Wait until a condition is met. Raises TimeoutError when that takes too long."""
    deadline = time.monotonic() + patience
    while not met():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took longer than {patience:g} s")
        time.sleep(0.05)


class Engine:
    """A real Docker engine with everything it owns in one folder. A context: it runs from the beginning to the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = f"unix://{folder}/d.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir()
        own = {"host": self.host}
        own |= {f"{name}-root": str(self.folder / name) for name in ("data", "exec")}
        own |= {"pidfile": str(self.folder / "pid"), "storage-driver": "overlay2"}
        off = ["--bridge=none", "--iptables=false", "--ip6tables=false"]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [tool("dockerd"), *(f"--{name}={value}" for name, value in own.items()), *off],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: self.docker("version", check=False).code == 0, "the start of the Docker engine")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        for name, listed, removal in (("containers", ["ps", "-aq"], ["rm", "-f"]), ("networks", *_NETWORKS)):
            found = self.docker(*listed).out.split()
            assert not found or self.docker(*removal, *found).code == 0, name
        self._process.terminate()
        self._process.wait(30)
        for mount in mounts(self.folder):
            subprocess.run([tool("umount"), mount], check=True)
        shutil.rmtree(self.folder)

    def docker(self, *arguments: str, check: bool = True) -> Ended:
        """Run the client. Raises AssertionError where it fails, unless `check` is false."""
        with self.started(*arguments) as process:
            out, err = process.communicate(timeout=PATIENCE)
        ended = Ended(process.returncode, out, err)
        if check:
            ended.expect(0)
        return ended

    def started(self, *arguments: str) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
        return started(tool("docker"), *arguments, folder=ROOT, **self.variables)

    @property
    def variables(self) -> dict[str, str]:
        """What leads any client to this engine, and to nobody's settings."""
        return {"DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.folder / "client"), "DOCKER_BUILDKIT": "1"}


_NETWORKS = (["network", "ls", "-q", "--filter", "type=custom"], ["network", "rm"])


def mounts(below: Path) -> list[str]:
    """Return what is mounted below a folder, innermost first."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    return sorted((point for point in points if Path(point).is_relative_to(below)), reverse=True)
