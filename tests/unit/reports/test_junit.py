"""The JUnit file, against what its readers want of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from junitparser import JUnitXml
from lxml import etree

from gate.core.verdict import TABLE, Reason, Verdict
from gate.reports import junit
from gate.reports.report import Report
from reporting import RUN_ID, SERVER, make_report, make_run, reports

V = Verdict


def parse(report: Report) -> ET.Element:
    return ET.fromstring(junit.render(report))


def names(report: Report) -> list[str | None]:
    return [case.get("name") for case in parse(report).iter("testcase")]


def test_the_suite() -> None:
    """One suite stands for the wait: its counts, its times, its properties, what it printed."""
    suite = parse(make_report(make_run(), make_run(V.FAILED), make_run(V.UNKNOWN, id=None, url=None)))
    del suite.attrib["hostname"]
    assert suite.tag == "testsuite"
    assert suite.attrib == {
        "name": "eggplant-dai",
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
        "time": "240.000",
        "timestamp": "2026-01-02T03:04:05",
    }
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 3, "system-out", "system-err"]
    assert [(each.get("name"), each.get("value")) for each in suite.iter("property")] == [
        ("verdict", "failed"),
        ("exit-code", "1"),
        ("server", SERVER),
        ("polls", "12"),
        ("requests", "14"),
        ("run-ids", f"{RUN_ID},{RUN_ID}"),
        ("results-url", f"{SERVER}/runs/{RUN_ID}"),
    ]
    assert (suite.findtext("system-out") or "").splitlines() == [
        "failed after 4m, exit code 1",
        f"passed Checkout {RUN_ID} The server says Passed after 3m.",
        f"failed Checkout {RUN_ID} The server says Failed after 3m.",
        "unknown Checkout - The server says Unknown after 3m.",
    ]


def test_the_reason_is_a_property() -> None:
    """Why the result is unknown stands among the suite's properties."""
    suite = parse(make_report(make_run(V.UNKNOWN)))
    assert suite.find("properties/property[@name='reason']") is not None


@pytest.mark.parametrize("verdict", Verdict)
def test_the_child_says_how_it_ended(verdict: Verdict) -> None:
    """Each verdict has its one child, with a type that no reader refuses; a pass has none."""
    (case,) = parse(make_report(make_run(verdict))).iter("testcase")
    row = TABLE[verdict]
    assert [(child.tag, child.get("type")) for child in case] == ([(row.child, row.type)] if row.child else [])
    assert case.attrib == {"classname": "eggplant-dai.Checkout", "name": "Checkout", "time": "180.000"}


def test_a_run_without_a_duration_took_as_long_as_it_was_watched() -> None:
    """Where the run's own duration is not known, its time is for how long the gate watched it, whatever its age."""
    (case,) = parse(make_report(make_run(V.TIMED_OUT, duration_s=None, age_s=3600.0))).iter("testcase")
    assert case.get("time") == "181.500"


def test_the_text_holds_everything() -> None:
    """Who sees nothing but the text learns the verdict, the link, the run, its statuses, the last error, what to do."""
    run = make_run(V.UNKNOWN, reason=Reason.LOST_CONTACT, message="No answer.", last_error="Refused.")
    text = parse(make_report(run)).findtext("testcase/error")
    assert (text or "").splitlines() == [
        "unknown (lost-contact): No answer.",
        f"Results: {SERVER}/runs/{RUN_ID}",
        f"Run: {RUN_ID}, model: Checkout, agent: agent-1",
        f"Server: {SERVER}",
        "2026-01-02 03:04:05Z Running",
        "2026-01-02 03:07:05Z Unknown",
        "Last error: Refused.",
        f"What to do: {run.advice}",
    ]


def test_what_is_not_known_is_left_out() -> None:
    """A run of which nothing is known has a stable name, and still a message and a text."""
    run = make_run(V.DENIED, id=None, model=None, agent=None, url=None, statuses=(), duration_s=None, observed_s=-1.0)
    (case,) = parse(make_report(run)).iter("testcase")
    assert case.attrib == {"classname": "eggplant-dai.unknown model", "name": "unknown model", "time": "0.000"}
    lines = (case.findtext("error") or "").splitlines()
    assert lines[1] == "Run: -, model: -, agent: -"
    assert case.find("error[@message]") is not None


def test_the_same_model_again_is_numbered() -> None:
    """No two test cases have one name, not even where a model is called like the second run of another."""
    report = make_report(*(make_run(model=model) for model in ["A", "A #2", "A", "B", "A"]))
    assert names(report) == ["A", "A #2", "A #3", "B", "A #4"]


def test_a_dot_in_a_name_does_not_separate() -> None:
    """A reader that splits at dots finds the suite and the model."""
    report = make_report(make_run(model="Check.out"))
    assert names(report) == ["Check.out"]
    assert 'classname="eggplant-dai.Check\u2024out"' in junit.render(report)


@pytest.mark.parametrize("model", ["", "  ", None])
def test_a_name_is_never_empty(model: str | None) -> None:
    """A model without a name has one in the report."""
    assert names(make_report(make_run(model=model), suite_name=" ")) == ["unknown model"]


def test_there_is_always_a_test_case() -> None:
    """Where nothing was watched, one test case says so, and it is no pass."""
    suite = parse(make_report(runs=(), verdict=V.UNKNOWN))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "1")
    assert [child.get("message") for child in suite.iter("error")] == ["Nothing was watched."]


def test_times_have_no_more_than_three_decimals() -> None:
    """The schema of a reader takes no more, and no exponent."""
    suite = parse(make_report(make_run(duration_s=1e-7), make_run(duration_s=1e7)))
    assert [case.get("time") for case in suite.iter("testcase")] == ["0.000", "10000000.000"]


@given(reports)
def test_any_text_makes_a_file_that_every_parser_reads(report: Report) -> None:
    """Whatever stands in a report, three parsers read it back, count the same, and find words where they look."""
    text = junit.render(report)
    suite = ET.fromstring(text)
    assert etree.fromstring(text.encode()).tag == "testsuite"
    (parsed,) = JUnitXml.fromstring(text.encode())
    cases = list(suite.iter("testcase"))
    assert len(cases) == parsed.tests == len(report.runs)
    assert len({case.get("name") for case in cases}) == len(cases)
    for case, run in zip(cases, report.runs, strict=True):
        assert case.get("name")
        assert [child.tag for child in case] == [child for child in [TABLE[run.verdict].child] if child]
        assert all(child.get("message") and child.text for child in case)
    assert not re.search(r"\x1b|##(vso|teamcity)?\[|^\s*::", text, re.MULTILINE | re.IGNORECASE)
