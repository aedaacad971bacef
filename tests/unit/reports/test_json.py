"""The JSON report, which scripts read."""

from __future__ import annotations

import json
import re
from datetime import timedelta, timezone

from hypothesis import given

from gate.core.verdict import Verdict
from gate.reports import json as json_report
from gate.reports.report import Report
from reporting import BEGIN, RUN_ID, SERVER, make_report, make_run, reports


def test_schema_1() -> None:
    """Scripts find these keys, in this order, with these kinds of values."""
    text = json_report.render(make_report(make_run(Verdict.FAILED, duration_s=180.12349)))
    assert text.endswith("}\n")
    run: dict[str, object] = {
        "id": RUN_ID,
        "model": "Checkout",
        "type": "model",
        "agent": "agent-1",
        "verdict": "failed",
        "reason": None,
        "status": "Failed",
        "started_at": "2026-01-02T03:04:05.678Z",
        "ended_at": "2026-01-02T03:07:05.678Z",
        "duration_s": 180.123,
        "observed_s": 181.5,
        "url": f"{SERVER}/runs/{RUN_ID}",
        "message": "The server says Failed after 3m.",
        "attempts": [],
    }
    content = {
        "schema": 1,
        "verdict": "failed",
        "exit_code": 1,
        "reason": None,
        "started_at": "2026-01-02T03:04:05.678Z",
        "ended_at": "2026-01-02T03:08:05.678Z",
        "elapsed_s": 240.0,
        "server": SERVER,
        "polls": 12,
        "requests": 14,
        "runs": [run],
    }
    assert text == json.dumps(content, indent=2) + "\n"


def test_what_is_not_known_is_null() -> None:
    """No key is left out, and none holds a made-up value."""
    unknown = dict.fromkeys(("id", "model", "type", "agent", "status", "started_at", "ended_at", "duration_s", "url"))
    (run,) = json.loads(json_report.render(make_report(make_run(Verdict.UNKNOWN, **unknown))))["runs"]
    assert [key for key, value in run.items() if value is None] == list(unknown)
    assert run["reason"] == "lost-contact"


def test_times_are_in_utc() -> None:
    """A time with an offset is written in UTC."""
    run = make_run(started_at=BEGIN.astimezone(timezone(timedelta(hours=-5))))
    assert json.loads(json_report.render(make_report(run)))["runs"][0]["started_at"] == "2026-01-02T03:04:05.678Z"


@given(reports)
def test_any_text_reads_back(report: Report) -> None:
    """A script reads what the server sent; a terminal and a build server find nothing in it that they would obey."""
    text = json_report.render(report)
    runs = json.loads(text)["runs"]
    assert [(run["id"], run["model"], run["message"]) for run in runs] == [
        (run.id, run.model, run.message) for run in report.runs
    ]
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert not re.search(r"##|^\s*::", text, re.MULTILINE)
