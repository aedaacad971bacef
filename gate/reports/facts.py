"""What several formats write about a report in the same words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from gate.core.duration import format_duration
from gate.core.forecast import median
from gate.core.record import record
from gate.core.verdict import ENDED, PRECEDENCE, TABLE, Verdict
from gate.reports.columns import distinct
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line

# A server's clock may lie; a time line that began in 1970 would show nothing.
_LONGEST_PAST, _LONGEST_FUTURE = timedelta(days=31), timedelta(days=1)
# A time line of more runs than these shows only those that did not pass.
MANY = 15
# Longer ids are shortened beside a model's name.
_LONG_ID = 20


def standing(report: Report) -> str:
    """Return in a few words how many runs passed."""
    total, passed = len(report.runs), sum(run.verdict is Verdict.PASSED for run in report.runs)
    if total == 0:
        return "Nothing was watched"
    if total == 1:
        return "The run passed" if passed else "The run did not pass"
    enough = ", which is enough (--require)" if report.verdict is Verdict.PASSED else ""
    return f"All {total} runs passed" if passed == total else f"{passed} of {total} runs passed{enough}"


def cost(report: Report) -> str:
    """Return how long the gate waited, and its exit code; of one that does not fit the verdict also why."""
    forced = " because of --exit-code" if report.exit_code == 0 and report.verdict is not Verdict.PASSED else ""
    return f"waited {format_duration(report.elapsed_s)}, exit code {report.exit_code}{forced}"


def next_step(verdict: Verdict, report: Report) -> str:
    """Return what a person does next about the runs of a verdict, nothing where there is nothing to do."""
    runs = [run for run in report.runs if run.verdict is verdict]
    seen = [run for run in runs if run.id]
    return next((run.advice for run in seen or runs if run.advice), "" if runs else TABLE[verdict].advice)


def not_passed(report: Report) -> list[RunReport]:
    return [run for run in report.runs if run.verdict is not Verdict.PASSED]


def worst_first(runs: Iterable[RunReport]) -> list[RunReport]:
    """Return runs in the order in which their verdicts decide; of one verdict, in the order they came in."""
    return sorted(runs, key=lambda run: PRECEDENCE.index(run.verdict))


def short_ids(runs: Sequence[RunReport]) -> list[str]:
    """Return the runs' ids, long ones shortened so that they still differ; nothing for a run without one."""
    ids = [run.id or "" for run in runs]
    return distinct(ids) if max(map(len, ids), default=0) > _LONG_ID else ids


def telling_ids(runs: Sequence[RunReport]) -> list[str]:
    """Return for each run what tells it from the others of its model: a short id, or nothing if there are none."""
    models = Counter(run.model for run in runs)
    told = [run.model is not None and models[run.model] == 1 for run in runs]
    short = iter(short_ids([run for run, is_told in zip(runs, told, strict=True) if not is_told]))
    return ["" if is_told else next(short) for is_told in told]


def attempt_lines(run: RunReport) -> list[str]:
    """Return a line for each attempt that came before the run; the run itself is the last."""
    tries = enumerate(run.attempts, 1)
    return [f"Attempt {number}: {each.id or '-'} {each.verdict} - {each.message}" for number, each in tries]


def run_ids(report: Report) -> str | None:
    """Return the ids of every watched run, separated by commas, as `wait` takes them.

    None where a run has none yet, or one that no command should hold: a later job shall fail, not forget a run.
    """
    ids = [run.id or "" for run in report.runs]
    return ",".join(ids) if ids and all(re.fullmatch(r"[A-Za-z0-9._:-]+", each) for each in ids) else None


def step_outputs(report: Report) -> dict[str, str]:
    """Return what later steps of a pipeline are given, by name: each value a line, and the list of ids never cut."""
    verdicts = [run.verdict for run in report.runs]
    return {
        "verdict": report.verdict,
        "exit-code": str(report.exit_code),
        "run-id": one_line(report.run_id),
        "run-ids": run_ids(report) or "",
        "reason": report.reason or "",
        "passed": str(verdicts.count(Verdict.PASSED)),
        "failed": str(verdicts.count(Verdict.FAILED)),
        "total": str(len(verdicts)),
        "results-url": one_line(report.results_url or ""),
    }


def verdict_words(run: RunReport) -> str:
    """Return a run's verdict, with its reason where there is one."""
    return f"{run.verdict} ({run.reason})" if run.reason else str(run.verdict)


def lasted_s(run: RunReport) -> float:
    """Return how many seconds a run took; of one that has not ended its age, or else for how long it was watched."""
    return next(each for each in (run.duration_s, run.age_s, run.observed_s) if each is not None)


def length(run: RunReport) -> str:
    """Return how long a run took, as far as it was watched; a dash for a run that was never seen."""
    return format_duration(lasted_s(run)) if run.statuses or run.started_at or run.duration_s is not None else "-"


def took(run: RunReport) -> str:
    """Return how long a run took, and how long its model usually takes, where earlier runs are known."""
    usual = f" (usually {format_duration(median(run.earlier_s))})" if run.earlier_s else ""
    return length(run) + usual


def clock(moment: datetime) -> str:
    """Return a moment as a person reads it, in UTC: `2026-06-01 12:00:03`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", timespec="seconds")


@record
class Span:
    """When a run began and ended, as far as that is known."""

    run: RunReport
    start: datetime
    end: datetime


def spans(report: Report) -> list[Span]:
    """Return the spans of the runs that were seen: by the server's clock, or ours where it gives no time."""
    return [Span(run, *_bounds(run, report)) for run in report.runs if run.started_at or run.statuses]


def timeline(report: Report) -> tuple[str, list[Span]]:
    """Return a time line's title and what it shows, the worst first: of many runs, those that did not pass."""
    every = sorted(spans(report), key=lambda span: PRECEDENCE.index(span.run.verdict))
    if len(every) <= MANY:
        return "Timeline", every
    return "Timeline of what did not pass", [span for span in every if span.run.verdict is not Verdict.PASSED]


def _bounds(run: RunReport, report: Report) -> tuple[datetime, datetime]:
    over = report.ended_at
    start = run.started_at or run.statuses[0][0]
    seen = over
    if run.statuses:  # a run that the gate gave up before the others was watched until then
        has_ended = run.verdict in ENDED
        seen = run.statuses[-1][0] if has_ended else run.statuses[0][0] + timedelta(seconds=run.observed_s)
    earliest, latest = over - _LONGEST_PAST, over + _LONGEST_FUTURE
    start, end = (min(max(moment, earliest), latest) for moment in (start, run.ended_at or seen))
    return start, max(start, end)
