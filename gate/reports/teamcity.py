"""What TeamCity reads: the problems of a build, and its parameters."""

from __future__ import annotations

from hashlib import sha256

from gate.reports.facts import not_passed, step_outputs
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line, teamcity_value


def lines(report: Report) -> list[str]:
    """Return what goes to the log: a problem a run that did not pass, and the parameters for later steps."""
    parameters = (
        f"##teamcity[setParameter name='dai-gate.{name}' value='{_value(value)}']"
        for name, value in step_outputs(report).items()
    )
    return [*map(_problem, not_passed(report)), *parameters]


def _problem(run: RunReport) -> str:
    text = one_line(f"{run.verdict}: {run.model or 'unknown model'} {run.id or '-'}: {run.message}")
    link = one_line(f" {run.url}") if run.url else ""
    # TeamCity takes problems with the same identity for one: it is that of the run, in letters that TeamCity allows.
    identity = sha256(f"{run.model}\0{run.id}".encode("utf-8", errors="backslashreplace")).hexdigest()[:32]
    return f"##teamcity[buildProblem description='{teamcity_value(text + link)}' identity='dai_gate_{identity}']"


def _value(text: str) -> str:
    # In a parameter a percent sign begins the name of another one.
    return teamcity_value(text.replace("%", "%%"), 2 * len(text))
