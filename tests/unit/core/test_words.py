"""The words of a verdict: what was seen, what went wrong last, what to change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fakes import START, answer, said
from gate.core.answer import Answer, Fault, FaultKind, usable
from gate.core.api import RUN_PROGRESS
from gate.core.events import Decided, Subject
from gate.core.patience import Limits
from gate.core.progress import Reading, Unreadable, parse
from gate.core.run import WatchedRun
from gate.core.targets import ById, ByModel, ModelTarget, Query
from gate.core.verdict import Reason, Verdict
from waiting import begin, wait_for

LIMITS = Limits(timeout=100, contact_timeout=40, not_found_grace=30, request_timeout=30)
WHICH_ID = "Check the run id, and that --url is the server that started the run."
WHICH_MODEL = "Check the model's name, --since, and that --url is the server where it runs."


@pytest.mark.parametrize(
    ("query", "target", "reading", "fault"),
    [
        (
            ById("a"),
            None,
            Reading(()),
            Fault(FaultKind.NOT_FOUND, "The server's answer holds no run with this id.", WHICH_ID, option="--url"),
        ),
        (
            ByModel("M", 1),
            ModelTarget("M"),
            Reading(()),
            Fault(
                FaultKind.NOT_FOUND, "The server's answer holds no run of the model 'M'.", WHICH_MODEL, option="--model"
            ),
        ),
        (
            ByModel("M", 1),
            ModelTarget("M", since=START),
            Reading((said("a", "Passed", model="M", started_at=START - timedelta(hours=1)),)),
            Fault(
                FaultKind.NOT_FOUND,
                "The server's answer holds no run of the model 'M' that is as new as --since says.",
                WHICH_MODEL,
                option="--model",
            ),
        ),
        (
            ById("a"),
            None,
            Reading((said("b", "Passed"),)),
            Fault(FaultKind.UNREADABLE, "The answer is about another run, b."),
        ),
        (
            ById("a"),
            None,
            Reading((), (Unreadable(why="no id"), Unreadable(why="no status"))),
            Fault(FaultKind.UNREADABLE, "The answer could not be read: no id."),
        ),
        (
            ById("a"),
            None,
            Reading((said("a", "Passed"),), (Unreadable(why="a run without an id"),)),
            Fault(FaultKind.UNREADABLE, "The answer holds a run without an id."),
        ),
        (
            ById("a"),
            None,
            Reading((said("a", "Passed"), said("a", "Failed"))),
            Fault(FaultKind.UNREADABLE, "The answer says Passed and Failed of the same run."),
        ),
    ],
)
def test_what_an_answer_without_the_run_comes_to(
    query: Query, target: ModelTarget | None, reading: Reading, fault: Fault
) -> None:
    """An answer without what was asked is a fault that names what it holds instead, and the fix."""
    assert usable(query, target, Answer(reading)) == fault


def message(*outcomes: Answer | Fault) -> str:
    """Return the message of a run whose server gives these answers in turn, and then the last one again and again."""
    left = list(outcomes)
    return wait_for(lambda *_: left.pop(0) if len(left) > 1 else left[0], limits=LIMITS).runs[0].message


TIMED_OUT = "when the timeout of 1m40s passed."


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([answer(said("r1", "Running"))], f"The run was still Running {TIMED_OUT}"),
        ([answer(said("r1", "Passed"))], "The server says Passed."),
        (
            [answer(said("r1", "Failed", started_at=START, ended_at=START + timedelta(seconds=10)))],
            "The server says Failed after 10s.",
        ),
        (
            [answer(said("r1", "Zombie", ended_at=START))],
            "The run has ended with the status 'Zombie', which dai-gate does not know.",
        ),
        (
            [answer(said("r1", "Zombie"))],
            "The run has kept the status 'Zombie', which dai-gate does not know.",
        ),
        ([Fault(FaultKind.CONTACT, "refused", "Check it.")], "No usable answer for 40s. Last error: refused Check it."),
        ([Fault(FaultKind.NOT_FOUND, "404")], "Not found within 30s. 404"),
    ],
)
def test_the_message_of_a_verdict(outcomes: list[Answer | Fault], expected: str) -> None:
    """Each verdict says what was seen and how long it was waited for."""
    assert message(*outcomes) == expected


def test_a_timeout_names_the_last_error() -> None:
    """Where the timeout is the shorter one, the message holds what went wrong last; a good answer takes it away."""
    lost = Fault(FaultKind.CONTACT, "refused")
    limits = Limits(timeout=20, contact_timeout=300, not_found_grace=30, request_timeout=30)
    unseen = wait_for(lambda *_: lost, limits=limits).runs[0]
    assert unseen.message == "The run had not been seen when the timeout of 20s passed. Last error: refused"
    assert unseen.last_error == "refused"
    seen = wait_for(lambda _, now: lost if now < 3 else answer(said("r1", "Running")), limits=limits).runs[0]
    assert seen.message == "The run was still Running when the timeout of 20s passed."


def test_a_final_fault_is_the_last_error() -> None:
    """What ended a wait stands in the report as its last error, with where it came up in the gate."""
    run = WatchedRun("a")
    run.give_up(Fault(FaultKind.INTERNAL, "It failed.", trace="line 1"), "")
    assert (run.verdict, run.reason, run.message) == (Verdict.UNKNOWN, Reason.INTERNAL, "It failed.")
    assert (run.last_error, run.trace) == ("It failed.", "line 1")


def test_a_fault_of_the_gate_says_so() -> None:
    """An exception nobody foresaw makes every open run unknown, with its words."""
    watch = begin("a", "b")
    decided = watch.fail(FaultKind.INTERNAL, "bug", 1005.0)
    runs = watch.snapshot(1005.0).runs
    assert [(run.verdict, run.reason, run.message) for run in runs] == [(Verdict.UNKNOWN, Reason.INTERNAL, "bug")] * 2
    assert decided == [Decided(Subject(name, None), Verdict.UNKNOWN, Reason.INTERNAL, "bug") for name in "ab"]
    assert [run.observed_s for run in runs] == [5.0, 5.0]


def test_an_interrupted_run_says_so() -> None:
    """The message of a run that was open at a signal."""
    waited = wait_for(lambda *_: answer(said("r1", "Running")), signals=[(5, 15)])
    assert waited.runs[0].message == "The gate was interrupted before the run ended."


def test_every_field_is_read() -> None:
    """What a report shows comes from the field of its name; an id that is a number is read as text."""
    body = {
        "id": 10**18,
        "status": "Passed",
        "modelname": "M",
        "type": "model",
        "agentname": "Agent",
        "processid": 5637,
        "starttime": "2018-05-31 17:00:01.123456789+01",
        "endtime": "2018-05-31T18:00:00Z",
    }
    (run,) = parse(body, RUN_PROGRESS).runs
    assert (run.id, run.model, run.type, run.agent, run.process_id) == ("1" + "0" * 18, "M", "model", "Agent", "5637")
    assert run.started_at == datetime(2018, 5, 31, 16, 0, 1, 123456, tzinfo=UTC)
    assert run.ended_at == datetime(2018, 5, 31, 18, 0, tzinfo=UTC)
    assert parse({**body, "id": 1.5}, RUN_PROGRESS).runs == ()
