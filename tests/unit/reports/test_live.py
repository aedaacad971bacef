"""The table of the live display: what is cut where a terminal is narrow, and what is predicted."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from fakes import START, answer, said
from gate.core.answer import Fault, FaultKind
from gate.core.forecast import Forecast
from gate.core.snapshot import RunSnapshot, Snapshot
from gate.core.watch import Watch
from gate.reports.live import Screen
from waiting import begin

IDS = ("cecaf3f5-c071-46b2-8918-924420e3f954", "6a1dd3c0-4b6f-4f0c-9b51-0d0f6f0c2b11")
LONG = "Checkout of the shop with a very long name"
NOW = 1000.0


def drawn(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, columns: int = 200) -> list[str]:
    """Return the lines of the display on a terminal of that width."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", "30")
    stream = io.StringIO()
    with Screen(lambda: snapshot, stream, str):
        pass
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def showing(*runs: RunSnapshot) -> Snapshot:
    return replace(begin().snapshot(NOW), runs=runs)


def run(run_id: str = "r1", **facts: Any) -> RunSnapshot:
    return replace(RunSnapshot(run_id=run_id, model="Checkout", status="Running"), **facts)


@pytest.mark.parametrize("model", ["Login", LONG, "検査" * 20])
@pytest.mark.parametrize("columns", [60, 80, 99, 100, 101, 110, 120, 140, 200])
def test_status_and_times_are_never_cut(monkeypatch: pytest.MonkeyPatch, columns: int, model: str) -> None:
    """However wide the terminal: status, elapsed and remaining time are whole, and the id says which run it is."""
    facts = {"model": model, "status": "In progress", "age_s": 3723.0, "forecast": Forecast.learn([9010, 9012, 9014])}
    rows = drawn(showing(*(run(each, **facts) for each in IDS)), monkeypatch, columns)[:2]
    for row, run_id in zip(rows, IDS, strict=True):
        assert row.startswith(f"· In progress  {model[:1]}")
        assert f"  {run_id[:8]}" in row
        assert "  1h02m03s  " in row
        assert row.endswith("left")
        assert (run_id in row) is (columns >= 200 or (columns >= 120 and model == "Login"))


@pytest.mark.parametrize(
    ("age", "lost", "words"),
    [(60.0, "", "about 8m"), (60.0, "refused", "  -"), (601.0, "", "overdue"), (595.0, "", "slower than usual")],
)
def test_what_is_left_does_not_pretend(monkeypatch: pytest.MonkeyPatch, age: float, lost: str, words: str) -> None:
    """No time is predicted without contact, or of a run that has outlasted all earlier ones."""
    shown = run(age_s=age, last_error=lost, forecast=Forecast.learn([590, 595, 600]), is_slow=age > 590)
    assert words in drawn(showing(shown), monkeypatch)[0]


def step(watch: Watch, now: float, outcome: Any) -> Snapshot:
    watch.observe(watch.next(now).asks[0], outcome, now=now, wall=START)
    return watch.snapshot(now)


def test_the_foot_says_when_it_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without contact the foot counts down to the end of the contact timeout, and stops when an answer comes."""
    watch = begin("r1")
    lost = drawn(step(watch, NOW, Fault(FaultKind.CONTACT, "refused")), monkeypatch)
    assert "1 of 1 running  timeout in 1h  giving up in 5m" in lost[1]
    assert lost[2] == "refused"
    found = drawn(step(watch, NOW + 1, answer(said("r1", "Running"))), monkeypatch)
    assert found[1].endswith("timeout in 59m59s  last contact just now")
    assert "last contact 9s ago" in drawn(watch.snapshot(NOW + 10), monkeypatch)[1]
    over = drawn(step(watch, NOW + 3, answer(said("r1", "Passed"))), monkeypatch)
    assert (over[0].split("  ")[0], over[1]) == ("✓ passed", "1 ended")


def test_what_does_not_fit_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more runs than there are lines, those that are running are shown, and the others counted."""
    ended = [run(f"old{number}", verdict="passed") for number in range(30)]
    lines = drawn(showing(*ended, run("r1"), RunSnapshot(model="Login")), monkeypatch)
    assert lines[0].startswith("· Running")
    assert lines[1].startswith("· waiting  Login")
    assert lines[-2] == "and 9 more"


def test_no_room_is_kept_for_what_nothing_predicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no earlier runs are known, a hundred columns have room for the whole id."""
    assert drawn(showing(run(IDS[0])), monkeypatch, 100)[0] == f"· Running  Checkout  {IDS[0]}  -"
