"""What GitLab reads in the log: sections that fold."""

from __future__ import annotations

from gate.core.duration import format_duration
from gate.core.verdict import Verdict
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line


def lines(report: Report) -> list[str]:
    """Return a section of the log with a line a run; it is folded where all passed."""
    title = f"dai-gate: {report.verdict} after {format_duration(report.elapsed_s)}"
    begin, end = int(report.started_at.timestamp()), int(report.ended_at.timestamp())
    option = "[collapsed=true]" if report.verdict is Verdict.PASSED else ""
    return [
        f"\x1b[0Ksection_start:{begin}:dai_gate{option}\r\x1b[0K{title}",
        *(line for run in report.runs for line in _run_lines(run)),
        f"\x1b[0Ksection_end:{end}:dai_gate\r\x1b[0K",
    ]


def _run_lines(run: RunReport) -> list[str]:
    words = f"{run.verdict}  {run.model or '-'}  {run.id or '-'}  {run.message}"
    return [one_line(words), *([one_line(f"    {run.url}")] if run.url else [])]
