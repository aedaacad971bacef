"""The table of the live display: what is cut where a terminal is narrow, and what is foretold."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from fakes import START, FakeClock, answer, said
from gate.core.answer import Fault, FaultKind
from gate.core.forecast import Forecast
from gate.core.schedule import Exponential
from gate.core.targets import Targets
from gate.core.watch import Limits, Pace, Watch
from gate.reports.live import Screen
from waiting import STEADY

IDS = ("cecaf3f5-c071-46b2-8918-924420e3f954", "6a1dd3c0-4b6f-4f0c-9b51-0d0f6f0c2b11")
LONG = "Checkout of the shop with a very long name"


def begin(*run_ids: str) -> tuple[Watch, FakeClock]:
    clock = FakeClock()
    pace = Pace(lambda: Exponential(2, 30, 1.5, STEADY), lambda: Exponential(1, 30, 2, STEADY))
    limits = Limits(timeout=3600, contact_timeout=300, not_found_grace=30, request_timeout=30)
    return Watch(Targets(run_ids), limits, pace, started=clock.time), clock


def drawn(watch: Watch, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, columns: int = 200) -> list[str]:
    """Return the lines of the display on a terminal of that width."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", "30")
    stream = io.StringIO()
    with Screen(watch, clock, stream, str):
        pass
    return [line.rstrip() for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("model", ["Login", LONG, "検査" * 20])
@pytest.mark.parametrize("columns", [60, 80, 99, 100, 101, 110, 120, 140, 200])
def test_status_and_times_are_never_cut(monkeypatch: pytest.MonkeyPatch, columns: int, model: str) -> None:
    """However wide the terminal: status, elapsed and remaining time are whole, and the id says which run it is."""
    watch, clock = begin(*IDS)
    for run in watch.runs:
        progress = said(str(run.run_id), "In progress", model=model, started_at=START - timedelta(seconds=3723))
        run.learn(progress, now=clock.time, wall=START, answered_at=START)
        run.forecast = Forecast.learn([9010, 9012, 9014])
    rows = drawn(watch, clock, monkeypatch, columns)[:2]
    for row, run_id in zip(rows, IDS, strict=True):
        assert row.startswith(f"· In progress  {model[:1]}")
        assert f"  {run_id[:8]}" in row
        assert "  1h02m03s  " in row
        assert row.endswith("left")
        assert (run_id in row) is (columns >= 200 or (columns >= 120 and model == "Login"))


@pytest.mark.parametrize(
    ("age", "lost", "words"),
    [(60, False, "about 8m"), (60, True, "  -"), (601, False, "overdue"), (595, False, "slower than usual")],
)
def test_what_is_left_does_not_pretend(monkeypatch: pytest.MonkeyPatch, age: int, lost: bool, words: str) -> None:
    """No time is foretold without contact, or of a run that has outlasted all earlier ones."""
    watch, clock = begin("r1")
    (run,) = watch.runs
    run.learn(
        said("r1", "Running", started_at=START - timedelta(seconds=age)), now=clock.time, wall=START, answered_at=START
    )
    run.forecast, run.is_slow = Forecast.learn([590, 595, 600]), age > 590
    run.last_error = "refused" if lost else ""
    assert words in drawn(watch, clock, monkeypatch)[0]


def test_the_foot_says_when_it_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without contact the foot counts down to the end of the contact time-out, and stops when an answer comes."""
    watch, clock = begin("r1")
    step = watch.next(clock.time)
    assert step is not None
    watch.observe(step.asks[0], Fault(FaultKind.CONTACT, "refused"), now=clock.time, wall=START)
    assert "timeout in 1h  giving up in 5m" in drawn(watch, clock, monkeypatch)[1]
    clock.time += 1
    step = watch.next(clock.time)
    assert step is not None
    watch.observe(step.asks[0], answer(said("r1", "Running")), now=clock.time, wall=START)
    assert "giving up" not in drawn(watch, clock, monkeypatch)[1]


def test_no_room_is_kept_for_what_nothing_foretells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no earlier runs are known, a hundred columns have room for the whole id."""
    watch, clock = begin(IDS[0])
    watch.runs[0].learn(said(IDS[0], "Running"), now=clock.time, wall=START, answered_at=None)
    assert drawn(watch, clock, monkeypatch, 100)[0] == f"· Running  Checkout  {IDS[0]}  -"
