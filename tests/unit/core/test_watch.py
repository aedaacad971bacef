"""The state machine of a wait, on a clock whose hours pass in microseconds."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from datetime import timedelta, timezone
from itertools import pairwise

import pytest

from fakes import START, FakeClock, answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.backoff import Jitter
from gate.core.events import (
    HistoryLearned,
    HistoryUnknown,
    Pinned,
    Polled,
    PollFailed,
    Recovered,
    SlowRun,
    StatusChanged,
)
from gate.core.poll_log import MOST_POLLS
from gate.core.progress import Reading, Unreadable
from gate.core.run import WatchedRun
from gate.core.step import Ask
from gate.core.targets import ById, ByModel, ModelTarget, Query
from gate.core.terms import Limits, Rules
from gate.core.verdict import Reason, Require, Verdict
from waiting import begin, wait_for

LOST = Fault(FaultKind.CONTACT, "refused")
UNREADABLE = Fault(FaultKind.UNREADABLE, "no JSON")
NOT_FOUND = Fault(FaultKind.NOT_FOUND, "404")
REJECTED = Fault(FaultKind.REJECTED, "400")


def ends(word: str, at: float) -> Callable[[Query, float], Answer | Fault]:
    """Return a server whose runs are Running until `at` seconds, then `word`."""

    def server(query: Query, now: float) -> Answer:
        assert isinstance(query, ById)
        return answer(said(query.run_id, word if now >= at else "Running"))

    return server


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


def test_a_hung_last_poll_ends_with_the_request_timeout() -> None:
    """A last poll that never comes back ends the wait all the same."""
    limits = Limits(timeout=100, contact_timeout=300, not_found_grace=30, request_timeout=30)
    waited = wait_for(ends("Passed", 0), limits=limits, cost_s=10**6)
    assert (waited.verdicts, waited.elapsed) == (["timed-out"], 130)


def test_faults_are_retried_and_do_not_advance_the_poll_schedule() -> None:
    """A fault is retried after 1, 2, 4 s; the polls go on where they were, and the retries begin anew."""
    faults: dict[int, Fault] = {1: LOST, 2: UNREADABLE, 3: LOST}
    count = iter(range(100))

    def server(query: Query, now: float) -> Answer | Fault:
        return faults.get(next(count)) or ends("Passed", 20)(query, now)

    waited = wait_for(server)
    assert waited.verdicts == ["passed"]
    assert waited.line.moments == pytest.approx([0, 2, 3, 5, 9, 12, 16.5, 23.25])
    assert [event.streak for event in waited.events if isinstance(event, PollFailed)] == [1, 2, 3]
    assert [event.after_s for event in waited.events if isinstance(event, Recovered)] == [7]


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
    """A 404 of something in front is contact lost, once the server was heard; before that it may be a wrong address."""
    page = Fault(FaultKind.NOT_FOUND, "404: an HTML page", "Check --url.", foreign=True)

    def restarting(query: Query, now: float) -> Answer | Fault:
        return page if 50 < now < 200 else ends("Passed", 300)(query, now)

    assert wait_for(restarting).verdicts == ["passed"]
    waited = wait_for(lambda query, now: page if now > 50 else ends("Passed", 300)(query, now))
    (run,) = waited.runs
    assert (run.verdict, run.reason) == (Verdict.UNKNOWN, Reason.LOST_CONTACT)
    (run,) = wait_for(lambda *_: page).runs
    assert (run.verdict, run.reason) == (Verdict.UNKNOWN, Reason.NOT_FOUND)


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.INTERNAL])
def test_what_cannot_mend_is_final_at_once(kind: FaultKind) -> None:
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


def test_a_status_nobody_knows_ends_after_the_contact_timeout() -> None:
    """A run that stands at an unknown word is unknown when that has lasted for the contact timeout."""
    waited = wait_for(ends("Zombie", 10))
    run = waited.runs[0]
    assert (run.verdict, run.reason) == ("unknown", Reason.UNRECOGNISED_STATUS)
    assert 300 <= waited.elapsed <= 350


def test_a_status_nobody_knows_may_be_left_again() -> None:
    """A run that leaves an unknown word for a known one is followed to its end."""

    def server(query: Query, now: float) -> Answer | Fault:
        return answer(said("r1", "Zombie" if 10 < now < 250 else "Running" if now < 600 else "Passed"))

    assert wait_for(server).verdicts == ["passed"]


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait(number: int) -> None:
    """After a signal every open run is interrupted, and so is the wait, whatever had ended before."""

    def server(query: Query, now: float) -> Answer | Fault:
        assert isinstance(query, ById)
        return ends("Failed", 0 if query.run_id == "r1" else 10**9)(query, now)

    waited = wait_for(server, ["r1", "r2"], signals=[(33, number)])
    assert waited.verdicts == ["failed", "interrupted"]
    assert (waited.snapshot.verdict, waited.snapshot.signal_number, waited.elapsed) == ("interrupted", number, 33)


def by_id(ends_at: dict[str, tuple[str, float]]) -> Callable[[Query, float], Answer]:
    """Return a server of runs of Checkout that end as given; asked for the model, it shows all, newest first."""

    def server(query: Query, now: float) -> Answer:
        runs = [
            said(run_id, word if now >= at else "Running", started_at=START + timedelta(seconds=number))
            for number, (run_id, (word, at)) in enumerate(ends_at.items())
        ]
        if isinstance(query, ById):
            return answer(*(run for run in runs if run.id == query.run_id))
        return answer(*reversed(runs[-query.limit :]))

    return server


def test_runs_of_one_model_share_a_request() -> None:
    """After the first poll, three runs of a model cost one request a tick."""
    waited = wait_for(by_id({"a": ("Passed", 100), "b": ("Passed", 50), "c": ("Passed", 80)}), ["a", "b", "c"])
    assert waited.verdicts == ["passed"] * 3
    later = [query for moment, query in waited.line.polls if moment > 0]
    assert all(isinstance(query, ByModel) for query in later[:-1])
    assert len({moment for moment, _ in waited.line.polls if moment > 0}) == len(later)


def test_a_run_that_falls_out_of_its_models_answer_is_found_again() -> None:
    """When newer runs push a watched one out of the limit, a wider question finds it, and it is followed to its end."""
    history: dict[str, tuple[str, float]] = {"a": ("Passed", 300), "b": ("Failed", 200)}

    def server(query: Query, now: float) -> Answer:
        history.update({f"new{number}": ("Failed", now) for number in range(int(now))})
        return by_id(history)(query, now)

    assert wait_for(server, ["a", "b"]).verdicts == ["passed", "failed"]


def test_what_the_model_does_not_show_is_asked_for_by_itself() -> None:
    """A server that leaves a run out of its model's answer is asked for that run alone."""

    def server(query: Query, now: float) -> Answer:
        runs = {name: said(name, "Passed" if now > 100 else "Running") for name in "abc"}
        return answer(runs[query.run_id]) if isinstance(query, ById) else answer(runs["a"], runs["b"])

    waited = wait_for(server, ["a", "b", "c"])
    assert waited.verdicts == ["passed"] * 3
    assert [query for moment, query in waited.line.polls if moment > 10 and query == ById("c")]


