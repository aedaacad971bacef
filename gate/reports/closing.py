"""What is said when a wait is over: the result lines on stdout, and the last lines of the log."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from gate.core.duration import format_duration
from gate.core.events import Subject
from gate.core.targets import Targets
from gate.core.verdict import PRECEDENCE, TABLE, Verdict
from gate.reports.console import listed
from gate.reports.facts import not_passed, standing, verdict_words
from gate.reports.log import Log
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line

# Runs that may go on without the gate.
_LEFT = frozenset({Verdict.TIMED_OUT, Verdict.INTERRUPTED})
_NEVER_SEEN = {
    Verdict.TIMED_OUT: "No run was found. Check --url, the model's name and --since, or give a longer --timeout.",
    Verdict.INTERRUPTED: "The gate was stopped before it had found a run.",
}
# So many runs have a line of their own.
_MOST_LINES = 10


def result_line(run: RunReport) -> str:
    """Return `VERDICT  MODEL  RUN_ID  DURATION  [URL]`: fields two blanks apart, `-` for what is not known."""
    took = "-" if run.duration_s is None else format_duration(run.duration_s)
    fields = [run.verdict, run.model or "-", run.id or "-", took, *([run.url] if run.url else [])]
    return "  ".join(" ".join(one_line(field).split()) for field in fields)


def tell_end(report: Report, log: Log) -> None:
    """Say in the log how it ended, why and what to do next; with --quiet only why it did not pass."""
    if log.is_quiet:
        _tell_runs([] if report.verdict is Verdict.PASSED else not_passed(report), log.error)
        return
    _tell_runs([run for run in report.runs if run.verdict in _LEFT and run.last_error], log.note)
    if len(report.runs) > 1:
        log.note(_summary(report))
    for line in _advice(report):
        log.note(line)


def _tell_runs(runs: Sequence[RunReport], write: Callable[[str], None]) -> None:
    for run in runs[:_MOST_LINES]:
        write(f"{_label(run)}: {verdict_words(run)} - {run.message}")
    if len(runs) > _MOST_LINES:
        write(f"and {len(runs) - _MOST_LINES} more runs")


def _summary(report: Report) -> str:
    """Return `2 of 4 runs passed; failed: Checkout cecaf3f5; incomplete: Login 6a1dd3c0`."""
    others = {verdict: [_label(run) for run in not_passed(report) if run.verdict is verdict] for verdict in PRECEDENCE}
    return "; ".join([standing(report), *(f"{verdict}: {listed(runs, 5)}" for verdict, runs in others.items() if runs)])


def _advice(report: Report) -> list[str]:
    """Return the verdict and what to do next; unless it is a pass, for each other verdict that a run has as well."""
    how = f"{report.verdict} (exit code {report.exit_code})"
    if report.verdict is Verdict.PASSED:
        return [how]
    if report.exit_code == 0:
        return [f"{how}: the pipeline continues because of --exit-code, although this is not a pass."]
    found = {run.verdict for run in report.runs} - {report.verdict, Verdict.PASSED, Verdict.INTERRUPTED}
    others = [f"{verdict}: {_next_step(verdict, report)}" for verdict in PRECEDENCE if verdict in found]
    return [*others, f"{how}: {_next_step(report.verdict, report)}"]


def _next_step(verdict: Verdict, report: Report) -> str:
    runs = [run for run in report.runs if run.verdict is verdict]
    seen = not runs or any(run.id for run in runs)
    return TABLE[verdict].advice if seen else _NEVER_SEEN.get(verdict, TABLE[verdict].advice)


def resume_command(report: Report, targets: Targets, arguments: Sequence[str]) -> str | None:
    """Return the exact command that takes the wait up again for the runs that were left, or None if there are none.

    A model of which no run was found is looked for again.
    """
    left = [run for run in report.runs if run.verdict in _LEFT]
    if not left or report.verdict not in _LEFT:
        return None
    models = [target for target in targets.models if any(run.id is None and run.model == target.model for run in left)]
    chosen = [word for target in models for word in ("--model", target.model)]
    if models and models[0].limit > 1:
        chosen += ["--limit", str(models[0].limit)]
    started_at = report.timing.started_at + timedelta(seconds=report.timing.ahead_s)
    if models and isinstance(since := models[0].at(started_at).since, datetime):
        chosen += ["--since", since.isoformat(timespec="seconds")]
    return shlex.join(["dai-gate", "wait", *(run.id for run in left if run.id), *chosen, *arguments])


def _label(run: RunReport) -> str:
    return Subject(run.id, run.model).label
