"""What a machine does to a wait, and a server does not: threads that are refused, names with a dead address."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any

DEAD_FIRST = "dead-first.test"
REFUSED_FIRST = "refused-first.test"

_DEAD, _REFUSED = "127.0.0.2", "127.0.0.3"
_refusing = threading.local()
_resolve = socket.getaddrinfo
_start = threading.Thread.start


def _getaddrinfo(host: Any, *arguments: Any, **keywords: Any) -> Any:
    first = {DEAD_FIRST: _DEAD, REFUSED_FIRST: _REFUSED}.get(host)
    if first is None:
        return _resolve(host, *arguments, **keywords)
    return [found for each in (first, "127.0.0.1") for found in _resolve(each, *arguments, **keywords)]


def _start_or_refuse(thread: threading.Thread) -> None:
    chance: random.Random | None = getattr(_refusing, "chance", None)
    if chance and chance.random() < _refusing.share:
        raise RuntimeError("can't start new thread")  # the words of CPython
    _start(thread)


def install() -> None:
    """Make this process resolve the two names, and refuse threads where a wait asks for that."""
    socket.getaddrinfo = _getaddrinfo
    threading.Thread.start = _start_or_refuse  # type: ignore[method-assign, assignment]  # for the whole process


@contextlib.contextmanager
def refused_threads(seed: str, share: float) -> Iterator[None]:
    """Refuse this thread a share of the threads that it starts."""
    _refusing.chance, _refusing.share = random.Random(seed), share
    try:
        yield
    finally:
        _refusing.chance = None


@contextlib.contextmanager
def dead_address(port: int) -> Iterator[None]:
    """Listen on the dead address without ever accepting: its queue is full, and further connections hang."""
    with contextlib.ExitStack() as sockets:
        deaf = sockets.enter_context(socket.socket())
        deaf.bind((_DEAD, port))
        deaf.listen(0)
        for _ in range(2):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((_DEAD, port))
        yield
