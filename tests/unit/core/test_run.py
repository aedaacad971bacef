"""How one run is followed: unrecognised status words, and an end with the wrong offset."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from fakes import START, answer, said
from gate.core.answer import Answer, Fault
from gate.core.events import StatusChanged
from gate.core.patience import Limits
from gate.core.progress import Reading, Unreadable
from gate.core.run import WatchedRun
from gate.core.targets import Query
from gate.core.verdict import Reason
from servers import ends
from waiting import wait_for


def test_a_status_nobody_knows_ends_after_the_contact_timeout() -> None:
    """A run that stands at an unknown word is unknown when that has lasted for the contact timeout."""
    waited = wait_for(ends("Zombie", 10))
    run = waited.runs[0]
    assert (run.verdict, run.reason) == ("unknown", Reason.UNRECOGNISED_STATUS)
    assert 300 <= waited.elapsed <= 350


def test_a_status_nobody_knows_is_no_end() -> None:
    """A run that is given up while it goes from one unknown word to another has not ended for all that is seen."""
    waited = wait_for(lambda _, now: answer(said("r1", "Zombie" if now < 300 else "Ghoul")))
    changes = [event for event in waited.events if isinstance(event, StatusChanged)]
    assert [(change.word, change.has_ended) for change in changes] == [("Zombie", False), ("Ghoul", False)]
    assert waited.runs[0].reason is Reason.UNRECOGNISED_STATUS


def test_a_status_nobody_knows_may_be_left_again() -> None:
    """A run that leaves an unknown word for a known one is followed to its end."""

    def server(query: Query, now: float) -> Answer | Fault:
        return answer(said("r1", "Zombie" if 10 < now < 250 else "Running" if now < 600 else "Passed"))

    assert wait_for(server).verdicts == ["passed"]


@pytest.mark.parametrize("word", ["Passed", "Failed", "Incomplete"])
def test_an_end_counts_however_long_the_status_was_unknown(word: str) -> None:
    """A run that ends with a known word has that verdict, even if the contact timeout has passed."""
    waited = wait_for(lambda _, now: answer(said("r1", "Zombie" if now < 300 else word)))
    assert (waited.verdicts, waited.runs[0].message) == ([word.lower()], f"The server says {word}.")


def test_a_run_that_was_given_up_keeps_its_age() -> None:
    """A run that started an hour before the wait and is still running at the timeout is an hour and that old."""

    def server(query: Query, now: float) -> Answer | Fault:
        began, later = START - timedelta(hours=1), START + timedelta(seconds=now)
        return answer(said("r1", "Running", started_at=began), answered_at=later)

    (run,) = wait_for(
        server, limits=Limits(timeout=100, contact_timeout=300, not_found_grace=30, request_timeout=30)
    ).runs
    assert run.verdict == "timed-out"
    assert run.age_s == pytest.approx(3700)
    assert run.observed_s == pytest.approx(100)


def test_a_run_does_not_become_younger() -> None:
    """A Date that is cut to whole seconds takes nothing off a run's age; a clock that is set back does."""
    run, began = WatchedRun(run_id="r1"), START
    ages = []
    for now, date in [(0.9, 0), (1.0, 1), (1.9, 1), (2.4, 2), (3.0, -60)]:
        said_now = said("r1", "Running", started_at=began)
        run.learn(said_now, now=now, wall=START, answered_at=began + timedelta(seconds=date), patience_s=300)
        ages.append(run.age_s(now))
    assert ages == pytest.approx([0, 1, 1.9, 2.4, 0])


def test_a_run_is_observed_from_when_it_was_first_seen() -> None:
    """Of a run that appears late only the time since counts; of one that never does, the whole wait."""

    def server(query: Query, now: float) -> Answer | Fault:
        return answer(said("r1", "Running")) if now >= 20 else answer()

    limits = Limits(timeout=100, contact_timeout=300, not_found_grace=50, request_timeout=30)
    waited = wait_for(server, limits=limits)
    assert waited.runs[0].verdict == "timed-out"
    assert 60 <= waited.runs[0].observed_s <= 80 < waited.elapsed
    (unseen,) = wait_for(lambda *_: answer(), limits=limits).runs
    assert unseen.observed_s >= 50


def test_an_unknown_status_with_an_end_time_is_final() -> None:
    """A run that has ended with a word nobody knows is unknown at once."""
    waited = wait_for(lambda *_: answer(said("r1", "Exploded", ended_at=START)))
    assert (waited.runs[0].reason, waited.elapsed) == (Reason.UNRECOGNISED_STATUS, 0)


@pytest.mark.parametrize(
    "reading",
    [
        Reading((said("other", "Passed"),)),
        Reading((said("r1", "Passed"), said("r1", "Failed"))),
        Reading((), (Unreadable(why="a run without an id"),)),
    ],
)
def test_an_answer_without_the_run_is_unreadable(reading: Reading) -> None:
    """Another run's pass, a contradiction and an entry without an id are no answer."""
    waited = wait_for(lambda *_: Answer(reading))
    assert (waited.runs[0].verdict, waited.runs[0].reason) == ("unknown", Reason.UNREADABLE)


def test_an_end_with_the_wrong_offset_is_repaired_by_what_was_seen() -> None:
    """A run that was seen running after the end it claims ended an hour later than it says."""
    end = START + timedelta(seconds=6990)

    def server(query: Query, now: float) -> Answer:
        over = now >= 6990
        lie = end.replace(tzinfo=timezone(timedelta(hours=1))) if over else None
        run = said("r1", "Passed" if over else "Running", model=None, started_at=START, ended_at=lie)
        return Answer(Reading((run,)), answered_at=START + timedelta(seconds=now))

    limits = Limits(timeout=9000, contact_timeout=300, not_found_grace=30, request_timeout=30)
    assert wait_for(server, limits=limits).runs[0].duration_s == 6990
