"""Earlier runs of a model: how they are asked for, and what is learned from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fakes import START, answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.events import (
    HistoryLearned,
    HistoryUnknown,
    PollFailed,
    SlowRun,
)
from gate.core.targets import ById, ByModel, ModelTarget, Query
from servers import LOST
from waiting import wait_for


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
        ([1.0] * 9, "which save no polls"),
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


def test_a_models_history_comes_with_its_first_answer() -> None:
    """Where a model is named, its earlier runs are asked for together with the ones to pin: no request more."""
    server = with_history([600, 590, 610, 605, 595], end=603)
    waited = wait_for(server, [], models=[ModelTarget("Checkout")], learned=True)
    assert waited.verdicts == ["passed"]
    assert [query for _, query in waited.line.polls if isinstance(query, ByModel)] == [ByModel("Checkout", 41)]
    assert [run.run_id for run in waited.runs] == ["r1"]
    assert len([event for event in waited.events if isinstance(event, HistoryLearned)]) == 1
