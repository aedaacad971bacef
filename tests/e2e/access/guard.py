"""A door before a simulated DAI server that lets in only whom the token server knows, request by request."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode, urlsplit

from gate.clock import SystemClock
from gate.simulator import Simulator

REALM = "/auth/realms/eggplant/protocol/openid-connect"
PROGRESS = "/api/run/progress"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LOGIN = {"Authorization": f"Basic {base64.b64encode(b'dai:dai-s3cret').decode()}"}


@dataclass(frozen=True)
class Passed:
    """A request that came to the door, and the status that it was answered with."""

    at: float
    path: str
    status: int


def post(address: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
    """Return status, type and body of the answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    finally:
        connection.close()


class Guard(ThreadingHTTPServer):
    """Hands the realm's paths on to the token server, and the others to DAI if the token server knows the token.

    `revoked_after` is how many requests a token is good for before the token server is made to forget it; 0: any.
    """

    daemon_threads = True

    def __init__(self, tokens: str, dai: Simulator, revoked_after: int) -> None:
        self.tokens, self.dai, self.revoked_after = tokens, dai, revoked_after
        self.passed: list[Passed] = []
        self._uses: dict[str, int] = {}
        self._clock = SystemClock()
        super().__init__(("127.0.0.1", 0), _Door)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "loopback", self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def statuses(self, path: str) -> list[int]:
        return [each.status for each in self.passed if each.path == path]

    def answer(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        at = self._clock.monotonic()
        reply = self._reply(path, body, headers)
        self.passed.append(Passed(at, path, reply[0]))
        return reply

    def _reply(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        if path.startswith(REALM):
            return post(self.tokens, path, body, FORM)
        token = headers.get("Authorization", "").removeprefix("bearer ")
        if not self._is_known(token):
            return 401, "application/json", b'{"message": "Unauthorized", "description": "The token is not valid."}'
        return post(self.dai.url, path, body, {**FORM, "Authorization": "bearer any"})

    def _is_known(self, token: str) -> bool:
        self._uses[token] = self._uses.get(token, 0) + 1
        if self.revoked_after and self._uses[token] > self.revoked_after:
            form = {"token": token, "client_id": "ci", "client_secret": "ci-s3cret"}
            status, _, _ = post(self.tokens, f"{REALM}/revoke", urlencode(form).encode(), FORM)
            assert status == 200
        asked = urlencode({"token": token}).encode()
        _, _, said = post(self.tokens, f"{REALM}/introspect", asked, {**FORM, **_LOGIN})
        return bool(json.loads(said)["active"])


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Guard

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, content_type, content = self.server.answer(self.path, body, dict(self.headers))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Stay quiet: what came stands in `passed`."""


@contextlib.contextmanager
def guarded(tokens: str, dai: Simulator, *, revoked_after: int = 0) -> Iterator[Guard]:
    """Give the door, open for as long as the block lasts."""
    guard = Guard(tokens, dai, revoked_after)
    threading.Thread(target=guard.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield guard
    finally:
        guard.shutdown()
        guard.server_close()
