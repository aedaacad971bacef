"""What is logged during a wait and at its end, on the fake clock."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest

from fakes import START, FakeClock, FakeLine, answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.patience import Limits
from gate.core.targets import ById, ByModel, ModelTarget, Query
from gate.core.verdict import Rules, Verdict
from gate.dai.poller import poll
from gate.reports.closing import log_end, result_table
from gate.reports.console import Console
from gate.reports.log import Log
from gate.reports.log_events import LogEvent
from gate.reports.report import RunReport
from reporting import RUN_ID, make_report, make_run
from waiting import begin

Server = Callable[[Query, float], Answer | Fault]
REFUSED = Fault(FaultKind.CONTACT, "dai:1 refused the connection.", "Is the server up?")
UNKNOWN = Fault(FaultKind.NOT_FOUND, "The server's answer holds no run with this id.")


def follow(
    server: Server,
    run_ids: Sequence[str] = (),
    models: Sequence[ModelTarget] = (),
    *,
    timeout: float = 600,
    grace: float = 30,
    learned: bool = False,
    level: int = 0,
    rules: Rules | None = None,
    live: bool = False,
) -> str:
    """Return the log of a wait, without the time in front of each line."""
    clock, stream = FakeClock(), io.StringIO()
    limits = Limits(timeout=timeout, contact_timeout=300, not_found_grace=grace, request_timeout=30)
    watch = begin(*run_ids, models=models, limits=limits, learned=learned, history=True, rules=rules)
    log = Log(stream, clock, level=level, redact=str)
    console = Console(log, clock, lambda: watch.snapshot(clock.time), timeout=timeout, learned=learned, live=live)
    console.begin("http://dai:1", clock.now() + timedelta(seconds=timeout))
    poll(watch, FakeLine(clock, server), clock, console.show)
    return "".join(line[10:] if line[0] in " 0123456789" else line for line in stream.getvalue().splitlines(True))


def by_id(query: Query, word: str = "Running", **facts: object) -> Answer:
    assert isinstance(query, ById | ByModel)
    name = query.run_id if isinstance(query, ById) else "r1"
    return answer(said(name, word, model=name.upper(), **facts), answered_at=START)


def test_an_outage_is_logged_as_one() -> None:
    """However many runs: a line when contact is lost, heartbeats with when it is given up, a line when it is back."""

    def server(query: Query, now: float) -> Answer | Fault:
        return REFUSED if 30 < now < 200 else by_id(query, "Passed" if now > 400 else "Running")

    log = follow(server, [f"r{number}" for number in range(15)])
    assert log.count("refused the connection. Is the server up? Retrying in 1s.") == log.count("Retrying") == 1
    assert log.count("the server answers again after ") == log.count("again after") == 1
    beats = [line for line in log.splitlines() if line.startswith("no usable answer for ")]
    assert len(beats) in {2, 3}
    assert beats[0].startswith("no usable answer for 1m")
    assert "(dai:1 refused the connection); giving up in " in beats[0]
    assert "still waiting: R0 r0 Running, R1 r1 Running, R2 r2 Running and 12 more; " in log


@pytest.mark.parametrize(("timeout", "end"), [(3600, "3m5"), (150, "1m2")])
def test_where_nothing_was_ever_seen_the_contact_timeout_counts(timeout: float, end: str) -> None:
    """Without any answer the heartbeat counts to the end of the contact timeout, or of the wait if that is sooner."""
    log = follow(lambda *_: REFUSED, ["r1"], timeout=timeout)
    beat = next(line for line in log.splitlines() if line.startswith("no usable answer"))
    assert f"giving up in {end}" in beat
    assert "not seen yet;" not in log
    assert "answers again" not in log


def test_a_run_that_is_not_found_is_named_beside_those_that_go_on() -> None:
    """A heartbeat distinguishes what is not found from what is, and the return of a run is logged with its name."""

    def server(query: Query, now: float) -> Answer | Fault:
        missing = query == ById("r2") and now < 100
        return UNKNOWN if missing else by_id(query, "Passed" if now > 200 else "Running")

    log = follow(server, ["r1", "r2"], grace=3600)
    assert f"r2: {UNKNOWN.text} Retrying in 1s." in log
    assert "r2: not found for 1m0" in log
    assert "(The server's answer holds no run with this id); giving up in 8m" in log
    assert "still waiting: R1 r1 Running; " in log
    assert "r2: found after " in log
    assert "the server answers again" not in log


def test_lost_contact_with_some_is_logged_beside_the_others() -> None:
    """Where only some runs get no usable answer they are named, and the others are still waited for."""

    def server(query: Query, now: float) -> Answer | Fault:
        lost = query == ById("r2") and now > 5
        return REFUSED if lost else by_id(query, "Passed" if now > 150 else "Running")

    log = follow(server, ["r1", "r2"])
    assert "R2 r2: no usable answer for 1m" in log
    assert "still waiting: R1 r1 Running; " in log


def test_given_up_is_not_back_again() -> None:
    """When an unanswered run is given up while another was answered, no line says that the server answers again."""

    def server(query: Query, now: float) -> Answer | Fault:
        unanswered = isinstance(query, ById) and query.run_id == "b" and now > 0
        return REFUSED if unanswered else by_id(query, "Passed" if now > 500 else "Running")

    log = follow(server, ["a", "b"])
    assert "B b: unknown - No usable answer for 5m" in log
    assert "answers again" not in log


def test_a_server_that_comes_and_goes_is_logged_once_a_minute() -> None:
    """Answers that alternate with faults are no line each."""
    goes = cycle([False, True])
    log = follow(lambda query, _: REFUSED if next(goes) else by_id(query), ["r1"], timeout=300)
    assert 2 <= log.count("refused the connection.") <= 6
    assert log.count("the server answers again after ") <= 6


def test_nothing_is_tried_again_in_the_past() -> None:
    """A fault that comes when the time is up has no next try."""
    log = follow(lambda query, now: REFUSED if now >= 60 else by_id(query), ["r1"], timeout=60)
    assert "refused the connection." in log
    assert "Retrying" not in log


def test_the_command_to_wait_on_is_whole() -> None:
    """However many runs it names, the last line can be run."""
    stream = io.StringIO()
    command = " ".join(["dai-gate wait", *("cecaf3f5-c071-46b2-8918-924420e3f954" for _ in range(80))])
    Log(stream, FakeClock(), level=0, redact=str).note(LogEvent.RESUME, command, limit=2 * len(command))
    assert stream.getvalue().endswith(f"{command}\n")


def old(since: datetime | None, *, ended_ago: timedelta, model: bool = True, dated: bool = True) -> str:
    end = START - ended_ago
    run = said("r1", "Passed", started_at=end - timedelta(seconds=9), ended_at=end)
    log = follow(
        lambda *_: answer(run, answered_at=START if dated else None),
        [] if model else ["r1"],
        [ModelTarget("Checkout", since=since)] if model else [],
    )
    return log.partition("\n")[2]


WARNING = "dai-gate: warning: Checkout r1 ended before this wait began; --since leaves out old runs\n"


def test_a_run_that_had_ended_before_says_so() -> None:
    """A run that ended before the wait says when; for a model's newest a warning names --since as well."""
    long_ago = timedelta(days=84)
    assert WARNING in old(None, ended_ago=long_ago)
    assert "Checkout r1: Passed after 9s, ended 84d ago\n" in old(None, ended_ago=long_ago)
    assert "ended 84d ago" in old(None, ended_ago=long_ago, dated=False)
    assert "ended 1h ago" in old(None, ended_ago=timedelta(hours=1))
    assert WARNING not in old(START - timedelta(days=100), ended_ago=long_ago)
    assert WARNING not in old(None, ended_ago=long_ago, model=False)
    assert "ended" not in old(None, ended_ago=timedelta(seconds=1))


