"""What Azure Pipelines reads: issues of a task, its output variables, and secrets to mask."""

from __future__ import annotations

from gate.reports.facts import not_passed, step_outputs
from gate.reports.report import Report, RunReport
from gate.reports.text import azure_value, maskable, one_line


def lines(report: Report) -> list[str]:
    """Return what goes to the log: an issue a run that did not pass, and the variables for later steps."""
    variables = (
        f"##vso[task.setvariable variable={name};isOutput=true]{azure_value(value, len(value))}"
        for name, value in step_outputs(report).items()
    )
    kind = "error" if report.exit_code else "warning"
    return [*(_issue(run, kind) for run in not_passed(report)), *variables]


def _issue(run: RunReport, kind: str) -> str:
    parts = [
        f"{run.verdict}: {run.model or 'unknown model'} {run.id or ''}".strip(),
        run.message,
        run.advice,
        run.url and f"Results: {run.url}",
    ]
    return f"##vso[task.logissue type={kind}]{azure_value(one_line(' - '.join(part for part in parts if part)))}"


def mask(secret: str) -> list[str]:
    """Return the commands that make the log show *** for a secret: one a line of it, but for a command."""
    # Not every agent reads percent signs back; where one does not, the plain spelling is the right one.
    spellings = dict.fromkeys(each for part in maskable(secret) for each in (part.replace("%", "%AZP25"), part))
    return [f"##vso[task.setsecret]{each}" for each in spellings]
