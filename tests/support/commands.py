"""The command as a user runs it: a process of its own, in a folder and an environment of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from gate.simulator import Simulator

TOKEN = "t0p-s3cret-t0ken"

# What a machine may set and a test must not lean on.
_FOREIGN = (
    *("DAI_", "REQUESTS_CA", "CURL_CA", "SSL_CERT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC"),
    *("GITHUB_", "GITLAB_", "TF_BUILD", "TEAMCITY_", "CI", "RUNNER_", "NO_COLOR", "COLUMNS", "LINES", "TERM"),
)

# How the command is started: as the package, or as the one file that GATE_COMMAND names.
_ONE_FILE = os.environ.get("GATE_COMMAND")
GATE = (sys.executable, str(Path(_ONE_FILE).resolve())) if _ONE_FILE else (sys.executable, "-m", "gate")

# Quick enough for a test, and with the shape of the real thing.
BRISK = ("--interval", "100ms", "--max-interval", "500ms")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def json(self) -> Any:
        return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))

    @property
    def junit(self) -> ET.Element:
        return ET.fromstring((self.folder / "junit.xml").read_text(encoding="utf-8"))


def clean_environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without what would lead the gate, and with `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_FOREIGN)}
    return {**kept, "DAI_TOKEN": TOKEN, **variables}


def clear_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of this process's own environment what would lead the gate, for tests that call it in-process."""
    for name in list(os.environ):
        if name.upper().startswith(_FOREIGN):
            monkeypatch.delenv(name)


# How long a test waits for what must come. It only ends a test that hangs: no test depends on how soon something comes.
HANG_S = 120


class Running:
    """A command that is running. Both of its streams are read all the time, so that it never waits for its reader."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder
        self._changed = threading.Condition()
        self._lines: dict[str, list[str]] = {"out": [], "err": []}
        streams = {"out": process.stdout, "err": process.stderr}
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True) for name, stream in streams.items()
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self._lines[name].append(line)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def err(self) -> str:
        """What was written to standard error up to now."""
        return "".join(self._lines["err"])

    def until(self, words: str) -> str:
        """Return standard error once `words` stand in it; the test fails where the command ends without them."""
        with self._changed:
            self._changed.wait_for(lambda: words in self.err or not self._readers[1].is_alive(), timeout=HANG_S)
        assert words in self.err, self.err
        return self.err

    def signal(self, number: signal.Signals) -> None:
        """Send the command a signal."""
        self._process.send_signal(number)

    def ended(self) -> Ended:
        """Wait for the end, and return how it ended."""
        code = self._process.wait(timeout=HANG_S)
        for reader in self._readers:
            reader.join(timeout=HANG_S)
        return Ended(code, "".join(self._lines["out"]), self.err, self._folder)

    def kill(self) -> None:
        """End the command if it is still running."""
        self._process.kill()
        self._process.wait()


class Command:
    """Runs `dai-gate` in a folder of its own, for no longer than `patience_s`."""

    def __init__(self, folder: Path, patience_s: float = HANG_S) -> None:
        self.folder, self._patience_s = folder, patience_s

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> Ended:
        done = subprocess.run(
            [*GATE, *arguments],
            cwd=self.folder,
            env=clean_environment(**variables),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=self._patience_s,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr, self.folder)

    def start(self, *arguments: str, **variables: str) -> Running:
        """Start the command and leave it running; the test ends it."""
        return Running(self.process(*arguments, **variables), self.folder)

    def process(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start the command with pipes that nobody reads; the test ends it."""
        return subprocess.Popen(
            [*GATE, *arguments],
            cwd=self.folder,
            env=clean_environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait(self, server: Simulator, *arguments: str, **variables: str) -> Ended:
        """Run `dai-gate wait` briskly against a server, with the two reports every test reads."""
        reports = ("--junit", "junit.xml", "--json", "report.json")
        return self("wait", "--url", server.url, *BRISK, *reports, *arguments, **variables)
