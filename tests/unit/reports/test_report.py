"""The frozen facts that every format prints."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.snapshot import RunSnapshot
from gate.core.verdict import TABLE, Reason, Verdict
from gate.reports.redactor import Redactor
from gate.reports.report import report_run, results_url, rfc3339
from reporting import BEGIN, SERVER, foreign, make_report, make_run

PARIS = timezone(timedelta(hours=1))


def keep(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("template", "link"),
    [
        (None, None),
        ("https://results.example", "https://results.example"),
        ("{url}/runs/{id}", f"{SERVER}/runs/a%2F%7Bmodel%7D"),
        ("{url}/{model}/{id}#{id}", f"{SERVER}/M%20%3F/a%2F%7Bmodel%7D#a%2F%7Bmodel%7D"),
        ("{other}/{}", "{other}/{}"),
    ],
)
def test_links(template: str | None, link: str | None) -> None:
    """A link has the server as it is, and ids and models as parts of a path, whatever stands in them."""
    assert results_url(template, server=SERVER, run_id="a/{model}", model="M ?") == link


@pytest.mark.parametrize("template", ["{url}/runs/{id}", "{url}/models/{model}"])
def test_no_link_to_what_is_not_known(template: str) -> None:
    """Where the template needs what is not known, there is no link."""
    assert results_url(template, server=SERVER, run_id=None, model=None) is None
    assert results_url("{url}", server=SERVER, run_id=None, model=None) == SERVER


@given(foreign)
def test_any_id_makes_a_link(run_id: str) -> None:
    """Nothing that a server calls a run leaves its part of the path."""
    link = results_url("{url}/runs/{id}/steps", server=SERVER, run_id=run_id, model=None)
    assert link is not None
    assert link.isascii()
    assert link.count("/") == f"{SERVER}/runs//steps".count("/")


def test_a_run_is_frozen_without_secrets() -> None:
    """Whatever text came from the server has lost its secrets, and every time is in UTC."""
    redactor = Redactor()
    redactor.learn("hunter2")
    text = "hunter2!"
    run = RunSnapshot(
        run_id=text,
        model=text,
        type=text,
        agent=text,
        status=text,
        verdict=Verdict.UNKNOWN,
        reason=Reason.LOST_CONTACT,
        message=text,
        last_error=text,
        statuses=((BEGIN, text),),
        started_at=BEGIN.astimezone(PARIS),
        ended_at=(BEGIN + timedelta(seconds=90)).astimezone(PARIS),
        duration_s=90.0,
        observed_s=91.0,
    )
    report = report_run(run, redactor.hide, server=SERVER, url_template="{url}/{id}/{model}")
    assert "hunter2" not in repr(report)
    assert (report.id, report.model, report.type, report.agent, report.status) == ("***!",) * 5
    assert (report.message, report.last_error, report.statuses) == ("***!", "***!", ((BEGIN, "***!"),))
    assert report.url == f"{SERVER}/***%21/***%21"
    assert str(report.started_at) == str(BEGIN)
    assert str(report.ended_at) == str(BEGIN + timedelta(seconds=90))
    assert (report.duration_s, report.observed_s) == (90.0, 91.0)
    assert (report.verdict, report.reason) == (Verdict.UNKNOWN, Reason.LOST_CONTACT)


def test_a_run_of_which_nothing_is_known() -> None:
    """What is not known is None, and a run that has no verdict yet counts as interrupted."""
    report = report_run(RunSnapshot(), keep, server=SERVER, url_template="{url}/{id}")
    assert (report.id, report.model, report.type, report.agent, report.status, report.url) == (None,) * 6
    assert (report.started_at, report.ended_at, report.duration_s) == (None,) * 3
    assert report.verdict is Verdict.INTERRUPTED
    assert report.message == "The gate is still waiting, or was killed while waiting."
    assert report.observed_s == 0.0
    assert report.advice == "The wait ended before a run was found."


def test_what_to_do_next() -> None:
    """The advice is that of the verdict; a run that was left, is aborted or was never found has another, or none."""
    run = make_run(Verdict.TIMED_OUT)
    assert run.advice == TABLE[Verdict.TIMED_OUT].advice
    assert replace(run, is_aborted=True).advice.startswith("The server is asked to abort the run")
    assert replace(run, id=None).advice.startswith("No run was found.")
    assert make_run(Verdict.INTERRUPTED, is_left=True).advice == ""


def test_the_deciding_run() -> None:
    """Id and link are those of the first run that brought the verdict about; a link there is if any run has one."""
    passed, failed = make_run(id="1", url="https://a"), make_run(Verdict.FAILED, id="2", url="https://b")
    report = make_report(passed, failed, make_run(Verdict.FAILED, id="3", url="https://c"))
    assert (report.run_id, report.results_url) == ("2", "https://b")
    stopped = make_report(passed, make_run(id="2"), verdict=Verdict.INTERRUPTED)
    assert (stopped.run_id, stopped.results_url) == ("1", "https://a")
    lost = make_report(passed, make_run(Verdict.UNKNOWN, id=None, url=None))
    assert (lost.run_id, lost.results_url) == ("", "https://a")
    nothing = make_report(runs=())
    assert (nothing.deciding, nothing.run_id, nothing.results_url) == (None, "", None)


def test_the_reason_is_that_of_the_verdict() -> None:
    """The gate's reason is the first run's that brought its verdict about."""
    runs = [make_run(), make_run(Verdict.UNKNOWN, reason=Reason.REJECTED), make_run(Verdict.UNKNOWN)]
    assert make_report(*runs).reason is Reason.REJECTED
    assert make_report(*runs, verdict=Verdict.PASSED).reason is None
    assert make_report(*runs[1:], verdict=Verdict.INTERRUPTED).reason is None


@given(st.timedeltas(-timedelta(days=365 * 2000), timedelta(days=365 * 7900)))
def test_times_in_utc(since: timedelta) -> None:
    """A time keeps its moment, and is written so that any script reads it back to the millisecond."""
    moment = (BEGIN + since).astimezone(PARIS)
    assert report_run(RunSnapshot(started_at=moment), keep, server=SERVER, url_template=None).started_at == moment
    written = rfc3339(moment)
    assert written is not None
    assert written.endswith("Z")
    assert timedelta(0) <= moment - datetime.fromisoformat(written) < timedelta(milliseconds=1)


def test_a_time_that_is_not_known() -> None:
    """What is not known stays so."""
    assert rfc3339(None) is None
