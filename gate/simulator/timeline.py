"""The scenario's own time: seconds since its zero, and the moments of the world that they stand for."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gate.clock import Clock


class Timeline:
    """Zero is when `begin` was first called; until then it is always zero."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._zero: tuple[float, datetime] | None = None

    def begin(self) -> None:
        with self._lock:
            if self._zero is None:
                self._zero = (self._clock.monotonic(), self._clock.now())

    def now(self) -> float:
        return self._clock.monotonic() - self._zero[0] if self._zero else 0.0

    def moment(self, seconds: float) -> datetime:
        """Return the wall clock of that many seconds after zero, in UTC."""
        zero = self._zero[1] if self._zero else self._clock.now()
        return zero + timedelta(seconds=seconds)
