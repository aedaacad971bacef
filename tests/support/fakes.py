"""A clock whose hours pass in microseconds, and a server that is a function of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TypeVar

from gate.core.answer import Answer, Fault
from gate.core.api import RUN_PROGRESS
from gate.core.polls import Ask
from gate.core.progress import Progress, Reading
from gate.core.targets import Query
from gate.dai.poller import Answered, Message
from gate.signals import Interrupt

T = TypeVar("T")

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock:
    """Moves only when someone waits. The wall clock can be set by itself."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.wall_offset = timedelta(0)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time - 1000.0) + self.wall_offset

    def monotonic(self) -> float:
        return self.time

    def wait(self, inbox: SimpleQueue[T], seconds: float) -> T | None:
        try:
            return inbox.get_nowait()
        except Empty:
            self.time += seconds
            return None


class FakeLine:
    """Answers each request by a function of the query and the moment, `cost_s(query)` seconds after it was sent."""

    def __init__(
        self,
        clock: FakeClock,
        answer: Callable[[Query, float], Answer | Fault],
        *,
        cost_s: Callable[[Query], float] = lambda _: 0.0,
    ) -> None:
        self.clock, self.answer, self.cost_s = clock, answer, cost_s
        self.started = clock.time
        self.polls: list[tuple[float, Query]] = []
        self.signals: list[tuple[float, int]] = []
        self._under_way: list[tuple[float, Ask]] = []

    @property
    def moments(self) -> list[float]:
        """Return when polls were made, in seconds since the start."""
        return [moment for moment, _ in self.polls]

    def send(self, ask: Ask) -> None:
        self.polls.append((self.clock.time - self.started, ask.query))
        self._under_way.append((self.clock.time + self.cost_s(ask.query), ask))

    def receive(self, until: float) -> Message | None:
        signal = min(self.signals, default=None)
        first = min(self._under_way, key=lambda each: each[0], default=None)
        if signal and signal[0] + self.started <= min(until, first[0] if first else until):
            self.clock.time = max(self.clock.time, signal[0] + self.started)
            self.signals.remove(signal)
            return Interrupt(signal[1])
        if first is None or first[0] > until:
            self.clock.time = max(self.clock.time, until)
            return None
        self._under_way.remove(first)
        self.clock.time = max(self.clock.time, first[0])
        return Answered(first[1], self.answer(first[1].query, self.clock.time - self.started))


def said(run_id: str, word: str, **facts: object) -> Progress:
    """Return what a server says of a run of the model Checkout."""
    status = RUN_PROGRESS.status_of(word)
    return Progress(id=run_id, word=word, status=status, **{"model": "Checkout", **facts})  # type: ignore[arg-type]  # facts vary


def answer(*runs: Progress, **facts: object) -> Answer:
    return Answer(Reading(runs), **facts)  # type: ignore[arg-type]  # facts vary
