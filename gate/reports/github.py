"""What GitHub Actions reads: annotations, the outputs of a step, its summary, and secrets to mask."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from gate.reports.facts import not_passed, step_outputs
from gate.reports.report import Report, RunReport
from gate.reports.text import maskable, one_line, workflow_data, workflow_property

# GitHub shows no more annotations of one level a step, and refuses a larger summary.
_MOST_ANNOTATIONS = 10
SUMMARY_LIMIT = 1024 * 1024
_CUT_NOTE = "\n_The rest is left out: GitHub shows no larger summary._\n"


def lines(report: Report) -> list[str]:
    """Return what goes to the log: an annotation a run that did not pass; the last counts those that are too many."""
    runs = not_passed(report)
    shown = len(runs) if len(runs) <= _MOST_ANNOTATIONS else _MOST_ANNOTATIONS - 1
    level = "error" if report.exit_code else "warning"
    found = [_annotation(run, level) for run in runs[:shown]]
    if shown < len(runs):
        found.append(f"::{level} title=dai-gate::{len(runs) - shown} more runs did not pass.")
    return found


def _annotation(run: RunReport, level: str) -> str:
    title = one_line(f"{run.verdict}: {run.model or run.id or 'unknown run'}", 200)
    parts = [run.message, run.advice, run.url and f"Results: {run.url}", run.id and f"Run: {run.id}"]
    message = "\n".join(one_line(part) for part in parts if part)
    return f"::{level} title={workflow_property(title)}::{workflow_data(message)}"


def outputs(report: Report, written: Mapping[str, str]) -> str:
    """Return the text that gives the step its outputs; `written` are the paths of reports, by format."""
    text = ""
    for name, value in {**step_outputs(report), **written}.items():
        delimiter = f"end_{secrets.token_hex(16)}"  # nobody can end a value whose last line he cannot guess
        text += f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
    return text


def append(path: str, text: str) -> None:
    """Add UTF-8 text to a file, on a line of its own. Raises OSError."""
    with Path(path).open("a+b") as file:
        separator = b""
        if file.seek(0, 2):
            file.seek(-1, 2)
            separator = b"" if file.read(1) == b"\n" else b"\n"
        file.write(separator + text.encode("utf-8", errors="backslashreplace"))


def append_summary(path: str, markdown_text: str) -> None:
    """Add a chapter to the summary of the step: whole, or as much of it as GitHub still takes. Raises OSError."""
    file = Path(path)
    room = SUMMARY_LIMIT - 2 - (file.stat().st_size if file.exists() else 0)
    content = markdown_text.encode("utf-8", errors="backslashreplace")
    if len(content) >= room:
        # A blank line stands neither in a table nor in a drawing: what is cut there is whole.
        kept = content[: max(0, room - len(_CUT_NOTE))].rpartition(b"\n\n")[0]
        content = kept + _CUT_NOTE.encode() if len(_CUT_NOTE) < room else b""
    if content:
        append(path, "\n" + content.decode("utf-8", errors="replace"))


def mask(secret: str) -> list[str]:
    """Return the commands that make the log show *** for a secret: one a line of it, but for a command."""
    return [f"::add-mask::{part.replace('%', '%25')}" for part in maskable(secret)]
