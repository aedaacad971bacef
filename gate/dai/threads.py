"""Calls that may hang, in threads that may be left behind."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Hashable, Mapping
from queue import Empty, SimpleQueue
from typing import TypeVar

from gate.clock import Clock
from gate.core.answer import Fault, FaultKind

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


# As many calls are under way side by side, at most.
WIDTH = 16


def start(call: Callable[[], T], done: Callable[[T | Fault], None]) -> None:
    """Make a call in a daemon thread; `done` gets what came of it."""
    _start_thread(lambda: done(_attempt(call)))


def _start_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True, name="dai-gate-request").start()


def _attempt(call: Callable[[], T]) -> T | Fault:
    """Return what came of a call; a fault for an exception nobody foresaw: no thread dies without a word."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        text = f"The gate itself failed: {type(error).__name__}: {error}."
        return Fault(FaultKind.INTERNAL, text, trace=traceback.format_exc())


def side_by_side(calls: Mapping[K, Callable[[], T]], clock: Clock, seconds: float) -> dict[K, T | Fault]:
    """Make all calls, some at once, and return what came of those that were answered within that many seconds."""
    todo: SimpleQueue[tuple[K, Callable[[], T]]] = SimpleQueue()
    inbox: SimpleQueue[tuple[K, T | Fault]] = SimpleQueue()

    def work() -> None:
        with contextlib.suppress(Empty):
            while True:
                key, call = todo.get_nowait()
                inbox.put((key, _attempt(call)))

    for each in calls.items():
        todo.put(each)
    for _ in range(min(WIDTH, len(calls))):
        _start_thread(work)
    end = clock.monotonic() + seconds
    outcomes: dict[K, T | Fault] = {}
    while len(outcomes) < len(calls):
        answered = clock.wait(inbox, max(0.0, end - clock.monotonic()))
        if answered is None:
            break
        outcomes[answered[0]] = answered[1]
    return outcomes
