"""The state machine of a wait, on a clock whose hours pass in microseconds."""

from __future__ import annotations

import random
import signal
from datetime import timedelta
from itertools import pairwise

import pytest

from fakes import START, FakeClock, answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.backoff import Jitter
from gate.core.events import (
    DeadlineReached,
    Polled,
    StatusChanged,
)
from gate.core.patience import Limits
from gate.core.polls import Ask
from gate.core.targets import ById, Query
from servers import ends
from waiting import begin, wait_for


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("Passed", "passed"),
        ("pAsSeD", "passed"),
        ("Failed", "failed"),
        ("Error", "failed"),
        ("Incomplete", "incomplete"),
        ("CANCELLED", "incomplete"),
        ("Aborted", "incomplete"),
        ("Stopped", "incomplete"),
    ],
)
def test_verdict_of_a_status_word(word: str, verdict: str) -> None:
    """Each status word that ends a run has its verdict, whatever its case."""
    assert wait_for(ends(word, 10)).verdicts == [verdict]


def test_the_first_poll_is_at_once_and_intervals_grow_to_the_longest() -> None:
    """Polls come at once, then after 2 s, growing by half each time up to 30 s."""
    moments = wait_for(ends("Passed", 200)).line.moments
    waits = [later - sooner for sooner, later in pairwise(moments)]
    assert moments[0] == 0
    assert waits == pytest.approx([2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30, 30, 30, 30][: len(waits)])


def test_jitter_spreads_each_wait_by_a_tenth() -> None:
    """With the default jitter every wait lies within 10 % of its schedule, and they differ."""
    generator = random.Random(7)
    moments = wait_for(ends("Passed", 600), jitter=Jitter(0.1, generator.random)).line.moments
    waits = [later - sooner for sooner, later in pairwise(moments)]
    plain = [min(30, 2 * 1.5**n) for n in range(len(waits))]
    shares = [wait / own for wait, own in zip(waits, plain, strict=True)]
    assert all(0.9 <= share <= 1.1 for share in shares)
    assert len(set(shares)) == len(shares)


def test_an_hour_passes_and_the_last_poll_is_at_the_deadline() -> None:
    """A run that never ends is timed out after one last poll exactly at the deadline."""
    waited = wait_for(ends("Passed", 10**9))
    assert waited.verdicts == ["timed-out"]
    assert waited.line.moments[-1] == 3600
    assert waited.elapsed == 3600
    assert "still Running" in waited.runs[0].message


def test_a_run_that_ends_just_before_the_deadline_has_passed() -> None:
    """The last poll sees what happened since the one before it."""
    assert wait_for(ends("Passed", 3599.99)).verdicts == ["passed"]


def test_the_wall_clock_set_back_an_hour_changes_nothing() -> None:
    """Deadlines and waits hang on the monotonic clock alone."""
    clock = FakeClock()

    def server(query: Query, now: float) -> Answer:
        clock.wall_offset = timedelta(hours=-1 if now > 100 else 0)
        return ends("Passed", 10**9)(query, now)  # type: ignore[return-value]  # this one gives answers only

    waited = wait_for(server, clock=clock)
    assert (waited.verdicts, waited.elapsed) == (["timed-out"], 3600)


def test_a_slow_server_at_the_deadline_is_waited_for_as_long_as_one_request() -> None:
    """The whole wait never exceeds the timeout plus one bounded request."""
    limits = Limits(timeout=100, contact_timeout=300, not_found_grace=30, request_timeout=30)
    waited = wait_for(ends("Passed", 100), limits=limits, cost_s=29)
    assert waited.verdicts == ["passed"]
    assert waited.elapsed <= 130
    assert [event for event in waited.events if isinstance(event, DeadlineReached)] == [DeadlineReached(100)]


def test_a_hung_last_poll_ends_with_the_request_timeout() -> None:
    """A last poll that never comes back ends the wait all the same."""
    limits = Limits(timeout=100, contact_timeout=300, not_found_grace=30, request_timeout=30)
    waited = wait_for(ends("Passed", 0), limits=limits, cost_s=10**6)
    assert (waited.verdicts, waited.elapsed) == (["timed-out"], 130)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait(number: int) -> None:
    """After a signal every open run is interrupted, and so is the wait, whatever had ended before."""

    def server(query: Query, now: float) -> Answer | Fault:
        assert isinstance(query, ById)
        return ends("Failed", 0 if query.run_id == "r1" else 10**9)(query, now)

    waited = wait_for(server, ["r1", "r2"], signals=[(33, number)])
    assert waited.verdicts == ["failed", "interrupted"]
    assert (waited.snapshot.verdict, waited.snapshot.signal_number, waited.elapsed) == ("interrupted", number, 33)


def test_a_fault_of_the_gate_closes_what_is_open() -> None:
    """An exception nobody foresaw leaves no run without a verdict."""
    waited = wait_for(ends("Passed", 0))
    waited.watch.fail(FaultKind.INTERNAL, "bug", waited.clock.time)
    assert waited.verdicts == ["passed"]
    with pytest.raises(ZeroDivisionError):
        wait_for(lambda *_: 1 / 0)  # type: ignore[arg-type]  # the fault to be seen


def test_events_hold_what_changed() -> None:
    """A status is reported when it is first seen and when it changes, and so is each poll."""
    events = wait_for(ends("Passed", 10)).events
    assert [event.word for event in events if isinstance(event, StatusChanged)] == ["Running", "Passed"]
    assert len([event for event in events if isinstance(event, Polled)]) >= 4


def test_the_last_poll_is_sent_while_another_is_under_way() -> None:
    """At the deadline a run is asked about once more, though an answer is still on its way; both are taken in."""
    limits = Limits(timeout=15, contact_timeout=300, not_found_grace=30, request_timeout=30)
    waited = wait_for(ends("Passed", 20), limits=limits, cost_s=10)
    assert waited.line.moments == [0, 12, 15]
    assert waited.verdicts == ["passed"]
    assert waited.elapsed == 22


def test_a_late_answer_about_an_ended_run_changes_nothing() -> None:
    """What comes after a run has its verdict is thrown away, and so is an answer that was not asked for."""
    watch = begin("r1")
    (first,) = watch.next(1000).asks
    (second,) = watch.next(1000 + 3600).asks
    assert watch.observe(first, answer(said("r1", "Passed")), now=4601, wall=START)
    for late in (first, second, Ask(number=99, query=ById("r1"))):
        assert watch.observe(late, answer(said("r1", "Failed")), now=4602, wall=START) == []
    assert [run.verdict for run in watch.snapshot(4602).runs] == ["passed"]
