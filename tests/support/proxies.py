"""A proxy for tests that need one in the same process: it makes ways by CONNECT, for those it knows."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Way(BaseHTTPRequestHandler):
    server: _Proxy

    def do_CONNECT(self) -> None:
        self.close_connection = True
        if self.headers.get("Proxy-Authorization") not in self.server.let_in:
            self.send_error(407)
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), 10) as other:
            self.send_response(200)
            self.end_headers()
            self.server.connected.append(self.path)
            _relay(self.connection, other)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Stay quiet."""


def _relay(one: socket.socket, other: socket.socket) -> None:
    ends = {one: other, other: one}
    with contextlib.suppress(OSError):
        while True:
            for ready in select.select(list(ends), [], [])[0]:
                piece = ready.recv(65536)
                if not piece:
                    return
                ends[ready].sendall(piece)


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, let_in: tuple[str | None, ...]) -> None:
        self.let_in = let_in
        self.connected: list[str] = []
        super().__init__(("127.0.0.1", 0), _Way)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "loopback", self.server_address[1]


@contextlib.contextmanager
def proxy(login: str = "") -> Iterator[_Proxy]:
    """Give a proxy that demands `user:password`, if that is given."""
    let_in = (f"Basic {base64.b64encode(login.encode('latin-1')).decode()}",) if login else (None,)
    server = _Proxy(let_in)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
