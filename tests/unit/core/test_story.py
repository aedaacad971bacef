"""Which events a wait brings, and which runs it asks about together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone

import pytest

from fakes import START, answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.events import (
    ContactRestored,
    Decided,
    Pinned,
    Polled,
    PollFailed,
    Recovered,
    StatusChanged,
    Subject,
)
from gate.core.group import SLACK
from gate.core.patience import Limits
from gate.core.polls import MOST_POLLS
from gate.core.targets import ById, ByModel, ModelTarget, Query
from gate.core.verdict import Require, Rules, Verdict
from waiting import wait_for

LOST = Fault(FaultKind.CONTACT, "refused")


def test_the_story_of_a_run() -> None:
    """Each poll, change, fault and end is reported once, of the run that it concerns and in the order it came."""

    def server(_: Query, now: float) -> Answer | Fault:
        return LOST if 1 < now < 3 else answer(said("r1", "Passed" if now >= 3 else "Running"))

    waited = wait_for(server)
    (run,) = waited.runs
    first, subject = Subject("r1", None), Subject("r1", "Checkout")
    facts = {"started_at": None, "agent": None, "duration_s": None, "ended_ago_s": None}
    assert waited.events == [
        StatusChanged(subject, "Running", has_ended=False, **facts),
        Polled(first, (("Running", 1),), 2.0),
        PollFailed(subject, LOST, 1, 1.0),
        Recovered(subject, 1.0, was_missing=False),
        StatusChanged(subject, "Passed", has_ended=True, **facts),
        Decided(subject, Verdict.PASSED, None, "The server says Passed."),
        Polled(subject, (("Passed", 1),), None),
        ContactRestored(1.0),
    ]
    assert run.statuses == ((START, "Running"), (START + timedelta(seconds=3), "Passed"))
    assert [(poll.at, poll.fault) for poll in waited.snapshot.poll_log] == [
        (START, None),
        (START + timedelta(seconds=2), "refused"),
        (START + timedelta(seconds=3), None),
    ]
    assert waited.snapshot.polls == len(waited.line.polls) == 3


def test_pinning_is_an_event() -> None:
    """Model, runs and how many were wanted are reported; a pinned run has its model though an answer leaves it out."""
    waited = wait_for(lambda *_: answer(said("a", "Running", model=None)), [], models=[ModelTarget("M", limit=2)])
    (run,) = waited.runs
    assert waited.events[:1] == [Pinned("M", 2, (Subject("a", "M"),))]
    assert (run.run_id, run.model) == ("a", "M")


def by_model(**models: str) -> Callable[[Query, float], Answer]:
    """Return a server of runs that pass after a minute; of each, `models` names the model."""

    def server(query: Query, now: float) -> Answer:
        word = "Passed" if now > 60 else "Running"
        return answer(
            *(
                said(run_id, word, model=model)
                for run_id, model in models.items()
                if (query.run_id == run_id if isinstance(query, ById) else query.model == model)
            )
        )

    return server


def test_runs_of_different_models_are_not_asked_about_together() -> None:
    """Only runs of the same model share a request, and only while there are several."""
    waited = wait_for(by_model(a="M", b="M", c="N"), ["a", "b", "c"])
    assert waited.verdicts == ["passed"] * 3
    queries = {query for moment, query in waited.line.polls if 0 < moment < 60}
    assert queries == {ByModel("M", 2 + SLACK), ById("c")}
    assert len(waited.line.polls) == 3 + 2 * len({moment for moment in waited.line.moments if moment})


def test_the_question_reaches_no_further_than_it_must() -> None:
    """How many runs are asked for follows from where the watched ones stood in the last answer."""
    newer = [said(f"new{number}", "Running") for number in range(30)]

    def server(query: Query, now: float) -> Answer:
        runs = [said("a", "Running"), said("b", "Passed" if now > 60 else "Running")]
        if isinstance(query, ById):
            return answer(*(run for run in runs if run.id == query.run_id))
        return answer(*[*newer, *runs][: query.limit])

    limits = [query.limit for _, query in wait_for(server, ["a", "b"]).line.polls if isinstance(query, ByModel)]
    assert limits[:5] == [2 + SLACK, 4 + 2 * SLACK, 8 + 4 * SLACK, 32 + SLACK, 32 + SLACK]


@pytest.mark.parametrize("hours", [1, -8])
def test_an_end_is_repaired_by_the_start_and_by_the_answer(hours: int) -> None:
    """An end before the start, or after the answer that reports it, is read as UTC: the duration is the true one."""
    end = START + timedelta(minutes=5)
    lie = end.replace(tzinfo=timezone(timedelta(hours=hours)))
    (run,) = wait_for(lambda *_: answer(said("r1", "Passed", started_at=START, ended_at=lie), answered_at=end)).runs
    assert run.duration_s == 300


@pytest.mark.parametrize(
    ("rules", "ends", "message"),
    [
        (
            Rules(fail_fast=True),
            "Failed",
            "another run can no longer pass (--fail-fast).",
        ),
        (
            Rules(require=Require.ANY),
            "Passed",
            "another run has passed, which is enough.",
        ),
    ],
)
def test_a_run_left_alone_says_why(rules: Rules, ends: str, message: str) -> None:
    """Where another run decides, the one that is left alone says so."""

    def server(query: Query, now: float) -> Answer:
        names = query.run_id if isinstance(query, ById) else "ab"
        return answer(*(said(name, ends if name == "a" and now >= at else "Running") for name in names))

    at = 10
    assert wait_for(server, ["a", "b"], rules=rules).runs[1].message == f"Still running when the wait ended: {message}"
    at = 0
    assert wait_for(server, ["a", "b"], rules=rules).runs[1].message == f"Not seen yet when the wait ended: {message}"


def test_the_memory_of_polls_is_bounded() -> None:
    """However long a wait, only so many polls are remembered: of the others those that went wrong, and the last."""

    def server(_: Query, now: float) -> Answer | Fault:
        return LOST if now % 5000 < 100 else answer(said("r1", "Running"))

    limits = Limits(timeout=100_000, contact_timeout=300, not_found_grace=30, request_timeout=30)
    waited = wait_for(server, limits=limits)
    polls = waited.snapshot.poll_log
    assert waited.snapshot.polls > 1.5 * MOST_POLLS
    assert MOST_POLLS / 2 < len(polls) <= MOST_POLLS
    assert list(polls) == sorted(polls, key=lambda poll: poll.at)
    assert polls[-1].at == START + timedelta(seconds=100_000)
    assert len([poll for poll in polls if poll.fault and poll.at > START + timedelta(seconds=40_000)]) == len(
        [moment for moment in waited.line.moments if moment > 40_000 and moment % 5000 < 100]
    )


def test_the_next_poll_is_when_it_was_announced() -> None:
    """Runs that join others of their model, before or after those were polled, keep every moment that was announced."""

    costs: dict[Query, float] = {ById("a"): 1.5, ById("b"): 3.0}

    def cost_s(query: Query) -> float:
        return costs.get(query, 0.25)

    waited = wait_for(by_model(a="M", b="M", c="M"), ["a", "b", "c"], cost_s=cost_s)
    assert waited.line.polls[:5] == [
        (0, ById("a")),
        (0, ById("b")),
        (0, ById("c")),
        (2.25, ByModel("M", 2 + SLACK)),
        (5.5, ByModel("M", 3 + SLACK)),
    ]


def test_a_run_that_comes_late_is_taken_in() -> None:
    """A run whose answer comes while its model is being asked about joins it as soon as that is answered."""

    costs: dict[Query, list[float]] = {ById("a"): [0.25, 1.5], ById("b"): [3.0]}

    def cost_s(query: Query) -> float:
        return costs[query].pop(0) if costs.get(query) else 0.25

    waited = wait_for(by_model(a="M", b="M"), ["a", "b"], cost_s=cost_s)
    joined = next(moment for moment, query in waited.line.polls if isinstance(query, ByModel))
    announced = [event.next_poll_s for event in waited.events if isinstance(event, Polled)][:3]
    assert (joined, announced) == (5.0, [2.0, 2.0, 1.25])
    assert waited.verdicts == ["passed", "passed"]


def test_no_poll_is_announced_after_the_last() -> None:
    """The poll at the deadline is the last: nothing says that another follows."""
    waited = wait_for(lambda *_: answer(said("r1", "Running")), ["r1"])
    announced = [event.next_poll_s for event in waited.events if isinstance(event, Polled)]
    assert announced[-1] is None
    assert all(seconds is not None and seconds >= 0 for seconds in announced[:-1])