def test_a_run_that_ends_in_the_wait_is_not_old() -> None:
    """What was seen to go on has not ended before, whatever the server writes."""

    def server(query: Query, now: float) -> Answer:
        moment = START + timedelta(seconds=now)
        lies = {"started_at": START - timedelta(hours=3), "ended_at": START - timedelta(hours=1)}
        return answer(said("r1", "Passed", **lies) if now > 5 else said("r1", "Running"), answered_at=moment)

    assert ", ended " not in follow(server, ["r1"])


def test_unknown_history_matters_to_the_learned_schedule_only() -> None:
    """That nothing is known of earlier runs is logged where --schedule learned was chosen."""

    def server(query: Query, now: float) -> Answer:
        return by_id(query, "Passed" if now > 10 else "Running")

    assert "nothing is known of earlier runs" not in follow(server, ["r1"])
    assert "; intervals grow as with --schedule exponential" in follow(server, ["r1"], learned=True)


def learning(durations: Sequence[float]) -> str:
    """Return what the log says of so long earlier runs, with the learned schedule."""
    earlier = [
        said(f"old{number}", "Passed", started_at=START - timedelta(days=1), ended_at=START + timedelta(-1, seconds))
        for number, seconds in enumerate(durations)
    ]

    def server(query: Query, now: float) -> Answer:
        run = said("r1", "Passed" if now > 700 else "Running", started_at=START)
        return answer(run, *(earlier if isinstance(query, ByModel) else ()), answered_at=START + timedelta(seconds=now))

    log = follow(server, ["r1"], learned=True, timeout=3600)
    return next(line for line in log.splitlines() if "earlier runs, median" in line)


