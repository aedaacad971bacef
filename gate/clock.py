"""The one seam of time: everything that asks what time it is, or lets time pass, takes a `Clock`."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

T = TypeVar("T")

# On Windows a wait for a queue does not notice Ctrl-C before it ends, so it is cut into pieces.
_LONGEST_WAIT = 0.5 if sys.platform == "win32" else 3600.0


class Clock(Protocol):
    """What the gate needs of time. Tests give it one whose hours pass in microseconds."""

    def now(self) -> datetime:
        """Return the wall clock, in UTC. For people and reports: no decision hangs on it."""
        ...

    def monotonic(self) -> float:
        """Return seconds from some fixed moment, which no setting of the wall clock moves."""
        ...

    def wait(self, inbox: SimpleQueue[T], seconds: float) -> T | None:
        """Let that many seconds pass, or fewer: return the first message that comes, None if none does."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, inbox: SimpleQueue[T], seconds: float) -> T | None:
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            try:
                return inbox.get(timeout=max(0.0, min(left, _LONGEST_WAIT)))
            except Empty:
                if left <= _LONGEST_WAIT:
                    return None
