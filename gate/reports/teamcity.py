"""What TeamCity reads: the problems of a build, which make it fail, or warnings, and its parameters."""

from __future__ import annotations

from hashlib import sha256

from gate.reports.facts import not_passed, step_outputs
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line, teamcity_value


def lines(report: Report) -> list[str]:
    """Return what goes to the log: a line a run that did not pass, and the parameters for later steps.

    A problem fails the build, whatever the exit code: where that lets the build pass it is a warning.
    """
    line = _problem if report.exit_code else _warning
    parameters = (
        f"##teamcity[setParameter name='dai-gate.{name}' value='{_value(value)}']"
        for name, value in step_outputs(report).items()
    )
    return [*map(line, not_passed(report)), *parameters]


def _text(run: RunReport) -> str:
    link = one_line(f" {run.url}") if run.url else ""
    text = one_line(f"{run.verdict}: {run.model or 'unknown model'} {run.id or '-'}: {run.message}")
    return teamcity_value(text + link)


def _warning(run: RunReport) -> str:
    return f"##teamcity[message text='{_text(run)}' status='WARNING']"


def _problem(run: RunReport) -> str:
    # TeamCity takes problems with the same identity for one: it is that of the run, in letters that TeamCity allows.
    identity = sha256(f"{run.model}\0{run.id}".encode("utf-8", errors="backslashreplace")).hexdigest()[:32]
    return f"##teamcity[buildProblem description='{_text(run)}' identity='dai_gate_{identity}']"


def _value(text: str) -> str:
    # In a parameter a percent sign begins the name of another one.
    return teamcity_value(text.replace("%", "%%"), 2 * len(text))
