"""What a wait asks for: the requests to make now, and the time of the next step."""

from __future__ import annotations

from gate.core.events import Event
from gate.core.record import record
from gate.core.targets import Query


@record(kw_only=True)
class Ask:
    """A request to make now; its answer goes back to `Watch.observe` with it."""

    number: int
    query: Query


@record(kw_only=True)
class Step:
    """What to do: make these requests, and come back when one is answered, or at `wake_at` (monotonic) at the latest.

    `events` are what came of the time that has passed. When `is_over` nothing is left to do: every run has its verdict.
    """

    asks: tuple[Ask, ...] = ()
    wake_at: float = 0.0
    events: tuple[Event, ...] = ()
    is_over: bool = False
