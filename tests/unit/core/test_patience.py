"""How long a fault may last, where polls are far apart: one odd answer never decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fakes import START, FakeClock, answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.api import RUN_PROGRESS
from gate.core.patience import Limits
from gate.core.progress import Reading, parse
from gate.core.targets import Query
from waiting import wait_for

LOST = Fault(FaultKind.CONTACT, "502")
MISSING = Fault(FaultKind.NOT_FOUND, "404")


def once_in_between(odd: Answer | Fault) -> Callable[[Query, float], Answer | Fault]:
    """Return a server that gives one odd answer after two minutes, long after the polls are half a minute apart."""
    given: list[float] = []

    def server(_: Query, now: float) -> Answer | Fault:
        if now > 120 and not given:
            given.append(now)
            return odd
        return answer(said("r1", "Passed" if now > 400 else "Running"))

    return server


@pytest.mark.parametrize("odd", [MISSING, answer(), LOST])
def test_one_odd_answer_does_not_decide(odd: Answer | Fault) -> None:
    """A single "not found" or 502 is asked again, though the run was last seen longer ago than is borne."""
    limits = Limits(timeout=3600, contact_timeout=20, not_found_grace=20, request_timeout=30)
    assert wait_for(once_in_between(odd), limits=limits).verdicts == ["passed"]


def test_a_run_that_is_missing_after_an_outage_is_given_the_whole_grace() -> None:
    """What a server says while it starts again counts from then, not from before it was away."""

    def server(_: Query, now: float) -> Answer | Fault:
        if 100 < now <= 200:
            return LOST
        return MISSING if 200 < now <= 225 else answer(said("r1", "Passed" if now > 400 else "Running"))

    assert wait_for(server).verdicts == ["passed"]


@pytest.mark.parametrize(("again", "expected"), [(190, "passed"), (250, "unknown")])
def test_an_outage_does_not_count_as_missing(again: float, expected: str) -> None:
    """Of the grace only the time counts in which the server said again and again that the run is unknown."""

    def server(_: Query, now: float) -> Answer | Fault:
        if 60 < now <= 100 or 160 < now <= again:
            return MISSING
        return LOST if 100 < now <= 160 else answer(said("r1", "Passed" if now > 400 else "Running"))

    limits = Limits(timeout=3600, contact_timeout=300, not_found_grace=75, request_timeout=30)
    assert wait_for(server, limits=limits).verdicts == [expected]


def test_a_fault_after_a_long_silence_of_the_gate_is_borne_for_half_the_time() -> None:
    """Where the gate itself did not ask for longer than the contact timeout, half of that is left for retries."""
    limits = Limits(timeout=3600, contact_timeout=20, not_found_grace=20, request_timeout=30)
    waited = wait_for(lambda _, now: LOST if now > 120 else answer(said("r1", "Running")), limits=limits)
    first = next(moment for moment in waited.line.moments if moment > 120)
    assert (waited.verdicts, waited.elapsed) == (["unknown"], first + 10)


def test_complaints_are_few() -> None:
    """However many bad entries an answer has, only the first ten are named, and that there are more."""
    unreadable = parse([1] * 1000, RUN_PROGRESS).unreadable
    assert (len(unreadable), unreadable[-1].why) == (11, "more entries that cannot be read")


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400), timedelta(hours=1), timedelta(hours=-1)])
def test_a_wall_clock_that_jumps_makes_no_absurd_duration(jump: timedelta) -> None:
    """Set forward or back in mid-wait, here or at the server, the clock moves no deadline and no duration."""
    clock = FakeClock()
    wall = START

    def server(_: Query, now: float) -> Answer:
        if now > 100:
            clock.wall_offset = jump
        return Answer(
            Reading((said("r1", "Passed" if now > 400 else "Running", started_at=wall, ended_at=wall + jump),)),
            answered_at=wall + timedelta(seconds=now) + (jump if now > 200 else timedelta(0)),
        )

    waited = wait_for(server, clock=clock)
    (run,) = waited.runs
    assert waited.verdicts == ["passed"]
    assert 400 < run.observed_s == waited.elapsed < 440
    assert run.duration_s is None or run.duration_s >= 0
