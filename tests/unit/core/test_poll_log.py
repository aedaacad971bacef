"""The polls that are remembered for the reports."""

from __future__ import annotations

from gate.core.answer import Answer, Fault
from gate.core.poll_log import MOST_POLLS
from gate.core.targets import Query
from gate.core.terms import Limits
from servers import LOST, ends
from waiting import wait_for


def test_of_very_many_polls_the_faults_are_kept() -> None:
    """A wait of days keeps at most two thousand polls, and lets go of good ones first."""
    limits = Limits(timeout=5 * 86400, contact_timeout=300, not_found_grace=30, request_timeout=30)

    def server(query: Query, now: float) -> Answer | Fault:
        return LOST if 400_000 < now < 400_040 else ends("Passed", 10**9)(query, now)

    polls = wait_for(server, limits=limits).snapshot.poll_log
    assert len(polls) <= MOST_POLLS
    assert [poll.fault for poll in polls if poll.fault]
