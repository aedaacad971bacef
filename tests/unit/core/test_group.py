"""Runs that are asked about together: how far the question reaches, and what a fault is to all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes import answer, said
from gate.core.answer import Fault, FaultKind
from gate.core.backoff import Exponential, Jitter
from gate.core.group import SLACK, WIDEST, Group
from gate.core.patience import Contact, Limits
from gate.core.pinning import REACH
from gate.core.progress import Reading
from gate.core.run import WatchedRun
from gate.core.targets import ById, ByModel, ModelTarget
from waiting import wait_for

SCHEDULE = Exponential(1, 1, 1, Jitter(0, lambda: 0.5))


def group(*names: str, limit: int = 0) -> Group:
    runs = [WatchedRun(name, "M") for name in names]
    return Group(runs=runs, schedule=SCHEDULE, retries=SCHEDULE, contact=Contact(0.0), limit=limit)


def reading(count: int, **places: int) -> Reading:
    """Return an answer of so many runs, with the named ones at their places."""
    names = {place: name for name, place in places.items()}
    return Reading(tuple(said(names.get(place, f"other{place}"), "Running") for place in range(count)))


def test_the_question() -> None:
    """A placeholder asks for its model's newest, one run for itself, several for their model with some to spare."""
    asking = group("a", "b")
    assert asking.query == ByModel("M", 2 + SLACK)
    assert group("a").query == ById("a")
    asking.limit = 40
    assert asking.query == ByModel("M", 40)
    asking.target = ModelTarget("N", limit=3)
    assert asking.query == ByModel("N", 3 + REACH)


def test_the_limit_reaches_the_oldest_run_with_some_to_spare() -> None:
    """After an answer with every run in it, the next question reaches as far as the last of them and a little more."""
    asking = group("a", "b", limit=100)
    assert not asking.cover(reading(60, a=3, b=30), [])
    assert asking.limit == 31 + SLACK
    assert not asking.cover(reading(0), [])
    assert asking.limit == 1 + SLACK


@pytest.mark.parametrize(
    ("shown", "limit", "wider", "then"),
    [
        (40, 40, True, 80),
        (39, 40, False, 1 + SLACK),
        (WIDEST - 1, WIDEST - 1, True, WIDEST),
        (WIDEST, WIDEST, False, 1 + SLACK),
    ],
)
def test_what_is_missing_is_asked_for_more_widely(shown: int, limit: int, wider: bool, then: int) -> None:
    """Only an answer that is full may have left a run out; twice as many are asked for then, within reason."""
    asking = group("a", limit=limit)
    assert asking.cover(reading(shown, a=0), [WatchedRun("b", "M")]) is wider
    assert asking.limit == then


def test_a_fault_concerns_all_runs_and_is_counted() -> None:
    """Every run remembers the last error; the server's own word keeps contact, and an outage does not."""
    asking, limits = group("a", "b"), Limits(timeout=100, contact_timeout=10, not_found_grace=30, request_timeout=5)

    def fail(kind: FaultKind, now: float) -> Contact:
        asking.fail(Fault(kind, kind.name), now, limits, answered_before=True)
        return replace(asking.contact, fault=None, why="")

    assert fail(FaultKind.CONTACT, 5.0) == Contact(0.0, streak=1, failing_since=5.0, final_at=10.0)
    assert fail(FaultKind.NOT_FOUND, 7.0) == Contact(7.0, None, 2, 5.0, 7.0, 37.0)
    assert fail(FaultKind.NOT_FOUND, 9.0) == Contact(9.0, None, 3, 5.0, 7.0, 37.0)
    assert fail(FaultKind.CONTACT, 11.0) == Contact(9.0, None, 4, 5.0, None, 19.0, _missing_s=2.0)
    assert [run.last_error for run in asking.runs] == ["CONTACT", "CONTACT"]
    assert fail(FaultKind.NOT_FOUND, 40.0) == Contact(40.0, None, 5, 5.0, 40.0, 68.0, _missing_s=2.0)
    asking.contact.recover(12.0)
    assert replace(asking.contact, final_at=0.0, why="") == Contact(12.0)


def test_contact_counts_from_the_servers_last_word() -> None:
    """A server that answers "not found" and then nothing is given the whole contact timeout from there."""
    limits = Limits(timeout=3600, contact_timeout=60, not_found_grace=3000, request_timeout=30)
    missing, lost = Fault(FaultKind.NOT_FOUND, "404"), Fault(FaultKind.CONTACT, "lost")
    waited = wait_for(lambda _, now: missing if now <= 100 else lost, limits=limits)
    said_last = max(moment for moment in waited.line.moments if moment <= 100)
    assert waited.elapsed == said_last + 60


def test_a_run_that_is_asked_for_alone_keeps_its_contact() -> None:
    """What its model does not show is asked for by itself, and is as long without contact as it was before."""
    limits = Limits(timeout=3600, contact_timeout=60, not_found_grace=3000, request_timeout=30)

    def server(query: object, now: float) -> object:
        if isinstance(query, ByModel):
            return answer(said("a", "Running"))
        lost = now > 0 and query == ById("b")
        return Fault(FaultKind.CONTACT, "lost") if lost else answer(said(str(getattr(query, "run_id", "")), "Running"))

    waited = wait_for(server, ["a", "b"], limits=limits)  # type: ignore[arg-type]  # a server of many answers
    assert waited.verdicts == ["timed-out", "unknown"]
    assert 60 <= waited.runs[1].observed_s <= 65
