"""Made-up servers for waits on the fake clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fakes import START, answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.targets import ById, Query

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
