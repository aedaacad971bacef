"""`status`: polls once, and prints the current status of runs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from gate.clock import Clock
from gate.commands.context import open_context, run_ids
from gate.core.answer import Answer, Fault, FaultKind, usable
from gate.core.description import Status
from gate.core.duration import format_duration
from gate.core.events import Subject
from gate.core.pinning import REACH, pin
from gate.core.progress import Progress
from gate.core.targets import ById, ByModel, ModelTarget, Query, Targets
from gate.core.times import run_duration
from gate.core.verdict import TABLE, Verdict, judge
from gate.dai.client import Client
from gate.dai.threads import side_by_side
from gate.reports.columns import cells, in_columns, within
from gate.reports.json import write
from gate.reports.log import facts_of
from gate.reports.log_events import LogEvent
from gate.reports.outputs import Outputs, print_out
from gate.reports.report import rfc3339
from gate.reports.text import one_line
from gate.reports.wording import listed, moment
from gate.settings.load import Settings
from gate.settings.watched import watched

HEADINGS = ("STATUS", "MODEL", "RUN ID", "STARTED", "DURATION", "AGENT")


def poll_once(
    client: Client, targets: Targets, clock: Clock, request_timeout: float
) -> list[tuple[str, ModelTarget | None, Answer | Fault]]:
    """Ask once for each id and model, in parallel; return what came of it, by the name that was asked for.

    With a model comes its target, whose --since is a moment, counted back on the server's clock.
    """
    asked: list[tuple[str, Query, ModelTarget | None]] = [(each, ById(each), None) for each in targets.run_ids]
    asked += [(each.model, ByModel(each.model, each.limit + REACH), each) for each in targets.models]
    calls = {query: partial(client.progress, query) for _, query, _ in asked}
    came = side_by_side(calls, clock, request_timeout + 1)
    polled = []
    for name, query, target in asked:
        outcome = came.get(query, Fault(FaultKind.CONTACT, "No answer came in time."))
        answered_at = outcome.answered_at if isinstance(outcome, Answer) else None
        pinned = target and target.at(answered_at or clock.now())
        polled.append((name, pinned, usable(query, pinned, outcome)))
    return polled


def runs_of(name: str, target: ModelTarget | None, answer: Answer) -> Sequence[Progress]:
    """Return the runs that an answer shows of what was asked for."""
    if target is not None:
        return pin(answer.reading, target)
    found = answer.find(name)
    return [found] if found else []


def duration_s(run: Progress, answer: Answer) -> float | None:
    """Return how long a run took, or has taken so far, in seconds; None where that is not known."""
    if run.status is Status.RUNNING:
        return run_duration(run.started_at, answer.answered_at)
    return answer.duration_s(run)


def hidden(run: Progress, hide: Callable[[str], str]) -> Progress:
    """Return what the server said of a run without secrets."""
    return replace(
        run,
        id=hide(run.id),
        word=hide(run.word),
        model=run.model and hide(run.model),
        type=run.type and hide(run.type),
        agent=run.agent and hide(run.agent),
    )


def as_row(run: Progress, answer: Answer, today: datetime | None) -> tuple[str, ...]:
    """Return the cells of a run; of a start on `today`, if it is given, only the time of day."""
    seconds = duration_s(run, answer)
    started = moment(run.started_at, today) if run.started_at else "-"
    took = "-" if seconds is None else format_duration(seconds)
    return tuple(one_line(cell) for cell in (run.word, run.model or "-", run.id, started, took, run.agent or "-"))


def as_json(run: Progress, answer: Answer) -> dict[str, Any]:
    return {
        "id": run.id,
        "model": run.model,
        "type": run.type,
        "agent": run.agent,
        "status": run.word,
        "started_at": rfc3339(run.started_at),
        "ended_at": rfc3339(answer.ended_at(run)),
        "duration_s": duration_s(run, answer),
    }


def table(rows: Sequence[Sequence[str]], width: int | None) -> str:
    """Return rows under their headings, if there are any: for a terminal of so many columns, or whole."""
    if not rows:
        return ""
    shown: Sequence[Sequence[str]] = [HEADINGS, *rows]
    if width is not None:
        shown = within(shown, width, columns=len(HEADINGS), run_id=2, names=(1, 5))
        if max(map(cells, in_columns(shown))) > width:  # of what does not fit, the agent is least asked for
            shown = within([row[:-1] for row in [HEADINGS, *rows]], width, columns=5, run_id=2, names=(1,))
    return "".join(f"{line}\n" for line in in_columns(shown))


def document(runs: Sequence[tuple[Progress, Answer]], faults: Sequence[tuple[str, str]]) -> str:
    """Return what was seen as JSON: the runs, and what could not be read, by the name that was asked for."""
    content = {
        "schema": 1,
        "runs": [as_json(run, answer) for run, answer in runs],
        "errors": [{"asked": name, "message": text} for name, text in faults],
    }
    return write(content)


def status(settings: Settings, arguments: Sequence[str], json_path: str | None, clock: Clock) -> int:
    """Print the current status of runs, and return the exit code: 0 where all of it could be read."""
    targets = watched(settings, run_ids(arguments, settings, clock))
    outputs = Outputs({"json": json_path})
    outputs.check(lambda name: f"--{name}")
    context = open_context(settings, clock, stderr=sys.stderr)
    context.log_sources()
    context.log_warnings()
    hide = context.redactor.hide
    came = poll_once(context.session.client, targets, clock, settings.connection.request_timeout)
    faults = [(name, each) for name, _, each in came if isinstance(each, Fault)]
    answers = [(each, runs_of(name, target, each)) for name, target, each in came if isinstance(each, Answer)]
    runs = [(hidden(run, hide), answer) for answer, found in answers for run in found]
    verdicts = [Verdict.PASSED, *(fault.kind.verdict for _, fault in faults)]
    if not outputs.takes_stdout:
        width, today = (shutil.get_terminal_size().columns, clock.now()) if settings.wants_columns else (None, None)
        try:
            print_out(table([as_row(run, answer, today) for run, answer in runs], width))
        except (OSError, ValueError) as error:
            verdicts.append(Verdict.UNKNOWN)
            text = f"the status could not be written to standard output: {error}"
            context.log.error(LogEvent.REPORT_FAILED, text)
    outputs.put("json", document(runs, [(hide(name), hide(fault.text)) for name, fault in faults]))
    alike: dict[tuple[str, str], list[str]] = {}
    for name, fault in faults:
        key = f"{fault.text} {fault.fix}".rstrip(), name if context.log.as_json else ""  # as JSON an object for each
        alike.setdefault(key, []).append(name)
    for (text, _), names in alike.items():
        only = Subject(names[0], None) if names[0] in targets.run_ids else Subject(None, names[0])
        facts = facts_of(only if len(names) == 1 else None)
        context.log.error(LogEvent.STATUS_FAILED, f"{listed(names, 5)}: {text}", **facts)
    return TABLE[judge(verdicts)].exit_code
