"""Sends a request of `requests` over a connection of our own, with one TLS context."""

from __future__ import annotations

import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from gate.dai.connection import PlainConnection, TlsConnection


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = TlsConnection


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
