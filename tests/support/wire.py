"""A server that is a function of the bytes on the wire: what HTTP libraries would not let a test send."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Handle = Callable[[socket.socket], None]


class Wire:
    """Listens on loopback and hands each connection to a function, in a thread of its own; keeps what was asked."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.asked: list[bytes] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._handle(connection)

    def read(self, connection: socket.socket) -> bytes:
        """Return one request, head and body; nothing once the client has closed."""
        request = b""
        while b"\r\n\r\n" not in request:
            piece = connection.recv(65536)
            if not piece:
                return b""
            request += piece
        head, _, body = request.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.asked.append(head + b"\r\n\r\n" + body)
        return self.asked[-1]

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wire(*pieces: bytes | threading.Event) -> Iterator[Wire]:
    """Give a server that reads one request a connection and sends these pieces, waiting for the events between."""

    def handle(connection: socket.socket) -> None:
        server.read(connection)
        for piece in pieces:
            if isinstance(piece, bytes):
                connection.sendall(piece)
            else:
                piece.wait(10)

    server = Wire(handle)
    try:
        yield server
    finally:
        server.close()


def ok(body: bytes, *fields: str) -> bytes:
    """Return an answer of status 200."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