@pytest.mark.parametrize("grace", [0.0, 60.0])
@pytest.mark.parametrize("fault", [NOT_FOUND, REJECTED])
def test_a_server_that_takes_no_model_is_asked_by_id(fault: Fault, grace: float) -> None:
    """Where the question for a model is not answered, each run is asked for by itself, with or without a grace."""
    limits = Limits(timeout=3600, contact_timeout=60, not_found_grace=grace, request_timeout=30)

    def server(query: Query, now: float) -> Answer | Fault:
        return ends("Passed", 50)(query, now) if isinstance(query, ById) else fault

    assert wait_for(server, ["a", "b"], limits=limits).verdicts == ["passed"] * 2


@pytest.mark.parametrize("fault", [NOT_FOUND, REJECTED])
def test_one_refused_answer_does_not_part_the_runs_of_a_model(fault: Fault) -> None:
    """A single odd answer to the question for a model is asked again, so that its runs go on sharing a request."""
    odd_after = [100.0, 300.0]
    good = by_id({"a": ("Passed", 500), "b": ("Passed", 500)})

    def server(query: Query, now: float) -> Answer | Fault:
        if isinstance(query, ByModel) and odd_after and now > odd_after[0]:
            odd_after.pop(0)
            return fault
        return good(query, now)

    waited = wait_for(server, ["a", "b"])
    assert waited.verdicts == ["passed"] * 2
    assert not odd_after
    assert all(isinstance(query, ByModel) for moment, query in waited.line.polls if 0 < moment < 500)


