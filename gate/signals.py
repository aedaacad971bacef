"""Signals that ask the gate to stop: the first is a message to the wait, a later one ends the process at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from queue import SimpleQueue
from types import FrameType
from typing import Any

from gate.clock import SystemClock
from gate.core.record import record

# SIGBREAK is what Ctrl-Break sends on Windows.
_STOPS = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP", "SIGQUIT")
# Those that whoever starts the gate may have it ignore, as nohup does.
_IGNORABLE = ("SIGHUP", "SIGQUIT")

# Reports are written within two seconds of a signal, or whatever holds them up (a disk, a pipe) is given up.
PATIENCE_S = 1.75

# A process group, a wrapping runner and a terminal may each deliver the same signal: within this many seconds of the
# first, another one is no second request.
REPEAT_S = 2.0


@record
class Interrupt:
    """A signal that asks the gate to stop."""

    signal_number: int


def _stops() -> Iterator[int]:
    """Yield the signals that stop the gate on this system, but for those that are inherited as ignored."""
    for name in _STOPS:
        number = getattr(signal, name, None)
        if number is not None and not (name in _IGNORABLE and signal.getsignal(number) is signal.SIG_IGN):
            yield number


def exit_on_stop() -> None:
    """End the process on a signal other than SIGINT; as process 1 of a container it would not by itself."""
    for number in _stops():
        if number != signal.SIGINT:
            signal.signal(number, lambda number, _: sys.exit(128 + _meant(number)))


def _meant(number: int) -> int:
    """Return the signal that a signal stands for: Ctrl-Break is an interrupt."""
    return int(signal.SIGINT if number == getattr(signal, "SIGBREAK", None) else number)


class Listener:
    """Listens from `listen` on: puts an `Interrupt` into `inbox`, and keeps in `received` that it came.

    `code` is the exit code of an interrupt, where it is not 128 + the signal's number.
    """

    def __init__(self, code: int | None = None) -> None:
        self.inbox: SimpleQueue[Any] = SimpleQueue()
        self.received: Interrupt | None = None
        self._code, self._clock, self._received_at = code, SystemClock(), 0.0

    def listen(self) -> None:
        for number in _stops():
            signal.signal(number, self._note)
        if sys.platform != "win32":
            signal.signal(signal.SIGALRM, lambda *_: self._end())

    def _note(self, number: int, _: FrameType | None) -> None:
        now = self._clock.monotonic()
        if self.received is None:
            self.received, self._received_at = Interrupt(_meant(number)), now
            self.inbox.put(self.received)  # safe in a signal handler, unlike the put() of other queues
            self.end_within(PATIENCE_S)
        elif now - self._received_at >= REPEAT_S:
            self._end()

    def end_within(self, seconds: float) -> None:
        """Where a signal came, end the process in that many seconds, wherever it may be stuck by then."""
        if self.received is not None and sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def _end(self) -> None:
        if self.received is not None:
            os._exit(128 + self.received.signal_number if self._code is None else self._code)
