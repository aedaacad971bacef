"""How runs ended: in the log once it is decided and when the wait is over, and in the result lines on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from gate.core.duration import format_duration
from gate.core.events import Decided
from gate.core.verdict import PRECEDENCE, Verdict
from gate.reports.columns import in_columns, within
from gate.reports.facts import length, next_step, not_passed, standing, verdict_words, worst_first
from gate.reports.log import Log, facts_of
from gate.reports.log_events import LogEvent
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line
from gate.reports.wording import counted, listed

# Runs that may still be running.
_LEFT = frozenset({Verdict.TIMED_OUT, Verdict.INTERRUPTED})
_ABORTED = "What was still running was aborted. Resume to see how it ended."
# What the log says after the table has room below it: the reports, the summary, what to do, the verdict.
_LINES_AFTER = 6
# Of one step, so many messages have a line each; the runs of more are counted.
_MOST_NEWS = 20
# So many characters of names, so that the message behind them is seen.
_LONGEST_LABELS = 300
# At the end, so many runs have a line of their own.
_MOST_LINES = 10
# So many with the same message still have one each.
_FEW = 3


class Verdicts:
    """Writes each message once, with the runs that it is about; `repeat` writes that a later run has the same."""

    def __init__(self, log: Log, repeat: Callable[..., None]) -> None:
        self._log, self._repeat = log, repeat
        self._first: dict[str, str] = {}

    def show(self, decided: Sequence[Decided]) -> None:
        """Write what a step has decided: in text what is news, as JSON an object for each run."""
        if self._log.as_json:
            for event in decided:
                self._show([event], _news(event), self._log.note)
            return
        alike: dict[str, list[Decided]] = {}
        for event in decided:
            if event.is_left or event.verdict in {Verdict.UNKNOWN, Verdict.DENIED}:
                alike.setdefault(_news(event), []).append(event)
        news = [text for text in alike if text not in self._first]
        for text, events in alike.items():
            if text in self._first:
                self._show(events, f"{events[0].verdict}, as {self._first[text]}", self._repeat)
        for text in news[:_MOST_NEWS]:
            self._first[text] = alike[text][0].run.label
            self._show(alike[text], text, self._log.note)
        if more := sum(len(alike[text]) for text in news[_MOST_NEWS:]):
            self._log.note(LogEvent.RUN_VERDICT, f"and {counted(more, 'more run')}")

    def _show(self, events: Sequence[Decided], text: str, write: Callable[..., None]) -> None:
        first, labels = events[0], listed([event.run.label for event in events], 5)
        labels = labels if len(labels) <= _LONGEST_LABELS else counted(len(events), "run")
        facts = facts_of(first.run if len(events) == 1 else None, verdict=first.verdict, reason=first.reason)
        write(LogEvent.RUN_VERDICT, f"{labels}: {text}", **facts)
        self._log.trace(first.trace)


def _news(decided: Decided) -> str:
    return decided.message if decided.verdict is Verdict.INTERRUPTED else f"{decided.verdict} - {decided.message}"


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
    if report.verdict is not Verdict.PASSED and report.exit_code == 0:
        how += ": the pipeline continues because of --exit-code, although this is not a pass."
    elif report.verdict is not Verdict.PASSED:
        found = {run.verdict for run in report.runs} - {report.verdict, Verdict.PASSED, Verdict.INTERRUPTED}
        for verdict in sorted(found, key=PRECEDENCE.index):
            log.note(LogEvent.ADVICE, f"{verdict}: {_next(verdict, report, is_aborted)}", verdict=verdict)
        how += f": {_next(report.verdict, report, is_aborted)}"
    only = report.runs[0].subject if len(report.runs) == 1 else None
    facts = facts_of(only, verdict=report.verdict, reason=report.reason, exit_code=report.exit_code)
    log.note(LogEvent.VERDICT, how, **facts)


def _log_runs(runs: Sequence[RunReport], write: Callable[..., None]) -> None:
    """Write why runs did not pass, once for more than a few that have the same message."""
    causes = [f"{verdict_words(run)} - {run.message}" for run in runs]
    often = Counter(causes)
    alike: dict[tuple[str, str], list[RunReport]] = {}
    for run, cause in zip(runs, causes, strict=True):
        alike.setdefault((cause, "" if often[cause] > _FEW else run.subject.label), []).append(run)
    lines = list(alike.items())
    for (cause, _), its in lines[:_MOST_LINES]:
        about = its[0].subject if len(its) == 1 else None
        facts = facts_of(about, verdict=its[0].verdict, reason=its[0].reason)
        write(LogEvent.RUN_VERDICT, f"{listed([run.subject.label for run in its], 5)}: {cause}", **facts)
    if more := sum(len(its) for _, its in lines[_MOST_LINES:]):
        write(LogEvent.SUMMARY, f"and {counted(more, 'more run')}")


def _summary(report: Report) -> str:
    """Return `2 of 4 runs passed; failed: Checkout cecaf3f5; incomplete: Login 6a1dd3c0`."""
    groups = groupby(worst_first(not_passed(report)), lambda run: run.verdict)
    others = [f"{verdict}: {listed([run.subject.label for run in runs], 5)}" for verdict, runs in groups]
    return "; ".join([standing(report), *others])


def _next(verdict: Verdict, report: Report, is_aborted: bool) -> str:
    return _ABORTED if is_aborted and verdict in _LEFT else next_step(verdict, report)
