"""The end of a wait: the result lines on stdout, and the last lines of the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from gate.core.duration import format_duration
from gate.core.events import Subject
from gate.core.verdict import PRECEDENCE, Verdict
from gate.reports.columns import in_columns, within
from gate.reports.facts import length, next_step, not_passed, standing, verdict_words, worst_first
from gate.reports.log import Facts, Log, facts_of
from gate.reports.log_events import LogEvent
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line
from gate.reports.wording import counted, listed

# Runs that may still be running.
_LEFT = frozenset({Verdict.TIMED_OUT, Verdict.INTERRUPTED})
_ABORTED = "What was still running was aborted. Resume to see how it ended."
# What the log says after the table has room below it: the reports, the summary, what to do, the verdict.
_LINES_AFTER = 6
# So many runs have a line of their own.
_MOST_LINES = 10
# So many with the same message still have one each.
_FEW = 3


def result_line(run: RunReport) -> str:
    """Return `VERDICT  MODEL  RUN_ID  DURATION  [URL]`: fields two blanks apart, `-` for what is not known."""
    took = "-" if run.duration_s is None else format_duration(run.duration_s)
    fields = [run.verdict, run.model or "-", run.id or "-", took, *([run.url] if run.url else [])]
    return "  ".join(" ".join(one_line(field).split()) for field in fields)


def result_table(report: Report, width: int, height: int) -> list[str]:
    """Return the result lines for a person, on a terminal of that size: worst first, in columns.

    Where there is no room, ids are shortened and names cut; a link may be longer than a line. Of more runs than fit on
    the screen with what follows, those that passed are counted in one line.
    """
    shown = worst_first(report.runs if len(report.runs) <= height - _LINES_AFTER else not_passed(report))
    passed = len(report.runs) - len(shown)
    rows = [result_line(run).split("  ") for run in shown]
    for row, run in zip(rows, shown, strict=True):
        row[3] = length(run)
    count = [Verdict.PASSED, counted(passed, "run"), "", ""]
    return in_columns(within([*rows, count] if passed else rows, width, columns=4, run_id=2, names=(1,)))


def log_end(report: Report, log: Log, *, is_aborted: bool = False) -> None:
    """Log how it ended, why and what to do next, the verdict last; with --quiet only why it did not pass.

    `is_aborted` says that the server took the request to abort every run that had not ended.
    """
    if log.is_quiet:
        _log_runs([] if report.verdict is Verdict.PASSED else not_passed(report), log.error)
        return
    _log_runs([run for run in report.runs if run.last_error and run.verdict is Verdict.TIMED_OUT], log.note)
    if len(report.runs) > 1:
        log.note(LogEvent.SUMMARY, _summary(report))
    how = f"{report.verdict} (exit code {report.exit_code})"
    if report.verdict is Verdict.PASSED:
        log.note(LogEvent.VERDICT, how, **_of_all(report))
    elif report.exit_code == 0:
        text = f"{how}: the pipeline continues because of --exit-code, although this is not a pass."
        log.note(LogEvent.VERDICT, text, **_of_all(report))
    else:
        found = {run.verdict for run in report.runs} - {report.verdict, Verdict.PASSED, Verdict.INTERRUPTED}
        for verdict in PRECEDENCE:
            if verdict in found:
                log.note(LogEvent.ADVICE, f"{verdict}: {_next(verdict, report, is_aborted)}", verdict=verdict)
        log.note(LogEvent.VERDICT, f"{how}: {_next(report.verdict, report, is_aborted)}", **_of_all(report))


def _of_all(report: Report) -> Facts:
    """Return the verdict of the whole wait, with the run that decided it where there is only one."""
    only = report.runs[0] if len(report.runs) == 1 else None
    return {
        "run_id": only.id if only else None,
        "model": only.model if only else None,
        "verdict": report.verdict,
        "reason": report.reason,
        "exit_code": report.exit_code,
    }


def _log_runs(runs: Sequence[RunReport], write: Callable[..., None]) -> None:
    """Write why runs did not pass, once for more than a few that have the same message."""
    alike: dict[tuple[str, str, str], list[RunReport]] = {}
    often = Counter((verdict_words(run), run.message) for run in runs)
    for run in runs:
        words, message = verdict_words(run), run.message
        alike.setdefault((words, message, "" if often[words, message] > _FEW else _label(run)), []).append(run)
    for (words, message, _), its in list(alike.items())[:_MOST_LINES]:
        first = its[0]
        about = Subject(first.id, first.model) if len(its) == 1 else None
        facts = facts_of(about, verdict=first.verdict, reason=first.reason)
        write(LogEvent.RUN_VERDICT, f"{listed([_label(run) for run in its], 5)}: {words} - {message}", **facts)
    if more := sum(map(len, list(alike.values())[_MOST_LINES:])):
        write(LogEvent.SUMMARY, f"and {counted(more, 'more run')}")


def _summary(report: Report) -> str:
    """Return `2 of 4 runs passed; failed: Checkout cecaf3f5; incomplete: Login 6a1dd3c0`."""
    others = {verdict: [_label(run) for run in not_passed(report) if run.verdict is verdict] for verdict in PRECEDENCE}
    return "; ".join([standing(report), *(f"{verdict}: {listed(runs, 5)}" for verdict, runs in others.items() if runs)])


def _next(verdict: Verdict, report: Report, is_aborted: bool) -> str:
    return _ABORTED if is_aborted and verdict in _LEFT else next_step(verdict, report)


def _label(run: RunReport) -> str:
    return Subject(run.id, run.model).label
