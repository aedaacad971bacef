"""Polls under way: numbered, counted, and each answered once."""

from __future__ import annotations

import pytest

from gate.core.backoff import Exponential, Jitter
from gate.core.group import Group
from gate.core.in_flight import InFlight
from gate.core.patience import Contact
from gate.core.pinning import REACH
from gate.core.run import WatchedRun
from gate.core.targets import ById, ByModel, Query

SCHEDULE = Exponential(1, 1, 1, Jitter(0, lambda: 0.5))


def group(model: str | None = "M") -> Group:
    runs = [WatchedRun("a", model)]
    return Group(runs=runs, row=runs, schedule=SCHEDULE, retries=SCHEDULE, contact=Contact(0.0))


def test_a_poll_is_answered_once() -> None:
    """What was asked is under way until its answer comes; a second answer belongs to nothing."""
    in_flight, asked = InFlight(), group()
    first, second = (in_flight.ask(asked, asks_history=False) for _ in range(2))
    assert (first.number != second.number, asked.in_flight, len(in_flight), in_flight.polls) == (True, 2, 2, 2)
    assert in_flight.take(first) == (asked, False)
    assert in_flight.take(first) is None
    assert (asked.in_flight, len(in_flight), in_flight.polls) == (1, 1, 2)


@pytest.mark.parametrize(
    ("model", "asks_history", "query"),
    [("M", False, ById("a")), ("M", True, ByModel("M", 1 + REACH)), (None, True, ById("a"))],
)
def test_a_poll_for_history_asks_about_the_model(model: str | None, asks_history: bool, query: Query) -> None:
    """It reaches beyond the runs of the group, as far as their model is known, and is marked as one."""
    in_flight = InFlight()
    ask = in_flight.ask(asked := group(model), asks_history=asks_history)
    assert (ask.query, in_flight.take(ask)) == (query, (asked, asks_history))
