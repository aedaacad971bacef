"""The polls: numbered, counted, each answered once, and remembered for the reports."""

from __future__ import annotations

import pytest

from gate.core.answer import Answer, Fault
from gate.core.backoff import Exponential, Jitter
from gate.core.group import Group
from gate.core.patience import Contact, Limits
from gate.core.pinning import REACH
from gate.core.polls import MOST_POLLS, Polls
from gate.core.run import WatchedRun
from gate.core.targets import ById, ByModel, Query
from servers import LOST, ends
from waiting import wait_for

SCHEDULE = Exponential(1, 1, 1, Jitter(0, lambda: 0.5))


def group(model: str | None = "M") -> Group:
    return Group(runs=[WatchedRun("a", model)], schedule=SCHEDULE, retries=SCHEDULE, contact=Contact(0.0))


def test_a_poll_is_answered_once() -> None:
    """What was asked is under way until its answer comes; a second answer belongs to nothing."""
    polls, asked = Polls(), group()
    first, second = (polls.ask(asked, asks_history=False) for _ in range(2))
    assert (first.number != second.number, asked.in_flight, len(polls.under_way), polls.count) == (True, 2, 2, 2)
    assert polls.take(first) == (asked, False)
    assert polls.take(first) is None
    assert (asked.in_flight, len(polls.under_way), polls.count) == (1, 1, 2)


@pytest.mark.parametrize(
    ("model", "asks_history", "query"),
    [("M", False, ById("a")), ("M", True, ByModel("M", 1 + REACH)), (None, True, ById("a"))],
)
def test_a_poll_for_history_asks_about_the_model(model: str | None, asks_history: bool, query: Query) -> None:
    """It reaches beyond the runs of the group, as far as their model is known, and is marked as one."""
    polls = Polls()
    ask = polls.ask(asked := group(model), asks_history=asks_history)
    assert (ask.query, polls.take(ask)) == (query, (asked, asks_history))


def test_of_very_many_polls_the_faults_are_kept() -> None:
    """A wait of days keeps at most two thousand polls, and lets go of good ones first."""
    limits = Limits(timeout=5 * 86400, contact_timeout=300, not_found_grace=30, request_timeout=30)

    def server(query: Query, now: float) -> Answer | Fault:
        return LOST if 400_000 < now < 400_040 else ends("Passed", 10**9)(query, now)

    polls = wait_for(server, limits=limits).snapshot.poll_log
    assert len(polls) <= MOST_POLLS
    assert [poll.fault for poll in polls if poll.fault]
