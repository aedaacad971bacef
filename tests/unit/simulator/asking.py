"""What the tests of the simulator share: a client that adds nothing of its own, and a clock that is set by hand."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gate.clock import SystemClock
from gate.simulator import Simulator, parse_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

PROGRESS = "/api/run/progress"
NOON = datetime(2026, 6, 1, 12, 0, 0, 250000, tzinfo=UTC)


class HandClock(SystemClock):
    """Time stands still until it is moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    def pass_by(self, seconds: float) -> None:
        self.passed += seconds


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def simulate(clock: HandClock | None = None, /, **scenario: object) -> Simulator:
    return Simulator(parse_scenario(scenario, origin="test"), clock=clock)


def ask(
    simulator: Simulator,
    path: str = PROGRESS,
    /,
    *,
    method: str = "POST",
    token: str | None = "a-token",
    content: object = None,
    headers: Mapping[str, str] | None = None,
    **form: Any,
) -> Reply:
    """Send a form, or `content` as JSON, over a connection of its own."""
    body = urlencode(form) if content is None else json.dumps(content)
    kind = "application/x-www-form-urlencoded" if content is None else "application/json"
    sign = {} if token is None else {"Authorization": f"bearer {token}"}
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": kind, **sign, **(headers or {})})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


def request_bytes(path: str = PROGRESS, body: bytes = b"id=a1") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: bearer t\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def dial(simulator: Simulator) -> socket.socket:
    return socket.create_connection(("127.0.0.1", simulator.port), timeout=10)


def await_request(simulator: Simulator) -> None:
    """Return when the server has taken a request."""
    while not simulator.requests:
        threading.Event().wait(0.002)


def exchange(simulator: Simulator, sent: bytes | None = None) -> bytes:
    """Send bytes and return all that comes back until the server ends the connection."""
    with dial(simulator) as connection:
        connection.sendall(request_bytes() if sent is None else sent)
        received = b""
        while part := connection.recv(1 << 20):
            received += part
        return received
