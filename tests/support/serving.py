"""Simulated servers for tests, and ports for the servers of others."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from commands import TOKEN
from gate.simulator import Simulator, parse_scenario

Serve = Callable[..., Simulator]


@contextmanager
def serving() -> Iterator[Serve]:
    """Give a function that starts a simulated server from the keys of a scenario; they stop at the end of the block."""
    with ExitStack() as servers:

        def start(**scenario: Any) -> Simulator:
            scenario.setdefault("auth", {"tokens": [TOKEN]})
            # Times count from the first request: how long a command takes to come up must not matter. A run of 1 ms
            # has ended by then.
            scenario.setdefault("starts_at", "first-request")
            runs = scenario.get("runs", ())
            scenario["runs"] = [{"start": "-1s", **run} if run.get("duration") == "1ms" else run for run in runs]
            return servers.enter_context(Simulator(parse_scenario(scenario, origin="test")))

        yield start


def reserved_port() -> int:
    """Return a port of this machine for a server that cannot choose one itself; it has to listen with SO_REUSEADDR.

    A connection of that port is left in TIME_WAIT. Until it is forgotten, after a minute, the kernel gives the port to
    nobody who asks for any.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as client:
            listener.accept()[0].close()  # the side that closes first keeps the port
            client.recv(1)
        return int(listener.getsockname()[1])
