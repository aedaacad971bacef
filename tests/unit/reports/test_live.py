"""The live display: which runs it shows in which order, what is cut where a terminal is narrow, what is predicted."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import count
from typing import Any

import pyte
import pytest
from rich.console import Console, ConsoleDimensions

from fakes import START, answer, said
from gate.core.answer import Fault, FaultKind
from gate.core.forecast import Forecast
from gate.core.snapshot import RunSnapshot, Snapshot
from gate.core.verdict import Verdict
from gate.core.watch import Watch
from gate.reports.live import Screen
from waiting import begin

IDS = ("cecaf3f5-c071-46b2-8918-924420e3f954", "6a1dd3c0-4b6f-4f0c-9b51-0d0f6f0c2b11")
LONG = "Checkout of the shop with a very long name"
NOW = 1000.0
WIDTHS = [60, 80, 99, 100, 101, 110, 120, 140, 200]


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, columns: int = 200) -> pyte.HistoryScreen:
    """Return a terminal of that width, on which the display stands."""
    for name, value in {"COLUMNS": columns, "LINES": 30, "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream, screen = Tty(), pyte.HistoryScreen(columns, 30, history=2000)
    with Screen(lambda: snapshot, stream, str) as display:
        display.refresh()
        shown = stream.getvalue()
    pyte.Stream(screen).feed(shown.replace("\n", "\r\n").replace("\u200e", ""))  # pyte drops what follows that mark
    return screen


def lines_of(screen: pyte.HistoryScreen) -> list[str]:
    return [line.rstrip() for line in screen.display if line.strip()]


def drawn(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, columns: int = 200) -> list[str]:
    """Return the lines of the display on a terminal of that width."""
    return lines_of(terminal(snapshot, monkeypatch, columns))


def showing(*runs: RunSnapshot, **facts: Any) -> Snapshot:
    return replace(begin().snapshot(NOW), runs=runs, next_poll_s=3.2, left_s=26.0, **facts)


def run(run_id: str = "r1", **facts: Any) -> RunSnapshot:
    if "verdict" in facts:
        facts["verdict"] = Verdict(facts["verdict"])
    return replace(RunSnapshot(run_id=run_id, model="Checkout", status="Running"), **facts)


def many(count: int, name: str = "r", **facts: Any) -> list[RunSnapshot]:
    return [run(f"{name}{number}", **facts) for number in range(count)]


@pytest.mark.parametrize("model", ["Login", LONG, "検査" * 20])
@pytest.mark.parametrize("columns", WIDTHS)
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


@pytest.mark.parametrize(("age", "cells"), [(0.0, 0), (15.0, 5), (30.0, 11), (45.0, 16), (59.0, 22), (300.0, 22)])
def test_the_bar_is_elapsed_over_expected(monkeypatch: pytest.MonkeyPatch, age: float, cells: int) -> None:
    """Of 22 columns the bar takes as many as the run has done of what is expected, all if it is overdue; never red."""
    screen = terminal(showing(run(age_s=age, forecast=Forecast.learn([59.9, 60, 60, 60.1]))), monkeypatch)
    row = [screen.buffer[0][column] for column in range(200)]
    done = [cell for cell in row if cell.data in "━╸" and cell.fg == "cyan"]
    assert abs(len(done) - cells) <= 1
    assert {cell.fg for cell in row} <= {"default", "brightblack", "cyan"}


def test_failures_come_first_and_passes_are_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed, other verdicts, trouble, running; a pass has no row, and red is for failures alone."""
    runs = [
        *many(12, "p", verdict="passed"),
        *many(2),
        run("lost", last_error="refused"),
        run("i1", verdict="incomplete"),
        run("f1", verdict="failed"),
    ]
    screen = terminal(showing(*runs), monkeypatch)
    lines = lines_of(screen)
    assert [line.split("  ")[0] for line in lines[:5]] == [
        "✗ failed",
        "! incomplete",
        "! Running",
        "· Running",
        "· Running",
    ]
    assert lines[5:] == ["3 running · 12 passed · 1 failed · 1 incomplete · next poll 3s · timeout in 26s"]
    red = {row for row in range(30) for column in range(200) if screen.buffer[row][column].fg == "red"}
    assert red == {0}


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize(
    "verdicts", [["failed"], ["failed", "incomplete"], ["failed", "denied", "unknown", "incomplete"]]
)
def test_the_footer_is_one_line(monkeypatch: pytest.MonkeyPatch, columns: int, verdicts: list[str]) -> None:
    """However narrow the terminal: how many are running and have passed, and when the timeout comes, in one line."""
    ended = [each for verdict in verdicts for each in many(11, verdict, verdict=verdict)]
    passed = many(500, "p", verdict="passed")
    footer = drawn(showing(*many(400), *passed, *ended), monkeypatch, columns)[-1]
    assert footer.startswith("400 running · 500 passed · ")
    assert footer.endswith("timeout in 26s")
    assert "failed" in footer or f"{11 * len(verdicts)} not passed" in footer


