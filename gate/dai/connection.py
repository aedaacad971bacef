"""One connection for one request, with a deadline for every step and one TLS context, as `requests` takes it."""

from __future__ import annotations

import http
import http.client
import io
import socket
import ssl
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.poolmanager import PoolManager

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


class _PlainConnection(HTTPConnection):
    """Connects, asks and reads within its `timeout`, all together."""

    def connect(self) -> None:
        self._deadline = deadline_in(float(self.timeout or 0))
        self.response_class = partial(_Response, deadline=self._deadline)  # type: ignore[assignment]  # it is called
        super().connect()

    def _new_conn(self) -> socket.socket:
        addresses = resolve(self._dns_host, self.port, self._deadline)
        return connect(addresses, self._deadline, self.socket_options or ())


class _TlsConnection(_PlainConnection, HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError as error:
            if self.proxy or isinstance(error, NoNameError | NoConnectionError):
                raise
            raise NoHandshakeError from error


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _with_own_connections(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
    return manager


class Adapter(HTTPAdapter):
    """Makes one request. `tls` is complete: `requests` adds no authorities of its own to it."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls: dict[str, Any] = {} if tls is None else {"ssl_context": tls}
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs, **self._tls)
        _with_own_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        tls = {**self._tls, "proxy_ssl_context": self._tls["ssl_context"]} if self._tls else {}
        return _with_own_connections(super().proxy_manager_for(proxy, **kwargs, **tls))

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection as it is: without this, everything that certifi trusts would be trusted too."""
