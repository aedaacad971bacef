"""The JSON report, schema 1: for scripts. Times are RFC 3339 in UTC, what is not known is null."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from gate.reports.report import Report, RunReport, rfc3339

_OF_AN_ATTEMPT = ("id", "verdict", "status", "started_at", "ended_at", "message")


def render(report: Report) -> str:
    content = {
        "schema": 1,
        "verdict": report.verdict,
        "exit_code": report.exit_code,
        "reason": report.reason,
        "started_at": rfc3339(report.started_at),
        "ended_at": rfc3339(report.ended_at),
        "elapsed_s": round(report.elapsed_s, 3),
        "server": report.server,
        "polls": report.polls,
        "requests": report.requests,
        "runs": [_run(run) for run in report.runs],
    }
    return write(content)


def write(content: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """Return content as JSON in ASCII, ending with a line feed; `indent` None makes it one line.

    Every JSON that the gate writes is written here: on a stream, a build server would obey `##vso[...]` in it, so of
    several number signs only the last stands as it is.
    """
    text = json.dumps(content, indent=indent, allow_nan=False)
    return re.sub("#(?=#)", r"\\u0023", text) + "\n"


def _run(run: RunReport) -> dict[str, Any]:
    attempts = [_facts(each) for each in (*run.attempts, run)] if run.attempts else []
    return {**_facts(run), "attempts": [{name: each[name] for name in _OF_AN_ATTEMPT} for each in attempts]}


def _facts(run: RunReport) -> dict[str, Any]:
    return {
        "id": run.id,
        "model": run.model,
        "type": run.type,
        "agent": run.agent,
        "verdict": run.verdict,
        "reason": run.reason,
        "status": run.status,
        "started_at": rfc3339(run.started_at),
        "ended_at": rfc3339(run.ended_at),
        "duration_s": None if run.duration_s is None else round(run.duration_s, 3),
        "observed_s": round(run.observed_s, 3),
        "url": run.url,
        "message": run.message,
    }
