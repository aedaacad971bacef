"""Signals that ask the gate to stop: the first is a message to the wait, a second ends the process at once."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from queue import SimpleQueue
from types import FrameType
from typing import Any

# SIGBREAK is what Ctrl-Break sends on Windows.
_STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))


# Reports are written within two seconds of a signal, or whatever holds them up (a disk, a pipe) is left alone.
PATIENCE_S = 1.75


@dataclass(frozen=True)
class Interrupt:
    """A signal that asks the gate to stop: SIGINT or SIGTERM."""

    signal_number: int


def exit_on_terminate() -> None:
    """End the process on SIGTERM; as process 1 of a container it would not by itself."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


class Listener:
    """Listens from `listen` on: puts an `Interrupt` into `inbox`, and keeps in `received` that it came."""

    def __init__(self) -> None:
        self.inbox: SimpleQueue[Any] = SimpleQueue()
        self.received: Interrupt | None = None

    def listen(self) -> None:
        for number in _STOPS:
            signal.signal(number, self._note)
        if sys.platform != "win32":
            signal.signal(signal.SIGALRM, lambda *_: self._end())

    def _note(self, number: int, _: FrameType | None) -> None:
        interrupt = Interrupt(int(signal.SIGTERM if number == signal.SIGTERM else signal.SIGINT))
        if self.received is not None:
            os._exit(128 + interrupt.signal_number)
        self.received = interrupt
        self.inbox.put(interrupt)  # safe in a signal handler, unlike the put() of other queues
        self.end_within(PATIENCE_S)

    def end_within(self, seconds: float) -> None:
        """Where a signal came, end the process in that many seconds, wherever it may be stuck by then."""
        if self.received is not None and sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def _end(self) -> None:
        if self.received is not None:
            os._exit(128 + self.received.signal_number)
