"""The polls of a wait: those to make now, those under way, and those that are remembered for the reports."""

from __future__ import annotations

from datetime import datetime

from gate.core.events import Event
from gate.core.group import Group
from gate.core.pinning import REACH
from gate.core.record import record
from gate.core.snapshot import Poll
from gate.core.targets import ByModel, Query

# The most polls that are remembered, and the most different texts of faults.
MOST_POLLS, MOST_TEXTS = 2000, 50


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


class Polls:
    """Counts the polls, and keeps which are under way: the group each is about, and whether it asks for history.

    `log` says when the server answered, and what went wrong; of very many polls every other good one is dropped.
    """

    def __init__(self) -> None:
        self.count = 0
        self.log: list[Poll] = []
        self.under_way: dict[int, tuple[Group, bool]] = {}
        self._texts: dict[str, str] = {}

    def ask(self, group: Group, *, asks_history: bool) -> Ask:
        """Return the next poll of a group; one that asks for history reaches beyond its runs."""
        self.count += 1
        self.under_way[self.count] = group, asks_history
        group.in_flight += 1
        wider = ByModel(group.model, len(group.runs) + REACH) if asks_history and group.model is not None else None
        return Ask(number=self.count, query=wider or group.query)

    def take(self, ask: Ask) -> tuple[Group, bool] | None:
        """Return whose poll was answered, and whether it asked for history; None for one answered before."""
        found = self.under_way.pop(ask.number, None)
        if found is not None:
            found[0].in_flight -= 1
        return found

    def remember(self, at: datetime, fault: str | None) -> None:
        if fault is not None:
            is_kept = fault in self._texts or len(self._texts) < MOST_TEXTS
            fault = self._texts.setdefault(fault, fault) if is_kept else "Another error."
        if len(self.log) >= MOST_POLLS:
            self.log = [poll for number, poll in enumerate(self.log) if number % 2 or poll.fault][-MOST_POLLS // 2 :]
        self.log.append(Poll(at, fault))
