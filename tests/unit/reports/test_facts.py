"""What several formats write in the same words."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given

from gate.core.verdict import Verdict
from gate.reports.facts import clock, cost, spans, standing, took, verdict_words
from gate.reports.report import Report
from reporting import BEGIN, make_report, make_run, reports

V = Verdict
MINUTE = timedelta(minutes=1)
END = BEGIN + 4 * MINUTE


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ([], "Nothing was watched"),
        ([V.PASSED], "The run passed"),
        ([V.DENIED], "The run did not pass"),
        ([V.PASSED, V.PASSED], "All 2 runs passed"),
        ([V.PASSED, V.FAILED, V.UNKNOWN], "1 of 3 runs passed"),
    ],
)
def test_how_many_passed(verdicts: list[Verdict], words: str) -> None:
    """A few words say how many runs passed."""
    assert standing(make_report(runs=tuple(map(make_run, verdicts)), verdict=V.FAILED)) == words


def test_a_pass_of_some_says_that_it_is_enough() -> None:
    """Where --require lets a wait pass although a run did not, the words say so."""
    report = make_report(make_run(), make_run(V.FAILED), verdict=V.PASSED)
    assert standing(report) == "1 of 2 runs passed, which is enough (--require)"


def test_an_exit_code_that_was_forced_says_so() -> None:
    """An exit code of 0 without a pass names the option that made it so."""
    assert cost(make_report()) == "waited 4m, exit code 0"
    assert cost(make_report(make_run(V.FAILED))) == "waited 4m, exit code 1"
    assert cost(make_report(make_run(V.FAILED), exit_code=0)) == "waited 4m, exit code 0 because of --exit-code"


def test_a_verdict_with_its_reason() -> None:
    """The reason stands behind the verdict, where there is one."""
    assert verdict_words(make_run(V.UNKNOWN)) == "unknown (lost-contact)"
    assert verdict_words(make_run(V.FAILED)) == "failed"


def test_how_long_it_usually_takes() -> None:
    """Where earlier runs are known, their middle one stands beside the run's own length."""
    assert took(make_run()) == "3m"
    assert took(make_run(duration_s=None)) == "3m02s"
    assert took(make_run(started_at=None, statuses=(), duration_s=None)) == "-"
    assert took(make_run(earlier_s=(60.0, 150.0, 300.0))) == "3m (usually 2m30s)"


def test_a_run_that_has_not_ended_lasts_as_long_as_it_is_old() -> None:
    """Of a run without an end its age counts, not for how long it was watched, which does where the age is unknown."""
    assert took(make_run(V.TIMED_OUT, duration_s=None, age_s=3600.0)) == "1h"
    assert took(make_run(V.TIMED_OUT, duration_s=None)) == "3m02s"
    assert took(make_run(earlier_s=(60.0, 240.0))) == "3m (usually 2m)"


def test_a_clock_is_in_utc() -> None:
    """A moment is written without its fraction, in UTC."""
    assert clock(BEGIN.astimezone(timezone(timedelta(hours=14)))) == "2026-01-02 03:04:05"


@pytest.mark.parametrize(
    ("facts", "start", "end"),
    [
        ({}, BEGIN, BEGIN + 3 * MINUTE),
        ({"started_at": None}, BEGIN, BEGIN + 3 * MINUTE),
        ({"ended_at": None}, BEGIN, BEGIN + 3 * MINUTE),
        ({"ended_at": None, "statuses": ()}, BEGIN, END),
        ({"ended_at": None, "statuses": (), "verdict": V.TIMED_OUT}, BEGIN, END),
        ({"ended_at": None, "observed_s": 60.0, "verdict": V.DENIED}, BEGIN, BEGIN + MINUTE),
        ({"started_at": BEGIN + 9 * MINUTE}, BEGIN + 9 * MINUTE, BEGIN + 9 * MINUTE),
        ({"started_at": BEGIN.replace(year=1970)}, END - timedelta(days=31), BEGIN + 3 * MINUTE),
        ({"ended_at": BEGIN.replace(year=9999)}, BEGIN, END + timedelta(days=1)),
    ],
)
def test_from_when_to_when(facts: dict[str, Any], start: Any, end: Any) -> None:
    """A run lasts from its start to its end; what the server leaves out, or lies about, is taken from our own clock."""
    (span,) = spans(make_report(make_run(**facts)))
    assert (span.start, span.end) == (start, end)


def test_a_run_that_was_never_seen_has_no_span() -> None:
    """Of a run without a start and without a status there is nothing to draw."""
    assert spans(make_report(make_run(V.UNKNOWN, started_at=None, statuses=()))) == []


@given(reports)
def test_no_span_is_negative_or_absurd(report: Report) -> None:
    """Whatever the clocks say, a span ends after it starts, and lies near the wait."""
    for span in spans(report):
        assert timedelta(0) <= span.end - span.start <= timedelta(days=32)
