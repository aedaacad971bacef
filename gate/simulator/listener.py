"""Sockets and threads: a thread for each connection, one piece for each answer."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from gate.simulator.answers import Answer, phrase, refusal
from gate.simulator.timeline import Timeline

if TYPE_CHECKING:
    import ssl  # slow to import, and not needed without TLS

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_LENGTH: Final = re.compile(r"[0-9]{1,12}")
_STOP_TIMEOUT: Final = 5.0  # seconds that stopping waits for connections to end

Serve = Callable[["Connection", bytes], None]
"""Takes the connection and the body of a request, and sends the answer."""


class Listener(ThreadingHTTPServer):
    """Accepts connections until `end`, and gives each request to `serve`."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], serve: Serve, timeline: Timeline, tls: ssl.SSLContext | None) -> None:
        self.serve = serve
        self.timeline = timeline
        self.stopped = threading.Event()
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        """Bind without looking up this machine's name, as HTTPServer would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "loopback", self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        accepted, address = super().get_request()
        if self._tls:  # the handshake is left to the connection's own thread
            accepted = self._tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        with self._changed:
            self._open.add(accepted)
        return accepted, address

    def shutdown_request(self, request: Any) -> None:
        """Close without the shutdown of the base class: a FIN sent first would spoil a reset."""
        self.close_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def end(self) -> None:
        """Stop listening, cut all delays short and close all connections."""
        self.stopped.set()
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)  # below TLS, which has a thread at work
            self._changed.wait_for(lambda: not self._open, _STOP_TIMEOUT)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about clients that went away or refused the certificate."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Connection(BaseHTTPRequestHandler):
    """One connection, and the way back to the client of each request on it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener
    status: int | None = None  # of the answer to the request that is being served

    def _serve(self) -> None:
        self.status = None
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not _LENGTH.fullmatch(length):
            self.close_connection = True
            self.deliver(refusal(411, "Length Required", "A body needs its Content-Length."))
            return
        body = self.rfile.read(int(length))
        if len(body) == int(length):
            self.server.serve(self, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - names of the base class

    def deliver(self, answer: Answer) -> None:
        """Send an answer as it should be, in one piece."""
        self.send(self.head(answer) + answer.body)

    def head(self, answer: Answer, length: int | None = None) -> bytes:
        """Return status line and headers; `length` is what Content-Length says if it is not the truth."""
        self.status = answer.status
        lines = [
            f"{self.protocol_version} {answer.status} {phrase(answer.status)}",
            f"Date: {self.date(0)}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body) if length is None else length}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def send(self, part: bytes) -> None:
        self.connection.sendall(part)

    def wait(self, seconds: float | None) -> bool:
        """Let time pass, for ever with None. True when the server was stopped meanwhile."""
        return self.server.stopped.wait(seconds)

    def drop(self) -> None:
        """Close the connection after what was sent."""
        self.close_connection = True

    def reset(self) -> None:
        """Close the connection with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close_connection = True

    def date(self, seconds: float) -> str:
        """Return the moment that many seconds from now as HTTP writes it."""
        return format_datetime(self.server.timeline.date(seconds), usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Print nothing: requests are in `Simulator.requests`."""
