"""Faults in a wait: retried, given up when contact is lost for too long, final at once where time fixes nothing."""

from __future__ import annotations

import pytest

from fakes import answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.events import (
    PollFailed,
    Recovered,
)
from gate.core.patience import Limits
from gate.core.progress import Reading
from gate.core.targets import ById, Query
from gate.core.verdict import Reason, Verdict
from servers import LOST, NOT_FOUND, REJECTED, UNREADABLE, ends
from waiting import wait_for


def test_faults_are_retried_and_do_not_advance_the_poll_schedule() -> None:
    """A fault is retried after 1, 2, 4 s; the polls go on where they were, and the retries begin anew."""
    faults: dict[int, Fault] = {1: LOST, 2: UNREADABLE, 3: LOST, 6: LOST}
    count = iter(range(100))

    def server(query: Query, now: float) -> Answer | Fault:
        return faults.get(next(count)) or ends("Passed", 20)(query, now)

    waited = wait_for(server)
    assert waited.verdicts == ["passed"]
    assert waited.line.moments == pytest.approx([0, 2, 3, 5, 9, 12, 16.5, 17.5, 24.25])
    assert [event.streak for event in waited.events if isinstance(event, PollFailed)] == [1, 2, 3, 1]
    assert [event.after_s for event in waited.events if isinstance(event, Recovered)] == [7, 1]


@pytest.mark.parametrize(("fault", "reason"), [(LOST, Reason.LOST_CONTACT), (UNREADABLE, Reason.UNREADABLE)])
def test_contact_lost_for_too_long_is_unknown(fault: Fault, reason: Reason) -> None:
    """Without a usable answer for the contact timeout since the last good one, the gate gives up and says why."""

    def server(query: Query, now: float) -> Answer | Fault:
        return fault if now > 50 else ends("Passed", 10**9)(query, now)

    waited = wait_for(server)
    run = waited.runs[0]
    last_good = max(moment for moment in waited.line.moments if moment <= 50)
    assert (run.verdict, run.reason) == ("unknown", reason)
    assert waited.elapsed == pytest.approx(last_good + 300)
    assert fault.text in run.message


def test_retry_after_is_honoured_on_a_fault_and_on_an_answer() -> None:
    """The longer of the own wait and the server's hint is waited."""
    answers: list[Answer | Fault] = [
        Fault(FaultKind.CONTACT, "503", retry_after=40),
        Answer(Reading((said("r1", "Running"),)), retry_after=50),
        answer(said("r1", "Passed")),
    ]
    assert wait_for(lambda *_: answers.pop(0)).line.moments == [0, 40, 90]


def test_an_absurd_retry_after_is_cut_to_five_minutes_and_to_the_deadline() -> None:
    """No hint of the server makes the gate sleep longer than five minutes, or past its deadline."""
    limits = Limits(timeout=500, contact_timeout=1000, not_found_grace=30, request_timeout=30)
    waited = wait_for(lambda *_: Fault(FaultKind.CONTACT, "503", retry_after=1e9), limits=limits)
    assert waited.line.moments == [0, 300, 500]


def test_a_fresh_run_may_be_unknown_for_the_grace() -> None:
    """`not found` just after the start is not final."""

    def server(query: Query, now: float) -> Answer | Fault:
        return NOT_FOUND if now < 20 else ends("Passed", 60)(query, now)

    assert wait_for(server).verdicts == ["passed"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (NOT_FOUND, Reason.NOT_FOUND),
        (REJECTED, Reason.REJECTED),
        (answer(), Reason.NOT_FOUND),
    ],
)
def test_a_run_never_found_is_unknown_after_the_grace(outcome: Answer | Fault, reason: Reason) -> None:
    """After the grace a run that the server does not know, or does not take, is unknown with its own reason."""
    waited = wait_for(lambda *_: outcome)
    assert (waited.runs[0].verdict, waited.runs[0].reason) == ("unknown", reason)
    assert waited.elapsed == 30


def test_a_run_that_vanishes_is_given_the_grace_again() -> None:
    """A run that was seen and is gone ends as not found, the grace after it was last seen."""

    def server(query: Query, now: float) -> Answer | Fault:
        return answer() if now > 100 else ends("Passed", 10**9)(query, now)

    waited = wait_for(server)
    last_seen = max(moment for moment in waited.line.moments if moment <= 100)
    assert waited.runs[0].reason is Reason.NOT_FOUND
    assert last_seen + 30 <= waited.elapsed <= last_seen + 60


def test_a_page_from_a_proxy_is_no_word_of_the_server() -> None:
    """A 404 of something in front is contact lost, also before the server was heard; then it may be a wrong address."""
    page = Fault(FaultKind.NOT_FOUND, "404: an HTML page", "Check --url.", foreign=True)

    def restarting(query: Query, now: float) -> Answer | Fault:
        return page if 50 < now < 200 else ends("Passed", 300)(query, now)

    assert wait_for(restarting).verdicts == ["passed"]
    waited = wait_for(lambda query, now: page if now > 50 else ends("Passed", 300)(query, now))
    (run,) = waited.runs
    assert (run.verdict, run.reason) == (Verdict.UNKNOWN, Reason.LOST_CONTACT)
    assert "Check --url." not in run.message
    waited = wait_for(lambda query, now: page if now < 250 else ends("Passed", 300)(query, now))
    assert waited.verdicts == ["passed"]
    waited = wait_for(lambda *_: page)
    (run,) = waited.runs
    assert (run.verdict, run.reason, waited.elapsed) == (Verdict.UNKNOWN, Reason.LOST_CONTACT, 300)
    assert run.message.endswith("Check --url.")


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.INTERNAL])
def test_what_cannot_change_is_final_at_once(kind: FaultKind) -> None:
    """Refused credentials and a fault of the gate itself end the wait with the first answer."""
    waited = wait_for(lambda *_: Fault(kind, "no", "Do this."))
    assert (waited.runs[0].verdict, waited.elapsed) == (kind.verdict, 0)
    assert waited.runs[0].message == "no Do this."


def test_a_lasting_fault_is_final_before_the_first_good_answer_only() -> None:
    """A refused certificate or a redirect ends the wait at once, unless the server has answered well before."""
    redirect = Fault(FaultKind.CONTACT, "302", lasting=True)
    assert wait_for(lambda *_: redirect).elapsed == 0
    answers: list[Answer | Fault] = [answer(said("r1", "Running")), redirect, answer(said("r1", "Passed"))]
    assert wait_for(lambda *_: answers.pop(0)).verdicts == ["passed"]


def test_a_servers_own_not_found_counts_as_hearing_it() -> None:
    """A proxy's page is contact lost after the server's first word, even if that was "not found"."""
    page = Fault(FaultKind.NOT_FOUND, "404: an HTML page", foreign=True)

    def server(query: Query, now: float) -> Answer | Fault:
        return NOT_FOUND if now < 5 else page if now < 100 else ends("Passed", 150)(query, now)

    assert wait_for(server).verdicts == ["passed"]


def test_one_runs_trouble_is_not_anothers() -> None:
    """Contact is lost for the runs that are asked about together, not for those that are answered."""

    def server(query: Query, now: float) -> Answer | Fault:
        return LOST if query == ById("a") else ends("Passed", 1000)(query, now)

    assert wait_for(server, ["a", "b"]).verdicts == ["unknown", "passed"]