def test_the_log_says_what_the_learned_schedule_expects() -> None:
    """One line says how many earlier runs there are, their median, and how many polls they save; or why none."""
    found = re.fullmatch(
        r"Checkout: 24 earlier runs, median 12m09s; about (\d+) polls instead of 31", learning(range(718, 742))
    )
    assert found
    assert int(found[1]) < 20
    few = "Checkout: 3 earlier runs, median 12m10s, too few to plan polls by; intervals grow as with --schedule"
    assert learning([729, 730, 731]) == f"{few} exponential"
    assert ", which save no polls; intervals" in learning([3.0] * 24)


def test_moments_have_their_date_where_it_is_not_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the wait has its zone, and a date unless it is today; a year that no zone can show breaks nothing."""
    monkeypatch.setattr(FakeClock, "now", lambda _: datetime.now(UTC).astimezone().replace(hour=12, minute=0))
    today, zone = f"{datetime.now(UTC).astimezone():%Y-%m-%d}", f"{datetime.now(UTC).astimezone():%Z}"
    first = follow(lambda query, _: by_id(query, "Passed"), ["r1"]).splitlines()[0]
    assert f" {zone} (10m)" in first
    assert today[:4] + "-" not in first
    far = follow(lambda query, _: by_id(query, "Passed"), ["r1"], timeout=72 * 3600).splitlines()[0]
    assert " until 20" in far
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    year_one = datetime.min.replace(tzinfo=UTC)

    def server(query: Query, now: float) -> Answer:
        return by_id(query, "Passed" if now > 1 else "Running", started_at=year_one)

    log = follow(server, ["r1"])
    monkeypatch.undo()
    time.tzset()
    assert "started 0001-01-01" in log


def end(*runs: RunReport, level: int = 0, is_aborted: bool = False, **facts: object) -> list[str]:
    stream, clock = io.StringIO(), FakeClock()
    log_end(make_report(*runs, **facts), Log(stream, clock, level=level, redact=str), is_aborted=is_aborted)
    return [line.removeprefix("      0s  ") for line in stream.getvalue().splitlines()]


def test_the_end_counts_names_and_advises() -> None:
    """Several runs: how many passed, which did not, and what to do about each verdict."""
    runs = [
        make_run(),
        make_run(Verdict.FAILED),
        make_run(Verdict.INCOMPLETE, model="Login", id="l1"),
        make_run(),
        *[make_run(Verdict.INCOMPLETE, model="Login", id=f"m{number}") for number in range(6)],
    ]
    summary, incomplete, failed = end(*runs)
    logins = "Login l1, Login m0, Login m1, Login m2, Login m3 and 2 more"
    assert summary == f"2 of 10 runs passed; failed: Checkout {RUN_ID[:8]}; incomplete: {logins}"
    assert failed.startswith("failed (exit code 1): Open the run's results")
    assert incomplete.startswith("incomplete: The run was stopped")
    assert end() == ["passed (exit code 0)"]


def test_a_timeout_without_contact_is_explained_at_the_end() -> None:
    """The last error of a timed-out run stands in the log, and where none was found nobody speaks of its id."""
    lost = make_run(Verdict.TIMED_OUT, id=None, message="Not seen. Last error: refused", last_error="refused")
    why, advice = end(lost)
    assert why == "Checkout: timed-out - Not seen. Last error: refused"
    assert "No run was found." in advice
    assert "run id" not in advice
    assert len(end(make_run(Verdict.TIMED_OUT))) == 1
    assert len(end(make_run(Verdict.INTERRUPTED, last_error="refused"))) == 1


def test_what_was_aborted_is_not_said_to_be_running() -> None:
    """After --abort-on nobody is told that the run may still be running."""
    assert end(make_run(Verdict.TIMED_OUT), is_aborted=True) == [
        "timed-out (exit code 4): What was still running was aborted. Resume to see how it ended."
    ]


def test_quiet_still_says_why() -> None:
    """With --quiet each run that did not pass has a line, the first ten at least; a pass has none."""
    assert end(level=-1) == []
    (line,) = end(make_run(Verdict.UNKNOWN, message="Lost."), make_run(), level=-1)
    assert line == f"dai-gate: Checkout {RUN_ID[:8]}: unknown (lost-contact) - Lost."
    many = end(*(make_run(Verdict.FAILED, message=f"{number}") for number in range(12)), level=-1)
    assert (len(many), many[-1]) == (11, "dai-gate: and 2 more runs")
    (line,) = end(*(make_run(Verdict.UNKNOWN, id=f"r{number}", message="Lost.") for number in range(12)), level=-1)
    names = "Checkout r0, Checkout r1, Checkout r2, Checkout r3, Checkout r4 and 7 more"
    assert line == f"dai-gate: {names}: unknown (lost-contact) - Lost."


def test_an_overridden_exit_code_is_not_called_closed() -> None:
    """Where --exit-code lets a verdict through, the last line says that and not that the gate fails closed."""
    (line,) = end(make_run(Verdict.UNKNOWN), exit_code=0)
    assert line == "unknown (exit code 0): the pipeline continues because of --exit-code, although this is not a pass."


@pytest.mark.parametrize(("live", "level", "lines"), [(False, 0, 3), (True, 0, 1), (True, 1, 4)])
def test_what_a_live_display_shows_is_not_logged(live: bool, level: int, lines: int) -> None:
    """Beside a live display the status of runs is logged with --verbose only."""
    log = follow(lambda query, now: by_id(query, "Passed" if now > 10 else "Running"), ["r1"], live=live, level=level)
    assert len([line for line in log.splitlines() if not line.startswith("polled")]) == lines


def test_one_line_warns_of_a_short_timeout() -> None:
    """However many models usually take longer than --timeout: beside a live display one line says so, else each."""

    past = START - timedelta(days=1)
    times = {"started_at": past, "ended_at": past + timedelta(hours=1)}

    def server(query: Query, now: float) -> Answer:
        model = query.run_id if isinstance(query, ById) else getattr(query, "model", "")
        old = [said(f"{number}-{model}", "Passed", model=model, **times) for number in range(3)]
        own = said(model, "Passed" if now > 10 else "Running", model=model, started_at=START)
        return answer(own, *old, answered_at=START + timedelta(seconds=now))

    models = [ModelTarget(name) for name in ("A", "B", "C")]
    assert follow(server, models=models, live=True).count("is shorter than most earlier runs took") == 1
    assert follow(server, models=models).count("is shorter than most earlier runs took") == 3


def test_a_message_that_many_runs_share_is_written_once() -> None:
    """Runs that are decided at once share a line with the message; later ones say whose they share."""

    def server(query: Query, now: float) -> Answer | Fault:
        is_late = isinstance(query, ById) and query.run_id == "c"
        return by_id(query) if is_late and now < 10 else Fault(FaultKind.REJECTED, "No.")

    log = follow(server, ["a", "b", "c"]).splitlines()
    assert [line for line in log if "unknown" in line] == [
        "a: unknown - Rejected for 30s. No.",
        "b: unknown, as a",
        "C c: unknown, as a",
    ]


def test_very_many_runs_are_counted_in_their_order() -> None:
    """The line of what is followed comes before the counts of its runs, and one run is no plural."""
    words = ["Failed", *["Running"] * 29]
    runs = [said(f"r{number}", word, model="M", started_at=START) for number, word in enumerate(words)]
    log = follow(lambda *_: answer(*runs, answered_at=START), models=[ModelTarget("M", 31)], timeout=5).splitlines()
    assert log[1].startswith("M: following r")
    assert log[1].endswith("(of 31 wanted)")
    assert log[2:4] == ["M: 1 run Failed", "M: 29 runs Running"]


def test_fewer_runs_than_wanted_are_named_beside_a_live_display() -> None:
    """That a model has fewer runs than --limit says is in the log, whatever the display shows."""
    runs = [said("r1", "Passed", model="M", started_at=START)]
    log = follow(lambda *_: answer(*runs, answered_at=START), models=[ModelTarget("M", 3)], live=True)
    assert "M: following r1 (of 3 wanted)\n" in log


def test_the_table_of_results_has_columns() -> None:
    """Worst first, in columns by the width of letters; ids are shortened where they do not fit."""
    incomplete = make_run(Verdict.INCOMPLETE, id="b" * 8 + RUN_ID[8:], url=None)
    report = make_report(make_run(id="a" * 8 + RUN_ID[8:], model="検査"), incomplete, make_run(Verdict.FAILED))
    table = result_table(report, 80, 24)
    assert [line.split()[0] for line in table] == ["failed", "incomplete", "passed"]
    assert [line.index(name) for line, name in zip(table, ["Checkout", "Checkout", "検査"], strict=True)] == [12] * 3
    assert table[1] == f"incomplete  Checkout  {'b' * 8}{RUN_ID[8:]}  3m"
    assert table[2] == f"passed      検査      {'a' * 8}{RUN_ID[8:]}  3m  {make_run().url}"
    assert [line.split()[2] for line in result_table(report, 60, 24)] == [RUN_ID[:8], "b" * 8, "a" * 8]


def test_nothing_in_the_table_of_results_moves_the_cursor() -> None:
    """Whatever a model, an id or a link holds, the table has no control character, and a line for each run."""
    hostile = "a\x1b[2Jb\r\n::error::c"
    lines = result_table(make_report(make_run(id=hostile, model=hostile, url=f"https://x/{hostile}")), 300, 24)
    assert (len(lines), lines[0].isprintable()) == (1, True)


def test_the_table_of_results_knows_the_age_of_what_has_not_ended() -> None:
    """On a terminal a run that was still running shows how old it is."""
    (line,) = result_table(make_report(make_run(Verdict.TIMED_OUT, duration_s=None, age_s=3600.0, url=None)), 80, 24)
    assert line.endswith("  1h")


def test_a_table_of_very_many_runs_counts_the_passes() -> None:
    """Of more runs than fit on the screen, what did not pass is shown, and passes are one line."""
    passes = [make_run(id=f"{number:036}") for number in range(24)]
    assert len(result_table(make_report(*passes), 80, 30)) == 24
    assert result_table(make_report(*passes), 80, 29) == ["passed  24 runs"]
    table = result_table(make_report(*passes, make_run(Verdict.INCOMPLETE), make_run(Verdict.FAILED)), 80, 24)
    assert [line.split("  ")[0] for line in table] == ["failed", "incomplete", "passed"]
    assert table[-1] == "passed      24 runs"
    assert len({line.index(RUN_ID[:8]) for line in table[:2]}) == 1