def test_a_model_is_pinned_at_the_first_good_answer() -> None:
    """The newest runs of a model are followed; one that starts and fails afterwards changes nothing."""
    runs = {"old": ("Failed", 0.0), "first": ("Passed", 60.0), "second": ("Passed", 90.0)}

    def server(query: Query, now: float) -> Answer:
        return by_id({**runs, **({"late": ("Failed", 0.0)} if now > 1 else {})})(query, now)

    waited = wait_for(server, [], models=[ModelTarget("Checkout", limit=2)])
    assert [run.run_id for run in waited.runs] == ["second", "first"]
    assert waited.verdicts == ["passed", "passed"]
    assert [len(event.runs) for event in waited.events if isinstance(event, Pinned)] == [2]


def test_a_model_without_a_run_is_a_row_that_is_unknown() -> None:
    """A model whose runs are not found within the grace is `not-found`, and nothing watched is never passed."""
    waited = wait_for(lambda *_: answer(), [], models=[ModelTarget("Checkout")])
    run = waited.runs[0]
    assert (run.run_id, run.model, run.verdict, run.reason) == (None, "Checkout", "unknown", Reason.NOT_FOUND)
    assert waited.snapshot.verdict == "unknown"


def test_another_models_run_is_not_pinned() -> None:
    """A server that answers with runs of another model has not answered: what they came to is nobody's pass."""
    waited = wait_for(lambda *_: answer(said("z9", "Passed", model="Other")), [], models=[ModelTarget("Checkout")])
    assert waited.verdicts == ["unknown"]
    waited = wait_for(lambda *_: answer(said("z9", "Passed", model="CHECKOUT")), [], models=[ModelTarget("Checkout")])
    assert waited.verdicts == ["passed"]


def test_a_servers_own_not_found_counts_as_hearing_it() -> None:
    """A proxy's page is contact lost after the server's first word, even if that was "not found"."""
    page = Fault(FaultKind.NOT_FOUND, "404: an HTML page", foreign=True)

    def server(query: Query, now: float) -> Answer | Fault:
        return NOT_FOUND if now < 5 else page if now < 100 else ends("Passed", 150)(query, now)

    assert wait_for(server).verdicts == ["passed"]


def test_since_keeps_older_runs_out() -> None:
    """Only a run that started after `since` is pinned, as soon as there is one."""

    def server(query: Query, now: float) -> Answer:
        runs = {"old": ("Passed", 0.0), **({"new": ("Failed", 50.0)} if now > 10 else {})}
        return by_id(runs)(query, now)

    waited = wait_for(server, [], models=[ModelTarget("Checkout", since=START)])
    assert [run.run_id for run in waited.runs] == ["new"]


def test_an_id_and_a_model_may_name_the_same_run() -> None:
    """A run that is watched already is not watched twice."""
    server = by_id({"a": ("Passed", 30)})
    waited = wait_for(server, ["a", "a"], models=[ModelTarget("Checkout")])
    assert waited.verdicts == ["passed"]