def test_no_failure_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more failures than there are lines the first stand above the display, each once; the others in it."""
    screen = terminal(showing(*many(100, "f", verdict="failed"), *many(900)), monkeypatch, 80)
    above = ["".join(line[column].data for column in range(80)) for line in screen.history.top]
    rows = [line for line in [*above, *screen.display] if line.startswith("✗ failed")]
    assert [row.split()[3] for row in rows] == [f"f{number}" for number in range(100)]
    lines = lines_of(screen)
    assert lines[-3].startswith("· Running")
    assert lines[-2] == "and 899 more running"
    assert lines[-1] == "900 running · 100 failed · next poll 3s · timeout in 26s"


def test_rows_above_the_display_have_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has moved up stands in the columns of what is still in the display, whose names and ids are longer."""
    screen = terminal(showing(*many(40, "f", verdict="failed"), run(IDS[0], model=LONG)), monkeypatch, 120)
    above = ["".join(line[column].data for column in range(120)) for line in screen.history.top]
    *failed, running = [line for line in [*above, *screen.display] if line.startswith(("✗ failed", "· Running"))]
    at = running.index(IDS[0])
    assert [row[at : at + 3].strip() for row in failed] == [f"f{number}" for number in range(40)]


def test_a_first_failure_takes_no_bar_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 80 columns three runs keep their bars when one of them fails: its verdict needs no more room."""
    names = ["Checkout", "Payment flows", "Search"]
    outlook = {"forecast": Forecast.learn([20, 20.1, 20.2]), "age_s": 5.0}
    shown = [run(each, model=name, **outlook) for each, name in zip([*IDS, IDS[0][::-1]], names, strict=True)]
    assert sum("━" in line for line in drawn(showing(*shown), monkeypatch, 80)) == 3
    shown[0] = replace(shown[0], verdict=Verdict.FAILED)
    assert sum("━" in line for line in drawn(showing(*shown), monkeypatch, 80)) == 2


def test_later_rows_keep_the_columns_of_earlier_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long status that goes, and an outlook that ends, move no column of the rows that follow."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    outlook = {"forecast": Forecast.learn([590, 595, 600]), "age_s": 3.0}
    first = showing(run(IDS[0], verdict="failed"), run(IDS[1], status="Waiting for an agent", **outlook))
    later = showing(run(IDS[0], verdict="failed"), run(IDS[1]))
    now, stream = [first], Tty()
    with Screen(lambda: now[0], stream, str) as display:
        display.refresh()
        now[0] = later
        display.refresh()
        shown = stream.getvalue()
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").splitlines()
    rows = [line for line in lines if "✗" in line]
    assert len(rows) == 2
    assert len({row.index("Checkout") for row in rows}) == 1
    assert [IDS[0] in row for row in rows] == [False, False]


@pytest.mark.parametrize("verdict", ["timed-out", "interrupted", "unknown"])
def test_the_end_moves_nothing_up(monkeypatch: pytest.MonkeyPatch, verdict: str) -> None:
    """Once every run has its verdict nothing is drawn any more: all of it stands in the table that follows."""
    assert drawn(showing(*many(100, verdict=verdict)), monkeypatch) == []


@pytest.mark.parametrize("count", [1, 3, 40, 1000])
@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_any_number_of_runs_fits(monkeypatch: pytest.MonkeyPatch, columns: int, count: int) -> None:
    """Running runs that do not fit are counted; the display is never higher than the terminal."""
    lines = drawn(showing(*many(count)), monkeypatch, columns)
    rows = [line for line in lines if line.startswith("· Running")]
    assert len(rows) == min(count, 25)
    assert (f"and {count - 25} more running" in lines) is (count > 25)
    assert lines[-1].startswith(f"{count} running · ")


def step(watch: Watch, now: float, outcome: Any) -> Snapshot:
    watch.observe(watch.next(now).asks[0], outcome, now=now, wall=START)
    return watch.snapshot(now)


def test_an_outage_is_one_line_above_the_footer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without contact a line says for how long, when the gate gives up and why; an answer takes it away."""
    watch = begin("r1")
    lost = drawn(step(watch, NOW, Fault(FaultKind.CONTACT, "refused")), monkeypatch)
    assert lost[1:] == [
        "no usable answer for 1s, giving up in 5m: refused",
        "1 running · next poll 1s · timeout in 1h",
    ]
    assert "giving up in 4m50s" in drawn(watch.snapshot(NOW + 10), monkeypatch, 60)[1]
    found = drawn(step(watch, NOW + 11, answer(said("r1", "Running"))), monkeypatch)
    assert found[1:] == ["1 running · next poll 2s · timeout in 59m49s"]
    watch.next(NOW + 13)
    assert drawn(watch.snapshot(NOW + 13), monkeypatch)[1] == "1 running · polling · timeout in 59m47s"


