"""The one seam of time: everything that asks what time it is, or lets time pass, takes a `Clock`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the gate needs of time. Tests give it one whose hours pass in microseconds."""

    def now(self) -> datetime:
        """Return the wall clock, in UTC. For people and reports: no decision hangs on it."""
        ...

    def monotonic(self) -> float:
        """Return seconds from some fixed moment, which no setting of the wall clock moves."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
