"""A run that is started again: its next attempt takes its place."""

from __future__ import annotations

from fakes import answer, said
from gate.core.answer import Answer
from gate.core.targets import ById, Query
from gate.dai.poller import poll
from waiting import wait_for


def server(query: Query, _: float) -> Answer:
    """Answer that the first run ended Incomplete, and any other Passed."""
    assert isinstance(query, ById)
    return answer(said(query.run_id, "Incomplete" if query.run_id == "r1" else "Passed"))


def test_the_last_attempt_decides() -> None:
    """A run that replaces the only one is followed to its end; the one before stays as an attempt, with its verdict."""
    waited = wait_for(server)
    assert waited.verdicts == ["incomplete"]

    waited.watch.replace("r2", waited.clock.time)
    poll(waited.watch, waited.line, waited.clock, waited.events.extend)

    (run,) = waited.runs
    assert (run.run_id, str(run.verdict), run.model) == ("r2", "passed", "Checkout")
    assert [(attempt.run_id, str(attempt.verdict), attempt.attempts) for attempt in run.attempts] == [
        ("r1", "incomplete", ())
    ]
