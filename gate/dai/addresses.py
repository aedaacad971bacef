"""Finds a host: its addresses, and a connection to the first of them that answers, both before a deadline."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any

from gate.clock import SystemClock
from gate.core.answer import Fault
from gate.core.duration import format_duration
from gate.dai import threads
from gate.dai.peer import Unanswered
from gate.dai.proxy import as_ip

# Sockets live in real time, whatever clock the caller has.
_CLOCK = SystemClock()

# The next address is tried when the one before has not answered for so long (RFC 8305, section 5).
NEXT_ADDRESS_S = 0.25

Address = tuple[Any, ...]


class NoNameError(TimeoutError):
    """The name server did not answer in time."""


class NoConnectionError(TimeoutError):
    """No address took the connection in time."""


def deadline_in(seconds: float) -> float:
    """Return the monotonic moment in that many seconds."""
    return _CLOCK.monotonic() + seconds


def time_left(deadline: float) -> float:
    """Return the seconds to a monotonic moment. Raises TimeoutError once it has passed."""
    left = deadline - _CLOCK.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def resolve(host: str, port: int, deadline: float) -> list[Address]:
    """Return the addresses of a name, as `socket.getaddrinfo` does.

    Raises socket.gaierror for a name without any, NoNameError where the name server gives no answer until `deadline`
    (monotonic seconds), and Unanswered where the system gives no thread to ask in.
    """
    look_up, seconds = partial(_look_up, host, port), max(0.0, deadline - _CLOCK.monotonic())
    inbox: SimpleQueue[list[Address] | socket.gaierror | Fault] = SimpleQueue()
    if as_ip(host):
        inbox.put(look_up())
    else:
        threads.start(look_up, inbox.put)  # no time limit reaches into the name server's client
    match _CLOCK.wait(inbox, seconds):
        case Fault() as fault:
            raise Unanswered(fault)
        case socket.gaierror() as error:
            raise error
        case None:
            raise NoNameError(f"No answer within {format_duration(seconds)} (--request-timeout)")
        case found:
            return found


def _look_up(host: str, port: int) -> list[Address] | socket.gaierror:
    try:
        return [*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except UnicodeError:
        return socket.gaierror(socket.EAI_NONAME, "it is not a valid host name")
    except socket.gaierror as error:
        return error


def connect(
    addresses: Sequence[Address], deadline: float, options: Iterable[tuple[int, int, int | bytes]] = ()
) -> socket.socket:
    """Return a connection to the first address that takes one.

    A dead address does not use up the time of the others: the next is tried beside it after `NEXT_ADDRESS_S`, or at
    once where the one before refuses ("Happy Eyeballs", RFC 8305). Raises NoConnectionError at `deadline`, else the
    OSError of an address.
    """
    todo, errors = deque(addresses), list[OSError]()
    winner: socket.socket | None = None
    with selectors.DefaultSelector() as pending:
        try:
            next_at = _CLOCK.monotonic()
            while winner is None and (todo or pending.get_map()):
                now = _CLOCK.monotonic()
                if now >= deadline:
                    raise NoConnectionError
                if todo and (now >= next_at or not pending.get_map()):
                    try:
                        pending.register(_begin(todo.popleft(), options), selectors.EVENT_WRITE)
                    except OSError as error:
                        errors.append(error)
                    next_at = now + NEXT_ADDRESS_S
                    continue
                until = min(next_at, deadline) if todo else deadline
                winner = _first_ready(pending, until - now, errors)
        finally:
            for key in list(pending.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]  # they are sockets
    if winner is None:
        raise next((each for each in errors if isinstance(each, ConnectionRefusedError)), errors[0])
    winner.settimeout(max(deadline - _CLOCK.monotonic(), 0.001))
    return winner


def _begin(address: Address, options: Iterable[tuple[int, int, int | bytes]]) -> socket.socket:
    """Start to connect to an address, without waiting for it. Raises OSError where it refuses at once."""
    family, kind, protocol, _, where = address
    connection = socket.socket(family, kind, protocol)  # fails where this system has no IPv6, or no descriptor left
    try:
        for option in options:
            connection.setsockopt(*option)
        connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            connection.connect(where)
    except OSError:
        connection.close()
        raise
    return connection


def _first_ready(pending: selectors.BaseSelector, seconds: float, errors: list[OSError]) -> socket.socket | None:
    """Wait for the connections that are on their way; return the first that stands, and drop those that failed."""
    for key, _ in pending.select(max(0.0, seconds)):
        connection = key.fileobj
        assert isinstance(connection, socket.socket)  # noqa: S101 - nothing else is registered
        pending.unregister(connection)
        if not (code := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
            return connection
        connection.close()
        errors.append(OSError(code, os.strerror(code)))
    return None