def test_fail_fast_stops_at_the_first_run_that_cannot_pass() -> None:
    """With fail-fast the others are not watched to their end, and the verdict is that of the run that failed."""
    server = by_id({"a": ("Passed", 500), "b": ("Incomplete", 50)})
    waited = wait_for(server, ["a", "b"], rules=Rules(fail_fast=True))
    assert waited.verdicts == ["interrupted", "incomplete"]
    assert waited.snapshot.verdict == "incomplete"
    assert waited.elapsed < 100


def test_any_is_content_with_the_first_pass() -> None:
    """When any run is enough, the first pass ends the wait and decides it."""
    server = by_id({"a": ("Failed", 10), "b": ("Passed", 50), "c": ("Passed", 500)})
    waited = wait_for(server, ["a", "b", "c"], rules=Rules(require=Require.ANY, fail_fast=True))
    assert waited.verdicts == ["failed", "passed", "interrupted"]
    assert waited.snapshot.verdict == "passed"


def test_one_runs_trouble_is_not_anothers() -> None:
    """Contact is lost for the runs that are asked about together, not for those that are answered."""

    def server(query: Query, now: float) -> Answer | Fault:
        return LOST if query == ById("a") else ends("Passed", 1000)(query, now)

    assert wait_for(server, ["a", "b"]).verdicts == ["unknown", "passed"]


def test_a_fault_of_the_gate_closes_what_is_open() -> None:
    """An exception nobody foresaw leaves no run without a verdict."""
    waited = wait_for(ends("Passed", 0))
    waited.watch.fail_internally("bug", waited.clock.time)
    assert waited.verdicts == ["passed"]
    with pytest.raises(ZeroDivisionError):
        wait_for(lambda *_: 1 / 0)  # type: ignore[arg-type]  # the fault to be seen


def test_events_hold_what_changed() -> None:
    """A status is reported when it is first seen and when it changes, and so is each poll."""
    events = wait_for(ends("Passed", 10)).events
    assert [event.word for event in events if isinstance(event, StatusChanged)] == ["Running", "Passed"]
    assert len([event for event in events if isinstance(event, Polled)]) >= 4


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


def test_a_contradiction_among_several_runs_concerns_its_run_alone() -> None:
    """A model's answer that says two things of one run is asked about again for that run by itself."""

    def server(query: Query, now: float) -> Answer:
        runs = {name: said(name, "Passed" if now > 50 else "Running") for name in "ab"}
        if isinstance(query, ById):
            return answer(runs[query.run_id])
        return answer(runs["a"], runs["b"], said("b", "Failed"))

    assert wait_for(server, ["a", "b"]).verdicts == ["passed", "passed"]


def with_history(durations: list[float], end: float, runs: str = "r1") -> Callable[[Query, float], Answer]:
    """Return a server of runs that started with the wait, and of earlier runs of their model that took so long."""
    earlier = [
        said(
            f"old{number}",
            "Passed",
            started_at=START - timedelta(days=number + 1),
            ended_at=START - timedelta(days=number + 1) + timedelta(seconds=seconds),
        )
        for number, seconds in enumerate(durations)
    ]

    def server(query: Query, now: float) -> Answer:
        word = "Passed" if now >= end else "Running"
        watched = [said(name, word, started_at=START) for name in runs.split()]
        if isinstance(query, ById):
            shown = [run for run in watched if run.id == query.run_id]
        else:
            shown = [*watched, *earlier][: query.limit]
        return answer(*shown, answered_at=START + timedelta(seconds=now))

    return server


