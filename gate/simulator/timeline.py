"""The scenario's own time: seconds since its zero, and the moments of the server's clock that they stand for."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from gate.clock import Clock


class Timeline:
    """Zero is when `begin` was first called; until then it is always zero.

    The server's clock is `ahead` seconds ahead of this machine's, and its Date header another `date_ahead`.
    """

    def __init__(self, clock: Clock, ahead: float = 0.0, date_ahead: float = 0.0) -> None:
        self._clock = clock
        self._ahead, self._date_ahead = timedelta(seconds=ahead), timedelta(seconds=date_ahead)
        self._lock = threading.Lock()
        self._zero: tuple[float, datetime] | None = None

    def begin(self) -> None:
        with self._lock:
            if self._zero is None:
                self._zero = (self._clock.monotonic(), self._clock.now())

    def now(self) -> float:
        return self._clock.monotonic() - self._zero[0] if self._zero else 0.0

    def moment(self, seconds: float) -> datetime:
        """Return the server's clock that many seconds after zero, in UTC."""
        zero = self._zero[1] if self._zero else self._clock.now()
        return zero + self._ahead + timedelta(seconds=seconds)

    def date(self, seconds: float) -> datetime:
        """Return the moment of a Date header that many seconds from now, in UTC."""
        return self._clock.now() + self._ahead + self._date_ahead + timedelta(seconds=seconds)
