"""Drives the state machine: makes the requests it asks for, lets the time pass that it names, brings it the answers."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from queue import SimpleQueue
from typing import Protocol

from gate.clock import Clock
from gate.core.answer import Answer, Fault
from gate.core.events import Event
from gate.core.polls import Ask
from gate.core.record import record
from gate.core.targets import Query
from gate.core.watch import Watch
from gate.dai.faults import from_exception
from gate.dai.peer import Peer
from gate.dai.threads import start
from gate.signals import Interrupt


@record
class Answered:
    """What came of a request."""

    ask: Ask
    outcome: Answer | Fault


Message = Interrupt | Answered


class Line(Protocol):
    """Where requests go out and messages come in."""

    def send(self, ask: Ask) -> None:
        """Make a request, without waiting for what comes of it."""
        ...

    def receive(self, until: float) -> Message | None:
        """Return the next message; None if there is none before that monotonic moment."""
        ...


def poll(
    watch: Watch,
    line: Line,
    clock: Clock,
    show: Callable[[Iterable[Event]], None],
    *,
    longest_step: float = math.inf,
) -> None:
    """Follow the watch to its end. `show` gets what each step brought, even if only time has passed.

    No step takes longer than `longest_step` seconds.
    """
    while not (step := watch.next(clock.monotonic())).is_over:
        if step.events:
            show(step.events)
        for ask in step.asks:
            line.send(ask)
        match line.receive(min(step.wake_at, clock.monotonic() + longest_step)):
            case Interrupt(signal_number):
                watch.interrupt(signal_number)
            case Answered(ask, outcome):
                show(watch.observe(ask, outcome, now=clock.monotonic(), wall=clock.now()))
            case None:
                show(())
    show(step.events)


class ThreadedLine:
    """Makes requests in threads, at most `width` at a time, each bounded by `request_timeout` seconds.

    A request that hangs where no time limit reaches (a name that does not resolve, headers that drip) is given up and
    its thread left behind: it is a daemon, and its late answer is thrown away. Interrupts come in by `inbox` as well.
    """

    def __init__(
        self,
        request: Callable[[Query], Answer | Fault],
        clock: Clock,
        inbox: SimpleQueue[Message],
        *,
        request_timeout: float,
        url: str,
        width: int = 8,
    ) -> None:
        self._inbox = inbox
        self._request, self._clock, self._width = request, clock, width
        self._request_timeout = request_timeout
        self._url = url
        self._waiting: deque[Ask] = deque()
        self._give_up_at: dict[Ask, float] = {}

    def send(self, ask: Ask) -> None:
        self._waiting.append(ask)
        self._start_waiting()

    def _start_waiting(self) -> None:
        while self._waiting and len(self._give_up_at) < self._width:
            ask = self._waiting.popleft()
            # A little more than the time limit: the request itself should report what is slow, where it can.
            self._give_up_at[ask] = self._clock.monotonic() + self._request_timeout + 0.25
            start(partial(self._request, ask.query), partial(self._answered, ask))

    def _answered(self, ask: Ask, outcome: Answer | Fault) -> None:
        self._inbox.put(Answered(ask, outcome))

    def receive(self, until: float) -> Message | None:
        while True:
            end = min([until, *self._give_up_at.values()])
            message = self._clock.wait(self._inbox, max(0.0, end - self._clock.monotonic()))
            if message is None:
                return self._give_up()
            if isinstance(message, Interrupt):
                return message
            if message.ask in self._give_up_at:
                return self._finish(message)

    def _give_up(self) -> Message | None:
        now = self._clock.monotonic()
        hung = next((ask for ask, moment in self._give_up_at.items() if moment <= now), None)
        return self._finish(Answered(hung, from_exception(TimeoutError(), Peer(self._url)))) if hung else None

    def _finish(self, answered: Answered) -> Message:
        del self._give_up_at[answered.ask]
        self._start_waiting()
        return answered
