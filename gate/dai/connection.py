"""One connection for one request, with a deadline for every step."""

from __future__ import annotations

import http
import http.client
import io
import socket
from functools import partial
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from gate.dai.addresses import NoConnectionError, NoNameError, connect, deadline_in, resolve, time_left

# A server sends one or two interim answers (100, 102, 103) before the final one.
_MOST_INTERIM = 20


class NoHandshakeError(TimeoutError):
    """TLS was not agreed upon in time."""


class _Reading(io.RawIOBase):
    """Reads from a socket until a deadline: a time limit for each piece alone would let the pieces drip for ever."""

    def __init__(self, stream: io.RawIOBase, connection: socket.socket, deadline: float) -> None:
        self._stream, self._connection, self._deadline = stream, connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(time_left(self._deadline))
        count: int | None = self._stream.readinto(buffer)
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """The final answer: interim ones (100, 102, 103) are skipped; the library itself knows only 100."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Reading(self.fp.detach(), sock, deadline))

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # it has no public name
            if not 100 <= status < 200 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException(f"more than {_MOST_INTERIM} interim answers")


class _Bounded(HTTPConnection):
    """Connects, asks and reads within its `timeout`, all together."""

    def connect(self) -> None:
        self._deadline = deadline_in(float(self.timeout or 0))
        self.response_class = partial(_Response, deadline=self._deadline)  # type: ignore[assignment]  # it is called
        super().connect()

    def _new_conn(self) -> socket.socket:
        addresses = resolve(self._dns_host, self.port, self._deadline)
        return connect(addresses, self._deadline, self.socket_options or ())


class PlainConnection(_Bounded):
    """Over plain http."""


class TlsConnection(_Bounded, HTTPSConnection):
    """Over TLS."""

    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError as error:
            if self.proxy or isinstance(error, NoNameError | NoConnectionError):
                raise
            raise NoHandshakeError from error
