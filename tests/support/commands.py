"""The command as a user runs it: a process of its own, in a folder and an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gate.simulator import Simulator

TOKEN = "t0p-s3cret-t0ken"

# What a machine may set and a test must not lean on.
_FOREIGN = (
    *("DAI_", "REQUESTS_CA", "CURL_CA", "SSL_CERT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC"),
    *("GITHUB_", "GITLAB_", "TF_BUILD", "TEAMCITY_", "CI", "RUNNER_", "NO_COLOR", "COLUMNS", "TERM"),
)

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


class Command:
    """Runs `dai-gate` in a folder of its own, for no longer than `patience_s`."""

    def __init__(self, folder: Path, patience_s: float = 60) -> None:
        self.folder, self._patience_s = folder, patience_s

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "gate", *arguments],
            cwd=self.folder,
            env=clean_environment(**variables),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=self._patience_s,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr, self.folder)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start the command and leave it running; the test ends it."""
        return subprocess.Popen(
            [sys.executable, "-m", "gate", *arguments],
            cwd=self.folder,
            env=clean_environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait(self, server: Simulator, *arguments: str, **variables: str) -> Ended:
        """Run `dai-gate wait` briskly against a server, with the two reports every test looks at."""
        reports = ("--junit", "junit.xml", "--json", "report.json")
        return self("wait", "--url", server.url, *BRISK, *reports, *arguments, **variables)
