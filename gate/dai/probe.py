"""Checks each step to a server by itself, for `dai-gate check`: name, connection, TLS, one request.

Each call may raise Unanswered, which `threads` makes the fault that it stands for.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from gate.clock import Clock
from gate.core.answer import Fault
from gate.core.api import RequestSpec
from gate.core.findings import Certificate, Reply
from gate.dai import addresses, faults
from gate.dai.addresses import NoConnectionError, NoNameError
from gate.dai.client import Client
from gate.dai.connection import NoHandshakeError
from gate.dai.peer import Peer
from gate.dai.proxy import Place, Proxy

# A server that does not like the client's certificate says so after its part of the handshake.
_ALERT_S = 0.3


def resolve(place: Place, timeout: float) -> list[str] | Fault:
    """Return the addresses of a name, in the order in which a request tries them."""
    try:
        found = addresses.resolve(place.host, place.port, addresses.deadline_in(timeout))
    except OSError as error:
        return faults.from_exception(error, Peer(f"//{place.host}", place.option))
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def connect(place: Place, timeout: float) -> str | Fault:
    """Open a connection as a request does, and return the address that took it."""
    try:
        with _connect(place, timeout) as taken:
            return str(taken.getpeername()[0])
    except OSError as error:
        return faults.from_exception(error, Peer(f"//{place.host}:{place.port}", place.option))


def _connect(place: Place, timeout: float) -> socket.socket:
    deadline = addresses.deadline_in(timeout)
    return addresses.connect(addresses.resolve(place.host, place.port, deadline), deadline)


def shake_hands(place: Place, context: ssl.SSLContext, timeout: float, proxy: Proxy | None) -> Certificate | Fault:
    """Return what a server shows of itself; `context` verifies it."""
    peer = Peer(str(place), place.option)
    try:
        with _way(place, timeout, proxy) as plain, context.wrap_socket(plain, server_hostname=place.host) as secure:
            shown: dict[str, Any] = secure.getpeercert() or {}
            alternatives = (value for _, value in shown.get("subjectAltName", ()))
            secure.settimeout(min(_ALERT_S, timeout))
            with contextlib.suppress(TimeoutError):
                secure.recv(1)
            return Certificate(
                version=secure.version() or "TLS",
                subject=_name(shown.get("subject", ())) or next(alternatives, "nobody"),
                issuer=_name(shown.get("issuer", ())) or "nobody",
                ends_at=datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC),
            )
    except _TunnelError as error:
        return faults.proxy_failed(error)
    except (NoNameError, NoConnectionError) as error:
        return faults.from_exception(error, peer)
    except TimeoutError:
        return faults.from_exception(NoHandshakeError(), peer)
    except OSError as error:
        return faults.from_exception(error, peer)


class _TunnelError(OSError):
    """The proxy could not be reached, or did not make a way."""


@contextlib.contextmanager
def _way(place: Place, timeout: float, proxy: Proxy | None) -> Iterator[socket.socket]:
    """Give a connection to a server, by CONNECT where a proxy is on the way."""
    if proxy is None:
        with _connect(place, timeout) as direct:
            yield direct
        return
    tunnel = http.client.HTTPConnection(proxy.place.host, proxy.place.port, timeout=timeout)
    tunnel.set_tunnel(place.host, place.port, headers=_proxy_login(proxy))
    try:
        tunnel.connect()
    except (OSError, http.client.HTTPException) as error:
        raise _TunnelError(str(error)) from error
    with tunnel.sock:
        yield tunnel.sock


def _proxy_login(proxy: Proxy) -> dict[str, str]:
    pair = base64.b64encode(f"{proxy.username}:{proxy.password}".encode("latin-1")).decode()
    return {"Proxy-Authorization": f"Basic {pair}"} if proxy.username or proxy.password else {}


def _name(distinguished: Any) -> str:
    """Return what a person calls an authority or a server by, out of a distinguished name."""
    parts = {key: value for step in distinguished for key, value in step}
    names = ("commonName", "organizationName", "organizationalUnitName")
    return ", ".join(dict.fromkeys(parts[name] for name in names if name in parts))


def stated_end(token: str) -> datetime | None:
    """Return when a token says that it ends, if it is a JWT that says so."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        content = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(content["exp"], UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None


def ask(client: Client, spec: RequestSpec, about: str, clock: Clock) -> tuple[Reply, Fault]:
    """Ask `about` a run; return the answer, and the fault that a wait would see in it were it not 200.

    Raises Unanswered where there is no answer.
    """
    sent, began = clock.now(), clock.monotonic()
    with client.send(spec) as response:
        reply = Reply(
            run_id=about,
            status=response.status,
            is_json=response.is_json,
            words=response.words,
            date=response.date,
            sent=sent,
            came=clock.now(),
            took_s=clock.monotonic() - began,
        )
        return reply, client.refusal(response)
