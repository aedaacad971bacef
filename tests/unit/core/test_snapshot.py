"""A wait as it is at a moment: what a display shows while runs have not ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone

import pytest

from fakes import START, FakeClock, FakeLine, answer, said
from gate.core.answer import Answer, Fault
from gate.core.events import Subject
from gate.core.progress import Progress
from gate.core.snapshot import Outage, Snapshot
from gate.core.targets import Query
from gate.dai.poller import poll
from servers import LOST, ends
from waiting import begin


def snapshots(server: Callable[[Query, float], Answer | Fault], *, history: bool = False) -> list[Snapshot]:
    """Return what was known each time that something happened in a wait for the run r1."""
    clock = FakeClock()
    line = FakeLine(clock, server)
    watch = begin("r1", history=history, started=clock.time)
    taken: list[Snapshot] = []
    poll(watch, line, clock, lambda _: taken.append(watch.snapshot(clock.time)))
    return taken


def test_an_outage() -> None:
    """Until a good answer comes, it tells the last fault, for how long that lasts, and when the runs are given up."""

    def server(query: Query, now: float) -> Answer | Fault:
        return LOST if 10 < now < 30 else ends("Passed", 60)(query, now)

    outages = {round(each.elapsed_s, 2): each.outages for each in snapshots(server) if each.outages}
    began, *later = outages
    about = Subject("r1", "Checkout")
    left = 300 - (began - 9.5)  # the last good answer came after 2 + 3 + 4.5 seconds
    assert outages[began] == (
        Outage(about=about, runs=(about,), is_lost=True, fault="refused", for_s=0.0, final_in_s=left),
    )
    assert [outages[moment][0].for_s for moment in later] == pytest.approx([moment - began for moment in later])
    assert max(later) == 31.25  # when the request that is answered is sent


def test_the_rest_of_a_run() -> None:
    """With earlier runs known, it tells how long an open run is likely to take still, and nothing of one that ended."""

    def run(name: str, days: int, seconds: float, *, has_ended: bool = True) -> Progress:
        began = START - timedelta(days=days)
        ended = began + timedelta(seconds=seconds) if has_ended else None
        return said(name, "Passed" if has_ended else "Running", started_at=began, ended_at=ended)

    def server(_: Query, now: float) -> Answer:
        earlier = [run(f"old{days}", days, 600) for days in range(1, 9)]
        return answer(run("r1", 0, now, has_ended=now >= 300), *earlier, answered_at=START + timedelta(seconds=now))

    runs = [(each.elapsed_s, each.runs[0]) for each in snapshots(server, history=True)]
    assert {run.label for _, run in runs} == {"Checkout r1"}
    rest = {elapsed_s: run.remaining_s for elapsed_s, run in runs if run.earlier_s and run.is_open}
    assert len(rest) >= 1
    assert list(rest.values()) == pytest.approx([600 - elapsed_s for elapsed_s in rest], abs=30)
    assert runs[-1][1].remaining_s is None


def test_the_time_that_is_left() -> None:
    """It counts down to the deadline, and tells in how long the next poll is due: at once while one is under way."""
    taken = snapshots(ends("Passed", 10))
    assert [each.left_s for each in taken] == [3600 - each.elapsed_s for each in taken]
    assert [each.next_poll_s for each in taken] == [2.0, 0.0, 3.0, 0.0, 4.5, 0.0, 6.75, 0.0, None, None]


def test_an_end_in_the_wrong_zone_is_repaired() -> None:
    """An end that is the UTC clock with the local offset is read as what it is by the server's time of the answer."""
    began = START.astimezone(timezone(timedelta(hours=1)))
    run = said("r1", "Passed", started_at=began, ended_at=began - timedelta(hours=1) + timedelta(seconds=60))
    late = said("r1", "Passed", started_at=None, ended_at=run.ended_at)
    given = answer(run, answered_at=START + timedelta(seconds=70))
    assert given.ended_at(run) == given.ended_at(late) == START + timedelta(seconds=60)
    assert answer(run).ended_at(run) == START + timedelta(seconds=60)
    assert answer(late).ended_at(late) == START - timedelta(hours=1) + timedelta(seconds=60)
