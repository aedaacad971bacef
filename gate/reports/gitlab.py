"""What GitLab reads in the log: sections that fold."""

from __future__ import annotations

import re
from datetime import datetime

from gate.core.duration import format_duration
from gate.core.verdict import Verdict
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line


def lines(report: Report) -> list[str]:
    """Return a section of the log with a line a run; it is folded where all passed."""
    title = f"dai-gate: {report.verdict} after {format_duration(report.elapsed_s)}"
    return [
        section_start("dai_gate", title, _seconds(report.started_at), folded=report.verdict is Verdict.PASSED),
        *(line for run in report.runs for line in _run_lines(run)),
        section_end("dai_gate", _seconds(report.ended_at)),
    ]


def _run_lines(run: RunReport) -> list[str]:
    words = f"{run.verdict}  {run.model or '-'}  {run.id or '-'}  {run.message}"
    return [one_line(words), *([one_line(f"    {run.url}")] if run.url else [])]


def section_start(name: str, title: str, begin: int, *, folded: bool = True) -> str:
    option = "[collapsed=true]" if folded else ""
    return f"\x1b[0Ksection_start:{begin}:{_name(name)}{option}\r\x1b[0K{one_line(title)}"


def section_end(name: str, end: int) -> str:
    return f"\x1b[0Ksection_end:{end}:{_name(name)}\r\x1b[0K"


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
