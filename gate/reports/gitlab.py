"""What GitLab reads: variables for later jobs, and sections of the log that fold."""

from __future__ import annotations

import re
from datetime import datetime

from gate.core.duration import format_duration
from gate.core.verdict import Verdict
from gate.reports.report import Report, RunReport
from gate.reports.text import dotenv_value, link, one_line

_LONGEST_URL = 2000


def render(report: Report) -> str:
    """Return the variables for `artifacts:reports:dotenv`: a line each, without quotes, which GitLab would keep."""
    values = {
        "DAI_GATE_VERDICT": report.verdict,
        "DAI_GATE_EXIT_CODE": str(report.exit_code),
        "DAI_GATE_RUN_ID": dotenv_value(report.run_id),
        "DAI_GATE_URL": dotenv_value(link(report.results_url) or report.results_url or "", _LONGEST_URL),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def lines(report: Report) -> list[str]:
    """Return a section of the log that tells of each run; it is folded where there is nothing to look into."""
    title = f"dai-gate: {report.verdict} after {format_duration(report.timing.elapsed_s)}"
    return [
        section_start("dai_gate", title, _seconds(report.timing.started_at), folded=report.verdict is Verdict.PASSED),
        *(line for run in report.runs for line in _run_lines(run)),
        section_end("dai_gate", _seconds(report.timing.ended_at)),
    ]


def _run_lines(run: RunReport) -> list[str]:
    told = f"{run.verdict}  {run.model or '-'}  {run.id or '-'}  {run.message}"
    return [one_line(told), *([one_line(f"    {run.url}")] if run.url else [])]


def section(name: str, title: str, begin: int, end: int, body: str) -> str:
    """Return a folded section around text that is already fit for the log; `begin` and `end` are Unix seconds."""
    return f"{section_start(name, title, begin)}\n{body.rstrip()}\n{section_end(name, end)}\n"


def section_start(name: str, title: str, begin: int, *, folded: bool = True) -> str:
    option = "[collapsed=true]" if folded else ""
    return f"\x1b[0Ksection_start:{begin}:{_name(name)}{option}\r\x1b[0K{one_line(title)}"


def section_end(name: str, end: int) -> str:
    return f"\x1b[0Ksection_end:{end}:{_name(name)}\r\x1b[0K"


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