def test_ids_that_begin_alike_are_distinct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ids are shortened, two rows of a model differ, by as much of beginning or end as it takes."""
    same = ["cecaf3f5-c071-46b2-8918-924420e3f954", "cecaf3f5-c071-46b2-8918-924420e3f955"]
    rows = drawn(showing(*map(run, same)), monkeypatch, 60)[:2]
    assert ["…0e3f954" in rows[0], "…0e3f955" in rows[1]] == [True, True]


def test_a_terminal_of_few_letters_keeps_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a terminal cannot show a letter, its escape is measured and cut like any text."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm-256color")
    with Screen(lambda: showing(run(IDS[0], model="検査 " * 20)), stream, str) as display:
        display.refresh()
        stream.flush()
        rows = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.buffer.getvalue().decode("ascii")).splitlines()
    row = rows[0].rstrip()
    assert row.startswith("- Running  \\u691c\\u67fb ")
    assert row.endswith(f"~  {IDS[0][:8]}  -")
    assert len(row) <= 60


def test_a_name_from_right_to_left_turns_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark behind the name keeps the digits that follow where they are, also where the name is cut."""
    name = "בדיקה של קופה"
    stream = Tty()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    with Screen(lambda: showing(run(IDS[1], model=name), run(IDS[0])), stream, str) as display:
        display.refresh()
    assert name + "\u200e" in stream.getvalue()
    (row, other, _) = drawn(showing(run(IDS[1], model=name), run(IDS[0])), monkeypatch, 80)
    assert row.index(IDS[1][:8]) == other.index(IDS[0][:8])


def test_no_room_is_kept_for_what_nothing_predicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no earlier runs are known, the whole id fits into a hundred columns."""
    assert drawn(showing(run(IDS[0])), monkeypatch, 100)[0] == f"· Running  Checkout  {IDS[0]}  -"


@pytest.mark.parametrize("asked", range(1, 25))
def test_a_window_that_changes_while_it_is_drawn_in(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the window becomes narrow, the row of before is gone once the display has been drawn twice more."""
    times, stream, screen = count(), Tty(), pyte.Screen(60, 30)
    size = property(lambda _: ConsoleDimensions(160 if next(times) < asked else 60, 30))
    monkeypatch.setattr(Console, "size", size)
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = showing(run(IDS[0]))
    with Screen(lambda: shown, stream, str) as display:
        while next(times) < asked:
            display.refresh()
        display.refresh()
        display.refresh()
        written = stream.getvalue()
    pyte.Stream(screen).feed(written.replace("\n", "\r\n").replace("\u200e", ""))
    assert sum("Running" in line for line in screen.display) == 1, "\n".join(screen.display)
