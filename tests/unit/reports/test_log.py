"""The log: lines of text, or each a JSON object that its schema knows."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given

from fakes import FakeClock
from gate.reports.log import Log
from gate.reports.log_events import LogEvent
from gate.reports.redactor import Redactor
from reporting import HOSTILE, foreign
from scripts import schema_of

SECRET = "t0p-s3cret/t0ken"


def log_to(stream: io.StringIO, level: int = 1, *, as_json: bool = True) -> Log:
    redactor = Redactor()
    redactor.learn(SECRET)
    return Log(stream, FakeClock(), level=level, redact=redactor.hide, as_json=as_json)


def objects(stream: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    for each in lines:
        schema_of("log").validate(each)
    return lines


def test_an_event_is_an_object_with_its_facts() -> None:
    """Time in UTC with milliseconds, level, event, message, and the facts that are known; nothing is null."""
    stream = io.StringIO()
    log_to(stream).note(LogEvent.POLLED, "polled run r1", run_id="r1", model=None, status="Running", wait_s=2.00049)
    assert objects(stream) == [
        {
            "time": "2026-01-02T03:04:05.000Z",
            "level": "info",
            "event": "polled",
            "message": "polled run r1",
            "run_id": "r1",
            "status": "Running",
            "wait_s": 2.0,
        }
    ]


@pytest.mark.parametrize(
    ("level", "levels"),
    [
        (1, ["error", "warning", "warning", "info", "debug"]),
        (0, ["error", "warning", "warning", "info"]),
        (-1, ["error", "warning"]),
    ],
)
def test_quiet_keeps_errors_and_what_concerns_security(level: int, levels: list[str]) -> None:
    """Each way to write has its level; --quiet keeps errors and what is written even then, --verbose adds details."""
    stream = io.StringIO()
    log = log_to(stream, level)
    log.error(LogEvent.REPORT_FAILED, "x")
    log.warning(LogEvent.EXIT_CODE_FORCED, "x", even_quiet=True)
    log.warning(LogEvent.WARNING, "x")
    log.note(LogEvent.SUMMARY, "x")
    log.detail(LogEvent.REQUEST, "x")
    assert [each["level"] for each in objects(stream)] == levels


@given(foreign)
def test_foreign_text_stays_in_its_field(text: str) -> None:
    """Whatever the server says: a line is one object, no line or part of one is a command, no secret is in it."""
    stream, model = io.StringIO(), f"{text}{SECRET}"
    log_to(stream).note(LogEvent.RUN_STATUS, f"{SECRET} {text}", run_id=text, model=model, status=text)
    (line,) = stream.getvalue().splitlines()
    objects(stream)
    assert line.isascii()
    assert line.isprintable()
    assert "##" not in line
    assert SECRET not in line


@pytest.mark.parametrize(
    "spelled", ["t0p-s3cret%2Ft0ken", "t0p-s3cret%2ft0ken", "t0p-s3cret\\/t0ken", "t0p-s3cret&#47;t0ken"]
)
def test_a_secret_is_hidden_in_any_spelling(spelled: str) -> None:
    """A secret is hidden before the text becomes JSON, and in the facts as well as in the message."""
    stream = io.StringIO()
    log_to(stream).note(LogEvent.RUN_STATUS, f"x {spelled}", model=spelled, status=f"<{spelled}>")
    (line,) = objects(stream)
    assert (line["message"], line["model"], line["status"]) == ("x ***", "***", "<***>")


def test_a_traceback_is_one_object() -> None:
    """Where the gate failed is one object as JSON, and a line for each line as text."""
    stream, text = io.StringIO(), io.StringIO()
    log_to(stream).trace("Traceback:\n  File x\nValueError")
    log_to(text, as_json=False).trace("Traceback:\n  File x\nValueError")
    assert [each["message"] for each in objects(stream)] == ["Traceback:\n  File x\nValueError"]
    assert len(text.getvalue().splitlines()) == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_of_text_is_one_line(text: str) -> None:
    """The facts add nothing to a line of text."""
    stream = io.StringIO()
    log_to(stream, as_json=False).note(LogEvent.RUN_STATUS, text, run_id="run-one", status="Running")
    (line,) = stream.getvalue().split("\n")[:-1]
    assert "run-one" not in line


def test_every_event_has_a_name_of_its_own_and_a_meaning() -> None:
    """Names are kebab-case and differ; a meaning is a sentence."""
    assert len({str(each) for each in LogEvent}) == len(LogEvent) > 30
    for each in LogEvent:
        assert each.replace("-", "").isalpha()
        assert each.islower()
        assert each.meaning.endswith(".")
