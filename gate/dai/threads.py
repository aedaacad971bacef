"""Calls that may hang, in threads that may be left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from gate.clock import Clock
from gate.core.answer import Fault, FaultKind

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def start(call: Callable[[], T], done: Callable[[T | Fault], None]) -> None:
    """Make a call in a daemon thread; `done` gets what came of it, a fault for an exception that nobody foresaw."""

    def run() -> None:
        try:
            outcome: T | Fault = call()
        except Exception as error:  # noqa: BLE001 - a thread must not die without a word
            outcome = Fault(FaultKind.INTERNAL, f"The gate itself failed: {type(error).__name__}: {error}.")
        done(outcome)

    threading.Thread(target=run, daemon=True, name="dai-gate-request").start()


def side_by_side(calls: Mapping[K, Callable[[], T]], clock: Clock, seconds: float) -> dict[K, T | Fault]:
    """Make all calls at once and return what came of those that were answered within that many seconds."""
    inbox: SimpleQueue[tuple[K, T | Fault]] = SimpleQueue()
    for key, call in calls.items():
        start(call, partial(_put, inbox, key))
    end = clock.monotonic() + seconds
    outcomes: dict[K, T | Fault] = {}
    while len(outcomes) < len(calls):
        answered = clock.wait(inbox, max(0.0, end - clock.monotonic()))
        if answered is None:
            break
        outcomes[answered[0]] = answered[1]
    return outcomes


def _put(inbox: SimpleQueue[tuple[K, T | Fault]], key: K, outcome: T | Fault) -> None:
    inbox.put((key, outcome))