def test_learned_polls_when_the_end_is_due() -> None:
    """Earlier runs of ten minutes come with the second poll, and make polls few until the tenth minute."""
    server = with_history([600, 590, 610, 605, 595], end=603)
    learned, plain = wait_for(server, learned=True), wait_for(server)
    assert learned.verdicts == ["passed"]
    assert [poll for poll in learned.line.polls if isinstance(poll[1], ByModel)] == [(2, ByModel("Checkout", 41))]
    assert len(learned.line.polls) < len(plain.line.polls) * 0.6
    assert learned.elapsed - 603 < 15
    (history,) = [event for event in learned.events if isinstance(event, HistoryLearned)]
    assert list(history.durations_s) == [590, 595, 600, 605, 610]
    assert history.polls is not None


@pytest.mark.parametrize(
    ("durations", "why"),
    [
        ([600.0], "fewer than 2 earlier runs have ended"),
        ([600.0] * 4, "too few to plan polls by"),
        ([1.0] * 9, "they save no polls"),
    ],
)
def test_learned_without_a_plan_is_exponential(durations: list[float], why: str) -> None:
    """Where earlier runs are too few or save nothing, the polls are those of the default, and it is said why."""
    server = with_history(durations, end=100)
    learned, plain = wait_for(server, learned=True), wait_for(server)
    assert learned.line.moments == plain.line.moments
    (history,) = [event for event in learned.events if isinstance(event, HistoryLearned | HistoryUnknown)]
    assert (getattr(history, "polls", None), history.why) == (None, why)


def failing(outcomes: list[Fault]) -> Callable[[Query, float], Answer | Fault]:
    """Return a server that answers questions for a model with these faults first."""
    good, left = with_history([600, 590, 610, 605, 595], end=603), list(outcomes)
    return lambda query, now: left.pop(0) if left and isinstance(query, ByModel) else good(query, now)


def test_a_poll_for_history_is_retried() -> None:
    """When that poll fails, the run is asked for alone until the server answers, then its history again."""
    waited = wait_for(failing([LOST]), learned=True)
    assert waited.verdicts == ["passed"]
    queries = [query for _, query in waited.line.polls[:5]]
    assert queries == [ById("r1"), ByModel("Checkout", 41), ById("r1"), ByModel("Checkout", 41), ById("r1")]
    assert not [event for event in waited.events if isinstance(event, HistoryUnknown)]
    assert len([event for event in waited.events if isinstance(event, HistoryLearned)]) == 1


def test_history_that_cannot_be_had_is_given_up() -> None:
    """After three lost polls the history is not asked for again, and the wait continues without it."""
    waited = wait_for(failing([LOST] * 9), learned=True)
    assert waited.verdicts == ["passed"]
    assert sum(isinstance(query, ByModel) for _, query in waited.line.polls) == 3
    events = [event for event in waited.events if isinstance(event, HistoryUnknown)]
    assert events == [HistoryUnknown("Checkout", "refused")]


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind is not FaultKind.CONTACT])
def test_history_never_decides(kind: FaultKind) -> None:
    """A refusal of the question for a model is no answer about the run, which is asked for at once instead."""
    waited = wait_for(failing([Fault(kind, "no")] * 9), learned=True)
    assert waited.verdicts == ["passed"]
    assert waited.line.polls[1:3] == [(2, ByModel("Checkout", 41)), (2, ById("r1"))]
    assert sum(isinstance(query, ByModel) for _, query in waited.line.polls) == 1
    assert not [event for event in waited.events if isinstance(event, PollFailed)]


@pytest.mark.parametrize("others", [9, 60])
def test_a_run_that_its_models_newest_do_not_show_is_asked_for_alone(others: int) -> None:
    """However many newer runs the answer shows instead, the next poll is for the run, at once."""
    known = with_history([600.0] * others, end=100)

    def server(query: Query, now: float) -> Answer:
        if isinstance(query, ById):
            return known(query, now)
        assert isinstance(query, ByModel)
        shown = known(ByModel(query.model, query.limit + 1), now).reading.runs[1:]
        return answer(*shown, answered_at=START + timedelta(seconds=now))

    waited = wait_for(server, learned=True)
    assert waited.verdicts == ["passed"]
    assert waited.line.polls[1:3] == [(2, ByModel("Checkout", 41)), (2, ById("r1"))]
    assert sum(isinstance(query, ByModel) for _, query in waited.line.polls) == 1


