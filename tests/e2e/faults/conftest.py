"""What the tests of faults start from: the command in an empty folder, and simulated servers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from commands import TOKEN, Command
from gate.simulator import Simulator, parse_scenario


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Give the command, in an empty folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Command(folder)


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder for a proxy, with a path that is short enough for a socket in it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def serve() -> Iterator[Callable[..., Simulator]]:
    """Give a function that starts a simulated server from the keys of a scenario."""
    with ExitStack() as servers:

        def start(**scenario: Any) -> Simulator:
            scenario.setdefault("auth", {"tokens": [TOKEN]})
            # Times count from the first request: how long a command takes to come up must not matter.
            scenario.setdefault("starts_at", "first-request")
            return servers.enter_context(Simulator(parse_scenario(scenario, origin="test")))

        yield start
