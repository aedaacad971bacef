"""A whole wait on the fake clock: what a test says is the server and the limits; the rest is the product's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fakes import FakeClock, FakeLine
from gate.core.answer import Answer, Fault
from gate.core.api import RUN_PROGRESS, Api
from gate.core.backoff import Exponential, Jitter
from gate.core.events import Event
from gate.core.patience import Limits
from gate.core.schedule import Pace, Plan
from gate.core.snapshot import RunSnapshot, Snapshot
from gate.core.targets import ModelTarget, Query, Targets
from gate.core.verdict import Rules
from gate.core.watch import Watch
from gate.dai.poller import poll

STEADY = Jitter(0.0, lambda: 0.5)
LIMITS = Limits(timeout=3600, contact_timeout=300, not_found_grace=30, request_timeout=30)


@dataclass
class Waited:
    """What came of a wait."""

    watch: Watch
    line: FakeLine
    clock: FakeClock
    events: list[Event] = field(default_factory=list)

    @property
    def elapsed(self) -> float:
        return self.clock.time - self.line.started

    @property
    def snapshot(self) -> Snapshot:
        return self.watch.snapshot(self.clock.time)

    @property
    def runs(self) -> tuple[RunSnapshot, ...]:
        return self.snapshot.runs

    @property
    def verdicts(self) -> list[str]:
        return [str(run.verdict) for run in self.runs]


def begin(
    *run_ids: str,
    models: Sequence[ModelTarget] = (),
    limits: Limits = LIMITS,
    rules: Rules | None = None,
    jitter: Jitter = STEADY,
    learned: bool = False,
    history: bool = False,
    api: Api = RUN_PROGRESS,
    started: float = 1000.0,
) -> Watch:
    """Return a watch with the default schedule: 2 s, growing by 1.5, at most 30 s."""

    def exponential() -> Exponential:
        return Exponential(2, 30, 1.5, jitter)

    pace = Pace(
        make_schedule=exponential,
        make_retries=lambda: Exponential(1, 30, 2, jitter),
        plan=(lambda forecast: Plan.make(forecast, exponential(), 120, 1.0)) if learned else None,
        history=history,
    )
    return Watch(Targets(run_ids, tuple(models)), limits, pace, started=started, rules=rules, api=api)


def wait_for(
    server: Callable[[Query, float], Answer | Fault],
    run_ids: Sequence[str] = ("r1",),
    *,
    models: Sequence[ModelTarget] = (),
    limits: Limits | None = None,
    rules: Rules | None = None,
    jitter: Jitter = STEADY,
    cost_s: float | Callable[[Query], float] = 0.0,
    signals: Sequence[tuple[float, int]] = (),
    clock: FakeClock | None = None,
    learned: bool = False,
    history: bool = False,
    api: Api = RUN_PROGRESS,
) -> Waited:
    """Wait with the default schedule for what `server(query, seconds)` answers."""
    clock = clock or FakeClock()
    line = FakeLine(clock, server, cost_s=cost_s if callable(cost_s) else lambda _: cost_s)
    line.signals = list(signals)
    watch = begin(
        *run_ids,
        models=models,
        limits=limits or LIMITS,
        rules=rules,
        jitter=jitter,
        learned=learned,
        history=history,
        api=api,
        started=clock.time,
    )
    waited = Waited(watch, line, clock)
    poll(watch, line, clock, waited.events.extend)
    return waited