def test_another_models_runs_are_no_history() -> None:
    """What a server shows of another model is not learned from."""
    other = [said(f"x{n}", "Passed", model="Other", started_at=START, ended_at=START) for n in range(9)]

    def server(query: Query, now: float) -> Answer:
        watched = said("r1", "Passed" if now > 30 else "Running")
        return answer(watched, *(other if isinstance(query, ByModel) else ()))

    events = wait_for(server, learned=True).events
    assert [event.why for event in events if isinstance(event, HistoryUnknown)] == [
        "fewer than 2 earlier runs have ended"
    ]
    assert not [event for event in events if isinstance(event, HistoryLearned)]


def test_a_run_slower_than_its_earlier_ones_is_reported_once() -> None:
    """The run that outlasts all of its ten predecessors is reported as slow, once."""
    waited = wait_for(with_history([60.0 + number for number in range(10)], end=300), learned=True)
    assert [event.run.run_id for event in waited.events if isinstance(event, SlowRun)] == ["r1"]
    assert waited.runs[0].is_slow


def test_each_slow_run_of_a_model_is_reported() -> None:
    """Of several runs that outlast their predecessors each one is reported as slow, and only once."""
    server = with_history([60.0 + number for number in range(10)], end=300, runs="r1 r2 r3")
    waited = wait_for(server, ["r1", "r2", "r3"], learned=True)
    assert sorted(str(event.run.run_id) for event in waited.events if isinstance(event, SlowRun)) == ["r1", "r2", "r3"]


def test_what_is_being_asked_is_not_asked_again() -> None:
    """While a request is under way its runs are not asked about anew, however soon they are due; others are."""
    runs = dict.fromkeys("ab", ("Passed", 100.0))
    good = by_id(runs)

    def server(query: Query, now: float) -> Answer | Fault:
        return good(query, now) if isinstance(query, ById) else REJECTED  # so that each is asked for by itself

    limits = Limits(timeout=3600, contact_timeout=300, not_found_grace=0, request_timeout=30)
    waited = wait_for(server, ["a", "b"], limits=limits, cost_s=20)
    for name in "ab":
        moments = [moment for moment, query in waited.line.polls if query == ById(name)]
        assert all(later - sooner >= 20 for sooner, later in pairwise(moments))
    assert waited.verdicts == ["passed", "passed"]


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


def test_of_very_many_polls_the_faults_are_kept() -> None:
    """A wait of days keeps at most two thousand polls, and lets go of good ones first."""
    limits = Limits(timeout=5 * 86400, contact_timeout=300, not_found_grace=30, request_timeout=30)

    def server(query: Query, now: float) -> Answer | Fault:
        return LOST if 400_000 < now < 400_040 else ends("Passed", 10**9)(query, now)

    polls = wait_for(server, limits=limits).snapshot.poll_log
    assert len(polls) <= MOST_POLLS
    assert [poll.fault for poll in polls if poll.fault]


def test_nothing_is_unknown_about_a_run_that_was_never_seen() -> None:
    """Giving up on a status that never came is no crash."""
    run = WatchedRun(run_id="r1")
    run.give_up_on_status()
    assert run.is_open


def test_a_models_history_comes_with_its_first_answer() -> None:
    """Where a model is named, its earlier runs are asked for together with the ones to pin: no request more."""
    server = with_history([600, 590, 610, 605, 595], end=603)
    waited = wait_for(server, [], models=[ModelTarget("Checkout")], learned=True)
    assert waited.verdicts == ["passed"]
    assert [query for _, query in waited.line.polls if isinstance(query, ByModel)] == [ByModel("Checkout", 41)]
    assert [run.run_id for run in waited.runs] == ["r1"]
    assert len([event for event in waited.events if isinstance(event, HistoryLearned)]) == 1
